/* Texts against what is found in them. */
#include "base/address.h"

#include <glib.h>

/* "scheme://host:port/prefix", parts that are missing left out, `..` before the end of a range, separated by blanks. */
static char *found_in(const char *line)
{
	Slice text = slice_from(line);
	GString *out = g_string_new(NULL);
	Address address;
	for (size_t from = 0; address_next(text, &from, &address);) {
		if (out->len)
			g_string_append_c(out, ' ');
		if (address.ends_range)
			g_string_append(out, "..");
		if (address.scheme_end > address.start)
			g_string_append_printf(
			        out, "%.*s://", SLICE_ARGS(slice_sub(text, address.start, address.scheme_end)));
		g_string_append_printf(out, "%.*s", SLICE_ARGS(slice_sub(text, address.host_start, address.host_end)));
		if (address.range_last)
			g_string_append_printf(out, "-%u", address.range_last);
		if (address.port) {
			Slice port = slice_sub(text, address.port_start, address.port_end);
			g_string_append_printf(out, ":%.*s", SLICE_ARGS(port));
		}
		if (address.prefix >= 0)
			g_string_append_printf(out, "/%d", address.prefix);
		if (!address.is_ip)
			g_string_append(out, "(name)");
	}
	return g_string_free(out, FALSE);
}

static const struct {
	const char *text, *found;
} cases[] = {
        {"", ""},
        {".", ""},
        {":", ""},
        {"1.2", ""},
        /* IPv4 and what looks like it */
        {"10.0.0.1", "10.0.0.1"},
        {"NODE=192.168.8.185", "192.168.8.185"},
        {"see 192.168.8.185. Then", "192.168.8.185"},
        {"(192.168.8.185), **192.168.8.20**", "192.168.8.185 192.168.8.20"},
        {"<td>10.0.0.1</td>", "10.0.0.1"},
        {"192.168.8.10 is no 192.168.8.106", "192.168.8.10 192.168.8.106"},
        {"v1.2.3.4 1.2.3.4.5 1.2.3 1.2.3.4-rc1 1.2.3.4_2 app-1.2.3.4 x1.2.3.4", ""},
        {"10.0.0.256 10.0.0.01 2025.09.17.1", ""},
        {"1.3.6.1.4.1.9", ""},
        {"/releases/1.2.3.4/app.tar.gz", ""},
        {"//10.0.0.5/music", "10.0.0.5"},
        {"- \"address=/nas.home/10.0.0.5\"", "10.0.0.5"},
        {"path=/nas.home/10.0.0.5", ""},
        {"(`address=/nas.home/10.0.0.5`)", "10.0.0.5"},
        {"10.0.0.5-9 https://10.0.0.5-12:6443/a (`192.168.8.11-13`).",
                "10.0.0.5-9 https://10.0.0.5-12:6443 192.168.8.11-13"},
        {"10.0.0.9-5 10.0.0.5-256 10.0.0.5-9a 10.0.0.5-9.1 1.2.3.4-5", ""},
        {"192.168.1.0/24 10.0.0.0/8, 10.0.0.1/33", "192.168.1.0/24 10.0.0.0/8 10.0.0.1"},
        {"192.168.1.5/share", "192.168.1.5"},
        {"192.168.8.100-192.168.8.199", "192.168.8.100 ..192.168.8.199"},
        {"v1.2.3.4-10.0.0.1 $A.1.1.1.1-10.0.0.1", ""},
        {"192.168.8.1.nip.io", ""},
        {"192.168.8.5:6443/tcp", "192.168.8.5:6443"},
        {"192.168.8.5:70000 192.168.8.5:", "192.168.8.5 192.168.8.5"},
        {"${PREFIX}.8.185 $NET.1.1.1.1 10.0.0.${N} 10.0.0.$N 192.168.1.x", ""},
        {"ssh root@10.0.0.7", "10.0.0.7"},
        {"\"8.8.8.8:53:53/udp\"", "8.8.8.8:53"},
        /* IPv6 */
        {"fd00::1", "fd00::1"},
        {"::1", "::1"},
        {"fd00::/8, fe80::a fc00::/7", "fd00::/8 fe80::a fc00::/7"},
        {"2400:cb00::/32", "2400:cb00::/32"},
        {"rows[::2] rows[1::2] 76::67 (?::2\\d) 50:01:43:80:12:34:56:78", ""},
        {"listen [::]:80;", ""},
        {"[fd00::5]:8080", "fd00::5:8080"},
        {"fd12:3456:789a:1::/64", "fd12:3456:789a:1::/64"},
        {"2001:db8:0:0:0:0:0:5", "2001:db8:0:0:0:0:0:5"},
        {"std::vector a::b dead::beef Foo::Bar1 aa:bb:cc:dd:ee:ff 12:30:45", ""},
        {"http://[fd00::5]:8080/x", "http://fd00::5:8080"},
        /* URLs */
        {"https://a.example.com/path?q=1", "https://a.example.com(name)"},
        {"http://10.0.0.5:30432/db.", "http://10.0.0.5:30432"},
        {"postgresql://user:p%40ss@10.0.0.5:5432/db", "postgresql://10.0.0.5:5432"},
        {"http://user:${PASS}@db:5432/", "http://db:5432(name)"},
        {"jdbc:postgresql://db:5432/x", "postgresql://db:5432(name)"},
        {"[text](https://docs.example.org/a).", "https://docs.example.org(name)"},
        {"http://${HOST}:80 http://{{ host }}/ http://<node-ip>:30080 http://$HOST/", ""},
        {"http://app-${ENV}.lan http://node-<n>:80", ""},
        {"http://n8n:${PORT}/", "http://n8n(name)"},
        {"<a href=\"http://nas\">http://nas</a>", "http://nas(name) http://nas(name)"},
        {"file:///etc/hosts ://x http:// //", ""},
        /* names */
        {"redis:6379", "redis:6379(name)"},
        {"db.prod.svc", "db.prod.svc(name)"},
        {"db.prod.svc.cluster.local:5432", "db.prod.svc.cluster.local:5432(name)"},
        {"${NAME}.prod.svc $NAME.prod.svc *.prod.svc db.$NS.svc app.services .svc.cluster.local", ""},
        {"file.go:12 main.py:120:4 see README.md:44", ""},
        {"12:30 at T12:30:00 1000:1000 8080:80", ""},
        {"ghcr.io/a/b:12 nginx:1.25 node:20-alpine $REPO/x:90", ""},
        {"host:80a host:80.5 a:1", ""},
        {"web:80, api:8080; x", "web:80(name) api:8080(name)"},
};

