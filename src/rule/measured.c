/* Requests and limits beside what was measured; silent where nothing was.
 *
 * A request is what the scheduler keeps free, so it should be a little more than what is used nearly always, and never
 * less than what was seen: less would let the pod be killed, or starve, on the day that comes again. A limit is what a
 * container is killed at: a third more than the peak. What lowers something wants a week of measurements, for many
 * things happen once a week; what raises something does not, for more was needed at least once. */
#include "rule/measured.h"

#include "base/quantity.h"

#define WEEK (7u * 86400u)
/* The last sample is taken a while before a week is full. */
#define NEARLY 7200u
#define MI (INT64_C(1) << 20)

/* The quantity behind "resource=" of a row of the kind, with the row; false where none can be read. */
static bool amount_of(const Graph *graph, Node container, FactKind kind, const char *resource, int64_t *ret_amount,
        const Row **ret_row)
{
	size_t length = strlen(resource);
	GRAPH_OF (graph, container, kind, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (strncmp(pair, resource, length) != 0 || pair[length] != '=' ||
		        !quantity_parse(
		                slice_from(pair + length + 1), strcmp(resource, "cpu") == 0 ? 1000 : 1, ret_amount))
			continue;
		*ret_row = row;
		return true;
	}
	return false;
}

bool measure_of(const Graph *graph, Node container, const char *resource, Measure *ret_measure)
{
	const Row *row;
	if (!amount_of(graph, container, FACT_PEAK, resource, &ret_measure->peak, &row) ||
	        !amount_of(graph, container, FACT_USUAL, resource, &ret_measure->usual, &row))
		return false;
	ret_measure->evidence = graph_text(graph, container, FACT_MEASURED);
	ret_measure->long_enough = graph_number(graph, container, FACT_MEASURED_FOR) + NEARLY >= WEEK;
	return true;
}

/* ---- amounts -------------------------------------------------------------------------------------------- */

static int64_t round_up(int64_t amount, int64_t step)
{
	return (amount + step - 1) / step * step;
}

/* Some eighth of the amount at most, so that it reads well: 40Mi, 416Mi, 1664Mi, 3Gi. */
static char *memory_text(int64_t bytes)
{
	int64_t step = bytes < 128 * MI ? 8 * MI : bytes < 1024 * MI ? 32 * MI : 128 * MI;
	int64_t whole = round_up(MAX(bytes, 1), step) / MI;
	return g_strdup_printf(
	        "%" G_GINT64_FORMAT "%s", whole % 1024 ? whole : whole / 1024, whole % 1024 ? "Mi" : "Gi");
}

static char *cpu_text(int64_t millicores)
{
	int64_t whole = round_up(MAX(millicores, 1), millicores < 100 ? 10 : 50);
	return g_strdup_printf("%" G_GINT64_FORMAT "m", whole);
}

static char *quantity_text(const char *resource, int64_t amount)
{
	return strcmp(resource, "cpu") == 0 ? cpu_text(amount) : memory_text(amount);
}

/* As it was measured, in megabytes or millicores. */
static char *seen_text(const char *resource, int64_t amount)
{
	if (strcmp(resource, "cpu") == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT "m", amount);
	return g_strdup_printf("%" G_GINT64_FORMAT "Mi", round_up(amount, MI) / MI);
}

/* ---- lines for a container that has none --------------------------------------------------------------------- */

/* The lines of the container, an item of a block list. */
static Slice lines_of(const Graph *graph, Node container, uint32_t *ret_start)
{
	Span place = graph_place(graph, container);
	uint32_t end;
	Slice text = graph_file_bytes(graph, place.file);
	/* The name may not be the first key: the item begins at the dash above. */
	uint32_t at = place.start;
	edit_line_span(text, at, at, ret_start, &end);
	while (*ret_start > 0 && !slice_starts(slice_trim(slice_sub(text, *ret_start, end)), "-"))
		edit_line_span(text, *ret_start - 1, *ret_start - 1, ret_start, &end);
	edit_block_span(text, *ret_start, ret_start, &end);
	return slice_sub(text, *ret_start, end);
}

/* A third above the peak, and room for something to happen in what is small. */
static int64_t limit_of(int64_t peak)
{
	return peak + MAX(peak / 3, 32 * MI);
}

static char *request_lines(const Graph *graph, Node container, const Measure *memory)
{
	Measure cpu;
	const Row *row;
	int64_t amount;
	g_autofree char *bytes = memory_text(memory->peak);
	g_autoptr(GString) lines = g_string_new("requests:\n");
	if (measure_of(graph, container, "cpu", &cpu) &&
	        !amount_of(graph, container, FACT_REQUEST, "cpu", &amount, &row)) {
		g_autofree char *millicores = cpu_text(cpu.peak);
		g_string_append_printf(lines, "  cpu: %s\n", millicores);
	}
	g_string_append_printf(lines, "  memory: %s", bytes);
	if (memory->long_enough) {
		g_autofree char *limit = memory_text(limit_of(memory->peak));
		g_string_append_printf(lines, "\nlimits:\n  memory: %s", limit);
	}
	return g_string_free(g_steal_pointer(&lines), FALSE);
}

