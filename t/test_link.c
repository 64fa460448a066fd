/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The linker: what it patches, refuses and says.  (test_link_fold.c: what it
 * makes of code.)
 */
#include "t/link_kit.h"

Suite *suite_link(void);

/* ---- constants -------------------------------------------------------- */

START_TEST(constants)
{
	as_ldconst(A, 1, "small");
	as_stx(A, BPF_DW, 10, -8, 1);
	as_ldconst(A, 2, "big");
	as_stx(A, BPF_DW, 10, -16, 2);
	as_ldconst(A, 3, "edge");
	as_stx(A, BPF_DW, 10, -24, 3);
	as_movi(A, 0, 0);
	as_exit(A);
	kit_const("edge", 0x80000000);
	kit_const("small", 0x7fffffff);
	kit_const("big", 0x123456789abcdef0);
	expect(kit_end("main"),
	       "r1 = 2147483647\n"
	       "*(u64 *)(r10 -8) = r1\n"
	       "r2 = 0x123456789abcdef0\n"
	       "*(u64 *)(r10 -16) = r2\n"
	       "r3 = 0x80000000\n"
	       "*(u64 *)(r10 -24) = r3\n"
	       "r0 = 0\n"
	       "exit\n");
}
END_TEST

START_TEST(constant_missing)
{
	struct spec_prog *p;

	as_movi(A, 0, 0);
	as_ldconst(A, 0, "cfg_pid");
	as_exit(A);
	p = kit_end("main");
	kit_const("cfg_pi", 1);
	fails(p, ENOENT, "p.c:101: constant cfg_pid is not given");
	p->nlines = 0;
	fails(p, ENOENT,
	      "main, instruction 1: constant cfg_pid is not given");
}
END_TEST

START_TEST(maps)
{
	const struct line *l;
	int out = as_label(A);

	as_ldconst(A, 1, "off");
	as_jmpi(A, BPF_JEQ, 1, 0, out);
	as_ldmap(A, 1, "unwanted");
	as_stx(A, BPF_DW, 10, -8, 1);
	as_place(A, out);
	as_ldmap(A, 2, "events");
	as_stx(A, BPF_DW, 10, -8, 2);
	as_ldmap(A, 3, ".bss");
	as_stx(A, BPF_DW, 10, -8, 3);
	as_movi(A, 0, 0);
	as_exit(A);
	A->relocs[3].kind = RELOC_DATA;
	A->relocs[3].addend = 24;
	kit_const("off", 0);
	expect(kit_end("main"),
	       "r2 = map[fd:0]\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r3 = map[fd:0][0]+24\n"
	       "*(u64 *)(r10 -8) = r3\n"
	       "r0 = 0\n"
	       "exit\n");
	ck_assert_uint_eq(kit.out.nrelocs, 2);
	ck_assert_str_eq(kit.out.relocs[0].name, "events");
	ck_assert_uint_eq(kit.out.relocs[0].insn, 0);
	ck_assert_int_eq(kit.out.relocs[0].kind, RELOC_MAP);
	ck_assert_str_eq(kit.out.relocs[1].name, ".bss");
	ck_assert_uint_eq(kit.out.relocs[1].insn, 3);
	ck_assert_int_eq(kit.out.relocs[1].kind, RELOC_DATA);
	ck_assert_uint_eq(kit.out.relocs[1].addend, 24);
	/* lines follow: 6 is events, 8 its store, 9 .bss ... */
	ck_assert_uint_eq(kit.out.nlines, 6);
	l = kit.out.lines;
	ck_assert_uint_eq(l[0].insn, 0);
	ck_assert_uint_eq(l[0].line, 106);
	ck_assert_str_eq(l[0].file, "p.c");
	ck_assert_uint_eq(l[1].insn, 2);
	ck_assert_uint_eq(l[1].line, 108);
	ck_assert_uint_eq(l[5].insn, 7);
	ck_assert_uint_eq(l[5].line, 113);
}
END_TEST

