/* labwright status: the homelab on one screen, as the engine or the cluster has it now. */
#include "command/command.h"

#include "base/error.h"
#include "flow/record.h"

#include <stdio.h>
#include <unistd.h>

extern const Command command_status;

/* ---- words ---------------------------------------------------------------------------------------------------------
 */

static char *since(const LiveContainer *container, gint64 now)
{
	gint64 from = container->state == LIVE_RUNNING ? container->started : container->finished;
	gint64 seconds = from ? now - from : 0;
	if (!from || seconds < 0)
		return g_strdup("-");
	if (seconds < 120)
		return g_strdup_printf("%d s", (int)seconds);
	if (seconds < 7200)
		return g_strdup_printf("%d min", (int)(seconds / 60));
	return seconds < 172800 ? g_strdup_printf("%d h", (int)(seconds / 3600))
	                        : g_strdup_printf("%d d", (int)(seconds / 86400));
}

static char *memory_text(const LiveContainer *container)
{
	if (!container->memory && !container->memory_limit)
		return g_strdup("-");
	g_autofree char *used =
	        container->memory ? g_strdup_printf("%.0f", (double)container->memory / (1 << 20)) : g_strdup("-");
	return container->memory_limit
	               ? g_strdup_printf("%s/%.0f Mi", used, (double)container->memory_limit / (1 << 20))
	               : g_strdup_printf("%s Mi", used);
}

static char *ports_text(const LiveContainer *container)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < container->ports->len; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "", (char *)container->ports->pdata[i]);
	return g_string_free(out, FALSE);
}

/* The last thing that went wrong: the engine's words, or the last line that the container wrote. */
static char *problem_text(Engine *engine, const LiveContainer *container)
{
	if (live_is_well(container))
		return NULL;
	if (container->error)
		return g_strdup(container->error);
	if (container->state == LIVE_RUNNING)
		return g_strdup(container->why);
	if (!engine || container->why)
		return g_strdup(container->why);
	g_autofree char *logs = engine_logs(engine, container->id, 1, NULL);
	return logs && *g_strstrip(logs) ? g_strdup(logs) : NULL;
}

/* ---- pages
 * ----------------------------------------------------------------------------------------------------------- */

typedef struct Page {
	Engine *engine;       /* NULL on a cluster */
	const Survey *survey; /* of a cluster, or NULL */
	const Live *live;
	const Json *record;          /* of what up wanted, or NULL */
	const char *project, *title; /* of the engine or cluster */
	const char *again;           /* options that lead there once more: " --context home", or "" */
	const char *const *only;
	bool colour;
} Page;

static bool is_shown(const Page *page, const LiveContainer *container)
{
	bool hidden = container->role == UNIT_PAUSE || (container->role == UNIT_INIT && live_is_well(container));
	return !hidden && container_is_meant(container, page->only);
}

/* The part of the repository that wants it: the first folder of its file; "" for what no `up` of all knows of. */
static Slice area_of(const Page *page, const LiveContainer *container)
{
	const char *path = json_text_at(json_get(json_get(page->record, "wanted"), container->name), "path"),
	           *slash = path ? strchr(path, '/') : NULL;
	return slash ? (Slice){path, (size_t)(slash - path)} : (Slice){"", 0};
}

static gint by_area(gconstpointer a, gconstpointer b, gpointer data)
{
	const LiveContainer *const *one = a, *const *other = b;
	g_autofree char *area = slice_dup(area_of(data, *one)), *beside = slice_dup(area_of(data, *other));
	int order = strcmp(area, beside);
	return order ? order : strcmp((*one)->name, (*other)->name);
}

static void print_row(const Page *page, const LiveContainer *container, gint64 now)
{
	g_autofree char *title = live_title(container), *state = live_state_text(container),
	                *age = since(container, now), *memory = memory_text(container),
	                *ports = container->node ? g_strdup(container->node) : ports_text(container),
	                *problem = problem_text(page->engine, container);
	bool well = live_is_well(container);
	g_autofree char *cpu = container->cpu < 0 ? g_strdup("-") : g_strdup_printf("%.0f %%", container->cpu * 100);
	const char *mark = well ? "●" : "✗",
	           *paint = !page->colour ? ""
	                    : well        ? "\033[32m"
	                                  : "\033[31m",
	           *plain = page->colour ? "\033[0m" : "";
	const char *pod = strrchr(title, '/') ? strrchr(title, '/') + 1 : title;
	bool alone =
	        container->role == UNIT_PROXY || !container->container || g_str_has_prefix(pod, container->container);
	g_autofree char *name = alone ? g_strdup(title) : g_strdup_printf("%s (%s)", title, container->container);
	printf("%s%s%s %-34s %-13s %7s %4u %6s %13s  %s\n", paint, mark, plain, name, state, age, container->restarts,
	        cpu, memory, ports);
	if (problem)
		printf("    %.200s\n", problem);
}

