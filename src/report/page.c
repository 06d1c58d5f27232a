/* Blocks in a row; a table's cells follow its header. */
#include "report/page.h"

typedef enum BlockKind {
	BLOCK_HEADING,
	BLOCK_TEXT,
	BLOCK_ITEM,
	BLOCK_COMMAND,
	BLOCK_TABLE,
	BLOCK_CELL,
	BLOCK_PICTURE
} BlockKind;

typedef struct Block {
	BlockKind kind;
	int level;     /* of a heading; columns of a table; 1 for an item that is a detail */
	char *text;    /* of a table its header, of a picture its svg */
	char *caption; /* of a picture */
} Block;

struct Page {
	char *title;
	GArray *blocks;
};

static void block_clear(gpointer data)
{
	Block *block = data;
	g_free(block->text);
	g_free(block->caption);
}

Page *page_new(const char *title)
{
	Page *page = g_new0(Page, 1);
	page->title = g_strdup(title);
	page->blocks = g_array_new(FALSE, TRUE, sizeof(Block));
	g_array_set_clear_func(page->blocks, block_clear);
	return page;
}

void page_free(Page *page)
{
	if (!page)
		return;
	g_free(page->title);
	g_array_unref(page->blocks);
	g_free(page);
}

G_GNUC_PRINTF(4, 0) static void add_block(Page *page, BlockKind kind, int level, const char *format, va_list args)
{
	Block block = {kind, level, g_strdup_vprintf(format, args), NULL};
	g_array_append_val(page->blocks, block);
}

#define ADD_BLOCK(page, kind, level, format)                                                                           \
	va_list args;                                                                                                  \
	va_start(args, format);                                                                                        \
	add_block(page, kind, level, format, args);                                                                    \
	va_end(args)

void page_heading(Page *page, int level, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_HEADING, level, format);
}

void page_text(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_TEXT, 0, format);
}

void page_item(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_ITEM, 0, format);
}

void page_detail(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_ITEM, 1, format);
}

void page_command(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_COMMAND, 0, format);
}

void page_cell(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_CELL, 0, format);
}

void page_table(Page *page, const char *header)
{
	Block block = {BLOCK_TABLE, 1, g_strdup(header), NULL};
	for (const char *at = header; *at; at++)
		block.level += *at == '|';
	g_array_append_val(page->blocks, block);
}

void page_picture(Page *page, const char *svg, const char *caption)
{
	Block block = {BLOCK_PICTURE, 0, g_strdup(svg), g_strdup(caption)};
	g_array_append_val(page->blocks, block);
}

static const Block *block_at(const Page *page, guint index)
{
	return &g_array_index(page->blocks, Block, index);
}

static bool is_kind(const Page *page, guint index, BlockKind kind)
{
	return index < page->blocks->len && block_at(page, index)->kind == kind;
}

static bool is_number_column(const char *cell)
{
	return *cell == '>';
}

/* ---- foreign text -------------------------------------------------------------------------------------- */

/* Characters that turn the direction of text, or that XML does not have. */
static bool is_harmful(gunichar c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

/* As UTF-8 without them; lines and tabs become spaces unless they are kept. Free with g_free. */
static char *clean(const char *text, bool keep_lines)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new(NULL);
	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		if (c == '\n' || c == '\t')
			g_string_append_c(out, keep_lines ? (char)c : ' ');
		else
			g_string_append_unichar(out, is_harmful(c) ? 0xfffd : c);
	}
	return g_string_free(out, FALSE);
}

/* ---- Markdown ----------------------------------------------------------------------------------------- */

/* Lines become one: a paragraph or cell of Markdown is a line. What has a meaning at the beginning of one alone has it
 * where the text begins. */
static void append_plain(GString *out, const char *text)
{
	g_autofree char *valid = clean(text, false);
	const char *start = valid + strspn(valid, " ");
	for (const char *at = start; *at; at++) {
		bool opens = at == start && strchr("+-=", *at);
		bool numbers = (*at == '.' || *at == ')') && at > start && strchr(" ", at[1]) &&
		               strspn(start, "0123456789") == (size_t)(at - start);
		/* Between letters and digits a line below means nothing. */
		bool inside = *at == '_' && at > start && g_ascii_isalnum(at[-1]) && g_ascii_isalnum(at[1]);
		if (opens || numbers || (!inside && strchr("\\`*_[]<>|#&~$", *at)))
			g_string_append_c(out, '\\');
		g_string_append_c(out, *at);
	}
}

