/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * err - what went wrong, as a chain of contexts in one fixed buffer.
 */
#include "loader/loader.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* What kernels return for "no trampolines on this machine" and the like:
 * include/linux/errno.h, never meant for user space, so strerror(3) has no
 * text for it. */
#define KERNEL_ENOTSUPP 524

static const char *errno_text(int no)
{
	return no == KERNEL_ENOTSUPP ? "Not supported by the kernel" :
				       strerror(no);
}

int err_set(struct err *e, int no, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	e->hint[0] = '\0';
	e->no = no ? no : EINVAL;
	e->of = ERR_OF_NO;
	if (no) {
		len = strlen(e->msg);
		snprintf(e->msg + len, sizeof(e->msg) - len, ": %s",
			 errno_text(no));
	}
	return -e->no;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->msg)];
	va_list ap;
	size_t len;

	memcpy(inner, e->msg, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", inner);
	return -e->no;
}

void err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}
