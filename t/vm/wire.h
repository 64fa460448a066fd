/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guest's init says to the host over the channel (a virtio-serial
 * port, or the second UART where there is no virtio).
 *
 * The stream begins with VM_MAGIC; whatever precedes it is firmware noise.
 * Then frames follow: one byte type, four bytes length (big-endian, at most
 * VM_FRAME), that many bytes of payload. VM_STATUS is the last one; a stream
 * that ends without it is a failure of the guest. init.c writes, host.c reads.
 */
#ifndef SOCKEYE_VM_WIRE_H
#define SOCKEYE_VM_WIRE_H

#define VM_MAGIC	"\nsockeye-vm 1\n"
#define VM_HEAD		5
#define VM_FRAME	32768

#define VM_STDOUT	'o'	/* bytes of the command's standard output */
#define VM_STDERR	'e'	/* bytes of its standard error */
#define VM_FILE		'f'	/* the next -o file begins; no payload */
#define VM_DATA		'd'	/* bytes of that file */
#define VM_NOFILE	'n'	/* an -o file cannot be read; text: why */
#define VM_KMSG		'k'	/* one line of the kernel's log */
#define VM_BAD		'b'	/* a kernel line that makes the run fail */
#define VM_ERROR	'x'	/* the rig itself failed; text: why */
#define VM_STATUS	's'	/* exit status of the command, in decimal */

/* Where the initramfs keeps what init is to do: NUL-terminated entries, the
 * first byte of each says what it is. */
#define VM_JOB		"/vm/job"
#define VM_PORT		"sockeye"	/* name of the virtio-serial port */

#define JOB_CHANNEL	'C'	/* "virtio" or a UART ("ttyS1"); 2nd: spare */
#define JOB_MODULE	'm'	/* path of a module, in the order to load */
#define JOB_ENV		'e'	/* NAME=VALUE */
#define JOB_OUT		'o'	/* path of a file to send back */
#define JOB_ARG		'c'	/* one argument of the command */

#endif
