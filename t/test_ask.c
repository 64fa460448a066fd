/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked of the engine, word by word. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/small_kernel.h"
#include "t/temp.h"
#include "tools/frontend/ask.h"

Suite *suite_ask(void);

static struct ask_words words;
static struct hook hook;
static struct ask_world world;
static struct err err;
static struct ask_value v;

static void setup(void)
{
	small_kernel_setup();
	memset(&world, 0, sizeof(world));
	world.env = &small_kernel.env;
}

static void teardown(void)
{
	ask_words_free(&words);
	small_kernel_teardown();
}

/* ---- one value -------------------------------------------------------- */

static void at(const char *text)
{
	world.hook = NULL;
	if (text) {
		ck_assert_int_eq(hook_parse(&hook, text), 0);
		world.hook = &hook;
	}
}

static void good(const char *text)
{
	int got = ask_value_parse(&v, text, strlen(text), &world, &words,
				  &err);

	ck_assert_msg(!got, "%s: %s", text, err.msg);
}

static void is(const char *text, int from, int shape, int then)
{
	good(text);
	ck_assert_msg(v.from == from && v.shape == shape && v.then == then,
		      "%s: from %d shape %d then %d", text, v.from, v.shape,
		      v.then);
}

static void step_is(unsigned i, const char *type, const char *path)
{
	ck_assert_uint_gt(v.nsteps, i);
	ck_assert_str_eq(v.steps[i].type, type);
	ck_assert_str_eq(v.steps[i].path, path);
}

static void bad(const char *text, const char *want)
{
	int got = ask_value_parse(&v, text, strlen(text), &world, &words,
				  &err);

	ck_assert_msg(got == -EINVAL, "%s: %d", text, got);
	ck_assert_str_eq(err.msg, want);
}

START_TEST(plain)
{
	world.env = NULL;
	is("pid", FROM_PID, SHAPE_U64, 0);
	ck_assert_str_eq(v.name, "pid");
	is("\t comm ", FROM_COMM, SHAPE_COMM, 0);
	ck_assert_str_eq(v.name, "comm");
	is("kstack", FROM_KSTACK, SHAPE_STACK, 0);
	is("latency", FROM_LATENCY, SHAPE_U64, 0);
	is("latency_us", FROM_LATENCY, SHAPE_U64, THEN_US);
	is("netns", FROM_NETNS, SHAPE_U64, 0);
	is("arg1:x.y:ahead", FROM_ARG, SHAPE_U64, THEN_AHEAD);
	is("arg1:x.y:text", FROM_ARG, SHAPE_NAME, THEN_TEXT);
	step_is(0, "struct x", "y");
	is("'eth0'", FROM_TEXT, SHAPE_NAME, 0);
	ck_assert_str_eq(v.field, "eth0");
	world.dev = "arg1";
	is("devns", FROM_ARG, SHAPE_U64, 0);
	ck_assert_uint_eq(v.nsteps, 2);
	is("dev", FROM_ARG, SHAPE_NAME, 0);
	step_is(0, "struct net_device", "name");
	world.dev = NULL;
	is("arg9", FROM_ARG, SHAPE_U64, 0);
	ck_assert_uint_eq(v.arg, 9);
	is("arg2:s32", FROM_ARG, SHAPE_S64, THEN_S32);
	is("arg2:u32", FROM_ARG, SHAPE_U64, THEN_U32);
	is("retval", FROM_RETVAL, SHAPE_S64, THEN_S32);
	is("retval64", FROM_RETVAL, SHAPE_S64, 0);
	is("retval:u64", FROM_RETVAL, SHAPE_U64, 0);
	is("args.newstate:s64", FROM_FIELD, SHAPE_S64, 0);
	ck_assert_str_eq(v.field, "newstate");
	bad("", "a value is missing in ''");
	bad("pidd", "no value 'pidd'; did you mean pid?");
	bad("lprt", "no value 'lprt'; did you mean lport?");
	bad("ret", "no value 'ret'; did you mean rnet or retval?");
	bad("arg10", "no argument 'arg10'; there are arg0 to arg9");
	bad("args.", "'args.' names no field");
	bad("args.a b", "'args.a b' names no field");
	bad("arg0:u16", "'u16' in 'arg0:u16' is neither TYPE.PATH nor u32, "
	    "s32, u64, s64 or sa_family");
	bad("pid:sock.x", "no value 'pid:sock.x'; did you mean pid?");
	bad("raddr:s32", "no value 'raddr:s32'; did you mean raddr?");
}
END_TEST

