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
void okng_check_recipe(const struct okng_recipe *recipe, const struct okng_toml_node *root, const char *name,
	struct okng_config_errors *errors);

/* A numeric IPv4 or IPv6 address. */
bool okng_check_is_address(const char *text);

/* Adds one error. */
void okng_config_error(struct okng_config_errors *errors, const char *file, int line, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
