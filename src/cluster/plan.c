/* What would become of each object: asked of the cluster itself by a dry run, so that its defaults, admission and
 * owners of fields count, and nothing is found out halfway; but for those of which it is known (cluster/known.c). */
#include "cluster/inner.h"

#include "base/error.h"

/* ---- steps ----------------------------------------------------------------------------------------------- */

static void step_free(void *data)
{
	ClusterStep *step = data;
	g_free(step->title);
	g_free(step->path);
	json_drop(step->object);
	json_drop(step->before);
	g_ptr_array_unref(step->changes);
	g_ptr_array_unref(step->conflicts);
	g_free(step->problem);
	g_free(step->keeper);
	g_free(step->unready);
	g_free(step);
}

ClusterStep *step_new(ObjectChange kind, const Json *object)
{
	ClusterStep *step = g_new0(ClusterStep, 1);
	step->kind = kind;
	step->title = object_title(object);
	step->rank = object_rank(object);
	step->changes = g_ptr_array_new_with_free_func(field_change_free);
	step->conflicts = g_ptr_array_new_with_free_func(field_change_free);
	return step;
}

void cluster_plan_free(ClusterPlan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->steps);
	g_free(plan->project);
	g_free(plan);
}

/* Removals come after everything else, and among them in the order against the waves. */
static gint by_wave(gconstpointer a, gconstpointer b)
{
	const ClusterStep *one = *(ClusterStep *const *)a, *other = *(ClusterStep *const *)b;
	bool gone = one->kind == OBJECT_REMOVE;
	if (gone != (other->kind == OBJECT_REMOVE))
		return gone ? 1 : -1;
	if (one->wave != other->wave)
		return (one->wave < other->wave) == gone ? 1 : -1;
	if (one->rank != other->rank)
		return (one->rank < other->rank) == gone ? 1 : -1;
	return strcmp(one->title, other->title);
}

void plan_finish(ClusterPlan *plan)
{
	g_ptr_array_sort(plan->steps, by_wave);
	plan->to_do = plan->unready = plan->conflicts = plan->problems = plan->kept_by_others = 0;
	for (guint i = 0; i < plan->steps->len; i++) {
		const ClusterStep *step = plan->steps->pdata[i];
		plan->to_do += step->kind != OBJECT_KEEP;
		plan->unready += step->unready != NULL;
		plan->conflicts += step->conflicts->len > 0;
		plan->problems += step->problem != NULL;
		plan->kept_by_others += step->keeper && step->kind != OBJECT_KEEP;
	}
}

/* ---- who else applies it --------------------------------------------------------------------------------- */

static const char *text_of(const Json *object, const char *map, const char *key)
{
	return json_text(json_get(json_at(object, map), key));
}

/* Flux and Argo CD put back within minutes what is changed beside Git. */
static char *keeper_of(const Json *live)
{
	const char *const labels = "metadata.labels", *const notes = "metadata.annotations";
	const char *kustomization = text_of(live, labels, "kustomize.toolkit.fluxcd.io/name"),
	           *release = text_of(live, labels, "helm.toolkit.fluxcd.io/name"),
	           *application = text_of(live, notes, "argocd.argoproj.io/tracking-id"),
	           *off = text_of(live, notes, "kustomize.toolkit.fluxcd.io/reconcile");
	if (!application)
		application = text_of(live, labels, "argocd.argoproj.io/instance");
	if (g_strcmp0(off, "disabled") == 0)
		return NULL;
	if (kustomization)
		return g_strdup_printf("Flux (Kustomization %s/%s)",
		        text_of(live, labels, "kustomize.toolkit.fluxcd.io/namespace"), kustomization);
	if (release)
		return g_strdup_printf(
		        "Flux (HelmRelease %s/%s)", text_of(live, labels, "helm.toolkit.fluxcd.io/namespace"), release);
	return application ? g_strdup_printf("Argo CD (application %.*s)", (int)strcspn(application, ":"), application)
	                   : NULL;
}

/* ---- one object ------------------------------------------------------------------------------------------ */

