/* Amounts that the API server refuses, and such as no node can give. What a variable stands for is not known, and a
 * patch may bring another amount than the one that is read: about those nothing is said. How much nodes have is known
 * where labwright.yaml or a Node's manifest says it; a node of which it is not said may be as large as it likes. */
#include "base/quantity.h"
#include "rule/rule.h"

#include <string.h>

/* What nodes and pods are compared in. */
typedef enum Counted { COUNTED_CPU, COUNTED_MEMORY, COUNTED_EPHEMERAL, COUNTED } Counted;

static const struct {
	const char *name;
	int64_t scale;
} counted[COUNTED] = {{"cpu", 1000}, {"memory", 1}, {"ephemeral-storage", 1}};

/* "memory=8Gi" into its two halves; false for a text without value. */
static bool split_pair(Slice pair, Slice *ret_name, Slice *ret_amount)
{
	size_t equals = slice_find_byte(pair, '=', 0);
	if (equals == SIZE_MAX || equals + 1 >= pair.length)
		return false;
	*ret_name = slice_sub(pair, 0, equals);
	*ret_amount = slice_sub(pair, equals + 1, pair.length);
	return true;
}

/* ---- quantity-invalid ------------------------------------------------------------------------------------------- */

/* A variable, an encrypted text, or a word in capitals that somebody is to replace. */
static bool is_open_amount(Slice amount)
{
	bool digit = false, small = false;
	for (size_t i = 0; i < amount.length; i++) {
		digit |= g_ascii_isdigit(amount.at[i]) != 0;
		small |= g_ascii_islower(amount.at[i]) != 0;
	}
	return is_open_text(amount.at) || strpbrk(amount.at, "$%{") || slice_starts(amount, "ENC[") ||
	       (!digit && !small);
}

/* The unit that persons write for one of Kubernetes'; NULL for any other word. */
static const char *unit_of(const char *word, bool cpu)
{
	static const struct {
		const char *word, *unit;
	} units[] = {{"k", "k"}, {"kb", "k"}, {"ki", "Ki"}, {"kib", "Ki"}, {"mb", "M"}, {"mi", "Mi"}, {"mib", "Mi"},
	        {"g", "G"}, {"gb", "G"}, {"gi", "Gi"}, {"gib", "Gi"}, {"t", "T"}, {"tb", "T"}, {"ti", "Ti"},
	        {"tib", "Ti"}},
	  cores[] = {{"core", ""}, {"cores", ""}, {"cpu", ""}, {"cpus", ""}, {"mcpu", "m"}, {"millicores", "m"}};
	for (size_t i = 0; cpu && i < G_N_ELEMENTS(cores); i++)
		if (g_ascii_strcasecmp(word, cores[i].word) == 0)
			return cores[i].unit;
	for (size_t i = 0; !cpu && i < G_N_ELEMENTS(units); i++)
		if (g_ascii_strcasecmp(word, units[i].word) == 0)
			return units[i].unit;
	return NULL;
}

/* The same amount as Kubernetes writes it: 8Gi for "8 GiB", 0.5 for "0,5"; NULL where it is not clear. */
static char *meant_amount(Slice amount, bool cpu)
{
	g_autoptr(GString) number = g_string_new(NULL);
	size_t at = 0;
	amount = slice_trim(amount);
	for (; at < amount.length && (g_ascii_isdigit(amount.at[at]) || strchr(".,", amount.at[at])); at++)
		g_string_append_c(number, amount.at[at] == ',' ? '.' : amount.at[at]);
	g_autofree char *word = slice_dup(slice_trim(slice_sub(amount, at, amount.length)));
	const char *unit = unit_of(word, cpu);
	g_string_append(number, unit ? unit : word);
	return quantity_sign(slice_from(number->str)) == QUANTITY_GOOD ? g_strdup(number->str) : NULL;
}

static char *owner_text(const Graph *graph, Node subject)
{
	Node object = graph_ancestor(graph, subject, NODE_OBJECT);
	if (graph_node_type(graph, subject) == NODE_CONTAINER)
		return container_text(graph, subject);
	return g_strdup_printf("%s %s", graph_text(graph, object, FACT_KIND), graph_name(graph, object));
}

