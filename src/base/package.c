/* Names that cannot be derived stand in three tables; all others are compared with case and punctuation taken out. */
#include "base/package.h"

#include <glib.h>

static const char standard[] =
        " __future__ __main__ _collections_abc _csv _ctypes _io _json _socket _ssl _thread _typeshed abc aifc "
        "annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii "
        "binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections "
        "colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes "
        "curses dataclasses datetime dbm decimal difflib dis distutils doctest dummy_threading email encodings "
        "ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc "
        "genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr "
        "imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma macpath "
        "mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt "
        "ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes "
        "pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc "
        "pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select "
        "selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile "
        "sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys "
        "sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter "
        "token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest "
        "urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile "
        "zipimport zlib zoneinfo pip setuptools pkg_resources wheel ";

/* Module, then the packages that give it: the first is the one to ask for. */
static const struct {
	const char *module, *packages;
} other_names[] = {
        {"PIL", " pillow pillow-simd "},
        {"yaml", " pyyaml ruamel-yaml "},
        {"cv2", " opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless "},
        {"sklearn", " scikit-learn "},
        {"skimage", " scikit-image "},
        {"dotenv", " python-dotenv "},
        {"bs4", " beautifulsoup4 "},
        {"jwt", " pyjwt jwt "},
        {"jose", " python-jose "},
        {"psycopg2", " psycopg2-binary psycopg2 "},
        {"MySQLdb", " mysqlclient "},
        {"mysql", " mysql-connector-python mysql-connector "},
        {"pymysql", " pymysql "},
        {"dateutil", " python-dateutil "},
        {"magic", " python-magic python-magic-bin "},
        {"docx", " python-docx "},
        {"pptx", " python-pptx "},
        {"slugify", " python-slugify "},
        {"multipart", " python-multipart "},
        {"telegram", " python-telegram-bot "},
        {"socketio", " python-socketio flask-socketio "},
        {"engineio", " python-engineio "},
        {"nmap", " python-nmap "},
        {"git", " gitpython "},
        {"github", " pygithub "},
        {"gitlab", " python-gitlab "},
        {"Crypto", " pycryptodome pycrypto "},
        {"Cryptodome", " pycryptodomex "},
        {"OpenSSL", " pyopenssl "},
        {"nacl", " pynacl "},
        {"serial", " pyserial "},
        {"usb", " pyusb "},
        {"zmq", " pyzmq "},
        {"fitz", " pymupdf "},
        {"faiss", " faiss-cpu faiss-gpu "},
        {"attr", " attrs "},
        {"attrs", " attrs "},
        {"google", " google-cloud google-api-python-client google-auth protobuf google-generativeai google-genai "
                   "googleapis-common-protos google-api-core google-auth-oauthlib "},
        {"googleapiclient", " google-api-python-client "},
        {"google_auth_oauthlib", " google-auth-oauthlib "},
        {"grpc", " grpcio "},
        {"grpc_tools", " grpcio-tools "},
        {"grpc_reflection", " grpcio-reflection "},
        {"grpc_health", " grpcio-health-checking "},
        {"kubernetes", " kubernetes "},
        {"paho", " paho-mqtt "},
        {"discord", " discord-py py-cord "},
        {"whisper", " openai-whisper "},
        {"sentence_transformers", " sentence-transformers "},
        {"mem0", " mem0ai "},
        {"jinja2", " jinja2 "},
        {"markdown", " markdown "},
        {"flask_cors", " flask-cors "},
        {"rest_framework", " djangorestframework "},
        {"corsheaders", " django-cors-headers "},
        {"environ", " django-environ environ-config "},
        {"decouple", " python-decouple "},
        {"ldap", " python-ldap "},
        {"ldap3", " ldap3 "},
        {"memcache", " python-memcached "},
        {"pylibmc", " pylibmc "},
        {"snappy", " python-snappy "},
        {"lz4", " lz4 "},
        {"Xlib", " python-xlib "},
        {"RPi", " rpi-gpio rpi-lgpio "},
        {"smbus", " smbus smbus2 "},
        {"board", " adafruit-blinka "},
        {"speech_recognition", " speechrecognition "},
        {"pyaudio", " pyaudio "},
        {"gtts", " gtts "},
        {"ruamel", " ruamel-yaml "},
        {"prometheus_client", " prometheus-client "},
        {"influxdb_client", " influxdb-client "},
        {"elasticsearch", " elasticsearch "},
        {"pkg_resources", " setuptools "},
        {"qrcode", " qrcode "},
        {"umap", " umap-learn "},
        {"websocket", " websocket-client "},
        {"absl", " absl-py "},
        {"tensorflow", " tensorflow tensorflow-cpu tensorflow-gpu tf-nightly "},
        {"tflite_runtime", " tflite-runtime "},
        {"onnxruntime", " onnxruntime onnxruntime-gpu "},
        {"torch", " torch pytorch "},
        {"pwiz", " peewee "},
        {"playhouse", " peewee "},
        {"apscheduler", " apscheduler "},
        {"win32api", " pywin32 "},
        {"wx", " wxpython "},
        {"gi", " pygobject "},
        {"cairo", " pycairo "},
        {"levenshtein", " python-levenshtein levenshtein "},
        {"Levenshtein", " python-levenshtein levenshtein "},
        {"fuzzywuzzy", " fuzzywuzzy "},
        {"haystack", " haystack-ai farm-haystack "},
        {"unstructured", " unstructured "},
        {"pythonjsonlogger", " python-json-logger "},
        {"consul", " python-consul py-consul "},
        {"etcd3", " etcd3 "},
        {"nio", " matrix-nio "},
        {"aioredis", " aioredis "},
        {"ffmpeg", " ffmpeg-python python-ffmpeg "},
        {"pysnmp", " pysnmp pysnmp-lextudio "},
        {"wakeonlan", " wakeonlan "},
        {"pihole", " pihole-api pihole6api "},
        {"plexapi", " plexapi "},
        {"proxmoxer", " proxmoxer "},
        {"ulid", " python-ulid ulid-py "},
        {"chatterbox", " chatterbox-tts "},
        {"TTS", " tts coqui-tts "},
        {"vobject", " vobject "},
        {"icalendar", " icalendar "},
        {"weather_au", " weather-au "},
};

