/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Discovery, in kernels that never were: what it finds is there, and what it
 * cannot tell it does not say.
 */
#include <errno.h>
#include <string.h>

#include "discover_sim.h"
#include "t/check.h"

Suite *suite_discover(void);

#define KERNELS	2000

static int ask(const struct discovery *d, int kind, const char *type,
	       const char *path, int class, struct answer *a)
{
	struct question q = { .kind = (uint8_t)kind, .type = type,
			      .path = path, .local_class = (uint8_t)class };
	const char *why;

	return discovery_core(d, &q, a, &why);
}

static struct discovery *discover(const struct recording *r)
{
	struct discovery *d;
	const char *why;

	ck_assert_int_eq(discovery_new(&d, r, &why), 0);
	ck_assert_ptr_null(why);
	return d;
}

/* How many of the kernel's fields are found; all of them rightly. */
static unsigned int check_found(const struct sim *s, uint32_t seed)
{
	struct discovery *d = discover(&s->r);
	const struct sim_field *f;
	unsigned int found = 0;
	struct answer a;

	for (f = s->f; f < s->f + s->n; f++) {
		if (ask(d, CORE_FIELD_BYTE_OFFSET, f->type, f->path,
			FIELD_NONE, &a))
			continue;
		ck_assert_msg(!f->absent && a.value == f->off &&
			      a.field.size == f->size &&
			      a.field.bit_size == f->bits && (!f->bits ||
			      a.field.bit_off == f->off * 8 + f->begin),
			      "kernel %u, word %d big %d: %s:%s%s off %u size "
			      "%u bits %u, found off %u size %u bits %u", seed,
			      s->word, s->big, f->type, f->path,
			      f->absent ? " ABSENT" : f->twin ? " twin" : "",
			      f->off, f->size, f->bits, a.field.off,
			      a.field.size, a.field.bit_size);
		found++;
	}
	/* in one byte: who knows the first knows the second */
	ck_assert_int_eq(ask(d, CORE_FIELD_BYTE_OFFSET, "struct tcp_sock",
			     "rx_opt.snd_wscale", FIELD_NONE, &a),
			 ask(d, CORE_FIELD_BYTE_OFFSET, "struct tcp_sock",
			     "rx_opt.rcv_wscale", FIELD_NONE, &a));
	discovery_free(d);
	return found;
}

/* Nothing wrong, and not by saying little. */
START_TEST(test_never_wrong)
{
	unsigned long found = 0, fields = 0;
	struct sim s;
	uint32_t seed;

	for (seed = (uint32_t)_i; seed < KERNELS; seed += 8) {
		sim_make(&s, seed, false);
		found += check_found(&s, seed);
		fields += s.n;
		sim_release(&s);
	}
	ck_assert_msg(found > fields * 7 / 10, "%lu of %lu", found, fields);
}
END_TEST

START_TEST(test_finds)
{
	unsigned long found = 0, fields = 0;
	struct sim s;
	uint32_t seed;

	for (seed = 0; seed < 200; seed++) {
		sim_make(&s, seed, true);
		found += check_found(&s, seed);
		fields += s.n;
		sim_release(&s);
	}
	ck_assert_msg(found > fields * 8 / 10, "%lu of %lu", found, fields);
}
END_TEST

/* ---- pointers --------------------------------------------------------- */

/* Little-endian, as the recording below says. */
static void put(uint8_t *p, unsigned int size, uint64_t v)
{
	for (; size; size--, v >>= 8)
		*p++ = (uint8_t)v;
}

/*
 * A socket with skc_prot at 40, skc_net behind it, sk_prot_creator at 120,
 * sk_socket at 128, and icsk_ca_ops at 160; what those lead to.
 */
