/* Custom objects and the CustomResourceDefinitions beside them. A source sees one file alone and keeps no tree, so this
 * is where both are parsed again: objects by file, each schema once.
 *
 * A kind that two files define differently is left alone: which of them the cluster has is not known. */
#include "flow/custom.h"

#include "rule/rule.h"
#include "source/custom.h"

/* Which definition holds for a version of a kind. */
typedef struct Definition {
	const Row *row; /* DEFINES */
	bool disputed;
	CustomSchema *schema; /* NULL until an object asks for it */
	bool read;
} Definition;

typedef struct Kind {
	GString *versions; /* that are served, with ", " between them */
	const Row *first;  /* DEFINES */
} Kind;

typedef struct Customs {
	Graph *graph;
	Arena *schemas, *scratch;
	GHashTable *definitions; /* "group/version Kind" → Definition */
	GHashTable *kinds;       /* "group Kind" → Kind */
} Customs;

static void definition_free(Definition *definition)
{
	custom_schema_free(definition->schema);
	g_free(definition);
}

static void kind_free(Kind *kind)
{
	g_string_free(kind->versions, TRUE);
	g_free(kind);
}

/* A chart that lies in the repository defines what it defines; archived, example and test files do not. */
static bool counts(const Graph *graph, Node node)
{
	return !is_quiet(graph, node) ||
	       strcmp(graph_text(graph, graph_file_node(graph, graph_file_of(graph, node)), FACT_CLASS), "vendored") ==
	               0;
}

/* "group/version Kind" without its version, which ret_version gets. Free with g_free. */
static char *kind_of(const char *text, Slice *ret_version)
{
	const char *slash = strchr(text, '/'), *space = strchr(text, ' ');
	if (!slash || !space || space < slash)
		return NULL;
	*ret_version = (Slice){slash + 1, (size_t)(space - slash - 1)};
	return g_strdup_printf("%.*s%s", (int)(slash - text), text, space);
}

static void add_version(Customs *customs, const char *text, const Row *row)
{
	Slice version;
	g_autofree char *name = kind_of(text, &version);
	Kind *kind = name ? g_hash_table_lookup(customs->kinds, name) : NULL;
	if (!name)
		return;
	if (!kind) {
		kind = g_new0(Kind, 1);
		*kind = (Kind){g_string_new(NULL), row};
		g_hash_table_insert(customs->kinds, g_steal_pointer(&name), kind);
	}
	g_string_append_printf(kind->versions, "%s%.*s", kind->versions->len ? ", " : "", SLICE_ARGS(version));
}

static void collect_definitions(Customs *customs)
{
	const Graph *graph = customs->graph;
	GRAPH_EACH (graph, FACT_DEFINES, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (!counts(graph, row->subject))
			continue;
		Definition *known = g_hash_table_lookup(customs->definitions, text);
		if (known) {
			known->disputed |= !slice_equal(graph_span_bytes(graph, graph_span(graph, known->row)),
			        graph_span_bytes(graph, graph_span(graph, row)));
			continue;
		}
		known = g_new0(Definition, 1);
		known->row = row;
		g_hash_table_insert(customs->definitions, (gpointer)text, known);
		add_version(customs, text, row);
	}
}

/* ---- objects ------------------------------------------------------------------------------------------- */

static CustomSchema *schema_of(Customs *customs, Definition *definition)
{
	if (!definition->read) {
		Span span = graph_span(customs->graph, definition->row);
		definition->read = true;
		definition->schema = custom_schema_new(
		        graph_file_bytes(customs->graph, span.file), span.start, span.end, customs->schemas);
	}
	return definition->schema;
}

static void derive_text(Graph *graph, Node object, FactKind kind, const char *text, Span place)
{
	graph_derive(graph, object, kind, graph_intern(graph, slice_from(text)), place);
}

static void derive_definition(Graph *graph, Node object, const Row *row)
{
	graph_derive(graph, object, FACT_DEFINED_BY, row->subject, graph_span(graph, row));
}

static void derive_problem(Graph *graph, Node object, const CustomProblem *problem)
{
	static const FactKind kinds[] = {FACT_CUSTOM_UNKNOWN, FACT_CUSTOM_WRONG, FACT_CUSTOM_LACKS};
	Span place = {graph_file_of(graph, object), (uint32_t)problem->start, (uint32_t)problem->end};
	derive_text(graph, object, kinds[problem->shape], problem->path, place);
	if (problem->near)
		derive_text(graph, object, FACT_CUSTOM_NEAR, problem->near, place);
	if (problem->wanted)
		derive_text(graph, object, FACT_CUSTOM_WANTED, problem->wanted, place);
}

