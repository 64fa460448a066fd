/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main - which tool or verb is meant.
 */
#include "tools/frontend/options_int.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/frontend/install_int.h"

static const struct tool *tool_behind(const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) ? NULL : tool_find(name + len);
}

/* The tool we were called as, through a link; NULL: called as sockeye. */
static const struct tool *tool_of_link(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;
	const struct tool *t = tool_find(name);

	if (!t)
		t = tool_behind(LINK_PREFIX, name);
	return t ? t : tool_behind("sockeye-", name);
}

static int unknown(const char *word)
{
	struct nearest n;
	char like[200];

	nearest_init(&n, word);
	nearest_tools(&n);
	nearest_verbs(&n);
	complain("unknown tool '%s'%s Try 'sockeye list'.", word,
		 nearest_text(&n, "", like, sizeof(like)));
	return EXIT_USAGE;
}

static void list_names(bool helper)
{
	char other[TOOL_NAME];
	const struct verb *v;
	unsigned i;

	for (i = 0; tools[i]; i++) {
		puts(tools[i]->name);
		for (unsigned j = 0; helper && tool_other_name(tools[i], j,
				other, sizeof(other)); j++)
			puts(other);
	}
	for (v = verbs; v->name && helper; v++)
		puts(v->name);
	if (helper)
		puts("--help\n--install\n--list\n--list-full\n--version");
}

static int own_option(int argc, char **argv)
{
	const char *word = argv[0];

	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		usage(stdout, NULL);
	} else if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		version(stdout);
	} else if (!strcmp(word, "--list")) {
		list_names(false);
	} else if (!strcmp(word, "--completion-helper")) {
		list_names(true);
	} else if (!strcmp(word, "--list-full")) {
		return verb_list(1, argv);
	} else if (!strcmp(word, "--install")) {
		return install_links(argc, argv);
	} else {
		complain("unknown option %s (options of a tool stand behind "
			 "its name). Try 'sockeye --help'.", word);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct tool *t = argc > 0 ? tool_of_link(argv[0]) : NULL;
	const struct verb *v;

	if (!t) {
		if (argc < 2) {
			complain("which tool? Try 'sockeye list' or 'sockeye "
				 "--help'.");
			return EXIT_USAGE;
		}
		argc--;
		argv++;
		if (argv[0][0] == '-')
			return own_option(argc, argv);
		t = tool_find(argv[0]);
	}
	if (t) {
		talk_init(t->name, 0);
		return tool_main(t, argc, argv);
	}
	v = verb_find(argv[0]);
	if (!v)
		return unknown(argv[0]);
	talk_init(v->name, 0);
	return v->main(argc, argv);
}

/*
 * A closed descriptor 0, 1 or 2 would be the next thing we open, and our
 * output would go there.  What fills the gap cannot be used: a directory is
 * neither read nor written, as with closed ones.  This one is always there;
 * /dev/null is not (chroot).
 */
static void fill_std_fds(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/", O_RDONLY);
}

int main(int argc, char **argv)
{
	int code;

	fill_std_fds();
	signal(SIGPIPE, SIG_IGN);	/* write() tells: EPIPE */
	signal(SIGXFSZ, SIG_IGN);	/* the same: EFBIG */
	code = dispatch(argc, argv);
	exit(stdout_done(code));
}
