/* Writing facts: a builder only appends, with numbers of its own; graph_seal renumbers. */
#include "fact/graph.h"

static void pieces_init(Pieces *array, size_t size)
{
	*array = (Pieces){.pieces = g_ptr_array_new_with_free_func(g_free),
	        .taken = g_array_new(FALSE, TRUE, sizeof(uint32_t)),
	        .size = size};
}

static void pieces_clear(Pieces *array)
{
	g_ptr_array_unref(array->pieces);
	g_array_unref(array->taken);
}

void *pieces_add(Pieces *array)
{
	if (array->count % PIECE == 0) {
		g_ptr_array_add(array->pieces, g_malloc(array->size * PIECE));
		g_array_set_size(array->taken, array->pieces->len);
	}
	return pieces_at(array, array->count++);
}

void pieces_give_back(Pieces *array, uint32_t start, uint32_t end)
{
	while (start < end) {
		uint32_t piece = start / PIECE, until = MIN(end, (piece + 1) * PIECE);
		uint32_t *taken = &g_array_index(array->taken, uint32_t, piece);
		*taken += until - start;
		if (*taken == PIECE)
			g_free(g_steal_pointer(&array->pieces->pdata[piece]));
		start = until;
	}
}

GraphBuilder *graph_builder_new(void)
{
	GraphBuilder *builder = g_new0(GraphBuilder, 1);
	builder->symbols = symbol_table_new();
	builder->files = g_array_new(FALSE, FALSE, sizeof(BuiltFile));
	pieces_init(&builder->nodes, sizeof(BuiltNode));
	pieces_init(&builder->rows, sizeof(Row));
	builder->texts = g_array_new(FALSE, FALSE, sizeof(Symbol));
	builder->numbers = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	builder->words = arena_new();
	builder->hashes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	*(BuiltNode *)pieces_add(&builder->nodes) = (BuiltNode){0};
	return builder;
}

void graph_builder_free(GraphBuilder *builder)
{
	if (!builder)
		return;
	symbol_table_free(builder->symbols);
	g_array_unref(builder->files);
	pieces_clear(&builder->nodes);
	pieces_clear(&builder->rows);
	g_array_unref(builder->texts);
	g_array_unref(builder->numbers);
	arena_free(builder->words);
	g_array_unref(builder->hashes);
	g_free(builder);
}

static BuiltFile *current_file(const GraphBuilder *builder)
{
	g_assert(builder->files->len > 0);
	return &g_array_index(builder->files, BuiltFile, builder->files->len - 1);
}

Node graph_begin_file(GraphBuilder *builder, Slice path, Slice bytes)
{
	BuiltFile file = {.path = path,
	        .bytes = bytes,
	        .first_node = builder->nodes.count,
	        .end_node = builder->nodes.count,
	        .first_row = builder->rows.count,
	        .end_row = builder->rows.count};
	if (bytes.at)
		file.words = words_in(bytes, builder->hashes, builder->words);
	g_array_append_val(builder->files, file);
	return graph_add_node(builder, NODE_FILE, NODE_NONE, path, 0, 0);
}

size_t graph_text_length(const GraphBuilder *builder)
{
	return current_file(builder)->bytes.length;
}

void graph_set_text(GraphBuilder *builder, const char *text)
{
	BuiltFile *file = current_file(builder);
	if (!text && file->bytes.at)
		file->hash = slice_hash(file->bytes);
	file->bytes.at = text;
}

Node graph_add_node(GraphBuilder *builder, NodeType type, Node parent, Slice name, size_t start, size_t end)
{
	g_assert(start <= end && end <= current_file(builder)->bytes.length);
	*(BuiltNode *)pieces_add(&builder->nodes) = (BuiltNode){.name = symbol_add(builder->symbols, name),
	        .parent = parent,
	        .start = (uint32_t)start,
	        .end = (uint32_t)end,
	        .type = type};
	current_file(builder)->end_node = builder->nodes.count;
	return builder->nodes.count - 1;
}

uint32_t row_length(size_t start, size_t end)
{
	return (uint32_t)MIN(end - start, ELSEWHERE - 1);
}

static void add_row(GraphBuilder *builder, Node subject, FactKind kind, uint32_t object, size_t start, size_t end)
{
	BuiltFile *file = current_file(builder);
	g_assert(start <= end && end <= file->bytes.length);
	g_assert(subject >= file->first_node && subject < file->end_node);
	*(Row *)pieces_add(&builder->rows) = (Row){.subject = subject,
	        .object = object,
	        .start = (uint32_t)start,
	        .kind = kind,
	        .length = row_length(start, end)};
	file->end_row = builder->rows.count;
}

void graph_add(GraphBuilder *builder, Node subject, FactKind kind, Slice text, size_t start, size_t end)
{
	g_assert(fact_kind_object(kind) == OBJECT_SYMBOL);
	add_row(builder, subject, kind, symbol_add(builder->symbols, text), start, end);
}

void graph_add_number(GraphBuilder *builder, Node subject, FactKind kind, uint32_t number, size_t start, size_t end)
{
	g_assert(fact_kind_object(kind) == OBJECT_NUMBER);
	add_row(builder, subject, kind, number, start, end);
}

void graph_add_link(GraphBuilder *builder, Node subject, FactKind kind, Node object, size_t start, size_t end)
{
	g_assert(fact_kind_object(kind) == OBJECT_NODE);
	add_row(builder, subject, kind, object, start, end);
}

void graph_add_flag(GraphBuilder *builder, Node subject, FactKind kind, size_t start, size_t end)
{
	g_assert(fact_kind_object(kind) == OBJECT_NONE);
	add_row(builder, subject, kind, 0, start, end);
}

Node graph_add_problem(GraphBuilder *builder, Node parent, const char *name, const char *message, const char *expected,
        size_t start, size_t end)
{
	Node problem = graph_add_node(builder, NODE_PROBLEM, parent, slice_from(name), start, end);
	graph_add(builder, problem, FACT_MESSAGE, slice_from(message), start, end);
	if (expected)
		graph_add(builder, problem, FACT_EXPECTED, slice_from(expected), start, end);
	return problem;
}

uint32_t graph_builder_nodes(const GraphBuilder *builder)
{
	const BuiltFile *file = current_file(builder);
	return file->end_node - file->first_node;
}

/* ---- taking back ----------------------------------------------------------------------------------------- */

static void pieces_cut(Pieces *array, uint32_t count)
{
	uint32_t pieces = (count + PIECE - 1) / PIECE;
	array->count = count;
	g_ptr_array_set_size(array->pieces, (gint)pieces);
	g_array_set_size(array->taken, pieces);
}

void graph_undo_file(GraphBuilder *builder)
{
	const BuiltFile *file = current_file(builder);
	pieces_cut(&builder->nodes, file->first_node);
	pieces_cut(&builder->rows, file->first_row);
	g_array_set_size(builder->files, builder->files->len - 1);
}
