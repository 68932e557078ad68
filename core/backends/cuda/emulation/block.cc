#include "backends/cuda/emulation/block.h"

#include "backends/cuda/emulation/fibres.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace ls_emulated {

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace {

enum waiting { RUNS, AT_BARRIER, AT_WARP, ENDED };

struct thread {
  waiting state;
  unsigned mask; /* of the warp's threads it waits for */
  int exchanges; /* how often it has met its warp */
  uint3 index;
};

thread threads[MOST_THREADS];
int thread_count, current;
const std::function<void()> *kernel;
int any_predicate, barrier_result;
int filling; /* of shared memory */

/* What the threads of a warp show each other: two places, as one may come again before all have
 * looked. */
float shown[2][MOST_THREADS];

std::vector<const void *> begun; /* shared variables of this block that have been met */

void enter() {
  (*kernel)();
  threads[current].state = ENDED;
}

void wait_as(waiting state) {
  threads[current].state = state;
  fibre_leave();
}

/* All threads of the block must come to a barrier; one that has left never will. */
const char *release_barrier() {
  int waiting_here = 0, ended = 0;
  for (int i = 0; i < thread_count; i++) {
    waiting_here += threads[i].state == AT_BARRIER;
    ended += threads[i].state == ENDED;
  }
  if (!waiting_here || waiting_here + ended < thread_count) return nullptr;
  if (ended) return "some threads of a block left the kernel while others wait at a barrier";
  barrier_result = any_predicate;
  any_predicate = 0;
  for (int i = 0; i < thread_count; i++) threads[i].state = RUNS;
  return nullptr;
}

const char *release_warp(int first) {
  int count = std::min<int>(WARP, thread_count - first);
  unsigned present = 0, wanted = 0;
  for (int i = 0; i < count; i++)
    if (threads[first + i].state == AT_WARP) {
      present |= 1u << i;
      wanted |= threads[first + i].mask;
    }
  if (count < WARP) wanted &= (1u << count) - 1;
  if (!present || (present & wanted) != wanted) return nullptr;
  for (int i = 0; i < count; i++) {
    if (!(present >> i & 1)) continue;
    if (!(threads[first + i].mask >> i & 1))
      return "a thread is not in the mask of its own shuffle";
    threads[first + i].state = RUNS;
  }
  return nullptr;
}

const char *release() {
  const char *fault = release_barrier();
  for (int first = 0; first < thread_count && !fault; first += WARP) fault = release_warp(first);
  return fault;
}

const char *run_block(const std::vector<int> &order) {
  begun.clear();
  any_predicate = 0;
  for (int i = 0; i < thread_count; i++) {
    threads[i] = {
        RUNS, 0, 0, {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y}};
    fibre_begin(i, enter);
  }
  for (;;) {
    bool progress = false, ended = true;
    for (int i : order) {
      ended &= threads[i].state == ENDED;
      if (threads[i].state != RUNS) continue;
      current = i;
      threadIdx = threads[i].index;
      fibre_run(i);
      progress = true;
    }
    if (ended) return nullptr;
    if (!progress) return "threads of a block wait for each other for ever";
    if (const char *fault = release()) return fault;
  }
}

/* Shows a value to the warp and waits for all in mask; then *place is where theirs are. */
void meet_warp(unsigned mask, float value, const float **place) {
  thread *self = &threads[current];
  int side = self->exchanges++ % 2, me = current;
  shown[side][me] = value;
  self->mask = mask;
  wait_as(AT_WARP);
  *place = shown[side] + me / WARP * WARP;
}

} // namespace

const char *run_grid(dim3 grid, dim3 block, unsigned long long order,
                     const std::function<void()> &body) {
  kernel = &body;
  gridDim = grid;
  blockDim = block;
  thread_count = static_cast<int>(block.x * block.y * block.z);
  std::vector<int> thread_order(thread_count);
  std::vector<unsigned> block_order(grid.x * grid.y * grid.z);
  std::iota(thread_order.begin(), thread_order.end(), 0);
  std::iota(block_order.begin(), block_order.end(), 0u);
  std::mt19937_64 random(order);
  filling = order && random() % 2 ? 0 : 0xff;
  if (order) std::shuffle(block_order.begin(), block_order.end(), random);
  for (unsigned b : block_order) {
    if (order) std::shuffle(thread_order.begin(), thread_order.end(), random);
    blockIdx = {b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y};
    if (const char *fault = run_block(thread_order)) return fault;
  }
  return nullptr;
}

void __syncthreads() {
  wait_as(AT_BARRIER);
}

int __syncthreads_or(int predicate) {
  any_predicate |= predicate != 0;
  wait_as(AT_BARRIER);
  return barrier_result;
}

void __syncwarp(unsigned mask) {
  const float *place;
  meet_warp(mask, 0, &place);
}

int __any_sync(unsigned mask, int predicate) {
  const float *place;
  meet_warp(mask, predicate ? 1.f : 0.f, &place);
  int any = 0;
  for (int i = 0; i < WARP; i++)
    if (mask >> i & 1 && current / WARP * WARP + i < thread_count) any |= place[i] != 0;
  return any;
}

/* A lane past the end of the warp gets its own value, as CUDA says. */
float __shfl_down_sync(unsigned mask, float value, unsigned delta) {
  const float *place;
  meet_warp(mask, value, &place);
  unsigned lane = current % WARP;
  return lane + delta < WARP ? place[lane + delta] : value;
}

/* All bits set is no number: what is read before it is written shows. Where it is only compared,
 * zero shows more, so that some orders begin with that. */
void shared_begins(void *variable, size_t bytes) {
  if (std::find(begun.begin(), begun.end(), variable) != begun.end()) return;
  begun.push_back(variable);
  memset(variable, filling, bytes);
}

} // namespace ls_emulated
