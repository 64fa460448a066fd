/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What --help gives as examples is what a user tries first: each line is run
 * beside a little of everything, and what it prints is shown.  What tools
 * print is compared by their own cases; here each must take its words and end
 * well.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 32
#define SHOWN 6			/* lines of each output */
#define A_PID "4711"		/* of help texts */

/* ---- a little of everything -------------------------------------------- */

static const uint16_t ports[] = { 443, 80, 5432 };

static struct sockaddr_in place(const char *addr, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	to.sin_port = htons(port);
	inet_pton(AF_INET, addr, &to.sin_addr);
	return to;
}

static int listener(uint16_t port)
{
	struct sockaddr_in at = place("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (void *)&at, sizeof(at)) || listen(fd, 8))
		_exit(1);
	return fd;
}

static void session(int listening, uint16_t port)
{
	struct sockaddr_in to = place("127.0.0.1", port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
	char text[1000] = "";

	if (!connect(fd, (void *)&to, sizeof(to))) {
		peer = accept(listening, NULL, NULL);
		send(fd, text, sizeof(text), 0);
		recv(peer, text, sizeof(text), 0);
		close(peer);
	}
	close(fd);
}

static void refused(void)
{
	struct sockaddr_in to = place("127.0.0.1", 9);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	connect(fd, (void *)&to, sizeof(to));
	close(fd);
}

/* A question for the address of sockeye.test; nobody answers. */
static void datagrams(void)
{
	static const char question[] =
		"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7sockeye\4test\0\0\1\0\1";
	struct sockaddr_in to = place("10.9.0.2", 53);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ce = 3;

	setsockopt(fd, IPPROTO_IP, IP_TOS, &ce, sizeof(ce));
	connect(fd, (void *)&to, sizeof(to));
	send(fd, question, sizeof(question) - 1, 0);
	close(fd);
}

static void ping(void)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = 1 };
	struct sockaddr_in to = place("127.0.0.1", 0);
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	echo.checksum = (uint16_t)~(htons(ICMP_ECHO << 8) + 1);
	sendto(fd, &echo, sizeof(echo), 0, (void *)&to, sizeof(to));
	close(fd);
}

static void pass_descriptor(void)
{
	char room[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2], passed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[0], sizeof(int));
	sendmsg(pair[0], &msg, 0);
	if (recvmsg(pair[1], &msg, 0) > 0 && (c = CMSG_FIRSTHDR(&msg))) {
		memcpy(&passed, CMSG_DATA(c), sizeof(int));
		close(passed);
	}
	close(pair[0]);
	close(pair[1]);
}

static void __attribute__((noreturn)) everything(void)
{
	int listening[ARRAY_SIZE(ports)];
	unsigned i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < ARRAY_SIZE(ports); i++)
		listening[i] = listener(ports[i]);
	for (;; nap_ms(50)) {
		for (i = 0; i < ARRAY_SIZE(ports); i++)
			session(listening[i], ports[i]);
		refused();
		datagrams();
		ping();
		pass_descriptor();
	}
}

/* ---- the places that help texts speak of ------------------------------- */

struct scene {
	struct netns ns, peer;
	pid_t pid;
	char text[16], dir[256];
};

static void copy(struct test *t, const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			break;
	if (n)
		fatal(t, "%s: %s", to, strerror(errno));
	close(in);
	close(out);
}

/* eth0, the namespace web, a program /srv/app/server. */
static void scene_open(struct test *t, struct scene *s)
{
	static const char *const dirs[] = { "/run", "/run/netns", "/srv",
					    "/srv/app", NULL };
	unsigned i;

	for (i = 0; dirs[i]; i++)
		mkdir(dirs[i], 0755);
	copy(t, "/proc/self/exe", "/srv/app/server");
	veth_pair(t, &s->ns, &s->peer);
	netns_enter(t, &s->ns);
	if (link_down("sk0") || link_rename("sk0", "eth0") || link_up("eth0") ||
	    link_netem("eth0", 0, 5))
		fatal(t, "eth0: %s", strerror(errno));
	close(open("/run/netns/web", O_CREAT | O_WRONLY, 0644));
	if (mount("/proc/self/ns/net", "/run/netns/web", NULL, MS_BIND, NULL))
		fatal(t, "/run/netns/web: %s", strerror(errno));
	s->pid = fork();
	if (!s->pid)
		everything();
	netns_leave(t);
	snprintf(s->text, sizeof(s->text), "%d", s->pid);
	temp_path(s->dir, sizeof(s->dir), "examples");
	if (mkdir(s->dir, 0700) || chdir(s->dir))
		fatal(t, "%s: %s", s->dir, strerror(errno));
}

