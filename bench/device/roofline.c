/* larscale_roofline: what a training step on a GPU can take at best, from the work that the kernels
 * of the backend cuda declare (core/backends/cuda/work.h) and from the work of the same step done
 * call by call (backend cudnn).
 *
 * usage: larscale_roofline                      the page core/backends/cuda/ROOFLINE.md
 *        larscale_roofline FLOPS BYTES [SIZE]   lines of CSV: the bounds of each layer of a device
 *                                               with such peaks, per second, for SIZE x SIZE pixels
 */
#include "backends/cuda/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT = 4, SIZE = 3600 };

/* Single precision outside of tensor cores, memory, and the bus, as published:
 * P100: NVIDIA Tesla P100 PCIe datasheet, 2016 (the card of 12 GB); V100: NVIDIA V100 datasheet,
 * 2020 (PCIe); A100: NVIDIA A100 datasheet, 2021 (PCIe, 40 GB); H100: NVIDIA H100 datasheet, 2023
 * (SXM). The bus: 16 lanes of PCI Express 3, 4 and 5, in one direction. */
typedef struct device_peak {
  const char *name;
  double flops, bytes, bus, memory;
} device_peak;

static const device_peak devices[] = {
    {"P100", 9.3e12, 549e9, 15.75e9, 12e9},
    {"V100", 14e12, 900e9, 15.75e9, 16e9},
    {"A100", 19.5e12, 1555e9, 31.5e9, 40e9},
    {"H100", 67e12, 3350e9, 63e9, 80e9},
};
enum { DEVICES = sizeof devices / sizeof *devices };

/* Of an image of real charge, the windows of each block that see some: the least and the most that
 * were seen on planes of real events (core/backends/openmp/README.md has what is skipped). */
typedef enum charge { DENSE, MOST_CHARGE, LEAST_CHARGE } charge;
enum { BLOCKS = 4 };
static const double active_windows[][BLOCKS] = {
    [DENSE] = {1, 1, 1, 1},
    [MOST_CHARGE] = {0.045, 0.21, 0.26, 0.60},
    [LEAST_CHARGE] = {0.007, 0.09, 0.26, 0.60},
};

/* The share of its work that a kernel has with so much charge. Gradients are where the next block's
 * active windows see something. */
static double share_of(const ls_cuda_work *w, charge amount) {
  if (w->layer >= BLOCKS || w->fixed >= w->read + w->written) return 1;
  int next = !strcmp(w->kernel, "before_pool") && w->layer + 1 < BLOCKS;
  return active_windows[amount][w->layer + next];
}

/* Operations and bytes of something, and what it takes at least. */
typedef struct work_sum {
  double operations, bytes;
} work_sum;

static double bound(work_sum w, const device_peak *device) {
  double compute = w.operations / device->flops, memory = w.bytes / device->bytes;
  return compute > memory ? compute : memory;
}

static work_sum of_kernel(const ls_cuda_work *w) {
  return (work_sum){w->operations * w->launches, (w->read + w->written) * w->launches};
}

/* What is asked of a step: one layer (or -1), one pass (or -1), how much charge. */
typedef struct question {
  int layer, backward;
  charge charge;
} question;

/* The sum of the kernels' bounds: they run one after another. */
static double bound_of(const ls_network_spec *spec, const device_peak *device, question q) {
  ls_cuda_work work[LS_CUDA_MOST_WORK];
  int count = ls_cuda_work_of(spec, work);
  double seconds = 0;
  for (int i = 0; i < count; i++) {
    const ls_cuda_work *w = &work[i];
    if ((q.layer >= 0 && w->layer != q.layer) || (q.backward >= 0 && w->backward != q.backward))
      continue;
    double part = share_of(w, q.charge);
    work_sum all = {w->operations * part, w->fixed + (w->read + w->written - w->fixed) * part};
    seconds += bound(all, device);
  }
  return seconds;
}

