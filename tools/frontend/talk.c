/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * talk - what goes to stderr.
 *
 * Names of processes, files and kernel texts end up in messages, so nothing
 * that a terminal would obey is let through.  One write(2) per message keeps
 * messages of several processes on one stderr apart.
 */
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Whose messages these are: there is one stderr, so one of these. */
static struct {
	const char *tool;
	int quiet;
} talk;

void talk_init(const char *tool, int quiet)
{
	talk.tool = tool;
	talk.quiet = quiet;
}

/*
 * utf8_len - bytes of the character at @s when it is well-formed UTF-8 that
 * is no C1 control (U+0080..U+009F: terminals take U+009B for ESC [), else 0.
 * Overlong forms need no care: they are not shown as what they hide.
 */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2, i;

	if (s[0] < 0xc2 || s[0] > 0xf4 || (s[0] == 0xc2 && s[1] < 0xa0))
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/*
 * tame - make @text harmless in place.  Line breaks stay (a verifier's log
 * has them): put_lines() indents what follows, so that no text from outside
 * can pose as a message of its own.
 */
static void tame(char *text)
{
	unsigned char *s = (unsigned char *)text;
	size_t n;

	while (*s) {
		n = 1;
		if (*s >= 0x80) {
			n = utf8_len(s);
			if (!n) {
				*s = '?';
				n = 1;
			}
		} else if ((*s < ' ' && *s != '\n' && *s != '\t') ||
			   *s == 0x7f) {
			*s = '?';
		}
		s += n;
	}
}

static size_t put_n(char *buf, size_t len, size_t n, const char *text,
		    size_t add)
{
	if (add > len - n)
		add = len - n;
	memcpy(buf + n, text, add);
	return n + add;
}

static size_t put(char *buf, size_t len, size_t n, const char *text)
{
	return put_n(buf, len, n, text, strlen(text));
}

/* Append @text, lines after the first indented, and a line break. */
static size_t put_lines(char *buf, size_t len, size_t n, const char *text)
{
	size_t part;

	while (*text) {
		part = strcspn(text, "\n");
		n = put_n(buf, len, n, text, part);
		text += part;
		if (*text == '\n' && *++text)
			n = put(buf, len, n, "\n  ");
	}
	return put(buf, len, n, "\n");
}

static size_t put_name(char *buf, size_t len, size_t n)
{
	n = put(buf, len, n, "sockeye");
	if (talk.tool) {
		n = put(buf, len, n, " ");
		n = put(buf, len, n, talk.tool);
	}
	return put(buf, len, n, ": ");
}

/* The last byte is a line break even when the message was cut. */
static void put_out(char *buf, size_t len, size_t n)
{
	if (n == len)
		buf[n - 1] = '\n';
	write_all(STDERR_FILENO, buf, n);
}

static void talk_out(char *text)
{
	char buf[2048];
	size_t n = put_name(buf, sizeof(buf), 0);

	tame(text);
	n = put_lines(buf, sizeof(buf), n, text);
	put_out(buf, sizeof(buf), n);
}

void say(const char *fmt, ...)
{
	char text[1900];
	va_list ap;

	if (talk.quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	talk_out(text);
}

void complain(const char *fmt, ...)
{
	char text[1900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	talk_out(text);
}

/* ENOENT is taken for a hook or a type that this kernel lacks: errors about
 * files that were named say so. */
static int code_of(const struct err *e)
{
	switch (e->of) {
	case ERR_OF_USER:
		return EXIT_USAGE;
	case ERR_OF_FILE:
		return EXIT_FAIL;
	case ERR_OF_KERNEL:
		return EXIT_KERNEL;
	case ERR_OF_NO:
		break;
	}
	switch (e->no) {
	case EPERM:
	case EACCES:
		return EXIT_PERM;
	case ENOSYS:
	case EOPNOTSUPP:
	case ENODATA:
	case ENODEV:
	case ENOENT:
		return EXIT_KERNEL;
	default:
		return EXIT_FAIL;
	}
}

int fail_err(const struct err *e)
{
	char buf[2048], msg[sizeof(e->msg)], hint[sizeof(e->hint)];
	size_t n;

	snprintf(msg, sizeof(msg), "%s", e->msg);
	snprintf(hint, sizeof(hint), "%s", e->hint);
	tame(msg);
	tame(hint);
	n = put_name(buf, sizeof(buf), 0);
	n = put_lines(buf, sizeof(buf), n, msg);
	if (*hint) {
		n = put(buf, sizeof(buf), n, "  ");
		n = put_lines(buf, sizeof(buf), n, hint);
	}
	put_out(buf, sizeof(buf), n);
	return code_of(e);
}
