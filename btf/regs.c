/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * regs.c - function arguments in the kernel's struct pt_regs.
 *
 * This is the kernel's own struct, arch/ARCH/include/asm/ptrace.h (x86:
 * the order of entry code, arch/x86/include/uapi/asm/ptrace.h), whose order
 * has not changed in any version since 4.9; not what ptrace(2) shows, which
 * differs on mips and s390x.  Conventions are the C ABI's for integers.
 */
#include <errno.h>

#include "btf_int.h"

#define MAX_ARGS	8	/* in registers */
#define MAX_STACKED	32	/* more have no function */

#define USER_I386	"user-i386"

struct machine {
	const char *name;	/* of uname(2); a trailing '*' matches more */
	uint8_t word;		/* bytes of a register */
	uint8_t nargs;		/* in registers */
	uint8_t stack;		/* the first other one, above sp */
	uint16_t arg[MAX_ARGS], ret, sp, pc;
};

static const struct machine machines[] = {
	/* r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs
	 * flags sp ss; System V: di si dx cx r8 r9 */
	{ "x86_64", 8, 6, 8, { 112, 104, 96, 88, 72, 64 }, 80, 152, 128 },
	{ "amd64", 8, 6, 8, { 112, 104, 96, 88, 72, 64 }, 80, 152, 128 },
	/* bx cx dx si di bp ax ds es fs gs orig_ax ip cs flags sp ss; the
	 * kernel is built with -mregparm=3: ax dx cx.  sp is there for traps
	 * from the kernel since 5.3 (3c88c692c287): link_stack.c. */
	{ "i?86", 4, 3, 4, { 24, 8, 4 }, 24, 60, 48 },
	/* programs of that machine: all on the stack, the return address first */
	{ USER_I386, 4, 0, 4, { 0 }, 24, 60, 48 },
	/* regs[31] sp pc pstate; AAPCS64: x0..x7 */
	{ "aarch64*", 8, 8, 0, { 0, 8, 16, 24, 32, 40, 48, 56 }, 0, 248, 256 },
	/* A 32-bit process on an arm64 kernel (personality PER_LINUX32) */
	{ "armv8*", 8, 8, 0, { 0, 8, 16, 24, 32, 40, 48, 56 }, 0, 248, 256 },
	/* uregs[18]: r0..r15 cpsr orig_r0; AAPCS: r0..r3 */
	{ "arm*", 4, 4, 0, { 0, 4, 8, 12 }, 0, 52, 60 },
	/* epc ra sp gp tp t0-t2 s0 s1 a0-a7 ...; a0..a7 */
	{ "riscv64", 8, 8, 0, { 80, 88, 96, 104, 112, 120, 128, 136 },
	  80, 16, 0 },
	{ "riscv32", 4, 8, 0, { 40, 44, 48, 52, 56, 60, 64, 68 }, 40, 8, 0 },
	/* args[1] psw{mask, addr} gprs[16] ...; r2..r6, stack r15, whose first
	 * 160 bytes belong to the callee */
	{ "s390x", 8, 5, 160, { 40, 48, 56, 64, 72 }, 40, 144, 16 },
	/* n64: regs[32] status hi lo badvaddr cause epc; $4..$11 */
	{ "mips64*", 8, 8, 0, { 32, 40, 48, 56, 64, 72, 80, 88 },
	  16, 232, 296 },
	/* o32: pad0[8] for stacked arguments before it all; $4..$7, which have
	 * room on the stack all the same.  (epc is 4 further with
	 * CONFIG_CPU_HAS_SMARTMIPS.) */
	{ "mips*", 4, 4, 16, { 48, 52, 56, 60 }, 40, 148, 180 },
};

static bool name_matches(const char *pattern, const char *name)
{
	for (; *pattern && *pattern != '*'; pattern++, name++)
		if (*pattern == '?' ? *name < '3' || *name > '6' :
				      *pattern != *name)
			return false;
	return *pattern || !*name;
}

static const struct machine *find(const char *name)
{
	const struct machine *m = machines;
	const struct machine *end = m + sizeof(machines) / sizeof(*m);

	while (m < end && !name_matches(m->name, name))
		m++;
	return m < end ? m : NULL;
}

const char *regs_user(const char *machine)
{
	return name_matches("i?86", machine) ? USER_I386 : machine;
}

int regs_field(const char *machine, int n, struct field *f)
{
	const struct machine *m = find(machine);
	uint32_t off;

	memset(f, 0, sizeof(*f));
	if (!m)
		return -ENOSYS;
	if (n == REG_RETURN)
		off = m->ret;
	else if (n == REG_SP)
		off = m->sp;
	else if (n == REG_PC)
		off = m->pc;
	else if (n >= 0 && n < m->nargs)
		off = m->arg[n];
	else
		return n < 0 ? -EINVAL : -ENOENT;
	f->off = off;
	f->size = m->word;
	f->bit_off = off * 8;
	f->class = FIELD_UNSIGNED;
	f->exists = true;
	return 0;
}

int regs_stack(const char *machine, int n)
{
	const struct machine *m = find(machine);

	if (!m)
		return -ENOSYS;
	if (n < m->nargs || n >= MAX_STACKED)
		return -ENOENT;
	return m->stack + (n - m->nargs) * m->word;
}

/*
 * i386 and s390x came without a system call accept, and got accept4 with 4.3.
 * orig_ax and bx, which system calls preserve; int_code (with the length of
 * the instruction above the number) and orig_gpr2.  Then cx, dx; gprs[3], [4].
 */
static const struct {
	const char *machine;
	struct socketcalls calls;
} socketcalls[] = {
	{ "i?86", { 44, 0, 4, 102, 364, 362 } },
	{ "s390x", { 160, 152, 48, 102, 364, 362 } },
};

const struct socketcalls *regs_socketcalls(const char *machine)
{
	size_t i;

	for (i = 0; i < sizeof(socketcalls) / sizeof(socketcalls[0]); i++)
		if (name_matches(socketcalls[i].machine, machine))
			return &socketcalls[i].calls;
	return NULL;
}
