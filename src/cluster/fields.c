/* Whose field is whose: managedFields as the API server keeps them.
 * Source: kubernetes.io/docs/reference/using-api/server-side-apply, and the FieldsV1 format: "f:NAME" is a member,
 * "k:{…}" the item of a list with these keys, "v:…" the item of a set, "." the thing itself. */
#include "cluster/inner.h"

#define DEPTH 64

static bool has_keys(const Json *item, const Json *keys)
{
	if (json_kind(item) != JSON_MAP)
		return false;
	JSON_MEMBERS (keys, key, value)
		if (!json_same(json_get(item, key), value))
			return false;
	return true;
}

static Json *item_of(const Json *list, const char *word)
{
	g_autoptr(Json) wanted = json_parse(slice_from(word + 2), NULL);
	JSON_EACH (list, item)
		if (word[0] == 'k' ? has_keys(item, wanted) : json_same(item, wanted))
			return item;
	return NULL;
}

static Json *extract(const Json *value, const Json *fields, bool keyed, uint32_t depth);

/* Items of a list that the fields name; keyed: with their keys, which may be somebody else's. */
static Json *extract_items(const Json *list, const Json *fields, bool keyed, uint32_t depth)
{
	Json *out = json_new_list();
	JSON_MEMBERS (fields, word, inside) {
		Json *item = strchr("kv", word[0]) && word[1] == ':' ? item_of(list, word) : NULL;
		if (!item)
			continue;
		Json *part = word[0] == 'k' ? extract(item, inside, keyed, depth + 1) : json_clone(item);
		g_autoptr(Json) keys = keyed && word[0] == 'k' ? json_parse(slice_from(word + 2), NULL) : NULL;
		JSON_MEMBERS (keys, key, value)
			if (json_kind(part) == JSON_MAP && !json_get(part, key))
				json_set(part, key, json_keep(value));
		json_append(out, part);
	}
	return out;
}

static Json *extract_members(const Json *map, const Json *fields, bool keyed, uint32_t depth)
{
	Json *out = json_new_map();
	JSON_MEMBERS (fields, word, inside) {
		Json *value = g_str_has_prefix(word, "f:") ? json_get(map, word + 2) : NULL;
		if (value)
			json_set(out, word + 2, extract(value, inside, keyed, depth + 1));
	}
	return out;
}

/* No member but "." means the whole value. */
static Json *extract(const Json *value, const Json *fields, bool keyed, uint32_t depth)
{
	size_t named = json_count(fields) - (json_get(fields, ".") ? 1 : 0);
	if (named == 0 || depth > DEPTH)
		return json_kind(value) == JSON_MAP && json_get(fields, ".") ? json_new_map() : json_clone(value);
	if (json_kind(value) == JSON_LIST)
		return extract_items(value, fields, keyed, depth);
	return json_kind(value) == JSON_MAP ? extract_members(value, fields, keyed, depth) : json_clone(value);
}

Json *fields_extract(const Json *object, const Json *fields)
{
	return json_count(fields) ? extract(object, fields, true, 0) : NULL;
}

/* What a manager applied, as the server keeps it; NULL if nothing. */
static const Json *fields_by(const Json *object, const char *manager)
{
	JSON_EACH (json_at(object, "metadata.managedFields"), entry)
		if (g_strcmp0(json_text_at(entry, "manager"), manager) == 0 && !json_text_at(entry, "subresource") &&
		        g_strcmp0(json_text_at(entry, "operation"), "Apply") == 0)
			return json_get(entry, "fieldsV1");
	return NULL;
}

Json *fields_owned(const Json *object, const char *manager)
{
	const Json *fields = fields_by(object, manager);
	return json_count(fields) ? extract(object, fields, false, 0) : NULL;
}

Json *fields_of(const Json *object, const char *manager)
{
	Json *out = fields_extract(object, fields_by(object, manager));
	if (!out)
		return NULL;
	json_set_text(out, "apiVersion", json_text_at(object, "apiVersion"));
	json_set_text(out, "kind", json_text_at(object, "kind"));
	json_set_text(json_map_in(out, "metadata"), "name", json_text_at(object, "metadata.name"));
	json_set_text(json_map_in(out, "metadata"), "namespace", json_text_at(object, "metadata.namespace"));
	return out;
}

/* ---- owners ---------------------------------------------------------------------------------------------- */

/* The next word of "spec.containers[api].image": a member, or the name of an item in brackets. */
static char *next_word(const char **path, bool *ret_item)
{
	*ret_item = **path == '[';
	const char *start = *path + (**path == '[' || **path == '.');
	const char *end = start + (*ret_item ? strcspn(start, "]") : strcspn(start, ".["));
	*path = end + (*ret_item && *end == ']');
	return g_strndup(start, (gsize)(end - start));
}

static const Json *item_fields(const Json *fields, const char *name)
{
	JSON_MEMBERS (fields, word, inside) {
		g_autoptr(Json) keys = g_str_has_prefix(word, "k:") ? json_parse(slice_from(word + 2), NULL) : NULL;
		JSON_MEMBERS (keys, key, value) {
			g_autofree char *text = json_scalar(value);
			if (g_strcmp0(text, name) == 0)
				return inside;
		}
	}
	return NULL;
}

/* How far a set of fields goes along a path: 0 not at all, else words; SIZE_MAX for all of it. */
static bool owns(const Json *fields, const char *path)
{
	while (*path) {
		bool item;
		g_autofree char *word = next_word(&path, &item), *member = g_strconcat("f:", word, NULL);
		const Json *inside = item ? item_fields(fields, word) : json_get(fields, member);
		if (!inside)
			return false;
		if (json_count(inside) == 0)
			return true;
		fields = inside;
	}
	return true;
}

const char *fields_owner(const Json *object, const char *path)
{
	const char *owner = NULL, *latest = "";
	JSON_EACH (json_at(object, "metadata.managedFields"), entry) {
		const char *time = json_text_at(entry, "time");
		if (!owns(json_get(entry, "fieldsV1"), path) || (owner && g_strcmp0(time ? time : "", latest) < 0))
			continue;
		owner = json_text_at(entry, "manager");
		latest = time ? time : "";
	}
	return owner;
}
