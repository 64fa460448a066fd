/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sockeye replay FILE: what was recorded with -W, shown in any form. */
#include "tools/frontend/ask_record.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int replay_all(struct capture *c, struct rows *rows,
		      const struct capture_info *info,
		      const struct options *o, struct err *e)
{
	struct losses losses = { 0 };
	const struct event *ev;
	int n, ret = EXIT_OK;

	rows_start(rows, info);
	while ((n = capture_next(c, &ev, &losses, e)) > 0) {
		if (n == 2) {
			rows_loss(rows, &losses);
			continue;
		}
		if (!rows_add(rows, ev, &info->clocks))
			break;
		if (o->max_events && rows_shown(rows) >= o->max_events)
			break;
	}
	errno = 0;
	if (!rows_end(rows, &losses)) {
		complain("stdout: %s", strerror(errno));
		return EXIT_FAIL;
	}
	uncounted_tell(rows);
	if (!o->no_summary || losses_any(&losses))
		losses_tell(o->tool, &losses, "when it was recorded");
	if (o->strict && losses_any(&losses))
		ret = EXIT_FAIL;
	if (n < 0) {		/* the file's fault, not this kernel's */
		fail_err(e);
		ret = EXIT_FAIL;
	}
	return ret;
}

static int show_schema(const struct tool *t, const struct capture_info *info)
{
	if (info->nmaps)
		schema_tallies(stdout, t, info->maps, info->nmaps);
	else
		schema_print(stdout, t);
	return EXIT_OK;
}

int verb_replay(int argc, char **argv)
{
	static struct options o;
	struct capture_info info;
	struct capture *c;
	const struct tool *t;
	struct names *names;
	struct frames *frames;
	struct rows *rows;
	struct err e = { 0 };
	/* first for the name of the capture, which tells the tool */
	int ret = options_parse(&o, NULL, argc, argv, true);

	if (ret >= 0)
		return ret;
	if (!o.replay_file) {
		complain("which capture? Try 'sockeye replay --help'.");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	if (capture_open(&c, o.replay_file, &t, &info, &e)) {
		fail_err(&e);
		return EXIT_FAIL;
	}
	ret = options_parse(&o, t, argc, argv, true);
	if (ret < 0 && o.schema)
		ret = show_schema(t, &info);
	rows = ret < 0 && !info.nmaps ? rows_new(&o, stdout) : NULL;
	if (ret < 0 && info.nmaps) {
		ret = ask_replay(c, &info, &o);
	} else if (rows) {
		names = names_new();
		rows_names(rows, names);
		frames = frames_new();
		rows_frames(rows, frames);
		ret = replay_all(c, rows, &info, &o, &e);
		rows_free(rows);
		names_free(names);
		frames_free(frames);
	} else if (ret < 0) {
		ret = EXIT_USAGE;
	}
	capture_free(c);
	return ret;
}
