/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every program of every tool, made for old kernels in every way that such a
 * kernel has: what it is made of, it knows.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/old_fields.h"
#include "t/old_hooks.h"
#include "t/oldverifier.h"
#include "tools/frontend/frontend.h"

Suite *suite_kernels(void);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what kernels have ------------------------------------------------ */

/* A system call of a descriptor, and its end. */
#define ENTERED "__syscall_nr:4 pad:4 fd:8 "
#define RETURNED "__syscall_nr:4 pad:4 ret:8"

/* Layouts of events, in the order of the fields: TRACE_EVENT()s of the
 * version.  inet_sock_set_state had the protocol in a byte until 5.5, with
 * what follows one byte earlier; tcp_retransmit_skb no state until 4.20 and
 * no family until 5.14. */
static const struct layout_row {
	const char *event;
	uint32_t since;
	const char *fields;	/* name:size */
} layouts[] = {
	{ "sock/inet_sock_set_state", KERNEL(4, 16),
	  "skaddr:8 oldstate:4 newstate:4 sport:2 dport:2 family:2 protocol:1 "
	  "saddr:4 daddr:4 saddr_v6:16 daddr_v6:16" },
	{ "sock/inet_sock_set_state", KERNEL(5, 6),
	  "skaddr:8 oldstate:4 newstate:4 sport:2 dport:2 family:2 protocol:2 "
	  "saddr:4 daddr:4 saddr_v6:16 daddr_v6:16" },
	{ "tcp/tcp_retransmit_skb", KERNEL(4, 15),
	  "skbaddr:8 skaddr:8 sport:2 dport:2 saddr:4 daddr:4 saddr_v6:16 "
	  "daddr_v6:16" },
	{ "tcp/tcp_retransmit_skb", KERNEL(4, 20),
	  "skbaddr:8 skaddr:8 state:4 sport:2 dport:2 saddr:4 daddr:4 "
	  "saddr_v6:16 daddr_v6:16" },
	{ "tcp/tcp_retransmit_synack", KERNEL(4, 15),
	  "skaddr:8 req:8 sport:2 dport:2 saddr:4 daddr:4 saddr_v6:16 "
	  "daddr_v6:16" },
	{ "tcp/tcp_destroy_sock", KERNEL(4, 16),
	  "skaddr:8 sport:2 dport:2 saddr:4 daddr:4 saddr_v6:16 daddr_v6:16 "
	  "sock_cookie:8" },
	{ "tcp/tcp_probe", KERNEL(6, 10),
	  "saddr:28 daddr:28 sport:2 dport:2 mark:4 data_len:2 snd_nxt:4 "
	  "snd_una:4 snd_cwnd:4 ssthresh:4 snd_wnd:4 srtt:4 rcv_wnd:4 "
	  "sock_cookie:8 skbaddr:8 skaddr:8" },
	{ "tcp/tcp_cong_state_set", KERNEL(5, 19),
	  "skaddr:8 sport:2 dport:2 family:2 saddr:4 daddr:4 saddr_v6:16 "
	  "daddr_v6:16 cong_state:1" },
	{ "irq/softirq_entry", 0, "vec:4" },
	{ "irq/softirq_exit", 0, "vec:4" },
	{ "irq/softirq_raise", 0, "vec:4" },
	{ "net/net_dev_start_xmit", 0, "name:4 queue_mapping:2 skbaddr:8" },
	{ "net/netif_receive_skb", 0, "skbaddr:8 len:4 name:4" },
	{ "net/net_dev_queue", 0, "skbaddr:8 len:4 name:4" },
	{ "sched/sched_process_exit", 0, "comm:16 pid:4 prio:4" },
	{ "skb/consume_skb", 0, "skbaddr:8" },
	{ "skb/kfree_skb", 0, "skbaddr:8 location:8 protocol:2" },
	{ "skb/kfree_skb", KERNEL(5, 17),
	  "skbaddr:8 location:8 protocol:2 reason:4" },
	{ "skb/kfree_skb", KERNEL(6, 14),
	  "skbaddr:8 location:8 rx_sk:8 protocol:2 reason:4" },
	{ "syscalls/sys_enter_accept", 0, ENTERED },
	{ "syscalls/sys_enter_accept4", 0, ENTERED },
	{ "syscalls/sys_enter_connect", 0, ENTERED "uservaddr:8 addrlen:8" },
	{ "syscalls/sys_enter_bind", 0, ENTERED "umyaddr:8 addrlen:8" },
	{ "syscalls/sys_enter_listen", 0, ENTERED "backlog:8" },
	{ "syscalls/sys_enter_read", 0, ENTERED "buf:8 count:8" },
	{ "syscalls/sys_enter_write", 0, ENTERED "buf:8 count:8" },
	{ "syscalls/sys_enter_writev", 0, ENTERED "vec:8 vlen:8" },
	{ "syscalls/sys_enter_readv", 0, ENTERED "vec:8 vlen:8" },
	{ "syscalls/sys_enter_recvfrom", 0,
	  ENTERED "ubuf:8 size:8 flags:8 addr:8 addr_len:8" },
	{ "syscalls/sys_enter_recvmmsg", 0,
	  ENTERED "mmsg:8 vlen:8 flags:8 timeout:8" },
	{ "syscalls/sys_enter_recvmsg", 0, ENTERED "msg:8 flags:8" },
	{ "syscalls/sys_enter_sendmmsg", 0, ENTERED "mmsg:8 vlen:8 flags:8" },
	{ "syscalls/sys_enter_sendmsg", 0, ENTERED "msg:8 flags:8" },
	{ "syscalls/sys_enter_sendto", 0,
	  ENTERED "buff:8 len:8 flags:8 addr:8 addr_len:8" },
	{ "syscalls/sys_exit_bind", 0, RETURNED },
	{ "syscalls/sys_exit_connect", 0, RETURNED },
	{ "syscalls/sys_exit_listen", 0, RETURNED },
	{ "syscalls/sys_exit_read", 0, RETURNED },
	{ "syscalls/sys_exit_readv", 0, RETURNED },
	{ "syscalls/sys_exit_recvfrom", 0, RETURNED },
	{ "syscalls/sys_exit_recvmmsg", 0, RETURNED },
	{ "syscalls/sys_exit_recvmsg", 0, RETURNED },
	{ "syscalls/sys_exit_sendmmsg", 0, RETURNED },
	{ "syscalls/sys_exit_sendmsg", 0, RETURNED },
	{ "syscalls/sys_exit_sendto", 0, RETURNED },
	{ "syscalls/sys_exit_accept", 0, RETURNED },
	{ "syscalls/sys_exit_accept4", 0, RETURNED },
};

