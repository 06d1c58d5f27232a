/* How controllers replace and count their pods: an update that needs two pods where the volume admits one, a number
 * that two sides set, a name that leads to no pod. */
#include "base/path.h"
#include "rule/rule.h"

#include <string.h>

/* ---- rwo-rolling-update ----------------------------------------------------------------------------------------- */

/* One node, or one pod, at a time; nothing else. */
static bool admits_one(const Graph *graph, Node claim)
{
	bool one = false;
	GRAPH_OF (graph, claim, FACT_ACCESS_MODE, row) {
		const char *mode = graph_symbol_text(graph, row->object);
		if (strcmp(mode, "ReadWriteOnce") != 0 && strcmp(mode, "ReadWriteOncePod") != 0)
			return false;
		one = true;
	}
	return one;
}

/* A share of the network has no node to be taken from: what mounts it first keeps nobody out. */
static bool is_on_share(const Graph *graph, Node claim)
{
	static const char *const words[] = {"nfs", "smb", "cifs", NULL};
	Slice class = slice_from(graph_text(graph, claim, FACT_CLASS_NAME)), word;
	while (path_next_word(&class, &word))
		if (slice_is_any_nocase(word, words))
			return true;
	GRAPH_CHILDREN (graph, claim, NODE_REFERENCE, reference) {
		const Row *volume = graph_find(graph, reference, FACT_REFERS_TO);
		if (volume && strcmp(graph_text(graph, volume->object, FACT_TYPE), "nfs") == 0)
			return true;
	}
	return false;
}

/* Some container may write to it. */
static bool is_written(const Graph *graph, Node pod, Node volume)
{
	if (graph_has(graph, volume, FACT_READ_ONLY))
		return false;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount)
			if (graph_name_symbol(graph, mount) == graph_name_symbol(graph, volume) &&
			        !graph_has(graph, mount, FACT_READ_ONLY))
				return true;
	return false;
}

/* The claim of a pod that only one node or pod may hold; its reference in *ret_reference. */
static Node single_claim(const Graph *graph, Node pod, Node *ret_reference)
{
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		const Row *target = reference ? graph_find(graph, reference, FACT_REFERS_TO) : NULL;
		if (!target || !is_kind(graph, target->object, "PersistentVolumeClaim") ||
		        !admits_one(graph, target->object) || is_on_share(graph, target->object) ||
		        !is_written(graph, pod, volume))
			continue;
		*ret_reference = reference;
		return target->object;
	}
	return NODE_NONE;
}

/* The new pod starts before the old one is gone: the default, unless the old ones go first. */
static bool rolls(const Graph *graph, Node object)
{
	const char *strategy = graph_text(graph, object, FACT_STRATEGY), *surge = graph_text(graph, object, FACT_SURGE);
	if (is_stopped(graph, object))
		return false;
	if (strcmp(surge, "0") == 0 || strcmp(surge, "0%") == 0)
		return false;
	return *strategy == '\0' || strcmp(strategy, "RollingUpdate") == 0;
}

/* A patch of the same kind and name that says how it is to be replaced. */
static bool is_patched(const Graph *graph, Node object)
{
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, object), other)
	if (is_patch(graph, other) && graph_symbol(graph, other, FACT_KIND) == graph_symbol(graph, object, FACT_KIND) &&
	        (graph_has(graph, other, FACT_STRATEGY) || graph_has(graph, other, FACT_SURGE)))
		return true;
	return false;
}

/* A strategy that is written stays beside settings that only rolling has, so only one that is not is added. */
static void mend_strategy(Checker *checker, Finding *finding, Node object)
{
	const Graph *graph = checker_graph(checker);
	const Row *replicas = graph_find(graph, object, FACT_REPLICAS);
	if (graph_has(graph, object, FACT_STRATEGY) || graph_has(graph, object, FACT_SURGE) || !replicas)
		return;
	set_because(checker, finding, FIX_SAFE, "the old pod has to let go of the volume before the new one takes it");
	add_pair_below(checker, finding, graph_span(graph, replicas), "strategy:\n  type: Recreate");
}

