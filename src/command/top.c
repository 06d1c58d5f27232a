/* labwright top: what each workload of the homelab takes of processor and memory, the hungriest first, again and again
 * while somebody looks on. Pods of one workload are one row: it is the workload that has a line in a file. */
#include "command/command.h"

#include "base/error.h"

#include <stdio.h>
#include <unistd.h>

extern const Command command_top;

#define MEBIBYTE (1 << 20)

typedef struct TopArguments {
	ScanArguments scan;
	HomelabArguments homelab;
	char *format, *sort;
	gboolean once;
} TopArguments;

static void top_arguments_clear(TopArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	homelab_arguments_clear(&arguments->homelab);
	g_free(arguments->format);
	g_free(arguments->sort);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TopArguments, top_arguments_clear)

/* ---- sums ------------------------------------------------------------------------------------------------ */

/* What the running containers of a workload take together. */
typedef struct Use {
	char *title;
	double cpu; /* processors; negative: not measured */
	uint64_t memory, limit;
	uint32_t containers, limited;
} Use;

static void use_free(void *data)
{
	Use *use = data;
	g_free(use->title);
	g_free(use);
}

static char *title_of(const LiveContainer *container)
{
	const char *slash = container->workload ? strchr(container->workload, '/') : NULL;
	const char *name = container->role == UNIT_PROXY ? container->workload : slash ? slash + 1 : container->name;
	return g_strdup_printf(
	        "%s%s%s", container->namespace ? container->namespace : "", container->namespace ? "/" : "", name);
}

static void add_use(GHashTable *uses, const LiveContainer *container)
{
	char *title = title_of(container);
	Use *use = g_hash_table_lookup(uses, title);
	if (!use) {
		use = g_new0(Use, 1);
		use->cpu = -1;
		use->title = g_strdup(title);
		g_hash_table_insert(uses, use->title, use);
	}
	if (container->cpu >= 0)
		use->cpu = MAX(use->cpu, 0) + container->cpu;
	use->memory += container->memory;
	use->limit += container->memory_limit;
	use->limited += container->memory_limit > 0;
	use->containers++;
	g_free(title);
}

static gint compare_names(const Use *a, const Use *b)
{
	return strcmp(a->title, b->title);
}

static gint compare_cpu(gconstpointer a, gconstpointer b)
{
	const Use *const *one = a, *const *other = b;
	if ((*one)->cpu != (*other)->cpu)
		return (*one)->cpu < (*other)->cpu ? 1 : -1;
	return compare_names(*one, *other);
}

static gint compare_memory(gconstpointer a, gconstpointer b)
{
	const Use *const *one = a, *const *other = b;
	if ((*one)->memory != (*other)->memory)
		return (*one)->memory < (*other)->memory ? 1 : -1;
	return compare_names(*one, *other);
}

/* Use, ordered; free with g_ptr_array_unref. */
static GPtrArray *sum(const Live *live, const TopArguments *arguments)
{
	g_autoptr(GHashTable) uses = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *sorted = g_ptr_array_new_with_free_func(use_free);
	GHashTableIter at;
	gpointer use;
	for (guint i = 0; i < live->containers->len; i++) {
		const LiveContainer *container = live->containers->pdata[i];
		if (container->state == LIVE_RUNNING && container->role != UNIT_PAUSE &&
		        container_is_meant(container, (const char *const *)arguments->homelab.names))
			add_use(uses, container);
	}
	g_hash_table_iter_init(&at, uses);
	while (g_hash_table_iter_next(&at, NULL, &use))
		g_ptr_array_add(sorted, use);
	g_ptr_array_sort(sorted, g_strcmp0(arguments->sort, "memory") == 0 ? compare_memory : compare_cpu);
	return sorted;
}

/* ---- pages ------------------------------------------------------------------------------------------------- */

/* The limit stands there only where all containers have one, since the rest would be bound by nothing. */
static void print_row(const Use *use)
{
	g_autofree char *cpu = use->cpu < 0 ? g_strdup("-") : g_strdup_printf("%.1f %%", use->cpu * 100),
	                *memory = use->memory ? g_strdup_printf("%.0f Mi", (double)use->memory / MEBIBYTE)
	                                      : g_strdup("-");
	bool limited = use->limit && use->limited == use->containers;
	g_autofree char *limit = limited ? g_strdup_printf("%.0f Mi", (double)use->limit / MEBIBYTE) : g_strdup("-"),
	                *full = limited ? g_strdup_printf("%.0f %%", (double)use->memory / (double)use->limit * 100)
	                                : g_strdup("-");
	printf("  %-38s %4u %9s %11s %11s %6s\n", use->title, use->containers, cpu, memory, limit, full);
}

