/* CI workflows of GitHub, Gitea and Forgejo: which paths start them, and which paths their steps use. */
#include "source/words.h"

static bool is_workflow_path(Slice path)
{
	static const char *const folders[] = {".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"};
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (slice_find(path, folders[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	return is_workflow_path(file->path) && yaml_is_map(yaml_get(document->root, "jobs"));
}

static void add_path(const SourceFile *file, Node parent, const char *role, const YamlNode *path)
{
	if (!yaml_is_scalar(path) || path->value.length == 0)
		return;
	Node link = add_named(file, NODE_LINK, parent, path);
	graph_add(file->builder, link, FACT_ROLE, slice_from(role), path->start, path->end);
}

static void read_triggers(const SourceFile *file, const YamlNode *on, Node workflow)
{
	static const char *const events[] = {"push", "pull_request", "pull_request_target"};
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		YAML_EACH_ITEM (yaml_get(yaml_get(on, events[i]), "paths"), path)
			add_path(file, workflow, "trigger", path);
}

/* Lines of `run: |` lie in the file as written but for their indentation, which a shell does not mind. */
static void read_run(const SourceFile *file, const YamlNode *run, Node job)
{
	if (yaml_is_scalar(run))
		read_commands(file, job, slice_sub(file->bytes, run->start, run->end), SLICE("run"));
}

static void read_step(const SourceFile *file, const YamlNode *step, Node job)
{
	const YamlNode *uses = yaml_get(step, "uses"), *with = yaml_get(step, "with");
	add_path(file, job, "working-directory", yaml_get(step, "working-directory"));
	if (slice_starts(yaml_text(uses), "./"))
		add_path(file, job, "local-action", uses);
	if (slice_starts(yaml_text(uses), "docker/build-push-action")) {
		const YamlNode *context = yaml_get(with, "context"), *build = yaml_get(with, "file");
		add_path(file, job, "build-context", context);
		add_path(file, job, "build-file", build);
		add_scalar(file, job, FACT_BUILD_CONTEXT, context);
		add_scalar(file, job, FACT_BUILD_FILE, build);
	}
	read_run(file, yaml_get(step, "run"), job);
}

static void read_workflow(const SourceFile *file, const YamlDocument *document, Node node)
{
	const YamlNode *root = document->root, *on = yaml_get(root, "on");
	Node workflow = graph_add_node(file->builder, NODE_WORKFLOW, node, file->name, root->start, root->start);
	read_triggers(file, on, workflow);
	for (YamlPairs jobs = yaml_pairs(yaml_get(root, "jobs")); yaml_next_pair(&jobs);) {
		Node job = add_named(file, NODE_WORKFLOW, workflow, jobs.key);
		if (slice_starts(yaml_text_of(jobs.value, "uses"), "./"))
			add_path(file, job, "local-action", yaml_get(jobs.value, "uses"));
		add_path(file, job, "working-directory", yaml_at(jobs.value, "defaults.run.working-directory"));
		YAML_EACH_ITEM (yaml_get(jobs.value, "steps"), step)
			read_step(file, step, job);
	}
}

const Dialect dialect_workflow = {"workflow", claims, read_workflow};
