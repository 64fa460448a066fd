/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs of socket tools share: the event ring, counters, the
 * owner map, and how a socket becomes a struct flow.
 */
#ifndef SOCKEYE_SOCK_BPF_H
#define SOCKEYE_SOCK_BPF_H

#include "progs/event.h"
#include "progs/kernel.h"

#define AT_LEAST (1ull << 63)	/* K_MS: the duration is a lower bound */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);	/* or a perf event array */
	__uint(max_entries, 262144);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_MAX);
	__type(key, u32);
	__type(value, u64);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct owner);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* socket cookie */
	__type(value, struct seed);
} seeds SEC(".maps");

/* Assembled by the frontend for the options given; see enum verdict. */
extern u64 filter(const struct flow *f);

/*
 * Sixteen bytes that stand at a multiple of eight.  (Of memcpy() clang may
 * take the address once and add to it; Linux 4.9 lets programs add to the
 * address of no map's value.)
 */
static __always_inline void copy16(void *to, const void *from)
{
	typedef u64 __attribute__((may_alias)) word;
	word a = ((const word *)from)[0], b = ((const word *)from)[1];

	((word *)to)[0] = a;
	((word *)to)[1] = b;
}

/* 1 or 0, and below all ones or 0, without a branch, of which verifiers go both
 * ways; clang would make one of it again. */
static __always_inline u64 nonzero(u64 v)
{
	u64 negative = -v;

	asm("" : "+r"(negative));
	return (v | negative) >> 63;
}

static __always_inline u64 is_negative(__s64 v)
{
	v >>= 63;
	asm("" : "+r"(v));
	return v;
}

/* The first @n bytes of eight stay: none below 0, all above 8.  Half a shift
 * at a time, since one by 64 is none. */
static __always_inline u64 cut8(u64 v, __s64 n)
{
	n &= ~is_negative(n);
	n = 4 * (8 + ((n - 8) & is_negative(n - 8)));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return v & ~(~0ull << n << n);
#else
	return v & ~(~0ull >> n >> n);
#endif
}

/* The same of 32: what is behind a name that was read is anything. */
static __always_inline void cut32(u64 text[4], __s64 n)
{
	text[0] = cut8(text[0], n);
	text[1] = cut8(text[1], n - 8);
	text[2] = cut8(text[2], n - 16);
	text[3] = cut8(text[3], n - 24);
}

static __always_inline void count(u32 stat)
{
	u64 *n = map_lookup(&stats, &stat);

	if (n)
		++*n;		/* per CPU */
}

/*
 * Readers are woken only when a quarter of the ring is in use; they look by
 * themselves otherwise (loader/ring.c).
 */
static __always_inline void emit(void *ctx, void *data, u32 len, u16 type)
{
	struct event *ev = data;

	ev->len = len;
	ev->type = type;
	ev->cpu = get_smp_processor_id();
	if (CONST(ringbuf)) {
		u64 avail = ringbuf_query(&events, BPF_RB_AVAIL_DATA);
		/* no branch: the verifier would go both ways from here */
		u64 flags = BPF_RB_FORCE_WAKEUP -
			    ((avail - CONST(ring_wake)) >> 63);

		if (ringbuf_output(&events, ev, len, flags))
			count(STAT_LOST);
	} else if (perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, ev,
				     len)) {
		count(STAT_LOST);
	}
}

static __always_inline int pass(const struct flow *f)
{
	u64 verdict = filter(f);

	if (verdict == FILTER_UNKNOWN)
		count(STAT_UNATTRIBUTED);
	return verdict == FILTER_PASS;
}

/* Of whoever runs here: a thread, or the idle task of this processor. */
static __always_inline u64 call_key(void)
{
	u32 tid = get_current_pid_tgid();

	return tid ? tid : 1ull << 32 | get_smp_processor_id();
}

/* ---- sockets ---------------------------------------------------------- */

static __always_inline int is_tcp(const struct sock *sk)
{
	return READ_BITS(sk, sk_protocol) == IPPROTO_TCP;
}

/* What a raw socket has for a protocol may be any number. */
static __always_inline int is_raw(const struct sock *sk)
{
	return EXISTS(sk->sk_type) && READ_BITS(sk, sk_type) == SOCK_RAW;
}

/* Of sockets of any family: NETLINK_XFRM is the same number. */
static __always_inline int is_tcp_socket(const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	u16 family = READ(c, skc_family);

	return (family == AF_INET || family == AF_INET6) && is_tcp(sk) &&
	       !is_raw(sk);
}

/* UDP or UDP Lite, of an IP socket. */
static __always_inline int is_udp(const struct sock *sk)
{
	u32 protocol = READ_BITS(sk, sk_protocol);

	if (protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE)
		return 0;
	return !is_raw(sk);
}

/* Has the peer's FIN come? */
static __always_inline u64 is_done(const struct sock *sk)
{
	return READ(sk, __sk_common.skc_flags) >> SOCK_DONE & 1;
}

static __always_inline u32 netns_of(const struct sock_common *c)
{
	struct net *net;

	if (!CONST(want_netns))
		return 0;
	net = READ(c, skc_net.net);
	return READ(net, ns.inum);
}

