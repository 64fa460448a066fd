/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Words at random, to what makes requests of them: nothing crashes, what is
 * refused is told in one line that can be printed and has a word of what was
 * asked in it, and what is taken the engine takes, or says why not.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "t/btf_build.h"
#include "t/check.h"
#include "t/random.h"
#include "tools/frontend/ask_run.h"
#include "tools/frontend/rows_int.h"

Suite *suite_fuzz_ask(void);

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_MAX 2048

static struct bb bb;
static struct env env;

static struct {
	unsigned taken, refused;
} fuzz;

/* ---- a small kernel ---------------------------------------------------- */

static void build_types(void)
{
	uint32_t u16, s32, u32, chars, common, sockp, socketp, proto;

	u16 = bb_int(&bb, "short unsigned int", 2, 0);
	s32 = bb_int(&bb, "int", 4, BTF_INT_SIGNED);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	chars = bb_array(&bb, bb_int(&bb, "char", 1, BTF_INT_SIGNED), u32, 32);
	common = bb_struct(&bb, "sock_common", 24, 4);
	bb_member(&bb, "skc_family", u16, 0);
	bb_member(&bb, "skc_state", u16, 16);
	bb_member(&bb, "skc_dport", u16, 32);
	bb_member(&bb, "skc_prot", bb.nids + 1, 128);
	proto = bb_struct(&bb, "proto", 32, 1);
	bb_member(&bb, "name", chars, 0);
	bb_ptr(&bb, proto);
	sockp = bb_struct(&bb, "sock", 64, 3);
	bb_member(&bb, "__sk_common", common, 0);
	bb_member(&bb, "sk_err", s32, 192);
	bb_member(&bb, "sk_protocol", u16, 224);
	sockp = bb_ptr(&bb, sockp);
	socketp = bb_struct(&bb, "socket", 8, 1);
	bb_member(&bb, "sk", sockp, 0);
	socketp = bb_ptr(&bb, socketp);
	proto = bb_proto(&bb, s32, 2);
	bb_param(&bb, "sock", socketp);
	bb_param(&bb, "len", u32);
	bb_ref(&bb, BTF_KIND_FUNC, "sock_sendmsg", proto);
}

static void with_kernel(void)
{
	bb_init(&bb, false);
	build_types();
	memset(&env, 0, sizeof(env));
	env.tracefs = -2;
	resolver_init(&env.fields, false);
	env.types = bb_open(&bb, NULL, false);
	ck_assert_int_eq(resolver_add_btf(&env.fields, "kernel BTF",
					  env.types), 0);
}

static void without(void)
{
	env_close(&env);
}

/* ---- words ------------------------------------------------------------- */

/* The right ones come first. */
#define RIGHT_VALUES 10
static const char *const value_words[] = {
	"pid", "tid", "arg0", "cpu", "netns", "uid", "retval", "arg2", "lport",
	"arg0:sock.sk_err",
	"comm", "cgroup", "probe", "kstack", "ustack", "latency", "arg9",
	"arg10", "retval64", "args.len", "args.skaddr", "family", "protocol",
	"state", "rport", "laddr", "raddr", "sock", "arg0:s32", "retval:u64",
	"arg1:u33", "arg0:socket.sk",
	"arg0:socket.sk:sock.sk_protocol", "arg0:sock.__sk_common.skc_dport",
	"arg0:sock.__sk_common.skc_dprt", "arg0:sock.__sk_common",
	"arg0:sock.__sk_common.skc_prot:proto.name", "arg0:sock.sk_err[2]",
	"arg0:proto.name[3]", "arg0:sok.sk_err", "retval:struct sock.sk_err",
	"arg0:union sock.x", "arg0:sock.__sk_common.skc_prot.name", "arg0:",
	"args.", "arg", ":", "retval:sock",
	("arg0:socket.sk:socket.sk:socket.sk:socket.sk:socket.sk:socket.sk:"
	 "socket.sk"),
};

#define RIGHT_OPS 7
static const char *const ops[] = {
	"==", "!=", "<", "<=", ">", ">=", "&", "=", "===", "<>", "", "|", "&&",
};

#define RIGHT_NUMBERS 5
static const char *const numbers[] = {
	"0", "1", "0x40", "64K", "1g", "-1", "-5", "--5", "0x", "12Q",
	"18446744073709551615", "18446744073709551616", "-9223372036854775808",
	"-9223372036854775809", "99999999999999999999999", "inet", "AF_INET6",
	"established", "TCP_LISTEN", "tcp", "lisen", "", "1 2",
};

