/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events coming back.  A ring buffer is one stream; perf buffers are one per
 * CPU and are merged by the time each event starts with.
 *
 * Waking a reader costs the program that sends far more than sending does, so
 * programs ask for it only when a quarter of the space is in use, and the
 * reader looks every RING_POLL_MS besides.
 */
#include "loader/loader_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* An event's time is taken before it is sent: so long may pass between. */
#define MERGE_SLACK_NS 1000000

struct cpu_ring {
	int fd;
	struct perf_event_mmap_page *page;
	uint64_t tail, head;	/* read so far; seen at the last look */
	uint32_t rec_len;	/* of the record at tail, 0: none looked at */
	uint64_t ns;		/* its time */
};

struct ring {
	struct env *env;
	int fd;			/* epoll, or the ring buffer map */
	uint32_t bytes;		/* of data */
	bool is_ringbuf;
	/* ring buffer */
	void *consumer, *producer;
	const uint8_t *data;
	/* perf buffers */
	struct cpu_ring *cpus;
	uint32_t ncpus;
	uint64_t lost;
	uint8_t *wrapped;	/* a record that wraps, in one piece */
	uint64_t *event;	/* a sample's data stands on 4 bytes only */
};

/* ---- ring buffer ------------------------------------------------------ */

/*
 * Positions are `unsigned long` of the kernel: compared modulo its word, so
 * that a 32-bit sockeye reads a 64-bit kernel's and either may wrap.  Only
 * the low 32 bits matter, as a ring is smaller than 2 GB.
 */
