# (e) Where the time goes: phases, stacked, for each number of nodes, from samples.csv. Arithmetic means
# of costs, so that they add up: over the ranks, steps and repetitions of a configuration, warm-up left
# out. Upper panel: a training step; lower: loading, for each event.
height = 1.05
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows in samples.csv that are no warm-up"
step_phases = "fetch decompress h2d forward backward allreduce update other"
load_phases = "stage read inflate convert compress other"

# A step's rows name an epoch or a step, those of loading neither.
counts(_) = strcol("warmup") ne "1"
is_step(_) = counts(0) && strlen(strcol("step")) && position(step_phases, strcol("phase"), 1)
is_load(_) = counts(0) && !strlen(strcol("step")) && !strlen(strcol("epoch")) && \
  position(load_phases, strcol("phase"), 1)
bar(_) = sprintf("%s %s %s %s %s", cell("nodes"), cell("ranks"), cell("backend"), cell("global_batch"), cell("kind"))
load_bar(_) = sprintf("%s %s %s %s %s", cell("nodes"), cell("ranks"), \
  strcol("driver") eq "load-time" ? cell("backend") : "-", cell("cache_state"), cell("kind"))

step_bars = ""
load_bars = ""
files = ""
do for [r = 1:words(runs)] {
  f = file(r, "samples.csv")
  if (there(f)) {
    files = files.'"'.f.'" '
    stats f using (is_step(0) ? (step_bars = remember(step_bars, bar(0)), 1) : \
      is_load(0) ? (load_bars = remember(load_bars, load_bar(0)), 1) : 0) nooutput
  }
}
if (words(step_bars) + words(load_bars) == 0) { @missing_rows }

# sums[bar, phase]; counted[bar]: rank-steps, or events of loading (each phase names them: the largest).
P = words(step_phases)
Q = words(load_phases)
array sums[P * (words(step_bars) + 1)]
array counted[P * (words(step_bars) + 1)]
array load_sums[Q * (words(load_bars) + 1)]
array load_counted[Q * (words(load_bars) + 1)]
do for [i = 1:|sums|] { sums[i] = 0.0; counted[i] = 0.0 }
do for [i = 1:|load_sums|] { load_sums[i] = 0.0; load_counted[i] = 0.0 }
add_step(i) = (sums[i] = sums[i] + column("time_s"), counted[i] = counted[i] + 1, 1)
add_load(i) = (load_sums[i] = load_sums[i] + column("time_s"), load_counted[i] = load_counted[i] + column("events"), 1)
do for [r = 1:words(files)] {
  stats word(files, r) using (is_step(0) ? \
      add_step(P * (position(step_bars, bar(0), 1) - 1) + position(step_phases, strcol("phase"), 1)) : \
    is_load(0) ? \
      add_load(Q * (position(load_bars, load_bar(0), 1) - 1) + position(load_phases, strcol("phase"), 1)) : 0) \
    nooutput
}

# A phase of a step may have fewer rows than others (fetch is at an epoch's start): all are divided by
# the number of forward passes.
forward = position(step_phases, "forward", 1)
steps_of(b) = counted[P * (b - 1) + forward] > 0 ? counted[P * (b - 1) + forward] : 1.0
events_of(b) = load_counted[Q * b] > 0 ? load_counted[Q * b] : 1.0
step_time(b, p) = sums[P * (b - 1) + p] / steps_of(b)
load_time(b, p) = 1000 * load_sums[Q * (b - 1) + p] / events_of(b)

# What took any time, in the order of the phases.
total(p) = sum [b = 1:words(step_bars)] step_time(b, p)
load_total(p) = sum [b = 1:words(load_bars)] load_time(b, p)
used = ""
load_used = ""
do for [p = 1:P] { if (total(p) > 0) { used = used.word(step_phases, p)." " } }
do for [p = 1:Q] { if (load_total(p) > 0) { load_used = load_used.word(load_phases, p)." " } }

# Bars lie, so that their names can be read: rows of phase, bar, left end, right end.
most_bars = 24
shown(list) = words(list) > most_bars ? most_bars : words(list)
left_out = words(step_bars) + words(load_bars) - shown(step_bars) - shown(load_bars)
set print $steps
print "phase,bar,left,right"
do for [b = 1:shown(step_bars)] {
  left = 0.0
  do for [p = 1:P] {
    print sprintf("%s,%d,%g,%g", word(step_phases, p), b, left, left + step_time(b, p))
    left = left + step_time(b, p)
  }
}
set print $loads
print "phase,bar,left,right"
do for [b = 1:shown(load_bars)] {
  left = 0.0
  do for [p = 1:Q] {
    print sprintf("%s,%d,%g,%g", word(load_phases, p), b, left, left + load_time(b, p))
    left = left + load_time(b, p)
  }
}
set print

# At a bar's end its length.
whole(b) = sum [p = 1:P] step_time(b, p)
load_whole(b) = sum [p = 1:Q] load_time(b, p)
longest_bar = 0.0
longest_load = 0.0
set print $ends
print "bar,right"
do for [b = 1:shown(step_bars)] {
  print sprintf("%d,%g", b, whole(b))
  longest_bar = longer(longest_bar, whole(b))
}
set print $load_ends
print "bar,right"
do for [b = 1:shown(load_bars)] {
  print sprintf("%d,%g", b, load_whole(b))
  longest_load = longer(longest_load, load_whole(b))
}
set print

