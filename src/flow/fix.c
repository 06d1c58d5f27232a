/* Which edits are made: all that are asked for and can be proven together. Where the proof of all fails, those that it
 * blames are tried apart, so that one bad edit costs itself only. What the mended state lets be mended is mended in
 * the next round, until nothing is left. */
#include "flow/prove.h"

#include "base/error.h"
#include "base/journal.h"
#include "base/path.h"

/* More rounds than any chain of causes has; who is not done then goes in circles. */
#define MOST_ROUNDS 8
/* Proofs that fail in one round before the rest of the suspects is left alone. */
#define MOST_PROOFS 200

struct Fix {
	const FixOptions *options;
	Scan *scan; /* as it is; borrowed */
	Check *check;
	GPtrArray *proofs;   /* Proof of each round; the last one's scan is the state afterwards */
	GArray *rounds;      /* FixRound */
	GHashTable *refused; /* refusal_key → why */
	GHashTable *left; /* fingerprint or edit_key → why, of what was asked about and stays; "": its owner's wish */
	GArray *files;    /* FixFile */
	GPtrArray *texts; /* Arena of fix_texts */
};

/* ---- which ------------------------------------------------------------------------------------------- */

static bool is_asked(const FixOptions *options, const Graph *graph, const Finding *finding)
{
	if (options->only && !g_strv_contains(options->only, finding->rule->id))
		return false;
	return path_is_below_any(slice_from(graph_file_path(graph, finding->span.file)), options->paths);
}

/* The finding and what it proposes: after other edits it may propose something better. Free with g_free. */
static char *refusal_key(const Graph *graph, const Finding *finding)
{
	g_autofree char *print = finding_fingerprint(graph, finding);
	GString *key = g_string_new(print);
	for (uint32_t i = 0; i < finding->n_edits; i++)
		g_string_append_printf(key, "\n%.*s", SLICE_ARGS(finding->edits[i].text));
	return g_string_free(key, FALSE);
}

/* An edit as the next round has it, too: with its line, wherever that is then. Free with g_free. */
static char *edit_key(const Graph *graph, const Edit *edit)
{
	Span span = {edit->file, edit->start, edit->end};
	Slice line = graph_line_at(graph, span), old = graph_span_bytes(graph, span);
	return g_strdup_printf("%s\n%.*s\n%.*s\n%.*s", graph_file_path(graph, edit->file), SLICE_ARGS(line),
	        SLICE_ARGS(old), SLICE_ARGS(edit->text));
}

static bool has_left_edit(const Fix *fix, const Graph *graph, const Finding *finding)
{
	bool found = false;
	for (uint32_t i = 0; g_hash_table_size(fix->left) && i < finding->n_edits && !found; i++) {
		g_autofree char *key = edit_key(graph, &finding->edits[i]);
		found = g_hash_table_contains(fix->left, key);
	}
	return found;
}

/* Why the finding stays since its owner was asked, "" for a plain no; NULL if not so. */
static const char *why_left(const Fix *fix, const Graph *graph, const Finding *finding)
{
	g_autofree char *print = finding_fingerprint(graph, finding);
	const char *why = g_hash_table_lookup(fix->left, print);
	return why || !has_left_edit(fix, graph, finding) ? why : "";
}

static bool may_be_made(const Fix *fix, const Graph *graph, const Finding *finding)
{
	FixClass least = fix->options->derive ? FIX_VALUE : FIX_SAFE;
	if (!finding->n_edits || finding->fix < least || finding->suppressed_by)
		return false;
	if (why_left(fix, graph, finding))
		return false;
	g_autofree char *key = refusal_key(graph, finding);
	return !g_hash_table_contains(fix->refused, key);
}

static bool is_wanted(const Fix *fix, const Graph *graph, const Finding *finding)
{
	return is_asked(fix->options, graph, finding) && may_be_made(fix, graph, finding);
}

