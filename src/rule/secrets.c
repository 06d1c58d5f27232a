/* Credentials in Git. The value itself is never printed, not even in part. */
#include "base/credential.h"
#include "base/path.h"
#include "rule/developing.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- secret-in-repo --------------------------------------------------------------------------------------------- */

/* The controller of sealed secrets keeps its keys in Secrets with this label. */
static bool is_sealing_key(const Graph *graph, Node object)
{
	GRAPH_OF (graph, object, FACT_LABEL, row)
		if (g_str_has_prefix(
		            graph_symbol_text(graph, row->object), "sealedsecrets.bitnami.com/sealed-secrets-key="))
			return true;
	return false;
}

/* "namespace/name of the Secret" and the value as it is written: copies of one Secret share them. The key dies with the
 * table and is never shown. */
static char *copy_key(const Graph *graph, Node object, Node secret)
{
	return g_strdup_printf("%s/%s %.*s", graph_text(graph, object, FACT_NAMESPACE), graph_name(graph, object),
	        SLICE_ARGS(graph_span_bytes(graph, graph_place(graph, secret))));
}

/* A cluster on the desk of whoever writes the manifests: kind, k3d, minikube. Its secrets open nothing. */
static Slice folder_of_local_cluster(const Graph *graph, Node node)
{
	static const char *const names[] = {"local", "local-cluster", "local-clusters", "localhost", "local-dev",
	        "kind", "k3d", "minikube", "vagrant", NULL};
	Slice folder = graph_folder_of(graph, node);
	for (; folder.length; folder = path_folder(folder))
		if (slice_is_any_nocase(path_name(folder), names))
			return folder;
	return (Slice){"", 0};
}

/* One Secret is one decision, however many keys and copies it has; and all of a local cluster are one. */
static void check_secret_value(Checker *checker, Node object, Node secret, GHashTable *objects, GHashTable *copies)
{
	const Graph *graph = checker_graph(checker);
	const char *key = graph_text(graph, secret, FACT_NEARBY_NAME);
	Slice local = folder_of_local_cluster(graph, secret);
	g_autofree char *copy =
	        local.length ? g_strdup_printf("local %.*s", SLICE_ARGS(local)) : copy_key(graph, object, secret);
	Finding *finding = g_hash_table_lookup(objects, GUINT_TO_POINTER(object));
	if (!finding && local.length && (finding = g_hash_table_lookup(copies, copy))) {
		add_evidence(checker, finding, graph_place(graph, secret), "and Secret %s its key '%s'",
		        graph_name(graph, object), key);
	} else if (finding) {
		add_evidence(checker, finding, graph_place(graph, secret), "and its key '%s'", key);
	} else if ((finding = g_hash_table_lookup(copies, copy))) {
		add_evidence(checker, finding, graph_place(graph, secret), "the same here, a copy of it");
	} else {
		finding = report_at(checker, local.length ? LEVEL_WARNING : LEVEL_ERROR, secret,
		        graph_place(graph, secret), "Secret %s holds its key '%s' in clear", graph_name(graph, object),
		        key);
		set_detail(checker, finding, "%s %s", graph_name(graph, secret), key);
	}
	g_hash_table_insert(objects, GUINT_TO_POINTER(object), finding);
	g_hash_table_insert(copies, g_steal_pointer(&copy), finding);
}

/* A part of the path between slashes, dots and dashes is one of the words; NULL ends them. */
static bool has_word_of(Slice path, const char *const *words)
{
	Slice word;
	while (path_next_word(&path, &word))
		if (slice_is_any_nocase(word, words))
			return true;
	return false;
}

/* What stands in a sample for a value may look like one; a token of a known form is told all the same. */
static bool is_sample(const Graph *graph, Node object)
{
	static const char *const words[] = {"example", "sample", NULL};
	Symbol example;
	if (has_word_of(path_name(slice_from(graph_file_path(graph, graph_file_of(graph, object)))), words))
		return true;
	return graph_find_symbol(graph, SLICE("example"), &example) &&
	       graph_says(graph, graph_ancestor(graph, object, NODE_FILE), FACT_CLASS, example);
}

