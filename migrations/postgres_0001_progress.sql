-- Who may write; every claim of the schema takes a larger token.
CREATE TABLE _leftfold_owner (
    id integer PRIMARY KEY CHECK (id = 1),
    -- The number of migrations applied.
    "format" integer NOT NULL,
    fencing_token bigint NOT NULL,
    log_id text,
    -- The number of the last table made for a view's rows.
    table_number bigint NOT NULL,
    -- Whether Leftfold made the schema, so that it goes with its tables.
    made_schema boolean NOT NULL
);

-- How far each view of this schema has come. Written in the same transaction as the view's rows.
CREATE TABLE _leftfold_progress (
    "view" text PRIMARY KEY,
    -- The event log that the rows were folded from.
    log_id text NOT NULL,
    -- Fingerprint of the view's definition.
    "version" text NOT NULL,
    -- Every frame of the log below this offset is in the rows; -1 when the rows are not known to be the fold of anything.
    "offset" bigint NOT NULL,
    -- The source's position at that offset.
    timeline bigint NOT NULL,
    commit_end_lsn pg_lsn NOT NULL,
    -- The owner that wrote the rows last.
    fencing_token bigint NOT NULL,
    -- JSON: [[name, type, type OID, typmod, not null], …], and the key's column names or null for a bag.
    "columns" text NOT NULL,
    "key" text NOT NULL,
    -- The table of the rows; readers read it through the SQL view that is named as the view is.
    "table" text NOT NULL
) WITH (fillfactor = 50);

-- Every table that was made for a view's rows: those that no progress names are dropped.
CREATE TABLE _leftfold_table (
    name text PRIMARY KEY,
    "view" text NOT NULL
);
