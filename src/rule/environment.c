/* What projects of compose files use, what sets it, and what speaks of it.
 *
 * Since the real .env normally stays out of Git, a variable is called undefined only where some .env or example is
 * tracked that sets most of what the project uses: that file is meant to be complete, and the variable is missing from
 * it. A variable that a script or CI job sets is defined; a list of what must be set, a document and a test set
 * nothing. */
#include "rule/environment.h"

#include "base/path.h"
#include "rule/search.h"

#include <string.h>

/* ---- what projects use ------------------------------------------------------------------------------ */

static void use_free(gpointer data)
{
	EnvUse *use = data;
	g_array_unref(use->nodes);
	g_free(use);
}

static void project_free(gpointer data)
{
	EnvProject *project = data;
	g_hash_table_unref(project->by_name);
	g_ptr_array_unref(project->uses);
	g_free(project);
}

static Slice file_path(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

/* Variables that a shell, compose or a platform around it sets by itself. */
static bool is_given(Slice name)
{
	static const char *const names[] = {"HOME", "PWD", "OLDPWD", "USER", "UID", "EUID", "GID", "HOSTNAME", "HOST",
	        "PATH", "SHELL", "LANG", "TERM", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "LOGNAME", "EDITOR",
	        "TMPDIR", "SSH_AUTH_SOCK", "USERPROFILE", "APPDATA", "CI", "USERNAME", "HOSTTYPE", "OSTYPE", "TMP",
	        "TEMP"};
	static const char *const starts[] = {"COMPOSE_", "DOCKER_", "XDG_", "LC_", "CI_", "GITHUB_", "SERVICE_FQDN_",
	        "SERVICE_URL_", "SERVICE_PASSWORD_", "SERVICE_USER_", "SERVICE_BASE64_"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (slice_starts(name, starts[i]))
			return true;
	return false;
}

static EnvProject *project_of(EnvSurvey *survey, Node compose)
{
	Slice folder = path_folder(file_path(survey->graph, compose));
	g_autofree char *key = slice_dup(folder);
	EnvProject *project = g_hash_table_lookup(survey->by_folder, key);
	if (project)
		return project;
	project = g_new0(EnvProject, 1);
	project->folder = folder;
	project->compose = compose;
	project->uses = g_ptr_array_new_with_free_func(use_free);
	project->by_name = g_hash_table_new(NULL, NULL);
	g_ptr_array_add(survey->projects, project);
	g_hash_table_insert(survey->by_folder, g_steal_pointer(&key), project);
	return project;
}

static EnvUse *find_use(const EnvProject *project, Symbol name)
{
	return g_hash_table_lookup(project->by_name, GUINT_TO_POINTER(name));
}

/* More variables than this are no project that somebody wrote. */
#define MOST_USES 1000

static void add_use(EnvProject *project, const Graph *graph, Node variable)
{
	Symbol name = graph_name_symbol(graph, variable);
	EnvUse *use = find_use(project, name);
	if (!use && project->uses->len == MOST_USES)
		return;
	if (!use) {
		use = g_new0(EnvUse, 1);
		use->name = name;
		use->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
		g_ptr_array_add(project->uses, use);
		g_hash_table_insert(project->by_name, GUINT_TO_POINTER(name), use);
	}
	g_array_append_val(use->nodes, variable);
}

static void collect_uses(EnvSurvey *survey)
{
	const Graph *graph = survey->graph;
	GRAPH_NODES (graph, NODE_VARIABLE, variable) {
		Node compose = graph_ancestor(graph, variable, NODE_COMPOSE);
		if (!compose || is_quiet(graph, compose) || graph_has(graph, variable, FACT_DEFAULT) ||
		        is_given(slice_from(graph_name(graph, variable))))
			continue;
		add_use(project_of(survey, compose), graph, variable);
	}
}

/* ---- where they are set ------------------------------------------------------------------------------ */

static bool is_env_format(const Graph *graph, Node file)
{
	return g_str_has_prefix(graph_text(graph, file, FACT_FORMAT), "dotenv");
}

bool is_env_example(const Graph *graph, Node file)
{
	return strcmp(graph_text(graph, file, FACT_FORMAT), "dotenv-example") == 0;
}

static bool is_related(const Graph *graph, const EnvProject *project, Node file)
{
	Slice folder = path_folder(file_path(graph, file));
	return path_is_below(folder, project->folder) || path_is_below(project->folder, folder);
}

/* A link, a binary or an encrypted file with a name as of a .env file: what it sets cannot be known. */
static bool is_sealed(const Graph *graph, Node file)
{
	static const char *const ends[] = {".age", ".gpg", ".asc", ".enc", ".vault", ".crypt", ".sops", ".encrypted"};
	Slice name = path_name(file_path(graph, file));
	if (!text_has(name, "env") && !text_has(name, "secret"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(name, ends[i]))
			return true;
	bool env = slice_starts(name, ".env") || slice_ends(name, ".env");
	return env && (graph_has(graph, file, FACT_LINK_TARGET) || graph_has(graph, file, FACT_SKIPPED));
}

/* The name of the file that an example is the example of, in a form that ignores where the word stands. */
static char *bare_name(Slice name)
{
	g_autofree char *text = slice_dup(name);
	g_auto(GStrv) parts = g_strsplit_set(text, ".-_", -1);
	g_autoptr(GString) out = g_string_new(NULL);
	for (char **part = parts; *part; part++) {
		static const char *const words[] = {"", "example", "sample", "template", "dist", "tmpl", "tpl"};
		bool skip = false;
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			skip |= strcmp(*part, words[i]) == 0;
		if (!skip)
			g_string_append_printf(out, "%s.", *part);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* True if a row of the kind in a file of the project's folder names this file, or the file it is an example of. */
static bool is_named_by(const Graph *graph, const EnvProject *project, FactKind kind, NodeType type, Node file)
{
	g_autofree char *wanted = bare_name(path_name(file_path(graph, file)));
	GRAPH_EACH (graph, kind, row) {
		if (graph_node_type(graph, row->subject) != type ||
		        !slice_equal(path_folder(file_path(graph, row->subject)), project->folder))
			continue;
		g_autofree char *bare = bare_name(path_name(graph_symbol_slice(graph, row->object)));
		if (strcmp(bare, wanted) == 0)
			return true;
	}
	return false;
}

/* Whether compose itself reads the file: not where it is only handed to a container by env_file. */
static bool is_read_by_compose(const EnvSurvey *survey, const EnvProject *project, Node file)
{
	const Graph *graph = survey->graph;
	g_autofree char *bare = bare_name(path_name(file_path(graph, file)));
	/* Portainer writes what it is told into stack.env, and has compose read that too. */
	if (strcmp(bare, "env.") == 0 || strcmp(bare, "stack.env.") == 0)
		return true;
	if (is_named_by(graph, project, FACT_ENV_FILE, NODE_COMPOSE, file))
		return true;
	return !is_named_by(graph, project, FACT_ENV_FILE, NODE_SERVICE, file) &&
	       !is_named_by(graph, project, FACT_ENV_FILE_OPTIONAL, NODE_SERVICE, file);
}

static void take_setting(const Graph *graph, EnvUse *use, Node env, bool by_compose)
{
	if (!by_compose)
		use->only_container = env;
	else if (!use->set_by || is_env_example(graph, graph_parent(graph, use->set_by)))
		use->set_by = env;
}

/* Takes one file's settings into the uses of a project; returns how many of them it sets, and adds these to all. */
static guint take_settings(const Graph *graph, EnvProject *project, Node file, bool by_compose, GHashTable *all)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GRAPH_CHILDREN (graph, file, NODE_ENV, env) {
		EnvUse *use = find_use(project, graph_name_symbol(graph, env));
		if (!use || !g_hash_table_add(seen, use))
			continue;
		take_setting(graph, use, env, by_compose);
		if (by_compose)
			g_hash_table_add(all, use);
	}
	GRAPH_OF (graph, file, FACT_OFFERS, row) {
		EnvUse *use = find_use(project, row->object);
		if (use)
			use->offered = true;
	}
	return g_hash_table_size(seen);
}

/* Whether the file is a better place for what is missing: .env and its example before versions.env and its kin. */
static bool is_better(const Graph *graph, Node file, guint count, Node best, guint most)
{
	g_autofree char *own = bare_name(path_name(file_path(graph, file)));
	g_autofree char *other = best ? bare_name(path_name(file_path(graph, best))) : g_strdup("");
	bool plain = strcmp(own, "env.") == 0, was_plain = strcmp(other, "env.") == 0;
	return plain == was_plain ? count > most : plain && count * 3 >= most;
}

/* Several files in the project's own folder or above it may share the work: together they set half of the variables. */
static void settle_project(const EnvSurvey *survey, EnvProject *project)
{
	const Graph *graph = survey->graph;
	g_autoptr(GHashTable) all = g_hash_table_new(NULL, NULL), none = g_hash_table_new(NULL, NULL);
	Node best = NODE_NONE;
	guint most = 0;
	for (guint i = 0; i < survey->env_files->len; i++) {
		Node file = GPOINTER_TO_UINT(survey->env_files->pdata[i]);
		if (!is_related(graph, project, file))
			continue;
		if (!is_env_format(graph, file)) {
			project->sealed = true;
			continue;
		}
		bool by_compose = is_read_by_compose(survey, project, file);
		bool shared = path_is_below(project->folder, path_folder(file_path(graph, file)));
		guint count = take_settings(graph, project, file, by_compose, shared ? all : none);
		if (by_compose && count && (shared || count * 2 >= project->uses->len) &&
		        is_better(graph, file, count, best, most)) {
			most = count;
			best = file;
		}
	}
	if (MAX(g_hash_table_size(all), most) * 2 >= project->uses->len)
		project->env_file = best;
}

/* So many projects that take something from one example share it. */
#define LEAST_SHARED 3

static bool takes_from(const Graph *graph, const EnvProject *project, Node example)
{
	GRAPH_CHILDREN (graph, example, NODE_ENV, env)
		if (find_use(project, graph_name_symbol(graph, env)))
			return true;
	return false;
}

/* One example above the folders of many projects is meant for all of them, however little each takes from it: for those
 * too that take nothing, where nearly all take something. */
static void find_shared(const EnvSurvey *survey)
{
	const Graph *graph = survey->graph;
	for (guint i = 0; i < survey->env_files->len; i++) {
		Node file = GPOINTER_TO_UINT(survey->env_files->pdata[i]);
		g_autoptr(GPtrArray) takers = g_ptr_array_new(), below = g_ptr_array_new();
		g_autofree char *name = bare_name(path_name(file_path(graph, file)));
		if (!is_env_example(graph, file) || strcmp(name, "env.") != 0)
			continue;
		for (guint j = 0; j < survey->projects->len; j++) {
			EnvProject *project = survey->projects->pdata[j];
			if (!path_is_below(project->folder, path_folder(file_path(graph, file))))
				continue;
			g_ptr_array_add(below, project);
			if (takes_from(graph, project, file))
				g_ptr_array_add(takers, project);
		}
		const GPtrArray *sharing = takers->len * 3 >= below->len * 2 ? below : takers;
		for (guint j = 0; takers->len >= LEAST_SHARED && j < sharing->len; j++)
			((EnvProject *)sharing->pdata[j])->shared = file;
	}
}

/* ---- what other files say ------------------------------------------------------------------------------ */

static bool has_extension(Slice path, const char *const *ends)
{
	for (; *ends; ends++)
		if (slice_ends(path, *ends))
			return true;
	return false;
}

static bool is_document(Slice path)
{
	static const char *const ends[] = {".md", ".txt", ".rst", ".adoc", ".org", ".mdx", NULL};
	return has_extension(path, ends);
}

static bool is_program(Slice path)
{
	static const char *const ends[] = {
	        ".py", ".js", ".ts", ".tsx", ".jsx", ".go", ".rb", ".rs", ".java", ".php", ".c", ".cs", ".html", NULL};
	return has_extension(path, ends);
}

/* Tests and samples set what they like; what was so once, a list of changes says. */
static bool may_say(const Graph *graph, uint32_t file, void *data)
{
	if (is_quiet(graph, graph_file_node(graph, file)))
		return false;
	const char *format = graph_text(graph, graph_file_node(graph, file), FACT_FORMAT);
	Slice name = path_name(slice_from(graph_file_path(graph, file)));
	return strcmp(format, "compose") != 0 && strcmp(format, "kubernetes") != 0 &&
	       !g_str_has_prefix(format, "dotenv") && !text_has(name, "Dockerfile") && !text_has(name, "Containerfile");
}

/* Lines that only tell a reader what to do, and `-e NAME=value`, which a container gets and compose does not. */
static bool is_advice(const Graph *graph, Span span)
{
	static const char *const options[] = {"-e ", "--env ", "--env=", "-e \"", "-e '"};
	Slice line = slice_trim(graph_line_at(graph, span)), bytes = graph_file_bytes(graph, span.file);
	Slice before = slice_sub(bytes, span.start > 8 ? span.start - 8 : 0, span.start);
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (slice_ends(before, options[i]))
			return true;
	bool prints = slice_starts(line, "echo ") || slice_starts(line, "printf ");
	return slice_starts(line, "#") || (prints && !text_has(line, ">"));
}

/* NAME=, NAME: in YAML and JSON, `NAME := x` in a Makefile. */
static bool has_assignment_after(Slice bytes, size_t at, bool spaced, bool colon)
{
	if (at < bytes.length && (bytes.at[at] == '"' || bytes.at[at] == '\''))
		at++;
	while (spaced && at < bytes.length && bytes.at[at] == ' ')
		at++;
	if (colon && at < bytes.length && bytes.at[at] == ':')
		return true;
	if (at < bytes.length && (bytes.at[at] == ':' || bytes.at[at] == '?' || bytes.at[at] == '+'))
		at++;
	if (at >= bytes.length || bytes.at[at] != '=')
		return false;
	return at + 1 >= bytes.length || bytes.at[at + 1] != '=';
}

/* `"name": "DB_PASSWORD"` in a template of Portainer, which asks for it where the stack is made. */
static bool is_asked_by_template(const Graph *graph, Span span, Slice path)
{
	Slice line = slice_trim(graph_line_at(graph, span));
	if (slice_starts(line, "{"))
		line = slice_trim(slice_sub(line, 1, line.length));
	return slice_ends(path, ".json") && text_has(path_name(path), "template") && slice_starts(line, "\"name\":");
}

static bool is_assignment(const Graph *graph, Span span, Slice path)
{
	bool colon = slice_ends(path, ".yml") || slice_ends(path, ".yaml") || slice_ends(path, ".json");
	if (is_advice(graph, span))
		return false;
	if (is_asked_by_template(graph, span, path))
		return true;
	if (has_assignment_after(graph_file_bytes(graph, span.file), span.end, !is_program(path), colon))
		return true;
	Slice line = slice_trim(graph_line_at(graph, span));
	return slice_starts(line, "export ") || slice_starts(line, "read ") || text_has(line, " read -");
}

static void take_name(const Graph *graph, Symbol name, Span span, void *data)
{
	EnvSurvey *survey = data;
	Slice bytes = graph_file_bytes(graph, span.file), path = slice_from(graph_file_path(graph, span.file));
	bool used = span.start > 0 && strchr("${", bytes.at[span.start - 1]) && bytes.at[span.start - 1];
	EnvSaid *said = g_hash_table_lookup(survey->said, GUINT_TO_POINTER(name));
	if (used && !is_document(path))
		return;
	if (!is_document(path) && !said->is_assigned && is_assignment(graph, span, path)) {
		said->is_assigned = true;
		said->assigned = span;
	} else if (!said->is_mentioned && !is_program(path)) {
		said->is_mentioned = true;
		said->mentioned = span;
	}
}

static void collect_said(EnvSurvey *survey)
{
	for (guint i = 0; i < survey->projects->len; i++) {
		const EnvProject *project = survey->projects->pdata[i];
		for (guint j = 0; j < project->uses->len; j++) {
			const EnvUse *use = project->uses->pdata[j];
			if (!use->set_by && !project->sealed)
				g_hash_table_insert(survey->said, GUINT_TO_POINTER(use->name), g_new0(EnvSaid, 1));
		}
	}
	search_names(survey->graph, survey->said, may_say, take_name, survey);
}

/* A script that names the file to compose makes any file one that compose reads. */
static bool passes_env_file(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (file_has(graph, file, "--env-file"))
			return true;
	return false;
}

void survey_init(EnvSurvey *survey, const Graph *graph)
{
	*survey = (EnvSurvey){.graph = graph,
	        .projects = g_ptr_array_new_with_free_func(project_free),
	        .by_folder = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .env_files = g_ptr_array_new(),
	        .said = g_hash_table_new_full(NULL, NULL, NULL, g_free)};
	collect_uses(survey);
	if (survey->projects->len == 0)
		return;
	GRAPH_NODES (graph, NODE_FILE, file) {
		if (is_env_format(graph, file) || is_sealed(graph, file))
			g_ptr_array_add(survey->env_files, GUINT_TO_POINTER(file));
	}
	for (guint i = 0; i < survey->projects->len; i++)
		settle_project(survey, survey->projects->pdata[i]);
	find_shared(survey);
	collect_said(survey);
}

void survey_clear(EnvSurvey *survey)
{
	g_hash_table_unref(survey->by_folder);
	g_ptr_array_unref(survey->projects);
	g_ptr_array_unref(survey->env_files);
	g_hash_table_unref(survey->said);
}

/* ---- verdicts --------------------------------------------------------------------------------------------- */

/* True if the example sets half of what the project uses, and not this one. */
static bool lacks_only(const Graph *graph, const EnvProject *project, Node example, Symbol name)
{
	g_autoptr(GHashTable) set = g_hash_table_new(NULL, NULL);
	GRAPH_CHILDREN (graph, example, NODE_ENV, env) {
		Symbol other = graph_name_symbol(graph, env);
		if (other == name)
			return false;
		if (find_use(project, other))
			g_hash_table_add(set, GUINT_TO_POINTER(other));
	}
	if (graph_says(graph, example, FACT_OFFERS, name))
		return false;
	return g_hash_table_size(set) * 2 >= project->uses->len;
}

/* The example beside the .env that sets a variable, where it lacks that one. */
Node example_without(const EnvSurvey *survey, const EnvProject *project, const EnvUse *use)
{
	const Graph *graph = survey->graph;
	Node env = graph_parent(graph, use->set_by);
	for (guint i = 0; i < survey->env_files->len; i++) {
		Node file = GPOINTER_TO_UINT(survey->env_files->pdata[i]);
		if (file != env && is_env_example(graph, file) &&
		        slice_equal(path_folder(file_path(graph, file)), path_folder(file_path(graph, env))) &&
		        lacks_only(graph, project, file, use->name))
			return file;
	}
	return NODE_NONE;
}

Verdict survey_judge(const EnvSurvey *survey, const EnvProject *project, const EnvUse *use)
{
	const Graph *graph = survey->graph;
	if (project->sealed)
		return VERDICT_SET;
	if (use->set_by) {
		bool real = !is_env_example(graph, graph_parent(graph, use->set_by));
		return real && example_without(survey, project, use) ? VERDICT_DRIFT : VERDICT_SET;
	}
	const EnvSaid *said = g_hash_table_lookup(survey->said, GUINT_TO_POINTER(use->name));
	if (said->is_assigned || use->offered)
		return VERDICT_SET;
	if (use->only_container)
		return passes_env_file(graph) ? VERDICT_SET : VERDICT_ONLY_CONTAINER;
	if (!project->env_file)
		return project->shared ? VERDICT_LACKED : VERDICT_UNSAID;
	return said->is_mentioned && is_env_example(graph, project->env_file) ? VERDICT_DRIFT : VERDICT_UNDEFINED;
}
