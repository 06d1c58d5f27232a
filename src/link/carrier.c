/* Who brings what in: kustomizations by the paths they list, Flux Kustomizations and Applications by the folder they
 * name. Flux takes every manifest below a folder without a kustomization, and kustomizations that it meets on the way;
 * Argo CD takes those of the folder itself. What is only read (patches, values, files of generators) is reached too,
 * and its documents are no objects of their own. */
#include "base/path.h"
#include "link/linker.h"

#include <fnmatch.h>

Carrier *link_add_carrier(Linker *linker, Node node, Node root)
{
	Carrier *carrier = g_new0(Carrier, 1);
	carrier->node = node;
	carrier->root = root;
	carrier->edges = g_array_new(FALSE, FALSE, sizeof(Edge));
	carrier->contexts = g_array_new(FALSE, FALSE, sizeof(Context));
	g_hash_table_insert(linker->carriers, GUINT_TO_POINTER(node), carrier);
	g_ptr_array_add(linker->in_order, carrier);
	return carrier;
}

static Node file_node(const Graph *graph, Node node)
{
	return graph_file_node(graph, graph_file_of(graph, node));
}

void link_add_edge(Linker *linker, Carrier *carrier, Node target, Context change, Node entry, Span place)
{
	Graph *graph = linker->graph;
	Edge edge = {.target = target, .entry = entry, .change = change};
	g_array_append_val(carrier->edges, edge);
	if (!carrier->silent)
		linker->taken[graph_file_of(graph, target)] = true;
	graph_derive(graph, file_node(graph, target), FACT_REACHED_BY, carrier->node, place);
}

static void add_edge(Linker *linker, Carrier *carrier, Node target, Context change, Node entry)
{
	link_add_edge(linker, carrier, target, change, entry, graph_place(linker->graph, entry));
}

/* ---- kustomizations ----------------------------------------------------------------------------- */

static bool is_applied(const Graph *graph, Node entry)
{
	return link_has_role(graph, entry, "resource") || link_has_role(graph, entry, "base") ||
	       link_has_role(graph, entry, "component");
}

static void add_kustomization_entry(Linker *linker, Carrier *carrier, Node entry)
{
	Graph *graph = linker->graph;
	const Row *target = graph_find(graph, entry, FACT_REFERS_TO);
	if (!target)
		return;
	bool file = graph_node_type(graph, target->object) == NODE_FILE;
	if (is_applied(graph, entry) &&
	        !(file && link_find_kustomization(graph, graph_folder_of(graph, target->object)) == target->object))
		add_edge(linker, carrier, target->object, (Context){0}, entry);
	else
		graph_derive(graph, file_node(graph, target->object), FACT_REACHED_BY, carrier->node,
		        graph_place(graph, entry));
}

static void read_kustomization(Linker *linker, Carrier *carrier)
{
	const Graph *graph = linker->graph;
	GRAPH_CHILDREN (graph, carrier->node, NODE_ENTRY, entry)
		add_kustomization_entry(linker, carrier, entry);
	GRAPH_CHILDREN (graph, carrier->node, NODE_GENERATED, generated)
		GRAPH_CHILDREN (graph, generated, NODE_ENTRY, entry)
			add_kustomization_entry(linker, carrier, entry);
}

/* ---- folders of manifests ------------------------------------------------------------------------ */

static bool has_objects(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		if (graph_first_child(graph, document, NODE_OBJECT))
			return true;
	return false;
}

/* The outermost kustomization between the folder and the file. */
static Node kustomization_on_the_way(const Graph *graph, Slice folder, Slice path)
{
	for (size_t at = folder.length + (folder.length > 0); at < path.length; at++) {
		if (path.at[at] != '/')
			continue;
		Node node = link_find_kustomization(graph, slice_sub(path, 0, at));
		if (node)
			return node;
	}
	return NODE_NONE;
}

/* A glob of paths below a folder, or several in braces. */
static bool has_glob(const char *text, const char *below)
{
	bool braces = *text == '{' && g_str_has_suffix(text, "}");
	g_autofree char *list = braces ? g_strndup(text + 1, strlen(text) - 2) : g_strdup(text);
	g_auto(GStrv) globs = g_strsplit(list, braces ? "," : "\n", -1);
	for (char **glob = globs; *glob; glob++)
		if (fnmatch(g_strstrip(*glob), below, 0) == 0)
			return true;
	return false;
}

/* An Application's directory.include and exclude. */
static bool is_left_out(const Graph *graph, Node entry, Slice folder, Slice path)
{
	const char *below = path.at + folder.length + (folder.length > 0);
	const Row *include = graph_find(graph, entry, FACT_INCLUDE), *exclude = graph_find(graph, entry, FACT_EXCLUDE);
	return (include && !has_glob(graph_symbol_text(graph, include->object), below)) ||
	       (exclude && has_glob(graph_symbol_text(graph, exclude->object), below));
}

