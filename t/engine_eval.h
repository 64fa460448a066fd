/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a request means, said a second time: its values, conditions and slots
 * worked out in C from the memory of engine_kit.h, as the context of a hook on
 * x86_64 has it.
 */
#ifndef SOCKEYE_T_ENGINE_EVAL_H
#define SOCKEYE_T_ENGINE_EVAL_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "t/engine_kit.h"

static uint64_t eval_latency;

/* ---- memory ------------------------------------------------------------ */

/* As bpf_probe_read_kernel(): zeros for what cannot be read. */
static inline void eval_read(void *to, uint64_t from, size_t len)
{
	memset(to, 0, len);
	if (from >= MEM_AT && from - MEM_AT <= MEM_SIZE - len)
		memcpy(to, k.mem + (from - MEM_AT), len);
}

static inline uint64_t eval_load(const void *p, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, p, size);
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? v >> (64 - 8 * size) :
							v;
}

static inline uint64_t eval_widen(uint64_t v, const struct field *f)
{
	bool be = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	uint64_t l = 0, r = 0;

	ck_assert(!field_value(CORE_FIELD_LSHIFT_U64, f, be, &l) &&
		  !field_value(CORE_FIELD_RSHIFT_U64, f, be, &r));
	v <<= l;
	return f->is_signed ? (uint64_t)((int64_t)v >> r) : v >> r;
}

/* eval_field - NULL: the kernel has none such. */
static inline const struct field *eval_field(const struct ask_step *s)
{
	const struct kit_field *f = engine_fields;

	for (; f < engine_fields + sizeof(engine_fields) / sizeof(*f); f++)
		if (!strcmp(f->type, s->type) && !strcmp(f->path, s->path))
			return &f->f;
	return NULL;
}

static inline uint64_t eval_follow(uint64_t p, const char *type,
				   const char *path)
{
	const struct ask_step s = { type, path };
	uint8_t bytes[8];
	struct field f;

	if (!p)
		return 0;
	f = *eval_field(&s);
	if (f.class == FIELD_POINTER)
		f.size = 8;
	eval_read(bytes, p + f.off, f.size);
	return eval_widen(eval_load(bytes, f.size), &f);
}

/* ---- where values come from -------------------------------------------- */

static inline uint64_t eval_reg(int n)
{
	struct field f;

	if (regs_field("x86_64", n, &f))
		ck_abort_msg("no register %d", n);
	return k.ctx[f.off / 8];
}

static inline uint64_t eval_arg(const struct hook *h, int n)
{
	uint64_t v;
	int off = regs_stack("x86_64", n);
	/* at a return those of the entry, which has the same here */
	bool regs = h->kind == HOOK_KPROBE || h->kind == HOOK_UPROBE ||
		    h->kind == HOOK_KRETPROBE || h->kind == HOOK_URETPROBE;

	if (!regs)
		return k.ctx[n];
	if (off < 0)
		return eval_reg(n);
	/* above the return address */
	eval_read(&v, eval_reg(REG_SP) + (uint64_t)off, sizeof(v));
	return v;
}

static inline uint64_t eval_tp(const struct ask_value *v)
{
	const char *why;
	struct field f;
	uint64_t n;

	ck_assert(!format_field(engine_format, sizeof(engine_format) - 1, v->field,
				&f, &why));
	n = eval_load((const uint8_t *)k.ctx + f.off, f.size);
	return v->nsteps || v->then ? n : eval_widen(n, &f);
}

static inline uint64_t eval_origin(const struct ask_value *v, uint32_t hook)
{
	const struct hook *h = &q.hooks[hook];

	switch (v->from) {
	case FROM_NUMBER: return v->number;
	case FROM_PID: return k.pid_tgid >> 32;
	case FROM_TID: return (uint32_t)k.pid_tgid;
	case FROM_UID: return (uint32_t)k.uid_gid;
	case FROM_CGROUP: return k.cgroup;
	case FROM_CPU: return k.cpu;
	case FROM_PROBE: case FROM_EVENT: return hook;
	case FROM_LATENCY: return eval_latency;
	case FROM_ARG: return eval_arg(h, v->arg);
	case FROM_FIELD: return eval_tp(v);
	case FROM_RETVAL:
		return h->kind == HOOK_FEXIT ? k.ctx[kit.func_args] :
		       eval_reg(REG_RETURN);
	case FROM_NETNS:
		return eval_follow(eval_follow(eval_follow(TASK_AT,
			"struct task_struct", "nsproxy"),
			"struct nsproxy", "net_ns"),
			"struct net", "ns.inum");
	default: ck_abort_msg("from %d", v->from); return 0;
	}
}

