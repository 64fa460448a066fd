/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the prober share: loader/discover_*.c. */
#ifndef SOCKEYE_DISCOVER_INT_H
#define SOCKEYE_DISCOVER_INT_H

#include <sys/socket.h>
#include <netinet/in.h>

#include "loader/discover.h"
#include "loader/loader_int.h"

/* ---- the program (discover_prog.c) ------------------------------------ */

/* A program that notes the object at a hook and one that copies what it is
 * told to.  Each is a class; one is armed at a time. */
enum probe_class {
	NOTE_STATE = 1,	/* TCP socket that changes its state */
	NOTE_RECV,	/* TCP socket that is read from */
	NOTE_UDP,	/* UDP socket that is sent from */
	NOTE_FULL,	/* UDP socket whose buffer is full */
	NOTE_SKB,	/* segment received */
	NOTE_RETRANS,	/* segment sent again */
	NOTE_DGRAM,	/* packet on its way to the device */
	NOTE_REQ,	/* request_sock */
	NOTE_TASK,	/* our own task */
	PEEK,
	PROBE_CLASSES
};

#define CHUNK		256	/* bytes copied at once, through the stack */
#define PEEK_CHUNKS	96	/* in one run */
#define NOTE_CHUNKS	2	/* of an object, at its hook */

/* Value of map "ctl"; the same layout on every machine. */
struct probe_ctl {
	uint64_t comm;		/* first bytes of our thread's name */
	uint64_t obj;		/* noted */
	uint64_t sk;		/* NOTE_RETRANS, in anybody's context: of */
	uint32_t armed;		/* enum probe_class; 0: none */
	uint32_t hits, done;
	uint32_t pad;
	uint64_t addr[PEEK_CHUNKS];	/* what PEEK copies, up to a 0 */
};

/* Value of map "data". */
struct probe_chunk {
	int64_t err;		/* of probe_read */
	uint8_t bytes[CHUNK];
};

struct spec *probe_spec_new(void);
void probe_spec_free(struct spec *s);
/* probe_prog_name - of the program for @class. */
const char *probe_prog_name(int class);

/* ---- what was recorded (discover_tape.c) ------------------------------ */

/*
 * Memory shared with the child, which appends; the parent makes a struct
 * recording of it, also of what a child that was killed had written.
 */
struct tape;

struct facts {
	struct disc_fact f[72];
	unsigned n;
};

void known_number(struct facts *f, int key, uint64_t number);
void known_bytes(struct facts *f, int key, const void *bytes, size_t len);
void known_seq(struct facts *f, uint32_t relative);

struct tape *tape_new(void);
void tape_free(struct tape *t);
/* Indices of windows, or -1 when the tape is full. */
int tape_window(struct tape *t, int object, unsigned subject, uint64_t addr,
		const void *bytes, uint32_t len, uint32_t object_size,
		const struct facts *f);
int tape_pointee(struct tape *t, int parent, uint32_t off, uint64_t addr,
		 const void *bytes, uint32_t len);
/* tape_fail - what the child has to say when nothing could be recorded. */
void tape_fail(struct tape *t, const struct err *e);
int tape_play(struct tape *t, struct recording *r, struct err *e);

/* ---- the prober ------------------------------------------------------- */

struct prober {
	struct env *env;
	struct object *o;
	struct spec *spec;
	struct tape *tape;
	int ctl_fd, data_fd;
	struct probe_ctl ctl;
	char comm[16];
	/* hook found for a class, index into its ladder; -1 none, -2 not
	 * tried */
	int rung[PROBE_CLASSES];
	bool netns;		/* in a namespace of our own */
	bool ipv6;
	unsigned no_diag;	/* times that sock_diag gave no answer */
	bool task;		/* recorded */
	unsigned rto_ms;	/* retransmissions come after so long; 0: 200 */
	uint64_t slow_us;	/* what recording took so far: is it slow? */
	int early_retrans;	/* tcp_early_retrans; -1 not known */
	uint64_t netns_inum;
	uint64_t random;
	uint64_t anchor;	/* an object of the kernel's, once known */
	uint64_t low_ram;	/* 32 bits: how much is mapped one to one */
	unsigned subjects, addresses6, nseen;
	uint64_t seen[1024];	/* pointees that are recorded */
	struct { uint32_t tcp4, tcp6, udp4, udp6, skb, req4, task; } size;
};

