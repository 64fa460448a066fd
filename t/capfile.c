/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/capfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/temp.h"
#include "tools/frontend/rows_int.h"

#define STACK "    tcp_drop+1\n    ip_rcv+22\n"

struct capfile capfile;
struct err cap_err;
struct got got;

void capfile_load(void)
{
	FILE *f = fopen(capfile.path, "r");

	ck_assert_ptr_nonnull(f);
	capfile.bytes = malloc(1 << 20);
	capfile.size = fread(capfile.bytes, 1, 1 << 20, f);
	fclose(f);
}

static void put_dns(struct capture *c)
{
	struct dns_event ev = { .event = { .ns = 77, .len = sizeof(ev),
					   .type = EVENT_DNS },
				.len = 300 };

	memset(ev.data, 0x5a, sizeof(ev.data));
	ck_assert_int_eq(capture_event(c, &ev.event), 0);
}

static void put_stack(struct capture *c)
{
	struct stack_event ev = { .event = { .ns = 78, .type = EVENT_STACK },
				  .id = 7, .kind = STACK_KERNEL };

	snprintf(ev.text, sizeof(ev.text), STACK);
	ev.event.len = (uint32_t)(offsetof(struct stack_event, text) +
				  strlen(ev.text));
	ck_assert_int_eq(capture_event(c, &ev.event), 0);
}

/* A capture of fakelife in capfile. */
static void record(void)
{
	struct losses l = { 1, 2, 3, 4, 5 };
	struct capture_info later = fakelife_info;
	struct fakelife_event ev;
	struct capture *c;
	unsigned i;

	ck_assert_int_eq(capture_create(&c, capfile.path, &fakelife_tool,
					&fakelife_info, &cap_err), 0);
	put_stack(c);
	for (i = 0; i < EVENTS; i++) {
		fakelife_fill(&ev, i);
		ck_assert_int_eq(capture_event(c, &ev.event), 0);
	}
	/* of a later version: a type that we do not know */
	ev.event.type = 4711;
	ck_assert_int_eq(capture_event(c, &ev.event), 0);
	put_dns(c);
	ck_assert_int_eq(capture_losses(c, &l), 0);
	ck_assert_int_eq(capture_losses(c, &l), 0);
	later.boot_offset_ns = -9;
	later.clocks.late_from_ns = 17;
	later.clocks.late_ns = UINT64_MAX;
	ck_assert_int_eq(capture_clocks(c, &later), 0);
	ck_assert_int_eq(capture_flush(c), 0);
	ck_assert_int_eq(capture_close(c, &cap_err), 0);
	capfile_load();
}

static const struct tool *find_any(const char *name)
{
	(void)name;
	return &fakelife_tool;
}

void capfile_setup(void)
{
	temp_dir(capfile.dir);
	capfile.find = find_any;
	snprintf(capfile.path, sizeof(capfile.path), "%s/file", capfile.dir);
	memset(&got, 0, sizeof(got));
	record();
}

void capfile_teardown(void)
{
	free(got.table);
	free(capfile.bytes);
	unlink(capfile.path);
	rmdir(capfile.dir);
}

static void take(const struct event *ev)
{
	if (ev->type == EVENT_DNS) {
		got.dns++;
		memcpy(&got.last_dns, ev, ev->len);
	} else if (ev->type == EVENT_STACK) {
		got.stacks++;
		memcpy(&got.last_stack, ev, ev->len);
	} else if (got.rows < 64) {
		memcpy(&got.row[got.rows++], ev, ev->len);
	}
}

