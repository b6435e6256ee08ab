/* SPDX-License-Identifier: Apache-2.0
 *
 * The station's side of the link: its news become events of the unit's handshake.
 */
#include <errno.h>
#include <stdlib.h>

#include "plc/plc.h"
#include "plc/server.h"
#include "plc/units.h"

#define UNITS_MAX 247 /* Modbus unit ids */

struct okng_plc {
	struct okng_units *units;
	struct okng_server *server;
};

int okng_plc_open(struct okng_plc **plc, const struct okng_plc_params *params, int units,
	const struct okng_plc_handlers *handlers, char *why, size_t why_size)
{
	*plc = NULL;
	if (units < 1 || units > UNITS_MAX || !handlers->trigger || !handlers->command) {
		snprintf(why, why_size, "1 to %d stations, with handlers for triggers and commands", UNITS_MAX);
		return -EINVAL;
	}
	struct okng_plc *p = calloc(1, sizeof *p);
	if (p)
		p->units = okng_units_open(units, params->word_order, params->writer_s, handlers);
	if (!p || !p->units) {
		snprintf(why, why_size, "no memory");
		free(p);
		return -ENOMEM;
	}
	int r = okng_server_open(&p->server, params, p->units, why, why_size);
	if (r < 0)
		okng_plc_close(&p);
	*plc = p;
	return r;
}

uint16_t okng_plc_port(const struct okng_plc *plc)
{
	return okng_server_port(plc->server);
}

void okng_plc_set_status(struct okng_plc *plc, int unit, const struct okng_plc_status *status)
{
	okng_units_event(plc->units, unit, &(struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = status});
}

void okng_plc_heartbeat(struct okng_plc *plc, int unit)
{
	okng_units_event(plc->units, unit, &(struct okng_handshake_event){.kind = OKNG_EVENT_HEARTBEAT});
}

void okng_plc_exposed(struct okng_plc *plc, int unit)
{
	okng_units_event(plc->units, unit, &(struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED});
}

void okng_plc_publish(struct okng_plc *plc, int unit, const struct okng_plc_result *result)
{
	okng_units_event(plc->units, unit, &(struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = result});
}

void okng_plc_command_done(struct okng_plc *plc, int unit, uint16_t id, uint16_t result)
{
	okng_units_event(plc->units, unit,
		&(struct okng_handshake_event){.kind = OKNG_EVENT_COMMAND_DONE, .done = {id, result}});
}

void okng_plc_recipe_changed(struct okng_plc *plc, int unit)
{
	okng_units_event(plc->units, unit, &(struct okng_handshake_event){.kind = OKNG_EVENT_RECIPE});
}

void okng_plc_limits(struct okng_plc *plc, int unit, uint32_t generation, const struct okng_plc_limit *limits, int n)
{
	okng_units_limits(plc->units, unit, generation, limits, n);
}

uint32_t okng_plc_missed(struct okng_plc *plc, int unit)
{
	if (unit < 0 || unit >= plc->units->n)
		return 0;
	pthread_mutex_lock(&plc->units->lock);
	uint32_t missed = plc->units->unit[unit].handshake.missed;
	pthread_mutex_unlock(&plc->units->lock);
	return missed;
}

void okng_plc_close(struct okng_plc **plc)
{
	struct okng_plc *p = *plc;
	*plc = NULL;
	if (!p)
		return;
	okng_server_close(&p->server);
	okng_units_close(&p->units);
	free(p);
}
