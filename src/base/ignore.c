/* Decides what Git does not track and what Docker does not send. Both are re-implemented, quirks included, because the
 * question is never "does it look ignored" but "will the build find this file", and asking the git program for each
 * path costs more than a whole check. git check-ignore is the oracle of the tests. */
#include "base/ignore.h"

#include "base/symbol.h"

typedef struct Layer {
	const IgnoreFile *file;
	struct Layer *weaker; /* the one asked next: of the same folder, or of the closest folder above */
} Layer;

struct IgnoreSet {
	SymbolTable *folders;
	GPtrArray *strongest; /* by folder symbol: Layer or NULL */
	GPtrArray *layers;    /* all, owned */
};

/* ---- reading ---- */

static Slice without_mark(Slice bytes)
{
	return slice_starts(bytes, "\xef\xbb\xbf") ? slice_sub(bytes, 3, bytes.length) : bytes;
}

/* Git drops spaces, not tabs, at the end, but not one that a backslash protects. */
static size_t trimmed_length_git(Slice line)
{
	size_t keep = 0;
	for (size_t i = 0; i < line.length; i++) {
		if (line.at[i] == ' ')
			continue;
		if (line.at[i] == '\\' && ++i == line.length)
			return line.length;
		keep = i + 1;
	}
	return keep;
}

/* False if the line holds no pattern. */
static bool read_line_git(Slice line, IgnorePattern *pattern, Arena *arena)
{
	size_t nul = slice_find_byte(line, '\0', 0);
	if (nul != SIZE_MAX)
		line.length = nul;
	line.length = trimmed_length_git(line);
	if (line.length == 0 || line.at[0] == '#')
		return false;
	pattern->end = pattern->start + line.length;
	pattern->negated = line.at[0] == '!';
	Slice text = slice_sub(line, pattern->negated, line.length);
	pattern->folder_only = slice_ends(text, "/");
	text.length -= pattern->folder_only;
	pattern->text = text;
	pattern->anchored = slice_find_byte(text, '/', 0) != SIZE_MAX;
	if (slice_starts(text, "/"))
		text = slice_sub(text, 1, text.length);
	pattern->glob = text.length ? glob_new_git(text, pattern->anchored, arena) : NULL;
	return true;
}

/* Length of the white space character at the start, 0 if there is none; Unicode's, as Docker's language has it. */
static size_t space_length(Slice s)
{
	if (s.length == 0)
		return 0;
	gunichar c = g_utf8_get_char_validated(s.at, (gssize)s.length);
	if (c >= 0x110000)
		return 0;
	bool space = (c >= '\t' && c <= '\r') || c == 0x85 || (g_unichar_isspace(c) && c != 0x180e);
	return space ? (size_t)g_unichar_to_utf8(c, NULL) : 0;
}

static Slice trim_unicode(Slice s)
{
	for (size_t n; (n = space_length(s)) > 0;)
		s = slice_sub(s, n, s.length);
	for (size_t n = 1; n <= 3 && n <= s.length; n++)
		if (space_length(slice_sub(s, s.length - n, s.length)) == n) {
			s.length -= n;
			n = 0;
		}
	return s;
}

/* The shortest path that means the same: no `.`, no doubled slash, no name followed by `..`. */
static Slice clean_path(Slice path, Arena *arena)
{
	bool rooted = slice_starts(path, "/");
	char *out = arena_bytes(arena, path.length + 2);
	size_t length = 0, fixed = 0; /* fixed: leading part that `..` cannot take back */
	if (rooted)
		out[length++] = '/', fixed = 1;
	for (size_t at = 0; at < path.length;) {
		size_t end = MIN(slice_find_byte(path, '/', at), path.length);
		Slice name = slice_sub(path, at, end);
		at = end + 1;
		if (name.length == 0 || slice_is(name, "."))
			continue;
		bool up = slice_is(name, "..");
		if (up && length > fixed) {
			while (length > fixed && out[length - 1] != '/')
				length--;
			length -= length > fixed;
			continue;
		}
		if (up && rooted)
			continue;
		if (length > 0 && out[length - 1] != '/')
			out[length++] = '/';
		memcpy(out + length, name.at, name.length);
		length += name.length;
		if (up)
			fixed = length;
	}
	if (length == 0)
		out[length++] = '.';
	return (Slice){out, length};
}

/* What Docker does to a line before it looks for `!` the second time: trimmed, cleaned, leading slash off, and trimmed
 * and cleaned again. */
