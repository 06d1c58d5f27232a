/* Documents that speak of paths that are gone. A link is meant as a path in any case; a path in code only if it begins
 * with a folder that is here and nothing around it says that it is planned, made by the reader or a thing of the past.
 * Commands in fences are read like scripts. A tree of folders counts as one of this repository if most of it is here.
 */
#include "base/path.h"
#include "rule/drawn.h"
#include "rule/gone.h"
#include "rule/script.h"
#include "rule/search.h"

static Slice name_of(const Graph *graph, Node link)
{
	return graph_symbol_slice(graph, graph_name_symbol(graph, link));
}

static Slice document_of(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

/* ---- what is said around a path ---------------------------------------------------------------------------- */

/* HOSTNAME, NAME, NN, 0N, YYYY: a word in capitals that the reader puts their own in place of. */
static bool stands_for_any(Slice word)
{
	static const char *const words[] = {"HOST", "HOSTNAME", "NAME", "NODE", "SERVICE", "STACK", "APP", "USER",
	        "USERNAME", "DOMAIN", "TOPIC", "APPNAME", "NODENAME", "CLUSTER", "NAMESPACE", "DATE", "YYYY", "MM",
	        "DD", "YYYYMMDD", "PLAYBOOK", "ROLE", "PROJECT", "MODULE", "ENVIRONMENT", "CHART", "RELEASE", "MACHINE",
	        "SERVER", "FOLDER", "CONTAINER"};
	size_t digits = 0, letters;
	if (slice_is_any(word, words, G_N_ELEMENTS(words)))
		return true;
	while (digits < word.length && g_ascii_isdigit(word.at[digits]))
		digits++;
	for (letters = digits; letters < word.length && strchr("NX", word.at[letters]);)
		letters++;
	return letters == word.length && letters > digits;
}

static bool has_stand_in(Slice path)
{
	Slice word;
	while (path_next_word(&path, &word))
		if (stands_for_any(word))
			return true;
	return false;
}

/* Paths with a name that stands for any name. */
static bool is_sample_path(Slice path)
{
	static const char *const words[] = {
	        "my-", "my_", "myapp", "new-", "foo", "your", "xxx", "-name", "some-", "app-name", "path/to"};
	g_autofree char *lower = g_ascii_strdown(path.at, (gssize)path.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	if (has_stand_in(path))
		return true;
	return (strstr(lower, "example") || strstr(lower, "sample")) && !strstr(lower, ".env");
}

/* Words by which prose says that a path need not be there. */
static bool says_absent(Slice line)
{
	static const char *const words[] = {"creat", "generat", "ignored", "not committed", "uncommitted", "gitignore",
	        "will be", "would ", "e.g.", "for example", "for instance", "such as", "delet", "remov", "renam",
	        "formerly", "previously", "no longer", "used to", "legacy", "deprecat", "retired", "not exist",
	        "doesn't exist", "missing", "planned", "not yet", "future", "todo", "add a ", "add the ", "new file",
	        "(new)", "copy ", "copied", "moved", "migrat", "replac", "optional", "if present", "if it exists",
	        "written to", "writes", "saved", "output", "result", "dump", "upstream", "should ", "- [ ]", "~~",
	        "temporary", "runtime", "never ", "without ", "don't", "do not", "is gone", "are gone", "save ",
	        "pending", "there is no", "**no**", "broken", "decommission", "dropped", "drifted", "stale", "git rm",
	        "`rm ", "add to ", "put in ", "put into ", "every new ", "each new ", "mới", "nouveau", "neue ",
	        "nuevo", "novo ", "source code", "código-fonte", "quellcode", "code source", "if `", "supprim",
	        "remplac", "à ajouter", "entfern", "ersetz", "elimin", "reemplaz", "crear ", "crea ", "crée", "criar ",
	        "erstell", "anlegen"};
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)MIN(line.length, 2000));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

/* Items of lists and rows of tables stand for themselves; lines of a paragraph belong together. */
static bool is_item(Slice line)
{
	Slice text = slice_trim(line);
	return text.length == 0 || strchr("-*+|#>", text.at[0]) || g_ascii_isdigit(text.at[0]);
}

/* "No `charts/` folder": the word right before the path denies it. */
static bool is_denied(Slice bytes, size_t at)
{
	while (at > 0 && strchr("`*\"' ", bytes.at[at - 1]))
		at--;
	bool no = at >= 2 && g_ascii_strncasecmp(bytes.at + at - 2, "no", 2) == 0;
	bool not = at >= 3 && g_ascii_strncasecmp(bytes.at + at - 3, "not", 3) == 0;
	size_t before = at - (not ? 3 : no ? 2 : 0);
	return (no || not ) && (before == 0 || !g_ascii_isalnum(bytes.at[before - 1]));
}

/* "`old.md` → `docs/old.md`" tells of a move, and the first of them is gone. */
static bool is_before_arrow(Slice bytes, size_t at)
{
	size_t end = MIN(slice_find_byte(bytes, '\n', at), bytes.length);
	Slice rest = slice_sub(bytes, at, end);
	return text_has(rest, "→") || text_has(rest, "->") || text_has(rest, "=>");
}

/* "TEI's `docs/models.md`": a name, with a capital, that is no part of the path: of somebody else's program. */
static bool is_of_named(Slice before, Slice path)
{
	bool typographic = slice_ends(before, "\xe2\x80\x99s");
	if (!typographic && !slice_ends(before, "'s"))
		return false;
	size_t end = before.length - (typographic ? strlen("\xe2\x80\x99s") : strlen("'s")), start = end;
	while (start > 0 && (g_ascii_isalnum(before.at[start - 1]) || strchr("-_", before.at[start - 1])))
		start--;
	if (start == end || !g_ascii_isupper(before.at[start]))
		return false;
	g_autofree char *name = g_ascii_strdown(before.at + start, (gssize)(end - start));
	g_autofree char *lower = g_ascii_strdown(path.at, (gssize)path.length);
	return !strstr(lower, name);
}

/* "that repo's CI; … in its `docs/deployment.md`": of another repository. */
static bool is_of_another(Slice bytes, size_t at, Slice path)
{
	static const char *const words[] = {"its", "their", "repo's", "repository's", "upstream's"};
	while (at > 0 && strchr("`*\"' ", bytes.at[at - 1]))
		at--;
	Slice before = slice_sub(bytes, 0, at);
	if (is_of_named(before, path))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		size_t length = strlen(words[i]);
		if (slice_ends(before, words[i]) && (at == length || strchr(" \n(", before.at[at - length - 1])))
			return true;
	}
	return false;
}

