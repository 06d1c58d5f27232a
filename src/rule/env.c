/* Variables that compose replaces: whether something sets them, and whether the example says so. */
#include "base/variable.h"
#include "rule/environment.h"
#include "rule/rule.h"

#include <string.h>

static Node first_use(const EnvUse *use)
{
	return g_array_index(use->nodes, Node, 0);
}

#define MOST_EVIDENCE 20
#define MOST_NAMES 5u

/* The other places that use the variable. */
static void add_uses(Checker *checker, Finding *finding, const EnvUse *use)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 1; i < MIN(use->nodes->len, MOST_EVIDENCE); i++)
		add_evidence(checker, finding, graph_place(graph, g_array_index(use->nodes, Node, i)), "used here too");
}

static Span file_start(const Graph *graph, Node file)
{
	return graph_place(graph, file);
}

/* The name without a value: an example gives nothing away. */
static void add_to_example(Checker *checker, Finding *finding, Node example, Node use)
{
	const Graph *graph = checker_graph(checker);
	uint32_t file = graph_file_of(graph, example), length = (uint32_t)graph_file_bytes(graph, file).length;
	if (length)
		add_lines_below(checker, finding, (Span){file, length - 1, length - 1},
		        arena_printf(checker_arena(checker), "# used in %s\n%s=",
		                graph_file_path(graph, graph_file_of(graph, use)), graph_name(graph, use)));
}

/* One name of a row, of which the first few are told and the others counted. */
static void append_name(GString *names, guint index, guint count, const char *name)
{
	if (index < MOST_NAMES)
		g_string_append_printf(names, "%s%s", index ? ", " : "", name);
	else if (index == MOST_NAMES)
		g_string_append_printf(names, " and %u more", count - MOST_NAMES);
}

/* The first few names in a row; free with g_free. */
static char *names_of(const Graph *graph, const GPtrArray *uses)
{
	GString *names = g_string_new(NULL);
	for (guint i = 0; i < uses->len; i++)
		append_name(names, i, uses->len, graph_symbol_text(graph, ((const EnvUse *)uses->pdata[i])->name));
	return g_string_free(names, FALSE);
}

/* Each of several variables where it is used first; the finding stands at that of the first. */
static void add_names(Checker *checker, Finding *finding, const GPtrArray *uses)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 1; i < MIN(uses->len, MOST_EVIDENCE); i++)
		add_evidence(checker, finding, graph_place(graph, first_use(uses->pdata[i])), "%s",
		        graph_symbol_text(graph, ((const EnvUse *)uses->pdata[i])->name));
	if (uses->len == 1)
		add_uses(checker, finding, uses->pdata[0]);
}

static bool is_required(const Graph *graph, const EnvUse *use)
{
	for (guint i = 0; i < use->nodes->len; i++)
		if (graph_has(graph, g_array_index(use->nodes, Node, i), FACT_REQUIRED))
			return true;
	return false;
}

/* `NAME=${X}` or `NAME: ${X}` and nothing more: a program is told that it has no value, and may do without. */
static bool is_handed_on(const Graph *graph, Node variable)
{
	Span place = graph_place(graph, variable);
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	size_t start = (size_t)(bytes.at + place.start - line.at), end = start + (place.end - place.start);
	Slice before = slice_trim(slice_sub(line, 0, start)), after = slice_trim(slice_sub(line, end, line.length));
	while (before.length && strchr("\"'${", before.at[before.length - 1]))
		before.length--;
	while (after.length && strchr("}\"'", after.at[0]))
		after = slice_sub(after, 1, after.length);
	before = slice_trim(before);
	if (slice_starts(before, "- "))
		before = slice_trim(slice_sub(before, 2, before.length));
	while (before.length && strchr("\"'", before.at[0]))
		before = slice_sub(before, 1, before.length);
	bool whole = before.length && strchr("=:", before.at[before.length - 1]) &&
	             (after.length == 0 || after.at[0] == '#');
	return whole && variable_is_name(slice_sub(before, 0, before.length - 1));
}

/* So many projects take a variable from the machine, and not from a file of their own. */
#define LEAST_OF_MACHINE 3

static bool is_of_machine(const EnvSurvey *survey, const EnvUse *use)
{
	guint count = 0;
	for (guint i = 0; i < survey->projects->len; i++) {
		const EnvProject *project = survey->projects->pdata[i];
		const EnvUse *other = g_hash_table_lookup(project->by_name, GUINT_TO_POINTER(use->name));
		count += other && !other->set_by && !other->only_container;
	}
	return count >= LEAST_OF_MACHINE;
}

