/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * player - a process that uses sockets of all sorts a known number of times,
 * and counts what it was given.
 */
#ifndef SOCKEYE_LIVE_PLAYER_H
#define SOCKEYE_LIVE_PLAYER_H

#include "net.h"

#define PLAYER_COMM "sk-player"

enum sort { S_TCP, S_TCP6, S_MAPPED, S_UDP, S_UDP6, S_UNIX, S_UNIXD, SORTS };

/* Packets to a socket that nobody reads; nlost of them found no room. */
struct flood {
	unsigned nlost;
	uint16_t lport, rport;
};

/* What was made, by the sort of the socket. */
struct made {
	volatile unsigned ready;	/* PLAY_FLOOD: the IPv4 pair is there */
	struct flood udp, udp6, ping;
	unsigned sockets, binds, listens, calls_of_accept;
	unsigned connects[SORTS], accepts[SORTS];
	unsigned disconnects[SORTS];	/* of the connects: to AF_UNSPEC */
	unsigned refused;		/* of the connects[S_TCP] */
	unsigned reads[SORTS], writes[SORTS];	/* that succeeded */
	unsigned failed_reads[SORTS], failed_writes[SORTS];
	uint64_t read_bytes[SORTS], write_bytes[SORTS];
	/* by slot of a histogram of powers of two: 0 for 0, 1 for 1, 2 for
	   [2, 4) ... */
	unsigned read_sizes[SORTS][20], write_sizes[SORTS][20];
};

enum {
	PLAY_ALL = 0,
	PLAY_UDP = 1,		/* datagrams over loopback alone */
	PLAY_FLOOD = 2,		/* more of them than there is room for, and
				   pings */
};

struct player {
	struct test *t;
	struct netns ns;
	pid_t pid;
	int go;
	struct made *made;	/* shared with it */
	char text[16];		/* its pid */
};

/* player_start - it is there, in a namespace of its own, and waits. */
void player_start(struct player *p, struct test *t, int what);
/* player_play - let it go, and wait for its end. */
void player_play(struct player *p);
void player_release(struct player *p);

#endif
