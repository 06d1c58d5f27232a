/* Running the rules over a scan and keeping what the user asked for. */
#include "flow/flow.h"

#include "base/error.h"

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return length == 0 || (strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/'));
}

static bool is_wanted(const Graph *graph, const Finding *finding, const char *const *paths)
{
	const char *path = graph_file_path(graph, finding->span.file);
	for (; paths && *paths; paths++)
		if (is_below(path, *paths))
			return true;
	return !paths;
}

static void run_rules(Checker *checker, const CheckOptions *options)
{
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			if (!options->only || strcmp((*set)->rules[i].id, options->only) == 0)
				checker_run(checker, &(*set)->rules[i]);
}

Check *check_new(Scan *scan, const CheckOptions *options, GError **error)
{
	if (options->only && !rule_find(options->only)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no rule is called '%s'", options->only);
		return NULL;
	}
	int64_t start = g_get_monotonic_time();
	Check *check = g_new0(Check, 1);
	check->checker = checker_new(scan->graph);
	run_rules(check->checker, options);
	Findings all = checker_findings(check->checker);
	check->findings = g_new0(Finding *, MAX(all.count, 1));
	for (size_t i = 0; i < all.count; i++)
		if (is_wanted(scan->graph, all.at[i], options->paths))
			check->findings[check->count++] = all.at[i];
	scan->timing.check = g_get_monotonic_time() - start;
	return check;
}

void check_free(Check *check)
{
	if (!check)
		return;
	checker_free(check->checker);
	g_free(check->findings);
	g_free(check);
}
