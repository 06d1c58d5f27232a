/* From a name to a chain of causes on a cluster: pods here, what lies behind them in schedule.c and lack.c. Each link
 * is something that was read; where none follows, the chain ends. */
#include "flow/reason.h"

#include "base/error.h"
#include "base/http.h"
#include "flow/symptom.h"

/* ---- words ----------------------------------------------------------------------------------------------- */

void reason_step(Reason *reason, char *take_place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	cause_add(reason->cause, take_place, g_strdup_vprintf(format, args));
	va_end(args);
}

void reason_mend(Reason *reason, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_free(reason->cause->mend);
	reason->cause->mend = g_strdup_vprintf(format, args);
	va_end(args);
	reason->cause->known = true;
}

char *reason_place(const Reason *reason, const char *kind, const char *namespace, const char *name)
{
	for (guint i = 0; i < reason->objects->manifests->len; i++) {
		const Manifest *manifest = &g_array_index(reason->objects->manifests, Manifest, i);
		const char *own = json_text_at(manifest->object, "metadata.namespace");
		if (manifest->place.end == 0 || g_strcmp0(json_text_at(manifest->object, "kind"), kind) != 0 ||
		        g_strcmp0(json_text_at(manifest->object, "metadata.name"), name) != 0 ||
		        (namespace && own && strcmp(namespace, own) != 0))
			continue;
		uint32_t line, column;
		graph_position(reason->scan->graph, manifest->place, &line, &column);
		return g_strdup_printf("%s:%u", graph_file_path(reason->scan->graph, manifest->place.file), line);
	}
	return NULL;
}

char *reason_workload_place(const Reason *reason, const char *namespace, const char *workload)
{
	g_auto(GStrv) parts = g_strsplit(workload ? workload : "", "/", 2);
	return parts[0] && parts[1] ? reason_place(reason, parts[0], namespace, parts[1]) : NULL;
}

Json *reason_get(Reason *reason, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *path = g_strdup_vprintf(format, args);
	va_end(args);
	return cluster_get(reason->cluster, path, NULL);
}

char *reason_event(Reason *reason, const char *namespace, const char *kind, const char *name)
{
	g_autofree char *fields = g_strdup_printf(
	                        "involvedObject.name=%s,involvedObject.kind=%s,type=Warning", name, kind),
	                *selector = http_escape(fields);
	g_autoptr(Json) list = reason_get(
	        reason, "/api/v1/namespaces/%s/events?fieldSelector=%s", namespace ? namespace : "default", selector);
	const Json *latest = NULL;
	gint64 time = -1;
	JSON_EACH (json_get(list, "items"), event) {
		const char *last = json_text_at(event, "lastTimestamp");
		gint64 at = live_time(last ? last : json_text_at(event, "eventTime"));
		if (at >= time) {
			latest = event;
			time = at;
		}
	}
	return g_strdup(json_text_at(latest, "message"));
}

/* ---- pods ------------------------------------------------------------------------------------------------ */

/* The last lines of the container that ended, and what they mean. */
static void explain_words(Reason *reason, const LiveContainer *container)
{
	LogQuery query = {.tail = 40, .previous = true};
	g_autoptr(GInputStream) stream = cluster_logs(reason->cluster, container, &query, NULL);
	g_autofree char *text = g_malloc0(65536);
	gsize length = 0;
	if (!stream || !g_input_stream_read_all(stream, text, 65535, &length, NULL, NULL) || length == 0)
		return;
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
	g_auto(Symptom) symptom = symptom_read(valid);
	if (symptom.line) {
		reason_step(reason, g_strdup("its output"), "%s", symptom.line);
		return;
	}
	g_auto(GStrv) lines = g_strsplit(g_strchomp(valid), "\n", -1);
	guint n = g_strv_length(lines);
	if (n)
		reason_step(reason, g_strdup("its output"), "%s", lines[n - 1]);
}

