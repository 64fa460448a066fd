/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the kernel's types come from: files given, sysfs, a vmlinux on disk
 * that is this kernel's; and which kernel this is.
 */
#include "loader/loader_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which kernel ----------------------------------------------------- */

/* The note that the vDSO carries: LINUX_VERSION_CODE as the kernel checks
 * it.  Namesz 6, descsz 4, type 0, "Linux". */
static uint32_t version_from_vdso(void)
{
	static const uint32_t head[3] = { 6, 4, 0 };
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	uint32_t code;

	for (size_t i = 0; vdso && i < 4096 - 24; i += 4) {
		if (memcmp(vdso + i, head, 12) ||
		    memcmp(vdso + i + 12, "Linux", 6))
			continue;
		memcpy(&code, vdso + i + 20, 4);
		return code;
	}
	return 0;
}

static uint32_t version_parse(const char *s)
{
	unsigned a = 0, b = 0, c = 0;

	if (sscanf(s, "%u.%u.%u", &a, &b, &c) < 2 || a > 255 || b > 255)
		return 0;
	return a << 16 | b << 8 | (c > 255 ? 255 : c);
}

/*
 * What distributions call their kernel is not what it calls itself: Debian's
 * 4.9.0-13 is 4.9.228 ("#1 SMP Debian 4.9.228-1" in uname -v), Ubuntu tells
 * in /proc/version_signature.
 */
uint32_t kernel_version(const struct env *env, const char *uts_version)
{
	uint32_t code = version_from_vdso();
	const char *p;
	char buf[128];

	if (!code && (p = strstr(uts_version, "Debian ")))
		code = version_parse(p + 7);
	if (!code && read_file_at(AT_FDCWD, "/proc/version_signature", buf,
				  sizeof(buf)) > 0 &&
	    (p = strrchr(buf, ' ')))
		code = version_parse(p + 1);
	return code ? code : version_parse(env->release);
}

static void kernel_build_id(struct env *env)
{
	char notes[4096];
	ssize_t n = read_file_at(AT_FDCWD, "/sys/kernel/notes", notes,
				 sizeof(notes));

	if (n <= 0 || notes_build_id(notes, n, env->build_id,
				     sizeof(env->build_id)))
		env->build_id[0] = '\0';
}

/* ---- files as bytes --------------------------------------------------- */

struct file {
	int fd;
	void *map;
	size_t len;
	uint64_t base;		/* of the BTF in the file */
	struct btf *btf;
	char build_id[65];	/* of the kernel, as the file says; or "" */
	char module[MODULE_NAME];	/* whose it is; "" no module's */
};

static ssize_t file_read(void *ctx, void *buf, size_t len, uint64_t off)
{
	struct file *f = ctx;
	ssize_t n = pread(f->fd, buf, len, off + f->base);

	return n < 0 ? -errno : n;
}

static void file_free(struct file *f)
{
	if (!f)
		return;
	btf_free(f->btf);
	if (f->map)
		munmap(f->map, f->len);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

/* Since 6.16 sysfs lets its BTF be mapped; before, windows of it are read. */
static struct file *file_open(const char *path, struct bytes *b)
{
	struct file *f = calloc(1, sizeof(*f));
	struct stat st;

	if (!f)
		return NULL;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		int no = errno;

		file_free(f);
		errno = no;
		return NULL;
	}
	f->len = st.st_size;
	memset(b, 0, sizeof(*b));
	b->len = f->len;
	b->ctx = f;
	b->read = file_read;
	if (!f->len)
		return f;
	f->map = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, f->fd, 0);
	if (f->map == MAP_FAILED)
		f->map = NULL;
	b->mem = f->map;
	return f;
}

/* ---- the source "BTF in a file" --------------------------------------- */

static int file_core(void *self, const struct question *q, struct answer *a,
		     const char **why)
{
	return btf_core(((struct file *)self)->btf, q, a, why);
}

enum { KIND_FUNC = 12 };	/* BTF_KIND_FUNC */

static int file_func_args(void *self, const char *func)
{
	struct btf *b = ((struct file *)self)->btf;
	uint32_t id = btf_next(b, func, 1u << KIND_FUNC, 0);

	return id ? btf_func_args(b, id) : -ENOENT;
}

static int file_want(void *self, const char *const *names, size_t n,
		     const char **why)
{
	return btf_want(((struct file *)self)->btf, names, n, why);
}

static void file_source_free(void *self)
{
	file_free(self);
}

