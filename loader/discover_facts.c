/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What user space can tell of a socket: the values to look for. */
#include "loader/discover_int.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#define NO_DIAG_MAX 10		/* then there is no sock_diag */

#ifndef SO_MEMINFO
#define SO_MEMINFO 55		/* 4.12 */
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57		/* 4.12 */
#endif

static bool get(int fd, int level, int name, void *value, socklen_t len)
{
	socklen_t n = len;

	return !getsockopt(fd, level, name, value, &n) && n == len;
}

static bool get_number(int fd, int level, int name, uint32_t *value)
{
	return get(fd, level, name, value, sizeof(*value));
}

/* ---- TCP_INFO --------------------------------------------------------- */

/* struct tcp_info of include/uapi/linux/tcp.h; it only grows. */
struct info_member {
	uint8_t key, off, size;
};

static const struct info_member info_members[] = {
	{ DISC_KEY_STATE, 0, 1 },
	{ DISC_KEY_CA_STATE, 1, 1 },
	{ DISC_KEY_RETRANSMITS, 2, 1 },
	{ DISC_KEY_BACKOFF, 4, 1 },
	{ DISC_KEY_SND_MSS, 16, 4 },
	{ DISC_KEY_PACKETS_OUT, 24, 4 },
	{ DISC_KEY_SACKED_OUT, 28, 4 },
	{ DISC_KEY_LOST_OUT, 32, 4 },
	{ DISC_KEY_RETRANS_OUT, 36, 4 },
	{ DISC_KEY_RCV_SSTHRESH, 64, 4 },
	{ DISC_KEY_RTT, 68, 4 },
	{ DISC_KEY_RTTVAR, 72, 4 },
	{ DISC_KEY_SND_SSTHRESH, 76, 4 },
	{ DISC_KEY_SND_CWND, 80, 4 },
	{ DISC_KEY_ADVMSS, 84, 4 },
	{ DISC_KEY_REORDERING, 88, 4 },
	{ DISC_KEY_RCV_SPACE, 96, 4 },
	{ DISC_KEY_TOTAL_RETRANS, 100, 4 },
	{ DISC_KEY_BYTES_ACKED, 120, 8 },	/* 4.1 */
	{ DISC_KEY_BYTES_RECEIVED, 128, 8 },
	{ DISC_KEY_SEGS_OUT, 136, 4 },		/* 4.2 */
	{ DISC_KEY_SEGS_IN, 140, 4 },
	{ DISC_KEY_NOTSENT, 144, 4 },		/* 4.6 */
	{ DISC_KEY_MIN_RTT, 148, 4 },
	{ DISC_KEY_DATA_SEGS_IN, 152, 4 },
	{ DISC_KEY_DATA_SEGS_OUT, 156, 4 },
	{ DISC_KEY_DELIVERED, 192, 4 },		/* 4.18 */
	{ DISC_KEY_DELIVERED_CE, 196, 4 },
	{ DISC_KEY_BYTES_SENT, 200, 8 },	/* 4.19 */
	{ DISC_KEY_BYTES_RETRANS, 208, 8 },
	{ DISC_KEY_SND_WND, INFO_SND_WND, 4 },		/* 5.4 */
	{ DISC_KEY_RCV_WND, INFO_RCV_WND, 4 },		/* 6.2 */
};

/* @size bytes of a structure, as a number. */
static uint64_t number_at(const uint8_t *at, unsigned size)
{
	uint64_t v8;
	uint32_t v4;

	switch (size) {
	case 1:
		return *at;
	case 4:
		memcpy(&v4, at, 4);
		return v4;
	default:
		memcpy(&v8, at, 8);
		return v8;
	}
}

uint32_t tcp_info_u32(int fd, unsigned off)
{
	uint8_t info[256] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len))
		return 0;
	return (uint32_t)number_at(info + off, off < 8 ? 1 : 4);
}

bool tcp_info_has(int fd, unsigned off)
{
	uint8_t info[256];
	socklen_t len = sizeof(info);

	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) && off < len;
}

/* Before 6.2: what was offered last is what the peer saw (5.4), unless it
 * could not be said in 16 bits. */
static void facts_window(const struct subject *s, socklen_t len,
			 struct facts *f)
{
	uint32_t wnd;

