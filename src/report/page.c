/* Blocks in a row; a table's cells follow its header. */
#include "report/page.h"

typedef enum BlockKind {
	BLOCK_HEADING,
	BLOCK_TEXT,
	BLOCK_ITEM,
	BLOCK_COMMAND,
	BLOCK_TABLE,
	BLOCK_CELL,
	BLOCK_PICTURE,
	BLOCK_NOTE,
	BLOCK_FOLD,
	BLOCK_UNFOLD
} BlockKind;

typedef struct Block {
	BlockKind kind;
	int level;     /* of a heading or fold; columns of a table; 1 for an item that is a detail */
	char *text;    /* of a table its header, of a picture its svg */
	char *caption; /* of a picture */
	bool tiles;    /* a table that is drawn as tiles */
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
	Block block = {.kind = kind, .level = level, .text = g_strdup_vprintf(format, args)};
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

void page_note(Page *page, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_NOTE, 0, format);
}

void page_fold(Page *page, int level, const char *format, ...)
{
	ADD_BLOCK(page, BLOCK_FOLD, level, format);
}

void page_unfold(Page *page)
{
	Block block = {.kind = BLOCK_UNFOLD};
	g_array_append_val(page->blocks, block);
}

static void add_table(Page *page, const char *header, bool tiles)
{
	Block block = {.kind = BLOCK_TABLE, .level = 1, .text = g_strdup(header), .tiles = tiles};
	for (const char *at = header; *at; at++)
		block.level += *at == '|';
	g_array_append_val(page->blocks, block);
}

void page_table(Page *page, const char *header)
{
	add_table(page, header, false);
}

void page_tiles(Page *page, const char *header)
{
	add_table(page, header, true);
}

