/* What a cluster says of itself, saved to a file: PodMetricsList of metrics-server, summaries of kubelets, results of
 * Prometheus queries, and the lists that `kubectl get -o json` prints. JSON is YAML, so the same reader serves.
 *
 * Every measured container and every pod is a USAGE node; every node of the cluster is a MACHINE as labwright.yaml has
 * them. Of a range of values the highest counts: a peak is what has to fit. */
#include "base/jsontext.h"
#include "base/quantity.h"
#include "source/kubernetes.h"

static Node add_usage(const SourceFile *file, const YamlNode *name, const YamlNode *namespace, Node document)
{
	if (!yaml_is_scalar(name))
		return NODE_NONE;
	Node usage = add_named(file, NODE_USAGE, document, name);
	add_scalar(file, usage, FACT_NAMESPACE, namespace);
	return usage;
}

static void add_used(const SourceFile *file, Node usage, const char *what, const char *amount, const YamlNode *at)
{
	char *text = arena_printf(file->arena, "%s=%s", what, amount);
	graph_add(file->builder, usage, FACT_USED, slice_from(text), at->start, at->end);
}

/* Seconds since 1970; false where there is no such time. */
static bool read_time(const YamlNode *scalar, int64_t *ret_seconds)
{
	if (!yaml_is_scalar(scalar))
		return false;
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(scalar->value.at, NULL);
	*ret_seconds = time ? g_date_time_to_unix(time) : 0;
	return time != NULL;
}

static void add_samples(
        const SourceFile *file, Node usage, uint32_t samples, int64_t from, int64_t to, const YamlNode *at)
{
	graph_add_number(file->builder, usage, FACT_SAMPLES, samples, at->start, at->end);
	if (from <= 0 || to < from || to > UINT32_MAX)
		return;
	graph_add_number(file->builder, usage, FACT_MEASURED_FROM, (uint32_t)from, at->start, at->end);
	graph_add_number(file->builder, usage, FACT_MEASURED_TO, (uint32_t)to, at->start, at->end);
}

/* ---- metrics-server ---------------------------------------------------------------------------------- */

static void read_pod_metrics(const SourceFile *file, const YamlNode *pod, Node document)
{
	YAML_EACH_ITEM (yaml_get(pod, "containers"), container) {
		Node usage =
		        add_usage(file, yaml_at(pod, "metadata.name"), yaml_at(pod, "metadata.namespace"), document);
		if (!usage)
			return;
		add_scalar_of(file, usage, FACT_CONTAINER_NAME, container, "name");
		add_pairs(file, usage, FACT_USED, yaml_get(container, "usage"));
		int64_t time = 0;
		read_time(yaml_get(pod, "timestamp"), &time);
		add_samples(file, usage, 1, time, time, container);
	}
}

/* ---- lists of kubectl ----------------------------------------------------------------------------------- */

static bool has_ended(const YamlNode *pod)
{
	Slice phase = yaml_text(yaml_at(pod, "status.phase"));
	return slice_is(phase, "Succeeded") || slice_is(phase, "Failed");
}

/* The last end of a container, or the present one, that the kernel brought about. */
static void read_kill(const SourceFile *file, const YamlNode *pod, const YamlNode *status, Node usage)
{
	static const char *const states[] = {"lastState.terminated", "state.terminated"};
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		const YamlNode *end = yaml_at(status, states[i]), *name = yaml_get(status, "name");
		if (!slice_is(yaml_text(yaml_get(end, "reason")), "OOMKilled") || !yaml_is_scalar(name))
			continue;
		Slice limit = {"", 0};
		YAML_EACH_ITEM (yaml_at(pod, "spec.containers"), container)
			if (slice_equal(yaml_text_of(container, "name"), name->value))
				limit = yaml_text(yaml_at(container, "resources.limits.memory"));
		char *text = arena_printf(file->arena, "%s%s%.*s", name->value.at, limit.length ? "=" : "",
		        (int)limit.length, limit.length ? limit.at : "");
		graph_add(file->builder, usage, FACT_KILLED, slice_from(text), name->start, name->end);
		return;
	}
}

