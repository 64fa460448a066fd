/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One linked program into the kernel. */
#include "loader/loader_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { KIND_TYPEDEF = 8 };	/* BTF_KIND_TYPEDEF */

#define LOG_FIRST	(64u << 10)
#define LOG_MOST	(1u << 20)	/* small machines: never 16 MB */

int prog_type(const struct hook *h)
{
	switch (h->kind) {
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
	case HOOK_UPROBE:
	case HOOK_URETPROBE:
		return PROG_KPROBE;
	case HOOK_TRACEPOINT:
		return PROG_TRACEPOINT;
	case HOOK_RAW_TRACEPOINT:
		return PROG_RAW_TRACEPOINT;
	case HOOK_PERF_EVENT:
		return PROG_PERF_EVENT;
	default:
		return PROG_TRACING;
	}
}

/* Is BTF @fd that of @module? */
static bool is_of_module(int fd, const char *module)
{
	char name[MODULE_NAME] = "";
	struct btf_info info;
	struct attr_info attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	info.name = (uintptr_t)name;
	info.name_len = sizeof(name);
	attr.fd = fd;
	attr.len = sizeof(info);
	attr.info = (uintptr_t)&info;
	return !sys_bpf(CMD_OBJ_GET_INFO, &attr, sizeof(attr)) &&
	       info.of_kernel && !strcmp(name, module);
}

/* The kernel's own descriptor of a module's BTF; a negative errno. */
static int module_btf(struct env *env, const char *module)
{
	struct attr_id attr;
	uint32_t id = 0;
	int fd;

	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.id = id;
		fd = sys_bpf(CMD_BTF_NEXT_ID, &attr, sizeof(attr));
		if (fd)
			return fd;
		id = attr.next;
		memset(&attr, 0, sizeof(attr));
		attr.id = id;
		env->bpf_calls += 2;
		fd = sys_bpf(CMD_BTF_FD_BY_ID, &attr, sizeof(attr));
		if (fd == -ENOENT)	/* gone meanwhile */
			continue;
		if (fd < 0 || is_of_module(fd, module))
			return fd;
		close(fd);
	}
}

/* What a tracing program is verified against: *@id in the kernel's BTF, or
 * that of a module, *@module. */
static int attach_id(struct env *env, const struct hook *h, uint32_t *id,
		     const char **module, struct err *e)
{
	char name[160];
	const char *why = "", *n = h->target;

	*module = "";
	if (!env->kernel_btf) {
		err_set(e, 0, "the kernel has no BTF");
		err_hint(e, "CONFIG_DEBUG_INFO_BTF");
		e->no = ENOENT;
		return -ENOENT;
	}
	if (h->kind == HOOK_TP_BTF) {
		snprintf(name, sizeof(name), "btf_trace_%s", h->target);
		n = name;
	}
	/* with all other names, in one pass; and this one if it is new */
	if (resolver_tell(&env->fields, &why) ||
	    btf_want(env->kernel_btf, &n, 1, &why))
		return err_set(e, 0, "kernel BTF: %s", why);
	if (h->kind == HOOK_TP_BTF)
		*id = btf_next(env->kernel_btf, n, 1u << KIND_TYPEDEF, 0);
	else
		*id = kernel_function(env, n, module);
	return *id ? 0 : err_set(e, ENOENT, "%s in the kernel's BTF", n);
}

static int attach_to(struct env *env, const struct hook *h,
		     struct attr_prog_load *attr, struct err *e)
{
	const char *module;
	int err = attach_id(env, h, &attr->attach_btf_id, &module, e);

	if (err)
		return err;
	attr->expected_attach_type =
		h->kind == HOOK_TP_BTF ? ATTACH_TRACE_RAW_TP :
		h->kind == HOOK_FENTRY ? ATTACH_FENTRY : ATTACH_FEXIT;
	if (!*module)
		return 0;
	err = module_btf(env, module);
	if (err < 0)
		return err_set(e, -err, "the BTF of module %s", module);
	attr->attach_btf_obj_fd = (uint32_t)err;
	return 0;
}

