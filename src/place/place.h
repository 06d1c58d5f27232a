/* Placement: which pod belongs on which node.
 *
 * The line is graph → Model (names, reasons, what could not be known) → Problem (numbers only) → Solution → Plan (moves
 * in an order that overloads no node) → text, JSON, SVG. All of it is a pure function of its input: integers decide,
 * chance is a sequence fixed by a seed, and no clock is asked unless there is a time limit, so that the same files give
 * the same bytes.
 *
 * Units: millicores, bytes, whole pods and GPUs. Pressure counts in steps (a percent each unless told otherwise).
 */
#pragma once

#include "base/arena.h"
#include "fact/fact.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- amounts ----------------------------------------------------------------------------------- */

typedef enum Resource {
	RESOURCE_CPU,       /* millicores */
	RESOURCE_MEMORY,    /* bytes */
	RESOURCE_EPHEMERAL, /* bytes of the node's own disk */
	RESOURCE_STORAGE,   /* bytes of volumes that lie on the node */
	RESOURCE_PODS,
	RESOURCE_GPU,
	RESOURCES
} Resource;

/* Those before this fill up and count as pressure; of the rest there is enough or not. */
#define PRESSING RESOURCE_PODS

typedef struct Amounts {
	int64_t of[RESOURCES];
} Amounts;

/* A capacity that nobody said: no limit, and no pressure. */
#define AMOUNT_UNKNOWN INT64_C(-1)

const char *resource_word(Resource resource); /* "memory" */
/* "500m", "3.5", "8Gi": short, as people write it. Free with g_free. */
char *amount_text(Resource resource, int64_t amount);

/* ---- the problem ----------------------------------------------------------------------------------- */

/* What a placement is judged by, each only where those before it are equal. The owner may change the order of all but
 * the first. */
typedef enum Goal {
	GOAL_UNPLACED, /* pods that run nowhere, weighed so that one of a higher priority outweighs all of lower ones */
	GOAL_PRESSURE, /* steps of the fullest resource of the fullest node, nodes that hold only what must be there
	                  left out: these are as empty as they can be */
	GOAL_SURVIVAL, /* what stays down after the loss of a node, weighed alike, summed over the nodes; pods that may
	                  run on one node alone are left out. Rescheduling is simulated as SURVIVAL says below */
	GOAL_WISHES,   /* weights of preferred affinities that are not met */
	GOAL_MOVES,    /* price of the moves */
	GOAL_TRAFFIC,  /* weight of pods that talk to others and have none of these on their node */
	GOALS
} Goal;

const char *goal_word(Goal goal);

typedef struct PlaceHost {
	Amounts capacity;
	Amounts fixed; /* DaemonSets, and what runs there and is not ours to place */
} PlaceHost;

/* Replicas of one workload: all alike. */
typedef struct PlaceGroup {
	Amounts demand;  /* of one pod: the larger of request and observed peak, estimates included */
	Amounts request; /* of it what Kubernetes counts; the rest may overload a node on which the pod is bound to run
	                  */
	uint32_t count;
	int32_t priority; /* as in a PriorityClass */
	uint32_t price;   /* of moving one pod */
} PlaceGroup;

typedef enum BondKind {
	BOND_APART,    /* no pod of `others` in the part in which one of `group` runs, and the other way round */
	BOND_TOGETHER, /* some pod of `others` in that part */
	BOND_EVEN      /* pods of `others` differ by `skew` at most between the parts that `group` may run in */
} BondKind;

/* Between a group and others (its own number may be among them). Weight 0 is required; else what each pod of the group
 * costs that breaks it. */
typedef struct PlaceBond {
	BondKind kind;
	uint32_t group, topology, skew, weight;
	bool traffic; /* TOGETHER, weighed: for the goal of that name and not for the wishes */
	const uint32_t *others;
	uint32_t n_others;
} PlaceBond;

typedef struct PlaceSettings {
	uint32_t step;     /* percent */
	uint32_t enough;   /* percent; pressure below it counts as this */
	Goal order[GOALS]; /* order[0] is GOAL_UNPLACED */
} PlaceSettings;

