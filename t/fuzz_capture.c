/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzz target: bytes as a capture, shown in every format.
 *
 * clang -fsanitize=fuzzer,address,undefined with this file, t/fakelife.c and
 * the library; captures of t/test_capture.c and t/test_ask_tool.c are good
 * seeds.
 */
#include "t/fakelife.h"
#include "tools/frontend/capture_int.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show_rows(struct capture *c, struct rows *rows,
		      const struct capture_info *info)
{
	struct names *names = names_new();
	struct frames *frames = frames_new();
	struct losses losses = { 0 };
	const struct event *ev;
	struct err e;
	int rc;

	if (!names || !frames)
		abort();
	rows_names(rows, names);
	rows_frames(rows, frames);
	rows_start(rows, info);
	while ((rc = capture_next(c, &ev, &losses, &e)) > 0) {
		if (rc == 1)
			rows_add(rows, ev, &info->clocks);
		else
			rows_loss(rows, &losses);
	}
	rows_end(rows, &losses);
	names_free(names);
	frames_free(frames);
}

static void show(struct capture *c, const struct tool *t,
		 const struct capture_info *info, enum format format)
{
	struct options *o = calloc(1, sizeof(*o));
	struct rows *rows;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!o || !f)
		abort();
	o->tool = t;
	o->extended = o->dns = true;
	o->format = format;
	o->time = TIME_WALL;
	o->count = info->map_entries % 2;
	rows = rows_new(o, f);
	/* columns that a file made up may leave nothing to count by */
	if (rows)
		show_rows(c, rows, info);
	rows_free(rows);
	fclose(f);
	free(text);
	free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_info info;
	const struct tool *t;
	struct capture *c;
	struct err e;
	FILE *f;

	if (!size)
		return 0;
	f = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!f)
		return 0;
	if (capture_read(&c, f, fakelife_find, &t, &info, &e) < 0)
		return 0;
	show(c, t, &info, (enum format)(size % 3));
	capture_free(c);
	return 0;
}
