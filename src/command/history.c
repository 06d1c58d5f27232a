/* labwright history: how many findings of each rule there were, week by week. */
#include "command/command.h"

#include "base/error.h"
#include "base/json.h"
#include "report/report.h"

extern const Command command_history;

#define MOST_COLUMNS 60

typedef struct HistoryArguments {
	char **only, *profile, *format, *revision;
	int weeks;
} HistoryArguments;

static void history_arguments_clear(HistoryArguments *arguments)
{
	g_strfreev(arguments->only);
	g_free(arguments->profile);
	g_free(arguments->format);
	g_free(arguments->revision);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HistoryArguments, history_arguments_clear)

static const HistoryWeek *week_at(const GArray *weeks, guint index)
{
	return &g_array_index(weeks, HistoryWeek, index);
}

/* Of a rule; of a level where there is none. */
static uint32_t count_of(const HistoryWeek *week, const Rule *rule, Level level)
{
	return rule ? GPOINTER_TO_UINT(g_hash_table_lookup(week->rules, rule)) : week->levels[level];
}

static bool ever_found(const GArray *weeks, const Rule *rule)
{
	for (guint i = 0; i < weeks->len; i++)
		if (g_hash_table_contains(week_at(weeks, i)->rules, rule))
			return true;
	return false;
}

/* Rules that found anything, in the order of the catalogue. */
static GPtrArray *rules_of(const GArray *weeks)
{
	GPtrArray *rules = g_ptr_array_new();
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			if (ever_found(weeks, &(*set)->rules[i]))
				g_ptr_array_add(rules, (gpointer) & (*set)->rules[i]);
	return rules;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* A column for each week, or for as many as fit; of several weeks the highest. */
static void append_line(const GArray *weeks, const Rule *rule, Level level, GString *out)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {".", ":", "-", "=", "+", "*", "#", "@"};
	const char *const *bars = g_get_charset(NULL) ? blocks : ascii;
	guint columns = MIN(weeks->len, MOST_COLUMNS);
	uint32_t most = 1;
	for (guint i = 0; i < weeks->len; i++)
		most = MAX(most, count_of(week_at(weeks, i), rule, level));
	for (guint column = 0; column < columns; column++) {
		uint32_t count = 0;
		for (guint i = column * weeks->len / columns; i < (column + 1) * weeks->len / columns; i++)
			count = MAX(count, count_of(week_at(weeks, i), rule, level));
		g_string_append(out, count ? bars[(count * 7 + most - 1) / most] : " ");
	}
	g_string_append_printf(out, "  %u, %u at most, %u now\n", count_of(week_at(weeks, 0), rule, level), most,
	        count_of(week_at(weeks, weeks->len - 1), rule, level));
}

static void append_text(const GArray *weeks, GString *out)
{
	static const char *const words[] = {"", "notes", "warnings", "errors"};
	g_autoptr(GPtrArray) rules = rules_of(weeks);
	int width = 8;
	for (guint i = 0; i < rules->len; i++)
		width = MAX(width, (int)strlen(((const Rule *)rules->pdata[i])->id));
	g_string_append_printf(out, "%u weeks with commits, from %s to %s\n\n", weeks->len, week_at(weeks, 0)->week,
	        week_at(weeks, weeks->len - 1)->week);
	for (Level level = LEVEL_ERROR; level >= LEVEL_INFO; level--) {
		g_string_append_printf(out, "%-*s  ", width, words[level]);
		append_line(weeks, NULL, level, out);
	}
	for (guint i = 0; i < rules->len; i++) {
		g_string_append_printf(out, "%s%-*s  ", i ? "" : "\n", width, ((const Rule *)rules->pdata[i])->id);
		append_line(weeks, rules->pdata[i], LEVEL_OFF, out);
	}
	g_string_append(out, "\nnext: labwright blame\n");
}

/* ---- for programs --------------------------------------------------------------------------------------- */

