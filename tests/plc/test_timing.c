/* SPDX-License-Identifier: Apache-2.0
 *
 * The timing diagrams of docs/plc.md, played: each column is one write of the PLC or one event of the station, and after it
 * every row of the diagram must read as drawn, and no bit that is not drawn may have changed. usage: test_plc_timing PLC.MD
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plc/handshake.h"

#define CELLS_AT 16   /* where the cells of a row begin, in characters */
#define CELL 3        /* characters of a cell */
#define STEPS_MAX 32
#define ROWS_MAX 24

static const char *page;

struct row {
	const struct okng_map_row *map; /* NULL: the row "station" */
	int n;
	int cells[STEPS_MAX]; /* value; of the row "station": a letter or digit, 0 for none */
};

struct diagram {
	int n, steps;
	struct row rows[ROWS_MAX];
};

struct player {
	struct okng_handshake h;
	struct okng_plc_status status;
	uint16_t seq, trig_seq, refused; /* of the trigger that is under way */
};

/* The next character of UTF-8, 0 at the end of the line. */
static unsigned next_char(const char **at)
{
	unsigned c = (unsigned char)**at;
	if (c == 0 || c == '\n')
		return 0;
	(*at)++;
	if (c < 0x80)
		return c;
	c &= 0x1f;
	while (((unsigned char)**at & 0xc0) == 0x80)
		c = c << 6 | ((unsigned char)*(*at)++ & 0x3f);
	return c & 0xffff;
}

static const struct okng_map_row *map_row(const char *name)
{
	size_t n;
	const struct okng_map_row *rows = okng_regmap_rows(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static int cell_value(const unsigned c[CELL], const struct row *row)
{
	int value = 0;
	if (c[0] == ' ' && !row->map)
		return 0;
	if (!row->map)
		return (int)c[0];
	if (row->map->type == OKNG_TYPE_BIT) {
		for (int i = 0; i < CELL; i++)
			assert_int_equal(c[i], c[0]);
		assert_true(c[0] == 0x2581 || c[0] == 0x2594);
		return c[0] == 0x2594;
	}
	assert_true(c[0] >= '0' && c[0] <= '9');
	for (int i = 0; i < CELL && c[i] >= '0' && c[i] <= '9'; i++)
		value = 10 * value + (int)(c[i] - '0');
	return value;
}

static void parse_row(const char *line, struct row *row, int steps)
{
	char name[CELLS_AT + 1] = "";
	for (int i = 0; i < CELLS_AT; i++) {
		unsigned c = next_char(&line);
		assert_true(c >= ' ' && c < 0x7f);
		if (c != ' ')
			name[i] = (char)c;
	}
	row->map = map_row(name);
	if (!row->map && strcmp(name, "station") != 0)
		fail_msg("a row of a diagram is no register: %s", name);
	for (row->n = 0; row->n < steps; row->n++) {
		unsigned c[CELL];
		for (int i = 0; i < CELL; i++) {
			c[i] = next_char(&line);
			if (c[i] == 0)
				c[i] = ' '; /* blanks at the end of a line are left out */
		}
		row->cells[row->n] = cell_value(c, row);
	}
	assert_int_equal(next_char(&line), 0);
}

/* From the line "step …" to the end of the fenced block. */
static const char *parse(const char *at, struct diagram *d)
{
	const char *line = at + CELLS_AT;
	memset(d, 0, sizeof *d);
	while (next_char(&line))
		d->steps++;
	d->steps = (d->steps + CELL - 1) / CELL;
	assert_in_range(d->steps, 8, STEPS_MAX);
	while ((at = strchr(at, '\n') + 1) && strncmp(at, "```", 3) != 0) {
		assert_in_range(d->n, 0, ROWS_MAX - 1);
		parse_row(at, &d->rows[d->n++], d->steps);
	}
	return at;
}

static const struct row *station_row(const struct diagram *d)
{
	for (int i = 0; i < d->n; i++)
		if (!d->rows[i].map)
			return &d->rows[i];
	fail_msg("a diagram has no row of the station's events");
	return NULL;
}

static void step(struct player *p, struct okng_handshake_event e)
{
	struct okng_handshake_actions a;
	assert_int_equal(okng_handshake_step(&p->h, &e, &a), 0);
	for (int i = 0; i < a.n_triggers; i++) {
		p->trig_seq = a.triggers[i].trig_seq;
		p->refused = a.triggers[i].refused;
	}
}

/* Everything that the diagram gives the PLC in one write: what is the same as before must do nothing. */
static void plc_writes(struct player *p, const struct diagram *d, int k)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	uint32_t written = 0;
	for (int i = 0; i < d->n; i++) {
		const struct okng_map_row *m = d->rows[i].map;
		if (m && m->table == OKNG_TABLE_COIL) {
			words[OKNG_HOLDING_CONTROL_BITS] |= (uint16_t)(d->rows[i].cells[k] << m->address);
			written |= 1u << OKNG_HOLDING_CONTROL_BITS;
		} else if (m && m->table == OKNG_TABLE_HOLDING) {
			words[m->address] = (uint16_t)d->rows[i].cells[k];
			written |= 1u << m->address;
		}
	}
	assert_int_not_equal(written, 0);
	step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {.written = written, .words = words}});
}

