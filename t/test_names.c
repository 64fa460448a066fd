/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS answers: real-looking ones, broken ones, and the cache. */
#include <stdlib.h>
#include <string.h>

#include "progs/event.h"
#include "t/check.h"
#include "tools/frontend/dns.h"
#include "tools/frontend/frontend.h"

static struct names *names;

/* A message under construction. */
static uint8_t msg[1024];
static size_t len;

static void setup(void)
{
	names = names_new();
	ck_assert_ptr_nonnull(names);
	len = 0;
}

static void teardown(void)
{
	names_free(names);
	names = NULL;
}

static void u8(unsigned v)
{
	if (len >= sizeof(msg))
		ck_abort();
	msg[len++] = (uint8_t)v;
}

static void u16(unsigned v)
{
	u8(v >> 8);
	u8(v & 0xff);
}

/* "www.example.org" as labels; "@12" a pointer; "www.@12" both. */
static void name(const char *text)
{
	size_t n;

	while (*text) {
		if (*text == '@') {
			u16(0xc000 | (unsigned)strtoul(text + 1, NULL, 10));
			return;
		}
		n = strcspn(text, ".");
		u8((unsigned)n);
		while (n--)
			u8((uint8_t)*text++);
		text += *text == '.';
	}
	u8(0);
}

static void header(unsigned flags, unsigned questions, unsigned answers)
{
	len = 0;
	u16(0x1234);
	u16(flags);
	u16(questions);
	u16(answers);
	u16(0);
	u16(0);
}

static void question(const char *text, unsigned type)
{
	name(text);
	u16(type);
	u16(1);
}

static void record(const char *owner, unsigned type, const void *data,
		   size_t n)
{
	const uint8_t *p = data;

	name(owner);
	u16(type);
	u16(1);
	u16(0);
	u16(300);
	u16((unsigned)n);
	while (n--)
		u8(*p++);
}

/* A CNAME record, whose length is known only behind it. */
static void cname(const char *owner, const char *target)
{
	size_t at;

	record(owner, 5, "", 0);
	at = len;
	name(target);
	msg[at - 1] = (uint8_t)(len - at);
}

static void a(const char *owner, unsigned last)
{
	uint8_t addr[4] = { 192, 0, 2, (uint8_t)last };

	record(owner, 1, addr, 4);
}

static void aaaa(const char *owner, unsigned last)
{
	uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)last };

	record(owner, 28, addr, 16);
}

static void learn_at(uint64_t ns, size_t n)
{
	struct dns_event ev = { .event = { .ns = ns, .len = sizeof(ev),
					   .type = EVENT_DNS },
				.len = (uint16_t)n };

	memcpy(ev.data, msg, n < DNS_BYTES ? n : DNS_BYTES);
	names_learn(names, &ev);
}

static void learn(void)
{
	learn_at(1000, len);
}

static const char *find4(unsigned last)
{
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2,
			     (uint8_t)last };

	return names_find(names, addr, 2000, NULL);
}

static const char *find6(unsigned last)
{
	uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)last };

	return names_find(names, addr, 2000, NULL);
}

START_TEST(plain)
{
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 };
	uint64_t age = 0;

	header(0x8180, 1, 3);
	question("wWw.Example.org", 1);
	a("@12", 1);
	a("@12", 2);
	aaaa("@12", 3);
	learn();
	ck_assert_str_eq(find4(1), "www.example.org");
	ck_assert_str_eq(find4(2), "www.example.org");
	ck_assert_str_eq(find6(3), "www.example.org");
	ck_assert_ptr_null(find4(3));
	ck_assert_ptr_null(find6(1));
	ck_assert_str_eq(names_find(names, addr, 1500, &age),
			 "www.example.org");
	ck_assert_uint_eq(age, 500);
	/* the connection seems to come before the answer */
	names_find(names, addr, 10, &age);
	ck_assert_uint_eq(age, 0);
	/* after a day */
	ck_assert_ptr_null(names_find(names, addr, 86400000001001, &age));
}
END_TEST

START_TEST(chain)
{
	header(0x8180, 1, 4);
	question("www.example.org", 1);
	cname("@12", "edge.cdn.test");
	cname("edge.cdn.test", "node7.@16");
	a("node7.@16", 7);
	a("node7.@16", 8);
	learn();
	ck_assert_str_eq(find4(7), "www.example.org");
	ck_assert_str_eq(find4(8), "www.example.org");
}
END_TEST

