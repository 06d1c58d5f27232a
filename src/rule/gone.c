/* What a path is relative to is rarely said: only one that exists nowhere it could be meant is gone. The cause is the
 * highest folder that is missing, where several paths lie below it. */
#include "rule/gone.h"

#include "base/path.h"
#include "rule/search.h"

/* ---- texts ------------------------------------------------------------------------------------------- */

bool is_plan(Slice document)
{
	static const char *const words[] = {"plan", "spec", "template", "proposal", "adr", "rfc", "todo", "roadmap",
	        "task", "skill", "idea", "design", "backlog", "phase", "user-stor", "user_stor", "userstor", "future",
	        "decision", "prps/"};
	g_autofree char *lower = g_ascii_strdown(document.at, (gssize)document.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

bool is_literal_path(Slice path)
{
	if (path.length == 0 || path.length > 200 || strchr("/~$#-@%", path.at[0]))
		return false;
	for (size_t i = 0; i < path.length; i++)
		if (strchr("<>{}$*?|\"'`()[],;=\\: ", path.at[i]) || (unsigned char)path.at[i] < ' ')
			return false;
	return !text_has(path, "...") && !text_has(path, "…") && !text_has(path, "YYYY") && !text_has(path, "NNN") &&
	       !text_has(path, "XXX");
}

Slice bare_path(Slice path)
{
	static const char ends[] = {'#', '?'};
	for (size_t i = 0; i < sizeof ends; i++)
		path = slice_sub(path, 0, MIN(slice_find_byte(path, ends[i], 0), path.length));
	size_t colon = path.length;
	while (colon > 0 && g_ascii_isdigit(path.at[colon - 1]))
		colon--;
	return colon > 0 && colon < path.length && path.at[colon - 1] == ':' ? slice_sub(path, 0, colon - 1) : path;
}

Slice first_part(Slice path)
{
	while (slice_starts(path, "./") || slice_starts(path, "../"))
		path = slice_sub(path, slice_starts(path, "./") ? 2 : 3, path.length);
	size_t slash = slice_find_byte(path, '/', 0);
	return slash == SIZE_MAX ? (Slice){"", 0} : slice_sub(path, 0, slash);
}

bool has_extension(Slice path)
{
	Slice name = path_name(path);
	size_t dot = name.length;
	while (dot > 1 && name.at[dot - 1] != '.')
		dot--;
	return dot > 1 && name.length - dot >= 1 && name.length - dot <= 5 && g_ascii_isalpha(name.at[dot]);
}

/* ---- what is there ------------------------------------------------------------------------------------- */

/* A submodule or link at a folder of the path: what lies behind it is not read. */
static bool is_behind_link(const Graph *graph, Slice path)
{
	for (path = path_folder(path); path.length; path = path_folder(path))
		if (graph_find_file(graph, path))
			return true;
	return false;
}

bool path_exists(const Graph *graph, Slice path)
{
	return path.length == 0 || graph_find_file(graph, path) || graph_has_folder(graph, path) ||
	       is_behind_link(graph, path);
}

bool exists_below(const Graph *graph, Slice folder, Slice path)
{
	static const char *const endings[] = {"", ".md", "/README.md", "/index.md"};
	g_autofree char *full = path_resolve(folder, path);
	for (size_t i = 0; full && i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *with = g_strconcat(full, endings[i], NULL);
		if (path_exists(graph, slice_from(with)))
			return true;
	}
	return false;
}

bool exists_above(const Graph *graph, Slice folder, Slice path)
{
	g_autofree char *here = path_resolve(folder, path);
	while (here && !exists_below(graph, folder, path)) {
		if (folder.length == 0)
			return false;
		folder = path_folder(folder);
	}
	return true;
}

/* ---- mentions ------------------------------------------------------------------------------------------ */

typedef struct Mention {
	Level level;
	Node subject;
	Span span;
	char *path;  /* from the root */
	char *cause; /* the highest folder of it that is missing, or the path itself */
} Mention;

struct Gone {
	Checker *checker;
	const char *what;
	Ignored *ignored;
	GHashTable *by_name; /* last part of a path → file number + 1, or UINT32_MAX for several */
	GPtrArray *mentions;
	GHashTable *short_forms; /* path → 1 or 2: is none, is one */
	Moved *moved;            /* NULL until it is asked for */
};

static void mention_free(gpointer data)
{
	Mention *mention = data;
	g_free(mention->path);
	g_free(mention->cause);
	g_free(mention);
}

Gone *gone_new(Checker *checker, const char *what)
{
	const Graph *graph = checker_graph(checker);
	Gone *gone = g_new0(Gone, 1);
	gone->checker = checker;
	gone->what = what;
	gone->ignored = ignored_new(graph);
	gone->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	gone->mentions = g_ptr_array_new_with_free_func(mention_free);
	gone->short_forms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *name = path_name(slice_from(graph_file_path(graph, file))).at;
		gpointer known = g_hash_table_lookup(gone->by_name, name);
		g_hash_table_insert(gone->by_name, (gpointer)name, GUINT_TO_POINTER(known ? UINT32_MAX : file + 1));
	}
	return gone;
}

void gone_free(Gone *gone)
{
	if (!gone)
		return;
	ignored_free(gone->ignored);
	g_hash_table_unref(gone->by_name);
	g_ptr_array_unref(gone->mentions);
	g_hash_table_unref(gone->short_forms);
	moved_free(gone->moved);
	g_free(gone);
}

/* ---- absent on purpose ----------------------------------------------------------------------------------- */

static bool is_local_name(Slice path)
{
	static const char *const local[] = {".env", "kubeconfig", "secret", "credential", ".key", ".pem", ".crt",
	        ".tfstate", ".tfvars", "node_modules", "venv", ".local", "override", "scratch", "generated",
	        "vault_pass"};
	for (size_t i = 0; i < G_N_ELEMENTS(local); i++)
		if (text_has(path, local[i]) && !text_has(path, "example") && !slice_ends(path, ".md"))
			return true;
	return false;
}

/* A folder that programs fill. */
static bool is_filled_folder(Slice part)
{
	static const char *const names[] = {"data", "tmp", "temp", "log", "logs", "cache", ".cache", "dist", "build",
	        "out", "output", ".output", "target", "backup", "backups", "downloads", "memory", "state", "results"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(part, names[i]))
			return true;
	return false;
}

static bool has_filled_folder(Slice path)
{
	for (size_t slash, start = 0; (slash = slice_find_byte(path, '/', start)) != SIZE_MAX; start = slash + 1)
		if (is_filled_folder(slice_sub(path, start, slash)))
			return true;
	return false;
}

bool is_kept_out(const Gone *gone, Slice folder, Slice path)
{
	if (is_local_name(path) || is_filled_folder(first_part(path)) ||
	        (has_filled_folder(path) && !slice_ends(path, ".md")))
		return true;
	bool as_folder = path.length && path.at[path.length - 1] == '/';
	g_autofree char *here = path_resolve(folder, path), *root = path_resolve((Slice){"", 0}, path);
	return (here && ignoring_pattern(gone->ignored, here, as_folder)) ||
	       (root && ignoring_pattern(gone->ignored, root, as_folder));
}

/* ---- where it is now --------------------------------------------------------------------------------------- */

/* Manifests named after their kind. */
static bool is_kind_name(Slice name)
{
	static const char *const stems[] = {"middleware", "ingress", "ingressroute", "httproute", "pvc", "pv",
	        "configmap", "secret", "externalsecret", "prometheusrule", "servicemonitor", "podmonitor",
	        "helmrelease", "rbac", "cronjob", "job", "statefulset", "daemonset", "networkpolicy", "certificate",
	        "issuer", "application", "app", "ks", "deploy", "svc", "role", "serviceaccount", "hpa", "pdb"};
	size_t dot = MIN(slice_find_byte(name, '.', 0), name.length);
	Slice stem = slice_sub(name, 0, dot), ending = slice_sub(name, dot, name.length);
	for (size_t i = 0; i < G_N_ELEMENTS(stems); i++)
		if (slice_is_nocase(stem, stems[i]))
			return slice_is(ending, ".yaml") || slice_is(ending, ".yml");
	return false;
}

bool is_common_name(Slice name)
{
	static const char *const names[] = {"README.md", "TODO.md", "index.md", "values.yaml", "values.yml",
	        "kustomization.yaml", "kustomization.yml", "config.yaml", "config.yml", "deployment.yaml",
	        "service.yaml", "namespace.yaml", "docker-compose.yml", "docker-compose.yaml", "compose.yml",
	        "compose.yaml", "Dockerfile", "setup.sh", "install.sh", "main.py", "__init__.py", "main.tf",
	        "package.json", "requirements.txt"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return slice_starts(name, "docker-compose.") || slice_starts(name, "compose.") || is_kind_name(name);
}

Node find_moved(const Gone *gone, Slice path)
{
	const Graph *graph = checker_graph(gone->checker);
	g_autofree char *name = slice_dup(path_name(path));
	uint32_t found = GPOINTER_TO_UINT(g_hash_table_lookup(gone->by_name, name));
	if (found == 0 || found == UINT32_MAX || is_common_name(slice_from(name)))
		return NODE_NONE;
	Node file = graph_file_node(graph, found - 1);
	const char *class = graph_text(graph, file, FACT_CLASS);
	return *class && strcmp(class, "dated") != 0 ? NODE_NONE : file;
}

const Moved *gone_moved(Gone *gone)
{
	if (!gone->moved)
		gone->moved = moved_new(checker_graph(gone->checker));
	return gone->moved;
}

static bool ends_some_path(const Graph *graph, Slice path)
{
	g_autofree char *below = g_strdup_printf("/%.*s/", SLICE_ARGS(path));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice full = slice_from(graph_file_path(graph, file));
		if (full.length <= path.length)
			continue;
		size_t start = full.length - path.length;
		if ((full.at[start - 1] == '/' && memcmp(full.at + start, path.at, path.length) == 0) ||
		        text_has(full, below))
			return true;
	}
	return false;
}

bool is_short_form(const Gone *gone, Slice path)
{
	g_autofree char *plain = path_resolve((Slice){"", 0}, path);
	if (!plain)
		return false;
	if (has_extension(path) && !g_hash_table_contains(gone->by_name, path_name(slice_from(plain)).at))
		return false;
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(gone->short_forms, plain));
	if (!known) {
		known = ends_some_path(checker_graph(gone->checker), slice_from(plain)) ? 2 : 1;
		g_hash_table_insert(gone->short_forms, g_steal_pointer(&plain), GUINT_TO_POINTER(known));
	}
	return known == 2;
}

