/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a camera as plain data; config/ fills them from [camera].
 */
#ifndef OKNG_CAMERA_PARAMS_H
#define OKNG_CAMERA_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

enum okng_camera_type { OKNG_CAMERA_SYNTHETIC = 1, OKNG_CAMERA_REPLAY };

struct okng_camera_params {
	char name[48];
	enum okng_camera_type type;
	int frames;                /* size of the frame pool, 2 to 64 */
	double rate;               /* free run: frames a second; 0 = on trigger only */
	/* synthetic */
	int width, height;         /* 160 to 4096 */
	uint32_t seed;
	double defect_rate;        /* 0 to 1: share of parts with an injected defect */
	double shift;              /* ± pixels */
	double angle;              /* ± degrees */
	double light;              /* ± share of brightness */
	double noise;              /* σ, grey levels */
	/* replay */
	char folder[240];
	char pattern[64];          /* fnmatch on the file name, default "*" */
	bool loop;
};

#endif
