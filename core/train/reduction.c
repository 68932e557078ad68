#include "train/reduction.h"

#include "base/clock.h"
#include "base/memory.h"
#include "train/slot_sum.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A bucket is closed when it holds this many floats: a message long enough for the transport's full
 * speed, short enough to leave early. */
enum { BUCKET_FLOATS = 1 << 16, MOST_ADDITIONS = 64 };

typedef struct bucket {
  size_t offset, count; /* in the arena */
  int layer;            /* complete when backward has finished this layer */
} bucket;

/* The thread that sends. Fields are guarded by lock. */
typedef struct sender {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t released_changed, all_sent;
  int released, sent, quit;
} sender;

struct ls_reduction {
  ls_reduction_kind kind;
  ls_sharing sharing;
  ls_block_home home;
  ls_comm *comm; /* a twin of the caller's */
  size_t parameters;
  int bucket_count;
  bucket buckets[LS_MAX_LAYERS];
  int threaded;
  sender sender;
  /* buffers: sums of own slots, in home; fetched: what of them goes to other ranks, if home is not
   * plain memory. received: the nodes of all ranks, this rank's part of a bucket. */
  int buffer_count;
  float **buffers, *fetched;
  unsigned char *in_use;
  float *sum, *received;
  const float **parts;
  int *counts; /* four arrays of one int a rank: see exchange() */
  /* This step. */
  ls_slot_node *nodes; /* of all ranks, in order of slots */
  int *node_starts;    /* [ranks + 1] */
  int node_count, rounds;
  size_t present, begun;
  ls_slot_stack stack;
  int current; /* buffer of the slot in work */
  int additions, into[MOST_ADDITIONS], from[MOST_ADDITIONS];
  int released;     /* buckets, where there is no thread */
  ls_status status; /* of what is sent */
  ls_error error;
  ls_status own_status; /* of summing own slots */
  ls_error own_error;
  double seconds;
};

static void plan_buckets(ls_reduction *r, const ls_network_spec *spec) {
  size_t end = r->parameters;
  for (int l = ls_network_layer_count(spec) - 1; l >= 0; l--) {
    ls_layer_parameters at = ls_network_layer(spec, l);
    if (l > 0 && end - at.kernel_offset < BUCKET_FLOATS) continue;
    r->buckets[r->bucket_count++] = (bucket){at.kernel_offset, end - at.kernel_offset, l};
    end = at.kernel_offset;
  }
}

static ls_status allocate(void *block, size_t bytes, ls_error *error) {
  return ls_allocate(block, bytes, "the sum of gradients", error);
}

/* Most nodes that all ranks' runs fall into, in any step: runs that are cut short have fewer slots,
 * but not always fewer nodes. */
static int most_nodes(const ls_sharing *s) {
  int total = 0;
  ls_slot_node nodes[LS_MOST_SLOT_NODES];
  for (size_t rank = 0; rank < s->ranks; rank++) {
    size_t first, count;
    int most = 0;
    ls_sharing_run(s, rank, &first, &count);
    for (size_t n = 1; n <= count; n++) {
      int made = ls_slot_nodes(first, n, nodes);
      if (made > most) most = made;
    }
    total += most;
  }
  return total;
}

/* What a sum in the order of the slots over several ranks needs. */
static ls_status allocate_for_ranks(ls_reduction *r, ls_error *error) {
  const ls_sharing *s = &r->sharing;
  size_t most = (size_t)most_nodes(s), longest = 0;
  for (int b = 0; b < r->bucket_count; b++)
    if (r->buckets[b].count > longest) longest = r->buckets[b].count;
  if (most * (longest / s->ranks + 1) > INT_MAX)
    return ls_fail(error, LS_MISMATCH, "a global batch of %zu is too large for %zu ranks; lower it",
                   s->global_batch, s->ranks);
  LS_TRY(allocate(&r->sum, r->parameters * sizeof(float), error));
  LS_TRY(allocate(&r->nodes, most * sizeof *r->nodes, error));
  LS_TRY(allocate(&r->parts, most * sizeof *r->parts, error));
  LS_TRY(allocate(&r->node_starts, (s->ranks + 1) * sizeof *r->node_starts, error));
  LS_TRY(allocate(&r->counts, 4 * s->ranks * sizeof *r->counts, error));
  return allocate(&r->received, most * (longest / s->ranks + 1) * sizeof(float), error);
}

