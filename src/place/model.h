/* Inside of src/place: the parts that a model is built from. */
#pragma once

#include "place/place.h"

/* The object says nothing of what runs: its file is archived, an example, a test and the like, or it is a patch. */
bool is_put_away(const Graph *graph, Node object);

/* Texts of the model that live as long as it. */
void model_note(Model *model, Node subject, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The resource that a name of a request or capacity means; RESOURCES for one that is not counted. */
Resource resource_of(Slice name);
/* "memory=8Gi" into amounts; false (and nothing done) for what is no amount of a counted resource. */
bool amounts_add(Amounts *amounts, Slice pair);

/* ---- machines ---------------------------------------------------------------------------------- */

/* From labwright.yaml, from manifests of Nodes, and from what a cluster said of its nodes; where none of these knows
 * what any machine has, from what texts say. */
void model_add_machines(Model *model, const ModelOptions *options);
/* The index of the machine of that name or alias, or machines->len. */
uint32_t model_find_machine(const Model *model, const char *name);
/* A machine of that name with the labels that every node has; capacity unknown. */
Machine *model_add_machine(Model *model, const char *name);
const char *machine_label(const Machine *machine, const char *key);

/* Notes of what nobody said and placement so cannot count. After the demands. */
void model_note_unsaid(Model *model);

/* The clause of the pod that rules the machine out, or NULL. Lives as long as the model. */
const char *machine_refuses(Model *model, const Machine *machine, Node pod);
/* Weight of the preferences that the machine does not meet. */
uint32_t machine_dislike(const Model *model, const Machine *machine, Node pod);
/* All conditions of a TERM hold for the labels that `value` gives. */
typedef const char *LabelValue(const void *owner, const char *key);
bool term_holds(const Graph *graph, Node term, LabelValue *value, const void *owner);

/* ---- workloads --------------------------------------------------------------------------------- */

void model_add_workloads(Model *model, const char *const *paths);
/* Peaks of one pod by container, as measured; NULL where nothing was. */
typedef struct Peaks Peaks;
/* What runs where, and what it was measured to use. Free with peaks_free. */
Peaks *model_read_usage(Model *model, const Graph *usage);
const Amounts *peaks_of(const Peaks *peaks, uint32_t workload, const char *container);
void peaks_free(Peaks *peaks);

/* Requests as Kubernetes counts them and demands with estimates. */
void model_set_demands(Model *model, const Peaks *peaks);
/* What a known image needs, from a table, with its source; false for others. */
bool image_estimate(const char *image, Amounts *ret_amounts, const char **ret_source);

/* Where volumes bind pods. After the usage is known. */
void model_set_volumes(Model *model);

/* Who talks to whom; nothing where that weighs nothing. */
void model_find_traffic(Model *model);

/* What a PORT of the pod takes of its host: hostPort, or any port where the pod is on the host's network; 0 for
 * nothing. */
uint32_t port_on_host(const Graph *graph, Node pod, Node port);

/* A label of a workload's pods. */
const char *workload_label(const void *graph_and_pod, const char *key);
typedef struct PodLabels {
	const Graph *graph;
	Node pod;
} PodLabels;

/* What is asked to be imagined. Nodes first, replicas once it is known what runs where. */
bool model_apply(Model *model, const char *const *what_if, bool nodes, GError **error);
void model_build(Model *model);
