/* labwright check: what is wrong between the files. */
#include "command/command.h"

#include "base/error.h"
#include "flow/flow.h"
#include "flow/live.h"
#include "report/report.h"

#include <unistd.h>

extern const Command command_check;

/* One --format: NAME, or NAME=FILE. */
typedef struct Output {
	const Renderer *renderer;
	const char *file; /* NULL: standard output */
} Output;

typedef struct CheckArguments {
	ScanArguments scan;
	char **only, **formats, **usage, *context, *kubeconfig, *secrets;
	gboolean live, tls_secrets;
	char *output, *level, *fail_on, *colour, *profile, *since, *baseline, *write_baseline;
	gboolean all, timing, online, render;
	int64_t start;
	/* what the words mean */
	GArray *outputs; /* Output */
	bool with_colour;
	Level shown, failing;
} CheckArguments;

static void check_arguments_clear(CheckArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	g_strfreev(arguments->only);
	g_strfreev(arguments->formats);
	g_strfreev(arguments->usage);
	g_free(arguments->context);
	g_free(arguments->kubeconfig);
	g_free(arguments->secrets);
	g_free(arguments->output);
	g_free(arguments->level);
	g_free(arguments->fail_on);
	g_free(arguments->colour);
	g_free(arguments->profile);
	g_free(arguments->since);
	g_free(arguments->baseline);
	g_free(arguments->write_baseline);
	g_clear_pointer(&arguments->outputs, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CheckArguments, check_arguments_clear)

/* ---- words of options ----------------------------------------------------------------------------- */

static bool fail_usage(GError **error, const char *option, const char *word, const char *known)
{
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--%s knows no '%s'", option, word);
	error_add_help(error, "one of %s", known);
	return false;
}

/* `never` is no level: nothing reaches it. */
static bool parse_level(const char *option, const char *word, bool or_never, Level *ret_level, GError **error)
{
	for (Level level = LEVEL_INFO; word && level <= LEVEL_ERROR; level++) {
		if (strcmp(word, level_word(level)) == 0) {
			*ret_level = level;
			return true;
		}
	}
	if (word && or_never && strcmp(word, "never") == 0)
		*ret_level = LEVEL_ERROR + 1;
	else if (word)
		return fail_usage(
		        error, option, word, or_never ? "error, warning, info, never" : "error, warning, info");
	return true;
}

static bool parse_profile(const char *word, GError **error)
{
	Profile profile;
	return !word || profile_find(word, &profile) || fail_usage(error, "profile", word, "homelab, security, strict");
}

static char *renderer_names(void)
{
	GString *names = g_string_new(NULL);
	for (const Renderer *const *renderer = renderers(); *renderer; renderer++)
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", (*renderer)->name);
	return g_string_free(names, FALSE);
}

static bool parse_format(const CheckArguments *arguments, const char *word, Output *output, GError **error)
{
	const char *equal = strchr(word, '=');
	g_autofree char *name = equal ? g_strndup(word, (size_t)(equal - word)) : g_strdup(word);
	g_autofree char *known = renderer_names();
	*output = (Output){renderer_find(name), equal ? equal + 1 : arguments->output};
	return output->renderer || fail_usage(error, "format", name, known);
}

/* Two reports in one stream would be none. */
static bool parse_formats(CheckArguments *arguments, GError **error)
{
	const char *const none[] = {renderers()[0]->name, NULL};
	bool plain = false;
	arguments->outputs = g_array_new(FALSE, FALSE, sizeof(Output));
	for (const char *const *word = arguments->formats ? (const char *const *)arguments->formats : none; *word;
	        word++) {
		Output output;
		if (!parse_format(arguments, *word, &output, error))
			return false;
		if (plain && !strchr(*word, '=')) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
			        "only one --format can go to the same place");
			error_add_help(error, "name a file for the other: --format %s=FILE", output.renderer->name);
			return false;
		}
		plain |= !strchr(*word, '=');
		g_array_append_val(arguments->outputs, output);
	}
	return true;
}

