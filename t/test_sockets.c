/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of /proc/net/tcp and its kin, and what is asked of sosnap. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "t/optrun.h"
#include "tools/frontend/sockets.h"

Suite *suite_sockets(void);

static const struct socket_kind tcp = {
	"tcp", SOCKET_TCP, AF_INET, IPPROTO_TCP, "tcp"
}, tcp6 = {
	"tcp", SOCKET_TCP, AF_INET6, IPPROTO_TCP, "tcp6"
}, udp = {
	"udp", SOCKET_UDP, AF_INET, IPPROTO_UDP, "udp"
}, raw6 = {
	"raw", SOCKET_RAW, AF_INET6, IPPROTO_RAW, "raw6"
};

#define HEADER "  sl  local_address rem_address   st tx_queue rx_queue tr " \
	"tm->when retrnsmt   uid  timeout inode\n"

/* 127.0.0.1 as this machine prints the word that it is. */
static const char *loopback(void)
{
	static char text[9];
	uint32_t word;

	memcpy(&word, "\x7f\0\0\1", 4);
	snprintf(text, sizeof(text), "%08X", word);
	return text;
}

static bool parse(struct socket_list *l, const struct socket_kind *kind,
		  const char *line)
{
	size_t len = strlen(line) + 1;
	char *exact = malloc(len);	/* its end is watched */
	bool ret;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, line, len);
	ret = sockets_parse(l, kind, exact, 100);
	free(exact);
	return ret;
}

START_TEST(tcp_line)
{
	struct socket_list l = { .states = ~0u };
	const struct socket_event *e;
	char line[300];

	ck_assert(!parse(&l, &tcp, HEADER));
	ck_assert(!parse(&l, &tcp, ""));
	snprintf(line, sizeof(line), "  12: %s:1F90 %s:C000 01 00000011:00000A00 "
		 "02:00000064 00000003  1000        0 4711 2 0000000000000000 "
		 "20 4 30 7 -1\n", loopback(), loopback());
	ck_assert(parse(&l, &tcp, line));
	e = &l.e[0];
	ck_assert_int_eq(e->state, TCP_ESTABLISHED);
	ck_assert_int_eq(e->send_q, 0x11);
	ck_assert_int_eq(e->recv_q, 0xa00);
	ck_assert_int_eq(e->flow.lport, 8080);
	ck_assert_int_eq(e->flow.rport, 0xc000);
	ck_assert_mem_eq(e->flow.laddr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1",
			 16);
	ck_assert_int_eq(e->timer, 2);
	ck_assert_uint_eq(e->timer_ns, 1000000000);
	ck_assert_int_eq(e->retransmits, 3);
	ck_assert_int_eq(e->sk_uid, 1000);
	ck_assert_uint_eq(e->inode, 4711);
	ck_assert_int_eq(e->rto_us, 200000);
	ck_assert_int_eq(e->snd_cwnd, 7);
	ck_assert_int_eq(e->snd_ssthresh, -1);
	ck_assert_int_eq(e->srtt_us, -1);
	ck_assert_int_eq(e->fd, -1);
	free(l.e);
}
END_TEST

/* TIME_WAIT has no inode, and no more words; a listener has no backlog. */
START_TEST(tcp_less)
{
	struct socket_list l = { .states = 1u << TCP_TIME_WAIT |
					   1u << TCP_LISTEN };
	char line[300];

	snprintf(line, sizeof(line), "   0: %s:1F90 %s:C000 06 00000000:00000000 "
		 "03:000016AB 00000000     0        0 0 3 0000000000000000\n",
		 loopback(), loopback());
	ck_assert(parse(&l, &tcp, line));
	ck_assert_int_eq(l.e[0].sk_uid, -1);
	ck_assert_int_eq(l.e[0].snd_cwnd, -1);
	ck_assert_int_eq(l.e[0].timer, 3);
	ck_assert(parse(&l, &tcp6, "   1: 00000000000000000000000000000000:0050 "
		"00000000000000000000000000000000:0000 0A 00000000:00000003 "
		"00:00000000 00000000     0        0 99 1 0 100 0 0 10 5\n"));
	ck_assert_int_eq(l.e[1].recv_q, 3);
	ck_assert_int_eq(l.e[1].send_q, -1);
	ck_assert_int_eq(l.e[1].snd_cwnd, -1);
	/* a state that is not wanted */
	memcpy(strstr(line, " 06 "), " 01 ", 4);
	ck_assert(!parse(&l, &tcp, line));
	ck_assert_uint_eq(l.n, 2);
	free(l.e);
}
END_TEST

