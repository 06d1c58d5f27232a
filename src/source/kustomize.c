/* kustomization.yaml, natively: what it lists and what it changes. Each listed path is an ENTRY with the place where it
 * stands, so that a finding points at the line to mend; whether the path exists is asked in src/link. Inline patches
 * are entries too and never objects, since they are incomplete by design. */
#include "source/rendered.h"
#include "source/source.h"

static bool is_kustomization_name(Slice name)
{
	return slice_is(name, "kustomization.yaml") || slice_is(name, "kustomization.yml") ||
	       slice_is(name, "Kustomization");
}

/* kustomize reads the file by its name, the kind may be left out; Flux has objects of the same kind, which people keep
 * in files of the same name. */
static bool claims(const SourceFile *file, const YamlDocument *document)
{
	Slice version = yaml_text_of(document->root, "apiVersion");
	if (slice_starts(version, "kustomize.config.k8s.io/"))
		return true;
	return is_kustomization_name(file->name) && yaml_is_map(document->root) && version.length == 0;
}

/* ---- paths ------------------------------------------------------------------------------------ */

static bool is_remote(Slice entry)
{
	static const char *const hosts[] = {
	        "github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "git@", "git::"};
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++)
		if (slice_starts(entry, hosts[i]))
			return true;
	return slice_find(entry, "://", 0) != SIZE_MAX || slice_find(entry, "?ref=", 0) != SIZE_MAX;
}

static Node add_entry_at(const SourceFile *file, Node parent, const char *role, Slice path, size_t start, size_t end)
{
	Node entry = graph_add_node(file->builder, NODE_ENTRY, parent, path, start, end);
	graph_add(file->builder, entry, FACT_ROLE, slice_from(role), start, end);
	if (is_remote(path))
		graph_add_flag(file->builder, entry, FACT_REMOTE, start, end);
	return entry;
}

static Node add_entry(const SourceFile *file, Node parent, const char *role, const YamlNode *path)
{
	if (!yaml_is_scalar(path) || path->value.length == 0)
		return NODE_NONE;
	return add_entry_at(file, parent, role, path->value, path->start, path->end);
}

/* Some lists take YAML texts in the place of paths. */
static bool is_inline(const YamlNode *scalar)
{
	return yaml_is_scalar(scalar) && slice_find_byte(scalar->value, '\n', 0) != SIZE_MAX;
}

static void add_entries(const SourceFile *file, Node parent, const char *role, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item)
		if (!is_inline(item))
			add_entry(file, parent, role, item);
}

/* ---- patches ---------------------------------------------------------------------------------- */

static void add_patch_target(const SourceFile *file, Node entry, const YamlNode *target)
{
	const YamlNode *name = yaml_get(target, "name"), *kind = yaml_get(target, "kind");
	if (!entry || !yaml_is_scalar(name))
		return;
	Node reference = add_named(file, NODE_REFERENCE, entry, name);
	graph_add(file->builder, reference, FACT_ROLE, SLICE("patch-target"), name->start, name->end);
	add_scalar(file, reference, FACT_WANTS_KIND, kind);
	add_scalar_of(file, reference, FACT_NAMESPACE, target, "namespace");
}

static Node add_inline_patch(const SourceFile *file, Node parent, const YamlNode *patch)
{
	return add_entry_at(file, parent, "inline-patch", (Slice){"", 0}, patch->start, patch->end);
}

/* The value of an operation on that path in a patch of JSON operations; empty where there is none. */
static Slice value_of_operation(Slice patch, const char *path)
{
	Slice line, value = {"", 0};
	bool here = false;
	while (slice_next_line(&patch, &line)) {
		Slice text = slice_trim(line);
		bool item = slice_starts(text, "- ");
		if (item)
			text = slice_trim(slice_sub(text, 2, text.length));
		if (item && here)
			break;
		if (item)
			value = (Slice){"", 0};
		if (slice_starts(text, "path: "))
			here = slice_is(slice_trim(slice_sub(text, 6, text.length)), path);
		else if (slice_starts(text, "value: "))
			value = slice_trim(slice_sub(text, 7, text.length));
	}
	return here ? value : (Slice){"", 0};
}

