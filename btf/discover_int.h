/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of discovery share.
 *
 * discover.c, discover_text.c, discover_write.c keep recordings; the others
 * solve them.  A *rule* says how a field looks in the bytes of a window.  Its
 * *candidates* are the offsets that agree with every window.  What neighbours
 * and order tell then takes candidates away, until one is left or nothing
 * changes.
 */
#ifndef SOCKEYE_DISCOVER_INT_H
#define SOCKEYE_DISCOVER_INT_H

#include "btf_int.h"
#include "discover.h"

/* ---- discover.c ------------------------------------------------------- */

#define RECORDING_HEAD	"# sockeye recording 1"
#define DISC_FACTS	255	/* of a window */

/* The word in recordings; NULL out of range. */
const char *disc_object_name(unsigned int object);
const char *disc_key_name(unsigned int key);
/* disc_window_fact - the first fact of @key, or NULL. */
const struct disc_fact *disc_window_fact(const struct disc_window *w, int key);

/* ---- discover_rules.c: what is looked for ----------------------------- */

/* Which struct a field is in.  Those up to TCP_SOCK start with each other, so
 * all fields of one come before those of the next. */
enum disc_type {
	TYPE_SOCK_COMMON,
	TYPE_SOCK,
	TYPE_INET_SOCK,
	TYPE_INET_CONNECTION_SOCK,
	TYPE_TCP_SOCK,
	TYPE_SK_BUFF,
	TYPE_TCP_SKB_CB,
	TYPE_TCP_REQUEST_SOCK,
	TYPE_SOCKET,
	TYPE_NET,
	TYPE_NET_DEVICE,
	TYPE_PROTO,
	TYPE_TCP_CONGESTION_OPS,
	TYPE_TASK_STRUCT,
	TYPE_FILES_STRUCT,
	TYPE_FDTABLE,
	TYPE_FILE,
	TYPE_NSPROXY,
	TYPE_MAX
};

#define SOCK_COMMON_MAX	192	/* bytes; it has 136 up to 6.18 */

/* How a value stands in memory. */
enum disc_form {
	FORM_NONE,
	FORM_U8,
	FORM_U16,
	FORM_U32,
	FORM_U64,
	FORM_LONG,	/* the kernel's word */
	FORM_BE16,	/* network byte order */
	FORM_BITS4,	/* a bitfield, first in its byte, of 4 bits */
	FORM_BITS5,
	FORM_BITS6,
	FORM_LAST4,	/* the same, of 4 bits, last in its byte */
	FORM_BYTES4,	/* as user space has them */
	FORM_BYTES16,
	FORM_MAX
};

#define FORM(name)	(1u << FORM_##name)
#define OBJECT(name)	(1u << DISC_##name)

