/* Every text that names a path. The graph knows which words of a manifest are paths, but a path may stand in any file:
 * so each word that looks like one is asked for in the old tree, from the root and from where its file lies, and what
 * it meant there is written for the new tree in the way it was written. A word that means two things is left and
 * listed.
 *
 * A whole part moves together, so a path within it needs no edit; that is why most files need none. */
#include "base/path.h"
#include "organize/organize.h"
#include "rule/gone.h"
#include "rule/moved.h"
#include "rule/search.h"
#include "rule/urls.h"

typedef struct Rewriter {
	Layout *layout;
	const Graph *graph;
	GArray *edits;
	/* of the file at hand */
	uint32_t file;
	Slice text, folder; /* folder: where it lies now */
	const char *new_folder;
	bool from_root, from_here; /* how its relative paths may be meant */
	bool ignores;              /* a file of ignore rules */
	bool settings;             /* labwright.yaml */
} Rewriter;

static bool is_word_byte(char c)
{
	return path_is_byte(c) || c == '*';
}

/* ---- which words ------------------------------------------------------------------------------------------ */

/* A name without a slash is a path only where a reader says so. */
static void collect_names(Layout *layout)
{
	static const NodeType types[] = {NODE_LINK, NODE_ENTRY};
	static const FactKind kinds[] = {
	        FACT_BUILD_CONTEXT, FACT_BUILD_FILE, FACT_ENV_FILE, FACT_INCLUDES, FACT_FILE_ENTRY};
	if (layout->names)
		return;
	layout->names = g_hash_table_new(g_str_hash, g_str_equal);
	layout->links = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (layout->graph, types[i], node) {
			Span place = graph_place(layout->graph, node);
			char *key = arena_printf(layout->arena, "%u %u", place.file, place.start);
			g_hash_table_add(layout->names, key);
			if (has_role(layout->graph, node, "link") || has_role(layout->graph, node, "image"))
				g_hash_table_insert(layout->links, key, GUINT_TO_POINTER(node));
		}
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_EACH (layout->graph, kinds[i], row) {
			Span place = graph_span(layout->graph, row);
			g_hash_table_add(layout->names, arena_printf(layout->arena, "%u %u", place.file, place.start));
		}
}

static bool is_known_name(const Rewriter *rewriter, size_t start)
{
	g_autofree char *key = g_strdup_printf("%u %zu", rewriter->file, start);
	g_autofree char *quoted = start ? g_strdup_printf("%u %zu", rewriter->file, start - 1) : NULL;
	return g_hash_table_contains(rewriter->layout->names, key) ||
	       (quoted && strchr("\"'`", rewriter->text.at[start - 1]) &&
	               g_hash_table_contains(rewriter->layout->names, quoted));
}

/* The link of a document whose target begins there. */
static Node link_at(const Rewriter *rewriter, size_t start)
{
	g_autofree char *key = g_strdup_printf("%u %zu", rewriter->file, start);
	return GPOINTER_TO_UINT(g_hash_table_lookup(rewriter->layout->links, key));
}

/* What stands before a place in its line; of a long line the end, so that no text costs its square. */
static Slice before_in_line(Slice text, size_t start)
{
	size_t line = start;
	while (line > 0 && start - line < 160 && text.at[line - 1] != '\n')
		line--;
	return slice_sub(text, line, start);
}

/* Drawn trees name folders without those above them: draw.c moves their lines. */
static bool is_drawn(Slice text, size_t start)
{
	Slice before = before_in_line(text, start);
	return slice_find(before, "├", 0) != SIZE_MAX || slice_find(before, "└", 0) != SIZE_MAX ||
	       slice_find(before, "|--", 0) != SIZE_MAX || slice_find(before, "`--", 0) != SIZE_MAX;
}

/* Behind these a word is an image, or a path of the past, and none of the tree. */
static bool names_other(Slice text, size_t start)
{
	Slice before = slice_trim(before_in_line(text, start));
	return slice_ends(before, "image:") || slice_ends(before, "FROM") || slice_ends(before, "repository:") ||
	       slice_find(before, "git filter-", 0) != SIZE_MAX;
}

