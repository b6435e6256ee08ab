/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at a picture file: load, inspect, take the time. A file that can't be read is a part nobody looked at: FAULT,
 * reason 22, with the loader's words.
 */
#ifndef OKNG_CLI_LOOK_H
#define OKNG_CLI_LOOK_H

#include <stdbool.h>

#include "pipeline/inspect.h"

struct okng_look {
	bool readable;
	double time_ms;          /* the inspection, without reading the file */
	int32_t width, height;   /* of the picture */
	const struct okng_brown *lens; /* that it was taken through; NULL: none. The looker's */
	struct okng_error error; /* when not readable */
	struct okng_result result;
};

struct okng_looker {
	const struct okng_recipe *recipe;
	struct okng_optics optics;
	struct okng_inspector *inspector; /* NULL: opened at the first picture, whose size it needs */
	const struct okng_model *model; /* without a taught image; NULL: none, or the inspector is open for its size */
	bool fixed;                     /* the size is the model's */
	int32_t width, height;
};

/* recipe and what optics names must outlive the looker; so must a model that holds no image. 0, or negative errno with *err. */
int okng_looker_open(struct okng_looker *looker, const struct okng_recipe *recipe, const struct okng_model *model,
	const struct okng_optics *optics, struct okng_error *err);

/* Compares with another golden image from now on, where that takes no new inspector. 0, -ENOTSUP, -EINVAL. */
int okng_looker_golden(struct okng_looker *looker, const struct okng_image *golden);

/* Never fails: what is wrong is in *look. */
void okng_looker_file(struct okng_looker *looker, const char *path, struct okng_look *look);
void okng_looker_image(struct okng_looker *looker, const struct okng_image *image, const char *name, struct okng_look *look);

/* A part that could not be looked at, look->error being set. */
void okng_look_fault(struct okng_look *look, enum okng_reason reason);

void okng_looker_close(struct okng_looker *looker);

#endif