static void check_rwo_rolling_update(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod), reference = NODE_NONE;
		if (!is_kind(graph, object, "Deployment") || is_patch(graph, object) || !rolls(graph, object))
			continue;
		Node claim = single_claim(graph, pod, &reference);
		if (!claim || is_patched(graph, object))
			continue;
		const Row *strategy = graph_find(graph, object, FACT_STRATEGY);
		Finding *finding =
		        report(checker, object, strategy ? graph_span(graph, strategy) : graph_place(graph, object),
		                "an update of Deployment %s needs claim %s for two pods at once",
		                graph_name(graph, object), graph_name(graph, claim));
		add_evidence(checker, finding, graph_place(graph, reference), "the pods write to the claim");
		const Row *mode = graph_find(graph, claim, FACT_ACCESS_MODE);
		add_evidence(checker, finding, graph_span(graph, mode), "it is for one %s at a time: %s",
		        strcmp(graph_symbol_text(graph, mode->object), "ReadWriteOncePod") == 0 ? "pod" : "node",
		        graph_symbol_text(graph, mode->object));
		mend_strategy(checker, finding, object);
	}
}

/* ---- hpa-vs-replicas ---------------------------------------------------------------------------------------- */

static void check_hpa_vs_replicas(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		const Row *target = has_role(graph, reference, "scale-target")
		                            ? graph_find(graph, reference, FACT_REFERS_TO)
		                            : NULL;
		const Row *replicas = target ? graph_find(graph, target->object, FACT_REPLICAS) : NULL;
		if (!replicas || is_quiet(graph, reference))
			continue;
		Finding *finding = report(checker, target->object, graph_span(graph, replicas),
		        "%s %s sets %u replicas, and an autoscaler sets them too",
		        graph_text(graph, target->object, FACT_KIND), graph_name(graph, target->object),
		        replicas->object);
		add_evidence(checker, finding, graph_place(graph, reference), "HorizontalPodAutoscaler %s scales it",
		        graph_name(graph, graph_ancestor(graph, reference, NODE_OBJECT)));
		set_because(checker, finding, FIX_SAFE, "the autoscaler keeps the number");
		add_deletion(checker, finding, graph_span(graph, replicas));
	}
}

/* ---- statefulset-service ------------------------------------------------------------------------------------- */

static bool is_in_effect(const Graph *graph, uint32_t file)
{
	Node node = graph_file_node(graph, file);
	GRAPH_OF (graph, node, FACT_FORMAT, row)
		if (strcmp(graph_symbol_text(graph, row->object), "markdown") == 0)
			return false;
	return !is_quiet(graph, node);
}

static bool is_name_byte(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* Where a name is asked that only a governing service that is headless gives: POD.SERVICE, and what may follow. */
static bool find_pod_name(const Graph *graph, Node object, const char *service, Span *ret_place)
{
	g_autofree char *name = g_strdup_printf("%s-0.%s", graph_name(graph, object), service);
	size_t length = strlen(name);
	Sought words = sought_words(slice_from(name));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		if (!graph_may_hold(graph, file, &words))
			continue;
		Slice bytes = graph_file_bytes(graph, file);
		size_t at = slice_find(bytes, name, 0), end = at + length;
		if (at == SIZE_MAX || !is_in_effect(graph, file) || (at > 0 && is_name_byte(bytes.at[at - 1])) ||
		        (end < bytes.length && is_name_byte(bytes.at[end])))
			continue;
		*ret_place = (Span){file, (uint32_t)at, (uint32_t)end};
		return true;
	}
	return false;
}

/* The last line of the document that holds the place. */
static uint32_t last_line(Slice text, uint32_t at)
{
	uint32_t last, end;
	edit_line_span(text, at, at, &last, &end);
	for (uint32_t start = last; start < text.length; start = end) {
		edit_line_span(text, start, start, &start, &end);
		Slice line = slice_sub(text, start, end);
		if (slice_starts(line, "---") || slice_starts(line, "..."))
			break;
		if (slice_trim(line).length)
			last = start;
	}
	return last;
}

