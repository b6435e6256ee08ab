/* SPDX-License-Identifier: Apache-2.0
 *
 * Stations are opened, then the link, then they start, so that a trigger finds its rings and a station its registers;
 * they end in the other order.
 */
#include "daemon/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"

struct okng_machine {
	int n;
	struct okng_station *station[OKNG_STATIONS_MAX];
	struct okng_plc *plc; /* NULL: none */
};

static int event(void *user, int unit, const struct okng_station_event *e)
{
	const struct okng_machine *m = user;
	return okng_station_link_event(m->station[unit], e);
}

static void on_trigger(void *user, int unit, const struct okng_plc_trigger *trigger)
{
	event(user, unit, &(struct okng_station_event){.kind = OKNG_STATION_TRIGGER, .trigger = *trigger});
}

static void on_command(void *user, int unit, uint16_t code, uint16_t id, uint32_t args)
{
	event(user, unit, &(struct okng_station_event){.kind = OKNG_STATION_COMMAND, .command = {.code = code, .id = id, .args = args}});
}

static void on_offline(void *user, int unit, int offline)
{
	event(user, unit, &(struct okng_station_event){.kind = OKNG_STATION_OFFLINE, .offline = offline});
}

static void on_reset(void *user, int unit)
{
	event(user, unit, &(struct okng_station_event){.kind = OKNG_STATION_RESET});
}

static void on_clear(void *user, int unit)
{
	event(user, unit, &(struct okng_station_event){.kind = OKNG_STATION_CLEAR});
}

static int on_limits(void *user, int unit, uint32_t generation, const double *values, int n)
{
	struct okng_station_event e = {.kind = OKNG_STATION_LIMITS, .command = {.generation = generation, .tuning = {.n = n}}};
	if (n > OKNG_TUNABLES_MAX)
		return -EAGAIN;
	memcpy(e.command.tuning.value, values, (size_t)n * sizeof *values);
	return event(user, unit, &e);
}

static void on_log(void *user, int level, const char *text)
{
	(void)user;
	okng_log(level, "plc: %s", text);
}

static int open_link(struct okng_machine *m, const struct okng_plc_params *params)
{
	const struct okng_plc_handlers handlers = {
		.user = m, .trigger = on_trigger, .command = on_command, .offline = on_offline,
		.reset_counters = on_reset, .clear_error = on_clear, .limits = on_limits, .log = on_log,
	};
	char why[256] = "";
	if (!params->enabled && params->n_links == 0)
		return 0;
	int r = okng_plc_open(&m->plc, params, m->n, &handlers, why, sizeof why);
	if (r < 0)
		okng_log(LOG_ERR, "plc: %s", *why ? why : strerror(-r));
	return r;
}

int okng_machine_open(struct okng_machine **machine, const struct okng_machine_config *config, int bell, uint64_t parts_wanted, bool show)
{
	struct okng_machine *m = calloc(1, sizeof *m);
	int r = m ? 0 : -ENOMEM;
	for (int i = 0; r == 0 && i < config->n; i++) {
		const char *subject = config->n > 1 ? config->station[i].name : "";
		okng_log_subject(subject);
		r = okng_station_open(&m->station[i], &config->station[i], config->file[i], subject, bell, parts_wanted, show);
		okng_log_subject("");
		m->n += r == 0;
	}
	if (r == 0)
		r = open_link(m, &config->station[0].plc);
	for (int i = 0; r == 0 && i < m->n; i++)
		r = okng_station_start(m->station[i], m->plc, i);
	if (r < 0)
		okng_machine_close(&m);
	*machine = m;
	return r;
}

int okng_machine_stations(const struct okng_machine *m, struct okng_station *stations[OKNG_STATIONS_MAX])
{
	memcpy(stations, m->station, (size_t)m->n * sizeof *stations);
	return m->n;
}

int okng_machine_links(const struct okng_machine *m, struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1])
{
	return m->plc ? okng_plc_links(m->plc, links) : 0;
}

void okng_machine_totals(const struct okng_machine *m, struct okng_station_totals *t)
{
	*t = (struct okng_station_totals){.beats = UINT64_MAX, .finished = true, .idle = true};
	for (int i = 0; i < m->n; i++) {
		struct okng_station_totals one;
		okng_station_totals(m->station[i], &one);
		t->parts += one.parts;
		t->ok += one.ok;
		t->ng += one.ng;
		t->review += one.review;
		t->fault += one.fault;
		t->beats = one.beats < t->beats ? one.beats : t->beats;
		t->finished = t->finished && one.finished;
		t->idle = t->idle && one.idle;
	}
}

void okng_machine_drain(struct okng_machine *m)
{
	for (int i = 0; i < m->n; i++)
		okng_station_drain(m->station[i]);
}

void okng_machine_close(struct okng_machine **machine)
{
	struct okng_machine *m = *machine;
	*machine = NULL;
	if (!m)
		return;
	for (int i = 0; i < m->n; i++)
		okng_station_stop(m->station[i]);
	okng_plc_close(&m->plc); /* the stations used it; its own threads push into their rings */
	for (int i = 0; i < m->n; i++)
		okng_station_close(&m->station[i]);
	free(m);
}
