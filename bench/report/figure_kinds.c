#include "bench/report/figure_kinds.h"

#include <stddef.h>

const ls_figure_kind ls_figure_kinds[] = {
    {.script = "load_time",
     .title = "Load time against nodes",
     .table = LS_TABLE_SUMMARY,
     .drivers = {"load-time"},
     .meaning =
         "Both axes are logarithmic: halving the time at twice the nodes is a straight line, "
         "parallel to the ideal one. A line that bends up is held back by what does not shrink "
         "with the nodes, such as a file system that all share."},
    {.script = "cpu_speedup",
     .title = "Training against CPU nodes",
     .table = LS_TABLE_SUMMARY,
     .drivers = {"cpu-speedup"},
     .meaning =
         "Upper panel: how many times as fast as the base case; the grey line is ideal. Lower "
         "panel: that speed-up for each rank. Where a bar reaches the ideal line, the two cannot "
         "be told apart."},
    {.script = "gpu_speedup",
     .title = "Training against GPUs",
     .table = LS_TABLE_SUMMARY,
     .drivers = {"gpu-speedup"},
     .meaning = "As the figure of CPU nodes, for devices; decompression and the move to the device "
                "are included."},
    {.script = "loss_vs_batch",
     .title = "Loss against epochs and time",
     .table = LS_TABLE_HISTORY,
     .drivers = {"loss-vs-batch"},
     .others = 1,
     .meaning = "Upper panel: what an epoch brings; lower panel: what a second brings. A larger "
                "global batch makes fewer steps of an epoch. Where bands overlap, the seed matters "
                "as much as the batch."},
    /* Its hatches are patterns in SVG, which browsers print as bitmaps of many megabytes. */
    {.script = "phases",
     .title = "Where the time goes",
     .table = LS_TABLE_SAMPLES,
     .drivers = {"load-time", "cpu-speedup", "gpu-speedup"},
     .others = 1,
     .bitmap = 1,
     .meaning = "The length of a bar is the mean time; its parts are the phases. What grows with "
                "the nodes is the cost of scaling, mostly allreduce: communication not hidden "
                "behind the backward pass, and waiting for the slowest rank."},
    {.script = "roofline",
     .title = "Roofline",
     .table = LS_TABLE_ROOFLINE,
     .others = 1,
     .meaning =
         "Under the slope the memory is what limits a kernel, under the level the arithmetic; the "
         "distance to the line is what could be gained. Operations are those of the dense "
         "algorithm: a kernel that does fewer (backward through the pooled maxima alone, or "
         "Winograd's algorithm), or whose data stay in the caches, may stand above the line."},
    {.script = "confusion",
     .title = "Confusion table",
     .table = LS_TABLE_CONFUSION,
     .others = 1,
     .each_run = 1,
     .meaning = "A row is a true class; its cells say where its scores went. A perfect network has "
                "a dark diagonal and nothing beside it."},
    {.script = NULL},
};
