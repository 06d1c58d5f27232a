/* Reads instances of the ROADEF/EURO challenge 2012: numbers between white space, their meaning given by their order.
 *
 * The reader asks for each number by what it is and in which range it may be; the first that is wrong is kept with its
 * line, and all that follow are 0, so that no caller has to ask in between. */
#include "instance.h"

#include <string.h>

#define MOST_ITEMS INT64_C(10000000)
#define MOST_PRICE INT64_C(1000000000)

typedef struct Numbers {
	const char *path, *next;
	unsigned line;
	char *wrong;
} Numbers;

static void blame(Numbers *numbers, const char *what, int64_t least, int64_t most, const char *found)
{
	if (!numbers->wrong)
		numbers->wrong = g_strdup_printf("%s:%u: expected %s, a number from %" G_GINT64_FORMAT
		                                 " to %" G_GINT64_FORMAT ", found %s",
		        numbers->path, numbers->line, what, least, most, found);
}

static void skip_space(Numbers *numbers)
{
	for (; g_ascii_isspace(*numbers->next); numbers->next++)
		numbers->line += *numbers->next == '\n';
}

static int64_t number(Numbers *numbers, const char *what, int64_t least, int64_t most)
{
	if (numbers->wrong)
		return least;
	skip_space(numbers);
	char *end;
	int64_t value = g_ascii_strtoll(numbers->next, &end, 10);
	size_t length = strcspn(numbers->next, " \t\r\n\v\f");
	g_autofree char *word = g_strndup(numbers->next, MIN(length, 30));
	if (length == 0 || end != numbers->next + length || value < least || value > most) {
		blame(numbers, what, least, most, length ? word : "the end of the file");
		return least;
	}
	numbers->next = end;
	return value;
}

static void expect_end(Numbers *numbers)
{
	skip_space(numbers);
	if (!numbers->wrong && *numbers->next)
		numbers->wrong = g_strdup_printf(
		        "%s:%u: expected the end of the file, found more", numbers->path, numbers->line);
}

static uint32_t count(Numbers *numbers, const char *what, int64_t least)
{
	return (uint32_t)number(numbers, what, least, MOST_ITEMS);
}

static int32_t amount(Numbers *numbers, const char *what)
{
	return (int32_t)number(numbers, what, 0, REASSIGN_MOST - 1);
}

/* ---- the model ------------------------------------------------------------------------------------- */

static void read_resources(Numbers *numbers, Reassignment *problem)
{
	problem->n_resources = (uint32_t)number(numbers, "the number of resources", 1, 1000);
	problem->stride = (problem->n_resources + 3) / 4 * 4;
	problem->transient = g_new0(bool, problem->stride);
	problem->load_weight = g_new0(int64_t, problem->stride);
	for (uint32_t r = 0; r < problem->n_resources; r++) {
		problem->transient[r] = number(numbers, "whether the resource is transient", 0, 1);
		problem->load_weight[r] = number(numbers, "a load weight", 0, MOST_PRICE);
	}
}

static void read_machines(Numbers *numbers, Reassignment *problem)
{
	uint32_t n = problem->n_machines = (uint32_t)number(numbers, "the number of machines", 1, 40000);
	problem->neighbourhood = g_new0(uint32_t, n);
	problem->location = g_new0(uint32_t, n);
	problem->capacity = g_new0(int32_t, (size_t)n * problem->stride);
	problem->safety = g_new0(int32_t, (size_t)n * problem->stride);
	problem->machine_move = g_new0(int32_t, (size_t)n * n);
	for (uint32_t m = 0; m < n && !numbers->wrong; m++) {
		problem->neighbourhood[m] = count(numbers, "the machine's neighbourhood", 0);
		problem->location[m] = count(numbers, "the machine's location", 0);
		for (uint32_t r = 0; r < problem->n_resources; r++)
			problem->capacity[(size_t)m * problem->stride + r] = amount(numbers, "a capacity");
		for (uint32_t r = 0; r < problem->n_resources; r++)
			problem->safety[(size_t)m * problem->stride + r] = amount(numbers, "a safety capacity");
		for (uint32_t to = 0; to < n; to++)
			problem->machine_move[(size_t)m * n + to] = amount(numbers, "a machine move cost");
	}
}

