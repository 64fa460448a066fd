/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filter program against filter_match(), and both against cases made by
 * hand.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "t/bpfvm.h"
#include "t/check.h"
#include "tools/frontend/frontend.h"

static struct bpf_insn code[FILTER_MAX_INSNS];
static struct filters f;
static struct flow flow;

/* xorshift64: the same numbers everywhere */
static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static int build(void)
{
	const char *why = NULL;
	int n = filter_build(&f, code, &why);

	ck_assert_msg(n > 0, "filter_build: %s", why ? why : "?");
	return n;
}

/* What the program says of @what; it must not touch more than that. */
static uint64_t run_on(int n, void *what, size_t len)
{
	static struct bpfvm vm;
	int i;

	memset(&vm, 0, sizeof(vm));
	vm.insns = code;
	vm.ninsns = (size_t)n;
	vm.regions[0].start = what;
	vm.regions[0].len = len;
	for (i = 0; i < 10; i++)	/* whatever was left there */
		vm.reg[i] = 0xdeadbeef00000000 + (uint64_t)i;
	vm.reg[1] = (uint64_t)(uintptr_t)what;
	ck_assert_msg(!bpfvm_run(&vm), "%s at %zu", vm.error, vm.pc);
	return vm.reg[0];
}

static uint64_t run(int n)
{
	return run_on(n, &flow, sizeof(flow));
}

static void check(enum verdict want)
{
	ck_assert_int_eq(filter_match(&f, &flow), want);
	ck_assert_uint_eq(run(build()), want);
}

static void addr(uint8_t *to, const char *text)
{
	memset(to, 0, 16);
	if (inet_pton(AF_INET6, text, to) == 1)
		return;
	to[10] = to[11] = 0xff;
	ck_assert_int_eq(inet_pton(AF_INET, text, to + 12), 1);
}

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	memset(&flow, 0, sizeof(flow));
	seed = 88172645463325252;
	addr(flow.laddr, "192.0.2.1");
	addr(flow.raddr, "198.51.100.7");
	flow.lport = 40000;
	flow.rport = 443;
	flow.netns = 4026531840u;	/* bit 31 is set, as it always is */
	flow.owned = 1;
	flow.pid = 4711;
	flow.tid = 4712;
	flow.uid = 4294967294u;
	flow.cgroup = 0x8000000100000002;
	memcpy(flow.comm, "curl", 4);
}

START_TEST(none)
{
	ck_assert_int_eq(build(), 2);
	flow.owned = 0;
	check(FILTER_PASS);
	ck_assert(!filter_on_owner(&f));
}
END_TEST

START_TEST(owners)
{
	f.pid[0] = 4711;
	f.npid = 1;
	ck_assert(filter_on_owner(&f));
	check(FILTER_PASS);
	flow.pid = 4710;
	check(FILTER_DROP);
	f.pid[1] = 4710;
	f.npid = 2;
	check(FILTER_PASS);
	f.uid[0] = 0;
	f.uid[1] = 4294967294u;
	f.nuid = 2;
	check(FILTER_PASS);
	f.tid[0] = 4713;
	f.ntid = 1;
	check(FILTER_DROP);
	flow.owned = 0;
	check(FILTER_UNKNOWN);
	f.rport[0] = (struct port_range){ 80, 80 };
	f.nrport = 1;	/* dropped for this, whoever owns it */
	check(FILTER_DROP);
}
END_TEST

START_TEST(comm)
{
	memcpy(f.comm[0], "wget", 4);
	memcpy(f.comm[1], "curl", 4);
	f.ncomm = 2;
	check(FILTER_PASS);
	flow.comm[4] = 'x';
	check(FILTER_DROP);
	memcpy(f.comm[0], "0123456789abcde", 16);
	memcpy(flow.comm, "0123456789abcde", 16);
	check(FILTER_PASS);
	flow.comm[14] = 'f';
	check(FILTER_DROP);
}
END_TEST

START_TEST(cgroups)
{
	f.cgroup[0] = 1;
	f.cgroup[1] = 0x8000000100000002;
	f.ncgroup = 2;
	check(FILTER_PASS);
	flow.cgroup = 2;
	check(FILTER_DROP);
	flow.cgroup = 0;
	check(FILTER_UNKNOWN);
	f.pid[0] = 1;
	f.npid = 1;
	check(FILTER_DROP);
}
END_TEST

