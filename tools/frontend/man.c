/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * man - man pages, out of the tables that do the work.  No date: the same
 * source gives the same page.
 */
#include "tools/frontend/options_int.h"

#include <ctype.h>
#include <string.h>

#define ROFF_WIDTH 78
#define WORD_WHOLE 40	/* characters */

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* ---- roff ------------------------------------------------------------- */

/* What roff would take for something else, man-pages(7) and groff_char(7). */
static const char *escape(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '-':
		return "\\-";
	case '\'':
		return "\\(aq";
	case '`':
		return "\\(ga";
	case '^':
		return "\\(ha";
	case '~':
		return "\\(ti";
	default:
		return NULL;
	}
}

/* May a line end behind character @i of a word?  What is longer than many a
 * line has to: "qdisc=arg0:sk_buff.dev:net_device.qdisc:Qdisc.ops". */
static bool may_break(const char *text, size_t i, size_t len)
{
	return text[i] == ':' && i + 1 < len && len > WORD_WHOLE;
}

static unsigned word_width(const char *text, size_t len)
{
	const char *esc;
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		esc = escape(text[i]);
		n += esc ? (unsigned)strlen(esc) : 1;
		n += may_break(text, i, len) ? 2 : 0;
	}
	return n;
}

static void put_word(FILE *out, const char *text, size_t len)
{
	const char *esc;

	for (size_t i = 0; i < len; i++) {
		esc = escape(text[i]);
		if (esc)
			fputs(esc, out);
		else
			putc(text[i], out);
		if (may_break(text, i, len))
			fputs("\\:", out);
	}
}

/* Words of @text, filled; @para is put where a paragraph ends. */
static void put_text(FILE *out, const char *text, const char *para)
{
	unsigned at = 0, breaks, width;
	bool first = true;
	size_t len;

	for (;;) {
		breaks = text_word(&text, &len);
		if (!len)
			break;
		width = word_width(text, len);
		if (!first && breaks > 1) {
			fprintf(out, "\n%s\n", para);
			at = 0;
		} else if (!first && at + 1 + width > ROFF_WIDTH) {
			putc('\n', out);
			at = 0;
		} else if (!first) {
			at += (unsigned)fprintf(out, " ");
		}
		if (!at && *text == '.')	/* no request */
			fputs("\\&", out);
		put_word(out, text, len);
		at += width;
		text += len;
		first = false;
	}
	putc('\n', out);
}

static void put_bold(FILE *out, const char *text)
{
	fputs("\\fB", out);
	put_word(out, text, strlen(text));
	fputs("\\fR", out);
}

static void section(FILE *out, const char *name)
{
	fprintf(out, ".SH %s\n", name);
}

/* Tagged paragraph. */
static void entry(FILE *out, const char *tag, const char *text)
{
	fputs(".TP\n", out);
	put_bold(out, tag);
	putc('\n', out);
	put_text(out, text, ".IP");
}

/* ---- parts ------------------------------------------------------------ */

static void man_head(FILE *out, const char *name, const char *summary)
{
	const char *s;

	fputs(".TH ", out);
	for (s = name; *s; s++)
		putc(toupper((unsigned char)*s), out);
	fprintf(out, " 8 \"\" \"sockeye %s\" \"Network observability\"\n",
		PACKAGE_VERSION);
	section(out, "NAME");
	put_word(out, name, strlen(name));
	fputs(" \\- ", out);
	put_text(out, summary, ".PP");
	section(out, "SYNOPSIS");
}

static void man_option(FILE *out, const struct option_doc *d)
{
	char text[400];

	fputs(".TP\n", out);
	if (d->letter) {
		snprintf(text, sizeof(text), "-%c", d->letter);
		put_bold(out, text);
		fputs(", ", out);
	}
	snprintf(text, sizeof(text), "--%s", d->name);
	put_bold(out, text);
	if (d->arg)
		fprintf(out, " \\fI%s\\fR", d->arg);
	putc('\n', out);
	snprintf(text, sizeof(text), *d->note ? "%s (%s)" : "%s%s", d->help,
		 d->note);
	put_text(out, text, ".IP");
}

static void man_options(FILE *out, const struct tool *t)
{
	const char *group = NULL;
	struct option_doc d;
	unsigned i;

	section(out, "OPTIONS");
	for (i = 0; option_doc(t, i, &d); i++) {
		if (!group || strcmp(group, d.group)) {
			fputs(".SS ", out);
			put_text(out, d.group, ".PP");
		}
		group = d.group;
		man_option(out, &d);
	}
}

