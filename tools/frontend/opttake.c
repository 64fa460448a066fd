/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * opttake - what each option does with its argument.  A mistake is told in
 * one line: the option as typed, the value, and what would have been right.
 */
#include "tools/frontend/options_int.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum take opt_bad(const struct parse *p, const char *arg, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	complain("%s %s: %s", p->shown, *arg ? arg : "''", text);
	return TAKE_BAD;
}

static void store(struct parse *p, size_t off, const void *value, size_t size)
{
	memcpy((char *)p->o + off, value, size);
}

static void fetch(const struct parse *p, size_t off, void *value, size_t size)
{
	memcpy(value, (const char *)p->o + off, size);
}

/* ---- simple values ---------------------------------------------------- */

enum take take_flag(struct parse *p, const struct opt *opt, const char *arg)
{
	bool on = true;

	(void)arg;
	store(p, opt->off, &on, sizeof(on));
	return TAKE_OK;
}

enum take take_more(struct parse *p, const struct opt *opt, const char *arg)
{
	int n;

	(void)arg;
	fetch(p, opt->off, &n, sizeof(n));
	n += n < 9;
	store(p, opt->off, &n, sizeof(n));
	return TAKE_OK;
}

enum take take_text(struct parse *p, const struct opt *opt, const char *arg)
{
	if (!*arg)
		return opt_bad(p, arg, "want %s", opt->want);
	store(p, opt->off, &arg, sizeof(arg));
	return TAKE_OK;
}

/* A file to read.  That it is missing is the user's mistake and not a lack
 * of the kernel, so it is found out here. */
enum take take_file(struct parse *p, const struct opt *opt, const char *arg)
{
	bool none = opt->off == offsetof(struct options, env.btf) &&
		    !strcmp(arg, "none");

	if (!none && access(arg, R_OK))
		return opt_bad(p, arg, "%s", strerror(errno));
	store(p, opt->off, &arg, sizeof(arg));
	return TAKE_OK;
}

enum take take_lib(struct parse *p, const struct opt *opt, const char *arg)
{
	unsigned n;

	fetch(p, opt->noff, &n, sizeof(n));
	if (n == MAX_LIBS)
		return opt_bad(p, arg, "more than %u of them", MAX_LIBS);
	if (!*arg)
		return opt_bad(p, arg, "want a file");
	store(p, opt->off + n * sizeof(arg), &arg, sizeof(arg));
	n++;
	store(p, opt->noff, &n, sizeof(n));
	return TAKE_OK;
}

/* A u32 or u64 by the size of the member. */
static void store_number(struct parse *p, const struct opt *opt, uint64_t n)
{
	uint32_t n32 = (uint32_t)n;

	if (opt->size == sizeof(n32))
		store(p, opt->off, &n32, sizeof(n32));
	else
		store(p, opt->off, &n, sizeof(n));
}

enum take take_number(struct parse *p, const struct opt *opt, const char *arg)
{
	uint64_t n;

	if (!val_u64(arg, opt->min, opt->max, &n))
		return opt_bad(p, arg, "want %s", opt->want);
	store_number(p, opt, n);
	return TAKE_OK;
}

enum take take_duration(struct parse *p, const struct opt *opt, const char *arg)
{
	uint64_t ns;

	if (!val_duration(arg, &ns))
		return opt_bad(p, arg, "want %s", opt->want);
	store_number(p, opt, ns);
	return TAKE_OK;
}

enum take take_pages(struct parse *p, const struct opt *opt, const char *arg)
{
	uint64_t n, page = (uint64_t)sysconf(_SC_PAGESIZE);
	bool bytes;

	if (!val_size(arg, &n, &bytes))
		return opt_bad(p, arg, "want %s", opt->want);
	if (bytes)
		n = n / page + (n % page != 0);
	if (n < opt->min || n > opt->max)
		return opt_bad(p, arg, "want %s", opt->want);
	store_number(p, opt, n);
	return TAKE_OK;
}

enum take take_fd(struct parse *p, const struct opt *opt, const char *arg)
{
	uint64_t n;
	int fd;

	if (!val_u64(arg, opt->min, opt->max, &n))
		return opt_bad(p, arg, "want %s", opt->want);
	fd = (int)n;
	if (fcntl(fd, F_GETFD) < 0)
		return opt_bad(p, arg, "%s", strerror(errno));
	store(p, opt->off, &fd, sizeof(fd));
	return TAKE_OK;
}

