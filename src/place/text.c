/* A plan for people: the moves with their reasons, what does not fit and why, every node before and after, the proof.
 */
#include "place/place.h"

#define BAR 20
#define MOST_NOTES 5

typedef struct Page {
	const Plan *plan;
	const Model *model;
	const PlaceStyle *style;
	GString *out;
	int name_width;
	bool lacks_label; /* some pod asks for one that no node is known to have */
} Page;

static const char *paint(const Page *page, const char *code)
{
	return page->style->colour ? code : "";
}

static const char *arrow(const Page *page)
{
	return page->style->unicode ? "→" : "->";
}

static const char *dot(const Page *page)
{
	return page->style->unicode ? " · " : " - ";
}

static const char *host_name(const Page *page, uint32_t host)
{
	return MODEL_MACHINE(page->model, page->model->hosts[host])->name;
}

static void append_count(Page *page, uint64_t count, const char *one)
{
	g_string_append_printf(page->out, "%" G_GUINT64_FORMAT " %s%s", count, one, count == 1 ? "" : "s");
}

static void begin_section(Page *page, const char *title)
{
	g_string_append_printf(page->out, "\n%s%s%s\n", paint(page, "\033[1m"), title, paint(page, "\033[0m"));
}

/* ---- head ---------------------------------------------------------------------------------------------- */

static bool is_estimated(const Workload *workload)
{
	return workload->origin[RESOURCE_MEMORY] >= ORIGIN_IMAGE || workload->origin[RESOURCE_CPU] >= ORIGIN_IMAGE;
}

static void append_head(Page *page)
{
	const Model *model = page->model;
	uint64_t pods = 0, workloads = 0, estimated = 0, jobs = 0;
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		jobs += workload->run_to_end;
		if (workload->run_to_end)
			continue;
		workloads++;
		estimated += is_estimated(workload);
		for (guint h = 0; h < model->machines->len && workload->daemon; h++)
			pods += workload->now[h];
		pods += workload->daemon ? 0 : workload->replicas;
	}
	g_string_append_printf(
	        page->out, "%slabwright place%s%s", paint(page, "\033[1m"), paint(page, "\033[0m"), dot(page));
	append_count(page, model->problem.n_hosts, "node");
	g_string_append(page->out, dot(page));
	append_count(page, workloads, "workload");
	g_string_append(page->out, ", ");
	append_count(page, pods, "pod");
	if (estimated)
		g_string_append_printf(page->out, "%s%" G_GUINT64_FORMAT " estimated", dot(page), estimated);
	if (jobs) {
		g_string_append(page->out, dot(page));
		append_count(page, jobs, "job");
		g_string_append(page->out, " not placed");
	}
	if (model->n_opaque) {
		g_string_append(page->out, dot(page));
		append_count(page, model->n_opaque, "opaque chart");
		g_string_append(page->out, " not read");
	}
	g_string_append_c(page->out, '\n');
}

/* ---- moves ---------------------------------------------------------------------------------------------- */

static const char *verb_of(const Step *step)
{
	static const char *const verbs[] = {"move", "stop", "start", "remove"};
	return verbs[step->kind];
}

static void append_step(Page *page, const Step *step, uint32_t number)
{
	const Workload *workload = MODEL_WORKLOAD(page->model, step->workload);
	g_string_append_printf(page->out, "  %u. %s %s%s%s", number, verb_of(step), paint(page, "\033[1m"),
	        workload->name, paint(page, "\033[0m"));
	if (step->pods > 1)
		g_string_append_printf(page->out, " (%u pods)", step->pods);
	if (step->from != NOWHERE)
		g_string_append_printf(page->out, "  %s", host_name(page, step->from));
	if (step->to != NOWHERE)
		g_string_append_printf(page->out, " %s %s", arrow(page), host_name(page, step->to));
	g_autofree char *reason = plan_reason(page->plan, step, page->style->unicode);
	g_string_append_printf(page->out, "\n     %s\n", reason);
	if (step->kind == STEP_MOVE || step->kind == STEP_STOP) {
		g_autofree char *bytes = amount_text(RESOURCE_STORAGE, workload->volume_bytes);
		if (page->model->migrate && (workload->local_volume || workload->volume_bytes))
			g_string_append_printf(
			        page->out, "     its volume of %s moves too: copy it while the pod is down\n", bytes);
		if (workload->host_path)
			g_string_append_printf(
			        page->out, "     copy %s first: it lies on the node\n", workload->host_path);
	}
}

static bool is_first_start(const Step *step)
{
	return step->kind == STEP_START && step->from == NOWHERE;
}

static void append_moves(Page *page)
{
	const GArray *steps = page->plan->steps;
	uint32_t number = 0;
	for (guint i = 0; i < steps->len; i++) {
		const Step *step = &g_array_index(steps, Step, i);
		if (is_first_start(step))
			continue;
		if (number == 0)
			begin_section(page, "MOVES, in this order");
		append_step(page, step, ++number);
	}
}

