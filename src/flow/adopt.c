/* Live values into the files: the other way out of drift. Only a scalar that stands in the object's own document, with
 * the value that was rendered, is written over; what a kustomization, a generator or a list made has another place, and
 * is told. The edits are proven like those of any rule. */
#include "flow/live.h"

#include "source/yaml.h"

static const Rule rule_drift = {.id = "live-drift",
        .level = LEVEL_INFO,
        .fix = FIX_VALUE,
        .title = "the cluster has another value than the file",
        .why = "Whoever applies the file next takes back what was set on the cluster.",
        .remedy = "Take the cluster's value into the file, or apply the file."};

/* ---- from a path to bytes -------------------------------------------------------------------------------- */

static bool is_called(const YamlNode *item, const char *name)
{
	for (YamlPairs pairs = yaml_pairs(item); yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.value) && slice_is(pairs.value->value, name) &&
		        field_names_item(yaml_text(pairs.key).at))
			return true;
	return false;
}

static YamlNode *item_called(const YamlNode *list, const char *name)
{
	YAML_EACH_ITEM (list, item)
		if (is_called(item, name))
			return item;
	return NULL;
}

/* "spec.containers[api].image" of a document; NULL where the file does not have it itself. */
static YamlNode *node_at(YamlNode *node, const char *path)
{
	while (node && *path) {
		bool item = *path == '[';
		const char *start = path + (*path == '[' || *path == '.');
		size_t length = item ? strcspn(start, "]") : strcspn(start, ".[");
		g_autofree char *word = g_strndup(start, length);
		path = start + length + (item && start[length] == ']');
		node = item ? item_called(node, word) : yaml_get(node, word);
	}
	return node;
}

static YamlNode *document_of(Slice bytes, Span place, Arena *arena)
{
	for (YamlDocument *document = yaml_read(bytes, arena); document; document = document->next)
		if (document->root && place.start >= document->start && place.start <= document->end)
			return document->root;
	return NULL;
}

/* ---- one value ------------------------------------------------------------------------------------------- */

static bool is_adoptable(const YamlNode *scalar, const FieldChange *change)
{
	return scalar && yaml_is_scalar(scalar) && scalar->style != YAML_LITERAL && scalar->style != YAML_FOLDED &&
	       change->old && change->now && slice_is(scalar->value, change->now) &&
	       !g_str_has_suffix(change->old, "…") && !strpbrk(change->old, "{[\n");
}

static Finding *finding_for(
        const Scan *scan, const Drift *drift, const FieldChange *change, const YamlNode *scalar, Arena *arena)
{
	Slice bytes = graph_file_bytes(scan->graph, drift->place.file);
	Finding *finding = ARENA_NEW(arena, Finding);
	Slice text = edit_scalar(slice_sub(bytes, scalar->start, scalar->end), slice_from(change->old), arena);
	*finding = (Finding){.rule = &rule_drift,
	        .level = LEVEL_INFO,
	        .fix = FIX_VALUE,
	        .subject = graph_file_node(scan->graph, drift->place.file),
	        .span = {drift->place.file, (uint32_t)scalar->start, (uint32_t)scalar->end},
	        .message = arena_printf(arena, "%s: %s is %s on the cluster", drift->title, change->path, change->old),
	        .because = arena_printf(arena, "set by %s", change->owner ? change->owner : "somebody"),
	        .detail = arena_printf(arena, "%s %s", drift->title, change->path),
	        .edits = ARENA_NEW(arena, Edit),
	        .n_edits = 1};
	finding->edits[0] = (Edit){drift->place.file, (uint32_t)scalar->start, (uint32_t)scalar->end, text};
	return finding;
}

GPtrArray *adopt_findings(const Scan *scan, const GPtrArray *drifts, Arena *arena, uint32_t *ret_left)
{
	GPtrArray *findings = g_ptr_array_new();
	*ret_left = 0;
	for (guint i = 0; i < drifts->len; i++) {
		const Drift *drift = drifts->pdata[i];
		YamlNode *root = drift->place.end ? document_of(graph_file_bytes(scan->graph, drift->place.file),
		                                            drift->place, arena)
		                                  : NULL;
		*ret_left += drift->absent;
		for (guint c = 0; c < drift->changes->len; c++) {
			const FieldChange *change = drift->changes->pdata[c];
			const YamlNode *scalar = node_at(root, change->path);
			if (is_adoptable(scalar, change))
				g_ptr_array_add(findings, finding_for(scan, drift, change, scalar, arena));
			else
				++*ret_left;
		}
	}
	return findings;
}
