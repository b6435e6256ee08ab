/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of pairs, each image with the golden image it is compared with: a line is golden<TAB>image. Empty lines and
 * lines that begin with # are skipped, a carriage return before the end of a line is dropped.
 */
#ifndef OKNG_CLI_PAIRS_H
#define OKNG_CLI_PAIRS_H

#include <stddef.h>

#include "pipeline/error.h"

struct okng_pair {
	const char *golden, *image; /* as written */
};

struct okng_pairs {
	char *text; /* what the names point into */
	struct okng_pair *pair;
	int n;
};

/* 0; -EINVAL with *err naming the line, -ENODATA no pair in it, -ENOMEM; load also what open and read say. */
int okng_pairs_parse(struct okng_pairs *pairs, const char *bytes, size_t size, const char *name, struct okng_error *err);
int okng_pairs_load(struct okng_pairs *pairs, const char *path, struct okng_error *err);

/* Where a relative name lies: in the folder of the list at path, else in the working folder. Returns out. */
const char *okng_pairs_resolve(const char *path, const char *name, char *out, size_t size);

void okng_pairs_finish(struct okng_pairs *pairs);

#endif