static void record_socket(struct recording *r, unsigned int i)
{
	static const char *const names[] = { "TCP", "TCPv6", "TCP" };
	static const char *const cong[] = { "reno", "cubic", "cubic" };
	uint64_t at = 0xffff888000000000 + i * 0x100000;
	uint8_t b[192] = { 0 }, p[256];
	int w, n;

	put(b + 40, 8, at + 0x1000);
	put(b + 48, 8, at + 0x2000);
	put(b + 120, 8, at + 0x1000);
	put(b + 128, 8, at + 0x3000);
	put(b + 160, 8, at + 0x4000);
	w = recording_window(r, DISC_TCP, i, at, b, sizeof(b));
	r->windows[w].object_size = sizeof(b);
	recording_number(r, w, DISC_KEY_FAMILY, i == 1 ? 10 : 2);
	recording_number(r, w, DISC_KEY_PROTOCOL, 6);
	recording_number(r, w, DISC_KEY_TYPE, 1);
	recording_number(r, w, DISC_KEY_NETNS, 4026531840u + i / 2);
	recording_bytes(r, w, DISC_KEY_CONGESTION, cong[i], strlen(cong[i]));
	memset(p, (int)i, sizeof(p));
	memcpy(p + 200, names[i], strlen(names[i]) + 1);
	recording_pointee(r, w, 40, at + 0x1000, p, sizeof(p));
	recording_pointee(r, w, 120, at + 0x1000, p, sizeof(p));
	memset(p, (int)i + 7, sizeof(p));
	put(p + 92, 4, 4026531840u + i / 2);
	recording_pointee(r, w, 48, at + 0x2000, p, sizeof(p));
	memset(p, 0, sizeof(p));
	put(p, 4, 3);
	put(p + 4, 2, 1);
	put(p + 16, 8, at + 0x9000);
	put(p + 24, 8, at);
	recording_pointee(r, w, 128, at + 0x3000, p, sizeof(p));
	memset(p, 0xcc, sizeof(p));
	memcpy(p + 88, cong[i], strlen(cong[i]) + 1);
	n = recording_pointee(r, w, 160, at + 0x4000, p, sizeof(p));
	ck_assert_int_gt(n, 0);
}

static const struct {
	const char *type, *path;
	uint32_t off;
} pointers[] = {
	{ "struct sock_common", "skc_prot", 40 },
	{ "struct sock_common", "skc_net.net", 48 },
	{ "struct sock", "sk_socket", 128 },
	{ "struct inet_connection_sock", "icsk_ca_ops", 160 },
	{ "struct proto", "name", 200 },
	{ "struct net", "ns.inum", 92 },
	{ "struct socket", "sk", 24 },
	{ "struct socket", "file", 16 },
	{ "struct socket", "type", 4 },
	{ "struct tcp_congestion_ops", "name", 88 },
};

static struct discovery *discover_sockets(unsigned int n)
{
	struct recording r;
	struct discovery *d;
	unsigned int i;

	recording_init(&r);
	r.word_size = 8;
	for (i = 0; i < n; i++)
		record_socket(&r, i);
	d = discover(&r);
	recording_release(&r);
	return d;
}

START_TEST(test_pointers)
{
	struct discovery *d = discover_sockets(3);
	struct answer a;
	size_t i;

	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		ck_assert_msg(!ask(d, CORE_FIELD_BYTE_OFFSET, pointers[i].type,
				   pointers[i].path, FIELD_NONE, &a),
			      "%s", pointers[i].path);
		ck_assert_msg(a.value == pointers[i].off, "%s at %d",
			      pointers[i].path, (int)a.value);
	}
	discovery_free(d);
}
END_TEST

/* One socket confirms nothing. */
START_TEST(test_one_socket)
{
	struct discovery *d = discover_sockets(1);
	const char *type, *path, *why;
	unsigned int pos = 0;

	while (discovery_next(d, &pos, &type, &path, &why))
		ck_assert_msg(why, "%s:%s was found", type, path);
	ck_assert_uint_gt(pos, 50);
	discovery_free(d);
}
END_TEST

/* ---- answers ---------------------------------------------------------- */

static void check_answer(const struct discovery *d, int kind,
			 const char *type, const char *path, int class,
			 uint64_t value)
{
	struct answer a;

	ck_assert_msg(!ask(d, kind, type, path, class, &a), "%s:%s", type,
		      path);
	ck_assert_msg(a.value == value && !a.poison, "%s:%s: %d", type, path,
		      (int)a.value);
}

static void check_none(const struct discovery *d, int kind, const char *type,
		       const char *path)
{
	struct answer a;

	ck_assert_int_eq(ask(d, kind, type, path, FIELD_NONE, &a), -ENOENT);
}

