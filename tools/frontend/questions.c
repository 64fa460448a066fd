/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tools ask of a kernel's types, all of them together. */
#include "tools/frontend/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Beside what programs of today relocate against: all that progs/kernel.h
 * declares, and what tools to come will want, so that a file need not be made
 * anew for each of them.
 */
static const struct { const char *type, *paths; } more[] = {
	{ "struct sock_common", "skc_daddr skc_rcv_saddr skc_dport skc_num "
	  "skc_family skc_state skc_bound_dev_if skc_prot skc_net.net "
	  "skc_v6_daddr skc_v6_rcv_saddr skc_cookie.counter skc_flags "
	  "skc_listener" },
	{ "struct sock", "__sk_common sk_backlog.rmem_alloc.counter "
	  "sk_backlog.len sk_rcvbuf sk_sndbuf sk_wmem_queued "
	  "sk_wmem_alloc.refs.counter sk_wmem_alloc.counter sk_forward_alloc "
	  "sk_ack_backlog sk_max_ack_backlog sk_protocol sk_type sk_err "
	  "sk_drops.counter sk_socket sk_mark sk_priority sk_uid.val "
	  "sk_shutdown sk_max_pacing_rate sk_pacing_rate" },
	{ "struct inet_sock", "sk inet_sport inet_saddr inet_flags tos" },
	{ "struct inet_connection_sock", "icsk_inet icsk_ca_state icsk_ca_ops "
	  "icsk_retransmits icsk_pending icsk_backoff icsk_rto "
	  "icsk_accept_queue.qlen.counter icsk_accept_queue.young.counter" },
	{ "struct tcp_congestion_ops", "name" },
	{ "struct proto", "name" },
	{ "struct tcp_sock", "inet_conn snd_cwnd snd_ssthresh srtt_us mdev_us "
	  "packets_out retrans_out lost_out sacked_out total_retrans "
	  "bytes_acked bytes_received bytes_sent bytes_retrans segs_in "
	  "segs_out data_segs_in data_segs_out snd_wnd rcv_wnd rcv_ssthresh "
	  "snd_una snd_nxt write_seq rcv_nxt copied_seq delivered nonagle "
	  "reord_seen dsack_dups rtt_min.s[0].v" },
	{ "struct request_sock", "__req_common sk num_retrans num_timeout" },
	{ "struct tcp_request_sock", "snt_isn rcv_isn" },
	{ "struct tcp_skb_cb", "seq end_seq ack_seq tcp_flags tcp_gso_segs "
	  "sacked" },
	{ "struct sk_buff", "sk dev len data_len data head mac_header "
	  "network_header transport_header protocol queue_mapping truesize "
	  "skb_iif hash napi_id next cb" },
	{ "struct skb_shared_info", "gso_size gso_segs nr_frags" },
	{ "struct net", "ns.inum" },
	{ "struct ns_common", "inum" },
	{ "struct net_device", "name ifindex nd_net.net" },
	{ "struct socket", "sk state type file ops" },
	{ "struct file", "private_data f_inode" },
	{ "struct fdtable", "fd max_fds" },
	{ "struct files_struct", "fdt" },
	{ "struct task_struct", "files pid tgid comm real_parent" },
	{ "struct msghdr", "msg_name msg_namelen msg_iter" },
	{ "struct iov_iter", "iter_type type __iov iov ubuf count nr_segs" },
	{ "struct iovec", "iov_base iov_len" },
	{ "struct Qdisc", "ops handle parent dev_queue q.qlen "
	  "qstats.backlog flags" },
	{ "struct Qdisc_ops", "id" },
	{ "struct netdev_queue", "dev" },
};

/* Is @r about the kernel?  struct probe is ours. */
static bool is_field(const struct reloc *r)
{
	return r->kind == RELOC_CORE && strcmp(r->name, "struct probe") &&
	       strncmp(r->name, "struct probe___", 15);
}

static bool same(const struct question *a, const struct question *b)
{
	return a->kind == b->kind && a->local_class == b->local_class &&
	       a->local_bitfield == b->local_bitfield &&
	       a->local_size == b->local_size && !strcmp(a->type, b->type) &&
	       !strcmp(a->path, b->path);
}

