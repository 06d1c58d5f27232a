/* YAML of tools that names paths of the repository: Dependabot, the labeler, pre-commit, SOPS, MkDocs, Task. */
#include "source/words.h"

#define MOST_DEPTH 16

static bool is_named(const SourceFile *file, const char *stem)
{
	size_t length = strlen(stem);
	return slice_starts(file->name, stem) &&
	       (slice_is(slice_sub(file->name, length, file->name.length), ".yml") ||
	               slice_is(slice_sub(file->name, length, file->name.length), ".yaml"));
}

static bool is_taskfile(const SourceFile *file)
{
	return is_named(file, "Taskfile") || is_named(file, "taskfile") || is_named(file, "Taskfile.dist") ||
	       slice_find(file->path, ".taskfiles/", 0) != SIZE_MAX;
}

static void add_path(const SourceFile *file, Node parent, const char *role, const YamlNode *path)
{
	if (!yaml_is_scalar(path) || path->value.length == 0 || path->value.length > 300)
		return;
	Node link = add_named(file, NODE_LINK, parent, path);
	graph_add(file->builder, link, FACT_ROLE, slice_from(role), path->start, path->end);
}

/* ---- Dependabot and the labeler ------------------------------------------------------------------------- */

static void read_dependabot(const SourceFile *file, const YamlNode *root, Node node)
{
	YAML_EACH_ITEM (yaml_get(root, "updates"), update) {
		add_path(file, node, "config-root", yaml_get(update, "directory"));
		YAML_EACH_ITEM (yaml_get(update, "directories"), folder)
			add_path(file, node, "config-root", folder);
	}
}

/* Globs stand at several depths, by version of the labeler. */
static void read_globs(const SourceFile *file, const YamlNode *from, Node node, uint32_t depth)
{
	if (depth > MOST_DEPTH)
		return;
	if (yaml_is_scalar(from) && slice_find_byte(from->value, '/', 0) != SIZE_MAX)
		add_path(file, node, "config-glob", from);
	YAML_EACH_ITEM (from, item)
		read_globs(file, item, node, depth + 1);
	for (YamlPairs pairs = yaml_pairs(from); yaml_next_pair(&pairs);)
		if (slice_find(yaml_text(pairs.key), "branch", 0) == SIZE_MAX)
			read_globs(file, pairs.value, node, depth + 1);
}

static void read_labeler(const SourceFile *file, const YamlNode *root, Node node)
{
	read_globs(file, root, node, 0);
}

/* ---- SOPS and pre-commit -------------------------------------------------------------------------------- */

static void read_sops(const SourceFile *file, const YamlNode *root, Node node)
{
	YAML_EACH_ITEM (yaml_get(root, "creation_rules"), rule) {
		const YamlNode *pattern = yaml_get(rule, "path_regex");
		if (slice_find(yaml_text(pattern), "/dev/std", 0) == SIZE_MAX) /* what is piped through sops */
			add_path(file, node, "config-regex", pattern);
	}
}

static void read_hooks(const SourceFile *file, const YamlNode *root, Node node)
{
	YAML_EACH_ITEM (yaml_get(root, "repos"), repository)
		YAML_EACH_ITEM (yaml_get(repository, "hooks"), hook) {
			const YamlNode *entry = yaml_get(hook, "entry");
			add_path(file, node, "config-regex", yaml_get(hook, "files"));
			if (slice_is(yaml_text_of(repository, "repo"), "local") && yaml_is_scalar(entry) &&
			        entry->style == YAML_PLAIN)
				read_commands(
				        file, node, slice_sub(file->bytes, entry->start, entry->end), (Slice){"", 0});
		}
}

/* ---- MkDocs ------------------------------------------------------------------------------------------------ */

/* The path with the folder of documents in front, at the place where it is written. */
static void add_page(const SourceFile *file, Slice folder, const YamlNode *page, Node node)
{
	if (!slice_ends(page->value, ".md") || page->value.length > 300)
		return;
	char *path = arena_printf(file->arena, "%.*s/%.*s", SLICE_ARGS(folder), SLICE_ARGS(page->value));
	Node link = graph_add_node(file->builder, NODE_LINK, node, slice_from(path), page->start, page->end);
	graph_add(file->builder, link, FACT_ROLE, SLICE("config-file"), page->start, page->end);
}

