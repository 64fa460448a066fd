/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writing captures; the format is described in capture_int.h. */
#include "progs/engine.h"
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUF_SIZE (256 * 1024)
#define EVENT_LIMIT sizeof(struct stack_event)	/* far above EVENT_MAX */

bool capture_has_stdout(const struct options *o)
{
	return o->write_file && !strcmp(o->write_file, "-");
}

int capture_flush(struct capture *c)
{
	if (!c->err)
		c->err = write_all(c->fd, c->buf, c->len);
	c->len = 0;
	return -c->err;
}

static void put(struct capture *c, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n;

	while (len) {
		if (c->len == BUF_SIZE)
			capture_flush(c);
		n = BUF_SIZE - c->len < len ? BUF_SIZE - c->len : len;
		memcpy(c->buf + c->len, p, n);
		c->len += n;
		p += n;
		len -= n;
	}
}

static void put_record(struct capture *c, uint32_t type, const void *data,
		       size_t len)
{
	struct record_head head = { type, (uint32_t)len };

	put(c, &head, sizeof(head));
	put(c, data, len);
}

/* Strings of a record under construction. */
struct strings {
	char *text;
	size_t len;
	bool failed;
};

static void add_string(struct strings *s, const char *text)
{
	size_t n = strlen(text) + 1;
	char *p = s->failed ? NULL : realloc(s->text, s->len + n);

	if (!p || s->len + n > RECORD_MAX) {
		s->failed = true;
		s->text = p ? p : s->text;
		return;
	}
	s->text = p;
	memcpy(p + s->len, text, n);
	s->len += n;
}

static void add_u64(struct strings *s, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	add_string(s, text);
}

static void add_s64(struct strings *s, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	add_string(s, text);
}

/* Write the strings as a record of @type and start anew. */
static void put_strings(struct capture *c, uint32_t type, struct strings *s)
{
	if (s->failed)
		c->err = c->err ? c->err : ENOMEM;
	else
		put_record(c, type, s->text, s->len);
	free(s->text);
	memset(s, 0, sizeof(*s));
}

static void add_clocks(struct strings *s, const struct capture_info *info)
{
	add_string(s, "wall_offset_ns");
	add_s64(s, info->clocks.wall_offset_ns);
	add_string(s, "boot_offset_ns");
	add_s64(s, info->boot_offset_ns);
}

static void put_info(struct capture *c, const struct tool *t,
		     const struct capture_info *info)
{
	struct strings s = { NULL, 0, false };

	add_string(&s, "tool");
	add_string(&s, t->name);
	add_string(&s, "version");
	add_string(&s, info->version ? info->version : "");
	add_string(&s, "machine");
	add_string(&s, info->machine);
	add_string(&s, "release");
	add_string(&s, info->release);
	add_string(&s, "map_entries");
	add_u64(&s, info->map_entries);
	add_string(&s, "start_ns");
	add_u64(&s, info->clocks.start_ns);
	add_clocks(&s, info);
	add_string(&s, "event_size");
	add_u64(&s, t->event_size);
	put_strings(c, REC_INFO, &s);
}

/* The names that a column's values have here; "" is none. */
static void put_names(struct capture *c, const struct column *col)
{
	struct strings s = { NULL, 0, false };
	const struct errno_name *e;
	uint64_t i;

	add_string(&s, col->key);
	for (i = 0; col->kind == K_ENUM && col->names && col->names[i]; i++) {
		if (!*col->names[i])
			continue;
		add_u64(&s, i);
		add_string(&s, col->names[i]);
	}
	for (e = errno_names; col->kind == K_ERRNO && e->name; e++) {
		add_u64(&s, (uint64_t)e->no);
		add_string(&s, e->name);
	}
	put_strings(c, REC_ENUM, &s);
}

static void put_members(struct capture *c, const struct tool *t)
{
	struct member fields[MAX_MEMBERS], *f;
	struct strings s = { NULL, 0, false };
	unsigned n = members_of(t, fields, MAX_MEMBERS);

	for (f = fields; f < fields + n; f++) {
		add_string(&s, f->name);
		add_string(&s, member_class_name(f->class));
		add_string(&s, f->column < 0 ? "" : col_kind_name(f->kind));
		add_u64(&s, f->off);
		add_u64(&s, f->size);
		put_strings(c, REC_MEMBER, &s);
		if (f->column >= 0 &&
		    (f->kind == K_ENUM || f->kind == K_ERRNO))
			put_names(c, &t->columns[f->column]);
	}
}

static void put_columns(struct capture *c, const struct tool *t)
{
	struct strings s = { NULL, 0, false };
	const struct column *col;

	for (col = t->columns; col->key; col++) {
		add_string(&s, col->key);
		add_string(&s, col->heading);
		add_u64(&s, col->width);
		for (unsigned i = 0; capture_flag(i); i++)
			if (col->flags & 1u << i && *capture_flag(i))
				add_string(&s, capture_flag(i));
		put_strings(c, REC_COLUMN, &s);
	}
}

