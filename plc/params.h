/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of the PLC link as plain data; config/ fills them from [plc].
 */
#ifndef OKNG_PLC_PARAMS_H
#define OKNG_PLC_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

enum okng_word_order { OKNG_WORD_ABCD = 0, OKNG_WORD_CDAB, OKNG_WORD_BADC, OKNG_WORD_DCBA };

#define OKNG_PLC_ALLOW_MAX 16

struct okng_plc_params {
	bool enabled;
	char bind[64];                          /* numeric IPv4 or IPv6 address; default 127.0.0.1 */
	uint16_t port;                          /* 0: any free port, see okng_plc_port */
	enum okng_word_order word_order;
	int clients;                            /* most connections at once, 1 to 64 */
	int idle_s;                             /* a silent connection is closed after; 0 = never */
	int writer_s;                           /* the writer loses its place after this silence; 0 = only on disconnect */
	char allow[OKNG_PLC_ALLOW_MAX][64];     /* CIDR; none = everyone who can reach bind */
	int n_allow;
	char write_allow[OKNG_PLC_ALLOW_MAX][64];
	int n_write_allow;
};

#endif
