# (f) Roofline (Williams, Waterman, Patterson, CACM 52(4), 2009): FLOP/s of each kernel against its
# FLOP for each byte, from roofline.csv, under the peaks measured in the run.
load system("dirname '".ARG0."'")."/style.gnuplot"
wanted = "rows in roofline.csv"

files = ""
kernels = ""
peaks = "" # "FLOP/s bytes/s kind"
intensity(_) = column("flop") / column("bytes")
least = 1e300
most = 0.0
slowest = 1e300
see(x, y) = (least = x < least ? x : least, most = x > most ? x : most, slowest = y < slowest ? y : slowest, 1)
kernel(_) = sprintf("%s\t%s", strcol("kernel"), cell("kind"))
do for [r = 1:words(runs)] {
  f = file(r, "roofline.csv")
  if (there(f)) {
    files = files.'"'.f.'" '
    stats f using (kernels = remember(kernels, kernel(0)), \
      peaks = remember(peaks, sprintf("%.0f %.0f", column("peak_flops"), column("peak_bytes_per_s"))), \
      see(intensity(0), column("flop") / column("seconds"))) nooutput
  }
}
if (words(kernels) == 0) { @missing_rows }

peak_flops(p) = real(word(word(peaks, p), 1))
peak_bytes(p) = real(word(word(peaks, p), 2))
ridge(p) = peak_flops(p) / peak_bytes(p)
left = least
right = most
do for [p = 1:words(peaks)] {
  left = ridge(p) < left ? ridge(p) : left
  right = ridge(p) > right ? ridge(p) : right
}
left = left / 3
right = right * 3
set print $roofs
print "intensity,flops"
do for [p = 1:words(peaks)] {
  print sprintf("%g,%g", left, left * peak_bytes(p) / 1e9)
  print sprintf("%g,%g", ridge(p), peak_flops(p) / 1e9)
  print sprintf("%g,%g", right, peak_flops(p) / 1e9)
  print ""
}
set print

name_of(k) = substr(word(kernels, k), 1, strstrt(word(kernels, k), "\t") - 1)
kind(k) = substr(word(kernels, k), strstrt(word(kernels, k), "\t") + 1, strlen(word(kernels, k)))
name(k) = sprintf("%d  ", k).name_of(k).(kind(k) eq "measured" ? "" : " (".kind(k).")")
is(k) = kernel(0) eq word(kernels, k)
peak_text = sprintf("Peaks, measured in the run: %.4g GFLOP/s, %.4g GB/s", peak_flops(1) / 1e9, peak_bytes(1) / 1e9)
do for [p = 2:words(peaks)] {
  peak_text = peak_text.sprintf("; %.4g GFLOP/s, %.4g GB/s", peak_flops(p) / 1e9, peak_bytes(p) / 1e9)
}
foot_text = below(wrapped(caption, width), wrapped(peak_text.". FLOP and bytes are those of the \
dense algorithm, each tensor moved once. Numbers: as in the legend. A mark under the slope is bound by memory, one under the level by \
arithmetic; one above does less than the dense algorithm, or finds its data in the caches.", width))
@put_foot
heading = "Roofline of the kernels"
entries = words(kernels) + 1
longest = 0
do for [s = 1:words(kernels)] { longest = longer(longest, strlen(name(s))) }
@put_key
set margins at screen 0.12, at screen 0.97, at screen foot + axis, at screen 1 - head
set xlabel "FLOP for each byte"
set ylabel "GFLOP/s"
set logscale xy
eval log_tics(slowest / 1e9, peak_flops(1) / 1e9)
set autoscale noextend
set offsets 0, 0, graph 0.06, graph 0.06
plot $roofs using 1:2 with lines linecolor rgb "#888888" linewidth 1.2 notitle, \
  for [k = 1:words(kernels)] for [r = 1:words(files)] word(files, r) \
    using (is(k) ? intensity(0) : NaN):(column("flop") / column("seconds") / 1e9) \
    with points linecolor rgb colour(k) pointtype mark(k, kind(k)) notitle, \
  for [k = 1:words(kernels)] for [r = 1:words(files)] word(files, r) \
    using (is(k) ? intensity(0) : NaN):(column("flop") / column("seconds") / 1e9):(sprintf("%d", k)) \
    with labels offset character (k % 2 ? 1.1 : -1.1), character 0.45 font small_font notitle, \
  for [k = 1:words(kernels)] NaN with points linecolor rgb colour(k) pointtype mark(k, kind(k)) title name(k), \
  NaN with lines linecolor rgb "#888888" linewidth 1.2 title "peaks (measured)"
