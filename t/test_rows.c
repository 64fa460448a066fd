/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows: tables, times, column selection, counting, failing output. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "progs/superpong.h"
#include "t/check.h"
#include "t/fakelife.h"
#include "tools/frontend/rows_int.h"

static struct options opt;
static char *text;		/* what came out */
static size_t len;
static const struct losses none;

static void setup(void)
{
	memset(&opt, 0, sizeof(opt));
	opt.tool = &fakelife_tool;
	opt.time = TIME_NONE;
	setenv("TZ", "UTC", 1);
	tzset();
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

/* The rows of @n events, made by fakelife_fill() and changed by @change. */
static const char *render(unsigned n, void (*change)(struct fakelife_event *,
						     unsigned))
{
	struct fakelife_event ev;
	struct rows *r;
	FILE *f;
	unsigned i;

	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_start(r, &fakelife_info);
	for (i = 0; i < n; i++) {
		fakelife_fill(&ev, i);
		if (change)
			change(&ev, i);
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
	}
	ck_assert_uint_eq(rows_shown(r), n);
	ck_assert(rows_end(r, &none));
	rows_free(r);
	fclose(f);
	return text;
}

static const char *line(unsigned i)
{
	static char buf[4096];
	const char *p = text;

	while (i-- && p)
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
	ck_assert_ptr_nonnull(p);
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(p, "\n"), p);
	return buf;
}

START_TEST(table)
{
	render(3, NULL);
	ck_assert_str_eq(text,
"PID     COMM       IP LADDR           LPORT RADDR           RPORT   TX_KB       MS STATE  ERR\n"
"1000    curl       4  10.0.0.1        40000 10.0.0.2        443      1.23    12.35 CLOSED 0\n"
"1001    curl       6  2001:db8::1     40001 2001:db8::3     443      1.24    12.35 OPEN   0\n"
"1002    curl       4  10.0.0.1        40002 10.0.0.4        443      1.24   +12.35 CLOSED 0\n");
	opt.no_header = true;
	render(1, NULL);
	ck_assert_int_eq(strncmp(text, "1000 ", 5), 0);
}
END_TEST

static void nothing_known(struct fakelife_event *ev, unsigned i)
{
	uint32_t len_ = ev->event.len;
	uint64_t ns = ev->event.ns;

	(void)i;
	memset(ev, 0, sizeof(*ev));
	ev->event = (struct event){ .ns = ns, .len = len_, .type = EVENT_ROW };
}

START_TEST(table_unknown)
{
	opt.columns = "pid,tid,uid,comm,ip,netns,cgroup,cookie,raddr,err,"
		      "state,laddr";
	render(1, nothing_known);
	ck_assert_str_eq(line(1), "-       -       -      -          -  -"
			 "          -                         - -               "
			 "0            CLOSED -");
}
END_TEST

static void hostile(struct fakelife_event *ev, unsigned i)
{
	static const char *const comms[] = {
		"a\nb\x1b[2J\t\x7f", "tmux: server", "\xc3\xa9t\xc3\xa9",
		"\xff\xc3", "\xe2\x80\xae\x61\x62\x63", "0123456789abcdefX", "",
		"\xc2\x9bm", "\xf0\x9f\x98\x80",
	};
	size_t n = strlen(comms[i]);

	memset(ev->flow.comm, 0, 16);
	memcpy(ev->flow.comm, comms[i], n < 16 ? n : 16);
	ev->flow.owned = 1;
}

START_TEST(table_hostile_comm)
{
	opt.columns = "comm,rport";
	render(9, hostile);
	ck_assert_str_eq(line(1), "a?b?[2J??  443");
	ck_assert_str_eq(line(2), "tmux: server 443");
	/* aligned by columns, not bytes */
	ck_assert_str_eq(line(3), "\xc3\xa9t\xc3\xa9        443");
	ck_assert_str_eq(line(4), "??         443");
	ck_assert_str_eq(line(5), "?abc       443");
	ck_assert_str_eq(line(6), "0123456789abcdef 443");
	ck_assert_str_eq(line(7), "-          443");
	ck_assert_str_eq(line(8), "?m         443");
	ck_assert_str_eq(line(9), "\xf0\x9f\x98\x80         443");
}
END_TEST

