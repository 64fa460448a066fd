/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tests of the engine share: a request, and a kernel made up to run
 * its programs: memory, maps, helpers, and the types in a table.
 */
#ifndef SOCKEYE_ENGINE_KIT_H
#define SOCKEYE_ENGINE_KIT_H

#include "progs/engine.h"
#include "t/bpfvm.h"
#include "t/link_kit.h"

#define MEM_AT		0xdead0000u	/* kernel memory; fits 32 bits */
#define MEM_SIZE	4096
#define TASK_AT		(MEM_AT + 3072)
#define MAP_ID		4000		/* of the first map */
#define MAPS		4
#define ELEMS		64

struct element {
	uint64_t value[4];
	uint8_t key[ASK_KEY_MAX + 8];
	bool used;
};

/* A kernel. */
static struct {
	uint64_t ctx[64];
	uint8_t mem[MEM_SIZE];
	struct element elems[MAPS][ELEMS];
	uint64_t pid_tgid, uid_gid, cpu, cgroup, ns, stack_id;
	const char *comm;
	bool race;		/* another processor makes the element first */
	bool no_ipv6;
	uint64_t waiting;	/* bytes in the ring */
	uint64_t ring_flags;	/* of the last event */
	int output_err;
	uint8_t event[512];
	unsigned nevents, event_len;
	int event_by;		/* helper */
	unsigned reads, own_reads;	/* of the program's own stack */
	bool user_stack;
} k;

static struct ask q;
static struct hook hooks[4];
static struct spec *spec;

/* ---- types ------------------------------------------------------------ */

#define FIELD(type_, path_, off_, size_, class_) \
	{ type_, path_, { .off = off_, .size = size_, .class = class_,	\
	  .is_signed = (class_) == FIELD_SIGNED, .exists = true } }
#define BITS(type_, path_, off_, size_, class_, bit_, bits_) \
	{ type_, path_, { .off = off_, .size = size_, .class = class_,	\
	  .is_signed = (class_) == FIELD_SIGNED, .exists = true,	\
	  .bit_off = bit_, .bit_size = bits_ } }

