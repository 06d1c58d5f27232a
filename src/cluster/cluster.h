/* A Kubernetes cluster by its API: who we are to it, what it runs, and how files become objects of it.
 *
 * Reading order: an Access is one context of a kubeconfig, with all that it can be wrong about said at its line; a
 * Cluster is a connection made of it. Nothing here takes the context that happens to be the current one: a cluster is
 * only touched when labwright.yaml or an option names it.
 */
#pragma once

#include "base/json.h"
#include "base/slice.h"
#include "engine/engine.h"

#include <gio/gio.h>

/* ---- who we are ------------------------------------------------------------------------------------------ */

typedef struct Access {
	char *context, *namespace;   /* the namespace of the context, or "default" */
	char *server;                /* "https://192.168.8.185:6443", without a slash at the end */
	char *authorities;           /* PEM, or NULL: the system's */
	char *server_name, *proxy;   /* or NULL */
	bool insecure, plain;        /* plain: answers are not packed */
	char *certificate;           /* PEM of the client's certificate and key, or NULL */
	char *token;                 /* or NULL */
	char *token_file;            /* read again for every connection; or NULL */
	char *as;                    /* whom requests are made in the name of, or NULL */
	char **plugin, **variables;  /* the command that gives credentials, "NAME=value"; or NULL */
	char *plugin_version, *hint; /* apiVersion that it speaks; what to do where it is not installed */
	bool plugin_wants_cluster;
	char *place; /* "path:line" of the user, for messages */
} Access;

/* The context of a name. file NULL: what KUBECONFIG lists, else ~/.kube/config. "in-cluster" is the service account of
 * the pod that labwright runs in, unless a kubeconfig has a context of that name. */
Access *access_new(const char *file, const char *context, GError **error);
void access_free(Access *access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Access, access_free)
/* Names of all contexts as a list for people, "" where there are none. Free with g_free. */
char *access_contexts(const char *file);
/* What the plugin, the token file or the token say now: sets access->token or ->certificate. */
bool access_refresh(Access *access, GError **error);
/* When the client's certificate or a token that tells of itself ends: seconds since 1970, 0 if nothing is known. */
gint64 access_ends(const Access *access);

/* ---- talking to it --------------------------------------------------------------------------------------- */

typedef struct Cluster Cluster;

/* Connects with a context and asks for the version, so that whatever is wrong is said before anything is done. */
Cluster *cluster_open(const char *kubeconfig, const char *context, GError **error);
/* Another connection with the same identity, for another thread. */
Cluster *cluster_again(const Cluster *cluster, GError **error);
/* The same for a while: one that is kept and that nobody uses just now, where there is one. What is asked of it counts
 * for the cluster once it is given back. Both may be called by any thread. */
Cluster *cluster_borrow(Cluster *cluster, GError **error);
void cluster_give_back(Cluster *cluster, Cluster *take_other);
/* Does pieces of work [0, n), each by one of at most so many threads (this one among them) with a connection of its
 * own. The first that sets an error ends it: what has begun is still finished, the rest is not begun. */
typedef void (*ClusterWork)(Cluster *connection, size_t at, void *data, GError **error);
bool cluster_share(Cluster *cluster, size_t n, uint32_t most, ClusterWork work, void *data, GError **error);
void cluster_free(Cluster *cluster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cluster, cluster_free)

const char *cluster_title(const Cluster *cluster); /* "Kubernetes v1.36.3 at https://… (context home)" */
const Access *cluster_access(const Cluster *cluster);
/* What was asked of it so far. */
typedef struct ClusterCount {
	uint64_t requests, bytes;
} ClusterCount;
ClusterCount cluster_count(Cluster *cluster);

/* Waits, in seconds, for a server that is away before a request fails: 0 without this call, so that looking at a
 * cluster does not hang. */
void cluster_set_patience(Cluster *cluster, uint32_t seconds);

/* Ends waiting for a server that is away when it is cancelled; borrowed, or NULL. */
void cluster_set_cancellable(Cluster *cluster, GCancellable *cancellable);

/* One request; path begins with /api. Free the value with json_drop. A server that is busy (429, 503, 504) or away is
 * asked again. NULL with the server's own words; the error's code is the status, 0 for the connection's. */
Json *cluster_get(Cluster *cluster, const char *path, GError **error);
/* Its metadata only: of a Secret no value comes over the network. */
Json *cluster_get_metadata(Cluster *cluster, const char *path, GError **error);
/* body may be NULL. Only for what may be done twice: server-side apply, deletion. */
Json *cluster_send(
        Cluster *cluster, const char *method, const char *path, const Json *body, const char *type, GError **error);
