/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests for rows: what columns they become. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "t/check.h"
#include "t/temp.h"
#include "tools/frontend/ask_record.h"
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

static const struct hook hooks[] = {
	{ .kind = HOOK_KPROBE, .target = "tcp_connect", .args = "" },
	{ .kind = HOOK_TRACEPOINT, .target = "sock/inet_sock_set_state",
	  .args = "" },
};

static struct ask ask = {
	.what = ASK_TRACE, .hooks = hooks, .nhooks = 2, .nkeys = 8,
	.keys = {
		{ .from = FROM_PID, .shape = SHAPE_U64, .name = "pid" },
		{ .from = FROM_COMM, .shape = SHAPE_COMM, .name = "comm" },
		{ .from = FROM_PROBE, .shape = SHAPE_U64, .name = "probe" },
		{ .from = FROM_ARG, .shape = SHAPE_U64, .name = "family" },
		{ .from = FROM_ARG, .shape = SHAPE_ADDR, .then = THEN_RADDR,
		  .name = "raddr" },
		{ .from = FROM_ARG, .shape = SHAPE_U64, .then = THEN_RPORT,
		  .name = "rport" },
		{ .from = FROM_RETVAL, .shape = SHAPE_S64, .then = THEN_S32,
		  .name = "retval" },
		{ .from = FROM_USTACK, .shape = SHAPE_STACK,
		  .name = "ustack" },
	},
};

static const struct column none[] = { { .key = NULL } };
static const struct tool base = {
	.name = "trace", .summary = "", .columns = none,
	.flags = T_ASK | T_COUNT | T_STACKS,
};

static struct ask_tool made;
static struct options opt;
static char *text;

static void setup(void)
{
	const struct ask_map map = { "", "", &ask };

	memset(&opt, 0, sizeof(opt));
	ck_assert_int_eq(ask_tool_init(&made, &base, &map, 1), 0);
	opt.tool = &made.tool;
}

static void teardown(void)
{
	ask_tool_release(&made);
	free(text);
	text = NULL;
}

/* As the engine lays it out. */
struct hit {
	struct event event;
	uint64_t pid;
	char comm[16];
	uint64_t probe, family;
	uint8_t raddr[16];
	uint64_t rport;
	int64_t retval, ustack;
};

static const struct clocks clocks;

static struct hit hit_of(unsigned i)
{
	struct hit hit = {
		.event = { .ns = i, .len = sizeof(hit), .type = EVENT_ROW },
		.pid = 42, .comm = "curl", .probe = i % 2, .family = 2 + i,
		.raddr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, (uint8_t)i },
		.rport = 443 * i, .retval = -(int64_t)i, .ustack = -EFAULT,
	};

	if (!i)
		memset(hit.raddr, 0, sizeof(hit.raddr));
	ck_assert_uint_eq(made.tool.event_size, sizeof(hit));
	return hit;
}

static void show(struct rows *r, unsigned i)
{
	struct hit hit = hit_of(i);

	ck_assert(rows_add(r, &hit.event, &clocks));
}

static const char *render(unsigned n)
{
	static const struct capture_info info = { .tool = "trace" };
	static const struct losses no_losses;
	struct rows *r;
	size_t len;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_start(r, &info);
	for (unsigned i = 0; i < n; i++)
		show(r, i);
	ck_assert(rows_end(r, &no_losses));
	rows_free(r);
	fclose(f);
	return text;
}

START_TEST(table)
{
	opt.columns = "pid,comm,probe,retval";
	ck_assert_str_eq(render(2),
		"PID     COMM             PROBE                              "
		"   RETVAL\n"
		"42      curl             kprobe:tcp_connect                 "
		"        0\n"
		"42      curl             tracepoint:sock/inet_sock_set_state"
		"       -1\n");
}
END_TEST

START_TEST(csv)
{
	opt.format = FMT_CSV;
	ck_assert_str_eq(render(3),
		"ts_ns,pid,comm,probe,family,raddr,rport,retval,ustack,"
		"ustack_err_name\n"
		"0,42,curl,kprobe:tcp_connect,AF_INET,,,0,,EFAULT\n"
		"1,42,curl,tracepoint:sock/inet_sock_set_state,3,10.0.0.1,443,"
		"-1,,EFAULT\n"
		"2,42,curl,kprobe:tcp_connect,4,10.0.0.2,886,-2,,EFAULT\n");
}
END_TEST

START_TEST(counted)
{
	opt.format = FMT_CSV;
	opt.count = true;
	opt.columns = "probe";
	ck_assert_str_eq(render(5), "probe,count\nkprobe:tcp_connect,3\n"
			 "tracepoint:sock/inet_sock_set_state,2\n");
	/* all of them are keys */
	opt.columns = NULL;
	render(5);
	ck_assert_ptr_nonnull(strstr(text, ",-4,,EFAULT,1\n"));
}
END_TEST

