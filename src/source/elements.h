/* The list generators of an ApplicationSet: what their elements fill into its template. */
#pragma once

#include "source/yaml.h"

/* A generator that is a list alone. */
bool is_element_list(const YamlNode *generator);

/* The text with an element's values in the place of {{name}} or {{ .name }}, in the arena; ret_at is the last of these
 * values, or NULL where nothing is to be filled in. NULL where the element does not have all that is asked for. */
const char *fill_in_element(Arena *arena, Slice text, const YamlNode *element, const YamlNode **ret_at);
