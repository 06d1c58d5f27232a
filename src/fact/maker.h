/* What opaque parts (FACT_OPAQUE) may have made. */
#pragma once

#include "fact/fact.h"

/* False where an opaque part cannot have made an object of that name: a chart, or a manifest from afar, makes objects
 * that are called after it, and so does one whose values lie in a folder; what a script fetches may make any. */
bool graph_may_make(const Graph *graph, Node maker, Slice name);
