# What all figures share. A script sets what it needs and then loads this file; given to it are
#   runs     folders of runs, words: "results/a results/b"
#   output   FILE.png, FILE.svg or FILE.pdf
#   caption  (optional) machine, date and revision, one line
# Exit status: 2 usage, 3 the runs hold no rows for this figure (a message says which are missing).
if (!exists("runs") || !exists("output")) {
  print "usage: gnuplot -e \"runs='FOLDER ..'; output='FILE.png'\" ", ARG0
  exit status 2
}
if (!exists("caption")) caption = ""
if (!exists("height")) height = 0.72 # of the width

# Sizes in proportion, so that one layout serves three formats: 18 cm wide, letters of 9 points.
# noenhanced: names hold underscores.
format = output[strlen(output)-2:]
if (format eq "png") {
  base_font = 22
  leading = 1.0 # how far apart this terminal sets lines, against the others
  mark_scale = 1.0 # of this terminal's marks, against the others
  set terminal pngcairo noenhanced size 1700,(1700*height) font "DejaVu Sans,22" linewidth 3 pointscale 2.4
} else { if (format eq "svg") {
  base_font = 15
  leading = 1.24
  mark_scale = 0.75
  set terminal svg noenhanced size 850,(850*height) font "DejaVu Sans,Arial,sans-serif,15" \
    linewidth 1.5 background rgb "white"
} else { if (format eq "pdf") {
  base_font = 9
  leading = 1.0
  mark_scale = 1.0
  set terminal pdfcairo noenhanced size 18cm,(18*height)cm font "DejaVu Sans,9" fontscale 0.75 \
    linewidth 1.5 pointscale 0.9
} else {
  print "output='", output, "': .png, .svg or .pdf"
  exit status 2
}}}

small_font = sprintf(",%.1f", 0.82 * base_font)

set datafile separator ","
set datafile columnheaders
set datafile missing NaN # a line does not break at rows of other series
set encoding utf8
set border 3 linewidth 0.8
set tics nomirror
set grid linecolor rgb "#dddddd" linetype 1 linewidth 0.5
set errorbars small
set pointsize mark_scale

# Okabe and Ito's palette (jfly.uni-koeln.de/color): told apart by colour-blind readers; its greys
# differ too, and each series has its own mark.
colours = "#0072B2 #D55E00 #000000 #009E73 #CC79A7 #E69F00 #56B4E9"
filled = "7 5 9 13 11 15"
opened = "6 4 8 12 10 14"
colour(i) = word(colours, (i - 1) % words(colours) + 1)
# What kind of number it is shows without colour: measured is filled and solid, emulated open and
# dashed, simulated open and dotted, a model has no marks.
dash(kind) = kind eq "measured" ? 1 : kind eq "emulated" ? 2 : kind eq "simulated" ? 3 : 4
kinds = "measured emulated simulated model"
# Of two marks on one place both are seen.
size(i) = mark_scale * (i % 2 ? 1.45 : 0.9)
mark(i, kind) = kind eq "model" ? -1 : \
  int(word(kind eq "measured" ? filled : opened, (i - 1) % words(filled) + 1))

file(run, name) = word(runs, run)."/".name
quoted(name) = "'".name."'"
there(name) = int(system("test -s ".quoted(name)." && echo 1 || echo 0"))
header(name) = ",".system("head -n 1 ".quoted(name)).","
has(name, column) = strstrt(header(name), ",".column.",") > 0

# Lists of series, filled while rows are read. A series is a text of words, "cold sparse lz4"; a list
# holds them in quotation marks, so that word(list, 2) is the second series. An empty cell is "-".
cell(name) = strlen(strcol(name)) ? strcol(name) : "-"
remember(list, series) = strstrt(list, '"'.series.'"') ? list : list.'"'.series.'" '

# The place of an item in a list, looked for from n on; 0: it is not there.
position(list, item, n) = n > words(list) ? 0 : word(list, n) eq item ? n : position(list, item, n + 1)

# The same list by the number that each series begins with.
sorted(list) = words(list) < 2 ? list : (least_ = least(list, 1, 2), \
  '"'.word(list, least_).'" '.sorted(without(list, least_, 1)))
least(list, found, n) = n > words(list) ? found : \
  least(list, real(word(list, n)) < real(word(list, found)) ? n : found, n + 1)
without(list, gone, n) = n > words(list) ? "" : \
  (n == gone ? "" : '"'.word(list, n).'" ').without(list, gone, n + 1)

# A function wants an argument: _ stands for none. Of summary.csv: without an
# interval (too few repetitions) the median alone.
low(_) = strlen(strcol("ci95_lo")) ? column("ci95_lo") : column("median_s")
high(_) = strlen(strcol("ci95_hi")) ? column("ci95_hi") : column("median_s")

# The lines under a figure, when all is known: foot_text is set, then @put_foot, which also begins the
# output. Panels end above foot + axis.
last_space(text, n) = n < 2 ? 0 : text[n:n] eq " " ? n : last_space(text, n - 1)
cut_(text, width) = (space_ = last_space(text, width), space_ ? space_ : width)
wrapped(text, width) = strlen(text) <= width ? text : \
  (at_ = cut_(text, width), text[:at_ - 1]."\n".wrapped(text[at_ + 1:], width))
lines(text) = strstrt(text, "\n") ? 1 + lines(text[strstrt(text, "\n") + 1:]) : 1
below(first, second) = strlen(first) ? first."\n".second : second
line_height = 0.0185 * leading / height
put_foot = "foot = line_height * (lines(foot_text) + 0.6); \
  set label 100 foot_text at screen 0.015, screen (foot - 0.9 * line_height) left front font small_font; \
  set output output"
axis = 0.085 / height # an axis with its numbers and its name
width = 120 # letters of a line under the figure

# The legend stands above the panels, where no data can be, in two columns if the names are short
# (gnuplot drops columns that do not fit), and the heading above it. @put_key wants heading, entries,
# their number, and longest, the letters of the longest name; panels begin at screen 1 - head.
longer(a, b) = a > b ? a : b
put_key = "rows = longest > 32 ? entries : (entries + 1) / 2; head = (0.05 + 0.0235 * rows) / height; \
  set label 101 heading at screen 0.5, screen (1 - 0.022 / height) center front; \
  set key at screen 0.5, screen (1 - 0.04 / height) center top vertical maxrows rows \
    reverse Left samplen 3 spacing (1.1 / leading) width 1"

# Numbers on the logarithmic y axis from least to most, enough of them also where it is short: 1, 2
# and 5 of each power of ten; of more than three powers only 1.
log_tics(least, most) = "set ytics (); do for [power = -9:15] { set ytics add (\
  sprintf('%g', 10.0**power) 10.0**power) }".(most > 1000 * least ? "" : \
  "; do for [power = -9:15] { do for [digit in '2 5'] { set ytics add (\
  sprintf('%g', digit * 10.0**power) digit * 10.0**power) } }")

# What the script says when the runs hold no rows for it.
missing_rows = "print 'skipped: no '.wanted; exit status 3"
