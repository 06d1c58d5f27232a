/* From the graph to numbers: which machine refuses which workload and why, what is there anyway, what binds pods to
 * each other. Whatever rules a machine out keeps its reason, for the question is always "why not there?". */
#include "place/model.h"

#include "base/error.h"

void model_note(Model *model, Node subject, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	ModelNote note = {subject, arena_text(model->arena, slice_from(text))};
	g_array_append_val(model->notes, note);
}

/* ---- settings -------------------------------------------------------------------------------------- */

static void set_order(Model *model, uint32_t *next, const char *word)
{
	Goal *order = model->settings.order;
	for (uint32_t i = *next; i < GOALS; i++) {
		if (strcmp(goal_word(order[i]), word) != 0)
			continue;
		Goal goal = order[i];
		for (; i > *next; i--)
			order[i] = order[i - 1];
		order[(*next)++] = goal;
		return;
	}
}

static void read_settings(Model *model)
{
	model->settings = (PlaceSettings){
	        1, 0, {GOAL_UNPLACED, GOAL_PRESSURE, GOAL_SURVIVAL, GOAL_WISHES, GOAL_MOVES, GOAL_TRAFFIC}};
	model->weight_move = 10;
	model->weight_restart = 5;
	model->weight_gigabyte = 2;
	model->weight_traffic = 1;
	uint32_t next = 1;
	GRAPH_EACH (model->graph, FACT_PLACEMENT, row) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(model->graph, row->object), "=", 2);
		uint32_t number = (uint32_t)g_ascii_strtoull(pair[1], NULL, 10);
		if (strcmp(pair[0], "step") == 0)
			model->settings.step = CLAMP(number, 1, 25);
		else if (strcmp(pair[0], "enough") == 0)
			model->settings.enough = MIN(number, 100);
		else if (strcmp(pair[0], "move") == 0)
			model->weight_move = number;
		else if (strcmp(pair[0], "restart") == 0)
			model->weight_restart = number;
		else if (strcmp(pair[0], "gigabyte") == 0)
			model->weight_gigabyte = number;
		else if (strcmp(pair[0], "traffic") == 0)
			model->weight_traffic = number;
		else if (strcmp(pair[0], "order") == 0)
			set_order(model, &next, pair[1]);
	}
}

/* ---- what is there anyway ---------------------------------------------------------------------------- */

typedef struct Builder {
	Model *model;
	Arena *arena;
	PlaceHost *hosts;
	uint32_t n_hosts;
	GArray *groups, *group_workload, *group_assumed, *bonds;
	GPtrArray *allowed, *now;  /* by group: a row of hosts; GArray of PlaceSpot */
	GHashTable *rows;          /* rows of hosts by their bytes, so that equal ones are one */
	GPtrArray *topologies;     /* keys */
	GHashTable **ports;        /* by workload: host ports as "80/TCP", or NULL */
	GHashTable **daemon_ports; /* by host: port → name of the DaemonSet */
} Builder;

static void choose_hosts(Builder *builder)
{
	Model *model = builder->model;
	model->hosts = ARENA_ARRAY(builder->arena, uint32_t, MAX(model->machines->len, 1));
	builder->hosts = ARENA_ARRAY(builder->arena, PlaceHost, MAX(model->machines->len, 1));
	builder->daemon_ports = ARENA_ARRAY(builder->arena, GHashTable *, MAX(model->machines->len, 1));
	for (guint i = 0; i < model->machines->len; i++) {
		const Machine *machine = MODEL_MACHINE(model, i);
		if (!machine->has_capacity || machine->lost)
			continue;
		model->hosts[builder->n_hosts] = i;
		builder->daemon_ports[builder->n_hosts] = g_hash_table_new(g_str_hash, g_str_equal);
		builder->hosts[builder->n_hosts++] = (PlaceHost){machine->capacity, machine->others};
	}
}

uint32_t port_on_host(const Graph *graph, Node pod, Node port)
{
	uint32_t number = graph_number(graph, port, FACT_HOST_PORT);
	return number || !graph_has(graph, pod, FACT_HOST_NETWORK) ? number : graph_number(graph, port, FACT_NUMBER);
}

