/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verbs - what sockeye does beside running a tool.
 */
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_COL 16	/* where the text beside a tool's name starts */

const struct verb verbs[] = {
	{ "list", "list the tools", verb_list },
	{ "help", "help on a tool or a verb", verb_help },
	{ "doctor", "what this kernel gives, and what is missing",
	  verb_doctor },
	{ "trace", "print each pass of hooks, with any values", verb_ask },
	{ "count", "count how often hooks are passed, by any key", verb_ask },
	{ "sum", "sum up a value over hits of hooks", verb_ask },
	{ "stats", "count, average and total of a value", verb_ask },
	{ "hist", "histogram of a value by powers of two", verb_ask },
	{ "lhist", "histogram of a value in equal steps", verb_ask },
	{ "object", "load a BPF object file, program by program",
	  verb_object },
	{ "btf", "cut the kernel's types down to what the tools ask for",
	  verb_btf },
	{ "plot", "draw columns over time, as SVG or in the terminal",
	  verb_plot },
	{ "replay", "print what a tool recorded with -W", verb_replay },
	{ NULL, NULL, NULL },
};

const struct verb *verb_find(const char *name)
{
	const struct verb *v;

	for (v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

/* "also qdisc-fq, qdisc-tbf", below a tool that has other names. */
static void list_others(const struct tool *t)
{
	char text[512] = "also", name[TOOL_NAME];
	size_t at = strlen(text);

	for (unsigned i = 0; tool_other_name(t, i, name, sizeof(name)) &&
	     at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s",
				       i ? "," : "", name);
	if (at == strlen("also"))
		return;
	printf("%*s", LIST_COL, "");
	text_fill(stdout, text, LIST_COL, LIST_COL);
}

int verb_list(int argc, char **argv)
{
	unsigned i;

	if (argc > 1 && (!strcmp(argv[1], "--help") ||
			 !strcmp(argv[1], "-h"))) {
		printf("Usage: sockeye list\n\nList the tools, what they do "
		       "and what else they are called. 'sockeye --list' "
		       "prints the names only.\n");
		return EXIT_OK;
	}
	if (argc > 1) {
		complain("unexpected argument '%s'. Try 'sockeye list "
			 "--help'.", argv[1]);
		return EXIT_USAGE;
	}
	for (i = 0; tools[i]; i++) {
		printf("%-*s%s\n", LIST_COL, tools[i]->name,
		       tools[i]->summary);
		list_others(tools[i]);
	}
	return EXIT_OK;
}

/* Those with an argument in them are like the tool that they begin with. */
void nearest_tools(struct nearest *n)
{
	const struct tool_option *own;

	for (unsigned i = 0; tools[i]; i++) {
		nearest_try(n, tools[i]->name);
		if (tools[i]->alias && !tools[i]->arguments)
			nearest_try(n, tools[i]->alias);
		for (own = tools[i]->options; own && own->name; own++)
			if (own->alias)
				nearest_try(n, own->alias);
	}
}

void nearest_verbs(struct nearest *n)
{
	for (const struct verb *v = verbs; v->name; v++)
		nearest_try(n, v->name);
}

static int help_on(const char *name, bool man)
{
	const struct tool *t = tool_find(name);
	const struct verb *v = verb_find(name);
	char what[32], flag[] = "--help", *argv[] = { what, flag, NULL };
	struct nearest n;
	char like[200];

	if (!t && man)
		t = ask_verb(name);
	if (t && man) {
		man_page(stdout, t);
		return EXIT_OK;
	}
	if (t) {
		usage(stdout, t);
		return EXIT_OK;
	}
	if (v && man) {
		complain("'%s' has no man page, but help: try 'sockeye help "
			 "%s'.", name, name);
		return EXIT_USAGE;
	}
	if (v) {
		snprintf(what, sizeof(what), "%s", name);
		talk_init(v->name, 0);
		return v->main(2, argv);
	}
	nearest_init(&n, name);
	nearest_tools(&n);
	if (!man)
		nearest_verbs(&n);
	complain("no help on '%s'%s Try 'sockeye list'.", name,
		 nearest_text(&n, "", like, sizeof(like)));
	return EXIT_USAGE;
}

int verb_help(int argc, char **argv)
{
	bool man = argc > 1 && !strcmp(argv[1], "--man");
	const char *name = argv[man ? 2 : 1];

	if (argc > (man ? 3 : 2)) {
		complain("one tool at a time. Try 'sockeye help help'.");
		return EXIT_USAGE;
	}
	if (name && !man && (!strcmp(name, "--help") || !strcmp(name, "-h") ||
			     !strcmp(name, "help"))) {
		printf("Usage: sockeye help [--man] [TOOL]\n\n"
		       "Print help on sockeye, a tool or a verb; with --man "
		       "the man page, for man -l -.\n");
		return EXIT_OK;
	}
	if (name)
		return help_on(name, man);
	if (man)
		man_page(stdout, NULL);
	else
		usage(stdout, NULL);
	return EXIT_OK;
}

/* Half of it is nothing, but a device stays. */
static void remove_file(int fd, const char *file)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		unlink(file);
}

int file_put(const char *file, const void *data, size_t len)
{
	int fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			     0644) : STDOUT_FILENO;
	int err = fd < 0 ? errno : write_all(fd, data, len);

	if (err && fd >= 0 && file)
		remove_file(fd, file);
	if (fd >= 0 && file && close(fd) && !err)
		err = errno;
	if (!err)
		return EXIT_OK;
	complain("%s: %s", file ? file : "standard output", strerror(err));
	return EXIT_FAIL;
}
