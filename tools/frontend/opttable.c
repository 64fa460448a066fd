/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * opttable - the options that all tools share.  A letter means the same in
 * every tool.  Parser, help, man page and completion read this table.
 */
#include "tools/frontend/options_int.h"
#include "tools/frontend/rows_int.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define FILTER "Filters, tested in the kernel (of a list, one must match)"
#define FILTER_ROWS "Filters (of a list, one must match)"
#define ASK "What"
#define OUTPUT "Output"
#define RUN "Run"
#define IN_KERNEL "Kernel"
#define GENERAL "General"

/* Where a value is kept. */
#define MEMBER(m) .off = offsetof(struct options, m), \
	.size = sizeof(((struct options *)0)->m)
/* Where a list is kept, and its length. */
#define LIST(m) .off = offsetof(struct options, filters.m), \
	.noff = offsetof(struct options, filters.n##m), \
	.size = sizeof(((struct filters *)0)->m[0]), .group = FILTER
#define SWITCH(m) MEMBER(m), .take = take_flag

#define TALLIES (T_TALLY | T_COUNT)
#define PORTS "a port or a range of ports (1 to 65535)"
#define DURATION "seconds, or a number with us, ms, s, m, h or d"
#define NETS "an address or a network such as 10.0.0.0/8"

const struct opt opt_table[] = {
	{ 0, "by", "LIST", "keys: pid, tid, comm, uid, cgroup, netns, cpu, "
	  "probe, event, kstack, ustack, arg0 to arg9, retval, args.FIELD, "
	  "start.VALUE; of a "
	  "socket: family, ipfamily, protocol, proto, state, lport, rport, "
	  "laddr, raddr, lnet, rnet, rmem_fill, srtt, mdev, min_rtt; of a "
	  "packet: dev, ifindex, devns, l2len, segs, ether, txqueue, "
	  "rxqueue; kernel fields: arg0:sock.sk_rcvbuf",
	  ASK, .need = T_KEYS, MEMBER(ask.by), .take = take_text,
	  .want = "keys such as pid,comm" },
	{ 0, "nets", "LIST", "networks for the keys lnet and rnet, of which "
	  "the narrowest counts (loopback, private, link-local and the rest)",
	  ASK, .need = T_KEYS, .off = offsetof(struct options, ask.nets),
	  .noff = offsetof(struct options, ask.nnets),
	  .size = sizeof(struct addr_range), .take = take_list,
	  .item = item_net, .want = NETS },
	{ 0, "of", "VALUE", "what is summed up, measured or averaged",
	  ASK, .need = T_ASK | T_TALLY, MEMBER(ask.of), .take = take_text,
	  .want = "a value such as arg2 or retval" },
	{ 0, "where", "TESTS", "only hits for which these hold: "
	  "'retval<0 && lport==443'",
	  ASK, .need = T_KEYS, MEMBER(ask.where), .take = take_text,
	  .want = "tests such as retval<0" },
	{ 0, "range", "LO,HI,STEP", "lhist: from, to, width of a bucket",
	  ASK, .need = T_ASK | T_TALLY, MEMBER(ask.range), .take = take_text,
	  .want = "three numbers such as 0,100,10" },
	{ 0, "latency", NULL, "measure the time from the first hook to the "
	  "others",
	  ASK, .need = T_ASK, SWITCH(ask.latency) },
	{ 0, "on", "VALUE", "latency: what makes two hits a pair: tid, sock or "
	  "arg0",
	  ASK, .need = T_ASK, MEMBER(ask.on), .take = take_text,
	  .want = "tid, sock or a value" },
	{ 0, "sock", "VALUE", "where the socket is, if the hook does not tell",
	  ASK, .need = T_ASK, MEMBER(ask.sock), .take = take_text,
	  .want = "a value such as arg0" },
	{ 0, "lib", "FILE", "this library or static program, instead of all "
	  "that processes have mapped; may be repeated",
	  ASK, .need = T_LIBS, .off = offsetof(struct options, libs),
	  .noff = offsetof(struct options, nlibs), .take = take_lib },
	{ 'p', "pid", "LIST", "processes that own the socket",
	  LIST(pid), .filter = F_PID, .take = take_list, .item = item_u32,
	  .min = 1, .max = PID_LIMIT, .want = "a process id (1 to 4194304)",
	  .asked = "processes, while they run" },
	{ 0, "tid", "LIST", "threads that opened or accepted it",
	  LIST(tid), .filter = F_TID, .take = take_list, .item = item_u32,
	  .min = 1, .max = PID_LIMIT, .want = "a thread id (1 to 4194304)",
	  .asked = "threads, while they run" },
	{ 'n', "comm", "LIST", "names of those processes",
	  LIST(comm), .filter = F_COMM, .take = take_list, .item = item_comm,
	  .want = "the name of a process (1 to 15 bytes)",
	  .asked = "names of processes" },
	{ 'u', "uid", "LIST", "users, by number",
	  LIST(uid), .filter = F_UID, .take = take_list, .item = item_u32,
	  .max = UINT32_MAX - 1, .want = "a user id (0 to 4294967294)" },
	{ 'P', "port", "LIST", "ports of either side: 80,443,8000-8100",
	  LIST(port), .filter = F_PORT, .take = take_list, .item = item_ports,
	  .want = PORTS },
	{ 'L', "lport", "LIST", "local ports",
	  LIST(lport), .filter = F_LPORT, .take = take_list,
	  .item = item_ports, .want = PORTS },
	{ 'D', "rport", "LIST", "remote ports",
	  LIST(rport), .filter = F_RPORT, .take = take_list,
	  .item = item_ports, .want = PORTS },
	{ 'a', "laddr", "LIST", "local addresses or networks: ::1,10.0.0.0/8",
	  LIST(laddr), .filter = F_LADDR, .take = take_list, .item = item_net,
	  .want = NETS },
	{ 'A', "raddr", "LIST", "remote addresses or networks",
	  LIST(raddr), .filter = F_RADDR, .take = take_list, .item = item_net,
	  .want = NETS },
	{ '4', "ipv4", NULL, "IPv4 only, on IPv6 sockets too",
	  FILTER, .filter = F_FAMILY, .take = take_family },
	{ '6', "ipv6", NULL, "IPv6 only",
	  FILTER, .filter = F_FAMILY, .take = take_family },
	{ 'N', "netns", "NS", "network namespace: a name of ip-netns(8), a "
	  "PID, a path or inode:N; may be repeated",
	  LIST(netns), .filter = F_NETNS, .take = take_netns },
	{ 0, "dev", "LIST", "network devices, by name",
	  LIST(dev), .filter = F_DEV, .take = take_list, .item = item_comm,
	  .want = "the name of a device (1 to 15 bytes)" },
	{ 0, "proto", "LIST", "protocols above IP: tcp, udp, icmp, or numbers",
	  LIST(proto), .filter = F_PROTO, .take = take_list,
	  .item = item_proto,
	  .want = "a protocol such as udp, or its number (0 to 255)" },
	{ 0, "reason", "LIST", "reasons for drops, as the kernel calls them",
	  LIST(reason), .filter = F_REASON, .take = take_list,
	  .item = item_reason, .want = "a reason such as NO_SOCKET" },
	{ 0, "cgroup", "PATH", "cgroup v2 of the owner, its path or id (not "
	  "those below it); may be repeated",
	  LIST(cgroup), .filter = F_CGROUP, .take = take_cgroup,
	  .asked = "cgroup v2 of the process, its path or id (not those "
		   "below it); may be repeated" },

	{ 0, "by", "LIST", "a row for each of these columns together: pid, "
	  "comm, raddr, rport ...",
	  OUTPUT, OPT_REPLAY, .need = T_TOTALS, MEMBER(ask.by),
	  .take = take_text, .want = "columns such as pid,comm" },
	{ 's', "sort", "BY", "largest first by: all that is summed, sent, "
	  "received, or a column",
	  OUTPUT, OPT_REPLAY, .need = T_TOTALS, MEMBER(sort),
	  .take = take_text, .want = "all, sent, received or a column" },
	{ 'C', "no-clear", NULL, "blocks one below the other, no screen",
	  OUTPUT, OPT_REPLAY, .need = T_TOTALS, SWITCH(no_clear) },
	{ 't', "timestamp", NULL, "time column: seconds since the start",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY | T_TOTALS,
	  .take = take_time, .max = TIME_REL },
	{ 'T', "time", "FORM", "time column: local time of day; the long "
	  "name takes =FORM: wall, utc, iso, unix, mono, rel",
	  OUTPUT, OPT_REPLAY | OPT_MAYBE, .bar = T_TALLY | T_TOTALS,
	  .take = take_time, .max = TIME_WALL,
	  .want = "wall, utc, iso, unix, mono or rel" },
	{ 0, "utc", NULL, "time column: UTC time of day",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY | T_TOTALS,
	  .take = take_time, .max = TIME_WALL_UTC },
	{ 'j', "json", NULL, "JSON, an object to a line",
	  OUTPUT, OPT_REPLAY, .take = take_format, .max = FMT_JSON },
	{ 0, "csv", NULL, "comma-separated values",
	  OUTPUT, OPT_REPLAY, .take = take_format, .max = FMT_CSV },
	{ 'F', "format", "FORM", "table, json or csv",
	  OUTPUT, OPT_REPLAY, .take = take_format,
	  .want = "table, json or csv" },
	{ 0, "plot", NULL, "a picture in the terminal, of the connection that "
	  "has most rows",
	  OUTPUT, OPT_REPLAY, .need = T_PLOT, .take = take_format,
	  .max = FMT_PLOT },
	{ 'i', "interval", "TIME", "print, and begin anew, each time this has "
	  "passed: what is counted, histograms",
	  OUTPUT, OPT_REPLAY, .any = TALLIES | T_TOTALS, .bar = T_SNAPSHOT,
	  MEMBER(interval_ns), .take = take_duration, .want = DURATION },
	{ 'i', "interval", "TIME", "again each time this has passed",
	  OUTPUT, OPT_REPLAY, .need = T_SNAPSHOT,
	  MEMBER(interval_ns), .take = take_duration, .want = DURATION },
	{ 'r', "rows", "N", "the N largest only",
	  OUTPUT, OPT_REPLAY, .any = T_TALLY | T_TOTALS, MEMBER(ask.rows),
	  .take = take_number, .min = 1, .max = UINT32_MAX,
	  .want = "a number, 1 or more" },
	{ 0, "max-keys", "N", "different keys, buckets of histograms, and "
	  "beginnings of latencies, to have room for (16384)",
	  OUTPUT, .need = T_KEYS, MEMBER(ask.max_keys),
	  .take = take_number, .min = 1, .max = 16777216,
	  .want = "a number of keys (1 to 16777216)" },
	{ 0, "rate", NULL, "counts and totals per second of the interval, or "
	  "of the run without one; histograms stay as they are",
	  OUTPUT, OPT_REPLAY, .need = T_TALLY, SWITCH(ask.rate) },
	{ 'f', "folded", NULL, "stacks on one line, counted, for flame graphs",
	  OUTPUT, OPT_REPLAY | OPT_STACKS, SWITCH(ask.folded) },
	{ 0, "style", "STYLE", "histograms as bpftrace or bcc draws them, or "
	  "percentiles, a line for each: ends of the buckets they are in",
	  OUTPUT, OPT_REPLAY, .any = TALLIES, .take = take_style,
	  .want = "bpftrace, bcc or percentiles" },
	{ 0, "frames", "N", "of stacks the N innermost frames only",
	  OUTPUT, OPT_STACKS, .bar = T_KEYS | T_ASK, MEMBER(frames),
	  .take = take_number, .min = 1, .max = STACK_DEPTH,
	  .want = "a number of frames (1 to 127)" },
	{ 0, "no-symbols", NULL, "addresses and offsets in stacks, no names",
	  OUTPUT, OPT_STACKS, SWITCH(ask.no_symbols) },
	{ 'o', "columns", "LIST", "these columns, or with + before the list: "
	  "these too",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY,
	  MEMBER(columns), .take = take_text,
	  .want = "columns such as pid,raddr or +netns" },
	{ 'x', "extended", NULL, "all columns",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY, SWITCH(extended) },
	{ 'w', "wide", NULL, "columns wide enough for any IPv6 address",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY, SWITCH(wide) },
	{ 'H', "no-header", NULL, "no line with the names of the columns",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY, SWITCH(no_header) },
	{ 'c', "count", NULL, "count events by their key columns, with all "
	  "sums, hidden ones too, and print the table at the end",
	  OUTPUT, OPT_REPLAY, .need = T_COUNT, SWITCH(count) },
	{ 0, "hist", "COLUMN", "a histogram of this column, a number or a "
	  "duration, for each key, at the end; -o chooses the keys",
	  OUTPUT, OPT_REPLAY, .need = T_COUNT, MEMBER(hist), .take = take_text,
	  .want = "a column such as duration_ns" },
	{ 0, "unit", "UNIT", "histograms of durations in us (unless told), ms "
	  "or ns",
	  OUTPUT, OPT_REPLAY, .need = T_COUNT, .take = take_unit,
	  .want = "us, ms or ns" },
	{ 0, "events", NULL, "a row for each event, also of tools that draw a "
	  "histogram otherwise",
	  OUTPUT, OPT_REPLAY, .need = T_COUNT, SWITCH(events) },
	{ 0, "dns", NULL, "the name last looked up for the address, from DNS "
	  "answers seen",
	  OUTPUT, OPT_REPLAY, .need = T_DNS, SWITCH(dns) },
	{ 'S', "no-summary", NULL, "no summary at the end",
	  OUTPUT, OPT_REPLAY, .bar = T_TALLY | T_TOTALS, SWITCH(no_summary) },
	{ 'S', "no-summary", NULL, "no line with time and load above "
	  "intervals, no summary at the end",
	  OUTPUT, OPT_REPLAY, .need = T_TOTALS, SWITCH(no_summary) },

	{ 'd', "duration", "TIME", "stop after this long: 10, 1.5, 250ms, 10m",
	  RUN, MEMBER(duration_ns), .take = take_duration, .want = DURATION },
	{ 'm', "max-events", "N", "stop after this many",
	  RUN, OPT_REPLAY, .bar = T_TALLY | T_TOTALS,
	  MEMBER(max_events), .take = take_number, .min = 1,
	  .max = UINT64_MAX, .want = "a number of events, 1 or more" },
	{ 'W', "write", "FILE", "record events for `sockeye replay FILE'; -: to "
	  "stdout, and print nothing there",
	  RUN, MEMBER(write_file), .take = take_text,
	  .want = "a file to write, or - for standard output" },
	{ 'b', "buffer-pages", "N", "size of the event buffer in pages, or in "
	  "bytes: 512K, 4M",
	  RUN, .bar = T_TALLY | T_SNAPSHOT,
	  MEMBER(ring_pages), .take = take_pages, .min = 1,
	  .max = 262144,
	  .want = "1 to 262144 pages, or a size such as 512K or 4M" },
	{ 0, "max-sockets", "N", "sockets to keep track of at a time",
	  RUN, .bar = T_KEYS | T_SNAPSHOT, MEMBER(max_sockets), .take = take_number, .min = 1,
	  .max = 16777216, .want = "a number of sockets (1 to 16777216)" },
	{ 0, "strict", NULL, "exit with 1 if any event was lost",
	  RUN, OPT_REPLAY, SWITCH(strict) },
	{ 0, "ready-fd", "N", "tell this file descriptor when tracing has "
	  "begun",
	  RUN, MEMBER(ready_fd), .take = take_fd, .max = INT_MAX,
	  .want = "the number of an open file descriptor" },
	{ 0, "plan", NULL, "print what would be attached here, and why",
	  RUN, .bar = T_ASK | T_SNAPSHOT, SWITCH(plan) },
	{ 0, "dry-run", NULL, "attach, and end without tracing",
	  RUN, .bar = T_SNAPSHOT, SWITCH(dry_run) },
	{ 0, "dump", NULL, "print the programs as loaded",
	  RUN, .bar = T_SNAPSHOT, SWITCH(dump) },
	{ 0, "schema", NULL, "print the JSON Schema of the output",
	  RUN, OPT_REPLAY, .bar = T_TALLY, SWITCH(schema) },
	/* which keys there are is known once it has run */
	{ 0, "schema", NULL, "print the JSON Schema of the output",
	  RUN, OPT_REPLAY | OPT_REPLAYED, .need = T_TALLY, SWITCH(schema) },

	{ 0, "btf", "FILE", "kernel types from here (BTF, or ELF with BTF); "
	  "none: without",
	  IN_KERNEL, .bar = T_SNAPSHOT, MEMBER(env.btf), .take = take_file },
	{ 0, "fields", "FILE", "kernel fields from here, as printed by "
	  "`sockeye doctor --fields'",
	  IN_KERNEL, .bar = T_SNAPSHOT, MEMBER(env.fields), .take = take_file },
	{ 0, "force", NULL, "believe these files of another kernel; go "
	  "without the filter that a tool wants",
	  IN_KERNEL, .bar = T_SNAPSHOT, SWITCH(env.force) },
	{ 0, "config", "K=V", "a rare setting; may be repeated",
	  IN_KERNEL, .take = take_config, .want = "NAME=VALUE" },
	{ 0, "config-help", NULL, "print what --config knows",
	  IN_KERNEL, .take = take_and_end },

	{ 'v', "verbose", NULL, "say more; again: the verifier's log",
	  GENERAL, OPT_REPLAY, MEMBER(verbose), .take = take_more },
	{ 'q', "quiet", NULL, "say nothing but errors",
	  GENERAL, OPT_REPLAY, MEMBER(quiet), .take = take_more },
	{ 'h', "help", NULL, "print this text",
	  GENERAL, OPT_REPLAY, .take = take_and_end },
	{ 'V', "version", NULL, "print the version",
	  GENERAL, OPT_REPLAY, .take = take_and_end },
	{ 0, "completion-helper", "WHAT", "words for the shell",
	  GENERAL, OPT_REPLAY | OPT_HIDDEN | OPT_MAYBE,
	  .take = take_and_end },
	{ .name = NULL },
};

/* Where there are keys, or will be, one may be a stack.  T_STACKS is not enough
 * otherwise: the functions and reasons of a row are looked up as well. */
static bool shows_stacks(const struct tool *t)
{
	const struct column *c;

	if (t->flags & (T_ASK | T_KEYS))
		return t->flags & T_STACKS;
	for (c = t->columns; c && c->key; c++)
		if (kind_stacks(c->kind))
			return true;
	return false;
}

static bool applies(const struct tool *t, bool replay, const struct opt *opt)
{
	if (replay && !(opt->flags & OPT_REPLAY))
		return false;
	if (!replay && opt->flags & OPT_REPLAYED)
		return false;
	return !t || ((t->filters & opt->filter) == opt->filter &&
		      (t->flags & opt->need) == opt->need &&
		      (!opt->any || t->flags & opt->any) &&
		      (!(opt->flags & OPT_STACKS) || shows_stacks(t)) &&
		      !(t->flags & opt->bar));
}

/* Some have two rows, for tools of different kinds. */
static bool has_other_row(const struct opt *opt)
{
	for (const struct opt *o = opt_table; o < opt; o++)
		if (o->flags & OPT_REPLAY && !strcmp(o->name, opt->name))
			return true;
	return false;
}

bool opt_next(const struct tool *t, bool replay, unsigned *i,
	      const struct opt **opt, const struct tool_option **own)
{
	unsigned nown = 0;

	*opt = NULL;
	*own = NULL;
	while (t && t->options && !replay && t->options[nown].name)
		nown++;
	if (*i < nown) {
		*own = &t->options[(*i)++];
		return true;
	}
	for (; opt_table[*i - nown].name; (*i)++) {
		if (!applies(t, replay, &opt_table[*i - nown]) ||
		    (!t && replay && has_other_row(&opt_table[*i - nown])))
			continue;
		*opt = &opt_table[(*i)++ - nown];
		return true;
	}
	return false;
}

static void own_doc(const struct tool_option *own, struct option_doc *d)
{
	*d = (struct option_doc){ own->letter, own->name, own->arg, own->help,
		"Of this tool", "" };
	if (own->arg && !own->duration && !own->names)
		snprintf(d->note, sizeof(d->note), "%" PRIu64 " to %" PRIu64
			 ", default %" PRIu64, own->min, own->max, own->def);
}

/* --hist: what the tool draws by itself. */
static void hist_doc(const struct tool *t, struct option_doc *d)
{
	snprintf(d->note, sizeof(d->note), "default %s%s%s", t->hist,
		 t->hist_keys ? ", by " : "", t->hist_keys ? t->hist_keys : "");
}

/* What runs nothing in the kernel cannot test there. */
static const char *group_of(const struct tool *t, const struct opt *opt)
{
	return t && t->flags & T_SNAPSHOT && !strcmp(opt->group, FILTER) ?
	       FILTER_ROWS : opt->group;
}

static const char *help_of(const struct tool *t, const struct opt *opt)
{
	return opt->asked && t && t->flags & T_KEYS ? opt->asked : opt->help;
}

const char *opt_arg(const struct opt *opt)
{
	return opt->flags & OPT_MAYBE ? NULL : opt->arg;
}

bool option_doc(const struct tool *t, unsigned i, struct option_doc *d)
{
	const struct tool_option *own;
	const struct opt *opt;
	unsigned at = 0, n = 0;

	while (opt_next(t, false, &at, &opt, &own)) {
		if ((opt && opt->flags & OPT_HIDDEN) || n++ < i)
			continue;
		if (own)
			own_doc(own, d);
		else
			*d = (struct option_doc){ opt->letter, opt->name,
				opt_arg(opt), help_of(t, opt),
				group_of(t, opt), "" };
		if (opt && t && t->hist &&
		    opt->off == offsetof(struct options, hist))
			hist_doc(t, d);
		return true;
	}
	return false;
}

void opt_words(FILE *out, const struct tool *t, bool replay)
{
	const struct tool_option *own;
	const struct opt *opt;
	unsigned at = 0;
	char letter;

	while (opt_next(t, replay, &at, &opt, &own)) {
		if (opt && opt->flags & OPT_HIDDEN)
			continue;
		letter = own ? own->letter : opt->letter;
		if (letter)
			fprintf(out, "-%c\n", letter);
		fprintf(out, "--%s\n", own ? own->name : opt->name);
	}
}

void opt_columns(FILE *out, const struct tool *t)
{
	const struct column *c;

	for (c = t->columns; c && c->key; c++)
		fprintf(out, "%s\n", c->key);
}