/* Package, then the modules that come along with it. A package that stands here is known as a whole; one with extras,
 * which bring more, is spelled with "[]" and stands for itself. */
static const struct {
	const char *package, *modules;
} brought[] = {
        {"fastapi", " starlette pydantic pydantic_core typing_extensions anyio annotated_types idna sniffio "
                    "typing_inspection annotated_doc "},
        {"fastapi[]",
                " starlette pydantic pydantic_core typing_extensions anyio annotated_types idna sniffio "
                "typing_inspection annotated_doc uvicorn httpx jinja2 multipart email_validator fastapi_cli typer "
                "click rich h11 httpcore certifi httptools dotenv yaml uvloop watchfiles websockets orjson "
                "pydantic_settings itsdangerous "},
        {"starlette", " anyio typing_extensions idna sniffio "},
        {"uvicorn", " click h11 typing_extensions "},
        {"uvicorn[]", " click h11 typing_extensions httptools dotenv yaml uvloop watchfiles websockets anyio "},
        {"gunicorn", " packaging "},
        {"hypercorn", " h11 h2 wsproto priority "},
        {"flask", " werkzeug jinja2 markupsafe click itsdangerous blinker importlib_metadata "},
        {"flask-cors", " flask werkzeug "},
        {"flask-sqlalchemy", " flask sqlalchemy greenlet typing_extensions werkzeug jinja2 "},
        {"flask-socketio", " flask socketio engineio "},
        {"quart", " werkzeug jinja2 markupsafe click itsdangerous blinker hypercorn aiofiles flask "},
        {"django", " asgiref sqlparse tzdata "},
        {"jinja2", " markupsafe "},
        {"requests", " urllib3 certifi idna charset_normalizer chardet "},
        {"httpx", " httpcore anyio h11 certifi idna sniffio h2 "},
        {"aiohttp", " yarl multidict attr attrs frozenlist aiosignal async_timeout aiohappyeyeballs propcache idna "},
        {"pydantic", " typing_extensions annotated_types pydantic_core typing_inspection email_validator "},
        {"pydantic-settings", " pydantic pydantic_core typing_extensions annotated_types dotenv "},
        {"sqlalchemy", " greenlet typing_extensions "},
        {"alembic", " sqlalchemy mako markupsafe greenlet typing_extensions "},
        {"redis", " async_timeout "},
        {"celery", " kombu billiard vine amqp click dateutil tzdata redis "},
        {"psycopg2-binary", " "},
        {"psycopg2", " "},
        {"psycopg", " typing_extensions psycopg_pool psycopg_binary "},
        {"asyncpg", " async_timeout "},
        {"aiosqlite", " typing_extensions "},
        {"pyyaml", " "},
        {"python-dotenv", " "},
        {"python-multipart", " multipart "},
        {"prometheus-client", " "},
        {"pyjwt", " cryptography "},
        {"cryptography", " cffi pycparser "},
        {"paho-mqtt", " "},
        {"docker", " requests urllib3 certifi idna charset_normalizer websocket "},
        {"kubernetes", " yaml requests urllib3 certifi idna charset_normalizer dateutil six websocket google "
                       "requests_oauthlib oauthlib "},
        {"pillow", " "},
        {"numpy", " "},
        {"pandas", " numpy dateutil pytz tzdata six "},
        {"scipy", " numpy "},
        {"beautifulsoup4", " soupsieve typing_extensions "},
        {"lxml", " "},
        {"psutil", " "},
        {"click", " "},
        {"rich", " markdown_it mdurl pygments "},
        {"typer", " click rich shellingham typing_extensions pygments markdown_it "},
        {"tenacity", " "},
        {"schedule", " "},
        {"croniter", " dateutil pytz six "},
        {"pytz", " "},
        {"python-dateutil", " six "},
        {"apscheduler", " tzlocal pytz "},
        {"websockets", " "},
        {"orjson", " "},
        {"pymongo", " bson gridfs dns "},
        {"motor", " pymongo bson gridfs dns "},
        {"pytest", " _pytest pluggy iniconfig packaging pygments py "},
        {"pytest-cov", " pytest coverage "},
        {"pytest-mock", " pytest "},
        {"pytest-asyncio", " pytest "},
        {"boto3", " botocore s3transfer jmespath urllib3 dateutil six "},
        {"jsonschema", " attr attrs referencing rpds jsonschema_specifications "},
        {"aiofiles", " "},
        {"loguru", " "},
        {"structlog", " "},
        {"tiktoken", " regex requests urllib3 certifi idna charset_normalizer "},
        {"openai", " httpx httpcore anyio pydantic pydantic_core typing_extensions distro tqdm sniffio jiter h11 "
                   "certifi idna annotated_types "},
        {"anthropic", " httpx httpcore anyio pydantic pydantic_core typing_extensions distro sniffio jiter h11 certifi "
                      "idna annotated_types tokenizers "},
        {"ollama", " httpx httpcore anyio pydantic pydantic_core typing_extensions h11 certifi idna sniffio "},
        {"qdrant-client", " httpx httpcore anyio h11 h2 certifi idna sniffio pydantic pydantic_core typing_extensions "
                          "numpy urllib3 grpc portalocker google fastembed "},
        {"torch", " numpy sympy networkx jinja2 fsspec filelock typing_extensions mpmath "},
        {"transformers", " numpy tokenizers huggingface_hub safetensors tqdm requests yaml regex packaging filelock "
                         "urllib3 certifi idna charset_normalizer fsspec typing_extensions "},
        {"sentence-transformers", " torch transformers numpy sklearn scipy PIL tqdm huggingface_hub "},
};