/* ---- findings ------------------------------------------------------------------------------------------------ */

/* The highest folder of a path that is missing; the path itself where its folder is there. */
static char *find_cause(const Graph *graph, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!path_exists(graph, (Slice){path, (size_t)(slash - path)}))
			return g_strndup(path, (size_t)(slash - path));
	return g_strdup(path);
}

void gone_add(Gone *gone, Level level, Node subject, Span span, Slice full)
{
	Mention *mention = g_new0(Mention, 1);
	*mention = (Mention){level, subject, span, path_resolve((Slice){"", 0}, full), NULL};
	if (!mention->path)
		mention->path = slice_dup(full);
	mention->cause = find_cause(checker_graph(gone->checker), mention->path);
	g_ptr_array_add(gone->mentions, mention);
}

/* All mentions of one cause, in the order of the files. */
typedef struct Cause {
	GPtrArray *mentions; /* Mention, borrowed */
	Level level;
	uint32_t paths; /* how many different ones */
	bool several;   /* causes, in one document */
} Cause;

static void cause_free(gpointer data)
{
	Cause *cause = data;
	g_ptr_array_unref(cause->mentions);
	g_free(cause);
}

static Cause *cause_new(void)
{
	Cause *cause = g_new0(Cause, 1);
	cause->mentions = g_ptr_array_new();
	return cause;
}