static int compare_weight(const void *a, const void *b)
{
	const Finding *left = *(Finding *const *)a, *right = *(Finding *const *)b;
	if (left->level != right->level)
		return left->level > right->level ? -1 : 1;
	if (left->n_edits != right->n_edits)
		return left->n_edits > right->n_edits ? -1 : 1;
	if (left->span.file != right->span.file)
		return left->span.file < right->span.file ? -1 : 1;
	return (left->span.start > right->span.start) - (left->span.start < right->span.start);
}

/* Sorted edits without conflicts stay so after another one where its neighbours do not overlap with it. */
static bool fits(const GArray *taken, const Finding *finding)
{
	for (uint32_t i = 0; i < finding->n_edits; i++)
		for (guint k = 0; k < taken->len; k++)
			if (edit_conflicts(&g_array_index(taken, Edit, k), &finding->edits[i]))
				return false;
	return true;
}

/* Those whose edits can be made together: the graver first, and of equal ones those that mend more places. The others
 * have their turn in the next round, if their finding is still there. */
static GPtrArray *choose(const Fix *fix, const Scan *scan, const Check *check)
{
	GPtrArray *wanted = g_ptr_array_new(), *chosen = g_ptr_array_new();
	for (size_t i = 0; i < check->count; i++)
		if (is_wanted(fix, scan->graph, check->findings[i]))
			g_ptr_array_add(wanted, check->findings[i]);
	for (guint i = 0; fix->options->proposed && fix->rounds->len == 0 && i < fix->options->proposed->len; i++)
		if (may_be_made(fix, scan->graph, fix->options->proposed->pdata[i]))
			g_ptr_array_add(wanted, fix->options->proposed->pdata[i]);
	g_ptr_array_sort(wanted, compare_weight);
	GHashTable *by_file = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	for (guint i = 0; i < wanted->len; i++) {
		Finding *finding = wanted->pdata[i];
		bool free = true;
		for (int pass = 0; pass < 2 && free; pass++)
			for (uint32_t k = 0; k < finding->n_edits && free; k++) {
				gpointer key = GUINT_TO_POINTER(finding->edits[k].file + 1);
				GArray *taken = g_hash_table_lookup(by_file, key);
				if (!taken)
					g_hash_table_insert(
					        by_file, key, taken = g_array_new(FALSE, FALSE, sizeof(Edit)));
				if (pass == 0)
					free = fits(taken, &(Finding){.edits = &finding->edits[k], .n_edits = 1});
				else
					g_array_append_val(taken, finding->edits[k]);
			}
		if (free)
			g_ptr_array_add(chosen, finding);
	}
	g_hash_table_unref(by_file);
	g_ptr_array_unref(wanted);
	return chosen;
}

/* ---- proving ------------------------------------------------------------------------------------------- */

static void refuse(Fix *fix, const Graph *graph, const Finding *finding, const char *why)
{
	g_hash_table_insert(fix->refused, refusal_key(graph, finding), g_strdup(why));
}

typedef struct Trial {
	Fix *fix;
	const Scan *scan;
	const Check *check;
	GPtrArray *accepted; /* Finding */
	Proof *proof;        /* of all accepted ones */
	uint32_t failed;
} Trial;

static GPtrArray *join(const GPtrArray *a, const GPtrArray *b)
{
	GPtrArray *all = g_ptr_array_new();
	g_ptr_array_extend(all, (GPtrArray *)a, NULL, NULL);
	g_ptr_array_extend(all, (GPtrArray *)b, NULL, NULL);
	return all;
}

/* Takes the set apart: those that are surely wrong are refused, the other suspects stand apart from the rest; where all
 * are suspects, halves. */
