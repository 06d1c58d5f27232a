/* fix --interactive: each hunk is asked for as `git add -p` does, by the same letters. A finding may need several
 * hunks; which ones is said with each, and what a refusal means for the rest. */
#include "command/command.h"

#include "report/report.h"

#include <stdio.h>

#define CONTEXT 3

typedef enum Answer { UNDECIDED, YES, NO } Answer;

typedef struct Piece {
	const Edit *edits; /* of its file */
	size_t n_edits;
	Slice old;
	Hunk hunk;
	Answer answer;
} Piece;

typedef struct Asking {
	const FixRound *round;
	ReportInput input;
	GArray *pieces; /* Piece, by file and place */
	guint at;
	bool *quit;
} Asking;

static Piece *piece_at(const Asking *asking, guint index)
{
	return &g_array_index(asking->pieces, Piece, index);
}

static const char *paint(const Asking *asking, const char *colour)
{
	return asking->input.colour ? colour : "";
}

/* ---- what belongs together -------------------------------------------------------------------------------- */

static bool has_edit(const Piece *piece, const Edit *edit)
{
	for (size_t i = piece->hunk.first; i < piece->hunk.first + piece->hunk.count; i++)
		if (edit_equal(&piece->edits[i], edit))
			return true;
	return false;
}

static bool is_needed_by(const Piece *piece, const Finding *finding)
{
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (has_edit(piece, &finding->edits[i]))
			return true;
	return false;
}

/* "2, 5" of the pieces that the finding needs besides the one at hand; "" for none. Free with g_free. */
static char *others_of(const Asking *asking, const Finding *finding)
{
	g_autoptr(GString) numbers = g_string_new(NULL);
	for (guint i = 0; i < asking->pieces->len; i++)
		if (i != asking->at && is_needed_by(piece_at(asking, i), finding))
			g_string_append_printf(numbers, "%s%u", numbers->len ? ", " : "", i + 1);
	return g_strdup(numbers->str);
}

/* ---- what is shown ---------------------------------------------------------------------------------------- */

static void append_finding(const Asking *asking, const Finding *finding, GString *out)
{
	g_autofree char *others = others_of(asking, finding);
	g_string_append(out, paint(asking, "\033[1m"));
	report_append_place(&asking->input, finding->span, out);
	g_string_append_printf(out, ":%s ", paint(asking, "\033[0m"));
	report_append(out, finding->message, asking->input.unicode);
	g_string_append_printf(out, " [%s]\n", finding->rule->id);
	if (finding->because) {
		g_string_append(out, "  because ");
		report_append(out, finding->because, asking->input.unicode);
		g_string_append_c(out, '\n');
	}
	if (*others)
		g_string_append_printf(out, "  it needs hunk %s as well\n", others);
}

/* Lines of a repository as a terminal may have them: tabs stay, and the line ends of the file are no part of them. */
static void append_line(const Asking *asking, const Piece *piece, Slice line, GString *out)
{
	if (strcmp(edit_newline(piece->old), "\r\n") == 0 && slice_ends(line, "\r"))
		line.length--;
	g_autofree char *text = slice_dup(line);
	g_auto(GStrv) parts = g_strsplit(text, "\t", -1);
	for (char **part = parts; *part; part++) {
		g_string_append(out, part == parts ? "" : "\t");
		report_append(out, *part, true);
	}
	g_string_append_c(out, '\n');
}

static void append_hunk(const Asking *asking, const Piece *piece, GString *out)
{
	g_autoptr(GString) text = g_string_new(NULL);
	hunk_append(piece->old, piece->edits, piece->n_edits, &piece->hunk, CONTEXT, text);
	for (size_t at = 0, end; at < text->len; at = end + 1) {
		end = slice_find_byte((Slice){text->str, text->len}, '\n', at);
		Slice line = {text->str + at, end - at};
		g_autoptr(GString) shown = g_string_new(NULL);
		append_line(asking, piece, line, shown);
		report_append_diff(&asking->input, shown->str, out);
	}
}

