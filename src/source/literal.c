/* Credentials without a form of their own, told by the name before them: PLEX_TOKEN = "…" in a script, an api key in
 * the configuration of a dashboard, the header of a curl in a document. Names say a lot and prove nothing (a token may
 * be the name of one), so the value must look as if a machine had drawn it by lot.
 *
 * Left to those who know better: Secrets, workloads and compose files, which are read as what they are, .env files, and
 * what is sealed. Examples, tests and what others wrote are none of the owner's. */
#include "base/credential.h"
#include "source/secret.h"
#include "source/source.h"

#include <string.h>

#define MOST_BYTES ((size_t)1024 * 1024)
#define MOST_NAME 64
#define MOST_VALUE 128
#define MOST_TOKEN 4096 /* of a signed token, which says whose it is */

typedef enum Writing {
	NEVER,
	QUOTED, /* what stands there bare is another name */
	BARE,
} Writing;

/* config_example.conf */
static bool is_sample_file(Slice name)
{
	g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
	return strstr(lower, "example") || strstr(lower, "sample");
}

static Writing writing_of(Slice name)
{
	static const char *const quoted[] = {".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".go", ".rb", ".php",
	        ".lua", ".tf", ".tfvars", ".json", ".nix", ".pl", ".ino", ".kt", ".cs"};
	static const char *const bare[] = {".sh", ".bash", ".zsh", ".fish", ".ps1", ".md", ".txt", ".ini", ".conf",
	        ".cfg", ".toml", ".xml", ".properties", ".yaml", ".yml", ".service", ".container", ".rst"};
	if (slice_is(name, "package-lock.json") || is_sample_file(name))
		return NEVER;
	if (slice_is(name, "kubeconfig"))
		return BARE;
	for (size_t i = 0; i < G_N_ELEMENTS(quoted); i++)
		if (slice_ends(name, quoted[i]))
			return QUOTED;
	for (size_t i = 0; i < G_N_ELEMENTS(bare); i++)
		if (slice_ends(name, bare[i]))
			return BARE;
	return NEVER;
}

/* ---- values ------------------------------------------------------------------------------------------------- */

static size_t span_of(Slice text, const char *bytes)
{
	size_t length = 0;
	while (length < text.length && text.at[length] && strchr(bytes, text.at[length]))
		length++;
	return length;
}

/* Of a key of OpenPGP, of a certificate; MySQL writes a hashed password so, with a star. */
static bool is_fingerprint(Slice text)
{
	Slice digits = slice_starts(text, "*") ? slice_sub(text, 1, text.length) : text;
	return digits.length == 40 && span_of(digits, "0123456789ABCDEF") == 40;
}

/* ZXhhbXBsZS… says "example…". */
static bool says_sample(const char *text)
{
	gsize length;
	g_autofree guchar *decoded = g_base64_decode(text, &length);
	return secret_is_sample((Slice){(const char *)decoded, length}) && length >= 12 &&
	       g_utf8_validate((const char *)decoded, (gssize)length, NULL);
}

/* Values that everybody knows: the key that Grafana has until it is given one, the secrets of the clients of ownCloud
 * and OpenCloud, which their sources tell, the token in Kubecost's guide, and what RFC 6749 shows. */
static bool is_published(Slice value)
{
	static const char *const values[] = {"SW2YcwTIb9zpOOhoPsMm",
	        "UBntmLjC2yYCeHwsyj73Uwo9TAaecAetRwMw0xYcvNL9yRdLSUi0hUAHfvCHFeFh",
	        "dInFYGV33xKzhbRmpqQltYNdfLdJIfJ9L5ISoKhNoT9qZftpdWSP71VrpGR9pmoD",
	        "KFeFWWEZO9TkisIQzR3fo7hfiMXlOpaqP8CFuTbSHzV1TUuGECglPxpiVKJfOXIx", "YXNkZkBhc2RmLmNvbQ==xm343yadf98",
	        "tGzv3JOkF0XG5Qx2TlKWIA", "2YotnFZFEjr1zCsicMWpAA", "SplxlOBeZQQYbYS6WxSbIA", "7Fjfp0ZBr1KtDRbnfVdmIw"};
	return slice_is_any(value, values, G_N_ELEMENTS(values));
}

