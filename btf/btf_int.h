/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of btf/ share.  Nothing outside includes this.
 */
#ifndef SOCKEYE_BTF_INT_H
#define SOCKEYE_BTF_INT_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "btf.h"

/*
 * Kinds younger than <linux/btf.h> may be (it came with Linux 4.18), under
 * names of our own: enumerators cannot be tested for with #ifndef.
 */
enum {
	KIND_FUNC	= 12,	/* 5.0 */
	KIND_FUNC_PROTO	= 13,	/* 5.0 */
	KIND_VAR	= 14,	/* 5.2 */
	KIND_DATASEC	= 15,	/* 5.2 */
	KIND_FLOAT	= 16,	/* 5.13 */
	KIND_DECL_TAG	= 17,	/* 5.16 */
	KIND_TYPE_TAG	= 18,	/* 5.17 */
	KIND_ENUM64	= 19,	/* 6.0 */
};

#define KIND_MASK(kind)		(1u << (kind))
#define KINDS_COMPOSITE		(KIND_MASK(BTF_KIND_STRUCT) | \
				 KIND_MASK(BTF_KIND_UNION))
#define KINDS_ENUM		(KIND_MASK(BTF_KIND_ENUM) | \
				 KIND_MASK(KIND_ENUM64))
#define KINDS_MODIFIER		(KIND_MASK(BTF_KIND_VOLATILE) | \
				 KIND_MASK(BTF_KIND_CONST) | \
				 KIND_MASK(BTF_KIND_RESTRICT) | \
				 KIND_MASK(KIND_TYPE_TAG))

/* ---- bytes.c: checked access to struct bytes -------------------------- */

#define READER_MAX	12288	/* bytes that reader_at() gives at once */

struct reader;
int reader_new(struct reader **out, const struct bytes *src);
void reader_free(struct reader *r);
uint64_t reader_len(const struct reader *r);
/* reader_at - @n <= READER_MAX bytes at @off, or NULL: out of bounds, or not
 * readable.  Good until a few more have been asked for. */
const uint8_t *reader_at(struct reader *r, uint64_t off, size_t n);
/* reader_span - as many bytes as lie together at @off, before @end: all of
 * them where there is memory, else at least READER_MAX or all that is left. */
const uint8_t *reader_span(struct reader *r, uint64_t off, uint64_t end,
			   size_t *n);
/* reader_copy - copy @n bytes, any number. */
int reader_copy(struct reader *r, uint64_t off, void *buf, size_t n);
/* reader_error - why reader_at() gave NULL: -EIO..., or -EINVAL for a wrong
 * offset. */
int reader_error(const struct reader *r);

