/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Positions in rings, of kernels whose word may be wider than ours. */
#include "loader/ring_int.h"

static uint32_t *low_half(void *at, unsigned bytes, bool big_endian)
{
	return (uint32_t *)at + (bytes == 8 && big_endian);
}

uint32_t ring_pos(const void *at, unsigned bytes, bool big_endian)
{
	return __atomic_load_n(low_half((void *)at, bytes, big_endian),
			       __ATOMIC_ACQUIRE);
}

#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_8
/* x86 from the i586 on and ARMv7 store 8 bytes at once, as 64-bit machines
 * do. */
static void add_wide(void *at, bool big_endian, uint32_t by)
{
	uint64_t *p = at;

	(void)big_endian;
	__atomic_store_n(p, *p + by, __ATOMIC_RELEASE);
}
#else
/*
 * Two halves: between them the kernel sees a ring without room.  What it
 * wants to write just then, once in 4 GB, is lost, and counted as that.
 */
static void add_wide(void *at, bool big_endian, uint32_t by)
{
	uint32_t *low = low_half(at, 8, big_endian);
	uint32_t *high = low_half(at, 8, !big_endian);
	uint32_t next = *low + by;

	if (next < *low)
		__atomic_store_n(high, *high + 1, __ATOMIC_RELEASE);
	__atomic_store_n(low, next, __ATOMIC_RELEASE);
}
#endif

void ring_pos_add(void *at, unsigned bytes, bool big_endian, uint32_t by)
{
	uint32_t *p = at;

	if (bytes == 8)
		add_wide(at, big_endian, by);
	else
		__atomic_store_n(p, *p + by, __ATOMIC_RELEASE);
}
