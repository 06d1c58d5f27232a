/* Schedules that the cluster refuses, or that never come. Read as Kubernetes' own parser does (robfig/cron v3,
 * standard): five fields, no seconds, Sunday is 0 and not 7. */
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- fields -------------------------------------------------------------------------------------------------- */

typedef struct Field {
	const char *name;
	uint32_t low, high;
	const char *words; /* names of its values from low on, three letters each, or NULL */
} Field;

static const Field fields[] = {
        {"minute", 0, 59, NULL},
        {"hour", 0, 23, NULL},
        {"day of the month", 1, 31, NULL},
        {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
        {"day of the week", 0, 6, "sunmontuewedthufrisat"},
};

static bool read_value(const Field *field, Slice text, uint32_t *ret_value)
{
	if (slice_to_number(text, ret_value))
		return true;
	for (size_t i = 0; field->words && field->words[i] && text.length == 3; i += 3)
		if (g_ascii_strncasecmp(text.at, field->words + i, 3) == 0) {
			*ret_value = field->low + (uint32_t)(i / 3);
			return true;
		}
	return false;
}

static char *wrong_range(const Field *field, uint32_t low, uint32_t high)
{
	if (low > high)
		return g_strdup_printf("the range of the %s begins behind its end", field->name);
	if (low >= field->low && high <= field->high)
		return NULL;
	uint32_t bad = low < field->low ? low : high;
	return g_strdup_printf("%u is no %s: it is from %u to %u", bad, field->name, field->low, field->high);
}

/* One part of a list: *, ?, A, A-B, each with /STEP. What is wrong with it, or NULL; free with g_free. */
static char *wrong_part(const Field *field, Slice part)
{
	size_t slash = slice_find_byte(part, '/', 0);
	uint32_t step, low, high;
	if (slash != SIZE_MAX && (!slice_to_number(slice_sub(part, slash + 1, part.length), &step) || step == 0))
		return g_strdup_printf("the step of the %s is no number above 0", field->name);
	Slice range = slash == SIZE_MAX ? part : slice_sub(part, 0, slash);
	if (slice_is(range, "*") || slice_is(range, "?"))
		return NULL;
	size_t dash = slice_find_byte(range, '-', 0);
	Slice first = dash == SIZE_MAX ? range : slice_sub(range, 0, dash),
	      last = dash == SIZE_MAX ? range : slice_sub(range, dash + 1, range.length);
	if (!read_value(field, first, &low) || !read_value(field, last, &high))
		return g_strdup_printf("'%.*s' is no %s", SLICE_ARGS(part), field->name);
	return wrong_range(field, low, high);
}

static char *wrong_field(const Field *field, Slice text)
{
	for (size_t at = 0; at <= text.length;) {
		size_t comma = slice_find_byte(text, ',', at);
		size_t end = comma == SIZE_MAX ? text.length : comma;
		char *wrong = wrong_part(field, slice_sub(text, at, end));
		if (wrong)
			return wrong;
		at = end + 1;
	}
	return NULL;
}

/* ---- the whole --------------------------------------------------------------------------------------------- */

static bool is_macro(Slice text)
{
	static const char *const macros[] = {
	        "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};
	for (size_t i = 0; i < G_N_ELEMENTS(macros); i++)
		if (slice_is(text, macros[i]))
			return true;
	return slice_starts(text, "@every ") && text.length > strlen("@every ");
}

/* The 31st of April and its like, where the day of the week is left open. February's is how a job is kept that only
 * people start. */
static char *never_comes(const Slice *words)
{
	static const uint32_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint32_t day, month;
	if (!slice_to_number(words[2], &day) || !read_value(&fields[3], words[3], &month) || month == 2 ||
	        (!slice_is(words[4], "*") && !slice_is(words[4], "?")) || day <= days[month - 1])
		return NULL;
	return g_strdup_printf("month %u has no day %u, so it never runs", month, day);
}

/* What is wrong with a schedule, or NULL; free with g_free. */
static char *wrong_schedule(Slice text)
{
	Slice rest = text, words[6], word;
	size_t count = 0;
	if (slice_starts(text, "@"))
		return is_macro(text) ? NULL : g_strdup_printf("'%.*s' is no schedule", SLICE_ARGS(text));
	if (slice_starts(text, "TZ=") || slice_starts(text, "CRON_TZ="))
		return g_strdup("a time zone stands in timeZone, and not in the schedule");
	while (count < G_N_ELEMENTS(words) && slice_next_word(&rest, &word))
		words[count++] = word;
	if (count != G_N_ELEMENTS(fields))
		return g_strdup_printf("it has %s%zu fields, and five are read", count == 6 ? "at least " : "", count);
	for (size_t i = 0; i < count; i++) {
		char *wrong = wrong_field(&fields[i], words[i]);
		if (wrong)
			return wrong;
	}
	return never_comes(words);
}

static const char *hint_of(Slice text)
{
	if (text.length > 2 && text.at[text.length - 1] == '7')
		return "Sunday is 0 or SUN here";
	return NULL;
}

static void check_schedule(Checker *checker, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Slice text = slice_trim(graph_symbol_slice(graph, row->object));
	g_autofree char *wrong = is_open_text(graph_symbol_text(graph, row->object)) ? NULL : wrong_schedule(text);
	if (!wrong)
		return;
	Finding *finding = report(checker, row->subject, graph_span(graph, row), "%s %s has the schedule '%.*s': %s",
	        graph_text(graph, row->subject, FACT_KIND), graph_name(graph, row->subject), SLICE_ARGS(text), wrong);
	if (hint_of(text))
		set_hint(checker, finding, "%s", hint_of(text));
}

/* Names of the database have a slash, but for a few old ones. Local means the controller's own, which is refused. */
static void check_zone(Checker *checker, const Row *row)
{
	static const char *const words[] = {"UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich", "CET", "EET", "MET",
	        "WET", "EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "Cuba", "Egypt", "Eire", "GB",
	        "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "NZ", "Navajo",
	        "PRC", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "GMT0", "GB-Eire", "NZ-CHAT", "W-SU"};
	const Graph *graph = checker_graph(checker);
	const char *zone = graph_symbol_text(graph, row->object);
	if (is_open_text(zone) || strchr(zone, '/'))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(zone, words[i]) == 0)
			return;
	Finding *finding =
	        report(checker, row->subject, graph_span(graph, row), "%s %s has the time zone '%s', which is none",
	                graph_text(graph, row->subject, FACT_KIND), graph_name(graph, row->subject), zone);
	set_detail(checker, finding, "time zone");
	set_hint(checker, finding, "write a name of the time zone database, such as Europe/Berlin or Etc/UTC");
}

static void check_cron_invalid(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_SCHEDULE, row)
		if (is_kind(graph, row->subject, "CronJob"))
			check_schedule(checker, row);
	GRAPH_EACH (graph, FACT_TIME_ZONE, row)
		if (is_kind(graph, row->subject, "CronJob"))
			check_zone(checker, row);
}

