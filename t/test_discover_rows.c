/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Discovery, from what was recorded on real kernels.
 *
 * t/data/recording-ROW.txt.gz is what `sockeye doctor --record` wrote on a
 * row of t/vm/rows; make unpacks it to t/data of the build directory.
 * t/data/discover-ROW.txt says where the fields really are, from the kernel's
 * BTF or, of kernels that have none, from their debugging information (4.9:
 * offsetof()).  t/golden/discover.txt lists what is not found, and why.
 *
 * For a new row, or a new recording:
 *   GOLDEN_UPDATE=1 DISCOVER_BTF=DIR t/run discover_rows
 * with the kernels' BTF as DIR/ROW.btf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover.h"
#include "t/check.h"

Suite *suite_discover_rows(void);

static const char *const rows[] = {
	"amd64-4.9", "amd64-5.10", "amd64-6.1", "amd64-6.12",
	"amd64-7.x", "arm64-6.12", "riscv64-6.12", "s390x-6.12",
	"armhf-5.10", "i386-5.10", "mipsel-6.1",
};

/* The file, with a NUL behind it; NULL when there is none. */
static char *read_file(const char *dir, const char *name, size_t *len)
{
	char path[4096], *data;
	long size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	ck_assert_int_ge(size, 0);
	rewind(f);
	data = malloc((size_t)size + 1);
	ck_assert_ptr_nonnull(data);
	*len = fread(data, 1, (size_t)size, f);
	data[*len] = '\0';
	fclose(f);
	return data;
}

static void read_recording(struct recording *r, const char *row)
{
	const char *build = getenv("builddir");
	char name[256], *text;
	unsigned int line;
	const char *why;
	size_t len;
	int err;

	snprintf(name, sizeof(name), "t/data/recording-%s.txt", row);
	text = read_file(build ? build : ".", name, &len);
	if (!text)
		text = read_file(".", name, &len);
	ck_assert_msg(text, "no %s (made by make check-unit)", name);
	err = recording_read(r, text, len, &line, &why);
	ck_assert_msg(!err, "%s:%u: %s", name, line, why);
	free(text);
}

static struct question field_question(const char *type, const char *path)
{
	return (struct question){ .kind = CORE_FIELD_BYTE_OFFSET,
				  .type = type, .path = path };
}

/* Write t/data/discover-ROW.txt from the kernel's BTF. */
static void write_truth(const char *row, const struct recording *r,
			const struct discovery *d)
{
	const char *dir = getenv("DISCOVER_BTF"), *type, *path, *why;
	char name[256], kernel[160];
	struct resolver resolver;
	struct bytes src = { .len = 0 };
	struct question q;
	struct btf *btf;
	struct answer a;
	unsigned int pos = 0;
	size_t len;
	char *data;
	FILE *out;

	snprintf(name, sizeof(name), "%s.btf", row);
	data = dir ? read_file(dir, name, &len) : NULL;
	if (!data)
		return;
	src.mem = data;
	src.len = len;
	ck_assert_int_eq(btf_new(&btf, &src, NULL, &why), 0);
	resolver_init(&resolver, r->big_endian);
	resolver_add_btf(&resolver, "BTF", btf);
	snprintf(name, sizeof(name), "t/data/discover-%s.txt", row);
	out = fopen(name, "w");
	ck_assert_ptr_nonnull(out);
	snprintf(kernel, sizeof(kernel), "%s %s", r->release, r->machine);
	fields_print_head(out, r->build_id, kernel);
	while (discovery_next(d, &pos, &type, &path, &why)) {
		q = field_question(type, path);
		ck_assert_int_eq(resolver_core(&resolver, &q, &a, &why), 0);
		fields_print(out, &q, &a);
	}
	fclose(out);
	resolver_release(&resolver);
	free(data);
}

static struct fields *read_truth(const char *row)
{
	struct fields *truth;
	char name[256], *text;
	unsigned int line;
	const char *why;
	size_t len;
	int err;