static void check_object(Customs *customs, Node object, const YamlNode *root, Definition *definition)
{
	Graph *graph = customs->graph;
	CustomSchema *schema = schema_of(customs, definition);
	if (!schema)
		return;
	derive_definition(graph, object, definition->row);
	g_autoptr(GArray) problems = custom_schema_check(schema, root, customs->scratch);
	for (guint i = 0; i < problems->len; i++)
		derive_problem(graph, object, &g_array_index(problems, CustomProblem, i));
}

/* The definition of an object's kind and version; NULL for a kind that none defines, or for made objects. */
static Definition *definition_of(Customs *customs, Node object)
{
	Graph *graph = customs->graph;
	const Row *version = graph_find(graph, object, FACT_API_VERSION);
	if (!version || is_quiet(graph, object) || is_made(graph, object))
		return NULL;
	const char *text = graph_symbol_text(graph, version->object);
	g_autofree char *name = g_strdup_printf("%s %s", text, graph_text(graph, object, FACT_KIND));
	Definition *definition = g_hash_table_lookup(customs->definitions, name);
	if (definition)
		return definition->disputed ? NULL : definition;
	Slice unused;
	g_autofree char *kind_name = kind_of(name, &unused);
	const Kind *kind = kind_name ? g_hash_table_lookup(customs->kinds, kind_name) : NULL;
	if (kind && !strpbrk(text, "${}")) {
		derive_definition(graph, object, kind->first);
		derive_text(graph, object, FACT_CUSTOM_UNSERVED, kind->versions->str, graph_span(graph, version));
	}
	return NULL;
}

/* ---- files --------------------------------------------------------------------------------------------- */

/* An object is known by the place of its name, or its own where it has none. */
static size_t key_place(const YamlNode *root)
{
	const YamlNode *name = yaml_at(root, "metadata.name");
	return yaml_is_scalar(name) ? name->start : root->start;
}

static void check_root(Customs *customs, const YamlNode *root, GHashTable *wanted)
{
	gpointer object = g_hash_table_lookup(wanted, GSIZE_TO_POINTER(key_place(root) + 1));
	Definition *definition = object ? definition_of(customs, GPOINTER_TO_UINT(object)) : NULL;
	if (definition)
		check_object(customs, GPOINTER_TO_UINT(object), root, definition);
}

static void check_file(Customs *customs, uint32_t file, GHashTable *wanted)
{
	const YamlDocument *document = yaml_read(graph_file_bytes(customs->graph, file), customs->scratch);
	for (; document; document = document->next) {
		if (document->error || !document->root)
			continue;
		check_root(customs, document->root, wanted);
		YAML_EACH_ITEM (yaml_get(document->root, "items"), item)
			if (yaml_is_map(item))
				check_root(customs, item, wanted);
	}
	arena_reset(customs->scratch);
}

static bool is_custom(const Customs *customs, Node object)
{
	Slice version = slice_from(graph_text(customs->graph, object, FACT_API_VERSION));
	size_t slash = slice_find_byte(version, '/', 0);
	if (slash == SIZE_MAX)
		return false;
	g_autofree char *kind =
	        g_strdup_printf("%.*s %s", (int)slash, version.at, graph_text(customs->graph, object, FACT_KIND));
	return g_hash_table_contains(customs->kinds, kind);
}

/* Objects stand in the order of files, so that those of one file follow each other. */
static void check_all(Customs *customs)
{
	Graph *graph = customs->graph;
	g_autoptr(GHashTable) wanted = g_hash_table_new(NULL, NULL); /* place + 1 → OBJECT */
	uint32_t file = 0;
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		if (!is_custom(customs, object))
			continue;
		if (graph_file_of(graph, object) != file && g_hash_table_size(wanted)) {
			check_file(customs, file, wanted);
			g_hash_table_remove_all(wanted);
		}
		file = graph_file_of(graph, object);
		g_hash_table_insert(wanted, GSIZE_TO_POINTER((size_t)graph_place(graph, object).start + 1),
		        GUINT_TO_POINTER(object));
	}
	if (g_hash_table_size(wanted))
		check_file(customs, file, wanted);
}

void custom_derive(Graph *graph)
{
	if (graph_rows(graph, FACT_DEFINES).at == graph_rows(graph, FACT_DEFINES).end)
		return;
	g_autoptr(Arena) schemas = arena_new();
	g_autoptr(Arena) scratch = arena_new();
	Customs customs = {.graph = graph,
	        .schemas = schemas,
	        .scratch = scratch,
	        .definitions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)definition_free),
	        .kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)kind_free)};
	collect_definitions(&customs);
	check_all(&customs);
	g_hash_table_unref(customs.definitions);
	g_hash_table_unref(customs.kinds);
	graph_finish(graph);
}
