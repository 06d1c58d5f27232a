/* An image as a list of layers: each COPY of a repository path, with the paths that later stages take over.
 *
 * What RUN makes is not known here; who asks for a missing path must look whether some RUN speaks of it. A stage that
 * others take from is read once. */
#include "link/image.h"

#include "base/glob.h"
#include "base/path.h"

#define MOST_LAYERS 200 /* more than people write; each stage could double those of the one before */

/* ---- container paths --------------------------------------------------------------------------------- */

const char *container_path(Arena *arena, const char *folder, Slice path)
{
	bool absolute = path.length && path.at[0] == '/';
	g_autoptr(GString) whole = g_string_new(absolute ? "" : folder);
	for (size_t start = 0; start < path.length;) {
		size_t end = MIN(slice_find_byte(path, '/', start), path.length);
		Slice part = slice_sub(path, start, end);
		start = end + 1;
		if (part.length == 0 || slice_is(part, "."))
			continue;
		if (slice_is(part, "..")) {
			const char *slash = strrchr(whole->str, '/');
			g_string_truncate(whole, slash ? (gsize)(slash - whole->str) : 0);
			continue;
		}
		g_string_append_c(whole, '/');
		g_string_append_len(whole, part.at, (gssize)part.length);
	}
	return arena_text(arena, (Slice){whole->str, whole->len});
}

/* What follows folder in a path at or below it ("" or "/…"); NULL if it lies elsewhere. */
static const char *rest_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	if (strncmp(path, folder, n) != 0)
		return NULL;
	return path[n] == '\0' || path[n] == '/' ? path + n : NULL;
}

typedef struct Joined {
	char text[4096];
} Joined;

/* The repository path with the rest of a container path behind it; NULL if that is longer than any path can be. */
static const char *join(Joined *joined, const char *repo, const char *rest)
{
	if (*rest == '/' && *repo == '\0')
		rest++;
	int length = g_snprintf(joined->text, sizeof joined->text, "%s%s", repo, rest);
	return length < (int)sizeof joined->text ? joined->text : NULL;
}

/* ---- variables ------------------------------------------------------------------------------------------ */

const char *image_expand(const Image *image, Slice text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (size_t at = 0; at < text.length;) {
		if (text.at[at] != '$') {
			g_string_append_c(out, text.at[at++]);
			continue;
		}
		bool brace = ++at < text.length && text.at[at] == '{';
		size_t start = at + brace, end = start;
		while (end < text.length && (g_ascii_isalnum(text.at[end]) || text.at[end] == '_'))
			end++;
		size_t close = brace ? slice_find_byte(text, '}', end) : end;
		if (close == SIZE_MAX || end == start)
			return NULL;
		g_autofree char *name = g_strndup(text.at + start, end - start);
		const char *value = g_hash_table_lookup(image->env, name);
		if (value)
			g_string_append(out, value);
		else if (brace && close - end > 2 && text.at[end] == ':' && text.at[end + 1] == '-')
			g_string_append_len(out, text.at + end + 2, (gssize)(close - end - 2));
		else
			return NULL;
		at = close + brace;
	}
	return arena_text(image->arena, (Slice){out->str, out->len});
}

static void assign(Image *image, Slice pair)
{
	size_t equals = slice_find_byte(pair, '=', 0);
	if (equals == SIZE_MAX)
		return;
	const char *value = image_expand(image, slice_sub(pair, equals + 1, pair.length));
	const char *name = arena_text(image->arena, slice_sub(pair, 0, equals));
	if (value)
		g_hash_table_insert(image->env, (gpointer)name, (gpointer)value);
	else
		g_hash_table_remove(image->env, name);
}

/* ---- layers ----------------------------------------------------------------------------------------------- */

static void add_layer(Image *image, const char *repo, const char *at)
{
	if (image->layers->len >= MOST_LAYERS) {
		image->open = true;
		return;
	}
	Layer layer = {repo, at};
	g_array_append_val(image->layers, layer);
}

static const Layer *layer_at(const Image *image, guint i)
{
	return &g_array_index(image->layers, Layer, i);
}

const char *image_find_file(const Image *image, const char *path)
{
	Joined joined;
	for (guint i = image->layers->len; i > 0; i--) {
		const Layer *layer = layer_at(image, i - 1);
		const char *rest = rest_below(path, layer->at);
		const char *repo = rest ? join(&joined, layer->repo, rest) : NULL;
		if (repo && graph_find_file(image->graph, slice_from(repo)))
			return arena_text(image->arena, slice_from(repo));
	}
	return NULL;
}

const char *image_find_folder(const Image *image, const char *path)
{
	const char *above = NULL;
	Joined joined;
	for (guint i = image->layers->len; i > 0; i--) {
		const Layer *layer = layer_at(image, i - 1);
		const char *rest = rest_below(path, layer->at), *more = rest_below(layer->at, path);
		const char *repo = rest ? join(&joined, layer->repo, rest) : NULL;
		if (repo && graph_has_folder(image->graph, slice_from(repo)))
			return arena_text(image->arena, slice_from(repo));
		if (!above && more && *more)
			above = layer->repo;
	}
	return above;
}

