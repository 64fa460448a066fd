/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* NDJSON, CSV and the schema. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "t/check.h"
#include "t/fakelife.h"
#include "t/json.h"
#include "tools/frontend/rows_int.h"

static struct options opt;
static char *text;
static size_t len;
static struct names *names;

static void setup(void)
{
	memset(&opt, 0, sizeof(opt));
	opt.tool = &fakelife_tool;
	opt.extended = true;
	setenv("TZ", "XYZ-05:30", 1);
	tzset();
}

static void teardown(void)
{
	free(text);
	text = NULL;
	names_free(names);
	names = NULL;
}

static void render(unsigned n, void (*change)(struct fakelife_event *,
					      unsigned))
{
	struct losses l = { .lost = 3, .state_full = 2 };
	struct fakelife_event ev;
	struct rows *r;
	FILE *f;
	unsigned i;

	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_names(r, names);
	rows_start(r, &fakelife_info);
	for (i = 0; i < n; i++) {
		fakelife_fill(&ev, i);
		if (change)
			change(&ev, i);
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
	}
	rows_loss(r, &l);
	rows_loss(r, &l);
	l.lost++;
	rows_loss(r, &l);
	ck_assert(rows_end(r, &l));
	rows_free(r);
	fclose(f);
}

/* The @i-th line, a JSON text. */
static const char *line(unsigned i)
{
	static char buf[8192];
	const char *p = text;

	while (i-- && p)
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_ne(strcspn(p, "\n"), 0);
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(p, "\n"), p);
	if (opt.format == FMT_JSON)
		ck_assert_msg(json_valid(buf, strlen(buf)), "%s", buf);
	return buf;
}

#define IS(key, value) \
	ck_assert_msg(json_is(json_member(l, key), value), \
		      "%s in %s is not %s", key, l, value)

