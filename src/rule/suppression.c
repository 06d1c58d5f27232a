/* Silencing findings, and the silences that have nothing left to say.
 *
 * A finding is taken back by a comment for its line, by the annotation labwright/ignore of the object it stands in, or
 * by a setting of labwright.yaml for its path; and by what others read, see peers.c. The lookups are sorted arrays: a
 * repository may hold many of both. */
#include "base/path.h"
#include "rule/peers.h"

#define ANNOTATION "labwright/ignore="

/* ---- comments -------------------------------------------------------------------------------------- */

typedef struct Silence {
	uint32_t file, line;
	Symbol rule;
	Node node;
} Silence;

static int compare_silences(const void *a, const void *b)
{
	const Silence *left = a, *right = b;
	if (left->file != right->file)
		return left->file < right->file ? -1 : 1;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	if (left->rule != right->rule)
		return left->rule < right->rule ? -1 : 1;
	return (left->node > right->node) - (left->node < right->node);
}

static bool is_date(const char *text)
{
	Slice date = slice_from(text);
	uint32_t year, month, day;
	return date.length == 10 && text[4] == '-' && text[7] == '-' && slice_to_number(slice_sub(date, 0, 4), &year) &&
	       slice_to_number(slice_sub(date, 5, 7), &month) && slice_to_number(slice_sub(date, 8, 10), &day) &&
	       month <= 12 && g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

/* A date that is none ends nothing and silences nothing: the owner meant it to end. */
static bool is_over(const Graph *graph, Node suppression, const char *today)
{
	const char *until = graph_text(graph, suppression, FACT_UNTIL);
	return *until && (!is_date(until) || strcmp(until, today) < 0);
}

static GArray *collect_comments(const Graph *graph, const char *today)
{
	GArray *silences = g_array_new(FALSE, FALSE, sizeof(Silence));
	GRAPH_NODES (graph, NODE_SUPPRESSION, node) {
		if (is_over(graph, node, today))
			continue;
		Span place = graph_place(graph, node);
		uint32_t line, column;
		graph_position(graph, place, &line, &column);
		Silence silence = {
		        place.file, graph_number(graph, node, FACT_SILENCES), graph_name_symbol(graph, node), node};
		g_array_append_val(silences, silence);
		if (line != silence.line) {
			silence.line = line;
			g_array_append_val(silences, silence);
		}
	}
	if (silences->len > 1)
		qsort(silences->data, silences->len, sizeof(Silence), compare_silences);
	return silences;
}

static Node find_comment(const Graph *graph, const GArray *silences, const Finding *finding)
{
	Symbol rule;
	if (!silences->len || !graph_find_symbol(graph, slice_from(finding->rule->id), &rule))
		return NODE_NONE;
	Silence wanted = {.file = finding->span.file, .rule = rule};
	uint32_t column;
	graph_position(graph, finding->span, &wanted.line, &column);
	guint low = 0, high = silences->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (compare_silences(&g_array_index(silences, Silence, middle), &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == silences->len)
		return NODE_NONE;
	const Silence *found = &g_array_index(silences, Silence, low);
	bool same = found->file == wanted.file && found->line == wanted.line && found->rule == rule;
	return same ? found->node : NODE_NONE;
}

/* ---- annotations ------------------------------------------------------------------------------------ */

/* Takes the next rule id off a list with commas or blanks. */
static bool next_id(Slice *rest, Slice *ret_id)
{
	while (rest->length && strchr(", \t\n", rest->at[0]))
		*rest = slice_sub(*rest, 1, rest->length);
	size_t end = 0;
	while (end < rest->length && !strchr(", \t\n", rest->at[end]))
		end++;
	*ret_id = slice_sub(*rest, 0, end);
	*rest = slice_sub(*rest, end, rest->length);
	return end > 0;
}

/* The ids of an ANNOTATION row, or an empty text for another annotation. */
static Slice annotated_ids(const Graph *graph, const Row *row)
{
	Slice text = graph_symbol_slice(graph, row->object);
	if (!slice_starts(text, ANNOTATION))
		return (Slice){"", 0};
	return slice_sub(text, strlen(ANNOTATION), text.length);
}

static bool lists(Slice ids, const char *id)
{
	for (Slice each; next_id(&ids, &each);)
		if (slice_is(each, id))
			return true;
	return false;
}

typedef struct Annotated {
	Span document;
	Node object;
	Slice ids;
} Annotated;

static GArray *collect_annotations(const Graph *graph)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Annotated));
	GRAPH_EACH (graph, FACT_ANNOTATION, row) {
		Slice ids = annotated_ids(graph, row);
		if (!ids.length || graph_node_type(graph, row->subject) != NODE_OBJECT)
			continue;
		Node document = graph_ancestor(graph, row->subject, NODE_DOCUMENT);
		Annotated annotated = {graph_place(graph, document ? document : row->subject), row->subject, ids};
		g_array_append_val(all, annotated);
	}
	return all; /* in the order of subjects, which is that of files and places */
}

