/* labwright doctor: what of the machine labwright can use, and what to do about what it cannot. Nothing is needed but
 * Git; the rest is said to be missing without a fault. */
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

extern const Command command_doctor;

typedef struct Doctor {
	GString *out;
	uint32_t wrong;
} Doctor;

typedef enum Health { HEALTH_GOOD, HEALTH_ABSENT, HEALTH_WRONG } Health;

/* cure: NULL where there is nothing to do. */
static void say(Doctor *doctor, Health health, const char *what, const char *found, const char *cure)
{
	static const char *const words[] = {"ok", "absent", "WRONG"};
	g_string_append_printf(doctor->out, "%-7s %-22s %s\n", words[health], what, found);
	if (cure)
		g_string_append_printf(doctor->out, "        %s\n", cure);
	doctor->wrong += health == HEALTH_WRONG;
}

/* ---- programs ------------------------------------------------------------------------------------------- */

/* The first line that the words print; NULL where the program is not there or fails. */
static char *first_line(const char *const *words)
{
	char *out = NULL;
	int status;
	if (!g_spawn_sync("/", (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out,
	            NULL, &status, NULL) ||
	        !g_spawn_check_wait_status(status, NULL)) {
		g_free(out);
		return NULL;
	}
	out[strcspn(out, "\r\n")] = '\0';
	return out;
}

static void look_at_programs(Doctor *doctor)
{
	static const struct {
		const char *words[5];
		bool needed;
		const char *cure;
	} programs[] = {
	        {{"git", "--version"}, true, "apt install git: commits, blame, history and improve ask it"},
	        {{"python3", "--version"}, false,
	                "apt install python3: without it no program of an image is compiled [source-syntax]"},
	        {{"kubectl", "version", "--client"}, false,
	                "install kubectl to save what the cluster says, for place and report --usage"},
	        {{"helm", "version", "--short"}, false,
	                "install helm to render charts; until then what a chart makes is taken as unknown"},
	        {{"kustomize", "version"}, false,
	                "install kustomize, or use kubectl's, to build what labwright reads as it is"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autofree char *line = first_line(programs[i].words);
		Health health = line ? HEALTH_GOOD : programs[i].needed ? HEALTH_WRONG : HEALTH_ABSENT;
		say(doctor, health, programs[i].words[0], line ? line : "not found on PATH",
		        line ? NULL : programs[i].cure);
	}
}

/* ---- engines -------------------------------------------------------------------------------------------- */

/* NULL if somebody listens there; else why not. */
static const char *refusal_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return "the path is too long for a socket";
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return g_strerror(errno);
	int failed = connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
	close(fd);
	return failed ? g_strerror(failed) : NULL;
}

/* False where there is no such socket. */
static bool look_at_socket(Doctor *doctor, const char *path)
{
	const char *refusal = refusal_of(path);
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return false;
	g_autofree char *found = refusal ? g_strdup_printf("%s: %s", path, refusal) : g_strdup(path);
	say(doctor, refusal ? HEALTH_WRONG : HEALTH_GOOD, "engine socket", found,
	        refusal ? "start the engine (systemctl start docker, systemctl --user start podman.socket), or join "
	                  "its group"
	                : NULL);
	return true;
}

static void look_at_engines(Doctor *doctor)
{
	const char *host = g_getenv("DOCKER_HOST"), *runtime = g_getenv("XDG_RUNTIME_DIR");
	g_autofree char *podman = g_build_filename(runtime ? runtime : "/run/user", "podman/podman.sock", NULL);
	const char *const paths[] = {"/var/run/docker.sock", podman, "/run/podman/podman.sock"};
	bool any = false;
	if (host && g_str_has_prefix(host, "unix://"))
		any = look_at_socket(doctor, host + strlen("unix://"));
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		any |= look_at_socket(doctor, paths[i]);
	if (!any)
		say(doctor, HEALTH_ABSENT, "engine socket", "neither Docker nor Podman listens",
		        "install docker.io or podman to run a homelab on this machine; checking needs neither");
}

static void look_at_kubeconfig(Doctor *doctor)
{
	g_autofree char *usual = g_build_filename(g_get_home_dir(), ".kube", "config", NULL);
	g_auto(GStrv) paths = g_strsplit(g_getenv("KUBECONFIG") ? g_getenv("KUBECONFIG") : usual, ":", -1);
	for (char **path = paths; *path; path++) {
		struct stat info;
		if (stat(*path, &info) < 0)
			say(doctor, g_getenv("KUBECONFIG") ? HEALTH_WRONG : HEALTH_ABSENT, "kubeconfig", *path,
			        "copy it from the cluster (k3s: /etc/rancher/k3s/k3s.yaml), or set KUBECONFIG");
		else if (access(*path, R_OK) < 0)
			say(doctor, HEALTH_WRONG, "kubeconfig", *path, "it cannot be read: chown it to yourself");
		else if (info.st_mode & (S_IRWXG | S_IRWXO))
			say(doctor, HEALTH_WRONG, "kubeconfig", *path, "others may read the keys in it: chmod 600");
		else
			say(doctor, HEALTH_GOOD, "kubeconfig", *path, NULL);
	}
}

/* ---- places ---------------------------------------------------------------------------------------------- */

#define LEAST_BYTES ((uint64_t)256 * 1024 * 1024)

static void look_at_disk(Doctor *doctor, const char *what, const char *folder)
{
	struct statvfs disk;
	if (statvfs(folder, &disk) < 0) {
		say(doctor, HEALTH_WRONG, what, folder, "it cannot be opened");
		return;
	}
	uint64_t bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	g_autofree char *size = g_format_size(bytes), *found = g_strdup_printf("%s, %s free", folder, size);
	bool full = bytes < LEAST_BYTES;
	say(doctor, full ? HEALTH_WRONG : HEALTH_GOOD, what, found,
	        full ? "make room: less than 256 MB are left" : NULL);
}

/* Bytes of the files in the folders of a folder. */
static uint64_t size_of(const char *folder)
{
	uint64_t size = 0;
	struct stat info;
	g_autoptr(GDir) kinds = g_dir_open(folder, 0, NULL);
	for (const char *kind; kinds && (kind = g_dir_read_name(kinds));) {
		g_autofree char *path = g_build_filename(folder, kind, NULL);
		g_autoptr(GDir) packs = g_dir_open(path, 0, NULL);
		for (const char *pack; packs && (pack = g_dir_read_name(packs));) {
			g_autofree char *file = g_build_filename(path, pack, NULL);
			size += lstat(file, &info) == 0 ? (uint64_t)info.st_size : 0;
		}
	}
	return size;
}

static void look_at_cache(Doctor *doctor)
{
	g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "labwright", NULL);
	if (g_mkdir_with_parents(folder, 0700) < 0 || access(folder, W_OK) < 0)
		say(doctor, HEALTH_WRONG, "cache", folder,
		        "it cannot be written: chown it to yourself, or set XDG_CACHE_HOME; without it each run starts "
		        "anew");
	else
		look_at_disk(doctor, "cache", folder);
	g_autofree char *size = g_format_size(size_of(folder));
	g_autofree char *found = g_strdup_printf("%s of files that need not be read again", size);
	say(doctor, HEALTH_GOOD, "kept between runs", found, NULL);
}