/* Whoever keeps an example has the .env itself elsewhere, and the variable in it perhaps. */
static Level undefined_level(const EnvSurvey *survey, const EnvProject *project, const EnvUse *use)
{
	const Graph *graph = survey->graph;
	bool handed = true;
	for (guint i = 0; i < use->nodes->len; i++)
		handed = handed && is_handed_on(graph, g_array_index(use->nodes, Node, i));
	if (is_env_example(graph, project->env_file) || is_of_machine(survey, use))
		return LEVEL_WARNING;
	return handed && !is_required(graph, use) ? LEVEL_WARNING : LEVEL_ERROR;
}

/* What the file of a project lacks, in one finding for all that weighs the same. */
static void report_undefined(Checker *checker, Level level, const EnvProject *project, const GPtrArray *uses)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(uses->pdata[0]);
	const char *path = graph_name(graph, project->env_file);
	g_autofree char *names = names_of(graph, uses);
	bool one = uses->len == 1;
	Finding *finding = report_at(checker, level, node, graph_place(graph, node),
	        one ? "'%s' has no default, and neither %s nor anything else in the repository sets it"
	            : "these have no default, and neither %2$s nor anything else in the repository sets them: %1$s",
	        names, path);
	add_evidence(checker, finding, file_start(graph, project->env_file),
	        "sets the other variables of this project, not %s", one ? "this one" : "these");
	add_names(checker, finding, uses);
	g_autofree char *rest =
	        is_required(graph, uses->pdata[0])
	                ? g_strdup_printf("; compose refuses to start without %s", one ? "it" : "them")
	                : g_strdup_printf(", or write %s: ${NAME:-value}", one ? "a default" : "defaults");
	if (one)
		set_hint(checker, finding, "add '%s=' to %s%s", names, path, rest);
	else
		set_hint(checker, finding, "add them to %s%s", path, rest);
	if (!is_env_example(graph, project->env_file))
		return;
	set_because(checker, finding, FIX_VALUE, "the example has the other variables of this project");
	for (guint i = 0; i < uses->len; i++)
		add_to_example(checker, finding, project->env_file, first_use(uses->pdata[i]));
}

/* Those that one file sets for the container, in one finding. */
static void report_only_container(Checker *checker, const EnvProject *project, const GPtrArray *uses)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(uses->pdata[0]), set = ((const EnvUse *)uses->pdata[0])->only_container;
	const char *path = graph_file_path(graph, graph_file_of(graph, set));
	g_autofree char *names = names_of(graph, uses);
	Level level = project->env_file ? LEVEL_ERROR : LEVEL_WARNING;
	bool one = uses->len == 1;
	Finding *finding = report_at(checker, level, node, graph_place(graph, node),
	        one ? "'%s' is replaced by nothing: %s sets it for the container only"
	            : "these are replaced by nothing: %2$s sets them for the container only: %1$s",
	        names, path);
	add_evidence(checker, finding, graph_place(graph, set),
	        "env_file hands this to the container; compose does not read it for ${%s}", graph_name(graph, node));
	add_names(checker, finding, uses);
	set_hint(checker, finding, "set %s in the .env beside the compose file, or start with --env-file %s",
	        one ? "it" : "them", path);
}

/* The uses of a project with that verdict; free with g_ptr_array_unref. */
static GPtrArray *uses_of(const EnvSurvey *survey, const EnvProject *project, Verdict verdict)
{
	GPtrArray *uses = g_ptr_array_new();
	for (guint i = 0; i < project->uses->len; i++)
		if (survey_judge(survey, project, project->uses->pdata[i]) == verdict)
			g_ptr_array_add(uses, project->uses->pdata[i]);
	return uses;
}

/* Takes the first use and all that are like it out of uses; free with g_ptr_array_unref. */
static GPtrArray *take_alike(
        GPtrArray *uses, bool (*are_alike)(const EnvUse *one, const EnvUse *other, const void *data), const void *data)
{
	GPtrArray *alike = g_ptr_array_new();
	const EnvUse *first = uses->pdata[0];
	for (guint i = 0; i < uses->len;)
		if (are_alike(first, uses->pdata[i], data))
			g_ptr_array_add(alike, g_ptr_array_remove_index(uses, i));
		else
			i++;
	return alike;
}

