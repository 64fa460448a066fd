/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_sim.c - random kernels and recordings of them.
 *
 * Not from the solver's tables, but from what the kernel's headers say: a
 * slip there must not be made here again.
 */
#include <string.h>

#include "discover_sim.h"
#include "t/check.h"

#define OBJECT_MAX	4000

/* What values a field takes. */
enum gen {
	GEN_ANY,	/* anything, often set */
	GEN_COUNT,	/* goes up, 0 at first */
	GEN_TINY,	/* 0 to 5, mostly 0 */
	GEN_PAIR,	/* stands behind the field before it */
};

enum { COMMON, SOCK, INET, ICSK, TCP, LEVELS };

static const char *const level_names[] = {
	"struct sock_common", "struct sock", "struct inet_sock",
	"struct inet_connection_sock", "struct tcp_sock",
};

/* size 0: a word.  shift: bits below those that user space sees. */
static const struct model {
	uint8_t level, size, key, gen, shift;
	const char *path;
} models[] = {
#define M(level, size, key, gen, shift, path) \
	{ level, size, DISC_KEY_##key, GEN_##gen, shift, path }
	M(SOCK, 4, RMEM_ALLOC, COUNT, 0, "sk_backlog.rmem_alloc"),
	M(SOCK, 4, BACKLOG, PAIR, 0, "sk_backlog.len"),
	M(SOCK, 4, RCVBUF, ANY, 0, "sk_rcvbuf"),
	M(SOCK, 4, RCVLOWAT, ANY, 0, "sk_rcvlowat"),
	M(SOCK, 4, ERR, TINY, 0, "sk_err"),
	M(SOCK, 4, FWD_ALLOC, COUNT, 0, "sk_forward_alloc"),
	M(SOCK, 4, WMEM_QUEUED, COUNT, 0, "sk_wmem_queued"),
	M(SOCK, 4, WMEM_ALLOC, TINY, 0, "sk_wmem_alloc"),
	M(SOCK, 4, PRIORITY, ANY, 0, "sk_priority"),
	M(SOCK, 4, MARK, ANY, 0, "sk_mark"),
	M(SOCK, 4, UID, ANY, 0, "sk_uid"),
	M(SOCK, 4, SNDBUF, ANY, 0, "sk_sndbuf"),
	M(SOCK, 1, SHUTDOWN, TINY, 0, "sk_shutdown"),
	M(SOCK, 2, TYPE, ANY, 0, "sk_type"),
	M(SOCK, 2, PROTOCOL, PAIR, 0, "sk_protocol"),
	M(SOCK, 4, ACK_BACKLOG, TINY, 0, "sk_ack_backlog"),
	M(SOCK, 4, MAX_ACK_BACKLOG, PAIR, 0, "sk_max_ack_backlog"),
	M(INET, 2, LPORT, ANY, 0, "inet_sport"),
	M(INET, 4, LADDR, ANY, 0, "inet_saddr"),
	M(INET, 1, TOS, ANY, 0, "tos"),
	M(ICSK, 1, CA_STATE, TINY, 0, "icsk_ca_state"),
	M(ICSK, 1, RETRANSMITS, PAIR, 0, "icsk_retransmits"),
	M(ICSK, 1, PENDING, PAIR, 0, "icsk_pending"),
	M(ICSK, 1, BACKOFF, PAIR, 0, "icsk_backoff"),
	M(TCP, 4, RTT, ANY, 3, "srtt_us"),
	M(TCP, 4, RTTVAR, ANY, 2, "mdev_us"),
	M(TCP, 4, MIN_RTT, ANY, 0, "rtt_min.s[0].v"),
	M(TCP, 4, MIN_RTT, PAIR, 0, "rtt_min.s[1].v"),
	M(TCP, 4, MIN_RTT, PAIR, 0, "rtt_min.s[2].v"),
	M(TCP, 4, SND_CWND, COUNT, 0, "snd_cwnd"),
	M(TCP, 4, SND_SSTHRESH, ANY, 0, "snd_ssthresh"),
	M(TCP, 8, BYTES_ACKED, COUNT, 0, "bytes_acked"),
	M(TCP, 8, BYTES_RECEIVED, COUNT, 0, "bytes_received"),
	M(TCP, 8, BYTES_SENT, COUNT, 0, "bytes_sent"),
	M(TCP, 8, BYTES_RETRANS, TINY, 0, "bytes_retrans"),
	M(TCP, 4, TOTAL_RETRANS, TINY, 0, "total_retrans"),
	M(TCP, 4, PACKETS_OUT, TINY, 0, "packets_out"),
	M(TCP, 4, RETRANS_OUT, TINY, 0, "retrans_out"),
	M(TCP, 4, SEGS_IN, COUNT, 0, "segs_in"),
	M(TCP, 4, SEGS_OUT, COUNT, 0, "segs_out"),
	M(TCP, 4, SND_WND, ANY, 0, "snd_wnd"),
	M(TCP, 4, RCV_SSTHRESH, ANY, 0, "rcv_ssthresh"),
	M(TCP, 1, NONAGLE, TINY, 0, "nonagle"),
	M(TCP, 4, WRITE_SEQ, ANY, 0, "write_seq"),
	M(TCP, 4, SND_NXT, ANY, 0, "snd_nxt"),
	M(TCP, 4, SND_UNA, ANY, 0, "snd_una"),
	M(TCP, 4, RCV_NXT, ANY, 0, "rcv_nxt"),
	M(TCP, 4, COPIED_SEQ, ANY, 0, "copied_seq"),
	M(TCP, 1, SND_WSCALE, TINY, 0, "rx_opt.snd_wscale"),
	M(TCP, 1, RCV_WSCALE, PAIR, 0, "rx_opt.rcv_wscale"),
#undef M
};

#define NMODELS		(sizeof(models) / sizeof(models[0]))

uint32_t sim_random(struct sim *s, uint32_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random % below;
}

static void put(const struct sim *s, uint8_t *bytes, uint32_t off,
		uint32_t size, uint64_t v)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		bytes[off + (s->big ? size - 1 - i : i)] =
			(uint8_t)(v >> 8 * i);
}

