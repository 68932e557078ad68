#!/bin/bash
# Training with 1, 2 and 3 ranks at the same global batch. usage: test_train_ranks.sh PROGRAM
set -u
source "$(dirname "$0")/../support/ranks.sh"
program=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# Unshuffled, 6 slots: event 9 is slot 3 of the second step, and that is rank 0, 1 and 1.
for ranks in 1 2 3; do
  passes $ranks "loss curve, weights, evaluation" "$program" curve "$folder/curve"
  passes $ranks "a rank that differs is named" "$program" differ "$folder/curve"
  ends $ranks "a damaged event ends all" 1 \
    "rank $((ranks > 1)): epoch 1, step 2: the loss of event 9 is " "$program" nan "$folder/curve"
done
done_testing
