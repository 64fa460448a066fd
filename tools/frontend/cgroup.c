/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cgroup - which cgroup v2 is meant: the id that
 * bpf_get_current_cgroup_id() gives.
 */
#include "tools/frontend/frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "tools/frontend/options_int.h"

/* linux/magic.h */
#define CGROUP1_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270

/* Octal escapes of mountinfo (blank, tab, newline, backslash), in place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
				       (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/*
 * One line of mountinfo, proc(5): "36 35 98:0 /root /point opts [tags] - type
 * source super".  Returns the mount point if it is a cgroup2, else NULL.
 */
static char *cgroup2_point(char *line)
{
	char *type = strstr(line, " - "), *field = line, *end;
	int i;

	if (!type || strncmp(type + 3, "cgroup2 ", 8))
		return NULL;
	for (i = 0; i < 4; i++) {
		field = strchr(field, ' ');
		if (!field || field >= type)
			return NULL;
		field++;
	}
	end = strchr(field, ' ');
	if (!end)
		return NULL;
	*end = '\0';
	unescape(field);
	return field;
}

bool cgroup2_mount(FILE *mountinfo, char *buf, size_t len)
{
	char *line = NULL, *point;
	size_t size = 0;
	bool found = false;

	while (!found && getline(&line, &size, mountinfo) > 0) {
		point = cgroup2_point(line);
		if (point && strlen(point) < len) {
			memcpy(buf, point, strlen(point) + 1);
			found = true;
		}
	}
	free(line);
	return found;
}

/*
 * cgroup_id - kernfs encodes the id as its 8-byte file handle: since 5.5 the
 * 64-bit inode number, from 4.14 on {ino, generation}, which is what the
 * helper returned then.  st_ino where there are no handles (cut to 32 bits
 * on 32-bit machines).
 */
static uint64_t cgroup_id(const char *path, const struct stat *st)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + 8];
	} u;
	uint64_t id;
	int mount;

	memset(&u, 0, sizeof(u));
	u.h.handle_bytes = 8;
	if (name_to_handle_at(AT_FDCWD, path, &u.h, &mount, 0) ||
	    u.h.handle_bytes != 8)
		return st->st_ino;
	memcpy(&id, u.room + sizeof(struct file_handle), 8);
	return id;
}

static int cgroup_of_path(const char *path, uint64_t *id, struct err *e)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) || statfs(path, &fs))
		return err_set(e, errno, "%s", path);
	if ((uint32_t)fs.f_type == CGROUP1_MAGIC)
		return err_set(e, 0, "%s is a cgroup v1; programs see v2 only",
			       path);
	if ((uint32_t)fs.f_type != CGROUP2_MAGIC || !S_ISDIR(st.st_mode))
		return err_set(e, 0, "%s is not a cgroup v2 directory", path);
	*id = cgroup_id(path, &st);
	return 0;
}

int cgroup_parse(const char *text, uint64_t *id, struct err *e)
{
	char mount[PATH_MAX], path[2 * PATH_MAX];
	struct statfs fs;
	FILE *f;
	bool found;

	if (val_u64(text, 1, UINT64_MAX, id))
		return 0;
	if (!*text || strlen(text) >= PATH_MAX)
		return err_set(e, 0, "want a path or an id");
	/* A whole path, /sys/fs/cgroup/...; else as /proc/PID/cgroup has it,
	 * which begins with a slash too. */
	if (*text == '/' && !statfs(text, &fs) &&
	    ((uint32_t)fs.f_type == CGROUP1_MAGIC ||
	     (uint32_t)fs.f_type == CGROUP2_MAGIC))
		return cgroup_of_path(text, id, e);
	f = fopen("/proc/self/mountinfo", "re");
	if (!f)
		return err_set(e, errno, "/proc/self/mountinfo");
	found = cgroup2_mount(f, mount, sizeof(mount));
	fclose(f);
	if (!found) {
		err_set(e, 0, "no cgroup v2 is mounted here");
		err_hint(e, "mount -t cgroup2 none /sys/fs/cgroup");
		return -ENOENT;
	}
	snprintf(path, sizeof(path), "%s/%s", mount,
		 text + strspn(text, "/"));
	return cgroup_of_path(path, id, e);
}
