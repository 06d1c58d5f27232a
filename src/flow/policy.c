/* What NetworkPolicies let in to the pods of a Service. A pod that none selects is open to all; one that some select
 * lets in only what a rule of one of them names, so that they are judged together: a port that no rule is for, and a
 * rule for pods that nobody has, are the two ways in which a policy blocks what it was meant to let in. */
#include "flow/reason.h"

typedef struct Policies {
	GPtrArray *chosen; /* Json: those that select the pod */
	const Json *pod;
} Policies;

/* ---- selectors ------------------------------------------------------------------------------------------- */

static bool expression_holds(const Json *expression, const Json *labels)
{
	const char *operator= json_text_at(expression, "operator"), *key = json_text_at(expression, "key"),
	           *own = json_text(json_get(labels, key ? key : ""));
	bool named = false;
	JSON_EACH (json_get(expression, "values"), value)
		named |= own && g_strcmp0(json_text(value), own) == 0;
	if (g_strcmp0(operator, "In") == 0)
		return named;
	if (g_strcmp0(operator, "NotIn") == 0)
		return !named;
	return (g_strcmp0(operator, "Exists") == 0) == (own != NULL);
}

static bool selects(const Json *selector, const Json *labels)
{
	JSON_MEMBERS (json_get(selector, "matchLabels"), key, value)
		if (g_strcmp0(json_text(json_get(labels, key)), json_text(value)) != 0)
			return false;
	JSON_EACH (json_get(selector, "matchExpressions"), expression)
		if (!expression_holds(expression, labels))
			return false;
	return true;
}

static void append_selector(GString *out, const Json *selector)
{
	size_t start = out->len;
	JSON_MEMBERS (json_get(selector, "matchLabels"), key, value)
		g_string_append_printf(out, "%s%s=%s", out->len > start ? "," : "", key, json_text(value));
	JSON_EACH (json_get(selector, "matchExpressions"), expression) {
		g_autofree char *values = json_joined(json_get(expression, "values"));
		g_string_append_printf(out, "%s%s %s%s%s", out->len > start ? "," : "", json_text_at(expression, "key"),
		        json_text_at(expression, "operator"), *values ? " " : "", values);
	}
}

/* ---- rules ----------------------------------------------------------------------------------------------- */

static void append_peer(GString *out, const Json *peer)
{
	const Json *pods = json_get(peer, "podSelector"), *spaces = json_get(peer, "namespaceSelector");
	if (json_text_at(peer, "ipBlock.cidr")) {
		g_string_append(out, json_text_at(peer, "ipBlock.cidr"));
		return;
	}
	g_string_append(out, json_count(pods) ? "pods with " : "pods");
	append_selector(out, pods);
	g_string_append(out, !spaces              ? " of its namespace"
	                     : json_count(spaces) ? " of namespaces with "
	                                          : " of every namespace");
	append_selector(out, spaces);
}

static char *rule_text(const Json *rule)
{
	GString *out = g_string_new(NULL);
	JSON_EACH (json_get(rule, "from"), peer) {
		g_string_append(out, out->len ? " and " : "");
		append_peer(out, peer);
	}
	if (!out->len)
		g_string_append(out, "everybody");
	const char *joint = ", to port ";
	JSON_EACH (json_get(rule, "ports"), port) {
		g_autofree char *number = json_scalar(json_get(port, "port"));
		g_string_append_printf(out, "%s%s", joint, number ? number : "any");
		joint = ", ";
	}
	return g_string_free(out, FALSE);
}

/* Everybody, to every port. */
static bool is_open(const Json *policy)
{
	JSON_EACH (json_at(policy, "spec.ingress"), rule)
		if (json_count(json_get(rule, "from")) == 0 && json_count(json_get(rule, "ports")) == 0)
			return true;
	return false;
}

/* The number of a named port of the pod; a number is itself. */
static int64_t port_number(const Json *pod, const Json *port)
{
	if (json_kind(port) != JSON_TEXT)
		return json_number_at(port, "", 0);
	JSON_EACH (json_at(pod, "spec.containers"), container)
		JSON_EACH (json_get(container, "ports"), own)
			if (g_strcmp0(json_text_at(own, "name"), json_text(port)) == 0)
				return json_number_at(own, "containerPort", 0);
	return 0;
}

static bool is_for(const Policies *policies, const Json *rule, int64_t number, const char *protocol)
{
	bool any = json_count(json_get(rule, "ports")) == 0;
	JSON_EACH (json_get(rule, "ports"), port) {
		const char *own = json_text_at(port, "protocol");
		int64_t first = port_number(policies->pod, json_get(port, "port")),
		        last = json_number_at(port, "endPort", first);
		any |= strcmp(own ? own : "TCP", protocol) == 0 &&
		       (!json_get(port, "port") || (number >= first && number <= last));
	}
	return any;
}

