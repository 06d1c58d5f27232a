/* The table of rules, and how findings are kept, ordered and told apart. */
#include "rule/rule.h"

#include "base/near.h"
#include "rule/sketch.h"

#include <stdarg.h>
#include <stdio.h>

#define RULE_SET(name) extern const RuleSet rules_##name;
#include "registry/rule.def"
#undef RULE_SET

struct Checker {
	const Graph *graph;
	const char *today;
	Arena *arena;
	GPtrArray *joined; /* Arena */
	GPtrArray *findings;
	GPtrArray *lists;
	GPtrArray *ran; /* Rule */
	const Rule *rule;
	bool sketch;
};

const RuleSet *const *rule_sets(void)
{
	static const RuleSet *const sets[] = {
#define RULE_SET(name) &rules_##name,
#include "registry/rule.def"
#undef RULE_SET
	        NULL,
	};
	return sets;
}

const Rule *rule_find(const char *id)
{
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			if (strcmp((*set)->rules[i].id, id) == 0)
				return &(*set)->rules[i];
	return NULL;
}

const Rule *rule_near(Slice id)
{
	NearSearch search = near_search(id, near_limit(id));
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			near_offer(&search, slice_from((*set)->rules[i].id));
	return near_result(&search) == SIZE_MAX ? NULL : rule_find(search.best.at);
}

const char *level_word(Level level)
{
	static const char *const words[] = {"off", "info", "warning", "error"};
	return words[level];
}

static const char *const profiles[] = {"homelab", "security", "strict"};

const char *profile_word(Profile profile)
{
	return profiles[profile];
}

bool profile_find(const char *word, Profile *ret_profile)
{
	for (Profile profile = PROFILE_HOMELAB; profile <= PROFILE_STRICT; profile++) {
		if (strcmp(profiles[profile], word) != 0)
			continue;
		*ret_profile = profile;
		return true;
	}
	return false;
}

Checker *checker_new(const Graph *graph, const char *today)
{
	Checker *checker = g_new0(Checker, 1);
	checker->graph = graph;
	checker->today = today;
	checker->arena = arena_new();
	checker->joined = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	checker->findings = g_ptr_array_new();
	checker->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	checker->ran = g_ptr_array_new();
	return checker;
}

void checker_free(Checker *checker)
{
	if (!checker)
		return;
	arena_free(checker->arena);
	g_ptr_array_unref(checker->joined);
	g_ptr_array_unref(checker->findings);
	g_ptr_array_unref(checker->lists);
	g_ptr_array_unref(checker->ran);
	g_free(checker);
}

void checker_sketch(Checker *checker)
{
	checker->sketch = true;
}

bool checker_sketches(const Checker *checker)
{
	return checker->sketch;
}

const Graph *checker_graph(const Checker *checker)
{
	return checker->graph;
}

const char *checker_today(const Checker *checker)
{
	return checker->today;
}

Arena *checker_arena(Checker *checker)
{
	return checker->arena;
}

GPtrArray *checker_list(Checker *checker)
{
	GPtrArray *list = g_ptr_array_new();
	g_ptr_array_add(checker->lists, list);
	return list;
}

void checker_run(Checker *checker, const Rule *rule)
{
	g_ptr_array_add(checker->ran, (gpointer)rule);
	checker->rule = rule;
	rule->check(checker);
	checker->rule = NULL;
}

void checker_join(Checker *checker, Checker *take_other)
{
	g_ptr_array_add(checker->joined, g_steal_pointer(&take_other->arena));
	g_ptr_array_extend_and_steal(checker->joined, g_steal_pointer(&take_other->joined));
	g_ptr_array_extend_and_steal(checker->findings, g_steal_pointer(&take_other->findings));
	g_ptr_array_extend_and_steal(checker->lists, g_steal_pointer(&take_other->lists));
	g_ptr_array_extend_and_steal(checker->ran, g_steal_pointer(&take_other->ran));
	g_free(take_other);
}

bool is_open_text(const char *text)
{
	return strstr(text, "${") || strstr(text, "{{") || strchr(text, '<') || strstr(text, "###"); /* of Zarf */
}

bool checker_ran(const Checker *checker, const Rule *rule)
{
	return g_ptr_array_find(checker->ran, rule, NULL);
}

bool is_quiet(const Graph *graph, Node node)
{
	Node file = graph_file_node(graph, graph_file_of(graph, node));
	return graph_has(graph, file, FACT_CLASS) || graph_has(graph, file, FACT_QUIET);
}

bool is_kind(const Graph *graph, Node object, const char *kind)
{
	return strcmp(graph_text(graph, object, FACT_KIND), kind) == 0;
}

bool has_role(const Graph *graph, Node node, const char *role)
{
	return strcmp(graph_text(graph, node, FACT_ROLE), role) == 0;
}

bool is_made(const Graph *graph, Node object)
{
	Node parent = graph_parent(graph, object);
	return parent && graph_node_type(graph, parent) == NODE_OBJECT;
}

bool is_patch(const Graph *graph, Node node)
{
	return graph_has(graph, graph_ancestor(graph, node, NODE_DOCUMENT), FACT_IS_PATCH);
}

bool is_stopped(const Graph *graph, Node object)
{
	const Row *replicas = graph_find(graph, object, FACT_REPLICAS);
	return replicas && replicas->object == 0;
}

bool has_patch(const Graph *graph, Node object)
{
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, object), other)
	if (is_patch(graph, other))
		return true;
	return false;
}

