/* Nodes: what they have, and which pods they refuse. Labels that every kubelet sets are known without being written. */
#include "place/model.h"

#include "base/quantity.h"

#include <stdlib.h>

Resource resource_of(Slice name)
{
	static const char *const words[] = {"cpu", "memory", "ephemeral-storage", "storage", "pods", "gpu"};
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (slice_is(name, words[r]))
			return (Resource)r;
	/* nvidia.com/gpu, amd.com/gpu, gpu.intel.com/i915 */
	return slice_ends(name, "/gpu") || slice_starts(name, "gpu.") ? RESOURCE_GPU : RESOURCES;
}

bool amounts_add(Amounts *amounts, Slice pair)
{
	size_t equals = slice_find_byte(pair, '=', 0);
	int64_t amount;
	if (equals == SIZE_MAX)
		return false;
	Resource resource = resource_of(slice_sub(pair, 0, equals));
	if (resource == RESOURCES ||
	        !quantity_parse(slice_sub(pair, equals + 1, pair.length), resource == RESOURCE_CPU ? 1000 : 1, &amount))
		return false;
	amounts->of[resource] = MIN(MAX(amounts->of[resource], 0) + amount, INT64_C(1) << 58);
	return true;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static bool is_open_text(const char *text)
{
	return strstr(text, "${") || strstr(text, "$(") || strstr(text, "{{") || strchr(text, '<');
}

uint32_t model_find_machine(const Model *model, const char *name)
{
	for (uint32_t i = 0; i < model->machines->len; i++) {
		const Machine *machine = MODEL_MACHINE(model, i);
		if (strcmp(machine->name, name) == 0)
			return i;
		for (guint k = 0; k < machine->aliases->len; k++)
			if (strcmp(machine->aliases->pdata[k], name) == 0)
				return i;
	}
	return model->machines->len;
}

static void set_label(Model *model, Machine *machine, const char *key, const char *value)
{
	g_hash_table_insert(machine->labels, arena_text(model->arena, slice_from(key)),
	        arena_text(model->arena, slice_from(value)));
}

Machine *model_add_machine(Model *model, const char *name)
{
	Machine machine = {.name = arena_text(model->arena, slice_from(name)),
	        .labels = g_hash_table_new(g_str_hash, g_str_equal),
	        .taints = g_ptr_array_new(),
	        .aliases = g_ptr_array_new()};
	for (uint32_t r = 0; r < RESOURCES; r++)
		machine.capacity.of[r] = AMOUNT_UNKNOWN;
	g_array_append_val(model->machines, machine);
	Machine *added = MODEL_MACHINE(model, model->machines->len - 1);
	set_label(model, added, "kubernetes.io/hostname", name);
	set_label(model, added, "kubernetes.io/os", "linux");
	return added;
}

static void read_amounts(Model *model, const Graph *graph, Node node, FactKind kind, Amounts *amounts, bool over_known)
{
	Amounts read;
	for (uint32_t r = 0; r < RESOURCES; r++)
		read.of[r] = AMOUNT_UNKNOWN;
	GRAPH_OF (graph, node, kind, row) {
		Slice pair = graph_symbol_slice(graph, row->object);
		size_t equals = slice_find_byte(pair, '=', 0);
		if (!amounts_add(&read, pair) && equals != SIZE_MAX &&
		        resource_of(slice_sub(pair, 0, equals)) != RESOURCES)
			model_note(model, graph == model->graph ? node : NODE_NONE, "%s: '%s' is no amount",
			        graph_name(graph, node), pair.at);
	}
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (read.of[r] != AMOUNT_UNKNOWN && (over_known || amounts->of[r] == AMOUNT_UNKNOWN))
			amounts->of[r] = read.of[r];
}

static void read_labels(Model *model, const Graph *graph, Node node, Machine *machine)
{
	GRAPH_OF (graph, node, FACT_LABEL, row) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(graph, row->object), "=", 2);
		if (pair[0] && pair[1])
			set_label(model, machine, pair[0], pair[1]);
	}
	GRAPH_OF (graph, node, FACT_ARCHITECTURE, row) {
		set_label(model, machine, "kubernetes.io/arch", graph_symbol_text(graph, row->object));
		set_label(model, machine, "beta.kubernetes.io/arch", graph_symbol_text(graph, row->object));
	}
	GRAPH_OF (graph, node, FACT_ROLE, row) {
		g_autofree char *key =
		        g_strdup_printf("node-role.kubernetes.io/%s", graph_symbol_text(graph, row->object));
		set_label(model, machine, key, "true");
	}
	GRAPH_OF (graph, node, FACT_ALIAS, row)
		g_ptr_array_add(machine->aliases, (gpointer)graph_symbol_text(graph, row->object));
	GRAPH_OF (graph, node, FACT_TAINT, row)
		g_ptr_array_add(machine->taints, (gpointer)graph_symbol_text(graph, row->object));
}

