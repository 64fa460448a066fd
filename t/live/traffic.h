/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections whose truth is known: agents are processes that do socket calls
 * when told, so one script decides what happens in which order and nothing
 * depends on sleeping.
 */
#ifndef SOCKEYE_LIVE_TRAFFIC_H
#define SOCKEYE_LIVE_TRAFFIC_H

#include <netinet/in.h>

#include "net.h"
#include "tcpinfo.h"

#define CLIENT_COMM "sk-client"
#define SERVER_COMM "sk-server"
#define CLIENT_UID 4201
#define SERVER_UID 4202

/* ---- addr.c ------------------------------------------------------------ */

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* addr_set - from text; a dotted address with @family AF_INET6 is mapped. */
void addr_set(union addr *a, int family, const char *text, uint16_t port);
uint16_t addr_port(const union addr *a);
/* addr_text - as sockeye shows it: mapped addresses dotted. */
void addr_text(const union addr *a, char *buf, size_t size);
/* addr_len - of what bind(2) and the like are given. */
socklen_t addr_len(const union addr *a);
/* udp_bound - a UDP socket of @ns, at @host and a port that the kernel chooses;
 * @at: where that is. */
int udp_bound(struct test *t, const struct netns *ns, int family,
	      const char *host, union addr *at);

/* ---- agent.c ----------------------------------------------------------- */

enum op {
	OP_LISTEN,	/* slot := listener on addr; local says the port */
	OP_BIND,	/* slot := socket bound to addr; local says the port */
	OP_CONNECT,	/* slot (if not bound: a new socket) to addr */
	OP_ACCEPT,	/* slot := accept(n); err, and state of it */
	OP_QUEUED,	/* until a connection waits to be accepted of slot */
	OP_SEND,	/* n bytes, in writes of chunk */
	OP_SENDFILE,	/* n bytes of a file */
	OP_RECV,	/* n bytes, all of them */
	OP_SPLICE,	/* all until the end of the stream, into a pipe */
	OP_EOF,		/* the end of the stream must come, nothing else */
	OP_WAIT_RST,	/* ECONNRESET must come */
	OP_OUTCOME,	/* of a non-blocking connect; SO_ERROR's is the err */
	OP_DISTRACT,	/* the same, after what n says (enum distraction) */
	OP_AGAIN,	/* there must be nothing to read: EAGAIN */
	OP_PEEK,	/* look at a byte, when there is one, and leave it */
	OP_DUP,		/* slot := a copy of it; what it was is closed */
	OP_SHUT,	/* shutdown(SHUT_WR) */
	OP_CLOSE,
	OP_RESET,	/* close with SO_LINGER 0 */
	OP_INFO,	/* once all is acknowledged; info */
	OP_RENO,	/* the congestion control that all kernels have */
	OP_PATIENCE,	/* n ms for what was sent to be acknowledged */
	OP_FULL,	/* n 1: no descriptor is left; 0: there are again */
	OP_TCP_OPTION,	/* setsockopt(IPPROTO_TCP, flags) to n */
	OP_SOCK_OPTION,	/* the same at SOL_SOCKET */
};

struct cmd {
	uint32_t op, slot;
	uint64_t n;		/* OP_ACCEPT: the listener's slot */
	uint32_t flags;
	uint32_t v6only;
	uint32_t chunk;		/* at most CHUNK_MAX; 0: 64 KiB */
	union addr addr;
};

enum {
	ACCEPT_POLL = 1,	/* EAGAIN once, poll, accept4(SOCK_NONBLOCK) */
	ACCEPT_NOWAIT = 2,	/* one accept(2) that does not wait */
	/* new sockets: */
	MAKE_UDP = 4,
	MAKE_NONBLOCK = 8,
	MAKE_HASTY = 16,	/* gives up after one SYN retransmitted: 3 s */
	CONNECT_SIGNAL = 32,	/* comes in the call, which is begun again */
	SEND_MORE = 64,		/* MSG_MORE */
	CONNECT_FAST = 128,	/* n bytes with the SYN: TCP Fast Open */
	MAKE_MPTCP = 256,
	CONNECT_EINTR = 512,	/* a signal ends the call */
	MAKE_REUSE = 1024,	/* SO_REUSEADDR */
	LISTEN_FOR_ONE = 2048,	/* a backlog of 0, which takes one */
};

