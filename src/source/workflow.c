/* CI: which paths start a workflow, and which paths its steps use. GitHub, Gitea and Forgejo share one format; GitLab,
 * Woodpecker and Drone have their own, of which the same is read. */
#include "base/path.h"
#include "source/words.h"

static bool is_workflow_path(Slice path)
{
	static const char *const folders[] = {".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"};
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (slice_find(path, folders[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static bool is_gitlab(const SourceFile *file)
{
	return slice_is(file->path, ".gitlab-ci.yml") || slice_is(file->path, ".gitlab-ci.yaml");
}

/* .woodpecker.yml, .woodpecker/build.yaml, .drone.yml */
static bool is_step_list(const SourceFile *file)
{
	return slice_starts(file->path, ".woodpecker") || slice_is(file->path, ".drone.yml") ||
	       slice_is(file->path, ".drone.yaml");
}

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	if (is_gitlab(file) || is_step_list(file))
		return yaml_is_map(document->root);
	return is_workflow_path(file->path) && yaml_is_map(yaml_get(document->root, "jobs"));
}

static void add_path(const SourceFile *file, Node parent, const char *role, const YamlNode *path)
{
	if (!yaml_is_scalar(path) || path->value.length == 0)
		return;
	Node link = add_named(file, NODE_LINK, parent, path);
	graph_add(file->builder, link, FACT_ROLE, slice_from(role), path->start, path->end);
}

/* One path or a list of them. */
static void add_paths(const SourceFile *file, Node parent, const char *role, const YamlNode *paths)
{
	add_path(file, parent, role, paths);
	YAML_EACH_ITEM (paths, path)
		add_path(file, parent, role, path);
}

/* The lines of a scalar as they stand in the file: without its quotes or the header of a block. Indentation does not
 * matter to a shell. */
static Slice script_text(const SourceFile *file, const YamlNode *scalar)
{
	Slice text = slice_sub(file->bytes, scalar->start, scalar->end);
	bool quoted = scalar->style == YAML_SINGLE || scalar->style == YAML_DOUBLE;
	bool block = scalar->style == YAML_LITERAL || scalar->style == YAML_FOLDED;
	if (quoted && text.length >= 2)
		return slice_sub(text, 1, text.length - 1);
	size_t header = block ? slice_find_byte(text, '\n', 0) : 0;
	return slice_sub(text, MIN(header, text.length), text.length);
}

static void read_script(const SourceFile *file, const YamlNode *script, Node job)
{
	if (yaml_is_scalar(script))
		read_commands(file, job, script_text(file, script), SLICE("run"));
	YAML_EACH_ITEM (script, line)
		if (yaml_is_scalar(line))
			read_commands(file, job, script_text(file, line), SLICE("run"));
}

/* ---- GitHub, Gitea, Forgejo ---------------------------------------------------------------------------- */

static void read_triggers(const SourceFile *file, const YamlNode *on, Node workflow)
{
	static const char *const events[] = {"push", "pull_request", "pull_request_target", NULL};
	for (YamlPairs pairs = yaml_pairs(on); yaml_next_pair(&pairs);) {
		const YamlNode *paths = yaml_get(pairs.value, "paths");
		if (!slice_is_any_nocase(yaml_text(pairs.key), events))
			continue;
		add_paths(file, workflow, "trigger", paths);
		if (!paths && !yaml_get(pairs.value, "tags"))
			graph_add_flag(file->builder, workflow, FACT_ANY_CHANGE, pairs.key->start, pairs.key->end);
	}
	YAML_EACH_ITEM (yaml_get(on, "schedule"), item)
		add_scalar_of(file, workflow, FACT_SCHEDULE, item, "cron");
}

/* The action takes its file from the root, and a build from its context: "app/Dockerfile" of context "app" is
 * "Dockerfile", that of context "lib" is "../app/Dockerfile". */
static Slice file_from_context(const SourceFile *file, Slice context, Slice build)
{
	if (slice_find_byte(context, '$', 0) != SIZE_MAX || slice_find_byte(build, '$', 0) != SIZE_MAX)
		return build;
	g_autofree char *folder = path_resolve((Slice){"", 0}, context);
	g_autofree char *path = path_resolve((Slice){"", 0}, build);
	if (!folder || !path)
		return build;
	Slice below = slice_from(folder), full = slice_from(path);
	if (path_is_below(full, below) && full.length > below.length)
		return slice_from(
		        arena_text(file->arena, slice_sub(full, below.length + (below.length > 0), full.length)));
	g_autoptr(GString) up = g_string_new(NULL);
	for (; below.length; below = path_folder(below))
		g_string_append(up, "../");
	g_string_append(up, path);
	return slice_from(arena_text(file->arena, (Slice){up->str, up->len}));
}

/* One job may build several images, so each build is a node of its own. */
static void read_build(const SourceFile *file, const YamlNode *with, Node job, const YamlNode *key)
{
	const YamlNode *context = yaml_get(with, "context"), *build = yaml_get(with, "file");
	add_path(file, job, "build-context", context);
	add_path(file, job, "build-file", build);
	if (!yaml_is_scalar(context))
		return;
	Node step = add_named(file, NODE_WORKFLOW, job, key);
	add_scalar(file, step, FACT_BUILD_CONTEXT, context);
	if (yaml_is_scalar(build))
		graph_add(file->builder, step, FACT_BUILD_FILE, file_from_context(file, context->value, build->value),
		        build->start, build->end);
}

/* Inputs of actions that are files or folders of the repository, by their names. What an action writes, and globs, have
 * other names. */
static bool is_path_input(Slice key)
{
	static const char *const names[] = {"config-file", "config_file", "configuration-path", "manifest-file",
	        "cache-dependency-path", "scandir", "dockerfile", "working-directory", "working_directory", "workdir",
	        "requirements-file", "values-file", "helmfile", "project-path", "package-json-file"};
	static const char *const ends[] = {"-version-file", "_config", "-config-file", "_config_file", "_prompt_file"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(key, names[i]))
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(key, ends[i]))
			return true;
	return false;
}

/* One path; a text of several lines is several, or no path at all. */
static void read_inputs(const SourceFile *file, const YamlNode *with, Node job)
{
	for (YamlPairs inputs = yaml_pairs(with); yaml_next_pair(&inputs);) {
		Slice value = yaml_text(inputs.value);
		bool path = slice_find_byte(value, '/', 0) != SIZE_MAX || slice_find_byte(value, '.', 0) != SIZE_MAX;
		if (path && is_path_input(yaml_text(inputs.key)) && slice_find_byte(value, '\n', 0) == SIZE_MAX &&
		        slice_find_byte(value, ' ', 0) == SIZE_MAX)
			add_path(file, job, "step-input", inputs.value);
	}
}

/* What anyone who may open an issue or a pull request chooses the words of. */
static bool is_written_by_others(Slice path)
{
	static const char *const events[] = {"issue.title", "issue.body", "pull_request.title", "pull_request.body",
	        "pull_request.head.ref", "pull_request.head.label", "pull_request.head.repo.default_branch",
	        "comment.body", "review.body", "discussion.title", "discussion.body", "head_commit.message",
	        "head_commit.author.name", "head_commit.author.email", "workflow_run.head_branch",
	        "workflow_run.head_commit.message", "workflow_run.display_title", NULL};
	if (slice_is(path, "github.head_ref"))
		return true;
	return slice_starts(path, "github.event.") &&
	       slice_is_any_nocase(slice_sub(path, strlen("github.event."), path.length), events);
}

static size_t path_end(Slice text, size_t at)
{
	while (at < text.length && (g_ascii_isalnum(text.at[at]) || strchr("._-", text.at[at])))
		at++;
	return at;
}

/* The expression is filled in before the shell reads the script, so that quotes around it do not hold. start is its
 * first byte in the file, behind the braces. */
static void read_expression(const SourceFile *file, Node job, size_t start, size_t end)
{
	Slice text = slice_sub(file->bytes, start, end);
	for (size_t at = 0; (at = slice_find(text, "github.", at)) != SIZE_MAX;) {
		size_t stop = path_end(text, at);
		Slice path = slice_sub(text, at, stop);
		if (is_written_by_others(path) && (at == 0 || !strchr("._-", text.at[at - 1])))
			graph_add(file->builder, job, FACT_PUTS_IN, path, start + at, start + stop);
		at = stop;
	}
}

static void read_expressions(const SourceFile *file, const YamlNode *script, Node job)
{
	if (!yaml_is_scalar(script))
		return;
	for (size_t at = script->start; (at = slice_find(file->bytes, "${{", at)) < script->end;) {
		size_t end = slice_find(file->bytes, "}}", at);
		if (end == SIZE_MAX)
			return;
		read_expression(file, job, at + 3, end);
		at = end;
	}
}

static void read_step(const SourceFile *file, const YamlNode *step, Node job, const YamlNode *key)
{
	const YamlNode *uses = yaml_get(step, "uses"), *with = yaml_get(step, "with");
	add_path(file, job, "working-directory", yaml_get(step, "working-directory"));
	if (slice_starts(yaml_text(uses), "./"))
		add_path(file, job, "local-action", uses);
	if (slice_starts(yaml_text(uses), "docker/build-push-action"))
		read_build(file, with, job, key);
	if (slice_starts(yaml_text(uses), "actions/github-script"))
		read_expressions(file, yaml_get(with, "script"), job);
	read_inputs(file, with, job);
	read_expressions(file, yaml_get(step, "run"), job);
	read_script(file, yaml_get(step, "run"), job);
}

/* Only by other workflows, which may be of other repositories: it works in the checkout of whoever calls it. */
static bool is_only_called(const YamlNode *on)
{
	uint32_t events = 0;
	bool called = slice_is(yaml_text(on), "workflow_call") || yaml_get(on, "workflow_call");
	for (YamlPairs pairs = yaml_pairs(on); yaml_next_pair(&pairs);)
		events++;
	YAML_EACH_ITEM (on, item) {
		events++;
		called |= slice_is(yaml_text(item), "workflow_call");
	}
	return called && events <= 1;
}

/* From here on the job works in another repository, unless that is put into a folder of its own. */
static bool is_foreign_checkout(const YamlNode *step)
{
	const YamlNode *with = yaml_get(step, "with");
	Slice repository = yaml_text_of(with, "repository");
	return slice_starts(yaml_text_of(step, "uses"), "actions/checkout") && repository.length &&
	       slice_find(repository, "github.repository", 0) == SIZE_MAX && !yaml_get(with, "path");
}

static void read_jobs(const SourceFile *file, const YamlNode *root, Node workflow)
{
	if (is_only_called(yaml_get(root, "on")))
		return;
	read_triggers(file, yaml_get(root, "on"), workflow);
	add_path(file, workflow, "working-directory", yaml_at(root, "defaults.run.working-directory"));
	for (YamlPairs jobs = yaml_pairs(yaml_get(root, "jobs")); yaml_next_pair(&jobs);) {
		Node job = add_named(file, NODE_WORKFLOW, workflow, jobs.key);
		if (slice_starts(yaml_text_of(jobs.value, "uses"), "./"))
			add_path(file, job, "local-action", yaml_get(jobs.value, "uses"));
		add_path(file, job, "working-directory", yaml_at(jobs.value, "defaults.run.working-directory"));
		bool foreign = false;
		YAML_EACH_ITEM (yaml_get(jobs.value, "steps"), step)
			if (!(foreign = foreign || is_foreign_checkout(step)))
				read_step(file, step, job, jobs.key);
	}
}

/* ---- GitLab ---------------------------------------------------------------------------------------------- */

/* `changes` is a list, or a map with the list in `paths`. */
static void read_changes(const SourceFile *file, const YamlNode *changes, Node job)
{
	add_paths(file, job, "trigger", yaml_is_map(changes) ? yaml_get(changes, "paths") : changes);
}

static void read_gitlab_job(const SourceFile *file, const YamlNode *map, Node job)
{
	static const char *const scripts[] = {"before_script", "script", "after_script"};
	for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++)
		read_script(file, yaml_get(map, scripts[i]), job);
	YAML_EACH_ITEM (yaml_get(map, "rules"), rule)
		read_changes(file, yaml_get(rule, "changes"), job);
	read_changes(file, yaml_at(map, "only.changes"), job);
}

/* `include: /ci/build.yml`, a list of such, and `local:` in maps; what has a `project` or URL is elsewhere. */
static void read_include(const SourceFile *file, const YamlNode *include, Node workflow)
{
	if (yaml_is_scalar(include) && slice_find(include->value, "://", 0) == SIZE_MAX)
		add_path(file, workflow, "local-action", include);
	else
		add_path(file, workflow, "local-action", yaml_get(include, "local"));
}

static void read_gitlab(const SourceFile *file, const YamlNode *root, Node workflow)
{
	const YamlNode *include = yaml_get(root, "include");
	read_include(file, include, workflow);
	YAML_EACH_ITEM (include, item)
		read_include(file, item, workflow);
	for (YamlPairs jobs = yaml_pairs(root); yaml_next_pair(&jobs);)
		if (yaml_is_map(jobs.value) && !slice_is(yaml_text(jobs.key), "include"))
			read_gitlab_job(file, jobs.value, add_named(file, NODE_WORKFLOW, workflow, jobs.key));
}

/* ---- Woodpecker, Drone ------------------------------------------------------------------------------------ */

static void read_path_filter(const SourceFile *file, const YamlNode *path, Node workflow)
{
	add_paths(file, workflow, "trigger", yaml_is_map(path) ? yaml_get(path, "include") : path);
}

static void read_when(const SourceFile *file, const YamlNode *when, Node workflow)
{
	read_path_filter(file, yaml_get(when, "path"), workflow);
	YAML_EACH_ITEM (when, condition)
		read_path_filter(file, yaml_get(condition, "path"), workflow);
}

static void read_plain_step(const SourceFile *file, const YamlNode *step, Node job)
{
	read_when(file, yaml_get(step, "when"), job);
	read_script(file, yaml_get(step, "commands"), job);
}

static void read_step_list(const SourceFile *file, const YamlNode *root, Node workflow)
{
	const YamlNode *steps = yaml_get(root, "steps");
	if (!steps)
		steps = yaml_get(root, "pipeline");
	read_when(file, yaml_get(root, "when"), workflow);
	read_path_filter(file, yaml_at(root, "trigger.paths"), workflow);
	for (YamlPairs named = yaml_pairs(steps); yaml_next_pair(&named);)
		read_plain_step(file, named.value, add_named(file, NODE_WORKFLOW, workflow, named.key));
	YAML_EACH_ITEM (steps, step) {
		const YamlNode *name = yaml_get(step, "name");
		read_plain_step(file, step, add_named(file, NODE_WORKFLOW, workflow, name ? name : step));
	}
}

static void read_workflow(const SourceFile *file, const YamlDocument *document, Node node)
{
	const YamlNode *root = document->root;
	Node workflow = graph_add_node(file->builder, NODE_WORKFLOW, node, file->name, root->start, root->start);
	if (is_gitlab(file))
		read_gitlab(file, root, workflow);
	else if (is_step_list(file))
		read_step_list(file, root, workflow);
	else
		read_jobs(file, root, workflow);
}

const Dialect dialect_workflow = {"workflow", claims, read_workflow};
