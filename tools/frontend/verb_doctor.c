/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockeye doctor: what this machine gives, tool by tool; the text to put into
 * a bug report.  --fields: where the kernel's fields are, as a table that
 * --fields FILE reads elsewhere.
 */
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

struct checkup {
	struct env_opts env;
	const char *config[MAX_CONFIG + 1];
	unsigned nconfig;
	bool fields, check, clean, verbose;
	const char *record;
};

static void doctor_usage(FILE *out)
{
	fputs("usage: sockeye doctor [-v] [--fields [--check]] "
	      "[--record FILE] [--clean]\n"
	      "                      [--btf FILE] [--config K=V]\n\n"
	      "Tell what this machine gives sockeye: kernel, types, features, "
	      "and for each tool\nthe hooks it would use.\n\n"
	      "  -v         every alternative, and why it does not serve\n"
	      "  --fields   print where the kernel keeps each field that tools "
	      "read, as a\n             table for --fields FILE on machines "
	      "with the same kernel\n"
	      "  --check    with --fields: discover the fields as on a kernel "
	      "without BTF,\n             and compare them with its BTF\n"
	      "  --record FILE  write what discovery sees of sockets that it "
	      "makes for that,\n             to find out elsewhere why it does "
	      "not find a field\n"
	      "  --clean    remove probes that a killed sockeye left behind\n"
	      "  --btf FILE, --config K=V  as for the tools\n", out);
}

