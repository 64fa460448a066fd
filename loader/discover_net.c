/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the prober's connections are: a network namespace of its own, where
 * that is allowed, with retransmissions after milliseconds.  Nothing is set
 * on an interface that others use.
 */
#include "loader/discover_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define LO_INDEX 1	/* the first device of every namespace */

struct request {
	struct nlmsghdr h;
	uint8_t body[256];
};

static void add(struct request *q, unsigned short type, const void *data,
		size_t len)
{
	struct rtattr a = { .rta_len = RTA_LENGTH(len), .rta_type = type };
	uint8_t *at = (uint8_t *)q + NLMSG_ALIGN(q->h.nlmsg_len);

	memcpy(at, &a, sizeof(a));
	if (len)
		memcpy(at + RTA_LENGTH(0), data, len);
	q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + RTA_LENGTH(len);
}

static void request_init(struct request *q, uint16_t type, const void *head,
			 size_t len)
{
	memset(q, 0, sizeof(*q));
	q->h.nlmsg_len = NLMSG_LENGTH(len);
	q->h.nlmsg_type = type;
	q->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
			   NLM_F_REPLACE;
	memcpy(q->body, head, len);
}

static bool request_send(struct request *q)
{
	struct { struct nlmsghdr h; struct nlmsgerr e; } answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool ok = false;

	if (fd < 0)
		return false;
	if (send(fd, q, q->h.nlmsg_len, 0) == (ssize_t)q->h.nlmsg_len &&
	    recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)sizeof(answer))
		ok = answer.h.nlmsg_type == NLMSG_ERROR && !answer.e.error;
	close(fd);
	return ok;
}

static bool lo_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo" };
	bool ok;

	if (fd < 0)
		return false;
	ok = !ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP;
	ok = ok && !ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
	return ok;
}

/* fd00::/64 on lo: ::1 alone makes both ends of a connection equal. */
static bool add_ipv6(void)
{
	struct ifaddrmsg m = {
		.ifa_family = AF_INET6, .ifa_prefixlen = 128,
		.ifa_flags = IFA_F_NODAD, .ifa_index = LO_INDEX,
	};
	struct in6_addr a = { .s6_addr = { 0xfd } };
	struct request q;

	for (int i = 1; i <= ADDRESSES6; i++) {
		memset(a.s6_addr + 8, i * 0x1d, 7);
		a.s6_addr[15] = (uint8_t)i;
		request_init(&q, RTM_NEWADDR, &m, sizeof(m));
		add(&q, IFA_LOCAL, &a, sizeof(a));
		add(&q, IFA_ADDRESS, &a, sizeof(a));
		if (!request_send(&q))
			return false;
	}
	return true;
}

/* A locked metric takes the place of the least retransmission timeout of
 * 200 ms: include/net/tcp.h, tcp_rto_min(). */
static bool set_rto_min(unsigned ms)
{
	const struct rtmsg m = {
		.rtm_family = AF_INET, .rtm_dst_len = 8,
		.rtm_table = RT_TABLE_LOCAL, .rtm_protocol = RTPROT_KERNEL,
		.rtm_scope = RT_SCOPE_HOST, .rtm_type = RTN_LOCAL,
	};
	const uint32_t net = htonl(0x7f000000), src = htonl(0x7f000001);
	const int oif = LO_INDEX;
	const struct { struct rtattr a; uint32_t value; } metrics[] = {
		{ { RTA_LENGTH(4), RTAX_LOCK }, 1u << RTAX_RTO_MIN },
		{ { RTA_LENGTH(4), RTAX_RTO_MIN }, ms },
	};
	struct request q;

	request_init(&q, RTM_NEWROUTE, &m, sizeof(m));
	add(&q, RTA_DST, &net, sizeof(net));
	add(&q, RTA_OIF, &oif, sizeof(oif));
	add(&q, RTA_PREFSRC, &src, sizeof(src));
	add(&q, RTA_METRICS, metrics, sizeof(metrics));
	return request_send(&q);
}