/* The variables of a project that nothing speaks of, in one finding. */
static void report_unsaid(Checker *checker, const EnvSurvey *survey, const EnvProject *project)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GPtrArray) unsaid = uses_of(survey, project, VERDICT_UNSAID);
	if (unsaid->len == 0)
		return;
	g_autofree char *names = names_of(graph, unsaid);
	Finding *finding =
	        report_at(checker, LEVEL_INFO, project->compose, graph_place(graph, first_use(unsaid->pdata[0])),
	                unsaid->len == 1 ? "nothing in the repository says where this variable comes from: %s"
	                                 : "nothing in the repository says where these variables come from: %s",
	                names);
	add_names(checker, finding, unsaid);
	set_hint(checker, finding, "keep an .env.example with these names beside the compose file");
}

/* What a project needs and its example lacks, in one finding. */
static void report_lacked(Checker *checker, const EnvProject *project, Node example, const GPtrArray *lacked)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *names = names_of(graph, lacked);
	const char *path = graph_name(graph, example);
	bool one = lacked->len == 1;
	Finding *finding = report(checker, project->compose, graph_place(graph, first_use(lacked->pdata[0])),
	        one ? "%s, which this project takes its variables from, lacks %s"
	            : "%s, which this project takes its variables from, lacks these: %s",
	        path, names);
	set_detail(checker, finding, "lacked");
	add_names(checker, finding, lacked);
	add_evidence(checker, finding, file_start(graph, example), "the example that lacks %s", one ? "it" : "them");
	set_hint(checker, finding, "add %s to %s, without a value", one ? "it" : "them", path);
	set_because(checker, finding, FIX_SAFE, "an example without a value gives nothing away");
	for (guint i = 0; i < lacked->len; i++)
		add_to_example(checker, finding, example, first_use(lacked->pdata[i]));
}

typedef struct Judged {
	const EnvSurvey *survey;
	const EnvProject *project;
} Judged;

/* Of one level, and compose stops without either, or without none. */
static bool are_one_finding(const EnvUse *one, const EnvUse *other, const void *data)
{
	const Judged *judged = data;
	const EnvSurvey *survey = judged->survey;
	return undefined_level(survey, judged->project, one) == undefined_level(survey, judged->project, other) &&
	       is_required(survey->graph, one) == is_required(survey->graph, other);
}

static bool same_container_file(const EnvUse *one, const EnvUse *other, const void *graph)
{
	return graph_file_of(graph, one->only_container) == graph_file_of(graph, other->only_container);
}

static void check_env_undefined(Checker *checker)
{
	g_auto(EnvSurvey) survey;
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++) {
		const EnvProject *project = survey.projects->pdata[i];
		g_autoptr(GPtrArray) undefined = uses_of(&survey, project, VERDICT_UNDEFINED),
		                     contained = uses_of(&survey, project, VERDICT_ONLY_CONTAINER);
		while (undefined->len) {
			Judged judged = {&survey, project};
			Level level = undefined_level(&survey, project, undefined->pdata[0]);
			g_autoptr(GPtrArray) alike = take_alike(undefined, are_one_finding, &judged);
			report_undefined(checker, level, project, alike);
		}
		while (contained->len) {
			g_autoptr(GPtrArray) alike = take_alike(contained, same_container_file, survey.graph);
			report_only_container(checker, project, alike);
		}
		report_unsaid(checker, &survey, project);
	}
}

/* ---- what the example lacks ------------------------------------------------------------------------------- */

/* A project's variables that one example lacks, and something else knows. */
typedef struct Drift {
	const EnvSurvey *survey;
	const EnvProject *project;
	GHashTable *known; /* "NAME PATH" of each variable and example that were reported → its Finding */
} Drift;

static Node drifted_example(const Drift *drift, const EnvUse *use)
{
	return use->set_by ? example_without(drift->survey, drift->project, use) : drift->project->env_file;
}

static Span where_said(const Drift *drift, const EnvUse *use)
{
	const EnvSaid *said = g_hash_table_lookup(drift->survey->said, GUINT_TO_POINTER(use->name));
	return use->set_by ? graph_place(drift->survey->graph, use->set_by) : said->mentioned;
}

/* Free with g_free. */
static char *drift_key(const Drift *drift, const EnvUse *use)
{
	const Graph *graph = drift->survey->graph;
	return g_strdup_printf(
	        "%s %s", graph_symbol_text(graph, use->name), graph_name(graph, drifted_example(drift, use)));
}