/* By number and protocol; NULL for none. */
static GHashTable *ports_of(Builder *builder, const Workload *workload)
{
	const Graph *graph = builder->model->graph;
	GHashTable *ports = NULL;
	GRAPH_CHILDREN (graph, workload->pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
			uint32_t number = port_on_host(graph, workload->pod, port);
			const char *protocol = graph_text(graph, port, FACT_PROTOCOL);
			if (!number)
				continue;
			if (!ports)
				ports = g_hash_table_new(g_str_hash, g_str_equal);
			g_hash_table_add(
			        ports, arena_printf(builder->arena, "%u/%s", number, *protocol ? protocol : "TCP"));
		}
	return ports;
}

static void add_daemon(Builder *builder, uint32_t index)
{
	Model *model = builder->model;
	Workload *workload = MODEL_WORKLOAD(model, index);
	for (uint32_t h = 0; h < builder->n_hosts; h++) {
		Machine *machine = MODEL_MACHINE(model, model->hosts[h]);
		bool drained = machine->drained;
		machine->drained = false; /* what drains a node leaves DaemonSets alone */
		workload->why_not[model->hosts[h]] = machine_refuses(model, machine, workload->pod);
		machine->drained = drained;
		if (workload->why_not[model->hosts[h]])
			continue;
		for (uint32_t r = 0; r < RESOURCES; r++)
			builder->hosts[h].fixed.of[r] += workload->demand.of[r];
		workload->now[model->hosts[h]] = 1;
		GHashTableIter iter;
		gpointer port;
		if (!builder->ports[index])
			continue;
		g_hash_table_iter_init(&iter, builder->ports[index]);
		while (g_hash_table_iter_next(&iter, &port, NULL))
			g_hash_table_insert(builder->daemon_ports[h], port, (gpointer)workload->name);
	}
}

/* ---- groups -------------------------------------------------------------------------------------------- */

static const char *port_taken(Builder *builder, uint32_t index, uint32_t host)
{
	GHashTableIter iter;
	gpointer port;
	if (!builder->ports[index])
		return NULL;
	g_hash_table_iter_init(&iter, builder->ports[index]);
	while (g_hash_table_iter_next(&iter, &port, NULL)) {
		const char *owner = g_hash_table_lookup(builder->daemon_ports[host], port);
		if (owner)
			return arena_printf(
			        builder->arena, "host port %s is taken by DaemonSet %s", (char *)port, owner);
	}
	return NULL;
}

static const char *too_large(Builder *builder, const Workload *workload, uint32_t host)
{
	for (uint32_t r = 0; r < RESOURCES; r++) {
		int64_t capacity = builder->hosts[host].capacity.of[r], fixed = builder->hosts[host].fixed.of[r];
		if (capacity == AMOUNT_UNKNOWN || workload->request.of[r] == 0 ||
		        fixed + workload->request.of[r] <= capacity)
			continue;
		g_autofree char *asked = amount_text((Resource)r, workload->request.of[r]);
		g_autofree char *room = amount_text((Resource)r, MAX(capacity - fixed, 0));
		/* Amounts are rounded for people. */
		if (strcmp(asked, room) == 0) {
			g_autofree char *more = amount_text((Resource)r, fixed + workload->request.of[r] - capacity);
			return arena_printf(builder->arena, "%s: asks %s, %s more than there is room for",
			        resource_word((Resource)r), asked, more);
		}
		return arena_printf(
		        builder->arena, "%s: asks %s, room for %s at most", resource_word((Resource)r), asked, room);
	}
	return NULL;
}

static void find_refusals(Builder *builder, uint32_t index)
{
	Model *model = builder->model;
	Workload *workload = MODEL_WORKLOAD(model, index);
	for (guint i = 0; i < model->machines->len; i++)
		workload->why_not[i] = machine_refuses(model, MODEL_MACHINE(model, i), workload->pod);
	for (uint32_t h = 0; h < builder->n_hosts; h++) {
		const char **why = &workload->why_not[model->hosts[h]];
		if (!*why)
			*why = port_taken(builder, index, h);
		if (!*why)
			*why = too_large(builder, workload, h);
	}
}