START_TEST(questions)
{
	header(0x8180, 2, 5);
	question("one.test", 1);
	question("two.test", 1);
	cname("two.test", "real.test");
	a("one.test", 1);
	a("ONE.TEST", 2);
	a("real.test", 3);
	a("stray.test", 4);
	learn();
	ck_assert_str_eq(find4(1), "one.test");
	ck_assert_str_eq(find4(2), "one.test");
	ck_assert_str_eq(find4(3), "two.test");
	ck_assert_ptr_null(find4(4));
}
END_TEST

/* One label after the other, until there is no room for one more. */
START_TEST(longest)
{
	static const unsigned labels[] = { 63, 63, 63, 62, 1 };
	struct dns_message m = { .data = msg };
	struct dns_name n;

	for (unsigned i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		u8(labels[i]);
		for (unsigned k = 0; k < labels[i]; k++)
			u8('x');
		m.len = len + 1;
		m.at = 0;
		msg[len] = 0;
		ck_assert_int_eq(dns_get_name(&m, &n), i < 4);
		ck_assert(i == 4 || strlen(n.text) == len - 1);
	}
}
END_TEST

/* Flags of what is no answer: a query, an opcode, an error. */
START_TEST(not_answers)
{
	static const unsigned flags[] = { 0x0100, 0x8980, 0x8183, 0x8182 };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		header(flags[i], 1, 1);
		question("www.example.org", 1);
		a("@12", 1);
		learn();
		ck_assert_ptr_null(find4(1));
	}
	header(0x8180, 0, 1);
	a("www.example.org", 1);
	learn();
	ck_assert_ptr_null(find4(1));
	/* the root has no name; a record too long for its type */
	header(0x8180, 1, 1);
	question("", 1);
	a("@12", 1);
	learn();
	ck_assert_ptr_null(find4(1));
	header(0x8180, 1, 2);
	question("x.test", 1);
	record("@12", 1, "\xc0\0\2\1\1", 5);
	record("@12", 28, "\xc0\0\2\1", 4);
	learn();
	ck_assert_ptr_null(find4(1));
	/* class CHAOS */
	header(0x8180, 1, 1);
	question("x.test", 1);
	a("@12", 1);
	msg[len - 11] = 3;
	learn();
	ck_assert_ptr_null(find4(1));
}
END_TEST

START_TEST(loops)
{
	/* at itself, forward, and two at each other */
	header(0x8180, 1, 1);
	question("x.test", 1);
	a("@24", 1);
	learn();
	header(0x8180, 1, 1);
	question("x.test", 1);
	a("@40", 1);
	learn();
	header(0x8180, 1, 2);
	question("x.test", 1);
	a("y.@24", 1);
	learn();
	/* a question that points at itself */
	header(0x8180, 1, 1);
	question("@12", 1);
	a("@12", 1);
	learn();
	ck_assert_ptr_null(find4(1));
	/* label types 01 and 10 are no more (RFC 6891) */
	header(0x8180, 1, 1);
	u8(0x41);
	question("x.test", 1);
	a("@12", 1);
	learn();
	ck_assert_ptr_null(find4(1));
}
END_TEST

