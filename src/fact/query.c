/* Asking the graph: binary searches over the sorted rows.
 *
 * Threads ask at the same time. Some indexes are made when they are first asked for; if two threads make the same one,
 * the second throws its own away, so that nobody ever waits. */
#include "fact/graph.h"

#include "base/path.h"

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

/* The rows in [at, end) whose field, which they are sorted by, has the value. Each step moves by a product and not by a
 * jump, since a processor can foresee none of these jumps. */
static Rows equal_range(const Row *at, const Row *end, size_t field, uint32_t value)
{
#define FIELD(row) (*(const uint32_t *)((const char *)(row) + field))
	const Row *low = at;
	for (size_t left = (size_t)(end - at); left > 0;) {
		size_t half = (left + 1) / 2;
		low += half * (FIELD(low + half - 1) < value);
		left -= half;
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

/* What stands in *at once this thread or another has put it there; takes made. */
static void *publish(void *at, void *made)
{
	if (!g_atomic_pointer_compare_and_exchange((void **)at, NULL, made))
		g_free(made);
	return g_atomic_pointer_get((void **)at);
}

static const Row *rows_by_object(const Layer *layer, FactKind kind, uint32_t count)
{
	const Row *ready = g_atomic_pointer_get(&layer->by_object[kind]);
	if (ready)
		return ready;
	Row *rows = g_memdup2(layer->by_subject + layer->kind_start[kind], sizeof(Row) * count);
	rows_sort_by_object(rows, count);
	return publish(&layer->by_object[kind], rows);
}

Rows graph_rows_to(const Graph *graph, FactKind kind, uint32_t object)
{
	const Layer *layer = layer_of(graph, kind);
	uint32_t count = layer->kind_start[kind + 1] - layer->kind_start[kind];
	if (count == 0)
		return (Rows){NULL, NULL};
	const Row *rows = rows_by_object(layer, kind, count);
	return equal_range(rows, rows + count, offsetof(Row, object), object);
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

Slice graph_folder_of(const Graph *graph, Node node)
{
	return path_folder(slice_from(graph_file_path(graph, graph_file_of(graph, node))));
}

Node graph_ancestor(const Graph *graph, Node node, NodeType type)
{
	while (node && graph->nodes[node].type != type)
		node = graph->nodes[node].parent;
	return node;
}

Nodes graph_nodes_of(const Graph *graph, NodeType type)
{
	return (Nodes){graph->by_type + graph->type_start[type], graph->by_type + graph->type_start[type + 1]};
}

Node graph_first_node(const Graph *graph, NodeType type)
{
	uint32_t start = graph->type_start[type];
	return start == graph->type_start[type + 1] ? NODE_NONE : graph->by_type[start];
}

Node graph_next_node(const Graph *graph, Node node)
{
	NodeType type = graph->nodes[node].type;
	uint32_t low = graph->type_start[type], end = graph->type_start[type + 1], high = end;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (graph->by_type[middle] <= node)
			low = middle + 1;
		else
			high = middle;
	}
	return low == end ? NODE_NONE : graph->by_type[low];
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

static const Node *nodes_by_name(const Graph *graph, NodeType type, uint32_t count)
{
	const Node *ready = g_atomic_pointer_get(&graph->by_name[type]);
	if (ready)
		return ready;
	Node *nodes = g_memdup2(graph->by_type + graph->type_start[type], sizeof(Node) * count);
	nodes_sort_by_name(graph, nodes, count);
	return publish(&graph->by_name[type], nodes);
}

Node graph_next_named(const Graph *graph, NodeType type, Symbol name, Node after)
{
	uint32_t count = graph->type_start[type + 1] - graph->type_start[type], low = 0, high = count;
	if (count == 0)
		return NODE_NONE;
	const Node *nodes = nodes_by_name(graph, type, count);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		Node node = nodes[middle];
		if (graph->nodes[node].name < name || (graph->nodes[node].name == name && node <= after))
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && graph->nodes[nodes[low]].name == name ? nodes[low] : NODE_NONE;
}

Span graph_span(const Graph *graph, const Row *row)
{
	if (row->length == ELSEWHERE)
		return g_array_index(graph->elsewhere, Span, row->start);
	return (Span){graph->nodes[row->subject].file, row->start, row->start + row->length};
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
	FileInfo *info = &graph->files[file];
	const char *at = g_atomic_pointer_get(&info->bytes.at);
	if (!at) {
		at = graph->fetch(graph->fetch_data, file, info->bytes.length, info->hash);
		/* Of two threads that fetch it at once the first one's counts: places are told by differences of
		 * pointers, so that a text must never lie elsewhere than it did a moment ago. */
		if (!g_atomic_pointer_compare_and_exchange(&info->bytes.at, NULL, at))
			at = g_atomic_pointer_get(&info->bytes.at);
	}
	return (Slice){at, info->bytes.length};
}

uint32_t graph_file_size(const Graph *graph, uint32_t file)
{
	return (uint32_t)graph->files[file].bytes.length;
}

const char *graph_file_path(const Graph *graph, uint32_t file)
{
	return graph_name(graph, graph->files[file].node);
}

static uint32_t count_lines(Slice bytes)
{
	uint32_t count = 0;
	for (size_t at = 0; (at = slice_find_byte(bytes, '\n', at)) != SIZE_MAX; at++)
		count++;
	return count;
}

static const Lines *lines_of(const Graph *graph, uint32_t number)
{
	FileInfo *file = &graph->files[number];
	const Lines *ready = g_atomic_pointer_get(&file->lines);
	if (ready)
		return ready;
	Slice bytes = graph_file_bytes(graph, number);
	uint32_t count = count_lines(bytes), line = 0;
	Lines *lines = g_malloc(sizeof(Lines) + sizeof(uint32_t) * count);
	lines->count = count;
	for (size_t at = 0; (at = slice_find_byte(bytes, '\n', at)) != SIZE_MAX;)
		lines->starts[line++] = (uint32_t)++at;
	return publish(&file->lines, lines);
}

/* Number of line starts at or before the offset. */
static uint32_t line_index(const Lines *lines, uint32_t offset)
{
	uint32_t low = 0, high = lines->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (lines->starts[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void graph_position(const Graph *graph, Span span, uint32_t *ret_line, uint32_t *ret_column)
{
	const Lines *lines = lines_of(graph, span.file);
	uint32_t line = line_index(lines, span.start);
	*ret_line = line + 1;
	*ret_column = span.start - (line ? lines->starts[line - 1] : 0) + 1;
}

Slice graph_span_bytes(const Graph *graph, Span span)
{
	return slice_sub(graph_file_bytes(graph, span.file), span.start, span.end);
}

Slice graph_line_at(const Graph *graph, Span span)
{
	Slice bytes = graph_file_bytes(graph, span.file);
	const char *before = span.start ? memrchr(bytes.at, '\n', span.start) : NULL;
	const char *after =
	        span.start < bytes.length ? memchr(bytes.at + span.start, '\n', bytes.length - span.start) : NULL;
	size_t start = before ? (size_t)(before - bytes.at) + 1 : 0,
	       end = after ? (size_t)(after - bytes.at) : bytes.length;
	if (end > start && bytes.at[end - 1] == '\r')
		end--;
	return slice_sub(bytes, start, end);
}

Node graph_find_file(const Graph *graph, Slice path)
{
	Symbol name;
	if (!graph_find_symbol(graph, path, &name) || name == 0)
		return NODE_NONE;
	return graph_next_named(graph, NODE_FILE, name, NODE_NONE);
}

uint32_t graph_first_file(const Graph *graph, const char *text)
{
	uint32_t low = 0, high = graph_files(graph);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(graph_file_path(graph, middle), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool graph_has_folder(const Graph *graph, Slice path)
{
	Symbol name;
	if (path.length == 0)
		return graph->n_files > 0;
	return graph_find_symbol(graph, path, &name) && g_hash_table_contains(graph->folders, GUINT_TO_POINTER(name));
}

/* ---- symbolic links ---------------------------------------------------------------------------------- */

bool graph_is_submodule(const Graph *graph, Node file)
{
	return strcmp(graph_text(graph, file, FACT_SKIPPED), "submodule") == 0;
}

/* The path behind the first `end` bytes of it, which are a link to that. */
static char *behind_link(const char *to, Slice path, size_t end)
{
	size_t slash = end < path.length && *to == '\0'; /* nothing stands before a path from the root */
	size_t rest = MIN(end + slash, path.length);
	return g_strdup_printf("%s%.*s", to, (int)(path.length - rest), path.at + rest);
}

char *graph_follow_link(const Graph *graph, Slice path, bool *ret_unread)
{
	for (size_t end = 1; end <= path.length; end++) {
		if (end < path.length && path.at[end] != '/')
			continue;
		Node file = graph_find_file(graph, slice_sub(path, 0, end));
		if (file && graph_is_submodule(graph, file))
			*ret_unread = true;
		if (!file || !graph_has(graph, file, FACT_LINK_TARGET))
			continue;
		Slice target = graph_symbol_slice(graph, graph_symbol(graph, file, FACT_LINK_TARGET));
		g_autofree char *to = path_resolve(path_folder(slice_sub(path, 0, end)), target);
		*ret_unread = *ret_unread || !to;
		return to ? behind_link(to, path, end) : NULL;
	}
	return NULL;
}

#define MOST_LINKS 8

bool graph_has_path(const Graph *graph, Slice path)
{
	g_autofree char *at = slice_dup(path);
	for (int links = 0; at && *at && links <= MOST_LINKS; links++) {
		bool unread = false;
		if (graph_find_file(graph, slice_from(at)) || graph_has_folder(graph, slice_from(at)))
			return true;
		char *next = graph_follow_link(graph, slice_from(at), &unread);
		g_free(at);
		at = next;
	}
	return false;
}
