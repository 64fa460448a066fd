/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Listings by insn_dump: one golden program with everything in it, hostile
 * strings, and arbitrary bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn/insn.h"
#include "t/check.h"

Suite *suite_dump(void);

static struct as prog;

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The listing as text, to be freed. */
static char *listing(const struct bpf_insn *insns, size_t ninsns,
		     const struct reloc *relocs, size_t nrelocs,
		     const struct line *lines, size_t nlines)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	insn_dump(out, insns, ninsns, relocs, nrelocs, lines, nlines);
	ck_assert_int_eq(ferror(out), 0);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_ptr_nonnull(text);
	return text;
}

static void expect_listing(const char *want, const struct line *lines,
			   size_t nlines)
{
	char *text = listing(prog.insns, prog.ninsns, prog.relocs,
			     prog.nrelocs, lines, nlines);

	ck_assert_str_eq(text, want);
	free(text);
}

/* Counts the connections to a port that is configured. */
static void count_port(struct as *a)
{
	int out = as_label(a), miss = as_label(a);

	as_arg(a, 6, 1, "sk");
	as_field(a, 1, "struct sock", "__sk_common.skc_dport");
	as_alu(a, BPF_ADD, 6, 1);
	as_ldx(a, BPF_H, 7, 6, 0);
	as_swap(a, BPF_TO_BE, 7, 16);
	as_ldconst(a, 2, "port");
	as_jmp(a, BPF_JNE, 7, 2, out);
	as_stx(a, BPF_W, 10, -4, 7);
	as_ldmap(a, 1, "counts");
	as_mov(a, 2, 10);
	as_alui(a, BPF_ADD, 2, -4);
	as_call(a, 1);
	as_jmpi(a, BPF_JEQ, 0, 0, miss);
	as_movi(a, 1, 1);
	as_xadd(a, BPF_DW, 0, 0, 1);
	as_ja(a, out);
	as_place(a, miss);
	as_alui32(a, BPF_XOR, 7, 255);
	as_place(a, out);
	as_movi(a, 0, 0);
	as_exit(a);
}

START_TEST(golden)
{
	static const struct line lines[] = {
		{ 0, 12, "port.c", "int count(struct sock *sk)" },
		{ 4, 14, "port.c", "\t\tif (dport != port)" },
		{ 8, 17, "port.c", NULL },
		{ 13, 19, NULL, "" },
		{ 18, 0, NULL, "out:" },
		{ 19, 0, NULL, NULL },
	};

	as_init(&prog);
	count_port(&prog);
	ck_assert_int_eq(as_finish(&prog), 21);
	expect_listing(
"; port.c:12: int count(struct sock *sk)\n"
"     0: r6 = *(u64 *)(r1 +0)                    ; byte_off struct probe:sk\n"
"     1: r1 = 0                                  "
	"; byte_off struct sock:__sk_common.skc_dport\n"
"     2: r6 += r1\n"
"     3: r7 = *(u16 *)(r6 +0)\n"
"; port.c:14: if (dport != port)\n"
"     4: r7 = be16 r7\n"
"     5: r2 = 0x0                                ; const port\n"
"     7: if r7 != r2 goto pc+11 <L19>\n"
"; port.c:17\n"
"     8: *(u32 *)(r10 -4) = r7\n"
"     9: r1 = 0x0                                ; map counts\n"
"    11: r2 = r10\n"
"    12: r2 += -4\n"
"; line 19\n"
"    13: call bpf_map_lookup_elem#1\n"
"    14: if r0 == 0x0 goto pc+3 <L18>\n"
"    15: r1 = 1\n"
"    16: lock *(u64 *)(r0 +0) += r1\n"
"    17: goto pc+1 <L19>\n"
"; out:\n"
"L18:\n"
"    18: w7 ^= 255\n"
"L19:\n"
"    19: r0 = 0\n"
"    20: exit\n", lines, COUNT(lines));
}
END_TEST

