/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* AF_UNIX sockets: messages of unix_diag, lines of /proc/net/unix, and what
 * belongs together. */
#include <check.h>
#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "t/optrun.h"
#include "tools/frontend/sockets_unix.h"

Suite *suite_sockets_unix(void);

static struct unix_list list;

static void setup(void)
{
	memset(&list, 0, sizeof(list));
}

static void teardown(void)
{
	unix_list_release(&list);
}

/* The @i'th one's name, which may fill all its room. */
static void name_is(size_t i, const char *name)
{
	char text[UNIX_NAME + 1] = "";

	ck_assert_uint_lt(i, list.n);
	memcpy(text, list.e[i].path, UNIX_NAME);
	ck_assert_str_eq(text, name);
}

/* ---- lines ------------------------------------------------------------- */

/* One of @len bytes, whose end is watched. */
static void parse_bytes(const char *line, size_t len)
{
	char *exact = malloc(len + 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, line, len);
	exact[len] = '\0';
	ck_assert(unix_parse(&list, 0, exact, len));
	free(exact);
}

static void parse(const char *line)
{
	parse_bytes(line, strlen(line));
}

#define HEAD "ffff9c1d80a3c400: 00000002 00000000 "

START_TEST(proc_lines)
{
	parse(HEAD "00010000 0001 01  4711 /run/a b");
	parse(HEAD "00000000 0001 03 4712");
	parse(HEAD "00000000 0002 01 4713 @abstract");
	parse(HEAD "00000000 0005 02     0 /run/a b");
	parse("00000000: 00000003 00000000 00000000 0001 03 4294967295");
	ck_assert_uint_eq(list.n, 5);
	ck_assert_int_eq(list.e[0].netid, UNIX_STREAM);
	ck_assert_int_eq(list.e[0].state, TCP_LISTEN);
	ck_assert_uint_eq(list.e[0].inode, 4711);
	name_is(0, "/run/a b");
	ck_assert_int_eq(list.e[0].recv_q, -1);
	ck_assert_int_eq(list.e[0].send_q, -1);
	ck_assert_int_eq(list.e[0].fd, -1);
	ck_assert_int_eq(list.e[1].state, TCP_ESTABLISHED);
	name_is(1, "");
	ck_assert_int_eq(list.e[2].netid, UNIX_DGRAM);
	ck_assert_int_eq(list.e[2].state, TCP_CLOSE);
	name_is(2, "@abstract");
	ck_assert_int_eq(list.e[3].netid, UNIX_SEQPACKET);
	ck_assert_uint_eq(list.e[4].inode, UINT32_MAX);
	unix_join(&list);	/* not accepted: not shown */
	ck_assert_uint_eq(list.n, 4);
	ck_assert_uint_eq(list.e[0].inode, 4711);
}
END_TEST

/* Before 4.16 the kernel left NULs as they are. */
START_TEST(nuls)
{
	static const char line[] = HEAD "00000000 0001 01 7 @a\0b\0";

	parse_bytes(line, sizeof(line) - 1);
	name_is(0, "@a@b@");
}
END_TEST

/* A name goes on behind line ends, however many, as far as there is room. */
START_TEST(line_ends)
{
	char more[300], made[UNIX_NAME + 1];

	parse("Num       RefCount Protocol Flags    Type St Inode Path");
	ck_assert_uint_eq(list.n, 0);
	parse(HEAD "00000000 0001 01 7 /tmp/a");
	parse("b c");
	parse("");
	name_is(0, "/tmp/a\nb c\n");
	parse(HEAD "00000000 0001 01 8 ");
	parse("c");
	name_is(1, "\nc");
	memset(more, 'x', sizeof(more));
	parse_bytes(more, sizeof(more));
	memset(made, 'x', sizeof(made));
	memcpy(made, "\nc\n", 3);
	made[UNIX_NAME] = '\0';
	name_is(1, made);
	parse("d");
	name_is(1, made);
	ck_assert_uint_eq(list.n, 2);
}
END_TEST

/* None of them is a socket. */
START_TEST(hostile_lines)
{
	static const char *const lines[] = {
		"", ":", " ", "ffff:", "ffff: 1", "ffff: 1 0 0 1 1",
		": 00000002 00000000 00000000 0001 01 12",
		HEAD "00000000 0001 01", HEAD "00000000 0001 01 12/a",
		HEAD "00000000 0003 01 12 /type", HEAD "00000000 0001 00 12",
		HEAD "00000000 0001 05 12 /state",
		HEAD "00020000 0001 01 12 /flags",
		"ffff: 00000002 00000001 00000000 0001 01 12 /protocol",
		"ffff: 000000002 00000000 00000000 0001 01 12 /long",
		HEAD "00000000 0001 01 99999999999999999999x",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(lines[i]);
		ck_assert_msg(!list.n, "%s", lines[i]);
	}
}
END_TEST

/* A name that is a line of its own: two tell of one socket, and neither is
 * believed. */
