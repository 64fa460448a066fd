/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The prober runs in a child: names, namespaces and descriptors of the tool
 * stay as they are, and whatever happens it ends.
 */
#include "loader/discover_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void pause_us(unsigned us)
{
	const struct timespec t = { .tv_nsec = (long)us * 1000 };

	nanosleep(&t, NULL);
}

static void seed(struct prober *p)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &p->random, sizeof(p->random)) < 0) {
		p->random = clock_us() << 20 ^ (uint64_t)getpid();
	}
	p->random |= 1;
	if (fd >= 0)
		close(fd);
}

static void sizes(struct prober *p)
{
	p->size.tcp4 = slab_size("TCP");
	p->size.tcp6 = slab_size("TCPv6");
	p->size.udp4 = slab_size("UDP");
	p->size.udp6 = slab_size("UDPv6");
	p->size.skb = slab_size("skbuff_head_cache");
	p->size.req4 = slab_size("request_sock_TCP");
	p->size.task = slab_size("task_struct");
}

/* In two namespaces, so that struct net is not always the same. */
static void record(struct prober *p)
{
	uint64_t start = clock_us();

	net_enter(p);
	record_udp(p);
	p->slow_us = clock_us() - start;
	net_enter(p);
	record_udp_again(p);
	record_tcp(p);
}

static void child(struct tape *t, struct env *env)
{
	static struct prober p;
	struct err e = { 0 };

	for (int s = 1; s < 32; s++)	/* the tool's handlers are not ours */
		if (s != SIGPIPE)
			signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(DISCOVER_MS / 1000);
	p.env = env;
	p.tape = t;
	seed(&p);
	sizes(&p);
	if (prober_open(&p, &e)) {
		tape_fail(t, &e);
	} else {
		record(&p);
	}
	prober_close(&p);
}

static int run_child(struct tape *t, struct env *env, struct err *e)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid == 0) {
		child(t, env);
		_exit(0);
	}
	do
		pid = waitpid(pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	/* ECHILD, once it has ended: SIGCHLD is ignored */
	return pid < 0 && errno != ECHILD ? err_set(e, errno, "wait") : 0;
}

static void fill_machine(struct recording *r, const struct env *env)
{
	snprintf(r->machine, sizeof(r->machine), "%s", env->machine);
	snprintf(r->release, sizeof(r->release), "%s", env->release);
	snprintf(r->build_id, sizeof(r->build_id), "%s", env->build_id);
	r->word_size = env->word_size;
	r->big_endian = env->big_endian;
}

int discover_record(struct recording *r, struct env *env, struct err *e)
{
	struct tape *t = tape_new();
	int err;

	recording_init(r);
	fill_machine(r, env);
	if (!t)
		return err_set(e, ENOMEM, "discovery");
	err = run_child(t, env, e);
	if (!err)
		err = tape_play(t, r, e);
	/* what a child that was killed left in kprobe_events */
	env_clean(env);
	tape_free(t);
	if (err) {
		recording_release(r);
		return err_wrap(e, "discovery");
	}
	return 0;
}