/* What a heading, or the line above a list, may say of all items below it. */
static bool heads_absent(Slice line)
{
	static const char *const words[] = {"removed", "deleted", "dropped", "retired", "deprecated", "obsolete",
	        "planned", "to create", "to be created", "future", "no longer", "old structure", "before", "previous",
	        "missing", "every new ", "each new ", "files to add", "new files"};
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)MIN(line.length, 200));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

#define MOST_LINES_UP 40

/* The headings above the line, from the nearest to that of the document, and the sentence right above its list. */
static bool is_below_absent(Slice bytes, size_t at)
{
	size_t level = 7;
	bool list = true;
	for (int i = 0; i < MOST_LINES_UP && at > 0 && level > 1; i++) {
		size_t end = at - 1;
		const char *before = end ? memrchr(bytes.at, '\n', end) : NULL;
		at = before ? (size_t)(before - bytes.at) + 1 : 0;
		Slice line = slice_sub(bytes, at, end), text = slice_trim(line);
		size_t marks = 0;
		while (marks < text.length && text.at[marks] == '#')
			marks++;
		bool heading = marks && marks < level, lead = list && text.length && !is_item(line);
		if ((heading || lead) && heads_absent(text))
			return true;
		list = list && !lead && !heading;
		level = heading ? marks : level;
	}
	return false;
}