typedef struct Word {
	size_t start, end;
	bool variable; /* it follows a variable: "$HERE/../services" */
	bool absolute; /* it begins with a slash or "~/" */
	bool link;     /* it is the target of a document's link */
} Word;

/* What stands right before a slash is a variable or command: `${HERE}/x`, `$(pwd)/x`, `"$HERE"/x`. A quote that begins
 * a text is none. */
static bool ends_variable(Slice text, size_t slash)
{
	char before = slash > 0 ? text.at[slash - 1] : '\n', earlier = slash > 1 ? text.at[slash - 2] : '\n';
	return before == '}' || before == ')' ||
	       (before == '"' && (is_word_byte(earlier) || earlier == '}' || earlier == ')'));
}

/* A link's target has bytes that no other path has here, such as "%20". */
static bool next_link(const Rewriter *rewriter, size_t start, size_t *at, Word *ret_word)
{
	Node link = link_at(rewriter, start);
	Span place = link ? graph_place(rewriter->graph, link) : (Span){0, 0, 0};
	Slice target = bare_path(slice_sub(rewriter->text, place.start, place.end));
	if (!link || target.length == 0 || slice_find(target, "//", 0) != SIZE_MAX)
		return false;
	*at = MAX(*at, place.end);
	*ret_word = (Word){start, start + target.length, false, target.at[0] == '/', true};
	return true;
}

/* The next word that looks like a path. */
static bool next_word(const Rewriter *rewriter, size_t *at, Word *ret_word)
{
	Slice text = rewriter->text;
	while (*at < text.length) {
		while (*at < text.length && !is_word_byte(text.at[*at]))
			(*at)++;
		size_t start = *at;
		while (*at < text.length && is_word_byte(text.at[*at]))
			(*at)++;
		if (next_link(rewriter, start, at, ret_word))
			return true;
		size_t end = *at;
		while (end > start && strchr(".~@", text.at[end - 1]) && !(end - start >= 2 && text.at[end - 2] == '.'))
			end--;
		Slice word = slice_sub(text, start, end);
		if (slice_find_byte(word, '/', 0) == SIZE_MAX && !is_known_name(rewriter, start))
			continue;
		bool url = slice_find(word, "//", 0) != SIZE_MAX || (start > 0 && text.at[start - 1] == '@');
		if (word.length < 2 || url || names_other(text, start) || is_drawn(text, start))
			continue;
		char before = start > 0 ? text.at[start - 1] : '\n';
		bool slash = word.at[0] == '/';
		/* $NAME/path: the name itself is made of path bytes */
		size_t cut = slice_find_byte(word, '/', 0);
		bool named = before == '$' && cut != SIZE_MAX;
		*ret_word = (Word){named ? start + cut : start, end, named || (slash && ends_variable(text, start)),
		        slash || slice_starts(word, "~/"), false};
		return true;
	}
	return false;
}

/* ---- what they mean ---------------------------------------------------------------------------------------- */

/* What stands before the first glob, without "./" and a final slash. */
static Slice literal_part(Slice word)
{
	size_t star = slice_find_byte(word, '*', 0);
	if (star != SIZE_MAX) {
		word = slice_sub(word, 0, star);
		word = path_folder(word);
	}
	while (word.length > 1 && word.at[word.length - 1] == '/')
		word.length--;
	return word;
}

/* A file that Git does not hold, in a folder that it holds: "auth/users.ldif" of an ignore rule, or what a command
 * makes. Elsewhere than in ignore rules it must look like a file, since images and routes are written so, too. */
static bool is_untracked(const Rewriter *rewriter, const char *path)
{
	Slice whole = slice_from(path), folder = path_folder(whole), name = path_name(whole);
	size_t dot = slice_find_byte(name, '.', 1);
	bool file = dot != SIZE_MAX && dot + 1 < name.length && g_ascii_isalpha(name.at[dot + 1]);
	return folder.length && graph_has_folder(rewriter->graph, folder) && (file || rewriter->ignores);
}

