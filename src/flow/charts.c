/* What charts make, asked of the owner's helm: `helm template`, and nothing that helm would fetch by itself. A chart is
 * rendered if all of it lies in the repository, or in the cache that helm itself keeps, or is brought by fetch.c; every
 * other one stays unknown, as it is without --render. */
#include "base/error.h"
#include "base/path.h"
#include "flow/asked.h"
#include "flow/compile.h"
#include "flow/fetch.h"
#include "flow/homelab.h"
#include "source/elements.h"
#include "source/rendered.h"

#include <string.h>

#define MOST_DEPENDENCIES 32 /* charts that one chart is made of */

typedef struct Charts {
	Asked asked;
	Fetcher *fetcher;
	GHashTable *rendered; /* of the caller */
} Charts;

/* One release: how its chart is called, and what it is given. */
typedef struct Release {
	Node object;
	const YamlNode *root;
	const char *name, *namespace, *chart, *version;
	GPtrArray *values;  /* Slice *, one file each, later ones count more */
	ChartSource source; /* where it may be fetched */
	const char *refusal;
	const YamlNode *element; /* of an ApplicationSet's list, or NULL */
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
	Slice bytes =
	        graph_file_bytes(charts->asked.scan->graph, graph_file_of(charts->asked.scan->graph, release->object));
	if (!yaml_is_map(values) || !values->first)
		return;
	size_t start = values->start;
	while (values->style != YAML_FLOW && start > 0 && bytes.at[start - 1] == ' ')
		start--;
	Slice *text = ARENA_NEW(charts->asked.arena, Slice);
	*text = slice_sub(bytes, start, values->end);
	g_ptr_array_add(release->values, text);
}

static void add_text(Charts *charts, Release *release, const YamlNode *text)
{
	if (!yaml_is_scalar(text))
		return;
	Slice *values = ARENA_NEW(charts->asked.arena, Slice);
	*values = text->value;
	g_ptr_array_add(release->values, values);
}

static const YamlNode *find_root(const YamlDocument *document, size_t place);

/* The object that chartRef names, where the repository has one of that kind and name, or one beside the release. */
static const YamlNode *referred_chart(Charts *charts, Node release, const YamlNode *reference)
{
	const Graph *graph = charts->asked.scan->graph;
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
		if (slice_equal(graph_folder_of(graph, object), graph_folder_of(graph, release)))
			beside = object;
		found = object;
		count++;
	}
	if (count > 1)
		found = beside;
	if (!found)
		return NULL;
	return find_root(yaml_read(graph_file_bytes(graph, graph_file_of(graph, found)), charts->asked.arena),
	        graph_place(graph, found).start);
}

/* Only a HelmRepository is a place of charts; one of a Git repository lies in that. */
static void read_source_reference(Charts *charts, Release *release, const YamlNode *reference)
{
	const YamlNode *root = slice_is(yaml_text_of(reference, "kind"), "HelmRepository")
	                               ? referred_chart(charts, release->object, reference)
	                               : NULL;
	release->source = (ChartSource){.repository = text_at(root, "spec.url"),
	        .name = release->chart,
	        .version = release->version,
	        .plain = slice_is(yaml_text(yaml_at(root, "spec.insecure")), "true")};
}

static void read_chart_reference(Charts *charts, Release *release, const YamlNode *reference)
{
	const YamlNode *root = referred_chart(charts, release->object, reference);
	if (slice_is(yaml_text_of(reference, "kind"), "OCIRepository")) {
		const char *range = text_at(root, "spec.ref.semver");
		release->chart = text_at(root, "spec.url");
		release->version = text_at(root, "spec.ref.tag");
		release->source = (ChartSource){.repository = release->chart,
		        .name = "",
		        .version = release->version ? release->version : range,
		        .plain = slice_is(yaml_text(yaml_at(root, "spec.insecure")), "true")};
		if (text_at(root, "spec.ref.digest") && !release->version)
			release->source.repository = NULL;
	} else {
		release->chart = text_at(root, "spec.chart");
		release->version = text_at(root, "spec.version");
		read_source_reference(charts, release, yaml_at(root, "spec.sourceRef"));
	}
}

