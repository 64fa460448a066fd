/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * elf_index.c - functions of an ELF file by place, for many questions: one
 * pass over its symbols, then a binary search each.
 */
#include <errno.h>
#include <stdlib.h>

#include "elf_int.h"

struct entry {
	uint64_t value;
	uint32_t size, name;
};

/* Sorted by value; of aliases the one that better() of elf_symbols.c takes is
 * the last. */
struct list {
	struct entry *v;
	size_t n, room;
};

/*
 * Functions with a size may lie within others: reach[i] is how far any of the
 * first i + 1 comes, so that a search goes no further back than it must.
 */
struct index_table {
	struct list sized, bare;
	uint64_t *reach;
	struct section strs;
	bool made;
	int err;
};

struct elf_index {
	struct index_table tables[2];
	size_t bytes, bytes_max;
};

/* ---- making ------------------------------------------------------------ */

static int list_add(struct elf_index *x, struct list *l, const struct symbol *s)
{
	size_t room = l->room ? l->room * 2 : 1024;
	struct entry *v;

	if (l->n == l->room) {
		if (x->bytes + room * sizeof(*v) > x->bytes_max)
			return -E2BIG;
		v = realloc(l->v, room * sizeof(*v));
		if (!v)
			return -ENOMEM;
		x->bytes += (room - l->room) * sizeof(*v);
		l->v = v;
		l->room = room;
	}
	l->v[l->n++] = (struct entry){
		.value = s->value, .name = s->name,
		.size = s->size < UINT32_MAX ? (uint32_t)s->size : UINT32_MAX,
	};
	return 0;
}

static int read_symbols(struct elf_index *x, struct index_table *t,
			const struct elf *e, uint32_t type)
{
	struct section syms;
	struct symbol s;
	uint64_t i, n;
	int err = elf_find_symbols(e, type, &syms, &t->strs);

	if (err)
		return err;
	n = elf_count_symbols(e, &syms);
	for (i = 1; !err && i < n; i++) {
		err = elf_get_symbol(e, &syms, i, &s);
		if (!err && s.name && elf_is_function(&s))
			err = list_add(x, s.size ? &t->sized : &t->bare, &s);
	}
	return err;
}

static int by_value(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->name < y->name ? 1 : x->name > y->name ? -1 : 0;
}

static int sort(struct elf_index *x, struct index_table *t)
{
	size_t n = t->sized.n, i;
	uint64_t end, reach = 0;

	if (t->bare.n)
		qsort(t->bare.v, t->bare.n, sizeof(*t->bare.v), by_value);
	if (!n)
		return 0;
	qsort(t->sized.v, n, sizeof(*t->sized.v), by_value);
	if (x->bytes + n * sizeof(*t->reach) > x->bytes_max)
		return -E2BIG;
	t->reach = malloc(n * sizeof(*t->reach));
	if (!t->reach)
		return -ENOMEM;
	x->bytes += n * sizeof(*t->reach);
	for (i = 0; i < n; i++) {
		end = t->sized.v[i].value + t->sized.v[i].size;
		if (end < t->sized.v[i].value)
			end = UINT64_MAX;
		reach = end > reach ? end : reach;
		t->reach[i] = reach;
	}
	return 0;
}

static void table_release(struct elf_index *x, struct index_table *t)
{
	x->bytes -= (t->sized.room + t->bare.room) * sizeof(struct entry) +
		    (t->reach ? t->sized.n * sizeof(*t->reach) : 0);
	free(t->sized.v);
	free(t->bare.v);
	free(t->reach);
	memset(t, 0, sizeof(*t));
}

static int make(struct elf_index *x, struct index_table *t,
		const struct elf *e, uint32_t type)
{
	int err;

	if (t->made)
		return t->err;
	err = read_symbols(x, t, e, type);
	if (!err)
		err = sort(x, t);
	if (err)
		table_release(x, t);
	t->made = true;
	t->err = err;
	return err;
}

struct elf_index *elf_index_new(size_t bytes_max)
{
	struct elf_index *x = calloc(1, sizeof(*x));

	if (x)
		x->bytes_max = bytes_max;
	return x;
}

void elf_index_free(struct elf_index *x)
{
	if (!x)
		return;
	table_release(x, &x->tables[0]);
	table_release(x, &x->tables[1]);
	free(x);
}

size_t elf_index_bytes(const struct elf_index *x)
{
	return x ? x->bytes : 0;
}

/* ---- asking ------------------------------------------------------------ */

/* How many begin at @addr or before. */
static size_t upto(const struct list *l, uint64_t addr)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (l->v[mid].value <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct entry *find(const struct index_table *t, uint64_t addr)
{
	size_t i = upto(&t->sized, addr);

	for (; i && t->reach[i - 1] > addr; i--)
		if (addr - t->sized.v[i - 1].value < t->sized.v[i - 1].size)
			return &t->sized.v[i - 1];
	i = upto(&t->bare, addr);
	return i ? &t->bare.v[i - 1] : NULL;
}

int elf_index_at(struct elf_index *x, const struct elf *e, uint64_t off,
		 char *name, size_t len, uint64_t *delta)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };
	const struct entry *best;
	uint64_t addr;
	int err, i;

	err = elf_address(e, off, &addr);
	if (err)
		return err;
	for (i = 0; i < 2; i++) {
		err = make(x, &x->tables[i], e, types[i]);
		if (err && err != -ENOENT)
			return err;
		best = err ? NULL : find(&x->tables[i], addr);
		if (!best)
			continue;
		*delta = addr - best->value;
		return elf_symbol_name(e, &x->tables[i].strs, best->name, name,
				       len);
	}
	return -ENOENT;
}
