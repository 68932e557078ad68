# (b) Speed-up and efficiency of training against nodes, from summary.csv.
driver = "cpu-speedup"
axis_name = "nodes"
abscissa = "nodes"
heading = "Training against CPU nodes"
statement = "The published study (EPJ Web Conf. 214, 06016): linear; its 1 and 2 nodes of 16 cores did \
not finish 10 epochs in 4 days; its points are not in the text."
load system("dirname '".ARG0."'")."/speedup.gnuplot"