/* Flux puts the target namespace before the name where no other is given. */
static void read_flux(Charts *charts, Release *release)
{
	const YamlNode *spec = yaml_get(release->root, "spec");
	const char *name = text_at(spec, "releaseName"), *target = text_at(spec, "targetNamespace"),
	           *own = text_at(release->root, "metadata.name");
	release->name = name ? name : target ? arena_printf(charts->asked.arena, "%s-%s", target, own) : own;
	release->namespace = target ? target : text_at(release->root, "metadata.namespace");
	release->chart = text_at(spec, "chart.spec.chart");
	release->version = text_at(spec, "chart.spec.version");
	if (release->chart)
		read_source_reference(charts, release, yaml_at(spec, "chart.spec.sourceRef"));
	else
		read_chart_reference(charts, release, yaml_get(spec, "chartRef"));
	if (yaml_get(spec, "valuesFrom") || yaml_at(spec, "chart.spec.valuesFiles"))
		release->refusal = "takes values from elsewhere";
	else if (yaml_get(spec, "postRenderers"))
		release->refusal = "changes what the chart makes";
	else if (!release->chart)
		release->refusal = "refers to a chart that no file, or more than one, names";
	add_values(charts, release, yaml_get(spec, "values"));
}

/* A text of an Application, or of an ApplicationSet's template with what the element fills in. In the arena, or NULL.
 */
static const char *argo_text(Charts *charts, Release *release, const YamlNode *root, const char *path)
{
	const char *text = text_at(root, path);
	const YamlNode *at;
	if (!text || !release->element)
		return text;
	text = fill_in_element(charts->asked.arena, slice_from(text), release->element, &at);
	if (!text)
		release->refusal = "its template asks for what its list does not say";
	return text;
}

/* The values that were read, as the element has them. */
static void fill_in_values(Charts *charts, Release *release)
{
	const YamlNode *at;
	for (guint i = 0; release->element && i < release->values->len; i++) {
		Slice *values = release->values->pdata[i];
		const char *text = fill_in_element(charts->asked.arena, *values, release->element, &at);
		if (text)
			*values = slice_from(text);
		else
			release->refusal = "its values ask for what its list does not say";
	}
}

/* Argo CD leaves out the scheme of a registry. */
static ChartSource argo_source(Charts *charts, Release *release, const YamlNode *source)
{
	const char *address = argo_text(charts, release, source, "repoURL");
	if (address && !strstr(address, "://"))
		address = arena_printf(charts->asked.arena, "oci://%s", address);
	return (ChartSource){.repository = address, .name = release->chart, .version = release->version};
}

/* name: of the Application, which is that of its release unless it says another. */
static void read_argo_spec(Charts *charts, Release *release, const YamlNode *spec, const char *name)
{
	const YamlNode *source = yaml_get(spec, "source"), *helm = yaml_get(source, "helm");
	const char *own = argo_text(charts, release, helm, "releaseName"),
	           *chart = argo_text(charts, release, source, "chart"),
	           *path = argo_text(charts, release, source, "path");
	release->name = own ? own : name;
	release->namespace = argo_text(charts, release, spec, "destination.namespace");
	release->chart = chart ? chart : path ? arena_printf(charts->asked.arena, "./%s", path) : NULL;
	release->version = argo_text(charts, release, source, "targetRevision");
	if (chart)
		release->source = argo_source(charts, release, source);
	add_values(charts, release, yaml_get(helm, "valuesObject"));
	add_text(charts, release, yaml_get(helm, "values"));
	fill_in_values(charts, release);
	if (yaml_get(helm, "parameters") || yaml_get(helm, "valueFiles") || yaml_get(helm, "fileParameters"))
		release->refusal = "takes values from elsewhere";
	else if (!release->chart && !release->refusal)
		release->refusal = "has several sources";
}

