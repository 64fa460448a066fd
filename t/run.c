/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs the suites of t/test_*.c, each test in a process of its own.
 *
 * usage: run [-l] [-n] [-v] [-s SEED] [-c COUNT] [SUITE...]
 *   -l  list the suites   -n  no fork (for gdb)   -v  name every test
 *   -s, -c  of random requests (suites fuzz_*; t/random.h)
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S(name) Suite *suite_##name(void);
#include "t/suites.h"
#undef S

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define S(name) { #name, suite_##name },
#include "t/suites.h"
#undef S
	{ NULL, NULL }
};

static int usage(void)
{
	fprintf(stderr, "usage: t/run [-l] [-n] [-v] [-s SEED] [-c COUNT] "
		"[SUITE...]\n");
	return 2;
}

/* add - the suite @name, all for NULL; how many that was. */
static int add(SRunner *runner, const char *name)
{
	int n = 0;

	for (size_t i = 0; suites[i].name; i++) {
		if (name && strcmp(name, suites[i].name))
			continue;
		srunner_add_suite(runner, suites[i].make());
		n++;
	}
	if (!n && name)
		fprintf(stderr, "t/run: no suite \"%s\" (see -l)\n", name);
	return n;
}

int main(int argc, char **argv)
{
	enum print_output how = CK_NORMAL;
	SRunner *runner = srunner_create(NULL);
	int c, run, failed;

	while ((c = getopt(argc, argv, "c:lns:v")) != -1) {
		switch (c) {
		case 'c':
			setenv("RANDOM_COUNT", optarg, 1);
			break;
		case 's':
			setenv("RANDOM_SEED", optarg, 1);
			break;
		case 'l':
			for (size_t i = 0; suites[i].name; i++)
				puts(suites[i].name);
			srunner_free(runner);
			return 0;
		case 'n':
			srunner_set_fork_status(runner, CK_NOFORK);
			break;
		case 'v':
			how = CK_VERBOSE;
			break;
		default:
			srunner_free(runner);
			return usage();
		}
	}
	if (optind == argc) {
		add(runner, NULL);
	} else {
		for (; optind < argc; optind++)
			if (!add(runner, argv[optind]))
				return usage();
	}
	srunner_run_all(runner, how);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	printf("t/run: %d passed, %d failed\n", run - failed, failed);
	return failed || !run;
}