/* {"alg":"HS256","typ":"JWT"} alone: the head that all signed tokens begin with, and nothing of one. */
static bool is_lone_head(Slice value)
{
	return (slice_starts(value, "eyJhbGci") || slice_starts(value, "eyJ0eXAi")) &&
	       slice_find_byte(value, '.', 0) == SIZE_MAX;
}

static bool is_value_byte(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("_-+/=.~!@#%^*", c));
}

/* ---- names and values in a text ------------------------------------------------------------------------------ */

typedef struct Reader {
	const SourceFile *file;
	Slice bytes;
	Writing writing;
	bool asked, elsewhere; /* whether it was asked if the file is told elsewhere, and the answer */
} Reader;

/* The name that ends before a sign; empty where there is none. checksum/secret is no secret's. */
static Slice name_before(Slice bytes, size_t at)
{
	while (at > 0 && (bytes.at[at - 1] == ' ' || bytes.at[at - 1] == '\t'))
		at--;
	while (at > 0 && bytes.at[at - 1] && strchr("\"'`]", bytes.at[at - 1]))
		at--;
	size_t end = at;
	while (at > 0 && end - at < MOST_NAME && (g_ascii_isalnum(bytes.at[at - 1]) || strchr("_-", bytes.at[at - 1])))
		at--;
	return at > 0 && bytes.at[at - 1] == '/' ? slice_sub(bytes, end, end) : slice_sub(bytes, at, end);
}

static bool is_document(const Reader *reader)
{
	return slice_ends(reader->file->name, ".md") || slice_ends(reader->file->name, ".rst") ||
	       slice_ends(reader->file->name, ".txt");
}

/* http://localhost:8888/?token=…: what a program once printed, and a document shows. */
static bool is_in_shown_address(const Reader *reader, Slice name)
{
	size_t start = (size_t)(name.at - reader->bytes.at);
	return start > 0 && reader->bytes.at[start - 1] == '?' && is_document(reader);
}

/* https://images.example.net/f/poster.jpg?token=…: signed for whoever looks at the picture. */
static bool is_of_picture(const Reader *reader, Slice name)
{
	static const char *const ends[] = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"};
	size_t end = (size_t)(name.at - reader->bytes.at), start;
	if (end == 0 || !strchr("?&", reader->bytes.at[end - 1]))
		return false;
	for (start = --end; start > 0 && !strchr(" \t\n\"'", reader->bytes.at[start - 1]);)
		start--;
	Slice address = slice_sub(reader->bytes, start, end);
	address = slice_sub(address, 0, MIN(slice_find_byte(address, '?', 0), address.length));
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(address, ends[i]) && slice_starts(address, "http"))
			return true;
	return false;
}

/* The line holds a UUID. */
static bool has_uuid(Slice line)
{
	static const char *const bytes = "0123456789abcdefABCDEF-";
	for (size_t at = 0; at < line.length; at++) {
		size_t run = span_of(slice_sub(line, at, line.length), bytes);
		if (credential_is_uuid(slice_sub(line, at, at + run)))
			return true;
		at += run;
	}
	return false;
}

/* Beside another one: where a manager keeps a list of secrets, and none of them. */
static bool is_among_ids(Slice bytes, size_t at)
{
	size_t start = at;
	while (start > 0 && bytes.at[start - 1] != '\n')
		start--;
	size_t before = start > 0 ? start - 1 : 0, end = slice_find_byte(bytes, '\n', at);
	while (before > 0 && bytes.at[before - 1] != '\n')
		before--;
	Slice rest = slice_sub(bytes, end == SIZE_MAX ? bytes.length : end + 1, bytes.length), line;
	return has_uuid(slice_sub(bytes, before, start)) || (slice_next_line(&rest, &line) && has_uuid(line));
}

