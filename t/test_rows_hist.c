/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --hist and -i: histograms of a column by key, and intervals. */
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/fakelife.h"
#include "t/json.h"
#include "tools/frontend/rows_int.h"

#define SECOND 1000000000ull
#define START (5 * SECOND)	/* of fakelife_info */

static struct options opt;
static char *text;		/* what came out */
static size_t len;
static FILE *out;
static struct rows *rows;
static uint64_t unknown;
static const struct losses none;

static void setup(void)
{
	memset(&opt, 0, sizeof(opt));
	opt.tool = &fakelife_tool;
	setenv("TZ", "UTC", 1);
	tzset();
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

static void begin(void)
{
	free(text);
	out = open_memstream(&text, &len);
	rows = rows_new(&opt, out);
	ck_assert_ptr_nonnull(rows);
	rows_start(rows, &fakelife_info);
}

static void end(void)
{
	ck_assert(rows_end(rows, &none));
	unknown = rows_unknown(rows);
	rows_free(rows);
	fclose(out);
}

/* An event @ms after the start, of a connection to port @port. */
static void add(uint64_t ms, uint16_t port, uint64_t took_ns)
{
	struct fakelife_event ev;

	fakelife_fill(&ev, 0);
	ev.event.ns = START + ms * 1000000;
	ev.flow.rport = port;
	ev.ms = took_ns;
	ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
}

/* The histogram of @column over @n events as fakelife_fill() makes them. */
static const char *hist_of(const char *column, unsigned n)
{
	struct fakelife_event ev;

	opt.hist = column;
	begin();
	for (unsigned i = 0; i < n; i++) {
		fakelife_fill(&ev, i);
		ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
	}
	end();
	return text;
}

static void three_ports(void)
{
	opt.hist = "MS";
	begin();
	add(1, 443, 999);		/* [0] us */
	add(2, 443, 300 * 1000 * 1000);
	add(3, 80, 1000);		/* [1] */
	add(4, 443, 1ull << 63 | 5000);	/* at least that */
	add(5, 443, 2000);
	add(6, 22, 3999);		/* [2, 4) */
	end();
}

/* The same, each slot counted by a program. */
static void three_ports_alike(void)
{
	static const struct {
		uint16_t port;
		uint64_t least_ns, n, total_us;
	} slots[] = {
		{ 443, 0, 1, 0 }, { 443, 262144000, 1, 300000 },
		{ 80, 1000, 1, 1 }, { 443, 2000, 3, 2 + 3 + 3 },
	};
	struct fakelife_event ev;

	opt.hist = "MS";
	begin();
	for (unsigned i = 0; i < 4; i++) {
		struct alike a = { slots[i].n, slots[i].total_us };

		fakelife_fill(&ev, 0);
		ev.flow.rport = slots[i].port;
		ev.ms = slots[i].least_ns;
		ck_assert(rows_add_alike(rows, &ev.event, &a,
					 &fakelife_info.clocks));
	}
	ck_assert_uint_eq(rows_shown(rows), 6);
	end();
}

/* ---- forms -------------------------------------------------------------- */

START_TEST(alike)
{
	opt.columns = "rport";
	opt.format = FMT_CSV;
	opt.no_header = true;
	three_ports_alike();
	ck_assert_ptr_nonnull(strstr(text, "80,1,1,1\n"));
	ck_assert_ptr_nonnull(strstr(text, "443,0,0,1\n"));
	ck_assert_ptr_nonnull(strstr(text, "443,2,3,3\n"));
	ck_assert_ptr_nonnull(strstr(text, "443,262144,524287,1\n"));
}
END_TEST

/* Of -c: what is summed is of all of them. */
START_TEST(alike_sum)
{
	struct alike a = { 1009, 41 * 1009 };
	struct fakelife_event ev;

	opt.count = true;
	opt.columns = "rport,tx_bytes";
	opt.format = FMT_CSV;
	opt.no_header = true;
	begin();
	fakelife_fill(&ev, 0);
	ev.flow.rport = 443;
	for (unsigned i = 0; i < 2; i++)
		ck_assert(rows_add_alike(rows, &ev.event, &a,
					 &fakelife_info.clocks));
	end();
	ck_assert_str_eq(text, "443,82738,2018\n");
}
END_TEST

START_TEST(table)
{
	opt.columns = "rport";
	three_ports();
	ck_assert_str_eq(text,
"@us[22]:\n"
"[2, 4)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
"\n"
"@us[80]:\n"
"[1]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
"\n"
"@us[443]:\n"
"[0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
"[1]                    0 |                                                    |\n"
"[2, 4)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
"[4, 8)                 0 |                                                    |\n"
"[8, 16)                0 |                                                    |\n"
"[16, 32)               0 |                                                    |\n"
"[32, 64)               0 |                                                    |\n"
"[64, 128)              0 |                                                    |\n"
"[128, 256)             0 |                                                    |\n"
"[256, 512)             0 |                                                    |\n"
"[512, 1K)              0 |                                                    |\n"
"[1K, 2K)               0 |                                                    |\n"
"[2K, 4K)               0 |                                                    |\n"
"[4K, 8K)               0 |                                                    |\n"
"[8K, 16K)              0 |                                                    |\n"
"[16K, 32K)             0 |                                                    |\n"
"[32K, 64K)             0 |                                                    |\n"
"[64K, 128K)            0 |                                                    |\n"
"[128K, 256K)           0 |                                                    |\n"
"[256K, 512K)           1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
"\n");
	ck_assert_uint_eq(unknown, 1);
}
END_TEST

START_TEST(percentiles)
{
	opt.columns = "rport,comm";
	opt.style = STYLE_PERCENTILES;
	opt.unit = UNIT_MS;
	opt.hist = "duration_ns";
	begin();
	add(1, 443, 3 * 1000 * 1000);
	add(1, 443, 40 * 1000 * 1000);
	add(1, 80, 3 * 1000 * 1000);
	end();
	ck_assert_str_eq(text,
"@ms[80, curl]: count 1, p50 3, p90 3, p99 3, max 3\n"
"@ms[443, curl]: count 2, p50 3, p90 63, p99 63, max 63\n");
}
END_TEST

START_TEST(bcc)
{
	opt.columns = "rport,comm";
	opt.style = STYLE_BCC;
	opt.unit = UNIT_MS;
	opt.hist = "duration_ns";
	begin();
	add(1, 443, 3 * 1000 * 1000);
	end();
	ck_assert_str_eq(text,
"rport = 443, comm = curl\n"
"     ms                  : count    distribution\n"
"         0 -> 1          : 0        |                                        |\n"
"         2 -> 3          : 1        |****************************************|\n"
"\n");
}
END_TEST

START_TEST(csv)
{
	opt.columns = "rport";
	opt.format = FMT_CSV;
	three_ports();
	ck_assert_str_eq(text, "ts_ns,rport,lo,hi,count\n"
			 "5006000000,22,2,3,1\n"
			 "5006000000,80,1,1,1\n"
			 "5006000000,443,0,0,1\n"
			 "5006000000,443,2,3,1\n"
			 "5006000000,443,262144,524287,1\n");
}
END_TEST

START_TEST(json)
{
	const char *p, *stop;

	opt.columns = "rport";
	opt.format = FMT_JSON;
	three_ports();
	for (p = text; *p; p = stop + 1) {
		stop = strchr(p, '\n');
		ck_assert_msg(json_valid(p, (size_t)(stop - p)), "%.*s",
			      (int)(stop - p), p);
	}
	ck_assert_ptr_nonnull(strstr(text, "{\"tool\":\"fakelife\","
		"\"type\":\"group\",\"ts_ns\":5006000000,"
		"\"time\":\"2026-01-02T03:04:05.129456789Z\",\"rport\":443,"
		"\"column\":\"duration_ns\",\"unit\":\"us\",\"count\":3,"
		"\"total\":300002,\"average\":100000,\"p50\":3,"
		"\"p90\":524287,\"p99\":524287,\"buckets\":["
		"{\"lo\":0,\"hi\":0,\"count\":1},{\"lo\":2,\"hi\":3,"
		"\"count\":1},{\"lo\":262144,\"hi\":524287,\"count\":1}]}\n"));
	ck_assert_ptr_nonnull(strstr(text, "\"type\":\"end\",\"shown\":6,"
				     "\"uncounted\":0,\"unknown\":1,"));
}
END_TEST

/* ---- values and keys ---------------------------------------------------- */

START_TEST(values)
{
	opt.format = FMT_CSV;
	opt.columns = "half";
	ck_assert_str_eq(hist_of("delta", 2), "ts_ns,half,lo,hi,count\n"
			 "5001000001,65535,,-1,2\n");
	ck_assert_str_eq(hist_of("big", 3), "ts_ns,half,lo,hi,count\n"
			 "5002000002,65535,9223372036854775807,,3\n");
	ck_assert_str_eq(hist_of("tx_bytes", 1), "ts_ns,half,lo,hi,count\n"
			 "5000000000,65535,1024,2047,1\n");
	opt.unit = UNIT_NS;
	ck_assert_str_eq(hist_of("duration_ns", 3), "ts_ns,half,lo,hi,count\n"
			 "5002000002,65535,8388608,16777215,2\n");
	ck_assert_uint_eq(unknown, 1);
	opt.unit = UNIT_MS;
	ck_assert_str_eq(hist_of("duration_ns", 2), "ts_ns,half,lo,hi,count\n"
			 "5001000001,65535,8,15,2\n");
	opt.unit = UNIT_DEFAULT;
	/* whose it is is not known of the fifth */
	ck_assert_str_eq(hist_of("pid", 5), "ts_ns,half,lo,hi,count\n"
			 "5004000004,65535,512,1023,4\n");
	ck_assert_uint_eq(unknown, 1);
	ck_assert_str_eq(hist_of("pid", 0), "ts_ns,half,lo,hi,count\n");
}
END_TEST

/* The first line of the table. */
static const char *head_of(const char *column)
{
	static char buf[200];

	hist_of(column, 1);
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(text, "\n"), text);
	return buf;
}

