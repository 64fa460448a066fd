/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that print heaps share. */
#ifndef SOCKEYE_HEAP_INT_H
#define SOCKEYE_HEAP_INT_H

#include "tools/frontend/ask.h"
#include "tools/frontend/rows_int.h"

#define HEAP_WORD	256	/* of one value as text */
#define HEAP_LINE	2048	/* of one frame */
#define HEAP_FRAMES	32768	/* of one stack */

struct heap_page {
	FILE *out;
	const struct heap *heap;
	const struct heap_style *style;
	char frames[HEAP_FRAMES];
};

/* ---- heap.c ------------------------------------------------------------ */

bool heap_is_hist(const struct ask *a);

/* ---- heap_print.c ------------------------------------------------------ */

/* A walk through the keys of a group. */
struct heap_key {
	uint32_t i;
	const struct ask_value *v;
	const uint8_t *bytes;
};
#define heap_for_each_key(k, ask, group)				\
	for (k = (struct heap_key){ 0, (ask)->keys, (group)->key };	\
	     k.i < (ask)->nkeys;					\
	     k.bytes += ask_value_size(k.v), k.i++, k.v++)

/* heap_stack - the frames of key @k to page->frames; false: it is no stack,
 * or there are no frames to be had, only its number. */
bool heap_stack(struct heap_page *p, const struct heap_group *g,
		const struct heap_key *k);
/* heap_stack_error - why there is no stack; 0: there is one. */
int heap_stack_error(const struct heap_key *k);
/* heap_word - key @k as text, a stack as its number. */
void heap_word(const struct heap_page *p, const struct heap_key *k,
	       char buf[HEAP_WORD]);
/* heap_is_number - is key @k printed as a number in JSON? */
bool heap_is_number(const struct heap_page *p, const struct heap_key *k);
/* heap_total - a total, or average, with the value's sign; at most 20.  Of
 * counts, which have none, @a is NULL: in heap_rate(), too. */
char *heap_total(char *p, const struct ask *a, uint64_t total);
/* heap_rate - @total for a second of style->span_ns, with two decimals. */
#define HEAP_RATE 32
void heap_rate(char buf[HEAP_RATE], const struct heap_style *s,
	       const struct ask *a, uint64_t total);
uint64_t heap_average(const struct ask *a, const struct heap_group *g);

/* ---- folded.c --------------------------------------------------------- */

/* fold_word - a word, or one frame (at most HEAP_LINE of it), behind @sep,
 * which is "" in front of the first. */
void fold_word(FILE *out, const char *s, size_t len, const char **sep);
/* fold_frames - those of @text, a line each, from the outermost, which stands
 * last there. */
void fold_frames(FILE *out, const char *text, const char **sep);

/* ---- heap_data.c ------------------------------------------------------- */

void heap_print_json(struct heap_page *p);
void heap_print_csv(struct heap_page *p, bool first);
/* heap_json_values - `,"count":...` and all behind it, but for the '}'. */
void heap_json_values(FILE *out, const struct ask *a,
		      const struct heap_group *g);
/* heap_csv_slot - ",lo,hi,count". */
void heap_csv_slot(FILE *out, const struct ask *a, const struct heap_slot *s);

/* ---- hist.c ------------------------------------------------------------ */

/* hist_power - the slot of ASK_HIST that @v is in. */
uint32_t hist_power(uint64_t v, bool is_signed);
/* hist_last - the last slot there can be. */
uint32_t hist_last(const struct ask *a);
void hist_print_text(FILE *out, const struct ask *a,
		     const struct heap_group *g);
/* hist_print_percentiles - behind keys on the same line, which it ends. */
void hist_print_percentiles(FILE *out, const struct ask *a,
			    const struct heap_group *g);
void hist_print_bcc(FILE *out, const struct ask *a,
		    const struct heap_group *g, const char *unit);

#endif
