/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tools of totals: rows that are differences, and what is made of them. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "progs/ipecn.h"
#include "progs/tcptop.h"
#include "t/check.h"
#include "t/fakelife.h"
#include "t/optrun.h"
#include "tools/frontend/run.h"
#include "tools/frontend/rows_int.h"

#define SECOND 1000000000ull
#define START (5 * SECOND)	/* of fakelife_info */

static struct tcptop_event event(uint64_t id, uint64_t tx, uint64_t rx)
{
	return (struct tcptop_event){
		.event = { .len = sizeof(struct tcptop_event),
			   .type = EVENT_TOTAL },
		.flow = { .laddr = { [10] = 0xff, 0xff, 10, 0, 0, 1 },
			  .raddr = { [10] = 0xff, 0xff, 10, 0, 0, 2 },
			  .lport = (uint16_t)id, .rport = 443, .id = id,
			  .family = AF_INET, .owned = 1, .pid = 7,
			  .comm = "web" },
		.tx_bytes = tx, .rx_bytes = rx,
	};
}

/* ---- differences -------------------------------------------------------- */

static struct totals *totals;

static void setup(void)
{
	totals = totals_new(tool_find("tcptop"));
	ck_assert_ptr_nonnull(totals);
}

static void teardown(void)
{
	totals_free(totals);
}

/* @id has come to @tx and @rx: so much is in the row, if there is one. */
static void expect(uint64_t id, uint64_t tx, uint64_t rx, bool last,
		   uint64_t row_tx, uint64_t row_rx)
{
	struct tcptop_event ev = event(id, tx, rx);

	ck_assert_int_eq(totals_row(totals, &ev.event, last),
			 row_tx || row_rx);
	ck_assert_uint_eq(ev.event.type, EVENT_ROW);
	ck_assert_uint_eq(ev.tx_bytes, row_tx);
	ck_assert_uint_eq(ev.rx_bytes, row_rx);
}

START_TEST(differences)
{
	expect(1, 100, 7, false, 100, 7);
	expect(2, 5, 0, false, 5, 0);
	expect(1, 100, 7, false, 0, 0);
	expect(1, 300, 7, false, 200, 0);
	expect(1, 200, 9, false, 0, 2);		/* read before the last */
	expect(1, 301, 9, true, 1, 0);
	expect(1, 50, 0, false, 50, 0);		/* as if it were new */
	expect(2, 6, 1, true, 1, 1);
}
END_TEST

/* Ids that have the same place in the table, and leave it in any order. */
START_TEST(many)
{
	enum { N = 5003 };

	for (uint64_t i = 1; i <= N; i++)
		expect(i * 512, i, 1, false, i, 1);
	for (uint64_t i = 1; i <= N; i += 2)
		expect(i * 512, i, 1, true, 0, 0);
	for (uint64_t i = 2; i <= N; i += 2)
		expect(i * 512, i + 3, 1, false, 3, 0);
	for (uint64_t i = 1; i <= N; i += 2)
		expect(i * 512, i, 0, false, i, 0);
	ck_assert_uint_eq(totals_unknown(totals), 0);
}
END_TEST

/* ---- blocks ------------------------------------------------------------- */

static struct optrun run;
static struct rows *rows;
static struct clocks clocks;
static FILE *out;
static char *text;
static size_t len;

static void begin_tool(const char *tool, const char *options)
{
	ck_assert_int_eq(optrun(&run, tool_find(tool), false, options), -1);
	out = open_memstream(&text, &len);
	rows = rows_new(&run.o, out);
	ck_assert_ptr_nonnull(rows);
	clocks = fakelife_info.clocks;
	rows_start(rows, &fakelife_info);
}

static void begin(const char *options)
{
	begin_tool("tcptop", options);
}

static void add(uint64_t ms, uint16_t lport, const char *comm, uint64_t tx,
		uint64_t rx)
{
	struct tcptop_event ev = event(lport, tx, rx);

	ev.event.type = EVENT_ROW;
	ev.event.ns = START + ms * 1000000;
	memset(ev.flow.comm, 0, sizeof(ev.flow.comm));
	memcpy(ev.flow.comm, comm, strlen(comm));
	ck_assert(rows_add(rows, &ev.event, &clocks));
}

static void tick(unsigned seconds)
{
	rows_tick(rows, START + seconds * SECOND, &clocks);
}

static const char *end(void)
{
	static const struct losses none;

	ck_assert(rows_end(rows, &none));
	rows_free(rows);
	fclose(out);
	return text;
}

static void free_text(void)
{
	free(text);
	text = NULL;
}

#define HEADER "  TX_KB   RX_KB PID     COMM         LADDR           LPORT " \
	       "RADDR           RPORT\n"