enum take take_config(struct parse *p, const struct opt *opt, const char *arg)
{
	const char *eq = strchr(arg, '=');
	struct features scratch;
	struct err e = { 0 };
	unsigned n = 0;

	if (!eq || eq == arg)
		return opt_bad(p, arg, "want %s", opt->want);
	if (env_config(&scratch, arg, &e))
		return opt_bad(p, arg, "%s; see --config-help", e.msg);
	while (p->o->config[n])
		n++;
	if (n == MAX_CONFIG)
		return opt_bad(p, arg, "more than %d of them", MAX_CONFIG);
	p->o->config[n] = arg;
	return TAKE_OK;
}

/* ---- lists ------------------------------------------------------------ */

bool item_u32(const struct opt *opt, const char *text, void *slot)
{
	uint64_t n;
	uint32_t n32;

	if (!val_u64(text, opt->min, opt->max, &n))
		return false;
	n32 = (uint32_t)n;
	memcpy(slot, &n32, sizeof(n32));
	return true;
}

bool item_comm(const struct opt *opt, const char *text, void *slot)
{
	size_t len = strlen(text);

	(void)opt;
	if (!len || len > 15)		/* TASK_COMM_LEN - 1 */
		return false;
	memset(slot, 0, 16);
	memcpy(slot, text, len);
	return true;
}

bool item_proto(const struct opt *opt, const char *text, void *slot)
{
	uint64_t n = 0;
	uint32_t n32;

	(void)opt;
	if (!val_u64(text, 0, 255, &n))
		while (proto_names[n] && strcasecmp(proto_names[n], text))
			n++;
	n32 = (uint32_t)n;
	memcpy(slot, &n32, sizeof(n32));
	return *text && n <= 255;	/* as packets have it */
}

/* Which there are only the running kernel knows. */
bool item_reason(const struct opt *opt, const char *text, void *slot)
{
	size_t len = strlen(text);

	(void)opt;
	if (!len || len >= FILTER_REASON)
		return false;
	for (size_t i = 0; i <= len; i++)
		((char *)slot)[i] = (char)toupper((unsigned char)text[i]);
	return true;
}

bool item_ports(const struct opt *opt, const char *text, void *slot)
{
	(void)opt;
	return val_ports(text, slot);
}

bool item_net(const struct opt *opt, const char *text, void *slot)
{
	(void)opt;
	return val_net(text, slot);
}

/* Room for one more in the list of @opt; NULL after a complaint. */
static void *more(struct parse *p, const struct opt *opt, const char *arg)
{
	unsigned n;

	fetch(p, opt->noff, &n, sizeof(n));
	if (n == FILTER_LIST) {
		opt_bad(p, arg, "more than %d to choose from", FILTER_LIST);
		return NULL;
	}
	return (char *)p->o + opt->off + n * opt->size;
}

static void counted(struct parse *p, const struct opt *opt)
{
	unsigned n;

	fetch(p, opt->noff, &n, sizeof(n));
	n++;
	store(p, opt->noff, &n, sizeof(n));
}

enum take take_list(struct parse *p, const struct opt *opt, const char *arg)
{
	const char *s = arg;
	char item[80];
	size_t len;
	void *slot;

	for (;; s += len + 1) {
		len = strcspn(s, ",");
		snprintf(item, sizeof(item), "%.*s",
			 len < sizeof(item) ? (int)len : 79, s);
		slot = more(p, opt, arg);
		if (!slot)
			return TAKE_BAD;
		if (len >= sizeof(item) || !opt->item(opt, item, slot))
			return opt_bad(p, arg, "'%s' is not %s", item,
				       opt->want);
		counted(p, opt);
		if (!s[len])
			return TAKE_OK;
	}
}

/* What is there for others is no mistake. */
static enum take bad_place(const struct parse *p, const char *arg,
			   const struct err *e)
{
	opt_bad(p, arg, "%s", e->msg);
	return e->no == EACCES || e->no == EPERM ? TAKE_DENIED : TAKE_BAD;
}

/* Paths may have commas in them: one to an option, several options. */
enum take take_netns(struct parse *p, const struct opt *opt, const char *arg)
{
	uint32_t *slot = more(p, opt, arg);
	struct err e;