static Slice normal_docker(Slice line, Arena *arena)
{
	bool negated = line.at[0] == '!';
	Slice path = negated ? trim_unicode(slice_sub(line, 1, line.length)) : line;
	if (path.length)
		path = clean_path(path, arena);
	if (path.length > 1 && path.at[0] == '/')
		path = slice_sub(path, 1, path.length);
	Slice whole = slice_from(arena_printf(arena, "%s%.*s", negated ? "!" : "", SLICE_ARGS(path)));
	whole = trim_unicode(whole);
	return whole.length ? clean_path(whole, arena) : whole;
}

static bool read_line_docker(Slice line, IgnorePattern *pattern, Arena *arena)
{
	if (slice_starts(line, "#"))
		return false;
	Slice trimmed = trim_unicode(line);
	if (trimmed.length == 0)
		return false;
	pattern->start += (size_t)(trimmed.at - line.at);
	pattern->end = pattern->start + trimmed.length;
	pattern->anchored = true;
	Slice normal = memchr(trimmed.at, '\0', trimmed.length) ? trimmed : normal_docker(trimmed, arena);
	if (normal.length == 0)
		return false;
	pattern->negated = normal.at[0] == '!';
	pattern->text = slice_sub(normal, pattern->negated, normal.length);
	pattern->glob = pattern->text.length ? glob_new_docker(pattern->text, arena) : NULL;
	return true;
}

IgnoreFile *ignore_read(IgnoreDialect dialect, Slice bytes, Slice folder, Arena *arena)
{
	g_autoptr(GArray) patterns = g_array_new(FALSE, FALSE, sizeof(IgnorePattern));
	Slice rest = without_mark(bytes), line;
	for (uint32_t number = 1; slice_next_line(&rest, &line); number++) {
		IgnorePattern pattern = {.start = (size_t)(line.at - bytes.at), .line = number};
		bool found = dialect == IGNORE_GIT ? read_line_git(line, &pattern, arena)
		                                   : read_line_docker(line, &pattern, arena);
		pattern.malformed = !pattern.glob;
		if (found)
			g_array_append_val(patterns, pattern);
	}
	IgnorePattern *kept = ARENA_ARRAY(arena, IgnorePattern, patterns->len);
	if (patterns->len)
		memcpy(kept, patterns->data, patterns->len * sizeof(IgnorePattern));
	IgnoreFile *file = ARENA_NEW(arena, IgnoreFile);
	*file = (IgnoreFile){dialect, {arena_text(arena, folder), folder.length}, kept, patterns->len};
	return file;
}

/* ---- paths ---- */

/* Whether path lies below folder, and what it is called from there. */
static bool below(Slice path, Slice folder, Slice *ret_rest)
{
	if (folder.length == 0) {
		*ret_rest = path;
		return true;
	}
	if (path.length <= folder.length + 1 || path.at[folder.length] != '/' ||
	        memcmp(path.at, folder.at, folder.length) != 0)
		return false;
	*ret_rest = slice_sub(path, folder.length + 1, path.length);
	return true;
}

static Slice base_name(Slice path)
{
	const char *slash = memrchr(path.at, '/', path.length);
	return slash ? slice_sub(path, (size_t)(slash - path.at) + 1, path.length) : path;
}

/* Where the path's next leading part ends after the one that ends at `end`. */
static size_t next_part(Slice path, size_t end)
{
	return MIN(slice_find_byte(path, '/', end + 1), path.length);
}

/* ---- Git ---- */

IgnoreSet *ignore_set_new(void)
{
	IgnoreSet *set = g_new(IgnoreSet, 1);
	*set = (IgnoreSet){symbol_table_new(), g_ptr_array_new(), g_ptr_array_new_with_free_func(g_free)};
	return set;
}

void ignore_set_free(IgnoreSet *set)
{
	if (!set)
		return;
	symbol_table_free(set->folders);
	g_ptr_array_free(set->strongest, TRUE);
	g_ptr_array_free(set->layers, TRUE);
	g_free(set);
}

static Layer *find_layer(const IgnoreSet *set, Slice folder)
{
	Symbol symbol;
	if (!symbol_find(set->folders, folder, &symbol) || symbol >= set->strongest->len)
		return NULL;
	return g_ptr_array_index(set->strongest, symbol);
}

/* The layer of this folder, else of the closest one above. */
static Layer *find_closest(const IgnoreSet *set, Slice folder)
{
	for (;;) {
		Layer *layer = find_layer(set, folder);
		if (layer || folder.length == 0)
			return layer;
		const char *slash = memrchr(folder.at, '/', folder.length);
		folder.length = slash ? (size_t)(slash - folder.at) : 0;
	}
}