/* Under the names of areas, where there are several. */
static void print_rows(const Page *page, gint64 now)
{
	GPtrArray *rows = page->live->containers;
	g_ptr_array_sort_with_data(rows, by_area, (gpointer)page);
	bool several = false;
	for (guint i = 1; i < rows->len; i++)
		several |= !slice_equal(area_of(page, rows->pdata[i]), area_of(page, rows->pdata[0]));
	Slice last = {"", 0};
	for (guint i = 0; i < rows->len; i++) {
		Slice area = area_of(page, rows->pdata[i]);
		if (!is_shown(page, rows->pdata[i]))
			continue;
		if (several && !slice_equal(area, last))
			printf("%.*s\n", SLICE_ARGS(area));
		last = area;
		print_row(page, rows->pdata[i], now);
	}
}

/* "13 of 15 running, 2 with problems". */
static int print_summary(const Page *page)
{
	uint32_t all = 0, running = 0, well = 0;
	const LiveContainer *first = NULL;
	for (guint i = 0; i < page->live->containers->len; i++) {
		const LiveContainer *container = page->live->containers->pdata[i];
		if (!is_shown(page, container))
			continue;
		all++;
		running += container->state == LIVE_RUNNING || (container->once && live_is_well(container));
		well += live_is_well(container);
		first = first || live_is_well(container) ? first : container;
	}
	printf("\n%u of %u running, %u with problems\n", running, all, all - well);
	if (first)
		printf("next: labwright explain %s/%s%s\n", first->namespace, first->pod, page->again);
	return well == all ? EXIT_CLEAN : EXIT_FINDINGS;
}

/* How full the machines are: by what is asked of them, which is what the scheduler looks at, and by what is used. */
static void print_nodes(const Page *page)
{
	printf("  %-20s %-9s %15s %21s %8s\n", "node", "state", "cpu asked", "memory asked", "pods");
	for (guint i = 0; i < page->survey->nodes->len; i++) {
		const ClusterNode *node = page->survey->nodes->pdata[i];
		bool well = node->ready && !node->problem;
		const char *paint = !page->colour ? "" : well ? "\033[32m" : "\033[31m";
		printf("%s%s%s %-20s %-9s %5.1f of %4.1f %3.0f%% %6.1f of %5.1f Gi %3.0f%% %4u/%u", paint,
		        well ? "●" : "✗", page->colour ? "\033[0m" : "", node->name,
		        !node->ready     ? "not ready"
		        : node->cordoned ? "cordoned"
		                         : "ready",
		        node->cpu_asked, node->cpu, node->cpu > 0 ? node->cpu_asked / node->cpu * 100 : 0,
		        (double)node->memory_asked / (1 << 30), (double)node->memory / (1 << 30),
		        node->memory ? (double)node->memory_asked / (double)node->memory * 100 : 0, node->pods,
		        node->most_pods);
		if (page->survey->measured)
			printf("  uses %.1f cpu, %.1f Gi", MAX(0, node->cpu_used),
			        (double)node->memory_used / (1 << 30));
		printf("%s%s\n", node->problem ? "\n    " : "", node->problem ? node->problem : "");
	}
	puts("");
}

static int print_page(const Page *page)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	if (page->live->containers->len == 0 && !page->survey) {
		printf("nothing of %s runs on %s\nnext: labwright up\n", page->project, page->title);
		return EXIT_CLEAN;
	}
	if (page->survey) {
		printf("%s\n\n", page->title);
		print_nodes(page);
	} else {
		printf("%s on %s\n\n", page->project, page->title);
	}
	printf("  %-34s %-13s %7s %4s %6s %13s  %s\n", "", "state", "since", "rst", "cpu", "memory",
	        page->survey ? "node" : "ports");
	print_rows(page, now);
	for (guint i = 0; page->survey && !page->only && i < page->survey->notes->len; i++)
		printf("%s  %s\n", i ? "" : "\n", (char *)page->survey->notes->pdata[i]);
	return print_summary(page);
}

