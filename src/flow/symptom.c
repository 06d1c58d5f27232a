/* A table of forms, tried in order on each line from the last one up: who speaks last tells why it ended, and a form
 * that says more stands before one that says less. */
#include "flow/symptom.h"

#include <stdlib.h>
#include <string.h>

typedef struct Form {
	SymptomKind kind;
	const char *pattern; /* group s is the subject, p the port */
} Form;

static const Form forms[] = {
        {SYMPTOM_COPY, "(?:COPY|ADD) failed: .*?: stat /?(?<s>[^:]+): (?:file does not exist|no such file)"},
        {SYMPTOM_COPY, "building at STEP \"(?:COPY|ADD) .*: copier: stat: \"/?(?<s>[^\"]+)\": no such file"},
        {SYMPTOM_MODULE, "ModuleNotFoundError: No module named '?(?<s>[\\w.]+)"},
        {SYMPTOM_MODULE, "Error while finding module specification for '(?<s>[\\w.]+)'"},
        {SYMPTOM_MODULE, "ImportError: cannot import name '[^']+' from '(?<s>[\\w.]+)'"},
        {SYMPTOM_MODULE, "Error: Cannot find module '(?<s>[^']+)'"},
        {SYMPTOM_PROGRAM, "exec: \"?(?<s>[^\":]+)\"?: (?:executable file not found|stat |no such file)"},
        {SYMPTOM_PROGRAM, "(?:sh|bash): (?:\\d+: |line \\d+: )?(?<s>[\\w./-]+): (?:command )?not found"},
        {SYMPTOM_ARCHITECTURE, "exec format error"},
        {SYMPTOM_IMAGE,
                "(?:pull access denied|manifest unknown|manifest for .* not found|no such image|image not known)"},
        {SYMPTOM_IMAGE, "^image (?<s>\\S+): "},
        {SYMPTOM_PORT,
                "(?:Bind for [^ ]*:(?<p>\\d+) failed|listen tcp[46]? [^ ]*:(?<p1>\\d+): bind: address already in use)"},
        {SYMPTOM_PORT, "(?:port is already allocated|[Aa]ddress already in use|EADDRINUSE)(?:.*?:(?<p>\\d+))?"},
        {SYMPTOM_DISK, "No space left on device: '(?<s>/[^']+)'"},
        {SYMPTOM_DISK, "(?:write|open) (?<s>/[\\w./-]+): no space left on device"},
        {SYMPTOM_DISK, "(?:[Nn]o space left on device|ENOSPC|disk is full)"},
        {SYMPTOM_PASSWORD, "password authentication failed for user \"(?<s>[^\"]+)\""},
        {SYMPTOM_PASSWORD, "Access denied for user '(?<s>[^']+)'"},
        {SYMPTOM_PASSWORD, "(?:WRONGPASS|NOAUTH|invalid username-password pair)"},
        {SYMPTOM_DATABASE, "(?:database|role) \"(?<s>[^\"]+)\" does not exist"},
        {SYMPTOM_DATABASE, "Unknown database '(?<s>[^']+)'"},
        {SYMPTOM_HOST, "could not translate host name \"(?<s>[^\"]+)\""},
        {SYMPTOM_HOST, "getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?<s>[\\w.-]+)"},
        {SYMPTOM_HOST, "lookup (?<s>[\\w.-]+)(?: on [^ ]+)?: (?:no such host|server misbehaving|i/o timeout)"},
        {SYMPTOM_HOST, "Could not resolve host: (?<s>[\\w.-]+)"},
        {SYMPTOM_HOST,
                "connect to \\w+ at (?<s>[\\w.-]+):(?<p>\\d+): (?:Name or service|Temporary failure|No address)"},
        {SYMPTOM_HOST, "(?<s>[\\w-]+(?:\\.[\\w-]+)*)(?::\\d+)?: (?:Name or service not known|Temporary failure in name "
                       "resolution)"},
        {SYMPTOM_HOST, "NameResolutionError.*host='(?<s>[\\w.-]+)'"},
        {SYMPTOM_HOST, "UnknownHostException: (?<s>[\\w.-]+)"},
        {SYMPTOM_HOST, "bad address '(?<s>[\\w.-]+)'"},
        {SYMPTOM_HOST, "(?:Name or service not known|Temporary failure in name resolution|nodename nor servname "
                       "provided|No address associated with hostname)"},
        {SYMPTOM_REFUSED, "connection to server at \"(?<s>[^\"]+)\"[^,]*, port (?<p>\\d+) failed: Connection refused"},
        {SYMPTOM_REFUSED, "ECONNREFUSED (?<s>[\\w.:-]*[\\w]):(?<p>\\d+)"},
        {SYMPTOM_REFUSED, "dial tcp (?<s>[\\w.-]+):(?<p>\\d+): connect: connection refused"},
        {SYMPTOM_REFUSED, "connect to \\w+ at (?<s>[\\w.-]+):(?<p>\\d+): Connection refused"},
        {SYMPTOM_REFUSED, "Failed to connect to (?<s>[\\w.-]+) port (?<p>\\d+)"},
        {SYMPTOM_REFUSED, "host='(?<s>[\\w.-]+)', port=(?<p>\\d+)\\).*Connection refused"},
        {SYMPTOM_REFUSED, "(?<s>[\\w-]+(?:\\.[\\w-]+)*):(?<p>\\d+)\\W.*[Cc]onnection refused"},
        {SYMPTOM_TIMEOUT, "connection to server at \"(?<s>[^\"]+)\"[^,]*, port (?<p>\\d+) failed: .*timed? ?out"},
        {SYMPTOM_TIMEOUT, "dial tcp (?<s>[\\w.-]+):(?<p>\\d+): (?:i/o timeout|connect: connection timed out)"},
        {SYMPTOM_TIMEOUT, "ETIMEDOUT (?<s>[\\w.-]+):(?<p>\\d+)"},
        {SYMPTOM_PERMISSION, "PermissionError: .*'(?<s>/[^']+)'"},
        {SYMPTOM_PERMISSION, "EACCES: permission denied, \\w+ '(?<s>/[^']+)'"},
        {SYMPTOM_PERMISSION, "'?(?<s>/[\\w./-]+)'?: Permission denied"},
        {SYMPTOM_PERMISSION, "open (?<s>/[\\w./-]+): permission denied"},
        {SYMPTOM_FILE, "can't open file '(?<s>[^']+)'"},
        {SYMPTOM_FILE, "FileNotFoundError: .*'(?<s>[^']+)'"},
        {SYMPTOM_FILE, "ENOENT: no such file or directory, \\w+ '(?<s>[^']+)'"},
        {SYMPTOM_FILE, "open (?<s>/[\\w./-]+): no such file"},
        {SYMPTOM_FILE, "'?(?<s>/[\\w./-]+)'?: No such file or directory"},
        {SYMPTOM_VARIABLE, "KeyError: '(?<s>[A-Z][A-Z0-9_]+)'"},
        {SYMPTOM_VARIABLE, "(?<s>[A-Z][A-Z0-9_]{2,})(?: environment variable)?:? (?:is required|is not set|must be "
                           "set|unbound variable|not specified)"},
        {SYMPTOM_VARIABLE, "(?:environment )?variable '?\"?(?<s>[A-Z][A-Z0-9_]{2,})"},
        {SYMPTOM_MEMORY, "^(?:[\\w/.-]+: (?:line \\d+: *)?(?:\\d+ )?)?Killed\\b"}, /* a shell's word for a program that
                                                                                      the kernel ended */
        {SYMPTOM_MEMORY, "(?:OutOfMemoryError|MemoryError|JavaScript heap out of memory|Cannot allocate memory)"},
};

