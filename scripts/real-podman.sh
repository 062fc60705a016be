#!/usr/bin/env bash
# A real Podman to judge, as its API service, from Debian's packages alone. It lives in the tree that scripts/real-dockerd.sh
# sets up; nothing is installed on the machine itself. Every start begins with an empty image store.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/real-podman.sh start|stop|status DIR

  start   start the service, listening on DIR/podman.sock only (log: DIR/podman.log); DIR was set up by real-dockerd.sh
  stop    stop it; its images are gone
  status  say whether it runs; exit 0 when it does, 1 when not

Needs root.
USAGE
}

script=real-podman
[ $# -ge 2 ] || {
  usage >&2
  exit 2
}
action=$1
self=$(readlink -f "$0")
dir=$(readlink -m "$2")
tree=$dir/tree
# shellcheck source=scripts/real-daemon.sh
. "$(dirname "$self")/real-daemon.sh"

# Runs inside mount and process namespaces of its own, as the parent of everything that the service starts.
run() {
  enter_tree var/lib/containers
  mount -t tmpfs tmpfs "$tree/var/tmp"
  into_tree podman system service --time 0 unix:///srv/podman.sock
}

case $action in
start | stop | status | _run) ;;
*)
  echo "real-podman: unknown action '$action'" >&2
  usage >&2
  exit 2
  ;;
esac
[ "$(id -u)" -eq 0 ] || fail 'needs root: it makes mounts'
case $action in
start) start_daemon podman podman.sock ;;
stop) stop_daemon podman podman.sock ;;
status) status_of podman podman.sock ;;
_run) run ;;
esac
