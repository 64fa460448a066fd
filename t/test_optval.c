/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What options are worth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/check.h"
#include "t/faketool.h"
#include "t/optrun.h"
#include "tools/frontend/options_int.h"

static struct optrun r;

static int parse(const char *line)
{
	return optrun(&r, &fake_tool, false, line);
}

static void good(const char *line)
{
	int code = parse(line);

	ck_assert_msg(code == -1 && !*r.err, "%s: %d %s", line, code, r.err);
}

START_TEST(defaults)
{
	good("");
	ck_assert_ptr_eq(r.o.tool, &fake_tool);
	ck_assert_int_eq(r.o.ready_fd, -1);
	ck_assert_int_eq(r.o.format, FMT_TABLE);
	ck_assert_int_eq(r.o.time, TIME_NONE);
	ck_assert_uint_eq(r.o.own[0], 5000000);
	ck_assert_uint_eq(r.o.own[1], 0);
	ck_assert_ptr_eq(r.o.env.config, r.o.config);
	ck_assert_ptr_null(r.o.config[0]);
	ck_assert_uint_eq(r.o.duration_ns, 0);
	ck_assert_uint_eq(r.o.max_events, 0);
}
END_TEST

START_TEST(lists)
{
	good("-p 1,4194304 --pid=0x10 --tid 7 -u 0,4294967294 -n a,b");
	ck_assert_uint_eq(r.o.filters.npid, 3);
	ck_assert_uint_eq(r.o.filters.pid[1], 4194304);
	ck_assert_uint_eq(r.o.filters.pid[2], 16);
	ck_assert_uint_eq(r.o.filters.tid[0], 7);
	ck_assert_uint_eq(r.o.filters.nuid, 2);
	ck_assert_uint_eq(r.o.filters.uid[1], 4294967294u);
	ck_assert_uint_eq(r.o.filters.ncomm, 2);
	ck_assert_str_eq(r.o.filters.comm[1], "b");
	good("-P 80,443,8000-8100 -L 1 -D 65535 -n 123456789012345");
	ck_assert_uint_eq(r.o.filters.nport, 3);
	ck_assert_uint_eq(r.o.filters.port[1].hi, 443);
	ck_assert_uint_eq(r.o.filters.port[2].lo, 8000);
	ck_assert_uint_eq(r.o.filters.port[2].hi, 8100);
	ck_assert_uint_eq(r.o.filters.lport[0].lo, 1);
	ck_assert_uint_eq(r.o.filters.rport[0].hi, 65535);
	ck_assert_uint_eq(r.o.filters.nlport + r.o.filters.nrport, 2);
}
END_TEST

static void is_net(const char *text, const char *hex, unsigned prefix)
{
	struct addr_range net;
	char got[33];
	int i;

	ck_assert_msg(val_net(text, &net), "%s", text);
	for (i = 0; i < 16; i++)
		snprintf(got + 2 * i, 3, "%02x", net.addr[i]);
	ck_assert_str_eq(got, hex);
	ck_assert_uint_eq(net.prefix, prefix);
}

START_TEST(nets)
{
	is_net("10.1.2.3", "00000000000000000000ffff0a010203", 128);
	is_net("10.1.2.3/9", "00000000000000000000ffff0a000000", 105);
	is_net("0.0.0.0/0", "00000000000000000000ffff00000000", 96);
	is_net("::ffff:10.1.2.3", "00000000000000000000ffff0a010203", 128);
	is_net("::ffff:10.1.2.3/112", "00000000000000000000ffff0a010000",
	       112);
	is_net("2001:db8::1/33", "20010db8000000000000000000000000", 33);
	is_net("::/0", "00000000000000000000000000000000", 0);
	is_net("ff:ff:ff:ff:ff:ff:255.255.255.255",
	       "00ff00ff00ff00ff00ff00ffffffffff", 128);
	good("-a 127.0.0.0/8,::1 -A fe80::/10");
	ck_assert_uint_eq(r.o.filters.nladdr, 2);
	ck_assert_uint_eq(r.o.filters.nraddr, 1);
	ck_assert_uint_eq(r.o.filters.raddr[0].prefix, 10);
}
END_TEST

