/* Objects that the API server would refuse: what src/source/schema.c found, less what is incomplete by design. */
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"

/* Patches, and labels that are put into selectors too. */
static bool completes(const Graph *graph, Node kustomization)
{
	if (graph_has(graph, kustomization, FACT_SELECTOR))
		return true;
	GRAPH_CHILDREN (graph, kustomization, NODE_ENTRY, entry)
		if (has_role(graph, entry, "patch") || has_role(graph, entry, "inline-patch"))
			return true;
	return false;
}

/* A workload with neither selector nor containers changes one that is there already: kubectl apply merges it. */
static bool is_patch_by_shape(const Graph *graph, Node object)
{
	Node pod = graph_first_child(graph, object, NODE_POD);
	return pod && !graph_has(graph, object, FACT_SELECTOR) && !graph_first_child(graph, pod, NODE_CONTAINER);
}

/* What a file lacks, another may add: a patch holds only what it changes, a kustomization with patches completes what
 * it lists, and in a repository of kustomizations a file that none of them brings into the cluster is in use nowhere.
 */
static bool is_incomplete(const Graph *graph, Node object)
{
	if (is_patch(graph, object) || is_patch_by_shape(graph, object))
		return true;
	Node file = graph_ancestor(graph, object, NODE_FILE);
	if (!graph_has(graph, file, FACT_REACHED_BY))
		return graph_first_node(graph, NODE_KUSTOMIZATION) != NODE_NONE;
	Carriers carriers = carriers_of(graph, file);
	for (uint32_t i = 0; i < carriers.count; i++)
		if (completes(graph, carriers.at[i]))
			return true;
	return has_appliers(graph) && !is_built_by_cluster(graph, file);
}

/* Where Flux or Argo CD apply what is meant, an object that neither reaches breaks nothing yet. */
static Level own_level(const Graph *graph, Node object)
{
	bool waits = has_appliers(graph) && !is_built_by_cluster(graph, file_node_of(graph, object));
	return waits ? LEVEL_WARNING : LEVEL_ERROR;
}

/* Where `---` is forgotten, the fields of two objects stand in one: yaml-duplicate-key says so. */
static bool holds_two(const Graph *graph, Node object)
{
	GRAPH_CHILDREN (graph, graph_ancestor(graph, object, NODE_DOCUMENT), NODE_PROBLEM, problem) {
		const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
		if (first && strcmp(graph_name(graph, problem), "yaml-duplicate-key") == 0 &&
		        strcmp(graph_symbol_text(graph, first->object), "kind") == 0)
			return true;
	}
	return false;
}

/* The head of a file, where a configuration of kind says what it is. */
#define HEAD_BYTES 4096

/* kind reads the first document of its configuration; nothing applies what else stands in the file. */
static bool is_in_kind_config(const Graph *graph, Node object)
{
	Node file = graph_ancestor(graph, object, NODE_FILE);
	if (graph_has(graph, file, FACT_REACHED_BY))
		return false;
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, object));
	return text_has(slice_sub(bytes, 0, MIN(bytes.length, HEAD_BYTES)), "apiVersion: kind.x-k8s.io/");
}

static bool is_refused(const Graph *graph, Node problem, const char *shape)
{
	Node object = graph_parent(graph, problem);
	if (is_in_kind_config(graph, object))
		return false;
	if (strcmp(shape, "missing-field") == 0)
		return !is_incomplete(graph, object);
	return !holds_two(graph, object);
}

