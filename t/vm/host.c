/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs QEMU and is its host side: takes the guest's frames (wire.h) apart,
 * keeps the console's tail for when something fails, watches the clock, and
 * ends QEMU whatever happens, also when it is killed itself.
 *
 * usage: host [-v] [-t SECONDS] [-l LOGFILE] [-o FILE]... -- QEMU ARGUMENT...
 *
 * QEMU is given the channel as descriptor 3 and the console as descriptor 4
 * ("-chardev file,path=/dev/fd/3"): pipes, so nothing is left on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define TAIL		8192	/* bytes of console shown on failure */
#define OUT_MAX		64
#define CHAN_FD		3
#define CONS_FD		4

/* Exit statuses that are ours; see README. */
#define EX_KERNEL	123
#define EX_TIMEOUT	124
#define EX_RIG		125

struct host {
	pid_t qemu;
	int chan, cons;		/* -1 at end of file */
	int seconds, verbose;
	FILE *log;

	const char *out[OUT_MAX];
	int nout, cur;		/* cur: index of the file being received */
	FILE *file;

	unsigned char buf[4 * VM_FRAME];
	size_t len;
	int synced;

	char tail[TAIL];
	size_t ntail;
	int panic;

	char *kmsg;		/* kernel lines of the run */
	size_t nkmsg;
	int bad;		/* how many of them are bad */

	int status;		/* of the command; -1 until it is known */
	int failed;		/* the rig failed: EX_RIG */
	long long start, up;	/* ms */
};

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void rig_error(struct host *h, const char *what, const char *why)
{
	fprintf(stderr, "vm: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	h->failed = 1;
}

/* ---- frames ---- */

static void put(struct host *h, int fd, const unsigned char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR && !caught)
			continue;
		if (n < 0) {
			rig_error(h, "output", strerror(errno));
			return;
		}
		p += n;
		len -= n;
	}
}

static void close_file(struct host *h)
{
	if (h->file && fclose(h->file))
		rig_error(h, h->out[h->cur], strerror(errno));
	h->file = NULL;
}

static void next_file(struct host *h)
{
	close_file(h);
	if (h->cur + 1 >= h->nout) {
		rig_error(h, "guest sent a file nobody asked for", NULL);
		return;
	}
	h->cur++;
	h->file = fopen(h->out[h->cur], "wb");
	if (!h->file)
		rig_error(h, h->out[h->cur], strerror(errno));
}

static void no_file(struct host *h, const char *why)
{
	rig_error(h, "cannot bring back", why);
	if (h->file) {
		fclose(h->file);
		h->file = NULL;
		remove(h->out[h->cur]);
	}
}

static void add_kmsg(struct host *h, const char *line, size_t len, int bad)
{
	char *p = realloc(h->kmsg, h->nkmsg + len + 5);

	h->bad += bad;
	if (!p)
		return;
	h->kmsg = p;
	memcpy(p + h->nkmsg, bad ? "* " : "  ", 2);
	memcpy(p + h->nkmsg + 2, line, len);
	memcpy(p + h->nkmsg + 2 + len, "\n", 2);
	h->nkmsg += len + 3;
}

static void take_frame(struct host *h, int type, const unsigned char *p,
		       size_t len)
{
	char text[1024];

	snprintf(text, sizeof(text), "%.*s", len > 1000 ? 1000 : (int)len,
		 (const char *)p);
	switch (type) {
	case VM_STDOUT:
		put(h, 1, p, len);
		break;
	case VM_STDERR:
		put(h, 2, p, len);
		break;
	case VM_FILE:
		next_file(h);
		break;
	case VM_DATA:
		if (h->file && fwrite(p, 1, len, h->file) != len)
			rig_error(h, h->out[h->cur], strerror(errno));
		break;
	case VM_NOFILE:
		no_file(h, text);
		break;
	case VM_KMSG:
	case VM_BAD:
		add_kmsg(h, (const char *)p, len, type == VM_BAD);
		break;
	case VM_ERROR:
		rig_error(h, "guest", text);
		break;
	case VM_STATUS:
		h->status = (int)strtol(text, NULL, 10) & 255;
		break;
	default:
		rig_error(h, "channel: not a frame", NULL);
	}
}