static uint32_t load_pos(const struct ring *r, const void *page)
{
	const uint32_t *p = page;

	if (r->env->word_size == 8 && r->env->big_endian)
		p++;
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void advance(const struct ring *r, uint32_t by)
{
	if (r->env->word_size == 8 && sizeof(long) == 8) {
		uint64_t *p = r->consumer;

		__atomic_store_n(p, *p + by, __ATOMIC_RELEASE);
	} else if (r->env->word_size == 8) {
		/* two halves: the kernel must never see the low one wrapped
		 * before the high one moved; it tolerates neither order, but
		 * reads it only to see how much is free */
		uint32_t *lo = (uint32_t *)r->consumer + r->env->big_endian;
		uint32_t *hi = (uint32_t *)r->consumer + !r->env->big_endian;
		uint32_t next = *lo + by;

		if (next < *lo)
			__atomic_store_n(hi, *hi + 1, __ATOMIC_RELEASE);
		__atomic_store_n(lo, next, __ATOMIC_RELEASE);
	} else {
		uint32_t *p = r->consumer;

		__atomic_store_n(p, *p + by, __ATOMIC_RELEASE);
	}
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
		advance(r, step);
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

struct perf_record {
	struct perf_event_header header;
	union {
		struct { uint32_t size; } sample;	/* then the data */
		struct { uint64_t id, lost; } lost;
	};
};

static const uint8_t *ring_bytes_at(struct ring *r, struct cpu_ring *c,
				    uint64_t pos, uint32_t len)
{
	const uint8_t *data = (const uint8_t *)c->page + r->env->page_size;
	uint32_t at = pos & (r->bytes - 1), first = r->bytes - at;

	if (len <= first)
		return data + at;
	memcpy(r->wrapped, data + at, first);
	memcpy(r->wrapped + first, data, len - first);
	return r->wrapped;
}

static void give_back(struct cpu_ring *c)
{
	c->tail += c->rec_len;
	c->rec_len = 0;
	__atomic_store_n(&c->page->data_tail, c->tail, __ATOMIC_RELEASE);
}

/* Look at the next sample of @c, counting and passing over what is none. */
static bool peek(struct ring *r, struct cpu_ring *c)
{
	const struct perf_record *rec;
	struct perf_event_header h;

	while (!c->rec_len && c->tail != c->head) {
		memcpy(&h, ring_bytes_at(r, c, c->tail, sizeof(h)), sizeof(h));
		if (h.size < sizeof(h) || h.size > c->head - c->tail) {
			c->tail = c->head;	/* overwritten under us */
			give_back(c);
			return false;
		}
		rec = (const void *)ring_bytes_at(r, c, c->tail, h.size);
		c->rec_len = h.size;
		if (h.type == PERF_RECORD_SAMPLE && h.size >= 12 + 8) {
			memcpy(&c->ns, (const uint8_t *)rec + 12, 8);
			return true;
		}
		if (h.type == PERF_RECORD_LOST && h.size >= 24)
			r->lost += rec->lost.lost;
		give_back(c);
	}
	return c->rec_len != 0;
}

static struct cpu_ring *oldest(struct ring *r)
{
	struct cpu_ring *best = NULL;

	for (uint32_t i = 0; i < r->ncpus; i++) {
		struct cpu_ring *c = &r->cpus[i];

		if (c->page && peek(r, c) && (!best || c->ns < best->ns))
			best = c;
	}
	return best;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int perf_consume(struct ring *r, bool final,
			int (*fn)(void *ctx, const void *data, size_t len),
			void *ctx)
{
	/* what is younger may still be followed by something older */
	uint64_t until = final ? UINT64_MAX : now_ns() - MERGE_SLACK_NS;
	struct cpu_ring *c;
	int ret = 0;

	for (uint32_t i = 0; i < r->ncpus; i++) {
		c = &r->cpus[i];
		if (c->page)
			c->head = __atomic_load_n(&c->page->data_head,
						  __ATOMIC_ACQUIRE);
	}
	while (!ret && (c = oldest(r)) && c->ns <= until) {
		const uint8_t *rec = ring_bytes_at(r, c, c->tail, c->rec_len);
		uint32_t size;

		memcpy(&size, rec + 8, 4);
		if (size > c->rec_len - 12)
			size = c->rec_len - 12;
		memcpy(r->event, rec + 12, size);
		give_back(c);
		ret = fn(ctx, r->event, size);
	}
	return ret;
}

static int perf_open_cpu(struct ring *r, uint32_t cpu, int map,
			 struct err *e)
{
	struct cpu_ring *c = &r->cpus[cpu];
	struct epoll_event ev = { .events = EPOLLIN };
	struct perf_event_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.watermark = 1;
	attr.wakeup_watermark = r->bytes / 4;
	c->fd = perf_open(&attr, -1, cpu);
	if (c->fd == -ENODEV)		/* offline */
		return 0;
	if (c->fd < 0)
		return err_set(e, -c->fd, "perf buffer of CPU %u", cpu);
	c->page = mmap(NULL, r->env->page_size + (size_t)r->bytes,
		       PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (c->page == MAP_FAILED) {
		c->page = NULL;
		return err_set(e, errno, "map the perf buffer of CPU %u", cpu);
	}
	err = map_update(map, &cpu, &c->fd);
	if (err)
		return err_set(e, -err, "perf buffer of CPU %u", cpu);
	epoll_ctl(r->fd, EPOLL_CTL_ADD, c->fd, &ev);
	return 0;
}

static int perf_rings_open(struct ring *r, int map, struct err *e)
{
	int err = 0;

	r->ncpus = r->env->ncpus;
	r->cpus = calloc(r->ncpus, sizeof(*r->cpus));
	for (uint32_t i = 0; r->cpus && i < r->ncpus; i++)
		r->cpus[i].fd = -1;
	r->wrapped = malloc(65536);	/* header.size is 16 bits */
	r->event = malloc(65536);
	r->fd = epoll_create1(EPOLL_CLOEXEC);
	if (!r->cpus || !r->wrapped || !r->event || r->fd < 0)
		return err_set(e, ENOMEM, "perf buffers");
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
	return r->lost;
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
	for (uint32_t i = 0; r->cpus && i < r->ncpus; i++) {
		if (r->cpus[i].page)
			munmap(r->cpus[i].page, page + r->bytes);
		if (r->cpus[i].fd >= 0)
			close(r->cpus[i].fd);
	}
	if (!r->is_ringbuf && r->fd >= 0)
		close(r->fd);
	free(r->cpus);
	free(r->wrapped);
	free(r->event);
	free(r);
}