static Cause *get_cause(GHashTable *causes, GPtrArray *order, char *name)
{
	Cause *cause = g_hash_table_lookup(causes, name);
	if (!cause) {
		cause = cause_new();
		g_hash_table_insert(causes, name, cause);
		g_ptr_array_add(order, cause);
	}
	return cause;
}

/* The folder that takes the place of the cause if the file moved together with it: what is left of its path without
 * what lay below the cause. NULL if the file went another way. */
static char *new_place(const char *now, const char *path, const char *cause)
{
	const char *below = path + strlen(cause);
	return *below && g_str_has_suffix(now, below) ? g_strndup(now, strlen(now) - strlen(below)) : NULL;
}

/* Of several files of that name the one below the folder of the file that names it. */
static Node find_moved_below(const Gone *gone, const Mention *mention)
{
	const Graph *graph = checker_graph(gone->checker);
	Slice name = path_name(slice_from(mention->path)),
	      folder = path_folder(slice_from(graph_file_path(graph, mention->span.file)));
	Node found = find_moved(gone, slice_from(mention->path));
	if (found || folder.length == 0 || is_common_name(name))
		return found;
	g_autofree char *first = g_strdup_printf("%.*s/", SLICE_ARGS(folder));
	for (uint32_t file = graph_first_file(graph, first); file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!path_is_below(path, folder))
			break; /* paths are in order */
		if (!slice_equal(path_name(path), name) || graph_has(graph, graph_file_node(graph, file), FACT_CLASS))
			continue;
		if (found)
			return NODE_NONE;
		found = graph_file_node(graph, file);
	}
	return found;
}

