/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conditions, values as text, and requests of all kinds at random.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "t/check.h"
#include "tools/frontend/ask_int.h"

Suite *suite_ask_where(void);

static struct hook hook = {
	.kind = HOOK_KPROBE, .target = "tcp_sendmsg", .args = "" };
static struct ask_words words;
static struct ask_world world;
static struct ask_test t[4];
static struct err err;

static void with_hook(void)
{
	memset(&world, 0, sizeof(world));
	world.hook = &hook;
}

static void without(void)
{
	ask_words_free(&words);
}

/* ---- conditions ------------------------------------------------------- */

static void holds(const char *text, int op, uint64_t right)
{
	int got = ask_where_parse(t, 4, text, &world, &words, &err);

	ck_assert_msg(got == 1, "%s: %s", text, err.msg);
	ck_assert_msg(t[0].op == op, "%s: %#x", text, t[0].op);
	ck_assert_msg(t[0].right == right, "%s: %llu", text,
		      (unsigned long long)t[0].right);
}

static void bad(const char *text, const char *want)
{
	int got = ask_where_parse(t, 4, text, &world, &words, &err);

	ck_assert_msg(got == -EINVAL, "%s: %d", text, got);
	ck_assert_str_eq(err.msg, want);
}

START_TEST(numbers)
{
	holds("pid==1", BPF_JEQ, 1);
	holds(" pid != 0x10 ", BPF_JNE, 16);
	holds("retval<0", BPF_JLT, 0);
	ck_assert_uint_eq(t[0].left.then, THEN_S32);
	holds("retval<=-11", BPF_JLE, (uint64_t)-11);
	holds("arg2>64K", BPF_JGT, 65536);
	holds("arg2>=1g", BPF_JGE, 1 << 30);
	holds("arg2&0x40", BPF_JSET, 64);
	holds("arg2==0xffffffffffffffff", BPF_JEQ, UINT64_MAX);
	holds("retval64>-9223372036854775808", BPF_JGT, (uint64_t)1 << 63);
	holds("retval==-2147483648", BPF_JEQ, (uint64_t)INT32_MIN);
	holds("lport==443", BPF_JEQ, 443);
	holds("arg0:sock.sk_err>0", BPF_JGT, 0);
}
END_TEST

START_TEST(names)
{
	holds("family==inet", BPF_JEQ, 2);
	holds("family==AF_INET6", BPF_JEQ, 10);
	holds("family!=unix", BPF_JNE, 1);
	holds("family==2", BPF_JEQ, 2);
	holds("state==established", BPF_JEQ, 1);
	holds("state==TCP_CLOSE_WAIT", BPF_JEQ, 8);
	holds("protocol==tcp", BPF_JEQ, 6);
	holds("protocol==IPPROTO_UDP", BPF_JEQ, 17);
	holds("arg0:sock.__sk_common.skc_state==listen", BPF_JEQ, 10);
	bad("family==inet7", "no family 'inet7'; did you mean AF_INET6?");
	bad("state==estab", "no state 'estab'; did you mean ESTABLISHED?");
	bad("protocol==q!", "no protocol 'q!'; want a number, or a name such "
	    "as TCP");
	bad("family==zzz", "no family 'zzz'; want a number, or a name such "
	    "as AF_INET");
}
END_TEST

START_TEST(compared)
{
	static const char sshd[ASK_TEXT] = "sshd";

	holds("comm==sshd", BPF_JEQ, 0);
	ck_assert_uint_eq(t[0].nnames, 1);
	ck_assert_mem_eq(t[0].names[0], sshd, sizeof(sshd));
	holds("comm != 0123456789abcde", BPF_JNE, 0);
	ck_assert_str_eq(t[0].names[0], "0123456789abcde");
	holds("comm=='sshd'", BPF_JEQ, 0);
	ck_assert_mem_eq(t[0].names[0], sshd, sizeof(sshd));
	holds("comm==' a '", BPF_JEQ, 0);
	ck_assert_str_eq(t[0].names[0], " a ");
	holds("comm==''", BPF_JEQ, 0);
	ck_assert_str_eq(t[0].names[0], "");
	holds("comm=='", BPF_JEQ, 0);
	ck_assert_str_eq(t[0].names[0], "'");
}
END_TEST

