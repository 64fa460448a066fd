/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be said about rings without a kernel: positions in memory that it
 * shares with us, and the records between them.
 */
#ifndef SOCKEYE_RING_INT_H
#define SOCKEYE_RING_INT_H

#include "loader/loader_int.h"

/* ---- ring_pos.c ------------------------------------------------------- */

/*
 * A position: an integer of @bytes bytes (4 or 8) in the machine's order that
 * only grows, modulo its width.  What we need of it are the low 32 bits, as a
 * ring is smaller than 2 GB.
 */
uint32_t ring_pos(const void *at, unsigned bytes, bool big_endian);
void ring_pos_add(void *at, unsigned bytes, bool big_endian, uint32_t by);

/* ---- ring_perf.c ------------------------------------------------------ */

/* One CPU's perf buffer. */
struct perf_ring {
	/* shared with the kernel: a page that holds positions, and behind it
	 * @bytes of data, a power of two; NULL: the CPU is offline */
	struct perf_event_mmap_page *page;
	const uint8_t *data;
	uint32_t bytes;
	bool big_endian;
	uint8_t *wrapped;	/* 64 KB: a record that wraps, in one piece */
	uint32_t tail, head;	/* read so far; seen at the last look */
	uint32_t rec_len;	/* of the record at tail, 0: none looked at */
	uint64_t ns;		/* its time */
	uint64_t lost;		/* records the kernel had no room for */
};

/* perf_ring_look - see how far the kernel has written. */
void perf_ring_look(struct perf_ring *c);
/* perf_ring_peek - is there a sample?  Sets @ns; passes over, and counts, what
 * is none. */
bool perf_ring_peek(struct perf_ring *c);
/* perf_ring_take - copy the sample that perf_ring_peek() found to @buf, of
 * 64 KB, and give its room back; returns its size. */
uint32_t perf_ring_take(struct perf_ring *c, void *buf);

#endif
