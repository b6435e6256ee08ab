/* SPDX-License-Identifier: Apache-2.0
 *
 * A number that two results share when every field of theirs is the same to the last bit; padding does not count.
 */
#ifndef OKNG_TESTS_FINGERPRINT_H
#define OKNG_TESTS_FINGERPRINT_H

#include <stdint.h>

#include "pipeline/verdict.h"

uint64_t fingerprint(const struct okng_result *result);

#endif
