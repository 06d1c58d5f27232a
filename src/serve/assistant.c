/* The Model Context Protocol: what an assistant may ask is what a person may type. A tool is a row that says which
 * command it is and which of its options may be given; the program runs itself with these words and gives back what it
 * printed. So a tool has no way of its own to be wrong, and a run that fails takes nothing along.
 *
 * Options are passed as --name=value and paths behind --, so that no argument can be another option. What is read is
 * the working tree: that is what an assistant has edited. */
#include "serve/serve.h"

#include "base/path.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than an assistant can take in; it is told how to ask for less. */
#define MOST_TEXT 60000

typedef enum ParameterType { PARAMETER_TEXT, PARAMETER_LIST, PARAMETER_FLAG } ParameterType;

/* name: of the option with _ for -, or "path" or "rules" for words without one. */
typedef struct Parameter {
	const char *name, *option; /* option NULL: a word by itself */
	ParameterType type;
	const char *description;
	bool required;
} Parameter;

#define MOST_PARAMETERS 8

typedef struct Tool {
	const char *name, *description;
	const char *words[3]; /* of the command line, before the options */
	bool no_worktree;     /* reads no working tree */
	bool writes_page;     /* into a folder, of which REPORT.md is the answer */
	Parameter parameters[MOST_PARAMETERS];
} Tool;

/* clang-format off */
static const Tool tools[] = {
	{"check",
	 "Say what is wrong between the files of the homelab's repository: each finding with its place, evidence from both "
	 "sides and a hint. Call it again after an edit.",
	 {"check"}, false, false,
	 {{"path", NULL, PARAMETER_TEXT, "Only what is at or below this path of the repository", false},
	  {"rule", "--rule", PARAMETER_LIST, "Only these rules", false},
	  {"level", "--level", PARAMETER_TEXT, "From this level on: error, warning (usual) or info", false},
	  {"profile", "--profile", PARAMETER_TEXT, "homelab (usual), security or strict", false},
	  {"new_since", "--new-since", PARAMETER_TEXT, "Only findings that were not there at this commit", false},
	  {"all", "--all", PARAMETER_FLAG, "Every finding and every place of it", false},
	  {"format", "--format", PARAMETER_TEXT, "text (usual), lines, json, sarif or markdown", false}}},
	{"explain", "Say why a rule asks, what to do, and how to silence it.",
	 {"explain"}, true, false,
	 {{"rules", NULL, PARAMETER_LIST, "Ids of rules, as check prints them", true}}},
	{"facts",
	 "Print what was understood of the repository, one fact a line: subject, kind, object, place. Narrow it by subject "
	 "and kind.",
	 {"facts"}, false, false,
	 {{"subject", "--subject", PARAMETER_TEXT, "Only subjects whose name contains this, such as a Service's", false},
	  {"kind", "--kind", PARAMETER_TEXT, "Only facts of this kind, such as image or selects", false}}},
	{"fix",
	 "Mend what can be mended, with edits that are proven: the finding is gone, no other came, all else says what it "
	 "said. Shows the diff and writes nothing unless write is true.",
	 {"fix"}, false, false,
	 {{"path", NULL, PARAMETER_TEXT, "Only what is at or below this path of the repository", false},
	  {"rule", "--only", PARAMETER_LIST, "Only these rules", false},
	  {"derive", "--derive", PARAMETER_FLAG, "Values that evidence tells, too, and not only what is right in any case", false},
	  {"write", "--write", PARAMETER_FLAG, "Write the files; only where the server was started with --allow-write", false}}},
	{"place",
	 "Say which workload belongs on which node, the moves in an order that overloads no node, and what does not fit and why.",
	 {"place"}, false, false,
	 {{"path", NULL, PARAMETER_TEXT, "Only what is at or below this path of the repository", false},
	  {"usage", "--usage", PARAMETER_LIST, "Files that kubectl's pods, nodes or metrics were saved to", false},
	  {"what_if", "--what-if", PARAMETER_LIST, "drain NODE, lose NODE, add node NAME cpu=4 memory=16Gi, replicas NAME=2", false},
	  {"migrate", "--migrate", PARAMETER_FLAG, "Let volumes move too, at the price of copying them", false},
	  {"format", "--format", PARAMETER_TEXT, "text (usual) or json", false}}},
	{"report", "What became of the repository between two commits, as Markdown: findings that went and came, nodes, services.",
	 {"report"}, true, true,
	 {{"from", "--from", PARAMETER_TEXT, "The state before: a commit (usual: where the last improvement or the branch began)", false},
	  {"to", "--to", PARAMETER_TEXT, "The state after: a commit (usual: what is staged)", false},
	  {"usage", "--usage", PARAMETER_LIST, "As for place", false}}},
};
/* clang-format on */

