/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A screen that is filled anew each interval, with the escape sequences that
 * every terminal since the VT100 has (and xterm's second screen, which others
 * ignore).  No terminfo: rescue images have none.
 *
 * It is drawn over what was there, without being erased before, in one
 * write(2): nothing flickers.
 */
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER	"\033[?1049h\033[?25l\033[H\033[2J"	/* cursor hidden */
#define LEAVE	"\033[?25h\033[?1049l"
#define HOME	"\033[H"
#define ERASE_LINE "\033[K"	/* from here on */
#define ERASE_REST "\033[J"	/* of the screen */

/* Where the kernel does not know, as on a serial line. */
#define LINES 24
#define COLUMNS 80

struct screen {
	int fd;
	FILE *page;
	char *text;		/* what was printed to it */
	size_t len;
	struct sigaction tstp, winch;	/* as they were */
};

/* What signal handlers and atexit(3) need to know: of the one screen. */
static struct {
	volatile sig_atomic_t drawn;	/* the terminal is not as it was */
	volatile sig_atomic_t resized, suspended;
	bool keys;			/* and neither are its modes */
	int fd;
	struct termios modes;		/* as they were */
} term;

/* ---- what it looks like ------------------------------------------------- */

static char *put(char *to, const char *s, size_t len)
{
	memcpy(to, s, len);
	return to + len;
}

/* What does not fit is marked, since half a number looks like one. */
static char *put_line(char *to, const char *line, size_t len, unsigned columns)
{
	size_t left = columns, fits = text_fitting(line, len, &left);

	if (fits < len) {
		left = columns - 1;
		fits = text_fitting(line, len, &left);
		to = put(to, line, fits);
		to = put(to, ">", 1);
	} else {
		to = put(to, line, fits);
	}
	/* at the right margin it would take the last character */
	if (left)
		to = put(to, ERASE_LINE, strlen(ERASE_LINE));
	return to;
}

size_t screen_room(const char *text, unsigned lines)
{
	return strlen(text) + lines * sizeof(ERASE_LINE "\r\n") +
	       sizeof(HOME ERASE_REST);
}

char *screen_compose(char *to, const char *text, unsigned lines,
		     unsigned columns)
{
	size_t len;

	to = put(to, HOME, strlen(HOME));
	for (unsigned i = 0; i < lines && *text; i++) {
		len = strcspn(text, "\n");
		if (i)
			to = put(to, "\r\n", 2);
		to = put_line(to, text, len, columns);
		text += len + (text[len] == '\n');
		if (i + 1 == lines)
			return to;
	}
	/* on the line below, for the same reason */
	to = put(to, "\r\n", 2);
	return put(to, ERASE_REST, strlen(ERASE_REST));
}

/* ---- the terminal as it was --------------------------------------------- */

static void leave(void)
{
	if (!term.drawn)
		return;
	term.drawn = 0;
	(void)!write(term.fd, LEAVE, strlen(LEAVE));
	if (term.keys)
		tcsetattr(term.fd, TCSANOW, &term.modes);
}

static void enter(void)
{
	struct termios raw;

	term.keys = !tcgetattr(term.fd, &term.modes);
	if (term.keys) {
		raw = term.modes;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(term.fd, TCSANOW, &raw);
	}
	term.drawn = 1;
	(void)!write(term.fd, ENTER, strlen(ENTER));
}

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		term.resized = 1;
	else
		term.suspended = 1;
}

static void watch_signals(struct screen *s)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGWINCH, &sa, &s->winch);
	sigaction(SIGTSTP, &sa, &s->tstp);
}

/* ---- open and close ------------------------------------------------------ */

/* One that shows escape sequences as text, or is another job's just now. */
static bool is_ours(int fd)
{
	const char *name = getenv("TERM");
	pid_t group;

	if (!isatty(fd) || (name && !strcmp(name, "dumb")))
		return false;
	group = tcgetpgrp(fd);
	return group < 0 || group == getpgrp();
}

struct screen *screen_open(FILE *out)
{
	static bool at_exit;
	struct screen *s;
	int fd = fileno(out);

	if (fd < 0 || !is_ours(fd))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->page = open_memstream(&s->text, &s->len);
	if (!s->page) {
		free(s);
		return NULL;
	}
	fflush(out);
	s->fd = term.fd = fd;
	term.resized = term.suspended = 0;
	watch_signals(s);
	if (!at_exit)
		at_exit = !atexit(leave);
	return s;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	leave();
	sigaction(SIGWINCH, &s->winch, NULL);
	sigaction(SIGTSTP, &s->tstp, NULL);
	fclose(s->page);
	free(s->text);
	free(s);
}

/* ---- drawing ------------------------------------------------------------- */

static void size_of(const struct screen *s, unsigned *lines, unsigned *columns)
{
	struct winsize w = { 0 };

	if (ioctl(s->fd, TIOCGWINSZ, &w) || !w.ws_row || !w.ws_col) {
		w.ws_row = LINES;
		w.ws_col = COLUMNS;
	}
	*lines = w.ws_row;
	*columns = w.ws_col;
}

unsigned screen_lines(const struct screen *s)
{
	unsigned lines, columns;

	size_of(s, &lines, &columns);
	return lines;
}

FILE *screen_page(const struct screen *s)
{
	return s->page;
}

int screen_show(struct screen *s)
{
	unsigned lines, columns;
	long n = ftell(s->page);
	char *drawn, *end;
	int err;

	if (n < 0 || fflush(s->page))
		return errno ? errno : EIO;
	s->text[n] = '\0';	/* a page before may have been longer */
	size_of(s, &lines, &columns);
	drawn = malloc(screen_room(s->text, lines));
	if (!drawn)
		return ENOMEM;
	if (!term.drawn)
		enter();
	end = screen_compose(drawn, s->text, lines, columns);
	err = write_all(s->fd, drawn, (size_t)(end - drawn));
	free(drawn);
	rewind(s->page);
	return err;
}

/* ---- the user ------------------------------------------------------------ */

int screen_keys(const struct screen *s)
{
	return term.drawn && term.keys ? s->fd : -1;
}

char screen_key(struct screen *s)
{
	struct pollfd p = { .fd = screen_keys(s), .events = POLLIN };
	char key;

	if (p.fd < 0 || poll(&p, 1, 0) != 1 || read(p.fd, &key, 1) != 1)
		return 0;
	return key ? key : ' ';
}

bool screen_changed(struct screen *s)
{
	bool changed = term.resized;
	struct sigaction now;

	term.resized = 0;
	if (!term.suspended)
		return changed;
	term.suspended = 0;
	leave();
	sigaction(SIGTSTP, &s->tstp, &now);
	raise(SIGTSTP);		/* here it waits for SIGCONT */
	sigaction(SIGTSTP, &now, NULL);
	return true;
}
