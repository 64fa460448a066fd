/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * match - the decision of filter.c in C, for what user space filters itself
 * (sockets that were open before), and to hold filter.c against.
 */
#include "tools/frontend/frontend.h"

#include <string.h>

static bool in_u32(const uint32_t *list, unsigned n, uint32_t value)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (list[i] == value)
			return true;
	return n == 0;
}

static bool in_ports(const struct port_range *list, unsigned n, uint16_t port)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (port >= list[i].lo && port <= list[i].hi)
			return true;
	return n == 0;
}

static bool has_prefix(const uint8_t *addr, const struct addr_range *r)
{
	unsigned whole = r->prefix / 8, left = r->prefix % 8;

	return !memcmp(addr, r->addr, whole) &&
		(!left || (addr[whole] ^ r->addr[whole]) >> (8 - left) == 0);
}

static bool in_nets(const struct addr_range *list, unsigned n,
		    const uint8_t *addr)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (has_prefix(addr, &list[i]))
			return true;
	return n == 0;
}

static bool in_comms(const char (*list)[16], unsigned n, const char *comm)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!memcmp(list[i], comm, 16))
			return true;
	return n == 0;
}

static bool in_u64(const uint64_t *list, unsigned n, uint64_t value)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (list[i] == value)
			return true;
	return n == 0;
}

static bool is_family(int family, const uint8_t *raddr)
{
	static const struct addr_range mapped = {
		.addr = { [10] = 0xff, [11] = 0xff }, .prefix = 96,
	};

	return !family || has_prefix(raddr, &mapped) == (family == 4);
}

static bool socket_fits(const struct filters *f, const struct flow *flow)
{
	return in_u32(f->netns, f->nnetns, flow->netns) &&
		is_family(f->family, flow->raddr) &&
		in_ports(f->lport, f->nlport, flow->lport) &&
		in_ports(f->rport, f->nrport, flow->rport) &&
		(in_ports(f->port, f->nport, flow->lport) ||
		 in_ports(f->port, f->nport, flow->rport)) &&
		in_nets(f->laddr, f->nladdr, flow->laddr) &&
		in_nets(f->raddr, f->nraddr, flow->raddr);
}

static bool owner_fits(const struct filters *f, const struct flow *flow)
{
	return in_u32(f->pid, f->npid, flow->pid) &&
		in_u32(f->tid, f->ntid, flow->tid) &&
		in_u32(f->uid, f->nuid, flow->uid) &&
		in_comms(f->comm, f->ncomm, flow->comm);
}

enum verdict filter_match(const struct filters *f, const struct flow *flow)
{
	if (!socket_fits(f, flow))
		return FILTER_DROP;
	if (!filter_on_owner(f))
		return FILTER_PASS;
	if (!flow->owned)
		return FILTER_UNKNOWN;
	if (!owner_fits(f, flow))
		return FILTER_DROP;
	if (f->ncgroup && !flow->cgroup)
		return FILTER_UNKNOWN;
	return in_u64(f->cgroup, f->ncgroup, flow->cgroup) ?
		FILTER_PASS : FILTER_DROP;
}
