/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The linker's lint: what a kernel of some version would refuse.
 */
#include "loader/link_int.h"
#include "t/link_kit.h"

Suite *suite_link_lint(void);

#define INSN(c, d, s, o, i) ((struct bpf_insn){				\
	.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

static struct spec_prog *with(struct bpf_insn x)
{
	struct bpf_insn code[] = {
		INSN(0xbf, 6, 1, 0, 0), INSN(0xb7, 0, 0, 0, 1),
		INSN(0x79, 2, 1, 0, 0), x,
		INSN(0x7b, 6, 2, 0, 0), INSN(0x7b, 6, 0, 0, 0),
		INSN(0xb7, 0, 0, 0, 0), INSN(0x95, 0, 0, 0, 0),
	};

	kit.spec.nprogs = 0;
	return kit_raw("main", code, 8);
}

/* @p is refused by the kernel before @version, and by it no more. */
static void since(struct spec_prog *p, uint32_t version, const char *text)
{
	uint32_t before = version & 0xff00 ? version - 0x100 :
					     version - 0x10000;

	kit.target.lint_version = before;
	fails(p, EOPNOTSUPP, text);
	kit.target.lint_version = version;
	ck_assert_msg(!kit_link(p), "%s", kit.e.msg);
	kit.target.lint_version = 0;
	ck_assert_int_eq(kit_link(p), 0);
}

START_TEST(opcodes)
{
	since(with(INSN(0xa5, 2, 0, 1, 5)), KERNEL(4, 14),
	      "p.c:103: a jump if less needs Linux 4.14");
	since(with(INSN(0xdd, 2, 0, 1, 5)), KERNEL(4, 14),
	      "p.c:103: a jump if less needs Linux 4.14");
	since(with(INSN(0xcc, 2, 0, 0, 0)), KERNEL(5, 0),
	      "p.c:103: a 32-bit arithmetic shift needs Linux 5.0");
	since(with(INSN(0x16, 2, 0, 1, 5)), KERNEL(5, 1),
	      "p.c:103: a 32-bit jump needs Linux 5.1");
	since(with(INSN(0x55, 2, 0, -2, 5)), KERNEL(5, 3),
	      "p.c:103: a loop needs Linux 5.3");
	since(with(INSN(0xdb, 6, 0, 0, BPF_ADD | 1)), KERNEL(5, 12),
	      "p.c:103: an atomic operation needs Linux 5.12");
	since(with(INSN(0xdb, 6, 0, 0, 0xf1)), KERNEL(5, 12),
	      "p.c:103: an atomic operation needs Linux 5.12");
	since(with(INSN(0x81, 2, 1, 0, 0)), KERNEL(6, 6),
	      "p.c:103: a sign-extending load needs Linux 6.6");
	since(with(INSN(0xd7, 2, 0, 0, 32)), KERNEL(6, 6),
	      "p.c:103: bswap needs Linux 6.6");
	since(with(INSN(0xbf, 2, 1, 8, 0)), KERNEL(6, 6),
	      "p.c:103: signed arithmetic needs Linux 6.6");
	since(with(INSN(0x37, 2, 0, 1, 3)), KERNEL(6, 6),
	      "p.c:103: signed arithmetic needs Linux 6.6");
	/* the old XADD */
	kit.target.lint_version = KERNEL(4, 9);
	ck_assert_int_eq(kit_link(with(INSN(0xdb, 6, 0, 0, 0))), 0);
}
END_TEST