static ls_status allocate_buffers(ls_reduction *r, ls_error *error) {
  const ls_sharing *s = &r->sharing;
  int reproducible = r->kind == LS_REDUCTION_REPRODUCIBLE;
  r->buffer_count = reproducible ? ls_slot_buffers(s->first_slot, s->slot_count) : 1;
  size_t arena = r->parameters * sizeof(float), buffers = (size_t)r->buffer_count;
  LS_TRY(allocate(&r->buffers, buffers * sizeof *r->buffers, error));
  LS_TRY(allocate(&r->in_use, buffers, error));
  for (size_t b = 0; b < buffers; b++)
    LS_TRY(
        ls_block_allocate(r->home, (void **)&r->buffers[b], arena, "the sum of gradients", error));
  if (!ls_block_is_plain(r->home)) LS_TRY(allocate(&r->fetched, arena, error));
  return reproducible && s->ranks > 1 ? allocate_for_ranks(r, error) : LS_OK;
}

/* *at: these floats of a buffer, in plain memory; overwritten by the next call for the same ones.
 */
static ls_status fetch(ls_reduction *r, int buffer, size_t offset, size_t count, float **at,
                       ls_error *error) {
  return ls_block_fetch(r->home, r->buffers[buffer] + offset,
                        r->fetched ? r->fetched + offset : NULL, count, at, error);
}

/* Rank number part's part of count floats. */
static void part_of(size_t count, size_t parts, size_t part, int *first, int *length) {
  size_t start, own;
  ls_split(count, parts, part, &start, &own);
  *first = (int)start, *length = (int)own;
}

/* Every rank gets its part of every node of the bucket, round after round: node number round of
 * each rank. */
static ls_status exchange(ls_reduction *r, const bucket *b, int mine, ls_error *error) {
  size_t ranks = r->sharing.ranks, rank = r->sharing.rank;
  int *send_counts = r->counts, *send_starts = send_counts + ranks;
  int *receive_counts = send_starts + ranks, *receive_starts = receive_counts + ranks;
  int own_nodes = r->node_starts[rank + 1] - r->node_starts[rank];
  for (int round = 0; round < r->rounds; round++) {
    for (size_t d = 0; d < ranks; d++) {
      part_of(b->count, ranks, d, &send_starts[d], &send_counts[d]);
      if (round >= own_nodes) send_counts[d] = 0;
      int node = r->node_starts[d] + round;
      receive_counts[d] = node < r->node_starts[d + 1] ? mine : 0;
      receive_starts[d] = receive_counts[d] ? node * mine : 0;
    }
    int buffer = round < r->stack.count ? r->stack.buffer[round] : 0;
    float *own;
    LS_TRY(fetch(r, buffer, b->offset, b->count, &own, error));
    LS_TRY(ls_comm_exchange_floats(r->comm, own, send_counts, send_starts, r->received,
                                   receive_counts, receive_starts, error));
  }
  return LS_OK;
}

static ls_status send_reproducible(ls_reduction *r, const bucket *b, ls_error *error) {
  size_t ranks = r->sharing.ranks;
  int first, mine;
  part_of(b->count, ranks, r->sharing.rank, &first, &mine);
  LS_TRY(exchange(r, b, mine, error));
  for (int n = 0; n < r->node_count; n++) r->parts[n] = r->received + (size_t)n * (size_t)mine;
  float *sum = r->sum + b->offset;
  ls_slot_sum(r->nodes, r->parts, r->node_count, sum + first, (size_t)mine);
  int *counts = r->counts, *starts = counts + ranks;
  for (size_t d = 0; d < ranks; d++) part_of(b->count, ranks, d, &starts[d], &counts[d]);
  return ls_comm_share_floats(r->comm, sum, counts, starts, error);
}

static ls_status send_float(ls_reduction *r, const bucket *b, ls_error *error) {
  float *own;
  LS_TRY(fetch(r, 0, b->offset, b->count, &own, error));
  return ls_comm_sum_floats(r->comm, own, b->count, error);
}

/* One bucket; after an error the rest of the step is not sent. */
static void send_bucket(ls_reduction *r, const bucket *b) {
  if (r->status != LS_OK) return;
  double start = ls_seconds();
  r->status = r->kind == LS_REDUCTION_FLOAT ? send_float(r, b, &r->error)
                                            : send_reproducible(r, b, &r->error);
  r->seconds += ls_seconds() - start;
}

