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

/* Rows of one layer twice: by (kind, subject) and by (kind, object). kind_start has FACT_KINDS + 1 entries. */
typedef struct Layer {
	Row *by_subject, *by_object;
	uint32_t kind_start[FACT_KINDS + 1];
	uint32_t count;
} Layer;

typedef struct FileInfo {
	Node node;
	Slice bytes;
	uint32_t *line_starts; /* offsets of lines 2, 3, …; made when first asked */
	uint32_t n_lines;
} FileInfo;

struct Graph {
	SymbolTable *symbols;
	NodeInfo *nodes; /* nodes[0] is NODE_NONE */
	uint32_t n_nodes;
	Node *by_type, *by_name; /* node numbers by (type, number) and by (type, name, number) */
	uint32_t *rank;          /* place of a node in by_type */
	uint32_t type_start[NODE_TYPES + 1];
	FileInfo *files;
	uint32_t n_files;
	GArray *spans; /* Span; index 0 is nowhere */
	Layer layers[2];
	GArray *derived; /* Row, until graph_finish */
	GHashTable *folders;
};

/* A file as its builder keeps it: ranges in the builder's arrays. */
typedef struct BuiltFile {
	Slice path, bytes;
	uint32_t first_node, end_node, first_row, end_row;
} BuiltFile;

typedef struct BuiltSpan {
	uint32_t start, end;
} BuiltSpan;

struct GraphBuilder {
	SymbolTable *symbols;
	GArray *files; /* BuiltFile */
	GArray *nodes; /* NodeInfo with the builder's own numbers; 0 unused */
	GArray *rows;  /* Row with the builder's own numbers; span is the row's index in spans */
	GArray *spans; /* BuiltSpan */
};

/* Sorts rows into both orders of a layer. rows is taken. */
void layer_index(Layer *layer, Row *rows, uint32_t count);
void layer_clear(Layer *layer);