typedef struct Planning {
	Cluster *cluster;
	ClusterPlan *plan;
	const ClusterPlanOptions *options;
	GHashTable *definitions; /* "group/Kind" that come in the same go */
	GHashTable *namespaces;  /* API paths of those that come in the same go */
	GHashTable *wanted;      /* API path → itself */
	GPtrArray *steps;        /* ClusterStep of kinds that the cluster has */
	GPtrArray *kinds;        /* ClusterKind of each of them */
	GArray *wishes;          /* ClusterWish: what is read of them before */
	GPtrArray *wished;       /* their API paths, borrowed */
	GHashTable *live;        /* API path → Json, or NULL where it is not there */
	Json *rights;            /* see known_rights; NULL: not known, or of no use */
} Planning;

static char *group_kind(const Json *object)
{
	const char *version = json_text_at(object, "apiVersion");
	const char *slash = strchr(version, '/');
	return g_strdup_printf("%.*s/%s", slash ? (int)(slash - version) : 0, version, json_text_at(object, "kind"));
}

static bool is_whole(const Json *object)
{
	return json_text_at(object, "apiVersion") && json_text_at(object, "kind") &&
	       json_text_at(object, "metadata.name");
}

static char *namespace_path(const char *name)
{
	return g_strdup_printf("/api/v1/namespaces/%s", name);
}

static void note_sources(Planning *planning, const Json *object)
{
	if (strcmp(json_text_at(object, "kind"), "Namespace") == 0)
		g_hash_table_add(planning->namespaces, namespace_path(json_text_at(object, "metadata.name")));
	if (strcmp(json_text_at(object, "kind"), "CustomResourceDefinition") == 0)
		g_hash_table_add(planning->definitions, g_strdup_printf("%s/%s", json_text_at(object, "spec.group"),
		                                                json_text_at(object, "spec.names.kind")));
}

/* What is written as stringData would have no owner, since the server moves it: then it could neither be compared nor
 * taken away again. */
static void move_texts(Json *secret)
{
	JSON_MEMBERS (json_get(secret, "stringData"), key, value) {
		const char *text = json_text(value) ? json_text(value) : "";
		g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));
		json_set_text(json_map_in(secret, "data"), key, encoded);
	}
	json_remove(secret, "stringData");
}

/* The object as it is applied: with its namespace and our label, without what only a live one has. */
static Json *applied_object(const Planning *planning, const Json *object, const ClusterKind *kind)
{
	Json *out = json_clone(object), *metadata = json_map_in(out, "metadata");
	if (strcmp(json_text_at(out, "kind"), "Secret") == 0)
		move_texts(out);
	json_remove(out, "status");
	json_remove(metadata, "managedFields");
	json_remove(metadata, "resourceVersion");
	json_remove(metadata, "uid");
	json_remove(metadata, "creationTimestamp");
	if (kind && !kind->namespaced)
		json_remove(metadata, "namespace");
	else if (kind && !json_get(metadata, "namespace"))
		json_set_text(metadata, "namespace", cluster_access(planning->cluster)->namespace);
	json_set_text(json_map_in(metadata, "labels"), CLUSTER_LABEL, planning->options->project);
	return out;
}

/* Secrets are read one by one, so that no value of another one comes along. */
static void add_wish(Planning *planning, const ClusterStep *step, const ClusterKind *kind)
{
	ClusterWish wish = {.kind = kind,
	        .namespace = kind->namespaced ? json_text_at(step->object, "metadata.namespace") : NULL,
	        .name = json_text_at(step->object, "metadata.name")};
	if (strcmp(kind->kind, "Secret") == 0)
		return;
	g_array_append_val(planning->wishes, wish);
	g_ptr_array_add(planning->wished, step->path);
}

static void add_step(Planning *planning, const Manifest *manifest)
{
	g_autofree char *key = group_kind(manifest->object);
	bool own = g_hash_table_contains(planning->definitions, key);
	g_autoptr(GError) error = NULL;
	const ClusterKind *kind = cluster_kind(planning->cluster, json_text_at(manifest->object, "apiVersion"),
	        json_text_at(manifest->object, "kind"), &error);
	g_autoptr(Json) object = applied_object(planning, manifest->object, kind);
	ClusterStep *step = step_new(OBJECT_CREATE, object);
	step->object = json_keep(object);
	step->place = manifest->place;
	step->wave = object_wave(object, own);
	g_ptr_array_add(planning->plan->steps, step);
	if (kind) {
		step->path = kind_path(
		        kind, json_text_at(object, "metadata.namespace"), json_text_at(object, "metadata.name"));
		if (g_hash_table_add(planning->wanted, step->path))
			add_wish(planning, step, kind);
		g_ptr_array_add(planning->steps, step);
		g_ptr_array_add(planning->kinds, (void *)kind);
	} else if (!own) {
		step->problem = g_strdup_printf("this cluster has no kind %s of %s", json_text_at(object, "kind"),
		        json_text_at(object, "apiVersion"));
	}
}

