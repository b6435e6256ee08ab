/* SPDX-License-Identifier: Apache-2.0
 *
 * Teaching the conductor tool from pairs of a golden image and a part whose defects a person has boxed: every finding
 * becomes a sample of the class of the box that it meets, or of class 0 (no defect), and a forest is taught on them.
 */
#ifndef OKNG_PIPELINE_CONDUCTOR_LEARN_H
#define OKNG_PIPELINE_CONDUCTOR_LEARN_H

#include <stddef.h>

#include "pipeline/conductor.h"

struct okng_conductor_box {
	struct okng_rect rect; /* in the part's image */
	int class_number;      /* as in the recipe's [[class]] rows */
};

struct okng_conductor_teacher;

/* class_numbers: what boxes may be called, n of them, ascending. 0, -EINVAL (none or more than 15), -ENOMEM. */
int okng_conductor_teacher_open(struct okng_conductor_teacher **teacher, const struct okng_conductor_setup *setup,
	const int *class_numbers, int n, int32_t width, int32_t height);
void okng_conductor_teacher_close(struct okng_conductor_teacher **teacher);

/* Adds a pair (MONO8, the size of open). group: any number, for leaving out. Number of boxes that no finding meets
 * (0: all were found); -ENOENT: not aligned, nothing added; -EOVERFLOW; -EINVAL: a box of an unknown class; -ENOMEM. */
int okng_conductor_teacher_add(struct okng_conductor_teacher *teacher, const struct okng_image *golden, const struct okng_image *part,
	const struct okng_conductor_box *boxes, int n, int group);

size_t okng_conductor_teacher_samples(const struct okng_conductor_teacher *teacher);

/* Teaches on all samples but those of group `without` (-1: on all). The bytes of the tool's chunk, malloc'd:
 * u32 number of classes, u32 each class's number, then the forest. 0, -EINVAL (too few samples), -ENOMEM. */
int okng_conductor_teacher_learn(const struct okng_conductor_teacher *teacher, int without, uint8_t **bytes, size_t *size);

/* How much two boxes have in common: intersection over union, 0 to 1. */
double okng_conductor_overlap(struct okng_rect a, struct okng_rect b);

#endif
