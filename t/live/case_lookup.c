/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that programs look up: by glibc and musl, private copies of which are
 * all that is probed, and by a static program; a name server on loopback that
 * knows some, denies some and does not answer at all for some.  Compilers are
 * used where there are any; in a virtual machine this program is the static
 * one.
 */
#include "nameserver.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAMES 101
#define NET 4			/* 10.4.0.0 and so on */
#define CLIENTS 3

/* ---- the client -------------------------------------------------------- */

/* @older: static programs of glibc before 2.34 cannot call the older function
 * (nor does it ask there).
 * Looks up hosts number FIRST, FIRST + STEP ... of COUNT, once a byte has
 * come; every fifth by the older function.  Prints what came of each. */
#define CLIENT(...) __VA_ARGS__ static const char client_text[] = #__VA_ARGS__;

CLIENT(
static int look_up(unsigned first, unsigned step, unsigned count,
		   unsigned older)
{
	struct addrinfo hints;
	struct addrinfo *found;
	struct timespec a;
	struct timespec b;
	char name[64];
	int ret;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	hints.ai_socktype = SOCK_STREAM;
	if (read(0, name, 1) != 1)
		return 1;
	for (unsigned i = first; i < count; i += step) {
		unsigned last = i + step >= count;

		snprintf(name, sizeof(name), "%c%u.sockeye.test.",
			 last ? 't' : i % 8 == 3 ? 'n' : 'h', i);
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (older && i % 5 == 4 && !last) {
			ret = gethostbyname(name) ? 0 : -1;
		} else {
			ret = getaddrinfo(name, "80", &hints, &found);
			if (!ret)
				freeaddrinfo(found);
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%u %d %lld\n", i, ret, (b.tv_sec - a.tv_sec) *
		       1000000000ll + b.tv_nsec - a.tv_nsec);
	}
	return 0;
}
)

static const char client_head[] =
	"#define _GNU_SOURCE\n#include <netdb.h>\n#include <netinet/in.h>\n"
	"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
	"#include <sys/socket.h>\n#include <time.h>\n#include <unistd.h>\n";
static const char client_main[] =
	"\nint main(int c, char **v)\n{\n"
	"	return c < 3 ||\n"
	"	       look_up(atoi(v[1]), atoi(v[2]), atoi(v[3]), 1);\n"
	"}\n";

struct client {
	char lib[PATH_MAX];	/* what is probed */
	const char *argv[10];	/* NULL: this program itself */
	char text[3][PATH_MAX];
	pid_t pid;
	int go, out;
	unsigned first;
};

struct lookups {
	struct test *t;
	struct netns ns;
	char dir[64];
	struct client clients[CLIENTS];
	unsigned n;
	int64_t ns_of[NAMES];	/* as the client measured */
	uint32_t ratios[NAMES];	/* what was shown of that, in 1/1000 */
	unsigned nratios;
	int ret_of[NAMES];
};

/* ---- programs ---------------------------------------------------------- */

static bool copy_file(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	close(in);
	close(out);
	return n == 0;
}

static bool compile(struct lookups *l, const char *cc, const char *how,
		    const char *to)
{
	char source[PATH_MAX];
	FILE *f;
	pid_t pid;

	snprintf(source, sizeof(source), "%s/client.c", l->dir);
	f = fopen(source, "w");
	if (!f)
		return false;
	fprintf(f, "%s%s%s", client_head, client_text, client_main);
	fclose(f);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execlp(cc, cc, how, "-o", to, source, NULL);
		_exit(127);
	}
	return pid > 0 && !reap(pid, PATIENCE * 1000, &(bool){ false }) &&
	       !access(to, X_OK);
}

/* The file that we have mapped whose path holds @part. */
static bool mapped(const char *part, char path[PATH_MAX])
{
	char *maps = slurp("/proc/self/maps"), *at = maps ?
		strstr(maps, part) : NULL, *start = at;
	bool found = false;

	while (start && start > maps && start[-1] != ' ')
		start--;
	if (at) {
		snprintf(path, PATH_MAX, "%.*s", (int)strcspn(start, "\n"),
			 start);
		found = path[0] == '/';
	}
	free(maps);
	return found;
}

/* A program that a private copy of @loader runs, with @lib (or itself) as its
 * library. */
