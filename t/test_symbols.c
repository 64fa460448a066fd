/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Symbols: kallsyms and maps as texts, this program's own functions, and
 * frames as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/symbols.h"
#include "t/check.h"
#include "t/temp.h"
#include "tools/frontend/ask.h"

Suite *suite_symbols(void);

/* ---- the kernel's ------------------------------------------------------ */

static const char kallsyms[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000200 t second\n"
	"ffffffff81000300 W weak\n"
	"ffffffff81000400 D some_data\n"
	"ffffffff81000380 r rodata\n"
	"ffffffffc0300000 t in_module\t[nf_tables]\n"
	"ffffffffc0300100 t other\t[nf_tables]\n"
	"ffffffffc0200000 t before\t[tls]\n"
	"ffffffffc0400000 t bpf_prog_1234_x\t[bpf]\n"
	"\n"
	"no line at all\n"
	"ffffffff81000210 t \n"
	"ffffffff81000220 tt twice\n"
	"ffffffff81000230\n"
	"ffffffffc0500000 t last";

static void check_ksym(struct ksyms *k, uint64_t addr, const char *name,
		       uint64_t offset, const char *module)
{
	const char *mod = NULL, *got;
	uint64_t off = 0;

	got = ksyms_find(k, addr, &off, &mod);
	if (!name) {
		ck_assert_ptr_null(got);
		return;
	}
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, name);
	ck_assert_uint_eq(off, offset);
	ck_assert_str_eq(mod, module);
}

START_TEST(test_kallsyms)
{
	struct ksyms *k = ksyms_parse(kallsyms, sizeof(kallsyms) - 1);

	ck_assert_ptr_nonnull(k);
	check_ksym(k, 0, NULL, 0, "");
	check_ksym(k, 0xffffffff80ffffff, NULL, 0, "");
	check_ksym(k, 0xffffffff81000000, "_stext", 0, "");
	check_ksym(k, 0xffffffff810001ff, "_stext", 0x1ff, "");
	check_ksym(k, 0xffffffff81000200, "second", 0, "");
	check_ksym(k, 0xffffffff81000221, "second", 0x21, "");
	check_ksym(k, 0xffffffff81000300, "weak", 0, "");
	check_ksym(k, 0xffffffff81000410, "weak", 0x110, "");
	/* far above the kernel's own text, and below modules */
	check_ksym(k, 0xffffffffa0000000, NULL, 0, "");
	check_ksym(k, 0xffffffffc0200010, "before", 0x10, "tls");
	check_ksym(k, 0xffffffffc03000ff, "in_module", 0xff, "nf_tables");
	check_ksym(k, 0xffffffffc0300100, "other", 0, "nf_tables");
	check_ksym(k, 0xffffffffc0400001, "bpf_prog_1234_x", 1, "bpf");
	check_ksym(k, 0xffffffffc0500002, "last", 2, "");
	check_ksym(k, UINT64_MAX, NULL, 0, "");
	ksyms_free(k);
	ksyms_free(NULL);
}
END_TEST

/* kptr_restrict */
START_TEST(test_hidden)
{
	static const char hidden[] = "0000000000000000 T _text\n"
				     "0000000000000000 T tcp_connect\n";
	struct ksyms *k = ksyms_parse(hidden, strlen(hidden));

	check_ksym(k, 0, NULL, 0, "");
	check_ksym(k, 1, NULL, 0, "");
	check_ksym(k, 0xffffffff81000000, NULL, 0, "");
	ksyms_free(k);
	k = ksyms_parse("", 0);
	check_ksym(k, 1, NULL, 0, "");
	ksyms_free(k);
}
END_TEST

static void check_named(struct ksyms *k, const char *name, const char *found,
			const char *module)
{
	const char *text = NULL, *mod = NULL;

	ck_assert_int_eq(ksyms_named(k, name, &text, &mod), found != NULL);
	if (found) {
		ck_assert_str_eq(text, found);
		ck_assert_str_eq(mod, module);
	}
}

