/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel comparer: every kernel of every instruction set that this machine has against C, on random and extreme
 * inputs, at all small widths and some large ones, at any alignment. Buffers end at pages that can't be touched or lie
 * between canaries, inputs must stay as they are, a crash is a failure with a name. Plain C, so that a cross build
 * needs nothing but libc.
 */
#include "check_kernels.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SLOT_BYTES (CHECK_SIDE * 4 + 8192)
#define PAGE 65536 /* a multiple of any machine's page */
#define CANARY 0xa5
#define CANARY_BYTES 192
#define BENCH_WIDTH 2448

enum pattern { NOISE, EXTREMES, FLAT, NEARLY_FLAT, OUTLIERS, PATTERNS };

struct slot {
	uint8_t *begin, *end; /* what may be touched */
	uint8_t *data;        /* what the kernel gets */
	size_t bytes;
};

struct checker {
	uint64_t dice;
	enum pattern pattern;
	int level; /* 0 to 255 */
	bool bench;
	uint8_t fill;
	struct slot in[CHECK_SLOTS], out[2][CHECK_SLOTS];
	uint64_t in_sum[CHECK_SLOTS];
	int32_t numbers[CHECK_SLOTS];
	int side; /* 0: C is called, 1: the other */
	unsigned long calls, faults;
};

static char running[128]; /* what the crash handler names */

static uint32_t dice(struct checker *c)
{
	c->dice ^= c->dice << 13;
	c->dice ^= c->dice >> 7;
	c->dice ^= c->dice << 17;
	return (uint32_t)(c->dice >> 32);
}

uint32_t check_dice(struct checker *c, uint32_t below)
{
	return dice(c) % below;
}

int check_level(const struct checker *c)
{
	return c->level;
}

bool check_bench(const struct checker *c)
{
	return c->bench;
}

void *check_in(const struct checker *c, int slot)
{
	return c->in[slot].data;
}

void *check_out(const struct checker *c, int slot)
{
	return c->out[c->side][slot].data;
}

int32_t *check_number(struct checker *c, int slot)
{
	return &c->numbers[slot];
}

static void open_slot(struct slot *s)
{
	size_t inside = (SLOT_BYTES + PAGE - 1) / PAGE * PAGE;
	uint8_t *p = mmap(NULL, inside + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + PAGE, inside, PROT_READ | PROT_WRITE) < 0) {
		perror("check_kernels: memory");
		exit(2);
	}
	s->begin = p + PAGE;
	s->end = s->begin + inside;
}

static uint8_t *canary_begin(const struct slot *s)
{
	return s->data - s->begin > CANARY_BYTES ? s->data - CANARY_BYTES : s->begin;
}

static uint8_t *canary_end(const struct slot *s)
{
	return s->end - (s->data + s->bytes) > CANARY_BYTES ? s->data + s->bytes + CANARY_BYTES : s->end;
}

/* Right behind a page that can't be touched, right before one, or somewhere between. */
static void place(struct checker *c, struct slot *s, size_t bytes, size_t align)
{
	size_t room = ((size_t)(s->end - s->begin) - bytes) / align;
	uint32_t how = check_dice(c, 3);
	if (c->bench) /* aligned as image rows are, and no two at the same place of a page: they would wait for each other */
		s->data = s->begin + (size_t)(s - c->in) * 448;
	else
		s->data = how == 0 ? s->begin : how == 1 ? s->end - bytes :
			s->begin + check_dice(c, room < 512 ? (uint32_t)room + 1 : 512) * align;
	s->bytes = bytes;
	memset(canary_begin(s), CANARY, (size_t)(canary_end(s) - canary_begin(s)));
}

static bool canaries_live(const struct slot *s)
{
	for (const uint8_t *p = canary_begin(s); p < s->data; p++)
		if (*p != CANARY)
			return false;
	for (const uint8_t *p = s->data + s->bytes; p < canary_end(s); p++)
		if (*p != CANARY)
			return false;
	return true;
}

static unsigned pixel(struct checker *c, unsigned level, unsigned most)
{
	uint32_t d = dice(c);
	switch (c->pattern) {
	case EXTREMES:
		return d & 64 ? most : 0;
	case FLAT:
		return level;
	case NEARLY_FLAT:
		return level + d % 3 > most ? most : level + d % 3;
	case OUTLIERS:
		return d % 61 ? level : d >> 8 & 1 ? most : 0;
	default:
		return d % (most + 1);
	}
}

uint8_t *check_input(struct checker *c, int slot, size_t bytes, size_t align)
{
	place(c, &c->in[slot], bytes, align);
	for (size_t i = 0; i < bytes; i++)
		c->in[slot].data[i] = (uint8_t)pixel(c, (unsigned)c->level, 255);
	return c->in[slot].data;
}