static bool add_question(struct questions *s, const struct question *q)
{
	struct question *grown;

	for (size_t i = 0; i < s->n; i++)
		if (same(&s->q[i], q))
			return true;
	grown = realloc(s->q, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return false;
	s->q = grown;
	grown[s->n++] = *q;
	return true;
}

struct spec **all_programs(struct err *e)
{
	struct spec **all, **next;
	size_t n = 0;

	while (tools[n])
		n++;
	next = all = calloc(n + 1, sizeof(struct spec *));
	if (!all)
		err_set(e, ENOMEM, "programs of all tools");
	for (size_t i = 0; i < n && all; i++) {
		if (spec_unpack(next, tools[i]->spec, e)) {
			programs_free(all);
			return NULL;
		}
		if (*next)
			next++;
	}
	return all;
}

void programs_free(struct spec **all)
{
	for (size_t i = 0; all && all[i]; i++)
		spec_free(all[i]);
	free(all);
}

static bool add_programs(struct questions *s, const struct spec *programs)
{
	const struct reloc *r;

	for (uint32_t i = 0; (r = spec_reloc(programs, i)); i++) {
		const struct question q = {
			.kind = r->core,
			.local_class = r->local_class,
			.local_bitfield = r->local_bitfield,
			.local_size = r->local_size,
			.type = r->name,
			.path = r->path ? r->path : "",
		};

		if (is_field(r) && !add_question(s, &q))
			return false;
	}
	return true;
}

static bool add_func(struct questions *s, const char *name)
{
	const char **grown;

	for (size_t i = 0; i < s->nfuncs; i++)
		if (!strcmp(s->funcs[i], name))
			return true;
	grown = realloc(s->funcs, (s->nfuncs + 1) * sizeof(*grown));
	if (!grown)
		return false;
	s->funcs = grown;
	grown[s->nfuncs++] = name;
	return true;
}

/* Functions whose arguments get counted: those with programs at their end. */
static bool add_hooks(struct questions *s, const struct role *r)
{
	bool ok = true;

	for (unsigned k = 0; k < r->nalts; k++)
		for (unsigned h = 0; h < r->alts[k].nhooks && ok; h++) {
			const struct hook *hook = &r->alts[k].hooks[h].hook;

			if (hook->kind == HOOK_FENTRY ||
			    hook->kind == HOOK_FEXIT)
				ok = add_func(s, hook->target);
		}
	return ok;
}

static bool add_more(struct questions *s)
{
	struct question q = { .kind = CORE_TYPE_SIZE };
	char *to = s->words;
	bool ok = true;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && ok; i++) {
		const char *p = more[i].paths;

		q.kind = CORE_TYPE_SIZE;
		q.type = more[i].type;
		q.path = "";
		ok = add_question(s, &q);
		q.kind = CORE_FIELD_BYTE_OFFSET;
		for (size_t n; *p && ok; p += n + (p[n] == ' ')) {
			n = strcspn(p, " ");
			memcpy(to, p, n);
			to[n] = '\0';
			q.path = to;
			to += n + 1;
			ok = add_question(s, &q);
		}
	}
	return ok;
}

struct questions *questions_new(void)
{
	struct questions *s = calloc(1, sizeof(*s));
	size_t room = 0;
	struct err e;
	bool ok;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		room += strlen(more[i].paths) + 1;
	ok = s && (s->words = malloc(room)) && (s->programs = all_programs(&e));
	for (unsigned i = 0; ok && s->programs[i]; i++)
		ok = add_programs(s, s->programs[i]);
	for (unsigned i = 0; tools[i]; i++)
		for (unsigned r = 0; tools[i]->roles[r] && ok; r++)
			ok = add_hooks(s, tools[i]->roles[r]);
	if (ok && add_more(s))
		return s;
	questions_free(s);
	return NULL;
}

void questions_free(struct questions *s)
{
	if (!s)
		return;
	free(s->q);
	free(s->funcs);
	free(s->words);
	programs_free(s->programs);
	free(s);
}
