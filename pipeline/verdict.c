/* SPDX-License-Identifier: Apache-2.0
 *
 * The words for verdicts and reasons, in one place: log, table, JSON and manual must not call one thing by two names.
 */
#include "pipeline/verdict.h"

const char *okng_verdict_name(enum okng_verdict verdict)
{
	switch (verdict) {
	case OKNG_NONE:
		return "NONE";
	case OKNG_OK:
		return "OK";
	case OKNG_NG:
		return "NG";
	case OKNG_REVIEW:
		return "REVIEW";
	case OKNG_FAULT:
		return "FAULT";
	}
	return "NONE";
}

const char *okng_unit_name(enum okng_unit unit)
{
	return unit == OKNG_UNIT_DEG ? "deg" : unit == OKNG_UNIT_MM ? "mm" : "px";
}

const char *okng_quantity_name(enum okng_quantity quantity)
{
	static const char *const names[] = {"", "width", "position", "distance", "angle", "diameter", "roundness", "offset"};
	return quantity >= OKNG_QUANTITY_WIDTH && quantity <= OKNG_QUANTITY_OFFSET ? names[quantity] : "";
}

const char *okng_reason_text(enum okng_reason reason)
{
	switch (reason) {
	case OKNG_REASON_NONE:
		return "none";
	case OKNG_REASON_DEFECT:
		return "defect over its limit";
	case OKNG_REASON_MEASURE:
		return "measurement out of tolerance";
	case OKNG_REASON_NOT_FOUND:
		return "part not found in the picture";
	case OKNG_REASON_IMAGE:
		return "picture too dark, too bright or blurred";
	case OKNG_REASON_NOT_ALIGNED:
		return "part could not be aligned";
	case OKNG_REASON_DEADLINE:
		return "not ready before the deadline";
	case OKNG_REASON_CAMERA_LOST:
		return "camera lost";
	case OKNG_REASON_INCOMPLETE:
		return "frame incomplete";
	case OKNG_REASON_QUEUE_FULL:
		return "queue full";
	case OKNG_REASON_RECIPE:
		return "recipe invalid or not loaded";
	case OKNG_REASON_NOT_READY:
		return "station not ready";
	case OKNG_REASON_OFFLINE:
		return "station offline";
	case OKNG_REASON_RESTARTED:
		return "restarted while the part was inside";
	case OKNG_REASON_PLC_LOST:
		return "PLC lost";
	case OKNG_REASON_INTERNAL:
		return "internal error";
	}
	return "unknown reason";
}
