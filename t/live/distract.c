/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an agent does while its socket connects, so that whoever follows the
 * thread or the descriptor instead of the socket is led astray.
 */
#include "traffic.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static int poll_other(int fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLOUT },
			       { .events = POLLIN } };
	int pipe_fd[2], n = -1;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return -1;
	p[1].fd = pipe_fd[0];
	if (write(pipe_fd[1], "!", 1) == 1)
		n = poll(p, 2, -1);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return n == 1 && p[1].revents ? 0 : -1;
}

static int epoll_wait_for(int fd)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	int ep = epoll_create1(EPOLL_CLOEXEC), n = -1;

	if (ep < 0)
		return -1;
	if (!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		n = epoll_wait(ep, &ev, 1, -1);
	close(ep);
	return n == 1 ? 0 : -1;
}

static void *poll_thread(void *arg)
{
	struct pollfd p = { .fd = *(int *)arg, .events = POLLOUT };

	poll(&p, 1, -1);
	return NULL;
}

static int wait_in_thread(int fd)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, poll_thread, &fd) ||
	       pthread_join(thread, NULL) ? -1 : 0;
}

int distract(int fd, enum distraction how)
{
	switch (how) {
	case POLL_OTHER: return poll_other(fd);
	case EPOLL_CREATED: return epoll_wait_for(fd);
	default: return wait_in_thread(fd);
	}
}