START_TEST(durations)
{
	static const struct { const char *text; uint64_t ns; } ok[] = {
		{ "1", 1000000000 }, { "1.5", 1500000000 },
		{ "10m", 600000000000 }, { "250ms", 250000000 },
		{ ".5", 500000000 }, { "2h", 7200000000000 },
		{ "1d", 86400000000000 }, { "7us", 7000 }, { "3s", 3000000000 },
		{ "0.000000001", 1 }, { "1.5m", 90000000000 },
		{ "0.001us", 1 }, { "9223372036", 9223372036000000000 },
		{ "1.9999999999", 1999999999 },
	};
	static const char *const bad[] = {
		"", "0", "0.0", ".", "-1", "+1", " 1", "1 ", "1x", "1e3", "ms",
		"1.2.3", "1,5", "9223372037", "18446744073709551616",
		"106752d", "0.0000000001", "1mm", "0x10", "nan",
	};
	uint64_t ns = 42;
	size_t i;

	for (i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		ck_assert_msg(val_duration(ok[i].text, &ns), "%s", ok[i].text);
		ck_assert_uint_eq(ns, ok[i].ns);
	}
	ns = 42;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!val_duration(bad[i], &ns) && ns == 42,
			      "'%s'", bad[i]);
	good("-d 1.5");
	ck_assert_uint_eq(r.o.duration_ns, 1500000000);
}
END_TEST

START_TEST(sizes)
{
	uint64_t n, page = (uint64_t)sysconf(_SC_PAGESIZE);
	bool unit;

	ck_assert(val_size("12", &n, &unit) && n == 12 && !unit);
	ck_assert(val_size("12k", &n, &unit) && n == 12288 && unit);
	ck_assert(val_size("3M", &n, &unit) && n == 3 << 20);
	ck_assert(val_size("17179869183G", &n, &unit));
	ck_assert(!val_size("17179869184G", &n, &unit));
	ck_assert(!val_size("K", &n, &unit) && !val_size("1KB", &n, &unit));
	ck_assert(!val_size("1[", &n, &unit) && !val_size("1\r", &n, &unit));
	ck_assert(!val_size("1 ", &n, &unit));
	good("-b 64");
	ck_assert_uint_eq(r.o.ring_pages, 64);
	good("-b 1M");
	ck_assert_uint_eq(r.o.ring_pages, (1 << 20) / page);
	good("-b 1K");
	ck_assert_uint_eq(r.o.ring_pages, 1);
}
END_TEST

static void time_is(const char *line, enum time_col want)
{
	good(line);
	ck_assert_msg(r.o.time == want, "%s: %d", line, r.o.time);
}

START_TEST(times)
{
	time_is("-t", TIME_REL);
	time_is("-T", TIME_WALL);
	time_is("--time", TIME_WALL);
	time_is("--utc", TIME_WALL_UTC);
	time_is("-T --utc", TIME_WALL_UTC);
	time_is("--utc -T", TIME_WALL_UTC);
	time_is("--time=iso", TIME_ISO);
	time_is("--time=unix", TIME_UNIX);
	time_is("--time=mono", TIME_MONO);
	time_is("--time=rel -t", TIME_REL);
	time_is("--time=wall", TIME_WALL);
	time_is("--time=utc", TIME_WALL_UTC);
}
END_TEST

START_TEST(formats)
{
	good("-j --json -F json");
	ck_assert_int_eq(r.o.format, FMT_JSON);
	good("--csv");
	ck_assert_int_eq(r.o.format, FMT_CSV);
	good("--format=table");
	ck_assert_int_eq(r.o.format, FMT_TABLE);
}
END_TEST

