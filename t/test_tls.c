/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Extensions of ClientHellos, and any bytes in their place. */
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/random.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/tls.h"

Suite *suite_tls(void);

/* The bytes of the string literal @s, of which @n are there. */
static const char *part(uint8_t kind, const char *s, size_t n)
{
	static char text[TLS_TEXT];
	uint8_t *exact = malloc(n ? n : 1);	/* for sanitizers */
	size_t len;

	memcpy(exact, s, n);
	memset(text, 'x', sizeof(text));
	len = tls_text(kind, exact, n, text);
	free(exact);
	ck_assert_uint_lt(len, TLS_TEXT);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}
#define TEXT(kind, s) part(kind, s, sizeof(s) - 1)

START_TEST(server_names)
{
	static const char sni[] = "\0\x0e\0\0\x0b" "example.org";
	size_t n;

	ck_assert_str_eq(TEXT(K_TLS_SNI, "\0\x0e\0\0\x0b" "example.org"),
			 "example.org");
	/* of another type before it; behind the list */
	ck_assert_str_eq(TEXT(K_TLS_SNI, "\0\x09\7\0\1x\0\0\2io"), "io");
	ck_assert_str_eq(TEXT(K_TLS_SNI, "\0\4\7\0\1x\0\0\2io"), "");
	ck_assert_str_eq(TEXT(K_TLS_SNI, "\0\6\0\0\3a\x1b\n"), "a??");
	for (n = 0; n <= 5; n++)
		ck_assert_str_eq(part(K_TLS_SNI, sni, n), "");
	for (; n < sizeof(sni); n++)
		ck_assert_uint_eq(strlen(part(K_TLS_SNI, sni, n)), n - 5);
}
END_TEST

START_TEST(alpns)
{
	ck_assert_str_eq(TEXT(K_TLS_ALPN, "\0\x0c\2h2\x08http/1.1"),
			 "h2,http/1.1");
	ck_assert_str_eq(TEXT(K_TLS_ALPN, "\0\6\2\x1a\x1a\2h2"), "h2");
	ck_assert_str_eq(TEXT(K_TLS_ALPN, "\0\x0c\2h2\x08http"), "h2,http");
	ck_assert_str_eq(TEXT(K_TLS_ALPN, "\0\0"), "");
	ck_assert_str_eq(TEXT(K_TLS_ALPN, ""), "");
}
END_TEST

START_TEST(versions)
{
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\4\3\4\3\3"), "1.3");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\6\xba\xba\3\3\3\4"), "1.3");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\2\3\3"), "1.2");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\2\3\0"), "SSL3");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\2\x7f\x1c"), "0x7f1c");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\2\x2a\x2a"), "");
	ck_assert_str_eq(TEXT(K_TLS_VERSION, "\4\3"), "");
}
END_TEST

/* Any bytes: it ends, within its room, with what a terminal may see. */
START_TEST(any)
{
	static const uint8_t kinds[] = {
		K_TLS_SNI, K_TLS_ALPN, K_TLS_VERSION
	};
	uint32_t i, count = random_count();
	char bytes[512];
	const char *s;
	size_t n, k;

	for (i = 0; i < count; i++) {
		random_begin(random_seed(), i);
		n = rnd(sizeof(bytes));
		for (k = 0; k < n; k++)
			bytes[k] = (char)(one_in(2) ? rnd(8) : rnd(256));
		for (k = 0; k < sizeof(kinds); k++)
			for (s = part(kinds[k], bytes, n); *s; s++)
				require(*s > ' ' && *s < 0x7f, "%zu bytes\n",
					n);
	}
}
END_TEST

/* K_DATA, as it is shown. */
START_TEST(escapes)
{
	static const char all[] = "a \"b\\\n\r\t\0\x1b\x7f\xc3\xa4~";
	char text[4 * sizeof(all)];

	*put_escaped(text, all, sizeof(all) - 1) = '\0';
	ck_assert_str_eq(text, "a \"b\\\\\\n\\r\\t\\x00\\x1b\\x7f\\xc3\\xa4~");
	*put_hex_bytes(text, "\0\x1f\xff", 3) = '\0';
	ck_assert_str_eq(text, "001fff");
}
END_TEST

Suite *suite_tls(void)
{
	Suite *s = suite_create("tls");
	TCase *tc = tcase_create("tls");

	tcase_add_test(tc, server_names);
	tcase_add_test(tc, alpns);
	tcase_add_test(tc, versions);
	tcase_add_test(tc, any);
	tcase_add_test(tc, escapes);
	suite_add_tcase(s, tc);
	return s;
}
