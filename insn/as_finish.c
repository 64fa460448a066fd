/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * as_finish - labels, and what is asked of a program as a whole.
 */
#include "insn.h"

#include <string.h>

#include "insn_int.h"

/* This is what keeps every jump in reach: off is 16 bits wide. */
_Static_assert(AS_MAX_INSNS <= INT16_MAX, "a jump could be out of range");

int as_label(struct as *a)
{
	if (!as_need(a, a->nlabels < AS_MAX_LABELS, "too many labels"))
		return -1;
	a->label_at[a->nlabels] = -1;
	return (int)a->nlabels++;
}

void as_place_(struct as *a, int label)
{
	if (as_need(a, label >= 0 && (uint32_t)label < a->nlabels,
		    "no such label") &&
	    as_need(a, a->label_at[label] < 0, "label placed twice"))
		a->label_at[label] = (int)a->ninsns;
}

/* as_need for the line of instruction @insn, which is not the call's. */
static bool need_at(struct as *a, uint32_t insn, bool ok, const char *why)
{
	a->at_line = a->lines[insn];
	return as_need(a, ok, why);
}

static bool resolve(struct as *a)
{
	uint32_t i, insn;
	int at;

	for (i = 0; i < a->njumps; i++) {
		insn = a->jumps[i].insn;
		at = a->label_at[a->jumps[i].label];
		if (!need_at(a, insn, at >= 0, "label never placed") ||
		    !need_at(a, insn, (uint32_t)at < a->ninsns,
			     "jump past the end"))
			return false;
		a->insns[insn].off = (int16_t)(at - (int)insn - 1);
	}
	return true;
}

static bool ends_flow(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT) ||
	       insn->code == (BPF_JMP | BPF_JA);
}

static bool branches(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP &&
	       BPF_OP(insn->code) != BPF_CALL &&
	       BPF_OP(insn->code) != BPF_EXIT;
}

/*
 * No kernel accepts unreachable code.  Walks straight on from each target it
 * has met; a jump is passed once, so the targets to do never outnumber the
 * instructions.
 */
static bool all_reachable(struct as *a)
{
	uint8_t seen[AS_MAX_INSNS];
	uint16_t todo[AS_MAX_INSNS];
	uint32_t ntodo = 0, i;

	memset(seen, 0, sizeof(seen));
	todo[ntodo++] = 0;
	while (ntodo) {
		for (i = todo[--ntodo]; !seen[i]; i++) {
			seen[i] = 1;
			if (branches(&a->insns[i]))
				todo[ntodo++] = (uint16_t)
					((int)i + 1 + a->insns[i].off);
			if (ends_flow(&a->insns[i]))
				break;
		}
	}
	for (i = 0; i < a->ninsns; i++)
		if (!need_at(a, i, seen[i], "unreachable instruction"))
			return false;
	return true;
}

int as_finish(struct as *a)
{
	uint32_t last = a->ninsns - 1;

	if (!as_need(a, a->ninsns > 0, "empty program") || !resolve(a) ||
	    !need_at(a, last, ends_flow(&a->insns[last]),
		     "program does not end in exit or ja") ||
	    !all_reachable(a))
		return -1;
	return (int)a->ninsns;
}
