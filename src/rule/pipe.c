/* Steps of a build that cannot fail. A shell takes the last program of a pipe for the whole: a download that fails is
 * not seen where what it is given to is content with nothing. Interpreters are (an empty script is a good script), and
 * so are tee and cat; archivers and key tools are not, so their builds stop. Nothing is said where the step goes on to
 * use what it has fetched, for it stops there. */
#include "rule/rule.h"

#include <string.h>

typedef struct Step {
	Slice text;
	char before; /* what parts it from the one before: ';', '&', '|', or 'o' for || */
} Step;

typedef struct Steps {
	Step at[200];
	size_t count;
} Steps;

static void add_step(Steps *steps, Slice text, char before)
{
	text = slice_trim(text);
	if (text.length && steps->count < G_N_ELEMENTS(steps->at))
		steps->at[steps->count++] = (Step){text, before};
}

/* Parts a line of shell at its operators; what stands in quotes or in $(…) belongs to its command. */
static void read_steps(Slice line, Steps *ret_steps)
{
	char quote = '\0', before = ';';
	size_t start = 0, depth = 0;
	ret_steps->count = 0;
	for (size_t i = 0; i < line.length; i++) {
		char c = line.at[i], next = i + 1 < line.length ? line.at[i + 1] : '\0';
		if (c == '\\') {
			i++;
		} else if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		} else if (c == '(' || c == ')') {
			depth += c == '(' ? 1 : depth ? -(size_t)1 : 0;
		} else if (!depth && (c == ';' || c == '|' || (c == '&' && next == '&'))) {
			add_step(ret_steps, slice_sub(line, start, i), before);
			before = c == '|' && next == '|' ? 'o' : c;
			i += next == c;
			start = i + 1;
		}
	}
	add_step(ret_steps, slice_sub(line, start, line.length), before);
}

/* The program of a step, without its folder, behind assignments and who it is run as. */
static Slice program_of(Slice text)
{
	Slice word;
	while (slice_next_word(&text, &word)) {
		bool assigned = slice_find_byte(word, '=', 0) != SIZE_MAX;
		if (assigned || slice_is(word, "sudo") || slice_is(word, "-E") || slice_is(word, "env"))
			continue;
		size_t slash = word.length;
		while (slash && word.at[slash - 1] != '/')
			slash--;
		return slice_sub(word, slash, word.length);
	}
	return (Slice){"", 0};
}

static bool is_download(Slice text)
{
	Slice program = program_of(text);
	return slice_is(program, "curl") || slice_is(program, "wget");
}

static bool takes_nothing_for_good(Slice text)
{
	static const char *const programs[] = {
	        "sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "node", "tee", "cat", NULL};
	return slice_is_any_nocase(program_of(text), programs);
}

/* What stands at the end of a step only to make the image smaller. */
static bool is_tidying(Slice text)
{
	static const char *const programs[] = {"rm", "apt-get", "apt", "apk", "dnf", "yum", "echo", "true", NULL};
	return slice_is_any_nocase(program_of(text), programs);
}

/* The download that nobody would miss, or NULL. */
static const Step *find_unseen(const Steps *steps)
{
	for (size_t i = 1; i < steps->count; i++) {
		if (steps->at[i].before != '|' || !is_download(steps->at[i - 1].text) ||
		        !takes_nothing_for_good(steps->at[i].text))
			continue;
		size_t after = i + 1;
		while (after < steps->count && (steps->at[after].before == '&' || steps->at[after].before == ';') &&
		        is_tidying(steps->at[after].text))
			after++;
		if (after == steps->count)
			return &steps->at[i - 1];
	}
	return NULL;
}

/* The words of a RUN on one line: no continuations, no comments between them, no options of the instruction. Empty for
 * a list, which no shell reads. Free with g_string_free. */
static GString *run_line(Slice bytes)
{
	GString *line = g_string_new(NULL);
	Slice rest = bytes, text;
	while (slice_next_line(&rest, &text)) {
		text = slice_trim(text);
		if (slice_starts(text, "#"))
			continue;
		bool more = slice_ends(text, "\\");
		g_string_append_len(line, text.at, (gssize)(text.length - more));
		g_string_append_c(line, ' ');
	}
	Slice words = {line->str, line->len}, word;
	while (slice_next_word(&words, &word))
		if (!slice_starts(word, "--") && g_ascii_strncasecmp(word.at, "RUN", 3) != 0 &&
		        g_ascii_strncasecmp(word.at, "ONBUILD", 7) != 0)
			break;
	size_t start = (size_t)(word.at - line->str);
	g_string_erase(line, 0, (gssize)MIN(start, line->len));
	if (line->len && (line->str[0] == '[' || strstr(line->str, "<<")))
		g_string_truncate(line, 0);
	return line;
}

static void check_run(Checker *checker, Node run)
{
	const Graph *graph = checker_graph(checker);
	Slice bytes = graph_span_bytes(graph, graph_place(graph, run));
	if (slice_find_byte(bytes, '|', 0) == SIZE_MAX || slice_find(bytes, "pipefail", 0) != SIZE_MAX)
		return;
	g_autoptr(GString) line = run_line(bytes);
	Steps steps;
	read_steps((Slice){line->str, line->len}, &steps);
	const Step *unseen = find_unseen(&steps);
	if (!unseen)
		return;
	Slice program = program_of(unseen[1].text);
	Finding *finding = report(checker, run, graph_place(graph, run),
	        "if this download fails, %.*s is given nothing, and the image is built without it",
	        SLICE_ARGS(program));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(unseen->text));
}

static void check_download_unseen(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_STAGE, stage) {
		bool strict = false;
		if (is_quiet(graph, stage))
			continue;
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
			const char *word = graph_name(graph, instruction);
			if (strcmp(word, "SHELL") == 0)
				strict = slice_find(graph_span_bytes(graph, graph_place(graph, instruction)),
				                 "pipefail", 0) != SIZE_MAX;
			else if (strcmp(word, "RUN") == 0 && !strict)
				check_run(checker, instruction);
		}
	}
}

static const Rule rules[] = {
        {
                .id = "download-unseen",
                .level = LEVEL_WARNING,
                .title = "a build that goes on when its download has failed",
                .why = "A shell takes the last program of a pipe for the whole, and an interpreter that is given "
                       "nothing has done well. The image is built, kept by the cache, and lacks what was to be in it.",
                .remedy = "Write SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"] above, or download to a file with "
                          "curl -f and run that.",
                .peers = "hadolint: DL4006",
                .check = check_download_unseen,
        },
};

const RuleSet rules_pipe = {"pipe", rules, G_N_ELEMENTS(rules)};
