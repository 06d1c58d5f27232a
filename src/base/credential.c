/* What is a credential by its name, and what stands there in clear. Names decide which values are looked at at all:
 * certificates, user names and paths of files are not secret. */
#include "base/credential.h"

#include <glib.h>
#include <string.h>

/* gfhgffhghfghgf: fingers that drummed on a few keys to fill a field. */
static bool is_drummed(Slice s)
{
	bool seen[256] = {false};
	size_t different = 0;
	for (size_t i = 0; i < s.length; i++) {
		if (!g_ascii_islower(s.at[i]))
			return false;
		different += !seen[(unsigned char)s.at[i]];
		seen[(unsigned char)s.at[i]] = true;
	}
	return s.length >= 10 && different <= 5;
}

/* $NAME of a variable, and $SECRET:KEY or $KEY, which Argo CD looks up in a Secret. */
static bool is_reference(const char *text)
{
	static const char *const part = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	if (text[0] != '$' || !g_ascii_isalpha(text[1]))
		return false;
	const char *end = text + 1 + strspn(text + 1, part);
	return !*end || (*end == ':' && end[1] && !end[1 + strspn(end + 1, part)]);
}

/* SAS_KEY_VALUE, YOUR_TOKEN: a word in capitals for what is to stand there. */
static bool is_word_in_capitals(Slice s)
{
	bool joined = false;
	for (size_t i = 0; i < s.length; i++) {
		joined = joined || s.at[i] == '_';
		if (!g_ascii_isupper(s.at[i]) && s.at[i] != '_')
			return false;
	}
	return joined;
}

/* A text with a variable in it, one that stands for a value to be filled in, or a value that nobody means to keep
 * secret: changeme, <token>, your-password, xxx, example, placeholder, test … */
