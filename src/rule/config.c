/* Whether labwright.yaml means something. What its reader could not use is a PROBLEM already; the names of rules are
 * looked up here, where they are known. */
#include "rule/rule.h"

static void check_problems(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("config-invalid"), &name))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, name, problem)
	{
		const char *message = graph_text(graph, problem, FACT_MESSAGE);
		const char *expected = graph_text(graph, problem, FACT_EXPECTED);
		Finding *finding =
		        report(checker, graph_parent(graph, problem), graph_place(graph, problem), "%s", message);
		set_detail(checker, finding, "%s", message);
		if (*expected)
			set_hint(checker, finding, "known here: %s", expected);
	}
}

static void check_setting(Checker *checker, Node setting)
{
	const Graph *graph = checker_graph(checker);
	const char *id = graph_name(graph, setting);
	if (rule_find(id))
		return;
	const Rule *near = rule_near(slice_from(id));
	Span place = graph_place(graph, setting);
	Finding *finding =
	        near ? report(checker, setting, place, "no rule is called '%s'; did you mean '%s'?", id, near->id)
	             : report(checker, setting, place, "no rule is called '%s'", id);
	set_hint(checker, finding, "labwright rules lists them");
	if (near) {
		set_because(checker, finding, FIX_VALUE, "no other rule has a name so near");
		add_rename(checker, finding, place, id, near->id);
	}
}

static void check_config_invalid(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	check_problems(checker);
	GRAPH_NODES (graph, NODE_SETTING, setting)
		check_setting(checker, setting);
}

static const Rule rules[] = {
        {
                .id = "config-invalid",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "labwright.yaml says something that means nothing",
                .why = "A mistyped key or rule is no smaller wish than a right one: what it was meant to declare, "
                       "silence or change is not in effect.",
                .remedy = "Correct the word or value. docs/labwright.schema.json lists all keys, and editors can "
                          "complete them from it; labwright config show prints what was understood.",
                .everywhere = true,
                .check = check_config_invalid,
        },
};

const RuleSet rules_config = {"config", rules, G_N_ELEMENTS(rules)};