	if (len > INFO_RCV_WND || len <= INFO_SND_WND || s->peer < 0)
		return;
	wnd = tcp_info_u32(s->peer, INFO_SND_WND);
	if (wnd != 65535)
		known_number(f, DISC_KEY_RCV_WND, wnd);
}

static void facts_info(const struct subject *s, struct facts *f)
{
	bool listen = s->object == DISC_LISTEN;
	uint8_t info[256] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, info, &len))
		return;
	if (listen) {	/* net/ipv4/tcp.c, tcp_get_info() */
		known_number(f, DISC_KEY_STATE, info[0]);
		known_number(f, DISC_KEY_ACK_BACKLOG, number_at(info + 24, 4));
		known_number(f, DISC_KEY_MAX_ACK_BACKLOG,
			    number_at(info + 28, 4));
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(info_members); i++) {
		const struct info_member *m = &info_members[i];

		if (m->off + m->size <= len)
			known_number(f, m->key,
				    number_at(info + m->off, m->size));
	}
	facts_window(s, len, f);
}

static void facts_tcp(const struct subject *s, struct facts *f)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	uint32_t nodelay, cork;

	facts_info(s, f);
	if (s->object == DISC_TCP)
		facts_seq(s, f);
	if (s->object == DISC_TCP && s->pending >= 0 &&
	    tcp_info_u32(s->fd, INFO_TOTAL_RETRANS) == s->retrans)
		known_number(f, DISC_KEY_PENDING, (uint64_t)s->pending);
	if (!getsockopt(s->fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) &&
	    name[0])
		known_bytes(f, DISC_KEY_CONGESTION, name,
			   strnlen(name, sizeof(name)));
	if (s->nagle && get_number(s->fd, IPPROTO_TCP, TCP_NODELAY, &nodelay) &&
	    get_number(s->fd, IPPROTO_TCP, TCP_CORK, &cork))
		known_number(f, DISC_KEY_NONAGLE, nodelay | cork << 1);
}

/* ---- any socket ------------------------------------------------------- */

static void fact_addr(struct facts *f, int addr_key, int port_key,
		      const union any_addr *a)
{
	if (a->sa.sa_family == AF_INET)
		known_bytes(f, addr_key, &a->in.sin_addr, 4);
	else
		known_bytes(f, addr_key, &a->in6.sin6_addr, 16);
	known_number(f, port_key, ntohs(a->in.sin_port));
}

static void facts_addr(const struct subject *s, struct facts *f)
{
	union any_addr a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (!getsockname(s->fd, &a.sa, &len) && a.in.sin_port)
		fact_addr(f, DISC_KEY_LADDR, DISC_KEY_LPORT, &a);
	len = sizeof(a);
	memset(&a, 0, sizeof(a));
	if (!getpeername(s->fd, &a.sa, &len) && a.in.sin_port)
		fact_addr(f, DISC_KEY_RADDR, DISC_KEY_RPORT, &a);
}

void facts_packet(const struct subject *s, struct facts *f)
{
	known_number(f, DISC_KEY_FAMILY, s->family);
	facts_addr(s, f);
}

static void facts_memory(struct prober *p, const struct subject *s,
			 struct facts *f)
{
	/* SK_MEMINFO_... of linux/sock_diag.h, in this order */
	static const uint8_t keys[] = {
		DISC_KEY_RMEM_ALLOC, DISC_KEY_RCVBUF, DISC_KEY_WMEM_ALLOC,
		DISC_KEY_SNDBUF, DISC_KEY_FWD_ALLOC, DISC_KEY_WMEM_QUEUED,
		DISC_KEY_OPTMEM, DISC_KEY_BACKLOG, DISC_KEY_DROPS,
	};
	uint32_t m[32], v;
	socklen_t len = sizeof(m);
	unsigned n = 0;
	uint64_t cookie;

	if (!getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, m, &len)) {
		n = len / 4;
	} else if (!s->gone && p->no_diag < NO_DIAG_MAX) {
		n = diag_memory(s, m, ARRAY_SIZE(m), &cookie);
		if (n)
			known_number(f, DISC_KEY_COOKIE, cookie);
		else
			p->no_diag++;
	}
	for (unsigned i = 0; i < n && i < ARRAY_SIZE(keys); i++)
		known_number(f, keys[i], m[i]);
	if (n)
		return;
	if (get_number(s->fd, SOL_SOCKET, SO_RCVBUF, &v))
		known_number(f, DISC_KEY_RCVBUF, v);
	if (get_number(s->fd, SOL_SOCKET, SO_SNDBUF, &v))
		known_number(f, DISC_KEY_SNDBUF, v);
}

