/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_task.c - from a task to its sockets, and from it and a packet to
 * their network namespace: pointers to pointers.
 */
#include "discover_int.h"

static bool read_word(const struct solver *s, const struct disc_window *w,
		      uint64_t off, uint64_t *v)
{
	if (off + s->d->word > w->len)
		return false;
	*v = window_number(s, w, (uint32_t)off, s->d->word);
	return true;
}

/* The struct net of the socket that @w is a packet or the owner of. */
static uint64_t net_of(const struct solver *s, const struct disc_window *w)
{
	const struct disc_fact *sk = disc_window_fact(w, DISC_KEY_SK);
	const struct found *f = &s->d->found[SKC_NET];
	const struct disc_window *o = s->r->windows;
	const struct disc_window *end = o + s->r->nwindows;
	uint64_t v;

	for (; sk && f->known && o < end; o++)
		if (o->object != DISC_POINTEE && o->addr == sk->number &&
		    read_word(s, o, f->field.off, &v) && v)
			return v;
	return 0;
}

/* ---- task_struct.files, .fdt, .fd, file.private_data, .nsproxy --------- */

#define PAIRS_MAX	16

/* A descriptor of our own and the address of its struct socket. */
struct pair {
	uint64_t fd, socket;
};

/* The struct socket of socket @sk. */
static uint64_t socket_of(const struct solver *s, uint64_t sk)
{
	const struct found *f = &s->d->found[SK_SOCKET];
	const struct disc_window *w = s->r->windows;
	const struct disc_window *end = w + s->r->nwindows;
	uint64_t v;

	for (; f->known && w < end; w++)
		if (w->addr == sk && w->object != DISC_POINTEE &&
		    read_word(s, w, f->field.off, &v) && v)
			return v;
	return 0;
}

/* Facts FD and SK of @w, in turns. */
static unsigned int read_pairs(const struct solver *s,
			       const struct disc_window *w, struct pair *pairs)
{
	const struct disc_fact *f;
	unsigned int n = 0;
	uint64_t fd = UINT64_MAX;

	for (f = w->facts; f < w->facts + w->nfacts && n < PAIRS_MAX; f++) {
		if (f->key == DISC_KEY_FD)
			fd = f->number;
		if (f->key != DISC_KEY_SK || fd > UINT16_MAX)
			continue;
		pairs[n].fd = fd;
		pairs[n].socket = socket_of(s, f->number);
		n += pairs[n].socket != 0;
		fd = UINT64_MAX;
	}
	return n;
}

/* The struct file at array[fd], as far as it was recorded. */
static const struct disc_window *file_of(const struct solver *s,
					 uint64_t array, uint64_t fd)
{
	const struct disc_window *w;
	uint32_t at;
	uint64_t v;

	w = deref(s, NULL, array + fd * s->d->word, &at);
	if (!w || !read_word(s, w, at, &v))
		return NULL;
	w = deref(s, NULL, v, &at);
	return w && !at ? w : NULL;
}

/* Where do the files of all pairs point to their sockets?  0: nowhere, or in
 * several places. */
static uint32_t private_data(const struct solver *s, uint64_t array,
			     const struct pair *pairs, unsigned int n)
{
	const struct disc_window *file;
	uint32_t off, found = 0;
	unsigned int i;
	uint64_t v;

	for (off = s->d->word; off < DISC_WINDOW_MAX; off += s->d->word) {
		for (i = 0; i < n; i++) {
			file = file_of(s, array, pairs[i].fd);
			if (!file)
				return 0;
			if (!read_word(s, file, off, &v))
				return found;
			if (v != pairs[i].socket)
				break;
		}
		if (i < n)
			continue;
		if (found)
			return 0;
		found = off;
	}
	return found;
}

/*
 * An fdtable starts with max_fds, a multiple of the bits of a word (fs/file.c,
 * alloc_fdtable()), and the array.
 */
static uint64_t fdtable_array(const struct solver *s, uint64_t fdt)
{
	const struct disc_window *w;
	uint64_t max_fds, array;
	uint32_t at;

	w = deref(s, NULL, fdt, &at);
	if (!w || !read_word(s, w, (uint64_t)at + s->d->word, &array))
		return 0;
	max_fds = window_number(s, w, at, 4);
	if (!max_fds || max_fds % (s->d->word * 8u) || max_fds > 1u << 20)
		return 0;
	return array;
}

struct files {
	uint32_t files, fdt, private_data;
	unsigned int found;
};

static void try_files(struct solver *s, uint32_t files_off, uint64_t files,
		      const struct pair *pairs, unsigned int n,
		      struct files *out)
{
	const struct disc_window *w;
	uint64_t fdt, array;
	uint32_t at, off, private;

	w = deref(s, NULL, files, &at);
	for (off = 0; w && !at && read_word(s, w, off, &fdt);
	     off += s->d->word) {
		array = fdtable_array(s, fdt);
		private = array ? private_data(s, array, pairs, n) : 0;
		if (!private)
			continue;
		out->files = files_off;
		out->fdt = off;
		out->private_data = private;
		out->found++;
	}
}

/*
 * task_struct.nsproxy stands behind files (but for io_uring, 5.10) in 4.9 to
 * 6.18.  It leads to the struct net that the task's sockets are of.
 */
