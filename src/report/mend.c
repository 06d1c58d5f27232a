/* Edits for people: what was wrong, what changes where, why that is right, and the bytes themselves as a diff. */
#include "report/report.h"

#define MOST_PLACES 8
#define MOST_BYTES 60

static size_t line_length(Slice text)
{
	size_t at = 0;
	while (at < text.length && text.at[at] != '\r' && text.at[at] != '\n')
		at++;
	return at;
}

/* Bytes of one line, cut where they are long. */
static void append_bytes(const ReportInput *input, Slice bytes, GString *out)
{
	Slice text = slice_trim(bytes);
	size_t line = line_length(text), shown = MIN(line, MOST_BYTES);
	g_autofree char *copy = slice_dup(slice_sub(text, 0, shown));
	report_append(out, copy, input->unicode);
	if (shown < text.length)
		g_string_append(out, input->unicode ? "…" : "...");
}

static bool overlaps(const Edit *edit, Span place)
{
	return place.file == edit->file && place.start < edit->end && edit->start < place.end;
}

/* What speaks for the edit at its own place. */
static const Evidence *evidence_at(const Finding *finding, const Edit *edit)
{
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		if (overlaps(edit, finding->evidence[i].span))
			return &finding->evidence[i];
	return NULL;
}

static bool is_shown_beside(const Finding *finding, const Evidence *evidence)
{
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (overlaps(&finding->edits[i], evidence->span) &&
		        evidence_at(finding, &finding->edits[i]) == evidence)
			return true;
	return false;
}

static void append_edit(const ReportInput *input, const Finding *finding, const Edit *edit, GString *out)
{
	Slice old = graph_span_bytes(input->graph, (Span){edit->file, edit->start, edit->end});
	g_string_append(out, "    ");
	report_append_place(input, (Span){edit->file, edit->start, edit->end}, out);
	if (slice_trim(old).length == 0) {
		g_string_append(out, ": + ");
		append_bytes(input, edit->text, out);
	} else if (slice_trim(edit->text).length == 0) {
		g_string_append(out, ": - ");
		append_bytes(input, old, out);
	} else {
		g_string_append(out, ": ");
		append_bytes(input, old, out);
		g_string_append(out, input->unicode ? " → " : " -> ");
		append_bytes(input, edit->text, out);
	}
	const Evidence *evidence = input->all ? evidence_at(finding, edit) : NULL;
	if (evidence) {
		g_string_append(out, "\n        evidence: ");
		report_append(out, evidence->text, input->unicode);
	}
	g_string_append_c(out, '\n');
}

void report_append_mended(const ReportInput *input, const Finding *finding, GString *out)
{
	const char *bold = input->colour ? "\033[1m" : "", *off = input->colour ? "\033[0m" : "";
	g_string_append(out, bold);
	report_append_place(input, finding->span, out);
	g_string_append_printf(out, ":%s ", off);
	report_append(out, finding->message, input->unicode);
	g_string_append_printf(out, " [%s]\n", finding->rule->id);
	if (finding->because) {
		g_string_append(out, "  because ");
		report_append(out, finding->because, input->unicode);
		g_string_append_c(out, '\n');
	}
	uint32_t most = input->all ? UINT32_MAX : MOST_PLACES;
	for (uint32_t i = 0; i < MIN(finding->n_edits, most); i++)
		append_edit(input, finding, &finding->edits[i], out);
	if (finding->n_edits > most)
		g_string_append_printf(out, "    and %u more\n", finding->n_edits - most);
	for (uint32_t i = 0; input->all && i < finding->n_evidence; i++) {
		if (is_shown_beside(finding, &finding->evidence[i]))
			continue;
		g_string_append(out, "    evidence: ");
		report_append_place(input, finding->evidence[i].span, out);
		g_string_append(out, ": ");
		report_append(out, finding->evidence[i].text, input->unicode);
		g_string_append_c(out, '\n');
	}
}

void report_append_diff(const ReportInput *input, const char *diff, GString *out)
{
	if (!input->colour) {
		g_string_append(out, diff);
		return;
	}
	Slice rest = slice_from(diff), line;
	while (slice_next_line(&rest, &line)) {
		const char *colour =
		        slice_starts(line, "+++") || slice_starts(line, "---") || slice_starts(line, "diff") ? "\033[1m"
		        : slice_starts(line, "+")  ? "\033[32m"
		        : slice_starts(line, "-")  ? "\033[31m"
		        : slice_starts(line, "@@") ? "\033[36m"
		                                   : "";
		g_string_append_printf(out, "%s%.*s%s\n", colour, SLICE_ARGS(line), *colour ? "\033[0m" : "");
	}
}
