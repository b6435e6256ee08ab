/* SPDX-License-Identifier: Apache-2.0
 *
 * The register map as names and as data, and how values lie in registers. Everything comes from regmap.def.
 *
 * Word orders, for the 32-bit value 0xAABBCCDD: ABCD = AABB CCDD, CDAB = CCDD AABB, BADC = BBAA DDCC, DCBA = DDCC BBAA.
 * 16-bit values are never turned. Texts keep the order of their registers; the two bytes within one are swapped in BADC
 * and DCBA, as they are in the memory of a PLC which needs these.
 */
#ifndef OKNG_PLC_REGMAP_H
#define OKNG_PLC_REGMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plc/limit.h"
#include "plc/params.h"
#include "plc/plc.h"

#define COIL(address, name, text) OKNG_COIL_##name = address,
enum okng_coil {
#include "plc/regmap.def"
};
#define DISCRETE(address, name, text) OKNG_DISCRETE_##name = address,
enum okng_discrete {
#include "plc/regmap.def"
};
#define INPUT(address, words, type, name, text) OKNG_INPUT_##name = address,
enum okng_input {
#include "plc/regmap.def"
};
#define HOLDING(address, words, type, name, text) OKNG_HOLDING_##name = address,
enum okng_holding {
#include "plc/regmap.def"
};
#define VERDICT(number, name, text) OKNG_PLC_VERDICT_##name = number,
#define REASON(number, name, text) OKNG_PLC_REASON_##name = number,
#define COMMAND(number, name, text) OKNG_PLC_COMMAND_##name = number,
#define STATE(number, name, text) OKNG_PLC_STATE_##name = number,
#define ERROR_CODE(number, name, text) OKNG_PLC_ERROR_##name = number,
#define WARNING_CODE(number, name, text) OKNG_PLC_WARNING_##name = number,
#define OFFLINE_CODE(number, name, text) OKNG_PLC_OFFLINE_##name = number,
enum okng_plc_code {
#include "plc/regmap.def"
};

/* Readable addresses; unnamed ones among them read as 0. */
#define OKNG_MAP_COILS 16
#define OKNG_MAP_DISCRETES 32
#define OKNG_MAP_INPUTS 100
#define OKNG_MAP_HOLDINGS 26
#define OKNG_MAP_LIMITS 100     /* holding registers from here: what the recipe opens, two words each */
#define OKNG_MAP_COPY 1000      /* holding registers from here: a read-only copy of the input registers */
#define OKNG_MAP_CONTROL 0x00ff /* the coils that exist; the others stay 0 */
#define OKNG_MAP_BLOCK 16       /* the result block: input registers 16 to 63 */
#define OKNG_MAP_BLOCK_END 64

enum okng_map_table { OKNG_TABLE_COIL, OKNG_TABLE_DISCRETE, OKNG_TABLE_INPUT, OKNG_TABLE_HOLDING };
enum okng_map_type { OKNG_TYPE_BIT, OKNG_TYPE_U16, OKNG_TYPE_U32, OKNG_TYPE_F32, OKNG_TYPE_ASCII };
enum okng_map_format { OKNG_MAP_MD, OKNG_MAP_CSV, OKNG_MAP_ST };

struct okng_map_row {
	enum okng_map_table table;
	enum okng_map_type type;
	uint16_t address, words; /* words: 1 for a bit */
	const char *name, *text;
};

struct okng_map_code {
	const char *list; /* "verdict", "reason", … */
	uint16_t number;
	const char *name, *text;
};

/* What one poll sees: taken in one piece under the lock. */
struct okng_plc_image {
	uint32_t discrete;
	uint16_t input[OKNG_MAP_INPUTS];
	uint16_t holding[OKNG_MAP_HOLDINGS];
	uint16_t limits[2 * OKNG_PLC_LIMITS_MAX]; /* holding registers from OKNG_MAP_LIMITS; as many as the request was parsed for */
};

const struct okng_map_row *okng_regmap_rows(size_t *n);
const struct okng_map_code *okng_regmap_codes(size_t *n);
bool okng_regmap_readable(enum okng_map_table table, uint32_t address, uint32_t count);
bool okng_regmap_writable(enum okng_map_table table, uint32_t address, uint32_t count);

void okng_regmap_put_u32(uint16_t at[2], uint32_t value, enum okng_word_order order);
uint32_t okng_regmap_get_u32(const uint16_t at[2], enum okng_word_order order);
void okng_regmap_put_f32(uint16_t at[2], float value, enum okng_word_order order);
float okng_regmap_get_f32(const uint16_t at[2], enum okng_word_order order);
/* words registers from a text that ends at its zero or when they are full; zero padded. */
void okng_regmap_put_ascii(uint16_t *at, size_t words, const char *text, enum okng_word_order order);
/* text has room for 2 * words + 1 bytes. */
void okng_regmap_get_ascii(const uint16_t *at, size_t words, char *text, enum okng_word_order order);

/* Turns the values of a whole table (OKNG_MAP_INPUTS or OKNG_MAP_HOLDINGS registers) from one order into another. */
void okng_regmap_turn(enum okng_map_table table, uint16_t *words, enum okng_word_order from, enum okng_word_order to);
/* The mask of holding registers, grown so that a value of two registers is in it with both or none. */
uint32_t okng_regmap_whole_values(uint32_t holdings);

/* Fills input registers 16 to 63 whole; result NULL: zeros. */
void okng_regmap_put_block(uint16_t input[OKNG_MAP_INPUTS], const struct okng_plc_result *result, uint16_t age_ms,
	enum okng_word_order order);
/* Fills what never changes: MAP_VERSION and TEST. */
void okng_regmap_put_constants(uint16_t input[OKNG_MAP_INPUTS], enum okng_word_order order);

/* The map for people and tools: Markdown, CSV, or a structured-text GVL. 0 or -EIO. */
int okng_plc_map_print(FILE *out, enum okng_map_format format);
/* What follows it for a recipe that opens n limits. 0 or -EIO. */
int okng_plc_map_print_limits(FILE *out, enum okng_map_format format, const struct okng_plc_limit *limits, int n);

#endif
