/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sockeye plot FILE: columns of rows over time, as SVG or in characters. */
#include "tools/frontend/capture_int.h"
#include "tools/frontend/plot.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SVG_TICKS_X 10
#define SVG_TICKS_Y 6

struct request {
	struct plot_want want;
	const char *file, *out;
	bool list;
	bool damaged;		/* the file; what is there is drawn */
};

static void plot_usage(FILE *out)
{
	fputs("Usage: sockeye plot [OPTION]... FILE\n\n"
	      "Draw columns over time: of a recording (TOOL -W FILE), or of "
	      "CSV (TOOL --csv -t;\n- for standard input).  Without -o it is "
	      "drawn on standard output, in characters.\n\n"
	      "  -o, --output FILE  SVG, to here (- for standard output)\n"
	      "      --y LIST       these columns in a panel; may be repeated: "
	      "four panels, and\n                     eight lines in all\n"
	      "      --x COLUMN     over this instead of time\n"
	      "      --by COLUMN    draw the rows that have the same here\n"
	      "      --pick VALUE   and this in it, instead of what most rows "
	      "have\n"
	      "      --mark COLUMN=VALUE\n"
	      "                     mark the rows that have this\n"
	      "      --list         what there is to pick: its rows, and what "
	      "it is\n\n"
	      "Of tcpwin all this is known, and one connection is drawn: its "
	      "congestion window\nand slow start threshold, its send buffer "
	      "and how full that is; losses are marked.\n\n"
	      "  sockeye tcpwin -D 443 -W win.rec\n"
	      "  sockeye plot win.rec -o win.svg\n"
	      "  sockeye plot --list win.rec\n"
	      "  sockeye plot --y srtt_us,rttvar_us --y snd_cwnd win.rec\n",
	      out);
}

static int take(struct request *r, int opt, const char *shown)
{
	switch (opt) {
	case 'h':
		plot_usage(stdout);
		return EXIT_OK;
	case 'c':
		puts("--by\n--help\n--list\n--mark\n--output\n--pick\n--x\n"
		     "--y\n-o");
		return EXIT_OK;
	case 'o': r->out = optarg; break;
	case 'x': r->want.x = optarg; break;
	case 'b': r->want.by = optarg; break;
	case 'p': r->want.pick = optarg; break;
	case 'm': r->want.mark = optarg; break;
	case 'l': r->list = true; break;
	case 'y':
		if (r->want.ny == PLOT_PANELS) {
			complain("--y: no more than %d panels", PLOT_PANELS);
			return EXIT_USAGE;
		}
		r->want.y[r->want.ny++] = optarg;
		break;
	default:
		complain("%s %s. Try 'sockeye plot --help'.", opt == ':' ?
			 "no value for" : "unknown option", shown);
		return EXIT_USAGE;
	}
	return -1;
}

static int parse(struct request *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ "y", required_argument, NULL, 'y' },
		{ "x", required_argument, NULL, 'x' },
		{ "by", required_argument, NULL, 'b' },
		{ "pick", required_argument, NULL, 'p' },
		{ "mark", required_argument, NULL, 'm' },
		{ "list", no_argument, NULL, 'l' },
		{ "completion-helper", no_argument, NULL, 'c' },
		{ 0 }
	};
	int opt, ret = -1;

	optind = 0;
	opterr = 0;
	while (ret < 0 &&
	       (opt = getopt_long(argc, argv, ":ho:", longs, NULL)) != -1)
		ret = take(r, opt, argv[optind - 1]);
	if (ret >= 0)
		return ret;
	r->file = argv[optind];
	if (optind >= argc || !*r->file)
		complain("which file? Try 'sockeye plot --help'.");
	else if (optind + 1 < argc)
		complain("one file at a time, and what is %s?",
			 argv[optind + 1]);
	else if (r->out && !*r->out)
		complain("-o '': which file?");
	else if (r->list && r->out)
		complain("--list draws nothing, for -o");
	else
		return -1;
	return EXIT_USAGE;
}

/* ---- reading ----------------------------------------------------------- */

/* What is wrong with the text, or with what was asked of its columns; an exit
 * code. */
static int bad_text(const struct request *r, const struct plot_data *d)
{
	uint64_t line;
	const char *why = plot_data_why(d, &line);

	if (line)
		complain("%s: line %llu: %s", r->file,
			 (unsigned long long)line, why);
	else
		complain("%s: %s", r->file, why);
	return line ? EXIT_FAIL : EXIT_USAGE;
}

static int read_csv(const struct request *r, struct plot_data *d, FILE *in,
		    char *buf, size_t size, size_t len)
{
	do {
		if (!plot_data_feed(d, buf, len))
			return bad_text(r, d);
		len = fread(buf, 1, size, in);
	} while (len);
	if (ferror(in)) {
		complain("%s: %s", r->file, strerror(errno));
		return EXIT_FAIL;
	}
	return plot_data_end(d) ? EXIT_OK : bad_text(r, d);
}

/* The events of @c, as the CSV they would have been. */
static int replay_into(struct request *r, struct plot_data *d,
		       struct capture *c, const struct capture_info *info,
		       struct rows *rows)
{
	struct losses losses = { 0 };
	const struct event *ev;
	struct err e = { 0 };
	int n;

