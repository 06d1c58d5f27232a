/* Asking the graph: binary searches over the sorted rows. */
#include "fact/graph.h"

static const struct {
	const char *word, *meaning;
} node_types[NODE_TYPES] = {
        [NODE_NONE] = {"none", ""},
#define NODE(name, word, meaning) [NODE_##name] = {word, meaning},
#define FACT(name, word, object, meaning)
#define DERIVED(name, word, object, meaning)
#include "fact/kinds.def"
#undef NODE
#undef FACT
#undef DERIVED
};

static const struct {
	const char *word, *meaning;
	ObjectType object;
} fact_kinds[FACT_KINDS] = {
#define NODE(name, word, meaning)
#define FACT(name, word, object, meaning) [FACT_##name] = {word, meaning, OBJECT_##object},
#define DERIVED(name, word, object, meaning) [FACT_##name] = {word, meaning, OBJECT_##object},
#include "fact/kinds.def"
#undef NODE
#undef FACT
#undef DERIVED
};

const char *node_type_word(NodeType type)
{
	return node_types[type].word;
}

const char *node_type_meaning(NodeType type)
{
	return node_types[type].meaning;
}

const char *fact_kind_word(FactKind kind)
{
	return fact_kinds[kind].word;
}

const char *fact_kind_meaning(FactKind kind)
{
	return fact_kinds[kind].meaning;
}

ObjectType fact_kind_object(FactKind kind)
{
	return fact_kinds[kind].object;
}