/* Whether another project has the finding already; its place is added there. */
static bool joins_known(Checker *checker, const Drift *drift, const EnvUse *use)
{
	g_autofree char *key = drift_key(drift, use);
	Finding *finding = g_hash_table_lookup(drift->known, key);
	if (!finding)
		return false;
	add_evidence(checker, finding, graph_place(checker_graph(checker), first_use(use)), "used here too");
	add_uses(checker, finding, use);
	return true;
}

static Finding *report_one_drift(Checker *checker, const Drift *drift, const EnvUse *use)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use), example = drifted_example(drift, use);
	const char *name = graph_name(graph, node), *path = graph_name(graph, example);
	Span said = where_said(drift, use);
	Finding *finding =
	        report(checker, node, graph_place(graph, node), "'%s' is used here and %s %s, but %s lacks it", name,
	                use->set_by ? "set in" : "spoken of in", graph_file_path(graph, said.file), path);
	add_evidence(checker, finding, said, use->set_by ? "set here" : "spoken of here");
	add_evidence(checker, finding, file_start(graph, example), "the example that lacks it");
	add_uses(checker, finding, use);
	set_hint(checker, finding, "add '%s=' to %s", name, path);
	return finding;
}

/* Of the same example and the same file that knows them. */
static Finding *report_several_drift(Checker *checker, const Drift *drift, const GPtrArray *uses)
{
	const Graph *graph = checker_graph(checker);
	const EnvUse *first = uses->pdata[0];
	Node node = first_use(first), example = drifted_example(drift, first);
	Span said = where_said(drift, first);
	g_autofree char *names = names_of(graph, uses);
	const char *path = graph_name(graph, example);
	Finding *finding =
	        report(checker, node, graph_place(graph, node), "these are used here and %s %s, but %s lacks them: %s",
	                first->set_by ? "set in" : "spoken of in", graph_file_path(graph, said.file), path, names);
	add_evidence(checker, finding, said, first->set_by ? "the first is set here" : "the first is spoken of here");
	add_evidence(checker, finding, file_start(graph, example), "the example that lacks them");
	add_names(checker, finding, uses);
	set_hint(checker, finding, "add them to %s, without a value", path);
	return finding;
}

/* One finding for what one example lacks and one file knows, however many projects use it. */
static void report_drift(Checker *checker, const Drift *drift, const GPtrArray *uses)
{
	Finding *finding = uses->len == 1 ? report_one_drift(checker, drift, uses->pdata[0])
	                                  : report_several_drift(checker, drift, uses);
	set_because(checker, finding, FIX_SAFE, "an example without a value gives nothing away");
	for (guint i = 0; i < uses->len; i++) {
		const EnvUse *use = uses->pdata[i];
		add_to_example(checker, finding, drifted_example(drift, use), first_use(use));
		g_hash_table_insert(drift->known, drift_key(drift, use), finding);
	}
}

static bool same_drift(const EnvUse *one, const EnvUse *other, const void *data)
{
	const Drift *drift = data;
	return drifted_example(drift, one) == drifted_example(drift, other) &&
	       where_said(drift, one).file == where_said(drift, other).file && !one->set_by == !other->set_by;
}

/* Several that documents speak of are one finding; one that other projects lack as well is theirs together. */
static void check_spoken(Checker *checker, const Drift *drift)
{
	g_autoptr(GPtrArray) spoken = uses_of(drift->survey, drift->project, VERDICT_DRIFT),
	                     lacked = uses_of(drift->survey, drift->project, VERDICT_LACKED);
	uint32_t by_mention = 0;
	for (guint i = 0; i < spoken->len; i++)
		by_mention += !((const EnvUse *)spoken->pdata[i])->set_by;
	if (lacked->len)
		report_lacked(checker, drift->project, drift->project->shared, lacked);
	if (by_mention > 1 && by_mention == spoken->len) {
		report_lacked(checker, drift->project, drift->project->env_file, spoken);
		return;
	}
	for (guint i = 0; i < spoken->len;)
		if (joins_known(checker, drift, spoken->pdata[i]))
			g_ptr_array_remove_index(spoken, i);
		else
			i++;
	while (spoken->len) {
		g_autoptr(GPtrArray) alike = take_alike(spoken, same_drift, drift);
		report_drift(checker, drift, alike);
	}
}

static void check_env_example_drift(Checker *checker)
{
	g_auto(EnvSurvey) survey;
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++)
		check_spoken(checker, &(Drift){&survey, survey.projects->pdata[i], known});
}