static bool parse_words(CheckArguments *arguments, GError **error)
{
	arguments->shown = arguments->only || arguments->all ? LEVEL_INFO : LEVEL_OFF;
	arguments->failing = LEVEL_ERROR;
	return parse_formats(arguments, error) && command_colour(arguments->colour, &arguments->with_colour, error) &&
	       parse_profile(arguments->profile, error) &&
	       parse_level("level", arguments->level, false, &arguments->shown, error) &&
	       parse_level("fail-on", arguments->fail_on, true, &arguments->failing, error);
}

/* ---- output ------------------------------------------------------------------------------------------ */

static const char *show_root(const char *root, char **ret_owned)
{
	const char *home = g_get_home_dir();
	size_t length = strlen(home);
	bool below = length > 1 && strncmp(root, home, length) == 0 && (root[length] == '/' || root[length] == '\0');
	return below ? *ret_owned = g_strdup_printf("~%s", root + length) : root;
}

static bool shows_fixes(const CheckArguments *arguments)
{
	for (guint i = 0; i < arguments->outputs->len; i++)
		if (g_array_index(arguments->outputs, Output, i).renderer->fixes)
			return true;
	return false;
}

/* What of the findings can be mended, all of it together; NULL where no report shows it. */
static GHashTable *prove(const CheckArguments *arguments, Scan *scan, const Check *check)
{
	FixOptions options = {.only = (const char *const *)arguments->only, .derive = true, .once = true};
	g_autoptr(Fix) fix = shows_fixes(arguments) ? fix_new(scan, &options, NULL) : NULL;
	return fix ? fix_proven(fix, check) : NULL;
}

static bool write_reports(const CheckArguments *arguments, Scan *scan, const Check *check, GError **error)
{
	g_autoptr(GHashTable) proven = prove(arguments, scan, check);
	g_autofree char *home_root = NULL, *words = scan_arguments_again(&arguments->scan);
	g_autofree char *again = g_strconcat("labwright check", words, NULL);
	const char *root = show_root(repo_root(scan->repo), &home_root);
	for (guint i = 0; i < arguments->outputs->len; i++) {
		const Output *output = &g_array_index(arguments->outputs, Output, i);
		bool here = !output->file && isatty(STDOUT_FILENO);
		ReportInput input = {.graph = scan->graph,
		        .findings = check->findings,
		        .count = check->count,
		        .level = arguments->shown ? arguments->shown : output->renderer->level,
		        .all = arguments->all,
		        .colour = arguments->with_colour && (!output->file || arguments->colour),
		        .unicode = g_get_charset(NULL),
		        .microseconds = here ? g_get_monotonic_time() - arguments->start : 0,
		        .root = root,
		        .again = again,
		        .proven = proven};
		g_autoptr(GString) out = g_string_new(NULL);
		output->renderer->render(&input, out);
		if (!command_write(output->file, out, error))
			return false;
	}
	return true;
}

static int compare_times(const void *a, const void *b)
{
	const RuleTime *left = a, *right = b;
	return (left->microseconds < right->microseconds) - (left->microseconds > right->microseconds);
}

static void print_step(const char *step, int64_t microseconds)
{
	g_printerr("  %-28s %8.1f ms\n", step, (double)microseconds / 1e3);
}

static void print_timing(const CheckArguments *arguments, const Scan *scan, const Check *check)
{
	const Timing *timing = &scan->timing;
	g_printerr("time\n");
	print_step("list the files", timing->list);
	print_step("read them", timing->read);
	print_step("seal the graph", timing->seal);
	print_step("link it", timing->link);
	print_step("run the rules", timing->check);
	g_array_sort(check->times, compare_times);
	for (guint i = 0; i < MIN(check->times->len, 5); i++) {
		const RuleTime *time = &g_array_index(check->times, RuleTime, i);
		g_autofree char *step = g_strdup_printf("  %s", time->rule->id);
		print_step(step, time->microseconds);
	}
	print_step("whole, with the report", g_get_monotonic_time() - arguments->start);
	g_printerr("%u files, %u of them read by an earlier run, %.1f MB, %u facts' subjects, %.1f MB held\n",
	        graph_files(scan->graph), scan->recalled, (double)scan->bytes / 1e6, graph_nodes(scan->graph),
	        (double)scan->held / 1e6);
}

/* ---- the command -------------------------------------------------------------------------------------- */