static const struct kit_field engine_fields[] = {
	FIELD("struct t", "u8", 1, 1, FIELD_UNSIGNED),
	FIELD("struct t", "s8", 1, 1, FIELD_SIGNED),
	FIELD("struct t", "u16", 2, 2, FIELD_UNSIGNED),
	FIELD("struct t", "s16", 2, 2, FIELD_SIGNED),
	FIELD("struct t", "u32", 4, 4, FIELD_UNSIGNED),
	FIELD("struct t", "s32", 4, 4, FIELD_SIGNED),
	FIELD("struct t", "u64", 8, 8, FIELD_UNSIGNED),
	FIELD("struct t", "s64", 8, 8, FIELD_SIGNED),
	BITS("struct t", "ubits", 4, 4, FIELD_UNSIGNED, 4 * 8 + 3, 5),
	BITS("struct t", "sbits", 4, 4, FIELD_SIGNED, 4 * 8 + 3, 5),
	FIELD("struct t", "next", 16, 0, FIELD_POINTER),
	FIELD("struct t", "other", 24, 0, FIELD_POINTER),
	FIELD("struct t", "tiny", 32, 3, FIELD_ARRAY),
	FIELD("struct t", "name", 32, 16, FIELD_ARRAY),
	FIELD("struct t", "long_name", 32, 64, FIELD_ARRAY),
	FIELD("struct sock", "__sk_common.skc_family", 16, 2, FIELD_UNSIGNED),
	FIELD("struct sock", "__sk_common.skc_dport", 12, 2, FIELD_UNSIGNED),
	FIELD("struct sock", "__sk_common.skc_num", 14, 2, FIELD_UNSIGNED),
	FIELD("struct sock", "__sk_common.skc_daddr", 0, 4, FIELD_UNSIGNED),
	FIELD("struct sock", "__sk_common.skc_rcv_saddr", 4, 4,
	      FIELD_UNSIGNED),
	FIELD("struct sock", "__sk_common.skc_v6_daddr", 56, 16,
	      FIELD_COMPOSITE),
	FIELD("struct sock", "__sk_common.skc_v6_rcv_saddr", 72, 16,
	      FIELD_COMPOSITE),
	BITS("struct sock", "sk_protocol", 20, 4, FIELD_UNSIGNED, 20 * 8 + 8, 8),
	FIELD("struct sock", "sk_backlog.rmem_alloc.counter", 24, 4,
	      FIELD_SIGNED),
	FIELD("struct sock", "sk_rcvbuf", 28, 4, FIELD_SIGNED),
	FIELD("struct sock", "__sk_common.skc_net.net", 48, 0, FIELD_POINTER),
	FIELD("struct inet_sock", "inet_sport", 800, 2, FIELD_UNSIGNED),
	FIELD("struct tcp_sock", "srtt_us", 32, 4, FIELD_UNSIGNED),
	FIELD("struct tcp_sock", "mdev_us", 36, 4, FIELD_UNSIGNED),
	FIELD("struct tcp_sock", "rtt_min.s[0].v", 40, 4, FIELD_UNSIGNED),
	FIELD("struct sk_buff", "len", 112, 4, FIELD_UNSIGNED),
	FIELD("struct sk_buff", "queue_mapping", 116, 2, FIELD_UNSIGNED),
	FIELD("struct sk_buff", "mac_header", 118, 2, FIELD_UNSIGNED),
	FIELD("struct sk_buff", "head", 120, 0, FIELD_POINTER),
	FIELD("struct sk_buff", "data", 128, 0, FIELD_POINTER),
	FIELD("struct sk_buff", "end", 136, 4, FIELD_UNSIGNED),
	FIELD("struct skb_shared_info", "gso_segs", 6, 2, FIELD_UNSIGNED),
	FIELD("struct task_struct", "nsproxy", 8, 0, FIELD_POINTER),
	FIELD("struct nsproxy", "net_ns", 16, 0, FIELD_POINTER),
	FIELD("struct net", "ns.inum", 20, 4, FIELD_UNSIGNED),
};

/* Of tracepoints. */
static const char engine_format[] =
	"name: x\nID: 7\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:int ret;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:__u32 len;\toffset:20;\tsize:4;\tsigned:0;\n"
	"\tfield:s8 small;\toffset:24;\tsize:1;\tsigned:1;\n"
	"\tfield:__u16 port;\toffset:26;\tsize:2;\tsigned:0;\n";

static inline int engine_core(void *self, const struct question *qn,
			      struct answer *a, const char **why)
{
	const struct kit_field *f = engine_fields;
	const struct kit_field *end = f + sizeof(engine_fields) / sizeof(*f);

	(void)self;
	(void)why;
	while (f < end && (strcmp(f->type, qn->type) ||
			   strcmp(f->path, qn->path)))
		f++;
	if (f == end)
		return -ENOENT;
	memset(a, 0, sizeof(*a));
	a->source = "table";
	if (k.no_ipv6 && strstr(qn->path, "_v6_")) {
		a->poison = qn->kind != CORE_FIELD_EXISTS;
		return 0;
	}
	a->field = f->f;
	if (f->f.class == FIELD_POINTER)
		a->field.size = kit.target.word_size;
	return field_value(qn->kind, &a->field, kit.target.big_endian,
			   &a->value);
}

/* ---- memory ------------------------------------------------------------ */

static inline bool own(const struct bpfvm *vm, uint64_t at, uint64_t len)
{
	uint64_t lo = (uintptr_t)vm->stack;

	return at >= lo && len <= sizeof(vm->stack) &&
	       at - lo <= sizeof(vm->stack) - len;
}