/* The old path that the word means from a folder; NULL where nothing is there. Free with g_free. */
static char *meant_from(const Rewriter *rewriter, Slice folder, Slice word)
{
	g_autofree char *path = path_resolve(folder, word);
	return path && (graph_has_path(rewriter->graph, slice_from(path)) || is_untracked(rewriter, path))
	               ? g_steal_pointer(&path)
	               : NULL;
}

/* What an owner says in labwright.yaml of a folder that is emptied would be said of a larger one. */
static bool is_concerned(const Rewriter *rewriter, const char *path)
{
	if (rewriter->settings)
		return layout_move_of(rewriter->layout, path) != NULL;
	return layout_move_of(rewriter->layout, path) || g_hash_table_contains(rewriter->layout->emptied, path);
}

static void add_edit_at(Rewriter *rewriter, size_t start, size_t end, const char *text)
{
	Edit edit = {rewriter->file, (uint32_t)start, (uint32_t)end,
	        {arena_text(rewriter->layout->arena, slice_from(text)), strlen(text)}};
	Slice old = slice_sub(rewriter->text, start, end);
	if (!slice_equal(old, edit.text))
		g_array_append_val(rewriter->edits, edit);
}

static void note_unsure(Rewriter *rewriter, const Word *word, const char *reason)
{
	uint32_t line, column;
	graph_position(
	        rewriter->graph, (Span){rewriter->file, (uint32_t)word->start, (uint32_t)word->end}, &line, &column);
	Unsure unsure = {graph_file_path(rewriter->graph, rewriter->file), line, reason};
	g_array_append_val(rewriter->layout->unsure, unsure);
}

/* Written for the new tree from a folder of it. */
static void rewrite_from(
        Rewriter *rewriter, const Word *word, Slice old_folder, const char *new_folder, const char *path)
{
	Slice written = slice_sub(rewriter->text, word->start, word->end);
	g_autofree char *text =
	        moved_between(written, old_folder, slice_from(new_folder), path, layout_path(rewriter->layout, path));
	if (text)
		add_edit_at(rewriter, word->start, word->end, text);
	else
		note_unsure(rewriter, word, "a path that moves is written in a way that is not understood");
}

/* The name of the variable before a slash, or the command there, has one of the words. */
static bool is_called(const Rewriter *rewriter, size_t slash, const char *const *words)
{
	Slice before = before_in_line(rewriter->text, slash);
	size_t start = before.length;
	while (start > 0 && before.length - start < 48 && before.at[start - 1] != '$')
		start--;
	g_autofree char *name = g_ascii_strdown(before.at + start, (gssize)(before.length - start));
	return text_has_part(name, words);
}

/* The variable or command before a path speaks of the root of the clone, or of the folder of the script. */
static bool holds_root(const Rewriter *rewriter, size_t slash)
{
	static const char *const words[] = {"root", "repo", "curdir", "pwd", "workspace", "here", "toplevel", "project",
	        "dirname", "script", "base", "top", "home_lab", "homelab", NULL};
	return is_called(rewriter, slash, words);
}

/* Somebody's home: $HOME, ${USER} in /home/${USER}/x. What lies in it by a name of the tree may be made there by a
 * script, and is no clone. */
static bool holds_home(const Rewriter *rewriter, size_t slash)
{
	static const char *const words[] = {"home", "user", "logname", NULL};
	return is_called(rewriter, slash, words) && !holds_root(rewriter, slash);
}