START_TEST(line_texts)
{
	static const struct spec_line lines[] = { { 1, 0, 7 }, { 2, 0, 7 },
						  { 4, 0, 9 } };
	static const char *const texts[] = { "seven", "seven", "nine" };
	struct spec_prog *p;

	as_movi(A, 0, 0);		/* before the first line: unknown */
	as_movi(A, 1, 1);
	as_stx(A, BPF_DW, 10, -8, 1);
	as_movi(A, 1, 2);
	as_stx(A, BPF_DW, 10, -8, 1);
	as_exit(A);
	p = kit_end("main");
	p->lines = lines;
	p->texts = texts;
	p->nlines = 3;
	ck_assert_int_eq(kit_link(p), 0);
	ck_assert_uint_eq(kit.out.nlines, 2);
	ck_assert_uint_eq(kit.out.lines[0].insn, 1);
	ck_assert_uint_eq(kit.out.lines[0].line, 7);
	ck_assert_str_eq(kit.out.lines[0].text, "seven");
	ck_assert_uint_eq(kit.out.lines[1].insn, 4);
	ck_assert_str_eq(kit.out.lines[1].text, "nine");
}
END_TEST

/* ---- CO-RE ------------------------------------------------------------ */

START_TEST(core_values)
{
	as_mov(A, 6, 1);
	as_field(A, 1, "struct sock___old", "port");
	as_alu(A, BPF_ADD, 6, 1);
	as_stx(A, BPF_DW, 10, -8, 6);
	as_field_size(A, 2, "struct sock", "next");
	as_stx(A, BPF_DW, 10, -8, 2);
	as_core_(A, CORE_FIELD_SIGNED, 3, "struct sock", "err");
	as_stx(A, BPF_DW, 10, -8, 3);
	as_core_(A, CORE_TYPE_SIZE, 3, "struct sock", "");
	as_stx(A, BPF_DW, 10, -8, 3);
	as_core_(A, CORE_TYPE_ID_LOCAL, 3, "struct sock", "");
	as_stx(A, BPF_DW, 10, -8, 3);
	as_ldconst(A, 3, "struct sock");
	as_stx(A, BPF_DW, 10, -8, 3);
	as_movi(A, 0, 0);
	as_exit(A);
	A->relocs[4].type_id = 77;
	A->relocs[5].kind = RELOC_CORE;
	A->relocs[5].core = CORE_FIELD_RSHIFT_U64;
	A->relocs[5].path = "bits";
	A->relocs[5].local_bitfield = 1;
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r6 += 12\n"
	       "*(u64 *)(r10 -8) = r6\n"
	       "r2 = 4\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r3 = 1\n"
	       "*(u64 *)(r10 -8) = r3\n"
	       "r3 = 760\n"
	       "*(u64 *)(r10 -8) = r3\n"
	       "r3 = 77\n"
	       "*(u64 *)(r10 -8) = r3\n"
	       "r3 = 62\n"
	       "*(u64 *)(r10 -8) = r3\n"
	       "r0 = 0\n"
	       "exit\n");
}
END_TEST

START_TEST(core_widths)
{
	/* as wide here as there; narrower: pointers and unsigned only */
	kit_ldx(BPF_H, 2, 1, "struct sock", "port", FIELD_UNSIGNED, 2);
	as_stx(A, BPF_DW, 10, -8, 2);
	kit_ldx(BPF_DW, 2, 1, "struct sock", "next", FIELD_POINTER, 8);
	as_stx(A, BPF_DW, 10, -8, 2);
	kit_ldx(BPF_DW, 2, 1, "struct sock", "port", FIELD_UNSIGNED, 8);
	as_stx(A, BPF_DW, 10, -8, 2);
	kit_ldx(BPF_W, 2, 1, "struct sock", "err", FIELD_SIGNED, 4);
	as_stx(A, BPF_DW, 10, -8, 2);
	as_movi(A, 0, 0);
	as_exit(A);
	expect(kit_end("main"),
	       "r2 = *(u16 *)(r1 +12)\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r2 = *(u32 *)(r1 +24)\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r2 = *(u16 *)(r1 +12)\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r2 = *(u32 *)(r1 +32)\n"
	       "*(u64 *)(r10 -8) = r2\n"
	       "r0 = 0\n"
	       "exit\n");
}
END_TEST

