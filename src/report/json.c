/* Findings as JSON: our own form and SARIF 2.1.0. The only user of jansson.
 *
 * Findings are written one a line and freed one by one, so that a report takes little more memory than its text, and
 * two reports can be compared by lines. Silenced findings are in both, marked as such: who reads these decides.
 */
#include "report/report.h"
#include "report/summary.h"

#include <jansson.h>

static json_t *text(const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value, -1);
	return json_string(valid);
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(object, key, text(value));
}

/* Writes the value and frees it. */
static void append_json(GString *out, json_t *value)
{
	char *dumped = json_dumps(value, JSON_COMPACT);
	g_string_append(out, dumped);
	free(dumped);
	json_decref(value);
}

/* ---- our own form -------------------------------------------------------------------------------- */

static void set_place(const Graph *graph, Span span, json_t *object)
{
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	json_object_set_new(object, "path", text(graph_file_path(graph, span.file)));
	json_object_set_new(object, "line", json_integer(line));
	json_object_set_new(object, "column", json_integer(column));
}

static json_t *evidence_json(const Graph *graph, const Finding *finding)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		json_t *item = json_object();
		set_place(graph, finding->evidence[i].span, item);
		json_object_set_new(item, "text", text(finding->evidence[i].text));
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *finding_json(const Graph *graph, const Finding *finding)
{
	g_autofree char *fingerprint = finding_fingerprint(graph, finding);
	json_t *object = json_object();
	json_object_set_new(object, "rule", text(finding->rule->id));
	json_object_set_new(object, "level", text(level_word(finding->level)));
	set_place(graph, finding->span, object);
	json_object_set_new(object, "message", text(finding->message));
	json_object_set_new(object, "hint", text(finding->hint ? finding->hint : finding->rule->remedy));
	json_object_set_new(object, "fingerprint", text(fingerprint));
	json_object_set_new(object, "fixable", json_boolean(finding->n_edits && finding->fix >= FIX_VALUE));
	json_object_set_new(object, "suppressed", json_boolean(finding->suppressed_by));
	json_object_set_new(object, "evidence", evidence_json(graph, finding));
	return object;
}

static bool is_wanted(const ReportInput *input, const Finding *finding)
{
	return finding->level >= input->level;
}

static json_t *counts_json(const ReportInput *input)
{
	ReportCounts counts = report_count(input);
	return json_pack("{s:i s:i s:i s:i s:i s:i s:i s:i}", "files", (int)counts.files, "objects",
	        (int)counts.objects, "workloads", (int)counts.workloads, "opaque", (int)counts.opaque, "errors",
	        (int)counts.levels[LEVEL_ERROR], "warnings", (int)counts.levels[LEVEL_WARNING], "notes",
	        (int)counts.levels[LEVEL_INFO], "suppressed", (int)counts.suppressed);
}

static json_t *skipped_json(const Graph *graph)
{
	json_t *array = json_array();
	GRAPH_EACH (graph, FACT_SKIPPED, row) {
		json_t *item = json_object();
		json_object_set_new(item, "path", text(graph_name(graph, row->subject)));
		json_object_set_new(item, "why", text(graph_symbol_text(graph, row->object)));
		json_array_append_new(array, item);
	}
	return array;
}

static void render_json(const ReportInput *input, GString *out)
{
	bool first = true;
	g_string_append(out, "{\"version\":\"" VERSION "\",\n\"summary\":");
	append_json(out, counts_json(input));
	g_string_append(out, ",\n\"skipped\":");
	append_json(out, skipped_json(input->graph));
	g_string_append(out, ",\n\"findings\":[");
	for (size_t i = 0; i < input->count; i++) {
		if (!is_wanted(input, input->findings[i]))
			continue;
		g_string_append(out, first ? "\n" : ",\n");
		append_json(out, finding_json(input->graph, input->findings[i]));
		first = false;
	}
	g_string_append(out, "\n]}\n");
}

