/* What kustomizations come to that are beyond labwright's own reading: with charts, generators, transformers,
 * replacements or vars. The owner's `kustomize build` (or `kubectl kustomize`) is asked of copies, and fetches nothing:
 * charts that lie elsewhere are put where it looks for them first, if fetch.c may bring them.
 *
 * Names stay as they are written, since src/link says what becomes of them: prefixes, suffixes and hashes are taken out
 * of the copies. kustomize is told to say where each object comes from. What no file of the repository holds becomes an
 * object of the kustomization; what a file holds is read as kustomize leaves it, where that is the only way in which it
 * is applied. */
#include "base/path.h"
#include "engine/engine.h"
#include "flow/asked.h"
#include "flow/compile.h"
#include "flow/fetch.h"
#include "flow/homelab.h"
#include "source/rendered.h"

#include <string.h>
#include <sys/stat.h>

#define MOST_DEEP 16
#define MOST_CHART_FILES 2000

typedef struct Builds {
	Asked asked;
	Fetcher *fetcher;
	GHashTable *rendered; /* of the caller */
	char *helm;           /* or NULL */
	bool kubectl;
} Builds;

typedef struct Build {
	Node node; /* KUSTOMIZATION */
	const YamlNode *root;
	const char *path, *folder;
	Copies copies;
	GHashTable *seen;  /* kustomizations of it */
	const char *lacks; /* why a chart is not at hand, or NULL; in the arena */
	bool remote;       /* names something elsewhere */
	bool changes;      /* what its files hold, not only what it adds */
	Node missing;      /* an ENTRY that leads nowhere, or NODE_NONE */
	GString *made;
} Build;

/* ---- what is beyond us ---------------------------------------------------------------------------------- */

static const YamlNode *root_of(Builds *builds, Node node)
{
	const Graph *graph = builds->asked.scan->graph;
	size_t start = graph_place(graph, node).start;
	const YamlDocument *document =
	        yaml_read(graph_file_bytes(graph, graph_file_of(graph, node)), builds->asked.arena);
	for (; document; document = document->next)
		if (!document->error && yaml_is_map(document->root) && document->root->start == start)
			return document->root;
	return NULL;
}

static bool has_any(const YamlNode *root, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const YamlNode *list = yaml_get(root, keys[i]);
		if (list && list->count > 0)
			return true;
	}
	return false;
}

static bool adds(const YamlNode *root)
{
	static const char *const keys[] = {"helmCharts", "helmChartInflationGenerator", "generators"};
	return has_any(root, keys, G_N_ELEMENTS(keys));
}

static bool changes(const YamlNode *root)
{
	static const char *const keys[] = {"transformers", "replacements", "vars", "configurations"};
	return has_any(root, keys, G_N_ELEMENTS(keys));
}

/* A component changes what the kustomization that takes it has. */
static bool is_beyond(Builds *builds, Node node, const YamlNode *root, bool *ret_changes, uint32_t depth)
{
	const Graph *graph = builds->asked.scan->graph;
	bool beyond = adds(root) || changes(root);
	*ret_changes |= changes(root);
	if (depth == MOST_DEEP)
		return beyond;
	GRAPH_CHILDREN (graph, node, NODE_ENTRY, entry) {
		if (strcmp(graph_text(graph, entry, FACT_ROLE), "component") != 0)
			continue;
		GRAPH_OF (graph, entry, FACT_REFERS_TO, row)
			if (graph_node_type(graph, row->object) == NODE_KUSTOMIZATION)
				beyond |= is_beyond(
				        builds, row->object, root_of(builds, row->object), ret_changes, depth + 1);
	}
	return beyond;
}

/* ---- charts that kustomize finds beside it --------------------------------------------------------------- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files of a chart that was fetched and that Git does not hold, copied from the checkout; no link is followed. */
static bool copy_untracked(Build *build, const char *path, GChecksum *sum, uint32_t *left, uint32_t depth)
{
	const Repo *repo = build->copies.asked->scan->repo;
	g_autofree char *full = g_build_filename(repo_root(repo), path, NULL);
	g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	bool whole = dir && depth < MOST_DEEP;
	for (const char *name; whole && (name = g_dir_read_name(dir)) && names->len <= *left;)
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; whole && i < names->len; i++) {
		g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
		g_autofree char *entry = g_build_filename(full, names->pdata[i], NULL), *bytes = NULL;
		g_autofree char *copy = g_build_filename(COPIES_FOLDER, below, NULL);
		struct stat state;
		gsize length;
		whole = lstat(entry, &state) == 0 && (*left)-- > 1;
		if (whole && S_ISDIR(state.st_mode)) {
			whole = copy_untracked(build, below, sum, left, depth + 1);
		} else if (whole) {
			whole = S_ISREG(state.st_mode) && (size_t)state.st_size <= build->copies.left &&
			        g_file_get_contents(entry, &bytes, &length, NULL) &&
			        asked_write(build->copies.asked, copy, (Slice){bytes, length});
			build->copies.left -= whole ? length : 0;
			g_checksum_update(sum, (const guchar *)below, (gssize)strlen(below) + 1);
			g_checksum_update(sum, (const guchar *)bytes, whole ? (gssize)length : 0);
		}
	}
	return whole;
}

