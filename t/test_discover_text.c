/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: in memory, as text, and text that is broken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover.h"
#include "t/check.h"

Suite *suite_discover_text(void);

#define HEAD	"# sockeye recording 1\nmachine armv7l\n"		\
		"kernel 5.10.0-28-armmp\nbuild-id 5a0c\nword 4 big\n"

static const char small[] =
	HEAD
	"window tcp subject 2 addr 0xc3f1a040 len 70 object-size 1856\n"
	"fact family 10\n"
	"fact laddr x 7f000102\n"
	"fact seq +7\n"
	"0000 01020304 00000000 00000000 00000000 00000000 00000000 00000000 "
	"0000000f\n"
	"0040 0a0b0c0d 0e0f\n"
	"window pointee of 0 at 0x14 addr 0xc3f1b000 len 5\n"
	"0000 00000000 ff\n";

static char *text_of(const struct recording *r, size_t *len)
{
	char *text;
	FILE *f = open_memstream(&text, len);

	ck_assert_ptr_nonnull(f);
	recording_write(f, r);
	fclose(f);
	return text;
}

static void read_ok(struct recording *r, const char *text, size_t len)
{
	unsigned int line;
	const char *why;
	int err = recording_read(r, text, len, &line, &why);

	ck_assert_msg(!err, "line %u: %s", line, why);
	ck_assert_ptr_null(why);
}

START_TEST(test_round_trip)
{
	struct recording r;
	size_t len;
	char *text;

	read_ok(&r, small, strlen(small));
	ck_assert_uint_eq(r.nwindows, 2);
	ck_assert_uint_eq(r.word_size, 4);
	ck_assert(r.big_endian);
	ck_assert_str_eq(r.machine, "armv7l");
	ck_assert_str_eq(r.release, "5.10.0-28-armmp");
	ck_assert_uint_eq(r.windows[0].facts[0].number, 10);
	ck_assert(r.windows[0].facts[2].relative);
	ck_assert_uint_eq(r.windows[0].bytes[31], 15);
	ck_assert_uint_eq(r.windows[0].bytes[69], 15);
	ck_assert_int_eq(r.windows[1].parent, 0);
	ck_assert_uint_eq(r.windows[1].parent_off, 0x14);
	ck_assert_uint_eq(r.windows[1].subject, 2);
	text = text_of(&r, &len);
	ck_assert_str_eq(text, small);
	free(text);
	recording_release(&r);
}
END_TEST

START_TEST(test_store)
{
	static uint8_t bytes[DISC_WINDOW_MAX + 1];
	struct recording r;
	char buf[17] = "";
	int i, w;

	recording_init(&r);
	ck_assert_int_eq(recording_number(&r, 0, 0, 1), -EINVAL);
	w = recording_window(&r, DISC_UDP, 7, 0x1000, bytes, 100);
	ck_assert_int_eq(w, 0);
	ck_assert_int_eq(recording_window(&r, DISC_OBJECT_MAX, 0, 0, bytes, 1),
			 -EINVAL);
	ck_assert_int_eq(recording_window(&r, -1, 0, 0, bytes, 1), -EINVAL);
	ck_assert_int_eq(recording_window(&r, 0, 65536, 0, bytes, 1), -EINVAL);
	ck_assert_int_eq(recording_window(&r, 0, 0, 0, bytes,
					  DISC_WINDOW_MAX + 1), -E2BIG);
	ck_assert_int_eq(recording_pointee(&r, 1, 0, 0, bytes, 1), -EINVAL);
	ck_assert_int_eq(recording_number(&r, 0, DISC_KEY_MAX, 1), -EINVAL);
	ck_assert_int_eq(recording_bytes(&r, 0, DISC_KEY_COMM, buf, 17),
			 -EINVAL);
	ck_assert_int_eq(recording_bytes(&r, 0, DISC_KEY_COMM, buf, 0),
			 -EINVAL);
	for (i = 0; i < 255; i++)
		ck_assert_int_eq(recording_number(&r, 0, DISC_KEY_FD,
						  (uint64_t)i), 0);
	ck_assert_int_eq(recording_seq(&r, 0, 1), -EINVAL);
	for (i = 0; i < 255; i++)
		ck_assert_uint_eq(r.windows[0].facts[i].number,
				  (uint64_t)i);
	for (i = 1; i < DISC_WINDOWS; i++)
		ck_assert_int_eq(recording_window(&r, DISC_TCP, 0, 0, bytes,
						  i % 100), i);
	ck_assert_int_eq(recording_window(&r, DISC_TCP, 0, 0, bytes, 1),
			 -E2BIG);
	recording_release(&r);
	recording_release(&r);
}
END_TEST