/* Compiled once: a chain reads the words of several containers. */
static GRegex *const *compiled(void)
{
	static GRegex *all[G_N_ELEMENTS(forms)];
	static gsize done;
	if (g_once_init_enter(&done)) {
		for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
			all[i] = g_regex_new(forms[i].pattern, G_REGEX_OPTIMIZE, 0, NULL);
		g_once_init_leave(&done, 1);
	}
	return all;
}

static bool read_line(const char *line, Symptom *symptom)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autoptr(GMatchInfo) match = NULL;
		if (!g_regex_match(compiled()[i], line, 0, &match))
			continue;
		g_autofree char *subject = g_match_info_fetch_named(match, "s"),
		                *port = g_match_info_fetch_named(match, "p"),
		                *other = g_match_info_fetch_named(match, "p1");
		symptom->kind = forms[i].kind;
		symptom->subject = subject && *subject ? g_steal_pointer(&subject) : NULL;
		symptom->port = (guint)strtoul(port && *port ? port : other ? other : "", NULL, 10);
		symptom->line = g_strdup(line);
		return true;
	}
	return false;
}

Symptom symptom_read(const char *text)
{
	Symptom symptom = {SYMPTOM_NONE, NULL, 0, NULL};
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	for (guint i = g_strv_length(lines); i-- > 0;) {
		char *line = g_strstrip(lines[i]);
		if (strlen(line) > 2000)
			line[2000] = '\0';
		if (*line && g_utf8_validate(line, -1, NULL) && read_line(line, &symptom))
			break;
	}
	return symptom;
}

void symptom_clear(Symptom *symptom)
{
	g_clear_pointer(&symptom->subject, g_free);
	g_clear_pointer(&symptom->line, g_free);
}
