/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools that fill a screen, on a pseudo terminal: what stands on it is what a
 * VT100 would show.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "progs/tcptop.h"
#include "t/check.h"
#include "t/fakelife.h"
#include "t/optrun.h"
#include "tools/frontend/rows_int.h"

#define SECOND 1000000000ull
#define START (5 * SECOND)	/* of fakelife_info */
#define MAX_LINES 30
#define MAX_COLS 100
#define END '\a'		/* of what was drawn; the test's own */

/* ---- a terminal --------------------------------------------------------- */

static struct vt {
	int master, slave;
	FILE *out;
	unsigned lines, cols, y, x;
	bool second, cursor;	/* xterm's screen; can it be seen? */
	unsigned cleared;	/* how often all was */
	char cell[MAX_LINES][MAX_COLS + 1];
	struct termios modes;	/* at first */
} vt;

static void erase_line(void)
{
	memset(vt.cell[vt.y] + vt.x, ' ', vt.cols - vt.x);
}

static void erase_rest(void)
{
	erase_line();
	for (unsigned y = vt.y + 1; y < vt.lines; y++)
		memset(vt.cell[y], ' ', vt.cols);
}

static void escape(const char *seq)
{
	if (!strcmp(seq, "[H")) {
		vt.y = vt.x = 0;
	} else if (!strcmp(seq, "[K")) {
		ck_assert_uint_lt(vt.x, vt.cols);
		erase_line();
	} else if (!strcmp(seq, "[J")) {
		ck_assert_uint_lt(vt.x, vt.cols);
		erase_rest();
	} else if (!strcmp(seq, "[2J")) {
		vt.cleared++;
		memset(vt.cell, ' ', sizeof(vt.cell));
	} else if (!strcmp(seq, "[?1049h") || !strcmp(seq, "[?1049l")) {
		vt.second = seq[6] == 'h';
	} else if (!strcmp(seq, "[?25h") || !strcmp(seq, "[?25l")) {
		vt.cursor = seq[4] == 'h';
	} else {
		ck_abort_msg("escape sequence %s", seq);
	}
}

static char next_byte(void)
{
	struct pollfd p = { .fd = vt.master, .events = POLLIN };
	char c;

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert_int_eq(read(vt.master, &c, 1), 1);
	return c;
}

static void take_escape(void)
{
	char seq[16];
	unsigned n = 0;

	do {
		ck_assert_uint_lt(n, sizeof(seq) - 1);
		seq[n++] = next_byte();
	} while (n < 2 || seq[n - 1] < '@');
	seq[n] = '\0';
	escape(seq);
}

/* Show all that was written. */
static void show(void)
{
	char c = END;

	ck_assert_int_eq(write(vt.slave, &c, 1), 1);
	while ((c = next_byte()) != END) {
		if (c == '\033') {
			take_escape();
		} else if (c == '\r') {
			vt.x = 0;
		} else if (c == '\n') {
			ck_assert_uint_lt(++vt.y, vt.lines);
		} else {
			ck_assert_int_ge(c, ' ');
			ck_assert_uint_lt(vt.x, vt.cols);
			vt.cell[vt.y][vt.x++] = c;
		}
	}
}

