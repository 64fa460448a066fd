/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_rules.c - the fields that discovery looks for, and what has always
 * been so about their places.
 *
 * Facts about layouts are from include/net/{sock,inet_sock,
 * inet_connection_sock,tcp,request_sock}.h and include/linux/{skbuff,net,tcp,
 * fdtable,fs}.h of Linux 4.9 to 6.18.
 */
#include "discover_int.h"

#define SOCKS	(OBJECT(TCP) | OBJECT(LISTEN) | OBJECT(UDP))
#define TCPS	(OBJECT(TCP) | OBJECT(LISTEN))

#define SCALAR(t, k, f, cls, o)						\
	.type = TYPE_##t, .key = DISC_KEY_##k, .forms = (f),		\
	.class = FIELD_##cls, .objects = (o)
#define COMMON(k, f, cls)	SCALAR(SOCK_COMMON, k, f, cls, SOCKS)
#define SOCK(k, f, cls)		SCALAR(SOCK, k, f, cls, SOCKS)
#define INET(k, f)		SCALAR(INET_SOCK, k, f, UNSIGNED, SOCKS)
#define ICSK(k, f)							\
	SCALAR(INET_CONNECTION_SOCK, k, f, UNSIGNED, TCPS)
#define TCP(k, f)	SCALAR(TCP_SOCK, k, f, UNSIGNED, OBJECT(TCP))
#define OTHER(t, f, cls)						\
	.type = TYPE_##t, .kind = KIND_OTHER, .key = DISC_KEY_MAX,	\
	.forms = (f), .class = FIELD_##cls
#define ATOMIC	.tail = ".counter"

