/* What a pod asks of the node it runs on and of the pods beside it: selectors, affinities, spreads, tolerations.
 *
 * A rule wants the short form (every label=value that required node affinity allows); placement wants all of it. So
 * both are written: NODE_AFFINITY rows, and a TERM for each term with an EXPRESSION for each of its conditions.
 */
#include "source/kubernetes.h"

/* NotIn and its kin allow no value by name. */
void add_node_affinity(const SourceFile *file, Node subject, const YamlNode *required)
{
	YAML_EACH_ITEM (yaml_get(required, "nodeSelectorTerms"), term)
		YAML_EACH_ITEM (yaml_get(term, "matchExpressions"), expression) {
			if (!slice_is(yaml_text_of(expression, "operator"), "In"))
				continue;
			YAML_EACH_ITEM (yaml_get(expression, "values"), value) {
				Slice key = yaml_text_of(expression, "key"), text = yaml_text(value);
				char *pair = arena_printf(file->arena, "%.*s=%.*s", SLICE_ARGS(key), SLICE_ARGS(text));
				graph_add(file->builder, subject, FACT_NODE_AFFINITY, slice_from(pair), value->start,
				        value->end);
			}
		}
}

/* ---- terms ---------------------------------------------------------------------------------------- */

static Node add_term(const SourceFile *file, const char *name, const YamlNode *map, Node pod)
{
	return graph_add_node(file->builder, NODE_TERM, pod, slice_from(name), map->start, map->end);
}

static void read_expressions(const SourceFile *file, const YamlNode *list, Node term)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *key = yaml_get(item, "key");
		if (!yaml_is_scalar(key))
			continue;
		Node expression = add_named(file, NODE_EXPRESSION, term, key);
		add_scalar_of(file, expression, FACT_OPERATOR, item, "operator");
		YAML_EACH_ITEM (yaml_get(item, "values"), value)
			add_scalar(file, expression, FACT_VALUE, value);
	}
}

/* matchFields knows metadata.name alone: the node's name, which is its hostname label wherever nobody renames nodes. */
static void read_fields(const SourceFile *file, const YamlNode *list, Node term)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *key = yaml_get(item, "key");
		if (!slice_is(yaml_text(key), "metadata.name"))
			continue;
		Node expression = graph_add_node(
		        file->builder, NODE_EXPRESSION, term, SLICE("kubernetes.io/hostname"), key->start, key->end);
		add_scalar_of(file, expression, FACT_OPERATOR, item, "operator");
		YAML_EACH_ITEM (yaml_get(item, "values"), value)
			add_scalar(file, expression, FACT_VALUE, value);
	}
}

static void read_node_term(const SourceFile *file, const YamlNode *map, Node term)
{
	read_expressions(file, yaml_get(map, "matchExpressions"), term);
	read_fields(file, yaml_get(map, "matchFields"), term);
}

static void read_node_affinity(const SourceFile *file, const YamlNode *affinity, Node pod)
{
	const YamlNode *required = yaml_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
	add_node_affinity(file, pod, required);
	YAML_EACH_ITEM (yaml_get(required, "nodeSelectorTerms"), map)
		if (yaml_is_map(map))
			read_node_term(file, map, add_term(file, "node-affinity", map, pod));
	YAML_EACH_ITEM (yaml_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution"), map) {
		if (!yaml_is_map(map))
			continue;
		Node term = add_term(file, "node-preference", map, pod);
		add_number(file, term, FACT_WEIGHT, yaml_get(map, "weight"));
		read_node_term(file, yaml_get(map, "preference"), term);
	}
}

