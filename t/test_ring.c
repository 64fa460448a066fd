/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rings without a kernel: positions of 32- and 64-bit kernels at the place
 * where they wrap, and the records of a perf buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "loader/ring_int.h"
#include "t/check.h"

Suite *suite_ring(void);

#define BYTES	4096u		/* of data */

static const uint16_t one = 1;
#define OURS	(*(const uint8_t *)&one == 0)	/* big-endian? */

/* ---- positions -------------------------------------------------------- */

START_TEST(positions)
{
	static const struct { uint64_t from; uint32_t by; } t[] = {
		{ 0, 8 }, { 0xfffffff8, 8 }, { 0xfffffff0, 64 },
		{ 0x1fffffff8, 16 }, { 0x7ffffff8, 24 },
		{ 0xfffffffffffffff8, 8 }, { 0x123456789abcdef0, 4096 },
	};
	uint64_t wide;
	uint32_t narrow;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		wide = t[i].from;
		ck_assert_uint_eq(ring_pos(&wide, 8, OURS),
				  (uint32_t)t[i].from);
		ring_pos_add(&wide, 8, OURS, t[i].by);
		ck_assert_uint_eq(wide, t[i].from + t[i].by);
		narrow = (uint32_t)t[i].from;
		ck_assert_uint_eq(ring_pos(&narrow, 4, OURS), narrow);
		ring_pos_add(&narrow, 4, OURS, t[i].by);
		ck_assert_uint_eq(narrow, (uint32_t)t[i].from + t[i].by);
	}
}
END_TEST

/* ---- a perf buffer ---------------------------------------------------- */

/* The kernel's side: its position is an unsigned long of @word bytes. */
static struct {
	_Alignas(8) uint8_t page[BYTES], data[BYTES];
	uint8_t wrapped[65536];
	uint64_t at;
	unsigned word;
	struct perf_ring ring;
} k;

static struct perf_event_mmap_page *page(void)
{
	return (void *)k.page;
}

static void start(unsigned word, uint64_t at)
{
	memset(&k, 0, sizeof(k));
	k.word = word;
	k.at = at;
	k.ring = (struct perf_ring){
		.page = page(), .data = k.data, .bytes = BYTES,
		.big_endian = OURS, .wrapped = k.wrapped,
		.tail = (uint32_t)at, .head = (uint32_t)at,
	};
	page()->data_head = page()->data_tail =
		word == 8 ? at : (uint32_t)at;
}

/* CIRC_SPACE(), as kernel/events/ring_buffer.c has it */
static uint32_t space(void)
{
	return (uint32_t)((page()->data_tail - (k.at + 1)) & (BYTES - 1));
}

static void put(const void *data, uint32_t len)
{
	const uint8_t *p = data;
	uint32_t i;

	for (i = 0; i < len; i++)
		k.data[(k.at + i) & (BYTES - 1)] = p[i];
	k.at += len;
	if (k.word == 4)
		k.at = (uint32_t)k.at;
}

static bool kernel_record(uint32_t type, const void *body, uint16_t len)
{
	struct perf_event_header h = {
		.type = type, .size = (uint16_t)(sizeof(h) + len),
	};

	if (space() < h.size)
		return false;
	put(&h, sizeof(h));
	put(body, len);
	page()->data_head = k.at;
	return true;
}

/* A sample of @len bytes that starts with its time. */
static bool kernel_sample(uint64_t ns, uint32_t len)
{
	uint8_t body[512] = { 0 };
	uint32_t size = (len + 4 + 7) / 8 * 8 - 4, i;

	memcpy(body, &size, 4);
	memcpy(body + 4, &ns, 8);
	for (i = 8; i < len; i++)
		body[4 + i] = (uint8_t)(ns + i);
	return kernel_record(PERF_RECORD_SAMPLE, body, (uint16_t)(size + 4));
}