static void part(Trial *trial, const Proof *proof, const GPtrArray *set, GPtrArray *rest, GPtrArray *doubtful)
{
	for (guint i = 0; i < set->len; i++) {
		Finding *finding = set->pdata[i];
		const char *why = g_hash_table_lookup(proof->suspects, finding);
		if (why && (set->len == 1 || g_hash_table_contains(proof->certain, finding)))
			refuse(trial->fix, trial->scan->graph, finding, why);
		else
			g_ptr_array_add(why ? doubtful : rest, finding);
	}
	if (rest->len == 0 && doubtful->len == set->len)
		while (doubtful->len > rest->len + 1)
			g_ptr_array_add(rest, g_ptr_array_steal_index(doubtful, doubtful->len - 1));
}

static void try_set(Trial *trial, GPtrArray *set)
{
	if (set->len == 0)
		return;
	g_autoptr(GPtrArray) all = join(trial->accepted, set);
	if (trial->fix->options->proofs)
		g_atomic_int_inc(trial->fix->options->proofs);
	g_autoptr(Proof) proof =
	        proof_new(trial->fix->scan->repo, trial->fix->options->checkout, trial->scan, trial->check, all);
	if (g_hash_table_size(proof->suspects) == 0) {
		g_ptr_array_extend(trial->accepted, set, NULL, NULL);
		proof_free(trial->proof);
		trial->proof = g_steal_pointer(&proof);
		return;
	}
	if (++trial->failed > MOST_PROOFS) {
		for (guint i = 0; i < set->len; i++)
			refuse(trial->fix, trial->scan->graph, set->pdata[i], "too many other edits were in doubt");
		return;
	}
	g_autoptr(GPtrArray) rest = g_ptr_array_new(), doubtful = g_ptr_array_new();
	part(trial, proof, set, rest, doubtful);
	/* Only those accepted before are in doubt: what this set brings lies with the set as a whole. */
	if (rest->len == set->len) {
		if (set->len == 1) {
			GHashTableIter iter;
			gpointer finding, why = "it would break what another edit mends";
			g_hash_table_iter_init(&iter, proof->suspects);
			g_hash_table_iter_next(&iter, &finding, &why);
			refuse(trial->fix, trial->scan->graph, set->pdata[0], why);
			return;
		}
		while (rest->len > doubtful->len + 1)
			g_ptr_array_add(doubtful, g_ptr_array_steal_index(rest, rest->len - 1));
	}
	g_clear_pointer(&proof, proof_free);
	try_set(trial, rest);
	try_set(trial, doubtful);
}

