/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_sock - "lport", "state": of the socket that the hook is about.  Where
 * that one is, is said (--sock), or told by the prototype of the function, or
 * known of old.
 */
#include "tools/frontend/ask_int.h"

#include <errno.h>
#include <string.h>

static const struct sock_word {
	const char *name;
	uint8_t shape, then;
	const char *path;	/* in struct sock */
} words[] = {
	{ "family", SHAPE_U64, THEN_NOTHING, "__sk_common.skc_family" },
	{ "ipfamily", SHAPE_U64, THEN_IPFAMILY, NULL },
	{ "protocol", SHAPE_U64, THEN_PROTOCOL, NULL },
	{ "state", SHAPE_U64, THEN_NOTHING, "__sk_common.skc_state" },
	/* "TCP", "UDPv6", "UNIX-STREAM": as the protocol calls itself */
	{ "proto", SHAPE_NAME, THEN_NOTHING, "__sk_common.skc_prot" },
	{ "lport", SHAPE_U64, THEN_LPORT, NULL },
	{ "rport", SHAPE_U64, THEN_RPORT, NULL },
	{ "laddr", SHAPE_ADDR, THEN_LADDR, NULL },
	{ "raddr", SHAPE_ADDR, THEN_RADDR, NULL },
	{ "lnet", SHAPE_NETWORK, THEN_LNET, NULL },
	{ "rnet", SHAPE_NETWORK, THEN_RNET, NULL },
	{ "rmem_fill", SHAPE_U64, THEN_RMEM_FILL, NULL },	/* percent */
	{ "srtt", SHAPE_U64, THEN_SRTT, NULL },		/* us, and these: */
	{ "mdev", SHAPE_U64, THEN_MDEV, NULL },
	{ "min_rtt", SHAPE_U64, THEN_MIN_RTT, NULL },
	{ "sock", SHAPE_U64, THEN_NOTHING, NULL },	/* its address */
};

const char *ask_sock_name(unsigned i)
{
	if (i == COUNT(words))
		return "netns";
	return i < COUNT(words) ? words[i].name : NULL;
}

static int add_step(const struct asking *a, struct ask_value *v,
		    const char *type, const char *path)
{
	if (v->nsteps == ASK_STEPS)
		return ask_bad(a->e, "'%s' is more than %d pointers away from "
			       "--sock %s", v->name, ASK_STEPS,
			       a->world->sock);
	v->steps[v->nsteps++] = (struct ask_step){ type, path };
	return 0;
}

/* ---- where it is ------------------------------------------------------ */

/* What a pointer is worth. */
enum pointee { NO_SOCK, A_SOCK, A_SOCKET };

static enum pointee pointee(const char *type)
{
	/* each begins with a struct sock (include/net/inet_sock.h) */
	static const char *const socks[] = {
		"struct sock", "struct inet_sock", "struct tcp_sock",
		"struct inet_connection_sock", "struct udp_sock",
	};

	for (size_t i = 0; i < COUNT(socks); i++)
		if (!strcmp(type, socks[i]))
			return A_SOCK;
	return strcmp(type, "struct socket") ? NO_SOCK : A_SOCKET;
}

static bool at_return(const struct hook *h)
{
	return h->kind == HOOK_KRETPROBE || h->kind == HOOK_FEXIT;
}

static bool is_raw(const struct hook *h)
{
	return h->kind == HOOK_RAW_TRACEPOINT || h->kind == HOOK_TP_BTF;
}

static struct btf *types(const struct asking *a)
{
	const struct env *env = a->world->env;

	return !env ? NULL : env->types ? env->types : env->kernel_btf;
}

int ask_param(const struct asking *a, int n, char *type, size_t len)
{
	const struct hook *h = a->world->hook;
	int first = is_raw(h);
	struct btf *b = types(a);
	char name[160];

	if (!b)
		return -ENOENT;
	/* typedef void (*btf_trace_NAME)(void *__data, ...); */
	snprintf(name, sizeof(name), "%s%s", first ? "btf_trace_" : "",
		 h->target);
	return btf_func_param(b, name, n == REG_RETURN ? n : first + n, type,
			      len);
}