START_TEST(reader)
{
	static const char *const good[] = {
		"{}", "[]", " { \"a\" : [1,-0.5e+3,true,null,\"\\u00e9\"] } ",
		"\"\xc3\xa9\xf0\x9f\x98\x80\"", "0", "[[[]]]",
	};
	static const char *const bad[] = {
		"", "{", "{}x", "{a:1}", "{\"a\":1,}", "[1,]", "01", "1.", "-",
		"\"\n\"", "\"\\x41\"", "\"\\u12g4\"", "\"\xff\"", "tru", "'a'",
		"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xc3\"", "nul", "+1",
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(json_valid(good[i], strlen(good[i])), "%s",
			      good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!json_valid(bad[i], strlen(bad[i])), "%s",
			      bad[i]);
}
END_TEST

START_TEST(json_rows)
{
	const char *l;

	opt.format = FMT_JSON;
	render(4, NULL);
	l = line(4);
	IS("tool", "\"fakelife\"");
	IS("type", "\"event\"");
	IS("ts_ns", "5003000003");
	IS("time", "\"2026-01-02T03:04:05.126456792Z\"");
	IS("pid", "1003");
	IS("comm", "\"curl\"");
	IS("ip", "6");
	IS("laddr", "\"2001:db8::1\"");
	IS("lport", "40003");
	IS("tx_bytes", "1267");
	IS("duration_ns", "12345681");
	IS("duration_at_least", "false");
	IS("state", "\"CLOSED\"");
	IS("err", "32");
	IS("err_name", "\"EPIPE\"");
	IS("rx_bytes", "1003");
	IS("netns", "4026531840");
	IS("id", "\"0xfeedf00ddeadbeef\"");
	IS("cookie", "\"0x1234\"");
	IS("big", "18446744073709551612");
	IS("delta", "-8");
	IS("why", "\"reset, by peer\"");
	ck_assert_ptr_null(json_member(l, "query"));
	l = line(3);
	IS("laddr", "\"10.0.0.1\"");
	IS("duration_ns", "12345680");
	IS("duration_at_least", "true");
	IS("err", "0");
	IS("err_name", "null");
}
END_TEST

START_TEST(json_other_lines)
{
	const char *l;

	opt.format = FMT_JSON;
	render(1, NULL);
	l = line(0);
	IS("type", "\"start\"");
	IS("ts_ns", "5000000000");
	IS("time", "\"2026-01-02T03:04:05.123456789Z\"");
	IS("version", "\"0.1\"");
	IS("kernel", "\"6.1.0-13-amd64\"");
	IS("machine", "\"x86_64\"");
	/* told once for each growth */
	l = line(2);
	IS("type", "\"lost\"");
	IS("lost", "3");
	IS("owners_full", "0");
	IS("state_full", "2");
	IS("unattributed", "0");
	IS("missed", "0");
	l = line(3);
	IS("lost", "4");
	l = line(4);
	IS("type", "\"end\"");
	IS("shown", "1");
	IS("lost", "4");
	ck_assert_str_eq(strrchr(text, '}'), "}\n");
}
END_TEST

static void unknown(struct fakelife_event *ev, unsigned i)
{
	(void)i;
	ev->flow.owned = 0;
	ev->flow.netns = 0;
	ev->flow.family = 0;
	ev->hex = 0;
	memset(ev->flow.raddr, 0, 16);
	ev->state = 1;
	ev->why = 4711;
	ev->err = -9999;
}

START_TEST(json_unknown)
{
	const char *l;

	opt.format = FMT_JSON;
	opt.dns = true;
	render(1, unknown);
	l = line(1);
	IS("pid", "null");
	IS("tid", "null");
	IS("uid", "null");
	IS("comm", "null");
	IS("cgroup", "null");
	IS("ip", "null");
	IS("netns", "null");
	IS("cookie", "null");
	IS("raddr", "null");
	IS("query", "null");
	IS("query_age_ns", "null");
	/* values without a name */
	IS("state", "\"1\"");
	IS("why", "\"4711\"");
	IS("err", "9999");
	IS("err_name", "null");
}
END_TEST

static void every_byte(struct fakelife_event *ev, unsigned i)
{
	unsigned j;

	ev->flow.owned = 1;
	for (j = 0; j < 16; j++)
		ev->flow.comm[j] = (char)(i * 16 + j);
	if (i >= 16)
		for (j = 0; j < 16; j++)
			ev->flow.comm[j] = (char)(rand() % 255 + 1);
}

START_TEST(json_hostile)
{
	const char *l;
	unsigned i;

	opt.format = FMT_JSON;
	opt.columns = "comm";
	srand(1);
	render(1000, every_byte);
	for (i = 0; i < 1000; i++)
		line(i);
	/* byte 0 ends the name: the first row's is empty */
	l = line(1);
	IS("comm", "\"\"");
	l = line(2);
	IS("comm", "\"\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017"
	   "\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\"");
	l = line(3);
	IS("comm", "\" !\\\"#$%&'()*+,-./\"");
}
END_TEST

START_TEST(json_times)
{
	const char *l;

	opt.format = FMT_JSON;
	opt.time = TIME_REL;
	render(2, NULL);
	l = line(2);
	IS("elapsed_ns", "1000001");
	opt.time = TIME_WALL;
	render(1, NULL);
	l = line(1);
	IS("time_local", "\"2026-01-02T08:34:05.123456789+05:30\"");
	setenv("TZ", "ABC+03:30", 1);
	tzset();
	render(1, NULL);
	l = line(1);
	IS("time_local", "\"2026-01-01T23:34:05.123456789-03:30\"");
	opt.time = TIME_UNIX;
	render(1, NULL);
	l = line(1);
	IS("unix_ns", "1767323045123456789");
}
END_TEST

static void quotes(struct fakelife_event *ev, unsigned i)
{
	static const char *const comms[] = { "a,b", "a\"b", " a", "", "a\nb" };

	ev->flow.owned = i < 5;
	memset(ev->flow.comm, 0, 16);
	if (i < 5)
		memcpy(ev->flow.comm, comms[i], strlen(comms[i]));
	if (i == 5)
		ev->ms = 1ull << 63;
}

START_TEST(csv)
{
	opt.format = FMT_CSV;
	opt.columns = "comm,duration_ns,err,id,laddr,why";
	render(6, quotes);
	ck_assert_str_eq(text,
"ts_ns,comm,duration_ns,duration_at_least,err,err_name,id,laddr,why\n"
"5000000000,\"a,b\",12345678,false,0,,0xfeedf00ddeadbeef,10.0.0.1,\"reset, by peer\"\n"
"5001000001,\"a\"\"b\",12345679,false,0,,0xfeedf00ddeadbeef,2001:db8::1,\"reset, by peer\"\n"
"5002000002,\" a\",12345680,true,0,,0xfeedf00ddeadbeef,10.0.0.1,\"reset, by peer\"\n"
"5003000003,\"\",12345681,false,32,EPIPE,0xfeedf00ddeadbeef,2001:db8::1,\"reset, by peer\"\n"
"5004000004,a?b,12345682,false,0,,0xfeedf00ddeadbeef,10.0.0.1,\"reset, by peer\"\n"
"5005000005,,0,true,0,,0xfeedf00ddeadbeef,2001:db8::1,\"reset, by peer\"\n");
}
END_TEST

START_TEST(csv_times)
{
	static const struct { enum time_col kind; const char *text; } t[] = {
		{ TIME_REL, "elapsed_ns,pid\n0,1000\n" },
		{ TIME_WALL, "time_local,pid\n"
		  "2026-01-02T08:34:05.123456789+05:30,1000\n" },
		{ TIME_WALL_UTC, "time,pid\n"
		  "2026-01-02T03:04:05.123456789Z,1000\n" },
		{ TIME_UNIX, "unix_ns,pid\n1767323045123456789,1000\n" },
		{ TIME_MONO, "ts_ns,pid\n5000000000,1000\n" },
	};
	size_t i;

	opt.format = FMT_CSV;
	opt.columns = "pid";
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		opt.time = t[i].kind;
		render(1, NULL);
		ck_assert_str_eq(text, t[i].text);
	}
}
END_TEST

