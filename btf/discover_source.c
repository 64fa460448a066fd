/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_source.c - discovery, and what it found as a source of the resolver.
 */
#include <errno.h>
#include <stdlib.h>

#include "discover_int.h"

#define DEPTH_MAX	8
#define WORK_MAX	300000000

int discovery_new(struct discovery **out, const struct recording *r,
		  const char **why)
{
	uint64_t work = WORK_MAX;
	struct solver *s;
	int i, err = 0;

	*out = NULL;
	*why = "a recording without the size of a word";
	if (r->word_size != 4 && r->word_size != 8)
		return -EINVAL;
	*why = "out of memory";
	s = calloc(1, sizeof(*s));
	if (s)
		s->d = calloc(1, sizeof(*s->d));
	if (!s || !s->d) {
		free(s);
		return -ENOMEM;
	}
	s->r = r;
	s->d->big_endian = r->big_endian;
	s->d->word = r->word_size;
	s->work = &work;
	if (r->nwindows)
		solve(s);
	for (i = 0; i < RULES; i++) {
		free(s->cands[i].c);
		if (!s->d->found[i].known && !s->d->found[i].why)
			s->d->found[i].why = "nothing was recorded of it";
	}
	if (s->no_memory)
		err = -ENOMEM;
	else if (!work)
		err = -E2BIG;
	*why = !err ? NULL : work ? *why : "a recording that leads nowhere";
	*out = s->d;
	free(s);
	if (err) {
		discovery_free(*out);
		*out = NULL;
	}
	return err;
}

void discovery_free(struct discovery *d)
{
	free(d);
}

int discovery_next(const struct discovery *d, unsigned int *pos,
		   const char **type, const char **path, const char **why)
{
	if (*pos >= RULES)
		return 0;
	*type = disc_type_name(disc_rules[*pos].type);
	*path = disc_rules[*pos].path;
	*why = d->found[*pos].known ? NULL : d->found[*pos].why;
	++*pos;
	return 1;
}

/* ---- answers ---------------------------------------------------------- */

/* Members that are the start of what they are in, in every kernel. */
static const struct embedded {
	const char *type, *member, *is;
} embedded[] = {
	{ "struct tcp_sock", "inet_conn", "struct inet_connection_sock" },
	{ "struct inet_connection_sock", "icsk_inet", "struct inet_sock" },
	{ "struct udp_sock", "inet", "struct inet_sock" },
	{ "struct inet_sock", "sk", "struct sock" },
	{ "struct sock", "__sk_common", "struct sock_common" },
	{ "struct tcp_request_sock", "req", "struct inet_request_sock" },
	{ "struct inet_request_sock", "req", "struct request_sock" },
	{ "struct request_sock", "__req_common", "struct sock_common" },
};

static bool same(const char *s, const char *p, size_t len)
{
	return strlen(s) == len && !memcmp(s, p, len);
}

static const struct embedded *embedded_in(const char *type, size_t len,
					  const char *member, size_t mlen)
{
	size_t i;

	for (i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++)
		if (same(embedded[i].type, type, len) &&
		    same(embedded[i].member, member, mlen))
			return &embedded[i];
	return NULL;
}

/*
 * Is @path rule @r's?  Its scalar may have other members in between on the
 * way to it (".refs.counter"), and the struct around it may be what is asked
 * for; then @whole.
 */
static bool path_is(const struct rule *r, const char *path, bool *whole)
{
	size_t len = strlen(r->path);

	if (strncmp(path, r->path, len))
		return false;
	*whole = r->tail && (!path[len] || !strcmp(path + len, ".refs"));
	if (*whole || !path[len])
		return true;
	return r->tail && (!strcmp(path + len, r->tail) ||
			   !strcmp(path + len, ".refs.counter"));
}

static int find_rule(const char *type, size_t len, const char *path,
		     bool *whole)
{
	int i;

	for (i = 0; i < RULES; i++)
		if (same(disc_type_name(disc_rules[i].type), type, len) &&
		    path_is(&disc_rules[i], path, whole))
			return i;
	return -1;
}

/* The struct at the start of another, all of it. */
static int answer_start(const struct question *q, struct answer *a)
{
	struct field f = { .class = FIELD_COMPOSITE, .exists = true };

	/* How large it is nobody knows */
	if (q->kind == CORE_FIELD_BYTE_SIZE ||
	    q->kind == CORE_FIELD_LSHIFT_U64 ||
	    q->kind == CORE_FIELD_RSHIFT_U64)
		return -ENOENT;
	if (!class_compatible(q->local_class, f.class))
		answer_absent(a, q->kind);
	else
		answer_field(a, q->kind, &f, HOST_BIG_ENDIAN);
	return 0;
}

static int answer_rule(const struct discovery *d, int rule, bool whole,
		       const struct question *q, struct answer *a,
		       const char **why)
{
	struct field f = d->found[rule].field;

	if (!d->found[rule].known) {
		*why = d->found[rule].why;
		return -ENOENT;
	}
	if (whole) {
		f.class = FIELD_COMPOSITE;
		f.is_signed = false;
	}
	if (!class_compatible(q->local_class, f.class))
		answer_absent(a, q->kind);
	else
		answer_field(a, q->kind, &f, d->big_endian);
	return 0;
}

int discovery_core(const struct discovery *d, const struct question *q,
		   struct answer *a, const char **why)
{
	const struct embedded *e;
	const char *type = q->type, *path = q->path;
	size_t len, member;
	int depth, rule;
	bool whole;

	memset(a, 0, sizeof(*a));
	*why = NULL;
	if (q->kind > CORE_FIELD_RSHIFT_U64 || !type || !path || !*path)
		return -ENOENT;
	a->source = "discovery";
	len = btf_essential_len(type);
	for (depth = 0; depth < DEPTH_MAX; depth++) {
		member = strcspn(path, ".[");
		e = embedded_in(type, len, path, member);
		if (!e)
			break;
		type = e->is;
		len = strlen(type);
		path += member;
		if (!*path)
			return answer_start(q, a);
		if (*path++ != '.')
			return -ENOENT;
	}
	rule = find_rule(type, len, path, &whole);
	return rule < 0 ? -ENOENT : answer_rule(d, rule, whole, q, a, why);
}

/* ---- for the resolver ------------------------------------------------- */

static int source_core(void *self, const struct question *q, struct answer *a,
		       const char **why)
{
	return discovery_core(self, q, a, why);
}

static void source_free(void *self)
{
	discovery_free(self);
}

int resolver_add_discovery(struct resolver *r, struct discovery *d)
{
	struct source s = {
		.name = "discovery",
		.core = source_core,
		.free = source_free,
		.self = d,
	};

	return resolver_add(r, &s);
}