START_TEST(unknown_lists)
{
	const char *what = "q\n\x1b[31m";

	ck_assert_int_eq(ask_value_parse(&v, what, strlen(what), &world,
					 &words, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "no value 'q??[31m'; there are "
				     "pid, tid, "));
	ck_assert_ptr_nonnull(strstr(err.msg, "raddr, lnet, rnet, rmem_fill, "
				     "srtt, mdev, min_rtt, sock, netns, dev, "
				     "ifindex, devns, l2len, segs, ether, "
				     "txqueue, rxqueue, arg0 to arg9"));
}
END_TEST

START_TEST(lists)
{
	struct ask_value list[4];

	world.env = NULL;
	ck_assert_int_eq(ask_list_parse(list, 4, "pid, comm,retval", &world,
					&words, &err), 3);
	ck_assert_str_eq(list[1].name, "comm");
	ck_assert_int_eq(ask_list_parse(list, 2, "pid,comm,uid", &world,
					&words, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'pid,comm,uid' is more than 2 values");
	ck_assert_int_eq(ask_list_parse(list, 4, "pid, ,uid", &world,
					&words, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "a value is missing in 'pid, ,uid'");
	while (words.n < 256)
		good("pid");
	bad("pid", "more than 256 words");
}
END_TEST

/* ---- fields ----------------------------------------------------------- */

START_TEST(fields)
{
	is("arg1:sock.sk_err", FROM_ARG, SHAPE_S64, 0);
	step_is(0, "struct sock", "sk_err");
	is("arg0:struct sock.sk_protocol", FROM_ARG, SHAPE_U64, 0);
	is("retval:sock.__sk_common.skc_daddr", FROM_RETVAL, SHAPE_U64, 0);
	step_is(0, "struct sock", "__sk_common.skc_daddr");
	is("arg0:socket.sk:sock.__sk_common.skc_prot:proto.name", FROM_ARG,
	   SHAPE_NAME, 0);
	ck_assert_uint_eq(v.nsteps, 3);
	step_is(2, "struct proto", "name");
	is("arg0:socket.sk", FROM_ARG, SHAPE_U64, 0);
	is("arg0:sock.sk_ports[3]", FROM_ARG, SHAPE_U64, 0);
	is("arg0:sock.sk_backlog.len", FROM_ARG, SHAPE_S64, 0);
	world.env = NULL;
	is("arg0:union no.such[1].thing", FROM_ARG, SHAPE_U64, 0);
	step_is(0, "union no", "such[1].thing");
}
END_TEST

/* What a process hands over points to its own memory. */
START_TEST(users_fields)
{
	static const char says[] = "'arg0:sock.sk_err' is in memory of the "
		"process, which is not read";

	at("uprobe:/bin/x:f");
	bad("arg0:sock.sk_err", says);
	at("uretprobe:/bin/x:f");
	bad("arg0:sock.sk_err", says);
	world.env = NULL;
	at("tracepoint:syscalls/sys_enter_connect");
	bad("args.uservaddr:sockaddr_in.sin_port", "'args.uservaddr:"
	    "sockaddr_in.sin_port' is in memory of the process, which is not "
	    "read");
	is("args.uservaddr:sa_family", FROM_FIELD, SHAPE_U64, THEN_SA_FAMILY);
	at("tracepoint:sock/inet_sock_set_state");
	is("args.skaddr:sock.sk_err", FROM_FIELD, SHAPE_U64, 0);
	world.hook = NULL;
}
END_TEST

START_TEST(wrong_fields)
{
	bad("arg0:sock.__sk_common.skc_dprt", "no field skc_dprt in struct "
	    "sock_common; did you mean skc_dport?");
	bad("arg0:sock.__sk_common.skc_addr", "no field skc_addr in struct "
	    "sock_common; did you mean skc_daddr?");
	bad("arg0:sock.sk_eror.x.y", "no field sk_eror in struct sock; did "
	    "you mean sk_err?");
	bad("arg0:sock.zzzzzzzz", "no field zzzzzzzz in struct sock");
	bad("arg0:sock.sk_er", "no field sk_er in struct sock; did you mean "
	    "sk_err?");
	bad("arg0:sock.sk_backlog.le", "no field le in struct sock "
	    "sk_backlog; did you mean len?");
	bad("arg0:sokc.sk_err", "no struct sokc in the kernel's types; did "
	    "you mean sock?");
	bad("arg0:zzzzz.sk_err", "no struct zzzzz in the kernel's types");
	bad("arg0:sock.sk_err.x", "sk_err in struct sock is no struct and has "
	    "no x");
	bad("arg0:sock.__sk_common.skc_prot.name", "__sk_common.skc_prot in "
	    "struct sock is a pointer; follow it with a colon and the type it "
	    "points to, __sk_common.skc_prot:TYPE.name");
	bad("arg0:sock.sk_backlog", "sk_backlog in struct sock is a struct; "
	    "name a member of it");
	bad("arg0:sock.sk_ports", "sk_ports in struct sock is an array; name "
	    "one element, as in sk_ports[0]");
	bad("arg0:sock.sk_ports[4]", "sk_ports in struct sock has no element "
	    "[4]");
	bad("arg0:sock.sk_err:proto.name", "sk_err in struct sock is no "
	    "pointer and cannot be followed");
	bad("arg0:sock.sk_err:text", "'arg0:sock.sk_err:text' is no pointer");
	bad("arg0:sock.", "'sock.' is no TYPE.PATH, as sock.sk_err or "
	    "sock.__sk_common.skc_state are");
	bad("arg0::sock.x", "'' is no TYPE.PATH, as sock.sk_err or "
	    "sock.__sk_common.skc_state are");
	bad("arg0:a.b:a.b:a.b:a.b:a.b:a.b:a.b",
	    "'a.b' is more than 6 pointers away");
	small_kernel.env.types = NULL;
	bad("arg0:nosuch.x", "nothing is known of x in struct nosuch: there "
	    "is no BTF of this kernel");
}
END_TEST

/* ---- sockets ---------------------------------------------------------- */

START_TEST(by_prototype)
{
	at("kprobe:tcp_v4_fill");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	ck_assert_uint_eq(v.arg, 1);
	ck_assert_uint_eq(v.nsteps, 0);
	is("raddr", FROM_ARG, SHAPE_ADDR, THEN_RADDR);
	is("rnet", FROM_ARG, SHAPE_NETWORK, THEN_RNET);
	is("lnet", FROM_ARG, SHAPE_NETWORK, THEN_LNET);
	is("state", FROM_ARG, SHAPE_U64, 0);
	step_is(0, "struct sock", "__sk_common.skc_state");
	at("fentry:__sock_release");
	is("rport", FROM_ARG, SHAPE_U64, THEN_RPORT);
	step_is(0, "struct socket", "sk");
	is("protocol", FROM_ARG, SHAPE_U64, THEN_PROTOCOL);
	at("fexit:sk_clone_lock");
	is("laddr", FROM_RETVAL, SHAPE_ADDR, THEN_LADDR);
	at("kretprobe:sk_clone_lock");
	is("family", FROM_RETVAL, SHAPE_U64, 0);
	at("kprobe:sk_clone_lock");
	is("family", FROM_ARG, SHAPE_U64, 0);
	at("fexit:tcp_v4_fill");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	at("raw_tracepoint:tcp_seen");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	ck_assert_uint_eq(v.arg, 0);
	at("kprobe:no_sock_here");
	bad("lport", "'lport' needs a socket; say where it is with --sock "
	    "arg0");
	at("kprobe:two_of_them");
	bad("lport", "'lport' needs a socket; say where it is with --sock "
	    "arg0");
	at("kretprobe:tcp_v4_fill");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	ck_assert_uint_eq(v.arg, 1);
}
END_TEST

START_TEST(by_name)
{
	world.env = NULL;
	at("kprobe:tcp_sendmsg");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	is("netns", FROM_ARG, SHAPE_U64, 0);
	step_is(1, "struct net", "ns.inum");
	at("kprobe:sock_sendmsg");
	is("state", FROM_ARG, SHAPE_U64, 0);
	ck_assert_uint_eq(v.nsteps, 2);
	at("kretprobe:inet_csk_accept");
	is("lport", FROM_RETVAL, SHAPE_U64, THEN_LPORT);
	at("kprobe:inet_csk_accept");
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	at("kretprobe:tcp_sendmsg");
	is("rport", FROM_ARG, SHAPE_U64, THEN_RPORT);
	at("kprobe:no_sock_here");
	is("netns", FROM_NETNS, SHAPE_U64, 0);
	at("tracepoint:sock/inet_sock_set_state");
	is("rport", FROM_FIELD, SHAPE_U64, THEN_RPORT);
	ck_assert_str_eq(v.field, "skaddr");
	at("raw_tracepoint:netif_receive_skb");
	is("segs", FROM_ARG, SHAPE_U64, THEN_SEGS);
	is("ether", FROM_ARG, SHAPE_U64, THEN_NTOHS);
	step_is(0, "struct sk_buff", "protocol");
	at("tracepoint:net/net_dev_start_xmit");
	is("ether", FROM_FIELD, SHAPE_U64, 0);
	is("txqueue", FROM_FIELD, SHAPE_U64, 0);
	ck_assert_str_eq(v.field, "queue_mapping");
	at("raw_tracepoint:net_dev_xmit");
	bad("ether", "'ether' is of the packet, which may be freed by then");
	at("uprobe:/bin/x:tcp_sendmsg");
	bad("lport", "'lport' needs a socket; say where it is with --sock "
	    "arg0");
	at(NULL);
	bad("lport", "'lport' needs a socket; say where it is with --sock "
	    "arg0");
}
END_TEST

START_TEST(said)
{
	at("kprobe:no_sock_here");
	world.sock = "arg1";
	is("lport", FROM_ARG, SHAPE_U64, THEN_LPORT);
	ck_assert_uint_eq(v.arg, 1);
	world.sock = "retval";
	is("raddr", FROM_RETVAL, SHAPE_ADDR, THEN_RADDR);
	world.sock = " arg0:socket.sk ";
	is("state", FROM_ARG, SHAPE_U64, 0);
	step_is(0, "struct socket", "sk");
	step_is(1, "struct sock", "__sk_common.skc_state");
	world.sock = "pid";
	bad("lport", "--sock 'pid': want arg0 to arg9, retval, args.FIELD or "
	    "a field behind them, as in arg0:socket.sk");
	bad("netns", "--sock 'pid': want arg0 to arg9, retval, args.FIELD or "
	    "a field behind them, as in arg0:socket.sk");
	world.sock = "arg0:sock.sk_err";
	bad("lport", "--sock 'arg0:sock.sk_err' is no pointer");
	world.sock = "arg0:socket.ks";
	bad("lport", "--sock: no field ks in struct socket; did you mean sk?");
	world.env = NULL;
	world.sock = "arg0:a.b:a.b:a.b:a.b:a.b:a.b";
	good("lport");
	bad("state", "'state' is more than 6 pointers away from --sock "
	    "arg0:a.b:a.b:a.b:a.b:a.b:a.b");
}
END_TEST

/* No possible_net_t in this kernel's sock_common: CONFIG_NET_NS is not set. */
START_TEST(netns)
{
	at("kprobe:tcp_v4_fill");
	is("netns", FROM_NETNS, SHAPE_U64, 0);
	ck_assert_uint_eq(v.nsteps, 0);
}
END_TEST

/* ---- tracepoints ------------------------------------------------------ */

static const char format[] =
	"name: seen\nID: 7\nformat:\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:const void * sk;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:int newstate;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:__u16 sport;\toffset:20;\tsize:2;\tsigned:0;\n"
	"\tfield:__u8 saddr[4];\toffset:22;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"nostate=%d\", REC->newstate\n";

START_TEST(tracepoints)
{
	char dir[PATH_MAX];
	int fd;

	temp_dir(dir);
	small_kernel.env.tracefs = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert(!mkdirat(small_kernel.env.tracefs, "events", 0700) &&
		  !mkdirat(small_kernel.env.tracefs, "events/a", 0700) &&
		  !mkdirat(small_kernel.env.tracefs, "events/a/seen", 0700));
	fd = openat(small_kernel.env.tracefs, "events/a/seen/format", O_CREAT | O_WRONLY,
		    0600);
	ck_assert_int_eq(write(fd, format, strlen(format)), strlen(format));
	close(fd);
	at("tracepoint:a/seen");
	is("args.newstate", FROM_FIELD, SHAPE_S64, 0);
	is("args.sport", FROM_FIELD, SHAPE_U64, 0);
	is("args.sk:sock.sk_err", FROM_FIELD, SHAPE_S64, 0);
	is("lport", FROM_FIELD, SHAPE_U64, THEN_LPORT);
	ck_assert_str_eq(v.field, "sk");
	bad("args.newstat", "no field 'newstat' in tracepoint a/seen; did you "
	    "mean newstate?");
	bad("args.nostate", "no field 'nostate' in tracepoint a/seen; did you "
	    "mean newstate?");
	bad("args.xyzzy", "no field 'xyzzy' in tracepoint a/seen");
	bad("args.saddr", "field 'saddr' of tracepoint a/seen is no number");
	at("kprobe:tcp_v4_fill");
	bad("args.sport", "'args.sport' is for tracepoints; kprobe:tcp_v4_fill "
	    "has arg0 to arg9");
	ck_assert(!unlinkat(small_kernel.env.tracefs, "events/a/seen/format", 0) &&
		  !unlinkat(small_kernel.env.tracefs, "events/a/seen", AT_REMOVEDIR) &&
		  !unlinkat(small_kernel.env.tracefs, "events/a", AT_REMOVEDIR) &&
		  !unlinkat(small_kernel.env.tracefs, "events", AT_REMOVEDIR) &&
		  !rmdir(dir));
}
END_TEST

/* ---- hooks ------------------------------------------------------------ */

static void bad_hook(const char *word, const char *want)
{
	struct ask_hooks l = { .n = 0 };

	ck_assert_int_eq(ask_hooks_parse(&l, word, &small_kernel.env, &err), -EINVAL);
	ck_assert_str_eq(err.msg, want);
	ck_assert_uint_eq(l.n, 0);
	ask_hooks_free(&l);
}

/* One line, whatever the word is: nothing that a terminal obeys, and the
 * reason is not lost behind a long one. */
START_TEST(wrong_hooks)
{
	char word[300], want[300];

	bad_hook("k:a\nb\033[1m", "'k:a?b?[1m' is no hook: no name behind the "
		 "colon");
	bad_hook("u:sh:main", "'u:sh:main' is no hook: want /PATH:FUNCTION");
	bad_hook("rt:tcp_*", "'rt:tcp_*' is no hook: raw tracepoints are named "
		 "one by one");
	memset(word, 'a', sizeof(word));
	memcpy(word, "t:sock:", 7);
	word[sizeof(word) - 1] = '\0';
	snprintf(want, sizeof(want), "'%.80s' is no hook: no tracepoint's "
		 "name is so long", word);
	bad_hook(word, want);
}
END_TEST

Suite *suite_ask(void)
{
	Suite *s = suite_create("ask");
	TCase *tc = tcase_create("ask");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, plain);
	tcase_add_test(tc, unknown_lists);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, fields);
	tcase_add_test(tc, users_fields);
	tcase_add_test(tc, wrong_fields);
	tcase_add_test(tc, by_prototype);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, said);
	tcase_add_test(tc, netns);
	tcase_add_test(tc, tracepoints);
	tcase_add_test(tc, wrong_hooks);
	suite_add_tcase(s, tc);
	return s;
}
