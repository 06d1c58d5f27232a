/* What custom objects are, held against the definitions in the same repository. */
#pragma once

#include "fact/fact.h"

/* Derives DEFINED_BY and CUSTOM_… for all custom objects whose CustomResourceDefinition the repository holds, and
 * finishes the graph. Files are parsed again for it, but only those of such objects, and of definitions the part that
 * is asked. */
void custom_derive(Graph *graph);