static void read_argo(Charts *charts, Release *release)
{
	read_argo_spec(charts, release, yaml_get(release->root, "spec"), text_at(release->root, "metadata.name"));
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

/* ---- where charts are ----------------------------------------------------------------------------------- */

/* A chart that lies in the repository as a folder; NULL if there is none. In the arena. */
static const char *chart_folder(Charts *charts, const Release *release)
{
	g_autofree char *folder = path_resolve((Slice){"", 0}, slice_from(release->chart));
	g_autofree char *file = folder ? g_strdup_printf("%s%sChart.yaml", folder, *folder ? "/" : "") : NULL;
	if (!file || !graph_find_file(charts->asked.scan->graph, slice_from(file)))
		return NULL;
	return arena_text(charts->asked.arena, slice_from(folder));
}

/* NAME-VERSION.tgz somewhere in the repository, or in helm's cache; one that is named by neither, by fetch.c. NULL with
 * the reason. Both are freed with g_free. */
static char *chart_archive(
        Charts *charts, const char *chart, const char *version, const ChartSource *source, char **ret_why)
{
	const Graph *graph = charts->asked.scan->graph;
	const char *slash = strrchr(chart, '/');
	g_autofree char *name = g_strdup_printf("%s-%s.tgz", slash ? slash + 1 : chart, version ? version : "");
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		if (!slice_is(path_name(slice_from(graph_file_path(graph, file))), name))
			continue;
		char *path = asked_on_disk(&charts->asked, graph_file_path(graph, file));
		if (path)
			return path;
	}
	const char *cache = g_getenv("HELM_CACHE_HOME"), *repository = g_getenv("HELM_REPOSITORY_CACHE");
	g_autofree char *home = cache ? g_strdup(cache) : g_build_filename(g_get_user_cache_dir(), "helm", NULL);
	g_autofree char *folder = repository ? g_strdup(repository) : g_build_filename(home, "repository", NULL);
	g_autofree char *path = g_build_filename(folder, name, NULL);
	return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path)
	                                                 : fetch_chart(charts->fetcher, source, ret_why);
}

/* ---- what a chart is made of ----------------------------------------------------------------------------- */

/* Whether the chart has it already, unpacked or not. */
static bool has_dependency(Charts *charts, const char *folder, const char *name)
{
	const Graph *graph = charts->asked.scan->graph;
	const char *start = arena_printf(charts->asked.arena, "%s/charts/%s", folder, name);
	uint32_t file = graph_first_file(graph, start);
	if (file >= graph_files(graph) || !g_str_has_prefix(graph_file_path(graph, file), start))
		return false;
	char after = graph_file_path(graph, file)[strlen(start)];
	return after == '/' || after == '-';
}

/* The dependencies of a file of a chart; NULL where it has none. */
static const YamlNode *dependencies_in(Charts *charts, const char *folder, const char *name)
{
	const Graph *graph = charts->asked.scan->graph;
	const char *path = arena_printf(charts->asked.arena, "%s%s%s", folder, *folder ? "/" : "", name);
	Node file = graph_find_file(graph, slice_from(path));
	const YamlDocument *document =
	        file ? yaml_read(graph_file_bytes(graph, graph_file_of(graph, file)), charts->asked.arena) : NULL;
	return document && !document->error ? yaml_get(document->root, "dependencies") : NULL;
}

/* What Chart.lock has settled on, else what Chart.yaml asks for. In the arena. */
static const char *dependency_version(Charts *charts, const char *folder, const YamlNode *dependency)
{
	YAML_EACH_ITEM (dependencies_in(charts, folder, "Chart.lock"), locked)
		if (slice_equal(yaml_text_of(locked, "name"), yaml_text_of(dependency, "name")) &&
		        slice_equal(yaml_text_of(locked, "repository"), yaml_text_of(dependency, "repository")))
			return text_at(locked, "version");
	return text_at(dependency, "version");
}

/* Finds the archives of charts that a chart of the repository is made of and that lie elsewhere: paths, after each
 * where helm looks for it. False with the reason where one is not at hand; what is wrong otherwise helm says itself. */
