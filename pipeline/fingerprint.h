/* SPDX-License-Identifier: Apache-2.0
 *
 * A number that two results share when every field of theirs is the same to the last bit (FNV-1a, 64 bits); padding does
 * not count. Recordings keep it: a field more is another number for every part.
 */
#ifndef OKNG_PIPELINE_FINGERPRINT_H
#define OKNG_PIPELINE_FINGERPRINT_H

#include "pipeline/verdict.h"

uint64_t okng_result_fingerprint(const struct okng_result *result);

#endif