START_TEST(forged)
{
	parse(HEAD "00000000 0001 01 9 @x");
	parse(HEAD "00010000 0001 01 7 /run/mine");
	parse(HEAD "00010000 0001 01 7 /run/yours");
	parse(HEAD "00000000 0001 03 8");
	parse(HEAD "00000000 0001 03 8");	/* the kernel's own */
	unix_join(&list);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_uint_eq(list.e[0].inode, 7);
	ck_assert(list.e[0].forged);
	name_is(0, "");
	ck_assert(!list.e[1].forged);
	ck_assert(!list.e[2].forged);
	name_is(2, "@x");
}
END_TEST

/* ---- messages ---------------------------------------------------------- */

static union {
	struct unix_diag_msg m;
	unsigned char bytes[4096];
} msg;
static size_t msg_len;

static void begin(unsigned type, unsigned state, uint32_t inode)
{
	memset(&msg, 0, sizeof(msg));
	msg.m = (struct unix_diag_msg){
		.udiag_family = AF_UNIX, .udiag_type = (uint8_t)type,
		.udiag_state = (uint8_t)state, .udiag_ino = inode,
		.udiag_cookie = { inode, 1 },
	};
	msg_len = sizeof(msg.m);
}

static void attr_said(int type, const void *data, size_t len, size_t said)
{
	struct rtattr a = { (unsigned short)(sizeof(a) + said),
			    (unsigned short)type };

	memcpy(msg.bytes + msg_len, &a, sizeof(a));
	memcpy(msg.bytes + msg_len + sizeof(a), data, len);
	msg_len += RTA_ALIGN(sizeof(a) + len);
}

static void attr(int type, const void *data, size_t len)
{
	attr_said(type, data, len, len);
}

static void attr_u32(int type, uint32_t v)
{
	attr(type, &v, sizeof(v));
}

/* The first @len bytes of it, whose end is watched. */
static void answer(size_t len, sockdiag_message_fn *fn)
{
	void *exact = malloc(len);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, &msg, len);
	ck_assert_int_eq(fn(&list, exact, len), 0);
	free(exact);
}

START_TEST(messages)
{
	struct unix_diag_rqlen q = { 3, 128 };
	uint32_t mem[9] = { 0, 212992, 0, 425984 };
	uint8_t shut = 3;

	begin(SOCK_STREAM, TCP_LISTEN, 7);
	attr(UNIX_DIAG_NAME, "/run/listens", 13);
	attr(UNIX_DIAG_RQLEN, &q, sizeof(q));
	attr(UNIX_DIAG_MEMINFO, mem, sizeof(mem));
	attr(UNIX_DIAG_SHUTDOWN, &shut, sizeof(shut));
	attr_u32(7, 1000);
	answer(msg_len, unix_answer);
	begin(SOCK_DGRAM, TCP_ESTABLISHED, 8);	/* somebody connected to it */
	attr(UNIX_DIAG_NAME, "\0x\0y", 4);
	answer(msg_len, unix_answer);
	begin(SOCK_DGRAM, TCP_CLOSE, 9);	/* before 5.15 */
	attr_u32(UNIX_DIAG_PEER, 8);
	answer(msg_len, unix_answer);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_int_eq(list.e[0].state, TCP_LISTEN);
	ck_assert_int_eq(list.e[0].recv_q, 3);
	ck_assert_int_eq(list.e[0].send_q, 128);
	ck_assert_int_eq(list.e[0].sk_sndbuf, 425984);
	ck_assert_uint_eq(list.e[0].shutdown, 3);
	ck_assert_int_eq(list.e[0].sk_uid, 1000);
	ck_assert_uint_eq(list.e[0].flow.id, 1ull << 32 | 7);
	name_is(0, "/run/listens");
	ck_assert_int_eq(list.e[1].state, TCP_CLOSE);
	ck_assert_int_eq(list.e[1].recv_q, -1);
	ck_assert_int_eq(list.e[1].sk_uid, -1);
	name_is(1, "@x@y");
	ck_assert_int_eq(list.e[2].state, TCP_ESTABLISHED);
	ck_assert_uint_eq(list.e[2].peer, 8);
}
END_TEST