static void add_moved(Gone *gone, Finding *finding, const Mention *mention, char **place, bool *one_place)
{
	const Graph *graph = checker_graph(gone->checker);
	Node moved = find_moved_below(gone, mention);
	if (!moved)
		return;
	const char *now = graph_name(graph, moved);
	add_evidence(gone->checker, finding, graph_place(graph, moved),
	        find_moved(gone, slice_from(mention->path)) ? "the one file of that name is here"
	                                                    : "a file of that name is here");
	g_autofree char *here = new_place(now, mention->path, mention->cause);
	*one_place = *one_place && here && (!*place || strcmp(*place, here) == 0);
	if (!*place)
		*place = g_steal_pointer(&here);
}

/* What to write instead; of a command it is not known where it is run. */
static void hint_moved(Gone *gone, Finding *finding, const Mention *mention, const char *now)
{
	const Graph *graph = checker_graph(gone->checker);
	const char *file = graph_file_path(graph, mention->span.file);
	Slice folder = path_folder(slice_from(file));
	if (!g_str_has_suffix(file, ".md") && folder.length && !strchr(mention->path, '/')) {
		g_autofree char *relative = path_relative(folder, now);
		set_hint(gone->checker, finding, "seen from the folder of this file it is %s", relative);
		return;
	}
	g_autofree char *text = moved_text(graph_span_bytes(graph, mention->span), folder, mention->path, now);
	set_hint(gone->checker, finding, "write %s", text ? text : now);
}

/* A short name is one step from many others; what stands before its ending counts. */
static bool says_much(const char *path)
{
	return strcspn(path_name(slice_from(path)).at, ".") > 4;
}

/* Who names radarr/README.md as well means another by readarr/README.md. */
static bool is_written_there(const Graph *graph, const Mention *mention, const char *path)
{
	Slice folder = path_folder(slice_from(graph_file_path(graph, mention->span.file)));
	g_autofree char *text = moved_text(graph_span_bytes(graph, mention->span), folder, mention->path, path);
	return text && text_has(graph_file_bytes(graph, mention->span.file), text);
}

/* The new place of a mention's path: its own, or below that of the folder that is gone. No file means itself by another
 * name. Free with g_free. */
static char *new_path(Gone *gone, const Mention *mention)
{
	const Graph *graph = checker_graph(gone->checker);
	const char *now = moved_to(gone_moved(gone), mention->path);
	if (now)
		return strcmp(now, graph_file_path(graph, mention->span.file)) != 0 ? g_strdup(now) : NULL;
	const char *folder = moved_to(gone_moved(gone), mention->cause);
	g_autofree char *below = folder ? g_strconcat(folder, mention->path + strlen(mention->cause), NULL) : NULL;
	if (below && path_exists(graph, slice_from(below)))
		return g_steal_pointer(&below);
	char *near = says_much(mention->path) ? moved_near(graph, mention->path, 1) : NULL;
	if (near && is_written_there(graph, mention, near))
		g_clear_pointer(&near, g_free);
	return near;
}

/* The same name in another handwriting, or one of a letter more or less. */
static void add_near(Gone *gone, Finding *finding, const Mention *mention)
{
	const Graph *graph = checker_graph(gone->checker);
	g_autofree char *now = new_path(gone, mention);
	Node file = now ? graph_find_file(graph, slice_from(now)) : NODE_NONE;
	if (!now)
		return;
	if (file)
		add_evidence(gone->checker, finding, graph_place(graph, file), "a file of nearly that name is here");
	hint_moved(gone, finding, mention, now);
}

