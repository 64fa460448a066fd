/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why packets are dropped: the running kernel's own table, as tracefs prints
 * it or, where that is not to be had, enum skb_drop_reason of its BTF.
 */
#include "tools/frontend/frontend.h"

#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_MAX 65536
/* There were 78 in 6.6, and 128 in 6.18. */
#define CORE_REASONS 256

struct reasons {
	char name[CORE_REASONS][REASON_TEXT];	/* "": none */
	const char *names[CORE_REASONS + 1];
};

static bool from_format(struct reasons *r, struct env *env)
{
	char *format = malloc(FORMAT_MAX);
	struct err e = { 0 };
	ssize_t n = -1;

	if (format)
		n = env_tracepoint_format(env, "skb/kfree_skb", format,
					  FORMAT_MAX, &e);
	for (unsigned i = 0; n > 0 && i < CORE_REASONS; i++)
		if (format_symbol(format, (size_t)n, "reason", i, r->name[i],
				  REASON_TEXT))
			r->name[i][0] = '\0';
	free(format);
	return n > 0;
}

static void from_btf(struct reasons *r, struct btf *types)
{
	static const char *const want[] = { "skb_drop_reason" };
	static const char prefix[] = "SKB_DROP_REASON_";
	const char *name, *why;
	uint32_t id, pos = 0;
	uint64_t v;

	if (!types || btf_want(types, want, 1, &why))
		return;
	id = btf_next(types, want[0], 1u << BTF_KIND_ENUM, 0);
	while (id && btf_enum_next(types, id, &pos, &name, &v) > 0)
		if (v < CORE_REASONS &&
		    !strncmp(name, prefix, sizeof(prefix) - 1))
			snprintf(r->name[v], REASON_TEXT, "%s",
				 name + sizeof(prefix) - 1);
}

struct reasons *reasons_new(struct env *env)
{
	struct reasons *r = calloc(1, sizeof(*r));

	if (r && !from_format(r, env))
		from_btf(r, env->types);
	return r;
}

const char *const *reasons_names(struct reasons *r)
{
	for (unsigned i = 0; i < CORE_REASONS; i++)
		r->names[i] = r->name[i];
	return r->names;
}

void reasons_free(struct reasons *r)
{
	free(r);
}

/* REASON_...: by the names that Linux has for them where it has reasons. */
static const char *own_name(uint32_t reason)
{
	switch (reason) {
	case REASON_LISTEN_OVERFLOW:
		return "TCP_LISTEN_OVERFLOW";
	case REASON_RCVBUFF:
		return "SOCKET_RCVBUFF";
	case REASON_BACKLOG:
		return "SOCKET_BACKLOG";
	case REASON_PROTO_MEM:
		return "PROTO_MEM";
	}
	return NULL;
}

void reasons_name(const struct reasons *r, uint32_t reason,
		  char buf[REASON_TEXT])
{
	if (own_name(reason))
		snprintf(buf, REASON_TEXT, "%s", own_name(reason));
	else if (reason < CORE_REASONS && *r->name[reason])
		snprintf(buf, REASON_TEXT, "%s", r->name[reason]);
	else if (reason >> 16)	/* a subsystem's */
		snprintf(buf, REASON_TEXT, "reason#%u.%u", reason >> 16,
			 reason & 0xffff);
	else
		snprintf(buf, REASON_TEXT, "reason#%u", reason);
}

uint32_t reasons_own(const char *name)
{
	const char *own;

	for (uint32_t i = REASON_OWN | 1; (own = own_name(i)); i++)
		if (!strcmp(own, name))
			return i;
	return 0;
}

uint32_t reasons_number(const struct reasons *r, const char *name, size_t len)
{
	for (uint32_t i = 0; i < CORE_REASONS; i++)
		if (strlen(r->name[i]) == len && !memcmp(r->name[i], name, len))
			return i;
	return 0;
}
