/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Enumerations of the kernel that more than one tool shows. */
#include "progs/session.h"
#include "tools/frontend/tcp_states.h"
#include "tools/tool.h"

const char *const tcp_states[] = {
	"-",
#define X(number, name) [number] = name,
	TCP_STATES(X)
#undef X
	NULL
};

const char *const session_hows[] = {
	[HOW_OPEN] = "", [HOW_FIN] = "FIN", [HOW_RST_SENT] = "RST_SENT",
	[HOW_RST_RCVD] = "RST_RCVD", [HOW_TIMEOUT] = "TIMEOUT", NULL
};

const char *const session_firsts[] = {
	[FIRST_NONE] = "", [FIRST_LOCAL] = "LOCAL", [FIRST_REMOTE] = "REMOTE",
	[FIRST_BOTH] = "BOTH", NULL
};
