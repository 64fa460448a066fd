/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_sim - kernels that never were: random layouts of the structs that
 * discovery looks at, and recordings of them.
 */
#ifndef SOCKEYE_T_DISCOVER_SIM_H
#define SOCKEYE_T_DISCOVER_SIM_H

#include "btf/discover.h"

#define SIM_FIELDS	96

/* Where a field is; what answers are held against. */
struct sim_field {
	const char *type, *path;
	uint32_t off, size, bits;
	uint32_t begin;		/* of bits, in their byte */
	bool absent;		/* this kernel does not have it */
	bool twin;		/* its value stands somewhere else, too */
};

struct sim {
	uint32_t random;
	bool big;
	uint8_t word;
	unsigned int n;
	struct sim_field f[SIM_FIELDS];
	uint32_t size;		/* of a tcp_sock */
	struct recording r;
};

uint32_t sim_random(struct sim *s, uint32_t below);
/* sim_make - kernel number @seed, and a recording of it; @clean: without
 * absent fields and twins. */
void sim_make(struct sim *s, uint32_t seed, bool clean);
void sim_release(struct sim *s);

#endif
