/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP connections of the prober's own, and where the kernel keeps them. */
#include "loader/discover_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define TRIES 3

static int tcp_socket(struct prober *p, struct subject *s)
{
	const struct timeval wait = { .tv_sec = 2 };

	s->fd = socket(s->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	subject_options(p, s);
	return 0;
}

static bool open_listener(struct prober *p, struct conn *c, unsigned n)
{
	struct subject *s = &c->lis;
	bool armed;

	if (tcp_socket(p, s))
		return false;
	c->addrlen = addr_random(p, s->family, c->mapped, &c->addr);
	if (bind(s->fd, &c->addr.sa, c->addrlen))
		return false;
	armed = note_arm(p, NOTE_STATE, 0);
	/* some more than a byte holds; the kernel may make them less */
	if (listen(s->fd, 7 + 197 * (int)n))
		return false;
	if (armed)
		s->addr = note_take(p, s->fd, NULL, NULL);
	return !getsockname(s->fd, &c->addr.sa, &c->addrlen);
}

/* Sees what comes to our listener; a copy of the SYN tells its number. */
static void read_isn(int raw, struct subject *s)
{
	union any_addr from;
	socklen_t len = sizeof(from);
	struct segment g;

	if (!getsockname(s->fd, &from.sa, &len))
		while (raw_read(raw, &g))
			if (g.sport == ntohs(from.in.sin_port) && g.syn) {
				s->isn = g.seq;
				s->isn_known = true;
			}
	close(raw);
}

static bool open_client(struct prober *p, struct conn *c, unsigned n)
{
	struct subject *s = &c->cli;
	const int mss = 900 + 16 * (int)n;
	union any_addr from;
	socklen_t len;
	int raw = -1;
	bool armed;

	if (tcp_socket(p, s))
		return false;
	if (n % 2)	/* "reno" is always there */
		setsockopt(s->fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	if (n == 0 && setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
		return false;
	/* small segments, so that a packet is cut into several */
	setsockopt(s->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss));
	len = addr_random(p, s->family, c->mapped, &from);
	if (bind(s->fd, &from.sa, len))
		return false;
	if (s->family == AF_INET)
		raw = raw_open(&c->addr);
	armed = note_arm(p, NOTE_STATE, 0);
	if (connect(s->fd, &c->addr.sa, c->addrlen)) {
		close(raw);
		return false;
	}
	if (armed)
		s->addr = note_take(p, s->fd, NULL, NULL);
	if (raw >= 0)
		read_isn(raw, s);
	return true;
}

/* poll(2) would wait for SO_RCVLOWAT bytes. */
static bool wait_byte(int fd)
{
	uint64_t end = clock_us() + 500000;
	char c;

	while (recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
		if (clock_us() > end)
			return false;
		pause_us(100);
	}
	return true;
}

/* Accepted: what is passed next is a read of the first byte. */
static bool open_server(struct prober *p, struct conn *c)
{
	struct subject *s = &c->srv;

	s->fd = accept4(c->lis.fd, NULL, NULL, SOCK_CLOEXEC);
	if (s->fd < 0)
		return false;
	for (int i = 0; i < TRIES && !s->addr; i++) {
		bool armed;

		if (!conn_send(p, &c->cli, 1) || !wait_byte(s->fd))
			return false;
		armed = note_arm(p, NOTE_RECV, 0);
		conn_read(s);
		if (armed)
			s->addr = note_take(p, s->fd, NULL, NULL);
	}
	return true;
}

bool conn_open(struct prober *p, struct conn *c, int family, bool mapped,
	       unsigned n)
{
	memset(c, 0, sizeof(*c));
	c->mapped = mapped;
	subject_init(p, &c->lis, DISC_LISTEN, family);
	subject_init(p, &c->cli, DISC_TCP, family);
	subject_init(p, &c->srv, DISC_TCP, family);
	/* rcv_ssthresh grows below the clamp then */
	c->lis.autotuned = c->cli.autotuned = c->srv.autotuned = n == 1;
	memset(c->waiting, -1, sizeof(c->waiting));
	if (!open_listener(p, c, n) || !open_client(p, c, n) ||
	    !open_server(p, c))
		return false;
	seq_learn(&c->cli);
	seq_learn(&c->srv);
	return true;
}

void conn_close(struct conn *c)
{
	subject_close(&c->lis);
	subject_close(&c->cli);
	subject_close(&c->srv);
	for (int i = 0; i < WAITING; i++)
		if (c->waiting[i] >= 0)
			close(c->waiting[i]);
}

bool conn_put(struct prober *p, struct subject *from, uint32_t len, int flags)
{
	uint8_t buf[8192];

	if (len > sizeof(buf))
		len = sizeof(buf);
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)random32(p);
	if (send(from->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT | flags) !=
	    (ssize_t)len)
		return false;
	from->sent += len;
	from->nagle = true;
	return true;
}

bool conn_send(struct prober *p, struct subject *from, uint32_t len)
{
	return conn_put(p, from, len, 0);
}

void conn_read(struct subject *to)
{
	const int now = 1;
	uint8_t buf[8192];

	while (recv(to->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	/* an acknowledgement that waits for 40 ms goes at once */
	setsockopt(to->fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof(now));
}

/* Let the socket drop every segment, or those of @len bytes of payload:
 * sk_filter() applies to TCP, too, before it is looked at. */
bool conn_drop(int fd, uint32_t len)
{
	/* skb->len counts the header, of 32 bytes with timestamps */
	struct sock_filter some[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, len + 32, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffffu),
	};
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog f = {
		.len = len ? ARRAY_SIZE(some) : ARRAY_SIZE(all),
		.filter = len ? some : all,
	};

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f));
}

void conn_undrop(int fd)
{
	int unused = 0;

	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
}