bool memlock_raise(void)
{
	struct rlimit inf = { RLIM_INFINITY, RLIM_INFINITY };
	static bool raised;

	if (raised || setrlimit(RLIMIT_MEMLOCK, &inf) < 0)
		return false;
	raised = true;
	return true;
}

static int try_load(struct env *env, struct attr_prog_load *attr)
{
	int fd;

	for (int tries = 0; tries < 5; tries++) {
		env->bpf_calls++;
		fd = sys_bpf(CMD_PROG_LOAD, attr, sizeof(*attr));
		if (fd != -EAGAIN)
			break;
	}
	if (fd == -EPERM && memlock_raise())
		return try_load(env, attr);
	return fd;
}

/* Again, with a log; it may succeed this time, but why it did not counts. */
static int load_log(struct env *env, struct attr_prog_load *attr, char **log)
{
	uint32_t size = LOG_FIRST;
	int fd;

	for (;; size *= 4) {
		free(*log);
		*log = calloc(1, size);
		if (!*log)
			return -ENOMEM;
		attr->log_buf = (uintptr_t)*log;
		attr->log_size = size;
		attr->log_level = 1;
		fd = try_load(env, attr);
		if (fd != -ENOSPC || size >= LOG_MOST)
			return fd;
	}
}

static const struct line *line_of(const struct linked *l, int insn)
{
	const struct line *found = NULL;

	for (uint32_t i = 0; i < l->nlines; i++)
		if (insn >= 0 && l->lines[i].insn <= (uint32_t)insn)
			found = &l->lines[i];
	return found;
}

static void explain(struct env *env, const struct spec_prog *p,
		    const struct hook *h, const struct linked *l,
		    const char *log, int no, struct err *e)
{
	char why[384], text[96];
	const struct line *line;
	int insn = -1;

	if (env->log && log[0])
		env->log(p->name, log);
	verifier_summary(log, why, sizeof(why), &insn);
	if (!why[0]) {
		err_set(e, no, "load %s for %s %s", p->name,
			hook_kind_name(h->kind), h->target);
	} else if (insn >= 0 && (uint32_t)insn < l->ninsns) {
		line = line_of(l, insn);
		insn_format(text, sizeof(text), l->insns + insn,
			    l->ninsns - insn);
		err_set(e, no, "load %s: the verifier says \"%s\" at "
			"instruction %d, %s (%s:%u%s%s)", p->name, why, insn,
			text, line && line->file ? line->file : "?",
			line ? line->line : 0,
			line && line->text ? ": " : "",
			line && line->text ? line->text : "");
	} else {
		err_set(e, no, "load %s: the verifier says \"%s\"", p->name,
			why);
	}
	diagnose(e, env, DIAG_PROG, h, log);
}

/* @fd: why.  A descriptor if it works now after all. */
static int load_failed(struct env *env, const struct spec_prog *p,
		       const struct hook *h, const struct linked *l,
		       struct attr_prog_load *attr, int fd, struct err *e)
{
	char *log = NULL;
	int err;

	if (fd == -EPERM) {	/* no log tells more */
		if (attr->prog_type == PROG_TRACING && h->kind != HOOK_TP_BTF)
			env->has.trampoline = FEAT_NO;
		explain(env, p, h, l, "", -fd, e);
		return fd;
	}
	err = load_log(env, attr, &log);
	if (err >= 0) {
		free(log);
		return err;
	}
	if (fd == -EINVAL && h->kind == HOOK_RAW_TRACEPOINT &&
	    log && !log[0]) {	/* not looked at: such programs are unknown */
		env->has.raw_tracepoint = FEAT_NO;
		free(log);
		return attach_possible(env, h, e);
	}
	explain(env, p, h, l, log ? log : "", -fd, e);
	free(log);
	return fd;
}