/* A key to sign or to encrypt with is drawn otherwise: a UUID says which one is meant. */
static bool is_id(const Reader *reader, Slice name, size_t at, Slice value)
{
	static const char *const keys[] = {"signing", "encryption", "private", "master"};
	if (!credential_is_uuid(value))
		return false;
	g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strstr(lower, keys[i]) && g_str_has_suffix(lower, "key"))
			return true;
	return is_among_ids(reader->bytes, at);
}

/* `key` alone is what dashboards call an api key, and ESPHome the key of its messages: told by the length. */
static bool is_lone_key(Slice value)
{
	bool hex = span_of(value, "0123456789abcdef") == value.length;
	return (hex && (value.length == 32 || value.length == 64)) || (value.length == 44 && slice_ends(value, "="));
}

static bool is_secret_name(Slice name)
{
	if (slice_is(name, "key") || slice_is(name, "Authorization"))
		return true;
	/* Pi-hole keeps what its password is hashed to. */
	return name.length >= 4 && name.length <= MOST_NAME && credential_ends_name(name) &&
	       slice_find(name, "ublic", 0) == SIZE_MAX && !slice_is(name, "WEBPASSWORD");
}

/* Where the value begins behind a sign, and which quotes it stands in; SIZE_MAX where it cannot be one. */
static size_t value_start(const Reader *reader, size_t at, char *ret_quote)
{
	Slice bytes = reader->bytes;
	while (at < bytes.length && (bytes.at[at] == ' ' || bytes.at[at] == '\t'))
		at++;
	*ret_quote = at < bytes.length && strchr("\"'`", bytes.at[at]) ? bytes.at[at] : '\0';
	at += *ret_quote != '\0';
	Slice rest = slice_sub(bytes, MIN(at, bytes.length), bytes.length);
	if (slice_starts(rest, "Bearer "))
		return at + strlen("Bearer ");
	return *ret_quote || reader->writing == BARE ? at : SIZE_MAX;
}

/* The value ends where its quotes do, or where it stands bare, at the end of the word. */
static bool ends_well(Slice bytes, size_t end, char quote)
{
	if (end == bytes.length)
		return quote == '\0';
	return quote ? bytes.at[end] == quote
	             : bytes.at[end] && strchr(" \t\r\n,;&<>)}]\"'`|\\", bytes.at[end]) != NULL;
}

static bool has_any(Slice bytes, const char *const *words)
{
	for (; *words; words++)
		if (slice_find(bytes, *words, 0) != SIZE_MAX)
			return true;
	return false;
}

/* What is no secret for being sealed, and in YAML, what says the same of such a file already. */
static bool is_told_elsewhere(Reader *reader)
{
	const SourceFile *file = reader->file;
	static const char *const sealed[] = {"\nsops:", "\"sops\":", "$ANSIBLE_VAULT", "kind: SealedSecret", NULL};
	static const char *const read[] = {"kind: Secret", "encryptedData:", "services:\n", NULL};
	bool yaml = slice_ends(file->name, ".yaml") || slice_ends(file->name, ".yml");
	if (!reader->asked)
		reader->elsewhere = has_any(file->bytes, sealed) || (yaml && has_any(file->bytes, read));
	reader->asked = true;
	return reader->elsewhere;
}

