-- How far each view of this file has come. Written in the same transaction as the view's rows.
CREATE TABLE _leftfold_progress (
    "view" TEXT NOT NULL PRIMARY KEY,
    -- The event log that the rows were folded from.
    log_id TEXT NOT NULL,
    -- Fingerprint of the view's definition.
    "version" TEXT NOT NULL,
    -- Every frame of the log below this offset is in the rows; -1 when the rows are not known to be the fold of anything.
    "offset" INTEGER NOT NULL,
    -- The source's position at that offset.
    timeline INTEGER NOT NULL,
    commit_end_lsn TEXT NOT NULL,
    -- The owner that wrote the rows last.
    fencing_token INTEGER NOT NULL,
    -- JSON: [[name, type, type OID, typmod, not null], …], and the key's column names or null for a bag.
    "columns" TEXT NOT NULL,
    "key" TEXT NOT NULL
) WITHOUT ROWID;

-- The owner with this token may write; every claim of the file takes a larger one.
CREATE TABLE _leftfold_owner (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    fencing_token INTEGER NOT NULL,
    log_id TEXT
);

INSERT INTO _leftfold_owner (id, fencing_token, log_id) VALUES (1, 0, NULL);
