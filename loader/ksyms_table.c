/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernel functions by address.
 *
 * Names stand one behind the other in one text, a module's name once for each
 * run of its functions; offset 0 is "".
 */
#include "loader/loader_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_MAX	(1u << 22)
#define TEXT_MAX	(1u << 28)
#define NAME_LEN_MAX	512	/* KSYM_NAME_LEN of 6.1 on */
/* Between the kernel's text and modules is no function, but there is always
 * one below. */
#define FUNCTION_MAX	(1u << 20)

struct ksym {
	uint64_t addr;
	uint32_t name, module;		/* offsets in text */
};

struct ksyms {
	struct ksym *syms;
	char *text;
	uint32_t nsyms, syms_cap, text_len, text_cap;
	bool loaded;
};

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->syms);
	free(k->text);
	free(k);
}

static bool text_room(struct ksyms *k, size_t len)
{
	uint32_t cap = k->text_cap ? k->text_cap : 4096;
	char *text;

	while (cap - k->text_len < len && cap <= TEXT_MAX)
		cap *= 2;
	if (cap > TEXT_MAX)
		return false;
	if (cap == k->text_cap)
		return true;
	text = realloc(k->text, cap);
	if (!text)
		return false;
	k->text = text;
	k->text_cap = cap;
	return true;
}

/* There must be room. */
static uint32_t put_text(struct ksyms *k, const char *s, size_t len)
{
	uint32_t at = k->text_len;

	memcpy(k->text + at, s, len);
	k->text[at + len] = '\0';
	k->text_len += (uint32_t)len + 1;
	return at;
}

static bool symbol_room(struct ksyms *k)
{
	uint32_t cap = k->syms_cap ? 2 * k->syms_cap : 1024;
	struct ksym *syms;

	if (k->nsyms < k->syms_cap)
		return true;
	if (cap > SYMBOLS_MAX)
		return false;
	syms = realloc(k->syms, cap * sizeof(*syms));
	if (!syms)
		return false;
	k->syms = syms;
	k->syms_cap = cap;
	return true;
}

/* The module of the line before is most often this one's, too. */
static uint32_t module_at(struct ksyms *k, const char *name, size_t len)
{
	uint32_t last = k->nsyms ? k->syms[k->nsyms - 1].module : 0;

	if (!len)
		return 0;
	if (strlen(k->text + last) == len && !memcmp(k->text + last, name, len))
		return last;
	return put_text(k, name, len);
}

static bool is_code(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

bool ksym_line(char *line, struct ksym_line *l)
{
	char *module, *end;
	size_t len, mlen;

	l->addr = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !is_code(end[1]) || end[2] != ' ')
		return false;
	l->name = end + 3;
	len = strcspn(l->name, " \t\n");
	module = end + 3 + len;
	module += strspn(module, " \t");
	mlen = *module == '[' ? strcspn(++module, "]\n") : 0;
	if (!len || len >= NAME_LEN_MAX || mlen >= NAME_LEN_MAX)
		return false;
	module[mlen] = end[3 + len] = '\0';
	l->module = module;
	return true;
}

/* False: no memory. */
static bool add_line(struct ksyms *k, char *line)
{
	struct ksym_line l;
	struct ksym *sym;
	size_t len, mlen;

	if (!ksym_line(line, &l))
		return true;
	len = strlen(l.name);
	mlen = strlen(l.module);
	if (!symbol_room(k) || !text_room(k, len + mlen + 2))
		return false;
	sym = &k->syms[k->nsyms];
	sym->addr = l.addr;
	sym->module = module_at(k, l.module, mlen);
	sym->name = put_text(k, l.name, len);
	k->nsyms++;
	return true;
}

/* Of one address in the order of the file, as the kernel has it. */
static int by_addr(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

static void sort(struct ksyms *k)
{
	if (k->nsyms)
		qsort(k->syms, k->nsyms, sizeof(*k->syms), by_addr);
}

static void read_lines(struct ksyms *k, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, f) > 0)
		if (!add_line(k, line))
			break;
	free(line);
	sort(k);
}

FILE *kallsyms_open(void)
{
	static char page[4096];
	FILE *f = fopen("/proc/kallsyms", "re");

	if (f)
		setvbuf(f, page, _IOFBF, sizeof(page));
	return f;
}

void ksyms_load(struct ksyms *k)
{
	FILE *f;

	if (k->loaded)
		return;
	k->loaded = true;
	f = kallsyms_open();
	if (!f)
		return;
	read_lines(k, f);
	fclose(f);
}

struct ksyms *ksyms_new(void)
{
	struct ksyms *k = calloc(1, sizeof(*k));

	if (k && !text_room(k, 1)) {
		ksyms_free(k);
		return NULL;
	}
	if (k)
		put_text(k, "", 0);
	return k;
}

struct ksyms *ksyms_parse(const char *text, size_t len)
{
	struct ksyms *k = ksyms_new();
	FILE *f = NULL;

	if (!k)
		return NULL;
	k->loaded = true;
	if (!len)		/* POSIX lets fmemopen() refuse that */
		return k;
	f = fmemopen((void *)(uintptr_t)text, len, "r");
	if (!f) {
		ksyms_free(k);
		return NULL;
	}
	read_lines(k, f);
	fclose(f);
	return k;
}

/* How many functions start at or below @addr. */
static uint32_t count_below(const struct ksyms *k, uint64_t addr)
{
	uint32_t lo = 0, hi = k->nsyms, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (k->syms[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *ksyms_find(struct ksyms *k, uint64_t addr, uint64_t *offset,
		       const char **module)
{
	const struct ksym *sym;
	uint32_t n;

	ksyms_load(k);
	n = count_below(k, addr);
	if (!n || !k->syms[n - 1].addr ||
	    addr - k->syms[n - 1].addr >= FUNCTION_MAX)
		return NULL;
	sym = &k->syms[n - 1];
	while (sym > k->syms && sym[-1].addr == sym->addr)
		sym--;
	*offset = addr - sym->addr;
	*module = k->text + sym->module;
	return k->text + sym->name;
}

bool ksyms_range(struct ksyms *k, const char *name, uint64_t *start,
		 uint64_t *end)
{
	const struct ksym *sym, *next;

	ksyms_load(k);
	for (sym = k->syms; sym < k->syms + k->nsyms; sym++) {
		if (!sym->addr || strcmp(k->text + sym->name, name))
			continue;
		next = sym;
		while (next < k->syms + k->nsyms && next->addr == sym->addr)
			next++;
		*start = sym->addr;
		*end = next < k->syms + k->nsyms ? next->addr : sym->addr + 1;
		return true;
	}
	return false;
}

int ksym_likeness(const char *symbol, const char *module, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(symbol, name, n))
		return 0;
	if (!symbol[n])
		return *module ? 3 : KSYM_ITSELF;
	return symbol[n] == '.' && strncmp(symbol + n, ".cold", 5) ?
	       1 + !*module : 0;
}

bool ksyms_named(struct ksyms *k, const char *name, const char **found,
		 const char **module)
{
	const char *text, *mod;
	int best = 0, like;

	ksyms_load(k);
	for (uint32_t i = 0; i < k->nsyms && best < KSYM_ITSELF; i++) {
		text = k->text + k->syms[i].name;
		mod = k->text + k->syms[i].module;
		like = ksym_likeness(text, mod, name);
		if (!ksym_better(like, best))
			continue;
		*found = text;
		*module = mod;
		best = like;
	}
	return best;
}
