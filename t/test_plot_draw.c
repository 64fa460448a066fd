/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is drawn of rows, and that nothing hostile gets through. */
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/fakelife.h"
#include "t/random.h"
#include "tools/frontend/plot.h"

static const struct plot_of plot_of = {
	.panels = { { "cwnd,limit", "segments" }, { "queued", "bytes" } },
	.by = "id", .about = "comm,port", .mark = "event=loss",
};
static const struct tool drawn = { .name = "drawn", .plot = &plot_of };
#define HEADER "elapsed_ns,event,id,comm,port,cwnd,limit,queued\n"

static struct plot_want want;
static struct plot_data *data;
static struct plot plot;
static char *text;
static size_t len;

static void setup(void)
{
	memset(&want, 0, sizeof(want));
	text = NULL;
	data = NULL;
}

static void teardown(void)
{
	plot_data_free(data);
	free(text);
}

static bool feed_to(const struct tool *t, const char *csv)
{
	plot_data_free(data);
	data = plot_data_new(&want, t);
	ck_assert_ptr_nonnull(data);
	return plot_data_feed(data, csv, strlen(csv)) && plot_data_end(data);
}

static bool feed(const char *csv)
{
	return feed_to(&drawn, csv);
}

static void draw(const char *csv)
{
	ck_assert(feed(csv));
	ck_assert(plot_data_choose(data, &plot));
}

static const char *svg(void)
{
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	plot_fit(&plot, 10, 6);
	plot_svg(f, &plot);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "</svg>\n"));
	return text;
}

static const char *chars(unsigned cols, unsigned rows, bool fancy)
{
	struct plot_screen s = { cols, rows, fancy };
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	plot_text_fit(&plot, &s);
	plot_text(f, &plot, &s);
	fclose(f);
	return text;
}

/* ---- what is drawn ----------------------------------------------------- */

static void refused(const char *csv_text, const char *why)
{
	uint64_t line;

	ck_assert(!feed(csv_text));
	ck_assert_str_eq(plot_data_why(data, &line), why);
	ck_assert_uint_eq(line, 0);
}

START_TEST(one_of_several)
{
	draw(HEADER
	     "1000000000,new,a,web,80,10,,0\n"
	     "1500000000,rcv,b,cat,81,7,,0\n"
	     "3000000000,loss,a,web,80,20,5,4096\n");
	ck_assert_str_eq(plot.title, "web 80, 1 of 2");
	ck_assert_str_eq(plot.mark, "loss");
	ck_assert_str_eq(plot.x_unit, "seconds");
	ck_assert_uint_eq(plot.npanels, 2);
	ck_assert_uint_eq(plot.panels[0].nlines, 2);
	ck_assert_str_eq(plot.panels[0].lines[1].name, "limit");
	ck_assert_str_eq(plot.panels[1].unit, "bytes");
	ck_assert_uint_eq(plot.nrows, 2);
	ck_assert(plot.rows[0].x == 0 && plot.rows[1].x == 2);
	ck_assert(plot.rows[1].y[0] == 20 && plot.rows[1].y[2] == 4096);
	ck_assert(plot.rows[0].y[1] != plot.rows[0].y[1]);
	ck_assert(!plot.rows[0].marked && plot.rows[1].marked);
	want.pick = "b";
	draw(HEADER "1,rcv,a,web,80,1,,\n2,rcv,b,cat,81,7,,0\n"
	     "3,rcv,a,web,80,1,,\n");
	ck_assert_str_eq(plot.title, "cat 81, 1 of 2");
	ck_assert_uint_eq(plot.nrows, 1);
}
END_TEST

