/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracefs: event ids and formats, and kprobe_events for kernels without the
 * kprobe PMU (before 4.17).  Paths are relative to env->tracefs.
 */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LISTING_MAX (16u << 20)	/* bytes of a list of probes */

#ifndef TRACEFS_MAGIC
#define TRACEFS_MAGIC 0x74726163
#endif
#ifndef DEBUGFS_MAGIC
#define DEBUGFS_MAGIC 0x64626720
#endif

static int open_if(const char *path, long magic)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && (fstatfs(fd, &fs) < 0 || (long)fs.f_type != magic)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A mount that has no place in any namespace: gone with its descriptor. */
static int mount_detached(void)
{
	int fd, fs = syscall(SYS_fsopen, "tracefs", 1 /* FSOPEN_CLOEXEC */);

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0) < 0)
		fd = -errno;
	else if ((fd = syscall(SYS_fsmount, fs, 1 /* CLOEXEC */, 0)) < 0)
		fd = -errno;
	close(fs);
	return fd;
}

/*
 * Before 5.2: in a mount namespace of a child's own.  The child mounts, the
 * parent opens the directory through /proc, the child goes; the mount lives
 * as long as our descriptor.
 */
static int mount_in_child(void)
{
	static const char where[] = "/sys";
	char path[64];
	int up[2], fd = -EIO;
	char ok = 0;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (!unshare(CLONE_NEWNS) &&
		    !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		    !mount("tracefs", where, "tracefs", 0, NULL))
			ok = 1;
		if (write(up[1], &ok, 1) == 1 && ok)
			pause();
		_exit(0);
	}
	close(up[1]);
	if (pid > 0) {
		if (read(up[0], &ok, 1) == 1 && ok) {
			snprintf(path, sizeof(path), "/proc/%d/root%s",
				 (int)pid, where);
			fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (fd < 0)
				fd = -errno;
		}
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(up[0]);
	return fd;
}

/* Where the system has it mounted, if anywhere. */
static int tracefs_mounted(void)
{
	int fd = open_if("/sys/kernel/tracing", TRACEFS_MAGIC);

	if (fd < 0)
		fd = open_if("/sys/kernel/debug/tracing", TRACEFS_MAGIC);
	if (fd < 0)	/* before 4.1 it was a part of debugfs */
		fd = open_if("/sys/kernel/debug/tracing", DEBUGFS_MAGIC);
	return fd;
}

int env_tracefs(struct env *env, struct err *e)
{
	int fd;

	if (env->tracefs >= 0)
		return env->tracefs;
	if (env->tracefs == -1) {
		fd = tracefs_mounted();
		if (fd < 0)
			fd = mount_detached();
		if (fd < 0)
			fd = mount_in_child();
		env->tracefs = fd >= 0 ? fd : -2;
		if (fd >= 0) {
			/* not mounted when env_open looked */
			env_clean(env);
			return fd;
		}
	}
	err_set(e, ENODEV, "tracefs is neither mounted nor can be mounted");
	err_hint(e, "mount -t tracefs nodev /sys/kernel/tracing "
		 "(needs root, CONFIG_TRACING)");
	return -ENODEV;
}

ssize_t env_tracepoint_format(struct env *env, const char *target, char *buf,
			      size_t len, struct err *e)
{
	int dir = env_tracefs(env, e);
	char path[160];
	ssize_t n;

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "events/%s/format", target);
	n = read_file_at(dir, path, buf, len);
	if (n < 0)
		err_set(e, -n, "tracepoint %s", target);
	return n;
}

int tracefs_event_id(struct env *env, const char *event, struct err *e)
{
	int dir = env_tracefs(env, e);
	char path[160], buf[32];
	ssize_t n;

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "events/%s/id", event);
	n = read_file_at(dir, path, buf, sizeof(buf));
	if (n < 0)
		return err_set(e, -n, "tracepoint %s", event);
	return (int)strtol(buf, NULL, 10);
}

/* ---- kprobe_events ---------------------------------------------------- */

static const char *events_file(bool uprobe)
{
	return uprobe ? "uprobe_events" : "kprobe_events";
}