START_TEST(test_named)
{
	static const char names[] =
		"0000000000000000 t tcp_v4_rcv\t[mine]\n"
		"0000000000000000 T tcp_v4_rcv\n"
		"0000000000000000 t tcp_v4_rcv_more\n"
		"0000000000000000 t tcp_drop.part.0\n"
		"0000000000000000 t tcp_drop.isra.0\n"
		"0000000000000000 t tcp_drop.isra.1\t[mine]\n"
		"0000000000000000 t tcp_drop.cold\n"
		"0000000000000000 t lone.constprop.0\t[nf_tables]\n"
		"0000000000000000 t frozen.cold\n"
		"0000000000000000 D tcp_hashinfo\n";
	struct ksyms *k = ksyms_parse(names, strlen(names));

	check_named(k, "tcp_v4_rcv", "tcp_v4_rcv", "");
	check_named(k, "tcp_v4_rcv_more", "tcp_v4_rcv_more", "");
	check_named(k, "tcp_drop", "tcp_drop.isra.0", "");
	check_named(k, "lone", "lone.constprop.0", "nf_tables");
	check_named(k, "frozen", NULL, NULL);
	check_named(k, "tcp_hashinfo", NULL, NULL);
	check_named(k, "tcp_v", NULL, NULL);
	ksyms_free(k);
}
END_TEST

/* More than what there is room for at first, the last ones first. */
START_TEST(test_many)
{
	enum { N = 5000 };
	size_t len = 0, cap = N * 48;
	char *text = malloc(cap), name[16];
	struct ksyms *k;

	for (int i = N; i > 0; i--)
		len += (size_t)snprintf(text + len, cap - len,
					"%x t f%d\t[m%d]\n",
					0x1000000 + i * 16, i, i / 100);
	k = ksyms_parse(text, len);
	free(text);
	for (int i = 1; i <= N; i++) {
		char module[16];

		snprintf(name, sizeof(name), "f%d", i);
		snprintf(module, sizeof(module), "m%d", i / 100);
		check_ksym(k, 0x1000000 + (uint64_t)i * 16 + 15, name, 15,
			   module);
	}
	ksyms_free(k);
}
END_TEST

START_TEST(test_own_kernel)
{
	struct ksyms *k = ksyms_new();
	const char *module;
	uint64_t off;

	ck_assert_ptr_nonnull(k);
	ck_assert_ptr_null(ksyms_find(k, 1, &off, &module));
	ksyms_free(k);
}
END_TEST

/* ---- what processes have mapped ---------------------------------------- */

static const char maps[] =
	"00400000-00401000 r--p 00000000 08:01 131 /usr/bin/a b\n"
	"00401000-00403000 r-xp 00001000 08:01 131   /usr/bin/a b\n"
	"00403000-00404000 rw-p 00003000 08:01 131 /usr/bin/a b\n"
	"7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
	"7f0000001000-7f0000002000 r-xp 00000000 00:00 0\n"
	"7f0000003000-7f0000004000 r-xp 00000000 fe:1f 99 /x (deleted)\n"
	"7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0      [vdso]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]";

static void check_mapping(const struct mappings *m, uint64_t addr,
			  const char *path, uint64_t off)
{
	const struct mapping *got = mappings_find(m, addr);

	if (!path) {
		ck_assert_ptr_null(got);
		return;
	}
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got->path, path);
	ck_assert_uint_eq(addr - got->start + got->off, off);
}

START_TEST(test_maps)
{
	const struct mapping *x;
	struct mappings m;

	ck_assert_int_eq(mappings_parse(&m, maps, sizeof(maps) - 1), 0);
	ck_assert_uint_eq(m.n, 6);
	check_mapping(&m, 0x400fff, NULL, 0);
	check_mapping(&m, 0x401000, "/usr/bin/a b", 0x1000);
	check_mapping(&m, 0x402fff, "/usr/bin/a b", 0x2fff);
	check_mapping(&m, 0x403000, NULL, 0);
	check_mapping(&m, 0x7f0000000001, "", 1);
	check_mapping(&m, 0x7f0000001001, "", 1);
	check_mapping(&m, 0x7f0000002000, NULL, 0);
	check_mapping(&m, 0x7f0000003010, "/x (deleted)", 0x10);
	check_mapping(&m, 0x7ffc00001000, "[vdso]", 0x1000);
	check_mapping(&m, 0xffffffffff600123, "[vsyscall]", 0x123);
	check_mapping(&m, UINT64_MAX, NULL, 0);
	check_mapping(&m, 0, NULL, 0);
	x = mappings_find(&m, 0x7f0000003000);
	ck_assert(x->major == 0xfe && x->minor == 0x1f && x->inode == 99);
	mappings_release(&m);
	ck_assert_int_eq(mappings_parse(&m, "", 0), 0);
	check_mapping(&m, 0, NULL, 0);
	mappings_release(&m);
}
END_TEST

