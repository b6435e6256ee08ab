/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a camera as plain data; config/ fills them from [camera].
 */
#ifndef OKNG_CAMERA_PARAMS_H
#define OKNG_CAMERA_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

enum okng_camera_type { OKNG_CAMERA_SYNTHETIC = 1, OKNG_CAMERA_REPLAY, OKNG_CAMERA_ARAVIS, OKNG_CAMERA_V4L2 };

#define OKNG_ARAVIS_FEATURES_MAX 32

/* A GigE Vision or USB3 Vision camera. What is set is read back; 0 or "" leaves things as the camera has them where it
 * says so, everything else is set at every connection, since a camera keeps its settings between clients. */
struct okng_aravis_params {
	char id[96];               /* serial number, address, or name as okng camera list shows it; "": the only one */
	int format;                /* index into the formats of source_aravis_pixels.c */
	int x, y, width, height;   /* pixels of the sensor; width, height 0: as much as there is */
	int bayer;                 /* enum okng_bayer */
	double exposure_us;        /* 0: left */
	double gain;               /* in the camera's unit, most often dB; below 0: left */
	char trigger_line[32];     /* "": software trigger, or free run when rate > 0 */
	int activation;            /* enum okng_aravis_activation */
	double trigger_delay_us;
	int frame_timeout_ms;      /* trigger to frame */
	int lost_ms;               /* without a sign of life the camera is lost */
	int packet_size;           /* bytes with IP and UDP header; 0: the largest that passes */
	int packet_delay_ns;
	int socket_buffer_kib;     /* 0: as much as the kernel allows */
	bool packet_socket, resend;
	char features[OKNG_ARAVIS_FEATURES_MAX][128]; /* "Name=Value", set in this order before all others */
	int n_features;
};

enum okng_aravis_activation { OKNG_EDGE_RISING, OKNG_EDGE_FALLING, OKNG_EDGE_ANY, OKNG_LEVEL_HIGH, OKNG_LEVEL_LOW };

#define OKNG_V4L2_CONTROLS_MAX 32

/* A camera with a V4L2 driver, such as a USB camera (UVC) or a frame grabber. Set at every connection and read back; 0, -1
 * or "" leaves things as the driver has them where it says so. */
struct okng_v4l2_params {
	char id[240];              /* device file, serial number, place or name as okng camera list shows it; "": the only one */
	int input;                 /* of a frame grabber */
	int format;                /* index into okng_v4l2_formats */
	int bayer;                 /* enum okng_bayer */
	int width, height;         /* pixels; both 0: the largest there is */
	double fps;                /* exposures a second when parts are triggered; 0: left */
	double exposure_us;        /* 0: left */
	int gain;                  /* in the camera's unit; -1: left */
	int white_balance_k;       /* colour temperature, K; 0: left */
	int power_line;            /* enum okng_v4l2_power_line */
	int frame_timeout_ms;      /* trigger to frame */
	int lead_us;               /* from the start of an exposure to its timestamp at most; -1: as the driver's flags say */
	bool zero_copy;            /* frames stay in the driver's buffers where the format allows */
	char controls[OKNG_V4L2_CONTROLS_MAX][128]; /* "name=value", set in this order before all others */
	int n_controls;
};

enum okng_v4l2_power_line { OKNG_POWER_LINE_LEFT, OKNG_POWER_LINE_OFF, OKNG_POWER_LINE_50, OKNG_POWER_LINE_60, OKNG_POWER_LINE_AUTO };

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
	double fade;               /* 0 to 0.1: share of the light lost with each part, as a lamp that dies; 0.9 at most */
	/* replay */
	char folder[240];
	char pattern[64];          /* fnmatch on the file name, default "*" */
	bool loop;
	struct okng_aravis_params aravis;
	struct okng_v4l2_params v4l2;
};

#endif