static int compare_by_rule(const void *a, const void *b)
{
	const Finding *left = *(Finding *const *)a, *right = *(Finding *const *)b;
	int order = strcmp(left->rule->id, right->rule->id);
	if (order)
		return order;
	if (left->span.file != right->span.file)
		return left->span.file < right->span.file ? -1 : 1;
	return (left->span.start > right->span.start) - (left->span.start < right->span.start);
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static void leave(Fix *fix, const Graph *graph, const Finding *finding, const char *why)
{
	g_hash_table_insert(fix->left, finding_fingerprint(graph, finding), g_strdup(why));
}

static bool is_kept(const Proof *proof, const bool *kept, const Edit *edit)
{
	const Edit *edits = (const Edit *)(const void *)proof->edits->data;
	const Edit *found = bsearch(edit, edits, proof->edits->len, sizeof(Edit), edit_compare);
	return !found || kept[found - edits];
}

static bool speaks_of(const Finding *finding, const Edit *edit)
{
	for (uint32_t i = 0; i <= finding->n_evidence; i++) {
		Span place = i ? finding->evidence[i - 1].span : finding->span;
		if (place.file == edit->file && place.start < edit->end && edit->start < place.end)
			return true;
	}
	return false;
}

/* Each edit rewrites a mention of its own, so that each can do without the others. */
static bool are_mentions(const Graph *graph, const Finding *finding)
{
	const Edit *first = finding->edits;
	Slice old = graph_span_bytes(graph, (Span){first->file, first->start, first->end});
	for (uint32_t i = 0; i < finding->n_edits; i++) {
		const Edit *edit = &finding->edits[i];
		Slice bytes = graph_span_bytes(graph, (Span){edit->file, edit->start, edit->end});
		bool same = slice_equal(edit->text, first->text) && slice_equal(bytes, old);
		if (!bytes.length || !edit->text.length || !(same || speaks_of(finding, edit)))
			return false;
	}
	return true;
}

/* Takes the edits out of the finding that are not kept; how many are left. */
static uint32_t narrow(const Proof *proof, const bool *kept, const Graph *graph, Finding *finding)
{
	uint32_t left = 0;
	bool mentions = are_mentions(graph, finding);
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (is_kept(proof, kept, &finding->edits[i]))
			finding->edits[left++] = finding->edits[i];
	finding->kept = left == finding->n_edits ? KEPT_ALL : mentions ? KEPT_MENTIONS : KEPT_SOME;
	finding->n_edits = left;
	return left;
}

/* Proves again what the answers leave of a proven round. */
static void try_kept(Trial *trial, const bool *kept)
{
	Fix *fix = trial->fix;
	const Graph *graph = trial->scan->graph;
	g_autoptr(GPtrArray) before = trial->accepted, whole = g_ptr_array_new(), narrowed = g_ptr_array_new();
	for (guint i = 0; i < before->len; i++) {
		Finding *finding = before->pdata[i];
		uint32_t all = finding->n_edits, left = narrow(trial->proof, kept, graph, finding);
		if (left == all)
			g_ptr_array_add(whole, finding);
		else if (left)
			g_ptr_array_add(narrowed, finding);
		else
			leave(fix, graph, finding, "");
	}
	for (guint i = 0; i < trial->proof->edits->len; i++)
		if (!kept[i])
			g_hash_table_insert(
			        fix->left, edit_key(graph, &g_array_index(trial->proof->edits, Edit, i)), g_strdup(""));
	trial->accepted = g_ptr_array_new();
	g_clear_pointer(&trial->proof, proof_free);
	try_set(trial, whole);
	try_set(trial, narrowed);
	for (guint i = 0; i < narrowed->len; i++) {
		const Finding *finding = narrowed->pdata[i];
		g_autofree char *key = refusal_key(graph, finding);
		const char *why = g_hash_table_lookup(fix->refused, key);
		g_autofree char *text = g_strdup_printf("without the part that you left, %s", why ? why : "it fails");
		if (!g_ptr_array_find(trial->accepted, finding, NULL))
			leave(fix, graph, finding, text);
	}
}

static void ask(Trial *trial)
{
	const FixOptions *options = trial->fix->options;
	const GArray *edits = trial->proof->edits;
	const FixRound round = {trial->scan, trial->check, trial->accepted};
	g_autofree bool *kept = g_new(bool, edits->len + 1);
	memset(kept, true, edits->len);
	options->ask(&round, (const Edit *)(const void *)edits->data, edits->len, kept, options->ask_data);
	if (memchr(kept, false, edits->len))
		try_kept(trial, kept);
}

/* One round; false when nothing more can be mended. */
static bool run_round(Fix *fix)
{
	const Scan *scan = fix_scan(fix);
	const Check *check = fix_check(fix);
	g_autoptr(GPtrArray) chosen = choose(fix, scan, check);
	Trial trial = {.fix = fix, .scan = scan, .check = check, .accepted = g_ptr_array_new()};
	try_set(&trial, chosen);
	if (trial.proof && fix->options->ask)
		ask(&trial);
	if (!trial.proof) {
		g_ptr_array_unref(trial.accepted);
		return false;
	}
	g_ptr_array_sort(trial.accepted, compare_by_rule);
	FixRound round = {scan, check, trial.accepted};
	g_array_append_val(fix->rounds, round);
	g_ptr_array_add(fix->proofs, trial.proof);
	return true;
}

/* ---- the result --------------------------------------------------------------------------------------- */

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const FixFile *)a)->path, ((const FixFile *)b)->path);
}

static Slice bytes_at(const Graph *graph, const char *path)
{
	Node node = graph_find_file(graph, slice_from(path));
	return node ? graph_file_bytes(graph, graph_file_of(graph, node)) : (Slice){"", 0};
}