static void report_invalid(Checker *checker, const Row *row, Slice name, Slice amount, QuantitySign sign)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *who = owner_text(graph, row->subject);
	Finding *finding;
	if (sign == QUANTITY_NEGATIVE) {
		finding = report(checker, row->subject, graph_span(graph, row),
		        "%s says %.*s: %.*s, and less than nothing is refused", who, SLICE_ARGS(name),
		        SLICE_ARGS(amount));
		set_hint(checker, finding, "write an amount of 0 or more, or leave it out");
	} else {
		finding = report(checker, row->subject, graph_span(graph, row),
		        "%s says %.*s: '%.*s', which is no quantity: the object is refused", who, SLICE_ARGS(name),
		        SLICE_ARGS(amount));
		g_autofree char *meant = meant_amount(amount, slice_is(name, "cpu"));
		if (meant) {
			add_value_edit(checker, finding, graph_span(graph, row), meant);
			set_because(checker, finding, FIX_VALUE, "that is how Kubernetes writes it");
			set_hint(checker, finding, "write %s", meant);
		}
	}
	set_detail(checker, finding, "%s %.*s", fact_kind_word(row->kind), SLICE_ARGS(name));
}

/* memory: 512m is half a byte. Tools that write thousandths write large numbers of them. */
static void check_fraction(Checker *checker, const Row *row, Slice name, Slice amount)
{
	const Graph *graph = checker_graph(checker);
	int64_t bytes;
	if (slice_is(name, "cpu") || !slice_ends(amount, "m") || !quantity_parse(amount, 1, &bytes) || bytes > 4096 ||
	        !(slice_is(name, "memory") || slice_ends(name, "storage")))
		return;
	g_autofree char *who = owner_text(graph, row->subject);
	Slice number = slice_sub(amount, 0, amount.length - 1);
	Finding *finding = report_at(checker, LEVEL_WARNING, row->subject, graph_span(graph, row),
	        "%s says %.*s: %.*s, which is thousandths of a byte", who, SLICE_ARGS(name), SLICE_ARGS(amount));
	g_autofree char *meant = g_strdup_printf("%.*sMi", SLICE_ARGS(number));
	add_value_edit(checker, finding, graph_span(graph, row), meant);
	set_because(checker, finding, FIX_VALUE, "nobody asks for part of a byte, and m is next to Mi");
	set_hint(checker, finding, "write %s", meant);
	set_detail(checker, finding, "%s %.*s", fact_kind_word(row->kind), SLICE_ARGS(name));
}

/* Rows of compose files and of labwright.yaml have rules of their own. */
static void check_amount(Checker *checker, const Row *row, Slice name, Slice amount)
{
	if (amount.length == 0 || is_open_amount(amount) || slice_is(amount, "null") || slice_is(amount, "~"))
		return;
	QuantitySign sign = quantity_sign(amount);
	if (sign != QUANTITY_GOOD)
		report_invalid(checker, row, name, amount, sign);
	else
		check_fraction(checker, row, name, amount);
}

static void check_quantity_invalid(Checker *checker)
{
	static const FactKind kinds[] = {
	        FACT_REQUEST, FACT_LIMIT, FACT_OVERHEAD, FACT_QUOTA, FACT_CAPACITY, FACT_ALLOCATABLE};
	const Graph *graph = checker_graph(checker);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_EACH (graph, kinds[i], row) {
			Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
			Slice text = graph_symbol_slice(graph, row->object), name = SLICE("storage"), amount = text;
			bool plain = kinds[i] == FACT_CAPACITY && !is_kind(graph, object, "Node");
			if (object && (plain || split_pair(text, &name, &amount)))
				check_amount(checker, row, name, amount);
		}
}

/* ---- request-over-limit ------------------------------------------------------------------------------------------ */

static const Row *find_pair(const Graph *graph, Node subject, FactKind kind, Slice name, int64_t scale, int64_t *ret)
{
	Slice other, amount;
	GRAPH_OF (graph, subject, kind, row)
		if (split_pair(graph_symbol_slice(graph, row->object), &other, &amount) && slice_equal(name, other) &&
		        !is_open_amount(amount) && quantity_parse(amount, scale, ret))
			return row;
	return NULL;
}