/* Of a network namespace that is not looked at: what is kept of sockets need
 * not have room for all of a busy host. */
static __always_inline int is_elsewhere(const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	const struct net *net;

	if (!CONST(only_netns))
		return 0;
	net = READ(c, skc_net.net);
	return READ(net, ns.inum) != (u32)CONST(only_netns);
}

static __always_inline void map_v4(u8 addr[16], u32 v4)
{
	addr[10] = addr[11] = 0xff;
	*(u32 *)(addr + 12) = v4;
}

/*
 * Addresses and remote port.  @f is zeroed.
 *
 * IPv4's are read at once, as the beginning of struct sock_common is theirs
 * (4.9 to 7.x): a call costs more than the bytes that it reads.
 */
static __always_inline void flow_ends(struct flow *f,
				      const struct sock_common *c)
{
	u64 head[3];

#define HEAD(member)							     \
	(field_info(c->member, 0) + sizeof(c->member) <= sizeof(head) ?	     \
	 *(typeof(c->member) *)((void *)head + field_info(c->member, 0)) :   \
	 READ(c, member))
	probe_read(head, sizeof(head), c);
	f->family = HEAD(skc_family);
	f->protocol = IPPROTO_TCP;
	f->rport = ntohs(HEAD(skc_dport));
	if (f->family == AF_INET6) {
		/* unless there is no CONFIG_IPV6, and so none of these */
		if (EXISTS(c->skc_v6_daddr)) {
			probe_read(f->laddr, 16, &c->skc_v6_rcv_saddr);
			probe_read(f->raddr, 16, &c->skc_v6_daddr);
		}
	} else {
		map_v4(f->laddr, HEAD(skc_rcv_saddr));
		map_v4(f->raddr, HEAD(skc_daddr));
	}
#undef HEAD
}

/* The same and the namespace; of a request_sock as well, since it starts with
 * the same structure. */
static __always_inline void flow_common(struct flow *f,
					const struct sock_common *c)
{
	f->netns = netns_of(c);
	flow_ends(f, c);
}

/*
 * The local port is inet_sport: skc_num is 0 again by the time a socket is
 * reported closed (inet_put_port() comes before the tracepoint).
 */
static __always_inline void flow_sock(struct flow *f, const struct sock *sk)
{
	const struct inet_sock *inet = (const void *)sk;

	flow_common(f, &sk->__sk_common);
	f->lport = ntohs(READ(inet, inet_sport));
}

static __always_inline u64 sock_id(const void *sk, u64 birth)
{
	u64 v = 0;

	if (!CONST(want_id))
		return 0;
	/* fentry's pointers are no numbers to the verifier; what is read is */
	probe_read(&v, sizeof(v), &sk);
	/* 2^64 / golden ratio: close pointers, far ids.  Multiplied before
	 * the birth comes in: pointers and births that differ by the same bits
	 * are met among some thousand sockets. */
	return (v * 0x9e3779b97f4a7c15ull ^ birth) * 0x9e3779b97f4a7c15ull;
}

/*
 * Once the beginning of something found no room, what has none need not be
 * older than the tool.  The mark stands among the seeds, as no cookie is 0.
 */
static __always_inline void births_lost(void)
{
	struct seed mark = {};
	u64 key = 0;

	map_update(&seeds, &key, &mark, BPF_ANY);
}

/* How long lasts what has no known beginning: at least as long as we run. */
static __always_inline u64 since_start(u64 now)
{
	u64 key = 0;

	if (map_lookup(&seeds, &key))
		return AT_LEAST;
	return (now - CONST(start_ns)) | AT_LEAST;
}

static __always_inline struct fdtable *fdtable_current(void)
{
	struct task_struct *task = (void *)get_current_task();
	struct files_struct *files = READ(task, files);

	return READ(files, fdt);
}

/* What is behind descriptor @fd; NULL: nothing. */
static __always_inline struct file *file_of_fd(const struct fdtable *fdt,
					       u32 fd)
{
	struct file **fds, *file = 0;
	u64 word;

	if (EXISTS(fdt->max_fds) && fd >= READ(fdt, max_fds))
		return 0;
	fds = READ(fdt, fd);
	word = CONST(kernel_word);
	probe_read(LOW_BYTES(file, word), word, (void *)fds + fd * word);
	return file;
}

/* The socket behind descriptor @fd of the current task. */
static __always_inline struct sock *sock_of_fd(u32 fd)
{
	struct file *file = file_of_fd(fdtable_current(), fd);
	struct socket *socket = READ(file, private_data);

	return READ(socket, sk);
}

/* ---- owners ----------------------------------------------------------- */

static __always_inline void owner_current(struct owner *o)
{
	u64 id = get_current_pid_tgid();
	/* On the stack: helpers write to nothing else before 4.11.  Zeroed:
	 * Linux 6.1, built with FORTIFY_SOURCE, writes no further than the
	 * end of the name. */
	char comm[16] __attribute__((aligned(8))) = {};

	o->tid = id;
	o->uid = get_current_uid_gid();
	if (CONST(want_cgroup) && CONST(cgroup_id))
		o->cgroup = get_current_cgroup_id();
	get_current_comm(comm, sizeof(comm));
	copy16(o->comm, comm);
	/* who sees `pid` sees the rest, where stores keep their order (x86,
	 * s390x; elsewhere nearly always: BPF has no barrier before 5.12) */
	asm volatile("" ::: "memory");
	o->pid = id >> 32;
}

