/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a tool says it showed, and did not: lines of NDJSON. */
#include "live.h"

#include <inttypes.h>
#include <string.h>

void told_add(struct test *t, struct told *told, const char *line, size_t len)
{
	static struct json j;
	const char *type;

	if (!json_parse(&j, line, len)) {
		differ(t, "not a line of JSON (%s): %.100s", j.why, line);
		return;
	}
	type = json_get(&j, "type");
	if (json_get(&j, "lport")) {
		told->rows++;
		told->tx_bytes += json_u64(&j, "tx_bytes");
	} else if (type && !strcmp(type, "end")) {
		told->ended = true;
		told->shown = json_u64(&j, "shown");
		told->lost = json_u64(&j, "lost");
		told->owners_full = json_u64(&j, "owners_full");
		told->state_full = json_u64(&j, "state_full");
		told->unattributed = json_u64(&j, "unattributed");
		told->missed = json_u64(&j, "missed");
	}
}

void told_check(struct test *t, const struct told *told, uint64_t made)
{
	uint64_t sum = told->shown + told->lost + told->state_full +
		       told->missed;

	if (!told->ended)
		differ(t, "no end line");
	if (told->rows != told->shown)
		differ(t, "%" PRIu64 " rows, the end line says %" PRIu64,
		       told->rows, told->shown);
	/* A row whose owner found no place may be shown without it. */
	if (sum != made && sum + told->owners_full + told->unattributed != made)
		differ(t, "%" PRIu64 " made; shown %" PRIu64 ", lost %" PRIu64
		       ", state_full %" PRIu64 ", missed %" PRIu64
		       ", owners_full %" PRIu64 ", unattributed %" PRIu64,
		       made, told->shown, told->lost, told->state_full,
		       told->missed, told->owners_full, told->unattributed);
}
