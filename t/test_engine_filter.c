/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose hits the engine's programs count.
 */
#include "t/engine_kit.h"

Suite *suite_engine_filter(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t count_of(uint64_t pid)
{
	const struct ask_tally *t = tally(&pid);

	return t ? t->count : 0;
}

/* filter(): passes thread 8 of process 7, user 5, cgroup 4, "sshd". */
static const struct { uint16_t off; uint8_t size; uint32_t want; } members[] = {
	{ offsetof(struct flow, pid), BPF_W, 7 },
	{ offsetof(struct flow, tid), BPF_W, 8 },
	{ offsetof(struct flow, uid), BPF_W, 5 },
	{ offsetof(struct flow, owned), BPF_W, 1 },
	{ offsetof(struct flow, cgroup), BPF_DW, 4 },
	{ offsetof(struct flow, comm), BPF_B, 's' },
};

static void supply_filter(void)
{
	static struct bpf_insn insns[64];
	static struct as as;
	int drop, n;
	size_t i;

	as_init(&as);
	drop = as_label(&as);
	for (i = 0; i < N(members); i++) {
		as_ldx(&as, members[i].size, 2, 1, members[i].off);
		as_jmpi(&as, BPF_JNE, 2, members[i].want, drop);
	}
	as_movi(&as, 0, FILTER_PASS);
	as_exit(&as);
	as_place(&as, drop);
	as_movi(&as, 0, FILTER_DROP);
	as_exit(&as);
	n = as_finish(&as);
	ck_assert_int_gt(n, 0);
	memcpy(insns, as.insns, (size_t)n * sizeof(*insns));
	kit.functions[0] = (struct function){ "filter", insns, (uint32_t)n };
	kit.in.nfunctions = 1;
}

START_TEST(filtered)
{
	supply_filter();
	q.filter = true;
	q.keys[0] = (struct ask_value){ .from = FROM_PID };
	q.nkeys = 1;
	build();
	k.pid_tgid = 7ull << 32 | 8;
	k.uid_gid = 6ull << 32 | 5;
	k.cgroup = 4;
	k.comm = "sshd";
	hit(0);
	ck_assert_uint_eq(count_of(7), 1);
	k.uid_gid = 5ull << 32 | 6;
	hit(0);
	k.uid_gid = 5;
	k.pid_tgid++;
	hit(0);
	k.pid_tgid--;
	k.comm = "init";
	hit(0);
	ck_assert_uint_eq(count_of(7), 1);
	k.comm = "sshd";
	hit(0);
	ck_assert_uint_eq(count_of(7), 2);
}
END_TEST

Suite *suite_engine_filter(void)
{
	Suite *s = suite_create("engine_filter");
	TCase *tc = tcase_create("filter");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_test(tc, filtered);
	suite_add_tcase(s, tc);
	return s;
}
