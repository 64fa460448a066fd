/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_solve.c - from candidates to one offset, or none.
 */
#include <errno.h>
#include <stdlib.h>

#include "discover_int.h"

void set_missing(struct solver *s, int rule, const char *why)
{
	if (!s->d->found[rule].known)
		s->d->found[rule].why = why;
}

void set_found(struct solver *s, int rule, uint32_t off, unsigned int form)
{
	struct found *f = &s->d->found[rule];
	struct field *field = &f->field;

	memset(f, 0, sizeof(*f));
	f->known = true;
	f->form = (uint8_t)form;
	field->class = disc_rules[rule].class;
	field->is_signed = field->class == FIELD_SIGNED;
	field->exists = true;
	if (form_width(form)) {
		field_set_bits(field, off * 8 + form_begin(form),
			       form_width(form), 1);
		return;
	}
	field->off = off;
	field->size = disc_rules[rule].size ? disc_rules[rule].size :
		      form_size(s, form);
	field->bit_off = off * 8;
}

/* ---- taking candidates away ------------------------------------------- */

/* How many agree with everything; the last one through @last. */
static size_t survivors(const struct cands *cs, const struct cand **last)
{
	size_t i, n = 0;

	for (i = 0; i < cs->n; i++) {
		if (cs->c[i].miss != NO_MISS)
			continue;
		if (last)
			*last = &cs->c[i];
		n++;
	}
	return n;
}

static bool form_is(unsigned int wanted, const struct cand *c)
{
	return !wanted || wanted == c->form;
}

/* Does a survivor of the other rule stand where @rel wants it for @c? */
static bool has_partner(const struct solver *s, const struct relation *rel,
			const struct cand *c, bool is_a)
{
	const struct cands *cs = &s->cands[is_a ? rel->b : rel->a];
	int64_t delta = rel->off + (int64_t)rel->words * s->d->word, want;
	const struct cand *o;
	size_t i;

	if (!form_is(is_a ? rel->form_a : rel->form_b, c))
		return false;
	want = (int64_t)c->off + (is_a ? delta : -delta);
	if (!worked(s, cs->n))
		return false;
	for (i = 0; i < cs->n; i++) {
		o = &cs->c[i];
		if (o->off == want && o->miss == NO_MISS &&
		    form_is(is_a ? rel->form_b : rel->form_a, o))
			return true;
	}
	return false;
}

static bool any_partner(const struct solver *s, const struct relation *rel,
			unsigned int n, const struct cand *c, bool is_a)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (has_partner(s, &rel[i], c, is_a))
			return true;
	return false;
}

static bool keep_partners(struct solver *s, const struct relation *rel,
			  unsigned int n, bool is_a)
{
	struct cands *cs = &s->cands[is_a ? rel->a : rel->b];
	size_t i, kept = 0;
	bool changed;

	for (i = 0; i < cs->n; i++)
		if (any_partner(s, rel, n, &cs->c[i], is_a))
			cs->c[kept++] = cs->c[i];
	changed = kept != cs->n;
	cs->n = kept;
	cs->related = true;
	return changed;
}

/*
 * The @n lines of one pair.  Where there are candidates for both, but none
 * that stand as they say, something is wrong with what is known.
 */
static bool relate(struct solver *s, const struct relation *rel,
		   unsigned int n)
{
	struct cands *a = &s->cands[rel->a], *b = &s->cands[rel->b];
	bool changed;
	size_t i;

	if (!survivors(a, NULL) || !survivors(b, NULL))
		return false;
	for (i = 0; i < a->n; i++)
		if (a->c[i].miss == NO_MISS &&
		    any_partner(s, rel, n, &a->c[i], true))
			break;
	if (i == a->n) {
		a->alone = b->alone = true;
		return false;
	}
	changed = keep_partners(s, rel, n, true);
	return keep_partners(s, rel, n, false) || changed;
}

static bool relate_all(struct solver *s)
{
	const struct relation *rel = disc_relations;
	const struct relation *end = rel + disc_nrelations;
	bool changed = false;
	unsigned int n;

	for (; rel < end; rel += n) {
		for (n = 1; rel + n < end && rel[n].a == rel->a &&
			    rel[n].b == rel->b; n++)
			;
		if (relate(s, rel, n))
			changed = true;
	}
	return changed;
}

static bool overlaps(const struct solver *s, const struct cand *c,
		     const struct field *f)
{
	uint32_t end = c->off + form_size(s, c->form);

	return c->off < f->off + f->size && f->off < end;
}

/* Is there no room for @c, a field of @type, beside what was found? */
static bool displaced(const struct solver *s, unsigned int type,
		      const struct cand *c)
{
	const struct found *f;
	unsigned int other;
	int i;

	for (i = 0; i < RULES; i++) {
		f = &s->d->found[i];
		other = disc_rules[i].type;
		if (!f->known)
			continue;
		if (other == type || (other <= TYPE_TCP_SOCK &&
				      type <= TYPE_TCP_SOCK)) {
			if (overlaps(s, c, &f->field))
				return true;
		}
		if (other > TYPE_TCP_SOCK || type > TYPE_TCP_SOCK)
			continue;
		if (other < type ? c->off < f->field.off :
		    other > type && c->off > f->field.off)
			return true;
	}
	return false;
}