/* Of another family, of no type; cut anywhere; lengths that lie. */
START_TEST(hostile_messages)
{
	/* the last ones say less than what is before the data */
	static const uint16_t said[] = { 0, 1, 200, 4000, 0xfff0, 0xfffb,
					 0xfffc, 0xfffd, 0xffff };
	static const char longest[300] = "/longer than a name may be";
	struct unix_diag_rqlen q = { 3, 128 };
	size_t i;

	begin(SOCK_STREAM, TCP_CLOSE, 1);
	msg.m.udiag_family = AF_INET;
	answer(msg_len, unix_answer);
	begin(SOCK_RAW, TCP_CLOSE, 1);
	answer(msg_len, unix_answer);
	begin(255, TCP_CLOSE, 1);
	answer(msg_len, unix_answer);
	ck_assert_uint_eq(list.n, 0);
	begin(SOCK_STREAM, 255, 1);
	attr(UNIX_DIAG_RQLEN, &q, 7);
	attr(UNIX_DIAG_PEER, &q, 3);
	attr(UNIX_DIAG_SHUTDOWN, &q, 0);
	attr(UNIX_DIAG_NAME, longest, sizeof(longest));
	for (i = sizeof(msg.m); i <= msg_len; i++)
		answer(i, unix_answer);
	ck_assert_int_eq(list.e[list.n - 1].recv_q, -1);
	ck_assert_uint_eq(list.e[list.n - 1].peer, 0);
	name_is(list.n - 1, longest);
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		begin(SOCK_STREAM, TCP_CLOSE, 1);
		attr_said(UNIX_DIAG_NAME, "name", 5, said[i]);
		answer(msg_len, unix_answer);
		answer(msg_len, unix_answer_waiting);
		name_is(list.n - 1, said[i] == 1 ? "n" : "");
	}
}
END_TEST

/* ---- what belongs together --------------------------------------------- */

static void add(unsigned type, unsigned state, uint32_t inode, uint32_t peer,
		const char *name)
{
	begin(type, state, inode);
	attr(UNIX_DIAG_NAME, name, strlen(name));
	if (peer != UINT32_MAX)
		attr_u32(UNIX_DIAG_PEER, peer);
	answer(msg_len, unix_answer);
}

START_TEST(joined)
{
	static const uint32_t waiting[] = { 30, 10, 50 };

	add(SOCK_STREAM, TCP_ESTABLISHED, 30, 0, "");
	add(SOCK_STREAM, TCP_ESTABLISHED, 20, 21, "/run/server");
	add(SOCK_STREAM, TCP_LISTEN, 40, UINT32_MAX, "/run/server");
	add(SOCK_STREAM, TCP_ESTABLISHED, 21, 20, "");
	add(SOCK_STREAM, TCP_ESTABLISHED, 10, 0, "");
	add(SOCK_STREAM, TCP_ESTABLISHED, 60, 0, "");	/* that has closed */
	add(SOCK_STREAM, TCP_ESTABLISHED, 20, 21, "/run/server");
	begin(SOCK_STREAM, TCP_LISTEN, 40);
	attr(UNIX_DIAG_ICONS, waiting, sizeof(waiting));
	answer(msg_len, unix_answer_waiting);
	answer(msg_len - 2, unix_answer_waiting);	/* it is not whole */
	ck_assert_uint_eq(list.nwaiting, 3);
	unix_join(&list);
	ck_assert_uint_eq(list.n, 6);
	ck_assert_uint_eq(list.e[0].inode, 10);
	ck_assert_uint_eq(list.e[0].peer, 40);
	ck_assert_str_eq(list.e[0].peer_path, "/run/server");
	ck_assert_uint_eq(list.e[1].inode, 20);
	ck_assert(!list.e[1].forged);
	ck_assert_str_eq(list.e[1].peer_path, "");
	ck_assert_uint_eq(list.e[2].inode, 21);
	ck_assert_str_eq(list.e[2].peer_path, "/run/server");
	ck_assert_uint_eq(list.e[3].peer, 40);
	ck_assert_uint_eq(list.e[4].peer, 0);
	ck_assert_uint_eq(list.e[5].peer, 0);
	ck_assert_str_eq(list.e[5].peer_path, "");
}
END_TEST

START_TEST(nothing)
{
	unix_join(&list);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(words)
{
	const struct tool *t = tool_find("unixsnap");
	static struct optrun r;

	ck_assert_int_eq(optrun(&r, t, false, "--state listen,CLOSE"), -1);
	ck_assert_uint_eq(option_value(&r.o, "states"),
			  1u << TCP_LISTEN | 1u << TCP_CLOSE);
	ck_assert_int_eq(optrun(&r, t, false, "--net u_seq"), -1);
	ck_assert_uint_eq(option_value(&r.o, "netids"), 1u << UNIX_SEQPACKET);
	ck_assert_int_eq(optrun(&r, t, false, "--state time_wait"),
			 EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(r.err, "want some of ESTABLISHED, CLOSE, "
				     "LISTEN"));
	ck_assert_int_eq(optrun(&r, t, false, "-P 80"), EXIT_USAGE);
}
END_TEST

Suite *suite_sockets_unix(void)
{
	Suite *s = suite_create("sockets_unix");
	TCase *tc = tcase_create("sockets_unix");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, proc_lines);
	tcase_add_test(tc, nuls);
	tcase_add_test(tc, line_ends);
	tcase_add_test(tc, hostile_lines);
	tcase_add_test(tc, forged);
	tcase_add_test(tc, messages);
	tcase_add_test(tc, hostile_messages);
	tcase_add_test(tc, joined);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);
	return s;
}
