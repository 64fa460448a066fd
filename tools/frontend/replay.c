/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sockeye replay FILE: what was recorded with -W, shown in any form. */
#include "tools/frontend/ask_record.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_WORDS 1000000000ull	/* ns */

/* Where a recording comes from. */
struct input {
	int fd;
	bool goes_on;		/* a pipe: what is in it is not all */
	uint64_t end_ns;	/* nothing is waited for from then on */
	struct rows *rows;	/* of what was read, once there are some */
};

/* Ctrl-C ends those who write as well, and some of them tell what they have
 * counted only then. */
static bool waits(struct input *in)
{
	uint64_t now = now_ns();

	if (!life_stopped())
		in->end_ns = now + LAST_WORDS;
	return now < in->end_ns;
}

/* What there is is shown before more is waited for. */
static ssize_t read_on(void *cookie, char *buf, size_t n)
{
	struct input *in = cookie;
	struct pollfd p = { .fd = in->fd, .events = POLLIN };

	if (!in->goes_on)
		return life_stopped() ? 0 : read(in->fd, buf, n);
	if (in->rows && !poll(&p, 1, 0))
		rows_flush(in->rows);
	while (waits(in))
		if (poll(&p, 1, RING_POLL_MS) > 0)
			return read(in->fd, buf, n);
	return 0;
}

static FILE *input_open(struct input *in, const char *file)
{
	static const cookie_io_functions_t io = { .read = read_on };
	FILE *f = strcmp(file, "-") ? fopen(file, "re") : stdin;
	struct stat st;

	if (!f)
		return NULL;
	in->fd = fileno(f);
	in->goes_on = !fstat(in->fd, &st) && !S_ISREG(st.st_mode);
	return fopencookie(in, "r", io);
}

/* What was lost until the end counts behind -m, too, where there is an end. */
static int replay_rows(struct capture *c, const struct input *in,
		       const struct capture_info *info,
		       const struct options *o, struct losses *losses,
		       struct err *e)
{
	const struct event *ev;
	bool enough = false;
	int n = 0;

	while (!(enough && in->goes_on) &&
	       (n = capture_next(c, &ev, losses, e)) > 0) {
		if (n == 2)
			rows_loss(in->rows, losses);
		else if (!enough && !rows_add(in->rows, ev, &info->clocks))
			break;
		enough = o->max_events &&
			 rows_shown(in->rows) >= o->max_events;
	}
	return n;
}

static int replay_all(struct capture *c, const struct input *in,
		      const struct capture_info *info,
		      const struct options *o, struct err *e)
{
	struct rows *rows = in->rows;
	struct losses losses = { 0 };
	int n, ret = EXIT_OK;

	rows_start(rows, info);
	n = replay_rows(c, in, info, o, &losses, e);
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
	if (n < 0 && !life_stopped()) {	/* the file's fault, not this kernel's */
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
	struct input in = { 0 };
	struct capture_info info;
	struct capture *c;
	const struct tool *t;
	struct names *names;
	struct frames *frames;
	struct err e = { 0 };
	/* first for the name of the capture, which tells the tool */
	int ret = options_parse(&o, NULL, argc, argv, true);

	if (ret >= 0)
		return ret;
	if (!o.replay_file) {
		complain("which capture? Try 'sockeye replay --help'.");
		return EXIT_USAGE;
	}
	life_begin();
	if (capture_open_stream(&c, input_open(&in, o.replay_file),
				o.replay_file, &t, &info, &e)) {
		if (life_stopped())
			return EXIT_OK;
		fail_err(&e);
		return EXIT_FAIL;
	}
	ret = options_parse(&o, t, argc, argv, true);
	if (ret < 0 && o.schema)
		ret = show_schema(t, &info);
	o.no_clear = true;	/* a screen is of what goes on */
	in.rows = ret < 0 && !info.nmaps ? rows_new(&o, stdout) : NULL;
	if (ret < 0 && info.nmaps) {
		ret = ask_replay(c, &info, &o);
	} else if (in.rows) {
		names = names_new();
		rows_names(in.rows, names);
		frames = frames_new();
		rows_frames(in.rows, frames);
		ret = replay_all(c, &in, &info, &o, &e);
		rows_free(in.rows);
		names_free(names);
		frames_free(frames);
	} else if (ret < 0) {
		ret = EXIT_USAGE;
	}
	capture_free(c);
	return ret;
}
