/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_probe - struct probe: the arguments of a hook, whatever it is.
 */
#include "link_int.h"

#include <errno.h>
#include <string.h>

/* What a member of struct probe is bound to. */
struct binding {
	enum { UNBOUND, ARGUMENT, RETURNED, STACK, FIELD } to;
	int n;				/* ARGUMENT, from 0 */
	char field[128];		/* FIELD of a tracepoint */
};

bool probe_is(const char *type)
{
	const char *bare;

	return patch_bare(type, &bare) == 5 && !memcmp(bare, "probe", 5) &&
	       bare != type && type[0] == 's';
}

static bool is_return(int kind)
{
	return kind == HOOK_KRETPROBE || kind == HOOK_URETPROBE ||
	       kind == HOOK_FEXIT;
}

static bool has_registers(int kind)
{
	return kind == HOOK_KPROBE || kind == HOOK_KRETPROBE ||
	       kind == HOOK_UPROBE || kind == HOOK_URETPROBE;
}

static int bad_token(struct linker *l, const char *token, int len)
{
	const struct hook *h = l->in->hook;

	return link_fail(l, NULL, NULL, EINVAL,
			 "%s %s: cannot bind the argument %.*s",
			 hook_kind_name(h->kind), h->target, len, token);
}

static bool is(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && !memcmp(word, text, len);
}

/*
 * Read one word of hook.args: "name", "name=from" or "-".  @pos counts the
 * arguments.  @b is filled in when the name is @member.
 */
static int bind_token(struct linker *l, const char *token, size_t len,
		      int *pos, const char *member, struct binding *b)
{
	int kind = l->in->hook->kind;
	const char *eq = memchr(token, '=', len);
	size_t name_len = eq ? (size_t)(eq - token) : len;
	const char *from = eq ? eq + 1 : token;
	size_t from_len = eq ? len - name_len - 1 : len;
	struct binding to = { UNBOUND, 0, "" };

	if (!name_len || !from_len || kind == HOOK_PERF_EVENT ||
	    from_len >= sizeof(to.field))
		return bad_token(l, token, (int)len);
	if (kind == HOOK_TRACEPOINT) {
		to.to = FIELD;
		memcpy(to.field, from, from_len);
	} else if (is("ret", from, from_len) &&
		   (is_return(kind) || (eq && has_registers(kind)))) {
		to.to = RETURNED;
	} else if (eq && is("sp", from, from_len) && has_registers(kind)) {
		to.to = STACK;
	} else if (eq) {
		return bad_token(l, token, (int)len);
	} else if (!is("-", token, len) &&
		   (kind == HOOK_KRETPROBE || kind == HOOK_URETPROBE)) {
		/* registers hold something else by then */
		return bad_token(l, token, (int)len);
	} else {
		to.to = ARGUMENT;
		to.n = (*pos)++;
	}
	if (is(member, token, name_len) && !is("-", token, name_len))
		*b = to;
	return 0;
}

static int bind(struct linker *l, const char *member, struct binding *b)
{
	const char *p = l->in->hook->args ? l->in->hook->args : "";
	size_t len;
	int pos = 0, err;

	*b = (struct binding){ UNBOUND, 0, "" };
	for (;; p += len) {
		p += strspn(p, " ");
		len = strcspn(p, " ");
		if (!len)
			return 0;
		err = bind_token(l, p, len, &pos, member, b);
		if (err)
			return err;
	}
}

/* ---- where it is ------------------------------------------------------ */

static void slot(struct field *f, int n)
{
	*f = (struct field){
		.off = 8 * (uint32_t)n,
		.size = 8,
		.class = FIELD_UNSIGNED,
		.exists = true,
	};
}

/* Behind the arguments comes what fexit has as the return value; the verifier
 * minds no more than that. */
static void locate_slot(const struct linker *l, int n, struct field *f,
			char *why, size_t len)
{
	const struct hook *h = l->in->hook;
	int nargs = -ENOENT;

	if ((h->kind == HOOK_FENTRY || h->kind == HOOK_FEXIT) &&
	    l->in->target->fields)
		nargs = resolver_func_args(l->in->target->fields, h->target);
	if (nargs < 0 || n < nargs)
		slot(f, n);
	else
		snprintf(why, len, ": %s has %d arguments", h->target, nargs);
}

static void locate_register(const struct linker *l, int n, struct field *f,
			    char *why, size_t len)
{
	const struct hook *h = l->in->hook;
	const char *machine = link_machine(l);
	int err = regs_field(machine, n, f);

	if (err == -ENOENT && stack_has(l, n)) {
		*f = (struct field){
			.size = l->in->target->word_size,
			.class = FIELD_UNSIGNED,
		};
		err = 0;
	}
	if (err == -ENOENT)
		snprintf(why, len,
			 ": argument %d of %s %s is passed on the stack on %s",
			 n + 1, hook_kind_name(h->kind), h->target, machine);
	else if (err)
		snprintf(why, len,
			 ": the argument registers of %s are not known",
			 machine);
	f->exists = !err;
}

static void locate_returned(const struct linker *l, struct field *f,
			    char *why, size_t len)
{
	const struct hook *h = l->in->hook;
	int n = -ENOENT;

	if (h->kind != HOOK_FEXIT) {
		locate_register(l, REG_RETURN, f, why, len);
		return;
	}
	if (l->in->target->fields)
		n = resolver_func_args(l->in->target->fields, h->target);
	if (n >= 0)
		slot(f, n);
	else
		snprintf(why, len,
			 ": how many arguments %s has is not known",
			 h->target);
}

