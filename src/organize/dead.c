/* Whether a part is still in use. Nothing applies it or leads to it; another one runs the same; a document says that it
 * is past; nobody has touched it for long. One of these is a question to the owner. Two are an answer, if the age is
 * not one of them or comes beside a newer definition or a document's word: what works is often not touched for years.
 */
#include "base/path.h"
#include "base/trail.h"
#include "organize/organize.h"
#include "rule/apply.h"
#include "rule/owner.h"

#include <time.h>

/* Commits that are looked at, so that a long history costs no more. */
#define MOST_COMMITS 2000
/* Long ago: before so many seconds, while the repository went on by so many commits. */
#define LONG_AGO (365 * 24 * 3600)
#define WENT_ON 20

/* ---- what documents say ------------------------------------------------------------------------------------- */

/* The name and the word stand in one statement: nothing ends or lists between them. */
static bool says_of(const char *line, Slice name, const char *word)
{
	const char *said = strstr(line, word);
	for (const char *at = line; said && name.length > 2 && (at = strstr(at, name.at)); at++) {
		bool whole = !g_ascii_isalnum(at[name.length]) && (at == line || !g_ascii_isalnum(at[-1]));
		const char *from = MIN(at + name.length, said), *to = MAX(at, said);
		if (whole && from <= to && to - from < 60 && strcspn(from, ".,;|") >= (size_t)(to - from))
			return true;
	}
	return false;
}

typedef bool Says(const char *line, Slice name, const char *word);

static const char *document_says(
        const Graph *graph, const char *part, const char *const *words, Says *says, uint32_t *ret_line)
{
	Slice name = path_name(slice_from(part));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *path = graph_file_path(graph, file);
		/* A document speaks of what lies beside and below it. */
		if (!path_is_below(slice_from(part), path_folder(slice_from(path))))
			continue;
		if (!g_str_has_suffix(path, ".md") || graph_has(graph, graph_file_node(graph, file), FACT_CLASS))
			continue;
		Slice rest = graph_file_bytes(graph, file), line;
		for (uint32_t number = 1; slice_next_line(&rest, &line); number++) {
			g_autofree char *lower = slice_dup(line), *folded = g_ascii_strdown(lower, -1);
			for (const char *const *word = words; *word; word++)
				/* as the name itself the word says nothing of this one */
				if (!slice_starts(name, *word) && says(folded, name, *word)) {
					*ret_line = number;
					return path;
				}
		}
	}
	return NULL;
}

const char *document_calls(const Graph *graph, const char *path, const char *const *words, uint32_t *ret_line)
{
	return document_says(graph, path, words, says_of, ret_line);
}

/* "traefik is deprecated", "`traefik/`: no longer used", with nothing else between: in any other statement both words
 * may be about different things. */
static bool is_called(const char *line, Slice name, const char *word)
{
	static const char *const joins[] = {
	        " is ", ": ", " (", " \xe2\x80\x94 ", " \xe2\x80\x93 ", " - ", " was ", " has been "};
	for (const char *at = line; name.length > 2 && (at = strstr(at, name.at)); at++) {
		const char *rest = at + name.length + strspn(at + name.length, "`'\"/*)]_");
		bool whole = at == line || !(g_ascii_isalnum(at[-1]) || strchr("-_.", at[-1]));
		for (size_t i = 0; i < G_N_ELEMENTS(joins) && whole; i++) {
			const char *said = rest + (g_str_has_prefix(rest, joins[i]) ? strlen(joins[i]) : 0);
			said += g_str_has_prefix(said, "now ") ? 4 : 0;
			if (said > rest && g_str_has_prefix(said, word))
				return true;
		}
	}
	return false;
}

/* ---- who leads to it ---------------------------------------------------------------------------------------- */

static bool has_objects(const Graph *graph, const char *path)
{
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (path_is_below(slice_from(graph_file_path(graph, graph_file_of(graph, object))), slice_from(path)))
			return true;
	return false;
}

/* Something is applied in this repository at all, so that it says something when this is not. */
static bool tells_what_runs(const Graph *graph)
{
	GRAPH_EACH (graph, FACT_ROOT, row)
		return true;
	return false;
}

static bool is_led_to(const Graph *graph, const char *path)
{
	Slice part = slice_from(path);
	GRAPH_EACH (graph, FACT_REFERS_TO, row) {
		bool inside =
		        path_is_below(slice_from(graph_file_path(graph, graph_file_of(graph, row->subject))), part);
		if (!inside &&
		        path_is_below(slice_from(graph_file_path(graph, graph_file_of(graph, row->object))), part))
			return true;
	}
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *own = graph_file_path(graph, file);
		if (path_is_below(slice_from(own), part) && is_file_applied(graph, own))
			return true;
	}
	return is_folder_applied(graph, part, true);
}

