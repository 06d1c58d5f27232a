/* What the owner left out of the lists of kustomizations. An entry in a comment makes the file quiet already. */
#pragma once

#include "fact/fact.h"

/* The kustomization file of a folder, or NODE_NONE. */
Node kustomization_in(const Graph *graph, Slice folder);

/* A comment in the list of the path's folder, or of one above, has its name. */
bool is_commented_out(const Graph *graph, Slice path);
