/* Matchers are found by name and their quoted arguments taken; the logic between them (&&, ||, !) is not evaluated. */
#include "source/traefik.h"

#include <glib.h>

/* The quoted arguments of the call that opens at *at (after the parenthesis), one at a time. */
static bool next_argument(Slice rule, size_t *at, Slice *ret_argument)
{
	while (*at < rule.length && rule.at[*at] != ')') {
		char quote = rule.at[(*at)++];
		if (quote != '`' && quote != '"' && quote != '\'')
			continue;
		size_t end = slice_find_byte(rule, quote, *at);
		if (end == SIZE_MAX)
			return false;
		*ret_argument = slice_sub(rule, *at, end);
		*at = end + 1;
		return true;
	}
	return false;
}

/* The offset behind the next `name(` at or after from that is a word of its own and not negated. */
static size_t find_call(Slice rule, const char *name, size_t from)
{
	for (size_t at = from; (at = slice_find(rule, name, at)) != SIZE_MAX; at++) {
		size_t after = at + strlen(name);
		bool word = at == 0 || !(g_ascii_isalnum(rule.at[at - 1]) || rule.at[at - 1] == '!');
		if (word && after < rule.length && rule.at[after] == '(')
			return after + 1;
	}
	return SIZE_MAX;
}

static Slice first_path(Slice rule)
{
	static const char *const names[] = {"PathPrefix", "Path"};
	Slice path = {"", 0};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t at = find_call(rule, names[i], 0);
		if (at != SIZE_MAX && next_argument(rule, &at, &path))
			return path;
	}
	return path;
}

void traefik_each_match(Slice rule, void (*found)(Slice host, Slice path, void *data), void *data)
{
	static const char *const names[] = {"Host", "HostSNI"};
	Slice path = first_path(rule), host;
	uint32_t hosts = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t at = 0;
		while ((at = find_call(rule, names[i], at)) != SIZE_MAX) {
			for (; hosts < 100 && next_argument(rule, &at, &host); hosts++)
				found(host, path, data);
		}
	}
	if (hosts == 0)
		found((Slice){"", 0}, path, data);
}