/* Four spaces before each line: no text can end such a block. */
static void append_indented(GString *out, const char *text)
{
	g_autofree char *valid = clean(text, true);
	g_strchomp(valid);
	g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "%s%s%s", line == lines ? "" : "\n", **line ? "    " : "", *line);
}

static guint markdown_table(const Page *page, guint index, GString *out)
{
	const Block *table = block_at(page, index);
	g_auto(GStrv) header = g_strsplit(table->text, "|", -1);
	for (char **cell = header; *cell; cell++) {
		g_string_append(out, "| ");
		append_plain(out, *cell + is_number_column(*cell));
		g_string_append_c(out, ' ');
	}
	g_string_append(out, "|\n");
	for (char **cell = header; *cell; cell++)
		g_string_append(out, is_number_column(*cell) ? "| ---: " : "| --- ");
	g_string_append(out, "|\n");
	int column = 0;
	for (index++; is_kind(page, index, BLOCK_CELL); index++) {
		g_string_append(out, "| ");
		append_plain(out, block_at(page, index)->text);
		g_string_append_c(out, ' ');
		if (++column % table->level == 0)
			g_string_append(out, "|\n");
	}
	g_string_append_c(out, '\n');
	return index;
}

void page_markdown(const Page *page, GString *out)
{
	g_string_append(out, "# ");
	append_plain(out, page->title);
	g_string_append(out, "\n\n");
	for (guint i = 0; i < page->blocks->len;) {
		const Block *block = block_at(page, i);
		if (block->kind == BLOCK_TABLE) {
			i = markdown_table(page, i, out);
			continue;
		}
		if (block->kind == BLOCK_HEADING)
			for (int level = 0; level < block->level; level++)
				g_string_append(out, level + 1 == block->level ? "# " : "#");
		if (block->kind == BLOCK_COMMAND)
			append_indented(out, block->text);
		else if (block->kind == BLOCK_PICTURE)
			g_string_append_printf(out, "(picture in report.html: %s)", block->caption);
		else {
			g_string_append(out, block->kind != BLOCK_ITEM ? "" : block->level ? "  - " : "- ");
			append_plain(out, block->text);
		}
		g_string_append(out, block->kind == BLOCK_ITEM && is_kind(page, i + 1, BLOCK_ITEM) ? "\n" : "\n\n");
		i++;
	}
	g_string_truncate(out, out->len - 1);
}

/* ---- HTML ---------------------------------------------------------------------------------------------- */

static const char style[] =
        ":root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#d9dce1;--paper:#fff;--band:#f5f6f8;"
        "--good:#2b8a3e;--bad:#c92a2a;--warn:#b86e00;--accent:#1864ab}"
        "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9ba1a9;--line:#33383f;--paper:#14171a;"
        "--band:#1d2125;--good:#69db7c;--bad:#ff8787;--warn:#ffc078;--accent:#74c0fc}}"
        "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}"
        "main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}"
        "h1{font-size:1.9rem;line-height:1.2;margin:.4rem 0 1rem}"
        "h2{font-size:1.35rem;margin:2.4rem 0 .6rem;padding-top:.8rem;border-top:1px solid var(--line)}"
        "h3{font-size:1.1rem;margin:1.8rem 0 .4rem}h4{font-size:1rem;margin:1.2rem 0 "
        ".3rem;overflow-wrap:anywhere}p{overflow-wrap:anywhere;margin:.5rem 0}ul{margin:.4rem 0;padding-left:1.3rem}"
        "li{margin:.2rem 0;overflow-wrap:anywhere}li.d{margin-left:1.2rem;color:var(--soft);font-size:.92em}"
        ".scroll{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;width:100%;font-size:.9rem}"
        "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}"
        "th{color:var(--soft);font-weight:600;white-space:nowrap}td{overflow-wrap:break-word;min-width:4.5rem;max-"
        "width:26rem}"
        "tbody tr:nth-child(even){background:var(--band)}.n{text-align:right;white-space:nowrap;"
        "font-variant-numeric:tabular-nums;min-width:0}"
        "pre{background:var(--band);padding:.6rem .8rem;border-radius:.4rem;overflow-x:auto;font-size:.88rem}"
        "figure{margin:1rem 0}figure "
        "svg{width:40rem;max-width:100%;height:auto;fill:currentColor}figcaption{color:var(--soft);font-size:.85rem}"
        "@media(max-width:40rem){th,th.n{white-space:normal}th,td{padding:.35rem .4rem}}"
        "@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#ccc;--paper:#fff;--band:#f5f6f8;"
        "--good:#2b8a3e;--bad:#c92a2a;--warn:#b86e00;--accent:#1864ab}"
        "body{font-size:10pt}main{max-width:none;padding:0}h2,h3,h4{break-after:avoid}tr,figure{break-inside:avoid}"
        ".scroll{overflow:visible}td,th{overflow-wrap:anywhere;min-width:0;white-space:normal;padding:.2rem .3rem}"
        "table{font-size:8pt}pre{white-space:pre-wrap}}";