START_TEST(ports)
{
	f.port[0] = (struct port_range){ 1, 79 };
	f.port[1] = (struct port_range){ 443, 443 };
	f.nport = 2;
	check(FILTER_PASS);
	flow.rport = 444;
	check(FILTER_DROP);
	flow.lport = 443;
	check(FILTER_PASS);
	flow.lport = 79;
	check(FILTER_PASS);
	flow.lport = 80;
	check(FILTER_DROP);
	f.port[1] = (struct port_range){ 444, 65535 };
	check(FILTER_PASS);
	f.lport[0] = (struct port_range){ 81, 90 };
	f.nlport = 1;
	check(FILTER_DROP);
	flow.lport = 90;
	check(FILTER_PASS);
	flow.lport = 91;
	check(FILTER_DROP);
}
END_TEST

static void net(const char *text, unsigned prefix)
{
	addr(f.raddr[0].addr, text);
	f.raddr[0].prefix = (uint8_t)prefix;
	f.nraddr = 1;
}

START_TEST(nets)
{
	net("198.51.100.0", 120);
	check(FILTER_PASS);
	net("198.51.100.8", 125);
	check(FILTER_DROP);
	net("198.51.100.0", 125);
	check(FILTER_PASS);
	net("198.51.100.7", 128);
	check(FILTER_PASS);
	net("0.0.0.0", 96);
	check(FILTER_PASS);
	addr(flow.raddr, "2001:db8::1");
	check(FILTER_DROP);
	net("::", 0);
	check(FILTER_PASS);
	net("2001:db8::", 32);
	check(FILTER_PASS);
	net("2001:db8:0:1::", 64);
	check(FILTER_DROP);
	net("2001:db8::", 64);
	check(FILTER_PASS);
	net("2001:db8::8000:0:0:0", 65);
	check(FILTER_DROP);
	net("8000::", 1);
	check(FILTER_DROP);
	addr(flow.raddr, "fe80::1");
	check(FILTER_PASS);
	addr(f.laddr[0].addr, "192.0.2.1");
	f.laddr[0].prefix = 128;
	f.nladdr = 1;
	check(FILTER_PASS);
	flow.laddr[0] = 1;
	check(FILTER_DROP);
}
END_TEST

START_TEST(families)
{
	f.family = 4;
	flow.family = AF_INET6;		/* 46 is IPv4 */
	check(FILTER_PASS);
	f.family = 6;
	check(FILTER_DROP);
	addr(flow.raddr, "::1");
	check(FILTER_PASS);
	f.family = 4;
	check(FILTER_DROP);
	addr(flow.raddr, "::fffe:1.2.3.4");
	check(FILTER_DROP);
	addr(flow.raddr, "1::ffff:1.2.3.4");
	check(FILTER_DROP);
}
END_TEST

/* ---- property --------------------------------------------------------- */

/* Few values, so that matches happen, with the sign bits in them. */
static const uint32_t some[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff };

static uint32_t any(void)
{
	return some[rnd(6)];
}

static void any_addr(uint8_t *a)
{
	static const char *const addrs[] = {
		"10.0.0.1", "10.0.0.2", "10.128.0.1", "255.255.255.255", "::1",
		"::", "2001:db8::1", "2001:db8:8000::1", "fe80::ffff:ffff:1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::fffe:10.0.0.1",
	};

	addr(a, addrs[rnd(11)]);
	if (!rnd(4))
		a[rnd(16)] ^= (uint8_t)(1 << rnd(8));
}

static void any_flow(void)
{
	memset(&flow, 0, sizeof(flow));
	any_addr(flow.laddr);
	any_addr(flow.raddr);
	flow.lport = (uint16_t)any();
	flow.rport = (uint16_t)rnd(8);
	flow.netns = any();
	flow.owned = rnd(4) != 0;
	flow.pid = any();
	flow.tid = any();
	flow.uid = any();
	flow.cgroup = any() | (uint64_t)any() << 32;
	flow.comm[rnd(15)] = (char)('a' + (int)rnd(2));
	flow.pad = 0xffffffff;
}

static unsigned any_len(void)
{
	return rnd(3) ? 0 : 1 + rnd(rnd(8) ? 4 : 20);
}