/* A test that speaks TLS needs a key, and nothing else trusts it. A token of somebody's is what it is anywhere. */
static bool is_key_of_test(const Graph *graph, Node secret)
{
	Node file = graph_file_node(graph, graph_file_of(graph, secret));
	return strcmp(graph_name(graph, secret), "private key") == 0 &&
	       strcmp(graph_text(graph, file, FACT_CLASS), "test") == 0;
}

static void report_key_of_test(Checker *checker, Node secret)
{
	Finding *finding = report_at(checker, LEVEL_WARNING, secret, graph_place(checker_graph(checker), secret),
	        "this looks like a private key, and it is in Git");
	set_detail(checker, finding, "private key ");
}

/* Of a machine that is made to try things on, and thrown away: whoever has its key has nothing. */
static bool is_for_trial(Slice path)
{
	static const char *const words[] = {"vagrant", "molecule", NULL};
	return has_word_of(path, words);
}

#define HALF_DISTANCE 2000u

/* The first half of a key of AWS names it in logs and as the user of its mail server; only the second half, 40
 * characters that stand near it if at all, is secret. */
static bool is_half(const Graph *graph, Node secret)
{
	Span place = graph_place(graph, secret);
	Slice bytes = graph_file_bytes(graph, place.file);
	if (strcmp(graph_name(graph, secret), "AWS access key") != 0)
		return false;
	size_t start = place.start > HALF_DISTANCE ? place.start - HALF_DISTANCE : 0, run = 0;
	for (size_t i = start; i < MIN(bytes.length, (size_t)place.end + HALF_DISTANCE); i++) {
		bool part = g_ascii_isalnum(bytes.at[i]) || bytes.at[i] == '/' || bytes.at[i] == '+';
		if (!part && run == 40)
			return false;
		run = part ? run + 1 : 0;
	}
	return run != 40;
}

/* grafana-template.ini. A folder of templates is a chart's, and what stands there is used. */
static bool is_template(Slice path)
{
	static const char *const words[] = {"template", "tmpl", "tpl", NULL};
	return has_word_of(path_name(path), words);
}

static bool is_document(const char *path)
{
	return g_str_has_suffix(path, ".md") || g_str_has_suffix(path, ".rst") || g_str_has_suffix(path, ".txt");
}

/* In a comment: a default, a sample or what once was. */
static bool is_commented(const Graph *graph, Span place)
{
	static const char *const marks[] = {"#", ";", "//", "*", "<!--"};
	Slice line = slice_trim(graph_line_at(graph, place));
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_starts(line, marks[i]))
			return true;
	return false;
}

#define LINES_OF_MANUAL 100

/* In a comment of a file that is nearly all comments: the configuration that a program comes with, which says of each
 * setting what it may be. */
static bool is_of_manual(const Graph *graph, Node secret)
{
	Span place = graph_place(graph, secret);
	Slice rest = graph_file_bytes(graph, place.file), line;
	size_t comments = 0, lines = 0;
	if (!is_commented(graph, place))
		return false;
	while (slice_next_line(&rest, &line)) {
		line = slice_trim(line);
		lines += line.length > 0;
		comments += slice_starts(line, "#") || slice_starts(line, ";") || slice_starts(line, "//");
	}
	return lines >= LINES_OF_MANUAL && comments >= lines / 4 * 3;
}

/* q7w3zx.5m1v8k2c9r4t6b0n: with what kubeadm is told, a node joins a cluster within a day, and never after. Talos has
 * tokens that look alike and last. */
static bool is_of_a_day(Slice file, Slice value)
{
	static const char *const bytes = "0123456789abcdefghijklmnopqrstuvwxyz";
	g_autofree char *text = slice_dup(value);
	return value.length == 23 && text[6] == '.' && strspn(text, bytes) == 6 && strspn(text + 7, bytes) == 16 &&
	       slice_find(file, "kubeadm.k8s.io", 0) != SIZE_MAX;
}

/* Others are to try the program out there. */
static bool is_for_show(Slice path)
{
	static const char *const words[] = {"demo", "demos", NULL};
	return has_word_of(path, words);
}

