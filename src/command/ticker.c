/* The last line of the terminal while containers come up: how many are ready, and what the others are at. It is wiped
 * before each line that stays; where standard output is no terminal there is none. */
#include "command/command.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_WIDTH 80

struct Ticker {
	GPtrArray *names, *doings; /* in the order in which they began */
	uint32_t done, all;
	bool shown;
};

Ticker *ticker_new(uint32_t all)
{
	const char *terminal = g_getenv("TERM");
	if (!isatty(STDOUT_FILENO) || !terminal || strcmp(terminal, "dumb") == 0)
		return NULL;
	Ticker *ticker = g_new0(Ticker, 1);
	ticker->names = g_ptr_array_new_with_free_func(g_free);
	ticker->doings = g_ptr_array_new_with_free_func(g_free);
	ticker->all = all;
	return ticker;
}

void ticker_wipe(Ticker *ticker)
{
	if (ticker && ticker->shown)
		fputs("\r\033[K", stdout);
	if (ticker)
		ticker->shown = false;
}

void ticker_set(Ticker *ticker, const char *name, const char *doing)
{
	guint at;
	if (!ticker)
		return;
	bool known = g_ptr_array_find_with_equal_func(ticker->names, name, g_str_equal, &at);
	if (known && doing) {
		g_free(ticker->doings->pdata[at]);
		ticker->doings->pdata[at] = g_strdup(doing);
	} else if (known) {
		g_ptr_array_remove_index(ticker->names, at);
		g_ptr_array_remove_index(ticker->doings, at);
	} else if (doing) {
		g_ptr_array_add(ticker->names, g_strdup(name));
		g_ptr_array_add(ticker->doings, g_strdup(doing));
	}
	ticker->done += doing == NULL;
}

static glong width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : USUAL_WIDTH;
}

void ticker_show(Ticker *ticker)
{
	if (!ticker || ticker->done >= ticker->all)
		return;
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_append_printf(line, "  %u of %u", ticker->done, ticker->all);
	for (guint i = 0; i < ticker->names->len; i++)
		g_string_append_printf(line, "%s %s %s", i ? "," : ":", (char *)ticker->names->pdata[i],
		        (char *)ticker->doings->pdata[i]);
	g_autofree char *valid = g_utf8_make_valid(line->str, (gssize)line->len);
	for (char *at = valid; *at; at++) /* what programs and engines say must not move the cursor */
		if (g_ascii_iscntrl(*at))
			*at = ' ';
	g_autofree char *fits = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), width() - 1));
	printf("\r\033[K%s", fits);
	ticker->shown = true;
}

void ticker_free(Ticker *ticker)
{
	if (!ticker)
		return;
	ticker_wipe(ticker);
	g_ptr_array_unref(ticker->names);
	g_ptr_array_unref(ticker->doings);
	g_free(ticker);
}
