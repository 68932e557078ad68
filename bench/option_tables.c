#include "bench/options.h"

/* Large counts and seeds: exact as a double too. */
#define LARGEST 9007199254740992.0

#define AT(field) offsetof(ls_settings, field)
#define END                                                                                        \
  { NULL, LS_OPTION_FLAG, 0, 0, 0, NULL, NULL, NULL }
#define FLAG(name, field, help)                                                                    \
  { name, LS_OPTION_FLAG, AT(field), 0, 0, NULL, NULL, help }
#define INTEGER(name, field, least, most, help)                                                    \
  { name, LS_OPTION_INTEGER, AT(field), least, most, NULL, "N", help }
#define NUMBER(name, field, least, most, help)                                                     \
  { name, LS_OPTION_NUMBER, AT(field), least, most, NULL, "X", help }
#define CHOICE(name, field, choices, help)                                                         \
  { name, LS_OPTION_CHOICE, AT(field), 0, 0, choices, NULL, help }
#define TEXT(name, field, value, help)                                                             \
  { name, LS_OPTION_TEXT, AT(field), 0, 0, NULL, value, help }
#define TEXTS(name, field, value, help)                                                            \
  { name, LS_OPTION_TEXTS, AT(field), 0, 0, NULL, value, help }

#define GROUP(name, title, ...)                                                                    \
  static const ls_option name##_rows[] = {__VA_ARGS__, END};                                       \
  const ls_option_group ls_options_##name = {title, name##_rows}

#define OVERWRITE FLAG("overwrite", overwrite, "replace output files that are there already")
#define JSON FLAG("json", json, "print the result as JSON on standard output")
#define HELP FLAG("help", help, "print this help and end")

GROUP(data, "Data", TEXTS("data", data, "PATH...", "event files, folders of them, or quoted globs"),
      TEXT("labels", labels, "FILE|RULE",
           "classes of the events: file (in the data), pdg (primary particle), index (event number "
           "modulo the classes), constant:K, or a .npy or text file; default: file"),
      TEXT("producer", producer, "NAME",
           "which images of the file: a larcv3 producer, or KevLAr's wires or rawdigits; default: "
           "the first"));

GROUP(image, "Image (defaults: the study's for KevLAr files, the whole event for others)",
      CHOICE("plane", plane, "U|V|Y|all|0|1|2", "wire plane; all: as input channels"),
      INTEGER("rebin", rebin, 1, 1 << 14, "sum groups of N ticks"),
      INTEGER("first-tick", first_tick, 0, 1 << 20, "first tick of the window"),
      INTEGER("first-wire", first_wire, 0, 1 << 20, "first wire of the window"),
      INTEGER("size", size, 1, 1 << 14, "rows and columns of the image"),
      NUMBER("scale", scale, -1e30, 1e30, "multiply the pixels by X"));

/* Settings that only some backends have: in every command that opens one. */
#define BACKEND_SETTINGS                                                                           \
  CHOICE("isa", isa, "baseline|avx2|avx512",                                                       \
         "instruction set of the backend's own kernels; default: the best that runs here"),        \
      CHOICE("winograd", winograd, "off|1d",                                                       \
             "convolve by Winograd's algorithm: faster, less exact; default off"),                 \
      CHOICE("skip", skip, "shortcut|exact|off",                                                   \
             "compute nothing where there is no charge; shortcut: equal to rounding; exact: the "  \
             "same bits as off; default shortcut")

GROUP(network, "Network",
      TEXT("network", network, "FILE", "another network (keys: blocks, dense, kernel, pool)"),
      TEXT("backend", backend, "NAME",
           "who computes; larscale info lists them; also NAME:VARIANT:SETTING=VALUE.."),
      TEXT("variant", variant, "NAME", "variant of the backend; larscale info lists them"),
      BACKEND_SETTINGS,
      INTEGER("threads", threads, 0, 4096,
              "threads of a rank; 0: OMP_NUM_THREADS, else its share of the node's cores"),
      TEXT("weights", weights, "FILE", "start from these weights (Keras .weights.h5, legacy .h5)"));

