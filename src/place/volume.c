/* Data that binds pods to a node. A PersistentVolume says so itself; a claim of a class that keeps its bytes on the
 * node says so once it is known where the pod runs. What lies on the network binds nobody. */
#include "place/model.h"

#include "base/quantity.h"

static const char *last_of(const char *role, const Graph *graph, Node object)
{
	GRAPH_CHILDREN (graph, object, NODE_REFERENCE, reference)
		if (strcmp(graph_text(graph, reference, FACT_ROLE), role) == 0)
			return graph_name(graph, reference);
	return "";
}

static bool has_kind(const Graph *graph, Node object, const char *kind)
{
	return strcmp(graph_text(graph, object, FACT_KIND), kind) == 0;
}

/* The volume that is bound to the claim, or NODE_NONE. */
static Node volume_of_claim(const Graph *graph, const char *claim, const char *namespace, const char *volume_name)
{
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		if (!has_kind(graph, object, "PersistentVolume"))
			continue;
		if (*volume_name && strcmp(graph_name(graph, object), volume_name) == 0)
			return object;
		GRAPH_CHILDREN (graph, object, NODE_REFERENCE, reference) {
			const char *of = graph_text(graph, reference, FACT_NAMESPACE);
			if (strcmp(graph_text(graph, reference, FACT_ROLE), "claim") == 0 &&
			        strcmp(graph_name(graph, reference), claim) == 0 &&
			        (!*namespace || !*of || strcmp(of, namespace) == 0))
				return object;
		}
	}
	return NODE_NONE;
}

/* The machine that a volume's required affinity allows, where that is a single one. */
static const char *machine_of_volume(const Model *model, Node volume)
{
	const char *found = NULL;
	uint32_t n = 0;
	for (guint h = 0; h < model->machines->len && graph_has(model->graph, volume, FACT_NODE_AFFINITY); h++) {
		const Machine *machine = MODEL_MACHINE(model, h);
		GRAPH_OF (model->graph, volume, FACT_NODE_AFFINITY, row) {
			g_auto(GStrv) pair = g_strsplit(graph_symbol_text(model->graph, row->object), "=", 2);
			const char *label = pair[0] ? machine_label(machine, pair[0]) : NULL;
			if (!label || !pair[1] || strcmp(label, pair[1]) != 0)
				continue;
			n += found != machine->name;
			found = machine->name;
		}
	}
	return n == 1 ? found : NULL;
}

static const char *provisioner_of(const Graph *graph, const char *class)
{
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (has_kind(graph, object, "StorageClass") && strcmp(graph_name(graph, object), class) == 0)
			return graph_text(graph, object, FACT_TYPE);
	return "";
}

/* By the provisioner, else by the name that the class mostly has. Where none is written, k3s takes local-path. */
static bool is_local_class(const Graph *graph, const char *class)
{
	static const char *const words[] = {"local-path", "no-provisioner", "hostpath", "host-path", "openebs.io/local",
	        "topolvm", "lvm", "zfs-local", "zfs.csi", "localpv", "local-storage", "microk8s-hostpath"};
	const char *provisioner = *class ? provisioner_of(graph, class) : "local-path";
	const char *text = *provisioner ? provisioner : class;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

typedef struct Claim {
	const char *name;
	const char *class;
	const char *volume_name;
	const char *size;
} Claim;

static void add_bytes(Workload *workload, const char *size)
{
	int64_t bytes;
	if (*size && quantity_parse(slice_from(size), 1, &bytes))
		workload->volume_bytes = MIN(workload->volume_bytes + bytes, INT64_C(1) << 50);
}

static void pin(Model *model, Workload *workload, uint32_t replica, const char *machine, const char *what)
{
	if (workload->pinned[replica])
		return;
	workload->pinned[replica] = machine;
	workload->pinned_why[replica] = arena_printf(model->arena, "%s lies on %s", what, machine);
}

static void set_claim(Model *model, Workload *workload, uint32_t first, uint32_t end, const Claim *claim)
{
	const Graph *graph = model->graph;
	Node volume = volume_of_claim(graph, claim->name, workload->namespace, claim->volume_name);
	const char *machine = volume ? machine_of_volume(model, volume) : NULL;
	if (machine) {
		const char *what = arena_printf(model->arena, "volume %s", graph_name(graph, volume));
		for (uint32_t k = first; k < end; k++)
			pin(model, workload, k, machine, what);
	} else if (!volume && is_local_class(graph, claim->class)) {
		workload->local_volume = arena_printf(model->arena, "claim %s (%s)", claim->name,
		        *claim->class ? claim->class : "no storage class is named, and k3s takes local-path");
	} else {
		return;
	}
	if (first == 0)
		add_bytes(workload, claim->size);
}

static void set_template_claims(Model *model, Workload *workload)
{
	const Graph *graph = model->graph;
	GRAPH_CHILDREN (graph, workload->object, NODE_VOLUME, template)
		for (uint32_t k = 0; k < workload->replicas; k++) {
			Claim claim = {
			        arena_printf(model->arena, "%s-%s-%u", graph_name(graph, template), workload->name, k),
			        graph_text(graph, template, FACT_CLASS_NAME), "",
			        graph_text(graph, template, FACT_CAPACITY)};
			set_claim(model, workload, k, k + 1, &claim);
		}
}

static void set_named_claim(Model *model, Workload *workload, Node reference)
{
	const Graph *graph = model->graph;
	Claim claim = {graph_name(graph, reference), "longhorn", "", ""}; /* a claim that nobody shows binds nobody */
	GRAPH_OF (graph, reference, FACT_REFERS_TO, row) {
		claim.class = graph_text(graph, row->object, FACT_CLASS_NAME);
		claim.volume_name = last_of("volume-name", graph, row->object);
		claim.size = graph_text(graph, row->object, FACT_CAPACITY);
	}
	set_claim(model, workload, 0, workload->replicas, &claim);
}

/* Folders that every node has alike, and sockets: nothing of the pod's own lies there. */
static bool is_system_path(const char *path)
{
	static const char *const folders[] = {"/dev", "/sys", "/proc", "/run", "/var/run", "/etc", "/lib", "/var/log",
	        "/usr", "/boot", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/rancher",
	        "/opt/cni", "/tmp", "/var/lib/dbus"};
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		size_t length = strlen(folders[i]);
		if (strncmp(path, folders[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
			return true;
	}
	return strcmp(path, "/") == 0 || *path == '\0';
}

static void set_volumes(Model *model, Workload *workload)
{
	const Graph *graph = model->graph;
	workload->pinned = ARENA_ARRAY(model->arena, const char *, MAX(workload->replicas, 1));
	workload->pinned_why = ARENA_ARRAY(model->arena, const char *, MAX(workload->replicas, 1));
	GRAPH_CHILDREN (graph, workload->pod, NODE_VOLUME, volume) {
		const char *path = graph_text(graph, volume, FACT_HOST_PATH);
		if (!is_system_path(path))
			workload->host_path = path;
		GRAPH_CHILDREN (graph, volume, NODE_REFERENCE, reference)
			if (strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "PersistentVolumeClaim") == 0)
				set_named_claim(model, workload, reference);
	}
	if (strcmp(workload->kind, "StatefulSet") == 0)
		set_template_claims(model, workload);
}

void model_set_volumes(Model *model)
{
	for (guint i = 0; i < model->workloads->len; i++) {
		Workload *workload = MODEL_WORKLOAD(model, i);
		if (!workload->daemon && !workload->run_to_end)
			set_volumes(model, workload);
	}
}
