/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "drops.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void drops_init(struct drops *d, struct test *t)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);

	memset(d, 0, sizeof(*d));
	d->t = t;
	if (fd >= 0) {
		d->types = slurp_fd(fd, &d->len);
		close(fd);
	}
}

void drops_release(struct drops *d)
{
	free(d->types);
}

void drops_expect(struct drops *d, const struct drop *drop,
		  const union addr *local, const union addr *peer)
{
	struct drop *new = &d->drop[d->n];

	if (d->n == ARRAY_SIZE(d->drop))
		fatal(d->t, "too many drops");
	d->n++;
	*new = *drop;
	addr_text(local, new->laddr, sizeof(new->laddr));
	new->lport = addr_port(local);
	if (!peer)
		return;
	addr_text(peer, new->raddr, sizeof(new->raddr));
	new->rport = addr_port(peer);
}

/* ---- what the kernel calls it ------------------------------------------- */

/* Is there such a reason?  By the names of enum skb_drop_reason. */
static bool has_reason(const struct drops *d, const char *reason)
{
	char name[80];
	int len = snprintf(name, sizeof(name), "SKB_DROP_REASON_%s", reason);

	/* with the NUL behind it */
	return d->types && memmem(d->types, d->len, name, (size_t)len + 1);
}

bool drops_reason(const struct drops *d, const char *const *reasons,
		  unsigned n, const char *reason)
{
	const char *const *best = reasons;
	unsigned i;

	if (d->types && !has_reason(d, "NOT_SPECIFIED"))
		return !*reason;
	while (d->types && best + 1 < reasons + n && best[1] &&
	       !has_reason(d, *best))
		best++;
	if (d->types)
		return !strcmp(reason, *best);
	/* without BTF: any of them */
	for (i = 0; *reason && i < n; i++)
		if (reasons[i] && !strcmp(reason, reasons[i]))
			return true;
	return !*reason;
}

static bool reason_fits(const struct drops *d, const struct drop *drop,
			const char *reason)
{
	if (drop->own)
		return !strcmp(reason, *drop->reasons);
	return drops_reason(d, drop->reasons, ARRAY_SIZE(drop->reasons),
			    reason);
}

/* "function+offset" */
static bool place_fits(const struct drop *drop, const char *location)
{
	size_t len = strcspn(location, "+");
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(drop->functions); i++)
		if (drop->functions[i] &&
		    strlen(drop->functions[i]) == len &&
		    !memcmp(drop->functions[i], location, len))
			return true;
	return false;
}

/* ---- rows --------------------------------------------------------------- */

struct row {
	const struct table *tb;
	unsigned n;
};

static const char *cell(const struct row *r, const char *key)
{
	return table_cell(r->tb, r->n, key);
}

static bool is_number(const struct row *r, const char *key, uint64_t want)
{
	uint64_t v;

	return cell_u64(cell(r, key), &v) && v == want;
}

static bool is_of(const struct row *r, const struct drop *drop)
{
	return !strcmp(cell(r, "direction"), drop->dir) &&
	       !strcmp(cell(r, "laddr"), drop->laddr) &&
	       is_number(r, "lport", drop->lport) &&
	       (!drop->rport || (!strcmp(cell(r, "raddr"), drop->raddr) &&
				 is_number(r, "rport", drop->rport))) &&
	       (!drop->flags || !strcmp(cell(r, "flags"), drop->flags)) &&
	       place_fits(drop, cell(r, "location"));
}

/* Who has the socket is known of what is sent, and of what is received where
 * the tracepoint tells the socket (6.14), or a function does. */
static void check_owner(struct drops *d, const struct row *r,
			const struct drop *drop)
{
	if (!drop->owner || (!*cell(r, "state") && !strcmp(drop->dir, "in")))
		return;
	if (strcmp(cell(r, "state"), drop->state))
		differ(d->t, "%s: state %s, not %s", drop->what,
		       cell(r, "state"), drop->state);
	if (!is_number(r, "pid", drop->owner->pid) ||
	    strcmp(cell(r, "comm"), drop->owner->comm))
		differ(d->t, "%s: pid %s (%s), not %d", drop->what,
		       cell(r, "pid"), cell(r, "comm"), drop->owner->pid);
}

static void check_row(struct drops *d, const struct row *r)
{
	bool v6 = strchr(cell(r, "laddr"), ':') != NULL;
	struct drop *drop = d->drop;

	while (drop < d->drop + d->n && !is_of(r, drop))
		drop++;
	if (drop == d->drop + d->n) {
		differ(d->t, "never made: %s %s %s - %s %s %s %s+%s %s %s",
		       cell(r, "direction"), cell(r, "laddr"),
		       cell(r, "lport"), cell(r, "raddr"), cell(r, "rport"),
		       cell(r, "state"), cell(r, "flags"), cell(r, "payload"),
		       cell(r, "reason"), cell(r, "location"));
		return;
	}
	drop->got++;
	d->shown++;
	if (!reason_fits(d, drop, cell(r, "reason")))
		differ(d->t, "%s: reason '%s'", drop->what, cell(r, "reason"));
	if (drop->flags && !is_number(r, "payload", drop->payload))
		differ(d->t, "%s: %s bytes of data", drop->what,
		       cell(r, "payload"));
	if (strcmp(cell(r, "ip"), v6 ? "6" : "4") ||
	    !is_number(r, "ttl", 64))
		differ(d->t, "%s: IPv%s, ttl %s", drop->what, cell(r, "ip"),
		       cell(r, "ttl"));
	check_owner(d, r, drop);
}

/* Hooks of functions: kprobes or fentry. */
static bool functions_hooked(const struct drops *d)
{
	return !access("/sys/bus/event_source/devices/kprobe", F_OK) &&
	       !test_hides(d->t, "no-kprobe=1");
}

static bool has_types(const struct drops *d)
{
	return d->types && !test_hides(d->t, "none") &&
	       !test_hides(d->t, "no-kernel-btf=1");
}

static void check_count(struct drops *d, struct drop *drop)
{
	if (drop->own && !functions_hooked(d))
		drop->want = 0;
	if (drop->types && !drop->got && !has_types(d))
		return;
	if (drop->got != drop->want)
		differ(d->t, "%s: %s %u - %s %u: %u shown, %u made",
		       drop->what, drop->laddr, drop->lport, drop->raddr,
		       drop->rport, drop->got, drop->want);
}

void drops_check(struct drops *d, const struct tool *r,
		 const struct netns *ns)
{
	struct table tb;
	struct row row = { &tb, 0 };
	unsigned i;

	if (!table_parse(&tb, d->t, r->text))
		return;
	for (; row.n < tb.nrows; row.n++)
		if (is_number(&row, "netns", ns->inum))
			check_row(d, &row);
	for (i = 0; i < d->n; i++)
		check_count(d, &d->drop[i]);
	table_release(&tb);
}
