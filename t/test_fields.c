/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Field tables, argument registers, and the resolver over several sources.
 */
#include <errno.h>
#include <stdio.h>

#include "btf_build.h"

Suite *suite_fields(void);

#define ASK(k, t, p)	((struct question){ .kind = (k), .type = (t), \
					    .path = (p) })
#define HEAD	"# sockeye fields 1\nbuild-id 5a0c\nkernel 6.1 x86_64\n"

static struct bb bb;

static struct fields *parse(const char *text)
{
	struct fields *t;
	const char *why;
	unsigned int line;
	int err = fields_new(&t, text, strlen(text), &line, &why);

	ck_assert_msg(!err, "line %u: %s", line, why);
	return t;
}

static const char table[] =
	HEAD
	"\n"
	"# a remark\n"
	"struct sock:__sk_common.skc_dport off 12 size 2 unsigned\n"
	"struct sock:sk_protocol off 516 size 4 bits 8+8 unsigned\n"
	"struct sock:sk_bits off 8 size 2 bits 3+9 signed\n"
	"struct sock:sk_nothing absent\n"
	"struct sock:sk_both absent\n"
	"struct sock:sk_both off 16 size 8 pointer\n"
	"struct sock:sk_two off 24 size 4 unsigned\n"
	"struct sock:sk_two off 32 size 16 struct\n"
	"struct sock:sk_mode off 48 size 4 signed enum\n"
	"struct sock:arr[3] off 60 size 4 array\n"
	"struct request_sock size 312\n"
	"struct bpf_ringbuf exists\n"
	"struct gone absent\n"
	"struct has___v1 matches\n"
	"struct has___v2 differs\n"
	"long unsigned int size 8\n"
	"s_t id 77\n"
	"enum skb_drop_reason:SKB_CONSUMED value 1\n"
	"enum skb_drop_reason:SKB_NEGATIVE value -2\n"
	"enum skb_drop_reason:SKB_NONE absent\n"
	"e_t:E_A value 5\n"
	"func inet_csk_accept args 2\n";

static void check(const struct fields *t, int kind, const char *type,
		  const char *path, int class, int64_t want)
{
	struct question q = ASK((uint8_t)kind, type, path);
	struct answer a;

	q.local_class = (uint8_t)class;
	ck_assert_msg(!fields_core(t, &q, &a), "%s:%s", type, path);
	ck_assert_msg(a.poison == (want == -1) &&
		      (a.poison || a.value == (uint64_t)want),
		      "%s:%s kind %d: %d", type, path, kind, (int)a.value);
}

static void check_unknown(const struct fields *t, int kind, const char *type,
			  const char *path)
{
	struct question q = ASK((uint8_t)kind, type, path);
	struct answer a;

	ck_assert_int_eq(fields_core(t, &q, &a), -ENOENT);
}

