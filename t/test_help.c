/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is made of descriptors for who reads: --help, man pages, examples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/faketool.h"
#include "t/optrun.h"
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"

/* ---- texts that are made ---------------------------------------------- */

/* Render, and see that no line is too long for 80 columns. */
static char *render(void (*fn)(FILE *, const struct tool *),
		    const struct tool *t)
{
	char *text = NULL, *s;
	size_t len, line;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	fn(f, t);
	fclose(f);
	for (s = text; *s; s += line + (s[line] == '\n')) {
		line = strcspn(s, "\n");
		ck_assert_msg(line <= 80, "%.*s", (int)line, s);
		ck_assert_msg(!line || s[line - 1] != ' ', "blank at the end: "
			      "%.*s", (int)line, s);
	}
	return text;
}

static void help_of(const struct tool *t)
{
	const struct column *c;
	char *text = render(usage, t);

	for (c = t->columns; c->key; c++)
		ck_assert_ptr_nonnull(strstr(text, c->key));
	free(text);
}

START_TEST(helps)
{
	char *text;

	each_tool(help_of);
	text = render(usage, NULL);
	ck_assert_ptr_nonnull(strstr(text, "replay"));
	free(text);
	text = render(usage, &fake_tool);
	ck_assert_ptr_nonnull(strstr(text, "  -l, --least MS          only "
		"sessions that lived this long (1 to 3600000,\n"
		"                          default 5)\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nExamples:\n  sockeye fake\n"));
	free(text);
}
END_TEST

/* Of a numbered list no entry is like the one before. */
static void lists_of(const struct tool *t, const char *text)
{
	const char *item, *last = NULL, *s;
	size_t len, last_len = 0;

	for (s = text; (s = strstr(s, "\n.")) != NULL; s++) {
		if (strncmp(s, "\n.IP ", 5) || !strchr("123456789", s[5])) {
			last = NULL;
			continue;
		}
		item = strchr(s + 1, '\n');
		len = (size_t)(strstr(item, "\n.") - item);
		ck_assert_msg(!last || len != last_len ||
			      memcmp(item, last, len), "%s: %.*s twice",
			      t->name, (int)len, item);
		last = item;
		last_len = len;
	}
}

static void man_of(const struct tool *t)
{
	static const char *const sections[] = { ".SH NAME", ".SH SYNOPSIS",
		".SH DESCRIPTION", ".SH OPTIONS", ".SH FIELDS", ".SH HOOKS",
		".SH EXIT STATUS", ".SH SEE ALSO", NULL };
	static const char *const of_requests[] = { ".SH NAME",
		".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH MAPS",
		".SH EXAMPLES", ".SH EXIT STATUS", ".SH SEE ALSO", NULL };
	static const char *const of_sources[] = { ".SH NAME",
		".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS",
		".SH FIELDS", ".SH EXAMPLES", ".SH EXIT STATUS",
		".SH SEE ALSO", NULL };
	const char *const *s = t->parts ? of_requests :
			       t->source ? of_sources : sections;
	char *text = render(man_page, t), *at = text;

	for (; *s; s++) {
		at = strstr(at, *s);
		ck_assert_msg(at, "%s: %s", t->name, *s);
	}
	lists_of(t, text);
	free(text);
}

START_TEST(mans)
{
	char *text;

	each_tool(man_of);
	ck_assert_ptr_null(ask_verb("list"));
	text = render(man_page, ask_verb("lhist"));
	ck_assert_ptr_nonnull(strstr(text, "... \\fIHOOK\\fR...\n"));
	free(text);
	text = render(man_page, tool_find("qdisc"));
	ck_assert_ptr_nonnull(strstr(text, "arg0:\\:sk_buff"));
	free(text);
	text = render(man_page, tool_find("skblife"));
	ck_assert_ptr_nonnull(strstr(text, "(where there is build_skb)"));
	free(text);
	text = render(man_page, NULL);
	ck_assert_ptr_nonnull(strstr(text, ".TH SOCKEYE 8 "));
	free(text);
	text = render(man_page, &fake_tool);
	ck_assert_ptr_nonnull(strstr(text, "sent\n\\e received"));
	ck_assert_ptr_nonnull(strstr(text, ".PP\n\\&.A second"));
	ck_assert_ptr_nonnull(strstr(text, "\\(aqnothing\\(aq \\-\\- not"));
	ck_assert_ptr_nonnull(strstr(text, "raw_tracepoint "
		"inet_sock_set_state (Linux 4.17)\n"));
	ck_assert_ptr_nonnull(strstr(text, "kretprobe tcp_set_state (Linux "
		"4.1): two\nhooks, twice the work\n"));
	free(text);
}
END_TEST

/* ---- examples --------------------------------------------------------- */

/* Those that name files or namespaces only make sense where these exist. */
static bool is_local(const char *args)
{
	static const char *const opts[] = { "-N", "--netns", "--cgroup",
		"--btf", "--fields", "--ready-fd" };
	size_t i;

	for (i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (strstr(args, opts[i]))
			return true;
	return false;
}

static void examples_of(const struct tool *t)
{
	static struct optrun r;
	static struct layout l;
	const struct example *ex;
	char line[256], why[1024];
	int code;

	for (ex = t->examples; ex && ex->args; ex++) {
		ck_assert(ex->what && *ex->what);
		snprintf(line, sizeof(line), "%.*s",
			 (int)strcspn(ex->args, "|>&"), ex->args);
		if (is_local(line))
			continue;
		code = optrun(&r, t, false, line);
		ck_assert_msg(code == -1, "%s %s: %s", t->name, ex->args,
			      r.err);
		if (!t->parts)	/* a request has keys */
			ck_assert_msg(!layout_select(&l, &r.o, why,
						     sizeof(why)),
				      "%s %s: %s", t->name, ex->args, why);
	}
}

START_TEST(examples)
{
	each_tool(examples_of);
}
END_TEST

Suite *suite_help(void);

Suite *suite_help(void)
{
	Suite *s = suite_create("help");
	TCase *tc = tcase_create("help");

	tcase_add_test(tc, helps);
	tcase_add_test(tc, mans);
	tcase_add_test(tc, examples);
	suite_add_tcase(s, tc);
	return s;
}