static void check_pair(Checker *checker, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Slice name, amount;
	int64_t request, limit;
	if (!split_pair(graph_symbol_slice(graph, row->object), &name, &amount))
		return;
	const Row *other = find_pair(graph, row->subject, FACT_LIMIT, name, 1000, &limit);
	if (!other || !find_pair(graph, row->subject, FACT_REQUEST, name, 1000, &request) || request <= limit)
		return;
	g_autofree char *who = owner_text(graph, row->subject);
	const char *most = strchr(graph_symbol_text(graph, other->object), '=') + 1;
	Finding *finding = report(checker, row->subject, graph_span(graph, row),
	        "%s asks for %.*s of %.*s and may use %s: the pod is refused", who, SLICE_ARGS(amount),
	        SLICE_ARGS(name), most);
	add_evidence(checker, finding, graph_span(graph, other), "the limit is %s", most);
	set_detail(checker, finding, "%.*s", SLICE_ARGS(name));
}

static void check_request_over_limit(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_REQUEST, row) {
		Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
		if (object && !has_patch(graph, object))
			check_pair(checker, row);
	}
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

typedef struct Host {
	const char *name;
	Node node;
	int64_t of[COUNTED]; /* -1: nobody says it */
	bool declared;       /* in labwright.yaml */
	bool says_capacity;
} Host;

static void read_host(const Graph *graph, Node node, bool declared, GArray *hosts)
{
	static const FactKind kinds[] = {FACT_ALLOCATABLE, FACT_CAPACITY};
	Host *host = NULL;
	for (guint i = 0; i < hosts->len && !host; i++)
		if (strcmp(g_array_index(hosts, Host, i).name, graph_name(graph, node)) == 0)
			host = &g_array_index(hosts, Host, i);
	if (!host) {
		Host fresh = {graph_name(graph, node), node, {-1, -1, -1}, declared, false};
		g_array_append_val(hosts, fresh);
		host = &g_array_index(hosts, Host, hosts->len - 1);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		for (uint32_t c = 0; c < COUNTED; c++) {
			int64_t amount;
			host->says_capacity |= graph_has(graph, node, kinds[i]);
			if (host->of[c] < 0 && find_pair(graph, node, kinds[i], slice_from(counted[c].name),
			                               counted[c].scale, &amount))
				host->of[c] = amount;
		}
}

static GArray *read_hosts(const Graph *graph)
{
	GArray *hosts = g_array_new(FALSE, FALSE, sizeof(Host));
	Symbol kind;
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		read_host(graph, machine, true, hosts);
	if (graph_find_symbol(graph, SLICE("Node"), &kind))
		GRAPH_TO (graph, FACT_KIND, kind, row)
			if (graph_node_type(graph, row->subject) == NODE_OBJECT && !is_quiet(graph, row->subject) &&
			        !is_patch(graph, row->subject) && !is_open_text(graph_name(graph, row->subject)))
				read_host(graph, row->subject, false, hosts);
	return hosts;
}

/* ---- node-without-capacity --------------------------------------------------------------------------------------- */

/* A pod that is bound to the host by its name, or NODE_NONE; the place in *ret_row. */
static Node bound_pod(const Graph *graph, const char *host, const Row **ret_row)
{
	static const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY, FACT_NODE_NAME};
	g_autofree char *pair = g_strdup_printf("kubernetes.io/hostname=%s", host);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		Symbol symbol;
		if (!graph_find_symbol(graph, slice_from(kinds[i] == FACT_NODE_NAME ? host : pair), &symbol))
			continue;
		GRAPH_TO (graph, kinds[i], symbol, row)
			if (graph_node_type(graph, row->subject) == NODE_POD && !is_quiet(graph, row->subject) &&
			        !is_patch(graph, row->subject)) {
				*ret_row = row;
				return row->subject;
			}
	}
	return NODE_NONE;
}