static bool reaches(const Check *check, Level level)
{
	for (size_t i = 0; i < check->count; i++)
		if (!check->findings[i]->suppressed_by && check->findings[i]->level >= level)
			return true;
	return false;
}

static bool keep_baseline(const CheckArguments *arguments, const Scan *scan, const Check *check, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	baseline_append(check, scan, out);
	return command_write(arguments->write_baseline, out, error);
}

/* Says how many findings are not shown, since a report with nothing in it must not read as a clean repository. */
static bool leave_known(
        const CheckArguments *arguments, const CheckOptions *asked, const Scan *scan, Check *check, GError **error)
{
	uint32_t gone = 0;
	size_t all = check->count;
	if (arguments->since && !check_since(check, scan, asked, arguments->since, error))
		return false;
	if (arguments->baseline && !check_baseline(check, scan, arguments->baseline, &gone, error))
		return false;
	if (all > check->count)
		g_printerr("note: findings that were there before and are not shown: %zu\n", all - check->count);
	if (gone)
		g_printerr("note: findings of %s that are no more: %u; --write-baseline takes them out\n",
		        arguments->baseline, gone);
	return true;
}

/* More files with findings are not compared. */
#define MOST_COMPARED 100

/* Paths of files that Git cannot tell to be as they were added without a look into them. Free with g_hash_table_unref.
 */
static GHashTable *doubtful_files(const Repo *repo)
{
	GHashTable *paths = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < repo_count(repo); i++)
		if (!repo_entry(repo, i)->from_disk)
			g_hash_table_add(paths, (gpointer)repo_entry(repo, i)->path);
	return paths;
}

static bool is_changed(const Scan *scan, uint32_t file, Arena *arena)
{
	Slice now;
	return repo_read_path(scan->repo, graph_file_path(scan->graph, file), arena, &now) &&
	       !slice_equal(now, graph_file_bytes(scan->graph, file));
}

/* Whoever has mended a file and looks again, without telling Git, sees the old finding. */
static void note_changed(const Scan *scan, const Check *check)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GHashTable) compared = g_hash_table_new(NULL, NULL);
	const char *first = NULL;
	uint32_t changed = 0;
	if (repo_view(scan->repo) != REPO_INDEX)
		return;
	g_autoptr(GHashTable) doubtful = doubtful_files(scan->repo);
	for (size_t i = 0; i < check->count && g_hash_table_size(compared) < MOST_COMPARED; i++) {
		uint32_t file = check->findings[i]->span.file;
		if (!g_hash_table_contains(doubtful, graph_file_path(scan->graph, file)) ||
		        !g_hash_table_add(compared, GUINT_TO_POINTER(file + 1)) || !is_changed(scan, file, arena))
			continue;
		changed++;
		if (!first)
			first = graph_file_path(scan->graph, file);
	}
	if (changed > 1)
		g_printerr("note: %s and %u more with findings have changed since `git add`; --worktree reads them as "
		           "they are\n",
		        first, changed - 1);
	else if (changed)
		g_printerr("note: %s has changed since `git add`; --worktree reads it as it is\n", first);
}

/* ---- beside the cluster ----------------------------------------------------------------------------------- */

/* What is known beside the files, for as long as the scan. */
typedef struct Known {
	Usage *usage;
	GPtrArray *drifts; /* Drift, or NULL */
} Known;