GROUP(training, "Training",
      INTEGER("batch", batch, 1, 1 << 20,
              "images of a rank; with --accumulate N, so many N times an update"),
      INTEGER("accumulate", accumulate, 1, 1 << 20,
              "how many times --batch images a rank takes an update; N nodes' batch on one"),
      INTEGER("global-batch", global_batch, 0, 1 << 30,
              "images per update over all ranks; 0: batch x accumulate x ranks"),
      INTEGER("epochs", epochs, 1, 1 << 20, "passes over the data; default 10"),
      INTEGER("steps", steps, 0, LARGEST, "end after N updates; 0: no such limit"),
      CHOICE("optimizer", optimizer, "sgd|adam", "with Keras' semantics; default sgd"),
      NUMBER("lr", lr, 0, 1e6, "learning rate; default 0.001"),
      NUMBER("momentum", momentum, 0, 1, "of sgd; default 0"),
      INTEGER("seed", seed, 0, LARGEST, "of initial weights and shuffling; default 1"),
      CHOICE("shuffle", shuffle, "on|off", "another order of events in each epoch; default on"),
      TEXTS("validation", validation, "PATH...", "events to evaluate after each epoch"),
      TEXT("validation-labels", validation_labels, "FILE|RULE",
           "classes of the events of --validation; default: the rule of --labels, if it is no "
           "file of labels"));

GROUP(
    ranks, "Ranks",
    CHOICE(
        "share", share, "slots|contiguous",
        "slots: a batch is the same for any number of ranks; contiguous: each rank an equal part "
        "of the events, as the study; default slots"),
    CHOICE("reduction", reduction, "reproducible|float",
           "reproducible: the same bits for any number of ranks; float: MPI's own sum; default "
           "reproducible"),
    CHOICE("average", average, "gradients|weights|weights-epoch",
           "what is averaged; weights: after each step or epoch; default gradients"),
    CHOICE("overlap", overlap, "on|off",
           "send gradients while the backward pass computes; default on"),
    CHOICE("store", store, "private|node",
           "node: the ranks of a node share one store in shared memory; default private: each rank "
           "its own events"),
    INTEGER("prefetch", prefetch, 0, 256,
            "threads of a rank that decompress ahead of the batch; 0: when needed; default 1"),
    INTEGER("check-every", check_every, 0, LARGEST,
            "compare the ranks' weights every N steps, and after each epoch; default 100"),
    NUMBER("time-limit", time_limit, 0, 1e9,
           "seconds to wait for other ranks before giving up; 0: for ever; default 1800"));

GROUP(checkpoint, "Checkpoints",
      TEXT("checkpoint", checkpoint, "DIR", "write checkpoints here; the last two are kept"),
      INTEGER("checkpoint-steps", checkpoint_steps, 0, LARGEST, "one every N steps"),
      NUMBER("checkpoint-minutes", checkpoint_minutes, 0, 1e6,
             "one every X minutes; default 10, unless --checkpoint-steps is given"),
      TEXT("resume", resume, "DIR",
           "go on from the newest whole checkpoint there; if it is the folder of --checkpoint and "
           "empty, begin"));

GROUP(store, "Event store",
      TEXT("codec", codec, "NAME", "lz4 (default), lz4hc, zstd, zlib, blosclz, none"),
      INTEGER("codec-level", codec_level, 0, 9, "compression level; default 5"),
      CHOICE("codec-shuffle", codec_shuffle, "none|bytes|bits", "default bytes"),
      INTEGER("codec-threads", codec_threads, 1, 256, "threads of one (de)compression; default 1"),
      CHOICE("store-form", store_form, "auto|sparse|dense", "how images are kept; default auto"),
      NUMBER("memory-budget", memory_budget, 0, 1e9, "MB that the store may take; 0: no limit"));

GROUP(record, "Results",
      TEXT("out", out, "DIR",
           "the run's folder, which must not hold a run yet; default: a new one under "
           "results/"),
      TEXT("save-weights", save_weights, "FILE", "write the trained weights (Keras 3 .weights.h5)"),
      OVERWRITE, JSON, HELP);

GROUP(evaluate, "Results",
      TEXT("out", out, "DIR",
           "the run's folder, which must not hold a run yet; default: a new one under "
           "results/"),
      JSON, HELP);

GROUP(step, "Step", INTEGER("batch", batch, 1, 1 << 20, "images: N events; default 1"),
      INTEGER("event", event, 0, LARGEST, "the first of them; default 0"),
      FLAG("dense", dense, "time images too in which every pixel is random, as large"),
      INTEGER("seed", seed, 0, LARGEST, "of the initial weights, without --weights; default 1"),
      INTEGER("repetitions", repetitions, 1, 1 << 20, "timed repetitions; default 1"),
      INTEGER("warmup", warmup, 0, 1 << 20, "untimed repetitions before; default 1"),
      TEXT("out", out, "DIR", "a folder for the run's record, with roofline.csv; needs --dense"),
      TEXT("dump", dump, "FILE", "write loss, logits, probabilities and gradients (HDF5)"),
      OVERWRITE, JSON, HELP);

