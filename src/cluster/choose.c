/* Which cluster a repository means. An owner has several clusters in one kubeconfig, two of them called "default", and
 * the current context is the one that was looked at last: so none is taken that is not named, and a name may be tied to
 * one cluster by the uid of its kube-system namespace, which lives as long as the cluster. */
#include "cluster/inner.h"

#include "base/error.h"
#include "source/yaml.h"

#define FILE_NAME "labwright.yaml"

void cluster_choice_clear(ClusterChoice *choice)
{
	g_free(choice->context);
	g_free(choice->id);
}

static uint32_t line_at(Slice bytes, size_t offset)
{
	uint32_t line = 1;
	for (size_t i = 0; i < offset && i < bytes.length; i++)
		line += bytes.at[i] == '\n';
	return line;
}

bool cluster_choice_read(Slice bytes, ClusterChoice *ret_choice, GError **error)
{
	g_autoptr(Arena) arena = arena_new();
	const YamlDocument *document = yaml_read(bytes, arena);
	*ret_choice = (ClusterChoice){0};
	if (document && document->error) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, FILE_NAME ":%u: %s",
		        line_at(bytes, document->error_at), document->error);
		return false;
	}
	YamlEntry *entry = document ? yaml_get_entry(document->root, "cluster") : NULL;
	if (!entry || yaml_is_null(entry->value))
		return true;
	ret_choice->line = line_at(bytes, entry->key->start);
	Slice context = yaml_text_of(entry->value, "context"), id = yaml_text_of(entry->value, "id");
	if (context.length == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        FILE_NAME ":%u: cluster wants the name of a context", ret_choice->line);
		error_add_help(error, "cluster: {context: NAME}, or --context NAME, or --local for Docker and Podman");
		return false;
	}
	ret_choice->context = slice_dup(context);
	ret_choice->id = id.length ? slice_dup(id) : NULL;
	return true;
}

bool cluster_is_chosen(Cluster *cluster, const ClusterChoice *choice, GError **error)
{
	if (!choice->id)
		return true;
	g_autoptr(Json) namespace = cluster_get(cluster, "/api/v1/namespaces/kube-system", error);
	const char *uid = json_text_at(namespace, "metadata.uid");
	if (!namespace || g_strcmp0(uid, choice->id) == 0)
		return namespace != NULL;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        FILE_NAME ":%u: context %s leads to another cluster: its id is %s", choice->line, choice->context, uid);
	error_add_help(error, "nothing was done; set id: %s only if this is the cluster that is meant", uid);
	return false;
}
