/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is told of the kernel's refusals: the line of the verifier's log that
 * says why, and what to do about it.
 */
#include <errno.h>
#include <string.h>

#include "loader/loader_int.h"
#include "t/check.h"

Suite *suite_diag(void);

static void says(const char *log, const char *want, int at)
{
	char why[384];
	int insn;

	verifier_summary(log, why, sizeof(why), &insn);
	ck_assert_str_eq(why, want);
	ck_assert_int_eq(insn, at);
}

START_TEST(verifier_says)
{
	says("", "", -1);
	says("0: R1=ctx() R10=fp0\n; f @ x.c:3\n0: (bf) r0 = r7\n"
	     "R7 !read_ok\nprocessed 1 insns (limit 1000000)\n",
	     "R7 !read_ok", 0);
	says("0: (18) r1 = 0x8\n2: (79) r0 = *(u64 *)(r1 +0)\n"
	     "R1 invalid mem access 'scalar'\n", "R1 invalid mem access "
	     "'scalar'", 2);
	says("BPF program is too large. Processed 1000001 insn\n"
	     "verification time 53 usec\n",
	     "BPF program is too large. Processed 1000001 insn", -1);
	/* 6.3 shows the states that are alike */
	says("0: R1=ctx() R10=fp0\n0: (05) goto pc-1\n"
	     "infinite loop detected at insn 0\n"
	     "cur state: R1=ctx() R10=fp0\nold state: R1=ctx() R10=fp0\n"
	     "processed 2 insns (limit 1000000)\n",
	     "infinite loop detected at insn 0", 0);
}
END_TEST

/* The hint for @no and @log, of a kernel that is not asked. */
static void hints(enum diag_op op, int no, const char *log, const char *want)
{
	static const struct env env = { .release = "4.9.0" };
	static const struct hook h = { .kind = HOOK_RAW_TRACEPOINT,
				       .target = "x" };
	struct err e = { .no = no };

	diagnose(&e, &env, op, &h, log);
	ck_assert_str_eq(e.hint, want);
}

START_TEST(helper_is_missing)
{
	static const char want[] = "the kernel lacks a helper that this "
		"program calls, or lockdown hides it";

	hints(DIAG_PROG, EINVAL, "0: (85) call unknown#9999\n"
	      "invalid func unknown#9999\n", want);
	hints(DIAG_PROG, EINVAL, "unknown func bpf_probe_read#4\n", want);
	hints(DIAG_PROG, EINVAL, "program of this type cannot use helper "
	      "bpf_probe_read_kernel#113\n", want);
	hints(DIAG_PROG, EINVAL, "infinite loop detected at insn 0\n", "");
	hints(DIAG_PROG, EACCES, "R7 !read_ok\n", "");
}
END_TEST

START_TEST(nothing_is_said)
{
	hints(DIAG_PROG, EINVAL, "", "Linux 4.9.0 knows no raw_tracepoint "
	      "programs, or a version check failed");
	hints(DIAG_MAP, EINVAL, "", "this kernel may know no such maps");
	hints(DIAG_MAP, ENOMEM, "", "not enough memory for its maps; a tool's "
	      "--max-sockets and -b make them smaller");
	hints(DIAG_ATTACH, EINVAL, "", "it has fewer arguments");
	hints(DIAG_ATTACH, ENOENT, "", "the event is not in this kernel");
}
END_TEST

Suite *suite_diag(void)
{
	Suite *s = suite_create("diag");
	TCase *tc = tcase_create("diag");

	tcase_add_test(tc, verifier_says);
	tcase_add_test(tc, helper_is_missing);
	tcase_add_test(tc, nothing_is_said);
	suite_add_tcase(s, tc);
	return s;
}
