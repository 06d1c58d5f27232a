/* Which words of a command are paths. Only positions where the program would fail without the path count as needed;
 * what a word means depends on the subcommand (`kubectl apply -f FILE`, but `kubectl logs -f POD`). */
#include "base/path.h"
#include "source/words.h"

typedef struct Command {
	const SourceFile *file;
	Node node;
	const Word *words;
	size_t count;
} Command;

static bool is_one_of(Slice word, const char *list)
{
	size_t length = word.length;
	for (const char *at = list; *at && length;) {
		size_t end = strcspn(at, " ");
		if (end == length && memcmp(at, word.at, length) == 0)
			return true;
		at += end + (at[end] == ' ');
	}
	return false;
}

static bool is_option(Slice word)
{
	return word.length > 0 && word.at[0] == '-';
}

void add_command_path(const SourceFile *file, Node command, const char *role, Word word)
{
	if (word.text.length == 0 || word.text.length > 300)
		return;
	Node link = graph_add_node(file->builder, NODE_LINK, command, word.text, word.start, word.end);
	graph_add(file->builder, link, FACT_ROLE, slice_from(role), word.start, word.end);
}

static void add_path(const Command *command, const char *role, Word word)
{
	add_command_path(command->file, command->node, role, word);
}

/* The word from a place in its text on. */
static Word rest_of_word(Word word, size_t from)
{
	if (word.end - word.start == word.text.length)
		word.start += from;
	word.text = slice_sub(word.text, from, word.text.length);
	return word;
}

/* ---- options ----------------------------------------------------------------------------------------- */

/* Options of any program that take a value in the next word and say nothing of paths; lone ones are not listed. */
static const char valued[] = "-n --namespace --context --kubeconfig -p --project-name --profile -u -l --selector "
                             "--version --repo --set --set-string --timeout -t --tag -e --extra-vars -o --output "
                             "--env-file --project-directory --kube-context -m -H --host";

/* The next word from *at on that is no option and no value of one; SIZE_MAX if there is none. */
static size_t next_argument(const Command *command, size_t *at)
{
	for (; *at < command->count; (*at)++) {
		Slice word = command->words[*at].text;
		if (!is_option(word))
			return (*at)++;
		*at += is_one_of(word, valued);
	}
	return SIZE_MAX;
}

/* Every value of an option of the list from `from` to `to`: in the next word or behind `=`. */
static void add_option_paths(const Command *command, const char *options, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < command->count; i++) {
		Slice word = command->words[i].text;
		size_t equals = slice_find_byte(word, '=', 0);
		if (is_one_of(word, options) && i + 1 < command->count)
			add_path(command, "script-path", command->words[++i]);
		else if (is_option(word) && equals != SIZE_MAX && is_one_of(slice_sub(word, 0, equals), options))
			add_path(command, "script-path", rest_of_word(command->words[i], equals + 1));
	}
}

/* ---- programs ------------------------------------------------------------------------------------------ */

/* --from-file=key=path */
static void add_from_file(const Command *command)
{
	for (size_t i = 1; i < command->count; i++) {
		Slice word = command->words[i].text;
		if (!slice_starts(word, "--from-file=") && !slice_starts(word, "--from-env-file="))
			continue;
		size_t equals = slice_find_byte(word, '=', 0), second = slice_find_byte(word, '=', equals + 1);
		add_path(command, "script-path",
		        rest_of_word(command->words[i], 1 + (second == SIZE_MAX ? equals : second)));
	}
}

static void read_kubectl(const Command *command)
{
	size_t at = 1, verb = next_argument(command, &at);
	if (verb == SIZE_MAX)
		return;
	Slice word = command->words[verb].text;
	if (is_one_of(word, "apply create delete replace diff patch"))
		add_option_paths(command, "-f --filename -k --kustomize", verb, command->count);
	if (slice_is(word, "create"))
		add_from_file(command);
	size_t folder = slice_is(word, "kustomize") ? next_argument(command, &at) : SIZE_MAX;
	if (folder != SIZE_MAX)
		add_path(command, "script-path", command->words[folder]);
}

/* `docker compose -f FILE up`: options after the verb are the verb's. */
static void read_compose(const Command *command, size_t from)
{
	size_t verb = from;
	while (verb < command->count && is_option(command->words[verb].text))
		verb += 1 + is_one_of(command->words[verb].text, "-f --file -p --project-name --profile --env-file "
		                                                 "--project-directory --ansi --parallel");
	add_option_paths(command, "-f --file --env-file", from, verb);
}

