/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Samples, and the table of their medians. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL 38
#define CELL 22

enum {
	TIMES = 1,	/* tell how many times the first column's */
	LEAST = 2,	/* not the median: what others do only adds */
};

static const struct {
	const char *name;
	int digits, how;
} metrics[M_MAX] = {
	[M_READY] = { "start until it says it is ready, ms", 1, TIMES },
	[M_FIRST] = { "start to the first session shown, ms", 1, TIMES },
	[M_CPU] = { "CPU time of the start, ms", 1, TIMES },
	[M_LOAD] = { "  of it the kernel, loading programs", 1, TIMES },
	[M_MAKE] = { "  of it the kernel, making maps", 1, TIMES },
	[M_STOP] = { "SIGINT to the end, ms", 1, TIMES },
	[M_HWM] = { "peak resident memory, KB", 0, TIMES },
	[M_ANON] = { "  resident when idle: anonymous", 0, TIMES },
	[M_FILE] = { "  and of files and rings", 0, TIMES },
	[M_MAPS] = { "kernel memory of the maps, KB", 0, TIMES },
	[M_SIZE] = { "program, KB", 0, TIMES },
	[M_LIBS] = { "libraries it maps, KB", 0, 0 },
	[M_BPF_START] = { "bpf(2) calls to start", 0, TIMES },
	[M_BPF_STOP] = { "bpf(2) calls to stop", 0, 0 },
	[M_CALLS] = { "all system calls", 0, TIMES },
	[M_RUN] = { "kernel ns per state change", 0, TIMES },
	[M_RUNS] = { "runs of its programs per session", 1, LEAST },
	[M_SESSION] = { "kernel ns per session, all programs", 0, TIMES | LEAST },
	[M_ROW] = { "CPU us per session, of the process", 2, TIMES },
	[M_RATE] = { "sessions/s with all on one core", 0, TIMES },
	[M_LOST] = { "  of these not shown, %", 1, 0 },
	[M_KEPT] = { "sessions/s without loss", 0, TIMES },
};

void sample(struct contender *c, enum metric m, double v)
{
	struct samples *s = &c->m[m];

	if (s->n < SAMPLES && !isnan(v))
		s->v[s->n++] = v;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Linear between neighbours. */
static double quantile(const struct samples *s, double q)
{
	struct samples t = *s;
	double at = q * (s->n - 1.0);
	unsigned i = at;

	if (!s->n)
		return NAN;
	qsort(t.v, t.n, sizeof(t.v[0]), ascending);
	if (i + 1 >= t.n)
		return t.v[t.n - 1];
	return t.v[i] + (at - i) * (t.v[i + 1] - t.v[i]);
}

double median(const struct samples *s)
{
	return quantile(s, 0.5);
}

static double typical(const struct contender *c, enum metric m)
{
	return quantile(&c->m[m], metrics[m].how & LEAST ? 0 : 0.5);
}

static void cell(const struct contender *c, enum metric m,
		 const struct contender *first)
{
	const struct samples *s = &c->m[m];
	double mid = typical(c, m), ref = typical(first, m);
	double half = (quantile(s, 0.75) - quantile(s, 0.25)) / 2;
	int digits = mid < 1000 ? metrics[m].digits : 0;
	char text[64], *p = text, *end = text + sizeof(text);

	if (!s->n) {
		printf("%*s", CELL, "-      ");
		return;
	}
	p += snprintf(p, end - p, "%.*f", digits, mid);
	if (s->n > 2 && !(metrics[m].how & LEAST) &&
	    half >= 0.5 * pow(10, -digits))
		p += snprintf(p, end - p, " +-%.*f", digits, half);
	if (c != first && metrics[m].how & TIMES && ref > 0)
		snprintf(p, end - p, " %5.*fx", mid / ref < 10 ? 2 : 0,
			 mid / ref);
	else
		snprintf(p, end - p, "       ");
	printf("%*s", CELL, text);
}

void table_print(const struct contender *c, unsigned n)
{
	printf("%-*s", LABEL, "");
	for (unsigned i = 0; i < n; i++)
		printf("%*s       ", CELL - 7, c[i].name);
	putchar('\n');
	for (int m = 0; m < M_MAX; m++) {
		printf("%-*s", LABEL, metrics[m].name);
		for (unsigned i = 0; i < n; i++)
			cell(&c[i], m, c);
		putchar('\n');
	}
	puts("median +- half the distance of the quartiles (of a session's "
	     "kernel time: the least),\ntimes the first column");
}

/* ---- goals ------------------------------------------------------------ */

static void goal(const char *what, double is, double wanted, int digits)
{
	if (isnan(is) || isnan(wanted))
		return;
	printf("  %-44s %10.*f of %10.*f  %s\n", what, digits, is, digits,
	       wanted, is <= wanted ? "reached" : "MISSED");
}

/* The least of the rivals': what @part of it would be. */
static double part_of_rivals(const struct contender *c, unsigned n,
			     enum metric m, double part)
{
	double least = NAN;

	for (unsigned i = 1; i < n; i++)
		if (!c[i].floor)
			least = fmin(least, typical(&c[i], m));
	return least * part;
}

void goals_print(const struct contender *c, unsigned n)
{
	const struct contender *floor = NULL;

	for (unsigned i = 1; i < n; i++)
		if (c[i].floor)
			floor = &c[i];
	printf("goals of %s:\n", c->name);
	if (floor) {
		goal("ready, ms: floor + 2", typical(c, M_READY),
		     typical(floor, M_READY) + 2, 1);
		goal("end, ms: floor + 2", typical(c, M_STOP),
		     typical(floor, M_STOP) + 2, 1);
	}
	goal("CPU time of the start, ms", typical(c, M_CPU), 2, 1);
	goal("peak resident memory, KB", typical(c, M_HWM), 2048, 0);
	goal("program, KB", typical(c, M_SIZE), 1024, 0);
	goal("kernel ns per state change: a quarter",
	     typical(c, M_RUN), part_of_rivals(c, n, M_RUN, 0.25), 0);
	goal("kernel ns per session: a quarter", typical(c, M_SESSION),
	     part_of_rivals(c, n, M_SESSION, 0.25), 0);
	goal("CPU us per session: half", typical(c, M_ROW),
	     part_of_rivals(c, n, M_ROW, 0.5), 2);
}