uint16_t *check_input_16(struct checker *c, int slot, size_t pixels, unsigned most)
{
	place(c, &c->in[slot], 2 * pixels, 2);
	uint16_t *p = check_in(c, slot);
	for (size_t i = 0; i < pixels; i++)
		p[i] = (uint16_t)pixel(c, (unsigned)c->level * most / 255, most);
	return p;
}

uint64_t *check_input_bits(struct checker *c, int slot, int32_t width)
{
	int32_t words = (width + 63) / 64;
	place(c, &c->in[slot], (size_t)words * 8, 8);
	uint64_t *p = check_in(c, slot);
	for (int32_t i = 0; i < words; i++) {
		uint64_t w = (uint64_t)dice(c) << 32 | dice(c), mix = (uint64_t)dice(c) << 32 | dice(c);
		static const uint64_t flat[2] = {0, ~(uint64_t)0};
		p[i] = c->pattern == NOISE ? w : c->pattern == EXTREMES ? flat[w & 1] : c->pattern == FLAT ? flat[c->level & 1] :
			c->pattern == NEARLY_FLAT ? ~(w & mix & w << 7) : w & mix & w >> 5;
	}
	if (width & 63)
		p[words - 1] &= ((uint64_t)1 << (width & 63)) - 1;
	return p;
}

void check_output(struct checker *c, int slot, size_t bytes, size_t align)
{
	place(c, &c->out[0][slot], bytes, align);
	place(c, &c->out[1][slot], bytes, align);
}

static uint64_t sum_of(const struct slot *s)
{
	uint64_t sum = 14695981039346656037u;
	for (size_t i = 0; i < s->bytes; i++)
		sum = (sum ^ s->data[i]) * 1099511628211u;
	return sum;
}

static void fault(struct checker *c, const char *what, int slot, size_t at)
{
	c->faults++;
	printf("FAILED: %s: %s %d at byte %zu\n", running, what, slot, at);
}

static void compare(struct checker *c)
{
	for (int i = 0; i < CHECK_SLOTS; i++) {
		const struct slot *want = &c->out[0][i], *have = &c->out[1][i];
		size_t at = 0;
		while (at < want->bytes && want->data[at] == have->data[at])
			at++;
		if (at < want->bytes)
			fault(c, "other than C: output", i, at);
		if (have->bytes && !canaries_live(have))
			fault(c, "written outside of output", i, 0);
		if (want->bytes && !canaries_live(want))
			fault(c, "C: written outside of output", i, 0);
		if (c->in[i].bytes && (!canaries_live(&c->in[i]) || sum_of(&c->in[i]) != c->in_sum[i]))
			fault(c, "changed input", i, 0);
	}
}

static void forget(struct checker *c)
{
	for (int i = 0; i < CHECK_SLOTS; i++)
		c->in[i].bytes = c->out[0][i].bytes = c->out[1][i].bytes = 0;
}

static uint64_t call_side(struct checker *c, const struct kernel_check *k, const struct okng_kernels *set, int side, int32_t width)
{
	c->side = side;
	for (int i = 0; i < CHECK_SLOTS; i++)
		if (c->out[side][i].bytes)
			memset(c->out[side][i].data, c->fill, c->out[side][i].bytes);
	return k->call(c, set, width);
}

static void check_width(struct checker *c, const struct kernel_check *k, const struct okng_kernels *set, int32_t width)
{
	c->pattern = (enum pattern)check_dice(c, PATTERNS);
	c->level = check_dice(c, 4) ? (int)check_dice(c, 256) : (int)check_dice(c, 2) * 255;
	c->fill = (uint8_t)dice(c);
	forget(c);
	k->prepare(c, width);
	for (int i = 0; i < CHECK_SLOTS; i++)
		c->in_sum[i] = c->in[i].bytes ? sum_of(&c->in[i]) : 0;
	uint64_t want = call_side(c, k, okng_kernels_get(OKNG_CPU_C), 0, width);
	uint64_t have = call_side(c, k, set, 1, width);
	if (want != have)
		fault(c, "returned other than C", 0, 0);
	compare(c);
	c->calls++;
}

static const void *member(const struct okng_kernels *set, const struct kernel_check *k)
{
	return (const char *)set + k->member;
}

/* Whether a level has its own implementation, rather than that of the level below. */
static bool is_own(const struct kernel_check *k, enum okng_cpu level)
{
	for (enum okng_cpu below = OKNG_CPU_C; below < level; below++)
		if (okng_cpu_has(below) && memcmp(member(okng_kernels_get(below), k), member(okng_kernels_get(level), k), sizeof k->call) == 0)
			return false;
	return true;
}