static void man_fields(FILE *out, const struct tool *t)
{
	const struct column *c;
	char text[256];

	section(out, "FIELDS");
	put_text(out, "By the key that -o takes and JSON and CSV use, with "
		 "the heading of the table.", ".PP");
	for (c = t->columns; c && c->key; c++) {
		snprintf(text, sizeof(text), "(%s) %s%s", c->heading, c->help,
			 c->flags & C_DNS ? "; with --dns" :
			 c->when || c->flags & C_HIDDEN ?
			 "; on demand (-x, -o)" : "");
		entry(out, c->key, text);
	}
}

/* The first kernel that runs programs on this kind of hook. */
static const char *kind_since(int kind)
{
	enum {
#define X(name, text, since) SINCE_##name,
		FEATURES(X)
#undef X
	};
	static const char *const versions[] = {
#define X(name, text, since) since,
		FEATURES(X)
#undef X
	};

	switch (kind) {
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
		return versions[SINCE_kprobe];
	case HOOK_TRACEPOINT:
		return versions[SINCE_tracepoint];
	case HOOK_RAW_TRACEPOINT:
		return versions[SINCE_raw_tracepoint];
	case HOOK_TP_BTF:
	case HOOK_FENTRY:
	case HOOK_FEXIT:
		return versions[SINCE_trampoline];
	default:
		return NULL;
	}
}

/* Of ways to the same, by number; what differs in something that is not told
 * here is one of them. */
struct way_list {
	FILE *out;
	unsigned n;
	char last[1024];
};

static void man_way(struct way_list *l, const char *text)
{
	if (!strcmp(l->last, text))
		return;
	snprintf(l->last, sizeof(l->last), "%s", text);
	fprintf(l->out, ".IP %u. 4\n", ++l->n);
	put_text(l->out, text, ".IP");
}

/* Names are too long for lines that are to be even. */
static void man_ways_begin(FILE *out)
{
	fputs(".na\n.nh\n", out);
}

static void man_ways_end(FILE *out)
{
	fputs(".hy\n.ad\n", out);
}

static void man_alternative(struct way_list *l, const struct alternative *a)
{
	const char *since;
	char text[1024];
	size_t n = 0;

	for (unsigned i = 0; i < a->nhooks; i++) {
		const struct hook *h = &a->hooks[i].hook;

		since = kind_since(h->kind);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s%s %s%s%s%s", i ? ", " : "",
				      hook_kind_name(h->kind), h->target,
				      since ? " (Linux " : "",
				      since ? since : "", since ? ")" : "");
		if (n >= sizeof(text))
			n = sizeof(text) - 1;
	}
	snprintf(text + n, sizeof(text) - n, "%s%s", a->note ? ": " : "",
		 a->note ? a->note : "");
	man_way(l, text);
}

/* What is given to have a role: the option with the constant @name, or the
 * column; or what the kernel must have. */
static void when_text(char *text, size_t len, const struct tool *t,
		      const char *name)
{
	const struct kernel_constant *kernel = t->kernel;
	const struct tool_option *own = t->options;
	const struct column *col = t->columns;

	for (; col->key; col++)
		if (col->want && !strcmp(col->want, name))
			break;
	for (; own && own->name; own++)
		if (own->constant && !strcmp(own->constant, name))
			break;
	while (kernel && kernel->constant && strcmp(kernel->constant, name))
		kernel++;
	if (col->key)
		snprintf(text, len, "for %s", col->key);
	else if (kernel && kernel->constant)
		snprintf(text, len, "where there is %s", kernel->name);
	else
		snprintf(text, len, "with --%s", own && own->name ?
			 own->name : name);
}

void role_when(char *text, size_t len, const struct tool *t,
		      const struct role *r)
{
	char word[80];
	size_t n = 0;

	*text = '\0';
	for (unsigned i = 0; i < ROLE_WHENS && r->when[i] && n < len; i++) {
		when_text(word, sizeof(word), t, r->when[i]);
		n += (size_t)snprintf(text + n, len - n, "%s%s",
				      i ? ", " : " (", word);
	}
	if (r->unless && n < len) {
		when_text(word, sizeof(word), t, r->unless);
		n += (size_t)snprintf(text + n, len - n, "%snot %s",
				      n ? ", " : " (", word);
	}
	if (n && n < len)
		snprintf(text + n, len - n, ")");
}