static bool displace(struct solver *s, int rule)
{
	struct cands *cs = &s->cands[rule];
	size_t i, kept = 0;
	bool changed;

	for (i = 0; i < cs->n; i++)
		if (!displaced(s, disc_rules[rule].type, &cs->c[i]))
			cs->c[kept++] = cs->c[i];
	changed = kept != cs->n;
	cs->n = kept;
	return changed;
}

/* The bits of a candidate, for comparing what is inside of what. */
static unsigned int form_bits(const struct solver *s, unsigned int form)
{
	return form_width(form) ? form_width(form) : form_size(s, form) * 8;
}

static bool inside(const struct solver *s, const struct cand *c,
		   const struct cand *wide)
{
	return form_bits(s, c->form) < form_bits(s, wide->form) &&
	       c->off >= wide->off && c->off + form_size(s, c->form) <=
	       wide->off + form_size(s, wide->form);
}

/* Values that fill a wide form would not have let a narrow field pass for
 * one; a narrow candidate inside is the wide one's part. */
static void take_widest(struct solver *s, int rule)
{
	struct cands *cs = &s->cands[rule];
	struct cand wide = { .form = FORM_NONE };
	size_t i, kept = 0;

	if (!disc_rules[rule].widest || !cs->wide)
		return;
	for (i = 0; i < cs->n; i++)
		if (cs->c[i].miss == NO_MISS && (!wide.form ||
		    form_bits(s, cs->c[i].form) > form_bits(s, wide.form)))
			wide = cs->c[i];
	for (i = 0; i < cs->n; i++)
		if (!inside(s, &cs->c[i], &wide))
			cs->c[kept++] = cs->c[i];
	cs->n = kept;
}

/* ---- deciding --------------------------------------------------------- */

static bool several(uint64_t set)
{
	return set & (set - 1);
}

/*
 * A value, or a subject, confirms what is left if nothing else would be left
 * without it: it had the chance to say no.  0 does not count, most bytes are.
 */
static bool confirmed(const struct cands *cs)
{
	uint64_t values = cs->nonzero, subjects = cs->subjects;
	const struct cand *c;
	size_t i;

	if (!several(values))
		values = 0;
	if (!several(subjects) || cs->nvalues < 2)
		subjects = 0;
	for (i = 0; i < cs->n; i++) {
		c = &cs->c[i];
		if (c->miss == NO_MISS)
			continue;
		if (c->miss != MISSES)
			values &= ~(1ull << c->miss);
		if (c->miss_subject != MISSES)
			subjects &= ~(1ull << c->miss_subject);
	}
	return values || subjects;
}

static bool convincing(const struct rule *r, const struct cands *cs)
{
	/* What a pointer leads to is rarely so by chance */
	if (cs->related && (cs->nvalues > 1 || r->kind == KIND_POINTER))
		return true;
	return !r->neighbour && confirmed(cs);
}

static const char *undecided(const struct cands *cs, size_t left)
{
	if (!cs->nvalues)
		return "nothing is known of its value";
	if (!cs->nonzero)
		return "it was always 0";
	if (!left)
		return "no offset agrees with all that is known";
	if (left > 1)
		return "several offsets agree with all that is known";
	if (cs->nvalues < 2)
		return "it never changed";
	return "one offset agrees, but nothing confirms it";
}

/* Is it known where the struct of @r must end, by what comes behind it? */
static bool bounded(const struct solver *s, const struct rule *r)
{
	int i;

	if (r->kind == KIND_POINTER || r->type == TYPE_SOCK_COMMON)
		return true;
	for (i = 0; i < RULES && r->type < TYPE_TCP_SOCK; i++)
		if (s->d->found[i].known && disc_rules[i].type > r->type &&
		    disc_rules[i].type <= TYPE_TCP_SOCK)
			return true;
	return false;
}

static bool decide(struct solver *s, int rule)
{
	const struct rule *r = &disc_rules[rule];
	struct found *f = &s->d->found[rule];
	struct cands *cs = &s->cands[rule];
	const struct cand *c = NULL;
	size_t left;

	take_widest(s, rule);
	left = survivors(cs, &c);
	if (left == 1 && cs->alone) {
		set_missing(s, rule, "its neighbour is elsewhere");
		return false;
	}
	if (left == 1 && (c->partial || !(cs->seen || bounded(s, r)))) {
		set_missing(s, rule, "windows end before their object does");
		return false;
	}
	if (left != 1 || !convincing(r, cs)) {
		set_missing(s, rule, undecided(cs, left));
		return false;
	}
	set_found(s, rule, c->off, c->form);
	f->inner = c->inner;
	if (r->kind == KIND_POINTER)
		set_found(s, r->inner, c->inner, only_form(r->inner));
	return true;
}

void solve(struct solver *s)
{
	bool changed = true;
	int i;

	for (i = 0; i < RULES; i++)
		if (disc_rules[i].kind == KIND_SCALAR)
			match_rule(s, i);
	solve_pointers(s);
	while (changed && !s->no_memory && *s->work) {
		changed = relate_all(s);
		for (i = 0; i < RULES; i++) {
			if (s->d->found[i].known ||
			    disc_rules[i].kind == KIND_FOLLOWS ||
			    disc_rules[i].kind == KIND_OTHER)
				continue;
			if (displace(s, i))
				changed = true;
			if (decide(s, i))
				changed = true;
		}
	}
	solve_followers(s);
	solve_skb(s);
	solve_net_device(s);
	solve_task(s);
}