/* The server's list of what others keep at another value. */
static void read_conflicts(ClusterStep *step, const Json *status)
{
	JSON_EACH (json_at(status, "details.causes"), cause) {
		const char *field = json_text_at(cause, "field"), *message = json_text_at(cause, "message");
		if (g_strcmp0(json_text_at(cause, "reason"), "FieldManagerConflict") != 0 || !field)
			continue;
		FieldChange *change = g_new0(FieldChange, 1);
		g_auto(GStrv) quoted = g_strsplit(message ? message : "", "\"", 3);
		change->path = g_strdup(field + (*field == '.'));
		change->owner = g_strdup(quoted[0] && quoted[1] ? quoted[1] : "somebody");
		g_ptr_array_add(step->conflicts, change);
	}
}

char *apply_path(const char *path, bool dry, bool force)
{
	return g_strdup_printf("%s?fieldManager=" CLUSTER_MANAGER "&fieldValidation=Strict%s%s", path,
	        dry ? "&dryRun=All" : "", force ? "&force=true" : "");
}

/* What the cluster says of applying it, with its status; the value is the object or a Status. */
static Json *ask(Cluster *cluster, const ClusterStep *step, bool force, uint32_t *ret_status, GError **error)
{
	g_auto(HttpReply) reply = {0};
	g_autofree char *path = apply_path(step->path, true, force), *text = json_print(step->object);
	g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
	if (!cluster_ask(cluster, "PATCH", path, body, APPLY_TYPE, NULL, &reply, error))
		return NULL;
	gsize length;
	const char *bytes = g_bytes_get_data(reply.body, &length);
	*ret_status = reply.status;
	return json_parse((Slice){bytes, length}, error);
}

static bool comes_along(const Planning *planning, const char *namespace)
{
	g_autofree char *path = namespace ? namespace_path(namespace) : NULL;
	return path && g_hash_table_contains(planning->namespaces, path);
}

/* It comes in the same go, and is known not to be there yet. */
static bool is_new(const Planning *planning, const char *namespace)
{
	g_autofree char *path = namespace ? namespace_path(namespace) : NULL;
	void *live = NULL;
	return comes_along(planning, namespace) && g_hash_table_lookup_extended(planning->live, path, NULL, &live) &&
	       !live;
}

/* It stays as it is; an earlier `up` may have ended before it was ready. What others apply, they wait for. */
static void keep_step(ClusterStep *step, const Json *live)
{
	bool hopeless;
	g_autofree char *why = NULL;
	step->kind = OBJECT_KEEP;
	step->keeper = keeper_of(live);
	if (!step->keeper && !object_is_ready(json_text_at(step->object, "kind"), live, &why, &hopeless))
		step->unready = why ? g_steal_pointer(&why) : g_strdup("no reason is known");
}

static void compare_step(ClusterStep *step, const Json *live, const Json *now)
{
	object_compare(live, now, step->changes);
	step->kind = OBJECT_CHANGE;
	step->keeper = keeper_of(live);
	if (!step->changes->len)
		keep_step(step, live);
}

/* The fields that others lose are remembered as well. */
static void remember(ClusterStep *step, const Json *live, bool force)
{
	step->before = fields_of(live, CLUSTER_MANAGER);
	if (!step->before) {
		step->before = json_new_map();
		json_set_text(step->before, "apiVersion", json_text_at(live, "apiVersion"));
		json_set_text(step->before, "kind", json_text_at(live, "kind"));
		json_set_text(json_map_in(step->before, "metadata"), "name", json_text_at(live, "metadata.name"));
		json_set_text(
		        json_map_in(step->before, "metadata"), "namespace", json_text_at(live, "metadata.namespace"));
	}
	for (guint i = 0; force && i < step->conflicts->len; i++) {
		const FieldChange *conflict = step->conflicts->pdata[i];
		JSON_EACH (json_at(live, "metadata.managedFields"), entry) {
			g_autoptr(Json) part = g_strcmp0(json_text_at(entry, "manager"), conflict->owner) == 0
			                               ? fields_extract(live, json_get(entry, "fieldsV1"))
			                               : NULL;
			if (part && !json_text_at(entry, "subresource"))
				render_merge(step->before, part);
		}
	}
}

