/* The log is asked of the user's own git: a history of tens of thousands of commits is read in a second. Fields end
 * with the unit separator, commits with the record separator; a message that holds one of these is left out. */
#include "flow/past.h"

#include "flow/git.h"

static char *run(const Repo *repo, GError **error, const char *const *words)
{
	char *output = NULL;
	g_autoptr(GPtrArray) all = git_words(words);
	return git_run(repo, all, &output, error) ? output : NULL;
}

static char *first_line(char *output)
{
	if (output)
		output[strcspn(output, "\n")] = '\0';
	if (output && *output)
		return output;
	g_free(output);
	return NULL;
}

/* ---- where it began ------------------------------------------------------------------------------------------- */

#define PHASE "%(trailers:key=Labwright-Phase,valueonly,separator=%x20)"
static const char id_and_phase[] = "--format=%H " PHASE;

/* Back from the newest commit with a phase to the first one without. It may have come by a merge, so it is looked for
 * on every line. */
static char *start_of_improvement(const Repo *repo, const char *to)
{
	g_autofree char *newest = first_line(run(repo, NULL,
	        (const char *const[]){"log", "--no-show-signature", "--max-count=1", "--format=%H",
	                "--grep=^Labwright-Phase: ", to, NULL}));
	if (!newest)
		return NULL;
	g_autofree char *line = run(repo, NULL,
	        (const char *const[]){"log", "--no-show-signature", "--first-parent", "--max-count=5000", id_and_phase,
	                newest, NULL});
	g_auto(GStrv) commits = g_strsplit(line ? line : "", "\n", -1);
	for (char **commit = commits; *commit; commit++) {
		char *phase = *commit + strcspn(*commit, " ");
		if (*phase == '\0' || phase[1] != '\0')
			continue;
		*phase = '\0';
		return strcmp(*commit, newest) == 0 ? NULL : g_strdup(*commit);
	}
	return NULL;
}

static char *start_of_branch(const Repo *repo, const char *to)
{
	static const char *const branches[] = {"main", "master", "trunk"};
	for (size_t i = 0; i < G_N_ELEMENTS(branches); i++) {
		g_autofree char *base =
		        first_line(run(repo, NULL, (const char *const[]){"merge-base", branches[i], to, NULL}));
		if (base && strcmp(base, to) != 0)
			return g_steal_pointer(&base);
	}
	return NULL;
}

char *past_start(const Repo *repo, const char *to)
{
	char *start = start_of_improvement(repo, to);
	start = start ? start : start_of_branch(repo, to);
	return start ? start : g_strdup(to);
}

/* ---- commits -------------------------------------------------------------------------------------------------- */

/* Without the trailers, which are for programs. */
static const char *body_of(char *body, Arena *arena)
{
	g_autoptr(GString) kept = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
	for (char **line = lines; *line; line++)
		if (!g_str_has_prefix(*line, "Labwright-Phase: "))
			g_string_append_printf(kept, "%s\n", *line);
	g_strchomp(kept->str);
	return arena_text(arena, slice_from(kept->str));
}

static void add_records(const char *log, GHashTable *line, Arena *arena, GArray *commits)
{
	g_auto(GStrv) records = g_strsplit(log, "\x1e", -1);
	for (char **record = records; *record; record++) {
		g_auto(GStrv) fields = g_strsplit(g_strstrip(*record), "\x1f", -1);
		if (g_strv_length(fields) != 6)
			continue;
		g_strstrip(fields[5]);
		SummaryCommit commit = {.id = arena_printf(arena, "%.10s", fields[0]),
		        .parent = arena_printf(arena, "%.10s", fields[1]),
		        .merges = strchr(fields[1], ' ') != NULL,
		        .date = arena_text(arena, slice_from(fields[2])),
		        .subject = arena_text(arena, slice_from(fields[3])),
		        .body = body_of(fields[4], arena),
		        .phase = arena_text(arena, slice_from(fields[5])),
		        .on_line = *fields[5] || !line || g_hash_table_contains(line, fields[0])};
		g_array_append_val(commits, commit);
	}
}

#define FORMAT(body, phase) "--format=%H%x1f%P%x1f%cs%x1f%s%x1f" body "%x1f" phase "%x1e"