/* A load of @path that must fail with @text. */
static void bad_load(int size, const char *path, int class, uint32_t bytes,
		     int no, const char *text)
{
	struct spec_prog *p;

	kit_setup();
	kit_ldx(size, 0, 1, "struct sock", path, class, bytes);
	as_exit(A);
	p = kit_end("main");
	fails(p, no, text);
	kit_teardown();
}

START_TEST(core_widths_refused)
{
	bad_load(BPF_DW, "err", FIELD_SIGNED, 8, ENODATA,
		 "p.c:100: struct sock:err has another type in this kernel "
		 "(4 bytes, not 8)");
	bad_load(BPF_DW, "next", FIELD_UNSIGNED, 8, ENODATA,
		 "p.c:100: struct sock:next has another type in this kernel "
		 "(4 bytes, not 8)");
	bad_load(BPF_W, "bits", FIELD_UNSIGNED, 4, ENODATA,
		 "p.c:100: struct sock:bits is a bitfield only here or there");
	bad_load(BPF_W, "next", FIELD_POINTER, 8, EINVAL,
		 "p.c:100: struct sock:next: accessed with 4 bytes, has 8");
	bad_load(BPF_W, "far", FIELD_UNSIGNED, 4, ERANGE,
		 "p.c:100: struct sock:far: 40000 does not fit in this "
		 "instruction");
}
END_TEST

START_TEST(core_stores)
{
	as_movi(A, 2, 5);
	kit_ldx(BPF_DW, 1, 2, "struct sock", "next", FIELD_POINTER, 8);
	A->insns[1].code = BPF_STX | BPF_MEM | BPF_DW;
	as_movi(A, 0, 0);
	as_exit(A);
	expect(kit_end("main"),
	       "r2 = 5\n"
	       "*(u32 *)(r1 +24) = r2\n"
	       "r0 = 0\n"
	       "exit\n");
}
END_TEST

START_TEST(core_wrong_place)
{
	struct spec_prog *p;

	as_movi(A, 0, 1);
	as_field(A, 0, "struct sock", "port");
	as_exit(A);
	A->insns[1].code = BPF_ALU64 | BPF_MOV | BPF_X;
	p = kit_end("main");
	fails(p, EINVAL, "p.c:101: struct sock:port: no place for it in this "
	      "instruction");
}
END_TEST

START_TEST(core_disagree)
{
	as_field(A, 0, "struct quarrel___v2", "x");
	as_exit(A);
	A->insns[0].imm = 0;
	kit_end("main");
	fails(&kit.progs[0], ENOTUNIQ,
	      "p.c:100: struct quarrel:x: candidates disagree");
}
END_TEST

/* ---- poison ----------------------------------------------------------- */

static struct spec_prog *guarded(const char *type, bool guard)
{
	int out = as_label(A);

	as_movi(A, 6, 7);
	as_movi(A, 0, 0);
	as_field_exists(A, 2, type, "ghost");
	if (guard)
		as_jmpi(A, BPF_JEQ, 2, 0, out);
	as_field(A, 3, type, "ghost");
	as_alu(A, BPF_ADD, 1, 3);
	as_ldx(A, BPF_W, 0, 1, 0);
	as_place(A, out);
	as_exit(A);
	return kit_end("main");
}

START_TEST(poison_unreachable)
{
	expect(guarded("struct sock", true), "r0 = 0\nexit\n");
}
END_TEST

START_TEST(poison_reachable)
{
	fails(guarded("struct sock___new", false), ENODATA,
	      "p.c:103: struct sock:ghost is not in this kernel");
	ck_assert_str_eq(kit.e.hint, "");
}
END_TEST