/* The answer as it comes: logs, watches. */
GInputStream *cluster_stream(Cluster *cluster, const char *path, GCancellable *cancellable, GError **error);
struct HttpSocket *cluster_socket(Cluster *cluster, const char *path, const char *const *protocols, GError **error);
GQuark cluster_error_quark(void);
/* The server answered with this status; 0 where it was not reached. */
bool cluster_said(const GError *error, int status);

/* Calls each for every item of a list, which is asked for in pages; items are the caller's only during the call, and
 * tell nothing of the owners of their fields.
 * ret_version may be NULL; else the resourceVersion to watch from, free with g_free. */
typedef void (*ClusterEach)(const Json *item, void *data);
bool cluster_list(Cluster *cluster, const char *path, ClusterEach each, void *data, char **ret_version, GError **error);

/* The same of the metadata only, with the owners of fields: of Secrets no value comes over the network. */
bool cluster_list_metadata(Cluster *cluster, const char *path, ClusterEach each, void *data, GError **error);

typedef enum ListForm {
	LIST_WHOLE = 0,
	LIST_METADATA = 1, /* nothing else of the items comes */
	LIST_OWNERS = 2    /* who owns which field stays in them, and each says its kind as it would alone */
} ListForm;

/* One of several lists, and what is done with it: either each of its items that is wanted (NULL: all), or its pages as
 * texts of JSON. What `kubectl apply` keeps in an annotation is in none of them; of the metadata only, without owners,
 * there are no annotations at all. */
typedef struct ClusterListing {
	const char *path;
	ListForm form;
	const char *const *without; /* keys whose values nobody looks at, NULL-terminated; or NULL */
	ClusterEach each;
	bool (*wanted)(Slice item, void *data);
	void (*page)(char *take_text, size_t length, void *data);
	void *data;
	GError *error; /* afterwards: why it, or the rest of it, could not be read; the caller's */
} ClusterListing;

/* Asks for all of them at once and calls back in their order, in this thread. */
void cluster_gather(Cluster *cluster, ClusterListing *listings, size_t n);
/* One of them; false with listing->error. ret_version as for cluster_list. */
bool cluster_read(Cluster *cluster, ClusterListing *listing, char **ret_version);

/* The summaries of the kubelets of these nodes (char *), in their order, each called by this thread; false where none
 * may be had. */
bool cluster_summaries(Cluster *cluster, const GPtrArray *nodes, ClusterEach each, void *data);
/* What containers used in the last week, as Prometheus or VictoriaMetrics in the cluster answers a query of a range;
 * false where there is neither, or it may not be asked. */
bool cluster_series(Cluster *cluster, ClusterEach each, void *data);

typedef enum WatchEvent { WATCH_ADDED, WATCH_CHANGED, WATCH_GONE, WATCH_ANEW } WatchEvent;
/* False ends the watch. item is NULL for WATCH_ANEW: all that was told before is forgotten, and is told again. */
typedef bool (*ClusterSeen)(WatchEvent event, const Json *item, void *data);
/* Tells all items and then every change until seen wants no more, the cancellable (or NULL) is cancelled, the seconds
 * (0: for ever) are over, all of which are true, or the cluster cannot be reached for the patience. Survives cut
 * streams, restarts and 410. */
bool cluster_watch(Cluster *cluster, const char *path, uint32_t seconds, ClusterSeen seen, void *data,
        GCancellable *cancellable, GError **error);
/* The same for ever, without the items that are there: WATCH_ANEW comes first, and where changes may have been missed.
 */
bool cluster_watch_changes(
        Cluster *cluster, const char *path, ClusterSeen seen, void *data, GCancellable *cancellable, GError **error);

/* ---- kinds ----------------------------------------------------------------------------------------------- */

typedef struct ClusterKind {
	char *version, *kind, *plural; /* "apps/v1", "Deployment", "deployments" */
	bool namespaced, listable, writable;
} ClusterKind;

/* The kind of an apiVersion as the cluster tells it; NULL without an error where it has none. Borrowed. */
const ClusterKind *cluster_kind(Cluster *cluster, const char *version, const char *kind, GError **error);
/* All of them (ClusterKind); borrowed. */
const GPtrArray *cluster_kinds(Cluster *cluster, GError **error);
/* CustomResourceDefinitions have changed. */
void cluster_forget_kinds(Cluster *cluster);
/* "/apis/apps/v1/namespaces/core/deployments/api"; name NULL: the list; namespace NULL: of all. Free with g_free. */
char *kind_path(const ClusterKind *resource, const char *namespace, const char *name);

