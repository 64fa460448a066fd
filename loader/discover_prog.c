/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of the prober.  Valid for the oldest kernel: helpers write to
 * the stack only, 256 bytes at a time, and there are no loops.  Only our own
 * thread counts, which is told by a random name: numbers of threads are
 * others in a pid namespace.
 */
#include "loader/discover_int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* the stack */
enum { KEY = -8, COMM = -24, VALUE = -296 };
#define CTL(member) ((int)offsetof(struct probe_ctl, member))

enum {
	LOOKUP = 1, UPDATE = 2, GET_COMM = 16, GET_CURRENT_TASK = 35,
	PROBE_READ_KERNEL = 113,
};

static const char *const prog_names[PROBE_CLASSES] = {
	[NOTE_STATE] = "note_state",
	[NOTE_RECV] = "note_recv",
	[NOTE_UDP] = "note_udp",
	[NOTE_FULL] = "note_full",
	[NOTE_SKB] = "note_skb",
	[NOTE_RETRANS] = "note_retrans",
	[NOTE_DGRAM] = "note_dgram",
	[NOTE_REQ] = "note_req",
	[NOTE_TASK] = "note_task",
	[PEEK] = "peek",
};

const char *probe_prog_name(int class)
{
	return prog_names[class];
}

/* r6 = ctx, r7 = value of ctl; to @out unless @class is armed, this thread
 * is ours and nothing was noted so far. */
static void filter(struct as *a, int class, int out)
{
	as_mov(a, 6, 1);
	as_st(a, BPF_W, 10, KEY, 0);
	as_ldmap(a, 1, "ctl");
	as_mov(a, 2, 10);
	as_alui(a, BPF_ADD, 2, KEY);
	as_call(a, LOOKUP);
	as_jmpi(a, BPF_JEQ, 0, 0, out);
	as_mov(a, 7, 0);
	as_ldx(a, BPF_W, 1, 7, CTL(armed));
	as_jmpi(a, BPF_JNE, 1, class, out);
	if (class == NOTE_RETRANS) {	/* a timer, on top of anybody */
		as_arg(a, 1, 6, "sk");
		as_ldx(a, BPF_DW, 2, 7, CTL(sk));
	} else {
		as_mov(a, 1, 10);
		as_alui(a, BPF_ADD, 1, COMM);
		as_movi(a, 2, 16);
		as_call(a, GET_COMM);
		as_ldx(a, BPF_DW, 1, 10, COMM);
		as_ldx(a, BPF_DW, 2, 7, CTL(comm));
	}
	as_jmp(a, BPF_JNE, 1, 2, out);
	as_ldx(a, BPF_W, 1, 7, CTL(hits));
	as_mov(a, 2, 1);
	as_alui(a, BPF_ADD, 2, 1);
	as_stx(a, BPF_W, 7, CTL(hits), 2);
	as_jmpi(a, BPF_JNE, 1, 0, out);
}

/* Copy the chunk at r3 to element @i of data. */
static void copy(struct as *a, int i)
{
	as_mov(a, 1, 10);
	as_alui(a, BPF_ADD, 1, VALUE + 8);
	as_movi(a, 2, CHUNK);
	as_call(a, PROBE_READ_KERNEL);
	as_stx(a, BPF_DW, 10, VALUE, 0);
	as_st(a, BPF_W, 10, KEY, i);
	as_ldmap(a, 1, "data");
	as_mov(a, 2, 10);
	as_alui(a, BPF_ADD, 2, KEY);
	as_mov(a, 3, 10);
	as_alui(a, BPF_ADD, 3, VALUE);
	as_movi(a, 4, 0);
	as_call(a, UPDATE);
}

static void finish(struct as *a, int out)
{
	as_movi(a, 1, 1);
	as_stx(a, BPF_W, 7, CTL(done), 1);
	as_place(a, out);
	as_movi(a, 0, 0);
	as_exit(a);
}

static void note(struct as *a, int class)
{
	int out = as_label(a);

	filter(a, class, out);
	if (class == NOTE_TASK) {
		as_call(a, GET_CURRENT_TASK);
		as_mov(a, 8, 0);
	} else {
		as_arg(a, 8, 6, "obj");
	}
	as_stx(a, BPF_DW, 7, CTL(obj), 8);
	for (int i = 0; i < NOTE_CHUNKS; i++) {
		as_mov(a, 3, 8);
		as_alui(a, BPF_ADD, 3, i * CHUNK);
		copy(a, i);
	}
	finish(a, out);
}

static void peeks(struct as *a)
{
	int out = as_label(a), end = as_label(a);

	filter(a, PEEK, out);
	for (int i = 0; i < PEEK_CHUNKS; i++) {
		as_ldx(a, BPF_DW, 3, 7, CTL(addr) + 8 * i);
		as_jmpi(a, BPF_JEQ, 3, 0, end);
		copy(a, i);
	}
	as_place(a, end);
	finish(a, out);
}

/* ---- the spec --------------------------------------------------------- */

static const struct spec_map maps[] = {
	{ .name = "ctl", .type = MAP_ARRAY, .key_size = 4,
	  .value_size = sizeof(struct probe_ctl), .max_entries = 1 },
	{ .name = "data", .type = MAP_ARRAY, .key_size = 4,
	  .value_size = sizeof(struct probe_chunk),
	  .max_entries = PEEK_CHUNKS },
};

static bool assemble(struct as *a, int class, struct spec_prog *prog)
{
	struct bpf_insn *insns;
	struct reloc *relocs;

	as_init(a);
	if (class == PEEK)
		peeks(a);
	else
		note(a, class);
	if (as_finish(a) < 0)
		return false;
	insns = malloc(a->ninsns * sizeof(*insns));
	relocs = malloc(a->nrelocs * sizeof(*relocs));
	prog->name = prog->section = prog_names[class];
	prog->insns = insns;
	prog->relocs = relocs;
	prog->ninsns = a->ninsns;
	prog->nrelocs = a->nrelocs;
	if (!insns || !relocs)
		return false;
	memcpy(insns, a->insns, a->ninsns * sizeof(*insns));
	memcpy(relocs, a->relocs, a->nrelocs * sizeof(*relocs));
	return true;
}

void probe_spec_free(struct spec *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nprogs; i++) {
		free((void *)s->progs[i].insns);
		free((void *)s->progs[i].relocs);
	}
	free((void *)s->progs);
	free(s);
}

struct spec *probe_spec_new(void)
{
	struct spec_prog *progs = calloc(PROBE_CLASSES, sizeof(*progs));
	struct spec *s = calloc(1, sizeof(*s));
	struct as *a = malloc(sizeof(*a));
	bool ok = progs && s && a;

	for (int c = 1; ok && c < PROBE_CLASSES; c++)
		ok = assemble(a, c, &progs[c - 1]);
	free(a);
	if (!s) {
		free(progs);
		return NULL;
	}
	s->name = "discover";
	s->license = "GPL";
	s->maps = maps;
	s->nmaps = ARRAY_SIZE(maps);
	s->progs = progs;
	s->nprogs = progs ? PROBE_CLASSES - 1 : 0;
	if (!ok) {
		probe_spec_free(s);
		return NULL;
	}
	return s;
}
