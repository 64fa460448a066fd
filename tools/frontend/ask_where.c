/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_where - conditions: "retval<0 && family==inet6".
 */
#include "tools/frontend/ask_int.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

static const struct {
	const char *text;
	uint8_t op;
} ops[] = {
	{ "==", BPF_JEQ }, { "!=", BPF_JNE }, { "<", BPF_JLT },
	{ "<=", BPF_JLE }, { ">", BPF_JGT }, { ">=", BPF_JGE },
	{ "&", BPF_JSET },
};

static int parse_op(const struct asking *a, const char *text, size_t len,
		    uint8_t *op)
{
	for (size_t i = 0; i < COUNT(ops); i++)
		if (strlen(ops[i].text) == len &&
		    !memcmp(ops[i].text, text, len)) {
			*op = ops[i].op;
			return 0;
		}
	if (len == 1 && *text == '=')
		return ask_bad(a->e, "'=' does not compare; did you mean ==?");
	return ask_bad(a->e, "'%.*s' does not compare; there are == != < <= > "
		       ">= and &", (int)(len < 16 ? len : 16), text);
}

/* ---- the right side --------------------------------------------------- */

/* A number and its sign: "-11", "0x40", "64K". */
static bool parse_number(const char *text, uint64_t *n, bool *negative)
{
	bool unit;

	*negative = *text == '-';
	text += *negative;
	return val_u64(text, 0, UINT64_MAX, n) || val_size(text, n, &unit);
}

/* The least and the greatest that @v can be. */
static void limits(const struct ask_value *v, uint64_t *least, uint64_t *most)
{
	bool is_signed = v->shape == SHAPE_S64;

	*least = is_signed ? (uint64_t)1 << 63 : 0;
	*most = is_signed ? INT64_MAX : UINT64_MAX;
	switch (v->then) {
	case THEN_S32:
		*least = (uint64_t)1 << 31;
		*most = INT32_MAX;
		break;
	case THEN_U32:
		*most = UINT32_MAX;
		break;
	case THEN_NTOHS:
	case THEN_LPORT:
	case THEN_RPORT:
	case THEN_PROTOCOL:
	case THEN_IPFAMILY:
	case THEN_SA_FAMILY:
		*most = UINT16_MAX;
		break;
	}
}

/* What is out of reach would never hold, or always, and in silence. */
static int check_reach(const struct asking *a, const struct ask_test *t,
		       const char *text, uint64_t n, bool negative)
{
	const struct ask_value *v = &t->left;
	uint64_t least, most;

	limits(v, &least, &most);
	if (t->op == BPF_JLT && !n) {
		negative = true;
		n = 1;
		text = "below 0";
	}
	if (!negative && n > most)
		return ask_bad(a->e, "'%s' is more than '%s' can be (%" PRIu64
			       ")", text, v->name, most);
	if (!negative || n <= least)
		return 0;
	if (least)
		return ask_bad(a->e, "'%s' is less than '%s' can be (-%" PRIu64
			       ")", text, v->name, least);
	if (v->from == FROM_ARG && !v->nsteps && v->then == THEN_NOTHING)
		return ask_bad(a->e, "'%s' has no sign and is never %s; write "
			       "%.4s:s32 or %.4s:s64 for one that has", v->name,
			       text, v->name, v->name);
	return ask_bad(a->e, "'%s' has no sign and is never %s", v->name,
		       text);
}

static int no_name(const struct asking *a, const struct ask_value *v,
		   const struct ask_enum *names, const char *text)
{
	const struct ask_enum_name *n;
	char upper[ASK_WORD_MAX], buf[256];
	struct nearest near;
	char *p;

	snprintf(upper, sizeof(upper), "%s", text);
	for (p = upper; *p; p++)
		*p -= *p >= 'a' && *p <= 'z' ? 'a' - 'A' : 0;
	nearest_init(&near, upper);
	for (n = names->names; n->name; n++)
		nearest_try(&near, n->name);
	if (near.n)
		return ask_bad(a->e, "no %s '%s'%s", v->name, text,
			       nearest_text(&near, names->prefix, buf,
					    sizeof(buf)));
	return ask_bad(a->e, "no %s '%s'; want a number, or a name such as "
		       "%s%s", v->name, text, names->prefix,
		       names->names[1].name);
}