/* "$HERE/../services/x" and "$ROOT/services/x": whichever of the two leads somewhere. */
static void rewrite_variable(Rewriter *rewriter, Word word)
{
	word.start++; /* the slash belongs to the variable */
	Slice rest = literal_part(slice_sub(rewriter->text, word.start, word.end));
	if (rest.length == 0)
		return;
	g_autofree char *root = meant_from(rewriter, (Slice){"", 0}, rest);
	g_autofree char *here = meant_from(rewriter, rewriter->folder, rest);
	bool root_moves = root && is_concerned(rewriter, root);
	bool self_moves = rewriter->folder.length && strcmp(rewriter->new_folder, "") != 0 &&
	                  !slice_is(rewriter->folder, rewriter->new_folder);
	bool from_root = root_moves && !(here && slice_starts(rest, ".."));
	bool two = root && here && strcmp(root, here) != 0 && (root_moves || is_concerned(rewriter, here));
	bool other = slice_find_byte(rest, '/', 0) == SIZE_MAX ? !holds_root(rewriter, word.start - 1)
	                                                       : holds_home(rewriter, word.start - 1);
	if (two || (from_root && other))
		note_unsure(rewriter, &word, "what the variable before this path holds decides where it leads");
	else if (from_root)
		rewrite_from(rewriter, &word, (Slice){"", 0}, "", root);
	else if (here && (is_concerned(rewriter, here) || (self_moves && slice_starts(rest, ".."))))
		rewrite_from(rewriter, &word, rewriter->folder, rewriter->new_folder, here);
}

/* "/home/anna/lab/services/x", "~/lab/services/x": the clone's own place stands before a path that names a part. */
static void rewrite_absolute(Rewriter *rewriter, Word word)
{
	static const char *const homes[] = {"~/", "/home/", "/root/", "/opt/", "/srv/", "/Users/", "/workspace/"};
	Slice written = slice_sub(rewriter->text, word.start, word.end);
	bool home = false;
	for (size_t i = 0; i < G_N_ELEMENTS(homes); i++)
		home = home || slice_starts(written, homes[i]);
	for (size_t slash = slice_find_byte(written, '/', 1); home && slash != SIZE_MAX;
	        slash = slice_find_byte(written, '/', slash + 1)) {
		Word rest = {.start = word.start + slash + 1, .end = word.end};
		Slice bare = literal_part(slice_sub(rewriter->text, rest.start, rest.end));
		if (slice_find_byte(bare, '/', 0) == SIZE_MAX)
			return; /* one name alone is anybody's */
		g_autofree char *path = meant_from(rewriter, (Slice){"", 0}, bare);
		if (path && is_concerned(rewriter, path)) {
			rewrite_from(rewriter, &rest, (Slice){"", 0}, "", path);
			return;
		}
	}
}

/* A path that begins with a slash is none of a machine here: patterns of an ignore file mean its own folder, links of
 * documents and owners of code the root. */
static bool is_anchored(const Rewriter *rewriter)
{
	Slice name = path_name(slice_from(graph_file_path(rewriter->graph, rewriter->file)));
	return slice_ends(name, "ignore") || slice_is(name, "CODEOWNERS") || slice_ends(name, ".md");
}

static const PartMove *own_move(const Rewriter *rewriter)
{
	return layout_move_of(rewriter->layout, graph_file_path(rewriter->graph, rewriter->file));
}

static void rewrite_relative(Rewriter *rewriter, const Word *word)
{
	Slice bare = literal_part(slice_sub(rewriter->text, word->start, word->end));
	g_autofree char *here = rewriter->from_here ? meant_from(rewriter, rewriter->folder, bare) : NULL;
	g_autofree char *root =
	        rewriter->from_root && !slice_starts(bare, "..") ? meant_from(rewriter, (Slice){"", 0}, bare) : NULL;
	if (bare.length == 0 || (!here && !root))
		return;
	bool moves = !slice_is(rewriter->folder, rewriter->new_folder);
	/* What is in the part itself is nearer than what is anywhere else. */
	if (here && root && moves && layout_move_of(rewriter->layout, here) == own_move(rewriter))
		return;
	if (here && root && strcmp(here, root) != 0 && (is_concerned(rewriter, root) || moves)) {
		note_unsure(rewriter, word, "the path exists from the root and from this folder");
		return;
	}
	if (here && (moves || is_concerned(rewriter, here)) &&
	        (!root || rewriter->folder.length == 0 || strcmp(here, root) != 0 || !moves))
		rewrite_from(rewriter, word, rewriter->folder, rewriter->folder.length == 0 ? "" : rewriter->new_folder,
		        here);
	else if (root && is_concerned(rewriter, root))
		rewrite_from(rewriter, word, (Slice){"", 0}, "", root);
}

