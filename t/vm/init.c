/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Process 1 of a test machine: mounts what a command may expect, loads the
 * modules it was given, runs one command and tells the host, over a channel
 * that the kernel's console does not share, what the command wrote and how
 * it ended. Static, and needs nothing else in the initramfs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "init_int.h"
#include "wire.h"

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

int write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return 0;
}

void frame(struct guest *g, char type, const void *buf, size_t len)
{
	unsigned char head[VM_HEAD] = {
		type, len >> 24, len >> 16, len >> 8, len
	};

	if (g->chan < 0)
		return;
	write_all(g->chan, head, sizeof(head));
	write_all(g->chan, buf, len);
}

/* The machine is of no use once this returns: the host ends it at the last
 * frame. A reset is what ends QEMU on every machine type (-no-reboot), where
 * not every one can be powered off. */
static void __attribute__((noreturn)) leave(struct guest *g)
{
	if (g->chan >= 0 && isatty(g->chan))
		tcdrain(g->chan);
	nap(2000);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

void fail(struct guest *g, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	fprintf(stderr, "init: %s\n", msg);
	frame(g, VM_ERROR, msg, strlen(msg));
	frame(g, VM_STATUS, "125", 3);
	leave(g);
}

static void add(struct guest *g, struct list *l, char *s)
{
	if (l->n == JOB_MAX - 1)
		fail(g, "more than %d entries in " VM_JOB, JOB_MAX - 1);
	l->at[l->n++] = s;
}

static char *slurp(const char *path, size_t *len)
{
	struct stat st;
	char *buf = NULL;
	size_t have = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0)
		buf = calloc(1, st.st_size + 1);
	while (buf && have < (size_t)st.st_size) {
		n = read(fd, buf + have, st.st_size - have);
		if (n <= 0)
			break;
		have += n;
	}
	close(fd);
	*len = have;
	return buf;
}

static void read_job(struct guest *g)
{
	struct job *job = &g->job;
	size_t len = 0;
	char *p;

	job->text = slurp(VM_JOB, &len);
	if (!job->text)
		fail(g, VM_JOB ": %s", strerror(errno));
	for (p = job->text; p < job->text + len; p += strlen(p) + 1) {
		switch (*p) {
		case JOB_CHANNEL:
			if (job->channel)
				job->spare = p + 1;
			else
				job->channel = p + 1;
			break;
		case JOB_MODULE:
			add(g, &job->modules, p + 1);
			break;
		case JOB_ENV:
			add(g, &job->env, p + 1);
			break;
		case JOB_OUT:
			add(g, &job->out, p + 1);
			break;
		case JOB_ARG:
			add(g, &job->args, p + 1);
			break;
		default:
			fail(g, VM_JOB ": unknown entry '%s'", p);
		}
	}
	if (!job->channel || !job->args.n)
		fail(g, VM_JOB ": no channel or no command");
}

/* A file system that the kernel does not have (cgroup2 on a small one) is
 * the command's business, not ours; without /proc, /sys and /dev nothing
 * works. tracefs is left alone: tools must cope with that. */
static void mount_all(struct guest *g)
{
	static const struct {
		const char *type, *where;
		int needed;
	} fs[] = {
		{ "proc", "/proc", 1 },
		{ "sysfs", "/sys", 1 },
		{ "devtmpfs", "/dev", 1 },
		{ "devpts", "/dev/pts", 0 },
		{ "tmpfs", "/tmp", 0 },
		{ "cgroup2", "/sys/fs/cgroup", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
		mkdir(fs[i].where, 0755);
		if (!mount(fs[i].type, fs[i].where, fs[i].type, 0, NULL))
			continue;
		/* CONFIG_DEVTMPFS_MOUNT does not reach an initramfs, but a
		 * patched kernel might: mounted already is fine. */
		if (errno != EBUSY && fs[i].needed)
			fail(g, "mount %s: %s", fs[i].where, strerror(errno));
	}
	chmod("/tmp", 01777);
}

/* Kernel console as our stderr, in case the kernel found no /dev/console in
 * the initramfs when it started us. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static void load_modules(struct guest *g)
{
	struct list *mods = &g->job.modules;
	int i, fd;

	for (i = 0; i < mods->n; i++) {
		fd = open(mods->at[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail(g, "%s: %s", mods->at[i], strerror(errno));
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			fail(g, "%s: cannot load: %s", mods->at[i],
			     strerror(errno));
		close(fd);
		/* The memory is the guest's: give it back. */
		unlink(mods->at[i]);
	}
}

/* Find the virtio-serial port by the name that the host gave it: minor
 * numbers depend on what else is plugged in. */
static int open_port(void)
{
	static const char class[] = "/sys/class/virtio-ports";
	char path[320], name[32];
	struct dirent *e;
	DIR *dir = opendir(class);
	int fd = -1, nfd;
	ssize_t n;

	if (!dir)
		return -1;
	while (fd < 0 && (e = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/name", class, e->d_name);
		nfd = open(path, O_RDONLY | O_CLOEXEC);
		if (nfd < 0)
			continue;
		n = read(nfd, name, sizeof(name) - 1);
		close(nfd);
		if (n < (ssize_t)strlen(VM_PORT) ||
		    memcmp(name, VM_PORT, strlen(VM_PORT)))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

static int open_uart(const char *name)
{
	struct termios tio;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &tio) == 0) {
		cfmakeraw(&tio);
		tio.c_cflag |= CLOCAL;
		cfsetspeed(&tio, B115200);
		tcsetattr(fd, TCSANOW, &tio);
	}
	return fd;
}

/* The port appears when the host has answered the driver's first message,
 * some time after the module was loaded. */
static int try_channel(const char *name, int ms)
{
	int virtio = !strcmp(name, "virtio");
	int fd;

	for (;;) {
		fd = virtio ? open_port() : open_uart(name);
		if (fd >= 0 || ms <= 0)
			return fd;
		nap(5);
		ms -= 5;
	}
}

static void open_channel(struct guest *g)
{
	struct job *job = &g->job;

	g->chan = try_channel(job->channel, job->spare ? 1000 : 10000);
	if (g->chan < 0 && job->spare)
		g->chan = try_channel(job->spare, 1000);
	if (g->chan < 0)
		fail(g, "no channel %s", job->channel);
	write_all(g->chan, VM_MAGIC, strlen(VM_MAGIC));
}

static void loopback_up(void)
{
	struct ifreq ifr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memset(&ifr, 0, sizeof(ifr));
	memcpy(ifr.ifr_name, "lo", 3);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		fprintf(stderr, "init: lo: %s\n", strerror(errno));
	close(fd);
}

int main(void)
{
	struct guest g = { .chan = -1, .kmsg = -1 };
	char text[16];
	int status;

	/* What follows kills every process and resets the machine. */
	if (getpid() != 1) {
		fprintf(stderr, "init: not process 1\n");
		return 125;
	}
	mount_all(&g);
	open_console();
	read_job(&g);
	load_modules(&g);
	open_channel(&g);
	loopback_up();
	open_kmsg(&g);
	status = run_command(&g);
	send_files(&g);
	send_kmsg(&g);
	frame(&g, VM_STATUS, text, snprintf(text, sizeof(text), "%d", status));
	leave(&g);
}