/* docker-pullable://nginx@sha256:… and docker.io/library/nginx@sha256:…; an image of this node alone has no digest. */
static void read_running(const SourceFile *file, const YamlNode *status, Node usage)
{
	const YamlNode *name = yaml_get(status, "name"), *image = yaml_get(status, "imageID");
	Slice text = yaml_text(image);
	size_t scheme = slice_find(text, "://", 0);
	if (scheme != SIZE_MAX)
		text = slice_sub(text, scheme + 3, text.length);
	if (!yaml_is_scalar(name) || slice_find(text, "@sha256:", 0) == SIZE_MAX)
		return;
	char *pair = arena_printf(file->arena, "%s=%.*s", name->value.at, SLICE_ARGS(text));
	graph_add(file->builder, usage, FACT_RUNNING, slice_from(pair), image->start, image->end);
}

static void read_live_pod(const SourceFile *file, const YamlNode *pod, Node document)
{
	if (has_ended(pod))
		return;
	Node usage = add_usage(file, yaml_at(pod, "metadata.name"), yaml_at(pod, "metadata.namespace"), document);
	if (!usage)
		return;
	add_scalar(file, usage, FACT_NODE_NAME, yaml_at(pod, "spec.nodeName"));
	YAML_EACH_ITEM (yaml_at(pod, "metadata.ownerReferences"), owner)
		add_scalar_of(file, usage, FACT_KIND, owner, "kind");
	YAML_EACH_ITEM (yaml_at(pod, "spec.containers"), container)
		add_pairs(file, usage, FACT_REQUEST, yaml_at(container, "resources.requests"));
	YAML_EACH_ITEM (yaml_at(pod, "status.containerStatuses"), status) {
		read_kill(file, pod, status, usage);
		read_running(file, status, usage);
	}
}

static void read_live_node(const SourceFile *file, const YamlNode *node, Node document)
{
	const YamlNode *name = yaml_at(node, "metadata.name");
	if (!yaml_is_scalar(name))
		return;
	Node machine = add_named(file, NODE_MACHINE, document, name);
	add_pairs(file, machine, FACT_LABEL, yaml_at(node, "metadata.labels"));
	add_node_facts(file, node, machine);
}

/* What an object is that does not say it itself. */
typedef struct KindOf {
	Slice kind, version;
} KindOf;

/* Items of a list that the API server gives raw have no kind of their own. */
static KindOf kind_of_items(const YamlNode *root)
{
	Slice list = yaml_text_of(root, "kind");
	if (!slice_ends(list, "List"))
		return (KindOf){{"", 0}, {"", 0}};
	return (KindOf){slice_sub(list, 0, list.length - strlen("List")), yaml_text_of(root, "apiVersion")};
}

static void read_item_as(const SourceFile *file, const YamlNode *item, KindOf is, Node document)
{
	if (slice_is(is.kind, "PodMetrics")) {
		read_pod_metrics(file, item, document);
		return;
	}
	if (slice_is(is.kind, "Pod"))
		read_live_pod(file, item, document);
	else if (slice_is(is.kind, "Node"))
		read_live_node(file, item, document);
	read_live_object(file, item, is.kind, is.version, document);
}

/* items: what those of the list are, where they do not say it. */
static void read_item(const SourceFile *file, const YamlNode *item, KindOf items, Node document)
{
	KindOf own = {yaml_text_of(item, "kind"), yaml_text_of(item, "apiVersion")};
	read_item_as(file, item, own.kind.length ? own : items, document);
}

/* ---- kubelets -------------------------------------------------------------------------------------------- */

/* "12345" as kilo-, milli- or whole units; nothing where the kubelet does not say it. */
static void add_stat(
        const SourceFile *file, Node usage, const char *what, const YamlNode *number, double scale, const char *unit)
{
	if (!yaml_is_scalar(number))
		return;
	double amount = g_ascii_strtod(number->value.at, NULL) / scale;
	if (amount >= 0 && amount < 1e18)
		add_used(file, usage, what, arena_printf(file->arena, "%.0f%s", amount, unit), number);
}

