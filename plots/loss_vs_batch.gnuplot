# (d) Loss against epochs and against time, for each global batch, from history.csv: the median over
# the runs (their seeds) and a band from the lowest to the highest. Validation loss if there is any.
# The batch and the kind of the times are those of samples.csv, unless history.csv has them.
height = 1.05
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows in history.csv"

# All histories as one table; a run's batch and kind are those of its first row of samples.csv.
loss = "loss"
do for [r = 1:words(runs)] {
  f = file(r, "history.csv")
  if (there(f) && has(f, "val_loss")) {
    stats f using (strlen(strcol("val_loss")) ? (loss = "val_loss", 1) : 0) nooutput
  }
}
set print $all
print "series,batch,epoch,seconds,loss"
rows = 0
series = "" # batch and kind
batch(_) = own_batch ? cell("global_batch") : run_batch
kind_of(_) = own_kind ? cell("kind") : run_kind
line(_) = sprintf("%s %s,%s,%g,%g,%g", batch(0), kind_of(0), batch(0), column("epoch"), column("wall_s"), \
  column(loss))
take(_) = (series = remember(series, batch(0)." ".kind_of(0)), rows = rows + 1, table = table.line(0)."\n", 1)
do for [r = 1:words(runs)] {
  f = file(r, "history.csv")
  g = file(r, "samples.csv")
  if (there(f)) {
    own_batch = has(f, "global_batch")
    own_kind = has(f, "kind")
    run_batch = "?"
    run_kind = "measured"
    if (there(g)) {
      stats g every ::0::0 using (run_batch = cell("global_batch"), run_kind = cell("kind"), 1) nooutput
    }
    table = ""
    stats f using (strlen(strcol(loss)) ? take(0) : 0) nooutput
    print table
  }
}
set print
if (rows == 0) { @missing_rows }

series = sorted(series)
# Medians and bands: one row for each series and epoch.
last = 0
stats $all using (last = strlen(strcol("epoch")) && column("epoch") > last ? column("epoch") : last, 1) nooutput
emulated = 0
most_runs = 0
set print $bands
print "series,epoch,seconds,low,median,high"
do for [s = 1:words(series)] {
  if (word(word(series, s), 2) eq "emulated") { emulated = 1 }
  do for [e = 1:last] {
    n = 0
    stats $all using (strcol("series") eq word(series, s) && column("epoch") == e ? (n = n + 1, 1) : 0) nooutput
    if (n > 0) {
      stats $all using (strcol("series") eq word(series, s) && column("epoch") == e ? column("loss") : NaN) \
        nooutput name "L"
      stats $all using (strcol("series") eq word(series, s) && column("epoch") == e ? column("seconds") : NaN) \
        nooutput name "T"
      print sprintf("%s,%g,%g,%g,%g,%g", word(series, s), e, T_median, L_min, L_median, L_max)
      most_runs = n > most_runs ? n : most_runs
    }
  }
}
set print

name(s) = sprintf("global batch %s (%s)", word(word(series, s), 1), word(word(series, s), 2))
kind(s) = word(word(series, s), 2)
is(s) = strcol("series") eq word(series, s)
foot_text = below(wrapped(caption, width), wrapped((most_runs > 1 ? sprintf("Lines: median of up to %d runs \
that differ in their seed; bands: lowest to highest. ", most_runs) : "One run for each line. "). \
(emulated ? "Emulated: the loss is that of as many nodes, exactly; the time is that of fewer, which \
accumulate. " : "")."The published study (EPJ Web Conf. 214, 06016): larger batches reach a better loss in \
the same number of epochs; its points are not in the text.", width))
@put_foot
heading = "Loss against epochs and time"
entries = words(series)
longest = 0
do for [s = 1:words(series)] { longest = longer(longest, strlen(name(s))) }
@put_key

set style fill transparent solid 0.2 noborder
set multiplot
set ylabel loss eq "loss" ? "loss (training)" : "loss (validation)"
set autoscale noextend
set offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05
middle = foot + axis + 0.5 * (1 - head - foot - axis)
panel = "plot for [s = 1:words(series)] $bands using (is(s) ? column(abscissa) : NaN):(column('low')):(column('high')) \
    with filledcurves linecolor rgb colour(s) notitle, \
  for [s = 1:words(series)] $bands using (is(s) ? column(abscissa) : NaN):(column('median')) \
    with linespoints linecolor rgb colour(s) dashtype dash(kind(s)) pointtype mark(s, kind(s)) \
    pointsize size(s) notitle, \
  for [s = 1:words(series)] NaN with linespoints linecolor rgb colour(s) dashtype dash(kind(s)) \
    pointtype mark(s, kind(s)) pointsize size(s) title name(s)"

set margins at screen 0.12, at screen 0.97, at screen middle + 0.5 * axis, at screen 1 - head
set xlabel "epoch"
set xtics ceil(last / 12.0) # whole epochs
abscissa = "epoch"
@panel
unset label 100
unset label 101
unset key
set margins at screen 0.12, at screen 0.97, at screen foot + axis, at screen middle - 0.5 * axis
set xtics autofreq
set xlabel emulated ? "time of steps and evaluations (s); of emulated nodes: as long as it took here" : \
  "time of steps and evaluations (s)"
abscissa = "seconds"
@panel
unset multiplot
