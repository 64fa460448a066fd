/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SOFDSNOOP_H
#define SOCKEYE_SOFDSNOOP_H

#include "progs/event.h"

enum fd_action {
	FD_SEND = 1,		/* the kernel has taken it out of a message */
	FD_RECV,		/* it has got a number, or could not */
	FD_FAIL,		/* the call failed: those above did not leave */
	FD_LOST,		/* there was no room for so many that came */
};

/* S_IFMT of what it is of, in the order of <linux/stat.h>. */
enum fd_type {
	FD_FIFO = 1, FD_CHAR, FD_DIR = 4, FD_BLOCK = 6, FD_FILE = 8,
	FD_LINK = 10, FD_SOCKET = 12,
	FD_ANON = 15,		/* eventfd, epoll, bpf ... */
};

#define FD_NAME 32

/* A descriptor that is passed on. */
struct sofdsnoop_event {
	struct event event;
	struct flow flow;	/* who runs, and the namespace of the socket */
	__u64 socket, inode;	/* inode numbers; 0: not known */
	__s32 fd;		/* -1: none */
	__s32 result;		/* 0 or a negative errno */
	__u16 action, type;	/* enum fd_action, fd_type; 0: not known */
	__u32 fds;		/* its place in the message, from 1; of FD_FAIL
				   and FD_LOST how many */
	char name[FD_NAME];
};

_Static_assert(sizeof(struct sofdsnoop_event) == 176, "struct sofdsnoop_event");

#endif