/* What came twice is one row; what is left at the end is another block. */
START_TEST(blocks)
{
	begin("-S");
	add(1, 1001, "web", 1024, 0);
	add(2, 1002, "db", 10240, 512);
	add(3, 1001, "web", 1024, 1024);
	add(1001, 1002, "db", 1, 1023);
	tick(2);
	tick(3);
	add(3400, 1001, "web", 2048, 0);
	ck_assert_str_eq(end(),
HEADER
"  10.00    0.50 7       db           10.0.0.1        1002  10.0.0.2        443\n"
"   2.00    1.00 7       web          10.0.0.1        1001  10.0.0.2        443\n"
"\n" HEADER
"   0.00    1.00 7       db           10.0.0.1        1002  10.0.0.2        443\n"
"\n" HEADER "\n" HEADER
"   2.00    0.00 7       web          10.0.0.1        1001  10.0.0.2        443\n");
}
END_TEST

/* What takes two columns, or none, does not push what follows. */
START_TEST(wide)
{
	begin("-S -H -o comm,lport,tx_bytes");
	add(1, 1001, "\u65e5\u672c\u8a9e", 2048, 0);
	add(1, 1002, "cafe\u0301", 1024, 0);
	tick(1);
	ck_assert_str_eq(end(),
"\u65e5\u672c\u8a9e       1001     2.00\n"
"cafe\u0301         1002     1.00\n");
}
END_TEST

START_TEST(by)
{
	begin("--csv -s received --by comm 2 1");
	add(1, 1001, "web", 1000, 1);
	add(2, 1002, "db", 10, 3);
	add(3, 1003, "web", 1000, 1);
	ck_assert(!rows_enough(rows));
	tick(2);
	ck_assert(rows_enough(rows));
	add(2001, 1003, "web", 1000, 1);
	ck_assert_str_eq(strchr(end(), '\n'), "\n"
"7000000000,10,3,db\n"
"7000000000,2000,2,web\n");
}
END_TEST

/* Per second, also of a last interval that is shorter. */
START_TEST(rates)
{
	begin("-S -H 10 -r 1 -o lport,tx_bytes,tx_bytes_per_s,rx_bytes_per_s");
	add(1, 1001, "web", 102400, 0);
	add(2, 1002, "db", 10, 0);
	tick(10);
	add(12000, 1002, "db", 1024, 4096);
	ck_assert_str_eq(end(),
"1001   100.00   10.00    0.00\n"
"\n"
"1002     1.00    0.50    2.00\n");
}
END_TEST

/* Of two peers, one of which sends no marks. */
static const char *marks(const char *options)
{
	struct ipecn_event ev = {
		.event = { .ns = START, .len = sizeof(ev), .type = EVENT_ROW },
		.flow = { .family = AF_INET, .protocol = IPPROTO_UDP,
			  .raddr = { [10] = 0xff, 0xff, 10, 0, 0, 2 } },
		.ect0 = 3, .ce = 1, .not_ect = 7, .dev = "eth0",
	};

	begin_tool("ipecn", options);
	ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
	ev.ect0 = ev.ce = 0;
	ev.flow.raddr[15] = 3;
	ev.not_ect = 1009;
	ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
	return end();
}

static bool is_wanted(const char *key)
{
	const struct column *col = run.o.tool->columns;

	while (strcmp(col->key, key))
		col++;
	return column_wanted(&run.o, col);
}

/* Sums, too, are hidden unless asked for, and so is what has only these. */
START_TEST(on_demand)
{
	ck_assert_str_eq(marks("--csv -o -laddr"),
"ts_ns,ect0,ect1,ce,ce_percent,raddr,proto,dev\n"
"5000000000,3,0,1,25.00,10.0.0.2,udp,eth0\n");
	ck_assert(is_wanted("ce") && !is_wanted("not_ect") &&
		  !is_wanted("ece"));
	free_text();
	ck_assert_str_eq(marks("--csv -o raddr,not_ect"),
"ts_ns,raddr,not_ect\n"
"5000000000,10.0.0.3,1009\n"
"5000000000,10.0.0.2,7\n");
	ck_assert(is_wanted("not_ect"));
}
END_TEST

