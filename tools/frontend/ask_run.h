/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A request at work. */
#ifndef SOCKEYE_ASK_RUN_H
#define SOCKEYE_ASK_RUN_H

#include "tools/frontend/ask.h"
#include "tools/frontend/run.h"

struct asked {
	const struct options *o;
	struct ask ask;
	struct ask_hooks hooks;
	struct ask_words words;
	struct env env;
	struct spec *spec;
	struct object *object;
	struct bpf_insn filter[FILTER_MAX_INSNS];
	struct function functions[1];
	struct losses losses;
	const char *unit;
	struct snapshot *told;		/* what was printed so far */
	struct stacks stacks;
	int pid_off;			/* in a key, -1: not among them */
	bool opened, printed;
	bool gone;		/* stdout */
};

/* ask_take - what the options ask for, as hooks, a request and its spec; a
 * negative errno, -EINVAL for mistakes of who asks. */
int ask_take(struct asked *r, struct err *e);
/* asked_has - is there a key of enum ask_from @from? */
bool asked_has(const struct asked *r, int from);
/* asked_start - from the options to programs that run; -1 to go on, or the
 * exit code after a complaint. */
int asked_start(struct asked *r);
/* asked_stop - programs detached, losses counted. */
void asked_stop(struct asked *r);
/*
 * asked_heap - what has come since the last call, to be freed; @all: since the
 * start.  Nothing is taken out of the kernel's map, so nothing is lost in
 * between.  0, or a negative errno.
 */
int asked_heap(struct asked *r, struct heap **out, bool all);
/* asked_note - look at the processes whose stacks are there, before they end;
 * each second or so. */
void asked_note(struct asked *r);
/* asked_stack - see struct heap_style. */
void asked_stack(void *ctx, const struct ask_value *v, int64_t id,
		 const uint8_t *key, char *buf, size_t len);
void asked_release(struct asked *r);

#endif
