/* SPDX-License-Identifier: Apache-2.0
 *
 * What is good is read as written, what is bad is refused with its line, key and remedy, all of it at once, and the
 * struct of the caller stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

static struct okng_config_errors errors;

static int station(struct okng_station_config *c, const char *text)
{
	return okng_config_parse_station(c, text, strlen(text), "/etc/okng/okng.toml", &errors);
}

static int recipe(struct okng_recipe *r, const char *text)
{
	return okng_config_parse_recipe(r, text, strlen(text), "recipe.toml", &errors);
}

static const struct {
	const char *text;
	int line;
	const char *key, *says;
} bad_stations[] = {
	{"[station]\nworkers = 0\n", 2, "station.workers", "from 1 to 32"},
	{"[station]\nworkers = \"two\"\n", 2, "station.workers", "whole number"},
	{"[station]\nworkers = 2.5\n", 2, "station.workers", "whole number"},
	{"[station]\nworker = 2\n", 2, "station.worker", "did you mean \"workers\""},
	{"[sation]\nname = \"x\"\n", 1, "sation", "did you mean \"station\""},
	{"[station]\ndeadline_ms = 99999999999999\n", 2, "station.deadline_ms", "60000"},
	{"[station]\nperiod_ms = 5\n", 2, "station.period_ms", "belongs into [trigger]"},
	{"[station]\nname = \"\"\n", 2, "station.name", "1 to 47 bytes"},
	{"[station]\nrecipe = \"../x\"\n", 2, "station.recipe", "not a path"},
	{"[trigger]\nsource = \"plcs\"\n", 2, "trigger.source", "\"plc\""},
	{"[trigger]\nsource = \"camera\"\n", 2, "camera.rate", "above 0"},
	{"[camera]\nrate = nan\n", 2, "camera.rate", "from 0"},
	{"[camera]\ntype = \"replay\"\n", 2, "camera.replay.folder", "needs the folder"},
	{"[plc]\nbind = \"localhost\"\n", 2, "plc.bind", "numeric"},
	{"[plc]\nport = 65536\n", 2, "plc.port", "65535"},
	{"[plc]\nallow = [\"10.0.0.0/33\"]\n", 2, "plc.allow", "not a network"},
	{"[plc]\nallow = [\"10.0.0.0/\"]\n", 2, "plc.allow", "not a network"},
	{"[plc]\nallow = [1]\n", 2, "plc.allow", "list"},
	{"[plc]\nenabled = false\n", 2, "plc.enabled", "must be true"},
	{"[plc]\nenabled = false\n[[link]]\nrole = \"client\"\nhost = \"::1\"\ncontrol = false\n", 2, "plc.enabled", "no [[link]]"},
	{"[plc]\nenabled = 1\n", 2, "plc.enabled", "true or false"},
	{"[station]\nflat = \"a\"\n", 2, "station.flat", "belongs into [camera]"},
	{"[camra]\ntype = \"replay\"\n", 1, "camra", "did you mean \"camera\""},
	{"camera = 3\n", 1, "camera", "[[camera]]"},
	{"[[camera]]\nname = \"a\"\n[[camera]]\nname = \"b\"\n", 3, "camera.view", "must be given"},
	{"[[camera]]\nname = \"a\"\n[[camera]]\nname = \"a\"\nview = \"b\"\n", 4, "camera.name", "an earlier camera"},
	{"[[camera]]\n[[camera]]\nname = \"a\"\nview = \"b\"\n[[camera]]\nname = \"b\"\nview = \"b\"\n", 7, "camera.view", "an earlier camera"},
	{"[camera]\nview = \"b\"\n", 2, "camera.view", "further cameras"},
	{"[[camera]]\nname = \"a\"\n[[camera]]\nname = \"b\"\nview = \"../b\"\n", 5, "camera.view", "not a path"},
	{"[trigger]\nsource = \"camera\"\n[[camera]]\nrate = 1\n[[camera]]\nname = \"b\"\nview = \"b\"\nrate = 1\n", 2, "trigger.source", "\"timer\" with several"},
	{"[[camera]]\nname = \"a\"\n[[camera]]\nname = \"b\"\nview = \"b\"\n[camera.synthetic]\nwidth = 1\n", 7, "camera.synthetic.width", "160 to 4096"},
	{"[[link]]\nrole = \"slave\"\n", 2, "link.role", "\"rtu-client\""},
	{"[[link]]\nbaud = 9600\n", 1, "link.role", "must be given"},
	{"[link]\nrole = \"server\"\n", 1, "link", "written [[link]]"},
	{"[[link]]\nrole = \"client\"\nhost = \"plc1\"\n", 3, "link.host", "numeric"},
	{"[[link]]\nrole = \"client\"\n", 1, "link.host", "numeric"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nport = 0\n", 4, "link.port", "1 to 65535"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nbaud = 9600\n", 4, "link.baud", "not for role \"client\""},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nresult_words = 80\n", 4, "link.result_words", "64 or 100"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nresult_at = 25\n", 4, "link.result_at", "over the control block"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nresult_at = 65472\nresult_words = 100\n", 4, "link.result_at", "no room"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nwrite_function = 15\n", 4, "link.write_function", "16 or 6"},
	{"[[link]]\nrole = \"client\"\nhost = \"::1\"\nretry_ms = 20000\n", 1, "link.retry_max_ms", "less than retry_ms"},
	{"[[link]]\nrole = \"rtu-server\"\n", 1, "link.device", "/dev/ttyUSB0"},
	{"[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS0\"\nbaud = 12345\n", 4, "link.baud", "115200"},
	{"[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS0\"\nunit = 0\n", 4, "link.unit", "1 to 247"},
	{"[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS0\"\nparty = \"odd\"\n", 4, "link.party", "did you mean \"parity\""},
	{"[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS0\"\npoll_ms = 5\n", 4, "link.poll_ms", "not for role"},
	{"[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS0\"\n[[link]]\nrole = \"rtu-client\"\ndevice = \"/dev/ttyS0\"\n", 6, "link.device", "earlier link"},
	{"[[link]]\nrole = \"server\"\nallow = [\"10.0.0.0/33\"]\n", 3, "link.allow", "not a network"},
	{"[[link]]\nrole = \"server\"\nbind = \"localhost\"\n", 3, "link.bind", "numeric"},
	{"x = \n", 1, "", "not TOML"},
	{"[station]\nname = \"a\"\nname = \"b\"\n", 3, "", "not TOML"},
	{"[station]\nname = \"a\"\n[[[plc]\nport = 1\n", 3, "", "not TOML"},
	{"[station]\nname = \"a\"\n[=]\n", 3, "", "not TOML"},
	{"[[=", 1, "", "not TOML"},
	{"[station]\nworkers = 2 \xc2\xb1 1\n", 2, "", "not TOML"},
	{"[station]\nname \xef\xbc\x9d \"a\"\n", 2, "", "not TOML"},
	{"[plc]\nallow = [\"10.0.0.1\"\xef\xbc\x8c \"10.0.0.2\"]\n", 2, "", "not TOML"},
	{"\xe3\x80\x90station\xe3\x80\x91\n", 1, "", "not TOML"},
};

static void stations_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_stations / sizeof *bad_stations; i++) {
		struct okng_station_config c, before;
		memset(&c, 0x5a, sizeof c);
		before = c;
		assert_true(station(&c, bad_stations[i].text) < 0);
		assert_int_equal(errors.n, 1);
		if (errors.error[0].line != bad_stations[i].line || strcmp(errors.error[0].key, bad_stations[i].key) != 0 ||
			!strstr(errors.error[0].text, bad_stations[i].says))
			fail_msg("%s -> line %d, key %s: %s", bad_stations[i].text, errors.error[0].line, errors.error[0].key, errors.error[0].text);
		assert_string_equal(errors.error[0].file, "/etc/okng/okng.toml");
		assert_memory_equal(&c, &before, sizeof c);
	}
}

#define MEASURE "[[tool]]\nname = \"m\"\ntype = \"measure\"\n"
#define CONDUCTOR "[[tool]]\nname = \"board\"\ntype = \"conductor\"\n"
#define TOOL "[[tool]]\nname = \"a\"\n"
static const struct {
	const char *text;
	int line;
	const char *key, *says;
} bad_recipes[] = {
	{"", 0, "tool", "at least one"},
	{"tool = 3\n", 1, "tool", "[[tool]]"},
	{TOOL TOOL, 4, "tool.name", "unique"},
	{TOOL "window = 4\n", 3, "tool.window", "odd"},
	{TOOL "region = [1, 2, 3]\n", 3, "tool.region", "[x, y, width, height]"},
	{TOOL "region = [-1, 2, 3, 4]\n", 3, "tool.region", "from 0"},
	{TOOL "type = \"blob\"\n", 3, "tool.bright", "looks for nothing"},
	{TOOL "type = \"blob\"\nbright = 10\ndark = 20\n", 5, "tool.dark", "above bright"},
	{MEASURE "to = [9, 0]\n", 3, "tool.tolerance", "[-0.05, 0.05]"},
	{MEASURE "tolerance = [-1, 1]\n", 3, "tool.to", "2 pixels"},
	{MEASURE "tolerance = [-1, 1]\nto = [1, 1.5]\n", 5, "tool.to", "2 pixels"},
	{MEASURE "from = [5, 5]\ntolerance = [-1, 1]\nto = [9]\n", 6, "tool.to", "[x, y], two numbers from 0 to 16384"},
	{MEASURE "from = [5, 5]\ntolerance = [-1, 1]\nto = [9, -1]\n", 6, "tool.to", "from 0"},
	{MEASURE "from = [5, 5]\ntolerance = [-1, 1]\nto = [9, 1, 2]\n", 6, "tool.to", "[x, y]"},
	{MEASURE "from = [5, 5]\ntolerance = [-1, 1]\nto = [9, nan]\n", 6, "tool.to", "[x, y]"},
	{MEASURE "tolerance = [0.5, 0.5]\nto = [9, 0]\n", 4, "tool.tolerance", "must be given"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nscans = 2\n", 6, "tool.scans", "3 and more"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nscans = 12\n", 6, "tool.scans", "more than breadth"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nmeasure = \"distance\"\n", 3, "tool.to2", "from from2"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nmeasure = \"angle\"\nto2 = [0, 9]\n", 3, "tool.scans", "two fitted lines"},
	{MEASURE "tolerance = [-1, 1]\nmeasure = \"circle\"\nradius = 5\n", 3, "tool.reach", "less than radius"},
	{MEASURE "tolerance = [-1, 1]\nmeasure = \"circle\"\narc = [0, 20]\n", 6, "tool.arc", "30 to 360"},
	{MEASURE "from = [5, 5]\ntolerance = [-1, 1]\nmeasure = \"circles\"\n", 6, "tool.measure", "\"circle\""},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nmeasure = \"position\"\npick = \"outer\"\n", 7, "tool.pick", "only a width"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nregion = [1, 2, 3, 4]\n", 6, "tool.region", "not for a measure"},
	{MEASURE "tolerance = [-1, 1]\nto = [9, 0]\nignore = [[1, 2, 3, 4]]\n", 6, "tool.ignore", "not for a measure"},
	{CONDUCTOR "conductor = \"black\"\n", 4, "tool.conductor", "\"dark\""},
	{CONDUCTOR "conductor = true\n", 4, "tool.conductor", "\"bright\""},
	{CONDUCTOR "decide = \"row\"\n", 4, "tool.decide", "\"rows\""},
	{CONDUCTOR "serch = 4\n", 4, "tool.serch", "did you mean \"search\""},
	{CONDUCTOR "level = 12.5\n", 4, "tool.level", "whole number"},
	{CONDUCTOR "[[class]]\nresidue = 3\n", 5, "class.residue", "[lowest, highest]"},
	{CONDUCTOR "[[class]]\nresidue = [3, 0]\n", 5, "class.residue", "[lowest, highest]"},
	{CONDUCTOR "[[class]]\nconductors = [1]\n", 5, "class.conductors", "[lowest, highest]"},
	{CONDUCTOR "[[class]]\nconductor = [1, 2]\n", 5, "class.conductor", "did you mean \"conductors\""},
	{TOOL "[[class]]\ntool = \"b\"\n", 4, "class.tool", "no [[tool]]"},
	{TOOL "[[class]]\narea = [5.0, 1.0]\n", 4, "class.area", "[lowest, highest]"},
	{TOOL "[[class]]\nname = \"x\"\nnumber = 1\n[[class]]\nname = \"y\"\nnumber = 1\n", 8, "class.number", "unique"},
	{TOOL "[limits]\narea = 0\n", 4, "limits.area", "from 1"},
	{TOOL "plc_writable = true\n", 3, "tool.plc_writable", "measure or surface"},
	{TOOL "[limits]\nplc_writable = 1\n", 4, "limits.plc_writable", "true or false"},
	{TOOL "[image]\nmin_mean = 200\nmax_mean = 100\n", 4, "image.min_mean", "max_mean"},
	{TOOL "[locate.deep]\nx = 1\n", 3, "locate.deep", "unknown table"},
};

static void recipes_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_recipes / sizeof *bad_recipes; i++) {
		struct okng_recipe r, before;
		memset(&r, 0x5a, sizeof r);
		before = r;
		assert_true(recipe(&r, bad_recipes[i].text) < 0);
		assert_int_equal(errors.n, 1);
		if (errors.error[0].line != bad_recipes[i].line || strcmp(errors.error[0].key, bad_recipes[i].key) != 0 ||
			!strstr(errors.error[0].text, bad_recipes[i].says))
			fail_msg("%s -> line %d, key %s: %s", bad_recipes[i].text, errors.error[0].line, errors.error[0].key, errors.error[0].text);
		assert_memory_equal(&r, &before, sizeof r);
	}
}

/* The ends of what the keys of a conductor tool and of its rows may be are taken, one step beyond is not. */
static void ends_of_ranges(void **state)
{
	(void)state;
	static const struct {
		const char *table, *key, *low, *high, *below, *above;
	} keys[] = {
		{"", "level", "1", "255", "0", "256"}, {"", "search", "0", "16", "-1", "17"}, {"", "box_margin", "0", "64", "-1", "65"},
		{"", "least_box", "1", "256", "0", "257"},
		{"[[class]]\n", "residue", "[0, 0]", "[0, 1e9]", "[-0.5, 1]", "[0, 1.1e9]"},
		{"[[class]]\n", "depth", "[0, 0]", "[2.5, 1e9]", "[-1, 1]", "[0, inf]"},
		{"[[class]]\n", "relative_depth", "[0, 0.5]", "[0, 1e9]", "[-0.1, 1]", "[nan, 1]"},
		{"[[class]]\n", "radius", "[0, 0]", "[0, 1e9]", "[-1, 1]", "[0, 1.1e9]"},
		{"[[class]]\n", "border", "[0, 7]", "[0, 1e9]", "[-1, 7]", "[0, 1.1e9]"},
		{"[[class]]\n", "conductors", "[-1000, -1]", "[-1, 1000]", "[-1001, 0]", "[0, 1001]"},
		{"[[class]]\n", "grounds", "[-1000, -1000]", "[1, 1000]", "[-1001, 0]", "[0, 1001]"},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *values[] = {keys[i].low, keys[i].high, keys[i].below, keys[i].above};
		for (int k = 0; k < 4; k++) {
			struct okng_recipe r;
			char text[200], key[40];
			snprintf(text, sizeof text, CONDUCTOR "%s%s = %s\n", keys[i].table, keys[i].key, values[k]);
			snprintf(key, sizeof key, "%s.%s", *keys[i].table ? "class" : "tool", keys[i].key);
			if ((recipe(&r, text) == 0) != (k < 2))
				fail_msg("%s: %d errors", text, errors.n);
			if (k < 2)
				continue;
			assert_int_equal(errors.n, 1);
			assert_int_equal(errors.error[0].line, *keys[i].table ? 5 : 4);
			assert_string_equal(errors.error[0].key, key);
			assert_true(strlen(errors.error[0].text) > 10);
		}
	}
}