static size_t print_layout(char *buf, size_t len, const char *fields)
{
	unsigned off = 8, size;
	char name[32];
	size_t n;
	int used;

	n = snprintf(buf, len, "name: x\nID: 7\nformat:\n"
		     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;"
		     "\tsigned:0;\n\n");
	for (; sscanf(fields, " %31[^:]:%u%n", name, &size, &used) == 2;
	     fields += used) {
		/* arrays of bytes are not aligned, the rest is */
		if (!strstr(name, "addr") || strstr(name, "kaddr") ||
		    !strcmp(name, "skbaddr"))
			off = (off + size - 1) / size * size;
		n += snprintf(buf + n, len - n, "\tfield:u64 %s;\toffset:%u;"
			      "\tsize:%u;\tsigned:0;\n", name, off, size);
		off += size;
	}
	return n;
}

static size_t format_of(char *buf, size_t len, const char *event,
			uint32_t version)
{
	const char *fields = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].event, event) &&
		    layouts[i].since <= version)
			fields = layouts[i].fields;
	ck_assert_msg(fields != NULL, "say what %s is like", event);
	return print_layout(buf, len, fields);
}

/* ---- linking ---------------------------------------------------------- */

struct bench {
	struct resolver fields;
	struct link_target target;
	struct function filters[2];
	struct bpf_insn code[2][FILTER_MAX_INSNS];
	struct constant constants[32 + MAX_COLUMNS + MAX_KERNEL_CONSTANTS];
	unsigned nconstants;
	char format[8192];
	unsigned linked, longest, visits;
};

static void constant(struct bench *b, const char *name, uint64_t value)
{
	ck_assert_uint_lt(b->nconstants, ARRAY_SIZE(b->constants));
	b->constants[b->nconstants++] = (struct constant){ name, value };
}