/* What clang's objects have and the assembler does not make. */
START_TEST(references)
{
	static const struct bpf_insn insns[] = {
		{ .code = 0x85, .src_reg = 1, .imm = -1 },
		{ .code = 0x85, .src_reg = 1, .imm = 7 },
		{ .code = 0x18, .dst_reg = 1, .src_reg = 4, .imm = 6 }, { 0 },
		{ .code = 0x18, .dst_reg = 2 }, { 0 },
		{ .code = 0x18, .dst_reg = 3, .imm = 2 }, { 0 },
		{ .code = 0x06, .imm = 0 },
		{ .code = 0x05, .off = -11 }, { .code = 0x05, .off = 1 },
		{ .code = 0x95 },
	};
	static const struct reloc relocs[] = {
		{ .insn = 0, .kind = RELOC_FUNC, .name = "a\x1b[1m\xc3\xa4" },
		{ .insn = 4, .kind = RELOC_FUNC_PTR, .name = "step" },
		{ .insn = 6, .kind = RELOC_DATA, .name = ".data",
		  .addend = 8 },
		{ .insn = 6, .kind = RELOC_CORE, .core = 12,
		  .name = "struct x", .path = "" },
		{ .insn = 7, .kind = RELOC_CORE, .core = 99 },
		{ .insn = 8, .kind = 77, .name = NULL },
		{ .insn = 99, .kind = RELOC_MAP, .name = "beyond" },
	};
	char *text = listing(insns, COUNT(insns), relocs, COUNT(relocs), NULL,
			     0);

	ck_assert_str_eq(text,
"     0: call pc-1                               ; func a?[1m??\n"
"     1: call pc+7 <L9>\n"
"     2: r1 = subprog[+6] <L9>\n"
"     4: r2 = 0x0                                ; &func step\n"
"     6: r3 = 0x2                                "
	"; data .data+8, type_matches struct x, core 99 ?\n"
"     8: gotol pc+0 <L9>                         ; reloc 77 ?\n"
"L9:\n"
"     9: goto pc-11\n"
"    10: goto pc+1\n"
"    11: exit\n");
	free(text);
}
END_TEST

START_TEST(empty)
{
	char *text = listing(NULL, 0, NULL, 0, NULL, 0);

	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/*
 * Targets are looked for in windows of 16384 instructions: none may be lost,
 * at their borders or beyond, and none be made up.
 */
START_TEST(long_jumps)
{
	enum { N = 70000, STEP = 997 };
	static const size_t borders[] = { 0, 16383, 16385, 32767, 32768, 32769,
		49151, 49153, 65535, 65536, N - 1 };
	struct bpf_insn *i = calloc(N, sizeof(*i));
	bool *target = calloc(N, sizeof(*target));
	size_t n, to, found = 0, want = 0;
	char *text, *at;

	ck_assert_ptr_nonnull(i);
	ck_assert_ptr_nonnull(target);
	for (n = 0; n < N; n++)
		i[n].code = 0xb7;
	/* ld_imm64s across two of the four borders */
	i[16383].code = i[49151].code = 0x18;
	i[16384].code = i[49152].code = 0;
	for (n = 0; n * STEP + 100 < N; n++) {
		to = n < COUNT(borders) ? borders[n] : (n * 34589) % N;
		want += !target[to];
		target[to] = true;
		i[n * STEP + 100].code = 0x06;
		i[n * STEP + 100].imm = (int32_t)to - (int32_t)n * STEP - 101;
	}
	text = listing(i, N, NULL, 0, NULL, 0);
	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (*at != 'L')
			continue;
		found++;
		to = strtoul(at + 1, NULL, 10);
		if (to >= N || !target[to])
			ck_abort_msg("label at %zu", to);
	}
	ck_assert_uint_eq(found, want);
	free(text);
	free(target);
	free(i);
}
END_TEST

static uint32_t rnd(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Whatever the bytes, each slot is shown, and nothing is read beyond. */
START_TEST(random_bytes)
{
	uint32_t seed = 0xf00d + (uint32_t)_i;
	size_t n = rnd(&seed) % 64, r, b;
	struct bpf_insn *i = malloc(n * sizeof(*i) + !n);
	struct reloc relocs[8];
	struct line lines[8];
	char *text;

	ck_assert_ptr_nonnull(i);
	for (b = 0; b < n * sizeof(*i); b++)
		((uint8_t *)i)[b] = rnd(&seed) & (rnd(&seed) % 2 ? 0xff : 7);
	memset(relocs, 0, sizeof(relocs));
	for (r = 0; r < COUNT(relocs); r++) {
		relocs[r].insn = rnd(&seed) % 70;
		relocs[r].kind = rnd(&seed) & 0xff;
		relocs[r].core = rnd(&seed) & 0xff;
		relocs[r].name = rnd(&seed) % 2 ? "n" : NULL;
		relocs[r].path = rnd(&seed) % 2 ? "p" : NULL;
		lines[r].insn = rnd(&seed) % 70;
		lines[r].line = rnd(&seed) % 3;
		lines[r].file = rnd(&seed) % 2 ? "f" : NULL;
		lines[r].text = rnd(&seed) % 2 ? " \t\n" : NULL;
	}
	text = listing(i, n, relocs, COUNT(relocs), lines, COUNT(lines));
	ck_assert(n == 0 || strstr(text, " 0: "));
	free(text);
	free(i);
}
END_TEST

Suite *suite_dump(void)
{
	Suite *s = suite_create("dump");
	TCase *t = tcase_create("listings");

	tcase_add_test(t, golden);
	tcase_add_test(t, references);
	tcase_add_test(t, empty);
	tcase_add_test(t, long_jumps);
	tcase_add_loop_test(t, random_bytes, 0, 200);
	suite_add_tcase(s, t);
	return s;
}
