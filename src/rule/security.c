/* Doors of a container to its machine. Many homelabs open them on purpose (a dashboard of containers, a reverse proxy,
 * a GPU), so these rules speak only where the owner asks by a profile, or by the rule's name. */
#include "rule/rule.h"

#include <string.h>

/* ---- the container engine's socket ------------------------------------------------------------------------- */

/* What each engine calls its socket, whatever folder it lies in. */
static const char *socket_engine(const char *path)
{
	static const struct {
		const char *ending, *engine;
	} sockets[] = {{"/docker.sock", "Docker"}, {"/podman.sock", "Podman"}, {"/containerd.sock", "containerd"},
	        {"/crio.sock", "CRI-O"}};
	for (size_t i = 0; i < G_N_ELEMENTS(sockets); i++)
		if (g_str_has_suffix(path, sockets[i].ending))
			return sockets[i].engine;
	return NULL;
}

/* The service or object that a mount or volume belongs to. */
static Node holder_of(const Graph *graph, Node node)
{
	Node service = graph_ancestor(graph, node, NODE_SERVICE);
	return service != NODE_NONE ? service : graph_ancestor(graph, node, NODE_OBJECT);
}

static const char *kind_of_holder(const Graph *graph, Node holder)
{
	const char *kind = graph_text(graph, holder, FACT_KIND);
	return *kind ? kind : "service";
}

/* A mount that is read-only protects the socket's file, and none of what is asked through it. */
static void check_docker_sock(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_HOST_PATH, row) {
		const char *path = graph_symbol_text(graph, row->object), *engine = socket_engine(path);
		Node holder = engine ? holder_of(graph, row->subject) : NODE_NONE;
		if (holder == NODE_NONE)
			continue;
		Finding *finding =
		        report(checker, holder, graph_span(graph, row), "%s %s can command %s on its machine",
		                kind_of_holder(graph, holder), graph_name(graph, holder), engine);
		set_detail(checker, finding, "%s", path);
		add_evidence(checker, finding, graph_span(graph, row), "mounts %s%s", path,
		        graph_has(graph, row->subject, FACT_READ_ONLY)
		                ? "; read-only keeps the file, not what is asked through it"
		                : "");
	}
}

/* ---- privileged containers ----------------------------------------------------------------------------------- */

static void check_privileged(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_PRIVILEGED, row) {
		Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
		if (object == NODE_NONE) {
			report(checker, row->subject, graph_span(graph, row), "service %s is privileged",
			        graph_name(graph, row->subject));
			continue;
		}
		report(checker, row->subject, graph_span(graph, row), "container %s of %s %s is privileged",
		        graph_name(graph, row->subject), graph_text(graph, object, FACT_KIND),
		        graph_name(graph, object));
	}
}

static const Rule rules[] = {
        {
                .id = "docker-sock",
                .level = LEVEL_WARNING,
                .profile = PROFILE_SECURITY,
                .title = "a container holds the socket of the container engine",
                .why = "Whoever gets into the container can start another one with the machine's whole disk in it: the "
                       "socket is root on the machine, also where the mount is read-only.",
                .remedy = "Leave it out if the program does without. If it only reads, put a socket proxy between that "
                          "allows the questions it asks; or give it the engine's TCP port with certificates.",
                .peers = "kube-linter: docker-sock; Trivy: KSV-0006; Checkov: CKV_K8S_27; Kubescape: C-0074",
                .check = check_docker_sock,
        },
        {
                .id = "privileged",
                .level = LEVEL_WARNING,
                .profile = PROFILE_SECURITY,
                .title = "a container is privileged",
                .why = "A privileged container has every capability and every device of its machine, so a fault in its "
                       "program is a fault in the machine.",
                .remedy = "Name what it needs instead: a device (`devices`, a device plugin), a capability "
                          "(`cap_add`, `capabilities.add`), or a sysctl set on the machine once.",
                .peers = "kube-linter: privileged-container; Trivy: KSV-0017; Checkov: CKV_K8S_16; Kubescape: C-0057",
                .check = check_privileged,
        },
};

const RuleSet rules_security = {"security", rules, G_N_ELEMENTS(rules)};