START_TEST(as_asked)
{
	want = (struct plot_want){ .y = { "port", "queued,cwnd" }, .ny = 2,
		.x = "limit", .by = "comm", .mark = "event=rcv" };
	draw(HEADER "9,rcv,a,web,80,1,30,2\n8,rcv,b,web,81,7,20,0\n");
	ck_assert_str_eq(plot.title, "comm web");
	ck_assert_str_eq(plot.x_unit, "limit");
	ck_assert_str_eq(plot.mark, "rcv");
	ck_assert_ptr_null(plot.panels[0].unit);
	ck_assert_str_eq(plot.panels[1].lines[1].name, "cwnd");
	/* in the order of x, which is shown as it is */
	ck_assert(plot.rows[0].x == 20 && plot.rows[0].y[0] == 81);
	ck_assert(plot.rows[1].x == 30 && plot.rows[1].marked);
}
END_TEST

START_TEST(as_header_says)
{
	if (!tool_find("tcpwin"))
		return;
	ck_assert(feed_to(NULL, "ts_ns,id,snd_cwnd,snd_ssthresh,sk_sndbuf,"
			  "sk_wmem_queued\n1,0x1,1,2,3,4\n"));
	ck_assert(plot_data_choose(data, &plot));
	ck_assert_uint_eq(plot.npanels, 2);
	ck_assert_ptr_null(plot.mark);	/* there is no such column */
}
END_TEST

START_TEST(wrong)
{
	refused("elapsed_ns,cwmd,limit,queued\n",
		"no column 'cwnd'; did you mean cwmd?");
	refused("cwnd,limit,queued\n", "no time column; -t of the tool makes "
		"one, and --x COLUMN takes another");
	want.mark = "loss";
	refused(HEADER, "--mark wants COLUMN=VALUE");
	want = (struct plot_want){ .by = "idd" };
	refused(HEADER, "no column 'idd'; did you mean id?");
	want = (struct plot_want){ .y = { "cwnd,,cwnd,cwnd,cwnd",
		"cwnd,cwnd,cwnd,cwnd,cwnd" }, .ny = 2 };
	refused(HEADER, "no column ''.");
	want.y[0] = "cwnd,cwnd,cwnd,cwnd";
	refused(HEADER, "no more than 8 lines");
	want.y[0] = "";
	refused(HEADER, "no column in ''");
	memset(&want, 0, sizeof(want));
	ck_assert(!feed_to(NULL, "elapsed_ns,x\n"));
}
END_TEST

START_TEST(nothing)
{
	ck_assert(feed(""));
	ck_assert(!plot_data_choose(data, &plot));
	ck_assert(feed(HEADER));
	ck_assert(!plot_data_choose(data, &plot));
	ck_assert_uint_eq(plot_data_rows(data), 0);
	/* rows, but no values */
	ck_assert(feed(HEADER "1,rcv,a,web,80,,,\n"));
	ck_assert(!plot_data_choose(data, &plot));
	ck_assert_uint_eq(plot_data_rows(data), 1);
	want.pick = "b";
	ck_assert(feed(HEADER "1,rcv,a,web,80,1,,\n"));
	ck_assert(!plot_data_choose(data, &plot));
}
END_TEST

START_TEST(left_out)
{
	draw(HEADER "1,rcv,a,web,80,1,,\n" "2,rcv\n" "x,rcv,a,web,80,1,,\n"
	     ",rcv,a,web,80,1,,\n" "1e30,rcv,a,web,80,1,,\n"
	     "2,rcv,a,web,80,1,,,\n" "3,rcv,a,web,80,nan,inf,1e300\n"
	     "4,rcv,a,web,80,1x,0x10,-5\n");
	ck_assert_uint_eq(plot_data_left_out(data), 5);
	ck_assert_uint_eq(plot.nrows, 3);
	for (unsigned k = 0; k < 3; k++)
		ck_assert(plot.rows[1].y[k] != plot.rows[1].y[k]);
	ck_assert(plot.rows[2].y[0] != plot.rows[2].y[0]);
	ck_assert(plot.rows[2].y[1] == 16 && plot.rows[2].y[2] == -5);
}
END_TEST

