/* The command line goes before labwright.yaml, and without both it is this machine: the current context of a kubeconfig
 * says what was looked at last, not what this repository is for. */
#include "flow/target.h"

#include "base/error.h"

#define MOST_BYTES (1 << 20)

static bool read_choice(const ScanOptions *where, ClusterChoice *ret_choice, GError **error)
{
	g_autoptr(Repo) repo = repo_open(where->path ? where->path : ".", where->view, where->revision, error);
	g_autoptr(Arena) arena = arena_new();
	const char *problem;
	Slice bytes;
	if (!repo)
		return false;
	for (size_t i = 0; i < repo_count(repo); i++)
		if (strcmp(repo_entry(repo, i)->path, "labwright.yaml") == 0 &&
		        repo_read(repo, i, MOST_BYTES, arena, &bytes, &problem) == REPO_READ)
			return cluster_choice_read(bytes, ret_choice, error);
	return true;
}

bool target_open(const ScanOptions *where, const TargetOptions *options, Cluster **ret_cluster, GError **error)
{
	g_auto(ClusterChoice) choice = {0};
	*ret_cluster = NULL;
	if (options->local && options->context) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--local and --context mean different places: which of them?");
		return false;
	}
	if (options->local)
		return true;
	g_autoptr(GError) failure = NULL;
	if (!read_choice(where, &choice, &failure) && !options->context) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	const char *context = options->context ? options->context : choice.context;
	if (!context)
		return true;
	if (g_strcmp0(context, choice.context) != 0)
		g_clear_pointer(&choice.id, g_free); /* another one is meant this time */
	g_autoptr(Cluster) cluster = cluster_open(options->kubeconfig, context, error);
	if (!cluster || !cluster_is_chosen(cluster, &choice, error))
		return false;
	*ret_cluster = g_steal_pointer(&cluster);
	return true;
}

bool target_open_cluster(const ScanOptions *where, const TargetOptions *options, const char *option,
        Cluster **ret_cluster, GError **error)
{
	if (!target_open(where, options, ret_cluster, error))
		return false;
	if (*ret_cluster)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s needs a cluster, and none is named", option);
	error_add_help(error, "--context NAME, or cluster: {context: NAME} in labwright.yaml");
	return false;
}
