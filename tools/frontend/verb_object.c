/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sockeye object FILE.o: load a clang-built object, program by program. */
#include "tools/frontend/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	struct env_opts env;
	const char *config[MAX_CONFIG + 1];
	unsigned nconfig;
	bool dump, attach, info;
};

static void object_usage(FILE *out)
{
	fputs("usage: sockeye object [--info] [--attach] [--dump] "
	      "[--btf FILE] [--fields FILE]\n"
	      "                      [--force] [--config K=V] FILE.o\n\n"
	      "Load a BPF object built by clang, program by program, and tell "
	      "what the kernel\nsays of each.  Tracing programs only, their "
	      "hooks named by section as libbpf does.\n\n"
	      "  --info    tell what is in the object; the kernel is not "
	      "asked\n"
	      "  --attach  attach each program as well, for a moment\n"
	      "  --dump    print the instructions as loaded\n", out);
}

static int parse(struct job *j, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "info", no_argument, NULL, 'i' },
		{ "attach", no_argument, NULL, 'a' },
		{ "dump", no_argument, NULL, 'd' },
		{ "btf", required_argument, NULL, 'b' },
		{ "fields", required_argument, NULL, 'f' },
		{ "force", no_argument, NULL, 'F' },
		{ "config", required_argument, NULL, 'c' },
		{ 0 }
	};
	int c;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			object_usage(stdout);
			return EXIT_OK;
		case 'i': j->info = true; break;
		case 'a': j->attach = true; break;
		case 'd': j->dump = true; break;
		case 'b': j->env.btf = optarg; break;
		case 'f': j->env.fields = optarg; break;
		case 'F': j->env.force = true; break;
		case 'c':
			if (j->nconfig < MAX_CONFIG)
				j->config[j->nconfig++] = optarg;
			break;
		default:
			complain("%s %s. Try 'sockeye object --help'.",
				 c == ':' ? "no value for" : "unknown option",
				 argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	j->env.config = j->config;
	if (optind + 1 != argc || !*argv[optind]) {
		complain("%s Try 'sockeye object --help'.",
			 optind + 1 < argc ? "one file at a time." :
			 "which file?");
		return EXIT_USAGE;
	}
	return -1;
}

static void dump(void *ctx, const struct spec_prog *p, const struct hook *h,
		 const struct linked *l)
{
	(void)ctx;
	printf("%s for %s:%s, %u instructions\n", p->name,
	       hook_kind_name(h->kind), h->target, l->ninsns);
	insn_dump(stdout, l->insns, l->ninsns, l->relocs, l->nrelocs, l->lines,
		  l->nlines);
}

static void print_info(const struct spec *s)
{
	printf("license %s, %s-endian, %u maps, %u programs\n",
	       s->license ? s->license : "-", s->big_endian ? "big" : "little",
	       s->nmaps, s->nprogs);
	for (uint32_t i = 0; i < s->nmaps; i++)
		printf("map %s: type %u, key %u, value %u, entries %u\n",
		       s->maps[i].name, s->maps[i].type, s->maps[i].key_size,
		       s->maps[i].value_size, s->maps[i].max_entries);
	for (uint32_t i = 0; i < s->nprogs; i++)
		printf("%s %s: section %s, %u instructions, %u relocations\n",
		       s->progs[i].subprog ? "function" : "program",
		       s->progs[i].name, s->progs[i].section,
		       s->progs[i].ninsns, s->progs[i].nrelocs);
}

static bool one_program(struct object *o, const struct spec_prog *p,
			const struct job *j)
{
	struct err e = { 0 };
	struct hook h;
	int err;

	memset(&h, 0, sizeof(h));
	err = hook_parse(&h, p->section);
	if (err) {
		printf("%-24s %s: no hook that sockeye knows\n", p->name,
		       p->section);
		return false;
	}
	h.suffixed = true;
	err = j->attach ? object_attach(o, p->name, &h, &e) :
	      object_check(o, p->name, &h, &e);
	printf("%-24s %s: %s%s%s%s\n", p->name, p->section,
	       !err ? j->attach ? "attached" : "loaded" : e.msg,
	       err && e.hint[0] ? " (" : "", err ? e.hint : "",
	       err && e.hint[0] ? ")" : "");
	return !err;
}

static int load_all(const struct spec *s, const struct job *j)
{
	struct object_opts opts;
	struct err e = { 0 };
	struct env env;
	struct object *o = NULL;
	unsigned bad = 0;

	memset(&opts, 0, sizeof(opts));
	if (j->dump)
		opts.dump = dump;
	if (caps_check(&e) || env_open(&env, &j->env, &e))
		return fail_err(&e);
	if (s->big_endian != env.big_endian) {
		complain("it is for %s-endian machines, which this is not: "
			 "compile it with -target bpfe%c",
			 s->big_endian ? "big" : "little",
			 env.big_endian ? 'b' : 'l');
		env_close(&env);
		return EXIT_FAIL;
	}
	if (object_open(&o, s, &env, &opts, &e)) {
		env_close(&env);
		return fail_err(&e);
	}
	for (uint32_t i = 0; i < s->nprogs; i++)
		if (!s->progs[i].subprog && !one_program(o, &s->progs[i], j))
			bad++;
	object_close(o);
	env_close(&env);
	if (bad)
		complain("%u of the programs did not load", bad);
	return bad ? EXIT_FAIL : EXIT_OK;
}

static int read_object(const char *path, struct spec **s)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct err e = { 0 };
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_FAIL;
	}
	data = st.st_size ? mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd,
				 0) : MAP_FAILED;
	close(fd);
	if (data == MAP_FAILED) {
		complain("%s: not an ELF file", path);
		return EXIT_FAIL;
	}
	err = spec_from_elf(s, data, st.st_size, path, &e);
	munmap(data, st.st_size);
	return err ? fail_err(&e) : -1;
}

int verb_object(int argc, char **argv)
{
	static struct job j;
	struct spec *s;
	int ret = parse(&j, argc, argv);

	if (ret < 0)
		ret = read_object(argv[optind], &s);
	if (ret >= 0)
		return ret;
	if (j.info) {
		print_info(s);
		ret = EXIT_OK;
	} else {
		ret = load_all(s, &j);
	}
	spec_free(s);
	return ret;
}
