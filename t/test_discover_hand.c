/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Discovery, from a few windows made by hand: one reason at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover.h"
#include "t/check.h"

Suite *suite_discover_hand(void);

#define SIZE	160	/* of objects */

/* Up to eight windows of 32-bit little-endian sockets. */
struct hand {
	struct recording r;
	uint8_t bytes[8][SIZE];
	uint32_t len[8];
	int object[8];
	unsigned int n;
	struct {
		unsigned int window;
		int key;
		uint64_t value;
	} facts[64];
	unsigned int nfacts;
};

static void put(uint8_t *p, unsigned int size, uint64_t v)
{
	for (; size; size--, v >>= 8)
		*p++ = (uint8_t)v;
}

static void hand_init(struct hand *h, unsigned int windows)
{
	unsigned int i, off;

	memset(h, 0, sizeof(*h));
	h->n = windows;
	recording_init(&h->r);
	h->r.word_size = 4;
	for (i = 0; i < windows; i++) {
		h->object[i] = DISC_TCP;
		h->len[i] = SIZE;
		for (off = 0; off < SIZE; off += 4)
			put(&h->bytes[i][off], 4, 0x91000000 + off);
	}
}

/* A value in a window, and that it is known. */
static void show(struct hand *h, unsigned int window, int key, uint64_t value,
		 uint32_t off, unsigned int size)
{
	put(&h->bytes[window][off], size, value);
	if (key < 0)
		return;
	h->facts[h->nfacts].window = window;
	h->facts[h->nfacts].key = key;
	h->facts[h->nfacts++].value = value;
}

static void hand_record(struct hand *h)
{
	unsigned int i;

	for (i = 0; i < h->n; i++) {
		ck_assert_int_eq(recording_window(&h->r, h->object[i], i,
				 0xc1000000 + i * 0x1000, h->bytes[i],
				 h->len[i]), (int)i);
		h->r.windows[i].object_size = SIZE;
	}
	for (i = 0; i < h->nfacts; i++)
		ck_assert_int_eq(recording_number(&h->r,
				 (int)h->facts[i].window, h->facts[i].key,
				 h->facts[i].value), 0);
}

/* Where is it?  Or -1 and, through @why, why not. */
static int solve(struct hand *h, const char *path, const char **why)
{
	const char *type, *p;
	struct question q = { .kind = CORE_FIELD_BYTE_OFFSET, .path = path };
	struct discovery *d;
	unsigned int pos = 0;
	struct answer a;
	int off = -1;

	ck_assert_int_eq(discovery_new(&d, &h->r, why), 0);
	while (discovery_next(d, &pos, &type, &p, why))
		if (!strcmp(p, path))
			break;
	q.type = type;
	if (!discovery_core(d, &q, &a, &p))
		off = (int)a.field.off;
	ck_assert_int_eq(off < 0, *why != NULL);
	discovery_free(d);
	return off;
}

static void check(struct hand *h, const char *path, int off, const char *says)
{
	const char *why;
	int found = solve(h, path, &why);

	ck_assert_msg(found == off, "%s: %d (%s)", path, found,
		      why ? why : "");
	if (off < 0)
		ck_assert_msg(strstr(why, says), "%s: %s", path, why);
}

static void mark(struct hand *h, unsigned int n, uint32_t off)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		show(h, i, DISC_KEY_MARK, 0x1234 + i * 77, off, 4);
}

START_TEST(test_found)
{
	struct hand h;
	unsigned int i;

	hand_init(&h, 3);
	mark(&h, 3, 40);
	hand_record(&h);
	check(&h, "sk_mark", 40, NULL);
	/* It might stand behind what was seen */
	for (i = 0; i < 3; i++)
		h.r.windows[i].object_size = 2 * SIZE;
	check(&h, "sk_mark", -1, "before their object");
	/* But a UDP socket has less than that, and a struct sock */
	h.r.windows[1].object = DISC_UDP;
	h.r.windows[1].object_size = SIZE;
	check(&h, "sk_mark", 40, NULL);
	recording_release(&h.r);
}
END_TEST

