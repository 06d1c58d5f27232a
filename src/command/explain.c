/* labwright explain RULE: why a rule asks, what to do, and how to silence it. Prose only, from the rule's own row. */
#include "command/command.h"

#include "base/error.h"
#include "report/report.h"

extern const Command command_explain;

#define WIDTH 78
#define INDENT 2

/* Breaks at blanks; each line is indented. */
static void append_wrapped(GString *out, const char *text)
{
	g_autoptr(GString) safe = g_string_new(NULL);
	report_append(safe, text, g_get_charset(NULL));
	g_auto(GStrv) words = g_strsplit(safe->str, " ", -1);
	glong column = 0;
	for (char **word = words; *word; word++) {
		glong length = g_utf8_strlen(*word, -1);
		if (column > 0 && column + 1 + length > WIDTH) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		g_string_append(out, column ? " " : "  ");
		g_string_append(out, *word);
		column += length + (column ? 1 : INDENT);
	}
	g_string_append_c(out, '\n');
}

static const char *fix_text(FixClass fix)
{
	switch (fix) {
	case FIX_SAFE:
		return "Mechanical: there is one right edit.";
	case FIX_VALUE:
		return "A value: the edit is clear once you confirm what is meant.";
	case FIX_PROPOSAL:
		return "A decision: only you know which side is right.";
	default:
		return NULL;
	}
}

static void append_section(GString *out, const char *title, const char *text)
{
	if (!text)
		return;
	g_string_append_printf(out, "\n%s\n", title);
	append_wrapped(out, text);
}

static void append_silence(GString *out, const char *id)
{
	g_string_append_printf(out,
	        "\nTo silence it\n"
	        "  # labwright: ignore=%s -- why        in a comment on the line or alone above it\n"
	        "  labwright/ignore: %s                 in the annotations of the object\n",
	        id, id);
}

static void append_profile(GString *out, const Rule *rule)
{
	if (rule->profile != PROFILE_HOMELAB)
		g_string_append_printf(out,
		        "\nWhen it runs\n"
		        "  --profile %s, profile: %s in labwright.yaml, or a level for it under rules: there\n",
		        profile_word(rule->profile), profile_word(rule->profile));
}

static void append_rule(GString *out, const Rule *rule)
{
	g_string_append_printf(out, "%s (%s)\n", rule->id, level_word(rule->level));
	append_wrapped(out, rule->title);
	append_section(out, "Why", rule->why);
	append_section(out, "What to do", rule->remedy);
	append_section(out, "The repair", fix_text(rule->fix));
	append_profile(out, rule);
	append_section(out, "Others that ask the same", rule->peers);
	append_silence(out, rule->id);
	g_string_append_printf(out, "\nnext: labwright check --rule %s\n", rule->id);
}

static int misused(const char *id)
{
	const Rule *near = rule_near(slice_from(id));
	g_autofree char *meant = near ? g_strdup_printf("did you mean '%s'?", near->id) : NULL;
	return command_misused(meant ? meant : "labwright rules lists them", "no rule is called '%s'", id);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!command_parse(&command_explain, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc < 2)
		return command_misused("labwright rules lists them", "explain needs the name of a rule");
	for (int i = 1; i < argc; i++) {
		const Rule *rule = rule_find(argv[i]);
		if (!rule)
			return misused(argv[i]);
		if (i > 1)
			g_string_append_c(out, '\n');
		append_rule(out, rule);
	}
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_explain = {"explain", "look", "RULE…", "say why a rule asks and what to do", run};