/* Operations may give the one object they are for another name, and put it elsewhere. */
static void read_identity_patch(const SourceFile *file, Node list, const YamlNode *patch, const YamlNode *target)
{
	static const struct {
		const char *path;
		FactKind kind;
	} parts[] = {{"/metadata/name", FACT_NAMES_AS}, {"/metadata/namespace", FACT_MOVES}};
	Slice kind = yaml_text_of(target, "kind"), name = yaml_text_of(target, "name");
	for (size_t i = 0; kind.length && name.length && i < G_N_ELEMENTS(parts); i++) {
		Slice value = value_of_operation(yaml_text(patch), parts[i].path);
		if (value.length == 0 || strchr("\"'{[$*&", value.at[0]))
			continue;
		const char *text = arena_printf(
		        file->arena, "%.*s/%.*s=%.*s", SLICE_ARGS(kind), SLICE_ARGS(name), SLICE_ARGS(value));
		graph_add(file->builder, list, parts[i].kind, slice_from(text), patch->start, patch->end);
	}
}

static void read_patches(const SourceFile *file, Node parent, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *path = yaml_get(item, "path"), *patch = yaml_get(item, "patch");
		Node entry = NODE_NONE;
		if (path)
			entry = add_entry(file, parent, "patch", path);
		else if (patch)
			entry = add_inline_patch(file, parent, patch);
		if (patch)
			read_identity_patch(file, parent, patch, yaml_get(item, "target"));
		add_patch_target(file, entry, yaml_get(item, "target"));
	}
}

static void read_strategic_patches(const SourceFile *file, Node parent, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item) {
		if (is_inline(item))
			add_inline_patch(file, parent, item);
		else
			add_entry(file, parent, "patch", item);
	}
}

/* ---- generators ------------------------------------------------------------------------------- */

/* A place within a scalar, if its bytes are the value; else the whole scalar. */
static void place_within(const YamlNode *scalar, size_t from, size_t to, size_t *ret_start, size_t *ret_end)
{
	bool exact = scalar->style == YAML_PLAIN && scalar->end - scalar->start == scalar->value.length;
	*ret_start = exact ? scalar->start + from : scalar->start;
	*ret_end = exact ? scalar->start + to : scalar->end;
}

/* "key=path", or a path whose last part is the key. */
static void read_generator_file(const SourceFile *file, Node generated, const YamlNode *item)
{
	if (!yaml_is_scalar(item) || item->value.length == 0)
		return;
	Slice text = item->value;
	size_t equals = slice_find_byte(text, '=', 0), start, end;
	size_t path_at = equals == SIZE_MAX ? 0 : equals + 1, key_at = 0, key_end = equals;
	if (equals == SIZE_MAX) {
		key_end = text.length;
		for (size_t i = 0; i < text.length; i++)
			if (text.at[i] == '/')
				key_at = i + 1;
	}
	place_within(item, key_at, key_end, &start, &end);
	graph_add_node(file->builder, NODE_KEY, generated, slice_sub(text, key_at, key_end), start, end);
	place_within(item, path_at, text.length, &start, &end);
	add_entry_at(file, generated, "file", slice_sub(text, path_at, text.length), start, end);
}

/* The values of Secrets are not kept. */
static void read_literal(const SourceFile *file, Node generated, const YamlNode *item, bool secret)
{
	Slice text = yaml_text(item);
	size_t equals = slice_find_byte(text, '=', 0), start, end;
	if (equals == SIZE_MAX)
		return;
	place_within(item, 0, equals, &start, &end);
	Node key = graph_add_node(file->builder, NODE_KEY, generated, slice_sub(text, 0, equals), start, end);
	place_within(item, equals + 1, text.length, &start, &end);
	if (!secret)
		graph_add(file->builder, key, FACT_VALUE, slice_sub(text, equals + 1, text.length), start, end);
}

