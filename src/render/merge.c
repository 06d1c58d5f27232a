/* Patches: the strategic merge of Kubernetes, where lists of things with names are merged by that name, and JSON Patch
 * (RFC 6902).
 *
 * Merge keys are the `patchMergeKey`s of the Kubernetes API (v1.36), by the field that holds the list: no field of that
 * name has two different keys in the kinds that homelabs patch but `ports`, which is told by what its items have. */
#include "render/inner.h"

#include "base/error.h"

static const char *merge_key(const char *field, const Json *item)
{
	static const struct {
		const char *field, *key;
	} keys[] = {{"containers", "name"}, {"initContainers", "name"}, {"ephemeralContainers", "name"},
	        {"env", "name"}, {"volumes", "name"}, {"volumeMounts", "mountPath"}, {"volumeDevices", "devicePath"},
	        {"imagePullSecrets", "name"}, {"hostAliases", "ip"}, {"topologySpreadConstraints", "topologyKey"},
	        {"secrets", "name"}, {"ownerReferences", "uid"}, {"conditions", "type"}};
	if (!field)
		return NULL;
	if (strcmp(field, "ports") == 0)
		return json_get(item, "containerPort") ? "containerPort" : json_get(item, "port") ? "port" : NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].field, field) == 0)
			return keys[i].key;
	return NULL;
}

static Json *find_item(const Json *list, const char *key, const Json *like, size_t *ret_index)
{
	for (size_t i = 0; i < json_count(list); i++) {
		*ret_index = i;
		if (json_same(json_get(json_item(list, i), key), json_get(like, key)))
			return json_item(list, i);
	}
	return NULL;
}

static bool wants(const Json *patch, const char *what)
{
	const char *directive = json_text_at(patch, "$patch");
	return directive && strcmp(directive, what) == 0;
}

static Json *without_directives(const Json *patch)
{
	Json *copy = json_clone(patch);
	if (json_kind(copy) == JSON_MAP)
		json_remove(copy, "$patch");
	return copy;
}

static void merge_list(Json *object, const char *field, const Json *patch)
{
	Json *list = json_get(object, field);
	const char *key = merge_key(field, json_item(patch, 0));
	bool replaces = !key || json_kind(list) != JSON_LIST;
	JSON_EACH (patch, item)
		replaces |= json_kind(item) != JSON_MAP || (wants(item, "replace") && !json_get(item, key ? key : ""));
	if (replaces) {
		Json *made = json_new_list();
		JSON_EACH (patch, item)
			if (!wants(item, "replace") || json_count(item) > 1)
				json_append(made, without_directives(item));
		json_set(object, field, made);
		return;
	}
	size_t added = 0;
	JSON_EACH (patch, item) {
		size_t index;
		Json *there = find_item(list, key, item, &index);
		if (there && !render_merge(there, item))
			json_remove_item(list, index);
		else if (!there && !wants(item, "delete"))
			json_insert(list, added++, without_directives(item)); /* as kustomize: before what is there */
	}
}

bool render_merge(Json *object, const Json *patch)
{
	if (wants(patch, "delete"))
		return false;
	if (wants(patch, "replace")) {
		g_autoptr(Json) old = json_clone(object);
		JSON_MEMBERS (old, key, value)
			json_remove(object, value ? key : "");
	}
	JSON_MEMBERS (patch, key, value) {
		Json *there = json_get(object, key);
		if (*key == '$')
			continue;
		if (json_kind(value) == JSON_NIL)
			json_remove(object, key);
		else if (json_kind(value) == JSON_LIST)
			merge_list(object, key, value);
		else if (json_kind(value) == JSON_MAP && json_kind(there) == JSON_MAP) {
			if (!render_merge(there, value))
				json_remove(object, key);
		} else if (!wants(value, "delete"))
			json_set(object, key, without_directives(value));
	}
	return true;
}

/* ---- RFC 6902 ------------------------------------------------------------------------------------------ */

static char *unescape(const char *word)
{
	g_autofree char *slashes = g_strdup(word);
	GString *out = g_string_new(slashes);
	g_string_replace(out, "~1", "/", 0);
	g_string_replace(out, "~0", "~", 0);
	return g_string_free(out, FALSE);
}

