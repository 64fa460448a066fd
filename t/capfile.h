/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A capture of the invented tool, written, changed and read back. */
#ifndef SOCKEYE_T_CAPFILE_H
#define SOCKEYE_T_CAPFILE_H

#include <limits.h>

#include "t/check.h"
#include "t/fakelife.h"
#include "tools/frontend/capture_int.h"

#define EVENTS 7		/* rows in it */

/* The capture, in a directory of its own and in memory.  Tests run in
 * processes of their own: this is one test's state. */
struct capfile {
	char dir[PATH_MAX], path[PATH_MAX + 8];
	unsigned char *bytes;
	size_t size;
	/* as tool_find(), for read_back(); fakelife whatever the name */
	const struct tool *(*find)(const char *name);
};
extern struct capfile capfile;
extern struct err cap_err;	/* of the last call */

/* What was read of a capture. */
struct got {
	int open, end;			/* results */
	unsigned rows, dns, stacks, losses;
	struct fakelife_event row[64];
	struct dns_event last_dns;
	struct stack_event last_stack;
	struct losses last_losses;
	struct capture_info info;
	char tool[32], version[32];
	uint16_t absent[64];		/* flags of the columns */
	char *table;			/* as shown */
};
extern struct got got;

/* capfile_setup, capfile_teardown - the fixture: records one. */
void capfile_setup(void);
void capfile_teardown(void);
/* capfile_load - capfile.path into memory again. */
void capfile_load(void);
/* read_back - the @n bytes at @data as a capture, into `got`. */
void read_back(const void *data, size_t n);
/* check_all - `got` is what was recorded. */
void check_all(void);
/* each_record - call @fn for each record in memory: where it is and its
 * length. */
void each_record(void (*fn)(unsigned char *rec, uint32_t type,
			    uint32_t len));

#endif
