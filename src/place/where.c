/* What runs where now, and what it was measured to use. Pods are told by their names: a controller's name and what it
 * puts behind it. What runs on a node and is in no file is load all the same. */
#include "place/model.h"

#include "base/quantity.h"

struct Peaks {
	GHashTable *by_container; /* "number/container" → Amounts */
};

/* The workload that a pod belongs to, or workloads->len. The longest name wins: db and db-backup. */
static uint32_t find_workload(const Model *model, const char *namespace, const char *pod)
{
	uint32_t best = model->workloads->len;
	size_t longest = 0;
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		size_t length = strlen(workload->name);
		if (length <= longest || strncmp(pod, workload->name, length) != 0 ||
		        !pod_is_of(pod, workload->kind, workload->name) ||
		        (*workload->namespace && *namespace && strcmp(workload->namespace, namespace) != 0))
			continue;
		best = i;
		longest = length;
	}
	return best;
}

/* Usage of metrics-server counts in nanocores; amounts_add rounds up to millicores. */
static Amounts read_amounts(const Graph *usage, Node node, FactKind kind)
{
	Amounts amounts = {{0}};
	GRAPH_OF (usage, node, kind, row)
		amounts_add(&amounts, graph_symbol_slice(usage, row->object));
	return amounts;
}

static void raise_peak(Peaks *peaks, uint32_t workload, const char *container, const Amounts *used)
{
	char *key = g_strdup_printf("%u/%s", workload, container);
	Amounts *known = g_hash_table_lookup(peaks->by_container, key);
	if (!known) {
		known = g_new0(Amounts, 1);
		g_hash_table_insert(peaks->by_container, key, known);
	} else {
		g_free(key);
	}
	for (uint32_t r = 0; r < RESOURCES; r++)
		known->of[r] = MAX(known->of[r], used->of[r]);
}

static void count_pod(Model *model, uint32_t index, uint32_t machine)
{
	Workload *workload = MODEL_WORKLOAD(model, index);
	uint32_t sum = 0;
	for (guint h = 0; h < model->machines->len; h++)
		sum += workload->now[h];
	if (sum < workload->replicas)
		workload->now[machine]++;
}

/* A pod that the repository does not hold. What it was measured to use is in rows of its own, so the larger of the two
 * sums is taken in the end. */
typedef struct Other {
	uint32_t machine;
	Amounts request, used;
} Other;

static Other *other_of(GHashTable *others, const Graph *usage, Node node, uint32_t n_machines)
{
	char *key = g_strdup_printf("%s/%s", graph_text(usage, node, FACT_NAMESPACE), graph_name(usage, node));
	Other *other = g_hash_table_lookup(others, key);
	if (!other) {
		other = g_new0(Other, 1);
		other->machine = n_machines;
		g_hash_table_insert(others, key, other);
	} else {
		g_free(key);
	}
	return other;
}

static void add_others(Model *model, GHashTable *others)
{
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, others);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Other *other = value;
		if (other->machine >= model->machines->len)
			continue;
		Machine *machine = MODEL_MACHINE(model, other->machine);
		machine->n_others++;
		for (uint32_t r = 0; r < RESOURCES; r++)
			machine->others.of[r] += MAX(other->request.of[r], other->used.of[r]);
		machine->others.of[RESOURCE_PODS]++;
	}
}

static void read_pod(Model *model, const Graph *usage, Node node, Peaks *peaks, GHashTable *others)
{
	const char *container = graph_text(usage, node, FACT_CONTAINER_NAME);
	uint32_t machine = model_find_machine(model, graph_text(usage, node, FACT_NODE_NAME));
	uint32_t index = find_workload(model, graph_text(usage, node, FACT_NAMESPACE), graph_name(usage, node));
	bool measured = graph_has(usage, node, FACT_USED);
	Amounts used = read_amounts(usage, node, FACT_USED);
	if (index < model->workloads->len) {
		/* Only lists of pods say each pod once. */
		if (machine < model->machines->len && !measured && !MODEL_WORKLOAD(model, index)->daemon)
			count_pod(model, index, machine);
		if (measured)
			raise_peak(peaks, index, container, &used);
		return;
	}
	Other *other = other_of(others, usage, node, model->machines->len);
	if (machine < model->machines->len)
		other->machine = machine;
	Amounts request = read_amounts(usage, node, FACT_REQUEST);
	for (uint32_t r = 0; r < RESOURCES; r++) {
		other->used.of[r] += used.of[r];
		other->request.of[r] = MAX(other->request.of[r], request.of[r]);
	}
}

/* Where no list of pods was given, rows of Prometheus may name the node: each pod counts once. */
static void count_measured(Model *model, const Graph *usage)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_NODES (usage, NODE_USAGE, node) {
		uint32_t machine = model_find_machine(model, graph_text(usage, node, FACT_NODE_NAME));
		uint32_t index = find_workload(model, graph_text(usage, node, FACT_NAMESPACE), graph_name(usage, node));
		char *key = g_strdup_printf("%s/%s", graph_text(usage, node, FACT_NAMESPACE), graph_name(usage, node));
		bool fresh = g_hash_table_add(seen, key);
		if (fresh && machine < model->machines->len && index < model->workloads->len &&
		        !MODEL_WORKLOAD(model, index)->daemon)
			count_pod(model, index, machine);
	}
}

static bool has_pod_list(const Graph *usage)
{
	GRAPH_EACH (usage, FACT_NODE_NAME, row)
		if (!graph_has(usage, row->subject, FACT_USED))
			return true;
	return false;
}

Peaks *model_read_usage(Model *model, const Graph *usage)
{
	Peaks *peaks = g_new0(Peaks, 1);
	peaks->by_container = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!usage)
		return peaks;
	g_autoptr(GHashTable) others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GRAPH_NODES (usage, NODE_USAGE, node)
		read_pod(model, usage, node, peaks, others);
	model->listed = has_pod_list(usage);
	if (!model->listed)
		count_measured(model, usage);
	add_others(model, others);
	model->measured = g_hash_table_size(peaks->by_container) > 0;
	return peaks;
}

const Amounts *peaks_of(const Peaks *peaks, uint32_t workload, const char *container)
{
	g_autofree char *key = g_strdup_printf("%u/%s", workload, container);
	return g_hash_table_lookup(peaks->by_container, key);
}

void peaks_free(Peaks *peaks)
{
	g_hash_table_unref(peaks->by_container);
	g_free(peaks);
}
