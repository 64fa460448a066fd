/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* write_all(): who is told to stop does not wait for ever for a reader. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "t/check.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/run.h"

#define SECOND 1000000000ull
#define CHUNK (32 * 1024)
#define CHUNKS 12		/* far more than a pipe holds, and as the reader
				   has it longer than the grace */
static char data[CHUNKS * CHUNK];

/* What is written to a pipe with these @flags, behind a signal that comes
 * before the write(2), which it does not interrupt. */
static int write_stopped(int flags)
{
	uint64_t begun, took;
	int p[2], err;

	ck_assert_int_eq(pipe2(p, flags), 0);
	life_begin();
	raise(SIGTERM);
	ck_assert(life_stopped());
	begun = now_ns();
	err = write_all(p[1], data, sizeof(data));
	took = now_ns() - begun;
	ck_assert_uint_ge(took, SECOND);
	ck_assert_uint_lt(took, 10 * SECOND);
	return err;
}

/* Both at one time, since they take theirs. */
START_TEST(unread)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(write_stopped(O_CLOEXEC | O_NONBLOCK) == UNREAD ? 0 : 1);
	ck_assert_int_eq(write_stopped(O_CLOEXEC), UNREAD);
	ck_assert_ptr_nonnull(strstr(write_error(UNREAD), "nobody reads"));
	while (waitpid(pid, &status, 0) < 0)
		;
	ck_assert_int_eq(status, 0);
}
END_TEST

/* All that there is, with a rest before each chunk. */
static void read_slowly(int fd)
{
	static const struct timespec rest = { .tv_nsec = 150000000 };
	size_t sum = 0;
	ssize_t n;

	do {
		nanosleep(&rest, NULL);
		n = read(fd, data, CHUNK);
		sum += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	_exit(sum == sizeof(data) ? 0 : 1);
}

START_TEST(read_late)
{
	int p[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		close(p[1]);
		read_slowly(p[0]);
	}
	close(p[0]);
	life_begin();
	raise(SIGTERM);
	ck_assert_int_eq(write_all(p[1], data, sizeof(data)), 0);
	close(p[1]);
	while (waitpid(pid, &status, 0) < 0)
		;
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *suite_out(void);

Suite *suite_out(void)
{
	Suite *s = suite_create("out");
	TCase *tc = tcase_create("out");

	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, unread);
	tcase_add_test(tc, read_late);
	suite_add_tcase(s, tc);
	return s;
}
