/* Holding an object against the Kubernetes API: field names, scalar types, required fields, apiVersion. */
#include "source/schema.h"

#include "base/near.h"

#include <errno.h>

/* A key or, where name is NULL, an item on the way from the object to a value. */
typedef struct Step {
	const struct Step *outer;
	const char *name;
	uint32_t number;
} Step;

typedef struct Walker {
	const SourceFile *file;
	Node object;
	const Step *at; /* NULL at the object itself */
	uint32_t left;  /* problems that may still be reported for this object */
	bool made;      /* by a chart */
	bool literal;   /* nothing is filled in or decrypted later */
} Walker;

static void append_path(GString *path, const Step *step)
{
	if (!step)
		return;
	append_path(path, step->outer);
	if (!step->name)
		g_string_append_printf(path, "[%u]", step->number);
	else
		g_string_append_printf(path, "%s%s", path->len ? "." : "", step->name);
}

/* The way to the value in words, of the arena: only problems have it told. */
static const char *path_of(const Walker *walker)
{
	g_autoptr(GString) path = g_string_new(NULL);
	append_path(path, walker->at);
	return arena_text(walker->file->arena, (Slice){path->str, path->len});
}

static Node add_problem(Walker *walker, const char *shape, const YamlNode *at, const char *expected, const char *format,
        ...) G_GNUC_PRINTF(5, 6);

/* A chart turns values into texts and adds what is missing; fields of these parts of a pod it hands on as they are. */
static bool is_handed_on(const Walker *walker, const char *shape)
{
	static const char *const parts[] = {".affinity", ".dnsConfig", ".lifecycle", ".resources", ".securityContext",
	        ".tolerations[", ".topologySpreadConstraints["};
	const char *pod = strstr(path_of(walker), "template.spec.");
	if (!pod || strcmp(shape, "unknown-field") != 0)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (strstr(pod, parts[i]))
			return true;
	return false;
}

static Node add_problem(
        Walker *walker, const char *shape, const YamlNode *at, const char *expected, const char *format, ...)
{
	if (walker->left == 0 || (walker->made && !is_handed_on(walker, shape)))
		return NODE_NONE;
	walker->left--;
	va_list args;
	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	size_t end = at->kind == YAML_SCALAR ? at->end : at->start;
	Node problem =
	        graph_add_problem(walker->file->builder, walker->object, "schema", message, expected, at->start, end);
	graph_add(walker->file->builder, problem, FACT_SHAPE, slice_from(shape), at->start, end);
	graph_add(walker->file->builder, problem, FACT_PATH, slice_from(path_of(walker)), at->start, end);
	return problem;
}

/* ---- scalars --------------------------------------------------------------------------------------- */

bool schema_is_hidden(Slice text)
{
	return yaml_is_open(text) || slice_starts(text, "ENC[");
}

/* The digits behind 0x or 0o. What does not fit into 64 bits, such as the address of a wallet, stays a text. */
static bool is_prefixed_integer(Slice digits, guint base)
{
	char *end;
	if (!g_ascii_isxdigit(digits.at[0]))
		return false;
	errno = 0;
	g_ascii_strtoull(digits.at, &end, base);
	return errno == 0 && end == digits.at + digits.length;
}

static bool is_integer(Slice text)
{
	size_t i = text.length && (text.at[0] == '-' || text.at[0] == '+');
	if (i == text.length)
		return false;
	if (text.length - i > 2 && text.at[i] == '0' && (text.at[i + 1] == 'x' || text.at[i + 1] == 'o'))
		return is_prefixed_integer(slice_sub(text, i + 2, text.length), text.at[i + 1] == 'x' ? 16 : 8);
	for (; i < text.length; i++)
		if (!g_ascii_isdigit(text.at[i]))
			return false;
	return true;
}

static bool is_number(Slice text)
{
	char *end;
	if (text.length == 0 || g_ascii_isspace(text.at[0]) || text.length > 60)
		return false;
	if ((!g_ascii_isdigit(text.at[0]) && !strchr("+-.", text.at[0])) || slice_find_byte(text, 'x', 0) != SIZE_MAX)
		return false;
	g_ascii_strtod(text.at, &end);
	return end == text.at + text.length && end > text.at;
}

/* What a JSON reader would take the scalar for: the API server sees the manifest as JSON. YAML 1.1's other words for
 * true and false are texts to some readers and booleans to others, and are left alone. */
