/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* run - a tool at work: what run.c, attach.c and the doctor share. */
#ifndef SOCKEYE_RUN_H
#define SOCKEYE_RUN_H

#include "tools/frontend/frontend.h"

#define MAX_ROLES 20
#define MAX_ALTS 16

struct target;

/* What came of the alternatives of each role. */
struct plan {
	int chosen[MAX_ROLES];		/* alternative, -1: none */
	struct err why[MAX_ROLES][MAX_ALTS];	/* of those that failed */
};

/*
 * roles_attach - attach, for each role of @t that @s asks for, the first
 * alternative that this kernel takes.  Fills @p, wholly also on failure.  0,
 * or a negative errno with the first required role that has none in @e.
 */
int roles_attach(struct object *o, const struct tool *t,
		 const struct target *s, struct plan *p, struct err *e);
/* no_way - of @n ways to see that @what none serves: the reason that tells
 * most goes to @e, with EPERM or ENOTSUP. */
void no_way(const char *what, const struct err *why, unsigned n, struct err *e);
/* alternative_print - its hooks, and what is different about it. */
void alternative_print(FILE *out, const struct alternative *a);
/* plan_print - one line per alternative: used, why not, or not tried. */
void plan_print(FILE *out, const struct tool *t, const struct target *s,
		const struct plan *p);

/* The filters of the options, as the linker is supplied with them. */
struct user_filter {
	struct bpf_insn insns[2][FILTER_MAX_INSNS];
	struct function functions[2];
};
/* user_filter_build - those of @asked.  0, or a negative errno: too many, or
 * reasons that this kernel has not. */
int user_filter_build(struct user_filter *f, const struct filters *asked,
		      struct env *env, struct err *e);
/* target_opts - what all objects are told: the filters, whose code is in @f,
 * the ring of who has rows, --dump.  0, or a negative errno. */
int target_opts(struct object_opts *opts, struct user_filter *f,
		struct env *env, const struct options *o, struct err *e);
/* networks.c: which networks keys tell apart, and the code that does. */
#define NETWORK_TEXT 48
struct networks {
	char text[FILTER_LIST + 1][NETWORK_TEXT];
	const char *names[FILTER_LIST + 2];	/* see struct ask */
	struct bpf_insn insns[FILTER_MAX_INSNS];
	struct function function;
};
/* networks_init - those of --nets, or the usual ones; the narrowest that an
 * address is in counts.  0, or a negative errno. */
int networks_init(struct networks *n, const struct options *o, struct err *e);
/*
 * target_open - the object of @t for the options: filter, constants, sizes.
 * What it needs while it lives is in @s, which must stay.
 */
struct mapped;
struct target {
	struct mapped *mapped;	/* T_LIBS, once it is opened; borrowed */
	struct user_filter filter;
	struct constant constants[MAX_OWN + MAX_COLUMNS + 12 +
				  MAX_KERNEL_CONSTANTS];
	unsigned nconstants;
	const char *want[64];
	const struct target *beside;	/* if not NULL, all that roles can be
					   asked for by is given, and what that
					   one needs is not needed */
};
/* target_needs - does what @s was opened for need role @r? */
bool target_needs(const struct target *s, const struct role *r);
/* kernel_constants - those of @t->kernel to @c, which has room for
 * MAX_KERNEL_CONSTANTS; how many. */
unsigned kernel_constants(struct constant *c, const struct tool *t,
			  struct env *env);
/* dump_program - as struct object_opts.dump: a listing to stdout. */
void dump_program(void *ctx, const struct spec_prog *p, const struct hook *h,
		  const struct linked *l);
int target_open(struct object **out, struct target *s, struct env *env,
		const struct options *o, uint64_t start_ns, struct err *e);

/* all_programs - those of tools[] in full, and NULL behind the last; for
 * programs_free().  NULL and why in @e. */
struct spec **all_programs(struct err *e);
void programs_free(struct spec **all);

/* What all tools together ask of a kernel's types, each question once, and
 * the functions whose arguments they count. */
struct questions {
	struct question *q;
	const char **funcs;
	size_t n, nfuncs;
	char *words;		/* where some of the paths are */
	struct spec **programs;	/* where the others are */
};
struct questions *questions_new(void);	/* NULL: no memory */
void questions_free(struct questions *s);

/* How the doctor prints names of tools, and of what they see. */
#define DOCTOR_TOOL	"%-15s "
#define DOCTOR_ROLE	"  %-19s "

/* doctor_discover.c; exit statuses.  doctor_record - write what discovery
 * sees to @path ("-": stdout).  doctor_check_fields - is what it finds what
 * the kernel's types say? */
int doctor_record(struct env *env, const char *path);
int doctor_check_fields(struct env *env);

/* ---- mapped.c: hooks of libraries (T_LIBS) ------------------------------ */

/* mapped_function - the function of a hook "*:FUNCTION"; NULL: it is none. */
const char *mapped_function(const struct hook *h);
/* mapped_open - the libraries that the hooks of roles that @s needs are about:
 * those of --lib, or what the processes of -p, or all, have mapped.  0 or a
 * negative errno; -ENOENT: there are none.  Free *@out in any case. */
int mapped_open(struct mapped **out, const struct options *o,
		const struct target *s, const struct env *env, struct err *e);
void mapped_free(struct mapped *m);
/* mapped_grows - may more be attached while it runs? */
bool mapped_grows(const struct mapped *m);
/* mapped_attach - @prog where @h, such a hook, is found; @m may be NULL.
 * -ENOENT: nowhere. */
int mapped_attach(struct mapped *m, struct object *object,
		  const char *prog, const struct hook *h, struct err *e);
