/* SPDX-License-Identifier: Apache-2.0
 *
 * A grey picture drawn with characters, made to fit: one of two pixels each (half blocks) where there is colour, else one
 * of ten letters from dark to bright. Overexposed cells are red where there is colour, '!' where not.
 */
#ifndef OKNG_CLI_PICTURE_TEXT_H
#define OKNG_CLI_PICTURE_TEXT_H

#include <stdio.h>

#include "pipeline/image.h"

enum okng_picture_ink { OKNG_INK_LETTERS, OKNG_INK_256, OKNG_INK_TRUE };

/* What the terminal has, from TERM, COLORTERM, and LC_ALL, LC_CTYPE or LANG, each may be NULL. */
enum okng_picture_ink okng_picture_ink_of(const char *term, const char *colorterm, const char *locale);

/* Lines of a picture, each ended with end ("\n"), into columns × lines characters at most. mark: a frame around that region of the
 * picture, w 0: none. image is MONO8. Returns the number of lines drawn. */
int okng_picture_draw(FILE *out, const struct okng_image *image, int columns, int lines, enum okng_picture_ink ink, struct okng_rect mark,
	const char *end);

#endif
