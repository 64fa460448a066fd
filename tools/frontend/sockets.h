/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockets - which there are, and whose: sock_diag(7), /proc/net, /proc/PID/fd.
 * Private to tools/.
 */
#ifndef SOCKEYE_SOCKETS_H
#define SOCKEYE_SOCKETS_H

#include "tools/frontend/frontend.h"

#include <linux/inet_diag.h>

/* ---- sockdiag.c -------------------------------------------------------- */

/* A socket: @len bytes of @m and the attributes behind it; other than 0: no
 * more. */
typedef int sockdiag_fn(void *ctx, const struct inet_diag_msg *m, size_t len);

/* What is asked for. */
struct sockdiag {
	int family;		/* AF_UNSPEC: IPv4 and IPv6 at once, of TCP */
	int protocol;
	uint32_t states;	/* 1 << TCP_ESTABLISHED ... */
	uint8_t ext;		/* 1 << (INET_DIAG_INFO - 1) ... */
};

/* sockdiag_open - of the namespace we are in; or a negative errno. */
int sockdiag_open(void);
/*
 * sockdiag_list - tell @fn of each socket that @ask is about.  0, what @fn
 * returned, or a negative errno: -ENOENT, the kernel does not list those;
 * -EAGAIN, so many came and went meanwhile that the list is not whole: what was
 * told does not count.  A descriptor that failed is of no more use.
 */
int sockdiag_list(int fd, const struct sockdiag *ask, sockdiag_fn *fn,
		  void *ctx);
/* sockdiag_dump - the same of any family: @request, of @len bytes, begins with
 * its struct nlmsghdr; messages of less than @least bytes are passed over. */
typedef int sockdiag_message_fn(void *ctx, const void *m, size_t len);
int sockdiag_dump(int fd, const void *request, size_t len, size_t least,
		  sockdiag_message_fn *fn, void *ctx);
/* sockdiag_attr - attribute @type of @m, and in *@n its length; NULL.
 * sockdiag_attr_of - of any message, with attributes behind @head bytes. */
const void *sockdiag_attr_of(const void *m, size_t head, size_t len, int type,
			     size_t *n);
const void *sockdiag_attr(const struct inet_diag_msg *m, size_t len, int type,
			  size_t *n);
/* sockdiag_u64, sockdiag_u32 - at @off of such an attribute; 0 if it is
 * shorter. */
uint64_t sockdiag_u64(const void *attr, size_t n, size_t off);
uint32_t sockdiag_u32(const void *attr, size_t n, size_t off);
uint64_t sockdiag_cookie(const struct inet_diag_msg *m);
/* tcp_has_fin - the peer's FIN has come in @state, and is counted as a byte
 * (tcp_rcv_nxt_update()). */
bool tcp_has_fin(unsigned state);
/* sockdiag_before - what went through a TCP socket, from its INET_DIAG_INFO;
 * false: it does not tell. */
bool sockdiag_before(struct before *b, const struct inet_diag_msg *m,
		     const void *info, size_t n);

/* ---- procs.c ----------------------------------------------------------- */

/* proc_each - tell @fn of each process until it returns other than 0, which
 * is returned; or a negative errno. */
typedef int proc_fn(void *ctx, const char *pid);
int proc_each(proc_fn *fn, void *ctx);
/* proc_sockets - tell @fn of the descriptors of @pid that are sockets, until
 * it returns other than 0, which is returned.  -errno: one may not look. */
typedef int proc_socket_fn(void *ctx, int fd, uint32_t inode);
int proc_sockets(const char *pid, proc_socket_fn *fn, void *ctx);
/* proc_describe - who @pid is: the real user, as programs would tell, which is
 * not who owns /proc/PID (root does, where the process must not be dumped).
 * False: it is gone. */
bool proc_describe(struct seed *seed, const char *pid);
/* proc_matches - is it one of @f's, in one of @f's namespaces? */
bool proc_matches(const struct filters *f, const char *pid);

/* ---- netns_each.c ------------------------------------------------------ */

/*
 * netns_each - in each network namespace of @f, or each that a process lives in
 * or that is mounted (ip-netns(8)), ours first: call @fn, until it returns
 * other than 0.  Returns that, or a negative errno when we cannot return to
 * ours.  *@seen: how many there were; *@denied: into some we may not go.
 */
typedef int netns_fn(void *ctx, uint32_t inum);
int netns_each(const struct filters *f, netns_fn *fn, void *ctx,
	       unsigned *seen, bool *denied);

/* ---- sockets.c: a source of rows --------------------------------------- */

enum socket_netid { SOCKET_TCP = 1, SOCKET_UDP, SOCKET_RAW, SOCKET_PING };
extern const char *const socket_netids[];

