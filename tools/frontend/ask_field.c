/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_field - fields of the kernel: "sock.__sk_common.skc_prot:proto.name",
 * checked against what is known of this kernel's types.
 */
#include "tools/frontend/ask_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char digits[] = "0123456789";

/* ---- syntax ----------------------------------------------------------- */

size_t ask_name_len(const char *s)
{
	size_t n = 0, k;

	if (!*s || !strchr(letters, *s))
		return 0;
	do {
		k = strspn(s + n, letters);
		k += strspn(s + n + k, digits);
		n += k;
	} while (k);
	return n;
}

/* "a.b[3].c" */
static bool is_path(const char *s)
{
	size_t n;

	for (;; s++) {
		n = ask_name_len(s);
		if (!n)
			return false;
		for (s += n; *s == '['; s += n + 2) {
			n = strspn(s + 1, digits);
			if (!n || n > 9 || s[n + 1] != ']')
				return false;
		}
		if (*s != '.')
			return !*s;
	}
}

/* "sock.sk_err", "struct sock.sk_err", "union x.y" */
static int parse_step(const struct asking *a, struct ask_step *step,
		      const char *part)
{
	bool is_union = !strncmp(part, "union ", 6);
	const char *type = part + (is_union ? 6 : 0);
	char text[ASK_WORD_MAX + 16], *kept;
	size_t n;
	int len;

	if (!strncmp(type, "struct ", 7))
		type += 7;
	n = ask_name_len(type);
	if (!n || type[n] != '.' || !is_path(type + n + 1))
		return ask_bad(a->e, "'%s' is no TYPE.PATH, as sock.sk_err or "
			       "sock.__sk_common.skc_state are", part);
	len = snprintf(text, sizeof(text), "%s %s",
		       is_union ? "union" : "struct", type);
	kept = ask_keep(a, text, (size_t)len);
	if (!kept)
		return -a->e->no;
	/* both in one text: where the type ends is the first dot */
	step->type = kept;
	kept += strcspn(kept, ".");
	*kept = '\0';
	step->path = kept + 1;
	return 0;
}

/* ---- what is known ---------------------------------------------------- */

/* 1: there, @f tells; 0: it is known not to be; -ENOENT: nothing is known of
 * it; -EINVAL: with a message. */
static int look(const struct asking *a, const char *type, const char *path,
		struct field *f)
{
	const struct question q = {
		.kind = CORE_FIELD_EXISTS, .type = type, .path = path,
	};
	struct answer answer;
	const char *why;
	int err;

	err = resolver_core(&a->world->env->fields, &q, &answer, &why);
	if (err)
		return ask_bad(a->e, "%s, %s: %s", type, path,
			       why ? why : strerror(-err));
	*f = answer.field;
	if (!answer.source)
		return -ENOENT;
	return answer.value != 0;
}

bool ask_absent(const struct asking *a, const char *type, const char *path)
{
	struct err scratch = { 0 };
	const struct asking quiet = { a->world, a->words, &scratch };
	struct field f;

	return a->world->env && !look(&quiet, type, path, &f);
}

static bool type_known(const struct asking *a, const char *type)
{
	const struct question q = {
		.kind = CORE_TYPE_EXISTS, .type = type, .path = "",
	};
	struct answer answer;
	const char *why;

	return !resolver_core(&a->world->env->fields, &q, &answer, &why) &&
	       answer.source && answer.value;
}

/* ---- complaints ------------------------------------------------------- */

/* Types that are asked for often; all of the kernel's would take a pass over
 * megabytes of names. */
static const char *const common_types[] = {
	"sock", "sock_common", "inet_sock", "inet_connection_sock",
	"tcp_sock", "udp_sock", "request_sock", "socket", "sk_buff", "proto",
	"net", "net_device", "msghdr", "file", "task_struct", "cred",
};

static int unknown_field(const struct asking *a, const struct ask_step *step)
{
	const char *name = step->type + strcspn(step->type, " ") + 1;
	struct nearest near;
	char buf[256];

	if (!a->world->env->types)
		return ask_bad(a->e, "nothing is known of %s in %s: there is "
			       "no BTF of this kernel", step->path,
			       step->type);
	if (type_known(a, step->type))
		return ask_bad(a->e, "nothing is known of %s in %s: the types "
			       "at hand are not all of the kernel's",
			       step->path, step->type);
	nearest_init(&near, name);
	for (size_t i = 0; i < COUNT(common_types); i++)
		nearest_try(&near, common_types[i]);
	return ask_bad(a->e, "no %s in the kernel's types%s", step->type,
		       near.n ? nearest_text(&near, "", buf, sizeof(buf)) :
		       "");
}

/* "no field skc_dprt in struct sock_common; did you mean skc_dport?" */
static int no_member(const struct asking *a, const struct ask_step *step,
		     const char *before, const char *wrong)
{
	char owner[160] = "", buf[256], *names = NULL;
	struct btf *types = a->world->env->types;
	struct nearest near;
	int err = -ENOENT;

	if (types)
		err = btf_members(types, step->type, before, owner,
				  sizeof(owner), &names);
	if (err || !*owner)
		snprintf(owner, sizeof(owner), "%.80s%s%.60s", step->type,
			 *before ? " " : "", before);
	nearest_init(&near, wrong);
	for (const char *p = err ? "" : names; *p; p += strlen(p) + 1)
		nearest_try(&near, p);
	ask_bad(a->e, "no field %s in %s%s", wrong, owner,
		near.n ? nearest_text(&near, "", buf, sizeof(buf)) : "");
	free(names);
	return -EINVAL;
}

