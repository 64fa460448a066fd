/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A socket of ours and the windows of it. */
#include "loader/discover_int.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <string.h>
#include <unistd.h>

#define TRIES 4

/* xorshift64*; the seed is the kernel's */
uint32_t random32(struct prober *p)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return (uint32_t)(p->random * 0x2545f4914f6cdd1dull >> 32);
}

uint32_t random_range(struct prober *p, uint32_t low, uint32_t high)
{
	return low + random32(p) % (high - low);
}

socklen_t addr_random(struct prober *p, int family, bool mapped,
		      union any_addr *a)
{
	/* not .0 or .255 in the last byte, and no byte twice: what is
	 * shifted by a byte must not look the same */
	uint32_t n = 127u << 24 | random_range(p, 128, 255) << 16 |
		     random_range(p, 65, 127) << 8 | random_range(p, 2, 64);

	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		a->in.sin_family = AF_INET;
		a->in.sin_addr.s_addr = htonl(n);
		return sizeof(a->in);
	}
	a->in6.sin6_family = AF_INET6;
	if (mapped) {
		n = htonl(n);
		memset(a->in6.sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(a->in6.sin6_addr.s6_addr + 12, &n, 4);
	} else if (p->netns) {	/* what add_ipv6() of discover_net.c made */
		int i = (int)(p->addresses6++ % ADDRESSES6) + 1;

		a->in6.sin6_addr.s6_addr[0] = 0xfd;
		memset(a->in6.sin6_addr.s6_addr + 8, i * 0x1d, 7);
		a->in6.sin6_addr.s6_addr[15] = (uint8_t)i;
	} else {
		a->in6.sin6_addr = in6addr_loopback;
	}
	return sizeof(a->in6);
}

void subject_init(struct prober *p, struct subject *s, int object, int family)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->id = (uint16_t)++p->subjects;
	s->object = (uint8_t)object;
	s->family = (uint8_t)family;
	s->pending = s->peer = -1;
}

void subject_close(struct subject *s)
{
	const struct linger now = { .l_onoff = 1 };

	/* with a reset: nothing is left to wait for */
	if (s->fd >= 0 && s->object == DISC_TCP)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void set(int fd, int level, int name, uint32_t value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

static void set_switches(struct prober *p, struct subject *s)
{
	static const int bits[] = { SO_OOBINLINE, SO_KEEPALIVE, SO_BROADCAST };
	uint32_t r = random32(p);
	struct linger l = { .l_onoff = r >> 8 & 1, .l_linger = 1 };

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		set(s->fd, SOL_SOCKET, bits[i], r >> i & 1);
	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	if (s->object != DISC_TCP)
		return;
	set(s->fd, IPPROTO_TCP, TCP_CORK, 0);
	set(s->fd, IPPROTO_TCP, TCP_NODELAY, r >> 9 & 1);
	s->nagle = false;
}

/* 1 GB/s and more: never the limit here.  Since 4.20 it is a long. */
static void set_pacing(struct prober *p, int fd)
{
	uint64_t rate = random_range(p, 1000000000, 2000000000);

	if (random32(p) % 8 == 0)
		set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, UINT32_MAX);
	else if (p->env->word_size == 8 && random32(p) % 2) {
		rate |= (uint64_t)random_range(p, 1, 100) << 32;
		setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
			   sizeof(rate));
	} else {
		set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, (uint32_t)rate);
	}
}

void subject_options(struct prober *p, struct subject *s)
{
	/* what is longer than a byte has no two bytes alike and none that
	 * is 0, as far as the limits allow */
	if (s->family == AF_INET)	/* sets the priority, too */
		set(s->fd, IPPROTO_IP, IP_TOS,
		    random_range(p, 3, 55) << 2);
	set(s->fd, SOL_SOCKET, SO_PRIORITY, random32(p) & 0x7fffffff);
	set(s->fd, SOL_SOCKET, SO_MARK, random32(p));
	set(s->fd, SOL_SOCKET, SO_RCVLOWAT, random_range(p, 300, 4000));
	set_pacing(p, s->fd);
	if (!s->autotuned) {
		set(s->fd, SOL_SOCKET, SO_RCVBUF,
		    random_range(p, 20000, 60000));
		set(s->fd, SOL_SOCKET, SO_SNDBUF,
		    random_range(p, 20000, 60000));
	}
	set_switches(p, s);
	/* or it keeps its owner: facts_socket() asks */
	(void)!fchown(s->fd, random_range(p, 1000000, 2000000000), (gid_t)-1);
}

/* ---- pointers --------------------------------------------------------- */

/*
 * On machines of 32 bits any number may look like an address, and reading at
 * one may touch a device: on ARM those are mapped above memory, and MIPS has
 * all of physical memory below its windows, where nothing answers it is a bus
 * error.  So only what is memory for sure, which is all that we look for.
 */
