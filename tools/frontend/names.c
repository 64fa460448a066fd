/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names - which name was asked for before an address was connected to: a
 * cache of the DNS answers that passed by (RFC 1035, 3596).
 *
 * Every byte is from the network.  An answer may be cut off (DNS_BYTES); what
 * is whole is used.  Compression pointers must lead backwards, so a name ends.
 */
#include "tools/frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 10240
#define BUCKETS 16384			/* power of two */
#define NONE UINT16_MAX
#define DAY_NS (24 * 3600 * 1000000000ull)

#define DNS_HEADER 12
#define WIRE_NAME 255			/* RFC 1035, 2.3.4 */
#define QUESTIONS 4			/* more are not in use anywhere */
#define ALIASES 16			/* of CNAME chains */

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, CLASS_IN = 1 };

struct entry {
	uint8_t addr[16];
	uint64_t ns;
	char *name;
	uint16_t chain;			/* next in the bucket */
	uint16_t older, newer;		/* in the order heard of */
};

struct names {
	struct entry entries[ENTRIES];
	uint16_t buckets[BUCKETS];
	uint16_t used;
	uint16_t oldest, newest;
	uint32_t seed;
};

struct names *names_new(void)
{
	/* calloc: pages that are not used are not there */
	struct names *n = calloc(1, sizeof(*n));
	struct timespec now;

	if (!n)
		return NULL;
	memset(n->buckets, 0xff, sizeof(n->buckets));
	n->oldest = n->newest = NONE;
	clock_gettime(CLOCK_MONOTONIC, &now);
	n->seed = (uint32_t)now.tv_nsec | 1;
	return n;
}

void names_free(struct names *n)
{
	uint16_t i;

	if (!n)
		return;
	for (i = 0; i < n->used; i++)
		free(n->entries[i].name);
	free(n);
}

static unsigned bucket(const struct names *n, const uint8_t addr[16])
{
	uint32_t h = n->seed;
	int i;

	for (i = 0; i < 16; i++)
		h = (h ^ addr[i]) * 0x9e3779b1u;
	return (h >> 16 ^ h) & (BUCKETS - 1);
}

static uint16_t lookup(const struct names *n, const uint8_t addr[16])
{
	uint16_t i = n->buckets[bucket(n, addr)];

	while (i != NONE && memcmp(n->entries[i].addr, addr, 16))
		i = n->entries[i].chain;
	return i;
}

static void unchain(struct names *n, uint16_t i)
{
	uint16_t *p = &n->buckets[bucket(n, n->entries[i].addr)];

	while (*p != i)
		p = &n->entries[*p].chain;
	*p = n->entries[i].chain;
}

/* Take @i out of the order of age. */
static void unlist(struct names *n, uint16_t i)
{
	struct entry *e = &n->entries[i];

	if (e->older == NONE)
		n->oldest = e->newer;
	else
		n->entries[e->older].newer = e->newer;
	if (e->newer == NONE)
		n->newest = e->older;
	else
		n->entries[e->newer].older = e->older;
}

static void list_newest(struct names *n, uint16_t i)
{
	struct entry *e = &n->entries[i];

	e->older = n->newest;
	e->newer = NONE;
	if (n->newest == NONE)
		n->oldest = i;
	else
		n->entries[n->newest].newer = i;
	n->newest = i;
}

static void learn(struct names *n, const uint8_t addr[16], const char *name,
		  uint64_t ns)
{
	char *copy = strdup(name);
	uint16_t i, *b;

	if (!copy)
		return;
	i = lookup(n, addr);
	if (i != NONE) {
		unlist(n, i);
	} else {
		if (n->used < ENTRIES) {
			i = n->used++;
		} else {
			i = n->oldest;
			unlist(n, i);
			unchain(n, i);
		}
		memcpy(n->entries[i].addr, addr, 16);
		b = &n->buckets[bucket(n, addr)];
		n->entries[i].chain = *b;
		*b = i;
	}
	list_newest(n, i);
	free(n->entries[i].name);
	n->entries[i].name = copy;
	n->entries[i].ns = ns;
}

const char *names_find(const struct names *n, const uint8_t addr[16],
		       uint64_t now_ns, uint64_t *age_ns)
{
	uint16_t i = lookup(n, addr);
	uint64_t age;

	if (i == NONE)
		return NULL;
	/* CPUs hand their events over one after the other: the answer may
	 * seem to be from after the connection */
	age = now_ns > n->entries[i].ns ? now_ns - n->entries[i].ns : 0;
	if (age > DAY_NS)
		return NULL;
	if (age_ns)
		*age_ns = age;
	return n->entries[i].name;
}

/* ---- the message ------------------------------------------------------- */

struct name {
	char text[WIRE_NAME + 1];
};

