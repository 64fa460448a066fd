/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * struct probe: the arguments of every kind of hook, on every machine.
 */
#include "t/link_kit.h"

Suite *suite_link_probe(void);

static const char format[] =
	"name: inet_sock_set_state\n"
	"ID: 1234\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;\n"
	"\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;\n"
	"\tfield:__u8 daddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;\n"
	"\tfield:u64 odd;\toffset:60;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] dev;\toffset:68;\tsize:4;\tsigned:0;\n"
	"\n"
	"print fmt: \"\"\n";

static void hook(int kind, const char *target, const char *args)
{
	kit.hook = (struct hook){
		.kind = (uint8_t)kind, .target = target, .args = args,
	};
	kit.in.hook = &kit.hook;
	kit.target.format = format;
	kit.target.format_len = sizeof(format) - 1;
}

static struct spec_prog *reads(const char *member)
{
	kit.spec.nprogs = 0;
	as_arg(A, 0, 1, member);
	as_exit(A);
	return kit_end("main");
}

/* The context load of @member is @load. */
static void is(const char *member, const char *load)
{
	char text[100];

	snprintf(text, sizeof(text), "r0 = %s\nexit\n", load);
	expect(reads(member), text);
}

static void on(const char *machine, int word_size, bool big_endian)
{
	kit.target.machine = machine;
	kit.target.word_size = (uint8_t)word_size;
	kit.target.big_endian = big_endian;
}

START_TEST(registers)
{
	static const int kinds[] = { HOOK_KPROBE, HOOK_UPROBE };
	size_t i;

	for (i = 0; i < 2; i++) {
		hook(kinds[i], "f", "sk - len");
		on("x86_64", 8, false);
		is("sk", "*(u64 *)(r1 +112)");
		is("len", "*(u64 *)(r1 +96)");
		on("aarch64", 8, false);
		is("sk", "*(u64 *)(r1 +0)");
		is("len", "*(u64 *)(r1 +16)");
		on("s390x", 8, true);
		is("sk", "*(u64 *)(r1 +40)");
		is("len", "*(u64 *)(r1 +56)");
		on("riscv64", 8, false);
		is("len", "*(u64 *)(r1 +96)");
		on("mips64", 8, true);
		is("sk", "*(u64 *)(r1 +32)");
		/* 32 bits wide */
		on("armv7l", 4, false);
		is("sk", "*(u32 *)(r1 +0)");
		is("len", "*(u32 *)(r1 +8)");
		on("mips", 4, true);
		is("len", "*(u32 *)(r1 +56)");
	}
	/* of the kernel alone; see test_link_stack.c */
	hook(HOOK_KPROBE, "f", "sk - len");
	on("i686", 4, false);
	is("sk", "*(u32 *)(r1 +24)");
	is("len", "*(u32 *)(r1 +4)");
}
END_TEST

START_TEST(returns)
{
	static const int kinds[] = {
		HOOK_KRETPROBE, HOOK_URETPROBE, HOOK_KPROBE,
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		hook(kinds[i], "f", "err=ret");
		on("x86_64", 8, false);
		is("err", "*(u64 *)(r1 +80)");
		on("s390x", 8, true);
		is("err", "*(u64 *)(r1 +40)");
		on("armv7l", 4, false);
		is("err", "*(u32 *)(r1 +0)");
	}
	hook(HOOK_KRETPROBE, "f", " ret ");
	is("ret", "*(u32 *)(r1 +0)");
}
END_TEST

START_TEST(slots)
{
	static const int kinds[] = {
		HOOK_RAW_TRACEPOINT, HOOK_TP_BTF, HOOK_FENTRY, HOOK_FEXIT,
	};
	size_t i;

	for (i = 0; i < 4; i++) {
		hook(kinds[i], "f", "sk - len");
		on("x86_64", 8, false);
		is("sk", "*(u64 *)(r1 +0)");
		is("len", "*(u64 *)(r1 +16)");
		/* as wide on 32-bit machines */
		on("mips", 4, true);
		is("len", "*(u64 *)(r1 +16)");
	}
	hook(HOOK_FEXIT, "f", "sk err=ret");
	is("sk", "*(u64 *)(r1 +0)");
	is("err", "*(u64 *)(r1 +24)");
	/* behind them is what is returned */
	hook(HOOK_FEXIT, "f", "- - - more");
	fails(reads("more"), ENODATA, "p.c:100: struct probe:more: f has 3 "
	      "arguments");
	hook(HOOK_FEXIT, "f", "ret");
	kit.func_args = 0;
	is("ret", "*(u64 *)(r1 +0)");
	hook(HOOK_RAW_TRACEPOINT, "sys_exit", "regs ret");
	is("ret", "*(u64 *)(r1 +8)");
	hook(HOOK_FEXIT, "f", "sk err=ret");
	kit.func_args = -ENOENT;
	fails(reads("err"), ENODATA, "p.c:100: struct probe:err: how many "
	      "arguments f has is not known");
}
END_TEST