/* The Service that is missing, behind the StatefulSet: a headless one opens nothing and only gives names. */
static void mend_missing_service(Checker *checker, Finding *finding, Node object, const char *name)
{
	const Graph *graph = checker_graph(checker);
	const char *namespace = graph_text(graph, object, FACT_NAMESPACE);
	Span place = graph_place(graph, object);
	Slice text = graph_file_bytes(graph, place.file);
	Rows labels = graph_rows_of(graph, object, FACT_SELECTOR);
	if (labels.at == labels.end || slice_starts(slice_trim(text), "{") ||
	        slice_find(text, "kind: List", 0) != SIZE_MAX)
		return;
	g_autoptr(GString) lines = g_string_new("---\napiVersion: v1\nkind: Service\nmetadata:\n");
	g_string_append_printf(lines, "  name: %s\n", name);
	if (*namespace)
		g_string_append_printf(lines, "  namespace: %s\n", namespace);
	g_string_append(lines, "spec:\n  clusterIP: None\n  selector:");
	for (const Row *row = labels.at; row != labels.end; row++) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(graph, row->object), "=", 2);
		Slice value = edit_scalar((Slice){"", 0}, slice_from(pair[1] ? pair[1] : ""), checker_arena(checker));
		g_string_append_printf(lines, "\n    %s: %.*s", pair[0], SLICE_ARGS(value));
	}
	set_because(checker, finding, FIX_VALUE,
	        "serviceName says what it is called, the selector of the StatefulSet which pods it is for");
	uint32_t last = last_line(text, place.start);
	add_lines_below(checker, finding, (Span){place.file, last, last}, lines->str);
}

static void check_statefulset_service(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		if (!has_role(graph, reference, "governing-service") || is_open_text(graph_name(graph, reference)))
			continue;
		Node object = graph_parent(graph, reference);
		const char *name = graph_name(graph, reference);
		Span asked;
		const Row *target = graph_find(graph, reference, FACT_REFERS_TO);
		bool missing = strcmp(graph_text(graph, reference, FACT_UNRESOLVED), "missing") == 0;
		bool headed = target && is_kind(graph, target->object, "Service") &&
		              !graph_has(graph, target->object, FACT_HEADLESS) && !is_patch(graph, target->object);
		if ((!missing && !headed) || is_patch(graph, object) || is_quiet(graph, object) ||
		        !find_pod_name(graph, object, name, &asked))
			continue;
		Finding *finding = report(checker, object, graph_place(graph, reference),
		        missing ? "the pods of StatefulSet %s are named by Service %s, which nothing makes"
		                : "the pods of StatefulSet %s are named by Service %s, which is not headless",
		        graph_name(graph, object), name);
		if (headed)
			add_evidence(checker, finding, graph_place(graph, target->object),
			        "it has an address of its own, so its pods have no names");
		add_evidence(checker, finding, asked, "one of them is asked by name here");
		if (missing)
			mend_missing_service(checker, finding, object, name);
	}
}

static const Rule rules[] = {
        {
                .id = "rwo-rolling-update",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "an update needs two pods on a volume for one",
                .why = "A Deployment starts the new pod before it ends the old one. Where the volume can be on one "
                       "node at a time, the new pod waits for it and the update hangs; where both pods land on that "
                       "node, two programs write to the same files.",
                .remedy = "Set `strategy: {type: Recreate}`: the old pod goes first, and the service is away for "
                          "seconds.",
                .check = check_rwo_rolling_update,
        },
        {
                .id = "hpa-vs-replicas",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "a number of replicas that an autoscaler sets too",
                .why = "Each time the manifest is applied, the pods are cut or raised to its number, and the "
                       "autoscaler "
                       "undoes it a minute later.",
                .remedy = "Take `replicas` out of the manifest.",
                .peers = "kube-score: deployment-targeted-by-hpa-does-not-have-replicas-configured",
                .check = check_hpa_vs_replicas,
        },
        {
                .id = "statefulset-service",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "names of pods that no headless Service gives",
                .why = "POD.SERVICE is a name only where the governing Service of the StatefulSet exists and is "
                       "headless. Without, whoever uses the name finds nobody.",
                .remedy =
                        "Make the Service that serviceName names, with `clusterIP: None`, beside the one that clients "
                        "use.",
                .peers = "kube-score: statefulset-has-servicename",
                .check = check_statefulset_service,
        },
};

const RuleSet rules_rollout = {"rollout", rules, G_N_ELEMENTS(rules)};