static void scene_close(struct scene *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	umount("/run/netns/web");
	unlink("/run/netns/web");
	netns_free(&s->ns);
	netns_free(&s->peer);
}

/* ---- the examples ------------------------------------------------------ */

/* Words as a shell splits them, as far as help texts use one. */
static unsigned split(char *line, const char **words)
{
	unsigned n = 0;
	char end;

	while (*line && n < WORDS) {
		end = *line == '\'' ? '\'' : ' ';
		line += *line == '\'';
		words[n++] = line;
		line += strcspn(line, end == ' ' ? " " : "'");
		if (*line)
			*line++ = '\0';
		line += strspn(line, " ");
	}
	return n;
}

static void show(const char *line, const struct tool *r)
{
	const char *p = r->text;
	unsigned i;

	printf("\n# %s\n", line);
	for (i = 0; p && *p && i < SHOWN; i++) {
		size_t len = strcspn(p, "\n");

		printf("%.*s\n", (int)(len > 150 ? 150 : len), p);
		p += len + (p[len] == '\n');
	}
	if (r->talk && *r->talk)
		printf("(%s)\n", r->talk);
}

struct tally {
	unsigned run, lack, silent;
};

/* 3: this kernel cannot, or has not got the module. */
static void run_example(struct test *t, const struct scene *s, char *line,
			struct tally *tally)
{
	const char *words[WORDS + 1], *args[WORDS + 70];
	char *copy = xcalloc(1, strlen(line) + 1);
	unsigned n, i, k = 0;
	struct tool r;

	memcpy(copy, line, strlen(line));
	n = split(copy, words);
	for (i = 2; i < n; i++)
		args[k++] = strcmp(words[i], A_PID) ? words[i] : s->text;
	for (i = 0; i < t->nextra; i++)
		args[k++] = t->extra[i];
	args[k++] = "-d";
	args[k++] = "1";
	args[k] = NULL;
	tool_init(&r, t, 0);
	r.verb = true;
	tool_start(&r, words[1], args);
	tool_stop(&r, 0);
	show(line, &r);
	tally->run++;
	if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 3) {
		tally->lack++;
	} else {
		tool_check_exit(&r, 0);
		tally->silent += !r.len;
	}
	tool_release(&r);
	free(copy);
}

static void run_examples(struct test *t, const struct scene *s,
			 const char *name, struct tally *tally)
{
	static const char sockeye[] = "  sockeye ";
	unsigned before = tally->run;
	char *line, *save = NULL;
	struct tool help;

	tool_init(&help, t, 0);
	help.verb = true;
	tool_start(&help, name, ARGS("--help"));
	tool_stop(&help, 0);
	tool_check_exit(&help, 0);
	line = help.text ? strstr(help.text, "\nExamples:\n") : NULL;
	for (line = line ? strtok_r(line, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, sockeye, sizeof(sockeye) - 1))
			run_example(t, s, line + 2, tally);
	if (tally->run == before)
		differ(t, "%s --help gives no example", name);
	tool_release(&help);
}

static void examples(struct test *t)
{
	static const char *const verbs[] = { "count", "sum", "stats", "hist",
					     "lhist", "trace" };
	struct tally tally = { 0 };
	char *line, *save = NULL;
	struct tool list;
	struct scene s;
	unsigned i;

	if (!t->system_wide)
		skip(t, "examples trace the whole machine");
	scene_open(t, &s);
	tool_init(&list, t, 0);
	list.verb = true;
	tool_start(&list, "list", NULL);
	tool_stop(&list, 0);
	for (line = strtok_r(list.text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == ' ')	/* other names of the one above */
			continue;
		line[strcspn(line, " ")] = '\0';
		run_examples(t, &s, line, &tally);
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		run_examples(t, &s, verbs[i], &tally);
	summary(t, "%u examples, %u of them not on this kernel, %u had nothing "
		"to show", tally.run, tally.lack, tally.silent);
	tool_release(&list);
	scene_close(&s);
}

const struct live_case examples_cases[] = {
	{ "examples", "each example of --help", 3000, examples, true },
	{ NULL, NULL, 0, NULL, false },
};
