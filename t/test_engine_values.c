/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the engine reads: values of tasks, arguments, kernel fields, sockets.
 */
#include <netinet/in.h>

#include "t/engine_kit.h"

Suite *suite_engine_values(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* The only key there is after a hit of hook 0 by @v alone. */
static const void *key_of(struct ask_value v)
{
	q.keys[0] = v;
	q.nkeys = 1;
	build();
	hit(0);
	ck_assert_uint_eq(elements(0), 1);
	ck_assert_uint_eq(k.elems[0][0].value[0], 1);
	return k.elems[0][0].key;
}

static uint64_t number(struct ask_value v)
{
	uint64_t n;

	memcpy(&n, key_of(v), 8);
	return n;
}

/* ---- the task ---------------------------------------------------------- */

START_TEST(task)
{
	k.pid_tgid = 0x8000000780000008;
	k.uid_gid = 0x11112222800003e8;
	k.cgroup = 0x123456789abc;
	k.cpu = 5;
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_PID }),
			  0x80000007);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_TID }),
			  0x80000008);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_UID }),
			  0x800003e8);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_CPU }), 5);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_CGROUP }),
			  0x123456789abc);
	kit.constants[2].value = 0;		/* cgroup_id */
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_CGROUP }),
			  0);
	ck_assert_uint_eq(number((struct ask_value){ .number = 1ull << 40 }),
			  1ull << 40);
}
END_TEST

START_TEST(netns)
{
	kit.target.word_size = _i ? 4 : 8;
	poke(TASK_AT - MEM_AT + 8, kit.target.word_size, MEM_AT + 256);
	poke(256 + 16, kit.target.word_size, MEM_AT + 512);
	poke(512 + 20, 4, 0xf0000098);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_NETNS }),
			  0xf0000098);
	poke(256 + 16, 8, 0);
	ck_assert_uint_eq(number((struct ask_value){ .from = FROM_NETNS }), 0);
}
END_TEST

START_TEST(stacks)
{
	struct ask_value v = { .from = FROM_KSTACK, .shape = SHAPE_STACK };

	k.stack_id = 77;
	ck_assert_uint_eq(number(v), 77);
	ck_assert(!k.user_stack);
	v.from = FROM_USTACK;
	ck_assert_uint_eq(number(v), 78);
	ck_assert(k.user_stack);
	k.stack_id = (uint64_t)-EFAULT;
	v.from = FROM_KSTACK;
	ck_assert_int_eq((int64_t)number(v), -EFAULT);
}
END_TEST

/* ---- arguments --------------------------------------------------------- */

START_TEST(arguments)
{
	struct ask_value v = { .from = FROM_ARG };
	unsigned n;

	for (n = 0; n < 6; n++)
		reg((int)n, 0xa000000000000000 + n);
	reg(REG_SP, MEM_AT);
	for (n = 6; n < 10; n++)
		poke(8 * (n - 5), 8, 0xb000000000000000 + n);
	for (n = 0; n < 10; n++) {
		v.arg = (uint8_t)n;
		ck_assert_uint_eq(number(v), n + (n < 6 ? 0xa000000000000000 :
						  0xb000000000000000));
	}
}
END_TEST

START_TEST(then)
{
	struct ask_value v = { .from = FROM_ARG };

	reg(0, 0x123456789abcdef0);
	v.then = THEN_S32;
	v.shape = SHAPE_S64;
	ck_assert_uint_eq(number(v), 0xffffffff9abcdef0);
	v.then = THEN_U32;
	ck_assert_uint_eq(number(v), 0x9abcdef0);
	v.then = THEN_NTOHS;
	ck_assert_uint_eq(number(v), __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ?
			  0xdef0 : 0xf0de);
}
END_TEST