const struct rule disc_rules[RULES] = {
	/* struct sock_common; a request_sock starts with one, too */
	[SKC_DADDR] = { COMMON(RADDR, FORM(BYTES4), UNSIGNED),
			.path = "skc_daddr" },
	[SKC_RCV_SADDR] = { COMMON(LADDR, FORM(BYTES4), UNSIGNED),
			    .path = "skc_rcv_saddr" },
	[SKC_DPORT] = { COMMON(RPORT, FORM(BE16), UNSIGNED),
			.path = "skc_dport" },
	[SKC_NUM] = { COMMON(LPORT, FORM(U16), UNSIGNED), .path = "skc_num" },
	[SKC_FAMILY] = { COMMON(FAMILY, FORM(U16), UNSIGNED),
			 .path = "skc_family" },
	[SKC_STATE] = { COMMON(STATE, FORM(U8), UNSIGNED),
			.path = "skc_state" },
	[SKC_BOUND_DEV_IF] = { COMMON(BOUND_IF, FORM(U32), SIGNED),
			       .path = "skc_bound_dev_if" },
	[SKC_PROT] = { COMMON(PROTOCOL, FORM(LONG), POINTER),
		       .kind = KIND_POINTER, .inner = PROTO_NAME,
		       .path = "skc_prot" },
	[SKC_NET] = { COMMON(NETNS, FORM(LONG), POINTER),
		      .kind = KIND_POINTER, .inner = NET_NS_INUM,
		      .path = "skc_net", .tail = ".net" },
	[SKC_V6_DADDR] = { COMMON(RADDR, FORM(BYTES16), COMPOSITE),
			   .path = "skc_v6_daddr" },
	[SKC_V6_RCV_SADDR] = { COMMON(LADDR, FORM(BYTES16), COMPOSITE),
			       .path = "skc_v6_rcv_saddr" },
	[SKC_COOKIE] = { COMMON(COOKIE, FORM(U64), SIGNED), ATOMIC,
			 .path = "skc_cookie" },
	[SKC_FLAGS] = { COMMON(FLAGS_SET, FORM(LONG), UNSIGNED),
			.neighbour = true, .path = "skc_flags" },

	/* struct sock */
	[SK_RMEM_ALLOC] = { SOCK(RMEM_ALLOC, FORM(U32), SIGNED), ATOMIC,
			    .path = "sk_backlog.rmem_alloc" },
	[SK_BACKLOG_LEN] = { SOCK(BACKLOG, FORM(U32), SIGNED),
			     .kind = KIND_FOLLOWS, .path = "sk_backlog.len" },
	[SK_DROPS] = { SCALAR(SOCK, DROPS, FORM(U32), SIGNED, TCPS), ATOMIC,
		       .path = "sk_drops" },
	[SK_RCVBUF] = { SOCK(RCVBUF, FORM(U32), SIGNED),
			.path = "sk_rcvbuf" },
	[SK_RCVLOWAT] = { SOCK(RCVLOWAT, FORM(U32), SIGNED),
			  .path = "sk_rcvlowat" },
	[SK_ERR] = { SOCK(ERR, FORM(U32), SIGNED), .path = "sk_err" },
	[SK_SOCKET] = { SOCK(TYPE, FORM(LONG), POINTER),
			.kind = KIND_POINTER, .inner = SOCKET_SK,
			.path = "sk_socket" },
	[SK_FORWARD_ALLOC] = { SOCK(FWD_ALLOC, FORM(U32), SIGNED),
			       .path = "sk_forward_alloc" },
	[SK_WMEM_QUEUED] = { SOCK(WMEM_QUEUED, FORM(U32), SIGNED),
			     .path = "sk_wmem_queued" },
	/* Starts at 1, which SO_MEMINFO takes off (sk_wmem_alloc_get()) */
	[SK_WMEM_ALLOC] = { SOCK(WMEM_ALLOC, FORM(U32), SIGNED), .plus = 1,
			    ATOMIC, .path = "sk_wmem_alloc" },
	/* u32 before 4.20 */
	[SK_MAX_PACING_RATE] = { SOCK(PACING, FORM(U32) | FORM(LONG),
				      UNSIGNED), .widest = true,
				 .path = "sk_max_pacing_rate" },
	[SK_PRIORITY] = { SOCK(PRIORITY, FORM(U32), UNSIGNED),
			  .path = "sk_priority" },
	[SK_MARK] = { SOCK(MARK, FORM(U32), UNSIGNED), .path = "sk_mark" },
	[SK_UID] = { SOCK(UID, FORM(U32), UNSIGNED), .tail = ".val",
		     .path = "sk_uid" },
	[SK_TYPE] = { SOCK(TYPE, FORM(U16), UNSIGNED), .path = "sk_type" },
	/* Bits 8 to 15 of an unsigned int whose last half is sk_type, in
	 * either byte order, before 5.6 and what that was backported to */
	[SK_PROTOCOL] = { SOCK(PROTOCOL, FORM(U8) | FORM(U16), UNSIGNED),
			  .path = "sk_protocol" },
	[SK_SNDBUF] = { SOCK(SNDBUF, FORM(U32), SIGNED),
			.path = "sk_sndbuf" },
	[SK_SHUTDOWN] = { SOCK(SHUTDOWN, FORM(U8), UNSIGNED),
			  .path = "sk_shutdown" },
	/* u16 in early kernels */
	[SK_ACK_BACKLOG] = { SOCK(ACK_BACKLOG, FORM(U16) | FORM(U32),
				  UNSIGNED), .path = "sk_ack_backlog" },
	[SK_MAX_ACK_BACKLOG] = { SOCK(MAX_ACK_BACKLOG, FORM(U16) | FORM(U32),
				      UNSIGNED),
				 .path = "sk_max_ack_backlog" },

	/* struct inet_sock */
	[INET_SPORT] = { INET(LPORT, FORM(BE16)), .path = "inet_sport" },
	[INET_SADDR] = { INET(LADDR, FORM(BYTES4)), .path = "inet_saddr" },
	[INET_TOS] = { INET(TOS, FORM(U8)), .path = "tos" },

	/* struct inet_connection_sock; the fifth bit of icsk_ca_state became
	 * icsk_ca_initialized, which is set in all connections, in 5.10 */
	[ICSK_CA_OPS] = { SCALAR(INET_CONNECTION_SOCK, CONGESTION, FORM(LONG),
				 POINTER, TCPS), .kind = KIND_POINTER,
			  .inner = CONG_NAME, .path = "icsk_ca_ops" },
	[ICSK_CA_STATE] = { ICSK(CA_STATE, FORM(BITS5) | FORM(BITS6)),
			    .widest = true, .path = "icsk_ca_state" },
	[ICSK_RETRANSMITS] = { ICSK(RETRANSMITS, FORM(U8)),
			       .path = "icsk_retransmits" },
	[ICSK_PENDING] = { ICSK(PENDING, FORM(U8)), .path = "icsk_pending" },
	[ICSK_BACKOFF] = { ICSK(BACKOFF, FORM(U8)), .path = "icsk_backoff" },

	/* struct tcp_sock */
	[TCP_SRTT_US] = { TCP(RTT, FORM(U32)), .shift = 3,
			  .path = "srtt_us" },
	[TCP_MDEV_US] = { TCP(RTTVAR, FORM(U32)), .shift = 2,
			  .path = "mdev_us" },
	/* Three samples (include/linux/win_minmax.h), which are the same for
	 * the first minute and more: all of them are found, or none */
	[TCP_RTT_MIN] = { TCP(MIN_RTT, FORM(U32)),
			  .path = "rtt_min.s[0].v" },
	[TCP_RTT_MIN_2ND] = { TCP(MIN_RTT, FORM(U32)),
			      .path = "rtt_min.s[1].v" },
	[TCP_RTT_MIN_3RD] = { TCP(MIN_RTT, FORM(U32)),
			      .path = "rtt_min.s[2].v" },
	[TCP_SND_CWND] = { TCP(SND_CWND, FORM(U32)), .path = "snd_cwnd" },
	[TCP_SND_SSTHRESH] = { TCP(SND_SSTHRESH, FORM(U32)),
			       .path = "snd_ssthresh" },
	[TCP_BYTES_ACKED] = { TCP(BYTES_ACKED, FORM(U64)),
			      .path = "bytes_acked" },
	[TCP_BYTES_RECEIVED] = { TCP(BYTES_RECEIVED, FORM(U64)),
				 .path = "bytes_received" },
	[TCP_BYTES_SENT] = { TCP(BYTES_SENT, FORM(U64)),
			     .path = "bytes_sent" },
	[TCP_BYTES_RETRANS] = { TCP(BYTES_RETRANS, FORM(U64)),
				.path = "bytes_retrans" },
	[TCP_TOTAL_RETRANS] = { TCP(TOTAL_RETRANS, FORM(U32)),
				.path = "total_retrans" },
	[TCP_PACKETS_OUT] = { TCP(PACKETS_OUT, FORM(U32)),
			      .path = "packets_out" },
	[TCP_RETRANS_OUT] = { TCP(RETRANS_OUT, FORM(U32)),
			      .path = "retrans_out" },
	[TCP_LOST_OUT] = { TCP(LOST_OUT, FORM(U32)), .path = "lost_out" },
	[TCP_SACKED_OUT] = { TCP(SACKED_OUT, FORM(U32)),
			     .path = "sacked_out" },
	[TCP_SEGS_IN] = { TCP(SEGS_IN, FORM(U32)), .path = "segs_in" },
	[TCP_SEGS_OUT] = { TCP(SEGS_OUT, FORM(U32)), .path = "segs_out" },
	[TCP_DATA_SEGS_IN] = { TCP(DATA_SEGS_IN, FORM(U32)),
			       .path = "data_segs_in" },
	[TCP_DATA_SEGS_OUT] = { TCP(DATA_SEGS_OUT, FORM(U32)),
				.path = "data_segs_out" },
	[TCP_DELIVERED] = { TCP(DELIVERED, FORM(U32)), .path = "delivered" },
	[TCP_SND_WND] = { TCP(SND_WND, FORM(U32)), .path = "snd_wnd" },
	[TCP_RCV_WND] = { TCP(RCV_WND, FORM(U32)), .path = "rcv_wnd" },
	[TCP_RCV_SSTHRESH] = { TCP(RCV_SSTHRESH, FORM(U32)),
			       .path = "rcv_ssthresh" },
	[TCP_ADVMSS] = { TCP(ADVMSS, FORM(U16)), .path = "advmss" },
	[TCP_MSS_CACHE] = { TCP(SND_MSS, FORM(U32)), .path = "mss_cache" },
	/* Bit 2, TCP_NAGLE_PUSH, comes and goes */
	[TCP_NONAGLE] = { TCP(NONAGLE, FORM(BITS4)), .mask = 3,
			  .path = "nonagle" },

	[TCP_WRITE_SEQ] = { TCP(WRITE_SEQ, FORM(U32)), .path = "write_seq" },
	[TCP_SND_NXT] = { TCP(SND_NXT, FORM(U32)), .path = "snd_nxt" },
	[TCP_SND_UNA] = { TCP(SND_UNA, FORM(U32)), .path = "snd_una" },
	[TCP_SND_SML] = { TCP(SND_SML, FORM(U32)), .path = "snd_sml" },
	[TCP_RCV_NXT] = { TCP(RCV_NXT, FORM(U32)), .path = "rcv_nxt" },
	[TCP_COPIED_SEQ] = { TCP(COPIED_SEQ, FORM(U32)),
			     .path = "copied_seq" },
	/* Behind eight bits of other options (4.9 to 6.18) */
	[TCP_SND_WSCALE] = { TCP(SND_WSCALE, FORM(BITS4)),
			     .path = "rx_opt.snd_wscale" },
	[TCP_RCV_WSCALE] = { TCP(RCV_WSCALE, FORM(LAST4)),
			     .kind = KIND_FOLLOWS,
			     .path = "rx_opt.rcv_wscale" },

	/* packets */
	[SKB_SK] = { SCALAR(SK_BUFF, SK, FORM(LONG), POINTER, SKBS),
		     .path = "sk" },
	[SKB_LEN] = { OTHER(SK_BUFF, FORM(U32), UNSIGNED), .path = "len" },
	[SKB_DATA_LEN] = { OTHER(SK_BUFF, FORM(U32), UNSIGNED),
			   .path = "data_len" },
	[SKB_DEV] = { OTHER(SK_BUFF, FORM(LONG), POINTER), .path = "dev" },
	[SKB_CB] = { OTHER(SK_BUFF, 0, ARRAY), .size = 48,
		     .path = "cb" },
	[SKB_PROTOCOL] = { OTHER(SK_BUFF, FORM(BE16), UNSIGNED),
			   .path = "protocol" },
	[SKB_TRANSPORT_HEADER] = { OTHER(SK_BUFF, FORM(U16), UNSIGNED),
				   .path = "transport_header" },
	[SKB_NETWORK_HEADER] = { OTHER(SK_BUFF, FORM(U16), UNSIGNED),
				 .path = "network_header" },
	[SKB_MAC_HEADER] = { OTHER(SK_BUFF, FORM(U16), UNSIGNED),
			     .path = "mac_header" },
	/* An offset on 64-bit kernels, a pointer on 32-bit ones */
	[SKB_TAIL] = { OTHER(SK_BUFF, FORM(U32), UNSIGNED), .path = "tail" },
	[SKB_HEAD] = { OTHER(SK_BUFF, FORM(LONG), POINTER), .path = "head" },
	[SKB_DATA] = { OTHER(SK_BUFF, FORM(LONG), POINTER), .path = "data" },
	[CB_SEQ] = { OTHER(TCP_SKB_CB, FORM(U32), UNSIGNED), .path = "seq" },
	[CB_END_SEQ] = { OTHER(TCP_SKB_CB, FORM(U32), UNSIGNED),
			 .path = "end_seq" },
	[CB_TCP_GSO_SEGS] = { OTHER(TCP_SKB_CB, FORM(U16), UNSIGNED),
			      .path = "tcp_gso_segs" },
	[CB_TCP_FLAGS] = { OTHER(TCP_SKB_CB, FORM(U8) | FORM(U16), UNSIGNED),
			   .path = "tcp_flags" },
	[REQ_SNT_ISN] = { SCALAR(TCP_REQUEST_SOCK, SEQ, FORM(U32), UNSIGNED,
				 OBJECT(REQ)), .path = "snt_isn" },

	/* what pointers lead to */
	[SOCKET_STATE] = { OTHER(SOCKET, FORM(U32), ENUM), .path = "state" },
	[SOCKET_TYPE] = { OTHER(SOCKET, FORM(U16), SIGNED), .path = "type" },
	[SOCKET_FILE] = { OTHER(SOCKET, FORM(LONG), POINTER),
			  .path = "file" },
	[SOCKET_SK] = { OTHER(SOCKET, FORM(LONG), POINTER), .path = "sk" },
	[NET_NS_INUM] = { OTHER(NET, FORM(U32), UNSIGNED),
			  .path = "ns.inum" },
	[NET_DEVICE_ND_NET] = { OTHER(NET_DEVICE, FORM(LONG), POINTER),
				.path = "nd_net", .tail = ".net" },
	[PROTO_NAME] = { OTHER(PROTO, 0, ARRAY), .size = 32,
			 .path = "name" },
	[CONG_NAME] = { OTHER(TCP_CONGESTION_OPS, 0, ARRAY), .size = 16,
			.path = "name" },
	[TASK_FILES] = { OTHER(TASK_STRUCT, FORM(LONG), POINTER),
			 .path = "files" },
	[FILES_FDT] = { OTHER(FILES_STRUCT, FORM(LONG), POINTER),
			.path = "fdt" },
	[FDTABLE_FD] = { OTHER(FDTABLE, FORM(LONG), POINTER), .path = "fd" },
	[FILE_PRIVATE_DATA] = { OTHER(FILE, FORM(LONG), POINTER),
				.path = "private_data" },
	[TASK_NSPROXY] = { OTHER(TASK_STRUCT, FORM(LONG), POINTER),
			   .path = "nsproxy" },
	[NSPROXY_NET_NS] = { OTHER(NSPROXY, FORM(LONG), POINTER),
			     .path = "net_ns" },
};

