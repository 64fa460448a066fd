/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said about wrong options, and what options do by themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/faketool.h"
#include "t/optrun.h"

static struct optrun r;

static int parse(const char *line)
{
	return optrun(&r, &fake_tool, false, line);
}

#define TRY " Try 'sockeye fake --help'."
#define PID(v, x) " " v ": '" x "' is not a process id (1 to 4194304)"
#define PORT(v, x) " " v ": '" x "' is not a port or a range of ports " \
	"(1 to 65535)"
#define NET(v, x) " " v ": '" x "' is not an address or a network such as " \
	"10.0.0.0/8"
#define TIMES ": want seconds, or a number with us, ms, s, m, h or d"
#define PAGES ": want 1 to 262144 pages, or a size such as 512K or 4M"
#define TWICE ": there is one time column, and another option has set it"

static const struct { const char *line, *says; } mistakes[] = {
	{ "--foo", "unknown option --foo; did you mean --force?" TRY },
	{ "--zzz=1", "unknown option --zzz." TRY },
	{ "--ti", "unknown option --ti; did you mean --tid, --timestamp or "
	  "--time?" TRY },
	{ "-Z", "unknown option -Z." TRY },
	{ "-jZ", "unknown option -Z." TRY },
	{ "-\x01", "unknown option." TRY },
	{ "-p", "-p needs an argument (LIST)" },
	{ "--pid", "--pid needs an argument (LIST)" },
	{ "-l", "-l needs an argument (MS)" },
	{ "--json=1", "--json takes no argument" },
	{ "--failed=1", "--failed takes no argument" },
	{ "-T=iso", "-T takes no argument; --time=FORM does" },
	{ "-p 1 -jT=iso", "-T takes no argument; --time=FORM does" },
	{ "-j=1", "unknown option -=." TRY },
	{ "-=", "unknown option -=." TRY },
	{ "--json -=", "unknown option -=." TRY },
	{ "-p 1 -=", "unknown option -=." TRY },
	{ "foo", "unexpected argument 'foo'." TRY },
	{ "-j -- -p 3", "unexpected argument '-p'." TRY },

	{ "-p 0", "-p" PID("0", "0") },
	{ "-p ''", "-p '': '' is not a process id (1 to 4194304)" },
	{ "--pid 12x", "--pid" PID("12x", "12x") },
	{ "--pid=1,,2", "--pid" PID("1,,2", "") },
	{ "-p 1,", "-p" PID("1,", "") },
	{ "-p 4194305", "-p" PID("4194305", "4194305") },
	{ "-p -1", "-p" PID("-1", "-1") },
	{ "-p 18446744073709551617", "-p" PID("18446744073709551617",
					     "18446744073709551617") },
	{ "--tid x", "--tid x: 'x' is not a thread id (1 to 4194304)" },
	{ "-u root", "-u root: 'root' is not a user id (0 to 4294967294)" },
	{ "-u 4294967295", "-u 4294967295: '4294967295' is not a user id (0 "
	  "to 4294967294)" },
	{ "-n 1234567890123456", "-n 1234567890123456: '1234567890123456' is "
	  "not the name of a process (1 to 15 bytes)" },
	{ "-n a,", "-n a,: '' is not the name of a process (1 to 15 bytes)" },
	{ "-P 0", "-P" PORT("0", "0") },
	{ "-P 80,foo", "-P" PORT("80,foo", "foo") },
	{ "-L 65536", "-L" PORT("65536", "65536") },
	{ "-L 9-8", "-L" PORT("9-8", "9-8") },
	{ "--rport 1-65536", "--rport" PORT("1-65536", "1-65536") },
	{ "-D 1-", "-D" PORT("1-", "1-") },
	{ "-D 1-2-3", "-D" PORT("1-2-3", "1-2-3") },
	{ "-a 10.0.0", "-a" NET("10.0.0", "10.0.0") },
	{ "-a 10.0.0.0/33", "-a" NET("10.0.0.0/33", "10.0.0.0/33") },
	{ "-a 10.0.0.0/", "-a" NET("10.0.0.0/", "10.0.0.0/") },
	{ "-a 10.0.0.0/0x8", "-a" NET("10.0.0.0/0x8", "10.0.0.0/0x8") },
	{ "-A ::1/129", "-A" NET("::1/129", "::1/129") },
	{ "-A fe80::1%eth0", "-A" NET("fe80::1%eth0", "fe80::1%eth0") },
	{ "-A host", "-A" NET("host", "host") },
	{ "-4 -6", "-4 and -6 exclude each other" },
	{ "--netns inode:0", "--netns inode:0: '0' is no inode number" },
	{ "--netns inode:4294967296", "--netns inode:4294967296: "
	  "'4294967296' is no inode number" },
	{ "-N no-such", "-N no-such: /run/netns/no-such: No such file or "
	  "directory" },
	{ "-N ''", "-N '': want a name, a PID, a path or inode:N" },
	{ "-N 4194304", "-N 4194304: process 4194304: No such process" },
	{ "-N 4194305", "-N 4194305: process 4194305: No such process" },
	{ "-N /", "-N /: / is not a network namespace" },
	{ "-N /no/such", "-N /no/such: /no/such: No such file or directory" },
	{ "-N /proc/self/ns/mnt", "-N /proc/self/ns/mnt: /proc/self/ns/mnt is "
	  "not a network namespace" },
	{ "--cgroup ''", "--cgroup '': want a path or an id" },

	{ "-t -T", "-T" TWICE },
	{ "--time=iso --utc", "--utc" TWICE },
	{ "--time=iso --time=unix", "--time" TWICE },
	{ "--time=noon", "--time noon: want wall, utc, iso, unix, mono or "
	  "rel" },
	{ "-j --csv", "--csv: another option has chosen the format 'json'" },
	{ "-F table -j", "-j: another option has chosen the format 'table'" },
	{ "-F xml", "-F xml: want table, json or csv" },
	{ "-o ''", "-o '': want columns such as pid,raddr or +netns" },
	{ "-W ''", "-W '': want a file to write, or - for standard output" },
	{ "-x -o pid", "-x and -o LIST exclude each other: -o +LIST adds to "
	  "what -x shows" },
	{ "-c -W f", "-c and -W exclude each other: record now, and count "
	  "with 'sockeye replay -c FILE'" },
	{ "-c -t", "-c and a time column exclude each other: what is counted "
	  "has many times" },
	{ "-c --dns", "-c and --dns exclude each other: a name may change "
	  "between events" },
	{ "-c --hist MS", "-c and --hist exclude each other" },
	{ "--events -c", "--events shows rows, without -c and --hist" },
	{ "--events --hist MS", "--events shows rows, without -c and --hist" },
	{ "--hist MS -t", "a histogram has no time column; --events shows "
	  "rows" },
	{ "--hist MS --dns", "a histogram and --dns exclude each other: a "
	  "name may change between events; --events shows rows" },
	{ "--hist ''", "--hist '': want a column such as duration_ns" },
	{ "-i 1", "-i is about -c and --hist" },
	{ "--style bcc", "--style is about --hist" },
	{ "--style bc", "--style bc: want bpftrace, bcc or percentiles" },
	{ "--style bcc --hist MS -j", "--style is about the table, without "
	  "-j, --csv and -f" },
	{ "--unit ms", "--unit is about --hist" },
	{ "--unit s --hist MS", "--unit s: want us, ms or ns" },
	{ "-v -q", "-v and -q exclude each other" },

	{ "-d 0", "-d 0" TIMES },
	{ "-d ''", "-d ''" TIMES },
	{ "--duration=1x", "--duration 1x" TIMES },
	{ "-m 0", "-m 0: want a number of events, 1 or more" },
	{ "-m 18446744073709551616", "-m 18446744073709551616: want a number "
	  "of events, 1 or more" },
	{ "-b 0", "-b 0" PAGES },
	{ "-b 262145", "-b 262145" PAGES },
	{ "-b 99999999G", "-b 99999999G" PAGES },
	{ "-b 1T", "-b 1T" PAGES },
	{ "--max-sockets 16777217", "--max-sockets 16777217: want a number of "
	  "sockets (1 to 16777216)" },
	{ "--ready-fd x", "--ready-fd x: want the number of an open file "
	  "descriptor" },
	{ "--ready-fd 2147483648", "--ready-fd 2147483648: want the number "
	  "of an open file descriptor" },
	{ "--ready-fd 999", "--ready-fd 999: Bad file descriptor" },
	{ "--btf /no/such", "--btf /no/such: No such file or directory" },
	{ "--btf ''", "--btf '': No such file or directory" },
	{ "--fields none", "--fields none: No such file or directory" },
	{ "--config x", "--config x: want NAME=VALUE" },
	{ "--config =1", "--config =1: want NAME=VALUE" },
	{ "--config a=1", "--config a=1: no such key; see --config-help" },

	{ "-l 0", "-l 0: want a number from 1 to 3600000" },
	{ "--least 3600001", "--least 3600001: want a number from 1 to "
	  "3600000" },
	{ "--depth ''", "--depth '': want a number from 0 to 127" },
};