START_TEST(test_table)
{
	struct fields *t = parse(table);

	ck_assert_str_eq(fields_build_id(t), "5a0c");
	check(t, 0, "struct sock", "__sk_common.skc_dport", 0, 12);
	check(t, 1, "struct sock___x", "__sk_common.skc_dport", 0, 2);
	check(t, 2, "struct sock", "__sk_common.skc_dport", 0, 1);
	check(t, 3, "struct sock", "__sk_common.skc_dport", 0, 0);
	check(t, 0, "struct sock", "sk_protocol", 0, 517);
	check(t, 1, "struct sock", "sk_protocol", 0, 1);
	check(t, 0, "struct sock", "sk_bits", 0, 8);
	check(t, 3, "struct sock", "sk_bits", 0, 1);
	check(t, 5, "struct sock", "sk_bits", 0, 55);
	check(t, 2, "struct sock", "sk_nothing", 0, 0);
	check(t, 0, "struct sock", "sk_nothing", 0, -1);
	check(t, 0, "struct sock", "sk_both", 0, 16);
	check(t, 0, "struct sock", "sk_both", FIELD_COMPOSITE, -1);
	check(t, 0, "struct sock", "sk_two", FIELD_SIGNED, 24);
	check(t, 0, "struct sock", "sk_two", FIELD_COMPOSITE, 32);
	check(t, 3, "struct sock", "sk_mode", FIELD_ENUM, 1);
	check(t, 0, "struct sock", "arr[3]", 0, 60);
	check(t, CORE_TYPE_EXISTS, "struct sock", "", 0, 1);
	check(t, CORE_TYPE_SIZE, "struct request_sock", "", 0, 312);
	check(t, CORE_TYPE_EXISTS, "struct request_sock", "", 0, 1);
	check(t, CORE_TYPE_EXISTS, "struct bpf_ringbuf", "", 0, 1);
	check(t, CORE_TYPE_EXISTS, "struct gone", "", 0, 0);
	check(t, CORE_TYPE_SIZE, "struct gone", "", 0, -1);
	check(t, CORE_TYPE_MATCHES, "struct has___v1", "", 0, 1);
	check(t, CORE_TYPE_MATCHES, "struct has___v2", "", 0, 0);
	check(t, CORE_TYPE_SIZE, "long unsigned int", "", 0, 8);
	check(t, CORE_TYPE_ID_TARGET, "s_t", "", 0, 77);
	check(t, CORE_ENUMVAL_VALUE, "enum skb_drop_reason", "SKB_CONSUMED",
	      0, 1);
	check(t, CORE_ENUMVAL_VALUE, "enum skb_drop_reason", "SKB_NEGATIVE",
	      0, -2);
	check(t, CORE_ENUMVAL_EXISTS, "enum skb_drop_reason", "SKB_NONE", 0,
	      0);
	check(t, CORE_ENUMVAL_VALUE, "enum skb_drop_reason", "SKB_NONE", 0,
	      -1);
	check(t, CORE_ENUMVAL_VALUE, "e_t", "E_A", 0, 5);
	check_unknown(t, 0, "struct sock", "other");
	check_unknown(t, 0, "union sock", "sk_bits");
	check_unknown(t, CORE_TYPE_EXISTS, "struct other", "");
	check_unknown(t, CORE_TYPE_SIZE, "struct bpf_ringbuf", "");
	check_unknown(t, CORE_ENUMVAL_VALUE, "enum skb_drop_reason", "X");
	ck_assert_int_eq(fields_func_args(t, "inet_csk_accept"), 2);
	ck_assert_int_eq(fields_func_args(t, "inet_csk"), -ENOENT);
	fields_free(t);
	fields_free(NULL);
	t = parse("# sockeye fields 1\r\nbuild-id -\r\n");
	ck_assert_str_eq(fields_build_id(t), "");
	fields_free(t);
}
END_TEST

START_TEST(test_slips)
{
	static const struct {
		const char *text;
		unsigned int line;
	} slips[] = {
		{ "", 1 },
		{ "# sockeye fields 2\nbuild-id -\n", 1 },
		{ "# sockeye fields 1\n", 2 },
		{ "# sockeye fields 1\nbuild-id XYZ\n", 2 },
		{ "# sockeye fields 1\nbuild-id \n", 2 },
		{ HEAD "build-id 00\n", 4 },
		{ HEAD "struct s:a off 1 size 2 unsigned\nwhat is this\n", 5 },
		{ HEAD "struct s:a\n", 4 },
		{ HEAD "struct s:a off\n", 4 },
		{ HEAD "struct s:a off x size 1 unsigned\n", 4 },
		{ HEAD "struct s:a off 1 size 2\n", 4 },
		{ HEAD "struct s:a off 1 len 2 unsigned\n", 4 },
		{ HEAD "struct s:a off 1 size 2 unsinged\n", 4 },
		{ HEAD "struct s:a off 1 size 2 unsigned x\n", 4 },
		{ HEAD "struct s:a off 1 size 2 signed struct\n", 4 },
		{ HEAD "struct s:a off -1 size 2 unsigned\n", 4 },
		{ HEAD "struct s:a off 4294967296 size 2 unsigned\n", 4 },
		{ HEAD "struct s:a off 1 size 2 bits 8 unsigned\n", 4 },
		{ HEAD "struct s:a off 0 size 2 bits 8+9 unsigned\n", 4 },
		{ HEAD "struct s:a off 0 size 2 bits 8+0 unsigned\n", 4 },
		{ HEAD "struct s:a off 0 size 16 bits 0+4 unsigned\n", 4 },
		{ HEAD "struct s:a off 0 size 4 unsigned\n"
		       "struct s:a off 4 size 4 unsigned\n", 5 },
		{ HEAD "struct s:a off 0 size 4 bits 0+3 unsigned\n"
		       "struct s:a off 0 size 4 bits 0+4 unsigned\n", 5 },
		{ HEAD "struct s size\n", 4 },
		{ HEAD "struct s size big\n", 4 },
		{ HEAD "struct s size 1\nstruct s size 2\n", 5 },
		{ HEAD " size 1\n", 4 },
		{ HEAD ":x off 0 size 1 unsigned\n", 4 },
		{ HEAD "enum e:A\n", 4 },
		{ HEAD "enum e:A value\n", 4 },
		{ HEAD "enum e:A value one\n", 4 },
		{ HEAD "enum e:A off 0 size 1 unsigned\n", 4 },
		{ HEAD "func f args 256\n", 4 },
		{ HEAD "func f args\n", 4 },
		{ HEAD "func f\n", 4 },
	};
	struct fields *t;
	unsigned int line;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		why = NULL;
		ck_assert_msg(fields_new(&t, slips[i].text,
					 strlen(slips[i].text), &line,
					 &why) == -EINVAL && why &&
			      line == slips[i].line, "%s: line %u, %s",
			      slips[i].text, line, why ? why : "-");
	}
	ck_assert_int_eq(fields_new(&t, HEAD "x\0y size 1\n", sizeof(HEAD) + 10,
				    &line, &why), -EINVAL);
	ck_assert_uint_eq(line, 4);
}
END_TEST