static bool is_before(Span left, Span right)
{
	return left.file != right.file ? left.file < right.file : left.start <= right.start;
}

static Node find_annotation(const GArray *all, const Finding *finding)
{
	guint low = 0, high = all->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (is_before(g_array_index(all, Annotated, middle).document, finding->span))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NODE_NONE;
	const Annotated *found = &g_array_index(all, Annotated, low - 1);
	bool inside = found->document.file == finding->span.file && finding->span.start <= found->document.end;
	return inside && lists(found->ids, finding->rule->id) ? found->object : NODE_NONE;
}

/* ---- settings ----------------------------------------------------------------------------------------- */

/* Paths where a setting silences one rule; what is ignored by all of them was never reported. */
static Node find_setting(const Graph *graph, const Finding *finding)
{
	Symbol rule;
	const char *path = graph_file_path(graph, finding->span.file);
	if (!graph_find_symbol(graph, slice_from(finding->rule->id), &rule))
		return NODE_NONE;
	GRAPH_NAMED(graph, NODE_SETTING, rule, setting)
	{
		GRAPH_OF (graph, setting, FACT_PATH, row)
			if (path_matches(graph_symbol_text(graph, row->object), path))
				return setting;
	}
	return NODE_NONE;
}

/* ---- words of the owner ------------------------------------------------------------------------------ */

/* "# intentionally wrong: nothing ever gets here", behind what was found: its owner knows, and says so. */
static Node find_intention(const Graph *graph, const Finding *finding)
{
	static const char *const words[] = {"intentional", "on purpose", "deliberate", "by design"};
	Slice line = graph_line_at(graph, finding->span), bytes = graph_file_bytes(graph, finding->span.file);
	size_t from = (size_t)(bytes.at + finding->span.end - line.at);
	size_t mark = from < line.length ? slice_find(line, " #", from) : SIZE_MAX;
	if (finding->rule->everywhere || mark == SIZE_MAX)
		return NODE_NONE;
	Slice comment = slice_sub(line, mark, line.length);
	g_autofree char *lower = g_ascii_strdown(comment.at, (gssize)comment.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return graph_file_node(graph, finding->span.file);
	return NODE_NONE;
}

void checker_silence(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) comments = collect_comments(graph, checker_today(checker));
	g_autoptr(GArray) annotations = collect_annotations(graph);
	Findings all = checker_findings(checker);
	for (size_t i = 0; i < all.count; i++) {
		Finding *finding = all.at[i];
		finding->suppressed_by = find_comment(graph, comments, finding);
		if (!finding->suppressed_by)
			finding->suppressed_by = find_annotation(annotations, finding);
		if (!finding->suppressed_by)
			finding->suppressed_by = find_setting(graph, finding);
		if (!finding->suppressed_by)
			finding->suppressed_by = peers_silence(graph, finding);
		if (!finding->suppressed_by)
			finding->suppressed_by = find_intention(graph, finding);
	}
}

/* ---- silences that say nothing ------------------------------------------------------------------------- */

static void report_unknown(Checker *checker, Node subject, Span span, Slice id)
{
	Finding *finding =
	        report(checker, subject, span, "no rule is called '%.*s', so nothing is silenced", SLICE_ARGS(id));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(id));
	const Rule *near = rule_near(id);
	if (near)
		set_hint(checker, finding, "write '%s'", near->id);
}

