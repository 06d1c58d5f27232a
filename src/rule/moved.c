/* Paths that moved. A name alone proves little, so that it must be the only one of its kind; a name with its folder
 * proves more. Archived, generated and example files are never what was meant. */
#include "rule/moved.h"

#include "base/near.h"
#include "base/path.h"
#include "rule/gone.h"

struct Moved {
	GHashTable *paths; /* files and folders, each once */
	GPtrArray
	        *sorted; /* the same from their ends on, so that those which end alike stand together; owned by paths */
	GHashTable *respelled; /* name of several words in small letters alone → the one path of it, "" for several */
};

/* A slash before any other byte, so that "a/x" stands with "x" and not with "-x". */
static int rank(char byte)
{
	return byte == '/' ? 0 : (unsigned char)byte + 1;
}

static int compare_ends(Slice a, Slice b)
{
	for (size_t i = 1; i <= MIN(a.length, b.length); i++) {
		int order = rank(a.at[a.length - i]) - rank(b.at[b.length - i]);
		if (order)
			return order;
	}
	return (a.length > b.length) - (a.length < b.length);
}

static int compare_paths(const void *a, const void *b)
{
	return compare_ends(slice_from(*(const char *const *)a), slice_from(*(const char *const *)b));
}

static void add_path(Moved *moved, Slice path)
{
	char *text = slice_dup(path);
	if (g_hash_table_contains(moved->paths, text)) {
		g_free(text);
		return;
	}
	g_hash_table_add(moved->paths, text);
	g_ptr_array_add(moved->sorted, text);
}

/* A dated document is where it is. */
static bool may_be_meant(const char *class)
{
	return !*class || strcmp(class, "dated") == 0;
}

/* A name of several words, as "backup-postgres.sh": it was given to one thing. */
static bool is_compound(Slice name)
{
	size_t dot = slice_find_byte(name, '.', 1);
	for (size_t i = 1; i + 1 < MIN(dot, name.length); i++)
		if (strchr("-_", name.at[i]) || (g_ascii_isupper(name.at[i]) && g_ascii_islower(name.at[i - 1])))
			return true;
	return false;
}

/* SETUP_GUIDE.md and setup-guide.md are one name in two handwritings: "setupguide.md". */
static char *in_small_letters(Slice name)
{
	GString *letters = g_string_sized_new(name.length);
	for (size_t i = 0; i < name.length; i++)
		if (!strchr("-_ ", name.at[i]))
			g_string_append_c(letters, g_ascii_tolower(name.at[i]));
	return g_string_free(letters, FALSE);
}

static void add_respelled(Moved *moved)
{
	for (guint i = 0; i < moved->sorted->len; i++) {
		char *path = moved->sorted->pdata[i];
		Slice name = path_name(slice_from(path));
		if (!is_compound(name) || slice_find_byte(name, '.', 1) == SIZE_MAX)
			continue;
		char *key = in_small_letters(name);
		bool known = g_hash_table_contains(moved->respelled, key);
		g_hash_table_replace(moved->respelled, key, known ? (char *)"" : path);
	}
}

Moved *moved_new(const Graph *graph)
{
	Moved *moved = g_new0(Moved, 1);
	moved->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	moved->sorted = g_ptr_array_new();
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (may_be_meant(graph_text(graph, graph_file_node(graph, file), FACT_CLASS)))
			for (Slice path = slice_from(graph_file_path(graph, file)); path.length;
			        path = path_folder(path))
				add_path(moved, path);
	g_ptr_array_sort(moved->sorted, compare_paths);
	moved->respelled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	add_respelled(moved);
	return moved;
}

void moved_free(Moved *moved)
{
	if (!moved)
		return;
	g_ptr_array_unref(moved->sorted);
	g_hash_table_unref(moved->respelled);
	g_hash_table_unref(moved->paths);
	g_free(moved);
}