/* Where kustomize looks for a chart before it fetches it. In the arena; NULL where that leads out of the repository. */
static char *chart_folder(Builds *builds, const char *folder, const YamlNode *root, const YamlNode *chart)
{
	Slice home = yaml_text(yaml_at(root, "helmGlobals.chartHome")), name = yaml_text_of(chart, "name"),
	      version = yaml_text_of(chart, "version");
	bool versioned = version.length && yaml_text_of(chart, "repo").length;
	g_autofree char *written = g_strdup_printf("%.*s/%.*s%s%.*s%s%.*s", home.length ? (int)home.length : 6,
	        home.length ? home.at : "charts", SLICE_ARGS(name), versioned ? "-" : "",
	        versioned ? (int)version.length : 0, version.at, versioned ? "/" : "", versioned ? (int)name.length : 0,
	        name.at);
	g_autofree char *path = path_resolve(slice_from(folder), slice_from(written));
	return path && name.length ? arena_text(builds->asked.arena, slice_from(path)) : NULL;
}

static bool is_tracked_chart(const Graph *graph, const char *folder)
{
	g_autofree char *file = g_strdup_printf("%s/Chart.yaml", folder);
	return graph_find_file(graph, slice_from(file)) != NODE_NONE;
}

static bool is_on_disk(const Builds *builds, const char *path)
{
	const Repo *repo = builds->asked.scan->repo;
	if (!repo || repo_view(repo) == REPO_REVISION)
		return false;
	g_autofree char *full = g_build_filename(repo_root(repo), path, NULL);
	return g_file_test(full, G_FILE_TEST_EXISTS);
}

static const char *optional_text(const YamlNode *map, const char *key)
{
	Slice text = yaml_text_of(map, key);
	return text.length ? text.at : NULL;
}

/* The archive holds a folder of the chart's name. Why it is not there, in the arena, or NULL. */
static const char *fetch_to(Builds *builds, Build *build, const YamlNode *chart, const char *path, GChecksum *sum)
{
	g_autoptr(GError) error = NULL;
	ChartSource source = {.repository = optional_text(chart, "repo"),
	        .name = yaml_text_of(chart, "name").at,
	        .version = optional_text(chart, "version")};
	g_autofree char *why = NULL, *archive = fetch_chart(builds->fetcher, &source, &why);
	g_autofree char *above = g_path_get_dirname(path);
	g_autofree char *folder = g_build_filename(builds->asked.folder, COPIES_FOLDER, above, NULL);
	g_autofree char *identity = asked_identity(archive);
	if (!archive)
		return arena_text(builds->asked.arena, slice_from(why));
	if (!archive_unpack(archive, folder, MOST_CHART_FILES, build->copies.left, &error))
		return arena_printf(builds->asked.arena, "its chart was fetched, and %s", error->message);
	g_checksum_update(sum, (const guchar *)path, (gssize)strlen(path) + 1);
	g_checksum_update(sum, (const guchar *)identity, -1);
	return NULL;
}

static void take_chart(
        Builds *builds, Build *build, const char *folder, const YamlNode *root, const YamlNode *chart, GChecksum *sum)
{
	char *path = chart_folder(builds, folder, root, chart);
	uint32_t left = MOST_CHART_FILES;
	if (!path)
		build->lacks = "its chart would lie outside of the repository";
	else if (is_tracked_chart(builds->asked.scan->graph, path))
		copies_take(&build->copies, path);
	else if (!is_on_disk(builds, path))
		build->lacks = fetch_to(builds, build, chart, path, sum);
	else if (!copy_untracked(build, path, sum, &left, 0))
		build->lacks = "its chart beside it holds links, or is too large";
}

static void take_charts(Builds *builds, Build *build, const char *folder, const YamlNode *root, GChecksum *sum)
{
	if (yaml_get(root, "helmChartInflationGenerator"))
		build->lacks = "it names charts in a way that kustomize has given up";
	YAML_EACH_ITEM (yaml_get(root, "helmCharts"), chart)
		if (!build->lacks)
			take_chart(builds, build, folder, root, chart, sum);
}

