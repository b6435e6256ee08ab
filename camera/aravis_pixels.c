/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline looks at 8 bits, so of 10 to 16 the upper 8 are taken: a shift, no rounding, which would brighten by half
 * a level and need a limit at white. Cameras that send bits above their depth are taken as white.
 */
#include "camera/aravis_pixels.h"

#include <errno.h>
#include <string.h>

static void copy(uint8_t *to, const uint8_t *from, int32_t n, int shift)
{
	(void)shift;
	memcpy(to, from, (size_t)n);
}

static void from_16(uint8_t *to, const uint8_t *from, int32_t n, int shift)
{
	for (int32_t i = 0; i < n; i++) {
		unsigned v = (from[2 * i] | (unsigned)from[2 * i + 1] << 8) >> shift;
		to[i] = (uint8_t)(v < 255 ? v : 255);
	}
}

static void from_10p(uint8_t *to, const uint8_t *from, int32_t n, int shift)
{
	(void)shift;
	for (; n > 0; n -= 4, from += 5, to += 4) {
		to[0] = (uint8_t)(from[0] >> 2 | from[1] << 6);
		to[1] = (uint8_t)(from[1] >> 4 | from[2] << 4);
		to[2] = (uint8_t)(from[2] >> 6 | from[3] << 2);
		to[3] = from[4];
	}
}

static void from_12p(uint8_t *to, const uint8_t *from, int32_t n, int shift)
{
	(void)shift;
	for (; n > 0; n -= 2, from += 3, to += 2) {
		to[0] = (uint8_t)(from[0] >> 4 | from[1] << 4);
		to[1] = from[2];
	}
}

static void from_packed(uint8_t *to, const uint8_t *from, int32_t n, int shift)
{
	(void)shift;
	for (; n > 0; n -= 2, from += 3, to += 2) {
		to[0] = from[0];
		to[1] = from[2];
	}
}

static void values_8(uint16_t *to, const uint8_t *from, int32_t n, int depth)
{
	(void)depth;
	for (int32_t i = 0; i < n; i++)
		to[i] = from[i];
}

static void values_16(uint16_t *to, const uint8_t *from, int32_t n, int depth)
{
	unsigned most = (1u << depth) - 1;
	for (int32_t i = 0; i < n; i++) {
		unsigned v = from[2 * i] | (unsigned)from[2 * i + 1] << 8;
		to[i] = (uint16_t)(v < most ? v : most);
	}
}

static void values_10p(uint16_t *to, const uint8_t *from, int32_t n, int depth)
{
	(void)depth;
	for (; n > 0; n -= 4, from += 5, to += 4) {
		to[0] = (uint16_t)(from[0] | (from[1] & 0x03u) << 8);
		to[1] = (uint16_t)(from[1] >> 2 | (from[2] & 0x0fu) << 6);
		to[2] = (uint16_t)(from[2] >> 4 | (from[3] & 0x3fu) << 4);
		to[3] = (uint16_t)(from[3] >> 6 | (unsigned)from[4] << 2);
	}
}

static void values_12p(uint16_t *to, const uint8_t *from, int32_t n, int depth)
{
	(void)depth;
	for (; n > 0; n -= 2, from += 3, to += 2) {
		to[0] = (uint16_t)(from[0] | (from[1] & 0x0fu) << 8);
		to[1] = (uint16_t)(from[1] >> 4 | (unsigned)from[2] << 4);
	}
}

/* In the order of the words in config/camera.def; Bayer codes in that of enum okng_pattern. */
const struct okng_aravis_format okng_aravis_formats[OKNG_ARAVIS_FORMATS] = {
	{"Mono8", {0x01080001}, 8, 8, 1, copy, NULL},
	{"Mono10", {0x01100003}, 16, 10, 1, from_16, NULL},
	{"Mono10p", {0x010a0046}, 10, 10, 4, from_10p, NULL},
	{"Mono10Packed", {0x010c0004}, 12, 10, 2, from_packed, NULL},
	{"Mono12", {0x01100005}, 16, 12, 1, from_16, NULL},
	{"Mono12p", {0x010c0047}, 12, 12, 2, from_12p, NULL},
	{"Mono12Packed", {0x010c0006}, 12, 12, 2, from_packed, NULL},
	{"Mono14", {0x01100025}, 16, 14, 1, from_16, NULL},
	{"Mono16", {0x01100007}, 16, 16, 1, from_16, NULL},
	{"Bayer8", {0x0108000b, 0x0108000a, 0x01080008, 0x01080009}, 8, 8, 1, copy, values_8},
	{"Bayer10", {0x0110000f, 0x0110000e, 0x0110000c, 0x0110000d}, 16, 10, 1, from_16, values_16},
	{"Bayer10p", {0x010a0052, 0x010a0054, 0x010a0056, 0x010a0058}, 10, 10, 4, from_10p, values_10p},
	{"Bayer12", {0x01100013, 0x01100012, 0x01100010, 0x01100011}, 16, 12, 1, from_16, values_16},
	{"Bayer12p", {0x010c0053, 0x010c0055, 0x010c0057, 0x010c0059}, 12, 12, 2, from_12p, values_12p},
};

struct frame {
	const struct okng_aravis_format *format;
	const uint8_t *data;
	size_t row_bytes;
	int32_t width;
};

static void read_row(const void *frame, int32_t y, uint16_t *to)
{
	const struct frame *f = frame;
	f->format->values(to, f->data + (size_t)y * f->row_bytes, f->width, f->format->depth);
}

int okng_aravis_unpack(struct okng_image *to, const struct okng_aravis_format *format, const struct okng_aravis_mosaic *mosaic,
	const void *data, size_t size, size_t row_bytes)
{
	size_t least = okng_aravis_row_bytes(format, to->width);
	if (to->pixel != OKNG_PIXEL_MONO8 || to->width % format->group || row_bytes < least || size < least ||
	    (size - least) / row_bytes < (size_t)to->height - 1)
		return -EINVAL;
	if (format->values && (to->width < 2 || to->height < 2))
		return -EINVAL;
	if (format->values)
		okng_mosaic_to_8(to, &(struct okng_mosaic){mosaic->pattern, mosaic->bayer, format->depth, read_row,
			&(struct frame){format, data, row_bytes, to->width}}, mosaic->scratch);
	else
		for (int32_t y = 0; y < to->height; y++)
			format->unpack(okng_image_row(to, y), (const uint8_t *)data + (size_t)y * row_bytes, to->width, format->depth - 8);
	return 0;
}
