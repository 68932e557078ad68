/* A data set and networks small enough to train in a test. */
#ifndef LS_TESTS_TRAIN_TINY_H
#define LS_TESTS_TRAIN_TINY_H

#include "image/image.h"
#include "network/spec.h"
#include "store/store.h"
#include "train/trainer.h"

enum { TINY_CLASSES = 3 };

/* 12 x 10 pixels, two blocks of 3 and 4 channels (kernel 3, pool 2), dense 6 and 3: every shape is
 * another. */
ls_network_spec tiny_network(void);

/* 30 x 27 pixels, the study's kernel and pool. */
ls_network_spec tiny_study(void);

/* The image of an event: its class, event mod 3, is the third of the rows that is bright. Even
 * events are sparse, odd ones dense. */
ls_status tiny_image(const ls_network_spec *spec, uint64_t event, ls_image *image, ls_error *error);

/* What tiny_store may do to one event. */
typedef struct tiny_change {
  uint64_t event;
  void (*apply)(ls_image *image);
} tiny_change;

/* A sealed store of the events 0 .. events-1 that are this rank's (sharing NULL: all). change may
 * be NULL. */
ls_status tiny_store(const ls_network_spec *spec, size_t events, const ls_sharing *sharing,
                     const tiny_change *change, ls_store **store, ls_error *error);

/* SGD, rate 0.05, momentum 0.9, seed 5, shuffled, one thread. */
ls_trainer_options tiny_options(const ls_backend *backend, ls_network_spec spec, size_t batch,
                                size_t events);

#endif