/* False if there was no room. */
static __always_inline int owner_keep(u64 sk, const struct owner *o, u64 how)
{
	/* 32 bits: maps return an int, of any upper half, before 6.4 */
	s32 err = map_update(&owners, &sk, o, how);

	if (!err || err == -EEXIST)
		return 1;
	count(STAT_OWNERS_FULL);
	return 0;
}

/* The same of a socket that may be elsewhere. */
static __always_inline int owner_put(u64 sk, const struct owner *o, u64 how)
{
	return is_elsewhere((const void *)sk) ? 1 : owner_keep(sk, o, how);
}

/* The process at hand has made or taken this socket. */
static __always_inline int owner_set(u64 sk, u64 birth, u32 flags)
{
	struct owner o = { .birth = birth, .flags = flags };

	owner_current(&o);
	return owner_put(sk, &o, BPF_ANY);
}

/* A session the peer opened; who will take it is not known. */
static __always_inline int owner_nobody(const struct sock *sk)
{
	struct owner o = { .birth = ktime_get_ns() };

	/* with TCP Fast Open it may have been accepted already */
	return owner_put((u64)sk, &o, BPF_NOEXIST);
}

/* What user space knows a socket by; 0: it knows of none. */
static __always_inline u64 sock_cookie(const struct sock *sk)
{
	if (!EXISTS(sk->__sk_common.skc_cookie))
		return 0;
	return READ(sk, __sk_common.skc_cookie.counter);
}

/* What user space found out about a socket older than the tool; false if
 * nothing.  @key is its cookie. */
static __always_inline int owner_seeded(struct owner *to, u64 key)
{
	struct seed *s;

	if (!key)
		return 0;
	s = map_lookup(&seeds, &key);
	if (!s)
		return 0;
	/* to the verifier the same as what owner_copy() leaves: all of eight
	 * bytes at once, then the PID */
	to->cgroup = s->cgroup;
	copy16(&to->pid, &s->pid);	/* flags are 0 there */
	copy16(to->comm, s->comm);
	to->pid = s->pid;
	return 1;
}

/* The same, which is not asked for again. */
static __always_inline int owner_take_seed(struct owner *to,
					   const struct sock *sk)
{
	u64 key = sock_cookie(sk);

	if (!owner_seeded(to, key))
		return 0;
	map_delete(&seeds, &key);
	return 1;
}

/* There are none of sockets that are elsewhere. */
static __always_inline int owner_from_seed(struct owner *to,
					   const struct sock *sk)
{
	if (!owner_take_seed(to, sk))
		return 0;
	owner_keep((u64)sk, to, BPF_ANY);
	return 1;
}

static __always_inline struct owner *owner_known(const struct sock *sk)
{
	u64 key = (u64)sk;

	return map_lookup(&owners, &key);
}

/*
 * What is known of the owner goes to @to, which is zeroed; false if nothing
 * is.  A copy, since Linux 4.9's verifier forgets that a pointer was found to
 * be NULL, and would follow it where it is tested again.
 *
 * Whoever was found first stands first: verifiers take the branches in that
 * order, and what they have seen to be right with an owner of whom nothing is
 * known they do not go through again with one of zeros.
 */
static __always_inline int owner_copy(struct owner *to, const struct sock *sk)
{
	struct owner *o = owner_known(sk);
	u32 pid;

	if (o) {
		pid = o->pid;
		asm volatile("" ::: "memory");	/* see owner_current() */
		*to = *o;
		to->pid = pid;
		return 1;
	}
	return owner_from_seed(to, sk);
}

static __always_inline void owner_forget(const struct sock *sk)
{
	u64 key = (u64)sk;

	map_delete(&owners, &key);
}

/* Without asking: who is not known is all zeros, and a branch here is one more
 * way for verifiers through all that follows. */
static __always_inline void flow_owner(struct flow *f, const struct sock *sk,
				       const struct owner *o)
{
	u64 pid = o->pid;

	f->id = sock_id(sk, o->birth);
	f->pid = pid;
	asm("" : "+r"(pid));	/* or clang makes a branch of it */
	f->owned = -pid >> 63;
	f->tid = o->tid;
	f->uid = o->uid;
	f->cgroup = o->cgroup;
	copy16(f->comm, o->comm);
}

/* Whoever runs; @f is zeroed, and on the stack. */
static __always_inline void flow_current(struct flow *f)
{
	u64 id = get_current_pid_tgid();

	f->owned = 1;
	f->pid = id >> 32;
	f->tid = id;
	f->uid = get_current_uid_gid();
	if (CONST(want_cgroup) && CONST(cgroup_id))
		f->cgroup = get_current_cgroup_id();
	get_current_comm(f->comm, sizeof(f->comm));
}

#endif
