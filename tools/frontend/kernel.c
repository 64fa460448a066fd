/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel opened, and left again: what all who run programs begin with. */
#include "tools/frontend/run.h"

#include <string.h>

/* What is less is how long reading the clocks took; times would jitter. */
#define CLOCK_STEP_NS 5000000
#define CLOCKS_APART_NS 1000000

void verifier_log(const char *prog, const char *text)
{
	fprintf(stderr, "%s: the verifier's log:\n%s\n", prog, text);
}

int kernel_open(struct env *env, const struct options *o)
{
	struct err e = { 0 };
	int err;

	env->tracefs = -1;
	err = caps_check(&e);
	if (!err)
		err = env_open(env, &o->env, &e);
	if (err)
		return fail_err(&e);
	if (o->verbose > 1)
		env->log = verifier_log;
	return -1;
}

void kernel_leave(const struct env *env, bool users)
{
	/* files of other processes are for who may look at these */
	if (!users)
		caps_drop(env->probe_entries);
}

/* All at one time: who was interrupted between them looks again. */
static void kernel_clocks(struct capture_info *info)
{
	uint64_t mono;

	for (int i = 0; i < 4; i++) {
		mono = now_ns();
		info->clocks.wall_offset_ns = clock_ns(CLOCK_REALTIME) - mono;
		info->boot_offset_ns = clock_ns(CLOCK_BOOTTIME) - mono;
		if (now_ns() - mono < CLOCKS_APART_NS)
			break;
	}
}

bool clocks_follow(struct capture_info *info, const struct capture_info *now)
{
	int64_t moved = now->clocks.wall_offset_ns -
			info->clocks.wall_offset_ns;

	if (moved > -CLOCK_STEP_NS && moved < CLOCK_STEP_NS)
		return false;
	info->clocks.wall_offset_ns = now->clocks.wall_offset_ns;
	info->boot_offset_ns = now->boot_offset_ns;
	return true;
}

bool kernel_sync(struct capture_info *info)
{
	struct capture_info now;

	kernel_clocks(&now);
	return clocks_follow(info, &now);
}

void kernel_info(struct capture_info *info, const struct env *env,
		 const struct options *o)
{
	info->tool = o->tool->name;
	info->version = PACKAGE_VERSION;
	memcpy(info->machine, env->machine, sizeof(info->machine));
	memcpy(info->release, env->release, sizeof(info->release));
	kernel_clocks(info);
}