static bool find_dependencies(Charts *charts, const char *folder, GPtrArray *found, GChecksum *sum, char **ret_why)
{
	YAML_EACH_ITEM (dependencies_in(charts, folder, "Chart.yaml"), dependency) {
		const char *name = text_at(dependency, "name");
		if (!is_name(name) || has_dependency(charts, folder, name) || found->len > 2 * MOST_DEPENDENCIES)
			continue;
		ChartSource source = {.repository = text_at(dependency, "repository"),
		        .name = name,
		        .version = dependency_version(charts, folder, dependency)};
		g_autofree char *why = NULL, *archive = chart_archive(charts, name, source.version, &source, &why);
		g_autofree char *identity = asked_identity(archive);
		if (!archive) {
			*ret_why = g_strdup_printf("its dependency %s: %s", name, why);
			return false;
		}
		g_checksum_update(sum, (const guchar *)identity, -1);
		g_ptr_array_add(found, g_steal_pointer(&archive));
		g_ptr_array_add(found,
		        g_strdup_printf("%s/%s%scharts/%s.tgz", COPIES_FOLDER, folder, *folder ? "/" : "", name));
	}
	return true;
}

static bool copy_dependencies(const Charts *charts, const GPtrArray *dependencies)
{
	bool well = true;
	for (guint i = 0; well && i < dependencies->len; i += 2) {
		g_autofree char *bytes = NULL;
		gsize length;
		well = g_file_get_contents(dependencies->pdata[i], &bytes, &length, NULL) &&
		       asked_write(&charts->asked, dependencies->pdata[i + 1], (Slice){bytes, length});
	}
	return well;
}

/* ---- helm ----------------------------------------------------------------------------------------------- */

/* The values in files of their own, and the words of the command. Free with g_strfreev. */
static char **command_of(Charts *charts, const Release *release, const char *chart, GChecksum *sum)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	const char *namespace = release->namespace ? release->namespace : "default";
	g_strv_builder_add_many(words, charts->asked.program, "template", release->name, chart, "--namespace",
	        namespace, "--skip-tests", "--kube-version", "1.34.0", NULL);
	g_checksum_update(sum, (const guchar *)release->name, -1);
	g_checksum_update(sum, (const guchar *)"", 1);
	g_checksum_update(sum, (const guchar *)namespace, -1);
	for (guint i = 0; i < release->values->len; i++) {
		const Slice *values = release->values->pdata[i];
		g_autofree char *name = g_strdup_printf("values-%u.yaml", i);
		g_autofree char *path = g_build_filename(charts->asked.folder, name, NULL);
		if (!asked_write(&charts->asked, name, *values))
			return NULL;
		g_checksum_update(sum, (const guchar *)values->at, (gssize)values->length);
		g_strv_builder_add_many(words, "--values", path, NULL);
	}
	return g_strv_builder_end(words);
}

/* ---- rendering ------------------------------------------------------------------------------------------- */

static void refuse(Charts *charts, const Release *release, const char *why)
{
	const Graph *graph = charts->asked.scan->graph;
	g_autofree char *who = g_strdup_printf(
	        "%s %s", graph_text(graph, release->object, FACT_KIND), graph_name(graph, release->object));
	asked_refuse(&charts->asked, who, why);
}

/* A chart that is a folder: its files, and the archives that it needs beside them. */
typedef struct Folder {
	Copies copies;
	GPtrArray *dependencies;
} Folder;

/* folder: NULL for an archive. */
static char *render_chart(
        Charts *charts, const Release *release, const char *chart, const Folder *folder, GChecksum *sum)
{
	g_auto(GStrv) argv = command_of(charts, release, chart, sum);
	g_autofree char *words = NULL;
	char *text = argv ? asked_recall(&charts->asked, sum) : NULL;
	if (!argv || text)
		return text;
	if (!folder || (copies_write(&folder->copies) && copy_dependencies(charts, folder->dependencies)))
		text = asked_run(&charts->asked, argv, sum, &words);
	if (!text)
		refuse(charts, release, words && *words ? words : "helm took too long or said too much");
	return text;
}

static char *render_folder(Charts *charts, const Release *release, const char *path, GChecksum *sum)
{
	g_autofree char *tree = g_build_filename(charts->asked.folder, COPIES_FOLDER, NULL);
	g_autofree char *copy = g_build_filename(tree, path, NULL), *why = NULL;
	Folder folder = {copies_new(&charts->asked), g_ptr_array_new_with_free_func(g_free)};
	char *text = NULL;
	copies_take(&folder.copies, path);
	copies_count(&folder.copies, sum);
	if (folder.copies.refused)
		refuse(charts, release, "its chart holds links, or is too large");
	else if (!find_dependencies(charts, path, folder.dependencies, sum, &why))
		refuse(charts, release, why);
	else
		text = render_chart(charts, release, copy, &folder, sum);
	copies_clear(&folder.copies);
	g_ptr_array_unref(folder.dependencies);
	remove_tree(tree);
	return text;
}