/* ---- captures of them -------------------------------------------------- */

static unsigned char *file;
static size_t size;

static void load(const char *path)
{
	FILE *f = fopen(path, "r");

	file = malloc(65536);
	size = fread(file, 1, 65536, f);
	fclose(f);
	unlink(path);
}

static void record(void)
{
	const struct capture_info info = { .tool = "trace" };
	char path[PATH_MAX];
	struct err e = { .no = 0 };
	struct capture *c;
	struct hit hit;

	close(temp_file(path));
	ck_assert_int_eq(capture_create(&c, path, &made.tool, &info, &e), 0);
	for (unsigned i = 0; i < 3; i++) {
		hit = hit_of(i);
		ck_assert_int_eq(capture_event(c, &hit.event), 0);
	}
	ck_assert_int_eq(capture_close(c, &e), 0);
	load(path);
}

/* What is in the file, as `text`; negative, or how it ended. */
static int replay(void)
{
	const struct losses no_losses = { .lost = 0 };
	struct capture_info info;
	const struct event *ev;
	struct losses losses;
	struct capture *c;
	struct rows *r;
	struct err e;
	size_t len;
	FILE *f;
	int rc;

	rc = capture_read(&c, fmemopen(file, size, "r"), tool_find, &opt.tool,
			  &info, &e);
	if (rc)
		return rc;
	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_start(r, &info);
	while ((rc = capture_next(c, &ev, &losses, &e)) > 0)
		ck_assert(rc == 2 || rows_add(r, ev, &clocks));
	ck_assert(rows_end(r, &no_losses));
	rows_free(r);
	fclose(f);
	capture_free(c);
	return rc;
}

START_TEST(recorded)
{
	static const enum format formats[] = { FMT_TABLE, FMT_JSON, FMT_CSV };
	char *live;

	record();
	for (size_t i = 0; i < 3; i++) {
		opt.format = formats[i];
		opt.tool = &made.tool;
		live = strdup(render(3));
		ck_assert_int_eq(replay(), 0);
		/* the version in NDJSON's first line apart */
		if (opt.format == FMT_JSON)
			ck_assert_str_eq(strchr(text, '\n'),
					 strchr(live, '\n'));
		else
			ck_assert_str_eq(text, live);
		free(live);
	}
	free(file);
}
END_TEST

/* The first @from in the file becomes @to. */
static void change(const char *from, const char *to, size_t n)
{
	unsigned char *at = memmem(file, size, from, n);

	ck_assert_ptr_nonnull(at);
	memcpy(at, to, n);
}

START_TEST(recorded_wrong)
{
	static const struct { const char *from, *to; size_t n; } wrong[] = {
		/* headings that a terminal would obey, or CSV */
		{ "RPORT", "RP\033RT", 5 }, { "RPORT", "RP,RT", 5 },
		/* columns there is no member for, or twice */
		{ "rport\0RPORT", "rporx\0RPORT", 11 },
		{ "rport\0RPORT", "raddr\0RPORT", 11 },
		/* of a kind, or of a size, that no request leads to */
		{ "rport\0unsigned\0port", "rport\0unsigned\0name", 19 },
		{ "comm\0bytes\0comm\0" "24\0" "16",
		  "comm\0bytes\0comm\0" "24\0" "17", 21 },
		/* and wide as nothing is */
		{ "PORT\0" "5\0", "PORT\0" "x\0", 7 },
		{ "tool\0trace", "tool\0track", 10 },
	};

	record();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		change(wrong[i].from, wrong[i].to, wrong[i].n);
		ck_assert_msg(replay() < 0, "%s", wrong[i].to);
		change(wrong[i].to, wrong[i].from, wrong[i].n);
	}
	ck_assert_int_eq(replay(), 0);
	free(file);
}
END_TEST

START_TEST(recorded_damaged)
{
	unsigned char old;

	record();
	for (size_t n = 0; n < size; n++) {
		for (unsigned bit = 0; bit < 8; bit += 3) {
			old = file[n];
			file[n] ^= (unsigned char)(1 << bit);
			replay();
			file[n] = old;
		}
	}
	ck_assert_int_eq(replay(), 0);
	free(file);
}
END_TEST

/* ---- of tallies -------------------------------------------------------- */

/* Two intervals of a histogram by probe and comm. */
static struct ask asked = {
	.what = ASK_LHIST, .hooks = hooks, .nhooks = 2, .nkeys = 2,
	.keys = {
		{ .from = FROM_PROBE, .shape = SHAPE_U64, .name = "probe" },
		{ .from = FROM_COMM, .shape = SHAPE_COMM, .name = "comm" },
	},
	.value = { .from = FROM_RETVAL, .shape = SHAPE_S64,
		   .name = "retval" },
	.min = -10, .max = 40, .step = 25,
};