/* A browser reads it from where the document lies; what is written elsewhere in it is typed at the root. */
static void rewrite_link(Rewriter *rewriter, const Word *word)
{
	Slice written = slice_sub(rewriter->text, word->start, word->end);
	g_autofree char *plain = g_uri_unescape_segment(written.at, written.at + written.length, NULL);
	bool escaped = slice_find_byte(written, '%', 0) != SIZE_MAX;
	g_autofree char *here = plain ? meant_from(rewriter, rewriter->folder, slice_from(plain)) : NULL,
	                *root = plain ? meant_from(rewriter, (Slice){"", 0}, slice_from(plain)) : NULL;
	if (!here && root && rewriter->from_root && !escaped && is_concerned(rewriter, root))
		rewrite_from(rewriter, word, (Slice){"", 0}, "", root);
	if (!here || (slice_is(rewriter->folder, rewriter->new_folder) && !is_concerned(rewriter, here)))
		return;
	g_autofree char *text = moved_between(slice_from(plain), rewriter->folder, slice_from(rewriter->new_folder),
	        here, layout_path(rewriter->layout, here));
	g_autofree char *again = text && escaped ? g_uri_escape_string(text, "!$&'()*+,;=:@/", TRUE) : NULL;
	if (text)
		add_edit_at(rewriter, word->start, word->end, escaped ? again : text);
}

static bool names_area(const Rewriter *rewriter, size_t start)
{
	GRAPH_NODES (rewriter->graph, NODE_AREA, area) {
		Span place = graph_place(rewriter->graph, area);
		if (place.file == rewriter->file && place.start <= start && start < place.end)
			return true;
	}
	return false;
}

static void rewrite_word(Rewriter *rewriter, Word word)
{
	if (rewriter->settings && names_area(rewriter, word.start))
		return; /* where parts go, and not where they are */
	bool slash = word.absolute && rewriter->text.at[word.start] == '/';
	if (word.link && !slash) {
		rewrite_link(rewriter, &word);
		return;
	}
	bool ignore = rewriter->ignores; /* its slash means the folder that it lies in, any other the root */
	if (word.variable) {
		rewrite_variable(rewriter, word);
	} else if (slash && (is_anchored(rewriter) || is_known_name(rewriter, word.start))) {
		Slice bare = literal_part(slice_sub(rewriter->text, word.start + 1, word.end));
		Slice folder = ignore ? rewriter->folder : (Slice){"", 0};
		g_autofree char *path = meant_from(rewriter, folder, bare);
		Word below = {.start = word.start + 1, .end = word.end};
		if (path && is_concerned(rewriter, path))
			rewrite_from(rewriter, &below, folder, ignore ? rewriter->new_folder : "", path);
		else if (!path)
			rewrite_absolute(rewriter, word);
	} else if (word.absolute) {
		rewrite_absolute(rewriter, word);
	} else {
		rewrite_relative(rewriter, &word);
	}
}

/* What a word means from one folder is, from the other, in another place than where it will be: the old path, or NULL.
 * Free with g_free. */