static bool is_named_only(const Graph *graph, Node secret)
{
	return g_str_has_prefix(graph_name(graph, secret), "value of ");
}

/* Told by its name alone, and where values stand that nobody uses: a document shows how one looks, a template is to be
 * filled in, a comment says what was. A form of its issuer's nobody would take the trouble to make up. */
static bool is_shown(const Graph *graph, Node secret)
{
	const char *path = graph_file_path(graph, graph_file_of(graph, secret));
	Span place = graph_place(graph, secret);
	return is_named_only(graph, secret) &&
	       (is_document(path) || is_template(slice_from(path)) || is_for_show(slice_from(path)) ||
	               strcmp(graph_text(graph, graph_file_node(graph, place.file), FACT_CLASS), "test") == 0 ||
	               is_commented(graph, place) ||
	               is_of_a_day(graph_file_bytes(graph, place.file), graph_span_bytes(graph, place)));
}

/* A line that is a comment and nothing else. */
static bool is_comment_line(Slice line)
{
	Slice text = slice_trim(line);
	return slice_starts(text, "#") || slice_starts(text, "//");
}

#define MOST_COMMENT_LINES 8

/* `key: value`, `export KEY="value"`: the value, without its quotes. */
static Slice value_of_line(Slice line)
{
	size_t at = 0;
	while (at < line.length && line.at[at] != '=' && line.at[at] != ':')
		at++;
	Slice value = slice_trim(slice_sub(line, MIN(at + 1, line.length), line.length));
	while (value.length && strchr("\"'", value.at[0]))
		value = slice_sub(value, 1, value.length);
	while (value.length && strchr("\"'", value.at[value.length - 1]))
		value.length--;
	return value;
}

/* "# e.g. 1a8d68" above TOKEN="1a8d68": what the comment shows is what stands there still. */
static bool repeats_example(const char *comment, Slice line)
{
	g_autofree char *value = slice_dup(value_of_line(line));
	return *value && strstr(comment, value) != NULL;
}

/* Behind the value or right above it, its owner says that it is nobody's: "not a real credential"; or that the comment
 * shows an example, and the line is in a comment or repeats it. */
static bool is_called_nobodys(const Graph *graph, Span place)
{
	static const char *const words[] = {"not real", "not a real", "no real", "safe to commit", "dummy",
	        "well-known", "well known", "publicly known", NULL};
	static const char *const heads[] = {"example:", "examples:", "for example", "e.g.", NULL};
	Slice bytes = graph_file_bytes(graph, place.file), line = graph_line_at(graph, place);
	bool commented = is_comment_line(line);
	size_t start = (size_t)(line.at - bytes.at), mark = slice_find_byte(line, '#', 0);
	g_autoptr(GString) said = g_string_new(NULL);
	if (!commented && mark != SIZE_MAX && line.at + mark > bytes.at + place.end)
		g_string_append_len(said, line.at + mark, (gssize)(line.length - mark));
	for (int i = 0; start > 0 && i < MOST_COMMENT_LINES; i++) {
		size_t end = start - 1;
		for (start = end; start > 0 && bytes.at[start - 1] != '\n';)
			start--;
		if (!is_comment_line(slice_sub(bytes, start, end)))
			break;
		g_string_append_len(said, bytes.at + start, (gssize)(end + 1 - start));
	}
	g_autofree char *lower = g_ascii_strdown(said->str, (gssize)said->len);
	return text_has_part(lower, words) ||
	       (text_has_part(lower, heads) && (commented || repeats_example(said->str, line)));
}

/* What lies out to be stolen, and tells on the thief. */
static bool is_bait(const Graph *graph, Node secret)
{
	static const char *const words[] = {"honeypot", "honeypots", "honeytoken", "honeytokens", "decoy", "decoys",
	        "canarytoken", "canarytokens", NULL};
	return has_word_of(slice_from(graph_file_path(graph, graph_file_of(graph, secret))), words);
}

#define LINES_AROUND 5

