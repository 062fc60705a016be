# Parts that scripts/real-dockerd.sh and scripts/real-podman.sh have in common; sourced by both, which set $script, $self and $dir.

fail() {
  echo "$script: $*" >&2
  exit 1
}

# Mounts of one daemon, private to its process: its file system is a Debian tree, its state is in memory.
# $1 the folder below the tree that is its state.
enter_tree() {
  mount --bind "$tree" "$tree" # containerd looks the mount of its folders up, so the tree has to be one
  mount -t proc proc "$tree/proc"
  mount --rbind /sys "$tree/sys"
  mount --rbind /dev "$tree/dev"
  mount -t tmpfs tmpfs "$tree/run"
  mount -t tmpfs tmpfs "$tree/tmp"
  mkdir -p "$tree/$1"
  mount -t tmpfs tmpfs "$tree/$1"
  mount --bind "$dir" "$tree/srv"
}

# Put the tree in the place of the machine's root, and run the rest of the line there. A mere chroot is not enough: what is
# executed in a container enters its namespaces at their root, and would see the machine's own files.
into_tree() {
  mkdir -p "$tree/.machine"
  cd "$tree"
  pivot_root . .machine
  # shellcheck disable=SC2016
  exec chroot . /bin/sh -c 'umount -l /.machine; exec "$@"' sh \
    /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

# The process that holds the namespaces of daemon $1, if it is alive and really ours.
holder() {
  local pid
  [ -f "$dir/$1.pid" ] || return 1
  pid=$(cat "$dir/$1.pid")
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "_run $dir" || return 1
  echo "$pid"
}

# Start daemon $1 with socket $2 below DIR in namespaces of its own; the others are arguments of _run.
start_daemon() {
  local name=$1 socket=$dir/$2 pid tries
  shift 2
  [ -f "$dir/.complete" ] || fail "$dir is not set up: run 'scripts/real-dockerd.sh setup $dir' first"
  if holder "$name" >/dev/null; then
    echo "$script: runs already: unix://$socket"
    return
  fi
  rm -f "$socket"
  setsid unshare --mount --pid --fork --kill-child --propagation private "$self" _run "$dir" "$@" \
    >"$dir/$name.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/$name.pid"
  for ((tries = 0; tries < 240; tries++)); do
    if answers "$socket"; then
      echo "$script: up: unix://$socket"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.25
  done
  stop_daemon "$name" "${socket##*/}" >/dev/null
  fail "$name did not come up, see $dir/$name.log: $(tail -n 1 "$dir/$name.log")"
}

answers() { [ -S "$1" ] && "$dir/bin/docker" --host "unix://$1" version >/dev/null 2>&1; }

stop_daemon() {
  local name=$1 socket=$dir/$2 pid tries
  if ! pid=$(holder "$name"); then
    rm -f "$dir/$name.pid" "$socket"
    echo "$script: not running"
    return
  fi
  # The daemon is the holder's only child; ended politely it unmounts and ends its own children itself.
  xargs --no-run-if-empty kill <"/proc/$pid/task/$pid/children" 2>/dev/null || true
  for ((tries = 0; tries < 80; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.25
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/$name.pid" "$socket"
  echo "$script: stopped"
}

status_of() {
  if holder "$1" >/dev/null && answers "$dir/$2"; then
    echo "$script: up: unix://$dir/$2"
  else
    echo "$script: not running"
    return 1
  fi
}
