/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * install - links by which each tool has a command of its own.
 */
#include "tools/frontend/options_int.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/frontend/install_int.h"

/* Is @path what we would make?  Then installing again is no error. */
static bool is_link_to(const char *path, const char *exe)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(exe, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int install_one(const char *exe, const char *dir, const char *name,
		       bool symbolic)
{
	char path[PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s/%s%s", dir, LINK_PREFIX, name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		complain("%s: %s", dir, strerror(ENAMETOOLONG));
		return -1;
	}
	if (!(symbolic ? symlink(exe, path) : link(exe, path)))
		return 0;
	if (errno == EEXIST && is_link_to(path, exe))
		return 0;
	complain("%s: %s%s", path, strerror(errno),
		 errno == EXDEV ? "; try --install -s" : "");
	return -1;
}

int install_links(int argc, char **argv)
{
	bool symbolic = argc > 1 && !strcmp(argv[1], "-s");
	const char *dir = argc == 2 + symbolic ? argv[1 + symbolic] : NULL;
	char exe[PATH_MAX];
	int failed = 0;
	unsigned i;
	ssize_t n;

	if (!dir || *dir == '-') {
		complain("--install wants a directory: --install [-s] DIR");
		return EXIT_USAGE;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0) {
		complain("/proc/self/exe: %s", strerror(errno));
		return EXIT_FAIL;
	}
	exe[n] = '\0';
	for (i = 0; tools[i] && !failed; i++)
		failed = install_one(exe, dir, tools[i]->name, symbolic);
	return failed ? EXIT_FAIL : EXIT_OK;
}
