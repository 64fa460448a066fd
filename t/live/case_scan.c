/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ieee80211scan: scans by a simulated radio (mac80211_hwsim) of known channels
 * and networks, one of them aborted.
 */
#include "net_int.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RADIO "wlan0"		/* mac80211_hwsim makes two */
#define SCANS 3
#define SSID "caf\xc3\xa9 \x1b[31m"	/* as somebody may call a network, */
#define SHOWN "caf\xc3\xa9 ?[31m"	/* and what is fit for a terminal */

struct scene {
	struct test *t;
	uint16_t nl80211;	/* its number */
	uint32_t ifindex;
	struct tool tool;
	struct table tb;
	bool types;		/* the module tells its types */
};

/* ---- generic netlink ---------------------------------------------------- */

static void genl_init(struct request *q, uint16_t family, uint8_t cmd)
{
	struct genlmsghdr g = { .cmd = cmd, .version = 1 };

	req_init(q, family, 0, &g, sizeof(g));
}

/* The number of nl80211; 0: there is none. */
static uint16_t nl80211_family(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct request q;
	struct nlattr a;
	char buf[4096];
	uint16_t id = 0;
	ssize_t n = -1, at;

	genl_init(&q, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	req_add(&q, CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME,
		sizeof(NL80211_GENL_NAME));
	if (send(fd, q.u.buf, q.u.h.nlmsg_len, 0) > 0)
		n = recv(fd, buf, sizeof(buf), 0);
	close(fd);
	at = NLMSG_LENGTH(sizeof(struct genlmsghdr));
	while (at + (ssize_t)sizeof(a) <= n) {
		memcpy(&a, buf + at, sizeof(a));
		if (a.nla_len < sizeof(a))
			break;
		if (a.nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&id, buf + at + sizeof(a), sizeof(id));
		at += NLMSG_ALIGN(a.nla_len);
	}
	return id;
}

static void scan_init(struct scene *s, struct request *q, uint8_t cmd)
{
	genl_init(q, s->nl80211, cmd);
	req_add(q, NL80211_ATTR_IFINDEX, &s->ifindex, sizeof(s->ifindex));
}

/* ---- what is made ------------------------------------------------------- */

/* Of @channels channels, 0: all; asking for any network, and for SSID.  The
 * scan before it is waited for. */
static void scan(struct scene *s, unsigned channels)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	struct rtattr *list;
	struct request q;
	uint32_t mhz;
	unsigned i;
	int err;

	scan_init(s, &q, NL80211_CMD_TRIGGER_SCAN);
	list = req_add(&q, NL80211_ATTR_SCAN_SSIDS | NLA_F_NESTED, NULL, 0);
	req_add(&q, 1, NULL, 0);
	req_add(&q, 2, SSID, strlen(SSID));
	req_end(&q, list);
	list = channels ? req_add(&q, NL80211_ATTR_SCAN_FREQUENCIES |
				  NLA_F_NESTED, NULL, 0) : NULL;
	for (i = 0; i < channels; i++) {
		mhz = 2412 + 5 * i;
		req_add(&q, (unsigned short)(i + 1), &mhz, sizeof(mhz));
	}
	if (list)
		req_end(&q, list);
	while ((err = req_talk_to(NETLINK_GENERIC, &q, 1)) == -EBUSY) {
		if (now_ns() > end)
			break;
		nap_ms(10);
	}
	if (err)
		fatal(s->t, "a scan: %s", strerror(-err));
}

static void make(struct scene *s)
{
	struct request q;
	unsigned i;
	int err;

	for (i = 1; i <= SCANS; i++)
		scan(s, i);
	scan(s, 0);
	scan_init(s, &q, NL80211_CMD_ABORT_SCAN);
	err = req_talk_to(NETLINK_GENERIC, &q, 1);
	if (err)
		fatal(s->t, "aborting a scan: %s", strerror(-err));
}

/* ---- and what is shown -------------------------------------------------- */

static void check_row(struct scene *s, unsigned row)
{
	char pid[16], channels[16];
	const char *const who[] = { "pid", pid, "comm", "live", NULL };
	const char *const what[] = { "dev", RADIO, "ssids", "2",
		"channels", channels, "result", "done", "ssid", SHOWN, NULL };
	const char *const aborted[] = { "dev", RADIO, "result", "aborted",
					"ssid", SHOWN, NULL };
	uint64_t ns;

	snprintf(pid, sizeof(pid), "%u", (unsigned)getpid());
	snprintf(channels, sizeof(channels), "%u", row + 1);
	if (!table_matches(&s->tb, row, who) ||
	    !cell_u64(table_cell(&s->tb, row, "duration_ns"), &ns) || !ns)
		differ(s->t, "scan %u: by %s %s, in %s ns", row,
		       table_cell(&s->tb, row, "pid"),
		       table_cell(&s->tb, row, "comm"),
		       table_cell(&s->tb, row, "duration_ns"));
	if (s->types &&
	    !table_matches(&s->tb, row, row < SCANS ? what : aborted))
		differ(s->t, "scan %u: %s, %s networks, %s channels, %s, %s",
		       row, table_cell(&s->tb, row, "dev"),
		       table_cell(&s->tb, row, "ssids"),
		       table_cell(&s->tb, row, "channels"),
		       table_cell(&s->tb, row, "result"),
		       table_cell(&s->tb, row, "ssid"));
}

static void need_radio(struct scene *s)
{
	int err = -ENODEV;

	s->ifindex = if_nametoindex(RADIO);
	if (s->t->system_wide && s->ifindex)
		err = link_up(RADIO);
	if (err)
		skip(s->t, "no simulated radio: %s", strerror(-err));
	s->nl80211 = nl80211_family();
	if (!s->nl80211)
		fatal(s->t, "nl80211 has no number");
}

static void scans(struct test *t)
{
	struct scene s = { .t = t };
	unsigned row;

	need_radio(&s);
	s.types = test_types(t) && !access("/sys/kernel/btf/cfg80211", F_OK);
	tool_init(&s.tool, t, 0);
	tool_start(&s.tool, "ieee80211scan",
		   ARGS("--csv", "--strict", "-m", "4"));
	make(&s);
	tool_stop(&s.tool, 0);
	tool_check_clean(&s.tool);
	link_down(RADIO);
	if (table_parse(&s.tb, t, s.tool.text)) {
		for (row = 0; row < s.tb.nrows; row++)
			check_row(&s, row);
		if (s.tb.nrows != SCANS + 1)
			differ(t, "%u scans, %u shown", SCANS + 1,
			       s.tb.nrows);
		summary(t, "%u scans%s", s.tb.nrows,
			s.types ? "" : ", without types");
		table_release(&s.tb);
	}
	tool_release(&s.tool);
}

const struct live_case scan_cases[] = {
	{ "ieee80211scan", "scans of a simulated radio are shown as they end",
	  120, scans, false },
	{ NULL, NULL, 0, NULL, false },
};
