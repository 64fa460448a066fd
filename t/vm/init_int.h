/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two halves of init share: init.c brings the machine up, command.c
 * runs the command and reports. */
#ifndef SOCKEYE_VM_INIT_INT_H
#define SOCKEYE_VM_INIT_INT_H

#include <stddef.h>

#define JOB_MAX		128	/* entries of one kind, less one */

struct list {
	char *at[JOB_MAX];
	int n;
};

struct job {
	char *text;
	char *channel, *spare;	/* spare: used if there is no channel */
	struct list modules, env, out, args;
};

struct guest {
	int chan;	/* -1 until the channel is open */
	int kmsg;	/* kernel log, positioned where the command began */
	struct job job;
};

/* Write all of it, or return -1. */
int write_all(int fd, const void *buf, size_t len);

/* Send the host a frame; nothing happens before the channel is open. */
void frame(struct guest *g, char type, const void *buf, size_t len);

/* Tell the host that the rig failed, and why; does not return. */
void fail(struct guest *g, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Note where the kernel's log stands before the command. */
void open_kmsg(struct guest *g);

/* Run the command, passing on what it writes; returns its exit status. */
int run_command(struct guest *g);

/* Send the files asked for, and what the kernel logged meanwhile. */
void send_files(struct guest *g);
void send_kmsg(struct guest *g);

#endif
