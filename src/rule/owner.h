/* Who applies a file: the Flux Kustomization, the Application, the command of a script, or the kustomization that
 * somebody builds by hand. */
#pragma once

#include "fact/fact.h"

#define MOST_OWNERS 16

/* The nearest appliers of a file, and the outermost kustomizations where no applier stands above them. */
typedef struct Owners {
	Node at[MOST_OWNERS];
	uint32_t count;
} Owners;

/* file is a FILE node. Walks up what brings it in; circles are walked once. */
Owners owners_of(const Graph *graph, Node file);

bool owners_share(const Owners *a, const Owners *b);

/* Both files are brought in by one root, and so into one cluster. */
bool share_root(const Graph *graph, Node file, Node other);

/* The FILE node that a node stands in. */
Node file_node_of(const Graph *graph, Node node);

/* Flux or Argo CD brings the file in, and so reads it from Git. */
bool is_built_by_cluster(const Graph *graph, Node file);

/* The roots from which Flux or Argo CD is run: appliers, and kustomizations that bring some in. Free with
 * g_hash_table_unref. */
GHashTable *live_roots(const Graph *graph);
bool is_live(const Graph *graph, GHashTable *roots, Node file);

/* The kustomizations that bring the file in, and those that bring these in. */
#define MOST_CARRIERS 64
typedef struct Carriers {
	Node at[MOST_CARRIERS];
	uint32_t count;
} Carriers;
Carriers carriers_of(const Graph *graph, Node file);

/* A patch of one of them has the word: what it says of an object counts, and not what the object's file says. */
bool is_patched_with(const Graph *graph, const Carriers *carriers, const char *word);

/* An object of Flux or Argo CD brings files of this repository in. */
bool has_appliers(const Graph *graph);
