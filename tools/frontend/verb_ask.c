/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockeye count, sum, stats, hist, lhist: what somebody asks of any hook.
 *
 * Words become a request (ask_parse.c, ask_hooks.c), the engine makes
 * programs of it, and what they have tallied is read at the end, or at each
 * interval, and printed.
 */
#include "tools/frontend/ask_run.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILTERS (F_PID | F_TID | F_COMM | F_UID | F_NETNS | F_CGROUP)

static const char about[] =
	"Hooks are kprobe:FUNCTION, kretprobe:, fentry:, fexit:, "
	"tracepoint:GROUP:NAME, rawtracepoint:NAME, uprobe:/PATH:FUNCTION and "
	"uretprobe: (k: kr: f: fr: t: rt: u: ur: for short); functions and "
	"tracepoints may be globs.\n\n"
	"Filters (-p and the like) are of the process that runs when a hook is "
	"passed, which in soft-irqs is any.";

static const char overhead[] =
	"Half a microsecond per hit, and per hook some kilobytes; stacks cost "
	"a microsecond more.";

#define EXAMPLES(v) static const struct example v##_examples[]

EXAMPLES(count) = {
	{ "--by pid,comm 't:syscalls:sys_enter_accept*'",
	  "accept calls by process" },
	{ "--by ustack,comm t:syscalls:sys_enter_connect",
	  "connect calls by user stack" },
	{ "-i 1 --by comm k:tcp_sendmsg", "sends by name, each second" },
	{ 0 }
};
EXAMPLES(sum) = {
	{ "--of retval --where 'retval>0' --by comm kr:tcp_recvmsg",
	  "bytes received over TCP, by name" },
	{ 0 }
};
EXAMPLES(stats) = {
	{ "--of arg2 --by comm k:tcp_sendmsg",
	  "how many sends, how large on average, and in all" },
	{ 0 }
};
EXAMPLES(hist) = {
	{ "--of arg2 k:tcp_sendmsg", "sizes of TCP sends" },
	{ "--of retval --where 'retval>=0' kr:udp_recvmsg",
	  "sizes of datagrams received" },
	{ "--latency --on tid k:tcp_v4_connect kr:tcp_v4_connect",
	  "how long the call takes, in ns" },
	{ 0 }
};
EXAMPLES(lhist) = {
	{ "--of cpu --range 0,128,1 t:net:netif_receive_skb",
	  "which CPUs receive packets" },
	{ 0 }
};

