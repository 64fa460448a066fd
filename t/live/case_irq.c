/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts, soft and hard, as /proc counts them.  They are of the whole
 * machine: what came for certain while a tool ran, and all that can have.
 */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS 101

/* ---- soft interrupts ---------------------------------------------------- */

/* The numbers at *@p, added up; then that is behind them. */
static uint64_t add_up(char **p)
{
	uint64_t n, sum = 0;
	char *end;

	for (;; *p = end) {
		n = strtoull(*p, &end, 10);
		if (end == *p)
			return sum;
		sum += n;
	}
}

/* How often @vector was handled, on all processors. */
static uint64_t softirqs_of(struct test *t, const char *vector)
{
	char *text = slurp("/proc/softirqs"), *p;
	uint64_t sum;

	p = text ? strstr(text, vector) : NULL;
	if (!p)
		skip(t, "/proc/softirqs has no %s", vector);
	p += strlen(vector);
	sum = add_up(&p);
	free(text);
	return sum;
}

struct shown {
	struct test *t;
	struct table table;
	unsigned compared;
};

static void within(struct shown *s, const char *map, uint64_t least,
		   uint64_t most)
{
	uint64_t n = table_sum(&s->table, s->t, "count",
			       ARGS("map", map, "vector", "NET_RX"));

	s->compared++;
	if (n < least || n > most)
		differ(s->t, "%s: NET_RX %" PRIu64 " times, not %" PRIu64
		       " to %" PRIu64, map, n, least, most);
}

/* What was handled while it ran for certain, and all that can have been. */
static void check_softirqs(struct test *t, const char *csv, uint64_t least,
			   uint64_t most)
{
	struct shown s = { .t = t };
	uint64_t all, net;

	if (!table_parse(&s.table, t, csv))
		return;
	within(&s, "time", least, most);
	within(&s, "dist", least, most);
	all = table_sum(&s.table, t, "count", ARGS("map", "time"));
	net = table_sum(&s.table, t, "count",
			ARGS("map", "time", "vector", "NET_RX")) +
	      table_sum(&s.table, t, "count",
			ARGS("map", "time", "vector", "NET_TX"));
	if (all != net)
		differ(t, "--net: %" PRIu64 " of %" PRIu64 " are NET_...", net,
		       all);
	if (!table_sum(&s.table, t, "total",
		       ARGS("map", "time", "vector", "NET_RX")))
		differ(t, "NET_RX took no time");
	summary(t, "NET_RX %" PRIu64 " to %" PRIu64 " times", least, most);
	table_release(&s.table);
}

/* Each was raised before it was handled; but what was raised while that was
 * being noted, and what had been before, are not seen to wait. */
static void check_slower(struct test *t, const char *csv, uint64_t least,
			 uint64_t most)
{
	struct table tb;
	uint64_t ran, waited;

	if (!table_parse(&tb, t, csv))
		return;
	ran = table_sum(&tb, t, "count", ARGS("stage", "run", "vector",
					       "NET_RX"));
	waited = table_sum(&tb, t, "count", ARGS("stage", "wait", "vector",
						  "NET_RX"));
	if (ran < least || ran > most || waited > most ||
	    waited < least - least / 8)
		differ(t, "NET_RX waited %" PRIu64 " and ran %" PRIu64
		       " times, not %" PRIu64 " to %" PRIu64, waited, ran,
		       least, most);
	if (!table_sum(&tb, t, "latency_ns", ARGS("stage", "wait")) ||
	    table_count(&tb, ARGS("vector", "TIMER")))
		differ(t, "softirqslower: %s", csv);
	summary(t, ", waited %" PRIu64, waited);
	table_release(&tb);
}

/* Over loopback: each is received by a soft interrupt. */
static void to_ourselves(struct test *t, unsigned n)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	char byte;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		fatal(t, "a socket: %s", strerror(errno));
	while (n--)
		if (sendto(fd, "", 1, 0, (struct sockaddr *)&at, len) != 1 ||
		    !readable(fd, PATIENCE * 1000) ||
		    recv(fd, &byte, 1, 0) != 1)
			fatal(t, "a datagram: %s", strerror(errno));
	close(fd);
}