struct message {
	const uint8_t *data;
	size_t len;
	size_t at;
	struct name questions[QUESTIONS];
	unsigned nquestions;
	struct {
		struct name name;
		unsigned question;	/* that led to it */
	} aliases[ALIASES];
	unsigned naliases;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* A byte of a label as it may be shown; names have no case. */
static char shown(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '*' || c == '/')
		return (char)c;
	return '?';
}

/* Read the name at m->at and step over it.  False: cut off or not a name. */
static bool get_name(struct message *m, struct name *n)
{
	size_t at = m->at, limit = m->at, out = 0, i, len;
	bool jumped = false;

	for (;;) {
		if (at >= m->len)
			return false;
		len = m->data[at++];
		if ((len & 0xc0) == 0xc0) {
			if (at >= m->len)
				return false;
			len = (len & 0x3f) << 8 | m->data[at++];
			if (!jumped)
				m->at = at;
			jumped = true;
			/* backwards each time: no loops */
			if (len >= limit)
				return false;
			at = limit = len;
			continue;
		}
		if (len & 0xc0)
			return false;
		if (!len)
			break;
		if (len > m->len - at || out + len + 1 > WIRE_NAME)
			return false;
		if (out)
			n->text[out++] = '.';
		for (i = 0; i < len; i++)
			n->text[out++] = shown(m->data[at++]);
	}
	n->text[out] = 0;
	if (!jumped)
		m->at = at;
	return true;
}

static bool get_questions(struct message *m, unsigned n)
{
	struct name more;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!get_name(m, i < QUESTIONS ? &m->questions[i] : &more) ||
		    m->len - m->at < 4)
			return false;
		m->at += 4;
	}
	m->nquestions = n < QUESTIONS ? n : QUESTIONS;
	return true;
}

/* The question that the record of @owner answers; -1: none that we have. */
static int answers_question(const struct message *m, const struct name *owner)
{
	unsigned i;

	/* with one question, whatever the chain between: it may be cut off
	 * or out of order */
	if (m->nquestions == 1)
		return 0;
	for (i = 0; i < m->nquestions; i++)
		if (!strcmp(m->questions[i].text, owner->text))
			return (int)i;
	for (i = 0; i < m->naliases; i++)
		if (!strcmp(m->aliases[i].name.text, owner->text))
			return (int)m->aliases[i].question;
	return -1;
}

static void add_alias(struct message *m, size_t at, unsigned question)
{
	size_t back = m->at;

	if (m->naliases < ALIASES) {
		m->at = at;
		m->aliases[m->naliases].question = question;
		if (get_name(m, &m->aliases[m->naliases].name))
			m->naliases++;
		m->at = back;
	}
}

/* One record of the answer section; false when it is cut off. */
static bool get_answer(struct names *n, struct message *m, uint64_t ns)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
	unsigned type, class, len;
	struct name owner;
	uint8_t addr[16];
	const uint8_t *p;
	int q;

	if (!get_name(m, &owner) || m->len - m->at < 10)
		return false;
	p = m->data + m->at;
	type = get16(p);
	class = get16(p + 2);
	len = get16(p + 8);
	m->at += 10;
	if (m->len - m->at < len)
		return false;
	p += 10;
	m->at += len;
	q = answers_question(m, &owner);
	if (class != CLASS_IN || q < 0 || !m->questions[q].text[0])
		return true;
	if (type == TYPE_A && len == 4) {
		memcpy(addr, mapped, 12);
		memcpy(addr + 12, p, 4);
		learn(n, addr, m->questions[q].text, ns);
	} else if (type == TYPE_AAAA && len == 16) {
		memcpy(addr, p, 16);
		learn(n, addr, m->questions[q].text, ns);
	} else if (type == TYPE_CNAME) {
		add_alias(m, m->at - len, (unsigned)q);
	}
	return true;
}

void names_learn(struct names *n, const struct dns_event *ev)
{
	const size_t head = offsetof(struct dns_event, data);
	struct message m = { .data = ev->data, .len = ev->len };
	unsigned answers;

	if (ev->event.len < head)
		return;
	if (m.len > ev->event.len - head)
		m.len = ev->event.len - head;
	if (m.len > DNS_BYTES)
		m.len = DNS_BYTES;
	/* QR 1: a response; opcode 0: to a query; rcode 0: no error */
	if (m.len < DNS_HEADER || (get16(m.data + 2) & 0xf80f) != 0x8000)
		return;
	m.at = DNS_HEADER;
	if (!get_questions(&m, get16(m.data + 4)) || !m.nquestions)
		return;
	for (answers = get16(m.data + 6); answers; answers--)
		if (!get_answer(n, &m, ev->event.ns))
			return;
}
