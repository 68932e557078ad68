/* larcv3 HDF5 files: the reader of sparse 2-D images.
 *
 * Layout, read from DeepLearnPhysics/larcv3 (core/dataformat: ImageMeta, EventSparseTensor,
 * Particle) and checked on SBND's open sample. Every data set has one dimension of compounds:
 *   /Data/sparse2d_NAME_group/extents        {first, N} per event: its rows of the next two
 *                            /voxel_extents  {first, N, ID} per plane: its voxels; ID is the plane
 *                            /image_meta     {.., projection_id, number_of_voxels[2], ..} per plane
 *                            /voxels         {id, value}
 *   /Data/particle_NAME_group/extents        {first, N} per event: its particles (optional)
 *                            /particles      {.., pdg, .., process, ..}
 *   /Events/event_id                         {run, subrun, event} per event (optional)
 * Axis 0 of an image is the wire and axis 1 the tick (larcv3 calls number_of_voxels[0] the columns
 * and [1] the rows; in the sample, 2048 x 1280, axis 0 is filled over SBND's 1984 wires of U and V
 * and 1664 of Y). A voxel's id is wire * number_of_voxels[1] + tick, so larcv3 stores wire after
 * wire, and the reader hands the planes out turned over: rows are ticks, columns are wires. */
#ifndef LS_DATASETS_LARCV3_LARCV3_H
#define LS_DATASETS_LARCV3_LARCV3_H

#include "datasets/source.h"

/* 1 if the content is an HDF5 file with a group /Data. */
int ls_larcv3_recognise(const char *path);

/* As ls_source_open; producer: NAME of a group sparse2d_NAME_group; NULL: the first by name that
 * has "wire" in it (a file also holds masks of truth in the same form), else the first.
 *
 * Geometry is that of event 0: its planes, the largest of their sides; an event that does not fit
 * is LS_FORMAT when it is read. Memory: one plane's voxels at a time, never more than its pixels.
 * Voxels of value zero are dropped; an id outside the image or twice in a plane is LS_FORMAT.
 *
 * ls_event_info.pdg: the first particle in the file's order whose process is "primary" and which is
 * no neutrino (12, 14, 16 of either sign; it leaves no charge and opens the list of an
 * interaction); 0 if there is none. stored_bytes is the event's share of the compressed voxels. */
ls_status ls_larcv3_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error);

#endif