/* Findings of `check` about the workload's own file, errors only: they often are the cause, and have their own remedy.
 */
static void add_findings(Reason *reason, const LiveContainer *container)
{
	g_autofree char *place = reason_workload_place(reason, container->namespace, container->workload);
	uint32_t added = 0;
	for (size_t i = 0; place && i < reason->check->count && added < 3; i++) {
		const Finding *finding = reason->check->findings[i];
		const char *path = graph_file_path(reason->scan->graph, finding->span.file);
		uint32_t line, column;
		if (finding->rule->level != LEVEL_ERROR || !g_str_has_prefix(place, path) || place[strlen(path)] != ':')
			continue;
		graph_position(reason->scan->graph, finding->span, &line, &column);
		reason_step(
		        reason, g_strdup_printf("%s:%u", path, line), "%s [%s]", finding->message, finding->rule->id);
		added++;
	}
}

static void explain_crash(Reason *reason, const LiveContainer *container)
{
	if (container->killed_for_memory)
		reason_step(reason, reason_workload_place(reason, container->namespace, container->workload),
		        "it needed more memory than its limit of %.0f Mi, which ended it",
		        (double)container->memory_limit / (1 << 20));
	else
		reason_step(reason, reason_workload_place(reason, container->namespace, container->workload),
		        "%s of image %s ended with %d", container->container, container->image, container->exit_code);
	explain_words(reason, container);
	add_findings(reason, container);
	if (container->killed_for_memory)
		reason_mend(reason, "raise limits.memory, or look at what it does: labwright logs %s/%s --previous",
		        container->namespace, container->pod);
}

static void explain_image(Reason *reason, const LiveContainer *container)
{
	g_autofree char *event = reason_event(reason, container->namespace, "Pod", container->pod);
	reason_step(reason, reason_workload_place(reason, container->namespace, container->workload),
	        "the node %s cannot get the image %s", container->node ? container->node : "", container->image);
	if (event)
		reason_step(reason, g_strdup("the node"), "%s", event);
	add_findings(reason, container);
	reason_mend(reason, "name an image that the registry has, or give the pod its imagePullSecrets");
}