/* "The hook (`hooks/before.sh`):" and a fence that begins with `#!`: the reader writes the file. */
static bool is_shown_below(Slice bytes, size_t end)
{
	Slice rest = slice_sub(bytes, MIN(end + 1, bytes.length), bytes.length), line = {"", 0};
	while (line.length == 0 && slice_next_line(&rest, &line))
		line = slice_trim(line);
	return slice_starts(line, "```") && slice_starts(rest, "#!");
}

/* The paragraph right below the list: "Copy the examples to those paths". */
static bool is_told_below_list(Slice bytes, size_t end)
{
	static const char *const words[] = {"copy ", "create ", "add these", "these files are", "both are made", NULL};
	Slice rest = slice_sub(bytes, MIN(end + 1, bytes.length), bytes.length), line;
	bool blank = false;
	for (int i = 0; i < MOST_LINES_UP && slice_next_line(&rest, &line); i++) {
		Slice text = slice_trim(line);
		if (text.length && blank && !is_item(line)) {
			g_autofree char *lower = g_ascii_strdown(text.at, (gssize)MIN(text.length, 40));
			for (size_t w = 0; words[w]; w++)
				if (g_str_has_prefix(lower, words[w]))
					return true;
			return false;
		}
		if (text.length && (blank || !is_item(line)))
			return false;
		blank = text.length == 0;
	}
	return false;
}

static bool is_said_absent(const Graph *graph, Span span)
{
	Slice bytes = graph_file_bytes(graph, span.file), line = graph_line_at(graph, span);
	if (says_absent(line) || is_denied(bytes, span.start) ||
	        is_of_another(bytes, span.start, graph_span_bytes(graph, span)) || is_before_arrow(bytes, span.end))
		return true;
	size_t start = (size_t)(line.at - bytes.at), end = start + line.length;
	if (is_below_absent(bytes, start))
		return true;
	while (end < bytes.length && bytes.at[end] != '\n')
		end++;
	if ((slice_ends(slice_trim(line), ":") && is_shown_below(bytes, end)) ||
	        (is_item(line) && is_told_below_list(bytes, end)))
		return true;
	if (end + 1 < bytes.length) {
		Slice next = graph_line_at(graph, (Span){span.file, (uint32_t)end + 1, (uint32_t)end + 1});
		if (!is_item(next) && says_absent(next))
			return true;
	}
	if (start == 0 || is_item(line))
		return false;
	Slice before = graph_line_at(graph, (Span){span.file, (uint32_t)start - 1, (uint32_t)start - 1});
	return before.length && says_absent(before);
}

/* ---- sites ------------------------------------------------------------------------------------------------- */

/* Links of a document that a site generator or notebook turns into pages follow its routes. */
static bool is_in_site(const Graph *graph, Slice folder)
{
	static const char *const files[] = {"mkdocs.yml", "mkdocs.yaml", "docusaurus.config.js", "docusaurus.config.ts",
	        "hugo.toml", "hugo.yaml", "config.toml", "_config.yml", "book.toml", "conf.py", "astro.config.mjs",
	        "quartz.config.ts", "antora.yml", ".vitepress/config.ts", ".vitepress/config.js",
	        ".vitepress/config.mts", "zensical.toml", ".obsidian/app.json", "_sidebar.md"};
	for (;; folder = path_folder(folder)) {
		for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
			g_autofree char *path = path_resolve(folder, slice_from(files[i]));
			if (path && graph_find_file(graph, slice_from(path)))
				return true;
		}
		if (folder.length == 0)
			return false;
	}
}

/* Pages that the forge makes beside the files: ../../issues */
static bool is_forge_page(Slice path)
{
	static const char *const pages[] = {"issues", "pulls", "pull", "wiki", "releases", "actions", "discussions",
	        "security", "tree", "blob", "raw", "commit", "commits", "compare", "projects", "milestones", "labels"};
	Slice first = first_part(path), page = first.length ? first : path_name(path);
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
		if (slice_starts(path, "../../") && slice_is(page, pages[i]))
			return true;
	return false;
}

