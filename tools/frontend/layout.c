/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which columns are shown. */
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"

#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 40

static const struct column count_column = {
	.key = "count", .heading = "COUNT", .help = "events with these keys",
	.kind = K_COUNT, .width = 8,
};

/* Can be shown at all in this run. */
static bool available(const struct column *col, const struct options *o)
{
	if (col->stat && !o->count)
		return false;
	return o->dns || !(col->flags & C_DNS);
}

/* --count, and not T_TOTALS, of which nobody is interested in how often. */
static bool has_count(const struct options *o)
{
	return o->count && !(o->tool->flags & T_TOTALS);
}

static bool shown_by_default(const struct column *col,
			     const struct options *o)
{
	if (!available(col, o))
		return false;
	if (o->ask.folded)
		return kind_stacks(col->kind) || !strcmp(col->key, "comm");
	if (o->count && !(col->flags & (C_KEY | C_SUM)))
		return false;
	if (o->hist && !(col->flags & C_KEY))
		return false;
	if ((!(col->flags & C_HIDDEN) &&
	     (!col->when || option_value(o, col->when))) ||
	    (has_count(o) && col->flags & C_SUM))
		return true;
	return o->extended || ((col->flags & C_WIDE) && o->wide);
}

static int find(const struct layout *l, const struct column *col)
{
	unsigned i;

	for (i = 0; i < l->ncols; i++)
		if (l->cols[i] == col)
			return (int)i;
	return -1;
}

static void add(struct layout *l, const struct column *col)
{
	if (find(l, col) < 0 && l->ncols < MAX_COLUMNS)
		l->cols[l->ncols++] = col;
}

static void drop(struct layout *l, const struct column *col)
{
	int i = find(l, col);

	if (i < 0)
		return;
	l->ncols--;
	memmove(&l->cols[i], &l->cols[i + 1],
		(l->ncols - (unsigned)i) * sizeof(l->cols[0]));
}

static void add_defaults(struct layout *l, const struct options *o)
{
	bool sums_first = o->tool->flags & T_TOTALS;
	const struct column *col;

	/* under --count what is summed stands behind what it is summed by, but
	 * before it on a screen, which may cut what is long */
	for (col = o->tool->columns; col->key; col++)
		if (shown_by_default(col, o) &&
		    (!o->count || !(col->flags & C_SUM) == !sums_first))
			add(l, col);
	for (col = o->tool->columns; col->key; col++)
		if (shown_by_default(col, o))
			add(l, col);
}

static void add_sums(struct layout *l, const struct options *o)
{
	const struct column *col;

	for (col = o->tool->columns; col->key; col++)
		if (col->flags & C_SUM && shown_by_default(col, o))
			add(l, col);
}

static bool is_named(const struct column *col, const char *name, size_t len)
{
	return (strlen(col->key) == len &&
		!strncasecmp(col->key, name, len)) ||
	       (strlen(col->heading) == len &&
		!strncasecmp(col->heading, name, len));
}

static const struct column *lookup(const struct options *o, const char *name,
				   size_t len)
{
	const struct column *col;

	for (col = o->tool->columns; col->key; col++)
		if (is_named(col, name, len))
			return col;
	if (has_count(o) && is_named(&count_column, name, len))
		return &count_column;
	return NULL;
}

static void append(char *why, size_t len, const char *sep, const char *text)
{
	size_t used = strlen(why);

	if (used < len)
		snprintf(why + used, len - used, "%s%s", sep, text);
}

/* "no column 'prot'; did you mean port? There are: pid, comm, ..." */
static void explain_unknown(const struct options *o, const char *name,
			    size_t len, char *why, size_t size)
{
	const struct column *col;
	char word[NAME_MAX_LEN + 1], text[256];
	const char *sep = " There are: ";
	struct nearest near;

	snprintf(word, sizeof(word), "%.*s",
		 len > NAME_MAX_LEN ? NAME_MAX_LEN : (int)len, name);
	nearest_init(&near, word);
	for (col = o->tool->columns; col->key; col++)
		if (available(col, o))
			nearest_try(&near, col->key);
	snprintf(why, size, "no column '%s'%s", word,
		 nearest_text(&near, "", text, sizeof(text)));
	for (col = o->tool->columns; col->key; col++) {
		if (!available(col, o))
			continue;
		append(why, size, sep, col->key);
		sep = ", ";
	}
	if (has_count(o))
		append(why, size, sep, count_column.key);
}

/* One item of -o, its sign taken off. */
static int apply(struct layout *l, const struct options *o, char sign,
		 const char *name, size_t len, char *why, size_t size)
{
	const struct column *col = lookup(o, name, len);

	if (!len) {
		snprintf(why, size, "empty column name in '%s'", o->columns);
		return -1;
	}
	if (!col) {
		explain_unknown(o, name, len, why, size);
		return -1;
	}
	if (sign == '-') {
		drop(l, col);
		return 0;
	}
	if (!available(col, o)) {
		snprintf(why, size, "column '%s' needs --dns", col->key);
		return -1;
	}
	add(l, col);
	return 0;
}

