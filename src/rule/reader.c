/* Which programs read a configuration: where the file is mounted says so, or the ConfigMap that holds it as a key. */
#include "rule/reader.h"

#include "base/path.h"
#include "rule/holder.h"
#include "rule/rule.h"

#include <string.h>

typedef struct Walk {
	const Graph *graph;
	const Row *row;
	ConfigReader *take;
	void *data;
} Walk;

/* ---- compose ---------------------------------------------------------------------------------------------------- */

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

static void take_services(const Walk *walk)
{
	const Graph *graph = walk->graph;
	const char *file = graph_file_path(graph, graph_file_of(graph, walk->row->subject));
	size_t nearest = nearest_mount(graph, file);
	GRAPH_NODES (graph, NODE_SERVICE, service)
		GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
			bool reads = !is_quiet(graph, service) && closeness(graph, service, mount, file) == nearest;
			g_autofree char *config = reads ? container_path(graph, service, mount, file) : NULL;
			if (config)
				walk->take(service, walk->row, config, walk->data);
		}
}

/* ---- pods ------------------------------------------------------------------------------------------------------- */

/* The container has the key as a file of the folder it mounts, or as that path itself, where one key is mounted. */
static void take_container(const Walk *walk, Node container, Symbol volume, const char *key)
{
	const Graph *graph = walk->graph;
	GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION), *slash = strrchr(at, '/');
		if (graph_name_symbol(graph, mount) != volume || at[0] != '/' || is_open_text(at))
			continue;
		bool single = strcmp(slash + 1, key) == 0;
		g_autofree char *config = single ? g_strdup(at) : g_build_filename(at, key, NULL);
		if (single || !strchr(slash, '.'))
			walk->take(container, walk->row, config, walk->data);
	}
}

static void take_readers(const Walk *walk, Node data, const char *key)
{
	const Graph *graph = walk->graph;
	GRAPH_TO (graph, FACT_REFERS_TO, data, reference) {
		Node volume = graph_parent(graph, reference->subject), pod = graph_parent(graph, volume);
		if (graph_node_type(graph, volume) != NODE_VOLUME || graph_node_type(graph, pod) != NODE_POD ||
		        is_quiet(graph, pod) || graph_has(graph, reference->subject, FACT_WANTS_KEY))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
			take_container(walk, container, graph_name_symbol(graph, volume), key);
	}
}

/* The row stands in the text of the key; that of a long one is not kept, but for its beginning. */
static bool holds_row(const Graph *graph, Node key, const Row *row)
{
	const Row *value = graph_find(graph, key, FACT_VALUE);
	return graph_place(graph, key).start < row->start && (!value || row->start < graph_span(graph, value).end);
}

/* The key of the object that the row stands in is the last one that begins before it. */
static Node key_around(const Graph *graph, Node object, const Row *row)
{
	Node found = NODE_NONE;
	if (is_kind(graph, object, "ConfigMap"))
		GRAPH_CHILDREN (graph, object, NODE_KEY, key)
			if (holds_row(graph, key, row) &&
			        (!found || graph_place(graph, key).start > graph_place(graph, found).start))
				found = key;
	return found;
}

static void take_config_map(const Walk *walk, Node object)
{
	Node key = key_around(walk->graph, object, walk->row);
	if (key)
		take_readers(walk, object, graph_name(walk->graph, key));
}

/* ConfigMaps of the document itself, and those that a chart makes of its values. */
static void take_config_maps(const Walk *walk)
{
	const Graph *graph = walk->graph;
	GRAPH_CHILDREN (graph, walk->row->subject, NODE_OBJECT, object) {
		take_config_map(walk, object);
		GRAPH_CHILDREN (graph, object, NODE_OBJECT, made)
			take_config_map(walk, made);
	}
}

/* The key that a generator gives to a file stands in the same item of its list: "key=path", or the end of the path. */
static void take_generated(const Walk *walk)
{
	const Graph *graph = walk->graph;
	Node file = graph_file_node(graph, graph_file_of(graph, walk->row->subject));
	GRAPH_TO (graph, FACT_REFERS_TO, file, use) {
		Node generated = graph_parent(graph, use->subject);
		if (!has_role(graph, use->subject, "file") || graph_node_type(graph, generated) != NODE_GENERATED)
			continue;
		Span entry = graph_place(graph, use->subject);
		GRAPH_CHILDREN (graph, generated, NODE_KEY, key) {
			Span place = graph_place(graph, key);
			if ((place.start >= entry.start && place.end <= entry.end) || place.end + 1 == entry.start)
				take_readers(walk, generated, graph_name(graph, key));
		}
	}
}

void each_reader(const Graph *graph, const Row *row, ConfigReader *take, void *data)
{
	Walk walk = {graph, row, take, data};
	take_config_maps(&walk);
	take_generated(&walk);
	take_services(&walk);
}

/* ---- Loki ---------------------------------------------------------------------------------------------
 */

bool is_image_of(const Graph *graph, Node program, const char *const *names)
{
	const char *image = graph_text(graph, program, FACT_IMAGE), *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;
	return slice_is_any_nocase((Slice){name, strcspn(name, ":@")}, names);
}

/* The image itself says which file it starts with, where nothing else does. */
bool starts_loki(const Graph *graph, Node program, const char *config)
{
	static const char *const names[] = {"loki", NULL};
	bool asked = false;
	if (!is_image_of(graph, program, names))
		return false;
	GRAPH_OF (graph, program, FACT_ARGUMENT, row) {
		const char *word = graph_symbol_text(graph, row->object);
		if (g_str_has_suffix(word, config))
			return true;
		asked = asked || strstr(word, "config.file");
	}
	return !asked && strcmp(config, "/etc/loki/local-config.yaml") == 0;
}