	if (!slot)
		return TAKE_BAD;
	if (netns_parse(arg, slot, &e))
		return bad_place(p, arg, &e);
	counted(p, opt);
	return TAKE_OK;
}

enum take take_cgroup(struct parse *p, const struct opt *opt, const char *arg)
{
	uint64_t *slot = more(p, opt, arg);
	struct err e;

	if (!slot)
		return TAKE_BAD;
	if (cgroup_parse(arg, slot, &e))
		return bad_place(p, arg, &e);
	counted(p, opt);
	return TAKE_OK;
}

/* ---- choices ---------------------------------------------------------- */

enum take take_family(struct parse *p, const struct opt *opt, const char *arg)
{
	int family = opt->letter - '0';

	(void)arg;
	if (p->o->filters.family && p->o->filters.family != family) {
		complain("-4 and -6 exclude each other");
		return TAKE_BAD;
	}
	p->o->filters.family = family;
	return TAKE_OK;
}

/* Which of @names (in a row, as --time and --format list them), or -1. */
static int choose(const char *const *names, const char *arg)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], arg))
			return i;
	return -1;
}

/* -T and --utc are one wish in two words; anything else asked for twice is
 * a contradiction, as there is one time column. */
enum take take_time(struct parse *p, const struct opt *opt, const char *arg)
{
	static const char *const names[] = { "rel", "wall", "utc", "iso",
					     "unix", "mono", NULL };
	enum time_col *now = &p->o->time, want = (enum time_col)opt->max;
	int i;

	if (arg) {
		i = choose(names, arg);
		if (i < 0)
			return opt_bad(p, arg, "want %s", opt->want);
		want = (enum time_col)(TIME_REL + i);
	}
	if ((want == TIME_WALL_UTC && *now == TIME_WALL) ||
	    (want == TIME_WALL && *now == TIME_WALL_UTC))
		*now = want = TIME_WALL_UTC;
	if (*now != TIME_NONE && *now != want) {
		complain("%s: there is one time column, and another option "
			 "has set it", p->shown);
		return TAKE_BAD;
	}
	*now = want;
	return TAKE_OK;
}

enum take take_format(struct parse *p, const struct opt *opt, const char *arg)
{
	static const char *const names[] = { "table", "json", "csv", "plot",
					     NULL };
	int i = (int)opt->max;

	if (arg) {
		i = choose(names, arg);
		if (i < 0 || i == FMT_PLOT)
			return opt_bad(p, arg, "want %s", opt->want);
	}
	if (p->format_set && p->o->format != (enum format)i) {
		complain("%s: another option has chosen the format '%s'",
			 p->shown, names[p->o->format]);
		return TAKE_BAD;
	}
	p->format_set = true;
	p->o->format = (enum format)i;
	return TAKE_OK;
}

enum take take_style(struct parse *p, const struct opt *opt, const char *arg)
{
	static const char *const names[] = { "bpftrace", "bcc", "percentiles",
					     NULL };
	int i = choose(names, arg);

	if (i < 0)
		return opt_bad(p, arg, "want %s", opt->want);
	p->o->style = (enum draw_style)(STYLE_BPFTRACE + i);
	return TAKE_OK;
}

enum take take_unit(struct parse *p, const struct opt *opt, const char *arg)
{
	static const char *const names[] = { "us", "ms", "ns", NULL };
	int i = choose(names, arg);

	if (i < 0)
		return opt_bad(p, arg, "want %s", opt->want);
	p->o->unit = (enum draw_unit)(UNIT_US + i);
	return TAKE_OK;
}

/* ---- options that are a command of their own -------------------------- */

static void words(const struct parse *p, const char *what)
{
	if (what && !strcmp(what, "columns") && p->tool)
		opt_columns(stdout, p->tool);
	else
		opt_words(stdout, p->tool, p->replay);
}

enum take take_and_end(struct parse *p, const struct opt *opt, const char *arg)
{
	if (opt->letter == 'h' && p->replay)
		usage_replay(stdout);
	else if (opt->letter == 'h')
		usage(stdout, p->tool);
	else if (opt->letter == 'V')
		version(stdout);
	else if (opt->flags & OPT_HIDDEN)
		words(p, arg);
	else
		env_config_help(stdout);
	return TAKE_DONE;
}