/* Call by call, each pass over what lies between the layers counted: convolution, bias, ELU,
 * pooling; gradients of pooling, ELU, bias, weights, input. */
typedef struct calls {
  work_sum call[16];
  int count;
  double
      kept; /* bytes of activations: the convolution's output, before and after ELU, and pooled */
} calls;

static void add_call(calls *c, double operations, double floats) {
  c->call[c->count++] = (work_sum){operations, floats * FLOAT};
}

static double windows_of(const ls_conv_block_shape *s) {
  int rows = s->height / s->pool, columns = s->width / s->pool;
  return (double)rows * columns;
}

static calls calls_of_block(const ls_conv_block_shape *s, int first) {
  calls c = {.count = 0};
  double pixels = (double)s->height * s->width, z = pixels * s->out_channels;
  double x = pixels * s->in_channels;
  double y = windows_of(s) * s->out_channels;
  double w = (double)s->kernel * s->kernel * s->in_channels * s->out_channels;
  double products = 2 * w * pixels;
  add_call(&c, products, x + w + z);
  add_call(&c, z, 2 * z);
  add_call(&c, z, 2 * z);
  add_call(&c, z, z + y);
  add_call(&c, z, 2 * z + 2 * y);
  add_call(&c, 2 * z, 4 * z);
  add_call(&c, z, z);
  add_call(&c, products, x + z + w);
  if (!first) add_call(&c, products, z + w + x);
  c.kept = (2 * z + y + (first ? x : 0)) * FLOAT;
  return c;
}

static double bound_of_calls(const ls_network_spec *spec, const device_peak *device, double *bytes,
                             double *kept) {
  double seconds = 0;
  *bytes = *kept = 0;
  for (int b = 0; b < spec->block_count; b++) {
    ls_conv_block_shape shape = ls_network_block(spec, b);
    calls c = calls_of_block(&shape, b == 0);
    for (int i = 0; i < c.count; i++) {
      seconds += bound(c.call[i], device);
      *bytes += c.call[i].bytes;
    }
    *kept += c.kept;
  }
  return seconds;
}

/* What an image has in memory with the backend cuda: values and their gradients, of each the flags
 * of pixels; argmax, and the list of windows; the image itself. */
static double kept_by_cuda(const ls_network_spec *spec) {
  double bytes = ls_cuda_dense_bytes(spec);
  for (int b = 0; b < spec->block_count; b++) {
    ls_conv_block_shape s = ls_network_block(spec, b);
    double windows = windows_of(&s);
    bytes += 2 * windows * (s.out_channels * FLOAT + 1) + windows * (s.out_channels + FLOAT);
  }
  return bytes;
}

static void layer_name(const ls_network_spec *spec, int layer, char *name, size_t length) {
  ls_layer_parameters p = ls_network_layer(spec, layer);
  snprintf(name, length, "%s", p.name);
}

static void print_devices(void) {
  puts("| device | single precision, TFLOP/s | memory, GB/s | bus, GB/s | memory, GB |\n"
       "| --- | --- | --- | --- | --- |");
  for (int d = 0; d < DEVICES; d++)
    printf("| %s | %.1f | %.0f | %.2f | %.0f |\n", devices[d].name, devices[d].flops / 1e12,
           devices[d].bytes / 1e9, devices[d].bus / 1e9, devices[d].memory / 1e9);
  puts("\nPublished peaks: NVIDIA Tesla P100 PCIe datasheet (2016; the card of 12 GB), V100 "
       "datasheet\n"
       "(2020; PCIe), A100 datasheet (2021; PCIe, 40 GB), H100 datasheet (2023; SXM); 16 lanes of\n"
       "PCI Express 3, 3, 4, 5, in one direction. No program reaches them; `ci/gpu` measures what "
       "a\n"
       "device at hand does reach, and compares with that.\n");
}

