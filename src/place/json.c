/* A plan as JSON, for programs: one object, a row a line. Amounts are millicores, bytes and numbers. */
#include "place/place.h"

static void append_text(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_string_append_c(out, '"');
	for (const char *at = valid; *at; at++) {
		unsigned char byte = (unsigned char)*at;
		if (byte == '"' || byte == '\\')
			g_string_append_printf(out, "\\%c", byte);
		else if (byte < 0x20)
			g_string_append_printf(out, "\\u%04x", byte);
		else
			g_string_append_c(out, (char)byte);
	}
	g_string_append_c(out, '"');
}

static void append_key(GString *out, const char *key)
{
	if (out->len && !strchr("{[\n", out->str[out->len - 1]))
		g_string_append_c(out, ',');
	append_text(out, key);
	g_string_append_c(out, ':');
}

static void set_text(GString *out, const char *key, const char *value)
{
	append_key(out, key);
	append_text(out, value);
}

static void set_number(GString *out, const char *key, int64_t value)
{
	append_key(out, key);
	g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
}

static void set_bool(GString *out, const char *key, bool value)
{
	append_key(out, key);
	g_string_append(out, value ? "true" : "false");
}

static void set_place(GString *out, const Graph *graph, const char *key, Node node)
{
	uint32_t line, column;
	if (!node)
		return;
	Span span = graph_place(graph, node);
	graph_position(graph, span, &line, &column);
	append_key(out, key);
	g_string_append_c(out, '{');
	set_text(out, "path", graph_file_path(graph, span.file));
	set_number(out, "line", line);
	set_number(out, "column", column);
	g_string_append_c(out, '}');
}

/* A list: begin, each row on a line of its own, end. */
static void begin_list(GString *out, const char *key)
{
	if (out->len > 1)
		g_string_append(out, ",\n");
	append_text(out, key);
	g_string_append(out, ":[");
}

static void begin_row(GString *out)
{
	g_string_append(out, out->str[out->len - 1] == '[' ? "\n{" : ",\n{");
}

static const char *host_name(const Plan *plan, uint32_t host)
{
	return MODEL_MACHINE(plan->model, plan->model->hosts[host])->name;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static void append_step(const Plan *plan, const Step *step, GString *out)
{
	static const char *const kinds[] = {"move", "stop", "start", "remove"};
	const Workload *workload = MODEL_WORKLOAD(plan->model, step->workload);
	g_autofree char *reason = plan_reason(plan, step, true);
	begin_row(out);
	set_text(out, "step", kinds[step->kind]);
	set_text(out, "workload", workload->name);
	set_text(out, "namespace", workload->namespace);
	set_text(out, "kind", workload->kind);
	set_number(out, "pods", step->pods);
	if (step->from != NOWHERE)
		set_text(out, "from", host_name(plan, step->from));
	if (step->to != NOWHERE)
		set_text(out, "to", host_name(plan, step->to));
	set_text(out, "resource", resource_word(step->resource));
	set_number(out, "percent-before", step->before);
	set_number(out, "percent-after", step->after);
	set_text(out, "reason", reason);
	set_place(out, plan->model->graph, "object", workload->object);
	set_place(out, plan->model->graph, "pod", workload->pod);
	g_string_append_c(out, '}');
}

static void append_amounts(GString *out, const char *key, const Amounts *amounts)
{
	append_key(out, key);
	g_string_append_c(out, '{');
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (amounts->of[r] != AMOUNT_UNKNOWN)
			set_number(out, resource_word((Resource)r), amounts->of[r]);
	g_string_append_c(out, '}');
}

/* Groups stand in the order of their workloads. */
static void append_workload(const Plan *plan, uint32_t index, uint32_t first_group, GString *out)
{
	static const char *const origins[] = {"request", "measured", "image", "assumed"};
	const Workload *workload = MODEL_WORKLOAD(plan->model, index);
	const Problem *problem = &plan->model->problem;
	begin_row(out);
	set_text(out, "workload", workload->name);
	set_text(out, "namespace", workload->namespace);
	set_text(out, "kind", workload->kind);
	append_amounts(out, "demand", &workload->demand);
	set_text(out, "cpu-from", origins[workload->origin[RESOURCE_CPU]]);
	set_text(out, "memory-from", origins[workload->origin[RESOURCE_MEMORY]]);
	if (workload->estimate)
		set_text(out, "estimate", workload->estimate);
	append_key(out, "nodes");
	g_string_append_c(out, '{');
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		uint32_t pods = workload->daemon ? workload->now[plan->model->hosts[h]] : 0;
		for (uint32_t g = first_group; g < problem->n_groups && plan->model->group_workload[g] == index; g++)
			pods += counts_of(plan->solution->counts, g, h);
		if (pods)
			set_number(out, host_name(plan, h), pods);
	}
	g_string_append(out, "}}");
}