static bool has_fixed_name(const YamlNode *options, const YamlNode *defaults)
{
	bool fixed = false;
	if (!yaml_is_bool(yaml_get(options, "disableNameSuffixHash"), &fixed))
		yaml_is_bool(yaml_get(defaults, "disableNameSuffixHash"), &fixed);
	return fixed;
}

static void read_generator(
        const SourceFile *file, Node parent, const YamlNode *map, const char *kind, const YamlNode *defaults)
{
	const YamlNode *name = yaml_get(map, "name");
	bool secret = strcmp(kind, "Secret") == 0;
	if (!yaml_is_scalar(name))
		return;
	Node generated = add_named(file, NODE_GENERATED, parent, name);
	graph_add(file->builder, generated, FACT_KIND, slice_from(kind), name->start, name->end);
	add_scalar_of(file, generated, FACT_NAMESPACE, map, "namespace");
	add_scalar_of(file, generated, FACT_BEHAVIOR, map, "behavior");
	add_scalar_of(file, generated, FACT_TYPE, map, "type");
	if (has_fixed_name(yaml_get(map, "options"), defaults))
		graph_add_flag(file->builder, generated, FACT_FIXED_NAME, name->start, name->end);
	add_pairs(file, generated, FACT_LABEL, yaml_at(map, "options.labels"));
	add_pairs(file, generated, FACT_ANNOTATION, yaml_at(map, "options.annotations"));
	YAML_EACH_ITEM (yaml_get(map, "files"), item)
		read_generator_file(file, generated, item);
	YAML_EACH_ITEM (yaml_get(map, "literals"), item)
		read_literal(file, generated, item, secret);
	add_entries(file, generated, "env-file", yaml_get(map, "envs"));
	add_entry(file, generated, "env-file", yaml_get(map, "env"));
}

static void read_generators(
        const SourceFile *file, Node parent, const YamlNode *list, const char *kind, const YamlNode *defaults)
{
	YAML_EACH_ITEM (list, item)
		read_generator(file, parent, item, kind, defaults);
}

/* ---- what is changed -------------------------------------------------------------------------- */

/* Labels that also go into selectors are kept as SELECTOR as well, those that go into pod templates alone as POD_LABEL.
 */
static void read_labels(const SourceFile *file, Node node, const YamlNode *root)
{
	const YamlNode *common = yaml_get(root, "commonLabels");
	add_pairs(file, node, FACT_LABEL, common);
	add_pairs(file, node, FACT_SELECTOR, common);
	YAML_EACH_ITEM (yaml_get(root, "labels"), item) {
		const YamlNode *pairs = yaml_get(item, "pairs");
		bool selectors = false, templates = false;
		add_pairs(file, node, FACT_LABEL, pairs);
		if (yaml_is_bool(yaml_get(item, "includeSelectors"), &selectors) && selectors)
			add_pairs(file, node, FACT_SELECTOR, pairs);
		else if (yaml_is_bool(yaml_get(item, "includeTemplates"), &templates) && templates)
			add_pairs(file, node, FACT_POD_LABEL, pairs);
	}
	add_pairs(file, node, FACT_ANNOTATION, yaml_get(root, "commonAnnotations"));
}

static void read_images(const SourceFile *file, Node node, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *tag = yaml_get(item, "newTag"), *digest = yaml_get(item, "digest");
		const YamlNode *name = yaml_get(item, "name"), *shown = tag ? tag : digest ? digest : name;
		if (!yaml_is_scalar(name) || !yaml_is_scalar(shown))
			continue;
		const char *text = tag || digest ? shown->value.at : "";
		char *pair = arena_printf(file->arena, "%s=%s", name->value.at, text);
		graph_add(file->builder, node, FACT_IMAGE_TAG, slice_from(pair), shown->start, shown->end);
		add_scalar_of(file, node, FACT_IMAGE, item, "newName");
	}
}

static void read_replicas(const SourceFile *file, Node node, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *name = yaml_get(item, "name");
		if (!yaml_is_scalar(name))
			continue;
		Node reference = add_named(file, NODE_REFERENCE, node, name);
		graph_add(file->builder, reference, FACT_ROLE, SLICE("replicas"), name->start, name->end);
		add_number(file, reference, FACT_REPLICAS, yaml_get(item, "count"));
	}
}

