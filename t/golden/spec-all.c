/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generated from spec_all.bpf.c by spec2c. */
#include "loader/loader.h"

#define I(c, d, s, o, i) { .code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i },

/* shared */
enum { ninsns_0 = 3 };
static const struct bpf_insn insns_0[] = {
I(0x85, 0, 1, 0, -1)
I(0x07, 0, 0, 0, 1)
I(0x95, 0, 0, 0, 0)
};
enum { nrelocs_0 = 1 };
static const struct reloc relocs_0[] = {
{ .insn = 0, .kind = RELOC_FUNC, .name = "twice" },
};
enum { nlines_0 = 1 };
static const struct spec_line lines_0[] = {
{ 0, 0, 60 },
};

/* twice */
enum { ninsns_1 = 8 };
static const struct bpf_insn insns_1[] = {
I(0xbf, 2, 1, 0, 0)
I(0x85, 0, 1, 0, -1)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x79, 1, 1, 0, 0)
I(0x0f, 1, 0, 0, 0)
I(0xbf, 0, 1, 0, 0)
I(0x95, 0, 0, 0, 0)
};
enum { nrelocs_1 = 2 };
static const struct reloc relocs_1[] = {
{ .insn = 1, .kind = RELOC_FUNC, .name = "outside" },
{ .insn = 2, .kind = RELOC_DATA, .name = ".bss" },
};
enum { nlines_1 = 1 };
static const struct spec_line lines_1[] = {
{ 0, 0, 55 },
};

