/* What if: `drain X`, `lose X`, `add node X cpu=4 memory=16Gi`, `replicas NAME=2`. A drained node still runs what it
 * must; a lost one is gone with all that is on it. */
#include "place/model.h"

#include "base/error.h"
#include "base/near.h"

static bool fail(GError **error, const char *sentence, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool fail(GError **error, const char *sentence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "what if '%s': %s", sentence, text);
	return false;
}

static bool fail_machine(Model *model, const char *sentence, const char *name, GError **error)
{
	NearSearch search = near_search(slice_from(name), near_limit(slice_from(name)));
	for (guint i = 0; i < model->machines->len; i++)
		near_offer(&search, slice_from(MODEL_MACHINE(model, i)->name));
	fail(error, sentence, "no node is called '%s'", name);
	if (near_result(&search) != SIZE_MAX)
		error_add_help(error, "did you mean '%s'?", search.best.at);
	return false;
}

static bool take_away(Model *model, const char *sentence, char **words, GError **error)
{
	bool lose = strcmp(words[0], "lose") == 0;
	if (!words[1] || words[2])
		return fail(error, sentence, "%s wants the name of one node", words[0]);
	uint32_t index = model_find_machine(model, words[1]);
	if (index == model->machines->len)
		return fail_machine(model, sentence, words[1], error);
	*(lose ? &MODEL_MACHINE(model, index)->lost : &MODEL_MACHINE(model, index)->drained) = true;
	return true;
}

static bool add_machine(Model *model, const char *sentence, char **words, GError **error)
{
	if (!words[1] || strcmp(words[1], "node") != 0 || !words[2] || !words[3])
		return fail(error, sentence, "add node wants a name and amounts: add node x cpu=4 memory=16Gi");
	if (model_find_machine(model, words[2]) < model->machines->len)
		return fail(error, sentence, "there is a node of that name");
	Machine *machine = model_add_machine(model, words[2]);
	for (char **word = words + 3; *word; word++)
		if (!amounts_add(&machine->capacity, slice_from(*word)))
			return fail(error, sentence, "'%s' is no amount such as memory=16Gi", *word);
	machine->has_capacity = machine->capacity.of[RESOURCE_CPU] > 0 || machine->capacity.of[RESOURCE_MEMORY] > 0;
	if (machine->capacity.of[RESOURCE_GPU] == AMOUNT_UNKNOWN)
		machine->capacity.of[RESOURCE_GPU] = 0;
	return machine->has_capacity || fail(error, sentence, "a node needs cpu or memory");
}

static bool set_replicas(Model *model, const char *sentence, char **words, GError **error)
{
	g_auto(GStrv) pair = words[1] ? g_strsplit(words[1], "=", 2) : NULL;
	uint32_t replicas, found = 0;
	if (!pair || !pair[1] || words[2] || !slice_to_number(slice_from(pair[1]), &replicas) || replicas > 1000)
		return fail(error, sentence, "replicas wants a name and a number: replicas web=2");
	for (guint i = 0; i < model->workloads->len; i++) {
		Workload *workload = MODEL_WORKLOAD(model, i);
		g_autofree char *full = g_strdup_printf("%s/%s", workload->namespace, workload->name);
		if (strcmp(workload->name, pair[0]) != 0 && strcmp(full, pair[0]) != 0)
			continue;
		if (workload->daemon || workload->run_to_end || strcmp(workload->kind, "Pod") == 0)
			return fail(error, sentence, "a %s has no replicas", workload->kind);
		workload->replicas = replicas;
		found++;
	}
	if (found == 1)
		return true;
	fail(error, sentence, found ? "several workloads are called so" : "no workload is called '%s'", pair[0]);
	if (found)
		error_add_help(error, "write NAMESPACE/%s", pair[0]);
	return false;
}

bool model_apply(Model *model, const char *const *what_if, bool nodes, GError **error)
{
	for (; what_if && *what_if; what_if++) {
		g_auto(GStrv) split = g_strsplit_set(*what_if, " \t", -1);
		g_autoptr(GPtrArray) words = g_ptr_array_new();
		for (char **word = split; *word; word++)
			if (**word)
				g_ptr_array_add(words, *word);
		g_ptr_array_add(words, NULL);
		char **at = (char **)words->pdata;
		const char *verb = at[0] ? at[0] : "";
		bool done = true, known = true;
		if (strcmp(verb, "drain") == 0 || strcmp(verb, "lose") == 0)
			done = !nodes || take_away(model, *what_if, at, error);
		else if (strcmp(verb, "add") == 0)
			done = !nodes || add_machine(model, *what_if, at, error);
		else if (strcmp(verb, "replicas") == 0)
			done = nodes || set_replicas(model, *what_if, at, error);
		else
			known = false;
		if (!known) {
			fail(error, *what_if, "that is none of the questions");
			error_add_help(
			        error, "drain NODE, lose NODE, add node NAME cpu=4 memory=16Gi, replicas NAME=2");
		}
		if (!done || !known)
			return false;
	}
	return true;
}
