/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random requests that can be had again: each begins with a seed of its own,
 * made of that of the run (t/run -s) and its number, which a failure tells.
 */
#ifndef SOCKEYE_T_RANDOM_H
#define SOCKEYE_T_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define RANDOM_SEED	20260701u

/* Sanitizers make each request ten times as slow. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define RANDOM_COUNT	500u
#else
#define RANDOM_COUNT	10000u
#endif

static uint64_t random_state;
static uint32_t random_run, random_item;	/* seed, number */

/* require - or the test fails, and tells which request it was. */
#define require(x, ...) do {						\
	if (!(x)) {							\
		fprintf(stderr, __VA_ARGS__);				\
		ck_abort_msg("seed %u, request %u: not " #x,		\
			     random_run, random_item);			\
	}								\
} while (0)

static inline uint32_t random_option(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static inline uint32_t random_seed(void)
{
	return random_option("RANDOM_SEED", RANDOM_SEED);
}

static inline uint32_t random_count(void)
{
	return random_option("RANDOM_COUNT", RANDOM_COUNT);
}

/* splitmix64 */
static inline uint64_t random_u64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline void random_begin(uint32_t seed, uint32_t number)
{
	random_run = seed;
	random_item = number;
	random_state = (uint64_t)seed << 32 | number;
	random_u64();
}

/* rnd - 0 to @n - 1. */
static inline uint32_t rnd(uint32_t n)
{
	return (uint32_t)(random_u64() >> 32) % n;
}

static inline bool one_in(uint32_t n)
{
	return !rnd(n);
}

/* random_number - small ones, powers of two and their neighbours, and any. */
static inline uint64_t random_number(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(8);
	case 1:
		return 0 - (uint64_t)rnd(8);
	case 2:
		return ((uint64_t)1 << rnd(64)) + rnd(3) - 1;
	default:
		return random_u64();
	}
}

#endif