START_TEST(wrong)
{
	char want[512];
	int code;

	code = parse(mistakes[_i].line);
	snprintf(want, sizeof(want), "sockeye fake: %s\n", mistakes[_i].says);
	ck_assert_str_eq(r.err, want);
	ck_assert_int_eq(code, EXIT_USAGE);
	ck_assert_str_eq(r.out, "");
}
END_TEST

static void many(const char *opt, int n, const char *item)
{
	static char line[4096];
	size_t at = 0;

	while (n--)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s %s ",
				       opt, item);
	parse(line);
}

START_TEST(too_many)
{
	many("-p", FILTER_LIST, "5");
	ck_assert_str_eq(r.err, "");
	ck_assert_uint_eq(r.o.filters.npid, FILTER_LIST);
	many("-n", 33, "a,b");
	ck_assert_str_eq(r.err, "sockeye fake: -n a,b: more than 64 to choose "
			 "from\n");
	many("--cgroup", 32, "5");
	ck_assert_uint_eq(r.o.filters.ncgroup, 32);
	many("--config", MAX_CONFIG, "no-ringbuf=1");
	ck_assert_str_eq(r.err, "");
	ck_assert_ptr_null(r.o.config[MAX_CONFIG]);
	many("--config", MAX_CONFIG + 1, "no-ringbuf=1");
	ck_assert_str_eq(r.err, "sockeye fake: --config no-ringbuf=1: more than 32 of "
			 "them\n");
}
END_TEST