/* Charts are inflated by helm: what they make cannot be read here. */
static void read_charts(const SourceFile *file, Node parent, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *name = yaml_get(item, "name");
		Node entry = add_entry(file, parent, "chart", name);
		if (!entry)
			continue;
		add_scalar(file, entry, FACT_CHART, name);
		add_scalar_of(file, entry, FACT_REPOSITORY, item, "repo");
		add_scalar_of(file, entry, FACT_NAMESPACE, item, "namespace");
		add_entry(file, parent, "values", yaml_get(item, "valuesFile"));
		add_entries(file, parent, "values", yaml_get(item, "additionalValuesFiles"));
	}
}

/* A replacement may write to metadata.name: what the object is called then stands elsewhere. */
static void read_renames(const SourceFile *file, Node node, const YamlNode *replacement)
{
	YAML_EACH_ITEM (yaml_get(replacement, "targets"), target)
		YAML_EACH_ITEM (yaml_get(target, "fieldPaths"), path) {
			const YamlNode *kind = yaml_at(target, "select.kind"), *name = yaml_at(target, "select.name");
			if (!slice_is(yaml_text(path), "metadata.name") || !yaml_is_scalar(kind) ||
			        !yaml_is_scalar(name))
				continue;
			const char *text = arena_printf(file->arena, "%s/%s", kind->value.at, name->value.at);
			graph_add(file->builder, node, FACT_RENAMES, slice_from(text), path->start, path->end);
		}
}

static void read_lists(const SourceFile *file, const YamlNode *root, Node node)
{
	static const struct {
		const char *key, *role;
	} lists[] = {
	        {"resources", "resource"},
	        {"bases", "base"},
	        {"components", "component"},
	        {"crds", "crd"},
	        {"configurations", "configuration"},
	        {"transformers", "transformer"},
	        {"validators", "transformer"},
	        {"generators", "generator"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		add_entries(file, node, lists[i].role, yaml_get(root, lists[i].key));
	YAML_EACH_ITEM (yaml_get(root, "replacements"), item) {
		add_entry(file, node, "replacement", yaml_get(item, "path"));
		read_renames(file, node, item);
	}
	add_entry(file, node, "openapi", yaml_at(root, "openapi.path"));
	read_patches(file, node, yaml_get(root, "patches"));
	read_patches(file, node, yaml_get(root, "patchesJson6902"));
	read_strategic_patches(file, node, yaml_get(root, "patchesStrategicMerge"));
}

static void read_kustomization(const SourceFile *file, const YamlDocument *document, Node parent)
{
	const YamlNode *root = document->root, *options = yaml_get(root, "generatorOptions");
	Node node = graph_add_node(file->builder, NODE_KUSTOMIZATION, parent, (Slice){"", 0}, root->start, root->start);
	if (slice_is(yaml_text_of(root, "kind"), "Component"))
		graph_add_flag(file->builder, node, FACT_COMPONENT, root->start, root->start);
	add_scalar_of(file, node, FACT_NAMESPACE, root, "namespace");
	add_scalar_of(file, node, FACT_PREFIX, root, "namePrefix");
	add_scalar_of(file, node, FACT_SUFFIX, root, "nameSuffix");
	read_labels(file, node, root);
	read_images(file, node, yaml_get(root, "images"));
	read_replicas(file, node, yaml_get(root, "replicas"));
	read_lists(file, root, node);
	read_charts(file, node, yaml_get(root, "helmCharts"));
	read_charts(file, node, yaml_get(root, "helmChartInflationGenerator"));
	read_generators(file, node, yaml_get(root, "configMapGenerator"), "ConfigMap", options);
	read_generators(file, node, yaml_get(root, "secretGenerator"), "Secret", options);
	read_rendered_kustomization(file, root, node);
}

const Dialect dialect_kustomize = {"kustomize", claims, read_kustomization};