/* The value that holds what the pointer's last word names, NULL if there is none; and that word in any case. */
static Json *find_parent(Json *root, const char *pointer, char **ret_last)
{
	g_auto(GStrv) words = g_strsplit(pointer, "/", -1);
	guint count = g_strv_length(words);
	*ret_last = unescape(count ? words[count - 1] : "");
	if (count < 2 || *words[0])
		return NULL;
	Json *at = root;
	for (guint i = 1; at && i + 1 < count; i++) {
		g_autofree char *word = unescape(words[i]);
		uint32_t index;
		if (json_kind(at) == JSON_LIST)
			at = slice_to_number(slice_from(word), &index) ? json_item(at, index) : NULL;
		else
			at = json_get(at, word);
	}
	return at;
}

/* The place in a list, its length for "-"; false for no place. */
static bool list_place(const Json *list, const char *word, bool past, size_t *ret_index)
{
	uint32_t index = 0;
	size_t count = json_count(list);
	if (strcmp(word, "-") == 0 && past) {
		*ret_index = count;
		return true;
	}
	bool fine = slice_to_number(slice_from(word), &index) && index < count + past;
	*ret_index = index;
	return fine;
}

static Json *find_value(Json *root, const char *pointer)
{
	g_autofree char *last = NULL;
	size_t index;
	if (*pointer == '\0')
		return root;
	Json *parent = find_parent(root, pointer, &last);
	if (json_kind(parent) == JSON_LIST)
		return list_place(parent, last, false, &index) ? json_item(parent, index) : NULL;
	return json_get(parent, last);
}

static bool put(Json *root, const char *pointer, bool insert, Json *take_value)
{
	g_autofree char *last = NULL;
	g_autoptr(Json) value = take_value;
	Json *parent = find_parent(root, pointer, &last);
	size_t index;
	if (json_kind(parent) == JSON_MAP) {
		json_set(parent, last, g_steal_pointer(&value));
		return true;
	}
	if (json_kind(parent) != JSON_LIST || !list_place(parent, last, insert, &index))
		return false;
	if (insert)
		json_insert(parent, index, g_steal_pointer(&value));
	else
		json_replace(parent, index, g_steal_pointer(&value));
	return true;
}

static bool take_out(Json *root, const char *pointer)
{
	g_autofree char *last = NULL;
	Json *parent = find_parent(root, pointer, &last);
	size_t index;
	if (json_kind(parent) == JSON_MAP && json_get(parent, last)) {
		json_remove(parent, last);
		return true;
	}
	if (json_kind(parent) != JSON_LIST || !list_place(parent, last, false, &index))
		return false;
	json_remove_item(parent, index);
	return true;
}

static bool operate(Json *root, const Json *operation)
{
	const char *op = json_text_at(operation, "op"), *path = json_text_at(operation, "path"),
	           *from = json_text_at(operation, "from");
	const Json *value = json_get(operation, "value");
	if (!op || !path)
		return false;
	if (strcmp(op, "add") == 0)
		return value && put(root, path, true, json_clone(value));
	if (strcmp(op, "replace") == 0)
		return value && find_value(root, path) && put(root, path, false, json_clone(value));
	if (strcmp(op, "remove") == 0)
		return take_out(root, path);
	if (strcmp(op, "test") == 0)
		return json_same(find_value(root, path), value);
	const Json *moved = from ? find_value(root, from) : NULL;
	if (!moved || (strcmp(op, "move") != 0 && strcmp(op, "copy") != 0))
		return false;
	Json *copy = json_clone(moved);
	return (strcmp(op, "copy") == 0 || take_out(root, from)) ? put(root, path, true, copy)
	                                                         : (json_drop(copy), false);
}

bool render_operate(Json *object, const Json *operations, GError **error)
{
	JSON_EACH (operations, operation) {
		if (operate(object, operation))
			continue;
		g_autofree char *text = json_print(operation);
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the patch does not fit: %s", text);
		return false;
	}
	return true;
}