static void long_v6(struct fakelife_event *ev, unsigned i)
{
	memset(ev->flow.raddr, 0xab, 16);
	ev->flow.family = i ? AF_INET6 : AF_INET;
	if (i == 1)
		memset(ev->flow.laddr, 0x11, 16);
}

START_TEST(table_wide)
{
	opt.columns = "ip,laddr,raddr,rx_bytes";
	render(3, long_v6);
	ck_assert_str_eq(line(2), "6  1111:1111:1111:1111:1111:1111:1111:1111 "
			 "abab:abab:abab:abab:abab:abab:abab:abab  1001");
	ck_assert_str_eq(line(3), "46 10.0.0.1        "
			 "abab:abab:abab:abab:abab:abab:abab:abab  1002");
	opt.wide = true;
	render(1, NULL);
	ck_assert_str_eq(line(0), "IP LADDR                                  "
			 " RADDR                                      RX");
	ck_assert_str_eq(line(1), "4  10.0.0.1                               "
			 " 10.0.0.2                                 1000");
	/* C_WIDE columns come with -w by themselves */
	opt.columns = NULL;
	render(0, NULL);
	ck_assert_ptr_nonnull(strstr(text, " RX\n"));
}
END_TEST

START_TEST(numbers)
{
	opt.columns = "cookie,id,big,delta,half,tiny,why,rx_bytes,err";
	render(4, NULL);
	ck_assert_str_eq(line(4), "            0x1234 0xfeedf00ddeadbeef "
			 "18446744073709551612    -8 65535  255 "
			 "reset, by peer  1003 EPIPE");
}
END_TEST

START_TEST(addresses)
{
	static const struct { uint8_t a[16]; const char *text; } t[] = {
		{ { 0 }, "::" },
		{ { [15] = 1 }, "::1" },
		{ { 1 }, "100::" },
		{ { 0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1 },
		  "2001:0:1::1:1:1" },
		/* one zero group is not shortened: RFC 5952, 4.2.2 */
		{ { 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 },
		  "1:0:1:1:1:1:1:1" },
		/* the first of two runs: 4.2.3 */
		{ { 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1 },
		  "1::1:0:0:1:1" },
		{ { 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
		  "1:0:0:1::1" },
		{ { [10] = 0xff, [11] = 0xff, 255, 255, 255, 255 },
		  "255.255.255.255" },
		{ { [10] = 0xff, [11] = 0xff }, "0.0.0.0" },
		{ { 0xfe, 0x80, [14] = 0xAB, 0xCD }, "fe80::abcd" },
	};
	char buf[64];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		*put_addr(buf, t[i].a) = 0;
		ck_assert_str_eq(buf, t[i].text);
	}
}
END_TEST

static void early(struct fakelife_event *ev, unsigned i)
{
	/* before the start, and before 1970 */
	if (i == 1)
		ev->event.ns = 5000000000 - 1500000;
	if (i == 2)
		ev->event.ns = 5000000000 - 1767323045123456789 - 1000000;
}

static const char *time_cell(enum time_col kind, unsigned i)
{
	opt.time = kind;
	opt.columns = "pid";
	render(3, early);
	return line(i);
}