static const char common[] =
        " requests httpx httpcore urllib3 certifi idna charset_normalizer chardet pydantic pydantic_core numpy "
        "typing_extensions anyio sniffio h11 starlette click yaml jinja2 markupsafe dateutil six packaging attr attrs "
        "aiohttp yarl multidict rich tqdm pandas scipy PIL cryptography cffi google grpc sqlalchemy greenlet torch "
        "transformers tokenizers huggingface_hub safetensors psutil tenacity regex werkzeug itsdangerous blinker "
        "websockets websocket dotenv orjson pytz tzlocal tzdata fsspec filelock networkx sympy joblib sklearn lxml bs4 "
        "soupsieve pygments colorama jsonschema redis uvicorn fastapi flask openai tiktoken jwt oauthlib "
        "requests_oauthlib dns wrapt deprecated toml tomli tomlkit distro cachetools pyasn1 rsa nest_asyncio "
        "langchain_core langchain_community langsmith dataclasses_json marshmallow mypy_extensions email_validator "
        "multipart uvloop httptools watchfiles exceptiongroup importlib_metadata zipp platformdirs botocore kombu "
        "matplotlib pyparsing cycler kiwisolver docutils sphinx ";

/* " a b c " holds the word. */
static bool has_word(const char *words, Slice word)
{
	for (const char *at = words; (at = memmem(at, strlen(at), word.at, word.length)); at++)
		if (at > words && at[-1] == ' ' && at[word.length] == ' ')
			return word.length > 0;
	return false;
}

