/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_parse - words to values: "pid", "retval", "arg0:sock.sk_err".
 */
#include "tools/frontend/ask_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Values that need no hook. */
static const struct {
	const char *name;
	uint8_t from, shape, then;
} plain[] = {
	{ "pid", FROM_PID, SHAPE_U64, 0 }, { "tid", FROM_TID, SHAPE_U64, 0 },
	{ "uid", FROM_UID, SHAPE_U64, 0 }, { "comm", FROM_COMM, SHAPE_COMM, 0 },
	{ "cgroup", FROM_CGROUP, SHAPE_U64, 0 },
	{ "cpu", FROM_CPU, SHAPE_U64, 0 },
	{ "probe", FROM_PROBE, SHAPE_U64, 0 },
	{ "event", FROM_EVENT, SHAPE_U64, 0 },
	{ "kstack", FROM_KSTACK, SHAPE_STACK, 0 },
	{ "ustack", FROM_USTACK, SHAPE_STACK, 0 },
	{ "latency", FROM_LATENCY, SHAPE_U64, 0 },
	{ "latency_us", FROM_LATENCY, SHAPE_U64, THEN_US },
};

/* How a register is looked at: "arg2:s32". */
static const struct {
	const char *name;
	uint8_t then, shape;
} casts[] = {
	{ "u32", THEN_U32, SHAPE_U64 }, { "s32", THEN_S32, SHAPE_S64 },
	{ "u64", THEN_NOTHING, SHAPE_U64 }, { "s64", THEN_NOTHING, SHAPE_S64 },
	{ "sa_family", THEN_SA_FAMILY, SHAPE_U64 },
};

int ask_bad(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->msg)], clean[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*put_clean(clean, text, strlen(text)) = '\0';
	return err_set(e, 0, "%s", clean);
}

/* ---- words ------------------------------------------------------------ */

void ask_words_free(struct ask_words *w)
{
	while (w->n)
		free(w->text[--w->n]);
}

