/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_chain.c - pointers, told by what they lead to.
 */
#include <stdio.h>

#include "discover_int.h"

/* include/linux/net.h, enum socket_state: up to SS_DISCONNECTING */
#define SOCKET_STATE_MAX	4

static bool shows(const struct disc_window *w, uint64_t addr)
{
	return w->addr && addr >= w->addr && addr - w->addr < w->len;
}

const struct disc_window *deref(const struct solver *s,
				const struct disc_window *parent,
				uint64_t addr, uint32_t *off)
{
	const struct disc_window *w = s->r->windows, *end = w + s->r->nwindows;
	const struct disc_window *found = NULL;
	long index = parent ? parent - w : -2;

	if (!worked(s, s->r->nwindows))
		return NULL;
	for (; addr && w < end; w++) {
		if (w->object != DISC_POINTEE || !shows(w, addr))
			continue;
		/* From its start rather than by chance in a neighbour */
		if (!found || (w->parent == index && found->parent != index) ||
		    ((w->parent == index) == (found->parent == index) &&
		     w->addr > found->addr))
			found = w;
	}
	if (found)
		*off = (uint32_t)(addr - found->addr);
	return found;
}

bool is_address(const struct solver *s, uint64_t v)
{
	/* The lowest kernel addresses, of s390x, start with the kernel's
	   image; all others have the top bit set */
	return s->d->word == 4 ? v >= 0x1000 : v >= 0x10000;
}

/* ---- what a pointee must contain -------------------------------------- */

/* What is known of a window, as bytes that stand in the pointee. */
struct content {
	uint8_t bytes[20];
	uint32_t len;
};

static void put_number(const struct solver *s, struct content *t, uint64_t v,
		       uint32_t size)
{
	uint32_t i;

	t->len = size;
	for (i = 0; i < size; i++)
		t->bytes[s->d->big_endian ? size - 1 - i : i] =
			(uint8_t)(v >> 8 * i);
}

/* struct proto's name, from net/ipv4/{tcp_ipv4,udp}.c and net/ipv6 */
static bool proto_name(const struct disc_window *w, struct content *t)
{
	const struct disc_fact *proto, *family;
	int n;

	proto = disc_window_fact(w, DISC_KEY_PROTOCOL);
	family = disc_window_fact(w, DISC_KEY_FAMILY);
	if (!proto || !family ||
	    (proto->number != 6 && proto->number != 17) ||
	    (family->number != 2 && family->number != 10))
		return false;
	n = snprintf((char *)t->bytes, sizeof(t->bytes), "%s%s",
		     proto->number == 6 ? "TCP" : "UDP",
		     family->number == 2 ? "" : "v6");
	t->len = (uint32_t)n + 1;
	return true;
}

static bool content_of(const struct solver *s, int rule,
		   const struct disc_window *w, struct content *t)
{
	const struct disc_fact *f = disc_window_fact(w, disc_rules[rule].key);

	memset(t, 0, sizeof(*t));
	if (!f)
		return false;
	switch (rule) {
	case SKC_NET:
		put_number(s, t, f->number, 4);
		return f->number && f->number <= UINT32_MAX;
	case SKC_PROT:
		return proto_name(w, t);
	case ICSK_CA_OPS:
		/* With a NUL behind: the name is shorter than its array */
		memcpy(t->bytes, f->bytes, f->len);
		t->len = (uint32_t)strnlen((char *)t->bytes, f->len) + 1;
		return t->len > 1;
	case SK_SOCKET:
		put_number(s, t, w->addr, s->d->word);
		return w->addr;
	default:
		return false;
	}
}

/* Is @p, which an sk_socket may lead to, a struct socket? */
static bool socket_like(const struct solver *s, const struct disc_window *w,
			const struct disc_window *p, uint32_t at)
{
	const struct disc_fact *type = disc_window_fact(w, DISC_KEY_TYPE);

	return p->len >= at + 6 && type &&
	       window_number(s, p, at, 4) <= SOCKET_STATE_MAX &&
	       window_number(s, p, at + 4, 2) == type->number;
}