START_TEST(switches)
{
	good("-xwHS --strict --plan --dry-run --dump --schema --force --dns "
	     "-vv -o +netns -W f -m 3 --max-sockets 9 --config no-ringbuf=1 "
	     "--config no-kprobe=0 --btf none --fields /dev/null --ready-fd 2");
	ck_assert(r.o.extended && r.o.wide && r.o.no_header && r.o.no_summary);
	ck_assert(r.o.strict && r.o.plan && r.o.dry_run);
	ck_assert(r.o.dump && r.o.schema);
	ck_assert(r.o.env.force && r.o.dns && r.o.verbose == 2 && !r.o.quiet);
	ck_assert_str_eq(r.o.columns, "+netns");
	ck_assert_str_eq(r.o.write_file, "f");
	ck_assert_uint_eq(r.o.max_events, 3);
	ck_assert_uint_eq(r.o.max_sockets, 9);
	ck_assert_int_eq(r.o.ready_fd, 2);
	ck_assert_str_eq(r.o.env.config[0], "no-ringbuf=1");
	ck_assert_str_eq(r.o.env.config[1], "no-kprobe=0");
	ck_assert_ptr_null(r.o.env.config[2]);
	ck_assert_str_eq(r.o.env.btf, "none");
	ck_assert_str_eq(r.o.env.fields, "/dev/null");
	good("-c -q -4");
	ck_assert(r.o.count && r.o.quiet && r.o.filters.family == 4);
	good("-66");
	ck_assert_int_eq(r.o.filters.family, 6);
}
END_TEST

START_TEST(own)
{
	good("-l 10 -e --depth 0x7f");
	ck_assert_uint_eq(r.o.own[0], 10000000);
	ck_assert_uint_eq(r.o.own[1], 1);
	ck_assert_uint_eq(r.o.own[2], 127);
	good("--slow 1.5ms");
	ck_assert_uint_eq(r.o.own[3], 1500000);
	good("--slow 2");
	ck_assert_uint_eq(r.o.own[3], 2000000000);
	good("--least=3600000");
	ck_assert_uint_eq(r.o.own[0], 3600000000000);
}
END_TEST

START_TEST(namespaces)
{
	struct stat st;

	good("--netns inode:4026531840 -N inode:0x10");
	ck_assert_uint_eq(r.o.filters.nnetns, 2);
	ck_assert_uint_eq(r.o.filters.netns[0], 4026531840u);
	ck_assert_uint_eq(r.o.filters.netns[1], 16);
	good("--cgroup 77 --cgroup 0x8000000000000000");
	ck_assert_uint_eq(r.o.filters.ncgroup, 2);
	ck_assert_uint_eq(r.o.filters.cgroup[1], 0x8000000000000000);
	if (stat("/proc/self/ns/net", &st))
		return;
	good("-N /proc/self/ns/net");
	ck_assert_uint_eq(r.o.filters.netns[0], (uint32_t)st.st_ino);
}
END_TEST

static void mount_is(const char *mountinfo, const char *want)
{
	FILE *f = fmemopen((void *)(uintptr_t)mountinfo, strlen(mountinfo),
			   "r");
	char buf[24] = "";

	ck_assert_ptr_nonnull(f);
	ck_assert(cgroup2_mount(f, buf, sizeof(buf)) == (*want != 0));
	ck_assert_str_eq(buf, want);
	fclose(f);
}

START_TEST(cgroup_mounts)
{
	mount_is("31 23 0:28 / /a rw - tmpfs tmpfs rw\n"
		 "32 31 0:29 / /a/cpu rw shared:7 - cgroup cgroup rw,cpu\n"
		 "41 31 0:38 / /a/two\\040words\\134 rw,x shared:9 master:2 - "
		 "cgroup2 cgroup2 rw\n", "/a/two words\\");
	mount_is("1 2 0:3 / /x rw - cgroup2 none rw", "/x");
	mount_is("1 2 0:3 / /x rw - cgroup2x none rw\n", "");
	mount_is("1 2 - cgroup2 / /x rw\n", "");
	mount_is("1 2 0:3 / /longer-than-the-buffer-is rw - cgroup2 n rw\n"
		 " - cgroup2 \n-\n\n", "");
}
END_TEST

Suite *suite_optval(void);

Suite *suite_optval(void)
{
	Suite *s = suite_create("optval");
	TCase *tc = tcase_create("optval");

	tcase_add_test(tc, defaults);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, nets);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, sizes);
	tcase_add_test(tc, times);
	tcase_add_test(tc, formats);
	tcase_add_test(tc, switches);
	tcase_add_test(tc, own);
	tcase_add_test(tc, namespaces);
	tcase_add_test(tc, cgroup_mounts);
	suite_add_tcase(s, tc);
	return s;
}
