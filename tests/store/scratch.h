/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store's tests share: a folder of their own, parameters, and a record of which every field says something.
 */
#ifndef OKNG_TESTS_STORE_SCRATCH_H
#define OKNG_TESTS_STORE_SCRATCH_H

#include "store/records.h"
#include "store/store.h"

/* A new folder and parameters that use folder/data (which does not exist yet). */
void scratch_make(struct okng_store_params *params, char folder[64]);
void scratch_remove(const char *folder);

/* Fields derived from n; id and seq are left to accept. fill: what accept gets; judge: the rest. */
void scratch_fill(struct okng_record *record, unsigned n);
void scratch_judge(struct okng_record *record, unsigned n);

/* All rows of the folder, malloc'ed. */
struct okng_record *scratch_rows(const char *folder, int64_t *n);

/* Fails the test unless all fields are the same. */
void scratch_same(const struct okng_record *a, const struct okng_record *b);

#endif
