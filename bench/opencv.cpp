/* SPDX-License-Identifier: Apache-2.0
 *
 * What an experienced user of OpenCV 4 would write, with every matrix allocated before the clock starts. The whole
 * inspection locates as follows: a few turned templates of the coarsest level by matchTemplate, then a hundred
 * corners of the reference followed to a fraction of a pixel by pyramidal Lucas-Kanade, then a rigid fit with RANSAC.
 * That was the fastest of what reaches a tenth of a pixel; docs/bench.md says what else was tried.
 */
#include "bench/opencv.hpp"

#include <cerrno>
#include <cmath>
#include <new>

using namespace okng_bench;

namespace {

const cv::Mat square3 = cv::Mat::ones(3, 3, CV_8U);

/* Components with area, box and centre as everybody finds them. */
int label(Chain &m, int min_area)
{
	int labels = cv::connectedComponentsWithStats(m.opened, m.labels, m.stats, m.centroids, 8, CV_32S), blobs = 0;
	for (int i = 1; i < labels; i++)
		blobs += m.stats.at<int>(i, cv::CC_STAT_AREA) >= min_area;
	return blobs;
}

/* The same from their outlines, which is much faster where there are few: area (by Pick's theorem, holes filled), box, and
 * moments, which have centre and elongation. */
int outline(Chain &m, int min_area)
{
	int blobs = 0;
	cv::findContours(m.opened, m.contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
	m.boxes.clear();
	m.moments.clear();
	for (const auto &c : m.contours) {
		m.boxes.push_back(cv::boundingRect(c));
		m.moments.push_back(cv::moments(c));
		blobs += m.moments.back().m00 + double(c.size()) / 2 + 1 >= min_area;
	}
	return blobs;
}

/* Smoothed → outside the band → opened → components with their features; returns how many have min_area. */
int find_blobs(Chain &m, const cv::Mat &frame, const cv::Mat &lower, const cv::Mat &upper, int min_area, bool tuned)
{
	cv::GaussianBlur(frame, m.smooth, cv::Size(3, 3), 0, 0, cv::BORDER_REPLICATE);
	cv::inRange(m.smooth, lower, upper, m.within);
	cv::bitwise_not(m.within, m.beyond);
	cv::morphologyEx(m.beyond, m.opened, cv::MORPH_OPEN, square3);
	return tuned ? outline(m, min_area) : label(m, min_area);
}

cv::Mat view(const okng_image &img)
{
	return cv::Mat(img.height, img.width, img.pixel == OKNG_PIXEL_MONO16 ? CV_16UC1 : CV_8UC1, img.data, size_t(img.stride));
}

struct Gauss3 : Work {
	cv::Mat frame;
	void run(okng_bench_outcome &) override { cv::GaussianBlur(frame, out, cv::Size(3, 3), 0, 0, cv::BORDER_REPLICATE); }
	explicit Gauss3(const okng_bench_work &w) : frame(view(w.frame)) {}
};

struct Band : Work {
	cv::Mat frame, lower, upper;
	void run(okng_bench_outcome &) override { cv::inRange(frame, lower, upper, out); }
	explicit Band(const okng_bench_work &w) : frame(view(w.frame)), lower(view(w.lower)), upper(view(w.upper)) {}
};

struct GaussBand : Work {
	cv::Mat frame, lower, upper, smooth;
	void run(okng_bench_outcome &) override
	{
		cv::GaussianBlur(frame, smooth, cv::Size(3, 3), 0, 0, cv::BORDER_REPLICATE);
		cv::inRange(smooth, lower, upper, out);
	}
	explicit GaussBand(const okng_bench_work &w) : frame(view(w.frame)), lower(view(w.lower)), upper(view(w.upper)) {}
};

struct Morph : Work {
	cv::Mat frame;
	bool erode;
	void run(okng_bench_outcome &) override
	{
		if (erode)
			cv::erode(frame, out, square3);
		else
			cv::dilate(frame, out, square3);
	}
	explicit Morph(const okng_bench_work &w) : frame(view(w.frame)), erode(w.op == OKNG_BENCH_ERODE3) {}
};

struct LocalMean : Work {
	cv::Mat frame;
	int window;
	void run(okng_bench_outcome &) override { cv::blur(frame, out, cv::Size(window, window)); }
	explicit LocalMean(const okng_bench_work &w) : frame(view(w.frame)), window(w.window) {}
};

struct Margins : Work {
	cv::Mat frame, lower, upper;
	int margin;
	void run(okng_bench_outcome &) override
	{
		cv::subtract(frame, margin, lower);
		cv::add(frame, margin, upper);
	}
	explicit Margins(const okng_bench_work &w) : frame(view(w.frame)), margin(w.margin)
	{
		out.create(2 * frame.rows, frame.cols, CV_8U);
		lower = out.rowRange(0, frame.rows);
		upper = out.rowRange(frame.rows, 2 * frame.rows);
	}
};

/* The gain as the floats that multiply works in anyway. */
struct Flat {
	cv::Mat dark, gain, light;
	void apply(const cv::Mat &frame, cv::Mat &out)
	{
		cv::subtract(frame, dark, light);
		cv::multiply(light, gain, out, 1.0, CV_8U);
	}
	explicit Flat(const okng_bench_work &w) : dark(view(w.dark)) { view(w.gain).convertTo(gain, CV_32F, 1.0 / 4096); }
};

struct Correct : Work {
	cv::Mat frame;
	Flat flat;
	void run(okng_bench_outcome &) override { flat.apply(frame, out); }
	explicit Correct(const okng_bench_work &w) : frame(view(w.frame)), flat(w) {}
};

struct Sum : Work {
	cv::Mat frame;
	void run(okng_bench_outcome &) override { out.at<uint16_t>(0, 0) = uint16_t(uint64_t(cv::sum(frame)[0])); }
	explicit Sum(const okng_bench_work &w) : frame(view(w.frame)) { out.create(1, 1, CV_16U); }
};

struct Halve : Work {
	cv::Mat frame;
	void run(okng_bench_outcome &) override { cv::resize(frame, out, cv::Size(frame.cols / 2, frame.rows / 2), 0, 0, cv::INTER_AREA); }
	explicit Halve(const okng_bench_work &w) : frame(view(w.frame)(cv::Rect(0, 0, w.frame.width & ~1, w.frame.height & ~1))) {}
};

struct Light : Work {
	cv::Mat frame;
	double light;
	void run(okng_bench_outcome &) override { frame.convertTo(out, CV_8U, light); }
	explicit Light(const okng_bench_work &w) : frame(view(w.frame)), light(w.light) {}
};

struct Resample : Work {
	cv::Mat frame;
	cv::Matx23d matrix;
	void run(okng_bench_outcome &) override { resample(frame, out, matrix); }
	explicit Resample(const okng_bench_work &w) : frame(view(w.frame)), matrix(matrix_of(w.pose, w.frame.width, w.frame.height)) {}
};

/* The maps in fixed point, of which remap is fastest. */
struct Undistort : Work {
	cv::Mat frame, dark, field, light, even, map, fraction;
	Flat flat;
	bool tuned;
	void run(okng_bench_outcome &) override
	{
		if (tuned) {
			flat.apply(frame, even);
		} else {
			cv::subtract(frame, dark, light);
			cv::divide(light, field, even, 1.0, CV_8U);
		}
		cv::remap(even, out, map, fraction, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
	}
	explicit Undistort(const okng_bench_work &w) : frame(view(w.frame)), dark(view(w.dark)), flat(w), tuned(w.tuned)
	{
		const cv::Mat x(frame.rows, frame.cols, CV_32F, const_cast<float *>(w.map[0]));
		const cv::Mat y(frame.rows, frame.cols, CV_32F, const_cast<float *>(w.map[1]));
		cv::convertMaps(x, y, map, fraction, CV_16SC2);
		cv::divide(1.0, flat.gain, field);
	}
};

struct Components : Work {
	cv::Mat frame, lower, upper;
	std::vector<cv::Rect> regions;
	std::vector<Chain> chains; /* one a region: each has its size */
	int min_area;
	bool tuned;

	void run(okng_bench_outcome &outcome) override
	{
		for (size_t i = 0; i < regions.size(); i++)
			outcome.blobs += find_blobs(chains[i], frame(regions[i]), lower(regions[i]), upper(regions[i]), min_area, tuned);
	}
	explicit Components(const okng_bench_work &w) : frame(view(w.frame)), lower(view(w.lower)), upper(view(w.upper)), min_area(w.min_area),
		  tuned(w.tuned)
	{
		for (int i = 0; i < w.n_regions; i++)
			regions.emplace_back(w.regions[i].x, w.regions[i].y, w.regions[i].w, w.regions[i].h);
		if (regions.empty())
			regions.emplace_back(0, 0, w.frame.width, w.frame.height);
		chains.resize(regions.size());
	}
};

struct Inspect : Work {
	cv::Mat frame, lower, upper, even, aligned;
	Flat flat;
	Locator locator;
	Chain chain;
	int min_area;
	bool tuned;

	void run(okng_bench_outcome &outcome) override
	{
		flat.apply(frame, even);
		cv::Matx23d matrix = locator.find(even, outcome.pose);
		resample(even, aligned, matrix);
		outcome.blobs = find_blobs(chain, aligned, lower, upper, min_area, tuned);
	}
	explicit Inspect(const okng_bench_work &w)
		: frame(view(w.frame)), lower(view(w.lower)), upper(view(w.upper)), flat(w), locator(view(w.reference), w.search, w.angle),
		  min_area(w.min_area), tuned(w.tuned)
	{
	}
};

Work *make(const okng_bench_work &work)
{
	switch (work.op) {
	case OKNG_BENCH_GAUSS3: return new Gauss3(work);
	case OKNG_BENCH_BAND: return new Band(work);
	case OKNG_BENCH_GAUSS3_BAND: return new GaussBand(work);
	case OKNG_BENCH_ERODE3:
	case OKNG_BENCH_DILATE3: return new Morph(work);
	case OKNG_BENCH_LOCAL_MEAN: return new LocalMean(work);
	case OKNG_BENCH_MARGINS: return new Margins(work);
	case OKNG_BENCH_CORRECT: return new Correct(work);
	case OKNG_BENCH_SUM: return new Sum(work);
	case OKNG_BENCH_HALVE: return new Halve(work);
	case OKNG_BENCH_LIGHT: return new Light(work);
	case OKNG_BENCH_RESAMPLE: return new Resample(work);
	case OKNG_BENCH_UNDISTORT: return new Undistort(work);
	case OKNG_BENCH_CHAIN: return new Components(work);
	case OKNG_BENCH_INSPECT: return new Inspect(work);
	}
	return nullptr;
}

/* No exception crosses into C. */
template <class F> int guarded(F f) noexcept
{
	try {
		return f();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const NotFound &) {
		return -ENOENT;
	} catch (...) {
		return -EINVAL;
	}
}

okng_image image_of(const cv::Mat &m)
{
	return {m.data, m.cols, m.rows, ptrdiff_t(m.step), m.depth() == CV_16U ? OKNG_PIXEL_MONO16 : OKNG_PIXEL_MONO8, false};
}

} // namespace

struct okng_bench_rival {
	Work *work;
};

static int rival_open(okng_bench_rival **rival, const okng_bench_work *work)
{
	*rival = nullptr;
	return guarded([&] {
		cv::setNumThreads(1);
		Work *made = make(*work);
		if (!made)
			return -EINVAL;
		*rival = new (std::nothrow) okng_bench_rival{made};
		if (!*rival)
			delete made;
		return *rival ? 0 : -ENOMEM;
	});
}

static int rival_run(okng_bench_rival *rival, okng_bench_outcome *outcome)
{
	*outcome = okng_bench_outcome();
	return guarded([&] {
		rival->work->run(*outcome);
		outcome->out = image_of(rival->work->out);
		return 0;
	});
}

static void rival_close(okng_bench_rival **rival)
{
	if (*rival)
		delete (*rival)->work;
	delete *rival;
	*rival = nullptr;
}

extern "C" {
extern __attribute__((visibility("default"))) const struct okng_bench_opencv okng_bench_opencv;
const struct okng_bench_opencv okng_bench_opencv = {CV_VERSION, rival_open, rival_run, rival_close};
}