static inline int probe_read(struct bpfvm *vm)
{
	uint64_t len = vm->reg[2], from = vm->reg[3];
	void *to = (void *)(uintptr_t)vm->reg[1];

	if (!len || !own(vm, vm->reg[1], len))
		return -1;
	k.reads++;
	vm->reg[0] = 0;
	if (own(vm, from, len)) {
		k.own_reads++;
		memmove(to, (const void *)(uintptr_t)from, len);
	} else if (from >= MEM_AT && from - MEM_AT <= MEM_SIZE - len) {
		memcpy(to, k.mem + (from - MEM_AT), len);
	} else {
		memset(to, 0, len);
		vm->reg[0] = (uint64_t)-EFAULT;
	}
	return 0;
}

/* poke - @size bytes of @v at @off of kernel memory. */
static inline void poke(unsigned off, unsigned size, uint64_t v)
{
	uint8_t *p = k.mem + off;

	ck_assert_uint_le(off + size, MEM_SIZE);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		v <<= 64 - 8 * size;
	memcpy(p, &v, size);
}

/* ---- maps -------------------------------------------------------------- */

static inline int map_number(const char *name)
{
	uint32_t i;

	for (i = 0; i < spec->nmaps; i++)
		if (!strcmp(spec->maps[i].name, name))
			return (int)i;
	return -1;
}

static inline struct element *find(unsigned m, const void *key)
{
	const struct spec_map *map = &spec->maps[m];
	uint32_t index;
	unsigned i;

	if (map->type == BPF_MAP_TYPE_PERCPU_ARRAY) {
		memcpy(&index, key, 4);
		return index < map->max_entries && index < ELEMS ?
		       &k.elems[m][index] : NULL;
	}
	for (i = 0; i < ELEMS; i++)
		if (k.elems[m][i].used &&
		    !memcmp(k.elems[m][i].key, key, map->key_size))
			return &k.elems[m][i];
	return NULL;
}

static inline unsigned elements(unsigned m)
{
	unsigned i, n = 0;

	for (i = 0; i < ELEMS; i++)
		n += k.elems[m][i].used;
	return n;
}

static inline int put(unsigned m, const void *key, const void *value,
		      uint64_t flags)
{
	const struct spec_map *map = &spec->maps[m];
	struct element *e = find(m, key);
	unsigned i = 0;

	if (e && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!e && elements(m) >= map->max_entries)
		return -E2BIG;
	while (!e && k.elems[m][i].used)
		i++;
	if (!e)
		e = &k.elems[m][i];
	e->used = true;
	memcpy(e->key, key, map->key_size);
	memcpy(e->value, value, map->value_size);
	return 0;
}

static inline int map_call(struct bpfvm *vm, int id)
{
	unsigned m = (unsigned)vm->reg[1] - MAP_ID;
	const void *key = (const void *)(uintptr_t)vm->reg[2];
	const void *value = (const void *)(uintptr_t)vm->reg[3];
	struct element *e;
	int err = 0;

	if (m >= spec->nmaps || spec->maps[m].type == 27 ||
	    !own(vm, vm->reg[2], spec->maps[m].key_size))
		return -1;
	if (id == 1) {
		e = find(m, key);
		vm->reg[0] = (uintptr_t)(e ? e->value : NULL);
		return 0;
	}
	if (id == 2) {
		if (!own(vm, vm->reg[3], spec->maps[m].value_size))
			return -1;
		if (k.race)
			put(m, key, (const uint64_t[]){ 5, 50 }, BPF_ANY);
		err = put(m, key, value, vm->reg[4]);
	} else {
		e = find(m, key);
		if (e)
			e->used = false;
		else
			err = -ENOENT;
	}
	vm->reg[0] = (uint64_t)(int64_t)err;
	return 0;
}

/* ---- other helpers ----------------------------------------------------- */

static inline int output(struct bpfvm *vm, int id, uint64_t map, uint64_t data,
			 uint64_t len)
{
	if (map != (uint64_t)(MAP_ID + map_number("events")) ||
	    !own(vm, data, len))
		return -1;
	vm->reg[0] = (uint64_t)(int64_t)k.output_err;
	k.event_by = id;
	if (k.output_err)
		return 0;
	memcpy(k.event, (const void *)(uintptr_t)data, len);
	k.event_len = (unsigned)len;
	k.nevents++;
	return 0;
}

