/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * options - a command line becomes a struct options.
 */
#include "tools/frontend/options_int.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "tools/frontend/install_int.h"

#define SET_MAX 80
/* Values for getopt_long() beyond what it can say about a character. */
#define LONG_BASE 0x200000

/* The options of one tool, as getopt_long() wants them. */
struct set {
	const struct opt *opt[SET_MAX];		/* or */
	const struct tool_option *own[SET_MAX];
	struct option longs[SET_MAX + 1];
	char shorts[3 * SET_MAX + 2];
	int n;
};

static void set_add(struct set *s, const struct opt *opt,
		    const struct tool_option *own)
{
	char letter = own ? own->letter : opt->letter;
	const char *arg = own ? own->arg : opt->arg;
	bool maybe = opt && opt->flags & OPT_MAYBE;
	size_t at = strlen(s->shorts);
	struct option *l = &s->longs[s->n];

	l->name = own ? own->name : opt->name;
	l->has_arg = !arg ? no_argument : maybe ? optional_argument :
		     required_argument;
	l->val = LONG_BASE + s->n;
	/* an argument that may be left out goes with the long name only */
	if (letter) {
		s->shorts[at++] = letter;
		if (arg && !maybe)
			s->shorts[at++] = ':';
		s->shorts[at] = '\0';
	}
	s->opt[s->n] = opt;
	s->own[s->n++] = own;
}

static void set_init(struct set *s, const struct tool *t, bool replay)
{
	const struct tool_option *own;
	const struct opt *opt;
	unsigned at = 0;

	memset(s, 0, sizeof(*s));
	s->shorts[0] = ':';	/* a missing argument is told apart */
	while (s->n < SET_MAX && opt_next(t, replay, &at, &opt, &own))
		set_add(s, opt, own);
}

/* Index of what getopt_long() returned or put into optopt, -1. */
static int set_find(const struct set *s, int c)
{
	int i;

	if (c >= LONG_BASE && c < LONG_BASE + s->n)
		return c - LONG_BASE;
	for (i = 0; i < s->n && c > 0 && c < 128; i++)
		if (c == (s->own[i] ? s->own[i]->letter : s->opt[i]->letter))
			return i;
	return -1;
}

static void set_shown(const struct set *s, int c, int i, struct parse *p)
{
	if (c >= LONG_BASE)
		snprintf(p->shown, sizeof(p->shown), "--%s", s->longs[i].name);
	else
		snprintf(p->shown, sizeof(p->shown), "-%c", c);
}

/* ---- what getopt_long() refuses --------------------------------------- */

/* @word: what follows "--".  Unknown, or the beginning of several? */
static void bad_long(const struct set *s, const char *word, const char *name)
{
	size_t len = strcspn(word, "=");
	char text[41], like[240];
	struct nearest n;
	int i;

	snprintf(text, sizeof(text), "%.*s", len < 40 ? (int)len : 40, word);
	nearest_init(&n, text);
	for (i = 0; i < s->n; i++)
		if (!s->opt[i] || !(s->opt[i]->flags & OPT_HIDDEN))
			nearest_try(&n, s->longs[i].name);
	complain("unknown option --%s%s Try 'sockeye %s --help'.", text,
		 nearest_text(&n, "--", like, sizeof(like)), name);
}

/* An option of replay that is not for this recording?  Then it is @p->shown;
 * @letter: 0 for "--rate" or "--rate=1" in @word. */
static bool of_other_tools(struct parse *p, int letter, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct tool_option *own;
	const struct opt *opt;
	unsigned at = 0;

	while (p->replay && p->tool && opt_next(NULL, true, &at, &opt, &own)) {
		if (letter)
			snprintf(p->shown, sizeof(p->shown), "-%c", opt->letter);
		else
			snprintf(p->shown, sizeof(p->shown), "--%s", opt->name);
		if (letter ? opt->letter == letter :
		    strlen(p->shown) == len && !strncmp(p->shown, word, len))
			return true;
	}
	return false;
}

/* "-T=iso", where '=' is taken for the next letter. */
static bool bad_equals(const struct set *s, const struct parse *p)
{
	int i = optopt == '=' ? set_find(s, p->shown[1]) : -1;
	const struct opt *opt = i < 0 ? NULL : s->opt[i];

	if (!opt || !(opt->flags & OPT_MAYBE))
		return false;
	complain("%s takes no argument; --%s=%s does", p->shown, opt->name,
		 opt->arg);
	return true;
}

