/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sockeye replay: of files and pipes, to files, pipes and terminals. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progs/tcptop.h"
#include "t/check.h"
#include "t/temp.h"
#include "tools/frontend/frontend.h"

#define SECOND 1000000000ull
#define START (5 * SECOND)

/* The recording, and where it is. */
static char path[PATH_MAX], bytes[65536];
static size_t nbytes;

static void setup(void)
{
	close(temp_file(path));
}

static void teardown(void)
{
	unlink(path);
}

/* ---- a recording -------------------------------------------------------- */

/* A second apart, of processes from 1001 on. */
static void put_rows(struct capture *c, const struct tool *t, unsigned n)
{
	union {
		struct event event;
		struct tcptop_event tcptop;
		uint8_t bytes[1024];
	} row;
	struct flow flow = { .owned = 1, .lport = 80 };

	for (unsigned i = 0; i < n; i++) {
		memset(&row, 0, sizeof(row));
		row.event = (struct event){ START + SECOND / 2 + i * SECOND,
					    t->event_size, EVENT_ROW, 0 };
		flow.pid = 1001 + i;
		memcpy(row.bytes + t->flow_off, &flow, sizeof(flow));
		if (t->flags & T_TOTALS)	/* or nothing has moved */
			row.tcptop.tx_bytes = 1024;
		ck_assert_int_eq(capture_event(c, &row.event), 0);
	}
}

static void load(void)
{
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	nbytes = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	ck_assert_uint_lt(nbytes, sizeof(bytes));
}

/* @n rows of @tool and, if @lost, what was lost behind them. */
static void record(const char *tool, unsigned n, uint64_t lost)
{
	const struct capture_info info = { .tool = tool,
					   .clocks.start_ns = START };
	const struct losses l = { .lost = lost };
	const struct tool *t = tool_find(tool);
	struct capture *c;
	struct err e;

	ck_assert_int_eq(capture_create(&c, path, t, &info, &e), 0);
	put_rows(c, t, n);
	ck_assert_int_eq(capture_losses(c, &l), 0);
	ck_assert_int_eq(capture_close(c, &e), 0);
	load();
}

/* ---- a replay ----------------------------------------------------------- */

static pid_t child;

/* In a process of its own, with these as stdin and stdout, which are closed. */
static void start(int in, int out, char **words)
{
	int argc = 0;

	while (words[argc])
		argc++;
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		/* both ends of pipes */
		for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
			close(fd);
		_exit(stdout_done(verb_replay(argc, words)));
	}
	close(in);
	close(out);
}

#define START_REPLAY(in, out, ...) \
	start(in, out, (char *[]){ (char[]){ "replay" }, __VA_ARGS__, NULL })
#define WORD(s) ((char[]){ s })

static int exit_code(void)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char text[65536];	/* what it printed */
static size_t len;

/* Until there are @lines; at the end of all 0 lines are enough. */
static void read_lines(int fd, unsigned lines)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		unsigned have = 0;

		for (size_t i = 0; i < len; i++)
			have += text[i] == '\n';
		if (lines && have >= lines)
			return;
		ck_assert_msg(poll(&p, 1, 20000) == 1, "%u lines", have);
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n <= 0)	/* EIO: a terminal nobody has any more */
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	ck_assert_uint_eq(lines, 0);
}

static void make_pipe(int p[2])
{
	ck_assert_int_eq(pipe(p), 0);
}

START_TEST(to_terminal)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	setenv("TERM", "xterm", 1);
	record("tcptop", 3, 0);
	START_REPLAY(open("/dev/null", O_RDONLY), slave, path);
	read_lines(master, 0);
	ck_assert_int_eq(exit_code(), 0);
	/* each interval, the last as well, and no screen that goes away */
	ck_assert_ptr_nonnull(strstr(text, " 1001 "));
	ck_assert_ptr_nonnull(strstr(text, " 1002 "));
	ck_assert_ptr_nonnull(strstr(text, " 1003 "));
	ck_assert_ptr_null(strchr(text, '\033'));
	close(master);
}
END_TEST

/* All of the recording but its end: a head of 8 bytes, "events", "3". */
static void feed(int fd)
{
	size_t n = nbytes - 8 - 7 - 2;

	ck_assert_int_eq(write(fd, bytes, n), n);
}

START_TEST(pipe_shown)
{
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	record("tcplife", 3, 0);
	START_REPLAY(in[0], out[1], WORD("-H"), WORD("-"));
	feed(in[1]);
	read_lines(out[0], 3);
	ck_assert_ptr_nonnull(strstr(text, "\n1003 "));
	/* it waits for more */
	ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
	close(in[1]);
	ck_assert_int_eq(exit_code(), 1);	/* cut short */
}
END_TEST

/* Has it read what was fed, and waits? */
static void until_read(int fd)
{
	int left = 1;

	for (unsigned i = 0; i < 10000 && left; i++) {
		ck_assert_int_eq(ioctl(fd, FIONREAD, &left), 0);
		usleep(1000);
	}
	ck_assert_int_eq(left, 0);
}

START_TEST(pipe_stopped)
{
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	record("tcplife", 3, 0);
	START_REPLAY(in[0], out[1], WORD("-c"), WORD("-o"), WORD("pid"),
		     WORD("-"));
	feed(in[1]);
	until_read(in[1]);
	kill(child, SIGINT);
	/* what was counted is shown then, as live */
	read_lines(out[0], 0);
	ck_assert_ptr_nonnull(strstr(text, "\n1003 "));
	ck_assert_int_eq(exit_code(), 0);
	close(in[1]);
}
END_TEST

/* Who writes is stopped as well, and has something to say then. */
START_TEST(last_words)
{
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	record("tcplife", 3, 0);
	START_REPLAY(in[0], out[1], WORD("-H"), WORD("-"));
	/* it has a handler before it reads */
	ck_assert_int_eq(write(in[1], bytes, 1), 1);
	until_read(in[1]);
	kill(child, SIGINT);
	ck_assert_int_eq(write(in[1], bytes + 1, nbytes - 1), nbytes - 1);
	close(in[1]);
	read_lines(out[0], 3);
	ck_assert_int_eq(exit_code(), 0);
}
END_TEST

START_TEST(losses_behind_most)
{
	int out[2];

	make_pipe(out);
	record("tcplife", 3, 7);
	START_REPLAY(open("/dev/null", O_RDONLY), out[1], WORD("-H"),
		     WORD("--strict"), WORD("-m"), WORD("1"), path);
	read_lines(out[0], 0);
	ck_assert_ptr_nonnull(strstr(text, "1001 "));
	ck_assert_ptr_null(strstr(text, "1002 "));
	ck_assert_int_eq(exit_code(), 1);
}
END_TEST

/* There is no end to wait for. */
START_TEST(most_of_a_pipe)
{
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	record("tcplife", 3, 7);
	START_REPLAY(in[0], out[1], WORD("-m"), WORD("2"), WORD("-"));
	feed(in[1]);
	read_lines(out[0], 0);
	ck_assert_ptr_nonnull(strstr(text, "\n1002 "));
	ck_assert_int_eq(exit_code(), 0);
	close(in[1]);
}
END_TEST

Suite *suite_replay(void);
Suite *suite_replay(void)
{
	Suite *s = suite_create("replay");
	TCase *tc = tcase_create("replay");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, to_terminal);
	tcase_add_test(tc, pipe_shown);
	tcase_add_test(tc, pipe_stopped);
	tcase_add_test(tc, last_words);
	tcase_add_test(tc, losses_behind_most);
	tcase_add_test(tc, most_of_a_pipe);
	suite_add_tcase(s, tc);
	return s;
}
