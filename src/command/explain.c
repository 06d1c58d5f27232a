/* labwright explain: why a rule asks and how to silence it, from the rule's own row; or why something does not run, as
 * a chain from the symptom to what mends it. */
#include "command/command.h"

#include "base/error.h"
#include "flow/reason.h"
#include "report/report.h"

extern const Command command_explain;

#define WIDTH 78
#define INDENT 2

/* Breaks at blanks; each line is indented. */
static void append_wrapped(GString *out, const char *text)
{
	g_autoptr(GString) safe = g_string_new(NULL);
	report_append(safe, text, g_get_charset(NULL));
	g_auto(GStrv) words = g_strsplit(safe->str, " ", -1);
	glong column = 0;
	for (char **word = words; *word; word++) {
		glong length = g_utf8_strlen(*word, -1);
		if (column > 0 && column + 1 + length > WIDTH) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		g_string_append(out, column ? " " : "  ");
		g_string_append(out, *word);
		column += length + (column ? 1 : INDENT);
	}
	g_string_append_c(out, '\n');
}

static const char *fix_text(FixClass fix)
{
	switch (fix) {
	case FIX_SAFE:
		return "Mechanical: there is one right edit.";
	case FIX_VALUE:
		return "A value: the edit is clear once you confirm what is meant.";
	case FIX_PROPOSAL:
		return "A decision: only you know which side is right.";
	default:
		return NULL;
	}
}

static void append_section(GString *out, const char *title, const char *text)
{
	if (!text)
		return;
	g_string_append_printf(out, "\n%s\n", title);
	append_wrapped(out, text);
}

static void append_silence(GString *out, const char *id)
{
	g_string_append_printf(out,
	        "\nTo silence it\n"
	        "  # labwright: ignore=%s -- why        in a comment on the line or alone above it\n"
	        "  labwright/ignore: %s                 in the annotations of the object\n",
	        id, id);
}

static void append_profile(GString *out, const Rule *rule)
{
	if (rule->profile != PROFILE_HOMELAB)
		g_string_append_printf(out,
		        "\nWhen it runs\n"
		        "  --profile %s, profile: %s in labwright.yaml, or a level for it under rules: there\n",
		        profile_word(rule->profile), profile_word(rule->profile));
}

static void append_rule(GString *out, const Rule *rule)
{
	g_string_append_printf(out, "%s (%s)\n", rule->id, level_word(rule->level));
	append_wrapped(out, rule->title);
	append_section(out, "Why", rule->why);
	append_section(out, "What to do", rule->remedy);
	append_section(out, "The repair", fix_text(rule->fix));
	append_profile(out, rule);
	append_section(out, "Others that ask the same", rule->peers);
	append_silence(out, rule->id);
	g_string_append_printf(out, "\nnext: labwright check --rule %s\n", rule->id);
}

/* ---- what runs ----------------------------------------------------------------------------------- */

static Cause *find_cause(
        HomelabArguments *arguments, ScanArguments *scan_arguments, Engine *engine, const char *name, GError **error)
{
	g_autoptr(Scan) scan = NULL;
	g_autoptr(Homelab) homelab = homelab_arguments_read(arguments, scan_arguments, &scan, error);
	CheckOptions options = {0};
	g_autoptr(Check) check = homelab ? check_new(scan, &options, error) : NULL;
	if (!check)
		return NULL;
	g_autoptr(GError) failure = NULL;
	g_autofree char *first = name ? g_strdup(name) : cause_first(homelab, engine, &failure);
	if (first)
		return cause_new(homelab, check, engine, first, error);
	if (!failure)
		return cause_new_empty(g_strdup("all that runs is well"));
	g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}

/* The same on a cluster. */
static Cause *find_reason(
        HomelabArguments *arguments, ScanArguments *scan_arguments, Cluster *cluster, const char *name, GError **error)
{
	g_autoptr(Scan) scan = scan_arguments_read(scan_arguments, error);
	HomelabOptions options = homelab_arguments_options(arguments, NULL);
	g_autoptr(ObjectSet) objects = scan ? object_set_new(scan, &options, NULL, error) : NULL;
	CheckOptions checking = {0};
	g_autoptr(Check) check = objects ? check_new(scan, &checking, error) : NULL;
	if (!check)
		return NULL;
	g_autoptr(GError) failure = NULL;
	g_autofree char *first = name ? g_strdup(name) : reason_first(cluster, &failure);
	if (first)
		return reason_new(cluster, scan, objects, check, first, error);
	if (!failure)
		return cause_new_empty(g_strdup("all that runs is well"));
	g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}

static int explain_live(
        HomelabArguments *arguments, ScanArguments *scan, const char *name, GString *out, GError **error)
{
	static char *none[] = {NULL}; /* the arguments outlive this call */
	g_autoptr(Cluster) cluster = NULL;
	scan->paths = (const char *const *)none;
	scan->path = scan->root ? scan->root : ".";
	if (!homelab_arguments_cluster(arguments, scan, &cluster, error))
		return EXIT_WORK;
	if (cluster) {
		g_autoptr(Cause) reason = find_reason(arguments, scan, cluster, name, error);
		if (reason)
			cause_append(out, reason);
		return reason ? EXIT_CLEAN : EXIT_WORK;
	}
	ScanOptions where = scan_arguments_options(scan);
	g_autoptr(Engine) engine = target_engine(&where, error);
	if (!engine && name) /* most likely a rule was meant */
		g_prefix_error(error, "no rule is called '%s', and ", name);
	if (!engine && !name) { /* nothing can run that could be meant */
		g_clear_error(error);
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "explain needs the name of a rule, or of what runs");
		error_add_help(error, "labwright rules lists them");
	}
	g_autoptr(Cause) cause = engine ? find_cause(arguments, scan, engine, name, error) : NULL;
	if (!cause)
		return EXIT_WORK;
	cause_append(out, cause);
	return EXIT_CLEAN;
}

/* ---- the command ---------------------------------------------------------------------------------- */

static bool is_rule_like(const char *word)
{
	return rule_find(word) || (rule_near(slice_from(word)) && !strchr(word, '/'));
}

static int misused(const char *id)
{
	const Rule *near = rule_near(slice_from(id));
	g_autofree char *meant = near ? g_strdup_printf("did you mean '%s'?", near->id) : NULL;
	return command_misused(meant ? meant : "labwright rules lists them", "no rule is called '%s'", id);
}

static int explain_rules(int argc, char **argv, GString *out)
{
	for (int i = 1; i < argc; i++) {
		const Rule *rule = rule_find(argv[i]);
		if (!rule)
			return misused(argv[i]);
		if (i > 1)
			g_string_append_c(out, '\n');
		append_rule(out, rule);
	}
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(HomelabArguments) arguments = {0};
	g_auto(ScanArguments) scan = {0};
	const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!homelab_arguments_parse(&arguments, &scan, entries, &command_explain, &argc, &argv, &error))
		return command_fail(error);
	int code = argc > 1 && is_rule_like(argv[1])
	                   ? explain_rules(argc, argv, out)
	                   : explain_live(&arguments, &scan, argc > 1 ? argv[1] : NULL, out, &error);
	if (error)
		return command_fail(error);
	return command_write(NULL, out, &error) ? code : command_fail(error);
}

const Command command_explain = {
        "explain", "look", "[RULE…|NAME]", "say why a rule asks, or why something does not run", run};
