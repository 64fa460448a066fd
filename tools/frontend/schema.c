/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON Schema (2020-12) of what a tool writes with --json, from its columns:
 * one object per line, told apart by `type`.  Keys only grow from version to
 * version, so more of them are allowed.
 */
#include "tools/frontend/ask.h"
#include "tools/frontend/rows_int.h"

#include <string.h>

#define UINT "{\"type\":\"integer\",\"minimum\":0}"

struct schema {
	FILE *out;
	const char *sep;	/* in front of the next property */
};

static void put_json(FILE *out, const char *s)
{
	char buf[6 * 512 + 2], *end;

	end = put_quoted(buf, s, strnlen(s, 512));
	fwrite(buf, 1, (size_t)(end - buf), out);
}

/* A property with a schema given as text. */
static void property(struct schema *s, const char *key, const char *text)
{
	fprintf(s->out, "%s\n        ", s->sep);
	put_json(s->out, key);
	fprintf(s->out, ": %s", text);
	s->sep = ",";
}

/* A column's property: JSON type (null is always allowed), more of the
 * schema, and what it means. */
static void column_property(struct schema *s, const char *key,
			    const char *type, const char *more,
			    const char *help, const char *tail)
{
	char text[512];

	fprintf(s->out, "%s\n        ", s->sep);
	put_json(s->out, key);
	fprintf(s->out, ": {\"type\":[\"%s\",\"null\"]%s,\"description\":",
		type, more);
	snprintf(text, sizeof(text), "%s%s", help, tail);
	put_json(s->out, text);
	fputc('}', s->out);
	s->sep = ",";
}

static void enum_property(struct schema *s, const struct column *col)
{
	const char *const *name;

	fprintf(s->out, "%s\n        ", s->sep);
	put_json(s->out, col->key);
	/* a value that has no name comes as its number in a string */
	fputs(": {\"type\":[\"string\",\"null\"],\"anyOf\":[{\"enum\":[null",
	      s->out);
	for (name = col->names; name && *name; name++) {
		if (!**name)
			continue;
		fputc(',', s->out);
		put_json(s->out, *name);
	}
	fputs("]},{\"pattern\":\"^[0-9]+$\"}],\"description\":", s->out);
	put_json(s->out, col->help);
	fputc('}', s->out);
	s->sep = ",";
}

static void extra_property(struct schema *s, const struct column *col)
{
	char key[KEY_MAX];

	if (!extra_key(col, key, sizeof(key)))
		return;
	switch (col->kind) {
	case K_MS:
		column_property(s, key, "boolean", "", col->key,
				" is a lower bound: it began before the tool");
		break;
	case K_ERRNO:
		column_property(s, key, "string", "", col->key,
				" by name; null for 0 and unnamed numbers");
		break;
	case K_NAME:
		column_property(s, key, "integer", ",\"minimum\":0",
				"nanoseconds since the DNS answer", "");
		break;
	case K_DATA:
		column_property(s, key, "string",
				",\"pattern\":\"^([0-9a-f][0-9a-f])*$\"",
				"the same bytes in hex, two digits each", "");
		break;
	case K_KSTACK:
	case K_USTACK:
		column_property(s, key, "string", "",
				"why there is no stack, by name", "");
		break;
	}
}

struct json_type {
	const char *type, *more, *tail;
};

static const struct json_type held[] = {
	[HOLDS_NUMBER] = { "integer", ",\"minimum\":0", "" },
	[HOLDS_SIGNED] = { "integer", "", "" },
	[HOLDS_HEX] = { "string", ",\"pattern\":\"^0x[0-9a-f]+$\"", "" },
	[HOLDS_PERCENT] = { "number", ",\"minimum\":0", "" },
	[HOLDS_ADDR] = { "string", ",\"anyOf\":[{\"format\":\"ipv4\"},"
			 "{\"format\":\"ipv6\"},{\"type\":\"null\"}]", "" },
	[HOLDS_TEXT] = { "string", "", "" },
	[HOLDS_DATA] = { "string", "", "; what is not printable ASCII is "
			 "escaped: \\n, \\r, \\t, \\\\, \\xNN" },
	[HOLDS_NAMED] = { "string", "", "" },
	[HOLDS_SYMBOL] = { "string", "", "" },
	[HOLDS_STACK] = { "array", ",\"items\":{\"type\":\"string\"}",
			  ": frames, innermost first" },
};

