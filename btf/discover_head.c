/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_head.c - where a packet's bytes and headers are.
 */
#include "discover_int.h"

#define HEAD_MAX	65536	/* offsets from head have 16 bits */
#define NOT_SET		0xffff	/* of a header's offset */

/* Where in the recording are the @n bytes at @off from @head? */
static const uint8_t *head_bytes(const struct solver *s,
				 const struct disc_window *w, uint64_t head,
				 uint64_t off, uint32_t n)
{
	const struct disc_window *p;
	uint32_t at;

	p = deref(s, w, head + off, &at);
	if (!p || s->r->windows + p->parent != w || p->len - at < n)
		return NULL;
	return p->bytes + at;
}

static bool ports_are(const uint8_t *p, uint64_t first, uint64_t second)
{
	return p[0] == first >> 8 && p[1] == (first & 0xff) &&
	       p[2] == second >> 8 && p[3] == (second & 0xff);
}

/* Are these the ports that are known of @w, in either direction?  1, 0, or -1
 * when none are known. */
static int ports_known(const struct disc_window *w, const uint8_t *p)
{
	uint64_t lport, rport;

	if (!fact_number(w, DISC_KEY_LPORT, &lport) ||
	    !fact_number(w, DISC_KEY_RPORT, &rport) || !lport || !rport)
		return -1;
	return ports_are(p, lport, rport) || ports_are(p, rport, lport);
}

/* Does the transport header of @w start at @off from @head?  1, 0, or -1
 * when that cannot be told. */
static int ports_at(const struct solver *s, const struct disc_window *w,
		    uint64_t head, uint64_t off)
{
	const struct disc_window *o = s->r->windows;
	const struct disc_window *end = o + s->r->nwindows;
	int is, any = -1;
	const uint8_t *p;
	uint64_t sk;

	if (off == NOT_SET)
		return -1;
	p = head_bytes(s, w, head, off, 4);
	if (!p)
		return -1;
	is = ports_known(w, p);
	if (is >= 0 || !fact_number(w, DISC_KEY_SK, &sk))
		return is;
	/* Those of its socket; of one of those that were at this address */
	for (; o < end && any < 1; o++) {
		is = o->addr == sk && o->object != DISC_POINTEE ?
		     ports_known(o, p) : -1;
		any = is > any ? is : any;
	}
	return any;
}

/* Is there an IP header at @off from @head, which ends at @end?  Its version,
 * or 0. */
static int ip_at(const struct solver *s, const struct disc_window *w,
		 uint64_t head, uint64_t off, uint64_t end)
{
	const uint8_t *p = head_bytes(s, w, head, off, 20);

	if (!p || off >= end)
		return 0;
	if (p[0] >> 4 == 4)
		return end - off == (p[0] & 0xfu) * 4 ? 4 : 0;
	return p[0] >> 4 == 6 && end - off >= 40 ? 6 : 0;
}

/* A guess at the places, and what speaks for it. */
struct geometry {
	uint32_t head, transport;	/* offsets in struct sk_buff */
	unsigned int ports, ip, protocol, mac;
};

static bool read_word(const struct solver *s, const struct disc_window *w,
		      uint32_t off, uint64_t *v)
{
	if (off + s->d->word > window_limit(w))
		return false;
	*v = window_number(s, w, off, s->d->word);
	return true;
}

/* head and, behind it, data. */
static bool read_head(const struct solver *s, const struct disc_window *w,
		      uint32_t off, uint64_t *head, uint64_t *data)
{
	return read_word(s, w, off, head) &&
	       read_word(s, w, off + s->d->word, data) &&
	       is_address(s, *head) && *data >= *head &&
	       *data - *head < HEAD_MAX;
}

static bool try_packet(const struct solver *s, const struct disc_window *w,
		       struct geometry *g)
{
	uint64_t head, data, th, nh, mac;
	unsigned int ether;
	int ports, version;

	if (g->transport + 6 > window_limit(w))
		return true;
	if (!read_head(s, w, g->head, &head, &data))
		return false;
	th = window_number(s, w, g->transport, 2);
	ports = ports_at(s, w, head, th);
	if (ports <= 0)
		return ports < 0;
	g->ports++;
	nh = window_number(s, w, g->transport + 2, 2);
	mac = window_number(s, w, g->transport + 4, 2);
	version = ip_at(s, w, head, nh, th);
	if (!version)
		return w->object == DISC_SKB;	/* before IP had it */
	g->ip++;
	ether = (unsigned int)w->bytes[g->transport - 2] << 8 |
		w->bytes[g->transport - 1];
	if (ether && ether != (version == 4 ? 0x0800 : 0x86dd))
		return false;
	g->protocol += ether != 0;
	/* Ethernet's header, of which loopback has one, too */
	if (mac != NOT_SET && mac && mac != nh && mac + 14 != nh)
		return false;
	g->mac += mac + 14 == nh;
	return true;
}