/* ---- a layout --------------------------------------------------------- */

static struct sim_field *new_field(struct sim *s, const char *type,
				   const char *path, uint32_t off,
				   uint32_t size)
{
	struct sim_field *f = &s->f[s->n++];

	ck_assert_uint_le(s->n, SIM_FIELDS);
	*f = (struct sim_field){ .type = type, .path = path, .off = off,
				 .size = size };
	return f;
}

/* struct sock_common: as it has always been, but for a few bytes more. */
static uint32_t lay_out_common(struct sim *s)
{
	uint32_t word = s->word, off;
	const char *t = "struct sock_common";

	new_field(s, t, "skc_daddr", 0, 4);
	new_field(s, t, "skc_rcv_saddr", 4, 4);
	new_field(s, t, "skc_dport", 12, 2);
	new_field(s, t, "skc_num", 14, 2);
	new_field(s, t, "skc_family", 16, 2);
	new_field(s, t, "skc_state", 18, 1);
	new_field(s, t, "skc_bound_dev_if", 20, 4);
	off = 24 + 2 * word + 8 * sim_random(s, 3);
	new_field(s, t, "skc_prot", off, word);
	new_field(s, t, "skc_net", off + word, word);
	off += 2 * word;
	new_field(s, t, "skc_v6_daddr", off, 16);
	new_field(s, t, "skc_v6_rcv_saddr", off + 16, 16);
	off = (off + 32 + 7) & ~7u;
	new_field(s, t, "skc_cookie", off, 8);
	new_field(s, t, "skc_flags", off + 8, word);
	return off + 8 + word + 24;
}

/* How far a pair's second field is from its first; variants that exist. */
static uint32_t pair_off(struct sim *s, const struct model *m,
			 struct sim_field *before, struct sim_field *f)
{
	if (m->key == DISC_KEY_PROTOCOL && sim_random(s, 2)) {
		f->size = 1;		/* a bitfield, before the type */
		before->off = (before->off + 3) & ~3u;
		before->off += 2;
		return before->off - 1;
	}
	if (m->key == DISC_KEY_MAX_ACK_BACKLOG && sim_random(s, 2))
		before->size = f->size = 2;
	if (m->key == DISC_KEY_MIN_RTT)
		return before->off + 8;	/* a time between */
	if (m->key == DISC_KEY_RCV_WSCALE) {
		f->bits = f->begin = before->bits;
		return before->off;
	}
	return before->off + before->size;
}

