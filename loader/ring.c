/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events coming back.  A ring buffer is one stream; perf buffers are one per
 * CPU and are merged by the time each event starts with.
 *
 * Waking a reader costs the program that sends far more than sending does, so
 * programs ask for it only when a quarter of the space is in use, and the
 * reader looks every RING_POLL_MS besides.
 */
#include "loader/ring_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

/* An event's time is taken before it is sent: so long may pass between. */
#define MERGE_SLACK_NS 1000000

struct ring {
	struct env *env;
	int fd;			/* epoll, or the ring buffer map */
	uint32_t bytes;		/* of data */
	bool is_ringbuf;
	/* ring buffer */
	void *consumer, *producer;
	const uint8_t *data;
	/* perf buffers */
	struct perf_ring *cpus;
	int *events;		/* their descriptors; -1: CPU is offline */
	uint32_t ncpus;
	uint8_t *wrapped;	/* of all of them */
	uint64_t *event;	/* a sample's data stands on 4 bytes only */
};

/* ---- ring buffer ------------------------------------------------------ */

/* Positions are `unsigned long` of the kernel, which may be wider than ours:
 * compared modulo their word, either may wrap. */
static uint32_t load_pos(const struct ring *r, const void *page)
{
	return ring_pos(page, r->env->word_size, r->env->big_endian);
}

static int rb_consume(struct ring *r,
		      int (*fn)(void *ctx, const void *data, size_t len),
		      void *ctx)
{
	/* what comes meanwhile is for the next time: the caller has signals,
	 * limits and an output to look after */
	uint32_t cons = load_pos(r, r->consumer);
	uint32_t end = load_pos(r, r->producer);
	int ret = 0;

	while (!ret && cons != end) {
		const uint8_t *rec = r->data + (cons & (r->bytes - 1));
		uint32_t hdr = __atomic_load_n((const uint32_t *)rec,
					       __ATOMIC_ACQUIRE);
		uint32_t len = hdr & ~(RB_BUSY | RB_DISCARD), step;

		if (hdr & RB_BUSY)	/* being written */
			break;
		if (!(hdr & RB_DISCARD))
			ret = fn(ctx, rec + RB_HDR, len);
		step = (len + RB_HDR + 7) & ~7u;
		ring_pos_add(r->consumer, r->env->word_size,
			     r->env->big_endian, step);
		cons += step;
	}
	return ret;
}

static int rb_open(struct ring *r, struct err *e)
{
	size_t page = r->env->page_size;

	r->consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
			   r->fd, 0);
	if (r->consumer == MAP_FAILED) {
		r->consumer = NULL;
		return err_set(e, errno, "map the ring buffer");
	}
	/* the data is mapped twice in a row: no record wraps */
	r->producer = mmap(NULL, page + 2 * (size_t)r->bytes, PROT_READ,
			   MAP_SHARED, r->fd, page);
	if (r->producer == MAP_FAILED) {
		r->producer = NULL;
		return err_set(e, errno, "map the ring buffer");
	}
	r->data = (const uint8_t *)r->producer + page;
	return 0;
}

/* ---- perf buffers ----------------------------------------------------- */

static struct perf_ring *oldest(struct ring *r)
{
	struct perf_ring *best = NULL;

	for (uint32_t i = 0; i < r->ncpus; i++) {
		struct perf_ring *c = &r->cpus[i];

		if (c->page && perf_ring_peek(c) && (!best || c->ns < best->ns))
			best = c;
	}
	return best;
}

static int perf_consume(struct ring *r, bool final,
			int (*fn)(void *ctx, const void *data, size_t len),
			void *ctx)
{
	/* what is younger may still be followed by something older */
	uint64_t until = final ? UINT64_MAX : now_ns() - MERGE_SLACK_NS;
	struct perf_ring *c;
	int ret = 0;

	for (uint32_t i = 0; i < r->ncpus; i++)
		if (r->cpus[i].page)
			perf_ring_look(&r->cpus[i]);
	while (!ret && (c = oldest(r)) && c->ns <= until) {
		uint32_t size = perf_ring_take(c, r->event);

		ret = fn(ctx, r->event, size);
	}
	return ret;
}

