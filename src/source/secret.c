/* Bytes that look like a credential: tokens whose form says what they are, private keys, and literal values of keys
 * that are called password, secret or token. Only the place and the form are kept, never the value.
 *
 * Sources of the forms: the issuers' public documentation of their token formats. */
#include "source/secret.h"

#include "source/source.h"

typedef enum Alphabet { ALNUM, URL_SAFE } Alphabet;

/* prefix, then least to most characters of the alphabet; numbered: a number and a colon stand before it. */
static const struct {
	const char *prefix, *name;
	Alphabet alphabet;
	uint16_t least, most;
	bool numbered;
} forms[] = {
        {"AKIA", "AWS access key", ALNUM, 16, 16, false},
        {"ghp_", "GitHub token", ALNUM, 36, 36, false},
        {"gho_", "GitHub token", ALNUM, 36, 36, false},
        {"ghs_", "GitHub token", ALNUM, 36, 36, false},
        {"github_pat_", "GitHub token", URL_SAFE, 60, 100, false},
        {"glpat-", "GitLab token", URL_SAFE, 20, 60, false},
        {"xoxb-", "Slack token", URL_SAFE, 40, 100, false},
        {"xoxp-", "Slack token", URL_SAFE, 40, 100, false},
        {"sk_live_", "Stripe key", ALNUM, 24, 120, false},
        {"tskey-auth-", "Tailscale key", URL_SAFE, 36, 80, false},
        {"tskey-api-", "Tailscale key", URL_SAFE, 36, 80, false},
        {"tskey-client-", "Tailscale key", URL_SAFE, 36, 80, false},
        {"AIzaSy", "Google API key", URL_SAFE, 33, 33, false},
        {"sk-proj-", "OpenAI key", URL_SAFE, 40, 200, false},
        {"sk-ant-", "Anthropic key", URL_SAFE, 40, 200, false},
        {"hf_", "Hugging Face token", ALNUM, 34, 34, false},
        {"dckr_pat_", "Docker Hub token", URL_SAFE, 27, 40, false},
        {"npm_", "npm token", ALNUM, 36, 36, false},
        {"AGE-SECRET-KEY-1", "age secret key", ALNUM, 58, 58, false},
        {"hvs.", "Vault token", URL_SAFE, 90, 200, false},
        {"SG.", "SendGrid key", URL_SAFE, 22, 22, false},
        {"AA", "Telegram bot token", URL_SAFE, 33, 33, true},
};

static bool in_alphabet(char c, Alphabet alphabet)
{
	return g_ascii_isalnum(c) || (alphabet == URL_SAFE && (c == '_' || c == '-'));
}

/* Samples in documents are made of few different characters, or say what they are. */
bool secret_is_sample(Slice token)
{
	bool seen[256] = {false};
	uint32_t different = 0;
	for (size_t i = 0; i < token.length; i++) {
		different += !seen[(unsigned char)token.at[i]];
		seen[(unsigned char)token.at[i]] = true;
	}
	static const char *const words[] = {"EXAMPLE", "example", "xxxx", "XXXX", "your", "YOUR", "1234567890",
	        "0123456789", "abcdefgh", "abc123", "ABC123", "123456"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(token, words[i], 0) != SIZE_MAX)
			return true;
	return different < 10;
}

static void add_secret(const SourceFile *file, Node parent, const char *form, size_t start, size_t end)
{
	graph_add_node(file->builder, NODE_SECRET, parent, slice_from(form), start, end);
}

/* The length of the token of that form at a place, or 0. */
static size_t token_length(Slice bytes, size_t at, size_t form)
{
	size_t prefix = strlen(forms[form].prefix), end = at + prefix;
	if (bytes.length - at < prefix + forms[form].least || memcmp(bytes.at + at, forms[form].prefix, prefix) != 0)
		return 0;
	while (end < bytes.length && in_alphabet(bytes.at[end], forms[form].alphabet))
		end++;
	size_t length = end - at - prefix;
	return length >= forms[form].least && length <= forms[form].most ? end - at : 0;
}

/* `8123456789:` */
static bool is_behind_number(Slice bytes, size_t at)
{
	size_t start = at > 0 ? at - 1 : 0;
	while (start > 0 && g_ascii_isdigit(bytes.at[start - 1]))
		start--;
	return at > 0 && bytes.at[at - 1] == ':' && at - 1 - start >= 8;
}

/* No form makes fewer bytes. */
#define SHORTEST 20

typedef struct Finder {
	const SourceFile *file;
	bool known[256];      /* bytes that tokens and their prefixes are made of */
	uint64_t begins[256]; /* by the first byte of a prefix, which second ones follow it: a bit for each remainder of
	                         64 */
} Finder;

static void prepare(Finder *finder)
{
	for (size_t c = 0; c < G_N_ELEMENTS(finder->known); c++)
		finder->known[c] = g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		finder->begins[(unsigned char)forms[i].prefix[0]] |= (uint64_t)1 << (forms[i].prefix[1] & 63);
}

bool secret_has_form(Slice text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (!forms[i].numbered && token_length(text, 0, i))
			return true;
	return false;
}

/* The settings of Firebase that a browser is given: "apiKey" names the project there, and opens nothing. */
static bool is_for_browsers(Slice bytes, size_t at, size_t length)
{
	Slice before = slice_sub(bytes, at > 24 ? at - 24 : 0, at);
	Slice behind = slice_sub(bytes, at + length, MIN(at + length + 120, bytes.length));
	return slice_find(before, "apiKey", 0) != SIZE_MAX && slice_find(behind, "authDomain", 0) != SIZE_MAX;
}