/* ---- cron-overlap -------------------------------------------------------------------------------------------------
 */

/* Two at once write to one repository, or one dump over the other. */
static bool copies_data(const Graph *graph, Node object)
{
	static const char *const parts[] = {"backup", "restic", "borg", "rsync", "rclone", "kopia", "velero", "pg_dump",
	        "pgdump", "mysqldump", "mongodump", "db-dump", "snapshot", NULL};
	Node pod = graph_first_child(graph, object, NODE_POD);
	if (text_has_part(graph_name(graph, object), parts))
		return true;
	if (!pod)
		return false;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		if (text_has_part(graph_text(graph, container, FACT_IMAGE), parts))
			return true;
	return false;
}

static void check_cron_overlap(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_SCHEDULE, row) {
		Node object = row->subject;
		const Row *policy = graph_find(graph, object, FACT_CONCURRENCY);
		if (!is_kind(graph, object, "CronJob") || is_patch(graph, object) || !copies_data(graph, object) ||
		        (policy && strcmp(graph_symbol_text(graph, policy->object), "Allow") != 0))
			continue;
		Finding *finding = report(checker, object, graph_span(graph, policy ? policy : row),
		        "CronJob %s starts again while its last run still copies", graph_name(graph, object));
		set_because(checker, finding, FIX_SAFE, "the next run comes by the schedule");
		if (policy)
			add_value_edit(checker, finding, graph_span(graph, policy), "Forbid");
		else
			add_pair_below(checker, finding, graph_span(graph, row), "concurrencyPolicy: Forbid");
	}
}

static const Rule rules[] = {
        {
                .id = "cron-invalid",
                .level = LEVEL_ERROR,
                .title = "a schedule that the cluster refuses, or that never comes",
                .why = "The API server rejects the CronJob, and with it everything that is applied in the same go; or "
                       "it takes it, and the job never runs.",
                .remedy = "Five fields: minute, hour, day of the month, month, day of the week (0 to 6 from Sunday). "
                          "No seconds, no 7.",
                .check = check_cron_invalid,
        },
        {
                .id = "cron-overlap",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .title = "a backup that may run twice at once",
                .why = "A run that takes longer than the time between two gets company: both read the same disk, and "
                       "write to the same repository, where the later waits for the lock or breaks it.",
                .remedy = "`concurrencyPolicy: Forbid` leaves out a run while the last one goes on.",
                .check = check_cron_overlap,
        },
};

const RuleSet rules_cron = {"cron", rules, G_N_ELEMENTS(rules)};
