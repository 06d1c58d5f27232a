/* Joining: what no single file says. Which kustomization brings a file in, what an object is called once it is applied,
 * what a reference points to, and where an opaque chart may hold the answer.
 *
 * Every linker adds rows to the derived layer of a graph; rules only read them.
 */
#pragma once

#include "fact/fact.h"

/* Runs all linkers and finishes the graph. */
void link_graph(Graph *graph);
