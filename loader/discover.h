/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover - the half of discovery that touches the kernel: make sockets
 * whose values are known, copy what the kernel keeps of them, and write both
 * down.  btf/discover.h is the other half, which finds fields in that.
 */
#ifndef SOCKEYE_LOADER_DISCOVER_H
#define SOCKEYE_LOADER_DISCOVER_H

#include "btf/discover.h"
#include "loader/loader.h"

/*
 * discover_record - make a recording (@r is initialised here) on the running
 * kernel.  A child does it, in a network namespace of its own where that is
 * allowed, else on the loopback interface with addresses of 127/8; it takes
 * some 50 ms, DISCOVER_MS at most, and leaves nothing behind.  What this
 * kernel has no hook for is left out: that only means fewer fields found.
 * Negative errno with the reason in @e when nothing could be recorded.
 */
#define DISCOVER_MS 20000
int discover_record(struct recording *r, struct env *env, struct err *e);

/*
 * discover_source - append the source "discovery" to @env's: it makes a
 * recording and solves it when it is first asked about a field, which is
 * when no source before it knew.
 */
int discover_source(struct env *env);
/* discover_failed - why it could not be made; NULL: it was, or was not
 * needed. */
const char *discover_failed(const struct env *env);

#endif
