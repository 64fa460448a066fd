/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The members of events: what is written about them, and how one layout
 * becomes another. */
#include "tools/frontend/capture_int.h"

#include <string.h>

static const char *const class_names[] = {
	[MEMBER_BYTES] = "bytes", [MEMBER_UNSIGNED] = "unsigned",
	[MEMBER_SIGNED] = "signed",
};

const char *member_class_name(unsigned class)
{
	return class < sizeof(class_names) / sizeof(class_names[0]) ?
	       class_names[class] : NULL;
}

#define M(prefix, type, member, class_)				\
	{ .name = prefix "." #member, .class = class_, .column = -1,	\
	  .off = offsetof(struct type, member),				\
	  .size = sizeof(((struct type *)0)->member) }

static const struct member event_members[] = {
	M("event", event, ns, MEMBER_UNSIGNED),
	M("event", event, len, MEMBER_UNSIGNED),
	M("event", event, type, MEMBER_UNSIGNED),
	M("event", event, cpu, MEMBER_UNSIGNED),
};

static const struct member flow_members[] = {
	M("flow", flow, laddr, MEMBER_BYTES),
	M("flow", flow, raddr, MEMBER_BYTES),
	M("flow", flow, lport, MEMBER_UNSIGNED),
	M("flow", flow, rport, MEMBER_UNSIGNED),
	M("flow", flow, family, MEMBER_UNSIGNED),
	M("flow", flow, protocol, MEMBER_UNSIGNED),
	M("flow", flow, netns, MEMBER_UNSIGNED),
	M("flow", flow, owned, MEMBER_UNSIGNED),
	M("flow", flow, pid, MEMBER_UNSIGNED),
	M("flow", flow, tid, MEMBER_UNSIGNED),
	M("flow", flow, uid, MEMBER_UNSIGNED),
	M("flow", flow, cgroup, MEMBER_UNSIGNED),
	M("flow", flow, id, MEMBER_UNSIGNED),
	M("flow", flow, comm, MEMBER_BYTES),
};

static const struct member dns_members[] = {
	M("dns", dns_event, len, MEMBER_UNSIGNED),
	M("dns", dns_event, data, MEMBER_BYTES),
};

static const struct member stack_members[] = {
	M("stack", stack_event, id, MEMBER_SIGNED),
	M("stack", stack_event, pid, MEMBER_UNSIGNED),
	M("stack", stack_event, kind, MEMBER_UNSIGNED),
	M("stack", stack_event, text, MEMBER_BYTES),
};

static unsigned add_all(struct member *f, unsigned n, unsigned max,
			const struct member *from, size_t count, uint32_t off)
{
	size_t i;

	for (i = 0; i < count && n < max; i++) {
		f[n] = from[i];
		f[n++].off += off;
	}
	return n;
}

#define ADD(from, off) \
	add_all(f, n, max, from, sizeof(from) / sizeof((from)[0]), off)

unsigned members_of(const struct tool *t, struct member *f, unsigned max)
{
	const struct column *col;
	unsigned n = 0;
	int16_t i = 0;

	n = ADD(event_members, 0);
	if (t->flow_off)
		n = ADD(flow_members, t->flow_off);
	if (t->flags & T_DNS)
		n = ADD(dns_members, 0);
	if (t->flags & T_STACKS)
		n = ADD(stack_members, 0);
	for (col = t->columns; col->key && n < max; col++, i++) {
		/* made of several members; not in the event at all */
		if (col->kind == K_IPVER || col->kind == K_COUNT)
			continue;
		snprintf(f[n].name, MEMBER_NAME, "%s", col->key);
		f[n].class = (uint8_t)kind_class(col->kind);
		f[n].kind = col->kind;
		f[n].column = i;
		f[n].off = col->off;
		f[n++].size = col->size;
	}
	return n;
}

/* ---- conversion -------------------------------------------------------- */

/* A number of 1, 2, 4 or 8 bytes in the byte order of the file. */
static uint64_t load(const uint8_t *p, uint32_t size, bool swap)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 1:
		return *p;
	case 2:
		memcpy(&u16, p, sizeof(u16));
		return swap ? __builtin_bswap16(u16) : u16;
	case 4:
		memcpy(&u32, p, sizeof(u32));
		return swap ? __builtin_bswap32(u32) : u32;
	}
	memcpy(&u64, p, sizeof(u64));
	return swap ? __builtin_bswap64(u64) : u64;
}

static void store(uint8_t *p, uint32_t size, uint64_t v)
{
	uint32_t u32 = (uint32_t)v;
	uint16_t u16 = (uint16_t)v;

	switch (size) {
	case 1:
		*p = (uint8_t)v;
		return;
	case 2:
		memcpy(p, &u16, sizeof(u16));
		return;
	case 4:
		memcpy(p, &u32, sizeof(u32));
		return;
	}
	memcpy(p, &v, sizeof(v));
}

static uint64_t map_value(const struct value_map *map, uint64_t v)
{
	unsigned i;

	if (map->negative)
		v = -v;
	for (i = 0; i < map->n; i++) {
		if (map->v[i].from == v) {
			v = map->v[i].to;
			break;
		}
	}
	return map->negative ? -v : v;
}

static void convert_number(const struct conversion *c, bool swap,
			   const uint8_t *src, uint8_t *dst)
{
	unsigned bits = 8 * c->src_size;
	uint64_t v = load(src, c->src_size, swap), most;

	if (c->class == MEMBER_SIGNED && bits < 64 && v >> (bits - 1))
		v |= ~0ull << bits;
	if (c->map)
		v = map_value(c->map, v);
	/* a member that has become narrower: the most it can say rather than
	 * something else */
	if (c->dst_size < 8 && c->class == MEMBER_UNSIGNED) {
		most = (1ull << 8 * c->dst_size) - 1;
		v = v > most ? most : v;
	}
	store(dst, c->dst_size, v);
}

void convert(const struct conversion *conv, unsigned n, bool swap,
	     const uint8_t *src, size_t len, uint8_t *dst)
{
	const struct conversion *c;
	uint32_t size;

	for (c = conv; c < conv + n; c++) {
		if (c->src >= len)
			continue;
		size = c->src_size;
		if (c->class != MEMBER_BYTES) {
			if (size <= len - c->src)
				convert_number(c, swap, src + c->src,
					       dst + c->dst);
			continue;
		}
		/* of an answer only what there was of it is in the file */
		if (size > len - c->src)
			size = (uint32_t)(len - c->src);
		if (size > c->dst_size)
			size = c->dst_size;
		memcpy(dst + c->dst, src + c->src, size);
	}
}
