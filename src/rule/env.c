/* Variables that compose replaces: whether something sets them, and whether the example says so. */
#include "rule/environment.h"
#include "rule/rule.h"

#include <string.h>

static Node first_use(const EnvUse *use)
{
	return g_array_index(use->nodes, Node, 0);
}

#define MOST_EVIDENCE 20

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

static bool is_variable_name(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isupper(text.at[i]) && !g_ascii_isdigit(text.at[i]) && text.at[i] != '_')
			return false;
	return text.length > 0;
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
	return whole && is_variable_name(slice_sub(before, 0, before.length - 1));
}

/* Whoever keeps an example has the .env itself elsewhere, and the variable in it perhaps. Without what it requires,
 * compose does not start. */
static Level undefined_level(const Graph *graph, const EnvProject *project, const EnvUse *use)
{
	bool handed = true;
	for (guint i = 0; i < use->nodes->len; i++) {
		Node node = g_array_index(use->nodes, Node, i);
		if (graph_has(graph, node, FACT_REQUIRED))
			return LEVEL_ERROR;
		handed = handed && is_handed_on(graph, node);
	}
	return handed || is_env_example(graph, project->env_file) ? LEVEL_WARNING : LEVEL_ERROR;
}

static void report_undefined(Checker *checker, const EnvProject *project, const EnvUse *use)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use);
	const char *name = graph_name(graph, node);
	const char *path = graph_name(graph, project->env_file);
	bool stops = graph_has(graph, node, FACT_REQUIRED);
	Finding *finding = report_at(checker, undefined_level(graph, project, use), node, graph_place(graph, node),
	        "'%s' has no default, and neither %s nor anything else in the repository sets it", name, path);
	add_evidence(checker, finding, file_start(graph, project->env_file),
	        "sets the other variables of this project, not this one");
	add_uses(checker, finding, use);
	set_hint(checker, finding, "add '%s=' to %s%s", name, path,
	        stops ? "; compose refuses to start without it" : ", or write a default: ${NAME:-value}");
	if (is_env_example(graph, project->env_file)) {
		set_because(checker, finding, FIX_VALUE, "the example has the other variables of this project");
		add_to_example(checker, finding, project->env_file, node);
	}
}

static void report_only_container(Checker *checker, const EnvProject *project, const EnvUse *use)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use);
	const char *name = graph_name(graph, node);
	const char *path = graph_file_path(graph, graph_file_of(graph, use->only_container));
	Level level = project->env_file ? LEVEL_ERROR : LEVEL_WARNING;
	Finding *finding = report_at(checker, level, node, graph_place(graph, node),
	        "'%s' is replaced by nothing: %s sets it for the container only", name, path);
	add_evidence(checker, finding, graph_place(graph, use->only_container),
	        "env_file hands this to the container; compose does not read it for ${%s}", name);
	add_uses(checker, finding, use);
	set_hint(checker, finding, "set it in the .env beside the compose file, or start with --env-file %s", path);
}

/* The uses of a project with that verdict; ret_names is the first few of them in a row. Free both. */
static GPtrArray *uses_of(const EnvSurvey *survey, const EnvProject *project, Verdict verdict, char **ret_names)
{
	g_autoptr(GString) names = g_string_new(NULL);
	GPtrArray *uses = g_ptr_array_new();
	for (guint i = 0; i < project->uses->len; i++) {
		EnvUse *use = project->uses->pdata[i];
		if (survey_judge(survey, project, use) != verdict)
			continue;
		if (uses->len < 5)
			g_string_append_printf(
			        names, "%s%s", uses->len ? ", " : "", graph_symbol_text(survey->graph, use->name));
		g_ptr_array_add(uses, use);
	}
	if (uses->len > 5)
		g_string_append_printf(names, " and %u more", uses->len - 5);
	*ret_names = g_string_free(g_steal_pointer(&names), FALSE);
	return uses;
}

/* From the second on; the finding stands at the first. */
static void add_names(Checker *checker, Finding *finding, const GPtrArray *uses)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 1; i < MIN(uses->len, MOST_EVIDENCE); i++)
		add_evidence(checker, finding, graph_place(graph, first_use(uses->pdata[i])), "%s",
		        graph_symbol_text(graph, ((const EnvUse *)uses->pdata[i])->name));
}

/* The variables of a project that nothing speaks of, in one finding. */
static void report_unsaid(Checker *checker, const EnvSurvey *survey, const EnvProject *project)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *names = NULL;
	g_autoptr(GPtrArray) unsaid = uses_of(survey, project, VERDICT_UNSAID, &names);
	if (unsaid->len == 0)
		return;
	Finding *finding =
	        report_at(checker, LEVEL_INFO, project->compose, graph_place(graph, first_use(unsaid->pdata[0])),
	                unsaid->len == 1 ? "nothing in the repository says where this variable comes from: %s"
	                                 : "nothing in the repository says where these variables come from: %s",
	                names);
	add_names(checker, finding, unsaid);
	set_hint(checker, finding, "keep an .env.example with these names beside the compose file");
}

