#!/usr/bin/env bash
# Runs the conformance suite against a daemon of one's own and compares each verdict with the ones kept in a file, so
# that a change of the suite that judges a real daemon otherwise is seen. With --update the file is written anew. Of a line
# `varies ID` any verdict is as expected: it is for what a daemon does otherwise from one run to the next.
set -euo pipefail

usage() {
  echo 'usage: scripts/check-verdicts.sh HOST FILE [--profile NAME] [--update]' >&2
  exit 2
}

[ $# -ge 2 ] || usage
host=$1 expected=$2 update='' narrowed=()
shift 2
while [ $# -gt 0 ]; do
  case $1 in
  --update) update=$1 ;;
  --profile)
    [ $# -ge 2 ] || usage
    narrowed=(--profile "$2")
    shift
    ;;
  *) usage ;;
  esac
  shift
done
root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Writes one verdict a line.
judge() {
  local status=0
  node "$root/dist/cli/main.js" conformance --host "$host" --destructive ${narrowed[@]+"${narrowed[@]}"} --quiet --json "$work/report.json" || status=$?
  # 1 says that a MUST failed, which may be what the file expects; above that the run itself went wrong.
  [ "$status" -le 1 ] || exit "$status"
  node -e '
    const { existsSync, readFileSync } = require("node:fs");
    const [, report, expected] = process.argv;
    const { results } = JSON.parse(readFileSync(report, "utf8"));
    const kept = existsSync(expected) ? readFileSync(expected, "utf8").split("\n") : [];
    const varying = new Set(kept.filter((line) => line.startsWith("varies ")));
    // What a profile leaves out is nothing that was judged.
    const judged = results.filter(({ outcome, reason }) => outcome !== "skipped" || !/--profile/.test(reason));
    const lines = judged.map(({ id, outcome, deviation }) => {
      if (varying.has(`varies ${id}`)) return `varies ${id}`;
      return `${outcome}${deviation ? " (known deviation)" : ""} ${id}`;
    });
    process.stdout.write(`${lines.sort().join("\n")}\n`);
  ' "$work/report.json" "$expected" >"$1"
}

judge "$work/verdicts"
if [ -z "$update" ] && ! cmp -s "$expected" "$work/verdicts"; then
  echo "verdicts differ; judged once more, since a real daemon collects garbage when it likes:" >&2
  diff "$expected" "$work/verdicts" >&2 || true
  judge "$work/verdicts"
fi

if [ -n "$update" ]; then
  cp "$work/verdicts" "$expected"
  echo "$expected: $(wc -l <"$expected") verdicts written"
elif diff -u --label "$expected" --label "$host" "$expected" "$work/verdicts"; then
  echo "$expected: all $(wc -l <"$expected") verdicts as expected"
else
  echo "verdicts of $host are not those of $expected" >&2
  exit 1
fi