static const struct {
	const char *text;
	unsigned int line;
	const char *why;
} broken[] = {
	{ "", 1, "no \"word\" line" },
	{ "# sockeye fields 1\n", 1, "not a recording" },
	{ "# sockeye recording 1\nmachine x\n", 3, "no \"word\" line" },
	{ "# sockeye recording 1\nword 5 big\n", 2, "4 or 8" },
	{ "# sockeye recording 1\nword 8 middle\n", 2, "\"little\"" },
	{ "# sockeye recording 1\nword 8 big big\n", 2, "after the end" },
	{ "# sockeye recording 1\nbuild-id XYZ\n", 2, "hex" },
	{ "# sockeye recording 1\nmachine \n", 2, "missing" },
	{ "# sockeye recording 1\nmachine a\tb\n", 2, "odd" },
	{ "# sockeye recording 1\nwindow tcp subject 1 addr 0 len 1\n", 2,
	  "before the \"word\"" },
	{ HEAD "fact family 2\n", 6, "before the first" },
	{ HEAD "0000 00\n", 6, "before the first" },
	{ HEAD "window cat subject 1 addr 0 len 1\n", 6, "object" },
	{ HEAD "window tcp subject 70000 addr 0 len 1\n", 6, "too large" },
	{ HEAD "window tcp subject 1 addr 0 len 8193\n", 6, "too large" },
	{ HEAD "window tcp subject 1 addr 0 length 1\n", 6, "misplaced" },
	{ HEAD "window pointee of 0 at 0 addr 0 len 1\n", 6, "no such" },
	{ HEAD "window tcp subject 1 addr 0 len 2 object-size\n", 6,
	  "number" },
#define WINDOW HEAD "window tcp subject 1 addr 0 len 2\n"
	{ WINDOW "fact cat 1\n", 7, "unknown fact" },
	{ WINDOW "fact family x\n", 7, "hex" },
	{ WINDOW "fact family -1\n", 7, "number" },
	{ WINDOW "fact family 18446744073709551616\n", 7, "too large" },
	{ WINDOW "fact seq +4294967296\n", 7, "too large" },
	{ WINDOW "fact laddr x 0102030405060708090a0b0c0d0e0f1011\n", 7,
	  "hex" },
	{ WINDOW "fact laddr x 7F\n", 7, "hex" },
	{ WINDOW "fact family 2 3\n", 7, "after the end" },
	{ WINDOW "0000 010203\n", 7, "hex" },
	{ WINDOW "0000 0102 03\n", 7, "after the end of the window" },
	{ WINDOW "0002 01\n", 7, "after the end of the window" },
	{ WINDOW "00000 01\n", 7, "unknown line" },
	{ WINDOW "0000\n", 7, "unknown line" },
	{ WINDOW "0000 0g\n", 7, "hex" },
	{ WINDOW "word 8 big\n", 7, "after a window" },
	{ WINDOW "nonsense\n", 7, "unknown line" },
};

START_TEST(test_broken)
{
	struct recording r;
	unsigned int line;
	const char *why;

	ck_assert_int_eq(recording_read(&r, broken[_i].text,
					strlen(broken[_i].text), &line, &why),
			 -EINVAL);
	ck_assert_msg(line == broken[_i].line && strstr(why, broken[_i].why),
		      "line %u: %s", line, why);
	ck_assert_uint_eq(r.nwindows, 0);
	ck_assert_ptr_null(r.arena);
}
END_TEST

/* Read what may be anything; whatever is read can be written and solved. */
static bool try_text(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);	/* its end is guarded */
	struct discovery *d;
	struct recording r;
	unsigned int line;
	const char *why;
	char *again;
	size_t n;
	bool ok;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	ok = !recording_read(&r, copy, len, &line, &why);
	ck_assert(ok || why);
	if (ok) {
		again = text_of(&r, &n);
		free(again);
		ck_assert_int_eq(discovery_new(&d, &r, &why), 0);
		discovery_free(d);
	}
	recording_release(&r);
	free(copy);
	return ok;
}

START_TEST(test_truncated)
{
	size_t len = strlen(small), i, ok = 0;

	for (i = 0; i <= len; i++)
		ok += try_text(small, i);
	ck_assert_uint_gt(ok, 10);
	ck_assert_uint_lt(ok, len);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(test_mutated)
{
	static const char alphabet[] = "0123456789abcdef x+\n -w";
	size_t len = strlen(small), ok = 0;
	uint32_t state = 4711, n;
	char text[sizeof(small)];
	int i;

	for (i = 0; i < 4000; i++) {
		memcpy(text, small, len);
		for (n = next_random(&state) % 4 + 1; n; n--)
			text[next_random(&state) % len] =
				next_random(&state) % 8 ?
				alphabet[next_random(&state) %
					 (sizeof(alphabet) - 1)] :
				(char)next_random(&state);
		ok += try_text(text, len);
	}
	ck_assert_uint_gt(ok, 100);
}
END_TEST

START_TEST(test_carriage_return)
{
	static const char text[] = "# sockeye recording 1\r\nword 8 little\r\n"
		"# a remark\r\n\r\nwindow udp subject 0 addr 0 len 0\r\n";
	struct recording r;

	read_ok(&r, text, strlen(text));
	ck_assert_uint_eq(r.nwindows, 1);
	recording_release(&r);
}
END_TEST

Suite *suite_discover_text(void)
{
	Suite *s = suite_create("discover_text");
	TCase *tc = tcase_create("text");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_store);
	tcase_add_loop_test(tc, test_broken, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(tc, test_truncated);
	tcase_add_test(tc, test_mutated);
	tcase_add_test(tc, test_carriage_return);
	suite_add_tcase(s, tc);
	return s;
}
