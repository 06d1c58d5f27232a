/* Paths of the container that a configuration reads: rule files of Prometheus, dashboards of Grafana. Where the file is
 * mounted says which container reads it, and the other mounts of that container say what lies there. A volume, or a
 * folder of the machine, may hold anything. */
#include "base/path.h"
#include "rule/holder.h"
#include "rule/ignored.h"
#include "rule/rule.h"

typedef struct Mounted {
	Checker *checker;
	const Graph *graph;
	Ignored *ignored;
	GHashTable *told; /* rows that were reported */
} Mounted;

/* Where the container has the file of the repository, by this mount. Free with g_free. */
static char *container_path(const Graph *graph, Node service, Node mount, const char *file)
{
	g_autofree char *source = mount_source(graph, service, mount);
	const char *at = graph_text(graph, mount, FACT_DESTINATION),
	           *rest = source && *source ? path_within(file, source) : NULL;
	if (!rest || at[0] != '/')
		return NULL;
	return *rest ? g_strdup_printf("%s/%s", at, rest) : g_strdup(at);
}

/* A pattern that matches nothing in a folder that is there may be meant for later. */
static bool has_match(const Graph *graph, const char *pattern)
{
	size_t wild = strcspn(pattern, "*?[");
	if (pattern[wild] == '\0')
		return graph_has_path(graph, slice_from(pattern));
	return graph_has_path(graph, path_folder((Slice){pattern, wild}));
}

static void report_unread(Mounted *mounted, const Row *row, Node service, const char *path, const char *source)
{
	const Graph *graph = mounted->graph;
	if (!g_hash_table_add(mounted->told, (gpointer)row))
		return;
	Finding *finding = report(mounted->checker, row->subject, graph_span(graph, row),
	        source ? "service %s reads %s, which is %s, and there is no such path"
	               : "service %s reads %s, and nothing is mounted there",
	        graph_name(graph, service), path, source);
	add_evidence(mounted->checker, finding, graph_place(graph, service), "the service that the file is mounted in");
	set_detail(mounted->checker, finding, "%s", graph_symbol_text(graph, row->object));
}

/* Something is mounted in the folder, so that it is there: the configuration itself often lies where it looks. */
static bool holds_mount(const Graph *graph, Node service, const char *path)
{
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount)
		if (path_within(graph_text(graph, mount, FACT_DESTINATION), path))
			return true;
	return false;
}

static void check_path(Mounted *mounted, const Row *row, Node service, const char *config)
{
	const Graph *graph = mounted->graph;
	const char *written = graph_symbol_text(graph, row->object);
	g_autofree char *folder = g_path_get_dirname(config);
	g_autofree char *path =
	        g_path_is_absolute(written) ? g_strdup(written) : g_build_filename(folder, written, NULL);
	Node mount = mount_holding(graph, service, path);
	if (!mount && holds_mount(graph, service, path))
		return;
	if (!mount) {
		report_unread(mounted, row, service, path, NULL);
		return;
	}
	g_autofree char *source = mount_source(graph, service, mount);
	const char *rest = path_within(path, graph_text(graph, mount, FACT_DESTINATION));
	if (!source || !*source || !rest)
		return;
	g_autofree char *target = *rest ? g_strdup_printf("%s/%s", source, rest) : g_strdup(source);
	if (!has_match(graph, target) && !ignoring_pattern(mounted->ignored, target, false) &&
	        !ignoring_pattern(mounted->ignored, target, true))
		report_unread(mounted, row, service, path, target);
}

/* How much of the file's own path the mount names; 0 where it does not bring the file in. */
static size_t closeness(const Graph *graph, Node service, Node mount, const char *file)
{
	g_autofree char *source = mount_source(graph, service, mount);
	return source && *source && path_within(file, source) ? strlen(source) : 0;
}

/* The program that has the file by the nearest mount reads it. A folder far above it is mounted for what else is there.
 */
static size_t nearest_mount(const Graph *graph, const char *file)
{
	size_t nearest = 0;
	GRAPH_NODES (graph, NODE_SERVICE, service)
		GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount)
			nearest = MAX(nearest, closeness(graph, service, mount, file));
	return nearest;
}

static void check_config_path_unmounted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Mounted mounted = {checker, graph, ignored_new(graph), g_hash_table_new(NULL, NULL)};
	GRAPH_EACH (graph, FACT_READS_PATH, row) {
		const char *file = graph_file_path(graph, graph_file_of(graph, row->subject));
		if (is_quiet(graph, row->subject))
			continue;
		size_t nearest = nearest_mount(graph, file);
		GRAPH_NODES (graph, NODE_SERVICE, service)
			GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
				bool reads =
				        !is_quiet(graph, service) && closeness(graph, service, mount, file) == nearest;
				g_autofree char *config = reads ? container_path(graph, service, mount, file) : NULL;
				if (config)
					check_path(&mounted, row, service, config);
			}
	}
	ignored_free(mounted.ignored);
	g_hash_table_unref(mounted.told);
}

static const Rule rules[] = {
        {
                .id = "config-path-unmounted",
                .level = LEVEL_WARNING,
                .title = "a mounted configuration reads a path that its container does not have",
                .why = "Prometheus starts without the rules and never alerts, Grafana without the dashboards: both "
                       "take "
                       "a path that matches nothing for one with nothing in it.",
                .remedy = "Mount the folder where the configuration looks, or write the path as the container has it.",
                .check = check_config_path_unmounted,
        },
};

const RuleSet rules_mounted = {"mounted", rules, G_N_ELEMENTS(rules)};