/* Which pods a term speaks of, and in which part of the cluster. */
static void read_pod_term(const SourceFile *file, const YamlNode *map, Node term)
{
	const YamlNode *selector = yaml_get(map, "labelSelector");
	add_scalar_of(file, term, FACT_TOPOLOGY, map, "topologyKey");
	add_pairs(file, term, FACT_SELECTOR, yaml_get(selector, "matchLabels"));
	add_database_label(file, yaml_get(selector, "matchLabels"), term);
	read_expressions(file, yaml_get(selector, "matchExpressions"), term);
	YAML_EACH_ITEM (yaml_get(map, "namespaces"), namespace)
		add_scalar(file, term, FACT_NAMESPACE, namespace);
}

static void read_pod_affinity(
        const SourceFile *file, const YamlNode *affinity, const char *required, const char *preferred, Node pod)
{
	YAML_EACH_ITEM (yaml_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution"), map)
		if (yaml_is_map(map))
			read_pod_term(file, map, add_term(file, required, map, pod));
	YAML_EACH_ITEM (yaml_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution"), map) {
		if (!yaml_is_map(map))
			continue;
		Node term = add_term(file, preferred, map, pod);
		add_number(file, term, FACT_WEIGHT, yaml_get(map, "weight"));
		read_pod_term(file, yaml_get(map, "podAffinityTerm"), term);
	}
}

/* ScheduleAnyway is a wish: it gets a weight as wishes have. */
static void read_spreads(const SourceFile *file, const YamlNode *list, Node pod)
{
	YAML_EACH_ITEM (list, map) {
		if (!yaml_is_map(map))
			continue;
		Node term = add_term(file, "spread", map, pod);
		const YamlNode *otherwise = yaml_get(map, "whenUnsatisfiable");
		add_number(file, term, FACT_SKEW, yaml_get(map, "maxSkew"));
		if (slice_is(yaml_text(otherwise), "ScheduleAnyway"))
			graph_add_number(file->builder, term, FACT_WEIGHT, 1, otherwise->start, otherwise->end);
		read_pod_term(file, map, term);
	}
}

/* ---- tolerations ------------------------------------------------------------------------------------ */

static void read_toleration(const SourceFile *file, const YamlNode *toleration, Node pod)
{
	const YamlNode *key = yaml_get(toleration, "key"), *at = key ? key : toleration;
	Slice value = yaml_text_of(toleration, "value"), effect = yaml_text_of(toleration, "effect");
	bool any = slice_is(yaml_text_of(toleration, "operator"), "Exists");
	if (key)
		add_scalar(file, pod, FACT_TOLERATION, key);
	else
		graph_add(file->builder, pod, FACT_TOLERATION, SLICE("*"), at->start, at->end);
	char *text = arena_printf(file->arena, "%s%s%.*s%s%.*s", key ? yaml_text(key).at : "*", any || !key ? "" : "=",
	        any || !key ? 0 : (int)value.length, value.at, effect.length ? ":" : "", SLICE_ARGS(effect));
	graph_add(file->builder, pod, FACT_TOLERATES, slice_from(text), at->start, at->end);
}

void read_placement(const SourceFile *file, const YamlNode *spec, Node pod)
{
	const YamlNode *affinity = yaml_get(spec, "affinity");
	add_if_true(file, pod, FACT_HOST_NETWORK, yaml_get(spec, "hostNetwork"));
	add_pairs(file, pod, FACT_NODE_SELECTOR, yaml_get(spec, "nodeSelector"));
	add_scalar_of(file, pod, FACT_NODE_NAME, spec, "nodeName");
	read_node_affinity(file, yaml_get(affinity, "nodeAffinity"), pod);
	read_pod_affinity(file, yaml_get(affinity, "podAffinity"), "pod-affinity", "pod-preference", pod);
	read_pod_affinity(file, yaml_get(affinity, "podAntiAffinity"), "pod-anti-affinity", "pod-anti-preference", pod);
	read_spreads(file, yaml_get(spec, "topologySpreadConstraints"), pod);
	YAML_EACH_ITEM (yaml_get(spec, "tolerations"), toleration)
		if (yaml_is_map(toleration))
			read_toleration(file, toleration, pod);
}
