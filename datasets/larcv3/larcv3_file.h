/* Inside the larcv3 reader: the open file, and its rows as structs. */
#ifndef LS_DATASETS_LARCV3_LARCV3_FILE_H
#define LS_DATASETS_LARCV3_LARCV3_FILE_H

#include "datasets/hdf5/table.h"
#include "datasets/source.h"

enum { LARCV3_LONGEST = 1 << 20 }; /* wires or ticks: more than any detector's, bounds memory */

typedef struct larcv3_extent {
  uint64_t first, count;
} larcv3_extent;

/* Laid out as in the file, so that HDF5 need not convert. */
typedef struct larcv3_voxel {
  uint64_t id;
  float value;
} larcv3_voxel;

typedef struct larcv3_plane_extent {
  uint64_t first, count, plane;
} larcv3_plane_extent;

typedef struct larcv3_meta {
  uint64_t projection, sides[2]; /* wires, ticks */
} larcv3_meta;

/* Both of these together, checked. */
typedef struct larcv3_plane {
  int plane;
  uint32_t wires, ticks;        /* at least 1, their product below 2^32 */
  uint64_t first_voxel, voxels; /* no more than pixels */
} larcv3_plane;

typedef struct larcv3_particle {
  int32_t pdg;
  char process[64];
} larcv3_particle;

typedef struct larcv3_event_id {
  int64_t run, subrun, event;
} larcv3_event_id;

/* Buffers of one plane, reused from plane to plane. */
typedef struct larcv3_buffers {
  size_t capacity; /* in voxels */
  larcv3_voxel *voxels;
  uint32_t *index, *row_start; /* row_start: one per row of the geometry, and one more */
  float *value;
} larcv3_buffers;

typedef struct larcv3_source {
  ls_source source; /* first: the reader's functions cast back */
  hid_t file;
  char group[160]; /* "/Data/sparse2d_NAME_group" */
  ls_hdf5_table extents, plane_extents, metas, voxels;
  ls_hdf5_table particle_extents, particles, event_ids; /* dataset 0: not in the file */
  larcv3_buffers buffers;
} larcv3_source;

/* Opens the data sets of the chosen producer, particles and event ids if they are there, and checks
 * that they have as many events as each other. What is open when it fails is closed by the caller.
 */
ls_status larcv3_open_tables(larcv3_source *larcv3, const char *producer, ls_error *error);
void larcv3_close_tables(larcv3_source *larcv3);

/* Where the planes of an event lie and how large they are; checked against each other, the file and
 * the number of planes. *count is 1 to LS_MAX_PLANES; planes 0 to *count - 1 come once each, in any
 * order. */
ls_status larcv3_read_planes(larcv3_source *larcv3, size_t event, int *count,
                             larcv3_plane planes[LS_MAX_PLANES], ls_error *error);

/* Hands out one plane, no larger than the geometry: reads its voxels, turns them over, drops zeros.
 */
ls_status larcv3_read_voxels(larcv3_source *larcv3, size_t event, const larcv3_plane *plane,
                             const ls_pixel_sink *sink, ls_error *error);

#endif
