/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From (call, errno, log, state of the machine) to cause and remedy, in one
 * line: all failures of the kernel's come through here.
 */
#include "loader/loader_int.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ---- the verifier's log ----------------------------------------------- */

/* Lines that trace what was tried, not why it failed. */
static bool is_noise(const char *s, size_t len)
{
	static const char *const starts[] = {
		"processed ", "verification time", "stack depth",
		"max_states", "func#", "mark_precise", "regs=", "last_idx",
		"arg#", "; ", "from ", "frame", "  ", "cur state:",
		"old state:",
	};
	const char *p = s;

	if (!len)
		return true;
	/* registers, "R1_w=ctx ..."; but "R1 !read_ok" is a reason */
	if (*p == 'R') {
		p += 1 + strspn(p + 1, "0123456789");
		if (p > s + 1 && (*p == '=' || *p == '_'))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(s, starts[i], strlen(starts[i])) &&
		    !memmem(s, len, "invalid", 7) &&
		    !memmem(s, len, "expected", 8))
			return true;
	return false;
}

/* "17: (85) call bpf_..." */
static bool is_insn(const char *s, size_t len, int *insn)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end == s || (size_t)(end - s) >= len || *end != ':')
		return false;
	*insn = (int)n;
	return true;
}

void verifier_summary(const char *log, char *buf, size_t len, int *insn)
{
	const char *p = log, *last = NULL, *nl;
	size_t last_len = 0, n;

	*insn = -1;
	buf[0] = '\0';
	for (; *p; p = *nl ? nl + 1 : nl) {
		nl = strchr(p, '\n');
		if (!nl)
			nl = p + strlen(p);
		n = nl - p;
		if (is_insn(p, n, insn) || is_noise(p, n))
			continue;
		last = p;
		last_len = n;
	}
	if (!last || !len)
		return;
	if (last_len > len - 1)
		last_len = len - 1;
	memcpy(buf, last, last_len);
	buf[last_len] = '\0';
	for (p = buf; *p; p++)
		if (!isprint((unsigned char)*p))
			buf[p - buf] = '?';
}

/* ---- the machine's state ---------------------------------------------- */

static bool lockdown_confidential(void)
{
	char buf[128];

	return read_file_at(AT_FDCWD, "/sys/kernel/security/lockdown", buf,
			    sizeof(buf)) > 0 &&
	       strstr(buf, "[confidentiality]");
}

static bool memlock_small(void)
{
	struct rlimit r;

	return !getrlimit(RLIMIT_MEMLOCK, &r) && r.rlim_cur != RLIM_INFINITY;
}

static void diagnose_eperm(struct err *e, enum diag_op op,
			   const struct hook *h, const char *log)
{
	struct err scratch = { 0 };

	if (caps_check(&scratch)) {
		err_hint(e, "%s", scratch.msg);
	} else if (lockdown_confidential()) {
		err_hint(e, "kernel lockdown is in confidentiality mode "
			 "(/sys/kernel/security/lockdown); it forbids tracing");
	} else if (op == DIAG_PROG && !log[0] && h &&
		 (h->kind == HOOK_FENTRY || h->kind == HOOK_FEXIT)) {
		err_hint(e, "this kernel refuses fentry and fexit programs");
		e->of = ERR_OF_KERNEL;
	} else if (op != DIAG_ATTACH && memlock_small()) {
		err_hint(e, "not to be had in a user namespace; elsewhere "
			 "`ulimit -l unlimited` first");
	} else if (op == DIAG_ATTACH || op == DIAG_PERF) {
		err_hint(e, "see kernel.perf_event_paranoid, or a seccomp "
			 "filter");
	}
}

/* Where uprobes are, or were not yet come to, it is the file or its symbol. */
static bool lacks_symbol(const struct env *env, const struct hook *h)
{
	return (h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE) &&
	       env->has.uprobe_pmu != FEAT_NO;
}

static void diagnose_missing(struct err *e, const struct env *env,
			     const struct hook *h)
{
	static const char *const config[] = {
		[HOOK_KPROBE] = "CONFIG_KPROBES, CONFIG_KPROBE_EVENTS",
		[HOOK_KRETPROBE] = "CONFIG_KPROBES, CONFIG_KRETPROBES",
		[HOOK_UPROBE] = "CONFIG_UPROBE_EVENTS",
		[HOOK_URETPROBE] = "CONFIG_UPROBE_EVENTS",
		[HOOK_TRACEPOINT] = "CONFIG_FTRACE_SYSCALLS for syscalls, "
				    "else the event is not in this kernel",
		[HOOK_RAW_TRACEPOINT] = "the event is not in this kernel",
		[HOOK_FENTRY] = "the function is inlined or not in this "
				"kernel",
		[HOOK_FEXIT] = "the function is inlined or not in this kernel",
	};

	if (h && lacks_symbol(env, h))
		e->of = ERR_OF_FILE;
	else if (h && h->kind < ARRAY_SIZE(config) && config[h->kind])
		err_hint(e, "%s", config[h->kind]);
}

void diagnose(struct err *e, const struct env *env, enum diag_op op,
	      const struct hook *h, const char *log)
{
	switch (e->no) {
	case EPERM:
	case EACCES:
		if (e->no == EPERM || !log[0])
			diagnose_eperm(e, op, h, log);
		break;
	case ENOENT:
	case ENODEV:
		diagnose_missing(e, env, h);
		break;
	case ENOMEM:
		err_hint(e, "not enough memory for its maps; a tool's "
			 "--max-sockets and -b make them smaller");
		break;
	case 524:	/* ENOTSUPP, of the kernel's own */
	case EOPNOTSUPP:
		err_hint(e, "no BPF trampolines on this machine");
		break;
	case ENOSYS:
		err_hint(e, "CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS");
		break;
	case EINVAL:
		if (op == DIAG_PROG && !log[0] && h)
			err_hint(e, "Linux %s knows no %s programs, or a "
				 "version check failed", env->release,
				 hook_kind_name(h->kind));
		else if (op == DIAG_MAP)
			err_hint(e, "this kernel may know no such maps");
		else if (strstr(log, "unknown func") ||
			 strstr(log, "invalid func") ||
			 strstr(log, "cannot use helper"))	/* 6.10 */
			err_hint(e, "the kernel lacks a helper that this "
				 "program calls, or lockdown hides it");
		else if (op == DIAG_ATTACH && h &&
			 h->kind == HOOK_RAW_TRACEPOINT)
			err_hint(e, "it has fewer arguments");
		break;
	}
}
