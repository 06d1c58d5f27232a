/* Doors of a container to its machine. Many homelabs open them on purpose (a dashboard of containers, a reverse proxy,
 * a GPU), so these rules speak only where the owner asks by a profile, or by the rule's name. */
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

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

/* ---- cluster-admin ----------------------------------------------------------------------------------------------- */

/* Who applies whatever a repository holds has to be allowed everything. */
static bool applies_all(const Graph *graph, Node subject)
{
	static const char *const parts[] = {"kustomize-controller", "helm-controller", "flux", "argocd", "argo-cd",
	        "fleet", "tiller", "installer", "cilium-install", "helm-install", NULL};
	return text_has_part(graph_name(graph, subject), parts) ||
	       text_has_part(graph_text(graph, subject, FACT_NAMESPACE), parts);
}

/* A binding within a namespace gives away that namespace alone. */
static bool gives_everything(const Graph *graph, Node binding)
{
	GRAPH_CHILDREN (graph, binding, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "role"))
			return strcmp(graph_name(graph, reference), "cluster-admin") == 0;
	return false;
}

static Node user_of(const Graph *graph, Node account)
{
	GRAPH_TO (graph, FACT_REFERS_TO, account, row)
		if (has_role(graph, row->subject, "service-account"))
			return row->subject;
	return NODE_NONE;
}

static void report_cluster_admin(Checker *checker, Node binding, Node subject)
{
	const Graph *graph = checker_graph(checker);
	const char *name = graph_name(graph, subject), *home = graph_text(graph, subject, FACT_NAMESPACE);
	const Row *account = graph_find(graph, subject, FACT_REFERS_TO);
	Node user = account ? user_of(graph, account->object) : NODE_NONE;
	Finding *finding = report(checker, binding, graph_place(graph, subject),
	        strcmp(name, "default") == 0 ? "every pod of namespace %s that names no account may do everything"
	                                     : "account %s may do everything in the whole cluster",
	        strcmp(name, "default") == 0 ? home : name);
	set_detail(checker, finding, "%s/%s", home, name);
	add_evidence(checker, finding, graph_place(graph, graph_first_child(graph, binding, NODE_REFERENCE)),
	        "it is bound to cluster-admin here");
	if (user)
		add_evidence(checker, finding, graph_place(graph, user), "and %s %s runs as it",
		        graph_text(graph, graph_ancestor(graph, user, NODE_OBJECT), FACT_KIND),
		        graph_name(graph, graph_ancestor(graph, user, NODE_OBJECT)));
}

static void check_cluster_admin(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("ClusterRoleBinding"), &kind))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		if (!gives_everything(graph, row->subject) || is_patch(graph, row->subject))
			continue;
		GRAPH_CHILDREN (graph, row->subject, NODE_REFERENCE, subject)
			if (has_role(graph, subject, "subject") && !applies_all(graph, subject))
				report_cluster_admin(checker, row->subject, subject);
	}
}

/* ---- default-sa-token -------------------------------------------------------------------------------------------- */

/* Some binding is for an account called default, or there may be one that cannot be read. */
static bool is_default_bound(const Graph *graph)
{
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("default"), &name))
		return false;
	GRAPH_NAMED(graph, NODE_REFERENCE, name, reference)
	if (has_role(graph, reference, "subject"))
		return true;
	return false;
}

/* Sidecars that are put in from outside, and Vault, ask who the pod is by the token. */
static bool is_asked_for_token(const Graph *graph, Node pod)
{
	static const char *const parts[] = {"vault", "linkerd", "istio", "inject", "spiffe", "conjur", NULL};
	GRAPH_OF (graph, pod, FACT_ANNOTATION, row)
		if (text_has_part(graph_symbol_text(graph, row->object), parts))
			return true;
	return false;
}

/* The account named default of the object's namespace says no for all of its pods. */
static bool is_token_kept(const Graph *graph, Node object)
{
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("default"), &name))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, name, account)
	if (is_kind(graph, account, "ServiceAccount") && graph_has(graph, account, FACT_MOUNTS_TOKEN) &&
	        graph_symbol(graph, account, FACT_NAMESPACE) == graph_symbol(graph, object, FACT_NAMESPACE))
		return true;
	return false;
}

static bool names_account(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "service-account"))
			return true;
	return false;
}

/* As the first key of the pod's spec, where that begins a line. */
static void mend_token(Checker *checker, Finding *finding, Node pod)
{
	const Graph *graph = checker_graph(checker);
	Span spec = graph_place(graph, pod);
	Slice line = graph_line_at(graph, spec);
	size_t depth = (size_t)(graph_file_bytes(graph, spec.file).at + spec.start - line.at);
	for (size_t i = 0; i < depth; i++)
		if (line.at[i] != ' ')
			return;
	if (depth == 0 || line.at[depth] == '{')
		return;
	set_because(checker, finding, FIX_SAFE, "nothing is bound to the account");
	add_lines_above(checker, finding, spec,
	        arena_printf(checker_arena(checker), "%*sautomountServiceAccountToken: false", (int)depth, ""));
}