/* mapped_tell_lacks - say which libraries could not be probed, or not whole,
 * and why; of each once. */
void mapped_tell_lacks(struct mapped *m);
/* mapped_again - every two seconds: attach to libraries that have come. */
void mapped_again(struct mapped *m, struct object *object);
/* mapped_tell - which they are, on stderr. */
void mapped_tell(const struct mapped *m);

/* ---- kept.c: events that programs keep in a map ------------------------ */

/* An event of such a map, which may be changed; other than 0: no more. */
typedef int kept_fn(void *ctx, const void *key, struct event *ev);
/*
 * kept_walk - tell @fn of each event in the map @name of @object, whose keys
 * have 128 bytes at most and whose values begin with an event of @o->tool (or,
 * of len 0, with what is left of one), that @o's filters let pass.  Programs
 * may run; what comes or goes meanwhile may be told or not, or twice.  0, also
 * for a tool that has no such map, or a negative errno.
 */
int kept_walk(const struct object *object, const struct options *o,
	      const char *name, kept_fn *fn, void *ctx);

/* ---- underway.c ------------------------------------------------------- */

/*
 * underway_end - the programs of @object are detached: tell @fn of each event
 * in their map `underway` that @o's filters let pass, its open durations as
 * lower bounds, until @fn returns other than 0.  Returns as kept_walk().
 */
typedef int underway_fn(void *ctx, const void *event, size_t len);
int underway_end(const struct object *object, const struct options *o,
		 underway_fn *fn, void *ctx);
/* awaited_expire - the same, while programs run, for what has waited in the
 * map `awaited` for as long as the tool says; it is taken out. */
int awaited_expire(const struct object *object, const struct options *o,
		   underway_fn *fn, void *ctx);

/* ---- alike.c: events that programs count ------------------------------- */

/* alike_what - may the programs of @o's tool count what is alike, and of what
 * is the total?  0: each is to be sent. */
enum alike_what alike_what(const struct options *o);
/* alike_unit - constant `hist_unit`: what is one in the histogram. */
uint64_t alike_unit(const struct options *o);
/*
 * alike_walk - the programs of @object are detached: tell @fn of each event
 * that they have counted, as if it had happened now, and how many were like
 * it, until it returns other than 0.  0, also for a tool that has no such
 * map, or a negative errno.
 */
typedef int alike_fn(void *ctx, const struct event *ev, const struct alike *a);
int alike_walk(const struct object *object, const struct options *o,
	       alike_fn *fn, void *ctx);

/* ---- totals.c: rows out of totals (T_TOTALS) --------------------------- */

struct totals;
struct totals *totals_new(const struct tool *t);	/* NULL: no memory */
/*
 * totals_row - @ev tells what its columns of C_SUM have come to: make it the
 * row of what came to them since it was told before.  False: nothing did, or
 * there is no memory to know it by, which totals_unknown() counts.
 * @last: its flow's id is not told of again.
 */
bool totals_row(struct totals *s, struct event *ev, bool last);
uint64_t totals_unknown(const struct totals *s);
void totals_free(struct totals *s);

/* ---- life.c ----------------------------------------------------------- */

uint64_t clock_ns(clockid_t id);
uint64_t now_ns(void);		/* CLOCK_MONOTONIC */
/* life_begin - take the signals that end a run, and SIGQUIT, which asks how
 * it goes; SIGPIPE is for write() to tell. */
void life_begin(void);
/* life_stopped - by them, or -d is over.  From then on system calls are
 * interrupted each second. */
bool life_stopped(void);
bool life_asked(void);		/* since it was asked last */
/* life_ready - tell --ready-fd, $NOTIFY_SOCKET and who sits before it. */
void life_ready(const struct options *o);

/* ---- kernel.c --------------------------------------------------------- */

/* verifier_log - as env.log, for -vv. */
void verifier_log(const char *prog, const char *text);
/* kernel_open - if we may; -1 to go on, or the exit code after a complaint.
 * env_close() is right in any case. */
int kernel_open(struct env *env, const struct options *o);
/* kernel_leave - when all is attached: drop what is not needed any more.
 * @users: but what it takes to read the files of other processes. */
void kernel_leave(const struct env *env, bool users);

/* kernel_info - what output and captures say of where they are from, but for
 * the start. */
void kernel_info(struct capture_info *info, const struct env *env,
		 const struct options *o);
/* kernel_sync - the wall clock was stepped, or the machine slept, in which
 * monotonic time stands still: @info knows, and true.  Cheap.
 * clocks_follow - the same, with the clocks as they are @now. */
bool kernel_sync(struct capture_info *info);
bool clocks_follow(struct capture_info *info, const struct capture_info *now);

/* ---- run.c ------------------------------------------------------------ */

/* What is shown: the events of @object, whose programs are attached. */
struct feed {
	const struct options *o;	/* o->tool tells what they are */
	struct env *env;
	struct object *object;
	struct ring *ring;		/* of the object */
	uint64_t start_ns;		/* what times are counted from */
	struct mapped *mapped;		/* T_LIBS; else NULL */
};
/* run_rows - show them, and record them, until the run is over; then all is
 * detached.  Returns the exit code. */
int run_rows(const struct feed *from);

/* losses_tell - what was not shown, and why, on stderr. */
void losses_tell(const struct tool *t, const struct losses *l,
		 const char *when);
/* unnamed_tell - the same of @n stacks and addresses without names. */
void unnamed_tell(uint64_t n);
/* uncounted_tell - the same of events that are in no count or histogram, and
 * of such stacks. */
void uncounted_tell(const struct rows *rows);

#endif