START_TEST(others)
{
	struct socket_list l = { .states = ~0u };
	char line[300];

	snprintf(line, sizeof(line), "  321: %s:0035 00000000:0000 07 "
		 "00000000:00000300 00:00000000 00000000   101        0 17 2 "
		 "(____ptrval____) 42\n", loopback());
	ck_assert(parse(&l, &udp, line));
	ck_assert_int_eq(l.e[0].recv_q, 0x300);
	ck_assert_int_eq(l.e[0].sk_drops, 42);
	ck_assert_int_eq(l.e[0].retransmits, -1);
	ck_assert(parse(&l, &raw6, "   58: 00000000000000000000000000000000:003A "
		"00000000000000000000000000000000:0000 07 00000000:00000000 "
		"00:00000000 00000000     0        0 18 2 0 0\n"));
	ck_assert_int_eq(l.e[1].flow.protocol, 58);
	ck_assert_int_eq(l.e[1].flow.lport, 0);
	free(l.e);
}
END_TEST

/* Cut anywhere, a word too long, a word of letters: no row, nothing read that
 * is not there. */
START_TEST(hostile)
{
	static const char *const lines[] = {
		"0: 0100007F", "0: 0100007F:1", "x: 0100007F:1 0:0 01 0:0",
		"0: 0100007:0 0100007F:0 01 0:0 0:0 0 0 0 1",
		"0: 0100007Z:0 0100007F:0 01 0:0 0:0 0 0 0 1",
		"0: 0100007F0100007F:0 0100007F:0 01 0:0 0:0 0 0 0 1",
		"0: 0100007F:0 0100007F:0 FF 0:0 0:0 0 0 0 1",
		("0: 00000000000000000000000000000000000000000:0 "
		 "0100007F:0 01 0:0 0:0 0 0 0 1"),
	};
	struct socket_list l = { .states = ~0u };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(!parse(&l, &tcp, lines[i]), "%s", lines[i]);
	ck_assert_uint_eq(l.n, 0);
	free(l.e);
}
END_TEST

/* Lists of an option's own words. */
START_TEST(words)
{
	const struct tool *t = tool_find("sosnap");
	static struct optrun r;

	ck_assert_int_eq(optrun(&r, t, false, "--state listen,TIME_WAIT"), -1);
	ck_assert_uint_eq(option_value(&r.o, "states"),
			  1u << TCP_LISTEN | 1u << TCP_TIME_WAIT);
	ck_assert_int_eq(optrun(&r, t, false, "--state listen --net udp"), -1);
	ck_assert_uint_eq(option_value(&r.o, "protocols"), 1u << SOCKET_UDP);
	ck_assert_int_eq(optrun(&r, t, false, "--state lsten"), EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(r.err, "want some of ESTABLISHED, "));
	ck_assert_int_eq(optrun(&r, t, false, "--state listen,"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, t, false, "--net -"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, t, false, "1.5 7"), -1);
	ck_assert_uint_eq(r.o.interval_ns, 1500000000);
	ck_assert_uint_eq(r.o.max_intervals, 7);
	ck_assert_int_eq(r.o.time, TIME_REL);
	ck_assert_int_eq(optrun(&r, t, false, "-i 2 -c"), -1);
	ck_assert_int_eq(optrun(&r, t, false, "--plan"), EXIT_USAGE);
}
END_TEST

Suite *suite_sockets(void)
{
	Suite *s = suite_create("sockets");
	TCase *tc = tcase_create("sockets");

	tcase_add_test(tc, tcp_line);
	tcase_add_test(tc, tcp_less);
	tcase_add_test(tc, others);
	tcase_add_test(tc, hostile);
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);
	return s;
}