static void check_default_sa_token(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	if (is_default_bound(graph))
		return;
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod), container = graph_first_child(graph, pod, NODE_CONTAINER);
		if (!container || is_patch(graph, object) || graph_has(graph, pod, FACT_MOUNTS_TOKEN) ||
		        names_account(graph, pod) || is_asked_for_token(graph, pod) || is_token_kept(graph, object))
			continue;
		Finding *finding = report(checker, object, graph_place(graph, object),
		        "%s %s is given a token of the cluster that nothing allows to do anything",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
		mend_token(checker, finding, pod);
	}
}

/* ---- privilege-escalation ------------------------------------------------------------------------------------------
 */

/* A container that may do all already, and one of which it cannot be taken: the API refuses the two together. */
static bool may_do_all(const Graph *graph, Node container)
{
	GRAPH_OF (graph, container, FACT_CAPABILITY, row) {
		const char *capability = graph_symbol_text(graph, row->object);
		if (g_str_has_suffix(capability, "SYS_ADMIN") || g_ascii_strcasecmp(capability, "ALL") == 0)
			return true;
	}
	return graph_has(graph, container, FACT_PRIVILEGED);
}

static bool drops_all(const Graph *graph, Node container)
{
	GRAPH_OF (graph, container, FACT_DROPPED, row)
		if (g_ascii_strcasecmp(graph_symbol_text(graph, row->object), "ALL") == 0)
			return !graph_has(graph, container, FACT_CAPABILITY);
	return false;
}

/* Another container of the same image that is told so, and is not put aside. */
static Node told_elsewhere(const Graph *graph, Node container)
{
	const char *image = graph_text(graph, container, FACT_IMAGE);
	const char *last = path_name(slice_from(image)).at;
	size_t length = (size_t)(last - image) + strcspn(last, ":@");
	GRAPH_NODES (graph, NODE_CONTAINER, other) {
		Slice name = slice_from(graph_text(graph, other, FACT_IMAGE));
		bool same = name.length >= length && memcmp(name.at, image, length) == 0 &&
		            (name.length == length || strchr(":@", name.at[length]));
		if (length && same && strcmp(graph_text(graph, other, FACT_ESCALATION), "false") == 0 &&
		        !is_quiet(graph, other))
			return other;
	}
	return NODE_NONE;
}

/* The line of a key as deep as another one, in the block item that the other stands in; false for none. */
static bool find_sibling(Slice text, uint32_t at, const char *key, uint32_t *ret_line, uint32_t *ret_end)
{
	uint32_t start, end, next;
	edit_line_span(text, at, at, &start, &end);
	size_t depth = edit_indent(text, start).length;
	bool item = slice_starts(slice_sub(text, start + depth, end), "- ");
	depth += item ? 2 : 0;
	for (uint32_t first = start; !item && first > 0; first = start) {
		edit_line_span(text, first - 1, first - 1, &start, &end);
		Slice line = slice_sub(text, start, end);
		item = line.length > depth && depth >= 2 && slice_is(slice_trim(slice_sub(line, 0, depth)), "-");
		if (!item && slice_trim(line).length && edit_indent(text, start).length < depth)
			return false;
	}
	edit_block_span(text, start, &start, &end);
	for (; start < end; start = next) {
		edit_line_span(text, start, start, &start, &next);
		if (next - start > depth && slice_starts(slice_sub(text, start + depth, next), key) &&
		        slice_trim(slice_sub(text, start, start + depth)).length <= 1) {
			*ret_line = start + (uint32_t)depth;
			*ret_end = next;
			return true;
		}
	}
	return false;
}

static uint32_t start_of_line(Slice text, uint32_t at)
{
	uint32_t start, end;
	edit_line_span(text, at, at, &start, &end);
	return start;
}

static uint32_t end_of_line(Slice text, uint32_t at)
{
	uint32_t start, end;
	edit_line_span(text, at, at, &start, &end);
	return end;
}

