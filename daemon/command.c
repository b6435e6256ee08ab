/* SPDX-License-Identifier: Apache-2.0
 *
 * A reload builds everything new before it changes anything: with several stations, all of them or none.
 */
#include "daemon/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/log.h"

int okng_command_config(struct okng_machine_config **config, const struct okng_options *options)
{
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	*config = NULL;
	if (!errors)
		return -ENOMEM;
	int r = okng_config_load_machine(config, options->config, errors);
	for (int i = 0; r < 0 && i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++) {
		const struct okng_error *e = &errors->error[i];
		if (e->line > 0)
			okng_log(LOG_ERR, "%s:%d: %s%s%s", e->file, e->line, e->key, *e->key ? ": " : "", e->text);
		else
			okng_log(LOG_ERR, "%s: %s", *e->file ? e->file : options->config, e->text);
	}
	for (int i = 0; r == 0 && i < (*config)->n; i++)
		okng_options_apply(options, &(*config)->station[i]);
	free(errors);
	return r;
}

/* Those of stations first to last - 1 take what config says of them. */
static int take(struct okng_station **station, const struct okng_machine_config *config, int first, int last)
{
	struct okng_judging *judging[OKNG_STATIONS_MAX] = {0};
	int r = 0;
	for (int i = first; r == 0 && i < last; i++) {
		const char *key = NULL;
		okng_log_subject(config->n > 1 ? config->station[i].name : "");
		if (okng_config_compare(okng_station_config(station[i]), &config->station[i], &key) == OKNG_RELOAD_RESTART)
			okng_log(LOG_WARNING, "reload: %s takes effect after a restart", key ? key : "one of the keys");
		r = okng_station_prepare(station[i], &config->station[i], config->station[i].recipe, &judging[i]);
	}
	for (int i = first; r == 0 && i < last; i++)
		r = okng_station_swap(station[i], &config->station[i], config->station[i].recipe, &judging[i]);
	for (int i = first; i < last; i++)
		okng_judging_close(&judging[i]);
	okng_log_subject("");
	return r;
}

/* only: that station alone takes what the files say; -1: all. */
static int reload(struct okng_machine *machine, int only, const struct okng_options *options, int bell)
{
	struct okng_machine_config *fresh = NULL;
	struct okng_station *station[OKNG_STATIONS_MAX];
	int n = okng_machine_stations(machine, station);
	sd_notify(0, "RELOADING=1");
	int r = okng_command_config(&fresh, options);
	if (r == 0 && fresh->n != n)
		okng_log(LOG_WARNING, "reload: station.more takes effect after a restart");
	int known = r == 0 && fresh->n < n ? fresh->n : n;
	if (r == 0)
		r = only >= known ? -ENOENT : take(station, fresh, only < 0 ? 0 : only, only < 0 ? known : only + 1);
	if (r == 0) {
		okng_log_setup(fresh->station[0].log_level, bell);
		okng_log(LOG_NOTICE, "reload: done");
	} else {
		okng_log(LOG_ERR, "reload: refused, the old configuration stays in force");
	}
	free(fresh);
	sd_notify(0, "READY=1");
	return r;
}

int okng_command_reload(struct okng_machine *machine, const struct okng_options *options, int bell)
{
	return reload(machine, -1, options, bell);
}

static int select_recipe(struct okng_station *station, uint32_t number)
{
	const struct okng_station_config *config = okng_station_config(station);
	struct okng_judging *judging = NULL;
	struct okng_error err = {0};
	char name[48];
	int r = okng_config_find_recipe(name, sizeof name, config->recipes, (int)number, &err);
	if (r < 0) {
		okng_log(LOG_ERR, "select recipe %u: %s", number, *err.text ? err.text : strerror(-r));
		return r;
	}
	struct okng_station_config same = *config;
	r = okng_station_prepare(station, &same, name, &judging);
	if (r == 0)
		r = okng_station_swap(station, &same, name, &judging);
	if (r == 0)
		okng_log(LOG_NOTICE, "recipe %s (%u) is in force", name, number);
	else
		okng_log(LOG_ERR, "recipe %s (%u) was refused, the old one stays in force", name, number);
	return r;
}

/* With the limits that are in force, also those that the PLC moved. */
static int test_run(struct okng_station *station, const struct okng_station_command *c)
{
	const struct okng_judging *judging = okng_station_judging(station);
	if (!judging)
		return -ENOENT;
	struct okng_tuning tuning = c->generation == judging->generation ? c->tuning : okng_judging_tuning(judging);
	return okng_judging_test(judging, okng_station_config(station), &tuning);
}

void okng_command_serve(struct okng_machine *machine, const struct okng_options *options, int bell)
{
	struct okng_station *station[OKNG_STATIONS_MAX];
	int n = okng_machine_stations(machine, station);
	for (int i = 0; i < n; i++) {
		struct okng_station_command c;
		while (okng_station_command(station[i], &c)) {
			int r = -ENOSYS;
			okng_log_subject(n > 1 ? okng_station_config(station[i])->name : "");
			if (c.code == 1)
				r = select_recipe(station[i], c.args);
			else if (c.code == 2)
				r = test_run(station[i], &c);
			else if (c.code == 4)
				r = reload(machine, i, options, bell);
			okng_log_subject("");
			okng_log_drain();
			okng_station_command_done(station[i], &c, r);
		}
	}
}
