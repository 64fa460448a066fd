/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What selftest.sh runs in the guest, and a first look at a new row:
 * "guest facts" says what the machine is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A stream of bytes in which every value occurs, the same on both sides. */
static int blob(size_t len)
{
	uint32_t x = 20011;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		putchar(x >> 24);
	}
	return fflush(stdout) ? 1 : 0;
}

/* Write TEXT to FILE, which is there already or is made. */
static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT, 0644);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len) {
		perror(file);
		return 1;
	}
	close(fd);
	return 0;
}

static const char *lo_state(void)
{
	struct ifreq ifr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&ifr, 0, sizeof(ifr));
	memcpy(ifr.ifr_name, "lo", 3);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		return "?";
	close(fd);
	return ifr.ifr_flags & IFF_UP ? "up" : "down";
}

static void modules(void)
{
	char line[512];
	FILE *f = fopen("/proc/modules", "r");

	printf("modules");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " ")] = '\0';
		printf(" %s", line);
	}
	printf("\n");
	if (f)
		fclose(f);
}

static int facts(void)
{
	static const uint16_t one = 1;
	struct utsname u;

	uname(&u);
	printf("kernel %s %s\n", u.release, u.machine);
	printf("word %d %s-endian\n", (int)sizeof(long) * 8,
	       *(const unsigned char *)&one ? "little" : "big");
	printf("cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	printf("memory %ld MB\n", (long)((long long)sysconf(_SC_PHYS_PAGES) *
	       sysconf(_SC_PAGESIZE) >> 20));
	printf("lo %s\n", lo_state());
	printf("btf %s\n", access("/sys/kernel/btf/vmlinux", R_OK) ?
	       "no" : "yes");
	printf("cgroup2 %s\n", access("/sys/fs/cgroup/cgroup.procs", F_OK) ?
	       "no" : "yes");
	printf("tracefs %s\n", access("/sys/kernel/tracing/trace", F_OK) ?
	       "no" : "yes");
	modules();
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *arg = argc > 2 ? argv[2] : "";
	int i;

	if (!strcmp(what, "exit"))
		return (int)strtol(arg, NULL, 10);
	if (!strcmp(what, "blob"))
		return blob(strtoul(arg, NULL, 10));
	if (!strcmp(what, "put") && argc > 3)
		return put(arg, argv[3]);
	if (!strcmp(what, "sleep"))
		return (int)sleep((unsigned int)strtoul(arg, NULL, 10));
	if (!strcmp(what, "die"))
		return raise(SIGSEGV);
	if (!strcmp(what, "env"))
		return puts(getenv(arg) ? getenv(arg) : "") < 0;
	if (!strcmp(what, "facts"))
		return facts();
	if (!strcmp(what, "both")) {
		fputs("to stderr\n", stderr);
		return puts("to stdout") < 0;
	}
	/* "args": each on a line of its own, in brackets. */
	for (i = 2; i < argc; i++)
		printf("[%s]\n", argv[i]);
	return strcmp(what, "args") ? 2 : 0;
}
