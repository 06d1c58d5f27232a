/* A cluster beside the repository: what it says of itself, and where it differs from the files. Only read. */
#pragma once

#include "flow/target.h"

/* The lists of nodes, pods and measurements of the cluster of a context, as `kubectl get -o json` would print them
 * (char *, each of one list). */
GPtrArray *live_lists(const char *context, GError **error);

/* An object of the repository that is otherwise on the cluster. */
typedef struct Drift {
	char *title; /* "core/Deployment/api" */
	Span place;
	bool absent;        /* it is not there at all */
	GPtrArray *changes; /* FieldChange: old is the cluster's, now the file's */
} Drift;

/* Drift of all objects (Drift), in their order; free with g_ptr_array_unref. Secrets are only looked for, and their
 * values not read. ret_unread counts kinds that the cluster lacks and objects that may not be read. */
GPtrArray *live_drift(Cluster *cluster, const ObjectSet *objects, uint32_t *ret_unread, GError **error);

/* The values of a drift as edits of the files: findings that FixOptions.proposed takes, in the arena; free with
 * g_ptr_array_unref. ret_left: how many differences have no certain place in a file. */
GPtrArray *adopt_findings(const Scan *scan, const GPtrArray *drifts, Arena *arena, uint32_t *ret_left);