/* Folders that each program has one of. */
static bool is_common_folder(Slice name)
{
	static const char *const names[] = {"k8s", "kubernetes", "manifests", "deploy", "base", "overlays", "src",
	        "lib", "app", "apps", "docs", "doc", "scripts", "bin", "config", "configs", "templates", "test",
	        "tests"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return false;
}

/* In capitals, as CONSTRAINTS.md: many folders have one, each its own. */
static bool is_capital(Slice name)
{
	for (size_t i = 0; i < name.length && name.at[i] != '.'; i++)
		if (g_ascii_islower(name.at[i]))
			return false;
	return true;
}

/* Where no folder is shared. The name of a single word proves nothing about another folder while the one that it is
 * said to be in is there: more likely the file went and the other is its neighbour. */
static bool says_enough(const Moved *moved, Slice wanted, const char *found)
{
	Slice name = path_name(wanted), folder = path_folder(wanted);
	g_autofree char *key = slice_dup(folder);
	if (name.length <= 3 || is_common_name(name))
		return false;
	if (path_is_below(slice_from(found), folder))
		return true;
	return !is_capital(name) && (is_compound(name) || !g_hash_table_contains(moved->paths, key));
}

static bool ends_with_parts(Slice path, Slice end)
{
	size_t before = path.length - end.length;
	return path.length >= end.length && slice_equal(slice_sub(path, before, path.length), end) &&
	       (before == 0 || path.at[before - 1] == '/');
}

/* Those of the paths [first, end) that end with these parts. */
typedef struct Alike {
	guint first, end;
} Alike;

static Alike find_alike(const Moved *moved, Slice parts, Alike within)
{
	guint low = within.first, high = within.end;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (compare_ends(slice_from(moved->sorted->pdata[middle]), parts) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	Alike alike = {low, low};
	for (high = within.end; alike.end < high;) {
		guint middle = alike.end + (high - alike.end) / 2;
		if (ends_with_parts(slice_from(moved->sorted->pdata[middle]), parts))
			alike.end = middle + 1;
		else
			high = middle;
	}
	return alike;
}

/* A name so long, in small letters, is known again with something before it. */
#define LEAST_KNOWN_AGAIN 16

/* TEN-7-garden-watering.md for garden-watering.md: the one path whose name ends so, or NULL. */
static const char *find_prefixed(const Moved *moved, const char *key)
{
	GHashTableIter iter;
	gpointer other, path;
	const char *found = NULL;
	g_hash_table_iter_init(&iter, moved->respelled);
	while (strlen(key) >= LEAST_KNOWN_AGAIN && g_hash_table_iter_next(&iter, &other, &path)) {
		if (!g_str_has_suffix(other, key))
			continue;
		if (found)
			return NULL;
		found = path;
	}
	return found;
}

/* The one file whose name is the same but for capitals, dashes and underscores, or something before it; NULL for none.
 */
static const char *find_respelled(const Moved *moved, Slice wanted)
{
	Slice name = path_name(wanted);
	if (!is_compound(name) || is_common_name(name))
		return NULL;
	g_autofree char *key = in_small_letters(name);
	const char *found = g_hash_table_lookup(moved->respelled, key);
	found = found ? found : find_prefixed(moved, key);
	return found && *found ? found : NULL;
}

/* The most last parts that any path shares with the one that is wanted count; a folder that is anybody's counts for
 * nothing, so that with it and without it are a tie. */
const char *moved_to(const Moved *moved, const char *path)
{
	Slice wanted = slice_from(path);
	Alike alike = {0, moved->sorted->len}, best = {0, 0};
	uint32_t most = 0;
	bool alone = false; /* the only one of its name */
	for (Slice rest = wanted; rest.length; rest = path_folder(rest)) {
		Slice part = path_name(rest);
		alike = find_alike(moved, slice_sub(wanted, (size_t)(part.at - path), wanted.length), alike);
		if (alike.first == alike.end)
			break;
		if (most && is_common_folder(part))
			continue;
		alone |= most == 0 && alike.end - alike.first == 1;
		best = alike;
		most++;
	}
	if (most == 0)
		return find_respelled(moved, wanted);
	if (best.end - best.first != 1)
		return NULL;
	const char *found = moved->sorted->pdata[best.first];
	if (strcmp(found, path) == 0)
		return NULL;
	return most > 1 || (alone && says_enough(moved, wanted, found)) ? found : NULL;
}

/* The part of the path that follows the deepest folder of it that is there. */
static Slice missing_part(const Graph *graph, Slice path)
{
	for (size_t start = 0;;) {
		size_t end = MIN(slice_find_byte(path, '/', start), path.length);
		if (end == path.length || !graph_has_folder(graph, slice_sub(path, 0, end)))
			return slice_sub(path, start, end);
		start = end + 1;
	}
}

char *moved_near(const Graph *graph, const char *path, unsigned most)
{
	Slice whole = slice_from(path), part = missing_part(graph, whole);
	size_t start = (size_t)(part.at - path), end = start + part.length;
	Slice folder = slice_sub(whole, 0, start);
	NearSearch search = near_search(part, MIN(near_limit(part), most));
	g_autoptr(GHashTable) offered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *first = slice_dup(folder);
	for (uint32_t file = graph_first_file(graph, first); file < graph_files(graph); file++) {
		Slice other = slice_from(graph_file_path(graph, file));
		if (!slice_equal(slice_sub(other, 0, MIN(start, other.length)), folder))
			break; /* paths are in order */
		Slice name = slice_sub(other, start, MIN(slice_find_byte(other, '/', start), other.length));
		if (g_hash_table_add(offered, slice_dup(name)))
			near_offer(&search, name);
	}
	if (near_result(&search) == SIZE_MAX)
		return NULL;
	g_autofree char *near = g_strdup_printf("%.*s%.*s%s", SLICE_ARGS(folder), SLICE_ARGS(search.best), path + end);
	return path_exists(graph, slice_from(near)) ? g_steal_pointer(&near) : NULL;
}

/* The new text for the bare path, or NULL. */
static char *write_path(Slice bare, Slice folder, const char *full, const char *now)
{
	g_autofree char *from_root = path_resolve((Slice){"", 0}, bare), *from_here = path_resolve(folder, bare);
	if (from_here && strcmp(from_here, full) == 0)
		return path_relative(folder, now);
	if (from_root && strcmp(from_root, full) == 0)
		return g_strdup(now);
	/* From a folder in between: what stands above the text in the old path must stand above the new one, too. */
	Slice whole = slice_from(full);
	if (!from_root || whole.length <= strlen(from_root) || !slice_ends(whole, from_root))
		return NULL;
	size_t above = whole.length - strlen(from_root) - 1;
	bool below = whole.at[above] == '/' && strncmp(now, full, above + 1) == 0;
	return below ? g_strdup(now + above + 1) : NULL;
}

/* The path within a text: behind quotes and "./", before globs, a final slash, # and ?. */
typedef struct Bare {
	size_t start, stop;
	bool absolute, dotted; /* a slash or "./" stands before it */
} Bare;

static bool find_bare(Slice written, Bare *ret_bare)
{
	Bare bare = {0, 0, false, false};
	size_t end = written.length;
	if (end > 1 && strchr("\"'`<", written.at[0])) {
		bare.start++;
		end--;
	}
	while (end - bare.start > 2 && slice_starts(slice_sub(written, bare.start, end), "./")) {
		bare.start += 2;
		bare.dotted = true;
	}
	bare.absolute = end > bare.start && written.at[bare.start] == '/';
	bare.start += bare.absolute;
	bare.stop = bare.start;
	while (bare.stop < end && !strchr("#?*", written.at[bare.stop]))
		bare.stop++;
	/* of "apps/web-*" the folder is a path, "web-" is none */
	while (bare.stop < end && written.at[bare.stop] == '*' && bare.stop > bare.start &&
	        written.at[bare.stop - 1] != '/')
		bare.stop--;
	while (bare.stop > bare.start + 1 && written.at[bare.stop - 1] == '/')
		bare.stop--;
	*ret_bare = bare;
	return bare.stop > bare.start;
}

/* "./" before a path that now leads upwards would be odd, though right. */
static char *with_path(Slice written, const Bare *bare, const char *path)
{
	size_t kept = bare->start - (bare->dotted && g_str_has_prefix(path, "../") ? 2 : 0);
	return g_strdup_printf(
	        "%.*s%s%.*s", (int)kept, written.at, path, (int)(written.length - bare->stop), written.at + bare->stop);
}

char *moved_text(Slice written, Slice folder, const char *full, const char *now)
{
	Bare bare;
	if (!find_bare(written, &bare) || slice_find_byte(written, '$', 0) != SIZE_MAX)
		return NULL; /* behind a variable stands only a part of the path */
	g_autofree char *path = write_path(
	        slice_sub(written, bare.start, bare.stop), bare.absolute ? (Slice){"", 0} : folder, full, now);
	return path ? with_path(written, &bare, path) : NULL;
}

char *moved_between(Slice written, Slice old_folder, Slice new_folder, const char *full, const char *now)
{
	Bare bare;
	if (!find_bare(written, &bare))
		return NULL;
	g_autofree char *meant = path_resolve(old_folder, slice_sub(written, bare.start, bare.stop));
	if (!meant || strcmp(meant, full) != 0)
		return NULL;
	g_autofree char *path = path_relative(new_folder, now);
	return with_path(written, &bare, *path ? path : ".");
}