typedef struct Assistant {
	const AssistantOptions *options;
	char *program, *root;
} Assistant;

/* ---- what there is ------------------------------------------------------------------------------------------ */

static const Tool *find_tool(const char *name)
{
	for (size_t i = 0; name && i < G_N_ELEMENTS(tools); i++)
		if (strcmp(tools[i].name, name) == 0)
			return &tools[i];
	return NULL;
}

static void add_property(Json *schema, const Parameter *parameter)
{
	static const char *const types[] = {"string", "array", "boolean"};
	Json *property = json_map_in(json_map_in(schema, "properties"), parameter->name);
	json_set_text(property, "type", types[parameter->type]);
	json_set_text(property, "description", parameter->description);
	if (parameter->type == PARAMETER_LIST)
		json_set_text(json_map_in(property, "items"), "type", "string");
	if (parameter->required)
		json_append_text(json_list_in(schema, "required"), parameter->name);
}

static Json *tool_json(const Tool *tool, bool allow_write)
{
	Json *object = json_new_map(), *schema = json_map_in(object, "inputSchema");
	bool writes = strcmp(tool->name, "fix") == 0 && allow_write;
	json_set_text(object, "name", tool->name);
	json_set_text(object, "description", tool->description);
	json_set_text(schema, "type", "object");
	json_map_in(schema, "properties");
	json_set_bool(schema, "additionalProperties", false);
	for (const Parameter *parameter = tool->parameters;
	        parameter < tool->parameters + MOST_PARAMETERS && parameter->name; parameter++)
		add_property(schema, parameter);
	json_set_bool(json_map_in(object, "annotations"), "readOnlyHint", !writes);
	json_set_bool(json_map_in(object, "annotations"), "openWorldHint", false);
	return object;
}

static Json *list_tools(gpointer data, const Json *params, GError **error)
{
	const Assistant *assistant = data;
	Json *result = json_new_map();
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
		json_append(json_list_in(result, "tools"), tool_json(&tools[i], assistant->options->allow_write));
	return result;
}

/* ---- words of the command line ------------------------------------------------------------------------------- */

/* Whoever asked wrongly learns from the answer what may be asked. */
static bool fail_argument(GError **error, const Parameter *parameter)
{
	static const char *const types[] = {"a text", "a list of texts", "true or false"};
	g_set_error(error, RPC_ERROR, RPC_INVALID_PARAMS, "'%s' wants %s: %s", parameter->name, types[parameter->type],
	        parameter->description);
	return false;
}

static void append_name(GString *list, const char *name)
{
	g_string_append_printf(list, "%s%s", list->len ? ", " : "", name);
}

static bool fail_unknown(GError **error, const Tool *tool, const char *name)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (size_t i = 0; i < MOST_PARAMETERS && tool->parameters[i].name; i++)
		append_name(list, tool->parameters[i].name);
	g_set_error(error, RPC_ERROR, RPC_INVALID_PARAMS, "%s has no '%s'; it takes %s", tool->name, name, list->str);
	return false;
}

static void fail_tool(GError **error, const char *name)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
		append_name(list, tools[i].name);
	g_set_error(error, RPC_ERROR, RPC_INVALID_PARAMS, "no tool is called '%s'; there are %s", name ? name : "",
	        list->str);
}

/* A path leads nowhere else: a folder outside would be read as a whole. */
static bool is_within(const Assistant *assistant, const Parameter *parameter, const char *text, GError **error)
{
	if (strcmp(parameter->name, "path") != 0)
		return true;
	g_autofree char *joined = g_canonicalize_filename(text, assistant->root);
	char *real = realpath(joined, NULL);
	bool good = real && path_is_below(slice_from(real), slice_from(assistant->root));
	free(real);
	if (!good)
		g_set_error(error, RPC_ERROR, RPC_INVALID_PARAMS, "there is no '%s' in %s", text, assistant->root);
	return good;
}