static int bad_option(const struct set *s, int c, struct parse *p,
		      char **argv, const char *name)
{
	const char *typed = argv[optind - 1];
	int i = set_find(s, optopt);

	if (bad_equals(s, p))
		return EXIT_USAGE;
	if (i >= 0) {
		set_shown(s, optopt, i, p);
		if (c == ':')
			complain("%s needs an argument (%s)", p->shown,
				 s->own[i] ? s->own[i]->arg : s->opt[i]->arg);
		else
			complain("%s takes no argument", p->shown);
	} else if (typed && of_other_tools(p, optopt, typed)) {
		complain("%s is no option of what was recorded (%s)", p->shown,
			 p->tool->name);
	} else if (optopt == 0 && typed && !strncmp(typed, "--", 2)) {
		bad_long(s, typed + 2, name);
	} else if (optopt > ' ' && optopt < 0x7f) {
		complain("unknown option -%c. Try 'sockeye %s --help'.",
			 optopt, name);
	} else {
		complain("unknown option. Try 'sockeye %s --help'.", name);
	}
	return EXIT_USAGE;
}

/* ---- one option ------------------------------------------------------- */

/* The word of @len bytes in @names, whatever its case; -1 after a
 * complaint. */
static int find_name(const struct parse *p, const char *const *names,
		     const char *word, size_t len)
{
	char text[33], all[256] = "";
	size_t at = 0;

	snprintf(text, sizeof(text), "%.*s", len < 32 ? (int)len : 32, word);
	for (int i = 0; names[i]; i++) {
		if (!isalpha((unsigned char)*names[i]))
			continue;	/* of numbers that mean nothing */
		if (!strcasecmp(names[i], text))
			return i;
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
				       at ? ", " : "", names[i]);
		at = at < sizeof(all) ? at : sizeof(all) - 1;
	}
	opt_bad(p, text, "want some of %s", all);
	return -1;
}

/* A list of an option's own words, as bits. */
static enum take take_names(struct parse *p, const struct tool_option *own,
			    const char *arg)
{
	uint64_t *bits = &p->o->own[own - p->tool->options];
	size_t len;
	int i;

	for (;; arg += len + 1) {
		len = strcspn(arg, ",");
		i = find_name(p, own->names, arg, len);
		if (i < 0)
			return TAKE_BAD;
		*bits |= 1ull << i;
		if (!arg[len])
			return TAKE_OK;
	}
}

static enum take take_own(struct parse *p, const struct tool_option *own,
			  const char *arg)
{
	uint64_t n = 1;

	if (own->names)
		return take_names(p, own, arg);
	if (own->duration && !val_duration(arg, &n))
		return opt_bad(p, arg, "want a time, like 1.5 or 250ms");
	if (own->arg && !own->duration &&
	    !val_u64(arg, own->min, own->max, &n))
		return opt_bad(p, arg, "want a number from %" PRIu64 " to %"
			       PRIu64, own->min, own->max);
	p->o->own[own - p->tool->options] = n * (own->scale ? own->scale : 1);
	return TAKE_OK;
}

static enum take take_option(const struct set *s, struct parse *p, int c)
{
	int i = set_find(s, c);

	set_shown(s, c, i, p);
	if (s->own[i])
		return take_own(p, s->own[i], optarg);
	return s->opt[i]->take(p, s->opt[i], optarg);
}

/* ---- all of them ------------------------------------------------------ */

static void set_defaults(struct options *o, const struct tool *t)
{
	const struct tool_option *own;

	memset(o, 0, sizeof(*o));
	o->tool = t;
	o->ready_fd = -1;
	o->env.config = o->config;
	for (own = t ? t->options : NULL; own && own->name; own++)
		o->own[own - t->options] =
			own->def * (own->arg && own->scale ? own->scale : 1);
}

/* Stacks on one line are of what is counted. */
static const char *folded_contradiction(const struct options *o)
{
	if (!o->ask.folded)
		return NULL;
	if (o->format != FMT_TABLE)
		return "-f is a format of its own, without -j, --csv and -F";
	if (o->tool && o->tool->flags & T_TALLY)
		return NULL;
	if (o->hist || o->events)
		return "-f counts stacks, without --hist and --events";
	if (o->write_file)
		return "-f and -W exclude each other: record now, and count "
			"with 'sockeye replay -f FILE'";
	return NULL;
}

