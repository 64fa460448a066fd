/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What BPF programs see of the kernel: only the members that are used, found
 * by name in the kernel's own types when a program is linked.  No vmlinux.h.
 */
#ifndef SOCKEYE_KERNEL_H
#define SOCKEYE_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#define SEC(name)	__attribute__((section(name), used))
#define PAI		__attribute__((preserve_access_index))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))

/* BTF-defined maps */
#define __uint(name, val)	int (*name)[val]
#define __type(name, val)	typeof(val) *name

#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define ENOMEM		12
#define EEXIST		17
#define IPPROTO_ICMP	1
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_DCCP	33
#define IPPROTO_ICMPV6	58
#define IPPROTO_SCTP	132
#define IPPROTO_UDPLITE	136
#define IPPROTO_MPTCP	262

#define MSG_PEEK	2
#define MSG_TRUNC	0x20
#define SOCK_RAW	3

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1,
	TCP_FIN_WAIT2, TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK,
	TCP_LISTEN, TCP_CLOSING, TCP_NEW_SYN_RECV,
};

/* ---- types ------------------------------------------------------------ */

struct in6_addr { u8 s6_addr[16]; };
typedef struct { s32 counter; } atomic_t;
typedef struct { __s64 counter; } atomic64_t;

struct ns_common { u32 inum; } PAI;
struct net { struct ns_common ns; } PAI;
typedef struct { struct net *net; } PAI possible_net_t;

struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num, skc_family;
	u8 skc_state, skc_reuse:4, skc_reuseport:1;
	int skc_bound_dev_if;
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
} PAI;

struct numa_drop_counters { atomic_t drops0, drops1; } PAI;

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;	/* 8 bits of an int before 5.6 */
	u16 sk_type;		/* 16 bits of the same */
	u32 sk_ack_backlog, sk_max_ack_backlog;	/* u16 in old kernels */
	int sk_err;
	struct { int owned; } sk_lock;
	u32 sk_pacing_status;	/* 4.13 */
	unsigned long sk_tsq_flags;	/* 4.11 */
	int sk_sndbuf, sk_wmem_queued, sk_rcvbuf;
	atomic_t sk_drops;
	struct numa_drop_counters *sk_drop_counters;	/* 6.18: instead */
	struct { atomic_t rmem_alloc; } sk_backlog;
	unsigned long sk_pacing_rate;	/* u32 before 4.20 */
	struct socket *sk_socket;
	struct pid *sk_peer_pid;
} PAI;

/* enum sock_flags: the peer's FIN came (tcp_fin()) */
#define SOCK_DONE	1

struct request_sock { struct sock_common __req_common; } PAI;
struct tcp_request_sock { u32 snt_isn; } PAI;
struct inet_sock {
	u16 inet_sport;
	unsigned long inet_flags;	/* 6.6; before, among others: */
	u8 freebind:1, transparent:1, bind_address_no_port:1;
} PAI;
struct tcp_congestion_ops { char name[16]; } PAI;
struct fastopen_queue { s32 qlen, max_qlen; } PAI;
struct request_sock_queue {
	atomic_t qlen, young;
	struct fastopen_queue fastopenq;
} PAI;
struct inet_connection_sock {
	struct request_sock_queue icsk_accept_queue;
	const struct tcp_congestion_ops *icsk_ca_ops;
	u8 icsk_ca_state:5;	/* 6 bits before 5.2 */
	u8 icsk_pending, icsk_retransmits;
} PAI;

struct minmax_sample { u32 v; } PAI;
struct minmax { struct minmax_sample s[3]; } PAI;
struct tcp_options_received { u16 snd_wscale:4, rcv_wscale:4; } PAI;

struct tcp_sock {
	struct tcp_options_received rx_opt;
	u64 bytes_acked, bytes_received;	/* 4.1 */
	u64 bytes_sent, bytes_retrans;		/* 4.19 */
	u32 srtt_us, snd_cwnd, total_retrans;
	struct minmax rtt_min;
	u32 rcv_nxt, copied_seq;
	u32 snd_una, snd_nxt, write_seq, snd_wnd, snd_sml, mss_cache;
	u32 packets_out, sacked_out, lost_out, retrans_out;
	u64 tcp_wstamp_ns, tcp_clock_cache;	/* 5.0 */
	u8 nonagle:4;
	u32 mdev_us, snd_ssthresh, rcv_wnd;
	u32 rate_delivered, rate_interval_us;	/* 4.9 */
} PAI;

struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
} PAI;

struct dst_entry { struct net_device *dev; } PAI;

struct sk_buff {
	char cb[48];
	unsigned long _skb_refdst;
	unsigned char *head, *data;
	u32 end;		/* from head on */
	u8 pkt_type:3;
	u32 len, data_len, truesize;
	u16 protocol;		/* network byte order */
	u16 transport_header, network_header;
	int skb_iif;
	struct net_device *dev;
	struct sock *sk;
	unsigned long _nfct;	/* 4.12; the last bits: enum ip_conntrack_info */
	void *nfct;		/* before */
} PAI;

/* On 32 bits. */
struct sk_buff___pointers { unsigned char *end; } PAI;

struct skb_shared_info { u16 gso_segs; } PAI;

struct tcp_skb_cb {
	u32 seq, end_seq;
	u16 tcp_gso_segs;
	u16 tcp_flags;		/* u8 before 6.18 */
} PAI;

