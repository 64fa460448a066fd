/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pure parts of the prober: its programs, linked for old and odd kernels,
 * and the tape that a child leaves.
 */
#include <errno.h>
#include <string.h>

#include "loader/discover_int.h"
#include "t/check.h"

Suite *suite_prober(void);


static const struct {
	const char *machine;
	uint8_t word;
	bool big;
} machines[] = {
	{ "x86_64", 8, false }, { "i686", 4, false }, { "aarch64", 8, false },
	{ "armv7l", 4, false }, { "riscv64", 8, false }, { "s390x", 8, true },
	{ "mips", 4, false },
};

static void link_one(const struct spec *s, const struct spec_prog *p,
		     const struct hook *h, unsigned m, uint32_t version)
{
	struct resolver none;
	struct link_target t = {
		.machine = machines[m].machine, .word_size = machines[m].word,
		.big_endian = machines[m].big, .lint_version = version,
		.no_probe_read_kernel = version < KERNEL(5, 5),
		.no_bpf_calls = true, .fields = &none,
	};
	struct link_input in = {
		.spec = s, .prog = p, .hook = h, .target = &t,
	};
	struct linked l = { 0 };
	struct err e = { 0 };

	resolver_init(&none, machines[m].big);
	ck_assert_msg(!link_prog(&l, &in, &e), "%s on %s: %s", p->name,
		      machines[m].machine, e.msg);
	ck_assert_uint_lt(l.ninsns, 4096);
	linked_release(&l);
	resolver_release(&none);
}

/* Every program, at every kind of hook that a kernel of the time has. */
START_TEST(programs_fit_old_kernels)
{
	static const uint32_t versions[] = {
		KERNEL(4, 9), KERNEL(4, 14), KERNEL(4, 19), KERNEL(5, 4),
		KERNEL(6, 1),
	};
	static const struct hook kprobe = {
		.kind = HOOK_KPROBE, .target = "f", .args = "sk obj",
	};
	static const struct hook raw = {
		.kind = HOOK_RAW_TRACEPOINT, .target = "t", .args = "sk obj",
	};
	struct spec *s = probe_spec_new();

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->nprogs, PROBE_CLASSES - 1);
	for (uint32_t i = 0; i < s->nprogs; i++)
		for (unsigned m = 0; m < ARRAY_SIZE(machines); m++)
			for (unsigned v = 0; v < ARRAY_SIZE(versions); v++) {
				link_one(s, &s->progs[i], &kprobe, m,
					 versions[v]);
				if (versions[v] >= KERNEL(4, 17))
					link_one(s, &s->progs[i], &raw, m,
						 versions[v]);
			}
	probe_spec_free(s);
}
END_TEST

START_TEST(programs_have_names)
{
	struct spec *s = probe_spec_new();

	ck_assert_ptr_nonnull(s);
	for (int c = 1; c < PROBE_CLASSES; c++)
		ck_assert_ptr_nonnull(spec_find_prog(s, probe_prog_name(c)));
	probe_spec_free(s);
}
END_TEST

/* ---- the tape --------------------------------------------------------- */

static void machine_of(struct recording *r)
{
	recording_init(r);
	r->word_size = 8;
}

START_TEST(tape_plays)
{
	struct tape *t = tape_new();
	struct facts f = { .n = 0 };
	struct recording r;
	struct err e = { 0 };
	const struct disc_window *w;
	uint8_t bytes[300];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	known_number(&f, DISC_KEY_MARK, 0x1122334455667788);
	known_bytes(&f, DISC_KEY_LADDR, "\x7f\1\2\3", 4);
	known_seq(&f, 77);
	ck_assert_int_eq(tape_window(t, DISC_TCP, 5, 0xffff1000, bytes, 299,
				     2304, &f), 0);
	ck_assert_int_eq(tape_pointee(t, 0, 16, 0xffff2000, bytes + 1, 8), 1);
	machine_of(&r);
	ck_assert_msg(!tape_play(t, &r, &e), "%s", e.msg);
	ck_assert_uint_eq(r.nwindows, 2);
	w = &r.windows[0];
	ck_assert_int_eq(w->object, DISC_TCP);
	ck_assert_uint_eq(w->subject, 5);
	ck_assert_uint_eq(w->addr, 0xffff1000);
	ck_assert_uint_eq(w->len, 299);
	ck_assert_uint_eq(w->object_size, 2304);
	ck_assert_int_eq(w->parent, -1);
	ck_assert_mem_eq(w->bytes, bytes, 299);
	ck_assert_uint_eq(w->nfacts, 3);
	ck_assert_uint_eq(w->facts[0].number, 0x1122334455667788);
	ck_assert_uint_eq(w->facts[1].len, 4);
	ck_assert_mem_eq(w->facts[1].bytes, "\x7f\1\2\3", 4);
	ck_assert(w->facts[2].relative && w->facts[2].number == 77);
	w = &r.windows[1];
	ck_assert_int_eq(w->object, DISC_POINTEE);
	ck_assert_int_eq(w->parent, 0);
	ck_assert_uint_eq(w->parent_off, 16);
	ck_assert_mem_eq(w->bytes, bytes + 1, 8);
	recording_release(&r);
	tape_free(t);
}
END_TEST

/* The child says why, unless it has seen something. */
START_TEST(tape_tells_why)
{
	struct tape *t = tape_new();
	struct facts f = { .n = 0 };
	struct err e = { 0 }, why = { 0 };
	struct recording r;

	machine_of(&r);
	ck_assert_int_lt(tape_play(t, &r, &e), 0);
	ck_assert_str_eq(e.msg, "nothing was seen");
	err_set(&why, EPERM, "load");
	tape_fail(t, &why);
	ck_assert_int_eq(tape_play(t, &r, &e), -EPERM);
	ck_assert_str_eq(e.msg, why.msg);
	tape_window(t, DISC_UDP, 1, 0, "x", 1, 0, &f);
	ck_assert_int_eq(tape_play(t, &r, &e), 0);
	recording_release(&r);
	tape_free(t);
}
END_TEST

/* When it is full, or there are too many facts, what was there stays. */
START_TEST(tape_is_full)
{
	struct tape *t = tape_new();
	static uint8_t bytes[DISC_WINDOW_MAX];
	struct facts f = { .n = 0 };
	struct recording r;
	struct err e = { 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < 200; i++)
		known_number(&f, DISC_KEY_MARK, i);
	ck_assert_uint_eq(f.n, ARRAY_SIZE(f.f));
	while (n < 2 * DISC_WINDOWS &&
	       tape_window(t, DISC_TCP, 1, 0, bytes, sizeof(bytes), 0, &f) >= 0)
		n++;
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_le(n, DISC_WINDOWS);
	machine_of(&r);
	ck_assert_msg(!tape_play(t, &r, &e), "%s", e.msg);
	ck_assert_uint_eq(r.nwindows, n);
	ck_assert_uint_eq(r.windows[n - 1].nfacts, ARRAY_SIZE(f.f));
	recording_release(&r);
	tape_free(t);
}
END_TEST

Suite *suite_prober(void)
{
	Suite *s = suite_create("prober");
	TCase *c = tcase_create("programs");

	tcase_add_test(c, programs_fit_old_kernels);
	tcase_add_test(c, programs_have_names);
	suite_add_tcase(s, c);
	c = tcase_create("tape");
	tcase_add_test(c, tape_plays);
	tcase_add_test(c, tape_tells_why);
	tcase_add_test(c, tape_is_full);
	suite_add_tcase(s, c);
	return s;
}