enum rule_id {
	SKC_DADDR, SKC_RCV_SADDR, SKC_DPORT, SKC_NUM, SKC_FAMILY, SKC_STATE,
	SKC_BOUND_DEV_IF, SKC_PROT, SKC_NET, SKC_V6_DADDR, SKC_V6_RCV_SADDR,
	SKC_COOKIE, SKC_FLAGS,
	SK_RMEM_ALLOC, SK_BACKLOG_LEN, SK_DROPS, SK_RCVBUF, SK_RCVLOWAT,
	SK_ERR, SK_SOCKET, SK_FORWARD_ALLOC, SK_WMEM_QUEUED, SK_WMEM_ALLOC,
	SK_MAX_PACING_RATE, SK_PRIORITY, SK_MARK, SK_UID,
	SK_TYPE, SK_PROTOCOL, SK_SNDBUF, SK_SHUTDOWN, SK_ACK_BACKLOG,
	SK_MAX_ACK_BACKLOG,
	INET_SPORT, INET_SADDR, INET_TOS,
	ICSK_CA_OPS, ICSK_CA_STATE, ICSK_RETRANSMITS, ICSK_PENDING,
	ICSK_BACKOFF,
	TCP_SRTT_US, TCP_MDEV_US, TCP_RTT_MIN, TCP_RTT_MIN_2ND,
	TCP_RTT_MIN_3RD, TCP_SND_CWND, TCP_SND_SSTHRESH,
	TCP_BYTES_ACKED, TCP_BYTES_RECEIVED, TCP_BYTES_SENT,
	TCP_BYTES_RETRANS, TCP_TOTAL_RETRANS, TCP_PACKETS_OUT,
	TCP_RETRANS_OUT, TCP_LOST_OUT, TCP_SACKED_OUT, TCP_SEGS_IN,
	TCP_SEGS_OUT, TCP_DATA_SEGS_IN, TCP_DATA_SEGS_OUT, TCP_DELIVERED,
	TCP_SND_WND, TCP_RCV_WND, TCP_RCV_SSTHRESH,
	TCP_ADVMSS, TCP_MSS_CACHE, TCP_NONAGLE,
	TCP_WRITE_SEQ, TCP_SND_NXT, TCP_SND_UNA, TCP_SND_SML, TCP_RCV_NXT,
	TCP_COPIED_SEQ, TCP_SND_WSCALE, TCP_RCV_WSCALE,
	SKB_SK, SKB_LEN, SKB_DATA_LEN, SKB_DEV, SKB_CB, SKB_PROTOCOL,
	SKB_TRANSPORT_HEADER, SKB_NETWORK_HEADER, SKB_MAC_HEADER, SKB_TAIL,
	SKB_HEAD, SKB_DATA,
	CB_SEQ, CB_END_SEQ, CB_TCP_GSO_SEGS, CB_TCP_FLAGS,
	REQ_SNT_ISN,
	SOCKET_STATE, SOCKET_TYPE, SOCKET_FILE, SOCKET_SK,
	NET_NS_INUM, NET_DEVICE_ND_NET, PROTO_NAME, CONG_NAME,
	TASK_FILES, FILES_FDT, FDTABLE_FD, FILE_PRIVATE_DATA,
	TASK_NSPROXY, NSPROXY_NET_NS,
	RULES
};

/* Who solves it. */
enum rule_kind {
	KIND_SCALAR,	/* a known value in the object itself */
	KIND_FOLLOWS,	/* stands at a fixed distance from another, always */
	KIND_POINTER,	/* leads to what contains rule->inner */
	KIND_OTHER,	/* found along with another */
};

struct rule {
	uint8_t type;		/* enum disc_type */
	uint8_t kind;		/* enum rule_kind */
	uint8_t key;		/* enum disc_key */
	uint8_t class;		/* enum field_class */
	uint8_t shift;		/* value is fact << shift, and some */
	uint8_t plus;		/* value is fact + plus */
	uint8_t mask;		/* the bits that are known; 0: all */
	uint8_t inner;		/* KIND_POINTER: rule of what it leads to */
	uint8_t size;		/* bytes, of what has no form */
	bool widest;		/* a form inside of another is the other */
	bool neighbour;		/* values alone do not say enough */
	uint16_t forms;		/* set of FORM() */
	uint16_t objects;	/* set of OBJECT() */
	const char *path;
	const char *tail;	/* the scalar behind @path: ".counter" */
};

extern const struct rule disc_rules[RULES];

/*
 * @b stands @off bytes and @words of the kernel's words behind @a, if they
 * have these forms (0: any).  Several lines for one pair are alternatives.
 */
struct relation {
	uint8_t a, b;
	int8_t off, words;
	uint8_t form_a, form_b;
};

extern const struct relation disc_relations[];
extern const unsigned int disc_nrelations;

/* type_name - "struct sock" */
const char *disc_type_name(unsigned int type);
/* ---- discover_match.c: candidates ------------------------------------- */

#define NO_MISS		0xff
#define MISSES		0xfe	/* several */

struct cand {
	uint32_t off;
	uint32_t inner;		/* KIND_POINTER: offset in what it leads to */
	uint8_t form;
	/* NO_MISS, or what it disagrees with: one value, or windows of one
	   subject (both by number, or MISSES): without those it would be a
	   candidate */
	uint8_t miss, miss_subject;
	bool partial;		/* some windows end before it */
};

/* What is left for a rule. */
struct cands {
	struct cand *c;
	size_t n, cap;
	unsigned int nvalues;	/* different ones that are known, up to 64 */
	uint64_t nonzero;	/* those of them that are not 0, bit by bit */
	uint64_t subjects;	/* those with other values than 0 */
	bool wide;		/* values tell wide forms from narrow ones */
	bool seen;		/* some window shows all of its object */
	bool related;		/* a neighbour agrees */
	bool alone;		/* a neighbour is elsewhere */
};

