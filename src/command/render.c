/* labwright render: manifests as they are applied, with kustomizations worked out, as one List that kubectl takes. */
#include "command/command.h"

#include "render/render.h"

#include <stdio.h>

extern const Command command_render;

static int render(const ScanArguments *arguments, GError **error)
{
	g_auto(GStrv) paths = NULL;
	g_autoptr(Scan) scan = scan_arguments_read(arguments, error);
	if (!scan || !scan_arguments_below(arguments, scan, &paths, error))
		return EXIT_WORK;
	g_autoptr(Json) out = json_new_map();
	json_set_text(out, "apiVersion", "v1");
	json_set_text(out, "kind", "List");
	Json *items = json_list_in(out, "items");
	int code = EXIT_CLEAN;
	char *all[] = {(char *)"", NULL};
	for (char **path = paths ? paths : all; *path; path++) {
		g_autoptr(Render) rendered = render_new(scan->graph, *path, error);
		if (!rendered)
			return EXIT_WORK;
		for (guint i = 0; i < rendered->manifests->len; i++)
			json_append(items, json_keep(g_array_index(rendered->manifests, Manifest, i).object));
		for (guint i = 0; i < rendered->problems->len; i++) {
			const RenderProblem *problem = &g_array_index(rendered->problems, RenderProblem, i);
			uint32_t line, column;
			graph_position(scan->graph, problem->place, &line, &column);
			g_printerr("%s:%u: error: %s\n", graph_file_path(scan->graph, problem->place.file), line,
			        problem->text);
			code = EXIT_FINDINGS;
		}
	}
	g_autofree char *text = json_print_pretty(out);
	puts(text);
	return code;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	const GOptionEntry none[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!scan_arguments_parse(&arguments, none, &command_render, &argc, &argv, &error))
		return command_fail(error);
	int code = render(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_render = {
        "render", "look", "[PATH…]", "print manifests as they are applied, kustomizations worked out", run};
