/* SPDX-License-Identifier: Apache-2.0
 *
 * What a PLC reads of a handshake's state. Made anew for each request, so that bits, words and result block always
 * belong to one moment.
 */
#include <string.h>

#include "plc/handshake.h"

static bool coil(const struct okng_handshake *h, enum okng_coil c)
{
	return h->holding[OKNG_HOLDING_CONTROL_BITS] >> c & 1;
}

static bool is_online(const struct okng_handshake *h)
{
	return h->told && h->status.online && !coil(h, OKNG_COIL_SET_OFFLINE);
}

static uint16_t error_of(const struct okng_handshake *h)
{
	return h->status.error ? h->status.error : h->error;
}

static uint16_t offline_reason(const struct okng_handshake *h)
{
	if (!h->told)
		return OKNG_PLC_OFFLINE_STARTING;
	if (h->status.offline_reason)
		return h->status.offline_reason;
	return is_online(h) ? OKNG_PLC_OFFLINE_NONE : OKNG_PLC_OFFLINE_BY_PLC;
}

static uint16_t state_of(const struct okng_handshake *h)
{
	if (!h->told)
		return OKNG_PLC_STATE_PREOPERATIONAL;
	if (h->status.offline_reason == OKNG_PLC_OFFLINE_SHUTDOWN)
		return OKNG_PLC_STATE_HALTED;
	if (h->status.error)
		return OKNG_PLC_STATE_ERROR;
	if (!is_online(h) || !h->status.recipe_ok)
		return OKNG_PLC_STATE_INITIALIZED;
	if (h->status.running)
		return OKNG_PLC_STATE_CONTINUOUS;
	return h->n_accepted ? OKNG_PLC_STATE_SINGLE_EXECUTION : OKNG_PLC_STATE_READY;
}

static uint32_t discretes(const struct okng_handshake *h, const struct okng_plc_result *shown)
{
	const struct okng_plc_status *s = &h->status;
	uint32_t bits = 0;
#define SET(name, on) bits |= (uint32_t)((on) ? 1 : 0) << OKNG_DISCRETE_##name
	SET(READY, okng_handshake_ready(h));
	SET(ONLINE, is_online(h));
	SET(TRIG_ACK, h->trig_ack);
	SET(EXPOSURE_DONE, h->exposure_done);
	SET(BUSY, h->n_accepted);
	SET(RESULT_VALID, shown);
	SET(OK, shown && shown->verdict == OKNG_PLC_VERDICT_OK);
	SET(NG, shown && shown->verdict != OKNG_PLC_VERDICT_OK);
	SET(ERROR, error_of(h));
	SET(WARNING, s->warning);
	SET(OVERRUN, h->overrun);
	SET(MISSED_TRIG, h->missed_trig);
	SET(CMD_BUSY, h->cmd_busy);
	SET(CMD_DONE, h->cmd_done);
	SET(CMD_FAILED, h->cmd_failed);
	SET(HEARTBEAT, h->heartbeat & 1);
	SET(REVIEW, shown && shown->verdict == OKNG_PLC_VERDICT_REVIEW);
	SET(CAMERA_OK, s->camera_ok);
	SET(IMAGE_DRIFT, s->drift);
	SET(DISK_WARN, s->disk_warn);
	SET(PLC_LOST, h->plc_lost);
	SET(SIMULATION, s->simulation);
#undef SET
	return bits;
}

static uint16_t age(const struct okng_handshake *h, int64_t now_ms)
{
	int64_t ms = now_ms - h->judged_ms[0];
	return ms < 0 ? 0 : ms > UINT16_MAX ? UINT16_MAX : (uint16_t)ms;
}

void okng_handshake_image(const struct okng_handshake *h, int64_t now_ms, struct okng_plc_image *image)
{
	const struct okng_plc_result *shown = okng_handshake_shown(h);
	uint16_t *in = image->input;
	memset(image, 0, sizeof *image);
	memcpy(image->holding, h->holding, sizeof image->holding);
	image->discrete = discretes(h, shown);
	okng_regmap_put_constants(in, h->order);
	okng_regmap_put_u32(in + OKNG_INPUT_STATUS_BITS, image->discrete, h->order);
	in[OKNG_INPUT_HEARTBEAT] = h->heartbeat;
	in[OKNG_INPUT_STATE] = state_of(h);
	in[OKNG_INPUT_ERROR] = error_of(h);
	in[OKNG_INPUT_WARNING] = h->status.warning;
	in[OKNG_INPUT_OFFLINE_REASON] = offline_reason(h);
	in[OKNG_INPUT_RECIPE] = h->status.recipe;
	in[OKNG_INPUT_CONFIG_CRC] = h->status.config_crc;
	in[OKNG_INPUT_CMD_CODE_ECHO] = h->echo_code;
	in[OKNG_INPUT_CMD_ID_ECHO] = h->echo_id;
	in[OKNG_INPUT_CMD_RESULT] = h->echo_result;
	in[OKNG_INPUT_BUFFERS_LEFT] = (uint16_t)(OKNG_PLC_BUFFERS - h->n_results);
	okng_regmap_put_block(in, shown, shown ? age(h, now_ms) : 0, h->order);
	for (int i = 0; i < 10; i++)
		okng_regmap_put_u32(in + OKNG_INPUT_COUNT_TOTAL + 2 * i,
			OKNG_INPUT_COUNT_TOTAL + 2 * i == OKNG_INPUT_COUNT_MISSED ? h->missed : h->status.counters[i], h->order);
}