#define NO_PART UINT32_MAX

/* Pods of one group on a host. */
typedef struct PlaceSpot {
	uint32_t host, pods;
} PlaceSpot;

typedef struct PlaceCounts {
	uint32_t n_groups;
	PlaceSpot **spots; /* by group: where it runs, in no order; each has one pod at least */
	uint32_t *n_spots, *most_spots;
	uint32_t *nowhere; /* by group: pods that run nowhere */
} PlaceCounts;

PlaceCounts *counts_new(uint32_t n_groups);
void counts_free(PlaceCounts *counts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlaceCounts, counts_free)
void counts_set(PlaceCounts *counts, const PlaceCounts *from);
uint32_t counts_of(const PlaceCounts *counts, uint32_t group, uint32_t host);
/* More or fewer pods of the group on the host; never fewer than none. */
void counts_change(PlaceCounts *counts, uint32_t group, uint32_t host, int32_t by);

/* The caller fills this; arrays are borrowed. */
typedef struct Problem {
	uint32_t n_hosts, n_groups, n_bonds, n_topologies;
	const PlaceHost *hosts;
	const PlaceGroup *groups;
	const PlaceBond *bonds;
	/* By group a row of n_hosts; groups that may run on the same hosts share one where that is easy. */
	const bool *const *allowed;
	/* By group a row of weights of what it would rather have and the host lacks, or NULL where it has no wishes;
	 * NULL where none has. */
	const uint16_t *const *dislike;
	const PlaceCounts *now; /* as it is; fewer than count where unknown */
	const uint32_t *part;   /* [topology × n_hosts + host]: equal numbers are one part; NO_PART: the label lacks */
	PlaceSettings settings;
} Problem;

typedef struct Score {
	int64_t at[GOALS];
} Score;

typedef enum GoalProof {
	PROOF_NONE,      /* bound < score: the gap is open */
	PROOF_TRIVIAL,   /* nothing can be less */
	PROOF_SUM,       /* the total of a resource over the nodes that may be used */
	PROOF_ITEM,      /* one pod is that large wherever it may run */
	PROOF_EXCESS,    /* so much must leave nodes that hold too much now */
	PROOF_ELSEWHERE, /* the same, and that what leaves has to fit elsewhere */
	PROOF_SEARCH,    /* every other placement was ruled out */
} GoalProof;

typedef struct Solution {
	PlaceCounts *counts;
	Score score, bound;
	GoalProof proof[GOALS];
	bool optimal;          /* every goal is proven, each given those before it */
	Resource sum_resource; /* of PROOF_SUM and PROOF_ITEM for pressure */
	uint32_t sum_group;    /* PROOF_ITEM: which; PROOF_SUM: the group whose nodes they are, or UINT32_MAX for all */
	uint64_t tried;        /* placements of one pod that the search looked at */
	bool stopped;          /* by PlaceLimits.stop */
} Solution;

typedef struct PlaceLimits {
	uint64_t steps;   /* of work, 0: the default, about a second; the result depends on this and the seed alone */
	int64_t deadline; /* of g_get_monotonic_time; 0: none */
	uint64_t seed;    /* of the chance by which the search goes on where nothing helps */
	const volatile int *stop; /* ends the search with the best so far when it becomes other than 0; may be NULL */
} PlaceLimits;

Solution *place_solve(const Problem *problem, const PlaceLimits *limits);
void solution_free(Solution *solution);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Solution, solution_free)

/* The score of any assignment; false where it breaks a hard constraint. */
bool place_score(const Problem *problem, const PlaceCounts *counts, Score *ret_score);

/* Steps of pressure of what is used on a host, its fullest pressing resource in *ret_resource (may be NULL). */
int64_t place_pressure(const Problem *problem, uint32_t host, const Amounts *use, Resource *ret_resource);
/* What an assignment uses, by host. Free with g_free. */
Amounts *place_use(const Problem *problem, const PlaceCounts *counts);