/* A field and those that stand behind it; where they end. */
static uint32_t lay_out_group(struct sim *s, const struct model *m,
			      uint32_t at, bool absent)
{
	uint32_t align = m->size > s->word ? s->word : m->size, end;
	const char *type = level_names[m->level];
	struct sim_field *f, *g;

	at = (at + 4 * sim_random(s, 5) + align - 1) / align * align;
	f = new_field(s, type, m->path, at, m->size);
	f->bits = m->key == DISC_KEY_NONAGLE ||
		  m->key == DISC_KEY_SND_WSCALE ? 4 :
		  m->key == DISC_KEY_CA_STATE ? 5 + sim_random(s, 2) : 0;
	/* Copies of addresses and ports would pass for those */
	f->absent = absent && !f->bits && m->key != DISC_KEY_LADDR &&
		    m->key != DISC_KEY_LPORT;
	end = f->off + f->size;
	for (m++; m < models + NMODELS && m->gen == GEN_PAIR; m++) {
		g = new_field(s, type, m->path, 0, m->size);
		g->absent = f->absent;
		g->off = pair_off(s, m, f, g);
		end = g->off > f->off ? g->off + g->size : f->off + f->size;
		f = g;
	}
	return end;
}

/* The fields of one struct in random order, with gaps. */
static uint32_t lay_out_level(struct sim *s, int level, uint32_t at,
			      bool clean)
{
	uint32_t order[NMODELS], n = 0, i, k, swap;

	for (i = 0; i < NMODELS; i++)
		if (models[i].level == level && models[i].gen != GEN_PAIR)
			order[n++] = i;
	for (i = n; i > 1; i--) {
		k = sim_random(s, i);
		swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < n; i++)
		at = lay_out_group(s, &models[order[i]], at,
				   !clean && !sim_random(s, 20));
	return (at + 15) & ~7u;
}

/* ---- windows ---------------------------------------------------------- */

#define WINDOWS_MAX	48
#define SUBJECTS	8

/* A window while it is made. */
struct shot {
	uint8_t bytes[OBJECT_MAX];
	unsigned int object, subject;
	uint32_t family, state, cookie, flags, lport, rport;
	uint8_t laddr[16], raddr[16];
	uint64_t value[NMODELS];
};

static struct sim_field *find(struct sim *s, const char *path)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (!strcmp(s->f[i].path, path))
			return &s->f[i];
	ck_abort_msg("no field %s", path);
	return NULL;
}

static uint64_t draw_value(struct sim *s, const struct shot *w,
			   const struct model *m)
{
	switch (m->key) {
	case DISC_KEY_TYPE:
		return w->object == DISC_UDP ? 2 : 1;
	case DISC_KEY_PROTOCOL:
		return w->object == DISC_UDP ? 17 : 6;
	case DISC_KEY_MAX_ACK_BACKLOG:
		return 3 + sim_random(s, 1000);
	case DISC_KEY_BACKLOG:
		return 0;
	case DISC_KEY_LPORT:
		return w->lport;
	default:
		break;
	}
	if (m->gen == GEN_COUNT)
		return sim_random(s, 3) ? sim_random(s, 100000) : 0;
	if (m->gen != GEN_ANY)
		return sim_random(s, 2) ? 0 : sim_random(s, 4);
	return m->size == 1 ? sim_random(s, 64) * 4 : sim_random(s, 1u << 28);
}

