/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Entries of conntrack as they are destroyed. */
#include "progs/sock.bpf.h"
#include "progs/nfcttrace.h"

/* linux/netfilter/nf_conntrack_common.h: enum ip_conntrack_status */
enum {
	IPS_SEEN_REPLY = 1 << 1, IPS_ASSURED = 1 << 2, IPS_CONFIRMED = 1 << 3,
	IPS_DYING = 1 << 9,
};

/* Of skb->_nfct: the rest is the address (NFCT_PTRMASK). */
enum { NFCT_INFOMASK = 7 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);		/* --max-sockets */
	__type(key, u64);			/* struct nf_conn * */
	__type(value, u64);			/* ns */
} births SEC(".maps");

struct probe___confirm {
	struct sk_buff *skb;
} PAI;

struct probe___insert {
	struct nf_conn *ct;
} PAI;

struct probe___delete {
	struct nf_conn *ct;
	u64 portid;
} PAI;

static __always_inline u64 key_of(const struct nf_conn *ct)
{
	u64 key = 0;

	/* fentry's pointers are no numbers to the verifier; what is read is */
	probe_read(&key, sizeof(key), &ct);
	return key;
}

/* ---- birth -------------------------------------------------------------- */

/* What had this address before, and never came into the table, is forgotten. */
static __always_inline int born(u64 ct)
{
	u64 now = ktime_get_ns();

	if (ct && map_update(&births, &ct, &now, BPF_ANY)) {
		count(STAT_STATE_FULL);
		births_lost();
	}
	return 0;
}

/* __nf_conntrack_confirm(): the first packet of a flow has come through, and
 * its entry is put into the table. */
SEC("probe/confirm")
int on_confirm(struct probe___confirm *ctx)
{
	const struct sk_buff *skb = ctx->skb;

	if (EXISTS(skb->_nfct))
		return born(READ(skb, _nfct) & ~(u64)NFCT_INFOMASK);
	return EXISTS(skb->nfct) ? born((u64)READ(skb, nfct)) : 0;
}

/* nf_conntrack_hash_check_insert(): somebody puts one there by netlink. */
SEC("probe/confirm")
int on_insert(struct probe___insert *ctx)
{
	return born(key_of(ctx->ct));
}

/* ---- end ---------------------------------------------------------------- */

/* Of others these two bytes are a type, a key, an identifier. */
static __always_inline int has_ports(u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP;
}

static __always_inline void copy_addr(u8 to[16], u16 family,
				      const union nf_inet_addr *from)
{
	u32 v4 = 0;

	if (family == AF_INET6) {
		probe_read(to, 16, from);
	} else {
		probe_read(&v4, sizeof(v4), from);
		map_v4(to, v4);
	}
}

static __always_inline void original(struct flow *f,
				     const struct nf_conntrack_tuple *t)
{
	f->family = READ(t, src.l3num);
	f->protocol = READ(t, dst.protonum);
	copy_addr(f->laddr, f->family, &t->src.u3);
	copy_addr(f->raddr, f->family, &t->dst.u3);
	if (has_ports(f->protocol)) {
		f->lport = ntohs(READ(t, src.u.all));
		f->rport = ntohs(READ(t, dst.u.all));
	}
}

static __always_inline void reply(struct nfcttrace_event *ev,
				  const struct nf_conntrack_tuple *t)
{
	copy_addr(ev->rsaddr, ev->flow.family, &t->src.u3);
	copy_addr(ev->rdaddr, ev->flow.family, &t->dst.u3);
	if (has_ports(ev->flow.protocol)) {
		ev->rsport = ntohs(READ(t, src.u.all));
		ev->rdport = ntohs(READ(t, dst.u.all));
	}
}

static __always_inline int same16(const u8 *a, const u8 *b)
{
	return ((const u64 *)a)[0] == ((const u64 *)b)[0] &&
	       ((const u64 *)a)[1] == ((const u64 *)b)[1];
}

/* Without NAT each tuple is the other turned round. */
static __always_inline u8 nat_of(const struct nfcttrace_event *ev)
{
	const struct flow *f = &ev->flow;
	u8 nat = 0;

	if (!same16(f->laddr, ev->rdaddr) || f->lport != ev->rdport)
		nat = CT_NAT_SRC;
	if (!same16(f->raddr, ev->rsaddr) || f->rport != ev->rsport)
		nat |= CT_NAT_DST;
	return nat;
}

static __always_inline u8 state_of(u32 status)
{
	if (status & IPS_ASSURED)
		return CT_ASSURED;
	return status & IPS_SEEN_REPLY ? CT_REPLIED : CT_UNREPLIED;
}

static __always_inline u64 age(u64 ct, u64 now)
{
	u64 *birth = map_lookup(&births, &ct), ns;

	if (!birth)
		return since_start(now);
	ns = now - *birth;
	map_delete(&births, &ct);
	return ns;
}

static __always_inline int deleted(struct probe___delete *ctx, u32 status)
{
	struct nfcttrace_event ev = { .event.ns = ktime_get_ns(),
				      .status = status };
	const struct nf_conn *ct = ctx->ct;
	struct net *net;

	if (!(status & IPS_CONFIRMED))
		return 0;
	ev.age_ns = age(key_of(ct), ev.event.ns);
	original(&ev.flow, &ct->tuplehash[0].tuple);
	if (CONST(want_netns) && EXISTS(ct->ct_net.net)) {
		net = READ(ct, ct_net.net);
		ev.flow.netns = READ(net, ns.inum);
	}
	ev.flow.id = sock_id(ct, 0);
	if (!pass(&ev.flow))
		return 0;
	reply(&ev, &ct->tuplehash[1].tuple);
	ev.state = state_of(ev.status);
	ev.nat = nat_of(&ev);
	ev.portid = ctx->portid;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* nf_ct_delete(): it is called again for what is going away already. */
SEC("probe/delete")
int on_delete(struct probe___delete *ctx)
{
	const struct nf_conn *ct = ctx->ct;
	u32 status = READ(ct, status);

	return status & IPS_DYING ? 0 : deleted(ctx, status);
}

/* What comes behind its test_and_set_bit(IPS_DYING_BIT). */
SEC("probe/delete")
int on_deleted(struct probe___delete *ctx)
{
	const struct nf_conn *ct = ctx->ct;

	return deleted(ctx, READ(ct, status));
}

LICENSE;
