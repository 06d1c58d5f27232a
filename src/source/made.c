/* Trees made by hand: the few words that put one together. Nodes of files are taken as they are and never changed, so a
 * value that the chart uses in three places stands in three trees and is one node. */
#include "source/made.h"

static YamlNode *made_node(Arena *arena, YamlKind kind, const YamlNode *at)
{
	YamlNode *node = ARENA_NEW(arena, YamlNode);
	*node = (YamlNode){.kind = kind,
	        .style = kind == YAML_SCALAR ? YAML_PLAIN : YAML_BLOCK,
	        .start = at->start,
	        .end = at->end,
	        .value = {"", 0},
	        .size = 1};
	return node;
}

YamlNode *made_map(Arena *arena, const YamlNode *at)
{
	return made_node(arena, YAML_MAP, at);
}

YamlNode *made_list(Arena *arena, const YamlNode *at)
{
	return made_node(arena, YAML_SEQUENCE, at);
}

YamlNode *made_text(Arena *arena, const char *text, const YamlNode *at)
{
	YamlNode *node = made_node(arena, YAML_SCALAR, at);
	node->value = slice_from(text);
	return node;
}

static void add_entry(Arena *arena, YamlNode *parent, const YamlNode *key, const YamlNode *value)
{
	YamlEntry *entry = ARENA_NEW(arena, YamlEntry);
	*entry = (YamlEntry){(YamlNode *)key, (YamlNode *)value, NULL, value->start, value->end};
	yaml_link(parent, entry);
}

void made_set(Arena *arena, YamlNode *map, const char *key, const YamlNode *value)
{
	if (value)
		add_entry(arena, map, made_text(arena, key, value), value);
}

void made_append(Arena *arena, YamlNode *list, const YamlNode *value)
{
	if (value)
		add_entry(arena, list, NULL, value);
}

/* Looking a key up is linear: of maps larger than people write, no more is merged. */
#define MOST_MERGED 500

void made_merge(Arena *arena, YamlNode *map, const YamlNode *other)
{
	for (YamlPairs pairs = yaml_pairs(other); yaml_next_pair(&pairs) && map->count < MOST_MERGED;)
		if (yaml_is_scalar(pairs.key) && !yaml_get(map, pairs.key->value.at))
			add_entry(arena, map, pairs.key, pairs.value);
}