/* What is there now, NULL where nothing is; a list has told of it, or it is asked for by itself. */
static bool read_live(Planning *planning, Cluster *cluster, const ClusterStep *step, Json **ret_live, GError **error)
{
	void *known;
	g_autoptr(GError) absent = NULL;
	if (g_hash_table_lookup_extended(planning->live, step->path, NULL, &known)) {
		*ret_live = known ? json_keep(known) : NULL;
		return true;
	}
	*ret_live = cluster_get(cluster, step->path, &absent);
	if (*ret_live || cluster_said(absent, 404))
		return true;
	g_propagate_error(error, g_steal_pointer(&absent));
	g_prefix_error(error, "%s: ", step->title);
	return false;
}

static bool ask_about(Planning *planning, Cluster *cluster, ClusterStep *step, GError **error)
{
	const char *namespace = json_text_at(step->object, "metadata.namespace");
	g_autoptr(Json) live = NULL;
	uint32_t status = 0;
	if (!is_new(planning, namespace) && !read_live(planning, cluster, step, &live, error))
		return false;
	if (live && known_same(step->object, live)) {
		keep_step(step, live);
		return true;
	}
	g_autoptr(Json) answer = ask(cluster, step, false, &status, error);
	if (answer && status == 409) {
		read_conflicts(step, answer);
		if (step->conflicts->len) {
			json_drop(g_steal_pointer(&answer));
			answer = ask(cluster, step, true, &status, error);
		}
	}
	if (!answer)
		return false;
	if (status >= 400 && !(status == 404 && comes_along(planning, namespace))) {
		const char *message = json_text_at(answer, "message");
		step->problem = g_strdup(message ? message : "the cluster refuses it");
	} else if (live && status < 400) {
		compare_step(step, live, answer);
		remember(step, live, planning->options->force);
	}
	return true;
}

/* ---- all objects ----------------------------------------------------------------------------------------- */

static void ask_next(Cluster *connection, size_t at, void *data, GError **error)
{
	Planning *planning = data;
	ClusterStep *step = planning->steps->pdata[at];
	if (!is_new(planning, json_text_at(step->object, "metadata.namespace")) || !planning->rights ||
	        !known_fine(planning->rights, planning->kinds->pdata[at], step->object))
		ask_about(planning, connection, step, error);
}

typedef struct Finding {
	Planning *planning;
	GPtrArray *paths; /* of each wish */
} Finding;

static void take_live(size_t wish, const Json *object, void *data)
{
	const Finding *finding = data;
	g_hash_table_insert(finding->planning->live, finding->paths->pdata[wish], json_keep((Json *)object));
}

/* What is there already of the namespaces, or of all else, by a request for each kind; what may not be read that way is
 * left to be asked for. */
static bool find_live(Planning *planning, bool namespaces, GError **error)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, TRUE, sizeof(ClusterWish));
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	Finding finding = {planning, paths};
	for (guint i = 0; i < planning->wishes->len; i++) {
		const ClusterWish *wish = &g_array_index(planning->wishes, ClusterWish, i);
		if (namespaces != (strcmp(wish->kind->kind, "Namespace") == 0) || is_new(planning, wish->namespace))
			continue;
		g_array_append_vals(wishes, wish, 1);
		g_ptr_array_add(paths, planning->wished->pdata[i]);
	}
	if (!cluster_find(planning->cluster, (ClusterWish *)wishes->data, wishes->len, take_live, &finding, error))
		return false;
	for (guint i = 0; i < wishes->len; i++)
		if (!g_array_index(wishes, ClusterWish, i).refused &&
		        !g_hash_table_contains(planning->live, paths->pdata[i]))
			g_hash_table_insert(planning->live, paths->pdata[i], NULL);
	return true;
}

static void find_rights(Planning *planning)
{
	bool early = false;
	for (guint i = 0; i < planning->steps->len && !early; i++) {
		const ClusterStep *step = planning->steps->pdata[i];
		early = is_new(planning, json_text_at(step->object, "metadata.namespace"));
	}
	if (early)
		planning->rights = known_rights(planning->cluster);
}

