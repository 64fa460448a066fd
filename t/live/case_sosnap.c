/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sosnap: sockets that stay, compared field by field as sock_diag tells them
 * and as /proc/net does.
 */
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
	bool diag;		/* asked of sock_diag, not of /proc/net */
};

/* ---- comparing --------------------------------------------------------- */

static void expect(struct all *a, const struct table *tb, unsigned row,
		   const char *key, const char *made)
{
	const char *cell = table_cell(tb, row, key);

	if (strcmp(cell, made))
		differ(a->t, "%s %s %s - %s: %s is '%s', made '%s' (%s)",
		       table_cell(tb, row, "netid"),
		       table_cell(tb, row, "state"),
		       table_cell(tb, row, "lport"),
		       table_cell(tb, row, "rport"), key, cell, made,
		       a->diag ? "sock_diag" : "/proc/net");
}

static void expect_number(struct all *a, const struct table *tb, unsigned row,
			  const char *key, uint64_t made)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)made);
	expect(a, tb, row, key, text);
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
	if (m->listens && !a->diag)	/* it does not tell backlogs */
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
	if (!a->diag) {
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
	if (a->diag && m->fd >= 0 && *m->netid != 'r')
		check_cookie(a, tb, row, m);
	if (m->counted)
		check_info(a, tb, row, m);
}

/* ---- asking ------------------------------------------------------------ */

#define COLUMNS "netid,state,recv_q,send_q,laddr,lport,raddr,rport,ip,netns," \
	"pid,fd,owners,uid,sk_uid,inode,cookie,snd_cwnd,snd_ssthresh,srtt_us," \
	"rttvar_us,min_rtt_us,total_retrans,segs_out,tx_bytes,rx_bytes,cc," \
	"sk_sndbuf,sk_wmem_queued"

static void ask(struct all *a, struct table *tb, const char *const *args)
{
	const char *argv[32] = { "--csv", "--netns" };
	char netns[24];
	unsigned n = 2;
	struct tool r;

	snprintf(netns, sizeof(netns), "inode:%u", a->made.ns.inum);
	argv[n++] = netns;
	if (!a->diag) {
		argv[n++] = "--config";
		argv[n++] = "no-sock-diag=1";
	}
	for (; *args; args++)
		argv[n++] = *args;
	tool_init(&r, a->t, a->made.ns.inum);
	r.verb = true;		/* it ends by itself, and has no fields */
	tool_start(&r, "sosnap", argv);
	tool_stop(&r, 0);
	tool_check_clean(&r);
	if (!table_parse(tb, a->t, r.text ? r.text : ""))
		fatal(a->t, "no table");
	tool_release(&r);
}

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
		ask(a, tb, ARGS("-o", COLUMNS));
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

static unsigned count(struct all *a, const char *const *args)
{
	struct table tb;
	unsigned n;

	ask(a, &tb, args);
	n = tb.nrows;
	table_release(&tb);
	return n;
}

static void want(struct all *a, const char *what, unsigned made,
		 const char *const *args)
{
	unsigned n = count(a, args);

	if (n != made)
		differ(a->t, "%s: %u rows, should be %u", what, n, made);
}

static void check_filters(struct all *a)
{
	char pid[16], port[8];

	snprintf(pid, sizeof(pid), "%d", (int)a->made.other);
	snprintf(port, sizeof(port), "%u", addr_port(&a->made.made[0].local));
	want(a, "-p", 1, ARGS("-p", pid));
	want(a, "--each-owner", 2,
	     ARGS("--each-owner", "-L", port, "--state", "LISTEN"));
	want(a, "--state time_wait", ENDED, ARGS("--state", "time_wait"));
	want(a, "--state close_wait,fin_wait2", 2 * HALF,
	     ARGS("--state", "close_wait,fin_wait2"));
	want(a, "--net udp", 4, ARGS("--net", "udp"));
	want(a, "-A fd00::/16 --net udp", 1,
	     ARGS("-A", "fd00::/16", "--net", "udp"));
	want(a, "-n", 0, ARGS("-n", "no-such"));
	want(a, "three times", 3 * 4, ARGS("--net", "udp", "0.01", "3"));
}

static void sosnap(struct test *t)
{
	static struct all a;

	a.t = t;
	standing_make(t, &a.made);
	check_all(&a);
	a.diag = true;
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
