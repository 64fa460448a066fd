/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What happens to the prober's TCP connections, and the windows taken in
 * between: idle, options set anew, data under way, unread, lost and sent
 * again, the peer gone.
 */
#include "loader/discover_int.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <unistd.h>

#define CONNS 5

/* include/net/tcp_states.h */
enum { TCP_CLOSE = 7, TCP_CLOSE_WAIT = 8 };

/* Wait until byte or word @off of TCP_INFO is @least; most it takes is @us. */
static bool wait_info(int fd, unsigned off, uint32_t least, uint64_t us)
{
	uint64_t end = clock_us() + us;

	while (tcp_info_u32(fd, off) < least) {
		if (clock_us() > end)
			return false;
		pause_us(500);
	}
	return true;
}

static bool wait_acked(int fd, uint64_t us)
{
	uint64_t end = clock_us() + us;

	while (tcp_info_u32(fd, INFO_UNACKED)) {
		if (clock_us() > end)
			return false;
		pause_us(200);
	}
	return true;
}

/* With nothing under way no timer runs. */
static void window_idle(struct prober *p, struct subject *s,
			const struct subject *peer, bool pointees)
{
	bool acked = wait_acked(s->fd, 50000);

	s->pending = acked ? 0 : -1;
	s->retrans = tcp_info_u32(s->fd, INFO_TOTAL_RETRANS);
	s->peer = acked ? peer->fd : -1;
	/* an acknowledgement of ours may still be on its way to the peer,
	 * which is asked what we cannot be (before 6.2) */
	if (acked && !tcp_info_has(s->fd, INFO_RCV_WND))
		pause_us(200 + (unsigned)(p->slow_us / 64));
	subject_window(p, s, pointees);
	s->pending = s->peer = -1;
}

/* ---- waiting for accept ----------------------------------------------- */

