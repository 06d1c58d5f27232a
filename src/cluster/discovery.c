/* Which kinds a cluster has and where they live. Asked once for a connection: two requests where the server tells all
 * groups at once (1.27 and newer), one for each group version else. */
#include "cluster/inner.h"

#define ALL_AT_ONCE                                                                                                    \
	"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"                                        \
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

static void kind_free(void *data)
{
	ClusterKind *resource = data;
	g_free(resource->version);
	g_free(resource->kind);
	g_free(resource->plural);
	g_free(resource);
}

static bool has_verb(const Json *verbs, const char *verb)
{
	JSON_EACH (verbs, item)
		if (g_strcmp0(json_text(item), verb) == 0)
			return true;
	return false;
}

static void add(
        Cluster *cluster, const char *version, const char *kind, const char *plural, bool namespaced, const Json *verbs)
{
	if (!kind || !plural || strchr(plural, '/')) /* pods/log */
		return;
	ClusterKind *resource = g_new0(ClusterKind, 1);
	*resource = (ClusterKind){g_strdup(version), g_strdup(kind), g_strdup(plural), namespaced,
	        has_verb(verbs, "list"), has_verb(verbs, "patch")};
	g_ptr_array_add(cluster->kinds, resource);
}

static void read_groups(Cluster *cluster, const Json *groups)
{
	JSON_EACH (json_get(groups, "items"), group) {
		const char *name = json_text_at(group, "metadata.name");
		JSON_EACH (json_get(group, "versions"), version) {
			const char *number = json_text_at(version, "version");
			g_autofree char *full =
			        name && *name ? g_strdup_printf("%s/%s", name, number) : g_strdup(number);
			JSON_EACH (json_get(version, "resources"), item)
				add(cluster, full, json_text_at(item, "responseKind.kind"),
				        json_text_at(item, "resource"),
				        g_strcmp0(json_text_at(item, "scope"), "Namespaced") == 0,
				        json_get(item, "verbs"));
		}
	}
}

/* A group version by itself; one whose server is away is left out, as kubectl does. */
static void read_version(Cluster *cluster, const char *version)
{
	g_autofree char *path = g_strdup_printf(strchr(version, '/') ? "/apis/%s" : "/api/%s", version);
	g_autoptr(Json) list = cluster_get(cluster, path, NULL);
	JSON_EACH (json_get(list, "resources"), item)
		add(cluster, version, json_text_at(item, "kind"), json_text_at(item, "name"),
		        json_true_at(item, "namespaced", false), json_get(item, "verbs"));
}

static bool read_root(Cluster *cluster, const char *path, GError **error)
{
	g_auto(HttpReply) reply = {0};
	if (!cluster_ask(cluster, "GET", path, NULL, NULL, ALL_AT_ONCE, &reply, error))
		return false;
	if (reply.status >= 400) {
		cluster_refused(cluster, &reply, error);
		return false;
	}
	gsize length;
	const char *bytes = g_bytes_get_data(reply.body, &length);
	g_autoptr(Json) root = json_parse((Slice){bytes, length}, error);
	if (!root)
		return false;
	if (g_strcmp0(json_text_at(root, "kind"), "APIGroupDiscoveryList") == 0) {
		read_groups(cluster, root);
		return true;
	}
	JSON_EACH (json_get(root, "versions"), version)
		read_version(cluster, json_text(version));
	JSON_EACH (json_get(root, "groups"), group)
		JSON_EACH (json_get(group, "versions"), version)
			read_version(cluster, json_text_at(version, "groupVersion"));
	return true;
}

const GPtrArray *cluster_kinds(Cluster *cluster, GError **error)
{
	if (cluster->kinds)
		return cluster->kinds;
	cluster->kinds = g_ptr_array_new_with_free_func(kind_free);
	if (read_root(cluster, "/api", error) && read_root(cluster, "/apis", error))
		return cluster->kinds;
	g_prefix_error(error, "asking which kinds there are: ");
	cluster_forget_kinds(cluster);
	return NULL;
}

void cluster_forget_kinds(Cluster *cluster)
{
	g_clear_pointer(&cluster->kinds, g_ptr_array_unref);
}

const ClusterKind *cluster_kind(Cluster *cluster, const char *version, const char *kind, GError **error)
{
	const GPtrArray *all = cluster_kinds(cluster, error);
	for (guint i = 0; all && i < all->len; i++) {
		const ClusterKind *resource = all->pdata[i];
		if (strcmp(resource->kind, kind) == 0 && strcmp(resource->version, version) == 0)
			return resource;
	}
	return NULL;
}

char *kind_path(const ClusterKind *resource, const char *namespace, const char *name)
{
	GString *path = g_string_new(strchr(resource->version, '/') ? "/apis/" : "/api/");
	g_string_append(path, resource->version);
	if (resource->namespaced && namespace)
		g_string_append_printf(path, "/namespaces/%s", namespace);
	g_string_append_printf(path, "/%s", resource->plural);
	if (name) {
		g_autofree char *word = http_escape(name);
		g_string_append_printf(path, "/%s", word);
	}
	return g_string_free(path, FALSE);
}
