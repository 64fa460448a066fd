/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sordrop's programs, run as on a kernel that tells why a packet is dropped
 * and not whose it was (5.17 to 6.10): which socket refused it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "progs/sordrop.h"
#include "t/bpfvm.h"
#include "t/check.h"
#include "t/old_fields.h"
#include "tools/frontend/frontend.h"

Suite *suite_sordrop(void);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { NO_ROOM = 7 };		/* an enum skb_drop_reason */

/* What the kernel has. */
struct fake_sock {
	uint32_t daddr, rcv_saddr;
	uint16_t dport, num, family, protocol;
	int32_t rmem, rcvbuf;
	uint16_t sport, pad[3];
	uint64_t cookie;
};

struct fake_skb {
	uint64_t head, data;
	uint32_t len, data_len;
	uint16_t protocol, network_header;
	uint32_t pad;
	uint8_t bytes[64];	/* at .head */
};

static const char fields[] =
	"# sockeye fields 1\nbuild-id -\n"
	"struct sock:__sk_common off 0 size 48 struct\n"
	"struct sock_common:skc_daddr off 0 size 4 unsigned\n"
	"struct sock_common:skc_rcv_saddr off 4 size 4 unsigned\n"
	"struct sock_common:skc_dport off 8 size 2 unsigned\n"
	"struct sock_common:skc_num off 10 size 2 unsigned\n"
	"struct sock_common:skc_family off 12 size 2 unsigned\n"
	"struct sock:sk_protocol off 14 size 2 unsigned\n"
	"struct sock:sk_backlog.rmem_alloc off 16 size 4 struct\n"
	"struct sock:sk_backlog.rmem_alloc.counter off 16 size 4 signed\n"
	"struct sock:sk_rcvbuf off 20 size 4 signed\n"
	"struct inet_sock:inet_sport off 24 size 2 unsigned\n"
	"struct sock:__sk_common.skc_cookie.counter off 32 size 8 signed\n"
	"struct sk_buff:head off 0 size 8 pointer\n"
	"struct sk_buff:data off 8 size 8 pointer\n"
	"struct sk_buff:len off 16 size 4 unsigned\n"
	"struct sk_buff:data_len off 20 size 4 unsigned\n"
	"struct sk_buff:protocol off 24 size 2 unsigned\n"
	"struct sk_buff:network_header off 26 size 2 unsigned\n";

static const struct hook on_packet = {
	.kind = HOOK_RAW_TRACEPOINT, .target = "f", .args = "sk skb",
};
static const struct hook on_return = {
	.kind = HOOK_RAW_TRACEPOINT, .target = "f", .args = "ret",
};
static const struct hook on_drop = {
	.kind = HOOK_RAW_TRACEPOINT, .target = "kfree_skb",
	.args = "skb location reason",
};

static struct {
	struct resolver fields;
	struct spec *full;
	const struct spec *spec;
	struct bpf_insn filter[FILTER_MAX_INSNS];
	struct function function;
	struct fake_sock tcp, udp;
	struct fake_skb skb;
	uint64_t args[4] __attribute__((aligned(8)));
	uint64_t refused[8] __attribute__((aligned(8)));	/* that map's */
	struct sordrop_event shown;
	unsigned rows;
} k;

