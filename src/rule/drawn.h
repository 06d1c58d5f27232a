/* Trees of folders that a document draws with ├── and └──. */
#pragma once

#include "rule/rule.h"

/* A drawn tree: its names (LINK nodes), and the folder of the repository that fits it best. */
typedef struct DrawnTree {
	const Graph *graph;
	Node first, end; /* names from first on, before end */
	char *base;
	uint32_t names, found;
	bool ours; /* enough of it is here that it speaks of this repository, and of today */
} DrawnTree;

/* The tree whose root (a LINK of role tree-root) is *link, which is moved to the first link behind it, or NODE_NONE. */
DrawnTree drawn_tree_read(const Graph *graph, Node *link);
void drawn_tree_clear(DrawnTree *tree);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DrawnTree, drawn_tree_clear)

/* The path that a name of the tree stands for, be it there or not; NULL where it stands for many. Free with g_free. */
char *drawn_path(const DrawnTree *tree, Node link);

/* Takes names (LINK nodes of one file) out of their drawing, with all that is drawn below them. */
void erase_drawn(Checker *checker, Finding *finding, const GArray *names);
