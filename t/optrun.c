/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/check.h"
#include "t/optrun.h"

#include <string.h>
#include <unistd.h>

/* Put what is written to @fd until capture_end() into a file. */
static int capture(int fd, FILE **to)
{
	int old = dup(fd);

	*to = tmpfile();
	ck_assert_ptr_nonnull(*to);
	ck_assert_int_ge(dup2(fileno(*to), fd), 0);
	return old;
}

static void capture_end(int fd, FILE *from, int old, char *buf, size_t len)
{
	size_t n;

	dup2(old, fd);
	close(old);
	rewind(from);
	n = fread(buf, 1, len - 1, from);
	buf[n] = '\0';
	fclose(from);
}

int optrun(struct optrun *r, const struct tool *t, bool replay,
	   const char *line)
{
	static char words[4096], name[] = "name";
	char *argv[300] = { name }, *s = words;
	int argc = 1, code, err_fd, out_fd;
	FILE *err_file, *out_file;

	snprintf(words, sizeof(words), "%s", line);
	while (*(s += strspn(s, " ")) && argc < 299) {
		argv[argc++] = s;
		s += strcspn(s, " ");
		if (*s)
			*s++ = '\0';
		if (!strcmp(argv[argc - 1], "''"))
			argv[argc - 1][0] = '\0';
	}
	fflush(stdout);
	err_fd = capture(STDERR_FILENO, &err_file);
	out_fd = capture(STDOUT_FILENO, &out_file);
	code = options_parse(&r->o, t, argc, argv, replay);
	fflush(stdout);
	capture_end(STDOUT_FILENO, out_file, out_fd, r->out, sizeof(r->out));
	capture_end(STDERR_FILENO, err_file, err_fd, r->err, sizeof(r->err));
	return code;
}