START_TEST(calls)
{
	static const struct { int id; uint32_t version; const char *text; }
	helpers[] = {
		{ 130, KERNEL(5, 8), "helper ringbuf_output needs Linux 5.8" },
		{ 113, KERNEL(5, 5),
		  "helper probe_read_kernel needs Linux 5.5" },
		{ 45, KERNEL(4, 11), "helper probe_read_str needs Linux 4.11" },
		{ 35, KERNEL(4, 8), "helper get_current_task needs Linux 4.8" },
		{ 46, KERNEL(5, 12),
		  "helper get_socket_cookie needs Linux 5.12" },
		{ 80, KERNEL(4, 18),
		  "helper get_current_cgroup_id needs Linux 4.18" },
		{ 211, KERNEL(6, 2),
		  "helper cgrp_storage_delete needs Linux 6.2" },
	};
	struct spec_prog *p;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		kit.spec.nprogs = 0;
		as_call(A, helpers[i].id);
		as_movi(A, 0, 0);
		as_exit(A);
		p = kit_end("main");
		snprintf(text, sizeof(text), "p.c:100: %s", helpers[i].text);
		since(p, helpers[i].version, text);
	}
	/* younger than the table: nothing to say */
	kit.insns[0][0].imm = 1000;
	kit.target.lint_version = KERNEL(4, 9);
	ck_assert_int_eq(kit_link(p), 0);
	kit.spec.nprogs = 0;
	as_movi(A, 0, 0);
	as_exit(A);
	kit_end("f");
	kit_call("f");
	as_exit(A);
	since(kit_end("main"), KERNEL(4, 16),
	      "p.c:100: a call of a function needs Linux 4.16");
	kit.target.no_bpf_calls = true;
	kit.target.lint_version = KERNEL(4, 9);
	ck_assert_int_eq(kit_link(&kit.progs[1]), 0);
}
END_TEST

START_TEST(helper_table)
{
	int id;

	ck_assert_uint_eq(helper_since(1), KERNEL(3, 19));
	ck_assert_uint_eq(helper_since(0), 0);
	ck_assert_uint_eq(helper_since(-1), 0);
	ck_assert_uint_eq(helper_since(212), 0);
	for (id = 1; id <= 211; id++)
		ck_assert_uint_ge(helper_since(id), KERNEL(3, 19));
	ck_assert_uint_eq(helper_args(1), 2);
	ck_assert_uint_eq(helper_args(2), 4);
	ck_assert_uint_eq(helper_args(5), 0);
	ck_assert_uint_eq(helper_args(6), 5);
	ck_assert_uint_eq(helper_args(25), 5);
	ck_assert_uint_eq(helper_args(27), 3);
	ck_assert_uint_eq(helper_args(113), 3);
	ck_assert_uint_eq(helper_args(132), 2);
	ck_assert_uint_eq(helper_args(181), 4);
	ck_assert_uint_eq(helper_args(208), 0);
	ck_assert_uint_eq(helper_args(211), 2);
	ck_assert_uint_eq(helper_args(212), 5);
	ck_assert_uint_eq(helper_args(0), 5);
	ck_assert_uint_eq(helper_args(-5), 5);
}
END_TEST

START_TEST(global_data)
{
	as_ldmap(A, 1, ".bss");
	as_stx(A, BPF_DW, 10, -8, 1);
	as_movi(A, 0, 0);
	as_exit(A);
	A->relocs[0].kind = RELOC_DATA;
	since(kit_end("main"), KERNEL(5, 2),
	      "p.c:100: global data needs Linux 5.2");
}
END_TEST

/* A call of helper @id with r2 (or @arg) not on the stack. */
static struct spec_prog *off_stack(int id, int arg)
{
	int r;

	kit.spec.nprogs = 0;
	as_mov(A, 6, 1);
	as_ldmap(A, 1, "m");
	for (r = 2; r <= 4; r++) {
		as_mov(A, r, 10);
		as_alui(A, BPF_ADD, r, -8);
	}
	as_movi(A, 5, 8);
	as_mov(A, arg, 6);
	as_call(A, id);
	as_movi(A, 0, 0);
	as_exit(A);
	return kit_end("main");
}

START_TEST(stack_arguments)
{
	since(off_stack(1, 2), KERNEL(4, 18), "p.c:111: argument 2 of "
	      "map_lookup_elem outside the stack needs Linux 4.18");
	since(off_stack(2, 2), KERNEL(4, 18), "p.c:111: argument 2 of "
	      "map_update_elem outside the stack needs Linux 4.18");
	since(off_stack(2, 3), KERNEL(4, 18), "p.c:111: argument 3 of "
	      "map_update_elem outside the stack needs Linux 4.18");
	since(off_stack(4, 1), KERNEL(4, 11), "p.c:111: argument 1 of "
	      "probe_read outside the stack needs Linux 4.11");
	since(off_stack(25, 4), KERNEL(4, 11), "p.c:111: argument 4 of "
	      "perf_event_output outside the stack needs Linux 4.11");
	/* r1 is the map */
	kit.target.lint_version = KERNEL(4, 9);
	ck_assert_int_eq(kit_link(off_stack(1, 3)), 0);
}
END_TEST

