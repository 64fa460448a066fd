/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that are attached twice, as a tracepoint would call them: both,
 * one after the other, but none that is running already.
 */
#include "t/link_kit.h"

#include "t/bpfvm.h"

Suite *suite_link_twin(void);

enum { LOOKUP = 1, KTIME = 5, PID = 14, INDEX = 3 };

struct copy {
	struct bpf_insn insns[64];
	size_t n;
	bool running;
	unsigned skipped;
};

static struct {
	struct copy copies[2];
	struct twin twin;
	uint64_t ctx;
	unsigned seen;			/* bodies run */
	unsigned nest;			/* so many more events come on top */
	bool unguarded;			/* a kernel that skips nothing */
} k;

static void event(void);

/* The body asks for the time, where it may be interrupted, and for the pid,
 * which says that it was here. */
static int call(struct bpfvm *vm, int id)
{
	switch (id) {
	case LOOKUP:
		ck_assert_uint_eq(*(uint32_t *)(uintptr_t)vm->reg[2], INDEX);
		vm->reg[0] = (uintptr_t)&k.twin;
		return 0;
	case KTIME:
		if (k.nest && k.nest--)
			event();
		return 0;
	case PID:
		k.seen++;
		vm->reg[0] = k.ctx;
		return 0;
	default:
		return -1;
	}
}

static void run(struct copy *c)
{
	struct bpfvm vm = {
		.insns = c->insns, .ninsns = c->n, .call = call,
		.regions = { { &k.ctx, sizeof(k.ctx), false },
			     { &k.twin, sizeof(k.twin), true } },
	};
	bool was = c->running;

	if (was && !k.unguarded) {
		c->skipped++;
		return;
	}
	c->running = true;
	vm.reg[1] = (uintptr_t)&k.ctx;
	ck_assert_msg(!bpfvm_run(&vm), "%s at %zu", vm.error, vm.pc);
	c->running = was;
}

static void event(void)
{
	run(&k.copies[0]);
	run(&k.copies[1]);
}

/* Two ways out, and the context and the stack are in use throughout. */
static struct spec_prog *program(void)
{
	int out;

	kit.spec.nprogs = 0;
	out = as_label(A);
	as_mov(A, 6, 1);
	as_stx(A, BPF_DW, 10, -8, 1);
	as_call(A, KTIME);
	as_call(A, PID);
	as_arg(A, 7, 6, "a");
	as_ldx(A, BPF_DW, 1, 10, -8);
	as_ldx(A, BPF_DW, 8, 1, 0);
	as_jmpi(A, BPF_JEQ, 8, 1, out);
	as_movi(A, 0, 7);
	as_exit(A);
	as_place(A, out);
	as_mov(A, 0, 7);
	as_exit(A);
	return kit_end("main");
}

static void load(struct copy *c, int which)
{
	uint32_t i;

	kit.target.twin = (uint8_t)which;
	kit.target.twin_index = INDEX;
	ck_assert_msg(!kit_link(program()), "%s", kit.e.msg);
	ck_assert_uint_eq(kit.out.nrelocs, 1);
	ck_assert_str_eq(kit.out.relocs[0].name, TWIN_MAP);
	ck_assert_uint_le(kit.out.ninsns, 64);
	for (i = 0; i < kit.out.ninsns; i++)
		c->insns[i] = kit.out.insns[i];
	c->n = kit.out.ninsns;
}

static void setup(void)
{
	memset(&k, 0, sizeof(k));
	kit.hook = (struct hook){
		.kind = HOOK_RAW_TRACEPOINT, .target = "t", .args = "a",
	};
	kit.in.hook = &kit.hook;
	kit.target.machine = "x86_64";
	kit.target.word_size = 8;
	load(&k.copies[0], TWIN_FIRST);
	load(&k.copies[1], TWIN_SECOND);
}

/* One after the other: the second does nothing. */
START_TEST(in_turn)
{
	setup();
	for (k.ctx = 0; k.ctx < 3; k.ctx++) {
		event();
		ck_assert_uint_eq(k.twin.running, 0);
	}
	ck_assert_uint_eq(k.seen, 3);
	ck_assert_uint_eq(k.twin.instead, 0);
	ck_assert_uint_eq(k.twin.twice, 0);
}
END_TEST

/* One on top of the other: each is seen once, whichever way it ends. */
START_TEST(on_top)
{
	setup();
	for (k.ctx = 0; k.ctx < 2; k.ctx++) {
		k.nest = 1;
		event();
		ck_assert_uint_eq(k.nest, 0);
		ck_assert_uint_eq(k.twin.running, 0);
	}
	ck_assert_uint_eq(k.seen, 4);
	ck_assert_uint_eq(k.copies[0].skipped, 2);
	ck_assert_uint_eq(k.twin.instead, 2);
}
END_TEST

/* Two on top: both copies are running, so one is not seen, and that counts. */
START_TEST(too_many)
{
	setup();
	k.nest = 2;
	event();
	ck_assert_uint_eq(k.seen, 2);
	ck_assert_uint_eq(k.copies[0].skipped - k.twin.instead, 1);
}
END_TEST

/* A kernel that skips nothing: each is seen once as well. */
START_TEST(unguarded)
{
	setup();
	k.unguarded = true;
	k.nest = 3;
	event();
	event();
	ck_assert_uint_eq(k.seen, 5);
	ck_assert_uint_eq(k.twin.instead, 0);
	ck_assert_uint_eq(k.twin.running, 0);
}
END_TEST

START_TEST(no_room)
{
	setup();
	kit.spec.nprogs = 0;
	as_movi(A, 0, 1);
	as_stx(A, BPF_DW, 10, -512, 0);
	as_exit(A);
	fails(kit_end("main"), EOPNOTSUPP,
	      "main: no room on the stack for a twin");
	kit.target.twin = TWIN_NONE;
	kit.spec.nprogs = 0;
	as_movi(A, 0, 1);
	as_exit(A);
	expect(kit_end("main"), "r0 = 1\nexit\n");
}
END_TEST

Suite *suite_link_twin(void)
{
	Suite *s = suite_create("link_twin");
	TCase *tc = tcase_create("twin");

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	tcase_add_test(tc, in_turn);
	tcase_add_test(tc, on_top);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, unguarded);
	tcase_add_test(tc, no_room);
	suite_add_tcase(s, tc);
	return s;
}