static void conductor_values(void **state)
{
	(void)state;
	struct okng_recipe r;
	assert_int_equal(recipe(&r, CONDUCTOR), 0);
	const struct okng_tool *t = &r.tools[0];
	assert_int_equal(t->type, OKNG_TOOL_CONDUCTOR);
	assert_true(t->conductor_dark);
	assert_int_equal(t->decide, OKNG_DECIDE_TREES);
	assert_int_equal(t->level, 128);
	assert_int_equal(t->search, 16);
	assert_int_equal(t->box_margin, 9);
	assert_int_equal(t->least_box, 24);
	assert_true(okng_recipe_needs_taught(&r) && okng_recipe_needs_image(&r));
	assert_int_equal(recipe(&r, CONDUCTOR "conductor = \"bright\"\nlevel = 90\nsearch = 3\nbox_margin = 0\nleast_box = 1\ndecide = \"rows\"\n"
		"[[class]]\nname = \"a\"\nresidue = [1, 2]\ndepth = [3, 4]\nrelative_depth = [0.25, 0.5]\nradius = [5, 6]\nconductors = [-7, -1]\n"
		"grounds = [1, 8]\nborder = [9, 10]\n[[class]]\nname = \"b\"\nnumber = 2\n"), 0);
	assert_false(t->conductor_dark);
	assert_int_equal(t->decide, OKNG_DECIDE_ROWS);
	assert_int_equal(t->level, 90);
	assert_int_equal(t->search, 3);
	assert_int_equal(t->box_margin, 0);
	assert_int_equal(t->least_box, 1);
	assert_false(okng_recipe_needs_taught(&r));
	static const struct okng_range given[] = {{1, 2}, {3, 4}, {0.25, 0.5}, {5, 6}, {-7, -1}, {1, 8}, {9, 10}};
	static const struct okng_range any = {0, 1e9}, change = {-1000, 1000};
	for (int i = 0; i < 2; i++) {
		const struct okng_class *c = &r.classes[i];
		const struct okng_range have[] = {c->residue, c->depth, c->relative_depth, c->radius, c->conductors, c->grounds, c->border};
		for (int k = 0; k < 7; k++) {
			const struct okng_range *want = i == 0 ? &given[k] : k == 4 || k == 5 ? &change : &any;
			assert_true(have[k].min >= want->min && have[k].min <= want->min && have[k].max >= want->max && have[k].max <= want->max);
		}
	}
}

