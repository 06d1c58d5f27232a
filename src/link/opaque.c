/* Parts that cannot be read here: charts, remote resources, plugins. Each may make any object in the namespace it is
 * put in, so whatever is missed there is unknown and not missing. */
#include "base/near.h"
#include "base/path.h"
#include "fact/maker.h"
#include "link/linker.h"

static void add_opaque(Linker *linker, Node node, Symbol namespace, Span place)
{
	Graph *graph = linker->graph;
	graph_derive(graph, node, FACT_OPAQUE, namespace ? namespace : graph_intern(graph, SLICE("*")), place);
}

static Slice last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slice_from(slash ? slash + 1 : path);
}

static Symbol target_namespace(const Graph *graph, Node object)
{
	Symbol target = graph_symbol(graph, object, FACT_TARGET_NAMESPACE);
	return target && !link_is_open(graph_symbol_text(graph, target)) ? target : 0;
}

/* The chart of a release whose values were read as objects: it is named, or every source of that name holds it. */
static bool is_app_template(const Graph *graph, Node release)
{
	Slice chart = graph_symbol_slice(graph, graph_symbol(graph, release, FACT_CHART));
	bool found = false;
	if (chart.length)
		return slice_is(last_part(chart.at), "app-template");
	GRAPH_CHILDREN (graph, release, NODE_REFERENCE, reference) {
		if (!link_has_role(graph, reference, "chart-ref"))
			continue;
		Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
		GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), source)
		{
			if (graph_symbol(graph, source, FACT_KIND) != kind)
				continue;
			Slice url = graph_symbol_slice(graph, graph_symbol(graph, source, FACT_REPOSITORY));
			Slice name = graph_symbol_slice(graph, graph_symbol(graph, source, FACT_CHART));
			if (!slice_ends(url, "/app-template") && !slice_is(name, "app-template"))
				return false;
			found = true;
		}
	}
	return found;
}

/* The values look like those of app-template, and the chart is another, whose own defaults nobody knows here. */
void link_misread(Graph *graph)
{
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		Node release = graph_parent(graph, reference);
		if (!link_has_role(graph, reference, "chart-ref") || graph_has(graph, release, FACT_RENDERED) ||
		        is_app_template(graph, release))
			continue;
		Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
		GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), source)
		if (graph_symbol(graph, source, FACT_KIND) == kind && graph_has(graph, source, FACT_REPOSITORY) &&
		        !graph_has(graph, release, FACT_MISREAD))
			graph_derive(graph, release, FACT_MISREAD, 0, graph_place(graph, reference));
	}
}

/* A release goes where it says, or where it stands itself. */
static void add_release(Linker *linker, Node object)
{
	const Graph *graph = linker->graph;
	Span place = graph_place(graph, object);
	Symbol target = target_namespace(graph, object), namespaces[64];
	if ((graph_has(graph, object, FACT_TRANSPARENT) && is_app_template(graph, object)) ||
	        graph_has(graph, object, FACT_RENDERED))
		return;
	if (target || graph_has(graph, object, FACT_TARGET_NAMESPACE)) {
		add_opaque(linker, object, target, place);
		return;
	}
	uint32_t count = link_namespaces(linker, object, namespaces, G_N_ELEMENTS(namespaces));
	for (uint32_t i = 0; i < count; i++)
		add_opaque(linker, object, namespaces[i], place);
}

/* An Application's chart of a registry, or a path of another repository. Charts that lie here were seen before. */
static void add_application(Linker *linker, Node object)
{
	const Graph *graph = linker->graph;
	bool transparent = graph_has(graph, object, FACT_TRANSPARENT);
	if (graph_has(graph, object, FACT_RENDERED))
		return;
	GRAPH_CHILDREN (graph, object, NODE_ENTRY, entry)
		if ((link_has_role(graph, entry, "chart") &&
		            !(transparent && slice_is(last_part(graph_name(graph, entry)), "app-template"))) ||
		        (link_has_role(graph, entry, "path") && graph_has(graph, entry, FACT_UNRESOLVED)))
			add_opaque(linker, object, target_namespace(graph, object), graph_place(graph, entry));
}

