/* Variables that compose replaces: where they are set, and whether the example says so.
 *
 * All compose files of a folder are one project. What it may take its variables from is every .env file and example in
 * the same folder, above it or below it. Since the real .env normally stays out of Git, a variable is called undefined
 * only where some .env or example is tracked that sets most of what the project uses: that file is meant to be
 * complete, and the variable is missing from it. A variable that a script or CI job sets is defined; one that a
 * document merely speaks of should be in the example. */
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- what projects use ------------------------------------------------------------------------------ */

typedef struct Project {
	Slice folder;
	Node compose;        /* the first file */
	GPtrArray *uses;     /* of Use, in the order of first use */
	GHashTable *by_name; /* Symbol → Use */
	Node env_file;       /* FILE of the .env or example that sets most of them; 0 if none sets half */
	bool sealed;         /* variables come from a file that cannot be read */
} Project;

typedef struct Use {
	Symbol name;
	GArray *nodes;       /* VARIABLE nodes without a fallback */
	Node set_by;         /* ENV of a file that compose takes variables from */
	Node only_container; /* ENV of a file that only env_file names */
	bool offered;        /* a comment of such a file names it: it need not be set */
} Use;

/* Where files that are neither compose nor .env files speak of a variable. */
typedef struct Said {
	Span assigned, mentioned;
	bool is_assigned, is_mentioned;
} Said;

typedef struct Survey {
	const Graph *graph;
	GPtrArray *projects;   /* of Project, in the order of files */
	GHashTable *by_folder; /* text of the folder → Project */
	GPtrArray *env_files;  /* FILE nodes */
	GHashTable *said;      /* Symbol → Said */
} Survey;

static void use_free(gpointer data)
{
	Use *use = data;
	g_array_unref(use->nodes);
	g_free(use);
}