char *ask_keep(const struct asking *a, const char *text, size_t len)
{
	struct ask_words *w = a->words;
	char *copy;

	if (w->n == COUNT(w->text)) {
		ask_bad(a->e, "more than %zu words", COUNT(w->text));
		return NULL;
	}
	copy = malloc(len + 1);
	if (!copy) {
		err_set(a->e, ENOMEM, "values");
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	w->text[w->n++] = copy;
	return copy;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int ask_word(const struct asking *a, char buf[ASK_WORD_MAX], const char *text,
	     size_t len, const char *what)
{
	while (len && is_blank(*text)) {
		text++;
		len--;
	}
	while (len && is_blank(text[len - 1]))
		len--;
	if (len >= ASK_WORD_MAX)
		return ask_bad(a->e, "'%.40s...' is longer than any %s", text,
			       what);
	memcpy(buf, text, len);
	buf[len] = '\0';
	for (char *p = buf; *p; p++)	/* it may become a key of JSON */
		if (*p == '\t')
			*p = ' ';
	return 0;
}

/* ---- arguments, returns, fields --------------------------------------- */

static int parse_arg(const struct asking *a, struct ask_value *v,
		     const char *text, size_t len)
{
	bool digits = len > 3 && strspn(text + 3, "0123456789") >= len - 3;

	if (len < 3 || memcmp(text, "arg", 3) || (!digits && len > 3))
		return -ENOENT;
	if (len != 4)
		return ask_bad(a->e, "no argument '%.*s'; there are arg0 to "
			       "arg%d", (int)len, text, ASK_ARGS - 1);
	v->from = FROM_ARG;
	v->arg = (uint8_t)(text[3] - '0');
	return 0;
}

static int parse_tp_field(const struct asking *a, struct ask_value *v,
			  const char *text, size_t len)
{
	if (len < 5 || memcmp(text, "args.", 5))
		return -ENOENT;
	v->from = FROM_FIELD;
	v->field = ask_keep(a, text + 5, len - 5);
	return v->field ? ask_tp_field(a, v) : -a->e->no;
}

/*
 * What kernel functions return is an int most often, and then the upper half
 * of the register is anything; "retval64" is for those that return a long or
 * a pointer.
 */
static int parse_return(struct ask_value *v, const char *text, size_t len)
{
	bool wide = len == 8 && !memcmp(text, "retval64", 8);

	if (!wide && (len != 6 || memcmp(text, "retval", 6)))
		return -ENOENT;
	v->from = FROM_RETVAL;
	v->shape = SHAPE_S64;
	v->then = wide ? THEN_NOTHING : THEN_S32;
	return 0;
}

static int parse_base(const struct asking *a, struct ask_value *v,
		      const char *text, size_t len)
{
	int err = parse_return(v, text, len);

	if (err == -ENOENT)
		err = parse_tp_field(a, v, text, len);
	if (err == -ENOENT)
		err = parse_arg(a, v, text, len);
	return err;
}

static bool parse_cast(struct ask_value *v, const char *text)
{
	for (size_t i = 0; i < COUNT(casts); i++) {
		if (strcmp(casts[i].name, text))
			continue;
		v->then = casts[i].then;
		v->shape = casts[i].shape;
		return true;
	}
	return false;
}

/* How the end of a chain is looked at. */
static const struct end {
	const char *name;	/* with its colon */
	const char *what;	/* that end is */
	uint8_t then, shape;
} ends[] = {
	{ ":ahead", "time", THEN_AHEAD, SHAPE_U64 },
	{ ":text", "pointer", THEN_TEXT, SHAPE_NAME },
};

/* Which of @ends stands behind @text, of @len bytes; NULL: none. */
static const struct end *find_end(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT(ends); i++) {
		size_t n = strlen(ends[i].name);

		if (len > n && !strcmp(text + len - n, ends[i].name))
			return &ends[i];
	}
	return NULL;
}

static bool may_end(const struct asking *a, const struct ask_value *v,
		    const struct end *end)
{
	if (end->then == THEN_TEXT)
		return ask_is_pointer(a, v);
	return v->shape == SHAPE_U64 || v->shape == SHAPE_S64;
}

/* A chain, and behind it how its end is looked at. */
static int parse_chain(const struct asking *a, struct ask_value *v,
		       const char *text)
{
	size_t len = strlen(text);
	const struct end *end = find_end(text, len);
	char chain[ASK_WORD_MAX];
	int err;

	if (!end || len >= sizeof(chain))
		return ask_chain(a, v, text);
	snprintf(chain, sizeof(chain), "%.*s",
		 (int)(len - strlen(end->name)), text);
	err = ask_chain(a, v, chain);
	if (err)
		return err;
	if (!may_end(a, v, end))
		return ask_bad(a->e, "'%s' is no %s", v->name, end->what);
	v->then = end->then;
	v->shape = end->shape;
	return 0;
}

/* Do its pointers lead to memory of the process?  What would be read there is
 * nothing, or another's. */
static bool is_users(const struct hook *h)
{
	return h && (h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE ||
		     !strncmp(h->target, "syscalls/", 9));
}

int ask_place(const struct asking *a, struct ask_value *v, const char *text)
{
	size_t len = strcspn(text, ":");
	int err = parse_base(a, v, text, len);

	if (err || !text[len] || parse_cast(v, text + len + 1))
		return err;
	if (!strpbrk(text + len + 1, ".:"))
		return ask_bad(a->e, "'%s' in '%s' is neither TYPE.PATH nor "
			       "u32, s32, u64, s64 or sa_family", text + len + 1, text);
	if (is_users(a->world->hook))
		return ask_bad(a->e, "'%s' is in memory of the process, "
			       "which is not read", text);
	/* all of the register is the pointer */
	v->then = THEN_NOTHING;
	return parse_chain(a, v, text + len + 1);
}

/* ---- values ----------------------------------------------------------- */

/* "pid, tid, ... raddr" */
static void list_names(char *buf, size_t len)
{
	const char *name;
	size_t at = 0;
	unsigned i;

	for (i = 0; i < COUNT(plain) && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s, ",
				       plain[i].name);
	for (i = 0; (name = ask_sock_name(i)) && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s, ", name);
	for (i = 0; (name = ask_dev_name(i)) && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s, ", name);
}

static int unknown(const struct asking *a, char *text)
{
	char *end = text + strcspn(text, ":"), was = *end;
	struct nearest near;
	char buf[512];
	const char *name;
	unsigned i;

	*end = '\0';
	nearest_init(&near, text);
	for (i = 0; i < COUNT(plain); i++)
		nearest_try(&near, plain[i].name);
	for (i = 0; (name = ask_sock_name(i)); i++)
		nearest_try(&near, name);
	for (i = 0; (name = ask_dev_name(i)); i++)
		nearest_try(&near, name);
	for (i = 0; i < a->world->nnamed; i++)
		nearest_try(&near, a->world->named[i].name);
	nearest_try(&near, "retval");
	nearest_try(&near, "args.FIELD");
	*end = was;
	if (near.n)
		return ask_bad(a->e, "no value '%s'%s", text,
			       nearest_text(&near, "", buf, sizeof(buf)));
	list_names(buf, sizeof(buf));
	return ask_bad(a->e, "no value '%s'; there are %sarg0 to arg%d, "
		       "retval, args.FIELD and fields behind them as in "
		       "arg0:sock.sk_err", text, buf, ASK_ARGS - 1);
}

static int parse_plain(struct ask_value *v, const char *text)
{
	for (size_t i = 0; i < COUNT(plain); i++) {
		if (strcmp(plain[i].name, text))
			continue;
		v->from = plain[i].from;
		v->shape = plain[i].shape;
		v->then = plain[i].then;
		return 0;
	}
	return -ENOENT;
}

/* "port=rport" is called port.  What is behind it; NULL: bad. */
static char *parse_label(const struct asking *a, struct ask_value *v,
			 char *word)
{
	size_t len = ask_name_len(word);

	if (word[len] != '=')
		return word;
	if (!len || !word[len + 1]) {
		ask_bad(a->e, len ? "'%s' gives a name to nothing" :
			"'%s' gives no name", word);
		return NULL;
	}
	v->name = ask_keep(a, word, len);
	return v->name ? word + len + 1 : NULL;
}

/* "'text'" */
static int parse_text(const struct asking *a, struct ask_value *v,
		      const char *word)
{
	size_t len = strlen(word);

	if (*word != '\'' || len < 2 || word[len - 1] != '\'')
		return -ENOENT;
	if (len - 2 >= ASK_NAME)
		return ask_bad(a->e, "%s is longer than any name", word);
	v->from = FROM_TEXT;
	v->shape = SHAPE_NAME;
	v->field = ask_keep(a, word + 1, len - 2);
	return v->field ? 0 : -a->e->no;
}

static int parse_named(const struct asking *a, struct ask_value *v,
		       const char *text)
{
	const char *name = v->name;

	for (uint32_t i = 0; i < a->world->nnamed; i++) {
		if (strcmp(a->world->named[i].name, text))
			continue;
		*v = a->world->named[i];
		v->name = name;
		return 0;
	}
	return -ENOENT;
}

static int parse_what(const struct asking *a, struct ask_value *v, char *what)
{
	int err = parse_named(a, v, what);

	if (err == -ENOENT)
		err = parse_plain(v, what);
	if (err == -ENOENT)
		err = parse_text(a, v, what);
	if (err == -ENOENT)
		err = ask_sock_value(a, v, what);
	if (err == -ENOENT)
		err = ask_dev_value(a, v, what);
	if (err == -ENOENT)
		err = ask_place(a, v, what);
	return err == -ENOENT ? unknown(a, what) : err;
}

/* Of what is not the same at both ends. */
static int parse_at_start(const struct asking *a, struct ask_value *v,
			  char *what)
{
	struct ask_world w = *a->world;
	const struct asking at_start = { &w, a->words, a->e };
	int err;

	if (!w.start)
		return ask_bad(a->e, "'start.%s': only a latency has a start",
			       what);
	w.hook = w.start;
	if (w.start_dev)
		w.dev = w.start_dev;
	w.nnamed = 0;
	err = parse_what(&at_start, v, what);
	v->at_start = true;
	if (err)
		return err;
	return v->from != FROM_LATENCY && v->shape != SHAPE_STACK ? 0 :
	       ask_bad(a->e, "'start.%s' is not known at the start", what);
}

static int parse_value(const struct asking *a, struct ask_value *v,
		       const char *text, size_t len)
{
	char word[ASK_WORD_MAX], *what;
	int err;

	memset(v, 0, sizeof(*v));
	err = ask_word(a, word, text, len, "value");
	if (err)
		return err;
	if (!*word)
		return ask_bad(a->e, "a value is missing in '%.*s'",
			       (int)(len < 80 ? len : 80), text);
	v->text = v->name = ask_keep(a, word, strlen(word));
	if (!v->name)
		return -a->e->no;
	what = parse_label(a, v, word);
	if (!what)
		return -a->e->no;
	if (!strncmp(what, "start.", 6))
		return parse_at_start(a, v, what + 6);
	return parse_what(a, v, what);
}

int ask_value_parse(struct ask_value *v, const char *text, size_t len,
		    const struct ask_world *world, struct ask_words *words,
		    struct err *e)
{
	const struct asking a = { world, words, e };

	return parse_value(&a, v, text, len);
}

int ask_list_parse(struct ask_value *v, unsigned max, const char *text,
		   const struct ask_world *world, struct ask_words *words,
		   struct err *e)
{
	const struct asking a = { world, words, e };
	const char *s = text;
	unsigned n = 0;
	size_t len;
	int err;

	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if (n == max)
			return ask_bad(e, "'%.80s' is more than %u values",
				       text, max);
		if (strspn(s, " \t") >= len)
			return ask_bad(e, "a value is missing in '%.80s'",
				       text);
		err = parse_value(&a, &v[n++], s, len);
		if (err)
			return err;
		if (!s[len])
			return (int)n;
	}
}
