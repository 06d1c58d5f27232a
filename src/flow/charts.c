/* What charts make, asked of the owner's helm: `helm template`, and nothing that helm would fetch. A chart is rendered
 * if all of it lies in the repository, or in the cache that helm itself keeps; every other one stays unknown, as it is
 * without --render.
 *
 * Helm is started without a shell, with an environment of its own that names no cluster, no repository and no plugin,
 * in a network namespace where the kernel lets an ordinary user make one, and with limits of time, memory and output.
 * It reads copies: the files of a chart as the scan has them, and no link. What it says is kept by the checksum of all
 * that it was given. */
#include "base/error.h"
#include "base/path.h"
#include "flow/compile.h"
#include "flow/flow.h"
#include "flow/homelab.h"
#include "source/rendered.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_SECONDS 30
#define MOST_MEMORY ((rlim_t)8 * 1024 * 1024 * 1024) /* of addresses: Go asks for far more than it uses */
#define MOST_OUTPUT ((off_t)16 * 1024 * 1024)
#define MOST_CHART ((size_t)64 * 1024 * 1024)
#define MOST_KEPT ((off_t)64 * 1024 * 1024) /* of renderings in the cache */
#define MOST_TOLD 8                         /* reasons that are said */

typedef struct Charts {
	const Scan *scan;
	char *helm, *identity;
	char *folder; /* temporary, for this run */
	char *kept;   /* the cache, or NULL */
	Arena *arena;
	GHashTable *rendered;
	GString *reasons;
	uint32_t asked, failed;
} Charts;

/* One release: how its chart is called, and what it is given. */
typedef struct Release {
	Node object;
	const YamlNode *root;
	const char *name, *namespace, *chart, *version;
	GPtrArray *values; /* Slice *, one file each, later ones count more */
	const char *refusal;
} Release;

/* ---- releases ------------------------------------------------------------------------------------------ */

static const char *text_at(const YamlNode *root, const char *path)
{
	Slice text = yaml_text(yaml_at(root, path));
	return text.length ? text.at : NULL;
}

/* The bytes of a map in block style, from the begin of its first line. */
static void add_values(Charts *charts, Release *release, const YamlNode *values)
{
	Slice bytes = graph_file_bytes(charts->scan->graph, graph_file_of(charts->scan->graph, release->object));
	if (!yaml_is_map(values) || !values->first)
		return;
	size_t start = values->start;
	while (values->style != YAML_FLOW && start > 0 && bytes.at[start - 1] == ' ')
		start--;
	Slice *text = ARENA_NEW(charts->arena, Slice);
	*text = slice_sub(bytes, start, values->end);
	g_ptr_array_add(release->values, text);
}

static void add_text(Charts *charts, Release *release, const YamlNode *text)
{
	if (!yaml_is_scalar(text))
		return;
	Slice *values = ARENA_NEW(charts->arena, Slice);
	*values = text->value;
	g_ptr_array_add(release->values, values);
}

static const YamlNode *find_root(const YamlDocument *document, size_t place);

static Slice folder_of(const Graph *graph, Node node)
{
	return path_folder(slice_from(graph_file_path(graph, graph_file_of(graph, node))));
}

/* The object that chartRef names, where the repository has one of that kind and name, or one beside the release. */
static const YamlNode *referred_chart(Charts *charts, Node release, const YamlNode *reference)
{
	const Graph *graph = charts->scan->graph;
	const char *kind = text_at(reference, "kind");
	Node found = NODE_NONE, beside = NODE_NONE;
	uint32_t count = 0;
	Symbol name;
	if (!kind || !graph_find_symbol(graph, yaml_text_of(reference, "name"), &name))
		return NULL;
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	{
		if (!is_kind(graph, object, kind) || is_patch(graph, object))
			continue;
		if (slice_equal(folder_of(graph, object), folder_of(graph, release)))
			beside = object;
		found = object;
		count++;
	}
	if (count > 1)
		found = beside;
	if (!found)
		return NULL;
	return find_root(yaml_read(graph_file_bytes(graph, graph_file_of(graph, found)), charts->arena),
	        graph_place(graph, found).start);
}

static void read_chart_reference(Charts *charts, Release *release, const YamlNode *reference)
{
	const YamlNode *root = referred_chart(charts, release->object, reference);
	if (slice_is(yaml_text_of(reference, "kind"), "OCIRepository")) {
		release->chart = text_at(root, "spec.url");
		release->version = text_at(root, "spec.ref.tag");
	} else {
		release->chart = text_at(root, "spec.chart");
		release->version = text_at(root, "spec.version");
	}
}