static void project_free(gpointer data)
{
	Project *project = data;
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

static Project *project_of(Survey *survey, Node compose)
{
	Slice folder = path_folder(file_path(survey->graph, compose));
	g_autofree char *key = slice_dup(folder);
	Project *project = g_hash_table_lookup(survey->by_folder, key);
	if (project)
		return project;
	project = g_new0(Project, 1);
	project->folder = folder;
	project->compose = compose;
	project->uses = g_ptr_array_new_with_free_func(use_free);
	project->by_name = g_hash_table_new(NULL, NULL);
	g_ptr_array_add(survey->projects, project);
	g_hash_table_insert(survey->by_folder, g_steal_pointer(&key), project);
	return project;
}

static Use *find_use(const Project *project, Symbol name)
{
	return g_hash_table_lookup(project->by_name, GUINT_TO_POINTER(name));
}

/* More variables than this are no project that somebody wrote. */
#define MOST_USES 1000

static void add_use(Project *project, const Graph *graph, Node variable)
{
	Symbol name = graph_name_symbol(graph, variable);
	Use *use = find_use(project, name);
	if (!use && project->uses->len == MOST_USES)
		return;
	if (!use) {
		use = g_new0(Use, 1);
		use->name = name;
		use->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
		g_ptr_array_add(project->uses, use);
		g_hash_table_insert(project->by_name, GUINT_TO_POINTER(name), use);
	}
	g_array_append_val(use->nodes, variable);
}

static void collect_uses(Survey *survey)
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

static bool is_example(const Graph *graph, Node file)
{
	return strcmp(graph_text(graph, file, FACT_FORMAT), "dotenv-example") == 0;
}

static bool is_related(const Graph *graph, const Project *project, Node file)
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
static bool is_named_by(const Graph *graph, const Project *project, FactKind kind, NodeType type, Node file)
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
static bool is_read_by_compose(const Survey *survey, const Project *project, Node file)
{
	const Graph *graph = survey->graph;
	g_autofree char *bare = bare_name(path_name(file_path(graph, file)));
	if (strcmp(bare, "env.") == 0)
		return true;
	if (is_named_by(graph, project, FACT_ENV_FILE, NODE_COMPOSE, file))
		return true;
	return !is_named_by(graph, project, FACT_ENV_FILE, NODE_SERVICE, file) &&
	       !is_named_by(graph, project, FACT_ENV_FILE_OPTIONAL, NODE_SERVICE, file);
}

static void take_setting(const Graph *graph, Use *use, Node env, bool by_compose)
{
	if (!by_compose)
		use->only_container = env;
	else if (!use->set_by || is_example(graph, graph_parent(graph, use->set_by)))
		use->set_by = env;
}

/* Takes one file's settings into the uses of a project; returns how many of them it sets, and adds these to all. */
static guint take_settings(const Graph *graph, Project *project, Node file, bool by_compose, GHashTable *all)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GRAPH_CHILDREN (graph, file, NODE_ENV, env) {
		Use *use = find_use(project, graph_name_symbol(graph, env));
		if (!use || !g_hash_table_add(seen, use))
			continue;
		take_setting(graph, use, env, by_compose);
		if (by_compose)
			g_hash_table_add(all, use);
	}
	GRAPH_OF (graph, file, FACT_OFFERS, row) {
		Use *use = find_use(project, row->object);
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
static void settle_project(const Survey *survey, Project *project)
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

static bool may_say(const Graph *graph, uint32_t file, void *data)
{
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

static bool is_assignment(const Graph *graph, Span span, Slice path)
{
	bool colon = slice_ends(path, ".yml") || slice_ends(path, ".yaml") || slice_ends(path, ".json");
	if (is_advice(graph, span))
		return false;
	if (has_assignment_after(graph_file_bytes(graph, span.file), span.end, !is_program(path), colon))
		return true;
	Slice line = slice_trim(graph_line_at(graph, span));
	return slice_starts(line, "export ") || slice_starts(line, "read ") || text_has(line, " read -");
}

static void take_name(const Graph *graph, Symbol name, Span span, void *data)
{
	Survey *survey = data;
	Slice bytes = graph_file_bytes(graph, span.file), path = slice_from(graph_file_path(graph, span.file));
	bool used = span.start > 0 && strchr("${", bytes.at[span.start - 1]) && bytes.at[span.start - 1];
	Said *said = g_hash_table_lookup(survey->said, GUINT_TO_POINTER(name));
	if (used)
		return;
	if (!is_document(path) && !said->is_assigned && is_assignment(graph, span, path)) {
		said->is_assigned = true;
		said->assigned = span;
	} else if (!said->is_mentioned && !is_program(path)) {
		said->is_mentioned = true;
		said->mentioned = span;
	}
}

static void collect_said(Survey *survey)
{
	for (guint i = 0; i < survey->projects->len; i++) {
		const Project *project = survey->projects->pdata[i];
		for (guint j = 0; j < project->uses->len; j++) {
			const Use *use = project->uses->pdata[j];
			if (!use->set_by && !project->sealed)
				g_hash_table_insert(survey->said, GUINT_TO_POINTER(use->name), g_new0(Said, 1));
		}
	}
	search_names(survey->graph, survey->said, may_say, take_name, survey);
}

/* A script that names the file to compose makes any file one that compose reads. */
static bool passes_env_file(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (text_has(graph_file_bytes(graph, file), "--env-file"))
			return true;
	return false;
}

static void survey_init(Survey *survey, const Graph *graph)
{
	*survey = (Survey){.graph = graph,
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
	collect_said(survey);
}

static void survey_clear(Survey *survey)
{
	g_hash_table_unref(survey->by_folder);
	g_ptr_array_unref(survey->projects);
	g_ptr_array_unref(survey->env_files);
	g_hash_table_unref(survey->said);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Survey, survey_clear)

/* ---- verdicts --------------------------------------------------------------------------------------------- */

typedef enum Verdict { VERDICT_SET, VERDICT_UNDEFINED, VERDICT_ONLY_CONTAINER, VERDICT_UNSAID, VERDICT_DRIFT } Verdict;

/* True if the example sets half of what the project uses, and not this one. */
static bool lacks_only(const Graph *graph, const Project *project, Node example, Symbol name)
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
static Node example_without(const Survey *survey, const Project *project, const Use *use)
{
	const Graph *graph = survey->graph;
	Node env = graph_parent(graph, use->set_by);
	for (guint i = 0; i < survey->env_files->len; i++) {
		Node file = GPOINTER_TO_UINT(survey->env_files->pdata[i]);
		if (file != env && is_example(graph, file) &&
		        slice_equal(path_folder(file_path(graph, file)), path_folder(file_path(graph, env))) &&
		        lacks_only(graph, project, file, use->name))
			return file;
	}
	return NODE_NONE;
}

static Verdict judge(const Survey *survey, const Project *project, const Use *use)
{
	const Graph *graph = survey->graph;
	if (project->sealed)
		return VERDICT_SET;
	if (use->set_by) {
		bool real = !is_example(graph, graph_parent(graph, use->set_by));
		return real && example_without(survey, project, use) ? VERDICT_DRIFT : VERDICT_SET;
	}
	const Said *said = g_hash_table_lookup(survey->said, GUINT_TO_POINTER(use->name));
	if (said->is_assigned || use->offered)
		return VERDICT_SET;
	if (use->only_container)
		return passes_env_file(graph) ? VERDICT_SET : VERDICT_ONLY_CONTAINER;
	if (!project->env_file)
		return VERDICT_UNSAID;
	return said->is_mentioned && is_example(graph, project->env_file) ? VERDICT_DRIFT : VERDICT_UNDEFINED;
}

static Node first_use(const Use *use)
{
	return g_array_index(use->nodes, Node, 0);
}

#define MOST_EVIDENCE 20

/* The other places that use the variable. */
static void add_uses(Checker *checker, Finding *finding, const Use *use)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 1; i < MIN(use->nodes->len, MOST_EVIDENCE); i++)
		add_evidence(checker, finding, graph_place(graph, g_array_index(use->nodes, Node, i)), "used here too");
}

static Span file_start(const Graph *graph, Node file)
{
	return graph_place(graph, file);
}

/* The name without a value: an example gives nothing away. */
static void add_to_example(Checker *checker, Finding *finding, Node example, Node use)
{
	const Graph *graph = checker_graph(checker);
	uint32_t file = graph_file_of(graph, example), length = (uint32_t)graph_file_bytes(graph, file).length;
	if (length)
		add_lines_below(checker, finding, (Span){file, length - 1, length - 1},
		        arena_printf(checker_arena(checker), "# used in %s\n%s=",
		                graph_file_path(graph, graph_file_of(graph, use)), graph_name(graph, use)));
}

static void report_undefined(Checker *checker, const Project *project, const Use *use)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use);
	const char *name = graph_name(graph, node);
	const char *path = graph_name(graph, project->env_file);
	bool stops = graph_has(graph, node, FACT_REQUIRED);
	Finding *finding = report(checker, node, graph_place(graph, node),
	        "'%s' has no default, and neither %s nor anything else in the repository sets it", name, path);
	add_evidence(checker, finding, file_start(graph, project->env_file),
	        "sets the other variables of this project, not this one");
	add_uses(checker, finding, use);
	set_hint(checker, finding, "add '%s=' to %s%s", name, path,
	        stops ? "; compose refuses to start without it" : ", or write a default: ${NAME:-value}");
	if (is_example(graph, project->env_file)) {
		set_because(checker, finding, FIX_VALUE, "the example has the other variables of this project");
		add_to_example(checker, finding, project->env_file, node);
	}
}