START_TEST(poison_unknown_type)
{
	static const char hint[] =
		"nothing here knows this type: give the kernel's types with "
		"--btf FILE or --fields FILE";

	fails(guarded("struct mystery", false), ENODATA,
	      "p.c:103: struct mystery:ghost is not in this kernel");
	ck_assert_str_eq(kit.e.hint, hint);
	kit.target.fields = NULL;
	fails(&kit.progs[0], ENODATA,
	      "p.c:103: struct mystery:ghost is not in this kernel");
	ck_assert_str_eq(kit.e.hint, hint);
}
END_TEST

/* What is not used need not exist. */
START_TEST(poison_unused)
{
	kit_ldx(BPF_W, 3, 1, "struct sock", "ghost", FIELD_UNSIGNED, 4);
	as_alui(A, BPF_ADD, 3, 4);
	as_movi(A, 0, 0);
	as_exit(A);
	expect(kit_end("main"), "r0 = 0\nexit\n");
}
END_TEST

/* ---- helpers ---------------------------------------------------------- */

START_TEST(older_helpers)
{
	static const int ids[] = { 112, 113, 114, 115, 5 };
	struct spec_prog *p;
	size_t i;

	for (i = 0; i < 5; i++)
		as_call(A, ids[i]);
	as_movi(A, 0, 0);
	as_exit(A);
	p = kit_end("main");
	expect(p,
	       "call bpf_probe_read_user#112\n"
	       "call bpf_probe_read_kernel#113\n"
	       "call bpf_probe_read_user_str#114\n"
	       "call bpf_probe_read_kernel_str#115\n"
	       "call bpf_ktime_get_ns#5\n"
	       "r0 = 0\n"
	       "exit\n");
	kit.target.no_probe_read_kernel = true;
	expect(p,
	       "call bpf_probe_read#4\n"
	       "call bpf_probe_read#4\n"
	       "call bpf_probe_read_str#45\n"
	       "call bpf_probe_read_str#45\n"
	       "call bpf_ktime_get_ns#5\n"
	       "r0 = 0\n"
	       "exit\n");
}
END_TEST

/* ---- broken programs -------------------------------------------------- */

static const struct bpf_insn mov0 = {
	.code = BPF_ALU64 | BPF_MOV | BPF_K,
}, ret = {
	.code = BPF_JMP | BPF_EXIT,
};

static struct spec_prog *with(struct bpf_insn first)
{
	struct bpf_insn code[3] = { first, mov0, ret };

	kit.spec.nprogs = 0;
	return kit_raw("main", code, 3);
}

#define INSN(c, d, s, o, i) ((struct bpf_insn){				\
	.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

START_TEST(broken)
{
	struct spec_prog *p;
	struct reloc r = { .insn = 1, .kind = RELOC_CONST, .name = "x" };

	fails(with(INSN(0x00, 0, 0, 0, 0)), EINVAL,
	      "p.c:100: unknown instruction 0x00");
	fails(with(INSN(0xe5, 0, 0, 1, 0)), EINVAL,
	      "p.c:100: unknown instruction 0xe5");
	fails(with(INSN(0xdb, 1, 2, 0, 0x100)), EINVAL,
	      "p.c:100: unknown instruction 0xdb");
	fails(with(INSN(0xbf, 11, 0, 0, 0)), EINVAL,
	      "p.c:100: no such register");
	fails(with(INSN(0xb7, 10, 0, 0, 0)), EINVAL,
	      "p.c:100: r10 cannot be written");
	fails(with(INSN(0x18, 10, 0, 0, 0)), EINVAL,
	      "p.c:100: r10 cannot be written");
	fails(with(INSN(0x05, 0, 0, 2, 0)), EINVAL,
	      "p.c:100: jump out of the program");
	fails(with(INSN(0x05, 0, 0, -2, 0)), EINVAL,
	      "p.c:100: jump out of the program");
	fails(with(INSN(0x18, 0, 0, 0, 0)), EINVAL,
	      "p.c:100: half a 64-bit load");
	fails(with(INSN(0x85, 0, 1, 0, 5)), EINVAL,
	      "p.c:100: call of a function without a name");
	fails(with(INSN(0x85, 0, 3, 0, 5)), EINVAL,
	      "p.c:100: unknown kind of call");
	p = with(mov0);
	p->ninsns = 2;
	fails(p, EINVAL, "p.c:101: runs off its end");
	p->ninsns = 0;
	fails(p, E2BIG, "main: has 0 instructions");
	p->ninsns = 3;
	p->relocs = &r;
	p->nrelocs = 1;
	fails(p, EINVAL, "p.c:101: x: not a 64-bit load");
	r.kind = RELOC_FUNC;
	fails(p, EINVAL, "p.c:101: x: not a call");
	r.kind = 99;
	fails(p, EINVAL, "p.c:101: relocation of kind 99");
	r.insn = 3;
	fails(p, EINVAL, "main: relocation 0 is broken");
}
END_TEST