static void add_mentions(Gone *gone, Finding *finding, const Cause *cause)
{
	g_autofree char *place = NULL;
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	bool one_place = true;
	for (guint i = 0; i < cause->mentions->len; i++) {
		const Mention *mention = cause->mentions->pdata[i];
		if (i > 0 && cause->paths > 1)
			add_evidence(gone->checker, finding, mention->span, "'%s' is named here", mention->path);
		else if (i > 0)
			add_evidence(gone->checker, finding, mention->span, "named here too");
		if (g_hash_table_add(seen, mention->path))
			add_moved(gone, finding, mention, &place, &one_place);
	}
	const Mention *first = cause->mentions->pdata[0];
	Node moved = cause->paths == 1 ? find_moved_below(gone, first) : NODE_NONE;
	if (moved)
		hint_moved(gone, finding, first, graph_name(checker_graph(gone->checker), moved));
	else if (place && one_place && !cause->several)
		set_hint(gone->checker, finding, "write %s for %s", place, first->cause);
	else if (cause->paths == 1)
		add_near(gone, finding, first);
}

/* What stands at the mention, made to stand for the new place of its path, which *ret_now is; NULL where it is not
 * known. Free both with g_free. */
static char *mended_text(Gone *gone, const Mention *mention, char **ret_now)
{
	const Graph *graph = checker_graph(gone->checker);
	const char *file = graph_file_path(graph, mention->span.file);
	Slice written = graph_span_bytes(graph, mention->span), folder = path_folder(slice_from(file));
	bool document = g_str_has_suffix(file, ".md");
	bool lost = !document && folder.length && !strchr(mention->path, '/'); /* where a command is run */
	*ret_now = lost ? NULL : new_path(gone, mention);
	return *ret_now ? moved_text(written, folder, mention->path, *ret_now) : NULL;
}

/* All mentions follow the move, or the finding would stay. */
static void mend_mentions(Gone *gone, Finding *finding, const Cause *cause)
{
	for (guint i = 0; i < cause->mentions->len; i++) {
		const Mention *mention = cause->mentions->pdata[i];
		g_autofree char *now = NULL, *text = mended_text(gone, mention, &now);
		if (!text) {
			finding->n_edits = 0;
			return;
		}
		if (i == 0)
			set_because(
			        gone->checker, finding, FIX_VALUE, "it is %s now, and nothing else is so like it", now);
		add_edit(gone->checker, finding, mention->span, slice_from(text));
	}
}

/* Nothing is known of where the path may be now. */
static bool is_lost(Gone *gone, const Mention *mention)
{
	g_autofree char *now = NULL, *text = find_moved_below(gone, mention) ? NULL : mended_text(gone, mention, &now);
	return !text && !find_moved_below(gone, mention);
}

static void report_cause(Gone *gone, const Cause *cause)
{
	const Mention *first = cause->mentions->pdata[0];
	Finding *finding;
	if (cause->paths == 1) {
		finding = report_at(gone->checker, cause->level, first->subject, first->span,
		        "%s '%s', which is not in the repository", gone->what, first->path);
		set_detail(gone->checker, finding, "%s", first->path);
	} else if (cause->several) {
		finding = report_at(gone->checker, cause->level, first->subject, first->span,
		        "%s '%s' and %u more path%s, which are not in the repository", gone->what, first->path,
		        cause->paths - 1, cause->paths == 2 ? "" : "s");
		set_detail(gone->checker, finding, is_lost(gone, first) ? "several" : "several moved");
	} else {
		finding = report_at(gone->checker, cause->level, first->subject, first->span,
		        "%s '%s' and %u more below %s, which is not in the repository", gone->what, first->path,
		        cause->paths - 1, first->cause);
		set_detail(gone->checker, finding, "%s", first->cause);
	}
	add_mentions(gone, finding, cause);
	mend_mentions(gone, finding, cause);
	if (cause->several && cause->paths > 1 && finding->n_edits)
		set_hint(gone->checker, finding, "they are elsewhere now, and `labwright fix` shows where");
}

/* The path, whose folder is there, was never written or is gone for good; or all that a folder has lost is named in one
 * document: there is no cause beyond that. */
static bool may_merge(Gone *gone, const Cause *cause)
{
	const Graph *graph = checker_graph(gone->checker);
	const Mention *first = cause->mentions->pdata[0];
	bool folder = strcmp(first->cause, first->path) != 0 || cause->paths > 1;
	for (guint i = 0; i < cause->mentions->len; i++) {
		const Mention *mention = cause->mentions->pdata[i];
		if (!g_str_has_suffix(graph_file_path(graph, mention->span.file), ".md") || !is_lost(gone, mention) ||
		        (folder && mention->span.file != first->span.file))
			return false;
	}
	return true;
}

