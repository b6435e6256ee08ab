/* SPDX-License-Identifier: Apache-2.0
 *
 * The station's side of the links: its news become events of the unit's handshake. And the links themselves, opened and
 * closed together.
 */
#include <errno.h>
#include <stdlib.h>

#include <string.h>

#include "plc/client.h"
#include "plc/plc.h"
#include "plc/rtu_server.h"
#include "plc/server.h"
#include "plc/units.h"

#define UNITS_MAX 247 /* Modbus unit ids */

/* One of the three is there. */
struct link {
	struct okng_server *server;
	char name[192]; /* of a server */
	struct okng_rtu_server *rtu_server;
	struct okng_client *client;
};

struct okng_plc {
	struct okng_units *units;
	struct link links[OKNG_PLC_LINKS_MAX + 1];
	int n_links;
};

static int open_server(struct okng_plc *p, struct link *l, const struct okng_plc_params *params, const char *name, char *why,
	size_t why_size)
{
	int r = okng_server_open(&l->server, params, p->units, why, why_size);
	if (r == 0)
		snprintf(l->name, sizeof l->name, "%s%sserver %s:%u", name, *name ? ", " : "", params->bind, okng_server_port(l->server));
	return r;
}

static int open_link(struct okng_plc *p, struct link *l, const struct okng_link_params *params, const struct okng_plc_params *common,
	char *why, size_t why_size)
{
	struct okng_plc_params server;
	switch (params->role) {
	case OKNG_LINK_SERVER:
		memset(&server, 0, sizeof server);
		memcpy(server.bind, params->bind, sizeof server.bind);
		server.port = params->port;
		server.word_order = params->word_order;
		server.clients = params->clients;
		server.idle_s = params->idle_s;
		server.writer_s = common->writer_s;
		server.dead_s = common->dead_s;
		memcpy(server.allow, params->allow, sizeof server.allow);
		server.n_allow = params->n_allow;
		memcpy(server.write_allow, params->write_allow, sizeof server.write_allow);
		server.n_write_allow = params->n_write_allow;
		return open_server(p, l, &server, params->name, why, why_size);
	case OKNG_LINK_RTU_SERVER:
		return okng_rtu_server_open(&l->rtu_server, params, p->units, why, why_size);
	case OKNG_LINK_CLIENT:
	case OKNG_LINK_RTU_CLIENT:
		return okng_client_open(&l->client, params, params->station - 1, p->units, why, why_size);
	}
	snprintf(why, why_size, "a link needs a role");
	return -EINVAL;
}

static int open_links(struct okng_plc *p, const struct okng_plc_params *params, char *why, size_t why_size)
{
	int r = 0;
	if (params->n_links < 0 || params->n_links > OKNG_PLC_LINKS_MAX) {
		snprintf(why, why_size, "at most %d links", OKNG_PLC_LINKS_MAX);
		return -EINVAL;
	}
	if (params->enabled)
		r = open_server(p, &p->links[p->n_links++], params, "", why, why_size);
	for (int i = 0; r == 0 && i < params->n_links; i++)
		r = open_link(p, &p->links[p->n_links++], &params->links[i], params, why, why_size);
	return r;
}

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
	int r = open_links(p, params, why, why_size);
	if (r < 0)
		okng_plc_close(&p);
	*plc = p;
	return r;
}

uint16_t okng_plc_port(const struct okng_plc *plc)
{
	for (int i = 0; i < plc->n_links; i++)
		if (plc->links[i].server)
			return okng_server_port(plc->links[i].server);
	return 0;
}

int okng_plc_links(const struct okng_plc *plc, struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1])
{
	for (int i = 0; i < plc->n_links; i++) {
		const struct link *l = &plc->links[i];
		struct okng_plc_link *out = &links[i];
		memset(out, 0, sizeof *out);
		out->unit = l->client ? okng_client_unit(l->client) : -1;
		if (l->server) {
			memcpy(out->name, l->name, sizeof out->name);
			out->state = OKNG_LINK_UP;
			out->port = okng_server_port(l->server);
			continue;
		}
		const struct okng_link *k = l->client ? okng_client_link(l->client) : okng_rtu_server_link(l->rtu_server);
		memcpy(out->name, k->name, sizeof out->name);
		out->state = (enum okng_plc_link_state)atomic_load(&k->state);
		out->losses = (uint32_t)atomic_load(&k->losses);
	}
	return plc->n_links;
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
	for (int i = 0; i < p->n_links; i++) {
		okng_server_close(&p->links[i].server);
		okng_rtu_server_close(&p->links[i].rtu_server);
		okng_client_close(&p->links[i].client);
	}
	okng_units_close(&p->units);
	free(p);
}
