/* What only a cluster knows: pods that do not run, claims without a volume, objects that are otherwise than their
 * files, volumes that fill, certificates that end. src/flow/beside.c has laid each at the object of the repository that
 * it is of; silent where no cluster was asked.
 *
 * Each finding stands where the owner would mend it: at the image that is not to be had, the reference that leads
 * nowhere, the container that crashes; else at the object. */
#include "rule/rule.h"

#include <stdio.h>

#define SOON 21    /* days before a certificate ends; those who renew do it earlier */
#define NEARLY 90u /* hundredths of a volume */

/* ---- pods that do not run ---------------------------------------------------------------------------------- */

static bool is_storage(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_VOLUME || is_kind(graph, node, "PersistentVolumeClaim") ||
	       is_kind(graph, node, "PersistentVolume");
}

/* "core/api-7d9-x/api" of "REASON of core/api-7d9-x/api: message", in parts; free with g_strfreev. */
static char **name_of(const char *failure)
{
	const char *name = strstr(failure, " of ");
	g_autofree char *whole = name ? g_strndup(name + 4, strcspn(name + 4, ": ")) : g_strdup("");
	return g_strsplit(whole, "/", 3);
}

static Node container_of(const Graph *graph, Node object, char **name)
{
	Node pod = graph_first_child(graph, object, NODE_POD);
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		if (g_strv_length(name) == 3 && strcmp(graph_name(graph, container), name[2]) == 0)
			return container;
	return NODE_NONE;
}

/* The reference below the node whose name the kubelet has put between quotes. */
static Node quoted_reference(const Graph *graph, Node node, const char *failure)
{
	GRAPH_CHILDREN (graph, node, NODE_NONE, child) {
		g_autofree char *quoted = g_strdup_printf("\"%s\"", graph_name(graph, child));
		Node found = graph_node_type(graph, child) == NODE_REFERENCE && strstr(failure, quoted)
		                     ? child
		                     : quoted_reference(graph, child, failure);
		if (found)
			return found;
	}
	return NODE_NONE;
}

static Span failure_place(const Graph *graph, Node object, const char *failure)
{
	g_auto(GStrv) name = name_of(failure);
	Node container = container_of(graph, object, name), reference = quoted_reference(graph, object, failure);
	const Row *image = graph_find(graph, container, FACT_IMAGE);
	if (image && (strstr(failure, "Image") || strstr(failure, "image")))
		return graph_span(graph, image);
	return graph_place(graph, reference ? reference : container ? container : object);
}

static void check_pod_failing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_FAILS, row) {
		const char *failure = graph_symbol_text(graph, row->object);
		if (is_storage(graph, row->subject))
			continue;
		bool own = graph_first_child(graph, row->subject, NODE_POD) != NODE_NONE;
		Finding *finding = report(checker, row->subject, failure_place(graph, row->subject, failure),
		        own ? "%s %s does not run: %s" : "what %s %s makes does not run: %s",
		        graph_text(graph, row->subject, FACT_KIND), graph_name(graph, row->subject), failure);
		g_auto(GStrv) name = name_of(failure);
		set_detail(checker, finding, "%.*s", (int)strcspn(failure, " "), failure);
		if (name[0] && name[1])
			set_hint(checker, finding, "labwright explain %s/%s", name[0], name[1]);
	}
}

/* ---- claims ------------------------------------------------------------------------------------------------ */

static void check_pvc_unhealthy(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_FAILS, row) {
		const char *failure = graph_symbol_text(graph, row->object);
		if (!is_storage(graph, row->subject))
			continue;
		bool volume = is_kind(graph, row->subject, "PersistentVolume");
		int phase = (int)strcspn(failure, " ");
		const char *name = failure + phase + strlen(" of "), *words = strchr(name, ':');
		Finding *finding = report(checker, row->subject, graph_place(graph, row->subject), "%s %.*s is %.*s%s",
		        volume ? "volume" : "claim", (int)strcspn(name, ":"), name, phase, failure, words ? words : "");
		set_detail(checker, finding, "%.*s", phase, failure);
		if (g_str_has_prefix(failure, "Released"))
			set_hint(checker, finding,
			        "its claim is gone: no other gets it until spec.claimRef is taken away");
	}
}

static void check_volume_filling(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_FILLED_TO, row)
		if (row->object >= NEARLY)
			report(checker, row->subject, graph_place(graph, row->subject),
			        "the volume of %s is %u %% full", graph_name(graph, row->subject), row->object);
}

/* ---- drift ------------------------------------------------------------------------------------------------- */

static const char *subject_text(Checker *checker, Node node)
{
	const Graph *graph = checker_graph(checker);
	const char *kind = graph_text(graph, node, FACT_KIND);
	return arena_printf(checker_arena(checker), "%s%s%s", kind, *kind ? " " : "", graph_name(graph, node));
}

