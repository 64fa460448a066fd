/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Networks that keys tell apart: --nets, "10.0.0.0/8". */
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Loopback, private (RFC 1918, RFC 4193), link-local, and the rest. */
static const char *const usual[] = {
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	"169.254.0.0/16", "0.0.0.0/0", "::1/128", "fc00::/7", "fe80::/10",
	"::/0",
};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

static bool is_v4(const struct addr_range *r)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return r->prefix >= 96 && !memcmp(r->addr, mapped, sizeof(mapped));
}

static void put_network(char text[NETWORK_TEXT], const struct addr_range *r)
{
	char addr[40];

	*put_addr(addr, r->addr) = '\0';
	snprintf(text, NETWORK_TEXT, "%s/%u", addr,
		 is_v4(r) ? r->prefix - 96u : r->prefix);
}

static int narrowest_first(const void *a, const void *b)
{
	const struct addr_range *x = a, *y = b;

	return y->prefix - x->prefix;
}

int networks_init(struct networks *n, const struct options *o, struct err *e)
{
	struct addr_range nets[FILTER_LIST];
	unsigned count = o->ask.nnets ? o->ask.nnets : USUAL, i;
	const char *why = "";
	int len;

	memcpy(nets, o->ask.nets, sizeof(nets));
	for (i = 0; !o->ask.nnets && i < USUAL; i++)
		val_net(usual[i], &nets[i]);
	qsort(nets, count, sizeof(*nets), narrowest_first);
	snprintf(n->text[0], NETWORK_TEXT, "other");
	for (i = 0; i < count; i++)
		put_network(n->text[i + 1], &nets[i]);
	for (i = 0; i <= count; i++)
		n->names[i] = n->text[i];
	len = filter_networks(nets, count, n->insns, &why);
	if (len < 0)
		return err_set(e, 0, "--nets: %s", why);
	n->function = (struct function){ "network", n->insns, (uint32_t)len };
	return 0;
}
