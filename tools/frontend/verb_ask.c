/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockeye count, sum, stats, hist, lhist, trace: what somebody asks of any
 * hook.
 *
 * Words become a request (ask_parse.c, ask_hooks.c), the engine makes
 * programs of it, and ask_main.c prints what they have tallied, ask_rows.c
 * each hit.
 */
#include "tools/frontend/ask_run.h"

#include <string.h>

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

EXAMPLES(trace) = {
	{ "'t:syscalls:sys_enter_accept*'", "print each accept call" },
	{ "--by pid,comm,args.ret --where 'args.ret<0' "
	  "t:syscalls:sys_exit_connect", "connects that fail, and how" },
	{ "--by pid,comm,kstack -m 1 rt:tcp_retransmit_skb",
	  "what led to the next retransmission" },
	{ "--latency --on tid k:tcp_v4_connect kr:tcp_v4_connect",
	  "how long each of these calls takes, in ns" },
	{ 0 }
};

#define ASKS(v, what_, text, form)					\
	{ what_, { .name = #v, .summary = text, .about = about,		\
		   .overhead = overhead, .filters = F_TASK,		\
		   .flags = T_ASK | form | T_KEYS | T_STACKS,		\
		   .spec = &spec_none, .columns = columns_none,		\
		   .examples = v##_examples } }

static const struct {
	uint8_t what;
	struct tool tool;
} asks[] = {
	ASKS(count, ASK_COUNT, "count how often hooks are passed", T_TALLY),
	ASKS(sum, ASK_SUM, "sum up a value over hits of hooks", T_TALLY),
	ASKS(stats, ASK_STATS, "count, average and total of a value", T_TALLY),
	ASKS(hist, ASK_HIST, "histogram of a value by powers of two", T_TALLY),
	ASKS(lhist, ASK_LHIST, "histogram of a value in equal steps", T_TALLY),
	ASKS(trace, ASK_TRACE, "print each pass of hooks, with any values",
	     T_COUNT),
};

struct part ask_part(const struct options *o, uint8_t what)
{
	static const struct way ways[] = { { .hooks = NULL } };

	return (struct part){
		.name = "", .text = "what is asked for happens", .what = what,
		.by = what == ASK_TRACE ? "pid,comm,probe" : NULL,
		.latency = o->ask.latency, .of = o->ask.of, .on = o->ask.on,
		.sock = o->ask.sock, .range = o->ask.range, WAYS(ways),
	};
}

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < sizeof(asks) / sizeof(asks[0]) &&
	       strcmp(asks[i].tool.name, name))
		i++;
	return i;
}

const struct tool *ask_verb(const char *name)
{
	size_t i = find(name);

	return i < sizeof(asks) / sizeof(asks[0]) ? &asks[i].tool : NULL;
}

int verb_ask(int argc, char **argv)
{
	static struct options o;
	struct part parts[2] = { { .name = "" }, { .name = NULL } };
	size_t i = find(argv[0]);
	int ret;

	ret = options_parse(&o, &asks[i].tool, argc, argv, false);
	if (ret >= 0)
		return ret;
	parts[0] = ask_part(&o, asks[i].what);
	return ask_main(&o, parts);
}
