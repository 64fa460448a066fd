/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks all tools, and one that is made up: what a descriptor must be like.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/faketool.h"
#include "t/optrun.h"
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"

START_TEST(sorted)
{
	unsigned i;

	for (i = 0; tools[i]; i++) {
		ck_assert_ptr_eq(tool_find(tools[i]->name), tools[i]);
		if (i)
			ck_assert_str_lt(tools[i - 1]->name, tools[i]->name);
		ck_assert_ptr_null(verb_find(tools[i]->name));
	}
	ck_assert_ptr_null(tool_find(""));
	ck_assert_ptr_null(tool_find("zzz"));
	ck_assert_ptr_null(tool_find("!"));
}
END_TEST

static void texts_of(const struct tool *t)
{
	const char *s;

	ck_assert_ptr_nonnull(t->summary);
	ck_assert_msg(strlen(t->summary) <= 60, "%s: summary", t->name);
	ck_assert(!t->source == !(t->flags & T_SNAPSHOT));
	ck_assert_uint_gt(t->event_size, sizeof(struct event) - 1);
	ck_assert_uint_le(t->event_size, EVENT_MAX);
	for (s = t->name; *s; s++)
		ck_assert(islower((unsigned char)*s) ||
			  isdigit((unsigned char)*s) || *s == '_');
}

START_TEST(texts)
{
	each_tool(texts_of);
}
END_TEST

/* ---- options ---------------------------------------------------------- */

static void option_is_unique(const struct tool *t, unsigned i)
{
	struct option_doc a, b;
	unsigned j;

	ck_assert(option_doc(t, i, &a));
	for (j = 0; j < i && option_doc(t, j, &b); j++) {
		ck_assert_msg(strcmp(a.name, b.name), "%s --%s", t->name,
			      a.name);
		ck_assert_msg(!a.letter || a.letter != b.letter, "%s -%c",
			      t->name, a.letter);
	}
	ck_assert(a.help && a.group && *a.help && *a.group);
	ck_assert(!a.letter || isalnum((unsigned char)a.letter));
}

/* Letters of the frontend are taken in tools that lack the option, too. */
static void own_is_free(const struct tool *t, const struct tool_option *own)
{
	const struct opt *opt;

	for (opt = opt_table; opt->name; opt++) {
		ck_assert_msg(!own->letter || own->letter != opt->letter,
			      "%s -%c", t->name, own->letter);
		ck_assert_str_ne(own->name, opt->name);
	}
	ck_assert(own->constant || own->where || own->by);
	ck_assert_uint_le(own->min, own->max);
	ck_assert(!own->arg || own->max > 0);
	ck_assert(!own->arg || !own->scale ||
		  own->max <= UINT64_MAX / own->scale);
	ck_assert(!own->arg || own->def <= own->max);
}

static void options_of(const struct tool *t)
{
	const struct tool_option *own;
	struct option_doc d;
	unsigned i, n = 0;

	for (i = 0; option_doc(t, i, &d); i++)
		option_is_unique(t, i);
	ck_assert_uint_lt(i, 80);
	for (own = t->options; own && own->name; own++, n++)
		own_is_free(t, own);
	ck_assert_uint_le(n, MAX_OWN);
}

START_TEST(options)
{
	each_tool(options_of);
}
END_TEST

/* ---- columns ---------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
	return strlen(s) > strlen(end) &&
		!strcmp(s + strlen(s) - strlen(end), end);
}

static void column_ok(const struct tool *t, const struct column *c)
{
	const struct column *d;
	const char *s;

	for (s = c->key; *s; s++)
		ck_assert_msg(islower((unsigned char)*s) || *s == '_' ||
			      (s > c->key && isdigit((unsigned char)*s)),
			      "%s: %s", t->name, c->key);
	/* what every JSON line has besides */
	ck_assert_str_ne(c->key, "tool");
	ck_assert_str_ne(c->key, "type");
	ck_assert_str_ne(c->key, "time");
	for (d = t->columns; d < c; d++) {
		ck_assert_str_ne(c->key, d->key);
		ck_assert_str_ne(c->heading, d->heading);
	}
	ck_assert(c->help && *c->help);
	ck_assert(c->kind != K_ENUM || c->names);
	ck_assert_msg(c->kind != K_MS || ends_with(c->key, "_ns"), "%s",
		      c->key);
	ck_assert_msg((c->kind != K_BYTES && c->kind != K_KB) ||
		      ends_with(c->key, c->flags & C_RATE ? "_bytes_per_s" :
				"_bytes"), "%s", c->key);
	ck_assert_uint_le((uint32_t)c->off + c->size, t->event_size);
}

