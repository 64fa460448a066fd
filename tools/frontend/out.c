/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One buffer in front of stdout.  stdio would do, but does not tell ENOSPC
 * from EPIPE reliably, loses data on EINTR and EAGAIN, and costs a call and a
 * lock per field.
 */
#include "tools/frontend/rows_int.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define GRACE_NS 1500000000

/* A run that is to end waits for a reader, but not for ever; the time runs from
 * the last byte that was taken. */
static bool given_up(uint64_t *until)
{
	uint64_t now;

	if (!life_stopped())
		return false;
	now = now_ns();
	if (!*until)
		*until = now + GRACE_NS;
	return now >= *until;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	uint64_t until = 0;
	ssize_t n;

	while (len) {
		if (given_up(&until))
			return UNREAD;
		n = write(fd, p, len);
		if (n > 0) {
			until = 0;
			p += n;
			len -= (size_t)n;
		} else if (n == 0) {
			return EIO;
		} else if (errno == EAGAIN) {
			/* somebody left the terminal or pipe non-blocking */
			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

const char *write_error(int err)
{
	return err == UNREAD ? "nobody reads it, the rest is lost" :
			       strerror(err);
}

int stdout_done(int code)
{
	errno = 0;
	if ((!fflush(stdout) && !ferror(stdout)) || errno == EPIPE ||
	    code != EXIT_OK)
		return code;
	complain("standard output: %s", errno ? strerror(errno) :
		 "write failed");
	return EXIT_FAIL;
}

void out_init(struct out *o, FILE *file)
{
	o->file = file;
	if (file)
		fflush(file);
	o->fd = file ? fileno(file) : -1;
	o->err = 0;
	o->len = 0;
}

bool out_flush(struct out *o)
{
	if (o->len && !o->err && o->file) {
		if (o->fd >= 0)
			o->err = write_all(o->fd, o->buf, o->len);
		else if (fwrite(o->buf, 1, o->len, o->file) != o->len ||
			 fflush(o->file))
			o->err = errno ? errno : EIO;
	}
	o->len = 0;
	if (o->err)
		errno = o->err;
	return !o->err;
}

char *out_room(struct out *o, size_t n)
{
	if (n > sizeof(o->buf) - o->len)
		out_flush(o);
	return o->buf + o->len;
}

void out_done(struct out *o, const char *end)
{
	o->len = (size_t)(end - o->buf);
}

void out_put(struct out *o, const void *data, size_t len)
{
	const char *p = data;
	size_t n;

	while (len) {
		if (o->len == sizeof(o->buf))
			out_flush(o);
		n = sizeof(o->buf) - o->len;
		if (n > len)
			n = len;
		memcpy(o->buf + o->len, p, n);
		o->len += n;
		p += n;
		len -= n;
	}
}

void out_puts(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

static ssize_t put_stream(void *o, const char *data, size_t len)
{
	out_put(o, data, len);
	return (ssize_t)len;
}

FILE *out_stream(struct out *o)
{
	static const cookie_io_functions_t io = { .write = put_stream };
	FILE *f = fopencookie(o, "w", io);

	if (!f && !o->err)
		o->err = ENOMEM;
	return f;
}