START_TEST(keys)
{
	struct tool own = fakelife_tool;

	ck_assert_str_eq(head_of("MS"), "@us[10.0.0.2, 443]:");
	ck_assert_str_eq(head_of("rx_bytes"), "@rx_bytes[10.0.0.2, 443]:");
	opt.columns = "+err,state,-rport";
	ck_assert_str_eq(head_of("MS"), "@us[10.0.0.2, 0, CLOSED]:");
	opt.columns = "-raddr,rport";
	ck_assert_str_eq(head_of("MS"), "@us:");
	own.hist_keys = "comm,pid";
	opt.tool = &own;
	opt.columns = NULL;
	ck_assert_str_eq(head_of("MS"), "@us[curl, 1000]:");
	opt.columns = "+rport,-pid";
	ck_assert_str_eq(head_of("MS"), "@us[curl, 443]:");
	opt.columns = "rport";
	ck_assert_str_eq(head_of("MS"), "@us[443]:");
}
END_TEST

/* What is drawn must be read, though it is no key. */
START_TEST(wanted)
{
	const struct column *col = fakelife_tool.columns;

	while (strcmp(col->key, "big"))
		col++;
	ck_assert(!column_wanted(&opt, col));
	opt.hist = "BIG";
	ck_assert(column_wanted(&opt, col));
}
END_TEST