static size_t find_magic(struct host *h)
{
	size_t want = strlen(VM_MAGIC), i;

	for (i = 0; i + want <= h->len; i++) {
		if (memcmp(h->buf + i, VM_MAGIC, want))
			continue;
		h->synced = 1;
		h->up = now_ms();
		return i + want;
	}
	return i;
}

static void take_channel(struct host *h)
{
	size_t at = 0, len;

	if (!h->synced)
		at = find_magic(h);
	while (h->synced && h->len - at >= VM_HEAD && h->status < 0) {
		const unsigned char *p = h->buf + at;

		len = (size_t)p[1] << 24 | p[2] << 16 | p[3] << 8 | p[4];
		if (len > VM_FRAME) {
			rig_error(h, "channel: frame too long", NULL);
			return;
		}
		if (h->len - at < VM_HEAD + len)
			break;
		take_frame(h, p[0], p + VM_HEAD, len);
		at += VM_HEAD + len;
	}
	memmove(h->buf, h->buf + at, h->len - at);
	h->len -= at;
}

static void read_channel(struct host *h)
{
	ssize_t n = read(h->chan, h->buf + h->len, sizeof(h->buf) - h->len);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(h->chan);
		h->chan = -1;
		return;
	}
	h->len += n;
	take_channel(h);
}

/* ---- console ---- */

static void keep_tail(struct host *h, const char *p, size_t len)
{
	size_t drop;

	if (len > TAIL - 1) {
		p += len - (TAIL - 1);
		len = TAIL - 1;
	}
	if (h->ntail + len > TAIL - 1) {
		drop = h->ntail + len - (TAIL - 1);
		memmove(h->tail, h->tail + drop, h->ntail - drop);
		h->ntail -= drop;
	}
	memcpy(h->tail + h->ntail, p, len);
	h->ntail += len;
	h->tail[h->ntail] = '\0';
}

static void read_console(struct host *h)
{
	char buf[2048];
	ssize_t n = read(h->cons, buf, sizeof(buf));
	ssize_t i;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(h->cons);
		h->cons = -1;
		return;
	}
	if (h->log) {
		fwrite(buf, 1, n, h->log);
		fflush(h->log);
	}
	if (h->verbose)
		put(h, 2, (unsigned char *)buf, n);
	for (i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = ' ';
	keep_tail(h, buf, n);
	if (strstr(h->tail, "Kernel panic - not syncing"))
		h->panic = 1;
}

/* ---- QEMU ---- */

static void __attribute__((noreturn))
exec_qemu(char **argv, int chan, int cons, pid_t parent)
{
	int in = open("/dev/null", O_RDONLY);

	setpgid(0, 0);		/* a terminal's SIGINT is for us to pass on */
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_RIG);
	if (in >= 0)
		dup2(in, 0);
	dup2(2, 1);		/* QEMU's own talk is not the command's */
	/* Both were moved above the two numbers that they get now. */
	dup2(chan, CHAN_FD);
	dup2(cons, CONS_FD);
	execvp(argv[0], argv);
	fprintf(stderr, "vm: %s: %s\n", argv[0], strerror(errno));
	_exit(EX_RIG);
}

static int start(struct host *h, char **argv)
{
	int chan[2], cons[2], cw, ow;
	pid_t self = getpid();

	if (pipe(chan) || pipe(cons))
		return -1;
	cw = fcntl(chan[1], F_DUPFD_CLOEXEC, 10);
	ow = fcntl(cons[1], F_DUPFD_CLOEXEC, 10);
	h->chan = fcntl(chan[0], F_DUPFD_CLOEXEC, 10);
	h->cons = fcntl(cons[0], F_DUPFD_CLOEXEC, 10);
	close(chan[0]);
	close(chan[1]);
	close(cons[0]);
	close(cons[1]);
	if (cw < 0 || ow < 0 || h->chan < 0 || h->cons < 0)
		return -1;
	h->start = now_ms();
	h->qemu = fork();
	if (h->qemu == 0)
		exec_qemu(argv, cw, ow, self);
	close(cw);
	close(ow);
	return h->qemu < 0 ? -1 : 0;
}

