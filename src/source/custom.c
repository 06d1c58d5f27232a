/* CustomResourceDefinitions: which kinds they define, and whether an object is what one of them asks for.
 *
 * A definition may be megabytes long, and most have no objects in the same repository. So reading one keeps only where
 * the schema of each version stands; that part is parsed where an object of it is found, and each level of it is
 * understood when an object first has something there.
 *
 * Only what the API server holds every object to is said: fields that the schema does not have, types, required fields,
 * enumerations. Patterns, lengths and rules in CEL are left to it, and so is what allOf, anyOf, oneOf and not say. */
#include "source/custom.h"

#include "base/near.h"
#include "source/kubernetes.h"
#include "source/schema.h"

/* ---- where the schemas stand ------------------------------------------------------------------------- */

static void read_version(const SourceFile *file, const YamlNode *spec, const YamlNode *version, Node object)
{
	Slice group = yaml_text_of(spec, "group"), kind = yaml_text(yaml_at(spec, "names.kind")),
	      name = yaml_text_of(version, "name");
	const YamlNode *schema = yaml_at(version, "schema.openAPIV3Schema");
	bool served;
	if (!group.length || !kind.length || !name.length || !yaml_is_map(schema) ||
	        (yaml_is_bool(yaml_get(version, "served"), &served) && !served))
		return;
	char *text = arena_printf(file->arena, "%.*s/%.*s %.*s", SLICE_ARGS(group), SLICE_ARGS(name), SLICE_ARGS(kind));
	graph_add(file->builder, object, FACT_DEFINES, slice_from(text), schema->start, schema->end);
}

/* Versions of apiextensions.k8s.io before v1 kept fields that no schema knows, and so do definitions that say so. */
void read_definition(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	bool keeps;
	if (!slice_ends(yaml_text_of(root, "apiVersion"), "/v1") ||
	        (yaml_is_bool(yaml_get(spec, "preserveUnknownFields"), &keeps) && keeps))
		return;
	YAML_EACH_ITEM (yaml_get(spec, "versions"), version)
		read_version(file, spec, version, object);
}

/* ---- one level of a schema --------------------------------------------------------------------------- */

typedef struct Level {
	char shape;             /* as in data/schema.py: s b i n p, a list, r a map, * anything */
	bool keeps_unknown;     /* fields that are not named are kept */
	bool embedded;          /* the map is an object with a kind of its own */
	GHashTable *fields;     /* name → YamlNode of its schema, or NULL where no field is named */
	const YamlNode *others; /* schema of every other field, of all items of a list, or NULL */
	const YamlNode *required, *allowed;
} Level;

struct CustomSchema {
	YamlNode *root;
	GHashTable *levels; /* YamlNode → Level */
};

static void level_free(Level *level)
{
	if (level->fields)
		g_hash_table_unref(level->fields);
	g_free(level);
}

static bool is_true(const YamlNode *schema, const char *key)
{
	bool value;
	return yaml_is_bool(yaml_get(schema, key), &value) && value;
}

static char shape_of(const YamlNode *schema)
{
	static const struct {
		const char *word;
		char shape;
	} shapes[] = {
	        {"string", 's'}, {"boolean", 'b'}, {"integer", 'i'}, {"number", 'n'}, {"array", 'a'}, {"object", 'r'}};
	if (is_true(schema, "x-kubernetes-int-or-string"))
		return 'p';
	Slice type = yaml_text_of(schema, "type");
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		if (slice_is(type, shapes[i].word))
			return shapes[i].shape;
	return '*';
}

static GHashTable *fields_of(const YamlNode *properties)
{
	if (!yaml_is_map(properties) || !properties->first)
		return NULL;
	GHashTable *fields = g_hash_table_new(g_str_hash, g_str_equal);
	for (const YamlEntry *entry = properties->first; entry; entry = entry->next)
		if (yaml_is_scalar(entry->key))
			g_hash_table_insert(fields, (gpointer)entry->key->value.at, entry->value);
	return fields;
}

