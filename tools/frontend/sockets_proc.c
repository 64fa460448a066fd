/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets as /proc/net tells of them: get_tcp4_sock(), udp4_format_sock() and
 * their kin, which any kernel has.  There is no backlog, and nothing of
 * tcp_info but what is in the line.
 */
#include "tools/frontend/sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What each line has. */
struct words {
	char laddr[33], raddr[33];
	unsigned lport, rport, state, timer;
	unsigned long send_q, recv_q, when;
	unsigned retransmits, uid;
	unsigned long inode;
	int end;		/* where the rest begins */
};

/* Words of 32 bits, each printed as this machine has it. */
static bool put_addr_words(uint8_t to[16], uint16_t family, const char *hex)
{
	uint32_t word[4] = { 0 };
	size_t words = strlen(hex) / 8;

	if (strlen(hex) != (family == AF_INET ? 8 : 32) ||
	    hex[strspn(hex, "0123456789abcdefABCDEF")])
		return false;
	for (size_t i = 0; i < words; i++) {
		char one[9];

		memcpy(one, hex + 8 * i, 8);
		one[8] = '\0';
		word[i] = (uint32_t)strtoul(one, NULL, 16);
	}
	socket_addr(to, family, word);
	return true;
}

/* Behind the words that all have, but for reference count and pointer. */
static void put_tcp(struct socket_event *e, const char *rest, unsigned ticks)
{
	unsigned long rto, ato;
	unsigned pingpong;
	int cwnd, ssthresh;

	if (e->state == TCP_LISTEN ||
	    sscanf(rest, " %*d %*s %lu %lu %u %d %d", &rto, &ato, &pingpong,
		   &cwnd, &ssthresh) != 5)
		return;
	e->rto_us = (int32_t)(rto * 1000000ull / ticks);
	e->ato_us = (int32_t)(ato * 1000000ull / ticks);
	e->snd_cwnd = cwnd;
	e->snd_ssthresh = ssthresh;	/* -1: it is not set */
}

static void put_drops(struct socket_event *e, const char *rest)
{
	unsigned drops;

	if (sscanf(rest, " %*d %*s %u", &drops) == 1)
		e->sk_drops = drops;
}

/* The backlog of a listener is not there. */
static void put_words(struct socket_event *e, const struct words *w,
		      unsigned ticks)
{
	e->state = (uint8_t)w->state;
	if (e->netid == SOCKET_RAW) {
		e->flow.protocol = (uint16_t)w->lport;
	} else {
		e->flow.lport = (uint16_t)w->lport;
		e->flow.rport = (uint16_t)w->rport;
	}
	e->recv_q = (int64_t)w->recv_q;
	if (w->state != TCP_LISTEN)
		e->send_q = (int64_t)w->send_q;
	e->inode = (uint32_t)w->inode;
	if (w->inode)
		e->sk_uid = w->uid;
	if (e->netid != SOCKET_TCP)
		return;
	e->timer = (uint8_t)w->timer;
	e->timer_ns = w->timer ? w->when * 1000000000ull / ticks : 0;
	if (w->inode && w->state != TCP_LISTEN)
		e->retransmits = (int32_t)w->retransmits;
}

bool sockets_parse(struct socket_list *l, const struct socket_kind *kind,
		   const char *line, unsigned ticks_per_s)
{
	struct socket_event *e;
	struct words w = { .end = -1 };

	if (sscanf(line, " %*u: %32[^: ]:%x %32[^: ]:%x %x %lx:%lx %x:%lx %x "
		   "%u %*u %lu%n", w.laddr, &w.lport, w.raddr, &w.rport,
		   &w.state, &w.send_q, &w.recv_q, &w.timer, &w.when,
		   &w.retransmits, &w.uid, &w.inode, &w.end) != 12 ||
	    w.end < 0 || w.state > 31 || !(l->states >> w.state & 1))
		return false;
	e = socket_add(l, kind);
	if (!e)
		return false;
	if (!put_addr_words(e->flow.laddr, kind->family, w.laddr) ||
	    !put_addr_words(e->flow.raddr, kind->family, w.raddr)) {
		l->n--;
		return false;
	}
	put_words(e, &w, ticks_per_s);
	if (kind->netid == SOCKET_TCP && w.inode)
		put_tcp(e, line + w.end, ticks_per_s);
	else if (kind->netid != SOCKET_TCP)
		put_drops(e, line + w.end);
	return true;
}

int sockets_proc(struct socket_list *l, const struct socket_kind *kind)
{
	long ticks = sysconf(_SC_CLK_TCK);	/* USER_HZ */
	char path[64], *line = NULL;
	size_t size = 0;
	int err;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/%s", kind->file);
	f = fopen(path, "re");
	if (!f)	/* no such sockets, unless there is no /proc at all */
		return errno == ENOENT && !access("/proc/net", F_OK) ? 0 :
								       -errno;
	while (getline(&line, &size, f) > 0)
		sockets_parse(l, kind, line, ticks > 0 ? (unsigned)ticks : 100);
	err = l->no_memory ? -ENOMEM : ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	return err;
}