static void check_empty_host(Checker *checker, const Host *host)
{
	const Graph *graph = checker_graph(checker);
	const Row *row = NULL;
	if (host->says_capacity) {
		report(checker, host->node, graph_place(graph, host->node),
		        "node %s says what it has, and that is neither cpu nor memory: it can take no pod", host->name);
		return;
	}
	Node pod = bound_pod(graph, host->name, &row);
	if (!pod)
		return;
	Node object = graph_parent(graph, pod);
	Finding *finding = report(checker, host->node, graph_place(graph, host->node),
	        "node %s says nothing of what it has, and pods run there: `place` can put none on it", host->name);
	add_evidence(checker, finding, graph_span(graph, row), "%s %s must run there",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
}

/* Lists of machines hold routers and disks as well: who is no node of pods needs no capacity. */
static void check_node_without_capacity(Checker *checker)
{
	g_autoptr(GArray) hosts = read_hosts(checker_graph(checker));
	bool known = false;
	for (guint i = 0; i < hosts->len; i++) {
		const Host *host = &g_array_index(hosts, Host, i);
		known |= host->of[COUNTED_CPU] > 0 || host->of[COUNTED_MEMORY] > 0;
	}
	for (guint i = 0; i < hosts->len; i++) {
		const Host *host = &g_array_index(hosts, Host, i);
		if (host->of[COUNTED_CPU] <= 0 && host->of[COUNTED_MEMORY] <= 0 && (known || host->says_capacity))
			check_empty_host(checker, host);
	}
}

/* ---- workload-too-large ------------------------------------------------------------------------------------------ */

typedef struct Asked {
	int64_t of[COUNTED];
	const Row *largest[COUNTED]; /* where most of it is asked for */
} Asked;

/* What a container asks for, or is limited to where it asks for nothing; 0 where that is not said. */
static int64_t asked_by(const Graph *graph, Node container, uint32_t what, const Row **ret_row)
{
	int64_t amount = 0;
	Slice name = slice_from(counted[what].name);
	*ret_row = find_pair(graph, container, FACT_REQUEST, name, counted[what].scale, &amount);
	if (!*ret_row)
		*ret_row = find_pair(graph, container, FACT_LIMIT, name, counted[what].scale, &amount);
	return *ret_row ? MIN(amount, INT64_C(1) << 50) : 0;
}

/* At least what the pod needs: containers that say nothing count as nothing. */
static Asked asked_by_pod(const Graph *graph, Node pod)
{
	Asked asked = {{0}, {NULL}};
	for (uint32_t c = 0; c < COUNTED; c++) {
		int64_t most = 0, alone = 0;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			const Row *row;
			int64_t amount = asked_by(graph, container, c, &row);
			bool starts =
			        graph_has(graph, container, FACT_INIT) && !graph_has(graph, container, FACT_SIDECAR);
			if (amount > most) {
				most = amount;
				asked.largest[c] = row;
			}
			asked.of[c] += starts ? 0 : amount;
			alone = starts ? MAX(alone, amount) : alone;
		}
		asked.of[c] = MAX(asked.of[c], alone);
	}
	return asked;
}

static bool has_room(const Host *host, const Asked *asked)
{
	for (uint32_t c = 0; c < COUNTED; c++)
		if (host->of[c] >= 0 && asked->of[c] > host->of[c])
			return false;
	return true;
}

/* The resource that no node has enough of, and the node with most; COUNTED where each has a node and none has all. */
static uint32_t lacking(const GArray *hosts, const Asked *asked, const Host **ret_largest)
{
	*ret_largest = &g_array_index(hosts, Host, 0);
	for (uint32_t c = 0; c < COUNTED; c++) {
		const Host *largest = NULL;
		bool lacks = asked->of[c] > 0;
		for (guint i = 0; i < hosts->len && lacks; i++) {
			const Host *host = &g_array_index(hosts, Host, i);
			lacks = host->of[c] >= 0 && host->of[c] < asked->of[c];
			if (!largest || host->of[c] > largest->of[c])
				largest = host;
		}
		if (lacks) {
			*ret_largest = largest;
			return c;
		}
	}
	return COUNTED;
}

