/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * install_int - links to tools: making them, and being called by them.
 */
#ifndef SOCKEYE_INSTALL_INT_H
#define SOCKEYE_INSTALL_INT_H

/* What packagers put before the names of links (bcc has a tcplife, too). */
#ifndef LINK_PREFIX
#define LINK_PREFIX ""
#endif

/* install_links - --install [-s] DIR, which is argv[0]; the exit code. */
int install_links(int argc, char **argv);

#endif