/* Around it, a document speaks of cloud.example.com: neither host nor secret is anybody's. */
static bool is_of_example(const Graph *graph, Node secret)
{
	static const char *const hosts[] = {
	        "example.com", "example.org", "example.net", "example@", ".example.", "domain.com", "domain.tld", NULL};
	Span place = graph_place(graph, secret);
	Slice bytes = graph_file_bytes(graph, place.file);
	size_t start = place.start, end = place.end;
	if (!is_named_only(graph, secret) || !is_document(graph_file_path(graph, place.file)))
		return false;
	for (int lines = 0; start > 0 && lines <= LINES_AROUND; start--)
		lines += bytes.at[start - 1] == '\n';
	for (int lines = 0; end < bytes.length && lines <= LINES_AROUND; end++)
		lines += bytes.at[end] == '\n';
	g_autofree char *lower = g_ascii_strdown(bytes.at + start, (gssize)(end - start));
	return text_has_part(lower, hosts);
}

/* Collections of Ansible and packages that were copied in, and the tests that came with them: public as they are. */
static bool is_of_others(const Graph *graph, Node secret)
{
	static const char *const names[] = {
	        "ansible_collections", "node_modules", "site-packages", "third_party", NULL};
	Slice folder = graph_folder_of(graph, secret);
	for (; folder.length; folder = path_folder(folder))
		if (slice_is_any_nocase(path_name(folder), names))
			return true;
	return false;
}

static bool is_private_key(const Graph *graph, Node secret)
{
	return strcmp(graph_name(graph, secret), "private key") == 0;
}

/* A dump of a coordinator has the key of each lamp, a script the password of each database: one file is one decision.
 * Free with g_free. */
static char *value_key(const Graph *graph, Node secret, Level level)
{
	return g_strdup_printf("%d %u %s", level, graph_file_of(graph, secret), graph_name(graph, secret));
}

/* What a machine's file was rendered from has the same values again. Dies with the table, like copy_key. */
static char *literal_copy_key(const Graph *graph, Node secret, Level level)
{
	return g_strdup_printf("%d =%.*s", level, SLICE_ARGS(graph_span_bytes(graph, graph_place(graph, secret))));
}

/* Of a collection of compose projects, what stands there is each maker's sample. */
static void check_literal(Checker *checker, Node secret, bool collection, GHashTable *values)
{
	const Graph *graph = checker_graph(checker);
	const char *form = graph_name(graph, secret);
	bool trial = is_for_trial(slice_from(graph_file_path(graph, graph_file_of(graph, secret))));
	bool half = is_half(graph, secret);
	bool shown = is_shown(graph, secret) || (is_named_only(graph, secret) && collection);
	bool local = is_named_only(graph, secret) && folder_of_local_cluster(graph, secret).length;
	Level level = trial || half || shown || local ? LEVEL_WARNING : LEVEL_ERROR;
	bool named = is_named_only(graph, secret);
	g_autofree char *key = named || is_private_key(graph, secret) ? value_key(graph, secret, level) : NULL;
	g_autofree char *copy = named ? literal_copy_key(graph, secret, level) : NULL;
	Finding *finding = key ? g_hash_table_lookup(values, key) : NULL;
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, secret), "and another %s", form);
		return;
	}
	if (copy && (finding = g_hash_table_lookup(values, copy))) {
		add_evidence(checker, finding, graph_place(graph, secret), "the same here, a copy of it");
		return;
	}
	finding = report_at(checker, level, secret, graph_place(graph, secret),
	        half ? "this is the name of %s %s; its secret half does not stand beside it"
	             : "this looks like %s %s, and it is in Git",
	        strchr("AEIO", form[0]) ? "an" : "a", form);
	set_detail(checker, finding, "%s ", form);
	if (key)
		g_hash_table_insert(values, g_steal_pointer(&key), finding);
	if (copy)
		g_hash_table_insert(values, g_steal_pointer(&copy), finding);
}