GROUP(convert, "Output",
      TEXT("out", out, "FILE", "the file to write: HDF5, or NumPy with labels beside it"),
      CHOICE("format", format, "kevlar|packed|npy",
             "kevlar, packed: whole events; npy: the network's images; default: by the name of "
             "--out, npy or kevlar"),
      CHOICE("image-set", image_set, "wires|rawdigits",
             "what the events are called; default wires"),
      CHOICE("values", value_type, "int32|float32", "of whole events; default: as in the source"),
      OVERWRITE, JSON, HELP);

GROUP(synthetic, "Output", TEXT("out", out, "FILE", "the KevLAr file to write"),
      INTEGER("events", events, 1, 1 << 24, "how many; default 60"),
      INTEGER("seed", seed, 0, LARGEST, "default 1"),
      INTEGER("size", size, 64, 1 << 14, "ticks and wires of an event; default 640"), OVERWRITE,
      JSON, HELP);

GROUP(simulate, "Simulation",
      TEXT("particles", particles, "NAME,NAME..",
           "what the gun shoots, each equally often: the classes; default gamma,e-,mu-,pi-,K+"),
      INTEGER("events", simulated_events, 1, 1 << 30,
              "how many; default 60, or all those of --deposits"),
      TEXT("momentum", momentum_range, "MIN:MAX", "GeV/c, uniform; default 1.5:4.5"),
      TEXT("vertex", vertex, "X0:X1,Y0:Y1,Z0:Z1", "cm, uniform; default: the active volume"),
      TEXT("direction", direction, "X,Y,Z|isotropic", "of the particle; default isotropic"),
      INTEGER("seed", seed, 0, LARGEST, "default 1"),
      TEXT("deposits", deposits, "FILE", "no gun: energy deposits of another program (HDF5)"),
      TEXT("detector", detector, "NAME|FILE",
           "microboone (default), jaxtpc, or a file of lines 'key value' (keys: detector.h)"),
      CHOICE("image", image, "wires|rawdigits",
             "wires (default): deconvolved regions of interest; rawdigits: whole waveforms"),
      CHOICE("noise", noise, "signal|all|none",
             "signal (default): near signals, where noise is as with all; all: every wire and "
             "tick, as always for rawdigits"),
      CHOICE("chain", chain, "full|shortcut",
             "shortcut: charge through the filter, no waveforms; for comparison"),
      TEXT("out", out, "DIR", "folder of the files events-00000.h5 .."),
      CHOICE("format", format, "kevlar|packed", "of the files: kevlar (default) or packed"),
      INTEGER("events-per-file", events_per_file, 1, 1 << 24, "default 100"),
      TEXT("dump", dump, "FILE", "each deposit's electrons, wires and ticks (HDF5)"),
      INTEGER("threads", threads, 0, 4096,
              "threads of a rank; 0: OMP_NUM_THREADS, else its share of the node's cores"),
      FLAG("overwrite", overwrite, "replace the file of --dump"), JSON, HELP);

GROUP(load, "Measurement",
      INTEGER("repetitions", repetitions, 1, 1 << 20, "timed repetitions; default 1"),
      INTEGER("warmup", warmup, 0, 1 << 20, "untimed repetitions before; default 1"), JSON, HELP);

GROUP(inspect, "Output", INTEGER("event", event, 0, LARGEST, "only event number N of the data set"),
      JSON, HELP);

GROUP(display, "Output",
      TEXT("out", out, "FILE", "the file to write: .png, .svg, .pdf, or .html, a page of events"),
      INTEGER("event", event, 0, LARGEST, "event number N of the data set; of a page: the first"),
      INTEGER("events", events, 1, 100000, "how many on a page; default 60"),
      FLAG("whole", whole, "all wires and ticks, not only where the charge is"), OVERWRITE, HELP);

GROUP(results, "Runs",
      TEXTS("data", data, "DIR...",
            "folders of runs, or folders that hold some at any depth; default: results"),
      TEXT("driver", driver, "NAME", "only runs of this driver"),
      TEXT("backend", backend, "NAME", "only runs of this backend: NAME, or NAME:VARIANT"),
      TEXT("host", host, "NAME", "only runs on this machine"),
      CHOICE("verdict", verdict, "valid|invalid|unavailable|unfinished", "only runs that ended so"),
      FLAG("compare", compare, "compare two runs: the second one's times over the first one's"),
      JSON, HELP);

GROUP(report, "Report",
      TEXTS("data", data, "RUN...",
            "folders of runs, or folders that hold some; also without --data; default: results"),
      TEXT("out", out, "FILE", "the page to write (HTML)"),
      TEXT("figures", figures, "DIR", "write each figure here, as PNG, SVG and PDF"), OVERWRITE,
      HELP);