/* What was read before stands; the node fills in the rest. */
static void read_machine(Model *model, const Graph *graph, Node node)
{
	uint32_t known = model_find_machine(model, graph_name(graph, node));
	bool fresh = known == model->machines->len;
	Machine *machine = fresh ? model_add_machine(model, graph_name(graph, node)) : MODEL_MACHINE(model, known);
	if (fresh)
		machine->node = graph == model->graph ? node : NODE_NONE;
	Amounts own = machine->capacity;
	read_amounts(model, graph, node, FACT_CAPACITY, &machine->capacity, false);
	Amounts written = machine->capacity;
	read_amounts(model, graph, node, FACT_ALLOCATABLE, &written, true);
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (own.of[r] == AMOUNT_UNKNOWN)
			machine->capacity.of[r] = written.of[r];
	read_labels(model, graph, node, machine);
}

/* Manifests of Nodes that something applies or that were saved; what is put away says nothing. */
static void read_manifests(Model *model)
{
	const Graph *graph = model->graph;
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("Node"), &kind))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row)
		if (graph_node_type(graph, row->subject) == NODE_OBJECT && !is_put_away(graph, row->subject) &&
		        strcmp(graph_text(graph, row->subject, FACT_API_VERSION), "v1") == 0 &&
		        !is_open_text(graph_name(graph, row->subject)))
			read_machine(model, graph, row->subject);
}

/* What the owner wrote stands before a Node's manifest, and that before what a cluster says of itself. */
static void read_machines(Model *model, const Graph *usage)
{
	GRAPH_NODES (model->graph, NODE_MACHINE, node)
		read_machine(model, model->graph, node);
	read_manifests(model);
	if (usage)
		GRAPH_NODES (usage, NODE_MACHINE, node)
			read_machine(model, usage, node);
}

static void take_stated(Model *model, const Stated *stated)
{
	static const char *const words[] = {"cpu", "memory"};
	const char *const amounts[] = {stated->cpu, stated->memory};
	uint32_t known = model_find_machine(model, stated->name);
	if (stated->other) {
		model_note(model, NODE_NONE, "%s and %s do not agree on what %s has, so neither counts", stated->where,
		        stated->other, stated->name);
		return;
	}
	Machine *machine =
	        known < model->machines->len ? MODEL_MACHINE(model, known) : model_add_machine(model, stated->name);
	machine->stated = arena_text(model->arena, slice_from(stated->where));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *pair = g_strdup_printf("%s=%s", words[i], amounts[i]);
		amounts_add(&machine->capacity, slice_from(pair));
	}
}

static bool has_capacity(const Machine *machine)
{
	return machine->capacity.of[RESOURCE_CPU] > 0 || machine->capacity.of[RESOURCE_MEMORY] > 0;
}

/* Texts are listened to only where nothing better is there for any machine: a plan half of which is measured and half
 * of which is hearsay would look surer than it is. */
