/* A line for errors and one for warnings; bars for what nodes carry. Colours are the page's, so that dark and light
 * both work; without a page around them, plain ones serve. */
#include "report/summary.h"

/* Narrow, so that letters can still be read where a phone shrinks it. */
#define WIDTH 560
#define HEIGHT 220
#define LEFT 38
#define RIGHT 92
#define TOP 16
#define BOTTOM 30

typedef struct Chart {
	const GArray *points;
	uint32_t most;
	GString *out;
} Chart;

static const SummaryPoint *point_at(const Chart *chart, guint index)
{
	return &g_array_index(chart->points, SummaryPoint, index);
}

static double x_of(const Chart *chart, guint index)
{
	return LEFT + (double)index * (WIDTH - LEFT - RIGHT) / MAX(chart->points->len - 1, 1);
}

static double y_of(const Chart *chart, uint32_t value)
{
	return HEIGHT - BOTTOM - (double)value * (HEIGHT - TOP - BOTTOM) / chart->most;
}

/* Never a decimal comma. */
static void append_number(GString *out, double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	g_string_append(out, g_ascii_formatd(text, sizeof text, "%.1f", number));
}

static void append_line(Chart *chart, bool errors, const char *colour)
{
	guint last = chart->points->len - 1;
	g_string_append_printf(
	        chart->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" points=\"", colour);
	for (guint i = 0; i <= last; i++) {
		const SummaryPoint *point = point_at(chart, i);
		append_number(chart->out, x_of(chart, i));
		g_string_append_c(chart->out, ',');
		append_number(chart->out, y_of(chart, errors ? point->errors : point->warnings));
		g_string_append_c(chart->out, ' ');
	}
	uint32_t end = errors ? point_at(chart, last)->errors : point_at(chart, last)->warnings;
	g_string_append(chart->out, "\"/><text x=\"");
	append_number(chart->out, x_of(chart, last) + 8);
	g_string_append(chart->out, "\" y=\"");
	append_number(chart->out, y_of(chart, end) + (errors ? 10 : -2));
	g_string_append_printf(chart->out, "\" fill=\"%s\">%u %s%s</text>\n", colour, end, errors ? "error" : "warning",
	        end == 1 ? "" : "s");
}

static void append_scale(Chart *chart)
{
	for (int step = 0; step <= 4; step++) {
		uint32_t value = chart->most * (uint32_t)step / 4;
		g_string_append_printf(
		        chart->out, "<line x1=\"%d\" x2=\"%d\" stroke=\"var(--line,#ccc)\" y1=\"", LEFT, WIDTH - RIGHT);
		append_number(chart->out, y_of(chart, value));
		g_string_append(chart->out, "\" y2=\"");
		append_number(chart->out, y_of(chart, value));
		g_string_append_printf(
		        chart->out, "\"/><text text-anchor=\"end\" fill=\"var(--soft,#666)\" x=\"%d\" y=\"", LEFT - 8);
		append_number(chart->out, y_of(chart, value) + 4);
		g_string_append_printf(chart->out, "\">%u</text>\n", value);
	}
}

/* By their dates where these tell them apart. */
static void append_end(Chart *chart, guint index, const char *anchor, int x)
{
	const SummaryPoint *point = point_at(chart, index), *first = point_at(chart, 0),
	                   *last = point_at(chart, chart->points->len - 1);
	bool dated = *first->date && *last->date && strcmp(first->date, last->date) != 0;
	g_string_append_printf(chart->out, "<text fill=\"var(--soft,#666)\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">",
	        anchor, x, HEIGHT - 8);
	page_escape(chart->out, dated ? point->date : point->id);
	g_string_append(chart->out, "</text>\n");
}

static void begin_picture(GString *out, int height)
{
	g_string_append_printf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
	        "role=\"img\" "
	        "font-family=\"system-ui,sans-serif\" font-size=\"13\">",
	        WIDTH, height, WIDTH, height);
}

void summary_chart(const GArray *points, GString *out)
{
	Chart chart = {points, 4, out};
	guint last = points->len - 1;
	for (guint i = 0; i < points->len; i++)
		chart.most = MAX(chart.most, MAX(point_at(&chart, i)->errors, point_at(&chart, i)->warnings));
	chart.most = (chart.most + 3) / 4 * 4;
	begin_picture(out, HEIGHT);
	g_string_append_printf(out,
	        "<title>Over %u states, errors went from %u to %u and warnings from %u to %u</title>\n", points->len,
	        point_at(&chart, 0)->errors, point_at(&chart, last)->errors, point_at(&chart, 0)->warnings,
	        point_at(&chart, last)->warnings);
	append_scale(&chart);
	append_line(&chart, false, "var(--warn,#b86e00)");
	append_line(&chart, true, "var(--bad,#c92a2a)");
	append_end(&chart, 0, "start", LEFT);
	append_end(&chart, last, "end", WIDTH - RIGHT);
	g_string_append(out, "</svg>");
}

/* ---- nodes ---------------------------------------------------------------------------------------------------- */

#define BAR 14
#define LABEL 132
#define LENGTH 280

static void append_bar(GString *out, int y, int percent, const char *when, const char *colour)
{
	g_string_append_printf(out,
	        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"var(--line,#ddd)\"/>"
	        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>"
	        "<text x=\"%d\" y=\"%d\">",
	        LABEL, y, LENGTH, BAR - 4, LABEL, y, CLAMP(percent, 0, 100) * LENGTH / 100, BAR - 4, colour,
	        LABEL + LENGTH + 8, y + BAR - 5);
	if (percent < 0)
		g_string_append_printf(out, "not measured %s</text>\n", when);
	else
		g_string_append_printf(out, "%d %% %s</text>\n", percent, when);
}

static int append_use(GString *out, int y, const SummaryUse *use)
{
	g_string_append_printf(out, "<text x=\"14\" y=\"%d\">", y + BAR - 4);
	page_escape(out, use->resource);
	g_string_append(out, " of ");
	page_escape(out, use->capacity);
	g_string_append(out, "</text>\n");
	append_bar(out, y, use->before, "before", "var(--soft,#777)");
	append_bar(out, y += BAR, use->after, "after", "var(--accent,#1864ab)");
	if (use->planned != use->after)
		append_bar(out, y += BAR, use->planned, "planned", "var(--good,#2b8a3e)");
	return y + BAR + 6;
}

void summary_bars(const GArray *uses, GString *out)
{
	g_autoptr(GString) rows = g_string_new(NULL);
	const char *node = NULL;
	int y = 4;
	for (guint i = 0; i < uses->len; i++) {
		const SummaryUse *use = &g_array_index(uses, SummaryUse, i);
		if (!node || strcmp(node, use->node) != 0) {
			g_string_append_printf(rows, "<text x=\"2\" y=\"%d\" font-weight=\"bold\">", y + 12);
			page_escape(rows, node = use->node);
			g_string_append(rows, "</text>\n");
			y += 20;
		}
		y = append_use(rows, y, use);
	}
	begin_picture(out, y);
	g_string_append_printf(
	        out, "<title>What each node carries of what it has, in percent</title>\n%s</svg>", rows->str);
}
