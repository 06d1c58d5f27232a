/* What a walk through an instance asks of it again and again, worked out once: which services need rows of counts, who
 * depends on whom the other way round, the order of sizes, a table of logarithms. */
#include "place/walk.h"

/* -ln x of x = n / 2^32, 0 < n ≤ 2^32, in 2^16ths: digits of the binary logarithm by repeated squaring. */
static int64_t minus_log(uint64_t n)
{
	uint64_t log2 = 0; /* 2^32ths of log2(2^32 / n) */
	uint32_t whole = 0;
	while (n <= UINT64_C(1) << 31) {
		n <<= 1;
		whole++;
	}
	for (uint32_t i = 0; i < 32; i++) {
		n = (uint64_t)(((unsigned __int128)n * n) >> 32);
		log2 <<= 1;
		if (n <= UINT64_C(1) << 31) {
			n <<= 1;
			log2 |= 1;
		}
	}
	unsigned __int128 sum = ((unsigned __int128)whole << 32) + log2;
	return (int64_t)((sum * UINT64_C(2977044472)) >> 48); /* times ln 2 in 2^32ths */
}

static uint32_t *number_rows(uint32_t n, const uint32_t *count, uint32_t above, uint32_t *ret_rows)
{
	uint32_t *row = g_new(uint32_t, MAX(n, 1));
	*ret_rows = 0;
	for (uint32_t i = 0; i < n; i++)
		row[i] = count[i] > above ? (*ret_rows)++ : UINT32_MAX;
	return row;
}

static void turn_dependencies(Course *course, uint32_t *bonded)
{
	const Reassignment *problem = course->problem;
	uint32_t n = problem->n_services, total = problem->depends_first[n];
	course->needed_first = g_new0(uint32_t, n + 1);
	course->needed_by = g_new(uint32_t, MAX(total, 1));
	for (uint32_t i = 0; i < total; i++)
		course->needed_first[problem->depends_on[i] + 1]++;
	for (uint32_t s = 0; s < n; s++) {
		bonded[s] = course->needed_first[s + 1] + (problem->depends_first[s + 1] - problem->depends_first[s]);
		course->needed_first[s + 1] += course->needed_first[s];
	}
	g_autofree uint32_t *next = g_memdup2(course->needed_first, sizeof *next * (n + 1));
	for (uint32_t s = 0; s < n; s++)
		for (uint32_t i = problem->depends_first[s]; i < problem->depends_first[s + 1]; i++)
			course->needed_by[next[problem->depends_on[i]]++] = s;
}

static int compare_size(const void *a, const void *b, void *data)
{
	const double *size = data;
	double one = size[*(const uint32_t *)a], two = size[*(const uint32_t *)b];
	return one > two ? -1 : one < two;
}

static void sort_by_size(Course *course)
{
	const Reassignment *problem = course->problem;
	uint32_t n = problem->n_processes;
	g_autofree double *size = g_new0(double, MAX(n, 1));
	g_autofree double *total = g_new0(double, problem->stride);
	for (size_t i = 0; i < (size_t)problem->n_machines * problem->stride; i++)
		total[i % problem->stride] += problem->capacity[i];
	course->by_size = g_new(uint32_t, MAX(n, 1));
	for (uint32_t p = 0; p < n; p++) {
		course->by_size[p] = p;
		for (uint32_t r = 0; r < problem->n_resources; r++)
			size[p] = MAX(size[p], problem->need[(size_t)p * problem->stride + r] / MAX(total[r], 1));
	}
	g_qsort_with_data(course->by_size, (gint)n, sizeof(uint32_t), compare_size, size);
}

Course *course_new(const Reassignment *problem)
{
	Course *course = g_new0(Course, 1);
	course->problem = problem;
	course->still = g_new(int32_t, problem->stride);
	course->all = g_new(int32_t, problem->stride);
	for (uint32_t r = 0; r < problem->stride; r++) {
		course->still[r] = r < problem->n_resources && problem->transient[r] ? 0 : -1;
		course->all[r] = -1;
	}
	size_t amounts = (size_t)problem->n_machines * problem->stride;
	course->slack = g_new(int32_t, MAX(amounts, 1));
	for (size_t i = 0; i < amounts; i++)
		course->slack[i] = problem->capacity[i] - problem->safety[i];
	course->words = (problem->n_machines + 63) / 64;
	g_autofree uint32_t *count = g_new0(uint32_t, MAX(problem->n_services, 1));
	for (uint32_t p = 0; p < problem->n_processes; p++)
		count[problem->service[p]]++;
	course->crowd = number_rows(problem->n_services, count, 1, &course->n_crowds);
	course->places = number_rows(problem->n_services, problem->spread, 1, &course->n_places);
	turn_dependencies(course, count);
	course->bonds = number_rows(problem->n_services, count, 0, &course->n_bonds);
	sort_by_size(course);
	for (uint32_t i = 0; i < LOG_STEPS; i++)
		course->log_table[i] = minus_log((2 * (uint64_t)i + 1) << 19);
	return course;
}

void course_free(Course *course)
{
	if (!course)
		return;
	g_free(course->still);
	g_free(course->by_size);
	g_free(course->all);
	g_free(course->slack);
	g_free(course->crowd);
	g_free(course->places);
	g_free(course->bonds);
	g_free(course->needed_first);
	g_free(course->needed_by);
	g_free(course);
}