/* All that can be wanted, or nothing. */
static void constants(struct bench *b, const struct tool *t, uint32_t version,
		      bool all)
{
	unsigned i;

	b->nconstants = 0;
	constant(b, "start_ns", 1000000007);
	constant(b, "want_id", all);
	constant(b, "want_netns", all);
	constant(b, "only_netns", all ? 4026531840 : 0);
	constant(b, "want_cgroup", all);
	constant(b, "want_kstack", all);
	constant(b, "want_ustack", all);
	for (i = 0; t->columns[i].key; i++)
		if (t->columns[i].want)
			constant(b, t->columns[i].want, all);
	constant(b, "event_len", all || !t->event_least ? t->event_size :
			 t->event_least);
	/* what is counted is what differs in nothing hidden */
	constant(b, "counted", all ? 0 : t->hist ? ALIKE_HIST : ALIKE_SUM);
	constant(b, "hist_unit", 1000);
	constant(b, "einprogress", 115);
	constant(b, "ringbuf", 0);
	constant(b, "ring_wake", 65536);
	constant(b, "cgroup_id", version >= KERNEL(4, 18));
	constant(b, "kernel_word", b->target.word_size);
	if (strncmp(b->target.machine, "mips", 4))
		constant(b, "exit_errors", 1);
	b->nconstants += socketcall_constants(b->target.machine,
					      b->constants + b->nconstants);
	for (i = 0; t->options && t->options[i].name; i++)
		if (t->options[i].constant)
			constant(b, t->options[i].constant,
				 t->options[i].def);
	for (i = 0; t->kernel && t->kernel[i].constant; i++)
		constant(b, t->kernel[i].constant,
			 all ? 0xffffffff81000000ull + i : 0);
	ck_assert_uint_le(i, MAX_KERNEL_CONSTANTS);
}

static void filter(struct bench *b, bool all)
{
	static struct filters f;
	const char *why = "";
	int n;

	memset(&f, 0, sizeof(f));
	if (all) {
		f.npid = f.ntid = f.nuid = f.ncomm = f.nnetns = f.ncgroup = 2;
		f.nport = f.nlport = f.nrport = f.nladdr = f.nraddr = 2;
		f.pid[0] = f.tid[0] = f.uid[0] = f.netns[0] = 4711;
		f.port[0].lo = f.lport[0].lo = f.rport[0].lo = 80;
		f.port[0].hi = f.lport[0].hi = f.rport[0].hi = 88;
		f.cgroup[0] = 1ull << 40;
		f.laddr[0].prefix = f.raddr[0].prefix = 77;
		memcpy(f.comm[0], "someone", 8);
		f.family = 4;
		f.nproto = f.ndev = 2;
		f.proto[0] = 17;
		memcpy(f.dev[0], "lo", 3);
	}
	n = filter_build(&f, b->code[0], &why);
	ck_assert_msg(n > 0, "%s", why);
	b->filters[0] = (struct function){ "filter", b->code[0], (uint32_t)n };
	n = filter_packets(&f, f.netns, f.nnetns, b->code[1], &why);
	ck_assert_msg(n > 0, "%s", why);
	b->filters[1] = (struct function){ "filter_packet", b->code[1],
					   (uint32_t)n };
}

static void link_one(struct bench *b, const struct tool *t, const char *name,
		     const struct hook *h)
{
	const struct link_target *to = &b->target;
	struct link_input in = {
		.spec = t->spec, .prog = spec_find_prog(t->spec, name),
		.hook = h, .target = to, .constants = b->constants,
		.functions = b->filters, .nconstants = b->nconstants,
		.nfunctions = 2,
	};
	struct linked l = { .insns = NULL };
	char why[256] = "";
	struct err e = { 0 };
	int visits;

	ck_assert_msg(in.prog != NULL, "%s: no program %s", t->name, name);
	b->target.format_len = h->kind == HOOK_TRACEPOINT ?
		format_of(b->format, sizeof(b->format), h->target,
			  to->lint_version) : 0;
	b->target.format = b->target.format_len ? b->format : NULL;
	ck_assert_msg(!link_prog(&l, &in, &e), "%s %s for %s %s, Linux %u.%u, "
		      "%s: %s", t->name, name, hook_kind_name(h->kind),
		      h->target, to->lint_version >> 16,
		      to->lint_version >> 8 & 255, to->machine, e.msg);
	visits = old_verify(&l, t->spec, why, sizeof(why));
	ck_assert_msg(visits >= 0, "%s %s for %s %s, Linux %u.%u: the verifier "
		      "of 4.9: %s", t->name, name, hook_kind_name(h->kind),
		      h->target, to->lint_version >> 16,
		      to->lint_version >> 8 & 255, why);
	b->linked++;
	if (l.ninsns > b->longest)
		b->longest = l.ninsns;
	if ((unsigned)visits > b->visits)
		b->visits = (unsigned)visits;
	linked_release(&l);
}