static void test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *found = found_in(cases[i].text);
		g_assert_cmpstr(found, ==, cases[i].found);
	}
}

/* IPv4 as a strict regular expression, with the same idea of what joins an address to something else. Classes are spelt
 * out, since for GLib \w also means the letters of Latin-1. */
#define WORD "A-Za-z0-9_"
#define OCTET "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4 OCTET "(?:\\." OCTET "){3}"
#define APART_AFTER "(?![" WORD "${])(?!\\.[A-Za-z0-9.])(?:(?!-[A-Za-z0-9])|(?=-" IPV4 "\\.*+(?![0-9])))"
#define APART_BEFORE "(?<![" WORD ".$}\\\\/])(?<![" WORD ".-]-)"
#define SHARE_BEFORE "(?<=(?<![" WORD ".-])//)"
#define RANGE "(" IPV4 ")" APART_AFTER "(?:-(" IPV4 ")" APART_AFTER ")?"
#define APART "(?:" APART_BEFORE "|" SHARE_BEFORE ")" RANGE

static GString *random_text(guint32 seed, size_t length)
{
	static const char *const pieces[] = {"1", "10", "192", "255", "256", "01", "0", "9", "300", ".", ".", ".", ".",
	        "..", "1.2.3.4", "10.0.0.1", "192.168.8.255", "203.0.113.7", "-", "/", "//", "/24", " ", " ", "\n",
	        ":80", ": ", "v", "x", "_", "$", "{", "}", "\\", ",", "\"", "\xc3\xa9", "="};
	GRand *random = g_rand_new_with_seed(seed);
	GString *text = g_string_new(NULL);
	while (text->len < length)
		g_string_append(text, pieces[g_rand_int_range(random, 0, (int)G_N_ELEMENTS(pieces))]);
	g_rand_free(random);
	return text;
}

