/* Bars before and after as one picture: a pair for each resource of each node. Colours are by how full it is, and the
 * percent is written beside each bar, so that no colour is needed to read it. */
#include "place/place.h"

#define ROW 18
#define LABEL 190
#define LENGTH 260
#define WIDTH (LABEL + 2 * (LENGTH + 60))

static void append_text(GString *out, int x, int y, const char *class, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text, -1);
	g_string_append_printf(out, "<text x=\"%d\" y=\"%d\"%s%s%s>%s</text>\n", x, y, *class ? " class=\"" : "", class,
	        *class ? "\"" : "", escaped);
}

static void append_bar(GString *out, int x, int y, int64_t percent)
{
	const char *colour = percent > 90 ? "#c0392b" : percent > 75 ? "#d68910" : "#1e8449";
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " %%", percent);
	g_string_append_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#e5e7e9\"/>\n", x,
	        y - 11, LENGTH, ROW - 5);
	g_string_append_printf(out,
	        "<rect x=\"%d\" y=\"%d\" width=\"%" G_GINT64_FORMAT "\" height=\"%d\" fill=\"%s\"/>\n", x, y - 11,
	        MIN(percent, 100) * LENGTH / 100, ROW - 5, colour);
	append_text(out, x + LENGTH + 6, y, "", text);
}

static bool is_shown(const Plan *plan, uint32_t host, uint32_t resource)
{
	return plan->model->problem.hosts[host].capacity.of[resource] != AMOUNT_UNKNOWN && resource != RESOURCE_PODS &&
	       (resource <= RESOURCE_MEMORY || plan->before[host].of[resource] || plan->after[host].of[resource]);
}

static int append_host(const Plan *plan, uint32_t host, int y, GString *out)
{
	const Model *model = plan->model;
	append_text(out, 4, y, "node", MODEL_MACHINE(model, model->hosts[host])->name);
	y += ROW;
	for (uint32_t r = 0; r < RESOURCES; r++) {
		if (!is_shown(plan, host, r))
			continue;
		int64_t capacity = model->problem.hosts[host].capacity.of[r];
		g_autofree char *all = amount_text((Resource)r, capacity);
		g_autofree char *label = g_strdup_printf("%s of %s", resource_word((Resource)r), all);
		append_text(out, 14, y, "", label);
		append_bar(out, LABEL, y, amount_percent(plan->before[host].of[r], capacity));
		append_bar(out, LABEL + LENGTH + 60, y, amount_percent(plan->after[host].of[r], capacity));
		y += ROW;
	}
	return y + ROW / 2;
}

void place_svg(const Plan *plan, GString *out)
{
	g_autoptr(GString) rows = g_string_new(NULL);
	int y = 2 * ROW + 6;
	for (uint32_t h = 0; h < plan->model->problem.n_hosts; h++)
		y = append_host(plan, h, y, rows);
	g_string_append_printf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" "
	        "font-family=\"sans-serif\" font-size=\"12\">\n<title>What each node carries, before and "
	        "after</title>\n"
	        "<style>.node{font-weight:bold}</style>\n",
	        WIDTH, y, WIDTH);
	append_text(out, LABEL, ROW, "node", "before");
	append_text(out, LABEL + LENGTH + 60, ROW, "node", "after");
	g_string_append_len(out, rows->str, (gssize)rows->len);
	g_string_append(out, "</svg>\n");
}
