/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_dev - "dev", "l2len": of the packet that the hook is about, and of the
 * network device it is at.  Where they are is told by the prototype of the
 * function, or known of old.
 */
#include "tools/frontend/ask_int.h"

#include <errno.h>
#include <string.h>

static const struct dev_word {
	const char *name;
	uint8_t shape, then;
	bool of_skb;		/* not of the device */
	const char *chain;	/* from struct net_device on, or sk_buff */
	const char *record;	/* field of tracepoints that has it, in host
				   byte order */
} words[] = {
	{ "dev", SHAPE_NAME, THEN_NOTHING, false, "net_device.name", "name" },
	{ "ifindex", SHAPE_S64, THEN_NOTHING, false,
	  "net_device.ifindex", NULL },
	{ "devns", SHAPE_U64, THEN_NOTHING, false,
	  "net_device.nd_net.net:net.ns.inum", NULL },
	{ "l2len", SHAPE_U64, THEN_L2LEN, true, NULL, NULL },
	{ "segs", SHAPE_U64, THEN_SEGS, true, NULL, NULL },
	{ "ether", SHAPE_U64, THEN_NTOHS, true, "sk_buff.protocol",
	  "protocol" },
	{ "txqueue", SHAPE_U64, THEN_NOTHING, true, "sk_buff.queue_mapping",
	  "queue_mapping" },
	{ "rxqueue", SHAPE_S64, THEN_RX_QUEUE, true, NULL, NULL },
};

const char *ask_dev_name(unsigned i)
{
	return i < COUNT(words) ? words[i].name : NULL;
}

/* ---- where they are --------------------------------------------------- */

enum { NONE = -1 };

/* Numbers of the arguments. */
struct places {
	int skb, dev;
};

static int by_prototype(const struct asking *a, struct places *p)
{
	char type[80];
	int err = 0;

	for (int i = 0; i < ASK_ARGS; i++) {
		err = ask_param(a, i, type, sizeof(type));
		if (err == -ENOENT || err == -ERANGE)
			break;
		if (!err && p->dev == NONE && !strcmp(type,
						      "struct net_device"))
			p->dev = i;
		if (!err && p->skb == NONE && !strcmp(type, "struct sk_buff"))
			p->skb = i;
	}
	return err == -ENOENT ? err : 0;
}

/* Raw tracepoints, without BTF; the same since they came. */
static void by_name(const struct asking *a, struct places *p)
{
	static const struct {
		const char *name;
		struct places at;
	} known[] = {
		{ "napi_gro_frags_entry", { 0, NONE } },
		{ "napi_gro_receive_entry", { 0, NONE } },
		{ "net_dev_queue", { 0, NONE } },
		{ "net_dev_start_xmit", { 0, 1 } },
		{ "net_dev_xmit", { NONE, 2 } },
		{ "netif_receive_skb", { 0, NONE } },
		{ "netif_rx", { 0, NONE } },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(known[i].name, a->world->hook->target))
			*p = known[i].at;
}

static int no_packet(const struct asking *a, const struct ask_value *v)
{
	return ask_bad(a->e, "'%s' needs a packet or a network device, which "
		       "this hook is not about", v->name);
}

/* net_dev_xmit tells where a packet was that may be freed by now. */
static bool is_gone(const struct hook *h)
{
	return !strcmp(h->target, "net_dev_xmit") ||
	       !strcmp(h->target, "net/net_dev_xmit");
}

/* @v becomes the pointer to the packet, or to its device. */
static int find(const struct asking *a, struct ask_value *v, bool skb)
{
	const struct hook *h = a->world->hook;
	struct places p = { NONE, NONE };

	if (!h)
		return no_packet(a, v);
	if (h->kind == HOOK_TRACEPOINT) {
		v->from = FROM_FIELD;
		v->field = ask_tp_skb(a);
		p.skb = v->field ? 0 : NONE;
	} else if (by_prototype(a, &p) == -ENOENT) {
		by_name(a, &p);
	}
	if (is_gone(h)) {
		if (skb)
			return ask_bad(a->e, "'%s' is of the packet, which "
				       "may be freed by then", v->name);
		p.skb = NONE;
	}
	if (skb ? p.skb == NONE : p.skb == NONE && p.dev == NONE)
		return no_packet(a, v);
	if (h->kind != HOOK_TRACEPOINT) {
		v->from = FROM_ARG;
		v->arg = (uint8_t)(!skb && p.dev != NONE ? p.dev : p.skb);
	}
	return skb || p.dev != NONE ? 0 : ask_chain(a, v, "sk_buff.dev");
}

/* ---- what is asked of them -------------------------------------------- */

/* What tracepoints tell themselves: of most the name of the device. */
static bool is_in_record(const struct asking *a, const struct dev_word *w)
{
	const struct hook *h = a->world->hook;

	if (!w->record || !h || h->kind != HOOK_TRACEPOINT)
		return false;
	return w->shape == SHAPE_NAME ? ask_tp_has_text(a, w->record) :
					ask_tp_has_number(a, w->record);
}

int ask_dev_value(const struct asking *a, struct ask_value *v,
		  const char *text)
{
	const struct dev_word *w = words;
	int err = 0;

	while (w < words + COUNT(words) && strcmp(w->name, text))
		w++;
	if (w == words + COUNT(words))
		return -ENOENT;
	if (a->world->dev && !w->of_skb) {
		err = ask_place(a, v, a->world->dev);
		if (!err)
			err = ask_chain(a, v, w->chain);
	} else if (is_in_record(a, w)) {
		v->from = FROM_FIELD;
		v->field = w->record;
		v->shape = w->shape;
		return 0;
	} else {
		err = find(a, v, w->of_skb);
		if (!err && w->chain)
			err = ask_chain(a, v, w->chain);
	}
	v->shape = w->shape;
	v->then = w->then;
	return err;
}
