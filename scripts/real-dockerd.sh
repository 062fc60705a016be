#!/usr/bin/env bash
# A real dockerd to test against, from Debian's packages alone, in a folder of its own.
# Nothing is installed on the machine itself: the daemon lives in a Debian unstable tree below DIR, and its mounts
# are private to its process, so they vanish with it. Every start begins with an empty image store.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/real-dockerd.sh setup|start|stop|status|remove DIR [STORE]

  setup   make DIR: a Debian unstable tree with dockerd, containerd, runc, podman and the clients below (needs debootstrap)
  start   start dockerd, listening on DIR/docker.sock only (log: DIR/dockerd.log), with the containerd image store, or with a
          graph driver when STORE names one: overlay2, vfs
  stop    stop it; its images are gone
  status  say whether it runs; exit 0 when it does, 1 when not
  remove  stop it and delete DIR

DIR/bin/ has docker, skopeo, docker-registry, crane, oras, umoci, cosign, docker-compose and python3-docker, a Python with
docker-py: those of that tree, on this machine's files.
Needs root. ATTESTD_DEBIAN_MIRROR names the mirror to use; by default it is the one that this
machine's apt uses, else debootstrap's own.
USAGE
}

# Where this machine's apt gets Debian from; the first source whose release calls itself Debian's and is not a security one.
mirror() {
  local found=''
  if [ -n "${ATTESTD_DEBIAN_MIRROR:-}" ]; then
    echo "$ATTESTD_DEBIAN_MIRROR"
    return
  fi
  if command -v apt-get >/dev/null; then
    found=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
  fi
  echo "$found"
}

# The tree's clients run with the tree's own loader and libraries, so they need no mounts and see this machine's files.
write_client() {
  local name=$1 program=$tree/usr/bin/$1 environment='' loader libraries
  loader=$(find "$tree/usr/lib" -name 'ld-linux*.so.*' | sort | head -n 1)
  [ -n "$loader" ] || fail "no program loader in $tree/usr/lib"
  libraries=$(dirname "$(find "$tree/usr/lib" -name 'libc.so.6' | sort | head -n 1)")
  mkdir -p "$dir/bin"
  case $name in
  docker-compose) program=$tree/usr/libexec/docker/cli-plugins/docker-compose ;;
  python3-docker)
    program=$(readlink -f "$tree/usr/bin/python3")
    environment="PYTHONHOME=$(printf %q "$tree/usr") PYTHONPATH=$(printf %q "$tree/usr/lib/python3/dist-packages") "
    ;;
  esac
  [ -x "$program" ] || fail "$program is not there"
  printf '#!/bin/sh\n%sexec %q --library-path %q %q "$@"\n' "$environment" "$loader" "$libraries" "$program" >"$dir/bin/$name"
  chmod +x "$dir/bin/$name"
}

setup() {
  local from client
  if [ -f "$dir/.complete" ]; then
    echo "real-dockerd: $dir is set up ($(cat "$dir/.complete"))"
    return
  fi
  command -v debootstrap >/dev/null || fail 'debootstrap is missing: apt-get install debootstrap'
  [ ! -e "$tree" ] || rm -rf --one-file-system "$tree"
  mkdir -p "$dir"
  from=$(mirror)
  echo "real-dockerd: Debian unstable from ${from:-its default mirror} into $tree"
  debootstrap --variant=minbase --include=ca-certificates unstable "$tree" ${from:+"$from"} >"$dir/setup.log" 2>&1 ||
    fail "debootstrap failed, see $dir/setup.log: $(tail -n 1 "$dir/setup.log")"
  # A mirror may be a dated snapshot, whose release files have expired; the tree only ever serves tests.
  printf 'Acquire::Check-Valid-Until "false";\nAPT::Install-Recommends "false";\n' >"$tree/etc/apt/apt.conf.d/90real-dockerd"
  # Package scripts must not start services in the tree.
  printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
  chmod +x "$tree/usr/sbin/policy-rc.d"
  unshare --mount --propagation private "$self" _install "$dir" >>"$dir/setup.log" 2>&1 ||
    fail "installing the packages failed, see $dir/setup.log: $(tail -n 1 "$dir/setup.log")"
  mkdir -p "$tree/var/lib/docker" "$tree/srv"
  for client in "${clients[@]}"; do write_client "$client"; done
  chroot "$tree" dockerd --version >"$dir/.complete"
  echo "real-dockerd: ready: $(cat "$dir/.complete")"
}

# Runs inside a mount namespace of its own.
install_packages() {
  mount -t proc proc "$tree/proc"
  mount --rbind /dev "$tree/dev"
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
  chroot "$tree" apt-get update
  chroot "$tree" apt-get install --yes docker.io docker-cli containerd runc podman aardvark-dns catatonit nftables procps "${clients[@]:1}"
}

# Runs inside mount and process namespaces of its own, as the parent of everything that dockerd starts.
run() {
  local store=(--feature containerd-snapshotter=true)
  [ -z "$1" ] || store=(--feature containerd-snapshotter=false --storage-driver "$1")
  enter_tree var/lib/docker
  into_tree dockerd "${store[@]}" --iptables=false --ip6tables=false --bridge=none --host unix:///srv/docker.sock
}

stop() { stop_daemon dockerd docker.sock; }

remove() {
  stop
  "$(dirname "$self")/real-podman.sh" stop "$dir"
  [ -e "$tree/usr/bin/dockerd" ] || [ -f "$dir/setup.log" ] || fail "$dir was not made by this script: not removed"
  rm -rf --one-file-system "$dir"
  echo "real-dockerd: removed $dir"
}

script=real-dockerd
[ $# -ge 2 ] && [ $# -le 3 ] || {
  usage >&2
  exit 2
}
action=$1
self=$(readlink -f "$0")
# shellcheck source=scripts/real-daemon.sh
. "$(dirname "$self")/real-daemon.sh"
case $action in
setup | start | stop | status | remove | _install | _run) ;;
*)
  echo "real-dockerd: unknown action '$action'" >&2
  usage >&2
  exit 2
  ;;
esac
[ "$(id -u)" -eq 0 ] || fail "needs root: it makes mounts and a Debian tree"
dir=$(readlink -m "$2")
[ "$dir" != / ] || fail 'DIR must be a folder of its own'
tree=$dir/tree
# What DIR/bin gets; all but docker itself are packages of the same name.
clients=(docker skopeo docker-registry crane oras umoci cosign docker-compose python3-docker)
# A unix socket's path has a limit of 107 bytes.
[ ${#dir} -le 90 ] || fail "the path of DIR is too long for a socket: $dir"
case $action in
_install) install_packages ;;
_run) run "${3:-}" ;;
start) start_daemon dockerd docker.sock "${3:-}" ;;
status) status_of dockerd docker.sock ;;
*) "$action" ;;
esac
