/**
 * What may be let go, and when: results and operands by age where the operator says so, the cells of jobs that were
 * cancelled or failed always. Rows alone decide (`removed_ms`); the sweep follows them (sweep.ts).
 */

/**
 * From the first put of a block to the commit of the row that names it: whoever takes longer gives up. The sweep leaves
 * all that is younger than GRACE_MS alone, so it never takes what is still to be named.
 */
export const MAX_UNNAMED_MS = 2 * 3_600_000;
