/* What is a credential by its name, and what stands there in clear. Names decide which values are looked at at all:
 * certificates, user names and paths of files are not secret. */
#include "base/credential.h"

#include <glib.h>
#include <string.h>

/* A text with a variable in it, one that stands for a value to be filled in, or a value that nobody means to keep
 * secret: changeme, <token>, your-password, xxx, example, placeholder, test … */
static bool is_placeholder(Slice s)
{
	static const char *const words[] = {"change", "your", "example", "placeholder", "replace", "dummy", "todo",
	        "fixme", "xxx", "sample", "insert", "redacted", "secret-here", "hidden", "null", "none", "test", "demo",
	        "supersecret", "***", "...", "op://", "ref+", "vault:"};
	g_autofree char *lower = g_ascii_strdown(s.at, (gssize)s.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return strchr(lower, '<') || strchr(lower, '{') || strstr(lower, "$(");
}

bool credential_is_clear(Slice value, bool base64)
{
	if (value.length < 8 || slice_starts(value, "ENC[") || is_placeholder(value))
		return false;
	if (!base64)
		return true;
	gsize length;
	g_autofree guchar *decoded = g_base64_decode(value.at, &length);
	return length >= 6 && !is_placeholder((Slice){(const char *)decoded, length});
}

bool credential_is_named(Slice key)
{
	static const char *const inside[] = {"password", "passwd", "passphrase", "token"};
	static const char *const last[] = {"pass", "secret", "key", "pwd", "credentials", "secretkey", "privatekey"};
	g_autofree char *lower = g_ascii_strdown(key.at, (gssize)key.length);
	for (char *at = lower; *at; at++)
		if (!g_ascii_isalnum(*at))
			*at = ' ';
	if (strstr(lower, "public") || g_str_has_suffix(lower, " file"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(inside); i++)
		if (strstr(lower, inside[i]))
			return true;
	const char *word = strrchr(lower, ' ');
	for (size_t i = 0; i < G_N_ELEMENTS(last); i++)
		if (strcmp(word ? word + 1 : lower, last[i]) == 0)
			return true;
	return false;
}