START_TEST(hooks)
{
	static const struct {
		int kind;
		const char *target;
		uint32_t version;
		const char *text;
	} all[] = {
		{ HOOK_TRACEPOINT, "a/b", KERNEL(4, 7),
		  "tracepoint a/b needs Linux 4.7" },
		{ HOOK_TRACEPOINT, "syscalls/sys_enter_connect",
		  KERNEL(4, 14), "tracepoint syscalls/sys_enter_connect "
		  "needs Linux 4.14" },
		{ HOOK_RAW_TRACEPOINT, "x", KERNEL(4, 17),
		  "raw_tracepoint x needs Linux 4.17" },
		{ HOOK_TP_BTF, "x", KERNEL(5, 5), "tp_btf x needs Linux 5.5" },
		{ HOOK_FENTRY, "x", KERNEL(5, 5), "fentry x needs Linux 5.5" },
		{ HOOK_FEXIT, "x", KERNEL(5, 5), "fexit x needs Linux 5.5" },
		{ HOOK_PERF_EVENT, "x", KERNEL(4, 9),
		  "perf_event x needs Linux 4.9" },
		{ HOOK_KPROBE, "x", KERNEL(4, 1), "kprobe x needs Linux 4.1" },
	};
	struct spec_prog *p;
	size_t i;

	as_movi(A, 0, 0);
	as_exit(A);
	p = kit_end("main");
	kit.in.hook = &kit.hook;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		kit.hook = (struct hook){
			.kind = (uint8_t)all[i].kind,
			.target = all[i].target,
		};
		since(p, all[i].version, all[i].text);
	}
}
END_TEST

START_TEST(length)
{
	static struct bpf_insn code[4098];
	struct spec_prog *p;
	int i;

	for (i = 0; i < 4098; i++)
		code[i] = INSN(0x7a, 1, 0, 0, 0);
	code[4096] = INSN(0xb7, 0, 0, 0, 0);
	code[4097] = INSN(0x95, 0, 0, 0, 0);
	p = kit_raw("main", code, 4098);
	p->nlines = 0;
	since(p, KERNEL(5, 2), "main: 4098 instructions; before Linux 5.2, "
	      "4096 are the most");
	p = kit_raw("fits", code + 2, 4096);
	kit.target.lint_version = KERNEL(4, 9);
	ck_assert_int_eq(kit_link(p), 0);
}
END_TEST

static int shape(const struct bpf_insn *code, uint32_t n)
{
	struct linker l = { .in = &kit.in, .e = &kit.e };

	memset(&kit.e, 0, sizeof(kit.e));
	return lint_shape(&l, code, n);
}

START_TEST(shapes)
{
	struct bpf_insn code[] = {
		INSN(0x05, 0, 0, 1, 0), INSN(0xb7, 0, 0, 0, 0),
		INSN(0x95, 0, 0, 0, 0),
	};

	ck_assert_int_eq(shape(code, 3), -EINVAL);
	ck_assert_str_eq(kit.e.msg, "instruction 1 is never reached");
	code[0].off = 0;
	ck_assert_int_eq(shape(code, 3), 0);
	ck_assert_int_eq(shape(code, 2), -EINVAL);
	ck_assert_str_eq(kit.e.msg, "instruction 1 leads nowhere");
	code[0].off = 2;
	ck_assert_int_eq(shape(code, 3), -EINVAL);
	ck_assert_str_eq(kit.e.msg, "instruction 0 leads nowhere");
	code[0].off = -2;
	ck_assert_int_eq(shape(code, 3), -EINVAL);
	code[0] = INSN(0x18, 0, 0, 0, 0);
	ck_assert_int_eq(shape(code, 3), -EINVAL);
	code[0] = INSN(0x85, 0, 1, 0, 2);
	ck_assert_int_eq(shape(code, 3), -EINVAL);
	code[0].imm = 1;
	ck_assert_int_eq(shape(code, 3), 0);
	ck_assert_int_eq(shape(code, 0), -EINVAL);
	ck_assert_str_eq(kit.e.msg, "no instructions");
}
END_TEST

Suite *suite_link_lint(void)
{
	const TTest *const tests[] = {
		opcodes, calls, helper_table, global_data, stack_arguments,
		hooks, length, shapes,
	};
	Suite *s = suite_create("link_lint");
	TCase *tc = tcase_create("lint");
	size_t i;

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}