static int apply_list(struct layout *l, const struct options *o,
		      const char *p, char *why, size_t len)
{
	char sign = '+';
	size_t n;

	while (p) {
		/* a sign holds for the names after it too: "+netns,cgroup" */
		if (*p == '+' || *p == '-')
			sign = *p++;
		n = strcspn(p, ",");
		if (apply(l, o, sign, p, n, why, len) < 0)
			return -1;
		p = p[n] ? p + n + 1 : NULL;
	}
	return 0;
}

/* What --hist draws. */
static int choose_hist(struct layout *l, const struct options *o, char *why,
		       size_t len)
{
	const char *sep = " There are: ";
	const struct column *col;

	l->hist = lookup(o, o->hist, strlen(o->hist));
	if (l->hist && kind_sums(l->hist->kind)) {
		if (!o->unit || l->hist->kind == K_MS)
			return 0;
		snprintf(why, len, "--unit is about durations, and column '%s' "
			 "is none.", l->hist->key);
		return -1;
	}
	if (!l->hist) {
		explain_unknown(o, o->hist, strlen(o->hist), why, len);
		return -1;
	}
	snprintf(why, len, "--hist: column '%s' is no number and no duration.",
		 l->hist->key);
	for (col = o->tool->columns; col->key; col++) {
		if (!kind_sums(col->kind))
			continue;
		append(why, len, sep, col->key);
		sep = ", ";
	}
	return -1;
}

/* -s: the words of tcptop's elders, or a column that is summed. */
static int choose_sort(struct layout *l, const struct options *o, char *why,
		       size_t len)
{
	static const char *const words[][2] = {
		{ "sent", "tx_bytes" }, { "received", "rx_bytes" },
	};
	const char *name = o->sort, *sep = " There are: all, sent, received, ";
	struct nearest near;
	char text[256];

	l->sort = SORT_ALL;
	if (!name || !strcmp(name, "all"))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(name, words[i][0]))
			name = words[i][1];
	nearest_init(&near, name);
	nearest_try(&near, "all");
	nearest_try(&near, "sent");
	nearest_try(&near, "received");
	for (unsigned i = 0; i < l->ncols; i++) {
		if (!(l->cols[i]->flags & C_SUM))
			continue;
		if (is_named(l->cols[i], name, strlen(name))) {
			l->sort = (int)i;
			return 0;
		}
		nearest_try(&near, l->cols[i]->key);
	}
	snprintf(why, len, "cannot sort by '%.*s'%s", NAME_MAX_LEN, o->sort,
		 nearest_text(&near, "", text, sizeof(text)));
	for (unsigned i = 0; i < l->ncols; i++) {
		if (!(l->cols[i]->flags & C_SUM))
			continue;
		append(why, len, sep, l->cols[i]->key);
		sep = ", ";
	}
	return -1;
}

int layout_select(struct layout *l, const struct options *o, char *why,
		  size_t len)
{
	bool top = o->tool->flags & T_TOTALS;
	const char *list = o->columns;

	memset(l, 0, sizeof(*l));
	l->time = o->count || o->hist ? TIME_NONE : o->time;
	if (o->hist && choose_hist(l, o, why, len) < 0)
		return -1;
	if (top && o->ask.by) {
		add_sums(l, o);
		if (apply_list(l, o, o->ask.by, why, len) < 0)
			return -1;
	} else if (!list || *list == '+' || *list == '-') {
		if (!o->hist || !o->tool->hist_keys) {
			add_defaults(l, o);
			if (l->hist)	/* which is no key of itself */
				drop(l, l->hist);
		} else if (apply_list(l, o, o->tool->hist_keys, why,
				      len) < 0) {
			return -1;
		}
	}
	if (apply_list(l, o, list, why, len) < 0)
		return -1;
	if (!l->ncols && !o->hist) {
		snprintf(why, len, "no columns left by '%s'",
			 o->columns ? o->columns : "");
		return -1;
	}
	if (top)
		return choose_sort(l, o, why, len);
	if (has_count(o)) {
		if (l->ncols == MAX_COLUMNS)
			l->ncols--;
		add(l, &count_column);
	}
	return 0;
}

bool column_wanted(const struct options *o, const struct column *col)
{
	struct layout l;
	char why[16];

	return o->write_file || (!layout_select(&l, o, why, sizeof(why)) &&
				 (l.hist == col || find(&l, col) >= 0));
}

int layout_choose(struct layout *l, const struct options *o)
{
	char why[1024];

	if (layout_select(l, o, why, sizeof(why)) < 0) {
		complain("%s", why);
		return -1;
	}
	return 0;
}
