/* The graph: what the files say, as rows of subject, kind, object and place.
 *
 * Sources write rows through a GraphBuilder, one builder a thread. graph_seal() joins the builders in the order of
 * their paths, so that the graph is the same whatever the number of threads was. A sealed graph is read-only; src/link
 * adds one layer of derived rows to it before the rules see it.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "base/symbol.h"

#include <glib.h>

/* A subject; 0 is none. Nodes of one file stand together, the file's own node first. */
typedef uint32_t Node;

typedef enum NodeType {
	NODE_NONE,
#define NODE(name, word, meaning) NODE_##name,
#define FACT(name, word, object, meaning)
#define DERIVED(name, word, object, meaning)
#include "fact/kinds.def"
#undef NODE
#undef FACT
#undef DERIVED
	NODE_TYPES
} NodeType;

typedef enum FactKind {
#define NODE(name, word, meaning)
#define FACT(name, word, object, meaning) FACT_##name,
#define DERIVED(name, word, object, meaning) FACT_##name,
#include "fact/kinds.def"
#undef NODE
#undef FACT
#undef DERIVED
	FACT_KINDS
} FactKind;

typedef enum ObjectType { OBJECT_SYMBOL, OBJECT_NODE, OBJECT_NUMBER, OBJECT_NONE } ObjectType;

/* Bytes [start, end) of a file. file is the number in the graph, from 0 in path order. */
typedef struct Span {
	uint32_t file, start, end;
} Span;

/* One fact. What object means depends on the kind: a Symbol, a Node, a number, or nothing. graph_span says where it
 * stands: start and length are for that alone. */
typedef struct Row {
	Node subject;
	uint32_t object;
	uint32_t start;
	uint32_t kind : 9, length : 23;
} Row;

const char *node_type_word(NodeType type);
const char *node_type_meaning(NodeType type);
const char *fact_kind_word(FactKind kind);
const char *fact_kind_meaning(FactKind kind);
ObjectType fact_kind_object(FactKind kind);
bool fact_kind_find(const char *word, FactKind *ret_kind);

/* ---- building ------------------------------------------------------------------------------ */

typedef struct GraphBuilder GraphBuilder;

GraphBuilder *graph_builder_new(void);
void graph_builder_free(GraphBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GraphBuilder, graph_builder_free)

/* Begins a file: all that follows belongs to it. bytes are borrowed until the graph is freed, path until it is sealed.
 * Returns its FILE node. */
Node graph_begin_file(GraphBuilder *builder, Slice path, Slice bytes);
/* How long the text of the current file is; and where it is now. NULL: with nobody any more, it is fetched when it is
 * asked for. */
size_t graph_text_length(const GraphBuilder *builder);
void graph_set_text(GraphBuilder *builder, const char *text);

/* A new node of the current file; [start, end) is the place of its name, or of the whole thing where it has none. */
Node graph_add_node(GraphBuilder *builder, NodeType type, Node parent, Slice name, size_t start, size_t end);

/* A fact with a text, a number, another node of the same file, or nothing but itself. Places as above. */
void graph_add(GraphBuilder *builder, Node subject, FactKind kind, Slice text, size_t start, size_t end);
void graph_add_number(GraphBuilder *builder, Node subject, FactKind kind, uint32_t number, size_t start, size_t end);
void graph_add_link(GraphBuilder *builder, Node subject, FactKind kind, Node object, size_t start, size_t end);
void graph_add_flag(GraphBuilder *builder, Node subject, FactKind kind, size_t start, size_t end);

/* A PROBLEM node below parent, with its message; expected may be NULL. */
Node graph_add_problem(GraphBuilder *builder, Node parent, const char *name, const char *message, const char *expected,
        size_t start, size_t end);

/* Nodes added so far in the current file: a source that must not outgrow its input looks here. */
uint32_t graph_builder_nodes(const GraphBuilder *builder);

/* As if the current file had not begun; there is none until the next begins. */
void graph_undo_file(GraphBuilder *builder);

/* ---- keeping ------------------------------------------------------------------------------- */

/* All rows of the current file as bytes, for another run of this same program. */
void graph_append_record(GraphBuilder *builder, GByteArray *out);
/* Begins a file, whose text nobody has yet, and adds what its record says of it; false, and no file begun, for bytes
 * that are no record. */
bool graph_add_record(GraphBuilder *builder, Slice path, Slice record);

