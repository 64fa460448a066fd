/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fill - lines that fit a terminal, out of texts that do not.
 */
#include "tools/frontend/options_int.h"

#include <string.h>

unsigned text_word(const char **text, size_t *len)
{
	unsigned breaks = 0;

	for (; **text == ' ' || **text == '\n'; ++*text)
		breaks += **text == '\n';
	*len = strcspn(*text, " \n");
	return breaks;
}

void text_fill(FILE *out, const char *text, unsigned indent, unsigned col)
{
	unsigned at = col, breaks;
	bool first = true;
	size_t len;

	for (;;) {
		breaks = text_word(&text, &len);
		if (!len)
			break;
		if (!first && breaks > 1) {
			fprintf(out, "\n\n%*s", (int)indent, "");
			at = indent;
		} else if (!first && at + 1 + len >= TEXT_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			putc(' ', out);
			at++;
		}
		fwrite(text, 1, len, out);
		at += (unsigned)len;
		text += len;
		first = false;
	}
	putc('\n', out);
}
