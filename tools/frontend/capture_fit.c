/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Matching the members a capture has with the ones this build's tool has.
 * Members meet by name; values of enums and errors meet by name too, because
 * their numbers differ between versions and machines.
 */
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER 65536		/* of an enum whose name is kept */
#define SPARE_NUMBER 128		/* fits a byte, and is used by nobody */

static const struct member *file_member(const struct capture *c,
				      const char *name)
{
	unsigned i;

	for (i = 0; i < c->nmembers; i++)
		if (!strcmp(c->members[i].name, name))
			return &c->members[i];
	return NULL;
}

/* A conversion from the file's field to ours; false when they do not fit. */
static bool match(struct conversion *conv, const struct member *from,
		  const struct member *to)
{
	if (!from || from->class != to->class)
		return false;
	/* bytes of another sort: a name is no address */
	if (to->class == MEMBER_BYTES && to->column >= 0 &&
	    !kind_same_bytes(to->kind, from->kind))
		return false;
	/* addresses and names do not fit other sizes; texts may be cut */
	if (to->class == MEMBER_BYTES && from->size != to->size &&
	    strcmp(to->name, "dns.data") && strcmp(to->name, "stack.text"))
		return false;
	conv->src = from->off;
	conv->src_size = from->size;
	conv->dst = to->off;
	conv->dst_size = to->size;
	conv->class = to->class;
	conv->map = NULL;
	return true;
}

static const struct enum_names *file_enum(const struct capture *c,
					  const char *member)
{
	unsigned i;

	for (i = 0; i < c->nenums; i++)
		if (!strcmp(c->enums[i]->member, member))
			return c->enums[i];
	return NULL;
}

static uint64_t errno_number(const char *name, uint64_t otherwise)
{
	const struct errno_name *e;

	for (e = errno_names; e->name; e++)
		if (!strcmp(e->name, name))
			return (uint64_t)e->no;
	return otherwise;
}

/*
 * A table of names for @col that has ours and those that only the file has:
 * at the file's number where ours has no name, else from *@spare on, behind
 * all and out of the way of values that have no name.  "" is no name.
 */
static const char **join_names(struct capture *c, struct column *col,
			       const struct enum_names *have,
			       unsigned *ours, unsigned *spare)
{
	const char **names;
	unsigned i, n = 0;

	while (col->names && col->names[n])
		n++;
	*ours = n;
	for (i = 0; i < have->n; i++)
		if (have->v[i].value >= n && have->v[i].value < MAX_NUMBER)
			n = (unsigned)have->v[i].value + 1;
	n = n < SPARE_NUMBER ? SPARE_NUMBER : n;
	*spare = n;
	names = calloc((size_t)n + have->n + 1, sizeof(*names));
	if (!names)
		return NULL;
	for (i = 0; i < n + have->n; i++)
		names[i] = i < *ours ? col->names[i] : "";
	c->names[c->nnames++] = names;
	col->names = names;
	return names;
}

static uint64_t enum_number(const char **names, unsigned ours,
			    unsigned *spare, uint64_t value, const char *name)
{
	unsigned i;

	for (i = 0; i < ours; i++)
		if (!strcmp(names[i], name))
			return i;
	if (value >= MAX_NUMBER)
		return value;
	i = value < ours ? (*spare)++ : (unsigned)value;
	names[i] = name;
	return i;
}

/* The map from the file's numbers to ours; *out NULL when they agree. */
static int map_values(struct capture *c, struct column *col,
		      const struct enum_names *have,
		      const struct value_map **out)
{
	unsigned i, ours = 0, spare = 0;
	const char **names = NULL;
	struct value_map *map;
	bool same = true;

	if (!have || !have->n)
		return 0;
	if (col->kind == K_ENUM) {
		names = join_names(c, col, have, &ours, &spare);
		if (!names)
			return -ENOMEM;
	}
	map = calloc(1, sizeof(*map) + have->n * sizeof(map->v[0]));
	if (!map)
		return -ENOMEM;
	c->values[c->nvalues++] = map;
	map->negative = col->kind == K_ERRNO;
	for (i = 0; i < have->n; i++) {
		map->v[i].from = have->v[i].value;
		map->v[i].to = names ?
			enum_number(names, ours, &spare, have->v[i].value,
				    have->v[i].name) :
			errno_number(have->v[i].name, have->v[i].value);
		same &= map->v[i].from == map->v[i].to;
	}
	map->n = have->n;
	*out = same ? NULL : map;
	return 0;
}

