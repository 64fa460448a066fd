/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of resolver functions in processes.
 *
 * Libraries implement some of these functions by others, and a file may be
 * known by two inodes (overlayfs), so that one call is entered several times:
 * of each thread the outermost is kept.  Where the stack pointer is tells which
 * one that is, and that a frame which longjmp(3) left is gone.
 */
#ifndef SOCKEYE_RESOLVER_BPF_H
#define SOCKEYE_RESOLVER_BPF_H

#include "progs/gethostlatency.h"
#include "progs/sock.bpf.h"

struct probe___lookup {
	u64 node;		/* a name, or an address of .family, or a
				   struct sockaddr */
	u64 family;
	u64 result, h_errnop;	/* where these go, of the _r functions */
	u64 sp;
} PAI;

struct probe___looked_up {
	u64 ret, sp;
} PAI;

struct lookup_call {
	struct gethostlatency_event ev;
	u64 sp, node, result, h_errnop;
};

/* Known to tools/frontend/underway.c by this name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);			/* thread */
	__type(value, struct lookup_call);
} underway SEC(".maps");

static __always_inline u32 netns_current(void)
{
	struct task_struct *task = (void *)get_current_task();
	struct nsproxy *nsproxy;
	struct net *net;

	if (!CONST(want_netns))
		return 0;
	nsproxy = READ(task, nsproxy);
	net = READ(nsproxy, net_ns);
	return READ(net, ns.inum);
}

/*
 * The name at @from, as far as there is memory: pieces that do not cross pages
 * fail alone.  Of constant size, as old kernels want it.
 */
static __always_inline void read_name(struct lookup *l, u64 from)
{
#pragma unroll
	for (u32 i = 0; i < DNS_BYTES; i += 32)
		if (probe_read_user(l->data + i, 32, (void *)from + i)) {
			probe_read_user(l->data + i, 16, (void *)from + i);
			break;
		}
}

/* An address instead of a name: of @family, which is the process's word. */
static __always_inline void read_addr(struct flow *f, const u8 *from,
				      u32 family)
{
	u32 v4 = 0;

	f->family = family;
	if (family == AF_INET6) {
		probe_read_user(f->raddr, 16, from);
	} else if (family == AF_INET) {
		probe_read_user(&v4, 4, from);
		map_v4(f->raddr, v4);
	}
}

static __always_inline void read_sin(struct flow *f, const u8 *sa)
{
	u16 family = 0;

	probe_read_user(&family, sizeof(family), sa);
	/* sin6_addr stands behind sin6_port and sin6_flowinfo */
	read_addr(f, sa + (family == AF_INET6 ? 8 : 4), family);
}

/* Is it part of the call @c?  One that goes on by a jump has its frame. */
static __always_inline int is_inner(const struct lookup_call *c, u64 sp,
				    u64 node, u16 func)
{
	return sp < c->sp ||
	       (sp == c->sp && func != c->ev.func && node == c->node);
}

static __always_inline void lookup_begin(struct lookup_call *c, u16 func)
{
	u64 key = (u32)get_current_pid_tgid();
	struct lookup_call *outer = map_lookup(&underway, &key);

	if (outer && is_inner(outer, c->sp, c->node, func)) {
		/* it leaves there what the outer one does not tell */
		if (c->h_errnop && !outer->h_errnop)
			outer->h_errnop = c->h_errnop;
		return;
	}
	c->ev.event.ns = ktime_get_ns();
	c->ev.event.len = sizeof(c->ev);
	c->ev.event.type = EVENT_ROW;
	c->ev.func = func;
	flow_current(&c->ev.flow);
	c->ev.flow.netns = netns_current();
	if (map_update(&underway, &key, c, BPF_ANY))
		count(STAT_STATE_FULL);
}

static __always_inline int lookup_name(u64 node, u64 sp, u64 result,
				       u64 h_errnop, u16 func)
{
	struct lookup_call c = { .sp = sp, .node = node, .result = result,
				 .h_errnop = h_errnop };

	if (node)
		read_name(&c.ev.lookup, node);
	lookup_begin(&c, func);
	return 0;
}

static __always_inline int lookup_addr(u64 addr, u32 family, u64 sp,
				       u64 result, u64 h_errnop, u16 func)
{
	struct lookup_call c = { .sp = sp, .node = addr, .result = result,
				 .h_errnop = h_errnop };

	if (func == FUNC_GETNAMEINFO)
		read_sin(&c.ev.flow, (const u8 *)addr);
	else
		read_addr(&c.ev.flow, (const u8 *)addr, family);
	lookup_begin(&c, func);
	return 0;
}

/* ---- what came of it --------------------------------------------------- */

/* getaddrinfo(), getnameinfo(): 0, or EAI_... */
static __always_inline u16 ret_eai(s32 ret)
{
	if (!ret)
		return LOOKUP_OK;
	return ret < 0 && ret >= -12 ? LOOKUP_EAI - ret : LOOKUP_FAILED;
}