static void all_at_once(void **state)
{
	(void)state;
	struct okng_station_config c;
	assert_true(station(&c, "[store]\nkeep = 1\n[station]\nqueue = 0\nworkers = 99\n[plc]\nbnd = \"x\"\n") < 0);
	assert_int_equal(errors.n, 4);
	static const int lines[] = {2, 4, 5, 7};
	for (int i = 0; i < 4; i++)
		assert_int_equal(errors.error[i].line, lines[i]);
	/* More than are kept are still counted. */
	char *many = malloc(100 * 16);
	assert_non_null(many);
	size_t n = 0;
	for (int i = 0; i < 80; i++)
		n += (size_t)sprintf(many + n, "k%d = 1\n", i);
	assert_true(okng_config_parse_station(&c, many, n, "f", &errors) < 0);
	assert_int_equal(errors.n, 80);
	free(many);
}

static void good_values(void **state)
{
	(void)state;
	struct okng_station_config c;
	assert_int_equal(station(&c, "# 工位\r\n[station]\r\nname = \"一号工位\"\r\nrecipes = \"r\"\r\n[trigger]\r\nsource = \"timer\"\r\nperiod_ms = 40\r\n"
		"[plc]\nword_order = \"CDAB\"\nallow = [\"10.1.0.0/16\", \"::1\"]\n[store]\nfolder = \"/data\"\nformat = \"png\"\n"
		"[camera]\nrate = 3\n[camera.synthetic]\nseed = 4294967295\n"), 0);
	assert_string_equal(c.name, "一号工位");
	assert_string_equal(c.recipes, "/etc/okng/r");
	assert_string_equal(c.store.folder, "/data");
	assert_int_equal(c.trigger, OKNG_TRIGGER_TIMER);
	assert_int_equal(c.period_ms, 40);
	assert_int_equal(c.plc.word_order, OKNG_WORD_CDAB);
	assert_int_equal(c.plc.n_allow, 2);
	assert_string_equal(c.plc.allow[1], "::1");
	assert_int_equal(c.store.format, OKNG_PICTURE_PNG);
	assert_true(c.view[0].camera.rate >= 3 && c.view[0].camera.rate <= 3);
	assert_int_equal(c.view[0].camera.seed, 4294967295u);
	assert_int_equal(c.workers, 2); /* a default */

	struct okng_recipe r;
	assert_int_equal(recipe(&r, "name = \"板\"\nnumber = 9\n" TOOL "ignore = [[1, 2, 3, 4], [5, 6, 7, 8]]\n[[tool]]\nname = \"b\"\n"
		"[[class]]\nname = \"c\"\nnumber = 5\nelongation = [2, 9.5]\nverdict = \"review\"\ntool = \"b\"\n"), 0);
	assert_int_equal(r.number, 9);
	assert_int_equal(r.n_tools, 2);
	assert_int_equal(r.tools[0].n_ignore, 2);
	assert_int_equal(r.tools[0].ignore[1].w, 7);
	assert_int_equal(r.tools[1].n_ignore, 0);
	assert_int_equal(r.n_classes, 1);
	assert_int_equal(r.classes[0].verdict, OKNG_REVIEW);
	assert_true(r.classes[0].elongation.max > 9.4 && r.classes[0].elongation.max < 9.6);
	assert_int_equal(r.classes[0].limit_count, -1);
	assert_int_equal(recipe(&r, "[scale]\nmm_per_pixel = 0.02\n" MEASURE "measure = \"angle\"\nfrom = [1, 2.5]\nto = [11, 12]\nfrom2 = [3, 4]\n"
		"to2 = [13, 4.25]\nbreadth = 30\nscans = 9\ntransition = \"fall\"\npick = \"last\"\nnominal = 90\ntolerance = [-0.5, 1]\nunit = \"mm\"\n"), 0);
	const struct okng_measure *m = &r.tools[0].measure;
	assert_true(r.scale.mm_per_pixel > 0.019 && r.scale.mm_per_pixel < 0.021);
	assert_int_equal(r.tools[0].type, OKNG_TOOL_MEASURE);
	assert_int_equal(m->kind, OKNG_MEASURE_ANGLE);
	assert_true(m->from.y > 2.4 && m->from.y < 2.6 && m->to2.y > 4.2 && m->to2.y < 4.3 && m->to.x > 10.9 && m->from2.x > 2.9);
	assert_int_equal(m->scans, 9);
	assert_int_equal(m->transition, OKNG_TRANSITION_FALL);
	assert_int_equal(m->pick, OKNG_PICK_LAST);
	assert_int_equal(m->unit, OKNG_UNIT_MM);
	assert_true(m->tolerance.min < -0.4 && m->tolerance.max > 0.9 && m->sigma > 1.4 && m->coverage > 0.6);
}