/* What helm makes of it, or NULL. Free with g_free. */
static char *render_release(Charts *charts, const Release *release)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *archive = NULL, *why = NULL;
	char *text = NULL;
	const char *folder = release->refusal ? NULL : chart_folder(charts, release);
	g_checksum_update(sum, (const guchar *)charts->asked.identity, -1);
	if (release->refusal) {
		refuse(charts, release, release->refusal);
	} else if (!is_name(release->name) || (release->namespace && !is_name(release->namespace))) {
		refuse(charts, release, "its name or namespace is not known");
	} else if (folder) {
		text = render_folder(charts, release, folder, sum);
	} else if ((archive = chart_archive(charts, release->chart, release->version, &release->source, &why))) {
		g_autofree char *identity = asked_identity(archive);
		g_checksum_update(sum, (const guchar *)identity, -1);
		text = render_chart(charts, release, archive, NULL, sum);
	} else {
		refuse(charts, release, why);
	}
	return text;
}

/* text is taken. */
static void keep_rendering(Charts *charts, Node object, const YamlNode *root, char *text)
{
	const Graph *graph = charts->asked.scan->graph;
	uint32_t file = graph_file_of(graph, object);
	g_hash_table_insert(charts->rendered,
	        rendered_key(
	                RENDERING_MADE, slice_from(graph_file_path(graph, file)), graph_file_bytes(graph, file), root),
	        text);
}

/* ---- ApplicationSets ------------------------------------------------------------------------------------- */

/* Objects that say no namespace get that of their Application: a set has several. */
static void add_in_namespace(Charts *charts, GString *out, const char *text, const char *namespace)
{
	Slice bytes = slice_from(text);
	size_t done = 0;
	for (const YamlDocument *document = yaml_read(bytes, charts->asked.arena); document;
	        document = document->next) {
		const YamlNode *metadata = document->error ? NULL : yaml_get(document->root, "metadata");
		if (!namespace || !yaml_is_map(metadata) || !metadata->first || yaml_get(metadata, "namespace"))
			continue;
		size_t at = metadata->first->key->start, line = at;
		while (line > 0 && bytes.at[line - 1] != '\n')
			line--;
		bool flow = metadata->style == YAML_FLOW;
		g_string_append_len(out, bytes.at + done, (gssize)(at - done));
		g_string_append_printf(out, "namespace: %s%s", namespace, flow ? ", " : "\n");
		if (!flow)
			g_string_append_printf(out, "%*s", (int)(at - line), "");
		done = at;
	}
	g_string_append_len(out, bytes.at + done, (gssize)(bytes.length - done));
	g_string_append(out, "\n---\n");
}

/* One Application of the set. False where it is not known what its chart makes. */
static bool render_element(Charts *charts, Release *release, const YamlNode *template, GString *out)
{
	const char *name = argo_text(charts, release, template, "metadata.name");
	read_argo_spec(charts, release, yaml_get(template, "spec"), name);
	charts->asked.count++;
	g_autofree char *text = charts->asked.program ? render_release(charts, release) : NULL;
	if (text)
		add_in_namespace(charts, out, text, release->namespace);
	return text != NULL;
}

