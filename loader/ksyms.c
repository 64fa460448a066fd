/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel symbols by name. */
#include "loader/loader_int.h"

#include <stdlib.h>
#include <string.h>

/* "ffffffff81c0b2d0 t tcp_drop.isra.0\t[module]": the third word, of code. */
static char *symbol_name(char *line)
{
	char *p = strchr(line, ' ');

	if (!p || !p[1] || !strchr("tTwW", p[1]) || p[2] != ' ')
		return NULL;
	p += 3;
	p[strcspn(p, " \t\n")] = '\0';
	return p;
}

int ksym_find(const char *name, char *suffixed, size_t len)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	size_t n = strlen(name), cap = 0;
	char *line = NULL, *sym;
	int found = -1;

	if (!f)
		return -1;
	while (found != 0 && getline(&line, &cap, f) > 0) {
		sym = symbol_name(line);
		if (!sym || strncmp(sym, name, n))
			continue;
		if (!sym[n]) {
			found = 0;
		} else if (sym[n] == '.' && strncmp(sym + n, ".cold", 5) &&
			   suffixed) {
			snprintf(suffixed, len, "%s", sym);
			found = 1;
		}
	}
	free(line);
	fclose(f);
	return found;
}
