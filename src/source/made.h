/* YAML trees that no file holds: what a chart makes of its values. Each node has the place of the value that it comes
 * from, so that readers of plain objects write facts that point at the values. */
#pragma once

#include "source/yaml.h"

/* An empty map or sequence, or a text, at the place of another node. The text is borrowed by the arena's owner. */
YamlNode *made_map(Arena *arena, const YamlNode *at);
YamlNode *made_list(Arena *arena, const YamlNode *at);
YamlNode *made_text(Arena *arena, const char *text, const YamlNode *at);

/* Another pair, or item; nothing where the value is NULL. The value may stand in several trees. */
void made_set(Arena *arena, YamlNode *map, const char *key, const YamlNode *value);
void made_append(Arena *arena, YamlNode *list, const YamlNode *value);

/* The pairs of a map (merge keys followed) that the made map does not have yet. */
void made_merge(Arena *arena, YamlNode *map, const YamlNode *other);
