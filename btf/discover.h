/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover - where fields are in a kernel that has no BTF: by looking for
 * values that are known.
 *
 * loader/ makes sockets of its own, copies the bytes of their kernel objects
 * at moments when user space knows what must stand in them, and writes both
 * down: a *recording*.  This module is the other half: it finds the offsets
 * that agree with all that is known.  Pure: a recording of any kernel, of any
 * word size and byte order, can be solved on any machine, which is how it is
 * tested.  Either exactly one offset is left for a field, or the field is not
 * found; never a guess.
 */
#ifndef SOCKEYE_DISCOVER_H
#define SOCKEYE_DISCOVER_H

#include "btf/btf.h"

/* ---- recordings ------------------------------------------------------- */

/* What a window shows. */
#define DISC_OBJECTS(X)							\
	X(TCP, "tcp")		/* struct tcp_sock, connection */	\
	X(LISTEN, "listen")	/* struct tcp_sock, listener */		\
	X(UDP, "udp")		/* struct udp_sock */			\
	X(SKB, "skb")		/* struct sk_buff with a TCP segment, sent,
				   at a moment when skb->cb is TCP's */	\
	X(SKB_UDP, "skb-udp")	/* struct sk_buff with a datagram */	\
	X(REQ, "req")		/* struct tcp_request_sock */		\
	X(TASK, "task")		/* struct task_struct, our own */	\
	X(POINTEE, "pointee")	/* what a word of another window points to */

enum disc_object {
#define X(id, name) DISC_##id,
	DISC_OBJECTS(X)
#undef X
	DISC_OBJECT_MAX
};

/*
 * Values that are known of a window.  Numbers are u64 in struct disc_fact;
 * addresses are bytes as on the wire, ports and other numbers are plain
 * numbers whatever the order the kernel keeps them in (a rule knows that).
 */