/* ---- one name twice ----------------------------------------------------------------------------------------- */

/* A variable of one place that is set again. */
typedef struct Again {
	Node first, second;
} Again;

/* Those that are set again to the value that they have, or those that are set to another. */
static GArray *repeated(const Graph *graph, const GArray *all, bool same)
{
	GArray *some = g_array_new(FALSE, FALSE, sizeof(Again));
	for (guint i = 0; i < all->len; i++) {
		const Again *again = &g_array_index(all, Again, i);
		const Row *before = graph_find(graph, again->first, FACT_VALUE),
		          *after = graph_find(graph, again->second, FACT_VALUE);
		if ((before && after && before->object == after->object) == same)
			g_array_append_vals(some, again, 1);
	}
	return some;
}

/* Free with g_free. */
static char *repeated_names(const Graph *graph, const GArray *some)
{
	GString *names = g_string_new(NULL);
	for (guint i = 0; i < some->len; i++)
		append_name(names, i, some->len, graph_name(graph, g_array_index(some, Again, i).second));
	return g_string_free(names, FALSE);
}

static void report_repeated(Checker *checker, const GArray *some, bool same)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *names = repeated_names(graph, some);
	Node first = g_array_index(some, Again, 0).second;
	bool one = some->len == 1;
	Finding *finding = report(checker, graph_parent(graph, first), graph_place(graph, first),
	        one && same ? "'%s' is set twice to the same value"
	        : one       ? "'%s' is set twice, and only this last one counts"
	        : same      ? "these are set twice to the same value: %s"
	                    : "these are set twice, and only the last of each counts: %s",
	        names);
	set_detail(checker, finding, "%s", graph_name(graph, first));
	if (same)
		set_because(checker, finding, FIX_VALUE, "both have the same value");
	for (guint i = 0; i < some->len; i++) {
		Again again = g_array_index(some, Again, i);
		if (i > 0 && i < MOST_EVIDENCE)
			add_evidence(checker, finding, graph_place(graph, again.second), "%s",
			        graph_name(graph, again.second));
		if (i < MOST_EVIDENCE)
			add_evidence(checker, finding, graph_place(graph, again.first), "set here first");
		if (same)
			add_block_deletion(checker, finding, graph_place(graph, again.second));
	}
}

/* What one place sets twice: what changes nothing is one finding, what changes something another. */
static void report_place(Checker *checker, GArray *all)
{
	for (int same = 0; same <= 1; same++) {
		g_autoptr(GArray) some = repeated(checker_graph(checker), all, same);
		if (some->len)
			report_repeated(checker, some, same);
	}
	g_array_set_size(all, 0);
}

/* A value that holds the one before adds to it: PATH=${PATH}:/opt/bin. */
static bool goes_on(const Graph *graph, Node env)
{
	g_autofree char *braced = g_strdup_printf("${%s", graph_name(graph, env)),
	                *bare = g_strdup_printf("$%s", graph_name(graph, env));
	const char *value = graph_text(graph, env, FACT_VALUE);
	return strstr(value, braced) || strstr(value, bare);
}

static void check_duplicate_env(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(Again));
	Node parent = NODE_NONE;
	GRAPH_NODES (graph, NODE_ENV, env) {
		if (graph_parent(graph, env) != parent) {
			report_place(checker, again);
			g_hash_table_remove_all(seen);
		}
		parent = graph_parent(graph, env);
		gpointer name = GUINT_TO_POINTER(graph_name_symbol(graph, env));
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name));
		if (first && !goes_on(graph, env))
			g_array_append_vals(again, &(Again){first, env}, 1);
		else
			g_hash_table_insert(seen, name, GUINT_TO_POINTER(env));
	}
	report_place(checker, again);
}

/* ---- env-quotes-kept ------------------------------------------------------------------------------------------ */

/* The value of a list item is in quotes that no YAML takes off, since they do not begin the item. */
static bool keeps_quotes(Slice value)
{
	if (value.length < 2 || !strchr("\"'", value.at[0]) || value.at[value.length - 1] != value.at[0])
		return false;
	return slice_find_byte(slice_sub(value, 1, value.length - 1), value.at[0], 0) == SIZE_MAX;
}

/* Nothing in it that a plain scalar of YAML would end at, or that would be read otherwise. */
static bool is_plain(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isalnum(text.at[i]) && !strchr("_./:@+-*?,;=%$(){} ", text.at[i]))
			return false;
	return slice_find(text, ": ", 0) == SIZE_MAX && !slice_ends(text, ":") && !slice_ends(text, " ");
}