static void setup(void)
{
	static struct filters none;
	struct err e = { 0 };
	const char *why = "";
	int n;

	memset(&k, 0, sizeof(k));
	resolver_init(&k.fields, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	old_fields_add(&k.fields, fields, sizeof(fields) - 1);
	k.spec = tool_find("sordrop")->spec;
	ck_assert_msg(!spec_unpack(&k.full, k.spec, &e), "%s", e.msg);
	if (k.full)
		k.spec = k.full;
	n = filter_build(&none, k.filter, &why);
	ck_assert_msg(n > 0, "%s", why);
	k.function = (struct function){ "filter", k.filter, (uint32_t)n };
}

static void teardown(void)
{
	spec_free(k.full);
	resolver_release(&k.fields);
}

/* ---- the kernel --------------------------------------------------------- */

/* Of the program's own stack, too. */
static const void *memory(const struct bpfvm *vm, uint64_t at, uint64_t len)
{
	const struct { const void *start; size_t len; } parts[] = {
		{ vm->stack, sizeof(vm->stack) }, { &k, sizeof(k) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (at >= (uintptr_t)parts[i].start &&
		    at + len <= (uintptr_t)parts[i].start + parts[i].len)
			return (const void *)(uintptr_t)at;
	return NULL;
}

/* Maps are numbers: 1 is `refused'. */
static int call(struct bpfvm *vm, int id)
{
	uint64_t *r = vm->reg;
	const void *p;

	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		r[0] = r[1] == 1 ? (uintptr_t)k.refused : 0;
		return 0;
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_kernel:
		p = memory(vm, r[3], r[2]);
		if (p)
			memcpy((void *)(uintptr_t)r[1], p, r[2]);
		else
			memset((void *)(uintptr_t)r[1], 0, r[2]);
		r[0] = p ? 0 : (uint64_t)-EFAULT;
		return 0;
	case BPF_FUNC_perf_event_output:
		ck_assert_uint_eq(r[5], sizeof(k.shown));
		memcpy(&k.shown, (void *)(uintptr_t)r[4], sizeof(k.shown));
		k.rows++;
		r[0] = 0;
		return 0;
	default:
		r[0] = 0;
		return 0;
	}
}

static void run(const char *name, const struct hook *h, uint64_t a, uint64_t b,
		uint64_t c)
{
	static const struct constant constants[] = {
		{ "start_ns", 1 }, { "want_id", 0 }, { "want_netns", 0 },
		{ "only_netns", 0 }, { "want_cgroup", 0 }, { "want_drops", 0 },
		{ "ringbuf", 0 }, { "ring_wake", 0 }, { "kernel_word", 8 },
		{ "cgroup_id", 0 },
		{ "no_room_0", 1 << NO_ROOM }, { "no_room_64", 0 },
		{ "no_room_128", 0 }, { "not_specified", 2 },
	};
	struct link_target target = {
		.machine = "x86_64", .word_size = 8, .fields = &k.fields,
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
		.no_bpf_calls = true,
	};
	struct link_input in = {
		.spec = k.spec, .prog = spec_find_prog(k.spec, name),
		.hook = h, .target = &target, .constants = constants,
		.nconstants = ARRAY_SIZE(constants), .functions = &k.function,
		.nfunctions = 1,
	};
	struct linked l = { 0 };
	struct err e = { 0 };
	struct bpfvm vm = {
		.call = call,
		.regions = { { k.args, sizeof(k.args), false },
			     { k.refused, sizeof(k.refused), true } },
	};

	ck_assert_msg(!link_prog(&l, &in, &e), "%s: %s", name, e.msg);
	for (uint32_t i = 0; i < l.nrelocs; i++) {
		struct bpf_insn *load = &l.insns[l.relocs[i].insn];

		load->src_reg = 0;
		load->imm = strcmp(l.relocs[i].name, "refused") ? 2 : 1;
	}
	k.args[0] = a;
	k.args[1] = b;
	k.args[2] = c;
	vm.insns = l.insns;
	vm.ninsns = l.ninsns;
	vm.reg[1] = (uintptr_t)k.args;
	ck_assert_msg(!bpfvm_run(&vm), "%s: %s at %zu", name, vm.error, vm.pc);
	linked_release(&l);
}

/* ---- what is there ------------------------------------------------------ */

static void sock(struct fake_sock *sk, uint8_t protocol, uint16_t lport,
		 uint16_t rport, uint32_t raddr, int32_t rcvbuf)
{
	*sk = (struct fake_sock){
		.daddr = htonl(raddr), .dport = htons(rport), .num = lport,
		.sport = htons(lport), .family = AF_INET,
		.protocol = protocol, .rmem = 1, .rcvbuf = rcvbuf,
	};
}

/* A packet from @raddr, of IPv4, with ports. */
static void packet(uint8_t protocol, uint32_t raddr, uint16_t rport,
		   uint16_t lport)
{
	const uint8_t at = 8;
	const uint8_t ip[] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0,
		(uint8_t)(raddr >> 24), (uint8_t)(raddr >> 16),
		(uint8_t)(raddr >> 8), (uint8_t)raddr, 10, 0, 0, 1,
		(uint8_t)(rport >> 8), (uint8_t)rport,
		(uint8_t)(lport >> 8), (uint8_t)lport };

	k.skb = (struct fake_skb){
		.head = (uintptr_t)k.skb.bytes,
		.data = (uintptr_t)k.skb.bytes + at, .len = 40,
		.protocol = htons(0x0800), .network_header = at,
	};
	memcpy(k.skb.bytes + at, ip, sizeof(ip));
	k.skb.bytes[at + 32] = 0x50;	/* data offset */
}

/* It is dropped for want of room, and shown as @rcvbuf says whose. */
static void dropped(uint32_t rcvbuf)
{
	k.rows = 0;
	run("on_drop_reason", &on_drop, (uintptr_t)&k.skb, 0, NO_ROOM);
	ck_assert_uint_eq(k.rows, 1);
	ck_assert_uint_eq(k.shown.reason, NO_ROOM);
	ck_assert_uint_eq(k.shown.rcvbuf, rcvbuf);
	ck_assert_int_eq(k.shown.rmem_alloc, rcvbuf ? 1 : -1);
}

#define PEER	0x0a000002u
#define OTHER	0x0a000003u

/* The limit of TCP's memory was met, and room was made after all. */
START_TEST(limit)
{
	static const struct {
		uint32_t raddr;
		uint16_t rport, lport;
		uint32_t rcvbuf;
	} packets[] = {
		{ PEER, 1000, 443, 5000 }, { PEER, 1001, 443, 0 },
		{ OTHER, 1000, 443, 0 }, { PEER, 1000, 444, 0 },
	};

	sock(&k.tcp, IPPROTO_TCP, 443, 1000, PEER, 5000);
	run("on_limit", &on_packet, (uintptr_t)&k.tcp, 0, 0);
	packet(IPPROTO_TCP, packets[_i].raddr, packets[_i].rport,
	       packets[_i].lport);
	dropped(packets[_i].rcvbuf);
}
END_TEST

/* A datagram is refused; or finds room, is read, and another packet has its
 * place. */
START_TEST(memory_of_a_datagram)
{
	const int64_t ret = _i ? -ENOMEM : 0;

	sock(&k.udp, IPPROTO_UDP, 53, 0, 0, 7000);
	packet(IPPROTO_UDP, PEER, 1000, 53);
	run("on_enqueue", &on_packet, (uintptr_t)&k.udp, (uintptr_t)&k.skb, 0);
	run("on_enqueued", &on_return, (uint64_t)ret, 0, 0);
	if (!_i)
		packet(IPPROTO_TCP, PEER, 1000, 443);
	dropped(_i ? 7000 : 0);
}
END_TEST

Suite *suite_sordrop(void)
{
	Suite *s = suite_create("sordrop");
	TCase *tc = tcase_create("refused");

	if (!tool_find("sordrop"))	/* --with-tools */
		return s;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, limit, 0, 4);
	tcase_add_loop_test(tc, memory_of_a_datagram, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
