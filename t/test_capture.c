/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures: there and back, other machines, other versions. */
#include "t/capfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/frontend/run.h"

START_TEST(round_trip)
{
	struct capture_info info;
	const struct tool *t;
	struct capture *c;
	FILE *f;

	read_back(capfile.bytes, capfile.size);
	check_all();
	/* from the file itself */
	f = fopen(capfile.path, "r");
	ck_assert_int_eq(capture_read(&c, f, fakelife_find, &t, &info,
				      &cap_err), 0);
	ck_assert_str_eq(t->name, "fakelife");
	capture_free(c);
}
END_TEST

/* What follows a step of the clock, an hour ahead, is as it was live. */
START_TEST(clocks)
{
	struct options o = { .format = FMT_CSV, .time = TIME_UNIX,
			     .columns = "tx_bytes" };
	struct capture_info info = fakelife_info;
	const struct tool *t = &fakelife_tool;
	struct losses none = { 0 };
	struct fakelife_event ev;
	const struct event *read;
	char *text = NULL;
	struct capture *c;
	struct rows *r;
	size_t len;
	FILE *f;

	ck_assert_int_eq(capture_create(&c, capfile.path, t, &info,
					&cap_err), 0);
	for (unsigned i = 0; i < 2; i++) {
		fakelife_fill(&ev, i);
		ck_assert_int_eq(capture_event(c, &ev.event), 0);
		info.clocks.wall_offset_ns += 3600000000000;
		ck_assert_int_eq(capture_clocks(c, &info), 0);
	}
	ck_assert_int_eq(capture_close(c, &cap_err), 0);
	ck_assert_int_eq(capture_read(&c, fopen(capfile.path, "r"),
				      fakelife_find, &t, &info, &cap_err), 0);
	f = open_memstream(&text, &len);
	o.tool = t;
	r = rows_new(&o, f);
	rows_start(r, &info);
	while (capture_next(c, &read, &none, &cap_err) == 1)
		rows_add(r, read, &info.clocks);
	rows_end(r, &none);
	rows_free(r);
	capture_free(c);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "\n1767323045123456789,"));
	ck_assert_ptr_nonnull(strstr(text, "\n1767326645124456790,"));
	free(text);
}
END_TEST

/* Reading the clocks takes time; that is no step of one. */
START_TEST(steps)
{
	static const int64_t ms[] = { 4, -4, 6, -6 };

	for (unsigned i = 0; i < 4; i++) {
		struct capture_info info = fakelife_info, now = info;

		now.clocks.wall_offset_ns += ms[i] * 1000000;
		now.boot_offset_ns = 9;
		ck_assert(clocks_follow(&info, &now) == (i >= 2));
		ck_assert_int_eq(info.boot_offset_ns, i < 2 ? -7 : 9);
		ck_assert((info.clocks.wall_offset_ns ==
			   now.clocks.wall_offset_ns) == (i >= 2));
	}
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
	if (type == EVENT_STACK) {
		SWAP(stack_event, p, id);
		SWAP(stack_event, p, pid);
		SWAP(stack_event, p, kind);
		return;
	}
#define F(member) SWAP(fakelife_event, p, member)
	F(flow.lport), F(flow.rport), F(flow.family), F(flow.protocol);
	F(flow.netns), F(flow.owned), F(flow.pid), F(flow.tid), F(flow.uid);
	F(flow.cgroup), F(flow.id), F(bytes), F(kb), F(ms), F(hex), F(u64);
	F(s32), F(err), F(u16), F(why), F(kstack), F(ustack), F(where), F(s64);
#undef F
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
	SWAP(file_head, capfile.bytes, order);
	SWAP(file_head, capfile.bytes, version);
	SWAP(file_head, capfile.bytes, word);
	read_back(capfile.bytes, capfile.size);
	check_all();
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

	ck_assert_int_eq(capture_create(&c, capfile.path, &other_tool,
					&fakelife_info, &cap_err), 0);
	for (i = 0; i < 5; i++) {
		ev.state = (uint16_t)i;
		ev.why = (uint8_t)i;
		ck_assert_int_eq(capture_event(c, &ev.event), 0);
	}
	ck_assert_int_eq(capture_close(c, &cap_err), 0);
	free(capfile.bytes);
	capfile_load();
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
	read_back(capfile.bytes, capfile.size);
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
	read_back(capfile.bytes, capfile.size);
	ck_assert_uint_eq(got.rows, 5);
	ck_assert_str_eq(cell(0, "err_name"), "EPIPE");
}
END_TEST

/* ---- names ------------------------------------------------------------- */

/* Write @names of @member to the record at @to, those that are "" as well, as
 * it was done once; its end. */
static unsigned char *put_names(unsigned char *to, const char *member,
				const char *const *names)
{
	struct record_head head = { .type = REC_ENUM };
	char *p = (char *)to + sizeof(head);

	p = stpcpy(p, member) + 1;
	for (unsigned i = 0; names[i]; i++) {
		p += snprintf(p, 12, "%u", i) + 1;
		p = stpcpy(p, names[i]) + 1;
	}
	head.len = (uint32_t)(p - (char *)to - (long)sizeof(head));
	memcpy(to, &head, sizeof(head));
	return (unsigned char *)p;
}