static __always_inline u16 ret_h_errno(const struct lookup_call *c)
{
	u32 no = 0;

	if (c->h_errnop)
		probe_read_user(&no, sizeof(no), (void *)c->h_errnop);
	return no >= 1 && no <= 4 ? LOOKUP_H_ERRNO + no : LOOKUP_FAILED;
}

/* Of the _r functions *result tells whether there is one. */
static __always_inline int has_result(const struct lookup_call *c, s32 ret)
{
	u64 word = CONST(kernel_word), result = 0;

	if (ret || !c->result)
		return !ret;
	probe_read_user(LOW_BYTES(result, word), word, (void *)c->result);
	return result != 0;
}

static __always_inline u16 ret_of(const struct lookup_call *c, u64 ret)
{
	switch (c->ev.func) {
	case FUNC_GETADDRINFO:
	case FUNC_GETNAMEINFO:
		return ret_eai(ret);
	case FUNC_GETHOSTBYNAME:
	case FUNC_GETHOSTBYNAME2:
	case FUNC_GETHOSTBYADDR:
		return ret ? LOOKUP_OK : ret_h_errno(c);
	case FUNC_GETHOSTBYNAME_R:
	case FUNC_GETHOSTBYNAME2_R:
	case FUNC_GETHOSTBYADDR_R:
		return has_result(c, ret) ? LOOKUP_OK : ret_h_errno(c);
	}
	return (s32)ret >= 0 ? LOOKUP_OK : LOOKUP_FAILED;
}

static __always_inline int is_shown(const struct gethostlatency_event *ev)
{
	if (CONST(failed) && ev->ret == LOOKUP_OK)
		return 0;
	return (ev->duration_ns & ~AT_LEAST) >= CONST(min_ns);
}

static __always_inline void lookup_show(void *ctx,
					const struct lookup_call *c,
					u64 key, u16 ret, u64 least)
{
	struct gethostlatency_event ev = c->ev;
	u64 now = ktime_get_ns();

	if (map_delete(&underway, &key))
		return;
	ev.ret = ret;
	ev.duration_ns = (now - ev.event.ns) | least;
	ev.event.ns = now;
	if (is_shown(&ev) && pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

SEC("probe/resolver")
int on_lookup_return(struct probe___looked_up *ctx)
{
	u64 key = (u32)get_current_pid_tgid(), sp = ctx->sp, ret = ctx->ret;
	struct lookup_call *c = map_lookup(&underway, &key);

	/* as it returns, the stack is where it was, or a return address less */
	if (c && sp >= c->sp)
		lookup_show(ctx, c, key, ret_of(c, ret), 0);
	return 0;
}

/* sched_process_exit: a thread that was cancelled returns from nothing. */
SEC("probe/exit")
int on_thread_exit(void *ctx)
{
	u64 key = (u32)get_current_pid_tgid();
	struct lookup_call *c = map_lookup(&underway, &key);

	if (c)
		lookup_show(ctx, c, key, LOOKUP_UNKNOWN, AT_LEAST);
	return 0;
}

#define NAME(name, func)						\
SEC("probe/resolver")							\
int name(struct probe___lookup *ctx)					\
{									\
	return lookup_name(ctx->node, ctx->sp, 0, 0, func);		\
}
#define NAME_R(name, func)						\
SEC("probe/resolver")							\
int name(struct probe___lookup *ctx)					\
{									\
	return lookup_name(ctx->node, ctx->sp, ctx->result,		\
			   ctx->h_errnop, func);			\
}

NAME(on_getaddrinfo, FUNC_GETADDRINFO)
NAME(on_gethostbyname, FUNC_GETHOSTBYNAME)
NAME(on_gethostbyname2, FUNC_GETHOSTBYNAME2)
NAME_R(on_gethostbyname_r, FUNC_GETHOSTBYNAME_R)
NAME_R(on_gethostbyname2_r, FUNC_GETHOSTBYNAME2_R)
NAME(on_res_query, FUNC_RES_QUERY)
NAME(on_res_search, FUNC_RES_SEARCH)
NAME(on_res_nquery, FUNC_RES_NQUERY)
NAME(on_res_nsearch, FUNC_RES_NSEARCH)

SEC("probe/resolver")
int on_gethostbyaddr(struct probe___lookup *ctx)
{
	return lookup_addr(ctx->node, ctx->family, ctx->sp, 0, 0,
			   FUNC_GETHOSTBYADDR);
}

SEC("probe/resolver")
int on_gethostbyaddr_r(struct probe___lookup *ctx)
{
	return lookup_addr(ctx->node, ctx->family, ctx->sp, ctx->result,
			   ctx->h_errnop, FUNC_GETHOSTBYADDR_R);
}

SEC("probe/resolver")
int on_getnameinfo(struct probe___lookup *ctx)
{
	return lookup_addr(ctx->node, 0, ctx->sp, 0, 0, FUNC_GETNAMEINFO);
}

#endif