	snprintf(name, sizeof(name), "t/data/discover-%s.txt", row);
	text = read_file(".", name, &len);
	ck_assert_msg(text, "no %s", name);
	err = fields_new(&truth, text, len, &line, &why);
	ck_assert_msg(!err, "%s:%u: %s", name, line, why);
	free(text);
	return truth;
}

/* A bitfield of whole bytes is as well described without bits. */
static bool same_field(const struct field *a, const struct field *b)
{
	return a->off == b->off && a->size == b->size &&
	       a->class == b->class && (a->bit_size == b->bit_size ||
	       (!a->bit_size && b->bit_size == b->size * 8));
}

/* Hold all that is found against the truth; list the rest in @missing. */
static unsigned int check_fields(const struct discovery *d,
				 const struct fields *truth, FILE *missing)
{
	const char *type, *path, *why, *no;
	unsigned int pos = 0, found = 0;
	struct answer a, b;
	struct question q;

	while (discovery_next(d, &pos, &type, &path, &why)) {
		q = field_question(type, path);
		if (why) {
			fprintf(missing, "\t%s:%s - %s\n", type, path, why);
			continue;
		}
		ck_assert_int_eq(discovery_core(d, &q, &a, &no), 0);
		ck_assert_msg(!fields_core(truth, &q, &b) && b.field.exists,
			      "%s:%s found, but it is not there", type, path);
		ck_assert_msg(same_field(&a.field, &b.field),
			      "%s:%s is off %u size %u, found off %u size %u",
			      type, path, b.field.off, b.field.size,
			      a.field.off, a.field.size);
		found++;
	}
	return found;
}

/* All found rightly? Adds what is not to @list. */
static void check_row(const char *row, FILE *list)
{
	struct discovery *d;
	struct fields *truth;
	struct recording r;
	unsigned int found;
	const char *why;
	char *missing;
	size_t len;
	FILE *f;

	read_recording(&r, row);
	ck_assert_int_eq(discovery_new(&d, &r, &why), 0);
	if (getenv("GOLDEN_UPDATE"))
		write_truth(row, &r, d);
	truth = read_truth(row);
	ck_assert_str_eq(fields_build_id(truth), r.build_id);
	f = open_memstream(&missing, &len);
	ck_assert_ptr_nonnull(f);
	found = check_fields(d, truth, f);
	fclose(f);
	fprintf(list, "%s: %u found\n%s", row, found, missing);
	free(missing);
	fields_free(truth);
	discovery_free(d);
	recording_release(&r);
}

