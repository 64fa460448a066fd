/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockeye btf --minimise: of a kernel's types, what the tools ask for, to
 * carry to machines that have none.
 */
#include "tools/frontend/run.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cut {
	struct env_opts env;
	const char *out;
	bool minimise;
};

static void btf_usage(FILE *out)
{
	fputs("Usage: sockeye btf --minimise [--btf FILE] [-o FILE]\n\n"
	      "Write what the tools need of a kernel's types, some KB, as BTF: "
	      "for --btf FILE on\nmachines with the same kernel that have none."
	      "\n\n"
	      "      --minimise  do it\n"
	      "      --btf FILE  from here (BTF, or ELF with BTF, such as "
	      "vmlinux) instead of\n                  the running kernel\n"
	      "  -o, --output FILE  to here instead of standard output\n\n"
	      "The build-id goes along, as the name of the first type "
	      "(sockeye_build_id_...), if\nit is known: raw BTF does not tell "
	      "that of its kernel, vmlinux does.  A file of\nanother kernel is "
	      "refused without --force.\n", out);
}

static int parse(struct cut *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "minimise", no_argument, NULL, 'm' },
		{ "minimize", no_argument, NULL, 'm' },
		{ "btf", required_argument, NULL, 'b' },
		{ "output", required_argument, NULL, 'o' },
		{ "completion-helper", no_argument, NULL, 'c' },
		{ 0 }
	};
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":ho:", longs, NULL)) != -1) {
		switch (opt) {
		case 'h':
			btf_usage(stdout);
			return EXIT_OK;
		case 'c':
			puts("--btf\n--help\n--minimise\n--output\n-o");
			return EXIT_OK;
		case 'm': c->minimise = true; break;
		case 'b': c->env.btf = optarg; break;
		case 'o': c->out = optarg; break;
		default:
			complain("%s %s. Try 'sockeye btf --help'.",
				 opt == ':' ? "no value for" :
				 "unknown option", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (c->env.btf && access(c->env.btf, R_OK))
		complain("--btf %s: %s", c->env.btf, strerror(errno));
	else if (optind < argc)
		complain("what is %s? Try 'sockeye btf --help'.",
			 argv[optind]);
	else if (!c->minimise)
		complain("what shall be done? Try 'sockeye btf --minimise'.");
	else if (c->out && !*c->out)
		complain("-o '': which file?");
	else if (!c->out && isatty(STDOUT_FILENO))
		complain("BTF is nothing for a terminal; -o FILE writes it to "
			 "a file");
	else
		return -1;
	return EXIT_USAGE;
}

static int minimise(struct env *env, const struct cut *c)
{
	struct minimise m = { .build_id = env->types_build_id };
	struct questions *q;
	const char *why = "out of memory";
	size_t len = 0;
	void *data = NULL;
	int ret = EXIT_OK;

	if (!env->types) {
		complain("there are no types: this kernel has no BTF, nor is "
			 "its vmlinux here. --btf FILE names one.");
		return EXIT_KERNEL;
	}
	q = questions_new();
	if (q) {
		m.questions = q->q;
		m.nquestions = q->n;
		m.funcs = q->funcs;
		m.nfuncs = q->nfuncs;
	}
	if (!q || btf_minimise(env->types, &m, &data, &len, &why)) {
		complain("%s: %s", c->env.btf ? c->env.btf : "kernel BTF", why);
		ret = EXIT_FAIL;
	}
	if (ret == EXIT_OK)
		ret = file_put(c->out, data, len);
	if (ret == EXIT_OK && !m.build_id[0])
		say("of which kernel it is was not said; no machine will "
		    "refuse it");
	free(data);
	questions_free(q);
	return ret;
}

int verb_btf(int argc, char **argv)
{
	static struct cut c;
	struct err e = { 0 };
	struct env env;
	int ret = parse(&c, argc, argv);

	if (ret >= 0)
		return ret;
	c.env.force = true;	/* made on the desk for another machine */
	if (env_open(&env, &c.env, &e))
		return fail_err(&e);
	ret = minimise(&env, &c);
	env_close(&env);
	return ret;
}