const char *image_origin(const Image *image, const char *path)
{
	Joined joined;
	for (guint i = image->layers->len; i > 0; i--) {
		const Layer *layer = layer_at(image, i - 1);
		const char *rest = rest_below(path, layer->at);
		if (!rest || graph_find_file(image->graph, slice_from(layer->repo)))
			continue;
		const char *repo = join(&joined, layer->repo, rest);
		return repo ? arena_text(image->arena, slice_from(repo)) : NULL;
	}
	return NULL;
}

static bool is_folder_target(const Image *image, const char *at)
{
	if (*at == '\0' || strcmp(at, image->workdir) == 0)
		return true;
	for (guint i = 0; i < image->layers->len; i++) {
		const char *rest = rest_below(layer_at(image, i)->at, at);
		if (rest && *rest)
			return true;
	}
	return false;
}

static bool has_wildcard(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* A file goes into a folder or becomes the target; of a folder its content does. */
static void copy_path(Image *image, const char *repo, const char *at, bool into)
{
	Slice path = slice_from(repo);
	if (graph_find_file(image->graph, path) && (into || is_folder_target(image, at)))
		at = arena_printf(image->arena, "%s/%s", at, repo + (path_name(path).at - path.at));
	add_layer(image, repo, at);
}

/* Children of the pattern's folder that its last part matches; wildcards further up are not followed. */
static void copy_wildcard(Image *image, Slice context, const char *source, const char *at)
{
	g_autofree char *pattern = path_resolve(context, slice_from(source));
	if (!pattern)
		return;
	Slice folder = path_folder(slice_from(pattern));
	g_autofree char *folder_text = slice_dup(folder);
	if (has_wildcard(folder_text)) {
		image->open = true;
		return;
	}
	size_t start = folder.length + (folder.length > 0);
	const Glob *last = glob_new_docker(slice_from(pattern + start), image->arena);
	image->open = image->open || !last;
	for (uint32_t file = 0; file < graph_files(image->graph); file++) {
		Slice path = slice_from(graph_file_path(image->graph, file));
		if (!path_is_below(path, folder))
			continue;
		size_t slash = slice_find_byte(path, '/', start);
		size_t end = MIN(slash, path.length);
		if (!last || !glob_matches(last, slice_sub(path, start, end)))
			continue;
		const char *repo = arena_text(image->arena, slice_sub(path, 0, end));
		bool repeated = image->layers->len && strcmp(layer_at(image, image->layers->len - 1)->repo, repo) == 0;
		if (!repeated)
			copy_path(image, repo, at, true);
	}
}

static void copy_source(Image *image, Slice context, const char *source, const char *at, bool into)
{
	if (strstr(source, "://") || g_str_has_prefix(source, "git@"))
		return;
	if (has_wildcard(source)) {
		copy_wildcard(image, context, source, at);
		return;
	}
	while (*source == '/')
		source++;
	g_autofree char *repo = path_resolve(context, slice_from(source));
	if (repo)
		copy_path(image, arena_text(image->arena, slice_from(repo)), at, into);
}

/* A file or folder within what another stage has copied. */
static void copy_within(Image *image, const Layer *layer, const char *within, const char *at, bool into)
{
	Joined joined;
	const char *repo = join(&joined, layer->repo, within);
	if (repo)
		copy_path(image, arena_text(image->arena, slice_from(repo)), at, into);
}

static void copy_from_stage(Image *image, const Image *other, const char *source, const char *at, bool into)
{
	const char *from = container_path(image->arena, "", slice_from(source));
	guint count = other->layers->len;
	for (guint i = 0; i < count; i++) {
		Layer layer = *layer_at(other, i);
		const char *below = rest_below(layer.at, from), *within = rest_below(from, layer.at);
		if (below && *below == '\0')
			copy_path(image, layer.repo, at, into);
		else if (below)
			add_layer(image, layer.repo, arena_printf(image->arena, "%s%s", at, below));
		else if (within)
			copy_within(image, &layer, within, at, into);
	}
	image->open |= other->open;
}

/* ---- stages -------------------------------------------------------------------------------------------------- */

typedef struct Stages {
	Image *at;
	guint count;
	Slice context;
} Stages;

static const Image *stage_named(const Stages *stages, const Graph *graph, const char *name)
{
	for (guint i = 0; i < stages->count; i++) {
		char number[16];
		g_snprintf(number, sizeof number, "%u", i);
		if (g_ascii_strcasecmp(graph_name(graph, stages->at[i].stage), name) == 0 || strcmp(number, name) == 0)
			return &stages->at[i];
	}
	return NULL;
}

/* --build-context NAME=…, additional_contexts: a name that is no stage and no image. */
static bool is_named_context(const char *name)
{
	return strpbrk(name, "/:.$") == NULL;
}

static void run_copy(Image *image, const Stages *stages, Node instruction)
{
	const Graph *graph = image->graph;
	const Row *destination = graph_find(graph, instruction, FACT_DESTINATION);
	const Row *from = graph_find(graph, instruction, FACT_FROM_STAGE);
	if (!destination || graph_has(graph, instruction, FACT_ON_BUILD))
		return;
	const char *target = image_expand(image, graph_symbol_slice(graph, destination->object));
	Rows sources = graph_rows_of(graph, instruction, FACT_SOURCE);
	bool parents = graph_has(graph, instruction, FACT_VALUE);
	if (!target || parents) {
		image->open = true;
		return;
	}
	bool into = g_str_has_suffix(target, "/") || sources.end - sources.at > 1;
	const char *at = container_path(image->arena, image->workdir, slice_from(target));
	const Image *other = from ? stage_named(stages, graph, graph_symbol_text(graph, from->object)) : NULL;
	for (const Row *row = sources.at; row != sources.end; row++) {
		const char *source = image_expand(image, graph_symbol_slice(graph, row->object));
		if (!source || (from && !other && is_named_context(graph_symbol_text(graph, from->object))))
			image->open = true;
		else if (other)
			copy_from_stage(image, other, source, at, into);
		else if (!from)
			copy_source(image, stages->context, source, at, into);
	}
}

static void run_instruction(Image *image, const Stages *stages, Node instruction)
{
	const Graph *graph = image->graph;
	const char *word = graph_name(graph, instruction);
	if (strcmp(word, "COPY") == 0 || strcmp(word, "ADD") == 0) {
		run_copy(image, stages, instruction);
	} else if (strcmp(word, "WORKDIR") == 0) {
		const char *path =
		        image_expand(image, graph_symbol_slice(graph, graph_symbol(graph, instruction, FACT_PATH)));
		image->open |= path == NULL;
		if (path)
			image->workdir = container_path(image->arena, image->workdir, slice_from(path));
	} else if (strcmp(word, "ENV") == 0 || strcmp(word, "ARG") == 0) {
		GRAPH_OF (graph, instruction, FACT_ASSIGNS, row)
			assign(image, graph_symbol_slice(graph, row->object));
	} else if (strcmp(word, "CMD") == 0) {
		image->command = instruction;
	} else if (strcmp(word, "ENTRYPOINT") == 0) {
		image->entrypoint = instruction;
	}
}

static void copy_env(GHashTable *to, GHashTable *from)
{
	GHashTableIter iter;
	gpointer name, value;
	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_hash_table_insert(to, name, value);
}

static void read_stage(Stages *stages, Image *image, GHashTable *global)
{
	const Graph *graph = image->graph;
	image->layers = g_array_new(FALSE, FALSE, sizeof(Layer));
	image->env = g_hash_table_new(g_str_hash, g_str_equal);
	image->workdir = "";
	copy_env(image->env, global);
	const char *from = graph_text(graph, image->stage, FACT_FROM);
	const Image *base = stage_named(stages, graph, from);
	if (base) {
		g_array_append_vals(image->layers, base->layers->data, base->layers->len);
		copy_env(image->env, base->env);
		image->workdir = base->workdir;
		image->command = base->command;
		image->entrypoint = base->entrypoint;
		image->open = base->open;
	}
	GRAPH_CHILDREN (graph, image->stage, NODE_INSTRUCTION, instruction)
		run_instruction(image, stages, instruction);
}

static guint count_stages(const Graph *graph, Node dockerfile)
{
	guint count = 0;
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		count++;
	return count;
}

/* Variables set before the first FROM. They are seen by FROM alone, but a stage that repeats the name gets the value.
 */
static GHashTable *global_arguments(const Graph *graph, Node dockerfile, Arena *arena)
{
	Image image = {.graph = graph, .arena = arena, .env = g_hash_table_new(g_str_hash, g_str_equal)};
	GRAPH_CHILDREN (graph, dockerfile, NODE_INSTRUCTION, instruction)
		GRAPH_OF (graph, instruction, FACT_ASSIGNS, row)
			assign(&image, graph_symbol_slice(graph, row->object));
	return image.env;
}

void image_clear(Image *image)
{
	g_clear_pointer(&image->layers, g_array_unref);
	g_clear_pointer(&image->env, g_hash_table_unref);
}

#define MOST_STAGES 100

bool image_read(const Graph *graph, Node dockerfile, Slice target, Slice context, Arena *arena, Image *ret_image)
{
	guint count = MIN(count_stages(graph, dockerfile), MOST_STAGES);
	if (count == 0)
		return false;
	g_autoptr(GHashTable) global = global_arguments(graph, dockerfile, arena);
	g_autofree Image *images = g_new0(Image, count);
	Stages stages = {images, 0, context};
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage) {
		if (stages.count == count)
			break;
		images[stages.count] = (Image){.graph = graph, .arena = arena, .stage = stage};
		read_stage(&stages, &images[stages.count], global);
		stages.count++;
	}
	g_autofree char *name = slice_dup(target);
	const Image *wanted = *name ? stage_named(&stages, graph, name) : &images[count - 1];
	if (!wanted)
		wanted = &images[count - 1];
	*ret_image = *wanted;
	for (guint i = 0; i < count; i++)
		if (&images[i] != wanted)
			image_clear(&images[i]);
	return true;
}
