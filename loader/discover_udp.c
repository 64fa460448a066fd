/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UDP sockets of the prober's, and datagrams on their way to the device. */
#include "loader/discover_int.h"

#include <string.h>
#include <unistd.h>

#define TRIES 3

static bool udp_socket(struct prober *p, struct subject *s, union any_addr *at)
{
	socklen_t len = addr_random(p, s->family, false, at);

	s->fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	subject_options(p, s);
	return !bind(s->fd, &at->sa, len) &&
	       !getsockname(s->fd, &at->sa, &len);
}

static ssize_t send_some(struct prober *p, struct subject *s,
			 const union any_addr *to, uint32_t len, int flags)
{
	uint8_t buf[2048];

	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)random32(p);
	return sendto(s->fd, buf, len, MSG_DONTWAIT | flags, &to->sa,
		      to->sa.sa_family == AF_INET ? sizeof(to->in) :
		      sizeof(to->in6));
}

static void drain(struct subject *s)
{
	uint8_t buf[2048];

	while (recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

/* Until @to is full and drops; a kernel that has no better hook tells its
 * address then. */
static void overflow(struct prober *p, struct subject *from,
		     struct subject *to, const union any_addr *addr,
		     uint32_t times)
{
	const int small = 1;
	bool armed = !to->addr && note_arm(p, NOTE_FULL, 0);

	setsockopt(to->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (uint32_t i = 0; i < times + 2; i++)
		send_some(p, from, addr, 1500, 0);
	if (armed)
		to->addr = note_take(p, -1, NULL, NULL);
	drain(to);
}

static void find(struct prober *p, struct subject *s,
		 const union any_addr *to)
{
	for (int i = 0; i < TRIES && !s->addr; i++) {
		if (!note_arm(p, NOTE_UDP, 0))
			return;
		send_some(p, s, to, 1, 0);
		s->addr = note_take(p, s->fd, NULL, NULL);
	}
}

/* ---- datagrams -------------------------------------------------------- */

/* As it is handed to the device; the rest while it waits at the receiver. */
static void record_dgram(struct prober *p, struct subject *from,
			 struct subject *to, bool pointees)
{
	uint32_t len = random_range(p, 100, 1000), n;
	uint8_t data[1024], bytes[NOTE_CHUNKS * CHUNK];
	struct facts f = { .n = 0 };
	uint64_t addr;
	int w;

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)random32(p);
	if (!note_arm(p, NOTE_DGRAM, 0))
		return;
	if (send(from->fd, data, len, MSG_DONTWAIT) != (ssize_t)len)
		return;
	addr = note_take(p, -1, bytes, &n);
	if (!addr || !n)
		return;
	if (p->size.skb && n > p->size.skb)
		n = p->size.skb;
	facts_packet(from, &f);
	if (from->addr)
		known_number(&f, DISC_KEY_SK, from->addr);
	known_number(&f, DISC_KEY_LEN, len);
	known_bytes(&f, DISC_KEY_PAYLOAD, data, 16);
	w = tape_window(p->tape, DISC_SKB_UDP, ++p->subjects, addr, bytes, n,
			p->size.skb, &f);
	if (pointees)	/* struct net_device is long; not much further */
		follow(p, w, bytes, n, addr,
		       (p->env->word_size == 8 ? 12 : 8) * CHUNK, true);
	drain(to);
}

/* ---- pairs ------------------------------------------------------------ */

/* A datagram that is not finished counts for the sender. */
static void window_corked(struct prober *p, struct subject *s,
			  const union any_addr *to)
{
	send_some(p, s, to, random_range(p, 100, 1200), MSG_MORE);
	subject_window(p, s, false);
	send_some(p, s, to, 1, 0);
}

/* Nobody is there: the answer sets sk_err. */
static void window_refused(struct prober *p, struct subject *s)
{
	union any_addr at;
	socklen_t len = addr_random(p, s->family, false, &at);
	int fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !bind(fd, &at.sa, len) &&
		  !getsockname(fd, &at.sa, &len);

	if (fd >= 0)
		close(fd);
	if (!ok || connect(s->fd, &at.sa, len))
		return;
	send_some(p, s, &at, 1, 0);
	subject_window(p, s, false);
	subject_window(p, s, false);
}

/* The sockets stay, so that no others get their addresses in the kernel. */
static void record_pair(struct prober *p, int family, uint32_t n)
{
	union any_addr at[2];
	struct subject s[2];

	subject_init(p, &s[0], DISC_UDP, family);
	subject_init(p, &s[1], DISC_UDP, family);
	if (!udp_socket(p, &s[0], &at[0]) || !udp_socket(p, &s[1], &at[1]))
		return;
	find(p, &s[0], &at[1]);
	find(p, &s[1], &at[0]);
	drain(&s[0]);
	drain(&s[1]);
	overflow(p, &s[0], &s[1], &at[1], 3 + n);
	overflow(p, &s[1], &s[0], &at[0], 6 + 3 * n);
	for (int i = 0; i < 2; i++) {
		subject_window(p, &s[i], false);
		subject_options(p, &s[i]);
		if (!connect(s[i].fd, &at[!i].sa, family == AF_INET ?
			     sizeof(at[0].in) : sizeof(at[0].in6)))
			s[i].connected = true;
	}
	for (int i = 0; i < 2; i++) {
		record_dgram(p, &s[i], &s[!i], n < 2);
		send_some(p, &s[!i], &at[i], random_range(p, 50, 900), 0);
		subject_window(p, &s[i], i == 0 || n == 0);
		subject_options(p, &s[i]);
		window_corked(p, &s[i], &at[!i]);
	}
	if (n == 0)
		record_task(p, s, 2);
	window_refused(p, &s[0]);
}

void record_udp(struct prober *p)
{
	record_pair(p, AF_INET, 0);
	if (net_ipv6(p))
		record_pair(p, AF_INET6, 2);
}

void record_udp_again(struct prober *p)
{
	record_pair(p, AF_INET, 1);
}
