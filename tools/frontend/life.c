/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What starts and ends a run: signals, and who waits for it to be ready. */
#include "tools/frontend/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t stopped, asked;

static void on_signal(int sig)
{
	if (sig == SIGQUIT) {
		asked = 1;
		return;
	}
	stopped = 1;
	/* SIGALRM, and so on: this one may have come just before a write(2)
	 * that nobody reads */
	alarm(1);
}

/* A hook takes two descriptors, and so does a function of a library, of which
 * those of many containers are mapped: more than the 1024 that are usual at
 * first. */
static void raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

void life_begin(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM };
	struct sigaction sa = { .sa_handler = on_signal }, old;

	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (sigs[i] != SIGHUP || sigaction(SIGHUP, NULL, &old) ||
		    old.sa_handler != SIG_IGN)	/* nohup(1) */
			sigaction(sigs[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	raise_descriptors();
}

bool life_stopped(void)
{
	return stopped;
}

bool life_asked(void)
{
	bool was = asked;

	asked = 0;
	return was;
}

uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* sd_notify(3)'s protocol: a datagram to a UNIX socket. */
static void notify_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (!path || !path[0] || strlen(path) >= sizeof(sa.sun_path))
		return;
	memcpy(sa.sun_path, path, strlen(path));
	if (path[0] == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&sa,
		      offsetof(struct sockaddr_un, sun_path) + strlen(path));
	close(fd);
}

/* Those of our own network namespace. */
static void tell_sysctls(const char *const *names)
{
	char path[128], text[128], *p;

	for (; names && *names; names++) {
		snprintf(path, sizeof(path), "/proc/sys/%s", *names);
		for (p = path; (p = strchr(p, '.')); )
			*p = '/';
		if (read_file_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
			continue;	/* not of this kernel */
		for (p = text; (p = strchr(p, '\t')); )
			*p = ' ';
		say("%s = %.*s", *names, (int)strcspn(text, "\n"), text);
	}
}

void life_ready(const struct options *o)
{
	uint64_t seconds = o->duration_ns / 1000000000;

	/* for a run that does not see its end, in such a write(2) */
	if (o->duration_ns && seconds < INT32_MAX - 2 && !stopped)
		alarm((unsigned)seconds + 2);
	if (o->ready_fd >= 0) {
		(void)!write(o->ready_fd, "\n", 1);
		if (o->ready_fd > STDERR_FILENO)
			close(o->ready_fd);
	}
	notify_socket();
	if (isatty(STDERR_FILENO) &&
	    (!o->tool->source || o->interval_ns)) {
		tell_sysctls(o->tool->sysctls);
		say("tracing; Ctrl-C ends it");
	}
}
