/* What the paths of kustomizations, Flux Kustomizations and Applications lead to.
 *
 * A kustomization's path is relative to its folder, and a folder must hold a kustomization. A Flux or Argo CD path is
 * relative to the root of its source, and the source may be another repository. Which source is this one is nowhere
 * written: it is the one with the most paths that exist here. Another is taken for it too if its URL is the same or not
 * known; a second repository that is laid out alike has an URL of its own. */
#include "base/path.h"
#include "link/linker.h"

bool link_has_role(const Graph *graph, Node entry, const char *role)
{
	return strcmp(graph_text(graph, entry, FACT_ROLE), role) == 0;
}

static void resolved(Graph *graph, Node entry, Node target)
{
	graph_derive(graph, entry, FACT_REFERS_TO, target, graph_place(graph, entry));
}

static void unresolved(Graph *graph, Node entry, const char *why)
{
	graph_derive(graph, entry, FACT_UNRESOLVED, graph_intern(graph, slice_from(why)), graph_place(graph, entry));
}

static Slice entry_path(const Graph *graph, Node entry)
{
	return graph_symbol_slice(graph, graph_name_symbol(graph, entry));
}

/* ---- kustomizations ----------------------------------------------------------------------------- */

static bool takes_folder(const Graph *graph, Node entry)
{
	static const char *const roles[] = {"resource", "base", "component", "generator", "transformer"};
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
		if (link_has_role(graph, entry, roles[i]))
			return true;
	return false;
}

static void link_folder_entry(Graph *graph, Node entry, Slice folder)
{
	Node target = link_find_kustomization(graph, folder);
	if (target)
		resolved(graph, entry, target);
	else
		unresolved(graph, entry, "no-kustomization");
}

static void link_entry_from(Graph *graph, Node entry, Slice folder)
{
	Place place = link_find_place(graph, folder, entry_path(graph, entry));
	if (place.kind == PLACE_FILE)
		resolved(graph, entry, place.file);
	else if (place.kind == PLACE_FOLDER && takes_folder(graph, entry))
		link_folder_entry(graph, entry, slice_from(place.path));
	else
		unresolved(graph, entry, place.kind == PLACE_UNKNOWN ? "unknown" : "missing");
	g_free(place.path);
}

static void link_kustomization_entry(Graph *graph, Node entry)
{
	if (graph_has(graph, entry, FACT_REMOTE))
		unresolved(graph, entry, "unknown");
	else if (!link_has_role(graph, entry, "inline-patch") && !link_has_role(graph, entry, "chart"))
		link_entry_from(graph, entry, graph_folder_of(graph, entry));
}

/* ---- Flux and Argo CD ---------------------------------------------------------------------------- */

typedef struct Source {
	Symbol name; /* URL, or Kind/name of the Flux source */
	uint32_t found, asked;
} Source;

typedef struct Sources {
	GHashTable *by_name; /* Symbol → Source */
	const Source *here;  /* the one with the most paths found, or NULL */
} Sources;

static Symbol source_of(const Graph *graph, Node entry)
{
	Symbol repository = graph_symbol(graph, entry, FACT_REPOSITORY);
	return repository ? repository : graph_symbol(graph, graph_parent(graph, entry), FACT_SOURCE_REF);
}

/* The URL of a source, of which Flux keeps only Kind/name, or NULL where no file says it. */
static const char *source_url(const Graph *graph, Symbol source)
{
	const char *text = graph_symbol_text(graph, source), *slash = strchr(text, '/');
	Symbol name;
	if (strstr(text, "://") || strchr(text, '@'))
		return text;
	if (!slash || !graph_find_symbol(graph, slice_from(slash + 1), &name))
		return NULL;
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	if (strncmp(graph_text(graph, object, FACT_KIND), text, (size_t)(slash - text)) == 0 &&
	        graph_has(graph, object, FACT_REPOSITORY))
		return graph_text(graph, object, FACT_REPOSITORY);
	return NULL;
}

/* git@host:owner/name.git and https://host/owner/name are one repository: the last two parts tell. */
static bool same_repository(const char *one, const char *other)
{
	g_auto(GStrv) left = g_strsplit_set(one, "/:", -1), right = g_strsplit_set(other, "/:", -1);
	guint n = g_strv_length(left), m = g_strv_length(right);
	for (guint i = 1; i <= 2; i++) {
		if (i > n || i > m)
			return false;
		Slice a = slice_from(left[n - i]), b = slice_from(right[m - i]);
		a.length -= slice_ends(a, ".git") ? 4 : 0;
		b.length -= slice_ends(b, ".git") ? 4 : 0;
		if (!slice_equal(a, b))
			return false;
	}
	return true;
}

