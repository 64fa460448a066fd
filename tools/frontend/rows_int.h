/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rows_int - how an event becomes a line.
 *
 *   event -> cells (cell.c: what is known, in one place)
 *         -> emitter (table.c, json.c, csv.c), or tally (count.c) and, when
 *            it is time, from there (tallied.c)
 *         -> out (out.c: one buffer, write(2))
 *
 * No stdio on the way: these run 100,000 times a second.
 */
#ifndef SOCKEYE_ROWS_INT_H
#define SOCKEYE_ROWS_INT_H

#include "tools/frontend/frontend.h"

#include <errno.h>

/* ---- out.c: buffered output ------------------------------------------- */

#define OUT_SIZE (64 * 1024)

struct out {
	FILE *file;		/* NULL: what is put here goes nowhere */
	int fd;			/* of file; -1: it has none (memstream) */
	int err;		/* errno of the first failure, stays */
	size_t len;
	char buf[OUT_SIZE];
};

void out_init(struct out *o, FILE *file);
bool out_flush(struct out *o);
/* out_room - where @n bytes (at most OUT_SIZE) may be written; what was is
 * added by out_done(). */
char *out_room(struct out *o, size_t n);
void out_done(struct out *o, const char *end);
void out_put(struct out *o, const void *data, size_t len);
void out_puts(struct out *o, const char *s);
/* out_stream - what is printed to it is put into @o, at the latest when it is
 * closed, which the caller does.  NULL: no memory, and @o has failed so. */
FILE *out_stream(struct out *o);
/* write_all - all of it, through EINTR and EAGAIN; 0 or a positive errno,
 * which is UNREAD where the run is to end and nobody reads.  write_error - the
 * words for it. */
#define UNREAD ETIME		/* none of write(2)'s */
int write_all(int fd, const void *data, size_t len);
const char *write_error(int err);

/* ---- put.c: numbers and strings -------------------------------------- */

/* Each writes at @p and returns the end; no NUL. */
char *put_u64(char *p, uint64_t v);			/* at most 20 */
char *put_s64(char *p, int64_t v);			/* 20 */
char *put_padded(char *p, uint64_t v, unsigned digits);	/* zeros in front */
/* put_hundredths - "1234.56": a number and that many hundredths; put_percent -
 * the same, of K_PERCENT. */
char *put_hundredths(char *p, uint64_t v, unsigned hundredths);	/* 23 */
char *put_percent(char *p, uint64_t v);			/* 23 */
char *put_hex(char *p, uint64_t v);			/* "0x...", 18 */
char *put_addr(char *p, const uint8_t addr[16]);	/* 39, RFC 5952 */
/* put_clean - for people: what a terminal must not see becomes '?'. */
char *put_clean(char *p, const char *s, size_t len);	/* len */
/* put_quoted - a JSON string with its quotes. */
char *put_quoted(char *p, const char *s, size_t len);	/* 6 * len + 2 */
/* put_escaped - any bytes in printable ASCII, as C escapes them: \n, \xNN.
 * put_hex_bytes - two digits each. */
char *put_escaped(char *p, const char *s, size_t len);	/* 4 * len */
char *put_hex_bytes(char *p, const char *s, size_t len);	/* 2 * len */
/* put_csv - a CSV field: cleaned, quoted where it must be. */
char *put_csv(char *p, const char *s, size_t len);	/* 2 * len + 2 */
bool addr_is_mapped(const uint8_t addr[16]);		/* ::ffff:a.b.c.d */
/* text_width - columns that clean UTF-8 takes on a terminal: two of what is
 * wide in East Asia and of emoji, none of what stands on another character.
 * text_fitting - bytes that fit into @columns, which becomes what is left. */
size_t text_width(const char *s, size_t len);
size_t text_fitting(const char *s, size_t len, size_t *columns);

/* ---- errnos.c --------------------------------------------------------- */

struct errno_name {
	int no;
	const char *name;
};
extern const struct errno_name errno_names[];	/* ends with name NULL */
/* errno_name - "ECONNREFUSED" for this machine's number; NULL unknown. */
const char *errno_name(uint64_t no);

/* ---- stamp.c: time columns -------------------------------------------- */

#define STAMP_MAX 48

