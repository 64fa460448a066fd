/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/old_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Where the fields of a kernel are; only what differs from 4.9. */
#define NFCT "struct sk_buff:_nfct off 104 size 8 unsigned\n"
#define BYTES_SENT							\
	"struct tcp_sock:bytes_sent off 1500 size 8 unsigned\n"		\
	"struct tcp_sock:bytes_retrans off 1508 size 8 unsigned\n"
static const struct { uint32_t since; const char *lines; } changes[] = {
	{ 0, "" },
	{ KERNEL(4, 12), NFCT },
	{ KERNEL(4, 19), NFCT BYTES_SENT },
	{ KERNEL(5, 2), NFCT BYTES_SENT
	  "struct inet_connection_sock:icsk_ca_state off 1080 size 1 "
	  "bits 0+5 unsigned\n" },
};

static char table[65536];

void old_fields_add(struct resolver *r, const char *text, size_t len)
{
	const char *why = "";
	struct fields *t;
	unsigned line = 0;

	ck_assert_msg(!fields_new(&t, text, len, &line, &why), "line %u: %s",
		      line, why);
	ck_assert_int_eq(resolver_add_fields(r, "table", t), 0);
}

void old_fields_open(struct resolver *r, uint32_t version)
{
	const char *dir = getenv("srcdir");
	char path[300], head[1024];
	size_t n, i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/t/data/fields-4.9.txt",
		 dir ? dir : ".");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(table, 1, sizeof(table) - 1, f);
	fclose(f);
	resolver_init(r, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	for (i = ARRAY_SIZE(changes) - 1; changes[i].since > version; i--)
		;
	snprintf(head, sizeof(head), "# sockeye fields 1\nbuild-id -\n%s",
		 changes[i].lines);
	old_fields_add(r, head, strlen(head));
	old_fields_add(r, table, n);
}
