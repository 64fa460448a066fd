/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections half open.  Their SYN is made by hand, twice: an answer that is
 * repeated passes a tracepoint.  The address it comes from belongs to a
 * socket that drops the answer; else the kernel would reset the connection.
 */
#include "loader/discover_int.h"

#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

#define REQUESTS 3
#define TCP_NEW_SYN_RECV 12

/* A listener that is deaf. */
static int open_sink(struct prober *p, union any_addr *at)
{
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog f = { .len = 1, .filter = none };
	socklen_t len = addr_random(p, AF_INET, false, at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f)) &&
	    !bind(fd, &at->sa, len) && !listen(fd, 1) &&
	    !getsockname(fd, &at->sa, &len))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void facts_request(struct prober *p, const union any_addr *from,
			  const union any_addr *to, uint32_t isn,
			  struct facts *f)
{
	f->n = 0;
	known_number(f, DISC_KEY_FAMILY, AF_INET);
	known_number(f, DISC_KEY_STATE, TCP_NEW_SYN_RECV);
	known_bytes(f, DISC_KEY_LADDR, &to->in.sin_addr, 4);
	known_bytes(f, DISC_KEY_RADDR, &from->in.sin_addr, 4);
	known_number(f, DISC_KEY_LPORT, ntohs(to->in.sin_port));
	known_number(f, DISC_KEY_RPORT, ntohs(from->in.sin_port));
	known_number(f, DISC_KEY_SEQ, isn);
	if (p->netns_inum)
		known_number(f, DISC_KEY_NETNS, p->netns_inum);
}

/* The number of the answer; false when there is none. */
static bool answer_isn(int raw, const union any_addr *from, uint32_t seq,
		       uint32_t *isn)
{
	struct segment g;

	while (raw_read(raw, &g)) {
		if (!g.syn || g.dport != ntohs(from->in.sin_port) ||
		    g.ack != seq + 1)
			continue;
		*isn = g.seq;
		return true;
	}
	return false;
}

static void record_one(struct prober *p, struct conn *c, int raw,
		       const union any_addr *from)
{
	uint32_t seq = random32(p), size = p->size.req4, isn, len;
	uint8_t bytes[512];
	struct facts f;
	uint64_t addr;

	if (!note_arm(p, NOTE_REQ, 0) || !raw_syn(raw, from, &c->addr, seq) ||
	    !raw_syn(raw, from, &c->addr, seq))
		return;
	addr = note_take(p, -1, NULL, NULL);
	if (!answer_isn(raw, from, seq, &isn))
		return;
	len = peek(p, addr, bytes,
		   size && size < sizeof(bytes) ? size : sizeof(bytes));
	if (!len)
		return;
	facts_request(p, from, &c->addr, isn, &f);
	tape_window(p->tape, DISC_REQ, ++p->subjects, addr, bytes, len, size,
		    &f);
}

void record_req(struct prober *p, struct conn *c)
{
	for (int i = 0; i < REQUESTS; i++) {
		union any_addr from;
		int sink = open_sink(p, &from), raw;

		if (sink < 0)
			return;
		raw = raw_open(&from);
		if (raw >= 0) {
			record_one(p, c, raw, &from);
			close(raw);
		}
		close(sink);
	}
}