/* ---- candidates ------------------------------------------------------- */


static bool contains(const struct solver *s, const struct disc_window *w,
		     const struct disc_window *p, uint32_t at, uint32_t inner,
		     int rule)
{
	struct content t;

	if (!content_of(s, rule, w, &t) || inner > p->len ||
	    t.len > p->len - inner || at > inner)
		return false;
	return !memcmp(p->bytes + inner, t.bytes, t.len) &&
	       (rule != SK_SOCKET || socket_like(s, w, p, at));
}

int lead(const struct solver *s, const struct disc_window *w,
		uint32_t off, const struct disc_window **p, uint32_t *at)
{
	uint64_t v;

	if (off + s->d->word > window_limit(w))
		return -1;
	v = window_number(s, w, off, s->d->word);
	if (!is_address(s, v))
		return v ? -1 : 0;
	*p = deref(s, w, v, at);
	return *p ? 1 : 0;
}

/* What the windows say of a candidate. */
struct agreement {
	unsigned int windows;
	unsigned int contents;	/* different ones, up to 2 */
};

static bool same_content(const struct content *a, const struct content *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

/* Do all windows agree to @c, as far as they tell? */
static bool agree(const struct solver *s, int rule, const struct cand *c,
		  struct agreement *a)
{
	const struct disc_window *w = s->r->windows, *p;
	const struct disc_window *end = w + s->r->nwindows;
	struct content first = { .len = 0 }, t;
	uint32_t at;
	int led;

	memset(a, 0, sizeof(*a));
	for (; w < end && worked(s, 1); w++) {
		if (!(disc_rules[rule].objects >> w->object & 1) ||
		    !content_of(s, rule, w, &t))
			continue;
		led = lead(s, w, c->off, &p, &at);
		/* A struct socket may be another one's later */
		if (!led || (led > 0 && rule == SK_SOCKET &&
			     s->r->windows + p->parent != w))
			continue;
		if (led < 0 || !contains(s, w, p, at, at + c->inner, rule))
			return false;
		if (!a->windows++)
			first = t;
		if (a->contents < 2 && (a->windows == 1 ||
					!same_content(&first, &t)))
			a->contents++;
	}
	return a->windows > 1;
}

/* All places of pointee @p of @w that have what @w says. */
static void try_pointee(struct solver *s, int rule,
			const struct disc_window *w,
			const struct disc_window *p)
{
	struct cand c = { .off = p->parent_off, .form = FORM_LONG,
			  .miss = NO_MISS };
	struct cands *cs = &s->cands[rule];
	struct agreement a;
	size_t i;

	if (c.off % s->d->word || c.off + s->d->word > window_limit(w) ||
	    window_number(s, w, c.off, s->d->word) != p->addr ||
	    (disc_rules[rule].type == TYPE_SOCK_COMMON &&
	     c.off >= SOCK_COMMON_MAX))
		return;
	for (i = 0; i < cs->n; i++)
		if (cs->c[i].off == c.off)
			return;		/* from another window */
	for (; c.inner < p->len; c.inner += 4) {
		if (!contains(s, w, p, 0, c.inner, rule) ||
		    !agree(s, rule, &c, &a))
			continue;
		add_cand(s, rule, &c);
		if (!cs->nvalues || a.contents < cs->nvalues)
			cs->nvalues = a.contents;
	}
	/* Contents say no less than numbers that are not 0 */
	cs->nonzero = cs->nvalues > 1 ? 3 : cs->nvalues;
}

void solve_pointers(struct solver *s)
{
	const struct disc_window *p, *w, *end;
	int rule;

	end = s->r->windows + s->r->nwindows;
	for (rule = 0; rule < RULES; rule++) {
		if (disc_rules[rule].kind != KIND_POINTER)
			continue;
		for (p = s->r->windows; p < end; p++) {
			if (p->object != DISC_POINTEE || p->parent < 0)
				continue;
			w = &s->r->windows[p->parent];
			if (disc_rules[rule].objects >> w->object & 1)
				try_pointee(s, rule, w, p);
		}
	}
}