static void read_nav(const SourceFile *file, Slice folder, const YamlNode *from, Node node, uint32_t depth)
{
	if (depth > MOST_DEPTH)
		return;
	if (yaml_is_scalar(from))
		add_page(file, folder, from, node);
	YAML_EACH_ITEM (from, item)
		read_nav(file, folder, item, node, depth + 1);
	for (YamlPairs pairs = yaml_pairs(from); yaml_next_pair(&pairs);)
		read_nav(file, folder, pairs.value, node, depth + 1);
}

/* Plugins may make pages, or take them from elsewhere. */
static void read_mkdocs(const SourceFile *file, const YamlNode *root, Node node)
{
	static const char *const makers[] = {"gen-files", "monorepo", "multirepo", "literate-nav", "awesome-pages"};
	Slice folder = yaml_text_of(root, "docs_dir");
	for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
		if (slice_find(file->bytes, makers[i], 0) != SIZE_MAX)
			return;
	read_nav(file, folder.length ? folder : SLICE("docs"), yaml_get(root, "nav"), node, 0);
}

/* ---- Task ---------------------------------------------------------------------------------------------------- */

/* Lines of a block as they stand in the file; other scalars only where they are written as they are read. */
static void read_task_command(const SourceFile *file, const YamlNode *command, Node node)
{
	if (yaml_is_map(command))
		command = yaml_get(command, "cmd");
	if (!yaml_is_scalar(command))
		return;
	Slice text = slice_sub(file->bytes, command->start, command->end);
	bool block = command->style == YAML_LITERAL || command->style == YAML_FOLDED;
	size_t header = block ? slice_find_byte(text, '\n', 0) : command->style == YAML_PLAIN ? 0 : SIZE_MAX;
	if (header != SIZE_MAX)
		read_commands(file, node, slice_sub(text, header, text.length), (Slice){"", 0});
}

static void read_task(const SourceFile *file, const YamlNode *task, Node node)
{
	static const char *const keys[] = {"cmd", "cmds"};
	add_path(file, node, "folder", yaml_get(task, "dir"));
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const YamlNode *commands = yaml_get(task, keys[i]);
		if (yaml_is_scalar(commands))
			read_task_command(file, commands, node);
		YAML_EACH_ITEM (commands, command)
			read_task_command(file, command, node);
	}
}

static void read_taskfile(const SourceFile *file, const YamlNode *root, Node node)
{
	for (YamlPairs includes = yaml_pairs(yaml_get(root, "includes")); yaml_next_pair(&includes);) {
		const YamlNode *include = includes.value;
		bool optional = slice_is(yaml_text_of(include, "optional"), "true");
		if (!optional)
			add_path(file, node, "config-file",
			        yaml_is_map(include) ? yaml_get(include, "taskfile") : include);
		add_path(file, node, "folder", yaml_get(include, "dir"));
	}
	for (YamlPairs tasks = yaml_pairs(yaml_get(root, "tasks")); yaml_next_pair(&tasks);)
		read_task(file, tasks.value, node);
}

/* ---- files -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *stem;
	void (*read)(const SourceFile *file, const YamlNode *root, Node node);
} tools[] = {
        {"dependabot", read_dependabot},
        {"labeler", read_labeler},
        {".sops", read_sops},
        {".pre-commit-config", read_hooks},
        {"mkdocs", read_mkdocs},
};

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
		if (is_named(file, tools[i].stem))
			return yaml_is_map(document->root) && !yaml_get(document->root, "jobs") &&
			       !yaml_get(document->root, "apiVersion");
	return is_taskfile(file) && yaml_is_map(yaml_get(document->root, "tasks"));
}

static void read_tool(const SourceFile *file, const YamlDocument *document, Node node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
		if (is_named(file, tools[i].stem)) {
			tools[i].read(file, document->root, node);
			return;
		}
	read_taskfile(file, document->root, node);
}

const Dialect dialect_tools = {"tools", claims, read_tool};