/* Into its securityContext, or as one of its own below the image. False where that is written in another way. */
static bool forbid_escalation(Checker *checker, Finding *finding, Node container)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, container, FACT_IMAGE);
	Span place = image ? graph_span(graph, image) : graph_place(graph, container);
	Slice text = graph_file_bytes(graph, place.file), line = graph_line_at(graph, place);
	uint32_t at, end;
	if (!image || slice_find_byte(line, '{', 0) != SIZE_MAX || place.file != graph_file_of(graph, container))
		return false;
	if (!find_sibling(text, place.start, "securityContext:", &at, &end)) {
		add_pair_below(checker, finding, place, "securityContext:\n  allowPrivilegeEscalation: false");
		return true;
	}
	Slice rest = slice_trim(slice_sub(text, at + strlen("securityContext:"), end));
	if (rest.length > 2 && rest.at[0] == '{') {
		uint32_t inside = (uint32_t)(rest.at - text.at) + 1;
		add_edit(checker, finding, (Span){place.file, inside, inside},
		        SLICE("allowPrivilegeEscalation: false, "));
		return true;
	}
	uint32_t inner = end, next;
	while (inner < text.length &&
	        slice_starts(slice_trim(slice_sub(text, inner, next = end_of_line(text, inner))), "#"))
		inner = next;
	Slice indent = edit_indent(text, inner);
	bool block = (rest.length == 0 || rest.at[0] == '#') && indent.length > at - start_of_line(text, at);
	if (block)
		add_lines_below(checker, finding, (Span){place.file, at, at},
		        arena_printf(
		                checker_arena(checker), "%.*sallowPrivilegeEscalation: false", SLICE_ARGS(indent)));
	return block;
}

static bool is_wrong(const Graph *graph, Node container)
{
	const Row *row = graph_find(graph, container, FACT_ESCALATION);
	return !may_do_all(graph, container) && (!row || strcmp(graph_symbol_text(graph, row->object), "true") == 0);
}

/* Whether an image has programs that gain rights by a file on its disk nobody sees from here. Where there is nothing to
 * gain, or the same image is told so and runs, that need not be known. Who is allowed it in so many words keeps it. */
static void mend_escalation(Checker *checker, Finding *finding, Node pod)
{
	const Graph *graph = checker_graph(checker);
	Node other = NODE_NONE;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
		bool drops = drops_all(graph, container);
		if (!is_wrong(graph, container))
			continue;
		Node like = drops ? NODE_NONE : told_elsewhere(graph, container);
		other = like ? like : other;
		if (graph_has(graph, container, FACT_ESCALATION) || !(drops || like) ||
		        !forbid_escalation(checker, finding, container)) {
			finding->n_edits = 0;
			return;
		}
	}
	if (other)
		add_evidence(checker, finding, graph_place(graph, other), "here the same image runs without");
	set_because(checker, finding, other ? FIX_VALUE : FIX_SAFE,
	        other ? "the same image is told so elsewhere"
	              : "all capabilities are dropped, so there is none to gain");
}

static void check_privilege_escalation(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		Finding *finding = NULL;
		if (is_patch(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			const Row *row = graph_find(graph, container, FACT_ESCALATION);
			if (!is_wrong(graph, container))
				continue;
			Span place = row ? graph_span(graph, row) : graph_place(graph, container);
			if (!finding)
				finding = report(checker, object, place,
				        "programs of %s %s may gain more rights than they start with",
				        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
			add_evidence(checker, finding, place,
			        row ? "container %s is allowed to" : "container %s does not say no",
			        graph_name(graph, container));
		}
		if (finding)
			mend_escalation(checker, finding, pod);
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
                .peers = "kube-linter: privileged-container; kube-score: container-security-context-privileged; Trivy: "
                         "KSV-0017; Checkov: CKV_K8S_16; Kubescape: C-0057",
                .check = check_privileged,
        },
        {
                .id = "cluster-admin",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .profile = PROFILE_SECURITY,
                .title = "a program may do everything in the cluster",
                .why = "Whoever gets into the program, or sees the token of its account, reads every Secret and can "
                       "start a pod with any machine's disk in it.",
                .remedy = "Bind it to a role with the verbs and kinds that it asks for. Where it only looks, `view` is "
                          "enough.",
                .peers = "kube-linter: cluster-admin-role-binding; Kubescape: C-0035, C-0272; Trivy: KSV-0111",
                .check = check_cluster_admin,
        },
        {
                .id = "default-sa-token",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .profile = PROFILE_STRICT,
                .title = "a token of the cluster that nobody uses",
                .why = "A pod that names no account gets the token of its namespace's default one. Nothing is bound to "
                       "that account here, so all it serves for is to ask the API server what it is.",
                .remedy = "`automountServiceAccountToken: false` in the pod's spec.",
                .peers = "Kubescape: C-0034; Trivy: KSV-0036; Checkov: CKV_K8S_38",
                .check = check_default_sa_token,
        },
        {
                .id = "privilege-escalation",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .profile = PROFILE_STRICT,
                .title = "a container whose programs may gain rights",
                .why = "Unless told otherwise, a program of the container can become root by a file with the setuid "
                       "bit, such as sudo.",
                .remedy = "`securityContext: {allowPrivilegeEscalation: false}`, unless the program needs it: some "
                          "images call sudo, or ping by setuid.",
                .peers = "kube-linter: privilege-escalation-container; Kubescape: C-0016; Trivy: KSV-0001; Checkov: "
                         "CKV_K8S_20",
                .check = check_privilege_escalation,
        },
};

const RuleSet rules_security = {"security", rules, G_N_ELEMENTS(rules)};