/* Of enum sock_flags, those whose numbers have never changed. */
static void facts_flags(const struct subject *s, struct facts *f)
{
	static const struct { uint8_t bit; int option; } bits[] = {
		{ 2, SO_OOBINLINE },	/* SOCK_URGINLINE */
		{ 3, SO_KEEPALIVE },	/* SOCK_KEEPOPEN */
		{ 6, SO_BROADCAST },	/* SOCK_BROADCAST */
	};
	struct linger l;
	uint64_t set = 0, known = 1u << 0;	/* SOCK_DEAD: not ours */
	uint32_t v;

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++) {
		if (!get_number(s->fd, SOL_SOCKET, bits[i].option, &v))
			continue;
		known |= 1u << bits[i].bit;
		set |= (uint64_t)!!v << bits[i].bit;
	}
	if (get(s->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l))) {
		known |= 1u << 4;	/* SOCK_LINGER */
		set |= (uint64_t)!!l.l_onoff << 4;
	}
	if (s->object == DISC_TCP && !s->gone) {
		known |= 1u << 1;	/* SOCK_DONE: tcp_fin() */
		set |= (uint64_t)s->fin << 1;
	}
	known_number(f, DISC_KEY_FLAGS_SET, set);
	known_number(f, DISC_KEY_FLAGS_CLEAR, known & ~set);
}

static void facts_options(const struct subject *s, struct facts *f)
{
	static const struct { uint8_t key; int option; } numbers[] = {
		{ DISC_KEY_TYPE, SO_TYPE },
		{ DISC_KEY_PROTOCOL, SO_PROTOCOL },
		{ DISC_KEY_MARK, SO_MARK },
		{ DISC_KEY_PRIORITY, SO_PRIORITY },
		{ DISC_KEY_RCVLOWAT, SO_RCVLOWAT },
	};
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	uint64_t v8;
	uint32_t v;

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		if (get_number(s->fd, SOL_SOCKET, numbers[i].option, &v))
			known_number(f, numbers[i].key, v);
	/* 8 bytes where it is a long of 8 bytes, if there is room (4.20);
	 * all ones: no limit */
	len = sizeof(v8);
	if (!getsockopt(s->fd, SOL_SOCKET, SO_MAX_PACING_RATE, &v8, &len)) {
		memcpy(&v, &v8, sizeof(v));
		v8 = len == 8 ? v8 : v;
		known_number(f, DISC_KEY_PACING,
			    v8 == 0xffffffffu ? UINT64_MAX : v8);
	}
	if (get(s->fd, SOL_SOCKET, SO_COOKIE, &v8, sizeof(v8)))
		known_number(f, DISC_KEY_COOKIE, v8);
	len = sizeof(name);
	if (!getsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len))
		known_number(f, DISC_KEY_BOUND_IF,
			    len && name[0] ? if_nametoindex(name) : 0);
	if (s->family == AF_INET && get_number(s->fd, IPPROTO_IP, IP_TOS, &v))
		known_number(f, DISC_KEY_TOS, v);
}

void facts_socket(struct prober *p, const struct subject *s, struct facts *f)
{
	struct stat st;

	f->n = 0;
	known_number(f, DISC_KEY_FAMILY, s->family);
	facts_options(s, f);
	if (!s->gone)
		facts_addr(s, f);
	facts_memory(p, s, f);
	facts_flags(s, f);
	known_number(f, DISC_KEY_SHUTDOWN, s->shutdown);
	if (p->netns_inum)
		known_number(f, DISC_KEY_NETNS, p->netns_inum);
	/* fchown(2) of a socket sets both; sk_uid came with 4.10 */
	if (!fstat(s->fd, &st))
		known_number(f, DISC_KEY_UID, st.st_uid);
	if (s->object == DISC_UDP)	/* TCP_ESTABLISHED or TCP_CLOSE */
		known_number(f, DISC_KEY_STATE, s->connected ? 1 : 7);
	else
		facts_tcp(s, f);
}
