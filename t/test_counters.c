/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters of /proc/net: what is read, and how far they have moved. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/optrun.h"
#include "tools/frontend/run.h"

Suite *suite_counters(void);

/* From behind the text nothing may be read: it ends where its page does. */
static int parse(struct counter_list *l, const char *file, const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	int err;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, len);
	err = counters_parse(l, file, exact, len);
	free(exact);
	return err;
}

static uint64_t value(const struct counter_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->c[i].name, name))
			return l->c[i].value;
	ck_abort_msg("no %s", name);
	return 0;
}

/* What files say, and the counters in it. */
static const struct parsed {
	const char *file, *text;
	size_t n;
	struct { const char *name; uint64_t value; } has[4];
} parsed[] = {
	{ "snmp",		/* two are levels: they get less */
	  "Ip: Forwarding InReceives\nIp: 1 4711\n"
	  "Tcp: MaxConn CurrEstab InSegs InCsumErrors\n"
	  "Tcp: -1 17 18446744073709551615 3\n",
	  3, { { "IpInReceives", 4711 }, { "TcpInSegs", UINT64_MAX },
	       { "TcpInCsumErrors", 3 } } },
	{ "netstat",
	  "TcpExt: ListenOverflows ListenDrops\nTcpExt: 7 8",
	  2, { { "TcpExtListenOverflows", 7 }, { "TcpExtListenDrops", 8 } } },
	{ "snmp6",
	  "Ip6InReceives                   \t41\n"
	  "Udp6NoPorts\t101\n",
	  2, { { "Ip6InReceives", 41 }, { "Udp6NoPorts", 101 } } },
	{ "dev",
	  "Inter-|   Receive                            |  Transmit\n"
	  " face |bytes    packets errs drop fifo frame compressed "
	  "multicast|bytes    packets errs drop fifo colls carrier "
	  "compressed\n"
	  "    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n"
	  "eth0.7:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
	  18, { { "lo.rx_drop", 0 }, { "eth0.7.rx_drop", 4 },
		{ "eth0.7.tx_drop", 12 }, { "eth0.7.tx_carrier", 15 } } },
	{ "softnet_stat",
	  "0000ffff 00000010 00000001 0 0 0 0 0 0 0 00000002 0 0\n"
	  "00000001 00000001 0000000a 0 0 0 0 0 0 0 00000000 0 1\n",
	  3, { { "softnet.dropped", 17 }, { "softnet.time_squeeze", 11 },
	       { "softnet.flow_limit", 2 } } },
};
enum { PARSED = sizeof(parsed) / sizeof(*parsed) };

START_TEST(each_file)
{
	const struct parsed *p = &parsed[_i];
	struct counter_list l = { 0 };

	ck_assert_int_eq(parse(&l, p->file, p->text), 0);
	ck_assert_uint_eq(l.n, p->n);
	for (size_t i = 0; i < 4 && p->has[i].name; i++)
		ck_assert_uint_eq(value(&l, p->has[i].name), p->has[i].value);
	/* the next file's stand behind them */
	ck_assert_int_eq(parse(&l, "netstat", "A: B\nA: 8"), 0);
	ck_assert_uint_eq(l.n, p->n + 1);
	ck_assert_uint_eq(value(&l, "AB"), 8);
	free(l.c);
}
END_TEST

START_TEST(wanted)
{
	static const char *const ends[] = { "InCEPkts", "x", NULL };

	ck_assert(counters_wanted(NULL, "IpInReceives"));
	ck_assert(counters_wanted(ends, "Ip6InCEPkts"));
	ck_assert(counters_wanted(ends, "InCEPkts"));
	ck_assert(!counters_wanted(ends, "CEPkts"));
	ck_assert(!counters_wanted(ends, "IpExtInCEPktsX"));
	ck_assert(!counters_wanted(ends, ""));
}
END_TEST

/* What is cut off, out of order or no number is no counter. */
START_TEST(broken)
{
	static const char *const texts[] = {
		"", "\n", ":", " : :", "Tcp:", "Tcp: A\n",
		"Tcp: A B\nTcp: x 99999999999999999999\n", "A", "A \n",
		"A -5\n", "eth0:", "eth0: x", "::::\n::::\n", "\t\t\t",
	};
	static const char *const files[] = {
		"snmp", "netstat", "snmp6", "dev",
	};
	struct counter_list l = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (size_t k = 0; k < sizeof(files) / sizeof(*files); k++)
			ck_assert_int_eq(parse(&l, files[k], texts[i]), 0);
	ck_assert_int_eq(parse(&l, "snmp", "Tcp: A\nUdp: 1\n"), 0);
	ck_assert_uint_eq(l.n, 0);
	ck_assert_int_eq(parse(&l, "route", "A 1\n"), -ENOENT);
	free(l.c);
}
END_TEST

