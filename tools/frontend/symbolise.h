/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* symbolise - what the stacks and addresses in rows are made of. */
#ifndef SOCKEYE_SYMBOLISE_H
#define SOCKEYE_SYMBOLISE_H

#include "tools/frontend/frontend.h"

/* symbolises - does @o ask for names of the kernel's functions? */
bool symbolises(const struct options *o);
struct symbolise;
/*
 * symbolise_new - for the rows of @o->tool, whose map `stacks` is @fd, on the
 * kernel of @env; what is not in @frames (borrowed) is looked up.  NULL: no
 * memory, or nothing that @o asks for has to be.
 */
struct symbolise *symbolise_new(const struct options *o, struct env *env,
				int fd, struct frames *frames);
/* symbolise_next - the next thing in row @ev that is not known, from column
 * @i on (at first 0): to be recorded and given to rows_add() before the row.
 * NULL: no more.  Valid until the next call. */
const struct stack_event *symbolise_next(struct symbolise *s,
					 const struct event *ev, unsigned *i);
/* symbolise_users - are there stacks of processes, whose files are read? */
bool symbolise_users(const struct symbolise *s);
void symbolise_free(struct symbolise *s);

#endif