void page_escape(GString *out, const char *text)
{
	g_autofree char *valid = clean(text, true);
	for (const char *at = valid; *at; at++) {
		if (*at == '&')
			g_string_append(out, "&amp;");
		else if (*at == '<')
			g_string_append(out, "&lt;");
		else if (*at == '>')
			g_string_append(out, "&gt;");
		else if (*at == '"')
			g_string_append(out, "&quot;");
		else if (*at == '\'')
			g_string_append(out, "&#39;");
		else
			g_string_append_c(out, *at);
	}
}

static void append_element(GString *out, const char *open, const char *text, const char *close)
{
	g_string_append(out, open);
	page_escape(out, text);
	g_string_append(out, close);
}

static guint html_table(const Page *page, guint index, GString *out)
{
	const Block *table = block_at(page, index);
	g_auto(GStrv) header = g_strsplit(table->text, "|", -1);
	g_string_append(out, "<div class=\"scroll\"><table><thead><tr>");
	for (char **cell = header; *cell; cell++)
		append_element(out, is_number_column(*cell) ? "<th class=\"n\">" : "<th>",
		        *cell + is_number_column(*cell), "</th>");
	g_string_append(out, "</tr></thead><tbody>");
	int column = 0;
	for (index++; is_kind(page, index, BLOCK_CELL); index++) {
		g_string_append(out, column == 0 ? "<tr>" : "");
		append_element(out, is_number_column(header[column]) ? "<td class=\"n\">" : "<td>",
		        block_at(page, index)->text, "</td>");
		column = (column + 1) % table->level;
		g_string_append(out, column == 0 ? "</tr>\n" : "");
	}
	g_string_append(out, "</tbody></table></div>\n");
	return index;
}

static void html_block(const Page *page, guint index, GString *out)
{
	const Block *block = block_at(page, index);
	switch (block->kind) {
	case BLOCK_HEADING:
		g_string_append_printf(out, "<h%d>", block->level);
		page_escape(out, block->text);
		g_string_append_printf(out, "</h%d>\n", block->level);
		break;
	case BLOCK_ITEM:
		g_string_append(out, index == 0 || !is_kind(page, index - 1, BLOCK_ITEM) ? "<ul>\n" : "");
		append_element(out, block->level ? "<li class=\"d\">" : "<li>", block->text, "</li>\n");
		g_string_append(out, is_kind(page, index + 1, BLOCK_ITEM) ? "" : "</ul>\n");
		break;
	case BLOCK_COMMAND:
		append_element(out, "<pre>", block->text, "</pre>\n");
		break;
	case BLOCK_PICTURE:
		g_string_append_printf(out, "<figure>%s", block->text);
		append_element(out, "<figcaption>", block->caption, "</figcaption></figure>\n");
		break;
	default:
		append_element(out, "<p>", block->text, "</p>\n");
	}
}

/* The browser is told to run and to fetch nothing, should a text ever get past page_escape. */
void page_html(const Page *page, GString *out)
{
	g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
	                     "<meta http-equiv=\"Content-Security-Policy\" "
	                     "content=\"default-src 'none';style-src 'unsafe-inline'\"/>"
	                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>");
	append_element(out, "<title>", page->title, "</title>");
	g_string_append_printf(out, "<style>%s</style></head>\n<body><main>\n", style);
	append_element(out, "<h1>", page->title, "</h1>\n");
	for (guint i = 0; i < page->blocks->len;) {
		if (block_at(page, i)->kind == BLOCK_TABLE)
			i = html_table(page, i, out);
		else
			html_block(page, i++, out);
	}
	g_string_append(out, "</main></body></html>\n");
}
