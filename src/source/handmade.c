/* Objects that no manifest holds: `kubectl create secret` in a script or document, a manifest inside a script, a
 * template or Terraform, and namespaces that helm is told to fill. What they make is not missing. Read as lines of
 * text, since the files are in many languages, and only where a file has the words at all. */
#include "source/source.h"

typedef struct Reader {
	const SourceFile *file;
	const char *kind; /* what was begun on a line shortly before, and waits for its name */
	uint32_t patience;
	bool release; /* the same for a chart and its namespace */
} Reader;

static const struct {
	const char *word, *kind;
} kinds[] = {
        {"secret", "Secret"},
        {"secrets", "Secret"},
        {"configmap", "ConfigMap"},
        {"cm", "ConfigMap"},
        {"namespace", "Namespace"},
        {"ns", "Namespace"},
        {"serviceaccount", "ServiceAccount"},
        {"sa", "ServiceAccount"},
        {"kustomization", "Kustomization"},
        {"ks", "Kustomization"},
        {"helmrelease", "HelmRelease"},
        {"hr", "HelmRelease"},
        {"kubernetes_secret", "Secret"},
        {"kubernetes_secret_v1", "Secret"},
        {"kubernetes_config_map", "ConfigMap"},
        {"kubernetes_config_map_v1", "ConfigMap"},
        {"kubernetes_namespace", "Namespace"},
        {"kubernetes_namespace_v1", "Namespace"},
        {"kubernetes_service_account", "ServiceAccount"},
};

static const char *find_kind(Slice word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (slice_is(word, kinds[i].word))
			return kinds[i].kind;
	return NULL;
}

/* Quotes, commas and the ends of shell substitutions around a word. */
static Slice strip(Slice word)
{
	while (word.length && strchr("\"'`,;()[]", word.at[0]))
		word = slice_sub(word, 1, word.length);
	while (word.length && strchr("\"'`,;()[]\\", word.at[word.length - 1]))
		word.length--;
	return word;
}

static bool is_name(Slice word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!g_ascii_islower(word.at[i]) && !g_ascii_isdigit(word.at[i]) && word.at[i] != '-' &&
		        word.at[i] != '.')
			return false;
	return word.length > 0 && word.length <= 253;
}

static void add_text(const SourceFile *file, FactKind fact, const char *text, Slice place)
{
	size_t start = (size_t)(place.at - file->bytes.at);
	graph_add(file->builder, file->node, fact, slice_from(text), start, start + place.length);
}

/* In a document a variable is a place for the reader's own word. */
static bool is_variable(const SourceFile *file, Slice name)
{
	return (slice_find_byte(name, '$', 0) != SIZE_MAX || slice_find(name, "{{", 0) != SIZE_MAX) &&
	       !slice_ends(file->name, ".md");
}

static bool has_keys(const char *kind)
{
	return strcmp(kind, "Secret") == 0 || strcmp(kind, "ConfigMap") == 0;
}

static void add_key(const SourceFile *file, const char *kind, Slice name, const char *key, Slice place)
{
	add_text(file, FACT_CREATES_KEY, arena_printf(file->arena, "%s/%.*s/%s", kind, SLICE_ARGS(name), key), place);
}

/* False where it has no name that can be read. */
static bool add_created(const SourceFile *file, const char *kind, Slice word)
{
	Slice name = strip(word);
	bool variable = is_variable(file, name);
	if (variable || is_name(name))
		add_text(file, FACT_CREATES,
		        arena_printf(file->arena, "%s/%.*s", kind, SLICE_ARGS(variable ? SLICE("*") : name)), name);
	return !variable && is_name(name);
}

/* The same of a manifest whose keys are not read. */
static void add_manifest(const SourceFile *file, const char *kind, Slice word)
{
	if (add_created(file, kind, word) && has_keys(kind))
		add_key(file, kind, strip(word), "*", strip(word));
}

static void add_filled(const SourceFile *file, Slice word)
{
	Slice name = strip(word);
	if (name.length)
		add_text(file, FACT_FILLS_NAMESPACE, is_name(name) ? arena_text(file->arena, name) : "*", name);
}

/* ---- commands -------------------------------------------------------------------------------------- */