static int perf_open_cpu(struct ring *r, uint32_t cpu, int map,
			 struct err *e)
{
	struct perf_ring *c = &r->cpus[cpu];
	struct epoll_event ev = { .events = EPOLLIN };
	struct perf_event_attr attr;
	int fd, err;
	void *page;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.watermark = 1;
	attr.wakeup_watermark = r->bytes / 4;
	fd = perf_open(&attr, -1, cpu);
	if (fd == -ENODEV)		/* offline */
		return 0;
	if (fd < 0)
		return err_set(e, -fd, "perf buffer of CPU %u", cpu);
	r->events[cpu] = fd;
	page = mmap(NULL, r->env->page_size + (size_t)r->bytes,
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return err_set(e, errno, "map the perf buffer of CPU %u", cpu);
	*c = (struct perf_ring){
		.page = page,
		.data = (const uint8_t *)page + r->env->page_size,
		.bytes = r->bytes,
		.big_endian = r->env->big_endian,
		.wrapped = r->wrapped,
	};
	err = map_update(map, &cpu, &fd);
	if (err)
		return err_set(e, -err, "perf buffer of CPU %u", cpu);
	epoll_ctl(r->fd, EPOLL_CTL_ADD, fd, &ev);
	return 0;
}

static int perf_rings_open(struct ring *r, int map, struct err *e)
{
	int err = 0;

	r->ncpus = r->env->ncpus;
	r->cpus = calloc(r->ncpus, sizeof(*r->cpus));
	r->events = malloc((r->ncpus + 1) * sizeof(*r->events));
	for (uint32_t i = 0; r->events && i < r->ncpus; i++)
		r->events[i] = -1;
	r->wrapped = malloc(65536);	/* header.size is 16 bits */
	r->event = malloc(65536);
	if (!r->cpus || !r->events || !r->wrapped || !r->event)
		return err_set(e, ENOMEM, "perf buffers");
	r->fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->fd < 0)
		return err_set(e, errno, "perf buffers: epoll_create1");
	for (uint32_t i = 0; i < r->ncpus && !err; i++)
		err = perf_open_cpu(r, i, map, e);
	if (err)
		diagnose(e, r->env, DIAG_PERF, NULL, "");
	return err;
}

/* ---- both ------------------------------------------------------------- */

int ring_open(struct ring **out, struct object *o, struct err *e)
{
	struct ring *r = calloc(1, sizeof(*r));
	int map, err;

	if (!r)
		return err_set(e, ENOMEM, "ring");
	r->env = object_env(o);
	map = object_ring_map(o, &r->is_ringbuf, &r->bytes);
	r->fd = r->is_ringbuf ? map : -1;
	err = r->is_ringbuf ? rb_open(r, e) : perf_rings_open(r, map, e);
	if (err)
		ring_close(r);
	else
		*out = r;
	return err;
}

int ring_fd(const struct ring *r)
{
	return r->fd;
}

int ring_consume(struct ring *r, bool final,
		 int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	return r->is_ringbuf ? rb_consume(r, fn, ctx) :
	       perf_consume(r, final, fn, ctx);
}

uint64_t ring_lost(const struct ring *r)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; r->cpus && i < r->ncpus; i++)
		lost += r->cpus[i].lost;
	return lost;
}

void ring_close(struct ring *r)
{
	size_t page;

	if (!r)
		return;
	page = r->env->page_size;
	if (r->consumer)
		munmap(r->consumer, page);
	if (r->producer)
		munmap(r->producer, page + 2 * (size_t)r->bytes);
	for (uint32_t i = 0; r->cpus && i < r->ncpus; i++)
		if (r->cpus[i].page)
			munmap(r->cpus[i].page, page + r->bytes);
	for (uint32_t i = 0; r->events && i < r->ncpus; i++)
		if (r->events[i] >= 0)
			close(r->events[i]);
	if (!r->is_ringbuf && r->fd >= 0)
		close(r->fd);
	free(r->cpus);
	free(r->events);
	free(r->wrapped);
	free(r->event);
	free(r);
}