/* ---- sealing ------------------------------------------------------------------------------- */

typedef struct Graph Graph;

/* Joins the builders into one graph and leaves nothing in them: they can only be freed. The files' bytes stay borrowed.
 */
Graph *graph_seal(GraphBuilder *const *builders, size_t n_builders);
/* The same of some files of one builder, which keeps all of them, by their numbers in the order of graph_begin_file,
 * from 0. */
Graph *graph_seal_files(GraphBuilder *builder, const uint32_t *files, size_t n_files);
/* The files of the builders, and those of an earlier graph that are not gone, by their numbers there: they say what
 * they said, without its derived layer. The earlier graph must outlive this one. */
Graph *graph_seal_again(const Graph *base, const bool *gone, GraphBuilder *const *builders, size_t n_builders);
/* Who has the texts that nobody had when the graph was sealed: of the length and slice_hash that they had, for as long
 * as the graph lives. Called from any thread, at times twice for one file. */
typedef const char *GraphFetch(void *data, uint32_t file, size_t length, uint64_t hash);
void graph_set_fetch(Graph *graph, GraphFetch *fetch, void *data);
void graph_free(Graph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Graph, graph_free)

/* ---- the derived layer: src/link calls these after graph_seal, and flow where it asks a program ----- */

void graph_derive(Graph *graph, Node subject, FactKind kind, uint32_t object, Span place);
Symbol graph_intern(Graph *graph, Slice text);
void graph_finish(Graph *graph);

/* ---- asking -------------------------------------------------------------------------------- */

typedef struct Rows {
	const Row *at, *end;
} Rows;

/* All rows of a kind, by subject; those of one subject; those of a kind with one object. Empty ranges are normal. */
Rows graph_rows(const Graph *graph, FactKind kind);
Rows graph_rows_of(const Graph *graph, Node subject, FactKind kind);
Rows graph_rows_to(const Graph *graph, FactKind kind, uint32_t object);