bool fact_kind_find(const char *word, FactKind *ret_kind)
{
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++) {
		if (strcmp(fact_kinds[kind].word, word) == 0) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

static const Layer *layer_of(const Graph *graph, FactKind kind)
{
	return &graph->layers[kind >= FACT_IDENTITY];
}

Rows graph_rows(const Graph *graph, FactKind kind)
{
	const Layer *layer = layer_of(graph, kind);
	return (Rows){layer->by_subject + layer->kind_start[kind], layer->by_subject + layer->kind_start[kind + 1]};
}

/* The rows in [at, end) whose field, which they are sorted by, has the value. */
static Rows equal_range(const Row *at, const Row *end, size_t field, uint32_t value)
{
#define FIELD(row) (*(const uint32_t *)((const char *)(row) + field))
	const Row *low = at, *high = end;
	while (low < high) {
		const Row *middle = low + (high - low) / 2;
		if (FIELD(middle) < value)
			low = middle + 1;
		else
			high = middle;
	}
	const Row *last = low;
	while (last < end && FIELD(last) == value)
		last++;
	return (Rows){low, last};
#undef FIELD
}

Rows graph_rows_of(const Graph *graph, Node subject, FactKind kind)
{
	Rows all = graph_rows(graph, kind);
	return equal_range(all.at, all.end, offsetof(Row, subject), subject);
}

Rows graph_rows_to(const Graph *graph, FactKind kind, uint32_t object)
{
	const Layer *layer = layer_of(graph, kind);
	return equal_range(layer->by_object + layer->kind_start[kind], layer->by_object + layer->kind_start[kind + 1],
	        offsetof(Row, object), object);
}

const Row *graph_find(const Graph *graph, Node subject, FactKind kind)
{
	Rows rows = graph_rows_of(graph, subject, kind);
	return rows.at == rows.end ? NULL : rows.at;
}

bool graph_has(const Graph *graph, Node subject, FactKind kind)
{
	return graph_find(graph, subject, kind) != NULL;
}

Symbol graph_symbol(const Graph *graph, Node subject, FactKind kind)
{
	const Row *row = graph_find(graph, subject, kind);
	return row ? row->object : 0;
}

const char *graph_text(const Graph *graph, Node subject, FactKind kind)
{
	return symbol_text(graph->symbols, graph_symbol(graph, subject, kind));
}

uint32_t graph_number(const Graph *graph, Node subject, FactKind kind)
{
	const Row *row = graph_find(graph, subject, kind);
	return row ? row->object : 0;
}

bool graph_says(const Graph *graph, Node subject, FactKind kind, uint32_t object)
{
	GRAPH_OF (graph, subject, kind, row)
		if (row->object == object)
			return true;
	return false;
}

const char *graph_symbol_text(const Graph *graph, Symbol symbol)
{
	return symbol_text(graph->symbols, symbol);
}

Slice graph_symbol_slice(const Graph *graph, Symbol symbol)
{
	return symbol_slice(graph->symbols, symbol);
}

bool graph_find_symbol(const Graph *graph, Slice text, Symbol *ret_symbol)
{
	return symbol_find(graph->symbols, text, ret_symbol);
}

uint32_t graph_symbols(const Graph *graph)
{
	return symbol_count(graph->symbols);
}

uint32_t graph_nodes(const Graph *graph)
{
	return graph->n_nodes - 1;
}

NodeType graph_node_type(const Graph *graph, Node node)
{
	return graph->nodes[node].type;
}

Node graph_parent(const Graph *graph, Node node)
{
	return graph->nodes[node].parent;
}

Symbol graph_name_symbol(const Graph *graph, Node node)
{
	return graph->nodes[node].name;
}

const char *graph_name(const Graph *graph, Node node)
{
	return symbol_text(graph->symbols, graph->nodes[node].name);
}

Span graph_place(const Graph *graph, Node node)
{
	const NodeInfo *info = &graph->nodes[node];
	return (Span){info->file, info->start, info->end};
}

uint32_t graph_file_of(const Graph *graph, Node node)
{
	return graph->nodes[node].file;
}

Node graph_ancestor(const Graph *graph, Node node, NodeType type)
{
	while (node && graph->nodes[node].type != type)
		node = graph->nodes[node].parent;
	return node;
}

Node graph_first_node(const Graph *graph, NodeType type)
{
	uint32_t start = graph->type_start[type];
	return start == graph->type_start[type + 1] ? NODE_NONE : graph->by_type[start];
}

Node graph_next_node(const Graph *graph, Node node)
{
	uint32_t next = graph->rank[node] + 1;
	return next == graph->type_start[graph->nodes[node].type + 1] ? NODE_NONE : graph->by_type[next];
}

static Node skip_to(const Graph *graph, Node node, NodeType type)
{
	while (node && type != NODE_NONE && graph->nodes[node].type != type)
		node = graph->nodes[node].next_sibling;
	return node;
}

Node graph_first_child(const Graph *graph, Node parent, NodeType type)
{
	return skip_to(graph, graph->nodes[parent].first_child, type);
}

Node graph_next_child(const Graph *graph, Node child, NodeType type)
{
	return skip_to(graph, graph->nodes[child].next_sibling, type);
}

Node graph_next_named(const Graph *graph, NodeType type, Symbol name, Node after)
{
	uint32_t low = graph->type_start[type], end = graph->type_start[type + 1], high = end;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		Node node = graph->by_name[middle];
		if (graph->nodes[node].name < name || (graph->nodes[node].name == name && node <= after))
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && graph->nodes[graph->by_name[low]].name == name ? graph->by_name[low] : NODE_NONE;
}

Span graph_span(const Graph *graph, const Row *row)
{
	return g_array_index(graph->spans, Span, row->span);
}

uint32_t graph_files(const Graph *graph)
{
	return graph->n_files;
}

Node graph_file_node(const Graph *graph, uint32_t file)
{
	return graph->files[file].node;
}

Slice graph_file_bytes(const Graph *graph, uint32_t file)
{
	return graph->files[file].bytes;
}

const char *graph_file_path(const Graph *graph, uint32_t file)
{
	return graph_name(graph, graph->files[file].node);
}

static void index_lines(FileInfo *file)
{
	GArray *starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	size_t at = 0;
	while ((at = slice_find_byte(file->bytes, '\n', at)) != SIZE_MAX) {
		uint32_t start = (uint32_t)++at;
		g_array_append_val(starts, start);
	}
	file->n_lines = starts->len;
	file->line_starts = (uint32_t *)(void *)g_array_free(starts, FALSE);
	if (!file->line_starts)
		file->line_starts = g_new0(uint32_t, 1);
}

/* Number of line starts at or before the offset; the line index is made on first use, by the one thread that reports.
 */
static uint32_t line_index(const Graph *graph, Span span)
{
	FileInfo *file = &graph->files[span.file];
	if (!file->line_starts)
		index_lines(file);
	uint32_t low = 0, high = file->n_lines;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (file->line_starts[middle] <= span.start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void graph_position(const Graph *graph, Span span, uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = line_index(graph, span);
	*ret_line = line + 1;
	*ret_column = span.start - (line ? graph->files[span.file].line_starts[line - 1] : 0) + 1;
}

Slice graph_span_bytes(const Graph *graph, Span span)
{
	return slice_sub(graph->files[span.file].bytes, span.start, span.end);
}

Slice graph_line_at(const Graph *graph, Span span)
{
	uint32_t line = line_index(graph, span);
	const FileInfo *file = &graph->files[span.file];
	size_t start = line ? file->line_starts[line - 1] : 0;
	size_t end = line < file->n_lines ? file->line_starts[line] - 1 : file->bytes.length;
	if (end > start && file->bytes.at[end - 1] == '\r')
		end--;
	return slice_sub(file->bytes, start, end);
}

Node graph_find_file(const Graph *graph, Slice path)
{
	Symbol name;
	if (!graph_find_symbol(graph, path, &name) || name == 0)
		return NODE_NONE;
	return graph_next_named(graph, NODE_FILE, name, NODE_NONE);
}

bool graph_has_folder(const Graph *graph, Slice path)
{
	Symbol name;
	if (path.length == 0)
		return graph->n_files > 0;
	return graph_find_symbol(graph, path, &name) && g_hash_table_contains(graph->folders, GUINT_TO_POINTER(name));
}
