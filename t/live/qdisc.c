/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queueing disciplines, and what the kernel counts of them: tc(8) by hand. */
#include "net_int.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RED_CELLS = 256 };	/* of its table of idle times */

static const uint32_t root = 1 << 16;

static void qdisc_init(struct request *q, const char *ifname, uint32_t parent,
		       uint32_t handle, const char *kind)
{
	struct tcmsg m = { .tcm_parent = parent, .tcm_handle = handle };

	m.tcm_ifindex = (int)if_nametoindex(ifname);
	req_init(q, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &m,
		 sizeof(m));
	req_add(q, TCA_KIND, kind, strlen(kind) + 1);
}

int link_unqueue(const char *ifname)
{
	struct tcmsg m = { .tcm_parent = TC_H_ROOT };
	struct request q;

	m.tcm_ifindex = (int)if_nametoindex(ifname);
	req_init(&q, RTM_DELQDISC, 0, &m, sizeof(m));
	return req_talk(&q);
}

int link_closed(const char *ifname)
{
	struct tc_fifo_qopt opt = { .limit = 0 };
	struct request q;

	qdisc_init(&q, ifname, TC_H_ROOT, root, "pfifo");
	req_add(&q, TCA_OPTIONS, &opt, sizeof(opt));
	return req_talk(&q);
}

static int netem(const char *ifname, const struct tc_netem_qopt *opt)
{
	struct request q;

	qdisc_init(&q, ifname, TC_H_ROOT, root, "netem");
	req_add(&q, TCA_OPTIONS, opt, sizeof(*opt));
	return req_talk(&q);
}

int link_netem(const char *ifname, double loss, unsigned delay_ms)
{
	struct tc_netem_qopt opt = { .limit = 10000 };

	opt.loss = loss * 4294967295.0;
	/* ticks of 64 ns: PSCHED_SHIFT */
	opt.latency = delay_ms * MSEC >> 6;
	return netem(ifname, &opt);
}

int link_twice(const char *ifname)
{
	const struct tc_netem_qopt opt = {
		.limit = 10000, .duplicate = UINT32_MAX,
	};

	return netem(ifname, &opt);
}

int link_tbf(const char *ifname, uint32_t rate, uint32_t burst, uint32_t limit)
{
	struct tc_tbf_qopt opt = { .limit = limit };
	struct rtattr *nest;
	struct request q;

	opt.rate.rate = rate;
	opt.rate.linklayer = TC_LINKLAYER_ETHERNET;	/* no table */
	qdisc_init(&q, ifname, TC_H_ROOT, root, "tbf");
	nest = req_add(&q, TCA_OPTIONS, NULL, 0);
	req_add(&q, TCA_TBF_PARMS, &opt, sizeof(opt));
	req_add(&q, TCA_TBF_BURST, &burst, sizeof(burst));
	req_end(&q, nest);
	return req_talk(&q);
}

/* Each kind has a handle of its own: one cannot be had by another kind in the
 * place of the first. */
int link_fq(const char *ifname)
{
	struct request q;

	qdisc_init(&q, ifname, TC_H_ROOT, 3 << 16, "fq");
	return req_talk(&q);
}

/* What comes when some bytes wait already is marked if it can be, and dropped
 * if not: neighbours are found before that.  What waited before a pause does
 * not count. */
static int add_red(const char *ifname, uint32_t parent, uint32_t handle)
{
	struct tc_red_qopt opt = { .limit = 100000, .qth_min = 300,
				   .qth_max = 400, .Wlog = 1, .Plog = 1,
				   .Scell_log = 10, .flags = TC_RED_ECN };
	uint8_t forget_idle[RED_CELLS];
	struct rtattr *nest;
	struct request q;

	memset(forget_idle, 31, sizeof(forget_idle));
	qdisc_init(&q, ifname, parent, handle, "red");
	nest = req_add(&q, TCA_OPTIONS, NULL, 0);
	req_add(&q, TCA_RED_PARMS, &opt, sizeof(opt));
	req_add(&q, TCA_RED_STAB, forget_idle, sizeof(forget_idle));
	req_end(&q, nest);
	return req_talk(&q);
}

int link_red(const char *ifname)
{
	return add_red(ifname, TC_H_ROOT, 4 << 16);
}

int link_marks(const char *ifname)
{
	int err = link_tbf(ifname, 5000, 300, 100000);

	return err ? err : add_red(ifname, root | 1, INSIDE);
}