static void read_docker(const Command *command)
{
	size_t at = 1, verb = next_argument(command, &at);
	if (verb != SIZE_MAX && slice_is(command->words[verb].text, "compose"))
		read_compose(command, verb + 1);
}

static void read_docker_compose(const Command *command)
{
	read_compose(command, 1);
}

/* A chart by path begins with a dot; all else may be REPOSITORY/CHART. */
static void read_helm(const Command *command)
{
	size_t at = 1, verb = next_argument(command, &at);
	if (verb == SIZE_MAX || !is_one_of(command->words[verb].text, "install upgrade template lint diff"))
		return;
	add_option_paths(command, "-f --values", verb, command->count);
	for (size_t word; (word = next_argument(command, &at)) != SIZE_MAX;) {
		Slice text = command->words[word].text;
		bool value = is_one_of(command->words[word - 1].text, "-f --values");
		if (!value && (slice_starts(text, "./") || slice_starts(text, "../")))
			add_path(command, "script-path", command->words[word]);
	}
}

static void read_kustomize(const Command *command)
{
	size_t at = 1, verb = next_argument(command, &at);
	if (verb == SIZE_MAX || !slice_is(command->words[verb].text, "build"))
		return;
	size_t folder = next_argument(command, &at);
	if (folder != SIZE_MAX)
		add_path(command, "script-path", command->words[folder]);
}

static bool has_script_ending(Slice word)
{
	static const char *const endings[] = {".sh", ".bash", ".py", ".js", ".mjs", ".ts", ".yml", ".yaml", ".env"};
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
		if (slice_ends(word, endings[i]))
			return true;
	return false;
}

/* bash X, source X, python X: the first word that is no option, where it looks like a file. */
static void read_interpreter(const Command *command)
{
	for (size_t i = 1; i < command->count; i++) {
		Slice word = command->words[i].text;
		if (is_one_of(word, "-c -m -s -e -"))
			return;
		if (is_option(word))
			continue;
		if (has_script_ending(word) || slice_starts(word, "./") || slice_starts(word, "../"))
			add_path(command, "script-path", command->words[i]);
		return;
	}
}

static void read_playbook(const Command *command)
{
	size_t at = 1;
	for (size_t word; (word = next_argument(command, &at)) != SIZE_MAX;) {
		Slice text = command->words[word].text;
		if (slice_ends(text, ".yml") || slice_ends(text, ".yaml"))
			add_path(command, "script-path", command->words[word]);
	}
}

static void read_make(const Command *command)
{
	add_option_paths(command, "-C --directory -f --file --justfile", 1, command->count);
}

static void read_terraform(const Command *command)
{
	add_option_paths(command, "-chdir", 1, command->count);
}

/* cp, mv, ln, install, rsync: all but the last are there before, the last afterwards. */
static void read_copy(const Command *command)
{
	static const char *const taking =
	        "--exclude --include --filter --exclude-from --include-from -e --rsh --rsync-path "
	        "-i -P -o -g -m --mode --owner --group";
	size_t at = 1, last = SIZE_MAX;
	bool linked = slice_is(command->words[0].text, "ln");
	for (size_t word; (word = next_argument(command, &at)) != SIZE_MAX;) {
		if (is_one_of(command->words[word - 1].text, taking))
			continue;
		if (last != SIZE_MAX && !linked)
			add_path(command, "script-path", command->words[last]);
		last = word;
	}
	if (last != SIZE_MAX)
		add_path(command, "makes", command->words[last]);
}

/* mkdir, touch, tee: each word; unpacking: all that lies around may come from it. */
static void read_maker(const Command *command)
{
	size_t at = 1;
	for (size_t word; (word = next_argument(command, &at)) != SIZE_MAX;)
		add_path(command, "makes", command->words[word]);
}

static void read_unpacker(const Command *command)
{
	add_path(command, "makes", (Word){SLICE("*"), command->words[0].start, command->words[0].end});
}

/* The last part of a URL, without .git. */
static Word name_of_url(Word word)
{
	size_t length = word.text.length - (slice_ends(word.text, ".git") ? 4 : 0);
	word.text.length = length;
	return rest_of_word(word, length - path_name(word.text).length);
}

