#!/bin/bash
# Tests ci/cuda with a stand-in for Python. Prints TAP.
set -u
script=$(cd "$(dirname "$0")/../../ci" && pwd)/cuda
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export PYTHON=$folder/python3

# python STATUS HEADER: has pip; an installation leaves a toolkit, and cuDNN's HEADER.
python() {
  : > "$folder/calls"
  cat > "$PYTHON" << END
#!/bin/bash
echo "\$*" >> '$folder/calls'
[[ \$* == *--version* ]] && exit 0
prefix=\$(sed 's/.*--target \\([^ ]*\\).*/\\1/' <<< "\$*")/nvidia
mkdir -p "\$prefix"/cu13/{bin,include,lib,nvvm/bin} "\$prefix/cudnn_jit/include"
touch "\$prefix"/cu13/{bin/nvcc,include/cuda_runtime.h,lib/libnvvm.so.4,nvvm/bin/cicc}
chmod +x "\$prefix/cu13/bin/nvcc"
touch "\$prefix/cudnn_jit/include/$2"
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
# holds TITLE COMMAND..
holds() {
  local title=$1 result=ok
  shift
  "$@" || result="not ok"
  report "$result" "$title"
}

echo 1..11
python 1 cudnn.h
expect "a failing pip is an error" 1 "cannot install" --own "$folder/a"
holds "and leaves nothing behind" [ -z "$(find "$folder" -mindepth 1 -type d)" ]
python 0 other.h
expect "packages without what is needed are an error" 1 "do not hold" --own "$folder/a"
python 0 cudnn.h
expect "made: the last line is the prefix" 0 "^$folder/a$" --own "$folder/a"
holds "with cuDNN's headers" [ -f "$folder/a/include/cudnn.h" ]
holds "without what nvcc does not use" [ ! -e "$folder/a/lib/libnvvm.so.4" ]
python 1 cudnn.h
expect "there already: the prefix again" 0 "^$folder/a$" --own "$folder/a"
holds "and pip is not called" [ ! -s "$folder/calls" ]
PATH=$folder/a/bin:$PATH expect "a toolkit that is installed is taken" 0 "^$folder/a$" "$folder/b"
mkdir "$folder/c"
expect "something else in its place is refused" 1 "holds no toolkit" --own "$folder/c"
expect "an unknown option is refused" 2 "unknown option" --fast
exit $((failures > 0))