static inline int events_call(struct bpfvm *vm, int id)
{
	const uint64_t *r = vm->reg;

	if (id == 25)
		return r[1] != (uintptr_t)k.ctx || r[3] != 0xffffffff ? -1 :
		       output(vm, id, r[2], r[4], r[5]);
	if (id == 134) {
		vm->reg[0] = k.waiting;
		return r[2] ? -1 : 0;
	}
	k.ring_flags = r[4];
	return output(vm, id, r[1], r[2], r[3]);
}

static inline int who_call(struct bpfvm *vm, int id)
{
	uint64_t *r = vm->reg;

	switch (id) {
	case 5: r[0] = k.ns; return 0;
	case 8: r[0] = k.cpu; return 0;
	case 14: r[0] = k.pid_tgid; return 0;
	case 15: r[0] = k.uid_gid; return 0;
	case 35: r[0] = TASK_AT; return 0;
	case 80: r[0] = k.cgroup; return 0;
	case 16:	/* writes no further than the name's end */
		if (r[2] != 16 || !own(vm, r[1], 16))
			return -1;
		memcpy((void *)(uintptr_t)r[1], k.comm, strlen(k.comm) + 1);
		r[0] = 0;
		return 0;
	case 27:
		if (r[1] != (uintptr_t)k.ctx || (r[3] & ~256ull) ||
		    r[2] != (uint64_t)(MAP_ID + map_number("stacks")))
			return -1;
		k.user_stack = r[3] != 0;
		r[0] = k.stack_id + k.user_stack;
		return 0;
	default:
		return -1;
	}
}

/* Helpers leave nothing in r1 to r5. */
static inline int kernel_call(struct bpfvm *vm, int id)
{
	int err, i;

	if (id <= 3)
		err = map_call(vm, id);
	else if (id == 4 || id == 112 || id == 113)
		err = probe_read(vm);
	else if (id == 25 || id == 130 || id == 134)
		err = events_call(vm, id);
	else
		err = who_call(vm, id);
	for (i = 1; i <= 5; i++)
		vm->reg[i] = 0xdeadbeefdeadbeef;
	return err;
}

/* ---- a request --------------------------------------------------------- */

/* Anew, since the resolver remembers answers. */
static inline void make_types(void)
{
	const struct source s = { .name = "table", .core = engine_core,
				  .func_args = kit_func_args };

	resolver_release(&kit.fields);
	resolver_init(&kit.fields, kit.target.big_endian);
	resolver_add(&kit.fields, &s);
}

static inline void engine_setup(void)
{
	kit_setup();
	memset(&k, 0, sizeof(k));
	memset(&q, 0, sizeof(q));
	memset(hooks, 0, sizeof(hooks));
	k.comm = "init";
	hooks[0] = (struct hook){ .kind = HOOK_KPROBE, .target = "f" };
	hooks[1] = (struct hook){ .kind = HOOK_KRETPROBE, .target = "f" };
	q.hooks = hooks;
	q.nhooks = 1;
	kit.target.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	kit_const("ringbuf", 1);
	kit_const("ring_wake", 1000);
	kit_const("cgroup_id", 1);
	kit_const("want_netns", 1);
	kit_const("kernel_word", 8);
}

static inline void engine_teardown(void)
{
	engine_free(spec);
	spec = NULL;
	kit_teardown();
}

/* build - the spec of the request as it is now; maps are empty. */
static inline void build(void)
{
	const char *why = "?";
	int err;

	engine_free(spec);
	spec = NULL;
	memset(k.elems, 0, sizeof(k.elems));
	err = engine_spec(&spec, &q, &why);
	ck_assert_msg(!err, "%d: %s", err, why);
	kit.in.spec = spec;
	make_types();
}