static void report_only_container(Checker *checker, const Project *project, const Use *use)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use);
	const char *name = graph_name(graph, node);
	const char *path = graph_file_path(graph, graph_file_of(graph, use->only_container));
	Level level = project->env_file ? LEVEL_ERROR : LEVEL_WARNING;
	Finding *finding = report_at(checker, level, node, graph_place(graph, node),
	        "'%s' is replaced by nothing: %s sets it for the container only", name, path);
	add_evidence(checker, finding, graph_place(graph, use->only_container),
	        "env_file hands this to the container; compose does not read it for ${%s}", name);
	add_uses(checker, finding, use);
	set_hint(checker, finding, "set it in the .env beside the compose file, or start with --env-file %s", path);
}

/* The variables of a project that nothing speaks of, in one finding. */
static void report_unsaid(Checker *checker, const Survey *survey, const Project *project)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GString) names = g_string_new(NULL);
	g_autoptr(GPtrArray) unsaid = g_ptr_array_new();
	for (guint i = 0; i < project->uses->len; i++) {
		Use *use = project->uses->pdata[i];
		if (judge(survey, project, use) != VERDICT_UNSAID)
			continue;
		if (unsaid->len < 5)
			g_string_append_printf(
			        names, "%s%s", unsaid->len ? ", " : "", graph_symbol_text(graph, use->name));
		g_ptr_array_add(unsaid, use);
	}
	if (unsaid->len == 0)
		return;
	if (unsaid->len > 5)
		g_string_append_printf(names, " and %u more", unsaid->len - 5);
	Node first = first_use(unsaid->pdata[0]);
	Finding *finding = report_at(checker, LEVEL_INFO, project->compose, graph_place(graph, first),
	        unsaid->len == 1 ? "nothing in the repository says where this variable comes from: %s"
	                         : "nothing in the repository says where these variables come from: %s",
	        names->str);
	for (guint i = 1; i < MIN(unsaid->len, MOST_EVIDENCE); i++)
		add_evidence(checker, finding, graph_place(graph, first_use(unsaid->pdata[i])), "%s",
		        graph_symbol_text(graph, ((Use *)unsaid->pdata[i])->name));
	set_hint(checker, finding, "keep an .env.example with these names beside the compose file");
}

static void check_env_undefined(Checker *checker)
{
	g_auto(Survey) survey;
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++) {
		const Project *project = survey.projects->pdata[i];
		for (guint j = 0; j < project->uses->len; j++) {
			const Use *use = project->uses->pdata[j];
			Verdict verdict = judge(&survey, project, use);
			if (verdict == VERDICT_UNDEFINED)
				report_undefined(checker, project, use);
			else if (verdict == VERDICT_ONLY_CONTAINER)
				report_only_container(checker, project, use);
		}
		report_unsaid(checker, &survey, project);
	}
}

