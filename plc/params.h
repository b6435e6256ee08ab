/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of the PLC link as plain data; config/ fills them from [plc] and [[link]].
 */
#ifndef OKNG_PLC_PARAMS_H
#define OKNG_PLC_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

enum okng_word_order { OKNG_WORD_ABCD = 0, OKNG_WORD_CDAB, OKNG_WORD_BADC, OKNG_WORD_DCBA };

#define OKNG_PLC_ALLOW_MAX 16
#define OKNG_PLC_LINKS_MAX 8

enum okng_link_role { OKNG_LINK_SERVER = 1, OKNG_LINK_RTU_SERVER, OKNG_LINK_CLIENT, OKNG_LINK_RTU_CLIENT };
enum okng_parity { OKNG_PARITY_NONE = 0, OKNG_PARITY_EVEN, OKNG_PARITY_ODD };

struct okng_serial_params {
	char device[128];
	int baud;                /* 1200 to 921600, one that the system knows */
	enum okng_parity parity;
	int stop_bits;           /* 1 or 2; 8 data bits always */
	bool rs485;              /* the driver switches the direction (TIOCSRS485) */
	bool rts_on_send;        /* the level of RTS while sending; the other level after it */
	int rts_before_ms, rts_after_ms;
	bool echo;               /* the adapter hears what it sends */
	int silence_ms;          /* that ends a frame; 0: 3.5 characters */
};

/* One [[link]]. What a role does not use is ignored. */
struct okng_link_params {
	enum okng_link_role role;
	char name[32];           /* for the log and the status; "" = where it leads */
	enum okng_word_order word_order;

	char bind[64];           /* server */
	uint16_t port;           /* server, client; a server takes 0 for any free one */
	int clients, idle_s;     /* server */
	char allow[OKNG_PLC_ALLOW_MAX][64];
	int n_allow;
	char write_allow[OKNG_PLC_ALLOW_MAX][64];
	int n_write_allow;

	struct okng_serial_params serial; /* rtu-server, rtu-client */
	int unit;                /* rtu-server: its own, 1 to 247, of the first station; clients: the PLC's, 0 to 255 */

	char host[64];           /* client: numeric address of the PLC */
	int station;             /* clients: 1 = first */
	bool control;            /* clients: the PLC controls the station over this link; false: it is only told */
	int control_at, result_at; /* clients: addresses of the blocks in the PLC */
	int result_words;        /* clients: 64 or 100 */
	int read_function;       /* clients: 3 or 4 */
	int write_function;      /* clients: 16 or 6 */
	int write_max;           /* clients: registers in one request, 1 to 123 */
	int poll_ms;             /* clients: between two reads of the control block */
	int response_ms;         /* clients: a request unanswered for so long failed */
	int tries;               /* clients: so many failed in a row and the link is down */
	int retry_ms, retry_max_ms; /* all but server: first and longest wait before it is tried anew */
};

struct okng_plc_params {
	bool enabled;                           /* the server which these first parameters describe */
	char bind[64];                          /* numeric IPv4 or IPv6 address; default 127.0.0.1 */
	uint16_t port;                          /* 0: any free port, see okng_plc_port */
	enum okng_word_order word_order;
	int clients;                            /* most connections at once, 1 to 64 */
	int idle_s;                             /* a silent connection is closed after; 0 = never */
	int writer_s;                           /* the writer loses its place after this silence; 0 = only on disconnect */
	int dead_s;                             /* a TCP peer that no longer answers is dropped after, 1 to 600; 0 = 5 */
	char allow[OKNG_PLC_ALLOW_MAX][64];     /* CIDR; none = everyone who can reach bind */
	int n_allow;
	char write_allow[OKNG_PLC_ALLOW_MAX][64];
	int n_write_allow;
	struct okng_link_params links[OKNG_PLC_LINKS_MAX]; /* beside that server */
	int n_links;
};

#endif