int load_prog(struct env *env, const struct spec *s,
	      const struct spec_prog *p, const struct hook *h,
	      const struct linked *l, struct err *e)
{
	struct attr_prog_load attr;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = prog_type(h);
	err = attr.prog_type == PROG_TRACING ? attach_to(env, h, &attr, e) : 0;
	if (err)
		return err;
	attr.insns = (uintptr_t)l->insns;
	attr.insn_cnt = l->ninsns;
	attr.license = (uintptr_t)(s->license ? s->license : "");
	attr.kern_version = env->kern_version;
	if (env->has.map_names != FEAT_NO)
		strncpy(attr.prog_name, p->name, sizeof(attr.prog_name) - 1);
	fd = try_load(env, &attr);
	if ((fd == -EINVAL || fd == -E2BIG) && attr.prog_name[0] &&
	    env->has.map_names == FEAT_UNKNOWN) {	/* no map was made */
		memset(attr.prog_name, 0, sizeof(attr.prog_name));
		fd = try_load(env, &attr);
		if (fd >= 0)
			env->has.map_names = FEAT_NO;
	}
	if (fd < 0)
		fd = load_failed(env, p, h, l, &attr, fd, e);
	if (attr.attach_btf_obj_fd)
		close((int)attr.attach_btf_obj_fd);
	return fd;
}

/* Kernels that refuse fentry programs refuse all of them: better to learn it
 * from two instructions than from a program that was linked for nothing. */
int load_try_trampoline(struct env *env, const struct hook *h, struct err *e)
{
	struct bpf_insn insns[] = {
		{ .code = 0xb7, .dst_reg = 0, .imm = 0 },
		{ .code = 0x95 },
	};
	const struct spec s = { .license = "GPL" };
	const struct spec_prog p = { .name = "try_hook" };
	const struct linked l = { .insns = insns,
				  .ninsns = ARRAY_SIZE(insns) };
	struct err why = { 0 };
	const char *module;
	uint32_t id;
	int fd;

	if (env->has.trampoline == FEAT_NO && env->kernel_btf)
		return 0;
	fd = attach_id(env, h, &id, &module, e);
	if (fd < 0)
		return err_wrap(e, "%s %s", hook_kind_name(h->kind),
				h->target);
	if (env->has.trampoline != FEAT_UNKNOWN)
		return 0;
	fd = load_prog(env, &s, &p, h, &l, &why);
	if (fd >= 0) {
		close(fd);
		env->has.trampoline = FEAT_YES;
	}
	if (env->has.trampoline != FEAT_NO)
		return 0;	/* if at all, it is about this function */
	*e = why;
	return fd;
}

/* A tiny program asks what errno alone cannot tell.  Its arguments do for
 * every helper we ask about. */
bool load_has_helper(struct env *env, int helper)
{
	uint8_t *has = helper == HELPER_CGROUP_ID ? &env->has.cgroup_id :
		       &env->has.probe_read_kernel;
	const struct bpf_insn insns[] = {
		{ .code = 0xbf, .dst_reg = 1, .src_reg = 10 },
		{ .code = 0x07, .dst_reg = 1, .imm = -8 },
		{ .code = 0xb7, .dst_reg = 2, .imm = 8 },
		{ .code = 0xb7, .dst_reg = 3, .imm = 0 },
		{ .code = 0x85, .imm = helper },
		{ .code = 0xb7, .dst_reg = 0, .imm = 0 },
		{ .code = 0x95 },
	};
	struct attr_prog_load attr;
	int fd;

	if (*has == FEAT_UNKNOWN) {
		memset(&attr, 0, sizeof(attr));
		attr.prog_type = PROG_KPROBE;
		attr.insns = (uintptr_t)insns;
		attr.insn_cnt = ARRAY_SIZE(insns);
		attr.license = (uintptr_t)"GPL";
		attr.kern_version = env->kern_version;
		fd = try_load(env, &attr);
		*has = fd >= 0 ? FEAT_YES : FEAT_NO;
		if (fd >= 0)
			close(fd);
	}
	return *has == FEAT_YES;
}
