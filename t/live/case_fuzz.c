/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Request lines at random, each a run of count, sum, stats, hist or lhist that
 * has its programs loaded and attached, and ends.  Hooks are passed rarely,
 * and by nobody who is let through: -p is this process.
 */
#include "live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/random.h"

#define WORDS 40
#define LINE 1024
#define HOW 5		/* exit statuses: tools/README */

/* ---- what can be asked where ------------------------------------------- */

static const struct place {
	const char *hook, *end;		/* end: of a latency */
	/* numbers, and what is none, beside those that are everywhere */
	const char *numbers[10], *texts[4];
} places[] = {
	{ "t:syscalls:sys_enter_setdomainname",
	  "t:syscalls:sys_exit_setdomainname",
	  { "args.len", "args.name" }, { NULL } },
	{ "t:syscalls:sys_exit_setdomainname",
	  "t:syscalls:sys_exit_sethostname", { "args.ret" }, { NULL } },
	{ "rt:inet_sock_set_state", "t:sock:inet_sock_set_state",
	  { "arg0", "arg1:s32", "arg2", "sock", "family", "state", "lport",
	    "rport", "arg0:sock.sk_err" },
	  { "laddr", "raddr", "arg0:sock.__sk_common.skc_prot:proto.name" } },
	{ "t:sock:inet_sock_set_state", "rt:inet_sock_set_state",
	  { "args.oldstate", "args.newstate", "args.skaddr", "family",
	    "state", "protocol", "lport", "rport",
	    "args.skaddr:sock.sk_rcvbuf" }, { "laddr", "raddr" } },
	{ "k:tcp_v4_connect", "kr:tcp_v4_connect",
	  { "arg0", "arg2", "sock", "lport", "arg1:s64", "arg9",
	    "arg0:sock.sk_socket:socket.type" }, { "laddr", "raddr" } },
	{ "kr:tcp_v4_connect", "kr:tcp_v6_connect",
	  { "retval", "retval64" }, { NULL } },
	{ "f:tcp_v4_connect", "fr:tcp_v4_connect",
	  { "arg0", "arg2", "sock", "lport" },
	  { "raddr", "arg0:sock.__sk_common.skc_prot:proto.name" } },
	{ "fr:tcp_v4_connect", "fr:tcp_v6_connect",
	  { "retval", "arg0", "arg2", "rport" }, { "raddr" } },
};

static const char *const numbers[] = { "pid", "tid", "uid", "cgroup", "cpu",
				       "netns" };
static const char *const texts[] = { "comm", "probe", "kstack", "ustack" };
static const char *const wrong[] = { "args.none", "arg10", "lprt", "latency",
				     "comm", "arg0:sock.sk_er", "" };
static const char *const ops[] = { "==", "!=", "<", "<=", ">", ">=", "&" };
static const char *const sides[] = { "0", "1", "7", "0x40", "64K", "4095" };
static const char *const odd_sides[] = { "-1", "18446744073709551615", "tcp",
					 "LISTEN", "2x" };
static const char *const verbs[] = { "count", "sum", "stats", "hist",
				     "lhist" };

/* ---- a line ------------------------------------------------------------ */

struct line {
	char text[LINE];	/* the words, each with a NUL behind it */
	size_t used;
	const char *argv[WORDS];
	unsigned n;
};

#define PICK(list) ((list)[rnd(ARRAY_SIZE(list))])

static void word(struct line *l, const char *text)
{
	size_t len = strlen(text) + 1;

	if (l->n == WORDS - 1 || len > LINE - l->used)
		return;
	l->argv[l->n++] = memcpy(l->text + l->used, text, len);
	l->argv[l->n] = NULL;
	l->used += len;
}

static const char *number(const struct place *p)
{
	const char *v = PICK(p->numbers);

	if (one_in(24))
		return PICK(wrong);
	return v && !one_in(3) ? v : PICK(numbers);
}

static const char *key(const struct place *p)
{
	const char *v = PICK(p->texts);

	if (!one_in(3))
		return number(p);
	return v && one_in(2) ? v : PICK(texts);
}