/* The next word that is no option; options that take a value are skipped with it. */
static bool next_argument(Slice *rest, Slice *ret_word)
{
	Slice word;
	while (slice_next_word(rest, &word)) {
		if (word.at[0] != '-') {
			*ret_word = word;
			return true;
		}
		if (slice_is(word, "-n") || slice_is(word, "--namespace") || slice_is(word, "--context"))
			slice_next_word(rest, &word);
	}
	return false;
}

/* What `flux create source` makes. */
static const char *source_kind(Slice type)
{
	return slice_is(type, "helm")     ? "HelmRepository"
	       : slice_is(type, "git")    ? "GitRepository"
	       : slice_is(type, "oci")    ? "OCIRepository"
	       : slice_is(type, "bucket") ? "Bucket"
	                                  : NULL;
}

/* The key that --from-literal=KEY=VALUE or --from-file=[KEY=]PATH makes; NULL where it cannot be told. */
static const char *option_key(const SourceFile *file, Slice value, bool is_file)
{
	Slice text = strip(value);
	size_t equals = slice_find_byte(text, '=', 0);
	Slice key = equals != SIZE_MAX ? slice_sub(text, 0, equals) : text;
	if (equals == SIZE_MAX) {
		size_t slash = key.length;
		while (slash > 0 && key.at[slash - 1] != '/')
			slash--;
		key = slice_sub(key, slash, key.length);
	}
	bool open = key.length == 0 || strpbrk(arena_text(file->arena, key), "$<>{}*(") != NULL;
	return open || (equals == SIZE_MAX && !is_file) ? NULL : arena_text(file->arena, key);
}

/* The keys of `create secret generic` and `create configmap`. A word that is no option may bring more. */
static void read_keys(const SourceFile *file, const char *kind, Slice name, Slice rest)
{
	static const char *const options[] = {"--from-literal", "--from-file"};
	Slice word;
	while (slice_next_word(&rest, &word)) {
		if (strchr("|;&>#\\`", word.at[0]) && word.at[0] != '\\')
			return;
		size_t equals = slice_find_byte(word, '=', 0);
		Slice option = slice_sub(strip(word), 0, MIN(equals, word.length));
		int which = slice_is(option, options[0]) ? 0 : slice_is(option, options[1]) ? 1 : -1;
		if (which < 0 && word.at[0] == '-' && !slice_starts(word, "--from-"))
			continue;
		Slice value = equals == SIZE_MAX ? (Slice){"", 0} : slice_sub(word, equals + 1, word.length);
		if (which >= 0 && equals == SIZE_MAX && !slice_next_word(&rest, &value))
			return;
		const char *key = which < 0 ? NULL : option_key(file, value, which == 1);
		if (key)
			add_key(file, kind, name, key, strip(value));
		else if (which >= 0 || slice_starts(word, "--from-") || strpbrk(arena_text(file->arena, word), "$(@"))
			add_key(file, kind, name, "*", strip(word));
	}
}

/* kubectl … create KIND [TYPE] NAME; flux create source TYPE NAME */
static void read_create(const SourceFile *file, Slice rest)
{
	Slice word, name;
	if (!next_argument(&rest, &word))
		return;
	bool source = slice_is(word, "source");
	const char *kind = source && next_argument(&rest, &word) ? source_kind(word) : find_kind(strip(word));
	if (!kind || !next_argument(&rest, &name))
		return;
	Slice type = name;
	if (strcmp(kind, "Secret") == 0 && !next_argument(&rest, &name))
		return;
	if (!add_created(file, kind, name) || !has_keys(kind))
		return;
	if (strcmp(kind, "ConfigMap") == 0 || slice_is(type, "generic"))
		read_keys(file, kind, strip(name), rest);
	else
		add_key(file, kind, strip(name), "*", strip(name));
}

/* helm install NAME CHART -n NAMESPACE; without the option it is the namespace of the moment, by default `default`. */
static void read_helm(const SourceFile *file, Slice rest)
{
	Slice command = rest;
	Slice word, value = SLICE("default");
	bool named = false, create = false, install = false;
	while (slice_next_word(&rest, &word)) {
		size_t equals = slice_find_byte(word, '=', 0);
		install = install || slice_is(word, "install") || slice_is(word, "upgrade");
		create = create || slice_is(word, "--create-namespace");
		if (slice_is(word, "-n") || slice_is(word, "--namespace"))
			named = slice_next_word(&rest, &value);
		else if (slice_starts(word, "--namespace="))
			value = slice_sub(word, equals + 1, word.length), named = true;
	}
	if (!install)
		return;
	if (named)
		add_filled(file, value);
	else
		add_text(file, FACT_FILLS_NAMESPACE, "default", slice_sub(command, 0, 0));
	if (named && create)
		add_created(file, "Namespace", value);
}