enum distraction {
	POLL_OTHER,		/* poll(2) finds another descriptor ready */
	EPOLL_CREATED,		/* epoll_create1(2) returns one */
	OTHER_THREAD,		/* that waits for the socket */
	DISTRACTIONS,
};

struct reply {
	int32_t err;		/* 0 or errno */
	uint32_t state;		/* OP_ACCEPT: TCP state found */
	int32_t fd;		/* in the slot */
	uint64_t sent, received;	/* by this slot so far */
	union addr local, peer;
	struct tcpinfo info;	/* OP_INFO */
};

struct agent {
	struct test *t;
	pid_t pid;
	int fd;
	uint32_t uid;
	char comm[16];
	struct netns ns;
	unsigned owed;		/* replies not yet collected */
};

#define CHUNK_MAX (1u << 20)
#define SLOTS 64
#define LISTENER 48		/* slots from here on, by custom */

void agent_start(struct test *t, struct agent *a, const struct netns *ns,
		 const char *comm, uint32_t uid);
/* agent_post - give an order; orders queue up.  agent_wait - the next reply,
 * of orders in turn; an error in it is fatal, unless @may_fail. */
void agent_post(struct agent *a, const struct cmd *c);
struct reply agent_wait(struct agent *a);
struct reply agent_wait_err(struct agent *a);
/* agent_do - post and wait. */
struct reply agent_do(struct agent *a, enum op op, uint32_t slot, uint64_t n);
/* agent_option - @name is @value: OP_TCP_OPTION, OP_SOCK_OPTION. */
void agent_option(struct agent *a, enum op op, uint32_t slot, uint32_t name,
		  uint64_t value);
/* agent_try - post and wait; an error is in the answer. */
struct reply agent_try(struct agent *a, struct cmd *c, enum op op);
/* agent_blocked - wait until the agent sleeps in the kernel on its order.
 * agent_freeze - then stop it, until agent_thaw(): its call is begun again. */
void agent_blocked(struct agent *a);
void agent_freeze(struct agent *a);
void agent_thaw(struct agent *a);
void agent_stop(struct agent *a);

/* ---- segment.c --------------------------------------------------------- */

/* A TCP segment that no socket has sent. */
struct segment {
	union addr from, to;
	uint32_t seq, ack_seq;
	uint8_t flags;
	uint16_t payload;	/* bytes: even, at most SEGMENT_PAYLOAD */
	uint8_t data_offset;	/* words; 0: what it is */
	bool bad_checksum;
};

#define SEGMENT_PAYLOAD 512

/* segment_send - in the namespace we are in; 0 or -errno. */
int segment_send(const struct segment *s);

/* ---- distract.c -------------------------------------------------------- */

/* distract - before the connecting @fd is there something else happens; 0, or
 * -1 when it did not. */
int distract(int fd, enum distraction how);

/* ---- traffic.c --------------------------------------------------------- */

/* Families of the client's and the server's socket. */
enum pairing { PAIR_4, PAIR_6, PAIR_46, PAIR_4_46, PAIR_46_4, PAIRINGS };
enum ending {
	END_CLIENT, END_SERVER, END_HALF, END_RST, END_EARLY_RST,
	END_SERVER_RST, ENDINGS,
};
extern const char *const ending_names[];

/* One end of one connection: what was made. */
struct end {
	char laddr[46], raddr[46];
	uint16_t lport, rport;
	const char *ip;		/* column: "4", "6", "46" */
	const char *comm;
	uint32_t pid, uid, netns;
	uint64_t sent, received;	/* as the application counted */
	uint64_t min_ns, max_ns;	/* bounds of the session's life */
	uint8_t ending;
	bool server;
	bool refused;		/* nobody listened */
	bool dead;		/* over before it was accepted: its owner may
				   be unknown */
	bool older;		/* than the tool: age known at least */
	/* of a connect(2): */
	const char *proto;
	int result, final;	/* errno of the call, of the attempt */
	bool returned, ended;	/* before the tool stopped */
	bool unsent;		/* no SYN was sent for it */
};

/* end_how - how it ended, as tcptracer and tcplife call it; end_first - who
 * closed first, as tcplife does; end_err - its errno's name or "". */
const char *end_how(const struct end *e);
const char *end_first(const struct end *e);
const char *end_err(const struct end *e);

#define LISTENERS 4		/* v4, dual, v4, dual */

