/* Workflows that run what strangers write. GitHub, Gitea and Forgejo fill expressions into a script before the shell
 * reads it, so that the title of a pull request can be a command; quotes do not hold it. Who keeps a repository alone
 * has nobody to open one, so this is for those who ask for security. */
#include "rule/rule.h"

static void check_workflow_injection(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_PUTS_IN, row) {
		const char *path = graph_symbol_text(graph, row->object);
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "what others write in %s is put into this script, and run as part of it", path);
		set_detail(checker, finding, "%s", path);
		set_hint(checker, finding,
		        "give it to the step as a variable (env: VALUE: ${{ %s }}), and write \"$VALUE\" here", path);
	}
}

static const Rule rules[] = {
        {
                .id = "workflow-injection",
                .level = LEVEL_WARNING,
                .profile = PROFILE_SECURITY,
                .title = "a workflow runs what strangers write",
                .why = "Expressions are filled in before the shell reads the script. Whoever may open an issue or a "
                       "pull "
                       "request writes a command into its title or the name of a branch, and it runs with the token "
                       "and the secrets of the workflow.",
                .remedy = "Give the value to the step as a variable under env, and use that in quotes.",
                .peers = "Checkov: CKV_GHA_2; actionlint: expression; zizmor: template-injection",
                .check = check_workflow_injection,
        },
};

const RuleSet rules_workflow = {"workflow", rules, G_N_ELEMENTS(rules)};
