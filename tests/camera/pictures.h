/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures for the tests: encoders for what the library itself does not write, and temporary folders.
 */
#ifndef OKNG_TESTS_CAMERA_PICTURES_H
#define OKNG_TESTS_CAMERA_PICTURES_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/image.h"

struct picture {
	uint8_t *bytes;
	size_t size;
};

/* PNG of the given colour type and depth; rows: packed samples as PNG stores them. palette: 3 × 4 RGB, tRNS alpha 4. */
struct picture picture_png(const uint8_t *rows, int w, int h, int color, int depth, int interlaced);
/* JPEG; channels 1 or 3 (RGB); progressive or not. */
struct picture picture_jpeg(const uint8_t *rows, int w, int h, int channels, int quality, int progressive);
void picture_free(struct picture *p);

/* Smooth content that every codec keeps well. */
void picture_pattern(struct okng_image *img, int phase);

/* New folder in path (at least 64 bytes); remove takes all files in it too. */
void folder_make(char path[64]);
void folder_remove(const char *path);
void folder_write(const char *folder, const char *name, const void *bytes, size_t size);
/* A pattern as PNG. */
void folder_picture(const char *folder, const char *name, int w, int h, int phase);

#endif
