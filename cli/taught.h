/* SPDX-License-Identifier: Apache-2.0
 *
 * A recipe folder opened for judging: recipe.toml, the model (taught or one golden image), flat field and lens. Says on
 * standard error what is wrong, as every command would.
 */
#ifndef OKNG_CLI_TAUGHT_H
#define OKNG_CLI_TAUGHT_H

#include <stdbool.h>

#include "calib/optics.h"
#include "pipeline/error.h"
#include "pipeline/model.h"
#include "pipeline/recipe.h"

struct okng_taught {
	struct okng_recipe recipe;
	struct okng_model *model; /* NULL: the recipe needs none, or it comes later (pairs) */
	struct okng_model *tools; /* what tools were taught, for golden images; NULL: nothing is needed */
	struct okng_calibration calibration; /* of the camera */
};

/* "DIR/model.okm" into path; DIR may be given with recipe.toml. 0 or -ENAMETOOLONG. */
int okng_taught_model_path(const char *dir, char *path, size_t size);

/* The recipe; 0 or negative errno after saying why. */
int okng_taught_open_recipe(struct okng_taught *taught, const char *dir);
/* Flat field and lens profile, NULL: none. */
int okng_taught_open_optics(struct okng_taught *taught, const char *flat, const char *profile);
/* What tools were taught, from DIR/model.okm when the recipe needs it: for okng_taught_golden. */
int okng_taught_open_tools(struct okng_taught *taught, const char *dir);
/* The model: of the golden image when golden is given, else DIR/model.okm when the recipe needs one. */
int okng_taught_open_model(struct okng_taught *taught, const char *dir, const char *golden);

/* A model of the golden image at path, as the camera saw it (flat field and lens are applied), with what tools
 * were taught. Says nothing. */
int okng_taught_golden(const struct okng_taught *taught, const char *path, struct okng_model **model, struct okng_error *err);

void okng_taught_close(struct okng_taught *taught);

#endif
