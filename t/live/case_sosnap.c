/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sosnap: sockets that stay, compared field by field as sock_diag tells them
 * and as /proc/net does.
 */
#include "look.h"
#include "standing.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57		/* 4.12 */
#endif

struct all {
	struct test *t;
	struct standing made;
	struct look look;
};

/* ---- comparing --------------------------------------------------------- */

static void expect(struct all *a, const struct table *tb, unsigned row,
		   const char *key, const char *made)
{
	look_expect(&a->look, tb, row, key, made);
}

static void expect_number(struct all *a, const struct table *tb, unsigned row,
			  const char *key, uint64_t made)
{
	look_expect_number(&a->look, tb, row, key, made);
}

/* -1: there is none. */
static int find_row(const struct table *tb, const struct made *m)
{
	char laddr[46], raddr[46] = "0.0.0.0", lport[8], rport[8];
	union addr none;

	addr_set(&none, m->local.sa.sa_family, m->local.sa.sa_family ==
		 AF_INET ? "0.0.0.0" : "::", 0);
	addr_text(&m->local, laddr, sizeof(laddr));
	addr_text(m->peer.sa.sa_family ? &m->peer : &none, raddr,
		  sizeof(raddr));
	snprintf(lport, sizeof(lport), "%u", addr_port(&m->local));
	snprintf(rport, sizeof(rport), "%u", m->peer.sa.sa_family ?
		 addr_port(&m->peer) : 0u);
	for (unsigned i = 0; i < tb->nrows; i++)
		if (table_matches(tb, i, ARGS("netid", m->netid, "laddr",
				laddr, "lport", lport, "raddr", raddr,
				"rport", rport, "ip", m->ip)))
			return (int)i;
	return -1;
}

static void check_owner(struct all *a, const struct table *tb, unsigned row,
			const struct made *m)
{
	struct stat st;

	if (m->fd < 0) {
		expect(a, tb, row, "pid", "");
		expect(a, tb, row, "inode", "");
		expect(a, tb, row, "sk_uid", "");
		return;
	}
	if (fstat(m->fd, &st))
		fatal(a->t, "fstat: %m");
	expect_number(a, tb, row, "inode", st.st_ino);
	expect_number(a, tb, row, "pid", getpid());
	expect_number(a, tb, row, "fd", m->fd);
	expect_number(a, tb, row, "owners", m->fd == a->made.shared ? 2 : 1);
	expect_number(a, tb, row, "uid", getuid());
	expect_number(a, tb, row, "sk_uid", getuid());
}

static void check_queues(struct all *a, const struct table *tb, unsigned row,
			 const struct made *m)
{
	if (m->recv_q != -2)
		expect_number(a, tb, row, "recv_q", m->recv_q == -1 ?
			      (uint64_t)m->in : (uint64_t)m->recv_q);
	if (m->listens && !a->look.diag)	/* it does not tell backlogs */
		expect(a, tb, row, "send_q", "");
	else
		expect_number(a, tb, row, "send_q",
			      m->send_q == -1 ? (uint64_t)m->out :
			      (uint64_t)m->send_q);
}

static void check_cookie(struct all *a, const struct table *tb, unsigned row,
			 const struct made *m)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	char text[24];

	if (getsockopt(m->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)cookie);
	expect(a, tb, row, "cookie", text);
}

/* What `ss -ti' shows of a connection. */
static void check_info(struct all *a, const struct table *tb, unsigned row,
		       const struct made *m)
{
	struct tcpinfo i;

	if (tcpinfo_settled(m->fd, &i))
		fatal(a->t, "TCP_INFO: %m");
	expect_number(a, tb, row, "snd_cwnd", i.snd_cwnd);
	if (i.snd_ssthresh < 0x7fffffff)
		expect_number(a, tb, row, "snd_ssthresh", i.snd_ssthresh);
	else
		expect(a, tb, row, "snd_ssthresh", "");
	if (!a->look.diag) {
		expect(a, tb, row, "srtt_us", "");
		expect(a, tb, row, "tx_bytes", "");
		return;
	}
	expect_number(a, tb, row, "srtt_us", i.srtt_us);
	expect_number(a, tb, row, "rttvar_us", i.rttvar_us);
	if (i.min_rtt_us)
		expect_number(a, tb, row, "min_rtt_us", i.min_rtt_us);
	expect_number(a, tb, row, "total_retrans", i.retrans);
	expect_number(a, tb, row, "segs_out", i.segs_out);
	expect_number(a, tb, row, "tx_bytes", m->tx);
	expect_number(a, tb, row, "rx_bytes", m->rx);
	expect(a, tb, row, "cc", i.cc);
	if (i.has_mem) {
		expect_number(a, tb, row, "sk_sndbuf", i.sk_sndbuf);
		expect_number(a, tb, row, "sk_wmem_queued", i.sk_wmem_queued);
	}
}

