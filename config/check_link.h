/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of one [[link]].
 */
#ifndef OKNG_CONFIG_CHECK_LINK_H
#define OKNG_CONFIG_CHECK_LINK_H

#include "config/config.h"
#include "config/toml.h"

struct okng_link_check {
	const struct okng_toml_node *node; /* its table */
	const char *file;
	struct okng_config_errors *errors;
};

void okng_check_link(const struct okng_link_check *check, const struct okng_link_params *link);

#endif