static void check_sample(uint64_t ns, uint32_t len)
{
	static uint8_t buf[65536];
	uint32_t size, i;

	ck_assert(perf_ring_peek(&k.ring));
	ck_assert_uint_eq(k.ring.ns, ns);
	ck_assert(perf_ring_peek(&k.ring));	/* looking takes nothing */
	size = perf_ring_take(&k.ring, buf);
	ck_assert_uint_ge(size, len);
	ck_assert_uint_lt(size, len + 8);
	for (i = 8; i < len; i++)
		ck_assert_uint_eq(buf[i], (uint8_t)(ns + i));
}

static const uint64_t starts[] = {
	0, 0xfffff000, 0xffffffe8, 0x1fffffff0, 0x7fffffff8, 0x7ffffff8,
};

/* As many as fit, read all, again, over several times the ring and the place
 * where positions wrap. */
START_TEST(wraps)
{
	uint64_t ns = 1000, read_ns = 1000;
	unsigned round;

	start(_i & 1 ? 4 : 8, starts[_i / 2]);
	for (round = 0; round < 50; round++) {
		while (kernel_sample(ns, 16 + ns % 300))
			ns++;
		perf_ring_look(&k.ring);
		while (read_ns < ns) {
			check_sample(read_ns, 16 + read_ns % 300);
			read_ns++;
		}
		ck_assert(!perf_ring_peek(&k.ring));
		ck_assert_uint_eq(space(), BYTES - 1);
	}
	ck_assert_uint_gt(ns, 1000 + 50 * 10);
}
END_TEST

START_TEST(others)
{
	uint64_t lost[2] = { 7, 0x100000005 };

	start(8, 0xfffffff0);
	kernel_sample(5, 40);
	kernel_record(PERF_RECORD_LOST, lost, sizeof(lost));
	kernel_record(PERF_RECORD_THROTTLE, lost, sizeof(lost));
	kernel_record(PERF_RECORD_LOST, lost, sizeof(lost));
	kernel_sample(6, 64);
	/* not seen before the next look */
	ck_assert(!perf_ring_peek(&k.ring));
	perf_ring_look(&k.ring);
	check_sample(5, 40);
	ck_assert_uint_eq(k.ring.lost, 0);
	check_sample(6, 64);
	ck_assert_uint_eq(k.ring.lost, 2 * lost[1]);
	ck_assert(!perf_ring_peek(&k.ring));
}
END_TEST

/* Sizes that cannot be: all there is is passed over. */
START_TEST(broken)
{
	static const uint16_t sizes[] = { 0, 4, 7, 512, 4097, 65535 };
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE };
	uint8_t body[56] = { 0 };

	start(8, 0x1000 - 8);
	h.size = sizes[_i];
	put(&h, sizeof(h));
	put(body, sizeof(body));
	page()->data_head = k.at;
	perf_ring_look(&k.ring);
	ck_assert(!perf_ring_peek(&k.ring));
	ck_assert_uint_eq(space(), BYTES - 1);
	kernel_sample(9, 16);
	perf_ring_look(&k.ring);
	check_sample(9, 16);
}
END_TEST

/* What a sample says of its size is not believed either. */
START_TEST(oversized)
{
	uint32_t body[6] = { 0xffffffff };
	static uint8_t buf[65536];

	start(4, 0);
	kernel_record(PERF_RECORD_SAMPLE, body, sizeof(body));
	perf_ring_look(&k.ring);
	ck_assert(perf_ring_peek(&k.ring));
	ck_assert_uint_eq(perf_ring_take(&k.ring, buf), 20);
	/* too short to have a time */
	kernel_record(PERF_RECORD_SAMPLE, body, 8);
	perf_ring_look(&k.ring);
	ck_assert(!perf_ring_peek(&k.ring));
}
END_TEST

Suite *suite_ring(void)
{
	const int n = sizeof(starts) / sizeof(starts[0]);
	Suite *s = suite_create("ring");
	TCase *tc = tcase_create("ring");

	tcase_add_test(tc, positions);
	tcase_add_loop_test(tc, wraps, 0, 2 * n);
	tcase_add_test(tc, others);
	tcase_add_loop_test(tc, broken, 0, 6);
	tcase_add_test(tc, oversized);
	suite_add_tcase(s, tc);
	return s;
}
