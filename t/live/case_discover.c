/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields found without BTF: are they where the kernel's BTF has them? */
#include "live.h"
#include "net.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ARGS 80
/* of some 107; fewer where there are neither kprobes nor raw tracepoints */
#define FOUND_AT_LEAST 95
/* without what TCP_REPAIR tells, and lost segments */
#define FOUND_BOUND 77

/* `doctor ARGS...`, and those of --extra that tell what the kernel lacks. */
static void doctor(struct tool *r, struct test *t, const char *const *args)
{
	const char *all[MAX_ARGS + 1];
	unsigned n = 0, i;

	for (i = 0; args[i]; i++)
		all[n++] = args[i];
	for (i = 0; i + 1 < t->nextra && n + 2 < MAX_ARGS; i++)
		if (!strcmp(t->extra[i], "--config")) {
			all[n++] = t->extra[i];
			all[n++] = t->extra[i + 1];
		}
	all[n] = NULL;
	tool_init(r, t, 0);
	r->verb = true;
	tool_start(r, "doctor", all);
	tool_stop(r, 0);
}

/* Lines that start with @word. */
static unsigned count_lines(const char *text, const char *word,
			    const char **last)
{
	const char *line = text, *end;
	unsigned n = 0;

	while (line && *line) {
		if (!strncmp(line, word, strlen(word))) {
			*last = line;
			n++;
		}
		end = strchr(line, '\n');
		line = end ? end + 1 : NULL;
	}
	return n;
}

static int line_len(const char *line)
{
	return (int)strcspn(line, "\n");
}

static void compare(struct test *t, unsigned at_least)
{
	unsigned equal, wrong, missed;
	const char *line = "";
	struct tool r;

	doctor(&r, t, ARGS("--fields", "--check"));
	if (r.talk && strstr(r.talk, "has no BTF to check against"))
		skip(t, "the kernel has no BTF to check against");
	tool_check_exit(&r, 0);
	equal = count_lines(r.text, "equal ", &line);
	missed = count_lines(r.text, "missed ", &line);
	if (missed)
		summary(t, "last not found: %.*s; ", line_len(line), line);
	wrong = count_lines(r.text, "wrong ", &line);
	if (wrong)
		differ(t, "%u fields are wrong: %.*s", wrong, line_len(line),
		       line);
	if (equal < at_least)
		differ(t, "only %u fields were found", equal);
	summary(t, "%u fields equal, %u not found", equal, missed);
	tool_release(&r);
}

static void check(struct test *t)
{
	compare(t, FOUND_AT_LEAST);
}

/* As containers are given CAP_SYS_ADMIN: a network namespace can be made, and
 * nothing set in it, so that connections are made where sockeye runs. */
static void bound(struct test *t)
{
	struct netns ns;
	struct tool r;

	netns_new(t, &ns);
	if (prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0))
		differ(t, "PR_CAPBSET_DROP: %s", strerror(errno));
	compare(t, FOUND_BOUND);
	/* bytes_sent is found there, bytes_retrans is not */
	tool_init(&r, t, ns.inum);
	tool_start(&r, "tcplife", ARGS("--btf", "none"));
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	tool_release(&r);
	netns_free(&ns);
}

/* Not in kernels before 4.19, or not to be told there from others; and what
 * discovery does not look for. */
static bool is_untold(const char *line)
{
	static const char *const names[] = {
		"struct tcp_sock:bytes_sent:", "struct tcp_sock:bytes_retrans:",
		"struct sk_buff:skb_iif:", "struct sk_buff:_skb_refdst:",
		"struct dst_entry:dev:", "struct net_device:ifindex:",
		"struct net_device:name:", "struct sk_buff:truesize:",
		/* some of tcpnagle's reasons */
		"struct tcp_sock:tcp_wstamp_ns:",
		"struct tcp_sock:tcp_clock_cache:",
		"struct sock:sk_pacing_status:", "struct sock:sk_tsq_flags:",
		/* tcpsynbl and tcpwin do without */
		"struct inet_connection_sock:icsk_accept_queue.",
		"struct tcp_sock:rate_delivered:",
		"struct tcp_sock:rate_interval_us:",
		"struct sock:sk_pacing_rate:",
		/* bindsnoop's OPTS, solisten's AF_UNIX */
		"struct sock_common:skc_reuse", "struct inet_sock:inet_flags:",
		"struct inet_sock:bind_address_no_port:",
		"struct inet_sock:freebind:", "struct inet_sock:transparent:",
		"struct unix_sock:", "struct unix_address:",
		/* what descriptors are that sofdsnoop shows */
		"struct file:f_", "struct inode:", "struct dentry:",
		"struct path:", "struct qstr:", "struct fdtable:max_fds:",
		"struct socket:file:", "struct msghdr:", "struct scm_",
		/* ipecn counts an skb as one, sordrop does without */
		"struct sk_buff:end:", "struct sk_buff:pkt_type:",
		"struct sock:sk_drops.", "struct sock:sk_drop_counters:",
		"struct numa_drop_counters:",
		"struct skb_shared_info:", "struct sock:sk_lock.owned:",
		/* is it a thread of the kernel's? */
		"struct task_struct:flags:",
		/* nfcttrace, which needs BTF */
		"struct nf_conn:", "struct nf_conntrack_tuple:",
		"struct sk_buff:_nfct:", "struct sk_buff:nfct:",
		/* ieee80211scan does without */
		"struct cfg80211_", "struct wiphy:", "struct wireless_dev:",
		/* so does superpong: IGNORED is UNANSWERED then */
		"struct net___icmp:",
		/* tlssni and undump take msg_iter word by word; undump's peer
		 * has no PID */
		"struct iov_iter:", "struct pid:", "struct sock:sk_peer_pid:",
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(line + strlen("# "), names[i], strlen(names[i])))
			return true;
	return false;
}