/* Pods of which nobody knows where they are: one line for each node. */
static void append_starts(Page *page)
{
	const GArray *steps = page->plan->steps;
	bool begun = false;
	for (uint32_t h = 0; h < page->model->problem.n_hosts; h++) {
		bool any = false;
		for (guint i = 0; i < steps->len; i++) {
			const Step *step = &g_array_index(steps, Step, i);
			if (!is_first_start(step) || step->to != h)
				continue;
			if (!begun)
				begin_section(page, page->model->listed
				                            ? "STARTS, of pods that run nowhere now"
				                            : "PLACED, where it is not known where they run now");
			begun = true;
			if (!any)
				g_string_append_printf(page->out, "  %-*s  ", page->name_width, host_name(page, h));
			g_string_append_printf(
			        page->out, "%s%s", any ? ", " : "", MODEL_WORKLOAD(page->model, step->workload)->name);
			if (step->pods > 1)
				g_string_append_printf(page->out, " (%u)", step->pods);
			any = true;
		}
		if (any)
			g_string_append_c(page->out, '\n');
	}
	if (begun && page->model->problem.n_hosts > 1 && !page->model->listed)
		g_string_append(
		        page->out, "  hint: kubectl get pods -A -o json > pods.json, and --usage pods.json says it\n");
}

/* ---- what does not fit ------------------------------------------------------------------------------------ */

static void append_unfit_head(Page *page, const Workload *workload, uint32_t pods, bool *begun)
{
	if (!*begun)
		begin_section(page, "DOES NOT FIT");
	*begun = true;
	g_string_append_printf(page->out, "  %s%s%s (%s, ", paint(page, "\033[31m"), workload->name,
	        paint(page, "\033[0m"), workload->kind);
	append_count(page, pods, "pod");
	g_string_append(page->out, ")\n");
}

/* Why not, by node: one line where it is the same everywhere. Takes the texts. */
static void append_refusals(Page *page, GPtrArray *names, GPtrArray *whys)
{
	bool same = whys->len > 2;
	for (guint i = 1; i < whys->len && same; i++)
		same = strcmp(whys->pdata[i], whys->pdata[0]) == 0;
	page->lacks_label |= same && g_str_has_prefix(whys->pdata[0], "nodeSelector ");
	if (same)
		g_string_append_printf(page->out, "     all %u nodes: %s\n", whys->len, (char *)whys->pdata[0]);
	for (guint i = 0; i < whys->len && !same; i++)
		g_string_append_printf(
		        page->out, "     %s: %s\n", (const char *)names->pdata[i], (char *)whys->pdata[i]);
	g_ptr_array_unref(names);
	g_ptr_array_unref(whys);
}

static void append_unfit(Page *page, const Unfit *unfit, bool *begun)
{
	const Model *model = page->model;
	const Workload *workload = MODEL_WORKLOAD(model, unfit->workload);
	GPtrArray *names = g_ptr_array_new(), *whys = g_ptr_array_new_with_free_func(g_free);
	append_unfit_head(page, workload, unfit->pods, begun);
	for (guint i = 0; i < model->machines->len; i++) {
		const char *name = MODEL_MACHINE(model, i)->name, *why = workload->why_not[i];
		bool elsewhere = unfit->pinned && strcmp(unfit->pinned, name) != 0;
		g_ptr_array_add(names, (gpointer)name);
		g_ptr_array_add(whys, g_strdup_printf("%s%s%s", why ? why : "", why && elsewhere ? ", and " : "",
		                              elsewhere ? unfit->pinned_why : ""));
	}
	append_refusals(page, names, whys);
	uint32_t home = 0;
	while (home < model->machines->len && unfit->pinned &&
	        strcmp(MODEL_MACHINE(model, home)->name, unfit->pinned) != 0)
		home++;
	if (unfit->pinned && home < model->machines->len && MODEL_MACHINE(model, home)->lost)
		g_string_append(
		        page->out, "     hint: its data is lost with the node; restore it elsewhere from a backup\n");
	else if (unfit->pinned)
		g_string_append(page->out, "     hint: its volume has to be copied first, while the pod is down\n");
}