/* ---- neighbours ------------------------------------------------------- */

const struct relation disc_relations[] = {
	/* skc_addrpair, skc_portpair: loaded as one by inet_match() */
	{ SKC_DADDR, SKC_RCV_SADDR, .off = 4 },
	{ SKC_DPORT, SKC_NUM, .off = 2 },
	{ SKC_FAMILY, SKC_STATE, .off = 2 },
	{ SKC_FAMILY, SKC_BOUND_DEV_IF, .off = 4 },
	{ SKC_PROT, SKC_NET, .words = 1 },
	{ SKC_NET, SKC_V6_DADDR, .words = 1 },
	{ SKC_V6_DADDR, SKC_V6_RCV_SADDR, .off = 16 },
	{ SKC_V6_RCV_SADDR, SKC_COOKIE, .off = 16 },
	{ SKC_COOKIE, SKC_FLAGS, .off = 8 },
	{ SKC_V6_RCV_SADDR, SKC_FLAGS, .off = 24 },
	{ SK_RMEM_ALLOC, SK_BACKLOG_LEN, .off = 4 },
	/* 5.6 to 6.8; before; since 6.9 */
	{ SK_TYPE, SK_PROTOCOL, .off = 2, .form_b = FORM_U16 },
	{ SK_TYPE, SK_PROTOCOL, .off = -1, .form_b = FORM_U8 },
	{ SK_TYPE, SK_PROTOCOL, .off = -2, .form_b = FORM_U16 },
	{ SK_ACK_BACKLOG, SK_MAX_ACK_BACKLOG, .off = 4,
	  .form_a = FORM_U32, .form_b = FORM_U32 },
	{ SK_ACK_BACKLOG, SK_MAX_ACK_BACKLOG, .off = 2,
	  .form_a = FORM_U16, .form_b = FORM_U16 },
	{ ICSK_CA_STATE, ICSK_RETRANSMITS, .off = 1 },
	{ ICSK_RETRANSMITS, ICSK_PENDING, .off = 1 },
	{ ICSK_RETRANSMITS, ICSK_BACKOFF, .off = 2 },
	{ ICSK_PENDING, ICSK_BACKOFF, .off = 1 },
	{ TCP_RTT_MIN, TCP_RTT_MIN_2ND, .off = 8 },
	{ TCP_RTT_MIN_2ND, TCP_RTT_MIN_3RD, .off = 8 },
	{ TCP_SND_WSCALE, TCP_RCV_WSCALE, .off = 0 },	/* in one byte */
};