static void check_secret_in_repo(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) objects = g_hash_table_new(NULL, NULL),
	                      copies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	                      values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool collection = is_compose_collection(graph);
	GRAPH_NODES (graph, NODE_SECRET, secret) {
		Node object = graph_ancestor(graph, secret, NODE_OBJECT);
		const char *form = graph_name(graph, secret);
		if (strcmp(form, "default password") == 0 || (object && is_sealing_key(graph, object)))
			continue;
		if (!object && is_key_of_test(graph, secret)) {
			report_key_of_test(checker, secret);
			continue;
		}
		if (object ? is_sample(graph, object)
		           : is_of_example(graph, secret) ||
		                        (is_named_only(graph, secret) && is_of_manual(graph, secret)))
			continue;
		if (is_bait(graph, secret) ||
		        (is_of_others(graph, secret) &&
		                (is_named_only(graph, secret) || is_private_key(graph, secret))) ||
		        ((object || is_named_only(graph, secret)) &&
		                is_called_nobodys(graph, graph_place(graph, secret))))
			continue;
		if (object) {
			check_secret_value(checker, object, secret, objects, copies);
			continue;
		}
		check_literal(checker, secret, collection, values);
	}
}

/* ---- sealing-key-in-repo ---------------------------------------------------------------------------------------- */

static void check_sealing_key_in_repo(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_SECRET, secret) {
		Node object = graph_ancestor(graph, secret, NODE_OBJECT);
		if (!object || !is_sealing_key(graph, object))
			continue;
		Finding *finding = report(checker, secret, graph_place(graph, secret),
		        "Secret %s is the private key that opens every SealedSecret of its cluster, and it is in Git",
		        graph_name(graph, object));
		set_detail(checker, finding, "%s", graph_text(graph, secret, FACT_NEARBY_NAME));
	}
}

/* ---- env-file-tracked -------------------------------------------------------------------------------------------- */

/* A file that SOPS keeps: its names can be read, and what it left in clear was left so on purpose. */
static bool is_sealed(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_ENV, env)
		if (g_str_has_prefix(graph_name(graph, env), "sops_"))
			return true;
	return false;
}

static bool is_env_file(const Graph *graph, Node file)
{
	Symbol dotenv;
	return graph_find_symbol(graph, SLICE("dotenv"), &dotenv) && graph_says(graph, file, FACT_FORMAT, dotenv) &&
	       !is_sealed(graph, file);
}

/* What a base has until its overlay says better, and what a guide has: words, rows of letters, the variable's own name.
 */
static bool is_stand_in(const char *name, const char *value)
{
	static const char *const parts[] = {"password", "passw0rd", "admin", "secret", "abcdef", "qwerty", "1234",
	        "1,2,3", "0000", "default", "letmein", "random", NULL};
	g_autofree char *lower = g_ascii_strdown(value, -1);
	g_autofree char *variable = g_ascii_strdown(name, -1);
	return text_has_part(lower, parts) || credential_reads_password(slice_from(value)) ||
	       strstr(variable, lower) != NULL ||                                  /* SHELF_TOKEN=shelf */
	       credential_is_own_name(slice_from(name), slice_from(value), false); /* BOOK_API_TOKEN=BOOKAPITOKEN */
}

/* Made to be secret: hosts and modes, which such a variable may hold too, are small letters. */
static bool looks_made(const char *value)
{
	bool seen[256] = {false};
	uint32_t different = 0, letters = 0, marks = 0;
	if (credential_is_drawn(slice_from(value)))
		return true; /* base64 has slashes, too */
	for (const char *at = value; *at; at++) {
		if (strchr(" /,:", *at))
			return false;
		different += !seen[(unsigned char)*at];
		seen[(unsigned char)*at] = true;
		letters += g_ascii_isalpha(*at) != 0;
		marks += !g_ascii_islower(*at) && !strchr("-_.", *at);
	}
	return different >= 6 && letters > 0 && marks > 0;
}

/* SOME_SECRET may well be the name of a Secret: small letters with dashes. */
static bool may_be_name(const char *name, const char *value)
{
	return g_str_has_suffix(name, "SECRET") && strchr(value, '-') &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(value);
}