/* on_state */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { ninsns_2 = 53 };
static const struct bpf_insn insns_2[] = {
I(0x79, 6, 1, 0, 0)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x63, 10, 1, -8, 0)
I(0xb7, 1, 0, 0, 1)
I(0x7b, 10, 1, -16, 0)
I(0xb7, 7, 0, 0, 0)
I(0x6b, 10, 7, -18, 0)
I(0xb7, 1, 0, 0, 1)
I(0x15, 1, 0, 41, 0)
I(0xb7, 1, 0, 0, 0)
I(0xbf, 3, 6, 0, 0)
I(0x0f, 3, 1, 0, 0)
I(0xbf, 1, 10, 0, 0)
I(0x07, 1, 0, 0, -18)
I(0xb7, 2, 0, 0, 2)
I(0x85, 0, 0, 0, 4)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x61, 2, 1, 0, 0)
I(0x69, 1, 10, -18, 0)
I(0x2d, 1, 2, 29, 0)
I(0x18, 2, 0, 0, 7)
I(0x00, 0, 0, 0, 0)
I(0x55, 2, 0, 2, 7)
I(0x07, 1, 0, 0, 1)
I(0x6b, 10, 1, -18, 0)
I(0xb7, 1, 0, 0, 60)
I(0xb7, 2, 0, 0, 20)
I(0x0f, 2, 1, 0, 0)
I(0x63, 10, 2, -4, 0)
I(0xbf, 2, 10, 0, 0)
I(0x07, 2, 0, 0, -8)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x85, 0, 0, 0, 1)
I(0x15, 0, 0, 3, 0)
I(0xb7, 1, 0, 0, 1)
I(0xdb, 0, 1, 0, 0)
I(0x05, 0, 0, 8, 0)
I(0xbf, 2, 10, 0, 0)
I(0x07, 2, 0, 0, -8)
I(0xbf, 3, 10, 0, 0)
I(0x07, 3, 0, 0, -16)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0xb7, 4, 0, 0, 0)
I(0x85, 0, 0, 0, 2)
I(0xbf, 1, 6, 0, 0)
I(0x85, 0, 1, 0, -1)
I(0xbf, 7, 0, 0, 0)
I(0xbf, 0, 7, 0, 0)
I(0x95, 0, 0, 0, 0)
};
#else
enum { ninsns_2 = 53 };
static const struct bpf_insn insns_2[] = {
I(0x79, 6, 1, 0, 0)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x63, 10, 1, -8, 0)
I(0xb7, 1, 0, 0, 1)
I(0x7b, 10, 1, -16, 0)
I(0xb7, 7, 0, 0, 0)
I(0x6b, 10, 7, -18, 0)
I(0xb7, 1, 0, 0, 1)
I(0x15, 1, 0, 41, 0)
I(0xb7, 1, 0, 0, 0)
I(0xbf, 3, 6, 0, 0)
I(0x0f, 3, 1, 0, 0)
I(0xbf, 1, 10, 0, 0)
I(0x07, 1, 0, 0, -18)
I(0xb7, 2, 0, 0, 2)
I(0x85, 0, 0, 0, 4)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x61, 2, 1, 0, 0)
I(0x69, 1, 10, -18, 0)
I(0x2d, 1, 2, 29, 0)
I(0x18, 2, 0, 0, 7)
I(0x00, 0, 0, 0, 0)
I(0x55, 2, 0, 2, 7)
I(0x07, 1, 0, 0, 1)
I(0x6b, 10, 1, -18, 0)
I(0xb7, 1, 0, 0, 48)
I(0xb7, 2, 0, 0, 20)
I(0x0f, 2, 1, 0, 0)
I(0x63, 10, 2, -4, 0)
I(0xbf, 2, 10, 0, 0)
I(0x07, 2, 0, 0, -8)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x85, 0, 0, 0, 1)
I(0x15, 0, 0, 3, 0)
I(0xb7, 1, 0, 0, 1)
I(0xdb, 0, 1, 0, 0)
I(0x05, 0, 0, 8, 0)
I(0xbf, 2, 10, 0, 0)
I(0x07, 2, 0, 0, -8)
I(0xbf, 3, 10, 0, 0)
I(0x07, 3, 0, 0, -16)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0xb7, 4, 0, 0, 0)
I(0x85, 0, 0, 0, 2)
I(0xbf, 1, 6, 0, 0)
I(0x85, 0, 1, 0, -1)
I(0xbf, 7, 0, 0, 0)
I(0xbf, 0, 7, 0, 0)
I(0x95, 0, 0, 0, 0)
};
#endif
enum { nrelocs_2 = 12 };
static const struct reloc relocs_2[] = {
{ .insn = 0, .kind = RELOC_CORE, .name = "struct probe",
  .path = "sk", .core = 0, .local_class = 3, .local_bitfield = 0, .local_size = 8 },
{ .insn = 1, .kind = RELOC_CONST, .name = "filter_pid" },
{ .insn = 8, .kind = RELOC_CORE, .name = "struct sock___v2",
  .path = "sk_mark[2]", .core = 2, .local_class = 1, .local_bitfield = 0, .local_size = 4 },
{ .insn = 10, .kind = RELOC_CORE, .name = "struct sock___v2",
  .path = "__sk_common.skc_family", .core = 0, .local_class = 1, .local_bitfield = 0, .local_size = 2 },
{ .insn = 15, .kind = RELOC_CORE, .name = "struct sock___v2",
  .path = "__sk_common.skc_family", .core = 1, .local_class = 1, .local_bitfield = 0, .local_size = 2 },
{ .insn = 17, .kind = RELOC_DATA, .name = ".rodata" },
{ .insn = 22, .kind = RELOC_CORE, .name = "enum state",
  .path = "STATE_SEVEN", .core = 11, .local_class = 4, .local_bitfield = 0, .local_size = 4 },
{ .insn = 27, .kind = RELOC_CORE, .name = "struct sock___v2",
  .path = "__sk_common.skc_state", .core = 4, .local_class = 1, .local_bitfield = 1, .local_size = 1 },
{ .insn = 28, .kind = RELOC_CORE, .name = "struct sock___v2",
  .path = "", .core = 9, .local_class = 6, .local_bitfield = 0, .local_size = 20 },
{ .insn = 33, .kind = RELOC_MAP, .name = "owners" },
{ .insn = 44, .kind = RELOC_MAP, .name = "owners" },
{ .insn = 49, .kind = RELOC_FUNC, .name = "shared" },
};
enum { nlines_2 = 19 };
static const struct spec_line lines_2[] = {
{ 0, 0, 74 }, { 1, 0, 67 }, { 3, 0, 75 }, { 5, 0, 76 },
{ 7, 0, 77 }, { 9, 0, 79 }, { 15, 0, 81 }, { 17, 0, 84 },
{ 24, 0, 86 }, { 25, 0, 87 }, { 29, 0, 89 }, { 30, 0, 88 },
{ 32, 0, 89 }, { 33, 0, 91 }, { 36, 0, 92 }, { 38, 0, 93 },
{ 44, 0, 95 }, { 48, 0, 96 }, { 51, 0, 97 },
};