/* A long of 32 bits: with a sign, if that is asked for. */
START_TEST(short_long)
{
	struct ask_value v = { .from = FROM_ARG };
	struct field f;
	uint32_t minus = (uint32_t)-3;

	kit.target.machine = "armv7l";
	kit.target.word_size = 4;
	ck_assert_int_eq(regs_field("armv7l", 0, &f), 0);
	memcpy((uint8_t *)k.ctx + f.off, &minus, 4);
	ck_assert_uint_eq(number(v), minus);
	v.shape = SHAPE_S64;
	ck_assert_int_eq((int64_t)number(v), -3);
}
END_TEST

/* fentry hands over an array; the verifier takes what is in it for pointers,
 * so each goes through memory. */
START_TEST(typed)
{
	struct ask_value v = { .from = FROM_ARG, .arg = 2 };
	static const uint8_t kinds[] = {
		HOOK_FENTRY, HOOK_FEXIT, HOOK_TP_BTF, HOOK_RAW_TRACEPOINT,
	};

	hooks[0].kind = kinds[_i];
	k.ctx[2] = 0xffff888000001234;
	ck_assert_uint_eq(number(v), 0xffff888000001234);
	ck_assert_uint_eq(k.own_reads, kinds[_i] != HOOK_RAW_TRACEPOINT);
}
END_TEST

START_TEST(tracepoint)
{
	struct ask_value v = { .from = FROM_FIELD };
	uint32_t ret[2] = { (uint32_t)-7, 0xfffffff0 };

	hooks[0].kind = HOOK_TRACEPOINT;
	kit.target.format = engine_format;
	kit.target.format_len = sizeof(engine_format) - 1;
	memcpy(&k.ctx[2], ret, 8);
	memset(&k.ctx[3], -2, 1);
	k.ctx[1] = MEM_AT + 64;
	poke(64 + 4, 4, 99);
	v.field = "ret";
	v.shape = SHAPE_S64;
	ck_assert_int_eq((int64_t)number(v), -7);
	v.field = "small";
	ck_assert_int_eq((int64_t)number(v), -2);
	v.field = "len";
	ck_assert_uint_eq(number(v), 0xfffffff0);
	v.field = "skaddr";
	v.shape = SHAPE_U64;
	ck_assert_uint_eq(number(v), MEM_AT + 64);
	v.nsteps = 1;
	v.steps[0] = (struct ask_step){ "struct t", "u32" };
	ck_assert_uint_eq(number(v), 99);
}
END_TEST

/* ---- kernel fields ----------------------------------------------------- */

static struct ask_value field(const char *path)
{
	return (struct ask_value){
		.from = FROM_ARG, .nsteps = 1,
		.steps = { { "struct t", path } },
	};
}

static const struct {
	const char *path;
	uint64_t value;
} numbers[] = {
	{ "u8", 0x81 }, { "s8", 0xffffffffffffff81 },
	{ "u16", 0x8283 }, { "s16", 0xffffffffffff8283 },
	{ "u32", 0x848586f7 }, { "s32", 0xffffffff848586f7 },
	{ "u64", 0x88898a8b8c8d8e8f }, { "s64", 0x88898a8b8c8d8e8f },
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	{ "ubits", 0x1e }, { "sbits", 0xfffffffffffffffe },
#endif
};

static void fill_t(unsigned at)
{
	poke(at + 1, 1, 0x81);
	poke(at + 2, 2, 0x8283);
	poke(at + 4, 4, 0x848586f7);
	poke(at + 8, 8, 0x88898a8b8c8d8e8f);
}

START_TEST(widths)
{
	fill_t(128);
	hooks[0].kind = _i % 2 ? HOOK_FENTRY : HOOK_KPROBE;
	reg(0, MEM_AT + 128);
	k.ctx[0] = _i % 2 ? MEM_AT + 128 : 0;
	ck_assert_msg(number(field(numbers[_i / 2].path)) ==
		      numbers[_i / 2].value, "%s", numbers[_i / 2].path);
}
END_TEST