/* A field that is one slip away, or a number and a text that only quotes tell apart. */
static void mend_shape(
        Checker *checker, Finding *finding, Span place, const char *shape, const char *wanted, const char *near)
{
	Slice bytes = graph_span_bytes(checker_graph(checker), place);
	if (strcmp(shape, "unknown-field") == 0 && *near) {
		g_autofree char *key = slice_dup(bytes);
		set_because(checker, finding, FIX_VALUE, "no other field of this place has a name so near");
		add_rename(checker, finding, place, key, near);
	} else if (strcmp(shape, "wrong-type") == 0 && strstr(wanted, "text") && bytes.length &&
	           !memchr(bytes.at, '\n', bytes.length) && !strchr("\"'[{", bytes.at[0])) {
		g_autofree char *text = g_strdup_printf("\"%.*s\"", SLICE_ARGS(bytes));
		set_because(checker, finding, FIX_VALUE, "the API wants a text here");
		add_edit(checker, finding, place, slice_from(text));
	} else if (strcmp(shape, "wrong-type") == 0 && bytes.length > 2 && strchr("\"'", bytes.at[0])) {
		Slice inner = slice_sub(bytes, 1, bytes.length - 1);
		uint32_t number;
		if (!slice_to_number(inner, &number) && !slice_is(inner, "true") && !slice_is(inner, "false"))
			return;
		set_because(checker, finding, FIX_VALUE, "the API wants no text here");
		add_edit(checker, finding, place, inner);
	}
}

/* Fields in a place where none of them belongs have one cause. */
static bool is_like(const Graph *graph, Node problem, Node before)
{
	static const char unknown[] = "unknown-field";
	return before && graph_parent(graph, problem) == graph_parent(graph, before) &&
	       graph_symbol(graph, problem, FACT_PATH) == graph_symbol(graph, before, FACT_PATH) &&
	       strcmp(graph_text(graph, problem, FACT_SHAPE), unknown) == 0 &&
	       strcmp(graph_text(graph, before, FACT_SHAPE), unknown) == 0 && !graph_has(graph, problem, FACT_NEAR) &&
	       !graph_has(graph, before, FACT_NEAR);
}

/* `namespace:` beside the name of a Service that an Ingress sends to. */
static bool is_of_backend(const Graph *graph, Node problem)
{
	return strstr(graph_text(graph, problem, FACT_MESSAGE), ".backend") &&
	       slice_is(graph_span_bytes(graph, graph_place(graph, problem)), "namespace");
}

static void check_core(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node before = NODE_NONE;
	Finding *last = NULL;
	GRAPH_EACH (graph, FACT_SHAPE, row) {
		Node problem = row->subject, object = graph_parent(graph, problem);
		if (!is_refused(graph, problem, graph_symbol_text(graph, row->object)))
			continue;
		if (last && is_like(graph, problem, before)) {
			add_evidence(checker, last, graph_place(graph, problem), "%s",
			        graph_text(graph, problem, FACT_MESSAGE));
			continue;
		}
		Finding *finding = report_at(checker, own_level(graph, object), object, graph_place(graph, problem),
		        "%s %s: %s", graph_text(graph, object, FACT_KIND), graph_name(graph, object),
		        graph_text(graph, problem, FACT_MESSAGE));
		set_detail(checker, finding, "%s", graph_text(graph, problem, FACT_MESSAGE));
		const char *near = graph_text(graph, problem, FACT_NEAR);
		if (*near)
			set_hint(checker, finding, "the field '%s' stands at this place in the API", near);
		else if (is_kind(graph, object, "Ingress") && is_of_backend(graph, problem))
			set_hint(checker, finding,
			        "an Ingress sends to Services of its own namespace only: move it there, or make a "
			        "Service of type ExternalName here");
		mend_shape(checker, finding, graph_place(graph, problem), graph_symbol_text(graph, row->object),
		        graph_text(graph, problem, FACT_EXPECTED), near);
		before = problem;
		last = finding;
	}
}

/* ---- custom objects ------------------------------------------------------------------------------------ */

/* A definition that Flux and Argo CD leave alone says nothing of the cluster they fill. */
static bool is_applied(const Graph *graph, Node definition)
{
	return !has_appliers(graph) || is_built_by_cluster(graph, file_node_of(graph, definition));
}

/* What the row of the other kind says at the same place, or "". */
static const char *beside(const Graph *graph, const Row *row, FactKind kind)
{
	Span place = graph_span(graph, row);
	GRAPH_OF (graph, row->subject, kind, other)
		if (graph_span(graph, other).start == place.start)
			return graph_symbol_text(graph, other->object);
	return "";
}

