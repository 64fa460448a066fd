/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sordrop: datagrams and pings that find no room, one row each, beside
 * the same counted (-c).
 */
#include "player.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS "pid,comm,ip,proto,laddr,lport,raddr,rport,rmem_bytes,"	\
	"rcvbuf_bytes,skb_bytes,reason,drops"

/* What rows of one socket look like. */
struct refuser {
	const struct flood *f;
	const char *ip, *proto, *addr;
	bool owned;		/* its owner is known */
	unsigned rows;
	uint64_t bytes;
};

static void text_of(char buf[8], uint16_t port)
{
	buf[0] = '\0';
	if (port)
		snprintf(buf, 8, "%u", port);
}

static bool is_of(const struct table *tb, unsigned row,
		  const struct refuser *r)
{
	char lport[8], rport[8];

	text_of(lport, r->f->lport);
	text_of(rport, r->f->rport);
	return table_matches(tb, row, ARGS("ip", r->ip, "proto", r->proto,
		"laddr", r->addr, "lport", lport, "raddr", r->addr, "rport",
		rport, "reason", "SOCKET_RCVBUFF"));
}

static void check_row(struct test *t, const struct table *tb, unsigned row,
		      struct refuser *r, const char *pid)
{
	const char *size = table_cell(tb, row, "skb_bytes");
	const char *so_far = table_cell(tb, row, "drops");
	uint64_t rmem = 0, rcvbuf = 0, bytes = 0, drops = 0;

	r->rows++;
	if ((test_types(t) || *so_far) &&
	    (!cell_u64(so_far, &drops) || drops != r->rows))
		differ(t, "row %u: '%s' drops so far, not %u", row, so_far,
		       r->rows);
	cell_u64(table_cell(tb, row, "rmem_bytes"), &rmem);
	cell_u64(table_cell(tb, row, "rcvbuf_bytes"), &rcvbuf);
	cell_u64(size, &bytes);
	r->bytes += bytes;
	/* UDP lets in what makes it more than that, since 6.15 only just */
	if (!rcvbuf || (*size && (rmem + bytes < rcvbuf || bytes <= 100)))
		differ(t, "row %u: %" PRIu64 " of %" PRIu64 " bytes in use, "
		       "'%s' to come", row, rmem, rcvbuf, size);
	if (r->owned && !table_matches(tb, row, ARGS("pid", pid, "comm",
						     PLAYER_COMM)))
		differ(t, "row %u: pid '%s' comm '%s'", row,
		       table_cell(tb, row, "pid"), table_cell(tb, row, "comm"));
}

static void check_rows(struct test *t, const char *csv, struct refuser *r,
		       const char *pid)
{
	struct table tb;
	unsigned i, k;

	if (!table_parse(&tb, t, csv))
		return;
	for (i = 0; i < tb.nrows; i++) {
		for (k = 0; k < 3 && !is_of(&tb, i, &r[k]); k++)
			;
		if (k < 3)
			check_row(t, &tb, i, &r[k], pid);
		else
			differ(t, "row %u was never made: %s %s %s", i,
			       table_cell(&tb, i, "proto"),
			       table_cell(&tb, i, "lport"),
			       table_cell(&tb, i, "reason"));
	}
	table_release(&tb);
}

static void check_counts(struct test *t, const char *csv,
			 const struct refuser *r)
{
	struct table tb;
	char lport[8];
	uint64_t n, bytes;

	if (!table_parse(&tb, t, csv))
		return;
	if (tb.nrows != 3)
		differ(t, "-c has %u rows", tb.nrows);
	for (; r->f; r++) {
		const char *const *keys = ARGS("proto", r->proto, "lport",
					       lport, "reason",
					       "SOCKET_RCVBUFF");

		text_of(lport, r->f->lport);
		n = table_sum(&tb, t, "count", keys);
		bytes = r->bytes ? table_sum(&tb, t, "skb_bytes", keys) : 0;
		if (!r->f->nlost || r->rows != r->f->nlost ||
		    n != r->f->nlost || bytes != r->bytes)
			differ(t, "IPv%s %s: %u lost, %u rows with %" PRIu64
			       " bytes; -c %" PRIu64 ", %" PRIu64, r->ip,
			       r->proto, r->f->nlost, r->rows, r->bytes, n,
			       bytes);
	}
	table_release(&tb);
}

static void sordrop(struct test *t)
{
	bool young = test_probes(t);
	struct tool rows, counts;
	struct player p;
	char netns[24];
	/* before 4.17 nothing tells that a protocol's memory is used up */
	const char *strict = test_hides(t, "no-raw-tracepoint=1") ? "-q" :
			     "--strict";

	player_start(&p, t, PLAY_FLOOD);
	struct refuser r[] = {
		{ &p.made->udp, "4", "udp", "127.0.0.1", true, 0, 0 },
		{ &p.made->udp6, "6", "udp", "::1", young, 0, 0 },
		{ &p.made->ping, "4", "icmp", "127.0.0.1", young, 0, 0 },
		{ 0 }
	};
	snprintf(netns, sizeof(netns), "inode:%u", p.ns.inum);
	tool_init(&rows, t, 0);
	tool_init(&counts, t, 0);
	tool_start(&rows, "sordrop", ARGS("--csv", strict, "-N", netns,
					  "-o", COLUMNS));
	tool_start(&counts, "sordrop", ARGS("--csv", strict, "-N", netns,
					    "-c", "-o",
					    "proto,lport,reason,skb_bytes"));
	player_play(&p);
	tool_stop(&rows, SIGINT);
	tool_stop(&counts, SIGINT);
	tool_check_clean(&rows);
	tool_check_clean(&counts);
	r[0].owned = !strstr(rows.talk, "CONFIG_INET_UDP_DIAG");
	check_rows(t, rows.text, r, p.text);
	check_counts(t, counts.text, r);
	summary(t, "%u and %u datagrams, %u pings shown%s%s", r[0].rows,
		r[1].rows, r[2].rows, r[0].owned ? "" :
		", no owner of older sockets", young ? "" :
		", no owner of younger ones");
	tool_release(&rows);
	tool_release(&counts);
	player_release(&p);
}

const struct live_case sordrop_cases[] = {
	{ "sordrop", "what finds no room at UDP and ping sockets", 300, sordrop,
	  false },
	{ NULL, NULL, 0, NULL, false },
};