/* A file or folder of the machine is where a secret is, and not the secret. */
static bool holds_credential(const Graph *graph, Node env)
{
	const Row *value = graph_find(graph, env, FACT_VALUE);
	Slice text = value ? graph_symbol_slice(graph, value->object) : (Slice){"", 0};
	return value && credential_is_named(slice_from(graph_name(graph, env))) &&
	       credential_ends_name(slice_from(graph_name(graph, env))) && credential_is_clear(text, false) &&
	       !slice_starts(text, "/") && !slice_starts(text, "./") && slice_find(text, "://", 0) == SIZE_MAX &&
	       slice_find_byte(text, '$', 0) == SIZE_MAX && !is_stand_in(graph_name(graph, env), text.at) &&
	       !may_be_name(graph_name(graph, env), text.at);
}

/* "# … change this and keep it safe" right above, in a file whose values begin so. */
static bool is_told_to_change(const Graph *graph, Node env)
{
	static const char *const words[] = {
	        "change this", "change me", "change it", "replace this", "replace with", "must be changed", NULL};
	Span place = graph_place(graph, env);
	Slice line = graph_line_at(graph, place);
	size_t start = (size_t)(line.at - graph_file_bytes(graph, place.file).at);
	if (start < 2)
		return false;
	Slice above = slice_trim(graph_line_at(graph, (Span){place.file, (uint32_t)start - 1, (uint32_t)start - 1}));
	g_autofree char *lower = g_ascii_strdown(above.at, (gssize)above.length);
	return slice_starts(above, "#") && text_has_part(lower, words) &&
	       !credential_is_drawn(slice_from(graph_text(graph, env, FACT_VALUE)));
}

/* A generator of a kustomization makes a ConfigMap of the file: it has to be in Git, and its secrets elsewhere. */
static bool is_generated_from(const Graph *graph, Node file)
{
	GRAPH_TO (graph, FACT_REFERS_TO, file, row)
		if (strcmp(graph_text(graph, row->subject, FACT_ROLE), "env-file") == 0 &&
		        is_kind(graph, graph_parent(graph, row->subject), "ConfigMap"))
			return true;
	return false;
}

static void set_env_file_hint(Checker *checker, Finding *finding, const char *path, bool generated)
{
	if (generated)
		set_hint(checker, finding,
		        "a ConfigMap is made of %s: make a new value, and give it by a Secret that is sealed or "
		        "fetched",
		        path);
	else
		set_hint(checker, finding,
		        "make new values; then `git rm --cached %s`, a line for it in .gitignore, and a .env.example "
		        "with the names alone",
		        path);
}

/* defaults/server.env, ref.db.env: values to begin with, which whoever uses the file writes over. */
static bool is_to_begin_with(Slice path)
{
	static const char *const words[] = {"default", "defaults", "ref", "reference", "template", "templates", NULL};
	return has_word_of(path, words);
}

static void check_env_file_tracked(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_FILE, file) {
		Finding *finding = NULL;
		const char *path = graph_name(graph, file);
		if (!is_env_file(graph, file) || is_to_begin_with(slice_from(path)))
			continue;
		bool generated = is_generated_from(graph, file);
		GRAPH_CHILDREN (graph, file, NODE_ENV, env) {
			if (!holds_credential(graph, env) || is_called_nobodys(graph, graph_place(graph, env)) ||
			        is_told_to_change(graph, env) ||
			        (generated && !looks_made(graph_text(graph, env, FACT_VALUE))))
				continue;
			if (!finding)
				finding = report(checker, file, graph_place(graph, env),
				        "%s is in Git with what it keeps secret: %s has a value here", path,
				        graph_name(graph, env));
			else
				add_evidence(
				        checker, finding, graph_place(graph, env), "and %s", graph_name(graph, env));
		}
		if (finding)
			set_env_file_hint(checker, finding, path, generated);
	}
}

/* ---- secret-literal-in-workload ------------------------------------------------------------------------------------
 */