static void check_known(struct test *t, const char *text)
{
	const char *line = text;

	while (line && *line) {
		if (!strncmp(line, "# struct ", 9) && !is_untold(line))
			differ(t, "not known: %.*s", line_len(line), line);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

/* All that tools ask for is answered, and quickly. */
static void fields(struct test *t)
{
	const char *line = "";
	uint64_t start;
	struct tool r;
	unsigned n;

	start = now_ns();
	doctor(&r, t, ARGS("--fields", "--btf", "none"));
	start = now_ns() - start;
	tool_check_exit(&r, 0);
	if (!r.text || !strstr(r.text, "\n# from discovery\n"))
		differ(t, "not from discovery: %.200s",
		       r.talk && *r.talk ? r.talk : r.text ? r.text : "");
	check_known(t, r.text);
	n = count_lines(r.text, "struct ", &line);
	summary(t, "%u fields that tools read, in %u ms", n,
		(unsigned)(start / MSEC));
	tool_release(&r);
}

static void send_some(struct test *t, const struct netns *ns, unsigned n)
{
	int fd[2];

	netns_enter(t, ns);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd)) {
		differ(t, "socketpair: %s", strerror(errno));
		return;
	}
	for (char c; n; n--)
		if (send(fd[0], "", 1, 0) != 1 || recv(fd[1], &c, 1, 0) != 1)
			differ(t, "send: %s", strerror(errno));
	close(fd[0]);
	close(fd[1]);
	netns_leave(t);
}

#define HERE	37
#define ELSEWHERE 41

/* Whose namespace is whose: nsproxy.  All sockets of all families count, so
 * the test's own are asked for by name. */
static void by_netns(struct test *t)
{
	struct netns ns[2];
	struct table tb;
	struct tool r;
	char inode[32], comm[16] = "";

	netns_new(t, &ns[0]);
	netns_new(t, &ns[1]);
	if (!ns[0].inum)
		skip(t, "the kernel has no network namespaces");
	snprintf(inode, sizeof(inode), "inode:%u", ns[0].inum);
	prctl(PR_GET_NAME, comm);
	tool_init(&r, t, 0);
	tool_start(&r, "sockcalls", ARGS("--csv", "--btf", "none", "-N",
					 inode));
	send_some(t, &ns[0], HERE);
	send_some(t, &ns[1], ELSEWHERE);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		table_want(&tb, t, HERE, "count", ARGS("map", "send", "comm",
						       comm));
		table_want(&tb, t, HERE, "count", ARGS("map", "recv", "comm",
						       comm));
		table_release(&tb);
	}
	summary(t, "%u of %u calls shown", HERE, HERE + ELSEWHERE);
	tool_release(&r);
	netns_free(&ns[0]);
	netns_free(&ns[1]);
}

/* What cannot be undone is not done: addresses, routes and sysctls of the
 * namespace that sockeye runs in are as they were. */
static void leaves_nothing(struct test *t)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv4/tcp_early_retrans",
		"/proc/sys/net/core/somaxconn", "/proc/net/if_inet6",
		"/proc/net/fib_trie",
	};
	char *was[ARRAY_SIZE(files)], *is;
	struct tool r;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		was[i] = slurp(files[i]);
	doctor(&r, t, ARGS("--record", "/dev/null"));
	tool_check_exit(&r, 0);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		is = slurp(files[i]);
		if (!was[i] != !is || (is && strcmp(is, was[i])))
			differ(t, "%s is not what it was", files[i]);
		free(was[i]);
		free(is);
	}
	is = slurp("/sys/kernel/tracing/kprobe_events");
	if (is && strstr(is, "sockeye"))
		differ(t, "left in kprobe_events: %.200s", is);
	free(is);
	summary(t, "%zu files as they were", ARRAY_SIZE(files));
	tool_release(&r);
}

const struct live_case discover_cases[] = {
	{ "discover-check", "fields found without BTF are where BTF has them",
	  120, check, false },
	{ "discover-bound", "so they are where no network can be configured",
	  120, bound, false },
	{ "discover-netns", "a task's network namespace, found without BTF",
	  60, by_netns, false },
	{ "discover-fields", "all fields that tools read are found", 120,
	  fields, false },
	{ "discover-clean", "looking for fields changes nothing", 120,
	  leaves_nothing, false },
	{ NULL, NULL, 0, NULL, false },
};
