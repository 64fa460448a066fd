/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Errors by name.  strerrorname_np() is glibc's alone (2.32), and a capture
 * has to carry the names: the numbers differ between architectures (MIPS,
 * Alpha, PA-RISC and SPARC have their own).
 */
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stddef.h>

const struct errno_name errno_names[] = {
#define X(name) { name, #name },
	X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG)
	X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN) X(ENOMEM) X(EACCES) X(EFAULT)
	X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) X(ENOTDIR) X(EISDIR) X(EINVAL)
	X(ENFILE) X(EMFILE) X(ENOTTY) X(EFBIG) X(ENOSPC) X(ESPIPE) X(EROFS)
	X(EMLINK) X(EPIPE) X(EDOM) X(ERANGE) X(EDEADLK) X(ENAMETOOLONG)
	X(ENOLCK) X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(ENOMSG) X(EIDRM)
	X(ENOSTR) X(ENODATA) X(ETIME) X(EREMOTE) X(ENOLINK) X(ECOMM)
	X(EPROTO) X(EBADMSG) X(EOVERFLOW) X(ENOTUNIQ) X(EBADFD) X(EREMCHG)
	X(EILSEQ) X(EUSERS) X(ENOTSOCK) X(EDESTADDRREQ) X(EMSGSIZE)
	X(EPROTOTYPE) X(ENOPROTOOPT) X(EPROTONOSUPPORT) X(ESOCKTNOSUPPORT)
	X(EOPNOTSUPP) X(EPFNOSUPPORT) X(EAFNOSUPPORT) X(EADDRINUSE)
	X(EADDRNOTAVAIL) X(ENETDOWN) X(ENETUNREACH) X(ENETRESET)
	X(ECONNABORTED) X(ECONNRESET) X(ENOBUFS) X(EISCONN) X(ENOTCONN)
	X(ESHUTDOWN) X(ETOOMANYREFS) X(ETIMEDOUT) X(ECONNREFUSED)
	X(EHOSTDOWN) X(EHOSTUNREACH) X(EALREADY) X(EINPROGRESS) X(ESTALE)
	X(EDQUOT) X(ENOMEDIUM) X(ECANCELED) X(ENOKEY) X(EKEYEXPIRED)
	X(EKEYREVOKED) X(EKEYREJECTED) X(EOWNERDEAD) X(ENOTRECOVERABLE)
	X(ERFKILL) X(EHWPOISON)
#undef X
	/* the kernel's own, not for user space but seen in its returns:
	 * include/linux/errno.h */
	{ 512, "ERESTARTSYS" }, { 513, "ERESTARTNOINTR" },
	{ 514, "ERESTARTNOHAND" }, { 515, "ENOIOCTLCMD" },
	{ 516, "ERESTART_RESTARTBLOCK" }, { 517, "EPROBE_DEFER" },
	{ 524, "ENOTSUPP" }, { 529, "EIOCBQUEUED" },
	{ 0, NULL }
};

const char *errno_name(uint64_t no)
{
	const struct errno_name *e;

	for (e = errno_names; e->name; e++)
		if ((uint64_t)e->no == no)
			return e->name;
	return NULL;
}