/* Calendar text of the second last asked for. */
struct stamp {
	bool have_utc, have_local;
	int64_t utc_sec, local_sec;
	char utc[24], local[24];	/* 2026-01-02T03:04:05 */
	char zone[8];			/* +01:00 */
};

const char *stamp_heading(enum time_col kind);	/* NULL for none */
unsigned stamp_width(enum time_col kind);
/* stamp_key - name in CSV. */
const char *stamp_key(enum time_col kind);
/* stamp_text - as the table shows it. */
char *stamp_text(struct stamp *s, char *p, enum time_col kind, uint64_t ns,
		 const struct clocks *c);
/* stamp_raw - as CSV and JSON have it, without quotes. */
char *stamp_raw(struct stamp *s, char *p, enum time_col kind, uint64_t ns,
		const struct clocks *c);
/* stamp_is_text - stamp_raw is a string, not a number. */
bool stamp_is_text(enum time_col kind);

/* ---- kinds.c: enum col_kind -------------------------------------------- */

/* What a cell that is known has to show. */
enum kind_holds {
	HOLDS_NUMBER, HOLDS_SIGNED, HOLDS_HEX,
	HOLDS_PERCENT,		/* hundredths of it */
	HOLDS_ADDR,
	HOLDS_TEXT,		/* text, and no number */
	HOLDS_DATA,		/* any bytes */
	HOLDS_NAMED,		/* text, where its number has a name */
	HOLDS_SYMBOL,		/* text, where its address has a name */
	HOLDS_STACK,		/* frames, or why there are none */
};
enum kind_holds kind_holds(uint8_t kind);
bool kind_stacks(uint8_t kind);		/* HOLDS_STACK */
bool kind_sums(uint8_t kind);		/* may be added up */

/* ---- cell.c ----------------------------------------------------------- */

/* What one column of one event is. */
struct cell {
	uint8_t kind;		/* enum col_kind */
	bool null;		/* not known */
	bool least;		/* K_MS: at least this; K_DATA: there was more */
	uint16_t len;		/* of text */
	const char *text;	/* K_COMM, K_DATA (its bytes), of struct lookup,
				   K_TLS_...; K_ENUM, K_BITS,
				   K_ERRNO, K_NAME, K_KSYM, K_REASON: NULL when
				   it has no name;
				   stacks: a line for each frame, NULL when
				   there is an error */
	char made[256];		/* K_BITS, of struct lookup, K_TLS_...: what
				   text is */
	uint64_t num;		/* all numbers; K_S32 sign-extended; K_ERRNO
				   positive; of stacks the id, or -errno */
	uint64_t whole;		/* K_PERCENT: what num is a part of */
	uint64_t age_ns;	/* K_NAME: of the answer, or AGE_UNKNOWN */
	uint8_t addr[16];	/* K_ADDR, K_NAME */
	uint32_t pid;		/* K_USTACK: whose */
};

#define AGE_UNKNOWN UINT64_MAX

/* put_bare - what it holds but text: the number as its kind has it, or the
 * address; the same wherever a cell is written, between quotes or not. */
char *put_bare(char *p, const struct cell *c);			/* 39 */

/* cell_load - what the event says; the bytes of K_COMM stay in @ev. */
void cell_load(struct cell *cell, const struct column *col,
	       const struct event *ev, const struct tool *t);

/* Where names are; each may be NULL. */
struct wardrobe {
	struct names *names;
	struct frames *frames;
};
/* cell_dress - add the names that numbers and addresses have. */
void cell_dress(struct cell *cell, const struct column *col,
		const struct wardrobe *w, uint64_t now_ns);
/* enum_name - of value @v, "" standing for a hole in the table; NULL. */
const char *enum_name(const char *const *names, uint64_t v);
/* cell_stack_error - the errno of a cell whose kind stacks; 0: it has one. */
int cell_stack_error(const struct cell *cell);

#define CELL_TEXT 1024		/* names are far shorter */
/* cell_text - of all but stacks, as the table shows it; its length.  table.c */
size_t cell_text(char text[CELL_TEXT], const struct cell *cell);

/*
 * Some kinds come as two JSON keys or CSV fields; the second one is named
 * after the first:
 *   K_MS    duration_ns  duration_at_least  true: it was older than the tool
 *   K_ERRNO err          err_name           "ECONNREFUSED"
 *   K_NAME  query        query_age_ns       how old the DNS answer was
 *   K_DATA  data         data_hex           the bytes as they are
 *   stacks  kstack       kstack_err_name    why there is none: "EEXIST"
 */
