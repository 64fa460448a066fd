/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The prober's hooks: a ladder for each class of object, the cheapest first.
 * Raw tracepoints (4.17) are attached and gone at once; kprobes come next;
 * detaching a perf tracepoint waits for all CPUs.
 */
#include "loader/discover_int.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#define HOOK(k, f, a)	{ .kind = k, .target = f, .args = a }
#define RAW(f, a)	HOOK(HOOK_RAW_TRACEPOINT, f, a)
#define KPROBE(f, a)	HOOK(HOOK_KPROBE, f, a)
#define TRACEPOINT(f, a) HOOK(HOOK_TRACEPOINT, f, a)

/* where prctl(PR_SET_NAME) passes */
#define RENAME								\
	RAW("task_rename", ""),				/* 3.4 */	\
	KPROBE("__set_task_comm", ""),					\
	TRACEPOINT("task/task_rename", "")

#define RUNGS 3

/*
 * tcp_ioctl() and udp_ioctl() run when ioctl(2) asks how much is queued: what
 * a note by them waits for is triggered when it is taken.
 */
static const struct hook ladders[PROBE_CLASSES][RUNGS] = {
	[NOTE_STATE] = {
		RAW("inet_sock_set_state", "obj"),		/* 4.16 */
		KPROBE("tcp_ioctl", "obj"),
		TRACEPOINT("sock/inet_sock_set_state", "obj=skaddr"),
	},
	[NOTE_RECV] = {
		RAW("tcp_rcv_space_adjust", "obj"),		/* 4.15 */
		KPROBE("tcp_ioctl", "obj"),
		TRACEPOINT("tcp/tcp_rcv_space_adjust", "obj=skaddr"),
	},
	[NOTE_UDP] = {
		RAW("sock_send_length", "obj"),			/* 6.4 */
		KPROBE("udp_ioctl", "obj"),
	},
	[NOTE_FULL] = {
		RAW("udp_fail_queue_rcv_skb", "- obj"),		/* 3.1 */
	},
	[NOTE_SKB] = {
		RAW("tcp_probe", "- obj"),			/* 4.16 */
		KPROBE("tcp_rcv_established", "- obj"),
		TRACEPOINT("tcp/tcp_probe", "obj=skbaddr"),	/* 5.18 */
	},
	[NOTE_RETRANS] = {
		RAW("tcp_retransmit_skb", "sk obj"),		/* 4.15 */
		KPROBE("tcp_retransmit_skb", "sk obj"),
		TRACEPOINT("tcp/tcp_retransmit_skb", "sk=skaddr obj=skbaddr"),
	},
	[NOTE_DGRAM] = {
		RAW("net_dev_queue", "obj"),			/* 3.0 */
		KPROBE("dev_hard_start_xmit", "obj"),
		TRACEPOINT("net/net_dev_queue", "obj=skbaddr"),
	},
	[NOTE_REQ] = {
		RAW("tcp_retransmit_synack", "- obj"),		/* 4.15 */
		KPROBE("inet_csk_reqsk_queue_hash_add", "- obj"),
		TRACEPOINT("tcp/tcp_retransmit_synack", "obj=req"),
	},
	[NOTE_TASK] = { RENAME },
	[PEEK] = { RENAME },
};

static bool have_hook(struct prober *p, int class, struct err *e)
{
	int *rung = &p->rung[class];

	if (*rung != -2)
		return *rung >= 0;
	*rung = -1;
	for (int i = 0; i < RUNGS && ladders[class][i].target; i++) {
		if (object_attach(p->o, probe_prog_name(class),
				  &ladders[class][i], e))
			continue;
		*rung = i;
		return true;
	}
	return false;
}

void prober_rename(struct prober *p)
{
	prctl(PR_SET_NAME, p->comm);
}

/* A name that no other thread has; the program compares its first half. */
static void set_name(struct prober *p)
{
	for (int i = 0; i < 15; i++)
		p->comm[i] = (char)('a' + random32(p) % 26);
	p->comm[15] = '\0';
	memcpy(&p->ctl.comm, p->comm, sizeof(p->ctl.comm));
	prober_rename(p);
}