/* One finding for an object, however many of its fields differ. */
static void report_drift(Checker *checker, FactKind kind)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = NULL;
	GRAPH_EACH (graph, kind, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (finding && finding->subject == row->subject) {
			add_evidence(checker, finding, graph_span(graph, row), "%s", text);
			continue;
		}
		finding = report(checker, row->subject, graph_span(graph, row), "%s: %s",
		        subject_text(checker, row->subject), text);
	}
}

static void check_repo_cluster_drift(Checker *checker)
{
	report_drift(checker, FACT_DRIFTS);
}

static void check_repo_engine_drift(Checker *checker)
{
	report_drift(checker, FACT_RUNS_OTHERWISE);
}

/* ---- certificates ------------------------------------------------------------------------------------------ */

static bool read_day(const char *text, GDate *ret_day)
{
	unsigned year, month, day;
	g_date_clear(ret_day, 1);
	if (sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 ||
	        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return false;
	g_date_set_dmy(ret_day, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return true;
}

/* One finding for a certificate, however many routes serve it. */
static void check_cert_expiring(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	GDate today, end;
	GRAPH_EACH (graph, FACT_ENDS_ON, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (!read_day(checker_today(checker), &today) || !read_day(text, &end))
			continue;
		int left = g_date_days_between(&today, &end);
		Finding *finding = g_hash_table_lookup(known, GUINT_TO_POINTER(row->object));
		if (left >= SOON)
			continue;
		if (finding) {
			add_evidence(checker, finding, graph_place(graph, row->subject), "it is served here too");
			continue;
		}
		finding = report_at(checker, left < 0 ? LEVEL_ERROR : LEVEL_WARNING, row->subject,
		        graph_place(graph, row->subject),
		        left < 0 ? "certificate %s ended on %.10s, and nobody renews it"
		                 : "certificate %s ends on %.10s, and nobody has renewed it",
		        strchr(text, ' ') + 1, text);
		g_hash_table_insert(known, GUINT_TO_POINTER(row->object), finding);
	}
}

static const Rule rules[] = {
        {
                .id = "pod-failing",
                .level = LEVEL_ERROR,
                .title = "a workload of the repository does not run on the cluster",
                .why = "What it serves is not there, or not all of it.",
                .remedy = "`labwright explain NAMESPACE/POD` follows the causes to the line that mends it. Asked by "
                          "`check --live`, or where `--usage` gives the pods.",
                .check = check_pod_failing,
        },
        {
                .id = "pvc-unhealthy",
                .level = LEVEL_ERROR,
                .title = "a claim without its volume",
                .why = "A pod that mounts it cannot start; a claim that is Lost has lost what it held.",
                .remedy = "Name a storage class that makes volumes, or make a volume that fits. A claim that waits for "
                          "its first pod is as it should be. Asked by `check --live`.",
                .check = check_pvc_unhealthy,
        },
        {
                .id = "volume-filling",
                .level = LEVEL_WARNING,
                .title = "a volume that is nearly full",
                .why = "Databases stop, and some of them break, when they cannot write.",
                .remedy = "Raise the claim's size where its storage class has allowVolumeExpansion, or take away what "
                          "is not needed. Asked by `check --live` of the kubelets.",
                .check = check_volume_filling,
        },
        {
                .id = "repo-cluster-drift",
                .level = LEVEL_WARNING,
                .title = "the cluster has an object otherwise than its file",
                .why = "Who applies the file next takes back what somebody has set; who builds the cluster anew lacks "
                       "it.",
                .remedy = "`labwright adopt` takes the cluster's values into the files, `labwright up` applies the "
                          "files. Asked by `check --live`.",
                .check = check_repo_cluster_drift,
        },
        {
                .id = "repo-engine-drift",
                .level = LEVEL_WARNING,
                .title = "a container of this machine is otherwise than its file",
                .why = "What was changed by hand is lost when the container is made anew, and another machine lacks "
                       "it.",
                .remedy = "`labwright up` applies what a commit has changed. What was changed by hand goes when the "
                          "container is removed (`docker rm -f NAME`) and `up` makes it anew; or write it into the "
                          "file. Asked by `check --live` where no cluster is named.",
                .check = check_repo_engine_drift,
        },
        {
                .id = "cert-expiring",
                .level = LEVEL_WARNING,
                .title = "a certificate that ends soon",
                .why = "Browsers and clients refuse the connection from that day on.",
                .remedy = "Look why cert-manager does not renew it (`kubectl describe certificate`), or put a new one "
                          "into its Secret. Asked by `check --live`.",
                .check = check_cert_expiring,
        },
};

const RuleSet rules_live = {"live", rules, G_N_ELEMENTS(rules)};
