/* SPDX-License-Identifier: Apache-2.0
 *
 * What a loader or parser says when it refuses its input: where, what, and what would be right.
 * Filled by the callee, owned by the caller; strings are always terminated, cut when too long.
 */
#ifndef OKNG_PIPELINE_ERROR_H
#define OKNG_PIPELINE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

struct okng_error {
	char file[256]; /* "" when the input is not a file */
	int line;       /* 1-based; 0 when it does not apply */
	char key[96];   /* dotted key or field name; "" when it does not apply */
	char text[320]; /* one sentence: what is wrong and what would be right */
};

/* Fills *err (NULL: nothing is written) and returns code, so that callers write
 * `return okng_error_set(err, -EINVAL, file, line, key, "…", …);`. Thread-safe. */
int okng_error_set(struct okng_error *err, int code, const char *file, int line, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

#ifdef __cplusplus
}
#endif

#endif
