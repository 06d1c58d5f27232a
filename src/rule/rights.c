/* With which rights the programs of a pod run. Most images of a homelab start as root and give that up themselves, so
 * this is for those who ask: what a pod says about it is seen, what its image does is not. */
#include "rule/rule.h"

#include <string.h>

/* The last word on who runs the container: its own, else the pod's. An image that starts as root is refused by
 * non-root, and a number that is not 0 is no root. */
static bool may_be_root(const Graph *graph, Node container)
{
	Node nodes[] = {container, graph_ancestor(graph, container, NODE_POD)};
	for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++) {
		bool said = false, root = false;
		GRAPH_OF (graph, nodes[i], FACT_RUNS_AS, row) {
			const char *user = graph_symbol_text(graph, row->object);
			if (strcmp(user, "non-root") == 0)
				return false;
			said = true;
			root = strcmp(user, "0") == 0;
		}
		if (said)
			return root;
	}
	return true;
}

static void check_run_as_root(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		Finding *finding = NULL;
		if (is_patch(graph, object) || is_quiet(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			if (!may_be_root(graph, container))
				continue;
			if (!finding)
				finding = report(checker, object, graph_place(graph, container),
				        "programs of %s %s may run as root", graph_text(graph, object, FACT_KIND),
				        graph_name(graph, object));
			add_evidence(checker, finding, graph_place(graph, container),
			        "container %s and its pod say nothing else", graph_name(graph, container));
		}
	}
}

/* ---- capabilities -------------------------------------------------------------------------------------------- */

/* Each of these is a way out of the container, or to all data of the machine. NET_ADMIN and its like, which tunnels
 * and DNS servers need, stay within it. */
static bool is_way_out(const char *name)
{
	static const char *const names[] = {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_BOOT",
	        "DAC_READ_SEARCH", "BPF", "MAC_ADMIN", NULL};
	const char *bare = g_str_has_prefix(name, "CAP_") ? name + strlen("CAP_") : name;
	return slice_is_any_nocase(slice_from(bare), names);
}

static void check_capability_risky(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_CAPABILITY, row) {
		const char *name = graph_symbol_text(graph, row->object);
		Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
		if (!is_way_out(name) || is_quiet(graph, row->subject))
			continue;
		if (object != NODE_NONE)
			report(checker, row->subject, graph_span(graph, row), "container %s of %s %s is given %s",
			        graph_name(graph, row->subject), graph_text(graph, object, FACT_KIND),
			        graph_name(graph, object), name);
		else
			report(checker, row->subject, graph_span(graph, row), "service %s is given %s",
			        graph_name(graph, row->subject), name);
	}
}

static const Rule rules[] = {
        {
                .id = "run-as-root",
                .level = LEVEL_INFO,
                .profile = PROFILE_STRICT,
                .title = "a workload whose programs may run as root",
                .why = "Whoever gets out of the container, or reaches a volume of the machine through it, is root "
                       "there.",
                .remedy = "securityContext: runAsNonRoot: true, with runAsUser where the image names no number.",
                .peers = "kube-linter: run-as-non-root; Trivy: KSV-0012, KSV-0105; Checkov: CKV_K8S_23; Kubescape: "
                         "C-0013",
                .check = check_run_as_root,
        },
        {
                .id = "capability-risky",
                .level = LEVEL_WARNING,
                .profile = PROFILE_SECURITY,
                .title = "a container is given a capability that leads out of it",
                .why = "With SYS_ADMIN, SYS_MODULE or SYS_PTRACE a program mounts disks of the machine, loads modules "
                       "or "
                       "takes over other programs: that is root on the machine by another name.",
                .remedy = "Take it out, or give the one device or mount that the program needs.",
                .peers = "Trivy: KSV-0005, KSV-0120; Checkov: CKV_K8S_25, CKV_K8S_39; "
                         "Kubescape: C-0046",
                .check = check_capability_risky,
        },
};

const RuleSet rules_rights = {"rights", rules, G_N_ELEMENTS(rules)};
