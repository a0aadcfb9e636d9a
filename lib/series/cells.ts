/** What a cell of a grid holds. */
export const FLOAT = 0;
/** No sample. */
export const MISSING = 1;
/** A staleness marker: the series ended on purpose. */
export const STALE = 2;
/** A native histogram, kept in `histograms`. */
export const HISTOGRAM = 3;
