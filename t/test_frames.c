/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows with stacks and addresses: what is told of them, and shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/fakelife.h"
#include "t/json.h"
#include "loader/symbols.h"
#include "tools/frontend/ask.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/symbolise.h"

static struct options opt;
static struct frames *frames;
static char *text;
static size_t len;

static void setup(void)
{
	memset(&opt, 0, sizeof(opt));
	opt.tool = &fakelife_tool;
	opt.columns = "pid,kstack";
	frames = frames_new();
	ck_assert_ptr_nonnull(frames);
}

static void teardown(void)
{
	frames_free(frames);
	free(text);
	text = NULL;
}

static const struct stack_event *told(uint32_t kind, int64_t id, uint32_t pid,
				      const char *what)
{
	static struct stack_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.event.type = EVENT_STACK;
	ev.id = id;
	ev.pid = pid;
	ev.kind = kind;
	ck_assert_uint_le(strlen(what), STACK_TEXT);
	memcpy(ev.text, what, strlen(what));
	ev.event.len = (uint32_t)(offsetof(struct stack_event, text) +
				  strlen(what));
	return &ev;
}

static void tell(struct rows *r, uint32_t kind, int64_t id, uint32_t pid,
		 const char *what)
{
	ck_assert(rows_add(r, &told(kind, id, pid, what)->event,
			   &fakelife_info.clocks));
}