void ignore_set_add(IgnoreSet *set, const IgnoreFile *file)
{
	Layer *layer = g_new(Layer, 1), *weaker = find_closest(set, file->folder);
	*layer = (Layer){file, weaker};
	Slice rest;
	for (guint i = 0; i < set->layers->len; i++) {
		Layer *other = g_ptr_array_index(set->layers, i);
		bool inner = other->file->folder.length > file->folder.length &&
		             below(other->file->folder, file->folder, &rest);
		if (inner && other->weaker == weaker)
			other->weaker = layer;
	}
	g_ptr_array_add(set->layers, layer);
	Symbol symbol = symbol_add(set->folders, file->folder);
	if (symbol >= set->strongest->len)
		g_ptr_array_set_size(set->strongest, (int)symbol + 1);
	g_ptr_array_index(set->strongest, symbol) = layer;
}

static bool pattern_has(const IgnorePattern *pattern, Slice path, Slice name, bool is_folder)
{
	if (!pattern->glob || (pattern->folder_only && !is_folder))
		return false;
	return glob_matches(pattern->glob, pattern->anchored ? path : name);
}

static IgnoreVerdict last_match(const Layer *layer, Slice path, bool is_folder)
{
	Slice name = base_name(path);
	for (; layer; layer = layer->weaker) {
		Slice rest;
		if (!below(path, layer->file->folder, &rest))
			continue;
		for (size_t i = layer->file->count; i-- > 0;) {
			const IgnorePattern *pattern = &layer->file->patterns[i];
			if (pattern_has(pattern, rest, name, is_folder))
				return (IgnoreVerdict){!pattern->negated, layer->file, pattern, path.length};
		}
	}
	return (IgnoreVerdict){0};
}

IgnoreVerdict ignore_decide(const IgnoreSet *set, Slice path, bool is_folder)
{
	if (path.length == 0)
		return (IgnoreVerdict){0};
	const Layer *closest = find_layer(set, SLICE(""));
	for (size_t end = next_part(path, 0);; end = next_part(path, end)) {
		Slice part = slice_sub(path, 0, end);
		IgnoreVerdict verdict = last_match(closest, part, end < path.length || is_folder);
		if (verdict.ignored || end == path.length)
			return verdict;
		const Layer *own = find_layer(set, part);
		closest = own ? own : closest;
	}
}

/* ---- Docker ---- */

/* Docker goes down the tree and remembers, for each pattern, whether it matched a folder above. A pattern that could
 * not change the answer for the folder is not even tried there, and so is not remembered for what lies below: `a`,
 * `!a/b`, `a` lets a/b through. Reach holds the bytes of the path that each pattern has matched so far, 0 for none. */
static IgnoreVerdict decide_part(const IgnoreFile *file, Slice path, size_t skipped, size_t *reach)
{
	IgnoreVerdict verdict = {0};
	for (size_t i = 0; i < file->count; i++) {
		const IgnorePattern *pattern = &file->patterns[i];
		if (reach[i] == 0) {
			if (pattern->negated != verdict.ignored || !pattern->glob || !glob_matches(pattern->glob, path))
				continue;
			reach[i] = skipped + path.length;
		}
		if (pattern->negated == verdict.ignored)
			verdict = (IgnoreVerdict){!pattern->negated, file, pattern, reach[i]};
	}
	return verdict;
}

IgnoreVerdict ignore_decide_context(const IgnoreFile *file, Slice path)
{
	IgnoreVerdict verdict = {0};
	Slice rest;
	if (!below(path, file->folder, &rest) || rest.length == 0)
		return verdict;
	g_autofree size_t *reach = g_new0(size_t, file->count + 1);
	for (size_t end = 0; end < rest.length;) {
		end = next_part(rest, end);
		verdict = decide_part(file, slice_sub(rest, 0, end), path.length - rest.length, reach);
	}
	return verdict;
}

bool ignore_pattern_matches(const IgnoreFile *file, const IgnorePattern *pattern, Slice path, bool is_folder)
{
	Slice rest;
	if (!below(path, file->folder, &rest) || rest.length == 0)
		return false;
	for (size_t end = 0; end < rest.length;) {
		end = next_part(rest, end);
		Slice part = slice_sub(rest, 0, end);
		if (pattern_has(pattern, part, base_name(part), end < rest.length || is_folder))
			return true;
	}
	return false;
}
