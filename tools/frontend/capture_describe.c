/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a capture says of itself.  Nothing is believed before it is checked. */
#include "tools/frontend/capture_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 4096			/* names of one enum */

static void keep_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static int replace(char **to, const char *from)
{
	char *copy = strdup(from);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static void take_clock(struct capture_info *info, const char *key,
		       const char *value)
{
	if (!strcmp(key, "wall_offset_ns"))
		info->clocks.wall_offset_ns = strtoll(value, NULL, 10);
	else if (!strcmp(key, "boot_offset_ns"))
		info->boot_offset_ns = strtoll(value, NULL, 10);
	else if (!strcmp(key, "late_from_ns"))
		info->clocks.late_from_ns = strtoull(value, NULL, 10);
	else if (!strcmp(key, "late_ns"))
		info->clocks.late_ns = strtoull(value, NULL, 10);
}

void capture_take_clocks(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *key, *value;

	while ((key = string_next(&s)) && (value = string_next(&s)))
		take_clock(c->info, key, value);
}

static int take_info(struct capture *c, struct capture_info *info)
{
	struct record_strings s = record_strings(c);
	const char *key, *value;
	uint64_t v;

	while ((key = string_next(&s)) && (value = string_next(&s))) {
		v = strtoull(value, NULL, 10);
		if (!strcmp(key, "tool")) {
			if (replace(&c->tool_name, value) < 0)
				return -ENOMEM;
		} else if (!strcmp(key, "version")) {
			if (replace(&c->version, value) < 0)
				return -ENOMEM;
		} else if (!strcmp(key, "machine")) {
			keep_text(info->machine, sizeof(info->machine), value);
		} else if (!strcmp(key, "release")) {
			keep_text(info->release, sizeof(info->release), value);
		} else if (!strcmp(key, "map_entries")) {
			info->map_entries = v;
		} else if (!strcmp(key, "start_ns")) {
			info->clocks.start_ns = v;
		} else if (!strcmp(key, "event_size")) {
			c->file_event_size = v > RECORD_MAX ? 0 : (uint32_t)v;
		} else {
			take_clock(info, key, value);
		}
	}
	return 0;
}

static int take_member(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *name = string_next(&s), *class = string_next(&s);
	const char *kind = string_next(&s);
	struct member *f;
	uint64_t off, size;
	unsigned i;

	if (!kind || !string_number(string_next(&s), &off) ||
	    !string_number(string_next(&s), &size))
		return -EBADMSG;
	if (strlen(name) >= MEMBER_NAME || c->nmembers == MAX_MEMBERS)
		return 0;
	for (i = 0; member_class_name(i); i++)
		if (!strcmp(member_class_name(i), class))
			break;
	/* a class that later versions have: none of our columns */
	if (!member_class_name(i))
		return 0;
	if (off > RECORD_MAX || !size || size > RECORD_MAX)
		return -EBADMSG;
	if (i != MEMBER_BYTES && size != 1 && size != 2 && size != 4 &&
	    size != 8)
		return -EBADMSG;
	f = &c->members[c->nmembers++];
	keep_text(f->name, sizeof(f->name), name);
	f->class = (uint8_t)i;
	for (i = 0; col_kind_name(i) && strcmp(col_kind_name(i), kind); i++)
		;
	f->kind = (uint8_t)i;
	f->off = (uint32_t)off;
	f->size = (uint32_t)size;
	return 0;
}

static int take_enum(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *member = string_next(&s), *value, *name;
	struct enum_names *en;
	size_t n = 0;
	char *text;

	if (!member || strlen(member) >= MEMBER_NAME ||
	    c->nenums == MAX_COLUMNS)
		return 0;
	/* older files have "" of what has no name */
	while (string_next(&s) && (name = string_next(&s)))
		n += *name != 0;
	if (n > MAX_VALUES)
		return -EBADMSG;
	/* the names stand behind the table, as the record had them */
	en = calloc(1, sizeof(*en) + n * sizeof(en->v[0]) + c->rec_len + 1);
	if (!en)
		return -ENOMEM;
	c->enums[c->nenums++] = en;
	text = (char *)&en->v[n];
	memcpy(text, c->rec, c->rec_len);
	keep_text(en->member, sizeof(en->member), member);
	s = (struct record_strings){ text, text + c->rec_len };
	string_next(&s);
	while ((value = string_next(&s)) && (name = string_next(&s))) {
		if (!*name)
			continue;
		if (!string_number(value, &en->v[en->n].value))
			return -EBADMSG;
		en->v[en->n++].name = name;
	}
	return 0;
}

static int read_description(struct capture *c, struct capture_info *info,
			    struct err *e)
{
	int type, rc = 0;

	while ((type = record_next(c, e)) > 0) {
		if (type == REC_INFO)
			rc = take_info(c, info);
		else if (type == REC_MEMBER)
			rc = take_member(c);
		else if (type == REC_ENUM)
			rc = take_enum(c);
		else if (type == REC_COLUMN)
			rc = capture_take_column(c);
		else if (type == REC_MAP)
			rc = capture_take_map(c);
		else if (type != REC_READY)
			rc = -EBADMSG;
		if (rc == -ENOMEM)
			return err_set(e, ENOMEM, "capture");
		if (rc < 0)
			return record_damaged(c, e, "nonsense");
		record_done(c);
		if (type == REC_READY)
			return 0;
	}
	return type < 0 ? type : record_cut(c, e);
}

static int read_head(struct capture *c, struct err *e)
{
	struct file_head head;

	if (fread(&head, 1, sizeof(head), c->file) != sizeof(head) ||
	    memcmp(head.magic, CAPTURE_MAGIC, sizeof(head.magic)))
		return err_set(e, ferror(c->file) ? EIO : 0,
			       "not a capture of sockeye");
	c->swap = head.order != CAPTURE_ORDER;
	if (c->swap) {
		head.order = __builtin_bswap32(head.order);
		head.version = __builtin_bswap16(head.version);
	}
	if (head.order != CAPTURE_ORDER)
		return err_set(e, 0, "not a capture of sockeye");
	if (head.version != CAPTURE_VERSION) {
		err_set(e, 0, "capture format %u is not known",
			(unsigned)head.version);
		err_hint(e, "read it with the sockeye that wrote it, or a "
			 "later one");
		return -EINVAL;
	}
	c->pos = sizeof(head);
	return 0;
}

int capture_describe(struct capture *c, struct capture_info *info,
		     struct err *e)
{
	int rc = read_head(c, e);

	return rc < 0 ? rc : read_description(c, info, e);
}