/* A row of the group @id, at @ns. */
static void feed_row(uint64_t ns, unsigned id)
{
	char row[80];
	int n = snprintf(row, sizeof(row), "%llu,rcv,%u,web,80,1,,\n",
			 (unsigned long long)ns, id);

	ck_assert(plot_data_feed(data, row, (size_t)n));
}

START_TEST(too_many)
{
	ck_assert(feed(HEADER));
	for (unsigned i = 0; i < PLOT_GROUPS + 3; i++)
		feed_row(i, i);
	ck_assert_uint_eq(plot_data_left_out(data), 3);
	for (unsigned i = 0; i < PLOT_ROWS; i++)
		feed_row(i, 7);
	ck_assert_uint_eq(plot_data_left_out(data), 3 + PLOT_GROUPS);
}
END_TEST

/* What is new is never left out, of rows and of groups. */
START_TEST(rolling)
{
	want.rolls = true;
	ck_assert(feed(HEADER));
	for (unsigned i = 0; i < 3 * PLOT_GROUPS; i++)
		feed_row(i, i);
	for (unsigned i = 0; i < 3 * PLOT_ROLLED; i++)
		feed_row(4 * PLOT_GROUPS + i, 7);
	ck_assert_uint_eq(plot_data_left_out(data), 0);
	ck_assert(plot_data_choose(data, &plot));
	ck_assert_uint_ge(plot.nrows, PLOT_ROLLED / 2);
	ck_assert(plot.rows[plot.nrows - 1].number == plot_data_rows(data) - 1);
	want.pick = "7";
	ck_assert(plot_data_choose(data, &plot));
	want.pick = "8";
	ck_assert(!plot_data_choose(data, &plot));
}
END_TEST

/* ---- pictures ---------------------------------------------------------- */

START_TEST(svg_lines)
{
	draw(HEADER "0,new,a,web,80,0,,\n" "1000000000,loss,a,web,80,80,,\n"
	     "2000000000,rcv,a,web,80,40,,\n");
	svg();
	/* 0 until 1 s, 80 until 2 s, then 40: 420 units are 80 */
	ck_assert_ptr_nonnull(strstr(text, "d=\"M150 545H960V125H1770V335"));
	ck_assert_ptr_nonnull(strstr(text, ">loss (1)</text>"));
	ck_assert_ptr_nonnull(strstr(text, ">segments</text>"));
	ck_assert_ptr_nonnull(strstr(text, ">seconds</text>"));
	ck_assert_ptr_nonnull(strstr(text, ">cwnd</text>"));
	ck_assert_ptr_nonnull(strstr(text, "<title>web 80</title>"));
}
END_TEST

START_TEST(one_point)
{
	draw(HEADER "5,rcv,a,web,80,3,,\n");
	/* a line without length, and round ends, is a dot */
	ck_assert_ptr_nonnull(strstr(svg(), "stroke-linecap=\"round\" d=\"M150 "
				     "125H150\""));
	ck_assert_ptr_nonnull(strchr(chars(80, 24, false), '*'));
}
END_TEST

/* No markup, no control characters, nothing that is no UTF-8. */
START_TEST(hostile)
{
	draw(HEADER "1,loss,a,</title><script>&\"'\x1b[31m\x01\xff\xef\xbf\xbf"
	     ",]]>,3,,\n");
	svg();
	ck_assert_ptr_nonnull(strstr(text, "&lt;/title&gt;&lt;script&gt;&amp;"
				     "&quot;&apos;?[31m?"));
	ck_assert_ptr_null(strstr(text, "<script"));
	for (size_t i = 0; i < len; i++)
		ck_assert(text[i] == '\n' || (text[i] >= ' ' && text[i] < 127));
	chars(80, 24, false);
	for (size_t i = 0; i < len; i++)
		ck_assert(text[i] == '\n' ||
			  ((uint8_t)text[i] >= ' ' && text[i] != 127));
	/* names of columns, of marks and values */
	want = (struct plot_want){ .y = { "<y\x1b>" }, .ny = 1, .x = "<x>",
		.by = "<b>", .mark = "<m>=<loss>\x01" };
	draw("<x>,<y\x1b>,<b>,<m>\n1,2,<i>,<loss>\x01\n");
	ck_assert_ptr_null(strstr(svg(), "\x1b"));
	ck_assert_ptr_null(strchr(text, 1));
	ck_assert_ptr_nonnull(strstr(text, "&lt;loss&gt;? (1)"));
	ck_assert_ptr_nonnull(strstr(text, ">&lt;y?&gt;</text>"));
	ck_assert_ptr_nonnull(strstr(text, ">&lt;x&gt;</text>"));
	ck_assert_ptr_nonnull(strstr(text, "<title>&lt;b&gt; &lt;i&gt;"));
}
END_TEST