static void locate_field(const struct linker *l, const char *name,
			 struct field *f, char *why, size_t len)
{
	const struct link_target *t = l->in->target;
	const char *text = NULL;
	int err = -ENOENT;

	if (!t->format) {
		snprintf(why, len, ": the format of tracepoint %s is not known",
			 l->in->hook->target);
		return;
	}
	err = format_field(t->format, t->format_len, name, f, &text);
	f->exists = false;
	if (err == -ENOENT)
		snprintf(why, len, ": tracepoint %s has no field %s",
			 l->in->hook->target, name);
	else if (err)
		snprintf(why, len, ": format of tracepoint %s: %s",
			 l->in->hook->target, text ? text : "broken");
	else if (f->off < t->word_size)
		/* kernel/trace/bpf_trace.c, tp_prog_is_valid_access() */
		snprintf(why, len,
			 ": %s is among the first bytes of tracepoint %s, "
			 "which cannot be read", name, l->in->hook->target);
	else
		f->exists = true;
}

/* Leaves f->exists, and in @why what there is to say when it is false;
 * *@stacked: number of an argument that is on the stack, or -1. */
static int locate(struct linker *l, const char *member, struct field *f,
		  int *stacked, char *why, size_t len)
{
	const struct hook *h = l->in->hook;
	struct binding b;
	int err = bind(l, member, &b);

	memset(f, 0, sizeof(*f));
	why[0] = '\0';
	*stacked = -1;
	if (err)
		return err;
	switch (b.to) {
	case ARGUMENT:
		if (!has_registers(h->kind)) {
			locate_slot(l, b.n, f, why, len);
			break;
		}
		locate_register(l, b.n, f, why, len);
		if (f->exists && stack_has(l, b.n))
			*stacked = b.n;
		break;
	case RETURNED:
		locate_returned(l, f, why, len);
		break;
	case STACK:
		locate_register(l, REG_SP, f, why, len);
		break;
	case FIELD:
		locate_field(l, b.field, f, why, len);
		break;
	default:
		snprintf(why, len, " is not bound by %s %s",
			 hook_kind_name(h->kind), h->target);
	}
	return 0;
}

/* ---- putting it there ------------------------------------------------- */

/* A load from the context: any width will do, since the program converts
 * what it reads to the type it wants. */
static int patch_load(struct linker *l, struct func *f, struct ins *x,
		      const struct field *to, const char *name)
{
	if (!patch_loadable(to->size))
		return patch_poison(l, x, false, "%s has %u bytes, which "
				    "cannot be loaded at once", name, to->size);
	/* kernels want the context read at multiples of the width */
	if (to->off % to->size)
		return patch_poison(l, x, false, "%s stands at offset %u, "
				    "which %u bytes cannot be loaded from",
				    name, to->off, to->size);
	patch_width(x, to->size);
	if (to->size == 8 && BPF_MODE(x->i.code) == OP_MEMSX)
		x->i.code = BPF_LDX | BPF_MEM | BPF_DW;
	return patch_value(l, f, x, to->off);
}

static int patch_offset(struct linker *l, struct func *f, struct ins *x,
			const struct field *to, const char *name)
{
	const struct reloc *r = x->rel;

	if (OP_CLASS(x->i.code) == BPF_LDX)
		return patch_load(l, f, x, to, name);
	if (ins_is_mem(x))
		return link_fail(l, f, x, EINVAL, "%s cannot be written", name);
	/* an address: the load that uses it cannot be found and adapted */
	if (r->local_size && r->local_size != to->size &&
	    r->local_class != FIELD_ARRAY && r->local_class != FIELD_COMPOSITE)
		return link_fail(l, f, x, EOPNOTSUPP,
				 "%s has %u bytes, not %u, and its address is "
				 "taken", name, to->size, r->local_size);
	return patch_value(l, f, x, to->off);
}

int probe_patch(struct linker *l, struct func *f, struct ins *x)
{
	const struct reloc *r = x->rel;
	struct field to;
	uint64_t value;
	char name[200], why[200];
	int err, stacked;

	patch_name(r, name, sizeof(name));
	if (r->core == CORE_TYPE_EXISTS || r->core == CORE_TYPE_MATCHES)
		return patch_value(l, f, x, 1);
	if (r->core > CORE_FIELD_RSHIFT_U64 || r->local_bitfield)
		return link_fail(l, f, x, EINVAL,
				 "%s: cannot be asked of struct probe", name);
	if (!l->in->hook)
		return link_fail(l, f, x, EINVAL, "%s: no hook is given",
				 name);
	err = locate(l, r->path ? r->path : "", &to, &stacked, why,
		     sizeof(why));
	if (err)
		return err;
	if (r->core == CORE_FIELD_EXISTS)
		return patch_value(l, f, x, to.exists);
	if (!to.exists)
		return patch_poison(l, x, false, "%s%s", name, why);
	if (r->core == CORE_FIELD_BYTE_OFFSET && stacked >= 0)
		return stack_load(l, f, x, stacked, name);
	if (r->core == CORE_FIELD_BYTE_OFFSET)
		return patch_offset(l, f, x, &to, name);
	err = field_value(r->core, &to, l->in->target->big_endian, &value);
	if (err)
		return link_fail(l, f, x, -err, "%s: no such value", name);
	return patch_value(l, f, x, value);
}