/* A service that another part deploys under the same name. */
static const char *twin_of(const Graph *graph, const Dead *dead)
{
	Slice name = path_name(slice_from(dead->path));
	GRAPH_EACH (graph, FACT_KIND, row) {
		const char *kind = graph_symbol_text(graph, row->object);
		if (strcmp(kind, "Deployment") != 0 && strcmp(kind, "StatefulSet") != 0)
			continue;
		Node file = file_node_of(graph, row->subject);
		if (slice_is(name, graph_name(graph, row->subject)) && graph_has(graph, file, FACT_ROOT) &&
		        !path_is_below(slice_from(graph_name(graph, file)), slice_from(dead->path)))
			return graph_name(graph, file);
	}
	return NULL;
}

/* ---- how long ago ------------------------------------------------------------------------------------------- */

static const char *date_of(Arena *arena, int64_t seconds)
{
	char text[16];
	time_t time = (time_t)seconds;
	struct tm parts;
	strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&time, &parts));
	return arena_text(arena, slice_from(text));
}

/* "it was last touched on 2023-04-01" for each that was so long ago; NULL for the others. */
static void find_ages(const Repo *repo, const char *const *paths, const char **ret_ages, guint count, Arena *arena)
{
	int64_t now;
	g_autofree RepoTouch *touches = g_new0(RepoTouch, count + 1);
	if (!repo || !repo_touches(repo, paths, MOST_COMMITS, touches, &now))
		return;
	for (guint i = 0; i < count; i++)
		if (now - touches[i].time > LONG_AGO && touches[i].commits >= WENT_ON)
			ret_ages[i] = arena_printf(arena, "it was last touched on %s", date_of(arena, touches[i].time));
}

/* ---- together ------------------------------------------------------------------------------------------------ */

/* What speaks against a part; NULL for what does not. */
typedef struct Case {
	const char *unused, *twin, *called, *age;
} Case;

static Case case_of(const Graph *graph, const Dead *dead, Arena *arena)
{
	static const char *const words[] = {
	        "deprecated", "obsolete", "retired", "abandoned", "no longer used", "not used any", NULL};
	Case about = {0};
	uint32_t line;
	if (dead->archived)
		return about;
	const char *twin = dead->runs ? NULL : twin_of(graph, dead);
	const char *document = document_says(graph, dead->path, words, is_called, &line);
	if (twin)
		about.twin = arena_printf(arena, "nothing applies it, and %s runs the same", twin);
	else if (!dead->runs && tells_what_runs(graph) && has_objects(graph, dead->path) &&
	         !is_led_to(graph, dead->path))
		about.unused = "nothing applies it or leads to it";
	if (document)
		about.called = arena_printf(arena, "%s:%u says that it is past", document, line);
	return about;
}

static void judge(Dead *dead, const Case *about, Arena *arena)
{
	const char *const said[] = {about->called, about->twin, about->unused, about->age};
	g_autoptr(GString) reason = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
		if (said[i])
			g_string_append_printf(reason, "%s%s", reason->len ? ", and " : "", said[i]);
	dead->reason = arena_text(arena, (Slice){reason->str, reason->len});
	if ((about->called && (about->twin || about->unused || about->age)) || (about->twin && about->age))
		dead->verdict = DEAD_SURELY;
	else if (about->twin || about->called || (about->unused && about->age))
		dead->verdict = DEAD_PERHAPS;
}

void dead_find(const Graph *graph, const Repo *repo, Dead *dead, guint count, Arena *arena)
{
	g_autofree Case *cases = g_new0(Case, count + 1);
	g_autofree const char **paths = g_new0(const char *, count + 1), **ages = g_new0(const char *, count + 1);
	guint doubtful = 0;
	for (guint i = 0; i < count; i++) {
		cases[i] = case_of(graph, &dead[i], arena);
		if (cases[i].unused || cases[i].twin || cases[i].called)
			paths[doubtful++] = dead[i].path;
	}
	if (doubtful == 0)
		return;
	find_ages(repo, paths, ages, doubtful, arena);
	for (guint i = 0, k = 0; i < count && k < doubtful; i++)
		if (paths[k] == dead[i].path) {
			cases[i].age = ages[k++];
			judge(&dead[i], &cases[i], arena);
		}
}