const Renderer renderer_json = {"json", "every finding as JSON, a finding a line", LEVEL_INFO, render_json, false};

/* ---- rules ------------------------------------------------------------------------------------------ */

static const char *fix_word(FixClass fix)
{
	static const char *const words[] = {"none", "proposal", "value", "safe"};
	return words[fix];
}

void report_rules_json(GString *out)
{
	bool first = true;
	g_string_append_c(out, '[');
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		for (size_t i = 0; i < (*set)->count; i++) {
			const Rule *rule = &(*set)->rules[i];
			json_t *object = json_pack("{s:s s:s s:s s:s s:s s:s s:s s:s}", "id", rule->id, "topic",
			        (*set)->topic, "level", level_word(rule->level), "profile", profile_word(rule->profile),
			        "fix", fix_word(rule->fix), "title", rule->title, "why", rule->why, "remedy",
			        rule->remedy);
			set_text(object, "peers", rule->peers);
			g_string_append(out, first ? "\n" : ",\n");
			append_json(out, object);
			first = false;
		}
	}
	g_string_append(out, "\n]\n");
}

/* ---- SARIF: rules --------------------------------------------------------------------------------- */

static const char *sarif_level(Level level)
{
	return level == LEVEL_ERROR ? "error" : level == LEVEL_WARNING ? "warning" : "note";
}

static json_t *message_json(const char *value)
{
	json_t *message = json_object();
	json_object_set_new(message, "text", text(value));
	return message;
}

static json_t *rule_json(const Rule *rule)
{
	g_autofree char *full = g_strdup_printf("%s %s", rule->why, rule->remedy);
	g_autofree char *markdown = g_strdup_printf("%s\n\n**What to do:** %s\n", rule->why, rule->remedy);
	json_t *object = json_object(), *help = message_json(full);
	json_object_set_new(object, "id", text(rule->id));
	json_object_set_new(object, "shortDescription", message_json(rule->title));
	json_object_set_new(object, "fullDescription", message_json(rule->why));
	set_text(help, "markdown", markdown);
	json_object_set_new(object, "help", help);
	g_autofree char *uri = report_help_uri(rule);
	set_text(object, "helpUri", uri);
	json_object_set_new(object, "defaultConfiguration", json_pack("{s:s}", "level", sarif_level(rule->level)));
	return object;
}

static json_t *driver_json(GHashTable *indexes)
{
	json_t *rules = json_array();
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		for (size_t i = 0; i < (*set)->count; i++) {
			const Rule *rule = &(*set)->rules[i];
			g_hash_table_insert(indexes, (gpointer)rule, GUINT_TO_POINTER(json_array_size(rules)));
			json_array_append_new(rules, rule_json(rule));
		}
	}
	return json_pack("{s:s s:s s:s s:o}", "name", "labwright", "version", VERSION, "semanticVersion", VERSION,
	        "rules", rules);
}

/* ---- SARIF: places ---------------------------------------------------------------------------------- */

/* Bytes of a path that a URI holds as they are. A colon is none of them: the first part of a relative reference must
 * not look like a scheme. */
static bool is_uri_byte(char c)
{
	return g_ascii_isalnum(c) || strchr("-._~/!$&'()*+,;=@", c);
}

static json_t *artifact_json(const Graph *graph, uint32_t file)
{
	g_autoptr(GString) uri = g_string_new(NULL);
	for (const char *at = graph_file_path(graph, file); *at; at++) {
		if (is_uri_byte(*at))
			g_string_append_c(uri, *at);
		else
			g_string_append_printf(uri, "%%%02X", (unsigned char)*at);
	}
	return json_pack("{s:s s:s}", "uri", uri->str, "uriBaseId", "SRCROOT");
}