struct found {
	bool known;
	uint8_t form;
	uint32_t inner;
	struct field field;
	const char *why;
};

struct discovery {
	bool big_endian;
	uint8_t word;
	struct found found[RULES];
};

struct solver {
	const struct recording *r;
	struct discovery *d;
	struct cands cands[RULES];
	uint64_t *work;		/* left before it is given up */
	bool no_memory;
};

/* worked - take @n off what is left to do; false when that was the last of
 * it.  A recording of a real kernel takes some three million. */
bool worked(const struct solver *s, uint64_t n);

/* only_form - of a rule that has but one; or FORM_NONE. */
unsigned int only_form(int rule);
/* form_size, form_align - bytes. */
uint32_t form_size(const struct solver *s, unsigned int form);
uint32_t form_align(const struct solver *s, unsigned int form);
/* form_width, form_begin - bits of a bitfield, and from which on they stand in
 * their byte; width 0: it is none. */
unsigned int form_width(unsigned int form);
unsigned int form_begin(unsigned int form);
/* The number of @size bytes at @off of @w, which is within it. */
uint64_t window_number(const struct solver *s, const struct disc_window *w,
		       uint32_t off, uint32_t size);
/* window_limit - how many bytes of @w are the object's */
uint32_t window_limit(const struct disc_window *w);
void add_cand(struct solver *s, int rule, const struct cand *c);
/* match_rule - fill in s->cands[rule] for a KIND_SCALAR rule. */
void match_rule(struct solver *s, int rule);
/* rule_holds - how many windows say that @rule has @form at @off; 0 when one
 * says it has not. */
unsigned int rule_holds(struct solver *s, int rule, uint32_t off,
			unsigned int form);

/* ---- discover_chain.c, discover_follow.c, discover_task.c ------------- */

/* deref - the window that shows address @addr, of those that words of window
 * @parent lead to if there is one; its offset there. */
const struct disc_window *deref(const struct solver *s,
				const struct disc_window *parent,
				uint64_t addr, uint32_t *off);
/* is_address - a kernel pointer, for all we can tell */
bool is_address(const struct solver *s, uint64_t v);
/* solve_pointers - candidates of KIND_POINTER rules. */
void solve_pointers(struct solver *s);
/* lead - what the word at @off of @w leads to: 1, 0 unknown, -1 nothing. */
int lead(const struct solver *s, const struct disc_window *w, uint32_t off,
	 const struct disc_window **p, uint32_t *at);
/* solve_followers - what is known along with others that were found. */
void solve_followers(struct solver *s);
void solve_skb(struct solver *s);
void solve_net_device(struct solver *s);
void solve_task(struct solver *s);

/* ---- discover_skb.c, discover_head.c: packets ------------------------- */

#define SKBS	(1u << DISC_SKB | 1u << DISC_SKB_UDP)

/* fact_number - a number that is known of @w. */
bool fact_number(const struct disc_window *w, int key, uint64_t *v);
/* packet_from - the first window of @objects from @w on, or NULL. */
const struct disc_window *packet_from(const struct solver *s,
				      const struct disc_window *w,
				      unsigned int objects);
/* packet_limit - how far the longest of them goes. */
uint32_t packet_limit(const struct solver *s, unsigned int objects);
/* set_all_missing - of rules @from to @to */
void set_all_missing(struct solver *s, int from, int to, const char *why);
/* packet_tos - the traffic class in the IP header of a packet; after
 * solve_head(). */
bool packet_tos(const struct solver *s, const struct disc_window *w,
		uint8_t *tos);
/* solve_head - head, data, and the offsets of headers; after len. */
void solve_head(struct solver *s);

#define for_each_packet(s, w, objects)					\
	for (w = packet_from(s, (s)->r->windows, objects); w;		\
	     w = packet_from(s, w + 1, objects))

/* ---- discover_solve.c ------------------------------------------------- */

/* solve - find all that there are rules for. */
void solve(struct solver *s);
/* set_found, set_missing - the answer to a rule. */
void set_found(struct solver *s, int rule, uint32_t off, unsigned int form);
void set_missing(struct solver *s, int rule, const char *why);

#endif
