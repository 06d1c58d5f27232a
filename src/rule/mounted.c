/* Paths of the container that a configuration reads: rule files of Prometheus, templates of Alertmanager, dashboards of
 * Grafana, logs that Promtail follows. Where the file is mounted says which container reads it, and the other mounts of
 * that container say what lies there (rule/reader.h). A volume, or a folder of the machine, may hold anything; so may
 * an image that is not the program's own.
 */
#include "base/path.h"
#include "rule/holder.h"
#include "rule/ignored.h"
#include "rule/reader.h"
#include "rule/rule.h"

#include <string.h>

typedef struct Mounted {
	Checker *checker;
	const Graph *graph;
	Ignored *ignored;
	GHashTable *told; /* rows that were reported */
} Mounted;

/* A pattern that matches nothing in a folder that is there may be meant for later. */
static bool has_match(const Graph *graph, const char *pattern)
{
	size_t wild = strcspn(pattern, "*?[");
	if (pattern[wild] == '\0')
		return graph_has_path(graph, slice_from(pattern));
	return graph_has_path(graph, path_folder((Slice){pattern, wild}));
}

/* Alertmanager brings templates of its own: a pattern for others is missed only where a message asks for one. */
static bool is_missed(const Graph *graph, const Row *row)
{
	Slice bytes = graph_file_bytes(graph, graph_span(graph, row).file), name;
	if (!strstr(graph_symbol_text(graph, row->object), "*.tmpl"))
		return true;
	for (size_t at = 0; (at = slice_find(bytes, "template \"", at)) != SIZE_MAX; at++) {
		name = slice_sub(bytes, at + strlen("template \""), bytes.length);
		name = slice_sub(name, 0, MIN(slice_find_byte(name, '"', 0), name.length));
		if (slice_find(name, "default", 0) == SIZE_MAX && !slice_starts(name, "__"))
			return true;
	}
	return false;
}

static void report_unread(Mounted *mounted, const Row *row, Node service, const char *path, const char *source)
{
	const Graph *graph = mounted->graph;
	if (!is_missed(graph, row) || !g_hash_table_add(mounted->told, (gpointer)row))
		return;
	Finding *finding = report(mounted->checker, row->subject, graph_span(graph, row),
	        source ? "service %s reads %s, which is %s, and there is no such path"
	               : "service %s reads %s, and nothing is mounted there",
	        graph_name(graph, service), path, source);
	add_evidence(mounted->checker, finding, graph_place(graph, service), "the service that the file is mounted in");
	set_detail(mounted->checker, finding, "%s", graph_symbol_text(graph, row->object));
}

/* Something is mounted in the folder, so that it is there: the configuration itself often lies where it looks. Of a
 * pattern it is the folder that every match lies in. */
static bool holds_mount(const Graph *graph, Node service, const char *path)
{
	Slice whole = slice_from(path);
	size_t wild = strcspn(path, "*?[");
	g_autofree char *folder = slice_dup(path[wild] ? path_folder(slice_sub(whole, 0, wild)) : whole);
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount)
		if (path_within(graph_text(graph, mount, FACT_DESTINATION), folder))
			return true;
	return false;
}

/* What a configuration that the container has at `config` means by a path. Free with g_free. */
static char *path_in_container(const Graph *graph, const Row *row, const char *config)
{
	const char *written = graph_symbol_text(graph, row->object);
	g_autofree char *folder = g_path_get_dirname(config);
	return g_path_is_absolute(written) ? g_strdup(written) : g_build_filename(folder, written, NULL);
}

