/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * faketool - a descriptor that has everything a tool can have, for tests.
 */
#ifndef SOCKEYE_FAKETOOL_H
#define SOCKEYE_FAKETOOL_H

#include "tools/tool.h"

struct fake_event {
	struct event event;
	struct flow flow;
	uint64_t tx, rx, dur;
	uint8_t state;
	uint8_t pad[7];
};

/* Not in tools[], so no tool_NAME. */
extern const struct tool fake_tool;
/* The least a tool can have. */
extern const struct tool bare_tool;

/* each_tool - call @fn for both, and for each of tools[]. */
void each_tool(void (*fn)(const struct tool *));

#endif
