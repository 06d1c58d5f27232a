/* An app of apps may be a chart: its templates are Applications, or Kustomizations of Flux, whose paths are known once
 * helm has run. */
#pragma once

#include "fact/fact.h"

typedef struct Templated {
	GHashTable *folders; /* char *: what such a path ends with */
	bool any;            /* one ends with a value, and so with any folder */
} Templated;

Templated templated_new(const Graph *graph);
void templated_clear(Templated *templated);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Templated, templated_clear)

/* Something that a chart makes may lead to the folder of the file. */
bool is_templated(const Templated *templated, Slice path);

/* Below a chart: CRDs, files and values that helm takes. */
bool is_in_chart(const Graph *graph, Slice path);