/* One command, one write: the kernel parses what a write brings. */
static int events_write(struct env *env, bool uprobe, const char *cmd)
{
	int fd = openat(env->tracefs, events_file(uprobe),
			O_WRONLY | O_APPEND | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, cmd, strlen(cmd)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Numbers of processes are told apart by it: a container has its own, and one
 * tracefs serves all.  0: the kernel has no such namespaces. */
static unsigned long pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? 0 : (unsigned long)st.st_ino;
}

/*
 * Before 4.12 a number behind the `r' is not seen, nor is the name of the event
 * then, which gets one that is not ours and stays.  Where it is read, this one
 * is too large, and nobody looks for the function.
 */
static bool takes_maxactive(struct env *env)
{
	if (env->has.maxactive == FEAT_UNKNOWN)
		env->has.maxactive =
			events_write(env, false, "r4097:sockeye/none "
				     "sockeye_none") == -ENOENT ? FEAT_NO :
								  FEAT_YES;
	return env->has.maxactive != FEAT_NO;
}

int tracefs_probe_add(struct env *env, struct event_probe *p,
		      const struct hook *h, const char *where, struct err *e)
{
	static unsigned serial;
	bool ret = h->kind == HOOK_KRETPROBE || h->kind == HOOK_URETPROBE;
	char cmd[512], max[16] = "";
	int err = env_tracefs(env, e);

	if (err < 0)
		return err;
	p->uprobe = h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE;
	snprintf(p->name, sizeof(p->name), "sockeye_%lu_%d_%u", pid_namespace(),
		 (int)getpid(), serial++);
	if (h->kind == HOOK_KRETPROBE && h->maxactive && takes_maxactive(env))
		snprintf(max, sizeof(max), "%u", h->maxactive);
	snprintf(cmd, sizeof(cmd), "%c%s:sockeye/%s %s", ret ? 'r' : 'p', max,
		 p->name, where);
	err = events_write(env, p->uprobe, cmd);
	if (err) {
		p->name[0] = '\0';
		return err_set(e, -err, "write %s", events_file(p->uprobe));
	}
	return 0;
}

void tracefs_probe_del(struct env *env, struct event_probe *p)
{
	char cmd[64];

	if (!p->name[0])
		return;
	snprintf(cmd, sizeof(cmd), "-:sockeye/%s", p->name);
	events_write(env, p->uprobe, cmd);
	p->name[0] = '\0';
}

/* The next line of @text that speaks of one of our entries: its name, and
 * what follows it; NULL at the end. */
static const char *next_entry(const char *text, char *name, size_t len)
{
	const char *p = strstr(text, "sockeye_");
	size_t n;

	if (!p)
		return NULL;
	n = strspn(p, "sockeye_0123456789");
	if (n >= len)
		n = len - 1;
	memcpy(name, p, n);
	name[n] = '\0';
	return p + n;
}

/* All of a file of tracefs, to be freed; NULL. */
static char *read_listing(const struct env *env, const char *file)
{
	char *text = NULL, *more;
	ssize_t n;

	for (size_t len = 1 << 16; len <= LISTING_MAX; len *= 2) {
		more = realloc(text, len);
		n = more ? read_file_at(env->tracefs, file, more, len) : -1;
		if (more)
			text = more;
		if (n <= 0)
			break;
		if ((size_t)n < len - 1)
			return text;
	}
	free(text);
	return NULL;
}

static void clean_file(struct env *env, bool uprobe)
{
	struct event_probe dead = { .uprobe = uprobe };
	char *text = read_listing(env, events_file(uprobe));
	const char *p = text;
	char path[32];

	while (p && (p = next_entry(p, dead.name, sizeof(dead.name)))) {
		char *end;
		unsigned long ns = strtoul(dead.name + 8, &end, 10);
		int pid = *end == '_' ? (int)strtol(end + 1, NULL, 10) : 0;

		/* "p:kprobes/..." of others never match; ours name a process.
		 * We have made none so far: with our own number it is of one
		 * that had it before (in an initramfs they are the same each
		 * time).  Of another namespace nobody here can tell. */
		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (pid > 0 && ns == pid_namespace() &&
		    (pid == getpid() ||
		     (access(path, F_OK) < 0 && errno == ENOENT)))
			tracefs_probe_del(env, &dead);
	}
	free(text);
}

/*
 * Entries of a sockeye that was killed.  Only where tracefs is mounted
 * already, or we have mounted it: looking must not cost a mount.
 */
void env_clean(struct env *env)
{
	if (env->tracefs == -1) {
		int fd = tracefs_mounted();

		if (fd >= 0)
			env->tracefs = fd;
	}
	if (env->tracefs < 0)
		return;
	clean_file(env, false);
	clean_file(env, true);
}

uint64_t tracefs_missed(struct env *env, const struct event_probe *p)
{
	char *text = p->name[0] ? read_listing(env, "kprobe_profile") : NULL;
	char name[sizeof(p->name)], *end;
	const char *s = text;
	uint64_t missed = 0;

	/* "  name    hits   missed" */
	while (s && (s = next_entry(s, name, sizeof(name)))) {
		if (strcmp(name, p->name))
			continue;
		strtoull(s, &end, 10);
		missed = strtoull(end, NULL, 10);
		break;
	}
	free(text);
	return missed;
}