/* discover.c */
uint64_t clock_us(void);
void pause_us(unsigned us);

uint32_t random32(struct prober *p);
uint32_t random_range(struct prober *p, uint32_t low, uint32_t high);

/* discover_hooks.c */
int prober_open(struct prober *p, struct err *e);
void prober_close(struct prober *p);
/* prober_rename - pass where NOTE_TASK and PEEK are. */
void prober_rename(struct prober *p);
/* note_arm - from now on the first object of @class that our own thread
 * passes is noted (NOTE_RETRANS: that belongs to socket @sk); false: no hook
 * for it.  note_take - its address, 0 none; @fd (or -1) is a socket that may
 * be asked something to pass the hook.  @window (may be NULL) gets
 * NOTE_CHUNKS chunks of it as it was then, @len how much could be read. */
bool note_arm(struct prober *p, int class, uint64_t sk);
uint64_t note_take(struct prober *p, int fd, uint8_t *window, uint32_t *len);
/* peek - copy kernel memory, as much of @len as can be read: bytes copied.
 * peek_chunks - single chunks: true where readable. */
uint32_t peek(struct prober *p, uint64_t addr, uint8_t *buf, uint32_t len);
unsigned peek_chunks(struct prober *p, const uint64_t *addr, unsigned n,
		     uint8_t (*buf)[CHUNK], bool *ok);

/* discover_net.c.  net_enter: into a new namespace, if that is allowed.
 * net_ipv6: can IPv6 be used?  Waits until it can. */
#define ADDRESSES6 4		/* fd00::, that addr_random() gives in turn */
void net_enter(struct prober *p);
bool net_ipv6(struct prober *p);
void net_early_retrans(struct prober *p, int value);
/* low_ram - bytes of memory that the kernel has always mapped, at most: what
 * is beyond them on a machine of 32 bits may be a device's registers. */
uint64_t low_ram(void);
/* slab_size - bytes of an object of slab @name, 0 unknown. */
uint32_t slab_size(const char *name);

/* ---- sockets (discover_sock.c) ---------------------------------------- */

struct subject {
	int fd;
	uint16_t id;
	uint8_t object;		/* enum disc_object */
	uint8_t family;
	uint64_t addr;		/* in the kernel; 0 unknown */
	uint32_t sent;		/* bytes written so far */
	uint32_t isn;		/* initial sequence number, if known */
	bool isn_known;
	/* what the scenario knows */
	uint8_t shutdown;	/* 1 RCV, 2 SEND */
	bool fin;		/* the peer's FIN came */
	bool connected;		/* UDP */
	bool gone;		/* no ports and addresses any more */
	int pending;		/* icsk_pending; -1 not known */
	uint32_t retrans;	/* total_retrans at a time when it was so */
	int peer;		/* its end that has seen all we sent; -1 */
	int window;		/* the newest */
	bool autotuned;		/* SO_RCVBUF and SO_SNDBUF are left alone */
	bool nagle;		/* nonagle can be told: data went since */
	/* TCP: where its queues ended when so much had passed through them */
	struct { uint32_t write_seq, rcv_nxt, sent; uint64_t received; } seq;
	bool seq_known;
	uint32_t small;		/* where the last segment that was not full
				   ended */
	bool small_known;
};

void subject_init(struct prober *p, struct subject *s, int object, int family);
void subject_close(struct subject *s);
/* subject_options - give everything that can be set a new random value. */
void subject_options(struct prober *p, struct subject *s);
/* subject_window - record it, with all that is known, and @pointees what its
 * words point to; index or -1. */
int subject_window(struct prober *p, struct subject *s, bool pointees);
/* is_pointer - could @word be a kernel address? */
bool is_pointer(const struct prober *p, uint64_t word);
uint64_t word_at(const struct prober *p, const uint8_t *at);
/* follow - record what the words of window @index point to, @each bytes of
 * it, unless that is known already; of what comes and goes, @anew. */