static void look_at_repository(Doctor *doctor, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Repo) repo = repo_open(path, REPO_INDEX, NULL, &error);
	if (!repo) {
		say(doctor, HEALTH_WRONG, "repository", error->message, "name the folder of a repository");
		return;
	}
	bool git = repo_view(repo) != REPO_FOLDER;
	g_autofree char *found =
	        g_strdup_printf("%s, %zu files%s", repo_root(repo), repo_count(repo), git ? " in Git" : "");
	say(doctor, git ? HEALTH_GOOD : HEALTH_ABSENT, "repository", found,
	        git ? NULL : "git init && git add . lets check see what CI sees");
	look_at_disk(doctor, "disk", repo_root(repo));
	g_autofree char *config = g_build_filename(repo_root(repo), "labwright.yaml", NULL);
	bool there = g_file_test(config, G_FILE_TEST_EXISTS);
	say(doctor, there ? HEALTH_GOOD : HEALTH_ABSENT, "labwright.yaml", there ? config : "none, and none is needed",
	        there ? NULL : "labwright init --write writes what the repository suggests");
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!command_parse(&command_doctor, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright doctor [PATH]", "one repository at a time");
	g_autoptr(GString) out = g_string_new(NULL);
	Doctor doctor = {.out = out};
	say(&doctor, HEALTH_GOOD, "labwright", VERSION, NULL);
	look_at_repository(&doctor, argc > 1 ? argv[1] : ".");
	look_at_programs(&doctor);
	look_at_engines(&doctor);
	look_at_kubeconfig(&doctor);
	look_at_cache(&doctor);
	return command_write(NULL, out, &error) ? doctor.wrong ? EXIT_FINDINGS : EXIT_CLEAN : command_fail(error);
}

const Command command_doctor = {
        "doctor", "tell", "[PATH]", "what labwright can use on this machine, and the cure for what it cannot", run};