START_TEST(test_rows)
{
	static const char name[] = "t/golden/discover.txt";
	char *text, *golden;
	FILE *f, *out;
	size_t len, i;

	f = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(rows[i], f);
	fclose(f);
	if (getenv("GOLDEN_UPDATE")) {
		out = fopen(name, "w");
		ck_assert_ptr_nonnull(out);
		fputs(text, out);
		fclose(out);
	}
	golden = read_file(".", name, &len);
	ck_assert_msg(golden && !strcmp(golden, text), "%s differs from:\n%s",
		      name, text);
	free(golden);
	free(text);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void copy_facts(struct recording *to, int n,
		       const struct disc_window *w, const bool *unknown)
{
	const struct disc_fact *f;

	for (f = w->facts; f < w->facts + w->nfacts; f++) {
		if (unknown[f->key])
			continue;
		if (f->len)
			recording_bytes(to, n, f->key, f->bytes, f->len);
		else if (f->relative)
			recording_seq(to, n, (uint32_t)f->number);
		else
			recording_number(to, n, f->key, f->number);
	}
}

/* What is left of @r when some windows were not seen and some keys were not
 * known, as on kernels that give less. */
static void thin_out(struct recording *to, const struct recording *r,
		     uint32_t *state)
{
	uint32_t lost = next_random(state) % 60, less = next_random(state) % 30;
	bool unknown[DISC_KEY_MAX];
	int map[DISC_WINDOWS], key;
	const struct disc_window *w;
	unsigned int i;

	recording_init(to);
	to->word_size = r->word_size;
	to->big_endian = r->big_endian;
	for (key = 0; key < DISC_KEY_MAX; key++)
		unknown[key] = next_random(state) % 100 < less;
	for (i = 0; i < r->nwindows; i++) {
		w = &r->windows[i];
		map[i] = -1;
		if (next_random(state) % 100 < lost ||
		    (w->parent >= 0 && map[w->parent] < 0))
			continue;
		map[i] = w->parent < 0 ?
			 recording_window(to, w->object, w->subject, w->addr,
					  w->bytes, w->len) :
			 recording_pointee(to, map[w->parent], w->parent_off,
					   w->addr, w->bytes, w->len);
		ck_assert_int_ge(map[i], 0);
		to->windows[map[i]].object_size = w->object_size;
		copy_facts(to, map[i], w, unknown);
	}
}

START_TEST(test_thinned)
{
	struct discovery *d;
	struct fields *truth;
	struct recording r, less;
	uint32_t state = 4711;
	const char *why;
	char *missing;
	size_t len;
	FILE *f;
	int i;

	read_recording(&r, rows[_i]);
	truth = read_truth(rows[_i]);
	for (i = 0; i < 60; i++) {
		thin_out(&less, &r, &state);
		ck_assert_int_eq(discovery_new(&d, &less, &why), 0);
		f = open_memstream(&missing, &len);
		ck_assert_ptr_nonnull(f);
		check_fields(d, truth, f);
		fclose(f);
		free(missing);
		discovery_free(d);
		recording_release(&less);
	}
	fields_free(truth);
	recording_release(&r);
}
END_TEST

/* ---- hostile ---------------------------------------------------------- */

/* Windows cut short, numbers and addresses that are not true.  Each window
 * gets memory of its own, so that a byte too far is seen. */
static void damage(struct recording *r, uint32_t *state)
{
	struct disc_window *w;
	uint8_t *copy;
	uint32_t n;

	for (w = r->windows; w < r->windows + r->nwindows; w++) {
		n = next_random(state);
		if (n % 3 == 0)
			w->len = next_random(state) % (w->len + 1);
		if (n % 11 == 0)
			w->object_size = next_random(state) % 4096;
		if (n % 13 == 0)
			w->addr = next_random(state) % 2 ? UINT64_MAX - 5 : 0;
		if (n % 17 == 0)
			w->parent_off = next_random(state) % DISC_WINDOW_MAX;
		copy = malloc(w->len ? w->len : 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, w->bytes, w->len);
		for (n = n % 5 ? 0 : 40; n && w->len; n--)
			copy[next_random(state) % w->len] =
				(uint8_t)next_random(state);
		w->bytes = copy;
	}
}

START_TEST(test_hostile)
{
	uint32_t state = 815 + (uint32_t)_i;
	struct recording r;
	struct discovery *d;
	unsigned int n;
	const char *why;
	int i;

	for (i = 0; i < 15; i++) {
		read_recording(&r, rows[_i]);
		damage(&r, &state);
		ck_assert_int_eq(discovery_new(&d, &r, &why), 0);
		discovery_free(d);
		for (n = 0; n < r.nwindows; n++)
			free((void *)(uintptr_t)r.windows[n].bytes);
		recording_release(&r);
	}
}
END_TEST

Suite *suite_discover_rows(void)
{
	int n = (int)(sizeof(rows) / sizeof(rows[0]));
	Suite *s = suite_create("discover_rows");
	TCase *tc = tcase_create("rows");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_rows);
	tcase_add_loop_test(tc, test_thinned, 0, n);
	tcase_add_loop_test(tc, test_hostile, 0, n);
	suite_add_tcase(s, tc);
	return s;
}
