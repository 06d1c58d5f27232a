/* Objects of Flux and Argo CD: which folder of which repository they bring into which namespace, what they wait for and
 * where charts and their values come from. Paths are ENTRY nodes like those of a kustomization, so that one piece of
 * code finds what they lead to. The fields of a chart's values may name other objects and are kept as NAMES. */
#include "source/elements.h"
#include "source/kubernetes.h"
#include "source/made.h"
#include "source/rendered.h"

static Node add_entry(const SourceFile *file, Node parent, const char *role, const YamlNode *path)
{
	if (!yaml_is_scalar(path) || path->value.length == 0)
		return NODE_NONE;
	Node entry = add_named(file, NODE_ENTRY, parent, path);
	graph_add(file->builder, entry, FACT_ROLE, slice_from(role), path->start, path->end);
	return entry;
}

static void add_kind_and_name(const SourceFile *file, Node node, FactKind fact, Slice kind, const YamlNode *name)
{
	if (!yaml_is_scalar(name) || kind.length == 0)
		return;
	char *text = arena_printf(file->arena, "%s/%s", kind.at, name->value.at);
	graph_add(file->builder, node, fact, slice_from(text), name->start, name->end);
}

/* { kind, name, namespace } that Flux objects name their sources by. */
static void add_source(const SourceFile *file, const YamlNode *source, const char *role, Node object)
{
	Slice kind = yaml_text_of(source, "kind");
	const YamlNode *name = yaml_get(source, "name");
	if (kind.length == 0)
		return;
	add_kind_and_name(file, object, FACT_SOURCE_REF, kind, name);
	add_reference_in(file, object, role, kind.at, name, yaml_get(source, "namespace"));
}

static void add_dependencies(const SourceFile *file, const YamlNode *spec, const char *kind, Node object)
{
	YAML_EACH_ITEM (yaml_get(spec, "dependsOn"), item) {
		add_scalar_of(file, object, FACT_DEPENDS_ON, item, "name");
		add_reference_in(file, object, "depends-on", kind, yaml_get(item, "name"), yaml_get(item, "namespace"));
	}
}

static void add_secret(const SourceFile *file, const YamlNode *map, const char *key, Node object)
{
	add_reference(file, object, "credentials", "Secret", yaml_get(yaml_get(map, key), "name"));
}

/* ---- Flux ------------------------------------------------------------------------------------- */

static void read_substitutes(const SourceFile *file, const YamlNode *build, Node object)
{
	add_pairs(file, object, FACT_SUBSTITUTES, yaml_get(build, "substitute"));
	YAML_EACH_ITEM (yaml_get(build, "substituteFrom"), item) {
		Slice kind = yaml_text_of(item, "kind");
		const YamlNode *name = yaml_get(item, "name");
		if (kind.length == 0)
			continue;
		Node reference = add_reference(file, object, "substitute-from", kind.at, name);
		if (reference)
			add_if_true(file, reference, FACT_OPTIONAL, yaml_get(item, "optional"));
	}
}

/* A path that is left out is the root of the source. */
static void read_kustomization(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *path = yaml_get(spec, "path");
	if (!yaml_is_map(spec))
		return;
	if (!add_entry(file, object, "path", path)) {
		Node entry = graph_add_node(file->builder, NODE_ENTRY, object, SLICE("./"), spec->start, spec->start);
		graph_add(file->builder, entry, FACT_ROLE, SLICE("path"), spec->start, spec->start);
	}
	YAML_EACH_ITEM (yaml_get(spec, "components"), component)
		add_entry(file, object, "component", component);
	add_scalar_of(file, object, FACT_TARGET_NAMESPACE, spec, "targetNamespace");
	add_scalar_of(file, object, FACT_PREFIX, spec, "namePrefix");
	add_scalar_of(file, object, FACT_SUFFIX, spec, "nameSuffix");
	add_source(file, yaml_get(spec, "sourceRef"), "source", object);
	add_dependencies(file, spec, "Kustomization", object);
	read_substitutes(file, yaml_get(spec, "postBuild"), object);
	add_secret(file, yaml_get(spec, "decryption"), "secretRef", object);
	add_secret(file, yaml_get(spec, "kubeConfig"), "secretRef", object);
	add_scalar(file, object, FACT_CLUSTER, yaml_at(spec, "kubeConfig.secretRef.name"));
}

