/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine and the kernel at hand. */
#include "loader/discover.h"
#include "loader/loader_int.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
	const char *name, *text, *since;
	size_t off;
} feature_table[] = {
#define X(name_, text_, since_) \
	{ #name_, text_, since_, offsetof(struct features, name_) },
	FEATURES(X)
#undef X
};

bool feature_get(const struct features *f, unsigned i, const char **name,
		 const char **text, const char **since, uint8_t *state)
{
	if (i >= ARRAY_SIZE(feature_table))
		return false;
	*name = feature_table[i].name;
	*text = feature_table[i].text;
	*since = feature_table[i].since;
	*state = ((const uint8_t *)f)[feature_table[i].off];
	return true;
}

void env_config_help(FILE *out)
{
	char key[40];

	fputs("--config no-NAME=1 makes sockeye do as if the kernel lacked "
	      "NAME:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(feature_table); i++) {
		snprintf(key, sizeof(key), "no-%s", feature_table[i].name);
		for (char *p = key; *p; p++)
			*p = *p == '_' ? '-' : *p;
		fprintf(out, "  %-24s %s (Linux %s)\n", key,
			feature_table[i].text, feature_table[i].since);
	}
	fputs("--config no-hook=GLOB does so for hooks: \"tcp_*\", "
	      "\"tracepoint:sock/*\"\n", out);
}

static int add_no_hook(struct features *f, const char *glob, struct err *e)
{
	unsigned n = 0;

	while (f->no_hook[n])
		n++;
	if (!*glob || n == NO_HOOKS_MAX)
		return err_set(e, 0, *glob ? "too many hooks" : "no hook");
	f->no_hook[n] = glob;
	return 0;
}

int env_config(struct features *f, const char *text, struct err *e)
{
	const char *eq = strchr(text, '='), *name = text;
	size_t len = eq ? (size_t)(eq - text) : strlen(text);

	if (eq && !strncmp(text, "no-hook=", 8))
		return add_no_hook(f, eq + 1, e);
	if (len > 3 && !strncmp(text, "no-", 3)) {
		name += 3;
		len -= 3;
		for (size_t i = 0; i < ARRAY_SIZE(feature_table); i++) {
			const char *key = feature_table[i].name;
			size_t k = 0;

			while (k < len && key[k] &&
			       (key[k] == name[k] ||
				(key[k] == '_' && name[k] == '-')))
				k++;
			if (k < len || key[k])
				continue;
			if (eq && strcmp(eq, "=0") && strcmp(eq, "=1"))
				return err_set(e, 0, "neither 1 nor 0");
			((uint8_t *)f)[feature_table[i].off] =
				eq && !strcmp(eq, "=0") ? FEAT_UNKNOWN :
				FEAT_NO;
			return 0;
		}
	}
	err_set(e, 0, "no such key");
	err_hint(e, "a tool's --config-help lists the keys");
	return -EINVAL;
}

/* Word size and argument registers are the kernel's, not ours: a 32-bit
 * sockeye may run on a 64-bit kernel. */
static uint8_t kernel_word_size(const char *machine)
{
	return strstr(machine, "64") || !strcmp(machine, "s390x") ||
	       !strncmp(machine, "alpha", 5) ? 8 : 4;
}

/* uname(2) without the lie that setarch(8) asks for (PER_LINUX32). */
static void kernel_names(struct utsname *u)
{
	int was = personality(0xffffffff);
	bool lies = was >= 0 && (was & PER_MASK) == PER_LINUX32;

	if (lies)
		personality(was & ~PER_MASK);
	uname(u);
	if (lies)
		personality(was);
}

/* "0-3,5": the highest number counts, holes included. */
static uint32_t possible_cpus(void)
{
	char buf[256], *p;
	uint32_t n = 1;

	if (read_file_at(AT_FDCWD, "/sys/devices/system/cpu/possible", buf,
			 sizeof(buf)) <= 0)
		return sysconf(_SC_NPROCESSORS_CONF);
	for (p = buf; *p; p++) {
		uint32_t cpu;

		if (!isdigit((unsigned char)*p))
			continue;
		cpu = strtoul(p, &p, 10);
		if (cpu >= n && cpu < 65536)
			n = cpu + 1;
		p--;
	}
	return n;
}

/*
 * May tasks be preempted in the kernel?  Where that is decided at boot
 * (PREEMPT_DYNAMIC, 5.12) the command line tells, or else nothing that all may
 * read: distributions' kernels were not to, by default, until 7.0.
 */
static bool kernel_preempts(const char *uname_v, uint32_t version)
{
	const char *p = strstr(uname_v, "PREEMPT");
	char line[4096];

	if (!p || strncmp(p, "PREEMPT_DYNAMIC", 15))
		return p;
	if (read_file_at(AT_FDCWD, "/proc/cmdline", line, sizeof(line)) > 0 &&
	    (p = strstr(line, "preempt=")))
		return !strncmp(p + 8, "full", 4) || !strncmp(p + 8, "lazy", 4);
	return version >= KERNEL(7, 0);
}

void env_names(struct env *env)
{
	struct utsname u;

	kernel_names(&u);
	snprintf(env->machine, sizeof(env->machine), "%.64s", u.machine);
	snprintf(env->release, sizeof(env->release), "%.64s", u.release);
}

int env_open(struct env *env, const struct env_opts *o, struct err *e)
{
	static const uint16_t one = 1;
	struct utsname u;
	int err;

	memset(env, 0, sizeof(*env));
	env->tracefs = -1;
	kernel_names(&u);
	env_names(env);
	env->page_size = sysconf(_SC_PAGESIZE);
	env->ncpus = possible_cpus();
	env->word_size = sizeof(long) == 8 ? 8 : kernel_word_size(env->machine);
	env->big_endian = *(const uint8_t *)&one == 0;
	env->kern_version = kernel_version(env, u.version);
	env->preempts = kernel_preempts(u.version, env->kern_version);
	for (unsigned i = 0; o->config && o->config[i]; i++) {
		err = env_config(&env->has, o->config[i], e);
		if (err) {
			e->of = ERR_OF_USER;
			return err_wrap(e, "--config %s", o->config[i]);
		}
	}
	resolver_init(&env->fields, env->big_endian);
	err = kernel_btf_open(env, o, e);
	/* the last resort, and only where there are no types at all */
	if (!err && !env->types && env->has.discovery != FEAT_NO &&
	    discover_source(env))
		err = err_set(e, ENOMEM, "discovery");
	if (err) {
		resolver_release(&env->fields);
		return err;
	}
	env_clean(env);
	return 0;
}

void env_close(struct env *env)
{
	resolver_release(&env->fields);
	env->kernel_btf = env->types = NULL;
	env_functions_forget(env);
	free(env->ksyms);
	env->ksyms = NULL;
	env->nksyms = 0;
	if (env->tracefs >= 0)
		close(env->tracefs);
	env->tracefs = -1;
}
