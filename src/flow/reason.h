/* Why something on a cluster is not well: what the API server, the scheduler and kubelets know, tied to the lines of
 * the repository. */
#pragma once

#include "flow/cause.h"
#include "flow/target.h"

/* name: a pod, workload, Service, claim, node or namespace, or KIND/NAME of any other object; namespace/… before it
 * where that is needed. objects: what the repository applies, for places. */
Cause *reason_new(Cluster *cluster, const Scan *scan, const ObjectSet *objects, const Check *check, const char *name,
        GError **error);
/* The first thing that is not well, as a name for reason_new; NULL if all is. Free with g_free. */
char *reason_first(Cluster *cluster, GError **error);

/* ---- within ------------------------------------------------------------------------------------------------ */

typedef struct Reason {
	Cluster *cluster;
	const Scan *scan;
	const ObjectSet *objects;
	const Check *check;
	Cause *cause;
} Reason;

void reason_step(Reason *reason, char *take_place, const char *format, ...) G_GNUC_PRINTF(3, 4);
void reason_mend(Reason *reason, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Where the repository has the object, as "path:line"; NULL if it does not. namespace may be NULL for any. */
char *reason_place(const Reason *reason, const char *kind, const char *namespace, const char *name);
/* "path:line" of a workload such as "Deployment/api". */
char *reason_workload_place(const Reason *reason, const char *namespace, const char *workload);
/* One object, or NULL where it is not there or not to be read; drop it with json_drop. */
Json *reason_get(Reason *reason, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The message of the latest event of an object whose type is Warning, or NULL; free with g_free. */
char *reason_event(Reason *reason, const char *namespace, const char *kind, const char *name);

void explain_pending(Reason *reason, const Json *pod);
void explain_service(Reason *reason, const Json *service);
/* What NetworkPolicies keep from a pod of the Service. */
void explain_policies(Reason *reason, const Json *service, const Json *pod);
void explain_claim(Reason *reason, const Json *claim);
void explain_node(Reason *reason, const Json *node);
void explain_workload(Reason *reason, const Json *workload);
/* Somebody has asked for the object to go, and it does not. False if nobody has. */
bool explain_deletion(Reason *reason, const char *kind, const Json *object);