/*
 * From the kernel's own prototype.  What comes back counts first: where a
 * socket is returned (inet_csk_accept, sk_clone_lock), that is the new one.
 * Arguments are there at a return as well (engine_call.c).  -ENOENT: the
 * function is not known.
 */
static int by_prototype(const struct asking *a, struct ask_value *v,
			enum pointee *what)
{
	char type[80];
	int err = 0, i;

	if (!types(a))
		return -ENOENT;
	v->from = FROM_RETVAL;
	if (at_return(a->world->hook)) {
		err = ask_param(a, REG_RETURN, type, sizeof(type));
		*what = err ? NO_SOCK : pointee(type);
	}
	if (*what)
		return 0;
	v->from = FROM_ARG;
	for (i = 0; i < ASK_ARGS && !*what; i++) {
		v->arg = (uint8_t)i;
		err = ask_param(a, i, type, sizeof(type));
		if (err == -ENOENT || err == -ERANGE)
			break;
		*what = err ? NO_SOCK : pointee(type);
	}
	return err == -ENOENT ? err : 0;
}

/* Functions and raw tracepoints whose first argument is the socket on all
 * kernels since 4.1; for those without BTF. */
static const struct {
	const char *name;
	uint8_t what;
	bool returned;	/* a new one, at the end */
} known[] = {
	{ "tcp_sendmsg", A_SOCK, false },
	{ "tcp_recvmsg", A_SOCK, false },
	{ "tcp_connect", A_SOCK, false },
	{ "tcp_rcv_established", A_SOCK, false },
	{ "tcp_v4_connect", A_SOCK, false },
	{ "tcp_v6_connect", A_SOCK, false },
	{ "udp_sendmsg", A_SOCK, false },
	{ "udpv6_sendmsg", A_SOCK, false },
	{ "udp_recvmsg", A_SOCK, false },
	{ "udpv6_recvmsg", A_SOCK, false },
	{ "tcp_close", A_SOCK, false },
	{ "tcp_set_state", A_SOCK, false },
	{ "tcp_retransmit_skb", A_SOCK, false },
	{ "inet_csk_accept", A_SOCK, true },
	{ "sock_sendmsg", A_SOCKET, false },
	{ "__sock_sendmsg", A_SOCKET, false },
	{ "sock_recvmsg", A_SOCKET, false },
	{ "security_socket_sendmsg", A_SOCKET, false },
	{ "security_socket_recvmsg", A_SOCKET, false },
	{ "inet_stream_connect", A_SOCKET, false },
	{ "inet_sendmsg", A_SOCKET, false },
	{ "inet_recvmsg", A_SOCKET, false },
	{ "inet6_sendmsg", A_SOCKET, false },
	{ "inet6_recvmsg", A_SOCKET, false },
	{ "unix_stream_sendmsg", A_SOCKET, false },
	{ "unix_stream_recvmsg", A_SOCKET, false },
	{ "unix_dgram_sendmsg", A_SOCKET, false },
	{ "unix_dgram_recvmsg", A_SOCKET, false },
	{ "netlink_sendmsg", A_SOCKET, false },
	{ "netlink_recvmsg", A_SOCKET, false },
	{ "packet_sendmsg", A_SOCKET, false },
	{ "packet_recvmsg", A_SOCKET, false },
	{ "inet_dgram_connect", A_SOCKET, false },
	/* raw tracepoints alone */
	{ "inet_sock_set_state", A_SOCK, false },
	{ "tcp_destroy_sock", A_SOCK, false },
	{ "tcp_receive_reset", A_SOCK, false },
	{ "tcp_rcv_space_adjust", A_SOCK, false },
	{ "tcp_probe", A_SOCK, false },
	{ "sock_send_length", A_SOCK, false },
	{ "sock_recv_length", A_SOCK, false },
};

static void by_name(const struct asking *a, struct ask_value *v,
		    enum pointee *what)
{
	const struct hook *h = a->world->hook;

