/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why packets are dropped: the running kernel's own table. */
#include "tools/frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT_MAX 65536
/* There were 78 in 6.6, and 128 in 6.18. */
#define CORE_REASONS 256

struct reasons {
	size_t len;
	char format[FORMAT_MAX];	/* of skb:kfree_skb */
};

struct reasons *reasons_new(struct env *env)
{
	struct reasons *r = calloc(1, sizeof(*r));
	struct err e = { 0 };
	ssize_t n;

	if (!r)
		return NULL;
	n = env_tracepoint_format(env, "skb/kfree_skb", r->format,
				  sizeof(r->format), &e);
	r->len = n > 0 ? (size_t)n : 0;
	return r;
}

void reasons_free(struct reasons *r)
{
	free(r);
}

void reasons_name(const struct reasons *r, uint32_t reason,
		  char buf[REASON_TEXT])
{
	if (reason == REASON_LISTEN_OVERFLOW)
		snprintf(buf, REASON_TEXT, "TCP_LISTEN_OVERFLOW");
	else if (format_symbol(r->format, r->len, "reason", reason, buf,
			       REASON_TEXT) && reason >> 16)
		snprintf(buf, REASON_TEXT, "reason#%u.%u", reason >> 16,
			 reason & 0xffff);
	else if (format_symbol(r->format, r->len, "reason", reason, buf,
			       REASON_TEXT))
		snprintf(buf, REASON_TEXT, "reason#%u", reason);
}

uint32_t reasons_number(const struct reasons *r, const char *name, size_t len)
{
	char buf[REASON_TEXT];

	for (uint32_t i = 0; i < CORE_REASONS; i++)
		if (!format_symbol(r->format, r->len, "reason", i, buf,
				   sizeof(buf)) &&
		    strlen(buf) == len && !memcmp(buf, name, len))
			return i;
	return 0;
}