START_TEST(test_broken_maps)
{
	static const char *const broken[] = {
		"", " ", "\n", "00400000", "00400000-", "00400000-00401000",
		"00400000-00401000 ", "00400000-00401000 r-x",
		"00400000-00401000 r-xp", "00400000-00401000 r-xp 0",
		"00400000-00401000 r-xp 0 ", "00400000-00401000 r-xp 0 8",
		"00400000-00401000 r-xp 0 8:1", "00400000-00401000 r-xp 0 8:1 ",
		"00400000-00401000 r-xp 0 8:1 x",
		"00400000-00401000 r-xp 0 8:1 1x",
		"00401000-00400000 r-xp 0 8:1 1",
		"00400000-00400000 r-xp 0 8:1 1",
		"10000000000000000-10000000000000001 r-xp 0 8:1 1",
		"-00400000-00401000 r-xp 0 8:1 1",
		"00400000-00401000 r-xpp 0 8:1 1",
	};
	struct mappings m;
	char *cut;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		ck_assert_int_eq(mappings_parse(&m, broken[i],
						strlen(broken[i])), 0);
		ck_assert_msg(m.n == 0, "\"%s\" was taken", broken[i]);
		mappings_release(&m);
	}
	for (size_t n = 0; n < sizeof(maps); n++) {
		cut = malloc(n ? n : 1);	/* ASan sees its end */
		memcpy(cut, maps, n);
		ck_assert_int_eq(mappings_parse(&m, cut, n), 0);
		mappings_release(&m);
		free(cut);
	}
}
END_TEST

/* Out of order, and far too many: those that fit stay found. */
START_TEST(test_odd_maps)
{
	struct mappings m = { .n = 0 };
	char line[100];

	for (unsigned i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "%x-%x r-xp 0 0:0 0 /%u\n",
			 0x1000 + i * 16, 0x1000 + i * 16 + 8, i);
		ck_assert_int_eq(mappings_add(&m, line, strlen(line)), 0);
		ck_assert_int_eq(mappings_add(&m, line, strlen(line)), 0);
	}
	ck_assert_uint_eq(m.n, 4096);
	check_mapping(&m, 0x1000 + 4095 * 16 + 7, "/4095", 7);
	check_mapping(&m, 0x1000 + 4095 * 16 + 8, NULL, 0);
	check_mapping(&m, 0x1000 + 4096 * 16, NULL, 0);
	mappings_release(&m);
}
END_TEST

/* ---- processes --------------------------------------------------------- */

__attribute__((noinline)) int symbols_test_function(int n);

/* long enough for an address inside */
__attribute__((noinline)) int symbols_test_function(int n)
{
	volatile int sum = 0;

	for (int i = 0; i < n; i++)
		sum += i * n;
	return sum;
}

/* Where its code is; the lowest bit tells Thumb code. */
static uint64_t own_address(void)
{
	uintptr_t p = (uintptr_t)symbols_test_function;

#ifdef __arm__
	p &= ~(uintptr_t)1;
#endif
	return p;
}

static void check_own(struct usyms *u, uint32_t pid)
{
	struct usym sym;

	ck_assert(usyms_find(u, pid, own_address() + 4, &sym));
	ck_assert_ptr_nonnull(sym.name);
	ck_assert_str_eq(sym.name, "symbols_test_function");
	ck_assert_uint_eq(sym.offset, 4);
	ck_assert_int_eq(sym.path[0], '/');
	ck_assert_uint_ne(sym.file_offset, 0);
	ck_assert_uint_eq(strspn(sym.build_id, "0123456789abcdef"),
			  strlen(sym.build_id));
}