#define KEY_MAX 288
/* extra_key - that second name into @buf; false when there is none. */
bool extra_key(const struct column *col, char *buf, size_t len);

#define FRAME_MAX 2048		/* what is shown of a frame; far shorter */

/* ---- layout.c --------------------------------------------------------- */

/* layout_select - layout_choose without the complaint, which goes to @why. */
int layout_select(struct layout *l, const struct options *o, char *why,
		  size_t len);

/* ---- count.c ---------------------------------------------------------- */

#define TALLY_MAX (1u << 18)	/* keys, */
#define SPREAD_MAX (1u << 16)	/* or histograms, of half a KB each */

/* Of --hist: values by powers of two, in the slots that progs/engine.h has for
 * ASK_HIST. */
#define SPREAD_SLOTS 66
struct spread {
	uint64_t total, slots[SPREAD_SLOTS];
};

struct tally;
struct tally *tally_new(const struct layout *l);
/* tally_add - @times; what is summed is of all of them.  False when there was no room for a new key. */
bool tally_add(struct tally *t, const struct cell *cells, uint64_t times);
/* tally_spread_add - the same of --hist: @times, of @total, in @slot of the
 * key's. */
bool tally_spread_add(struct tally *t, const struct cell *cells, uint32_t slot,
		      uint64_t times, uint64_t total);
/* tally_rank - the count of each becomes what tally_sort() is to go by: the sum
 * of column @column, or of all (SORT_ALL). */
void tally_rank(struct tally *t, int column);
/* tally_sort - by count, then by key; greatest first, histograms last. */
void tally_sort(struct tally *t);
void tally_clear(struct tally *t);
size_t tally_len(const struct tally *t);
/* tally_get - cells of the @i-th key, not dressed; K_COMM stays in @t. */
void tally_get(const struct tally *t, size_t i, struct cell *cells);
/* tally_spread - what the @i-th key has had, and how often. */
const struct spread *tally_spread(const struct tally *t, size_t i,
				  uint64_t *count);
void tally_free(struct tally *t);

/* ---- rows.c and the emitters ------------------------------------------ */

/* When a row was, or an interval ended; NULL for the rows of --count without
 * -i, which have no time. */
struct moment {
	uint64_t ns;
	const struct clocks *clocks;
};

struct ask;
struct heap_group;

struct emitter {
	void (*start)(struct rows *r, const struct capture_info *info);
	void (*header)(struct rows *r);
	void (*row)(struct rows *r, const struct cell *cells,
		    const struct moment *when);
	/* of one key of --hist */
	void (*hist)(struct rows *r, const struct cell *keys,
		     const struct heap_group *g, const struct moment *when);
	/* -i: the time, before what was tallied, header and all */
	void (*interval)(struct rows *r, const struct moment *when);
	void (*loss)(struct rows *r, const struct losses *l);
	/* of /proc/net; the @first stands below a heading */
	void (*counter)(struct rows *r, const struct counter_move *m,
			bool first);
	void (*end)(struct rows *r, const struct losses *l);
};

/* ---- screen.c: a terminal, filled anew each interval -------------------- */

struct screen;
/*
 * screen_open - for what is printed to @out, if that is a terminal which is
 * ours to draw on; NULL: it is not, or no memory.  Nothing is drawn before
 * the first screen_show().  There is one at a time; after screen_close(), and
 * after exit(3), the terminal is as it was.
 */
struct screen *screen_open(FILE *out);
/* screen_page - what is printed to it is the next screen. */
FILE *screen_page(const struct screen *s);
/* screen_lines - how many lines there are now. */
unsigned screen_lines(const struct screen *s);
/* screen_show - draw what is on the page, in one write, and begin a new one;
 * 0 or a positive errno. */
int screen_show(struct screen *s);
/* screen_keys - for poll(2), -1: none.  screen_key - the next key, 0: none. */
int screen_keys(const struct screen *s);
char screen_key(struct screen *s);
/* screen_changed - it has to be drawn again: another size, or it was away
 * (Ctrl-Z), which this call waits for. */