START_TEST(joined)
{
	ck_assert_int_eq(ask_where_parse(t, 4, "retval<0 && lport==443 && "
					 "arg2&0x40&&pid==1", &world, &words,
					 &err), 4);
	ck_assert_uint_eq(t[1].left.then, THEN_LPORT);
	ck_assert_uint_eq(t[2].op, BPF_JSET);
	ck_assert_uint_eq(t[3].left.from, FROM_PID);
	ck_assert_int_eq(ask_where_parse(t, 1, "pid==1&&uid==0", &world,
					 &words, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'pid==1&&uid==0' is more than 1 "
			 "conditions");
}
END_TEST

START_TEST(mistakes)
{
	bad("", "a condition is missing in ''");
	bad("pid==1&&", "a condition is missing in 'pid==1&&'");
	bad("&&pid==1", "a condition is missing in '&&pid==1'");
	bad("pid", "'pid' is no condition; want one as in pid==1");
	bad("pid=1", "'=' does not compare; did you mean ==?");
	bad("pid=>1", "'=>' does not compare; there are == != < <= > >= and "
	    "&");
	bad("==1", "a value is missing in '==1'");
	bad("pid==", "'pid' is compared with nothing");
	bad("pid==x", "'x' is no number (12, -12, 0xc, 12K)");
	bad("pid==1 || uid", "'1 || uid' is no number (12, -12, 0xc, 12K); "
	    "conditions are joined by && alone");
	bad("comm<1", "'comm' is text, for which there are == and !=");
	bad("comm==", "'comm' is compared with nothing");
	bad("comm!=0123456789abcdef", "'0123456789abcdef' is longer than the "
	    "15 bytes that are compared");
	bad("laddr==1", "'laddr' is no number and cannot be compared");
	bad("kstack==1", "'kstack' is no number and cannot be compared");
	bad("pidd==1", "no value 'pidd'; did you mean pid?");
	bad("pid==-1", "'pid' has no sign and is never -1");
	bad("pid<0", "'pid' has no sign and is never below 0");
	bad("arg2<0", "'arg2' has no sign and is never below 0; write "
	    "arg2:s32 or arg2:s64 for one that has");
	bad("arg2<-1", "'arg2' has no sign and is never -1; write arg2:s32 or "
	    "arg2:s64 for one that has");
	bad("lport==65536", "'65536' is more than 'lport' can be (65535)");
	bad("retval==0xfffffff5", "'0xfffffff5' is more than 'retval' can be "
	    "(2147483647)");
	bad("retval==-2147483649", "'-2147483649' is less than 'retval' can "
	    "be (-2147483648)");
	bad("pid==18446744073709551616", "'18446744073709551616' is no number "
	    "(12, -12, 0xc, 12K)");
	bad("pid==--1", "'--1' is no number (12, -12, 0xc, 12K)");
}
END_TEST

/* ---- text ------------------------------------------------------------- */

static struct ask_names hook_names = { .hooks = &hook, .nhooks = 1 };

/* @bytes of the value called @name as text. */
static void text_is(const char *name, const void *bytes, const char *want)
{
	struct ask_value v;
	char buf[64];

	ck_assert_msg(!ask_value_parse(&v, name, strlen(name), &world, &words,
				       &err), "%s: %s", name, err.msg);
	ask_text(&v, bytes, &hook_names, buf, sizeof(buf));
	ck_assert_str_eq(buf, want);
}

static void number_is(const char *name, uint64_t n, const char *want)
{
	text_is(name, &n, want);
}

START_TEST(text)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
	static const uint8_t v6[16] = { 0xfe, 0x80, [15] = 1 };

	number_is("pid", 4711, "4711");
	number_is("retval", (uint64_t)-5, "-5");
	number_is("arg0", UINT64_MAX, "18446744073709551615");
	number_is("family", 2, "AF_INET");
	number_is("family", 77, "77");
	number_is("state", 1, "ESTABLISHED");
	number_is("state", 0, "0");
	number_is("protocol", 6, "TCP");
	number_is("protocol", 262, "MPTCP");
	number_is("protocol", 65536 + 6, "65542");
	number_is("probe", 0, "kprobe:tcp_sendmsg");
	number_is("probe", 1, "1");
	text_is("laddr", v4, "10.0.0.1");
	text_is("raddr", v6, "fe80::1");
	text_is("comm", "sshd\0rubbish.....", "sshd");
	text_is("comm", "sixteen_letters!and more", "sixteen_letters!");
	text_is("comm", "a\x1b[2J\n\0         ", "a?[2J?");
}
END_TEST

