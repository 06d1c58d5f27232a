/* Files that a YAML reader stumbles over. */
#include "rule/rule.h"

static void check_problem(Checker *checker, const char *name, const char *what)
{
	const Graph *graph = checker_graph(checker);
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, symbol, problem)
	report(checker, graph_parent(graph, problem), graph_place(graph, problem), "%s: %s", what,
	        graph_text(graph, problem, FACT_MESSAGE));
}

static void check_yaml_broken(Checker *checker)
{
	check_problem(checker, "yaml-broken", "this document is not YAML");
	check_problem(checker, "yaml-bomb", "this document is not read to its end");
}

static void check_yaml_duplicate_key(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol symbol;
	if (!graph_find_symbol(graph, SLICE("yaml-duplicate-key"), &symbol))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, symbol, problem)
	{
		const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
		const char *key = graph_symbol_text(graph, first->object);
		Node document = graph_parent(graph, problem);
		uint32_t line, column;
		graph_position(graph, graph_place(graph, problem), &line, &column);
		bool known = column == 1 || graph_first_child(graph, document, NODE_OBJECT) ||
		             graph_first_child(graph, document, NODE_COMPOSE) ||
		             graph_first_child(graph, document, NODE_KUSTOMIZATION);
		/* Deep in its own YAML a program may read a second key as one more, and mean it. */
		Finding *finding = report_at(checker, known ? LEVEL_ERROR : LEVEL_WARNING, document,
		        graph_place(graph, problem), "the key '%s' stands twice in one map, with the %s", key,
		        graph_text(graph, problem, FACT_MESSAGE));
		add_evidence(checker, finding, graph_span(graph, first), "here it stands first");
		set_detail(checker, finding, "%s", key);
		if (strcmp(graph_text(graph, problem, FACT_MESSAGE), "same value") == 0) {
			set_because(checker, finding, FIX_VALUE, "both have the same value");
			add_block_deletion(checker, finding, graph_place(graph, problem));
		}
	}
}

static const Rule rules[] = {
        {
                .id = "yaml-broken",
                .level = LEVEL_ERROR,
                .title = "a document is not YAML",
                .why = "Nothing that reads the file gets past this place: kubectl, kustomize, Flux and compose all "
                       "stop, and what it "
                       "holds is never applied. The other documents of the file were read.",
                .remedy = "Look at the named line and the one above it: indentation, a missing colon or quote, a tab, "
                          "or a leftover of a "
                          "merge.",
                .peers = "yamllint: syntax; kubeconform: parse error",
                .check = check_yaml_broken,
        },
        {
                .id = "yaml-duplicate-key",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a key stands twice in one map",
                .why = "Readers disagree: most keep the last value without a word, kubectl with strict validation and "
                       "Flux refuse the "
                       "file. One of the two values is silently not in effect.",
                .remedy = "Keep the one that is meant and delete the other.",
                .peers = "yamllint: key-duplicates",
                .check = check_yaml_duplicate_key,
        },
};

const RuleSet rules_yaml = {"yaml", rules, G_N_ELEMENTS(rules)};
