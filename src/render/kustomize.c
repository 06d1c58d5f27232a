/* Kustomizations worked out, for the part that nearly all of them use; the rest is refused by name.
 *
 * The order is kustomize's own (api/internal/target of sigs.k8s.io/kustomize v5): resources, generators, components,
 * then patches, namespace, prefix and suffix, labels, annotations, replicas, images. One thing differs on purpose:
 * generated objects keep their plain name instead of one with a hash, since what is run here is compared by content
 * anyway. */
#include "render/inner.h"

#include "base/path.h"

#define MOST_DEPTH 64

static const char *const refused[] = {"helmCharts", "helmChartInflationGenerator", "generators", "transformers",
        "validators", "replacements", "vars", "configurations", "crds", NULL};

static void say_refused(Rendering *rendering, const Json *kustomization, Span place)
{
	for (const char *const *field = refused; *field; field++)
		if (json_count(json_get(kustomization, *field)) > 0)
			render_problem(rendering, place, "%s of a kustomization is not worked out here", *field);
}

static Json *read_one(Rendering *rendering, const char *path, Span *ret_place)
{
	g_autoptr(GError) error = NULL;
	Node file = graph_find_file(rendering->graph, slice_from(path));
	*ret_place = graph_place(rendering->graph, file);
	Json *value = render_yaml(graph_file_bytes(rendering->graph, ret_place->file), &error);
	if (!value)
		render_problem(rendering, *ret_place, "%s", error->message);
	return value;
}

/* ---- resources --------------------------------------------------------------------------------------- */

static bool is_remote(const char *entry)
{
	return strstr(entry, "://") || g_str_has_prefix(entry, "git@") || g_str_has_prefix(entry, "github.com/") ||
	       strstr(entry, "?ref=");
}

static void read_entry(Rendering *rendering, const char *folder, const char *entry, Span place, GArray *out)
{
	g_autofree char *path = is_remote(entry) ? NULL : path_resolve(slice_from(folder), slice_from(entry));
	if (!path)
		render_problem(rendering, place, "'%s' is not in this repository, and nothing is fetched", entry);
	else if (graph_find_file(rendering->graph, slice_from(path)))
		read_manifests(rendering, path, out);
	else if (find_kustomization(rendering->graph, path))
		read_kustomization(rendering, path, out);
	else
		render_problem(rendering, place, "'%s' is neither a file nor a folder with a kustomization", entry);
}

static void read_entries(
        Rendering *rendering, const char *folder, const Json *kustomization, const char *field, Span place, GArray *out)
{
	JSON_EACH (json_get(kustomization, field), entry)
		if (json_text(entry))
			read_entry(rendering, folder, json_text(entry), place, out);
}

/* ---- patches ----------------------------------------------------------------------------------------- */

static bool is_text(const Json *object, const char *path, const char *wanted)
{
	const char *text = json_text_at(object, path);
	return !wanted || g_strcmp0(text ? text : "", wanted) == 0;
}

/* A target's words are anchored regular expressions. */
static bool fits(const Json *object, const char *path, const Json *target, const char *field)
{
	const char *pattern = json_text_at(target, field), *text = json_text_at(object, path);
	if (!pattern || !*pattern)
		return true;
	g_autofree char *anchored = g_strdup_printf("^(?:%s)$", pattern);
	return g_regex_match_simple(anchored, text ? text : "", 0, 0);
}

/* group of "apps/v1", version of it. */
static bool fits_api(const Json *object, const Json *target)
{
	const char *api = json_text_at(object, "apiVersion"), *group = json_text_at(target, "group"),
	           *version = json_text_at(target, "version");
	const char *slash = api ? strchr(api, '/') : NULL;
	g_autofree char *own_group = slash ? g_strndup(api, (size_t)(slash - api)) : g_strdup("");
	return (!group || strcmp(group, own_group) == 0) &&
	       (!version || g_strcmp0(version, slash ? slash + 1 : api) == 0);
}

static bool has_labels(const Json *labels, const char *selector)
{
	g_auto(GStrv) terms = g_strsplit(selector ? selector : "", ",", -1);
	for (char **term = terms; *term; term++) {
		g_auto(GStrv) pair = g_strsplit(g_strstrip(*term), "=", 2);
		const char *value = pair[0] ? json_text(json_get(labels, pair[0])) : NULL;
		if (pair[0] && *pair[0] &&
		        (!value || (pair[1] && strcmp(value, *pair[1] == '=' ? pair[1] + 1 : pair[1]) != 0)))
			return false;
	}
	return true;
}

static bool is_target(const Json *object, const Json *target)
{
	return fits(object, "kind", target, "kind") && fits(object, "metadata.name", target, "name") &&
	       fits(object, "metadata.namespace", target, "namespace") && fits_api(object, target) &&
	       has_labels(json_at(object, "metadata.labels"), json_text_at(target, "labelSelector")) &&
	       has_labels(json_at(object, "metadata.annotations"), json_text_at(target, "annotationSelector"));
}

static bool is_same_object(const Json *object, const Json *patch)
{
	return is_text(object, "kind", json_text_at(patch, "kind")) &&
	       is_text(object, "metadata.name", json_text_at(patch, "metadata.name")) &&
	       (!json_text_at(object, "metadata.namespace") ||
	               is_text(object, "metadata.namespace", json_text_at(patch, "metadata.namespace")));
}