static void append_node(const Plan *plan, uint32_t host, GString *out)
{
	const Machine *machine = MODEL_MACHINE(plan->model, plan->model->hosts[host]);
	begin_row(out);
	set_text(out, "node", host_name(plan, host));
	append_amounts(out, "capacity", &plan->model->problem.hosts[host].capacity);
	if (machine->stated)
		set_text(out, "stated", machine->stated);
	append_amounts(out, "before", &plan->before[host]);
	append_amounts(out, "after", &plan->after[host]);
	g_string_append_c(out, '}');
}

static void begin_unplaced(const Workload *workload, uint32_t pods, GString *out)
{
	begin_row(out);
	set_text(out, "workload", workload->name);
	set_text(out, "namespace", workload->namespace);
	set_text(out, "kind", workload->kind);
	set_number(out, "pods", pods);
	append_key(out, "why");
	g_string_append_c(out, '{');
}

static void append_unplaced(const Plan *plan, GString *out)
{
	const Model *model = plan->model;
	const Problem *problem = &model->problem;
	for (guint i = 0; i < model->unfit->len; i++) {
		const Unfit *unfit = &g_array_index(model->unfit, Unfit, i);
		const Workload *workload = MODEL_WORKLOAD(model, unfit->workload);
		begin_unplaced(workload, unfit->pods, out);
		for (guint k = 0; k < model->machines->len; k++)
			set_text(out, MODEL_MACHINE(model, k)->name,
			        workload->why_not[k] ? workload->why_not[k] : unfit->pinned_why);
		g_string_append(out, "}}");
	}
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t pods = plan->solution->counts->nowhere[g];
		if (pods == 0)
			continue;
		begin_unplaced(MODEL_WORKLOAD(model, model->group_workload[g]), pods, out);
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			g_autofree char *why = plan_why_not(plan, g, h);
			set_text(out, host_name(plan, h), why);
		}
		g_string_append(out, "}}");
	}
}

static void append_goal(const Plan *plan, Goal goal, GString *out)
{
	const Solution *solution = plan->solution;
	g_autofree char *proof = plan_proof(plan, goal);
	begin_row(out);
	set_text(out, "goal", goal_word(goal));
	set_number(out, "value", solution->score.at[goal]);
	set_number(out, "bound", solution->bound.at[goal]);
	set_bool(out, "proven", solution->proof[goal] != PROOF_NONE);
	set_text(out, "proof", proof);
	g_string_append_c(out, '}');
}

void plan_json(const Plan *plan, GString *out)
{
	const Model *model = plan->model;
	g_string_append_c(out, '{');
	set_text(out, "version", VERSION);
	set_bool(out, "optimal", plan->solution->optimal);
	set_bool(out, "stopped", plan->solution->stopped);
	set_number(out, "opaque", model->n_opaque);
	begin_list(out, "goals");
	for (uint32_t i = 0; i < GOALS; i++)
		append_goal(plan, model->settings.order[i], out);
	g_string_append_c(out, ']');
	begin_list(out, "steps");
	for (guint i = 0; i < plan->steps->len; i++)
		append_step(plan, &g_array_index(plan->steps, Step, i), out);
	g_string_append_c(out, ']');
	begin_list(out, "unplaced");
	append_unplaced(plan, out);
	g_string_append_c(out, ']');
	begin_list(out, "nodes");
	for (uint32_t h = 0; h < model->problem.n_hosts; h++)
		append_node(plan, h, out);
	g_string_append_c(out, ']');
	begin_list(out, "workloads");
	for (guint i = 0, group = 0; i < model->workloads->len; i++) {
		if (!MODEL_WORKLOAD(model, i)->run_to_end)
			append_workload(plan, i, group, out);
		while (group < model->problem.n_groups && model->group_workload[group] == i)
			group++;
	}
	g_string_append_c(out, ']');
	begin_list(out, "notes");
	for (guint i = 0; i < model->notes->len; i++) {
		const ModelNote *note = &g_array_index(model->notes, ModelNote, i);
		begin_row(out);
		set_text(out, "note", note->text);
		set_place(out, model->graph, "at", note->subject);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}\n");
}
