/* Placement of a scan. */
#include "flow/flow.h"

Placement *placement_new(const Scan *scan, const PlacementOptions *options, GError **error)
{
	g_autoptr(Placement) placement = g_new0(Placement, 1);
	ModelOptions model = {options->usage ? options->usage->graph : NULL, options->what_if, options->paths,
	        options->migrate, options->unbound};
	placement->model = model_new(scan->graph, &model, error);
	if (!placement->model)
		return NULL;
	PlaceLimits limits = {.seed = options->seed, .stop = options->stop};
	if (options->seconds > 0) {
		limits.steps = UINT64_MAX / 4;
		limits.deadline = g_get_monotonic_time() + (int64_t)options->seconds * G_USEC_PER_SEC;
	}
	placement->plan = plan_new(placement->model, &limits);
	return g_steal_pointer(&placement);
}

void placement_free(Placement *placement)
{
	if (!placement)
		return;
	plan_free(placement->plan);
	model_free(placement->model);
	g_free(placement);
}