START_TEST(tracepoints)
{
	hook(HOOK_TRACEPOINT, "sock/inet_sock_set_state",
	     "sk=skaddr oldstate port=sport  addr=saddr a6=daddr_v6 odd dev "
	     "pid=common_pid gone=nosuch");
	is("sk", "*(u64 *)(r1 +8)");
	is("oldstate", "*(u32 *)(r1 +16)");
	is("port", "*(u16 *)(r1 +24)");
	is("addr", "*(u32 *)(r1 +32)");
	is("dev", "*(u32 *)(r1 +68)");
	fails(reads("a6"), ENODATA, "p.c:100: struct probe:a6 has 16 bytes, "
	      "which cannot be loaded at once");
	fails(reads("odd"), ENODATA, "p.c:100: struct probe:odd stands at "
	      "offset 60, which 8 bytes cannot be loaded from");
	fails(reads("pid"), ENODATA, "p.c:100: struct probe:pid: common_pid "
	      "is among the first bytes of tracepoint "
	      "sock/inet_sock_set_state, which cannot be read");
	fails(reads("gone"), ENODATA, "p.c:100: struct probe:gone: tracepoint "
	      "sock/inet_sock_set_state has no field nosuch");
	fails(reads("skaddr"), ENODATA, "p.c:100: struct probe:skaddr is not "
	      "bound by tracepoint sock/inet_sock_set_state");
	/* the hidden part is a pointer wide */
	on("mips", 4, true);
	is("pid", "*(u32 *)(r1 +4)");
	kit.target.format = NULL;
	fails(reads("sk"), ENODATA, "p.c:100: struct probe:sk: the format of "
	      "tracepoint sock/inet_sock_set_state is not known");
}
END_TEST

START_TEST(not_there)
{
	/* (those that a function gets on the stack: test_link_stack.c) */
	hook(HOOK_KPROBE, "f", "- - - - - - - - - - - - - - - - - - - - "
	     "- - - - - - - - - - - - - - - - - - - - - - - - a");
	on("x86_64", 8, false);
	fails(reads("a"), ENODATA, "p.c:100: struct probe:a: argument 45 of "
	      "kprobe f is passed on the stack on x86_64");
	hook(HOOK_KPROBE, "f", "a b c d e f7 g");
	on("vax", 4, false);
	fails(reads("a"), ENODATA, "p.c:100: struct probe:a: the argument "
	      "registers of vax are not known");
	fails(reads("z"), ENODATA,
	      "p.c:100: struct probe:z is not bound by kprobe f");
	fails(reads("-"), ENODATA,
	      "p.c:100: struct probe:- is not bound by kprobe f");
	kit.hook.args = NULL;
	fails(reads("a"), ENODATA,
	      "p.c:100: struct probe:a is not bound by kprobe f");
	kit.in.hook = NULL;
	fails(reads("a"), EINVAL,
	      "p.c:100: struct probe:a: no hook is given");
}
END_TEST

