/* The tree of one document as it grows, while yaml.c reads it by libyaml's events. Only yaml.c includes this. */
#pragma once

#include "source/yaml.h"

#define MOST_DEPTH 100

typedef struct Anchor {
	Slice name, key;    /* key: of what it is the value; of an extension ("x-app") that of the first alias */
	YamlNode *node;     /* NULL while the node is still open: an alias to it would be a cycle */
	YamlShared *shared; /* NULL as long as it has no alias */
	struct Anchor *next;
} Anchor;

typedef struct Frame {
	YamlNode *node;
	YamlNode *key; /* of a map: waits for its value */
	Anchor *anchor;
} Frame;

typedef struct Tree {
	Arena *arena;
	Slice bytes; /* the whole file */
	size_t base; /* where the document's bytes begin */
	size_t end;  /* and end */
	YamlDocument *document;
	Anchor *anchors;
	Frame frames[MOST_DEPTH];
	uint32_t depth;
} Tree;

/* A copy with a NUL behind it; text may be NULL. */
Slice tree_keep(Tree *tree, const void *text, size_t length);
void tree_fail(Tree *tree, size_t at, const char *message);

YamlNode *tree_node(Tree *tree, YamlKind kind, YamlStyle style, size_t start, size_t end);
/* Hands a complete node, used at [start, end), to the collection that is open. */
void tree_place(Tree *tree, YamlNode *node, size_t start, size_t end);
/* Remembers the node where it has an anchor; NULL where it has none. */
Anchor *tree_anchor(Tree *tree, const YamlNode *node);
/* The node of an anchor, which one alias more stands for. */
YamlNode *tree_alias(const Tree *tree, Anchor *anchor);
/* False, and the document has failed, where collections are nested too deep. */
bool tree_open(Tree *tree, YamlNode *node);
/* The collection that was opened last ends; of a flow collection, at this byte. */
void tree_close(Tree *tree, size_t end);

/* The end of a block scalar, whose header is at start: the last line that is indented deeper than the line with the
 * header, before end. */
size_t tree_block_scalar_end(const Tree *tree, size_t start, size_t end);