static char scalar_shape(const YamlNode *node)
{
	if (node->tag.length)
		return slice_ends(node->tag, ":str") ? 's' : slice_ends(node->tag, ":int") ? 'i' : '*';
	if (node->style != YAML_PLAIN)
		return 's';
	bool value;
	if (yaml_is_bool(node, &value))
		return 'b';
	if (is_integer(node->value))
		return 'i';
	if (!is_number(node->value))
		return 's';
	double number = g_ascii_strtod(node->value.at, NULL);
	return number > -1e15 && number < 1e15 && number == (double)(int64_t)number ? 'i' : 'n'; /* 1e6 is whole */
}

static bool is_yaml11_word(Slice text)
{
	static const char *const words[] = {"yes", "no", "on", "off", "y", "n"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_is_nocase(text, words[i]))
			return true;
	return false;
}

const char *schema_shape_word(char shape)
{
	switch (shape) {
	case 's':
		return "a text";
	case 'b':
		return "true or false";
	case 'i':
		return "a whole number";
	case 'n':
		return "a number";
	case 'q':
		return "a quantity";
	case 'p':
		return "a number or a text";
	case 'a':
		return "a list";
	default:
		return "a map";
	}
}

static bool scalar_fits(const YamlNode *node, char wanted)
{
	char got = scalar_shape(node);
	if (got == '*' || wanted == '*' || got == wanted)
		return true;
	if (wanted == 'n' || wanted == 'q')
		return got == 'i' || got == 'n' || (wanted == 'q' && got == 's');
	return wanted == 'p' && (got == 'i' || got == 's');
}

static bool is_odd(const YamlNode *node, char wanted)
{
	return node->style == YAML_PLAIN && (wanted == 's' || wanted == 'b') && is_yaml11_word(node->value);
}

bool schema_scalar_fits(const YamlNode *node, char wanted)
{
	return is_odd(node, wanted) || yaml_is_null(node) || schema_is_hidden(node->value) || scalar_fits(node, wanted);
}

static void check_scalar(Walker *walker, const YamlNode *node, char wanted)
{
	if ((!walker->literal && is_odd(node, wanted)) ||
	        scalar_fits(node, wanted)) /* what is null or hidden did not come here */
		return;
	const char *sign = node->style == YAML_PLAIN ? "" : "\"";
	add_problem(walker, "wrong-type", node, schema_shape_word(wanted), "%s is %s%.60s%s, but must be %s",
	        path_of(walker), sign, node->value.at, sign, schema_shape_word(wanted));
}

/* ---- types ------------------------------------------------------------------------------------------- */

static void check_value(Walker *walker, const YamlNode *node, const char *shape, uint16_t type);

static const SchemaField *find_field(uint16_t type, Slice name)
{
	uint16_t low = schema_types[type].first, high = schema_types[type].end;
	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);
		const SchemaField *field = &schema_fields[middle];
		int order = strncmp(field->name, name.at, name.length);
		if (order == 0)
			order = field->name[name.length] != '\0';
		if (order == 0)
			return field;
		if (order < 0)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return NULL;
}

static void report_unknown(Walker *walker, const YamlNode *map, const YamlNode *key, uint16_t type)
{
	NearSearch search = near_search(key->value, near_limit(key->value));
	for (uint16_t i = schema_types[type].first; i < schema_types[type].end; i++)
		if (!yaml_get_entry(map, schema_fields[i].name))
			near_offer(&search, slice_from(schema_fields[i].name));
	const char *near = near_result(&search) == SIZE_MAX ? NULL : search.best.at;
	Node problem = add_problem(walker, "unknown-field", key, near, "%s has no field '%s'",
	        walker->at ? path_of(walker) : "the object", key->value.at);
	if (problem && near)
		graph_add(walker->file->builder, problem, FACT_NEAR, slice_from(near), key->start, key->end);
}

/* No field of the object: SOPS takes its own key away again, and what is filled in later has no name yet. */
static bool is_foreign_key(const Walker *walker, Slice key)
{
	return !walker->literal &&
	       (schema_is_hidden(key) || slice_starts(key, "$") || (!walker->at && slice_is(key, "sops")));
}

static void check_below(Walker *walker, Step step, const YamlNode *node, const char *shape, uint16_t type)
{
	step.outer = walker->at;
	walker->at = &step;
	check_value(walker, node, shape, type);
	walker->at = step.outer;
}