static inline uint64_t eval_walk(const struct ask_value *v, uint32_t hook,
				 unsigned nsteps)
{
	uint64_t p = eval_origin(v, hook);
	unsigned i;

	for (i = 0; i < nsteps; i++)
		p = eval_follow(p, v->steps[i].type, v->steps[i].path);
	return p;
}

/* ---- what becomes of them ---------------------------------------------- */

static inline uint64_t eval_family(uint64_t sk)
{
	return eval_follow(sk, "struct sock", "__sk_common.skc_family");
}

static inline uint64_t eval_port(uint64_t sk, bool local)
{
	uint64_t family = eval_family(sk);

	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (local && eval_follow(sk, "struct sock", "__sk_common.skc_num"))
		return eval_follow(sk, "struct sock", "__sk_common.skc_num");
	return ntohs((uint16_t)(local ?
		eval_follow(sk, "struct inet_sock", "inet_sport") :
		eval_follow(sk, "struct sock", "__sk_common.skc_dport")));
}

static inline uint64_t eval_protocol(uint64_t sk)
{
	uint64_t family = eval_family(sk);

	return family == AF_INET || family == AF_INET6 ?
	       eval_follow(sk, "struct sock", "sk_protocol") : 0;
}

static inline uint64_t eval_mapped(uint64_t addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t bytes[8], more[4];

	eval_read(bytes, addr, 8);
	eval_read(more, addr + 8, 4);
	return !memcmp(bytes, prefix, 8) && !memcmp(more, prefix + 8, 4) ?
	       ASK_AF_MAPPED : AF_INET6;
}

static inline uint64_t eval_ipfamily(uint64_t sk)
{
	const struct ask_step s = { "struct sock", "__sk_common.skc_v6_daddr" };
	uint64_t family = eval_family(sk);

	return family != AF_INET6 || k.no_ipv6 ? family :
	       eval_mapped(sk + eval_field(&s)->off);
}

static inline uint64_t eval_sa_family(uint64_t sa)
{
	uint16_t family;

	eval_read(&family, sa, 2);
	return family == AF_INET6 ? eval_mapped(sa + 8) : family;
}

static inline uint64_t eval_fill(uint64_t sk)
{
	uint32_t limit = (uint32_t)eval_follow(sk, "struct sock", "sk_rcvbuf");
	uint32_t alloc = (uint32_t)eval_follow(sk, "struct sock",
					"sk_backlog.rmem_alloc.counter");

	return limit ? alloc * 100ull / limit : 0;
}

static inline void eval_address(uint64_t sk, bool local, uint8_t *to)
{
	const char *v6 = local ? "__sk_common.skc_v6_rcv_saddr" :
				 "__sk_common.skc_v6_daddr";
	const struct ask_step s = { "struct sock", v6 };
	uint64_t family = eval_family(sk);
	uint32_t v4;

	memset(to, 0, 16);
	if (family == AF_INET6 && !k.no_ipv6)
		eval_read(to, sk + eval_field(&s)->off, 16);
	if (family != AF_INET)
		return;
	v4 = (uint32_t)eval_follow(sk, "struct sock", local ?
				   "__sk_common.skc_rcv_saddr" :
				   "__sk_common.skc_daddr");
	memset(to + 10, 0xff, 2);
	memcpy(to + 12, &v4, 4);
}

static inline uint64_t eval_tcp(uint64_t sk, const char *path)
{
	return eval_protocol(sk) == IPPROTO_TCP ?
	       eval_follow(sk, "struct tcp_sock", path) : 0;
}

static inline uint64_t eval_min_rtt(uint64_t sk)
{
	uint64_t us = eval_tcp(sk, "rtt_min.s[0].v");

	return us == UINT32_MAX ? 0 : us;
}

static inline uint64_t eval_l2len(uint64_t skb)
{
	uint64_t mac = eval_follow(skb, "struct sk_buff", "mac_header");
	uint64_t at = eval_follow(skb, "struct sk_buff", "head") + mac;
	uint64_t data = eval_follow(skb, "struct sk_buff", "data");
	uint64_t len = eval_follow(skb, "struct sk_buff", "len");

	return mac == 0xffff || at > data ? len : len + data - at;
}

static inline uint64_t eval_segs(uint64_t skb)
{
	uint64_t end = eval_follow(skb, "struct sk_buff", "end");
	uint64_t segs;

	if (kit.target.word_size == 8)
		end += eval_follow(skb, "struct sk_buff", "head");
	segs = eval_follow(end, "struct skb_shared_info", "gso_segs");
	return segs ? segs : 1;
}