/* Lower case letters and digits only: "Flask-CORS" and "flask_cors" are one. out has room for 64 bytes. */
static size_t squeeze(Slice name, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < name.length && n < 63; i++)
		if (g_ascii_isalnum(name.at[i]))
			out[n++] = g_ascii_tolower(name.at[i]);
	out[n] = '\0';
	return n;
}

/* As the index spells it: lower case, one dash for any run of "-_.". */
static Slice normalise(Slice name, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < name.length && n < 63; i++) {
		if (!strchr("-_.", name.at[i]))
			out[n++] = g_ascii_tolower(name.at[i]);
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	out[n] = '\0';
	return (Slice){out, n};
}

bool package_is_standard(Slice module)
{
	return has_word(standard, module);
}

static const char *names_of(Slice module)
{
	for (size_t i = 0; i < G_N_ELEMENTS(other_names); i++)
		if (slice_is(module, other_names[i].module))
			return other_names[i].packages;
	return NULL;
}

static Slice without_extras(Slice package)
{
	return slice_ends(package, "[]") ? slice_sub(package, 0, package.length - 2) : package;
}

static const char *without(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(text, prefix, n) == 0 && text[n] ? text + n : text;
}

/* An extension brings along what it extends: flask-login flask, pytest-httpx httpx, flask-wtf wtforms. */
static bool is_extension_of(Slice spelled, const char *module)
{
	while (spelled.length) {
		size_t dash = MIN(slice_find_byte(spelled, '-', 0), spelled.length);
		bool last = dash == spelled.length;
		if (dash >= 3 && strncmp(module, spelled.at, dash) == 0 && (last || module[dash] == '\0'))
			return true;
		spelled = slice_sub(spelled, MIN(dash + 1, spelled.length), spelled.length);
	}
	return false;
}

bool package_may_give(Slice package, Slice module)
{
	char spelled[64], left[64], right[64];
	const char *names = names_of(module);
	package = without_extras(package);
	Slice normal = normalise(package, spelled);
	if (names && has_word(names, normal))
		return true;
	if (squeeze(package, left) == 0 || squeeze(module, right) == 0)
		return false;
	if (slice_find_byte(normal, '-', 0) != SIZE_MAX && is_extension_of(normal, right))
		return true;
	const char *a = without(without(left, "python"), "py"), *b = without(right, "py");
	size_t shorter = MIN(strlen(a), strlen(b));
	if (shorter < 4)
		return strcmp(a, b) == 0;
	return strncmp(a, b, shorter) == 0 || strstr(a, b) != NULL;
}

static const char *brought_by(Slice package, bool extras)
{
	char spelled[64];
	normalise(without_extras(package), spelled);
	for (size_t i = 0; i < G_N_ELEMENTS(brought); i++) {
		const char *rest = brought[i].package + strcspn(brought[i].package, "[");
		size_t length = (size_t)(rest - brought[i].package);
		if ((*rest != '\0') == extras && strncmp(brought[i].package, spelled, length) == 0 &&
		        spelled[length] == '\0')
			return brought[i].modules;
	}
	return NULL;
}

bool package_brings(Slice package, Slice module)
{
	const char *modules = brought_by(package, false), *more = brought_by(package, slice_ends(package, "[]"));
	return (modules && has_word(modules, module)) || (more && has_word(more, module));
}

bool package_is_known(Slice package)
{
	return brought_by(package, slice_ends(package, "[]")) != NULL;
}

bool package_is_common(Slice module)
{
	return has_word(common, module);
}

Slice package_for(Slice module)
{
	const char *names = names_of(module);
	return names ? (Slice){names + 1, strcspn(names + 1, " ")} : module;
}