/* link_hook - the program for hook @i. */
static inline void link_hook(uint32_t i)
{
	static char args[256];
	char name[32];
	const char *why = "?";
	int err = engine_args(&q, i, args, sizeof(args), &why);

	ck_assert_msg(!err, "%d: %s", err, why);
	engine_prog(&q, i, name, sizeof(name));
	kit.hook = hooks[i];
	kit.hook.args = args;
	kit.in.hook = &kit.hook;
	err = kit_link(spec_find_prog(spec, name));
	ck_assert_msg(!err, "%s", kit.e.msg);
}

/* link_entry - the program for where the function of hook @i is entered. */
static inline void link_entry(uint32_t i)
{
	static char args[ENGINE_ENTRY_ARGS];
	char name[32];
	int err;

	ck_assert(engine_entry(&q, i, &kit.hook, args, name, sizeof(name)));
	kit.in.hook = &kit.hook;
	err = kit_link(spec_find_prog(spec, name));
	ck_assert_msg(!err, "%s", kit.e.msg);
}

/* run_linked - what was linked last. */
static inline void run_linked(void)
{
	struct bpfvm vm = { .call = kernel_call };
	uint32_t r;
	int m;

	vm.insns = kit.out.insns;
	vm.ninsns = kit.out.ninsns;
	for (r = 0; r < kit.out.nrelocs; r++) {
		m = map_number(kit.out.relocs[r].name);
		ck_assert_int_ge(m, 0);
		kit.out.insns[kit.out.relocs[r].insn].src_reg = 0;
		kit.out.insns[kit.out.relocs[r].insn].imm = MAP_ID + m;
	}
	memset(vm.stack, 0x5a, sizeof(vm.stack));
	vm.regions[0].start = k.ctx;
	vm.regions[0].len = sizeof(k.ctx);
	vm.regions[1].start = k.elems;
	vm.regions[1].len = sizeof(k.elems);
	vm.regions[1].writable = true;
	vm.reg[1] = (uintptr_t)k.ctx;
	ck_assert_msg(!bpfvm_run(&vm), "%s at %zu:\n%s", vm.error, vm.pc,
		      kit_list());
	ck_assert_uint_eq(vm.reg[0], 0);
}

/* hit - hook @i, linked anew; enter - where its function is entered. */
static inline void hit(uint32_t i)
{
	link_hook(i);
	run_linked();
}

static inline void enter(uint32_t i)
{
	link_entry(i);
	run_linked();
}

/* reg - argument @n, or what is returned, of x86_64 */
static inline void reg(int n, uint64_t v)
{
	struct field f;

	ck_assert_int_eq(regs_field("x86_64", n, &f), 0);
	k.ctx[f.off / 8] = v;
}

/* tally - what the map has for @key; NULL: nothing. */
static inline const struct ask_tally *tally(const void *key)
{
	const struct element *e = find((unsigned)map_number("tally"), key);

	return e ? (const void *)e->value : NULL;
}

/* tally_count, tally_total - of @key; without it 0, ~0. */
static inline uint64_t tally_count(const void *key)
{
	const struct ask_tally *t = tally(key);

	return t ? t->count : 0;
}

static inline uint64_t tally_total(const void *key)
{
	const struct ask_tally *t = tally(key);

	return t ? t->total : ~0ull;
}

static inline uint64_t stat_of(uint32_t i)
{
	return find((unsigned)map_number("stats"), &i)->value[0];
}

/* clocked - ask for the time from hook 0 to hook 1, by thread. */
static inline void clocked(uint8_t what)
{
	q.nhooks = 2;
	q.nstart = 1;
	q.on[0] = q.on[1] = (struct ask_value){ .from = FROM_TID };
	q.what = what;
	q.value = (struct ask_value){ .from = FROM_LATENCY };
}

/* A value that is argument @n. */
#define ARG(n)	{ .from = FROM_ARG, .arg = n }
#define ARG_S(n) { .from = FROM_ARG, .arg = n, .shape = SHAPE_S64 }

#endif