static void read_git(const Command *command)
{
	size_t at = 1, verb = next_argument(command, &at), url, folder;
	if (verb == SIZE_MAX || !is_one_of(command->words[verb].text, "clone submodule worktree"))
		return;
	if (!slice_is(command->words[verb].text, "clone")) {
		read_unpacker(command);
		return;
	}
	at = verb + 1;
	url = next_argument(command, &at);
	folder = url == SIZE_MAX ? url : next_argument(command, &at);
	if (folder != SIZE_MAX)
		add_path(command, "makes", command->words[folder]);
	else if (url != SIZE_MAX)
		add_path(command, "makes", name_of_url(command->words[url]));
}

static void read_download(const Command *command)
{
	for (size_t i = 1; i < command->count; i++)
		if (slice_find(command->words[i].text, "://", 0) != SIZE_MAX)
			add_path(command, "makes", name_of_url(command->words[i]));
}

static void read_cd(const Command *command)
{
	if (command->count > 1)
		add_path(command, "folder", command->words[1]);
}

/* [ -f X ], [[ -d X ]], test -e X; also behind `!`. */
static void read_test(const Command *command)
{
	for (size_t i = 1; i + 1 < command->count; i++)
		if (is_one_of(command->words[i].text, "-f -e -d -s -r -x -L -h"))
			add_path(command, "tests", command->words[i + 1]);
}

/* export NAME=… */
static void read_declaration(const Command *command)
{
	for (size_t i = 1; i < command->count; i++)
		read_assignment(command->file, command->node, command->words[i]);
}

static const struct {
	const char *programs;
	void (*read)(const Command *command);
	bool typed; /* a document tells people to type it */
} programs[] = {
        {"kubectl k oc", read_kubectl, true},
        {"docker podman nerdctl", read_docker, true},
        {"docker-compose podman-compose", read_docker_compose, true},
        {"helm", read_helm, true},
        {"kustomize", read_kustomize, true},
        {"bash sh zsh source . python python3 node", read_interpreter, true},
        {"ansible-playbook", read_playbook, true},
        {"make gmake just", read_make, true},
        {"terraform tofu", read_terraform, true},
        {"cp mv ln install rsync scp", read_copy, false},
        {"mkdir touch tee", read_maker, false},
        {"unzip tar gunzip 7z", read_unpacker, false},
        {"git", read_git, true},
        {"curl wget", read_download, true},
        {"cd pushd", read_cd, true},
        {"export readonly local declare typeset", read_declaration, false},
        {"[ [[ test", read_test, false},
};

/* What any program is told to write. */
static void add_outputs(const Command *command)
{
	for (size_t i = 1; i + 1 < command->count; i++)
		if (is_one_of(command->words[i].text, "-o -O --output -out --out --output-file --dest"))
			add_path(command, "makes", command->words[i + 1]);
}

/* A program named by a path of the repository and not of the machine. */
static bool is_own_script(Slice program)
{
	return slice_starts(program, "./") || slice_starts(program, "../") ||
	       (has_script_ending(program) && slice_find_byte(program, '/', 0) != SIZE_MAX && program.at[0] != '/');
}

void read_command_paths(const SourceFile *file, Node command, const Word *words, size_t count)
{
	Command whole = {file, command, words, count};
	if (is_own_script(words[0].text))
		add_path(&whole, "script-path", words[0]);
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
		if (is_one_of(words[0].text, programs[i].programs))
			programs[i].read(&whole);
	add_outputs(&whole);
}

bool begins_with_program(Slice text)
{
	Slice word;
	if (!slice_next_word(&text, &word))
		return false;
	if (slice_is(word, "sudo") && !slice_next_word(&text, &word))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
		if (programs[i].typed && is_one_of(word, programs[i].programs))
			return true;
	return is_own_script(word);
}

/* ---- variables ------------------------------------------------------------------------------------------ */

static bool take_prefix(Slice *rest, const char *prefix)
{
	if (!slice_starts(*rest, prefix))
		return false;
	*rest = slice_sub(*rest, strlen(prefix), rest->length);
	return true;
}

static bool take_any(Slice *rest, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (take_prefix(rest, prefixes[i]))
			return true;
	return false;
}