/* The capture with such a record of @member. */
static void name_all(const char *member, const char *const *names)
{
	unsigned char *more = malloc(capfile.size + RECORD_MAX), *to = more;
	size_t at = sizeof(struct file_head);
	struct record_head h;

	to = mempcpy(to, capfile.bytes, at);
	for (; at < capfile.size; at += sizeof(h) + h.len) {
		const unsigned char *rec = capfile.bytes + at;

		memcpy(&h, rec, sizeof(h));
		if (h.type == REC_ENUM &&
		    !strcmp((const char *)rec + sizeof(h), member))
			to = put_names(to, member, names);
		else
			to = mempcpy(to, rec, sizeof(h) + h.len);
	}
	free(capfile.bytes);
	capfile.bytes = more;
	capfile.size = (size_t)(to - more);
}

struct named_event {
	struct event event;
	uint64_t value;
};

/* A capture of events of @t with these values in their only member. */
static void record_values(const struct tool *t, const uint64_t *v, unsigned n)
{
	struct named_event ev = {
		.event = { 5000000000, sizeof(ev), EVENT_ROW, 1 },
	};
	struct capture *c;

	ck_assert_int_eq(capture_create(&c, capfile.path, t, &fakelife_info,
					&cap_err), 0);
	for (unsigned i = 0; i < n; i++) {
		ev.value = v[i];
		ck_assert_int_eq(capture_event(c, &ev.event), 0);
	}
	ck_assert_int_eq(capture_close(c, &cap_err), 0);
	free(capfile.bytes);
	capfile_load();
}

static const char *const holed_states[] = {
	"CLOSED", "", "OPEN", "", "", "AJAR", NULL
};
static const struct column holed_columns[] = {
	COL_ENUM(struct named_event, value, holed_states, 5, "state", "S", 0,
		 "state"),
	{ .key = NULL },
};
static const struct tool holed_tool = {
	.name = "fakelife", .columns = holed_columns,
	.event_size = sizeof(struct named_event),
};

static void check_holes(void)
{
	read_back(capfile.bytes, capfile.size);
	ck_assert_int_eq(got.open, 0);
	ck_assert_uint_eq(got.rows, 6);
	ck_assert_str_eq(cell(0, "state"), "CLOSED");
	ck_assert_str_eq(cell(1, "state"), "1");
	ck_assert_str_eq(cell(2, "state"), "OPEN");
	ck_assert_str_eq(cell(3, "state"), "3");
	ck_assert_str_eq(cell(4, "state"), "4");
	ck_assert_str_eq(cell(5, "state"), "AJAR");
}

START_TEST(values_without_names)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 4, 5 };

	record_values(&holed_tool, values, 6);
	check_holes();
	name_all("state", holed_states);
	check_holes();
}
END_TEST

#define ETHERS 0x88cd
static const char *ethers[ETHERS + 1];
static const struct column ether_columns[] = {
	COL_ENUM(struct named_event, value, ethers, 5, "ether", "ETHER", C_KEY,
		 "protocol"),
	{ .key = NULL },
};
static const struct tool ether_tool = {
	.name = "trace", .columns = ether_columns, .flags = T_ASK,
	.event_size = sizeof(struct named_event),
};

static void check_ethers(void)
{
	capfile.find = tool_find;
	read_back(capfile.bytes, capfile.size);
	ck_assert_msg(!got.open, "%s", cap_err.msg);
	ck_assert_uint_eq(got.rows, 5);
	ck_assert_str_eq(cell(0, "ether"), "ETH_P_IP");
	ck_assert_str_eq(cell(1, "ether"), "ETH_P_IPV6");
	ck_assert_str_eq(cell(2, "ether"), "ETH_P_LLDP");
	/* next to one that has, and beyond all */
	ck_assert_str_eq(cell(3, "ether"), "2049");
	ck_assert_str_eq(cell(4, "ether"), "35277");
}

/* Few names, far apart. */
START_TEST(great_numbers)
{
	static const uint64_t values[] = { 0x800, 0x86dd, 0x88cc, 0x801,
					   0x89cd };

	for (unsigned i = 0; i < ETHERS; i++)
		ethers[i] = "";
	ethers[0x800] = "ETH_P_IP";
	ethers[0x86dd] = "ETH_P_IPV6";
	ethers[0x88cc] = "ETH_P_LLDP";
	record_values(&ether_tool, values, 5);
	/* nothing of what has none */
	ck_assert_uint_lt(capfile.size, 4096);
	check_ethers();
	name_all("ether", ethers);
	check_ethers();
}
END_TEST

Suite *suite_capture(void);
Suite *suite_capture(void)
{
	Suite *s = suite_create("capture");
	TCase *tc = tcase_create("capture");

	tcase_add_checked_fixture(tc, capfile_setup, capfile_teardown);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, clocks);
	tcase_add_test(tc, steps);
	tcase_add_test(tc, other_byte_order);
	tcase_add_test(tc, other_version);
	tcase_add_test(tc, other_errors);
	tcase_add_test(tc, values_without_names);
	tcase_add_test(tc, great_numbers);
	suite_add_tcase(s, tc);
	return s;
}