static void add_version(const SourceFile *file, Node object, const YamlNode *version)
{
	uint32_t number = app_minor_version(yaml_text(version));
	if (number)
		graph_add_number(file->builder, object, FACT_CHART_VERSION, number, version->start, version->end);
}

static void read_repository(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	add_scalar_of(file, object, FACT_REPOSITORY, spec, "url");
	add_version(file, object, yaml_at(spec, "ref.tag"));
	add_secret(file, spec, "secretRef", object);
	add_secret(file, spec, "certSecretRef", object);
	YAML_EACH_ITEM (yaml_get(spec, "include"), item)
		add_reference(file, object, "source", "GitRepository", yaml_at(item, "repository.name"));
}

static void read_chart(const SourceFile *file, const YamlNode *chart, Node object)
{
	const YamlNode *name = yaml_get(chart, "chart");
	add_scalar(file, object, FACT_CHART, name);
	add_version(file, object, yaml_get(chart, "version"));
	add_entry(file, object, "chart", name);
	add_source(file, yaml_get(chart, "sourceRef"), "source", object);
	YAML_EACH_ITEM (yaml_get(chart, "valuesFiles"), path)
		add_entry(file, object, "values", path);
}

static void read_values_from(const SourceFile *file, const YamlNode *list, Node object)
{
	YAML_EACH_ITEM (list, item) {
		Slice kind = yaml_text_of(item, "kind");
		if (kind.length == 0)
			continue;
		Node reference = add_reference(file, object, "values", kind.at, yaml_get(item, "name"));
		if (!reference)
			continue;
		add_if_true(file, reference, FACT_OPTIONAL, yaml_get(item, "optional"));
		add_scalar_of(file, reference, FACT_WANTS_KEY, item, "valuesKey");
	}
}

/* What the Flux operator's instance keeps in step: a folder of the repository, with all below it. That of an artifact
 * is none of this repository's. */
static void read_sync(const SourceFile *file, const YamlNode *sync, Node object)
{
	Slice kind = yaml_text_of(sync, "kind");
	if (kind.length && !slice_is(kind, "GitRepository"))
		return;
	Node entry = add_entry(file, object, "path", yaml_get(sync, "path"));
	if (!entry)
		return;
	graph_add_flag(file->builder, entry, FACT_RECURSIVE, sync->start, sync->start);
	add_scalar_of(file, entry, FACT_REPOSITORY, sync, "url");
}

static void read_instance(const SourceFile *file, const YamlNode *root, Node object)
{
	read_sync(file, yaml_at(root, "spec.sync"), object);
}

static bool is_app_template(Slice chart)
{
	return slice_is(chart, "app-template") || slice_ends(chart, "/app-template");
}

/* Where a release only refers to its chart, the shape of the values decides what is read of them, and the linker
 * whether the chart is the one that it looks like. */
static bool may_be_app_template(const YamlNode *spec)
{
	const YamlNode *chart = yaml_at(spec, "chart.spec.chart");
	return chart ? is_app_template(yaml_text(chart)) : yaml_get(spec, "chartRef") != NULL;
}

/* Flux puts the target namespace before the name where no other is given. */
static const char *release_name(const SourceFile *file, const YamlNode *root, const YamlNode *spec)
{
	Slice given = yaml_text_of(spec, "releaseName"), target = yaml_text_of(spec, "targetNamespace");
	Slice name = yaml_text(yaml_at(root, "metadata.name"));
	if (given.length)
		return given.at;
	return target.length ? arena_printf(file->arena, "%s-%s", target.at, name.at) : name.at;
}

static void read_release_values(const SourceFile *file, const YamlNode *root, const YamlNode *spec, Node object)
{
	const YamlNode *values = yaml_get(spec, "values");
	const char *release = release_name(file, root, spec);
	Slice version = yaml_text(yaml_at(spec, "chart.spec.version"));
	bool whole = !yaml_get(spec, "valuesFrom") && !yaml_get(spec, "postRenderers");
	bool app = may_be_app_template(spec), shaped = app && has_app_template_values(values);
	if (!shaped || !whole)
		add_names(file, values, object);
	if (shaped)
		read_app_template(file, values, release, version, object);
	else if (app)
		check_app_template(file, values, release, version, object);
	if (shaped && whole)
		graph_add_flag(file->builder, object, FACT_TRANSPARENT, values->start, values->start);
}