static void collect_files(Fix *fix)
{
	g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < fix->proofs->len; i++) {
		const Proof *proof = fix->proofs->pdata[i];
		GHashTableIter iter;
		gpointer path;
		g_hash_table_iter_init(&iter, proof->overlay);
		while (g_hash_table_iter_next(&iter, &path, NULL))
			g_hash_table_add(paths, path);
	}
	GHashTableIter iter;
	gpointer path;
	g_hash_table_iter_init(&iter, paths);
	while (g_hash_table_iter_next(&iter, &path, NULL)) {
		FixFile file = {path, bytes_at(fix->scan->graph, path), bytes_at(fix_scan(fix)->graph, path),
		        !graph_find_file(fix->scan->graph, slice_from(path)), false};
		g_autofree char *full = g_build_filename(repo_root(fix->scan->repo), path, NULL);
		file.absent = file.tracked && !g_file_test(full, G_FILE_TEST_EXISTS);
		if (file.tracked || !slice_equal(file.old, file.now))
			g_array_append_val(fix->files, file);
	}
	g_array_sort(fix->files, compare_files);
}

Fix *fix_new(Scan *scan, const FixOptions *options, GError **error)
{
	const CheckOptions all = {.also = options->also};
	if (!check_knows(options->only, error))
		return NULL;
	Fix *fix = g_new0(Fix, 1);
	if (options->history)
		scan_history(scan);
	fix->options = options;
	fix->scan = scan;
	fix->check = check_new(scan, &all, NULL);
	fix->proofs = g_ptr_array_new_with_free_func((GDestroyNotify)proof_free);
	fix->rounds = g_array_new(FALSE, FALSE, sizeof(FixRound));
	fix->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	fix->left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	fix->files = g_array_new(FALSE, FALSE, sizeof(FixFile));
	fix->texts = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	for (int round = 0; round < (options->once ? 1 : MOST_ROUNDS) && run_round(fix); round++)
		;
	g_autoptr(GPtrArray) left = choose(fix, fix_scan(fix), fix_check(fix));
	for (guint i = 0; i < left->len; i++)
		refuse(fix, fix_scan(fix)->graph, left->pdata[i], "its edits would never come to an end");
	collect_files(fix);
	fix->options = NULL;
	return fix;
}

void fix_free(Fix *fix)
{
	if (!fix)
		return;
	for (guint i = 0; i < fix->rounds->len; i++)
		g_ptr_array_unref(g_array_index(fix->rounds, FixRound, i).mended);
	g_array_unref(fix->rounds);
	/* Later states borrow from earlier ones. */
	while (fix->proofs->len)
		g_ptr_array_remove_index(fix->proofs, fix->proofs->len - 1);
	g_ptr_array_unref(fix->proofs);
	check_free(fix->check);
	g_hash_table_unref(fix->refused);
	g_hash_table_unref(fix->left);
	g_array_unref(fix->files);
	g_ptr_array_unref(fix->texts);
	g_free(fix);
}

size_t fix_rounds(const Fix *fix)
{
	return fix->rounds->len;
}

const FixRound *fix_round(const Fix *fix, size_t index)
{
	return &g_array_index(fix->rounds, FixRound, index);
}

size_t fix_files(const Fix *fix)
{
	return fix->files->len;
}

const FixFile *fix_file(const Fix *fix, size_t index)
{
	return &g_array_index(fix->files, FixFile, index);
}

const Scan *fix_scan(const Fix *fix)
{
	return fix->proofs->len ? ((const Proof *)fix->proofs->pdata[fix->proofs->len - 1])->scan : fix->scan;
}

const Check *fix_check(const Fix *fix)
{
	return fix->proofs->len ? ((const Proof *)fix->proofs->pdata[fix->proofs->len - 1])->check : fix->check;
}

static char *place_key(const Graph *graph, const Finding *finding)
{
	g_autofree char *print = finding_fingerprint(graph, finding);
	return g_strdup_printf("%s %u", print, finding->span.start);
}