/* ---- links ----------------------------------------------------------------------------------------------------- */

/* selecting.html, which is made of selecting.md beside it. */
static bool is_built_page(const Graph *graph, Slice folder, Slice path)
{
	static const char *const endings[] = {".md", ".rst", ".adoc", ".ipynb"};
	if (!slice_ends(path, ".html"))
		return false;
	g_autofree char *full = path_resolve(folder, slice_sub(path, 0, path.length - strlen(".html")));
	for (size_t i = 0; full && i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *source = g_strconcat(full, endings[i], NULL);
		if (graph_find_file(graph, slice_from(source)))
			return true;
	}
	return false;
}

/* [Go](go.dev): a host, which a browser takes for a file beside the document. Endings that files have too are left out.
 */
static bool is_host_name(Slice path)
{
	static const char *const ends[] = {
	        ".com", ".org", ".net", ".io", ".dev", ".app", ".eu", ".de", ".fr", ".nl", ".co.uk", ".cloud", ".xyz"};
	Slice host = slice_sub(path, 0, MIN(slice_find_byte(path, '/', 0), path.length));
	if (host.length == 0 || host.at[0] == '.')
		return false;
	for (size_t i = 0; i < host.length; i++)
		if (!g_ascii_islower(host.at[i]) && !g_ascii_isdigit(host.at[i]) && !strchr(".-", host.at[i]))
			return false;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(host, ends[i]))
			return true;
	return false;
}

static void report_host(Checker *checker, Node link, Slice path)
{
	Span place = graph_place(checker_graph(checker), link);
	Finding *finding = report(checker, link, place,
	        "the link '%.*s' leads to a file that is not there, since it does not begin with https://",
	        SLICE_ARGS(path));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(path));
	set_hint(checker, finding, "write https://%.*s", SLICE_ARGS(path));
	set_because(checker, finding, FIX_VALUE, "it is the name of a host");
	add_edit(checker, finding, (Span){place.file, place.start, place.start}, SLICE("https://"));
}

/* ~~[old](old.md)~~ */
static bool is_crossed_out(const Graph *graph, Span place)
{
	Slice line = graph_line_at(graph, place);
	size_t at = (size_t)(graph_file_bytes(graph, place.file).at + place.start - line.at);
	return text_has(slice_sub(line, 0, at), "~~") && text_has(slice_sub(line, at, line.length), "~~");
}

static void check_link(Gone *gone, Checker *checker, Node link)
{
	const Graph *graph = checker_graph(checker);
	Slice folder = path_folder(document_of(graph, link)), path = bare_path(name_of(graph, link));
	g_autofree char *decoded = slice_find_byte(path, '%', 0) == SIZE_MAX
	                                   ? NULL
	                                   : g_uri_unescape_segment(path.at, path.at + path.length, NULL);
	if (decoded)
		path = slice_from(decoded);
	bool rooted = slice_starts(path, "/") && !slice_starts(path, "//");
	if (rooted) {
		path = slice_sub(path, 1, path.length);
		if (exists_above(graph, folder, path))
			return; /* of a site, whose root is a folder above the document */
		folder = (Slice){"", 0};
	}
	if (!is_literal_path(path) || is_forge_page(path) || (!has_extension(path) && first_part(path).length == 0))
		return;
	if (rooted && !graph_has_folder(graph, first_part(path)))
		return;
	g_autofree char *full = path_resolve(folder, path);
	if (!full || exists_above(graph, folder, path) || is_kept_out(gone, folder, path) ||
	        is_built_page(graph, folder, path))
		return;
	if (is_host_name(path)) {
		report_host(checker, link, path);
		return;
	}
	bool route = rooted || !has_extension(path) || is_short_form(gone, path_name(path));
	if ((!route || !is_in_site(graph, folder)) && !is_crossed_out(graph, graph_place(graph, link)))
		gone_add(gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(full));
}

/* ---- paths in code and commands ------------------------------------------------------------------------------- */

