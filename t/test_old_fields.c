/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields that old kernels kept otherwise. */
#include <stdio.h>
#include <string.h>

#include "t/check.h"
#include "t/old_fields.h"

Suite *suite_old_fields(void);

static uint64_t value_of(const char *line, int kind, bool big_endian)
{
	struct question q = { .kind = (uint8_t)kind, .type = "struct sock",
			      .path = "f", .local_class = FIELD_UNSIGNED,
			      .local_size = 2 };
	struct resolver r;
	const char *why = "";
	struct answer a;
	char text[200];

	snprintf(text, sizeof(text), "# sockeye fields 1\nbuild-id -\n"
		 "struct sock:f %s\n", line);
	resolver_init(&r, big_endian);
	old_fields_add(&r, text, strlen(text));
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), 0);
	ck_assert(!a.poison);
	resolver_release(&r);
	return a.value;
}

/* sk_protocol: 8 bits of an int after 8 others, before 5.6.  On big-endian
 * machines the compiler starts with the highest bits. */
START_TEST(old_fields)
{
	static const char bits[] = "off 328 size 4 bits 8+8 unsigned";
	static const char ca[] = "off 1080 size 1 bits 0+6 unsigned";
	int big;

	for (big = 0; big < 2; big++) {
		ck_assert_uint_eq(value_of(bits, CORE_FIELD_BYTE_OFFSET, big),
				  329);
		ck_assert_uint_eq(value_of(bits, CORE_FIELD_BYTE_SIZE, big),
				  1);
		ck_assert_uint_eq(value_of(bits, CORE_FIELD_LSHIFT_U64, big),
				  56);
		ck_assert_uint_eq(value_of(bits, CORE_FIELD_RSHIFT_U64, big),
				  56);
		/* icsk_ca_state had six bits until 5.2 */
		ck_assert_uint_eq(value_of(ca, CORE_FIELD_LSHIFT_U64, big),
				  big ? 56 : 58);
		ck_assert_uint_eq(value_of(ca, CORE_FIELD_RSHIFT_U64, big),
				  58);
	}
	/* sk_max_ack_backlog in old kernels */
	ck_assert_uint_eq(value_of("off 444 size 2 unsigned",
				   CORE_FIELD_BYTE_SIZE, false), 2);
}
END_TEST

Suite *suite_old_fields(void)
{
	Suite *s = suite_create("old_fields");
	TCase *tc = tcase_create("old_fields");

	tcase_add_test(tc, old_fields);
	suite_add_tcase(s, tc);
	return s;
}
