/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * options_int - the option table and what reads it: parser, usage, man page,
 * completion.  Private to tools/frontend/.
 */
#ifndef SOCKEYE_OPTIONS_INT_H
#define SOCKEYE_OPTIONS_INT_H

#include "tools/frontend/frontend.h"

/* ---- optval.c: values; false: not one, and *out is untouched ----------- */

#define PID_LIMIT (4 * 1024 * 1024)	/* PID_MAX_LIMIT of 64-bit kernels */

/* val_u64 - decimal or 0x hexadecimal, @min to @max, nothing around it. */
bool val_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out);
/* val_size - a number, or one with K, M or G (of 1024) behind it. */
bool val_size(const char *text, uint64_t *out, bool *unit);
/* val_duration - "1.5", "10s", "250ms", "2h" to ns; not 0, no more than
 * INT64_MAX.  Without a unit: seconds.  Units: us ms s m h d. */
bool val_duration(const char *text, uint64_t *ns);
/* val_ports - "443" or "8000-8100"; 1 to 65535, low end first. */
bool val_ports(const char *text, struct port_range *r);
/* val_net - "10.0.0.0/8", "::1"; host bits are cleared.  An IPv4 prefix
 * counts from bit 96. */
bool val_net(const char *text, struct addr_range *r);

/* ---- opttable.c ------------------------------------------------------- */

enum {
	OPT_REPLAY = 1,		/* shapes output: taken by replay too */
	OPT_HIDDEN = 2,		/* not in help */
	OPT_MAYBE = 4,		/* the argument may be left out: --time */
	OPT_REPLAYED = 8,	/* with OPT_REPLAY: by replay alone */
	OPT_STACKS = 16,	/* only for what shows stacks */
};

enum take { TAKE_OK, TAKE_BAD, TAKE_DENIED, TAKE_DONE };

struct parse {
	struct options *o;
	const struct tool *tool;
	bool replay;
	bool format_set;
	char shown[48];		/* the option as it was typed: "-p" */
};

/* A row of the frontend's option table. */
struct opt {
	char letter;
	const char *name, *arg, *help;
	const char *group;
	uint8_t flags;
	uint32_t filter;	/* F_...: only for tools that have it */
	uint32_t need;		/* T_...: the same */
	uint32_t any;		/* T_...: for those that have one of them */
	uint32_t bar;		/* T_...: only for those that have not */
	enum take (*take)(struct parse *p, const struct opt *opt,
			  const char *arg);
	/* what take() needs to know: where in struct options the value goes,
	 * where the count of a list, and which values are right */
	uint16_t off, noff, size;
	uint64_t min, max;
	bool (*item)(const struct opt *opt, const char *text, void *slot);
	const char *want;	/* "a process id (1 to 4194304)" */
	const char *asked;	/* help in tools that take hooks, or NULL */
};

extern const struct opt opt_table[];	/* ends with name NULL */
/* opt_arg - as help has it behind the option.  One that may be left out stands
 * in the text: of the letter it is none. */
const char *opt_arg(const struct opt *opt);

/* ---- opttake.c: what an option does with its argument ------------------ */

enum take take_flag(struct parse *, const struct opt *, const char *);
enum take take_more(struct parse *, const struct opt *, const char *);
enum take take_text(struct parse *, const struct opt *, const char *);
enum take take_style(struct parse *, const struct opt *, const char *);
enum take take_file(struct parse *, const struct opt *, const char *);
enum take take_lib(struct parse *, const struct opt *, const char *);
enum take take_number(struct parse *, const struct opt *, const char *);
enum take take_duration(struct parse *, const struct opt *, const char *);
enum take take_pages(struct parse *, const struct opt *, const char *);
enum take take_fd(struct parse *, const struct opt *, const char *);
enum take take_config(struct parse *, const struct opt *, const char *);
enum take take_list(struct parse *, const struct opt *, const char *);
enum take take_netns(struct parse *, const struct opt *, const char *);
enum take take_cgroup(struct parse *, const struct opt *, const char *);
enum take take_family(struct parse *, const struct opt *, const char *);
enum take take_time(struct parse *, const struct opt *, const char *);
enum take take_format(struct parse *, const struct opt *, const char *);
enum take take_style(struct parse *, const struct opt *, const char *);
enum take take_unit(struct parse *, const struct opt *, const char *);
enum take take_and_end(struct parse *, const struct opt *, const char *);

bool item_u32(const struct opt *opt, const char *text, void *slot);
bool item_comm(const struct opt *opt, const char *text, void *slot);
bool item_proto(const struct opt *opt, const char *text, void *slot);
bool item_reason(const struct opt *opt, const char *text, void *slot);
bool item_ports(const struct opt *opt, const char *text, void *slot);
bool item_net(const struct opt *opt, const char *text, void *slot);

/* opt_bad - complain about the value of the option under way. */
enum take opt_bad(const struct parse *p, const char *arg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- options.c -------------------------------------------------------- */

/*
 * opt_next - walk the options of @t from *@i on (0 at first): the tool's own
 * (*@own) and the frontend's that apply (*@opt); the other is NULL.  @t NULL:
 * all of the frontend's.  False at the end.
 */
bool opt_next(const struct tool *t, bool replay, unsigned *i,
	      const struct opt **opt, const struct tool_option **own);
/* opt_words - what --completion-helper prints: options, or the columns. */
void opt_words(FILE *out, const struct tool *t, bool replay);
void opt_columns(FILE *out, const struct tool *t);

/* ---- nearest.c -------------------------------------------------------- */

#define NEAREST_MAX 4

/* The candidates most like a word. */
struct nearest {
	const char *word;
	const char *best[NEAREST_MAX];
	unsigned n, cost;
};

void nearest_init(struct nearest *n, const char *word);
void nearest_try(struct nearest *n, const char *candidate);
/* nearest_text - "; did you mean --a, --b or --c?" ("." for none) to @buf,
 * each with @prefix before it; returns @buf. */
const char *nearest_text(const struct nearest *n, const char *prefix,
			 char *buf, size_t len);

/* ---- verbs.c ---------------------------------------------------------- */

/* nearest_tools, nearest_verbs - try the names of all tools, with their
 * aliases, and of all verbs. */
void nearest_tools(struct nearest *n);
void nearest_verbs(struct nearest *n);

/* ---- fill.c ----------------------------------------------------------- */

#define TEXT_WIDTH 80

/* text_word - move *@text to its next word, of *@len bytes, 0: there is none;
 * how many line ends were before it, of which two make a paragraph. */
unsigned text_word(const char **text, size_t *len);
/*
 * text_fill - put out the words of @text in lines of at most TEXT_WIDTH - 1
 * columns, those after the first indented by @indent; the cursor stands at
 * @col.  An empty line makes a paragraph.  Ends with a line break.
 */
void text_fill(FILE *out, const char *text, unsigned indent, unsigned col);

/* ---- usage.c, cgroup.c ------------------------------------------------ */

void usage_replay(FILE *out);
void version(FILE *out);
/* cgroup2_mount - mount point of the first cgroup2 in @mountinfo. */
bool cgroup2_mount(FILE *mountinfo, char *buf, size_t len);

#endif
