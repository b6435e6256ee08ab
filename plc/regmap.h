/* SPDX-License-Identifier: Apache-2.0
 *
 * The register map as constants, and how values lie in registers. Addresses are zero-based PDU addresses.
 */
#ifndef OKNG_PLC_REGMAP_H
#define OKNG_PLC_REGMAP_H

#include <stdint.h>
#include <stdio.h>

#include "plc/params.h"

#define OKNG_INPUT_REGISTERS 100
#define OKNG_HOLDING_REGISTERS 26    /* 0-25, what the PLC writes */
#define OKNG_COILS 16
#define OKNG_DISCRETES 32
#define OKNG_INPUT_COPY 1000         /* holding register where the copy of the inputs begins */

enum {
#define COIL(address, name, text) OKNG_COIL_##name = address,
#define DISCRETE(address, name, text) OKNG_DI_##name = address,
#define INPUT(address, count, name, type, text) OKNG_IR_##name = address,
#define HOLDING(address, count, name, type, access, text) OKNG_HR_##name = address,
#define REASON(code, name, text) OKNG_PLC_REASON_##name = code,
#define LINK_ERROR(code, name, text) OKNG_PLC_ERROR_##name = code,
#include "plc/regmap.def"
#undef COIL
#undef DISCRETE
#undef INPUT
#undef HOLDING
#undef REASON
#undef LINK_ERROR
};

/* 32-bit values over two registers in the chosen order; ASCII always has the first character in the high byte. */
void okng_reg_put_u32(uint16_t *reg, uint32_t value, enum okng_word_order order);
uint32_t okng_reg_get_u32(const uint16_t *reg, enum okng_word_order order);
void okng_reg_put_float(uint16_t *reg, float value, enum okng_word_order order);
void okng_reg_put_ascii(uint16_t *reg, int registers, const char *text);
/* text has room for 2 × registers + 1 bytes; it ends at the first zero; what is not printable ASCII becomes '?'. */
void okng_reg_get_ascii(const uint16_t *reg, int registers, char *text);

enum okng_map_format { OKNG_MAP_MD = 0, OKNG_MAP_CSV, OKNG_MAP_ST };

/* The whole map: Markdown tables, CSV, or an IEC 61131-3 structured-text list of global constants. 0 or -EIO. */
int okng_plc_map_print(FILE *out, enum okng_map_format format);

#endif