/* What is not known of a member counts in none of its statistics. */
static void stat_ok(const struct tool *t, const struct column *c)
{
	const struct column *d;

	for (d = t->columns; d->key; d++)
		if (d->off == c->off && d->size == c->size && !d->stat &&
		    c->stat)
			ck_assert_msg(!((c->flags ^ d->flags) & C_ZERO),
				      "%s: %s and %s", t->name, c->key, d->key);
}

static void columns_of(const struct tool *t)
{
	const struct column *c;
	size_t width = 0, n = 0, least, beyond = 0;

	for (c = t->columns; c->key; c++, n++) {
		column_ok(t, c);
		stat_ok(t, c);
		if (c->when || c->flags & (C_HIDDEN | C_DNS))
			continue;
		least = strlen(c->heading);
		beyond = c->width > least ? c->width - least : 0;
		width += least + beyond + 1;
		/* nothing is put behind the last one, but by -c */
		if (!(c->kind == K_ERRNO && c->flags & C_LEFT))
			beyond = 0;
	}
	width -= beyond;
	ck_assert_msg(width <= 81, "%s: %zu columns wide", t->name,
		      width - 1);
	/* one is left for the time */
	ck_assert_uint_lt(n, MAX_COLUMNS);
}

START_TEST(columns)
{
	each_tool(columns_of);
}
END_TEST

/* What is usual does not push what stands behind it. */
START_TEST(usual_values)
{
	static const struct { const char *tool, *key, *value; } usual[] = {
		{ "soconnect", "result", "ECONNREFUSED" },
		{ "soconnect", "final", "ECONNREFUSED" },
		{ "soconnlat", "err", "EHOSTUNREACH" },
		{ "soconnlat", "result", "EADDRNOTAVAIL" },
		{ "tcpconnlat", "err", "ECONNREFUSED" },
		{ "udpconnect", "result", "EADDRNOTAVAIL" },
		{ "bindsnoop", "result", "EADDRNOTAVAIL" },
		{ "tcptracer", "err", "ECONNREFUSED" },
		{ "tcpdrop", "reason", "NETFILTER_DROP" },
		{ "tcpdrop", "reason", "NOT_SPECIFIED" },
	};
	const struct column *c;

	for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		c = tool_find(usual[i].tool)->columns;
		while (c->key && strcmp(c->key, usual[i].key))
			c++;
		ck_assert_ptr_nonnull(c->key);
		ck_assert_msg(c->width >= strlen(usual[i].value), "%s: %s",
			      usual[i].tool, usual[i].value);
	}
}
END_TEST

/* What a tool draws by itself is there to be drawn. */
static void hist_of(const struct tool *t)
{
	struct options o = { .tool = t, .hist = t->hist };
	struct layout l;
	char why[1024];

	ck_assert_msg(!t->hist_keys || t->flags & T_COUNT, "%s", t->name);
	if (!t->hist)
		return;
	ck_assert_msg(!layout_select(&l, &o, why, sizeof(why)), "%s: %s",
		      t->name, why);
	ck_assert_str_eq(l.hist->key, t->hist);
	ck_assert_uint_gt(l.ncols, 0);
	ck_assert(t->flags & T_COUNT);
}

START_TEST(hists)
{
	each_tool(hist_of);
}
END_TEST

/* ---- hooks ------------------------------------------------------------ */

static bool in_spec(const struct spec *s, const char *prog)
{
	uint32_t i;

	for (i = 0; i < s->nprogs; i++)
		if (!strcmp(s->progs[i].name, prog))
			return true;
	return false;
}

static void role_ok(const struct tool *t, const struct role *r)
{
	unsigned i, j;

	ck_assert(r->name && r->what && r->nalts);
	ck_assert(!r->optional || r->without);
	for (i = 0; i < r->nalts; i++) {
		ck_assert_uint_ne(r->alts[i].nhooks, 0);
		for (j = 0; j < r->alts[i].nhooks; j++) {
			ck_assert_ptr_nonnull(r->alts[i].hooks[j].prog);
			ck_assert_msg(in_spec(t->spec,
					      r->alts[i].hooks[j].prog),
				      "%s: %s", t->name,
				      r->alts[i].hooks[j].prog);
			ck_assert_int_ne(r->alts[i].hooks[j].hook.kind,
					 HOOK_NONE);
			ck_assert_ptr_nonnull(r->alts[i].hooks[j].hook.target);
		}
	}
}

static void roles_of(const struct tool *t)
{
	const struct role *const *r;

	for (r = t->roles; r && *r; r++)
		role_ok(t, *r);
}

START_TEST(roles)
{
	each_tool(roles_of);
}
END_TEST

/* ---- requests --------------------------------------------------------- */

