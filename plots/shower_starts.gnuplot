# How events of electrons and photons begin: dE/dx of the first 2.4 cm, and the gap to the vertex.
# data: the CSV of bench/simulator/starts.py; picture: the PNG to write.
set terminal pngcairo size 1100, 460 font "sans,11" noenhanced
set output picture
set datafile separator ","
set multiplot layout 1, 2
set style fill transparent solid 0.35
set grid ytics linecolor rgb "#dddddd"
set ylabel "events"
set key top right
bin(x, w) = w * (floor(x / w) + 0.5)
of(kind) = sprintf("< grep '^%s,' '%s'", kind, data)
set boxwidth 0.2
set xlabel "dE/dx of the first 2.4 cm [MeV/cm]"
set title "electrons begin with one particle, photons with two"
set xrange [0:8]
plot of("e-") using (bin($3, 0.2)):(1) smooth freq with boxes linecolor rgb "#0072b2" title "e-", \
     of("gamma") using (bin($3, 0.2)):(1) smooth freq with boxes linecolor rgb "#d55e00" title "gamma"
set boxwidth 2
set xlabel "from vertex to shower [cm]"
set title "photons begin apart from it"
set xrange [-5:100]
set logscale y
set yrange [0.7:*]
plot of("e-") using (bin($2, 2)):(1) smooth freq with boxes linecolor rgb "#0072b2" title "e-", \
     of("gamma") using (bin($2, 2)):(1) smooth freq with boxes linecolor rgb "#d55e00" title "gamma"
unset multiplot