bool screen_changed(struct screen *s);
void screen_close(struct screen *s);
/*
 * screen_compose - what draws @text (clean, whole lines) on a screen of
 * @lines by @columns: from the top, cut where it does not fit, the rest of
 * the screen erased.  Into @to, which has room for screen_room() bytes;
 * returns the end.
 */
size_t screen_room(const char *text, unsigned lines);
char *screen_compose(char *to, const char *text, unsigned lines,
		     unsigned columns);

/* ---- tallied.c: -c, --hist, -i ----------------------------------------- */

/* What histograms are of. */
struct drawn {
	const char *name, *unit;	/* "us", "us"; "tx_bytes", "bytes" */
	uint64_t scale;			/* what is one of the unit */
	enum draw_style style;
	const struct ask *ask;		/* what hist.c draws them for */
};

/* tallied_init - false: no memory. */
bool tallied_init(struct rows *r, const struct options *o);
void tallied_add(struct rows *r, const struct cell *cells,
		 const struct event *ev);
/* tallied_add_alike - @a->n times, @a->total of what the histogram is of. */
void tallied_add_alike(struct rows *r, const struct cell *cells,
		       const struct event *ev, const struct alike *a);
/* drawn_scale - how much of column @col is one of the unit that it is drawn
 * in. */
uint64_t drawn_scale(const struct column *col, const struct options *o);
/* tallied_until - it is @now_ns: print what was tallied until the last end of
 * an interval.  One in which nothing was is shown when a clock @ticks, not
 * when an event tells that time has passed: a capture may claim centuries. */
void tallied_until(struct rows *r, uint64_t now_ns, bool ticks);
/* tallied_late - the interval under way lasts until @late_ns at least: nobody
 * looked at its end (struct clocks). */
void tallied_late(struct rows *r, const struct clocks *c);
/* tallied_end - print what is left. */
void tallied_end(struct rows *r);
/* tallied_again - draw the last interval again, as it is sorted now. */
void tallied_again(struct rows *r);
/* tallied_has_time - rows have got one, as those that are not tallied. */
bool tallied_has_time(const struct rows *r);

extern const struct emitter table_emitter, json_emitter, csv_emitter,
			    folded_emitter;

/* JSON text in front of a column's value, made once. */
struct json_key {
	char main[KEY_MAX], extra[KEY_MAX];	/* `,"pid":` */
	uint16_t main_len, extra_len;		/* extra_len 0: none */
};

struct rows {
	const struct tool *tool;
	const struct emitter *emit;
	struct wardrobe wardrobe;
	struct tally *tally;		/* --count, --hist */
	const struct counters *counters;	/* NULL: none */
	struct plot_live *live;		/* --plot */
	struct tally *last;		/* what is on the screen */
	struct rows *sums;		/* T_SUMMARY; has its own layout */
	struct screen *screen;		/* NULL: none */
	FILE *to;			/* behind it, or the same as out */
	bool paused, top, running;		/* T_TOTALS; not a replay */
	uint64_t most;			/* rows of an interval; 0: all */
	uint64_t intervals, max_intervals;	/* printed; 0: all */
	uint64_t drawn_ns;		/* end of the interval of `last` */
	uint64_t span_ns;		/* length of what is printed */
	struct drawn drawn;		/* --hist */
	uint64_t every_ns, next_ns;	/* -i, and its next end */
	uint64_t begun_ns;		/* the interval that ends then */
	struct clocks clocks;		/* of the last event */
	struct layout layout;
	bool no_header, no_summary, printed;
	uint64_t shown, uncounted, unknown;
	uint64_t last_ns;		/* of the last event, or tick */
	struct losses told;
	struct stamp stamp;
	uint16_t widths[MAX_COLUMNS];
	struct json_key keys[MAX_COLUMNS];
	struct out out;
};

/* rows_header - the names of the columns, unless -H is given. */
void rows_header(struct rows *r);
/* json_losses - `,"lost":1,...`: the counters by name. */
void json_losses(struct out *o, const struct losses *l);
/* The counters of struct losses, for all who write or read them. */
#define LOSSES(X)	\
	X(lost, "events that had no room in the ring")			\
	X(owners_full, "sockets that had no room in the owner map")	\
	X(state_full, "sockets that had no room in the tool's map")	\
	X(unattributed, "events of unknown owner under a process filter") \
	X(missed, "calls that the kernel could not probe")

#endif
