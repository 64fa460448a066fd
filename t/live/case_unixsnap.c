/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unixsnap: AF_UNIX sockets that stay, in a network namespace of their own,
 * compared field by field as unix_diag tells them and as /proc/net/unix does.
 */
#include "look.h"
#include "standing_unix.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct all {
	struct test *t;
	struct look look;
	struct standing_unix made;
};

/* ---- what is shown ----------------------------------------------------- */

static void expect_number(struct all *a, const struct table *tb, unsigned row,
			  const char *key, uint64_t made)
{
	look_expect_number(&a->look, tb, row, key, made);
}

static void expect(struct all *a, const struct table *tb, unsigned row,
		   const char *key, const char *made)
{
	look_expect(&a->look, tb, row, key, made);
}

/* /proc does not tell. */
static void check_less(struct all *a, const struct table *tb, unsigned row)
{
	static const char *const keys[] = {
		"recv_q", "send_q", "peer", "peer_pid", "peer_comm",
		"peer_owners", "peer_path", "shutdown", "cookie", "sk_uid",
		"sk_sndbuf",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		expect(a, tb, row, keys[i], "");
}

static void check_peer(struct all *a, const struct table *tb, unsigned row,
		       const struct made_unix *m)
{
	const struct made_unix *p = m->peer;

	if (!p) {
		expect(a, tb, row, "peer", "");
		expect(a, tb, row, "peer_pid", "");
		expect(a, tb, row, "peer_comm", "");
		expect(a, tb, row, "peer_path", "");
		return;
	}
	expect_number(a, tb, row, "peer", p->inode);
	expect_number(a, tb, row, "peer_pid", (uint64_t)p->pid);
	expect_number(a, tb, row, "peer_owners", p->owners);
	expect(a, tb, row, "peer_comm", "live");
	expect(a, tb, row, "peer_path", p->path);
}

static void check_more(struct all *a, const struct table *tb, unsigned row,
		       const struct made_unix *m)
{
	char cookie[24];

	expect_number(a, tb, row, "recv_q", (uint64_t)m->recv_q);
	expect_number(a, tb, row, "send_q", (uint64_t)m->send_q);
	expect(a, tb, row, "shutdown", m->shutdown);
	check_peer(a, tb, row, m);
	snprintf(cookie, sizeof(cookie), "0x%llx",
		 (unsigned long long)m->cookie);
	if (m->cookie)
		expect(a, tb, row, "cookie", cookie);
	if (*table_cell(tb, row, "sk_uid"))	/* 5.3 */
		expect_number(a, tb, row, "sk_uid", getuid());
}

static void check_row(struct all *a, const struct table *tb, unsigned row,
		      const struct made_unix *m)
{
	expect(a, tb, row, "netid", m->netid);
	/* of datagrams connected or not, before 5.15 /proc does not tell */
	if (a->look.diag || m->netid[2] != 'd')
		expect(a, tb, row, "state", m->state);
	expect(a, tb, row, "path", m->path);
	expect(a, tb, row, "comm", "live");
	expect_number(a, tb, row, "pid", (uint64_t)m->pid);
	expect_number(a, tb, row, "fd", (uint64_t)m->fd);
	expect_number(a, tb, row, "owners", m->owners);
	expect_number(a, tb, row, "uid", getuid());
	expect_number(a, tb, row, "netns", a->made.ns.inum);
	if (a->look.diag)
		check_more(a, tb, row, m);
	else
		check_less(a, tb, row);
}

static int find_row(const struct table *tb, const struct made_unix *m)
{
	char inode[24];

	snprintf(inode, sizeof(inode), "%llu", (unsigned long long)m->inode);
	for (unsigned i = 0; i < tb->nrows; i++)
		if (!strcmp(table_cell(tb, i, "inode"), inode))
			return (int)i;
	return -1;
}

#define COLUMNS "netid,state,recv_q,send_q,pid,comm,peer_pid,peer_comm,fd," \
	"owners,peer_owners,uid,sk_uid,inode,peer,cookie,netns,shutdown,"    \
	"sk_sndbuf,peer_path,path"

static void check_all(struct all *a)
{
	struct table tb;
	int row;

	look_ask(&a->look, &tb, ARGS("-o", COLUMNS));
	/* ends that are not accepted are in no process, and not shown */
	if (tb.nrows != a->made.n)
		differ(a->t, "%u sockets made, %u shown", a->made.n, tb.nrows);
	for (unsigned i = 0; i < a->made.n; i++) {
		const struct made_unix *m = &a->made.made[i];

		row = find_row(&tb, m);
		if (row >= 0)
			check_row(a, &tb, (unsigned)row, m);
		else
			differ(a->t, "%s %s %llu is not shown", m->netid,
			       m->state, (unsigned long long)m->inode);
	}
	table_release(&tb);
}

static void check_filters(struct all *a)
{
	const struct look *l = &a->look;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)a->made.other);
	look_want(l, "-p", 2, ARGS("-p", pid));
	look_want(l, "-n", a->made.n, ARGS("-n", "live"));
	look_want(l, "--state listen", 3, ARGS("--state", "listen"));
	look_want(l, "--each-owner", 4,
		  ARGS("--each-owner", "--state", "listen"));
	look_want(l, "--net u_seq,u_dgr", 9, ARGS("--net", "u_seq,u_dgr"));
	/* the two states of datagrams /proc does not tell apart */
	look_want(l, "-c", l->diag ? 7 : 6, ARGS("-c"));
	look_want(l, "three times", 3 * 4, ARGS("--net", "u_dgr", "0.01", "3"));
}