/* What is printed as the default is the default, to the byte. */
static void defaults_round_trip(void **state)
{
	(void)state;
	static const char *const kinds[] = {"station", "recipe"};
	for (int i = 0; i < 2; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *f = open_memstream(&text, &size);
		assert_non_null(f);
		assert_int_equal(okng_config_print_defaults(f, kinds[i]), 0);
		fclose(f);
		if (i == 0) {
			struct okng_station_config a, b;
			memset(&a, 0, sizeof a);
			memset(&b, 0, sizeof b);
			assert_int_equal(okng_config_parse_station(&a, text, size, "okng.toml", &errors), 0);
			assert_int_equal(okng_config_parse_station(&b, "", 0, "okng.toml", &errors), 0);
			assert_int_equal(okng_config_compare(&a, &b, NULL), OKNG_RELOAD_NOW);
			assert_memory_equal(&a, &b, sizeof a);
		} else {
			struct okng_recipe a;
			assert_int_equal(okng_config_parse_recipe(&a, text, size, "recipe.toml", &errors), 0);
			assert_int_equal(a.n_tools, 1);
			assert_int_equal(a.n_classes, 1);
		}
		free(text);
	}
	assert_int_equal(okng_config_print_defaults(stderr, "other"), -EINVAL);
}

static void cameras(void **state)
{
	static struct okng_station_config c, other;
	const char *first;
	(void)state;
	assert_int_equal(station(&c, ""), 0);
	assert_int_equal(c.n_views, 1);
	assert_string_equal(c.view[0].camera.name, "camera 1");
	assert_int_equal(station(&c, "[camera]\nname = \"top\"\nflat = \"top.flat\"\n[camera.synthetic]\nwidth = 800\n"), 0);
	assert_int_equal(c.n_views, 1);
	assert_int_equal(c.view[0].camera.width, 800);
	assert_string_equal(c.view[0].flat, "/etc/okng/top.flat");
	assert_int_equal(station(&c, "[[camera]]\nname = \"top\"\n[camera.synthetic]\nseed = 4\n"
		"[[camera]]\nname = \"side\"\nview = \"side\"\n[camera.synthetic]\nwidth = 800\n"), 0);
	assert_int_equal(c.n_views, 2);
	assert_int_equal(c.view[0].camera.width, 640);
	assert_int_equal(c.view[0].camera.seed, 4);
	assert_int_equal(c.view[1].camera.width, 800);
	assert_int_equal(c.view[1].camera.seed, 1);
	assert_string_equal(c.view[1].view, "side");
	other = c;
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_NOW);
	strcpy(other.view[1].flat, "x");
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_RECIPE);
	assert_string_equal(first, "flat");
	other.view[1].camera.seed++;
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_RESTART);
	assert_string_equal(first, "seed");
	other.n_views = 1;
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_RESTART);
	assert_string_equal(first, "camera");
}

