/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests at work. */
#ifndef SOCKEYE_ASK_RUN_H
#define SOCKEYE_ASK_RUN_H

#include "tools/frontend/ask.h"
#include "tools/frontend/run.h"

struct asked;

/* A part of a tool, or what a verb was asked, at work. */
struct query {
	struct asked *r;
	const struct part *part;
	int way;			/* the one that is taken; -1: none */
	struct way words_of_way;	/* the same, with the argument in it */
	struct err why[MAX_WAYS];	/* of those that failed */
	bool refused[MAX_WAYS];		/* by ask_take(): the words are wrong */
	struct ask ask;
	struct ask_value named[ASK_KEYS];	/* the part's own keys */
	uint32_t nnamed;
	struct ask_hooks hooks;
	struct ask_words words;
	struct spec *spec;
	struct object *object;
	struct snapshot *first;		/* before all hooks were there */
	struct snapshot *told;		/* what was printed so far */
};

struct asked {
	const struct options *o;
	struct env *env;
	struct env own;			/* unless somebody else has one */
	struct user_filter filter;
	struct networks networks;
	struct reasons *reasons;	/* of keys called so, else NULL */
	struct function functions[2];	/* of these two */
	struct constant constants[1];
	struct query queries[MAX_PARTS];
	unsigned nqueries;
	uint64_t start_ns;		/* before anything was attached */
	struct losses losses;
	struct stacks stacks;
};

/* ask_take - what the part asks for in the way that q->way names, as hooks, a
 * request and its spec; a negative errno, -EINVAL for mistakes of who asks. */
int ask_take(struct query *q, struct err *e);
/* ask_take_keys - its part with all but the hooks, which are there (ask_keys.c);
 * ask_same - an error if a word is something else at one of them (ask_same.c).
 */
int ask_take_keys(struct query *q, struct err *e);
int ask_same(struct query *q, struct err *e);
/* WORDS - member @what of the way that is taken, else of the part. */
#define WORDS(q, what)							\
	((q)->words_of_way.what ? (q)->words_of_way.what : (q)->part->what)
/* query_world - what words mean at @h; query_value - what @text means there. */
struct ask_world query_world(const struct query *q, const struct hook *h);
int query_value(struct query *q, struct ask_value *v, const char *text,
		const struct ask_world *w, struct err *e);
/* ask_applies - is @w for what the command line has? */
bool ask_applies(const struct options *o, const struct way *w);
/* ask_argument_put - @text to @buf, the argument in place of each '%'; what has
 * no room is left out.
 * ask_argument_tell - say so if what the argument names is not looked at where
 * it is, but in a lesser way, and if the kernel does not know it. */
void ask_argument_put(char *buf, size_t len, const char *text,
		      const char *argument);
void ask_argument_tell(const struct asked *r);
/* ask_next_word - the next of @list's words, which blanks are between, to
 * @word, cut if it has no room; false: no more. */
bool ask_next_word(const char **list, char *word, size_t len);
/* ask_foresee - tell the BTF of @env what types @parts may ask for. */
void ask_foresee(struct env *env, const struct options *o,
		 const struct part *parts);
/* query_has - is there a key of enum ask_from @from? */
bool query_has(const struct query *q, int from);
/* asked_start - from the options to programs that run; @parts ends with name
 * NULL.  -1 to go on, or the exit code after a complaint. */
int asked_start(struct asked *r, const struct part *parts);
/* asked_unit - of the part's value: "bytes", "ns" or "". */
const char *asked_unit(const struct part *p);
/* asked_interval - ns from one print to the next; 0: at the end. */
uint64_t asked_interval(const struct options *o);
/* asked_users - are there stacks of users to look up? */
bool asked_users(const struct asked *r);
/* asked_full - hits so far that found no room for their key. */
uint64_t asked_full(const struct asked *r);
/* asked_stop - programs detached, losses counted. */
void asked_stop(struct asked *r);
/*
 * asked_begin - all hooks are there: what some of them have counted already
 * does not belong to the whole.  0, or a negative errno.
 */
int asked_begin(struct asked *r);
/*
 * asked_heap - what has come since the last call, to be freed; @all: since
 * asked_begin().  Nothing is taken out of the kernel's map, so nothing is lost in
 * between.  0, or a negative errno.
 */
int asked_heap(struct query *q, struct heap **out, bool all);
/* asked_note - look at the processes whose stacks are there, before they end;
 * some times a second. */
void asked_note(struct asked *r);
/* asked_stack - see struct heap_style; @ctx is the query. */
void asked_stack(void *ctx, const struct ask_value *v, int64_t id,
		 const uint8_t *key, char *buf, size_t len);
void asked_release(struct asked *r);

/* ask_check - could @t run here?  Attaches what it would, for a moment, and
 * tells which ways it takes, all of them with @verbose. */
bool ask_check(struct env *env, const struct tool *t, bool verbose);
/* ask_part - what the command line asks of a verb. */
struct part ask_part(const struct options *o, uint8_t what);
/* ask_main - a tool or verb that is a request, from its options on; o->tool
 * becomes another where rows are asked for. */
int ask_main(struct options *o, const struct part *parts);
/* ask_rows - the hits of a request for rows, whose programs run. */
int ask_rows(struct asked *r, struct options *o);

#endif
