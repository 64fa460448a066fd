/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel counted while a tool ran, from /proc/net.  The files stay
 * open: they belong to their namespace, whoever it was that lived there.
 */
#include "tools/frontend/run.h"
#include "tools/frontend/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (1u << 20)

struct counter_file {
	const char *file;
	uint32_t netns;
	int fd;
	struct counter_list before, after;
};

struct counters {
	struct counter_file *sources;
	size_t n;
	const char *const *files;
	const char *const *ends;	/* of names; NULL: any */
	uint64_t start_ns, span_ns;
};

/* What has no such file (no IPv6) has no such counters. */
static void read_source(const struct counter_file *s, struct counter_list *l)
{
	char *text = malloc(TEXT_MAX);
	size_t len = 0;
	ssize_t n = 1;

	while (text && n > 0 && len < TEXT_MAX) {
		n = pread(s->fd, text + len, TEXT_MAX - len, (off_t)len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (text)
		counters_parse(l, s->file, text, len);
	free(text);
}

/* Before Linux 5.0 one that is open in /proc/self/net is what is found there
 * after setns(2), too. */
static bool is_open(const struct counters *c, int fd)
{
	struct stat st, other;

	for (size_t i = 0; i < c->n && !fstat(fd, &st); i++)
		if (!fstat(c->sources[i].fd, &other) &&
		    st.st_ino == other.st_ino)
			return true;
	return false;
}

/* Those of the namespace that @pid lives in. */
static int add_files(struct counters *c, const char *pid, uint32_t netns)
{
	const char *const *files;
	struct counter_file *s;
	char path[300];

	for (files = c->files; *files; files++) {
		s = realloc(c->sources, (c->n + 1) * sizeof(*s));
		if (!s)
			return -ENOMEM;
		c->sources = s;
		s += c->n;
		snprintf(path, sizeof(path), "/proc/%s/net/%s", pid, *files);
		*s = (struct counter_file){ .file = *files, .netns = netns,
			.fd = open(path, O_RDONLY | O_CLOEXEC) };
		if (s->fd < 0)
			continue;
		if (is_open(c, s->fd)) {
			close(s->fd);
			continue;
		}
		c->n++;
		read_source(s, &s->before);
	}
	return 0;
}

static bool has_netns(const struct counters *c, uint32_t netns)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->sources[i].netns == netns)
			return true;
	return false;
}

/* Of @netns, by somebody who lives there: that takes no right to go there. */
static void add_netns(struct counters *c, uint32_t netns)
{
	struct dirent *d;
	DIR *proc;

	if (netns_of_pid("self") == netns) {
		add_files(c, "self", netns);
		return;
	}
	proc = opendir("/proc");
	while (proc && !has_netns(c, netns) && (d = readdir(proc)))
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9' &&
		    netns_of_pid(d->d_name) == netns)
			add_files(c, d->d_name, netns);
	if (proc)
		closedir(proc);
}

/* We are in @netns, where nobody may live. */
static int add_entered(void *ctx, uint32_t netns)
{
	return has_netns(ctx, netns) ? 0 : add_files(ctx, "self", netns);
}

struct counters *counters_open(const struct tool *t, const struct filters *f)
{
	struct counters *c = t->counters ? calloc(1, sizeof(*c)) : NULL;
	bool all = true, denied;
	unsigned i, seen;

	if (!c)
		return NULL;
	c->files = t->counters;
	c->ends = t->counted;
	if (!f->nnetns)
		add_files(c, "self", netns_of_pid("self"));
	for (i = 0; i < f->nnetns; i++) {
		add_netns(c, f->netns[i]);
		all &= has_netns(c, f->netns[i]);
	}
	if (!all)
		netns_each(f, add_entered, c, &seen, &denied);
	for (i = 0; i < f->nnetns; i++)
		if (!has_netns(c, f->netns[i]))
			say("no counters of network namespace %u: no process "
			    "lives there, and it cannot be entered",
			    f->netns[i]);
	c->start_ns = now_ns();
	return c;
}

void counters_stop(struct counters *c)
{
	if (!c)
		return;
	c->span_ns = now_ns() - c->start_ns;
	for (size_t i = 0; i < c->n; i++)
		read_source(&c->sources[i], &c->sources[i].after);
}

bool counters_next(const struct counters *c, size_t *at,
		   struct counter_move *m)
{
	const struct counter_file *s;
	const struct counter *now;
	size_t i = *at;

	for (size_t k = 0; k < c->n; i -= s->after.n, k++)
		for (s = &c->sources[k]; i < s->after.n; i++) {
			++*at;
			now = &s->after.c[i];
			if (!counters_wanted(c->ends, now->name))
				continue;
			m->delta = counters_moved(&s->before, now, i);
			if (!m->delta)
				continue;
			m->name = now->name;
			m->netns = s->netns;
			m->per_second = c->span_ns ? (double)m->delta * 1e9 /
					(double)c->span_ns : 0;
			return true;
		}
	return false;
}

void counters_close(struct counters *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		close(c->sources[i].fd);
		free(c->sources[i].before.c);
		free(c->sources[i].after.c);
	}
	free(c->sources);
	free(c);
}
