/* Inside of cluster; only the files of src/cluster include this. */
#pragma once

#include "cluster/cluster.h"

#include "base/http.h"

bool access_run_plugin(Access *access, GError **error);

struct Cluster {
	Cluster *first;   /* the connection that this one was made of, or itself */
	Access *access;   /* for this connection's thread only */
	uint32_t renewal; /* which credential it holds */
	char *kubeconfig; /* or NULL */
	Http *http;
	char *title;
	uint32_t patience; /* seconds */
	GCancellable *cancellable;
	GPtrArray *kinds; /* ClusterKind, or NULL: not asked yet */
	GMutex lock;      /* over what follows */
	ClusterCount count;
	GPtrArray *idle; /* Cluster: further connections that nobody uses just now; or NULL */
	GMutex renewing; /* over what follows, which only the first has: the newest credential */
	char *token, *certificate;
	uint32_t newest;
};

/* An answer as it is, whatever its status. accept may be NULL: JSON. */
bool cluster_ask(Cluster *cluster, const char *method, const char *path, GBytes *body, const char *type,
        const char *accept, HttpReply *ret_reply, GError **error);
/* The error that an answer of 400 and more means. */
void cluster_refused(const Cluster *cluster, const HttpReply *reply, GError **error);

/* Adds a pod's containers. */
void live_add_pod(Live *live, const Json *pod);
/* Adds a list to those that a survey reads (ClusterListing); namespace may be NULL: of all. */
void survey_add_list(
        GArray *listings, const char *group, const char *namespace, const char *plural, ClusterEach each, void *data);
/* Adds those that tell what is wrong with claims, Services, quotas and scalers; once they are read, noting_finish adds
 * it to the survey. What may not be read is left out. */
typedef struct Noting Noting;
Noting *noting_new(Survey *survey, const char *namespace, GArray *listings);
void noting_finish(Noting *noting, const GArray *listings);

/* ---- applying -------------------------------------------------------------------------------------------- */

#define MOST_REQUESTS 6 /* at a time, of dry runs and of applying */

/* The parts of an object that a set of fields (fieldsV1 of managedFields) names; NULL for none. */
Json *fields_extract(const Json *object, const Json *fields);
/* The fields of an object that a manager applied, as it could be applied again; NULL if there are none. */
Json *fields_of(const Json *object, const char *manager);
/* Only these, without what tells the object and items of its lists from others. */
Json *fields_owned(const Json *object, const char *manager);
/* Who set the field of a path in the form of FieldChange last; NULL if nobody says so. Borrowed from the object. */
const char *fields_owner(const Json *object, const char *path);
uint32_t object_wave(const Json *object, bool own_definition);
uint32_t object_rank(const Json *object);
/* Whether an object of a kind, which items of lists do not tell, is as far as it has to be. ret_why: what it waits for,
 * or why it never will be (ret_broken); free with g_free. */
bool object_is_ready(const char *kind, const Json *object, char **ret_why, bool *ret_broken);

ClusterStep *step_new(ObjectChange kind, const Json *object);
void plan_finish(ClusterPlan *plan);
/* Removals of what carries the project's label, sorted into the plan; wanted holds the API paths of what stays. */
bool plan_removals(Cluster *cluster, ClusterPlan *plan, GHashTable *wanted, bool volumes, GError **error);
/* Whether applying the object would leave what is there as it is, as far as its fields tell. */
bool known_same(const Json *object, const Json *live);
/* What this user may do in every namespace; NULL where the server does not say so. Free with json_drop. */
Json *known_rights(Cluster *cluster);
/* Whether a new object of a namespace that is new as well will be taken, as far as rights and schema tell. */
bool known_fine(const Json *rights, const ClusterKind *kind, const Json *object);
#define APPLY_TYPE "application/apply-patch+yaml" /* JSON is YAML */
char *apply_path(const char *path, bool dry, bool force);
/* What `up --rollback` goes back to; {"steps": [{path, wave, object, before}]}. */
bool undo_write(Cluster *cluster, const ClusterPlan *plan, GError **error);
Json *undo_read(Cluster *cluster, const char *project, GError **error);
/* "ImagePullBackOff: …" of the first pod of a workload that will not come up by itself; NULL if there is none. */
char *workload_trouble(Cluster *cluster, const Json *workload);