/* What is asked of struct s, enum e. */
static const struct question questions[] = {
	{ .kind = 0, .type = "struct s___x", .path = "a" },
	{ .kind = 2, .type = "struct s", .path = "in.b[2]" },
	{ .kind = 0, .type = "struct s", .path = "bit" },
	{ .kind = 4, .type = "struct s", .path = "bit" },
	{ .kind = 1, .type = "struct s", .path = "p" },
	{ .kind = 3, .type = "struct s", .path = "mode" },
	{ .kind = 0, .type = "struct s", .path = "gone" },
	{ .kind = 2, .type = "struct s", .path = "gone" },
	{ .kind = CORE_TYPE_SIZE, .type = "struct s", .path = "" },
	{ .kind = CORE_TYPE_EXISTS, .type = "struct s", .path = "" },
	{ .kind = CORE_TYPE_ID_TARGET, .type = "s_t", .path = "" },
	{ .kind = CORE_TYPE_SIZE, .type = "s_t", .path = "" },
	{ .kind = CORE_ENUMVAL_VALUE, .type = "enum e", .path = "B" },
	{ .kind = CORE_ENUMVAL_EXISTS, .type = "enum e", .path = "C" },
	{ .kind = CORE_ENUMVAL_VALUE, .type = "enum e", .path = "C" },
};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static struct btf *asked_types(void)
{
	uint32_t u32, s32, ptr, arr, in, e, s;

	bb_init(&bb, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	s32 = bb_int(&bb, "int", 4, BTF_INT_SIGNED);
	ptr = bb_ptr(&bb, 0);
	arr = bb_array(&bb, s32, u32, 4);
	in = bb_struct(&bb, "in", 20, 1);
	bb_member(&bb, "b", arr, 32);
	e = bb_enum(&bb, "e", B_KFLAG | 2);
	bb_value(&bb, "A", 1);
	bb_value(&bb, "B", -7);
	s = bb_struct(&bb, "s", 64, B_KFLAG | 5);
	bb_member(&bb, "a", u32, 0);
	bb_member(&bb, "in", in, 64);
	bb_member(&bb, "bit", u32, B_BITS(11u, 229));
	bb_member(&bb, "p", ptr, 256);
	bb_member(&bb, "mode", e, 320);
	bb_typedef(&bb, "s_t", s);
	return bb_open(&bb, NULL, false);
}

static void check_answer(const struct fields *t, const struct question *q,
			 const struct answer *want)
{
	struct answer got;

	ck_assert_int_eq(fields_core(t, q, &got), 0);
	ck_assert_msg(got.value == want->value && got.poison == want->poison &&
		      !memcmp(&got.field, &want->field, sizeof(got.field)),
		      "%s:%s kind %d", q->type, q->path, q->kind);
}

/* What is printed is read back, and answers the same. */
START_TEST(test_round_trip)
{
	struct answer a[QUESTIONS + 1];
	struct btf *b = asked_types();
	char *text = NULL;
	struct fields *t;
	const char *why;
	size_t len, i;
	FILE *f;

	f = open_memstream(&text, &len);
	fields_print_head(f, "00ff", "6.1 x86_64");
	for (i = 0; i < QUESTIONS; i++) {
		ck_assert_int_eq(btf_core(b, &questions[i], &a[i], &why), 0);
		fields_print(f, &questions[i], &a[i]);
	}
	fields_print_func(f, "tcp_recvmsg", 5);
	fields_print_func(f, "tcp_sendpage", -ENOENT);
	a[QUESTIONS].source = NULL;
	fields_print(f, &questions[0], &a[QUESTIONS]);
	fclose(f);
	t = parse(text);
	for (i = 0; i < QUESTIONS; i++)
		check_answer(t, &questions[i], &a[i]);
	ck_assert_int_eq(fields_func_args(t, "tcp_recvmsg"), 5);
	ck_assert_int_eq(fields_func_args(t, "tcp_sendpage"), -ENOENT);
	fields_free(t);
	btf_free(b);
	free(text);
}
END_TEST

/* Offsets as offsetof() gives them with each architecture's headers. */
START_TEST(test_regs)
{
	static const struct {
		const char *machine;
		int n, off, size;	/* off < 0: the errno */
	} rows[] = {
		{ "x86_64", 0, 112, 8 }, { "x86_64", 3, 88, 8 },
		{ "x86_64", 5, 64, 8 }, { "x86_64", 6, -ENOENT, 0 },
		{ "x86_64", REG_RETURN, 80, 8 }, { "x86_64", REG_SP, 152, 8 },
		{ "x86_64", REG_PC, 128, 8 },
		{ "i386", 0, 24, 4 }, { "i686", 1, 8, 4 }, { "i586", 2, 4, 4 },
		{ "i686", 3, -ENOENT, 0 }, { "i686", REG_RETURN, 24, 4 },
		{ "i686", REG_PC, 48, 4 }, { "i786", 0, -ENOSYS, 0 },
		{ "aarch64", 0, 0, 8 }, { "aarch64", 7, 56, 8 },
		{ "aarch64", 8, -ENOENT, 0 }, { "aarch64", REG_SP, 248, 8 },
		{ "aarch64_be", REG_PC, 256, 8 }, { "armv8l", 1, 8, 8 },
		{ "armv7l", 0, 0, 4 }, { "armv6l", 3, 12, 4 },
		{ "armv5tejl", 4, -ENOENT, 0 }, { "armv7b", REG_SP, 52, 4 },
		{ "armv7l", REG_PC, 60, 4 },
		{ "riscv64", 0, 80, 8 }, { "riscv64", 7, 136, 8 },
		{ "riscv64", REG_PC, 0, 8 }, { "riscv64", REG_SP, 16, 8 },
		{ "riscv32", 0, 40, 4 }, { "riscv32", 8, -ENOENT, 0 },
		{ "s390x", 0, 40, 8 }, { "s390x", 4, 72, 8 },
		{ "s390x", 5, -ENOENT, 0 }, { "s390x", REG_RETURN, 40, 8 },
		{ "s390x", REG_SP, 144, 8 }, { "s390x", REG_PC, 16, 8 },
		{ "mips", 0, 48, 4 }, { "mips", 3, 60, 4 },
		{ "mips", 4, -ENOENT, 0 }, { "mips", REG_RETURN, 40, 4 },
		{ "mips", REG_SP, 148, 4 }, { "mips", REG_PC, 180, 4 },
		{ "mips64", 0, 32, 8 }, { "mips64", 7, 88, 8 },
		{ "mips64", REG_RETURN, 16, 8 }, { "mips64", REG_PC, 296, 8 },
		{ "user-i386", 0, -ENOENT, 0 },
		{ "user-i386", REG_RETURN, 24, 4 },
		{ "vax", 0, -ENOSYS, 0 }, { "", 0, -ENOSYS, 0 },
		{ "x86_64", -4, -EINVAL, 0 }, { "x86_64x", 0, -ENOSYS, 0 },
	};
	struct field f;
	size_t i;
	int err;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = regs_field(rows[i].machine, rows[i].n, &f);
		ck_assert_msg(err ? err == rows[i].off :
			      (int)f.off == rows[i].off &&
			      (int)f.size == rows[i].size && f.exists &&
			      f.class == FIELD_UNSIGNED &&
			      f.bit_off == f.off * 8 && !f.bit_size,
			      "%s %d: %d %u", rows[i].machine, rows[i].n, err,
			      f.off);
	}
}
END_TEST

