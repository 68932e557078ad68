#include "backends/cuda/emulation/memory.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define TELL_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TELL_SANITIZER
#endif
#endif
#ifdef TELL_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace ls_emulated {
namespace {

enum { PAGE = 4096, ALIGNMENT = 256, UNTOUCHED = 0xff };

/* pages: where the block's pages begin, after the guard. */
struct block {
  char *pages;
  size_t page_bytes, bytes;
  int device;
};

std::map<const char *, block> blocks; /* by address */
std::map<const char *, size_t> pinned;

/* Poisoned: the sanitizer reports whoever touches it. */
void poison(const char *from, const char *to) {
#ifdef TELL_SANITIZER
  __asan_poison_memory_region(from, static_cast<size_t>(to - from));
#else
  (void)from, (void)to;
#endif
}

void unpoison(const char *from, size_t bytes) {
#ifdef TELL_SANITIZER
  __asan_unpoison_memory_region(from, bytes);
#else
  (void)from, (void)bytes;
#endif
}

const char *end_of(const block &b) {
  return b.pages + b.page_bytes;
}

template <class T> T *below(std::map<const char *, T> &map, const char *place, const char **begin) {
  auto after = map.upper_bound(place);
  if (after == map.begin()) return nullptr;
  --after;
  *begin = after->first;
  return &after->second;
}

void protect(int device, int protection) {
  for (auto &entry : blocks)
    if (entry.second.device == device)
      mprotect(entry.second.pages, entry.second.page_bytes, protection);
}

bool is_untouched(const char *from, const char *to) {
  unpoison(from, static_cast<size_t>(to - from));
  bool clean = true;
  for (const char *c = from; c < to; c++) clean &= *c == static_cast<char>(UNTOUCHED);
  poison(from, to);
  return clean;
}

} // namespace

void *memory_new(int device, size_t bytes) {
  size_t page_bytes = (bytes + PAGE - 1) / PAGE * PAGE;
  void *memory = mmap(nullptr, page_bytes + 2 * PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  block b = {static_cast<char *>(memory) + PAGE, page_bytes, bytes, device};
  mprotect(b.pages, page_bytes, PROT_READ | PROT_WRITE);
  char *begin = b.pages + (page_bytes - bytes) / ALIGNMENT * ALIGNMENT;
  unpoison(b.pages, page_bytes);
  memset(b.pages, UNTOUCHED, page_bytes); /* the block too: floats that are no numbers */
  poison(b.pages, begin);
  poison(begin + bytes, end_of(b));
  mprotect(b.pages, page_bytes, PROT_NONE);
  blocks[begin] = b;
  return begin;
}

bool memory_delete(int device, void *begin) {
  auto found = blocks.find(static_cast<char *>(begin));
  if (found == blocks.end() || found->second.device != device) return false;
  block b = found->second;
  unpoison(b.pages, b.page_bytes);
  munmap(b.pages - PAGE, b.page_bytes + 2 * PAGE);
  blocks.erase(found);
  return true;
}

size_t memory_used(int device) {
  size_t bytes = 0;
  for (auto &entry : blocks)
    if (entry.second.device == device) bytes += entry.second.bytes;
  return bytes;
}

bool memory_holds(int device, const void *from, size_t bytes) {
  const char *place = static_cast<const char *>(from), *begin;
  const block *b = below(blocks, place, &begin);
  return b && b->device == device && place + bytes <= begin + b->bytes;
}

void memory_open(int device) {
  protect(device, PROT_READ | PROT_WRITE);
}

void memory_close(int device) {
  protect(device, PROT_NONE);
}

bool memory_is_damaged(int device) {
  for (auto &entry : blocks) {
    const block &b = entry.second;
    if (b.device != device) continue;
    if (!is_untouched(b.pages, entry.first)) return true;
    if (!is_untouched(entry.first + b.bytes, end_of(b))) return true;
  }
  return false;
}

void *pinned_new(size_t bytes) {
  char *memory = static_cast<char *>(malloc(bytes ? bytes : 1));
  if (!memory) return nullptr;
  memset(memory, 0xff, bytes);
  pinned[memory] = bytes;
  return memory;
}

bool pinned_delete(void *begin) {
  if (!pinned.erase(static_cast<char *>(begin))) return false;
  free(begin);
  return true;
}

bool pinned_holds(const void *from, size_t bytes) {
  const char *place = static_cast<const char *>(from), *begin;
  const size_t *size = below(pinned, place, &begin);
  return size && place + bytes <= begin + *size;
}

int pinned_count() {
  return static_cast<int>(pinned.size());
}

} // namespace ls_emulated
