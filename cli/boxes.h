/* SPDX-License-Identifier: Apache-2.0
 *
 * Boxes that a person drew around the defects of a picture: a text file with a line "x1 y1 x2 y2 class" each, pixels, the
 * second corner past the end, class the number of a [[class]] row. Empty lines and lines that begin with # are skipped.
 */
#ifndef OKNG_CLI_BOXES_H
#define OKNG_CLI_BOXES_H

#include <stddef.h>

#include "pipeline/conductor_learn.h"
#include "pipeline/error.h"

#define OKNG_BOXES_MAX 1000 /* of one picture */

struct okng_boxes {
	struct okng_conductor_box *box;
	int *line; /* of the file, for each box */
	int n;
};

/* 0; -EINVAL with *err naming the line, -EOVERFLOW more than OKNG_BOXES_MAX, -ENOMEM; load also what open and read say.
 * An empty file has no boxes. */
int okng_boxes_parse(struct okng_boxes *boxes, const char *bytes, size_t size, const char *name, struct okng_error *err);
int okng_boxes_load(struct okng_boxes *boxes, const char *path, struct okng_error *err);

/* 0; -EINVAL with *err naming the file's line when a box reaches beyond a picture of that size, or has none of the n class
 * numbers. */
int okng_boxes_check(const struct okng_boxes *boxes, const char *name, int32_t width, int32_t height, const int *classes, int n,
	struct okng_error *err);

/* The file of a picture in folder: its name with .txt; where that is not, without what follows the last underscore (a
 * picture X_test.jpg has its boxes in X.txt). Returns 0, or -ENOENT with *err. */
int okng_boxes_find(const char *folder, const char *picture, char *path, size_t size, struct okng_error *err);

void okng_boxes_finish(struct okng_boxes *boxes);

#endif
