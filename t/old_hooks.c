/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/old_hooks.h"

#include <string.h>

#include "t/check.h"
#include "tools/frontend/frontend.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Since when; functions in 0 have been there since before 4.9.  Of mainline;
 * CONFIG_SECURITY_NETWORK, CONFIG_FTRACE_SYSCALLS given. */
static const struct { const char *name; uint32_t since; } events[] = {
	{ "cfg80211_inform_bss_frame", KERNEL(5, 0) },	/* in a module */
	{ "cfg80211_scan_done", KERNEL(5, 0) },
	{ "consume_skb", 0 },
	{ "inet_sock_set_state", KERNEL(4, 16) },
	{ "irq/softirq_entry", 0 },
	{ "irq/softirq_exit", 0 },
	{ "irq/softirq_raise", 0 },
	{ "kfree_skb", 0 },
	{ "net/net_dev_queue", 0 },
	{ "net/net_dev_start_xmit", 0 },
	{ "net/netif_receive_skb", 0 },
	{ "net_dev_queue", 0 },
	{ "net_dev_start_xmit", 0 },
	{ "netif_receive_skb", 0 },
	{ "rdev_scan", KERNEL(5, 0) },
	{ "sched/sched_process_exit", 0 },
	{ "sched_process_exit", 0 },
	{ "skb/consume_skb", 0 },
	{ "skb/kfree_skb", 0 },
	{ "sock/inet_sock_set_state", KERNEL(4, 16) },
	{ "sock_exceed_buf_limit", 0 },
	{ "sock_rcvqueue_full", 0 },
	{ "sock_recv_length", KERNEL(6, 3) },
	{ "sock_send_length", KERNEL(6, 3) },
	{ "softirq_entry", 0 },
	{ "softirq_exit", 0 },
	{ "softirq_raise", 0 },
	{ "sys_enter", 0 },
	{ "sys_exit", 0 },
	{ "syscalls/sys_enter_accept", 0 },
	{ "syscalls/sys_enter_accept4", 0 },
	{ "syscalls/sys_enter_bind", 0 },
	{ "syscalls/sys_enter_connect", 0 },
	{ "syscalls/sys_enter_listen", 0 },
	{ "syscalls/sys_enter_read", 0 },
	{ "syscalls/sys_enter_readv", 0 },
	{ "syscalls/sys_enter_recvfrom", 0 },
	{ "syscalls/sys_enter_recvmmsg", 0 },
	{ "syscalls/sys_enter_recvmsg", 0 },
	{ "syscalls/sys_enter_sendmmsg", 0 },
	{ "syscalls/sys_enter_sendmsg", 0 },
	{ "syscalls/sys_enter_sendto", 0 },
	{ "syscalls/sys_enter_write", 0 },
	{ "syscalls/sys_enter_writev", 0 },
	{ "syscalls/sys_exit_accept", 0 },
	{ "syscalls/sys_exit_accept4", 0 },
	{ "syscalls/sys_exit_bind", 0 },
	{ "syscalls/sys_exit_connect", 0 },
	{ "syscalls/sys_exit_listen", 0 },
	{ "syscalls/sys_exit_read", 0 },
	{ "syscalls/sys_exit_readv", 0 },
	{ "syscalls/sys_exit_recvfrom", 0 },
	{ "syscalls/sys_exit_recvmmsg", 0 },
	{ "syscalls/sys_exit_recvmsg", 0 },
	{ "syscalls/sys_exit_sendmmsg", 0 },
	{ "syscalls/sys_exit_sendmsg", 0 },
	{ "syscalls/sys_exit_sendto", 0 },
	{ "tcp/tcp_cong_state_set", KERNEL(5, 19) },
	{ "tcp/tcp_destroy_sock", KERNEL(4, 16) },
	{ "tcp/tcp_probe", KERNEL(6, 10) },	/* with its socket */
	{ "tcp/tcp_retransmit_skb", KERNEL(4, 15) },
	{ "tcp/tcp_retransmit_synack", KERNEL(4, 15) },
	{ "tcp_cong_state_set", KERNEL(5, 19) },
	{ "tcp_destroy_sock", KERNEL(4, 16) },
	{ "tcp_probe", KERNEL(4, 16) },
	{ "tcp_rcv_space_adjust", KERNEL(4, 18) },
	{ "tcp_retransmit_skb", KERNEL(4, 15) },
	{ "tcp_retransmit_synack", KERNEL(4, 15) },
	{ "udp_fail_queue_rcv_skb", 0 },
}, functions[] = {
	{ "__alloc_skb", 0 },
	{ "__inet_accept", KERNEL(6, 8) },
	{ "__kfree_skb", 0 },
	{ "__napi_alloc_skb", 0 },
	{ "__nf_conntrack_confirm", 0 },
	{ "__receive_fd", KERNEL(5, 9) },
	{ "__scm_send", 0 },
	{ "__sock_queue_rcv_skb", 0 },
	{ "__tcp_retransmit_skb", 0 },
	{ "__udp_enqueue_schedule_skb", KERNEL(4, 10) },
	{ "build_skb", 0 },
	{ "cfg80211_inform_bss_data", 0 },
	{ "cfg80211_inform_bss_frame_data", 0 },
	{ "cfg80211_scan_done", 0 },
	{ "fd_install", 0 },
	{ "fget_raw", 0 },
	{ "icmp_global_allow", 0 },
	{ "icmp_rcv", 0 },
	{ "icmpv6_rcv", 0 },
	{ "ieee80211_scan", 0 },
	{ "inet6_bind", 0 },
	{ "inet6_create", 0 },
	{ "inet6_csk_xmit", 0 },
	{ "inet6_recvmsg", KERNEL(5, 3) },
	{ "inet_accept", 0 },
	{ "inet_autobind", 0 },
	{ "inet_bind", 0 },
	{ "inet_create", 0 },
	{ "inet_csk_accept", 0 },
	{ "inet_csk_listen_start", 0 },
	{ "inet_dgram_connect", 0 },
	{ "inet_listen", 0 },
	{ "inet_peer_xrlim_allow", 0 },
	{ "inet_recvmsg", 0 },
	{ "inet_release", 0 },
	{ "inet_stream_connect", 0 },
	{ "ip6_rcv_core", KERNEL(4, 20) },
	{ "ip_queue_xmit", 0 },
	{ "ip_rcv_core", KERNEL(4, 19) },
	{ "kfree_skb_partial", 0 },
	{ "mptcp_bind", KERNEL(5, 6) },
	{ "mptcp_listen", KERNEL(5, 6) },
	{ "napi_alloc_skb", KERNEL(6, 10) },
	{ "napi_build_skb", KERNEL(5, 12) },
	{ "nf_conntrack_hash_check_insert", 0 },
	{ "nf_ct_delete", 0 },
	{ "nf_ct_delete.part.0", 0 },
	{ "ping_err", 0 },
	{ "receive_fd", KERNEL(6, 8) },
	{ "scm_detach_fds", 0 },
	{ "scm_recv_one_fd", KERNEL(7, 0) },
	{ "security_sock_graft", 0 },
	{ "security_socket_post_create", 0 },
	{ "skb_attempt_defer_free", KERNEL(5, 19) },
	{ "skb_clone", 0 },
	{ "skb_consume_udp", KERNEL(4, 10) },
	{ "slab_build_skb", KERNEL(6, 2) },
	{ "tcp_add_backlog", KERNEL(4, 10) },
	{ "tcp_conn_request", 0 },
	{ "tcp_connect", 0 },
	{ "tcp_drop", 0 },
	{ "tcp_make_synack", 0 },
	{ "tcp_poll", 0 },
	{ "tcp_rcv_established", 0 },
	{ "tcp_rcv_space_adjust", 0 },
	{ "tcp_rcv_state_process", 0 },
	{ "tcp_recvmsg", 0 },
	{ "release_sock", 0 },
	{ "tcp_release_cb", 0 },
	{ "tcp_retransmit_skb", 0 },
	{ "tcp_rtx_synack", 0 },
	{ "tcp_send_dupack", 0 },
	{ "tcp_sendmsg", 0 },
	{ "tcp_set_state", 0 },
	{ "tcp_v4_conn_request", 0 },
	{ "tcp_v4_destroy_sock", 0 },
	{ "tcp_v4_syn_recv_sock", 0 },
	{ "tcp_v6_conn_request", 0 },
	{ "tcp_v6_syn_recv_sock", 0 },
	{ "tcp_write_wakeup", 0 },
	{ "tcp_write_xmit", 0 },
	{ "udp_destroy_sock", 0 },
	{ "udp_recvmsg", 0 },
	{ "udp_sendmsg", 0 },
	{ "udpv6_destroy_sock", 0 },
	{ "udpv6_recvmsg", 0 },
	{ "udpv6_sendmsg", 0 },
	{ "unix_dgram_recvmsg", 0 },
	{ "unix_dgram_sendmsg", 0 },
	{ "unix_listen", 0 },
	{ "unix_seqpacket_recvmsg", 0 },
	{ "unix_stream_recvmsg", 0 },
	{ "unix_stream_sendmsg", 0 },
};

