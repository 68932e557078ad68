#include "backends/cuda/emulation/fibres.h"

#include <cstdlib>
#include <cstring>
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
enum { STACK = 1 << 18 };
#else
enum { STACK = 1 << 16 };
#endif
#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace ls_emulated {
namespace {

struct fibre {
#ifdef __x86_64__
  void *top; /* of the stack, where it was left */
#else
  ucontext_t context;
#endif
  void *fake; /* the sanitizer's */
  bool idle;  /* has come to the end and can begin anew with the stack that it has */
};

fibre fibres[MOST_THREADS], caller;
char *stacks;
int current;
void (*entry_of_all)();
const void *caller_stack;
size_t caller_size;

void tell_leaving(fibre *from, const void *bottom, size_t size) {
#ifdef TELL_SANITIZER
  __sanitizer_start_switch_fiber(&from->fake, bottom, size);
#else
  (void)from, (void)bottom, (void)size;
#endif
}

void tell_arrived(fibre *at, const void **bottom, size_t *size) {
#ifdef TELL_SANITIZER
  __sanitizer_finish_switch_fiber(at->fake, bottom, size);
#else
  (void)at, (void)bottom, (void)size;
#endif
}

/* Of a thread that was given up in the middle. */
void forget_stack(char *stack) {
#ifdef TELL_SANITIZER
  __asan_unpoison_memory_region(stack, STACK);
#else
  (void)stack;
#endif
}

void start() {
  tell_arrived(&fibres[current], &caller_stack, &caller_size);
  for (;;) {
    entry_of_all();
    fibres[current].idle = true;
    fibre_leave();
  }
}

} // namespace

#ifdef __x86_64__
/* Saves what the calling convention (System V) keeps over a call, and changes stacks. swapcontext
 * does this too, with two system calls. */
extern "C" void ls_emulated_change_stack(void **save, void *load);
asm(".text\n"
    ".globl ls_emulated_change_stack\n"
    ".type ls_emulated_change_stack, @function\n"
    "ls_emulated_change_stack:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
    "  ret\n"
    ".size ls_emulated_change_stack, .-ls_emulated_change_stack\n");

static void change(fibre *from, fibre *to) {
  ls_emulated_change_stack(&from->top, to->top);
}

static void prepare(fibre *f, char *stack) {
  void **top = reinterpret_cast<void **>(stack + STACK) - 8;
  memset(top, 0, 8 * sizeof *top); /* six registers, the return address, and none to return to */
  top[6] = reinterpret_cast<void *>(start);
  f->top = top;
}
#else
static void change(fibre *from, fibre *to) {
  swapcontext(&from->context, &to->context);
}

static void prepare(fibre *f, char *stack) {
  getcontext(&f->context);
  f->context.uc_stack.ss_sp = stack;
  f->context.uc_stack.ss_size = STACK;
  f->context.uc_link = nullptr;
  makecontext(&f->context, start, 0);
}
#endif

void fibre_begin(int i, void (*entry)()) {
  if (!stacks) {
    void *memory = mmap(nullptr, static_cast<size_t>(MOST_THREADS) * STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) abort();
    stacks = static_cast<char *>(memory);
  }
  entry_of_all = entry;
  fibre *f = &fibres[i];
  if (!f->idle) {
    f->fake = nullptr;
    forget_stack(stacks + static_cast<size_t>(i) * STACK);
    prepare(f, stacks + static_cast<size_t>(i) * STACK);
  }
  f->idle = false;
}

void fibre_run(int i) {
  current = i;
  tell_leaving(&caller, stacks + static_cast<size_t>(i) * STACK, STACK);
  change(&caller, &fibres[i]);
  tell_arrived(&caller, nullptr, nullptr);
}

void fibre_leave() {
  fibre *self = &fibres[current];
  tell_leaving(self, caller_stack, caller_size);
  change(self, &caller);
  tell_arrived(self, &caller_stack, &caller_size);
}

} // namespace ls_emulated
