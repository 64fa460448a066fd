/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pair.h"

#include <string.h>

void pair_init(struct pair *p, struct test *t)
{
	memset(p, 0, sizeof(*p));
	p->t = t;
	veth_pair(t, &p->a, &p->b);
	agent_start(t, &p->cli, &p->a, CLIENT_COMM, CLIENT_UID);
	agent_start(t, &p->srv, &p->b, SERVER_COMM, SERVER_UID);
}

void pair_release(struct pair *p)
{
	agent_stop(&p->cli);
	agent_stop(&p->srv);
	if (p->drops)
		dropper_close(&p->drop);
	netns_free(&p->a);
	netns_free(&p->b);
}

void pair_drop(struct pair *p)
{
	dropper_open(p->t, &p->drop, &p->b);
	p->drops = true;
}

void pair_listen(struct pair *p, unsigned i)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER + i };
	struct reply r;

	addr_set(&c.addr, AF_INET, "10.9.0.2", 0);
	agent_post(&p->srv, &c);
	r = agent_wait(&p->srv);
	p->port[i] = addr_port(&r.local);
}

struct cmd pair_to(const struct pair *p, unsigned i, unsigned slot)
{
	struct cmd c = { .op = OP_CONNECT, .slot = slot };

	addr_set(&c.addr, AF_INET, "10.9.0.2", p->port[i]);
	return c;
}

uint16_t pair_connect(struct pair *p, unsigned i, unsigned slot)
{
	struct cmd c = pair_to(p, i, slot);
	struct reply r;

	agent_post(&p->cli, &c);
	r = agent_wait(&p->cli);
	agent_do(&p->srv, OP_ACCEPT, slot, LISTENER + i);
	return addr_port(&r.local);
}