/* They are of the whole machine. */
static void irq_soft(struct test *t)
{
	uint64_t before, since, least, most;
	struct tool r, slower;

	if (!t->system_wide)
		skip(t, "only with --system-wide");
	tool_init(&r, t, 0);
	before = softirqs_of(t, "NET_RX:");
	tool_init(&slower, t, 0);
	tool_start(&r, "softirqs", ARGS("--csv", "--net"));
	tool_start(&slower, "softirqslower", ARGS("--csv", "--net", "--min",
		   "0.001us", "-c", "-o", "stage,vector,latency_ns"));
	since = softirqs_of(t, "NET_RX:");
	to_ourselves(t, DATAGRAMS);
	least = softirqs_of(t, "NET_RX:") - since;
	to_ourselves(t, 3);		/* until the last of these are over */
	tool_stop(&r, SIGINT);
	tool_stop(&slower, SIGINT);
	most = softirqs_of(t, "NET_RX:") - before;
	tool_check_clean(&r);
	tool_check_clean(&slower);
	if (least < DATAGRAMS)
		differ(t, "%" PRIu64 " soft interrupts for %d datagrams", least,
		       DATAGRAMS);
	check_softirqs(t, r.text, least, most);
	check_slower(t, slower.text, least, most);
	tool_release(&r);
	tool_release(&slower);
}

/* ---- hardware interrupts ------------------------------------------------ */

/* How often interrupt @irq came, by @text of /proc/interrupts; who handles it
 * to @who, several with commas between. */
static uint64_t irqs_of(char *text, unsigned long irq, char *who, size_t len)
{
	char *p = text, *end;
	uint64_t sum;

	for (; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (strtoul(p, &end, 10) != irq || end == p || *end != ':')
			continue;
		p = end + 1;
		sum = add_up(&p);
		snprintf(who, len, "%.*s", (int)strcspn(p, "\n"), p);
		return sum;
	}
	return 0;
}

static unsigned handlers(const char *who)
{
	unsigned n = 1;

	while ((who = strchr(who, ',')))
		who++, n++;
	return n;
}

/* /proc/interrupts around the start of the tool and around its end. */
enum { BEFORE, SINCE, UNTIL, AFTER, TIMES };

static uint64_t check_irq(struct shown *s, char *const text[TIMES],
			  unsigned irq)
{
	uint64_t n[TIMES], least, most, count;
	char number[16], who[256] = "";

	for (unsigned i = 0; i < TIMES; i++)
		n[i] = irqs_of(text[i], irq, who, sizeof(who));
	least = n[UNTIL] - n[SINCE];
	most = (n[AFTER] - n[BEFORE]) * handlers(who);
	snprintf(number, sizeof(number), "%u", irq);
	count = table_sum(&s->table, s->t, "count",
			  ARGS("map", "time", "irq", number));
	if (!*who)
		return 0;
	if (count < least || count > most)
		differ(s->t, "interrupt %u (%s) %" PRIu64 " times, not %"
		       PRIu64 " to %" PRIu64, irq, who, count, least, most);
	for (unsigned i = 0; i < s->table.nrows; i++)
		if (!strcmp(table_cell(&s->table, i, "irq"), number) &&
		    !strstr(who, table_cell(&s->table, i, "name")))
			differ(s->t, "interrupt %u (%s) of '%s'", irq, who,
			       table_cell(&s->table, i, "name"));
	s->compared += count > 0;
	return count;
}

static void check_irqs(struct test *t, const char *csv, char *const text[TIMES])
{
	struct shown s = { .t = t };
	uint64_t count = 0;

	if (!table_parse(&s.table, t, csv))
		return;
	for (unsigned irq = 0; irq < 1024; irq++)
		count += check_irq(&s, text, irq);
	if (count && !table_sum(&s.table, t, "total", ARGS("map", "time")))
		differ(t, "interrupts took no time");
	summary(t, "%u interrupts, %" PRIu64 " times", s.compared, count);
	table_release(&s.table);
}

/* A console sends what it is given by and by, as its interrupts come. */
static void interrupt(void)
{
	FILE *console = fopen("/dev/console", "w");

	for (unsigned i = 0; console && i < 3; i++)
		fprintf(console, "hardirqs, line %u\n", i);
	if (console)
		fclose(console);
}

static void irq_hard(struct test *t)
{
	char *text[TIMES];
	struct tool r;

	if (!t->system_wide)
		skip(t, "only with --system-wide");
	tool_init(&r, t, 0);
	text[BEFORE] = slurp("/proc/interrupts");
	tool_start(&r, "hardirqs", ARGS("--csv"));
	text[SINCE] = slurp("/proc/interrupts");
	interrupt();
	text[UNTIL] = slurp("/proc/interrupts");
	tool_stop(&r, SIGINT);
	text[AFTER] = slurp("/proc/interrupts");
	tool_check_clean(&r);
	check_irqs(t, r.text, text);
	for (unsigned i = 0; i < TIMES; i++)
		free(text[i]);
	tool_release(&r);
}

const struct live_case irq_cases[] = {
	{ "irq-soft", "soft interrupts that receive packets", 300, irq_soft,
	  false },
	{ "irq-hard", "hardware interrupts", 300, irq_hard, false },
	{ NULL, NULL, 0, NULL, false },
};