/* And a count by kernel stack. */
static struct ask stacks = {
	.what = ASK_COUNT, .hooks = hooks, .nhooks = 1, .nkeys = 1,
	.keys = {
		{ .from = FROM_KSTACK, .shape = SHAPE_STACK, .name = "kstack" },
	},
};

static const struct ask_map one_map[] = { { "", "ns", &asked } };
static const struct ask_map two_maps[] = {
	{ "late", "ns", &asked }, { "where", "", &stacks },
};

struct tally_row {
	struct event event;
	uint64_t probe;
	char comm[16];
	int64_t kstack;			/* of two maps */
	uint64_t tally[ASK_TALLY_COLUMNS];
};

static void put_row(struct capture *c, const struct ask_tool *t,
		    struct tally_row row)
{
	uint8_t bytes[sizeof(row)];
	uint32_t end = t->tool.event_size - sizeof(row.tally);

	row.event.type = EVENT_ROW;
	row.event.len = t->tool.event_size;
	memcpy(bytes, &row, end);
	memcpy(bytes + end, row.tally, sizeof(row.tally));
	ck_assert_int_eq(capture_event(c, (struct event *)bytes), 0);
}

static void put_stack(struct capture *c, int64_t id, const char *frames)
{
	struct stack_event ev = {
		.event = { .type = EVENT_STACK }, .id = id,
		.kind = STACK_KERNEL,
	};

	strcpy(ev.text, frames);
	ev.event.len = (uint32_t)(offsetof(struct stack_event, text) +
				  strlen(frames));
	ck_assert_int_eq(capture_event(c, &ev.event), 0);
}

static void put_tally(struct capture *c, const struct ask_tool *t, bool two)
{
	const struct event print = { .ns = 2000000000, .len = sizeof(print),
				     .type = EVENT_PRINT };

	for (unsigned i = 0; i < 4; i++) {
		put_row(c, t, (struct tally_row){
			.probe = i / 2, .comm = "curl",
			.tally = { [ASK_SLOT] = i, [ASK_COUNTED] = 5 + i,
				   [ASK_TOTAL] = 55 },
		});
		if (two && i == 1) {
			put_stack(c, 1ll << 32 | 7, "    tcp_sendmsg+1\n");
			put_row(c, t, (struct tally_row){
				.kstack = 1ll << 32 | 7,
				.tally = { [ASK_COUNTED] = 3, [ASK_MAP] = 1 },
			});
			/* one that is of no map at all */
			put_row(c, t, (struct tally_row){
				.tally = { [ASK_COUNTED] = 3, [ASK_MAP] = 2 },
			});
		}
		if (i % 2)
			ck_assert_int_eq(capture_event(c, &print), 0);
	}
}

static void record_maps(const struct ask_map *maps, unsigned n)
{
	const struct capture_info info = {
		.tool = "lhist", .maps = maps, .nmaps = n, .intervals = true,
	};
	static const struct tool lhist = {
		.name = "lhist", .summary = "", .columns = none,
		.flags = T_ASK | T_TALLY | T_STACKS,
	};
	static struct ask_tool tally;
	struct capture *c;
	struct err e;
	char path[PATH_MAX];

	close(temp_file(path));
	ck_assert_int_eq(ask_tool_init(&tally, &lhist, maps, n), 0);
	ck_assert_int_eq(capture_create(&c, path, &tally.tool, &info, &e), 0);
	put_tally(c, &tally, n > 1);
	ck_assert_int_eq(capture_close(c, &e), 0);
	ask_tool_release(&tally);
	load(path);
}

static void record_tally(void)
{
	record_maps(one_map, 1);
}

/* Replay of the file, to @fd; its exit code, or negative. */
static int replay_to(int fd)
{
	struct capture_info info;
	struct capture *c;
	struct err e;
	int was, rc;

	rc = capture_read(&c, fmemopen(file, size, "r"), tool_find, &opt.tool,
			  &info, &e);
	if (rc < 0)
		return rc;
	if (info.nmaps) {
		was = dup(1);
		fflush(stdout);
		dup2(fd, 1);
		rc = ask_replay(c, &info, &opt);
		dup2(was, 1);
		close(was);
	}
	capture_free(c);
	return rc;
}

