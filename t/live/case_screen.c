/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* On a terminal: a screen of its own while a tool runs, and what it has to say
 * at the end below what was there before. */
#include "traffic.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS 13
#define ECT0 2
#define LEAVE "\033[?1049l"

static int open_terminal(struct test *t, int *master)
{
	int fd = -1;

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master >= 0 && !grantpt(*master) && !unlockpt(*master))
		fd = open(ptsname(*master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		skip(t, "no terminals: %m");
	return fd;
}

/* All in one segment of the terminal's, which nobody reads meanwhile. */
static void read_terminal(int master, char *text, size_t room)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	while (room > 1 && poll(&p, 1, 100) == 1 && p.revents & POLLIN &&
	       (n = read(master, text, room - 1)) > 0) {
		text += n;
		room -= (size_t)n;
	}
	*text = '\0';
}

static void send_marked(struct test *t, const struct netns *ns)
{
	int tos = ECT0, fd;
	union addr to;

	netns_enter(t, ns);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	addr_set(&to, AF_INET, "127.0.0.1", 9);
	setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	for (int i = 0; i < DATAGRAMS; i++)
		sendto(fd, "x", 1, 0, &to.sa, sizeof(to.in));
	close(fd);
	netns_leave(t);
}

static void screen(struct test *t)
{
	static char text[65536];
	const char *end;
	struct netns ns;
	struct tool r;
	int master, slave = open_terminal(t, &master), home = t->host_ns;

	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	r.out = slave;
	t->host_ns = ns.fd;	/* whose counters are told */
	tool_start(&r, "ipecn", ARGS("0.3"));
	t->host_ns = home;
	r.out = -1;		/* it is the terminal that keeps it */
	send_marked(t, &ns);
	nap_ms(400);
	tool_stop(&r, SIGINT);
	tool_check_exit(&r, 0);
	read_terminal(master, text, sizeof(text));
	end = strstr(text, LEAVE);
	if (!end || !strstr(text, "ECT(0)"))
		differ(t, "no screen, or it was not left");
	else if (!strstr(end, "COUNTER") || !strstr(end, "InECT0Pkts"))
		differ(t, "behind the screen there is: %.200s", end);
	summary(t, "left, and %u bytes behind it",
		end ? (unsigned)strlen(end) : 0);
	close(slave);
	close(master);
	tool_release(&r);
	netns_free(&ns);
}

const struct live_case screen_cases[] = {
	{ "screen", "a terminal is left as it was, with the counters", 60,
	  screen, false },
	{ NULL, NULL, 0, NULL, false },
};