START_TEST(bad_args)
{
	static const struct { int kind; const char *args, *text; } bad[] = {
		{ HOOK_KRETPROBE, "sk", "kretprobe f: cannot bind the "
		  "argument sk" },
		{ HOOK_KPROBE, "sk=skaddr", "kprobe f: cannot bind the "
		  "argument sk=skaddr" },
		{ HOOK_RAW_TRACEPOINT, "sk=ret", "raw_tracepoint f: cannot "
		  "bind the argument sk=ret" },
		{ HOOK_TRACEPOINT, "sk=", "tracepoint f: cannot bind the "
		  "argument sk=" },
		{ HOOK_TRACEPOINT, "=sk", "tracepoint f: cannot bind the "
		  "argument =sk" },
		{ HOOK_PERF_EVENT, "sk", "perf_event f: cannot bind the "
		  "argument sk" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hook(bad[i].kind, "f", bad[i].args);
		fails(reads("x"), EINVAL, bad[i].text);
	}
}
END_TEST

static void ask(int core, const char *member, int class, uint32_t size)
{
	as_core_(A, core, 0, "struct probe___v2", member);
	A->relocs[A->nrelocs - 1].local_class = (uint8_t)class;
	A->relocs[A->nrelocs - 1].local_size = size;
	as_exit(A);
}

#define answers(core_, member_, listing_) do {				\
	kit.spec.nprogs = 0;						\
	ask(core_, member_, FIELD_UNSIGNED, 8);				\
	expect(kit_end("main"), listing_);				\
} while (0)

START_TEST(questions)
{
	hook(HOOK_KPROBE, "f", "sk");
	on("armv7l", 4, false);
	answers(CORE_FIELD_EXISTS, "sk", "r0 = 1\nexit\n");
	answers(CORE_FIELD_EXISTS, "skb", "r0 = 0\nexit\n");
	answers(CORE_FIELD_BYTE_SIZE, "sk", "r0 = 4\nexit\n");
	answers(CORE_FIELD_SIGNED, "sk", "r0 = 0\nexit\n");
	answers(CORE_FIELD_RSHIFT_U64, "sk", "r0 = 32\nexit\n");
	answers(CORE_TYPE_EXISTS, "", "r0 = 1\nexit\n");
	kit.spec.nprogs = 0;
	ask(CORE_TYPE_SIZE, "", 0, 0);
	fails(kit_end("main"), EINVAL,
	      "p.c:100: struct probe: cannot be asked of struct probe");
}
END_TEST

START_TEST(addresses)
{
	hook(HOOK_TRACEPOINT, "a/b", "addr=daddr_v6 sport");
	kit.spec.nprogs = 0;
	ask(CORE_FIELD_BYTE_OFFSET, "addr", FIELD_ARRAY, 32);
	expect(kit_end("main"), "r0 = 40\nexit\n");
	kit.spec.nprogs = 0;
	ask(CORE_FIELD_BYTE_OFFSET, "sport", FIELD_UNSIGNED, 2);
	expect(kit_end("main"), "r0 = 24\nexit\n");
	kit.spec.nprogs = 0;
	ask(CORE_FIELD_BYTE_OFFSET, "sport", FIELD_UNSIGNED, 8);
	fails(kit_end("main"), EOPNOTSUPP, "p.c:100: struct probe:sport has "
	      "2 bytes, not 8, and its address is taken");
	kit.spec.nprogs = 0;
	ask(CORE_FIELD_BYTE_OFFSET, "sport", FIELD_UNSIGNED, 8);
	A->insns[0].code = BPF_ST | BPF_MEM | BPF_DW;
	fails(kit_end("main"), EINVAL,
	      "p.c:100: struct probe:sport cannot be written");
}
END_TEST

/* What a program does without an argument that the hook does not have. */
START_TEST(optional)
{
	static const char with[] =
		"r0 = *(u64 *)(r1 +104)\n"
		"exit\n";
	int no = as_label(A);
	struct spec_prog *p;

	as_movi(A, 0, 77);
	as_core_(A, CORE_FIELD_EXISTS, 2, "struct probe___state", "old");
	as_jmpi(A, BPF_JEQ, 2, 0, no);
	as_arg(A, 0, 1, "old");
	as_place(A, no);
	as_exit(A);
	p = kit_end("main");
	hook(HOOK_KPROBE, "f", "sk old");
	expect(p, with);
	kit.hook.args = "sk";
	expect(p, "r0 = 77\nexit\n");
}
END_TEST

Suite *suite_link_probe(void)
{
	const TTest *const tests[] = {
		registers, returns, slots, tracepoints, not_there, bad_args,
		questions, addresses, optional,
	};
	Suite *s = suite_create("link_probe");
	TCase *tc = tcase_create("probe");
	size_t i;

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}