static bool is_remote_manifest(Slice word)
{
	return (slice_starts(word, "http://") || slice_starts(word, "https://") || slice_starts(word, "github.com/")) &&
	       slice_find(word, "crd", 0) == SIZE_MAX && slice_find(word, "gateway-api", 0) == SIZE_MAX;
}

/* kubectl apply -n NAMESPACE -f URL: what stands behind the URL is in the namespace. One without -n says its namespace
 * itself, which nobody here can read. */
static void read_apply(const SourceFile *file, Slice rest)
{
	Slice word, namespace = {NULL, 0};
	bool remote = false;
	while (slice_next_word(&rest, &word)) {
		if (slice_is(word, "-n") || slice_is(word, "--namespace"))
			slice_next_word(&rest, &namespace);
		else if (slice_starts(word, "--namespace="))
		namespace = slice_sub(word, strlen("--namespace="), word.length);
		else remote = remote || is_remote_manifest(strip(word));
	}
	if (remote && namespace.length)
		add_filled(file, namespace);
}

/* From a place to the end of its line, lines that are continued with a backslash included. */
static Slice rest_of_command(Slice bytes, size_t from)
{
	size_t end = from;
	while ((end = slice_find_byte(bytes, '\n', end)) != SIZE_MAX && end > from && bytes.at[end - 1] == '\\')
		end++;
	return slice_sub(bytes, from, end == SIZE_MAX ? bytes.length : end);
}

static void each_command(const SourceFile *file, const char *word, void (*read)(const SourceFile *, Slice))
{
	size_t length = strlen(word);
	for (size_t at = 0; (at = slice_find(file->bytes, word, at)) != SIZE_MAX; at += length)
		if (at == 0 || strchr(" \t\n`\"'(;|&", file->bytes.at[at - 1]))
			read(file, rest_of_command(file->bytes, at + length));
}