/* Words of a command line, which whoever starts the program may take apart as a shell does. */
static bool holds_words(const char *name)
{
	static const char *const ends[] = {"OPTS", "OPTIONS", "ARGS", "ARGUMENTS", "FLAGS", "COMMAND", "CMD", "PARAMS"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(name, ends[i]))
			return true;
	return false;
}

static void mend_quotes(Checker *checker, Finding *finding, Span item, const char *name, Slice inner)
{
	Arena *arena = checker_arena(checker);
	set_because(checker, finding, FIX_VALUE, "the program gets the value without them");
	if (is_plain(inner))
		add_edit(checker, finding, item, slice_from(arena_printf(arena, "%s=%.*s", name, SLICE_ARGS(inner))));
	else if (slice_find_byte(inner, '\'', 0) == SIZE_MAX)
		add_edit(checker, finding, item, slice_from(arena_printf(arena, "'%s=%.*s'", name, SLICE_ARGS(inner))));
}

static void check_env_quotes_kept(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	Finding *finding = NULL;
	GRAPH_NODES (graph, NODE_ENV, env) {
		const Row *row = graph_find(graph, env, FACT_VALUE);
		Node service = graph_parent(graph, env);
		Slice value = row ? graph_symbol_slice(graph, row->object) : (Slice){"", 0};
		if (graph_node_type(graph, service) != NODE_SERVICE || is_quiet(graph, env) || !keeps_quotes(value) ||
		        holds_words(graph_name(graph, env)))
			continue;
		Span item = graph_span(graph, row);
		g_autofree char *written = g_strdup_printf("%s=%.*s", graph_name(graph, env), SLICE_ARGS(value));
		if (!slice_is(graph_span_bytes(graph, item), written))
			continue; /* NAME: '"value"' is meant so */
		if (service == last) {
			add_evidence(checker, finding, item, "and those of %s", graph_name(graph, env));
		} else {
			finding = report(checker, service, item,
			        "service %s gets the quotes as part of %s: a list item keeps them",
			        graph_name(graph, service), graph_name(graph, env));
			set_hint(checker, finding, "leave them out, or put them around the whole item: \"%s=…\"",
			        graph_name(graph, env));
		}
		last = service;
		mend_quotes(checker, finding, item, graph_name(graph, env), slice_sub(value, 1, value.length - 1));
	}
}

static const Rule rules[] = {
        {
                .id = "env-undefined",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a variable of a compose file is set nowhere",
                .why = "Compose puts nothing in its place and goes on with a warning that scrolls by: an empty "
                       "password, a volume at the root of the disk, a host name that ends in a dot. Whoever sets the "
                       "machine up again from the example finds out at run time.",
                .remedy = "Add the name to the .env file and to its example, or give the variable a default. A file "
                          "named by env_file reaches the container only, never the compose file itself.",
                .peers = "docker compose: The X variable is not set",
                .check = check_env_undefined,
        },
        {
                .id = "env-example-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "the example of a .env file lacks a variable that is used",
                .why = "The example is what a new machine starts from. A variable that the .env or a document knows "
                       "and the example does not is the one that is forgotten.",
                .remedy = "Add the name to the example, with an empty or harmless value.",
                .peers = "dotenv-linter: compare",
                .check = check_env_example_drift,
        },
        {
                .id = "duplicate-env",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a variable is set twice in one place",
                .why = "Only the last one is in effect, so an edit of the first changes nothing.",
                .remedy = "Keep the one that is meant.",
                .peers = "kube-score: environment-variable-key-duplication; kube-linter: duplicate-env-var; Kubescape: "
                         "C-0295; "
                         "dotenv-linter: DuplicatedKey",
                .check = check_duplicate_env,
        },
        {
                .id = "env-quotes-kept",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "quotes that become part of a variable's value",
                .why = "In a list of NAME=value, quotes that begin behind the = are bytes like others: the program "
                       "gets a schedule, a time zone or a token with quotes around it, and knows none such.",
                .remedy = "Leave the quotes out, put them around the whole item, or write a map: NAME: \"value\". "
                          "What was made with them, such as a password in a database, still has them.",
                .check = check_env_quotes_kept,
        },
};

const RuleSet rules_env = {"env", rules, G_N_ELEMENTS(rules)};