/* A Flux Kustomization of another source. */
static void add_foreign_path(Linker *linker, Node object)
{
	const Graph *graph = linker->graph;
	GRAPH_CHILDREN (graph, object, NODE_ENTRY, entry)
		if (link_has_role(graph, entry, "path") &&
		        strcmp(graph_text(graph, entry, FACT_UNRESOLVED), "unknown") == 0)
			add_opaque(linker, object, target_namespace(graph, object), graph_place(graph, entry));
}

static void read_object(Linker *linker, Node object)
{
	const Graph *graph = linker->graph;
	Slice group = link_group(graph, object);
	if (link_is_kind(graph, object, "HelmRelease") ||
	        (link_is_kind(graph, object, "HelmChart") && slice_is(group, "helm.cattle.io")))
		add_release(linker, object);
	else if (slice_is(group, "argoproj.io") && graph_first_child(graph, object, NODE_ENTRY))
		add_application(linker, object);
	else if (slice_is(group, "kustomize.toolkit.fluxcd.io"))
		add_foreign_path(linker, object);
}

/* Definitions of kinds are no objects that a pod could name. */
static bool is_definitions(const char *url)
{
	return strstr(url, "crd") || strstr(url, "gateway-api");
}

static bool is_opaque_entry(const Graph *graph, Node entry)
{
	if (link_has_role(graph, entry, "chart") || link_has_role(graph, entry, "generator"))
		return true;
	return graph_has(graph, entry, FACT_REMOTE) && !is_definitions(graph_name(graph, entry)) &&
	       (link_has_role(graph, entry, "resource") || link_has_role(graph, entry, "base") ||
	               link_has_role(graph, entry, "component"));
}

static void read_kustomization(Linker *linker, Node node)
{
	const Graph *graph = linker->graph;
	Contexts contexts = link_contexts(linker, graph_file_of(graph, node));
	if (graph_has(graph, node, FACT_RENDERED))
		return;
	GRAPH_CHILDREN (graph, node, NODE_ENTRY, entry) {
		if (!is_opaque_entry(graph, entry))
			continue;
		Symbol written = graph_symbol(graph, entry, FACT_NAMESPACE);
		for (uint32_t i = 0; i < contexts.count; i++) {
			Symbol namespace = contexts.at[i].namespace;
			if (!namespace)
			namespace = written ? written : contexts.at[i].fallback;
			add_opaque(linker, entry, namespace == LINK_UNKNOWN_NAMESPACE ? 0 : namespace,
			        graph_place(graph, entry));
		}
	}
}

static bool is_values_name(Slice name)
{
	return (slice_starts(name, "values") || slice_ends(name, "values.yaml") || slice_ends(name, "values.yml")) &&
	       (slice_ends(name, ".yaml") || slice_ends(name, ".yml"));
}

static bool holds_objects(const Graph *graph, Node file)
{
	Node document = graph_first_child(graph, file, NODE_DOCUMENT);
	return document && graph_first_child(graph, document, NODE_OBJECT);
}

static bool has_chart(const Graph *graph, Slice folder)
{
	g_autofree char *path = g_strdup_printf("%.*s%sChart.yaml", SLICE_ARGS(folder), folder.length ? "/" : "");
	return graph_find_file(graph, slice_from(path)) != NODE_NONE;
}

/* A kustomization or Application names the file beside its chart, and is opaque itself. */
static bool is_given_to_chart(const Graph *graph, Node file)
{
	GRAPH_TO (graph, FACT_REFERS_TO, file, row)
		if (graph_node_type(graph, row->subject) == NODE_ENTRY && link_has_role(graph, row->subject, "values"))
			return true;
	return false;
}

/* Values of a chart that is not here. */
static bool is_lone_values(const Graph *graph, Node file)
{
	Slice path = slice_from(graph_name(graph, file)), folder = path_folder(path);
	return is_values_name(path_name(path)) && !holds_objects(graph, file) && !has_chart(graph, folder) &&
	       !has_chart(graph, path_folder(folder)) && !is_given_to_chart(graph, file);
}

/* Something that is not read (Terraform, a script, a hand) installs the chart where the objects beside them go. folders
 * holds an object of each folder. */