/* Only where accept(2) may be a socketcall(2). */
START_TEST(test_socketcalls)
{
	static const char *const none[] = {
		"x86_64", "aarch64", "armv7l", "mips", "riscv64", "vax",
	};
	const struct socketcalls *s = regs_socketcalls("i686");
	size_t i;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->nr, 44);
	ck_assert_uint_eq(s->arg, 0);
	ck_assert_uint_eq(s->arg2, 4);
	s = regs_socketcalls("s390x");
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->nr, 160);
	ck_assert_uint_eq(s->arg, 152);
	ck_assert_uint_eq(s->arg2, 48);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_ptr_null(regs_socketcalls(none[i]));
}
END_TEST

static int broken_core(void *self, const struct question *q,
		       struct answer *a, const char **why)
{
	(void)a;
	*why = "broken";
	return strcmp(q->type, self) ? -ENOENT : -EINVAL;
}

/* One that is broken, a table, and BTF, in this order. */
static void resolver_fill(struct resolver *r, const struct source *broken,
			  bool big_endian)
{
	const char *why, *names[] = { "s", "t" };
	uint32_t u32;

	bb_init(&bb, big_endian);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	bb_struct(&bb, "s", 8, B_KFLAG | 2);
	bb_member(&bb, "a", u32, 0);
	bb_member(&bb, "bit", u32, B_BITS(3u, 33));
	bb_proto(&bb, u32, 1);
	bb_param(&bb, "x", u32);
	bb_type(&bb, "fun", 12u << 24, bb.nids - 1);
	resolver_init(r, big_endian);
	ck_assert_int_eq(resolver_add(r, broken), 0);
	ck_assert_int_eq(resolver_add_fields(r, "table", parse(HEAD
		"struct s:a off 40 size 4 unsigned\n"
		"struct t:bit off 4 size 1 bits 1+3 unsigned\n"
		"struct u absent\n"
		"func other args 3\n")), 0);
	ck_assert_int_eq(resolver_add_btf(r, "kernel BTF",
					  bb_open(&bb, NULL, true)), 0);
	ck_assert_int_eq(resolver_want(r, names, 2, &why), 0);
}

