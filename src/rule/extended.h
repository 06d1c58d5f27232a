/* Compose files and services that others are made of. */
#pragma once

#include "fact/fact.h"

/* The compose file at a path as it is written in another; NODE_NONE where it could not be read. */
Node compose_at(const Graph *graph, Node from, Slice path);

/* Another file extends the service: it is a part to be taken, and what takes it may say the rest. */
bool is_extended(const Graph *graph, Node service);

/* Services of other files that are extended and whose image all that extend them replace: nothing runs it. A set of
 * nodes; free with g_hash_table_unref. */
GHashTable *images_replaced(const Graph *graph);