/* An object that is sought by name. */
typedef struct ClusterWish {
	const ClusterKind *kind;
	const char *namespace, *name; /* namespace NULL: its kind has none */
	bool metadata;                /* no more than that, the same for all of a kind */
	bool refused;                 /* afterwards: it may not be read */
} ClusterWish;

/* Calls back for those that exist, in no order, with the owners of their fields; no object may be sought twice. By one
 * request for each kind where lists may be read. */
typedef void (*ClusterFound)(size_t wish, const Json *object, void *data);
bool cluster_find(Cluster *cluster, ClusterWish *wishes, size_t n, ClusterFound found, void *data, GError **error);

/* ---- what it runs ---------------------------------------------------------------------------------------- */

typedef struct ClusterNode {
	char *name, *version, *architecture, *address; /* InternalIP, or NULL */
	char *problem; /* "not ready: kubelet stopped posting node status", "MemoryPressure"; or NULL */
	bool ready, cordoned;
	double cpu, cpu_asked, cpu_used;            /* cores; used: negative if not known */
	uint64_t memory, memory_asked, memory_used; /* bytes; used: 0 if not known */
	uint32_t pods, most_pods;
} ClusterNode;

typedef struct Survey {
	Live *live;       /* pods; container->id is "namespace/pod/container" */
	GPtrArray *nodes; /* ClusterNode, by name */
	GPtrArray *notes; /* char *: what is wrong with other objects than pods: claims, Services, quotas, scalers */
	GPtrArray *paths; /* char *: the API's lists of which it was made */
	bool measured;    /* the cluster has metrics */
} Survey;

typedef struct SurveyOptions {
	const char *namespace; /* or NULL: all */
	bool quick;            /* pods and nodes only */
} SurveyOptions;

Survey *survey_new(Cluster *cluster, const SurveyOptions *options, GError **error);
/* What is used, anew; nothing where the survey was a quick one. */
void survey_measure(Survey *survey, Cluster *cluster, const SurveyOptions *options);
void survey_free(Survey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Survey, survey_free)

/* Watches the lists of a survey by a thread for each, to tell when another one is worth its requests. */
typedef struct Changes Changes;
Changes *changes_new(Cluster *cluster, const Survey *survey);
/* Waits until something changes, which may have been since the last call; false where nothing has within the
 * milliseconds. A list that cannot be watched changes all the time. */
bool changes_wait(Changes *changes, uint32_t milliseconds);
void changes_free(Changes *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Changes, changes_free)

/* "Deployment/api" of a pod, by its owner; free with g_free. */
char *pod_workload(const Json *pod);
/* What a pod asks of a node, as the scheduler reckons it: millicores and bytes. */
void pod_asks(const Json *pod, int64_t *ret_cpu, int64_t *ret_memory);
/* The condition of a type in an object's status, or NULL. */
const Json *condition_of(const Json *object, const char *type);
/* An amount in units of 1/scale; 0 for none. */
int64_t amount_at(const Json *value, const char *path, int64_t scale);

/* ---- which one ------------------------------------------------------------------------------------------- */

/* What labwright.yaml says of the cluster. */
typedef struct ClusterChoice {
	char *context; /* NULL: it names none */
	char *id;      /* uid of kube-system that the cluster must have, or NULL */
	uint32_t line;
} ClusterChoice;
void cluster_choice_clear(ClusterChoice *choice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClusterChoice, cluster_choice_clear)
/* Reads the bytes of labwright.yaml. False where it means a cluster and does not say which. */
bool cluster_choice_read(Slice bytes, ClusterChoice *ret_choice, GError **error);
/* False where the cluster behind the context is another one. */
bool cluster_is_chosen(Cluster *cluster, const ClusterChoice *choice, GError **error);

/* ---- making it so ---------------------------------------------------------------------------------------- */

#define CLUSTER_MANAGER "labwright" /* our name as the owner of fields */
#define CLUSTER_LABEL "labwright/project"

/* One field that differs. Values are short texts for people; those of Secrets are not shown. */
typedef struct FieldChange {
	char *path;      /* "spec.template.spec.containers[api].image" */
	char *old, *now; /* NULL: the field is not there */
	char *owner;     /* who set it last ("kubectl-client-side-apply", "labwright"), or NULL */
} FieldChange;