/* Where a path in code is meant from: the root, or the document's folder; NULL if its first folder is in neither. */
static char *own_path(const Graph *graph, Slice document, Slice path)
{
	Slice first = first_part(path), folder = path_folder(document);
	if (first.length == 0)
		return NULL;
	if (graph_has_folder(graph, first))
		return path_resolve((Slice){"", 0}, path);
	g_autofree char *sibling = path_resolve(folder, first);
	return sibling && graph_has_folder(graph, slice_from(sibling)) ? path_resolve(folder, path) : NULL;
}

static bool is_program(const Graph *graph, uint32_t file, void *data)
{
	Slice name = path_name(slice_from(graph_file_path(graph, file)));
	return slice_ends(name, ".sh") || slice_ends(name, ".py") || slice_ends(name, "akefile") ||
	       slice_ends(name, ".tf");
}

static bool is_written(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	return text_has(line, ">") || text_has(line, "=\"") || text_has(line, "= \"") || text_has(line, "tee ") ||
	       text_has(line, "open(");
}

/* Some program of the repository keeps the name to write it. */
static bool is_made_elsewhere(const Graph *graph, Slice path)
{
	Span span;
	return has_extension(path) && !is_common_name(path_name(path)) &&
	       search_word(graph, path_name(path), is_program, is_written, NULL, &span);
}

/* `home/kitchen/#`, `home/+/state`: a topic of MQTT with what stands for any. */
static bool is_topic(Slice text)
{
	return slice_ends(text, "/#") || text_has(text, "/+/") || slice_ends(text, "/+");
}

/* default.yaml, of which default.yaml.example is there: the reader makes it. */
static bool has_sample(const Graph *graph, const char *path)
{
	static const char *const endings[] = {".example", ".sample", ".template", ".tmpl", ".dist"};
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *sample = g_strconcat(path, endings[i], NULL);
		if (graph_find_file(graph, slice_from(sample)))
			return true;
	}
	return false;
}

static void check_code(Gone *gone, Checker *checker, Node link)
{
	const Graph *graph = checker_graph(checker);
	Slice document = document_of(graph, link), folder = path_folder(document),
	      path = bare_path(name_of(graph, link));
	if (!is_literal_path(path) || !(has_extension(path) || path.at[path.length - 1] == '/') || is_plan(document) ||
	        is_sample_path(path) || is_topic(name_of(graph, link)))
		return;
	g_autofree char *full = own_path(graph, document, path);
	if (full && !exists_above(graph, folder, path) && !is_kept_out(gone, folder, path) &&
	        !is_short_form(gone, path) && !is_said_absent(graph, graph_place(graph, link)) &&
	        !is_made_elsewhere(graph, path) && !has_sample(graph, full))
		gone_add(gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(full));
}

/* `cp .env.example .env` is the first thing a reader types, wherever the file should be. */
static bool is_env_sample(Slice path)
{
	Slice name = path_name(path);
	return slice_starts(name, ".env") &&
	       (text_has(name, "example") || text_has(name, "sample") || text_has(name, "template"));
}

static void check_typed(Gone *gone, const LinkIndex *index, Checker *checker, Node link)
{
	const Graph *graph = checker_graph(checker);
	Slice document = document_of(graph, link), folder = path_folder(document), path = name_of(graph, link);
	Node command = graph_ancestor(graph, link, NODE_COMMAND);
	if (!is_literal_path(path) || is_plan(document) || is_sample_path(path) ||
	        graph_has(graph, command, FACT_GUARDED))
		return;
	g_autofree char *own = own_path(graph, document, path);
	g_autofree char *sample = own || !is_env_sample(path) ? NULL : path_resolve(folder, path);
	const char *full = own ? own : sample;
	if (!full || exists_above(graph, folder, path) || is_short_form(gone, path) || is_kept_out(gone, folder, path))
		return;
	Script script;
	script_read(graph, index, graph_file_of(graph, link), &script);
	if (!script_knows(&script, path))
		gone_add(gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(full));
	script_clear(&script);
}