static void read_value(Reader *reader, Slice name, size_t at)
{
	char quote;
	size_t start = value_start(reader, at, &quote), end = start;
	size_t most = start != SIZE_MAX && slice_starts(slice_sub(reader->bytes, MIN(start, reader->bytes.length),
	                                                        reader->bytes.length),
	                                           "eyJ")
	                      ? MOST_TOKEN
	                      : MOST_VALUE;
	while (end < reader->bytes.length && end - start <= most && is_value_byte(reader->bytes.at[end]))
		end++;
	if (start == SIZE_MAX || !ends_well(reader->bytes, end, quote))
		return;
	Slice value = slice_sub(reader->bytes, start, end);
	if (slice_is(name, "key") && !is_lone_key(value))
		return;
	g_autofree char *text = slice_dup(value);
	if (value.length > most || !credential_is_drawn(value) || !credential_is_clear(slice_from(text), false) ||
	        secret_has_form(value) || secret_is_sample(value) || is_fingerprint(value) || says_sample(text) ||
	        text[0] == '/' || strstr(text, "://") || is_published(value) || is_lone_head(value) ||
	        credential_reads_password(value) || is_id(reader, name, start, value) ||
	        is_in_shown_address(reader, name) || is_of_picture(reader, name) || is_told_elsewhere(reader))
		return;
	char *form = arena_printf(reader->file->arena, "value of '%.*s'", SLICE_ARGS(name));
	graph_add_node(reader->file->builder, NODE_SECRET, reader->file->node, slice_from(form), start, end);
}

/* A sign of `==`, `!=`, `->` or `::` says something else; `=>` is PHP's and Ruby's. */
static bool is_sign(Slice bytes, size_t at, bool xml)
{
	char sign = bytes.at[at], after = at + 1 < bytes.length ? bytes.at[at + 1] : '\0',
	     before = at > 0 ? bytes.at[at - 1] : '\0';
	if (sign == '>')
		return xml;
	return (sign == '=' && !strchr("=~", after) && !strchr("!<>=", before)) ||
	       (sign == ':' && after != ':' && before != ':');
}

/* The next of the signs, by the fast search of each: there are few in a text, and texts are long. */
static size_t next_sign(const Reader *reader, size_t at, size_t *nexts, const char *signs)
{
	size_t first = SIZE_MAX;
	for (size_t i = 0; signs[i]; i++) {
		if (nexts[i] < at)
			nexts[i] = slice_find_byte(reader->bytes, signs[i], at);
		first = MIN(first, nexts[i]);
	}
	return first;
}

static void read_lines(Reader *reader)
{
	bool xml = slice_ends(reader->file->name, ".xml");
	const char *signs = xml ? "=:>" : "=:";
	size_t nexts[] = {0, 0, 0};
	for (size_t at = 0; (at = next_sign(reader, at + 1, nexts, signs)) != SIZE_MAX;) {
		char sign = reader->bytes.at[at];
		if (!is_sign(reader->bytes, at, xml))
			continue;
		Slice name = name_before(reader->bytes, at);
		char after = at + 1 < reader->bytes.length ? reader->bytes.at[at + 1] : '\0';
		if (is_secret_name(name))
			read_value(reader, name,
			        at + 1 + ((sign == ':' && after == '=') || (sign == '=' && after == '>')));
	}
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

static bool matches(const SourceFile *file)
{
	return writing_of(file->name) != NEVER;
}

/* test_token.py that asks for a library to test with: what is secret there is made up. A mere script may be called so.
 */
static bool is_unit_test(const SourceFile *file)
{
	static const char *const libraries[] = {
	        "import unittest", "from unittest", "import pytest", "from pytest", NULL};
	return (slice_starts(file->name, "test_") || slice_ends(file->name, "_test.py")) &&
	       slice_ends(file->name, ".py") && has_any(file->bytes, libraries);
}

static void read_literals(const SourceFile *file)
{
	bool owned = (!file->class || strcmp(file->class, "archive") == 0 || strcmp(file->class, "dated") == 0) &&
	             !is_unit_test(file);
	if (owned && file->bytes.length <= MOST_BYTES)
		read_lines(&(Reader){.file = file, .bytes = file->bytes, .writing = writing_of(file->name)});
}

const Source source_literal = {"literal", matches, read_literals};