static void show(const Asking *asking)
{
	g_autoptr(GString) out = g_string_new("\n");
	const Piece *piece = piece_at(asking, asking->at);
	const GPtrArray *mended = asking->round->mended;
	for (guint i = 0; i < mended->len; i++)
		if (is_needed_by(piece, mended->pdata[i]))
			append_finding(asking, mended->pdata[i], out);
	g_string_append(out, paint(asking, "\033[1m"));
	report_append(out, graph_file_path(asking->round->scan->graph, piece->edits->file), true);
	g_string_append_printf(out, "%s\n", paint(asking, "\033[0m"));
	append_hunk(asking, piece, out);
	fputs(out->str, stdout);
}

/* ---- ways through the pieces -------------------------------------------------------------------------------- */

/* The next piece in a direction, or only one that is undecided; the same where there is none. */
static guint next_of(const Asking *asking, int step, bool undecided)
{
	for (gint64 i = (gint64)asking->at + step; i >= 0 && i < asking->pieces->len; i += step)
		if (!undecided || piece_at(asking, (guint)i)->answer == UNDECIDED)
			return (guint)i;
	return asking->at;
}

static bool first_undecided(const Asking *asking, guint from, guint *ret_index)
{
	for (guint i = 0; i < asking->pieces->len; i++) {
		guint index = (from + i) % asking->pieces->len;
		if (piece_at(asking, index)->answer == UNDECIDED) {
			*ret_index = index;
			return true;
		}
	}
	return false;
}

static GArray *smaller(const Asking *asking)
{
	const Piece *piece = piece_at(asking, asking->at);
	return hunks_new(piece->old, piece->edits + piece->hunk.first, piece->hunk.count, 0);
}

/* The piece in hand becomes as many as it can. */
static void split(Asking *asking)
{
	g_autoptr(GArray) parts = smaller(asking);
	Piece whole = *piece_at(asking, asking->at);
	g_array_remove_index(asking->pieces, asking->at);
	for (guint i = 0; i < parts->len; i++) {
		Piece piece = whole;
		piece.hunk = g_array_index(parts, Hunk, i);
		piece.hunk.first += whole.hunk.first;
		piece.answer = UNDECIDED;
		g_array_insert_val(asking->pieces, asking->at + i, piece);
	}
	printf("split into %u hunks\n", parts->len);
}

/* This one and all that come later in its file; or, with all_files, in every file. */
static void answer_rest(Asking *asking, Answer answer, bool all_files)
{
	const Edit *file = piece_at(asking, asking->at)->edits;
	for (guint i = asking->at; i < asking->pieces->len; i++) {
		Piece *piece = piece_at(asking, i);
		if ((all_files || piece->edits == file) && (i == asking->at || piece->answer == UNDECIDED))
			piece->answer = answer;
	}
	for (guint i = 0; all_files && i < asking->at; i++)
		if (piece_at(asking, i)->answer == UNDECIDED)
			piece_at(asking, i)->answer = answer;
}

/* What a refusal means for findings that need more than this. */
static void say_refused(const Asking *asking)
{
	const GPtrArray *mended = asking->round->mended;
	const Piece *piece = piece_at(asking, asking->at);
	for (guint i = 0; i < mended->len; i++) {
		const Finding *finding = mended->pdata[i];
		g_autofree char *others = is_needed_by(piece, finding) ? others_of(asking, finding) : NULL;
		if (others && *others)
			printf("hunk %s: made only if [%s] is mended without this one, too\n", others,
			        finding->rule->id);
	}
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

/* The letters that mean something here, as "y,n,q,a,d,j,s,?". Free with g_free. */
static char *letters_of(const Asking *asking)
{
	g_autoptr(GArray) parts = smaller(asking);
	GString *letters = g_string_new("y,n,q,a,d");
	if (next_of(asking, 1, true) != asking->at)
		g_string_append(letters, ",j");
	if (next_of(asking, 1, false) != asking->at)
		g_string_append(letters, ",J");
	if (next_of(asking, -1, true) != asking->at)
		g_string_append(letters, ",k");
	if (next_of(asking, -1, false) != asking->at)
		g_string_append(letters, ",K");
	if (parts->len > 1)
		g_string_append(letters, ",s");
	g_string_append(letters, ",?");
	return g_string_free(letters, FALSE);
}

static void help(const char *letters)
{
	static const char *const meanings[] = {"y - make this change", "n - leave this as it is",
	        "q - leave this and all that was not answered yet; what was answered is done",
	        "a - make this change and all later ones in the file", "d - leave this and all later ones in the file",
	        "j - answer later, see the next one without an answer", "J - answer later, see the next one",
	        "k - answer later, see the one before without an answer", "K - answer later, see the one before",
	        "s - split this into smaller hunks", "? - print this"};
	for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++)
		if (strchr(letters, *meanings[i]))
			puts(meanings[i]);
}