static void put_map(struct capture *c, const struct ask_map *m, bool intervals)
{
	const struct ask *a = m->ask;
	struct strings s = { NULL, 0, false };

	add_string(&s, "name");
	add_string(&s, m->name);
	add_string(&s, "keys");
	add_u64(&s, a->nkeys);
	add_string(&s, "what");
	add_string(&s, capture_ask_name(a->what));
	add_string(&s, "signed");
	add_u64(&s, a->value.shape == SHAPE_S64);
	add_string(&s, "unit");
	add_string(&s, m->unit);
	add_string(&s, "intervals");
	add_u64(&s, intervals);
	add_string(&s, "min");
	add_s64(&s, a->min);
	add_string(&s, "max");
	add_s64(&s, a->max);
	add_string(&s, "step");
	add_s64(&s, a->step);
	put_strings(c, REC_MAP, &s);
}

static int bad_file(struct err *e, int no, const char *file)
{
	err_set(e, no, "-W %s", file);
	e->of = ERR_OF_FILE;
	return -no;
}

/* The file, empty; a device or a pipe by mistake is left alone. */
static int open_file(const char *file, struct err *e)
{
	struct stat st;
	int fd, no;

	if (!strcmp(file, "-")) {
		fd = dup(STDOUT_FILENO);
		return fd < 0 ? err_set(e, errno, "stdout") : fd;
	}
	/* O_NONBLOCK: opening a FIFO must not wait for a reader */
	fd = open(file, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY |
		  O_CLOEXEC, 0644);
	if (fd < 0)
		return bad_file(e, errno, file);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		err_set(e, 0, "-W %s: not a regular file", file);
		err_hint(e, "use '-W -' to write to standard output");
		return -EINVAL;
	}
	if (ftruncate(fd, 0) < 0) {
		no = errno;
		close(fd);
		return bad_file(e, no, file);
	}
	return fd;
}

int capture_create(struct capture **out, const char *file,
		   const struct tool *t, const struct capture_info *info,
		   struct err *e)
{
	struct file_head head = {
		.magic = CAPTURE_MAGIC, .order = CAPTURE_ORDER,
		.version = CAPTURE_VERSION, .word = sizeof(long),
	};
	struct capture *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err_set(e, ENOMEM, "capture");
	c->fd = -1;
	c->buf = malloc(BUF_SIZE);
	rc = c->buf ? open_file(file, e) : err_set(e, ENOMEM, "capture");
	if (rc < 0) {
		capture_free(c);
		return rc;
	}
	c->fd = rc;
	put(c, &head, sizeof(head));
	put_info(c, t, info);
	put_members(c, t);
	if (t->flags & (T_ASK | T_KEYS))
		put_columns(c, t);
	for (unsigned i = 0; i < info->nmaps; i++)
		put_map(c, &info->maps[i], info->intervals);
	put_record(c, REC_READY, NULL, 0);
	/* at once: a full disk is better known before the tool starts */
	rc = capture_flush(c);
	if (rc < 0 && rc != -EPIPE) {
		capture_free(c);
		return bad_file(e, -rc, file);
	}
	*out = c;
	return 0;
}

int capture_event(struct capture *c, const struct event *ev)
{
	if (ev->len < sizeof(*ev) || ev->len > EVENT_LIMIT)
		return -EINVAL;
	put_record(c, REC_EVENT, ev, ev->len);
	c->events++;
	return -c->err;
}

int capture_losses(struct capture *c, const struct losses *l)
{
	struct strings s = { NULL, 0, false };

	if (!memcmp(l, &c->told, sizeof(*l)))
		return -c->err;
	c->told = *l;
#define X(name, text)							\
	add_string(&s, #name);						\
	add_u64(&s, l->name);
	LOSSES(X)
#undef X
	put_strings(c, REC_LOSSES, &s);
	return -c->err;
}

int capture_clocks(struct capture *c, const struct capture_info *info)
{
	struct strings s = { NULL, 0, false };

	add_clocks(&s, info);
	add_string(&s, "late_from_ns");
	add_u64(&s, info->clocks.late_from_ns);
	add_string(&s, "late_ns");
	add_u64(&s, info->clocks.late_ns);
	put_strings(c, REC_CLOCKS, &s);
	return -c->err;
}

int capture_close(struct capture *c, struct err *e)
{
	struct strings s = { NULL, 0, false };
	int no;

	if (!c)
		return 0;
	add_string(&s, "events");
	add_u64(&s, c->events);
	put_strings(c, REC_END, &s);
	capture_flush(c);
	no = c->err;
	/* NFS and quotas tell only now */
	if (close(c->fd) < 0 && !no)
		no = errno;
	c->fd = -1;
	capture_free(c);
	if (no == EPIPE)	/* who read has enough */
		no = 0;
	if (no == UNREAD)
		return err_set(e, 0, "write capture: %s", write_error(no));
	return no ? err_set(e, no, "write capture") : 0;
}