static Source *add_source(Sources *sources, Symbol name)
{
	Source *source = g_hash_table_lookup(sources->by_name, GUINT_TO_POINTER(name));
	if (source)
		return source;
	source = g_new0(Source, 1);
	source->name = name;
	g_hash_table_insert(sources->by_name, GUINT_TO_POINTER(name), source);
	return source;
}

static bool is_generator(const Graph *graph, Node entry)
{
	return link_has_role(graph, entry, "directories") || link_has_role(graph, entry, "generator-files");
}

/* Files are looked for as Git does, where `*` crosses slashes. Free with g_free. */
static char *generator_glob(const Graph *graph, Node entry)
{
	g_autofree char *path = slice_dup(entry_path(graph, entry));
	const char *written = path;
	while (*written == '/' || g_str_has_prefix(written, "./"))
		written += *written == '/' ? 1 : 2;
	g_autoptr(GString) glob = g_string_new(written);
	while (glob->len && glob->str[glob->len - 1] == '/')
		g_string_truncate(glob, glob->len - 1);
	if (link_has_role(graph, entry, "generator-files"))
		g_string_replace(glob, "*", "**", 0);
	return g_string_free(g_steal_pointer(&glob), FALSE);
}

static bool matches_anything(const Graph *graph, Node entry)
{
	g_autofree char *glob = generator_glob(graph, entry);
	bool files = link_has_role(graph, entry, "generator-files");
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		for (Slice part = files ? path : path_folder(path); part.length; part = path_folder(part)) {
			if (link_glob_matches(glob, part))
				return true;
			if (files)
				break;
		}
	}
	return false;
}

static void count_generator(const Graph *graph, Sources *sources, Node entry)
{
	if (!graph_has(graph, entry, FACT_REPOSITORY))
		return;
	Source *source = add_source(sources, source_of(graph, entry));
	source->asked++;
	source->found += matches_anything(graph, entry);
	if (source->found > (sources->here ? sources->here->found : 0))
		sources->here = source;
}

static void count_source(const Graph *graph, Sources *sources, Node entry)
{
	Place place = link_find_from_root(graph, entry, entry_path(graph, entry));
	Source *source = add_source(sources, source_of(graph, entry));
	bool root = place.kind == PLACE_FOLDER && *place.path == '\0';
	if (place.kind != PLACE_UNKNOWN && !root) {
		source->asked++;
		source->found += place.kind != PLACE_MISSING;
	}
	if (source->found > (sources->here ? sources->here->found : 0))
		sources->here = source;
	g_free(place.path);
}

static bool is_here(const Graph *graph, const Sources *sources, Node entry)
{
	Symbol name = source_of(graph, entry);
	const Source *source = g_hash_table_lookup(sources->by_name, GUINT_TO_POINTER(name));
	if (!source || source->found * 2 < source->asked || source->found == 0)
		return false;
	const char *url = source_url(graph, name), *here = source_url(graph, sources->here->name);
	/* The Flux operator makes the source that the others name, so no file says what that one leads to. */
	bool by_operator = !here && graph_has(graph, entry, FACT_RECURSIVE) &&
	                   (link_is_kind(graph, graph_parent(graph, entry), "FluxInstance") ||
	                           link_is_kind(graph, graph_parent(graph, entry), "HelmRelease"));
	return source == sources->here || !url || by_operator || (here && same_repository(url, here));
}

static void link_path_entry(Graph *graph, const Sources *sources, Node entry)
{
	Place place = link_find_from_root(graph, entry, entry_path(graph, entry));
	if (!is_here(graph, sources, entry) || place.kind == PLACE_UNKNOWN) {
		unresolved(graph, entry, "unknown");
	} else if (place.kind == PLACE_MISSING) {
		unresolved(graph, entry, "missing");
	} else if (place.kind == PLACE_FILE) {
		resolved(graph, entry, place.file);
	} else {
		g_autofree char *chart = g_strdup_printf("%s%sChart.yaml", place.path, *place.path ? "/" : "");
		Node target = link_find_kustomization(graph, slice_from(place.path));
		target = target ? target : graph_find_file(graph, slice_from(chart));
		if (target)
			resolved(graph, entry, target);
	}
	g_free(place.path);
}

