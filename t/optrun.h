/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * optrun - options_parse() on a line, with what it printed.
 */
#ifndef SOCKEYE_OPTRUN_H
#define SOCKEYE_OPTRUN_H

#include "tools/frontend/frontend.h"

struct optrun {
	struct options o;
	char err[4096], out[65536];
};

/*
 * optrun - parse @line, options with blanks between ('' is an empty one).
 * Returns what options_parse() did; strings of r->o live until the next call.
 */
int optrun(struct optrun *r, const struct tool *t, bool replay,
	   const char *line);

#endif