#define DISC_KEYS(X)							\
	/* of a socket, any protocol */					\
	X(FAMILY, "family")						\
	X(STATE, "state")						\
	X(PROTOCOL, "protocol")						\
	X(TYPE, "type")							\
	X(LADDR, "laddr")	/* 4 or 16 bytes */			\
	X(RADDR, "raddr")						\
	X(LPORT, "lport")						\
	X(RPORT, "rport")						\
	X(NETNS, "netns")	/* inode number */			\
	X(COOKIE, "cookie")	/* SO_COOKIE */				\
	X(UID, "uid")							\
	X(MARK, "mark")							\
	X(PRIORITY, "priority")						\
	X(BOUND_IF, "bound_if")	/* SO_BINDTODEVICE, ifindex */		\
	X(RCVLOWAT, "rcvlowat")						\
	X(PACING, "pacing")	/* SO_MAX_PACING_RATE, bytes/s */	\
	X(RMEM_ALLOC, "rmem_alloc") /* SO_MEMINFO (4.12), in its order */ \
	X(RCVBUF, "rcvbuf")						\
	X(WMEM_ALLOC, "wmem_alloc")					\
	X(SNDBUF, "sndbuf")						\
	X(FWD_ALLOC, "fwd_alloc")					\
	X(WMEM_QUEUED, "wmem_queued")					\
	X(OPTMEM, "optmem")						\
	X(BACKLOG, "backlog")						\
	X(DROPS, "drops")						\
	X(ERR, "err")		/* what SO_ERROR will say */		\
	X(SHUTDOWN, "shutdown")	/* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2 */	\
	X(FLAGS_SET, "flags_set") /* bits of enum sock_flags known set */ \
	X(FLAGS_CLEAR, "flags_clear")					\
	X(TOS, "tos")							\
	/* of TCP */							\
	X(SND_CWND, "snd_cwnd")						\
	X(SND_SSTHRESH, "snd_ssthresh")					\
	X(RTT, "rtt")		/* tcpi_rtt, us: srtt_us >> 3 */	\
	X(RTTVAR, "rttvar")	/* tcpi_rttvar, us: mdev_us >> 2 */	\
	X(MIN_RTT, "min_rtt")	/* us; all ones: not measured */	\
	X(CA_STATE, "ca_state")						\
	X(RETRANSMITS, "retransmits")					\
	X(BACKOFF, "backoff")						\
	X(PENDING, "pending")	/* icsk_pending */			\
	X(TOTAL_RETRANS, "total_retrans")				\
	X(PACKETS_OUT, "packets_out")	/* tcpi_unacked */		\
	X(SACKED_OUT, "sacked_out")					\
	X(LOST_OUT, "lost_out")						\
	X(RETRANS_OUT, "retrans_out")					\
	X(BYTES_ACKED, "bytes_acked")					\
	X(BYTES_RECEIVED, "bytes_received")				\
	X(BYTES_SENT, "bytes_sent")					\
	X(BYTES_RETRANS, "bytes_retrans")				\
	X(SEGS_IN, "segs_in")						\
	X(SEGS_OUT, "segs_out")						\
	X(DATA_SEGS_IN, "data_segs_in")					\
	X(DATA_SEGS_OUT, "data_segs_out")				\
	X(DELIVERED, "delivered")					\
	X(DELIVERED_CE, "delivered_ce")					\
	X(RCV_SSTHRESH, "rcv_ssthresh")					\
	X(RCV_SPACE, "rcv_space")					\
	X(REORDERING, "reordering")					\
	X(ADVMSS, "advmss")						\
	X(SND_MSS, "snd_mss")						\
	X(SND_WND, "snd_wnd")						\
	X(RCV_WND, "rcv_wnd")						\
	X(NOTSENT, "notsent")						\
	X(NONAGLE, "nonagle")	/* TCP_NODELAY 1 | TCP_CORK 2 */	\
	X(WRITE_SEQ, "write_seq")	/* TCP_QUEUE_SEQ; all absolute */ \
	X(SND_NXT, "snd_nxt")	/* less SIOCOUTQNSD */			\
	X(SND_UNA, "snd_una")	/* less SIOCOUTQ */			\
	X(SND_SML, "snd_sml")	/* end of the last small segment */	\
	X(RCV_NXT, "rcv_nxt")	/* TCP_QUEUE_SEQ */			\
	X(COPIED_SEQ, "copied_seq")	/* less SIOCINQ */		\
	X(SND_WSCALE, "snd_wscale")					\
	X(RCV_WSCALE, "rcv_wscale")					\
	X(CONGESTION, "congestion") /* bytes: TCP_CONGESTION, its name */ \
	/* of a listener */						\
	X(ACK_BACKLOG, "ack_backlog")	/* waiting for accept() */	\
	X(MAX_ACK_BACKLOG, "max_ack_backlog")				\
	/* of a packet */						\
	X(SK, "sk")		/* address of the socket */		\
	X(LEN, "len")		/* bytes of payload */			\
	X(TCP_FLAGS, "tcp_flags")					\
	X(SEGS, "segs")		/* that it goes out as */		\
	X(PAYLOAD, "payload")	/* up to 16 bytes it starts with */	\
	X(SEQ, "seq")		/* first sequence number; absolute where it
				   is known, see disc_fact.relative */	\
	/* of a task */							\
	X(COMM, "comm")		/* bytes */				\
	X(FD, "fd")		/* a descriptor of the socket SK */

enum disc_key {
#define X(id, name) DISC_KEY_##id,
	DISC_KEYS(X)
#undef X
	DISC_KEY_MAX
};

struct disc_fact {
	uint8_t key;		/* enum disc_key */
	uint8_t len;		/* of bytes; 0: a number */
	/* SEQ: number counts from the connection's initial number (the SYN
	   is 0), which is not known itself */
	bool relative;
	uint64_t number;
	uint8_t bytes[16];
};

#define DISC_WINDOW_MAX	8192	/* bytes */
/* task_struct.nsproxy is among so many words behind files. */
#define DISC_NSPROXY_BEHIND	4
#define DISC_WINDOWS	1024	/* in a recording */

/*
 * The bytes of one object at one moment.  Windows of the same subject show
 * the same object (addr is equal, too, unless it is not known); subjects
 * differ in all that can be made to differ.
 */