int prober_open(struct prober *p, struct err *e)
{
	const struct object_opts opts = { 0 };
	int err;

	for (int c = 0; c < PROBE_CLASSES; c++)
		p->rung[c] = -2;
	set_name(p);
	p->low_ram = low_ram();
	p->spec = probe_spec_new();
	if (!p->spec)
		return err_set(e, ENOMEM, "assemble");
	err = object_open(&p->o, p->spec, p->env, &opts, e);
	if (err)
		return err;
	if (!have_hook(p, PEEK, e))
		return -e->no;
	p->ctl_fd = object_map(p->o, "ctl");
	p->data_fd = object_map(p->o, "data");
	return 0;
}

void prober_close(struct prober *p)
{
	object_close(p->o);
	probe_spec_free(p->spec);
}

/* ---- arming ----------------------------------------------------------- */

static bool arm(struct prober *p, int class)
{
	uint32_t zero = 0;

	p->ctl.armed = class;
	p->ctl.hits = p->ctl.done = 0;
	p->ctl.obj = 0;
	return !map_update(p->ctl_fd, &zero, &p->ctl);
}

/* Did it happen?  Takes the answer and disarms. */
static bool disarm(struct prober *p)
{
	struct probe_ctl got;
	uint32_t zero = 0;

	if (map_lookup(p->ctl_fd, &zero, &got))
		return false;
	p->ctl.armed = 0;
	p->ctl.obj = got.obj;
	/* a program that runs on another CPU just now sees it or is done */
	map_update(p->ctl_fd, &zero, &p->ctl);
	return got.done;
}

bool note_arm(struct prober *p, int class, uint64_t sk)
{
	struct err scratch = { 0 };

	p->ctl.sk = sk;
	return have_hook(p, class, &scratch) && arm(p, class);
}

uint64_t note_take(struct prober *p, int fd, uint8_t *window, uint32_t *len)
{
	struct probe_chunk c;
	int unused;

	if (fd >= 0)
		ioctl(fd, SIOCOUTQ, &unused);
	if (!disarm(p) || !p->ctl.obj)
		return 0;
	if (window)
		*len = 0;
	for (uint32_t i = 0; window && i < NOTE_CHUNKS; i++) {
		if (map_lookup(p->data_fd, &i, &c) || c.err)
			break;
		memcpy(window + *len, c.bytes, CHUNK);
		*len += CHUNK;
	}
	if (!p->anchor)
		p->anchor = p->ctl.obj;
	return p->ctl.obj;
}

/* ---- peeking ---------------------------------------------------------- */

static bool peek_run(struct prober *p, const uint64_t *addr, unsigned n,
		     uint8_t (*buf)[CHUNK], bool *ok)
{
	struct probe_chunk c;

	memset(p->ctl.addr, 0, sizeof(p->ctl.addr));
	memcpy(p->ctl.addr, addr, n * sizeof(*addr));
	if (!arm(p, PEEK))
		return false;
	prober_rename(p);
	if (!disarm(p))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		ok[i] = !map_lookup(p->data_fd, &i, &c) && !c.err;
		if (ok[i])
			memcpy(buf[i], c.bytes, CHUNK);
	}
	return true;
}

unsigned peek_chunks(struct prober *p, const uint64_t *addr, unsigned n,
		     uint8_t (*buf)[CHUNK], bool *ok)
{
	unsigned at = 0, good = 0;

	memset(ok, 0, n * sizeof(*ok));
	while (at < n) {
		unsigned m = n - at > PEEK_CHUNKS ? PEEK_CHUNKS : n - at;

		if (!peek_run(p, addr + at, m, buf + at, ok + at))
			break;
		at += m;
	}
	for (unsigned i = 0; i < at; i++)
		good += ok[i];
	return good;
}

uint32_t peek(struct prober *p, uint64_t addr, uint8_t *buf, uint32_t len)
{
	uint8_t chunks[DISC_WINDOW_MAX / CHUNK][CHUNK];
	uint64_t at[DISC_WINDOW_MAX / CHUNK];
	bool ok[DISC_WINDOW_MAX / CHUNK];
	unsigned n = (len + CHUNK - 1) / CHUNK, i;

	if (!addr || !n || n > ARRAY_SIZE(at))
		return 0;
	for (i = 0; i < n; i++)
		at[i] = addr + i * CHUNK;
	peek_chunks(p, at, n, chunks, ok);
	for (i = 0; i < n && ok[i]; i++)
		memcpy(buf + i * CHUNK, chunks[i],
		       len - i * CHUNK < CHUNK ? len - i * CHUNK : CHUNK);
	return i * CHUNK < len ? i * CHUNK : len;
}