static void read_stated(Model *model, const ModelOptions *options)
{
	for (guint i = 0; i < model->machines->len; i++)
		if (has_capacity(MODEL_MACHINE(model, i)))
			return;
	g_autoptr(GArray) stated = options->read_stated ? options->read_stated(model->graph) : NULL;
	for (guint i = 0; stated && i < stated->len; i++)
		take_stated(model, &g_array_index(stated, Stated, i));
}

void model_add_machines(Model *model, const ModelOptions *options)
{
	bool gpu = false;
	read_machines(model, options->usage);
	read_stated(model, options);
	for (guint i = 0; i < model->machines->len; i++) {
		Machine *machine = MODEL_MACHINE(model, i);
		gpu |= machine->capacity.of[RESOURCE_GPU] > 0;
		machine->has_capacity = has_capacity(machine);
		if (!machine->has_capacity)
			model_note(model, machine->node, "node %s has no capacity, so nothing is placed there",
			        machine->name);
	}
	/* Where one node says that it has a GPU, the others have none; where none does, nobody knows. */
	for (guint i = 0; i < model->machines->len && gpu; i++)
		if (MODEL_MACHINE(model, i)->capacity.of[RESOURCE_GPU] == AMOUNT_UNKNOWN)
			MODEL_MACHINE(model, i)->capacity.of[RESOURCE_GPU] = 0;
}

/* ---- conditions ------------------------------------------------------------------------------------ */

const char *machine_label(const Machine *machine, const char *key)
{
	return g_hash_table_lookup(machine->labels, key);
}

static const char *label_of_machine(const void *owner, const char *key)
{
	return machine_label(owner, key);
}

static bool compares(const char *label, const char *wanted, bool greater)
{
	if (!label)
		return false;
	gint64 left = g_ascii_strtoll(label, NULL, 10), right = g_ascii_strtoll(wanted, NULL, 10);
	return greater ? left > right : left < right;
}

static bool expression_holds(const Graph *graph, Node expression, const char *label)
{
	const char *word = graph_text(graph, expression, FACT_OPERATOR);
	bool among = false;
	GRAPH_OF (graph, expression, FACT_VALUE, row)
		among |= label && strcmp(label, graph_symbol_text(graph, row->object)) == 0;
	if (strcmp(word, "In") == 0)
		return among;
	if (strcmp(word, "NotIn") == 0)
		return !among;
	if (strcmp(word, "Exists") == 0)
		return label != NULL;
	if (strcmp(word, "DoesNotExist") == 0)
		return label == NULL;
	if (strcmp(word, "Gt") == 0 || strcmp(word, "Lt") == 0)
		return compares(label, graph_text(graph, expression, FACT_VALUE), *word == 'G');
	return true; /* an operator that nobody knows rules nothing out */
}

bool term_holds(const Graph *graph, Node term, LabelValue *value, const void *owner)
{
	GRAPH_OF (graph, term, FACT_SELECTOR, row) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(graph, row->object), "=", 2);
		const char *label = pair[0] ? value(owner, pair[0]) : NULL;
		if (!label || !pair[1] || strcmp(label, pair[1]) != 0)
			return false;
	}
	GRAPH_CHILDREN (graph, term, NODE_EXPRESSION, expression)
		if (!expression_holds(graph, expression, value(owner, graph_name(graph, expression))))
			return false;
	return true;
}

/* A toleration as FACT_TOLERATES writes it: "*", "key", "key=value", each with or without ":effect". */
static bool tolerates(const char *toleration, const char *taint)
{
	const char *taint_effect = strrchr(taint, ':'), *effect = strrchr(toleration, ':');
	g_autofree char *want = g_strndup(toleration, effect ? (gsize)(effect - toleration) : strlen(toleration));
	g_autofree char *have = g_strndup(taint, taint_effect ? (gsize)(taint_effect - taint) : strlen(taint));
	if (effect && taint_effect && strcmp(effect, taint_effect) != 0)
		return false;
	if (strcmp(want, "*") == 0)
		return true;
	char *value = strchr(have, '=');
	bool any = strchr(want, '=') == NULL;
	if (any && value)
		*value = '\0';
	else if (!any && !value)
		return g_str_has_suffix(want, "=") && strncmp(want, have, strlen(want) - 1) == 0 &&
		       strlen(have) == strlen(want) - 1;
	return strcmp(want, have) == 0;
}