static bool try_geometry(const struct solver *s, struct geometry *g)
{
	const struct disc_window *w;

	g->ports = g->ip = g->protocol = g->mac = 0;
	for_each_packet(s, w, SKBS)
		if (!try_packet(s, w, g))
			return false;
	return g->ports > 1 && g->ip > 1;
}

/* A packet whose head, by @off, is among what was recorded. */
static bool head_recorded(const struct solver *s, uint32_t off)
{
	const struct disc_window *w;
	uint64_t head, data;

	for_each_packet(s, w, SKBS)
		if (read_head(s, w, off, &head, &data) &&
		    head_bytes(s, w, head, 0, 1))
			return true;
	return false;
}

/* How many packets have tail, an offset on 64-bit kernels, a pointer on
 * others, at @off; 0 when some do not. */
static unsigned int tail_at(const struct solver *s, uint32_t head_off,
			    uint32_t off)
{
	uint32_t len_off = s->d->found[SKB_LEN].field.off;
	uint64_t head, data, tail, linear;
	const struct disc_window *w;
	unsigned int n = 0;

	for_each_packet(s, w, SKBS) {
		if (!read_head(s, w, head_off, &head, &data) ||
		    len_off + 8 > window_limit(w))
			continue;
		linear = window_number(s, w, len_off, 4) -
			 window_number(s, w, len_off + 4, 4);
		tail = window_number(s, w, off, 4);
		if (s->d->word == 8)
			tail += head;
		if (tail != data + linear)
			return 0;
		n++;
	}
	return n;
}

/* tail, end, head: on 64-bit kernels there may be a gap before head. */
static void solve_tail(struct solver *s, uint32_t head)
{
	uint32_t tail = head - 8;
	bool near, far;

	if (!s->d->found[SKB_LEN].known || head < 12) {
		set_missing(s, SKB_TAIL, "len was not found");
		return;
	}
	near = tail_at(s, head, tail) > 1;
	far = s->d->word == 8 && tail_at(s, head, tail - 4) > 1;
	if (near == far) {
		set_missing(s, SKB_TAIL, "it is not before head");
		return;
	}
	set_found(s, SKB_TAIL, far ? tail - 4 : tail, FORM_U32);
	if (s->d->word == 4)
		s->d->found[SKB_TAIL].field.class = FIELD_POINTER;
}

/*
 * The transport header's offset is where the ports are, also in csum_start;
 * but that has no offset of an IP header behind it.
 */
void solve_head(struct solver *s)
{
	uint32_t limit = packet_limit(s, SKBS), word = s->d->word;
	struct geometry g = { .head = 0 }, best = { .head = 0 };
	unsigned int found = 0;

	for (g.head = 0; g.head + 2 * word <= limit; g.head += word) {
		if (!head_recorded(s, g.head))
			continue;
		for (g.transport = 2; g.transport + 6 <= limit;
		     g.transport += 2) {
			if (!try_geometry(s, &g))
				continue;
			best = g;
			found++;
		}
	}
	if (found != 1) {
		set_all_missing(s, SKB_PROTOCOL, SKB_DATA, found ?
			"several offsets agree with all that is known" :
			"no headers were found");
		return;
	}
	set_found(s, SKB_HEAD, best.head, FORM_LONG);
	set_found(s, SKB_DATA, best.head + word, FORM_LONG);
	set_found(s, SKB_TRANSPORT_HEADER, best.transport, FORM_U16);
	set_found(s, SKB_NETWORK_HEADER, best.transport + 2, FORM_U16);
	if (best.mac)
		set_found(s, SKB_MAC_HEADER, best.transport + 4, FORM_U16);
	else
		set_missing(s, SKB_MAC_HEADER, "it was never set");
	if (best.protocol)
		set_found(s, SKB_PROTOCOL, best.transport - 2, FORM_BE16);
	else
		set_missing(s, SKB_PROTOCOL, "it was never set");
	solve_tail(s, best.head);
}

bool packet_tos(const struct solver *s, const struct disc_window *w,
		uint8_t *tos)
{
	const struct found *f = s->d->found;
	uint64_t head, data, nh, th;
	const uint8_t *p;
	int version;

	if (!f[SKB_NETWORK_HEADER].known ||
	    f[SKB_NETWORK_HEADER].field.off + 2 > window_limit(w) ||
	    !read_head(s, w, f[SKB_HEAD].field.off, &head, &data))
		return false;
	th = window_number(s, w, f[SKB_TRANSPORT_HEADER].field.off, 2);
	nh = window_number(s, w, f[SKB_NETWORK_HEADER].field.off, 2);
	/* Only what is told by its ports: elsewhere head is what is left of
	   other packets */
	version = ports_at(s, w, head, th) > 0 ?
		  ip_at(s, w, head, nh, th) : 0;
	if (!version)
		return false;
	p = head_bytes(s, w, head, nh, 20);
	*tos = version == 4 ? p[1] : (uint8_t)(p[0] << 4 | p[1] >> 4);
	return true;
}
