# (b) and (c) Speed-up and efficiency of training, from summary.csv; cpu_speedup.gnuplot and
# gpu_speedup.gnuplot load this file. Set before: driver, axis_name (the column that is the
# abscissa), statement (what the study says), heading.
height = 1.05
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows of driver ".driver." in summary.csv"

# Of the quantities that a run holds the most comprehensive: whole trainings, epochs, steps.
quantity = ""
usable(_) = strcol("driver") eq driver && strlen(strcol("speedup"))
do for [q in "train epoch step"] {
  do for [r = 1:words(runs)] {
    f = file(r, "summary.csv")
    if (!strlen(quantity) && there(f)) {
      found = 0
      stats f using (usable(0) && strcol("quantity") eq q ? (found = 1, 1) : 0) nooutput
      if (found) { quantity = q }
    }
  }
}
here(_) = usable(0) && strcol("quantity") eq quantity
family(_) = cell("backend")." ".cell("scaling")
families = ""
series = "" # family and kind
counts = ""
bases = ""
files = ""
base(_) = sprintf("%s (%s scaling) on %s rank%s, %.4g s", cell("backend"), cell("scaling"), \
  cell("base_ranks"), cell("base_ranks") eq "1" ? "" : "s", column("base_time_s"))
most = 1.0
do for [r = 1:words(runs)] {
  f = file(r, "summary.csv")
  if (there(f)) {
    files = files.'"'.f.'" '
    stats f using (here(0) ? (families = remember(families, family(0)), \
      series = remember(series, family(0)." ".cell("kind")), counts = remember(counts, cell(axis_name)), \
      bases = remember(bases, base(0)), most = column(axis_name) > most ? column(axis_name) : most, 1) : 0) \
      nooutput
  }
}
if (words(families) == 0) { @missing_rows }

is(s) = here(0) && family(0)." ".cell("kind") eq word(series, s)
number(s) = position(families, word(word(series, s), 1)." ".word(word(series, s), 2), 1)
kind(s) = word(word(series, s), 3)
name(s) = sprintf("%s, %s scaling (%s)", word(word(series, s), 1), word(word(series, s), 2), kind(s))

time_of = quantity eq "train" ? "of a whole training" : "of each ".quantity

set print $ideal
print sprintf("nodes,speed-up\n1,1\n%g,%g", most, most)
set print

base_text = "Base case: ".word(bases, 1)
do for [b = 2:words(bases)] { base_text = base_text."; ".word(bases, b) }
foot_text = below(wrapped(caption, width), wrapped(base_text.". Marks: from the median time (".time_of."); bars: \
from its 95% interval, the base time taken as exact. ".statement, width))
@put_foot
entries = words(series) + 1
longest = 0
do for [s = 1:words(series)] { longest = longer(longest, strlen(name(s))) }
@put_key

# A longer time is a lower speed-up.
of_interval(value, seconds) = value * column("median_s") / seconds

set multiplot
set xtics ()
do for [n = 1:words(counts)] { set xtics add (word(counts, n) real(word(counts, n))) }
set logscale x
set autoscale noextend
set offsets graph 0.03, graph 0.03, graph 0.06, graph 0.06
middle = foot + axis + 0.36 * (1 - head - foot - axis)

set margins at screen 0.12, at screen 0.97, at screen middle + 0.03, at screen 1 - head
set ylabel "speed-up"
set logscale y
eval log_tics(1, most)
set format x ""
plot $ideal using 1:2 with lines \
    linecolor rgb "#888888" linewidth 0.7 notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) ? column(axis_name) : NaN):(column("speedup")) smooth unique \
    with lines linecolor rgb colour(number(s)) dashtype dash(kind(s)) notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) && kind(s) ne "model" ? column(axis_name) : NaN):(column("speedup")): \
      (of_interval(column("speedup"), high(0))):(of_interval(column("speedup"), low(0))) \
    with yerrorbars linecolor rgb colour(number(s)) pointtype mark(number(s), kind(s)) pointsize size(number(s)) notitle, \
  for [s = 1:words(series)] NaN with linespoints linecolor rgb colour(number(s)) \
    dashtype dash(kind(s)) pointtype mark(number(s), kind(s)) pointsize size(number(s)) title name(s), \
  NaN with lines linecolor rgb "#888888" linewidth 0.7 title "ideal"

unset label 100
unset label 101
unset key
unset logscale y
set ytics autofreq
set format x "%h"
set margins at screen 0.12, at screen 0.97, at screen foot + axis, at screen middle - 0.03
set xlabel abscissa
set ylabel "efficiency (%)"
set yrange [0:*]
plot $ideal using 1:(100) with lines \
    linecolor rgb "#888888" linewidth 0.7 notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) ? column(axis_name) : NaN):(100 * column("efficiency")) smooth unique \
    with lines linecolor rgb colour(number(s)) dashtype dash(kind(s)) notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) && kind(s) ne "model" ? column(axis_name) : NaN):(100 * column("efficiency")): \
      (100 * of_interval(column("efficiency"), high(0))):(100 * of_interval(column("efficiency"), low(0))) \
    with yerrorbars linecolor rgb colour(number(s)) pointtype mark(number(s), kind(s)) pointsize size(number(s)) notitle
unset multiplot