/* There is no member @wrong in what is at @before: why? */
static int explain(const struct asking *a, const struct ask_step *step,
		   const char *before, const struct field *f, char *wrong)
{
	char *index = strchr(wrong, '[');
	char path[ASK_WORD_MAX];
	struct field found;

	if (*before && f->class == FIELD_POINTER)
		return ask_bad(a->e, "%s in %s is a pointer; follow it with a "
			       "colon and the type it points to, "
			       "%s:TYPE.%s", before, step->type, before,
			       wrong);
	if (*before && f->class != FIELD_COMPOSITE)
		return ask_bad(a->e, "%s in %s is no struct and has no %s",
			       before, step->type, wrong);
	if (index) {
		snprintf(path, sizeof(path), "%s%s%.*s", before,
			 *before ? "." : "", (int)(index - wrong), wrong);
		if (look(a, step->type, path, &found) == 1)
			return ask_bad(a->e, "%s in %s has no element %s",
				       path, step->type, index);
		*index = '\0';
	}
	return no_member(a, step, before, wrong);
}

/* Find the member that is wrong: the one behind all that is there. */
static int absent(const struct asking *a, const struct ask_step *step)
{
	struct field f = { .class = FIELD_COMPOSITE };
	char before[ASK_WORD_MAX], *dot, *wrong = before;
	int found = 0;

	snprintf(before, sizeof(before), "%s", step->path);
	while (found != 1 && (dot = strrchr(before, '.'))) {
		*dot = '\0';
		wrong = dot + 1;
		found = look(a, step->type, before, &f);
		if (found == -EINVAL)
			return found;
	}
	if (found != 1)
		return explain(a, step, "", &f, before);
	return explain(a, step, before, &f, wrong);
}

/* ---- shapes ----------------------------------------------------------- */

/* Text, if its elements are bytes. */
static int array_shape(const struct asking *a, struct ask_value *v,
		       const struct ask_step *step)
{
	char path[ASK_WORD_MAX + 4];
	struct field f;
	int found;

	snprintf(path, sizeof(path), "%s[0]", step->path);
	found = look(a, step->type, path, &f);
	if (found == -EINVAL)
		return found;
	if (found == 1 && f.size != 1)
		return ask_bad(a->e, "%s in %s is an array; name one element, "
			       "as in %s", step->path, step->type, path);
	v->shape = SHAPE_NAME;
	return 0;
}

static int last_shape(const struct asking *a, struct ask_value *v,
		      const struct ask_step *step, const struct field *f)
{
	switch (f->class) {
	case FIELD_ARRAY:
		return array_shape(a, v, step);
	case FIELD_COMPOSITE:
		return ask_bad(a->e, "%s in %s is a struct; name a member of "
			       "it", step->path, step->type);
	case FIELD_SIGNED:
	case FIELD_UNSIGNED:
	case FIELD_ENUM:
	case FIELD_POINTER:
		if (f->size > 8)
			break;
		v->shape = f->class == FIELD_SIGNED || f->is_signed ?
			   SHAPE_S64 : SHAPE_U64;
		return 0;
	}
	return ask_bad(a->e, "%s in %s is no number of up to 64 bits",
		       step->path, step->type);
}

/* @more: another step follows this one. */
static int check_step(const struct asking *a, struct ask_value *v,
		      const struct ask_step *step, bool more)
{
	struct field f;
	int found;

	if (!a->world->env)
		return 0;
	found = look(a, step->type, step->path, &f);
	if (found == -ENOENT)
		return unknown_field(a, step);
	if (found <= 0)
		return found ? found : absent(a, step);
	if (!more)
		return last_shape(a, v, step, &f);
	if (f.class != FIELD_POINTER)
		return ask_bad(a->e, "%s in %s is no pointer and cannot be "
			       "followed", step->path, step->type);
	return 0;
}

bool ask_is_pointer(const struct asking *a, const struct ask_value *v)
{
	const struct ask_step *last = v->steps + v->nsteps - 1;
	struct field f;

	if (!v->nsteps || !a->world->env)
		return true;
	return look(a, last->type, last->path, &f) == 1 &&
	       f.class == FIELD_POINTER;
}

int ask_chain(const struct asking *a, struct ask_value *v, const char *text)
{
	unsigned first = v->nsteps, i;
	char part[ASK_WORD_MAX];
	size_t len;
	int err;

	v->shape = SHAPE_U64;
	for (;; text += len + 1) {
		len = strcspn(text, ":");
		if (v->nsteps == ASK_STEPS)
			return ask_bad(a->e, "'%s' is more than %d pointers "
				       "away", text, ASK_STEPS);
		err = ask_word(a, part, text, len, "field");
		if (!err)
			err = parse_step(a, &v->steps[v->nsteps], part);
		if (err)
			return err;
		v->nsteps++;
		if (!text[len])
			break;
	}
	for (i = first; !err && i < v->nsteps; i++)
		err = check_step(a, v, &v->steps[i], i + 1 < v->nsteps);
	return err;
}