static void add_dynamic(struct lookups *l, const char *cc, const char *loader,
			const char *lib)
{
	struct client *c = &l->clients[l->n];
	char own[PATH_MAX];

	snprintf(c->text[0], PATH_MAX, "%s/ld-%u.so", l->dir, l->n);
	snprintf(c->text[1], PATH_MAX, "%s/client-%u", l->dir, l->n);
	snprintf(own, sizeof(own), "%s/libc.so.6", l->dir);
	if (!compile(l, cc, "-O1", c->text[1]) ||
	    !copy_file(loader, c->text[0]) || (lib && !copy_file(lib, own)))
		return;
	snprintf(c->lib, sizeof(c->lib), "%s", lib ? own : c->text[0]);
	c->argv[0] = c->text[0];
	c->argv[1] = "--library-path";
	c->argv[2] = l->dir;
	c->argv[3] = c->text[1];
	l->n++;
}

static void add_static(struct lookups *l, const char *cc)
{
	struct client *c = &l->clients[l->n];

	snprintf(c->lib, sizeof(c->lib), "%s/client-static", l->dir);
	if (!compile(l, cc, "-static", c->lib))
		return;
	c->argv[0] = c->lib;
	l->n++;
}

static void add_clients(struct lookups *l)
{
	char loader[PATH_MAX], lib[PATH_MAX];
	glob_t musl;

	/* without an interpreter it is us */
	if (!getauxval(AT_BASE)) {
		struct client *c = &l->clients[l->n++];
		ssize_t n = readlink("/proc/self/exe", c->lib,
				     sizeof(c->lib) - 1);

		if (n < 0)
			fatal(l->t, "/proc/self/exe: %m");
		return;
	}
	if (mapped("/ld-linux", loader) && mapped("/libc.so.6", lib))
		add_dynamic(l, "cc", loader, lib);
	if (!glob("/lib/ld-musl-*.so.1", 0, NULL, &musl)) {
		add_dynamic(l, "musl-gcc", musl.gl_pathv[0], NULL);
		globfree(&musl);
	}
	add_static(l, "musl-gcc");
	if (!l->n)
		skip(l->t, "no compiler for programs that look up names");
}

/* ---- processes --------------------------------------------------------- */

/* An /etc of their own, where the name server is that of loopback. */
static void own_etc(struct test *t)
{
	FILE *f;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL,
					  MS_REC | MS_PRIVATE, NULL) ||
	    (mkdir("/etc", 0755), mount("none", "/etc", "tmpfs", 0, NULL)))
		fatal(t, "/etc of its own: %m");
	f = fopen("/etc/resolv.conf", "w");
	if (!f)
		fatal(t, "/etc/resolv.conf: %m");
	fputs("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", f);
	fclose(f);
}