static void print_page(const GPtrArray *uses, const char *project, const char *where)
{
	double cpu = 0;
	uint64_t memory = 0;
	for (guint i = 0; i < uses->len; i++) {
		const Use *use = uses->pdata[i];
		cpu += MAX(use->cpu, 0);
		memory += use->memory;
	}
	printf("%s on %s: %.1f %% of one processor, %.0f Mi\n\n", project, where, cpu * 100, (double)memory / MEBIBYTE);
	printf("  %-38s %4s %9s %11s %11s %6s\n", "", "run", "cpu", "memory", "limit", "full");
	for (guint i = 0; i < uses->len; i++)
		print_row(uses->pdata[i]);
}

static void print_json(const GPtrArray *uses, const char *project, const char *where)
{
	g_autoptr(Json) out = json_new_map();
	json_set_text(out, "project", project);
	json_set_text(out, "engine", where);
	json_list_in(out, "workloads");
	for (guint i = 0; i < uses->len; i++) {
		const Use *use = uses->pdata[i];
		Json *row = json_new_map();
		json_set_text(row, "name", use->title);
		json_set_number(row, "containers", use->containers);
		if (use->cpu >= 0)
			json_set(row, "cpu", json_new_real(use->cpu));
		json_set_number(row, "memoryBytes", (int64_t)use->memory);
		if (use->limited == use->containers)
			json_set_number(row, "memoryLimitBytes", (int64_t)use->limit);
		json_append(json_get(out, "workloads"), row);
	}
	g_autofree char *text = json_print_pretty(out);
	puts(text);
}

/* ---- the command ------------------------------------------------------------------------------------------- */

static bool show(const TopArguments *arguments, const Ground *ground, bool clear, GError **error)
{
	SurveyOptions options = {0};
	g_autoptr(Survey) survey = ground->cluster ? survey_new(ground->cluster, &options, error) : NULL;
	g_autoptr(Live) own = ground->engine ? live_new(ground->engine, ground->project, error) : NULL;
	const Live *live = survey ? survey->live : own;
	if (!live)
		return false;
	if (own)
		live_measure(own, ground->engine);
	g_autoptr(GPtrArray) uses = sum(live, arguments);
	const char *where = ground->cluster ? cluster_title(ground->cluster) : engine_name(ground->engine);
	if (clear)
		fputs("\033[H\033[2J", stdout);
	if (g_strcmp0(arguments->format, "json") == 0)
		print_json(uses, ground->project, where);
	else
		print_page(uses, ground->project, where);
	fflush(stdout);
	return true;
}

static bool is_one_of(const char *option, const char *word, const char *one, const char *other, GError **error)
{
	if (!word || strcmp(word, one) == 0 || strcmp(word, other) == 0)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--%s knows no '%s'", option, word);
	error_add_help(error, "one of %s, %s", one, other);
	return false;
}

static int top(const TopArguments *arguments, GError **error)
{
	bool once = arguments->once || arguments->format || !isatty(STDOUT_FILENO);
	g_auto(Ground) ground = {0};
	if (!is_one_of("format", arguments->format, "text", "json", error) ||
	        !is_one_of("sort", arguments->sort, "cpu", "memory", error))
		return EXIT_USAGE;
	if (!homelab_arguments_ground(&arguments->homelab, &arguments->scan, &ground, error))
		return EXIT_WORK;
	while (show(arguments, &ground, !once, error)) {
		if (once)
			return EXIT_CLEAN;
		g_usleep(2 * G_USEC_PER_SEC);
	}
	return EXIT_WORK;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(TopArguments) arguments = {0};
	const GOptionEntry own[] = {
	        {"once", 0, 0, G_OPTION_ARG_NONE, &arguments.once, "Once, and not again every two seconds", NULL},
	        {"sort", 0, 0, G_OPTION_ARG_STRING, &arguments.sort, "cpu or memory", "WORD"},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format, "text or json", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&arguments.homelab, &arguments.scan, own, &command_top, &argc, &argv, &error))
		return command_fail(error);
	homelab_arguments_take_names(&arguments.homelab, &arguments.scan, argv + 1);
	int code = top(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_top = {"top", "run", "[NAME…] [--once]", "what each workload takes of processor and memory", run};
