/* JSON by jansson, which no other file but report/json.c includes: the names of the library are long and
 * its failures many, and what callers want of a foreign answer is one path and a fallback. */
#include "base/json.h"

#include "base/error.h"

#include <jansson.h>
#include <math.h>

Json *json_parse(Slice text, GError **error)
{
	json_error_t problem;
	json_t *value = json_loadb(text.at ? text.at : "", text.length, JSON_DECODE_ANY, &problem);
	if (!value)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no JSON: %s (line %d, column %d)",
		        problem.text, problem.line, problem.column);
	return value;
}

static char *print(const Json *value, size_t flags)
{
	char *text = json_dumps(value, flags | JSON_ENCODE_ANY);
	char *copy = g_strdup(text);
	free(text);
	return copy;
}

char *json_print(const Json *value)
{
	return print(value, JSON_COMPACT);
}

char *json_print_pretty(const Json *value)
{
	return print(value, JSON_INDENT(2));
}

char *json_canonical(const Json *value)
{
	return print(value, JSON_COMPACT | JSON_SORT_KEYS);
}

Json *json_keep(Json *value)
{
	return json_incref(value);
}

void json_drop(Json *value)
{
	json_decref(value);
}

Json *json_clone(const Json *value)
{
	return json_deep_copy(value);
}

bool json_same(const Json *a, const Json *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* ---- asking ------------------------------------------------------------------------------------------ */

JsonKind json_kind(const Json *value)
{
	if (!value)
		return JSON_NONE;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return JSON_MAP;
	case JSON_ARRAY:
		return JSON_LIST;
	case JSON_STRING:
		return JSON_TEXT;
	case JSON_INTEGER:
		return JSON_WHOLE;
	case JSON_REAL:
		return JSON_REAL_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_BOOL;
	default:
		return JSON_NIL;
	}
}

Json *json_get(const Json *object, const char *key)
{
	return object ? json_object_get(object, key) : NULL;
}

static Json *step(const Json *value, const char *word)
{
	uint32_t index;
	if (json_is_array(value) && slice_to_number(slice_from(word), &index))
		return json_array_get(value, index);
	return json_get(value, word);
}

Json *json_at(const Json *value, const char *path)
{
	Json *at = (Json *)value;
	char word[256];
	while (at && *path) {
		size_t length = strcspn(path, ".");
		if (length >= sizeof(word))
			return NULL;
		memcpy(word, path, length);
		word[length] = '\0';
		at = step(at, word);
		path += length + (path[length] == '.');
	}
	return at;
}

size_t json_count(const Json *value)
{
	return json_is_array(value) ? json_array_size(value) : json_is_object(value) ? json_object_size(value) : 0;
}

Json *json_item(const Json *array, size_t index)
{
	return array ? json_array_get(array, index) : NULL;
}

const char *json_text(const Json *value)
{
	return value ? json_string_value(value) : NULL;
}

const char *json_text_at(const Json *value, const char *path)
{
	return json_text(json_at(value, path));
}

int64_t json_number_at(const Json *value, const char *path, int64_t otherwise)
{
	const Json *number = json_at(value, path);
	if (json_is_integer(number))
		return json_integer_value(number);
	double real = json_is_real(number) ? json_real_value(number) : NAN;
	return real > -9e18 && real < 9e18 ? (int64_t)real : otherwise;
}

bool json_true_at(const Json *value, const char *path, bool otherwise)
{
	const Json *found = json_at(value, path);
	return json_is_boolean(found) ? json_is_true(found) : otherwise;
}

char *json_scalar(const Json *value)
{
	switch (json_kind(value)) {
	case JSON_TEXT:
		return g_strdup(json_string_value(value));
	case JSON_WHOLE:
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL_NUMBER:
	case JSON_BOOL:
		return json_print(value);
	default:
		return NULL;
	}
}

char *json_joined(const Json *list)
{
	GString *out = g_string_new(NULL);
	JSON_EACH (list, item) {
		g_autofree char *text = json_scalar(item);
		g_string_append_printf(out, "%s%s", out->len ? " " : "", text ? text : "");
	}
	return g_string_free(out, FALSE);
}

void *json_first_member(const Json *object)
{
	return object ? json_object_iter((json_t *)object) : NULL;
}

void *json_next_member(const Json *object, void *member)
{
	return json_object_iter_next((json_t *)object, member);
}

const char *json_member_key(void *member)
{
	return json_object_iter_key(member);
}

Json *json_member_value(void *member)
{
	return json_object_iter_value(member);
}

/* ---- making ------------------------------------------------------------------------------------------ */

Json *json_new_map(void)
{
	return json_object();
}

Json *json_new_list(void)
{
	return json_array();
}

Json *json_new_text(const char *text)
{
	return json_new_slice(slice_from(text));
}

Json *json_new_slice(Slice text)
{
	json_t *value = json_stringn(text.at ? text.at : "", text.length);
	if (value)
		return value;
	g_autofree char *valid = g_utf8_make_valid(text.at, (gssize)text.length);
	return json_string(valid);
}

Json *json_new_number(int64_t number)
{
	return json_integer(number);
}

Json *json_new_real(double number)
{
	return json_real(number);
}

Json *json_new_bool(bool value)
{
	return json_boolean(value);
}

Json *json_new_nil(void)
{
	return json_null();
}

void json_set(Json *object, const char *key, Json *take_value)
{
	if (take_value)
		json_object_set_new(object, key, take_value);
}

void json_set_text(Json *object, const char *key, const char *text)
{
	if (text)
		json_set(object, key, json_new_text(text));
}

void json_set_number(Json *object, const char *key, int64_t number)
{
	json_set(object, key, json_integer(number));
}

void json_set_bool(Json *object, const char *key, bool value)
{
	json_set(object, key, json_boolean(value));
}

Json *json_map_in(Json *object, const char *key)
{
	if (!json_is_object(json_get(object, key)))
		json_set(object, key, json_object());
	return json_get(object, key);
}

Json *json_list_in(Json *object, const char *key)
{
	if (!json_is_array(json_get(object, key)))
		json_set(object, key, json_array());
	return json_get(object, key);
}

void json_remove(Json *object, const char *key)
{
	json_object_del(object, key);
}

void json_append(Json *array, Json *take_value)
{
	if (take_value)
		json_array_append_new(array, take_value);
}

void json_append_text(Json *array, const char *text)
{
	if (text)
		json_append(array, json_new_text(text));
}

void json_insert(Json *array, size_t index, Json *take_value)
{
	json_array_insert_new(array, index, take_value);
}

void json_replace(Json *array, size_t index, Json *take_value)
{
	json_array_set_new(array, index, take_value);
}

void json_remove_item(Json *array, size_t index)
{
	json_array_remove(array, index);
}