static void append_unplaced(Page *page)
{
	const Problem *problem = &page->model->problem;
	bool begun = false;
	for (guint i = 0; i < page->model->unfit->len; i++)
		append_unfit(page, &g_array_index(page->model->unfit, Unfit, i), &begun);
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t pods = page->plan->solution->counts->nowhere[g];
		if (pods == 0)
			continue;
		append_unfit_head(page, MODEL_WORKLOAD(page->model, page->model->group_workload[g]), pods, &begun);
		GPtrArray *names = g_ptr_array_new(), *whys = g_ptr_array_new_with_free_func(g_free);
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			g_ptr_array_add(names, (gpointer)host_name(page, h));
			g_ptr_array_add(whys, plan_why_not(page->plan, g, h));
		}
		append_refusals(page, names, whys);
	}
	if (page->lacks_label)
		g_string_append(page->out,
		        "  hint: where a node has such a label, labwright.yaml can say so: nodes: {NAME: {labels: "
		        "{KEY: VALUE}}}\n");
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static void append_bar(Page *page, int64_t percent)
{
	const char *full = page->style->unicode ? "█" : "#", *empty = page->style->unicode ? "░" : ".";
	const char *colour = percent > 90 ? "\033[31m" : percent > 75 ? "\033[33m" : "\033[32m";
	int64_t filled = MIN((percent * BAR + 50) / 100, BAR);
	g_string_append(page->out, paint(page, colour));
	for (int64_t i = 0; i < BAR; i++)
		g_string_append(page->out, i < MAX(filled, percent > 0) ? full : empty);
	g_string_append_printf(page->out, "%s %4" G_GINT64_FORMAT " %%", paint(page, "\033[0m"), percent);
}

static void append_resource(Page *page, uint32_t host, Resource resource, bool first)
{
	const PlaceHost *of = &page->model->problem.hosts[host];
	int64_t capacity = of->capacity.of[resource], before = page->plan->before[host].of[resource];
	int64_t after = page->plan->after[host].of[resource];
	g_autofree char *used = amount_text(resource, after), *all = amount_text(resource, capacity);
	g_string_append_printf(page->out, "  %-*s  %-*s ", page->name_width, first ? host_name(page, host) : "",
	        resource == RESOURCE_EPHEMERAL ? 17 : 8, resource_word(resource));
	append_bar(page, amount_percent(before, capacity));
	g_string_append_printf(page->out, " %s ", arrow(page));
	append_bar(page, amount_percent(after, capacity));
	g_string_append_printf(page->out, "  %s of %s\n", used, all);
}

/* After the moves; only what is not requested brings a node there. */
static bool is_overfull(const Page *page, uint32_t host)
{
	const Amounts *capacity = &page->model->problem.hosts[host].capacity;
	for (uint32_t r = 0; r < PRESSING; r++)
		if (capacity->of[r] != AMOUNT_UNKNOWN && page->plan->after[host].of[r] > capacity->of[r])
			return true;
	return false;
}

static void append_nodes(Page *page)
{
	begin_section(page, "NODES, before and after");
	for (uint32_t h = 0; h < page->model->problem.n_hosts; h++) {
		const Machine *machine = MODEL_MACHINE(page->model, page->model->hosts[h]);
		bool first = true;
		for (uint32_t r = 0; r < RESOURCES; r++) {
			bool used = page->plan->before[h].of[r] || page->plan->after[h].of[r];
			if (machine->capacity.of[r] == AMOUNT_UNKNOWN || (r == RESOURCE_PODS && !page->style->all) ||
			        (r > RESOURCE_MEMORY && !used && !page->style->all))
				continue;
			append_resource(page, h, (Resource)r, first);
			first = false;
		}
		if (is_overfull(page, h))
			g_string_append_printf(page->out,
			        "  %-*s  more than it has: Kubernetes counts requests, and these leave out what pods "
			        "use\n",
			        page->name_width, "");
		if (machine->n_others) {
			g_string_append_printf(page->out, "  %-*s  with ", page->name_width, "");
			append_count(page, machine->n_others, "pod");
			g_string_append(page->out, " that the repository does not hold\n");
		}
		if (machine->stated)
			g_string_append_printf(page->out, "  %-*s  has what %s says; nobody asked the node\n",
			        page->name_width, "", machine->stated);
	}
}

/* ---- proof -------------------------------------------------------------------------------------------------- */

static int64_t fullest_percent(const Plan *plan, const Amounts *use)
{
	int64_t most = 0;
	const Problem *problem = &plan->model->problem;
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < PRESSING; r++)
			if (problem->hosts[h].capacity.of[r] != AMOUNT_UNKNOWN)
				most = MAX(most, amount_percent(use[h].of[r], problem->hosts[h].capacity.of[r]));
	return most;
}

static uint64_t count_unplaced(const Plan *plan)
{
	const Problem *problem = &plan->model->problem;
	uint64_t pods = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		pods += plan->solution->counts->nowhere[g];
	for (guint i = 0; i < plan->model->unfit->len; i++)
		pods += g_array_index(plan->model->unfit, Unfit, i).pods;
	return pods;
}