static bool is_low_memory(const struct prober *p, uint64_t word)
{
	static const uint32_t splits[] = {	/* CONFIG_VMSPLIT_... */
		0xc0000000, 0xb0000000, 0x80000000, 0x40000000,
	};
	bool windows = !strncmp(p->env->machine, "mips", 4);

	for (unsigned i = 0; i < ARRAY_SIZE(splits); i++) {
		if (windows ? splits[i] != 0x80000000 : splits[i] > p->anchor)
			continue;
		return word >= splits[i] && word - splits[i] < p->low_ram;
	}
	return false;
}

/* Could @word be the address of something?  The kernel's half, as far as a
 * machine tells halves apart. */
bool is_pointer(const struct prober *p, uint64_t word)
{
	if (word & 3)
		return false;
	if (p->env->word_size == 4)
		return is_low_memory(p, word);
	if (!strcmp(p->env->machine, "s390x"))	/* from 0, like a user's */
		return word >= 0x10000 && word < 1ull << 53;
	return word >= 0xff00000000000000ull && word < 0xfffffffffffff000ull;
}

uint64_t word_at(const struct prober *p, const uint8_t *at)
{
	uint64_t v8;
	uint32_t v4;

	if (p->env->word_size == 8) {
		memcpy(&v8, at, 8);
		return v8;
	}
	memcpy(&v4, at, 4);
	return v4;
}

/* Known already?  One look at each place will do: a pointer says where. */
static bool seen(struct prober *p, uint64_t addr)
{
	for (unsigned i = 0; i < p->nseen; i++)
		if (p->seen[i] == addr)
			return true;
	if (p->nseen < ARRAY_SIZE(p->seen))
		p->seen[p->nseen++] = addr;
	return false;
}

#define FOLLOW_MAX 96
#define FOLLOW_CHUNKS 12

void follow(struct prober *p, int index, const uint8_t *bytes, uint32_t len,
	    uint64_t addr, uint32_t each, bool anew)
{
	unsigned n = 0, chunks = each / CHUNK, word = p->env->word_size;
	static uint8_t buf[FOLLOW_MAX * FOLLOW_CHUNKS][CHUNK];
	static uint64_t at[FOLLOW_MAX * FOLLOW_CHUNKS];
	static bool ok[FOLLOW_MAX * FOLLOW_CHUNKS];
	uint32_t offs[FOLLOW_MAX];

	if (index < 0 || chunks > FOLLOW_CHUNKS)
		return;
	for (uint32_t off = 0; off + word <= len && n < FOLLOW_MAX;
	     off += word) {
		uint64_t v = word_at(p, bytes + off);

		/* lists that are empty point into the object */
		if (!is_pointer(p, v) || (v >= addr && v < addr + len) ||
		    (seen(p, v) && !anew))
			continue;
		for (unsigned c = 0; c < chunks; c++)
			at[n * chunks + c] = v + c * CHUNK;
		offs[n++] = off;
	}
	peek_chunks(p, at, n * chunks, buf, ok);
	for (unsigned i = 0; i < n; i++) {
		unsigned c = 0;

		while (c < chunks && ok[i * chunks + c])
			c++;
		if (c)
			tape_pointee(p->tape, index, offs[i], at[i * chunks],
				     buf[i * chunks], c * CHUNK);
	}
}

/* ---- windows ---------------------------------------------------------- */

static uint32_t object_size(const struct prober *p, const struct subject *s)
{
	bool six = s->family == AF_INET6;

	if (s->object == DISC_UDP)
		return six ? p->size.udp6 : p->size.udp4;
	return six ? p->size.tcp6 : p->size.tcp4;
}

static bool same_facts(const struct facts *a, const struct facts *b)
{
	return a->n == b->n && !memcmp(a->f, b->f, a->n * sizeof(a->f[0]));
}

int subject_window(struct prober *p, struct subject *s, bool pointees)
{
	uint32_t size = object_size(p, s), want = size, len, err = 0;
	uint8_t bytes[DISC_WINDOW_MAX];
	struct facts before, after;
	socklen_t n = sizeof(err);

	if (!s->addr)
		return -1;
	if (!want)
		want = s->object == DISC_UDP ? 1536 : 2816;
	for (int tries = 0; tries < TRIES; tries++) {
		facts_socket(p, s, &before);
		len = peek(p, s->addr, bytes, want);
		facts_socket(p, s, &after);
		if (!len)
			return -1;
		if (!same_facts(&before, &after))
			continue;
		/* asking takes it away: last */
		if (!getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &n))
			known_number(&after, DISC_KEY_ERR, err);
		s->window = tape_window(p->tape, s->object, s->id, s->addr,
					bytes, len, size, &after);
		if (pointees)
			follow(p, s->window, bytes, len, s->addr, 512,
			       false);
		return s->window;
	}
	return -1;
}