void field_change_free(void *change);
/* Whether items of lists are told apart by the member of this name in a FieldChange's path. */
bool field_names_item(const char *key);
/* How two states of an object differ; bookkeeping of the server is left out. changes: FieldChange. */
void object_compare(const Json *old, const Json *now, GPtrArray *changes);
/* The same for what is on the cluster (old) and what a file says (now): only fields that the file names count. */
void object_drift(const Json *file, const Json *live, GPtrArray *changes);
char *object_title(const Json *object); /* "core/Deployment/api", "Namespace/core"; free with g_free */

typedef enum ObjectChange { OBJECT_KEEP, OBJECT_CREATE, OBJECT_CHANGE, OBJECT_REMOVE } ObjectChange;

/* What becomes of one object. */
typedef struct ClusterStep {
	ObjectChange kind;
	char *title;          /* "core/Deployment/api" */
	char *path;           /* in the API; NULL while its kind is not known there yet */
	Json *object;         /* what is applied; NULL for OBJECT_REMOVE */
	Json *before;         /* the fields of ours that the object had, to go back to; NULL: it was not there */
	Span place;           /* in its file; of file 0 and length 0 for OBJECT_REMOVE */
	uint32_t wave, rank;  /* see cluster_wave_word; within a wave, lower ranks are applied before */
	GPtrArray *changes;   /* FieldChange */
	GPtrArray *conflicts; /* FieldChange: somebody else keeps the field at another value */
	char *problem;        /* the cluster refuses it, or NULL */
	char *keeper;         /* "Flux (Kustomization flux-system/apps)": who applies it from Git, or NULL */
	char *unready;        /* nothing is to be done, and still it is not ready: why, or NULL */
} ClusterStep;

typedef struct ClusterPlan {
	GPtrArray *steps; /* ClusterStep, in the order of the waves */
	char *project;
	uint32_t to_do, unready, conflicts, problems, kept_by_others;
} ClusterPlan;

typedef struct ClusterPlanOptions {
	const char *project;
	bool force; /* conflicts are taken over */
	bool prune; /* what was applied before and is no longer wanted is removed */
} ClusterPlanOptions;

/* What would become of these Manifests, by a dry run of the cluster itself. Nothing is changed. */
ClusterPlan *cluster_plan_new(
        Cluster *cluster, const GArray *manifests, const ClusterPlanOptions *options, GError **error);
/* What undoes the last `up` of a project; an error where there is nothing to go back to. */
ClusterPlan *cluster_plan_back(Cluster *cluster, const char *project, GError **error);
/* After that: there is nothing to go back to any more. */
bool cluster_forget_record(Cluster *cluster, const char *project, GError **error);
/* What takes away all that was applied for a project; what holds data only if volumes is true. */
ClusterPlan *cluster_plan_down(Cluster *cluster, const char *project, bool volumes, GError **error);
void cluster_plan_free(ClusterPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterPlan, cluster_plan_free)
const char *cluster_wave_word(uint32_t wave); /* "namespaces", "workloads" */

typedef enum ClusterPhase {
	PHASE_WAVE,
	PHASE_KEPT, /* all is applied, and what an earlier `up` left unready is waited for */
	PHASE_APPLIED,
	PHASE_WAITS,
	PHASE_READY,
	PHASE_REMOVED,
	PHASE_FAILED
} ClusterPhase;

typedef struct ClusterApply {
	bool wait;         /* until what was applied is ready, now or before */
	bool force;        /* as in the plan */
	bool keep_record;  /* of what was before; false when going back */
	uint32_t patience; /* seconds for a wave to become ready */
	/* why may be NULL, and so is step for PHASE_KEPT. Called by several threads, by one at a time. */
	void (*tell)(const ClusterStep *step, ClusterPhase phase, const char *why, void *data);
	void *data;
	GCancellable *cancellable;
} ClusterApply;

/* Wave by wave; false with an error where one is broken: then nothing of the later ones was touched. What was kept and
 * is not ready is waited for last. */
bool cluster_apply(Cluster *cluster, const ClusterPlan *plan, const ClusterApply *options, GError **error);

/* ---- in a container -------------------------------------------------------------------------------------- */

/* Runs a command in a container of a pod, with standard input and output, and with its terminal if there is one.
 * Turns the default main context. */
bool cluster_exec(
        Cluster *cluster, const LiveContainer *container, char **command, bool terminal, int *ret_code, GError **error);

typedef struct LogQuery {
	int tail;
	bool follow, previous; /* previous: of the container that ended */
	const char *since;     /* seconds since 1970 as a text, or NULL */
} LogQuery;
/* What it writes, as a plain stream; free with g_object_unref. */
GInputStream *cluster_logs(Cluster *cluster, const LiveContainer *container, const LogQuery *query, GError **error);
