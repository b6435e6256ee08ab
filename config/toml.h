/* SPDX-License-Identifier: Apache-2.0
 *
 * toml++ behind a C header: text in, a tree of nodes with their lines out. No exception leaves it.
 */
#ifndef OKNG_CONFIG_TOML_H
#define OKNG_CONFIG_TOML_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OKNG_TOML_SIZE_MAX (1 << 20) /* bytes of a file */
#define OKNG_TOML_DEPTH_MAX 8        /* tables and lists within each other */
#define OKNG_TOML_DOTS_MAX 128       /* dots on one line */

enum okng_toml_kind { OKNG_TOML_TABLE = 1, OKNG_TOML_ARRAY, OKNG_TOML_STRING, OKNG_TOML_INT, OKNG_TOML_FLOAT, OKNG_TOML_BOOL, OKNG_TOML_OTHER };

struct okng_toml_node {
	enum okng_toml_kind kind;
	const char *key;    /* "" in an array and at the root */
	int line;           /* of the key, in an array of the value; 1-based; 0 at the root */
	int64_t integer;    /* INT, BOOL */
	double number;      /* FLOAT, INT */
	const char *string; /* STRING, zero-terminated; length may be more when it holds a zero */
	size_t length;
	const struct okng_toml_node *child; /* of a TABLE (by line) or an ARRAY */
	const struct okng_toml_node *next;
};

struct okng_toml;

/* Parses text; the tree lives until close. 0; -EINVAL with *err (line and what is wrong; name becomes its file); -EFBIG;
 * -ELOOP nested too deep; -ENOMEM. err may be NULL. Thread-safe. */
int okng_toml_parse(struct okng_toml **doc, const char *text, size_t size, const char *name, struct okng_error *err);
const struct okng_toml_node *okng_toml_root(const struct okng_toml *doc);
void okng_toml_close(struct okng_toml **doc);

#ifdef __cplusplus
}
#endif

#endif
