/* Rows of the table of physics checks: what the simulator gives, what is published. */
#ifndef LS_TESTS_PHYSICS_TABLE_H
#define LS_TESTS_PHYSICS_TABLE_H

/* Fails the test unless |value - target| <= tolerance. Appends the row to the CSV file that
 * LARSCALE_PHYSICS_TABLE names, if set, whatever the outcome; the first row brings the header. */
void ls_physics_row(const char *test, double value, double target, double tolerance,
                    const char *unit, const char *source);

/* events, times LARSCALE_PHYSICS_SAMPLE (1 if not set): larger samples for the night. */
int ls_physics_sample(int events);

#endif
