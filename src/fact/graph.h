/* Inside of the graph; only the files of src/fact include this. */
#pragma once

#include "fact/fact.h"

typedef struct NodeInfo {
	Symbol name;
	Node parent;
	Node first_child, next_sibling;
	uint32_t file, start, end;
	uint32_t type;
} NodeInfo;

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
} FileInfo;

/* Where a row stands in the file of its subject. */
typedef struct Place {
	uint32_t start, end;
} Place;

struct Graph {
	SymbolTable *symbols;
	NodeInfo *nodes; /* nodes[0] is NODE_NONE */
	uint32_t n_nodes;
	Node *by_type;  /* node numbers by (type, number) */
	Node **by_name; /* NODE_TYPES: those of a type by (name, number), made when first asked for */
	uint32_t *rank; /* place of a node in by_type */
	uint32_t type_start[NODE_TYPES + 1];
	FileInfo *files;
	uint32_t n_files;
	/* A row's span is the index in places, beyond them in derived_spans, whose rows may stand in any file. */
	Place *places; /* index 0 is nowhere */
	uint32_t n_places;
	GArray *derived_spans; /* Span */
	Layer layers[2];
	GArray *derived; /* Row, in the order of graph_derive, since graph_finish */
	GHashTable *folders;
	GraphFetch *fetch;
	void *fetch_data;
};

/* A file as its builder keeps it: ranges in the builder's arrays. */
typedef struct BuiltFile {
	Slice path, bytes;
	uint64_t hash; /* of the bytes, where they are with nobody */
	uint32_t first_node, end_node, first_row, end_row;
} BuiltFile;

/* A row with the builder's own numbers. */
typedef struct BuiltRow {
	Node subject;
	uint32_t kind, object;
	Place place;
} BuiltRow;

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
	Pieces nodes;  /* NodeInfo with the builder's own numbers; 0 unused */
	Pieces rows;   /* BuiltRow */
	/* For records: the texts of the file at hand, and by symbol of this builder the number there, 0 between files.
	 */
	GArray *texts, *numbers;
};

/* For rows of one kind: by object, then as they were written. */
void rows_sort_by_object(Row *rows, uint32_t count);
/* By name, then by number. */
void nodes_sort_by_name(const Graph *graph, Node *nodes, uint32_t count);
