/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "net_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- rtnetlink --------------------------------------------------------- */

void *req_init(struct request *q, uint16_t type, uint16_t flags,
	       const void *head, size_t size)
{
	memset(q, 0, sizeof(*q));
	q->u.h.nlmsg_len = NLMSG_LENGTH(size);
	q->u.h.nlmsg_type = type;
	q->u.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	memcpy(NLMSG_DATA(&q->u.h), head, size);
	return NLMSG_DATA(&q->u.h);
}

struct rtattr *req_add(struct request *q, unsigned short type,
		       const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(q->u.h.nlmsg_len);
	struct rtattr *a = (struct rtattr *)(void *)(q->u.buf + at);

	if (at + RTA_SPACE(len) > sizeof(q->u.buf))
		abort();	/* ours are small and known */
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len && data)
		memcpy(RTA_DATA(a), data, len);
	q->u.h.nlmsg_len = at + RTA_SPACE(len);
	return a;
}

void req_end(struct request *q, struct rtattr *nest)
{
	nest->rta_len = q->u.buf + q->u.h.nlmsg_len - (char *)nest;
}

int req_talk_to(int protocol, struct request *q, unsigned nq)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct iovec iov[BATCH];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nq };
	struct request r;
	struct nlmsgerr e;
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	while (nq--)
		iov[nq] = (struct iovec){ q[nq].u.buf, q[nq].u.h.nlmsg_len };
	n = sendmsg(fd, &msg, 0);
	if (n >= 0)
		n = recv(fd, r.u.buf, sizeof(r.u.buf), 0);
	err = n < 0 ? -errno : -EPROTO;
	if (n >= (ssize_t)NLMSG_LENGTH(sizeof(e)) &&
	    r.u.h.nlmsg_type == NLMSG_ERROR) {
		memcpy(&e, NLMSG_DATA(&r.u.h), sizeof(e));
		err = e.error;
	}
	close(fd);
	return err;
}

int req_talk(struct request *q)
{
	return req_talk_to(NETLINK_ROUTE, q, 1);
}

/* ---- links ------------------------------------------------------------- */

static int link_flags(const char *ifname, unsigned flags)
{
	struct ifinfomsg i = { .ifi_flags = flags, .ifi_change = IFF_UP };
	struct request q;

	i.ifi_index = if_nametoindex(ifname);
	req_init(&q, RTM_NEWLINK, 0, &i, sizeof(i));
	return i.ifi_index ? req_talk(&q) : -ENODEV;
}

int link_up(const char *ifname)
{
	return link_flags(ifname, IFF_UP);
}

int link_down(const char *ifname)
{
	return link_flags(ifname, 0);
}

static int link_ioctl(const char *ifname, unsigned long what,
		      struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, what, r))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

int link_rename(const char *ifname, const char *name)
{
	struct ifreq r = { .ifr_flags = 0 };

	snprintf(r.ifr_newname, sizeof(r.ifr_newname), "%s", name);
	return link_ioctl(ifname, SIOCSIFNAME, &r);
}

int link_mtu(const char *ifname, int mtu)
{
	struct ifreq r = { .ifr_mtu = mtu };

	return link_ioctl(ifname, SIOCSIFMTU, &r);
}