START_TEST(test_unconfirmed)
{
	struct hand h;

	/* Known in one window only */
	hand_init(&h, 2);
	mark(&h, 1, 40);
	hand_record(&h);
	check(&h, "sk_mark", -1, "never changed");
	recording_release(&h.r);
	/* Always the same */
	hand_init(&h, 2);
	show(&h, 0, DISC_KEY_MARK, 7, 40, 4);
	show(&h, 1, DISC_KEY_MARK, 7, 40, 4);
	hand_record(&h);
	check(&h, "sk_mark", -1, "never changed");
	recording_release(&h.r);
	hand_init(&h, 2);
	show(&h, 0, DISC_KEY_MARK, 0, 40, 4);
	show(&h, 1, DISC_KEY_MARK, 0, 40, 4);
	hand_record(&h);
	check(&h, "sk_mark", -1, "always 0");
	recording_release(&h.r);
	/* Set in one of them: others would do as well without it */
	hand_init(&h, 3);
	show(&h, 0, DISC_KEY_MARK, 7, 40, 4);
	show(&h, 1, DISC_KEY_MARK, 0, 40, 4);
	show(&h, 2, DISC_KEY_MARK, 0, 40, 4);
	hand_record(&h);
	check(&h, "sk_mark", -1, "nothing confirms");
	recording_release(&h.r);
}
END_TEST

START_TEST(test_twin)
{
	struct hand h;
	unsigned int i;

	hand_init(&h, 3);
	mark(&h, 3, 40);
	for (i = 0; i < 3; i++)
		show(&h, i, -1, 0x1234 + i * 77, 120, 4);
	hand_record(&h);
	check(&h, "sk_mark", -1, "several");
	recording_release(&h.r);
}
END_TEST

/* A copy behind a field of inet_sock is not in struct sock. */
START_TEST(test_order)
{
	struct hand h;
	unsigned int i;

	hand_init(&h, 3);
	mark(&h, 3, 40);
	for (i = 0; i < 3; i++) {
		show(&h, i, -1, 0x1234 + i * 77, 120, 4);
		show(&h, i, DISC_KEY_TOS, 0x11 * (i + 4), 100, 1);
	}
	hand_record(&h);
	check(&h, "tos", 100, NULL);
	check(&h, "sk_mark", 40, NULL);
	recording_release(&h.r);
}
END_TEST

/* State stands behind family, or one of them is something else. */
START_TEST(test_neighbours)
{
	static const uint32_t offs[] = { 18, 30 };
	struct hand h;
	unsigned int i;

	hand_init(&h, 4);
	for (i = 0; i < 4; i++) {
		show(&h, i, DISC_KEY_FAMILY, i % 2 ? 2 : 10, 16, 2);
		show(&h, i, DISC_KEY_STATE, 3 + i, offs[_i], 1);
	}
	hand_record(&h);
	check(&h, "skc_family", _i ? -1 : 16, "elsewhere");
	check(&h, "skc_state", _i ? -1 : 18, "elsewhere");
	recording_release(&h.r);
}
END_TEST

/* Of two places that agree, one only as far as was seen. */
START_TEST(test_cut_window)
{
	struct hand h;
	unsigned int i;

	hand_init(&h, 3);
	h.object[2] = DISC_UDP;
	mark(&h, 3, 80);
	for (i = 0; i < 3; i++)
		show(&h, i, DISC_KEY_TOS, 0x11 * (i + 4), 100, 1);
	h.len[1] = 60;
	h.nfacts--;
	hand_record(&h);
	check(&h, "sk_mark", -1, "end before");
	recording_release(&h.r);
}
END_TEST

/* What is behind an object is its neighbour's. */
START_TEST(test_neighbour_object)
{
	struct hand h;
	unsigned int i;

	hand_init(&h, 3);
	h.object[2] = DISC_UDP;
	for (i = 0; i < 3; i++) {
		show(&h, i, DISC_KEY_MARK, 0x1234 + i * 77, 140, 4);
		show(&h, i, DISC_KEY_TOS, 0x11 * (i + 4), 144, 1);
	}
	hand_record(&h);
	check(&h, "sk_mark", 140, NULL);
	for (i = 0; i < 3; i++)
		h.r.windows[i].object_size = 140;
	check(&h, "sk_mark", -1, "no offset");
	recording_release(&h.r);
}
END_TEST

/* u32 or long: only values that fill it tell. */
START_TEST(test_width)
{
	struct hand h;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		hand_init(&h, 3);
		h.r.word_size = 8;
		h.object[2] = DISC_UDP;
		show(&h, 0, DISC_KEY_PACING, 0x12345, 40, 8);
		show(&h, 1, DISC_KEY_PACING, 0x54321, 40, 8);
		show(&h, 2, DISC_KEY_PACING, i ? UINT64_MAX : 0x777, 40, 8);
		show(&h, 0, DISC_KEY_TOS, 0x44, 100, 1);
		show(&h, 1, DISC_KEY_TOS, 0x48, 100, 1);
		hand_record(&h);
		check(&h, "sk_max_pacing_rate", i ? 40 : -1, "several");
		recording_release(&h.r);
	}
}
END_TEST