static struct answer ask(struct resolver *r, struct question q)
{
	const char *why = NULL;
	struct answer a;

	ck_assert_int_eq(resolver_core(r, &q, &a, &why), 0);
	ck_assert_ptr_null(why);
	return a;
}

START_TEST(test_resolver)
{
	char type[] = "struct bad";
	struct source broken = { .name = "broken", .core = broken_core,
				 .self = type };
	struct question own = ASK(CORE_TYPE_ID_LOCAL, "", "");
	struct resolver r;
	struct answer a;
	const char *why;
	unsigned int i;

	resolver_fill(&r, &broken, _i);
	/* The first that knows is believed */
	a = ask(&r, ASK(0, "struct s", "a"));
	ck_assert(a.value == 40);
	ck_assert_str_eq(a.source, "table");
	a = ask(&r, ASK(4, "struct s", "bit"));
	ck_assert_uint_eq(a.value, _i ? 57 : 60);
	ck_assert_str_eq(a.source, "kernel BTF");
	/* The table's bitfields get the kernel's byte order, not ours */
	ck_assert_uint_eq(ask(&r, ASK(4, "struct t", "bit")).value,
			  _i ? 57 : 60);
	a = ask(&r, ASK(CORE_TYPE_EXISTS, "struct u", ""));
	ck_assert(!a.value && !a.poison && a.source);
	a = ask(&r, ASK(0, "struct none", "x"));
	ck_assert(a.poison && !a.source);
	a = ask(&r, ASK(2, "struct none", "x"));
	ck_assert(!a.poison && !a.value && !a.source);
	ck_assert_int_eq(resolver_core(&r, &ASK(0, "struct bad", "x"), &a,
				       &why), -EINVAL);
	ck_assert_str_eq(why, "broken");
	own.local_id = 9;
	a = ask(&r, own);
	ck_assert(a.value == 9 && !a.poison);
	ck_assert_int_eq(resolver_func_args(&r, "fun"), 1);
	ck_assert_int_eq(resolver_func_args(&r, "other"), 3);
	ck_assert_int_eq(resolver_func_args(&r, "nofun"), -ENOENT);
	for (i = r.nsources; i < RESOLVER_MAX_SOURCES; i++)
		ck_assert_int_eq(resolver_add(&r, &broken), 0);
	ck_assert_int_eq(resolver_add(&r, &broken), -ENOSPC);
	resolver_release(&r);
}
END_TEST

Suite *suite_fields(void)
{
	Suite *s = suite_create("fields");
	TCase *tc = tcase_create("fields");

	tcase_add_test(tc, test_table);
	tcase_add_test(tc, test_slips);
	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_regs);
	tcase_add_test(tc, test_socketcalls);
	tcase_add_loop_test(tc, test_resolver, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
