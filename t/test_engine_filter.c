/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose hits the engine's programs count.
 */
#include <sys/socket.h>

#include "t/engine_kit.h"

Suite *suite_engine_filter(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t count_of(uint64_t pid)
{
	const struct ask_tally *t = tally(&pid);

	return t ? t->count : 0;
}

struct member { uint16_t off; uint8_t size; uint32_t want; };

/* filter(): passes thread 8 of process 7, user 5, cgroup 4, "sshd". */
static const struct member task[] = {
	{ offsetof(struct flow, pid), BPF_W, 7 },
	{ offsetof(struct flow, tid), BPF_W, 8 },
	{ offsetof(struct flow, uid), BPF_W, 5 },
	{ offsetof(struct flow, owned), BPF_W, 1 },
	{ offsetof(struct flow, cgroup), BPF_DW, 4 },
	{ offsetof(struct flow, comm), BPF_B, 's' },
};

/* Or 192.168.3.4:443 of 10.0.0.1:40000 in namespace 77, whoever has it. */
static const struct member sock[] = {
	{ offsetof(struct flow, laddr), BPF_DW, 0 },
	{ offsetof(struct flow, laddr) + 10, BPF_B, 255 },
	{ offsetof(struct flow, laddr) + 12, BPF_B, 10 },
	{ offsetof(struct flow, laddr) + 15, BPF_B, 1 },
	{ offsetof(struct flow, raddr), BPF_DW, 0 },
	{ offsetof(struct flow, raddr) + 11, BPF_B, 255 },
	{ offsetof(struct flow, raddr) + 12, BPF_B, 192 },
	{ offsetof(struct flow, raddr) + 15, BPF_B, 4 },
	{ offsetof(struct flow, lport), BPF_H, 40000 },
	{ offsetof(struct flow, rport), BPF_H, 443 },
	{ offsetof(struct flow, family), BPF_H, AF_INET },
	{ offsetof(struct flow, netns), BPF_W, 77 },
	{ offsetof(struct flow, owned), BPF_W, 0 },
	{ offsetof(struct flow, pid), BPF_W, 0 },
};

static void supply_filter(const struct member *members, size_t count)
{
	static struct bpf_insn insns[64];
	static struct as as;
	int drop, n;
	size_t i;

	as_init(&as);
	drop = as_label(&as);
	for (i = 0; i < count; i++) {
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
	supply_filter(task, N(task));
	q.filter = ASK_OF_TASK;
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

static uint64_t hits(void)
{
	hit(0);
	return count_of(0);
}

START_TEST(filtered_by_socket)
{
	static const uint8_t raddr[] = { 192, 168, 3, 4 };
	static const uint8_t laddr[] = { 10, 0, 0, 1 };
	static const uint8_t ports[] = { 0x01, 0xbb, 0x9c, 0x40 };

	supply_filter(sock, N(sock));
	q.filter = ASK_OF_SOCK;
	q.sock = (struct ask_value){ .from = FROM_ARG };
	build();
	memcpy(k.mem, raddr, 4);
	memcpy(k.mem + 4, laddr, 4);
	memcpy(k.mem + 12, ports, 2);
	memcpy(k.mem + 800, ports + 2, 2);
	poke(16, 2, AF_INET);
	poke(48, 8, MEM_AT + 1024);
	poke(1024 + 20, 4, 77);
	reg(0, MEM_AT);
	k.pid_tgid = 7ull << 32 | 8;
	ck_assert_uint_eq(hits(), 1);
	poke(1024 + 20, 4, 78);
	ck_assert_uint_eq(hits(), 1);
	poke(1024 + 20, 4, 77);
	k.mem[3]++;
	ck_assert_uint_eq(hits(), 1);
	k.mem[3]--;
	k.mem[801]++;
	ck_assert_uint_eq(hits(), 1);
	k.mem[801]--;
	reg(0, 0);
	ck_assert_uint_eq(hits(), 1);
	reg(0, MEM_AT);
	ck_assert_uint_eq(hits(), 2);
	q.sock.nsteps = ASK_STEPS - 1;
	ck_assert_int_eq(engine_spec(&spec, &q, &(const char *){ NULL }),
			 -E2BIG);
}
END_TEST

Suite *suite_engine_filter(void)
{
	Suite *s = suite_create("engine_filter");
	TCase *tc = tcase_create("filter");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_test(tc, filtered);
	tcase_add_test(tc, filtered_by_socket);
	suite_add_tcase(s, tc);
	return s;
}