/* What is between the addresses and the flags is the cookie, also when nobody
 * tells it. */
START_TEST(test_cookie)
{
	static const uint64_t set[] = { 1, 4, 64, 17 };
	struct hand h;
	uint8_t addr[16];
	unsigned int i;

	hand_init(&h, 4);
	for (i = 0; i < 4; i++) {
		show(&h, i, DISC_KEY_FLAGS_SET, set[i], 80, 4);
		show(&h, i, DISC_KEY_FLAGS_CLEAR, ~set[i] & 127, 80, 4);
		put(&h.bytes[i][80], 4, set[i]);
		memset(&h.bytes[i][56], 0x33 + (int)i * 0x22, 16);
		memset(&h.bytes[i][40], 0x36 + (int)i * 0x22, 16);
	}
	hand_record(&h);
	for (i = 0; i < 4; i++) {
		memset(addr, 0x33 + (int)i * 0x22, sizeof(addr));
		recording_bytes(&h.r, (int)i, DISC_KEY_LADDR, addr, 16);
	}
	check(&h, "skc_v6_rcv_saddr", 56, NULL);
	check(&h, "skc_flags", 80, NULL);
	check(&h, "skc_cookie", 72, NULL);
	recording_release(&h.r);
}
END_TEST

/* Two that lead to the same say no more than one, but beside each other. */
START_TEST(test_pointer_content)
{
	uint8_t proto[64] = { 0 }, net[64] = { 0 };
	struct hand h;
	unsigned int i;

	memcpy(proto + 20, "TCP", 4);
	put(net + 8, 4, 4026531840u);
	hand_init(&h, 3);
	for (i = 0; i < 3; i++) {
		show(&h, i, DISC_KEY_FAMILY, 2, 150, 2);
		show(&h, i, DISC_KEY_PROTOCOL, 6, 152, 1);
		put(&h.bytes[i][32], 4, 0xc2000000);
		put(&h.bytes[i][36], 4, 0xc2001000);
	}
	hand_record(&h);
	for (i = 0; i < 2; i++)
		recording_pointee(&h.r, (int)i, 32, 0xc2000000, proto, 64);
	check(&h, "skc_prot", -1, "never changed");
	for (i = 0; i < 2; i++) {
		recording_number(&h.r, (int)i, DISC_KEY_NETNS, 4026531840u);
		recording_pointee(&h.r, (int)i, 36, 0xc2001000, net, 64);
	}
	check(&h, "skc_prot", 32, NULL);
	check(&h, "skc_net", 36, NULL);
	check(&h, "ns.inum", 8, NULL);
	recording_release(&h.r);
}
END_TEST

/* A struct socket's memory may be another one's later. */
START_TEST(test_socket_reused)
{
	uint8_t p[64] = { 0 };
	struct hand h;
	unsigned int i;

	hand_init(&h, 4);
	for (i = 0; i < 4; i++) {
		show(&h, i, DISC_KEY_TYPE, 1, 150, 2);
		put(&h.bytes[i][60], 4, 0xc2000000 + (i % 3) * 0x1000);
	}
	hand_record(&h);
	/* The first and the last have had the same one */
	for (i = 0; i < 3; i++) {
		put(p, 4, 3);
		put(p + 4, 2, 1);
		put(p + 12, 4, 0xc3000000);
		put(p + 16, 4, 0xc1000000 + i * 0x1000);
		recording_pointee(&h.r, (int)i, 60, 0xc2000000 + i * 0x1000,
				  p, sizeof(p));
	}
	check(&h, "sk_socket", 60, NULL);
	check(&h, "file", 12, NULL);
	recording_release(&h.r);
}
END_TEST

Suite *suite_discover_hand(void)
{
	Suite *s = suite_create("discover_hand");
	TCase *tc = tcase_create("hand");

	tcase_add_test(tc, test_found);
	tcase_add_test(tc, test_unconfirmed);
	tcase_add_test(tc, test_twin);
	tcase_add_test(tc, test_order);
	tcase_add_loop_test(tc, test_neighbours, 0, 2);
	tcase_add_test(tc, test_cut_window);
	tcase_add_test(tc, test_neighbour_object);
	tcase_add_test(tc, test_width);
	tcase_add_test(tc, test_cookie);
	tcase_add_test(tc, test_pointer_content);
	tcase_add_test(tc, test_socket_reused);
	suite_add_tcase(s, tc);
	return s;
}