static void solve_nsproxy(struct solver *s, const struct disc_window *task,
			  uint32_t files)
{
	uint32_t word = s->d->word, off, inner, at;
	const struct disc_window *w;
	uint64_t net = net_of(s, task), v;

	for (off = files + word; off <= files + DISC_NSPROXY_BEHIND * word &&
	     net && read_word(s, task, off, &v); off += word) {
		w = is_address(s, v) ? deref(s, task, v, &at) : NULL;
		for (inner = 0; w && !at && read_word(s, w, inner, &v);
		     inner += word) {
			if (v != net)
				continue;
			set_found(s, TASK_NSPROXY, off, FORM_LONG);
			set_found(s, NSPROXY_NET_NS, inner, FORM_LONG);
			return;
		}
	}
	set_missing(s, TASK_NSPROXY, "nothing behind files leads there");
	set_missing(s, NSPROXY_NET_NS, "what leads to it is not known");
}

void solve_task(struct solver *s)
{
	const struct disc_window *w = s->r->windows;
	const struct disc_window *end = w + s->r->nwindows, *task = NULL;
	struct files f = { .found = 0 };
	struct pair pairs[PAIRS_MAX];
	unsigned int n;
	uint32_t off;
	uint64_t v;
	int i;

	for (i = TASK_NSPROXY; i <= NSPROXY_NET_NS; i++)
		set_missing(s, i, "what it stands behind is not known");
	for (; w < end && !f.found; w++) {
		if (w->object != DISC_TASK)
			continue;
		task = w;
		n = read_pairs(s, w, pairs);
		for (off = 0; n > 1 && read_word(s, w, off, &v);
		     off += s->d->word)
			if (is_address(s, v))
				try_files(s, off, v, pairs, n, &f);
	}
	if (f.found != 1) {
		for (i = TASK_FILES; i <= FILE_PRIVATE_DATA; i++)
			set_missing(s, i, f.found ?
				    "several ways lead to known sockets" :
				    "no way to known sockets was found");
		return;
	}
	set_found(s, TASK_FILES, f.files, FORM_LONG);
	set_found(s, FILES_FDT, f.fdt, FORM_LONG);
	set_found(s, FDTABLE_FD, s->d->word, FORM_LONG);
	set_found(s, FILE_PRIVATE_DATA, f.private_data, FORM_LONG);
	solve_nsproxy(s, task, f.files);
}

/* ---- sk_buff.dev, net_device.nd_net ------------------------------------ */

/*
 * A net_device has more than 1024 bytes on 32 bits, more than 2048 on 64, so
 * it was given (alloc_netdev_mqs()) twice that, zeroed; behind it are, with
 * IPv6, tables full of pointers to its namespace.
 */
#define DEVICE_MAX(word)	((word) * 512u)

static bool is_loopback(const struct disc_window *dev)
{
	uint32_t off;

	for (off = 0; off + 16 <= dev->len; off += 4)
		if (!memcmp(dev->bytes + off, "lo\0\0\0\0\0\0\0\0\0\0\0\0\0",
			    16))
			return true;
	return false;
}

/* How many packets have a device at @off whose namespace is at @inner. */
static unsigned int devices_at(const struct solver *s, uint32_t off,
			       uint32_t inner)
{
	const struct disc_window *w = s->r->windows, *dev;
	const struct disc_window *end = w + s->r->nwindows;
	uint64_t net, v;
	unsigned int n = 0;
	uint32_t at;

	for (; w < end; w++) {
		if (w->object != DISC_SKB && w->object != DISC_SKB_UDP)
			continue;
		net = net_of(s, w);
		if (!net || off + s->d->word > window_limit(w))
			continue;
		v = window_number(s, w, off, s->d->word);
		dev = deref(s, w, v, &at);
		/* TCP keeps a tree's nodes in its place */
		if (!dev || at || !is_loopback(dev))
			continue;
		if (!read_word(s, dev, inner, &v) || v != net)
			return 0;
		n++;
	}
	return n;
}

void solve_net_device(struct solver *s)
{
	const struct disc_window *w = s->r->windows, *p;
	const struct disc_window *end = w + s->r->nwindows;
	uint32_t inner, off = 0, nd_net = 0;
	unsigned int found = 0;

	for (p = w; p < end; p++) {
		if (p->object != DISC_POINTEE || !is_loopback(p) ||
		    (w[p->parent].object != DISC_SKB &&
		     w[p->parent].object != DISC_SKB_UDP) ||
		    (found && p->parent_off == off))
			continue;
		for (inner = 0; inner < DEVICE_MAX(s->d->word) &&
		     inner < p->len; inner += s->d->word) {
			if (devices_at(s, p->parent_off, inner) < 2)
				continue;
			off = p->parent_off;
			nd_net = inner;
			found++;
		}
	}
	if (found == 1) {
		set_found(s, SKB_DEV, off, FORM_LONG);
		set_found(s, NET_DEVICE_ND_NET, nd_net, FORM_LONG);
		return;
	}
	set_missing(s, SKB_DEV, found ? "several places lead to a device" :
		    "no device of a known namespace was found");
	set_missing(s, NET_DEVICE_ND_NET, s->d->found[SKB_DEV].why);
}