static const Level *level_of(CustomSchema *schema, const YamlNode *node)
{
	Level *level = g_hash_table_lookup(schema->levels, node);
	if (level)
		return level;
	const YamlNode *others = yaml_get(node, "additionalProperties");
	bool any;
	level = g_new0(Level, 1);
	level->shape = shape_of(node);
	level->fields = fields_of(yaml_get(node, "properties"));
	level->embedded = is_true(node, "x-kubernetes-embedded-resource");
	level->others = level->shape == 'a' ? yaml_get(node, "items") : yaml_is_map(others) ? others : NULL;
	/* A map of which the definition names nothing at all was forgotten to be described. */
	level->keeps_unknown = is_true(node, "x-kubernetes-preserve-unknown-fields") || level->others ||
	                       (yaml_is_bool(others, &any) && any) || !level->fields;
	level->required = yaml_get(node, "required");
	level->allowed = yaml_get(node, "enum");
	g_hash_table_insert(schema->levels, (gpointer)node, level);
	return level;
}

CustomSchema *custom_schema_new(Slice bytes, size_t start, size_t end, Arena *arena)
{
	/* A map in block style begins with its first key: the spaces before it belong to it. */
	size_t line = start;
	while (line > 0 && bytes.at[line - 1] == ' ')
		line--;
	if (line > 0 && bytes.at[line - 1] != '\n')
		line = start;
	const YamlDocument *document = yaml_read_part(bytes, line, end, arena);
	if (!document || document->error || !yaml_is_map(document->root))
		return NULL;
	CustomSchema *schema = g_new0(CustomSchema, 1);
	schema->root = document->root;
	schema->levels = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)level_free);
	return schema;
}

void custom_schema_free(CustomSchema *schema)
{
	if (!schema)
		return;
	g_hash_table_unref(schema->levels);
	g_free(schema);
}

/* ---- objects ------------------------------------------------------------------------------------------- */

#define MOST_PROBLEMS 20
#define MOST_REQUIRED 200 /* names, and values of an enumeration, that are compared */

typedef struct Walker {
	CustomSchema *schema;
	Arena *arena;
	GString *path;
	GArray *problems;
} Walker;

static void add_problem(Walker *walker, CustomShape shape, const YamlNode *at, const char *wanted, const char *near)
{
	size_t end = at->kind == YAML_SCALAR ? at->end : at->start;
	CustomProblem problem = {.shape = shape,
	        .path = arena_text(walker->arena, slice_from(walker->path->str)),
	        .wanted = wanted,
	        .near = near,
	        .start = at->start,
	        .end = end};
	g_array_append_val(walker->problems, problem);
}

static size_t push(Walker *walker, Slice name)
{
	size_t length = walker->path->len;
	if (length)
		g_string_append_c(walker->path, '.');
	g_string_append_len(walker->path, name.at, (gssize)name.length);
	return length;
}

static void report_unknown(Walker *walker, const Level *level, const YamlNode *map, const YamlNode *key)
{
	NearSearch search = near_search(key->value, near_limit(key->value));
	GHashTableIter iter;
	gpointer name;
	g_hash_table_iter_init(&iter, level->fields);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		near_offer(&search, slice_from(name));
	bool is_near = near_result(&search) != SIZE_MAX && !yaml_get_entry(map, search.best.at);
	add_problem(walker, CUSTOM_UNKNOWN_FIELD, key, NULL, is_near ? search.best.at : NULL);
}

static void check_value(Walker *walker, const YamlNode *node, const YamlNode *schema);

/* apiVersion, kind and metadata are the API server's own. */
static bool is_of_server(const Walker *walker, const Level *level, Slice key)
{
	bool root = walker->path->len == 0;
	return (root && slice_is(key, "sops")) ||
	       ((root || level->embedded) &&
	               (slice_is(key, "apiVersion") || slice_is(key, "kind") || slice_is(key, "metadata")));
}

static void check_field(
        Walker *walker, const Level *level, const YamlNode *map, const YamlNode *key, const YamlNode *value)
{
	const YamlNode *schema = level->fields ? g_hash_table_lookup(level->fields, key->value.at) : NULL;
	if (!schema)
		schema = level->others;
	size_t length = push(walker, key->value);
	if (schema)
		check_value(walker, value, schema);
	else if (!level->keeps_unknown)
		report_unknown(walker, level, map, key);
	g_string_truncate(walker->path, length);
}