#define RIGHT_HOOKS 5
static const char *const hook_words[] = {
	"k:tcp_sendmsg", "kprobe:tcp_connect", "k:sock_sendmsg", "f:tcp_close",
	"fentry:sock_sendmsg", "fr:inet_csk_accept", "kr:tcp_recvmsg",
	"t:sock:inet_sock_set_state", "t:syscalls:sys_enter_write",
	"t:syscalls:sys_enter_*", "rt:inet_sock_set_state", "rt:tcp_*",
	"u:/bin/sh:main", "ur:/bin/sh:0x12", "u:sh:main", "k:", "k", "x:y",
	"t:sock", "t::x", "t:x:", "t:.:x", "t:../..:x", "k:a/b", "k:a:b", "",
	"k: x", "tracepoint:sock/inet_sock_set_state", "t:a:b:c",
};

static const char *const ranges[] = {
	"0,128,1", "0,10,0", "10,0,1", "-5,5,1", "0,10", "0,10,1,1", "a,b,c",
	"0,9223372036854775807,1", ("-9223372036854775808,9223372036854775807,"
	 "9223372036854775807"), "0,100,-1", "", ",,", "0,10,1 ", " 0, 10, 1",
	"0x0,0x10,0x1", "0,99999999999999999999,99999999999999999",
};

/* Three of four are right: a request has several. */
static const char *pick(const char *const *words, size_t right, size_t n)
{
	return words[rnd((uint32_t)(one_in(4) ? n : right))];
}

#define PICK(words, right) pick(words, right, COUNT(words))
#define VALUE PICK(value_words, RIGHT_VALUES)

/* A letter less, more, or another one: what fingers do. */
static void misspell(char *text)
{
	size_t len = strlen(text), at = rnd((uint32_t)len + 1);

	if (len > TEXT_MAX - 8)
		return;
	switch (rnd(4)) {
	case 0:
		memmove(text + at + 1, text + at, len - at + 1);
		text[at] = (char)('a' + rnd(26));
		break;
	case 1:
		if (at < len)
			memmove(text + at, text + at + 1, len - at);
		break;
	case 2:
		text[at % (len + !len)] = (char)(1 + rnd(255));
		break;
	default:		/* not ended */
		text[at] = '\0';
	}
}

/* Anything, of any length, with what means something in between. */
static void garbage(char *text)
{
	static const char some[] = "arg0:sock.=!<>&,*?[]|-'\"%s\n\t\033\177 ";
	size_t len = rnd(one_in(8) ? TEXT_MAX - 8 : 40), i;

	for (i = 0; i < len; i++)
		text[i] = (char)(one_in(2) ? some[rnd(sizeof(some) - 1)] :
				 (char)(1 + rnd(255)));
	text[len] = '\0';
}

static void put(char *text, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, TEXT_MAX - 8 - len, "%s", more);
}

static void wrong(char *text)
{
	if (one_in(8))
		misspell(text);
	if (one_in(32))
		garbage(text);
	if (one_in(64))
		while (strlen(text) && strlen(text) < TEXT_MAX / 2)
			memmove(text + strlen(text), text, strlen(text) + 1);
}

static const char *blank(void)
{
	return one_in(8) ? one_in(2) ? " " : "\t" : "";
}

static void make_list(char *text)
{
	uint32_t n = 1 + rnd(one_in(8) ? 12 : 3);

	text[0] = '\0';
	for (; n; n--) {
		put(text, blank());
		put(text, VALUE);
		put(text, n > 1 ? "," : blank());
	}
	wrong(text);
}

static void make_where(char *text)
{
	uint32_t n = 1 + rnd(one_in(8) ? 20 : 2);

	text[0] = '\0';
	for (; n; n--) {
		put(text, VALUE);
		put(text, blank());
		put(text, PICK(ops, RIGHT_OPS));
		put(text, blank());
		put(text, PICK(numbers, RIGHT_NUMBERS));
		put(text, n > 1 ? " && " : "");
	}
	wrong(text);
}

static void make(char *text, const char *word)
{
	snprintf(text, TEXT_MAX, "%s", word);
	wrong(text);
}

/* ---- what comes of them ------------------------------------------------ */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is what stands between some quotes of @msg (its start, if it is long) a part
 * of @text? */