static bool link_alternative(struct bench *b, const struct tool *t,
			     const struct alternative *a)
{
	uint32_t version = b->target.lint_version;
	unsigned i;
	int all;

	for (i = 0; i < a->nhooks; i++)
		if (!old_hooks_have(version, b->target.machine,
				    &a->hooks[i].hook))
			return false;
	for (all = 0; all < 2; all++) {
		constants(b, t, version, all);
		filter(b, all);
		for (i = 0; i < a->nhooks; i++)
			link_one(b, t, a->hooks[i].prog, &a->hooks[i].hook);
	}
	return true;
}

/* Each role in each way; one way at least for those that must be served. */
static void link_tool(struct bench *b, const struct tool *packed)
{
	struct tool own = *packed, *t = &own;
	struct spec *full = NULL;
	struct err e = { 0 };
	const struct role *r;
	unsigned i, k, ways;

	ck_assert_msg(!spec_unpack(&full, t->spec, &e), "%s", e.msg);
	if (full)
		t->spec = full;
	for (i = 0; t->roles[i]; i++) {
		r = t->roles[i];
		ways = 0;
		for (k = 0; k < r->nalts; k++)
			ways += link_alternative(b, t, &r->alts[k]);
		ck_assert_msg(ways || r->optional, "%s on Linux %u.%u: no way "
			      "to see that %s", t->name,
			      b->target.lint_version >> 16,
			      b->target.lint_version >> 8 & 255, r->what);
	}
	spec_free(full);
}

static const uint32_t versions[] = {
	KERNEL(4, 9), KERNEL(4, 14), KERNEL(4, 16), KERNEL(4, 19),
	KERNEL(5, 4),
};

static const struct { const char *name; uint8_t word; } machines[] = {
	{ "x86_64", 8 }, { "i686", 4 }, { "aarch64", 8 }, { "armv7l", 4 },
	{ "mips", 4 }, { "riscv64", 8 }, { "s390x", 8 },
};

START_TEST(registry)
{
	static struct bench b;
	uint32_t version = versions[_i / ARRAY_SIZE(machines)];
	unsigned m = _i % ARRAY_SIZE(machines), i;

	memset(&b, 0, sizeof(b));
	old_fields_open(&b.fields, version);
	b.target = (struct link_target){
		.machine = machines[m].name, .word_size = machines[m].word,
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
		.no_probe_read_kernel = true,
		.no_bpf_calls = version < KERNEL(4, 16),
		.lint_version = version, .fields = &b.fields,
	};
	for (i = 0; tools[i]; i++)
		link_tool(&b, tools[i]);
	resolver_release(&b.fields);
	ck_assert_uint_gt(b.linked, 0);
	ck_assert_uint_le(b.longest, 4096);
	if (getenv("KERNELS_VERBOSE"))
		printf("Linux %u.%u %s: %u programs, the longest of %u "
		       "instructions, at most %u visited\n", version >> 16,
		       version >> 8 & 255, machines[m].name, b.linked,
		       b.longest, b.visits);
}
END_TEST

/* ---- layouts ---------------------------------------------------------- */

static void field_at(const char *text, size_t len, const char *name,
		     unsigned off, unsigned size)
{
	const char *why = "";
	struct field f;

	ck_assert_int_eq(format_field(text, len, name, &f, &why), 0);
	ck_assert_msg(f.off == off && f.size == size, "%s off %u size %u",
		      name, f.off, f.size);
}

START_TEST(event_layouts)
{
	static char text[4096];
	const char *why;
	struct field f;
	size_t n;

	n = format_of(text, sizeof(text), "sock/inet_sock_set_state",
		      KERNEL(4, 19));
	field_at(text, n, "newstate", 20, 4);
	field_at(text, n, "protocol", 30, 1);
	field_at(text, n, "saddr", 31, 4);
	n = format_of(text, sizeof(text), "sock/inet_sock_set_state",
		      KERNEL(5, 10));
	field_at(text, n, "protocol", 30, 2);
	field_at(text, n, "saddr", 32, 4);
	n = format_of(text, sizeof(text), "tcp/tcp_retransmit_skb",
		      KERNEL(4, 15));
	field_at(text, n, "sport", 24, 2);
	ck_assert_int_eq(format_field(text, n, "state", &f, &why), -ENOENT);
	n = format_of(text, sizeof(text), "tcp/tcp_retransmit_skb",
		      KERNEL(5, 10));
	field_at(text, n, "state", 24, 4);
	field_at(text, n, "sport", 28, 2);
}
END_TEST

Suite *suite_kernels(void)
{
	Suite *s = suite_create("kernels");
	TCase *tc = tcase_create("kernels");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, registry, 0, ARRAY_SIZE(versions) *
			    ARRAY_SIZE(machines));
	tcase_add_test(tc, event_layouts);
	suite_add_tcase(s, tc);
	return s;
}