START_TEST(chain)
{
	struct ask_value v = {
		.from = FROM_ARG, .arg = 1, .nsteps = 3,
		.steps = { { "struct t", "next" }, { "struct t", "other" },
			   { "struct t", "s16" } },
	};

	kit.target.word_size = _i ? 4 : 8;
	reg(1, MEM_AT);
	poke(16, kit.target.word_size, MEM_AT + 100);
	poke(100 + 24, kit.target.word_size, MEM_AT + 200);
	if (_i)		/* what stands behind a short pointer */
		poke(20, 4, 0x55555555);
	fill_t(200);
	v.shape = SHAPE_S64;
	ck_assert_uint_eq(number(v), 0xffffffffffff8283);
	ck_assert_uint_eq(k.reads, 3);
	/* NULL on the way, and what cannot be read */
	poke(100 + 24, 8, 0);
	k.reads = 0;
	ck_assert_uint_eq(number(v), 0);
	ck_assert_uint_eq(k.reads, 2);
	poke(100 + 24, 8, 0x1000);
	ck_assert_uint_eq(number(v), 0);
	reg(1, 0);
	k.reads = 0;
	ck_assert_uint_eq(number(v), 0);
	ck_assert_uint_eq(k.reads, 0);
}
END_TEST

static void name_is(const char *path, const char *text)
{
	struct ask_value v = field(path);
	char padded[32] = "";

	v.shape = SHAPE_NAME;
	memcpy(padded, text, strlen(text));
	ck_assert_msg(!memcmp(key_of(v), padded, 32), "%s: %.32s", path,
		      (const char *)k.elems[0][0].key);
	ck_assert_uint_eq(spec->maps[0].key_size, 32);
}

START_TEST(names)
{
	static const char longest[] = "0123456789abcdefghijklmnopqrstuv";
	char text[33];
	unsigned n;

	reg(0, MEM_AT);
	memset(k.mem, '!', 256);
	name_is("tiny", "!!!");
	name_is("name", "!!!!!!!!!!!!!!!!");
	/* what is behind the end is not told from the name */
	memcpy(k.mem + 32, "eth0\0an1234\0x", 14);
	name_is("tiny", "eth");
	name_is("name", "eth0");
	name_is("long_name", "eth0");
	for (n = 0; n <= 32; n++) {
		memset(k.mem + 32, '\xff', 64);
		memcpy(k.mem + 32, longest, n);
		k.mem[32 + n] = '\0';
		snprintf(text, sizeof(text), "%.*s", (int)n, longest);
		name_is("long_name", text);
	}
	memcpy(k.mem + 32, "\x80\x81\x01\x00\x01\x80\x01\x01", 9);
	name_is("name", "\x80\x81\x01");
	reg(0, 0);
	name_is("name", "");
	reg(0, 4096);
	name_is("name", "");
}
END_TEST

static void text_is(const char *text)
{
	const struct ask_value v = {
		.from = FROM_ARG, .shape = SHAPE_NAME, .then = THEN_TEXT,
		.nsteps = 1, .steps = { { "struct t", "next" } },
	};
	char padded[ASK_NAME] = "";

	memcpy(padded, text, strlen(text));
	ck_assert_mem_eq(key_of(v), padded, sizeof(padded));
}

START_TEST(text_behind)
{
	reg(0, MEM_AT);
	memset(k.mem + 64, '!', 64);
	poke(16, 8, MEM_AT + 64);
	text_is("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!");
	memcpy(k.mem + 64, "eth0-rx-1", 10);
	text_is("eth0-rx-1");
	poke(16, 8, MEM_AT + 67);
	text_is("0-rx-1");
	poke(16, 8, 4096);
	text_is("");
	poke(16, 8, 0);
	text_is("");
	reg(0, 0);
	text_is("");
}
END_TEST

START_TEST(unknown_fields)
{
	q.keys[0] = field("nothing");
	q.nkeys = 1;
	build();
	kit.hook = hooks[0];
	kit.hook.args = "a0";
	kit.in.hook = &kit.hook;
	ck_assert_int_eq(kit_link(&spec->progs[0]), -ENODATA);
	ck_assert_msg(strstr(kit.e.msg, "struct t:nothing is not in this "
			     "kernel"), "%s", kit.e.msg);
}
END_TEST

