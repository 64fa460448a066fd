/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets as sock_diag(7) tells of them. */
#include "tools/frontend/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define DUMPS 5			/* until one is whole */
#define NO_LIMIT 0x7fffffff	/* TCP_INFINITE_SSTHRESH */

/* linux/sock_diag.h: 4.8, and later than some machines' headers. */
enum { MEM_DROPS = 8 };

#define TO(m) offsetof(struct socket_event, m), \
	sizeof(((struct socket_event *)0)->m)

/* Members of struct tcp_info, include/uapi/linux/tcp.h: where, how large, and
 * what they are here; what a kernel does not have yet is behind its end. */
static const struct {
	uint16_t from, size, to, to_size;
} members[] = {
	{ 2, 1, TO(retransmits) },
	{ 3, 1, TO(probes) },
	{ 4, 1, TO(backoff) },
	{ 8, 4, TO(rto_us) },
	{ 12, 4, TO(ato_us) },
	{ 16, 4, TO(snd_mss) },
	{ 20, 4, TO(rcv_mss) },
	{ 24, 4, TO(packets_out) },
	{ 28, 4, TO(sacked_out) },
	{ 32, 4, TO(lost_out) },
	{ 36, 4, TO(retrans_out) },
	{ 60, 4, TO(pmtu) },
	{ 68, 4, TO(srtt_us) },
	{ 72, 4, TO(rttvar_us) },
	{ 76, 4, TO(snd_ssthresh) },
	{ 80, 4, TO(snd_cwnd) },
	{ 84, 4, TO(advmss) },
	{ 96, 4, TO(rcv_space) },
	{ 100, 4, TO(total_retrans) },
	{ 104, 8, TO(pacing_rate) },		/* 3.15 */
	{ 120, 8, TO(acked_bytes) },		/* 4.1 */
	{ 136, 4, TO(segs_out) },		/* 4.2 */
	{ 140, 4, TO(segs_in) },
	{ 144, 4, TO(notsent) },		/* 4.6 */
	{ 148, 4, TO(min_rtt_us) },
	{ 152, 4, TO(data_segs_in) },
	{ 156, 4, TO(data_segs_out) },
	{ 160, 8, TO(delivery_rate) },		/* 4.9 */
	{ 208, 8, TO(retrans_bytes) },		/* 4.19 */
	{ 228, 4, TO(snd_wnd) },		/* 5.4 */
	{ 232, 4, TO(rcv_wnd) },		/* 6.2 */
};

enum { INFO_CA_STATE = 1, INFO_BYTES_SENT = 200 };

struct answers {
	struct socket_list *list;
	const struct socket_kind *kind;
};

/* No more than its low bytes may be in a member; in which order they are is
 * the machine's. */
static void put_member(struct socket_event *e, unsigned i, const void *info)
{
	const uint8_t *from = (const uint8_t *)info + members[i].from;
	uint8_t *to = (uint8_t *)e + members[i].to;
	uint64_t wide = *from;
	uint32_t narrow;

	if (members[i].size == 8)
		memcpy(&wide, from, 8);
	if (members[i].size == 4) {
		memcpy(&narrow, from, 4);
		wide = narrow;
	}
	narrow = (uint32_t)wide;
	if (members[i].to_size == 8)
		memcpy(to, &wide, 8);
	else
		memcpy(to, &narrow, 4);
}

/* Of a listener it tells other things, and those idiag_rqueue has. */
static void put_info(struct socket_event *e, const struct inet_diag_msg *m,
		     size_t len)
{
	struct before b;
	size_t n;
	const void *info = sockdiag_attr(m, len, INET_DIAG_INFO, &n);

	if (!info || e->state == TCP_LISTEN)
		return;
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (n >= (size_t)members[i].from + members[i].size)
			put_member(e, i, info);
	if (n > INFO_CA_STATE)
		e->ca_state = ((const uint8_t *)info)[INFO_CA_STATE] + 1;
	if (e->snd_ssthresh == NO_LIMIT)
		e->snd_ssthresh = -1;
	if (!sockdiag_before(&b, m, info, n))
		return;
	e->rx_bytes = (int64_t)b.received;
	/* whether one is the SYN is not told: it is in what can be had of
	 * sequence numbers alone, tx_once() */
	if (n >= INFO_BYTES_SENT + 16)
		e->tx_bytes = (int64_t)(b.sent < b.acked + b.in_flight ?
					b.sent : b.acked + b.in_flight);
}