static void station_does(struct player *p, const struct diagram *d, int k, int what)
{
	for (int i = 0; i < d->n; i++) {
		const struct okng_map_row *m = d->rows[i].map;
		if (m && (m->table == OKNG_TABLE_COIL || m->table == OKNG_TABLE_HOLDING))
			assert_int_equal(d->rows[i].cells[k], d->rows[i].cells[k - 1]);
	}
	if (what == 'E') {
		step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED});
	} else if (what == 'O') {
		p->status.online = 0;
		step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &p->status});
	} else {
		assert_true(what == 'G' || what == 'N' || what == 'F');
		struct okng_plc_result r = {.seq = ++p->seq, .trig_seq = p->trig_seq, .answers_plc = 1};
		r.verdict = what == 'G' ? OKNG_PLC_VERDICT_OK : what == 'N' ? OKNG_PLC_VERDICT_NG : OKNG_PLC_VERDICT_FAULT;
		r.reason = what == 'N' ? OKNG_PLC_REASON_DEFECT : what == 'F' ? p->refused : 0;
		step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r});
	}
}

/* The bits that the diagram draws. */
static uint32_t compare(const struct diagram *d, int k, const struct okng_plc_image *image)
{
	uint32_t drawn = 0;
	for (int i = 0; i < d->n; i++) {
		const struct okng_map_row *m = d->rows[i].map;
		if (!m || (m->table != OKNG_TABLE_DISCRETE && m->table != OKNG_TABLE_INPUT))
			continue;
		int is = m->table == OKNG_TABLE_INPUT ? image->input[m->address] : (int)(image->discrete >> m->address & 1);
		if (is != d->rows[i].cells[k])
			fail_msg("step %c: %s is %d, drawn %d", 'a' + k, m->name, is, d->rows[i].cells[k]);
		if (m->table == OKNG_TABLE_DISCRETE)
			drawn |= 1u << m->address;
	}
	return drawn;
}

static void play(const struct diagram *d)
{
	struct player p = {.status = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 2}};
	const struct row *station = station_row(d);
	uint32_t others = 0;
	okng_handshake_init(&p.h, OKNG_WORD_ABCD, 0);
	step(&p, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &p.status});
	for (int k = 0; k < d->steps; k++) {
		struct okng_plc_image image;
		if (station->cells[k])
			station_does(&p, d, k, station->cells[k]);
		else
			plc_writes(&p, d, k);
		okng_handshake_image(&p.h, 0, &image);
		uint32_t drawn = compare(d, k, &image);
		if (k && (image.discrete & ~drawn) != others)
			fail_msg("step %c: a bit changes that is not drawn: %06x, was %06x", 'a' + k, image.discrete & ~drawn, others);
		others = image.discrete & ~drawn;
		assert_int_equal(image.input[OKNG_INPUT_SEQ_HEAD], image.input[OKNG_INPUT_SEQ_TAIL]);
	}
}

static char *read_page(void)
{
	FILE *f = fopen(page, "r");
	char *text = NULL;
	size_t size = 0;
	assert_non_null(f);
	assert_true(getdelim(&text, &size, 0, f) > 0);
	fclose(f);
	return text;
}

static void diagrams(void **state)
{
	(void)state;
	char *text = read_page();
	static struct diagram d;
	int n = 0, bit_style = 0;
	for (const char *at = text; (at = strstr(at, "\n```text\nstep ")) != NULL; n++) {
		at = parse(strstr(at, "step "), &d);
		play(&d);
		for (int i = 0; i < d.n; i++)
			bit_style += d.rows[i].map && d.rows[i].map->table == OKNG_TABLE_COIL && d.rows[i].map->address == OKNG_COIL_TRIG;
	}
	assert_int_equal(n, 2);
	assert_int_equal(bit_style, 1);
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(diagrams)};
	if (argc != 2)
		return 2;
	page = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
