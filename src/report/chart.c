/* Pictures: lines for errors and warnings, columns for what each week brought and removed, bars for what nodes carry.
 * Colours are the page's, so that dark and light both work; without a page around them, plain ones serve. Each picture
 * says in its title what it shows. */
#include "report/summary.h"

#include <stdio.h>

/* Narrow, so that letters can still be read where a phone shrinks it. */
#define WIDTH 560
#define LEFT 36
#define RIGHT 110
#define TOP 14
#define LINES 160   /* height of the lines */
#define COLUMNS 110 /* of the columns below them, both ways */
#define BOTTOM 28

#define BAD "var(--bad,#c92a2a)"
#define WARN "var(--warn,#b35c00)"
#define GOOD "var(--good,#237a34)"
#define SOFT "var(--soft,#60646c)"
#define LINE "var(--line,#d9dce1)"
#define ACCENT "var(--accent,#1864ab)"

/* Never a decimal comma. */
static void append_number(GString *out, double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	g_string_append(out, g_ascii_formatd(text, sizeof text, "%.1f", number));
}

/* name="number" with a space before it. */
static void append_place(GString *out, const char *name, double number)
{
	g_string_append_printf(out, " %s=\"", name);
	append_number(out, number);
	g_string_append_c(out, '"');
}

static void append_label(GString *out, double x, double y, const char *anchor, const char *colour, const char *text)
{
	g_string_append(out, "<text");
	append_place(out, "x", x);
	append_place(out, "y", y);
	g_string_append_printf(out, " text-anchor=\"%s\" fill=\"%s\">", anchor, colour);
	page_escape(out, text);
	g_string_append(out, "</text>\n");
}

static void begin_picture(GString *out, int height, const char *title)
{
	g_string_append_printf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
	        "role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"15\"><title>",
	        WIDTH, height, WIDTH, height);
	page_escape(out, title);
	g_string_append(out, "</title>\n");
}

/* ---- a scale -------------------------------------------------------------------------------------------------- */

typedef struct Scale {
	uint32_t step, most; /* most is a multiple of step, and of step a person would choose */
} Scale;

static Scale scale_of(uint32_t most, uint32_t steps)
{
	static const uint32_t factors[] = {1, 2, 5, 10};
	for (uint32_t power = 1;; power *= 10)
		for (size_t i = 0; i < G_N_ELEMENTS(factors); i++) {
			uint32_t step = factors[i] * power;
			if ((uint64_t)step * steps >= most)
				return (Scale){step, MAX(step, (most + step - 1) / step * step)};
		}
}

static void append_rule(GString *out, double y, uint32_t value)
{
	char text[16];
	snprintf(text, sizeof text, "%u", value);
	g_string_append_printf(out, "<line x1=\"%d\" x2=\"%d\" stroke=\"" LINE "\"", LEFT, WIDTH - RIGHT);
	append_place(out, "y1", y);
	append_place(out, "y2", y);
	g_string_append(out, "/>");
	append_label(out, LEFT - 8, y + 4.5, "end", SOFT, text);
}

/* ---- lines ---------------------------------------------------------------------------------------------------- */

typedef struct Line {
	uint32_t *errors, *warnings;
	guint count;
	bool bands; /* a point is a stretch of time, and stands in its middle */
	Scale scale;
} Line;

static Line line_new(guint count, bool bands)
{
	return (Line){g_new0(uint32_t, count), g_new0(uint32_t, count), count, bands, {0, 0}};
}

static double x_of(guint index, guint count, bool bands)
{
	double length = WIDTH - LEFT - RIGHT;
	return bands ? LEFT + (index + 0.5) * length / count : LEFT + index * length / MAX(count - 1, 1);
}

static double y_of(const Line *line, uint32_t value)
{
	return TOP + LINES - (double)value * LINES / line->scale.most;
}

static void append_line(const Line *line, const uint32_t *values, const char *colour, GString *out)
{
	g_string_append_printf(out,
	        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-linejoin=\"round\" points=\"",
	        colour);
	for (guint i = 0; i < line->count; i++) {
		append_number(out, x_of(i, line->count, line->bands));
		g_string_append_c(out, ',');
		append_number(out, y_of(line, values[i]));
		g_string_append_c(out, ' ');
	}
	g_string_append(out, "\"/>\n");
}