static void any_ports(struct port_range *list, unsigned n)
{
	uint16_t a, b;

	while (n--) {
		a = (uint16_t)(rnd(2) ? rnd(8) : rnd(65536));
		b = (uint16_t)(rnd(3) ? a + rnd(4) : any());
		list[n] = (struct port_range){ a < b ? a : b, a < b ? b : a };
	}
}

static void any_nets(struct addr_range *list, unsigned n)
{
	while (n--) {
		any_addr(list[n].addr);
		list[n].prefix = (uint8_t)rnd(129);
	}
}

static void any_u32(uint32_t *list, unsigned n)
{
	while (n--)
		list[n] = rnd(3) ? any() : rnd(0xffffffff);
}

static void any_filters(void)
{
	unsigned i;

	memset(&f, 0, sizeof(f));
	any_u32(f.pid, f.npid = any_len());
	any_u32(f.tid, f.ntid = any_len());
	any_u32(f.uid, f.nuid = any_len());
	any_u32(f.netns, f.nnetns = any_len());
	any_ports(f.port, f.nport = any_len());
	any_ports(f.lport, f.nlport = any_len());
	any_ports(f.rport, f.nrport = any_len());
	any_nets(f.laddr, f.nladdr = any_len());
	any_nets(f.raddr, f.nraddr = any_len());
	f.ncomm = any_len();
	for (i = 0; i < f.ncomm; i++)
		f.comm[i][rnd(15)] = (char)('a' + (int)rnd(2));
	f.ncgroup = any_len();
	for (i = 0; i < f.ncgroup; i++)
		f.cgroup[i] = any() | (uint64_t)any() << 32;
	f.family = rnd(4) ? 0 : 4 + 2 * (int)rnd(2);
	if (rnd(2))			/* what many filters would hide */
		f.nladdr = f.nraddr = f.npid = f.ntid = f.nuid = 0;
	if (rnd(2))
		f.nport = f.nlport = f.nrport = f.ncomm = f.nnetns = 0;
}

/* Every jump forward and inside; only r0..r5, no stack, no calls. */
static void check_shape(int n)
{
	int i, class;

	for (i = 0; i < n; i++) {
		class = BPF_CLASS(code[i].code);
		ck_assert(code[i].dst_reg <= 5 && code[i].src_reg <= 5);
		ck_assert(class != BPF_ST && class != BPF_STX);
		if (class == BPF_LDX)
			ck_assert_int_eq(code[i].src_reg, 1);
		else if (code[i].dst_reg == 1)
			ck_assert_int_eq(class, BPF_JMP);
		if (class == BPF_LD) {
			i++;
		} else if (class == BPF_JMP &&
			   BPF_OP(code[i].code) != BPF_EXIT) {
			ck_assert_int_ne(BPF_OP(code[i].code), BPF_CALL);
			ck_assert_int_ge(code[i].off, 0);
			ck_assert_int_lt(i + 1 + code[i].off, n);
		}
	}
}

START_TEST(property)
{
	unsigned seen[3] = { 0 };
	enum verdict v;
	int i, j, n;

	for (i = 0; i < 3000; i++) {
		any_filters();
		n = build();
		check_shape(n);
		for (j = 0; j < 20; j++) {
			any_flow();
			v = filter_match(&f, &flow);
			ck_assert_msg(run(n) == v, "filter %d flow %d", i, j);
			seen[v]++;
		}
	}
	ck_assert(seen[0] > 999 && seen[1] > 999 && seen[2] > 999);
}
END_TEST

/* ---- size ------------------------------------------------------------- */

static void full(void)
{
	unsigned i;

	any_u32(f.pid, f.npid = FILTER_LIST);
	any_u32(f.tid, f.ntid = FILTER_LIST);
	for (i = 0; i < FILTER_LIST; i++) {
		f.uid[i] = 0x80000000 + i;
		f.netns[i] = 0xf0000000 + i;
		f.lport[i] = (struct port_range){ (uint16_t)(2 * i + 1),
						  (uint16_t)(2 * i + 2) };
		f.rport[i] = f.port[i] = f.lport[i];
		f.cgroup[i] = UINT64_MAX / 3 + i;
		memset(f.comm[i], 'a', 15);
		f.comm[i][3] = (char)i;
	}
	f.nuid = f.nnetns = f.nlport = f.nrport = f.nport = FILTER_LIST;
	f.ncgroup = f.ncomm = FILTER_LIST;
}

