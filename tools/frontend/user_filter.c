/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The filters that were asked for, as the linker is supplied with them. */
#include "tools/frontend/options_int.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <string.h>

static int no_reason(struct reasons *r, const char *name, struct err *e)
{
	const char *const *names = reasons_names(r);
	struct nearest near;
	char text[256];

	nearest_init(&near, name);
	for (unsigned i = 0; names[i]; i++)
		nearest_try(&near, names[i]);
	err_set(e, 0, "--reason %s: this kernel has no such reason%s", name,
		nearest_text(&near, "", text, sizeof(text)));
	e->of = ERR_OF_USER;
	return -e->no;
}

/* Numbers of --reason's, of the kernel's and of our own, to @to, which has
 * room for two each; how many, or a negative errno. */
static int reason_numbers(uint32_t *to, const struct filters *f,
			  struct env *env, struct err *e)
{
	struct reasons *r = f->nreason ? reasons_new(env) : NULL;
	int n = 0, had = 0, err = 0;

	if (f->nreason && !r)
		return err_set(e, ENOMEM, "reasons");
	for (unsigned i = 0; i < f->nreason && !err; i++, had = n) {
		to[n] = reasons_number(r, f->reason[i], strlen(f->reason[i]));
		n += !!to[n];
		to[n] = reasons_own(f->reason[i]);
		n += !!to[n];
		if (n == had)
			err = no_reason(r, f->reason[i], e);
	}
	reasons_free(r);
	return err ? err : n;
}

int user_filter_build(struct user_filter *f, const struct filters *asked,
		      struct env *env, struct err *e)
{
	uint32_t reasons[2 * FILTER_LIST + 1];
	int nreasons = reason_numbers(reasons, asked, env, e), n[2];
	const char *why = "";

	if (nreasons < 0)
		return nreasons;
	n[0] = filter_build(asked, f->insns[0], &why);
	n[1] = n[0] < 0 ? -1 : filter_packets(asked, reasons,
					      (unsigned)nreasons, f->insns[1],
					      &why);
	if (n[1] < 0)
		return err_set(e, 0, "filter: %s", why);
	f->functions[0] = (struct function){ "filter", f->insns[0],
					     (uint32_t)n[0] };
	f->functions[1] = (struct function){ "filter_packet", f->insns[1],
					     (uint32_t)n[1] };
	return 0;
}