START_TEST(jump_into_ld64)
{
	struct bpf_insn code[] = {
		INSN(0x05, 0, 0, 1, 0), INSN(0x18, 0, 0, 0, 1),
		INSN(0, 0, 0, 0, 1), ret,
	};

	fails(kit_raw("main", code, 4), EINVAL,
	      "p.c:100: jump out of the program");
}
END_TEST

START_TEST(function_pointer)
{
	as_ldmap(A, 0, "on_each");
	as_exit(A);
	A->relocs[0].kind = RELOC_FUNC_PTR;
	fails(kit_end("main"), EOPNOTSUPP, "p.c:100: on_each: functions "
	      "cannot be passed to helpers");
}
END_TEST

/* ---- names ------------------------------------------------------------ */

START_TEST(core_names)
{
	const char *names[8] = { "inode" };

	as_field(A, 1, "struct sock", "a");
	as_field(A, 1, "struct sock___old", "a");
	as_field(A, 1, "struct probe___x", "a");
	as_field(A, 1, "enum tcp_state", "A");
	as_ldmap(A, 1, "a_map");
	as_movi(A, 0, 0);
	as_exit(A);
	kit_end("one");
	as_field(A, 1, "struct inode", "a");
	as_field(A, 1, "unsigned int", "");
	as_field(A, 1, "u64", "");
	as_exit(A);
	kit_end("two");
	ck_assert_uint_eq(link_core_names(&kit.spec, names, 1, 8), 5);
	ck_assert_str_eq(names[1], "sock");
	ck_assert_str_eq(names[2], "tcp_state");
	ck_assert_str_eq(names[3], "unsigned int");
	ck_assert_str_eq(names[4], "u64");
	ck_assert_uint_eq(link_core_names(&kit.spec, names, 0, 2), 2);
}
END_TEST

/* ---- hooks and errors ------------------------------------------------- */

static void hook_is(const char *text, int kind, const char *target)
{
	struct hook h = { .kind = 99 };

	ck_assert_int_eq(hook_parse(&h, text), 0);
	ck_assert_int_eq(h.kind, kind);
	ck_assert_str_eq(h.target, target);
	ck_assert_str_eq(h.args, "");
}

