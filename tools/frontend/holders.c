/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who has sockets open: the descriptors of all processes, by inode. */
#include "tools/frontend/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOLDERS_MAX (1u << 22)

static int add_holder(void *ctx, int fd, uint32_t inode)
{
	struct holders *a = ctx;
	struct holder *h = NULL;

	if (a->n < HOLDERS_MAX)
		h = snapshot_grow(a->h, a->n, &a->room, sizeof(*h));
	if (!h)
		return -ENOMEM;
	a->h = h;
	a->h[a->n++] = (struct holder){ inode, a->pid, fd };
	return 0;
}

static int add_process(void *ctx, const char *pid)
{
	struct holders *a = ctx;
	int err;

	a->pid = (uint32_t)strtoul(pid, NULL, 10);
	err = proc_sockets(pid, add_holder, a);
	a->denied |= err == -EACCES || err == -EPERM;
	return err == -ENOMEM ? err : 0;	/* others have just ended */
}

static int by_inode(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

int holders_find(struct holders *a)
{
	int err = proc_each(add_process, a);

	if (a->n)
		qsort(a->h, a->n, sizeof(*a->h), by_inode);
	return err;
}

const struct holder *holders_of(const struct holders *a, uint32_t inode,
				size_t *n)
{
	size_t lo = 0, hi = a->n, mid;

	*n = 0;
	if (!a->n)
		return NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (a->h[mid].inode < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (inode && hi < a->n && a->h[hi].inode == inode)
		hi++;
	*n = hi - lo;
	return &a->h[lo];
}

const struct seed *holders_describe(struct holders *a, uint32_t pid)
{
	unsigned i = pid % HOLDERS_PROCESSES;
	char text[16];

	if (!a->processes[i].looked || a->processes[i].seed.pid != pid) {
		snprintf(text, sizeof(text), "%u", pid);
		a->processes[i].there =
			proc_describe(&a->processes[i].seed, text);
		a->processes[i].looked = true;
	}
	return a->processes[i].there ? &a->processes[i].seed : NULL;
}

void holders_release(struct holders *a)
{
	free(a->h);
}