static void check_map(Walker *walker, const YamlNode *map, uint16_t type)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);) {
		const YamlNode *key = pairs.key;
		const SchemaField *field = yaml_is_scalar(key) ? find_field(type, key->value) : NULL;
		if (field)
			check_below(walker, (Step){.name = field->name}, pairs.value, field->shape, field->type);
		else if (yaml_is_scalar(key) && !is_foreign_key(walker, key->value))
			report_unknown(walker, map, key, type);
	}
	for (uint16_t i = schema_types[type].first; i < schema_types[type].end; i++)
		if (schema_fields[i].required && !yaml_get(map, schema_fields[i].name))
			add_problem(walker, "missing-field", map, schema_fields[i].name, "%s lacks the field '%s'",
			        walker->at ? path_of(walker) : "the object", schema_fields[i].name);
}

static void check_list(Walker *walker, const YamlNode *list, const char *shape, uint16_t type)
{
	uint32_t number = 0;
	YAML_EACH_ITEM (list, item)
		check_below(walker, (Step){.number = number++}, item, shape, type);
}

static void check_value(Walker *walker, const YamlNode *node, const char *shape, uint16_t type)
{
	if (walker->left == 0 || shape[0] == '*' || yaml_is_null(node))
		return;
	if (yaml_is_scalar(node) && !walker->literal && schema_is_hidden(node->value))
		return;
	bool list = shape[0] == 'a', map = shape[0] == 'm' || shape[0] == 'r';
	YamlKind wanted = list ? YAML_SEQUENCE : map ? YAML_MAP : YAML_SCALAR;
	if (node->kind != wanted) {
		add_problem(walker, "wrong-type", node, schema_shape_word(shape[0]), "%s must be %s", path_of(walker),
		        schema_shape_word(shape[0]));
		return;
	}
	if (list) {
		check_list(walker, node, shape + 1, type);
	} else if (shape[0] == 'r') {
		check_map(walker, node, type);
	} else if (shape[0] == 'm') {
		for (YamlPairs pairs = yaml_pairs(node); yaml_next_pair(&pairs);)
			check_below(walker, (Step){.name = yaml_text(pairs.key).at}, pairs.value, shape + 1, type);
	} else {
		check_scalar(walker, node, shape[0]);
	}
}

/* ---- objects ------------------------------------------------------------------------------------------- */

/* The row of a kind in that apiVersion; for NULL the last one, which is of the stable version where there is one. */
static const SchemaKind *find_kind(const char *kind, const char *api_version)
{
	size_t low = 0, high = schema_kind_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(schema_kinds[middle].kind, kind) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const SchemaKind *found = NULL;
	for (; low < schema_kind_count && strcmp(schema_kinds[low].kind, kind) == 0; low++)
		if (!api_version || strcmp(schema_kinds[low].api_version, api_version) == 0)
			found = &schema_kinds[low];
	return found;
}

/* apiVersions that other kinds of this cluster have: a kind missing in one of them is a mistake; any other apiVersion
 * belongs to somebody else, or to another release (see the rule api-removed). */
static bool is_known_version(const char *api_version)
{
	for (size_t i = 0; i < schema_kind_count; i++)
		if (strcmp(schema_kinds[i].api_version, api_version) == 0)
			return true;
	return false;
}

void check_schema(const SourceFile *file, const YamlNode *root, Node object, bool made)
{
	const YamlNode *kind = yaml_get(root, "kind"), *version = yaml_get(root, "apiVersion");
	Walker walker = {.file = file, .object = object, .left = 20, .made = made};
	if (!yaml_is_scalar(kind) || !yaml_is_scalar(version) || slice_is(kind->value, "CustomResourceDefinition"))
		return;
	const SchemaKind *found = find_kind(kind->value.at, version->value.at);
	if (found) {
		check_map(&walker, root, found->type);
		return;
	}
	const SchemaKind *elsewhere = find_kind(kind->value.at, NULL);
	if (elsewhere && is_known_version(version->value.at))
		add_problem(&walker, "api-version", version, elsewhere->api_version,
		        "there is no %s in %s; it is in %s", kind->value.at, version->value.at, elsewhere->api_version);
}

bool schema_allows(Slice json)
{
	g_autoptr(Arena) arena = arena_new();
	const YamlNode *root = yaml_read_json(json, 0, arena);
	Slice kind = yaml_text_of(root, "kind"), version = yaml_text_of(root, "apiVersion");
	const SchemaKind *found = kind.length && version.length ? find_kind(kind.at, version.at) : NULL;
	if (!found || slice_is(kind, "CustomResourceDefinition"))
		return false;
	g_autoptr(GraphBuilder) builder = graph_builder_new();
	SourceFile file = {.builder = builder, .bytes = json, .arena = arena};
	file.node = graph_begin_file(builder, SLICE("object"), json);
	Walker walker = {.file = &file, .object = file.node, .left = 1, .literal = true};
	check_map(&walker, root, found->type);
	return walker.left == 1;
}