/* "# CHANGEME" behind it: whoever takes the file has a task, and the value is nobody's yet. */
static bool is_to_be_changed(const Graph *graph, Span span)
{
	static const char *const words[] = {"changeme", "change me", "change this", "replace this", "replace me", NULL};
	Slice line = graph_line_at(graph, span), bytes = graph_file_bytes(graph, span.file);
	size_t from = MIN((size_t)(bytes.at + span.end - line.at), line.length), at = slice_find_byte(line, '#', from);
	if (at == SIZE_MAX)
		return false;
	Slice comment = slice_sub(line, at, line.length);
	g_autofree char *lower = g_ascii_strdown(comment.at, (gssize)comment.length);
	return text_has_part(lower, words);
}

/* The name of a variable for what a key says: letters, digits and lines below. Free with g_free. */
static char *variable_name(const char *key)
{
	char *name = g_strdup(key);
	for (char *at = name; *at; at++)
		if (!g_ascii_isalnum(*at))
			*at = '_';
	return name;
}

/* A token of a known form is found by it already. Variables are asked for in the order of files and places, so the
 * search goes on where the last one ended; *secret is the first token that does not lie before the last variable. */
static bool is_known_form(const Graph *graph, Span span, Node *secret)
{
	if (!*secret || graph_file_of(graph, *secret) != span.file)
		*secret = graph_first_child(graph, graph_file_node(graph, span.file), NODE_SECRET);
	while (*secret && graph_place(graph, *secret).end <= span.start)
		*secret = graph_next_child(graph, *secret, NODE_SECRET);
	return *secret && graph_place(graph, *secret).start < span.end;
}

/* The program that a variable is of, or NODE_NONE for a line of a .env file. */
static Node program_of(const Graph *graph, Node env)
{
	Node program = graph_parent(graph, env);
	NodeType type = graph_node_type(graph, program);
	return type == NODE_CONTAINER || type == NODE_SERVICE ? program : NODE_NONE;
}

/* *2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19 and the same without its star: what MySQL and its kin hash a password to.
 */
static bool is_hash_of_mysql(const char *value)
{
	value += *value == '*';
	return strlen(value) == 40 && strspn(value, "0123456789ABCDEF") == 40;
}

/* TOKEN=token123: the word for the thing and a few digits. */
static bool is_word_with_digits(const char *name, const char *value)
{
	g_autofree char *lower = g_ascii_strdown(value, -1), *variable = g_ascii_strdown(name, -1);
	size_t end = strlen(lower);
	while (end > 0 && g_ascii_isdigit(lower[end - 1]))
		end--;
	lower[end] = '\0';
	return end >= 3 && strstr(variable, lower);
}

/* POSTGRES_USER and POSTGRES_PASSWORD are one word: a name that was put into every field. */
static bool is_also_another(const Graph *graph, Node env, Symbol value)
{
	GRAPH_CHILDREN (graph, graph_parent(graph, env), NODE_ENV, other)
		if (other != env && graph_symbol(graph, other, FACT_VALUE) == value &&
		        !credential_is_named(slice_from(graph_name(graph, other))))
			return true;
	return false;
}

/* bookshelf4life in bookshelf.container: made of the program's own name by whoever wrote the guide. */
static bool is_of_program(const Graph *graph, Node program, const char *value)
{
	g_autofree char *name = g_ascii_strdown(graph_name(graph, program), -1);
	g_autofree char *lower = g_ascii_strdown(value, -1);
	return strlen(name) >= 5 && strstr(lower, name) && strlen(lower) < 2 * strlen(name);
}

/* What an anchor hands to several services stands in the file once, and is one secret. */
static bool is_first_at(const Graph *graph, const Row *value, GHashTable *places)
{
	Span span = graph_span(graph, value);
	gint64 place = (gint64)((uint64_t)span.file << 32 | span.start);
	return g_hash_table_add(places, g_memdup2(&place, sizeof place));
}