/* What the keys of @by are called: "pid,err". */
static const char *key_names(const char *by, char *buf, size_t len)
{
	char word[128];
	size_t at = 0;
	int n;

	buf[0] = '\0';
	for (; by && sscanf(by, "%127[^,]%n", word, &n) == 1;
	     by += n + (by[n] == ',')) {
		word[strcspn(word, "=")] = '\0';
		at += (size_t)snprintf(buf + at, len - at, ",%s", word);
		ck_assert_uint_lt(at, len);
	}
	return buf;
}

/* Keys are API: they do not depend on the way that a kernel has. */
static void part_ok(const struct tool *t, const struct part *p)
{
	char first[256], other[256];
	unsigned i;

	ck_assert(*p->name && p->text && p->nways);
	ck_assert_uint_le(p->nways, MAX_WAYS);
	ck_assert_int_le(p->what, ASK_TRACE);
	ck_assert((p->what == ASK_TRACE) == !(t->flags & T_TALLY));
	ck_assert((p->what == ASK_LHIST) == (p->range != NULL));
	for (i = 0; i < p->nways; i++) {
		const struct way *w = &p->ways[i];

		ck_assert_ptr_nonnull(w->hooks);
		ck_assert_msg(p->what == ASK_COUNT || p->what == ASK_TRACE ||
			      p->latency || w->of || p->of, "%s: %s of what?", t->name, p->name);
		key_names(p->ways[0].by ? p->ways[0].by : p->by, first,
			  sizeof(first));
		key_names(w->by ? w->by : p->by, other, sizeof(other));
		ck_assert_str_eq(first, other);
	}
}

static void parts_of(const struct tool *t)
{
	const struct part *p;
	unsigned n = 0;

	for (p = t->parts; p && p->name; p++, n++)
		part_ok(t, p);
	ck_assert_uint_le(n, MAX_PARTS);
	ck_assert(!t->parts || (n && t->examples));
}

START_TEST(requests)
{
	each_tool(parts_of);
}
END_TEST

/* By each of its names it is found, and what stands for the '*' is there. */
static void names_of(const struct tool *t)
{
	char name[TOOL_NAME];
	const struct tool_option *own;
	const char *argument;
	unsigned i;

	if (t->alias)
		ck_assert_ptr_eq(tool_find(t->alias), t);
	for (i = 0; tool_other_name(t, i, name, sizeof(name)); i++) {
		ck_assert_uint_lt(strlen(name), sizeof(name) - 1);
		ck_assert_ptr_eq(tool_find(name), t);
		argument = tool_alias_argument(t, name);
		ck_assert_int_eq(argument != NULL, t->arguments &&
				 !tool_alias_option(t, name));
		ck_assert(!argument || strstr(t->arguments, argument));
	}
	ck_assert_uint_ge(i, t->alias != NULL);
	for (own = t->options; own && own->name; own++)
		if (own->alias) {
			ck_assert_ptr_null(own->arg);
			ck_assert_ptr_eq(tool_find(own->alias), t);
			ck_assert_ptr_eq(tool_alias_option(t, own->alias), own);
		}
}

START_TEST(aliases)
{
	const struct tool any = { .alias = "q-*", .arguments = "fq tbf" },
			  one = { .alias = "other" }, none = { .name = "n" };
	const struct tool_option given[] = {
		{ .name = "a" }, { .name = "b", .alias = "n-b" },
		{ .name = "c", .alias = "n-c" }, { 0 }
	};
	const struct tool own = { .name = "n", .options = given },
			  both = { .alias = "q-*", .arguments = "fq",
				   .options = given };
	char name[TOOL_NAME];

	each_tool(names_of);
	ck_assert(tool_other_name(&any, 0, name, sizeof(name)));
	ck_assert_str_eq(name, "q-fq");
	ck_assert(tool_other_name(&any, 1, name, sizeof(name)));
	ck_assert_str_eq(name, "q-tbf");
	ck_assert(!tool_other_name(&any, 2, name, sizeof(name)));
	ck_assert(tool_other_name(&one, 0, name, sizeof(name)));
	ck_assert_str_eq(name, "other");
	ck_assert(!tool_other_name(&one, 1, name, sizeof(name)));
	ck_assert(!tool_other_name(&none, 0, name, sizeof(name)));
	ck_assert(tool_other_name(&own, 1, name, sizeof(name)));
	ck_assert_str_eq(name, "n-c");
	ck_assert(!tool_other_name(&own, 2, name, sizeof(name)));
	ck_assert(tool_other_name(&both, 0, name, sizeof(name)));
	ck_assert_str_eq(name, "q-fq");
	ck_assert(tool_other_name(&both, 1, name, sizeof(name)));
	ck_assert_str_eq(name, "n-b");
	ck_assert(!tool_other_name(&both, 3, name, sizeof(name)));
	ck_assert_ptr_eq(tool_alias_option(&both, "n-c"), &given[2]);
	ck_assert_ptr_null(tool_alias_option(&both, "a"));
	ck_assert_ptr_null(tool_alias_option(&none, "n-b"));
}
END_TEST