static void record_listener(struct prober *p, struct conn *c, unsigned n)
{
	subject_window(p, &c->lis, false);
	for (unsigned i = 0; i <= n % WAITING; i++) {
		c->waiting[i] = socket(c->lis.family,
				       SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (c->waiting[i] < 0 ||
		    connect(c->waiting[i], &c->addr.sa, c->addrlen))
			break;
	}
	subject_options(p, &c->lis);
	subject_window(p, &c->lis, false);
}

/* ---- data ------------------------------------------------------------- */

static void set_cork(struct subject *s, int on)
{
	setsockopt(s->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void record_data(struct prober *p, struct conn *c, unsigned n)
{
	window_idle(p, &c->cli, &c->srv, n < 2);
	window_idle(p, &c->srv, &c->cli, false);
	/* what connect() used stays in inet->cork; these go elsewhere */
	subject_options(p, &c->cli);
	subject_options(p, &c->srv);
	for (unsigned i = 0; i <= n; i++) {
		conn_send(p, &c->cli, random_range(p, 300, 900));
		conn_read(&c->srv);
	}
	conn_send(p, &c->srv, random_range(p, 1000, 3000));
	conn_read(&c->cli);
	set_cork(&c->cli, n % 2);
	window_idle(p, &c->cli, &c->srv, false);
	set_cork(&c->cli, 0);
	conn_send(p, &c->cli, random_range(p, 2000, 5000));
	window_idle(p, &c->srv, &c->cli, false);	/* unread */
	conn_read(&c->srv);
}

/* ---- loss ------------------------------------------------------------- */

/*
 * With data under way a timer is pending: ICSK_TIME_RETRANS (1), or, where
 * tail loss probes are on and nothing was lost so far, ICSK_TIME_LOSS_PROBE
 * (5).
 */
static void lose(struct prober *p, struct conn *c, unsigned n)
{
	uint32_t len = random_range(p, 300, 800);
	const int on = 1;

	setsockopt(c->cli.fd, IPPROTO_TCP, TCP_NODELAY, &on,
		   sizeof(on));
	conn_drop(c->srv.fd, len);
	net_early_retrans(p, n == 2 ? 3 : 0);
	c->cli.retrans = tcp_info_u32(c->cli.fd, INFO_TOTAL_RETRANS);
	conn_send(p, &c->cli, len);
	c->cli.pending = p->early_retrans < 0 ? -1 :
			 p->early_retrans ? 5 : 1;
	subject_window(p, &c->cli, false);
	net_early_retrans(p, 0);
	c->cli.pending = -1;
	/* these arrive, and are acknowledged selectively: one, or three */
	conn_send(p, &c->cli, n % 2 ? len + random_range(p, 1, 90) : 2300);
	subject_window(p, &c->cli, false);
}

/* Until it was sent again @times times. */
static void window_lost(struct prober *p, struct conn *c, uint32_t times)
{
	if (!p->rto_ms || c->cli.family != AF_INET ||
	    !wait_info(c->cli.fd, INFO_RETRANSMITS, times,
		       p->rto_ms * 15000ull))
		return;
	c->cli.pending = 1;
	c->cli.retrans = tcp_info_u32(c->cli.fd, INFO_TOTAL_RETRANS);
	subject_window(p, &c->cli, false);
	c->cli.pending = -1;
}

/* The first one is not mended: the timer doubles each time. */
static void record_loss(struct prober *p, struct conn *c, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		lose(p, &c[i], i);
	if (n && p->rto_ms && conn_drop(c[0].srv.fd, 0) &&
	    retransmit_arm(p, &c[0]) &&
	    wait_info(c[0].cli.fd, INFO_RETRANSMITS, 1, p->rto_ms * 15000ull))
		retransmit_take(p, &c[0]);
	for (unsigned i = 0; i < n; i++)
		window_lost(p, &c[i], 1);
	for (unsigned i = 1; i < n; i++) {
		conn_undrop(c[i].srv.fd);
		/* what comes now is acknowledged with what lacks: no need to
		 * wait for the timer */
		conn_send(p, &c[i].cli, random_range(p, 100, 900));
	}
	if (n) {
		window_lost(p, &c[0], 2);
		conn_drop(c[0].srv.fd, 0);
		record_urgent(p, &c[0]);
	}
	for (unsigned i = 1; i < n; i++) {
		conn_read(&c[i].srv);
		window_idle(p, &c[i].cli, &c[i].srv, false);
		window_idle(p, &c[i].srv, &c[i].cli, false);
	}
}

/* ---- the end ---------------------------------------------------------- */

static bool wait_state(int fd, uint32_t state)
{
	uint64_t end = clock_us() + 50000;

	while (tcp_info_u32(fd, 0) != state) {
		if (clock_us() > end)
			return false;
		pause_us(100);
	}
	return true;
}

static void end_fin(struct prober *p, struct conn *c)
{
	conn_read(&c->srv);
	shutdown(c->srv.fd, SHUT_WR);
	c->srv.shutdown = 2;		/* SEND_SHUTDOWN */
	if (!wait_state(c->cli.fd, TCP_CLOSE_WAIT))
		return;
	c->cli.shutdown = 1;		/* RCV_SHUTDOWN */
	c->cli.fin = true;
	conn_read(&c->cli);
	window_idle(p, &c->cli, &c->srv, false);
	window_idle(p, &c->srv, &c->cli, false);
}

/* The peer closes with a reset: sk_err is set until somebody asks. */
static void end_reset(struct prober *p, struct conn *c)
{
	subject_close(&c->srv);
	if (!wait_state(c->cli.fd, TCP_CLOSE))
		return;
	c->cli.gone = true;
	c->cli.shutdown = 3;
	c->cli.pending = -1;
	subject_window(p, &c->cli, false);
	subject_window(p, &c->cli, false);
}

void record_tcp(struct prober *p)
{
	static struct conn c[CONNS];
	unsigned n = 0;

	for (unsigned i = 0; i < CONNS; i++) {
		int family = i < 3 || !net_ipv6(p) ? AF_INET : AF_INET6;

		if (conn_open(p, &c[n], family, i == 4, i))
			n++;
		else
			conn_close(&c[n]);
	}
	/* where no hook tells of UDP sockets */
	if (!p->task && n > 1)
		record_task(p, (struct subject[]){ c[0].cli, c[1].cli }, 2);
	for (unsigned i = 0; i < n; i++)
		record_data(p, &c[i], i);
	for (unsigned i = 0; i < n; i++)
		record_seq(p, &c[i]);
	if (n > 1)
		record_partly(p, &c[1]);
	for (unsigned i = 0; i < n; i++)
		record_listener(p, &c[i], i);
	for (unsigned i = 0; i < 2 && i < n; i++)
		record_skb(p, &c[i]);
	if (n)
		record_req(p, &c[0]);
	record_loss(p, c, n < 3 ? n : 3);
	for (unsigned i = 0; i < n; i++) {
		if (i && i % 2 == 0)
			end_fin(p, &c[i]);
		end_reset(p, &c[i]);
		conn_close(&c[i]);
	}
}
