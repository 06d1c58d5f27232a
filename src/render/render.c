/* From bytes to objects: YAML values by their types, files, folders. */
#include "render/inner.h"

#include "base/error.h"
#include "base/path.h"

/* ---- values ------------------------------------------------------------------------------------------ */

static Json *number_of(Slice text)
{
	char *end;
	if (text.length == 0 || text.length > 40 || g_ascii_isspace(text.at[0]))
		return NULL;
	if (text.length > 2 && text.at[0] == '0' && strchr("xo", text.at[1])) {
		int base = text.at[1] == 'x' ? 16 : 8;
		gint64 value = g_ascii_strtoll(text.at + 2, &end, base);
		return end == text.at + text.length ? json_new_number(value) : NULL;
	}
	size_t digits = strspn(text.at + (strchr("+-", text.at[0]) != NULL), "0123456789");
	if (digits > 0 && digits + (strchr("+-", text.at[0]) != NULL) == text.length) {
		/* Kubernetes' readers take 0644 for the octal number it means. */
		bool octal = digits > 1 && text.at[text.length - digits] == '0' && !strpbrk(text.at, "89");
		gint64 value = g_ascii_strtoll(text.at, &end, octal ? 8 : 10);
		return end == text.at + text.length && value != G_MAXINT64 ? json_new_number(value) : NULL;
	}
	if (!strpbrk(text.at, "0123456789") || text.at[strspn(text.at, "+-.0123456789eE")])
		return NULL;
	double real = g_ascii_strtod(text.at, &end);
	return end == text.at + text.length ? json_new_real(real) : NULL;
}

static Json *scalar_of(const YamlNode *node)
{
	bool truth;
	if (slice_ends(node->tag, ":str") || (node->style != YAML_PLAIN && !node->tag.length))
		return json_new_slice(node->value);
	if (slice_ends(node->tag, ":binary"))
		return json_new_slice(node->value);
	if (yaml_is_null(node))
		return json_new_nil();
	if (yaml_is_bool(node, &truth))
		return json_new_bool(truth);
	Json *number = number_of(node->value);
	return number ? number : json_new_slice(node->value);
}

Json *value_of(const YamlNode *node)
{
	if (node->kind == YAML_SCALAR)
		return scalar_of(node);
	if (node->kind == YAML_SEQUENCE) {
		Json *list = json_new_list();
		YAML_EACH_ITEM (node, item)
			json_append(list, value_of(item));
		return list;
	}
	Json *map = json_new_map();
	YamlPairs pairs = yaml_pairs(node);
	while (yaml_next_pair(&pairs))
		if (yaml_is_scalar(pairs.key))
			json_set(map, pairs.key->value.at, value_of(pairs.value));
	return map;
}

GPtrArray *render_yaml_all(Slice bytes, GError **error)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)json_drop);
	for (const YamlDocument *document = yaml_read(bytes, arena); document; document = document->next) {
		if (document->error || document->bomb) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no YAML: %s",
			        document->bomb ? "its aliases expand to more than a million values" : document->error);
			return NULL;
		}
		if (document->root)
			g_ptr_array_add(values, value_of(document->root));
	}
	return g_steal_pointer(&values);
}

Json *render_yaml(Slice bytes, GError **error)
{
	g_autoptr(GPtrArray) values = render_yaml_all(bytes, error);
	return !values ? NULL : values->len ? json_keep(values->pdata[0]) : json_new_nil();
}

/* ---- files ------------------------------------------------------------------------------------------- */

void manifest_clear(void *data)
{
	Manifest *manifest = data;
	json_drop(manifest->object);
}

static void problem_clear(void *data)
{
	RenderProblem *problem = data;
	g_free(problem->text);
}

void render_problem(Rendering *rendering, Span place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	RenderProblem problem = {place, g_strdup_vprintf(format, args)};
	va_end(args);
	g_array_append_val(rendering->out->problems, problem);
}

void render_left_out(Rendering *rendering, Span place, const Json *object)
{
	RenderProblem left = {place, g_strdup_printf("%s %s is left out by a patch", json_text_at(object, "kind"),
	                                     json_text_at(object, "metadata.name"))};
	g_array_append_val(rendering->out->left_out, left);
}

/* `kind: List` and its kin hold objects; all others are one. */
static void take_object(Json *take_object, Span place, GArray *out)
{
	const char *kind = json_text_at(take_object, "kind");
	Json *items = json_get(take_object, "items");
	if (!kind || !json_text_at(take_object, "apiVersion")) {
		json_drop(take_object);
	} else if (g_str_has_suffix(kind, "List") && json_kind(items) == JSON_LIST) {
		JSON_EACH (items, item)
			g_array_append_vals(out, &(Manifest){json_keep(item), place}, 1);
		json_drop(take_object);
	} else {
		g_array_append_vals(out, &(Manifest){take_object, place}, 1);
	}
}

static bool is_template(const Graph *graph, uint32_t file)
{
	return strcmp(graph_text(graph, graph_file_node(graph, file), FACT_FORMAT), "template") == 0;
}

