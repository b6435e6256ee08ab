/* SPDX-License-Identifier: Apache-2.0
 *
 * A writing is planned against a snapshot of the registers and carried out to its end; what changed meanwhile is the next
 * one's. A request whose answer is missing may have been carried out or not, so that the words it wrote are unknown and the
 * next writing is of everything.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "plc/master.h"

#define BLOCK OKNG_MAP_BLOCK
#define BLOCK_END OKNG_MAP_BLOCK_END

void okng_master_init(struct okng_master *m, const struct okng_link_params *params)
{
	memset(m, 0, sizeof *m);
	m->params = *params;
	okng_master_reset(m);
}

void okng_master_reset(struct okng_master *m)
{
	m->fresh = true;
	m->seen = m->known = m->was_read = false;
	memset(m->unsure, 0, sizeof m->unsure);
	m->n_steps = m->step = 0;
	m->function = 0;
	m->read_ns = 0;
	m->delivered = 0;
}

static unsigned words(const struct okng_master *m)
{
	return (unsigned)m->params.result_words;
}

static bool differs(const struct okng_master *m, unsigned i, const uint16_t *input)
{
	return !m->known || m->unsure[i] || (i != OKNG_INPUT_AGE && m->shadow[i] != input[i]);
}

bool okng_master_owes(const struct okng_master *m, const uint16_t input[OKNG_MAP_INPUTS])
{
	for (unsigned i = 0; i < words(m); i++)
		if (differs(m, i, input))
			return true;
	return m->step < m->n_steps;
}

bool okng_master_settled(const struct okng_master *m)
{
	return m->known && m->step == m->n_steps && (m->seen || !m->params.control);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)(v & 0xff);
}

static unsigned most(const struct okng_master *m)
{
	return m->params.write_function == 6 ? 1 : (unsigned)m->params.write_max;
}

static void add(struct okng_master *m, unsigned at, unsigned end, bool zero)
{
	while (at < end) {
		unsigned n = end - at < most(m) ? end - at : most(m);
		assert(m->n_steps < sizeof m->steps / sizeof *m->steps);
		m->steps[m->n_steps++] = (struct okng_master_step){(uint8_t)at, (uint8_t)n, zero};
		at += n;
	}
}

/* The changed words of a part, from the first to the last of them. */
static void add_changed(struct okng_master *m, unsigned at, unsigned end)
{
	while (at < end && !differs(m, at, m->target))
		at++;
	while (end > at && !differs(m, end - 1, m->target))
		end--;
	add(m, at, end, false);
}

static void plan(struct okng_master *m, const uint16_t *input)
{
	unsigned first = 0, end = words(m);
	memcpy(m->target, input, sizeof m->target);
	m->n_steps = m->step = 0;
	while (!differs(m, first, input))
		first++;
	while (!differs(m, end - 1, input))
		end--;
	bool block = false;
	for (unsigned i = BLOCK; i < BLOCK_END; i++)
		block = block || differs(m, i, input);
	if (end - first <= most(m) || !block) {
		add(m, first, end, false);
		return;
	}
	bool unsure = !m->known || m->unsure[OKNG_INPUT_STATUS_BITS] || m->unsure[OKNG_INPUT_STATUS_BITS + 1];
	if (unsure || okng_regmap_get_u32(m->shadow + OKNG_INPUT_STATUS_BITS, m->params.word_order) & OKNG_MASTER_VERDICT_BITS)
		add(m, OKNG_INPUT_STATUS_BITS, OKNG_INPUT_STATUS_BITS + 2, true);
	if (!m->known || m->unsure[OKNG_INPUT_SEQ_TAIL] || m->shadow[OKNG_INPUT_SEQ_TAIL])
		add(m, OKNG_INPUT_SEQ_TAIL, OKNG_INPUT_SEQ_TAIL + 1, true);
	add_changed(m, BLOCK, BLOCK_END - 1);
	add(m, OKNG_INPUT_SEQ_TAIL, OKNG_INPUT_SEQ_TAIL + 1, false);
	/* Whole again, also where the verdict bits were taken away. */
	add(m, 0, BLOCK, false);
	add_changed(m, BLOCK_END, words(m));
}

static void fill(struct okng_master *m, const struct okng_master_step *s)
{
	memcpy(m->sent, m->target + s->at, s->count * sizeof *m->sent);
	if (!s->zero)
		return;
	if (s->at == OKNG_INPUT_SEQ_TAIL) {
		m->sent[0] = 0;
		return;
	}
	uint16_t status[2];
	uint32_t bits = okng_regmap_get_u32(m->target + OKNG_INPUT_STATUS_BITS, m->params.word_order);
	okng_regmap_put_u32(status, bits & ~OKNG_MASTER_VERDICT_BITS, m->params.word_order);
	memcpy(m->sent, status + (s->at - OKNG_INPUT_STATUS_BITS), s->count * sizeof *m->sent);
}