static void report_too_large(Checker *checker, Node object, const GArray *hosts, const Asked *asked)
{
	const Graph *graph = checker_graph(checker);
	const Host *largest;
	uint32_t what = lacking(hosts, asked, &largest);
	const Row *row = asked->largest[what < COUNTED ? what : COUNTED_MEMORY];
	const char *kind = graph_text(graph, object, FACT_KIND), *name = graph_name(graph, object);
	Level level = largest->declared ? LEVEL_ERROR : LEVEL_WARNING;
	Finding *finding;
	if (what < COUNTED) {
		g_autofree char *wanted = quantity_format(asked->of[what], counted[what].scale);
		g_autofree char *most = quantity_format(largest->of[what], counted[what].scale);
		finding = report_at(checker, level, object, graph_span(graph, row),
		        "%s %s asks for %s of %s, and no node has more than %s: it stays Pending", kind, name, wanted,
		        counted[what].name, most);
	} else {
		g_autofree char *cpu = quantity_format(asked->of[COUNTED_CPU], 1000);
		g_autofree char *memory = quantity_format(asked->of[COUNTED_MEMORY], 1);
		finding = report_at(checker, level, object, row ? graph_span(graph, row) : graph_place(graph, object),
		        "%s %s asks for %s of cpu and %s of memory, and no node has both: it stays Pending", kind, name,
		        cpu, memory);
	}
	add_evidence(checker, finding, graph_place(graph, largest->node), "node %s is %s", largest->name,
	        what < COUNTED ? "the largest" : "the first of the nodes");
}

static void check_workload_too_large(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) hosts = read_hosts(graph);
	for (guint i = 0; i < hosts->len; i++)
		if (g_array_index(hosts, Host, i).of[COUNTED_CPU] < 0 &&
		        g_array_index(hosts, Host, i).of[COUNTED_MEMORY] < 0)
			return; /* nobody knows how large that one is */
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (hosts->len == 0 || has_patch(graph, object) || is_stopped(graph, object))
			continue;
		Asked asked = asked_by_pod(graph, pod);
		bool fits = false;
		for (guint i = 0; i < hosts->len && !fits; i++)
			fits = has_room(&g_array_index(hosts, Host, i), &asked);
		if (!fits)
			report_too_large(checker, object, hosts, &asked);
	}
}

static const Rule rules[] = {
        {
                .id = "quantity-invalid",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an amount that is no quantity",
                .why = "The API server refuses the whole object, so the old version goes on running, or none. "
                       "`memory: 512m` is accepted, and means half a byte.",
                .remedy = "A number, and one of k, M, G, T, Ki, Mi, Gi, Ti behind it without a blank: 512Mi, 8Gi; for "
                          "cpu a number of cores or thousandths of one: 2, 0.5, 500m.",
                .check = check_quantity_invalid,
        },
        {
                .id = "request-over-limit",
                .level = LEVEL_ERROR,
                .title = "a container that asks for more than it may use",
                .why = "A request above the limit is refused, so no pod of the workload is made.",
                .remedy = "Raise the limit, or ask for less.",
                .check = check_request_over_limit,
        },
        {
                .id = "node-without-capacity",
                .level = LEVEL_WARNING,
                .title = "a node of which nobody knows how much it has",
                .why = "`labwright place` puts nothing on a node without cpu and memory: what runs there looks as if "
                       "it had no place, and the room there is not used.",
                .remedy = "Write its capacity in labwright.yaml (`capacity: {cpu: 4, memory: 8Gi}`), or give what "
                          "`kubectl get nodes -o json` prints as --usage.",
                .check = check_node_without_capacity,
        },
        {
                .id = "workload-too-large",
                .level = LEVEL_ERROR,
                .title = "a workload larger than any node",
                .why = "A pod runs on one node, with all of its containers. One that asks for more than the largest "
                       "node has stays Pending for ever, however empty the cluster is.",
                .remedy = "Ask for less, split the workload, or correct what labwright.yaml says of the nodes.",
                .check = check_workload_too_large,
        },
};

const RuleSet rules_amounts = {"amounts", rules, G_N_ELEMENTS(rules)};
