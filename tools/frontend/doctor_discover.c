/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockeye doctor --record, and --fields --check: what discovery sees, and
 * whether what it finds is what the kernel's types say.
 */
#include "tools/frontend/run.h"

#include "loader/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* It holds kernel memory and addresses: for its owner only. */
static FILE *create_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
		      O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

int doctor_record(struct env *env, const char *path)
{
	struct err e = { 0 };
	struct recording r;
	FILE *out;
	bool bad;

	if (discover_record(&r, env, &e))
		return fail_err(&e);
	out = strcmp(path, "-") ? create_private(path) : stdout;
	if (!out) {
		complain("%s: %s", path, strerror(errno));
		recording_release(&r);
		return EXIT_FAIL;
	}
	recording_write(out, &r);
	recording_release(&r);
	bad = ferror(out);
	if (out != stdout)
		bad |= fclose(out) != 0;
	if (bad)
		complain("%s: %s", path, strerror(errno));
	return bad ? EXIT_FAIL : EXIT_OK;
}

/* ---- against the kernel's types --------------------------------------- */

enum finding { EQUAL, WRONG, MISSED, ABSENT, UNCHECKED, FINDINGS };

static const char *const finding_names[FINDINGS] = {
	"equal", "wrong", "not found", "not in this kernel", "unchecked",
};

/* Ask one of the two about offset and size; false: it has no such field, or
 * does not know, and *@silent then. */
static bool ask(struct env *env, const struct discovery *d, const char *type,
		const char *path, struct field *f, bool *silent)
{
	struct question q = { .kind = CORE_FIELD_BYTE_OFFSET, .type = type,
			      .path = path };
	const char *why = "";
	struct answer a;
	int err;

	memset(&a, 0, sizeof(a));
	err = d ? discovery_core(d, &q, &a, &why) :
	      resolver_core(&env->fields, &q, &a, &why);
	*f = a.field;
	*silent = err || (!d && !a.source);
	return !err && a.field.exists;
}

static bool same_place(const struct field *a, const struct field *b)
{
	if (a->bit_size || b->bit_size)
		return a->bit_off == b->bit_off && a->bit_size == b->bit_size;
	return a->off == b->off && a->size == b->size;
}

static void print_place(const struct field *f)
{
	if (f->bit_size)
		printf("bit %u, %u bits", f->bit_off, f->bit_size);
	else
		printf("off %u size %u", f->off, f->size);
}

static enum finding judge(bool known, bool there, bool silent, bool same)
{
	if (silent)	/* types that were minimised, a table of some */
		return UNCHECKED;
	if (known)
		return there && same ? EQUAL : WRONG;
	return there ? MISSED : ABSENT;
}

static enum finding check_one(struct env *env, const struct discovery *d,
			      const char *type, const char *path,
			      const char *why)
{
	static const char *const words[FINDINGS] = {
		"equal", "wrong", "missed", "absent", "unchecked",
	};
	struct field found, true_one;
	bool silent, unused;
	bool known = !why && ask(env, d, type, path, &found, &unused);
	bool there = ask(env, NULL, type, path, &true_one, &silent);
	enum finding v = judge(known, there, silent,
			       known && same_place(&found, &true_one));

	printf("%-9s %s:%s", words[v], type, path);
	if (known) {
		printf(" ");
		print_place(&found);
	}
	if (v == WRONG || v == MISSED) {
		printf(" is: ");
		if (there)
			print_place(&true_one);
		else
			printf("nowhere");
	}
	if (v == MISSED)
		printf(" (%s)", why ? why : "no answer");
	printf("\n");
	return v;
}

static void want_types(struct env *env, const struct discovery *d)
{
	const char *names[64], *type, *path, *why;
	unsigned pos = 0;
	size_t n = 0;

	while (discovery_next(d, &pos, &type, &path, &why)) {
		const char *bare = strchr(type, ' ') ? strchr(type, ' ') + 1 :
				   type;
		size_t i = 0;

		while (i < n && strcmp(names[i], bare))
			i++;
		if (i == n && n < 64)
			names[n++] = bare;
	}
	resolver_want(&env->fields, names, n, &why);
}

int doctor_check_fields(struct env *env)
{
	unsigned count[FINDINGS] = { 0 }, pos = 0;
	const char *type, *path, *why = "";
	struct discovery *d = NULL;
	struct err e = { 0 };
	struct recording r;
	int err;

	if (!env->types) {
		complain("the kernel has no BTF to check against; --btf FILE "
			 "can bring it");
		return EXIT_KERNEL;
	}
	if (discover_record(&r, env, &e))
		return fail_err(&e);
	err = discovery_new(&d, &r, &why);
	recording_release(&r);
	if (err) {
		complain("discovery: %s", why);
		return EXIT_FAIL;
	}
	want_types(env, d);
	while (discovery_next(d, &pos, &type, &path, &why))
		count[check_one(env, d, type, path, why)]++;
	discovery_free(d);
	printf("#");
	for (int v = 0; v < FINDINGS; v++)
		if (v < UNCHECKED || count[v])
			printf("%s %u %s", v ? "," : "", count[v],
			       finding_names[v]);
	printf("\n");
	return count[WRONG] || !count[EQUAL] ? EXIT_FAIL : EXIT_OK;
}