/* The way from a base to the folder that a value is, as scripts write it: `$(cd $(dirname $0)/.. && pwd)`. */
typedef struct Way {
	const char *base; /* NULL: none was found yet */
	uint32_t up;      /* by dirname */
	GString *below;   /* what is written behind the base */
} Way;

static bool take_base(Slice *rest, Way *way)
{
	static const char *const own[] = {"${BASH_SOURCE[0]}", "${BASH_SOURCE}", "$BASH_SOURCE", "${0}", "$0"};
	static const char *const own_folder[] = {"${BASH_SOURCE[0]%/*}", "${BASH_SOURCE%/*}", "${0%/*}"};
	bool folder = take_any(rest, own_folder, G_N_ELEMENTS(own_folder));
	if (folder || take_any(rest, own, G_N_ELEMENTS(own))) {
		way->base = ".";
		way->up += folder;
		return true;
	}
	if (take_prefix(rest, "$(git rev-parse --show-toplevel")) {
		way->base = "/";
		return true;
	}
	return false;
}

/* `$NAME` or `${NAME}` at the begin of *rest; the name is put in front of what is below. */
static bool take_variable(Slice *rest, Way *way)
{
	Slice at = *rest;
	if (!take_prefix(&at, "$"))
		return false;
	bool braced = take_prefix(&at, "{");
	size_t length = 0;
	while (length < at.length && (g_ascii_isalnum(at.at[length]) || at.at[length] == '_'))
		length++;
	if (length == 0 || g_ascii_isdigit(at.at[0]) || (braced && (length == at.length || at.at[length] != '}')))
		return false;
	g_string_append_printf(way->below, "$%.*s", (int)length, at.at);
	way->base = "";
	*rest = slice_sub(at, length + braced, at.length);
	return true;
}

static bool read_way(Slice value, Way *way)
{
	static const char *const noise[] = {"$(cd ", "$(realpath ", "$(readlink -f ", "$(readlink -e ", "-- ", "-P ",
	        "&& pwd -P", "&& pwd", "; pwd", ";pwd", "2>/dev/null", "&>/dev/null", ">/dev/null", "2>&1", ")", " "};
	Slice rest = value;
	while (rest.length) {
		if (take_prefix(&rest, "$(dirname "))
			way->up++;
		else if (take_any(&rest, noise, G_N_ELEMENTS(noise)) || (!way->base && take_base(&rest, way)) ||
		         (!way->base && take_variable(&rest, way)))
			continue;
		else if (!way->base ||
		         (rest.at[0] != '/' && !g_ascii_isalnum(rest.at[0]) && !strchr("._-", rest.at[0])))
			return false;
		else {
			g_string_append_c(way->below, rest.at[0]);
			rest = slice_sub(rest, 1, rest.length);
		}
	}
	return way->base != NULL;
}

/* dirname of the script is its folder; of a folder, the one above. */
static void add_folder_variable(const SourceFile *file, Node parent, Word word, size_t equals, const Way *way)
{
	g_autoptr(GString) path = g_string_new(way->base);
	size_t name = strcmp(way->base, "") == 0 ? strcspn(way->below->str, "/") : 0;
	bool own = strcmp(way->base, ".") == 0;
	g_string_append_len(path, way->below->str, (gssize)name);
	for (uint32_t i = own; i < way->up; i++)
		g_string_append(path, "/..");
	g_string_append(path, way->below->str + name);
	if ((own && way->up == 0) || (strcmp(way->base, "") == 0 && path->len == name))
		return; /* the file and no folder; another name for anything */
	Node link =
	        graph_add_node(file->builder, NODE_LINK, parent, slice_sub(word.text, 0, equals), word.start, word.end);
	graph_add(file->builder, link, FACT_ROLE, SLICE("variable"), word.start, word.end);
	graph_add(file->builder, link, FACT_PATH, (Slice){path->str, path->len}, word.start, word.end);
}

void read_assignment(const SourceFile *file, Node parent, Word word)
{
	size_t equals = slice_find_byte(word.text, '=', 0);
	g_autoptr(GString) below = g_string_new(NULL);
	Way way = {.below = below};
	if (equals == SIZE_MAX || word.text.length > 300)
		return;
	if (read_way(slice_sub(word.text, equals + 1, word.text.length), &way))
		add_folder_variable(file, parent, word, equals, &way);
}