#define ASKS(v, what_, text)						\
	{ what_, { .name = #v, .summary = text, .about = about,		\
		   .overhead = overhead, .filters = FILTERS,		\
		   .flags = T_ASK | T_TALLY, .examples = v##_examples } }

static const struct {
	uint8_t what;
	struct tool tool;
} asks[] = {
	ASKS(count, ASK_COUNT, "count how often hooks are passed"),
	ASKS(sum, ASK_SUM, "sum up a value over hits of hooks"),
	ASKS(stats, ASK_STATS, "count, average and total of a value"),
	ASKS(hist, ASK_HIST, "histogram of a value by powers of two"),
	ASKS(lhist, ASK_LHIST, "histogram of a value in equal steps"),
};

/* ---- printing ---------------------------------------------------------- */

static enum heap_format format_of(const struct options *o)
{
	if (o->ask.folded)
		return HEAP_FOLDED;
	if (o->format != FMT_TABLE)
		return o->format == FMT_JSON ? HEAP_JSON : HEAP_CSV;
	return o->ask.style && !strcmp(o->ask.style, "bcc") ? HEAP_BCC :
							      HEAP_TEXT;
}

/* Between intervals, for people: when it was. */
static void print_time(FILE *out, const struct asked *r)
{
	time_t now = (time_t)(clock_ns(CLOCK_REALTIME) / 1000000000);
	char text[16] = "";
	struct tm tm;

	if (r->o->ask.interval_ns && localtime_r(&now, &tm) &&
	    strftime(text, sizeof(text), "%H:%M:%S", &tm))
		fprintf(out, "%s%s\n", r->printed ? "\n" : "", text);
}

/* Whole or not at all: a signal may come in the middle of it. */
static int put(struct asked *r, const struct heap *h,
	       const struct heap_style *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err = out ? 0 : -ENOMEM;

	if (out) {
		if (s->format == HEAP_TEXT || s->format == HEAP_BCC)
			print_time(out, r);
		heap_print(out, h, s, !r->printed);
		if (ferror(out))
			err = -ENOMEM;
		if (fclose(out))
			err = -ENOMEM;
	}
	if (!err) {
		err = -write_all(STDOUT_FILENO, text, len);
		r->gone = err;
	}
	free(text);
	return err;
}

/* What was tallied since it was printed last. */
static int print(struct asked *r)
{
	struct heap_style s = {
		.format = format_of(r->o), .name = "", .tool = r->o->tool->name,
		.unit = r->unit,
		.ns = now_ns(), .names = { r->ask.hooks, r->ask.nhooks },
		.stack = asked_stack, .ctx = r,
	};
	struct heap *h = NULL;
	int err = asked_heap(r, &h, !r->o->ask.interval_ns);

	if (err)
		return err;
	s.wall_offset_ns = (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)s.ns;
	err = put(r, h, &s);
	r->printed = true;
	heap_free(h);
	return err;
}

static void tell_losses(const struct asked *r)
{
	if (r->losses.state_full)
		complain("%llu hits not counted, there were too many different "
			 "keys; --max-keys makes room",
			 (unsigned long long)r->losses.state_full);
	if (r->losses.missed)
		complain("%llu runs missed",
			 (unsigned long long)r->losses.missed);
}

static int loop(struct asked *r)
{
	const struct options *o = r->o;
	uint64_t now = now_ns(), end = now + o->duration_ns;
	uint64_t every = o->ask.interval_ns, next = now + every;
	uint64_t note = now + 1000000000;
	struct pollfd out = { .fd = STDOUT_FILENO };
	int err = 0;

	while (!err && !life_stopped()) {
		uint64_t until = UINT64_MAX;

		now = now_ns();
		if (o->duration_ns && now >= end)
			break;
		if (every && now >= next) {
			err = print(r);
			next += every;
			continue;
		}
		if (now >= note) {
			asked_note(r);
			note = now + 1000000000;
		}
		if (o->duration_ns)
			until = end;
		if (every && next < until)
			until = next;
		until = until == UINT64_MAX ? 250 : (until - now) / 1000000 + 1;
		poll(&out, 1, until < 250 ? (int)until : 250);
		if (out.revents & POLLERR)	/* no reader left */
			return -EPIPE;
		if (life_asked())
			err = print(r);
	}
	return err;
}

static int ask_run(struct asked *r)
{
	int err, ret = asked_start(r);

	if (ret >= 0)
		return ret;
	life_ready(r->o);
	err = loop(r);
	asked_stop(r);
	if (!err)
		err = print(r);
	if (err && err != -EPIPE) {
		complain("%s: %s", r->gone ? "stdout" : "what was counted",
			 strerror(-err));
		return EXIT_FAIL;
	}
	tell_losses(r);
	return r->o->strict && losses_any(&r->losses) ? EXIT_FAIL : EXIT_OK;
}

int verb_ask(int argc, char **argv)
{
	static struct options o;
	static struct asked r;
	size_t i = 0;
	int ret;

	while (strcmp(asks[i].tool.name, argv[0]))
		i++;
	ret = options_parse(&o, &asks[i].tool, argc, argv, false);
	if (ret >= 0)
		return ret;
	if (o.ask.style && strcmp(o.ask.style, "bcc") &&
	    strcmp(o.ask.style, "bpftrace")) {
		complain("--hist '%s': want bpftrace or bcc", o.ask.style);
		return EXIT_USAGE;
	}
	r.o = &o;
	r.ask.what = asks[i].what;
	life_begin();
	ret = ask_run(&r);
	asked_release(&r);
	return ret;
}