static const char *why_not(const char *column)
{
	static char buf[1024];
	struct layout l;

	opt.hist = column;
	ck_assert_int_lt(layout_select(&l, &opt, buf, sizeof(buf)), 0);
	return buf;
}

START_TEST(wrong_columns)
{
	ck_assert_ptr_nonnull(strstr(why_not("duratoin_ns"), "no column "
		"'duratoin_ns'; did you mean duration_ns?"));
	ck_assert_ptr_nonnull(strstr(why_not("raddr"), "--hist: column 'raddr' "
		"is no number and no duration. There are: pid, tx_bytes, "
		"duration_ns, "));
	ck_assert_ptr_null(strstr(why_not("comm"), "query"));
	opt.columns = "rporz";
	ck_assert_ptr_nonnull(strstr(why_not("MS"), "no column 'rporz'"));
}
END_TEST

/* ---- intervals ---------------------------------------------------------- */

/* Every event is in one interval, whichever tells that it is over. */
START_TEST(intervals)
{
	opt.hist = "MS";
	opt.columns = "rport";
	opt.format = FMT_CSV;
	opt.interval_ns = SECOND;
	begin();
	add(999, 443, 1000);
	add(1000, 443, 1000);
	add(900, 443, 1000);		/* late: in the next */
	rows_tick(rows, START + 2 * SECOND - 1, &fakelife_info.clocks);
	rows_tick(rows, START + 2 * SECOND, &fakelife_info.clocks);
	rows_tick(rows, START + 3 * SECOND, &fakelife_info.clocks);
	add(3500, 80, 1000);
	add(9500, 80, 1000);
	end();
	ck_assert_str_eq(text, "ts_ns,rport,lo,hi,count\n"
			 "6000000000,443,1,1,1\n"
			 "7000000000,443,1,1,2\n"
			 "9000000000,80,1,1,1\n"
			 "14500000000,80,1,1,1\n");
}
END_TEST

