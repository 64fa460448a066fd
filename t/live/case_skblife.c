/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * skblife: datagrams that are read and datagrams that nobody wants, each shown
 * once, as what became of it; those that waited have lived at least as long.
 * The histograms that the kernel fills meanwhile have as many.
 */
#include "traffic.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ	41
#define LEFT	37		/* sent to where there is nobody */
#define BYTES	101
#define WAIT_MS	20		/* before the first is read */

struct lab {
	struct test *t;
	struct netns a, b;
	int server;		/* in b */
	union addr open_at, closed_at;
};

static void lab_release(struct lab *lab)
{
	close(lab->server);
	netns_free(&lab->a);
	netns_free(&lab->b);
}

static void send_some(struct lab *lab, const union addr *to, unsigned n)
{
	static const char bytes[BYTES];
	union addr from;
	int fd = udp_bound(lab->t, &lab->a, AF_INET, "10.9.0.1", &from);

	while (n--)
		if (sendto(fd, bytes, sizeof(bytes), 0, (const void *)to,
			   sizeof(struct sockaddr_in)) != sizeof(bytes))
			fatal(lab->t, "sendto: %s", strerror(errno));
	close(fd);
}

static void send_to_nobody(struct lab *lab, unsigned n)
{
	uint64_t before = netns_snmp(lab->t, &lab->b, "Udp", "NoPorts");

	send_some(lab, &lab->closed_at, n);
	while (netns_snmp(lab->t, &lab->b, "Udp", "NoPorts") < before + n)
		nap_ms(1);
}

static void lab_init(struct lab *lab, struct test *t)
{
	memset(lab, 0, sizeof(*lab));
	lab->t = t;
	veth_pair(t, &lab->a, &lab->b);
	lab->server = udp_bound(t, &lab->b, AF_INET, "10.9.0.2", &lab->open_at);
	close(udp_bound(t, &lab->b, AF_INET, "10.9.0.2", &lab->closed_at));
	/* ARP clones what waits for it (neigh_probe()): not later */
	send_to_nobody(lab, 1);
}

static void make(struct lab *lab)
{
	char bytes[BYTES + 1];

	send_some(lab, &lab->open_at, READ);
	send_to_nobody(lab, LEFT);
	nap_ms(WAIT_MS);
	for (unsigned i = 0; i < READ; i++)
		if (!readable(lab->server, PATIENCE * 1000) ||
		    recv(lab->server, bytes, sizeof(bytes), 0) != BYTES)
			fatal(lab->t, "recv: %s", strerror(errno));
}

/* Both kinds are of one birth, and received. */
static void check(struct lab *lab, const struct table *tb, const char *end,
		  const union addr *at, unsigned made, uint64_t least_ns)
{
	char port[8];
	const char *pairs[] = {
		"lport", port, "birth", "alloc", "end", end, "direction", "in",
		"ethertype", "ip", "proto", "udp", "laddr", "10.9.0.2",
		"raddr", "10.9.0.1", NULL
	};
	unsigned got = 0, all = 0;
	uint64_t ns;

	snprintf(port, sizeof(port), "%u", addr_port(at));
	for (unsigned row = 0; row < tb->nrows; row++) {
		all += !strcmp(table_cell(tb, row, "lport"), port);
		if (!table_matches(tb, row, pairs))
			continue;
		got++;
		if (!cell_u64(table_cell(tb, row, "life_ns"), &ns) ||
		    ns < least_ns)
			differ(lab->t, "%s: lived for %s ns", end,
			       table_cell(tb, row, "life_ns"));
	}
	if (got != made || all != made)
		differ(lab->t, "%s: %u made, %u shown, %u as what they are",
		       end, made, all, got);
}

/* A line is a slot of a histogram. */
static void check_hist(struct lab *lab, const char *csv)
{
	static const struct { const char *end; unsigned made; } ends[] = {
		{ "consumed", READ }, { "dropped", LEFT },
	};
	const char *all[] = { NULL };
	struct table tb;
	uint64_t lo = 0;

	if (!table_parse(&tb, lab->t, csv))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++)
		table_want(&tb, lab->t, ends[i].made, "count",
			   ARGS("birth", "alloc", "end", ends[i].end));
	table_want(&tb, lab->t, READ + LEFT, "count", all);
	for (unsigned row = 0; row < tb.nrows; row++)
		if (!strcmp(table_cell(&tb, row, "end"), "consumed") &&
		    (!cell_u64(table_cell(&tb, row, "lo"), &lo) ||
		     lo < WAIT_MS * 1000 / 2))
			differ(lab->t, "lived for %s us",
			       table_cell(&tb, row, "lo"));
	table_release(&tb);
}

static void skblife(struct test *t)
{
	static struct lab lab;
	struct table tb;
	struct tool r, hist;
	char ports[16];

	lab_init(&lab, t);
	snprintf(ports, sizeof(ports), "%u,%u", addr_port(&lab.open_at),
		 addr_port(&lab.closed_at));
	tool_init(&r, t, 0);
	r.may_lack = !test_probes(t);
	tool_start(&r, "skblife", ARGS("--events", "--csv", "--sample", "1",
				       "--port", ports, "-o",
				       "+laddr,lport,raddr,rport"));
	tool_init(&hist, t, 0);
	tool_start(&hist, "skblife", ARGS("--csv", "--sample", "1", "--port",
					  ports));
	make(&lab);
	tool_stop(&hist, SIGINT);
	tool_check_clean(&hist);
	check_hist(&lab, hist.text);
	tool_release(&hist);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		check(&lab, &tb, "consumed", &lab.open_at, READ,
		      WAIT_MS * MSEC);
		check(&lab, &tb, "dropped", &lab.closed_at, LEFT, 1);
		summary(t, "%u rows", tb.nrows);
		table_release(&tb);
	}
	tool_release(&r);
	lab_release(&lab);
}

const struct live_case skblife_cases[] = {
	{ "skblife", "datagrams read and dropped, and how long they lived",
	  300, skblife, false },
	{ NULL, NULL, 0, NULL, false },
};
