/* SPDX-License-Identifier: Apache-2.0
 *
 * A serial device set up for Modbus RTU: raw, non-blocking, 8 data bits, with the direction switched by the driver where
 * RS-485 needs it.
 */
#ifndef OKNG_PLC_SERIAL_H
#define OKNG_PLC_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "plc/params.h"

/* A descriptor, or a negative errno with a sentence in why. */
int okng_serial_open(const struct okng_serial_params *params, char *why, size_t why_size);

/* 0: a rate that the system has. */
int okng_serial_check_baud(int baud);

/* The silence that ends a frame and the duration of a character, in ns. */
int64_t okng_serial_silence_ns(const struct okng_serial_params *params);
int64_t okng_serial_char_ns(const struct okng_serial_params *params);

/* What came and was not read is dropped. */
void okng_serial_drop_input(int fd);

#endif