char *user_text(const Graph *graph, Node node)
{
	Node object = graph_ancestor(graph, node, NODE_OBJECT);
	return object ? g_strdup_printf("%s %s", graph_text(graph, object, FACT_KIND), graph_name(graph, object))
	              : g_strdup(graph_file_path(graph, graph_file_of(graph, node)));
}

char *container_text(const Graph *graph, Node container)
{
	Node object = graph_ancestor(graph, container, NODE_OBJECT), pod = graph_parent(graph, container);
	Node first = graph_first_child(graph, pod, NODE_CONTAINER);
	const char *kind = graph_text(graph, object, FACT_KIND), *name = graph_name(graph, object);
	if (first == container && !graph_next_child(graph, first, NODE_CONTAINER))
		return g_strdup_printf("%s %s", kind, name);
	return g_strdup_printf("container %s of %s %s", graph_name(graph, container), kind, name);
}

/* An object that was read from values, and those of another chart. */
static bool is_misread(const Graph *graph, Node subject)
{
	Node object = graph_ancestor(graph, subject, NODE_OBJECT);
	return object && is_made(graph, object) && graph_has(graph, graph_parent(graph, object), FACT_MISREAD);
}

/* Both sides of a merge stand in the file: that it does not parse and says things twice comes of that alone, and all
 * else is to be asked once it is one file again. */
static bool is_torn(const Checker *checker, Node file)
{
	return !checker->rule->everywhere && !checker->rule->of_torn && graph_has(checker->graph, file, FACT_CONFLICT);
}

/* What labwright.yaml ignores is ignored even by the rules that look everywhere. */
static bool is_reported(const Checker *checker, Node subject, uint32_t file)
{
	const Graph *graph = checker->graph;
	Node node = graph_file_node(graph, file);
	if (is_misread(graph, subject))
		return false;
	if (strcmp(graph_text(graph, node, FACT_QUIET), "ignored") == 0)
		return false;
	if (is_torn(checker, node))
		return false;
	return checker->rule->everywhere || !is_quiet(graph, node);
}

/* What nothing applies stops nothing. */
static Level level_there(const Checker *checker, Level level, uint32_t file)
{
	bool everywhere = checker->rule->everywhere || checker->rule->of_idle;
	bool idle = !everywhere && graph_has(checker->graph, graph_file_node(checker->graph, file), FACT_IDLE);
	return idle ? MIN(level, LEVEL_WARNING) : level;
}

G_GNUC_PRINTF(5, 0)
static Finding *add_finding(Checker *checker, Level level, Node subject, Span span, const char *format, va_list args)
{
	Finding *finding = ARENA_NEW(checker->arena, Finding);
	*finding = (Finding){.rule = checker->rule,
	        .level = level_there(checker, level, span.file),
	        .subject = subject,
	        .span = span,
	        .fix = checker->rule->fix,
	        .detail = "",
	        .message = arena_vprintf(checker->arena, format, args)};
	if (is_reported(checker, subject, span.file))
		g_ptr_array_add(checker->findings, finding);
	return finding;
}

Finding *report(Checker *checker, Node subject, Span span, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	Finding *finding = add_finding(checker, checker->rule->level, subject, span, format, args);
	va_end(args);
	return finding;
}

Finding *report_at(Checker *checker, Level level, Node subject, Span span, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	Finding *finding = add_finding(checker, level, subject, span, format, args);
	va_end(args);
	return finding;
}

void add_evidence(Checker *checker, Finding *finding, Span span, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (finding->n_evidence == finding->evidence_room) {
		uint32_t room = MAX(1, finding->evidence_room * 2);
		Evidence *grown = ARENA_ARRAY(checker->arena, Evidence, room);
		if (finding->n_evidence)
			memcpy(grown, finding->evidence, sizeof(Evidence) * finding->n_evidence);
		finding->evidence = grown;
		finding->evidence_room = room;
	}
	finding->evidence[finding->n_evidence++] = (Evidence){span, arena_vprintf(checker->arena, format, args)};
	va_end(args);
}

void set_hint(Checker *checker, Finding *finding, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	finding->hint = arena_vprintf(checker->arena, format, args);
	va_end(args);
}

void set_detail(Checker *checker, Finding *finding, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	finding->detail = arena_vprintf(checker->arena, format, args);
	va_end(args);
}

void set_because(Checker *checker, Finding *finding, FixClass fix, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	finding->because = arena_vprintf(checker->arena, format, args);
	finding->fix = MIN(fix, finding->rule->fix);
	va_end(args);
}

static int compare_findings(const void *a, const void *b)
{
	const Finding *left = *(Finding *const *)a, *right = *(Finding *const *)b;
	if (left->span.file != right->span.file)
		return left->span.file < right->span.file ? -1 : 1;
	if (left->span.start != right->span.start)
		return left->span.start < right->span.start ? -1 : 1;
	int order = strcmp(left->rule->id, right->rule->id);
	return order ? order : strcmp(left->message, right->message);
}

Findings checker_findings(Checker *checker)
{
	if (checker->findings->len > 1)
		qsort(checker->findings->pdata, checker->findings->len, sizeof(void *), compare_findings);
	return (Findings){(Finding **)checker->findings->pdata, checker->findings->len};
}

char *finding_fingerprint(const Graph *graph, const Finding *finding)
{
	g_autofree char *subject = graph_describe(graph, finding->subject);
	g_autofree char *text = g_strjoin(
	        "\n", finding->rule->id, graph_file_path(graph, finding->span.file), subject, finding->detail, NULL);
	char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	sum[32] = '\0';
	return sum;
}
