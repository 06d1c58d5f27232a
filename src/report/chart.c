/* A line for errors and one for warnings. Colours are the page's, so that dark and light both work; without a page
 * around them, plain ones serve. */
#include "report/summary.h"

#define WIDTH 720
#define HEIGHT 220
#define LEFT 44
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

static void append_ends(Chart *chart)
{
	guint last = chart->points->len - 1;
	g_string_append_printf(chart->out, "<text fill=\"var(--soft,#666)\" x=\"%d\" y=\"%d\">", LEFT, HEIGHT - 8);
	page_escape(chart->out, point_at(chart, 0)->id);
	g_string_append_printf(chart->out,
	        "</text><text fill=\"var(--soft,#666)\" text-anchor=\"end\" x=\"%d\" y=\"%d\">", WIDTH - RIGHT,
	        HEIGHT - 8);
	page_escape(chart->out, point_at(chart, last)->id);
	g_string_append(chart->out, "</text>\n");
}

void summary_chart(const GArray *points, GString *out)
{
	Chart chart = {points, 4, out};
	for (guint i = 0; i < points->len; i++)
		chart.most = MAX(chart.most, MAX(point_at(&chart, i)->errors, point_at(&chart, i)->warnings));
	chart.most = (chart.most + 3) / 4 * 4;
	g_string_append_printf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
	        "role=\"img\" "
	        "font-family=\"system-ui,sans-serif\" font-size=\"12\"><title>Errors and warnings over %u "
	        "commits</title>\n",
	        WIDTH, HEIGHT, WIDTH, HEIGHT, points->len);
	append_scale(&chart);
	append_line(&chart, false, "var(--warn,#b86e00)");
	append_line(&chart, true, "var(--bad,#c92a2a)");
	append_ends(&chart);
	g_string_append(out, "</svg>");
}