/* ---- all that it reads ----------------------------------------------------------------------------------- */

static char *folder_of(Builds *builds, Node node)
{
	const Graph *graph = builds->asked.scan->graph;
	Slice folder = graph_folder_of(graph, node);
	return arena_text(builds->asked.arena, folder);
}

static void take_all(Builds *builds, Build *build, Node node, GChecksum *sum, uint32_t depth);

/* What a kustomization, or a generator of it, names. */
static void take_entries(Builds *builds, Build *build, Node parent, GChecksum *sum, uint32_t depth)
{
	const Graph *graph = builds->asked.scan->graph;
	GRAPH_CHILDREN (graph, parent, NODE_ENTRY, entry) {
		build->remote |= graph_has(graph, entry, FACT_REMOTE);
		if (strcmp(graph_text(graph, entry, FACT_UNRESOLVED), "missing") == 0)
			build->missing = entry;
		GRAPH_OF (graph, entry, FACT_REFERS_TO, row) {
			if (graph_node_type(graph, row->object) == NODE_KUSTOMIZATION)
				take_all(builds, build, row->object, sum, depth + 1);
			else if (graph_node_type(graph, row->object) == NODE_FILE)
				copies_take_file(&build->copies, graph_file_of(graph, row->object));
		}
	}
}

static void take_all(Builds *builds, Build *build, Node node, GChecksum *sum, uint32_t depth)
{
	const Graph *graph = builds->asked.scan->graph;
	const YamlNode *root = root_of(builds, node);
	char *folder = folder_of(builds, node);
	if (depth == MOST_DEEP || !root || !g_hash_table_add(build->seen, GUINT_TO_POINTER(node)))
		return;
	copies_take(&build->copies, folder);
	take_charts(builds, build, folder, root, sum);
	take_entries(builds, build, node, sum, depth);
	GRAPH_CHILDREN (graph, node, NODE_GENERATED, generated)
		take_entries(builds, build, generated, sum, depth);
}

/* ---- the copies of kustomizations ------------------------------------------------------------------------ */

static bool is_left_out(Slice key)
{
	static const char *const keys[] = {"namePrefix", "nameSuffix", "generatorOptions", "buildMetadata"};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (slice_is(key, keys[i]))
			return true;
	return false;
}

static size_t line_begin(Slice bytes, size_t at)
{
	while (at > 0 && bytes.at[at - 1] != '\n')
		at--;
	return at;
}

/* With the names that are written in it, and a word where each object comes from. Free with g_free. */
static char *plain_kustomization(Slice bytes, const YamlNode *root)
{
	GString *text = g_string_new(NULL);
	size_t done = 0;
	for (const YamlEntry *entry = root->first; entry; entry = entry->next) {
		if (!entry->key || !is_left_out(entry->key->value))
			continue;
		size_t from = line_begin(bytes, entry->key->start),
		       to = entry->next ? line_begin(bytes, entry->next->key->start) : root->end;
		g_string_append_len(text, bytes.at + done, (gssize)(from - done));
		done = MAX(to, from);
	}
	g_string_append_len(text, bytes.at + done, (gssize)(bytes.length - done));
	g_string_append(
	        text, "\nbuildMetadata: [originAnnotations]\ngeneratorOptions: {disableNameSuffixHash: true}\n");
	return g_string_free(text, FALSE);
}

static bool write_plain(Builds *builds, const Build *build)
{
	const Graph *graph = builds->asked.scan->graph;
	GHashTableIter seen;
	gpointer node;
	g_hash_table_iter_init(&seen, build->seen);
	while (g_hash_table_iter_next(&seen, &node, NULL)) {
		uint32_t file = graph_file_of(graph, GPOINTER_TO_UINT(node));
		const YamlNode *root = root_of(builds, GPOINTER_TO_UINT(node));
		if (!root || root->style == YAML_FLOW)
			return false;
		g_autofree char *text = plain_kustomization(graph_file_bytes(graph, file), root);
		g_autofree char *copy = g_build_filename(COPIES_FOLDER, graph_file_path(graph, file), NULL);
		if (!asked_write(&builds->asked, copy, slice_from(text)))
			return false;
	}
	return true;
}

/* ---- what kustomize says --------------------------------------------------------------------------------- */

