/* Liquid argon, and constants of nature. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_ARGON_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_ARGON_H

/* PDG, Atomic and nuclear properties of materials: liquid argon. I is that of the gas, which the
 * published tables of ranges use; for the liquid M. Strait, arXiv:2212.06286, recommends 197 +- 7.
 */
static const double ls_argon_charge = 18, ls_argon_mass = 39.948; /* Z; A in g/mol */
static const double ls_argon_density = 1.396;                     /* g/cm3, at 87.3 K */
static const double ls_argon_radiation_length = 19.55 / 1.396;    /* cm */
static const double ls_argon_excitation = 188e-6;                 /* MeV, mean */

/* Density effect: Sternheimer, Berger and Seltzer, At. Data Nucl. Data Tables 30 (1984) 261. */
static const double ls_argon_sternheimer_a = 0.19559, ls_argon_sternheimer_k = 3;
static const double ls_argon_sternheimer_x0 = 0.2, ls_argon_sternheimer_x1 = 3;
static const double ls_argon_sternheimer_c = 5.2146;

/* CODATA 2018. */
static const double ls_electron_mass = 0.51099895;         /* MeV */
static const double ls_electron_radius = 2.8179403262e-13; /* cm, classical */
static const double ls_speed_of_light = 29979.2458;        /* cm/us */
static const double ls_avogadro = 6.02214076e23;           /* 1/mol */
static const double ls_pi = 3.14159265358979323846;

/* Atoms per cm3, times the 1e-24 cm2 of a barn: 1/cm per barn. */
static inline double ls_argon_atoms(void) {
  return ls_avogadro * ls_argon_density / ls_argon_mass * 1e-24;
}

/* 2 pi r_e^2 m_e times electrons per cm3: 0.0966 MeV/cm. */
static inline double ls_argon_collisions(void) {
  return 2 * ls_pi * ls_electron_radius * ls_electron_radius * ls_electron_mass * ls_avogadro *
         ls_argon_density * ls_argon_charge / ls_argon_mass;
}

#endif