static void known_clear(Known *known)
{
	g_clear_pointer(&known->usage, usage_free);
	g_clear_pointer(&known->drifts, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Known, known_clear)

static bool compare_cluster(const CheckArguments *arguments, Scan *scan, Cluster *cluster, const char *const *paths,
        Known *known, GString *notes, GError **error)
{
	HomelabOptions options = {.paths = paths};
	uint32_t unread = 0;
	g_autoptr(ObjectSet) objects = object_set_new(scan, &options, NULL, error);
	known->drifts = objects ? live_drift(cluster, scan, objects, &unread, error) : NULL;
	if (!known->drifts)
		return false;
	scan_drift(scan, known->drifts);
	g_string_append_printf(notes, "note: %s: %u of %u objects differ from the files", cluster_title(cluster),
	        known->drifts->len, objects->manifests->len);
	if (unread)
		g_string_append_printf(notes, "; %u could not be read or are of a kind that it does not have", unread);
	g_string_append_c(notes, '\n');
	return true;
}

/* Without a cluster it is this machine's engine that is meant. */
static bool compare_engine(const CheckArguments *arguments, Scan *scan, const char *const *paths, Known *known,
        GString *notes, GError **error)
{
	HomelabOptions options = {.paths = paths, .secrets = arguments->secrets};
	g_autoptr(Homelab) homelab = homelab_new(scan, &options, error);
	g_autoptr(Engine) engine = homelab ? engine_open(&homelab->choice, error) : NULL;
	known->drifts = engine ? engine_drift(engine, homelab, !paths, notes, error) : NULL;
	if (homelab && !engine)
		error_add_help(error, "for a cluster: --context NAME, or cluster: {context: NAME} in labwright.yaml");
	if (!known->drifts)
		return false;
	scan_drift(scan, known->drifts);
	return true;
}

static bool know(const CheckArguments *arguments, Scan *scan, const char *const *paths, Known *known, GString *notes,
        GError **error)
{
	const char *const *files = (const char *const *)arguments->usage;
	ScanOptions where = scan_arguments_options(&arguments->scan);
	TargetOptions target = {arguments->context, arguments->kubeconfig, false};
	g_autoptr(Cluster) cluster = NULL;
	if (arguments->live && !target_open(&where, &target, &cluster, error))
		return false;
	bool engine = arguments->live && !cluster;
	if (cluster)
		known->usage = usage_live(cluster, arguments->tls_secrets, files, notes, error);
	else if (files)
		known->usage = usage_new(files, error);
	if ((cluster || files) && !known->usage)
		return false;
	scan_measure(scan, known->usage, cluster ? notes : NULL);
	return engine ? compare_engine(arguments, scan, paths, known, notes, error)
	              : !cluster || compare_cluster(arguments, scan, cluster, paths, known, notes, error);
}

/* A scan that knows what charts and kustomizations make takes the place of the one that says which there are. */
static bool scan_rendered(Scan **scan, ScanOptions *wanted, bool online, GString *notes, GError **error)
{
	g_autoptr(GHashTable) rendered = scan_render(*scan, online, notes, error);
	if (!rendered)
		return false;
	if (g_hash_table_size(rendered) == 0)
		return true;
	wanted->rendered = rendered;
	if (wanted->progress)
		*wanted->progress = (ScanProgress){0}; /* files are counted anew */
	g_clear_pointer(scan, scan_free);
	*scan = scan_new(wanted, error);
	wanted->rendered = NULL;
	return *scan != NULL;
}

static int check(const CheckArguments *arguments, GError **error)
{
	g_autoptr(Progress) progress = progress_new();
	ScanOptions wanted = scan_arguments_options(&arguments->scan);
	wanted.progress = progress_counter(progress);
	g_auto(GStrv) paths = NULL;
	g_auto(Known) known = {0};
	g_autoptr(Scan) scan = scan_new(&wanted, error);
	if (!scan || !scan_arguments_below(&arguments->scan, scan, &paths, error))
		return EXIT_WORK;
	g_autoptr(GString) notes = g_string_new(NULL);
	if (arguments->render && arguments->since) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--render says nothing of an earlier commit: it cannot go with --new-since");
		return EXIT_USAGE;
	}
	if (arguments->render && !scan_rendered(&scan, &wanted, arguments->online, notes, error))
		return EXIT_WORK;
	if (!know(arguments, scan, (const char *const *)paths, &known, notes, error))
		return EXIT_WORK;
	if (arguments->online)
		scan_online(scan, notes);
	CheckOptions asked = {.only = (const char *const *)arguments->only,
	        .paths = (const char *const *)paths,
	        .profile = arguments->profile,
	        .sketch = !shows_fixes(arguments)};
	g_autoptr(Check) check = check_new(scan, &asked, error);
	if (!check)
		return EXIT_USAGE;
	if (!leave_known(arguments, &asked, scan, check, error))
		return EXIT_WORK;
	g_clear_pointer(&progress, progress_free);
	if (arguments->write_baseline)
		return keep_baseline(arguments, scan, check, error) ? EXIT_CLEAN : EXIT_WORK;
	if (!write_reports(arguments, scan, check, error))
		return EXIT_WORK;
	g_printerr("%s", notes->str);
	note_changed(scan, check);
	if (scan->not_compiled)
		g_printerr("note: no python3 answered, so %u programs of images were not compiled [source-syntax]\n",
		        scan->not_compiled);
	if (graph_files(scan->graph) == 0)
		g_printerr("note: there was no file to read%s\n",
		        repo_view(scan->repo) == REPO_INDEX
		                ? ", since Git tracks none here: git add them, or read what lies on disk by --worktree"
		                : "");
	if (arguments->timing)
		print_timing(arguments, scan, check);
	return reaches(check, arguments->failing) ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(CheckArguments) arguments = {.start = g_get_monotonic_time()};
	g_autofree char *names = renderer_names();
	g_autofree char *formats = g_strdup_printf("%s; may be repeated with files", names);
	const GOptionEntry entries[] = {
	        {"rule", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.only, "Only this rule; may be repeated", "RULE"},
	        {"profile", 0, 0, G_OPTION_ARG_STRING, &arguments.profile,
	                "homelab (default), security or strict: whom the rules are for", "NAME"},
	        {"level", 0, 0, G_OPTION_ARG_STRING, &arguments.level,
	                "Show findings from this level on: error, warning, info", "LEVEL"},
	        {"all", 0, 0, G_OPTION_ARG_NONE, &arguments.all, "Show every finding and every place of it", NULL},
	        {"format", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.formats, formats, "NAME[=FILE]"},
	        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments.output, "Write the report to this file", "FILE"},
	        {"fail-on", 0, 0, G_OPTION_ARG_STRING, &arguments.fail_on,
	                "Exit with 1 from this level on: error (default), warning, info, never", "LEVEL"},
	        {"new-since", 0, 0, G_OPTION_ARG_STRING, &arguments.since,
	                "Only findings that were not there at this commit", "REV"},
	        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &arguments.baseline,
	                "Only findings that this file does not name", "FILE"},
	        {"write-baseline", 0, 0, G_OPTION_ARG_FILENAME, &arguments.write_baseline,
	                "Write what there is into such a file, and report nothing", "FILE"},
	        {"usage", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments.usage,
	                "What a cluster measured, as for place: requests and limits are held against it; may be "
	                "repeated",
	                "FILE"},
	        {"online", 0, 0, G_OPTION_ARG_NONE, &arguments.online,
	                "Ask the registries of images as well, by the network: what is missing, newer, or for other "
	                "machines; with --render, fetch charts",
	                NULL},
	        {"render", 0, 0, G_OPTION_ARG_NONE, &arguments.render,
	                "Ask your own helm and kustomize what charts and kustomizations make; charts that lie "
	                "elsewhere are "
	                "fetched with --online alone",
	                NULL},
	        {"live", 0, 0, G_OPTION_ARG_NONE, &arguments.live,
	                "Ask the cluster as well, or this machine's Docker or Podman where no cluster is named: what "
	                "does not run, what differs from the files and who set it so, what only it has",
	                NULL},
	        {"context", 0, 0, G_OPTION_ARG_STRING, &arguments.context,
	                "With --live: the cluster of this context; else what labwright.yaml names", "NAME"},
	        {"kubeconfig", 0, 0, G_OPTION_ARG_FILENAME, &arguments.kubeconfig,
	                "With --live: where contexts are; else KUBECONFIG, or ~/.kube/config", "FILE"},
	        {"tls-secrets", 0, 0, G_OPTION_ARG_NONE, &arguments.tls_secrets,
	                "With --live: read the certificates in Secrets of a cluster as well, for the day on which "
	                "they end; the keys beside them come over the network, and are not looked at",
	                NULL},
	        {"secrets", 0, 0, G_OPTION_ARG_FILENAME, &arguments.secrets,
	                "With --live on this machine: Secrets that are not in Git, as for up", "FILE"},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {"timing", 0, 0, G_OPTION_ARG_NONE, &arguments.timing, "Show where the time went", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments.scan, entries, &command_check, &argc, &argv, &error) ||
	        !parse_words(&arguments, &error))
		return command_fail(error);
	int code = check(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_check = {"check", "look", "[PATH…]", "say what is wrong, across files, with evidence", run};
