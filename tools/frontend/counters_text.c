/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What files of /proc/net count.  Their text is the kernel's, but for names of
 * devices, which are whoever's; all of it is held within its bounds.
 */
#include "tools/frontend/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A part of the text, up to `end`. */
struct span {
	const char *p, *end;
};

/* The next line of @text, without its newline; false: no more. */
static bool next_line(struct span *text, struct span *line)
{
	const char *end;

	if (text->p == text->end)
		return false;
	end = memchr(text->p, '\n', (size_t)(text->end - text->p));
	line->p = text->p;
	line->end = end ? end : text->end;
	text->p = end ? end + 1 : text->end;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of @line, which is not empty; false: no more. */
static bool next_word(struct span *line, struct span *word)
{
	while (line->p < line->end && is_blank(*line->p))
		line->p++;
	word->p = line->p;
	while (line->p < line->end && !is_blank(*line->p))
		line->p++;
	word->end = line->p;
	return word->p < word->end;
}

/* What stands before the colon of @line, which then begins behind it. */
static bool take_label(struct span *line, struct span *label)
{
	const char *colon = memchr(line->p, ':', (size_t)(line->end - line->p));

	while (line->p < line->end && is_blank(*line->p))
		line->p++;
	if (!colon || colon == line->p)
		return false;
	*label = (struct span){ line->p, colon };
	line->p = colon + 1;
	return true;
}

/* All of @word, by @base; -1, as some limits are told, is none. */
static bool number(const struct span *word, int base, uint64_t *v)
{
	char text[24], *end;
	size_t len = (size_t)(word->end - word->p);

	if (!len || len >= sizeof(text) || *word->p == '-' || *word->p == '+')
		return false;
	memcpy(text, word->p, len);
	text[len] = '\0';
	errno = 0;
	*v = strtoull(text, &end, base);
	return !errno && !*end;
}

/* How many there are now, which may get less. */
static bool is_level(const char *name)
{
	static const char *const levels[] = {
		"CurrEstab", "Forwarding", "DefaultTTL",
	};
	size_t len = strlen(name), n;

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		n = strlen(levels[i]);
		if (len >= n && !strcmp(name + len - n, levels[i]))
			return true;
	}
	return false;
}

static int add(struct counter_list *l, const struct span *a, const char *sep,
	       const struct span *b, uint64_t value)
{
	struct counter *c;

	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 512;

		c = realloc(l->c, room * sizeof(*c));
		if (!c)
			return -ENOMEM;
		l->c = c;
		l->room = room;
	}
	c = &l->c[l->n];
	snprintf(c->name, sizeof(c->name), "%.*s%s%.*s", (int)(a->end - a->p),
		 a->p, sep, (int)(b->end - b->p), b->p);
	c->value = value;
	if (!is_level(c->name))
		l->n++;
	return 0;
}

/* "Tcp: InSegs OutSegs", and a line below "Tcp: 17 4". */
static int parse_pairs(struct counter_list *l, struct span text)
{
	struct span names, values, label, again, name, word;
	uint64_t v;
	int err = 0;

	while (!err && next_line(&text, &names) && next_line(&text, &values)) {
		if (!take_label(&names, &label) ||
		    !take_label(&values, &again) ||
		    label.end - label.p != again.end - again.p ||
		    memcmp(label.p, again.p, (size_t)(label.end - label.p)))
			continue;
		while (!err && next_word(&names, &name) &&
		       next_word(&values, &word))
			if (number(&word, 10, &v))
				err = add(l, &label, "", &name, v);
	}
	return err;
}

/* "Ip6InReceives  17" */
static int parse_lines(struct counter_list *l, struct span text)
{
	static const struct span none;
	struct span line, name, word;
	uint64_t v;
	int err = 0;

	while (!err && next_line(&text, &line))
		if (next_word(&line, &name) && next_word(&line, &word) &&
		    number(&word, 10, &v))
			err = add(l, &name, "", &none, v);
	return err;
}

/* "  eth0: 1 2 ...", net/core/net-procfs.c, dev_seq_printf_stats(). */
static int parse_devices(struct counter_list *l, struct span text)
{
	static const char *const names[] = {
		NULL, NULL, "rx_errs", "rx_drop", "rx_fifo", "rx_frame", NULL,
		NULL, NULL, NULL, "tx_errs", "tx_drop", "tx_fifo", "tx_colls",
		"tx_carrier",
	};
	struct span line, dev, word, name;
	uint64_t v;
	int err = 0;

	while (!err && next_line(&text, &line)) {
		if (!take_label(&line, &dev))
			continue;	/* the headings */
		for (size_t i = 0; !err && i < ARRAY_SIZE(names); i++) {
			if (!next_word(&line, &word))
				break;
			if (!names[i] || !number(&word, 10, &v))
				continue;
			name = (struct span){ names[i],
					      names[i] + strlen(names[i]) };
			err = add(l, &dev, ".", &name, v);
		}
	}
	return err;
}

/* Numbers in hex, a line for each processor: softnet_seq_show(). */
static int parse_softnet(struct counter_list *l, struct span text)
{
	static const char file[] = "softnet";
	static const struct { unsigned at; const char *name; } columns[] = {
		{ 1, "dropped" }, { 2, "time_squeeze" },
		{ 10, "flow_limit" },
	};
	const struct span label = { file, file + sizeof(file) - 1 };
	struct span line, word, name;
	uint64_t sums[11] = { 0 }, v;
	int err = 0;

	while (next_line(&text, &line))
		for (size_t i = 0; i < ARRAY_SIZE(sums) &&
		     next_word(&line, &word); i++)
			if (number(&word, 16, &v))
				sums[i] += v;
	for (size_t i = 0; !err && i < ARRAY_SIZE(columns); i++) {
		name.p = columns[i].name;
		name.end = name.p + strlen(name.p);
		err = add(l, &label, ".", &name, sums[columns[i].at]);
	}
	return err;
}

static const struct {
	const char *file;
	int (*parse)(struct counter_list *l, struct span text);
} parsers[] = {
	{ "snmp", parse_pairs }, { "netstat", parse_pairs },
	{ "snmp6", parse_lines }, { "dev", parse_devices },
	{ "softnet_stat", parse_softnet },
};

int counters_parse(struct counter_list *l, const char *file, const char *text,
		   size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++)
		if (!strcmp(file, parsers[i].file))
			return parsers[i].parse(l, (struct span){ text,
								  text + len });
	return -ENOENT;
}

bool counters_wanted(const char *const *ends, const char *name)
{
	size_t len = strlen(name), n;

	if (!ends)
		return true;
	for (; *ends; ends++) {
		n = strlen(*ends);
		if (n <= len && !strcmp(name + len - n, *ends))
			return true;
	}
	return false;
}

uint64_t counters_moved(const struct counter_list *before,
			const struct counter *after, size_t i)
{
	const struct counter *was = NULL;

	/* devices come and go; all else stays where it was */
	if (i < before->n && !strcmp(before->c[i].name, after->name))
		was = &before->c[i];
	for (size_t k = 0; !was && k < before->n; k++)
		if (!strcmp(before->c[k].name, after->name))
			was = &before->c[k];
	if (!was)
		return after->value;
	if (after->value >= was->value)
		return after->value - was->value;
	/* with 32 bits it went around; else it has begun anew, as that of a
	 * device that was made again */
	if (was->value <= UINT32_MAX && was->value > UINT32_MAX / 2)
		return (uint32_t)(after->value - was->value);
	return after->value;
}
