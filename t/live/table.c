/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CSV as sockeye promises it: RFC 4180, header first, empty: unknown. */
#include "live.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Takes one field off *@p, in place; returns it.  *@end: what followed it. */
static char *take_field(char **p, char *end)
{
	char *from = *p, *to = from, *start = from;

	if (*from == '"') {
		from++;
		while (*from) {
			if (*from == '"' && from[1] != '"')
				break;
			if (*from == '"')
				from++;
			*to++ = *from++;
		}
		if (*from == '"')
			from++;
	} else {
		while (*from && *from != ',' && *from != '\n' &&
		       *from != '\r')
			from++;
		to = from;
	}
	if (*from == '\r' && from[1] == '\n')
		from++;
	*end = *from;
	*p = *from ? from + 1 : from;
	*to = '\0';
	return start;
}

bool table_parse(struct table *tb, struct test *t, const char *csv)
{
	size_t n = 0, room = 0;
	unsigned col = 0, line = 0;
	char end, *p;

	memset(tb, 0, sizeof(*tb));
	tb->buf = strdup(csv ? csv : "");
	for (p = tb->buf; p && *p;) {
		if (n == room) {
			room = room ? room * 2 : 1024;
			tb->cells = xrealloc(tb->cells, room,
					     sizeof(*tb->cells));
		}
		tb->cells[n++] = take_field(&p, &end);
		col++;
		if (end == ',' && *p)
			continue;
		line++;
		if (line == 1)
			tb->ncols = col;
		if (end != '\n' || col != tb->ncols) {
			differ(t, "CSV line %u: %u fields under a header of "
			       "%u%s", line, col, tb->ncols,
			       end == '\n' ? "" : ", not ended");
			return false;
		}
		col = 0;
	}
	if (!line) {
		differ(t, "CSV without a header line");
		return false;
	}
	tb->nrows = line - 1;
	return true;
}

int table_col(const struct table *tb, const char *key)
{
	unsigned i;

	for (i = 0; i < tb->ncols; i++)
		if (!strcmp(tb->cells[i], key))
			return i;
	return -1;
}

const char *table_cell(const struct table *tb, unsigned row, const char *key)
{
	int col = table_col(tb, key);

	if (col < 0 || row >= tb->nrows)
		return "";
	return tb->cells[(size_t)(row + 1) * tb->ncols + col];
}

bool table_matches(const struct table *tb, unsigned row, const char *const *kv)
{
	for (; *kv; kv += 2)
		if (strcmp(table_cell(tb, row, kv[0]), kv[1]))
			return false;
	return true;
}

unsigned table_count(const struct table *tb, const char *const *kv)
{
	unsigned i, n = 0;

	for (i = 0; i < tb->nrows; i++)
		n += table_matches(tb, i, kv);
	return n;
}

uint64_t table_sum(const struct table *tb, struct test *t, const char *column,
		   const char *const *kv)
{
	uint64_t total = 0, n;
	unsigned i;

	for (i = 0; i < tb->nrows; i++) {
		if (!table_matches(tb, i, kv))
			continue;
		if (cell_u64(table_cell(tb, i, column), &n))
			total += n;
		else
			differ(t, "%s is '%s'", column,
			       table_cell(tb, i, column));
	}
	return total;
}

bool cell_u64(const char *cell, uint64_t *v)
{
	char *end;

	if (*cell < '0' || *cell > '9')
		return false;
	*v = strtoull(cell, &end, 10);
	return !*end;
}

void table_want(const struct table *tb, struct test *t, uint64_t made,
		const char *column, const char *const *kv)
{
	uint64_t total = table_sum(tb, t, column, kv);

	if (total != made)
		differ(t, "%s of %s %s %s %s: %" PRIu64 " shown, %" PRIu64
		       " made", column, kv[0] ? kv[1] : "", kv[0] && kv[2] ?
		       kv[3] : "", kv[0] && kv[2] && kv[4] ? kv[4] : "",
		       kv[0] && kv[2] && kv[4] ? kv[5] : "", total, made);
}

bool table_made(struct table *tb, struct tool *r, unsigned n,
		void (*check)(void *made, const struct table *tb, unsigned row),
		void *made)
{
	struct test *t = r->t;

	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (!table_parse(tb, t, r->text))
		return false;
	for (unsigned i = 0; i < n && i < tb->nrows; i++)
		check(made, tb, i);
	if (tb->nrows != n)
		differ(t, "%u rows, should be %u", tb->nrows, n);
	return true;
}

void table_release(struct table *tb)
{
	free(tb->buf);
	free(tb->cells);
	memset(tb, 0, sizeof(*tb));
}
