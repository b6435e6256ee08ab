/* SPDX-License-Identifier: Apache-2.0
 *
 * The residual errors of a lens profile as a picture (SVG): on the left the frame with an arrow at every corner, many
 * times too long; on the right the same by distance from the lens's axis. Before and after differ by colour and by form.
 */
#ifndef OKNG_CLI_RESIDUAL_PLOT_H
#define OKNG_CLI_RESIDUAL_PLOT_H

#include <stdio.h>

#include "calib/residual.h"

/* n at least 1. Errors stay in out for ferror. */
void okng_residual_plot(FILE *out, const struct okng_lens *lens, const struct okng_residual *residual, int n);

/* Root of the mean square, and the largest, pixels. */
void okng_residual_error(const struct okng_residual *residual, int n, bool after, double *rms, double *most);

#endif