static char *differing(const Rewriter *rewriter, const Word *word, Slice old_folder, Slice new_folder)
{
	Slice bare = literal_part(slice_sub(rewriter->text, word->start, word->end));
	g_autofree char *meant = bare.length ? meant_from(rewriter, old_folder, bare) : NULL;
	g_autofree char *then = meant ? path_resolve(new_folder, bare) : NULL;
	bool same = then && strcmp(then, layout_path(rewriter->layout, meant)) == 0;
	return same ? NULL : g_steal_pointer(&meant);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

/* How a file of that kind means its relative paths. A loose script is started at the root before and after. */
static void begin_file(Rewriter *rewriter, uint32_t file)
{
	const Graph *graph = rewriter->graph;
	Slice path = slice_from(graph_file_path(graph, file)), name = path_name(path);
	Node node = graph_file_node(graph, file);
	const char *format = graph_text(graph, node, FACT_FORMAT), *now = layout_path(rewriter->layout, path.at);
	bool listed =
	        slice_starts(name, "kustomization") || strcmp(format, "compose") == 0 || slice_ends(name, "ignore");
	bool workflow = slice_starts(path, ".github/") || slice_starts(path, ".gitea/") ||
	                slice_starts(path, ".forgejo/") || slice_is(name, ".gitlab-ci.yml") ||
	                slice_is(name, "CODEOWNERS");
	rewriter->file = file;
	rewriter->text = graph_file_bytes(graph, file);
	rewriter->folder = path_folder(path);
	rewriter->new_folder = arena_text(rewriter->layout->arena, path_folder(slice_from(now)));
	rewriter->from_here = !workflow;
	rewriter->ignores = slice_ends(name, "ignore");
	rewriter->settings = slice_is(path, "labwright.yaml");
	rewriter->from_root = !listed;
	if (rewriter->folder.length == 0 && !slice_ends(name, ".md"))
		rewriter->new_folder = ""; /* what is started at the root goes on being started there */
}

bool layout_is_past(const Graph *graph, uint32_t file)
{
	const char *class = graph_text(graph, graph_file_node(graph, file), FACT_CLASS);
	return *class && strcmp(class, "test") != 0 && strcmp(class, "example") != 0;
}

uint32_t layout_differs_through(Layout *layout, uint32_t file, Slice old_folder, Slice new_folder, char **ret_path)
{
	Rewriter rewriter = {.layout = layout, .graph = layout->graph};
	uint32_t line = 0, column;
	size_t at = 0;
	Word word;
	*ret_path = NULL;
	collect_names(layout);
	begin_file(&rewriter, file);
	while (!*ret_path && next_word(&rewriter, &at, &word)) {
		Span place = {file, (uint32_t)word.start, (uint32_t)word.end};
		if (!word.variable && !word.absolute)
			*ret_path = differing(&rewriter, &word, old_folder, new_folder);
		if (*ret_path)
			graph_position(layout->graph, place, &line, &column);
	}
	return line;
}

static int compare_unsure(const void *a, const void *b)
{
	const Unsure *left = a, *right = b;
	int order = strcmp(left->path, right->path);
	return order ? order : (left->line > right->line) - (left->line < right->line);
}

/* What is at the end of a URL of this repository is there once the moves are on its branch. */
static void rewrite_urls(Rewriter *rewriter)
{
	g_autoptr(GArray) own = own_urls(rewriter->graph);
	for (guint i = 0; i < own->len; i++) {
		const OwnUrl *url = &g_array_index(own, OwnUrl, i);
		g_autofree char *path = slice_dup(url->path);
		rewriter->file = url->span.file;
		rewriter->text = graph_file_bytes(rewriter->graph, url->span.file);
		if (url->found && layout_move_of(rewriter->layout, path) &&
		        !layout_is_past(rewriter->graph, url->span.file))
			add_edit_at(rewriter, url->span.start, url->span.end, layout_path(rewriter->layout, path));
	}
}

GArray *layout_rewrite(Layout *layout)
{
	Rewriter rewriter = {
	        .layout = layout, .graph = layout->graph, .edits = g_array_new(FALSE, FALSE, sizeof(Edit))};
	collect_names(layout);
	for (uint32_t file = 0; file < graph_files(layout->graph) && layout->moves->len; file++) {
		size_t at = 0;
		Word word;
		if (layout_is_past(layout->graph, file))
			continue;
		begin_file(&rewriter, file);
		while (next_word(&rewriter, &at, &word))
			rewrite_word(&rewriter, word);
	}
	if (layout->moves->len) {
		rewrite_urls(&rewriter);
		layout_redraw(layout, rewriter.edits);
	}
	g_array_sort(rewriter.edits, edit_compare);
	g_array_sort(layout->unsure, compare_unsure);
	return rewriter.edits;
}
