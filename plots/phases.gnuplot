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

# The bars as tables: a row for each bar, a column for each phase that took any time.
total(p) = sum [b = 1:words(step_bars)] step_time(b, p)
load_total(p) = sum [b = 1:words(load_bars)] load_time(b, p)
used = ""
load_used = ""
do for [p = 1:P] { if (total(p) > 0) { used = used.word(step_phases, p)." " } }
do for [p = 1:Q] { if (load_total(p) > 0) { load_used = load_used.word(load_phases, p)." " } }
set print $steps
print "nothing"
do for [b = 1:words(step_bars)] {
  row = ""
  do for [u = 1:words(used)] {
    row = row.sprintf("%g,", step_time(b, position(step_phases, word(used, u), 1)))
  }
  print row
}
set print $loads
print "nothing"
do for [b = 1:words(load_bars)] {
  row = ""
  do for [u = 1:words(load_used)] {
    row = row.sprintf("%g,", load_time(b, position(load_phases, word(load_used, u), 1)))
  }
  print row
}
set print

# Told apart in grey by the hatching (3: full, 0: empty).
patterns = "fetch 0 decompress 4 h2d 6 forward 3 backward 5 allreduce 1 update 7 other 2 stage 4 read 3 \
inflate 5 convert 1 compress 7"
paints = "fetch #000000 decompress #CC79A7 h2d #56B4E9 forward #0072B2 backward #D55E00 allreduce #009E73 \
update #E69F00 other #000000 stage #CC79A7 read #0072B2 inflate #D55E00 convert #009E73 compress #E69F00"
pattern(phase) = int(word(patterns, position(patterns, phase, 1) + 1))
paint(phase) = word(paints, position(paints, phase, 1) + 1)

# Names of bars: nodes, ranks of a node, and what differs; upright where there are many.
most_bars = 24
crowded = words(step_bars) > 7 || words(load_bars) > 7
break = crowded ? ", " : "\n"
ranks_a_node(bar) = sprintf("%g", real(word(bar, 2)) / real(word(bar, 1)))
nodes_of(bar) = word(bar, 1)." × ".ranks_a_node(bar)
others(bar) = (word(bar, 3) eq "-" || one_backend(0) ? "" : break.word(bar, 3)). \
  (word(bar, 5) eq "measured" ? "" : break.word(bar, 5))
cache(state) = state eq "cold" || state eq "warm" ? break.state : ""
step_name(bar) = nodes_of(bar).break."batch ".word(bar, 4).others(bar)
load_name(bar) = nodes_of(bar).cache(word(bar, 4)).others(bar)
backends = ""
do for [b = 1:words(step_bars)] { backends = remember(backends, word(word(step_bars, b), 3)) }
one_backend(_) = bars eq step_bars && words(backends) == 1
longest = 0 # lines, or letters where upright
bars = step_bars
do for [b = 1:words(bars)] {
  longest = longer(longest, crowded ? strlen(step_name(word(bars, b))) : lines(step_name(word(bars, b))))
}
bars = load_bars
do for [b = 1:words(bars)] {
  longest = longer(longest, crowded ? strlen(load_name(word(bars, b))) : lines(load_name(word(bars, b))))
}
shown(list) = words(list) > most_bars ? most_bars : words(list)
left_out = words(step_bars) + words(load_bars) - shown(step_bars) - shown(load_bars)

foot_text = below(wrapped(caption, width), wrapped("Bars: nodes × ranks of a node. Arithmetic means over \
ranks, steps and repetitions, which add up to the mean time; warm-up left out. allreduce: communication \
that was not hidden, and waiting for the slowest rank.". \
(left_out > 0 ? sprintf(" %d more bars do not fit and are in samples.csv.", left_out) : ""), width))
@put_foot
has_steps = words(step_bars) > 0
has_loads = words(load_bars) > 0
head = 0.05 / height
names = 0.02 / height + (crowded ? 0.0078 * longest : 0.021 * longest) / height
middle = !has_loads ? foot : !has_steps ? 1 - head : foot + 0.5 * (1 - foot)
set style data histograms
set style histogram rowstacked
set boxwidth 0.7
set key at screen 0.815, graph 1 left top vertical maxcols 1 reverse Left invert samplen 2 spacing (1.15 / leading)
set yrange [0:*]
unset grid
set grid ytics linecolor rgb "#dddddd" linetype 1 linewidth 0.5
if (crowded) { set xtics rotate by 90 right font small_font }
set multiplot
if (has_steps) {
  set margins at screen 0.12, at screen 0.8, at screen middle + names, at screen 1 - head
  set title "A training step: nodes × ranks of a node"
  bars = step_bars
  set ylabel "time (s)"
  set xrange [-0.6:shown(step_bars) - 0.4]
  set xtics ()
  do for [b = 1:shown(step_bars)] { set xtics add (step_name(word(step_bars, b)) b - 1) }
  plot for [u = 1:words(used)] $steps using u linecolor rgb paint(word(used, u)) \
    fillstyle pattern pattern(word(used, u)) title word(used, u)
  unset label 100
}
if (has_loads) {
  set margins at screen 0.12, at screen 0.8, at screen foot + names, at screen middle - head
  set title "Loading an event: nodes × ranks of a node"
  bars = load_bars
  set ylabel "time (ms)"
  set xrange [-0.6:shown(load_bars) - 0.4]
  set xtics ()
  do for [b = 1:shown(load_bars)] { set xtics add (load_name(word(load_bars, b)) b - 1) }
  plot for [u = 1:words(load_used)] $loads using u linecolor rgb paint(word(load_used, u)) \
    fillstyle pattern pattern(word(load_used, u)) title word(load_used, u)
}
unset multiplot