/* Flux puts the target namespace before the name where no other is given. */
static void read_flux(Charts *charts, Release *release)
{
	const YamlNode *spec = yaml_get(release->root, "spec");
	const char *name = text_at(spec, "releaseName"), *target = text_at(spec, "targetNamespace"),
	           *own = text_at(release->root, "metadata.name");
	release->name = name ? name : target ? arena_printf(charts->arena, "%s-%s", target, own) : own;
	release->namespace = target ? target : text_at(release->root, "metadata.namespace");
	release->chart = text_at(spec, "chart.spec.chart");
	release->version = text_at(spec, "chart.spec.version");
	if (!release->chart)
		read_chart_reference(charts, release, yaml_get(spec, "chartRef"));
	if (yaml_get(spec, "valuesFrom") || yaml_at(spec, "chart.spec.valuesFiles"))
		release->refusal = "takes values from elsewhere";
	else if (yaml_get(spec, "postRenderers"))
		release->refusal = "changes what the chart makes";
	else if (!release->chart)
		release->refusal = "refers to a chart that no file, or more than one, names";
	add_values(charts, release, yaml_get(spec, "values"));
}

static void read_argo(Charts *charts, Release *release)
{
	const YamlNode *spec = yaml_get(release->root, "spec"), *source = yaml_get(spec, "source"),
	               *helm = yaml_get(source, "helm");
	const char *name = text_at(helm, "releaseName"), *chart = text_at(source, "chart"),
	           *path = text_at(source, "path");
	release->name = name ? name : text_at(release->root, "metadata.name");
	release->namespace = text_at(spec, "destination.namespace");
	release->chart = chart ? chart : path ? arena_printf(charts->arena, "./%s", path) : NULL;
	release->version = text_at(source, "targetRevision");
	if (yaml_get(helm, "parameters") || yaml_get(helm, "valueFiles") || yaml_get(helm, "fileParameters"))
		release->refusal = "takes values from elsewhere";
	else if (!release->chart)
		release->refusal = "has several sources";
	add_values(charts, release, yaml_get(helm, "valuesObject"));
	add_text(charts, release, yaml_get(helm, "values"));
}

/* ---- where charts are ----------------------------------------------------------------------------------- */

static const char *archive_name(Charts *charts, const Release *release)
{
	const char *slash = strrchr(release->chart, '/');
	return arena_printf(charts->arena, "%s-%s.tgz", slash ? slash + 1 : release->chart,
	        release->version ? release->version : "");
}

/* A chart that lies in the repository as a folder; NULL if there is none. In the arena. */
static const char *chart_folder(Charts *charts, const Release *release)
{
	g_autofree char *folder = path_resolve((Slice){"", 0}, slice_from(release->chart));
	g_autofree char *file = folder ? g_strdup_printf("%s%sChart.yaml", folder, *folder ? "/" : "") : NULL;
	if (!file || !graph_find_file(charts->scan->graph, slice_from(file)))
		return NULL;
	return arena_text(charts->arena, slice_from(folder));
}

/* The path on disk of a file that the scan has, if that is no link and what was read. */
static char *file_on_disk(const Scan *scan, const char *path)
{
	if (!scan->repo || repo_view(scan->repo) == REPO_REVISION)
		return NULL;
	g_autofree char *full = g_build_filename(repo_root(scan->repo), path, NULL), *real = realpath(full, NULL);
	return real && strcmp(real, full) == 0 && g_file_test(real, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&real)
	                                                                                    : NULL;
}

/* NAME-VERSION.tgz somewhere in the repository, or in helm's cache. Free with g_free. */
static char *chart_archive(Charts *charts, const Release *release)
{
	const Graph *graph = charts->scan->graph;
	const char *name = archive_name(charts, release);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (slice_is(path_name(slice_from(graph_file_path(graph, file))), name))
			return file_on_disk(charts->scan, graph_file_path(graph, file));
	const char *cache = g_getenv("HELM_CACHE_HOME"), *repository = g_getenv("HELM_REPOSITORY_CACHE");
	g_autofree char *home = cache ? g_strdup(cache) : g_build_filename(g_get_user_cache_dir(), "helm", NULL);
	g_autofree char *folder = repository ? g_strdup(repository) : g_build_filename(home, "repository", NULL);
	char *path = g_build_filename(folder, name, NULL);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		g_clear_pointer(&path, g_free);
	return path;
}

/* ---- copies --------------------------------------------------------------------------------------------- */