static bool is_placeholder(Slice s)
{
	static const char *const words[] = {"change", "your", "example", "placeholder", "replace", "input", "dummy",
	        "todo", "fixme", "xxx", "sample", "insert", "redacted", "secret-here", "hidden", "null", "none", "test",
	        "demo", "supersecret", "***", "...", "op://", "ref+", "vault:", "###", "fill_", "fill-"};
	g_autofree char *lower = g_ascii_strdown(s.at, (gssize)s.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return is_drummed(s) || is_word_in_capitals(s) || strchr(lower, '<') || strchr(lower, '{') ||
	       strstr(lower, "$(") || g_str_has_suffix(lower, "here") || is_reference(lower);
}

/* What only a guess can turn back: bcrypt, Apache's MD5 and SHA, crypt(3), Argon2; with a user's name before it in
 * .htpasswd. Every line is one. */
static bool is_hashed(Slice value)
{
	static const char *const starts[] = {"$2a$", "$2b$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$y$", "$argon2",
	        "{SHA}", "{SSHA}", "{SHA256}", "{SHA512}"};
	Slice line;
	bool hashed = false;
	while (slice_next_line(&value, &line)) {
		Slice text = slice_trim(line);
		size_t colon = slice_find_byte(text, ':', 0);
		Slice hash = colon == SIZE_MAX ? text : slice_sub(text, colon + 1, text.length);
		if (text.length == 0)
			continue;
		hashed = false;
		for (size_t i = 0; i < G_N_ELEMENTS(starts) && !hashed; i++)
			hashed = slice_starts(hash, starts[i]) && hash.length >= 20;
		if (!hashed)
			return false;
	}
	return hashed;
}

/* The first line of a key, that stands for all of it in a sample: the key itself would follow. */
static bool is_lone_head(Slice value)
{
	Slice text = slice_trim(value);
	return slice_starts(text, "-----BEGIN ") && text.length < 100;
}

/* https://id.home.example/token: where something is asked for, and nothing in it that only its owner knows.
 * op://home/db, azure://vault/key: where a tool finds the secret that it writes here. A user and a password stand
 * before an @. */
static bool only_says_where(Slice text)
{
	size_t mark = slice_find(text, "://", 0);
	bool web = slice_starts(text, "https://") || slice_starts(text, "http://");
	if (mark == SIZE_MAX || mark == 0 || slice_find_byte(text, '@', 0) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < mark; i++)
		if (!g_ascii_islower(text.at[i]) && !strchr("+-", text.at[i]))
			return false;
	return !web || (slice_find_byte(text, '?', 0) == SIZE_MAX && slice_find(text, "hook", 0) == SIZE_MAX &&
	                       slice_find(text, "/services/", 0) == SIZE_MAX);
}

bool credential_is_clear(Slice value, bool base64)
{
	if (value.length < 8 || is_lone_head(value) || slice_starts(value, "ENC[") || is_placeholder(value))
		return false;
	if (!base64)
		return !is_hashed(value) && !only_says_where(value);
	gsize length;
	g_autofree guchar *decoded = g_base64_decode(value.at, &length);
	Slice text = {(const char *)decoded, length};
	return length >= 6 && !is_lone_head(text) && !is_placeholder(text) && !is_hashed(text) &&
	       !only_says_where(text);
}

bool credential_reads_password(Slice value)
{
	static const char from[] = "01345@$", to[] = "oieasas";
	g_autofree char *text = g_ascii_strdown(value.at, (gssize)value.length);
	for (char *at = text; *at; at++) {
		const char *found = strchr(from, *at);
		*at = found ? to[found - from] : *at;
	}
	return strstr(text, "password") != NULL;
}

/* Small letters and digits alone; free with g_free. */
static char *squeeze(Slice text)
{
	GString *letters = g_string_sized_new(text.length);
	for (size_t i = 0; i < text.length; i++)
		if (g_ascii_isalnum(text.at[i]))
			g_string_append_c(letters, g_ascii_tolower(text.at[i]));
	return g_string_free(letters, FALSE);
}

/* Each word of the text is a part of the name. */
static bool is_made_of(Slice text, const char *name)
{
	bool any = false;
	for (size_t start = 0; start < text.length;) {
		size_t end = start;
		while (end < text.length && g_ascii_isalnum(text.at[end]))
			end++;
		g_autofree char *word = squeeze(slice_sub(text, start, end));
		if (!strstr(name, word))
			return false;
		any = any || *word;
		start = end + 1;
	}
	return any;
}

bool credential_is_own_name(Slice key, Slice value, bool base64)
{
	gsize length = 0;
	g_autofree guchar *decoded = base64 ? g_base64_decode(value.at, &length) : NULL;
	g_autofree char *name = squeeze(key);
	Slice text = slice_trim(base64 ? (Slice){(const char *)decoded, length} : value);
	return !credential_is_default(text, false) && is_made_of(text, name);
}

bool credential_is_default(Slice value, bool base64)
{
	static const char *const words[] = {"admin", "adminadmin", "administrator", "changeme", "change-me",
	        "change_me", "changeit", "default", "guest", "letmein", "minioadmin", "pass", "passw0rd", "p4ssw0rd",
	        "p@ssw0rd", "p@ssword", "pa55w0rd", "pa55word", "password", "password123", "postgres", "root", "secret",
	        "toor", "1234", "12345", "123456", "12345678", "123456789", "qwerty", NULL};
	if (!base64)
		return slice_is_any_nocase(value, words);
	gsize length;
	g_autofree guchar *decoded = g_base64_decode(value.at, &length);
	Slice text = slice_trim((Slice){(const char *)decoded, length});
	return slice_is_any_nocase(text, words);
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

/* By its last two letters, which most names have not: asked of every one that a text has before a sign. */
static bool may_end_name(const char *end)
{
	static const char pairs[] = "rd wd se ss en et ey lt";
	for (const char *pair = pairs;; pair += 3) {
		if (g_ascii_tolower(end[0]) == pair[0] && g_ascii_tolower(end[1]) == pair[1])
			return true;
		if (!pair[2])
			return false;
	}
}

/* A dash is as good as an underscore. */
static bool ends_with(Slice name, const char *end)
{
	size_t length = strlen(end);
	if (name.length < length)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = name.at[name.length - length + i];
		if ((c == '-' ? '_' : g_ascii_tolower(c)) != end[i])
			return false;
	}
	return true;
}

bool credential_ends_name(Slice name)
{
	static const char *const ends[] = {"password", "passwd", "passphrase", "pass", "pwd", "token", "secret",
	        "api_key", "apikey", "secret_key", "secretkey", "encryption_key", "private_key", "access_key",
	        "master_key", "auth_key", "signing_key", "jwt_key", "app_key", "license_key", "salt"};
	if (name.length < 2 || !may_end_name(name.at + name.length - 2))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

/* ---- values that a machine has made -------------------------------------------------------------------------- */

typedef struct Count {
	uint32_t upper, lower, digits, marks, hex, different, changes;
	uint32_t numbers; /* runs of digits */
} Count;

static uint32_t class_of(char c)
{
	return g_ascii_isupper(c) ? 1 : g_ascii_islower(c) ? 2 : g_ascii_isdigit(c) ? 3 : 4;
}

static Count count_of(Slice text)
{
	bool seen[256] = {false};
	Count count = {0};
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		uint32_t class = class_of(c);
		count.upper += class == 1;
		count.lower += class == 2;
		count.digits += class == 3;
		count.numbers += class == 3 && (i == 0 || class_of(text.at[i - 1]) != 3);
		count.marks += class == 4;
		count.hex += g_ascii_isxdigit(c) != 0;
		count.different += !seen[(unsigned char)c];
		count.changes += i > 0 && class != class_of(text.at[i - 1]);
		seen[(unsigned char)c] = true;
	}
	return count;
}

bool credential_is_uuid(Slice text)
{
	static const size_t dashes[] = {8, 13, 18, 23};
	for (size_t i = 0; i < G_N_ELEMENTS(dashes); i++)
		if (text.length != 36 || text.at[dashes[i]] != '-')
			return false;
	return count_of(text).hex == 32;
}

bool credential_is_drawn(Slice text)
{
	Count count = count_of(text);
	if (credential_is_uuid(text))
		return count.different > 6;
	if (text.length < 16 || count.different < 10)
		return false;
	if (count.hex == text.length)
		return text.length >= 24 && count.digits >= 6 && count.lower + count.upper >= 4;
	if (count.marks > 2 + text.length / 10 || (count.numbers < 2 && count.changes * 2 < text.length))
		return false;
	if (count.upper >= 2 && count.lower >= 2 && count.digits >= 2)
		return count.changes * 5 >= text.length * 2;
	return text.length >= 20 && count.marks <= 1 && count.digits >= 4 && count.changes * 4 >= text.length;
}