/* A line without the blanks that end it. */
static const char *line(unsigned y)
{
	static char text[MAX_COLS + 1];
	unsigned n = vt.cols;

	memcpy(text, vt.cell[y], n);
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

static void resize(unsigned short lines, unsigned short cols)
{
	const struct winsize w = { .ws_row = lines, .ws_col = cols };

	vt.lines = lines;
	vt.cols = cols;
	ck_assert_int_eq(ioctl(vt.master, TIOCSWINSZ, &w), 0);
}

static void press(const char *keys)
{
	struct pollfd p = { .fd = vt.slave, .events = POLLIN };

	ck_assert_int_eq(write(vt.master, keys, strlen(keys)), strlen(keys));
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* ---- what is shown on it ------------------------------------------------ */

static struct optrun run;
static struct rows *rows;
static const struct losses none;

static void begin(const char *options)
{
	ck_assert_int_eq(optrun(&run, tool_find("tcptop"), false, options), -1);
	rows = rows_new(&run.o, vt.out);
	ck_assert_ptr_nonnull(rows);
	rows_start(rows, &fakelife_info);
}

static void setup(void)
{
	vt.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(vt.master, 0);
	ck_assert_int_eq(grantpt(vt.master), 0);
	ck_assert_int_eq(unlockpt(vt.master), 0);
	vt.slave = open(ptsname(vt.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(vt.slave, 0);
	vt.out = fdopen(vt.slave, "r+");
	ck_assert_ptr_nonnull(vt.out);
	ck_assert_int_eq(tcgetattr(vt.slave, &vt.modes), 0);
	memset(vt.cell, ' ', sizeof(vt.cell));
	vt.y = vt.x = vt.cleared = 0;
	resize(10, 80);
	setenv("TERM", "xterm", 1);
	setenv("TZ", "UTC", 1);
	tzset();
	begin("-S");
}

static void teardown(void)
{
	rows_free(rows);
	fclose(vt.out);
	close(vt.master);
}

static void add(uint64_t ns, unsigned port, uint64_t tx, uint64_t rx)
{
	struct tcptop_event ev = {
		.event = { .ns = ns, .len = sizeof(ev), .type = EVENT_ROW },
		.flow = { .laddr = { [10] = 0xff, 0xff, 10, 0, 0, 1 },
			  .raddr = { [10] = 0xff, 0xff, 10, 0, 0, 2 },
			  .lport = port, .rport = 443, .family = AF_INET,
			  .owned = 1, .pid = 7, .comm = "\033[31mweb" },
		.tx_bytes = tx, .rx_bytes = rx,
	};

	ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
}

static void tick(unsigned seconds)
{
	rows_tick(rows, START + seconds * SECOND, &fakelife_info.clocks);
}

/* Ten sessions, the last the busiest, the first receiving most. */
static void first_second(void)
{
	for (unsigned i = 1; i <= 10; i++)
		add(START + i, 1000 + i, i * 102400, 5120 / i);
	tick(1);
	show();
}

#define HEADER "  TX_KB   RX_KB PID     COMM         LADDR           LPORT " \
	       "RADDR           RPORT"

START_TEST(fits)
{
	first_second();
	ck_assert(vt.second && !vt.cursor);
	ck_assert_str_eq(line(0), HEADER);
	ck_assert_str_eq(line(1), "1000.00    0.50 7       ?[31mweb     "
			 "10.0.0.1        1010  10.0.0.2        443");
	ck_assert_ptr_nonnull(strstr(line(9), " 1002 "));
	ck_assert_uint_eq(vt.y, 9);	/* the last, and nothing scrolled */
}
END_TEST

static void composed(const char *text, unsigned columns, const char *first)
{
	char *to = malloc(screen_room(text, 2));
	char want[64];
	int n = snprintf(want, sizeof(want), "\033[H%s\r\n\033[J", first);

	*screen_compose(to, text, 2, columns) = '\0';
	ck_assert_str_eq(to, want);
	ck_assert_int_lt(n, sizeof(want));
	free(to);
}

/* Characters of two columns, and of none; half of one is not there. */
START_TEST(wide)
{
	composed("\u65e5\u672c\u8a9e\n", 7, "\u65e5\u672c\u8a9e\033[K");
	composed("\u65e5\u672c\u8a9e\n", 6, "\u65e5\u672c\u8a9e");
	composed("\u65e5\u672c\u8a9e\n", 5, "\u65e5\u672c>");
	composed("\u65e5\u672c\u8a9e\n", 4, "\u65e5>\033[K");
	composed("\u65e5\u672c\n", 1, ">");
	composed("e\u0301e\u0301\n", 2, "e\u0301e\u0301");
	composed("e\u0301ee\n", 2, "e\u0301>");
	ck_assert_uint_eq(text_width("\U0001f600\uac00\uff61\u00e4", 12), 6);
}
END_TEST

START_TEST(drawn_over)
{
	first_second();
	ck_assert_uint_eq(vt.cleared, 1);
	add(START + SECOND + 1, 1003, 5, 5);
	tick(2);
	show();
	ck_assert_uint_eq(vt.cleared, 1);	/* it does not flicker */
	ck_assert_str_eq(line(0), HEADER);
	ck_assert_ptr_nonnull(strstr(line(1), " 1003 "));
	for (unsigned y = 2; y < 10; y++)
		ck_assert_str_eq(line(y), "");
	tick(3);
	show();
	ck_assert_str_eq(line(0), HEADER);
	ck_assert_str_eq(line(1), "");
}
END_TEST

START_TEST(resized)
{
	first_second();
	resize(5, 57);		/* through the port */
	raise(SIGWINCH);
	ck_assert(rows_attend(rows));
	show();
	ck_assert_uint_eq(vt.y, 4);
	ck_assert_str_eq(line(0), "  TX_KB   RX_KB PID     COMM         "
			 "LADDR           LPO>");
	ck_assert_str_eq(line(4), " 700.00    0.71 7       ?[31mweb     "
			 "10.0.0.1        100>");
	resize(20, 90);
	raise(SIGWINCH);
	ck_assert(rows_attend(rows));
	show();
	ck_assert_ptr_nonnull(strstr(line(10), " 1001 "));
	ck_assert_str_eq(line(11), "");
}
END_TEST

START_TEST(sorted)
{
	first_second();
	press("ss");		/* by what is sent, by what is received */
	ck_assert(rows_attend(rows));
	show();
	ck_assert_ptr_nonnull(strstr(line(1), " 1001 "));
	press("s");		/* by all again */
	ck_assert(rows_attend(rows));
	show();
	ck_assert_ptr_nonnull(strstr(line(1), " 1010 "));
}
END_TEST

START_TEST(paused)
{
	first_second();
	press(" ");
	ck_assert(rows_attend(rows));
	add(START + SECOND + 1, 1003, 5, 5);
	tick(2);
	show();
	ck_assert_ptr_nonnull(strstr(line(1), " 1010 "));
	press(" ");
	ck_assert(rows_attend(rows));
	add(START + 2 * SECOND + 1, 1004, 5, 5);
	tick(3);
	show();
	ck_assert_ptr_nonnull(strstr(line(1), " 1004 "));
	ck_assert_str_eq(line(2), "");
}
END_TEST

START_TEST(quit)
{
	struct termios now;

	first_second();
	ck_assert_int_eq(rows_keys(rows), vt.slave);
	press("q");
	ck_assert(!rows_attend(rows));
	ck_assert(rows_end(rows, &none));
	show();
	ck_assert(!vt.second && vt.cursor);
	ck_assert_int_eq(tcgetattr(vt.slave, &now), 0);
	ck_assert_uint_eq(now.c_lflag, vt.modes.c_lflag);
	ck_assert_uint_eq(now.c_cc[VMIN], vt.modes.c_cc[VMIN]);
}
END_TEST

/* What a screen tells above the header. */
START_TEST(status)
{
	const struct losses some = { .lost = 3 };

	rows_free(rows);
	begin("-s received");
	rows_loss(rows, &some);
	first_second();
	ck_assert_ptr_nonnull(strstr(line(0), ":06 loadavg: "));
	ck_assert_ptr_nonnull(strstr(line(0), " sort: rx_bytes lost: 3"));
	ck_assert_str_eq(line(1), HEADER);
	ck_assert_ptr_nonnull(strstr(line(2), " 1001 "));
}
END_TEST

/* Where escape sequences would be read as text. */
START_TEST(dumb)
{
	rows_free(rows);
	setenv("TERM", "dumb", 1);
	begin("-S -r 1 1 1");
	ck_assert_int_eq(rows_keys(rows), -1);
	add(START + 1, 1001, 102400, 5120);
	tick(1);
	ck_assert(rows_enough(rows));
	ck_assert(rows_flush(rows));
	show();
	ck_assert_uint_eq(vt.cleared, 0);
	ck_assert_str_eq(line(0), HEADER);
	ck_assert_str_eq(line(1), " 100.00    5.00 7       ?[31mweb     "
			 "10.0.0.1        1001  10.0.0.2        443");
}
END_TEST

Suite *suite_screen(void);

Suite *suite_screen(void)
{
	Suite *s = suite_create("screen");
	TCase *tc = tcase_create("terminal");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, fits);
	tcase_add_test(tc, wide);
	tcase_add_test(tc, drawn_over);
	tcase_add_test(tc, resized);
	tcase_add_test(tc, sorted);
	tcase_add_test(tc, paused);
	tcase_add_test(tc, quit);
	tcase_add_test(tc, status);
	tcase_add_test(tc, dumb);
	suite_add_tcase(s, tc);
	return s;
}