/* The one row that says the same; it lives as long as the model. */
static const void *share_row(Builder *builder, const void *row, size_t size)
{
	GBytes *bytes = g_bytes_new(row, size);
	const void *known = g_hash_table_lookup(builder->rows, bytes);
	if (known) {
		g_bytes_unref(bytes);
		return known;
	}
	uint8_t *copy = ARENA_ARRAY(builder->arena, uint8_t, MAX(size, 1));
	if (size)
		memcpy(copy, row, size);
	g_hash_table_insert(builder->rows, bytes, copy);
	return copy;
}

/* pinned is the machine that the data of these pods lies on, or NULL. now says where they are, by machine; NULL: where
 * the data is. */
static void add_group(
        Builder *builder, uint32_t index, uint32_t count, const char *pinned, const char *why, const uint16_t *now)
{
	Model *model = builder->model;
	const Workload *workload = MODEL_WORKLOAD(model, index);
	g_autofree bool *allowed = g_new0(bool, MAX(builder->n_hosts, 1));
	GArray *spots = g_array_new(FALSE, FALSE, sizeof(PlaceSpot));
	uint32_t choices = 0, only = 0;
	for (uint32_t h = 0; h < builder->n_hosts; h++) {
		const Machine *machine = MODEL_MACHINE(model, model->hosts[h]);
		allowed[h] = !workload->why_not[model->hosts[h]] && (!pinned || strcmp(machine->name, pinned) == 0);
		choices += allowed[h];
		only = allowed[h] ? h : only;
		PlaceSpot here = {h, now                                            ? now[model->hosts[h]]
		                     : pinned && strcmp(machine->name, pinned) == 0 ? count
		                                                                    : 0};
		if (here.pods)
			g_array_append_val(spots, here);
	}
	if (choices == 0) {
		g_array_unref(spots);
		Unfit unfit = {index, count, pinned, why};
		g_array_append_val(model->unfit, unfit);
		return;
	}
	bool assumed = spots->len == 0 && choices == 1 && !model->listed;
	PlaceSpot there = {only, count};
	if (assumed)
		g_array_append_val(spots, there);
	uint32_t restart = workload->replicas == 1 ? model->weight_restart : 0;
	uint32_t gigabytes = model->migrate && (workload->local_volume || workload->volume_bytes)
	                             ? (uint32_t)((workload->volume_bytes + 999999999) / 1000000000)
	                             : 0;
	PlaceGroup group = {workload->demand, workload->request, count, workload->priority,
	        MAX(model->weight_move + restart + MIN(gigabytes, 1000000) * model->weight_gigabyte, 1)};
	g_array_append_val(builder->groups, group);
	g_array_append_val(builder->group_workload, index);
	g_array_append_val(builder->group_assumed, assumed);
	g_ptr_array_add(builder->allowed, (gpointer)share_row(builder, allowed, sizeof(bool) * builder->n_hosts));
	g_ptr_array_add(builder->now, spots);
}

/* Pods with data on a node stay with it, each on its own; the others are alike. */
static void add_groups(Builder *builder, uint32_t index)
{
	Model *model = builder->model;
	Workload *workload = MODEL_WORKLOAD(model, index);
	uint32_t left = workload->replicas, n = model->machines->len;
	g_autofree uint16_t *now = g_memdup2(workload->now, sizeof(uint16_t) * MAX(n, 1));
	for (uint32_t k = 0; k < workload->replicas && !model->migrate; k++) {
		const char *pinned = workload->pinned[k];
		if (!pinned || (k && workload->pinned[k - 1] == pinned))
			continue;
		uint32_t run = 1;
		while (k + run < workload->replicas && workload->pinned[k + run] == pinned)
			run++;
		uint32_t machine = model_find_machine(model, pinned);
		g_autofree uint16_t *here = g_new0(uint16_t, MAX(n, 1));
		if (machine < n) {
			here[machine] = (uint16_t)MIN(now[machine], run);
			now[machine] -= here[machine];
		}
		add_group(builder, index, run, pinned, workload->pinned_why[k], model->listed ? here : NULL);
		left -= run;
	}
	for (uint32_t i = 0; i < n && workload->local_volume && !model->migrate && left; i++) {
		uint32_t here = MIN(now[i], left);
		if (here == 0)
			continue;
		const char *name = MODEL_MACHINE(model, i)->name;
		add_group(builder, index, here, name,
		        arena_printf(builder->arena, "%s lies on %s", workload->local_volume, name), NULL);
		now[i] = 0;
		left -= here;
	}
	if (left)
		add_group(builder, index, left, NULL, NULL, now);
}

