/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames of stacks as text, as bpftrace shows them. */
#include "loader/symbols.h"
#include "tools/frontend/ask.h"
#include "tools/frontend/rows_int.h"

#include <string.h>

#define NAME_SHOWN 512
#define PATH_SHOWN 1024
#define LINE_LEN (NAME_SHOWN + PATH_SHOWN + 256)

/*
 * But for the first, frames are where a function will return to.  That is
 * behind its call, and after a call that never returns already in the next
 * function, so the one before it is looked up (as %pB in the kernel does).
 */
struct frame {
	uint64_t ip;
	unsigned back;		/* 0 or 1 */
};

static char *put_offset(char *p, const char *name, uint64_t offset)
{
	p = put_clean(p, name, strnlen(name, NAME_SHOWN));
	*p++ = '+';
	return put_u64(p, offset);
}

static char *put_kernel(char *p, const struct stacks *s,
			const struct frame *f)
{
	const char *name, *module;
	uint64_t offset;

	name = s->ksyms ? ksyms_find(s->ksyms, f->ip - f->back, &offset,
				     &module) : NULL;
	return name ? put_offset(p, name, offset + f->back) :
		      put_hex(p, f->ip);
}

static char *put_path(char *p, const struct usym *sym)
{
	return put_clean(p, sym->path, strnlen(sym->path, PATH_SHOWN));
}

/* "[5a0c...]+0x1234 /usr/lib/libc.so.6", to be looked up elsewhere. */
static char *put_build_id(char *p, const struct usym *sym, unsigned back)
{
	*p++ = '[';
	p = stpcpy(p, sym->build_id);
	p = put_hex(stpcpy(p, "]+"), sym->file_offset + back);
	*p++ = ' ';
	return put_path(p, sym);
}

static char *put_user(char *p, const struct stacks *s, uint32_t pid,
		      const struct frame *f)
{
	struct usym sym;

	if (!s->usyms || !usyms_find(s->usyms, pid, f->ip - f->back, &sym))
		return put_hex(p, f->ip);
	if (s->build_ids && sym.build_id[0])
		return put_build_id(p, &sym, f->back);
	if (sym.name && !s->build_ids)
		return put_offset(p, sym.name, sym.offset + f->back);
	p = put_hex(p, f->ip);
	if (!sym.path)
		return p;
	p = put_path(stpcpy(p, " ("), &sym);
	*p++ = '+';
	p = put_hex(p, sym.file_offset + f->back);
	*p++ = ')';
	return p;
}

/* How the kernel comes to a program by a raw tracepoint or fentry. */
static bool is_way(const char *name)
{
	static const char *const begin[] = {
		"bpf_prog_", "bpf_trace_run", "__bpf_trace_", "bpf_trampoline_",
		"__traceiter_", "__bpf_prog_enter",
	};

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncmp(name, begin[i], strlen(begin[i])))
			return true;
	return false;
}

/* How many of the @n frames lead to our program, which itself has no name where
 * names were read before it was there; of a kprobe or tracepoint none do. */
static unsigned ours(const struct stacks *s, const uint64_t *ips, unsigned n)
{
	const char *name, *module;
	unsigned first = 0;
	uint64_t offset;

	for (unsigned i = 0; s->ksyms && i < n && ips[i]; i++) {
		name = ksyms_find(s->ksyms, ips[i], &offset, &module);
		if (name && !is_way(name))
			break;
		if (name)
			first = i + 1;
	}
	return first;
}

void stack_text(const struct stacks *s, const uint64_t *ips, unsigned n,
		uint32_t pid, char *buf, size_t len)
{
	static const char more[] = "    ...\n";
	char line[LINE_LEN], *p;
	size_t used = 0, room;
	unsigned first = pid ? 0 : ours(s, ips, n);

	if (!len)
		return;
	for (unsigned i = first; i < n && ips[i]; i++) {
		struct frame f = { ips[i], i > 0 };

		p = stpcpy(line, "    ");
		p = pid ? put_user(p, s, pid, &f) : put_kernel(p, s, &f);
		*p++ = '\n';
		room = len - 1 - used;
		if ((size_t)(p - line) + sizeof(more) > room) {
			/* there is room for this since the line before */
			if (room >= sizeof(more) - 1)
				used = (size_t)(stpcpy(buf + used, more) - buf);
			break;
		}
		memcpy(buf + used, line, (size_t)(p - line));
		used += (size_t)(p - line);
	}
	buf[used] = '\0';
}

const char *stack_frame(const char **text, size_t *len)
{
	const char *line = *text + strspn(*text, " \n");

	*len = strcspn(line, "\n");
	*text = line + *len;
	return *len ? line : NULL;
}

void stack_error(char *buf, size_t len, int no)
{
	const char *name = errno_name((uint64_t)no);

	if (name)
		snprintf(buf, len, "[no stack: %s]", name);
	else
		snprintf(buf, len, "[no stack: error %d]", no);
}