struct disc_window {
	uint8_t object;		/* enum disc_object */
	uint16_t subject;
	uint64_t addr;		/* where it is in the kernel; 0 unknown */
	/* POINTEE: the word at @parent_off of window @parent pointed here */
	int parent;		/* index of a window before this; -1 */
	uint32_t parent_off;
	const struct disc_fact *facts;
	unsigned nfacts;
	const uint8_t *bytes;
	uint32_t len;		/* as much as could be read */
	uint32_t object_size;	/* of the slab's objects; 0 unknown */
};

struct recording {
	char machine[65], release[65], build_id[65];
	uint8_t word_size;	/* of the kernel: 4 or 8 */
	bool big_endian;
	struct disc_window *windows;
	unsigned nwindows;
	void *arena;		/* discover.c's; owns everything above */
};

/* recording_init, recording_release; the machine's members are the
 * caller's to fill in. */
void recording_init(struct recording *r);
void recording_release(struct recording *r);

/*
 * recording_window - append a window; @bytes are copied, parent is -1.
 * Returns its index, or -ENOMEM, -E2BIG (too many or too long), -EINVAL (no
 * such object; a pointee).
 * recording_pointee - the same for what the word at @parent_off of window
 * @parent points to.
 * recording_number, recording_bytes, recording_seq - add a fact to a window;
 * -ENOMEM, -EINVAL.
 */
int recording_window(struct recording *r, int object, unsigned subject,
		     uint64_t addr, const void *bytes, size_t len);
int recording_pointee(struct recording *r, int parent, uint32_t parent_off,
		      uint64_t addr, const void *bytes, size_t len);
int recording_number(struct recording *r, int window, int key,
		     uint64_t number);
int recording_bytes(struct recording *r, int window, int key,
		    const void *bytes, size_t len);
int recording_seq(struct recording *r, int window, uint32_t relative);

/*
 * Recordings as text, for `doctor --record` and test fixtures:
 *
 *   # sockeye recording 1
 *   machine armv7l
 *   kernel 5.10.0-28-armmp
 *   build-id 5a0c...			(or "-")
 *   word 4 little
 *   window tcp subject 2 addr 0xc3f1a040 len 1800 object-size 1856
 *   fact family 10
 *   fact laddr x 7f000102
 *   fact seq +1			(relative)
 *   00a0 00000000 0a000000 ...		(offset in hex, 32 bytes as in memory;
 *					 lines of nothing but zeros left out)
 *   window pointee of 3 at 0x130 addr 0x... len 512
 *
 * recording_read: hostile text; -EINVAL with @line (from 1) and @why, or
 * -ENOMEM; then there is nothing to release.  It initialises @r.
 */
void recording_write(FILE *out, const struct recording *r);
int recording_read(struct recording *r, const char *text, size_t len,
		   unsigned *line, const char **why);

/* ---- solving ---------------------------------------------------------- */

struct discovery;

/*
 * discovery_new - find all fields that the recording decides.  Kernel objects
 * embed each other in a way that has never changed (struct sock starts with
 * struct sock_common, inet_sock, inet_connection_sock and tcp_sock with what
 * they extend), and some members have always been neighbours
 * (discover_rules.c); beyond that nothing is assumed.  Some milliseconds.  The
 * recording is not needed afterwards.  -EINVAL (no word size), -ENOMEM, -E2BIG
 * (broken data that would take minutes).
 */
int discovery_new(struct discovery **out, const struct recording *r,
		  const char **why);
void discovery_free(struct discovery *d);

/* discovery_core - as struct source wants it: answers field questions
 * (offset, size, exists, shifts) on what was found, composed paths included
 * ("__sk_common.skc_net.net" of struct sock); -ENOENT for all else. */
int discovery_core(const struct discovery *d, const struct question *q,
		   struct answer *a, const char **why);
/* resolver_add_discovery - append it (taken over) to the sources of @r. */
int resolver_add_discovery(struct resolver *r, struct discovery *d);

/* discovery_next - walk what there are rules for: 1 and the field's type
 * ("struct sock"), path, and why it was not found (NULL: found); 0 at the
 * end.  *pos starts at 0. */
int discovery_next(const struct discovery *d, unsigned *pos,
		   const char **type, const char **path, const char **why);

#endif