static void add_values(Linker *linker, Node file, GHashTable *folders)
{
	const Graph *graph = linker->graph;
	Symbol namespaces[16];
	g_autofree char *key = slice_dup(path_folder(slice_from(graph_name(graph, file))));
	Node object = GPOINTER_TO_UINT(g_hash_table_lookup(folders, key));
	uint32_t count = object ? link_namespaces(linker, object, namespaces, G_N_ELEMENTS(namespaces)) : 0;
	for (uint32_t i = 0; i < count; i++)
		add_opaque(linker, file, namespaces[i], (Span){graph_file_of(graph, file), 0, 0});
}

/* Free with g_hash_table_unref. */
static GHashTable *objects_by_folder(const Graph *graph)
{
	GHashTable *folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	uint32_t last = UINT32_MAX;
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		uint32_t file = graph_file_of(graph, object);
		if (file != last)
			g_hash_table_insert(folders, slice_dup(path_folder(slice_from(graph_file_path(graph, file)))),
			        GUINT_TO_POINTER(object));
		last = file;
	}
	return folders;
}

static void read_values(Linker *linker)
{
	const Graph *graph = linker->graph;
	g_autoptr(GHashTable) folders = NULL;
	GRAPH_NODES (graph, NODE_FILE, file) {
		if (!is_lone_values(graph, file))
			continue;
		if (!folders)
			folders = objects_by_folder(graph);
		add_values(linker, file, folders);
	}
}

static bool is_chart(const Graph *graph, Node subject)
{
	return link_is_kind(graph, subject, "HelmRelease") || link_is_kind(graph, subject, "HelmChart") ||
	       link_has_role(graph, subject, "chart") || graph_node_type(graph, subject) == NODE_FILE;
}

void link_opaque(Linker *linker)
{
	Graph *graph = linker->graph;
	GRAPH_NODES (graph, NODE_OBJECT, object)
		read_object(linker, object);
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, node)
		read_kustomization(linker, node);
	read_values(linker);
	GRAPH_EACH (graph, FACT_FILLS_NAMESPACE, row)
		graph_derive(graph, row->subject, FACT_OPAQUE, row->object, graph_span(graph, row));
	graph_finish(graph);
	linker->opaque = g_hash_table_new(NULL, NULL);
	linker->foreign = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_OPAQUE, row) {
		g_hash_table_add(linker->opaque, GUINT_TO_POINTER(row->object));
		if (!is_chart(graph, row->subject))
			g_hash_table_add(linker->foreign, GUINT_TO_POINTER(row->object));
	}
}

/* A manifest that others publish as one file stands where they decided: in a namespace that is called after it, or in
 * one that every cluster has. A whole folder from elsewhere may be the owner's own and go anywhere. */
static bool may_reach(const Graph *graph, Node maker, Symbol namespace)
{
	const char *url = graph_name(graph, maker), *text = graph_symbol_text(graph, namespace);
	bool file = g_str_has_suffix(url, ".yaml") || g_str_has_suffix(url, ".yml");
	return !namespace || !file || !graph_has(graph, maker, FACT_REMOTE) || strcmp(text, "default") == 0 ||
	       g_str_has_prefix(text, "kube-") || near_share_word(slice_from(url), slice_from(text));
}

/* key: the namespace of the rows, which may be the one for all. */
static bool is_any_maker(const Linker *linker, Symbol key, Symbol namespace, const char *name)
{
	GRAPH_TO (linker->graph, FACT_OPAQUE, key, row)
		if (may_reach(linker->graph, row->subject, namespace) &&
		        (!name || graph_may_make(linker->graph, row->subject, slice_from(name))))
			return true;
	return false;
}

bool link_may_be_opaque(const Linker *linker, Symbol namespace, const char *kind, const char *name)
{
	static const char *const flux[] = {"HelmRepository", "HelmRelease", "Kustomization", "Bucket", "OCIRepository"};
	GHashTable *set = linker->opaque;
	Symbol anywhere;
	for (size_t i = 0; kind && i < G_N_ELEMENTS(flux); i++)
		if (strcmp(kind, flux[i]) == 0)
			set = linker->foreign;
	if (!namespace)
		return g_hash_table_size(set) > 0;
	bool everywhere = graph_find_symbol(linker->graph, SLICE("*"), &anywhere) &&
	                  g_hash_table_contains(set, GUINT_TO_POINTER(anywhere));
	return (everywhere && is_any_maker(linker, anywhere, namespace, name)) ||
	       (g_hash_table_contains(set, GUINT_TO_POINTER(namespace)) && is_any_maker(linker, namespace, 0, name));
}