static bool is_document(const Graph *graph, Node node)
{
	return strcmp(graph_text(graph, graph_file_node(graph, graph_file_of(graph, node)), FACT_FORMAT), "markdown") ==
	       0;
}

static void check_doc_dead_path(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Gone) gone = gone_new(checker, "the document names");
	g_autoptr(LinkIndex) index = link_index_new(graph);
	GRAPH_NODES (graph, NODE_LINK, link) {
		if (!is_document(graph, link) || is_quiet(graph, link))
			continue;
		if (has_role(graph, link, "link") || has_role(graph, link, "image"))
			check_link(gone, checker, link);
		else if (has_role(graph, link, "code-path"))
			check_code(gone, checker, link);
		else if (has_role(graph, link, "script-path"))
			check_typed(gone, index, checker, link);
	}
	gone_report(gone);
}

/* ---- trees of folders ------------------------------------------------------------------------------------------- */

typedef struct Stale {
	Checker *checker;
	const Gone *gone;
	Finding *finding; /* of the document */
	GArray *links;    /* Node: what it speaks of */
} Stale;

static void add_stale(Stale *stale, Node link, const char *path)
{
	const Graph *graph = checker_graph(stale->checker);
	g_array_append_val(stale->links, link);
	if (!stale->finding) {
		stale->finding = report(stale->checker, graph_file_node(graph, graph_file_of(graph, link)),
		        graph_place(graph, link), "the tree drawn here shows '%s', which is not in the repository",
		        path);
		return;
	}
	add_evidence(stale->checker, stale->finding, graph_place(graph, link), "'%s' is not there either", path);
}

static void check_tree(Stale *stale, const DrawnTree *tree)
{
	g_autofree char *missing =
	        NULL; /* what lies below it is not there either, and need not be said: nor of a plan */
	for (Node link = tree->first; link && link != tree->end; link = graph_next_node(tree->graph, link)) {
		g_autofree char *path = drawn_path(tree, link);
		if (!path || path_exists(tree->graph, slice_from(path)) ||
		        (missing && path_is_below(slice_from(path), slice_from(missing))))
			continue;
		g_autofree char *folder = g_strconcat(path, "/", NULL);
		if (!is_sample_path(slice_from(path)) &&
		        !is_kept_out(stale->gone, (Slice){"", 0}, slice_from(folder)) &&
		        !is_kept_out(stale->gone, (Slice){"", 0}, slice_from(path)) &&
		        !says_absent(graph_line_at(tree->graph, graph_place(tree->graph, link))))
			add_stale(stale, link, path);
		g_free(missing);
		missing = g_steal_pointer(&path);
	}
}

/* ---- the section that organize writes ------------------------------------------------------------------------ */

/* The cell of a row of a table, without blanks; the last one for SIZE_MAX. */
static Slice cell_of(Slice row, size_t wanted)
{
	Slice cell = {"", 0};
	size_t start = 1;
	for (size_t i = 0; start < row.length && i <= wanted; i++) {
		size_t end = slice_find_byte(row, '|', start);
		if (end == SIZE_MAX)
			break;
		cell = slice_trim(slice_sub(row, start, end));
		start = end + 1;
	}
	return cell;
}

static void report_section(Checker *checker, Finding **finding, Node file, Span place, const char *message)
{
	if (*finding) {
		add_evidence(checker, *finding, place, "%s", message);
		return;
	}
	*finding = report(checker, file, place, "%s", message);
	set_detail(checker, *finding, "written");
	set_hint(checker, *finding, "labwright organize --write draws it anew");
}