/* ---- bonds ---------------------------------------------------------------------------------------------- */

static uint32_t topology_of(Builder *builder, const char *key)
{
	for (guint i = 0; i < builder->topologies->len; i++)
		if (strcmp(builder->topologies->pdata[i], key) == 0)
			return i;
	g_ptr_array_add(builder->topologies, (gpointer)key);
	return builder->topologies->len - 1;
}

static bool is_known_label(const Builder *builder, const char *key)
{
	for (uint32_t h = 0; h < builder->n_hosts; h++)
		if (machine_label(MODEL_MACHINE(builder->model, builder->model->hosts[h]), key))
			return true;
	return false;
}

static bool is_same_namespace(const Graph *graph, Node term, const Workload *own, const Workload *other)
{
	if (!*own->namespace || !*other->namespace)
		return true;
	if (!graph_has(graph, term, FACT_NAMESPACE))
		return strcmp(own->namespace, other->namespace) == 0;
	GRAPH_OF (graph, term, FACT_NAMESPACE, row)
		if (strcmp(graph_symbol_text(graph, row->object), other->namespace) == 0)
			return true;
	return false;
}

/* A term without any selector means no pods. */
static bool selects(const Builder *builder, Node term, const Workload *own, const Workload *other)
{
	const Graph *graph = builder->model->graph;
	PodLabels labels = {graph, other->pod};
	if (!graph_has(graph, term, FACT_SELECTOR) && !graph_first_child(graph, term, NODE_EXPRESSION))
		return false;
	return is_same_namespace(graph, term, own, other) && term_holds(graph, term, workload_label, &labels);
}

static uint32_t groups_selected(Builder *builder, Node term, const Workload *own, const uint32_t **ret_others)
{
	Model *model = builder->model;
	uint32_t *others = ARENA_ARRAY(builder->arena, uint32_t, MAX(builder->groups->len, 1)), n = 0;
	for (guint g = 0; g < builder->groups->len; g++)
		if (selects(builder, term, own,
		            MODEL_WORKLOAD(model, g_array_index(builder->group_workload, uint32_t, g))))
			others[n++] = g;
	*ret_others = others;
	return n;
}

/* More bonds than this are no homelab's: each is asked again and again. */
#define MOST_BONDS 4000

static void add_bond(Builder *builder, BondKind kind, uint32_t group, const char *topology, uint32_t skew,
        uint32_t weight, const uint32_t *others, uint32_t n_others)
{
	PlaceBond bond = {.kind = kind,
	        .group = group,
	        .topology = topology_of(builder, topology),
	        .skew = skew,
	        .weight = weight,
	        .others = others,
	        .n_others = n_others};
	if (n_others && builder->bonds->len < MOST_BONDS)
		g_array_append_val(builder->bonds, bond);
}