const unsigned int disc_nrelations =
	sizeof(disc_relations) / sizeof(disc_relations[0]);

/* ---- types ------------------------------------------------------------ */

static const char *const type_names[TYPE_MAX] = {
	[TYPE_SOCK_COMMON]		= "struct sock_common",
	[TYPE_SOCK]			= "struct sock",
	[TYPE_INET_SOCK]		= "struct inet_sock",
	[TYPE_INET_CONNECTION_SOCK]	= "struct inet_connection_sock",
	[TYPE_TCP_SOCK]			= "struct tcp_sock",
	[TYPE_SK_BUFF]			= "struct sk_buff",
	[TYPE_TCP_SKB_CB]		= "struct tcp_skb_cb",
	[TYPE_TCP_REQUEST_SOCK]		= "struct tcp_request_sock",
	[TYPE_SOCKET]			= "struct socket",
	[TYPE_NET]			= "struct net",
	[TYPE_NET_DEVICE]		= "struct net_device",
	[TYPE_PROTO]			= "struct proto",
	[TYPE_TCP_CONGESTION_OPS]	= "struct tcp_congestion_ops",
	[TYPE_TASK_STRUCT]		= "struct task_struct",
	[TYPE_FILES_STRUCT]		= "struct files_struct",
	[TYPE_FDTABLE]			= "struct fdtable",
	[TYPE_FILE]			= "struct file",
	[TYPE_NSPROXY]			= "struct nsproxy",
};

const char *disc_type_name(unsigned int type)
{
	return type < TYPE_MAX ? type_names[type] : "";
}