/* The same, to `text`. */
static int replay_tally(void)
{
	static char out[65536];
	int fd = memfd_create("out", 0), rc = replay_to(fd);
	ssize_t n = pread(fd, out, sizeof(out) - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	free(text);
	text = strdup(out);
	close(fd);
	return rc;
}

START_TEST(tallies)
{
	record_tally();
	setenv("TZ", "UTC", 1);
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "00:00:02\n@[kprobe:tcp_connect, "
				     "curl]:\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n\n00:00:02\n@[tracepoint:sock/"
				     "inet_sock_set_state, curl]:\n"));
	opt.format = FMT_CSV;
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	ck_assert_str_eq(text, "ts_ns,probe,comm,lo,hi,count\n"
		"2000000000,kprobe:tcp_connect,curl,,-11,5\n"
		"2000000000,kprobe:tcp_connect,curl,-10,14,6\n"
		"2000000000,tracepoint:sock/inet_sock_set_state,curl,15,39,7\n"
		"2000000000,tracepoint:sock/inet_sock_set_state,curl,40,,8\n");
	opt.format = FMT_JSON;
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	ck_assert_ptr_eq(strstr(text, "{\"tool\":\"lhist\",\"type\":\"start\","
				"\"ts_ns\":"), text);
	ck_assert_ptr_nonnull(strstr(text, "}\n{\"tool\":\"lhist\",\"type\":"
				     "\"end\",\"lost\":0,"));
	ck_assert_ptr_nonnull(strstr(text, "\"probe\":\"kprobe:tcp_connect\","
				     "\"comm\":\"curl\",\"count\":11,"
				     "\"total\":110,"));
	free(file);
}
END_TEST

/* Who stops reading is no failure, from the first line on. */
START_TEST(tallies_unread)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	record_tally();
	for (unsigned f = FMT_TABLE; f <= FMT_CSV; f++) {
		opt.format = (enum format)f;
		ck_assert_int_eq(pipe(fds), 0);
		close(fds[0]);
		ck_assert_int_eq(replay_to(fds[1]), EXIT_OK);
		close(fds[1]);
	}
	free(file);
}
END_TEST

START_TEST(tallies_of_maps)
{
	record_maps(two_maps, 2);
	setenv("TZ", "UTC", 1);
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "00:00:02\n@late[kprobe:tcp_connect,"
				     " curl]:\n"));
	ck_assert_ptr_nonnull(strstr(text, "@where[\n    tcp_sendmsg+1\n]: 3\n"
				     "\n00:00:02\n@late["));
	opt.format = FMT_JSON;
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "\"map\":\"late\","));
	ck_assert_ptr_nonnull(strstr(text, "\"probe\":\"kprobe:tcp_connect\","
				     "\"comm\":\"curl\",\"count\":11,"));
	/* keys are called as their map is */
	change("where.kstack", "there.kstack", 12);
	ck_assert_int_lt(replay_tally(), 0);
	free(file);
}
END_TEST

START_TEST(tallies_wrong)
{
	static const struct { const char *from, *to; size_t n; } wrong[] = {
		{ "what\0lhist", "what\0lhost", 10 },
		{ "step\0" "25", "step\0-5", 7 },
		{ "max\0" "40", "max\0-9", 6 }, /* -10 to -9 is right */
		{ "min\0-10", "min\0009910", 7 },
		{ "unit\0ns", "unit\0\033s", 7 },
		{ "count\0@count", "cound\0@count", 12 },
		{ "slot\0unsigned\0u64", "slot\0unsigned\0s64", 17 },
		{ "keys\0" "2", "keys\0" "3", 6 },
	};

	record_tally();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		change(wrong[i].from, wrong[i].to, wrong[i].n);
		ck_assert_msg((replay_tally() < 0) == (i != 2), "%s",
			      wrong[i].to);
		change(wrong[i].to, wrong[i].from, wrong[i].n);
	}
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	free(file);
}
END_TEST

START_TEST(tallies_damaged)
{
	int err = dup(2), null = open("/dev/null", O_WRONLY);
	unsigned char old;

	record_maps(_i ? two_maps : one_map, _i ? 2 : 1);
	dup2(null, 2);
	for (size_t n = 0; n < size; n++) {
		for (unsigned bit = 0; bit < 8; bit += 3) {
			old = file[n];
			file[n] ^= (unsigned char)(1 << bit);
			opt.format = (enum format)(n % 3);
			replay_tally();
			file[n] = old;
		}
	}
	dup2(err, 2);
	ck_assert_int_eq(replay_tally(), EXIT_OK);
	close(err);
	close(null);
	free(file);
}
END_TEST

Suite *suite_ask_tool(void);
Suite *suite_ask_tool(void)
{
	Suite *s = suite_create("ask-tool");
	TCase *tc = tcase_create("ask-tool");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table);
	tcase_add_test(tc, csv);
	tcase_add_test(tc, counted);
	tcase_add_test(tc, recorded);
	tcase_add_test(tc, recorded_wrong);
	tcase_add_test(tc, recorded_damaged);
	tcase_add_test(tc, tallies);
	tcase_add_test(tc, tallies_unread);
	tcase_add_test(tc, tallies_of_maps);
	tcase_add_test(tc, tallies_wrong);
	tcase_add_loop_test(tc, tallies_damaged, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
