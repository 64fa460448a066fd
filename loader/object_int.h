/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Objects, inside.
 *
 *   object.c       opening and closing, maps
 *   object_prog.c  programs and where they are attached
 *   object_twin.c  programs that are attached twice
 */
#ifndef SOCKEYE_OBJECT_INT_H
#define SOCKEYE_OBJECT_INT_H

#include "loader/loader_int.h"

struct loaded {			/* a program in the kernel */
	int fd, type;
	const struct spec_prog *prog;	/* what it was linked from, and for */
	uint8_t kind;
	const char *args;
	struct bpf_insn *insns;	/* as loaded, to recognise it again */
	uint32_t ninsns;
	uint8_t twin;			/* TWIN_... */
	uint32_t twin_index;
	bool catches_up;		/* struct hook */
};

struct object {
	const struct spec *spec;
	struct spec *unpacked;	/* the same, ours; NULL: it was not packed */
	struct env *env;
	struct object_opts o;
	int *map_fds;		/* by spec map; -1: not needed so far */
	bool ring_is_ringbuf;
	uint32_t ring_bytes;	/* of the ring buffer, or per CPU */
	struct constant *constants;
	uint32_t nconstants;
	struct loaded *progs;
	struct attachment *attached;
	unsigned nprogs, nattached;
	uint64_t kernel_bytes;
	int twin_fd;		/* TWIN_MAP; -1: not needed so far */
	uint32_t ntwins;	/* elements of it in use */
};


/* object_create - a map like @m, with a name where the kernel takes one. */
int object_create(struct object *o, const struct spec_map *m, uint32_t type,
		  uint32_t entries);
/* object_map_fd - of the map @name, made if it is not there yet. */
int object_map_fd(struct object *o, const char *name, struct err *e);

/* object_twin.c: twin_hook - where the second one of @h goes; false: there is
 * to be none.  twin_map - fd of TWIN_MAP.
 * twin_instead - how many runs of the first of pair @index the second did. */
bool twin_hook(const struct object *o, const struct hook *h,
	       struct hook *second);
int twin_map(struct object *o, struct err *e);
uint64_t twin_instead(const struct object *o, uint32_t index);

#endif
