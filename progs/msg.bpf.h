/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process gives or gets by a call of a socket: where its memory is, and
 * what stands there.
 */
#ifndef SOCKEYE_MSG_BPF_H
#define SOCKEYE_MSG_BPF_H

#include "progs/sock.bpf.h"

/* The first piece of memory of a call: of those with an array of them the
 * first.  len 0: there is none that a process has. */
struct buffer {
	u64 at, len;
};

/*
 * enum iter_type: ITER_IOVEC is 0 since 5.14, and 1 since 6.7, when ITER_UBUF
 * has become 0 and user_backed has gone; ITER_UBUF (6.0) had been the last.
 * Before, IOVEC was 0 or (5.5) 4, and the direction of the data bit 0.
 */
static __always_inline int is_renumbered(const struct iov_iter *iter)
{
	return EXISTS(iter->ubuf) && !EXISTS(iter->user_backed);
}

static __always_inline int is_ubuf(const struct iov_iter *iter)
{
	if (!EXISTS(iter->ubuf))
		return 0;
	if (is_renumbered(iter))
		return !READ(iter, iter_type);
	return READ(iter, user_backed) && READ(iter, iter_type);
}

static __always_inline int is_iovec(const struct iov_iter *iter)
{
	u32 type;

	if (EXISTS(iter->iter_type))
		return READ(iter, iter_type) == is_renumbered(iter);
	type = READ(iter, type) & ~1u;
	return !type || type == 4;
}

/* A struct iovec: of the kernel's, or of a process. */
#define READ_IOVEC(b, read, from) ({					\
	u64 word_ = CONST(kernel_word);					\
									\
	read(LOW_BYTES((b)->at, word_), word_, (void *)(from));		\
	read(LOW_BYTES((b)->len, word_), word_, (void *)(from) + word_); })

/*
 * The same where the kernel does not tell its types.  In words a struct msghdr
 * is msg_name, msg_namelen, on 32 bits msg_inq (since 6.0) and, where a u64 is
 * aligned to its size, which one in it is, one more; and of the struct iov_iter
 * its type, iov_offset, and count and the pointer, in this order before 6.4;
 * then nr_segs, no address.  Where count is tells @size, the same number.
 */
static __always_inline u64 buffer_of_words(struct buffer *b, const void *msg,
					   u64 size)
{
	u64 word = CONST(kernel_word), w[8] = {}, skip = 0, from = 0;
	int after;		/* the pointer is after count */

#pragma unroll
	for (u32 i = 3; i < 8; i++)
		if (i < 6 || word == 4)
			probe_read(LOW_BYTES(w[i], word), word, msg + i * word);
	after = w[7] >= 4096;
	if (w[4] == size) {
		skip = w[3];
		from = w[5];
	} else if (w[5] == size && word == 8) {		/* 6.4 */
		skip = w[3];
		from = w[4];
	} else if (w[5] == size) {			/* i386, 6.0 */
		skip = w[4];
		from = w[6];
	} else if (w[6] == size) {	/* 32 bits, 6.0; i386, 6.4 */
		skip = after ? w[5] : w[4];
		from = after ? w[7] : w[5];
	} else if (w[7] == size) {	/* 32 bits, 6.4 */
		skip = w[5];
		from = w[6];
	}
	if (!from)
		return 0;
	READ_IOVEC(b, probe_read, from);
	if (!b->at || b->len - skip > size) {	/* ITER_UBUF */
		b->at = from;
		b->len = size + skip;
		from = 0;
	}
	b->at += skip;
	b->len -= skip;
	return from;
}

/* What the kernel has made of either, @size bytes in all: it has checked that
 * they are the process's.  @b is zeroed.  Returns where the kernel has the
 * struct iovec of it, behind which others may be; 0: there is none. */
static __always_inline u64 buffer_of_msg(struct buffer *b,
					 const struct msghdr *msg, u64 size)
{
	const struct iov_iter *iter = &msg->msg_iter;
	u64 skip, from = 0;

	if (!EXISTS(msg->msg_iter))
		return buffer_of_words(b, msg, size);
	skip = READ(iter, iov_offset);
	if (is_ubuf(iter)) {
		b->at = (u64)READ(iter, ubuf);
		b->len = READ(iter, count) + skip;
	} else if (is_iovec(iter)) {
		if (EXISTS(iter->__iov))
			from = (u64)READ(iter, __iov);
		else
			from = (u64)READ(iter, iov);
		READ_IOVEC(b, probe_read, from);
	}
	b->at += skip;
	b->len = b->len > skip ? b->len - skip : 0;
	return from;
}

/* What readv(2) and writev(2) are given. */
static __always_inline void buffer_of_vec(struct buffer *b, u64 vec)
{
	READ_IOVEC(b, probe_read_user, vec);
}

/* What recvmsg(2) and sendmsg(2) are given: of a struct msghdr the third word
 * is msg_iov. */
static __always_inline void buffer_of_user(struct buffer *b, u64 msg)
{
	u64 word = CONST(kernel_word), vec = 0;

	probe_read_user(LOW_BYTES(vec, word), word, (void *)msg + 2 * word);
	buffer_of_vec(b, vec);
}

/* So much is read at a time where sizes must be constant (before 4.11): the
 * last piece has bytes behind those asked for. */
#define PIECE 32

/* The piece at @i of @n bytes, if there is one; how many of them there are.  By
 * way of a place of its own, since Linux 4.9 lets programs add to the address
 * of the stack but once. */
static __always_inline u32 read_piece(u8 *data, u64 from, u32 i, u32 n)
{
	u64 piece[PIECE / 8];

	if (i >= n)
		return n;
	if (probe_read_user(piece, PIECE, (void *)from + i))
		n = i;
	cut32(piece, n - i);
	copy16(data + i, piece);
	copy16(data + i + 16, piece + 2);
	return n;
}

static __always_inline u32 read_pieces(u8 *data, u32 room, u64 from, u32 n)
{
	n = read_piece(data, from, 0, n);
#pragma unroll
	for (u32 i = PIECE; i < room; i += PIECE)
		n = read_piece(data, from, i, n);
	return n;
}

/*
 * Of @len bytes at @from as many as there is room for behind @p; both of it
 * are zeroed.  @room is constant, a multiple of PIECE below 256, and so is
 * where @p stands of 8.  What is not in memory (it is swapped out) ends it,
 * which `cut' tells, too.
 */
static __always_inline void payload_read(struct payload *p, u32 room,
					 u64 from, u64 len)
{
	u8 *data = (u8 *)(p + 1);
	u64 n = len < room ? len : room;

	if (!n)
		return;
	asm volatile("" : "+r"(n));
	/* 5.8: any size, if all of it is in memory */
	if (CONST(ringbuf) && n <= room &&
	    !probe_read_user(data, n, (void *)from))
		p->len = n;
	else
		p->len = read_pieces(data, room, from, n);
	p->cut = p->len < len;
}

#endif