void follow(struct prober *p, int index, const uint8_t *bytes, uint32_t len,
	    uint64_t addr, uint32_t each, bool anew);

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};
/* facts_packet - addresses and ports as in a packet from @s. */
void facts_packet(const struct subject *s, struct facts *f);
/* addr_random - a loopback address that has not been used; port 0. */
socklen_t addr_random(struct prober *p, int family, bool mapped,
		      union any_addr *a);

/* facts (discover_facts.c): what getsockopt tells of the socket now. */
void facts_socket(struct prober *p, const struct subject *s, struct facts *f);
/* discover_diag.c: what SO_MEMINFO and SO_COOKIE tell, from sock_diag; how
 * many numbers. */
unsigned diag_memory(const struct subject *s, uint32_t *mem, unsigned max,
		     uint64_t *cookie);
uint32_t tcp_info_u32(int fd, unsigned off);
bool tcp_info_has(int fd, unsigned off);
enum { INFO_RETRANSMITS = 2, INFO_SND_MSS = 16, INFO_UNACKED = 24,
       INFO_TOTAL_RETRANS = 100, INFO_SND_WND = 228, INFO_RCV_WND = 232 };
/* discover_seq.c: seq_learn - where the queues of @s end, as nothing is under
 * way; facts_seq - where they end now, and how far what is in them has come. */
void seq_learn(struct subject *s);
void facts_seq(const struct subject *s, struct facts *f);

/* scenarios */

/* Both ends of a connection, the listener, and connections that nobody
 * accepts (discover_conn.c). */
#define WAITING 4
struct conn {
	struct subject lis, cli, srv;
	union any_addr addr;	/* of the listener */
	socklen_t addrlen;
	bool mapped;
	uint32_t lost;		/* where what retransmit_arm() sent begins */
	int waiting[WAITING];
};

bool conn_open(struct prober *p, struct conn *c, int family, bool mapped,
	       unsigned n);
void conn_close(struct conn *c);
/* conn_send - @len bytes, all different runs; true when they went.  conn_put -
 * with @flags of send(2). */
bool conn_send(struct prober *p, struct subject *from, uint32_t len);
bool conn_put(struct prober *p, struct subject *from, uint32_t len, int flags);
/* conn_read - all that is there. */
void conn_read(struct subject *to);
/* conn_drop - from now on socket @fd drops all segments, or those of @len bytes
 * of payload; conn_undrop - no more. */
bool conn_drop(int fd, uint32_t len);
void conn_undrop(int fd);

/* discover_seq.c: windows in which sequence numbers differ that are mostly
 * alike.  record_seq - of what is sent and received; record_partly - with some
 * acknowledged, and some lost; record_urgent - where nothing of the client's
 * arrives any more. */
void record_seq(struct prober *p, struct conn *c);
void record_partly(struct prober *p, struct conn *c);
void record_urgent(struct prober *p, struct conn *c);

/* Segments as they are (discover_raw.c), IPv4.  raw_open: a socket at @at,
 * -1.  raw_read: the next one received, false when there is none. */
struct segment {
	uint16_t sport, dport;
	uint32_t seq, ack;
	bool syn;
};
int raw_open(const union any_addr *at);
bool raw_read(int fd, struct segment *g);
bool raw_syn(int fd, const union any_addr *from, const union any_addr *to,
	     uint32_t seq);

void record_tcp(struct prober *p);	/* discover_tcp.c */
/* discover_skb.c: unread segments; retransmit_arm before, and _take after a
 * packet of the client's was lost. */
void record_skb(struct prober *p, struct conn *c);
bool retransmit_arm(struct prober *p, struct conn *c);
void retransmit_take(struct prober *p, struct conn *c);
void record_req(struct prober *p, struct conn *c);	/* discover_req.c */
/* discover_udp.c: sockets of two, and of one namespace */
void record_udp(struct prober *p);
void record_udp_again(struct prober *p);
/* discover_task.c: our task, which has the sockets @s, if they are known. */
void record_task(struct prober *p, const struct subject *s, unsigned n);

#endif
