/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver of lens.h by OpenCV, as thin as can be: points in, numbers out, no exception leaves it. A corner is
 * refined in a window that does not reach the next corner, and of 11×11 pixels at most.
 */
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <new>
#include <vector>

#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "calib/charuco_opencv.h"

namespace {

using Points = std::vector<cv::Point2f>;
using Solid = std::vector<cv::Point3f>;

template <class Work> int guarded(Work work)
{
	try {
		return work();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &) {
		return -EINVAL;
	}
}

int window(const Points &found, int cols)
{
	double least = 1e9;
	for (size_t i = 1; i < found.size(); i++)
		if (i % size_t(cols) != 0)
			least = std::min(least, cv::norm(found[i] - found[i - 1]));
	for (size_t i = size_t(cols); i < found.size(); i++)
		least = std::min(least, cv::norm(found[i] - found[i - size_t(cols)]));
	return std::clamp(int(least * 0.4), 2, 5);
}

int find_chessboard(const cv::Mat &grey, const okng_lens_board *board, okng_lens_point *corner, bool *missing)
{
	Points found;
	if (!cv::findChessboardCorners(grey, cv::Size(board->cols, board->rows), found, cv::CALIB_CB_ADAPTIVE_THRESH | cv::CALIB_CB_NORMALIZE_IMAGE))
		return -ENOENT;
	int half = window(found, board->cols);
	cv::cornerSubPix(grey, found, cv::Size(half, half), cv::Size(-1, -1), cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 60, 1e-4));
	for (size_t i = 0; i < found.size(); i++) {
		corner[i] = {found[i].x, found[i].y};
		missing[i] = false;
	}
	return 0;
}

int find(const okng_image *img, const okng_lens_board *board, okng_lens_point *corner, bool *missing)
{
	return guarded([&] {
		if (img->pixel != OKNG_PIXEL_MONO8)
			return -EINVAL;
		cv::Mat grey(img->height, img->width, CV_8UC1, img->data, size_t(img->stride));
		if (!(board->marker > 0))
			return find_chessboard(grey, board, corner, missing);
#ifdef OKNG_CHARUCO
		return okng_charuco_find(grey, board, corner, missing);
#else
		return -ENOTSUP;
#endif
	});
}

int marker(int dictionary, int id, uint8_t *black, int room)
{
#ifdef OKNG_CHARUCO
	return guarded([&] { return okng_charuco_marker(dictionary, id, black, room); });
#else
	(void)dictionary, (void)id, (void)black, (void)room;
	return -ENOTSUP;
#endif
}

void gather(const okng_lens_board *board, const okng_lens_view &view, Solid &solid, Points &flat)
{
	for (int i = 0; i < board->cols * board->rows; i++) {
		if (view.dropped[i])
			continue;
		solid.emplace_back(float(i % board->cols * board->square), float(i / board->cols * board->square), 0.f);
		flat.emplace_back(float(view.corner[i].x), float(view.corner[i].y));
	}
}

void pose_of(okng_lens_view &view, const cv::Mat &rotation)
{
	cv::Mat turn;
	cv::Rodrigues(rotation, turn);
	for (int i = 0; i < 3; i++)
		view.normal[i] = turn.at<double>(i, 2);
	view.tilt = std::acos(std::min(1.0, std::fabs(view.normal[2]))) * 180 / CV_PI;
}

/* Distance of every corner, the dropped ones too, from where the lens and pose put it; rms is over those used. */
void measure(const okng_lens_board *board, okng_lens_view &view, const cv::Mat &rotation, const cv::Mat &shift, const cv::Mat &camera,
	const cv::Mat &bend, double *residual)
{
	int per = board->cols * board->rows, n = 0;
	double sum = 0;
	Solid solid;
	Points seen;
	for (int i = 0; i < per; i++)
		solid.emplace_back(float(i % board->cols * board->square), float(i / board->cols * board->square), 0.f);
	cv::projectPoints(solid, rotation, shift, camera, bend, seen);
	for (int i = 0; i < per; i++) {
		double far = std::hypot(seen[size_t(i)].x - view.corner[i].x, seen[size_t(i)].y - view.corner[i].y);
		if (residual)
			residual[i] = far;
		if (!view.dropped[i]) {
			sum += far * far;
			n++;
		}
	}
	view.rms = n ? std::sqrt(sum / n) : 0;
}

int solve(okng_lens *lens, const okng_lens_board *board, okng_lens_view *view, int n, double *residual)
{
	return guarded([&] {
		std::vector<Solid> solid;
		std::vector<Points> flat;
		std::vector<cv::Mat> rotation, shift;
		std::vector<int> at;
		cv::Mat camera, bend, sigma;
		for (int i = 0; i < n; i++) {
			if (view[i].fate != OKNG_LENS_USED)
				continue;
			solid.emplace_back();
			flat.emplace_back();
			gather(board, view[i], solid.back(), flat.back());
			at.push_back(i);
		}
		lens->rms = cv::calibrateCamera(solid, flat, cv::Size(lens->width, lens->height), camera, bend, rotation, shift, sigma, cv::noArray(),
			cv::noArray(), 0, cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 200, 1e-12));
		const double param[] = {camera.at<double>(0, 0), camera.at<double>(1, 1), camera.at<double>(0, 2), camera.at<double>(1, 2)};
		for (int i = 0; i < OKNG_LENS_PARAMS; i++) {
			lens->param[i] = i < 4 ? param[i] : bend.at<double>(i - 4);
			lens->sigma[i] = sigma.at<double>(i);
		}
		for (size_t k = 0; k < at.size(); k++) {
			size_t per = size_t(board->cols) * size_t(board->rows);
			pose_of(view[at[k]], rotation[k]);
			measure(board, view[at[k]], rotation[k], shift[k], camera, bend, residual ? residual + size_t(at[k]) * per : nullptr);
		}
		return 0;
	});
}

int fit(const okng_lens *lens, const okng_lens_board *board, okng_lens_view *view)
{
	return guarded([&] {
		const double *p = lens->param;
		cv::Mat camera = (cv::Mat_<double>(3, 3) << p[0], 0, p[2], 0, p[1], p[3], 0, 0, 1), bend(1, 5, CV_64F), rotation, shift;
		for (int i = 0; i < 5; i++)
			bend.at<double>(i) = p[4 + i];
		Solid solid;
		Points flat;
		gather(board, *view, solid, flat);
		if (!cv::solvePnP(solid, flat, camera, bend, rotation, shift))
			return -EINVAL;
		pose_of(*view, rotation);
		measure(board, *view, rotation, shift, camera, bend, nullptr);
		return 0;
	});
}

}

extern "C" __attribute__((visibility("default"))) const okng_lens_solver okng_lens_by_opencv_2 = {CV_VERSION, find, marker, solve, fit};
