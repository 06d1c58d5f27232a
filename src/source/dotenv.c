/* .env files and their examples. In an example nothing is a secret and nothing is in effect, so the two are told apart
 * by their format. */
#include "source/source.h"

#include "base/dotenv.h"

static bool has_part(Slice name, const char *word)
{
	size_t length = strlen(word);
	for (size_t at = 0; (at = slice_find(name, word, at)) != SIZE_MAX; at++) {
		bool starts = at == 0 || strchr(".-_", name.at[at - 1]);
		bool ends = at + length == name.length || strchr(".-_", name.at[at + length]);
		if (starts && ends)
			return true;
	}
	return false;
}

static bool is_example(Slice name)
{
	static const char *const words[] = {"example", "sample", "template", "dist", "tmpl", "tpl"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (has_part(name, words[i]))
			return true;
	return false;
}

/* Without what says that it is a template: policy-env.hcl.tpl is a policy. */
static Slice strip_example(Slice name)
{
	size_t dot = name.length;
	while (dot > 0 && name.at[dot - 1] != '.')
		dot--;
	return dot > 1 && is_example(slice_sub(name, dot - 1, name.length)) ? slice_sub(name, 0, dot - 1) : name;
}

/* Ends of names such as .env.d.ts or env.py that are programs and documents. */
static bool has_other_type(Slice name)
{
	static const char *const ends[] = {".ts", ".js", ".mjs", ".cjs", ".py", ".sh", ".yaml", ".yml", ".json", ".md",
	        ".go", ".rb", ".toml", ".nix", ".tf", ".php", ".lua", ".zsh", ".bash", ".fish", ".ps1", ".txt", ".j2",
	        ".age", ".gpg", ".html", ".rs", ".xml", ".conf", ".ini", ".service", ".hcl"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(name, ends[i]))
			return true;
	return false;
}

static bool matches(const SourceFile *file)
{
	Slice name = file->name;
	if (has_other_type(strip_example(name)))
		return false;
	if (slice_starts(name, ".env"))
		return name.length == 4 || strchr(".-_", name.at[4]) != NULL;
	if (slice_ends(name, ".env") || slice_find(name, ".env.", 0) != SIZE_MAX)
		return true;
	return has_part(name, "env") && is_example(name);
}

static void read_dotenv(const SourceFile *file)
{
	const char *format = is_example(file->name) ? "dotenv-example" : "dotenv";
	graph_add(file->builder, file->node, FACT_FORMAT, slice_from(format), 0, 0);
	DotenvReader reader = dotenv_reader(file->bytes);
	for (DotenvEntry entry; dotenv_next(&reader, &entry);) {
		size_t start = (size_t)(entry.name.at - file->bytes.at), end = start + entry.name.length;
		if (entry.offered) {
			graph_add(file->builder, file->node, FACT_OFFERS, entry.name, start, end);
			continue;
		}
		Node env = graph_add_node(file->builder, NODE_ENV, file->node, entry.name, start, end);
		graph_add(file->builder, env, FACT_VALUE, entry.value, entry.start, entry.end);
	}
}

const Source source_dotenv = {"dotenv", matches, read_dotenv};