void link_add_folder(
        Linker *linker, Carrier *carrier, Slice folder, bool recursive, Context change, Node entry, Span place)
{
	const Graph *graph = linker->graph;
	uint32_t first, end;
	Node last = NODE_NONE;
	link_files_below(graph, folder, &first, &end);
	for (uint32_t file = first; file < end; file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		Node node = graph_file_node(graph, file);
		Node inner = recursive ? kustomization_on_the_way(graph, folder, path) : NODE_NONE;
		if ((!recursive && path_folder(path).length != folder.length) ||
		        is_left_out(graph, entry, folder, path))
			continue;
		if (inner && inner != last && graph_node_type(graph, inner) == NODE_KUSTOMIZATION)
			link_add_edge(linker, carrier, inner, change, entry, place);
		else if (!inner && has_objects(graph, node))
			link_add_edge(linker, carrier, node, change, entry, place);
		last = inner ? inner : last;
	}
}

static void add_chart(Linker *linker, Carrier *carrier, Node file, Context change, Node entry)
{
	Graph *graph = linker->graph;
	Span place = graph_place(graph, entry);
	Symbol namespace = change.namespace ? change.namespace : change.fallback;
	if (!namespace || namespace == LINK_UNKNOWN_NAMESPACE)
	namespace = graph_intern(graph, SLICE("*"));
	graph_derive(graph, file, FACT_REACHED_BY, carrier->node, place);
	graph_derive(graph, carrier->node, FACT_OPAQUE, namespace, place);
}

/* What a path of Flux or Argo CD leads to: a kustomization, a chart (of which nothing can be said), or manifests. */
static void add_target(Linker *linker, Carrier *carrier, Slice folder, bool recursive, Context change, Node entry)
{
	const Graph *graph = linker->graph;
	g_autofree char *chart = g_strdup_printf("%.*s%sChart.yaml", SLICE_ARGS(folder), folder.length ? "/" : "");
	Node node = link_find_kustomization(graph, folder), file = graph_find_file(graph, slice_from(chart));
	if (node && graph_node_type(graph, node) == NODE_KUSTOMIZATION)
		add_edge(linker, carrier, node, change, entry);
	else if (file && !node)
		add_chart(linker, carrier, file, change, entry);
	else if (!node)
		link_add_folder(linker, carrier, folder, recursive, change, entry, graph_place(graph, entry));
}

/* ---- Flux and Argo CD ---------------------------------------------------------------------------- */

static bool is_flux(const Graph *graph, Node object)
{
	return g_str_has_prefix(graph_text(graph, object, FACT_API_VERSION), "kustomize.toolkit.fluxcd.io/");
}

/* Of the Flux operator, as an object or as values of its chart. */
static bool is_instance(const Graph *graph, Node object)
{
	if (link_is_kind(graph, object, "FluxInstance"))
		return true;
	if (link_is_kind(graph, object, "HelmRelease"))
		GRAPH_CHILDREN (graph, object, NODE_ENTRY, entry)
			if (link_has_role(graph, entry, "path"))
				return true;
	return false;
}

static Symbol closed(const Graph *graph, Symbol symbol)
{
	return symbol && link_is_open(graph_symbol_text(graph, symbol)) ? LINK_UNKNOWN_NAMESPACE : symbol;
}

static Context change_of(const Graph *graph, Node object, Node entry)
{
	Symbol target = closed(graph, graph_symbol(graph, object, FACT_TARGET_NAMESPACE));
	if (is_instance(graph, object))
		return (Context){0};
	if (is_flux(graph, object))
		return (Context){.namespace = target,
		        .prefix = graph_symbol(graph, object, FACT_PREFIX),
		        .suffix = graph_symbol(graph, object, FACT_SUFFIX)};
	return (Context){.namespace = closed(graph, graph_symbol(graph, entry, FACT_NAMESPACE)),
	        .fallback = target == LINK_UNKNOWN_NAMESPACE ? 0 : target,
	        .prefix = graph_symbol(graph, entry, FACT_PREFIX),
	        .suffix = graph_symbol(graph, entry, FACT_SUFFIX)};
}