/* Nothing a terminal obeys comes back, and a long value is cut. */
START_TEST(hostile)
{
	static char line[4000];

	parse("--pid \x1b[2J\xc2\x9b");
	ck_assert_str_eq(r.err, "sockeye fake: --pid ?[2J\?\?: '?[2J\?\?' "
			 "is not a process id (1 to 4194304)\n");
	parse("-n \xc3\xa4\xe2\x82\xac\xff\xc3-sixteen-bytes");
	ck_assert_ptr_nonnull(strstr(r.err, "'\xc3\xa4\xe2\x82\xac"
				     "\?\?-sixteen"));
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "-p ", 3);
	ck_assert_int_eq(parse(line), EXIT_USAGE);
	ck_assert_uint_lt(strlen(r.err), 2049);
	ck_assert_int_eq(r.err[strlen(r.err) - 1], '\n');
	memcpy(line, "--xx", 4);
	ck_assert_int_eq(parse(line), EXIT_USAGE);
}
END_TEST

/* ---- commands among the options --------------------------------------- */

START_TEST(helps)
{
	ck_assert_int_eq(parse("-p 1 --help -Z"), EXIT_OK);
	ck_assert_int_eq(strncmp(r.out, "Usage: sockeye fake ", 20), 0);
	ck_assert_str_eq(r.err, "");
	ck_assert_int_eq(parse("-V"), EXIT_OK);
	ck_assert_int_eq(strncmp(r.out, "sockeye ", 8), 0);
	ck_assert_ptr_nonnull(strstr(r.out, " (features: "));
	ck_assert_int_eq(parse("--config-help"), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(r.out, "no-ringbuf"));
}
END_TEST

START_TEST(completion)
{
	ck_assert_int_eq(parse("--completion-helper"), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(r.out, "\n--pid\n"));
	ck_assert_ptr_nonnull(strstr(r.out, "\n-p\n"));
	ck_assert_ptr_nonnull(strstr(r.out, "\n--depth\n"));
	ck_assert_ptr_null(strstr(r.out, "helper"));
	ck_assert_int_eq(parse("--completion-helper=columns"), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(r.out, "laddr\nlport\n"));
}
END_TEST