	for (size_t i = 0; i < COUNT(known); i++) {
		bool back = known[i].returned && at_return(h);

		if (strcmp(known[i].name, h->target))
			continue;
		v->from = back ? FROM_RETVAL : FROM_ARG;
		*what = (enum pointee)known[i].what;
		return;
	}
}

static void find_sock(const struct asking *a, struct ask_value *v,
		      enum pointee *what)
{
	const struct hook *h = a->world->hook;

	*what = NO_SOCK;
	switch (h ? h->kind : HOOK_NONE) {
	case HOOK_TRACEPOINT:
		v->from = FROM_FIELD;
		v->field = ask_tp_sock(a, &v->fd);
		*what = v->field ? A_SOCK : NO_SOCK;
		break;
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
	case HOOK_FENTRY:
	case HOOK_FEXIT:
	case HOOK_RAW_TRACEPOINT:
	case HOOK_TP_BTF:
		if (by_prototype(a, v, what) == -ENOENT)
			by_name(a, v, what);
		break;
	}
}

static int no_sock(const struct asking *a, const char *word)
{
	return ask_bad(a->e, "'%s' needs a socket; say where it is with "
		       "--sock arg0", word);
}

/* --sock WORD */
static int given_sock(const struct asking *a, struct ask_value *v)
{
	char word[ASK_WORD_MAX];
	int err;

	err = ask_word(a, word, a->world->sock, strlen(a->world->sock),
		       "--sock");
	if (!err)
		err = ask_place(a, v, word);
	if (err == -ENOENT)
		return ask_bad(a->e, "--sock '%s': want arg0 to arg%d, "
			       "retval, args.FIELD or a field behind them, as "
			       "in arg0:socket.sk", word, ASK_ARGS - 1);
	if (err)
		return err_wrap(a->e, "--sock");
	if (!ask_is_pointer(a, v))
		return ask_bad(a->e, "--sock '%s' is no pointer", word);
	/* all of a register or field is the pointer */
	v->then = THEN_NOTHING;
	return 0;
}

/* ---- what is asked of it ---------------------------------------------- */

/* @v becomes the pointer to the socket. */
static int parse_sock(const struct asking *a, struct ask_value *v,
		      const char *word)
{
	enum pointee what;

	if (a->world->sock)
		return given_sock(a, v);
	find_sock(a, v, &what);
	if (what == NO_SOCK)
		return no_sock(a, word);
	return what == A_SOCKET ? add_step(a, v, "struct socket", "sk") : 0;
}

/* Of the task's network namespace, if the hook has no socket, or the kernel
 * no CONFIG_NET_NS. */
static int parse_netns(const struct asking *a, struct ask_value *v)
{
	static const char *const net = "__sk_common.skc_net.net";
	const struct ask_value of_task = { .name = v->name,
					   .from = FROM_NETNS };
	struct err scratch = { 0 };
	const struct asking quiet = { a->world, a->words, &scratch };
	int err = parse_sock(a->world->sock ? a : &quiet, v, "netns");

	if (err && a->world->sock)
		return err;
	if (err || ask_absent(a, "struct sock", net)) {
		*v = of_task;
		return 0;
	}
	err = add_step(a, v, "struct sock", net);
	if (!err)
		err = add_step(a, v, "struct net", "ns.inum");
	v->shape = SHAPE_U64;
	return err;
}

int ask_sock_value(const struct asking *a, struct ask_value *v,
		   const char *text)
{
	const struct sock_word *w = words;
	int err;

	if (!strcmp(text, "netns"))
		return parse_netns(a, v);
	if (!strncmp(text, "sock:", 5)) {
		err = parse_sock(a, v, text);
		return err ? err : ask_chain(a, v, text + 5);
	}
	while (w < words + COUNT(words) && strcmp(w->name, text))
		w++;
	if (w == words + COUNT(words))
		return -ENOENT;
	err = parse_sock(a, v, text);
	if (!err && w->path)
		err = add_step(a, v, "struct sock", w->path);
	if (!err && w->shape == SHAPE_NAME)
		err = add_step(a, v, "struct proto", "name");
	v->shape = w->shape;
	v->then = w->then;
	return err;
}
