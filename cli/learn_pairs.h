/* SPDX-License-Identifier: Apache-2.0
 *
 * okng learn --pairs: teaches the conductor tools of a recipe from pairs whose defects a person has boxed.
 */
#ifndef OKNG_CLI_LEARN_PAIRS_H
#define OKNG_CLI_LEARN_PAIRS_H

#include <stdbool.h>

/* Reads the recipe, the list and the boxes, writes model.okm; an image taught before is kept. Says what is wrong.
 * 0 or negative errno (nothing was written). */
int okng_learn_pairs(const char *recipe, const char *pairs, const char *boxes, bool json);

#endif