/* Masks that end in the middle of both words are the worst of addresses. */
START_TEST(size)
{
	unsigned i;
	int n;

	full();
	for (i = 0; i < FILTER_LIST; i++) {
		addr(f.raddr[i].addr, "8001:db8:aaaa:bbbb:cccc:dddd:eeee:0");
		f.raddr[i].addr[6] = (uint8_t)i;
		f.raddr[i].prefix = 122;
		f.laddr[i] = f.raddr[i];
	}
	f.nladdr = f.nraddr = FILTER_LIST;
	f.family = 4;
	n = build();
	check_shape(n);
	ck_assert_int_le(n, FILTER_MAX_INSNS);
	check(FILTER_DROP);
}
END_TEST

START_TEST(packets)
{
	const uint32_t reasons[] = { 3, REASON_RCVBUFF };
	struct packet_id id = { "eth10", 3, IPPROTO_UDP };
	const char *why = NULL;
	int n = filter_packets(&f, reasons, 0, code, &why);

	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_PASS);
	f.ndev = f.nproto = 2;
	memcpy(f.dev[0], "lo", 3);
	memcpy(f.dev[1], "eth10", 6);
	f.proto[0] = IPPROTO_TCP;
	f.proto[1] = IPPROTO_UDP;
	n = filter_packets(&f, reasons, 2, code, &why);
	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_PASS);
	id.reason = 4;
	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_DROP);
	id.reason = REASON_RCVBUFF;
	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_PASS);
	id.protocol = IPPROTO_ICMP;
	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_DROP);
	id.protocol = IPPROTO_TCP;
	memcpy(id.dev, "eth1", 5);
	id.dev[5] = '\0';
	ck_assert_uint_eq(run_on(n, &id, sizeof(id)), FILTER_DROP);
}
END_TEST

Suite *suite_filter(void);

/* ---- networks --------------------------------------------------------- */

static struct addr_range network(const char *text, uint8_t prefix)
{
	struct addr_range r = { .prefix = prefix };

	addr(r.addr, text);
	return r;
}

static void in_network(int n, const char *text, unsigned want)
{
	addr(flow.laddr, text);
	ck_assert_msg(run(n) == want, "%s is in %u, not in %u", text,
		      (unsigned)run(n), want);
}

START_TEST(networks)
{
	const struct addr_range ranges[] = {
		network("2001:db8::1", 128), network("10.1.2.128", 96 + 25),
		network("10.1.0.0", 96 + 16), network("10.0.0.0", 96 + 8),
		network("0.0.0.0", 96), network("fd00:0:0:1::", 64),
		network("fc00::", 7), network("::", 0),
	};
	const char *why = NULL;
	int n = filter_networks(ranges, 8, code, &why);

	ck_assert_msg(n > 0, "%s", why);
	in_network(n, "2001:db8::1", 1);
	in_network(n, "10.1.2.129", 2);
	in_network(n, "10.1.2.127", 3);
	in_network(n, "10.200.0.1", 4);
	in_network(n, "11.0.0.1", 5);
	in_network(n, "fd00:0:0:1:8000::", 6);
	in_network(n, "fd00:0:0:2::", 7);
	in_network(n, "2001:db8::2", 8);
	in_network(n, "::", 0);
	n = filter_networks(ranges + 2, 2, code, &why);
	in_network(n, "10.255.255.255", 2);
	in_network(n, "192.0.2.1", 0);
	in_network(n, "fd00::1", 0);
	ck_assert_int_gt(filter_networks(ranges, 0, code, &why), 0);
}
END_TEST

Suite *suite_filter(void)
{
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, none);
	tcase_add_test(tc, owners);
	tcase_add_test(tc, comm);
	tcase_add_test(tc, cgroups);
	tcase_add_test(tc, ports);
	tcase_add_test(tc, nets);
	tcase_add_test(tc, families);
	tcase_add_test(tc, property);
	tcase_add_test(tc, size);
	tcase_add_test(tc, networks);
	tcase_add_test(tc, packets);
	suite_add_tcase(s, tc);
	return s;
}