static void append_pressure(Page *page)
{
	const Plan *plan = page->plan;
	int64_t fullest = fullest_percent(plan, plan->after);
	bool bound = plan->solution->score.at[GOAL_PRESSURE] * page->model->settings.step < fullest;
	g_string_append_printf(page->out, "%" G_GINT64_FORMAT " %% on the fullest node%s", fullest,
	        bound ? ", which holds only what must be there" : "");
}

static void append_goal(Page *page, Goal goal)
{
	int64_t value = page->plan->solution->score.at[goal];
	g_autofree char *proof = plan_proof(page->plan, goal);
	g_string_append_printf(page->out, "  %-9s ", goal_word(goal));
	if (goal == GOAL_UNPLACED) {
		append_count(page, count_unplaced(page->plan), "pod");
		g_string_append(page->out, " without a place");
	} else if (goal == GOAL_PRESSURE) {
		append_pressure(page);
	} else {
		static const char *const what[] = {"", "", "weight of pods that the loss of a node leaves down",
		        "weight of preferences not met", "price of the moves",
		        "weight of pods that talk to others across nodes"};
		g_string_append_printf(page->out, "%" G_GINT64_FORMAT " %s", value, what[goal]);
		if (goal == GOAL_MOVES && value && count_unplaced(page->plan))
			g_string_append(page->out, ", and of pods that lose their place");
	}
	g_string_append_printf(page->out, ": %s\n", proof);
}

static void append_proof(Page *page)
{
	const Solution *solution = page->plan->solution;
	const Goal *order = page->model->settings.order;
	begin_section(page, solution->optimal   ? "OPTIMAL, proven goal by goal"
	                    : solution->stopped ? "THE BEST FOUND UNTIL IT WAS STOPPED, goal by goal"
	                                        : "THE BEST FOUND, goal by goal");
	for (uint32_t i = 0; i < GOALS; i++)
		append_goal(page, order[i]);
}

static void append_estimates(Page *page)
{
	bool begun = false;
	for (guint i = 0; i < page->model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(page->model, i);
		if (workload->run_to_end || !is_estimated(workload))
			continue;
		if (!begun)
			begin_section(page, "ESTIMATES: these say nothing of what they need, and nothing was measured");
		begun = true;
		g_autofree char *cpu = amount_text(RESOURCE_CPU, workload->demand.of[RESOURCE_CPU]);
		g_autofree char *memory = amount_text(RESOURCE_MEMORY, workload->demand.of[RESOURCE_MEMORY]);
		g_string_append_printf(page->out, "  %s: cpu %s, memory %s%s%s\n", workload->name, cpu, memory,
		        workload->estimate ? "; " : "", workload->estimate ? workload->estimate : "");
	}
}

static void append_notes(Page *page)
{
	const GArray *notes = page->model->notes;
	guint most = page->style->all ? notes->len : MIN(notes->len, MOST_NOTES);
	if (notes->len)
		begin_section(page, "NOTES");
	for (guint i = 0; i < most; i++) {
		const ModelNote *note = &g_array_index(notes, ModelNote, i);
		if (note->subject) {
			uint32_t line, column;
			Span span = graph_place(page->model->graph, note->subject);
			graph_position(page->model->graph, span, &line, &column);
			g_string_append_printf(
			        page->out, "  %s:%u: ", graph_file_path(page->model->graph, span.file), line);
		} else {
			g_string_append(page->out, "  ");
		}
		g_string_append_printf(page->out, "%s\n", note->text);
	}
	if (most < notes->len)
		g_string_append_printf(page->out, "  and %u more: --all\n", notes->len - most);
}

void plan_text(const Plan *plan, const PlaceStyle *style, GString *out)
{
	Page page = {plan, plan->model, style, out, 4, false};
	for (uint32_t h = 0; h < plan->model->problem.n_hosts; h++)
		page.name_width = MAX(page.name_width, MIN((int)strlen(host_name(&page, h)), 30));
	append_head(&page);
	if (plan->model->workloads->len == 0) {
		g_string_append(out, "\nnothing to place: no workload stands in the files that were read\n");
		return;
	}
	append_moves(&page);
	append_starts(&page);
	append_unplaced(&page);
	append_nodes(&page);
	append_proof(&page);
	append_estimates(&page);
	append_notes(&page);
	g_string_append_printf(out, "\n%s%s", plan->solution->optimal ? "optimal, proven" : "not proven",
	        plan->model->n_opaque && !plan->model->listed ? " for what was read" : "");
	g_string_append(out, dot(&page));
	append_count(&page, plan->n_moves, "move");
	if (plan->n_stops) {
		g_string_append(out, ", of which ");
		append_count(&page, plan->n_stops, "stop");
	}
	g_string_append_printf(out, "%s%" G_GINT64_FORMAT " %% %s %" G_GINT64_FORMAT " %% on the fullest node\n",
	        dot(&page), fullest_percent(plan, plan->before), arrow(&page), fullest_percent(plan, plan->after));
}
