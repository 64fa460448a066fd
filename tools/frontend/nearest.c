/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * nearest - what did you mean?  An edit distance in which letters left out
 * are cheap and letters too many dear, as people abbreviate more often than
 * they invent (the weights are git's).
 */
#include "tools/frontend/options_int.h"

#include <string.h>

#define WORD_MAX 40

enum { SWAP = 1, CHANGE = 2, INSERT = 1, DELETE = 3 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, three rows of the matrix at a time. */
static unsigned distance(const char *from, const char *to)
{
	unsigned rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1];
	unsigned *row = rows[2], *spare, n = (unsigned)strlen(to), i, j;

	for (j = 0; j <= n; j++)
		last[j] = j * INSERT;
	memcpy(before, last, sizeof(rows[0]));
	for (i = 0; from[i]; i++) {
		row[0] = (i + 1) * DELETE;
		for (j = 0; j < n; j++) {
			row[j + 1] = last[j] +
				(from[i] == to[j] ? 0 : CHANGE);
			if (i && j && from[i - 1] == to[j] &&
			    from[i] == to[j - 1] && from[i] != to[j])
				row[j + 1] = least(row[j + 1],
						   before[j - 1] + SWAP);
			row[j + 1] = least(row[j + 1], last[j + 1] + DELETE);
			row[j + 1] = least(row[j + 1], row[j] + INSERT);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[n];
}

void nearest_init(struct nearest *n, const char *word)
{
	memset(n, 0, sizeof(*n));
	n->word = word;
	/* a word of one letter is like everything: be strict with it */
	n->cost = least(5, strlen(word) ? 2 * (unsigned)strlen(word) - 1 : 0);
}

void nearest_try(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word);
	unsigned cost;

	if (!len || len > WORD_MAX || strlen(candidate) > WORD_MAX)
		return;
	cost = strncmp(candidate, n->word, len) ?
		distance(n->word, candidate) : 1;
	if (cost > n->cost)
		return;
	if (cost < n->cost) {
		n->n = 0;
		n->cost = cost;
	}
	if (n->n < NEAREST_MAX)
		n->best[n->n++] = candidate;
}

const char *nearest_text(const struct nearest *n, const char *prefix,
			 char *buf, size_t len)
{
	size_t at = 0;
	unsigned i;

	if (!n->n)
		at += (size_t)snprintf(buf, len, ".");
	for (i = 0; i < n->n && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%s%s%s",
				       !i ? "; did you mean " :
				       i + 1 == n->n ? " or " : ", ",
				       prefix, n->best[i],
				       i + 1 == n->n ? "?" : "");
	return buf;
}