/* Columns of SARIF count characters, ours bytes. */
static json_int_t character_column(const Graph *graph, Span place, uint32_t column)
{
	Slice line = graph_line_at(graph, place);
	json_int_t characters = 1;
	for (size_t i = 0; i + 1 < column && i < line.length; i++)
		characters += ((unsigned char)line.at[i] & 0xc0) != 0x80;
	return characters;
}

static json_t *region_json(const Graph *graph, Span span)
{
	Span end = {span.file, span.end, span.end};
	uint32_t line, column, end_line, end_column;
	graph_position(graph, span, &line, &column);
	graph_position(graph, end, &end_line, &end_column);
	return json_pack("{s:I s:I s:I s:I}", "startLine", (json_int_t)line, "startColumn",
	        character_column(graph, span, column), "endLine", (json_int_t)end_line, "endColumn",
	        character_column(graph, end, end_column));
}

static json_t *location_json(const Graph *graph, Span span)
{
	return json_pack("{s:{s:o s:o}}", "physicalLocation", "artifactLocation", artifact_json(graph, span.file),
	        "region", region_json(graph, span));
}

static json_t *related_json(const Graph *graph, const Finding *finding)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		json_t *location = location_json(graph, finding->evidence[i].span);
		json_object_set_new(location, "id", json_integer(i + 1));
		json_object_set_new(location, "message", message_json(finding->evidence[i].text));
		json_array_append_new(array, location);
	}
	return array;
}

/* ---- SARIF: results ---------------------------------------------------------------------------------- */

/* A comment or annotation stands in the source, a setting of labwright.yaml does not. */
static json_t *suppression_json(const Graph *graph, Node by)
{
	bool outside = graph_node_type(graph, by) == NODE_SETTING;
	json_t *object = json_pack("{s:s s:s}", "kind", outside ? "external" : "inSource", "status", "accepted");
	set_text(object, "justification", graph_text(graph, by, FACT_REASON));
	return object;
}

static json_t *replacement_json(const Graph *graph, const Edit *edit)
{
	json_t *object = json_object(), *content = json_object();
	g_autofree char *inserted = slice_dup(edit->text);
	json_object_set_new(content, "text", text(inserted));
	json_object_set_new(object, "deletedRegion", region_json(graph, (Span){edit->file, edit->start, edit->end}));
	json_object_set_new(object, "insertedContent", content);
	return object;
}

static bool is_first_of_its_file(const Finding *finding, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (finding->edits[i].file == finding->edits[index].file)
			return false;
	return true;
}

static json_t *change_json(const Graph *graph, const Finding *finding, uint32_t file)
{
	json_t *replacements = json_array();
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (finding->edits[i].file == file)
			json_array_append_new(replacements, replacement_json(graph, &finding->edits[i]));
	return json_pack("{s:o s:o}", "artifactLocation", artifact_json(graph, file), "replacements", replacements);
}

/* All edits of a finding are one fix, a change for each file. */
static json_t *fix_json(const Graph *graph, const Finding *finding)
{
	json_t *changes = json_array();
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (is_first_of_its_file(finding, i))
			json_array_append_new(changes, change_json(graph, finding, finding->edits[i].file));
	return json_pack("{s:o s:o}", "description",
	        message_json(finding->because ? finding->because : finding->rule->remedy), "artifactChanges", changes);
}

static json_t *result_json(const ReportInput *input, const Finding *finding, GHashTable *indexes)
{
	const Graph *graph = input->graph;
	g_autofree char *fingerprint = finding_fingerprint(graph, finding);
	g_autofree char *message =
	        finding->hint ? g_strdup_printf("%s. %s", finding->message, finding->hint) : g_strdup(finding->message);
	json_t *result = json_pack("{s:s s:i s:s s:o s:[o] s:{s:s}}", "ruleId", finding->rule->id, "ruleIndex",
	        (int)GPOINTER_TO_UINT(g_hash_table_lookup(indexes, finding->rule)), "level",
	        sarif_level(finding->level), "message", message_json(message), "locations",
	        location_json(graph, finding->span), "partialFingerprints", "labwright/v1", fingerprint);
	if (finding->n_evidence)
		json_object_set_new(result, "relatedLocations", related_json(graph, finding));
	if (input->proven && g_hash_table_contains(input->proven, finding))
		json_object_set_new(result, "fixes", json_pack("[o]", fix_json(graph, finding)));
	json_t *suppressions = json_array();
	if (finding->suppressed_by)
		json_array_append_new(suppressions, suppression_json(graph, finding->suppressed_by));
	json_object_set_new(result, "suppressions", suppressions);
	return result;
}

