/* Inside of cluster; only the files of src/cluster include this. */
#pragma once

#include "cluster/cluster.h"

#include "base/http.h"

bool access_run_plugin(Access *access, GError **error);

struct Cluster {
	Access *access;
	char *kubeconfig; /* or NULL */
	Http *http;
	char *title;
	uint32_t patience; /* seconds */
	ClusterCount count;
	GPtrArray *kinds; /* ClusterKind, or NULL: not asked yet */
};

/* An answer as it is, whatever its status. accept may be NULL: JSON. */
bool cluster_ask(Cluster *cluster, const char *method, const char *path, GBytes *body, const char *type,
        const char *accept, HttpReply *ret_reply, GError **error);
/* The error that an answer of 400 and more means. */
void cluster_refused(const Cluster *cluster, const HttpReply *reply, GError **error);

/* An amount in units of 1/scale; 0 for none. */
int64_t amount_at(const Json *value, const char *path, int64_t scale);
/* Adds a pod's containers. */
void live_add_pod(Live *live, const Json *pod);
/* What a pod asks of a node, as the scheduler reckons it: millicores and bytes. */
void pod_asks(const Json *pod, int64_t *ret_cpu, int64_t *ret_memory);
/* "condition" of the list of conditions, or NULL. */
const Json *condition_of(const Json *object, const char *type);
/* Adds what is wrong with claims, Services, quotas and scalers. What may not be read is left out. */
void survey_notes(Survey *survey, Cluster *cluster, const char *namespace);