/* How full the volume of a claim is; of two pods that mount it the answer is the same. */
static void read_filled(const SourceFile *file, const YamlNode *volume, Node document)
{
	const YamlNode *claim = yaml_get(volume, "pvcRef"), *name = yaml_get(claim, "name");
	double used = g_ascii_strtod(yaml_text_of(volume, "usedBytes").at, NULL),
	       all = g_ascii_strtod(yaml_text_of(volume, "capacityBytes").at, NULL);
	if (!yaml_is_scalar(name) || !(all > 0) || !(used >= 0) || used > all)
		return;
	Node filled = add_named(file, NODE_VOLUME, document, name);
	add_scalar_of(file, filled, FACT_NAMESPACE, claim, "namespace");
	graph_add_number(file->builder, filled, FACT_FILLED, (uint32_t)(used * 100 / all), name->start, name->end);
}

/* The summary of a kubelet: /stats/summary. The working set is what counts against a limit. */
static void read_summary_pod(const SourceFile *file, const YamlNode *pod, Node document)
{
	const YamlNode *ref = yaml_get(pod, "podRef");
	YAML_EACH_ITEM (yaml_get(pod, "containers"), container) {
		Node usage = add_usage(file, yaml_get(ref, "name"), yaml_get(ref, "namespace"), document);
		int64_t time = 0;
		if (!usage)
			return;
		add_scalar_of(file, usage, FACT_CONTAINER_NAME, container, "name");
		add_stat(file, usage, "cpu", yaml_at(container, "cpu.usageNanoCores"), 1e6, "m");
		add_stat(file, usage, "memory", yaml_at(container, "memory.workingSetBytes"), 1, "");
		read_time(yaml_at(container, "memory.time"), &time);
		add_samples(file, usage, 1, time, time, container);
	}
	YAML_EACH_ITEM (yaml_get(pod, "volume"), volume)
		read_filled(file, volume, document);
}

/* ---- Prometheus ------------------------------------------------------------------------------------------ */

/* A sample is [time, "value"]; counters of seconds say nothing by themselves. */
static const YamlNode *sample_value(const YamlNode *sample)
{
	const YamlEntry *second = yaml_is_sequence(sample) && sample->first ? sample->first->next : NULL;
	return second && yaml_is_scalar(second->value) ? second->value : NULL;
}

/* Of all samples of a series. */
typedef struct Series {
	const YamlNode *highest; /* NULL: none */
	double peak, typical;    /* typical: no more than one sample in a hundred is above it */
	uint32_t samples;
	double from, to; /* seconds since 1970 */
} Series;