static const Rule *find_rule(Slice id)
{
	g_autofree char *text = slice_dup(id);
	return rule_find(text);
}

/* What is silenced, as "node rule". */
static GHashTable *collect_used(Findings all)
{
	GHashTable *used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < all.count; i++)
		if (all.at[i]->suppressed_by)
			g_hash_table_add(used, g_strdup_printf("%u %s", all.at[i]->suppressed_by, all.at[i]->rule->id));
	return used;
}

static bool is_used(GHashTable *used, Node by, Slice rule)
{
	g_autofree char *key = g_strdup_printf("%u %.*s", by, SLICE_ARGS(rule));
	return g_hash_table_contains(used, key);
}

/* The comment goes, if it names this rule only: the whole line where nothing else stands on it. */
static void mend_comment(Checker *checker, Finding *finding, Span place)
{
	const Graph *graph = checker_graph(checker);
	Slice line = graph_line_at(graph, place), bytes = graph_span_bytes(graph, place);
	size_t id = (size_t)(bytes.at - line.at), hash = id;
	while (hash > 0 && line.at[hash] != '#')
		hash--;
	Slice behind = slice_trim(slice_sub(line, id + bytes.length, line.length));
	if (line.length == 0 || line.at[hash] != '#' ||
	        (behind.length && !slice_starts(behind, "until") && !slice_starts(behind, "--")))
		return;
	size_t before = hash;
	while (before > 0 && (line.at[before - 1] == ' ' || line.at[before - 1] == '\t'))
		before--;
	set_because(checker, finding, FIX_SAFE, "it has no effect");
	if (before == 0)
		add_deletion(checker, finding, place);
	else
		add_edit(checker, finding,
		        (Span){place.file, place.start - (uint32_t)(id - before),
		                place.start + (uint32_t)(line.length - id)},
		        (Slice){"", 0});
}

static void check_comment(Checker *checker, GHashTable *used, Node node)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, node);
	Slice id = graph_symbol_slice(graph, graph_name_symbol(graph, node));
	const char *until = graph_text(graph, node, FACT_UNTIL);
	const Rule *rule = find_rule(id);
	if (!rule)
		report_unknown(checker, node, place, id);
	else if (*until && !is_date(until))
		report(checker, node, place, "'%s' is no date, so nothing is silenced", until);
	else if (is_over(graph, node, checker_today(checker)))
		mend_comment(
		        checker, report(checker, node, place, "this ended on %s and silences nothing", until), place);
	else if (checker_ran(checker, rule) && !is_used(used, node, id))
		mend_comment(checker,
		        report(checker, node, place, "%s finds nothing here, so there is nothing to silence", id.at),
		        place);
}

static void check_annotation(Checker *checker, GHashTable *used, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Slice ids = annotated_ids(graph, row);
	for (Slice id; next_id(&ids, &id);) {
		const Rule *rule = find_rule(id);
		if (!rule) {
			report_unknown(checker, row->subject, graph_span(graph, row), id);
		} else if (checker_ran(checker, rule) && !is_used(used, row->subject, id)) {
			Finding *finding = report(checker, row->subject, graph_span(graph, row),
			        "%.*s finds nothing in this object, so there is nothing to silence", SLICE_ARGS(id));
			set_detail(checker, finding, "%.*s", SLICE_ARGS(id));
		}
	}
}

static void check_suppression_unused(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) used = collect_used(checker_findings(checker));
	GRAPH_NODES (graph, NODE_SUPPRESSION, node)
		check_comment(checker, used, node);
	GRAPH_EACH (graph, FACT_ANNOTATION, row)
		if (graph_node_type(graph, row->subject) == NODE_OBJECT)
			check_annotation(checker, used, row);
}

static const Rule rules[] = {
        {
                .id = "suppression-unused",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .title = "a silence that silences nothing",
                .why = "A comment or annotation that tells labwright to ignore a rule outlives what it was written "
                       "for. Left in place, it hides the next, real finding on that line.",
                .remedy = "Delete it, or put it on the line of the finding or alone on the line above.",
                .after_all = true,
                .check = check_suppression_unused,
        },
};

const RuleSet rules_suppression = {"suppression", rules, G_N_ELEMENTS(rules)};