START_TEST(short_buffers)
{
	struct ask_value v;
	uint64_t n = 123456789;
	char buf[4] = "xyz";

	ck_assert(!ask_value_parse(&v, "pid", 3, &world, &words, &err));
	ask_text(&v, &n, NULL, buf, 0);
	ck_assert_str_eq(buf, "xyz");
	ask_text(&v, &n, NULL, buf, sizeof(buf));
	ck_assert_str_eq(buf, "123");
	ask_text(&v, &n, NULL, buf, 1);
	ck_assert_str_eq(buf, "");
}
END_TEST

static bool is_number(const char *name)
{
	struct ask_value v;

	ck_assert(!ask_value_parse(&v, name, strlen(name), &world, &words,
				   &err));
	return ask_is_number(&v);
}

/* A key called reason is why a packet is dropped only where one is. */
START_TEST(reasons)
{
	static const struct {
		const char *first, *second;
		bool latency, named;
	} cases[] = {
		{ "skb/kfree_skb", "kfree_skb", false, true },
		{ "kfree_skb", "sk_skb_reason_drop", false, true },
		{ "tcp/tcp_send_reset", "kfree_skb", false, false },
		{ "kfree_skb", "skb/not_kfree_skb", false, false },
		{ "net_dev_queue", "kfree_skb", true, true },
		{ "kfree_skb", "net_dev_queue", true, false },
	};
	struct ask_value reason = { .from = FROM_FIELD, .shape = SHAPE_U64,
				    .name = "reason" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hook both[] = { { .target = cases[i].first },
					     { .target = cases[i].second } };
		struct ask a = { .hooks = both, .nhooks = 2,
				 .nstart = cases[i].latency };

		reason.name = "reason";
		ck_assert_msg(ask_is_reason(&a, &reason) == cases[i].named,
			      "%s %s", cases[i].first, cases[i].second);
		reason.name = "why";
		ck_assert(!ask_is_reason(&a, &reason));
	}
}
END_TEST

START_TEST(numbers_in_json)
{
	ck_assert(is_number("pid") && is_number("retval"));
	ck_assert(is_number("lport") && is_number("arg0:sock.sk_err"));
	ck_assert(!is_number("comm") && !is_number("laddr"));
	ck_assert(!is_number("state") && !is_number("probe"));
	ck_assert(!is_number("kstack"));
}
END_TEST

/* ---- at random -------------------------------------------------------- */

#define ROUNDS 10000

static uint32_t seed;

static uint32_t dice(uint32_t sides)	/* xorshift */
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % sides;
}

/* What is right, to be bent. */
static const char *const right[] = {
	"pid,comm,lport", "retval<0 && lport==443 && arg2&0x40", "kstack,arg9",
	"arg0:socket.sk:sock.__sk_common.skc_state==listen", "family!=inet6",
	"retval:u32", "arg1:sock.sk_err<=-11&&state==established", "netns",
	"args.skaddr:struct sock.sk_err , laddr,raddr", "pid>=64K", "arg0",
};

/* That, or words that mean something in an order that need not; and then
 * some letters are others. */