static void check_row(struct all *a, const struct table *tb, unsigned row,
		      const struct made *m)
{
	expect(a, tb, row, "state", m->state);
	expect_number(a, tb, row, "netns", a->made.ns.inum);
	check_owner(a, tb, row, m);
	check_queues(a, tb, row, m);
	/* the kernel may not list raw ones (CONFIG_INET_RAW_DIAG) */
	if (a->look.diag && m->fd >= 0 && *m->netid != 'r')
		check_cookie(a, tb, row, m);
	if (m->counted)
		check_info(a, tb, row, m);
}

/* ---- asking ------------------------------------------------------------ */

#define COLUMNS "netid,state,recv_q,send_q,laddr,lport,raddr,rport,ip,netns," \
	"pid,fd,owners,uid,sk_uid,inode,cookie,snd_cwnd,snd_ssthresh,srtt_us," \
	"rttvar_us,min_rtt_us,total_retrans,segs_out,tx_bytes,rx_bytes,cc," \
	"sk_sndbuf,sk_wmem_queued"

/* True: as before. */
static bool look_at_queues(struct all *a)
{
	bool same = true;
	int in, out;

	for (struct made *m = a->made.made; m < a->made.made + a->made.n; m++) {
		if (m->recv_q != -1)
			continue;
		if (ioctl(m->fd, SIOCINQ, &in) || ioctl(m->fd, SIOCOUTQ, &out))
			fatal(a->t, "SIOCINQ, SIOCOUTQ: %m");
		same &= m->in == in && m->out == out;
		m->in = in;
		m->out = out;
	}
	return same;
}

/* Window probes may move a little of what is full meanwhile. */
static void ask_quietly(struct all *a, struct table *tb)
{
	look_at_queues(a);
	for (int i = 0;; i++) {
		look_ask(&a->look, tb, ARGS("-o", COLUMNS));
		if (look_at_queues(a))
			return;
		if (i == 20)
			fatal(a->t, "queues do not settle");
		table_release(tb);
	}
}

static void check_all(struct all *a)
{
	struct table tb;
	int row;

	ask_quietly(a, &tb);
	if (tb.nrows != a->made.n)
		differ(a->t, "%u sockets made, %u shown", a->made.n, tb.nrows);
	for (unsigned i = 0; i < a->made.n; i++) {
		const struct made *m = &a->made.made[i];

		row = find_row(&tb, m);
		if (row >= 0)
			check_row(a, &tb, (unsigned)row, m);
		else
			differ(a->t, "%s %s %u - %u is not shown", m->netid,
			       m->state, addr_port(&m->local),
			       addr_port(&m->peer));
	}
	table_release(&tb);
}

static void check_filters(struct all *a)
{
	const struct look *l = &a->look;
	char pid[16], port[8];

	snprintf(pid, sizeof(pid), "%d", (int)a->made.other);
	snprintf(port, sizeof(port), "%u", addr_port(&a->made.made[0].local));
	look_want(l, "-p", 1, ARGS("-p", pid));
	look_want(l, "--each-owner", 2,
		  ARGS("--each-owner", "-L", port, "--state", "LISTEN"));
	look_want(l, "--state time_wait", ENDED,
		  ARGS("--state", "time_wait"));
	look_want(l, "--state close_wait,fin_wait2", 2 * HALF,
		  ARGS("--state", "close_wait,fin_wait2"));
	look_want(l, "--net udp", 4, ARGS("--net", "udp"));
	look_want(l, "-A fd00::/16 --net udp", 1,
		  ARGS("-A", "fd00::/16", "--net", "udp"));
	look_want(l, "-n", 0, ARGS("-n", "no-such"));
	look_want(l, "three times", 3 * 4, ARGS("--net", "udp", "0.01", "3"));
}

static void sosnap(struct test *t)
{
	static struct all a;

	a.t = t;
	standing_make(t, &a.made);
	a.look = (struct look){ t, "sosnap", a.made.ns.inum, false };
	check_all(&a);
	a.look.diag = true;
	check_all(&a);
	check_filters(&a);
	summary(t, "%u sockets made, all shown twice: %d listeners, %d "
		"connections, %d half closed, %d in TIME_WAIT, %d full",
		a.made.n, QUEUES + 3, CONNECTIONS, HALF, ENDED, FULL);
	standing_end(&a.made);
}

const struct live_case sosnap_cases[] = {
	{ "sosnap", "sockets that exist, field by field", 300, sosnap, false },
	{ NULL, NULL, 0, NULL, false },
};