static void check_kernel(struct checker *c, const struct kernel_check *k, enum okng_cpu level, uint64_t seed)
{
	static const int32_t large[] = {255, 256, 257, 319, 511, 513, 1023, 1025, 2047, 2447, 2448, 2449, 4097, 5119, CHECK_SIDE - 1, CHECK_SIDE};
	unsigned long faults = c->faults;
	for (int round = 0; round < 40 && c->faults == faults; round++)
		for (int32_t i = 1; i <= 200 + (int)(sizeof large / sizeof *large) && c->faults == faults; i++) {
			int32_t width = i <= 200 ? i : large[i - 201];
			if (width > 600 && round % 8)
				continue;
			snprintf(running, sizeof running, "%s %s, width %d, --seed %" PRIu64, okng_cpu_name(level), k->name, width, seed);
			check_width(c, k, okng_kernels_get(level), width);
		}
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The fastest of several stretches: what disturbs only ever adds. */
static double time_call(struct checker *c, const struct kernel_check *k, const struct okng_kernels *set)
{
	double best = 1e9;
	int calls = 1;
	for (int i = 0; i < 25;) {
		double start = seconds();
		for (int j = 0; j < calls; j++)
			k->call(c, set, BENCH_WIDTH);
		double took = seconds() - start;
		if (took < 0.0005) {
			calls *= 2;
			continue;
		}
		best = took / calls < best ? took / calls : best;
		i++;
	}
	return best * 1e9;
}

static void bench_kernel(struct checker *c, const struct kernel_check *k)
{
	double c_ns = 0;
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
		if (!okng_cpu_has(level) || !is_own(k, level))
			continue;
		double ns = time_call(c, k, okng_kernels_get(level));
		c_ns = level == OKNG_CPU_C ? ns : c_ns;
		printf("%-14s %-6s %9.1f ns %6.2f × C\n", k->name, okng_cpu_name(level), ns, c_ns / ns);
	}
}

static const struct kernel_check *const tables[] = {
	check_kernels_chain,
	check_kernels_local,
	check_kernels_frame,
	check_kernels_warp,
	check_kernels_pattern,
};

#define TABLES (sizeof tables / sizeof *tables)

static void bench(struct checker *c, const char *only)
{
	c->bench = true;
	c->pattern = NEARLY_FLAT;
	c->level = 120;
	printf("rows of %d pixels in the first cache, fastest of 25\n", BENCH_WIDTH);
	for (size_t t = 0; t < TABLES; t++)
		for (const struct kernel_check *k = tables[t]; k->name; k++) {
			if (only && strcmp(only, k->name) != 0)
				continue;
			forget(c);
			k->prepare(c, BENCH_WIDTH);
			bench_kernel(c, k);
		}
}

static void check_level_of(struct checker *c, enum okng_cpu level, const char *only, uint64_t seed)
{
	int kernels = 0;
	unsigned long calls = c->calls;
	for (size_t t = 0; t < TABLES; t++)
		for (const struct kernel_check *k = tables[t]; k->name; k++) {
			if ((only && strcmp(only, k->name) != 0) || !is_own(k, level))
				continue;
			check_kernel(c, k, level, seed);
			kernels++;
		}
	printf("%s: %d kernels, %lu calls\n", okng_cpu_name(level), kernels, c->calls - calls);
}

static void crashed(int sig)
{
	static const char head[] = "FAILED: crash in ";
	ssize_t n = write(STDOUT_FILENO, head, sizeof head - 1);
	n += write(STDOUT_FILENO, running, strlen(running));
	n += write(STDOUT_FILENO, "\n", 1);
	_exit(n > 0 ? 1 : 128 + sig);
}

static const char usage[] =
	"Usage: check_kernels [--seed N] [--bench] [KERNEL]\n"
	"Compares the kernels of every instruction set of this machine with C, or times them. Exit status 1: one differs.\n";

int main(int argc, char **argv)
{
	static struct checker c;
	uint64_t seed = (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
	const char *only = NULL;
	bool timed = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--bench") == 0)
			timed = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (argv[i][0] != '-' && !only)
			only = argv[i];
		else
			return fputs(usage, stderr), 2;
	}
	c.dice = seed * 0x9e3779b97f4a7c15u | 1;
	for (int i = 0; i < CHECK_SLOTS; i++) {
		open_slot(&c.in[i]);
		open_slot(&c.out[0][i]);
		open_slot(&c.out[1][i]);
	}
	if (timed)
		return bench(&c, only), 0;
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], crashed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %" PRIu64 "\n", seed);
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++)
		if (okng_cpu_has(level))
			check_level_of(&c, level, only, seed);
	if (!c.calls)
		return fprintf(stderr, "check_kernels: no kernel %s\n", only), 2;
	return c.faults ? 1 : 0;
}
