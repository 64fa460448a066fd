/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs are told of the running kernel, and cannot find themselves:
 * numbers of drop reasons, where functions are.
 */
#include "loader/symbols.h"
#include "tools/frontend/run.h"

#include <string.h>

static uint64_t reason_bits(const struct reasons *r, const char *list,
			    uint32_t first)
{
	uint64_t bits = 0;
	uint32_t number;
	size_t len;

	for (;; list += len) {
		list += strspn(list, " ");
		len = strcspn(list, " ");
		if (!len)
			return bits;
		number = reasons_number(r, list, len);
		if (number && number >= first && number < first + 64)
			bits |= 1ull << (number - first);
	}
}

/* Where function @name is; 0, 0: nowhere that is told. */
static void where(struct env *env, const char *name, uint64_t *start,
		  uint64_t *end)
{
	struct ksyms *all = env_functions(env);

	*start = *end = 0;
	if (all)
		ksyms_range(all, name, start, end);
}

static uint64_t value(const struct kernel_constant *k, const struct reasons *r,
		      struct env *env)
{
	uint64_t start, end;

	switch (k->what) {
	case KERNEL_REASON:
		return reasons_number(r, k->name, strlen(k->name));
	case KERNEL_REASONS:
		return reason_bits(r, k->name, k->first);
	case KERNEL_FUNCTION:
		where(env, k->name, &start, &end);
		return start;
	case KERNEL_FUNCTION_END:
		where(env, k->name, &start, &end);
		return end;
	}
	return 0;
}

unsigned kernel_constants(struct constant *c, const struct tool *t,
			  struct env *env)
{
	const struct kernel_constant *k = t->kernel;
	struct reasons *r = k ? reasons_new(env) : NULL;
	unsigned n = 0;

	for (; k && k->constant && n < MAX_KERNEL_CONSTANTS; k++)
		c[n++] = (struct constant){ k->constant,
			r ? value(k, r, env) : 0 };
	reasons_free(r);
	return n;
}
