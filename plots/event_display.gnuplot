# An event's wire planes side by side: wire against tick, colour for charge.
#
# larscale display writes the data and, before these lines, what they are:
#   cells      file of float32 [planes][rows][columns], NaN where there is nothing; row 0 is the earliest
#   planes, columns, rows, wires_per_cell, ticks_per_cell, wires, ticks, first_tick
#   first_wire[plane + 1], heading[plane + 1]
#   title, second, third   lines of text above the panels, empty or not
#   footnote               a line below
#   scale, negative        colours go from 0, or if negative is 1 from -scale, to scale
#   crisp                  1: cells are drawn one by one; 0: as one image, which viewers of PDF and SVG
#                          blur, but which stays small where most cells hold something
# and sets terminal, output and palette.

set encoding utf8
set termoption noenhanced
left = 0.055; right = 0.925; top = 0.79; bottom = 0.155
gap = 0.045
width = (right - left - (planes - 1) * gap) / planes

set multiplot
set label 1 title at screen left, 0.955 left font ",14"
set label 2 second at screen left, 0.91 left font ",10"
set label 3 third at screen left, 0.872 left font ",10"
set label 4 footnote at screen left, 0.025 left font ",9" textcolor rgb "#555555"

set tmargin at screen top
set bmargin at screen bottom
set border 15 linecolor rgb "#444444"
set tics out nomirror scale 0.5 font ",9"
set xtics autofreq rotate by 0
set xlabel "wire" font ",11" offset 0, 0.3
set yrange [first_tick : first_tick + ticks]
set cbrange [(negative ? -scale : 0) : scale]
set cbtics font ",9" offset -0.5, 0
set cblabel "charge of a pixel [units of the file]" font ",10" offset 0.8, 0
unset key

do for [p = 1:planes] {
  x = left + (p - 1) * (width + gap)
  set lmargin at screen x
  set rmargin at screen x + width
  set xrange [first_wire[p] : first_wire[p] + wires]
  set title heading[p] font ",10" offset 0, -0.6
  if (p == 1) { set ylabel "time [ticks]" font ",11" offset 1.2, 0 } else { unset ylabel }
  unset colorbox
  if (p == planes) {
    set colorbox vertical user origin screen right + 0.01, screen bottom \
      size screen 0.013, screen (top - bottom)
  }
  if (p > 1) { unset label 1; unset label 2; unset label 3; unset label 4 }
  panel = sprintf("binary skip=%d array=(%d,%d) format='%%float' dx=%d dy=%d origin=(%.1f,%.1f)", \
    4 * columns * rows * (p - 1), columns, rows, wires_per_cell, ticks_per_cell, \
    first_wire[p] + wires_per_cell / 2.0, first_tick + ticks_per_cell / 2.0)
  eval sprintf("plot cells %s with image %s", panel, crisp ? "pixels" : "")
}
unset multiplot
