/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our own task: from a descriptor to the file behind it. */
#include "loader/discover_int.h"

#include <string.h>
#include <unistd.h>

#define TASK_BYTES	DISC_WINDOW_MAX
#define NEAR		256	/* bytes around comm that files is in */
#define FILES_BYTES	1024	/* struct files_struct, with its first fds */
#define COPIES		5
#define FDT_WORDS	24	/* of struct files_struct that fdt is in */
#define NSPROXY_WORDS	10	/* of struct nsproxy (9 in 6.18) */

/* One descriptor many times: equal pointers in a row, which tell the array
 * of files from anything else. */
struct copies {
	int fd[COPIES];
};

static void copy_fds(int fd, struct copies *c)
{
	for (int i = 0; i < COPIES; i++)
		c->fd[i] = dup(fd);
}

static void close_fds(struct copies *c)
{
	for (int i = 0; i < COPIES; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
}

/* Offset of what comes @n times in a row and is a pointer; -1. */
static int find_row(struct prober *p, const uint8_t *bytes, uint32_t len,
		    unsigned n)
{
	unsigned word = p->env->word_size, same = 1;

	for (uint32_t off = word; off + word <= len; off += word) {
		uint64_t v = word_at(p, bytes + off);

		same = is_pointer(p, v) &&
		       v == word_at(p, bytes + off - word) ? same + 1 : 1;
		if (same == n)
			return (int)(off - (n - 1) * word);
	}
	return -1;
}

/*
 * @files is a struct files_struct if one of its first words leads to a struct
 * fdtable, whose second word leads to where the copies are: in files_struct
 * itself as long as there are few descriptors.
 */
struct table {
	uint64_t files, fdt, array;
	uint32_t files_len, fdt_off;
	uint8_t files_bytes[FILES_BYTES], fdt_bytes[CHUNK];
	uint8_t fds[2 * CHUNK];
};

static bool find_table(struct prober *p, struct table *t)
{
	unsigned word = p->env->word_size, n = 0;
	static uint8_t fdts[FDT_WORDS][CHUNK];
	uint64_t at[FDT_WORDS];
	uint32_t off[FDT_WORDS];
	bool ok[FDT_WORDS];

	t->files_len = peek(p, t->files, t->files_bytes, FILES_BYTES);
	for (uint32_t o = 0; o < FDT_WORDS * word && o < t->files_len;
	     o += word) {
		at[n] = word_at(p, t->files_bytes + o);
		off[n] = o;
		n += is_pointer(p, at[n]);
	}
	peek_chunks(p, at, n, fdts, ok);
	for (unsigned i = 0; i < n; i++) {
		uint32_t max_fds;

		memcpy(&max_fds, fdts[i], sizeof(max_fds));
		t->array = word_at(p, fdts[i] + word);
		/* fs/file.c, alloc_fdtable() */
		if (!ok[i] || !max_fds || max_fds % (8 * word) ||
		    !is_pointer(p, t->array) ||
		    peek(p, t->array, t->fds, sizeof(t->fds)) <
		    sizeof(t->fds) ||
		    find_row(p, t->fds, sizeof(t->fds), COPIES) < 0)
			continue;
		t->fdt = at[i];
		t->fdt_off = off[i];
		memcpy(t->fdt_bytes, fdts[i], CHUNK);
		return true;
	}
	return false;
}

static void record_table(struct prober *p, int files, const struct table *t)
{
	uint64_t end = t->files + t->files_len;
	uint32_t base = 0;
	int w = files;

	if (t->fdt >= t->files && t->fdt < end)
		base = (uint32_t)(t->fdt - t->files);
	else
		w = tape_pointee(p->tape, files, t->fdt_off, t->fdt,
				 t->fdt_bytes, CHUNK);
	if (t->array >= t->files && t->array < end) {
		follow(p, files, t->files_bytes, t->files_len, t->files,
		       CHUNK, false);
		return;
	}
	w = tape_pointee(p->tape, w, base + p->env->word_size, t->array,
			 t->fds, sizeof(t->fds));
	follow(p, w, t->fds, sizeof(t->fds), t->array, CHUNK,
	       false);
}

/* Members of task_struct from @off on: one of them is nsproxy. */
static void record_nsproxy(struct prober *p, int w, const uint8_t *bytes,
			   uint32_t off, uint32_t to)
{
	uint32_t word = p->env->word_size, len = NSPROXY_WORDS * word;
	uint8_t nsproxy[NSPROXY_WORDS * 8];
	uint64_t at;

	for (int i = 0; i < DISC_NSPROXY_BEHIND && off + word <= to;
	     i++, off += word) {
		at = word_at(p, bytes + off);
		if (is_pointer(p, at) && peek(p, at, nsproxy, len) == len)
			tape_pointee(p->tape, w, off, at, nsproxy, len);
	}
}

/* The words @from to @to of @bytes, window @w, one of which leads there. */
static void record_files(struct prober *p, int w, const uint8_t *bytes,
			 uint32_t from, uint32_t to)
{
	unsigned word = p->env->word_size;
	static struct table t;
	uint64_t last = 0;

	for (uint32_t off = from; off + word <= to; off += word) {
		t.files = word_at(p, bytes + off);
		if (!is_pointer(p, t.files) || t.files == last)
			continue;
		last = t.files;
		if (!find_table(p, &t))
			continue;
		record_table(p, tape_pointee(p->tape, w, off, t.files,
					     t.files_bytes, t.files_len), &t);
		record_nsproxy(p, w, bytes, off + word, to);
		return;
	}
}

void record_task(struct prober *p, const struct subject *s, unsigned n)
{
	static uint8_t bytes[TASK_BYTES];
	struct facts f = { .n = 0 };
	struct copies c[8];
	uint64_t addr = 0;
	uint32_t len, comm;
	int w;

	for (unsigned i = 0; i < n; i++)
		if (!s[i].addr)
			return;
	if (!note_arm(p, NOTE_TASK, 0))
		return;
	prober_rename(p);
	addr = note_take(p, -1, NULL, NULL);
	if (n > ARRAY_SIZE(c))
		n = ARRAY_SIZE(c);
	for (unsigned i = 0; i < n; i++)
		copy_fds(s[i].fd, &c[i]);
	len = peek(p, addr, bytes, p->size.task && p->size.task < TASK_BYTES ?
		   p->size.task : TASK_BYTES);
	for (comm = 0; comm + 16 <= len; comm++)
		if (!memcmp(bytes + comm, p->comm, 16))
			break;
	if (comm + 16 <= len) {
		p->task = true;
		known_bytes(&f, DISC_KEY_COMM, p->comm, 16);
		for (unsigned i = 0; i < n; i++)
			for (int k = 0; k < COPIES; k++) {
				if (c[i].fd[k] < 0)
					continue;
				known_number(&f, DISC_KEY_FD,
					     (uint64_t)c[i].fd[k]);
				known_number(&f, DISC_KEY_SK, s[i].addr);
			}
		w = tape_window(p->tape, DISC_TASK, ++p->subjects, addr, bytes,
				len, p->size.task, &f);
		comm &= ~7u;
		record_files(p, w, bytes, comm > NEAR ? comm - NEAR : 0,
			     comm + NEAR < len ? comm + NEAR : len);
	}
	for (unsigned i = 0; i < n; i++)
		close_fds(&c[i]);
}
