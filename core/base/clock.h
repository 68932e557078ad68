/* Wall time for measurements. */
#ifndef LS_BASE_CLOCK_H
#define LS_BASE_CLOCK_H

/* Seconds of a clock that never jumps (CLOCK_MONOTONIC); only differences mean anything. */
double ls_seconds(void);

/* Processor seconds of this process, all threads, so far. */
double ls_processor_seconds(void);

/* The same of the calling thread alone. */
double ls_thread_seconds(void);

#endif