START_TEST(extremes)
{
	draw(HEADER "-99999999999999999,rcv,a,web,80,-99999999999999999,0,\n"
	     "99999999999999999,rcv,a,web,80,99999999999999999,-1,1e-300\n");
	ck_assert_ptr_null(strstr(svg(), "nan"));
	ck_assert_ptr_null(strstr(text, "inf"));
	ck_assert_ptr_nonnull(strchr(chars(80, 24, false), '*'));
}
END_TEST

START_TEST(characters)
{
	draw(HEADER "0,new,a,web,80,0,,0\n" "1000000000,loss,a,web,80,80,60,\n"
	     "2000000000,rcv,a,web,80,40,60,3000\n");
	ck_assert_str_eq(chars(40, 14, false),
"         web 80\n"
"         * cwnd  + limit  segments\n"
"     100+\n"
"        |               +++++++++++++++\n"
"        |               *             *\n"
"       0+****************\n"
"         o queued  bytes\n"
"      4K+\n"
"        |                             o\n"
"        |\n"
"       0+oooooooooooooooo\n"
"        +------------------------------\n"
"         0              1       seconds\n"
"    loss                ^\n");
}
END_TEST

/* No line is longer, and no more of them, than there is room for. */
START_TEST(fits)
{
	unsigned cols = 20 + 7 * (unsigned)_i, rows = 14 + 3 * (unsigned)_i;
	unsigned lines = 0;
	size_t n = 0;

	draw(HEADER "0,new,a,\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	     ",80,0,,0\n" "1000000000,loss,a,,80,80,60,\n"
	     "2000000000,rcv,a,\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	     "\xc3\xa9\xc3\xa9\xc3\xa9,80,40,60,3000\n");
	for (const char *p = chars(cols, rows, _i & 1); *p; p++) {
		if (*p == '\033')
			p = strchr(p, 'm');
		else if (*p == '\n')
			n = 0, lines++;
		else if ((*p & 0xc0) != 0x80)
			ck_assert_uint_le(++n, cols < 46 ? 46 : cols);
	}
	ck_assert_uint_le(lines, rows);
}
END_TEST

/* Bytes at random, with some that mean something: no crash, and whatever is
 * drawn is clean. */
START_TEST(random_text)
{
	static const char *const bits[] = { HEADER, ",", "\n", "\"", "a",
		"loss", "1e18", "-1", "\r\n", "<", "1000000000,", "\xff" };
	char all[4096] = HEADER;
	size_t n = strlen(all), at;

	random_begin(random_seed(), (uint32_t)_i);
	while (n < sizeof(all) - 128) {
		at = 1 + rnd(sizeof(bits) / sizeof(bits[0]) - 1);
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s", bits[at]);
	}
	feed(all);
	if (!plot_data_choose(data, &plot))
		return;
	svg();
	chars(80, 24, true);
}
END_TEST

/* ---- --plot ------------------------------------------------------------ */

/* Where there is no terminal: once, at the end. */
START_TEST(live)
{
	static struct options opt;
	struct fakelife_event ev;
	struct losses none = { 0 };
	struct plot_of of = { .panels = { { "big", NULL } }, .by = "rport",
			      .about = "comm" };
	struct tool tool = fakelife_tool;
	struct rows *rows;
	FILE *out = open_memstream(&text, &len);

	tool.plot = &of;
	opt = (struct options){ .tool = &tool, .format = FMT_PLOT,
				.extended = true, .time = TIME_REL };
	rows = rows_new(&opt, out);
	ck_assert_ptr_nonnull(rows);
	rows_start(rows, &fakelife_info);
	fakelife_fill(&ev, 0);
	for (unsigned i = 0; i < 9; i++) {
		ev.event.ns += 1000000000;
		ev.u64 = i * i;
		ck_assert(rows_add(rows, &ev.event, &fakelife_info.clocks));
		rows_tick(rows, ev.event.ns, &fakelife_info.clocks);
		ck_assert(rows_flush(rows));
	}
	fflush(out);
	ck_assert_uint_eq(len, 0);
	ck_assert(rows_end(rows, &none));
	rows_free(rows);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "* big"));
	ck_assert_ptr_nonnull(strstr(text, "seconds\n"));
	ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

