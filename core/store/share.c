#include "store/share.h"

#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Blocks start at multiples of this, as those of malloc. The index is a multiple of it too. */
enum { BLOCK_ALIGNMENT = 16 };

/* What one rank brings. */
typedef struct contribution {
  ls_store_statistics statistics;
  uint64_t block_bytes; /* with the gaps between blocks */
  char codec[sizeof((ls_store *)0)->codec_name];
} contribution;

/* The shared memory: the index of all records, then the blocks of the node's ranks in turn. */
typedef struct layout {
  size_t first_record; /* of this rank in the index, before that is sorted */
  size_t first_byte;   /* of this rank's blocks */
  size_t bytes;        /* of everything */
  ls_store_statistics statistics;
} layout;

static uint64_t round_up(uint64_t bytes) {
  return (bytes + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT * BLOCK_ALIGNMENT;
}

static contribution describe(const ls_store *own) {
  contribution c = {.statistics = own->statistics};
  memcpy(c.codec, own->codec_name, sizeof c.codec);
  for (size_t i = 0; i < own->statistics.images; i++)
    c.block_bytes += round_up(own->records[i].block_bytes);
  return c;
}

static ls_status make_layout(const contribution *all, const ls_node *node, layout *l,
                             ls_error *error) {
  *l = (layout){0};
  uint64_t blocks = 0, own_blocks = 0;
  ls_status status = LS_OK;
  for (int r = 0; r < ls_node_size(node); r++) {
    const ls_store_statistics *s = &all[r].statistics;
    if (strncmp(all[r].codec, all[0].codec, sizeof all[r].codec) != 0)
      status = ls_fail(error, LS_MISMATCH,
                       "the ranks of a node compress with %s and %s; give all the same codec",
                       all[0].codec, all[r].codec);
    if (r == ls_node_rank(node)) l->first_record = l->statistics.images, own_blocks = blocks;
    l->statistics.images += s->images;
    l->statistics.raw_bytes += s->raw_bytes;
    l->statistics.packed_bytes += s->packed_bytes;
    l->statistics.stored_bytes += s->stored_bytes;
    l->statistics.append_seconds += s->append_seconds;
    blocks += all[r].block_bytes;
  }
  size_t index = round_up(l->statistics.images * sizeof(ls_record));
  l->first_byte = index + own_blocks;
  /* Not 0 bytes, which are no block. */
  l->bytes = index + blocks + BLOCK_ALIGNMENT;
  return status;
}

/* Puts this rank's records into the index, and says in both places where their blocks will be. */
static void fill_index(ls_store *own, const layout *l, ls_record *index) {
  size_t at = l->first_byte;
  for (size_t i = 0; i < own->statistics.images; i++) {
    ls_record *record = &own->records[i];
    record->offset = at;
    at += round_up(record->block_bytes);
    index[l->first_record + i] = *record;
    index[l->first_record + i].block = NULL;
  }
}

/* Copies the blocks and frees each. What is freed goes back to the system in 16 pieces, as the heap
 * would keep it: by then the node would hold everything twice. */
static void move_blocks(ls_store *own, unsigned char *memory) {
  enum { PIECES = 16 };
  size_t piece = own->statistics.stored_bytes / PIECES, freed = 0;
  for (size_t i = 0; i < own->statistics.images; i++) {
    ls_record *record = &own->records[i];
    if (record->block_bytes) memcpy(memory + record->offset, record->block, record->block_bytes);
    free(record->block);
    record->block = NULL;
    freed += record->block_bytes;
    if (freed < piece) continue;
    freed = 0;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
  }
}

static void take_memory(ls_store *shared, const layout *l, unsigned char *memory) {
  shared->shared = memory;
  shared->shared_bytes = l->bytes;
  shared->records = (ls_record *)memory;
  shared->statistics = l->statistics;
  shared->sealed = 1;
}

/* Everything that can fail comes before the first block is moved. */
static ls_status fill(ls_store *own, ls_node *node, const layout *l, unsigned char *memory,
                      ls_error *error) {
  ls_record *index = (ls_record *)memory;
  fill_index(own, l, index);
  LS_TRY(ls_node_barrier(node, error));
  ls_status status = LS_OK;
  if (ls_node_rank(node) == 0) status = ls_records_sort(index, l->statistics.images, error);
  LS_TRY(ls_node_agree(node, status, error));
  move_blocks(own, memory);
  return ls_node_barrier(node, error);
}

static ls_status share(ls_store *own, ls_store *shared, contribution *all, ls_node *node,
                       ls_error *error) {
  contribution mine = describe(own);
  LS_TRY(ls_node_gather(node, &mine, sizeof mine, all, error));
  layout l;
  LS_TRY(ls_node_agree(node, make_layout(all, node, &l, error), error));
  void *memory;
  LS_TRY(ls_node_allocate(node, l.bytes, "the node's event store", &memory, error));
  ls_status status = fill(own, node, &l, memory, error);
  if (status == LS_OK)
    take_memory(shared, &l, memory);
  else if (status != LS_COMM)
    ls_node_release(node, memory);
  return status;
}

ls_status ls_store_share(ls_store **store, ls_node *node, ls_error *error) {
  ls_store *own = *store, *shared = NULL;
  contribution *all = calloc((size_t)ls_node_size(node), sizeof *all);
  ls_status status = all ? ls_store_new(&own->options, &shared, error)
                         : ls_fail(error, LS_MEMORY, "no memory for the node's event store");
  status = ls_node_agree(node, status, error);
  if (all && shared && status == LS_OK) status = share(own, shared, all, node, error);
  free(all);
  ls_store_free(status == LS_OK ? own : shared);
  if (status == LS_OK) *store = shared;
  return status;
}
