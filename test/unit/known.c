/* What is told of an object without a dry run: where it is told, a dry run would say the same. */
#include "cluster/inner.h"
#include "source/schema.h"

#define FILE_OF(data) "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'b'},'data':" data "}"
#define LIVE_OF(data, fields)                                                                                          \
	"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'b','uid':'1','managedFields':[{"    \
	"'manager':'labwright','operation':'Apply','apiVersion':'v1','fieldsV1':{'f:data':" fields "}}]},'data':" data \
	"}"
#define POD(spec) "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','namespace':'b'" spec

/* JSON with the quotes of a shell. */
static char *quoted(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "'", -1);
	return g_strjoinv("\"", parts);
}

static Json *json_of(const char *text)
{
	g_autofree char *json = quoted(text);
	Json *value = json_parse(slice_from(json), NULL);
	g_assert_nonnull(value);
	return value;
}

static bool same(const char *file, const char *live)
{
	g_autoptr(Json) one = json_of(file), other = json_of(live);
	return known_same(one, other);
}

static void test_same(void)
{
	const char *file = FILE_OF("{'k':'v'}");
	g_assert_true(same(file, LIVE_OF("{'k':'v'}", "{'f:k':{}}")));
	g_assert_true(same(file, LIVE_OF("{'k':'v','by':'somebody'}", "{'f:k':{}}")));
	g_assert_false(same(file, LIVE_OF("{'k':'w'}", "{'f:k':{}}")));
	g_assert_false(same(file, LIVE_OF("{}", "{}")));
	g_assert_false(same(file, LIVE_OF("{'k':'v','old':'v'}", "{'f:k':{},'f:old':{}}")));
	/* Nobody's, or told in the words of another version. */
	g_assert_false(same(file, FILE_OF("{'k':'v'}")));
	g_autofree char *older = g_strjoinv(
	        "'apiVersion':'v0','fieldsV1'", (char *[]){"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'"
	                                                   "a','namespace':'b','managedFields':[{"
	                                                   "'manager':'labwright','operation':'Apply',",
	                                                ":{'f:data':{'f:k':{}}}}]},'data':{'k':'v'}}", NULL});
	g_assert_false(same(file, older));
}

static void test_amounts(void)
{
	const char *file = POD("},'spec':{'containers':[{'name':'c','resources':{'limits':{'cpu':'1000m'}}}]}}");
	const char *live =
	        POD(",'managedFields':[{'manager':'labwright','operation':'Apply','apiVersion':'v1','fieldsV1':{"
	            "'f:spec':{'f:containers':{'k:{\\'name\\':\\'c\\'}':{'.':{},'f:name':{},'f:resources':{"
	            "'f:limits':{'f:cpu':{}}}}}}}}]},'spec':{'containers':[{'name':'c','terminationMessagePath':"
	            "'/dev/x','resources':{'limits':{'cpu':'1'}}}],'nodeName':'n'}}");
	g_assert_true(same(file, live));
	g_assert_false(same(POD("},'spec':{'containers':[{'name':'c'}]}}"), live));
	g_assert_false(same(POD("},'spec':{'containers':[{'name':'d','resources':{'limits':{'cpu':'1'}}}]}}"), live));
}

/* A key that the server has filled in is nobody's. */
static void test_keys(void)
{
#define PORTS(ports, more)                                                                                             \
	"{'apiVersion':'v1','kind':'Service','metadata':{'name':'a','namespace':'b'" more "},'spec':{'ports':" ports   \
	"}}"
#define OWNED(items)                                                                                                   \
	",'managedFields':[{'manager':'labwright','operation':'Apply','apiVersion':'v1','fieldsV1':{'f:spec':{'f:"     \
	"ports':{" items "}}}}]"
#define TCP "'k:{\\'port\\':53,\\'protocol\\':\\'TCP\\'}':{'.':{},'f:port':{}}"
#define UDP "'k:{\\'port\\':53,\\'protocol\\':\\'UDP\\'}':{'.':{},'f:port':{},'f:protocol':{}}"
	g_assert_true(same(PORTS("[{'port':53}]", ""), PORTS("[{'port':53,'protocol':'TCP'}]", OWNED(TCP))));
	g_assert_false(same(PORTS("[{'port':53}]", ""),
	        PORTS("[{'port':53,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]", OWNED(TCP "," UDP))));
	g_assert_false(same(PORTS("[{'port':54}]", ""), PORTS("[{'port':53,'protocol':'TCP'}]", OWNED(TCP))));
}

static bool allowed(const char *text)
{
	g_autofree char *json = quoted(text);
	return schema_allows(slice_from(json));
}

static void test_schema(void)
{
#define SERVICE(spec)                                                                                                  \
	"{'apiVersion':'v1','kind':'Service','metadata':{'name':'a','labels':{'x':'${Y}'}},'spec':" spec "}"
	g_assert_true(allowed(SERVICE("{'selector':{'app':'a'},'ports':[{'port':80,'targetPort':'http'}]}")));
	g_assert_false(allowed(SERVICE("{'selektor':{'app':'a'},'ports':[{'port':80}]}")));
	g_assert_false(allowed(SERVICE("{'ports':[{'port':'80'}]}")));
	g_assert_false(allowed(SERVICE("{'ports':[{'port':'${PORT}'}]}")));
	g_assert_false(allowed(SERVICE("{'ports':[{'name':'http'}]}")));
	g_assert_false(allowed("{'apiVersion':'v1','kind':'Service','metadata':{'name':'a'},'spec':{},'sops':{}}"));
	g_assert_false(allowed("{'apiVersion':'v9','kind':'Service','metadata':{'name':'a'}}"));
	g_assert_false(allowed("{'apiVersion':'lab.example.org/v1','kind':'Lamp','metadata':{'name':'a'}}"));
	g_assert_false(allowed("{'kind':'Service'}"));
	g_assert_false(allowed("[]"));
	g_assert_false(allowed("{"));
}

static void test_rights(void)
{
	g_autoptr(Json) some =
	        json_of("[{'verbs':['get','patch','create'],'apiGroups':['apps'],'resources':['*']},{'verbs':"
	                "['*'],'apiGroups':[''],'resources':['services'],'resourceNames':['a']}]");
	g_autoptr(Json) all = json_of("[{'verbs':['*'],'apiGroups':['*'],'resources':['*']}]");
	g_autoptr(Json) deployment =
	        json_of("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'a'},'spec':{"
	                "'selector':{},'template':{'spec':{'containers':[{'name':'a'}]}}}}");
	g_autoptr(Json) service = json_of(SERVICE("{'ports':[{'port':80}]}"));
	const ClusterKind deployments = {"apps/v1", "Deployment", "deployments", true, true, true},
	                  services = {"v1", "Service", "services", true, true, true};
	g_assert_true(known_fine(some, &deployments, deployment));
	g_assert_false(known_fine(some, &services, service));
	g_assert_true(known_fine(all, &services, service));
	g_assert_false(known_fine(NULL, &services, service));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/known/same", test_same);
	g_test_add_func("/known/amounts", test_amounts);
	g_test_add_func("/known/keys", test_keys);
	g_test_add_func("/known/schema", test_schema);
	g_test_add_func("/known/rights", test_rights);
	return g_test_run();
}
