/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two files of the OpenCV module share, and nobody else includes.
 */
#ifndef OKNG_BENCH_OPENCV_HPP
#define OKNG_BENCH_OPENCV_HPP

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <vector>

extern "C" {
#include "bench/opencv.h"
}

namespace okng_bench {

struct NotFound {};

/* A piece of work, ready to run. */
struct Work {
	cv::Mat out;
	virtual void run(okng_bench_outcome &outcome) = 0;
	virtual ~Work() = default;
};

/* The matrices between the steps of the chain, reused from run to run. */
struct Chain {
	cv::Mat smooth, within, beyond, opened, labels, stats, centroids;
	std::vector<std::vector<cv::Point>> contours;
	std::vector<cv::Rect> boxes;
	std::vector<cv::Moments> moments;
};

/* From the reference to the frame, as warpAffine with WARP_INVERSE_MAP takes it. */
cv::Matx23d matrix_of(const okng_pose &pose, int width, int height);
void resample(const cv::Mat &frame, cv::Mat &out, const cv::Matx23d &matrix);

class Locator {
	struct Template {
		double angle;
		cv::Mat image;
	};
	int levels; /* halvings down to the coarsest */
	int fine;   /* the last level of the pyramid that points are followed on */
	int margin; /* pixels of the coarsest level that a template is smaller on each side */
	int width, height;
	std::vector<cv::Point2f> points;
	std::vector<cv::Mat> reference; /* pyramid with derivatives */
	std::vector<Template> templates;
	/* scratch */
	std::vector<cv::Mat> pyramid;
	std::vector<cv::Point2f> found, from, to;
	std::vector<uchar> status;
	cv::Mat half[2], score;

	okng_pose coarse(const cv::Mat &frame);

public:
	Locator(const cv::Mat &golden, int search, double angle);
	/* Throws NotFound. */
	cv::Matx23d find(const cv::Mat &frame, okng_pose &pose);
};

} // namespace okng_bench

#endif
