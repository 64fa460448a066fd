/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments that functions get on the stack, on every machine: the linked
 * program runs on registers and a stack made up here.
 */
#include "t/link_kit.h"

#include "t/bpfvm.h"

Suite *suite_link_stack(void);

#define SP		0xdead1000u	/* where the probed function's is */
#define RETURN_TO	0xc1234567u	/* some address in kernel text */
#define ARG(n)		(0xa0000000u + (n))

/* A kernel as programs see it. */
static struct {
	uint8_t regs[512];		/* struct pt_regs */
	uint8_t stack[256];		/* from @sp on */
	uint32_t sp;
	unsigned calls;
	int helper;			/* called last */
} k;

static const void *kernel_memory(uint64_t at, uint64_t len)
{
	if (at >= k.sp && at + len <= k.sp + sizeof(k.stack))
		return k.stack + (at - k.sp);
	return NULL;
}

/* probe_read, of whatever name: also of the program's own stack. */
static int call(struct bpfvm *vm, int id)
{
	uint64_t to = vm->reg[1], len = vm->reg[2], from = vm->reg[3];
	const uint64_t lo = (uintptr_t)vm->stack;
	const uint64_t hi = lo + sizeof(vm->stack);
	const void *p;

	k.calls++;
	k.helper = id;
	if (to < lo || to + len > hi)
		return -1;
	p = from >= lo && from + len <= hi ? (const void *)(uintptr_t)from :
	    kernel_memory(from, len);
	if (p)
		memcpy((void *)(uintptr_t)to, p, len);
	else
		memset((void *)(uintptr_t)to, 0, len);
	vm->reg[0] = p ? 0 : (uint64_t)-EFAULT;
	return 0;
}

static void poke(void *at, unsigned word, uint64_t v)
{
	uint32_t v32 = (uint32_t)v;

	if (word == 8)
		memcpy(at, &v, 8);
	else
		memcpy(at, &v32, 4);
}

static uint64_t run(void)
{
	struct bpfvm vm = {
		.insns = kit.out.insns, .ninsns = kit.out.ninsns,
		.call = call,
		.regions = { { k.regs, sizeof(k.regs), false } },
	};

	k.calls = 0;
	vm.reg[1] = (uintptr_t)k.regs;
	ck_assert_msg(!bpfvm_run(&vm), "%s at %zu:\n%s", vm.error, vm.pc,
		      kit_list());
	return vm.reg[0];
}

static const char args[] = "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9";

static const struct row {
	const char *machine;
	uint8_t word, first, above;	/* @first argument stands @above sp */
	bool big_endian;
} rows[] = {
	{ "x86_64", 8, 6, 8, false }, { "i686", 4, 3, 4, false },
	{ "aarch64", 8, 8, 0, false }, { "armv7l", 4, 4, 0, false },
	{ "riscv64", 8, 8, 0, false }, { "s390x", 8, 5, 160, true },
	{ "mips", 4, 4, 16, false }, { "mips64", 8, 8, 0, true },
};

static void setup(const struct row *r)
{
	struct field f;
	int n;

	memset(&k, 0, sizeof(k));
	k.sp = r->machine[0] == 'i' ? (uint32_t)(uintptr_t)k.regs - 512 : SP;
	kit.hook = (struct hook){
		.kind = HOOK_KPROBE, .target = "f", .args = args,
	};
	kit.in.hook = &kit.hook;
	kit.target.machine = r->machine;
	kit.target.word_size = r->word;
	kit.target.big_endian = r->big_endian;
	ck_assert_int_eq(regs_field(r->machine, REG_SP, &f), 0);
	poke(k.regs + f.off, r->word, k.sp);
	for (n = 0; n < 10; n++)
		if (!regs_field(r->machine, n, &f))
			poke(k.regs + f.off, r->word, ARG(n));
		else
			poke(k.stack + r->above + (n - r->first) * r->word,
			     r->word, ARG(n));
}

static struct spec_prog *returns(const char *name)
{
	kit.spec.nprogs = 0;
	as_arg(A, 0, 1, name);
	as_exit(A);
	return kit_end("main");
}

START_TEST(each)
{
	const struct row *r = &rows[_i];
	char name[16];
	int n;

	setup(r);
	for (n = 0; n < 10; n++) {
		snprintf(name, sizeof(name), "a%d", n);
		ck_assert_msg(!kit_link(returns(name)), "%s", kit.e.msg);
		ck_assert_msg(run() == ARG(n), "%s: argument %d is %llx",
			      r->machine, n, (unsigned long long)run());
		ck_assert_uint_eq(k.calls, n < r->first ? 0 :
				  *r->machine == 'i' ? 2 : 1);
		ck_assert_int_eq(regs_stack(r->machine, n), n < r->first ?
				 -ENOENT : r->above +
				 (n - r->first) * r->word);
	}
	ck_assert_int_eq(regs_stack("vax", 0), -ENOSYS);
	ck_assert_int_eq(regs_stack(r->machine, 1000), -ENOENT);
}
END_TEST

/* Two of them, one twice, from a copy of the context pointer, while other
 * registers and the stack are in use; one behind a branch. */