static bool quotes_part(const char *msg, const char *text)
{
	char part[32];
	const char *p;
	size_t len;

	for (p = msg; (p = strchr(p, '\'')) && p[1]; p++) {
		len = strcspn(p + 1, "'");
		snprintf(part, sizeof(part), "%.*s", (int)(len < 31 ? len : 31),
			 p + 1);
		if (strstr(text, part))
			return true;
	}
	return false;
}

/* Is there a word of @text in @msg, or anything else of it in quotes? */
static bool quotes(const char *msg, const char *text)
{
	static char clean[10 * TEXT_MAX];
	char word[32];
	size_t n;

	*put_clean(clean, text, strlen(text)) = '\0';
	if (quotes_part(msg, clean))
		return true;
	for (; *text; text += n + !n) {
		for (n = 0; is_word(text[n]); n++)
			;
		if (!n)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		if (strstr(msg, word))
			return true;
	}
	return false;
}

static void refused(int err, const struct err *e, const char *text)
{
	char clean[sizeof(e->msg)];

	fuzz.refused++;
	require(err < 0 && e->no > 0, "%d: %s\n", err, e->msg);
	require(*e->msg, "'%s' without a message\n", text);
	*put_clean(clean, e->msg, strlen(e->msg)) = '\0';
	require(!strcmp(clean, e->msg), "'%s': not printable: %s\n", text,
		clean);
	require(quotes(e->msg, text), "'%s': no word of it in: %s\n", text,
		e->msg);
}

/* @also: another word that may be wrong, or NULL */
static void refused_by(int err, const struct err *e, const char *text,
		       const char *also)
{
	char both[2 * TEXT_MAX];

	snprintf(both, sizeof(both), "%s %s", text, also ? also : "");
	refused(err, e, both);
}

/* What the engine may say of words that are right, each for itself. */
static bool is_reason(const char *why)
{
	static const char *const known[] = {
		"a latency, and nothing that starts the clock",
		"too many keys", "only numbers can be added up",
		"a clock needs a number to go by", "the value is never below 0",
		"too many relocations", "too many instructions",
		"too many labels",
	};
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (!strcmp(known[i], why))
			return true;
	return false;
}

static void checked(struct ask *a, const char *text)
{
	static struct hook hook = { .kind = HOOK_KPROBE, .target = "f" };
	struct spec *s = NULL;
	const char *why = "";
	int err;

	a->hooks = &hook;
	a->nhooks = 1;
	err = engine_spec(&s, a, &why);
	engine_free(s);
	require(!err || is_reason(why), "'%s': %d, %s\n", text, err, why);
	fuzz.taken++;
}

static void try_values(const struct ask_world *w)
{
	struct ask_words words = { .n = 0 };
	struct err e = { .no = 0 };
	char text[TEXT_MAX];
	struct ask a;
	int n;

	memset(&a, 0, sizeof(a));
	make_list(text);
	if (one_in(4)) {
		n = ask_value_parse(&a.value, text, strlen(text), w, &words,
				    &e);
		a.what = ASK_SUM;
	} else {
		n = ask_list_parse(a.keys, ASK_KEYS, text, w, &words, &e);
		a.nkeys = n > 0 ? (uint32_t)n : 0;
	}
	if (n < 0)
		refused_by(n, &e, text, w->sock);
	else
		checked(&a, text);
	ask_words_free(&words);
}

static void try_where(const struct ask_world *w)
{
	struct ask_words words = { .n = 0 };
	struct err e = { .no = 0 };
	char text[TEXT_MAX];
	struct ask a;
	int n;

	memset(&a, 0, sizeof(a));
	make_where(text);
	n = ask_where_parse(a.tests, ASK_TESTS, text, w, &words, &e);
	a.ntests = n > 0 ? (uint32_t)n : 0;
	if (n < 0)
		refused_by(n, &e, text, w->sock);
	else
		checked(&a, text);
	ask_words_free(&words);
}

/* Globs of functions are left out: they read all of /proc/kallsyms. */
static void make_hook(char *text)
{
	do
		make(text, PICK(hook_words, RIGHT_HOOKS));
	while (strpbrk(text, "*?[") && !strncmp(text, "t", 1) && one_in(2));
	if (*text != 't' && *text != 'r')
		text[strcspn(text, "*?[")] = '\0';
}

