/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a column of an event is: the one place that knows how members are
 * read, and when a value is not known.
 */
#include "tools/frontend/dns.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/tls.h"

#include <string.h>
#include <sys/socket.h>

#define AT_LEAST (1ull << 63)

/* Bytes [off, off + size) of the event; NULL when it is shorter. */
static const uint8_t *bytes_at(const struct event *ev, uint32_t off,
			       uint32_t size)
{
	if (off + size > ev->len)
		return NULL;
	return (const uint8_t *)ev + off;
}

static uint64_t load_num(const uint8_t *p, unsigned size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 1:
		return *p;
	case 2:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case 8:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	}
	return 0;
}

/* Is the member of the flow, if the event has one, other than 0? */
static bool flow_tells(const struct event *ev, uint16_t flow_off,
		       size_t member, unsigned size)
{
	const uint8_t *p;

	/* the header comes first in every event, so 0 is no place for it */
	if (!flow_off)
		return true;
	p = bytes_at(ev, flow_off + (uint32_t)member, size);
	return p && load_num(p, size);
}

static bool owner_known(const struct event *ev, uint16_t flow_off)
{
	return flow_tells(ev, flow_off, offsetof(struct flow, owned),
			  sizeof(uint32_t));
}

/* Of no family, of no address. */
static bool family_known(const struct event *ev, uint16_t flow_off)
{
	return flow_tells(ev, flow_off, offsetof(struct flow, family),
			  sizeof(uint16_t));
}

/* 4, 6, 46 of a struct flow; 0 when it is none of these. */
static uint64_t ip_version(const uint8_t *flow)
{
	uint64_t family = load_num(flow + offsetof(struct flow, family),
				   sizeof(uint16_t));

	if (family == AF_INET)
		return 4;
	if (family != AF_INET6)
		return 0;
	return addr_is_mapped(flow + offsetof(struct flow, raddr)) ||
	       addr_is_mapped(flow + offsetof(struct flow, laddr)) ? 46 : 6;
}

/* 0.0.0.0 and ::, which C_ZERO makes unknown. */
static bool addr_is_any(const uint8_t addr[16])
{
	static const uint8_t zero[16];

	return !memcmp(addr, zero, 16) ||
	       (addr_is_mapped(addr) && !memcmp(addr + 12, zero, 4));
}

static void load_comm(struct cell *cell, const struct column *col,
		      const uint8_t *p)
{
	cell->text = (const char *)p;
	cell->len = (uint16_t)strnlen(cell->text, col->size);
	cell->null = (col->flags & C_ZERO) && !cell->len;
}

static void load_addr(struct cell *cell, const struct column *col,
		      const uint8_t *p)
{
	if (col->size != sizeof(cell->addr)) {
		cell->null = true;
		return;
	}
	memcpy(cell->addr, p, sizeof(cell->addr));
	cell->null = (col->flags & C_ZERO) && addr_is_any(p);
}

static void load_signed(struct cell *cell, const struct column *col,
			const uint8_t *p)
{
	unsigned shift = 64 - 8u * col->size;
	uint64_t v = load_num(p, col->size);

	/* kernel functions leave the upper half of a register undefined, so
	 * members are 32 bits most often; other sizes extend all the same */
	v = (uint64_t)((int64_t)(v << (shift & 63)) >> (shift & 63));
	cell->null = (col->flags & C_NEG) && (int64_t)v < 0;
	if (col->kind == K_ERRNO && (int64_t)v < 0)
		v = -v;
	cell->num = v;
}

/* What stands in for a name that there is none of. */
static size_t remote_addr(const struct event *ev, const struct tool *t,
			  char *text)
{
	const uint8_t *p = bytes_at(ev, t->flow_off + (uint32_t)
				    offsetof(struct flow, raddr), 16);

	if (!t->flow_off || !p || !family_known(ev, t->flow_off))
		return 0;
	return (size_t)(put_addr(text, p) - text);
}