static void read_services(Numbers *numbers, Reassignment *problem)
{
	uint32_t n = problem->n_services = count(numbers, "the number of services", 0);
	g_autoptr(GArray) depends = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	problem->spread = g_new0(uint32_t, MAX(n, 1));
	problem->depends_first = g_new0(uint32_t, n + 1);
	for (uint32_t s = 0; s < n; s++) {
		problem->spread[s] = count(numbers, "the least number of locations", 0);
		uint32_t needs = (uint32_t)number(numbers, "the number of services needed", 0, n);
		for (uint32_t i = 0; i < needs; i++) {
			uint32_t other = (uint32_t)number(numbers, "a service", 0, n - 1);
			g_array_append_val(depends, other);
		}
		problem->depends_first[s + 1] = depends->len;
	}
	problem->depends_on = g_memdup2(depends->data, sizeof(uint32_t) * depends->len);
}

static void read_processes(Numbers *numbers, Reassignment *problem)
{
	uint32_t n = problem->n_processes = count(numbers, "the number of processes", 0);
	problem->service = g_new0(uint32_t, MAX(n, 1));
	problem->need = g_new0(int32_t, MAX((size_t)n * problem->stride, 1));
	problem->move_price = g_new0(int64_t, MAX(n, 1));
	for (uint32_t p = 0; p < n && !numbers->wrong; p++) {
		problem->service[p] =
		        (uint32_t)number(numbers, "the process's service", 0, (int64_t)problem->n_services - 1);
		for (uint32_t r = 0; r < problem->n_resources; r++)
			problem->need[(size_t)p * problem->stride + r] = amount(numbers, "a requirement");
		problem->move_price[p] = number(numbers, "a process move cost", 0, MOST_PRICE);
	}
}

static void read_costs(Numbers *numbers, Reassignment *problem)
{
	uint32_t n = problem->n_balances = (uint32_t)number(numbers, "the number of balance costs", 0, 10000);
	int64_t last = (int64_t)problem->n_resources - 1;
	problem->balances = g_new0(Balance, MAX(n, 1));
	for (uint32_t b = 0; b < n; b++) {
		problem->balances[b].resource = (uint32_t)number(numbers, "a resource", 0, last);
		problem->balances[b].other = (uint32_t)number(numbers, "a resource", 0, last);
		problem->balances[b].target = number(numbers, "a target", 0, MOST_PRICE);
		problem->balances[b].weight = number(numbers, "a balance weight", 0, MOST_PRICE);
	}
	problem->process_move_weight = number(numbers, "the process move weight", 0, MOST_PRICE);
	problem->service_move_weight = number(numbers, "the service move weight", 0, MOST_PRICE);
	problem->machine_move_weight = number(numbers, "the machine move weight", 0, MOST_PRICE);
}

/* Numbers as they come become 0, 1, 2, …; gives how many. */
static uint32_t make_dense(uint32_t *values, uint32_t n)
{
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	for (uint32_t i = 0; i < n; i++) {
		gpointer key = GUINT_TO_POINTER(values[i]), value;
		if (!g_hash_table_lookup_extended(known, key, NULL, &value)) {
			value = GUINT_TO_POINTER(g_hash_table_size(known));
			g_hash_table_insert(known, key, value);
		}
		values[i] = GPOINTER_TO_UINT(value);
	}
	return g_hash_table_size(known);
}

static void read_model(Numbers *numbers, Reassignment *problem)
{
	read_resources(numbers, problem);
	read_machines(numbers, problem);
	if (!numbers->wrong)
		read_services(numbers, problem);
	if (!numbers->wrong)
		read_processes(numbers, problem);
	if (!numbers->wrong)
		read_costs(numbers, problem);
	expect_end(numbers);
	if (numbers->wrong)
		return;
	problem->n_neighbourhoods = make_dense(problem->neighbourhood, problem->n_machines);
	problem->n_locations = make_dense(problem->location, problem->n_machines);
}

static void read_assignment(Numbers *numbers, Reassignment *problem)
{
	problem->home = g_new0(uint32_t, MAX(problem->n_processes, 1));
	for (uint32_t p = 0; p < problem->n_processes; p++)
		problem->home[p] = (uint32_t)number(numbers, "a machine", 0, (int64_t)problem->n_machines - 1);
	expect_end(numbers);
}

static bool read_file(const char *path, Reassignment *problem, void (*read)(Numbers *, Reassignment *), GError **error)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, error))
		return false;
	Numbers numbers = {path, text, 1, NULL};
	read(&numbers, problem);
	if (!numbers.wrong)
		return true;
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, numbers.wrong);
	g_free(numbers.wrong);
	return false;
}

Reassignment *instance_read(const char *model_path, const char *assignment_path, GError **error)
{
	g_autoptr(Reassignment) problem = g_new0(Reassignment, 1);
	if (!read_file(model_path, problem, read_model, error) ||
	        !read_file(assignment_path, problem, read_assignment, error))
		return NULL;
	return g_steal_pointer(&problem);
}
