/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures: there and back, other machines, other versions, damage. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/fakelife.h"
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

#define EVENTS 7

static char dir[] = "/tmp/sockeye-capture-XXXXXX", path[64];
static unsigned char *file;		/* a capture */
static size_t size;
static struct err err;

/* What was read of a capture. */
static struct {
	int open, end;			/* results */
	unsigned rows, dns, losses;
	struct fakelife_event row[64];
	struct dns_event last_dns;
	struct losses last_losses;
	struct capture_info info;
	char tool[32], version[32];
	uint16_t absent[64];		/* flags of the columns */
	char *table;			/* as shown */
} got;

static void load(void)
{
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	file = malloc(1 << 20);
	size = fread(file, 1, 1 << 20, f);
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

/* A capture of fakelife in @path and @file. */
static void record(void)
{
	struct losses l = { 1, 2, 3, 4, 5 };
	struct fakelife_event ev;
	struct capture *c;
	unsigned i;

	ck_assert_int_eq(capture_create(&c, path, &fakelife_tool,
					&fakelife_info, &err), 0);
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
	ck_assert_int_eq(capture_flush(c), 0);
	ck_assert_int_eq(capture_close(c, &err), 0);
	load();
}

static void setup(void)
{
	memcpy(strrchr(dir, '-') + 1, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	memset(&got, 0, sizeof(got));
	record();
}

static void teardown(void)
{
	free(got.table);
	free(file);
	unlink(path);
	rmdir(dir);
}

static const struct tool *find_any(const char *name)
{
	(void)name;
	return &fakelife_tool;
}

static void take(const struct event *ev)
{
	if (ev->type == EVENT_DNS) {
		got.dns++;
		memcpy(&got.last_dns, ev, ev->len);
	} else if (got.rows < 64) {
		memcpy(&got.row[got.rows++], ev, ev->len);
	}
}

/* The @n bytes at @data as a capture. */
static void read_back(const void *data, size_t n)
{
	const struct tool *t;
	const struct event *ev;
	struct options o = { .extended = true, .format = FMT_CSV };
	struct capture *c;
	struct rows *r;
	size_t len, i;
	FILE *f;

	free(got.table);
	memset(&got, 0, sizeof(got));
	/* fmemopen() of nothing is an error in some libraries */
	f = n ? fmemopen((void *)(uintptr_t)data, n, "r") :
		fopen("/dev/null", "r");
	got.open = capture_read(&c, f, find_any, &t, &got.info, &err);
	if (got.open < 0)
		return;
	snprintf(got.tool, sizeof(got.tool), "%s", got.info.tool);
	snprintf(got.version, sizeof(got.version), "%s", got.info.version);
	for (i = 0; t->columns[i].key; i++)
		got.absent[i] = t->columns[i].flags & C_ABSENT;
	o.tool = t;
	f = open_memstream(&got.table, &len);
	r = rows_new(&o, f);
	rows_start(r, &got.info);
	while ((got.end = capture_next(c, &ev, &got.last_losses, &err)) > 0) {
		if (got.end == 2) {
			got.losses++;
		} else {
			take(ev);
			rows_add(r, ev, &got.info.clocks);
		}
	}
	rows_end(r, &got.last_losses);
	rows_free(r);
	fclose(f);
	capture_free(c);
}

static void check_all(void)
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
	ck_assert_int_eq(got.info.boot_offset_ns, -7);
}

START_TEST(round_trip)
{
	struct capture_info info;
	const struct tool *t;
	struct capture *c;
	FILE *f;

	read_back(file, size);
	check_all();
	/* from the file itself */
	f = fopen(path, "r");
	ck_assert_int_eq(capture_read(&c, f, fakelife_find, &t, &info, &err),
			 0);
	ck_assert_str_eq(t->name, "fakelife");
	capture_free(c);
}
END_TEST

static void swap(void *p, size_t n)
{
	unsigned char *b = p, t;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		t = b[i];
		b[i] = b[n - 1 - i];
		b[n - 1 - i] = t;
	}
}

#define SWAP(type, base, member)					\
	swap((base) + offsetof(struct type, member),			\
	     sizeof(((struct type *)0)->member))