START_TEST(long_names)
{
	char text[300];
	size_t i;

	/* 255 bytes on the wire are the most: 3 * 64 + 62 + 1 */
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	for (i = 252; i < 256; i++) {
		text[i] = 0;
		header(0x8180, 1, 0);
		question(text, 1);
		learn_at(1000, len);
		text[i] = 'a';
	}
	/* a compressed owner that grows too long on the way */
	header(0x8180, 1, 1);
	question("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 1);
	a("bbbbbbbbbbbbbbbbbbbbb.@12", 1);
	learn();
	ck_assert_uint_eq(strlen(find4(1)), 179);
}
END_TEST

START_TEST(hostile_names)
{
	header(0x8180, 1, 1);
	u8(9);
	for (const char *p = "a\x1b[2J\n.\"\xff"; *p; p++)
		u8((uint8_t)*p);
	question("test", 1);
	a("@12", 1);
	learn();
	ck_assert_str_eq(find4(1), "a??2j????.test");
}
END_TEST

START_TEST(truncated)
{
	size_t n, whole[4];

	header(0x8380, 1, 4);
	question("www.example.org", 1);
	cname("@12", "edge.cdn.test");
	a("@12", 1);
	whole[1] = len;
	a("@12", 2);
	whole[2] = len;
	aaaa("@12", 3);
	whole[3] = len;
	for (n = 0; n <= len; n++) {
		names_free(names);
		names = names_new();
		learn_at(1000, n);
		ck_assert_int_eq(!find4(1), n < whole[1]);
		ck_assert_int_eq(!find4(2), n < whole[2]);
		ck_assert_int_eq(!find6(3), n < whole[3]);
	}
	/* more than an event holds, and an event that says too much */
	header(0x8180, 1, 30);
	question("www.example.org", 1);
	for (n = 0; n < 30; n++)
		a("@12", 100 + (unsigned)n);
	learn();
	ck_assert_str_eq(find4(100), "www.example.org");
	ck_assert_ptr_null(find4(129));
	learn_at(1000, 65535 < sizeof(msg) ? 65535 : sizeof(msg));
}
END_TEST

START_TEST(short_event)
{
	struct dns_event ev = { .event = { .type = EVENT_DNS },
				.len = 65535 };
	uint32_t n;

	header(0x8180, 1, 1);
	question("x.test", 1);
	a("@12", 1);
	memcpy(ev.data, msg, len);
	for (n = 0; n < offsetof(struct dns_event, data) + len; n++) {
		ev.event.len = n;
		names_learn(names, &ev);
		ck_assert_ptr_null(find4(1));
	}
	ev.event.len = n;
	names_learn(names, &ev);
	ck_assert_ptr_nonnull(find4(1));
}
END_TEST

START_TEST(random_bytes)
{
	unsigned i, j;

	srand(1);
	for (i = 0; i < 50000; i++) {
		header(0x8180, 1 + (unsigned)rand() % 3, 5);
		if (i % 2)
			question("www.example.org", 1);
		while (len < 200)
			u8(rand() % 4 ? (unsigned)rand() % 8 :
			   (unsigned)rand() & 0xff);
		for (j = 0; i % 2 && j < 4; j++)
			msg[12 + rand() % 100] = (uint8_t)rand();
		learn();
	}
}
END_TEST

static void learn_nth(unsigned i, const char *text)
{
	uint8_t addr[16] = { 0x20, 2, [12] = (uint8_t)(i >> 24),
			     (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			     (uint8_t)i };

	header(0x8180, 1, 1);
	question(text, 28);
	record("@12", 28, addr, 16);
	learn();
}

static const char *find_nth(unsigned i)
{
	uint8_t addr[16] = { 0x20, 2, [12] = (uint8_t)(i >> 24),
			     (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			     (uint8_t)i };

	return names_find(names, addr, 2000, NULL);
}

START_TEST(cache)
{
	unsigned i;

	for (i = 0; i < 10240; i++)
		learn_nth(i, "old.test");
	ck_assert_str_eq(find_nth(0), "old.test");
	/* heard of again: no longer the oldest, under its latest name */
	learn_nth(0, "again.test");
	for (i = 0; i < 100; i++)
		learn_nth(20000 + i, "new.test");
	ck_assert_str_eq(find_nth(0), "again.test");
	for (i = 1; i <= 100; i++)
		ck_assert_ptr_null(find_nth(i));
	for (; i < 10240; i++)
		ck_assert_str_eq(find_nth(i), "old.test");
	for (i = 0; i < 100; i++)
		ck_assert_str_eq(find_nth(20000 + i), "new.test");
	for (i = 0; i < 30000; i++)
		learn_nth(i * 7, "many.test");
	ck_assert_str_eq(find_nth(29999 * 7), "many.test");
	ck_assert_ptr_null(find_nth(7));
}
END_TEST

/* ---- struct lookup ----------------------------------------------------- */

static struct lookup lookup;

static void lookup_is(const char *host, const char *type, const char *addrs)
{
	const uint8_t *p = (const uint8_t *)&lookup;
	char text[LOOKUP_TEXT];

	ck_assert_uint_eq(lookup_name(p, sizeof(lookup), text), strlen(host));
	ck_assert_str_eq(text, host);
	ck_assert_uint_eq(lookup_type(p, sizeof(lookup), text), strlen(type));
	ck_assert_str_eq(text, type);
	ck_assert_uint_eq(lookup_addrs(p, sizeof(lookup), text),
			  strlen(addrs));
	ck_assert_str_eq(text, addrs);
}

/* The message, as far as there is room for it. */
static void look_at_message(void)
{
	memset(&lookup, 0xff, sizeof(lookup));
	lookup.len[0] = (uint8_t)(len >> 8);
	lookup.len[1] = (uint8_t)len;
	memcpy(lookup.data, msg, len < DNS_BYTES ? len : DNS_BYTES);
}

START_TEST(lookups)
{
	memset(&lookup, 0, sizeof(lookup));
	lookup_is("", "", "");
	memcpy(lookup.data, "Mail.example", 12);
	lookup_is("Mail.example", "", "");
	memset(lookup.data, 'x', sizeof(lookup.data));	/* no end */
	ck_assert_uint_eq(lookup_name((void *)&lookup, sizeof(lookup),
				      (char[LOOKUP_TEXT]){ "" }), 255);
	header(0x8180, 1, 3);
	question("WWW.example.org", 28);
	cname("@12", "@16");
	a("@16", 7);
	name("@12");			/* and one that is cut off */
	look_at_message();
	lookup_is("www.example.org", "AAAA", "192.0.2.7");
	lookup.data[12 + 17 + 1] = 200;
	lookup_is("www.example.org", "TYPE200", "192.0.2.7");
	lookup.data[12] = 0xc0;		/* a name that points at itself */
	lookup.data[13] = 12;
	lookup_is("", "", "");
}
END_TEST

/* The root has a name, and a message too short has none. */
START_TEST(lookup_ends)
{
	header(0x0100, 1, 0);
	question("", 2);
	look_at_message();
	lookup_is(".", "NS", "");
	len = 14;
	look_at_message();
	lookup_is("", "", "");
}
END_TEST

/* Nothing but what may stand in a name, or in addresses. */
static void printable(const char *text, size_t n)
{
	ck_assert_uint_lt(n, LOOKUP_TEXT);
	ck_assert_uint_eq(n, strlen(text));
	for (size_t i = 0; i < n; i++)
		ck_assert(text[i] > ' ' && text[i] <= '~');
}

/* Messages that nobody would send, whatever is left of them; in memory that
 * ends where they do. */
START_TEST(lookup_random)
{
	char text[LOOKUP_TEXT] = "";
	unsigned named = 0;

	srand(2);
	for (unsigned i = 0; i < 20000; i++) {
		size_t size = 20 + (size_t)rand() % 245;
		uint8_t *p = malloc(size);

		ck_assert_ptr_nonnull(p);
		header(0x8180, 1 + (unsigned)rand() % 2, 9);
		question(i % 2 ? "www.example.org" : "a.b", 28);
		while (len < DNS_BYTES)		/* lengths and pointers */
			u8(rand() % 8 ? (unsigned)rand() & 0x1f :
			   0xc0 | ((unsigned)rand() & 3));
		for (unsigned j = 0; j < i % 7; j++)
			msg[12 + rand() % 60] = (uint8_t)rand();
		look_at_message();
		lookup.len[0] = (uint8_t)rand() & 3;
		memcpy(p, &lookup, size);
		printable(text, lookup_type(p, size, text));
		printable(text, lookup_addrs(p, size, text));
		if (lookup_is_message(p, size)) {
			size_t n = lookup_name(p, size, text);

			printable(text, n);
			named += n > 0;
		}
		free(p);
	}
	ck_assert_uint_gt(named, 1000);
}
END_TEST

Suite *suite_names(void);
Suite *suite_names(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, plain);
	tcase_add_test(tc, chain);
	tcase_add_test(tc, questions);
	tcase_add_test(tc, longest);
	tcase_add_test(tc, not_answers);
	tcase_add_test(tc, loops);
	tcase_add_test(tc, long_names);
	tcase_add_test(tc, hostile_names);
	tcase_add_test(tc, truncated);
	tcase_add_test(tc, short_event);
	tcase_add_test(tc, random_bytes);
	tcase_add_test(tc, cache);
	tcase_add_test(tc, lookups);
	tcase_add_test(tc, lookup_ends);
	tcase_add_test(tc, lookup_random);
	suite_add_tcase(s, tc);
	return s;
}