uint64_t option_value(const struct options *o, const char *constant)
{
	const struct tool_option *own = o->tool ? o->tool->options : NULL;

	for (unsigned i = 0; own && own[i].name && i < MAX_OWN; i++)
		if (own[i].constant && constant &&
		    !strcmp(own[i].constant, constant))
			return o->own[i];
	return 0;
}

/* What contradicts itself, and what to do instead. */
static const char *contradiction(const struct options *o)
{
	if (o->verbose && o->quiet)
		return "-v and -q exclude each other";
	if (o->extended && o->columns && !strchr("+-", *o->columns))
		return "-x and -o LIST exclude each other: -o +LIST adds to "
			"what -x shows";
	if (o->tool && o->tool->flags & T_TOTALS)
		return NULL;	/* it counts by itself */
	if (o->count && o->write_file)
		return "-c and -W exclude each other: record now, and count "
			"with 'sockeye replay -c FILE'";
	if (o->count && o->time != TIME_NONE)
		return "-c and a time column exclude each other: what is "
			"counted has many times";
	if (o->count && o->dns)
		return "-c and --dns exclude each other: a name may change "
			"between events";
	if (o->style && (o->ask.folded || o->format != FMT_TABLE))
		return "--style is about the table, without -j, --csv and -f";
	return NULL;
}

/* Of what tallies rows.  A replay that does not know its tool yet cannot know
 * what that draws. */
static const char *tally_contradiction(const struct options *o)
{
	if (o->count && o->hist)
		return "-c and --hist exclude each other";
	if (o->events && (o->count || o->hist))
		return "--events shows rows, without -c and --hist";
	if (!o->tool || o->tool->flags & T_TALLY)
		return NULL;
	if (o->hist && o->time != TIME_NONE)
		return "a histogram has no time column; --events shows rows";
	if (o->hist && o->dns)
		return "a histogram and --dns exclude each other: a name may "
			"change between events; --events shows rows";
	if (o->interval_ns && !o->count && !o->hist &&
	    !(o->tool->flags & T_SNAPSHOT))
		return "-i is about -c and --hist";
	if (o->style && !o->hist)
		return "--style is about --hist";
	if (o->unit && !o->hist)
		return "--unit is about --hist";
	return NULL;
}

/* Its columns are the tool's choice; what is recorded is all of them. */
static const char *plot_contradiction(const struct options *o)
{
	if (o->format != FMT_PLOT)
		return NULL;
	if (o->count || o->hist)
		return "--plot is about rows, without -c and --hist";
	if (o->time != TIME_NONE || o->columns || o->no_header)
		return "--plot has columns and times of its own: record with "
			"-W, and 'sockeye plot' draws others";
	return NULL;
}

/* Words of what shows intervals, as vmstat(8) and the like take them:
 * [INTERVAL [COUNT]]; how many they were, or -1 after a complaint. */
static int take_interval(struct options *o, char **words, int n)
{
	const bool given = o->interval_ns;
	uint64_t count;

	if (n < 1 || !val_duration(words[0], &o->interval_ns))
		return 0;
	/* no tool of the field has both -i and a count */
	if (given) {
		complain("'%.40s' is an interval, as -i is: which?", words[0]);
		return -1;
	}
	if (n < 2 || !val_u64(words[1], 1, UINT64_MAX, &count))
		return 1;
	o->max_intervals = count;
	return 2;
}

/* What the tool prints unless something else was asked for. */
static void set_shape(struct options *o)
{
	const struct tool *t = o->tool;

	if (!t)
		return;
	if (!o->hist && !o->count && !o->events && !o->ask.folded)
		o->hist = t->hist;
	o->count |= o->ask.folded && !(t->flags & T_TALLY);
	if (t->flags & T_COUNTED && !o->hist && !o->events && !o->time &&
	    !o->write_file)
		o->count = true;
	if (!(t->flags & T_TOTALS))
		return;
	o->count = true;
	if (!o->interval_ns)
		o->interval_ns = t->interval * 1000000000ull;
}

/* Part of names of functions. */
static bool is_argument(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len && !s[len] && len < ASK_NAME;
}

/* What the name that the tool was called by says beside it: "qdisc-fq" has its
 * argument, "trace_dns" stands for --wire, too. */