/* One patch on all that it is for; a target outweighs what the patch says of itself. */
static void patch_all(Rendering *rendering, const Json *patch, const Json *target, Span place, GArray *manifests)
{
	uint32_t found = 0;
	for (guint i = 0; i < manifests->len; i++) {
		Manifest *manifest = &g_array_index(manifests, Manifest, i);
		g_autoptr(GError) error = NULL;
		if (target ? !is_target(manifest->object, target) : !is_same_object(manifest->object, patch))
			continue;
		found++;
		if (json_kind(patch) == JSON_LIST) {
			if (!render_operate(manifest->object, patch, &error))
				render_problem(rendering, place, "%s", error->message);
			continue;
		}
		g_autoptr(Json) changes = json_clone(patch);
		if (target) { /* what the patch calls itself is not written over the object's name */
			json_remove(changes, "kind");
			json_remove(changes, "apiVersion");
			if (json_get(changes, "metadata")) {
				json_remove(json_get(changes, "metadata"), "name");
				json_remove(json_get(changes, "metadata"), "namespace");
			}
		}
		if (render_merge(manifest->object, changes))
			continue;
		if (json_at(manifest->object, "spec.template") || json_at(manifest->object, "spec.jobTemplate"))
			render_left_out(rendering, place, manifest->object);
		g_array_remove_index(manifests, i--);
	}
	const char *name = json_text_at(target ? target : patch, target ? "name" : "metadata.name");
	if (!found && !target)
		render_problem(
		        rendering, place, "a patch is for %s %s, which is not here", json_text_at(patch, "kind"), name);
}

static void patch_text(Rendering *rendering, Slice text, const Json *target, Span place, GArray *manifests)
{
	g_autoptr(Arena) arena = arena_new();
	for (const YamlDocument *document = yaml_read(text, arena); document; document = document->next) {
		if (document->error || document->bomb)
			render_problem(rendering, place, "a patch cannot be read: %s",
			        document->bomb ? "too large" : document->error);
		if (!document->root || document->error || document->bomb)
			continue;
		g_autoptr(Json) patch = value_of(document->root);
		patch_all(rendering, patch, target, place, manifests);
	}
}

static void patch_file(
        Rendering *rendering, const char *folder, const char *entry, const Json *target, Span place, GArray *manifests)
{
	g_autofree char *path = path_resolve(slice_from(folder), slice_from(entry));
	Node file = path ? graph_find_file(rendering->graph, slice_from(path)) : NODE_NONE;
	if (!file) {
		render_problem(rendering, place, "the patch '%s' does not exist", entry);
		return;
	}
	Span where = graph_place(rendering->graph, file);
	patch_text(rendering, graph_file_bytes(rendering->graph, where.file), target, where, manifests);
}

static void patch_entries(
        Rendering *rendering, const char *folder, const Json *kustomization, Span place, GArray *manifests)
{
	JSON_EACH (json_get(kustomization, "patchesStrategicMerge"), entry) {
		const char *text = json_text(entry);
		if (text && strchr(text, '\n'))
			patch_text(rendering, slice_from(text), NULL, place, manifests);
		else if (text)
			patch_file(rendering, folder, text, NULL, place, manifests);
	}
	static const char *const fields[] = {"patches", "patchesJson6902"};
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		JSON_EACH (json_get(kustomization, fields[i]), entry) {
			const char *text = json_text_at(entry, "patch"), *path = json_text_at(entry, "path");
			const Json *target = json_get(entry, "target");
			if (text)
				patch_text(rendering, slice_from(text), target, place, manifests);
			else if (path)
				patch_file(rendering, folder, path, target, place, manifests);
		}
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void read_components(
        Rendering *rendering, const char *folder, const Json *kustomization, Span place, GArray *manifests)
{
	JSON_EACH (json_get(kustomization, "components"), entry) {
		const char *written = json_text(entry);
		g_autofree char *path =
		        written && !is_remote(written) ? path_resolve(slice_from(folder), slice_from(written)) : NULL;
		if (path && find_kustomization(rendering->graph, path))
			read_kustomization(rendering, path, manifests); /* it changes what is there already */
		else
			render_problem(rendering, place, "the component '%s' is not here", written ? written : "");
	}
}

/* A component works on the array it is given; others on one of their own, so that their transformations stay theirs. */
static void work_out(Rendering *rendering, const char *folder, const Json *kustomization, Span place, GArray *manifests)
{
	read_entries(rendering, folder, kustomization, "resources", place, manifests);
	read_entries(rendering, folder, kustomization, "bases", place, manifests);
	generate(rendering, folder, kustomization, manifests, place);
	read_components(rendering, folder, kustomization, place, manifests);
	patch_entries(rendering, folder, kustomization, place, manifests);
	transform(kustomization, manifests);
}

void read_kustomization(Rendering *rendering, const char *folder, GArray *out)
{
	Span place;
	const char *path = find_kustomization(rendering->graph, folder);
	g_autoptr(Json) kustomization = read_one(rendering, path, &place);
	if (json_kind(kustomization) != JSON_MAP)
		return;
	if (rendering->depth >= MOST_DEPTH) {
		render_problem(rendering, place, "kustomizations bring each other in without an end");
		return;
	}
	rendering->depth++;
	say_refused(rendering, kustomization, place);
	if (g_strcmp0(json_text_at(kustomization, "kind"), "Component") == 0) {
		work_out(rendering, folder, kustomization, place, out);
	} else {
		g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Manifest));
		work_out(rendering, folder, kustomization, place, own);
		g_array_append_vals(out, own->data, own->len); /* the values are out's now */
	}
	rendering->depth--;
}