/* The one document of a file that holds that object. */
static const YamlNode *find_written(const YamlDocument *document, const YamlNode *made)
{
	const YamlNode *found = NULL, *name = yaml_at(made, "metadata.name"), *kind = yaml_get(made, "kind");
	for (; document; document = document->next) {
		const YamlNode *root = document->error ? NULL : document->root;
		if (!slice_equal(yaml_text(yaml_at(root, "metadata.name")), yaml_text(name)) ||
		        !slice_equal(yaml_text_of(root, "kind"), yaml_text(kind)))
			continue;
		if (found)
			return NULL;
		found = root;
	}
	return found;
}

/* What is applied in several ways is not what one of them leaves. */
static bool is_only_way(const Graph *graph, Node file, Node kustomization)
{
	for (uint32_t depth = 0; depth < MOST_DEEP; depth++) {
		Rows rows = graph_rows_of(graph, file, FACT_REACHED_BY);
		if (rows.end - rows.at != 1 || graph_node_type(graph, rows.at->object) != NODE_KUSTOMIZATION)
			return false;
		if (rows.at->object == kustomization)
			return true;
		file = graph_file_node(graph, graph_file_of(graph, rows.at->object));
	}
	return false;
}

static void keep_changed(Builds *builds, const Build *build, const YamlNode *made, Slice path, Slice text)
{
	const Graph *graph = builds->asked.scan->graph;
	g_autofree char *resolved = path_resolve(slice_from(build->folder), path);
	Node file = resolved ? graph_find_file(graph, slice_from(resolved)) : NODE_NONE;
	if (!file || !is_only_way(graph, file, build->node))
		return;
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, file));
	const YamlNode *written = find_written(yaml_read(bytes, builds->asked.arena), made);
	if (written)
		g_hash_table_insert(builds->rendered,
		        rendered_key(RENDERING_LEFT, slice_from(resolved), bytes, written), slice_dup(text));
}

/* A generator's object that this kustomization itself asks for; those of others are theirs, and what configMapGenerator
 * makes is read already. */
static bool is_own(const Graph *graph, const Build *build, const YamlNode *origin)
{
	Slice in = yaml_text_of(origin, "configuredIn"), kind = yaml_text(yaml_at(origin, "configuredBy.kind"));
	if (slice_equal(in, path_name(slice_from(build->path))))
		return !slice_is(kind, "ConfigMapGenerator") && !slice_is(kind, "SecretGenerator");
	GRAPH_CHILDREN (graph, build->node, NODE_ENTRY, entry)
		if (strcmp(graph_text(graph, entry, FACT_ROLE), "generator") == 0 &&
		        slice_is(in, graph_name(graph, entry)))
			return true;
	return false;
}

static void take_object(Builds *builds, Build *build, const YamlNode *made, Slice text)
{
	const YamlNode *annotations = yaml_at(made, "metadata.annotations");
	Slice origin = yaml_text_of(annotations, "config.kubernetes.io/origin");
	const YamlDocument *document = origin.length ? yaml_read(origin, builds->asked.arena) : NULL;
	const YamlNode *root = document && !document->error ? document->root : NULL;
	Slice path = yaml_text_of(root, "path");
	if (path.length && !yaml_get(root, "repo")) {
		if (build->changes)
			keep_changed(builds, build, made, path, text);
	} else if (yaml_get(root, "repo") || is_own(builds->asked.scan->graph, build, root)) {
		g_string_append_printf(build->made, "---\n%.*s\n", SLICE_ARGS(text));
	}
}

static void take_answer(Builds *builds, Build *build, const char *text)
{
	const Graph *graph = builds->asked.scan->graph;
	Slice whole = slice_from(text);
	for (const YamlDocument *document = yaml_read(whole, builds->asked.arena); document; document = document->next)
		if (!document->error && yaml_is_map(document->root))
			take_object(builds, build, document->root,
			        slice_sub(whole, document->root->start, document->root->end));
	g_hash_table_insert(builds->rendered,
	        rendered_key(RENDERING_MADE, slice_from(build->path),
	                graph_file_bytes(graph, graph_file_of(graph, build->node)), build->root),
	        g_strdup(build->made->str));
}

/* ---- asking ---------------------------------------------------------------------------------------------- */

static char **command_of(const Builds *builds, const char *folder)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_strv_builder_add_many(words, builds->asked.program, builds->kubectl ? "kustomize" : "build", folder, NULL);
	if (builds->helm)
		g_strv_builder_add_many(words, "--enable-helm", "--helm-command", builds->helm, NULL);
	return g_strv_builder_end(words);
}

