/* SPDX-License-Identifier: Apache-2.0
 *
 * Every check says what would be right, at the line of the key that is easiest to change.
 */
#include "config/check.h"
#include "config/check_link.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/tunable.h"
#include "store/record_choice.h"

struct checking {
	const struct okng_toml_node *root;
	const char *file;
	struct okng_config_errors *errors;
};

static const struct okng_toml_node *child(const struct okng_toml_node *n, const char *key)
{
	for (const struct okng_toml_node *c = n ? n->child : NULL; c; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

/* Line of that key of a table, or of the table, or 0. */
static int line_at(const struct okng_toml_node *table, const char *key)
{
	const struct okng_toml_node *k = child(table, key);
	return k ? k->line : table ? table->line : 0;
}

/* Line of table.key, or of the table, or 0. table may be dotted once. */
static int line_of(const struct checking *c, const char *table, const char *key)
{
	char path[64];
	const struct okng_toml_node *n = c->root;
	snprintf(path, sizeof path, "%s", table);
	for (char *save, *part = strtok_r(path, ".", &save); part && n; part = strtok_r(NULL, ".", &save))
		n = child(n, part);
	return line_at(n, key);
}

/* Line of a key in the i-th element of an array of tables. */
static int line_in(const struct checking *c, const char *array, int i, const char *key)
{
	const struct okng_toml_node *a = child(c->root, array), *n = a ? a->child : NULL;
	while (n && i-- > 0)
		n = n->next;
	return line_at(n, key);
}

bool okng_check_is_address(const char *s)
{
	unsigned char bytes[16];
	return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

static bool is_network(const char *s)
{
	char address[64], *end;
	snprintf(address, sizeof address, "%s", s);
	char *slash = strchr(address, '/');
	long most = strchr(address, ':') ? 128 : 32, bits = most;
	if (slash) {
		*slash = '\0';
		bits = strtol(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0')
			return false;
	}
	return okng_check_is_address(address) && bits >= 0 && bits <= most;
}

static void check_networks(const struct checking *c, const char *table, int line, const char *key, char (*list)[64], int n)
{
	for (int i = 0; i < n; i++)
		if (!is_network(list[i])) {
			char full[32];
			snprintf(full, sizeof full, "%s.%s", table, key);
			okng_config_error(c->errors, c->file, line, full,
				"\"%s\" is not a network; write an address or address/bits, such as \"192.168.1.0/24\"", list[i]);
		}
}

static void check_links(const struct checking *c, struct okng_plc_params *plc)
{
	const struct okng_toml_node *links = child(c->root, "link"), *n = links ? links->child : NULL;
	for (int i = 0; i < plc->n_links && n; i++, n = n->next) {
		struct okng_link_params *l = &plc->links[i];
		okng_check_link(&(struct okng_link_check){n, c->file, c->errors}, l);
		check_networks(c, "link", line_in(c, "link", i, "allow"), "allow", l->allow, l->n_allow);
		check_networks(c, "link", line_in(c, "link", i, "write_allow"), "write_allow", l->write_allow, l->n_write_allow);
		for (int j = 0; j < i && *l->serial.device; j++)
			if (strcmp(plc->links[j].serial.device, l->serial.device) == 0)
				okng_config_error(c->errors, c->file, line_in(c, "link", i, "device"), "link.device", "%s is the device of an earlier link too", l->serial.device);
	}
}

bool okng_check_is_controllable(const struct okng_plc_params *plc, int station)
{
	bool any = plc->enabled;
	for (int i = 0; i < plc->n_links; i++) {
		const struct okng_link_params *l = &plc->links[i];
		bool server = l->role == OKNG_LINK_SERVER || l->role == OKNG_LINK_RTU_SERVER;
		any = any || server || (l->control && l->station == station);
	}
	return any;
}

static void resolve(const struct checking *c, char *path, size_t size, const char *key, int line)
{
	const char *slash = strrchr(c->file, '/');
	char full[600];
	if (*path == '\0' || *path == '/' || !slash)
		return;
	int n = snprintf(full, sizeof full, "%.*s%s", (int)(slash - c->file) + 1, c->file, path);
	if (n < 0 || (size_t)n >= size)
		okng_config_error(c->errors, c->file, line, key, "the path is longer than %zu bytes: %s", size - 1, full);
	else
		memcpy(path, full, (size_t)n + 1);
}

/* Line of table.key of the i-th camera; table is "camera" or "camera.TYPE". */
static int line_of_view(const struct checking *c, int i, const char *table, const char *key)
{
	const struct okng_toml_node *cameras = child(c->root, "camera"), *n = cameras;
	if (cameras && cameras->kind == OKNG_TOML_ARRAY)
		for (n = cameras->child; n && i-- > 0;)
			n = n->next;
	const struct okng_toml_node *below = strchr(table, '.') ? child(n, strchr(table, '.') + 1) : n;
	return line_at(below ? below : n, key);
}

static void check_view(const struct checking *c, struct okng_station_config *s, int i)
{
	struct okng_view_config *v = &s->view[i];
	const struct okng_camera_params *p = &v->camera;
	bool line = p->type == OKNG_CAMERA_ARAVIS && *p->aravis.trigger_line, free_run = s->trigger == OKNG_TRIGGER_CAMERA;
	const struct {
		bool wrong;
		const char *table, *key, *full, *text;
	} rules[] = {
		{p->type == OKNG_CAMERA_REPLAY && *p->folder == '\0', "camera", "type", "camera.replay.folder", "the replay camera needs the folder of its pictures"},
		{line && !free_run, "camera.aravis", "trigger_line", "camera.aravis.trigger_line", "needs trigger.source = \"camera\": exposures come when the line says so"},
		{line && p->rate > 0, "camera", "rate", "camera.rate", "must be 0 when camera.aravis.trigger_line triggers"},
		{strchr(v->view, '/') || v->view[0] == '.', "camera", "view", "camera.view", "must be the name of a folder below the recipe's, not a path"},
		{i == 0 && *v->view, "camera", "view", "camera.view", "is for further cameras: the first one's recipe lies in the recipe's own folder"},
		{i > 0 && !*v->view, "camera", "view", "camera.view", "must be given: only the first camera's recipe lies in the recipe's own folder"},
	};
	for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
		if (rules[k].wrong)
			okng_config_error(c->errors, c->file, line_of_view(c, i, rules[k].table, rules[k].key), rules[k].full, "%s", rules[k].text);
	if (free_run && !line && !(p->rate > 0))
		okng_config_error(c->errors, c->file, line_of(c, "trigger", "source"), "camera.rate", "must be above 0 when the camera triggers (free run)");
	for (int k = 0; k < i; k++) {
		if (strcmp(s->view[k].camera.name, p->name) == 0)
			okng_config_error(c->errors, c->file, line_of_view(c, i, "camera", "name"), "camera.name", "\"%s\" is the name of an earlier camera too; names are unique", p->name);
		if (*v->view && strcmp(s->view[k].view, v->view) == 0)
			okng_config_error(c->errors, c->file, line_of_view(c, i, "camera", "view"), "camera.view", "\"%s\" is that of an earlier camera too; each has its own", v->view);
	}
	resolve(c, v->flat, sizeof v->flat, "camera.flat", line_of_view(c, i, "camera", "flat"));
	resolve(c, v->calibration, sizeof v->calibration, "camera.calibration", line_of_view(c, i, "camera", "calibration"));
	resolve(c, v->camera.folder, sizeof v->camera.folder, "camera.replay.folder", line_of_view(c, i, "camera.replay", "folder"));
}

void okng_check_station(struct okng_station_config *s, const struct okng_toml_node *root, const char *name,
	struct okng_config_errors *errors)
{
	struct checking c = {root, name, errors};
	for (int i = 0; i < s->n_views; i++)
		check_view(&c, s, i);
	if (s->trigger == OKNG_TRIGGER_CAMERA && s->n_views > 1)
		okng_config_error(errors, name, line_of(&c, "trigger", "source"), "trigger.source",
			"must be \"plc\" or \"timer\" with several cameras: the station triggers them together, so that no frame is matched by luck");
	if (s->trigger == OKNG_TRIGGER_PLC && !okng_check_is_controllable(&s->plc, 1))
		okng_config_error(errors, name, line_of(&c, "plc", "enabled"), "plc.enabled", "must be true when trigger.source is \"plc\" and no [[link]] lets a PLC trigger");
	if (!okng_check_is_address(s->plc.bind))
		okng_config_error(errors, name, line_of(&c, "plc", "bind"), "plc.bind", "\"%s\" is not a numeric address, such as \"127.0.0.1\" or \"0.0.0.0\"", s->plc.bind);
	if (okng_record_parse(s->store.record, &(struct okng_record_choice){0}) < 0)
		okng_config_error(errors, name, line_of(&c, "store", "record"), "store.record",
			"\"%s\" is not \"none\", \"all\", \"ng\", \"fault\", \"every:N\" with N from 1 to %d, or some of these with commas", s->store.record, OKNG_RECORD_EVERY_MAX);
	if (strchr(s->recipe, '/') || s->recipe[0] == '.')
		okng_config_error(errors, name, line_of(&c, "station", "recipe"), "station.recipe", "must be the name of a folder below recipes, not a path");
	check_networks(&c, "plc", line_of(&c, "plc", "allow"), "allow", s->plc.allow, s->plc.n_allow);
	check_networks(&c, "plc", line_of(&c, "plc", "write_allow"), "write_allow", s->plc.write_allow, s->plc.n_write_allow);
	check_links(&c, &s->plc);
	resolve(&c, s->recipes, sizeof s->recipes, "station.recipes", line_of(&c, "station", "recipes"));
	for (int i = 0; i < s->n_more; i++)
		resolve(&c, s->more[i], sizeof s->more[i], "station.more", line_of(&c, "station", "more"));
	resolve(&c, s->store.folder, sizeof s->store.folder, "store.folder", line_of(&c, "store", "folder"));
}

void okng_check_further(const struct okng_toml_node *root, const char *name, const char *first, struct okng_config_errors *errors)
{
	static const char *const once[][2] = {{"plc", ""}, {"link", ""}, {"station", "more"}, {"station", "log_level"}};
	for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
		const struct okng_toml_node *table = child(root, once[i][0]), *n = *once[i][1] ? child(table, once[i][1]) : table;
		char key[32];
		snprintf(key, sizeof key, "%s%s%s", once[i][0], *once[i][1] ? "." : "", once[i][1]);
		if (n)
			okng_config_error(errors, name, n->line, key, "belongs in %s, which runs this station as one of several", first);
	}
}

static bool too_near(struct okng_point a, struct okng_point b)
{
	return (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y) < 4;
}

static void check_tool(const struct checking *c, const struct okng_recipe *r, int i)
{
	const struct okng_tool *t = &r->tools[i];
	for (int k = 0; k < i; k++)
		if (strcmp(r->tools[k].name, t->name) == 0)
			okng_config_error(c->errors, c->file, line_in(c, "tool", i, "name"), "tool.name", "\"%s\" is the name of an earlier tool too; names are unique", t->name);
	if (t->plc_writable && !okng_tunable_tool(t))
		okng_config_error(c->errors, c->file, line_in(c, "tool", i, "plc_writable"), "tool.plc_writable",
			"only a measure or surface tool has limits of its own; for this one open [limits] or a [[class]]");
	if (t->region.w && !t->region.h)
		okng_config_error(c->errors, c->file, line_in(c, "tool", i, "region"), "tool.region", "has no height; [0, 0, 0, 0] is the whole image");
	if (t->window % 2 == 0)
		okng_config_error(c->errors, c->file, line_in(c, "tool", i, "window"), "tool.window", "must be odd, such as %d", t->window + 1);
	bool off = t->threshold == OKNG_THRESHOLD_ABSOLUTE ? t->bright == 255 && t->dark == 0 : t->bright == 0 && t->dark == 0;
	if (t->type == OKNG_TOOL_BLOB && off)
		okng_config_error(c->errors, c->file, line_in(c, "tool", i, "type"), "tool.bright", "this blob tool looks for nothing; set bright or dark");
	if (t->type == OKNG_TOOL_BLOB && t->threshold == OKNG_THRESHOLD_ABSOLUTE && t->dark > t->bright)
		okng_config_error(c->errors, c->file, line_in(c, "tool", i, "dark"), "tool.dark", "must not be above bright (%d)", t->bright);
}

static void check_measure(const struct checking *c, const struct okng_recipe *r, int i)
{
	const struct okng_measure *m = &r->tools[i].measure;
	bool circle = m->kind == OKNG_MEASURE_CIRCLE, angle = m->kind == OKNG_MEASURE_ANGLE, two = angle || m->kind == OKNG_MEASURE_DISTANCE;
	const struct {
		bool wrong;
		const char *key, *text;
	} rules[] = {
		{!(m->tolerance.min < m->tolerance.max), "tolerance", "must be given, [lowest, highest] deviation from nominal such as [-0.05, 0.05]"},
		{!circle && too_near(m->from, m->to), "to", "must be at least 2 pixels from from"},
		{two && too_near(m->from2, m->to2), "to2", "must be at least 2 pixels from from2"},
		{!circle && m->scans == 2, "scans", "must be 1, or 3 and more for a line"},
		{angle && m->scans < 3, "scans", "must be 3 or more: an angle is that of two fitted lines"},
		{!circle && m->scans > m->breadth, "scans", "must not be more than breadth has pixels"},
		{m->pick == OKNG_PICK_OUTER && m->kind != OKNG_MEASURE_WIDTH, "pick", "is \"outer\", which only a width can be"},
		{r->tools[i].region.w > 0, "region", "is not for a measure tool: its scans say where it looks"},
		{r->tools[i].n_ignore > 0, "ignore", "is not for a measure tool: its scans say where it looks"},
		{circle && !(m->reach < m->radius), "reach", "must be less than radius"},
		{circle && !(m->arc.max - m->arc.min >= 30 && m->arc.max - m->arc.min <= 360), "arc", "must be of 30 to 360 degrees"},
	};
	for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
		char key[32];
		snprintf(key, sizeof key, "tool.%s", rules[k].key);
		int line = line_in(c, "tool", i, rules[k].key);
		if (rules[k].wrong) /* where the key is, or else where it says that this is a measure */
			okng_config_error(c->errors, c->file, line == line_in(c, "tool", i, "") ? line_in(c, "tool", i, "type") : line, key, "%s", rules[k].text);
	}
}

static void check_class(const struct checking *c, const struct okng_recipe *r, int i)
{
	const struct okng_class *k = &r->classes[i];
	bool found = *k->tool == '\0';
	for (int t = 0; t < r->n_tools; t++)
		found = found || strcmp(r->tools[t].name, k->tool) == 0;
	if (!found)
		okng_config_error(c->errors, c->file, line_in(c, "class", i, "tool"), "class.tool", "no [[tool]] has the name \"%s\"", k->tool);
	for (int j = 0; j < i; j++) {
		if (strcmp(r->classes[j].name, k->name) == 0)
			okng_config_error(c->errors, c->file, line_in(c, "class", i, "name"), "class.name", "\"%s\" is the name of an earlier class too; names are unique", k->name);
		if (r->classes[j].number == k->number)
			okng_config_error(c->errors, c->file, line_in(c, "class", i, "number"), "class.number", "%d is the number of class \"%s\" too; numbers are unique", k->number, r->classes[j].name);
	}
}

void okng_check_recipe(const struct okng_recipe *r, const struct okng_toml_node *root, const char *name,
	struct okng_config_errors *errors)
{
	struct checking c = {root, name, errors};
	const struct okng_toml_node *tools = child(root, "tool");
	if (r->n_tools == 0 && (!tools || tools->kind == OKNG_TOML_ARRAY)) /* else it was said already what is wrong */
		okng_config_error(errors, name, 0, "tool", "a recipe needs at least one [[tool]]");
	if (r->image.min_mean > r->image.max_mean)
		okng_config_error(errors, name, line_of(&c, "image", "min_mean"), "image.min_mean", "must not be above max_mean (%d)", r->image.max_mean);
	for (int i = 0; i < r->drift.n_patches; i++)
		if (r->drift.patch[i].w < 1 || r->drift.patch[i].h < 1)
			okng_config_error(errors, name, line_of(&c, "drift", "patches"), "drift.patches", "patch %d has no width or no height", i + 1);
	for (int i = 0; i < r->n_tools; i++) {
		check_tool(&c, r, i);
		if (r->tools[i].type == OKNG_TOOL_MEASURE)
			check_measure(&c, r, i);
	}
	for (int i = 0; i < r->n_classes; i++)
		check_class(&c, r, i);
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	int open = okng_tunable_list(r, list);
	if (open > OKNG_TUNABLES_MAX)
		okng_config_error(errors, name, 0, "plc_writable", "opens %d limits for the PLC; there is room for %d", open, OKNG_TUNABLES_MAX);
}
