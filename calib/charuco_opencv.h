/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the solver that needs OpenCV's aruco module; built where that is installed. Throws what OpenCV throws.
 */
#ifndef OKNG_CALIB_CHARUCO_OPENCV_H
#define OKNG_CALIB_CHARUCO_OPENCV_H

#include <opencv2/core.hpp>

extern "C" {
#include "calib/lens.h"
}

/* As okng_lens_solver has them. */
int okng_charuco_find(const cv::Mat &grey, const okng_lens_board *board, okng_lens_point *corner, bool *missing);
int okng_charuco_marker(int dictionary, int id, uint8_t *black, int room);

#endif