static void refuse(Builds *builds, const Build *build, const char *why)
{
	/* kustomize names the copy. */
	g_autofree char *tree = g_strdup_printf("%s/" COPIES_FOLDER "/", builds->asked.folder);
	g_auto(GStrv) parts = g_strsplit(why, tree, -1);
	g_autofree char *text = g_strjoinv("", parts);
	asked_refuse(&builds->asked, build->path, text);
}

static void ask(Builds *builds, Build *build, GChecksum *sum)
{
	g_autofree char *folder = g_build_filename(builds->asked.folder, COPIES_FOLDER, build->folder, NULL);
	g_auto(GStrv) argv = command_of(builds, folder);
	g_autofree char *words = NULL, *text = asked_recall(&builds->asked, sum);
	if (!text && copies_write(&build->copies) && write_plain(builds, build))
		text = asked_run(&builds->asked, argv, sum, &words);
	if (text)
		take_answer(builds, build, text);
	else
		refuse(builds, build, words && *words ? words : "kustomize took too long or said too much");
}

/* Why it is not asked at all, or NULL. */
static const char *why_not(Builds *builds, const Build *build)
{
	if (build->missing)
		return arena_printf(builds->asked.arena, "it names %s, which is not in the repository",
		        graph_name(builds->asked.scan->graph, build->missing));
	if (build->remote)
		return "it takes resources from elsewhere, which nobody fetches";
	if (build->lacks)
		return build->lacks;
	if (build->copies.refused)
		return "its folder is too large";
	if (yaml_get(build->root, "helmCharts") && !builds->helm)
		return "its chart needs helm, and PATH has none";
	return NULL;
}

static void build_one(Builds *builds, Build *build)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *tree = g_build_filename(builds->asked.folder, COPIES_FOLDER, NULL);
	g_autofree char *helm = asked_identity(builds->helm);
	g_checksum_update(sum, (const guchar *)builds->asked.identity, -1);
	g_checksum_update(sum, (const guchar *)(helm ? helm : ""), -1);
	take_all(builds, build, build->node, sum, 0);
	copies_count(&build->copies, sum);
	g_checksum_update(sum, (const guchar *)build->path, -1);
	const char *reason = why_not(builds, build);
	if (reason)
		refuse(builds, build, reason);
	else
		ask(builds, build, sum);
	remove_tree(tree);
}

static void look_at(Builds *builds, Node node)
{
	const Graph *graph = builds->asked.scan->graph;
	Build build = {.node = node, .root = root_of(builds, node)};
	if (build.root && !graph_has(graph, node, FACT_COMPONENT) && !is_quiet(graph, node) &&
	        is_beyond(builds, node, build.root, &build.changes, 0)) {
		build.path = graph_file_path(graph, graph_file_of(graph, node));
		build.folder = folder_of(builds, node);
		build.copies = copies_new(&builds->asked);
		build.copies.lenient = true;
		build.seen = g_hash_table_new(NULL, NULL);
		build.made = g_string_new(NULL);
		builds->asked.count++;
		if (builds->asked.program)
			build_one(builds, &build);
		copies_clear(&build.copies);
		g_hash_table_unref(build.seen);
		g_string_free(build.made, TRUE);
	}
	arena_reset(builds->asked.arena);
}

static void tell(Builds *builds, GString *notes)
{
	char *argv[] = {builds->asked.program, "version", builds->kubectl ? "--client" : NULL, NULL};
	if (!builds->asked.program) {
		g_string_append_printf(notes,
		        "note: %u kustomizations are beyond labwright, and PATH has no kustomize\n",
		        builds->asked.count);
		return;
	}
	g_autofree char *version = asked_version(&builds->asked, argv);
	asked_tell(&builds->asked, builds->kubectl ? "kubectl" : "kustomize", "kustomizations", version, notes);
}

bool render_kustomizations(const Scan *scan, bool online, GHashTable *rendered, GString *notes, GError **error)
{
	char *program = owners_program("kustomize");
	Builds builds = {.rendered = rendered, .helm = owners_program("helm"), .kubectl = !program};
	bool well = asked_init(&builds.asked, scan, program ? program : owners_program("kubectl"), error);
	builds.fetcher = well ? fetcher_new(&builds.asked, builds.helm, online) : NULL;
	if (well)
		GRAPH_NODES (scan->graph, NODE_KUSTOMIZATION, node)
			look_at(&builds, node);
	if (well && builds.asked.count)
		tell(&builds, notes);
	if (well)
		fetcher_tell(builds.fetcher, notes);
	fetcher_free(builds.fetcher);
	asked_clear(&builds.asked);
	g_free(builds.helm);
	return well;
}