static int parse(struct checkup *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "fields", no_argument, NULL, 'f' },
		{ "check", no_argument, NULL, 'k' },
		{ "record", required_argument, NULL, 'r' },
		{ "clean", no_argument, NULL, 'c' },
		{ "btf", required_argument, NULL, 'b' },
		{ "force", no_argument, NULL, 'F' },
		{ "config", required_argument, NULL, 'C' },
		{ 0 }
	};
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":hv", longs, NULL)) != -1) {
		switch (opt) {
		case 'h':
			doctor_usage(stdout);
			return EXIT_OK;
		case 'v': c->verbose = true; break;
		case 'f': c->fields = true; break;
		case 'k': c->check = true; break;
		case 'r': c->record = optarg; break;
		case 'c': c->clean = true; break;
		case 'b': c->env.btf = optarg; break;
		case 'F': c->env.force = true; break;
		case 'C':
			if (c->nconfig < MAX_CONFIG)
				c->config[c->nconfig++] = optarg;
			break;
		default:
			complain("%s %s. Try 'sockeye doctor --help'.",
				 opt == ':' ? "no value for" :
				 "unknown option", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	c->env.config = c->config;
	if (optind < argc) {
		complain("what is %s? Try 'sockeye doctor --help'.",
			 argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

/* ---- fields ----------------------------------------------------------- */

static bool is_field(const struct reloc *r)
{
	return r->kind == RELOC_CORE && strcmp(r->name, "struct probe") &&
	       strncmp(r->name, "struct probe___", 15);
}

static bool same_question(const struct reloc *a, const struct reloc *b)
{
	size_t n = btf_essential_len(a->name);

	return is_field(a) && !strcmp(a->path, b->path) &&
	       n == btf_essential_len(b->name) &&
	       !strncmp(a->name, b->name, n) &&
	       (a->core <= CORE_FIELD_RSHIFT_U64) ==
	       (b->core <= CORE_FIELD_RSHIFT_U64);
}

/* Was it asked before relocation @n of tool @t? */
static bool asked_before(struct spec *const *programs, unsigned t, uint32_t n)
{
	const struct reloc *r = spec_reloc(programs[t], n), *other;

	for (unsigned i = 0; i <= t; i++)
		for (uint32_t m = 0; (other = spec_reloc(programs[i], m));
		     m++) {
			if (i == t && m >= n)
				return false;
			if (same_question(other, r))
				return true;
		}
	return false;
}

static void print_one(struct env *env, const struct reloc *r,
		      const char **source)
{
	struct question q = { .kind = r->core, .local_class = r->local_class,
			      .local_bitfield = r->local_bitfield,
			      .local_size = r->local_size, .type = r->name,
			      .path = r->path };
	const char *why = "";
	struct answer a;
	int err = resolver_core(&env->fields, &q, &a, &why);

	if (err) {
		printf("# %s:%s: %s\n", r->name, r->path, why);
		return;
	}
	if (a.source && (!*source || strcmp(*source, a.source))) {
		printf("# from %s\n", a.source);
		*source = a.source;
	}
	fields_print(stdout, &q, &a);
}

static void print_programs(struct env *env, struct spec *const *programs)
{
	const char *source = NULL;
	const struct reloc *r;

	for (unsigned t = 0; programs[t]; t++)
		for (uint32_t i = 0; (r = spec_reloc(programs[t], i)); i++)
			if (is_field(r) && !asked_before(programs, t, i))
				print_one(env, r, &source);
}

static int print_fields(struct env *env)
{
	const char *names[512], *why = "";
	struct spec **programs;
	char kernel[140];
	size_t n = 0;
	struct err e;

	programs = all_programs(&e);
	if (!programs)
		return fail_err(&e);
	for (unsigned t = 0; programs[t]; t++)
		n = link_core_names(programs[t], names, n, 512);
	if (resolver_want(&env->fields, names, n, &why)) {
		complain("kernel types: %s", why);
		programs_free(programs);
		return EXIT_FAIL;
	}
	snprintf(kernel, sizeof(kernel), "%s %s", env->release, env->machine);
	fields_print_head(stdout, env->build_id, kernel);
	print_programs(env, programs);
	programs_free(programs);
	return EXIT_OK;
}

/* ---- the machine ------------------------------------------------------ */

static void print_file(const char *label, const char *path)
{
	char buf[128];

	if (read_file_at(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return;
	buf[strcspn(buf, "\n")] = '\0';
	printf("%-12s%s\n", label, buf);
}

static void print_machine(struct env *env)
{
	struct err e = { 0 };

	printf("sockeye     %s\n", PACKAGE_VERSION);
	printf("kernel      %s %s, version code %u.%u.%u, %u-bit, %s-endian, "
	       "%u CPUs, pages of %u\n", env->release, env->machine,
	       env->kern_version >> 16, env->kern_version >> 8 & 255,
	       env->kern_version & 255, env->word_size * 8u,
	       env->big_endian ? "big" : "little", env->ncpus,
	       env->page_size);
	printf("build-id    %s\n", env->build_id[0] ? env->build_id : "-");
	printf("types       ");
	for (unsigned i = 0; i < env->fields.nsources; i++)
		printf("%s%s", i ? ", " : "", env->fields.sources[i].name);
	printf("%s\n", env->fields.nsources ? "" : "none: --btf FILE or "
	       "--fields FILE can bring them");
	printf("tracefs     %s\n", env_tracefs(env, &e) >= 0 ? "yes" : e.msg);
	print_file("lockdown", "/sys/kernel/security/lockdown");
	print_file("paranoid", "/proc/sys/kernel/perf_event_paranoid");
	print_file("JIT", "/proc/sys/net/core/bpf_jit_enable");
}

static void print_features(const struct env *env)
{
	static const char *const words[] = { "?", "yes", "no" };
	const char *name, *text, *since;
	uint8_t state;

	for (unsigned i = 0; feature_get(&env->has, i, &name, &text, &since,
					 &state); i++)
		printf("  %-20s%-4s%s (Linux %s)\n", name,
		       words[state <= FEAT_NO ? state : 0], text, since);
}

/* ---- tools ------------------------------------------------------------ */

static void print_role(const struct tool *t, const struct plan *p, unsigned i)
{
	const struct role *r = t->roles[i];
	char when[160];
	struct err e;

	printf(DOCTOR_ROLE, r->name);
	if (p->chosen[i] < 0) {
		if (!r->without)
			no_way(r->what, p->why[i], r->nalts, &e);
		printf("none: %s", r->without ? r->without : e.msg);
	} else {
		alternative_print(stdout, &r->alts[p->chosen[i]]);
	}
	role_when(when, sizeof(when), t, r);
	printf("%s\n", when);
}

/* Those that @s needs, until one is missing: @e, or NULL. */
static void print_roles(const struct tool *t, const struct target *s,
			const struct plan *p, const struct err *e)
{
	for (unsigned i = 0; t->roles[i]; i++) {
		if (!target_needs(s, t->roles[i]))
			continue;
		if (e && p->chosen[i] < 0 && !t->roles[i]->optional) {
			printf("  %s\n", e->msg);
			return;
		}
		print_role(t, p, i);
	}
}

/* Attaches, for a moment, what @o's tool would. */
static int attach(struct env *env, const struct options *o, struct target *s,
		  struct plan *p, struct err *e)
{
	struct object *object = NULL;
	struct err no_libs = { 0 };
	int err;

	for (unsigned i = 0; i < MAX_ROLES; i++)
		p->chosen[i] = -1;
	err = target_open(&object, s, env, o, now_ns(), e);
	if (!err && o->tool->flags & T_LIBS)
		mapped_open(&s->mapped, o, s, env, &no_libs);
	if (!err)
		err = roles_attach(object, o->tool, s, p, e);
	object_close(object);
	mapped_free(s->mapped);
	s->mapped = NULL;
	return err;
}

/* What the tool sees with its options and columns given, beside what @told
 * needs. */
static void check_on_demand(struct env *env, const struct options *o,
			    const struct target *told, struct plan *p,
			    bool verbose)
{
	static struct target more;
	const struct tool *t = o->tool;
	struct err e = { 0 };
	unsigned i = 0;

	while (t->roles[i] && (!t->roles[i]->when[0] ||
			       target_needs(told, t->roles[i])))
		i++;
	if (!t->roles[i])
		return;
	memset(&more, 0, sizeof(more));
	more.beside = told;
	attach(env, o, &more, p, &e);
	print_roles(t, &more, p, NULL);
	if (verbose)
		plan_print(stdout, t, &more, p);
}

static bool check_tool(struct env *env, const struct tool *t, bool verbose)
{
	static struct target target;
	static struct options o;
	static struct plan plan;
	struct err e = { 0 };
	int err;

	if (t->parts)
		return ask_check(env, t, verbose);
	if (t->source) {
		printf(DOCTOR_TOOL "yes\n", t->name);
		return true;
	}
	memset(&o, 0, sizeof(o));
	memset(&plan, 0, sizeof(plan));
	memset(&target, 0, sizeof(target));
	o.tool = t;
	o.dns = true;
	o.max_sockets = 64;
	err = attach(env, &o, &target, &plan, &e);
	printf(DOCTOR_TOOL "%s\n", t->name, err ? "no" : "yes");
	print_roles(t, &target, &plan, err ? &e : NULL);
	if (verbose)
		plan_print(stdout, t, &target, &plan);
	if (!err)
		check_on_demand(env, &o, &target, &plan, verbose);
	return !err;
}

static int check_all(struct env *env, bool verbose)
{
	unsigned bad = 0;

	print_machine(env);
	printf("\ntools\n");
	for (unsigned i = 0; tools[i]; i++)
		bad += !check_tool(env, tools[i], verbose);
	printf("\nfeatures, as far as the tools needed them\n");
	print_features(env);
	return bad ? EXIT_KERNEL : EXIT_OK;
}

int verb_doctor(int argc, char **argv)
{
	static struct checkup c;
	struct err e = { 0 };
	struct env env;
	int ret = parse(&c, argc, argv);

	if (ret >= 0)
		return ret;
	if (c.check && !c.fields) {
		complain("--check goes with --fields. Try 'sockeye doctor "
			 "--help'.");
		return EXIT_USAGE;
	}
	if ((!c.fields || c.check) && caps_check(&e))
		return fail_err(&e);
	if (env_open(&env, &c.env, &e))
		return fail_err(&e);
	if (c.record) {
		ret = doctor_record(&env, c.record);
	} else if (c.check) {
		ret = doctor_check_fields(&env);
	} else if (c.fields) {
		ret = print_fields(&env);
	} else if (c.clean) {
		ret = env_tracefs(&env, &e) < 0 ? fail_err(&e) : EXIT_OK;
		env_clean(&env);
	} else {
		ret = check_all(&env, c.verbose);
	}
	env_close(&env);
	return ret;
}