static Finding *report_custom(Checker *checker, const Row *row, const char *message)
{
	const Graph *graph = checker_graph(checker);
	Node object = row->subject;
	Finding *finding = report_at(checker, own_level(graph, object), object, graph_span(graph, row), "%s %s: %s",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object), message);
	set_detail(checker, finding, "%s", message);
	GRAPH_OF (graph, object, FACT_DEFINED_BY, definition)
		add_evidence(checker, finding, graph_span(graph, definition), "the schema of this kind and version");
	return finding;
}

/* Whether the API server would refuse the object as it stands in this row. */
static bool is_checked(const Graph *graph, const Row *row, const char *shape)
{
	const Row *definition = graph_find(graph, row->subject, FACT_DEFINED_BY);
	if (!definition || !is_applied(graph, definition->object) || holds_two(graph, row->subject))
		return false;
	return strcmp(shape, "missing-field") != 0 || !is_incomplete(graph, row->subject);
}

static void check_custom_fields(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_CUSTOM_UNKNOWN, row) {
		if (!is_checked(graph, row, "unknown-field"))
			continue;
		g_autofree char *message =
		        g_strdup_printf("its definition has no field %s", graph_symbol_text(graph, row->object));
		Finding *finding = report_custom(checker, row, message);
		const char *near = beside(graph, row, FACT_CUSTOM_NEAR);
		if (*near)
			set_hint(checker, finding, "the field '%s' stands at this place in the definition", near);
		mend_shape(checker, finding, graph_span(graph, row), "unknown-field", "", near);
	}
	GRAPH_EACH (graph, FACT_CUSTOM_LACKS, row) {
		if (!is_checked(graph, row, "missing-field"))
			continue;
		g_autofree char *message = g_strdup_printf(
		        "it lacks %s, which its definition requires", graph_symbol_text(graph, row->object));
		report_custom(checker, row, message);
	}
}

static void check_custom_values(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_CUSTOM_WRONG, row) {
		if (!is_checked(graph, row, "wrong-type"))
			continue;
		Span place = graph_span(graph, row);
		Slice bytes = graph_span_bytes(graph, place);
		const char *wanted = beside(graph, row, FACT_CUSTOM_WANTED),
		           *near = beside(graph, row, FACT_CUSTOM_NEAR);
		bool one_line = bytes.length && bytes.length <= 60 && !memchr(bytes.at, '\n', bytes.length);
		g_autofree char *message =
		        one_line ? g_strdup_printf("%s is %.*s, but must be %s", graph_symbol_text(graph, row->object),
		                           SLICE_ARGS(bytes), wanted)
		                 : g_strdup_printf("%s must be %s", graph_symbol_text(graph, row->object), wanted);
		Finding *finding = report_custom(checker, row, message);
		if (*near) {
			set_hint(checker, finding, "'%s' is probably meant", near);
			set_because(checker, finding, FIX_VALUE, "no other value that is allowed is so near");
			add_value_edit(checker, finding, place, near);
		}
		if (!g_str_has_prefix(wanted, "one of "))
			mend_shape(checker, finding, place, "wrong-type", wanted, "");
	}
}

static void check_custom_versions(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_CUSTOM_UNSERVED, row) {
		if (!is_checked(graph, row, "api-version"))
			continue;
		g_autofree char *message = g_strdup_printf(
		        "its definition does not serve %s", graph_text(graph, row->subject, FACT_API_VERSION));
		Finding *finding = report_custom(checker, row, message);
		set_hint(checker, finding, "it serves %s", graph_symbol_text(graph, row->object));
	}
}

static void check_schema_invalid(Checker *checker)
{
	check_core(checker);
	check_custom_fields(checker);
	check_custom_values(checker);
	check_custom_versions(checker);
}

/* ---- versions ------------------------------------------------------------------------------------------ */

/* Which release stopped serving a version, and what to write since when. Up to 1.29 from the project's deprecation
 * guide, for 1.32 and later from what the module k8s.io/api v0.36.3 says in its zz_generated.prerelease-lifecycle.go;
 * what that no longer holds went with the release whose module lacks it first (resource.k8s.io/v1alpha3 and
 * networking.k8s.io/v1alpha1 with v0.34.0 at the latest, storagemigration.k8s.io/v1alpha1 as v0.34.0 announced it).
 * kinds: words between spaces; NULL is every kind of that version. */
