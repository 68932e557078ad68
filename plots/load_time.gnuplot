# (a) Time to bring the data set into the compressed store, against nodes: medians with their 95%
# intervals from summary.csv, one colour for each form of the store, codec and state of the file
# cache; beside each the ideal, the time of its least number of nodes divided by the nodes.
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows of driver load-time in summary.csv"

here(_) = strcol("driver") eq "load-time" && strcol("quantity") eq "load"
family(_) = cell("backend")." ".cell("cache_state") # CODEC:FORM
families = ""
series = "" # family and kind
nodes = ""
files = ""
shortest = 1e300
longest_time = 0.0
see(t) = (shortest = t < shortest ? t : shortest, longest_time = t > longest_time ? t : longest_time)
do for [r = 1:words(runs)] {
  f = file(r, "summary.csv")
  if (there(f)) {
    files = files.'"'.f.'" '
    stats f using (here(0) ? (families = remember(families, family(0)), \
      series = remember(series, family(0)." ".cell("kind")), nodes = remember(nodes, cell("nodes")), \
      see(column("median_s")), 1) : 0) \
      nooutput
  }
}
if (words(families) == 0) { @missing_rows }

array base_nodes[words(families)]
array base_time[words(families)]
do for [i = 1:words(families)] {
  base_nodes[i] = 1e300
  do for [r = 1:words(files)] {
    stats word(files, r) using (here(0) && family(0) eq word(families, i) && column("nodes") < base_nodes[i] ? \
      (base_nodes[i] = column("nodes"), base_time[i] = column("median_s"), 1) : 0) nooutput
  }
}
last = 0
do for [n = 1:words(nodes)] { last = real(word(nodes, n)) > last ? real(word(nodes, n)) : last }

is(s) = here(0) && family(0)." ".cell("kind") eq word(series, s)
family_of(s) = word(word(series, s), 1)." ".word(word(series, s), 2)
number(s) = position(families, family_of(s), 1)
kind(s) = word(word(series, s), 3)
name(s) = sprintf("%s, %s (%s)", word(word(series, s), 1), word(word(series, s), 2), kind(s))

set print $ideal
print "nodes,seconds"
do for [i = 1:words(families)] {
  print sprintf("%g,%g", base_nodes[i], base_time[i])
  print sprintf("%g,%g", last, base_time[i] * base_nodes[i] / last)
  print ""
}
set print

foot_text = below(wrapped(caption, width), wrapped("Marks: median and its 95% \
interval; cold, warm: the cache of the file system. Ideal: the time of a series' least number of nodes, \
divided by the nodes. Of this the published study (EPJ Web Conf. 214, 06016) says that the time falls \
with the nodes; its points are not in the text.", width))
@put_foot
heading = "Time to load the data set into memory"
entries = words(series) + 1
longest = 0
do for [s = 1:words(series)] { longest = longer(longest, strlen(name(s))) }
@put_key
set margins at screen 0.12, at screen 0.97, at screen foot + axis, at screen 1 - head
set xlabel "nodes"
set ylabel "time (s)"
set logscale xy
eval log_tics(shortest, longest_time)
set autoscale noextend
set offsets graph 0.03, graph 0.03, graph 0.06, graph 0.06
set xtics ()
do for [n = 1:words(nodes)] { set xtics add (word(nodes, n) real(word(nodes, n))) }

plot $ideal using 1:2 with lines linecolor rgb "#888888" linewidth 0.7 notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) ? column("nodes") : NaN):(column("median_s")) smooth unique \
    with lines linecolor rgb colour(number(s)) dashtype dash(kind(s)) notitle, \
  for [s = 1:words(series)] for [r = 1:words(files)] word(files, r) \
    using (is(s) && kind(s) ne "model" ? column("nodes") : NaN):(column("median_s")):(low(0)):(high(0)) \
    with yerrorbars linecolor rgb colour(number(s)) pointtype mark(number(s), kind(s)) pointsize size(number(s)) notitle, \
  for [s = 1:words(series)] NaN with linespoints linecolor rgb colour(number(s)) \
    dashtype dash(kind(s)) pointtype mark(number(s), kind(s)) pointsize size(number(s)) title name(s), \
  NaN with lines linecolor rgb "#888888" linewidth 0.7 title "ideal"
