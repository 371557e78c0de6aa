-- What is kept, on SQLite. Bodies are sealed; docs/trust.md lists what is not.

-- Facts about the database itself.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The end of the installation's chain: one row.
CREATE TABLE chain (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    number   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL
);

-- One row a commit that wrote events, attachments or an erasure.
CREATE TABLE entry (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    previous BLOB NOT NULL,
    extras   BLOB NOT NULL,
    hash     BLOB NOT NULL
);

CREATE TABLE head (
    number    INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    signature BLOB NOT NULL
);

-- A stream without a key was erased.
CREATE TABLE stream (
    id      BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    key     BLOB,
    key_id  INTEGER
) WITHOUT ROWID;

CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream   BLOB NOT NULL,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    sealed   BLOB NOT NULL
);
CREATE UNIQUE INDEX event_of_stream ON event (stream, version);

CREATE TABLE blob (
    id     BLOB PRIMARY KEY,
    stream BLOB NOT NULL,
    parts  INTEGER NOT NULL,
    hash   BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX blob_of_stream ON blob (stream);

CREATE TABLE blob_part (
    blob   BLOB NOT NULL,
    part   INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (blob, part)
);

-- `ready` is when somebody may take it: its due, the end of a lease, or
-- nothing while a person has to decide.
CREATE TABLE work (
    id       BLOB PRIMARY KEY,
    stream   BLOB NOT NULL,
    lane     INTEGER NOT NULL,
    wake     INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    ready    INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease    BLOB,
    sealed   BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX work_ready ON work (lane, ready);
CREATE UNIQUE INDEX work_wake ON work (stream, lane) WHERE wake = 1;
CREATE INDEX work_of_stream ON work (stream);

CREATE TABLE list (
    list   BLOB NOT NULL,
    stream BLOB NOT NULL,
    sort   BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (list, sort, stream)
) WITHOUT ROWID;
CREATE UNIQUE INDEX list_of_stream ON list (stream, list);

CREATE TABLE record (
    row     BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    expires INTEGER,
    sealed  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;