/* `"${KUBECTL_CREATE}" configmap NAME`: a command that a variable is called after. */
static void each_variable_command(const SourceFile *file, void (*read)(const SourceFile *, Slice))
{
	static const char *const ends[] = {"create}", "CREATE}"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		for (size_t at = 0; (at = slice_find(file->bytes, ends[i], at)) != SIZE_MAX; at++) {
			size_t after = at + strlen(ends[i]);
			after += after < file->bytes.length && file->bytes.at[after] == '"';
			read(file, rest_of_command(file->bytes, after));
		}
}

/* ---- manifests and Terraform within other text ------------------------------------------------------ */

/* A name is looked for on this many lines after the kind. */
#define PATIENCE 8

static void expect_name(Reader *reader, const char *kind)
{
	reader->kind = kind;
	reader->patience = PATIENCE;
}

static bool take(Slice line, const char *key, Slice *ret_value)
{
	if (!slice_starts(line, key))
		return false;
	*ret_value = strip(slice_trim(slice_sub(line, strlen(key), line.length)));
	return true;
}

static const char *manifest_kind(Slice value)
{
	static const char *const made[] = {"Secret", "ConfigMap", "Namespace", "ServiceAccount", "Service",
	        "PersistentVolumeClaim", "SealedSecret", "ExternalSecret", "Middleware", "ClusterIssuer", "Issuer",
	        "ClusterSecretStore", "SecretStore"};
	for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
		if (slice_is(value, made[i]))
			return g_str_has_suffix(made[i], "Secret") ? "Secret" : made[i];
	return NULL;
}

/* resource "kubernetes_secret" "x" { metadata { name = "y" } } */
static const char *terraform_kind(Slice line)
{
	Slice word;
	if (!slice_next_word(&line, &word) || !slice_is(word, "resource") || !slice_next_word(&line, &word))
		return NULL;
	return find_kind(strip(word));
}

/* A name in Jsonnet that is no text in quotes, or that something is put into: 'data-%s' % region, prefix + '-tls'. */
static bool is_expression(const SourceFile *file, Slice line)
{
	if (!slice_ends(file->name, ".jsonnet") && !slice_ends(file->name, ".libsonnet"))
		return false;
	Slice value = slice_trim(slice_sub(line, strlen("name:"), line.length));
	if (slice_ends(value, ","))
		value = slice_trim(slice_sub(value, 0, value.length - 1));
	if (value.length < 2 || !strchr("\"'", value.at[0]))
		return true;
	return slice_find_byte(value, value.at[0], 1) != value.length - 1;
}

static bool take_assigned(Slice line, const char *key, Slice *ret_value)
{
	Slice rest = line, word;
	if (!slice_next_word(&rest, &word) || !slice_is(word, key) || !slice_next_word(&rest, &word) ||
	        !slice_is(word, "="))
		return false;
	*ret_value = strip(slice_trim(rest));
	return true;
}

/* `metadata { name = "y" }` on one line: what stands in the braces. */
static Slice without_block(Slice line)
{
	size_t open = slice_starts(line, "metadata ") ? slice_find_byte(line, '{', 0) : SIZE_MAX;
	size_t close = open == SIZE_MAX ? SIZE_MAX : slice_find_byte(line, '}', open);
	return close == SIZE_MAX ? line : slice_trim(slice_sub(line, open + 1, close));
}

static void read_line(Reader *reader, Slice line)
{
	Slice value;
	line = without_block(line);
	if (take(line, "kind:", &value)) {
		expect_name(reader, manifest_kind(value));
	} else if (slice_starts(line, "resource ")) {
		expect_name(reader, terraform_kind(line));
		reader->release = slice_find(line, "helm_release", 0) != SIZE_MAX;
	} else if (reader->kind && (take(line, "name:", &value) || take_assigned(line, "name", &value))) {
		if (is_expression(reader->file, line))
			add_text(reader->file, FACT_CREATES, arena_printf(reader->file->arena, "%s/*", reader->kind),
			        value);
		else
			add_manifest(reader->file, reader->kind, value);
		reader->kind = NULL;
	} else if (take(line, "release_namespace:", &value) ||
	           (reader->release && take_assigned(line, "namespace", &value))) {
		add_filled(reader->file, value);
		reader->release = false;
	}
	if (reader->patience && --reader->patience == 0)
		reader->kind = NULL;
}

void read_manifest_lines(const SourceFile *file, Slice part)
{
	static const char *const words[] = {"kind:", "\"kubernetes_", "\"helm_release\"", "release_namespace:"};
	Reader reader = {.file = file};
	Slice line;
	bool any = false;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		any = any || slice_find(part, words[i], 0) != SIZE_MAX;
	while (any && slice_next_line(&part, &line))
		read_line(&reader, slice_trim(line));
}

static void read_helmfile(const SourceFile *file)
{
	Slice rest = file->bytes, line, value;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (slice_starts(text, "- "))
			text = slice_trim(slice_sub(text, 2, text.length));
		if (take(text, "namespace:", &value))
			add_filled(file, value);
	}
}

/* ---- files ------------------------------------------------------------------------------------------- */

/* Documents of Kubernetes are read as such; what of them is broken or a template is handed on from there. */
static bool has_documents(const SourceFile *file)
{
	return (slice_ends(file->name, ".yaml") || slice_ends(file->name, ".yml")) &&
	       (slice_starts(file->bytes, "apiVersion:") || slice_find(file->bytes, "\napiVersion:", 0) != SIZE_MAX);
}

static bool matches(const SourceFile *file)
{
	return file->bytes.length > 0;
}

static void read_handmade(const SourceFile *file)
{
	each_command(file, "create ", read_create);
	each_variable_command(file, read_create);
	each_command(file, "helm ", read_helm);
	each_command(file, "apply ", read_apply);
	if (slice_find(file->name, "helmfile", 0) != SIZE_MAX || slice_find(file->path, "helmfile.d/", 0) != SIZE_MAX)
		read_helmfile(file);
	if (!has_documents(file))
		read_manifest_lines(file, file->bytes);
}

const Source source_handmade = {"handmade", matches, read_handmade};