/* The length of the token that begins at a place, or 0. */
static size_t find_token(const SourceFile *file, size_t at)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		size_t length = token_length(file->bytes, at, i);
		if (length == 0 || (forms[i].numbered && !is_behind_number(file->bytes, at)) ||
		        secret_is_sample(slice_sub(file->bytes, at + strlen(forms[i].prefix), at + length)) ||
		        is_for_browsers(file->bytes, at, length))
			continue;
		add_secret(file, file->node, forms[i].name, at, at + length);
		return length;
	}
	return 0;
}

/* A run of known bytes: a token may begin at each place where no letter or digit stands before. */
static void find_tokens_within(const Finder *finder, size_t start, size_t end)
{
	const char *bytes = finder->file->bytes.at;
	size_t length = 0;
	for (size_t at = start; at + SHORTEST <= end; at += MAX(length, 1)) {
		bool begins = finder->begins[(unsigned char)bytes[at]] >> (bytes[at + 1] & 63) & 1;
		length = begins && (at == start || !g_ascii_isalnum(bytes[at - 1])) ? find_token(finder->file, at) : 0;
	}
}

/* Only at every twentieth byte: each run that is long enough has one of them. */
static void find_tokens(const SourceFile *file)
{
	Finder finder = {.file = file};
	prepare(&finder);
	const unsigned char *bytes = (const unsigned char *)file->bytes.at;
	size_t length = file->bytes.length, done = 0;
	for (size_t at = SHORTEST - 1; at < length; at = done + SHORTEST - 1) {
		size_t start = at, end = at;
		while (end < length && finder.known[bytes[end]])
			end++;
		while (end > at && start > done && finder.known[bytes[start - 1]])
			start--;
		if (end - start >= SHORTEST)
			find_tokens_within(&finder, start, end);
		done = MAX(end, at + 1);
	}
}

static bool is_base64_text(Slice body)
{
	for (size_t i = 0; i < body.length; i++)
		if (!g_ascii_isalnum(body.at[i]) && !strchr("+/= \t\r\n", body.at[i]))
			return false;
	return true;
}

/* "# sample TLS private key" on the line above, or the one before it. */
static bool is_called_sample(Slice bytes, size_t at)
{
	static const char *const words[] = {"sample", "example", "dummy", "for testing"};
	size_t start = at;
	for (int lines = 0; start > 0 && at - start < 300 && lines < 3; start--)
		lines += bytes.at[start - 1] == '\n';
	Slice above = slice_sub(bytes, start, at);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(above, words[i], 0) != SIZE_MAX && slice_find(above, "#", 0) != SIZE_MAX)
			return true;
	return false;
}

/* A whole key with a body, and not only its first line as scripts and documents quote it. */
static void find_private_keys(const SourceFile *file)
{
	for (size_t at = 0; (at = slice_find(file->bytes, "-----BEGIN ", at)) != SIZE_MAX; at++) {
		size_t line_end = slice_find_byte(file->bytes, '\n', at);
		Slice line = slice_sub(file->bytes, at, line_end == SIZE_MAX ? file->bytes.length : line_end);
		if (slice_find(line, "PRIVATE KEY-----", 0) == SIZE_MAX || line.length > 60)
			continue;
		size_t end = slice_find(file->bytes, "-----END ", at);
		Slice body = slice_sub(file->bytes, at, end == SIZE_MAX ? at : end);
		if (body.length > 200 && body.length < 20000 &&
		        !secret_is_sample(slice_sub(body, line.length, body.length)) &&
		        is_base64_text(slice_sub(body, line.length, body.length)) && !is_called_sample(file->bytes, at))
			add_secret(file, file->node, "private key", at, at + line.length);
	}
}

/* The same in base64, as the client-key-data of a kubeconfig holds it: "-----BEGIN " is always written so. In a Secret
 * it is read with all else that is there. */
static void find_encoded_keys(const SourceFile *file)
{
	static const char *const begin = "LS0tLS1CRUdJTi";
	if (slice_find(file->bytes, "kind: Secret", 0) != SIZE_MAX)
		return;
	for (size_t at = 0; (at = slice_find(file->bytes, begin, at)) != SIZE_MAX; at++) {
		size_t end = at;
		while (end < file->bytes.length && end - at < 20000 &&
		        (g_ascii_isalnum(file->bytes.at[end]) || strchr("+/=", file->bytes.at[end])))
			end++;
		g_autofree char *text = slice_dup(slice_sub(file->bytes, at, end));
		gsize length;
		g_autofree guchar *decoded = g_base64_decode(text, &length);
		Slice key = {(const char *)decoded, length};
		if (length > 200 && slice_find(slice_sub(key, 0, MIN(length, 60)), "PRIVATE KEY-----", 0) != SIZE_MAX &&
		        slice_find(key, "-----END ", 0) != SIZE_MAX && !is_called_sample(file->bytes, at))
			add_secret(file, file->node, "private key", at, at + strlen(begin));
	}
}

/* A document of a library that others wrote shows how to call it: its keys are samples. */
static bool is_foreign_document(const SourceFile *file)
{
	return file->class && strcmp(file->class, "vendored") == 0 && slice_ends(file->name, ".md");
}

static bool matches(const SourceFile *file)
{
	return !slice_ends(file->name, ".pub") && !slice_is(file->name, "package-lock.json");
}

static void read_secrets(const SourceFile *file)
{
	if (is_foreign_document(file))
		return;
	find_tokens(file);
	find_private_keys(file);
	find_encoded_keys(file);
}

const Source source_secret = {"secret", matches, read_secrets};