static void links(void **state)
{
	(void)state;
	static struct okng_station_config c, other;
	const char *first = NULL;
	assert_int_equal(station(&c, "[plc]\nenabled = false\n[[link]]\nrole = \"rtu-server\"\ndevice = \"/dev/ttyS1\"\nparity = \"odd\"\n"
		"[[link]]\nrole = \"client\"\nname = \"line 3\"\nhost = \"192.168.1.10\"\ncontrol_at = 1000\nword_order = \"CDAB\"\n"), 0);
	assert_int_equal(c.plc.n_links, 2);
	const struct okng_link_params *a = &c.plc.links[0], *b = &c.plc.links[1];
	assert_int_equal(a->role, OKNG_LINK_RTU_SERVER);
	assert_string_equal(a->serial.device, "/dev/ttyS1");
	assert_int_equal(a->serial.parity, OKNG_PARITY_ODD);
	assert_int_equal(a->serial.baud, 19200);
	assert_int_equal(b->role, OKNG_LINK_CLIENT);
	assert_string_equal(b->name, "line 3");
	assert_int_equal(b->port, 502);
	assert_true(b->control);
	assert_int_equal(b->control_at, 1000);
	assert_int_equal(b->result_at, 100);
	assert_int_equal(b->word_order, OKNG_WORD_CDAB);
	other = c;
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_NOW);
	other.plc.links[1].poll_ms = 20;
	assert_int_equal(okng_config_compare(&c, &other, &first), OKNG_RELOAD_RESTART);
	assert_string_equal(first, "link");
	/* The printed file has a [[link]] that only needs its marks taken away. */
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	okng_config_print_defaults(f, "station");
	fclose(f);
	char *at = strstr(text, "#[[link]]");
	assert_non_null(at);
	for (char *line = at; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (line[0] == '#' && line[1] != ' ')
			line[0] = ' ';
	assert_true(station(&other, text) < 0); /* every key for one role: refused, but each is known and its default allowed */
	for (int i = 0; i < errors.n; i++)
		if (!strstr(errors.error[i].text, "is not for role \"server\""))
			fail_msg("%s: %s", errors.error[i].key, errors.error[i].text);
	free(text);
}