/* on_tracepoint */
enum { ninsns_3 = 31 };
static const struct bpf_insn insns_3[] = {
I(0xb7, 1, 0, 0, 2)
I(0x63, 10, 1, -4, 0)
I(0xbf, 2, 10, 0, 0)
I(0x07, 2, 0, 0, -4)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x85, 0, 0, 0, 1)
I(0x15, 0, 0, 13, 0)
I(0x79, 1, 0, 0, 0)
I(0xbf, 2, 1, 0, 0)
I(0x57, 2, 0, 0, 3)
I(0x67, 2, 0, 0, 2)
I(0x18, 3, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x0f, 3, 2, 0, 0)
I(0x61, 2, 3, 0, 0)
I(0xbf, 4, 2, 0, 0)
I(0x07, 4, 0, 0, 1)
I(0x63, 3, 4, 0, 0)
I(0x0f, 1, 2, 0, 0)
I(0x7b, 0, 1, 0, 0)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x79, 3, 1, 0, 0)
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0xb7, 2, 0, 0, 9)
I(0x85, 0, 0, 0, 6)
I(0xb7, 1, 0, 0, 3)
I(0x85, 0, 1, 0, -1)
I(0x95, 0, 0, 0, 0)
};
enum { nrelocs_3 = 5 };
static const struct reloc relocs_3[] = {
{ .insn = 4, .kind = RELOC_MAP, .name = "stats" },
{ .insn = 12, .kind = RELOC_DATA, .name = ".data" },
{ .insn = 21, .kind = RELOC_DATA, .name = ".bss" },
{ .insn = 24, .kind = RELOC_DATA, .name = ".rodata", .addend = 4 },
{ .insn = 29, .kind = RELOC_FUNC, .name = "twice" },
};
enum { nlines_3 = 7 };
static const struct spec_line lines_3[] = {
{ 0, 0, 100 }, { 1, 0, 103 }, { 4, 0, 104 }, { 7, 0, 107 },
{ 8, 0, 108 }, { 21, 0, 109 }, { 28, 0, 110 },
};

/* second_of_section */
enum { ninsns_4 = 7 };
static const struct bpf_insn insns_4[] = {
I(0x18, 1, 0, 0, 0)
I(0x00, 0, 0, 0, 0)
I(0x79, 2, 1, 0, 0)
I(0x07, 2, 0, 0, 1)
I(0x7b, 1, 2, 0, 0)
I(0xb7, 0, 0, 0, 0)
I(0x95, 0, 0, 0, 0)
};
enum { nrelocs_4 = 1 };
static const struct reloc relocs_4[] = {
{ .insn = 0, .kind = RELOC_DATA, .name = ".bss" },
};
enum { nlines_4 = 2 };
static const struct spec_line lines_4[] = {
{ 0, 0, 117 }, { 5, 0, 118 },
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const unsigned char data_2[13] = {
17, 0, 0, 0, 115, 101, 101, 110, 32, 37, 100, 10, 0,
};
#else
static const unsigned char data_2[13] = {
0, 0, 0, 17, 115, 101, 101, 110, 32, 37, 100, 10, 0,
};
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const unsigned char data_3[16] = {
1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0,
};
#else
static const unsigned char data_3[16] = {
0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
};
#endif
enum { nfiles = 1 };
static const char *const files[] = {
"spec-all.bpf.c",
};

static const struct spec_map maps[] = {
{ .name = "owners", .type = 1, .key_size = 8, .value_size = 8,
  .max_entries = 1024, .flags = 0x1 },
{ .name = "stats", .type = 6, .key_size = 4, .value_size = 8,
  .max_entries = 3, .flags = 0x0, .pinned_by_name = 1 },
{ .name = ".rodata", .type = 2, .key_size = 4, .value_size = 13,
  .max_entries = 1, .flags = 0x80, .data = data_2, .readonly = 1 },
{ .name = ".data", .type = 2, .key_size = 4, .value_size = 16,
  .max_entries = 1, .flags = 0x0, .data = data_3 },
{ .name = ".bss", .type = 2, .key_size = 4, .value_size = 8,
  .max_entries = 1, .flags = 0x0 },
};

static const struct spec_prog progs[] = {
{ .name = "shared", .section = ".text",
  .insns = insns_0, .ninsns = ninsns_0,
  .relocs = relocs_0, .nrelocs = nrelocs_0,
  .lines = lines_0, .nlines = nlines_0, .subprog = 1 },
{ .name = "twice", .section = ".text",
  .insns = insns_1, .ninsns = ninsns_1,
  .relocs = relocs_1, .nrelocs = nrelocs_1,
  .lines = lines_1, .nlines = nlines_1, .subprog = 1 },
{ .name = "on_state", .section = "probe",
  .insns = insns_2, .ninsns = ninsns_2,
  .relocs = relocs_2, .nrelocs = nrelocs_2,
  .lines = lines_2, .nlines = nlines_2 },
{ .name = "on_tracepoint", .section = "tracepoint/sock/inet_sock_set_state",
  .insns = insns_3, .ninsns = ninsns_3,
  .relocs = relocs_3, .nrelocs = nrelocs_3,
  .lines = lines_3, .nlines = nlines_3 },
{ .name = "second_of_section", .section = "tracepoint/sock/inet_sock_set_state",
  .insns = insns_4, .ninsns = ninsns_4,
  .relocs = relocs_4, .nrelocs = nrelocs_4,
  .lines = lines_4, .nlines = nlines_4 },
};

extern const struct spec spec_spec_all;
const struct spec spec_spec_all = {
.name = "spec_all", .license = "Dual BSD/GPL",
.maps = maps, .nmaps = 5,
.progs = progs, .nprogs = 5,
.files = files, .nfiles = nfiles,
.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};
