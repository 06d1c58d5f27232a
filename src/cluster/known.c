/* What a dry run would say, where that is known without one: what is applied already, and what goes into a namespace
 * that comes in the same go. The server can say of the latter only that the namespace is not there, after a wait of its
 * own in which it may appear; rights and the schema are what it looks at before, and so are looked at here. Where
 * either does not tell, the server is asked all the same. */
#include "cluster/inner.h"

#include "source/schema.h"

/* ---- what is applied already ----------------------------------------------------------------------------- */

static bool has_all(const Json *wanted, const Json *there)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(field_change_free);
	object_drift(wanted, there, changes);
	return changes->len == 0;
}

/* The fields that are owned are told in the words of this version. */
static bool is_applied_as(const Json *live, const char *version)
{
	JSON_EACH (json_at(live, "metadata.managedFields"), entry)
		if (g_strcmp0(json_text_at(entry, "manager"), CLUSTER_MANAGER) == 0 &&
		        g_strcmp0(json_text_at(entry, "apiVersion"), version) != 0)
			return false;
	return true;
}

/* All that the object says is so, and nothing of ours would be taken away since it does not say it any more. */
bool known_same(const Json *object, const Json *live)
{
	if (!is_applied_as(live, json_text_at(object, "apiVersion")) || !has_all(object, live))
		return false;
	g_autoptr(Json) owned = fields_owned(live, CLUSTER_MANAGER);
	return owned && has_all(owned, object);
}

/* ---- what will be taken ---------------------------------------------------------------------------------- */

/* The namespace that is asked about has no roles of its own. */
Json *known_rights(Cluster *cluster)
{
	g_autoptr(Json) review = json_new_map();
	json_set_text(review, "apiVersion", "authorization.k8s.io/v1");
	json_set_text(review, "kind", "SelfSubjectRulesReview");
	json_set_text(json_map_in(review, "spec"), "namespace", "labwright-new");
	g_autoptr(Json) answer = cluster_send(cluster, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
	        review, "application/json", NULL);
	const Json *rules = json_at(answer, "status.resourceRules");
	return rules ? json_keep((Json *)rules) : NULL;
}

static bool has_word(const Json *words, const char *word)
{
	JSON_EACH (words, item)
		if (g_strcmp0(json_text(item), "*") == 0 || g_strcmp0(json_text(item), word) == 0)
			return true;
	return false;
}

static bool may(const Json *rights, const ClusterKind *kind, const char *verb)
{
	const char *slash = strchr(kind->version, '/');
	g_autofree char *group = g_strndup(kind->version, slash ? (gsize)(slash - kind->version) : 0);
	JSON_EACH (rights, rule)
		if (has_word(json_get(rule, "verbs"), verb) && has_word(json_get(rule, "apiGroups"), group) &&
		        has_word(json_get(rule, "resources"), kind->plural) &&
		        json_count(json_get(rule, "resourceNames")) == 0)
			return true;
	return false;
}

bool known_fine(const Json *rights, const ClusterKind *kind, const Json *object)
{
	g_autofree char *text = json_print(object);
	return may(rights, kind, "patch") && may(rights, kind, "create") && schema_allows(slice_from(text));
}