static void client_start(struct lookups *l, struct client *c)
{
	char first[16], step[16], count[16];
	unsigned n = 0;
	int go[2], out[2];

	c->first = (unsigned)(c - l->clients);
	if (pipe2(go, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		fatal(l->t, "pipe: %m");
	c->pid = fork();
	if (c->pid) {
		close(go[0]);
		close(out[1]);
		c->go = go[1];
		c->out = out[0];
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	own_etc(l->t);
	dup2(go[0], 0);
	dup2(out[1], 1);
	if (!c->argv[0]) {
		int ret;

		close(go[1]);
		close(out[0]);
		ret = look_up(c->first, l->n, NAMES, 0);
		fflush(stdout);
		_exit(ret);
	}
	snprintf(first, sizeof(first), "%u", c->first);
	snprintf(step, sizeof(step), "%u", l->n);
	snprintf(count, sizeof(count), "%d", NAMES);
	while (c->argv[n])
		n++;
	c->argv[n++] = first;
	c->argv[n++] = step;
	c->argv[n] = count;
	execv(c->argv[0], (char **)(uintptr_t)c->argv);
	_exit(127);
}

/* One A record for what begins with h, none for n, no answer for t. */
static void serve(int fd)
{
	uint8_t msg[DNS_MESSAGE];
	union addr from;
	socklen_t flen;
	const char *name = (char *)msg + DNS_HEADER + 1;
	unsigned flags;
	size_t len;
	ssize_t n;

	for (;;) {
		flen = sizeof(from);
		n = recvfrom(fd, msg, sizeof(msg) - DNS_RECORD, 0, &from.sa,
			     &flen);
		if (n < DNS_HEADER + 5 || *name == 't')
			continue;
		flags = DNS_ANSWER | (*name == 'h' ? 0 : DNS_NXDOMAIN);
		len = dns_answer(msg, (size_t)n, flags, NET,
				 (uint8_t)atoi(name + 1));
		sendto(fd, msg, len, 0, &from.sa, flen);
	}
}

static pid_t server_start(struct test *t)
{
	int fd = nameserver_open(t, AF_INET, SOCK_DGRAM, DNS_PORT);
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
	return pid;
}

/* ---- made and shown ---------------------------------------------------- */

static void client_end(struct lookups *l, struct client *c)
{
	char line[100];
	unsigned n = 0, i;
	long long ns;
	int ret;
	FILE *f = fdopen(c->out, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %d %lld", &i, &ret, &ns) != 3 ||
		    i >= NAMES)
			fatal(l->t, "client says: %s", line);
		l->ret_of[i] = ret;
		l->ns_of[i] = ns;
		n++;
	}
	if (f)
		fclose(f);
	close(c->go);
	if (reap(c->pid, PATIENCE * 1000, &(bool){ false }) ||
	    n != (NAMES - c->first + l->n - 1) / l->n)
		fatal(l->t, "a client looked up %u names", n);
}

static bool is_last(const struct lookups *l, unsigned i)
{
	return i + l->n >= NAMES;
}

/* By gethostbyname()? */
static bool is_older(const struct lookups *l, unsigned i)
{
	return l->clients[0].argv[0] && i % 5 == 4 && !is_last(l, i);
}

static const char *want_ret(const struct lookups *l, unsigned i, bool wire)
{
	if (is_last(l, i))
		return wire ? "NO_ANSWER" : "EAI_AGAIN";
	if (i % 8 != 3)
		return "OK";
	return wire ? "NXDOMAIN" : is_older(l, i) ? "HOST_NOT_FOUND" :
						"EAI_NONAME";
}

static void check_row(struct lookups *l, const struct table *tb, unsigned row,
		      unsigned i, bool wire)
{
	const char *ret = want_ret(l, i, wire);
	char host[64], addr[32] = "";
	uint64_t ns = 0;

	snprintf(host, sizeof(host), "%c%u.sockeye.test%s", is_last(l, i) ?
		 't' : i % 8 == 3 ? 'n' : 'h', i, wire ? "" : ".");
	if (wire && !strcmp(ret, "OK"))
		snprintf(addr, sizeof(addr), "10.%d.0.%u", NET, i);
	cell_u64(table_cell(tb, row, "duration_ns"), &ns);
	if (strcmp(table_cell(tb, row, "host"), host) ||
	    strcmp(table_cell(tb, row, "ret"), ret) ||
	    strcmp(table_cell(tb, row, "addrs"), addr) ||
	    strcmp(table_cell(tb, row, "qtype"), wire ? "A" : "") ||
	    strcmp(table_cell(tb, row, "raddr"), wire ? "127.0.0.1" : "") ||
	    strcmp(table_cell(tb, row, "func"), wire ? "wire" :
		   is_older(l, i) ? "gethostbyname" :
						  "getaddrinfo"))
		differ(l->t, "%s %s %s %s, made: %s %s", wire ? "wire" : "call",
		       table_cell(tb, row, "host"), table_cell(tb, row, "ret"),
		       table_cell(tb, row, "func"), host, ret);
	/* how late it is seen that there is none is the machine's affair */
	if (!ns || (strcmp(ret, "NO_ANSWER") && ns > (uint64_t)l->ns_of[i]))
		differ(l->t, "%s took %llu ns, of %lld that the client waited",
		       host, (unsigned long long)ns, (long long)l->ns_of[i]);
	else if (!is_last(l, i))
		l->ratios[l->nratios++] = (uint32_t)
			(ns * 1000 / (uint64_t)l->ns_of[i]);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* What was shown of the time that clients measured, in 1/1000: half of the
 * look-ups less, half more. */
static unsigned median_ratio(struct lookups *l)
{
	unsigned n = l->nratios;

	qsort(l->ratios, n, sizeof(l->ratios[0]), by_size);
	l->nratios = 0;
	return n ? l->ratios[n / 2] : 0;
}

/* Of each client all its look-ups, in their order. */
static unsigned check(struct lookups *l, struct tool *r, bool wire)
{
	unsigned next[CLIENTS], rows = 0;
	struct table tb;
	uint64_t pid;

	if (!table_parse(&tb, l->t, r->text))
		return 0;
	for (unsigned k = 0; k < l->n; k++)
		next[k] = l->clients[k].first;
	for (unsigned i = 0; i < tb.nrows; i++) {
		for (unsigned k = 0; k < l->n; k++) {
			if (!cell_u64(table_cell(&tb, i, "pid"), &pid) ||
			    (pid_t)pid != l->clients[k].pid)
				continue;
			if (next[k] >= NAMES)
				differ(l->t, "%s: more than was made",
				       table_cell(&tb, i, "host"));
			else
				check_row(l, &tb, i, next[k], wire);
			next[k] += l->n;
			rows++;
		}
	}
	if (rows != NAMES)
		differ(l->t, "%s: %u rows shown, %u look-ups made",
		       wire ? "wire" : "calls", rows, NAMES);
	table_release(&tb);
	return rows;
}

#define COLUMNS "pid,host,ret,func,duration_ns,qtype,raddr,addrs"

static void tools_start(struct lookups *l, struct tool *calls,
			struct tool *wire)
{
	const char *args[16] = { "--csv", "--strict", "-o", COLUMNS };
	unsigned n = 4;

	for (unsigned i = 0; i < l->n; i++) {
		args[n++] = "--lib";
		args[n++] = l->clients[i].lib;
	}
	tool_init(calls, l->t, l->ns.inum);
	calls->may_lack = true;	/* 32-bit ARM has none in Thumb code */
	tool_start(calls, "gethostlatency", args);
	tool_init(wire, l->t, l->ns.inum);
	tool_start(wire, "gethostlatency", ARGS("--wire", "--timeout", "500ms",
						"--csv", "--strict", "-o",
						COLUMNS));
}

static void tools_end(struct lookups *l, struct tool *calls,
		      struct tool *wire)
{
	unsigned ncalls, nwire, ratio;

	tool_stop(calls, SIGINT);
	tool_stop(wire, SIGINT);
	tool_check_clean(calls);
	tool_check_clean(wire);
	ncalls = check(l, calls, false);
	ratio = median_ratio(l);
	nwire = check(l, wire, true);
	summary(l->t, "%u names looked up by %u programs, %u calls and %u "
		"queries shown; of the time by the clients' clock calls have "
		"%u/1000, queries %u/1000 (medians)", NAMES, l->n, ncalls,
		nwire, ratio, median_ratio(l));
	tool_release(calls);
	tool_release(wire);
}

static void clean(const struct lookups *l)
{
	char pattern[100];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*", l->dir);
	if (!glob(pattern, 0, NULL, &files)) {
		for (size_t i = 0; i < files.gl_pathc; i++)
			unlink(files.gl_pathv[i]);
		globfree(&files);
	}
	rmdir(l->dir);
}

static void lookup(struct test *t)
{
	static struct lookups l;
	struct tool calls, wire;
	pid_t server;

	l.t = t;
	temp_path(l.dir, sizeof(l.dir), "lookup");
	if (mkdir(l.dir, 0755))
		fatal(t, "%s: %m", l.dir);
	add_clients(&l);
	netns_new(t, &l.ns);
	netns_enter(t, &l.ns);
	server = server_start(t);
	for (unsigned i = 0; i < l.n; i++)
		client_start(&l, &l.clients[i]);
	netns_leave(t);
	tools_start(&l, &calls, &wire);
	for (unsigned i = 0; i < l.n; i++)
		if (write(l.clients[i].go, "", 1) != 1)
			fatal(t, "client: %m");
	for (unsigned i = 0; i < l.n; i++)
		client_end(&l, &l.clients[i]);
	kill(server, SIGKILL);
	reap(server, PATIENCE * 1000, &(bool){ false });
	netns_idle(t, &l.ns);
	tools_end(&l, &calls, &wire);
	netns_free(&l.ns);
	clean(&l);
}

const struct live_case lookup_cases[] = {
	{ "gethostlatency", "names looked up by glibc, musl, a static program",
	  300, lookup, false },
	{ NULL, NULL, 0, NULL, false },
};