START_TEST(hooks)
{
	static const char *const bad[] = {
		"", "kprobe", "kprobe:", "kprobe/", "kprob:x", "tp:x",
		"tp:/x", "tp:a/", "tp:a/b/c", "tp:../x", "tp:a/../b", "tp:a/.",
		"uprobe:/bin/sh", "uprobe:/bin/sh:", "uprobe::x", "none:x",
		"kprobe:a b", "fentry.s/x", "kprobe/a/b", "kprobe:f+x",
		"kprobe:f+", "kprobe:f+8x", "kretprobe:f+8+8", "kprobe:+8",
		"kprobe:f+-8", "uprobe:/x:f+x", "uprobe:/x:0x10zz",
		"uprobe:/x:99999999999999999999", "uretprobe:/x:f+",
		"perf_event:cpu-clock:zz", "perf_event:cpu-clockX:9",
		"perf_event:cpu-clock:", "perf_event:cycles",
	};
	struct hook h = { .kind = 99 };
	size_t i;

	hook_is("kprobe:tcp_connect", HOOK_KPROBE, "tcp_connect");
	hook_is("kprobe/tcp_connect+0x10", HOOK_KPROBE, "tcp_connect+0x10");
	hook_is("kretprobe/f", HOOK_KRETPROBE, "f");
	hook_is("tracepoint/a/b", HOOK_TRACEPOINT, "a/b");
	hook_is("tracepoint:a/b", HOOK_TRACEPOINT, "a/b");
	hook_is("tp/a/b", HOOK_TRACEPOINT, "a/b");
	hook_is("raw_tp/x", HOOK_RAW_TRACEPOINT, "x");
	hook_is("raw_tracepoint:x", HOOK_RAW_TRACEPOINT, "x");
	hook_is("tp_btf/x", HOOK_TP_BTF, "x");
	hook_is("fentry/x", HOOK_FENTRY, "x");
	hook_is("fexit:x", HOOK_FEXIT, "x");
	hook_is("uprobe//lib/libc.so.6:getaddrinfo", HOOK_UPROBE,
		"/lib/libc.so.6:getaddrinfo");
	hook_is("uretprobe:/a:b:0x12", HOOK_URETPROBE, "/a:b:0x12");
	hook_is("uprobe:/x:f+0x10", HOOK_UPROBE, "/x:f+0x10");
	hook_is("perf_event:cpu-clock:99", HOOK_PERF_EVENT, "cpu-clock:99");
	hook_is("perf_event:cpu-clock", HOOK_PERF_EVENT, "cpu-clock");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(hook_parse(&h, bad[i]) == -EINVAL, "%s", bad[i]);
		ck_assert_int_eq(h.kind, 99);
	}
	ck_assert_str_eq(hook_kind_name(HOOK_RAW_TRACEPOINT),
			 "raw_tracepoint");
	ck_assert_str_eq(hook_kind_name(HOOK_NONE), "none");
	ck_assert_str_eq(hook_kind_name(-1), "none");
	ck_assert_str_eq(hook_kind_name(1000), "none");
}
END_TEST

START_TEST(errors)
{
	struct err e = { 0 };
	int i;

	ck_assert_int_eq(err_set(&e, EPERM, "write %s", "x"), -EPERM);
	ck_assert_str_eq(e.msg, "write x: Operation not permitted");
	ck_assert_int_eq(err_wrap(&e, "attach %s", "f"), -EPERM);
	ck_assert_str_eq(e.msg,
			 "attach f: write x: Operation not permitted");
	err_hint(&e, "be %s", "root");
	err_hint(&e, "be patient");
	ck_assert_str_eq(e.hint, "be root");
	for (i = 0; i < 200; i++)
		err_wrap(&e, "once %d more", i);
	ck_assert_uint_eq(strlen(e.msg), sizeof(e.msg) - 1);
	ck_assert_int_eq(err_set(&e, 0, "no number"), -EINVAL);
	ck_assert_str_eq(e.msg, "no number");
	ck_assert_int_eq(e.no, EINVAL);
	ck_assert_str_eq(e.hint, "");
	ck_assert_int_eq(err_set(&e, 524, "attach"), -524);
	ck_assert_str_eq(e.msg, "attach: Not supported by the kernel");
}
END_TEST

Suite *suite_link(void)
{
	const TTest *const tests[] = {
		constants, constant_missing, maps, line_texts, core_values,
		core_widths, core_widths_refused, core_stores,
		core_wrong_place, core_disagree, poison_unreachable,
		poison_reachable, poison_unknown_type, poison_unused,
		older_helpers, broken, jump_into_ld64, function_pointer,
		core_names, hooks, errors,
	};
	Suite *s = suite_create("link");
	TCase *tc = tcase_create("patch");
	size_t i;

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}
