/* Inside of the graph; only the files of src/fact include this. */
#pragma once

#include "fact/fact.h"

#include <assert.h>

typedef struct NodeInfo {
	Symbol name;
	Node parent;
	Node first_child, next_sibling;
	uint32_t start, end;
	uint32_t file : 24, type : 8;
} NodeInfo;

#define MOST_FILES (1u << 24)
static_assert(NODE_TYPES <= 1 << 8 && FACT_KINDS <= 1 << 9, "the fields of nodes and rows hold them all");

/* The length of a row that is elsewhere: in another file than its subject, or longer than this. Its start is the index
 * of a Span. */
#define ELSEWHERE ((1u << 23) - 1)

/* Rows of one layer, by kind and subject. Those of a kind by object are made when first asked for, which few kinds are:
 * by whichever thread comes first, see graph_rows_to. kind_start has FACT_KINDS + 1 entries. */
typedef struct Layer {
	Row *by_subject;
	Row **by_object; /* FACT_KINDS, each NULL at first */
	uint32_t kind_start[FACT_KINDS + 1];
} Layer;

/* Offsets of lines 2, 3, … */
typedef struct Lines {
	uint32_t count;
	uint32_t starts[];
} Lines;

typedef struct FileInfo {
	Node node;
	Slice bytes;   /* at: NULL until they are fetched */
	uint64_t hash; /* of those that are */
	Lines *lines;  /* made when first asked for, as by_object */
	Slice words;   /* of the graph, see words.c */
} FileInfo;

/* What a graph has of an earlier one: see seal.c. */
typedef struct Again Again;

struct Graph {
	SymbolTable *symbols;
	NodeInfo *nodes; /* nodes[0] is NODE_NONE */
	uint32_t n_nodes;
	Node *by_type;  /* node numbers by (type, number) */
	Node **by_name; /* NODE_TYPES: those of a type by (name, number), made when first asked for */
	uint32_t type_start[NODE_TYPES + 1];
	FileInfo *files;
	uint32_t n_files;
	GArray *elsewhere; /* Span: see ELSEWHERE */
	Layer layers[2];
	GArray *derived; /* Row, in the order of graph_derive, since graph_finish */
	GHashTable *folders;
	Arena *words;
	Again *again; /* NULL where no earlier graph holds a part */
	GraphFetch *fetch;
	void *fetch_data;
};

/* A file as its builder keeps it: ranges in the builder's arrays. */
typedef struct BuiltFile {
	Slice path, bytes;
	uint64_t hash; /* of the bytes, where they are with nobody */
	Slice words;   /* the set of those in its text; of the builder */
	uint32_t first_node, end_node, first_row, end_row;
} BuiltFile;

/* A node and, as the graph has them too, rows: with the builder's own numbers. */
typedef struct BuiltNode {
	Symbol name;
	Node parent;
	uint32_t start, end, type;
} BuiltNode;

/* An array that grows by pieces, so that what the graph has taken can be given back while the rest still waits. */
typedef struct Pieces {
	GPtrArray *pieces; /* each with room for PIECE elements, or NULL when given back */
	GArray *taken;     /* uint32_t: of how many elements of a piece the graph has no more need */
	size_t size;       /* of an element */
	uint32_t count;
} Pieces;

#define PIECE 8192u

static inline void *pieces_at(const Pieces *array, uint32_t index)
{
	return (char *)array->pieces->pdata[index / PIECE] + array->size * (index % PIECE);
}

/* Elements [start, end) are not asked for again. */
void pieces_give_back(Pieces *array, uint32_t start, uint32_t end);
/* Room for one more; nothing is written there yet. */
void *pieces_add(Pieces *array);

struct GraphBuilder {
	SymbolTable *symbols;
	GArray *files; /* BuiltFile */
	Pieces nodes;  /* BuiltNode; 0 unused */
	Pieces rows;   /* Row; none is elsewhere */
	/* For records: the texts of the file at hand, and by symbol of this builder the number there, 0 between files.
	 */
	GArray *texts, *numbers;
	Arena *words;
	GArray *hashes; /* uint32_t: of the words of the file at hand */
};

/* Of a place in the file of its subject; what is longer than a row can tell is cut. */
uint32_t row_length(size_t start, size_t end);

/* The set of words of a text; hashes is for its own use. */
Slice words_in(Slice text, GArray *hashes, Arena *arena);

/* For rows of one kind: by object, then by subject. */
void rows_sort_by_object(Row *rows, uint32_t count);
/* By name, then by number. */
void nodes_sort_by_name(const Graph *graph, Node *nodes, uint32_t count);