struct traffic {
	struct test *t;
	struct netns ns;
	struct agent cli, srv;
	uint16_t port[LISTENERS];
	uint16_t from;		/* clients have ports from here on, each its
				   own; 0: what the kernel chooses */
	uint64_t cgroup;	/* cgroup v2 id of all our processes, or 0 */
	struct end *ends;	/* client's, server's, client's ... */
	unsigned nends, room;
	unsigned dead;		/* server ends with .dead */
	unsigned older[SLOTS];	/* numbers of those of traffic_older() */
	unsigned nolder;
	unsigned first, step;	/* of traffic_make's numbers; 0, 0: all */
};

/* traffic_init - a namespace, two agents, listeners. */
void traffic_init(struct traffic *tr, struct test *t);
/* traffic_make - @n connections, one after the other, of all pairings,
 * endings and sizes. */
void traffic_make(struct traffic *tr, unsigned n);
/* traffic_make_owned - the same for tcpaccept, which knows whose a connection
 * is even if it was over by then. */
void traffic_make_owned(struct traffic *tr, unsigned n);
/* traffic_client_end - a new client's end, from @local to @peer. */
struct end *traffic_client_end(struct traffic *tr, const union addr *local,
			       const union addr *peer);
/* traffic_refused - @n connections to a port where nobody listens. */
void traffic_refused(struct traffic *tr, unsigned n);
/* traffic_open, traffic_end - the halves of traffic_make: connection number
 * @i in @slot, to be ended later; slots count up from 0, one each, and they
 * are ended in that order. */
void traffic_open(struct traffic *tr, unsigned i, unsigned slot);
void traffic_end(struct traffic *tr, unsigned i, unsigned slot);
/* traffic_early - connection number @i is reset before it is accepted. */
bool traffic_early(unsigned i);
/* traffic_older - @n connections, at most SLOTS - 16, of all kinds, open and
 * marked as older than the tool; traffic_end_older - their ends. */
void traffic_older(struct traffic *tr, unsigned n);
void traffic_end_older(struct traffic *tr);
/* traffic_block - the server waits in accept(2) from now on, for the one
 * connection that traffic_accepted makes. */
void traffic_block(struct traffic *tr);
void traffic_accepted(struct traffic *tr);
/* traffic_idle - all sockets are really gone. */
void traffic_idle(struct traffic *tr);
void traffic_release(struct traffic *tr);

/* ---- compare.c --------------------------------------------------------- */

enum fields {
	W_OWNER = 1,		/* pid tid uid comm */
	W_IP = 2, W_NETNS = 4, W_BYTES = 8, W_DURATION = 16,
	W_ID = 32,		/* there, and different in every row */
	W_ALL = 63,
	W_CGROUP = 64,		/* where a cgroup v2 tree is mounted */
	W_CALL = 128,		/* proto call_ns result final */
	W_ERR = 256,		/* err: that of the attempt */
	W_LATENCY = 512,
	W_END = 1024,		/* how first err */
};

/* fields_columns - value for -o. */
const char *fields_columns(enum fields f);
/* compare - rows of @csv against those of @ends for which @want says 1
 * (must be shown) or 2 (may be).  Returns how many rows there were. */
typedef int want_fn(const struct end *e, const void *arg);
unsigned compare(struct test *t, const char *csv, const struct traffic *tr,
		 want_fn *want, const void *arg, enum fields f);
int want_all(const struct end *e, const void *arg);
int want_clients(const struct end *e, const void *arg);
int want_servers(const struct end *e, const void *arg);

/* beside - run the tool NAME with @args beside traffic, stop it, and compare.
 * @make makes the traffic (NULL: traffic_make of @n).  Returns rows shown. */
struct beside {
	const char *name;
	const char *const *args;
	unsigned n;
	void (*make)(struct traffic *tr, unsigned n);
	want_fn *want;
	const void *arg;
	enum fields fields;
};
unsigned beside(struct traffic *tr, const struct beside *b);

/* ---- burst.c ----------------------------------------------------------- */

struct burst {
	unsigned n;		/* connections */
	unsigned per_second;	/* of them; 0: as fast as they can */
	unsigned bytes;		/* that the client sends, and the server
				   reads, in each; BURST_BYTES at most */
	double seconds;		/* set: how long it took */
};

#define BURST_BYTES 1024

/* burst_make - connections over eight addresses and ports, each accepted by
 * the server and reset by its client.  Returns how many there were. */
unsigned burst_make(struct test *t, const struct netns *ns, struct burst *b);

#endif