static void add_path_entry(Linker *linker, Carrier *carrier, Node entry)
{
	const Graph *graph = linker->graph;
	Slice path = graph_symbol_slice(graph, graph_name_symbol(graph, entry));
	if (graph_has(graph, entry, FACT_UNRESOLVED))
		return;
	Place place = link_find_from_root(graph, entry, path);
	Context change = change_of(graph, carrier->node, entry);
	bool recursive = is_flux(graph, carrier->node) || graph_has(graph, entry, FACT_RECURSIVE);
	if (place.kind == PLACE_FILE)
		add_edge(linker, carrier, place.file, change, entry);
	else if (place.kind == PLACE_FOLDER)
		add_target(linker, carrier, slice_from(place.path), recursive, change, entry);
	g_free(place.path);
}

/* ---- ApplicationSet ------------------------------------------------------------------------------ */

/* The text with `{{…}}` filled in by fill, which gets what stands between the braces; NULL where fill says false of
 * one. Free with g_free. */
static char *fill_template(
        const char *template, bool (*fill)(GString *text, const char *expression, const void *data), const void *data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (const char *at = template; *at;) {
		const char *end = strncmp(at, "{{", 2) == 0 ? strstr(at, "}}") : NULL;
		if (!end) {
			g_string_append_c(text, *at++);
			continue;
		}
		g_autofree char *expression = g_strstrip(g_strndup(at + 2, (gsize)(end - at - 2)));
		if (!fill(text, expression, data))
			return NULL;
		at = end + 2;
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool fill_glob(GString *glob, const char *expression, const void *directories)
{
	const char *name = *expression == '.' ? expression + 1 : expression;
	bool whole = strcmp(name, "path") == 0 || strcmp(name, "path.path") == 0;
	g_string_append(glob, whole && directories ? directories : "*");
	return true;
}

/* The template's path as a glob: `{{path}}` is what the generator lists, any other expression is one part. */
static char *path_glob(const char *template, const char *directories)
{
	char *glob = fill_template(template, fill_glob, directories);
	for (size_t length = strlen(glob); length && glob[length - 1] == '/';)
		glob[--length] = '\0';
	return glob;
}

static bool is_excluded(const Graph *graph, Node object, Slice folder)
{
	GRAPH_CHILDREN (graph, object, NODE_ENTRY, entry)
		if (link_has_role(graph, entry, "excluded-directories") &&
		        link_glob_matches(graph_name(graph, entry), folder))
			return true;
	return false;
}

/* The part of a path with that number, the first being 0; empty where there is none. */
static Slice segment_of(Slice path, guint64 number)
{
	size_t start = 0;
	for (; number && start < path.length; number--)
		start = MIN(slice_find_byte(path, '/', start), path.length) + 1;
	return start < path.length ? slice_sub(path, start, MIN(slice_find_byte(path, '/', start), path.length))
	                           : (Slice){"", 0};
}

/* What `path.basename`, `path[1]` or `index .path.segments 1` is for that folder; empty for any other expression. */
static Slice path_value(const char *expression, Slice folder)
{
	const char *name = *expression == '.' ? expression + 1 : expression;
	if (strcmp(name, "path.basename") == 0 || strcmp(name, "path.basenameNormalized") == 0)
		return path_name(folder);
	if (g_str_has_prefix(name, "path[") && g_ascii_isdigit(name[5]))
		return segment_of(folder, g_ascii_strtoull(name + 5, NULL, 10));
	if (g_str_has_prefix(name, "index .path.segments ") && g_ascii_isdigit(name[21]))
		return segment_of(folder, g_ascii_strtoull(name + 21, NULL, 10));
	return (Slice){"", 0};
}

static bool fill_value(GString *text, const char *expression, const void *data)
{
	const Slice *folder = data;
	Slice value = path_value(expression, *folder);
	g_string_append_len(text, value.at, (gssize)value.length);
	return value.length > 0;
}

/* The folder that the generator found: what stands behind its expression in the path is the same for all. */
static Slice generated_folder(const Graph *graph, Node entry, Slice folder)
{
	const char *template = graph_name(graph, entry), *end = strstr(template, "}}");
	Slice rest = slice_from(end ? end + 2 : "");
	while (rest.length && rest.at[rest.length - 1] == '/')
		rest.length--;
	return rest.length && slice_find(rest, "{{", 0) == SIZE_MAX && folder.length > rest.length &&
	                       slice_equal(slice_sub(folder, folder.length - rest.length, folder.length), rest)
	               ? slice_sub(folder, 0, folder.length - rest.length)
	               : folder;
}

/* The namespace of such sets is commonly made of the path. */
static Context set_change(Linker *linker, Node object, Node entry, Slice folder)
{
	Context change = change_of(linker->graph, object, entry);
	const char *target = graph_text(linker->graph, object, FACT_TARGET_NAMESPACE);
	Slice found = generated_folder(linker->graph, entry, folder);
	g_autofree char *filled = strstr(target, "{{") ? fill_template(target, fill_value, &found) : NULL;
	if (filled)
		change.fallback = graph_intern(linker->graph, slice_from(filled));
	return change;
}

static void add_matching_folders(Linker *linker, Carrier *carrier, Node entry, const char *glob)
{
	const Graph *graph = linker->graph;
	g_autoptr(GPtrArray) folders = link_matching_folders(graph, glob);
	for (guint i = 0; i < folders->len; i++) {
		Slice folder = slice_from(folders->pdata[i]);
		if (!is_excluded(graph, carrier->node, folder))
			add_target(linker, carrier, folder, graph_has(graph, entry, FACT_RECURSIVE),
			        set_change(linker, carrier->node, entry, folder), entry);
	}
}

static void add_set_entry(Linker *linker, Carrier *carrier, Node entry)
{
	const Graph *graph = linker->graph;
	const char *template = graph_name(graph, entry);
	bool listed = false;
	if (!strstr(template, "{{")) {
		add_path_entry(linker, carrier, entry);
		return;
	}
	GRAPH_CHILDREN (graph, carrier->node, NODE_ENTRY, other) {
		bool files = link_has_role(graph, other, "generator-files");
		if (!files && !link_has_role(graph, other, "directories"))
			continue;
		Slice written = slice_from(graph_name(graph, other));
		g_autofree char *directories = slice_dup(files ? path_folder(written) : written);
		g_autofree char *glob = path_glob(template, directories);
		add_matching_folders(linker, carrier, entry, glob);
		listed = true;
	}
	g_autofree char *glob = path_glob(template, NULL);
	if (!listed && strchr(glob, '/'))
		add_matching_folders(linker, carrier, entry, glob);
	if (carrier->edges->len == 0)
		graph_derive(linker->graph, carrier->node, FACT_OPAQUE, graph_intern(linker->graph, SLICE("*")),
		        graph_place(graph, entry));
}

static void read_applier(Linker *linker, Carrier *carrier)
{
	const Graph *graph = linker->graph;
	bool set = link_is_kind(graph, carrier->node, "ApplicationSet");
	GRAPH_CHILDREN (graph, carrier->node, NODE_ENTRY, entry) {
		const Row *component = graph_find(graph, entry, FACT_REFERS_TO);
		if (link_has_role(graph, entry, "path") && set)
			add_set_entry(linker, carrier, entry);
		else if (link_has_role(graph, entry, "path"))
			add_path_entry(linker, carrier, entry);
		else if (component && link_has_role(graph, entry, "component"))
			add_edge(linker, carrier, component->object, change_of(graph, carrier->node, entry), entry);
		else if (component)
			graph_derive(linker->graph, file_node(graph, component->object), FACT_REACHED_BY, carrier->node,
			        graph_place(graph, entry));
	}
	linker->live = linker->live || carrier->edges->len > 0;
}

/* ---- all of them --------------------------------------------------------------------------------- */

static bool is_applier(const Graph *graph, Node object)
{
	const char *version = graph_text(graph, object, FACT_API_VERSION);
	if (g_str_has_prefix(version, "kustomize.toolkit.fluxcd.io/"))
		return link_is_kind(graph, object, "Kustomization");
	if (is_instance(graph, object))
		return true;
	return g_str_has_prefix(version, "argoproj.io/") &&
	       (link_is_kind(graph, object, "Application") || link_is_kind(graph, object, "ApplicationSet"));
}

static void mark_patches(Linker *linker)
{
	Graph *graph = linker->graph;
	g_autoptr(GHashTable) marked = g_hash_table_new(NULL, NULL);
	GRAPH_NODES (graph, NODE_ENTRY, entry) {
		const Row *target = graph_find(graph, entry, FACT_REFERS_TO);
		if (!target || is_applied(graph, entry) || graph_node_type(graph, target->object) != NODE_FILE ||
		        linker->taken[graph_file_of(graph, target->object)] ||
		        !g_hash_table_add(marked, GUINT_TO_POINTER(target->object)))
			continue;
		GRAPH_CHILDREN (graph, target->object, NODE_DOCUMENT, document)
			graph_derive(graph, document, FACT_IS_PATCH, 0, graph_place(graph, entry));
	}
}

void link_carriers(Linker *linker)
{
	const Graph *graph = linker->graph;
	linker->carriers = g_hash_table_new(NULL, NULL);
	linker->in_order = g_ptr_array_new();
	linker->taken = g_new0(bool, MAX(graph_files(graph), 1));
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, node)
		read_kustomization(linker, link_add_carrier(linker, node, node));
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (is_applier(graph, object))
			read_applier(linker, link_add_carrier(linker, object, object));
	mark_patches(linker);
}