START_TEST(test_self)
{
	struct usyms *u = usyms_new();
	uint32_t pid = (uint32_t)getpid();
	int local = 0;
	struct usym sym;

	ck_assert_ptr_nonnull(u);
	ck_assert_int_eq(symbols_test_function(3), 9);
	check_own(u, pid);
	check_own(u, pid);	/* as remembered */
	ck_assert(usyms_find(u, pid, own_address(), &sym));
	ck_assert_str_eq(sym.name, "symbols_test_function");
	ck_assert_uint_eq(sym.offset, 0);
	ck_assert(!usyms_find(u, pid, (uintptr_t)&local, &sym));
	ck_assert_ptr_null(sym.name);
	ck_assert(!usyms_find(u, pid, 0, &sym));
	ck_assert(!usyms_find(u, pid, UINT64_MAX, &sym));
	ck_assert(!usyms_find(u, 0, own_address(), &sym));
	usyms_free(u);
	usyms_free(NULL);
}
END_TEST

/* A process that was seen in time is known after its end. */
START_TEST(test_gone)
{
	struct usyms *u = usyms_new();
	struct usym sym;
	int ends[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit((int)read(ends[0], &c, 1));
	}
	ck_assert_int_gt(pid, 0);
	usyms_note(u, (uint32_t)pid);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	check_own(u, (uint32_t)pid);
	/* one that was not */
	pid = fork();
	if (!pid)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!usyms_find(u, (uint32_t)pid, own_address(), &sym));
	ck_assert_ptr_null(sym.path);
	usyms_free(u);
}
END_TEST

/* A file that is no program, and ends under us. */
START_TEST(test_odd_file)
{
	char path[PATH_MAX], junk[8192];
	struct usyms *u = usyms_new();
	int fd = temp_file(path);
	struct usym sym;
	uint64_t addr;
	void *mem;

	memset(junk, 0xff, sizeof(junk));
	memcpy(junk, "\177ELF\2\1\1", 7);
	ck_assert_int_eq(write(fd, junk, sizeof(junk)), sizeof(junk));
	mem = mmap(NULL, sizeof(junk), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
		   0);
	unlink(path);
	if (mem != MAP_FAILED) {	/* else it is noexec there */
		addr = (uintptr_t)mem;
		ck_assert(usyms_find(u, (uint32_t)getpid(), addr + 1, &sym));
		ck_assert_ptr_null(sym.name);
		ck_assert_str_eq(sym.build_id, "");
		ck_assert_uint_eq(sym.file_offset, 1);
		ck_assert(!strncmp(sym.path, path, strlen(path)));
		ck_assert_int_eq(ftruncate(fd, 16), 0);
		ck_assert(usyms_find(u, (uint32_t)getpid(), addr + 2, &sym));
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert(usyms_find(u, (uint32_t)getpid(), addr + 3, &sym));
		ck_assert_ptr_null(sym.name);
		munmap(mem, sizeof(junk));
	}
	close(fd);
	usyms_free(u);
}
END_TEST

/* More processes than are remembered; none of them is there. */
START_TEST(test_crowd)
{
	struct usyms *u = usyms_new();
	struct usym sym;

	for (uint32_t i = 0; i < 3000; i++)
		ck_assert(!usyms_find(u, UINT32_MAX - i, 4096, &sym));
	check_own(u, (uint32_t)getpid());
	usyms_free(u);
}
END_TEST

/* ---- libraries ---------------------------------------------------------- */

static const char *const functions[] = { "malloc", NULL };

static void check_malloc(struct libs *l)
{
	char target[64];
	unsigned n = 0;

	for (unsigned i = 0; i < libs_count(l); i++)
		n += libs_place(l, i, "malloc", 0, target, sizeof(target));
	ck_assert_uint_gt(n, 0);
}

/* What could not be opened once is not given up. */
START_TEST(test_libs_again)
{
	struct libs *l = libs_new(functions, sizeof(void *));
	uint32_t pid = (uint32_t)getpid();
	struct rlimit all, one;
	int fd = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(l);
	close(fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	one = all;
	one.rlim_cur = (rlim_t)fd + 1;	/* for the list, not for its files */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &one), 0);
	ck_assert_int_eq(libs_scan(l, &pid, 1, UINT32_MAX), 0);
	ck_assert_uint_eq(libs_count(l), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	/* nor what there was no time for */
	ck_assert_int_eq(libs_scan(l, &pid, 1, 0), 0);
	ck_assert_int_eq(libs_scan(l, &pid, 1, UINT32_MAX), 0);
	check_malloc(l);
	libs_free(l);
}
END_TEST