static inline uint16_t get16(const void *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t get32(const void *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t get64(const void *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

#define HOST_BIG_ENDIAN	(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* ---- btf.c, scan.c: the file ------------------------------------------ */

#define BTF_NAME_MAX	1024	/* the kernel's own limit is 512 */
#define BTF_KINDS	128	/* seven bits of btf_type.info */
#define PARTIAL_ID_MAX	65	/* a build-id in hex, and a NUL */

/* How many bytes a kind takes. */
struct kind_size {
	uint16_t bytes;		/* struct btf_type and what comes once; 0:
				   unknown kind */
	uint8_t elem;		/* for each of vlen */
};

/* A name that was asked for with btf_want(), and its types in scan->hits. */
struct wanted {
	char *name;
	uint32_t len;
	uint32_t first, nhits;
};

/* Where a wanted name stands in the strings. */
struct place {
	uint32_t off, want;
};

struct hit {
	uint32_t want, id, kind;
};

/* What is learned about the file as it is read; apart from struct btf, which
 * is const to those who only look things up. */
struct scan {
	bool indexed;		/* marks and ntypes are there */
	uint32_t ntypes;	/* of this file, without its base and void */
	uint32_t *marks;	/* offset of every MARK_STEPth type */
	size_t nmarks, marks_cap;
	struct wanted *wanted;
	size_t nwanted;
	char **foreseen;	/* to be wanted in the next pass */
	size_t nforeseen;
	struct place *places;	/* sorted by off */
	size_t nplaces, places_cap;
	struct hit *hits;	/* sorted by want, id */
	size_t nhits, hits_cap;
	uint8_t pointer_size;	/* 0: not known yet */
	uint32_t work;		/* left before a question is given up */
	char name[BTF_NAME_MAX];
};

struct btf {
	struct reader *r;
	const struct btf *base;
	struct scan *scan;
	bool swap, big_endian;
	uint64_t types, strs;	/* where the sections start */
	uint32_t types_len, strs_len;
	uint32_t first_id;	/* 1, or what the base ends with */
	uint32_t str_base;	/* 0, or the length of all the base's strings */
	bool partial;		/* of btf_minimise(): see partial.c */
	char build_id[PARTIAL_ID_MAX];	/* that one says, or "" */
	struct kind_size kinds[BTF_KINDS];
};

#define MARK_STEP	64

/*
 * Is this word possibly one of ours?  Only few get past the filter and are
 * then looked at closely.
 */
struct filter {
	bool has[4096];
};

static inline uint32_t filter_slot(uint32_t word)
{
	return word * 0x9e3779b1u >> 20;
}

static inline void filter_add(struct filter *f, uint32_t word)
{
	f->has[filter_slot(word)] = true;
}

static inline bool filter_has(const struct filter *f, uint32_t word)
{
	return f->has[filter_slot(word)];
}

/* scan_strings - places of wanted[first] and those after it, sorted */
int scan_strings(const struct btf *b, uint32_t first, const char **why);
int place_cmp(const void *pa, const void *pb);
/* scan_types - the pass over the types; scan_want - both passes. */
int scan_types(const struct btf *b, const char **why);
int scan_want(const struct btf *b, const char *const *names, size_t n,
	      const char **why);
void scan_free(struct scan *s);
int scan_pointer_size(const struct btf *b, uint64_t *size);
/* scan_long_name - the names that it goes by; NULL after the last */
const char *scan_long_name(size_t i);
/* scan_find - the record of a wanted name (essential length), or NULL */
const struct wanted *scan_find(const struct btf *b, const char *name,
			       size_t len);
/* grow - the array, with room for one more: moved and doubled when full; or
 * NULL, and it is where and as it was */
void *grow(void *array, size_t n, size_t *cap, size_t size);
size_t essential_len(const char *name, size_t len);

/* ---- types.c ---------------------------------------------------------- */

/* One type, read. */
struct type {
	const struct btf *b;	/* the part (split or base) that it is in */
	uint32_t id, name, info, size;
	uint64_t data;		/* where its members etc. start */
};

#define type_ref(t)	((t)->size)	/* the same word of struct btf_type */

static inline unsigned int type_kind(const struct type *t)
{
	return t->info >> 24 & 0x7f;
}

static inline uint32_t type_vlen(const struct type *t)
{
	return t->info & 0xffffff;
}

static inline bool type_flag(const struct type *t)
{
	return t->info >> 31;
}

/* type_is - is it one of these kinds? */
static inline bool type_is(const struct type *t, uint32_t kinds)
{
	return type_kind(t) < 32 && (kinds >> type_kind(t) & 1);
}

struct member {
	uint32_t name, type;
	uint32_t bit_off, bit_size;	/* bit_size: of kind_flag structs */
};

struct array {
	uint32_t elem, index, nelems;
};

/*
 * work_start - every public function starts with it: a question may look at
 * so many types and members, then it ends in -E2BIG.  Depth limits alone do
 * not help against a tree of anonymous structs that doubles at each level.
 */
void work_start(const struct btf *b);

int type_get(const struct btf *b, uint32_t id, struct type *t);
/* type_skip - the type behind modifiers and typedefs */
int type_skip(const struct btf *b, uint32_t id, struct type *t);
int type_member(const struct type *t, uint32_t i, struct member *m);
int type_array(const struct type *t, struct array *a);
int type_enumerator(const struct type *t, uint32_t i, uint32_t *name,
		    uint64_t *value);
int type_param(const struct type *t, uint32_t i, uint32_t *type);
int type_int(const struct type *t, uint32_t *encoding);
/* type_size - modifiers and typedefs followed; of an array, all of it */
int type_size(const struct btf *b, uint32_t id, uint64_t *size);
int type_class(const struct type *t, uint8_t *class, bool *is_signed);
/* type_func_proto - behind a FUNC, typedefs, modifiers, pointers */
int type_func_proto(const struct btf *b, uint32_t id, struct type *t);

/* name_copy - length of the name, -EINVAL */
int name_copy(const struct btf *b, uint32_t off, char *buf, size_t len);
bool name_is(const struct btf *b, uint32_t off, const char *s, size_t len);
bool name_is_essential(const struct btf *b, uint32_t off, const char *s,
		       size_t len);
bool name_is_empty(const struct btf *b, uint32_t off);

/* ---- path.c ----------------------------------------------------------- */

/* path_passed - told each member that a path goes through, innermost
 * anonymous one first; 0 or a negative errno. */
typedef int path_passed(void *ctx, const struct type *t, uint32_t member);

/* Where a path has led. */
struct spot {
	uint64_t bits;		/* from the start of the root */
	uint32_t type;		/* id, as it is declared */
	uint32_t bit_size;	/* of a bitfield */
	bool open_end;		/* an array here may be indexed past its end */
	path_passed *passed;	/* or NULL */
	void *ctx;
};

/* path_walk - 1 found, 0 not there, negative errno */
int path_walk(const struct btf *b, uint32_t root, const char *path,
	      struct spot *s);
/* path_trail - the same, for the way, not for where it leads */
int path_trail(const struct btf *b, uint32_t root, const char *path,
	       path_passed *passed, void *ctx);
/* The single steps, for access strings. */
void spot_root(struct spot *s, uint32_t root);
int spot_shift(const struct btf *b, struct spot *s, uint64_t index);
int spot_index(const struct btf *b, struct spot *s, uint64_t index);
int spot_member(const struct type *t, uint32_t i, const struct member *m,
		struct spot *s);
int spot_field(const struct btf *b, const struct spot *s, struct field *f);
/* spot_unit - the bitfield @f at @s is loaded as a number of its declared
 * type, not as the least that holds it. */
int spot_unit(const struct btf *b, const struct spot *s, struct field *f);

/* ---- core.c ----------------------------------------------------------- */

/* The root type of a question, taken apart. */
struct root {
	const char *name;
	size_t len;		/* essential */
	uint32_t kinds;
};

int root_parse(struct root *r, const char *type);
bool asks_field(int kind);
bool asks_enum(int kind);
/* enum_find - the first enumerator of @t with that essential name: its
 * @index and value; 1 found, 0 not there, negative errno */
int enum_find(const struct type *t, const char *name, uint32_t *index,
	      uint64_t *value);

/* ---- memo.c ----------------------------------------------------------- */

/* memo_find - what @q, or another question about its field, was answered; or
 * NULL.  Field questions: a->field counts, and whether it was found. */
const struct answer *memo_find(const struct resolver *r,
			       const struct question *q);
void memo_add(struct resolver *r, const struct question *q,
	      const struct answer *a);
void memo_release(struct resolver *r);

/* ---- partial.c: what btf_minimise() leaves ---------------------------- */

/* partial_mark - the name of type 1, for a build-id that may be "" */
int partial_mark(char *buf, size_t len, const char *build_id);
/* partial_absent - the name that says that @r has no @path */
int partial_absent(char *buf, size_t len, const struct root *r,
		   const char *path);
/* partial_detect - set b->partial and b->build_id */
int partial_detect(struct btf *b);
/* partial_lacks - does @b say that @r has no @path? 1, 0, negative errno */
int partial_lacks(const struct btf *b, const struct root *r,
		  const char *path);

/* ---- field.c ---------------------------------------------------------- */

/* field_set_bits - fill in a bitfield's place and what is loaded for it: the
 * aligned @unit (1, 2, 4 or 8 bytes) that it is in or, where it crosses two, a
 * larger one. */
void field_set_bits(struct field *f, uint32_t bit_off, uint32_t bit_size,
		    uint32_t unit);
/* class_name - the word for it in field tables */
const char *class_name(unsigned int class);
/* class_compatible - may a field declared as @local be taken for @target? */
bool class_compatible(unsigned int local, unsigned int target);
/* answer_field - turn field @f into the answer to field question @kind */
void answer_field(struct answer *a, int kind, const struct field *f,
		  bool big_endian);
/* answer_absent - nothing of that name: 0 for questions of existence */
void answer_absent(struct answer *a, int kind);
/* answer_value - a value that is there */
void answer_value(struct answer *a, uint64_t value);

/* ---- compat.c: 1 yes, 0 no, negative errno ---------------------------- */

int fields_compatible(const struct btf *lb, uint32_t lid,
		      const struct btf *tb, uint32_t tid);
int types_compatible(const struct btf *lb, uint32_t lid,
		     const struct btf *tb, uint32_t tid, int depth);
int types_match(const struct btf *lb, uint32_t lid, const struct btf *tb,
		uint32_t tid, bool behind_ptr, int depth);

/* ---- notes.c ---------------------------------------------------------- */

int notes_find_build_id(const void *notes, size_t len, bool swap, char *hex,
			size_t hexlen);

/* ---- text.c: words of a line ------------------------------------------ */

/* text_number - a whole number, decimal or 0x; the end through @end. */
bool text_number(const char *s, const char *end, uint64_t *value,
		 const char **rest);

#endif