static void print_kernels(const ls_network_spec *spec, const ls_cuda_work *work, int count) {
  puts("## Each kernel\n\n"
       "ms, and what bounds it: c its operations, m its memory.\n");
  printf("| layer | kernel | GFLOP | MB | FLOP/byte |");
  for (int d = 0; d < DEVICES; d++) printf(" %s |", devices[d].name);
  printf("\n| --- | --- | --- | --- | --- |");
  for (int d = 0; d < DEVICES; d++) printf(" --- |");
  puts("");
  for (int i = 0; i < count; i++) {
    char name[32];
    work_sum w = of_kernel(&work[i]);
    layer_name(spec, work[i].layer, name, sizeof name);
    printf("| %s | `%s` | %.4g | %.4g | %.3g |", name, work[i].kernel, w.operations / 1e9,
           w.bytes / 1e6, w.operations / w.bytes);
    for (int d = 0; d < DEVICES; d++) {
      int memory = w.bytes / devices[d].bytes > w.operations / devices[d].flops;
      printf(" %.3g %s |", bound(w, &devices[d]) * 1e3, memory ? "m" : "c");
    }
    puts("");
  }
}

static void print_head(const char *first) {
  printf("| %s |", first);
  for (int d = 0; d < DEVICES; d++) printf(" %s |", devices[d].name);
  printf("\n| --- |");
  for (int d = 0; d < DEVICES; d++) printf(" --- |");
  puts("");
}

static void print_row(const char *title, const double *values) {
  printf("| %s |", title);
  for (int d = 0; d < DEVICES; d++) printf(" %.3g |", values[d]);
  puts("");
}

/* What the devices need, in ms, in the rows of the page. */
typedef struct step_bounds {
  double forward[DEVICES], step[DEVICES], target[DEVICES], most[DEVICES], least[DEVICES];
  double gain_most[DEVICES], gain_least[DEVICES], calls[DEVICES], ratio[DEVICES];
  double bus[DEVICES], pairs[DEVICES];
  double calls_bytes, calls_kept;
} step_bounds;

static step_bounds bounds_of_step(const ls_network_spec *spec) {
  enum { ACTIVE = 25000 }; /* pixels of a real plane with much charge */
  step_bounds b;
  for (int d = 0; d < DEVICES; d++) {
    const device_peak *device = &devices[d];
    b.forward[d] = 1e3 * bound_of(spec, device, (question){-1, 0, DENSE});
    b.step[d] = 1e3 * bound_of(spec, device, (question){-1, -1, DENSE});
    b.most[d] = 1e3 * bound_of(spec, device, (question){-1, -1, MOST_CHARGE});
    b.least[d] = 1e3 * bound_of(spec, device, (question){-1, -1, LEAST_CHARGE});
    b.calls[d] = 1e3 * bound_of_calls(spec, device, &b.calls_bytes, &b.calls_kept);
    b.target[d] = 1.5 * b.step[d];
    b.ratio[d] = b.calls[d] / b.step[d];
    b.gain_most[d] = b.step[d] / b.most[d];
    b.gain_least[d] = b.step[d] / b.least[d];
    b.bus[d] = 1e3 * ls_cuda_dense_bytes(spec) / device->bus;
    b.pairs[d] = 1e3 * ls_cuda_sparse_bytes(ACTIVE) / device->bus;
  }
  return b;
}