/* Does what a letter says; false where it means nothing here. */
static bool follow(Asking *asking, char letter)
{
	Piece *piece = piece_at(asking, asking->at);
	if (letter == 'y' || letter == 'n')
		piece->answer = letter == 'y' ? YES : NO;
	else if (letter == 'a' || letter == 'd')
		answer_rest(asking, letter == 'a' ? YES : NO, false);
	else if (letter == 'q')
		answer_rest(asking, NO, true);
	else if (letter == 'j' || letter == 'k')
		asking->at = next_of(asking, letter == 'j' ? 1 : -1, true);
	else if (letter == 'J' || letter == 'K')
		asking->at = next_of(asking, letter == 'J' ? 1 : -1, false);
	else if (letter == 's')
		split(asking);
	else
		return false;
	*asking->quit = *asking->quit || letter == 'q';
	if (letter == 'n')
		say_refused(asking);
	if (strchr("ynad", letter))
		first_undecided(asking, asking->at, &asking->at);
	return true;
}

/* One question; false at the end of input. */
static bool ask(Asking *asking)
{
	char line[64];
	g_autofree char *letters = letters_of(asking);
	printf("%s(%u/%u) Make this change [%s]? %s", paint(asking, "\033[1;34m"), asking->at + 1, asking->pieces->len,
	        letters, paint(asking, "\033[0m"));
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		return false;
	Slice word = slice_trim(slice_from(line));
	bool known = word.length == 1 && *word.at != ',' && strchr(letters, *word.at);
	if (!known || !follow(asking, *word.at))
		help(letters);
	return true;
}

static void collect(Asking *asking, const Edit *edits, size_t count)
{
	for (size_t at = 0, own; at < count; at += own) {
		const Edit *of_file = edits_of_file(edits, count, edits[at].file, &own);
		Slice old = graph_file_bytes(asking->round->scan->graph, edits[at].file);
		g_autoptr(GArray) hunks = hunks_new(old, of_file, own, CONTEXT);
		for (guint i = 0; i < hunks->len; i++) {
			Piece piece = {of_file, own, old, g_array_index(hunks, Hunk, i), UNDECIDED};
			g_array_append_val(asking->pieces, piece);
		}
	}
}

void ask_hunks(const FixRound *round, const Edit *edits, size_t count, bool *kept, void *data)
{
	HunkQuestions *questions = data;
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
	Asking asking = {round,
	        {.graph = round->scan->graph, .colour = questions->colour, .unicode = questions->unicode}, pieces, 0,
	        &questions->quit};
	guint open;
	collect(&asking, edits, count);
	while (!questions->quit && first_undecided(&asking, 0, &open)) {
		show(&asking);
		if (!ask(&asking)) {
			puts("");
			questions->quit = true;
		}
	}
	for (guint i = 0; i < pieces->len; i++) {
		const Piece *piece = piece_at(&asking, i);
		size_t first = (size_t)(piece->edits - edits) + piece->hunk.first;
		for (size_t k = first; k < first + piece->hunk.count; k++)
			kept[k] = piece->answer == YES;
	}
}
