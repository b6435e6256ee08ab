/* SPDX-License-Identifier: Apache-2.0
 *
 * What one row alone cannot tell: keys that must fit each other, names that must exist, addresses that must parse. Also
 * makes relative paths of a station file relative to its folder.
 */
#ifndef OKNG_CONFIG_CHECK_H
#define OKNG_CONFIG_CHECK_H

#include "config/config.h"
#include "config/toml.h"

void okng_check_station(struct okng_station_config *config, const struct okng_toml_node *root, const char *name,
	struct okng_config_errors *errors);
/* A file that first names in station.more must not have what one okngd has once. */
void okng_check_further(const struct okng_toml_node *root, const char *name, const char *first, struct okng_config_errors *errors);
void okng_check_recipe(const struct okng_recipe *recipe, const struct okng_toml_node *root, const char *name,
	struct okng_config_errors *errors);

/* Some link over which a PLC can trigger that station, 1 the first. */
bool okng_check_is_controllable(const struct okng_plc_params *plc, int station);

/* A numeric IPv4 or IPv6 address. */
bool okng_check_is_address(const char *text);

/* Empties errors and parses; the caller closes *doc. */
int okng_config_open(struct okng_toml **doc, const char *text, size_t size, const char *name, struct okng_config_errors *errors);
/* okng_config_parse_station of a file that first names in station.more; first NULL: of the first itself. */
int okng_config_parse_further(struct okng_station_config *config, const char *text, size_t size, const char *name, const char *first,
	struct okng_config_errors *errors);

/* Adds one error. */
void okng_config_error(struct okng_config_errors *errors, const char *file, int line, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