/* The instance's own chart takes the same fields as values. */
static void read_release(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	read_chart(file, yaml_at(spec, "chart.spec"), object);
	add_source(file, yaml_get(spec, "chartRef"), "chart-ref", object);
	add_scalar_of(file, object, FACT_TARGET_NAMESPACE, spec, "targetNamespace");
	add_if_true(file, object, FACT_CREATES_NAMESPACE, yaml_at(spec, "install.createNamespace"));
	add_scalar_of(file, object, FACT_ALIAS, spec, "releaseName");
	add_dependencies(file, spec, "HelmRelease", object);
	read_values_from(file, yaml_get(spec, "valuesFrom"), object);
	read_sync(file, yaml_at(spec, "values.instance.sync"), object);
	read_release_values(file, root, spec, object);
	read_rendered(file, root, yaml_get(spec, "values"), object);
	if (slice_starts(yaml_text(yaml_at(spec, "chart.spec.chart")), "."))
		add_chart_values(file, object, yaml_get(spec, "values"));
}

static void read_helm_chart(const SourceFile *file, const YamlNode *root, Node object)
{
	read_chart(file, yaml_get(root, "spec"), object);
}

/* The HelmChart of k3s and RKE2. */
static void read_k3s_chart(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	add_scalar_of(file, object, FACT_CHART, spec, "chart");
	add_entry(file, object, "chart", yaml_get(spec, "chart"));
	add_scalar_of(file, object, FACT_REPOSITORY, spec, "repo");
	add_scalar_of(file, object, FACT_TARGET_NAMESPACE, spec, "targetNamespace");
	add_if_true(file, object, FACT_CREATES_NAMESPACE, yaml_get(spec, "createNamespace"));
	add_names(file, yaml_get(spec, "set"), object);
}

/* ---- Argo CD ---------------------------------------------------------------------------------- */

static void read_helm_options(const SourceFile *file, const YamlNode *helm, Node entry, Node object)
{
	YAML_EACH_ITEM (yaml_get(helm, "valueFiles"), path)
		add_entry(file, entry ? entry : object, "values", path);
	add_names(file, yaml_get(helm, "valuesObject"), object);
	add_names(file, yaml_get(helm, "parameters"), object);
}

/* `values` of an Application is YAML within YAML: read where it stands, with the places of the file. */
static const YamlNode *values_text(const SourceFile *file, const YamlNode *text)
{
	if (!yaml_is_scalar(text) || text->style != YAML_LITERAL)
		return NULL;
	size_t start = slice_find_byte(file->bytes, '\n', text->start);
	if (start == SIZE_MAX || start >= text->end)
		return NULL;
	return yaml_read_part(file->bytes, start + 1, text->end, file->arena)->root;
}

/* The release has the name of the Application unless it says another. */
static void read_app_source(const SourceFile *file, const YamlNode *source, Slice application, Node object)
{
	const YamlNode *helm = yaml_get(source, "helm"), *values = yaml_get(helm, "valuesObject");
	Slice chart = yaml_text_of(source, "chart"), name = yaml_text_of(helm, "releaseName");
	if (!is_app_template(chart))
		return;
	if (!values)
		values = values_text(file, yaml_get(helm, "values"));
	const char *release = name.length ? name.at : application.at;
	Slice version = yaml_text_of(source, "targetRevision");
	if (!has_app_template_values(values)) {
		check_app_template(file, values, release, version, object);
		return;
	}
	read_app_template(file, values, release, version, object);
	if (!yaml_get(helm, "valueFiles") && !yaml_get(helm, "parameters"))
		graph_add_flag(file->builder, object, FACT_TRANSPARENT, values->start, values->start);
}

