/* The catalogue as a table. Of backups it says what the rule about them found: which data nothing in the repository
 * copies; whether a copy is any good is a question to what runs. */
#include "report/summary.h"

static const char *or_dash(const char *text)
{
	return *text ? text : "–";
}

/* A chart of which nothing but its name is known. */
static bool is_closed(const Service *service)
{
	return service->opaque && *service->images == '\0';
}

static const Finding *find_backup_finding(const SummaryState *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->findings[i]->rule->id, "volume-without-backup") == 0)
			return state->findings[i];
	return NULL;
}

static bool has_place_of(const Finding *finding, Span place)
{
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		if (finding->evidence[i].span.file == place.file && finding->evidence[i].span.start == place.start)
			return true;
	return false;
}

static bool has_mount_among(const Graph *graph, Node container, const Finding *finding)
{
	GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount)
		if (has_place_of(finding, graph_place(graph, mount)))
			return true;
	return false;
}

static bool lacks_backup(const Graph *graph, Node subject, const Finding *finding)
{
	if (has_mount_among(graph, subject, finding))
		return true;
	GRAPH_CHILDREN (graph, subject, NODE_POD, pod)
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
			if (has_mount_among(graph, container, finding))
				return true;
	return false;
}

/* What runs where; charts that nobody opened have a list of their own. */
static void add_what(Page *page, const Catalogue *catalogue)
{
	page_table(page, "=name|kind|area|node|>replicas|image|file");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		if (is_closed(service))
			continue;
		page_cell(page, "%s", service->name);
		page_cell(page, "%s", service->kind);
		page_cell(page, "%s", or_dash(service->area));
		page_cell(page, "%s", or_dash(service->node));
		if (service->replicas == REPLICAS_UNKNOWN)
			page_cell(page, "–");
		else
			page_cell(page, "%u", service->replicas);
		page_cell(page, "%s", or_dash(service->images));
		page_cell(page, "%s", service->file);
	}
}

static const char *backup_of(const SummaryState *state, const Service *service, const Finding *finding)
{
	if (*service->data == '\0')
		return "–";
	if (!finding)
		return "not measured";
	return lacks_backup(state->graph, service->subject, finding) ? "none found" : "not looked for";
}

/* How it is reached, and how it is cared for. */
static void add_how(Page *page, const SummaryState *state, const Catalogue *catalogue)
{
	const Finding *finding = find_backup_finding(state);
	page_table(page, "=name|ports|leads to it|probes|requests|limits|data|backup");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		if (is_closed(service))
			continue;
		page_cell(page, "%s", service->name);
		page_cell(page, "%s", or_dash(service->ports));
		page_cell(page, "%s", or_dash(service->hosts));
		page_cell(page, "%s", or_dash(service->probes));
		page_cell(page, "%s", or_dash(service->requests));
		page_cell(page, "%s", or_dash(service->limits));
		page_cell(page, "%s", or_dash(service->data));
		page_cell(page, "%s", backup_of(state, service, finding));
	}
}

static void add_charts(Page *page, const Catalogue *catalogue, uint32_t charts)
{
	page_text(page, "%u of these %u are charts that were not opened: what they run, and where, is not known.",
	        charts, catalogue->services->len);
	page_table(page, "=name|kind|area|chart|file");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		if (!is_closed(service))
			continue;
		page_cell(page, "%s", service->name);
		page_cell(page, "%s", service->kind);
		page_cell(page, "%s", or_dash(service->area));
		page_cell(page, "%s", or_dash(service->chart));
		page_cell(page, "%s", service->file);
	}
}

void summary_add_services(Page *page, const SummaryState *state)
{
	g_autoptr(Catalogue) catalogue = catalogue_new(state->graph);
	uint32_t charts = 0, all = catalogue->services->len;
	page_heading(page, 2, "Services");
	if (all == 0) {
		page_text(page, "No file that is in use says that anything runs.");
		return;
	}
	for (guint i = 0; i < all; i++)
		charts += is_closed(&g_array_index(catalogue->services, Service, i));
	if (charts < all) {
		add_what(page, catalogue);
		page_heading(page, 3, "How they are reached and cared for");
		add_how(page, state, catalogue);
	}
	if (charts && charts < all)
		page_heading(page, 3, "Charts");
	if (charts)
		add_charts(page, catalogue, charts);
}