static int parse_right(const struct asking *a, struct ask_test *t,
		       const char *text)
{
	const struct ask_enum *names = ask_enum_of(&t->left);
	const struct ask_enum_name *name;
	bool negative;
	uint64_t n;
	int err;

	if (!*text)
		return ask_bad(a->e, "'%s' is compared with nothing",
			       t->left.name);
	if (parse_number(text, &n, &negative)) {
		err = check_reach(a, t, text, n, negative);
		t->right = negative ? 0 - n : n;
		return err;
	}
	name = names ? ask_enum_find(names, text) : NULL;
	if (!name && names)
		return no_name(a, &t->left, names, text);
	if (!name)
		return ask_bad(a->e, "'%s' is no number (12, -12, 0xc, 12K)%s",
			       text, strchr(text, '|') ?
			       "; conditions are joined by && alone" : "");
	t->right = name->number;
	return 0;
}

/* What is longer than a name can be would never hold, or always. */
static int parse_text(const struct asking *a, struct ask_test *t,
		      const char *text)
{
	char name[ASK_TEXT] = "", *kept;
	size_t len = strlen(text);
	bool quoted = len > 1 && *text == '\'' && text[len - 1] == '\'';

	if (t->op != BPF_JEQ && t->op != BPF_JNE)
		return ask_bad(a->e, "'%s' is text, for which there are == and "
			       "!=", t->left.name);
	if (!*text)
		return ask_bad(a->e, "'%s' is compared with nothing",
			       t->left.name);
	text += quoted;		/* as keys are written */
	len -= 2 * quoted;
	if (len >= sizeof(name))
		return ask_bad(a->e, "'%s' is longer than the %zu bytes that "
			       "are compared", text, sizeof(name) - 1);
	memcpy(name, text, len);
	kept = ask_keep(a, name, sizeof(name));
	if (!kept)
		return -a->e->no;
	t->names = (const char (*)[ASK_TEXT])kept;
	t->nnames = 1;
	return 0;
}

/* ---- one condition ---------------------------------------------------- */

static int parse_test(const struct asking *a, struct ask_test *t,
		      const char *text, size_t len)
{
	char word[ASK_WORD_MAX], right[ASK_WORD_MAX];
	size_t left, op;
	int err;

	err = ask_word(a, word, text, len, "condition");
	if (err)
		return err;
	left = strcspn(word, "=!<>&");
	op = strspn(word + left, "=!<>&");
	if (!left)
		return ask_bad(a->e, "a value is missing in '%s'", word);
	if (!op)
		return ask_bad(a->e, "'%s' is no condition; want one as in "
			       "pid==1", word);
	err = parse_op(a, word + left, op, &t->op);
	if (!err)
		err = ask_value_parse(&t->left, word, left, a->world,
				      a->words, a->e);
	if (err)
		return err;
	err = ask_word(a, right, word + left + op, strlen(word + left + op),
		       "number");
	if (err)
		return err;
	if (t->left.shape == SHAPE_COMM || t->left.shape == SHAPE_NAME)
		return parse_text(a, t, right);
	if (t->left.shape != SHAPE_U64 && t->left.shape != SHAPE_S64)
		return ask_bad(a->e, "'%s' is no number and cannot be compared",
			       t->left.name);
	return parse_right(a, t, right);
}

int ask_where_parse(struct ask_test *t, unsigned max, const char *text,
		    const struct ask_world *world, struct ask_words *words,
		    struct err *e)
{
	const struct asking a = { world, words, e };
	const char *s = text, *and;
	unsigned n = 0;
	size_t len;
	int err;

	for (;; s = and + 2) {
		and = strstr(s, "&&");
		len = and ? (size_t)(and - s) : strlen(s);
		if (n == max)
			return ask_bad(e, "'%.80s' is more than %u conditions",
				       text, max);
		if (strspn(s, " \t") >= len)
			return ask_bad(e, "a condition is missing in '%.80s'",
				       text);
		err = parse_test(&a, &t[n++], s, len);
		if (err)
			return err;
		if (!and)
			return (int)n;
	}
}
