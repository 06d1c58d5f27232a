/* configMapGenerator and secretGenerator: files, literals and .env files as the keys of an object. */
#include "render/inner.h"

#include "base/path.h"

#include "base/error.h"

typedef struct Generator {
	Rendering *rendering;
	const char *folder;
	Span place;
	Json *data;
	bool secret;
} Generator;

static void set_key(Generator *generator, const char *key, Slice value)
{
	if (generator->secret) {
		g_autofree char *coded = g_base64_encode((const guchar *)value.at, value.length);
		json_set_text(generator->data, key, coded);
	} else {
		json_set(generator->data, key, json_new_slice(value));
	}
}

static bool read_bytes(Generator *generator, const char *written, Slice *ret_bytes)
{
	const Graph *graph = generator->rendering->graph;
	g_autofree char *path = path_resolve(slice_from(generator->folder), slice_from(written));
	Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
	if (!file) {
		render_problem(
		        generator->rendering, generator->place, "a generator reads '%s', which is not here", written);
		return false;
	}
	*ret_bytes = graph_file_bytes(graph, graph_file_of(graph, file));
	return true;
}

/* "key=path" or "path", whose last part is the key then. */
static void add_file(Generator *generator, const char *entry)
{
	const char *equals = strchr(entry, '='), *path = equals ? equals + 1 : entry;
	const char *slash = strrchr(path, '/');
	g_autofree char *key = equals ? g_strndup(entry, (size_t)(equals - entry)) : g_strdup(slash ? slash + 1 : path);
	Slice bytes;
	if (read_bytes(generator, path, &bytes))
		set_key(generator, key, bytes);
}

static void add_literal(Generator *generator, Slice line)
{
	size_t equals = slice_find_byte(line, '=', 0);
	if (equals == SIZE_MAX || equals == 0)
		return;
	Slice value = slice_sub(line, equals + 1, line.length);
	if (value.length >= 2 && strchr("'\"", value.at[0]) && value.at[value.length - 1] == value.at[0])
		value = slice_sub(value, 1, value.length - 1);
	g_autofree char *key = slice_dup(slice_trim(slice_sub(line, 0, equals)));
	set_key(generator, key, value);
}

static void add_env(Generator *generator, const char *path)
{
	Slice bytes, line;
	if (!read_bytes(generator, path, &bytes))
		return;
	while (slice_next_line(&bytes, &line)) {
		Slice trimmed = slice_trim(line);
		if (trimmed.length && trimmed.at[0] != '#')
			add_literal(generator, trimmed);
	}
}

static void fill(Generator *generator, const Json *entry)
{
	JSON_EACH (json_get(entry, "files"), file)
		if (json_text(file))
			add_file(generator, json_text(file));
	JSON_EACH (json_get(entry, "literals"), literal)
		if (json_text(literal))
			add_literal(generator, slice_from(json_text(literal)));
	JSON_EACH (json_get(entry, "envs"), file)
		if (json_text(file))
			add_env(generator, json_text(file));
	if (json_text_at(entry, "env"))
		add_env(generator, json_text_at(entry, "env"));
}

static Manifest *find_same(GArray *manifests, const char *kind, const Json *entry)
{
	const char *name = json_text_at(entry, "name");
	for (guint i = 0; i < manifests->len; i++) {
		Manifest *manifest = &g_array_index(manifests, Manifest, i);
		if (g_strcmp0(json_text_at(manifest->object, "kind"), kind) == 0 &&
		        g_strcmp0(json_text_at(manifest->object, "metadata.name"), name) == 0)
			return manifest;
	}
	return NULL;
}

/* Labels, annotations and `immutable` of an entry's options, which outweigh those of generatorOptions. */
static void set_options(Json *object, const Json *options)
{
	static const char *const maps[] = {"labels", "annotations"};
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++)
		JSON_MEMBERS (json_get(options, maps[i]), key, value)
			json_set(json_map_in(json_get(object, "metadata"), maps[i]), key, json_keep(value));
	if (json_true_at(options, "immutable", false))
		json_set_bool(object, "immutable", true);
}

static Json *object_new(const char *kind, const Json *entry, const Json *shared, Json *take_data)
{
	Json *object = json_new_map(), *metadata = json_new_map();
	json_set_text(object, "apiVersion", "v1");
	json_set_text(object, "kind", kind);
	json_set_text(metadata, "name", json_text_at(entry, "name"));
	json_set_text(metadata, "namespace", json_text_at(entry, "namespace"));
	json_set(object, "metadata", metadata);
	const char *type = json_text_at(entry, "type");
	json_set_text(object, "type", type ? type : strcmp(kind, "Secret") == 0 ? "Opaque" : NULL);
	json_set(object, "data", take_data);
	set_options(object, shared);
	set_options(object, json_get(entry, "options"));
	return object;
}

static void generate_one(Rendering *rendering, const char *folder, const char *kind, const Json *entry,
        const Json *shared, GArray *out, Span place)
{
	g_autoptr(Json) data = json_new_map();
	Generator generator = {rendering, folder, place, data, strcmp(kind, "Secret") == 0};
	if (!json_text_at(entry, "name")) {
		render_problem(rendering, place, "a generator of a %s has no name", kind);
		return;
	}
	fill(&generator, entry);
	const char *behavior = json_text_at(entry, "behavior");
	Manifest *there = behavior && strcmp(behavior, "create") != 0 ? find_same(out, kind, entry) : NULL;
	if (!there) {
		Json *object = object_new(kind, entry, shared, json_keep(data));
		g_array_append_vals(out, &(Manifest){object, place}, 1);
		return;
	}
	if (strcmp(behavior, "replace") == 0)
		json_set(there->object, "data", json_new_map());
	Json *target = json_map_in(there->object, "data");
	JSON_MEMBERS (data, key, value)
		json_set(target, key, json_keep(value));
}

void generate(Rendering *rendering, const char *folder, const Json *kustomization, GArray *out, Span place)
{
	const Json *shared = json_get(kustomization, "generatorOptions");
	JSON_EACH (json_get(kustomization, "configMapGenerator"), entry)
		generate_one(rendering, folder, "ConfigMap", entry, shared, out, place);
	JSON_EACH (json_get(kustomization, "secretGenerator"), entry)
		generate_one(rendering, folder, "Secret", entry, shared, out, place);
}
