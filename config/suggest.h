/* SPDX-License-Identifier: Apache-2.0
 *
 * "did you mean …": the nearest known key or table, by edit distance (V. Levenshtein, 1966).
 */
#ifndef OKNG_CONFIG_SUGGEST_H
#define OKNG_CONFIG_SUGGEST_H

#include <stddef.h>

/* Fills out with "; did you mean \"x\"?" when something in that table is near enough, else with "". */
void okng_suggest(const char *what, const char *table, const char *key, char *out, size_t size);

#endif