/* A source without path and chart only lends its values files. */
static void read_source(const SourceFile *file, const YamlNode *source, Node object)
{
	const YamlNode *path = yaml_get(source, "path"), *chart = yaml_get(source, "chart");
	const YamlNode *directory = yaml_get(source, "directory"), *kustomize = yaml_get(source, "kustomize");
	Node entry = add_entry(file, object, chart ? "chart" : "path", chart ? chart : path);
	read_helm_options(file, yaml_get(source, "helm"), entry, object);
	if (!entry)
		return;
	if (!chart)
		add_chart_values(file, entry, yaml_at(source, "helm.valuesObject"));
	add_scalar(file, entry, FACT_CHART, chart);
	if (chart)
		add_version(file, object, yaml_get(source, "targetRevision"));
	add_scalar_of(file, entry, FACT_REPOSITORY, source, "repoURL");
	add_if_true(file, entry, FACT_RECURSIVE, yaml_get(directory, "recurse"));
	add_scalar_of(file, entry, FACT_EXCLUDE, directory, "exclude");
	add_scalar_of(file, entry, FACT_INCLUDE, directory, "include");
	add_scalar_of(file, entry, FACT_PREFIX, kustomize, "namePrefix");
	add_scalar_of(file, entry, FACT_SUFFIX, kustomize, "nameSuffix");
	add_scalar_of(file, entry, FACT_NAMESPACE, kustomize, "namespace");
	YAML_EACH_ITEM (yaml_get(kustomize, "components"), component)
		add_entry(file, object, "component", component);
}

/* The cluster that Argo CD itself runs in has one name and one address by its own convention. */
static void read_cluster(const SourceFile *file, const YamlNode *destination, Node object)
{
	const YamlNode *name = yaml_get(destination, "name"), *server = yaml_get(destination, "server");
	if (name && !slice_is(yaml_text(name), "in-cluster"))
		add_scalar(file, object, FACT_CLUSTER, name);
	else if (server && !slice_starts(yaml_text(server), "https://kubernetes.default.svc"))
		add_scalar(file, object, FACT_CLUSTER, server);
}

static void read_sources(const SourceFile *file, const YamlNode *spec, Slice name, Node object)
{
	read_source(file, yaml_get(spec, "source"), object);
	read_app_source(file, yaml_get(spec, "source"), name, object);
	YAML_EACH_ITEM (yaml_get(spec, "sources"), source) {
		read_source(file, source, object);
		read_app_source(file, source, name, object);
	}
}

/* All but its sources. */
static void read_destination(const SourceFile *file, const YamlNode *spec, Node object)
{
	const YamlNode *options = yaml_at(spec, "syncPolicy.syncOptions");
	add_scalar(file, object, FACT_TARGET_NAMESPACE, yaml_at(spec, "destination.namespace"));
	read_cluster(file, yaml_get(spec, "destination"), object);
	add_reference(file, object, "project", "AppProject", yaml_get(spec, "project"));
	YAML_EACH_ITEM (options, option)
		if (slice_is(yaml_text(option), "CreateNamespace=true"))
			graph_add_flag(file->builder, object, FACT_CREATES_NAMESPACE, option->start, option->end);
}

static void read_application(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	read_sources(file, spec, yaml_text(yaml_at(root, "metadata.name")), object);
	read_destination(file, spec, object);
	read_rendered(file, root, yaml_at(root, "spec.source.helm"), object);
}

/* ---- ApplicationSet -------------------------------------------------------------------------- */

static void add_generator_entry(
        const SourceFile *file, Node object, const char *role, const YamlNode *path, const YamlNode *git)
{
	Node entry = add_entry(file, object, role, path);
	if (entry)
		add_scalar_of(file, entry, FACT_REPOSITORY, git, "repoURL");
}

static void read_git_generator(const SourceFile *file, const YamlNode *git, Node object)
{
	YAML_EACH_ITEM (yaml_get(git, "directories"), directory) {
		bool exclude = false;
		yaml_is_bool(yaml_get(directory, "exclude"), &exclude);
		add_generator_entry(file, object, exclude ? "excluded-directories" : "directories",
		        yaml_get(directory, "path"), git);
	}
	YAML_EACH_ITEM (yaml_get(git, "files"), item)
		add_generator_entry(file, object, "generator-files", yaml_get(item, "path"), git);
}