static void add_word(GPtrArray *options, GPtrArray *words, const Parameter *parameter, const char *text)
{
	if (parameter->option)
		g_ptr_array_add(options, g_strdup_printf("%s=%s", parameter->option, text));
	else
		g_ptr_array_add(words, g_strdup(text));
}

static bool add_argument(const Assistant *assistant, GPtrArray *options, GPtrArray *words, const Parameter *parameter,
        const Json *value, GError **error)
{
	const char *text = json_text(value);
	if (parameter->type == PARAMETER_FLAG) {
		if (json_kind(value) != JSON_BOOL)
			return fail_argument(error, parameter);
		if (json_true_at(value, "", false))
			g_ptr_array_add(options, g_strdup(parameter->option));
		return true;
	}
	if (text) { /* one text serves as a list of one */
		if (!is_within(assistant, parameter, text, error))
			return false;
		add_word(options, words, parameter, text);
		return true;
	}
	if (parameter->type != PARAMETER_LIST || json_kind(value) != JSON_LIST)
		return fail_argument(error, parameter);
	JSON_EACH (value, item) {
		if (!json_text(item))
			return fail_argument(error, parameter);
		add_word(options, words, parameter, json_text(item));
	}
	return true;
}

static const Parameter *find_parameter(const Tool *tool, const char *name)
{
	for (size_t i = 0; i < MOST_PARAMETERS && tool->parameters[i].name; i++)
		if (strcmp(tool->parameters[i].name, name) == 0)
			return &tool->parameters[i];
	return NULL;
}

static bool add_arguments(const Assistant *assistant, const Tool *tool, const Json *arguments, GPtrArray *options,
        GPtrArray *words, GError **error)
{
	JSON_MEMBERS (arguments, name, value) {
		const Parameter *parameter = find_parameter(tool, name);
		if (!parameter)
			return fail_unknown(error, tool, name);
		if (json_kind(value) != JSON_NIL && !add_argument(assistant, options, words, parameter, value, error))
			return false;
	}
	for (size_t i = 0; i < MOST_PARAMETERS && tool->parameters[i].name; i++)
		if (tool->parameters[i].required && words->len == 0)
			return fail_argument(error, &tool->parameters[i]);
	return true;
}

static void take_all(GPtrArray *into, GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(into, g_strdup(from->pdata[i]));
}

