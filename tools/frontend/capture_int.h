/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * capture_int - the capture file.
 *
 *   file head: magic, byte-order mark, version, size of a long
 *   INFO       "tool" "tcplife" "version" "0.1" ... : key, value
 *   MEMBER     one per member: name, class, kind, offset, size
 *   ENUM       one per member with named values: name, then value, name ...
 *              of those that have one
 *   COLUMN     one per column of a tool that was made for a request, and is
 *              nowhere else: key, heading, width, flags as words
 *   MAP        one per map of a tally, what was asked: key, value, as in INFO
 *   READY      the description is complete; records of what happened follow:
 *   EVENT      a raw event, struct event first, as MEMBER describes it; what
 *              stacks and addresses mean stands before the rows that have them
 *   LOSSES     "lost" "3" ... : counter, total so far
 *   CLOCKS     as in INFO, when they were stepped: "wall_offset_ns" ...; of
 *              totals that were read late: "late_from_ns", "late_ns"
 *   END        "events" "1009"
 *
 * Every record starts with its type and length, in the byte order of the
 * writer.  All but EVENT hold strings that end in NUL, numbers in decimal, so
 * only events depend on the machine.  Records of unknown type are skipped.
 * There is no index and nothing is rewritten: what a killed run wrote is good
 * up to its last whole record.
 */
#ifndef SOCKEYE_CAPTURE_INT_H
#define SOCKEYE_CAPTURE_INT_H

#include "progs/engine.h"
#include "tools/frontend/frontend.h"

#define CAPTURE_MAGIC "SOCKEYE"		/* and its NUL: 8 bytes */
#define CAPTURE_ORDER 0x01020304u
#define CAPTURE_VERSION 1
#define RECORD_MAX (1u << 20)

struct file_head {
	char magic[8];
	uint32_t order;
	uint16_t version, word;
};

enum record_type {
	REC_INFO = 1, REC_MEMBER, REC_ENUM, REC_READY, REC_EVENT, REC_LOSSES,
	REC_END, REC_COLUMN, REC_MAP, REC_CLOCKS,
};

struct record_head {
	uint32_t type;
	uint32_t len;			/* of what follows */
};

/* ---- capture_members.c -------------------------------------------------- */

enum member_class { MEMBER_BYTES, MEMBER_UNSIGNED, MEMBER_SIGNED };

#define MEMBER_NAME 256
#define MAX_MEMBERS 256

/* A member of an event: "event.ns", "flow.pid", "dns.len", or the key of a
 * column of the tool. */
struct member {
	char name[MEMBER_NAME];
	uint8_t class;
	uint8_t kind;			/* enum col_kind, for columns; of a
					   file maybe none that we know */
	int16_t column;			/* index into tool->columns; -1 */
	uint32_t off, size;
};

/* members_of - the members of @t's events as this build has them. */
unsigned members_of(const struct tool *t, struct member *f, unsigned max);
const char *member_class_name(unsigned class);	/* "bytes"; NULL none */
/* Of enum col_kind; kinds.c. */
const char *col_kind_name(unsigned kind);	/* "u32", "addr" ... */
enum member_class kind_class(uint8_t kind);
/* kind_same_bytes - of two that are MEMBER_BYTES: is one read as the other? */
bool kind_same_bytes(uint8_t a, uint8_t b);

/* capture_flag - the words for flags of columns, from bit 0 on: "" for those
 * that are not written, NULL behind the last. */
const char *capture_flag(unsigned bit);

/* Values of a member that change on the way, since names decide. */
struct value_map {
	unsigned n;
	bool negative;			/* values are stored as -errno */
	struct { uint64_t from, to; } v[];
};

/* One member on its way from the file's layout to ours. */
struct conversion {
	uint32_t src, src_size, dst, dst_size;
	uint8_t class;
	const struct value_map *map;	/* NULL: as it is */
};

/* convert - all members of @conv from @src (@len bytes) to @dst. */
void convert(const struct conversion *conv, unsigned n, bool swap,
	     const uint8_t *src, size_t len, uint8_t *dst);

/* ---- capture.c, capture_read.c ----------------------------------------- */

/* Names of a member's values, as the file has them. */
struct enum_names {
	char member[MEMBER_NAME];
	unsigned n;
	struct { uint64_t value; const char *name; } v[];
};

