/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scan.c - the two passes over a BTF file: strings, then types.
 *
 * Kernel BTF has 130,000 types and as many strings; reading it is what
 * starting a tool costs.  So nothing is indexed but what was asked for: the
 * first pass finds where the wanted names stand, the second which types bear
 * them, noting the place of every 64th type on the way.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf_int.h"

/* How compilers call "long" and "unsigned long"; see scan_pointer_size(). */
static const char *const long_names[] = {
	"long int", "long unsigned int", "long", "unsigned long",
};

#define NLONG_NAMES	(sizeof(long_names) / sizeof(long_names[0]))

void *grow(void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *p;

	if (n < *cap)
		return array;
	if (more > SIZE_MAX / 2 / size)
		return NULL;
	p = realloc(array, more * size);
	if (p)
		*cap = more;
	return p;
}

/* libbpf's rule: the last "___" with something other than '_' around it. */
size_t essential_len(const char *name, size_t len)
{
	size_t i;

	for (i = len; i >= 5; i--)
		if (name[i - 1] != '_' && !memcmp(name + i - 4, "___", 3) &&
		    name[i - 5] != '_')
			return i - 4;
	return len;
}

size_t btf_essential_len(const char *name)
{
	return essential_len(name, strlen(name));
}

const struct wanted *scan_find(const struct btf *b, const char *name,
			       size_t len)
{
	const struct scan *s = b->scan;
	size_t i;

	for (i = 0; i < s->nwanted; i++)
		if (s->wanted[i].len == len &&
		    !memcmp(s->wanted[i].name, name, len))
			return &s->wanted[i];
	return NULL;
}

