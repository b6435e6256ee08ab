/* SPDX-License-Identifier: Apache-2.0
 *
 * The conductor tool on real boards, honestly: every group of boards is judged by a forest that was taught on the other
 * groups. Prints the table and fails below the floors. Exit status 77 (skipped) without the data. Argument: take
 * every n-th pair only (then nothing is asserted).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deeppcb.h"
#include "pipeline/conductor_judge.h"
#include "score.h"

#define GROUPS_MAX 32
#define AP_FLOOR 0.990
#define F_FLOOR 0.985
#define CLASS_FLOOR 0.97

struct board {
	char id[32];
	int group, n;
	struct okng_conductor_finding *finding;
};

static struct board *boards;
static struct score_box *truth, *found;
static size_t n_truth, n_found;

static const int classes[] = {1, 2, 3, 4, 5, 6};
static const struct okng_conductor_setup setup = {.threshold = 128, .dark = true, .search = 16, .margin = 9, .least_box = 24};

static void look(struct okng_conductor *c, int i, struct okng_conductor_teacher *teacher, int *missed)
{
	struct deeppcb_pair pair;
	struct board *b = &boards[i];
	deeppcb_load(i, &pair);
	memcpy(b->id, pair.id, sizeof b->id);
	b->group = pair.group;
	okng_conductor_golden(c, &pair.golden);
	b->n = okng_conductor_run(c, &pair.part);
	int left = okng_conductor_teacher_add(teacher, &pair.golden, &pair.part, pair.box, pair.n_boxes, pair.group);
	if (b->n < 0)
		printf("%s: %d\n", b->id, b->n);
	*missed += left > 0 ? left : 0;
	for (int k = 0; k < pair.n_boxes; k++)
		truth[n_truth++] = (struct score_box){i, pair.box[k].class_number, 0, pair.box[k].rect};
	b->n = b->n < 0 ? 0 : b->n;
	b->finding = calloc((size_t)b->n + 1, sizeof *b->finding);
	assert(b->finding);
	for (int k = 0; k < b->n; k++)
		b->finding[k] = *okng_conductor_finding(c, k);
	deeppcb_finish(&pair);
}

/* Judges the boards of a group by what the others taught. */
static void judge_group(const struct okng_conductor_teacher *teacher, int group, int n)
{
	uint8_t *bytes;
	size_t size;
	struct okng_conductor_judge *judge;
	struct okng_error err;
	int r = okng_conductor_teacher_learn(teacher, group, &bytes, &size);
	assert(r == 0);
	r = okng_conductor_judge_parse(&judge, bytes, size, "taught", &err);
	assert(r == 0);
	size_t from = n_found;
	for (int i = 0; i < n; i++)
		for (int k = 0; k < boards[i].n && boards[i].group == group; k++) {
			float score;
			int number = okng_conductor_judge_run(judge, &boards[i].finding[k], &score, NULL, 0);
			found[n_found++] = (struct score_box){i, number, score, boards[i].finding[k].box};
		}
	struct score_box *own = calloc(n_truth, sizeof *own);
	size_t n_own = 0;
	assert(own);
	for (size_t i = 0; i < n_truth; i++)
		if (boards[truth[i].image].group == group)
			own[n_own++] = truth[i];
	struct score s;
	char name[16];
	snprintf(name, sizeof name, "%05d", group);
	score_boxes(own, n_own, found + from, n_found - from, &s);
	score_print(name, &s);
	free(own);
	free(bytes);
	okng_conductor_judge_close(&judge);
}

int main(int argc, char **argv)
{
	int n = deeppcb_open(), every = argc > 1 ? atoi(argv[1]) : 1, groups[GROUPS_MAX], n_groups = 0, missed = 0;
	if (n == 0)
		return 77;
	struct okng_conductor *c;
	struct okng_conductor_teacher *teacher;
	boards = calloc((size_t)n, sizeof *boards);
	truth = calloc((size_t)n * DEEPPCB_BOXES_MAX, sizeof *truth);
	found = calloc((size_t)n * 64, sizeof *found);
	assert(boards && truth && found);
	int r = okng_conductor_open(&c, &setup, DEEPPCB_SIDE, DEEPPCB_SIDE);
	assert(r == 0);
	r = okng_conductor_teacher_open(&teacher, &setup, classes, 6, DEEPPCB_SIDE, DEEPPCB_SIDE);
	assert(r == 0);
	for (int i = 0; i < n; i += every) {
		look(c, i, teacher, &missed);
		int k = 0;
		while (k < n_groups && groups[k] != boards[i].group)
			k++;
		assert(k < GROUPS_MAX);
		if (k == n_groups)
			groups[n_groups++] = boards[i].group;
	}
	printf("every %d of %d pairs, %zu boxes, %d without a finding\n", every, n, n_truth, missed);
	printf("left out      boxes   mean AP  open  short  mousebite spur  copper pin-hole  precision recall F\n");
	for (int k = 0; k < n_groups; k++)
		judge_group(teacher, groups[k], n);
	struct score all;
	score_boxes(truth, n_truth, found, n_found, &all);
	score_print("all", &all);
	double worst = 1;
	for (int k = 1; k <= SCORE_CLASSES; k++)
		worst = all.ap[k] < worst ? all.ap[k] : worst;
	okng_conductor_close(&c);
	okng_conductor_teacher_close(&teacher);
	for (int i = 0; i < n; i++)
		free(boards[i].finding);
	free(boards);
	free(truth);
	free(found);
	return every > 1 || (all.ap[0] >= AP_FLOOR && all.f >= F_FLOOR && worst >= CLASS_FLOOR) ? 0 : 1;
}