START_TEST(test_libs_named)
{
	struct libs *l = libs_new(functions, sizeof(void *));
	struct err e = { .no = 0 };

	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(libs_add(l, "/proc/none", &e), -ENOENT);
	ck_assert_str_eq(e.msg, "/proc/none: No such file or directory");
	ck_assert_int_eq(libs_add(l, "/proc", &e), -EINVAL);
	ck_assert_str_eq(e.msg, "/proc is no regular file, or too large");
	ck_assert_int_eq(libs_add(l, "/dev/null", &e), -EINVAL);
	ck_assert_uint_eq(libs_count(l), 0);
	libs_free(l);
}
END_TEST

/* ---- frames ------------------------------------------------------------ */

START_TEST(test_kernel_frames)
{
	static const uint64_t ips[] = {
		0xffffffff81000200, 0xffffffff81000300, 0xffffffff81000310,
		0xffffffffa0000000, 0xffffffffc0300100, 0, 0xffffffff81000000
	};
	struct stacks s = { .ksyms = ksyms_parse(kallsyms,
						 sizeof(kallsyms) - 1) };
	char buf[512];

	/* a return address behind the last call of a function is its own */
	stack_text(&s, ips, 7, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    second+0\n    second+256\n    weak+16\n"
			 "    0xffffffffa0000000\n    in_module+256\n");
	stack_text(&s, ips, 1, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    second+0\n");
	stack_text(&s, ips, 0, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "");
	stack_text(&s, ips, 7, 0, buf, 30);
	ck_assert_str_eq(buf, "    second+0\n    ...\n");
	for (size_t len = 0; len < 120; len++) {
		char *exact = malloc(len ? len : 1);	/* ASan sees its end */

		stack_text(&s, ips, 7, 0, exact, len);
		ck_assert(!len || strlen(exact) < len);
		free(exact);
	}
	ksyms_free(s.ksyms);
	s.ksyms = NULL;
	stack_text(&s, ips, 1, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    0xffffffff81000200\n");
}
END_TEST

START_TEST(test_user_frames)
{
	uint64_t ips[] = { own_address() + 2, own_address() + 4, 16, 0 };
	struct stacks s = { .usyms = usyms_new() };
	uint32_t pid = (uint32_t)getpid();
	struct usym sym;
	char buf[8192], want[8192];

	stack_text(&s, ips, 4, pid, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    symbols_test_function+2\n"
			 "    symbols_test_function+4\n    0x10\n");
	s.build_ids = true;
	stack_text(&s, ips, 1, pid, buf, sizeof(buf));
	ck_assert(usyms_find(s.usyms, pid, ips[0], &sym));
	if (sym.build_id[0])
		snprintf(want, sizeof(want), "    [%s]+0x%" PRIx64 " %s\n",
			 sym.build_id, sym.file_offset, sym.path);
	else
		snprintf(want, sizeof(want), "    0x%" PRIx64 " (%s+0x%" PRIx64
			 ")\n", ips[0], sym.path, sym.file_offset);
	ck_assert_str_eq(buf, want);
	usyms_free(s.usyms);
	s.usyms = NULL;
	stack_text(&s, ips + 2, 1, pid, buf, sizeof(buf));
	ck_assert_str_eq(buf, "    0x10\n");
}
END_TEST

Suite *suite_symbols(void)
{
	Suite *s = suite_create("symbols");
	TCase *tc = tcase_create("symbols");

	tcase_add_test(tc, test_kallsyms);
	tcase_add_test(tc, test_hidden);
	tcase_add_test(tc, test_named);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_own_kernel);
	tcase_add_test(tc, test_maps);
	tcase_add_test(tc, test_broken_maps);
	tcase_add_test(tc, test_odd_maps);
	tcase_add_test(tc, test_self);
	tcase_add_test(tc, test_gone);
	tcase_add_test(tc, test_odd_file);
	tcase_add_test(tc, test_crowd);
	tcase_add_test(tc, test_libs_again);
	tcase_add_test(tc, test_libs_named);
	tcase_add_test(tc, test_kernel_frames);
	tcase_add_test(tc, test_user_frames);
	suite_add_tcase(s, tc);
	return s;
}