# Told apart in grey by the hatching (3: full, 0: empty).
patterns = "fetch 0 decompress 4 h2d 6 forward 3 backward 5 allreduce 1 update 7 other 2 stage 4 read 3 \
inflate 5 convert 1 compress 7"
paints = "fetch #000000 decompress #CC79A7 h2d #56B4E9 forward #0072B2 backward #D55E00 allreduce #009E73 \
update #E69F00 other #000000 stage #CC79A7 read #0072B2 inflate #D55E00 convert #009E73 compress #E69F00"
pattern(phase) = int(word(patterns, position(patterns, phase, 1) + 1))
paint(phase) = word(paints, position(paints, phase, 1) + 1)

# Names of bars: nodes, ranks of a node, and what differs.
ranks_a_node(bar) = sprintf("%g", real(word(bar, 2)) / real(word(bar, 1)))
nodes_of(bar) = real(word(bar, 2)) < real(word(bar, 1)) ? word(bar, 1)." on ".word(bar, 2) : \
  word(bar, 1)." × ".ranks_a_node(bar)
backend(bar) = word(bar, 3) eq "-" ? "" : ", ".word(bar, 3)
other_kind(bar) = word(bar, 5) eq "measured" ? "" : ", ".word(bar, 5)
cache(bar) = word(bar, 4) eq "cold" || word(bar, 4) eq "warm" ? ", ".word(bar, 4) : ""
step_name(bar) = nodes_of(bar).", batch ".word(bar, 4).backend(bar).other_kind(bar)
load_name(bar) = nodes_of(bar).(word(bar, 3) eq "-" ? ", before training" : backend(bar)).cache(bar).other_kind(bar)
longest = 0
do for [b = 1:shown(step_bars)] { longest = longer(longest, strlen(step_name(word(step_bars, b)))) }
do for [b = 1:shown(load_bars)] { longest = longer(longest, strlen(load_name(word(load_bars, b)))) }
left = 0.05 + 0.0086 * longest
left = left > 0.5 ? 0.5 : left

foot_text = below(wrapped(caption, width), wrapped("Names: nodes × ranks of a node, or nodes \
on fewer ranks. Arithmetic means over \
ranks, steps and repetitions, which add up to the mean time; warm-up left out. allreduce: communication \
that was not hidden, and waiting for the slowest rank.". \
(left_out > 0 ? sprintf(" %d more bars do not fit and are in samples.csv.", left_out) : ""), width))
@put_foot
# Panels share the height by their bars.
panels = (words(step_bars) > 0) + (words(load_bars) > 0)
head = 0.105 / height # heading and legend
room = 1 - foot - panels * (head + axis)
bar_height = room / (shown(step_bars) + shown(load_bars))
bar_height = bar_height > 0.09 / height ? 0.09 / height : bar_height
top = 1.0
set border 3
unset grid
set grid xtics linecolor rgb "#dddddd" linetype 1 linewidth 0.5
set tics font small_font
set ytics scale 0
set style fill solid border rgb "black"
set multiplot
begin = "set label 101 heading at screen 0.5, screen (top - 0.022 / height) center front; \
  set key at screen 0.5, screen (top - 0.035 / height) center top horizontal maxrows 2 reverse Left \
    samplen 2 spacing (1.1 / leading) width 1 font small_font; \
  set margins at screen left, at screen 0.96, at screen top - head - bar_height * count, at screen top - head; \
  set yrange [count + 0.6:0.4]; set ytics ()"
if (words(step_bars) > 0) {
  heading = "Where the time of a training step goes"
  count = shown(step_bars)
  @begin
  set xlabel "time (s)"
  set xrange [0:1.1 * longest_bar]
  do for [b = 1:count] { set ytics add (step_name(word(step_bars, b)) b) }
  plot for [u = 1:words(used)] $steps \
    using (strcol("phase") eq word(used, u) ? column("left") : NaN):(column("bar")): \
      (column("left")):(column("right")):(column("bar") - 0.34):(column("bar") + 0.34) \
    with boxxyerror linecolor rgb paint(word(used, u)) fillstyle pattern pattern(word(used, u)) \
    title word(used, u), \
    $ends using (column("right")):(column("bar")):(sprintf(" %.3g", column("right"))) \
    with labels left font small_font notitle
  unset label 100
  top = top - head - bar_height * count - axis
}
if (words(load_bars) > 0) {
  heading = "Where the time of loading an event goes"
  count = shown(load_bars)
  @begin
  set xlabel "time (ms)"
  set xrange [0:1.1 * longest_load]
  do for [b = 1:count] { set ytics add (load_name(word(load_bars, b)) b) }
  plot for [u = 1:words(load_used)] $loads \
    using (strcol("phase") eq word(load_used, u) ? column("left") : NaN):(column("bar")): \
      (column("left")):(column("right")):(column("bar") - 0.34):(column("bar") + 0.34) \
    with boxxyerror linecolor rgb paint(word(load_used, u)) fillstyle pattern pattern(word(load_used, u)) \
    title word(load_used, u), \
    $load_ends using (column("right")):(column("bar")):(sprintf(" %.3g", column("right"))) \
    with labels left font small_font notitle
}
unset multiplot