/* "host.test" for 10.0.0.2, answered at @ns. */
static void answer(uint64_t ns)
{
	static const uint8_t msg[] = {
		0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
		4, 'H', 'o', 's', 't', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1,
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 2,
	};
	struct dns_event ev = { .event = { .ns = ns, .len = sizeof(ev),
					   .type = EVENT_DNS },
				.len = sizeof(msg) };

	memcpy(ev.data, msg, sizeof(msg));
	names_learn(names, &ev);
}

static void loopback(struct fakelife_event *ev, unsigned i)
{
	memset(ev->flow.raddr, 0, 16);
	ev->flow.raddr[15] = 1;
	if (i)
		fakelife_fill(ev, 0);
}

START_TEST(dns_names)
{
	const char *l;

	names = names_new();
	opt.dns = true;
	opt.columns = "rport,query";
	answer(5000000000 - 50000000);
	render(2, NULL);
	ck_assert_str_eq(text, "RPORT QUERY\n443   host.test\n443   -\n");
	answer(5000000000 - 123456789);
	render(2, loopback);
	ck_assert_str_eq(text, "RPORT QUERY\n443   localhost\n"
			 "443   host.test (123.456ms)\n");
	opt.format = FMT_JSON;
	render(1, NULL);
	l = line(1);
	IS("query", "\"host.test\"");
	IS("query_age_ns", "123456789");
	opt.format = FMT_CSV;
	render(2, NULL);
	ck_assert_str_eq(text, "ts_ns,rport,query,query_age_ns\n"
			 "5000000000,443,host.test,123456789\n"
			 "5001000001,443,,\n");
	/* an age means nothing for many rows in one */
	opt.count = true;
	opt.columns = "query";
	render(1, NULL);
	ck_assert_str_eq(text, "query,query_age_ns,count\nhost.test,,1\n");
}
END_TEST

/* Is every key of the line in the schema of its type? */
static void check_keys(const char *schema, const char *l)
{
	const char *one, *props = NULL, *types = json_member(schema, "oneOf");
	char key[64];
	unsigned i;

	for (i = 0; (one = json_element(types, i)); i++) {
		props = json_member(one, "properties");
		snprintf(key, sizeof(key), "%.*s",
			 (int)strcspn(json_member(l, "type"), ",}"),
			 json_member(l, "type"));
		if (json_is(json_member(json_member(props, "type"), "const"),
			    key))
			break;
	}
	ck_assert_msg(one != NULL, "type of %s", l);
	for (i = 0; json_key(l, i, key, sizeof(key)); i++)
		ck_assert_msg(json_member(props, key) != NULL,
			      "%s is not in the schema", key);
}

START_TEST(schema)
{
	char *out;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	unsigned i;

	schema_print(f, &fakelife_tool);
	fclose(f);
	ck_assert_msg(json_valid(out, size), "%s", out);
	opt.format = FMT_JSON;
	opt.dns = true;
	for (i = 0; i < 5; i++) {
		opt.time = i == 0 ? TIME_REL : i == 1 ? TIME_WALL : TIME_UNIX;
		render(1, NULL);
		check_keys(out, line(i));
	}
	opt.count = true;
	render(1, NULL);
	for (i = 0; i < 5; i++)
		check_keys(out, line(i));
	free(out);
}
END_TEST

Suite *suite_emit(void);
Suite *suite_emit(void)
{
	Suite *s = suite_create("emit");
	TCase *tc = tcase_create("emit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reader);
	tcase_add_test(tc, json_rows);
	tcase_add_test(tc, json_other_lines);
	tcase_add_test(tc, json_unknown);
	tcase_add_test(tc, json_hostile);
	tcase_add_test(tc, json_times);
	tcase_add_test(tc, csv);
	tcase_add_test(tc, csv_times);
	tcase_add_test(tc, dns_names);
	tcase_add_test(tc, schema);
	suite_add_tcase(s, tc);
	return s;
}