static int compare_mentions(gconstpointer a, gconstpointer b)
{
	const Mention *left = *(const Mention *const *)a, *right = *(const Mention *const *)b;
	return (left->span.start > right->span.start) - (left->span.start < right->span.start);
}

/* Gives the mentions of a cause to their documents. */
static void spread_cause(GHashTable *documents, GPtrArray *order, Cause *cause)
{
	for (guint i = 0; i < cause->mentions->len; i++) {
		Mention *mention = cause->mentions->pdata[i];
		gpointer file = GUINT_TO_POINTER(mention->span.file);
		Cause *into = g_hash_table_lookup(documents, file);
		if (!into) {
			into = cause_new();
			into->several = true;
			g_hash_table_insert(documents, file, into);
			g_ptr_array_add(order, into);
		}
		into->level = MAX(into->level, mention->level);
		g_ptr_array_add(into->mentions, mention);
	}
	g_ptr_array_set_size(cause->mentions, 0);
}

static void count_paths(Cause *cause)
{
	g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < cause->mentions->len; i++)
		g_hash_table_add(paths, ((const Mention *)cause->mentions->pdata[i])->path);
	cause->paths = g_hash_table_size(paths);
	g_ptr_array_sort(cause->mentions, compare_mentions);
}

/* One document alone names it, and what to write there is known. */
static bool is_known_move(Gone *gone, const Cause *cause)
{
	const Graph *graph = checker_graph(gone->checker);
	const Mention *first = cause->mentions->len ? cause->mentions->pdata[0] : NULL;
	if (!first || !g_str_has_suffix(graph_file_path(graph, first->span.file), ".md"))
		return false;
	for (guint i = 0; i < cause->mentions->len; i++) {
		const Mention *mention = cause->mentions->pdata[i];
		g_autofree char *now = NULL, *text = mended_text(gone, mention, &now);
		if (!text || mention->span.file != first->span.file)
			return false;
	}
	return true;
}

/* So many moves of one document are told one by one. */
#define FEW_MOVED 3

/* A document that the folders have left behind is one finding. */
static void merge_moves(Gone *gone, GPtrArray *order, guint causes)
{
	g_autoptr(GHashTable) documents = g_hash_table_new(NULL, NULL), counts = g_hash_table_new(NULL, NULL);
	g_autofree bool *known = g_new0(bool, causes);
	for (guint i = 0; i < causes; i++) {
		const Cause *cause = order->pdata[i];
		if (!(known[i] = is_known_move(gone, cause)))
			continue;
		gpointer file = GUINT_TO_POINTER(((const Mention *)cause->mentions->pdata[0])->span.file);
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, file));
		g_hash_table_insert(counts, file, GUINT_TO_POINTER(count + 1));
	}
	for (guint i = 0; i < causes; i++) {
		Cause *cause = order->pdata[i];
		if (!known[i])
			continue;
		gpointer file = GUINT_TO_POINTER(((const Mention *)cause->mentions->pdata[0])->span.file);
		if (GPOINTER_TO_UINT(g_hash_table_lookup(counts, file)) > FEW_MOVED)
			spread_cause(documents, order, cause);
	}
}

/* What one document names and nothing can be written for is one finding: whoever mends the first has all of them before
 * him. */
static void merge_causes(Gone *gone, GPtrArray *order)
{
	g_autoptr(GHashTable) documents = g_hash_table_new(NULL, NULL);
	guint causes = order->len;
	for (guint i = 0; i < causes; i++)
		if (may_merge(gone, order->pdata[i]))
			spread_cause(documents, order, order->pdata[i]);
	merge_moves(gone, order, causes);
	for (guint i = causes; i < order->len; i++)
		count_paths(order->pdata[i]);
}

void gone_report(Gone *gone)
{
	g_autoptr(GHashTable) causes = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func(cause_free);
	for (guint i = 0; i < gone->mentions->len; i++) {
		Mention *mention = gone->mentions->pdata[i];
		Cause *cause = get_cause(causes, order, mention->cause);
		cause->paths += g_hash_table_add(paths, mention->path);
		cause->level = MAX(cause->level, mention->level);
		g_ptr_array_add(cause->mentions, mention);
	}
	merge_causes(gone, order);
	for (guint i = 0; i < order->len; i++)
		if (((const Cause *)order->pdata[i])->mentions->len)
			report_cause(gone, order->pdata[i]);
}