/* A column as the file has it, of a tool made for a request. */
struct file_column {
	char key[MEMBER_NAME], heading[MEMBER_NAME];
	uint8_t width;
	uint16_t flags;
};

/* A map as the file has it, of a tally. */
struct file_map {
	char name[MEMBER_NAME], unit[16];
	struct ask ask;
};

struct capture {
	/* writing */
	int fd;				/* -1: none */
	int err;			/* errno of the first failure */
	uint64_t events;
	struct losses told;
	unsigned char *buf;
	size_t len;

	/* reading */
	FILE *file;
	struct capture_info *info;	/* the reader's */
	uint64_t pos;			/* of the record under way */
	bool swap, ended;
	unsigned char *rec;		/* the record under way */
	size_t rec_len, rec_cap;
	struct tool tool;		/* copy that fits the file */
	char *tool_name, *version;
	struct member *members;		/* of the file */
	unsigned nmembers;
	struct file_column *made;	/* MAX_COLUMNS */
	unsigned nmade;
	struct column made_columns[MAX_COLUMNS + 1];
	struct tool made_tool;
	struct file_map *tallied[MAX_PARTS];
	struct ask_map asked[MAX_PARTS];	/* the same */
	unsigned nmaps;			/* 0: rows are rows */
	bool intervals;
	struct enum_names *enums[MAX_COLUMNS];
	unsigned nenums;
	struct value_map *values[MAX_COLUMNS];
	unsigned nvalues;
	struct column *columns;
	const char **names[MAX_COLUMNS];	/* of the columns, made */
	unsigned nnames;
	struct conversion header[4], row[MAX_MEMBERS], dns[4], stack[4];
	unsigned nheader, nrow, ndns, nstack;
	uint32_t out_size;		/* of what is used of out */
	uint32_t file_event_size;	/* of an EVENT_ROW in the file */
	union {
		struct event event;
		struct dns_event dns;
		struct stack_event stack;
		unsigned char bytes[4096];
	} out;
};

/* capture_read - capture_open from a stream, which is taken over; @find is
 * tool_find(), or a test's. */
int capture_read(struct capture **out, FILE *file,
		 const struct tool *(*find)(const char *name),
		 const struct tool **t, struct capture_info *info,
		 struct err *e);

/* ---- capture_records.c ------------------------------------------------- */

/* record_next - the next record of a known type into c->rec: its type, 0 at
 * the end of the file, or a negative errno. */
int record_next(struct capture *c, struct err *e);
/* record_done - c->pos to the record behind. */
void record_done(struct capture *c);
/* record_damaged, record_cut - what is wrong with it; a negative errno. */
int record_damaged(const struct capture *c, struct err *e, const char *what);
int record_cut(const struct capture *c, struct err *e);

/* The strings of a record, one after the other. */
struct record_strings {
	const char *p, *end;
};
struct record_strings record_strings(const struct capture *c);
const char *string_next(struct record_strings *s);	/* NULL: no more */
bool string_number(const char *text, uint64_t *v);

/* ---- capture_describe.c, capture_fit.c --------------------------------- */

/* capture_describe - read the file's head and what it says of itself, up to
 * READY; the tool's name goes to c->tool_name. */
int capture_describe(struct capture *c, struct capture_info *info,
		     struct err *e);
/* capture_take_clocks - the record of clocks, to the reader's info. */
void capture_take_clocks(struct capture *c);
/* capture_fit - with members and enums of the file at hand: match them to
 * @t's columns, fill c->tool and the conversions. */
int capture_fit(struct capture *c, const struct tool *t, struct err *e);

/* ---- capture_made.c ---------------------------------------------------- */

/* capture_take_column - the record of a column; -EBADMSG. */
int capture_take_column(struct capture *c);
/* capture_take_map - the record of a map; -EBADMSG, -ENOMEM.
 * capture_ask_name - the words for enum ask_what, NULL behind the last that
 * there are tallies of. */
int capture_take_map(struct capture *c);
const char *capture_ask_name(unsigned what);
/* capture_maps - the keys of all maps, from the columns of the tool that was
 * made; -EBADMSG: no tally has such. */
int capture_maps(struct capture *c, struct err *e);
/* capture_made - the tool that the capture's columns describe, checked; @base:
 * the one that is called so here, NULL for a verb.  NULL with the reason in @e.
 * Lives as long as @c. */
const struct tool *capture_made(struct capture *c, const struct tool *base,
				struct err *e);

#endif
