/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP sockets as they change their state, and how long each state lasted. */
#include "progs/taken.bpf.h"
#include "progs/tcpstates.h"

/* Of a socket in some state. */
struct standing {
	u64 birth;		/* ns; when we first saw it change */
	u64 since;		/* ns; when it came to this state */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct standing);
} standings SEC(".maps");

/*
 * How long a socket was in the state that it leaves, the first that we see of
 * it.  Nothing tells when one in CLOSE was made; one in SYN_RECV was made for
 * that, its LISTEN is the listener's.  Any other is older than the tool,
 * where all changes are seen: before 4.16 not all went through
 * tcp_set_state().
 */
static __always_inline u64 first_duration(struct probe___state *ctx,
					  u32 oldstate, u32 newstate, u64 now)
{
	if (!EXISTS(ctx->oldstate) || oldstate == TCP_CLOSE ||
	    oldstate == TCP_SYN_RECV || newstate == TCP_SYN_RECV)
		return 0;
	return since_start(now);
}

/* Begin the state that follows; when the socket was first seen. */
static __always_inline u64 stand(struct probe___state *ctx,
				 struct tcpstates_event *ev)
{
	struct standing first = { ev->event.ns, ev->event.ns }, *s;
	u64 key = (u64)ctx->sk;

	s = map_lookup(&standings, &key);
	if (s) {
		ev->duration_ns = ev->event.ns - s->since;
		s->since = ev->event.ns;
		return s->birth;
	}
	ev->duration_ns = first_duration(ctx, ev->oldstate, ev->newstate,
					 ev->event.ns);
	if (map_update(&standings, &key, &first, BPF_ANY)) {
		count(STAT_STATE_FULL);
		births_lost();
	}
	return first.birth;
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct tcpstates_event ev = { .event.ns = ktime_get_ns() };
	struct owner known = {};
	struct sock *sk = ctx->sk;

	ev.oldstate = oldstate_of(ctx);
	ev.newstate = ctx->newstate;
	if (ev.oldstate == ev.newstate || !is_tcp(sk) || is_elsewhere(sk))
		return 0;
	learn_owner(sk, ev.newstate);
	owner_copy(&known, sk);
	known.birth = stand(ctx, &ev);
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	u64 key = (u64)ctx->sk;

	map_delete(&standings, &key);
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;