static void draw(struct sim *s, struct shot *w, unsigned int subject)
{
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->subject = subject;
	w->object = subject < 5 ? DISC_TCP : subject < 7 ? DISC_LISTEN :
							   DISC_UDP;
	w->family = subject % 3 ? 2 : 10;
	w->state = w->object == DISC_LISTEN ? 10 : 1 + sim_random(s, 9);
	w->cookie = sim_random(s, 1u << 30);
	w->flags = sim_random(s, 128);
	w->lport = 1024 + subject * 777;
	w->rport = w->object == DISC_TCP ? 40000 + subject * 99 : 0;
	for (i = 0; i < 16; i++) {
		w->laddr[i] = (uint8_t)(subject * 31 + i * 7);
		w->raddr[i] = (uint8_t)(subject * 57 + i * 3);
	}
	for (i = 0; i < NMODELS; i++)
		w->value[i] = i && models[i].key == models[i - 1].key ?
			      w->value[i - 1] : draw_value(s, w, &models[i]);
}

/*
 * What fills the gaps: nothing, constants, what differs by subject, noise.
 */
static void fill(struct sim *s, struct shot *shots, unsigned int n)
{
	uint32_t off, kind, seed, v;
	unsigned int i;

	for (off = 24; off + 4 <= OBJECT_MAX; off += 4) {
		seed = sim_random(s, UINT32_MAX);
		kind = sim_random(s, 10);
		for (i = 0; i < n; i++) {
			v = kind < 4 ? 0 : kind < 6 ? seed :
			    kind < 8 ? seed * shots[i].subject :
			    sim_random(s, UINT32_MAX);
			memcpy(&shots[i].bytes[off], &v, 4);
		}
	}
}

/* Network byte order. */
static void put_be16(struct shot *w, uint32_t off, uint32_t v)
{
	w->bytes[off] = (uint8_t)(v >> 8);
	w->bytes[off + 1] = (uint8_t)v;
}

static void put_common(struct sim *s, struct shot *w)
{
	memcpy(w->bytes, w->raddr, 4);
	memcpy(w->bytes + 4, w->laddr, 4);
	put_be16(w, 12, w->rport);
	put(s, w->bytes, 14, 2, w->lport);
	put(s, w->bytes, 16, 2, w->family);
	put(s, w->bytes, 18, 1, w->state);
	put(s, w->bytes, 20, 4, w->subject & 1);
	memcpy(w->bytes + find(s, "skc_v6_daddr")->off, w->raddr, 16);
	memcpy(w->bytes + find(s, "skc_v6_rcv_saddr")->off, w->laddr, 16);
	put(s, w->bytes, find(s, "skc_cookie")->off, 8, w->cookie);
	put(s, w->bytes, find(s, "skc_flags")->off, s->word, w->flags);
}

static void put_model(struct sim *s, struct shot *w, const struct model *m)
{
	const struct sim_field *f = find(s, m->path);
	uint64_t v = w->value[m - models];
	uint8_t *p = &w->bytes[f->off], rest, shift;

	if (f->absent)
		return;
	if (m->key == DISC_KEY_LPORT) {
		put_be16(w, f->off, w->lport);
	} else if (m->key == DISC_KEY_LADDR) {
		memcpy(p, w->laddr, 4);
	} else if (f->bits == 4) {
		shift = (uint8_t)(s->big ? 4 - f->begin : f->begin);
		*p = (uint8_t)((*p & ~(15u << shift)) | v << shift);
	} else if (f->bits) {
		/* What follows 5 bits of state, icsk_ca_initialized, is set;
		   the sixth bit of state is not */
		rest = f->bits == 5 ? 1 : 2;
		*p = s->big ? (uint8_t)(v << (8 - f->bits) |
			      (f->bits == 5 ? 4 : rest & 3)) :
		     (uint8_t)(v | (uint32_t)rest << f->bits);
	} else {
		v = (v << m->shift) + (m->key == DISC_KEY_WMEM_ALLOC);
		if (m->shift)
			v += sim_random(s, 1u << m->shift);
		put(s, w->bytes, f->off, f->size, v);
	}
}

static bool on_field(const struct sim *s, uint32_t off, uint32_t size)
{
	const struct sim_field *f;

	for (f = s->f; f < s->f + s->n; f++)
		if (!f->absent && off < f->off + f->size && f->off < off + size)
			return true;
	return off < 24;
}