/* ---- the model --------------------------------------------------------------------------------------- */

typedef struct Machine {
	const char *name;
	Node node;          /* in the graph that named it first, or NODE_NONE for one that a what-if adds */
	Amounts capacity;   /* what pods may use */
	GHashTable *labels; /* key → value */
	GPtrArray *taints;  /* key=value:effect */
	GPtrArray *aliases;
	bool has_capacity;  /* of cpu or memory; a machine without takes no pods */
	const char *stated; /* "README.md:7": what it has was only read there; NULL where it is known better */
	bool drained, lost;
	Amounts others; /* what pods that the repository does not hold use there */
	uint32_t n_others;
} Machine;

/* Where an amount comes from, the surest first. */
typedef enum Origin {
	ORIGIN_REQUEST,  /* written, as a request or as a limit without one */
	ORIGIN_MEASURED, /* no request, or a higher peak */
	ORIGIN_IMAGE,    /* from the table of known images */
	ORIGIN_DEFAULT   /* nobody knows: what kube-scheduler takes for scoring */
} Origin;

typedef struct Workload {
	const char *namespace; /* "" where it is unknown */
	const char *kind, *name;
	Node object, pod; /* where an edit would be made */
	uint32_t replicas;
	int32_t priority;
	Amounts request, demand;  /* of one pod: what Kubernetes counts, and what placement counts */
	Origin origin[RESOURCES]; /* of demand: the least sure of its containers */
	const char *estimate;     /* where an estimate of an image comes from, or NULL */
	bool daemon;              /* on every node that it may run on */
	bool run_to_end;          /* Job, CronJob */
	const char *local_volume; /* a volume on the node that it runs on: "claim data (local-path)", or NULL */
	const char *host_path;    /* data in a folder of the node, or NULL */
	int64_t volume_bytes;     /* of claims on the node */
	uint16_t *now;            /* by machine; sum 0: nobody knows */
	const char **why_not;     /* by machine: the clause that rules it out, or NULL */
	const char **pinned;      /* by replica: the machine that a volume binds it to, or NULL; by name */
	const char **pinned_why;
} Workload;

typedef struct ModelNote {
	Node subject; /* of the repository's graph, or NODE_NONE */
	const char *text;
} ModelNote;

/* A workload that is told of a Service of another, and where that is written. */
typedef struct TrafficLink {
	uint32_t from, to; /* workloads */
	Node place;
} TrafficLink;

/* Pods that no node may take, however empty it is. */
typedef struct Unfit {
	uint32_t workload, pods;
	const char *pinned, *pinned_why; /* where these pods' volume lies, or NULL */
} Unfit;

typedef struct Model {
	const Graph *graph;
	Arena *arena;
	GArray *machines;  /* Machine */
	GArray *workloads; /* Workload */
	GArray *notes;     /* ModelNote */
	GArray *links;     /* TrafficLink, by from */
	PlaceSettings settings;
	uint32_t weight_move, weight_restart, weight_gigabyte, weight_traffic;
	uint32_t n_opaque; /* charts and remote resources whose pods nobody knows */
	bool measured, migrate;
	GHashTable *unbound; /* as in ModelOptions */
	bool listed;         /* every pod that runs was said: what was not runs nowhere */
	/* What place_solve takes, and what its groups and hosts are: host h is machine hosts[h]. */
	Problem problem;
	PlaceCounts *now; /* of the problem */
	uint32_t *hosts, *group_workload;
	bool *group_assumed; /* nobody said where these pods are: there is but one node that they may be on */
	GArray *unfit;       /* Unfit */
} Model;

/* What a text says that a machine has, which nobody asked the machine. Amounts as Kubernetes writes them, empty where
 * the text is silent. */
typedef struct Stated {
	char *name, *cpu, *memory;
	char *where; /* "README.md:7" */
	char *other; /* where a text says otherwise, so that neither counts; or NULL */
} Stated;