static char *indent_lines(const char *lines, size_t depth, bool first)
{
	g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
	GString *text = g_string_new(NULL);
	for (char **at = split; *at; at++)
		g_string_append_printf(text, "%s%*s%s", at == split && !first ? "" : "\n", (int)depth, "", *at);
	return g_string_free(text, FALSE);
}

/* `resources: {}` is what generators write; other maps without a request are left to their owner. */
static bool fill_empty(Checker *checker, Finding *finding, Node container, const char *lines)
{
	const Graph *graph = checker_graph(checker);
	uint32_t start;
	Slice own = lines_of(graph, container, &start);
	static const char empty[] = "resources: {}";
	size_t at = slice_find(own, empty, 0);
	if (at == SIZE_MAX)
		return false;
	Slice text = graph_file_bytes(graph, graph_place(graph, container).file);
	uint32_t key = start + (uint32_t)at, line, end;
	edit_line_span(text, key, key, &line, &end);
	g_autofree char *inner = indent_lines(lines, key - line + 2, true);
	uint32_t brace = key + (uint32_t)strlen("resources:");
	add_edit(checker, finding, (Span){graph_place(graph, container).file, brace, brace + 3}, slice_from(inner));
	return true;
}

/* Beside the cpu of its requests. */
static bool add_memory_beside(Checker *checker, Finding *finding, Node container, const Measure *memory)
{
	const Graph *graph = checker_graph(checker);
	const Row *row;
	int64_t amount;
	if (!amount_of(graph, container, FACT_REQUEST, "cpu", &amount, &row))
		return false;
	Span span = graph_span(graph, row);
	Slice text = graph_file_bytes(graph, span.file);
	g_autofree char *bytes = memory_text(memory->peak);
	uint32_t after = span.end;
	while (after < text.length && text.at[after] == ' ')
		after++;
	bool flow = after < text.length && (text.at[after] == '}' || text.at[after] == ',');
	if (flow)
		add_edit(checker, finding, (Span){span.file, span.end, span.end},
		        slice_from(arena_printf(checker_arena(checker), ", memory: %s", bytes)));
	else
		add_pair_below(checker, finding, span, arena_printf(checker_arena(checker), "memory: %s", bytes));
	return true;
}

bool mend_requests(Checker *checker, Finding *finding, Node container)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, container, FACT_IMAGE);
	Measure memory;
	uint32_t start;
	if (!measure_of(graph, container, "memory", &memory) || !image ||
	        graph_span(graph, image).file != graph_file_of(graph, container))
		return false;
	if (add_memory_beside(checker, finding, container, &memory))
		return true;
	g_autofree char *lines = request_lines(graph, container, &memory);
	if (fill_empty(checker, finding, container, lines))
		return true;
	if (slice_find(lines_of(graph, container, &start), "resources:", 0) != SIZE_MAX)
		return false;
	g_autofree char *inner = indent_lines(lines, 2, true);
	add_pair_below(checker, finding, graph_span(graph, image),
	        arena_printf(checker_arena(checker), "resources:%s", inner));
	return true;
}

/* ---- what can be said ------------------------------------------------------------------------------------------ */

/* Another document brings part of the container, and may say another amount. */
static bool is_patched(const Graph *graph, Node container)
{
	Node object = graph_ancestor(graph, container, NODE_OBJECT);
	GRAPH_NAMED(graph, NODE_CONTAINER, graph_name_symbol(graph, container), other)
	if (is_patch(graph, other) && (graph_has(graph, other, FACT_REQUEST) || graph_has(graph, other, FACT_LIMIT)) &&
	        graph_name_symbol(graph, graph_ancestor(graph, other, NODE_OBJECT)) == graph_name_symbol(graph, object))
		return true;
	return false;
}

/* ---- request-oversized ------------------------------------------------------------------------------------------ */

static const struct {
	const char *resource;
	int64_t least; /* smaller requests are not worth a word */
} oversized[] = {{"memory", 128 * MI}, {"cpu", 100}};