/* 'secret "api-keys" not found', "couldn't find key PASSWORD in Secret core/api-keys" */
static void explain_config(Reason *reason, const LiveContainer *container)
{
	g_autoptr(GRegex) named = g_regex_new("(secret|configmap) \"([^\"]+)\" not found", G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	if (!container->why || !g_regex_match(named, container->why, 0, &match)) {
		reason_mend(reason, "mend what the container refers to");
		return;
	}
	g_autofree char *word = g_match_info_fetch(match, 1), *name = g_match_info_fetch(match, 2);
	const char *kind = g_ascii_strcasecmp(word, "secret") == 0 ? "Secret" : "ConfigMap";
	g_autofree char *place = reason_place(reason, kind, container->namespace, name);
	if (place) {
		reason_step(reason, g_steal_pointer(&place), "%s %s is in the repository and was not applied to %s",
		        kind, name, container->namespace);
		reason_mend(reason, "labwright up --only %s/%s", kind, name);
	} else {
		reason_step(reason, reason_workload_place(reason, container->namespace, container->workload),
		        "%s %s is not in namespace %s, and no file of the repository makes it", kind, name,
		        container->namespace);
		reason_mend(reason,
		        "make %s %s in namespace %s: labwright up --secrets FILE takes those that are not in Git", kind,
		        name, container->namespace);
	}
}

static void explain_lost_node(Reason *reason, const LiveContainer *container)
{
	g_autoptr(Json) node = container->node ? reason_get(reason, "/api/v1/nodes/%s", container->node) : NULL;
	if (node)
		explain_node(reason, node);
}

static void explain_unready(Reason *reason, const LiveContainer *container)
{
	g_autofree char *event = reason_event(reason, container->namespace, "Pod", container->pod);
	explain_lost_node(reason, container);
	if (event)
		reason_step(reason, g_strdup("the node"), "%s", event);
	explain_words(reason, container);
	add_findings(reason, container);
}

static bool is_any(const char *word, const char *first, const char *second, const char *third)
{
	return word && (strcmp(word, first) == 0 || g_strcmp0(word, second) == 0 || g_strcmp0(word, third) == 0);
}

static void explain_pod(Reason *reason, const LiveContainer *container)
{
	g_autoptr(Json) pod = reason_get(reason, "/api/v1/namespaces/%s/pods/%s", container->namespace, container->pod);
	reason->cause->title = g_strdup_printf("%s/%s is %s", container->namespace, container->pod,
	        live_is_well(container) ? "well"
	        : container->word       ? container->word
	                                : live_state_word(container->state));
	if (container->why)
		reason_step(reason,
		        g_strdup(is_any(container->word, "Pending", NULL, NULL) ? "the scheduler" : "the node"), "%s",
		        container->why);
	if (pod && explain_deletion(reason, "Pod", pod))
		explain_lost_node(reason, container);
	else if (is_any(container->word, "Pending", NULL, NULL))
		explain_pending(reason, pod);
	else if (is_any(container->word, "ImagePullBackOff", "ErrImagePull", "InvalidImageName"))
		explain_image(reason, container);
	else if (is_any(container->word, "CreateContainerConfigError", "CreateContainerError", NULL))
		explain_config(reason, container);
	else if (container->state == LIVE_RESTARTING || container->state == LIVE_EXITED)
		explain_crash(reason, container);
	else if (!live_is_well(container))
		explain_unready(reason, container);
}

/* ---- other objects --------------------------------------------------------------------------------------- */

static const LiveContainer *choose(const Survey *survey, const char *name)
{
	const char *const only[] = {name, NULL};
	const LiveContainer *found = NULL;
	for (guint i = 0; i < survey->live->containers->len; i++) {
		const LiveContainer *container = survey->live->containers->pdata[i];
		g_autofree char *pod = g_strdup_printf("%s/%s", container->namespace, container->pod);
		if ((container_is_meant(container, only) || strcmp(pod, name) == 0 ||
		            strcmp(container->name, name) == 0) &&
		        (!found || (live_is_well(found) && !live_is_well(container))))
			found = container;
	}
	return found;
}

typedef struct Seeking {
	const char *namespace, *name;
	Json *found;
} Seeking;

static void seek(const Json *item, void *data)
{
	Seeking *seeking = data;
	bool meant =
	        g_strcmp0(json_text_at(item, "metadata.name"), seeking->name) == 0 &&
	        (!seeking->namespace || g_strcmp0(json_text_at(item, "metadata.namespace"), seeking->namespace) == 0);
	if (meant && !seeking->found)
		seeking->found = json_clone(item);
}

/* The first object of a kind by name, in one namespace or in any; of a Secret no more than its metadata is asked for.
 */
static Json *find_object(Reason *reason, const char *kind, const char *namespace, const char *name)
{
	const GPtrArray *kinds = cluster_kinds(reason->cluster, NULL);
	g_autofree char *field = g_strdup_printf("metadata.name=%s", name), *word = http_escape(field);
	for (guint i = 0; kinds && i < kinds->len; i++) {
		const ClusterKind *each = kinds->pdata[i];
		if (!each->listable || g_ascii_strcasecmp(each->kind, kind) != 0)
			continue;
		g_autofree char *list = kind_path(each, namespace, NULL),
		                *path = g_strdup_printf("%s?fieldSelector=%s", list, word);
		Seeking seeking = {namespace, name, NULL};
		if (strcmp(each->kind, "Secret") == 0)
			cluster_list_metadata(reason->cluster, path, seek, &seeking, NULL);
		else
			cluster_list(reason->cluster, path, seek, &seeking, NULL, NULL);
		if (seeking.found)
			return seeking.found;
	}
	return NULL;
}

static void explain_object(Reason *reason, const char *kind, const Json *object)
{
	static const struct {
		const char *kind;
		void (*explain)(Reason *reason, const Json *object);
	} kinds[] = {{"Service", explain_service}, {"PersistentVolumeClaim", explain_claim}, {"Node", explain_node},
	        {"Deployment", explain_workload}, {"StatefulSet", explain_workload}, {"DaemonSet", explain_workload},
	        {"ReplicaSet", explain_workload}, {"Job", explain_workload}};
	const char *namespace = json_text_at(object, "metadata.namespace"),
	           *name = json_text_at(object, "metadata.name");
	reason->cause->title =
	        g_strdup_printf("%s %s%s%s", kind, namespace ? namespace : "", namespace ? "/" : "", name);
	if (explain_deletion(reason, kind, object))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			kinds[i].explain(reason, object);
	g_autofree char *event = reason_event(reason, namespace, kind, name);
	if (event && reason->cause->steps->len == 0)
		reason_step(reason, g_strdup("an event"), "%s", event);
	if (reason->cause->steps->len == 0)
		reason_step(reason, reason_place(reason, kind, namespace, name), "nothing is wrong with it");
}

/* "Service/api", "core/api", "core/Service/api", "api" */
static bool explain_named(Reason *reason, const char *name)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "Job", "Service",
	        "PersistentVolumeClaim", "Node", "Namespace", "ReplicaSet", NULL};
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);
	guint n = g_strv_length(parts);
	bool upper = n == 2 && g_ascii_isupper(parts[0][0]);
	const char *namespace = n == 3 || (n == 2 && !upper) ? parts[0] : NULL, *last = n ? parts[n - 1] : "";
	const char *given[] = {n == 3 ? parts[1] : parts[0], NULL};
	for (const char *const *kind = n == 3 || upper ? given : kinds; *kind; kind++) {
		g_autoptr(Json) object = find_object(reason, *kind, namespace, last);
		if (object) {
			explain_object(reason, *kind, object);
			return true;
		}
	}
	return false;
}