int link_addr(const char *ifname, int family, const char *addr, int prefix)
{
	/* no duplicate address detection: usable at once */
	struct ifaddrmsg m = { .ifa_family = family, .ifa_prefixlen = prefix,
			       .ifa_flags = IFA_F_NODAD };
	uint8_t bin[16];
	size_t len = family == AF_INET ? 4 : 16;
	struct request q;

	m.ifa_index = if_nametoindex(ifname);
	if (!m.ifa_index)
		return -ENODEV;
	if (inet_pton(family, addr, bin) != 1)
		return -EINVAL;
	req_init(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	req_add(&q, IFA_LOCAL, bin, len);
	req_add(&q, IFA_ADDRESS, bin, len);
	return req_talk(&q);
}

int route_unreachable(int family, const char *addr, int prefix)
{
	struct rtmsg m = { .rtm_family = family, .rtm_dst_len = prefix,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_type = RTN_UNREACHABLE };
	uint8_t bin[16];
	struct request q;

	if (inet_pton(family, addr, bin) != 1)
		return -EINVAL;
	req_init(&q, RTM_NEWROUTE, NLM_F_CREATE, &m, sizeof(m));
	req_add(&q, RTA_DST, bin, family == AF_INET ? 4 : 16);
	return req_talk(&q);
}

int link_veth(const char *name, const char *peer, int peer_ns)
{
	struct rtattr *info, *data, *other;
	struct ifinfomsg i = { 0 };
	struct request q;
	uint32_t fd = peer_ns;

	req_init(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	req_add(&q, IFLA_IFNAME, name, strlen(name) + 1);
	info = req_add(&q, IFLA_LINKINFO, NULL, 0);
	req_add(&q, IFLA_INFO_KIND, "veth", 4);
	data = req_add(&q, IFLA_INFO_DATA, NULL, 0);
	other = req_add(&q, VETH_INFO_PEER, &i, sizeof(i));
	req_add(&q, IFLA_IFNAME, peer, strlen(peer) + 1);
	req_add(&q, IFLA_NET_NS_FD, &fd, sizeof(fd));
	req_end(&q, other);
	req_end(&q, data);
	req_end(&q, info);
	return req_talk(&q);
}

int link_segments(const char *ifname, uint32_t most)
{
	struct ifinfomsg i = { 0 };
	struct request q;

	i.ifi_index = (int)if_nametoindex(ifname);
	req_init(&q, RTM_NEWLINK, 0, &i, sizeof(i));
	req_add(&q, IFLA_GSO_MAX_SEGS, &most, sizeof(most));
	return i.ifi_index ? req_talk(&q) : -ENODEV;
}

int link_xdp(const char *ifname, int prog_fd)
{
	/* generic mode (4.12): any device, behind segmentation */
	uint32_t flags = XDP_FLAGS_SKB_MODE;
	int32_t fd = prog_fd;
	struct ifinfomsg i = { 0 };
	struct rtattr *nest;
	struct request q;

	i.ifi_index = if_nametoindex(ifname);
	if (!i.ifi_index)
		return -ENODEV;
	req_init(&q, RTM_SETLINK, 0, &i, sizeof(i));
	nest = req_add(&q, IFLA_XDP | NLA_F_NESTED, NULL, 0);
	req_add(&q, IFLA_XDP_FD, &fd, sizeof(fd));
	req_add(&q, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	req_end(&q, nest);
	return req_talk(&q);
}

static int set_offload(const char *ifname, bool on)
{
	static const uint32_t cmds[] = {
		ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO,
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	unsigned i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		struct ethtool_value v = { .cmd = cmds[i], .data = on };
		struct ifreq ifr;

		memset(&ifr, 0, sizeof(ifr));
		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
		ifr.ifr_data = (char *)&v;
		if (ioctl(fd, SIOCETHTOOL, &ifr) && errno != EOPNOTSUPP)
			err = -errno;
	}
	close(fd);
	return err;
}

int link_no_offload(const char *ifname)
{
	return set_offload(ifname, false);
}

int link_offload(const char *ifname)
{
	return set_offload(ifname, true);
}

/* ---- namespaces -------------------------------------------------------- */

void netns_enter(struct test *t, const struct netns *ns)
{
	if (ns->fd >= 0 && setns(ns->fd, CLONE_NEWNET))
		fatal(t, "setns: %s", strerror(errno));
}

void netns_leave(struct test *t)
{
	if (t->host_ns >= 0 && setns(t->host_ns, CLONE_NEWNET))
		fatal(t, "setns: %s", strerror(errno));
}

static void addresses(struct test *t)
{
	static const char *const more[] = { "fd00::1", "fd00::2", "fd00::3" };
	unsigned i;
	int err = link_up("lo");

	for (i = 0; !err && i < ARRAY_SIZE(more); i++) {
		err = link_addr("lo", AF_INET6, more[i], 128);
		if (err == -EEXIST)
			err = 0;
	}
	if (err)
		fatal(t, "setting up lo: %s", strerror(-err));
}

void netns_new(struct test *t, struct netns *ns)
{
	struct stat st;

	ns->fd = -1;
	ns->inum = 0;
	if (unshare(CLONE_NEWNET)) {
		if (!t->system_wide)
			fatal(t, "a network namespace: %s", strerror(errno));
	} else {
		ns->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (ns->fd < 0)
			fatal(t, "/proc/self/ns/net: %s", strerror(errno));
	}
	if (!stat("/proc/self/ns/net", &st))
		ns->inum = st.st_ino;
	addresses(t);
	if (ns->fd >= 0)
		netns_leave(t);
}

void netns_free(struct netns *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	ns->fd = -1;
}

int netns_sysctl(struct test *t, const struct netns *ns, const char *name,
		 const char *value)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	netns_enter(t, ns);
	err = spew(path, value);
	netns_leave(t);
	return err;
}

/* A line of names, then one of values, both beginning with "Tcp:". */
static bool find_snmp(const char *text, const char *proto, const char *name,
		      uint64_t *v)
{
	const char *names = NULL, *line = text, *next;
	size_t plen = strlen(proto), nlen = strlen(name);

	for (; line && *line; line = next ? next + 1 : NULL) {
		next = strchr(line, '\n');
		if (strncmp(line, proto, plen) || line[plen] != ':')
			continue;
		if (!names) {
			names = line;
			continue;
		}
		while (*names && *names != '\n') {
			names += strcspn(names, " \n");
			line += strcspn(line, " \n");
			if (*names != ' ' || *line != ' ')
				return false;
			names++;
			line++;
			if (!strncmp(names, name, nlen) &&
			    (names[nlen] == ' ' || names[nlen] == '\n')) {
				*v = strtoull(line, NULL, 10);
				return true;
			}
		}
		return false;
	}
	return false;
}

uint64_t netns_snmp(struct test *t, const struct netns *ns, const char *proto,
		    const char *name)
{
	bool ext = strstr(proto, "Ext") != NULL, found;
	uint64_t v = 0;
	char *text;

	/* /proc/self/net shows the namespace the process is in now */
	netns_enter(t, ns);
	text = slurp(ext ? "/proc/self/net/netstat" : "/proc/self/net/snmp");
	netns_leave(t);
	found = text && find_snmp(text, proto, name, &v);
	free(text);
	if (!found && !ext)
		fatal(t, "/proc/net/snmp has no %s %s", proto, name);
	return v;
}

uint64_t netns_snmp6(struct test *t, const struct netns *ns, const char *name)
{
	size_t len = strlen(name);
	const char *line;
	uint64_t v = 0;
	char *text;

	netns_enter(t, ns);
	text = slurp("/proc/self/net/snmp6");
	netns_leave(t);
	for (line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) &&
		    (line[len] == ' ' || line[len] == '\t'))
			v = strtoull(line + len, NULL, 10);
	}
	free(text);
	return v;
}

