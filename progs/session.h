/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SESSION_H
#define SOCKEYE_SESSION_H

/* How a TCP session ended; by name: session_hows of tools/tool.h. */
enum session_how {
	HOW_OPEN,		/* it has not, or never was one */
	HOW_FIN, HOW_RST_SENT, HOW_RST_RCVD, HOW_TIMEOUT,
};

/* Which end closed first, by FIN or RST; by name: session_firsts. */
enum session_first {
	FIRST_NONE,		/* neither: no answer came */
	FIRST_LOCAL, FIRST_REMOTE,
	FIRST_BOTH,		/* before either had seen the other's FIN */
};

#endif
