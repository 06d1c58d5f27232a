/* What the owner took out of the lists of kustomizations. */
#pragma once

#include "fact/fact.h"

/* The kustomization file of a folder, or NODE_NONE. */
Node kustomization_in(const Graph *graph, Slice folder);

/* Paths (char *) that some kustomization lists in a comment. Free with g_hash_table_unref. */
GHashTable *disabled_paths(const Graph *graph);

/* The path, or a folder above it, is among these; or a comment in the list of its folder or of one above has its name.
 */
bool is_commented_out(const Graph *graph, GHashTable *disabled, Slice path);
