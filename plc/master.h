/* SPDX-License-Identifier: Apache-2.0
 *
 * okng as the Modbus master, pure: which request is next, and what its answer means. The PLC holds a control block (26
 * words, the holding registers of our map, at control_at) that is read, and a result block (input registers 0 to
 * result_words - 1, at result_at) that is written. One request is under way at a time.
 *
 * The result block in the PLC is never torn. When the changed words fit one request they go in one, and a PLC takes a
 * request as a whole. When they don't (write_max, function 6), and the words 16 to 63 are among them, the order is: the
 * verdict bits of STATUS_BITS to 0, SEQ_TAIL to 0, the words from the front, SEQ_TAIL, then words 0 to 15. Until
 * SEQ_TAIL is there, HEAD and TAIL differ or HEAD is 0. AGE alone is no change: it is written with the others.
 */
#ifndef OKNG_PLC_MASTER_H
#define OKNG_PLC_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plc/params.h"
#include "plc/pdu.h"

#define OKNG_MASTER_VERDICT_BITS (1u << OKNG_DISCRETE_RESULT_VALID | 1u << OKNG_DISCRETE_OK | 1u << OKNG_DISCRETE_NG | 1u << OKNG_DISCRETE_REVIEW)

enum okng_master_outcome {
	OKNG_MASTER_CONTROL = 1, /* control holds the block as read, news the words that differ from the last reading */
	OKNG_MASTER_WRITTEN,     /* a write was confirmed */
	OKNG_MASTER_EXCEPTION,   /* exception holds the code; the request is to be made anew */
};

struct okng_master_step {
	uint8_t at, count;
	bool zero; /* instead of what the words should be: 0, or STATUS_BITS without verdict */
};

struct okng_master {
	struct okng_link_params params;
	bool seen, fresh;    /* control block read since the reset; fresh: and not taken yet, cleared by who takes it */
	bool was_read;       /* the last request, so that a writing that is owed has its turn */
	uint16_t control[OKNG_MAP_HOLDINGS];
	uint32_t news;
	int64_t read_ns;     /* when it was asked for last; 0 never */

	bool known;          /* shadow is what the PLC has, but for the words that are unsure */
	bool unsure[OKNG_MAP_INPUTS]; /* a request that writes them was not answered */
	uint16_t shadow[OKNG_MAP_INPUTS], target[OKNG_MAP_INPUTS];
	struct okng_master_step steps[OKNG_MAP_INPUTS + 4];
	unsigned n_steps, step; /* of the writing under way */
	uint16_t delivered;  /* SEQ_HEAD that the PLC has as a whole, 0 none */

	uint8_t function;    /* of the request under way, 0 none */
	uint16_t sent[123];  /* what it writes */
	uint8_t exception;
};

void okng_master_init(struct okng_master *m, const struct okng_link_params *params);
/* A new connection: nothing is known of the PLC. */
void okng_master_reset(struct okng_master *m);

/* The next request at this time, as a PDU, given the input registers in the link's order; 0: nothing to do until then_ns
 * (or until the registers change). Only when none is under way. */
size_t okng_master_next(struct okng_master *m, const uint16_t input[OKNG_MAP_INPUTS], int64_t now_ns, uint8_t pdu[OKNG_PDU_MAX],
	int64_t *then_ns);
/* The registers differ from what the PLC has, or writing is under way. */
bool okng_master_owes(const struct okng_master *m, const uint16_t input[OKNG_MAP_INPUTS]);

/* An outcome, or -EPROTO: not the answer to what was asked (the request stays under way). */
int okng_master_answer(struct okng_master *m, const uint8_t *pdu, size_t size);
/* No answer came: the request is made anew when it is due. */
void okng_master_unanswered(struct okng_master *m);

/* Everything has been read and written once since the reset. */
bool okng_master_settled(const struct okng_master *m);

#endif
