/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Soft interrupts that take long, until they are handled or to be handled.
 *
 * A processor handles what was raised on it, one vector at a time; one that is
 * raised again before that waits since the first time.
 */
#include "progs/sock.bpf.h"
#include "progs/softirqslower.h"

/* When, in ns; 0: it was not. */
struct vector {
	u64 raised, entered;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, u32);
	__type(value, struct vector);
} vectors SEC(".maps");

struct probe___vector {
	u64 vec;
} PAI;

/* The vector, if it is asked for. */
static __always_inline struct vector *vector_of(struct probe___vector *ctx,
						u32 *vec)
{
	*vec = ctx->vec;
	if (CONST(net) && *vec != NET_TX_SOFTIRQ && *vec != NET_RX_SOFTIRQ)
		return 0;
	return map_lookup(&vectors, vec);
}

static __always_inline void took(void *ctx, u32 vec, u32 stage, u64 now,
				 u64 since)
{
	struct softirqslower_event ev = {
		.event.ns = now, .latency_ns = now - since,
		.vector = vec, .stage = stage,
	};
	u64 id;

	if (!since || ev.latency_ns < CONST(min_ns))
		return;
	id = get_current_pid_tgid();
	ev.pid = id >> 32;
	ev.tid = id;
	get_current_comm(ev.comm, sizeof(ev.comm));
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

SEC("probe/raise")
int on_raise(struct probe___vector *ctx)
{
	struct vector *v;
	u32 vec;

	v = vector_of(ctx, &vec);
	if (v && !v->raised)
		v->raised = ktime_get_ns();
	return 0;
}

SEC("probe/entry")
int on_entry(struct probe___vector *ctx)
{
	u64 now = ktime_get_ns(), raised;
	struct vector *v;
	u32 vec;

	v = vector_of(ctx, &vec);
	if (!v)
		return 0;
	raised = v->raised;
	v->raised = 0;
	v->entered = now;
	took(ctx, vec, SOFTIRQ_WAITS, now, raised);
	return 0;
}

SEC("probe/exit")
int on_exit(struct probe___vector *ctx)
{
	u64 now = ktime_get_ns(), entered;
	struct vector *v;
	u32 vec;

	v = vector_of(ctx, &vec);
	if (!v)
		return 0;
	entered = v->entered;
	v->entered = 0;
	took(ctx, vec, SOFTIRQ_RUNS, now, entered);
	return 0;
}

LICENSE;
