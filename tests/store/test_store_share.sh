#!/bin/bash
# One store for the ranks of a node, with 1, 2 and 3 of them. usage: test_store_share.sh PROGRAM
set -u
source "$(dirname "$0")/../support/ranks.sh"
program=$1

for ranks in 1 2 3; do
  passes $ranks "every rank reads every record" "$program" equal $ranks
  passes $ranks "an event stored twice, two codecs" "$program" twice $ranks
  passes $ranks "damage is found by all" "$program" damage $ranks
  passes $ranks "never everything twice" "$program" transient $ranks
  LARSCALE_SHARED_MEMORY=3000 passes $ranks "too little shared memory" "$program" refused $ranks
  LARSCALE_SHARED_MEMORY=0 passes $ranks "no shared memory" "$program" refused $ranks
  LARSCALE_SHARED_MEMORY="12 GB" passes $ranks "a limit that is no number" "$program" limit $ranks
  ends $ranks "an error on the last rank ends all" 1 "rank $((ranks - 1)) gives up" \
    "$program" alone $ranks
done
done_testing