union nf_inet_addr { u32 all[4]; };
struct nf_conntrack_tuple {
	struct {
		union nf_inet_addr u3;
		union { u16 all; } u;	/* port */
		u16 l3num;
	} src;
	struct {
		union nf_inet_addr u3;
		union { u16 all; } u;
		u8 protonum;
	} dst;
} PAI;
struct nf_conntrack_tuple_hash { struct nf_conntrack_tuple tuple; } PAI;
struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];	/* ORIGINAL, REPLY */
	unsigned long status;
	possible_net_t ct_net;
} PAI;

struct unix_address {
	int len;		/* of name, a struct sockaddr_un */
	char name[];
} PAI;
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
} PAI;
struct upid { int nr; } PAI;
struct pid { struct upid numbers[1]; } PAI;	/* as the init namespace counts,
						   first */

struct inode {
	u16 i_mode;
	u32 i_flags;
	unsigned long i_ino;
} PAI;
struct qstr {
	u32 len;
	const unsigned char *name;
} PAI;
struct dentry { struct qstr d_name; } PAI;
struct path { struct dentry *dentry; } PAI;
struct file {
	void *private_data;
	struct path f_path;
	struct inode *f_inode;
} PAI;
struct fdtable {
	struct file **fd;
	u32 max_fds;
} PAI;
struct socket {
	struct sock *sk;
	struct file *file;
} PAI;
struct iov_iter {
	u8 iter_type;		/* 5.14 */
	u32 type;		/* before: with the direction in bit 0 */
	u8 user_backed;		/* 6.0 to 6.6 */
	unsigned long iov_offset, count;
	const void *iov;	/* struct iovec */
	const void *__iov;	/* 6.4: instead */
	const void *ubuf;	/* 6.0: or this */
} PAI;
struct msghdr {
	unsigned long msg_controllen;
	struct iov_iter msg_iter;
	unsigned int msg_flags;
} PAI;
struct scm_fp_list { short count; } PAI;
struct scm_cookie { struct scm_fp_list *fp; } PAI;
struct files_struct { struct fdtable *fdt; } PAI;
struct nsproxy { struct net *net_ns; } PAI;
#define PF_KTHREAD 0x00200000

struct task_struct {
	u32 flags;
	struct files_struct *files;
	struct nsproxy *nsproxy;
} PAI;

/* ---- helpers (enum bpf_func_id) --------------------------------------- */

static void *(*map_lookup)(const void *map, const void *key) = (void *)1;
static long (*map_update)(const void *map, const void *key, const void *value,
			  u64 flags) = (void *)2;
static long (*map_delete)(const void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u32 (*get_smp_processor_id)(void) = (void *)8;
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static u64 (*get_current_uid_gid)(void) = (void *)15;
static long (*get_current_comm)(void *buf, u32 size) = (void *)16;
static long (*perf_event_output)(void *ctx, const void *map, u64 flags,
				 const void *data, u64 size) = (void *)25;
static long (*get_stackid)(void *ctx, const void *map, u64 flags) = (void *)27;
static u64 (*get_current_task)(void) = (void *)35;
static u64 (*get_current_cgroup_id)(void) = (void *)80;		/* 4.18 */
/* these two are linked as probe_read where the kernel has but that */
static long (*probe_read_user)(void *dst, u32 size,
			       const void *src) = (void *)112;
static long (*probe_read)(void *dst, u32 size, const void *src) = (void *)113;
static long (*ringbuf_output)(const void *map, const void *data, u64 size,
			      u64 flags) = (void *)130;
static u64 (*ringbuf_query)(const void *map, u64 flags) = (void *)134;

/* ---- reading ---------------------------------------------------------- */

/*
 * Run-time configuration: an undefined symbol whose value the linker puts in
 * place, and decides branches by.
 */
#define CONST(name) ({							\
	u64 v_;								\
	asm("%0 = " #name " ll" : "=r"(v_));				\
	v_; })

#define field_info __builtin_preserve_field_info
#define EXISTS(field)	field_info(field, 2)	/* BPF_CORE_FIELD_EXISTS */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_BYTES(v, n)	((void *)&(v))
#else
#define LOW_BYTES(v, n)	((void *)&(v) + sizeof(v) - (n))
#endif

/*
 * READ - a member of a kernel object, any scalar.  How many bytes it has is
 * the kernel's word, not this file's: longs and pointers are right on 32-bit
 * kernels, and so are members that were widened.
 */
#define READ(ptr, member) ({						\
	u64 v_ = 0;							\
	probe_read(LOW_BYTES(v_, field_info((ptr)->member, 1)),		\
		   field_info((ptr)->member, 1), &(ptr)->member);	\
	(typeof((ptr)->member))v_; })

/* READ_BITS - the same for what is a bitfield in some kernels. */
#define READ_BITS(ptr, member) ({					\
	u64 v_ = 0;							\
	probe_read(LOW_BYTES(v_, field_info((ptr)->member, 1)),		\
		   field_info((ptr)->member, 1),			\
		   (void *)(ptr) + field_info((ptr)->member, 0));	\
	v_ <<= field_info((ptr)->member, 4);				\
	v_ >>= field_info((ptr)->member, 5);				\
	v_; })

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ntohs(x)	__builtin_bswap16(x)
#define ntohl(x)	__builtin_bswap32(x)
#else
#define ntohl(x)	((u32)(x))
#define ntohs(x)	((u16)(x))
#endif

#define LICENSE char _license[] SEC("license") = "GPL"

#endif