static void print_step(const step_bounds *b) {
  printf("## A step of one image\n\nBounds, ms: the sum of the kernels', as they run one after "
         "another.\n\n");
  print_head("");
  print_row("forward, dense", b->forward);
  print_row("step, dense", b->step);
  print_row("the target, 1.5 times that", b->target);
  print_row("step, real plane with much charge", b->most);
  print_row("step, real plane with little charge", b->least);
  print_row("step call by call (`cudnn`)", b->calls);
  print_row("image over the bus, dense", b->bus);
  print_row("image over the bus, 25,000 pairs", b->pairs);
  puts("");
  print_head("ratios");
  print_row("call by call over fused (target: 3)", b->ratio);
  print_row("dense over sparse, much charge (target: 5)", b->gain_most);
  print_row("dense over sparse, little charge (target: 5)", b->gain_least);
  printf(
      "\nSparse: windows that see charge are 4.5, 21, 26 and 60%% of the four blocks' with much, "
      "0.7, 9,\n26 and 60%% with little. What is left for an image of no charge: bytes that say "
      "where it is, and sums\nof gradients of weights. Where the ratio is below 5, computing "
      "active "
      "windows whole (`--skip exact`)\ncannot reach that target.\n\n"
      "Call by call: convolution, bias, ELU, pooling and the gradient of each, each over the "
      "whole\nimage: %.1f GB to and from memory; the convolutions by the direct algorithm. "
      "cuDNN may have a\nquicker one, and no call reaches its bound.\n\n",
      b->calls_bytes / 1e9);
}

static void print_memory(const ls_network_spec *spec, const step_bounds *b) {
  double fused = kept_by_cuda(spec);
  printf("## Memory of one image\n\n"
         "| | MB | images in 12 GB |\n| --- | --- | --- |\n");
  printf("| `cuda`: image, values, gradients, positions of maxima | %.0f | %.0f |\n", fused / 1e6,
         12e9 / fused);
  printf("| call by call: image, sums before and after ELU, values | %.0f | %.0f |\n",
         b->calls_kept / 1e6, 12e9 / b->calls_kept);
  puts(
      "\nThe target is 163 MB or less. The trainer has one image at a time in memory, whatever the "
      "batch.\n");
}

static void print_page(const ls_network_spec *spec, const ls_cuda_work *work, int count) {
  printf("# What a GPU can do at best\n\n"
         "Made by `larscale_roofline` from the work that the kernels declare (`work.h`); a test "
         "compares\nthis page with what it prints. *Computed, not measured.* The study's network, "
         "%d x %d pixels, one\nplane, one training step of one image. A kernel takes no less than "
         "operations / peak, nor than\nbytes / bandwidth, if every number crosses once between "
         "memory and processors (Williams,\nWaterman and Patterson, CACM 52(4), 2009).\n\n",
         spec->height, spec->width);
  print_devices();
  step_bounds bounds = bounds_of_step(spec);
  print_step(&bounds);
  print_memory(spec, &bounds);
  print_kernels(spec, work, count);
}

static int print_layers(const char *flops, const char *bytes, const char *size) {
  device_peak device = {"", strtod(flops, NULL), strtod(bytes, NULL), 0, 0};
  int pixels = size ? (int)strtol(size, NULL, 10) : SIZE;
  ls_network_spec spec = ls_network_study(pixels, 1);
  ls_error error = {0};
  if (!(device.flops > 0) || !(device.bytes > 0) || ls_network_check(&spec, &error) != LS_OK) {
    fprintf(stderr, "larscale_roofline: FLOPS and BYTES are numbers above 0, SIZE pixels: %s\n",
            error.message);
    return 2;
  }
  puts("layer,pass,bound_ms");
  for (int l = 0; l < ls_network_layer_count(&spec); l++)
    for (int backward = 0; backward < 2; backward++) {
      char name[32];
      layer_name(&spec, l, name, sizeof name);
      printf("%s,%s,%.6g\n", name, backward ? "backward" : "forward",
             1e3 * bound_of(&spec, &device, (question){l, backward, DENSE}));
    }
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 || argc == 4) return print_layers(argv[1], argv[2], argc == 4 ? argv[3] : NULL);
  if (argc != 1) {
    fputs("usage: larscale_roofline [FLOPS BYTES [SIZE]]\n", stderr);
    return 2;
  }
  ls_network_spec spec = ls_network_study(SIZE, 1);
  ls_cuda_work work[LS_CUDA_MOST_WORK];
  print_page(&spec, work, ls_cuda_work_of(&spec, work));
  return 0;
}