static void man_hooks(FILE *out, const struct tool *t)
{
	const struct role *const *r;
	char text[512], when[160];

	section(out, "HOOKS");
	put_text(out, "What must be observed, and where it can be, best "
		 "first; the version in brackets is the first that runs "
		 "programs at this kind of place. The first that this kernel "
		 "has is taken; --plan tells which.", ".PP");
	man_ways_begin(out);
	for (r = t->roles; r && *r; r++) {
		struct way_list list = { .out = out };

		role_when(when, sizeof(when), t, *r);
		snprintf(text, sizeof(text), "%s%s%s%s%s", (*r)->what, when,
			 (*r)->optional ? " (optional; without it: " : "",
			 (*r)->optional ? (*r)->without : "",
			 (*r)->optional ? ")" : "");
		entry(out, (*r)->name, text);
		fputs(".RS\n", out);
		for (unsigned i = 0; i < (*r)->nalts; i++)
			man_alternative(&list, &(*r)->alts[i]);
		fputs(".RE\n", out);
	}
	man_ways_end(out);
}

/* What a tool that is a request prints, and where it is had. */
static void man_parts(FILE *out, const struct tool *t)
{
	const struct part *p;
	char text[1024];

	section(out, "MAPS");
	put_text(out, "What is counted or measured, as it is called in the "
		 "output, by which keys unless --by says otherwise, and the "
		 "hooks that tell, best first. The first that this kernel has "
		 "are taken; --plan tells which.", ".PP");
	man_ways_begin(out);
	for (p = t->parts; p->name; p++) {
		struct way_list list = { .out = out };

		snprintf(text, sizeof(text), "%s%s", p->text, p->optional ?
			 " (if this kernel tells)" : "");
		entry(out, p->name, text);
		fputs(".RS\n", out);
		for (unsigned i = 0; i < p->nways; i++) {
			const struct way *w = &p->ways[i];
			const char *by = w->by ? w->by : p->by;

			snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", w->hooks,
				 by ? " by " : "", by ? by : "",
				 w->only ? "; of " : "", w->only ? w->only : "",
				 w->note ? ": " : "", w->note ? w->note : "");
			man_way(&list, text);
		}
		fputs(".RE\n", out);
	}
	man_ways_end(out);
}

static void man_sysctls(FILE *out, const char *const *names)
{
	section(out, "LIMITS");
	put_text(out, "What bounds what is shown; sysctl(8) tells the values, "
		 "as does this tool where standard error is a terminal:",
		 ".PP");
	for (; *names; names++) {
		fputs(".br\n", out);
		put_bold(out, *names);
		putc('\n', out);
	}
}

static void man_examples(FILE *out, const struct tool *t)
{
	const struct example *ex;
	char text[256];

	section(out, "EXAMPLES");
	for (ex = t->examples; ex && ex->args; ex++) {
		snprintf(text, sizeof(text), "sockeye %s%s%s", t->name,
			 *ex->args ? " " : "", ex->args);
		entry(out, text, ex->what);
	}
}

static void man_status(FILE *out)
{
	section(out, "EXIT STATUS");
	entry(out, "0", "Done: by itself, by a limit, by a signal (INT, TERM, "
	      "HUP) or because nobody reads the output any more.");
	entry(out, "1", "Something failed; with --strict also: events were "
	      "lost.");
	entry(out, "2", "Wrong usage.");
	entry(out, "3", "This kernel cannot do it.");
	entry(out, "4", "Not permitted.");
}

/* ---- pages ------------------------------------------------------------ */

static void man_tool(FILE *out, const struct tool *t)
{
	char name[64];

	snprintf(name, sizeof(name), "sockeye-%s", t->name);
	man_head(out, name, t->summary);
	fputs("\\fBsockeye ", out);
	put_word(out, t->name, strlen(t->name));
	fputs("\\fR [\\fIOPTION\\fR]...", out);
	if (t->flags & T_ASK)
		fputs(" \\fIHOOK\\fR...", out);
	else if (t->flags & T_HOOKS)
		fputs(" [\\fIHOOK\\fR]...", out);
	if (t->argument)
		fprintf(out, " [\\fI%s\\fR]", t->argument);
	putc('\n', out);
	section(out, "DESCRIPTION");
	put_text(out, t->about ? t->about : t->summary, ".PP");
	man_options(out, t);
	if (t->parts)
		man_parts(out, t);
	else if (!(t->flags & T_ASK))
		man_fields(out, t);
	if (t->sysctls)
		man_sysctls(out, t->sysctls);
	if (t->overhead) {
		section(out, "OVERHEAD");
		put_text(out, t->overhead, ".PP");
	}
	if (!t->parts && !t->source && !(t->flags & T_ASK))
		man_hooks(out, t);
	if (t->examples && t->examples->args)
		man_examples(out, t);
	man_status(out);
	section(out, "SEE ALSO");
	fputs("\\fBsockeye\\fR(8), \\fBss\\fR(8), \\fBbpf\\fR(2)\n", out);
}

