/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns - which network namespace is meant: its inode number, which is what
 * the kernel calls net->ns.inum and programs can read.
 */
#include "tools/frontend/frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tools/frontend/options_int.h"

#define NSFS_MAGIC 0x6e736673		/* linux/magic.h, 4.1 */
#define NS_GET_NSTYPE_ _IO(0xb7, 0x3)	/* linux/nsfs.h, 4.11 */

/*
 * netns_type_ok - a namespace, but of which type?  Links in /proc say it in
 * their text ("net:[4026531840]"), other files since 4.11 by ioctl(2).  Where
 * nothing tells, the user is believed.
 */
static bool netns_type_ok(const char *path)
{
	char text[64] = "";
	int fd, type;

	if (readlink(path, text, sizeof(text) - 1) > 0 && strstr(text, ":["))
		return !strncmp(text, "net:[", 5);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	type = ioctl(fd, NS_GET_NSTYPE_);
	close(fd);
	return type < 0 || type == CLONE_NEWNET;
}

/*
 * netns_of_path - looked at through O_PATH, so that naming a FIFO or a
 * device by mistake has no effect on it.
 */
static int netns_of_path(const char *path, uint32_t *inum, struct err *e)
{
	struct statfs fs;
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "%s", path);
	if (fstat(fd, &st) || fstatfs(fd, &fs)) {
		err_set(e, errno, "%s", path);
		close(fd);
		return -e->no;
	}
	close(fd);
	if ((uint32_t)fs.f_type != NSFS_MAGIC || !netns_type_ok(path))
		return err_set(e, 0, "%s is not a network namespace", path);
	*inum = (uint32_t)st.st_ino;
	return 0;
}

static int netns_of_name(const char *name, uint32_t *inum, struct err *e)
{
	char path[300];

	if (!*name || strlen(name) > 255)
		return err_set(e, 0, "want a name, a PID, a path or inode:N");
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	if (access(path, F_OK))		/* where /run is not yet what it is */
		snprintf(path, sizeof(path), "/var/run/netns/%s", name);
	if (access(path, F_OK))
		return err_set(e, errno, "/run/netns/%s", name);
	return netns_of_path(path, inum, e);
}

int netns_parse(const char *text, uint32_t *inum, struct err *e)
{
	char path[64];
	uint64_t n;

	if (!strncmp(text, "inode:", 6)) {
		if (!val_u64(text + 6, 1, UINT32_MAX, &n))
			return err_set(e, 0, "'%s' is no inode number",
				       text + 6);
		*inum = (uint32_t)n;
		return 0;
	}
	if (*text && !text[strspn(text, "0123456789")]) {
		if (!val_u64(text, 1, PID_LIMIT, &n))
			return err_set(e, ESRCH, "process %s", text);
		snprintf(path, sizeof(path), "/proc/%u/ns/net", (unsigned)n);
		if (access(path, F_OK) && errno == ENOENT)
			return err_set(e, ESRCH, "process %s", text);
		return netns_of_path(path, inum, e);
	}
	if (strchr(text, '/'))
		return netns_of_path(text, inum, e);
	return netns_of_name(text, inum, e);
}

/* The link says it ("net:[4026531840]") at half the price of stat(2), for which
 * the kernel makes an inode. */
uint32_t netns_of_pid(const char *pid)
{
	char path[280], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = '\0';
	errno = EINVAL;
	return strncmp(link, "net:[", 5) ? 0 : strtoul(link + 5, NULL, 10);
}