/* The rows of @n events, with what is known of them. */
static const char *render(unsigned n, void (*change)(struct fakelife_event *,
						     unsigned))
{
	static const struct losses none;
	struct fakelife_event ev;
	struct rows *r;
	FILE *f;
	unsigned i;

	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_frames(r, frames);
	rows_start(r, &fakelife_info);
	tell(r, STACK_KERNEL, 7, 0, "    tcp_drop+1\n    ip_rcv+22\n");
	tell(r, STACK_USER, 7, 1000, "    main+5\n");
	tell(r, STACK_SYMBOL, (int64_t)0xffffffff81000010, 0, "tcp_v4_rcv+16");
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

START_TEST(table)
{
	ck_assert_str_eq(render(2, NULL),
			 "PID\n"
			 "1000\n    tcp_drop+1\n    ip_rcv+22\n\n"
			 "1001\n    tcp_drop+1\n    ip_rcv+22\n\n");
	opt.columns = "kstack,ustack,pid,where";
	ck_assert_str_eq(render(2, NULL),
			 "PID     WHERE\n"
			 "1000    tcp_v4_rcv+16\n"
			 "    tcp_drop+1\n    ip_rcv+22\n    main+5\n\n"
			 "1001    tcp_v4_rcv+16\n"
			 "    tcp_drop+1\n    ip_rcv+22\n"
			 "    [no stack: EFAULT]\n\n");
}
END_TEST

static void unknown(struct fakelife_event *ev, unsigned i)
{
	ev->kstack = 8;			/* told of nothing */
	ev->ustack = i ? -4000 : 7;	/* of another process */
	ev->flow.pid = 4711;
	ev->where = i ? 0x1234 : 0;
}

START_TEST(table_unknown)
{
	opt.columns = "kstack,ustack,pid,where";
	ck_assert_str_eq(render(2, unknown),
			 "PID     WHERE\n"
			 "4711    -\n"
			 "4711    0x1234\n    [no stack: error 4000]\n\n");
	opt.format = FMT_CSV;
	opt.no_header = true;
	ck_assert_str_eq(strchr(render(2, unknown), ','), ",,,,,4711,\n"
			 "5001000001,,,,,4711,0x1234\n");
	/* without anybody to tell */
	frames_free(frames);
	frames = NULL;
	opt.columns = "kstack";
	opt.format = FMT_TABLE;
	ck_assert_str_eq(render(1, NULL), "\n");
}
END_TEST

static const char *json_line(unsigned i)
{
	char *l = text;

	while (i--)
		l = strchr(l, '\n') + 1;
	l[strcspn(l, "\n")] = '\0';
	ck_assert_msg(json_valid(l, strlen(l)), "%s", l);
	return l;
}

START_TEST(json)
{
	const char *l;

	opt.format = FMT_JSON;
	opt.columns = "kstack,ustack,where";
	render(2, NULL);
	l = json_line(2);
	ck_assert_ptr_nonnull(strstr(l, ",\"kstack\":[\"tcp_drop+1\","
				     "\"ip_rcv+22\"],\"kstack_err_name\":null,"
				     "\"ustack\":null,\"ustack_err_name\":"
				     "\"EFAULT\",\"where\":\"tcp_v4_rcv+16\"}"));
	render(2, unknown);
	l = json_line(2);
	ck_assert_ptr_nonnull(strstr(l, "\"kstack\":null,\"kstack_err_name\":"
				     "null,\"ustack\":null,"));
	ck_assert_ptr_nonnull(strstr(l, "\"where\":\"0x1234\"}"));
}
END_TEST

START_TEST(csv)
{
	opt.format = FMT_CSV;
	opt.columns = "kstack,ustack,where";
	ck_assert_str_eq(render(2, NULL),
			 "ts_ns,kstack,kstack_err_name,ustack,ustack_err_name,"
			 "where\n"
			 "5000000000,tcp_drop+1;ip_rcv+22,,main+5,,"
			 "tcp_v4_rcv+16\n"
			 "5001000001,tcp_drop+1;ip_rcv+22,,,EFAULT,"
			 "tcp_v4_rcv+16\n");
}
END_TEST

static void two(struct fakelife_event *ev, unsigned i)
{
	ev->flow.pid = 1000;
	ev->kstack = i % 3 ? 7 : -EEXIST;
	ev->ustack = 7;
	memcpy(ev->proto + 28, i % 2 ? "odd" : "eve", 3);
}

START_TEST(counted)
{
	opt.count = true;
	opt.columns = "kstack,where";
	ck_assert_str_eq(render(6, two),
			 "WHERE               COUNT\n"
			 "tcp_v4_rcv+16           4\n"
			 "    tcp_drop+1\n    ip_rcv+22\n\n"
			 "tcp_v4_rcv+16           2\n"
			 "    [no stack: EEXIST]\n\n");
	/* a user stack is of one process */
	opt.columns = "ustack";
	opt.format = FMT_CSV;
	ck_assert_str_eq(render(6, NULL),
			 "ustack,ustack_err_name,count\n"
			 ",EFAULT,1\n,EFAULT,1\n,EFAULT,1\n"
			 "main+5,,1\n,,1\n,,1\n");
	/* 32 bytes are 32 bytes */
	opt.columns = "proto";
	ck_assert_str_eq(render(5, two), "proto,count\n"
			 "a_protocol_of_quite_some_leneve,3\n"
			 "a_protocol_of_quite_some_lenodd,2\n");
}
END_TEST

/* Of what was counted: a word, then frames from the outermost. */
START_TEST(folded)
{
	opt.count = opt.ask.folded = true;
	opt.columns = "where,kstack";
	ck_assert_str_eq(render(6, two), "tcp_v4_rcv+16;ip_rcv;tcp_drop 4\n"
			 "tcp_v4_rcv+16;[no stack: EEXIST] 2\n");
	/* comm and the stacks, in that order */
	opt.columns = NULL;
	ck_assert_str_eq(render(1, two), "curl;main;[no stack: EEXIST] 1\n");
	/* weighed by what is summed */
	opt.columns = "kstack,tx_bytes";
	ck_assert_str_eq(render(1, NULL), "ip_rcv;tcp_drop 1264\n");
}
END_TEST

static void other(struct fakelife_event *ev, unsigned i)
{
	(void)i;
	ev->kstack = 9;
	ev->where = 5;
}

/* Whatever a file says: no control characters, and no end of anything. */
START_TEST(hostile)
{
	static char big[STACK_TEXT + 1];
	static const struct losses none;
	struct fakelife_event ev;
	struct stack_event st;
	enum format format;
	struct rows *r;
	size_t i;
	FILE *f;

	memset(big, '"', STACK_TEXT);
	opt.columns = "kstack,where";
	for (format = FMT_TABLE; format <= FMT_CSV + 1; format++) {
		opt.format = format % FMT_PLOT;
		opt.count = opt.ask.folded = format > FMT_CSV;
		free(text);
		f = open_memstream(&text, &len);
		r = rows_new(&opt, f);
		rows_frames(r, frames);
		tell(r, STACK_KERNEL, 9, 0, big);
		tell(r, STACK_SYMBOL, 5, 0, big);
		fakelife_fill(&ev, 0);
		other(&ev, 0);
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
		tell(r, STACK_KERNEL, 7, 0, "\n\n  \x1b[2J\n\xff;,\"\n   ");
		tell(r, 4711, 5, 0, "of a kind to come");
		fakelife_fill(&ev, 0);
		ck_assert(rows_add(r, &ev.event, &fakelife_info.clocks));
		/* shorter than it says of itself */
		st = *told(STACK_KERNEL, 10, 0, "x");
		st.event.len = 17;
		ck_assert(rows_add(r, &st.event, &fakelife_info.clocks));
		ck_assert(rows_end(r, &none));
		rows_free(r);
		fclose(f);
		for (i = 0; i < len; i++)
			ck_assert_msg(text[i] == '\n' ||
				      (unsigned char)text[i] >= ' ',
				      "%d at %zu", text[i], i);
		ck_assert_uint_gt(len, 1000);
	}
	ck_assert_ptr_null(frames_find(frames, STACK_KERNEL, 10, 0));
}
END_TEST

START_TEST(forgotten)
{
	int64_t i;

	ck_assert_ptr_null(frames_show(frames, STACK_KERNEL, 0, 0));
	for (i = 0; i < 65536; i++)
		frames_learn(frames, told(STACK_KERNEL, i, 0, "x"));
	ck_assert_uint_eq(frames_unnamed(frames), 0);
	/* the first that was told is kept, and has been used last */
	ck_assert_str_eq(frames_show(frames, STACK_KERNEL, 0, 0), "x");
	frames_learn(frames, told(STACK_KERNEL, i, 0, "y"));
	ck_assert_str_eq(frames_show(frames, STACK_KERNEL, 0, 0), "x");
	ck_assert_str_eq(frames_show(frames, STACK_KERNEL, i, 0), "y");
	/* a look is no show */
	ck_assert_ptr_null(frames_find(frames, STACK_KERNEL, 1, 0));
	ck_assert_uint_eq(frames_unnamed(frames), 0);
	ck_assert_ptr_null(frames_show(frames, STACK_KERNEL, 1, 0));
	ck_assert_str_eq(frames_show(frames, STACK_KERNEL, 2, 0), "x");
	ck_assert_uint_eq(frames_unnamed(frames), 1);
	ck_assert_uint_eq(frames_unnamed(NULL), 0);
}
END_TEST

/* What has to be looked up is, once. */
START_TEST(looked_up)
{
	const struct stack_event *st;
	struct fakelife_event ev;
	struct symbolise *s;
	unsigned i = 0;

	opt.ask.no_symbols = true;
	opt.columns = "pid,where";
	s = symbolise_new(&opt, NULL, -1, frames);
	ck_assert_ptr_nonnull(s);
	ck_assert(!symbolise_users(s));
	fakelife_fill(&ev, 0);
	st = symbolise_next(s, &ev.event, &i);
	ck_assert_ptr_nonnull(st);
	ck_assert_uint_eq(st->kind, STACK_SYMBOL);
	ck_assert_uint_eq((uint64_t)st->id, ev.where);
	ck_assert_uint_eq(st->event.len,
			  offsetof(struct stack_event, text) + 18);
	ck_assert_str_eq(st->text, "0xffffffff81000010");
	frames_learn(frames, st);
	ck_assert_ptr_null(symbolise_next(s, &ev.event, &i));
	i = 0;
	ck_assert_ptr_null(symbolise_next(s, &ev.event, &i));
	symbolise_free(s);
	/* nothing to do */
	opt.columns = "pid";
	ck_assert_ptr_null(symbolise_new(&opt, NULL, -1, frames));
	ck_assert(!symbolise_users(NULL));
	/* recorded, too, is what is not shown */
	opt.write_file = "x";
	s = symbolise_new(&opt, NULL, -1, frames);
	ck_assert(symbolise_users(s));
	symbolise_free(s);
}
END_TEST

/* What leads to a program is left out, with and without the program's name;
 * what has no name and leads nowhere is not. */
START_TEST(own_frames)
{
	static const char names[] =
		"ffffffff81000000 T bpf_trace_run4\n"
		"ffffffff81001000 T __traceiter_kfree_skb\n"
		"ffffffff81002000 T sk_skb_reason_drop\n"
		"ffffffff81003000 T tcp_v4_rcv\n"
		"ffffffffc0000000 t bpf_prog_1234_on_free\t[bpf]\n"
		"ffffffffc0001000 t other\t[bpf]\n";
	uint64_t ips[] = {
		0xffffffffc0000010, 0xffffffff81000010, 0xffffffff81001010,
		0xffffffff81002010, 0xffffffff81000020, 0
	};
	struct stacks s = { .ksyms = ksyms_parse(names, sizeof(names) - 1) };
	static const char want[] =
		"    sk_skb_reason_drop+16\n    bpf_trace_run4+32\n";
	char buf[512];

	stack_text(&s, ips, 6, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, want);
	ips[0] = 0xffffffffa0000010;
	stack_text(&s, ips, 6, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, want);
	stack_text(&s, ips, 1, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    0xffffffffa0000010\n");
	ips[1] = 0xffffffff81003010;
	stack_text(&s, ips, 2, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    0xffffffffa0000010\n    tcp_v4_rcv+16\n");
	ksyms_free(s.ksyms);
}
END_TEST

Suite *suite_frames(void);
Suite *suite_frames(void)
{
	Suite *s = suite_create("frames");
	TCase *tc = tcase_create("frames");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table);
	tcase_add_test(tc, table_unknown);
	tcase_add_test(tc, json);
	tcase_add_test(tc, csv);
	tcase_add_test(tc, counted);
	tcase_add_test(tc, folded);
	tcase_add_test(tc, hostile);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, looked_up);
	tcase_add_test(tc, own_frames);
	suite_add_tcase(s, tc);
	return s;
}