static void count_sample(const YamlNode *sample, Series *series, GArray *values)
{
	const YamlNode *value = sample_value(sample);
	double number = value ? g_ascii_strtod(value->value.at, NULL) : -1;
	if (!(number >= 0 && number < 1e15)) /* nor NaN */
		return;
	double time = g_ascii_strtod(yaml_text(sample->first->value).at, NULL);
	time = time >= 0 && time <= UINT32_MAX ? time : 0;
	g_array_append_val(values, number);
	if (!series->highest || number > series->peak) {
		series->highest = value;
		series->peak = number;
	}
	series->from = series->samples ? MIN(series->from, time) : time;
	series->to = MAX(series->to, time);
	series->samples++;
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static Series read_samples(const YamlNode *map)
{
	Series series = {0};
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
	if (yaml_get(map, "value"))
		count_sample(yaml_get(map, "value"), &series, values);
	YAML_EACH_ITEM (yaml_get(map, "values"), sample)
		count_sample(sample, &series, values);
	g_array_sort(values, compare_doubles);
	if (values->len) /* the nearest rank: ceil(0.99 n) of n */
		series.typical = g_array_index(values, double, (values->len * 99 + 99) / 100 - 1);
	return series;
}

/* A rate has lost its name: what is below a thousand can only be cores, what is above only bytes. */
static bool is_memory(Slice name, double value)
{
	if (slice_find(name, "memory", 0) != SIZE_MAX)
		return true;
	return slice_find(name, "cpu", 0) == SIZE_MAX && value >= 1000;
}

static char *amount_of(const SourceFile *file, double value, bool memory)
{
	return memory ? arena_printf(file->arena, "%.0f", value)
	              : arena_printf(file->arena, "%.0fm", value * 1000 + 0.5);
}

static void read_series(const SourceFile *file, const YamlNode *map, Node document)
{
	const YamlNode *metric = yaml_get(map, "metric");
	Slice name = yaml_text_of(metric, "__name__"), container = yaml_text_of(metric, "container");
	if (slice_ends(name, "_seconds_total") || slice_is(container, "POD"))
		return;
	Series series = read_samples(map);
	Node usage = series.highest ? add_usage(file, yaml_get(metric, "pod"), yaml_get(metric, "namespace"), document)
	                            : NODE_NONE;
	if (!usage)
		return;
	add_scalar_of(file, usage, FACT_CONTAINER_NAME, metric, "container");
	add_scalar_of(file, usage, FACT_NODE_NAME, metric, "node");
	bool memory = is_memory(name, series.peak);
	const char *word = memory ? "memory" : "cpu";
	add_used(file, usage, word, amount_of(file, series.peak, memory), series.highest);
	char *typical = arena_printf(file->arena, "%s=%s", word, amount_of(file, series.typical, memory));
	graph_add(file->builder, usage, FACT_TYPICAL, slice_from(typical), series.highest->start, series.highest->end);
	add_samples(file, usage, series.samples, (int64_t)series.from, (int64_t)series.to, series.highest);
}

/* ---- the file -------------------------------------------------------------------------------------------- */

static void read_rest(const SourceFile *file, const YamlNode *root, Node document)
{
	YAML_EACH_ITEM (yaml_get(root, "pods"), pod)
		read_summary_pod(file, pod, document);
	YAML_EACH_ITEM (yaml_at(root, "data.result"), series)
		read_series(file, series, document);
}

static void read_usage_document(const SourceFile *file, const YamlDocument *document)
{
	const YamlNode *root = document->root, *items = yaml_get(root, "items");
	Node node = graph_add_node(file->builder, NODE_DOCUMENT, file->node, SLICE("1"), root->start, root->end);
	if (!items)
		read_item(file, root, kind_of_items(root), node);
	YAML_EACH_ITEM (items, item)
		read_item(file, item, kind_of_items(root), node);
	read_rest(file, root, node);
}

/* Items one by one, so that the tree of the longest list is that of one item. known: what they are, whatever they say
 * of themselves. */
static void read_items(const SourceFile *file, KindOf is, bool known, Slice items, Node document)
{
	g_autoptr(Arena) arena = arena_new();
	SourceFile own = *file;
	size_t at = 0;
	Slice text;
	own.arena = arena;
	while (jsontext_next_item(items, &at, &text)) {
		size_t place = (size_t)(text.at - file->bytes.at);
		const YamlNode *item = yaml_read_json(file->bytes, place, arena);
		if (!item)
			graph_add_problem(file->builder, file->node, "yaml-broken", "this item is no JSON", NULL, place,
			        place + text.length);
		else if (known)
			read_item_as(&own, item, is, document);
		else
			read_item(&own, item, is, document);
		arena_reset(arena);
	}
}

/* What the API server and `kubectl get -o json` say; false for what is no JSON. */
static bool read_json(const SourceFile *file, KindOf is)
{
	Slice items;
	if (file->bytes.length == 0 || file->bytes.at[0] != '{' ||
	        !g_utf8_validate(file->bytes.at, (gssize)file->bytes.length, NULL))
		return false;
	const YamlNode *root = yaml_read_json_but(file->bytes, "items", &items, file->arena);
	if (!root)
		return false;
	Node node = graph_add_node(file->builder, NODE_DOCUMENT, file->node, SLICE("1"), root->start, root->end);
	bool known = is.kind.length > 0;
	if (!items.length)
		read_item(file, root, kind_of_items(root), node);
	read_items(file, known ? is : kind_of_items(root), known, items, node);
	read_rest(file, root, node);
	return true;
}

void read_usage(const SourceFile *file)
{
	if (read_json(file, (KindOf){{"", 0}, {"", 0}}))
		return;
	for (const YamlDocument *document = yaml_read(file->bytes, file->arena); document; document = document->next) {
		if (document->error)
			graph_add_problem(file->builder, file->node, "yaml-broken", document->error, NULL,
			        document->error_at, document->error_at);
		else if (document->root)
			read_usage_document(file, document);
	}
}

void read_usage_list(const SourceFile *file, const char *kind, const char *version)
{
	if (!read_json(file, (KindOf){slice_from(kind), slice_from(version)}))
		graph_add_problem(file->builder, file->node, "yaml-broken", "the answer is no JSON", NULL, 0, 0);
}
