/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures that are damaged, not ours, or cannot be written. */
#include "t/capfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(cut_anywhere)
{
	size_t n;

	for (n = 0; n < capfile.size; n++) {
		read_back(capfile.bytes, n);
		if ((got.open ? got.open : got.end) >= 0)
			ck_abort_msg("%zu bytes are enough", n);
		if (!got.open && got.end != -ENODATA)
			ck_abort_msg("%zu bytes: %d", n, got.end);
		if (!cap_err.msg[0] || got.rows > EVENTS)
			ck_abort();
	}
	/* what came before stands */
	ck_assert_uint_eq(got.rows, EVENTS);
	ck_assert_uint_eq(got.losses, 1);
}
END_TEST

START_TEST(damaged_anywhere)
{
	unsigned char old;
	size_t n;
	int i;

	srand(1);
	for (n = 0; n < capfile.size; n++) {
		unsigned char *at = capfile.bytes + n;

		for (i = 0; i < 3; i++) {
			old = *at;
			*at = i == 0 ? (unsigned char)~old : i == 1 ?
			      0 : old ^ (unsigned char)(1 << rand() % 8);
			read_back(capfile.bytes, capfile.size);
			if (got.rows > EVENTS + 2)
				ck_abort();
			*at = old;
		}
	}
	read_back(capfile.bytes, capfile.size);
	check_all();
}
END_TEST

static unsigned kinds[REC_CLOCKS + 1];

static void count_record(unsigned char *rec, uint32_t type, uint32_t len)
{
	(void)rec;
	(void)len;
	ck_assert_uint_le(type, REC_CLOCKS);
	kinds[type]++;
}

START_TEST(unknown_records)
{
	static const unsigned char later[] = "what later versions have";
	struct record_head head = { 0x12345678, sizeof(later) };
	unsigned char *more = malloc(2 * capfile.size + 65536);
	size_t at = sizeof(struct file_head), to = at;
	struct record_head h;

	memcpy(more, capfile.bytes, at);
	while (at < capfile.size) {
		memcpy(more + to, &head, sizeof(head));
		memcpy(more + to + sizeof(head), later, sizeof(later));
		to += sizeof(head) + sizeof(later);
		memcpy(&h, capfile.bytes + at, sizeof(h));
		memcpy(more + to, capfile.bytes + at, sizeof(h) + h.len);
		at += sizeof(h) + h.len;
		to += sizeof(h) + h.len;
		ck_assert_uint_lt(to, 2 * capfile.size + 65000);
	}
	read_back(more, to);
	check_all();
	free(more);
	each_record(count_record);
	ck_assert_uint_eq(kinds[REC_INFO], 1);
	ck_assert_uint_eq(kinds[REC_READY], 1);
	ck_assert_uint_eq(kinds[REC_EVENT], EVENTS + 3);
	ck_assert_uint_eq(kinds[REC_END], 1);
}
END_TEST
START_TEST(refused)
{
	const struct tool *t;
	struct capture_info info;
	struct capture *c;
	uint16_t version = 2;

	capfile.bytes[3] ^= 1;
	read_back(capfile.bytes, capfile.size);
	ck_assert_int_eq(got.open, -EINVAL);
	ck_assert_str_eq(cap_err.msg, "not a capture of sockeye");
	capfile.bytes[3] ^= 1;
	memcpy(capfile.bytes + offsetof(struct file_head, version), &version,
	       2);
	read_back(capfile.bytes, capfile.size);
	ck_assert_int_eq(got.open, -EINVAL);
	ck_assert_ptr_nonnull(strstr(cap_err.msg, "format 2"));
	ck_assert_int_eq(capture_open(&c, "/nonexistent/file", &t, &info,
				      &cap_err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(cap_err.msg, "/nonexistent/file"));
	/* a directory can be opened, but not read */
	ck_assert_int_lt(capture_open(&c, capfile.dir, &t, &info, &cap_err), 0);
}
END_TEST

static const struct tool *find_none(const char *name)
{
	ck_assert_str_eq(name, "fakelife");
	return NULL;
}

START_TEST(unknown_tool)
{
	struct capture_info info;
	const struct tool *t;
	struct capture *c;

	ck_assert_int_eq(capture_read(&c, fopen(capfile.path, "r"), find_none,
				      &t, &info, &cap_err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(cap_err.msg, "fakelife"));
}
END_TEST

static int try_create(const char *name)
{
	struct capture *c;

	return capture_create(&c, name, &fakelife_tool, &fakelife_info,
			      &cap_err);
}

START_TEST(bad_places)
{
	char fifo[PATH_MAX + 8];

	ck_assert_int_eq(try_create("/nonexistent/file"), -ENOENT);
	ck_assert_int_lt(try_create(capfile.dir), 0);
	ck_assert_int_eq(try_create("/dev/null"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(cap_err.hint, "-W -"));
	snprintf(fifo, sizeof(fifo), "%s/fifo", capfile.dir);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_lt(try_create(fifo), 0);
	unlink(fifo);
}
END_TEST

START_TEST(full_disk)
{
	struct fakelife_event ev;
	struct capture *c;
	int fd = open("/dev/full", O_WRONLY), i;

	if (fd < 0)
		return;
	ck_assert_int_eq(capture_create(&c, capfile.path, &fakelife_tool,
					&fakelife_info, &cap_err), 0);
	ck_assert_int_ge(dup2(fd, c->fd), 0);
	close(fd);
	fakelife_fill(&ev, 0);
	for (i = 0; i < 5000; i++)
		if (capture_event(c, &ev.event) < 0)
			break;
	ck_assert_int_lt(i, 5000);
	ck_assert_int_eq(capture_flush(c), -ENOSPC);
	ck_assert_int_eq(capture_close(c, &cap_err), -ENOSPC);
	/* events that are none */
	ck_assert_int_eq(capture_create(&c, capfile.path, &fakelife_tool,
					&fakelife_info, &cap_err), 0);
	ev.event.len = 15;
	ck_assert_int_eq(capture_event(c, &ev.event), -EINVAL);
	ev.event.len = 1u << 31;
	ck_assert_int_eq(capture_event(c, &ev.event), -EINVAL);
	ck_assert_int_eq(capture_close(c, &cap_err), 0);
}
END_TEST

Suite *suite_capture_bad(void);
Suite *suite_capture_bad(void)
{
	Suite *s = suite_create("capture-bad");
	TCase *tc = tcase_create("capture-bad");

	tcase_add_checked_fixture(tc, capfile_setup, capfile_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, cut_anywhere);
	tcase_add_test(tc, damaged_anywhere);
	tcase_add_test(tc, unknown_records);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, unknown_tool);
	tcase_add_test(tc, bad_places);
	tcase_add_test(tc, full_disk);
	suite_add_tcase(s, tc);
	return s;
}
