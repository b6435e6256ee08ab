/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a forest, little-endian, shared by trees.c (reads) and trees_learn.c (writes). Local to pipeline/.
 */
#ifndef OKNG_PIPELINE_TREES_FORMAT_H
#define OKNG_PIPELINE_TREES_FORMAT_H

#include <stdint.h>

#define OKNG_TREES_MAGIC 0x45455254u /* "TREE" */

/* Header of u32: magic, kind, features, classes, rounds, nodes in all; then per class i32 start; then per tree
 * (round by round, class by class) u32 number of nodes; then the nodes. */
enum { OKNG_TREES_HEADER = 6 * 4, OKNG_TREES_NODE = 12 };

/* Node: u8 feature (255: leaf), u8 left, u8 right (indices within the tree, both after the node itself), u8 zero,
 * i32 threshold (at most it goes left), i32 value in 1/65536. */
#define OKNG_TREES_LEAF 255
#define OKNG_TREES_ONE 65536

static inline uint32_t okng_trees_get(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void okng_trees_put(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* e^x by its series after halving the argument, in one order of operations: the same bits on every machine, which libm
 * does not promise. x is clamped to ±60. */
static inline double okng_trees_exp(double x)
{
	x = x > 60 ? 60 : x < -60 ? -60 : x;
	double t = x / 1024, sum = 1, term = 1;
	for (int i = 1; i <= 8; i++) {
		term = term * t / i;
		sum += term;
	}
	for (int i = 0; i < 10; i++)
		sum *= sum;
	return sum;
}

/* Softmax of n sums, in place. */
static inline void okng_trees_softmax(double *v, int n)
{
	double most = v[0], sum = 0;
	for (int i = 1; i < n; i++)
		most = v[i] > most ? v[i] : most;
	for (int i = 0; i < n; i++)
		sum += v[i] = okng_trees_exp(v[i] - most);
	for (int i = 0; i < n; i++)
		v[i] /= sum;
}

#endif
