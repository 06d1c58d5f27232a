/* Paths of the container that a configuration reads: rule files of Prometheus, templates of Alertmanager, dashboards of
 * Grafana, logs that Promtail follows. Where the file is mounted says which container reads it, and the other mounts of
 * that container say what lies there. A volume, or a folder of the machine, may hold anything; so may an image that is
 * not the program's own.
 */
#include "base/path.h"
#include "rule/holder.h"
#include "rule/ignored.h"
#include "rule/rule.h"

#include <string.h>

typedef struct Mounted {
	Checker *checker;
	const Graph *graph;
	Ignored *ignored;
	GHashTable *told; /* rows that were reported */
} Mounted;

/* A whole tree is mounted for what else is in it: who edits it, or keeps a copy. */
static bool is_far_below(const char *rest)
{
	const char *slash = strchr(rest, '/');
	return slash && strchr(slash + 1, '/');
}

/* Where the container has the file of the repository, by this mount. Free with g_free. */
static char *container_path(const Graph *graph, Node service, Node mount, const char *file)
{
	g_autofree char *source = mount_source(graph, service, mount);
	const char *at = graph_text(graph, mount, FACT_DESTINATION),
	           *rest = source && *source ? path_within(file, source) : NULL;
	if (!rest || at[0] != '/' || is_far_below(rest))
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

/* ---- pods ------------------------------------------------------------------------------------------------------- */

/* Images of the programs themselves, which bring nothing but an example of their configuration. */
static bool is_known_image(const Graph *graph, Node container)
{
	static const char *const names[] = {"prometheus", "alertmanager", "grafana", "grafana-oss",
	        "grafana-enterprise", "loki", "vmalert", "promtail", NULL};
	const char *image = graph_text(graph, container, FACT_IMAGE), *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;
	return slice_is_any_nocase((Slice){name, strcspn(name, ":@")}, names);
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

/* The container has the key as a file of the folder it mounts, or as that path itself, where one key is mounted. */
static void check_container(Mounted *mounted, const Row *row, Node container, Symbol volume, const char *key)
{
	const Graph *graph = mounted->graph;
	if (!is_known_image(graph, container) || has_patch(graph, graph_ancestor(graph, container, NODE_OBJECT)))
		return;
	GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION), *slash = strrchr(at, '/');
		if (graph_name_symbol(graph, mount) != volume || at[0] != '/' || is_open_text(at))
			continue;
		bool single = strcmp(slash + 1, key) == 0;
		g_autofree char *config = single ? g_strdup(at) : g_build_filename(at, key, NULL);
		if (single || !strchr(slash, '.'))
			check_pod_path(mounted, row, container, config);
	}
}

static void check_readers(Mounted *mounted, const Row *row, Node data, const char *key)
{
	const Graph *graph = mounted->graph;
	GRAPH_TO (graph, FACT_REFERS_TO, data, reference) {
		Node volume = graph_parent(graph, reference->subject), pod = graph_parent(graph, volume);
		if (graph_node_type(graph, volume) != NODE_VOLUME || graph_node_type(graph, pod) != NODE_POD ||
		        is_quiet(graph, pod) || graph_has(graph, reference->subject, FACT_WANTS_KEY))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
			check_container(mounted, row, container, graph_name_symbol(graph, volume), key);
	}
}

/* The key of a ConfigMap that the row stands in is the last one that begins before it. */
static void check_config_map(Mounted *mounted, const Row *row)
{
	const Graph *graph = mounted->graph;
	Node found = NODE_NONE;
	GRAPH_CHILDREN (graph, row->subject, NODE_OBJECT, object)
		if (is_kind(graph, object, "ConfigMap"))
			GRAPH_CHILDREN (graph, object, NODE_KEY, key)
				if (graph_place(graph, key).start < row->start &&
				        (!found || graph_place(graph, key).start > graph_place(graph, found).start))
					found = key;
	if (found)
		check_readers(mounted, row, graph_parent(graph, found), graph_name(graph, found));
}

/* The key that a generator gives to a file stands in the same item of its list: "key=path", or the end of the path. */
static void check_generated(Mounted *mounted, const Row *row)
{
	const Graph *graph = mounted->graph;
	Node file = graph_file_node(graph, graph_file_of(graph, row->subject));
	GRAPH_TO (graph, FACT_REFERS_TO, file, use) {
		Node generated = graph_parent(graph, use->subject);
		if (!has_role(graph, use->subject, "file") || graph_node_type(graph, generated) != NODE_GENERATED)
			continue;
		Span entry = graph_place(graph, use->subject);
		GRAPH_CHILDREN (graph, generated, NODE_KEY, key) {
			Span place = graph_place(graph, key);
			if ((place.start >= entry.start && place.end <= entry.end) || place.end + 1 == entry.start)
				check_readers(mounted, row, generated, graph_name(graph, key));
		}
	}
}

/* ---- the rule -----------------------------------------------------------------------------------------------------
 */

static void check_config_path_unmounted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Mounted mounted = {checker, graph, ignored_new(graph), g_hash_table_new(NULL, NULL)};
	GRAPH_EACH (graph, FACT_READS_PATH, row) {
		const char *file = graph_file_path(graph, graph_file_of(graph, row->subject));
		if (is_quiet(graph, row->subject))
			continue;
		check_config_map(&mounted, row);
		check_generated(&mounted, row);
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
                .why = "Prometheus starts without the rules and never alerts, Grafana without the dashboards, Promtail "
                       "follows no log: they take a path that matches nothing for one with nothing in it.",
                .remedy = "Mount the folder where the configuration looks, or write the path as the container has it.",
                .check = check_config_path_unmounted,
        },
};

const RuleSet rules_mounted = {"mounted", rules, G_N_ELEMENTS(rules)};