static size_t request_write(struct okng_master *m, uint8_t *pdu)
{
	const struct okng_master_step *s = &m->steps[m->step];
	fill(m, s);
	m->function = pdu[0] = (uint8_t)m->params.write_function;
	put16(pdu + 1, (unsigned)m->params.result_at + s->at);
	if (pdu[0] == 6) {
		put16(pdu + 3, m->sent[0]);
		return 5;
	}
	put16(pdu + 3, s->count);
	pdu[5] = (uint8_t)(2 * s->count);
	for (unsigned i = 0; i < s->count; i++)
		put16(pdu + 6 + 2 * i, m->sent[i]);
	return 6u + 2u * s->count;
}

static size_t request_read(struct okng_master *m, int64_t now_ns, uint8_t *pdu)
{
	m->function = pdu[0] = (uint8_t)m->params.read_function;
	m->read_ns = now_ns ? now_ns : 1;
	put16(pdu + 1, (unsigned)m->params.control_at);
	put16(pdu + 3, OKNG_MAP_HOLDINGS);
	return 5;
}

size_t okng_master_next(struct okng_master *m, const uint16_t input[OKNG_MAP_INPUTS], int64_t now_ns, uint8_t pdu[OKNG_PDU_MAX],
	int64_t *then_ns)
{
	assert(!m->function);
	/* Where the PLC does not control, reading a block would be pointless. */
	int64_t due = !m->params.control ? INT64_MAX : m->read_ns ? m->read_ns + m->params.poll_ms * INT64_C(1000000) : now_ns;
	*then_ns = due;
	/* First of all the PLC must not have an old result. Then readings and writings take turns, so that neither starves. */
	bool owes = okng_master_owes(m, input);
	if (m->known && now_ns >= due && !(m->was_read && owes)) {
		m->was_read = true;
		return request_read(m, now_ns, pdu);
	}
	m->was_read = false;
	if (m->step == m->n_steps && owes)
		plan(m, input);
	if (m->step < m->n_steps)
		return request_write(m, pdu);
	return 0;
}

static int take_control(struct okng_master *m, const uint8_t *pdu, size_t size)
{
	if (size != 2 + 2 * OKNG_MAP_HOLDINGS || pdu[1] != 2 * OKNG_MAP_HOLDINGS)
		return -EPROTO;
	m->news = 0;
	for (unsigned i = 0; i < OKNG_MAP_HOLDINGS; i++) {
		uint16_t v = (uint16_t)(pdu[2 + 2 * i] << 8 | pdu[3 + 2 * i]);
		if (m->fresh || v != m->control[i])
			m->news |= 1u << i;
		m->control[i] = v;
	}
	m->seen = true;
	m->function = 0;
	return OKNG_MASTER_CONTROL;
}

static int take_written(struct okng_master *m, const uint8_t *pdu, size_t size)
{
	const struct okng_master_step *s = &m->steps[m->step];
	uint8_t wanted[5] = {m->function};
	put16(wanted + 1, (unsigned)m->params.result_at + s->at);
	put16(wanted + 3, m->function == 6 ? m->sent[0] : s->count);
	if (size != sizeof wanted || memcmp(pdu, wanted, sizeof wanted) != 0)
		return -EPROTO;
	memcpy(m->shadow + s->at, m->sent, s->count * sizeof *m->sent);
	memset(m->unsure + s->at, 0, s->count * sizeof *m->unsure);
	m->function = 0;
	if (++m->step == m->n_steps) {
		m->known = true;
		m->delivered = m->shadow[OKNG_INPUT_SEQ_TAIL];
	}
	return OKNG_MASTER_WRITTEN;
}

int okng_master_answer(struct okng_master *m, const uint8_t *pdu, size_t size)
{
	if (!m->function || size < 2 || (pdu[0] & 0x7f) != m->function)
		return -EPROTO;
	if (pdu[0] & 0x80) {
		if (size != 2)
			return -EPROTO;
		okng_master_unanswered(m);
		m->exception = pdu[1];
		return OKNG_MASTER_EXCEPTION;
	}
	return m->function == m->params.read_function ? take_control(m, pdu, size) : take_written(m, pdu, size);
}

void okng_master_unanswered(struct okng_master *m)
{
	if (m->function == m->params.write_function && m->n_steps == 1) {
		for (unsigned i = 0; i < m->steps[0].count; i++)
			m->unsure[m->steps[0].at + i] = true;
		m->n_steps = m->step = 0;
	}
	m->function = 0;
}
