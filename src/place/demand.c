/* What a pod asks for, as Kubernetes counts it, and what placement counts.
 *
 * Of each resource a pod needs the larger of (all containers and sidecars together) and (the largest init container
 * with the sidecars that are started before it), and the overhead of its runtime class (Kubernetes: "Sidecar
 * containers", "Pod overhead"). A container without a request has its limit as its request. What nobody asks for is
 * taken from what was measured, then from a table of images, then from what kube-scheduler assumes for scoring: 100m
 * and 200 MB (pkg/scheduler/util, DefaultMilliCPURequest and DefaultMemoryRequest). A measured peak above a request
 * counts too. */
#include "place/model.h"

#define DEFAULT_CPU 100
#define DEFAULT_MEMORY (INT64_C(200) * 1024 * 1024)

typedef struct Demand {
	Amounts request, demand;
	Origin origin[RESOURCES];
	const char *estimate;
} Demand;

static void read_pairs(Model *model, Node node, FactKind kind, Amounts *amounts)
{
	GRAPH_OF (model->graph, node, kind, row) {
		Slice pair = graph_symbol_slice(model->graph, row->object);
		size_t equals = slice_find_byte(pair, '=', 0);
		bool counted = equals != SIZE_MAX && resource_of(slice_sub(pair, 0, equals)) != RESOURCES;
		bool open = slice_find(pair, "${", 0) != SIZE_MAX || slice_find(pair, "{{", 0) != SIZE_MAX;
		if (!amounts_add(amounts, pair) && counted && !open)
			model_note(model, node, "'%s' is no amount and is not counted", pair.at);
	}
}

/* Requests with limits in the place of those that lack. */
static Amounts read_requests(Model *model, Node node)
{
	Amounts requests, limits;
	for (uint32_t r = 0; r < RESOURCES; r++)
		requests.of[r] = limits.of[r] = AMOUNT_UNKNOWN;
	read_pairs(model, node, FACT_REQUEST, &requests);
	read_pairs(model, node, FACT_LIMIT, &limits);
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (requests.of[r] == AMOUNT_UNKNOWN)
			requests.of[r] = limits.of[r];
	return requests;
}

static void estimate(Model *model, Node container, const Amounts *peak, Demand *demand)
{
	Amounts known = {{0}};
	const char *source = NULL;
	bool in_table = image_estimate(graph_text(model->graph, container, FACT_IMAGE), &known, &source);
	known.of[RESOURCE_CPU] = in_table && known.of[RESOURCE_CPU] ? known.of[RESOURCE_CPU] : DEFAULT_CPU;
	for (uint32_t r = RESOURCE_CPU; r <= RESOURCE_MEMORY; r++) {
		int64_t measured = peak ? peak->of[r] : 0;
		if (demand->request.of[r] != AMOUNT_UNKNOWN) {
			demand->demand.of[r] = MAX(demand->request.of[r], measured);
			demand->origin[r] = measured > demand->request.of[r] ? ORIGIN_MEASURED : ORIGIN_REQUEST;
		} else if (measured) {
			demand->demand.of[r] = measured;
			demand->origin[r] = ORIGIN_MEASURED;
		} else if (r == RESOURCE_MEMORY && in_table) {
			demand->demand.of[r] = known.of[r];
			demand->origin[r] = ORIGIN_IMAGE;
			demand->estimate = source;
		} else {
			demand->demand.of[r] = r == RESOURCE_CPU ? known.of[r] : DEFAULT_MEMORY;
			demand->origin[r] = ORIGIN_DEFAULT;
		}
	}
}

static Demand container_demand(Model *model, Node container, const Amounts *peak, bool init)
{
	Demand demand = {.request = read_requests(model, container)};
	demand.demand = demand.request;
	if (!init)
		estimate(model, container, peak, &demand);
	for (uint32_t r = 0; r < RESOURCES; r++) {
		demand.request.of[r] = MAX(demand.request.of[r], 0);
		demand.demand.of[r] = MAX(demand.demand.of[r], demand.request.of[r]);
	}
	return demand;
}

/* The limit keeps sums of hostile numbers far from overflow. */
static void add(Amounts *sum, const Amounts *more)
{
	for (uint32_t r = 0; r < RESOURCES; r++)
		sum->of[r] = MIN(sum->of[r] + more->of[r], INT64_C(1) << 50);
}

static void raise_to(Amounts *most, const Amounts *other)
{
	for (uint32_t r = 0; r < RESOURCES; r++)
		most->of[r] = MAX(most->of[r], other->of[r]);
}

typedef struct PodSum {
	Amounts running, starting; /* all that stays; the largest init container with the sidecars before it */
	Amounts sidecars;
} PodSum;

static Amounts pod_amounts(const PodSum *sum)
{
	Amounts amounts = sum->running;
	raise_to(&amounts, &sum->starting);
	return amounts;
}

static void count_container(PodSum *sum, const Amounts *amounts, bool init, bool sidecar)
{
	if (sidecar)
		add(&sum->sidecars, amounts);
	if (!init || sidecar) {
		add(&sum->running, amounts);
		return;
	}
	Amounts starting = sum->sidecars;
	add(&starting, amounts);
	raise_to(&sum->starting, &starting);
}

static void set_demand(Model *model, Workload *workload, uint32_t index, const Peaks *peaks)
{
	const Graph *graph = model->graph;
	PodSum request = {0}, demand = {0};
	GRAPH_CHILDREN (graph, workload->pod, NODE_CONTAINER, container) {
		bool sidecar = graph_has(graph, container, FACT_SIDECAR);
		bool init = graph_has(graph, container, FACT_INIT);
		const Amounts *peak = peaks_of(peaks, index, graph_name(graph, container));
		Demand of = container_demand(model, container, peak, init && !sidecar);
		count_container(&request, &of.request, init, sidecar);
		count_container(&demand, &of.demand, init, sidecar);
		for (uint32_t r = 0; r < RESOURCES && (!init || sidecar); r++)
			workload->origin[r] = MAX(workload->origin[r], of.origin[r]);
		if (of.estimate)
			workload->estimate = of.estimate;
	}
	workload->request = pod_amounts(&request);
	workload->demand = pod_amounts(&demand);
	/* What is written for the pod as a whole stands for its containers. */
	Amounts pod = read_requests(model, workload->pod), overhead = {{0}};
	const Amounts *peak = peaks_of(peaks, index, "");
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (pod.of[r] != AMOUNT_UNKNOWN) {
			workload->request.of[r] = pod.of[r];
			workload->demand.of[r] = pod.of[r];
			workload->origin[r] = ORIGIN_REQUEST;
		}
	if (peak)
		raise_to(&workload->demand, peak);
	read_pairs(model, workload->pod, FACT_OVERHEAD, &overhead);
	add(&workload->request, &overhead);
	add(&workload->demand, &overhead);
	workload->request.of[RESOURCE_PODS] = workload->demand.of[RESOURCE_PODS] = 1;
	workload->request.of[RESOURCE_STORAGE] = workload->demand.of[RESOURCE_STORAGE] = 0;
}

void model_set_demands(Model *model, const Peaks *peaks)
{
	for (guint i = 0; i < model->workloads->len; i++)
		set_demand(model, MODEL_WORKLOAD(model, i), i, peaks);
}