/* Each element of its lists is an Application. One that is not known leaves the whole set unknown. */
static void read_set(Charts *charts, Node object, const YamlNode *root)
{
	const YamlNode *template = yaml_at(root, "spec.template"), *source = yaml_at(template, "spec.source");
	g_autoptr(GString) out = g_string_new(NULL);
	bool known = true, any = false;
	if (!text_at(source, "chart") && !yaml_get(source, "helm"))
		return;
	YAML_EACH_ITEM (yaml_at(root, "spec.generators"), generator) {
		Release release = {.object = object, .root = root, .refusal = "its generators are not lists alone"};
		if (!is_element_list(generator)) {
			charts->asked.count++;
			refuse(charts, &release, release.refusal);
			return;
		}
		YAML_EACH_ITEM (yaml_at(generator, "list.elements"), element) {
			release = (Release){
			        .object = object, .root = root, .element = element, .values = g_ptr_array_new()};
			known &= render_element(charts, &release, template, out);
			any = true;
			g_ptr_array_unref(release.values);
		}
	}
	if (known && any)
		keep_rendering(charts, object, root, g_strdup(out->str));
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

typedef enum ReleaseKind { NO_RELEASE, FLUX_RELEASE, ARGO_APPLICATION, ARGO_SET } ReleaseKind;

static ReleaseKind release_kind(const Graph *graph, Node object)
{
	const char *version = graph_text(graph, object, FACT_API_VERSION);
	if (graph_has(graph, object, FACT_TRANSPARENT) || is_quiet(graph, object) || is_patch(graph, object))
		return NO_RELEASE;
	if (is_kind(graph, object, "HelmRelease") && g_str_has_prefix(version, "helm.toolkit.fluxcd.io/"))
		return FLUX_RELEASE;
	if (!g_str_has_prefix(version, "argoproj.io/"))
		return NO_RELEASE;
	return is_kind(graph, object, "Application")      ? ARGO_APPLICATION
	       : is_kind(graph, object, "ApplicationSet") ? ARGO_SET
	                                                  : NO_RELEASE;
}

/* An Application of plain manifests has no chart. */
static bool has_chart(Charts *charts, const Release *release, bool flux)
{
	return flux || text_at(release->root, "spec.source.chart") || yaml_at(release->root, "spec.source.helm") ||
	       (release->chart && chart_folder(charts, release));
}

static void read_release(Charts *charts, Node object, const YamlNode *root, bool flux)
{
	Release release = {.object = object, .root = root, .values = g_ptr_array_new()};
	(flux ? read_flux : read_argo)(charts, &release);
	if (has_chart(charts, &release, flux)) {
		charts->asked.count++;
		char *text = charts->asked.program ? render_release(charts, &release) : NULL;
		if (text)
			keep_rendering(charts, object, root, text);
	}
	g_ptr_array_unref(release.values);
}

static void read_object(Charts *charts, Node object, ReleaseKind kind)
{
	const Graph *graph = charts->asked.scan->graph;
	const YamlDocument *documents =
	        yaml_read(graph_file_bytes(graph, graph_file_of(graph, object)), charts->asked.arena);
	const YamlNode *root = find_root(documents, graph_place(graph, object).start);
	if (root && kind == ARGO_SET)
		read_set(charts, object, root);
	else if (root)
		read_release(charts, object, root, kind == FLUX_RELEASE);
	arena_reset(charts->asked.arena);
}

/* Only where some release has a chart is helm missed. */
static bool is_missed(const Charts *charts, GError **error)
{
	if (charts->asked.program || charts->asked.count == 0)
		return false;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--render needs helm, and PATH has none");
	error_add_help(error, "https://helm.sh/docs/intro/install");
	return true;
}

bool render_charts(const Scan *scan, bool online, GHashTable *rendered, GString *notes, GError **error)
{
	Charts charts = {.rendered = rendered};
	bool well = asked_init(&charts.asked, scan, owners_program("helm"), error);
	charts.fetcher = well ? fetcher_new(&charts.asked, charts.asked.program, online) : NULL;
	if (well)
		GRAPH_NODES (scan->graph, NODE_OBJECT, object) {
			ReleaseKind kind = release_kind(scan->graph, object);
			if (kind)
				read_object(&charts, object, kind);
		}
	well = well && !is_missed(&charts, error);
	if (well && charts.asked.count) {
		char *argv[] = {charts.asked.program, "version", "--short", NULL};
		g_autofree char *version = asked_version(&charts.asked, argv);
		asked_tell(&charts.asked, "helm", "charts", version, notes);
		fetcher_tell(charts.fetcher, notes);
	}
	fetcher_free(charts.fetcher);
	asked_clear(&charts.asked);
	return well;
}
