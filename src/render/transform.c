/* What a kustomization does to all of its objects: namespace, prefix and suffix, labels, annotations, replicas, images.
 * Names that change are followed to where they are used, as kustomize's name references do. */
#include "render/inner.h"

#include "base/kind.h"

/* ---- kinds ----------------------------------------------------------------------------------------------- */

/* The pod template of an object, or the object itself for a Pod; NULL for others. */
static Json *template_of(const Json *object)
{
	const char *kind = json_text_at(object, "kind");
	if (kind && strcmp(kind, "Pod") == 0)
		return (Json *)object;
	Json *job = json_at(object, "spec.jobTemplate.spec.template");
	return job ? job : json_at(object, "spec.template");
}

/* ---- namespace --------------------------------------------------------------------------------------------- */

static bool has_account(const GArray *manifests, const char *name)
{
	for (guint i = 0; i < manifests->len; i++) {
		const Json *object = g_array_index(manifests, Manifest, i).object;
		if (g_strcmp0(json_text_at(object, "kind"), "ServiceAccount") == 0 &&
		        g_strcmp0(json_text_at(object, "metadata.name"), name) == 0)
			return true;
	}
	return false;
}

static void set_namespace(Json *object, const char *namespace, const GArray *manifests)
{
	const char *kind = json_text_at(object, "kind");
	if (kind && strcmp(kind, "Namespace") == 0)
		json_set_text(json_map_in(object, "metadata"), "name", namespace);
	else if (!kind || !kind_is_cluster_wide(kind))
		json_set_text(json_map_in(object, "metadata"), "namespace", namespace);
	JSON_EACH (json_get(object, "subjects"), subject) {
		const char *name = json_text_at(subject, "name");
		const char *own = json_text_at(subject, "namespace");
		bool follows = name && (!own || strcmp(own, "default") == 0) && has_account(manifests, name);
		if (name && g_strcmp0(json_text_at(subject, "kind"), "ServiceAccount") == 0 &&
		        (strcmp(name, "default") == 0 || follows))
			json_set_text(subject, "namespace", namespace);
	}
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

typedef struct Names {
	GHashTable *renamed; /* "Kind/old" → new */
} Names;

/* Which kind the name below a key is of. `parent` is the key above. */
static const char *kind_named(const char *parent, const char *key, const Json *map)
{
	bool is_name = strcmp(key, "name") == 0;
	if (strcmp(key, "secretName") == 0)
		return "Secret";
	if (strcmp(key, "claimName") == 0)
		return "PersistentVolumeClaim";
	if (strcmp(key, "serviceAccountName") == 0)
		return "ServiceAccount";
	if (strcmp(key, "serviceName") == 0)
		return "Service";
	if (!is_name || !parent)
		return NULL;
	if (strcmp(parent, "configMapRef") == 0 || strcmp(parent, "configMapKeyRef") == 0 ||
	        strcmp(parent, "configMap") == 0)
		return "ConfigMap";
	if (strcmp(parent, "secretRef") == 0 || strcmp(parent, "secretKeyRef") == 0 ||
	        strcmp(parent, "imagePullSecrets") == 0 || strcmp(parent, "secret") == 0)
		return "Secret";
	if (strcmp(parent, "service") == 0)
		return "Service";
	if (strcmp(parent, "scaleTargetRef") == 0 || strcmp(parent, "roleRef") == 0 || strcmp(parent, "subjects") == 0)
		return json_text_at(map, "kind");
	return NULL;
}

static void follow_names(Json *value, const char *parent, const Names *names, uint32_t depth)
{
	if (depth > 100)
		return;
	JSON_EACH (value, item)
		follow_names(item, parent, names, depth + 1);
	if (json_kind(value) != JSON_MAP)
		return;
	JSON_MEMBERS (value, key, member) {
		const char *kind = json_text(member) ? kind_named(parent, key, value) : NULL;
		g_autofree char *old = kind ? g_strconcat(kind, "/", json_text(member), NULL) : NULL;
		const char *now = old ? g_hash_table_lookup(names->renamed, old) : NULL;
		if (now)
			json_set_text(value, key, now); /* an existing key: the order stays, and so does the walk */
		else
			follow_names(member, key, names, depth + 1);
	}
}

static void rename_objects(GArray *manifests, const char *prefix, const char *suffix)
{
	Names names = {g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	for (guint i = 0; i < manifests->len; i++) {
		Json *object = g_array_index(manifests, Manifest, i).object;
		const char *kind = json_text_at(object, "kind"), *name = json_text_at(object, "metadata.name");
		if (!kind || !name || strcmp(kind, "Namespace") == 0 || strcmp(kind, "CustomResourceDefinition") == 0)
			continue;
		char *now = g_strconcat(prefix, name, suffix, NULL);
		g_hash_table_replace(names.renamed, g_strconcat(kind, "/", name, NULL), now);
		json_set_text(json_get(object, "metadata"), "name", now);
	}
	for (guint i = 0; i < manifests->len; i++)
		follow_names(g_array_index(manifests, Manifest, i).object, NULL, &names, 0);
	g_hash_table_unref(names.renamed);
}

/* ---- labels and annotations --------------------------------------------------------------------------------- */

static void add_pairs_to(Json *map, const Json *pairs)
{
	JSON_MEMBERS (pairs, key, value)
		json_set(map, key, json_keep(value));
}

static void label_template(Json *object, const Json *pairs)
{
	Json *template = template_of(object);
	if (template && template != object)
		add_pairs_to(json_map_in(json_map_in(template, "metadata"), "labels"), pairs);
}

static void label_selectors(Json *object, const Json *pairs)
{
	const char *kind = json_text_at(object, "kind");
	Json *spec = json_get(object, "spec");
	if (kind && strcmp(kind, "Service") == 0 && json_get(spec, "selector"))
		add_pairs_to(json_map_in(spec, "selector"), pairs);
	else if (kind && json_at(spec, "selector.matchLabels"))
		add_pairs_to(json_at(spec, "selector.matchLabels"), pairs);
	else if (template_of(object) && template_of(object) != object &&
	         json_kind(json_get(spec, "selector")) == JSON_MAP)
		add_pairs_to(json_map_in(json_get(spec, "selector"), "matchLabels"), pairs);
}

static void label(Json *object, const Json *pairs, bool selectors, bool templates)
{
	add_pairs_to(json_map_in(json_map_in(object, "metadata"), "labels"), pairs);
	if (selectors || templates)
		label_template(object, pairs);
	if (selectors)
		label_selectors(object, pairs);
}

static void annotate(Json *object, const Json *pairs)
{
	Json *template = template_of(object);
	add_pairs_to(json_map_in(json_map_in(object, "metadata"), "annotations"), pairs);
	if (template && template != object)
		add_pairs_to(json_map_in(json_map_in(template, "metadata"), "annotations"), pairs);
}

/* ---- images and replicas -------------------------------------------------------------------------------------- */

/* Where the tag or digest of an image begins; the length of the name otherwise. */
static size_t image_name_length(const char *image)
{
	const char *at = strchr(image, '@'), *slash = strrchr(image, '/');
	const char *colon = strchr(slash ? slash : image, ':');
	if (at && (!colon || at < colon))
		return (size_t)(at - image);
	return colon ? (size_t)(colon - image) : strlen(image);
}

static char *image_with(const char *image, const Json *entry)
{
	const char *name = json_text_at(entry, "newName"), *digest = json_text_at(entry, "digest");
	g_autofree char *tag = json_scalar(json_get(entry, "newTag"));
	size_t length = image_name_length(image);
	g_autofree char *base = name ? g_strdup(name) : g_strndup(image, length);
	if (digest)
		return g_strconcat(base, "@", digest, NULL);
	return tag ? g_strconcat(base, ":", tag, NULL) : g_strconcat(base, image + length, NULL);
}

static void set_images(Json *containers, const Json *images)
{
	JSON_EACH (containers, container)
		JSON_EACH (images, entry) {
			const char *image = json_text_at(container, "image"), *name = json_text_at(entry, "name");
			bool same = image && name && strcmp(image, name) == 0; /* a name may hold the tag, too */
			if (!image || !name ||
			        (!same && (strlen(name) != image_name_length(image) ||
			                          strncmp(image, name, strlen(name)) != 0)))
				continue;
			g_autofree char *now = image_with(image, entry);
			json_set_text(container, "image", now);
		}
}

static void set_replicas(Json *object, const Json *replicas)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", NULL};
	const char *kind = json_text_at(object, "kind"), *name = json_text_at(object, "metadata.name");
	if (!kind || !name || !g_strv_contains(kinds, kind))
		return;
	JSON_EACH (replicas, entry)
		if (g_strcmp0(json_text_at(entry, "name"), name) == 0)
			json_set_number(json_map_in(object, "spec"), "replicas", json_number_at(entry, "count", 1));
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void transform_object(const Json *kustomization, Json *object, const GArray *manifests)
{
	const Json *common = json_get(kustomization, "commonLabels");
	const char *namespace = json_text_at(kustomization, "namespace");
	if (namespace)
		set_namespace(object, namespace, manifests);
	if (json_count(common))
		label(object, common, true, true);
	JSON_EACH (json_get(kustomization, "labels"), entry)
		label(object, json_get(entry, "pairs"), json_true_at(entry, "includeSelectors", false),
		        json_true_at(entry, "includeTemplates", false));
	if (json_count(json_get(kustomization, "commonAnnotations")))
		annotate(object, json_get(kustomization, "commonAnnotations"));
	const Json *images = json_get(kustomization, "images");
	Json *template = template_of(object);
	set_images(json_at(template, "spec.containers"), images);
	set_images(json_at(template, "spec.initContainers"), images);
}

void transform(const Json *kustomization, GArray *manifests)
{
	const char *prefix = json_text_at(kustomization, "namePrefix"),
	           *suffix = json_text_at(kustomization, "nameSuffix");
	for (guint i = 0; i < manifests->len; i++)
		set_replicas(g_array_index(manifests, Manifest, i).object, json_get(kustomization, "replicas"));
	if ((prefix && *prefix) || (suffix && *suffix))
		rename_objects(manifests, prefix ? prefix : "", suffix ? suffix : "");
	for (guint i = 0; i < manifests->len; i++)
		transform_object(kustomization, g_array_index(manifests, Manifest, i).object, manifests);
}