static void check_oversized(Checker *checker, Node container, size_t what)
{
	const Graph *graph = checker_graph(checker);
	const char *resource = oversized[what].resource;
	const Row *row;
	Measure measure;
	int64_t request;
	if (!measure_of(graph, container, resource, &measure) ||
	        !amount_of(graph, container, FACT_REQUEST, resource, &request, &row) ||
	        request <= oversized[what].least || request <= 3 * measure.usual)
		return;
	int64_t enough = MAX(measure.peak, measure.usual * 12 / 10);
	if (request < enough * 3 / 2) /* a peak needs it */
		return;
	g_autofree char *who = container_text(graph, container), *usual = seen_text(resource, measure.usual),
	                *peak = seen_text(resource, measure.peak), *wanted = quantity_text(resource, enough);
	const char *written = strchr(graph_symbol_text(graph, row->object), '=') + 1;
	Finding *finding =
	        report_at(checker, measure.long_enough ? LEVEL_WARNING : LEVEL_INFO, container, graph_span(graph, row),
	                "%s asks for %s of %s and uses %s, %s at most", who, written, resource, usual, peak);
	set_detail(checker, finding, "%s", resource);
	add_evidence(checker, finding, graph_span(graph, row), "measured: %s", measure.evidence);
	if (measure.long_enough)
		set_hint(checker, finding, "%s is a fifth above what it uses nearly always, and not below its peak",
		        wanted);
	else
		set_hint(checker, finding, "%s, if a week of measurements says the same", wanted);
	set_because(checker, finding, measure.long_enough ? FIX_VALUE : FIX_PROPOSAL,
	        "measured: %s in 99 of 100, peak %s; %s", usual, peak, measure.evidence);
	add_rename(checker, finding, graph_span(graph, row), written, wanted);
}

static void check_request_oversized(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_MEASURED, row)
		for (size_t i = 0; i < G_N_ELEMENTS(oversized); i++)
			if (!is_patch(graph, row->subject) && !is_patched(graph, row->subject))
				check_oversized(checker, row->subject, i);
}

/* ---- memory-near-limit ---------------------------------------------------------------------------------------------
 */

/* It was killed with a limit that was no higher than this one by a quarter. */
static bool was_killed(const Graph *graph, Node container, int64_t limit)
{
	int64_t killed_at;
	return quantity_parse(slice_from(graph_text(graph, container, FACT_KILLED_AT)), 1, &killed_at) &&
	       limit < killed_at + killed_at / 4;
}

static void check_near_limit(Checker *checker, Node container)
{
	const Graph *graph = checker_graph(checker);
	const Row *row;
	int64_t limit;
	Measure measure = {0};
	bool measured = measure_of(graph, container, "memory", &measure);
	if (!amount_of(graph, container, FACT_LIMIT, "memory", &limit, &row))
		return;
	bool killed = was_killed(graph, container, limit), near = measured && measure.peak > limit / 10 * 9;
	if (!killed && !near)
		return;
	int64_t enough = MAX(limit_of(measure.peak), killed ? limit_of(limit) : limit);
	g_autofree char *who = container_text(graph, container), *peak = seen_text("memory", measure.peak),
	                *wanted = memory_text(enough);
	const char *written = strchr(graph_symbol_text(graph, row->object), '=') + 1;
	const char *how = killed ? "was killed for want of memory at" : "came near";
	Finding *finding = report(checker, container, graph_span(graph, row), "%s %s its memory limit of %s%s%s", who,
	        how, written, measured ? ": a peak of " : "", measured ? peak : "");
	if (measured)
		add_evidence(
		        checker, finding, graph_span(graph, row), "measured: a peak of %s; %s", peak, measure.evidence);
	if (killed)
		add_evidence(checker, finding, graph_span(graph, row), "the list of pods says OOMKilled");
	if (killed)
		set_because(checker, finding, FIX_VALUE, "it was killed: a third above what it had");
	else
		set_because(checker, finding, FIX_VALUE, "measured: a peak of %s in %s; a third above it", peak,
		        measure.evidence);
	add_rename(checker, finding, graph_span(graph, row), written, wanted);
}

static void check_memory_near_limit(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_MEASURED, row)
		if (!is_patch(graph, row->subject) && !is_patched(graph, row->subject))
			check_near_limit(checker, row->subject);
}

static const Rule rules[] = {
        {
                .id = "request-oversized",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a request of more than three times what is used",
                .why = "What is requested is kept free whether it is used or not: other pods stay Pending on a node "
                       "that has nothing to do. Speaks only where measurements are given (--usage).",
                .remedy = "A fifth above what is used in 99 of 100 samples of a week, and not less than the peak.",
                .peers = "Goldilocks, KRR: recommendations",
                .check = check_request_oversized,
        },
        {
                .id = "memory-near-limit",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a memory limit that the container reaches",
                .why = "At its limit a container is killed, whatever it was writing. Speaks only where measurements "
                       "are given (--usage).",
                .remedy = "A limit of a third above the peak, or a program that uses less.",
                .check = check_memory_near_limit,
        },
};

const RuleSet rules_measured = {"measured", rules, G_N_ELEMENTS(rules)};
