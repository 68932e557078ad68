/* Winograd's minimal filtering F(5, 5) in one dimension: five outputs of a filter of five taps from
 * nine inputs with 9 products instead of 25 (S. Winograd, Arithmetic Complexity of Computations,
 * SIAM 1980; for convolutional networks A. Lavin and S. Gray, CVPR 2016). One row of a pool window
 * is one tile:
 *
 *     y = A^T [ (G g) * (B^T d) ]       d [9] inputs, g [5] taps, y [5] outputs, * element by
 * element
 *
 * from the values of polynomials at nine points p_n (Toom and Cook): 0, 1, -1, 2, -2, 1/2, -1/2,
 * 3/2 and infinity. With N_n the product of (p_n - p_m) over the other finite points m:
 *
 *     A^T[j][n] = p_n^j                            (infinity: 1 for j = 4, else 0)
 *     B^T[n]    = s_n * coefficients of the product of (x - p_m), m != n
 *     G[n][k]   = p_n^k / (s_n N_n)                (infinity: 1 / s_n for k = 4, else 0)
 *
 * where s_n makes the largest coefficient of a row of B^T one, which keeps float32 errors small.
 * The tables are these numbers, exact fractions. The price is rounding: errors are several times
 * those of the direct sums, so this is an option and carries its name. */
#ifndef LS_BACKENDS_OPENMP_WINOGRAD_H
#define LS_BACKENDS_OPENMP_WINOGRAD_H

enum { LS_WINOGRAD_POINTS = 9 };

static const double ls_winograd_filter[LS_WINOGRAD_POINTS][5] = {
    {21. / 4, 0, 0, 0, 0},
    {59. / 18, 59. / 18, 59. / 18, 59. / 18, 59. / 18},
    {17. / 18, -17. / 18, 17. / 18, -17. / 18, 17. / 18},
    {17. / 180, 17. / 90, 17. / 45, 34. / 45, 68. / 45},
    {-1. / 72, 1. / 36, -1. / 18, 1. / 9, -2. / 9},
    {-248. / 45, -124. / 45, -62. / 45, -31. / 45, -31. / 90},
    {-32. / 9, 16. / 9, -8. / 9, 4. / 9, -2. / 9},
    {-4. / 5, -6. / 5, -9. / 5, -27. / 10, -81. / 20},
    {0, 0, 0, 0, 63. / 8},
};

#endif
