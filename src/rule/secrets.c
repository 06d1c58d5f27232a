/* Credentials in Git. The value itself is never printed, not even in part. */
#include "rule/rule.h"

static void check_secret_in_repo(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_SECRET, secret) {
		Node object = graph_ancestor(graph, secret, NODE_OBJECT);
		const char *form = graph_name(graph, secret), *key = graph_text(graph, secret, FACT_NEARBY_NAME);
		Finding *finding;
		if (object)
			finding = report(checker, secret, graph_place(graph, secret),
			        "Secret %s holds its key '%s' in clear", graph_name(graph, object), key);
		else
			finding = report(checker, secret, graph_place(graph, secret),
			        "this looks like a %s, and it is in Git", form);
		set_detail(checker, finding, "%s %s", form, key);
		set_hint(checker, finding,
		        "make a new one where it was issued: the history keeps this one; then keep it sealed (SOPS, "
		        "SealedSecret, "
		        "ExternalSecret) or outside of Git");
	}
}

static const Rule rules[] = {
        {
                .id = "secret-in-repo",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a credential stands in Git",
                .why = "Whoever can read the repository, a fork, a backup or a CI log of it, has the credential; "
                       "deleting the line does not "
                       "take it out of the history. base64 is no protection.",
                .remedy = "Make a new credential where it was issued, then keep it encrypted (SOPS, SealedSecret) or "
                          "fetch it (ExternalSecret).",
                .peers = "Trivy: secret; Checkov: CKV_SECRET; gitleaks",
                .everywhere = true,
                .check = check_secret_in_repo,
        },
};

const RuleSet rules_secrets = {"secrets", rules, G_N_ELEMENTS(rules)};