/* One finding for a variable that one example lacks, however many projects use it. */
static void report_drift(
        Checker *checker, const Survey *survey, const Project *project, const Use *use, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Node node = first_use(use), example = use->set_by ? example_without(survey, project, use) : project->env_file;
	const char *name = graph_name(graph, node);
	Span said = use->set_by ? graph_place(graph, use->set_by)
	                        : ((Said *)g_hash_table_lookup(survey->said, GUINT_TO_POINTER(use->name)))->mentioned;
	g_autofree char *key = g_strdup_printf("%s %s", name, graph_name(graph, example));
	Finding *finding = g_hash_table_lookup(known, key);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, node), "used here too");
		add_uses(checker, finding, use);
		return;
	}
	finding = report(checker, node, graph_place(graph, node), "'%s' is used here and %s %s, but %s lacks it", name,
	        use->set_by ? "set in" : "spoken of in", graph_file_path(graph, said.file), graph_name(graph, example));
	add_evidence(checker, finding, said, use->set_by ? "set here" : "spoken of here");
	add_evidence(checker, finding, file_start(graph, example), "the example that lacks it");
	add_uses(checker, finding, use);
	set_hint(checker, finding, "add '%s=' to %s", name, graph_name(graph, example));
	set_because(checker, finding, FIX_SAFE, "an example without a value gives nothing away");
	add_to_example(checker, finding, example, node);
	g_hash_table_insert(known, g_steal_pointer(&key), finding);
}

static void check_env_example_drift(Checker *checker)
{
	g_auto(Survey) survey;
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	survey_init(&survey, checker_graph(checker));
	for (guint i = 0; i < survey.projects->len; i++) {
		const Project *project = survey.projects->pdata[i];
		for (guint j = 0; j < project->uses->len; j++) {
			const Use *use = project->uses->pdata[j];
			if (judge(&survey, project, use) == VERDICT_DRIFT)
				report_drift(checker, &survey, project, use, known);
		}
	}
}

/* ---- one name twice ----------------------------------------------------------------------------------------- */

static void report_duplicate(Checker *checker, Node first, Node second)
{
	const Graph *graph = checker_graph(checker);
	const Row *before = graph_find(graph, first, FACT_VALUE), *after = graph_find(graph, second, FACT_VALUE);
	bool same = before && after && before->object == after->object;
	const char *name = graph_name(graph, second);
	Finding *finding = report(checker, graph_parent(graph, second), graph_place(graph, second),
	        same ? "'%s' is set twice to the same value" : "'%s' is set twice, and only this last one counts",
	        name);
	add_evidence(checker, finding, graph_place(graph, first), "set here first");
	set_detail(checker, finding, "%s", name);
	if (same) {
		set_because(checker, finding, FIX_VALUE, "both have the same value");
		add_block_deletion(checker, finding, graph_place(graph, second));
	}
}

static void check_duplicate_env(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	Node parent = NODE_NONE;
	GRAPH_NODES (graph, NODE_ENV, env) {
		if (graph_parent(graph, env) != parent)
			g_hash_table_remove_all(seen);
		parent = graph_parent(graph, env);
		gpointer name = GUINT_TO_POINTER(graph_name_symbol(graph, env));
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name));
		if (first)
			report_duplicate(checker, first, env);
		else
			g_hash_table_insert(seen, name, GUINT_TO_POINTER(env));
	}
}

static const Rule rules[] = {
        {
                .id = "env-undefined",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a variable of a compose file is set nowhere",
                .why = "Compose puts nothing in its place and goes on with a warning that scrolls by: an empty "
                       "password, a volume at the root of the disk, a host name that ends in a dot. Whoever sets the "
                       "machine up again from the example finds out at run time.",
                .remedy = "Add the name to the .env file and to its example, or give the variable a default. A file "
                          "named by env_file reaches the container only, never the compose file itself.",
                .peers = "docker compose: The X variable is not set",
                .check = check_env_undefined,
        },
        {
                .id = "env-example-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "the example of a .env file lacks a variable that is used",
                .why = "The example is what a new machine starts from. A variable that the .env or a document knows "
                       "and the example does not is the one that is forgotten.",
                .remedy = "Add the name to the example, with an empty or harmless value.",
                .peers = "dotenv-linter: compare",
                .check = check_env_example_drift,
        },
        {
                .id = "duplicate-env",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a variable is set twice in one place",
                .why = "Only the last one is in effect, so an edit of the first changes nothing.",
                .remedy = "Keep the one that is meant.",
                .peers = "kube-score: environment-variable-key-duplication; dotenv-linter: DuplicatedKey",
                .check = check_duplicate_env,
        },
};

const RuleSet rules_env = {"env", rules, G_N_ELEMENTS(rules)};