/* What a project needs and its example lacks, in one finding. */
static void report_lacked(
        Checker *checker, const EnvProject *project, Node example, const GPtrArray *lacked, const char *names)
{
	const Graph *graph = checker_graph(checker);
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

static void check_env_undefined(Checker *checker)
{
	g_auto(EnvSurvey) survey;
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++) {
		const EnvProject *project = survey.projects->pdata[i];
		for (guint j = 0; j < project->uses->len; j++) {
			const EnvUse *use = project->uses->pdata[j];
			Verdict verdict = survey_judge(&survey, project, use);
			if (verdict == VERDICT_UNDEFINED)
				report_undefined(checker, project, use);
			else if (verdict == VERDICT_ONLY_CONTAINER)
				report_only_container(checker, project, use);
		}
		report_unsaid(checker, &survey, project);
	}
}

/* One finding for a variable that one example lacks, however many projects use it. */
static void report_drift(
        Checker *checker, const EnvSurvey *survey, const EnvProject *project, const EnvUse *use, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use), example = use->set_by ? example_without(survey, project, use) : project->env_file;
	const char *name = graph_name(graph, node);
	Span said = use->set_by
	                    ? graph_place(graph, use->set_by)
	                    : ((EnvSaid *)g_hash_table_lookup(survey->said, GUINT_TO_POINTER(use->name)))->mentioned;
	g_autofree char *key = g_strdup_printf("%s %s", name, graph_name(graph, example));
	Finding *finding = g_hash_table_lookup(known, key);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, node), "used here too");
		add_uses(checker, finding, use);
		return;
	}
	finding = report(checker, node, graph_place(graph, node), "'%s' is used here and %s %s, but %s lacks it", name,
	        use->set_by ? "set in" : "spoken of in", graph_file_path(graph, said.file), graph_name(graph, example));
	add_evidence(checker, finding, said, use->set_by ? "set here" : "spoken of here");
	add_evidence(checker, finding, file_start(graph, example), "the example that lacks it");
	add_uses(checker, finding, use);
	set_hint(checker, finding, "add '%s=' to %s", name, graph_name(graph, example));
	set_because(checker, finding, FIX_SAFE, "an example without a value gives nothing away");
	add_to_example(checker, finding, example, node);
	g_hash_table_insert(known, g_steal_pointer(&key), finding);
}

/* Several that documents speak of are one finding; one that other projects lack as well is theirs together. */
static void check_spoken(Checker *checker, const EnvSurvey *survey, const EnvProject *project, GHashTable *known)
{
	g_autofree char *names = NULL, *lacked_names = NULL;
	g_autoptr(GPtrArray) spoken = uses_of(survey, project, VERDICT_DRIFT, &names),
	                     lacked = uses_of(survey, project, VERDICT_LACKED, &lacked_names);
	uint32_t by_mention = 0;
	for (guint i = 0; i < spoken->len; i++)
		by_mention += !((const EnvUse *)spoken->pdata[i])->set_by;
	if (lacked->len)
		report_lacked(checker, project, project->shared, lacked, lacked_names);
	if (by_mention > 1 && by_mention == spoken->len) {
		report_lacked(checker, project, project->env_file, spoken, names);
		return;
	}
	for (guint i = 0; i < spoken->len; i++)
		report_drift(checker, survey, project, spoken->pdata[i], known);
}

static void check_env_example_drift(Checker *checker)
{
	g_auto(EnvSurvey) survey;
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++)
		check_spoken(checker, &survey, survey.projects->pdata[i], known);
}

/* ---- one name twice ----------------------------------------------------------------------------------------- */

static void report_duplicate(Checker *checker, Node first, Node second)
{
	const Graph *graph = checker_graph(checker);
	const Row *before = graph_find(graph, first, FACT_VALUE), *after = graph_find(graph, second, FACT_VALUE);
	bool same = before && after && before->object == after->object;
	const char *name = graph_name(graph, second);
	Finding *finding = report(checker, graph_parent(graph, second), graph_place(graph, second),
	        same ? "'%s' is set twice to the same value" : "'%s' is set twice, and only this last one counts",
	        name);
	add_evidence(checker, finding, graph_place(graph, first), "set here first");
	set_detail(checker, finding, "%s", name);
	if (same) {
		set_because(checker, finding, FIX_VALUE, "both have the same value");
		add_block_deletion(checker, finding, graph_place(graph, second));
	}
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
	Node parent = NODE_NONE;
	GRAPH_NODES (graph, NODE_ENV, env) {
		if (graph_parent(graph, env) != parent)
			g_hash_table_remove_all(seen);
		parent = graph_parent(graph, env);
		gpointer name = GUINT_TO_POINTER(graph_name_symbol(graph, env));
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name));
		if (first && !goes_on(graph, env))
			report_duplicate(checker, first, env);
		else
			g_hash_table_insert(seen, name, GUINT_TO_POINTER(env));
	}
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
                .peers = "kube-score: environment-variable-key-duplication; dotenv-linter: DuplicatedKey",
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