static struct json_type type_of(uint8_t kind)
{
	struct json_type t = held[kind_holds(kind)];

	switch (kind) {
	case K_PORT:
		t.more = ",\"minimum\":0,\"maximum\":65535";
		break;
	case K_IPVER:
		t.more = ",\"enum\":[4,6,46,null]";
		break;
	case K_BYTES:
	case K_KB:
		t.tail = ", in bytes";
		break;
	case K_MS:
		t.tail = ", in nanoseconds";
		break;
	case K_ERRNO:
		t.tail = ": an error of errno(3), 0 for none";
		break;
	}
	return t;
}

static void one_column(struct schema *s, const struct column *col)
{
	struct json_type t = type_of(col->kind);

	if (col->kind == K_ENUM) {
		enum_property(s, col);
		return;
	}
	column_property(s, col->key, t.type, t.more, col->help, t.tail);
	extra_property(s, col);
}

static void open_type(struct schema *s, const struct tool *t,
		      const char *type, const char *help)
{
	fprintf(s->out, "    {\n      \"type\": \"object\", \"description\": ");
	put_json(s->out, help);
	fprintf(s->out, ",\n      \"properties\": {\n        \"tool\": "
		"{\"const\":");
	put_json(s->out, t->name);
	fprintf(s->out, "},\n        \"type\": {\"const\":\"%s\"}", type);
	s->sep = ",";
}

static void close_type(struct schema *s, const char *required,
		       const char *end)
{
	fprintf(s->out, "\n      },\n      \"required\": [\"tool\",\"type\""
		"%s]\n    }%s\n", required, end);
}

static void put_times(struct schema *s)
{
	property(s, "ts_ns", "{\"type\":\"integer\",\"minimum\":0,"
		 "\"description\":\"CLOCK_MONOTONIC\"}");
	property(s, "time", "{\"type\":\"string\","
		 "\"format\":\"date-time\"}");
	property(s, "elapsed_ns", "{\"type\":\"integer\",\"description\":"
		 "\"since the start, with -t\"}");
	property(s, "time_local", "{\"type\":\"string\","
		 "\"format\":\"date-time\",\"description\":\"with -T\"}");
	property(s, "unix_ns", "{\"type\":\"integer\",\"description\":"
		 "\"with --time=unix\"}");
}

static void put_columns(struct schema *s, const struct tool *t)
{
	const struct column *col;

	for (col = t->columns; col->key; col++)
		one_column(s, col);
}

static void put_counters(struct schema *s)
{
#define X(name, text) \
	property(s, #name, "{\"type\":\"integer\",\"minimum\":0," \
		 "\"description\":\"" text "\"}");
	LOSSES(X)
#undef X
}

/* Ends of buckets are null where there is none. */
static void put_buckets(struct schema *s)
{
	static const char bound[] = "{\"type\":[\"integer\",\"null\"],"
		"\"description\":\"upper end of the bucket it is in\"}";

	property(s, "p50", bound);
	property(s, "p90", bound);
	property(s, "p99", bound);
	property(s, "buckets", "{\"type\":\"array\",\"items\":{\"type\":"
		 "\"object\",\"properties\":{"
		 "\"lo\":{\"type\":[\"integer\",\"null\"]},"
		 "\"hi\":{\"type\":[\"integer\",\"null\"]},"
		 "\"count\":" UINT "}}}");
}

static void put_group(struct schema *s, const struct tool *t)
{
	open_type(s, t, "group", "--hist: rows with equal keys");
	put_times(s);
	put_columns(s, t);
	property(s, "column", "{\"type\":\"string\",\"description\":"
		 "\"what the rest is of\"}");
	property(s, "unit", "{\"type\":\"string\",\"description\":"
		 "\"us, ms, ns, bytes, or empty\"}");
	property(s, "count", UINT);
	property(s, "total", "{\"type\":\"integer\"}");
	property(s, "average", "{\"type\":\"integer\"}");
	put_buckets(s);
	close_type(s, ",\"ts_ns\",\"time\",\"column\",\"unit\",\"count\","
		   "\"buckets\"", ",");
}