static bool is_word(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void add_term(Builder *builder, uint32_t group, Node term)
{
	Model *model = builder->model;
	const Graph *graph = model->graph;
	const Workload *own = MODEL_WORKLOAD(model, g_array_index(builder->group_workload, uint32_t, group));
	const char *name = graph_name(graph, term), *topology = graph_text(graph, term, FACT_TOPOLOGY);
	if (strncmp(name, "node-", 5) == 0 || !*topology)
		return;
	bool apart = is_word(name, "pod-anti-affinity") || is_word(name, "pod-anti-preference");
	bool even = is_word(name, "spread");
	uint32_t weight = MIN(graph_number(graph, term, FACT_WEIGHT), 100);
	if (is_word(name, "pod-preference") || is_word(name, "pod-anti-preference"))
		weight = MAX(weight, 1);
	const uint32_t *others;
	uint32_t n = groups_selected(builder, term, own, &others);
	bool required = weight == 0;
	if (!is_known_label(builder, topology)) {
		if (required)
			model_note(model, term, "%s asks for %s by %s, a label that no node is known to have",
			        own->name, name, topology);
		return;
	}
	if (!apart && !even && n == 0 && required)
		model_note(model, term, "%s wants company that is in no file; that is not counted", own->name);
	BondKind kind = apart ? BOND_APART : even ? BOND_EVEN : BOND_TOGETHER;
	add_bond(builder, kind, group, topology, MAX(graph_number(graph, term, FACT_SKEW), 1), weight, others, n);
}

/* Replicas that say nothing of it had rather not stand on one node: kube-scheduler's own default. */
static void add_default_spread(Builder *builder, uint32_t group)
{
	const Model *model = builder->model;
	const Workload *own = MODEL_WORKLOAD(model, g_array_index(builder->group_workload, uint32_t, group));
	if (g_array_index(builder->groups, PlaceGroup, group).count < 2)
		return;
	GRAPH_CHILDREN (model->graph, own->pod, NODE_TERM, term) {
		const char *name = graph_name(model->graph, term);
		if (is_word(name, "spread") || g_str_has_prefix(name, "pod-anti"))
			return;
	}
	uint32_t *others = ARENA_NEW(builder->arena, uint32_t);
	*others = group;
	add_bond(builder, BOND_APART, group, "kubernetes.io/hostname", 0, 1, others, 1);
}

static bool share_port(const Builder *builder, uint32_t one, uint32_t other)
{
	GHashTableIter iter;
	gpointer port;
	if (!builder->ports[one] || !builder->ports[other])
		return false;
	g_hash_table_iter_init(&iter, builder->ports[one]);
	while (g_hash_table_iter_next(&iter, &port, NULL))
		if (g_hash_table_contains(builder->ports[other], port))
			return true;
	return false;
}

static void add_port_bonds(Builder *builder, uint32_t group)
{
	uint32_t own = g_array_index(builder->group_workload, uint32_t, group), n = 0;
	if (!builder->ports[own])
		return;
	uint32_t *others = ARENA_ARRAY(builder->arena, uint32_t, builder->groups->len);
	for (guint g = 0; g < builder->groups->len; g++)
		if (share_port(builder, own, g_array_index(builder->group_workload, uint32_t, g)))
			others[n++] = g;
	add_bond(builder, BOND_APART, group, "kubernetes.io/hostname", 0, 0, others, n);
}

/* Groups stand in the order of their workloads. */
static void add_traffic(Builder *builder, const TrafficLink *link)
{
	const Model *model = builder->model;
	const uint32_t *workload = (const uint32_t *)(const void *)builder->group_workload->data;
	uint32_t *others = ARENA_ARRAY(builder->arena, uint32_t, MAX(builder->groups->len, 1)), n = 0;
	for (guint g = 0; g < builder->groups->len; g++)
		if (workload[g] == link->to)
			others[n++] = g;
	for (guint g = 0; g < builder->groups->len; g++)
		if (workload[g] == link->from) {
			guint before = builder->bonds->len;
			add_bond(builder, BOND_TOGETHER, g, "kubernetes.io/hostname", 0, model->weight_traffic, others,
			        n);
			if (builder->bonds->len > before)
				g_array_index(builder->bonds, PlaceBond, before).traffic = true;
		}
}

static void add_bonds(Builder *builder)
{
	Model *model = builder->model;
	for (guint g = 0; g < builder->groups->len; g++) {
		const Workload *own = MODEL_WORKLOAD(model, g_array_index(builder->group_workload, uint32_t, g));
		GRAPH_CHILDREN (model->graph, own->pod, NODE_TERM, term)
			add_term(builder, g, term);
		add_default_spread(builder, g);
		add_port_bonds(builder, g);
	}
	for (guint i = 0; i < model->links->len; i++)
		add_traffic(builder, &g_array_index(model->links, TrafficLink, i));
}

/* ---- the problem ------------------------------------------------------------------------------------------ */

static const uint32_t *number_parts(Builder *builder)
{
	uint32_t *parts = ARENA_ARRAY(builder->arena, uint32_t, MAX(builder->topologies->len * builder->n_hosts, 1));
	for (guint t = 0; t < builder->topologies->len; t++)
		for (uint32_t h = 0; h < builder->n_hosts; h++) {
			const Model *model = builder->model;
			uint32_t *part = &parts[(size_t)t * builder->n_hosts];
			const char *key = builder->topologies->pdata[t];
			const char *value = machine_label(MODEL_MACHINE(model, model->hosts[h]), key);
			part[h] = value ? h : NO_PART;
			for (uint32_t k = 0; k < h && value; k++) {
				const char *other = machine_label(MODEL_MACHINE(model, model->hosts[k]), key);
				if (other && strcmp(other, value) == 0) {
					part[h] = part[k];
					break;
				}
			}
		}
	return parts;
}

/* NULL where the pod likes all hosts alike. */
static const uint16_t *dislike_row(Builder *builder, Node pod)
{
	const Model *model = builder->model;
	bool any = false;
	g_autofree uint16_t *row = g_new(uint16_t, MAX(builder->n_hosts, 1));
	for (uint32_t h = 0; h < builder->n_hosts; h++) {
		row[h] = (uint16_t)machine_dislike(model, MODEL_MACHINE(model, model->hosts[h]), pod);
		any |= row[h] > 0;
	}
	return any ? share_row(builder, row, sizeof *row * builder->n_hosts) : NULL;
}

static void flatten(Builder *builder)
{
	Model *model = builder->model;
	uint32_t groups = builder->groups->len, hosts = builder->n_hosts;
	const bool **allowed = ARENA_ARRAY(builder->arena, const bool *, MAX(groups, 1));
	const uint16_t **dislike = ARENA_ARRAY(builder->arena, const uint16_t *, MAX(groups, 1));
	bool any = false;
	model->now = counts_new(groups);
	model->group_workload = ARENA_ARRAY(builder->arena, uint32_t, MAX(groups, 1));
	model->group_assumed = ARENA_ARRAY(builder->arena, bool, MAX(groups, 1));
	if (groups)
		memcpy(model->group_assumed, builder->group_assumed->data, sizeof(bool) * groups);
	for (uint32_t g = 0; g < groups; g++) {
		uint32_t index = g_array_index(builder->group_workload, uint32_t, g);
		model->group_workload[g] = index;
		allowed[g] = builder->allowed->pdata[g];
		const GArray *spots = builder->now->pdata[g];
		for (guint i = 0; i < spots->len; i++) {
			const PlaceSpot *spot = &g_array_index(spots, PlaceSpot, i);
			counts_change(model->now, g, spot->host, (int32_t)spot->pods);
		}
		dislike[g] = dislike_row(builder, MODEL_WORKLOAD(model, index)->pod);
		any |= dislike[g] != NULL;
	}
	PlaceGroup *flat = ARENA_ARRAY(builder->arena, PlaceGroup, MAX(groups, 1));
	PlaceBond *bonds = ARENA_ARRAY(builder->arena, PlaceBond, MAX(builder->bonds->len, 1));
	if (groups)
		memcpy(flat, builder->groups->data, sizeof *flat * groups);
	if (builder->bonds->len)
		memcpy(bonds, builder->bonds->data, sizeof *bonds * builder->bonds->len);
	model->problem = (Problem){.n_hosts = hosts,
	        .n_groups = groups,
	        .n_bonds = builder->bonds->len,
	        .n_topologies = builder->topologies->len,
	        .hosts = builder->hosts,
	        .groups = flat,
	        .bonds = bonds,
	        .allowed = allowed,
	        .now = model->now,
	        .dislike = any ? dislike : NULL,
	        .part = number_parts(builder),
	        .settings = model->settings};
}

static void builder_clear(Builder *builder)
{
	for (uint32_t h = 0; h < builder->n_hosts; h++)
		g_hash_table_unref(builder->daemon_ports[h]);
	for (guint i = 0; i < builder->model->workloads->len; i++)
		if (builder->ports[i])
			g_hash_table_unref(builder->ports[i]);
	g_array_unref(builder->groups);
	g_array_unref(builder->group_workload);
	g_array_unref(builder->group_assumed);
	g_array_unref(builder->bonds);
	g_ptr_array_unref(builder->allowed);
	g_ptr_array_unref(builder->now);
	g_ptr_array_unref(builder->topologies);
	g_hash_table_unref(builder->rows);
}

void model_build(Model *model)
{
	Builder builder = {.model = model,
	        .arena = model->arena,
	        .groups = g_array_new(FALSE, FALSE, sizeof(PlaceGroup)),
	        .group_workload = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .group_assumed = g_array_new(FALSE, FALSE, sizeof(bool)),
	        .bonds = g_array_new(FALSE, FALSE, sizeof(PlaceBond)),
	        .allowed = g_ptr_array_new(),
	        .now = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
	        .rows = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL),
	        .topologies = g_ptr_array_new(),
	        .ports = ARENA_ARRAY(model->arena, GHashTable *, MAX(model->workloads->len, 1))};
	choose_hosts(&builder);
	for (guint i = 0; i < model->workloads->len; i++) {
		builder.ports[i] = ports_of(&builder, MODEL_WORKLOAD(model, i));
		if (MODEL_WORKLOAD(model, i)->daemon)
			add_daemon(&builder, i);
	}
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		if (workload->daemon || workload->run_to_end)
			continue;
		find_refusals(&builder, i);
		add_groups(&builder, i);
	}
	add_bonds(&builder);
	flatten(&builder);
	builder_clear(&builder);
}

