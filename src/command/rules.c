/* labwright rules: what is checked. */
#include "command/command.h"

#include "base/error.h"
#include "report/report.h"

extern const Command command_rules;

static void append_table(GString *out)
{
	size_t width = 0;
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			width = MAX(width, strlen((*set)->rules[i].id));
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		g_string_append_printf(out, "%s%s\n", out->len ? "\n" : "", (*set)->topic);
		for (size_t i = 0; i < (*set)->count; i++) {
			const Rule *rule = &(*set)->rules[i];
			g_string_append_printf(out, "  %-*s  %-7s  ", (int)width, rule->id, level_word(rule->level));
			report_append(out, rule->title, g_get_charset(NULL));
			if (rule->profile != PROFILE_HOMELAB)
				g_string_append_printf(out, " (profile %s)", profile_word(rule->profile));
			g_string_append_c(out, '\n');
		}
	}
	g_string_append(out, "\nnext: labwright explain RULE\n");
}

static void append_markdown(GString *out)
{
	g_string_append(out, "| rule | level | profile | what it finds |\n| --- | --- | --- | --- |\n");
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			g_string_append_printf(out, "| `%s` | %s | %s | %s |\n", (*set)->rules[i].id,
			        level_word((*set)->rules[i].level), profile_word((*set)->rules[i].profile),
			        (*set)->rules[i].title);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *format = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	const GOptionEntry entries[] = {
	        {"format", 0, 0, G_OPTION_ARG_STRING, &format, "text, markdown or json", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_rules, entries, &argc, &argv, &error))
		return command_fail(error);
	if (!format || strcmp(format, "text") == 0)
		append_table(out);
	else if (strcmp(format, "markdown") == 0)
		append_markdown(out);
	else if (strcmp(format, "json") == 0)
		report_rules_json(out);
	else
		return command_misused("one of text, markdown, json", "--format knows no '%s'", format);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_rules = {"rules", "look", "", "list what is checked", run};