static const struct {
	const char *api_version, *kinds, *removed, *successor;
	bool same_shape;
} removals[] = {
        {"extensions/v1beta1", " Deployment DaemonSet ReplicaSet ", "1.16", "apps/v1", false},
        {"extensions/v1beta1", " NetworkPolicy ", "1.16", "networking.k8s.io/v1", true},
        {"extensions/v1beta1", " PodSecurityPolicy ", "1.16", NULL, false},
        {"extensions/v1beta1", " Ingress ", "1.22", "networking.k8s.io/v1", false},
        {"apps/v1beta1", NULL, "1.16", "apps/v1", false},
        {"apps/v1beta2", NULL, "1.16", "apps/v1", true},
        {"networking.k8s.io/v1beta1", " Ingress ", "1.22", "networking.k8s.io/v1", false},
        {"networking.k8s.io/v1beta1", " IngressClass ", "1.22", "networking.k8s.io/v1", true},
        {"rbac.authorization.k8s.io/v1alpha1", NULL, "1.22", "rbac.authorization.k8s.io/v1", true},
        {"rbac.authorization.k8s.io/v1beta1", NULL, "1.22", "rbac.authorization.k8s.io/v1", true},
        {"apiextensions.k8s.io/v1beta1", NULL, "1.22", "apiextensions.k8s.io/v1", false},
        {"admissionregistration.k8s.io/v1beta1", " MutatingWebhookConfiguration ValidatingWebhookConfiguration ",
                "1.22", "admissionregistration.k8s.io/v1", false},
        {"apiregistration.k8s.io/v1beta1", NULL, "1.22", "apiregistration.k8s.io/v1", true},
        {"certificates.k8s.io/v1beta1", " CertificateSigningRequest ", "1.22", "certificates.k8s.io/v1", false},
        {"coordination.k8s.io/v1beta1", " Lease ", "1.22", "coordination.k8s.io/v1", true},
        {"scheduling.k8s.io/v1beta1", NULL, "1.22", "scheduling.k8s.io/v1", true},
        {"storage.k8s.io/v1beta1", " CSIDriver CSINode StorageClass VolumeAttachment ", "1.22", "storage.k8s.io/v1",
                true},
        {"storage.k8s.io/v1beta1", " CSIStorageCapacity ", "1.27", "storage.k8s.io/v1", true},
        {"batch/v1beta1", " CronJob ", "1.25", "batch/v1", true},
        {"discovery.k8s.io/v1beta1", NULL, "1.25", "discovery.k8s.io/v1", false},
        {"events.k8s.io/v1beta1", NULL, "1.25", "events.k8s.io/v1", false},
        {"autoscaling/v2beta1", NULL, "1.25", "autoscaling/v2", false},
        {"autoscaling/v2beta2", NULL, "1.26", "autoscaling/v2", true},
        {"policy/v1beta1", " PodDisruptionBudget ", "1.25", "policy/v1", true},
        {"policy/v1beta1", " PodSecurityPolicy ", "1.25", NULL, false},
        {"node.k8s.io/v1beta1", NULL, "1.25", "node.k8s.io/v1", true},
        {"flowcontrol.apiserver.k8s.io/v1beta1", NULL, "1.26", "flowcontrol.apiserver.k8s.io/v1", false},
        {"flowcontrol.apiserver.k8s.io/v1beta2", NULL, "1.29", "flowcontrol.apiserver.k8s.io/v1", false},
        {"flowcontrol.apiserver.k8s.io/v1beta3", NULL, "1.32", "flowcontrol.apiserver.k8s.io/v1", false},
        {"admissionregistration.k8s.io/v1alpha1", " ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ",
                "1.32", "admissionregistration.k8s.io/v1", true},
        {"admissionregistration.k8s.io/v1beta1", " ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ", "1.34",
                "admissionregistration.k8s.io/v1", true},
        {"networking.k8s.io/v1alpha1", " IPAddress ServiceCIDR ", "1.33", "networking.k8s.io/v1", true},
        {"resource.k8s.io/v1alpha3", " DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice ", "1.34",
                "resource.k8s.io/v1", false},
        {"storage.k8s.io/v1alpha1", " VolumeAttributesClass ", "1.35", "storage.k8s.io/v1", true},
        {"storagemigration.k8s.io/v1alpha1", " StorageVersionMigration ", "1.36", "storagemigration.k8s.io/v1beta1",
                false},
        {"certificates.k8s.io/v1alpha1", " ClusterTrustBundle ", "1.37", "certificates.k8s.io/v1beta1", true},
        {"networking.k8s.io/v1beta1", " IPAddress ServiceCIDR ", "1.37", "networking.k8s.io/v1", true},
        {"storage.k8s.io/v1beta1", " VolumeAttributesClass ", "1.37", "storage.k8s.io/v1", true},
};

