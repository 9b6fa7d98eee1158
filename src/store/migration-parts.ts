/** Columns that several tables have. Released migrations are made of them: never edited either. */
export const RECTANGLE = `
  row_block integer NOT NULL CHECK (row_block >= 0),
  col_block integer NOT NULL CHECK (col_block >= 0),
  row_blocks integer NOT NULL CHECK (row_blocks > 0),
  col_blocks integer NOT NULL CHECK (col_blocks > 0)`;

export const SUMS = `
  shards integer NOT NULL,
  multiply_adds float8 NOT NULL,
  microcredits bigint NOT NULL`;
