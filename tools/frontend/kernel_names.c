/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Enumerations of the kernel that more than one tool shows. */
#include "tools/frontend/tcp_states.h"
#include "tools/tool.h"

const char *const tcp_states[] = {
	"-",
#define X(number, name) [number] = name,
	TCP_STATES(X)
#undef X
	NULL
};
