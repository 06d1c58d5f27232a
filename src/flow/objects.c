/* From a scan to the objects that a cluster gets: what manifests and kustomizations are worked out to, each once. */
#include "flow/target.h"

#include "base/error.h"
#include "base/path.h"

static void problem_clear(void *data)
{
	g_free(((WantedProblem *)data)->text);
}

static void add_problem(ObjectSet *set, Span place, bool blocking, char *take_text)
{
	WantedProblem problem = {place, take_text, blocking};
	g_array_append_val(set->problems, problem);
}

/* "api", "core/api", "Deployment/api", "core/Deployment/api" */
static bool is_meant(const Json *object, const char *const *only)
{
	const char *kind = json_text_at(object, "kind"), *name = json_text_at(object, "metadata.name"),
	           *namespace = json_text_at(object, "metadata.namespace");
	if (!only || !kind || !name)
		return !only;
	g_autofree char *by_kind = g_strdup_printf("%s/%s", kind, name),
	                *by_space = g_strdup_printf("%s/%s", namespace ? namespace : "default", name),
	                *whole = g_strdup_printf("%s/%s/%s", namespace ? namespace : "default", kind, name);
	for (; *only; only++)
		if (strcmp(*only, name) == 0 || strcmp(*only, by_kind) == 0 || strcmp(*only, by_space) == 0 ||
		        strcmp(*only, whole) == 0)
			return true;
	return false;
}

static bool gather(ObjectSet *set, const Scan *scan, const char *path, const char *const *only, GError **error)
{
	const Graph *graph = scan->graph;
	if (*path && !graph_find_file(graph, slice_from(path)) && !graph_has_folder(graph, slice_from(path))) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "'%s' is neither a file nor a folder that Git holds", path);
		return false;
	}
	Render *render = render_new(graph, path, error);
	if (!render)
		return false;
	g_ptr_array_add(set->renders, render);
	for (guint i = 0; i < render->manifests->len; i++)
		if (is_meant(g_array_index(render->manifests, Manifest, i).object, only))
			g_array_append_val(set->manifests, g_array_index(render->manifests, Manifest, i));
	for (guint i = 0; i < render->problems->len; i++) {
		const RenderProblem *problem = &g_array_index(render->problems, RenderProblem, i);
		add_problem(set, problem->place, false, g_strdup(problem->text));
	}
	GRAPH_NODES (graph, NODE_COMPOSE, compose)
		set->compose += path_is_below(
		        slice_from(graph_name(graph, graph_ancestor(graph, compose, NODE_FILE))), slice_from(path));
	return true;
}

static char *identity_of(const Json *object)
{
	const char *version = json_text_at(object, "apiVersion"),
	           *namespace = json_text_at(object, "metadata.namespace");
	const char *slash = version ? strchr(version, '/') : NULL;
	return g_strdup_printf("%.*s %s %s/%s", slash ? (int)(slash - version) : 0, version,
	        json_text_at(object, "kind"), namespace ? namespace : "", json_text_at(object, "metadata.name"));
}

static void add_twin(ObjectSet *set, const Graph *graph, const Manifest *manifest, const Manifest *other)
{
	uint32_t line, column;
	graph_position(graph, other->place, &line, &column);
	add_problem(set, manifest->place, true,
	        g_strdup_printf("%s/%s is also in %s:%u; name the folder that is meant",
	                json_text_at(manifest->object, "kind"), json_text_at(manifest->object, "metadata.name"),
	                graph_file_path(graph, other->place.file), line));
}

/* One object in two overlays, or defined twice: which is meant only the owner knows, unless both say the same. */
static void find_twins(ObjectSet *set, const Graph *graph)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GArray) once = g_array_new(FALSE, FALSE, sizeof(Manifest));
	for (guint i = 0; i < set->manifests->len; i++) {
		const Manifest *manifest = &g_array_index(set->manifests, Manifest, i);
		char *key = identity_of(manifest->object);
		const Manifest *other = g_hash_table_lookup(seen, key);
		if (other && !json_same(other->object, manifest->object)) {
			add_twin(set, graph, manifest, other);
			g_hash_table_add(set->twins, g_strdup(key));
		}
		if (!other)
			g_array_append_vals(once, manifest, 1);
		g_hash_table_insert(seen, key, (void *)manifest);
	}
	g_array_set_size(set->manifests, 0);
	g_array_append_vals(set->manifests, once->data, once->len);
}

bool object_has_twin(const ObjectSet *set, const Manifest *manifest)
{
	g_autofree char *key = identity_of(manifest->object);
	return g_hash_table_contains(set->twins, key);
}

ObjectSet *object_set_new(const Scan *scan, const HomelabOptions *options, const char *const *only, GError **error)
{
	g_autoptr(ObjectSet) set = g_new0(ObjectSet, 1);
	set->renders = g_ptr_array_new_with_free_func((GDestroyNotify)render_free);
	set->given = g_array_new(FALSE, FALSE, sizeof(Manifest));
	set->manifests = g_array_new(FALSE, FALSE, sizeof(Manifest));
	set->problems = g_array_new(FALSE, FALSE, sizeof(WantedProblem));
	set->twins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	set->whole = !options->paths && !only;
	g_array_set_clear_func(set->given, homelab_given_clear);
	g_array_set_clear_func(set->problems, problem_clear);
	if (options->secrets && !homelab_read_secrets(set->given, options->secrets, error))
		return NULL;
	for (const char *const *path = options->paths; path && *path; path++)
		if (!gather(set, scan, *path, only, error))
			return NULL;
	if (!options->paths && !gather(set, scan, "", only, error))
		return NULL;
	find_twins(set, scan->graph);
	g_array_append_vals(set->manifests, set->given->data, set->given->len);
	return g_steal_pointer(&set);
}

void object_set_free(ObjectSet *set)
{
	if (!set)
		return;
	g_array_unref(set->manifests);
	g_ptr_array_unref(set->renders);
	g_array_unref(set->given);
	g_array_unref(set->problems);
	g_hash_table_unref(set->twins);
	g_free(set);
}