static void stop(struct host *h)
{
	kill(h->qemu, SIGKILL);
	while (waitpid(h->qemu, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Returns 1 when the time is up. */
static int watch(struct host *h)
{
	long long end = h->start + h->seconds * 1000LL, left;

	while (h->status < 0 && !h->failed && !caught) {
		struct pollfd p[2] = {
			{ .fd = h->chan, .events = POLLIN },
			{ .fd = h->cons, .events = POLLIN },
		};

		left = end - now_ms();
		if (left <= 0)
			return 1;
		if (h->chan < 0 && h->cons < 0)
			break;		/* QEMU has ended */
		/* Not long: a signal may come just before poll() sleeps. */
		if (poll(p, 2, left < 500 ? (int)left : 500) < 0)
			continue;
		if (p[1].revents)
			read_console(h);
		if (p[0].revents)
			read_channel(h);
		/* A panic mostly resets the machine at once (panic=-1);
		 * where it cannot, there is no use in waiting longer. */
		if (h->panic && end > now_ms() + 2000)
			end = now_ms() + 2000;
	}
	return 0;
}

static void show_tail(struct host *h)
{
	if (h->verbose || !h->ntail)
		return;
	fprintf(stderr, "vm: end of the console:\n%s%s", h->tail,
		h->tail[h->ntail - 1] == '\n' ? "" : "\n");
}

static int verdict(struct host *h, int late)
{
	if (caught)
		return 128 + caught;
	if (h->status < 0 && h->panic) {
		rig_error(h, "kernel panic", NULL);
	} else if (h->status < 0 && late) {
		fprintf(stderr, "vm: not done after %d s (%s)\n", h->seconds,
			h->synced ? "command running" : "still booting");
		show_tail(h);
		return EX_TIMEOUT;
	} else if (h->status < 0 && !h->failed) {
		rig_error(h, "machine ended without a word", NULL);
	}
	if (h->bad)
		fprintf(stderr, "vm: the kernel complained (*), log of the run:\n%s",
			h->kmsg ? h->kmsg : "");
	if (h->failed) {
		show_tail(h);
		return EX_RIG;
	}
	return h->bad ? EX_KERNEL : h->status;
}

static void catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction sa;
	size_t i;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;	/* no SA_RESTART: poll() must end */
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int usage(void)
{
	fprintf(stderr, "usage: host [-v] [-t SECONDS] [-l LOGFILE] "
		"[-o FILE]... -- QEMU ARGUMENT...\n");
	return EX_RIG;
}

static int options(struct host *h, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "vt:l:o:")) != -1) {
		if (c == 'v') {
			h->verbose = 1;
		} else if (c == 't') {
			h->seconds = (int)strtol(optarg, NULL, 10);
		} else if (c == 'l') {
			h->log = fopen(optarg, "we");
			if (!h->log) {
				perror(optarg);
				return -1;
			}
		} else if (c == 'o' && h->nout < OUT_MAX) {
			h->out[h->nout++] = optarg;
		} else {
			return -1;
		}
	}
	return optind < argc && h->seconds > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct host h = {
		.cur = -1, .status = -1, .seconds = 60,
	};
	int late, ret;

	if (options(&h, argc, argv))
		return usage();
	catch_signals();
	if (start(&h, argv + optind)) {
		perror("vm: start");
		return EX_RIG;
	}
	late = watch(&h);
	stop(&h);
	while (h.cons >= 0)		/* all writers are gone */
		read_console(&h);
	close_file(&h);
	if (h.verbose)
		fprintf(stderr, "vm: up after %lld ms, done after %lld ms\n",
			h.synced ? h.up - h.start : -1, now_ms() - h.start);
	ret = verdict(&h, late);
	if (h.log)
		fclose(h.log);
	free(h.kmsg);
	return ret;
}