/* Charts that are paths lie in the source; those that are names, in a registry. */
static void link_chart_entry(Graph *graph, const Sources *sources, Node entry)
{
	Slice path = entry_path(graph, entry);
	if (!slice_starts(path, "./") && !slice_starts(path, "../") && !slice_starts(path, "/"))
		return;
	Place place = link_find_from_root(graph, entry, path);
	if (place.kind == PLACE_FOLDER) {
		g_autofree char *chart = g_strdup_printf("%s/Chart.yaml", place.path);
		Node file = graph_find_file(graph, slice_from(chart));
		if (file)
			resolved(graph, entry, file);
	} else if (place.kind == PLACE_MISSING && is_here(graph, sources, entry)) {
		unresolved(graph, entry, "missing");
	}
	g_free(place.path);
}

/* A component of a Flux Kustomization is relative to its path. */
static void link_flux_component(Graph *graph, Node entry)
{
	Node object = graph_parent(graph, entry);
	GRAPH_CHILDREN (graph, object, NODE_ENTRY, path)
		if (link_has_role(graph, path, "path")) {
			Place place = link_find_from_root(graph, path, entry_path(graph, path));
			if (place.kind == PLACE_FOLDER)
				link_entry_from(graph, entry, slice_from(place.path));
			g_free(place.path);
			return;
		}
}

/* $ref/path is relative to the root of that source, others to the path or chart. */
static void link_values_entry(Graph *graph, Node entry)
{
	Slice path = entry_path(graph, entry);
	size_t slash = slice_find_byte(path, '/', 0);
	Place place = {.kind = PLACE_UNKNOWN};
	if (slice_starts(path, "$") && slash != SIZE_MAX) {
		place = link_find_from_root(graph, entry, slice_sub(path, slash + 1, path.length));
	} else if (graph_node_type(graph, graph_parent(graph, entry)) == NODE_ENTRY) {
		Place folder = link_find_from_root(
		        graph, graph_parent(graph, entry), entry_path(graph, graph_parent(graph, entry)));
		if (folder.kind == PLACE_FOLDER)
			place = link_find_place(graph, slice_from(folder.path), path);
		g_free(folder.path);
	}
	if (place.kind == PLACE_FILE)
		resolved(graph, entry, place.file);
	g_free(place.path);
}

/* The path in the template of an ApplicationSet: many paths, see carrier.c. */
static bool is_template(const Graph *graph, Node entry)
{
	return link_is_kind(graph, graph_parent(graph, entry), "ApplicationSet") &&
	       slice_find(entry_path(graph, entry), "{{", 0) != SIZE_MAX;
}

/* What matches nothing makes no Application, and says nothing. Other wildcards than stars are not read. */
static void link_generator(Graph *graph, const Sources *sources, Node entry)
{
	if (!strpbrk(graph_name(graph, entry), "?[{\\$") && is_here(graph, sources, entry) &&
	        !matches_anything(graph, entry))
		unresolved(graph, entry, "missing");
}

static void link_object_entry(Graph *graph, const Sources *sources, Node entry)
{
	if (link_has_role(graph, entry, "path") && is_template(graph, entry))
		return;
	if (is_generator(graph, entry))
		link_generator(graph, sources, entry);
	else if (link_has_role(graph, entry, "path"))
		link_path_entry(graph, sources, entry);
	else if (link_has_role(graph, entry, "chart"))
		link_chart_entry(graph, sources, entry);
	else if (link_has_role(graph, entry, "component"))
		link_flux_component(graph, entry);
	else if (link_has_role(graph, entry, "values"))
		link_values_entry(graph, entry);
}

static bool is_of_object(const Graph *graph, Node entry)
{
	return graph_ancestor(graph, entry, NODE_OBJECT) != NODE_NONE;
}

void link_entries(Graph *graph)
{
	g_autoptr(GHashTable) by_name = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	Sources sources = {.by_name = by_name};
	GRAPH_NODES (graph, NODE_ENTRY, entry)
		if (is_of_object(graph, entry) && link_has_role(graph, entry, "path"))
			count_source(graph, &sources, entry);
		else if (is_of_object(graph, entry) && is_generator(graph, entry))
			count_generator(graph, &sources, entry);
	GRAPH_NODES (graph, NODE_ENTRY, entry) {
		if (is_of_object(graph, entry))
			link_object_entry(graph, &sources, entry);
		else if (graph_ancestor(graph, entry, NODE_KUSTOMIZATION))
			link_kustomization_entry(graph, entry);
	}
}