static bool has_kind(const char *kinds, const char *kind)
{
	if (!kinds)
		return true;
	g_autofree char *word = g_strconcat(" ", kind, " ", NULL);
	return strstr(kinds, word) != NULL;
}

/* Releases from this minor on are younger than a year: many homelabs run an older one, where the object still works.
 * To be raised with the table. */
#define NEW_MINOR 36

static Level removal_level(const Graph *graph, Node object, const char *removed)
{
	Level own = own_level(graph, object);
	return g_ascii_strtoull(strchr(removed, '.') + 1, NULL, 10) >= NEW_MINOR ? MIN(own, LEVEL_WARNING) : own;
}

static void check_api_removed(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	for (size_t i = 0; i < G_N_ELEMENTS(removals); i++) {
		Symbol version;
		if (!graph_find_symbol(graph, slice_from(removals[i].api_version), &version))
			continue;
		GRAPH_TO (graph, FACT_API_VERSION, version, row) {
			const char *kind = graph_text(graph, row->subject, FACT_KIND);
			if (!has_kind(removals[i].kinds, kind))
				continue;
			Finding *finding = report_at(checker, removal_level(graph, row->subject, removals[i].removed),
			        row->subject, graph_span(graph, row),
			        "%s %s is written in %s, which Kubernetes %s removed", kind,
			        graph_name(graph, row->subject), removals[i].api_version, removals[i].removed);
			if (!removals[i].successor)
				set_hint(checker, finding,
				        "nothing took its place: Pod Security admission labels on the namespace do "
				        "part of its work");
			else
				set_hint(checker, finding, "write %s%s", removals[i].successor,
				        removals[i].same_shape ? "; the fields are the same" : ", whose fields differ");
			if (removals[i].successor && removals[i].same_shape) {
				set_because(checker, finding, FIX_SAFE, "the fields of both versions are the same");
				add_rename(checker, finding, graph_span(graph, row), removals[i].api_version,
				        removals[i].successor);
			}
		}
	}
}

static const Rule rules[] = {
        {
                .id = "schema-invalid",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an object breaks the schema of its kind",
                .why = "The API server refuses the object, or (for an unknown field, unless validation is strict) "
                       "drops the field without a "
                       "word, so that a probe, a limit or a mount that stands in the file does not exist in the "
                       "cluster.",
                .remedy = "Correct the field name or write the value in the type that the API asks for: quote what "
                          "must be a text, unquote "
                          "what must be a number. Custom objects are held against the CustomResourceDefinitions in the "
                          "repository.",
                .peers = "kubeconform: schema; kube-linter: schema-validation",
                .check = check_schema_invalid,
        },
        {
                .id = "api-removed",
                .level = LEVEL_ERROR,
                .fix = FIX_SAFE,
                .title = "an object is written in an API version that Kubernetes no longer serves",
                .why = "A cluster of that release or a newer one answers \"no matches for kind\", and everything "
                       "applied together with the "
                       "object stops with it.",
                .remedy = "Write the version that took its place; where the shape changed, move the fields too.",
                .peers = "pluto: removed; kube-linter: no-extensions-v1beta; kube-score: stable-version; Trivy: "
                         "KSV-0107",
                .check = check_api_removed,
        },
};

const RuleSet rules_schema = {"schema", rules, G_N_ELEMENTS(rules)};
