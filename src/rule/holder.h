/* What lies at a path of a compose service's container. */
#pragma once

#include "fact/fact.h"

/* What follows the folder in the path, without a slash before it; NULL if the path does not lie there. */
const char *path_within(const char *path, const char *folder);

/* The mount that holds the path: the deepest one, or NODE_NONE. */
Node mount_holding(const Graph *graph, Node service, const char *path);

/* The path of the repository that a mount brings; NULL for volumes and for what lies elsewhere. Free with g_free. */
char *mount_source(const Graph *graph, Node service, Node mount);

/* A generator of a kustomization makes a key of the file: a container runs or reads it, where other files lie beside
 * it. */
bool is_packed(const Graph *graph, uint32_t file);
