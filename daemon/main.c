/* SPDX-License-Identifier: Apache-2.0
 *
 * okngd: reads the station file, runs the station, answers signals and systemd. The main thread does what may take
 * its time: files, the log, commands that load recipes.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/bell.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/station.h"

#define STATUS_SIZE 2048

static int load_config(const struct okng_options *options, struct okng_station_config *config)
{
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	if (!errors)
		return -ENOMEM;
	int r = okng_config_load_station(config, options->config, errors);
	for (int i = 0; r < 0 && i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++) {
		const struct okng_error *e = &errors->error[i];
		if (e->line > 0)
			okng_log(LOG_ERR, "%s:%d: %s%s%s", e->file, e->line, e->key, *e->key ? ": " : "", e->text);
		else
			okng_log(LOG_ERR, "%s: %s", *e->file ? e->file : options->config, e->text);
	}
	if (r == 0)
		okng_options_apply(options, config);
	free(errors);
	return r;
}

/* A bad file is refused with its errors and what was in force stays. */
static int reload(struct okng_station *station, const struct okng_options *options, int bell)
{
	struct okng_station_config fresh;
	const char *first = NULL;
	sd_notify(0, "RELOADING=1");
	int r = load_config(options, &fresh);
	if (r == 0 && okng_config_compare(okng_station_config(station), &fresh, &first) == OKNG_RELOAD_RESTART)
		okng_log(LOG_WARNING, "reload: %s takes effect after a restart", first ? first : "one of the keys");
	if (r == 0)
		r = okng_station_load(station, &fresh, fresh.recipe);
	if (r == 0) {
		okng_log_setup(fresh.log_level, bell);
		okng_log(LOG_NOTICE, "reload: done");
	} else {
		okng_log(LOG_ERR, "reload: refused, the old configuration stays in force");
	}
	sd_notify(0, "READY=1");
	return r;
}

static int select_recipe(struct okng_station *station, uint32_t number)
{
	const struct okng_station_config *config = okng_station_config(station);
	struct okng_error err = {0};
	char name[48];
	int r = okng_config_find_recipe(name, sizeof name, config->recipes, (int)number, &err);
	if (r < 0) {
		okng_log(LOG_ERR, "select recipe %u: %s", number, *err.text ? err.text : strerror(-r));
		return r;
	}
	struct okng_station_config same = *config;
	r = okng_station_load(station, &same, name);
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

static void run_commands(struct okng_station *station, const struct okng_options *options, int bell)
{
	struct okng_station_command c;
	while (okng_station_command(station, &c)) {
		int r = -ENOSYS;
		if (c.code == 1)
			r = select_recipe(station, c.args);
		else if (c.code == 2)
			r = test_run(station, &c);
		else if (c.code == 4)
			r = reload(station, options, bell);
		okng_log_drain();
		okng_station_command_done(station, &c, r);
	}
}

static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	/* Blocked before any thread starts, so that only the main thread sees them. */
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct life {
	bool draining, over;
	uint64_t beats;
};

static void take_signals(int signals, struct okng_station *station, const struct okng_options *options, int bell, struct life *life)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP) {
			reload(station, options, bell);
		} else if (life->draining) {
			life->over = true; /* asked twice: now */
		} else {
			life->draining = true;
			sd_notify(0, "STOPPING=1");
			okng_station_drain(station);
		}
	}
}

static void say_ready(struct okng_station *station)
{
	const struct okng_station_config *c = okng_station_config(station);
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	int n = okng_station_links(station, links);
	for (int i = 0; i < n; i++)
		if (links[i].port)
			okng_log(LOG_NOTICE, "PLC registers on %s", strrchr(links[i].name, ' ') + 1); /* "server ADDRESS:PORT" */
	const struct okng_judging *j = okng_station_judging(station);
	okng_log(LOG_NOTICE, "station %s, recipe %s, %d workers, deadline %d ms%s%s", c->name, j ? j->recipe.name : "none in force",
		c->workers, c->deadline_ms, j ? ", cpu " : "", j ? okng_inspector_cpu(j->inspector[0]) : "");
	okng_log_drain();
	sd_notify(0, "READY=1");
}

/* What `systemctl status` shows: the recipe, and how the links are. Said when it is another. */
static void say_status(struct okng_station *station, char said[STATUS_SIZE])
{
	static const char *const states[] = {[OKNG_LINK_DOWN] = "DOWN", [OKNG_LINK_CONNECTING] = "CONNECTING", [OKNG_LINK_UP] = "UP"};
	char status[STATUS_SIZE];
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	const struct okng_judging *j = okng_station_judging(station);
	size_t at = (size_t)snprintf(status, sizeof status, "STATUS=recipe %s", j ? j->recipe.name : "none in force");
	int n = okng_station_links(station, links);
	for (int i = 0; i < n && at < sizeof status; i++)
		at += (size_t)snprintf(status + at, sizeof status - at, "; %s %s", links[i].name, states[links[i].state]);
	if (strcmp(status, said) == 0)
		return;
	memcpy(said, status, sizeof status);
	sd_notify(0, status);
}

static void run(struct okng_station *station, const struct okng_options *options, int signals, int bell)
{
	struct life life = {0};
	char said[STATUS_SIZE] = "";
	uint64_t watchdog_us = 0;
	bool watchdog = sd_watchdog_enabled(0, &watchdog_us) > 0;
	while (!life.over) {
		struct pollfd p[2] = {{.fd = signals, .events = POLLIN}, {.fd = bell, .events = POLLIN}};
		poll(p, 2, -1);
		if (p[1].revents)
			okng_bell_wait(bell, 0);
		if (p[0].revents)
			take_signals(signals, station, options, bell, &life);
		run_commands(station, options, bell);
		okng_log_drain();
		say_status(station, said);
		struct okng_station_totals t;
		okng_station_totals(station, &t);
		if (watchdog && t.beats != life.beats) /* only while the inspection lives */
			sd_notify(0, "WATCHDOG=1");
		life.beats = t.beats;
		if (t.finished || (life.draining && t.idle))
			life.over = true;
	}
}

static void say_totals(struct okng_station *station, bool show)
{
	struct okng_station_totals t;
	okng_station_totals(station, &t);
	okng_log(show ? OKNG_LOG_SHOW : LOG_NOTICE, "%llu parts: %llu OK, %llu NG, %llu REVIEW, %llu FAULT", (unsigned long long)t.parts,
		(unsigned long long)t.ok, (unsigned long long)t.ng, (unsigned long long)t.review, (unsigned long long)t.fault);
	okng_log_drain();
}

int main(int argc, char **argv)
{
	struct okng_options options;
	int r = okng_options_parse(&options, argc, argv);
	if (r != 0)
		return r < 0 ? 2 : 0;
	struct okng_station_config config;
	struct okng_station *station = NULL;
	int signals = open_signals(), bell = okng_bell_open();
	if (signals < 0 || bell < 0) {
		fprintf(stderr, "okngd: error: %s\n", strerror(signals < 0 ? -signals : -bell));
		return 2;
	}
	r = load_config(&options, &config);
	if (r == 0) {
		okng_log_setup(config.log_level, bell);
		r = okng_station_open(&station, &config, options.config, bell, options.parts, options.show);
	}
	okng_log_drain();
	if (r < 0)
		return 2;
	say_ready(station);
	run(station, &options, signals, bell);
	say_totals(station, options.show);
	okng_station_close(&station);
	okng_log_drain();
	return 0;
}
