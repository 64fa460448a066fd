/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names - which name was asked for before an address was connected to: a
 * cache of the DNS answers that passed by (RFC 1035, 3596).
 *
 * An answer may be cut off (DNS_BYTES); what is whole is used.
 */
#include "tools/frontend/dns.h"
#include "tools/frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 10240
#define BUCKETS 16384			/* power of two */
#define NONE UINT16_MAX
#define DAY_NS (24 * 3600 * 1000000000ull)

#define QUESTIONS 4			/* more are not in use anywhere */
#define ALIASES 16			/* of CNAME chains */

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

struct message {
	struct dns_message dns;
	struct dns_name questions[QUESTIONS];
	unsigned nquestions;
	struct {
		struct dns_name name;
		unsigned question;	/* that led to it */
	} aliases[ALIASES];
	unsigned naliases;
};

static bool get_questions(struct message *m, unsigned n)
{
	struct dns_name more;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!dns_get_name(&m->dns, i < QUESTIONS ? &m->questions[i] :
							   &more) ||
		    m->dns.len - m->dns.at < 4)
			return false;
		m->dns.at += 4;
	}
	m->nquestions = n < QUESTIONS ? n : QUESTIONS;
	return true;
}

/* The question that the record of @owner answers; -1: none that we have. */
static int answers_question(const struct message *m,
			    const struct dns_name *owner)
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
	size_t back = m->dns.at;

	if (m->naliases < ALIASES) {
		m->dns.at = at;
		m->aliases[m->naliases].question = question;
		if (dns_get_name(&m->dns, &m->aliases[m->naliases].name))
			m->naliases++;
		m->dns.at = back;
	}
}

/* One record of the answer section; false when it is cut off. */
static bool get_answer(struct names *n, struct message *m, uint64_t ns)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
	struct dns_record r;
	struct dns_name owner;
	uint8_t addr[16];
	int q;

	if (!dns_get_record(&m->dns, &owner, &r))
		return false;
	q = answers_question(m, &owner);
	if (r.class != DNS_IN || q < 0 || !m->questions[q].text[0])
		return true;
	if (r.type == DNS_A && r.len == 4) {
		memcpy(addr, mapped, 12);
		memcpy(addr + 12, r.data, 4);
		learn(n, addr, m->questions[q].text, ns);
	} else if (r.type == DNS_AAAA && r.len == 16) {
		memcpy(addr, r.data, 16);
		learn(n, addr, m->questions[q].text, ns);
	} else if (r.type == DNS_CNAME) {
		add_alias(m, m->dns.at - r.len, (unsigned)q);
	}
	return true;
}

void names_learn(struct names *n, const struct dns_event *ev)
{
	const size_t head = offsetof(struct dns_event, data);
	struct message m = { .dns = { .data = ev->data, .len = ev->len } };
	unsigned answers;

	if (ev->event.len < head)
		return;
	if (m.dns.len > ev->event.len - head)
		m.dns.len = ev->event.len - head;
	if (m.dns.len > DNS_BYTES)
		m.dns.len = DNS_BYTES;
	/* QR 1: a response; opcode 0: to a query; rcode 0: no error */
	if (m.dns.len < DNS_HEADER ||
	    (dns_get16(m.dns.data + 2) & 0xf80f) != 0x8000)
		return;
	m.dns.at = DNS_HEADER;
	if (!get_questions(&m, dns_get16(m.dns.data + 4)) || !m.nquestions)
		return;
	for (answers = dns_get16(m.dns.data + 6); answers; answers--)
		if (!get_answer(n, &m, ev->event.ns))
			return;
}
