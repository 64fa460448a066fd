/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A tool that does not exist, with a column of every kind. */
#ifndef SOCKEYE_T_FAKELIFE_H
#define SOCKEYE_T_FAKELIFE_H

#include "tools/frontend/frontend.h"

struct fakelife_event {
	struct event event;
	struct flow flow;
	uint64_t bytes, kb, ms, hex, u64;
	int32_t s32, err;
	uint16_t u16;
	uint8_t u8, state;
	uint16_t why;
	uint8_t pad[6];
	int64_t kstack, ustack;
	uint64_t where;
	char proto[32];
	int64_t s64;
};

extern const struct tool fakelife_tool;
/* fakelife_find - as tool_find(). */
const struct tool *fakelife_find(const char *name);
/* fakelife_fill - an event with a value in every member, the @i-th. */
void fakelife_fill(struct fakelife_event *ev, unsigned i);
/* The info of a run of it. */
extern const struct capture_info fakelife_info;

#endif