/* A histogram by itself, unless something else is asked for. */
START_TEST(by_itself)
{
	struct tool t = fake_tool;

	t.hist = "duration_ns";
	ck_assert_int_eq(optrun(&r, &t, false, "-i 10 --unit ms"), -1);
	ck_assert_str_eq(r.o.hist, "duration_ns");
	ck_assert(r.o.interval_ns == 10000000000 && r.o.unit == UNIT_MS);
	ck_assert_int_eq(optrun(&r, &t, false, "--hist MS --style bcc"), -1);
	ck_assert_str_eq(r.o.hist, "MS");
	ck_assert(r.o.style == STYLE_BCC);
	ck_assert_int_eq(optrun(&r, &t, false, "-c"), -1);
	ck_assert_ptr_null(r.o.hist);
	ck_assert_int_eq(optrun(&r, &t, false, "--events -t --dns"), -1);
	ck_assert_ptr_null(r.o.hist);
	ck_assert_int_eq(optrun(&r, &t, false, "-t"), EXIT_USAGE);
	/* recorded while it is drawn, and replayed the same way */
	ck_assert_int_eq(optrun(&r, &t, false, "-W f"), -1);
	ck_assert_int_eq(optrun(&r, NULL, true, "a -i 1 --style bcc"), -1);
	ck_assert_int_eq(optrun(&r, &t, true, "a -i 1 --style bcc"), -1);
	ck_assert_str_eq(r.o.hist, "duration_ns");
	ck_assert_int_eq(optrun(&r, &fake_tool, true, "a -i 1"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "--hist cpu"),
			 EXIT_USAGE);
}
END_TEST

/* A tool shows and takes only what it has. */
START_TEST(bare)
{
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "-p 1"), EXIT_USAGE);
	ck_assert_str_eq(r.err, "sockeye bare: unknown option -p. Try 'sockeye "
			 "bare --help'.\n");
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "--count"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "--dns"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "-l 1"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "-j -d 1"), -1);
	ck_assert_int_eq(optrun(&r, &bare_tool, false, "--help"), EXIT_OK);
	ck_assert_ptr_null(strstr(r.out, "--pid"));
}
END_TEST

START_TEST(replay)
{
	ck_assert_int_eq(optrun(&r, NULL, true, "-j file -c"), -1);
	ck_assert_str_eq(r.o.replay_file, "file");
	ck_assert(r.o.count && r.o.format == FMT_JSON);
	ck_assert_int_eq(optrun(&r, &fake_tool, true, "-j -"), -1);
	ck_assert_str_eq(r.o.replay_file, "-");
	ck_assert_int_eq(optrun(&r, NULL, true, "-j"), EXIT_USAGE);
	ck_assert_str_eq(r.err, "sockeye replay: which capture? Try 'sockeye "
			 "replay --help'.\n");
	ck_assert_int_eq(optrun(&r, NULL, true, "a b"), EXIT_USAGE);
	ck_assert_str_eq(r.err, "sockeye replay: unexpected argument 'b'. Try "
			 "'sockeye replay --help'.\n");
	ck_assert_int_eq(optrun(&r, NULL, true, "-p 1 a"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, NULL, true, "-W f a"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &fake_tool, true, "-l 1 a"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, &bare_tool, true, "-c a"), EXIT_USAGE);
	ck_assert_int_eq(optrun(&r, NULL, true, "-h"), EXIT_OK);
	ck_assert_ptr_nonnull(strstr(r.out, "sockeye replay"));
}
END_TEST

Suite *suite_options(void);

Suite *suite_options(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_loop_test(tc, wrong, 0, (int)(sizeof(mistakes) /
						sizeof(mistakes[0])));
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, hostile);
	tcase_add_test(tc, helps);
	tcase_add_test(tc, completion);
	tcase_add_test(tc, by_itself);
	tcase_add_test(tc, bare);
	tcase_add_test(tc, replay);
	suite_add_tcase(s, tc);
	return s;
}
