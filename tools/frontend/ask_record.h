/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tallies in captures: an event for each slot of each group, as the columns of
 * an ask_tool have it, and an EVENT_PRINT when these were printed.
 */
#ifndef SOCKEYE_ASK_RECORD_H
#define SOCKEYE_ASK_RECORD_H

#include "tools/frontend/ask_run.h"
#include "tools/frontend/ask_tool.h"

struct ask_record;

/* ask_record_open - of the parts that are at work, as -W says; @info: all but
 * their maps.  *out NULL: it does not.  0, or a negative errno. */
int ask_record_open(struct ask_record **out, const struct asked *r,
		    const struct capture_info *info, struct err *e);
/* ask_record_maps - what is printed: a heap for each of those parts, in their
 * order, as its style says; 0 or a negative errno. */
int ask_record_maps(struct ask_record *rec, struct heap *const *h,
		    const struct heap_style *styles);
/* ask_record_close - with what was lost; tells the first failure there was. */
int ask_record_close(struct ask_record *rec, const struct losses *l,
		     struct err *e);

/* ---- ask_print.c ------------------------------------------------------- */

/* Where tallies are printed, live and again. */
struct ask_page {
	const struct options *o;
	bool times;		/* above each, for people */
	bool printed;		/* something */
	bool gone;		/* stdout */
};
/* heap_span - for struct heap_style, of what was tallied from @since on. */
static inline uint64_t heap_span(const struct options *o, uint64_t since,
				 uint64_t now)
{
	return o->ask.rate ? now > since ? now - since : 1 : 0;
}
/* ask_print - @n maps, each as its style says, in the format that the options
 * say; 0 or a negative errno. */
int ask_print(struct ask_page *p, struct heap *const *h,
	      const struct heap_style *styles, unsigned n);

/* ask_print_start - the first line of a JSON stream, by @info; ask_print_end -
 * the last one, with what was lost; 0 or a negative errno. */
int ask_print_start(struct ask_page *p, const struct capture_info *info);
int ask_print_end(struct ask_page *p, const struct losses *l);

/* ---- ask_replay.c ------------------------------------------------------ */

/* ask_replay - print what is in @c, of a tally; an exit code. */
int ask_replay(struct capture *c, const struct capture_info *info,
	       const struct options *o);

#endif
