#!/bin/bash
# Tests ci/onednn3 with a stand-in for Python. Prints TAP.
set -u
script=$(cd "$(dirname "$0")/../../ci" && pwd)/onednn3
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export PYTHON=$folder/python3

# python STATUS SUBFOLDER: has pip; an installation leaves the files in SUBFOLDER of its prefix.
python() {
  : > "$folder/calls"
  cat > "$PYTHON" << END
#!/bin/bash
echo "\$*" >> '$folder/calls'
[[ \$* == *--version* ]] && exit 0
prefix=\$(sed 's/.*--prefix \\([^ ]*\\).*/\\1/' <<< "\$*")/$2
mkdir -p "\$prefix/include/oneapi/dnnl" "\$prefix/lib"
touch "\$prefix/include/oneapi/dnnl/dnnl.h" "\$prefix/lib/${3:-libdnnl.so.3}"
exit $1
END
  chmod +x "$PYTHON"
}

number=0
failures=0
report() {
  number=$((number + 1))
  [ "$1" = ok ] || failures=$((failures + 1))
  echo "$1 $number - $2"
}
# expect TITLE STATUS PATTERN ARGUMENTS..: PATTERN must be in the last line of all output.
expect() {
  local title=$1 status=$2 pattern=$3 output got result=ok
  shift 3
  output=$("$script" "$@" 2>&1 < /dev/null)
  got=$?
  if [ $got -ne "$status" ] || ! grep -q -- "$pattern" <<< "$(tail -n 1 <<< "$output")"; then
    result="not ok"
  fi
  report "$result" "$title"
  [ "$result" = ok ] || sed "s/^/# (exit $got) /" <<< "$output"
}
# left TITLE COUNT: how many folders there are beside the stand-in's files.
left() {
  local result=ok
  [ "$(find "$folder" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq "$2" ] || result="not ok"
  report "$result" "$1"
}

echo 1..10
python 1 ""
expect "a failing pip is an error" 1 "cannot install" "$folder/a"
left "and leaves nothing behind" 0
python 0 "" libdnnl.so.2
expect "packages without the library are an error" 1 "do not hold" "$folder/a"
left "and leave nothing behind" 0
python 0 ""
expect "made: the last line is the prefix" 0 "^$folder/a$" "$folder/a"
python 0 local
expect "made where the distribution's pip puts it" 0 "^$folder/b$" "$folder/b"
python 1 ""
expect "there already: the prefix again" 0 "^$folder/a$" "$folder/a"
result=ok
[ -s "$folder/calls" ] && result="not ok"
report "$result" "and pip is not called"
mkdir "$folder/c"
expect "something else in its place is refused" 1 "holds no oneDNN 3" "$folder/c"
expect "an unknown option is refused" 2 "unknown option" --fast
exit $((failures > 0))