START_TEST(test_answers)
{
	struct discovery *d;
	struct answer a;
	struct sim s;

	sim_make(&s, 1, true);
	d = discover(&s.r);
	check_answer(d, CORE_FIELD_BYTE_OFFSET, "struct sock_common",
		     "skc_state", FIELD_UNSIGNED, 18);
	check_answer(d, CORE_FIELD_BYTE_OFFSET, "struct sock___old",
		     "__sk_common.skc_state", FIELD_UNSIGNED, 18);
	check_answer(d, CORE_FIELD_BYTE_SIZE, "struct tcp_sock",
		     "inet_conn.icsk_inet.sk.__sk_common.skc_family",
		     FIELD_NONE, 2);
	check_answer(d, CORE_FIELD_BYTE_OFFSET, "struct request_sock",
		     "__req_common.skc_num", FIELD_SIGNED, 14);
	check_answer(d, CORE_FIELD_BYTE_OFFSET, "struct tcp_request_sock",
		     "req.req.__req_common", FIELD_COMPOSITE, 0);
	check_answer(d, CORE_FIELD_EXISTS, "struct sock", "__sk_common",
		     FIELD_COMPOSITE, 1);
	check_answer(d, CORE_FIELD_EXISTS, "struct sock_common", "skc_cookie",
		     FIELD_COMPOSITE, 1);
	check_answer(d, CORE_FIELD_BYTE_SIZE, "struct sock_common",
		     "skc_cookie.counter", FIELD_SIGNED, 8);
	check_answer(d, CORE_FIELD_SIGNED, "struct sock_common",
		     "skc_bound_dev_if", FIELD_SIGNED, 1);
	/* Declared as what it is not: not there */
	check_answer(d, CORE_FIELD_EXISTS, "struct sock_common", "skc_state",
		     FIELD_POINTER, 0);
	ck_assert_int_eq(ask(d, CORE_FIELD_BYTE_OFFSET, "struct sock_common",
			     "skc_cookie", FIELD_UNSIGNED, &a), 0);
	ck_assert(a.poison);
	/* What nobody knows */
	check_none(d, CORE_FIELD_BYTE_SIZE, "struct sock", "__sk_common");
	check_none(d, CORE_FIELD_EXISTS, "struct sock", "sk_nothing");
	check_none(d, CORE_FIELD_EXISTS, "struct sock", "__sk_common[1]");
	check_none(d, CORE_FIELD_EXISTS, "struct sock_common", "skc_");
	check_none(d, CORE_FIELD_EXISTS, "struct sock_common", "skc_statex");
	check_none(d, CORE_FIELD_EXISTS, "struct sock_common", "");
	check_none(d, CORE_TYPE_EXISTS, "struct sock", "");
	discovery_free(d);
	sim_release(&s);
}
END_TEST

/* A bitfield is loaded from the right end of its byte in both orders. */
START_TEST(test_bits)
{
	unsigned int seen = 0;
	struct discovery *d;
	struct answer a;
	struct sim s;
	uint32_t seed;

	for (seed = 0; seed < 40; seed++) {
		sim_make(&s, seed, true);
		d = discover(&s.r);
		if (!ask(d, CORE_FIELD_LSHIFT_U64,
			 "struct inet_connection_sock", "icsk_ca_state",
			 FIELD_UNSIGNED, &a)) {
			seen |= s.big ? 1 : 2;
			ck_assert_uint_eq(a.value, s.big ? 56 :
					  64 - a.field.bit_size);
		}
		discovery_free(d);
		sim_release(&s);
	}
	ck_assert_uint_eq(seen, 3);
}
END_TEST

START_TEST(test_resolver)
{
	struct question q = { .kind = CORE_FIELD_EXISTS,
			      .type = "struct sock", .path = "sk_nothing" };
	struct resolver r;
	struct answer a;
	const char *why;
	struct sim s;

	sim_make(&s, 2, true);
	resolver_init(&r, s.big);
	ck_assert_int_eq(resolver_add_discovery(&r, discover(&s.r)), 0);
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), 0);
	ck_assert(!a.value && !a.poison && !a.source);
	q.path = "__sk_common.skc_dport";
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), 0);
	ck_assert_uint_eq(a.value, 1);
	ck_assert_str_eq(a.source, "discovery");
	resolver_release(&r);
	sim_release(&s);
}
END_TEST

/* Without a word's size, or without anything. */
START_TEST(test_empty)
{
	struct recording r;
	struct discovery *d;
	const char *why;

	recording_init(&r);
	ck_assert_int_eq(discovery_new(&d, &r, &why), -EINVAL);
	ck_assert_ptr_null(d);
	ck_assert_ptr_nonnull(why);
	r.word_size = 4;
	d = discover(&r);
	check_none(d, CORE_FIELD_EXISTS, "struct sock_common", "skc_state");
	discovery_free(d);
	discovery_free(NULL);
}
END_TEST

Suite *suite_discover(void)
{
	Suite *s = suite_create("discover");
	TCase *tc = tcase_create("sim");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_never_wrong, 0, 8);
	tcase_add_test(tc, test_finds);
	tcase_add_test(tc, test_pointers);
	tcase_add_test(tc, test_one_socket);
	tcase_add_test(tc, test_answers);
	tcase_add_test(tc, test_bits);
	tcase_add_test(tc, test_resolver);
	tcase_add_test(tc, test_empty);
	suite_add_tcase(s, tc);
	return s;
}