/* Takes @f over, also when it fails. */
static int add_file(struct env *env, struct file *f, const char *name)
{
	struct source s = {
		.name = name, .core = file_core, .func_args = file_func_args,
		.want = file_want, .free = file_source_free, .self = f,
	};
	int err = resolver_add(&env->fields, &s);

	if (err) {
		file_free(f);
		return err;
	}
	if (!env->types) {
		env->types = f->btf;
		memcpy(env->types_build_id, f->build_id, sizeof(f->build_id));
	}
	return 0;
}

/* What is asked of a file: nothing, that no build-id speaks against it, that
 * its build-id is the running kernel's. */
enum trust { BELIEVED, CHECKED, PROVEN };

static int check_build_id(const char *id, enum trust trust,
			  const struct env *env, struct err *e)
{
	bool known = id[0] && env->build_id[0];

	if (trust == PROVEN && !known)
		return err_set(e, 0, "it has no build-id");
	if (trust == BELIEVED || !known || !strcmp(id, env->build_id))
		return 0;
	err_set(e, 0, "it is of another kernel (build-id %.16s, running "
		"%.16s)", id, env->build_id);
	err_hint(e, "--force believes it all the same");
	return -EINVAL;
}

/* Raw BTF, or the .BTF section of an ELF file; f->build_id. */
static int file_btf(struct file *f, struct bytes *b, enum trust trust,
		    const struct env *env, struct err *e)
{
	const char *why = "";
	struct elf *elf;
	uint64_t off, len;
	char magic[4] = "";
	int err;

	if (file_read(f, magic, 4, 0) == 4 && !memcmp(magic, "\177ELF", 4)) {
		err = elf_new(&elf, b, &why);
		if (err)
			return err_set(e, -err, "%s", why);
		if (elf_build_id(elf, f->build_id, sizeof(f->build_id)))
			f->build_id[0] = '\0';
		err = check_build_id(f->build_id, trust, env, e);
		if (!err && elf_section(elf, ".BTF", &off, &len))
			err = err_set(e, 0, "it has no .BTF section");
		elf_free(elf);
		if (err)
			return err;
		f->base = off;
		b->len = len;
		if (b->mem)
			b->mem = (const char *)b->mem + off;
	} else if (trust == PROVEN) {
		return err_set(e, 0, "it is not an ELF file");
	}
	err = btf_new(&f->btf, b, NULL, &why);
	if (err)
		return err_set(e, -err == EINVAL ? 0 : -err, "%s", why);
	if (f->build_id[0])
		return 0;
	/* raw BTF says it where it has been minimised */
	snprintf(f->build_id, sizeof(f->build_id), "%s", btf_build_id(f->btf));
	return check_build_id(f->build_id, trust, env, e);
}

static int add_given(struct env *env, const struct env_opts *o, struct err *e)
{
	struct bytes b;
	struct file *f = file_open(o->btf, &b);
	int err;

	if (f) {
		err = file_btf(f, &b, o->force ? BELIEVED : CHECKED, env, e);
	} else {
		err = err_set(e, errno, "open");
		e->of = ERR_OF_USER;
	}
	if (err) {
		file_free(f);
		return err_wrap(e, "--btf %s", o->btf);
	}
	return add_file(env, f, "--btf");
}

static int add_fields(struct env *env, const struct env_opts *o,
		      struct err *e)
{
	static char text[65536];
	struct fields *t;
	const char *why = "", *id;
	unsigned line = 0;
	ssize_t n = read_file_at(AT_FDCWD, o->fields, text, sizeof(text));
	int err;

	if (n < 0) {
		err_set(e, -n, "--fields %s", o->fields);
		e->of = ERR_OF_USER;
		return n;
	}
	if ((size_t)n == sizeof(text) - 1)
		return err_set(e, EFBIG, "--fields %s", o->fields);
	err = fields_new(&t, text, n, &line, &why);
	if (err)
		return err_set(e, 0, "--fields %s: line %u: %s", o->fields,
			       line, why);
	id = fields_build_id(t);
	if (!o->force && id[0] && env->build_id[0] &&
	    strcmp(id, env->build_id)) {
		err = err_set(e, 0, "--fields %s: it is of another kernel "
			      "(build-id %.16s, running %.16s)", o->fields, id,
			      env->build_id);
		err_hint(e, "--force believes it all the same");
		fields_free(t);
		return err;
	}
	return resolver_add_fields(&env->fields, "--fields", t);
}

/* The places where distributions put a vmlinux with BTF or debug data. */
static const char *const vmlinux_paths[] = {
	"/boot/vmlinux-%s", "/lib/modules/%s/vmlinux-%s",
	"/lib/modules/%s/build/vmlinux", "/usr/lib/modules/%s/kernel/vmlinux",
	"/usr/lib/debug/boot/vmlinux-%s",
	"/usr/lib/debug/boot/vmlinux-%s.debug",
	"/usr/lib/debug/lib/modules/%s/vmlinux",
};

