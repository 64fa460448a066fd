/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec2c - turn a program, compiled by clang for both byte orders, into C
 * source that defines `const struct spec spec_NAME`.  Runs on the machine
 * that builds.
 *
 * usage: spec2c NAME LITTLE.o BIG.o >NAME.spec.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loader/loader.h"

#define OBJECT_MAX (16l << 20)

static int read_file(const char *path, char **data, size_t *len,
		     struct err *e)
{
	FILE *f = fopen(path, "rb");
	int ret = 0;

	if (!f)
		return err_set(e, errno, "open");
	*data = malloc(OBJECT_MAX);
	if (!*data) {
		ret = err_set(e, ENOMEM, "read");
	} else {
		*len = fread(*data, 1, OBJECT_MAX, f);
		if (ferror(f))
			ret = err_set(e, errno, "read");
	}
	fclose(f);
	return ret;
}

/* The bytes may go once the spec is there. */
static int read_spec(const char *path, const char *name, struct spec **s,
		     struct err *e)
{
	char *data = NULL;
	size_t len = 0;
	int ret = read_file(path, &data, &len, e);

	if (!ret)
		ret = spec_from_elf(s, data, len, name, e);
	free(data);
	return ret ? err_wrap(e, "%s", path) : 0;
}

/* gzip data, which does not say when and where it was made. */
static uint8_t *pack(const void *data, size_t len, size_t *to_len)
{
	z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)len };
	uint8_t *to = NULL;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS,
			 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	*to_len = deflateBound(&z, len);
	to = malloc(*to_len);
	if (to) {
		z.next_out = to;
		z.avail_out = (uInt)*to_len;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
			*to_len = z.total_out;
		} else {
			free(to);
			to = NULL;
		}
	}
	deflateEnd(&z);
	return to;
}

int main(int argc, char **argv)
{
	struct spec *little = NULL, *big = NULL;
	static struct err e;
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: spec2c NAME LITTLE.o BIG.o\n");
		return 2;
	}
	ret = read_spec(argv[2], argv[1], &little, &e);
	if (!ret)
		ret = read_spec(argv[3], argv[1], &big, &e);
	if (!ret)
		ret = spec_to_c(stdout, little, big, pack, &e);
	if (ret)
		fprintf(stderr, "spec2c: %s\n", e.msg);
	spec_free(little);
	spec_free(big);
	return ret != 0;
}