#define GRAPH_ROWS_(row, rows)                                                                                         \
	for (Rows row##_rows = (rows), *row##_once = &row##_rows; row##_once; row##_once = NULL)                       \
		for (const Row *row = row##_rows.at; row != row##_rows.end; row++)

/* Loops with a `const Row *row`; break leaves the loop. */
#define GRAPH_EACH(graph, fact_kind, row) GRAPH_ROWS_(row, graph_rows((graph), (fact_kind)))
#define GRAPH_OF(graph, node, fact_kind, row) GRAPH_ROWS_(row, graph_rows_of((graph), (node), (fact_kind)))
#define GRAPH_TO(graph, fact_kind, value, row) GRAPH_ROWS_(row, graph_rows_to((graph), (fact_kind), (value)))

/* The first row of the kind, or NULL. */
const Row *graph_find(const Graph *graph, Node subject, FactKind kind);
bool graph_has(const Graph *graph, Node subject, FactKind kind);

/* The object of the first such row; the empty symbol, the empty text or 0 where there is none. */
Symbol graph_symbol(const Graph *graph, Node subject, FactKind kind);
const char *graph_text(const Graph *graph, Node subject, FactKind kind);
uint32_t graph_number(const Graph *graph, Node subject, FactKind kind);

/* True if some row says exactly this. */
bool graph_says(const Graph *graph, Node subject, FactKind kind, uint32_t object);

/* Symbols of the whole graph. find gives false for a text that no fact mentions. */
const char *graph_symbol_text(const Graph *graph, Symbol symbol);
Slice graph_symbol_slice(const Graph *graph, Symbol symbol);
bool graph_find_symbol(const Graph *graph, Slice text, Symbol *ret_symbol);
uint32_t graph_symbols(const Graph *graph);

/* Nodes: numbers 1 … graph_nodes(), in the order of files and of places within a file as far as sources keep it. */
uint32_t graph_nodes(const Graph *graph);
NodeType graph_node_type(const Graph *graph, Node node);
Node graph_parent(const Graph *graph, Node node);
Symbol graph_name_symbol(const Graph *graph, Node node);
const char *graph_name(const Graph *graph, Node node);
Span graph_place(const Graph *graph, Node node);
uint32_t graph_file_of(const Graph *graph, Node node);
Slice graph_folder_of(const Graph *graph, Node node); /* of its file, without the slash behind it; "" is the root */

/* The nearest ancestor of that type, the node itself included; NODE_NONE if there is none. */
Node graph_ancestor(const Graph *graph, Node node, NodeType type);

typedef struct Nodes {
	const Node *at, *end;
} Nodes;

/* All nodes of a type; the children of a node that have a type (NODE_NONE: any). */
Nodes graph_nodes_of(const Graph *graph, NodeType type);
Node graph_first_node(const Graph *graph, NodeType type);
Node graph_next_node(const Graph *graph, Node node);
Node graph_first_child(const Graph *graph, Node parent, NodeType type);
Node graph_next_child(const Graph *graph, Node child, NodeType type);
#define GRAPH_NODES(graph, type, node)                                                                                 \
	for (Nodes node##_nodes = graph_nodes_of((graph), (type)), *node##_once = &node##_nodes; node##_once;          \
	        node##_once = NULL)                                                                                    \
		for (Node node = NODE_NONE; node##_nodes.at != node##_nodes.end && (node = *node##_nodes.at++);)
#define GRAPH_CHILDREN(graph, parent, type, node)                                                                      \
	for (Node node = graph_first_child((graph), (parent), (type)); node;                                           \
	        node = graph_next_child((graph), node, (type)))

/* Nodes of a type with that name, in order: begin with 0, ends with 0. */
Node graph_next_named(const Graph *graph, NodeType type, Symbol name, Node after);
#define GRAPH_NAMED(graph, type, name, node)                                                                           \
	for (Node node = graph_next_named((graph), (type), (name), 0); node;                                           \
	        node = graph_next_named((graph), (type), (name), node))

/* Places. A row's span; the bytes and path of a file; line and column count from 1, columns in bytes. */
Span graph_span(const Graph *graph, const Row *row);
uint32_t graph_files(const Graph *graph);
Node graph_file_node(const Graph *graph, uint32_t file);
Slice graph_file_bytes(const Graph *graph, uint32_t file);
const char *graph_file_path(const Graph *graph, uint32_t file);
void graph_position(const Graph *graph, Span span, uint32_t *ret_line, uint32_t *ret_column);
Slice graph_span_bytes(const Graph *graph, Span span);

/* How long a file's text is, which need not be read for that. */
uint32_t graph_file_size(const Graph *graph, uint32_t file);

/* The whole words of a text that is looked for, in any file and any graph. */
typedef struct Sought {
	uint32_t hashes[8], count;
} Sought;
Sought sought_words(Slice text);
/* False where one of the words stands nowhere in the file, told without its text. True says nothing. */
bool graph_may_hold(const Graph *graph, uint32_t file, const Sought *words);

/* The line of text in which the span begins, without its end. */
Slice graph_line_at(const Graph *graph, Span span);

/* The FILE node of a path, or NODE_NONE; whether some file lies below a folder ("" is the root). Paths without
 * "./" and without a final slash. */
Node graph_find_file(const Graph *graph, Slice path);
/* Number of the first file whose path is not before the text, by bytes: graph_files where all are. */
uint32_t graph_first_file(const Graph *graph, const char *text);
bool graph_has_folder(const Graph *graph, Slice path);

/* The path with the first symbolic link on its way replaced by what that points to; NULL where there is none, or it
 * leads out of the repository or into a submodule, which ret_unread then says. Free with g_free. */
char *graph_follow_link(const Graph *graph, Slice path, bool *ret_unread);
/* A submodule is one entry of the index; what lies in it is another repository. */
bool graph_is_submodule(const Graph *graph, Node file);
/* A file, a folder or a link is there, over symbolic links if need be. The root is no such path. */
bool graph_has_path(const Graph *graph, Slice path);

/* A readable name such as "apps/n8n.yaml/Deployment n8n/container n8n"; free with g_free. Holds no line numbers. */
char *graph_describe(const Graph *graph, Node node);

/* ---- printing ------------------------------------------------------------------------------ */

typedef struct DumpFilter {
	const char *subject; /* only subjects whose description contains this, or NULL */
	bool has_kind;       /* only rows of kind */
	FactKind kind;
} DumpFilter;

/* One fact a line, `subject<TAB>kind<TAB>object<TAB>path:line:column`, in the order of files: text that diffs. */
void graph_dump(const Graph *graph, const DumpFilter *filter, GString *out);

/* What the row says of its subject: the text, the number or the other node's name; nothing for a flag. */
void graph_append_object(const Graph *graph, const Row *row, GString *out);
