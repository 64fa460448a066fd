/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* json - a small, strict JSON reader (RFC 8259) for tests. */
#ifndef SOCKEYE_T_JSON_H
#define SOCKEYE_T_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* json_valid - @len bytes are one JSON text in UTF-8, nothing behind it. */
bool json_valid(const char *text, size_t len);

/* The rest wants text that json_valid() accepted. */

/* json_member - value of @key in the object at @at; NULL. */
const char *json_member(const char *at, const char *key);
/* json_element - @i-th value of the array at @at; NULL. */
const char *json_element(const char *at, unsigned i);
/* json_key - the @i-th key of the object at @at into @buf; false: no more. */
bool json_key(const char *at, unsigned i, char *buf, size_t len);
/* json_is - the value at @at, as it is spelled, is @text. */
bool json_is(const char *at, const char *text);

#endif
