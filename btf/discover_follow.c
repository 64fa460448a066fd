/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_follow.c - fields that stand where others say.
 */
#include "discover_int.h"

/* Rules that stand where another one says. */
static void follow(struct solver *s)
{
	const struct relation *rel;
	const struct found *a;
	unsigned int i, form;
	uint32_t off;

	for (i = 0; i < disc_nrelations; i++) {
		rel = &disc_relations[i];
		if (disc_rules[rel->b].kind != KIND_FOLLOWS)
			continue;
		a = &s->d->found[rel->a];
		form = only_form(rel->b);
		off = a->field.off + (uint32_t)rel->off;
		if (!a->known)
			set_missing(s, rel->b, "what it follows is not known");
		else if (rule_holds(s, rel->b, off, form))
			set_found(s, rel->b, off, form);
		else
			set_missing(s, rel->b, "it is not behind what it "
				    "always followed");
	}
}

/*
 * Before 4.12 nobody tells a socket's cookie.  But what is between the
 * addresses and the flags is nothing else, since 4.1.
 */
static void solve_cookie(struct solver *s)
{
	const struct found *f = s->d->found;
	uint32_t off = f[SKC_V6_RCV_SADDR].field.off + 16;

	if (!f[SKC_COOKIE].known && !s->cands[SKC_COOKIE].nvalues &&
	    f[SKC_V6_RCV_SADDR].known && f[SKC_FLAGS].known &&
	    f[SKC_FLAGS].field.off == off + 8)
		set_found(s, SKC_COOKIE, off, FORM_U64);
}

/*
 * state, type, and the file before sk, stand where they have always stood:
 * socket_like() saw the first two; of file there is a pointer or, of what
 * accept() has not made a descriptor for, none.
 */
static void solve_socket(struct solver *s)
{
	const struct found *sk = &s->d->found[SK_SOCKET];
	const struct disc_window *w = s->r->windows, *p;
	const struct disc_window *end = w + s->r->nwindows;
	uint32_t off, at, word = s->d->word;
	unsigned int files = 0;
	uint64_t v;

	if (!sk->known || sk->inner < 2 * word) {
		set_missing(s, SOCKET_STATE, "sk_socket was not found");
		set_missing(s, SOCKET_TYPE, "sk_socket was not found");
		set_missing(s, SOCKET_FILE, "sk_socket was not found");
		set_missing(s, SOCKET_SK, "sk_socket was not found");
		return;
	}
	set_found(s, SOCKET_STATE, 0, FORM_U32);
	set_found(s, SOCKET_TYPE, 4, FORM_U16);
	off = sk->inner - word;
	for (; w < end; w++) {
		if (!(disc_rules[SK_SOCKET].objects >> w->object & 1) ||
		    lead(s, w, sk->field.off, &p, &at) <= 0)
			continue;
		if (at + off + word > p->len ||
		    s->r->windows + p->parent != w)
			continue;
		v = window_number(s, p, at + off, word);
		if (v && !is_address(s, v)) {
			files = 0;
			break;
		}
		files += v != 0;
	}
	if (files)
		set_found(s, SOCKET_FILE, off, FORM_LONG);
	else
		set_missing(s, SOCKET_FILE, "no pointer before sk");
}

void solve_followers(struct solver *s)
{
	follow(s);
	solve_cookie(s);
	solve_socket(s);
}