static void take_name(struct options *o, const char *argv0)
{
	static const char *const prefixes[] = {
		"", LINK_PREFIX, "sockeye-", NULL
	};
	const struct tool *t = o->tool;
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;
	const struct tool_option *own;
	size_t len;

	for (unsigned i = 0; prefixes[i]; i++) {
		len = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], len))
			continue;
		if (!o->argument)
			o->argument = tool_alias_argument(t, name + len);
		own = tool_alias_option(t, name + len);
		if (own)
			o->own[own - t->options] = 1;
	}
}

/* Behind the name of the tool, unless it was in it; how many words that takes,
 * or -1 after a complaint. */
static int take_argument(struct options *o, char **words, int n)
{
	int taken = 0;

	if (!o->argument && n > 0) {
		o->argument = words[0];
		taken = 1;
	}
	if (!o->argument || is_argument(o->argument))
		return taken;
	complain("'%.40s' is no %s", o->argument, o->tool->argument);
	return -1;
}

static int check_rest(struct options *o, int argc, char **argv, bool replay,
		      const char *name)
{
	uint32_t flags = o->tool && !replay ? o->tool->flags : 0;
	const char *why;
	int n = argc - optind, words = 0;

	if (flags & (T_TOTALS | T_SNAPSHOT))
		words = take_interval(o, argv + optind, n);
	else if (o->tool && !replay && o->tool->argument)
		words = take_argument(o, argv + optind, n);
	if (words < 0)
		return EXIT_USAGE;
	n -= words;

	set_shape(o);
	why = folded_contradiction(o);
	if (!why)
		why = contradiction(o);
	if (!why)
		why = tally_contradiction(o);
	if (!why)
		why = plot_contradiction(o);
	o->extended |= o->format == FMT_PLOT;
	if (o->tool && !o->time && !o->count && !o->hist &&
	    (o->tool->flags & T_TIME ||
	     (o->tool->flags & T_SNAPSHOT && o->interval_ns)))
		o->time = TIME_REL;
	o->ask.hooks = argv + optind + words;
	o->ask.nhooks = n;
	if (why)
		complain("%s", why);
	else if (replay && (n < 1 || !*argv[optind]))
		complain("which capture? Try 'sockeye replay --help'.");
	else if (flags & T_ASK && n < 1)
		complain("which hook? Try 'sockeye %s --help'.", name);
	else if (!(flags & (T_ASK | T_HOOKS)) && n > (replay ? 1 : 0))
		complain("unexpected argument '%s'. Try 'sockeye %s --help'.",
			 argv[argc - n + (replay ? 1 : 0)], name);
	else
		return -1;
	return EXIT_USAGE;
}

static bool has_filters(const struct filters *f)
{
	const char *p = (const char *)f;

	return *p || memcmp(p, p + 1, sizeof(*f) - 1) != 0;
}

/* Of some tools all there is would be too much. */
static int check_filter(const struct options *o)
{
	bool runs = !o->plan && !o->dump && !o->dry_run && !o->schema;

	if (!(o->tool->flags & T_FILTER) || !runs || o->env.force ||
	    has_filters(&o->filters))
		return -1;
	complain("want a filter, such as -P 443 or -p 4711; with --force it "
		 "goes without");
	return EXIT_USAGE;
}

int options_parse(struct options *o, const struct tool *t, int argc,
		  char **argv, bool replay)
{
	const char *name = replay ? "replay" : t->name;
	struct parse p = { .o = o, .tool = t, .replay = replay };
	struct set s;
	int c, code;

	talk_init(name, 0);
	set_defaults(o, t);
	if (!replay)
		take_name(o, argv[0]);
	set_init(&s, t, replay);
	opterr = 0;
	optind = 0;	/* glibc and musl alike: begin anew */
	while ((c = getopt_long(argc, argv, s.shorts, s.longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_option(&s, c, &p, argv, name);
		switch (take_option(&s, &p, c)) {
		case TAKE_BAD:
			return EXIT_USAGE;
		case TAKE_DENIED:
			return EXIT_PERM;
		case TAKE_DONE:
			return EXIT_OK;
		case TAKE_OK:
			break;
		}
	}
	code = check_rest(o, argc, argv, replay, name);
	if (code < 0 && !replay)
		code = check_filter(o);
	if (code < 0 && replay)
		o->replay_file = argv[optind];
	talk_init(name, o->quiet);
	return code;
}