static void try_hooks(void)
{
	struct ask_hooks l = { .n = 0 };
	struct err e = { .no = 0 };
	char text[TEXT_MAX];
	uint32_t n = 1 + rnd(3);
	int err;

	for (; n; n--) {
		make_hook(text);
		err = ask_hooks_parse(&l, text, &env, &e);
		if (err && e.no != ENODEV)	/* tracefs: there is none */
			refused(err, &e, text);
		require(err || l.n, "'%s' is nothing\n", text);
	}
	ask_hooks_free(&l);
}

/* ---- all of them together ---------------------------------------------- */

static const char *maybe(char *text, const char *word, uint32_t n)
{
	if (!one_in(n))
		return NULL;
	make(text, word);
	return text;
}

/* What one asks for, and all of its words in one text. */
struct asking {
	char by[TEXT_MAX], where[TEXT_MAX], of[TEXT_MAX], on[TEXT_MAX],
	     sock[TEXT_MAX], range[TEXT_MAX], hooks[3][TEXT_MAX];
	char *words[3];
	char all[10 * TEXT_MAX];
	struct options o;
};

static void ask_random(struct asking *a, uint8_t what)
{
	static const struct tool tool = { .name = "count" };
	bool valued = what != ASK_COUNT;
	int i;

	memset(a, 0, sizeof(*a));
	a->o.tool = &tool;
	make_list(a->by);
	make_where(a->where);
	a->o.ask = (struct ask_options){
		.by = one_in(2) ? a->by : NULL,
		.where = one_in(2) ? a->where : NULL,
		.of = maybe(a->of, VALUE, valued ? 1 : 8),
		.on = maybe(a->on, VALUE, 8),
		.sock = maybe(a->sock, VALUE, 8),
		.range = maybe(a->range, PICK(ranges, 1),
			       what == ASK_LHIST ? 1 : 16),
		.latency = one_in(4),
		.hooks = a->words, .nhooks = 1 + (int)rnd(3),
	};
	for (i = 0; i < a->o.ask.nhooks; i++) {
		a->words[i] = a->hooks[i];
		make_hook(a->words[i]);
	}
	snprintf(a->all, sizeof(a->all), "%s %s %s %s %s %s %s %s %s by where "
		 "of on sock range latency", a->by, a->where, a->of, a->on,
		 a->sock, a->range, a->hooks[0], a->hooks[1], a->hooks[2]);
}

/* As the verbs do it; what is wrong may be in any of the words. */
static void try_request(void)
{
	struct err e = { .no = 0 };
	uint8_t what = (uint8_t)rnd(ASK_LHIST + 1);
	static struct asking a;
	static struct asked r;
	struct part part;
	int err;

	memset(&r, 0, sizeof(r));
	ask_random(&a, what);
	part = ask_part(&a.o, what);
	r.o = &a.o;
	r.env = &env;
	r.nqueries = 1;
	r.queries[0].r = &r;
	r.queries[0].part = &part;
	err = ask_take(&r.queries[0], &e);
	if (err && e.no != ENODEV && !strstr(e.msg, "too large a request"))
		refused(err, &e, a.all);
	fuzz.taken += !err;
	asked_release(&r);
}

static void one(uint32_t number)
{
	struct ask_world w = { .env = one_in(2) ? &env : NULL };
	char sock[TEXT_MAX];
	struct hook hook;

	random_begin(random_seed(), number);
	w.env = one_in(2) ? &env : NULL;
	if (one_in(8)) {
		make(sock, VALUE);
		w.sock = sock;
	}
	if (!one_in(8) && !hook_parse(&hook, "kprobe:sock_sendmsg")) {
		hook.kind = (uint8_t)(1 + rnd(HOOK_PERF_EVENT));
		w.hook = &hook;
	}
	switch (rnd(4)) {
	case 0: try_values(&w); break;
	case 1: try_where(&w); break;
	case 2: try_hooks(); break;
	default: try_request();
	}
}

START_TEST(words)
{
	uint32_t i, n = random_count();

	for (i = 0; i < n; i++)
		one(i);
	printf("fuzz_ask: seed %u, %u times: %u taken, %u refused\n",
	       random_seed(), n, fuzz.taken, fuzz.refused);
}
END_TEST

Suite *suite_fuzz_ask(void)
{
	Suite *s = suite_create("fuzz_ask");
	TCase *tc = tcase_create("words");

	tcase_add_checked_fixture(tc, with_kernel, without);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);
	return s;
}