/* ---- sockets ----------------------------------------------------------- */

static const uint8_t laddr[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
static const uint8_t raddr[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };
static const uint8_t laddr4[16] = { [10] = 255, 255, 10, 0, 0, 1 };
static const uint8_t raddr4[16] = { [10] = 255, 255, 192, 168, 3, 4 };
static const uint8_t zeros[16];

static void sock(uint16_t af)
{
	static const uint8_t ports[] = { 0x01, 0xbb, 0x9c, 0x40 };

	poke(16, 2, af);
	memcpy(k.mem, raddr4 + 12, 4);
	memcpy(k.mem + 4, laddr4 + 12, 4);
	memcpy(k.mem + 56, raddr, 16);
	memcpy(k.mem + 72, laddr, 16);
	memcpy(k.mem + 12, ports, 2);		/* 443 */
	memcpy(k.mem + 800, ports + 2, 2);	/* 40000 */
	reg(0, MEM_AT);
}

static void sock_is(const uint8_t l[16], const uint8_t r[16], uint64_t lport,
		    uint64_t rport)
{
	struct ask_value v = { .from = FROM_ARG, .shape = SHAPE_ADDR };

	v.then = THEN_LADDR;
	ck_assert(!memcmp(key_of(v), l, 16));
	v.then = THEN_RADDR;
	ck_assert(!memcmp(key_of(v), r, 16));
	ck_assert_uint_eq(spec->maps[0].key_size, 16);
	v.shape = SHAPE_U64;
	v.then = THEN_LPORT;
	ck_assert_uint_eq(number(v), lport);
	v.then = THEN_RPORT;
	ck_assert_uint_eq(number(v), rport);
}

START_TEST(sockets)
{
	sock(AF_INET);
	sock_is(laddr4, raddr4, 40000, 443);
	sock(AF_INET6);
	sock_is(laddr, raddr, 40000, 443);
	poke(14, 2, 8080);		/* bound */
	sock_is(laddr, raddr, 8080, 443);
	poke(14, 2, 0);
	sock(AF_UNIX);
	sock_is(zeros, zeros, 0, 0);
	reg(0, 0);
	sock_is(zeros, zeros, 0, 0);
	k.no_ipv6 = true;
	sock(AF_INET6);
	sock_is(zeros, zeros, 40000, 443);
	sock(AF_INET);
	sock_is(laddr4, raddr4, 40000, 443);
}
END_TEST

/* The smoothed one is kept in eighths, what it deviates in quarters. */
START_TEST(round_trip_times)
{
	struct ask_value v = { .from = FROM_ARG };

	sock(AF_INET);
	poke(20, 4, IPPROTO_TCP << 8 | 1);
	poke(32, 4, 8 * 1001 + 7);
	poke(36, 4, 4 * 103 + 3);
	poke(40, 4, 997);
	v.then = THEN_SRTT;
	ck_assert_uint_eq(number(v), 1001);
	v.then = THEN_MDEV;
	ck_assert_uint_eq(number(v), 103);
	v.then = THEN_MIN_RTT;
	ck_assert_uint_eq(number(v), 997);
	poke(40, 4, UINT32_MAX);
	ck_assert_uint_eq(number(v), 0);
	poke(40, 4, UINT32_MAX - 1);
	ck_assert_uint_eq(number(v), UINT32_MAX - 1);
	poke(20, 4, IPPROTO_UDP << 8 | 1);
	ck_assert_uint_eq(number(v), 0);
	poke(20, 4, IPPROTO_TCP << 8 | 1);
	poke(16, 2, AF_UNIX);
	ck_assert_uint_eq(number(v), 0);
	reg(0, 0);
	ck_assert_uint_eq(number(v), 0);
}
END_TEST

START_TEST(families)
{
	struct ask_value v = { .from = FROM_ARG, .then = THEN_IPFAMILY };

	sock(AF_INET);
	ck_assert_uint_eq(number(v), AF_INET);
	sock(AF_UNIX);
	ck_assert_uint_eq(number(v), AF_UNIX);
	sock(AF_INET6);
	ck_assert_uint_eq(number(v), AF_INET6);
	memcpy(k.mem + 56, raddr4, 16);
	ck_assert_uint_eq(number(v), ASK_AF_MAPPED);
	poke(56 + 8, 4, 0);			/* ::10.1.2.3 */
	ck_assert_uint_eq(number(v), AF_INET6);
	k.no_ipv6 = true;
	memcpy(k.mem + 56, raddr4, 16);
	ck_assert_uint_eq(number(v), AF_INET6);
	reg(0, 0);
	ck_assert_uint_eq(number(v), 0);
}
END_TEST

START_TEST(address_families)
{
	struct ask_value v = { .from = FROM_ARG, .then = THEN_SA_FAMILY };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_UNSPEC };

	reg(0, MEM_AT + 100);
	memcpy(k.mem + 100, &sin6, sizeof(sin6));
	ck_assert_uint_eq(number(v), AF_UNSPEC);
	sin6.sin6_family = AF_INET6;
	memcpy(&sin6.sin6_addr, raddr, 16);
	memcpy(k.mem + 100, &sin6, sizeof(sin6));
	ck_assert_uint_eq(number(v), AF_INET6);
	memcpy(&sin6.sin6_addr, raddr4, 16);
	memcpy(k.mem + 100, &sin6, sizeof(sin6));
	ck_assert_uint_eq(number(v), ASK_AF_MAPPED);
	sin6.sin6_family = AF_INET;
	memcpy(k.mem + 100, &sin6, sizeof(sin6));
	ck_assert_uint_eq(number(v), AF_INET);
	reg(0, 1);				/* nothing is there */
	ck_assert_uint_eq(number(v), AF_UNSPEC);
}
END_TEST