static bool write_sysctl(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

void net_early_retrans(struct prober *p, int value)
{
	const char text[2] = { (char)('0' + value), '\0' };

	p->early_retrans = -1;
	/* /proc/sys/net is that of the namespace of who opens it */
	if (p->netns && write_sysctl("/proc/sys/net/ipv4/tcp_early_retrans",
				     text))
		p->early_retrans = value;
}

/* Does what is sent to @a come back? */
static bool echoes(const union any_addr *a, socklen_t len)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union any_addr self = *a;
	bool ok;
	char c;

	ok = fd >= 0 && !bind(fd, &self.sa, len) &&
	     !getsockname(fd, &self.sa, &len) &&
	     sendto(fd, "", 1, MSG_DONTWAIT, &self.sa, len) == 1 &&
	     recv(fd, &c, 1, MSG_DONTWAIT) == 1;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The routes to new addresses are made by a work queue; what is sent before
 * is lost. */
bool net_ipv6(struct prober *p)
{
	union any_addr a;
	socklen_t len;

	for (unsigned i = 0, tries = 0; p->ipv6 && i < ADDRESSES6; i++) {
		len = addr_random(p, AF_INET6, false, &a);
		while (!echoes(&a, len)) {
			if (++tries > 100) {
				p->ipv6 = false;
				break;
			}
			pause_us(500);
		}
	}
	return p->ipv6;
}

/* Into a namespace of our own; false, and still in the one before, where
 * nothing may be set in it (containers with CAP_SYS_ADMIN alone). */
static bool enter_own(void)
{
	int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	bool ok = !unshare(CLONE_NEWNET);

	if (ok && !lo_up()) {
		setns(before, CLONE_NEWNET);
		ok = false;
	}
	if (before >= 0)
		close(before);
	return ok;
}

void net_enter(struct prober *p)
{
	struct stat st;
	unsigned ms;

	p->early_retrans = -1;
	p->ipv6 = !access("/proc/net/if_inet6", F_OK);
	p->addresses6 = 0;
	p->netns = enter_own();
	if (p->netns) {
		p->ipv6 = add_ipv6();
		/* on a machine that is emulated all takes its time */
		ms = (unsigned)(p->slow_us / 4000);
		ms = ms < 4 ? 4 : ms > 200 ? 200 : ms;
		p->rto_ms = set_rto_min(ms) ? ms : 0;
		write_sysctl("/proc/sys/net/core/somaxconn", "2000");
	}
	if (!stat("/proc/self/ns/net", &st))
		p->netns_inum = st.st_ino;
}

/* "NAME active total SIZE ...": with what alignment adds. */
static uint32_t slabinfo_size(const char *name)
{
	static char text[65536];
	size_t len = strlen(name);
	const char *line;
	unsigned size;

	if (!text[0] && read_file_at(AT_FDCWD, "/proc/slabinfo", text,
				     sizeof(text)) <= 0)
		return 0;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ' &&
		    sscanf(line + len, "%*u %*u %u", &size) == 1)
			return size <= DISC_WINDOW_MAX ? size : 0;
	}
	return 0;
}

/*
 * The span of "System RAM" in /proc/iomem (of which holes are no harm: they
 * are not mapped, or MIPS has none), less what is high memory.
 */
uint64_t low_ram(void)
{
	uint64_t first = UINT64_MAX, last = 0, a, b, span, low;
	FILE *f = fopen("/proc/iomem", "re");
	struct sysinfo si;
	char line[160];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &a, &b) != 2 ||
		    line[0] == ' ' || !strstr(line, ": System RAM"))
			continue;
		if (a < first)
			first = a;
		if (b > last)
			last = b;
	}
	if (f)
		fclose(f);
	if (sysinfo(&si))
		return 0;
	low = (uint64_t)(si.totalram - si.totalhigh) * si.mem_unit;
	span = last > first ? last - first + 1 : 0;
	/* the kernel itself and what it took early is not in "total" */
	if (si.totalhigh)
		return low + (32 << 20) < span ? low + (32 << 20) : low;
	return span > low ? span : low;
}

/* /sys/kernel/slab knows the bytes of the object without what the allocator
 * adds; the name may be an alias. */
uint32_t slab_size(const char *name)
{
	char path[96];
	uint64_t n;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/object_size", name);
	if (!read_number(path, &n))
		return n <= DISC_WINDOW_MAX ? (uint32_t)n : 0;
	return slabinfo_size(name);
}