/* Copy the tool, its columns writable. */
static int copy_tool(struct capture *c, const struct tool *t)
{
	size_t n = 0;

	while (t->columns[n].key)
		n++;
	if (n > MAX_COLUMNS || t->event_size > sizeof(c->out))
		return -E2BIG;
	c->columns = malloc((n + 1) * sizeof(*c->columns));
	if (!c->columns)
		return -ENOMEM;
	memcpy(c->columns, t->columns, (n + 1) * sizeof(*c->columns));
	c->tool = *t;
	c->tool.columns = c->columns;
	c->out_size = t->event_size;
	if (c->out_size < sizeof(c->out.dns))
		c->out_size = sizeof(c->out.dns);
	return 0;
}

static bool inside(const struct member *f, uint32_t size)
{
	return f->off <= size && f->size <= size - f->off;
}

/* A column that another member stands for: "comm" is "flow.comm". */
static bool is_converted(const struct capture *c, const struct member *f)
{
	unsigned i;

	for (i = 0; i < c->nrow; i++)
		if (c->row[i].dst == f->off && c->row[i].dst_size == f->size)
			return true;
	return false;
}

/* Our member @f into the group of conversions it belongs to. */
static int fit_member(struct capture *c, const struct member *f)
{
	struct column *col = f->column < 0 ? NULL : &c->columns[f->column];
	const struct member *from = file_member(c, f->name);
	struct conversion conv;

	if (!match(&conv, from, f)) {
		if (col && !is_converted(c, f))
			col->flags |= C_ABSENT;
		return 0;
	}
	if (!strncmp(f->name, "event.", 6)) {
		if (c->nheader < 4)
			c->header[c->nheader++] = conv;
		return 0;
	}
	if (!strncmp(f->name, "dns.", 4)) {
		if (c->ndns < 4)
			c->dns[c->ndns++] = conv;
		return 0;
	}
	if (!strncmp(f->name, "stack.", 6)) {
		if (c->nstack < 4)
			c->stack[c->nstack++] = conv;
		return 0;
	}
	if (!inside(f, c->tool.event_size) || c->nrow == MAX_MEMBERS)
		return -EINVAL;
	if (!inside(from, c->file_event_size))
		return -EBADMSG;
	if (col && (col->kind == K_ENUM || col->kind == K_ERRNO) &&
	    map_values(c, col, file_enum(c, f->name), &conv.map) < 0)
		return -ENOMEM;
	c->row[c->nrow++] = conv;
	return 0;
}

/* Columns made of several members are there when these are. */
static void fit_composites(struct capture *c)
{
	struct column *col;

	for (col = c->columns; col->key; col++)
		if (col->kind == K_IPVER && !file_member(c, "flow.family"))
			col->flags |= C_ABSENT;
}

int capture_fit(struct capture *c, const struct tool *t, struct err *e)
{
	struct member ours[MAX_MEMBERS];
	unsigned n, i;
	int rc = copy_tool(c, t);

	if (rc < 0)
		return err_set(e, -rc, "tool %s", t->name);
	n = members_of(&c->tool, ours, MAX_MEMBERS);
	for (i = 0; i < n; i++) {
		rc = fit_member(c, &ours[i]);
		if (rc < 0)
			return err_set(e, -rc, "member %s", ours[i].name);
	}
	if (!file_member(c, "event.ns") || !file_member(c, "event.type"))
		return err_set(e, EBADMSG, "no description of events");
	fit_composites(c);
	return 0;
}