static void called(char *name, uint64_t wire)
{
	static struct options o;
	char *argv[] = { name, NULL };

	ck_assert_int_eq(options_parse(&o, tool_find("gethostlatency"), 1, argv,
				       false), -1);
	ck_assert_uint_eq(option_value(&o, "wire"), wire);
}

/* What a name stands for is given, whatever link has it. */
START_TEST(alias_of_option)
{
	char names[][32] = { "trace_dns", "sockeye-trace_dns",
			     "/usr/bin/trace_dns" };
	char own[] = "gethostlatency", other[] = "trace_dns_";

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		called(names[i], 1);
	called(own, 0);
	called(other, 0);
}
END_TEST

/* ---- stacks ------------------------------------------------------------ */

/* What symbolise.c believes of them. */
static void stacks_of(const struct tool *t)
{
	const struct column *c;
	const struct spec_map *m;

	for (c = t->columns; c->key; c++) {
		if (c->kind != K_KSTACK && c->kind != K_USTACK &&
		    c->kind != K_KSYM)
			continue;
		ck_assert_msg(t->flags & T_STACKS, "%s: T_STACKS", t->name);
		ck_assert_msg(c->size == 8, "%s: %s", t->name, c->key);
		if (c->kind == K_KSYM)
			continue;
		for (m = t->spec->maps; m < t->spec->maps + t->spec->nmaps; m++)
			if (!strcmp(m->name, "stacks"))
				break;
		ck_assert_msg(m < t->spec->maps + t->spec->nmaps &&
			      m->key_size == 4 &&
			      m->value_size == 8 * STACK_DEPTH,
			      "%s: map stacks", t->name);
	}
}

START_TEST(stacks)
{
	each_tool(stacks_of);
}
END_TEST

/* Not of tools that look up the reasons of their rows and no more. */
START_TEST(stack_options)
{
	static const struct {
		const char *tool;
		int folded, frames, no_symbols;
	} rows[] = {
		{ "skbdrop", -1, -1, -1 },
		{ "connectstack", -1, EXIT_USAGE, -1 },
		{ "sordrop", EXIT_USAGE, EXIT_USAGE, EXIT_USAGE },
		{ "tcplife", EXIT_USAGE, EXIT_USAGE, EXIT_USAGE },
	};
	struct optrun r;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tool *t = tool_find(rows[i].tool);

		ck_assert_int_eq(optrun(&r, t, false, "-f"), rows[i].folded);
		ck_assert_int_eq(optrun(&r, t, false, "--frames 5"),
				 rows[i].frames);
		ck_assert_int_eq(optrun(&r, t, false, "--no-symbols"),
				 rows[i].no_symbols);
	}
}
END_TEST

/* ---- nearest ---------------------------------------------------------- */

static void nearest_is(const char *word, const char *want)
{
	static const char *const words[] = { "tcpaccept", "tcpconnect",
		"tcplife", "tcpretrans", "list", "help", "doctor" };
	struct nearest n;
	char buf[100];
	size_t i;

	nearest_init(&n, word);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_try(&n, words[i]);
	ck_assert_str_eq(nearest_text(&n, "", buf, sizeof(buf)), want);
}

START_TEST(nearest)
{
	nearest_is("tcplfie", "; did you mean tcplife?");
	nearest_is("tcplief", "; did you mean tcplife?");
	nearest_is("tcpretran", "; did you mean tcpretrans?");
	nearest_is("lifetcp", ".");
	nearest_is("x", ".");
	nearest_is("", ".");
	nearest_is("tcp", "; did you mean tcpaccept, tcpconnect, tcplife or "
		   "tcpretrans?");
	nearest_is("hlep", "; did you mean help?");
	nearest_is("0123456789012345678901234567890123456789012", ".");
}
END_TEST

Suite *suite_tools(void);

Suite *suite_tools(void)
{
	Suite *s = suite_create("tools");
	TCase *tc = tcase_create("tools");

	tcase_add_test(tc, sorted);
	tcase_add_test(tc, texts);
	tcase_add_test(tc, options);
	tcase_add_test(tc, columns);
	tcase_add_test(tc, usual_values);
	tcase_add_test(tc, hists);
	tcase_add_test(tc, roles);
	tcase_add_test(tc, requests);
	tcase_add_test(tc, aliases);
	tcase_add_test(tc, alias_of_option);
	tcase_add_test(tc, stacks);
	tcase_add_test(tc, stack_options);
	tcase_add_test(tc, nearest);
	suite_add_tcase(s, tc);
	return s;
}