static void swap_event(unsigned char *p)
{
	uint16_t type;

	memcpy(&type, p + offsetof(struct event, type), 2);
	SWAP(event, p, ns);
	SWAP(event, p, len);
	SWAP(event, p, type);
	SWAP(event, p, cpu);
	if (type == EVENT_DNS)
		SWAP(dns_event, p, len);
	if (type == EVENT_DNS)
		return;
#define F(member) SWAP(fakelife_event, p, member)
	F(flow.lport), F(flow.rport), F(flow.family), F(flow.protocol);
	F(flow.netns), F(flow.owned), F(flow.pid), F(flow.tid), F(flow.uid);
	F(flow.cgroup), F(flow.id), F(bytes), F(kb), F(ms), F(hex), F(u64);
	F(s32), F(err), F(u16), F(why);
#undef F
}

/* Call @fn for each record of @file: where it is and its length. */
static void each_record(void (*fn)(unsigned char *rec, uint32_t type,
				   uint32_t len))
{
	size_t at = sizeof(struct file_head);
	struct record_head head;

	while (at < size) {
		memcpy(&head, file + at, sizeof(head));
		fn(file + at, head.type, head.len);
		at += sizeof(head) + head.len;
	}
}

static void swap_record(unsigned char *rec, uint32_t type, uint32_t len)
{
	(void)len;
	swap(rec, 4);
	swap(rec + 4, 4);
	if (type == REC_EVENT)
		swap_event(rec + sizeof(struct record_head));
}

START_TEST(other_byte_order)
{
	each_record(swap_record);
	SWAP(file_head, file, order);
	SWAP(file_head, file, version);
	SWAP(file_head, file, word);
	read_back(file, size);
	check_all();
}
END_TEST

START_TEST(cut_anywhere)
{
	size_t n;

	for (n = 0; n < size; n++) {
		read_back(file, n);
		if ((got.open ? got.open : got.end) >= 0)
			ck_abort_msg("%zu bytes are enough", n);
		if (!got.open && got.end != -ENODATA)
			ck_abort_msg("%zu bytes: %d", n, got.end);
		if (!err.msg[0] || got.rows > EVENTS)
			ck_abort();
	}
	/* what came before stands */
	ck_assert_uint_eq(got.rows, EVENTS);
	ck_assert_uint_eq(got.losses, 1);
}
END_TEST

START_TEST(damaged_anywhere)
{
	unsigned char old;
	size_t n;
	int i;

	srand(1);
	for (n = 0; n < size; n++) {
		for (i = 0; i < 3; i++) {
			old = file[n];
			file[n] = i == 0 ? (unsigned char)~old : i == 1 ?
				  0 : old ^ (unsigned char)(1 << rand() % 8);
			read_back(file, size);
			if (got.rows > EVENTS + 2)
				ck_abort();
			file[n] = old;
		}
	}
	read_back(file, size);
	check_all();
}
END_TEST

static unsigned kinds[8];

static void count_record(unsigned char *rec, uint32_t type, uint32_t len)
{
	(void)rec;
	(void)len;
	ck_assert_uint_lt(type, 8);
	kinds[type]++;
}

START_TEST(unknown_records)
{
	static const unsigned char later[] = "what later versions have";
	struct record_head head = { 0x12345678, sizeof(later) };
	unsigned char *more = malloc(2 * size + 65536);
	size_t at = sizeof(struct file_head), to = at;
	struct record_head h;

	memcpy(more, file, at);
	while (at < size) {
		memcpy(more + to, &head, sizeof(head));
		memcpy(more + to + sizeof(head), later, sizeof(later));
		to += sizeof(head) + sizeof(later);
		memcpy(&h, file + at, sizeof(h));
		memcpy(more + to, file + at, sizeof(h) + h.len);
		at += sizeof(h) + h.len;
		to += sizeof(h) + h.len;
		ck_assert_uint_lt(to, 2 * size + 65000);
	}
	read_back(more, to);
	check_all();
	free(more);
	each_record(count_record);
	ck_assert_uint_eq(kinds[REC_INFO], 1);
	ck_assert_uint_eq(kinds[REC_READY], 1);
	ck_assert_uint_eq(kinds[REC_EVENT], EVENTS + 2);
	ck_assert_uint_eq(kinds[REC_END], 1);
}
END_TEST

/*
 * The tool as another version had it: members elsewhere and of other sizes,
 * enum values in another order, some columns that we do not know, some of ours
 * missing.
 */