/* STAT_SHARE; a part of nothing is not known. */
static void load_share(struct cell *cell, const struct column *col,
		       const uint8_t *part, const struct event *ev)
{
	const uint8_t *p = bytes_at(ev, col->whole.off, col->whole.size);

	cell->num = load_num(part, col->size);
	cell->whole = 0;
	for (unsigned i = 0; p && i < col->whole.size; i += 8)
		cell->whole += load_num(p + i, 8);
	cell->null = !cell->whole;
}

static void load_lookup(struct cell *cell, const struct column *col,
			const uint8_t *p, const struct event *ev,
			const struct tool *t)
{
	size_t len;

	if (col->kind == K_QTYPE) {
		len = lookup_type(p, col->size, cell->made);
	} else if (col->kind == K_ANSWERS) {
		len = lookup_addrs(p, col->size, cell->made);
	} else {
		len = lookup_name(p, col->size, cell->made);
		/* the peer of a message is its server */
		if (!len && !lookup_is_message(p, col->size))
			len = remote_addr(ev, t, cell->made);
	}
	cell->text = cell->made;
	cell->len = (uint16_t)len;
	cell->null = !len;
}

/* Bytes; of those that are an extension, what that says. */
static void load_payload(struct cell *cell, const struct column *col,
			 const uint8_t *p)
{
	const size_t head = sizeof(struct payload);
	size_t room = col->size > head ? col->size - head : 0;
	size_t len = col->size < head ? 0 : p[offsetof(struct payload, len)];

	len = len < room ? len : room;
	cell->text = (const char *)p + head;
	if (col->kind == K_DATA) {
		cell->least = len && p[offsetof(struct payload, cut)];
	} else {
		len = tls_text(col->kind, p + head, len, cell->made);
		cell->text = cell->made;
	}
	cell->len = (uint16_t)len;
	cell->null = !len;
}

int cell_stack_error(const struct cell *cell)
{
	int64_t id = (int64_t)cell->num;

	if (id >= 0)
		return 0;
	return id >= -4095 ? (int)-id : 4095;
}

/* Whose the addresses of a user stack are. */
static uint32_t process_of(const struct tool *t, const struct event *ev)
{
	const struct column *col = t->columns;
	const uint8_t *p = NULL;

	while (col->key && strcmp(col->key, "pid"))
		col++;
	if (col->key)
		p = bytes_at(ev, col->off, col->size);
	else if (t->flow_off)
		p = bytes_at(ev, t->flow_off +
			     (uint32_t)offsetof(struct flow, pid),
			     sizeof(uint32_t));
	return p ? (uint32_t)load_num(p, col->key ? col->size :
				      sizeof(uint32_t)) : 0;
}

void cell_load(struct cell *cell, const struct column *col,
	       const struct event *ev, const struct tool *t)
{
	const uint8_t *p = bytes_at(ev, col->off, col->size);

	cell->kind = col->kind;
	cell->null = false;
	cell->least = false;
	cell->text = NULL;
	cell->len = 0;
	cell->num = 0;
	cell->pid = 0;
	if (!p || (col->flags & C_ABSENT) ||
	    ((col->flags & C_OWNER) && !owner_known(ev, t->flow_off))) {
		cell->null = true;
		return;
	}
	switch (col->kind) {
	case K_COMM:
		load_comm(cell, col, p);
		return;
	case K_LOOKUP:
	case K_QTYPE:
	case K_ANSWERS:
		load_lookup(cell, col, p, ev, t);
		return;
	case K_DATA:
	case K_TLS_SNI:
	case K_TLS_ALPN:
	case K_TLS_VERSION:
		load_payload(cell, col, p);
		return;
	case K_ADDR:
	case K_NAME:
		load_addr(cell, col, p);
		if (!family_known(ev, t->flow_off))
			cell->null = true;
		return;
	case K_IPVER:
		cell->num = col->size == sizeof(struct flow) ?
			    ip_version(p) : 0;
		cell->null = !cell->num;
		return;
	case K_PERCENT:
		load_share(cell, col, p, ev);
		return;
	case K_KSTACK:
	case K_USTACK:
		load_signed(cell, col, p);
		if (col->kind == K_USTACK)
			cell->pid = process_of(t, ev);
		return;
	case K_S32:
	case K_S64:
	case K_ERRNO:
		load_signed(cell, col, p);
		break;
	case K_MS:
		cell->num = load_num(p, col->size);
		cell->least = cell->num & AT_LEAST;
		cell->num &= ~AT_LEAST;
		break;
	default:
		cell->num = load_num(p, col->size);
	}
	if (!cell->num && !cell->least &&
	    ((col->flags & C_ZERO) || col->kind == K_NETNS))
		cell->null = true;
}