/* Copies of fields, most of which were once not up to date. */
static void put_copies(struct sim *s, struct shot *shots, unsigned int n,
		       bool clean)
{
	unsigned int i, k, late;
	struct sim_field *f;
	uint32_t off;

	for (k = 0; k < 30; k++) {
		f = &s->f[sim_random(s, s->n)];
		off = sim_random(s, s->size / 8 - 1) * 8;
		late = sim_random(s, n + (clean ? 0 : 5));
		if (f->absent || on_field(s, off, f->size))
			continue;
		f->twin |= late >= n;
		for (i = 0; i < n; i++)
			if (i != late)
				memcpy(&shots[i].bytes[off],
				       &shots[i].bytes[f->off], f->size);
	}
}

static void fact(struct sim *s, int window, int key, uint64_t v)
{
	ck_assert_int_eq(recording_number(&s->r, window, key, v), 0);
}

/* Is this known of such a socket? */
static bool is_known(const struct shot *w, const struct model *m)
{
	if (m->key == DISC_KEY_ACK_BACKLOG ||
	    m->key == DISC_KEY_MAX_ACK_BACKLOG)
		return w->object == DISC_LISTEN;
	return m->key != DISC_KEY_LPORT && m->key != DISC_KEY_LADDR &&
	       (m->level < ICSK || w->object == DISC_TCP);
}

static void record(struct sim *s, const struct shot *w)
{
	int n = recording_window(&s->r, (int)w->object, w->subject,
				 0x10000 * (w->subject + 1), w->bytes,
				 s->size + 64);
	const struct model *m;

	ck_assert_int_ge(n, 0);
	/* What is behind it is a neighbour's */
	s->r.windows[n].object_size = s->size;
	fact(s, n, DISC_KEY_FAMILY, w->family);
	fact(s, n, DISC_KEY_STATE, w->state);
	fact(s, n, DISC_KEY_RPORT, w->rport);
	fact(s, n, DISC_KEY_LPORT, w->lport);
	fact(s, n, DISC_KEY_BOUND_IF, w->subject & 1);
	fact(s, n, DISC_KEY_COOKIE, w->cookie);
	fact(s, n, DISC_KEY_FLAGS_SET, w->flags);
	fact(s, n, DISC_KEY_FLAGS_CLEAR, ~w->flags & 0x7f);
	recording_bytes(&s->r, n, DISC_KEY_LADDR, w->laddr,
			w->family == 2 ? 4 : 16);
	recording_bytes(&s->r, n, DISC_KEY_RADDR, w->raddr,
			w->family == 2 ? 4 : 16);
	for (m = models; m < models + NMODELS; m++)
		if (is_known(w, m))
			fact(s, n, m->key, w->value[m - models]);
}

static void shoot(struct sim *s, bool clean)
{
	static struct shot shots[WINDOWS_MAX];
	unsigned int n = 0, subject, k, i;
	const struct model *m;

	for (subject = 1; subject <= SUBJECTS; subject++)
		for (k = 2 + sim_random(s, 4); k; k--)
			draw(s, &shots[n++], subject);
	fill(s, shots, n);
	for (i = 0; i < n; i++) {
		put_common(s, &shots[i]);
		for (m = models; m < models + NMODELS; m++)
			put_model(s, &shots[i], m);
	}
	put_copies(s, shots, n, clean);
	for (i = 0; i < n; i++)
		record(s, &shots[i]);
}

void sim_make(struct sim *s, uint32_t seed, bool clean)
{
	uint32_t at;
	int level;

	memset(s, 0, sizeof(*s));
	s->random = seed * 2654435761u + 1;
	s->word = sim_random(s, 2) ? 8 : 4;
	s->big = sim_random(s, 2);
	at = lay_out_common(s);
	for (level = SOCK; level < LEVELS; level++)
		at = lay_out_level(s, level, at, clean);
	s->size = at + 8 * sim_random(s, 8);
	ck_assert_uint_lt(s->size + 64, OBJECT_MAX);
	recording_init(&s->r);
	s->r.word_size = s->word;
	s->r.big_endian = s->big;
	shoot(s, clean);
}

void sim_release(struct sim *s)
{
	recording_release(&s->r);
}