static inline uint64_t eval_number(const struct ask_value *v, uint32_t hook)
{
	uint64_t n = eval_walk(v, hook, v->nsteps);

	switch (v->then) {
	case THEN_NTOHS: return ntohs((uint16_t)n);
	case THEN_S32: return (uint64_t)(int64_t)(int32_t)n;
	case THEN_U32: return (uint32_t)n;
	case THEN_US: return n / 1000;
	case THEN_AHEAD: return n > k.ns ? (n - k.ns) / 1000 : 0;
	case THEN_LPORT: return eval_port(n, true);
	case THEN_RPORT: return eval_port(n, false);
	case THEN_PROTOCOL: return eval_protocol(n);
	case THEN_RMEM_FILL: return eval_fill(n);
	case THEN_IPFAMILY: return eval_ipfamily(n);
	case THEN_SA_FAMILY: return eval_sa_family(n);
	case THEN_SRTT: return eval_tcp(n, "srtt_us") >> 3;
	case THEN_MDEV: return eval_tcp(n, "mdev_us") >> 2;
	case THEN_MIN_RTT: return eval_min_rtt(n);
	case THEN_L2LEN: return eval_l2len(n);
	case THEN_RX_QUEUE:
		return eval_follow(n, "struct sk_buff", "queue_mapping") - 1;
	case THEN_SEGS: return eval_segs(n);
	default: return n;
	}
}

/* As many bytes as the member has, or of what it leads to 32. */
static inline void eval_name(const struct ask_value *v, uint32_t hook,
			     uint8_t *to)
{
	bool behind = v->then == THEN_TEXT;
	uint64_t p = eval_walk(v, hook, v->nsteps - !behind);
	const struct field *f = eval_field(&v->steps[v->nsteps - 1]);
	uint32_t size;
	size_t len;

	memset(to, 0, 32);
	if (!p)
		return;
	size = f->class == FIELD_POINTER ? 8 : f->size;
	if (behind)
		eval_read(to, p, 32);
	else
		eval_read(to, p + f->off, size < 32 ? size : 32);
	len = strnlen((const char *)to, 32);
	memset(to + len, 0, 32 - len);
}

/* eval_store - @v as it is kept in keys. */
static inline void eval_store(const struct ask_value *v, uint32_t hook,
			      uint8_t *to)
{
	uint64_t n;

	switch (v->shape) {
	case SHAPE_COMM:
		memset(to, 0, 16);
		memcpy(to, k.comm, strlen(k.comm));
		return;
	case SHAPE_ADDR:
		eval_address(eval_walk(v, hook, v->nsteps),
			     v->then == THEN_LADDR, to);
		return;
	case SHAPE_NAME:
		eval_name(v, hook, to);
		return;
	case SHAPE_STACK:
		n = k.stack_id + (v->from == FROM_USTACK);
		break;
	default:
		n = eval_number(v, hook);
	}
	memcpy(to, &n, sizeof(n));
}

static inline bool eval_text(const struct ask_test *t, uint32_t hook)
{
	uint8_t text[32];
	uint32_t i;

	eval_store(&t->left, hook, text);
	for (i = 0; i < t->nnames; i++)
		if (!memcmp(text, t->names[i], ASK_TEXT))
			return t->op == BPF_JEQ;
	return t->op != BPF_JEQ;
}

static inline bool eval_number_test(const struct ask_test *t, uint32_t hook)
{
	uint64_t l = eval_number(&t->left, hook), r = t->right;
	uint64_t flip = t->left.shape == SHAPE_S64 ? (uint64_t)1 << 63 : 0;

	switch (t->op) {
	case BPF_JEQ: return l == r;
	case BPF_JNE: return l != r;
	case BPF_JLT: return (l ^ flip) < (r ^ flip);
	case BPF_JLE: return (l ^ flip) <= (r ^ flip);
	case BPF_JGT: return (l ^ flip) > (r ^ flip);
	case BPF_JGE: return (l ^ flip) >= (r ^ flip);
	default: return (l & r) != 0;
	}
}

static inline bool eval_test(const struct ask_test *t, uint32_t hook)
{
	return t->nnames ? eval_text(t, hook) : eval_number_test(t, hook);
}

static inline uint64_t eval_slot(uint64_t v)
{
	bool is_signed = q.value.shape == SHAPE_S64;
	uint64_t flip = is_signed ? (uint64_t)1 << 63 : 0, n = 1;
	uint64_t min = (uint64_t)q.min, max = (uint64_t)q.max;
	uint64_t step = (uint64_t)q.step;

	if (q.what == ASK_HIST) {
		if (is_signed && (int64_t)v < 0)
			return ASK_SLOT_NEGATIVE;
		for (; v; v >>= 1)
			n++;
		return n;
	}
	if ((v ^ flip) < (min ^ flip))
		return 0;
	if ((v ^ flip) >= (max ^ flip))
		return (max - min) / step + ((max - min) % step != 0) + 1;
	return (v - min) / step + 1;
}

#endif
