# Sourced: podman_settings CACHE, in a mount namespace of one's own, makes Podman out of a cache folder work there.
podman_settings() {
	# Podman's network helper keeps its state and the number of its name server here, whatever --runroot says.
	mkdir -p /etc/containers /run/containers
	mount -t tmpfs none /etc/containers
	mount -t tmpfs none /run/containers
	cp -r "$1/root/etc/containers/." /etc/containers/
	cp "$1/root/usr/share/containers/seccomp.json" /etc/containers/ 2>/dev/null || :
	printf '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json
	cat >/etc/containers/containers.conf <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
		seccomp_profile = "/etc/containers/seccomp.json"
		[network]
		network_backend = "netavark"
		[engine]
		events_logger = "file"
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		conmon_path = ["$1/root/usr/bin/conmon"]
		helper_binaries_dir = ["$1/root/usr/lib/podman", "$1/root/usr/libexec/podman", "$1/root/usr/bin"]
	END
	# A registry of the tests speaks no TLS; Docker allows that on loopback by itself.
	mkdir -p /etc/containers/registries.conf.d
	printf '[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n' >/etc/containers/registries.conf.d/loopback.conf
	[ -s /etc/containers/seccomp.json ] || sed -i /seccomp_profile/d /etc/containers/containers.conf
}