/* What has a default is filled in before anybody misses it. */
static bool is_missing(const Level *level, const YamlNode *map, const YamlNode *name)
{
	const YamlNode *schema = level->fields ? g_hash_table_lookup(level->fields, name->value.at) : NULL;
	return name->value.length && !yaml_get(map, name->value.at) && !yaml_get(schema, "default");
}

static void check_map(Walker *walker, const YamlNode *map, const Level *level)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs) && walker->problems->len < MOST_PROBLEMS;) {
		const YamlNode *key = pairs.key;
		if (!yaml_is_scalar(key) || schema_is_hidden(key->value) || slice_starts(key->value, "$"))
			continue;
		if (!is_of_server(walker, level, key->value))
			check_field(walker, level, map, key, pairs.value);
	}
	uint32_t left = MOST_REQUIRED;
	YAML_EACH_ITEM (level->required, name) {
		if (left-- == 0 || walker->problems->len >= MOST_PROBLEMS)
			return;
		if (!yaml_is_scalar(name) || is_of_server(walker, level, name->value) || !is_missing(level, map, name))
			continue;
		size_t length = push(walker, name->value);
		add_problem(walker, CUSTOM_MISSING_FIELD, map, NULL, NULL);
		g_string_truncate(walker->path, length);
	}
}

static void check_allowed(Walker *walker, const YamlNode *node, const YamlNode *allowed)
{
	if (!yaml_is_sequence(allowed) || allowed->count > MOST_REQUIRED || yaml_is_null(node) ||
	        schema_is_hidden(node->value))
		return;
	NearSearch search = near_search(node->value, near_limit(node->value));
	g_autoptr(GString) words = g_string_new("one of ");
	YAML_EACH_ITEM (allowed, value) {
		if (!yaml_is_scalar(value) || slice_equal(value->value, node->value))
			return;
		near_offer(&search, value->value);
		g_string_append_printf(words, "%s%s", value == allowed->first->value ? "" : ", ", value->value.at);
	}
	if (words->len > 120)
		g_string_append(g_string_truncate(words, 117), "...");
	add_problem(walker, CUSTOM_WRONG_VALUE, node, arena_text(walker->arena, slice_from(words->str)),
	        near_result(&search) == SIZE_MAX ? NULL : search.best.at);
}

static void check_items(Walker *walker, const YamlNode *list, const YamlNode *schema)
{
	uint32_t number = 0;
	YAML_EACH_ITEM (list, item) {
		if (walker->problems->len >= MOST_PROBLEMS)
			return;
		size_t length = walker->path->len;
		g_string_append_printf(walker->path, "[%u]", number++);
		check_value(walker, item, schema);
		g_string_truncate(walker->path, length);
	}
}

static void check_value(Walker *walker, const YamlNode *node, const YamlNode *schema)
{
	const Level *level = level_of(walker->schema, schema);
	if (level->shape == '*' || yaml_is_null(node) || (yaml_is_scalar(node) && schema_is_hidden(node->value)))
		return;
	YamlKind wanted = level->shape == 'a' ? YAML_SEQUENCE : level->shape == 'r' ? YAML_MAP : YAML_SCALAR;
	if (node->kind != wanted || (wanted == YAML_SCALAR && !schema_scalar_fits(node, level->shape)))
		add_problem(walker, CUSTOM_WRONG_VALUE, node, schema_shape_word(level->shape), NULL);
	else if (level->shape == 'a' && level->others)
		check_items(walker, node, level->others);
	else if (level->shape == 'r')
		check_map(walker, node, level);
	else if (wanted == YAML_SCALAR)
		check_allowed(walker, node, level->allowed);
}

GArray *custom_schema_check(CustomSchema *schema, const YamlNode *object, Arena *arena)
{
	g_autoptr(GString) path = g_string_new(NULL);
	Walker walker = {schema, arena, path, g_array_new(FALSE, FALSE, sizeof(CustomProblem))};
	check_value(&walker, object, schema->root);
	return walker.problems;
}