typedef struct ModelOptions {
	const Graph *usage;         /* what read_usage() made, or NULL */
	const char *const *what_if; /* sentences, NULL-terminated, or NULL */
	const char *const *paths;   /* only workloads of files at or below these, NULL-terminated; NULL: all */
	bool migrate;               /* volumes may be moved, at the price of copying them */
	/* What texts say, asked only where no capacity is known otherwise: Stated, to be freed with g_array_unref.
	 * NULL: nobody reads them. */
	GArray *(*read_stated)(const Graph *graph);
	GHashTable *unbound; /* Node of pods whose selector of a host does not count, or NULL; borrowed */
} ModelOptions;

/* Fails where a what-if makes no sense, or no node has a capacity. The graphs are borrowed. */
Model *model_new(const Graph *graph, const ModelOptions *options, GError **error);
void model_free(Model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Model, model_free)

/* The name of a pod is what the controller of that kind and name would call one: its own with a tail. */
bool pod_is_of(const char *pod, const char *kind, const char *name);

#define MODEL_MACHINE(model, i) (&g_array_index((model)->machines, Machine, (i)))
#define MODEL_WORKLOAD(model, i) (&g_array_index((model)->workloads, Workload, (i)))

/* ---- the plan ------------------------------------------------------------------------------------------ */

#define NOWHERE UINT32_MAX

typedef enum StepKind {
	STEP_MOVE,  /* the new pod starts while the old one still runs */
	STEP_STOP,  /* the old pod must stop first, for no node has room for both; a STEP_START of it follows */
	STEP_START, /* a pod that runs nowhere, or of which nobody knows where it runs */
	STEP_REMOVE /* one replica less */
} StepKind;

typedef struct Step {
	StepKind kind;
	uint32_t workload, group, pods;
	uint32_t from, to; /* hosts, or NOWHERE; a STEP_START that ends a stop keeps from */
	/* Of the resource that `from` is fullest of before the step, or `to` where there is no from. */
	Resource resource;
	int64_t before, after; /* percent of it on `from` */
	int64_t free;          /* of it on `to` before the step; AMOUNT_UNKNOWN without to or capacity */
} Step;

typedef struct Plan {
	const Model *model;
	Solution *solution;
	GArray *steps;           /* Step, in an order in which no node is overloaded that is not so now */
	Amounts *before, *after; /* by host: what is used. Before knows only what is known to run somewhere */
	uint32_t n_moves, n_stops;
} Plan;

/* Solves the model and plans the way there. */
Plan *plan_new(const Model *model, const PlaceLimits *limits);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* What each host carries once the pods that may not stay where they are went where the plan has them, and all others
 * stayed; pods of which nobody knows where they run are left out. By host; free with g_free. */
Amounts *plan_forced(const Plan *plan);

/* Percent, rounded up; of a capacity of 0 nothing is 0 and anything 1000. */
int64_t amount_percent(int64_t amount, int64_t capacity);
/* The weight of a pod that may run on some host but got none: why, by host. Free with g_free. */
char *plan_why_not(const Plan *plan, uint32_t group, uint32_t host);
/* "no placement has less than 61 % …", or what is open: the proof of a goal in a sentence. Free with g_free. */
char *plan_proof(const Plan *plan, Goal goal);
/* "asuna's memory 94 % → 62 %: it asks 4Gi, pesubuntu has 24Gi free". Free with g_free. */
char *plan_reason(const Plan *plan, const Step *step, bool unicode);
/* Of the workloads that this one talks to, or that talk to it, one that is on the host after; NULL where none is. */
const char *plan_company(const Plan *plan, uint32_t workload, uint32_t host);
/* " (estimated)" and its kin, "" where all is written; static. */
const char *origin_mark(const Workload *workload, Resource resource);

typedef struct PlaceStyle {
	bool colour, unicode;
	bool all; /* every step and every note */
} PlaceStyle;

void plan_text(const Plan *plan, const PlaceStyle *style, GString *out);
void plan_json(const Plan *plan, GString *out);
/* Bars of every node and resource before and after, as one <svg> element for a page. */
void place_svg(const Plan *plan, GString *out);