/* What a packet has cost is to be had back before the next may go. */
int link_cbs(const char *ifname, uint32_t rate)
{
	/* kbit/s; the port of a veth has 10 Gbit/s */
	struct tc_cbs_qopt opt = { .hicredit = 1, .locredit = -100000,
				   .idleslope = (int32_t)(rate / 125) };
	struct rtattr *nest;
	struct request q;

	opt.sendslope = opt.idleslope - 10000000;
	qdisc_init(&q, ifname, TC_H_ROOT, 5 << 16, "cbs");
	nest = req_add(&q, TCA_OPTIONS, NULL, 0);
	req_add(&q, TCA_CBS_PARMS, &opt, sizeof(opt));
	req_end(&q, nest);
	return req_talk(&q);
}

int link_cake(const char *ifname, uint64_t rate)
{
	struct rtattr *nest;
	struct request q;

	qdisc_init(&q, ifname, TC_H_ROOT, 6 << 16, "cake");
	nest = req_add(&q, TCA_OPTIONS, NULL, 0);
	req_add(&q, TCA_CAKE_BASE_RATE64, &rate, sizeof(rate));
	req_end(&q, nest);
	return req_talk(&q);
}

/* It is full before it finds that anyone has waited for too long. */
int link_inside(const char *ifname, const char *kind, uint32_t limit)
{
	_Static_assert((int)TCA_CODEL_LIMIT == TCA_FQ_CODEL_LIMIT &&
		       (int)TCA_CODEL_TARGET == TCA_FQ_CODEL_TARGET, "tc");
	uint32_t target_us = PATIENCE * 1000000;
	struct rtattr *nest;
	struct request q;

	qdisc_init(&q, ifname, root | 1, INSIDE, kind);
	nest = req_add(&q, TCA_OPTIONS, NULL, 0);
	req_add(&q, TCA_CODEL_TARGET, &target_us, sizeof(target_us));
	req_add(&q, TCA_CODEL_LIMIT, &limit, sizeof(limit));
	req_end(&q, nest);
	return req_talk(&q);
}

/* ---- what they have done ------------------------------------------------ */

struct wanted {
	int ifindex;
	uint32_t handle;	/* 0: the first that is told is the root */
	unsigned short type;	/* of attribute, of which */
	size_t least;		/* bytes are needed */
};

/* Is it in @h? */
static bool take(const struct nlmsghdr *h, const struct wanted *w, void *to)
{
	const struct tcmsg *m = NLMSG_DATA(h);
	struct rtattr *a = TCA_RTA(m);
	int len = (int)h->nlmsg_len - (int)NLMSG_SPACE(sizeof(*m));

	if (h->nlmsg_type != RTM_NEWQDISC || m->tcm_ifindex != w->ifindex ||
	    (w->handle && m->tcm_handle != w->handle))
		return false;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type != w->type || RTA_PAYLOAD(a) < w->least)
			continue;
		memcpy(to, RTA_DATA(a), w->least);
		return true;
	}
	return false;
}

static int ask(const struct wanted *w, void *to)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct tcmsg m = { .tcm_family = AF_UNSPEC };
	union { struct nlmsghdr h; char buf[16384]; } u;
	struct nlmsghdr *h;
	struct request q;
	ssize_t n;

	if (fd < 0)
		return -errno;
	req_init(&q, RTM_GETQDISC, NLM_F_DUMP, &m, sizeof(m));
	n = send(fd, q.u.buf, q.u.h.nlmsg_len, 0);
	/* there are two devices: one datagram has all */
	if (n >= 0)
		n = recv(fd, u.buf, sizeof(u.buf), 0);
	close(fd);
	for (h = &u.h; n >= 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
		if (take(h, w, to))
			return 0;
	return -ENOENT;
}

int link_qdisc_stats(const char *ifname, uint32_t handle,
		     struct tc_stats *stats)
{
	const struct wanted w = { (int)if_nametoindex(ifname), handle,
				  TCA_STATS,
				  offsetof(struct tc_stats, backlog) + 4 };

	memset(stats, 0, sizeof(*stats));
	return ask(&w, stats);
}

int link_dropped(const char *ifname, uint64_t *packets)
{
	struct tc_stats stats;
	int err = link_qdisc_stats(ifname, 0, &stats);

	*packets = stats.drops;
	return err;
}

int link_marked(const char *ifname, uint64_t *packets)
{
	struct tc_red_xstats red = { .marked = 0 };
	const struct wanted w = { (int)if_nametoindex(ifname), INSIDE,
				  TCA_XSTATS, sizeof(red) };
	int err = ask(&w, &red);

	*packets = red.marked;
	return err;
}