static void random_request(char *buf, size_t len)
{
	static const char *const parts[] = {
		"pid", "comm", "arg0", "arg9", "retval", "retval64", "args.",
		"skaddr", "sock", "struct ", "union ", "socket.sk", ".", ":",
		"[", "]", "[0]", "__sk_common.skc_state", "sk_err", ",", "&&",
		"==", "!=", "<", ">=", "&", "=", " ", "-", "0x", "40", "64K",
		"18446744073709551615", "inet6", "family", "state", "lport",
		"netns", "tcp", ":s32", ":u64", "\x1b", "\n", "\xff", "",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	size_t n = 0, i;
	uint32_t left;

	snprintf(buf, len, "%s", right[dice(sizeof(right) / sizeof(*right))]);
	for (left = dice(2) ? 0 : 1 + dice(12); left && n < len - 1; left--)
		n += (size_t)snprintf(buf + n, len - n, "%s",
				      parts[dice(sizeof(parts) /
						 sizeof(parts[0]))]);
	n = strlen(buf);
	for (i = dice(4); n && i > 1; i--)
		buf[dice((uint32_t)n)] = (char)(1 + dice(255));
}

/* One assertion to a request: each costs a system call. */
static bool is_line(const char *p)
{
	if (!*p || strlen(p) >= sizeof(err.msg))
		return false;
	for (; *p; p++)
		if ((uint8_t)*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

/* What came out has what the engine reads. */
static bool is_whole(const struct ask_value *v)
{
	bool ok = v->name && v->nsteps <= ASK_STEPS &&
		  (v->from != FROM_FIELD || v->field);

	for (unsigned i = 0; ok && i < v->nsteps; i++)
		ok = *v->steps[i].type && *v->steps[i].path;
	return ok;
}

static const char *const socks[] = { NULL, "arg0", "args.x", "pid", "", ":",
				     "arg0:a.b:a.b:a.b:a.b:a.b:a.b" };

static void ask_at_random(struct ask_world *w)
{
	struct ask_value v[8];
	char request[512];
	bool ok;
	int got, i;

	random_request(request, sizeof(request));
	w->sock = socks[dice(sizeof(socks) / sizeof(socks[0]))];
	err.msg[0] = '\0';
	got = ask_list_parse(v, 8, request, w, &words, &err);
	ok = got > 0 || (got == -EINVAL && is_line(err.msg));
	for (i = 0; i < got; i++)
		ok &= is_whole(&v[i]);
	err.msg[0] = '\0';
	got = ask_where_parse(t, 4, request, w, &words, &err);
	ok &= got > 0 || (got == -EINVAL && is_line(err.msg));
	for (i = 0; i < got; i++)
		ok &= is_whole(&t[i].left);
	ck_assert_msg(ok, "'%s': %d, %s", request, got, err.msg);
	ask_words_free(&words);
}

/* A kernel of which some fields are known, and not from BTF. */
static void open_env(struct env *env)
{
	static const char table[] =
		"# sockeye fields 1\nbuild-id -\nkernel x x\n"
		"struct sock:sk_err off 12 size 4 signed\n"
		"struct sock:__sk_common.skc_state off 18 size 1 unsigned\n"
		"struct socket:sk off 24 size 8 pointer\n"
		"struct sock:skaddr absent\n";
	struct fields *fields;
	const char *why;
	unsigned line;

	memset(env, 0, sizeof(*env));
	env->tracefs = -2;
	resolver_init(&env->fields, false);
	ck_assert_int_eq(fields_new(&fields, table, strlen(table), &line,
				    &why), 0);
	ck_assert_int_eq(resolver_add_fields(&env->fields, "--fields", fields),
			 0);
}

START_TEST(at_random)
{
	struct env env;
	unsigned i;

	seed = 4711;
	open_env(&env);
	for (i = 1; i <= ROUNDS; i++) {
		world.env = i % 2 ? &env : NULL;
		world.hook = i % 3 ? &hook : NULL;
		ask_at_random(&world);
		if (i % 100)
			continue;
		env_close(&env);	/* answers are kept, and add up */
		open_env(&env);
	}
	env_close(&env);
}
END_TEST

Suite *suite_ask_where(void)
{
	Suite *s = suite_create("ask_where");
	TCase *tc = tcase_create("ask_where");

	tcase_add_checked_fixture(tc, with_hook, without);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, names);
	tcase_add_test(tc, compared);
	tcase_add_test(tc, joined);
	tcase_add_test(tc, mistakes);
	tcase_add_test(tc, text);
	tcase_add_test(tc, short_buffers);
	tcase_add_test(tc, reasons);
	tcase_add_test(tc, numbers_in_json);
	tcase_add_test(tc, at_random);
	suite_add_tcase(s, tc);
	return s;
}