START_TEST(times)
{
	ck_assert_str_eq(time_cell(TIME_REL, 0), "    TIME(s) PID");
	ck_assert_str_eq(time_cell(TIME_REL, 1), "   0.000000 1000");
	ck_assert_str_eq(time_cell(TIME_REL, 2), "  -0.001500 1001");
	ck_assert_str_eq(time_cell(TIME_WALL, 0), "        TIME PID");
	ck_assert_str_eq(time_cell(TIME_WALL, 1), "03:04:05.123 1000");
	ck_assert_str_eq(time_cell(TIME_WALL_UTC, 2), "03:04:05.121 1001");
	ck_assert_str_eq(time_cell(TIME_ISO, 1),
			 "2026-01-02T03:04:05.123456Z 1000");
	ck_assert_str_eq(time_cell(TIME_ISO, 3),
			 "1969-12-31T23:59:59.999000Z 1002");
	ck_assert_str_eq(time_cell(TIME_UNIX, 1), "1767323045.123456 1000");
	ck_assert_str_eq(time_cell(TIME_UNIX, 3), "        -0.001000 1002");
	ck_assert_str_eq(time_cell(TIME_MONO, 1), "     5.000000 1000");
	setenv("TZ", "XYZ-05:30", 1);
	tzset();
	ck_assert_str_eq(time_cell(TIME_WALL, 1), "08:34:05.123 1000");
	ck_assert_str_eq(time_cell(TIME_WALL_UTC, 1), "03:04:05.123 1000");
	setenv("TZ", "ABC+03:30", 1);
	tzset();
	ck_assert_str_eq(time_cell(TIME_WALL, 1), "23:34:05.123 1000");
}
END_TEST

/* The keys chosen by -o @columns, or the complaint. */
static const char *chosen(const char *columns)
{
	static char buf[1024];
	struct layout l;
	unsigned i;

	opt.columns = columns;
	if (layout_select(&l, &opt, buf, sizeof(buf)) < 0)
		return buf;
	buf[0] = 0;
	for (i = 0; i < l.ncols; i++)
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s",
			 i ? " " : "", l.cols[i]->key);
	return buf;
}

START_TEST(columns)
{
	ck_assert_str_eq(chosen("comm,pid"), "comm pid");
	ck_assert_str_eq(chosen("TX_KB,Pid,pid"), "tx_bytes pid");
	ck_assert_str_eq(chosen(NULL), "pid comm ip laddr lport raddr rport "
			 "tx_bytes duration_ns state err");
	ck_assert_str_eq(chosen("+netns,cgroup,-comm,pid,laddr"),
			 "ip lport raddr rport tx_bytes duration_ns state err "
			 "netns cgroup");
	ck_assert_str_eq(chosen("pid,comm,-pid,+uid"), "comm uid");
	opt.dns = true;
	ck_assert_ptr_nonnull(strstr(chosen(NULL), " query"));
	ck_assert_str_eq(chosen("query"), "query");
	opt.dns = false;
	ck_assert_ptr_null(strstr(chosen(NULL), "query"));
	opt.extended = true;
	ck_assert_ptr_nonnull(strstr(chosen(NULL), " cookie big delta"));
}
END_TEST