static void man_types(FILE *out)
{
	section(out, "KERNEL TYPES");
	put_text(out, "Where the kernel keeps what tools read comes from its "
		 "BTF (/sys/kernel/btf/vmlinux), or from a file that was made "
		 "where there is BTF, or a vmlinux with BTF, for the same "
		 "kernel: sockeye doctor --fields writes a table for "
		 "--fields, sockeye btf --minimise writes BTF for --btf.",
		 ".PP");
	fputs(".PP\n", out);
	put_text(out, "Minimised BTF takes some KB, can be read by bpftool(8), "
		 "and answers what any of the tools asks as the whole does; "
		 "tools start faster with it. The name of its first type, "
		 "sockeye_build_id_..., says which kernel it is of; of another "
		 "kernel it is refused without --force. Types called "
		 "sockeye_absent... name members that were looked for and are "
		 "not there; anything else that it does not hold is not "
		 "known.", ".PP");
	fputs(".PP\n", out);
	put_text(out, "Where there is nothing of that, sockeye finds the "
		 "fields itself when a tool starts: a child makes a few "
		 "connections in a network namespace of its own (on lo, with "
		 "addresses of 127/8, where it may not have one), copies the "
		 "kernel's memory of them and looks for the values it knows. "
		 "That takes 60 ms, changes nothing and needs what tracing "
		 "needs. A field is used where one place only agrees with all "
		 "that is known; else it counts as not there. sockeye doctor "
		 "--fields --check compares this with a kernel's BTF; "
		 "--config no-discovery=1 switches it off; sockeye doctor "
		 "--record FILE writes what was seen, for a bug report: it "
		 "holds kernel addresses, and memory of the sockets made "
		 "and of what lies behind them.", ".PP");
}

static void man_sockeye(FILE *out)
{
	const struct verb *v;
	unsigned i;

	man_head(out, "sockeye", "tools that see what the network code does");
	fputs("\\fBsockeye\\fR \\fITOOL\\fR [\\fIOPTION\\fR]...\n.br\n"
	      "\\fBsockeye\\fR \\fIVERB\\fR [\\fIARGUMENT\\fR]...\n.br\n"
	      "\\fBsockeye\\fR \\fB\\-\\-list\\fR | \\fB\\-\\-list\\-full\\fR"
	      " |\n\\fB\\-\\-version\\fR | \\fB\\-\\-help\\fR\n.br\n"
	      "\\fBsockeye\\fR \\fB\\-\\-install\\fR [\\fB\\-s\\fR] "
	      "\\fIDIR\\fR\n", out);
	section(out, "DESCRIPTION");
	put_text(out, "One program holds all tools. Each attaches BPF "
		 "programs to the running kernel, prints what they report, "
		 "and leaves nothing behind. Called by the name of a tool "
		 "(--install makes the links), it is that tool.", ".PP");
	section(out, "TOOLS");
	for (i = 0; tools[i]; i++)
		entry(out, tools[i]->name, tools[i]->summary);
	section(out, "VERBS");
	for (v = verbs; v->name; v++)
		entry(out, v->name, v->summary);
	man_options(out, NULL);
	man_types(out);
	man_status(out);
	section(out, "SEE ALSO");
	for (i = 0; tools[i]; i++) {
		fputs("\\fBsockeye\\-", out);
		put_word(out, tools[i]->name, strlen(tools[i]->name));
		fputs("\\fR(8),\n", out);
	}
	fputs("\\fBss\\fR(8), \\fBbpf\\fR(2)\n", out);
}

void man_page(FILE *out, const struct tool *t)
{
	if (t)
		man_tool(out, t);
	else
		man_sockeye(out);
}