START_TEST(amid)
{
	const struct row *r = &rows[_i];
	int skip = as_label(A);

	setup(r);
	as_mov(A, 6, 1);
	as_movi(A, 3, 0);
	as_movi(A, 7, 5);
	as_stx(A, BPF_DW, 10, -16, 7);
	as_arg(A, 8, 6, "a9");
	as_arg(A, 9, 6, "a8");
	as_jmpi(A, BPF_JEQ, 8, 0, skip);
	as_arg(A, 2, 6, "a9");
	as_ldx(A, BPF_DW, 3, 10, -16);
	as_alui(A, BPF_SUB, 2, 2);
	as_alu(A, BPF_SUB, 2, 9);	/* 9 - 2 - 8 */
	as_alu(A, BPF_ADD, 3, 2);
	as_place(A, skip);
	as_mov(A, 0, 3);
	as_exit(A);
	ck_assert_msg(!kit_link(kit_end("main")), "%s", kit.e.msg);
	ck_assert_uint_eq(run(), 4);
	ck_assert_uint_eq(k.calls, *r->machine == 'i' ? 4 : 2);
}
END_TEST

/* i386 before 5.3: the address of regs->sp is the stack pointer. */
START_TEST(old_i386)
{
	static const struct row r = { "i686", 4, 3, 4, false };

	setup(&r);
	k.sp = (uint32_t)(uintptr_t)k.regs + 60;
	poke(k.regs + 60, 4, RETURN_TO);
	ck_assert_msg(!kit_link(returns("a5")), "%s", kit.e.msg);
	ck_assert_uint_eq(run(), ARG(5));
}
END_TEST

START_TEST(helpers)
{
	setup(&rows[0]);
	ck_assert_msg(!kit_link(returns("a7")), "%s", kit.e.msg);
	run();
	ck_assert_int_eq(k.helper, 113);
	kit.target.no_probe_read_kernel = true;
	ck_assert_msg(!kit_link(returns("a7")), "%s", kit.e.msg);
	run();
	ck_assert_int_eq(k.helper, 4);
	kit.target.no_probe_read_kernel = false;
	kit.hook.kind = HOOK_UPROBE;
	ck_assert_msg(!kit_link(returns("a7")), "%s", kit.e.msg);
	run();
	ck_assert_int_eq(k.helper, 112);
}
END_TEST

/* i386: programs pass on the stack what the kernel passes in registers. */
START_TEST(programs)
{
	static const struct row i386 = { "user-i386", 4, 0, 4, false };
	char name[16];
	int n;

	setup(&i386);
	k.sp = SP;
	poke(k.regs + 60, 4, k.sp);
	kit.target.machine = "i686";
	kit.hook.kind = HOOK_UPROBE;
	for (n = 0; n < 10; n++) {
		snprintf(name, sizeof(name), "a%d", n);
		ck_assert_msg(!kit_link(returns(name)), "%s", kit.e.msg);
		ck_assert_uint_eq(run(), ARG(n));
		ck_assert_uint_eq(k.calls, 1);
		ck_assert_int_eq(k.helper, 112);
	}
}
END_TEST

/* What is not read costs nothing. */
START_TEST(unused)
{
	setup(&rows[0]);
	as_arg(A, 0, 1, "a9");
	as_movi(A, 0, 3);
	as_exit(A);
	expect(kit_end("main"), "r0 = 3\nexit\n");
}
END_TEST

START_TEST(listing)
{
	setup(&rows[0]);
	expect(returns("a6"),
	       "*(u64 *)(r10 -8) = r1\n"
	       "r3 = *(u64 *)(r10 -8)\n"
	       "r3 = *(u64 *)(r3 +152)\n"
	       "r3 += 8\n"
	       "r1 = r10\n"
	       "r1 += -16\n"
	       "r2 = 8\n"
	       "call bpf_probe_read_kernel#113\n"
	       "r1 = *(u64 *)(r10 -8)\n"
	       "r0 = *(u64 *)(r10 -16)\n"
	       "exit\n");
}
END_TEST

START_TEST(refused)
{
	setup(&rows[1]);
	as_core_(A, CORE_FIELD_BYTE_OFFSET, 0, "struct probe", "a4");
	as_exit(A);
	fails(kit_end("main"), EOPNOTSUPP, "p.c:100: struct probe:a4 is "
	      "passed on the stack on i686, and its address is taken");
	kit.hook.kind = HOOK_KRETPROBE;
	kit.hook.args = "a=ret";
	fails(returns("a4"), ENODATA, "p.c:100: struct probe:a4 is not bound "
	      "by kretprobe f");
	setup(&rows[1]);
	kit.spec.nprogs = 0;
	as_movi(A, 7, 1);
	as_stx(A, BPF_DW, 10, -504, 7);
	as_arg(A, 0, 1, "a4");
	as_exit(A);
	fails(kit_end("main"), EOPNOTSUPP,
	      "main: no room on the stack for arguments");
	kit.spec.nprogs = 0;
	returns("a4")->name = "sub";
	kit_call("sub");
	as_exit(A);
	fails(kit_end("main"), EOPNOTSUPP, "p.c:100: argument 5 is passed on "
	      "the stack on i686, which only the program itself can read");
	/* where subprograms are inlined it can */
	kit.target.no_bpf_calls = true;
	ck_assert_msg(!kit_link(&kit.progs[1]), "%s", kit.e.msg);
	ck_assert_uint_eq(run(), ARG(4));
}
END_TEST

Suite *suite_link_stack(void)
{
	const int n = sizeof(rows) / sizeof(rows[0]);
	Suite *s = suite_create("link_stack");
	TCase *tc = tcase_create("stack");

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	tcase_add_loop_test(tc, each, 0, n);
	tcase_add_loop_test(tc, amid, 0, n);
	tcase_add_test(tc, old_i386);
	tcase_add_test(tc, helpers);
	tcase_add_test(tc, programs);
	tcase_add_test(tc, unused);
	tcase_add_test(tc, listing);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	return s;
}