static bool has_column(const struct tool *t, const char *key, size_t n)
{
	for (const struct column *c = t->columns; c->key; c++)
		if (strlen(c->key) == n && !memcmp(c->key, key, n))
			return true;
	return false;
}

static void has_columns(const struct tool *t, const char *list)
{
	const char *p = list ? list : "";

	while (*p) {
		size_t n = strcspn(p, ",=");

		ck_assert_msg(has_column(t, p, n), "%s: no column %s", t->name,
			      p);
		p += n;
		p = *p == ',' ? p + 1 : "";
	}
}

/* What tools draw are columns of theirs. */
START_TEST(all_tools)
{
	for (unsigned i = 0; tools[i]; i++) {
		const struct plot_of *p = tools[i]->plot;

		ck_assert(!p == !(tools[i]->flags & T_PLOT));
		for (unsigned k = 0; p && k < PLOT_PANELS; k++)
			has_columns(tools[i], p->panels[k].lines);
		has_columns(tools[i], p ? p->by : NULL);
		has_columns(tools[i], p ? p->about : NULL);
		has_columns(tools[i], p ? p->mark : NULL);
	}
}
END_TEST

/* Neither rows nor a picture. */
START_TEST(live_empty)
{
	static struct options opt;
	struct plot_of of = { .panels = { { "big", NULL } } };
	struct tool tool = fakelife_tool;
	struct losses none = { 0 };
	struct rows *rows;
	FILE *out = open_memstream(&text, &len);

	tool.plot = &of;
	opt = (struct options){ .tool = &tool, .format = FMT_PLOT,
				.extended = true, .time = TIME_REL };
	rows = rows_new(&opt, out);
	rows_start(rows, &fakelife_info);
	ck_assert(rows_end(rows, &none));
	rows_free(rows);
	fclose(out);
	ck_assert_uint_eq(len, 0);
}
END_TEST

Suite *suite_plot_draw(void);
Suite *suite_plot_draw(void)
{
	Suite *s = suite_create("plot_draw");
	TCase *tc = tcase_create("plot_draw");

	tcase_set_timeout(tc, 30);	/* half a million rows */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_of_several);
	tcase_add_test(tc, as_asked);
	tcase_add_test(tc, as_header_says);
	tcase_add_test(tc, wrong);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, left_out);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, rolling);
	tcase_add_test(tc, svg_lines);
	tcase_add_test(tc, one_point);
	tcase_add_test(tc, hostile);
	tcase_add_test(tc, extremes);
	tcase_add_test(tc, characters);
	tcase_add_loop_test(tc, fits, 0, 12);
	tcase_add_test(tc, live);
	tcase_add_test(tc, live_empty);
	tcase_add_test(tc, all_tools);
	tcase_add_loop_test(tc, random_text, 0, 64);
	suite_add_tcase(s, tc);
	return s;
}
