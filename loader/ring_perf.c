/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records of a perf buffer (perf_event_open(2), "MMAP layout").
 *
 * data_head and data_tail have 64 bits everywhere, but a 32-bit kernel keeps
 * its own position in an unsigned long: data_head is 0 again after 4 GB.  Of
 * data_tail the kernel looks at the offset in the ring alone (CIRC_SPACE() in
 * kernel/events/ring_buffer.c).  So the low halves tell and say everything.
 */
#include "loader/ring_int.h"

#include <string.h>

/* struct perf_event_header; of a sample with PERF_SAMPLE_RAW alone: u32 size,
 * the data; of PERF_RECORD_LOST: u64 id, u64 lost */
#define SAMPLE_SIZE	8
#define SAMPLE_DATA	12
#define LOST_COUNT	16

static const uint8_t *bytes_at(const struct perf_ring *c, uint32_t pos,
			       uint32_t len)
{
	uint32_t at = pos & (c->bytes - 1), first = c->bytes - at;

	if (len <= first)
		return c->data + at;
	memcpy(c->wrapped, c->data + at, first);
	memcpy(c->wrapped + first, c->data, len - first);
	return c->wrapped;
}

static void give_back(struct perf_ring *c)
{
	uint32_t *tail = (uint32_t *)&c->page->data_tail + c->big_endian;

	c->tail += c->rec_len;
	c->rec_len = 0;
	__atomic_store_n(tail, c->tail, __ATOMIC_RELEASE);
}

void perf_ring_look(struct perf_ring *c)
{
	c->head = ring_pos(&c->page->data_head, 8, c->big_endian);
}

bool perf_ring_peek(struct perf_ring *c)
{
	struct perf_event_header h;
	const uint8_t *rec;
	uint64_t lost;

	while (!c->rec_len && c->tail != c->head) {
		memcpy(&h, bytes_at(c, c->tail, sizeof(h)), sizeof(h));
		if (h.size < sizeof(h) || h.size > c->head - c->tail ||
		    h.size > c->bytes) {
			c->tail = c->head;	/* overwritten under us */
			give_back(c);
			return false;
		}
		rec = bytes_at(c, c->tail, h.size);
		c->rec_len = h.size;
		if (h.type == PERF_RECORD_SAMPLE &&
		    h.size >= SAMPLE_DATA + sizeof(c->ns)) {
			memcpy(&c->ns, rec + SAMPLE_DATA, sizeof(c->ns));
			return true;
		}
		if (h.type == PERF_RECORD_LOST &&
		    h.size >= LOST_COUNT + sizeof(lost)) {
			memcpy(&lost, rec + LOST_COUNT, sizeof(lost));
			c->lost += lost;
		}
		give_back(c);
	}
	return c->rec_len != 0;
}

uint32_t perf_ring_take(struct perf_ring *c, void *buf)
{
	const uint8_t *rec = bytes_at(c, c->tail, c->rec_len);
	uint32_t size;

	memcpy(&size, rec + SAMPLE_SIZE, sizeof(size));
	if (size > c->rec_len - SAMPLE_DATA)
		size = c->rec_len - SAMPLE_DATA;
	memcpy(buf, rec + SAMPLE_DATA, size);
	give_back(c);
	return size;
}