/* Nobody looks from 1.2 s to 31.5 s, nor, at the end, from 32 s to 40.5 s. */
START_TEST(late)
{
	begin("--csv -o lport,tx_bytes,tx_bytes_per_s");
	add(1, 1001, "web", 1000, 0);
	tick(1);
	add(1200, 1002, "db", 600, 0);
	ck_assert_uint_eq(rows_last(rows, START + 2 * SECOND),
			  START + 2 * SECOND - 1);
	ck_assert_uint_eq(rows_last(rows, START + 31 * SECOND + SECOND / 2),
			  START + 31 * SECOND - 1);
	clocks.late_ns = START + 31 * SECOND - 1;
	add(30999, 1001, "web", 30000, 0);
	tick(31);
	add(31999, 1001, "web", 100, 0);
	tick(32);
	clocks.late_ns = START + 40 * SECOND + SECOND / 2;
	add(40500, 1001, "web", 8500, 0);
	ck_assert_str_eq(strchr(end(), '\n'), "\n"
"6000000000,1001,1000,1000\n"
"36000000000,1001,30000,1000\n"
"36000000000,1002,600,20\n"
"37000000000,1001,100,100\n"
"45500000000,1001,8500,1000\n");
}
END_TEST

/* A recording has no ticks where nothing was: until 10 s. */
START_TEST(late_replayed)
{
	begin("--csv -o lport,tx_bytes,tx_bytes_per_s");
	add(1, 1001, "web", 1000, 0);
	clocks.late_from_ns = START + 10 * SECOND;
	clocks.late_ns = START + 14 * SECOND - 1;
	add(13999, 1001, "web", 4000, 0);
	add(14500, 1001, "web", 100, 0);
	ck_assert_str_eq(strchr(end(), '\n'), "\n"
"6000000000,1001,1000,1000\n"
"19000000000,1001,4000,1000\n"
"19500000000,1001,100,200\n");
}
END_TEST

/* What is shown as a rate, too, counts once in what rows are sorted by, and
 * what is shown as a rate alone counts. */
START_TEST(rates_sorted)
{
	begin("-S -H -r 1 -o lport,tx_bytes_per_s,tx_bytes,rx_bytes");
	add(1, 1001, "web", 6144, 0);
	add(2, 1002, "db", 0, 10240);
	ck_assert_str_eq(end(), "1002     0.00    0.00   10.00\n");
	free_text();
	begin("-S -H -r 1 -o lport,tx_bytes,rx_bytes_per_s");
	add(1, 1001, "web", 6144, 0);
	add(2, 1002, "db", 0, 10240);
	tick(1);
	ck_assert_str_eq(end(), "1002     0.00   10.00\n");
}
END_TEST

/* The interval is said once, by -i or by a word, which may have a count. */
START_TEST(intervals)
{
	static const char *const twice[] = { "-i 2 5", "5 -i 2", "-i .2 1 3" };
	static const char *const names[] = { "tcptop", "sosnap" };
	const struct tool *t;

	for (unsigned i = 0; i < 6; i++) {
		t = tool_find(names[i % 2]);
		ck_assert_int_eq(optrun(&run, t, false, twice[i / 2]),
				 EXIT_USAGE);
		ck_assert_ptr_nonnull(strstr(run.err, "is an interval, as -i "
						      "is"));
	}
	ck_assert_int_eq(optrun(&run, tool_find("tcptop"), false, "2 5"), -1);
	ck_assert_uint_eq(run.o.interval_ns, 2 * SECOND);
	ck_assert_uint_eq(run.o.max_intervals, 5);
	ck_assert_int_eq(optrun(&run, tool_find("tcptop"), false, "-i 2"), -1);
	ck_assert_uint_eq(run.o.interval_ns, 2 * SECOND);
}
END_TEST

START_TEST(refused)
{
	static const char *const bad[][2] = {
		{ "-s comm", "cannot sort by 'comm'" },
		{ "-s recieved", "did you mean received?" },
		{ "--by reddr", "no column 'reddr'; did you mean raddr?" },
		{ "-o +count", "no column 'count'" },
	};
	struct layout l;
	char why[1024];

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(optrun(&run, tool_find("tcptop"), false,
					bad[i][0]), -1);
		ck_assert_int_lt(layout_select(&l, &run.o, why, sizeof(why)),
				 0);
		ck_assert_msg(strstr(why, bad[i][1]), "%s: %s", bad[i][0], why);
	}
	ck_assert_int_eq(optrun(&run, tool_find("tcptop"), false, "1 2 3"),
			 EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(run.err, "unexpected argument '3'"));
}
END_TEST

Suite *suite_totals(void);

Suite *suite_totals(void)
{
	Suite *s = suite_create("totals");
	TCase *tc = tcase_create("differences");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, differences);
	tcase_add_test(tc, many);
	suite_add_tcase(s, tc);
	tc = tcase_create("blocks");
	tcase_add_checked_fixture(tc, NULL, free_text);
	tcase_add_test(tc, blocks);
	tcase_add_test(tc, wide);
	tcase_add_test(tc, by);
	tcase_add_test(tc, rates);
	tcase_add_test(tc, on_demand);
	tcase_add_test(tc, late);
	tcase_add_test(tc, late_replayed);
	tcase_add_test(tc, rates_sorted);
	tcase_add_test(tc, intervals);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	return s;
}