static void list(struct line *l, const struct place *p)
{
	unsigned n = one_in(8) ? 2 + rnd(8) : 1 + rnd(2);
	char text[400];
	size_t at = 0;

	for (; n && at < sizeof(text) - 60; n--)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
				       at ? "," : "", key(p));
	word(l, "--by");
	word(l, text);
}

static void where(struct line *l, const struct place *p)
{
	unsigned n = 1 + rnd(one_in(8) ? 17 : 3);
	char text[900];
	size_t at = 0;

	for (; n && at < sizeof(text) - 100; n--)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s%s%s%s", at ? " && " : "", number(p),
				       PICK(ops), one_in(16) ?
				       PICK(odd_sides) : PICK(sides));
	word(l, "--where");
	word(l, text);
}

static void make(struct line *l, const char *verb)
{
	const struct place *p = &PICK(places);
	bool latency = one_in(4);
	char pid[16];

	memset(l, 0, sizeof(*l));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	word(l, "--dry-run");
	word(l, "-p");
	word(l, pid);
	if (one_in(2))
		list(l, p);
	if (one_in(2))
		where(l, p);
	if (latency)
		word(l, "--latency");
	if (strcmp(verb, "count") && !(latency && one_in(2))) {
		word(l, "--of");
		word(l, number(p));
	}
	if (!strcmp(verb, "lhist")) {
		word(l, "--range");
		word(l, one_in(8) ? "0,10,0" : one_in(8) ?
			"-10,1000,7" : "0,128,1");
	}
	if (latency && one_in(4)) {
		word(l, "--on");
		word(l, number(p));
	}
	word(l, p->hook);
	if (latency)
		word(l, p->end);
}

/* ---- what comes of it --------------------------------------------------- */

/* One line; a hint below it is indented. */
static bool one_line(const char *talk)
{
	const char *p = talk;

	if (!*talk)
		return false;
	while ((p = strchr(p, '\n')))
		if (*++p != ' ' || strchr(p, '\n'))
			return false;
	return true;
}

static const char *fault(const struct tool *r)
{
	const char *talk = r->talk ? r->talk : "";

	if (!WIFEXITED(r->status))
		return "died of a signal";
	if (WEXITSTATUS(r->status) >= HOW)
		return "has a status of its own";
	if (strcasestr(talk, "verifier"))
		return "was refused by the verifier";
	if (WEXITSTATUS(r->status) && !one_line(talk))
		return "did not say why in one line";
	return NULL;
}

static void tell(struct test *t, const struct tool *r, const struct line *l,
		 const char *verb, const char *what)
{
	char text[LINE + WORDS * 3] = "";
	size_t at = 0;
	unsigned i;

	for (i = 0; i < l->n && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " '%s'",
				       l->argv[i]);
	differ(t, "%s%s %s (%#x): %s", verb, text, what, (unsigned)r->status,
	       r->talk ? r->talk : "");
}

static void ask_fuzz(struct test *t)
{
	const uint32_t seed = random_seed();
	unsigned how[HOW] = { 0 }, i;
	char failed[200] = "";		/* what the first of those said */
	const char *verb, *what;
	struct line l;
	struct tool r;

	for (i = 0; i < t->count; i++) {
		random_begin(seed, i);
		verb = PICK(verbs);
		make(&l, verb);
		tool_init(&r, t, 0);
		r.verb = true;
		tool_start(&r, verb, l.argv);
		tool_stop(&r, 0);
		what = fault(&r);
		if (what)
			tell(t, &r, &l, verb, what);
		else if (how[WEXITSTATUS(r.status)]++ == 0 &&
			 WEXITSTATUS(r.status) == 1)
			snprintf(failed, sizeof(failed), ": %s", r.talk);
		tool_release(&r);
	}
	if (!how[0])
		differ(t, "nothing was loaded");
	summary(t, "seed %u, %u lines: %u attached, %u wrong, %u not on this "
		"kernel, %u not permitted, %u failed%s", seed, t->count,
		how[0], how[2], how[3], how[4], how[1], failed);
}

const struct live_case fuzz_cases[] = {
	{ "ask-fuzz", "requests at random, loaded and attached", 2400,
	  ask_fuzz, true },
	{ NULL, NULL, 0, NULL, false },
};