/* Files that could not be read are said in the form that SARIF has for it. */
static json_t *invocation_json(const Graph *graph)
{
	json_t *notifications = json_array();
	GRAPH_EACH (graph, FACT_SKIPPED, row) {
		g_autofree char *why = g_strdup_printf("not read: %s", graph_symbol_text(graph, row->object));
		json_t *place = json_pack("{s:{s:o}}", "physicalLocation", "artifactLocation",
		        artifact_json(graph, graph_file_of(graph, row->subject)));
		json_array_append_new(notifications, json_pack("{s:s s:o s:[o]}", "level", "note", "message",
		                                             message_json(why), "locations", place));
	}
	return json_pack("{s:b s:o}", "executionSuccessful", true, "toolExecutionNotifications", notifications);
}

static void render_sarif(const ReportInput *input, GString *out)
{
	g_autoptr(GHashTable) indexes = g_hash_table_new(NULL, NULL);
	bool first = true;
	g_string_append(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
	                     "\"runs\":[{\n\"tool\":{\"driver\":");
	append_json(out, driver_json(indexes));
	g_string_append(out, "},\n\"columnKind\":\"unicodeCodePoints\",\n\"originalUriBaseIds\":{\"SRCROOT\":"
	                     "{\"description\":{\"text\":\"The root of the repository.\"}}},\n\"invocations\":[");
	append_json(out, invocation_json(input->graph));
	g_string_append(out, "],\n\"results\":[");
	for (size_t i = 0; i < input->count; i++) {
		if (!is_wanted(input, input->findings[i]))
			continue;
		g_string_append(out, first ? "\n" : ",\n");
		append_json(out, result_json(input, input->findings[i], indexes));
		first = false;
	}
	g_string_append(out, "\n]}]}\n");
}

const Renderer renderer_sarif = {"sarif", "SARIF 2.1.0, for code scanning", LEVEL_INFO, render_sarif, true};

/* ---- GitLab ------------------------------------------------------------------------------------------------ */

/* Its Code Quality report: an array, each with a fingerprint that tells what is new in a merge request. */
static json_t *quality_json(const Graph *graph, const Finding *finding)
{
	static const char *const severities[] = {"", "info", "minor", "major"};
	g_autofree char *fingerprint = finding_fingerprint(graph, finding);
	uint32_t line, column;
	graph_position(graph, finding->span, &line, &column);
	json_t *object = json_object(), *place = json_object();
	set_text(place, "path", graph_file_path(graph, finding->span.file));
	json_object_set_new(place, "lines", json_pack("{s:i}", "begin", (int)line));
	set_text(object, "description", finding->message);
	set_text(object, "check_name", finding->rule->id);
	set_text(object, "fingerprint", fingerprint);
	set_text(object, "severity", severities[finding->level]);
	json_object_set_new(object, "location", place);
	return object;
}

static void render_gitlab(const ReportInput *input, GString *out)
{
	bool first = true;
	g_string_append_c(out, '[');
	for (size_t i = 0; i < input->count; i++) {
		if (!report_shows(input, input->findings[i]))
			continue;
		g_string_append(out, first ? "\n" : ",\n");
		append_json(out, quality_json(input->graph, input->findings[i]));
		first = false;
	}
	g_string_append(out, "\n]\n");
}