static int hit_cmp(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;

	if (a->want != b->want)
		return a->want < b->want ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* A type whose name got through the filter. */
static int add_hit(struct scan *s, uint32_t name, uint32_t first, uint32_t id,
		   uint32_t kind)
{
	struct place key = { .off = name };
	const struct place *p;
	struct hit *hits;

	if (!s->nplaces)
		return 0;
	p = bsearch(&key, s->places, s->nplaces, sizeof(key), place_cmp);
	if (!p || p->want < first)
		return 0;
	hits = grow(s->hits, s->nhits, &s->hits_cap, sizeof(*hits));
	if (!hits)
		return -ENOMEM;
	s->hits = hits;
	s->hits[s->nhits++] = (struct hit){ p->want, id, kind };
	return 0;
}

static int add_mark(struct scan *s, uint32_t off)
{
	uint32_t *marks;

	if (s->indexed)
		return 0;	/* known from the first pass */
	marks = grow(s->marks, s->nmarks, &s->marks_cap, sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	s->marks = marks;
	s->marks[s->nmarks++] = off;
	return 0;
}

struct pass {
	const struct btf *b;
	struct filter filter;
	uint32_t first;		/* wanted[first...] are looked for */
	uint32_t n;		/* types so far */
	uint64_t off;		/* in the section */
};

/*
 * The types that start in @len bytes at @p.  This runs 130,000 times: a
 * separate loop for each byte order, and nothing in it that is not needed.
 */
static inline __attribute__((always_inline)) int
pass_chunk(struct pass *c, const uint8_t *p, size_t len, bool swap)
{
	const struct kind_size *k, *kinds = c->b->kinds;
	const struct btf *b = c->b;
	uint32_t name, info, size, n = c->n;
	uint64_t i, left = b->types_len - c->off;

	for (i = 0; i + 12 <= len; i += size) {
		name = get32(p + i, swap);
		info = get32(p + i + 4, swap);
		k = &kinds[info >> 24 & 0x7f];
		size = k->bytes + k->elem * (info & 0xffffff);
		if (size - 1 >= left - i)	/* or 0, an unknown kind */
			return -EINVAL;
		if (n % MARK_STEP == 0 &&
		    add_mark(b->scan, (uint32_t)(c->off + i)))
			return -ENOMEM;
		if (filter_has(&c->filter, name) &&
		    add_hit(b->scan, name, c->first, b->first_id + n,
			    info >> 24 & 0x7f))
			return -ENOMEM;
		n++;
	}
	c->n = n;
	c->off += i;
	return 0;
}

/* The pass over the types, for names from wanted[first] on. */
static int pass_types(const struct btf *b, uint32_t first, const char **why)
{
	struct pass c = { .b = b, .first = first };
	struct scan *s = b->scan;
	uint64_t end = b->types + b->types_len;
	const uint8_t *p;
	size_t i, n;
	int err;

	for (i = 0; i < s->nplaces; i++)
		filter_add(&c.filter, s->places[i].off);
	while (c.off < b->types_len) {
		*why = "BTF types cannot be read";
		p = reader_span(b->r, b->types + c.off, end, &n);
		if (!p)
			return reader_error(b->r);
		*why = "broken BTF type section";
		if (n < 12)
			return -EINVAL;
		err = b->swap ? pass_chunk(&c, p, n, true) :
				pass_chunk(&c, p, n, false);
		if (err)
			return err;
	}
	s->ntypes = c.n;
	s->indexed = true;
	*why = NULL;
	return 0;
}

int scan_types(const struct btf *b, const char **why)
{
	struct scan *s = b->scan;
	int err;

	if (s->indexed)
		return 0;
	err = pass_types(b, (uint32_t)s->nwanted, why);
	if (err)
		s->nmarks = 0;
	return err;
}

/* ---- both ------------------------------------------------------------- */

static int add_wanted(const struct btf *b, const char *name)
{
	struct scan *s = b->scan;
	size_t len = btf_essential_len(name);
	struct wanted *w;
	char *copy;

	if (!len || len >= BTF_NAME_MAX || scan_find(b, name, len))
		return 0;
	w = realloc(s->wanted, (s->nwanted + 1) * sizeof(*w));
	if (!w)
		return -ENOMEM;
	s->wanted = w;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, len);
	copy[len] = '\0';
	w[s->nwanted++] = (struct wanted){ .name = copy, .len = (uint32_t)len };
	return 0;
}

static void forget_foreseen(struct scan *s)
{
	while (s->nforeseen)
		free(s->foreseen[--s->nforeseen]);
	free(s->foreseen);
	s->foreseen = NULL;
}

static int add_foreseen(const struct btf *b)
{
	int err = 0;

	for (size_t i = 0; i < b->scan->nforeseen && !err; i++)
		err = add_wanted(b, b->scan->foreseen[i]);
	forget_foreseen(b->scan);
	return err;
}

/* Back to @n names, as if the others had never been asked for. */
static void drop_wanted(struct scan *s, uint32_t n)
{
	size_t i, keep = 0;

	for (i = 0; i < s->nplaces; i++)
		if (s->places[i].want < n)
			s->places[keep++] = s->places[i];
	s->nplaces = keep;
	while (s->nhits && s->hits[s->nhits - 1].want >= n)
		s->nhits--;
	while (s->nwanted > n)
		free(s->wanted[--s->nwanted].name);
	if (!s->indexed)
		s->nmarks = 0;
}

int scan_want(const struct btf *b, const char *const *names, size_t n,
	      const char **why)
{
	struct scan *s = b->scan;
	uint32_t first = (uint32_t)s->nwanted;
	size_t i;
	int err = 0;

	if (b->base)
		err = scan_want(b->base, names, n, why);
	*why = "out of memory";
	for (i = 0; !err && i < n; i++)
		err = add_wanted(b, names[i]);
	for (i = 0; !err && !b->base && i < NLONG_NAMES; i++)
		err = add_wanted(b, long_names[i]);
	if (!err && s->nwanted == first)
		return scan_types(b, why);
	if (!err)
		err = add_foreseen(b);
	if (!err)
		err = scan_strings(b, first, why);
	if (!err)
		err = pass_types(b, first, why);
	if (err) {
		drop_wanted(s, first);
		return err;
	}
	if (s->nhits)
		qsort(s->hits, s->nhits, sizeof(*s->hits), hit_cmp);
	for (i = s->nhits; i-- > 0;) {
		s->wanted[s->hits[i].want].first = (uint32_t)i;
		s->wanted[s->hits[i].want].nhits = 0;
	}
	for (i = 0; i < s->nhits; i++)
		s->wanted[s->hits[i].want].nhits++;
	*why = NULL;
	return 0;
}

uint32_t btf_next(const struct btf *b, const char *name, uint32_t kinds,
		  uint32_t after)
{
	const struct wanted *w = scan_find(b, name, btf_essential_len(name));
	const struct hit *h;
	uint32_t lo = 0, hi, mid;

	if (!w || !w->nhits)
		return 0;
	h = b->scan->hits + w->first;
	for (hi = w->nhits; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		if (h[mid].id > after)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < w->nhits; lo++)
		if (h[lo].kind < 32 && kinds >> h[lo].kind & 1)
			return h[lo].id;
	return 0;
}

const char *scan_long_name(size_t i)
{
	return i < NLONG_NAMES ? long_names[i] : NULL;
}

/* BTF does not say how long a pointer is; libbpf goes by "long" as well. */
int scan_pointer_size(const struct btf *b, uint64_t *size)
{
	const char *why;
	struct type t = { .size = 8 };
	uint32_t id = 0;
	size_t i;
	int err;

	while (b->base)
		b = b->base;
	*size = b->scan->pointer_size;
	if (*size)
		return 0;
	err = scan_want(b, long_names, NLONG_NAMES, &why);
	if (err)
		return err;
	for (i = 0; !id && i < NLONG_NAMES; i++)
		id = btf_next(b, long_names[i], KIND_MASK(BTF_KIND_INT), 0);
	if (id) {
		err = type_get(b, id, &t);
		if (err)
			return err;
	}
	*size = t.size == 4 ? 4 : 8;
	b->scan->pointer_size = (uint8_t)*size;
	return 0;
}

int btf_want(struct btf *b, const char *const *names, size_t nnames,
	     const char **why)
{
	return scan_want(b, names, nnames, why);
}

int btf_foresee(struct btf *b, const char *const *names, size_t nnames)
{
	struct scan *s = b->scan;
	char **all = realloc(s->foreseen,
			     (s->nforeseen + nnames + 1) * sizeof(*all));

	if (!all)
		return -ENOMEM;
	s->foreseen = all;
	for (size_t i = 0; i < nnames; i++) {
		all[s->nforeseen] = strdup(names[i]);
		if (!all[s->nforeseen])
			return -ENOMEM;
		s->nforeseen++;
	}
	return 0;
}

void scan_free(struct scan *s)
{
	size_t i;

	if (!s)
		return;
	forget_foreseen(s);
	for (i = 0; i < s->nwanted; i++)
		free(s->wanted[i].name);
	free(s->wanted);
	free(s->places);
	free(s->hits);
	free(s->marks);
	free(s);
}