static bool fill(Planning *planning, const GArray *manifests, GError **error)
{
	for (guint i = 0; i < manifests->len; i++) {
		const Manifest *manifest = &g_array_index(manifests, Manifest, i);
		if (is_whole(manifest->object))
			note_sources(planning, manifest->object);
	}
	if (!cluster_kinds(planning->cluster, error))
		return false;
	for (guint i = 0; i < manifests->len; i++) {
		const Manifest *manifest = &g_array_index(manifests, Manifest, i);
		if (is_whole(manifest->object))
			add_step(planning, manifest);
	}
	if (!find_live(planning, true, error) || !find_live(planning, false, error))
		return false;
	find_rights(planning);
	return cluster_share(planning->cluster, planning->steps->len, MOST_REQUESTS, ask_next, planning, error);
}

static void live_drop(void *live)
{
	json_drop(live);
}

static ClusterPlan *plan_new_empty(const char *project)
{
	ClusterPlan *plan = g_new0(ClusterPlan, 1);
	plan->steps = g_ptr_array_new_with_free_func(step_free);
	plan->project = g_strdup(project);
	return plan;
}

ClusterPlan *cluster_plan_new(
        Cluster *cluster, const GArray *manifests, const ClusterPlanOptions *options, GError **error)
{
	g_autoptr(ClusterPlan) plan = plan_new_empty(options->project);
	g_autoptr(GHashTable) definitions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	                      namespaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	                      wanted = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) live = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, live_drop);
	g_autoptr(GPtrArray) steps = g_ptr_array_new(), kinds = g_ptr_array_new(), wished = g_ptr_array_new();
	g_autoptr(GArray) wishes = g_array_new(FALSE, TRUE, sizeof(ClusterWish));
	Planning planning = {
	        cluster, plan, options, definitions, namespaces, wanted, steps, kinds, wishes, wished, live, NULL};
	bool fine = fill(&planning, manifests, error) &&
	            (!options->prune || plan_removals(cluster, plan, wanted, false, error));
	json_drop(planning.rights);
	if (!fine)
		return NULL;
	plan_finish(plan);
	return g_steal_pointer(&plan);
}

ClusterPlan *cluster_plan_down(Cluster *cluster, const char *project, bool volumes, GError **error)
{
	g_autoptr(ClusterPlan) plan = plan_new_empty(project);
	g_autoptr(GHashTable) nothing = g_hash_table_new(g_str_hash, g_str_equal);
	if (!plan_removals(cluster, plan, nothing, volumes, error))
		return NULL;
	plan_finish(plan);
	return g_steal_pointer(&plan);
}

/* ---- back ------------------------------------------------------------------------------------------------ */

static void look_at(Cluster *connection, size_t at, void *data, GError **error)
{
	ClusterStep *step = ((ClusterPlan *)data)->steps->pdata[at];
	g_autoptr(Json) live = cluster_get(connection, step->path, NULL);
	if (!live && step->kind == OBJECT_REMOVE)
		step->kind = OBJECT_KEEP;
	else if (live && step->kind == OBJECT_CHANGE)
		object_drift(step->object, live, step->changes);
}

ClusterPlan *cluster_plan_back(Cluster *cluster, const char *project, GError **error)
{
	g_autoptr(ClusterPlan) plan = plan_new_empty(project);
	g_autoptr(Json) record = undo_read(cluster, project, error);
	if (!record)
		return NULL;
	JSON_EACH (json_get(record, "steps"), item) {
		const Json *object = json_get(item, "object"), *before = json_get(item, "before");
		bool created = json_kind(before) == JSON_NIL;
		ClusterStep *step = step_new(created ? OBJECT_REMOVE : OBJECT_CHANGE, object);
		step->path = g_strdup(json_text_at(item, "path"));
		step->wave = (uint32_t)json_number_at(item, "wave", 0);
		step->object = created ? NULL : json_clone(before);
		g_ptr_array_add(plan->steps, step);
	}
	if (!cluster_share(cluster, plan->steps->len, MOST_REQUESTS, look_at, plan, error))
		return NULL;
	plan_finish(plan);
	return g_steal_pointer(&plan);
}
