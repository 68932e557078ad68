# shellcheck shell=bash
# For scripts that start a program with several numbers of ranks and print TAP. Read with `source`.
#
# MPIEXEC, MPIEXEC_NUMPROC_FLAG: how to start ranks; unset in a build without MPI, where one rank
# runs by itself and every check of more ranks is a skip.

tests=0
failures=0

# result NAME PROBLEM [OUTPUT]: one TAP line; no problem, no failure.
result() {
  tests=$((tests + 1))
  if [ -z "$2" ]; then
    echo "ok $tests - $1"
    return
  fi
  failures=$((failures + 1))
  echo "not ok $tests - $1"
  echo "# $2"
  sed 's/^/#   /' <<< "${3:-}"
}

# on_ranks N COMMAND..: sets output, code and seconds.
on_ranks() {
  local ranks=$1 started=$SECONDS
  shift
  [ -n "${MPIEXEC:-}" ] && set -- "$MPIEXEC" "$MPIEXEC_NUMPROC_FLAG" "$ranks" "$@"
  output=$(timeout --kill-after=5 60 "$@" 2>&1 < /dev/null)
  code=$?
  seconds=$((SECONDS - started))
}

# cannot_run N NAME: true, and a visible skip, if there is no way to start N ranks.
cannot_run() {
  [ "$1" -eq 1 ] || [ -n "${MPIEXEC:-}" ] && return 1
  tests=$((tests + 1))
  echo "# this build has no MPI"
  echo "ok $tests # SKIP $2"
}

# passes N CASE COMMAND..: every rank must say "passed" and end with 0.
passes() {
  local ranks=$1 name="$2, $1 ranks" said
  cannot_run "$ranks" "$name" && return
  shift 2
  on_ranks "$ranks" "$@"
  said=$(grep -c '^passed$' <<< "$output")
  if [ $code -ne 0 ]; then
    result "$name" "exit code $code" "$output"
  elif [ "$said" -ne "$ranks" ]; then
    result "$name" "$said of $ranks ranks passed" "$output"
  else
    result "$name" ""
  fi
}

# ends N CASE CODE TEXT COMMAND..: all ranks must end soon with CODE, and TEXT be in the output.
ends() {
  local ranks=$1 name="$2, $1 ranks" expected=$3 text=$4
  cannot_run "$ranks" "$name" && return
  shift 4
  on_ranks "$ranks" "$@"
  if [ $code -ne "$expected" ]; then
    result "$name" "exit code $code, expected $expected" "$output"
  elif ! grep -qF -- "$text" <<< "$output"; then
    result "$name" "the output does not hold '$text'" "$output"
  elif [ $seconds -gt 20 ]; then
    result "$name" "took $seconds s" "$output"
  else
    result "$name" ""
  fi
}

# Prints the plan; the exit code tells whether all passed.
done_testing() {
  echo "1..$tests"
  exit $((failures > 0))
}
