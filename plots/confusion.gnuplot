# (g) The confusion table, from confusion.csv of the last of the runs: shade and first line of a cell are
# the share of the true class's summed scores; second line: that sum and the class's
# events, as the study prints its diagonal.
height = 0.86
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows in confusion.csv"

f = ""
do for [r = 1:words(runs)] { if (there(file(r, "confusion.csv"))) { f = file(r, "confusion.csv") } }
classes = ""
set_name = ""
rows = 0
if (strlen(f)) {
  stats f using (classes = remember(classes, strcol("true_class")), set_name = strcol("set"), rows = rows + 1, 1) \
    nooutput
}
if (rows == 0) { @missing_rows }
n = words(classes)
array events[n]
array scores[n]
do for [t = 1:n] { events[t] = 0.0; scores[t] = 0.0 }
true(_) = position(classes, strcol("true_class"), 1)
predicted(_) = position(classes, strcol("predicted_class"), 1)
stats f using (events[true(0)] = events[true(0)] + column("events"), \
  scores[true(0)] = scores[true(0)] + column("score_sum"), 1) nooutput
share(_) = scores[true(0)] > 0 ? 100 * column("score_sum") / scores[true(0)] : 0

foot_text = below(wrapped(caption, width), wrapped("Set: ".set_name.". Large: share of the true class's \
summed scores; small: that sum / all events of the true class. The published \
study (EPJ Web Conf. 214, 06016), of scores summed on its validation set, diagonal: gamma 851/873, \
e- 1612/1622, mu 854/856, pi 484/826, K+ 504/823; gamma is taken for e- at 2.5%, pi and K+ for each other \
at about 40%.", width))
@put_foot
set margins at screen 0.2, at screen 0.86, at screen foot + axis + 0.02, at screen 1 - 0.06 / height
set title "Confusion table"
set xlabel "predicted class"
set ylabel "true class"
set border 15
unset grid
unset key
set xrange [0.5:n + 0.5]
set yrange [n + 0.5:0.5]
set xtics () scale 0
set ytics () scale 0
do for [t = 1:n] { set xtics add (word(classes, t) t); set ytics add (word(classes, t) t) }
set cbrange [0:100]
set cblabel "share of the true class's scores (%)"
set palette defined (0 "#ffffff", 50 "#8fb4d9", 100 "#003366") # lightness falls evenly: fit for grey
ink(value) = value > 55 ? 0xffffff : 0x000000
plot f using (predicted(0)):(true(0)):(share(0)) with image pixels, \
  f using (predicted(0)):(true(0)):(sprintf("%.1f%%", share(0))):(ink(share(0))) \
    with labels offset 0, 0.5 textcolor rgb variable, \
  f using (predicted(0)):(true(0)):(sprintf("%.4g / %g", column("score_sum"), events[true(0)])):(ink(share(0))) \
    with labels offset 0, -0.6 font small_font textcolor rgb variable