struct other_event {
	struct event event;
	uint64_t gone, half;		/* half: 16 bits today */
	int32_t err;
	uint8_t why, pad[3];		/* 16 bits today */
	uint16_t tx;			/* 64 bits today */
	uint16_t state;			/* 8 bits today */
	uint8_t pad2[4];
	struct flow flow;
};

static const char *const other_states[] = { "OPEN", "CLOSED", "AJAR", NULL };
static const char *const other_whys[] = { "none", "tired", "late", NULL };
static const struct column other_columns[] = {
	COL(struct other_event, gone, K_U64, 5, "gone", "GONE", 0, "gone"),
	COL(struct other_event, half, K_U64, 5, "half", "HALF", 0, "half"),
	COL(struct other_event, tx, K_U16, 5, "tx_bytes", "TX", 0, "sent"),
	COL_PID(struct other_event),
	COL(struct other_event, flow.comm, K_COMM, 5, "laddr", "L", 0,
	    "of 16 bytes as well"),
	COL(struct other_event, gone, K_U64, 5, "raddr", "R", 0,
	    "no address any more"),
	COL(struct other_event, err, K_ERRNO, 5, "err", "ERR", 0, "error"),
	COL_ENUM(struct other_event, state, other_states, 5, "state", "S", 0,
		 "state"),
	COL_ENUM(struct other_event, why, other_whys, 5, "why", "W", 0, "why"),
	{ .key = NULL },
};

static const struct tool other_tool = {
	.name = "fakelife", .columns = other_columns,
	.event_size = sizeof(struct other_event),
	.flow_off = offsetof(struct other_event, flow),
};

static void record_other(void)
{
	struct other_event ev = {
		.event = { 5000000000, sizeof(ev), EVENT_ROW, 1 },
		.half = 70000, .err = -EPIPE, .tx = 999, .why = 1,
		.flow = { .family = 2, .owned = 1, .pid = 42,
			  .comm = "old" },
	};
	struct capture *c;
	unsigned i;

	ck_assert_int_eq(capture_create(&c, path, &other_tool, &fakelife_info,
					&err), 0);
	for (i = 0; i < 5; i++) {
		ev.state = (uint16_t)i;
		ev.why = (uint8_t)i;
		ck_assert_int_eq(capture_event(c, &ev.event), 0);
	}
	ck_assert_int_eq(capture_close(c, &err), 0);
	free(file);
	load();
}

/* The value of column @key in the @i-th row of the CSV. */
static const char *cell(unsigned i, const char *key)
{
	static char buf[64];
	const char *head = got.table, *row = got.table;

	for (i++; i; i--)
		row = strchr(row, '\n') + 1;
	while (strncmp(head, key, strlen(key)) ||
	       !strchr(",\n", head[strlen(key)])) {
		head += strcspn(head, ",\n");
		row += strcspn(row, ",\n");
		ck_assert_msg(*head == ',', "no column %s", key);
		head++;
		row++;
	}
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(row, ",\n"), row);
	return buf;
}

START_TEST(other_version)
{
	record_other();
	read_back(file, size);
	ck_assert_int_eq(got.open, 0);
	ck_assert_int_eq(got.end, 0);
	ck_assert_uint_eq(got.rows, 5);
	ck_assert_str_eq(cell(0, "pid"), "42");
	ck_assert_str_eq(cell(0, "comm"), "old");
	ck_assert_str_eq(cell(0, "ip"), "4");
	ck_assert_str_eq(cell(0, "tx_bytes"), "999");
	/* the most that 16 bits can say */
	ck_assert_str_eq(cell(0, "half"), "65535");
	ck_assert_str_eq(cell(0, "err_name"), "EPIPE");
	/* not recorded, or recorded as something else */
	ck_assert_str_eq(cell(0, "duration_ns"), "");
	ck_assert_str_eq(cell(0, "big"), "");
	ck_assert_str_eq(cell(0, "raddr"), "");
	ck_assert_str_eq(cell(0, "laddr"), "::");
	/* by name, whatever the number */
	ck_assert_str_eq(cell(0, "state"), "OPEN");
	ck_assert_str_eq(cell(1, "state"), "CLOSED");
	ck_assert_str_eq(cell(2, "state"), "AJAR");
	ck_assert_str_eq(cell(3, "state"), "3");
	ck_assert_str_eq(cell(0, "why"), "none");
	ck_assert_str_eq(cell(1, "why"), "tired");
	ck_assert_str_eq(cell(2, "why"), "late");
	ck_assert_str_eq(cell(4, "why"), "4");
}
END_TEST

