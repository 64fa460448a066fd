/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the kernel was configured, for who has to tell what it lacks. */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define CONFIG_MAX (1u << 20)	/* distributions' have some 280 KB */

struct kconfig {
	char text[CONFIG_MAX];
};

static ssize_t read_packed(char *text)
{
	char *gz = malloc(CONFIG_MAX / 2);
	ssize_t n = -ENOMEM;

	if (gz)
		n = read_file_at(AT_FDCWD, "/proc/config.gz", gz,
				 CONFIG_MAX / 2);
	if (n > 0)
		n = inflate_gzip(gz, n, text, CONFIG_MAX - 1);
	free(gz);
	return n;
}

int kconfig_open(struct kconfig **out)
{
	struct kconfig *k = malloc(sizeof(*k));
	struct utsname u;
	char path[100];
	ssize_t n;

	*out = NULL;
	if (!k)
		return -ENOMEM;
	n = read_packed(k->text);
	if (n <= 0 && !uname(&u)) {
		snprintf(path, sizeof(path), "/boot/config-%s", u.release);
		n = read_file_at(AT_FDCWD, path, k->text, CONFIG_MAX);
	}
	if (n <= 0) {
		free(k);
		return -ENOENT;
	}
	k->text[n] = '\0';
	*out = k;
	return 0;
}

struct kconfig *kconfig_parse(const char *text)
{
	struct kconfig *k = malloc(sizeof(*k));

	if (k)
		snprintf(k->text, sizeof(k->text), "%s", text);
	return k;
}

void kconfig_free(struct kconfig *k)
{
	free(k);
}

char kconfig_get(const struct kconfig *k, const char *name)
{
	size_t len = strlen(name);
	const char *p = k->text;

	for (; (p = strstr(p, name)); p += len)
		if ((p == k->text || p[-1] == '\n') && p[len] == '=')
			return p[len + 1];
	return 'n';
}

/* ---- what hooks need -------------------------------------------------- */

static const char *const kprobe_options[] = {
	"CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS", "CONFIG_PERF_EVENTS",
	"CONFIG_BPF_EVENTS", NULL
};

static const char *const kretprobe_options[] = {
	"CONFIG_KPROBES", "CONFIG_KRETPROBES", "CONFIG_KPROBE_EVENTS",
	"CONFIG_PERF_EVENTS", "CONFIG_BPF_EVENTS", NULL
};

static const char *const uprobe_options[] = {
	"CONFIG_UPROBES", "CONFIG_UPROBE_EVENTS", "CONFIG_PERF_EVENTS",
	"CONFIG_BPF_EVENTS", NULL
};

static const char *const event_options[] = {
	"CONFIG_TRACEPOINTS", "CONFIG_PERF_EVENTS", "CONFIG_BPF_EVENTS", NULL
};

static const char *const syscall_options[] = {
	"CONFIG_FTRACE_SYSCALLS", "CONFIG_PERF_EVENTS", "CONFIG_BPF_EVENTS",
	NULL
};

static const char *const trampoline_options[] = {
	"CONFIG_DEBUG_INFO_BTF", "CONFIG_BPF_JIT",
	"CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", NULL
};

const char *const *hook_options(const struct hook *h)
{
	static const char *const none[] = { NULL };

	switch (h->kind) {
	case HOOK_KPROBE:
		return kprobe_options;
	case HOOK_KRETPROBE:
		return kretprobe_options;
	case HOOK_UPROBE:
	case HOOK_URETPROBE:
		return uprobe_options;
	case HOOK_TRACEPOINT:
		return strncmp(h->target, "syscalls/", 9) ? event_options :
		       syscall_options;
	case HOOK_RAW_TRACEPOINT:
	case HOOK_TP_BTF:
		return event_options;
	case HOOK_FENTRY:
	case HOOK_FEXIT:
		return trampoline_options;
	default:
		return none;
	}
}
