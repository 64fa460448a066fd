/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ieee80211scan: scans by a simulated radio (mac80211_hwsim) of known channels
 * and networks, some while another radio sends beacons, the last one aborted.
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
#define NEIGHBOUR "wlan1"
#define SCANS 3			/* of 1, 2, 3 channels, and then */
#define LISTENS 2		/* of one, where the neighbour is heard */
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

/* Of @channels channels, 0: all; asking for any network, and for SSID, or only
 * listening, which takes longer.  The scan before it is waited for. */
static void scan(struct scene *s, unsigned channels, bool asks)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	struct rtattr *list;
	struct request q;
	uint32_t mhz;
	unsigned i;
	int err;

	scan_init(s, &q, NL80211_CMD_TRIGGER_SCAN);
	list = asks ? req_add(&q, NL80211_ATTR_SCAN_SSIDS | NLA_F_NESTED,
			      NULL, 0) : NULL;
	if (list) {
		req_add(&q, 1, NULL, 0);
		req_add(&q, 2, SSID, strlen(SSID));
		req_end(&q, list);
	}
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

/* A network without an access point, so that there are beacons. */
static void beacons(struct scene *s)
{
	static const uint8_t bssid[] = { 2, 0x53, 0x4b, 0, 0, 1 };
	uint32_t ifindex = if_nametoindex(NEIGHBOUR), adhoc = 1;
	uint32_t mhz = 2412, interval = 20;	/* of 1024 us */
	struct request q;
	int err;

	genl_init(&q, s->nl80211, NL80211_CMD_SET_INTERFACE);
	req_add(&q, NL80211_ATTR_IFINDEX, &ifindex, sizeof(ifindex));
	req_add(&q, NL80211_ATTR_IFTYPE, &adhoc, sizeof(adhoc));
	err = req_talk_to(NETLINK_GENERIC, &q, 1);
	if (!err)
		err = link_up(NEIGHBOUR);
	genl_init(&q, s->nl80211, NL80211_CMD_JOIN_IBSS);
	req_add(&q, NL80211_ATTR_IFINDEX, &ifindex, sizeof(ifindex));
	req_add(&q, NL80211_ATTR_SSID, SSID, strlen(SSID));
	req_add(&q, NL80211_ATTR_MAC, bssid, sizeof(bssid));
	req_add(&q, NL80211_ATTR_WIPHY_FREQ, &mhz, sizeof(mhz));
	req_add(&q, NL80211_ATTR_FREQ_FIXED, NULL, 0);
	req_add(&q, NL80211_ATTR_BEACON_INTERVAL, &interval,
		sizeof(interval));
	if (!err)
		err = req_talk_to(NETLINK_GENERIC, &q, 1);
	if (err)
		fatal(s->t, "a network to be found: %s", strerror(-err));
}

static void make(struct scene *s)
{
	struct request q;
	unsigned i;
	int err;

	for (i = 1; i <= SCANS; i++)
		scan(s, i, true);
	beacons(s);
	for (i = 0; i < LISTENS; i++)
		scan(s, 1, false);
	scan(s, 0, true);
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
	bool asks = row < SCANS || row == SCANS + LISTENS;
	const char *const what[] = { "dev", RADIO, "ssids", asks ? "2" : "0",
		"channels", channels, "result", "done",
		"ssid", asks ? SHOWN : "", NULL };
	const char *const aborted[] = { "dev", RADIO, "result", "aborted",
					"ssid", SHOWN, NULL };
	uint64_t ns;

	snprintf(pid, sizeof(pid), "%u", (unsigned)getpid());
	snprintf(channels, sizeof(channels), "%u", row < SCANS ? row + 1 : 1);
	if (!table_matches(&s->tb, row, who) ||
	    !cell_u64(table_cell(&s->tb, row, "duration_ns"), &ns) || !ns)
		differ(s->t, "scan %u: by %s %s, in %s ns", row,
		       table_cell(&s->tb, row, "pid"),
		       table_cell(&s->tb, row, "comm"),
		       table_cell(&s->tb, row, "duration_ns"));
	if (s->types &&
	    !table_matches(&s->tb, row,
			   row < SCANS + LISTENS ? what : aborted))
		differ(s->t, "scan %u: %s, %s networks, %s channels, %s, %s",
		       row, table_cell(&s->tb, row, "dev"),
		       table_cell(&s->tb, row, "ssids"),
		       table_cell(&s->tb, row, "channels"),
		       table_cell(&s->tb, row, "result"),
		       table_cell(&s->tb, row, "ssid"));
}

/* Nobody, and then one neighbour: it must be heard once, however often it is;
 * the last scan for nobody may still be under way as it comes. */
static void check_bss(struct scene *s)
{
	uint64_t bss, heard = 0;
	unsigned row;

	for (row = 0; row < s->tb.nrows; row++) {
		if (!cell_u64(table_cell(&s->tb, row, "bss"), &bss) ||
		    bss > (row >= SCANS - 1))
			differ(s->t, "scan %u: %s networks found", row,
			       table_cell(&s->tb, row, "bss"));
		heard += bss;
	}
	summary(s->t, "a network found %u times, ", (unsigned)heard);
	if (!heard)
		differ(s->t, "no network was found");
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
		   ARGS("--csv", "--strict", "-m", "6"));
	make(&s);
	tool_stop(&s.tool, 0);
	tool_check_clean(&s.tool);
	link_down(RADIO);
	link_down(NEIGHBOUR);
	if (table_parse(&s.tb, t, s.tool.text)) {
		for (row = 0; row < s.tb.nrows; row++)
			check_row(&s, row);
		check_bss(&s);
		if (s.tb.nrows != SCANS + LISTENS + 1)
			differ(t, "%u scans, %u shown", SCANS + LISTENS + 1,
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