/* The path that an element makes of the template's, and where that is said; NULL where the element says nothing. */
static const char *fill_in(const SourceFile *file, Slice path, const YamlNode *element, const YamlNode **ret_at)
{
	const char *text = fill_in_element(file->arena, path, element, ret_at);
	return *ret_at ? text : NULL;
}

/* Each element of lists is one Application. False where another generator takes part, or the path is not of them: it is
 * a template then, see link/carrier.c. */
static bool read_lists(const SourceFile *file, const YamlNode *generators, const YamlNode *spec, Node object)
{
	const YamlNode *source = yaml_get(spec, "source"), *at;
	Slice path = yaml_text_of(source, "path");
	YAML_EACH_ITEM (generators, generator) {
		if (!is_element_list(generator))
			return false;
		YAML_EACH_ITEM (yaml_at(generator, "list.elements"), element)
			if (!fill_in(file, path, element, &at))
				return false;
	}
	bool any = false;
	YAML_EACH_ITEM (generators, generator)
		YAML_EACH_ITEM (yaml_at(generator, "list.elements"), element) {
			const char *text = fill_in(file, path, element, &at);
			YamlNode *one = made_map(file->arena, source);
			made_set(file->arena, one, "path", made_text(file->arena, text, at));
			made_merge(file->arena, one, source);
			read_source(file, one, object);
			any = true;
		}
	return any;
}

/* Generators hold generators: matrix and merge, three deep by Argo CD's own rule. */
static void read_generators(const SourceFile *file, const YamlNode *list, Node object, uint32_t depth)
{
	static const char *const combined[] = {"matrix", "merge"};
	YAML_EACH_ITEM (list, generator) {
		read_git_generator(file, yaml_get(generator, "git"), object);
		for (size_t i = 0; i < G_N_ELEMENTS(combined) && depth < 3; i++)
			read_generators(
			        file, yaml_at(yaml_get(generator, combined[i]), "generators"), object, depth + 1);
	}
}

static void read_application_set(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	const YamlNode *generators = yaml_get(spec, "generators"), *template = yaml_at(spec, "template.spec");
	read_generators(file, generators, object, 0);
	if (!read_lists(file, generators, template, object))
		read_sources(file, template, yaml_text(yaml_at(spec, "template.metadata.name")), object);
	read_destination(file, template, object);
	read_rendered(file, root, spec, object);
}

static void read_project(const SourceFile *file, const YamlNode *root, Node object)
{
	YAML_EACH_ITEM (yaml_at(root, "spec.sourceRepos"), url)
		add_scalar(file, object, FACT_REPOSITORY, url);
}

/* ---- which -------------------------------------------------------------------------------------- */

static const struct {
	const char *kind, *group;
	KindReader *read;
} kinds[] = {
        {"Kustomization", "kustomize.toolkit.fluxcd.io/", read_kustomization},
        {"GitRepository", "source.toolkit.fluxcd.io/", read_repository},
        {"OCIRepository", "source.toolkit.fluxcd.io/", read_repository},
        {"HelmRepository", "source.toolkit.fluxcd.io/", read_repository},
        {"Bucket", "source.toolkit.fluxcd.io/", read_repository},
        {"HelmChart", "source.toolkit.fluxcd.io/", read_helm_chart},
        {"HelmRelease", "helm.toolkit.fluxcd.io/", read_release},
        {"FluxInstance", "fluxcd.controlplane.io/", read_instance},
        {"HelmChart", "helm.cattle.io/", read_k3s_chart},
        {"Application", "argoproj.io/", read_application},
        {"ApplicationSet", "argoproj.io/", read_application_set},
        {"AppProject", "argoproj.io/", read_project},
};

bool read_flux(const SourceFile *file, const YamlNode *root, Node object)
{
	Slice version = yaml_text_of(root, "apiVersion"), kind = yaml_text_of(root, "kind");
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!slice_is(kind, kinds[i].kind) || !slice_starts(version, kinds[i].group))
			continue;
		kinds[i].read(file, root, object);
		add_if_true(file, object, FACT_SUSPENDED, yaml_at(root, "spec.suspend"));
		return true;
	}
	return false;
}
