/* What each address is for, and which network holds which. */
#include "base/ip.h"

#include <glib.h>

static void check_scope(const char *text, const char *expected)
{
	Ip ip;
	g_assert_true(ip_parse(slice_from(text), &ip));
	g_test_message("%s", text);
	g_assert_cmpstr(ip_scope_name(ip_scope(&ip)), ==, expected);
}

static void test_scope_v4(void)
{
	check_scope("0.0.0.0", "unspecified");
	check_scope("0.0.0.255", "reserved");
	check_scope("127.0.0.1", "loopback");
	check_scope("127.255.255.254", "loopback");
	check_scope("255.255.255.255", "broadcast");
	check_scope("255.255.255.0", "netmask");
	check_scope("255.0.0.0", "netmask");
	check_scope("255.255.240.0", "netmask");
	check_scope("255.255.255.254", "netmask");
	check_scope("255.255.0.255", "reserved");
	check_scope("10.0.0.1", "private");
	check_scope("11.0.0.1", "public");
	check_scope("172.15.255.255", "public");
	check_scope("172.16.0.0", "private");
	check_scope("172.31.255.255", "private");
	check_scope("172.32.0.0", "public");
	check_scope("192.168.255.1", "private");
	check_scope("192.169.0.1", "public");
	check_scope("100.63.255.255", "public");
	check_scope("100.64.0.1", "shared");
	check_scope("100.127.255.255", "shared");
	check_scope("100.128.0.0", "public");
	check_scope("169.254.1.1", "link-local");
	check_scope("224.0.0.251", "multicast");
	check_scope("239.255.255.255", "multicast");
	check_scope("240.0.0.1", "reserved");
	check_scope("192.0.2.7", "documentation");
	check_scope("198.51.100.255", "documentation");
	check_scope("203.0.113.0", "documentation");
	check_scope("203.0.114.0", "public");
	check_scope("198.19.0.1", "reserved");
	check_scope("1.1.1.1", "resolver");
	check_scope("1.0.0.1", "resolver");
	check_scope("8.8.4.4", "resolver");
	check_scope("9.9.9.9", "resolver");
	check_scope("1.1.1.4", "public");
}

static void test_scope_v6(void)
{
	check_scope("::", "unspecified");
	check_scope("::1", "loopback");
	check_scope("::2", "reserved");
	check_scope("fe80::1", "link-local");
	check_scope("febf::1", "link-local");
	check_scope("fec0::1", "reserved");
	check_scope("fd00::1", "private");
	check_scope("fc12:3456::", "private");
	check_scope("ff02::fb", "multicast");
	check_scope("2001:db8::1", "documentation");
	check_scope("2001:db9::1", "public");
	check_scope("3fff:abc::1", "documentation");
	check_scope("2606:4700:4700::1111", "resolver");
	check_scope("2001:4860:4860::8888", "resolver");
	check_scope("2620:fe::fe", "resolver");
	check_scope("2a00::1", "public");
	check_scope("::ffff:10.1.2.3", "private");
	check_scope("::ffff:255.255.255.0", "netmask");
}

static void test_parse(void)
{
	static const char *const wrong[] = {"", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "1.2.3.256",
	        "01.2.3.4", "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.1000", "1.2.3.-4", ":", ":::", "1:2",
	        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g", "fe80::1%eth0", "[::1]", "::1/64",
	        "1.2.3.4:80"};
	Ip ip = {.family = 9}, other;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(ip_parse(slice_from(wrong[i]), &ip));
	g_assert_false(ip_parse((Slice){"::1\0", 4}, &ip));
	g_assert_cmpuint(ip.family, ==, 9);
	g_assert_true(ip_parse(SLICE("0.10.200.255"), &ip));
	g_assert_cmpmem(ip.bytes, 4, "\0\x0a\xc8\xff", 4);
	g_assert_true(ip_parse(SLICE("2001:0DB8:0:0:0:0:0:1"), &ip) && ip_parse(SLICE("2001:db8::1"), &other));
	g_assert_true(ip_equal(&ip, &other));
	g_assert_true(ip_parse(SLICE("32.1.13.184"), &ip));
	g_assert_false(ip_equal(&ip, &other));
}

static bool contains(const char *network, const char *address)
{
	IpRange range;
	Ip ip;
	g_assert_true(ip_range_parse(slice_from(network), &range) && ip_parse(slice_from(address), &ip));
	return ip_range_contains(&range, &ip);
}

static bool is_edge(const char *network, const char *address)
{
	IpRange range;
	Ip ip;
	g_assert_true(ip_range_parse(slice_from(network), &range) && ip_parse(slice_from(address), &ip));
	return ip_range_is_edge(&range, &ip);
}

static void test_range(void)
{
	g_assert_true(contains("192.168.8.0/24", "192.168.8.255"));
	g_assert_true(contains("192.168.8.77/24", "192.168.8.1"));
	g_assert_false(contains("192.168.8.0/24", "192.168.9.0"));
	g_assert_true(contains("10.4.0.0/14", "10.7.255.255"));
	g_assert_false(contains("10.4.0.0/14", "10.8.0.0"));
	g_assert_true(contains("0.0.0.0/0", "200.1.1.1"));
	g_assert_false(contains("0.0.0.0/0", "::1"));
	g_assert_true(contains("10.0.0.1", "10.0.0.1"));
	g_assert_false(contains("10.0.0.1", "10.0.0.2"));
	g_assert_true(contains("fd00:1:2::/47", "fd00:1:3::1"));
	g_assert_false(contains("fd00:1:2::/48", "fd00:1:3::1"));
	g_assert_true(is_edge("192.168.8.0/24", "192.168.8.0") && is_edge("192.168.8.0/24", "192.168.8.255"));
	g_assert_false(is_edge("192.168.8.0/23", "192.168.8.255") || is_edge("192.168.8.0/24", "192.168.9.0"));
	g_assert_false(is_edge("10.0.0.0/31", "10.0.0.0") || is_edge("10.0.0.0/32", "10.0.0.0"));
	g_assert_true(is_edge("fd00::/64", "fd00::") && !is_edge("fd00::/64", "fd00::ffff:ffff:ffff:ffff"));
	static const char *const wrong[] = {
	        "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/a", "10.0.0/8", "::/129", "/24", "10.0.0.0/24/24"};
	IpRange range;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(ip_range_parse(slice_from(wrong[i]), &range));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ip/scope/v4", test_scope_v4);
	g_test_add_func("/ip/scope/v6", test_scope_v6);
	g_test_add_func("/ip/parse", test_parse);
	g_test_add_func("/ip/range", test_range);
	return g_test_run();
}
