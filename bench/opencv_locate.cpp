/* SPDX-License-Identifier: Apache-2.0
 *
 * Locating with OpenCV. The pyramid that the points are followed on serves the coarse search, too; templates, corners
 * and the reference's derivatives are made when the reference is taught.
 */
#include "bench/opencv.hpp"

#include <opencv2/calib3d.hpp>
#include <opencv2/video/tracking.hpp>

#include <algorithm>
#include <cmath>

namespace okng_bench {

namespace {

const cv::Size window(21, 21);
const int corners = 100;
const int coarsest_side = 120; /* pixels at least */
const double template_step = 1.0; /* degrees */
const double degree = CV_PI / 180;

} // namespace

cv::Matx23d matrix_of(const okng_pose &pose, int width, int height)
{
	double c = std::cos(pose.angle * degree), s = std::sin(pose.angle * degree), cx = (width - 1) / 2.0, cy = (height - 1) / 2.0;
	return cv::Matx23d(c, s, cx + pose.dx - c * cx - s * cy, -s, c, cy + pose.dy + s * cx - c * cy);
}

void resample(const cv::Mat &frame, cv::Mat &out, const cv::Matx23d &matrix)
{
	cv::warpAffine(frame, out, matrix, frame.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
}

Locator::Locator(const cv::Mat &golden, int search, double angle) : levels(0), width(golden.cols), height(golden.rows)
{
	int side = std::min(width, height);
	while (side >> (levels + 1) >= coarsest_side)
		levels++;
	fine = std::min(levels, 2);
	margin = (search >> levels) + 2;
	cv::goodFeaturesToTrack(golden, points, corners, 0.05, side / 30.0);
	if (points.size() < 16)
		throw NotFound();
	cv::buildOpticalFlowPyramid(golden, reference, window, fine, true);
	cv::Mat small = golden, turned;
	for (int i = 0; i < levels; i++) {
		cv::pyrDown(small, half[i & 1]);
		small = half[i & 1].clone();
	}
	cv::Rect inner(margin, margin, small.cols - 2 * margin, small.rows - 2 * margin);
	int n = int(std::ceil(angle / template_step));
	for (int i = -n; i <= n; i++) {
		double a = n ? angle * i / n : 0;
		/* The part as a frame turned by a shows it: where the frame's pixel lies in the reference. */
		resample(small, turned, matrix_of({0, 0, -a, 0}, small.cols, small.rows));
		templates.push_back({a, turned(inner).clone()});
	}
}

okng_pose Locator::coarse(const cv::Mat &frame)
{
	cv::Mat small = frame;
	for (int i = fine; i < levels; i++) {
		cv::pyrDown(small, half[i & 1]);
		small = half[i & 1];
	}
	double best = -1, scale = 1 << levels;
	okng_pose pose = {};
	for (const Template &t : templates) {
		double value;
		cv::Point at;
		cv::matchTemplate(small, t.image, score, cv::TM_CCOEFF_NORMED);
		cv::minMaxLoc(score, nullptr, &value, nullptr, &at);
		if (value > best) {
			best = value;
			pose = {(at.x - margin) * scale, (at.y - margin) * scale, t.angle, value};
		}
	}
	return pose;
}

cv::Matx23d Locator::find(const cv::Mat &frame, okng_pose &pose)
{
	cv::buildOpticalFlowPyramid(frame, pyramid, window, fine, false);
	cv::Matx23d guess = matrix_of(coarse(pyramid[size_t(fine)]), width, height);
	cv::transform(points, found, guess);
	cv::calcOpticalFlowPyrLK(reference, pyramid, points, found, status, cv::noArray(), window, fine,
		cv::TermCriteria(cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 15, 0.02), cv::OPTFLOW_USE_INITIAL_FLOW);
	from.clear();
	to.clear();
	for (size_t i = 0; i < points.size(); i++) {
		if (status[i]) {
			from.push_back(points[i]);
			to.push_back(found[i]);
		}
	}
	if (from.size() < 16)
		throw NotFound();
	std::vector<uchar> agrees;
	cv::Mat fit = cv::estimateAffinePartial2D(from, to, agrees, cv::RANSAC, 1.0, 200, 0.99, 5);
	int n = cv::countNonZero(agrees);
	if (fit.empty() || n * 2 < int(points.size()))
		throw NotFound();
	double a = fit.at<double>(0, 0), b = fit.at<double>(0, 1), cx = (width - 1) / 2.0, cy = (height - 1) / 2.0;
	pose.angle = std::atan2(b, a) / degree;
	pose.dx = a * cx + b * cy + fit.at<double>(0, 2) - cx;
	pose.dy = fit.at<double>(1, 0) * cx + fit.at<double>(1, 1) * cy + fit.at<double>(1, 2) - cy;
	pose.score = double(n) / double(points.size());
	return matrix_of(pose, width, height); /* a rigid part does not grow */
}

} // namespace okng_bench