/* A name is cut, not written past its end. */
START_TEST(long_names)
{
	struct counter_list l = { 0 };
	char text[1000];

	memset(text, 'n', sizeof(text));
	memcpy(text + 900, " 5\n", 4);
	ck_assert_int_eq(parse(&l, "snmp6", text), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_uint_eq(strlen(l.c[0].name), COUNTER_NAME - 1);
	free(l.c);
}
END_TEST

START_TEST(moved)
{
	struct counter_list was = { 0 }, is = { 0 };

	ck_assert_int_eq(parse(&was, "snmp6", "A 5\nB 4294967290\nC 9\nD 17\n"),
			 0);
	ck_assert_int_eq(parse(&is, "snmp6",
			       "New 4\nA 46\nB 6\nC 9\nD 2\n"), 0);
	ck_assert_uint_eq(counters_moved(&was, &is.c[0], 0), 4);
	ck_assert_uint_eq(counters_moved(&was, &is.c[1], 1), 41);
	ck_assert_uint_eq(counters_moved(&was, &is.c[2], 2), 12);
	ck_assert_uint_eq(counters_moved(&was, &is.c[3], 3), 0);
	/* begun anew */
	ck_assert_uint_eq(counters_moved(&was, &is.c[4], 4), 2);
	free(was.c);
	free(is.c);
}
END_TEST

/* Those of this machine: what did not move is not told. */
START_TEST(opened)
{
	static const char *const files[] = { "snmp", "dev", "no-such", NULL };
	static const struct filters all;
	static const struct tool none, t = { .counters = files };
	static const struct filters nobody = { .netns = { 7 }, .nnetns = 1 };
	struct counter_move m;
	struct counters *c = counters_open(&t, &all);
	size_t at = 0;

	ck_assert_ptr_null(counters_open(&none, &all));
	ck_assert_ptr_nonnull(c);
	counters_stop(c);
	while (counters_next(c, &at, &m)) {
		ck_assert_uint_gt(m.delta, 0);
		ck_assert_ptr_nonnull(m.name);
	}
	counters_close(c);
	talk_init("test", 1);
	c = counters_open(&t, &nobody);
	counters_stop(c);
	at = 0;
	ck_assert(!counters_next(c, &at, &m));
	counters_close(c);
}
END_TEST

/* A datagram to ourselves: some counters move, and those that are wanted are
 * told, as this namespace's. */
START_TEST(sent)
{
	static const char *const files[] = { "snmp", NULL };
	static const char *const ends[] = { "OutDatagrams", NULL };
	static const struct tool t = { .counters = files, .counted = ends };
	static const struct filters all;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct counters *c = counters_open(&t, &all);
	struct counter_move m;
	unsigned told = 0;
	size_t at = 0;
	bool gone;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	gone = s >= 0 && sendto(s, "", 0, 0, (void *)&to, sizeof(to)) == 0;
	close(s);
	ck_assert_ptr_nonnull(c);
	counters_stop(c);
	for (; counters_next(c, &at, &m); told++) {
		ck_assert_str_eq(m.name, "UdpOutDatagrams");
		ck_assert_uint_eq(m.netns, netns_of_pid("self"));
	}
	ck_assert_uint_eq(told, gone);	/* or there is no network here */
	counters_close(c);
}
END_TEST

/* What a tool that counts by itself does for what is asked for. */
START_TEST(counted)
{
	static const struct { const char *args; bool count; } cases[] = {
		{ "", true }, { "-c", true }, { "--events", false },
		{ "-t", false }, { "-W x", false }, { "--hist len", false },
		{ "-i 1", true }, { "-j", true },
	};
	const struct tool *t = tool_find("skbdrop");
	struct optrun run;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(optrun(&run, t, false, cases[i].args), -1);
		ck_assert_msg(run.o.count == cases[i].count, "%s",
			      cases[i].args);
	}
	ck_assert_int_eq(optrun(&run, t, false, "--frames 128"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&run, t, false, "--frames 5"), -1);
	ck_assert_uint_eq(run.o.frames, 5);
}
END_TEST

Suite *suite_counters(void)
{
	Suite *s = suite_create("counters");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, each_file, 0, PARSED);
	tcase_add_test(tc, wanted);
	tcase_add_test(tc, broken);
	tcase_add_test(tc, long_names);
	suite_add_tcase(s, tc);
	tc = tcase_create("moves");
	tcase_add_test(tc, moved);
	tcase_add_test(tc, opened);
	tcase_add_test(tc, sent);
	tcase_add_test(tc, counted);
	suite_add_tcase(s, tc);
	return s;
}
