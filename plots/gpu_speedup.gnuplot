# (c) Speed-up and efficiency of training against devices (one a rank), from summary.csv.
driver = "gpu-speedup"
axis_name = "ranks"
abscissa = "GPUs"
heading = "Training against GPUs"
statement = "The published study (EPJ Web Conf. 214, 06016): slightly better than linear up to 14 GPUs \
(P100), each about 35 times a CPU node of 16 cores, decompression and transfer included; its points \
are not in the text."
load system("dirname '".ARG0."'")."/speedup.gnuplot"