static void put_memory(struct socket_event *e, const struct inet_diag_msg *m,
		       size_t len)
{
	size_t n;
	const void *mem = sockdiag_attr(m, len, INET_DIAG_SKMEMINFO, &n);

	if (n < 4 * (SK_MEMINFO_WMEM_QUEUED + 1))
		return;
	e->sk_rmem_alloc = sockdiag_u32(mem, n, 4 * SK_MEMINFO_RMEM_ALLOC);
	e->sk_rcvbuf = sockdiag_u32(mem, n, 4 * SK_MEMINFO_RCVBUF);
	e->sk_sndbuf = sockdiag_u32(mem, n, 4 * SK_MEMINFO_SNDBUF);
	e->sk_wmem_queued = sockdiag_u32(mem, n, 4 * SK_MEMINFO_WMEM_QUEUED);
	if (n >= 4 * (MEM_DROPS + 1))
		e->sk_drops = sockdiag_u32(mem, n, 4 * MEM_DROPS);
}

static void put_cc(struct socket_event *e, const struct inet_diag_msg *m,
		   size_t len)
{
	size_t n;
	const char *cc = sockdiag_attr(m, len, INET_DIAG_CONG, &n);

	memset(e->cc, 0, sizeof(e->cc));
	if (cc && e->state != TCP_LISTEN)
		memcpy(e->cc, cc, n < sizeof(e->cc) ? n : sizeof(e->cc) - 1);
}

/* A raw socket has its protocol where others have a port. */
static void put_id(struct socket_event *e, const struct inet_diag_msg *m)
{
	socket_addr(e->flow.laddr, e->flow.family, m->id.idiag_src);
	socket_addr(e->flow.raddr, e->flow.family, m->id.idiag_dst);
	if (e->netid == SOCKET_RAW) {
		e->flow.protocol = ntohs(m->id.idiag_sport);
	} else {
		e->flow.lport = ntohs(m->id.idiag_sport);
		e->flow.rport = ntohs(m->id.idiag_dport);
	}
	e->flow.id = sockdiag_cookie(m);
	e->bound_if = (int32_t)m->id.idiag_if;
}

static int add_answer(void *ctx, const struct inet_diag_msg *m, size_t len)
{
	const struct answers *a = ctx;
	struct socket_event *e;

	if (m->idiag_family != a->kind->family ||
	    !(a->list->states >> (m->idiag_state & 31) & 1))
		return 0;
	e = socket_add(a->list, a->kind);
	if (!e)
		return -ENOMEM;
	e->state = m->idiag_state;
	put_id(e, m);
	e->recv_q = m->idiag_rqueue;
	e->send_q = m->idiag_wqueue;
	e->inode = m->idiag_inode;
	if (m->idiag_inode)
		e->sk_uid = m->idiag_uid;
	e->timer = m->idiag_timer;
	e->timer_ns = m->idiag_timer ? m->idiag_expires * 1000000ull : 0;
	put_info(e, m, len);
	put_memory(e, m, len);
	put_cc(e, m, len);
	return 0;
}

int sockets_diag(struct socket_list *l, const struct socket_kind *kind)
{
	struct answers a = { l, kind };
	struct sockdiag ask = {
		.family = kind->family, .protocol = kind->protocol,
		.states = l->states,
		.ext = 1 << (INET_DIAG_INFO - 1) |
		       1 << (INET_DIAG_SKMEMINFO - 1) |
		       1 << (INET_DIAG_CONG - 1),
	};
	size_t before = l->n;
	int fd, err = -EAGAIN;

	for (int i = 0; i < DUMPS && err == -EAGAIN; i++) {
		l->n = before;
		fd = sockdiag_open();
		if (fd < 0)
			return fd;
		err = sockdiag_list(fd, &ask, add_answer, &a);
		close(fd);
	}
	return err;
}