	rows_start(rows, info);
	while ((n = capture_next(c, &ev, &losses, &e)) > 0)
		if (n == 1 && !rows_add(rows, ev, &info->clocks))
			break;
	if (!rows_end(rows, &losses))
		return bad_text(r, d);
	if (losses_any(&losses))
		complain("%s: events were lost when it was recorded", r->file);
	r->damaged = n < 0;
	if (r->damaged)
		fail_err(&e);
	return EXIT_OK;
}

static int read_capture(struct request *r, struct plot_data **d)
{
	static struct options o;
	struct capture_info info;
	struct rows *rows = NULL;
	const struct tool *t;
	struct capture *c;
	struct err e = { 0 };
	FILE *stream = NULL;
	int ret = EXIT_FAIL;

	if (capture_open(&c, r->file, &t, &info, &e)) {
		fail_err(&e);
		return EXIT_FAIL;
	}
	o = (struct options){ .tool = t, .format = FMT_CSV, .extended = true,
			      .time = TIME_REL, .ready_fd = -1 };
	if (info.nmaps) {
		complain("%s: no rows over time are in it; 'sockeye replay' "
			 "shows what is", r->file);
	} else if (!(*d = plot_data_new(&r->want, t)) ||
		   !(stream = plot_data_stream(*d)) ||
		   !(rows = rows_new(&o, stream))) {
		complain("%s: %s", r->file, strerror(ENOMEM));
	} else {
		ret = replay_into(r, *d, c, &info, rows);
	}
	rows_free(rows);
	if (stream)
		fclose(stream);
	capture_free(c);
	return ret;
}

static int read_all(struct request *r, struct plot_data **d)
{
	FILE *in = strcmp(r->file, "-") ? fopen(r->file, "re") : stdin;
	char buf[8192];
	size_t len = in ? fread(buf, 1, sizeof(CAPTURE_MAGIC), in) : 0;
	bool capture = len == sizeof(CAPTURE_MAGIC) &&
		       !memcmp(buf, CAPTURE_MAGIC, len);
	int ret = EXIT_FAIL;

	if (!in || ferror(in))
		complain("%s: %s", r->file, strerror(errno));
	else if (capture && in == stdin)
		complain("a recording is not drawn from standard input; "
			 "'sockeye replay --csv -t - | sockeye plot -' is");
	else if (capture)
		ret = read_capture(r, d);
	else if (!(*d = plot_data_new(&r->want, NULL)))
		complain("%s: %s", r->file, strerror(ENOMEM));
	else
		ret = read_csv(r, *d, in, buf, sizeof(buf), len);
	if (in && in != stdin)
		fclose(in);
	return ret;
}

/* ---- drawing ----------------------------------------------------------- */

static void render(FILE *f, struct plot *p, bool svg)
{
	struct plot_screen s;

	if (svg) {
		plot_fit(p, SVG_TICKS_X, SVG_TICKS_Y);
		plot_svg(f, p);
		return;
	}
	if (plot_screen(&s, STDOUT_FILENO))
		s.rows--;	/* the prompt's */
	plot_text_fit(p, &s);
	plot_text(f, p, &s);
}

/* Whole, or not at all. */
static int draw(const struct request *r, struct plot *p)
{
	bool file = r->out && strcmp(r->out, "-");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int ret;

	if (f)
		render(f, p, r->out);
	if (!f || fclose(f)) {
		complain("%s", strerror(ENOMEM));
		free(text);
		return EXIT_FAIL;
	}
	ret = file_put(file ? r->out : NULL, text, len);
	free(text);
	return ret;
}

/* Why there is nothing to be drawn. */
static int nothing(const struct request *r, const struct plot_data *d)
{
	if (!plot_data_rows(d))
		complain("%s: no rows", r->file);
	else if (r->want.pick && !plot_data_by(d))
		complain("--pick: --by COLUMN says of what");
	else if (r->want.pick)
		complain("%s: no known values of %s '%s'; --list shows what "
			 "there is", r->file, plot_data_by(d), r->want.pick);
	else
		complain("%s: no known values in the columns that are drawn",
			 r->file);
	return EXIT_FAIL;
}

static int show(const struct request *r, struct plot_data *d)
{
	uint64_t left_out = plot_data_left_out(d);
	struct plot p;

	if (left_out)
		complain("%s: %llu rows left out, which lack fields or are too "
			 "many", r->file, (unsigned long long)left_out);
	if (r->list) {
		plot_data_list(d, stdout);
		return EXIT_OK;
	}
	return plot_data_choose(d, &p) ? draw(r, &p) : nothing(r, d);
}

int verb_plot(int argc, char **argv)
{
	struct request r = { .file = NULL };
	struct plot_data *d = NULL;
	int ret = parse(&r, argc, argv);

	if (ret >= 0)
		return ret;
	ret = read_all(&r, &d);
	if (ret == EXIT_OK)
		ret = show(&r, d);
	plot_data_free(d);
	return ret == EXIT_OK && r.damaged ? EXIT_FAIL : ret;
}
