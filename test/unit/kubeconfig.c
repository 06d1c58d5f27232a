/* Who asks without wanting to know why gets an answer all the same: each of these is wrong, and no error is asked for.
 */
#include "cluster/cluster.h"

#include <glib/gstdio.h>

#define HOME "contexts: [{name: home, context: {cluster: lab, user: me}}]\n"
#define LAB "clusters: [{name: lab, cluster: {server: \"https://127.0.0.1:1\"}}]\n"

static const char *const wrong[] = {"clusters: [\n", "- a\n", "", "kind: Pod\n", "contexts: {a: b}\n", HOME, HOME LAB,
        HOME LAB "users: [{name: me}]\n", HOME LAB "users: [{name: me, user: {token: [a]}}]\n",
        HOME LAB "users: [{name: me, user: {password: a}}]\n", HOME LAB "users: [{name: me, user: {client-key: a}}]\n",
        HOME LAB "users: [{name: me, user: {exec: {command: a}}}]\n",
        HOME "clusters: [{name: lab, cluster: {server: nowhere}}]\nusers: [{name: me, user: {token: a}}]\n",
        HOME "clusters: [{name: lab, cluster: {server: \"https://a\", certificate-authority-data: \"%\"}}]\n"
             "users: [{name: me, user: {token: a}}]\n"};

static void test_wrong(void)
{
	g_autofree char *folder = g_dir_make_tmp("kubeconfig-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL);
	g_assert_null(access_new(path, "home", NULL)); /* it is not there */
	g_assert_null(access_new(folder, "home", NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s", wrong[i]);
		g_assert_true(g_file_set_contents(path, wrong[i], -1, NULL));
		g_assert_null(access_new(path, "home", NULL));
		g_assert_null(access_new(path, "home", &error));
		g_assert_nonnull(error);
		g_autofree char *names = access_contexts(path);
		g_assert_nonnull(names);
	}
	g_unlink(path);
	g_rmdir(folder);
}

static void test_right(void)
{
	g_autofree char *folder = g_dir_make_tmp("kubeconfig-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL);
	g_assert_true(g_file_set_contents(path, HOME LAB "users: [{name: me, user: {token: a, as: you}}]\n", -1, NULL));
	g_autoptr(Access) access = access_new(path, "home", NULL);
	g_assert_nonnull(access);
	g_assert_cmpstr(access->token, ==, "a");
	g_assert_cmpstr(access->as, ==, "you");
	g_assert_cmpstr(access->namespace, ==, "default");
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kubeconfig/wrong", test_wrong);
	g_test_add_func("/kubeconfig/right", test_right);
	return g_test_run();
}