/* The @n bytes at @data as a capture. */
void read_back(const void *data, size_t n)
{
	const struct tool *t;
	const struct event *ev;
	struct options o = { .extended = true, .format = FMT_CSV };
	struct frames *frames = frames_new();
	struct capture *c;
	struct rows *r;
	size_t len, i;
	FILE *f;

	free(got.table);
	memset(&got, 0, sizeof(got));
	/* fmemopen() of nothing is an error in some libraries */
	f = n ? fmemopen((void *)(uintptr_t)data, n, "r") :
		fopen("/dev/null", "r");
	got.open = capture_read(&c, f, capfile.find, &t, &got.info, &cap_err);
	if (got.open < 0) {
		frames_free(frames);
		return;
	}
	snprintf(got.tool, sizeof(got.tool), "%s", got.info.tool);
	snprintf(got.version, sizeof(got.version), "%s", got.info.version);
	for (i = 0; t->columns[i].key; i++)
		got.absent[i] = t->columns[i].flags & C_ABSENT;
	o.tool = t;
	f = open_memstream(&got.table, &len);
	r = rows_new(&o, f);
	rows_frames(r, frames);
	rows_start(r, &got.info);
	while ((got.end = capture_next(c, &ev, &got.last_losses,
				       &cap_err)) > 0) {
		if (got.end == 2) {
			got.losses++;
		} else {
			take(ev);
			rows_add(r, ev, &got.info.clocks);
		}
	}
	rows_end(r, &got.last_losses);
	rows_free(r);
	frames_free(frames);
	fclose(f);
	capture_free(c);
}

void check_all(void)
{
	struct fakelife_event ev;
	unsigned i;

	ck_assert_int_eq(got.open, 0);
	ck_assert_int_eq(got.end, 0);
	ck_assert_uint_eq(got.rows, EVENTS);
	for (i = 0; i < EVENTS; i++) {
		fakelife_fill(&ev, i);
		ck_assert_mem_eq(&got.row[i], &ev, sizeof(ev));
	}
	ck_assert_uint_eq(got.dns, 1);
	ck_assert_uint_eq(got.last_dns.len, 300);
	ck_assert_uint_eq(got.last_dns.event.len, sizeof(got.last_dns));
	for (i = 0; i < DNS_BYTES; i++)
		if (got.last_dns.data[i] != 0x5a)
			ck_abort();
	ck_assert_uint_eq(got.stacks, 1);
	ck_assert_int_eq(got.last_stack.id, 7);
	ck_assert_uint_eq(got.last_stack.kind, STACK_KERNEL);
	ck_assert_uint_eq(got.last_stack.pid, 0);
	ck_assert_str_eq(got.last_stack.text, STACK);
	/* and shown with the rows that have it */
	ck_assert_ptr_nonnull(strstr(got.table, ",tcp_drop+1;ip_rcv+22,,"));
	/* a second record of the same counts is not written */
	ck_assert_uint_eq(got.losses, 1);
	ck_assert_uint_eq(got.last_losses.lost, 1);
	ck_assert_uint_eq(got.last_losses.missed, 5);
	ck_assert_str_eq(got.tool, "fakelife");
	ck_assert_str_eq(got.version, "0.1");
	ck_assert_str_eq(got.info.machine, "x86_64");
	ck_assert_str_eq(got.info.release, "6.1.0-13-amd64");
	ck_assert_uint_eq(got.info.map_entries, 1009);
	ck_assert_uint_eq(got.info.clocks.start_ns, 5000000000);
	ck_assert_int_eq(got.info.clocks.wall_offset_ns,
			 fakelife_info.clocks.wall_offset_ns);
	ck_assert_int_eq(got.info.boot_offset_ns, -9);
	ck_assert_uint_eq(got.info.clocks.late_from_ns, 17);
	ck_assert_uint_eq(got.info.clocks.late_ns, UINT64_MAX);
}

/* Call @fn for each record of @file: where it is and its length. */
void each_record(void (*fn)(unsigned char *rec, uint32_t type,
				   uint32_t len))
{
	size_t at = sizeof(struct file_head);
	struct record_head head;

	while (at < capfile.size) {
		memcpy(&head, capfile.bytes + at, sizeof(head));
		fn(capfile.bytes + at, head.type, head.len);
		at += sizeof(head) + head.len;
	}
}