static bool write_copy(const char *folder, const char *path, Slice bytes)
{
	g_autofree char *full = g_build_filename(folder, path, NULL), *parent = g_path_get_dirname(full);
	return g_mkdir_with_parents(parent, 0700) == 0 &&
	       g_file_set_contents_full(full, bytes.at, (gssize)bytes.length, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

/* An archive that the chart depends on is no text, so the scan has no bytes of it. */
static bool copy_binary(Charts *charts, const char *folder, const char *path, const char *below, GChecksum *sum)
{
	g_autofree char *full = file_on_disk(charts->scan, path), *bytes = NULL;
	gsize length;
	if (!full || !g_file_get_contents(full, &bytes, &length, NULL) || length > MOST_CHART)
		return false;
	g_checksum_update(sum, (const guchar *)bytes, (gssize)length);
	return write_copy(folder, below, (Slice){bytes, length});
}

/* The files of the chart's folder, counted into the sum with their names. */
static bool copy_chart(Charts *charts, const char *chart, const char *folder, GChecksum *sum)
{
	const Graph *graph = charts->scan->graph;
	g_autofree char *start = g_strdup_printf("%s%s", chart, *chart ? "/" : "");
	size_t left = MOST_CHART;
	for (uint32_t file = graph_first_file(graph, start); file < graph_files(graph); file++) {
		const char *path = graph_file_path(graph, file), *below = path + strlen(start);
		Node node = graph_file_node(graph, file);
		Slice bytes = graph_file_bytes(graph, file);
		if (!g_str_has_prefix(path, start))
			break;
		if (graph_has(graph, node, FACT_LINK_TARGET) || bytes.length > left)
			return false;
		left -= bytes.length;
		g_checksum_update(sum, (const guchar *)below, (gssize)strlen(below) + 1);
		g_checksum_update(sum, (const guchar *)bytes.at, (gssize)bytes.length);
		bool copied = graph_has(graph, node, FACT_SKIPPED) ? copy_binary(charts, folder, path, below, sum)
		                                                   : write_copy(folder, below, bytes);
		if (!copied)
			return false;
	}
	return true;
}

/* ---- helm ----------------------------------------------------------------------------------------------- */

/* Between fork and exec: nothing here may allocate. Without the right to make a namespace helm runs all the same: it
 * has nothing to fetch. */
static void confine(gpointer data)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		(void)!unshare(CLONE_NEWNET);
	setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_SECONDS, MOST_SECONDS});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)MOST_OUTPUT, (rlim_t)MOST_OUTPUT});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_AS, &(struct rlimit){MOST_MEMORY, MOST_MEMORY});
}

/* Its end, or the end of its time. */
static bool await(GPid child)
{
	int status;
	for (uint32_t waited = 0;; waited++) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		if (ended == child || (ended < 0 && errno != EINTR))
			return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (waited == MOST_SECONDS * 200)
			kill(child, SIGKILL);
		g_usleep(5000);
	}
}

static char *read_whole(int file)
{
	off_t size = lseek(file, 0, SEEK_END);
	char *text = size >= 0 && size < MOST_OUTPUT ? g_malloc0((size_t)size + 1) : NULL;
	if (text && size && pread(file, text, (size_t)size, 0) != size)
		g_clear_pointer(&text, g_free);
	return text;
}

static char **environment_of(const char *folder)
{
	static const char *const names[] = {"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR",
	        "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"};
	g_autofree char *none = g_build_filename(folder, "none", NULL);
	char **environment = g_environ_setenv(NULL, "PATH", "/nonexistent", TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		environment = g_environ_setenv(environment, names[i], none, TRUE);
	environment = g_environ_setenv(environment, "KUBECONFIG", "/dev/null", TRUE);
	return g_environ_setenv(environment, "GOMAXPROCS", "2", TRUE);
}

/* What helm says; NULL, with its last words in ret_words, where it fails. Both are freed with g_free. */
static char *run_helm(Charts *charts, char **argv, char **ret_words)
{
	g_auto(GStrv) environment = environment_of(charts->folder);
	int out = memfd_create("rendering", MFD_CLOEXEC), words = memfd_create("words", MFD_CLOEXEC);
	GPid child;
	bool well = out >= 0 && words >= 0 &&
	            g_spawn_async_with_fds(charts->folder, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, confine, NULL,
	                    &child, -1, out, words, NULL) &&
	            await(child);
	char *text = well ? read_whole(out) : NULL;
	*ret_words = text || words < 0 ? NULL : read_whole(words);
	if (out >= 0)
		close(out);
	if (words >= 0)
		close(words);
	return text;
}

/* The values in files of their own, and the words of the command. Free with g_strfreev. */
static char **command_of(Charts *charts, const Release *release, const char *chart, GChecksum *sum)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	const char *namespace = release->namespace ? release->namespace : "default";
	g_strv_builder_add_many(words, charts->helm, "template", release->name, chart, "--namespace", namespace,
	        "--skip-tests", "--kube-version", "1.34.0", NULL);
	g_checksum_update(sum, (const guchar *)release->name, -1);
	g_checksum_update(sum, (const guchar *)"", 1);
	g_checksum_update(sum, (const guchar *)namespace, -1);
	for (guint i = 0; i < release->values->len; i++) {
		const Slice *values = release->values->pdata[i];
		g_autofree char *name = g_strdup_printf("values-%u.yaml", i);
		g_autofree char *path = g_build_filename(charts->folder, name, NULL);
		if (!write_copy(charts->folder, name, *values))
			return NULL;
		g_checksum_update(sum, (const guchar *)values->at, (gssize)values->length);
		g_strv_builder_add_many(words, "--values", path, NULL);
	}
	return g_strv_builder_end(words);
}