const Renderer renderer_gitlab = {"gitlab", "GitLab's Code Quality report", LEVEL_INFO, render_gitlab, false};

/* ---- the summary of two states --------------------------------------------------------------------------- */

static json_t *state_json(const SummaryState *state)
{
	json_t *object = json_object(), *findings = json_array();
	uint32_t counts[LEVEL_ERROR + 1] = {0};
	set_text(object, "commit", state->commit);
	set_text(object, "command", state->command);
	json_object_set_new(object, "staged", json_integer(state->staged));
	json_object_set_new(object, "files", json_integer(state->files));
	json_object_set_new(object, "bytes", json_integer((json_int_t)state->bytes));
	json_object_set_new(object, "microseconds", json_integer(state->microseconds));
	for (size_t i = 0; i < state->count; i++) {
		counts[state->findings[i]->level]++;
		json_array_append_new(findings, finding_json(state->graph, state->findings[i]));
	}
	json_object_set_new(object, "errors", json_integer(counts[LEVEL_ERROR]));
	json_object_set_new(object, "warnings", json_integer(counts[LEVEL_WARNING]));
	json_object_set_new(object, "notes", json_integer(counts[LEVEL_INFO]));
	json_object_set_new(object, "findings", findings);
	return object;
}

static json_t *commits_json(const GArray *commits)
{
	json_t *list = json_array();
	for (guint i = 0; i < commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(commits, SummaryCommit, i);
		json_t *object = json_object();
		set_text(object, "id", commit->id);
		set_text(object, "phase", commit->phase);
		set_text(object, "date", commit->date);
		set_text(object, "subject", commit->subject);
		set_text(object, "body", commit->body);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *points_json(const GArray *points)
{
	json_t *list = json_array();
	for (guint i = 0; i < points->len; i++) {
		const SummaryPoint *point = &g_array_index(points, SummaryPoint, i);
		json_t *object = json_object();
		set_text(object, "id", point->id);
		set_text(object, "date", point->date);
		json_object_set_new(object, "errors", json_integer(point->errors));
		json_object_set_new(object, "warnings", json_integer(point->warnings));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *periods_json(const GArray *periods)
{
	json_t *list = json_array();
	for (guint i = 0; i < periods->len; i++) {
		const SummaryPeriod *period = &g_array_index(periods, SummaryPeriod, i);
		json_t *object = json_object();
		set_text(object, "start", period->start);
		json_object_set_new(object, "commits", json_integer(period->commits));
		json_object_set_new(object, "errors", json_integer(period->errors));
		json_object_set_new(object, "warnings", json_integer(period->warnings));
		json_object_set_new(object, "brought", json_integer(period->brought));
		json_object_set_new(object, "gone", json_integer(period->gone));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *steps_json(const GArray *steps)
{
	json_t *list = json_array();
	for (guint i = 0; i < steps->len; i++) {
		const SummaryStep *step = &g_array_index(steps, SummaryStep, i);
		json_t *object = json_object();
		set_text(object, "id", step->commit->id);
		set_text(object, "date", step->commit->date);
		set_text(object, "subject", step->commit->subject);
		json_object_set_new(object, "commits", json_integer(step->commits));
		json_object_set_new(object, "errors", json_integer(step->errors));
		json_object_set_new(object, "warnings", json_integer(step->warnings));
		json_object_set_new(object, "brought", json_integer(step->brought));
		json_object_set_new(object, "gone", json_integer(step->gone));
		set_text(object, "brought_rules", step->brought_rules);
		set_text(object, "gone_rules", step->gone_rules);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *history_json(const Summary *summary)
{
	json_t *object = json_object();
	set_text(object, "unit", summary->months ? "month" : "week");
	json_object_set_new(object, "commits", json_integer(summary->line->len));
	json_object_set_new(object, "checked", json_integer(summary->checked));
	json_object_set_new(object, "periods", periods_json(summary->periods));
	json_object_set_new(object, "changes", steps_json(summary->steps));
	return object;
}

static json_t *services_json(const Graph *graph)
{
	json_t *list = json_array();
	g_autoptr(Catalogue) catalogue = catalogue_new(graph);
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		const char *const pairs[][2] = {{"name", service->name}, {"kind", service->kind},
		        {"area", service->area}, {"node", service->node}, {"images", service->images},
		        {"ports", service->ports}, {"hosts", service->hosts}, {"probes", service->probes},
		        {"requests", service->requests}, {"limits", service->limits}, {"data", service->data},
		        {"chart", service->chart}, {"file", service->file}};
		json_t *object = json_object();
		for (size_t k = 0; k < G_N_ELEMENTS(pairs); k++)
			set_text(object, pairs[k][0], pairs[k][1]);
		if (service->replicas != REPLICAS_UNKNOWN)
			json_object_set_new(object, "replicas", json_integer(service->replicas));
		if (service->opaque)
			json_object_set_new(object, "opaque", json_true());
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *prints_json(const Graph *graph, const GPtrArray *findings)
{
	json_t *list = json_array();
	for (guint i = 0; i < findings->len; i++) {
		g_autofree char *print = finding_fingerprint(graph, findings->pdata[i]);
		json_array_append_new(list, text(print));
	}
	return list;
}

static json_t *addresses_json(const Summary *summary)
{
	json_t *list = json_array();
	g_autoptr(GArray) all = summary_addresses(summary);
	for (guint i = 0; i < all->len; i++) {
		const SummaryAddress *one = &g_array_index(all, SummaryAddress, i);
		json_t *object = json_object();
		set_text(object, "address", one->address);
		set_text(object, "host", one->host);
		json_object_set_new(object, "mentions_before", json_integer(one->before));
		json_object_set_new(object, "files_before", json_integer(one->before_files));
		json_object_set_new(object, "mentions_after", json_integer(one->after));
		json_object_set_new(object, "files_after", json_integer(one->after_files));
		json_array_append_new(list, object);
	}
	return list;
}

static void set_percent(json_t *object, const char *key, int percent)
{
	if (percent >= 0)
		json_object_set_new(object, key, json_integer(percent));
}

static json_t *uses_json(const GArray *uses)
{
	json_t *list = json_array();
	for (guint i = 0; i < uses->len; i++) {
		const SummaryUse *use = &g_array_index(uses, SummaryUse, i);
		json_t *object = json_object();
		set_text(object, "node", use->node);
		set_text(object, "resource", use->resource);
		set_text(object, "capacity", use->capacity);
		if (use->stated)
			set_text(object, "stated", use->stated);
		set_percent(object, "before", use->before);
		set_percent(object, "after", use->after);
		set_percent(object, "planned", use->planned);
		json_array_append_new(list, object);
	}
	return list;
}

void summary_json(const Summary *summary, GString *out)
{
	json_t *object = json_object();
	SummaryChange change = summary_compare(&summary->before, &summary->after, summary->moved);
	set_text(object, "version", VERSION);
	set_text(object, "date", summary->date);
	json_object_set_new(object, "before", state_json(&summary->before));
	json_object_set_new(object, "after", state_json(&summary->after));
	json_object_set_new(object, "commits", commits_json(summary->commits));
	json_object_set_new(object, "gone", prints_json(summary->before.graph, change.gone));
	json_object_set_new(object, "new", prints_json(summary->after.graph, change.fresh));
	json_object_set_new(object, "timeline", points_json(summary->points));
	json_object_set_new(object, "history", history_json(summary));
	json_object_set_new(object, "nodes", uses_json(summary->uses));
	json_object_set_new(object, "unplaced", json_integer(summary->unplaced));
	json_object_set_new(object, "addresses", addresses_json(summary));
	json_object_set_new(object, "services", services_json(summary->after.graph));
	summary_change_clear(&change);
	append_json(out, object);
}