static void append_end(double y, uint32_t value, const char *what, const char *colour, GString *out)
{
	g_autofree char *text = g_strdup_printf("%u %s%s", value, what, value == 1 ? "" : "s");
	append_label(out, WIDTH - RIGHT + 8, y, "start", colour, text);
}

/* What the lines end at, kept apart. */
static void append_ends(const Line *line, GString *out)
{
	uint32_t errors = line->errors[line->count - 1], warnings = line->warnings[line->count - 1];
	double high = y_of(line, MAX(errors, warnings)) + 4, low = y_of(line, MIN(errors, warnings)) + 4;
	if (low - high < 17) {
		double middle = (low + high) / 2;
		high = middle - 8.5;
		low = middle + 8.5;
	}
	append_end(errors > warnings ? high : low, errors, "error", BAD, out);
	append_end(errors > warnings ? low : high, warnings, "warning", WARN, out);
}

static void append_lines(Line *line, GString *out)
{
	uint32_t most = 1;
	for (guint i = 0; i < line->count; i++)
		most = MAX(most, MAX(line->errors[i], line->warnings[i]));
	line->scale = scale_of(most, 5);
	for (uint32_t value = 0; value <= line->scale.most; value += line->scale.step)
		append_rule(out, y_of(line, value), value);
	append_line(line, line->warnings, WARN, out);
	append_line(line, line->errors, BAD, out);
	append_ends(line, out);
	g_free(line->errors);
	g_free(line->warnings);
}

void summary_chart(const GArray *points, GString *out)
{
	Line line = line_new(points->len, false);
	for (guint i = 0; i < points->len; i++) {
		const SummaryPoint *point = &g_array_index(points, SummaryPoint, i);
		line.errors[i] = point->errors;
		line.warnings[i] = point->warnings;
	}
	guint last = points->len - 1;
	g_autofree char *title =
	        g_strdup_printf("Over %u commits, errors went from %u to %u and warnings from %u to %u", last,
	                line.errors[0], line.errors[last], line.warnings[0], line.warnings[last]);
	begin_picture(out, TOP + LINES + BOTTOM, title);
	append_lines(&line, out);
	append_label(out, LEFT, TOP + LINES + 20, "start", SOFT, "before");
	append_label(out, WIDTH - RIGHT, TOP + LINES + 20, "end", SOFT, "after");
	g_string_append(out, "</svg>");
}

/* ---- weeks ---------------------------------------------------------------------------------------------------- */

static const SummaryPeriod *period_at(const GArray *periods, guint index)
{
	return &g_array_index(periods, SummaryPeriod, index);
}

typedef struct Columns {
	double middle, unit, width; /* where both begin; height of one finding; of a column */
	guint count;
} Columns;

static void append_column(const Columns *columns, guint index, uint32_t value, bool up, GString *out)
{
	double height = value * columns->unit;
	if (!value)
		return;
	g_string_append_printf(out, "<rect fill=\"%s\"", up ? BAD : GOOD);
	append_place(out, "x", x_of(index, columns->count, true) - columns->width / 2);
	append_place(out, "y", up ? columns->middle - height : columns->middle);
	append_place(out, "width", columns->width);
	append_place(out, "height", MAX(height, 1));
	g_string_append(out, "/>");
}

/* Both ways in one unit, so that they can be compared. */
static void append_columns(const GArray *periods, double top, GString *out)
{
	uint32_t up = 0, down = 0, brought = 0, gone = 0;
	for (guint i = 0; i < periods->len; i++) {
		const SummaryPeriod *period = period_at(periods, i);
		up = MAX(up, period->brought);
		down = MAX(down, period->gone);
		brought += period->brought;
		gone += period->gone;
	}
	Columns columns = {.count = periods->len,
	        .unit = (double)COLUMNS / MAX(up + down, 1),
	        .width = CLAMP(0.7 * (WIDTH - LEFT - RIGHT) / MAX(periods->len, 1), 1.5, 14)};
	columns.middle = top + up * columns.unit;
	for (guint i = 0; i < periods->len; i++) {
		append_column(&columns, i, period_at(periods, i)->brought, true, out);
		append_column(&columns, i, period_at(periods, i)->gone, false, out);
	}
	append_rule(out, columns.middle, 0);
	g_autofree char *came = g_strdup_printf("%u brought", brought), *went = g_strdup_printf("%u removed", gone);
	append_label(out, WIDTH - RIGHT + 12, MIN(columns.middle - 5, top + COLUMNS - 20), "start", BAD, came);
	append_label(out, WIDTH - RIGHT + 12, MAX(columns.middle + 15, top + 30), "start", GOOD, went);
	if (up > 1 && up * columns.unit > 16)
		append_rule(out, top, up);
	if (down > 1 && down * columns.unit > 16)
		append_rule(out, top + COLUMNS, down);
}

