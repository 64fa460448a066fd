/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_tp - fields of tracepoints, as their format files have them.
 */
#include "tools/frontend/ask_int.h"

#include <errno.h>
#include <string.h>

#define FORMAT_MAX	16384
#define NAMES_MAX	64

static bool is_tracepoint(const struct ask_world *w)
{
	return w->hook && w->hook->kind == HOOK_TRACEPOINT;
}

/* Its length; 0 where it cannot be read: attaching tells why. */
static size_t read_format(const struct asking *a, char *text)
{
	struct err e = { 0 };
	ssize_t n;

	if (!a->world->env || !is_tracepoint(a->world))
		return 0;
	n = env_tracepoint_format(a->world->env, a->world->hook->target, text,
				  FORMAT_MAX, &e);
	return n < 0 ? 0 : (size_t)n;
}

/*
 * The next word of the format that is the name of a field; which ones are is
 * format_field()'s to say.
 */
static bool next_name(const char *text, size_t len, const char **pos,
		      char *name, size_t namelen)
{
	const char *p = *pos, *why;
	struct field f;
	size_t n;

	for (; *p && strncmp(p, "print fmt:", 10); p += n) {
		n = ask_name_len(p);
		if (!n || n >= namelen) {
			n += !n;
			continue;
		}
		memcpy(name, p, n);
		name[n] = '\0';
		if ((p[n] == ';' || p[n] == '[') &&
		    !format_field(text, len, name, &f, &why)) {
			*pos = p + n;
			return true;
		}
	}
	return false;
}

static int no_field(const struct asking *a, const char *field,
		    const char *text, size_t len)
{
	char names[NAMES_MAX][48], buf[256];
	struct nearest near;
	const char *pos = text;
	unsigned n;

	nearest_init(&near, field);
	for (n = 0; n < NAMES_MAX &&
	     next_name(text, len, &pos, names[n], sizeof(names[n])); n++)
		nearest_try(&near, names[n]);
	return ask_bad(a->e, "no field '%s' in tracepoint %s%s", field,
		       a->world->hook->target,
		       near.n ? nearest_text(&near, "", buf, sizeof(buf)) : "");
}

/* A word that says where in the record the text is, and how long. */
static bool is_text(const char *text, const char *field)
{
	char decl[80];

	snprintf(decl, sizeof(decl), "field:__data_loc char[] %.40s;", field);
	return strstr(text, decl) != NULL;
}

int ask_tp_field(const struct asking *a, struct ask_value *v)
{
	const struct hook *hook = a->world->hook;
	char text[FORMAT_MAX];
	const char *why;
	struct field f;
	size_t len;

	if (!*v->field || v->field[ask_name_len(v->field)])
		return ask_bad(a->e, "'args.%s' names no field", v->field);
	if (hook && !is_tracepoint(a->world))
		return ask_bad(a->e, "'args.%s' is for tracepoints; %s:%s has "
			       "arg0 to arg%d", v->field,
			       hook_kind_name(hook->kind), hook->target,
			       ASK_ARGS - 1);
	len = read_format(a, text);
	if (!len)
		return 0;
	if (format_field(text, len, v->field, &f, &why))
		return no_field(a, v->field, text, len);
	v->shape = SHAPE_NAME;
	if (is_text(text, v->field))
		return 0;
	if (f.class == FIELD_ARRAY || f.class == FIELD_COMPOSITE || f.size > 8)
		return ask_bad(a->e, "field '%s' of tracepoint %s is no number",
			       v->field, hook->target);
	v->shape = f.is_signed ? SHAPE_S64 : SHAPE_U64;
	return 0;
}

bool ask_tp_has_text(const struct asking *a, const char *field)
{
	char text[FORMAT_MAX];

	return !read_format(a, text) || is_text(text, field);
}

bool ask_tp_has_number(const struct asking *a, const char *field)
{
	char text[FORMAT_MAX];
	size_t len = read_format(a, text);
	const char *why;
	struct field f;

	return !len || (!format_field(text, len, field, &f, &why) &&
			f.class != FIELD_ARRAY && f.class != FIELD_COMPOSITE);
}

const char *ask_tp_skb(const struct asking *a)
{
	return ask_tp_has_number(a, "skbaddr") ? "skbaddr" : NULL;
}

/* ---- where the socket is ---------------------------------------------- */

static const char *sock_from_format(const char *text, size_t len)
{
	static const char *const names[] = { "skaddr", "sk", "sock" };
	const char *why;
	struct field f;

	for (size_t i = 0; i < COUNT(names); i++)
		if (!format_field(text, len, names[i], &f, &why) &&
		    f.class == FIELD_POINTER)
			return names[i];
	return NULL;
}

/* System calls: the descriptor they are about, which may be of anything, or
 * the new one that they return. */
static const char *fd_of_call(const char *target, const char *text, size_t len)
{
	static const char *const makers[] = { "accept", "accept4", "socket" };
	static const char enter[] = "syscalls/sys_enter_",
		leave[] = "syscalls/sys_exit_";
	const char *why;
	struct field f;

	if (!strncmp(target, enter, sizeof(enter) - 1))
		return !len || !format_field(text, len, "fd", &f, &why) ?
		       "fd" : NULL;
	for (size_t i = 0; i < COUNT(makers); i++)
		if (!strncmp(target, leave, sizeof(leave) - 1) &&
		    !strcmp(target + sizeof(leave) - 1, makers[i]))
			return "ret";
	return NULL;
}

const char *ask_tp_sock(const struct asking *a, bool *fd)
{
	static const struct { const char *target, *field; } known[] = {
		{ "sock/inet_sock_set_state", "skaddr" },	/* 4.16 */
		{ "tcp/tcp_retransmit_skb", "skaddr" },		/* 4.15 */
		{ "tcp/tcp_retransmit_synack", "skaddr" },
		{ "tcp/tcp_send_reset", "skaddr" },
		{ "tcp/tcp_receive_reset", "skaddr" },
		{ "tcp/tcp_destroy_sock", "skaddr" },
		{ "tcp/tcp_rcv_space_adjust", "skaddr" },
		{ "sock/sock_send_length", "sk" },		/* 6.3 */
		{ "sock/sock_recv_length", "sk" },
	};
	char text[FORMAT_MAX];
	size_t len = read_format(a, text);
	const char *call = fd_of_call(a->world->hook->target, text, len);

	*fd = call != NULL;
	if (call || len)
		return call ? call : sock_from_format(text, len);
	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(a->world->hook->target, known[i].target))
			return known[i].field;
	return NULL;
}