static void check_secret_literal_in_workload(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE, token = NODE_NONE;
	Finding *finding = NULL;
	g_autoptr(GHashTable) places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	Level level = is_compose_collection(graph) ? LEVEL_WARNING : LEVEL_ERROR;
	GRAPH_NODES (graph, NODE_ENV, env) {
		Node program = program_of(graph, env);
		const Row *value = graph_find(graph, env, FACT_VALUE);
		if (!program || !holds_credential(graph, env) || !looks_made(graph_symbol_text(graph, value->object)) ||
		        is_of_program(graph, program, graph_symbol_text(graph, value->object)) ||
		        is_hash_of_mysql(graph_symbol_text(graph, value->object)) ||
		        is_word_with_digits(graph_name(graph, env), graph_symbol_text(graph, value->object)) ||
		        is_also_another(graph, env, value->object) || is_quiet(graph, env) ||
		        is_for_developing(graph, env) || is_to_be_changed(graph, graph_span(graph, value)) ||
		        is_called_nobodys(graph, graph_span(graph, value)) ||
		        is_known_form(graph, graph_span(graph, value), &token) || !is_first_at(graph, value, places))
			continue;
		if (program == last) {
			add_evidence(
			        checker, finding, graph_place(graph, env), "and that of %s", graph_name(graph, env));
			continue;
		}
		last = program;
		Node object = graph_ancestor(graph, env, NODE_OBJECT);
		finding = report_at(checker, level, program, graph_place(graph, env),
		        "the value of %s stands in %s %s for everybody to read", graph_name(graph, env),
		        object ? graph_text(graph, object, FACT_KIND) : "service",
		        graph_name(graph, object ? object : program));
		g_autofree char *variable = variable_name(graph_name(graph, env));
		set_hint(checker, finding,
		        object ? "make a new one, put it into a Secret that is kept sealed or outside of Git, and take "
		                 "it from there: valueFrom.secretKeyRef"
		               : "make a new one, write it to a .env file that Git ignores, and put ${%s} here",
		        variable);
	}
}

static const Rule rules[] = {
        {
                .id = "sealing-key-in-repo",
                .level = LEVEL_ERROR,
                .title = "the private key of sealed secrets stands in Git",
                .why = "Whoever has the repository, a fork or a backup of it, reads all that was ever sealed for the "
                       "cluster, the old states of the history too: nothing that is sealed is secret any more.",
                .remedy = "Let the controller make a new key, seal everything again with it, and change every "
                          "password and token that was sealed. Keep the new key in a backup outside of Git.",
                .peers = "Trivy: secret; gitleaks",
                .everywhere = true,
                .check = check_sealing_key_in_repo,
        },
        {
                .id = "secret-in-repo",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a credential stands in Git",
                .why = "Whoever can read the repository, a fork, a backup or a CI log of it, has the credential; "
                       "deleting the line does not "
                       "take it out of the history. base64 is no protection.",
                .remedy = "Make a new one where it was issued, for the history keeps this one; then keep it sealed "
                          "(SOPS, SealedSecret), fetched (ExternalSecret) or outside of Git.",
                .peers = "Trivy: secret; Checkov: CKV_SECRET; gitleaks",
                .everywhere = true,
                .check = check_secret_in_repo,
        },
        {
                .id = "env-file-tracked",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a .env file with passwords is in Git",
                .why = "Whoever can read the repository, a fork, a backup or a CI log of it, has what the file holds. "
                       "An ignore rule does not help any more: Git goes on with a file that it already has.",
                .remedy = "Take the file out of Git (`git rm --cached`), ignore it, and keep an example with the names "
                          "alone. The history keeps the values, so make new ones.",
                .peers = "Trivy: secret; Checkov: CKV_SECRET; gitleaks",
                .check = check_env_file_tracked,
        },
        {
                .id = "secret-literal-in-workload",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a password stands in a manifest",
                .why = "Whoever can read the repository, a fork, a backup or a CI log of it, has it; in a cluster so "
                       "does everybody who may look at the workload. The history keeps it after the line is gone.",
                .remedy = "Make a new one and keep it where the manifest only names it: a Secret that is sealed or "
                          "fetched, a .env file that Git ignores.",
                .peers = "kube-linter: env-var-secret; Kubescape: C-0012; Checkov: CKV_SECRET",
                .check = check_secret_literal_in_workload,
        },
};

const RuleSet rules_secrets = {"secrets", rules, G_N_ELEMENTS(rules)};
