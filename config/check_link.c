/* SPDX-License-Identifier: Apache-2.0
 *
 * What a [[link]] must have and must not have, by its role: a key that the role does not use is an error, because
 * somebody meant something by it.
 */
#include <string.h>

#include "config/check.h"
#include "config/check_link.h"

enum { SERVER = 1 << OKNG_LINK_SERVER, RTU_SERVER = 1 << OKNG_LINK_RTU_SERVER, CLIENT = 1 << OKNG_LINK_CLIENT,
	RTU_CLIENT = 1 << OKNG_LINK_RTU_CLIENT };

static const struct {
	const char *key;
	unsigned roles;
} uses[] = {
	{"bind", SERVER}, {"clients", SERVER}, {"idle_s", SERVER}, {"allow", SERVER}, {"write_allow", SERVER}, {"port", SERVER | CLIENT},
	{"host", CLIENT}, {"device", RTU_SERVER | RTU_CLIENT}, {"baud", RTU_SERVER | RTU_CLIENT}, {"parity", RTU_SERVER | RTU_CLIENT},
	{"stop_bits", RTU_SERVER | RTU_CLIENT}, {"rs485", RTU_SERVER | RTU_CLIENT}, {"rts_on_send", RTU_SERVER | RTU_CLIENT},
	{"rts_before_ms", RTU_SERVER | RTU_CLIENT}, {"rts_after_ms", RTU_SERVER | RTU_CLIENT}, {"silence_ms", RTU_SERVER | RTU_CLIENT}, {"echo", RTU_SERVER | RTU_CLIENT},
	{"unit", RTU_SERVER | CLIENT | RTU_CLIENT}, {"station", CLIENT | RTU_CLIENT}, {"control", CLIENT | RTU_CLIENT}, {"control_at", CLIENT | RTU_CLIENT},
	{"result_at", CLIENT | RTU_CLIENT}, {"result_words", CLIENT | RTU_CLIENT}, {"read_function", CLIENT | RTU_CLIENT},
	{"write_function", CLIENT | RTU_CLIENT}, {"write_max", CLIENT | RTU_CLIENT}, {"poll_ms", CLIENT | RTU_CLIENT},
	{"response_ms", CLIENT | RTU_CLIENT}, {"tries", CLIENT | RTU_CLIENT}, {"retry_ms", RTU_SERVER | CLIENT | RTU_CLIENT},
	{"retry_max_ms", RTU_SERVER | CLIENT | RTU_CLIENT},
};

static const char *const role_names[] = {"", "server", "rtu-server", "client", "rtu-client"};

static const struct okng_toml_node *child(const struct okng_toml_node *n, const char *key)
{
	for (const struct okng_toml_node *c = n->child; c; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

static void complain(const struct okng_link_check *c, const char *key, const char *text)
{
	char full[48];
	const struct okng_toml_node *at = child(c->node, key);
	snprintf(full, sizeof full, "link.%s", key);
	okng_config_error(c->errors, c->file, at ? at->line : c->node->line, full, "%s", text);
}

static void check_keys(const struct okng_link_check *c, const struct okng_link_params *l)
{
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
		char text[96];
		if (uses[i].roles & 1u << l->role || !child(c->node, uses[i].key))
			continue;
		snprintf(text, sizeof text, "is not for role \"%s\"", role_names[l->role]);
		complain(c, uses[i].key, text);
	}
}

/* Both blocks lie in the PLC's registers; written ones must not be read as a wish. */
static bool overlap(const struct okng_link_params *l)
{
	return l->control && l->read_function == 3 && l->control_at < l->result_at + l->result_words && l->result_at < l->control_at + 26;
}

static bool known_baud(int baud)
{
	static const int known[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i] == baud)
			return true;
	return false;
}

void okng_check_link(const struct okng_link_check *c, const struct okng_link_params *l)
{
	if (!child(c->node, "role")) {
		complain(c, "role", "must be given: \"server\", \"rtu-server\", \"client\" or \"rtu-client\"");
		return;
	}
	unsigned role = 1u << l->role;
	bool serial = role & (RTU_SERVER | RTU_CLIENT), master = role & (CLIENT | RTU_CLIENT);
	check_keys(c, l);
	const struct {
		bool wrong;
		const char *key, *text;
	} rules[] = {
		{role == SERVER && !okng_check_is_address(l->bind), "bind", "must be a numeric address, such as \"127.0.0.1\" or \"0.0.0.0\""},
		{role == CLIENT && !okng_check_is_address(l->host), "host", "must be the numeric address of the PLC, such as \"192.168.1.10\""},
		{role == CLIENT && l->port == 0, "port", "must be 1 to 65535: the PLC's"},
		{serial && !*l->serial.device, "device", "must be given, such as \"/dev/ttyUSB0\" or a name below /dev/serial/by-id"},
		{serial && !known_baud(l->serial.baud), "baud", "must be 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600"},
		{serial && (l->unit < 1 || l->unit > 247), "unit", "must be 1 to 247 on a serial line"},
		{master && l->result_words != 64 && l->result_words != 100, "result_words", "must be 64 or 100"},
		{master && l->write_function != 6 && l->write_function != 16, "write_function", "must be 16 or 6"},
		{master && l->result_at + l->result_words > 65536, "result_at", "leaves no room for result_words before register 65535"},
		{master && overlap(l), "result_at", "puts the result block over the control block (26 words at control_at)"},
		{!(role & SERVER) && l->retry_max_ms < l->retry_ms, "retry_max_ms", "must not be less than retry_ms"},
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].wrong)
			complain(c, rules[i].key, rules[i].text);
}
