/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * gethostlatency --wire: what is shown is compared with the client's own log,
 * in its order, and what is behind each message in memory must not be recorded.
 */
#include "dnswire.h"
#include "net.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wire {
	struct test *t;
	struct asked log[WIRE_ROWS];
};

static void check_row(struct wire *w, const struct table *tb, unsigned row,
		      const struct asked *a)
{
	char pid[16], port[16], lport[16];
	const char *const want[] = { "pid", pid, "host", a->host, "ret", a->ret,
		"qtype", a->qtype, "addrs", a->addrs, "proto", a->proto, "ip",
		a->ip, "raddr", a->server, "rport", port, "lport", lport,
		"func", "wire", NULL };
	uint64_t ns = 0;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(port, sizeof(port), "%u", a->port);
	snprintf(lport, sizeof(lport), "%u", a->lport);
	for (unsigned i = 0; want[i]; i += 2)
		if (strcmp(table_cell(tb, row, want[i]), want[i + 1]))
			differ(w->t, "row %u: %s is '%s', made: '%s' (%s %s)",
			       row, want[i], table_cell(tb, row, want[i]),
			       want[i + 1], a->host, a->proto);
	cell_u64(table_cell(tb, row, "duration_ns"), &ns);
	if (!ns || (a->ns && ns > a->ns))
		differ(w->t, "row %u took %llu ns, of %llu that the client "
		       "waited", row, (unsigned long long)ns,
		       (unsigned long long)a->ns);
}

/* What has no answer is shown as the tool stops, in no order. */
static const struct asked *made(const struct wire *w, const struct table *tb,
				unsigned row)
{
	for (unsigned i = WIRE_ROWS - WIRE_UNANSWERED; i < WIRE_ROWS; i++)
		if (row >= WIRE_ROWS - WIRE_UNANSWERED &&
		    !strcmp(table_cell(tb, row, "host"), w->log[i].host))
			return &w->log[i];
	return &w->log[row];
}

static void check(struct wire *w, const char *csv)
{
	struct table tb;
	unsigned tcp = 0;

	if (!table_parse(&tb, w->t, csv))
		return;
	if (tb.nrows != WIRE_ROWS)
		differ(w->t, "%u rows shown, %u queries made", tb.nrows,
		       WIRE_ROWS);
	for (unsigned i = 0; i < tb.nrows && i < WIRE_ROWS; i++) {
		check_row(w, &tb, i, made(w, &tb, i));
		tcp += !strcmp(table_cell(&tb, i, "proto"), "tcp");
	}
	summary(w->t, "%u queries shown, %u over TCP, %u without an answer",
		tb.nrows, tcp, WIRE_UNANSWERED);
	table_release(&tb);
}

/* Are the calls of this C library seen?  Where no function can be watched
 * socketcall(2) is not, nor errors on MIPS. */
static bool has_calls(const struct test *t)
{
#if defined(__i386__) || defined(__s390x__) || defined(__mips__)
	return test_probes(t);
#else
	return test_probes(t) ||
	       !test_hides(t, "no-hook=tracepoint:syscalls/*");
#endif
}

/* Eight bytes of it are no chance. */
static void check_secret(struct test *t, const char *path)
{
	char secret[8];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	char *text = fd < 0 ? NULL : slurp_fd(fd, &n);

	memset(secret, WIRE_SECRET, sizeof(secret));
	if (!text || memmem(text, n, secret, sizeof(secret)))
		differ(t, "what is behind a message is in the capture");
	free(text);
	close(fd);
	unlink(path);
}

static void dnswire(struct test *t)
{
	static struct wire w;
	char path[256];
	struct netns ns;
	struct tool r;

	w.t = t;
	temp_path(path, sizeof(path), "dnswire");
	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	tool_start(&r, "gethostlatency",
		   ARGS("--wire", "--timeout", "1h", "--csv", "--strict", "-o",
			"pid,host,ret,qtype,addrs,proto,ip,raddr,rport,lport,"
			"func,duration_ns", "-W", path));
	netns_enter(t, &ns);
	wire_make(t, w.log, has_calls(t));
	netns_leave(t);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check(&w, r.text);
	check_secret(t, path);
	tool_release(&r);
	netns_free(&ns);
}

const struct live_case dnswire_cases[] = {
	{ "gethostlatency-wire", "DNS over UDP and TCP, in pieces, and broken",
	  300, dnswire, false },
	{ NULL, NULL, 0, NULL, false },
};