/* ---- the model ---------------------------------------------------------------------------------------------- */

static void allot_rows(Model *model)
{
	for (guint i = 0; i < model->workloads->len; i++) {
		Workload *workload = MODEL_WORKLOAD(model, i);
		workload->now = ARENA_ARRAY(model->arena, uint16_t, MAX(model->machines->len, 1));
		workload->why_not = ARENA_ARRAY(model->arena, const char *, MAX(model->machines->len, 1));
	}
}

static bool has_host(const Model *model)
{
	for (guint i = 0; i < model->machines->len; i++)
		if (MODEL_MACHINE(model, i)->has_capacity)
			return true;
	return false;
}

Model *model_new(const Graph *graph, const ModelOptions *options, GError **error)
{
	g_autoptr(Model) model = g_new0(Model, 1);
	model->graph = graph;
	model->arena = arena_new();
	model->migrate = options->migrate;
	model->unbound = options->unbound;
	model->machines = g_array_new(FALSE, FALSE, sizeof(Machine));
	model->workloads = g_array_new(FALSE, FALSE, sizeof(Workload));
	model->notes = g_array_new(FALSE, FALSE, sizeof(ModelNote));
	model->links = g_array_new(FALSE, FALSE, sizeof(TrafficLink));
	model->unfit = g_array_new(FALSE, FALSE, sizeof(Unfit));
	read_settings(model);
	model_add_machines(model, options);
	model_add_workloads(model, options->paths);
	if (!model_apply(model, options->what_if, true, error))
		return NULL;
	if (!has_host(model)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no node is known to have any capacity");
		error_add_help(error, "write it in labwright.yaml: nodes: {NAME: {capacity: {cpu: 4, memory: 8Gi}}}");
		error_add_help(error, "or give what `kubectl get nodes -o json` prints: --usage nodes.json");
		return NULL;
	}
	allot_rows(model);
	Peaks *peaks = model_read_usage(model, options->usage);
	model_set_demands(model, peaks);
	peaks_free(peaks);
	model_note_unsaid(model);
	if (!model_apply(model, options->what_if, false, error))
		return NULL;
	model_set_volumes(model);
	model_find_traffic(model);
	model_build(model);
	return g_steal_pointer(&model);
}

void model_free(Model *model)
{
	if (!model)
		return;
	for (guint i = 0; i < model->machines->len; i++) {
		const Machine *machine = MODEL_MACHINE(model, i);
		g_hash_table_unref(machine->labels);
		g_ptr_array_unref(machine->taints);
		g_ptr_array_unref(machine->aliases);
	}
	g_array_unref(model->machines);
	g_array_unref(model->workloads);
	g_array_unref(model->notes);
	g_array_unref(model->links);
	g_array_unref(model->unfit);
	counts_free(model->now);
	arena_free(model->arena);
	g_free(model);
}
