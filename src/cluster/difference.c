/* Two states of one object, field by field, for people. Items of lists are told by what names them, so that a container
 * that was added does not make all that follow it look changed. */
#include "cluster/inner.h"

#include "base/quantity.h"

#define DEPTH 64
#define LONGEST 120 /* bytes of a value that are shown */
#define BEFORE 24   /* of them before the place where two values part */

typedef struct Comparing {
	GPtrArray *changes;
	const Json *owners; /* the object whose managedFields count */
	bool named_only;    /* what only the live object has is the server's business */
	bool hidden;        /* a Secret: values stay where they are */
	uint32_t depth;
} Comparing;

void field_change_free(void *data)
{
	FieldChange *change = data;
	g_free(change->path);
	g_free(change->old);
	g_free(change->now);
	g_free(change->owner);
	g_free(change);
}

static char *whole_text(const Json *value)
{
	char *text = !value ? NULL : json_kind(value) == JSON_TEXT ? g_strdup(json_text(value)) : json_print(value);
	for (char *at = text; at && *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	return text;
}

/* A window of a text that begins at an offset, which is put back to the beginning of a letter. */
static char *cut_text(const char *text, size_t from)
{
	if (!text || strlen(text) <= LONGEST)
		return g_strdup(text);
	while (from > 0 && ((guchar)text[from] & 0xc0) == 0x80)
		from--;
	bool more = strlen(text + from) > LONGEST;
	g_autofree char *part = more ? g_utf8_make_valid(text + from, LONGEST) : g_strdup(text + from);
	return g_strdup_printf("%s%s%s", from ? "…" : "", part, more ? "…" : "");
}

/* Of long values that begin alike, what is told begins shortly before they part. */
static size_t parting(const char *old, const char *now)
{
	size_t same = 0;
	while (old && now && old[same] && old[same] == now[same])
		same++;
	return same > BEFORE ? same - BEFORE : 0;
}

static void add_change(Comparing *comparing, const char *path, const Json *old, const Json *now)
{
	FieldChange *change = g_new0(FieldChange, 1);
	bool hidden = comparing->hidden && (g_str_has_prefix(path, "data") || g_str_has_prefix(path, "stringData"));
	g_autofree char *old_text = whole_text(old), *now_text = whole_text(now);
	size_t from = parting(old_text, now_text);
	change->path = g_strdup(path);
	change->old = hidden && old ? g_strdup("(hidden)") : cut_text(old_text, from);
	change->now = hidden && now ? g_strdup("(hidden)") : cut_text(now_text, from);
	change->owner = g_strdup(fields_owner(comparing->owners, path));
	g_ptr_array_add(comparing->changes, change);
}

/* By which Kubernetes tells items apart, in the order of their worth. */
static const char *const item_keys[] = {
        "name", "mountPath", "devicePath", "containerPort", "port", "key", "ip", "type", "topologyKey", "uid", NULL};

bool field_names_item(const char *key)
{
	return g_strv_contains(item_keys, key);
}

/* NULL for what has none of them. */
static char *item_name(const Json *item)
{
	for (const char *const *key = item_keys; *key && json_kind(item) == JSON_MAP; key++) {
		char *text = json_scalar(json_get(item, *key));
		if (text)
			return text;
	}
	return NULL;
}

static bool has_names(const Json *list)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	JSON_EACH (list, item) {
		char *name = item_name(item);
		if (!name || !g_hash_table_add(seen, name))
			return false;
	}
	return true;
}

static const Json *item_called(const Json *list, const char *name)
{
	JSON_EACH (list, item) {
		g_autofree char *other = item_name(item);
		if (g_strcmp0(name, other) == 0)
			return item;
	}
	return NULL;
}

/* 1000m and 1, 1Gi and 1073741824: the server writes amounts in its own way. */
static bool same_amount(const Json *old, const Json *now)
{
	g_autofree char *a = json_scalar(old), *b = json_scalar(now);
	int64_t one, other;
	if (!a || !b)
		return false;
	return strcmp(a, b) == 0 || (quantity_parse(slice_from(a), 1000, &one) &&
	                                    quantity_parse(slice_from(b), 1000, &other) && one == other);
}

static void compare(Comparing *comparing, const char *path, const Json *old, const Json *now);

static void compare_members(Comparing *comparing, const char *path, const Json *old, const Json *now)
{
	JSON_MEMBERS (now, key, value) {
		g_autofree char *below = *path ? g_strdup_printf("%s.%s", path, key) : g_strdup(key);
		compare(comparing, below, json_get(old, key), value);
	}
	JSON_MEMBERS (old, key, value) {
		g_autofree char *below = *path ? g_strdup_printf("%s.%s", path, key) : g_strdup(key);
		if (!json_get(now, key) && !comparing->named_only)
			compare(comparing, below, value, NULL);
	}
}

static void compare_items(Comparing *comparing, const char *path, const Json *old, const Json *now)
{
	JSON_EACH (now, item) {
		g_autofree char *name = item_name(item), *below = g_strdup_printf("%s[%s]", path, name);
		compare(comparing, below, item_called(old, name), item);
	}
	JSON_EACH (old, item) {
		g_autofree char *name = item_name(item), *below = g_strdup_printf("%s[%s]", path, name);
		if (!item_called(now, name) && !comparing->named_only)
			compare(comparing, below, item, NULL);
	}
}

/* Nothing, null, an empty text, list and map are one to the server. */
static bool is_empty(const Json *value)
{
	JsonKind kind = json_kind(value);
	return kind == JSON_NONE || kind == JSON_NIL ||
	       ((kind == JSON_MAP || kind == JSON_LIST) && json_count(value) == 0) ||
	       (kind == JSON_TEXT && !*json_text(value));
}

static void compare(Comparing *comparing, const char *path, const Json *old, const Json *now)
{
	JsonKind kind = json_kind(now);
	if (json_same(old, now) || (is_empty(old) && is_empty(now)) || ++comparing->depth > DEPTH)
		return;
	if (json_kind(old) == JSON_MAP && kind == JSON_MAP)
		compare_members(comparing, path, old, now);
	else if (json_kind(old) == JSON_LIST && kind == JSON_LIST && has_names(old) && has_names(now))
		compare_items(comparing, path, old, now);
	else if (!same_amount(old, now))
		add_change(comparing, path, old, now);
	comparing->depth--;
}

/* What the server keeps for itself. */
static Json *without_bookkeeping(const Json *object)
{
	static const char *const kept[] = {
	        "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"};
	Json *out = json_clone(object), *metadata = json_get(out, "metadata");
	json_remove(out, "status");
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		if (metadata)
			json_remove(metadata, kept[i]);
	return out;
}

static void compare_objects(const Json *old, const Json *now, const Json *owners, bool named_only, GPtrArray *changes)
{
	g_autoptr(Json) one = without_bookkeeping(old), other = without_bookkeeping(now);
	Comparing comparing = {changes, owners, named_only, g_strcmp0(json_text_at(now, "kind"), "Secret") == 0, 0};
	compare(&comparing, "", one, other);
}

void object_compare(const Json *old, const Json *now, GPtrArray *changes)
{
	compare_objects(old, now, old, false, changes);
}

void object_drift(const Json *file, const Json *live, GPtrArray *changes)
{
	compare_objects(live, file, live, true, changes);
}
