/* Kernels with faults, for the emulation to find, each with its sound twin. */
#ifndef LS_TESTS_BACKENDS_CUDA_BROKEN_H
#define LS_TESTS_BACKENDS_CUDA_BROKEN_H

#ifdef __cplusplus
extern "C" {
#endif

enum { LS_BROKEN_COUNT = 192 }; /* numbers that the kernels work on: three blocks of 64 */

/* Faults; 0: the sound kernel. */
enum {
  LS_SOUND,
  LS_NO_BARRIER,      /* a barrier is missing between writing and reading shared memory */
  LS_LEFT_EARLY,      /* some threads return before a barrier */
  LS_PAST_THE_END,    /* writes one number past a block of memory */
  LS_BEFORE_THE_START /* the pixel left of the image's first one is read */
};

/* Writes count numbers, of which kernel makes the text of the error, "" for none, in text [256]:
 * each block of 64 numbers in reverse, and averages of three neighbours. */
void ls_broken_reverse(int fault, const float *in, float *out, char *text);
void ls_broken_neighbours(int fault, const float *in, float *out, char *text);

/* The sum, by threads that add to one place as they come (a race), or by one block in order. */
void ls_broken_sum(int race, const float *in, float *sum, char *text);

/* Two streams: one doubles the numbers, the other copies them back; with or without waiting. */
void ls_broken_streams(int waits, const float *in, float *out, char *text);

/* Pinned memory is overwritten after an asynchronous copy from it was asked for, at once or when
 * the copy is over. */
void ls_broken_reuse(int waits, const float *in, float *out, char *text);

/* The text of the error for these arguments: a grid of no blocks, too many threads, a pointer of
 * the host, a copy that is not from pinned memory. */
void ls_broken_launch(unsigned blocks, unsigned threads, int host_pointer, char *text);
void ls_broken_pageable(const float *in, char *text);

/* Reads memory of the device without a copy: ends the process. */
float ls_broken_read_directly(void);

/* A number of new memory, and one of shared memory, that nobody has written. */
void ls_broken_unwritten(float *memory, float *shared);

#ifdef __cplusplus
}
#endif

#endif