/* Start and end of all addresses, in pairs. */
static GArray *match_all(const GString *text)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GRegex) regex = g_regex_new(APART, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	g_assert_nonnull(regex);
	g_autoptr(GMatchInfo) match = NULL;
	g_regex_match_full(regex, text->str, (gssize)text->len, 0, 0, &match, NULL);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL))
		for (int group = 1; group <= 2; group++) {
			int place[2];
			if (g_match_info_fetch_pos(match, group, &place[0], &place[1]) && place[0] >= 0)
				g_array_append_vals(places, place, 2);
		}
	return places;
}

static void compare_with_oracle(guint32 seed)
{
	g_autoptr(GString) text = random_text(seed, 1 << 20);
	g_autoptr(GArray) expected = match_all(text);
	Slice whole = {text->str, text->len};
	Address address;
	guint found = 0;
	for (size_t from = 0; address_next(whole, &from, &address);) {
		if (!address.is_ip || address.ip.family != 4 || address.scheme_end > address.start ||
		        address.range_last)
			continue;
		g_assert_cmpuint(found + 2, <=, expected->len);
		size_t start = (size_t)g_array_index(expected, int, found),
		       end = (size_t)g_array_index(expected, int, found + 1);
		if (address.host_start != start || address.host_end != end)
			g_test_message("%.90s", text->str + MAX(MIN(start, address.host_start), 20) - 20);
		g_assert_cmpuint(address.host_start, ==, start);
		g_assert_cmpuint(address.host_end, ==, end);
		found += 2;
	}
	g_assert_cmpuint(found, ==, expected->len);
	g_assert_cmpuint(found, >, 4000);
}

static void test_oracle(void)
{
	for (guint32 seed = 0; seed < (g_test_thorough() ? 100 : 1); seed++)
		compare_with_oracle(seed);
}

/* An address is found wherever it stands, before, within and after the blocks that are skipped. */
static void test_everywhere(void)
{
	for (size_t length = 0; length < 200; length++) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (size_t i = 0; i < length; i++)
			g_string_append_c(text, i % 9 ? 'x' : ' ');
		g_string_append(text, " 10.1.2.3:80");
		for (size_t i = 0; i < 200 - length; i++)
			g_string_append_c(text, i % 9 ? 'y' : ' ');
		size_t from = 0;
		Address address;
		g_assert_true(address_next((Slice){text->str, text->len}, &from, &address));
		g_assert_cmpuint(address.host_start, ==, length + 1);
		g_assert_cmpuint(address.port, ==, 80);
		g_assert_false(address_next((Slice){text->str, text->len}, &from, &address));
	}
}

static void test_scopes(void)
{
	static const struct {
		const char *text, *scope;
	} scopes[] = {{"192.168.8.1", "private"}, {"100.64.0.7", "shared"}, {"255.255.255.0", "netmask"},
	        {"255.255.255.255", "broadcast"}, {"203.0.113.9", "documentation"}, {"1.1.1.1", "resolver"},
	        {"8.1.1.1", "public"}, {"127.0.0.1", "loopback"}, {"0.0.0.0", "unspecified"}, {"fd00::1", "private"},
	        {"2001:db8::1", "documentation"}, {"::ffff:10.0.0.1", "private"}, {"169.254.1.1", "link-local"}};
	for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
		Ip ip;
		g_assert_true(ip_parse(slice_from(scopes[i].text), &ip));
		g_assert_cmpstr(ip_scope_name(ip_scope(&ip)), ==, scopes[i].scope);
	}
}

static void test_ranges(void)
{
	IpRange range;
	Ip inside, outside, edge;
	g_assert_true(ip_range_parse(SLICE("192.168.8.5/22"), &range));
	ip_parse(SLICE("192.168.11.254"), &inside);
	ip_parse(SLICE("192.168.12.1"), &outside);
	ip_parse(SLICE("192.168.11.255"), &edge);
	g_assert_true(ip_range_contains(&range, &inside));
	g_assert_false(ip_range_contains(&range, &outside));
	g_assert_false(ip_range_is_edge(&range, &inside));
	g_assert_true(ip_range_is_edge(&range, &edge));
	g_assert_false(ip_range_parse(SLICE("192.168.8.0/33"), &range));
	g_assert_false(ip_range_parse(SLICE("192.168.8.0/"), &range));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/cases", test_cases);
	g_test_add_func("/address/oracle", test_oracle);
	g_test_add_func("/address/everywhere", test_everywhere);
	g_test_add_func("/address/scopes", test_scopes);
	g_test_add_func("/address/ranges", test_ranges);
	return g_test_run();
}
