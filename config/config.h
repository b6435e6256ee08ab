/* SPDX-License-Identifier: Apache-2.0
 *
 * TOML in, typed structs out. One row per parameter (station.def, recipe.def) holds key, type, range, default, unit,
 * text and when a change takes effect; the parser, the commented default file, the manual and `okng check` come from
 * the rows. All errors of a file are reported, not just the first; a struct is only filled when there is none.
 */
#ifndef OKNG_CONFIG_CONFIG_H
#define OKNG_CONFIG_CONFIG_H

#include <stdio.h>

#include "camera/params.h"
#include "pipeline/error.h"
#include "pipeline/recipe.h"
#include "plc/limit.h"
#include "plc/params.h"
#include "store/store.h"

enum okng_trigger_source { OKNG_TRIGGER_PLC = 0, OKNG_TRIGGER_TIMER /* the station itself, every period */, OKNG_TRIGGER_CAMERA /* free run */ };

#define OKNG_STATIONS_MAX 16
#define OKNG_CAMERAS_MAX 8

/* A camera, and what belongs to what it sees. */
struct okng_view_config {
	struct okng_camera_params camera;
	char view[48];  /* folder below the recipe's with recipe.toml and model.okm for it; "": the recipe's own */
	char flat[240]; /* flat field file, "" none */
	char calibration[240]; /* lens profile, "" none */
};

struct okng_station_config {
	char name[48];
	char more[OKNG_STATIONS_MAX - 1][240]; /* station files that the same okngd runs, unit ids 2, 3, … */
	int n_more;
	char recipe[48];          /* active recipe: a folder name below recipes */
	char recipes[240];        /* folder; relative paths are relative to the station file */
	int workers;              /* 1 to 32 */
	int queue;                /* 1 to 64: parts that may wait or be inspected at once */
	int deadline_ms;          /* trigger to verdict, 1 to 60000 */
	int log_level;            /* syslog: 3 error, 4 warning, 6 info, 7 debug */
	enum okng_trigger_source trigger;
	int period_ms;            /* timer: 1 to 3600000 */
	struct okng_view_config view[OKNG_CAMERAS_MAX]; /* one for each camera; they look at the same part */
	int n_views;              /* 1 or more */
	struct okng_plc_params plc;
	struct okng_store_params store;
};

/* All that one okngd runs. */
struct okng_machine_config {
	int n;                                        /* stations; [plc] and [[link]] of the first serve all */
	char file[OKNG_STATIONS_MAX][256];
	struct okng_station_config station[OKNG_STATIONS_MAX];
};

#define OKNG_CONFIG_ERRORS_MAX 64
struct okng_config_errors {
	int n;       /* found; entries beyond the maximum are counted only */
	struct okng_error error[OKNG_CONFIG_ERRORS_MAX];
};

/* 0, or negative errno with errors->n ≥ 1 and *config untouched. text/name variants parse memory. Thread-safe. */
int okng_config_load_station(struct okng_station_config *config, const char *path, struct okng_config_errors *errors);
int okng_config_parse_station(struct okng_station_config *config, const char *text, size_t size, const char *name, struct okng_config_errors *errors);
/* The station file at path and every one that its station.more names, with the errors of all of them; the caller frees
 * *machine, NULL on error. */
int okng_config_load_machine(struct okng_machine_config **machine, const char *path, struct okng_config_errors *errors);
/* path is recipe.toml or the recipe's folder. */
int okng_config_load_recipe(struct okng_recipe *recipe, const char *path, struct okng_config_errors *errors);
int okng_config_parse_recipe(struct okng_recipe *recipe, const char *text, size_t size, const char *name, struct okng_config_errors *errors);

/* A recipe file has a [[tool]], [[class]], [limits] or [locate] table or a number; used by `okng check` to tell which it is. */
bool okng_config_is_recipe(const char *path);

/* The limits that a valid recipe opens for the PLC, in the order of okng_tunable_list, with names, ranges and what the file
 * says. Their number. */
int okng_config_limits(const struct okng_recipe *recipe, struct okng_plc_limit limits[OKNG_PLC_LIMITS_MAX]);

/* The folder below recipes whose recipe has this number: 0 and its name, or -ENOENT, -EEXIST when two have it. */
int okng_config_find_recipe(char *name, size_t size, const char *recipes, int number, struct okng_error *err);

/* When a changed key takes effect. */
enum okng_reload { OKNG_RELOAD_NOW = 0, OKNG_RELOAD_RECIPE, OKNG_RELOAD_RESTART };
/* The strongest class among keys that differ; first (may be NULL) gets the key that needs it. */
enum okng_reload okng_config_compare(const struct okng_station_config *a, const struct okng_station_config *b, const char **first);

/* The commented default files; what = "station" or "recipe"; 0 or -EINVAL. */
int okng_config_print_defaults(FILE *out, const char *what);
/* The reference, Markdown tables from the rows. */
int okng_config_print_manual(FILE *out);

/* CRC-16/MODBUS over the bytes of files that exist, in order: CONFIG_CRC. */
uint16_t okng_config_crc(const char *const *paths, int n);

#endif