/* ---- what is kept --------------------------------------------------------------------------------------- */

/* Another helm may say something else. */
static char *identity_of(const char *helm)
{
	struct stat state;
	return helm && stat(helm, &state) == 0
	               ? g_strdup_printf("%s %ju %ju %jd.%09ld", helm, (uintmax_t)state.st_ino,
	                         (uintmax_t)state.st_size, (intmax_t)state.st_mtim.tv_sec, state.st_mtim.tv_nsec)
	               : NULL;
}

static char *kept_text(const Charts *charts, const char *key)
{
	g_autofree char *path = charts->kept ? g_build_filename(charts->kept, key, NULL) : NULL;
	char *text = NULL;
	struct stat state;
	if (path && lstat(path, &state) == 0 && S_ISREG(state.st_mode) && state.st_size < MOST_OUTPUT)
		g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static void keep_text(const Charts *charts, const char *key, const char *text)
{
	g_autofree char *path = charts->kept ? g_build_filename(charts->kept, key, NULL) : NULL;
	if (path)
		g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

/* A full cache begins anew. */
static char *open_kept(const Scan *scan)
{
	if (scan->no_cache)
		return NULL;
	char *folder = g_build_filename(g_get_user_cache_dir(), "labwright", "rendered", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	off_t size = 0;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat state;
		size += lstat(path, &state) == 0 ? state.st_size : 0;
	}
	if (size > MOST_KEPT)
		remove_tree(folder);
	g_mkdir_with_parents(folder, 0700);
	return folder;
}

/* ---- rendering ------------------------------------------------------------------------------------------- */

static void refuse(Charts *charts, const Release *release, const char *why)
{
	const Graph *graph = charts->scan->graph;
	if (charts->failed++ >= MOST_TOLD)
		return;
	Slice line = slice_from(why), rest = line;
	slice_next_line(&rest, &line);
	g_string_append_printf(charts->reasons, "  %s %s: %.*s\n", graph_text(graph, release->object, FACT_KIND),
	        graph_name(graph, release->object), (int)MIN(line.length, 300), line.at);
}

static char *render_chart(Charts *charts, const Release *release, const char *chart, GChecksum *sum)
{
	g_auto(GStrv) argv = command_of(charts, release, chart, sum);
	if (!argv)
		return NULL;
	const char *key = g_checksum_get_string(sum);
	char *text = kept_text(charts, key);
	if (text)
		return text;
	g_autofree char *words = NULL;
	text = run_helm(charts, argv, &words);
	if (text)
		keep_text(charts, key, text);
	else
		refuse(charts, release, words && *words ? words : "helm took too long or said too much");
	return text;
}

/* What the API server takes for a name; anything else may be an option to helm. */
static bool is_name(const char *text)
{
	if (!text || !g_ascii_isalnum(text[0]) || strlen(text) > 63)
		return false;
	for (; *text; text++)
		if (!g_ascii_islower(*text) && !g_ascii_isdigit(*text) && *text != '-' && *text != '.')
			return false;
	return true;
}

static void render_release(Charts *charts, const Release *release)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *copy = g_build_filename(charts->folder, "chart", NULL), *archive = NULL, *text = NULL;
	const char *folder = release->refusal ? NULL : chart_folder(charts, release);
	g_checksum_update(sum, (const guchar *)charts->identity, -1);
	if (release->refusal) {
		refuse(charts, release, release->refusal);
	} else if (!is_name(release->name) || (release->namespace && !is_name(release->namespace))) {
		refuse(charts, release, "its name or namespace is not known");
	} else if (folder) {
		if (copy_chart(charts, folder, copy, sum))
			text = render_chart(charts, release, copy, sum);
		else
			refuse(charts, release, "its chart holds links, or is too large");
	} else if ((archive = chart_archive(charts, release))) {
		g_autofree char *identity = identity_of(archive);
		g_checksum_update(sum, (const guchar *)identity, -1);
		text = render_chart(charts, release, archive, sum);
	} else {
		refuse(charts, release, "its chart is neither in the repository nor in helm's cache");
	}
	remove_tree(copy);
	if (text)
		g_hash_table_insert(charts->rendered,
		        rendered_key(slice_from(graph_file_path(
		                             charts->scan->graph, graph_file_of(charts->scan->graph, release->object))),
		                graph_file_bytes(
		                        charts->scan->graph, graph_file_of(charts->scan->graph, release->object)),
		                release->root),
		        g_steal_pointer(&text));
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

static const YamlNode *find_root(const YamlDocument *document, size_t place)
{
	for (; document; document = document->next) {
		const YamlNode *name = yaml_at(document->root, "metadata.name");
		if (!document->error && yaml_is_scalar(name) && name->start == place)
			return document->root;
	}
	return NULL;
}

static bool is_release(const Graph *graph, Node object, bool *ret_flux)
{
	const char *version = graph_text(graph, object, FACT_API_VERSION);
	*ret_flux = is_kind(graph, object, "HelmRelease") && g_str_has_prefix(version, "helm.toolkit.fluxcd.io/");
	bool argo = is_kind(graph, object, "Application") && g_str_has_prefix(version, "argoproj.io/");
	return (*ret_flux || argo) && !graph_has(graph, object, FACT_TRANSPARENT) && !is_quiet(graph, object) &&
	       !is_patch(graph, object);
}

/* An Application of plain manifests has no chart. */
static bool has_chart(Charts *charts, const Release *release, bool flux)
{
	return flux || text_at(release->root, "spec.source.chart") || yaml_at(release->root, "spec.source.helm") ||
	       (release->chart && chart_folder(charts, release));
}

static void read_object(Charts *charts, Node object, bool flux)
{
	const Graph *graph = charts->scan->graph;
	const YamlDocument *documents = yaml_read(graph_file_bytes(graph, graph_file_of(graph, object)), charts->arena);
	Release release = {.object = object, .values = g_ptr_array_new()};
	release.root = find_root(documents, graph_place(graph, object).start);
	if (release.root) {
		(flux ? read_flux : read_argo)(charts, &release);
		if (has_chart(charts, &release, flux)) {
			charts->asked++;
			render_release(charts, &release);
		}
	}
	g_ptr_array_unref(release.values);
	arena_reset(charts->arena);
}

static void charts_clear(Charts *charts)
{
	if (charts->folder)
		remove_tree(charts->folder);
	g_free(charts->folder);
	g_free(charts->helm);
	g_free(charts->identity);
	g_free(charts->kept);
	arena_free(charts->arena);
	g_string_free(charts->reasons, TRUE);
}

GHashTable *scan_charts(const Scan *scan, GString *notes, GError **error)
{
	Charts charts = {.scan = scan, .arena = arena_new(), .reasons = g_string_new(NULL)};
	bool flux;
	charts.helm = owners_program("helm");
	charts.identity = identity_of(charts.helm);
	charts.folder = charts.identity ? g_dir_make_tmp("labwright-charts-XXXXXX", error) : NULL;
	if (!charts.folder) {
		if (!charts.identity) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
			        "--render needs helm, and PATH has none");
			error_add_help(error, "https://helm.sh/docs/intro/install");
		}
		charts_clear(&charts);
		return NULL;
	}
	charts.kept = open_kept(scan);
	charts.rendered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GRAPH_NODES (scan->graph, NODE_OBJECT, object)
		if (is_release(scan->graph, object, &flux))
			read_object(&charts, object, flux);
	g_string_append_printf(notes, "note: helm rendered %u of %u charts\n%s", charts.asked - charts.failed,
	        charts.asked, charts.reasons->str);
	if (charts.failed > MOST_TOLD)
		g_string_append_printf(notes, "  and %u more\n", charts.failed - MOST_TOLD);
	charts_clear(&charts);
	return charts.rendered;
}
