/* SPDX-License-Identifier: Apache-2.0
 *
 * ChArUco boards by OpenCV: markers tell which corner is which, so that a board may be seen in part (S. Garrido-Jurado and
 * others, "Automatic generation and detection of highly reliable fiducial markers under occlusion", 2014). The top left
 * square is black, as OpenCV has it from 4.6 on.
 */
#include "calib/charuco_opencv.h"

#include <cerrno>
#include <vector>

#include <opencv2/aruco/charuco.hpp>

namespace {

cv::Ptr<cv::aruco::Dictionary> words(int dictionary)
{
	return cv::aruco::getPredefinedDictionary(dictionary);
}

/* Corners of a single row or column tell nothing of the plane across it. */
bool spread_out(const okng_lens_board *board, const bool *missing)
{
	std::vector<bool> col(size_t(board->cols)), row(size_t(board->rows));
	int cols = 0, rows = 0;
	for (int i = 0; i < board->cols * board->rows; i++) {
		if (missing[i])
			continue;
		cols += !col[size_t(i % board->cols)];
		rows += !row[size_t(i / board->cols)];
		col[size_t(i % board->cols)] = row[size_t(i / board->cols)] = true;
	}
	return cols >= 3 && rows >= 3;
}

}

int okng_charuco_find(const cv::Mat &grey, const okng_lens_board *board, okng_lens_point *corner, bool *missing)
{
	auto dictionary = words(board->dictionary);
	if ((board->cols + 1) * (board->rows + 1) / 2 > dictionary->bytesList.rows)
		return -ERANGE;
	auto target = cv::aruco::CharucoBoard::create(board->cols + 1, board->rows + 1, float(board->square), float(board->marker), dictionary);
	std::vector<std::vector<cv::Point2f>> markers;
	std::vector<cv::Point2f> found;
	std::vector<int> ids, at;
	int n = board->cols * board->rows;
	for (int i = 0; i < n; i++) {
		corner[i] = {0, 0};
		missing[i] = true;
	}
	cv::aruco::detectMarkers(grey, dictionary, markers, ids);
	if (ids.empty() || cv::aruco::interpolateCornersCharuco(markers, ids, grey, target, found, at) < 1)
		return -ENOENT;
	for (size_t i = 0; i < at.size(); i++) {
		if (at[i] < 0 || at[i] >= n)
			continue;
		corner[at[i]] = {found[i].x, found[i].y};
		missing[at[i]] = false;
	}
	return spread_out(board, missing) ? 0 : -ENOENT;
}

int okng_charuco_marker(int dictionary, int id, uint8_t *black, int room)
{
	auto all = words(dictionary);
	int side = all->markerSize + 2;
	if (id < 0 || id >= all->bytesList.rows || side * side > room)
		return -ERANGE;
	cv::Mat drawn;
	cv::aruco::drawMarker(all, id, side, drawn, 1);
	for (int i = 0; i < side * side; i++)
		black[i] = drawn.at<uint8_t>(i / side, i % side) < 128;
	return side;
}
