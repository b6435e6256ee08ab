/* SPDX-License-Identifier: Apache-2.0
 *
 * okngd: reads the station file, runs its stations, answers signals and systemd. The main thread does what may take
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
#include "daemon/command.h"
#include "daemon/log.h"
#include "daemon/machine.h"
#include "daemon/options.h"

#define STATUS_SIZE 2048

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

static void take_signals(int signals, struct okng_machine *machine, const struct okng_options *options, int bell, struct life *life)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP) {
			okng_command_reload(machine, options, bell);
		} else if (life->draining) {
			life->over = true; /* asked twice: now */
		} else {
			life->draining = true;
			sd_notify(0, "STOPPING=1");
			okng_machine_drain(machine);
		}
	}
}

static void say_ready(struct okng_machine *machine)
{
	struct okng_station *station[OKNG_STATIONS_MAX];
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	int n = okng_machine_links(machine, links);
	for (int i = 0; i < n; i++)
		if (links[i].port)
			okng_log(LOG_NOTICE, "PLC registers on %s", strrchr(links[i].name, ' ') + 1); /* "server ADDRESS:PORT" */
	n = okng_machine_stations(machine, station);
	for (int i = 0; i < n; i++) {
		const struct okng_station_config *c = okng_station_config(station[i]);
		const struct okng_judging *j = okng_station_judging(station[i]);
		char unit[32] = "";
		if (n > 1)
			snprintf(unit, sizeof unit, ", unit %d", i + 1);
		okng_log(LOG_NOTICE, "station %s%s, recipe %s, %d workers, deadline %d ms%s%s", c->name, unit, j ? j->name : "none in force",
			c->workers, c->deadline_ms, j ? ", cpu " : "", j ? okng_inspector_cpu(j->view[0].inspector[0]) : "");
	}
	okng_log_drain();
	sd_notify(0, "READY=1");
}

/* What `systemctl status` shows: the recipes, and how the links are. Said when it is another. */
static void say_status(struct okng_machine *machine, char said[STATUS_SIZE])
{
	static const char *const states[] = {[OKNG_LINK_DOWN] = "DOWN", [OKNG_LINK_CONNECTING] = "CONNECTING", [OKNG_LINK_UP] = "UP"};
	char status[STATUS_SIZE] = "STATUS=";
	struct okng_station *station[OKNG_STATIONS_MAX];
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	size_t at = strlen(status);
	int n = okng_machine_stations(machine, station);
	for (int i = 0; i < n && at < sizeof status; i++) {
		const struct okng_judging *j = okng_station_judging(station[i]);
		at += (size_t)snprintf(status + at, sizeof status - at, "%s%s%srecipe %s", i ? "; " : "",
			n > 1 ? okng_station_config(station[i])->name : "", n > 1 ? ": " : "", j ? j->name : "none in force");
	}
	n = okng_machine_links(machine, links);
	for (int i = 0; i < n && at < sizeof status; i++)
		at += (size_t)snprintf(status + at, sizeof status - at, "; %s %s", links[i].name, states[links[i].state]);
	if (strcmp(status, said) == 0)
		return;
	memcpy(said, status, sizeof status);
	sd_notify(0, status);
}

static void run(struct okng_machine *machine, const struct okng_options *options, int signals, int bell)
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
			take_signals(signals, machine, options, bell, &life);
		okng_command_serve(machine, options, bell);
		okng_log_drain();
		say_status(machine, said);
		struct okng_station_totals t;
		okng_machine_totals(machine, &t);
		if (watchdog && t.beats != life.beats) /* only while the inspection lives */
			sd_notify(0, "WATCHDOG=1");
		life.beats = t.beats;
		if (t.finished || (life.draining && t.idle))
			life.over = true;
	}
}

static void say_totals(struct okng_machine *machine, bool show)
{
	struct okng_station_totals t;
	okng_machine_totals(machine, &t);
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
	struct okng_machine_config *config = NULL;
	struct okng_machine *machine = NULL;
	int signals = open_signals(), bell = okng_bell_open();
	if (signals < 0 || bell < 0) {
		fprintf(stderr, "okngd: error: %s\n", strerror(signals < 0 ? -signals : -bell));
		return 2;
	}
	r = okng_command_config(&config, &options);
	if (r == 0) {
		okng_log_setup(config->station[0].log_level, bell);
		r = okng_machine_open(&machine, config, bell, options.parts, options.show);
	}
	free(config);
	okng_log_drain();
	if (r < 0)
		return 2;
	say_ready(machine);
	run(machine, &options, signals, bell);
	say_totals(machine, options.show);
	okng_machine_close(&machine);
	okng_log_drain();
	return 0;
}
