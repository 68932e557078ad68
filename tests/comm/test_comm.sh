#!/bin/bash
# Message passing with 1, 2 and 3 ranks. usage: test_comm.sh PROGRAM
set -u
source "$(dirname "$0")/../support/ranks.sh"
program=$1

for ranks in 1 2 3; do
  passes $ranks "every function" "$program" all $ranks
  ends $ranks "an error on the last rank ends all" 3 "rank $((ranks - 1)) gives up" \
    "$program" fail $ranks
done

# Ranks that would each run alone are refused.
name="a launcher whose ranks cannot meet"
output=$(PMI_SIZE=2 "$program" all 1 2>&1 < /dev/null)
code=$?
if [ -n "${MPIEXEC:-}" ]; then
  expected=1 text="announced 2 ranks but MPI sees 1"
else
  expected=77 text="this build has no MPI"
fi
if [ $code -ne $expected ]; then
  result "$name" "exit code $code, expected $expected" "$output"
elif ! grep -qF "$text" <<< "$output"; then
  result "$name" "the output does not hold '$text'" "$output"
else
  result "$name" ""
fi
done_testing