/* The program's own words, NULL at the end; folder is where a report is written to. */
static GPtrArray *words_of(
        const Assistant *assistant, const Tool *tool, const Json *arguments, const char *folder, GError **error)
{
	g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	if (!add_arguments(assistant, tool, arguments, options, words, error))
		return NULL;
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(argv, g_strdup(assistant->program));
	for (const char *const *word = tool->words; *word; word++)
		g_ptr_array_add(argv, g_strdup(*word));
	if (!tool->no_worktree && strcmp(tool->name, "fix") != 0)
		g_ptr_array_add(argv, g_strdup("--worktree"));
	if (folder)
		g_ptr_array_add(argv, g_strdup_printf("--output=%s", folder));
	take_all(argv, options);
	g_ptr_array_add(argv, g_strdup("--"));
	take_all(argv, words);
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* ---- running -------------------------------------------------------------------------------------------------- */

/* Cut at a line. */
static void append_cut(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	size_t length = strlen(valid), kept = MIN(length, MOST_TEXT);
	while (kept < length && kept > 0 && valid[kept - 1] != '\n')
		kept--;
	g_string_append_len(out, valid, (gssize)kept);
	if (kept < length)
		g_string_append_printf(out,
		        "\n(%zu bytes more are not shown: narrow it by path, rule, subject or kind)\n", length - kept);
}

static Json *result_of(const char *text, bool failed)
{
	Json *result = json_new_map(), *content = json_new_map();
	json_set_text(content, "type", "text");
	json_set_text(content, "text", text);
	json_append(json_list_in(result, "content"), content);
	json_set_bool(result, "isError", failed);
	return result;
}

/* Without colours, and in UTF-8 wherever the server was started. */
static char **environment(void)
{
	char **all = g_get_environ();
	all = g_environ_setenv(all, "NO_COLOR", "1", TRUE);
	return g_environ_setenv(all, "LC_ALL", "C.UTF-8", TRUE);
}

/* Nothing that may be asked takes so much, but what is asked is not ours. */
#define MOST_CPU_SECONDS 300

static void limit(gpointer data)
{
	const struct rlimit most = {MOST_CPU_SECONDS, MOST_CPU_SECONDS};
	setrlimit(RLIMIT_CPU, &most);
}

/* Findings are no failure: exit codes above 1 are. */
static Json *run_words(const Assistant *assistant, GPtrArray *argv, const char *folder, GError **error)
{
	g_autofree char *out = NULL, *complaint = NULL;
	g_auto(GStrv) env = environment();
	int status;
	if (!g_spawn_sync(assistant->root, (char **)argv->pdata, env, G_SPAWN_DEFAULT, limit, NULL, &out, &complaint,
	            &status, error))
		return NULL;
	bool failed = !WIFEXITED(status) || WEXITSTATUS(status) > 1;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *page = folder ? g_build_filename(folder, "REPORT.md", NULL) : NULL, *report = NULL;
	if (page && !failed && g_file_get_contents(page, &report, NULL, NULL))
		append_cut(text, report);
	else
		append_cut(text, out);
	append_cut(text, complaint);
	return result_of(text->str, failed);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = {"REPORT.md", "report.html", "report.json"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		unlink(path);
	}
	rmdir(folder);
}

static Json *call_tool(gpointer data, const Json *params, GError **error)
{
	const Assistant *assistant = data;
	const char *name = json_text_at(params, "name");
	const Json *arguments = json_get(params, "arguments");
	const Tool *tool = find_tool(name);
	if (!tool) {
		fail_tool(error, name);
		return NULL;
	}
	if (arguments && json_kind(arguments) != JSON_MAP && json_kind(arguments) != JSON_NIL) {
		g_set_error(error, RPC_ERROR, RPC_INVALID_PARAMS, "the arguments of %s want an object", tool->name);
		return NULL;
	}
	if (strcmp(tool->name, "fix") == 0 && !assistant->options->allow_write &&
	        json_true_at(arguments, "write", false))
		return result_of(
		        "Nothing was written: this server may only show edits. Whoever started it may allow more "
		        "by labwright mcp --allow-write.",
		        true);
	g_autofree char *folder = tool->writes_page ? g_dir_make_tmp("labwright-XXXXXX", error) : NULL;
	if (tool->writes_page && !folder)
		return NULL;
	g_autoptr(GPtrArray) argv = words_of(assistant, tool, arguments, folder, error);
	Json *result = argv ? run_words(assistant, argv, folder, error) : NULL;
	if (folder)
		remove_folder(folder);
	return result;
}

/* ---- beginning ------------------------------------------------------------------------------------------------ */

/* The version that the assistant speaks, if it is one of these; else the newest of them. */
static const char *agreed_version(const char *wanted)
{
	static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
	for (size_t i = 0; wanted && i < G_N_ELEMENTS(versions); i++)
		if (strcmp(versions[i], wanted) == 0)
			return versions[i];
	return versions[0];
}

static Json *initialize(gpointer data, const Json *params, GError **error)
{
	Json *result = json_new_map(), *info = json_map_in(result, "serverInfo");
	json_set_text(result, "protocolVersion", agreed_version(json_text_at(params, "protocolVersion")));
	json_map_in(json_map_in(result, "capabilities"), "tools");
	json_set_text(info, "name", "labwright");
	json_set_text(info, "version", VERSION);
	json_set_text(result, "instructions",
	        "labwright reads a homelab's Git repository and says what is wrong between its files. Begin with "
	        "check; "
	        "explain a rule before you silence it; fix shows edits that are proven; check again after each edit.");
	return result;
}

static Json *ping(gpointer data, const Json *params, GError **error)
{
	return json_new_map();
}

static Json *nothing(gpointer data, const Json *params, GError **error)
{
	return NULL;
}

static const RpcMethod methods[] = {
        {"initialize", initialize},
        {"notifications/initialized", nothing},
        {"ping", ping},
        {"tools/list", list_tools},
        {"tools/call", call_tool},
        {NULL, NULL},
};

int serve_assistant(const AssistantOptions *options)
{
	Assistant assistant = {.options = options,
	        .program = g_file_read_link("/proc/self/exe", NULL),
	        .root = realpath(options->path, NULL)};
	const RpcServer server = {.framing = RPC_LINES, .methods = methods, .data = &assistant};
	g_autoptr(Rpc) rpc = rpc_new(&server, STDIN_FILENO, STDOUT_FILENO);
	rpc_run(rpc);
	g_free(assistant.program);
	free(assistant.root);
	return 0;
}