GROUP(info, "Kernels to name",
      TEXT("network", network, "FILE", "another network (keys: blocks, dense, kernel, pool)"),
      INTEGER("size", size, 1, 1 << 14, "rows and columns of the image; default 3600"),
      BACKEND_SETTINGS, JSON, HELP);

GROUP(kernels, "Kernels",
      TEXT("network", network, "FILE", "another network (keys: blocks, dense, kernel, pool)"),
      TEXT("backend", backend, "NAMES",
           "whose, with commas between; all; variants (the default): every variant of all"),
      BACKEND_SETTINGS,
      INTEGER("threads", threads, 0, 4096, "0: OMP_NUM_THREADS, else all processors"),
      INTEGER("event", event, 0, LARGEST, "of the data, for the sparse image; default 0"), HELP);

GROUP(bench, "Sweep",
      TEXT("nodes", nodes, "LIST",
           "numbers of nodes, rising, with commas between; default: 1, 2, 4 .. and all there are"),
      CHOICE("node-is", node_is, "host|rank",
             "what counts as a node: a host with all its ranks, or a rank with its cores (virtual "
             "nodes of one machine); default: host, if there are several"),
      FLAG("oversubscribe", oversubscribe, "accept points whose threads share cores as valid"),
      TEXT("out", out, "DIR",
           "the run's folder, which must not hold a run yet; default: a new one under "
           "results/"),
      JSON, HELP);

GROUP(repetitions, "Repetitions",
      INTEGER("repetitions", repetitions, 0, 1 << 20,
              "of each point; default 0: until the median's 95% interval is within 5%"),
      NUMBER("max-seconds", max_seconds, 0, 1e9,
             "with --repetitions 0 no repetition of a point begins later; default 300"),
      INTEGER("warmup", warmup, 0, 1 << 20,
              "uncounted repetitions before (of training: updates); default 1"));

GROUP(scaling, "Scaling",
      CHOICE("scaling", scaling, "strong|weak",
             "strong: the same global batch on all nodes; weak: the same batch on each; default "
             "strong"));

GROUP(load_time, "Event store (lists with commas between: every combination is measured)",
      TEXT("codec", codec, "LIST", "of lz4, lz4hc, zstd, zlib, blosclz, none; default lz4"),
      TEXT("store-form", store_form, "LIST",
           "of sparse, dense, auto: how images are kept; default sparse,dense"),
      TEXT("cache", cache_states, "LIST",
           "of warm, cold: the file system's cache; default warm,cold"),
      CHOICE("store", store, "private|node",
             "node: one store on each node, shared by its ranks; default private"),
      INTEGER("codec-level", codec_level, 0, 9, "compression level; default 5"),
      CHOICE("codec-shuffle", codec_shuffle, "none|bytes|bits", "default bytes"),
      INTEGER("codec-threads", codec_threads, 1, 256, "threads of one (de)compression; default 1"),
      NUMBER("memory-budget", memory_budget, 0, 1e9, "MB that the store may take; 0: no limit"),
      NUMBER("time-limit", time_limit, 0, 1e9,
             "seconds to wait for other ranks before giving up; 0: for ever; default 1800"));

GROUP(seeds, "Seeds",
      INTEGER("seeds", seeds, 1, 1000,
              "trainings of each batch, with seeds from --seed on; "
              "default 3"));

GROUP(study, "Study",
      TEXT("preset", preset, "NAME", "quick, medium or paper: a text that the program has with it"),
      TEXT("file", study_file, "FILE", "a text of one's own"),
      TEXT("out", out, "DIR",
           "the study's folder; the same one goes on where it stood; default: "
           "results/<host>/study-NAME"),
      FLAG("plan", plan_only, "say what would be done and how long it takes, and end"), HELP);

const ls_option_group *const ls_option_groups[] = {
    &ls_options_data,      &ls_options_image,       &ls_options_network,
    &ls_options_training,  &ls_options_ranks,       &ls_options_checkpoint,
    &ls_options_store,     &ls_options_record,      &ls_options_evaluate,
    &ls_options_step,      &ls_options_convert,     &ls_options_synthetic,
    &ls_options_load,      &ls_options_inspect,     &ls_options_display,
    &ls_options_results,   &ls_options_info,        &ls_options_simulate,
    &ls_options_bench,     &ls_options_repetitions, &ls_options_scaling,
    &ls_options_load_time, &ls_options_seeds,       &ls_options_report,
    &ls_options_study,     &ls_options_kernels,     NULL,
};
