/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * usage - help texts, out of the tables that do the work.
 */
#include "tools/frontend/options_int.h"

#include <ctype.h>
#include <string.h>

#define HELP_COL 26	/* where the text beside an option starts */

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#ifndef BUILD_FEATURES
#define BUILD_FEATURES ""
#endif

void version(FILE *out)
{
	fprintf(out, "sockeye %s (features: %s%s%s %d-bit %s-endian)\n",
		PACKAGE_VERSION, BUILD_FEATURES, *BUILD_FEATURES ? " " : "",
#ifdef __GLIBC__
		"glibc",
#else
		"musl",
#endif
		8 * (int)sizeof(void *),
		__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "big" : "little");
}

/* The left column at @n columns wide so far, then the right one. */
static void beside(FILE *out, int n, int col, const char *help)
{
	if (n + 2 > col) {
		putc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", col - n, "");
	text_fill(out, help, (unsigned)col, (unsigned)col);
}

static void option_line(FILE *out, const struct option_doc *d)
{
	int n = d->letter ? fprintf(out, "  -%c, --%s", d->letter, d->name) :
		fprintf(out, "      --%s", d->name);
	char help[400];

	if (d->arg)
		n += fprintf(out, " %s", d->arg);
	snprintf(help, sizeof(help), *d->note ? "%s (%s)" : "%s%s", d->help,
		 d->note);
	beside(out, n, HELP_COL, help);
}

static void option_lines(FILE *out, const struct tool *t)
{
	const char *group = NULL;
	struct option_doc d;
	unsigned i;

	for (i = 0; option_doc(t, i, &d); i++) {
		if (!group || strcmp(group, d.group))
			fprintf(out, "\n%s:\n", d.group);
		group = d.group;
		option_line(out, &d);
	}
}

void usage_replay(FILE *out)
{
	const struct tool_option *own;
	const struct opt *opt;
	struct option_doc d;
	unsigned at = 0;

	fprintf(out, "Usage: sockeye replay [OPTION]... FILE\n\n");
	text_fill(out, "Print what a tool recorded with -W FILE (- for "
		  "standard input), on any machine, in any format.", 0, 0);
	fprintf(out, "\nOptions:\n");
	while (opt_next(NULL, true, &at, &opt, &own)) {
		d = (struct option_doc){ opt->letter, opt->name, opt_arg(opt),
			opt->help, NULL, "" };
		if (!(opt->flags & OPT_HIDDEN))
			option_line(out, &d);
	}
}

/* ---- a tool ----------------------------------------------------------- */

/* Shown as things are, or only when asked for? */
static bool on_demand(const struct column *c)
{
	return c->when || c->flags & (C_HIDDEN | C_DNS);
}

static void column_lines(FILE *out, const struct tool *t, bool demand,
			 const char *title)
{
	const struct column *c;
	size_t width = 0;
	int n;

	for (c = t->columns; c && c->key; c++)
		if (strlen(c->key) > width)
			width = strlen(c->key);
	for (c = t->columns; c && c->key; c++) {
		if (on_demand(c) != demand)
			continue;
		if (title)
			fprintf(out, "\n%s:\n", title);
		title = NULL;
		n = fprintf(out, "  %s", c->key);
		beside(out, n, (int)width + 4, c->help);
	}
}

static void part_lines(FILE *out, const struct tool *t)
{
	const struct part *p;

	if (t->parts)
		fprintf(out, "\nMaps:\n");
	for (p = t->parts; p && p->name; p++)
		beside(out, fprintf(out, "  %s", p->name), 18, p->text);
}

/* Summaries are written as in a list: "trace TCP connects". */
static void sentence(FILE *out, const char *text)
{
	size_t len = strlen(text);

	fprintf(out, "%c%s%s\n", toupper((unsigned char)text[0]), text + 1,
		len && text[len - 1] == '.' ? "" : ".");
}

static void usage_tool(FILE *out, const struct tool *t)
{
	const struct example *ex;

	fprintf(out, "Usage: sockeye %s [OPTION]...%s", t->name,
		t->flags & T_ASK ? " HOOK..." :
		t->flags & T_HOOKS ? " [HOOK]..." : "");
	if (t->argument)
		fprintf(out, " [%s]", t->argument);
	fputs("\n\n", out);
	sentence(out, t->summary);
	if (t->about) {
		putc('\n', out);
		text_fill(out, t->about, 0, 0);
	}
	option_lines(out, t);
	part_lines(out, t);
	column_lines(out, t, false, "Columns");
	column_lines(out, t, true, "Columns on demand (-o, -x, or the option "
		     "named)");
	if (t->examples && t->examples->args)
		fprintf(out, "\nExamples:\n");
	for (ex = t->examples; ex && ex->args; ex++) {
		fprintf(out, "  sockeye %s%s%s\n      ", t->name,
			*ex->args ? " " : "", ex->args);
		text_fill(out, ex->what, 6, 6);
	}
}

/* ---- all of it -------------------------------------------------------- */

static void list_line(FILE *out, const char *name, const char *summary)
{
	beside(out, fprintf(out, "  %s", name), 18, summary);
}

static void usage_all(FILE *out)
{
	const struct verb *v;
	unsigned i;

	fprintf(out,
		"Usage: sockeye TOOL [OPTION]...\n"
		"       sockeye VERB [ARGUMENT]...\n\n");
	text_fill(out, "See what the network code of this kernel does, with "
		  "BPF programs that bring along all they need.", 0, 0);
	fprintf(out, "\nTools:\n");
	for (i = 0; tools[i]; i++)
		list_line(out, tools[i]->name, tools[i]->summary);
	fprintf(out, "\nVerbs:\n");
	for (v = verbs; v->name; v++)
		list_line(out, v->name, v->summary);
	fprintf(out, "\nOptions:\n");
	list_line(out, "--list", "names of the tools");
	list_line(out, "--list-full", "with what they do");
	list_line(out, "--install DIR", "link this program into DIR by the "
		  "name of each tool; with -s before DIR: symbolic links");
	list_line(out, "--help", "print this text");
	list_line(out, "--version", "print the version");
	putc('\n', out);
	text_fill(out, "'sockeye TOOL --help' tells the options of a tool. "
		  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 this kernel "
		  "cannot, 4 not permitted.", 0, 0);
}

void usage(FILE *out, const struct tool *t)
{
	if (t)
		usage_tool(out, t);
	else
		usage_all(out);
}