static bool is_tolerated(const Graph *graph, Node pod, const char *taint)
{
	GRAPH_OF (graph, pod, FACT_TOLERATES, row)
		if (tolerates(graph_symbol_text(graph, row->object), taint))
			return true;
	return false;
}

static bool has_alias(const Machine *machine, const char *name)
{
	for (guint i = 0; i < machine->aliases->len; i++)
		if (strcmp(machine->aliases->pdata[i], name) == 0)
			return true;
	return false;
}

/* A value that a variable stands for rules nothing out. */
static bool selector_holds(const Machine *machine, const char *pair, bool unbound)
{
	g_auto(GStrv) parts = g_strsplit(pair, "=", 2);
	const char *label = machine_label(machine, parts[0]);
	if (is_open_text(pair))
		return true;
	if (strcmp(parts[0], "kubernetes.io/hostname") == 0 && (unbound || has_alias(machine, parts[1])))
		return true;
	/* k3s and kubeadm give roles another value, and nobody selects by it. */
	if (label && g_str_has_prefix(parts[0], "node-role.kubernetes.io/"))
		return true;
	return label && strcmp(label, parts[1]) == 0;
}

static const char *affinity_refuses(Model *model, const Machine *machine, Node pod)
{
	const Graph *graph = model->graph;
	Node first = NODE_NONE;
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term) {
		if (strcmp(graph_name(graph, term), "node-affinity") != 0)
			continue;
		if (term_holds(graph, term, label_of_machine, machine))
			return NULL;
		first = first ? first : term;
	}
	if (!first)
		return NULL;
	Node expression = graph_first_child(graph, first, NODE_EXPRESSION);
	return arena_printf(model->arena, "required node affinity (%s %s %s)",
	        expression ? graph_name(graph, expression) : "",
	        expression ? graph_text(graph, expression, FACT_OPERATOR) : "",
	        expression ? graph_text(graph, expression, FACT_VALUE) : "");
}

/* "amd64, arm": in the order in which the registry said it. */
static const char *list_platforms(Model *model, Node container)
{
	const char *all = "";
	GRAPH_OF (model->graph, container, FACT_IMAGE_PLATFORM, row)
		all = arena_printf(
		        model->arena, "%s%s%s", all, *all ? ", " : "", graph_symbol_text(model->graph, row->object));
	return all;
}

/* What a registry said of the pod's images rules the machine out: none of the architectures that one of them is built
 * for is the machine's. Where either is not known nothing is ruled out. */
static const char *image_refuses(Model *model, const Machine *machine, Node pod)
{
	const Graph *graph = model->graph;
	const char *arch = machine_label(machine, "kubernetes.io/arch");
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
		bool built = !arch || !graph_has(graph, container, FACT_IMAGE_PLATFORM);
		GRAPH_OF (graph, container, FACT_IMAGE_PLATFORM, row)
			built = built || strcmp(graph_symbol_text(graph, row->object), arch) == 0;
		if (!built)
			return arena_printf(model->arena, "it is %s, and image %s is built for %s", arch,
			        graph_text(graph, container, FACT_IMAGE), list_platforms(model, container));
	}
	return NULL;
}

