/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hook - the names of places where programs run.
 */
#include "loader/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
	[HOOK_NONE] = "none",
	[HOOK_KPROBE] = "kprobe",
	[HOOK_KRETPROBE] = "kretprobe",
	[HOOK_TRACEPOINT] = "tracepoint",
	[HOOK_RAW_TRACEPOINT] = "raw_tracepoint",
	[HOOK_TP_BTF] = "tp_btf",
	[HOOK_FENTRY] = "fentry",
	[HOOK_FEXIT] = "fexit",
	[HOOK_UPROBE] = "uprobe",
	[HOOK_URETPROBE] = "uretprobe",
	[HOOK_PERF_EVENT] = "perf_event",
};

#define NKINDS ((int)(sizeof(kind_names) / sizeof(kind_names[0])))

/* libbpf's short forms of section names */
static const struct { const char *name; uint8_t kind; } aliases[] = {
	{ "tp", HOOK_TRACEPOINT },
	{ "raw_tp", HOOK_RAW_TRACEPOINT },
};

const char *hook_kind_name(int kind)
{
	return kind >= 0 && kind < NKINDS ? kind_names[kind] : "none";
}

static bool is_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !memcmp(name, text, len);
}

static int find_kind(const char *text, size_t len)
{
	size_t i;
	int k;

	for (k = HOOK_NONE + 1; k < NKINDS; k++)
		if (is_name(kind_names[k], text, len))
			return k;
	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (is_name(aliases[i].name, text, len))
			return aliases[i].kind;
	return HOOK_NONE;
}

/* "group/event": the two become a path below events/, so neither may be
 * empty, start with a dot or hold another slash. */
static bool is_tracepoint(const char *t)
{
	const char *slash = strchr(t, '/');

	return slash && slash != t && t[0] != '.' && slash[1] &&
	       slash[1] != '.' && !strchr(slash + 1, '/');
}

/* As strtoull(3) takes it; a place in a file is not further. */
static bool is_number(const char *s)
{
	char *end;

	return *s >= '0' && *s <= '9' &&
	       strtoull(s, &end, 0) <= INT64_MAX / 2 && !*end;
}

/* "function", "function+0x10" */
static bool is_function(const char *t)
{
	const char *plus = strchr(t, '+');

	return *t && plus != t && (!plus || is_number(plus + 1));
}

/* "/path:function" or "/path:0x1234": the last colon counts, paths may have
 * some too. */
static bool is_user_function(const char *t)
{
	const char *colon = strrchr(t, ':');

	return colon && colon != t &&
	       (colon[1] >= '0' && colon[1] <= '9' ? is_number(colon + 1) :
		is_function(colon + 1));
}

static bool is_clock(const char *t)
{
	return !strncmp(t, "cpu-clock", 9) &&
	       (!t[9] || (t[9] == ':' && is_number(t + 10)));
}

static bool is_target(int kind, const char *t)
{
	const char *p;

	for (p = t; *p; p++)
		if (*p == ' ' || *p == '\t' || *p == '\n')
			return false;
	switch (kind) {
	case HOOK_TRACEPOINT:
		return is_tracepoint(t);
	case HOOK_UPROBE:
	case HOOK_URETPROBE:
		return is_user_function(t);
	case HOOK_PERF_EVENT:
		return is_clock(t);
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
		return is_function(t) && !strchr(t, '/');
	default:
		return *t && !strchr(t, '/');
	}
}

int hook_parse(struct hook *h, const char *text)
{
	size_t len = strcspn(text, ":/");
	int kind = find_kind(text, len);

	if (kind == HOOK_NONE || !text[len] ||
	    !is_target(kind, text + len + 1))
		return -EINVAL;
	*h = (struct hook){
		.kind = (uint8_t)kind,
		.target = text + len + 1,
		.args = "",
	};
	return 0;
}