/* A pod that is not well, or that is named itself, goes before all that is called so. */
static bool explain(Reason *reason, const char *name, GError **error)
{
	SurveyOptions options = {.quick = true};
	g_autoptr(Survey) survey = survey_new(reason->cluster, &options, error);
	const LiveContainer *container = survey ? choose(survey, name) : NULL;
	if (!survey)
		return false;
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	bool exact = container && strcmp(container->pod, last) == 0;
	if (container && (exact || !live_is_well(container))) {
		explain_pod(reason, container);
		return true;
	}
	if (explain_named(reason, name))
		return true;
	if (container) {
		explain_pod(reason, container);
		return true;
	}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no rule is called '%s', and nothing on %s", name,
	        cluster_title(reason->cluster));
	error_add_help(error, "labwright status lists what runs; KIND/NAME names any other object");
	return false;
}

Cause *reason_new(Cluster *cluster, const Scan *scan, const ObjectSet *objects, const Check *check, const char *name,
        GError **error)
{
	g_autoptr(Cause) cause = cause_new_empty(NULL);
	Reason reason = {cluster, scan, objects, check, cause};
	return explain(&reason, name, error) ? g_steal_pointer(&cause) : NULL;
}

char *reason_first(Cluster *cluster, GError **error)
{
	SurveyOptions options = {.quick = true};
	g_autoptr(Survey) survey = survey_new(cluster, &options, error);
	for (guint i = 0; survey && i < survey->live->containers->len; i++) {
		const LiveContainer *container = survey->live->containers->pdata[i];
		if (!live_is_well(container))
			return g_strdup(container->name);
	}
	for (guint i = 0; survey && i < survey->nodes->len; i++) {
		const ClusterNode *node = survey->nodes->pdata[i];
		if (node->problem)
			return g_strdup_printf("Node/%s", node->name);
	}
	return NULL;
}
