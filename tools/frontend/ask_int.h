/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_int - what the files that read and write values share.  Private to
 * ask_*.c.
 */
#ifndef SOCKEYE_ASK_INT_H
#define SOCKEYE_ASK_INT_H

#include "tools/frontend/ask.h"
#include "tools/frontend/options_int.h"

#define ASK_WORD_MAX	256	/* bytes of a value or a condition, and a NUL */
#define ASK_ARGS	10	/* arg0 to arg9 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is needed wherever a value is parsed. */
struct asking {
	const struct ask_world *world;
	struct ask_words *words;
	struct err *e;
};

/* ---- ask_parse.c ------------------------------------------------------ */

/* ask_bad - one line in @e, control characters made harmless; -EINVAL. */
int ask_bad(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* ask_keep - a copy of @len bytes and a NUL that lives with the words; NULL
 * with the reason in a->e. */
char *ask_keep(const struct asking *a, const char *text, size_t len);
/* ask_word - @text without the blanks around it into @buf; -EINVAL: it has no
 * room there.  @what names it: "value". */
int ask_word(const struct asking *a, char buf[ASK_WORD_MAX], const char *text,
	     size_t len, const char *what);
/*
 * ask_place - BASE, and what may follow it: "arg0", "retval:u32",
 * "args.skaddr:sock.sk_prot".  -ENOENT without a message: it starts with no
 * BASE.
 */
int ask_place(const struct asking *a, struct ask_value *v, const char *text);

/* ---- ask_field.c ------------------------------------------------------ */

/* ask_name_len - of the name, as C has them, that @s starts with; 0: none. */
size_t ask_name_len(const char *s);
/* ask_chain - "TYPE.PATH:TYPE.PATH", appended to v->steps and checked. */
int ask_chain(const struct asking *a, struct ask_value *v, const char *text);
/* ask_absent - is it known that @type has no @path here? */
bool ask_absent(const struct asking *a, const char *type, const char *path);
/* ask_is_pointer - may @v be a pointer, as far as is known? */
bool ask_is_pointer(const struct asking *a, const struct ask_value *v);

/* ---- ask_tp.c --------------------------------------------------------- */

/* ask_tp_field - v->field checked: is it there, is it signed? */
int ask_tp_field(const struct asking *a, struct ask_value *v);
/* ask_tp_sock - the field of the world's tracepoint that is a pointer to a
 * struct sock, or, with *@fd set, the descriptor of a socket; NULL. */
const char *ask_tp_sock(const struct asking *a, bool *fd);
/* ask_tp_skb - the field that is a pointer to a packet; NULL. */
const char *ask_tp_skb(const struct asking *a);
/* ask_tp_has_text - has it, as far as is known, @field with text? */
bool ask_tp_has_text(const struct asking *a, const char *field);
/* ask_tp_has_number - the same, with a number. */
bool ask_tp_has_number(const struct asking *a, const char *field);

/* ---- ask_sock.c ------------------------------------------------------- */

/* ask_sock_name - the @i-th word for something of the hook's socket; NULL. */
const char *ask_sock_name(unsigned i);
/* ask_sock_value - such a word; -ENOENT without a message: none of them. */
int ask_sock_value(const struct asking *a, struct ask_value *v,
		   const char *text);

/* ask_param - the struct that argument @n of the world's hook, no tracepoint
 * with fields, points to, by its prototype, as btf_func_param(); -ENOENT: the
 * function is not known. */
int ask_param(const struct asking *a, int n, char *type, size_t len);

/* ---- ask_dev.c -------------------------------------------------------- */

/* ask_dev_name - the @i-th word for something of the hook's packet, or of its
 * device; NULL. */
const char *ask_dev_name(unsigned i);
/* ask_dev_value - such a word; -ENOENT without a message: none of them. */
int ask_dev_value(const struct asking *a, struct ask_value *v,
		  const char *text);

/* ---- ask_text.c ------------------------------------------------------- */

/* Numbers that have names. */
struct ask_enum {
	const char *prefix;		/* shown before each: "AF_" */
	const char *optional;		/* may be written before: "TCP_" */
	const struct ask_enum_name {
		uint16_t number;
		const char *name;
	} *names;			/* ends with name NULL */
};

/* hook_text - @h for a value of FROM_PROBE or FROM_EVENT. */
void hook_text(const struct ask_value *v, const struct hook *h, char *buf,
	       size_t len);
/* ask_is_reason - is @v, a key of @a, why a packet is dropped?  Its name says
 * so, and all hooks that it is taken at drop packets: resets of TCP have
 * reasons with other numbers. */
bool ask_is_reason(const struct ask *a, const struct ask_value *v);
/* ask_enum_of - the names for the numbers that @v is; NULL: none. */
const struct ask_enum *ask_enum_of(const struct ask_value *v);
/* ask_enum_find - "inet", "AF_INET", "established"; NULL: no such name. */
const struct ask_enum_name *ask_enum_find(const struct ask_enum *names,
					  const char *word);

#endif