/* The socket at the end of a chain; several keys side by side. */
START_TEST(socket_of)
{
	struct key {
		uint8_t addr[16];
		uint64_t port;
		char comm[16];
	} want = { .port = 443, .comm = "nc" };
	struct ask_value v = {
		.from = FROM_ARG, .arg = 3, .nsteps = 1,
		.steps = { { "struct t", "next" } },
		.shape = SHAPE_ADDR, .then = THEN_RADDR,
	};

	sock(AF_INET);
	reg(3, MEM_AT + 2048);
	poke(2048 + 16, 8, MEM_AT);
	memcpy(want.addr, raddr4, 16);
	k.comm = "nc";
	q.keys[1] = v;
	q.keys[1].shape = SHAPE_U64;
	q.keys[1].then = THEN_RPORT;
	q.keys[2] = (struct ask_value){ .from = FROM_COMM,
					.shape = SHAPE_COMM };
	q.keys[0] = v;
	q.nkeys = 3;
	build();
	hit(0);
	ck_assert_ptr_nonnull(tally(&want));
}
END_TEST

Suite *suite_engine_values(void)
{
	Suite *s = suite_create("engine_values");
	TCase *tc = tcase_create("values");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_test(tc, task);
	tcase_add_loop_test(tc, netns, 0, 2);
	tcase_add_test(tc, stacks);
	tcase_add_test(tc, arguments);
	tcase_add_test(tc, then);
	tcase_add_test(tc, short_long);
	tcase_add_loop_test(tc, typed, 0, 4);
	tcase_add_test(tc, tracepoint);
	tcase_add_loop_test(tc, widths, 0, 2 * N(numbers));
	tcase_add_loop_test(tc, chain, 0, 2);
	tcase_add_test(tc, names);
	tcase_add_test(tc, text_behind);
	tcase_add_test(tc, unknown_fields);
	tcase_add_test(tc, sockets);
	tcase_add_test(tc, round_trip_times);
	tcase_add_test(tc, families);
	tcase_add_test(tc, address_families);
	tcase_add_test(tc, socket_of);
	suite_add_tcase(s, tc);
	return s;
}