const char *machine_refuses(Model *model, const Machine *machine, Node pod)
{
	const Graph *graph = model->graph;
	const char *name = graph_text(graph, pod, FACT_NODE_NAME);
	bool unbound = model->unbound && g_hash_table_contains(model->unbound, GUINT_TO_POINTER(pod));
	if (!machine->has_capacity)
		return "its capacity is unknown";
	if (machine->lost)
		return "it is lost";
	if (machine->drained)
		return "it is drained";
	if (*name && !is_open_text(name) && strcmp(name, machine->name) != 0 && !has_alias(machine, name))
		return arena_printf(model->arena, "nodeName %s", name);
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row)
		if (!selector_holds(machine, graph_symbol_text(graph, row->object), unbound))
			return arena_printf(model->arena, "nodeSelector %s", graph_symbol_text(graph, row->object));
	const char *affinity = affinity_refuses(model, machine, pod);
	if (affinity)
		return affinity;
	for (guint i = 0; i < machine->taints->len; i++) {
		const char *taint = machine->taints->pdata[i];
		if (!g_str_has_suffix(taint, ":PreferNoSchedule") && !is_tolerated(graph, pod, taint))
			return arena_printf(model->arena, "taint %s is not tolerated", taint);
	}
	return image_refuses(model, machine, pod);
}

uint32_t machine_dislike(const Model *model, const Machine *machine, Node pod)
{
	const Graph *graph = model->graph;
	uint32_t sum = 0;
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term)
		if (strcmp(graph_name(graph, term), "node-preference") == 0 &&
		        !term_holds(graph, term, label_of_machine, machine))
			sum += MIN(graph_number(graph, term, FACT_WEIGHT), 100);
	for (guint i = 0; i < machine->taints->len; i++)
		if (g_str_has_suffix(machine->taints->pdata[i], ":PreferNoSchedule") &&
		        !is_tolerated(graph, pod, machine->taints->pdata[i]))
			sum += 1;
	return MIN(sum, 10000);
}

/* ---- what nobody said ------------------------------------------------------------------------------ */

/* The architecture of a machine, or NULL where it is not known or the machine takes no pods. */
static const char *arch_of(const Machine *machine)
{
	return machine->has_capacity && !machine->lost ? machine_label(machine, "kubernetes.io/arch") : NULL;
}

/* Images of pods of which no registry said what they are built for. */
static uint32_t count_unknown_images(const Model *model)
{
	g_autoptr(GHashTable) images = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		GRAPH_CHILDREN (model->graph, workload->pod, NODE_CONTAINER, container) {
			const char *image = graph_text(model->graph, container, FACT_IMAGE);
			if (*image && !graph_has(model->graph, container, FACT_IMAGE_PLATFORM))
				g_hash_table_add(images, (gpointer)image);
		}
	}
	return g_hash_table_size(images);
}

static void note_architectures(Model *model)
{
	const char *first = NULL;
	uint32_t unknown = count_unknown_images(model);
	if (unknown == 0)
		return;
	for (guint i = 0; i < model->machines->len; i++) {
		const char *arch = arch_of(MODEL_MACHINE(model, i));
		if (first && arch && strcmp(first, arch) != 0) {
			model_note(model, NODE_NONE,
			        "nodes are of %s and %s; of %u image%s nobody said what they are built for, so that "
			        "they may be anywhere: labwright place --online asks the registries",
			        first, arch, unknown, unknown == 1 ? "" : "s");
			return;
		}
		first = arch ? arch : first;
	}
}

static void note_gpus(Model *model)
{
	for (guint i = 0; i < model->machines->len; i++)
		if (MODEL_MACHINE(model, i)->capacity.of[RESOURCE_GPU] != AMOUNT_UNKNOWN)
			return;
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		if (workload->demand.of[RESOURCE_GPU] == 0)
			continue;
		model_note(model, workload->pod,
		        "%s asks for a GPU, and no node is known to have one, so that it may be anywhere; "
		        "labwright.yaml: nodes: "
		        "{NAME: {capacity: {gpu: 1}}}",
		        workload->name);
		return;
	}
}

void model_note_unsaid(Model *model)
{
	note_architectures(model);
	note_gpus(model);
}