/* Said of the first of a folder. */
static void say_template(Rendering *rendering, uint32_t file)
{
	const Graph *graph = rendering->graph;
	Slice folder = path_folder(slice_from(graph_file_path(graph, file)));
	bool more = file > 0 && is_template(graph, file - 1) &&
	            slice_equal(path_folder(slice_from(graph_file_path(graph, file - 1))), folder);
	if (!more)
		render_problem(rendering, graph_place(graph, graph_file_node(graph, file)),
		        "the templates in this folder are a chart's, which only helm fills in: they are left out");
}

void read_manifests(Rendering *rendering, const char *path, GArray *out)
{
	const Graph *graph = rendering->graph;
	Node file = graph_find_file(graph, slice_from(path));
	if (!file)
		return;
	uint32_t number = graph_file_of(graph, file);
	if (is_template(graph, number)) {
		say_template(rendering, number);
		return;
	}
	g_autoptr(Arena) arena = arena_new();
	const YamlDocument *document = yaml_read(graph_file_bytes(graph, number), arena);
	for (; document; document = document->next) {
		Span place = {number, (uint32_t)document->start, (uint32_t)document->end};
		if (document->root)
			place = (Span){number, (uint32_t)document->root->start, (uint32_t)document->root->end};
		if (document->error || document->bomb)
			render_problem(rendering, place, "cannot be read: %s",
			        document->bomb ? "aliases expand without measure" : document->error);
		else if (yaml_is_map(document->root))
			take_object(value_of(document->root), place, out);
	}
}

const char *find_kustomization(const Graph *graph, const char *folder)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(slice_from(folder), slice_from(names[i]));
		Node file = graph_find_file(graph, slice_from(path));
		if (file)
			return graph_name(graph, file);
	}
	return NULL;
}

/* ---- folders ----------------------------------------------------------------------------------------- */

/* The outermost folder from `top` down to the file's own that has a kustomization, or NULL; free with g_free. */
static char *kustomized_above(const Graph *graph, const char *top, const char *path)
{
	size_t at = strlen(top);
	for (;;) {
		g_autofree char *folder = g_strndup(path, at);
		if (find_kustomization(graph, folder))
			return g_steal_pointer(&folder);
		const char *slash = strchr(path + at + (path[at] == '/'), '/');
		if (!slash)
			return NULL;
		at = (size_t)(slash - path);
	}
}

static bool is_manifest_name(const char *path)
{
	return g_str_has_suffix(path, ".yaml") || g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".json");
}

static void read_folder(Rendering *rendering, const char *folder, GArray *out)
{
	const Graph *graph = rendering->graph;
	g_autofree char *last = NULL; /* the kustomized folder that was read before */
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		const char *path = graph_file_path(graph, i);
		if (!path_is_below(slice_from(path), slice_from(folder)) || !is_manifest_name(path) ||
		        (last && path_is_below(slice_from(path), slice_from(last))))
			continue;
		if (graph_has(graph, graph_file_node(graph, i), FACT_QUIET))
			continue;
		char *kustomized = kustomized_above(graph, folder, path);
		if (!kustomized) {
			read_manifests(rendering, path, out);
			continue;
		}
		read_kustomization(rendering, kustomized, out);
		g_free(last);
		last = kustomized;
	}
}

Render *render_new(const Graph *graph, const char *path, GError **error)
{
	g_autoptr(Render) render = g_new0(Render, 1);
	render->manifests = g_array_new(FALSE, FALSE, sizeof(Manifest));
	g_array_set_clear_func(render->manifests, manifest_clear);
	render->problems = g_array_new(FALSE, FALSE, sizeof(RenderProblem));
	g_array_set_clear_func(render->problems, problem_clear);
	render->left_out = g_array_new(FALSE, FALSE, sizeof(RenderProblem));
	g_array_set_clear_func(render->left_out, problem_clear);
	Rendering rendering = {graph, render, 0};
	if (graph_find_file(graph, slice_from(path))) {
		const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
		g_autofree char *folder = g_path_get_dirname(path);
		const char *kustomization = find_kustomization(graph, strcmp(folder, ".") == 0 ? "" : folder);
		if (kustomization && strcmp(kustomization, path) == 0 &&
		        g_ascii_strncasecmp(name, "kustomization", 13) == 0)
			read_kustomization(&rendering, strcmp(folder, ".") == 0 ? "" : folder, render->manifests);
		else
			read_manifests(&rendering, path, render->manifests);
	} else if (*path == '\0' || graph_has_folder(graph, slice_from(path))) {
		if (find_kustomization(graph, path))
			read_kustomization(&rendering, path, render->manifests);
		else
			read_folder(&rendering, path, render->manifests);
	} else {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "'%s' is no file or folder of the repository", path);
		return NULL;
	}
	return g_steal_pointer(&render);
}

void render_free(Render *render)
{
	if (!render)
		return;
	g_array_unref(render->manifests);
	g_array_unref(render->problems);
	g_array_unref(render->left_out);
	g_free(render);
}