/* What a row names that is gone. Folders that are there are added to `listed`. */
static void check_row(Checker *checker, Finding **finding, Node node, Slice row, GHashTable *listed)
{
	const Graph *graph = checker_graph(checker);
	Slice first = cell_of(row, 0), last = cell_of(row, SIZE_MAX);
	bool folder = slice_ends(first, "/");
	Slice path = folder ? slice_sub(first, 0, first.length - 1) : last;
	size_t start = (size_t)(path.at - graph_file_bytes(graph, graph_file_of(graph, node)).at);
	if (folder && graph_has_folder(graph, path))
		g_hash_table_add(listed, slice_dup(path));
	else if (folder || (slice_find_byte(path, '/', 0) != SIZE_MAX && !path_exists(graph, path)))
		report_section(checker, finding, node,
		        (Span){graph_file_of(graph, node), (uint32_t)start, (uint32_t)(start + path.length)},
		        arena_printf(checker_arena(checker), "the structure document lists %.*s, which is gone",
		                SLICE_ARGS(path)));
}

static void check_section(Checker *checker, uint32_t file, size_t begin)
{
	const Graph *graph = checker_graph(checker);
	Slice text = graph_file_bytes(graph, file), line, rest = slice_sub(text, begin, text.length);
	g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Finding *finding = NULL;
	Node node = graph_file_node(graph, file);
	while (slice_next_line(&rest, &line) && !slice_starts(line, "<!-- labwright: to here"))
		if (slice_starts(line, "| ") && !slice_starts(line, "| folder ") && !slice_starts(line, "| service ") &&
		        !slice_starts(line, "| ---"))
			check_row(checker, &finding, node, line, listed);
	for (uint32_t other = 0; other < graph_files(graph); other++) {
		const char *path = graph_file_path(graph, other);
		g_autofree char *folder = g_strndup(path, strcspn(path, "/"));
		if (!strchr(path, '/') || *folder == '.' || g_hash_table_contains(listed, folder))
			continue;
		report_section(checker, &finding, node, (Span){file, (uint32_t)begin, (uint32_t)begin + 4},
		        arena_printf(checker_arena(checker), "the structure document misses %s/", folder));
		g_hash_table_add(listed, g_steal_pointer(&folder));
	}
}

static void check_sections(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		bool document = slice_ends(slice_from(graph_file_path(graph, file)), ".md");
		if (document && file_has(graph, file, STRUCTURE_BEGIN))
			check_section(checker, file, slice_find(graph_file_bytes(graph, file), STRUCTURE_BEGIN, 0));
	}
}

static void end_document(Stale *stale)
{
	if (stale->finding)
		erase_drawn(stale->checker, stale->finding, stale->links);
	stale->finding = NULL;
	g_array_set_size(stale->links, 0);
}

static void check_structure_stale(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	check_sections(checker);
	g_autoptr(Gone) gone = gone_new(checker, "");
	g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(Node));
	Stale stale = {.checker = checker, .gone = gone, .links = links};
	uint32_t file = UINT32_MAX;
	for (Node link = graph_first_node(graph, NODE_LINK); link;) {
		Slice document = document_of(graph, link);
		if (graph_file_of(graph, link) != file) {
			file = graph_file_of(graph, link);
			end_document(&stale);
		}
		if (!has_role(graph, link, "tree-root") || is_quiet(graph, link) || is_plan(document)) {
			link = graph_next_node(graph, link);
			continue;
		}
		g_auto(DrawnTree) tree = drawn_tree_read(graph, &link);
		if (tree.ours)
			check_tree(&stale, &tree);
	}
	end_document(&stale);
}

static const Rule rules[] = {
        {
                .id = "doc-dead-path",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a document names a path that is gone",
                .why = "Whoever follows the document, most likely you on a bad evening, finds nothing there and begins "
                       "to doubt the rest.",
                .remedy = "Write the path where the file is now, or take the sentence out.",
                .peers = "lychee; markdown-link-check",
                .check = check_doc_dead_path,
        },
        {
                .id = "structure-stale",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .title = "a structure document shows what is gone, or lacks what is there",
                .why = "Such a tree is the map by which one finds things; a wrong one costs more time than none.",
                .remedy = "Draw the tree again from the folders as they are, or only as deep as it is kept up.",
                .check = check_structure_stale,
        },
};

const RuleSet rules_docs = {"docs", rules, G_N_ELEMENTS(rules)};
