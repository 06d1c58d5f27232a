/* The structure document: a section between marks that organize writes, in a file that is otherwise its owner's. It
 * comes last, since it tells how things are once all has moved, and is proven by itself: it brings no finding, what
 * stands outside of the marks is as it was, and written again it is the same. */
#include "flow/structure.h"

#include "base/path.h"
#include "flow/relocate.h"
#include "rule/search.h"

#define STRUCTURE "REPOSITORY_STRUCTURE.md"
#define END "<!-- labwright: to here -->\n"

static const char *what_is_in(const char *folder)
{
	static const char *const known[][2] = {{"production", "what runs and is relied on"},
	        {"experimental", "what is tried out"}, {"archive", "what was put aside"},
	        {"infrastructure", "what serves the others: network, storage, names"}, {"docs", "documents"},
	        {"scripts", "scripts"}};
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(folder, known[i][0]) == 0)
			return known[i][1];
	return NULL;
}

/* Names of one folder are told up to this many. */
#define MOST_NAMES 4

static void add_name(GPtrArray *names, const char *name)
{
	if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
		g_ptr_array_add(names, (gpointer)name);
}

/* What runs in a folder, or which charts lie in it. */
static GString *names_in(const Graph *graph, const Catalogue *catalogue, Slice folder)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		if (path_is_below(slice_from(service->file), folder))
			add_name(names, service->name);
	}
	bool runs = names->len > 0;
	for (uint32_t file = 0; file < graph_files(graph) && !runs; file++) {
		Slice path = slice_from(graph_file_path(graph, file)), within = path_folder(path);
		if (slice_is(path_name(path), "Chart.yaml") && path_is_below(path, folder))
			add_name(names, arena_text(catalogue->arena, path_name(within)));
	}
	/* "and 1 more" would be as long as the name. */
	guint told = names->len > MOST_NAMES + 1 ? MOST_NAMES : names->len;
	for (guint i = 0; i < told; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
	if (told < names->len)
		g_string_append_printf(text, " and %u more", names->len - told);
	return text;
}

static void add_folders(Page *page, const Graph *graph, const Catalogue *catalogue)
{
	page_table(page, "folder|what is in it|>files");
	for (uint32_t file = 0; file < graph_files(graph);) {
		const char *path = graph_file_path(graph, file);
		size_t length = strcspn(path, "/");
		uint32_t first = file;
		while (file < graph_files(graph) && strncmp(graph_file_path(graph, file), path, length + 1) == 0)
			file++;
		file = MAX(file, first + 1);
		g_autofree char *folder = g_strndup(path, length);
		if (path[length] == '\0' || *folder == '.')
			continue;
		page_cell(page, "%s/", folder);
		const char *known = what_is_in(folder);
		g_autoptr(GString) names = known ? NULL : names_in(graph, catalogue, slice_from(folder));
		page_cell(page, "%s", known ? known : names->len ? names->str : "–");
		page_cell(page, "%u", file - first);
	}
}

static void add_services(Page *page, const Catalogue *catalogue)
{
	page_heading(page, 2, "Services");
	page_table(page, "service|area|node|ports|address|data|backup|file");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		const char *const cells[] = {service->name, service->area, service->node, service->ports,
		        service->hosts, service->data, service->backup, service->file};
		for (size_t k = 0; k < G_N_ELEMENTS(cells); k++)
			page_cell(page, "%s", *cells[k] ? cells[k] : "–");
	}
}

/* The section between the marks; what stands outside of them is the owner's. */
static GString *write_structure(const Graph *graph)
{
	GString *text = g_string_new(STRUCTURE_BEGIN);
	g_autoptr(Page) page = page_new("Repository structure");
	g_autoptr(Catalogue) catalogue = catalogue_new(graph);
	add_folders(page, graph, catalogue);
	add_services(page, catalogue);
	page_markdown(page, text);
	g_string_append(text, "\n" END);
	return text;
}

/* A document of its own, or the marked section of the one that is there; without marks it is the owner's alone. */
static bool place_structure(const Slice *old, const GString *section, GString *out)
{
	if (!old) {
		g_string_append_len(out, section->str, (gssize)section->len);
		return true;
	}
	size_t begin = slice_find(*old, STRUCTURE_BEGIN, 0),
	       end = begin == SIZE_MAX ? SIZE_MAX : slice_find(*old, END, begin);
	if (end == SIZE_MAX)
		return false;
	end += strlen(END);
	g_string_append_len(out, old->at, (gssize)begin);
	g_string_append_len(out, section->str, (gssize)section->len);
	g_string_append_len(out, old->at + end, (gssize)(old->length - end));
	return true;
}

/* ---- fix -------------------------------------------------------------------------------------------------- */