void page_picture(Page *page, const char *svg, const char *caption)
{
	Block block = {.kind = BLOCK_PICTURE, .text = g_strdup(svg), .caption = g_strdup(caption)};
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

/* Without what the first character says of the column. */
static const char *column_name(const char *cell)
{
	return cell + (*cell == '>' || *cell == '=');
}

static const char *column_class(const char *cell)
{
	return *cell == '>' ? " class=\"n\"" : *cell == '=' ? " class=\"w\"" : "";
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
		append_plain(out, column_name(*cell));
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
		if (block->kind == BLOCK_UNFOLD) {
			i++;
			continue;
		}
		if (block->kind == BLOCK_HEADING || block->kind == BLOCK_FOLD)
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

/* clang-format off */
static const char style[] =
        ":root{color-scheme:light dark;--ink:#1c2024;--soft:#5c6370;--line:#dfe3e8;--paper:#fff;--band:#f6f7f9;--good:#237a34;--bad:#c92a2a;--warn:#b35c00;--accent:#1864ab}"
        "@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#9aa2ad;--line:#32383f;--paper:#15181b;--band:#1d2125;--good:#69db7c;--bad:#ff8787;--warn:#ffb566;--accent:#74c0fc}}"
        "*{box-sizing:border-box}html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}"
        "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}"
        "main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}"
        "h1,h2,h3,h4,p,li,dt,summary{overflow-wrap:anywhere}"
        "h1{font-size:2rem;line-height:1.2;letter-spacing:-.01em;margin:0 0 .75rem}"
        "h2{font-size:1.4rem;line-height:1.3;margin:3rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}"
        "h3{font-size:1.1rem;margin:2rem 0 .5rem}h4{font-size:1rem;margin:1.4rem 0 .15rem}"
        "p{margin:.5rem 0;max-width:46rem}.note{color:var(--soft);font-size:.88rem;margin:.1rem 0 .4rem}"
        "ul{margin:.4rem 0;padding-left:1.25rem;max-width:46rem}li{margin:.2rem 0}"
        "li.d{list-style:none;margin-left:.2rem;color:var(--soft);font-size:.92em}"
        "a{color:var(--accent)}nav{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:0 0 1.25rem;font-size:.9rem}nav a{text-decoration:none}nav a:hover{text-decoration:underline}"
        ".tiles{max-width:60rem;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.25rem,1fr));gap:.75rem;margin:1.25rem 0}"
        ".tiles div{background:var(--band);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}"
        "dt{color:var(--soft);font-size:.85rem}dd{margin:.1rem 0 0;white-space:nowrap;font-variant-numeric:tabular-nums}dd strong{font-size:1.5rem;line-height:1.2}dd i{color:var(--soft);font-style:normal}"
        ".scroll{overflow-x:auto;margin:.9rem 0}table{border-collapse:collapse;font-size:.9rem}"
        "th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line)}"
        "th{color:var(--soft);font-weight:600;white-space:nowrap}td{overflow-wrap:break-word;min-width:4.5rem;max-width:26rem}"
        ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;min-width:0;padding-left:.8rem}.w{white-space:nowrap}"
        "pre{background:var(--band);padding:.7rem .9rem;border-radius:.5rem;overflow-x:auto;font-size:.85rem;line-height:1.5}"
        "figure{margin:1.25rem 0}figure svg{display:block;width:38rem;max-width:100%;height:auto}figcaption{color:var(--soft);font-size:.85rem;margin-top:.3rem}"
        "details{margin:.8rem 0}summary{cursor:pointer;font-weight:600;color:var(--accent)}"
        "@media(max-width:40rem){main{padding:1.25rem 1rem 3rem}h1{font-size:1.6rem}h2{margin-top:2.2rem}th,th.n{white-space:normal}.tiles{grid-template-columns:1fr 1fr}.tiles div{padding:.5rem .7rem}dd strong{font-size:1.4rem}}"
        "@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#ccc;--paper:#fff;--band:#f6f7f9;--good:#237a34;--bad:#c92a2a;--warn:#b35c00;--accent:#1864ab}"
        "body{font-size:10pt}main{max-width:none;padding:0}nav{display:none}h2,h3,h4,.note{break-after:avoid}tr,figure,.tiles div{break-inside:avoid}"
        ".scroll{overflow:visible}td,th{overflow-wrap:anywhere;min-width:0;white-space:normal!important}table{font-size:8pt}pre{white-space:pre-wrap;font-size:7.5pt}details::details-content{content-visibility:visible;block-size:auto}figure svg{max-width:15cm}}";
/* clang-format on */

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
	g_string_append(out, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
	for (char **cell = header; *cell; cell++) {
		g_string_append_printf(out, "<th scope=\"col\"%s>", column_class(*cell));
		append_element(out, "", column_name(*cell), "</th>");
	}
	g_string_append(out, "</tr></thead><tbody>");
	int column = 0;
	for (index++; is_kind(page, index, BLOCK_CELL); index++) {
		g_string_append_printf(out, "%s<td%s>", column == 0 ? "<tr>" : "", column_class(header[column]));
		append_element(out, "", block_at(page, index)->text, "</td>");
		column = (column + 1) % table->level;
		g_string_append(out, column == 0 ? "</tr>\n" : "");
	}
	g_string_append(out, "</tbody></table></div>\n");
	return index;
}

/* Each row is a tile: what it counts, what it was, what it is. */
static guint html_tiles(const Page *page, guint index, GString *out)
{
	int columns = block_at(page, index)->level, column = 0;
	const char *label = "", *was = "";
	g_string_append(out, "<dl class=\"tiles\">");
	for (index++; is_kind(page, index, BLOCK_CELL); index++) {
		const char *text = block_at(page, index)->text;
		if (column == 0)
			label = text;
		else if (column + 1 < columns)
			was = text;
		else {
			append_element(out, "<div><dt>", label, "</dt><dd>");
			if (strcmp(was, text) != 0 && columns > 2)
				append_element(out, "<i>", was, " →</i> ");
			append_element(out, "<strong>", text, "</strong></dd></div>\n");
		}
		column = (column + 1) % columns;
	}
	g_string_append(out, "</dl>\n");
	return index;
}

/* Sections of the page are numbered, so that no foreign text becomes a name. */
static void html_heading(const Block *block, guint index, GString *out)
{
	if (block->level == 2)
		g_string_append_printf(out, "<h2 id=\"s%u\">", index);
	else
		g_string_append_printf(out, "<h%d>", block->level);
	page_escape(out, block->text);
	g_string_append_printf(out, "</h%d>\n", block->level);
}

static void html_contents(const Page *page, GString *out)
{
	g_string_append(out, "<nav aria-label=\"Contents\">");
	for (guint i = 0; i < page->blocks->len; i++)
		if (block_at(page, i)->kind == BLOCK_HEADING && block_at(page, i)->level == 2) {
			g_string_append_printf(out, "<a href=\"#s%u\">", i);
			append_element(out, "", block_at(page, i)->text, "</a>\n");
		}
	g_string_append(out, "</nav>\n");
}

static void html_block(const Page *page, guint index, GString *out)
{
	const Block *block = block_at(page, index);
	switch (block->kind) {
	case BLOCK_HEADING:
		html_heading(block, index, out);
		break;
	case BLOCK_ITEM:
		g_string_append(out, index == 0 || !is_kind(page, index - 1, BLOCK_ITEM) ? "<ul>\n" : "");
		append_element(out, block->level ? "<li class=\"d\">" : "<li>", block->text, "</li>\n");
		g_string_append(out, is_kind(page, index + 1, BLOCK_ITEM) ? "" : "</ul>\n");
		break;
	case BLOCK_COMMAND:
		append_element(out, "<pre tabindex=\"0\">", block->text, "</pre>\n");
		break;
	case BLOCK_PICTURE:
		g_string_append_printf(out, "<figure>%s", block->text);
		append_element(out, "<figcaption>", block->caption, "</figcaption></figure>\n");
		break;
	case BLOCK_FOLD:
		append_element(out, "<details><summary>", block->text, "</summary>\n");
		break;
	case BLOCK_UNFOLD:
		g_string_append(out, "</details>\n");
		break;
	default:
		append_element(out, block->kind == BLOCK_NOTE ? "<p class=\"note\">" : "<p>", block->text, "</p>\n");
	}
}

/* The browser is told to run and to fetch nothing, should a text ever get past page_escape. */
void page_html(const Page *page, GString *out)
{
	g_string_append(out, "<!DOCTYPE html>\n" REPORT_MARK "<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
	                     "<meta http-equiv=\"Content-Security-Policy\" "
	                     "content=\"default-src 'none';style-src 'unsafe-inline'\"/>"
	                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>");
	append_element(out, "<title>", page->title, "</title>");
	g_string_append_printf(out, "<style>%s</style></head>\n<body><main>\n", style);
	append_element(out, "<h1>", page->title, "</h1>\n");
	html_contents(page, out);
	for (guint i = 0; i < page->blocks->len;) {
		if (block_at(page, i)->kind == BLOCK_TABLE)
			i = block_at(page, i)->tiles ? html_tiles(page, i, out) : html_table(page, i, out);
		else
			html_block(page, i++, out);
	}
	g_string_append(out, "</main></body></html>\n");
}