/* Silently: it is a try.  Only a file that proves to be this kernel's. */
static void add_vmlinux(struct env *env)
{
	struct err scratch = { 0 };
	char path[256], once[256];
	struct bytes b;
	struct file *f;

	if (!env->build_id[0])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(vmlinux_paths); i++) {
		const char *p = vmlinux_paths[i], *s;
		size_t n = 0;

		for (; *p && n + 66 < sizeof(once); p++) {
			if (p[0] != '%') {
				once[n++] = *p;
				continue;
			}
			for (s = env->release; *s; s++)
				once[n++] = *s;
			p++;
		}
		once[n] = '\0';
		snprintf(path, sizeof(path), "%s", once);
		f = file_open(path, &b);
		if (f && !file_btf(f, &b, PROVEN, env, &scratch)) {
			add_file(env, f, "vmlinux");
			return;
		}
		file_free(f);
	}
}

/* ---- modules ---------------------------------------------------------- */

/* Its ids and strings go on from the kernel's.  What is not there or broken is
 * done without. */
static int add_module(struct env *env, const char *name)
{
	const char *why = "";
	char path[128];
	struct bytes b;
	struct file *f;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	f = file_open(path, &b);
	if (f && !btf_new(&f->btf, &b, env->kernel_btf, &why)) {
		snprintf(f->module, sizeof(f->module), "%s", name);
		return add_file(env, f, f->module);
	}
	file_free(f);
	return 0;
}

static bool has_source(const struct env *env, const char *name)
{
	for (unsigned i = 0; i < env->fields.nsources; i++)
		if (!strcmp(env->fields.sources[i].name, name))
			return true;
	return false;
}

int env_modules(struct env *env, const char *const *names)
{
	int err = 0;

	for (; !err && env->kernel_btf && names && *names; names++)
		if (!has_source(env, *names))
			err = add_module(env, *names);
	return err;
}

/* In the kernel's BTF, and in that of the modules that were asked for. */
static uint32_t find_function(struct env *env, const char *name,
			      const char **module)
{
	const char *why;
	uint32_t id = 0;

	for (unsigned i = 0; i < env->fields.nsources && !id; i++) {
		const struct source *s = &env->fields.sources[i];
		const struct file *f = s->self;

		if (s->core != file_core ||
		    (f->btf != env->kernel_btf && !f->module[0]))
			continue;
		if (btf_want(f->btf, &name, 1, &why))
			continue;
		id = btf_next(f->btf, name, 1u << KIND_FUNC, 0);
		*module = f->module;
	}
	return id;
}

/* Before 5.11 there is the kernel's own alone. */
static bool modules_have_btf(void)
{
	DIR *d = opendir("/sys/kernel/btf");
	struct dirent *ent;
	bool any = false;

	while (d && !any && (ent = readdir(d)))
		any = ent->d_name[0] != '.' && strcmp(ent->d_name, "vmlinux");
	if (d)
		closedir(d);
	return any;
}

uint32_t kernel_function(struct env *env, const char *name,
			 const char **module)
{
	uint32_t id = find_function(env, name, module);
	const struct ksym_named *k;

	if (id || !modules_have_btf())
		return id;
	k = env_ksym(env, name);
	if (!k || !k->module[0] || has_source(env, k->module) ||
	    add_module(env, k->module))
		return 0;
	return find_function(env, name, module);
}

/* ---- all of them ------------------------------------------------------ */

int kernel_btf_open(struct env *env, const struct env_opts *o, struct err *e)
{
	bool none = o->btf && !strcmp(o->btf, "none");
	struct err scratch = { 0 };	/* not there or broken: do without */
	struct bytes b;
	struct file *f;
	int err = 0;

	kernel_build_id(env);
	if (o->fields)
		err = add_fields(env, o, e);
	if (!err && o->btf && !none)
		err = add_given(env, o, e);
	if (err || none || env->has.kernel_btf == FEAT_NO)
		return err;
	f = file_open("/sys/kernel/btf/vmlinux", &b);
	if (f && !file_btf(f, &b, BELIEVED, env, &scratch)) {
		memcpy(f->build_id, env->build_id, sizeof(f->build_id));
		err = add_file(env, f, "kernel BTF");
		env->kernel_btf = err ? NULL : f->btf;
		env->has.kernel_btf = FEAT_YES;
		return err;
	}
	file_free(f);
	env->has.kernel_btf = FEAT_NO;
	if (!o->btf && !o->fields)
		add_vmlinux(env);
	return 0;
}
