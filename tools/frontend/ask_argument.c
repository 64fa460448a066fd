/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one word that some tools take: "qdisc fq_codel". */
#include "loader/symbols.h"
#include "tools/frontend/ask_int.h"
#include "tools/frontend/ask_run.h"
#include "tools/frontend/options_int.h"

#include <string.h>

bool ask_next_word(const char **list, char *word, size_t len)
{
	size_t n = strcspn(*list, " ");

	if (!n)
		return false;
	snprintf(word, len, "%.*s", (int)n, *list);
	*list += n;
	*list += strspn(*list, " ");
	return true;
}

static bool is_listed(const char *list, const char *argument)
{
	char word[ASK_NAME];

	while (ask_next_word(&list, word, sizeof(word)))
		if (!strcmp(word, argument))
			return true;
	return false;
}

bool ask_applies(const struct options *o, const struct way *w)
{
	bool named = (w->hooks && strchr(w->hooks, '%')) ||
		     (w->where && strchr(w->where, '%'));

	if (w->only && (!o->argument || !is_listed(w->only, o->argument)))
		return false;
	return !o->tool->argument || named == (o->argument != NULL);
}

void ask_argument_put(char *buf, size_t len, const char *text,
		      const char *argument)
{
	size_t n = 0, add;

	for (; *text && n + 1 < len; text++) {
		add = *text == '%' ? strlen(argument) : 1;
		if (add > len - n - 1)
			break;
		memcpy(buf + n, *text == '%' ? argument : text, add);
		n += add;
	}
	buf[n] = '\0';
}

/* By one of the symbols that the tool names? */
static bool is_known(struct env *env, const struct tool *t,
		     const char *argument)
{
	const char *list = t->known_by ? t->known_by : "";
	const struct ksym_named *k;
	char word[ASK_NAME], symbol[2 * ASK_NAME];

	if (!*list)
		return true;
	while (ask_next_word(&list, word, sizeof(word))) {
		ask_argument_put(symbol, sizeof(symbol), word, argument);
		k = env_ksym(env, symbol);
		if (k && !strcmp(k->found, symbol))
			return true;
	}
	return false;
}

static void tell_unknown(const struct options *o, const char *note)
{
	const char *listed = o->tool->arguments ? o->tool->arguments : "";
	/* what is named well may be a module that is not loaded */
	const char *list = is_listed(listed, o->argument) ? "" : listed;
	char words[16][ASK_NAME], symbols[256], advice[256], meant[128];
	struct nearest nearest;

	ask_argument_put(symbols, sizeof(symbols), o->tool->known_by,
			 o->argument);
	ask_argument_put(advice, sizeof(advice), o->tool->unknown,
			 o->argument);
	nearest_init(&nearest, o->argument);
	for (unsigned i = 0; i < 16 &&
	     ask_next_word(&list, words[i], sizeof(words[i])); i++)
		nearest_try(&nearest, words[i]);
	say("%s '%s': the kernel has none of %s (/proc/kallsyms), so it is "
	    "watched at %s; %s%s", o->tool->argument, o->argument, symbols,
	    note, advice, nearest_text(&nearest, "", meant, sizeof(meant)));
}

void ask_argument_tell(const struct asked *r)
{
	const struct options *o = r->o;
	const struct query *q = &r->queries[0];
	const char *note = q->way < 0 ? NULL : q->part->ways[q->way].note;

	if (!o->argument || !note)
		return;
	if (is_known(r->env, o->tool, o->argument))
		say("%s '%s' is watched at %s; --plan tells why",
		    o->tool->argument, o->argument, note);
	else
		tell_unknown(o, note);
}