/* The line end in a name is told; and a capture is as it was. */
static void check_forms(struct all *a)
{
	char netns[24], path[200];
	struct tool r;

	snprintf(netns, sizeof(netns), "inode:%u", a->made.ns.inum);
	temp_path(path, sizeof(path), "unixsnap");
	tool_init(&r, a->t, a->made.ns.inum);
	r.verb = true;
	tool_start(&r, "unixsnap", ARGS("-N", netns, "--csv", "-W", path));
	tool_stop(&r, 0);
	tool_check_clean(&r);
	tool_replayed(&r, path);
	tool_release(&r);
	tool_init(&r, a->t, a->made.ns.inum);
	r.verb = true;
	tool_start(&r, "unixsnap", ARGS("-N", netns, "-j", "--net", "u_dgr"));
	tool_stop(&r, 0);
	if (!r.text || !strstr(r.text, "a name, with\\u000aan end\""))
		differ(a->t, "JSON does not tell the line end of a name");
	tool_release(&r);
}

/* CONFIG_UNIX_DIAG; it may be a module. */
static bool kernel_diagnoses(struct test *t)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = AF_UNIX },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);
	struct nlmsghdr answer[64];
	bool there = fd >= 0 &&
		send(fd, &req, sizeof(req), 0) == sizeof(req) &&
		recv(fd, answer, sizeof(answer), 0) > 0 &&
		answer[0].nlmsg_type != NLMSG_ERROR;

	if (!there)
		summary(t, "no unix_diag; ");
	if (fd >= 0)
		close(fd);
	return there;
}

static void unixsnap(struct test *t)
{
	static struct all a;

	a.t = t;
	standing_unix_make(t, &a.made);
	a.look = (struct look){ t, "unixsnap", a.made.ns.inum, false };
	check_all(&a);
	a.look.diag = kernel_diagnoses(t);
	if (a.look.diag)
		check_all(&a);
	check_filters(&a);
	check_forms(&a);
	summary(t, "%u sockets made, all shown; %d connections wait",
		a.made.n, WAITING);
	standing_unix_end(&a.made);
}

const struct live_case unixsnap_cases[] = {
	{ "unixsnap", "AF_UNIX sockets that exist, field by field", 300,
	  unixsnap, false },
	{ NULL, NULL, 0, NULL, false },
};
