#!/bin/bash
# Tests ci/setup with stand-ins for dpkg-query, apt-get, id and sudo. Prints TAP.
set -u
setup=$(cd "$(dirname "$0")/../../ci" && pwd)/setup
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# stand_in NAME: a program of that name, body on stdin; what it is called with goes to calls.
stand_in() {
  { echo '#!/bin/bash'; echo "echo \"$1 \$*\" >> '$folder/calls'"; cat; } > "$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}

# machine USER INSTALLED SUDO: INSTALLED is none or all, SUDO is yes or no.
machine() {
  rm -rf "${folder:?}/bin"
  mkdir "$folder/bin"
  : > "$folder/calls"
  stand_in id <<< "echo $1"
  stand_in sudo <<< "[ $3 = yes ] || exit 1; shift; \"\$@\""
  stand_in apt-get <<< "exit ${apt_status:-0}"
  if [ "$2" = all ]; then
    stand_in dpkg-query <<< 'shift 3; for p; do printf "installed=%s " "$p"; done'
  else
    stand_in dpkg-query <<< 'printf "config-files=cmake "'
  fi
}

number=0
failures=0
# expect TITLE STATUS PATTERN: runs ci/setup; PATTERN must be in its output.
expect() {
  local title=$1 status=$2 pattern=$3 output got result=ok
  shift 3
  number=$((number + 1))
  output=$(PATH=$folder/bin:$PATH "$setup" "$@" 2>&1 < /dev/null)
  got=$?
  if [ $got -ne "$status" ] || ! grep -q -- "$pattern" <<< "$output"; then
    result="not ok"
    failures=$((failures + 1))
  fi
  echo "$result $number - $title"
  [ "$result" = ok ] || sed "s/^/# (exit $got) /" <<< "$output"
}
# called TITLE PATTERN TIMES: how often the stand-ins were called so.
called() {
  local result=ok
  number=$((number + 1))
  if [ "$(grep -c -- "$2" "$folder/calls")" -ne "$3" ]; then
    result="not ok"
    failures=$((failures + 1))
  fi
  echo "$result $number - $1"
  [ "$result" = ok ] || sed 's/^/# /' "$folder/calls"
}

echo 1..11
machine 0 all no
expect "all there: nothing to do" 0 "are installed"
called "all there: apt-get is not called" "^apt-get" 0
machine 0 none no
expect "root: installs" 0 "libdnnl-dev  *backend onednn"
called "root: a package with only its settings left is missing" "install.* cmake" 1
machine 1000 none yes
expect "sudo without a password: installs" 0 "installed"
called "sudo without a password: is used" "^sudo -n env.*install" 1
machine 1000 none no
expect "no root, no sudo: says the one command" 1 "su -c 'apt-get update && apt-get install.*cmake"
called "no root, no sudo: apt-get is not called" "^apt-get" 0
apt_status=100
machine 0 none no
expect "a failing apt-get is an error" 1 "apt-get failed"
expect "the minimal set holds no backend" 0 "^libpopt-dev" --list minimal
expect "an unknown set is refused" 2 "neither an option nor a set" everything
exit $((failures > 0))