/* EPIPE as another machine numbers it. */
static void renumber(unsigned char *rec, uint32_t type, uint32_t len)
{
	unsigned char *p = rec + sizeof(struct record_head);
	int32_t no = -47;
	uint32_t i;

	if (type == REC_ENUM && !strcmp((char *)p, "err"))
		for (i = 0; i + 9 < len; i++)
			if (!memcmp(p + i, "\0" "32\0EPIPE", 10))
				memcpy(p + i, "\0" "47", 3);
	if (type == REC_EVENT)
		memcpy(p + offsetof(struct other_event, err), &no, 4);
}

START_TEST(other_errors)
{
	record_other();
	each_record(renumber);
	read_back(file, size);
	ck_assert_uint_eq(got.rows, 5);
	ck_assert_str_eq(cell(0, "err_name"), "EPIPE");
}
END_TEST

START_TEST(refused)
{
	const struct tool *t;
	struct capture_info info;
	struct capture *c;
	uint16_t version = 2;

	file[3] ^= 1;
	read_back(file, size);
	ck_assert_int_eq(got.open, -EINVAL);
	ck_assert_str_eq(err.msg, "not a capture of sockeye");
	file[3] ^= 1;
	memcpy(file + offsetof(struct file_head, version), &version, 2);
	read_back(file, size);
	ck_assert_int_eq(got.open, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "format 2"));
	ck_assert_int_eq(capture_open(&c, "/nonexistent/file", &t, &info,
				      &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/file"));
	/* a directory can be opened, but not read */
	ck_assert_int_lt(capture_open(&c, dir, &t, &info, &err), 0);
}
END_TEST

static const struct tool *find_none(const char *name)
{
	ck_assert_str_eq(name, "fakelife");
	return NULL;
}

START_TEST(unknown_tool)
{
	struct capture_info info;
	const struct tool *t;
	struct capture *c;

	ck_assert_int_eq(capture_read(&c, fopen(path, "r"), find_none, &t,
				      &info, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "fakelife"));
}
END_TEST

static int try_create(const char *name)
{
	struct capture *c;

	return capture_create(&c, name, &fakelife_tool, &fakelife_info, &err);
}

START_TEST(bad_places)
{
	char fifo[64];

	ck_assert_int_eq(try_create("/nonexistent/file"), -ENOENT);
	ck_assert_int_lt(try_create(dir), 0);
	ck_assert_int_eq(try_create("/dev/null"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.hint, "-W -"));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_lt(try_create(fifo), 0);
	unlink(fifo);
}
END_TEST

START_TEST(full_disk)
{
	struct fakelife_event ev;
	struct capture *c;
	int fd = open("/dev/full", O_WRONLY), i;

	if (fd < 0)
		return;
	ck_assert_int_eq(capture_create(&c, path, &fakelife_tool,
					&fakelife_info, &err), 0);
	ck_assert_int_ge(dup2(fd, c->fd), 0);
	close(fd);
	fakelife_fill(&ev, 0);
	for (i = 0; i < 5000; i++)
		if (capture_event(c, &ev.event) < 0)
			break;
	ck_assert_int_lt(i, 5000);
	ck_assert_int_eq(capture_flush(c), -ENOSPC);
	ck_assert_int_eq(capture_close(c, &err), -ENOSPC);
	/* events that are none */
	ck_assert_int_eq(capture_create(&c, path, &fakelife_tool,
					&fakelife_info, &err), 0);
	ev.event.len = 15;
	ck_assert_int_eq(capture_event(c, &ev.event), -EINVAL);
	ev.event.len = 1u << 31;
	ck_assert_int_eq(capture_event(c, &ev.event), -EINVAL);
	ck_assert_int_eq(capture_close(c, &err), 0);
}
END_TEST

Suite *suite_capture(void);
Suite *suite_capture(void)
{
	Suite *s = suite_create("capture");
	TCase *tc = tcase_create("capture");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, other_byte_order);
	tcase_add_test(tc, cut_anywhere);
	tcase_add_test(tc, damaged_anywhere);
	tcase_add_test(tc, unknown_records);
	tcase_add_test(tc, other_version);
	tcase_add_test(tc, other_errors);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, unknown_tool);
	tcase_add_test(tc, bad_places);
	tcase_add_test(tc, full_disk);
	suite_add_tcase(s, tc);
	return s;
}