static void check_path(Mounted *mounted, const Row *row, Node service, const char *config)
{
	const Graph *graph = mounted->graph;
	g_autofree char *path = path_in_container(graph, row, config);
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

/* ---- pods ------------------------------------------------------------------------------------------------------- */

/* Images of the programs themselves, which bring nothing but an example of their configuration. */
static bool is_known_image(const Graph *graph, Node container)
{
	static const char *const names[] = {"prometheus", "alertmanager", "grafana", "grafana-oss",
	        "grafana-enterprise", "loki", "vmalert", "promtail", NULL};
	return is_image_of(graph, container, names);
}

typedef enum Holds { HOLDS, LACKS, HOLDS_UNKNOWN } Holds;

static Holds keys_hold(const Graph *graph, Node data, const char *name)
{
	if (!graph_first_child(graph, data, NODE_KEY) || graph_has(graph, data, FACT_FILE_ENTRY) || strpbrk(name, "[{"))
		return HOLDS_UNKNOWN;
	GRAPH_CHILDREN (graph, data, NODE_KEY, key)
		if (g_pattern_match_simple(name, graph_name(graph, key)))
			return HOLDS;
	return LACKS;
}

/* Whether the volume that is mounted has a file of that name, which may be a pattern. Only a ConfigMap whose keys are
 * all known says no; one that gives its keys other paths says nothing. */
static Holds volume_holds(const Graph *graph, Node pod, Symbol volume_name, const char *name)
{
	Holds holds = HOLDS_UNKNOWN;
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (graph_name_symbol(graph, volume) != volume_name)
			continue;
		if (strcmp(graph_text(graph, volume, FACT_TYPE), "configMap") != 0 || !reference ||
		        graph_has(graph, reference, FACT_WANTS_KEY))
			return HOLDS_UNKNOWN;
		GRAPH_OF (graph, reference, FACT_REFERS_TO, row) {
			Holds one = keys_hold(graph, row->object, name);
			if (one != LACKS)
				return one;
			holds = LACKS;
		}
	}
	return holds;
}

static void report_lacking(Mounted *mounted, const Row *row, Node container, const char *path, Node mount)
{
	const Graph *graph = mounted->graph;
	if (!g_hash_table_add(mounted->told, (gpointer)row))
		return;
	g_autofree char *what = container_text(graph, container);
	Finding *finding = report(mounted->checker, row->subject, graph_span(graph, row), "%s reads %s, and %s", what,
	        path, mount ? "the ConfigMap that is mounted there has no such key" : "nothing is mounted there");
	add_evidence(mounted->checker, finding, graph_place(graph, mount ? mount : container), "%s",
	        mount ? "the mount that the path lies in" : "the container that the configuration is mounted in");
	set_detail(mounted->checker, finding, "%s", graph_symbol_text(graph, row->object));
}

/* config: where the container has the configuration that says the row. */
static void check_pod_path(Mounted *mounted, const Row *row, Node container, const char *config)
{
	const Graph *graph = mounted->graph;
	g_autofree char *path = path_in_container(graph, row, config);
	const char *wild = strpbrk(path, "*?[");
	Node mount = mount_holding(graph, container, path);
	if ((!mount || !wild) && holds_mount(graph, container, path))
		return;
	if (!mount) {
		report_lacking(mounted, row, container, path, NODE_NONE);
		return;
	}
	if (wild && strchr(wild, '/'))
		return;
	const char *rest = path_within(path, graph_text(graph, mount, FACT_DESTINATION));
	if (rest && *rest &&
	        volume_holds(graph, graph_parent(graph, container), graph_name_symbol(graph, mount), rest) == LACKS)
		report_lacking(mounted, row, container, path, mount);
}

/* ---- the rule -----------------------------------------------------------------------------------------------------
 */

static void check_reader(Node program, const Row *row, const char *config, void *data)
{
	Mounted *mounted = data;
	const Graph *graph = mounted->graph;
	if (graph_node_type(graph, program) == NODE_SERVICE)
		check_path(mounted, row, program, config);
	else if (is_known_image(graph, program) && !has_patch(graph, graph_ancestor(graph, program, NODE_OBJECT)))
		check_pod_path(mounted, row, program, config);
}

static void check_config_path_unmounted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Mounted mounted = {checker, graph, ignored_new(graph), g_hash_table_new(NULL, NULL)};
	GRAPH_EACH (graph, FACT_READS_PATH, row)
		if (!is_quiet(graph, row->subject))
			each_reader(graph, row, check_reader, &mounted);
	ignored_free(mounted.ignored);
	g_hash_table_unref(mounted.told);
}

static const Rule rules[] = {
        {
                .id = "config-path-unmounted",
                .level = LEVEL_WARNING,
                .title = "a mounted configuration reads a path that its container does not have",
                .why = "Prometheus starts without the rules and never alerts, Grafana without the dashboards, Promtail "
                       "follows no log: they take a path that matches nothing for one with nothing in it.",
                .remedy = "Mount the folder where the configuration looks, or write the path as the container has it.",
                .check = check_config_path_unmounted,
        },
};

const RuleSet rules_mounted = {"mounted", rules, G_N_ELEMENTS(rules)};