static Json *row_json(const Page *page, const LiveContainer *container)
{
	g_autofree char *area = slice_dup(area_of(page, container));
	static const char *const ready[] = {"unknown", "no", "yes"};
	Json *out = json_new_map();
	json_set_text(out, "name", container->name);
	json_set_text(out, "namespace", container->namespace);
	json_set_text(out, "workload", container->workload);
	json_set_text(out, "pod", container->pod);
	json_set_text(out, "container", container->container);
	json_set_text(out, "image", container->image);
	if (*area)
		json_set_text(out, "area", area);
	json_set_text(out, "node", container->node);
	json_set_text(out, "word", container->word);
	json_set_text(out, "why", container->why);
	json_set_text(out, "state", live_state_word(container->state));
	json_set_text(out, "ready", ready[container->ready]);
	json_set_bool(out, "well", live_is_well(container));
	json_set_number(out, "exitCode", container->exit_code);
	json_set_number(out, "restarts", container->restarts);
	json_set_number(out, "started", container->started);
	json_set_number(out, "memoryBytes", (int64_t)container->memory);
	json_set_number(out, "memoryLimitBytes", (int64_t)container->memory_limit);
	if (container->cpu >= 0)
		json_set(out, "cpu", json_new_real(container->cpu));
	for (guint i = 0; i < container->ports->len; i++)
		json_append_text(json_list_in(out, "ports"), container->ports->pdata[i]);
	return out;
}

static Json *node_json(const ClusterNode *node)
{
	Json *out = json_new_map();
	json_set_text(out, "name", node->name);
	json_set_bool(out, "ready", node->ready);
	json_set_bool(out, "cordoned", node->cordoned);
	json_set_text(out, "problem", node->problem);
	json_set_text(out, "version", node->version);
	json_set_text(out, "architecture", node->architecture);
	json_set(out, "cpu", json_new_real(node->cpu));
	json_set(out, "cpuAsked", json_new_real(node->cpu_asked));
	json_set_number(out, "memoryBytes", (int64_t)node->memory);
	json_set_number(out, "memoryAskedBytes", (int64_t)node->memory_asked);
	json_set_number(out, "pods", node->pods);
	if (node->cpu_used >= 0) {
		json_set(out, "cpuUsed", json_new_real(node->cpu_used));
		json_set_number(out, "memoryUsedBytes", (int64_t)node->memory_used);
	}
	return out;
}

static int print_json(const Page *page)
{
	g_autoptr(Json) out = json_new_map();
	int code = EXIT_CLEAN;
	json_set_text(out, "project", page->project);
	json_set_text(out, "engine", page->title);
	for (guint i = 0; page->survey && i < page->survey->nodes->len; i++)
		json_append(json_list_in(out, "nodes"), node_json(page->survey->nodes->pdata[i]));
	for (guint i = 0; page->survey && i < page->survey->notes->len; i++)
		json_append_text(json_list_in(out, "notes"), page->survey->notes->pdata[i]);
	json_list_in(out, "containers");
	for (guint i = 0; i < page->live->containers->len; i++) {
		const LiveContainer *container = page->live->containers->pdata[i];
		if (!container_is_meant(container, page->only))
			continue;
		json_append(json_get(out, "containers"), row_json(page, container));
		code = live_is_well(container) ? code : EXIT_FINDINGS;
	}
	g_autofree char *text = json_print_pretty(out);
	puts(text);
	return code;
}

/* ---- the command
 * --------------------------------------------------------------------------------------------------------- */

typedef struct StatusArguments {
	ScanArguments scan;
	HomelabArguments homelab;
	char *format, *colour;
	gboolean watch, quick;
} StatusArguments;

