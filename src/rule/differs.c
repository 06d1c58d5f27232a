/* In what two manifests of one object differ, by the keys that stand on their lines. */
#include "rule/differs.h"

#include "rule/rule.h"

static GHashTable *lines_of(const Graph *graph, Node object)
{
	GHashTable *lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Slice rest = graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, object, NODE_DOCUMENT))), line;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (text.length && text.at[0] != '#' && !slice_starts(text, "---"))
			g_hash_table_add(lines, slice_dup(text));
	}
	return lines;
}

/* What SOPS wrote: one value is sealed otherwise each time. */
static bool is_sealed(const char *line)
{
	return strstr(line, "ENC[AES256_GCM") || g_str_has_prefix(line, "lastmodified:") ||
	       g_str_has_prefix(line, "mac:");
}

static void add_key(GString *keys, GHashTable *seen, const char *line)
{
	const char *start = g_str_has_prefix(line, "- ") ? line + 2 : line, *colon = strchr(start, ':');
	size_t length = colon ? (size_t)(colon - start) : 0;
	if (g_str_has_prefix(start, "namespace:") || is_sealed(line)) /* the identity has it, whoever wrote it */
		return;
	if (length == 0 || length > 40 || g_hash_table_size(seen) >= 6)
		return;
	char *key = g_strndup(start, length);
	if (!g_hash_table_add(seen, key))
		return;
	g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", key);
}

static void add_keys_not_in(GHashTable *lines, GHashTable *other, GString *keys, GHashTable *seen)
{
	g_autoptr(GList) all = g_list_sort(g_hash_table_get_keys(lines), (GCompareFunc)strcmp);
	for (GList *at = all; at; at = at->next)
		if (!g_hash_table_contains(other, at->data))
			add_key(keys, seen, at->data);
}

/* The keys of a ConfigMap or Secret that only one of them has, as "'a.js'". */
static void add_data_not_in(const Graph *graph, Node object, Node other, GString *keys, GHashTable *seen)
{
	GRAPH_CHILDREN (graph, object, NODE_KEY, key) {
		bool found = false;
		GRAPH_CHILDREN (graph, other, NODE_KEY, same)
			found = found || graph_name_symbol(graph, same) == graph_name_symbol(graph, key);
		if (found || g_hash_table_size(seen) >= 6 || !g_hash_table_add(seen, g_strdup(graph_name(graph, key))))
			continue;
		g_string_append_printf(keys, "%s'%s'", keys->len ? ", " : "", graph_name(graph, key));
	}
}

static bool holds_data(const Graph *graph, Node object)
{
	return graph_node_type(graph, object) == NODE_OBJECT &&
	       (is_kind(graph, object, "ConfigMap") || is_kind(graph, object, "Secret"));
}

bool objects_share_no_key(const Graph *graph, Node one, Node other)
{
	if (!holds_data(graph, one) || !holds_data(graph, other) || !graph_first_child(graph, one, NODE_KEY) ||
	        !graph_first_child(graph, other, NODE_KEY))
		return false;
	GRAPH_CHILDREN (graph, one, NODE_KEY, key)
		GRAPH_CHILDREN (graph, other, NODE_KEY, same)
			if (graph_name_symbol(graph, same) == graph_name_symbol(graph, key))
				return false;
	return true;
}

/* What stands in the values of a ConfigMap may be of any language: its own keys are named. */
char *object_differences(const Graph *graph, Node one, Node other)
{
	g_autoptr(GHashTable) left = lines_of(graph, one), right = lines_of(graph, other);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) keys = g_string_new(NULL);
	if (holds_data(graph, one) && holds_data(graph, other)) {
		add_data_not_in(graph, one, other, keys, seen);
		add_data_not_in(graph, other, one, keys, seen);
		if (keys->len)
			return g_string_free(g_steal_pointer(&keys), FALSE);
	}
	add_keys_not_in(left, right, keys, seen);
	add_keys_not_in(right, left, keys, seen);
	return keys->len ? g_string_free(g_steal_pointer(&keys), FALSE) : NULL;
}