GHashTable *fix_proven(const Fix *fix, const Check *check)
{
	GHashTable *proven = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) mended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const FixRound *round = fix_rounds(fix) ? fix_round(fix, 0) : NULL;
	const Graph *graph = fix->scan->graph;
	for (guint i = 0; round && i < round->mended->len; i++)
		g_hash_table_add(mended, place_key(graph, round->mended->pdata[i]));
	for (size_t i = 0; round && i < check->count; i++) {
		g_autofree char *key = place_key(graph, check->findings[i]);
		if (check->findings[i]->n_edits && g_hash_table_contains(mended, key))
			g_hash_table_add(proven, check->findings[i]);
	}
	return proven;
}

const char *fix_refusal(const Fix *fix, const Finding *finding)
{
	const Graph *graph = fix_scan(fix)->graph;
	g_autofree char *key = finding->n_edits ? refusal_key(graph, finding) : NULL;
	const char *why = why_left(fix, graph, finding);
	return why ? (*why ? why : NULL) : key ? g_hash_table_lookup(fix->refused, key) : NULL;
}

GHashTable *fix_texts(const Fix *fix, size_t round, const Rule *last)
{
	GHashTable *texts = g_hash_table_new(g_str_hash, g_str_equal);
	Arena *arena = arena_new();
	g_ptr_array_add(fix->texts, arena);
	const FixRound *at = fix_round(fix, round);
	g_autoptr(GPtrArray) some = g_ptr_array_new();
	for (guint i = 0; i < at->mended->len; i++) {
		Finding *finding = at->mended->pdata[i];
		if (strcmp(finding->rule->id, last->id) <= 0)
			g_ptr_array_add(some, finding);
	}
	g_autoptr(GArray) edits = g_array_new(FALSE, FALSE, sizeof(Edit));
	for (guint i = 0; i < some->len; i++) {
		const Finding *finding = some->pdata[i];
		g_array_append_vals(edits, finding->edits, finding->n_edits);
	}
	g_array_sort(edits, edit_compare);
	for (guint i = 0; i < fix->files->len; i++) {
		const FixFile *file = fix_file(fix, i);
		if (file->tracked)
			continue;
		Node node = graph_find_file(at->scan->graph, slice_from(file->path));
		g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Edit));
		for (guint k = 0; k < edits->len && node; k++) {
			const Edit *edit = &g_array_index(edits, Edit, k), *before = k ? edit - 1 : NULL;
			if (edit->file == graph_file_of(at->scan->graph, node) && !(before && edit_equal(before, edit)))
				g_array_append_vals(own, edit, 1);
		}
		Slice *text = ARENA_NEW(arena, Slice), base = bytes_at(at->scan->graph, file->path);
		if (!edit_apply(base, (const Edit *)(const void *)own->data, own->len, arena, text))
			*text = base;
		g_hash_table_insert(texts, (gpointer)file->path, text);
	}
	return texts;
}

/* ---- writing --------------------------------------------------------------------------------------- */

bool fix_write(const Fix *fix, const Repo *repo, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	if (!journal)
		return false;
	for (size_t i = 0; i < fix_files(fix); i++) {
		const FixFile *file = fix_file(fix, i);
		if (!file->tracked || file->absent)
			journal_write(journal, file->path, file->tracked ? NULL : &file->old, file->now, false);
	}
	return journal_commit(journal, error);
}

bool fix_fetch(const Fix *fix, const Repo *repo, const char *path, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	for (size_t i = 0; journal && i < fix_files(fix); i++) {
		const FixFile *file = fix_file(fix, i);
		if (file->absent && strcmp(file->path, path) == 0)
			journal_write(journal, path, NULL, file->now, false);
	}
	return journal && journal_commit(journal, error);
}

bool fix_recover(const Repo *repo, bool *ret_found, GError **error)
{
	return journal_recover_of(repo, ret_found, error);
}
