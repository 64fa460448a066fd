/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading captures back. */
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void capture_free(struct capture *c)
{
	unsigned i;

	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	if (c->file && c->file != stdin)
		fclose(c->file);
	for (i = 0; i < c->nenums; i++)
		free(c->enums[i]);
	for (i = 0; i < c->nvalues; i++)
		free(c->values[i]);
	for (i = 0; i < c->nnames; i++)
		free(c->names[i]);
	free(c->columns);
	free(c->made);
	for (i = 0; i < c->nmaps; i++)
		free(c->tallied[i]);
	free(c->members);
	free(c->tool_name);
	free(c->version);
	free(c->buf);
	free(c->rec);
	free(c);
}

int capture_read(struct capture **out, FILE *file,
		 const struct tool *(*find)(const char *name),
		 const struct tool **t, struct capture_info *info,
		 struct err *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	const struct tool *tool;
	int rc = -ENOMEM;

	memset(info, 0, sizeof(*info));
	if (!c) {
		if (file != stdin)
			fclose(file);
		return err_set(e, ENOMEM, "capture");
	}
	c->fd = -1;
	c->file = file;
	c->info = info;
	c->members = calloc(MAX_MEMBERS, sizeof(*c->members));
	if (!c->members) {
		err_set(e, ENOMEM, "capture");
		goto fail;
	}
	rc = capture_describe(c, info, e);
	if (rc < 0)
		goto fail;
	tool = c->tool_name ? find(c->tool_name) : NULL;
	if (c->nmade && (!tool || tool->flags & T_KEYS)) {
		rc = -EBADMSG;
		tool = capture_made(c, tool, e);
		if (!tool || (c->nmaps && capture_maps(c, e)))
			goto fail;
		info->maps = c->asked;
		info->nmaps = c->nmaps;
		info->intervals = c->intervals;
	}
	if (!tool) {
		err_set(e, 0, "the capture is of a tool that is not here: %s",
			c->tool_name ? c->tool_name : "(no name)");
		rc = -ENOENT;
		goto fail;
	}
	rc = capture_fit(c, tool, e);
	if (rc < 0)
		goto fail;
	info->tool = tool->name;
	info->version = c->version ? c->version : "";
	*t = &c->tool;
	*out = c;
	return 0;
fail:
	capture_free(c);
	return rc;
}

int capture_open_stream(struct capture **out, FILE *in, const char *file,
			const struct tool **t, struct capture_info *info,
			struct err *e)
{
	int rc;

	if (!in)
		return err_set(e, errno, "%s", file);
	rc = capture_read(out, in, tool_find, t, info, e);
	return rc < 0 ? err_wrap(e, "%s", file) : 0;
}

int capture_open(struct capture **out, const char *file,
		 const struct tool **t, struct capture_info *info,
		 struct err *e)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "re") : stdin;

	return capture_open_stream(out, in, file, t, info, e);
}

/* ---- what happened ----------------------------------------------------- */

static void take_losses(struct capture *c, struct losses *l)
{
	struct record_strings s = record_strings(c);
	const char *key, *value;
	uint64_t v;

	memset(l, 0, sizeof(*l));
	while ((key = string_next(&s)) && (value = string_next(&s))) {
		if (!string_number(value, &v))
			continue;
#define X(name, text)							\
		if (!strcmp(key, #name))				\
			l->name = v;
		LOSSES(X)
#undef X
	}
}

/* How much the record has of what stands last in an event, at @data: a DNS
 * message, the text of a stack. */
static uint32_t tail_len(const struct capture *c, const struct conversion *conv,
			 unsigned count, uint32_t data)
{
	const struct conversion *end = conv + count;
	size_t n = 0;

	for (; conv < end; conv++) {
		if (conv->dst != data || conv->src >= c->rec_len)
			continue;
		n = c->rec_len - conv->src;
		n = n < conv->src_size ? n : conv->src_size;
		n = n < conv->dst_size ? n : conv->dst_size;
	}
	return data + (uint32_t)n;
}

/* The event of the record into c->out: 1, 0 when it is of a type that we do
 * not know, or a negative errno. */
static int take_event(struct capture *c, struct err *e)
{
	struct event *ev = &c->out.event;

	memset(&c->out, 0, c->out_size);
	convert(c->header, c->nheader, c->swap, c->rec, c->rec_len,
		c->out.bytes);
	if (ev->type == EVENT_DNS) {
		convert(c->dns, c->ndns, c->swap, c->rec, c->rec_len,
			c->out.bytes);
		ev->len = tail_len(c, c->dns, c->ndns,
				   offsetof(struct dns_event, data));
		return c->ndns ? 1 : 0;
	}
	if (ev->type == EVENT_STACK) {
		convert(c->stack, c->nstack, c->swap, c->rec, c->rec_len,
			c->out.bytes);
		ev->len = tail_len(c, c->stack, c->nstack,
				   offsetof(struct stack_event, text));
		return c->nstack == 4 ? 1 : 0;
	}
	if (ev->type == EVENT_PRINT) {
		ev->len = sizeof(*ev);
		return 1;
	}
	if (ev->type != EVENT_ROW)
		return 0;
	if (c->rec_len < c->file_event_size)
		return record_damaged(c, e, "an event too short");
	convert(c->row, c->nrow, c->swap, c->rec, c->rec_len, c->out.bytes);
	ev->len = c->tool.event_size;
	return 1;
}

/* One record: 1, 2 and negative as capture_next, 0 to go on. */
static int take_record(struct capture *c, struct losses *losses,
		       struct err *e)
{
	int type = record_next(c, e), rc = 0;

	if (!type)
		return record_cut(c, e);
	if (type < 0)
		return type;
	if (type == REC_EVENT)
		rc = take_event(c, e);
	else if (type == REC_CLOCKS)
		capture_take_clocks(c);
	record_done(c);
	if (type == REC_LOSSES) {
		take_losses(c, losses);
		return 2;
	}
	c->ended = type == REC_END;
	return rc;
}

int capture_next(struct capture *c, const struct event **ev,
		 struct losses *losses, struct err *e)
{
	int rc = 0;

	while (!c->ended && !rc)
		rc = take_record(c, losses, e);
	if (rc < 0)
		c->ended = true;
	if (rc == 1)
		*ev = &c->out.event;
	return rc;
}