static void reload_classes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum okng_reload class;
		const char *first;
	} cases[] = {
		{"", OKNG_RELOAD_NOW, NULL},
		{"[station]\ndeadline_ms = 77\n", OKNG_RELOAD_NOW, "deadline_ms"},
		{"[station]\nrecipe = \"other\"\n", OKNG_RELOAD_RECIPE, "recipe"},
		{"[station]\nrecipe = \"other\"\nqueue = 3\n", OKNG_RELOAD_RESTART, "queue"},
		{"[plc]\nallow = [\"::1\"]\n", OKNG_RELOAD_RESTART, "allow"},
	};
	struct okng_station_config a, b;
	assert_int_equal(station(&a, ""), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *first;
		assert_int_equal(station(&b, cases[i].text), 0);
		assert_int_equal(okng_config_compare(&a, &b, &first), cases[i].class);
		if (cases[i].first)
			assert_string_equal(first, cases[i].first);
		else
			assert_null(first);
	}
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[300];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/%s/recipe.toml", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void finds_recipes(void **state)
{
	(void)state;
	char folder[] = "/tmp/okng-config-XXXXXX", name[48], command[64];
	struct okng_error err;
	assert_non_null(mkdtemp(folder));
	put(folder, "a", "number = 3\n" TOOL);
	put(folder, "b", "number = 4\n" TOOL);
	put(folder, "broken", "number = 5\n[[tool]\n");
	assert_int_equal(okng_config_find_recipe(name, sizeof name, folder, 4, &err), 0);
	assert_string_equal(name, "b");
	assert_int_equal(okng_config_find_recipe(name, sizeof name, folder, 5, &err), -ENOENT);
	put(folder, "c", "number = 4\n" TOOL);
	assert_int_equal(okng_config_find_recipe(name, sizeof name, folder, 4, &err), -EEXIST);
	assert_int_equal(okng_config_find_recipe(name, sizeof name, "/nonexistent", 4, &err), -ENOENT);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

/* What a recipe opens for the PLC: in the order of its file, with the ranges of its rows. */
static void opens_limits(void **state)
{
	(void)state;
	static const char text[] =
		TOOL "[[tool]]\nname = \"hole\"\ntype = \"measure\"\nmeasure = \"circle\"\nunit = \"mm\"\ntolerance = [-0.1, 0.2]\n"
		"plc_writable = true\n[[tool]]\nname = \"skin\"\ntype = \"surface\"\nplc_writable = true\n"
		"[[class]]\nname = \"划痕\"\nnumber = 7\nlimit_area = 33.5\nplc_writable = true\n[[class]]\nname = \"b\"\nnumber = 8\n"
		"[scale]\nmm_per_pixel = 0.1\n[limits]\narea = 12\nplc_writable = true\n";
	static const struct {
		const char *name, *unit;
		double min, max, value;
		bool whole, below_next;
	} want[] = {
		{"limits.area", "pixels", 1, 1e9, 12, false, false}, {"limits.count", "defects", 0, 1000, 0, true, false},
		{"limits.total_area", "pixels", 0, 1e9, 0, false, false}, {"tool.hole.tolerance_low", "mm", -1e6, 1e6, -0.1, false, true},
		{"tool.hole.tolerance_high", "mm", -1e6, 1e6, 0.2, false, false}, {"tool.hole.max_roundness", "mm", 0, 1e6, 0, false, false},
		{"tool.hole.max_offset", "mm", 0, 1e6, 0, false, false}, {"tool.skin.unlike", "times", 0.1, 10, 1, false, false},
		{"class.划痕.limit_area", "pixels", 0, 1e9, 33.5, false, false}, {"class.划痕.limit_count", "defects", -1, 1000, -1, true, false},
	};
	static struct okng_recipe r;
	static struct okng_plc_limit got[OKNG_PLC_LIMITS_MAX];
	if (okng_config_parse_recipe(&r, text, strlen(text), "recipe.toml", &errors) < 0)
		fail_msg("line %d: %s: %s", errors.error[0].line, errors.error[0].key, errors.error[0].text);
	assert_int_equal(okng_config_limits(&r, got), sizeof want / sizeof *want);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_string_equal(got[i].name, want[i].name);
		assert_string_equal(got[i].unit, want[i].unit);
		assert_true(got[i].min == want[i].min && got[i].max == want[i].max && got[i].value == want[i].value);
		assert_int_equal(got[i].whole, want[i].whole);
		assert_int_equal(got[i].below_next, want[i].below_next);
	}
	assert_int_equal(okng_config_parse_recipe(&r, TOOL, strlen(TOOL), "recipe.toml", &errors), 0);
	assert_int_equal(okng_config_limits(&r, got), 0);
	/* 25 classes open 50 limits: more than there are registers for. */
	char many[4096] = TOOL;
	for (int i = 1; i <= 25; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "[[class]]\nname = \"c%d\"\nnumber = %d\nplc_writable = true\n", i, i);
	assert_int_equal(okng_config_parse_recipe(&r, many, strlen(many), "recipe.toml", &errors), -EINVAL);
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.error[0].key, "plc_writable");
	assert_non_null(strstr(errors.error[0].text, "opens 50 limits"));
}

static void crc(void **state)
{
	(void)state;
	/* The check value of CRC-16/MODBUS. */
	char path[] = "/tmp/okng-crc-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "123456789", 9), 9);
	close(fd);
	const char *paths[] = {path, "/nonexistent"};
	assert_int_equal(okng_config_crc(paths, 2), 0x4b37);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stations_refused), cmocka_unit_test(recipes_refused), cmocka_unit_test(all_at_once),
		cmocka_unit_test(ends_of_ranges), cmocka_unit_test(conductor_values),
		cmocka_unit_test(good_values), cmocka_unit_test(defaults_round_trip), cmocka_unit_test(reload_classes),
		cmocka_unit_test(finds_recipes), cmocka_unit_test(cameras), cmocka_unit_test(links), cmocka_unit_test(crc), cmocka_unit_test(opens_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
