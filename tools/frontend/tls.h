/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tls - what extensions of a TLS ClientHello say: RFC 6066, 7301, 8446.  Every
 * byte of them is a process's word, and they may be cut off anywhere.
 */
#ifndef SOCKEYE_TLS_H
#define SOCKEYE_TLS_H

#include <stddef.h>
#include <stdint.h>

#define TLS_TEXT 256

/*
 * tls_text - of @len bytes at @p, the body of an extension, what @kind (K_TLS_...
 * of enum col_kind) asks for:
 *   K_TLS_SNI		server_name: the host_name, as much as is there of it
 *   K_TLS_ALPN		application_layer_protocol_negotiation: the names with
 *			commas between, a byte that may not be shown is '?'
 *   K_TLS_VERSION	supported_versions: the highest, "1.3"
 * What is reserved to be ignored (GREASE, RFC 8701) is.  Writes at most TLS_TEXT
 * bytes with the final 0 and returns the length, 0: it does not say.
 */
size_t tls_text(uint8_t kind, const uint8_t *p, size_t len,
		char text[TLS_TEXT]);

#endif
