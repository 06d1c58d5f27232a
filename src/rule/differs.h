/* In what two manifests of one object differ. */
#pragma once

#include "fact/graph.h"

/* "image, replicas": the keys on lines that only one of them has, six at most, or NULL where all lines are the same.
 * Free with g_free. */
char *object_differences(const Graph *graph, Node one, Node other);
/* ConfigMaps or Secrets without one key in common: two things under one name. */
bool objects_share_no_key(const Graph *graph, Node one, Node other);