static void check_start(const char *want)
{
	ck_assert_msg(!strncmp(text, want, strlen(want)), "%s", text);
}

/* Ticks show that time passes; an event that comes late does not show all
 * that it passed over, which may be centuries. */
START_TEST(interval_lines)
{
	opt.count = true;
	opt.columns = "rport";
	opt.interval_ns = SECOND;
	begin();
	add(500, 443, 1);
	rows_tick(rows, START + SECOND, &fakelife_info.clocks);
	rows_tick(rows, START + 2 * SECOND, &fakelife_info.clocks);
	add(2500, 22, 1);
	add((1ull << 62) / 1000000, 80, 1);
	add(2600, 80, 1);
	end();
	check_start(
"03:04:06\n"
"RPORT    COUNT\n"
"443          1\n"
"\n"
"03:04:07\n"
"RPORT    COUNT\n"
"\n"
"03:04:08\n"
"RPORT    COUNT\n"
"22           1\n"
"\n");
	ck_assert_ptr_nonnull(strstr(text, "\n80           2\n"));
	ck_assert_uint_lt(len, 160);
}
END_TEST

START_TEST(interval_json)
{
	opt.count = true;
	opt.columns = "rport";
	opt.format = FMT_JSON;
	opt.interval_ns = SECOND;
	begin();
	add(500, 443, 1);
	end();
	ck_assert_ptr_nonnull(strstr(text, "{\"tool\":\"fakelife\","
		"\"type\":\"count\",\"ts_ns\":5500000000,"
		"\"time\":\"2026-01-02T03:04:05.623456789Z\",\"rport\":443,"
		"\"count\":1}\n"));
	opt.format = FMT_CSV;
	begin();
	add(500, 443, 1);
	end();
	ck_assert_str_eq(text, "ts_ns,rport,count\n5500000000,443,1\n");
}
END_TEST

/* More keys than there is room for are counted, and those there are go on. */
START_TEST(many)
{
	opt.hist = "MS";
	opt.columns = "id";
	opt.format = FMT_CSV;
	opt.no_header = true;
	begin();
	for (uint64_t i = 0; i < 2 * (SPREAD_MAX + 7); i++) {
		struct fakelife_event ev;

		fakelife_fill(&ev, 0);
		ev.flow.id = i % (SPREAD_MAX + 7);
		ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
	}
	ck_assert_uint_eq(rows_uncounted(rows), 14);
	end();
	ck_assert_ptr_nonnull(strstr(text, ",0x0,8192,16383,2\n"));
	ck_assert_ptr_nonnull(strstr(text, ",0xffff,8192,16383,2\n"));
	ck_assert_ptr_null(strstr(text, ",0x10000,"));
}
END_TEST

/* Nothing at all: the header of CSV, once, and no histogram. */
START_TEST(empty)
{
	opt.hist = "MS";
	begin();
	end();
	ck_assert_str_eq(text, "");
	opt.format = FMT_CSV;
	begin();
	end();
	ck_assert_str_eq(text, "ts_ns,raddr,rport,lo,hi,count\n");
	opt.no_header = true;
	begin();
	add(1, 443, 1000);
	end();
	ck_assert_str_eq(text, "5001000000,10.0.0.2,443,1,1,1\n");
}
END_TEST

Suite *suite_rows_hist(void);
Suite *suite_rows_hist(void)
{
	Suite *s = suite_create("rows_hist");
	TCase *tc = tcase_create("rows_hist");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table);
	tcase_add_test(tc, percentiles);
	tcase_add_test(tc, bcc);
	tcase_add_test(tc, csv);
	tcase_add_test(tc, json);
	tcase_add_test(tc, values);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, wanted);
	tcase_add_test(tc, wrong_columns);
	tcase_add_test(tc, intervals);
	tcase_add_test(tc, interval_lines);
	tcase_add_test(tc, interval_json);
	tcase_add_test(tc, many);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, alike);
	tcase_add_test(tc, alike_sum);
	suite_add_tcase(s, tc);
	return s;
}