static void put_begin(struct schema *s, const struct tool *t)
{
	FILE *out = s->out;

	fputs("{\n  \"$schema\": "
	      "\"https://json-schema.org/draft/2020-12/schema\",\n"
	      "  \"title\": ", out);
	put_json(out, t->name);
	fputs(",\n  \"description\": ", out);
	put_json(out, t->summary);
	fputs(",\n  \"oneOf\": [\n", out);

	open_type(s, t, "start", "the first line");
	put_times(s);
	property(s, "version", "{\"type\":\"string\"}");
	property(s, "kernel", "{\"type\":\"string\"}");
	property(s, "machine", "{\"type\":\"string\"}");
	close_type(s, ",\"ts_ns\",\"time\"", ",");
}

void schema_print(FILE *out, const struct tool *t)
{
	struct schema s = { .out = out };

	put_begin(&s, t);
	open_type(&s, t, "event", "a row; the columns chosen, null: unknown");
	put_times(&s);
	put_columns(&s, t);
	close_type(&s, ",\"ts_ns\",\"time\"", ",");

	if (t->flags & T_COUNT) {
		open_type(&s, t, "count", "--count: rows with equal keys");
		put_columns(&s, t);
		property(&s, "count", UINT);
		close_type(&s, ",\"count\"", ",");
		put_group(&s, t);
	}
	if (t->counters) {
		open_type(&s, t, "counter", "one of the kernel's that moved");
		property(&s, "counter", "{\"type\":\"string\"}");
		property(&s, "delta", UINT);
		property(&s, "per_second", "{\"type\":\"number\"}");
		property(&s, "netns", UINT);
		close_type(&s, ",\"counter\",\"delta\"", ",");
	}
	open_type(&s, t, "lost", "what was not shown, since the start");
	put_counters(&s);
	close_type(&s, "", ",");

	open_type(&s, t, "end", "the last line");
	property(&s, "shown", UINT);
	property(&s, "uncounted", UINT);
	property(&s, "unknown", UINT);
	put_counters(&s);
	close_type(&s, ",\"shown\"", "");
	fputs("  ]\n}\n", out);
}

/* ---- tallies ------------------------------------------------------------ */

/* The name of a map, which tells its groups from others. */
static void put_map(struct schema *s, const struct ask_map *m)
{
	if (!*m->name)
		return;
	fprintf(s->out, "%s\n        \"map\": {\"const\":", s->sep);
	put_json(s->out, m->name);
	fputc('}', s->out);
}

/* @col: the first of its columns. */
static void put_tally(struct schema *s, const struct tool *t,
		      const struct ask_map *m, const struct column *col)
{
	const bool hist = m->ask->what == ASK_HIST ||
			  m->ask->what == ASK_LHIST;

	open_type(s, t, "group", "hits with equal keys");
	property(s, "ts_ns", UINT);
	property(s, "time", "{\"type\":\"string\",\"format\":"
		 "\"date-time\"}");
	put_map(s, m);
	for (uint32_t i = 0; i < m->ask->nkeys; i++) {
		struct column key = col[i];

		key.key = m->ask->keys[i].name;
		one_column(s, &key);
	}
	property(s, "count", UINT);
	if (m->ask->what != ASK_COUNT) {
		property(s, "total", "{\"type\":\"integer\"}");
		property(s, "average", "{\"type\":\"integer\"}");
		property(s, "total_per_s", "{\"type\":\"number\"}");
	}
	if (hist)
		put_buckets(s);
	property(s, "span_ns", "{\"type\":\"integer\",\"description\":"
		 "\"with --rate, as what is per second\"}");
	property(s, "count_per_s", "{\"type\":\"number\",\"minimum\":0}");
	close_type(s, *m->name ? ",\"ts_ns\",\"time\",\"map\",\"count\"" :
		   ",\"ts_ns\",\"time\",\"count\"", ",");
}

void schema_tallies(FILE *out, const struct tool *t,
		    const struct ask_map *maps, unsigned n)
{
	const struct column *col = t->columns;
	struct schema s = { .out = out };

	put_begin(&s, t);
	for (unsigned i = 0; i < n; i++) {
		put_tally(&s, t, &maps[i], col);
		col += maps[i].ask->nkeys;
	}
	open_type(&s, t, "end", "the last line");
	put_counters(&s);
	close_type(&s, "", "");
	fputs("  ]\n}\n", out);
}