/* What there is now.  Options of who has it, as constants: protocols, states
 * (bits of those above, 0: all), each_owner. */
extern const struct row_source source_sockets;

/* What tools show of any source of them: who has a socket open (flow.pid,
 * owners), and its cookie. */
#define COL_HOLDER(type)						\
	COL(type, flow.pid, K_U32, 7, "pid", "PID", C_OWNER | C_LEFT,	\
	    "process that has it open, as /proc counts; of several the one " \
	    "with the lowest number that the filters let pass")
#define COL_OWNERS(type)						\
	COL(type, owners, K_U32, 6, "owners", "OWNERS",			\
	    C_OWNER | C_HIDDEN,						\
	    "descriptors that are this socket, of all processes")
#define COL_COOKIE(type)						\
	COL(type, flow.id, K_HEX64, 18, "cookie", "COOKIE",		\
	    C_ZERO | C_LEFT | C_HIDDEN, "its cookie (SO_COOKIE)")
/* The constant each_owner. */
#define OPTION_EACH_OWNER						\
	{ .name = "each-owner", .constant = "each_owner", .max = 1,	\
	  .help = "a row for each descriptor that is the socket" }
#define SNAPSHOT_OVERHEAD						\
	"None while it does not look; a look costs a few microseconds "	\
	"for each socket, and for each descriptor that is open on the "	\
	"machine, unless no column tells whose a socket is."

/*
 * A socket that exists, and one who has it open.  What is 32 or 64 bits and
 * signed is not known when negative.
 */
struct socket_event {
	struct event event;
	struct flow flow;	/* id: the cookie, 0 where that is not told */
	__u64 timer_ns;		/* until it expires; 0: none runs */
	__u32 inode;		/* 0: nobody has it open */
	__u32 owners;		/* descriptors it is open as */
	__u8 netid;		/* enum socket_netid */
	__u8 state;		/* TCP_ESTABLISHED ... */
	__u8 timer;		/* as idiag_timer */
	__u8 ca_state;		/* enum tcp_ca_state + 1; 0: not known */
	/* from here on: not known unless told */
	__s32 fd;
	__s64 recv_q, send_q;	/* bytes; of a listener connections: that wait,
				   that may */
	__s64 sk_uid;
	__s64 tx_bytes, rx_bytes, acked_bytes, retrans_bytes;
	__s64 pacing_rate, delivery_rate;	/* bytes a second */
	__s64 segs_out, segs_in, data_segs_out, data_segs_in;
	__s64 sk_drops;
	__s32 bound_if;
	__s32 retransmits, probes, backoff;
	__s32 srtt_us, rttvar_us, min_rtt_us, rto_us, ato_us;
	__s32 snd_cwnd, snd_ssthresh, advmss, snd_mss, rcv_mss, pmtu;
	__s32 packets_out, sacked_out, lost_out, retrans_out, total_retrans;
	__s32 notsent, snd_wnd, rcv_wnd, rcv_space;
	__s32 sk_rmem_alloc, sk_rcvbuf, sk_wmem_queued, sk_sndbuf;
	char cc[16];
};

#define SOCKET_UNTOLD offsetof(struct socket_event, fd)

_Static_assert(sizeof(struct socket_event) == 376, "struct socket_event");

/* The sockets of one protocol and family. */
struct socket_kind {
	const char *name;
	uint8_t netid;
	uint16_t family;
	uint16_t protocol;	/* of sock_diag; 0: it does not list them */
	const char *file;	/* of /proc/net */
};

/* What is known of a list of them. */
struct socket_list {
	struct socket_event *e;
	size_t n, room;
	uint32_t states;	/* 1 << state: those that are wanted */
	bool no_memory;		/* one could not be added */
};

/* socket_add - another, of which no more is known than @kind tells; NULL: no
 * memory. */
struct socket_event *socket_add(struct socket_list *l,
				const struct socket_kind *kind);

/* socket_addr - of @family, as struct flow has it, from network order. */
void socket_addr(uint8_t to[16], uint16_t family, const void *addr);

/*
 * sockets_diag.c, sockets_proc.c: add those of @kind in the namespace we are
 * in.  0, or a negative errno; what was added then does not count.
 * sockets_parse - a line of such a file; false: it is none, and nothing was
 * added, or there is no memory.
 */
int sockets_diag(struct socket_list *l, const struct socket_kind *kind);
int sockets_proc(struct socket_list *l, const struct socket_kind *kind);
bool sockets_parse(struct socket_list *l, const struct socket_kind *kind,
		   const char *line, unsigned ticks_per_s);

#endif