static void status_arguments_clear(StatusArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	homelab_arguments_clear(&arguments->homelab);
	g_free(arguments->format);
	g_free(arguments->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StatusArguments, status_arguments_clear)

static int print(const StatusArguments *arguments, const Page *page)
{
	if (arguments->watch)
		fputs("\033[H\033[2J", stdout);
	return arguments->format && strcmp(arguments->format, "json") == 0 ? print_json(page) : print_page(page);
}

static int print_survey(const StatusArguments *arguments, const Ground *ground, const Survey *survey, bool colour)
{
	g_autofree char *again = arguments->homelab.context
	                                 ? g_strdup_printf(" --context %s", arguments->homelab.context)
	                                 : g_strdup("");
	Page page = {NULL, survey, survey->live, NULL, ground->project, cluster_title(ground->cluster), again,
	        (const char *const *)arguments->homelab.names, colour};
	return print(arguments, &page);
}

typedef struct Watching {
	bool shown, lost; /* something was seen, and whether nobody answered the last time */
} Watching;

/* After each look, with what was wrong or NULL. False where even the first failed: that ends it. Later the word that
 * nobody answers stands below what was seen last, which stays. */
static bool watch_goes_on(Watching *watching, const GError *problem)
{
	if (problem && !watching->shown)
		return false;
	if (problem && !watching->lost)
		printf("\n%s\nit is asked again and again; Ctrl-C ends this\n", problem->message);
	*watching = (Watching){true, problem != NULL};
	fflush(stdout);
	return true;
}

/* Read again when something has changed, but not more than once a second; until then only what is used is asked for. */
static int watch_there(const StatusArguments *arguments, const Ground *ground, bool colour, GError **error)
{
	SurveyOptions options = {.quick = arguments->quick};
	g_autoptr(Survey) survey = NULL;
	g_autoptr(Changes) changes = NULL;
	Watching watching = {false, false};
	for (bool changed = true;; changed = watching.lost || changes_wait(changes, 1000)) {
		g_autoptr(GError) problem = NULL;
		if (changed)
			g_clear_pointer(&survey, survey_free);
		if (survey)
			survey_measure(survey, ground->cluster, &options);
		else
			survey = survey_new(ground->cluster, &options, &problem);
		if (survey && !changes)
			changes = changes_new(ground->cluster, survey);
		else if (!survey)
			g_clear_pointer(&changes, changes_free); /* its watches have ended, too */
		if (survey)
			print_survey(arguments, ground, survey, colour);
		if (!watch_goes_on(&watching, problem)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return EXIT_WORK;
		}
		g_usleep(G_USEC_PER_SEC);
	}
}

static int once_there(const StatusArguments *arguments, const Ground *ground, bool colour, GError **error)
{
	SurveyOptions options = {.quick = arguments->quick};
	if (arguments->watch)
		return watch_there(arguments, ground, colour, error);
	g_autoptr(Survey) survey = survey_new(ground->cluster, &options, error);
	return survey ? print_survey(arguments, ground, survey, colour) : EXIT_WORK;
}

static int once(const StatusArguments *arguments, const Ground *ground, bool colour, GError **error)
{
	Engine *engine = ground->engine;
	g_autoptr(Live) live = live_new(engine, ground->project, error);
	if (!live)
		return EXIT_WORK;
	live_probe(live, engine);
	if (!arguments->quick)
		live_measure(live, engine);
	g_autoptr(Json) record = record_read(ground->project);
	if (live->containers->len)
		record_complete(record, live);
	if (!live_has_names(live, (const char *const *)arguments->homelab.names, error))
		return EXIT_USAGE;
	Page page = {engine, NULL, live, record, ground->project, engine_name(engine), "",
	        (const char *const *)arguments->homelab.names, colour};
	return print(arguments, &page);
}

static int watch_here(const StatusArguments *arguments, const Ground *ground, bool colour, GError **error)
{
	for (Watching watching = {false, false};;) {
		g_autoptr(GError) problem = NULL;
		int code = once(arguments, ground, colour, &problem);
		if ((problem && code != EXIT_WORK) || !watch_goes_on(&watching, problem)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return code;
		}
		g_usleep(2 * G_USEC_PER_SEC);
	}
}

static int status(const StatusArguments *arguments, GError **error)
{
	bool colour;
	if (!command_colour(arguments->colour, &colour, error))
		return EXIT_USAGE;
	g_auto(Ground) ground = {0};
	if (!homelab_arguments_ground(&arguments->homelab, &arguments->scan, &ground, error))
		return EXIT_WORK;
	if (ground.cluster)
		return once_there(arguments, &ground, colour, error);
	return arguments->watch ? watch_here(arguments, &ground, colour, error)
	                        : once(arguments, &ground, colour, error);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(StatusArguments) arguments = {0};
	const GOptionEntry own[] = {
	        {"watch", 'w', 0, G_OPTION_ARG_NONE, &arguments.watch, "Again every two seconds", NULL},
	        {"quick", 'q', 0, G_OPTION_ARG_NONE, &arguments.quick, "Without use of memory and processor", NULL},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format, "text or json", "NAME"},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&arguments.homelab, &arguments.scan, own, &command_status, &argc, &argv, &error))
		return command_fail(error);
	homelab_arguments_take_names(&arguments.homelab, &arguments.scan, argv + 1);
	int code = status(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_status = {"status", "run", "[NAME…] [--watch]", "how what up made is doing", run};