static void *send_as_released(void *context) {
  ls_reduction *r = context;
  sender *s = &r->sender;
  pthread_mutex_lock(&s->lock);
  for (;;) {
    while (!s->quit && s->sent == s->released) pthread_cond_wait(&s->released_changed, &s->lock);
    if (s->quit) break;
    int next = s->sent;
    pthread_mutex_unlock(&s->lock);
    send_bucket(r, &r->buckets[next]);
    pthread_mutex_lock(&s->lock);
    s->sent++;
    if (s->sent == r->bucket_count) pthread_cond_signal(&s->all_sent);
  }
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

static ls_status start_thread(ls_reduction *r, ls_error *error) {
  pthread_mutex_init(&r->sender.lock, NULL);
  pthread_cond_init(&r->sender.released_changed, NULL);
  pthread_cond_init(&r->sender.all_sent, NULL);
  if (pthread_create(&r->sender.thread, NULL, send_as_released, r))
    return ls_fail(error, LS_MEMORY, "no thread for communication; use --overlap off");
  r->threaded = 1;
  return LS_OK;
}

ls_status ls_reduction_new(ls_reduction_kind kind, int overlap, const ls_network_spec *spec,
                           const ls_sharing *sharing, ls_block_home home, ls_comm *comm,
                           ls_reduction **out, ls_error *error) {
  *out = NULL;
  ls_reduction *r = calloc(1, sizeof *r);
  ls_status status = r ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the sum of gradients");
  if (r) {
    r->kind = kind;
    r->sharing = *sharing;
    r->home = home;
    r->parameters = ls_network_parameter_count(spec);
    plan_buckets(r, spec);
    status = allocate_buffers(r, error);
    if (status == LS_OK && overlap && sharing->ranks > 1 && ls_comm_serves_threads(comm))
      status = start_thread(r, error);
  }
  status = ls_comm_agree(comm, status, error);
  if (r && status == LS_OK) status = ls_comm_duplicate(comm, &r->comm, error);
  if (status != LS_OK) {
    ls_reduction_free(r);
    return status;
  }
  *out = r;
  return LS_OK;
}

void ls_reduction_free(ls_reduction *r) {
  if (!r) return;
  if (r->threaded) {
    pthread_mutex_lock(&r->sender.lock);
    r->sender.quit = 1;
    pthread_cond_signal(&r->sender.released_changed);
    pthread_mutex_unlock(&r->sender.lock);
    pthread_join(r->sender.thread, NULL);
    pthread_mutex_destroy(&r->sender.lock);
    pthread_cond_destroy(&r->sender.released_changed);
    pthread_cond_destroy(&r->sender.all_sent);
  }
  ls_comm_free(r->comm);
  for (int b = 0; r->buffers && b < r->buffer_count; b++) ls_block_free(r->home, r->buffers[b]);
  void *const blocks[] = {r->buffers,       r->fetched, r->in_use,      r->sum,   r->received,
                          (void *)r->parts, r->nodes,   r->node_starts, r->counts};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ls_free(blocks[i]);
  free(r);
}

int ls_reduction_overlaps(const ls_reduction *r) {
  return r->threaded;
}

/* The nodes of every rank in this step. */
static void list_nodes(ls_reduction *r, size_t step) {
  r->node_count = r->rounds = 0;
  for (size_t rank = 0; rank < r->sharing.ranks; rank++) {
    size_t first, count;
    ls_sharing_run(&r->sharing, rank, &first, &count);
    r->node_starts[rank] = r->node_count;
    int made =
        ls_slot_nodes(first, ls_sharing_present(&r->sharing, rank, step), r->nodes + r->node_count);
    r->node_count += made;
    if (made > r->rounds) r->rounds = made;
  }
  r->node_starts[r->sharing.ranks] = r->node_count;
}

void ls_reduction_begin(ls_reduction *r, size_t step) {
  r->present = ls_sharing_present(&r->sharing, r->sharing.rank, step);
  r->begun = 0;
  r->stack.count = 0;
  r->released = 0;
  r->status = r->own_status = LS_OK;
  r->seconds = 0;
  memset(r->in_use, 0, (size_t)r->buffer_count);
  if (r->threaded) {
    pthread_mutex_lock(&r->sender.lock);
    r->sender.released = r->sender.sent = 0;
    pthread_mutex_unlock(&r->sender.lock);
  }
  if (r->nodes) list_nodes(r, step);
}

static void release(ls_reduction *r, int buckets) {
  r->released = buckets;
  if (!r->threaded) return;
  pthread_mutex_lock(&r->sender.lock);
  r->sender.released = buckets;
  pthread_cond_signal(&r->sender.released_changed);
  pthread_mutex_unlock(&r->sender.lock);
}

static void keep_failure(ls_reduction *r, ls_status status, const ls_error *error) {
  if (status == LS_OK || r->own_status != LS_OK) return;
  r->own_status = status;
  r->own_error = *error;
}

static void clear(ls_reduction *r, int buffer) {
  ls_error error = {0};
  keep_failure(r,
               ls_block_fill(r->home, r->buffers[buffer], 0, r->parameters * sizeof(float), &error),
               &error);
}

static void add(ls_reduction *r, int into, int from, size_t offset, size_t count) {
  ls_error error = {0};
  keep_failure(
      r, ls_block_add(r->home, r->buffers[into] + offset, r->buffers[from] + offset, count, &error),
      &error);
}

float *ls_reduction_slot(ls_reduction *r) {
  size_t slot = r->sharing.first_slot + r->begun;
  int first = r->begun++ == 0;
  r->current = 0;
  if (r->kind == LS_REDUCTION_REPRODUCIBLE) {
    while (r->in_use[r->current]) r->current++;
    r->in_use[r->current] = 1;
    /* What is to be added once this slot is there is known before it is. */
    r->additions = ls_slot_stack_push(&r->stack, slot, r->current, r->into, r->from);
    for (int i = 0; i < r->additions; i++) r->in_use[r->from[i]] = 0;
  }
  if (r->kind == LS_REDUCTION_REPRODUCIBLE || first) clear(r, r->current);
  return r->buffers[r->current];
}

/* Adds the finished slot to the own nodes, over a part of the arena. */
static void add_slot(ls_reduction *r, size_t offset, size_t count) {
  if (r->kind == LS_REDUCTION_FLOAT) return;
  for (int i = 0; i < r->additions; i++) add(r, r->into[i], r->from[i], offset, count);
}

void ls_reduction_layer_done(ls_reduction *r, int layer) {
  if (r->begun < r->present) {
    if (layer == 0) add_slot(r, 0, r->parameters);
    return;
  }
  const bucket *b = &r->buckets[r->released];
  if (b->layer != layer) return;
  add_slot(r, b->offset, b->count);
  release(r, r->released + 1);
}

void ls_reduction_abandon(ls_reduction *r) {
  release(r, r->bucket_count);
}

/* One rank has all slots, from 0: its nodes are the left halves of the tree, each in the right half
 * of the one before. */
static void sum_nodes(ls_reduction *r) {
  for (int n = r->stack.count - 2; n >= 0; n--)
    add(r, r->stack.buffer[n], r->stack.buffer[n + 1], 0, r->parameters);
}

/* All buckets have been sent, or there is nobody to send them to. */
static void complete(ls_reduction *r, const float **gradients) {
  if (r->threaded) {
    pthread_mutex_lock(&r->sender.lock);
    while (r->sender.sent < r->bucket_count)
      pthread_cond_wait(&r->sender.all_sent, &r->sender.lock);
    pthread_mutex_unlock(&r->sender.lock);
  } else
    for (int b = 0; b < r->bucket_count; b++) send_bucket(r, &r->buckets[b]);
  *gradients = r->sum;
  if (r->kind == LS_REDUCTION_FLOAT)
    *gradients = ls_block_is_plain(r->home) ? r->buffers[0] : r->fetched;
}

ls_status ls_reduction_finish(ls_reduction *r, const float **gradients,
                              double *communication_seconds, ls_error *error) {
  if (r->present == 0) {
    if (r->kind == LS_REDUCTION_FLOAT) clear(r, 0);
    release(r, r->bucket_count);
  }
  if (r->sharing.ranks > 1) {
    complete(r, gradients);
  } else {
    int whole = r->kind == LS_REDUCTION_REPRODUCIBLE ? r->stack.buffer[0] : 0;
    sum_nodes(r);
    float *sum = NULL;
    if (r->own_status == LS_OK) r->status = fetch(r, whole, 0, r->parameters, &sum, &r->error);
    *gradients = sum;
  }
  *communication_seconds = r->seconds;
  if (r->own_status != LS_OK) {
    r->status = r->own_status;
    r->error = r->own_error;
  }
  if (r->status != LS_OK && error) *error = r->error;
  return r->status;
}