static unsigned busy(const char *text)
{
	unsigned n = 0, state, timer;
	const char *line = text ? strchr(text, '\n') : NULL;

	/* Timer 3 is a timewait socket's, of which some say FIN_WAIT2. */
	while (line && *++line) {
		if (sscanf(line, " %*u: %*x:%*x %*x:%*x %x %*x:%*x %x:",
			   &state, &timer) == 2 &&
		    state != 10 /* LISTEN */ && timer != 3)
			n++;
		line = strchr(line, '\n');
	}
	return n;
}

void netns_idle(struct test *t, const struct netns *ns)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	unsigned n, nap = 0;
	char *a, *b;

	for (;;) {
		netns_enter(t, ns);
		a = slurp("/proc/self/net/tcp");
		b = slurp("/proc/self/net/tcp6");
		netns_leave(t);
		n = busy(a) + busy(b);
		if (!a)
			fatal(t, "/proc/net/tcp: %s", strerror(errno));
		free(a);
		free(b);
		if (!n)
			return;
		if (now_ns() > end)
			fatal(t, "%u sockets of the test never closed", n);
		nap_ms(nap < 50 ? ++nap : nap);
	}
}

static void veth_side(struct test *t, const struct netns *ns, const char *v4,
		      const char *v6)
{
	int err;

	netns_enter(t, ns);
	err = link_addr("sk0", AF_INET, v4, 24);
	if (!err)
		err = link_addr("sk0", AF_INET6, v6, 64);
	if (!err)
		err = link_no_offload("sk0");
	if (!err)
		err = link_up("sk0");
	netns_leave(t);
	if (err)
		fatal(t, "setting up sk0: %s", strerror(-err));
}

void veth_pair(struct test *t, struct netns *a, struct netns *b)
{
	int err;

	netns_new(t, a);
	netns_new(t, b);
	if (a->fd < 0 || b->fd < 0)
		fatal(t, "needs network namespaces");
	netns_enter(t, a);
	err = link_veth("sk0", "sk0", b->fd);
	netns_leave(t);
	if (err)
		fatal(t, "making a veth pair: %s", strerror(-err));
	veth_side(t, a, "10.9.0.1", "fd09::1");
	veth_side(t, b, "10.9.0.2", "fd09::2");
}