/* 4.14: perf_call_bpf_exit(); before, programs did not see system calls. */
static uint32_t kind_since(const struct hook *h)
{
	switch (h->kind) {
	case HOOK_RAW_TRACEPOINT:
		return KERNEL(4, 17);
	case HOOK_TRACEPOINT:
		return strncmp(h->target, "syscalls/", 9) ? KERNEL(4, 7) :
		       KERNEL(4, 14);
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
	case HOOK_UPROBE:		/* any function that there is */
	case HOOK_URETPROBE:
		return KERNEL(4, 1);
	default:
		return KERNEL(5, 5);	/* and BTF */
	}
}

bool old_hooks_have(uint32_t version, const char *machine,
		    const struct hook *h)
{
	bool event = h->kind == HOOK_TRACEPOINT ||
		     h->kind == HOOK_RAW_TRACEPOINT;
	bool user = h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE;
	size_t i, n = event ? ARRAY_SIZE(events) : ARRAY_SIZE(functions);

	if (user)
		return version >= kind_since(h);
	for (i = 0; i < n; i++)
		if (!strcmp(event ? events[i].name : functions[i].name,
			    h->target))
			break;
	ck_assert_msg(i < n, "say since when there is %s %s",
		      hook_kind_name(h->kind), h->target);
	if (!strncmp(h->target, "sys_e", 5) && !regs_socketcalls(machine))
		return false;
	/* there is no telling errors from descriptors; see exit_errors */
	if (!strncmp(h->target, "syscalls/sys_enter_", 19) &&
	    !strncmp(machine, "mips", 4))
		return false;
	if (h->kind == HOOK_TRACEPOINT && strstr(h->args, "reason") &&
	    version < KERNEL(5, 17))
		return false;
	return version >= (event ? events[i].since : functions[i].since) &&
	       version >= kind_since(h);
}