/* First, last and, where there is room, those between. */
static void append_dates(const GArray *periods, double y, GString *out)
{
	guint last = periods->len - 1, steps = MIN(last, 3);
	for (guint i = 0; i <= steps; i++) {
		guint index = steps ? i * last / steps : 0;
		g_autofree char *month = g_strndup(period_at(periods, index)->start, last > 26 ? 7 : 10);
		const char *text = last > 26 || i == 0 || i == steps ? month : month + 5;
		double x = i == 0 ? LEFT : i == steps ? WIDTH - RIGHT : x_of(index, periods->len, true);
		append_label(out, x, y, i == 0 ? "start" : i == steps ? "end" : "middle", SOFT, text);
	}
}

void summary_weeks(const GArray *periods, bool months, GString *out)
{
	guint last = periods->len - 1;
	Line line = line_new(periods->len, true);
	for (guint i = 0; i <= last; i++) {
		line.errors[i] = period_at(periods, i)->errors;
		line.warnings[i] = period_at(periods, i)->warnings;
	}
	g_autofree char *title =
	        g_strdup_printf("Errors and warnings at the end of each of %u %ss from %s on, now %u and %u; "
	                        "below, how many findings each brought and removed",
	                periods->len, months ? "month" : "week", period_at(periods, 0)->start, line.errors[last],
	                line.warnings[last]);
	begin_picture(out, TOP + LINES + BOTTOM + COLUMNS + 20, title);
	append_lines(&line, out);
	append_dates(periods, TOP + LINES + 20, out);
	append_columns(periods, TOP + LINES + BOTTOM + 10, out);
	g_string_append(out, "</svg>");
}

/* ---- nodes ---------------------------------------------------------------------------------------------------- */

#define BAR 19
#define LABEL 142
#define LENGTH 290

static void append_bar(GString *out, int y, int percent, const char *when, const char *colour)
{
	g_string_append_printf(out,
	        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"" LINE "\"/>"
	        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"/>",
	        LABEL, y, LENGTH, BAR - 5, LABEL, y, CLAMP(percent, 0, 100) * LENGTH / 100, BAR - 5, colour);
	g_autofree char *text =
	        percent < 0 ? g_strdup_printf("%s: not measured", when) : g_strdup_printf("%d %% %s", percent, when);
	append_label(out, LABEL + LENGTH + 8, y + BAR - 6, "start", "currentColor", text);
}

static int append_use(GString *out, int y, const SummaryUse *use)
{
	g_autofree char *text = g_strdup_printf("%s of %s", use->resource, use->capacity);
	append_label(out, 0, y + BAR - 6, "start", SOFT, text);
	append_bar(out, y, use->before, "before", SOFT);
	append_bar(out, y += BAR, use->after, "after", ACCENT);
	if (use->planned != use->after)
		append_bar(out, y += BAR, use->planned, "planned", GOOD);
	return y + BAR + 7;
}

void summary_bars(const GArray *uses, GString *out)
{
	g_autoptr(GString) rows = g_string_new(NULL);
	const char *node = NULL;
	int y = 4;
	for (guint i = 0; i < uses->len; i++) {
		const SummaryUse *use = &g_array_index(uses, SummaryUse, i);
		if (!node || strcmp(node, use->node) != 0) {
			g_string_append_printf(
			        rows, "<text x=\"0\" y=\"%d\" font-weight=\"bold\" fill=\"currentColor\">", y + 13);
			page_escape(rows, node = use->node);
			g_string_append(rows, "</text>\n");
			y += 22;
		}
		y = append_use(rows, y, use);
	}
	begin_picture(out, y, "What each node carries of what it has, in percent");
	g_string_append_printf(out, "%s</svg>", rows->str);
}
