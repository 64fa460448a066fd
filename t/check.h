/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check.h, without what each assertion that holds costs there: it is written
 * to a pipe, so that check can tell of a test that crashed which one came
 * last.  Tests here make millions; gdb tells more (t/run -n).
 */
#ifndef SOCKEYE_T_CHECK_H
#define SOCKEYE_T_CHECK_H

#include <check.h>

#define _mark_point(file, line) ((void)0)

#endif