void structure_propose(const Scan *scan, const Check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		Finding *finding = check->findings[i];
		if (strcmp(finding->rule->id, "structure-stale") != 0 || strcmp(finding->detail, "written") != 0)
			continue;
		Arena *arena = checker_arena(check->checker);
		Slice text = graph_file_bytes(scan->graph, finding->span.file);
		size_t begin = slice_find(text, STRUCTURE_BEGIN, 0), end = slice_find(text, END, begin);
		g_autoptr(GString) section = end == SIZE_MAX ? NULL : write_structure(scan->graph);
		if (!section)
			continue;
		finding->edits = ARENA_NEW(arena, Edit);
		finding->n_edits = finding->edits_room = 1;
		finding->edits[0] = (Edit){finding->span.file, (uint32_t)begin, (uint32_t)(end + strlen(END)),
		        {arena_text(arena, (Slice){section->str, section->len}), section->len}};
		finding->because = "organize wrote it, and it says how the files are now";
	}
}

/* ---- the proof ---------------------------------------------------------------------------------------- */

static OrganizedFile *find_changed(Organize *organize, const char *path)
{
	for (guint i = 0; i < organize->files->len; i++) {
		OrganizedFile *file = &g_array_index(organize->files, OrganizedFile, i);
		if (strcmp(file->new_path, path) == 0)
			return file;
	}
	return NULL;
}

/* What is found there that was not found before it; NULL for nothing. In the arena. */
static const char *what_it_brings(Organize *organize, Scan *with)
{
	const CheckOptions all = {0};
	g_autoptr(Check) before = check_new(organize->after, &all, NULL), after = check_new(with, &all, NULL);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < before->count; i++)
		g_hash_table_add(known, finding_fingerprint(organize->after->graph, before->findings[i]));
	for (size_t i = 0; i < after->count; i++) {
		const Finding *fresh = after->findings[i];
		g_autofree char *print = finding_fingerprint(with->graph, fresh);
		if (!fresh->suppressed_by && !g_hash_table_contains(known, print))
			return arena_printf(organize->arena, "it would bring %s [%s] in %s", fresh->message,
			        fresh->rule->id, graph_file_path(with->graph, fresh->span.file));
	}
	return NULL;
}

/* The bytes before the first mark and behind the last. */
static bool same_outside(Slice old, Slice now)
{
	size_t old_begin = slice_find(old, STRUCTURE_BEGIN, 0), begin = slice_find(now, STRUCTURE_BEGIN, 0);
	size_t old_end = slice_find(old, END, old_begin), end = slice_find(now, END, begin);
	return old_begin == begin && slice_equal(slice_sub(old, 0, old_begin), slice_sub(now, 0, begin)) &&
	       slice_equal(slice_sub(old, old_end, old.length), slice_sub(now, end, now.length));
}

/* Why the page cannot be written so, or NULL. with: the state that holds it. */
static const char *why_not(Organize *organize, const Slice *old, Slice now, Scan *with)
{
	g_autoptr(GString) section = write_structure(with->graph), again = g_string_new(NULL);
	place_structure(&now, section, again);
	if (old && !same_outside(*old, now))
		return "words of yours outside of its marks would change";
	if (!slice_equal(now, (Slice){again->str, again->len}))
		return "written again it would not be the same";
	return what_it_brings(organize, with);
}

static void take(Organize *organize, const Slice *now)
{
	const Graph *was = organize->scan->graph;
	Node node = graph_find_file(was, SLICE(STRUCTURE));
	OrganizedFile fresh = {node ? STRUCTURE : NULL, STRUCTURE,
	        node ? graph_file_bytes(was, graph_file_of(was, node)) : (Slice){"", 0}, *now, true, false};
	OrganizedFile *known = find_changed(organize, STRUCTURE);
	if (known)
		*known = fresh;
	else
		g_array_append_val(organize->files, fresh);
}

void structure_add(Organize *organize)
{
	const Graph *graph = organize->after->graph;
	Node node = graph_find_file(graph, SLICE(STRUCTURE));
	bool was = graph_find_file(organize->scan->graph, SLICE(STRUCTURE));
	Slice old = node ? graph_file_bytes(graph, graph_file_of(graph, node)) : (Slice){"", 0};
	g_autoptr(GString) section = write_structure(graph), text = g_string_new(NULL);
	if ((!node && organize->layout->moves->len == 0) || !place_structure(node ? &old : NULL, section, text) ||
	        slice_equal(old, (Slice){text->str, text->len}))
		return;
	Slice *now = ARENA_NEW(organize->arena, Slice);
	*now = (Slice){arena_text(organize->arena, (Slice){text->str, text->len}), text->len};
	FileState *before = g_hash_table_lookup(organize->overlay, STRUCTURE);
	organize_set(organize, STRUCTURE, was ? STRUCTURE : NULL, now);
	Scan *with = scan_again(organize->scan, organize->overlay);
	const char *reason = why_not(organize, node ? &old : NULL, *now, with);
	if (!reason) {
		take(organize, now);
		scan_free(organize->after);
		organize->after = with;
		return;
	}
	scan_free(with);
	g_array_append_val(organize->layout->unsure, ((Unsure){STRUCTURE, 0, reason}));
	if (before)
		g_hash_table_insert(organize->overlay, STRUCTURE, before);
	else
		g_hash_table_remove(organize->overlay, STRUCTURE);
}