const char *enum_name(const char *const *names, uint64_t v)
{
	uint64_t i;

	for (i = 0; names && names[i]; i++)
		if (i == v)
			return *names[i] ? names[i] : NULL;
	return NULL;
}

/* The names of the bits that are set; NULL: none is, or one has no name. */
static const char *dress_bits(struct cell *cell, const char *const *names)
{
	uint64_t left = cell->num;
	size_t n = 0, len;

	for (unsigned i = 0; left && names[i]; i++) {
		if (!(left >> i & 1))
			continue;
		len = strlen(names[i]);
		if (n + len + 2 > sizeof(cell->made))
			return NULL;
		if (n)
			cell->made[n++] = '|';
		memcpy(cell->made + n, names[i], len + 1);
		n += len;
		left &= ~(1ull << i);
	}
	return left || !n ? NULL : cell->made;
}

static bool is_loopback(const uint8_t addr[16])
{
	static const uint8_t one[16] = { [15] = 1 };

	return !memcmp(addr, one, 16) ||
	       (addr_is_mapped(addr) && addr[12] == 127);
}

/* The name an address was last looked up by. */
static const char *dress_name(struct cell *cell, const struct names *names,
			      uint64_t now_ns)
{
	const char *text = NULL;

	cell->age_ns = 0;
	if (is_loopback(cell->addr))
		text = "localhost";
	else if (names)
		text = names_find(names, cell->addr, now_ns, &cell->age_ns);
	cell->null = !text;
	return text;
}

static const char *dress_stack(struct cell *cell, struct frames *frames)
{
	const char *text;

	if (cell_stack_error(cell))
		return NULL;
	text = frames_show(frames, cell->kind == K_USTACK ? STACK_USER :
			   STACK_KERNEL, (int64_t)cell->num, cell->pid);
	cell->null = !text;
	return text;
}

void cell_dress(struct cell *cell, const struct column *col,
		const struct wardrobe *w, uint64_t now_ns)
{
	const char *text = NULL;

	if (cell->null)
		return;
	switch (cell->kind) {
	case K_ENUM:
		text = enum_name(col->names, cell->num);
		break;
	case K_ERRNO:
		text = cell->num ? errno_name(cell->num) : NULL;
		break;
	case K_NAME:
		text = dress_name(cell, w->names, now_ns);
		break;
	case K_KSTACK:
	case K_USTACK:
		text = dress_stack(cell, w->frames);
		break;
	case K_BITS:
		text = dress_bits(cell, col->names);
		break;
	case K_REASON:
		text = frames_show(w->frames, STACK_REASON,
				   (int64_t)cell->num, 0);
		break;
	case K_KSYM:
		text = frames_show(w->frames, STACK_SYMBOL,
				   (int64_t)cell->num, 0);
		break;
	default:
		return;
	}
	cell->text = text;
	cell->len = text ? (uint16_t)strnlen(text, UINT16_MAX) : 0;
}

bool extra_key(const struct column *col, char *buf, size_t len)
{
	size_t n = strlen(col->key);
	const char *tail;

	switch (col->kind) {
	case K_MS:
		tail = "_at_least";
		if (n > 3 && !strcmp(col->key + n - 3, "_ns"))
			n -= 3;
		break;
	case K_ERRNO:
		tail = "_name";
		break;
	case K_NAME:
		tail = "_age_ns";
		break;
	case K_DATA:
		tail = "_hex";
		break;
	case K_KSTACK:
	case K_USTACK:
		tail = "_err_name";
		break;
	default:
		return false;
	}
	snprintf(buf, len, "%.*s%s", (int)n, col->key, tail);
	return true;
}