START_TEST(columns_wrong)
{
	const char *why = chosen("pid,rporz");

	ck_assert_int_eq(strncmp(why, "no column 'rporz'; did you mean rport",
				 37), 0);
	ck_assert_ptr_nonnull(strstr(why, "There are: pid, comm, ip, "));
	ck_assert_ptr_nonnull(strstr(why, ", why"));
	ck_assert_ptr_null(strstr(why, "query"));
	ck_assert_str_eq(chosen("query"), "column 'query' needs --dns");
	ck_assert_str_eq(chosen("pid,,comm"),
			 "empty column name in 'pid,,comm'");
	ck_assert_str_eq(chosen(""), "empty column name in ''");
	ck_assert_str_eq(chosen("+"), "empty column name in '+'");
	ck_assert_str_eq(chosen("pid,-pid"), "no columns left by 'pid,-pid'");
	ck_assert_ptr_nonnull(strstr(chosen("count"), "no column 'count'"));
	ck_assert_ptr_nonnull(strstr(chosen("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "There are"));
}
END_TEST

START_TEST(count)
{
	opt.count = true;
	opt.time = TIME_REL;
	render(20, NULL);
	/* 20 events, remote addresses by i % 2 and i % 7: 14 keys */
	ck_assert_str_eq(line(0), "RADDR           RPORT   TX_KB       MS"
			 "    COUNT");
	ck_assert_str_eq(line(1), "10.0.0.2        443      2.48   +24.69"
			 "        2");
	ck_assert_str_eq(line(6), "2001:db8::7     443      2.49   +24.69"
			 "        2");
	ck_assert_str_eq(line(14), "2001:db8::8     443      1.25    12.35"
			 "        1");
	opt.columns = "state,count,pid";
	opt.format = FMT_CSV;
	render(5, NULL);
	ck_assert_str_eq(text, "state,count,pid\nCLOSED,1,1000\nCLOSED,1,1002"
			 "\nCLOSED,1,1003\nCLOSED,1,\nOPEN,1,1001\n");
	opt.columns = "delta";
	opt.format = FMT_TABLE;
	render(2, NULL);
	ck_assert_str_eq(line(1), "   -6        1");
}
END_TEST

START_TEST(count_overflow)
{
	struct fakelife_event ev;
	struct rows *r;
	FILE *f = open_memstream(&text, &len);
	unsigned i;

	opt.count = true;
	opt.columns = "big";
	opt.format = FMT_JSON;
	r = rows_new(&opt, f);
	for (i = 0; i < TALLY_MAX + 7; i++) {
		fakelife_fill(&ev, i);
		rows_add(r, &ev.event, &fakelife_info.clocks);
	}
	/* keys that are there still count */
	fakelife_fill(&ev, 0);
	rows_add(r, &ev.event, &fakelife_info.clocks);
	ck_assert_uint_eq(rows_uncounted(r), 7);
	ck_assert_uint_eq(rows_shown(r), TALLY_MAX + 8);
	rows_end(r, &none);
	rows_free(r);
	fclose(f);
	ck_assert_str_eq(line(0), "{\"tool\":\"fakelife\",\"type\":\"count\","
			 "\"big\":18446744073709551615,\"count\":2}");
	ck_assert_ptr_nonnull(strstr(text, "\"uncounted\":7,"));
}
END_TEST

/* Echo requests that took @took_ns to answer; 0: they are ignored. */
static const char *pongs(const uint64_t *took_ns, unsigned n)
{
	struct superpong_event ev = {
		.event = { .len = sizeof(ev), .type = EVENT_ROW },
		.flow = { .family = AF_INET }, .asked = 1,
	};
	struct rows *r;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	opt.tool = tool_find("superpong");
	opt.count = true;
	opt.format = FMT_CSV;
	opt.columns = "asked,took_min_ns,took_avg_ns,took_max_ns";
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_start(r, &fakelife_info);
	for (unsigned i = 0; i < n; i++) {
		ev.took_ns = took_ns[i];
		rows_add(r, &ev.event, &fakelife_info.clocks);
	}
	rows_end(r, &none);
	rows_free(r);
	fclose(f);
	return line(1);
}

/* Of what is not known there is no least, no mean and no most. */
START_TEST(statistics)
{
	static const uint64_t took[] = { 16434, 0, 3165, 0, 2925, 0 };

	ck_assert_str_eq(pongs(took, 6), "6,2925,7508,16434,6");
	ck_assert_str_eq(pongs(took + 1, 1), "1,,,,1");
}
END_TEST

/* With -W - stdout is the recording's. */
START_TEST(recorded_to_stdout)
{
	opt.write_file = "-";
	render(3, NULL);
	ck_assert_str_eq(text, "");
	opt.count = true;
	render(3, NULL);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Write, or do not: the disk was full. */
static ssize_t write_or_not(void *full, const char *data, size_t n)
{
	(void)data;
	errno = ENOSPC;
	return *(bool *)full ? -1 : (ssize_t)n;
}

/* A summary below the rows: its failures are those of the rows. */
START_TEST(summary)
{
	struct tool t = fakelife_tool;
	struct fakelife_event ev;
	bool full = false;
	FILE *f = fopencookie(&full, "w", (cookie_io_functions_t){
			      .write = write_or_not });
	struct rows *r;

	t.flags |= T_SUMMARY;
	opt.tool = &t;
	opt.columns = "pid";
	r = rows_new(&opt, f);
	rows_start(r, &fakelife_info);
	for (unsigned i = 0; i < TALLY_MAX + 7; i++) {
		fakelife_fill(&ev, 0);
		memcpy(ev.flow.raddr, &i, sizeof(i));
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
	}
	ck_assert_uint_eq(rows_uncounted(r), 7);
	ck_assert(rows_flush(r));
	full = true;
	ck_assert(!rows_end(r, &none));
	ck_assert_int_eq(errno, ENOSPC);
	rows_free(r);
	fclose(f);
}
END_TEST

/* Add rows until the output fails; false when it never does. */
static bool add_until_failure(struct rows *r)
{
	struct fakelife_event ev;
	unsigned i;

	fakelife_fill(&ev, 0);
	for (i = 0; i < 10000; i++)
		if (!rows_add(r, &ev.event, &fakelife_info.clocks))
			return true;
	return false;
}

START_TEST(closed_pipe)
{
	struct rows *r;
	int fds[2];
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fds), 0);
	f = fdopen(fds[1], "w");
	r = rows_new(&opt, f);
	rows_start(r, &fakelife_info);
	close(fds[0]);
	ck_assert(!rows_flush(r));
	ck_assert_int_eq(errno, EPIPE);
	ck_assert(add_until_failure(r));
	ck_assert(rows_end(r, &none));
	rows_free(r);
	fclose(f);
}
END_TEST

START_TEST(full_disk)
{
	FILE *f = fopen("/dev/full", "w");
	struct rows *r;

	if (!f)
		return;
	r = rows_new(&opt, f);
	rows_start(r, &fakelife_info);
	/* when the buffer is full, not only when asked to flush */
	ck_assert(add_until_failure(r));
	errno = 0;
	ck_assert(!rows_end(r, &none));
	ck_assert_int_eq(errno, ENOSPC);
	rows_free(r);
	fclose(f);
}
END_TEST

START_TEST(short_events)
{
	struct fakelife_event ev;
	FILE *f = open_memstream(&text, &len);
	struct rows *r;
	uint32_t n;

	/* an event that ends early: what is not there is not known */
	opt.extended = true;
	r = rows_new(&opt, f);
	for (n = sizeof(struct event); n <= sizeof(ev); n++) {
		fakelife_fill(&ev, 1);
		ev.event.len = n;
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
	}
	ev.event.type = 999;
	ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
	ck_assert_uint_eq(rows_shown(r), sizeof(ev) + 1 - 16);
	rows_end(r, &none);
	rows_free(r);
	fclose(f);
	ck_assert_int_eq(strncmp(text, "-       -          -  -  ", 25), 0);
}
END_TEST

Suite *suite_rows(void);
Suite *suite_rows(void)
{
	Suite *s = suite_create("rows");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table);
	tcase_add_test(tc, table_unknown);
	tcase_add_test(tc, table_hostile_comm);
	tcase_add_test(tc, table_wide);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, times);
	tcase_add_test(tc, columns);
	tcase_add_test(tc, columns_wrong);
	tcase_add_test(tc, count);
	tcase_add_test(tc, count_overflow);
	tcase_add_test(tc, statistics);
	tcase_add_test(tc, recorded_to_stdout);
	tcase_add_test(tc, summary);
	tcase_add_test(tc, closed_pipe);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, short_events);
	suite_add_tcase(s, tc);
	return s;
}
