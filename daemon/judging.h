/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything a verdict depends on, loaded as one: recipe, model, flat field, lens, and an inspector per worker. Built new
 * beside the old one and swapped as a whole, so that a bad file never leaves half a recipe in force.
 */
#ifndef OKNG_DAEMON_JUDGING_H
#define OKNG_DAEMON_JUDGING_H

#include "config/config.h"
#include "pipeline/inspect.h"
#include "store/recording.h"

#define OKNG_WORKERS_MAX 32

/* What one camera's frames are judged with. */
struct okng_judging_view {
	struct okng_recipe recipe;
	bool has_lens;
	struct okng_brown lens; /* of the camera, where has_lens */
	char folder[600];   /* of recipe.toml and model.okm */
	int first_limit, n_limits; /* opened for the PLC, among those of all views */
	struct okng_tunable tunable[OKNG_TUNABLES_MAX];
	struct okng_inspector *inspector[OKNG_WORKERS_MAX];
	char setup[OKNG_SETUP_NAME_MAX]; /* of the recording; "": none */
};

/* Of the camera that was opened, and of the frames that come. */
struct okng_judging_size {
	int32_t width, height;
	const char *serial; /* "" unknown; must outlive the call only */
};

struct okng_judging {
	char name[48];      /* of the recipe, as the first camera's says */
	int number;
	uint16_t crc;       /* CONFIG_CRC, without what the PLC moved */
	uint32_t generation; /* never the same twice */
	int n_limits;       /* opened for the PLC */
	struct okng_plc_limit limit[OKNG_PLC_LIMITS_MAX];
	int workers, n_views;
	struct okng_judging_view view[OKNG_CAMERAS_MAX];
	int jobs;           /* under way with it; the station thread's */
	struct okng_judging *next; /* among those replaced; the station thread's */
};

/* Loads recipe name of config for frames of size, one for each camera. 0, or negative errno; every error is logged. Main thread. */
int okng_judging_open(struct okng_judging **judging, const struct okng_station_config *config, const char *station_file,
	const char *name, const struct okng_judging_size *size);

/* Judges a frame of that camera with limits of all views, by that worker's inspector. */
void okng_judging_run(const struct okng_judging *judging, int view, int worker, const struct okng_tuning *tuning,
	const struct okng_image *image, struct okng_result *result);

/* The limits as the recipe's file says. */
struct okng_tuning okng_judging_tuning(const struct okng_judging *judging);

/* Judges the recipe's stored references with these limits, folders reference/ok and reference/ng of each camera: 0 all as labelled; -ENODATA none
 * stored; -EBADMSG a verdict differs (each is logged); other negative errno. Main thread. */
int okng_judging_test(const struct okng_judging *judging, const struct okng_station_config *config, const struct okng_tuning *tuning);

void okng_judging_close(struct okng_judging **judging);

#endif
