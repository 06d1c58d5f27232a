/* Compose files and services that others are made of. */
#pragma once

#include "fact/fact.h"

/* The compose file at a path as it is written in another; NODE_NONE where it could not be read. */
Node compose_at(const Graph *graph, Node from, Slice path);

/* Services of other files that are extended and whose image all that extend them replace: nothing runs it. A set of
 * nodes; free with g_hash_table_unref. */
GHashTable *images_replaced(const Graph *graph);