/* A row for each week and rule that has any. */
static void append_csv(const GArray *weeks, GString *out)
{
	g_autoptr(GPtrArray) rules = rules_of(weeks);
	g_string_append(out, "week,commit,rule,findings\n");
	for (guint i = 0; i < weeks->len; i++)
		for (guint k = 0; k < rules->len; k++) {
			const Rule *rule = rules->pdata[k];
			uint32_t count = count_of(week_at(weeks, i), rule, LEVEL_OFF);
			if (count)
				g_string_append_printf(out, "%s,%s,%s,%u\n", week_at(weeks, i)->week,
				        week_at(weeks, i)->commit, rule->id, count);
		}
}

static Json *week_json(const HistoryWeek *week, const GPtrArray *rules)
{
	Json *object = json_new_map(), *counts = json_map_in(object, "rules");
	json_set_text(object, "week", week->week);
	json_set_text(object, "commit", week->commit);
	json_set_text(object, "date", week->date);
	json_set_number(object, "errors", week->levels[LEVEL_ERROR]);
	json_set_number(object, "warnings", week->levels[LEVEL_WARNING]);
	json_set_number(object, "notes", week->levels[LEVEL_INFO]);
	for (guint i = 0; i < rules->len; i++)
		if (count_of(week, rules->pdata[i], LEVEL_OFF))
			json_set_number(counts, ((const Rule *)rules->pdata[i])->id,
			        count_of(week, rules->pdata[i], LEVEL_OFF));
	return object;
}

static void append_json(const GArray *weeks, GString *out)
{
	g_autoptr(GPtrArray) rules = rules_of(weeks);
	g_string_append_c(out, '[');
	for (guint i = 0; i < weeks->len; i++) {
		g_autoptr(Json) object = week_json(week_at(weeks, i), rules);
		g_autofree char *text = json_print(object);
		g_string_append_printf(out, "%s\n%s", i ? "," : "", text);
	}
	g_string_append(out, "\n]\n");
}

/* ---- the command -------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*append)(const GArray *weeks, GString *out);
} formats[] = {{"text", append_text}, {"csv", append_csv}, {"json", append_json}};

static int history(const HistoryArguments *arguments, const char *path, size_t format)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(Progress) progress = progress_new();
	progress_counter(progress)->unit = "weeks";
	HistoryOptions options = {.path = path,
	        .revision = arguments->revision,
	        .check = {.only = (const char *const *)arguments->only, .profile = arguments->profile},
	        .weeks = (uint32_t)arguments->weeks,
	        .progress = progress_counter(progress)};
	g_autoptr(GArray) weeks = history_new(&options, arena, &error);
	g_clear_pointer(&progress, progress_free);
	if (!weeks)
		return command_fail(error);
	g_autoptr(GString) out = g_string_new(NULL);
	formats[format].append(weeks, out);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(HistoryArguments) arguments = {0};
	Profile profile;
	const GOptionEntry entries[] = {
	        {"weeks", 0, 0, G_OPTION_ARG_INT, &arguments.weeks, "Only the last so many that have commits", "N"},
	        {"rev", 0, 0, G_OPTION_ARG_STRING, &arguments.revision, "Up to this commit", "REV"},
	        {"rule", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.only, "Only this rule; may be repeated", "RULE"},
	        {"profile", 0, 0, G_OPTION_ARG_STRING, &arguments.profile, "homelab, security or strict", "NAME"},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format, "text (default), csv or json", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_history, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2 || arguments.weeks < 0)
		return command_misused("labwright history [--weeks N] [PATH]", "history wants one repository");
	if (arguments.profile && !profile_find(arguments.profile, &profile))
		return command_misused("homelab, security or strict", "--profile cannot be '%s'", arguments.profile);
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
		if (!arguments.format || strcmp(arguments.format, formats[i].name) == 0)
			return history(&arguments, argc > 1 ? argv[1] : ".", i);
	return command_misused("text, csv or json", "--format cannot be '%s'", arguments.format);
}

const Command command_history = {
        "history", "tell", "[--weeks N] [PATH]", "how many findings of each rule there were, week by week", run};