/* ---- judging --------------------------------------------------------------------------------------------- */

static void choose(const Json *policy, void *data)
{
	Policies *policies = data;
	bool ingress = false;
	JSON_EACH (json_at(policy, "spec.policyTypes"), type)
		ingress |= g_strcmp0(json_text(type), "Ingress") == 0;
	if (ingress && selects(json_at(policy, "spec.podSelector"), json_at(policies->pod, "metadata.labels")))
		g_ptr_array_add(policies->chosen, json_clone(policy));
}

static bool tell(Reason *reason, const Policies *policies)
{
	for (guint i = 0; i < policies->chosen->len; i++)
		if (is_open(policies->chosen->pdata[i]))
			return false;
	for (guint i = 0; i < policies->chosen->len; i++) {
		const Json *policy = policies->chosen->pdata[i];
		const char *name = json_text_at(policy, "metadata.name");
		char *place = reason_place(reason, "NetworkPolicy", json_text_at(policy, "metadata.namespace"), name);
		g_autoptr(GString) who = g_string_new(NULL);
		JSON_EACH (json_at(policy, "spec.ingress"), rule) {
			g_autofree char *text = rule_text(rule);
			g_string_append_printf(who, "%s%s", who->len ? "; " : "", text);
		}
		if (who->len)
			reason_step(reason, place, "NetworkPolicy %s lets in to its pods only %s", name, who->str);
		else
			reason_step(reason, place, "NetworkPolicy %s lets nothing in to its pods", name);
	}
	return policies->chosen->len > 0;
}

static bool any_rule_is_for(const Policies *policies, int64_t number, const char *protocol)
{
	for (guint i = 0; i < policies->chosen->len; i++)
		JSON_EACH (json_at(policies->chosen->pdata[i], "spec.ingress"), rule)
			if (is_for(policies, rule, number, protocol))
				return true;
	return false;
}

static void look_at_ports(Reason *reason, const Policies *policies, const Json *service)
{
	const char *first = json_text_at(policies->chosen->pdata[0], "metadata.name");
	JSON_EACH (json_at(service, "spec.ports"), port) {
		const Json *target = json_get(port, "targetPort");
		const char *protocol = json_text_at(port, "protocol");
		int64_t number = port_number(policies->pod, target ? target : json_get(port, "port"));
		if (!number || any_rule_is_for(policies, number, protocol ? protocol : "TCP"))
			continue;
		reason_step(
		        reason, NULL, "no rule lets anybody in to port %d, where the Service sends to", (int)number);
		reason_mend(reason, "name port %d in the ingress of NetworkPolicy %s, if that is meant", (int)number,
		        first);
	}
}

typedef struct Counting {
	const Json *selector;
	uint32_t pods;
} Counting;

static void count_pod(const Json *pod, void *data)
{
	Counting *counting = data;
	counting->pods += selects(counting->selector, json_at(pod, "metadata.labels"));
}

/* Pods of other namespaces are not looked for: who has them may come and go. */
static void look_at_peers(Reason *reason, const Json *policy)
{
	const char *namespace = json_text_at(policy, "metadata.namespace"),
	           *name = json_text_at(policy, "metadata.name");
	g_autofree char *path = g_strdup_printf("/api/v1/namespaces/%s/pods", namespace);
	JSON_EACH (json_at(policy, "spec.ingress"), rule)
		JSON_EACH (json_get(rule, "from"), peer) {
			Counting counting = {json_get(peer, "podSelector"), 0};
			g_autoptr(GString) labels = g_string_new(NULL);
			if (!json_count(counting.selector) || json_get(peer, "namespaceSelector") ||
			        !cluster_list_metadata(reason->cluster, path, count_pod, &counting, NULL) ||
			        counting.pods)
				continue;
			append_selector(labels, counting.selector);
			reason_step(reason, NULL,
			        "no pod of namespace %s has the labels %s that NetworkPolicy %s lets in", namespace,
			        labels->str, name);
			reason_mend(
			        reason, "give the client these labels, or NetworkPolicy %s those of the client", name);
		}
}

static void policy_drop(void *policy)
{
	json_drop(policy);
}

void explain_policies(Reason *reason, const Json *service, const Json *pod)
{
	g_autofree char *path = g_strdup_printf(
	        "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies", json_text_at(pod, "metadata.namespace"));
	g_autoptr(GPtrArray) chosen = g_ptr_array_new_with_free_func(policy_drop);
	Policies policies = {chosen, pod};
	if (!cluster_list(reason->cluster, path, choose, &policies, NULL, NULL) || !tell(reason, &policies))
		return;
	look_at_ports(reason, &policies, service);
	for (guint i = 0; i < chosen->len; i++)
		look_at_peers(reason, chosen->pdata[i]);
}