bool past_read(const Repo *repo, const char *from, const char *to, Arena *arena, GArray *commits, GError **error)
{
	g_autofree char *range = g_strdup_printf("%s..%s", from, to);
	g_autofree char *log = run(repo, error,
	        (const char *const[]){"log", "--no-show-signature", "--encoding=UTF-8", "--topo-order", "--reverse",
	                FORMAT("%b", PHASE), range, NULL});
	g_autofree char *first_parents =
	        run(repo, error, (const char *const[]){"rev-list", "--first-parent", range, NULL});
	if (!log || !first_parents)
		return false;
	g_auto(GStrv) ids = g_strsplit(first_parents, "\n", -1);
	g_autoptr(GHashTable) line = g_hash_table_new(g_str_hash, g_str_equal);
	for (char **id = ids; *id; id++)
		g_hash_table_add(line, *id);
	add_records(log, line, arena, commits);
	return true;
}

bool past_line(const Repo *repo, const char *to, Arena *arena, GArray *commits, GError **error)
{
	g_autofree char *log = run(repo, error,
	        (const char *const[]){"log", "--no-show-signature", "--encoding=UTF-8", "--first-parent", "--reverse",
	                FORMAT("", PHASE), to, NULL});
	if (log)
		add_records(log, NULL, arena, commits);
	return log != NULL;
}

GArray *past_commits(const Repo *repo, const char *to, Arena *arena, GError **error)
{
	g_autofree char *log = run(repo, error,
	        (const char *const[]){"log", "--no-show-signature", "--encoding=UTF-8", "--first-parent", "--reverse",
	                "--format=%H%x1f%an%x1f%cs%x1f%P%x1f%s%x1e", to, NULL});
	if (!log)
		return NULL;
	GArray *commits = g_array_new(FALSE, FALSE, sizeof(PastCommit));
	g_auto(GStrv) records = g_strsplit(log, "\x1e", -1);
	for (char **record = records; *record; record++) {
		g_auto(GStrv) fields = g_strsplit(g_strstrip(*record), "\x1f", -1);
		if (g_strv_length(fields) != 5)
			continue;
		PastCommit commit = {.id = arena_text(arena, slice_from(fields[0])),
		        .author = arena_text(arena, slice_from(fields[1])),
		        .date = arena_text(arena, slice_from(fields[2])),
		        .merges = strchr(fields[3], ' ') != NULL,
		        .subject = arena_text(arena, slice_from(fields[4]))};
		g_array_append_val(commits, commit);
	}
	return commits;
}

GArray *past_branch(const Repo *repo, const char *merge, Arena *arena, GError **error)
{
	g_autofree char *range = g_strdup_printf("%s^1..%s^2", merge, merge);
	return past_commits(repo, range, arena, error);
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

/* As git prints it: in quotes with escapes where it holds more than plain characters. */
static char *unquoted(char *path)
{
	size_t length = strlen(path);
	if (length < 2 || *path != '"')
		return g_strdup(path);
	path[length - 1] = '\0';
	return g_strcompress(path + 1);
}

GHashTable *past_moved(const Repo *repo, const char *from, const char *to)
{
	GHashTable *moved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *list = run(repo, NULL,
	        (const char *const[]){"diff", "--raw", "--no-ext-diff", "--no-relative", "--find-renames",
	                "--diff-filter=R", to ? "--no-color" : "--cached", from, to, NULL});
	g_auto(GStrv) lines = g_strsplit(list ? list : "", "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);
		if (g_strv_length(fields) == 3)
			g_hash_table_insert(moved, unquoted(fields[1]), unquoted(fields[2]));
	}
	return moved;
}

uint32_t past_staged(const Repo *repo)
{
	uint32_t count = 0;
	g_autofree char *list =
	        run(repo, NULL, (const char *const[]){"diff", "--cached", "--name-only", "--no-renames", NULL});
	for (const char *at = list ? list : ""; *at; at++)
		count += *at == '\n';
	return count;
}

bool past_is_bare(const Repo *repo)
{
	g_autofree char *bare = run(repo, NULL, (const char *const[]){"rev-parse", "--is-bare-repository", NULL});
	return bare && g_str_has_prefix(bare, "true");
}
