-- What is kept, on PostgreSQL. Bodies are sealed; docs/trust.md lists what is
-- not. Ciphertext is never compressed: it would only cost time.

-- Facts about the database itself.
CREATE TABLE setting (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

-- The end of the installation's chain: one row. Whoever appends locks it, so
-- positions have no gaps and the chain is one.
CREATE TABLE chain (
    one      smallint PRIMARY KEY CHECK (one = 1),
    number   bigint NOT NULL,
    position bigint NOT NULL,
    hash     bytea NOT NULL
);

-- One row a commit that wrote events, attachments or an erasure.
CREATE TABLE entry (
    number   bigint PRIMARY KEY,
    at       bigint NOT NULL,
    position bigint NOT NULL,
    previous bytea NOT NULL,
    extras   bytea NOT NULL,
    hash     bytea NOT NULL
);

CREATE TABLE head (
    number    bigint PRIMARY KEY,
    position  bigint NOT NULL,
    at        bigint NOT NULL,
    hash      bytea NOT NULL,
    signature bytea NOT NULL
);

-- A stream without a key was erased.
CREATE TABLE stream (
    id      bytea PRIMARY KEY,
    version bigint NOT NULL,
    hash    bytea NOT NULL,
    key     bytea,
    key_id  bigint
);

CREATE TABLE event (
    position bigint PRIMARY KEY,
    stream   bytea NOT NULL,
    version  bigint NOT NULL,
    at       bigint NOT NULL,
    hash     bytea NOT NULL,
    sealed   bytea NOT NULL
);
CREATE UNIQUE INDEX event_of_stream ON event (stream, version);

CREATE TABLE blob (
    id     bytea PRIMARY KEY,
    stream bytea NOT NULL,
    parts  integer NOT NULL,
    hash   bytea NOT NULL
);
CREATE INDEX blob_of_stream ON blob (stream);

CREATE TABLE blob_part (
    blob   bytea NOT NULL,
    part   integer NOT NULL,
    sealed bytea NOT NULL,
    UNIQUE (blob, part)
);

-- `ready` is when somebody may take it: its due, the end of a lease, or
-- nothing while a person has to decide.
CREATE TABLE work (
    id       bytea PRIMARY KEY,
    stream   bytea NOT NULL,
    lane     smallint NOT NULL,
    wake     smallint NOT NULL,
    due      bigint NOT NULL,
    ready    bigint,
    attempts bigint NOT NULL DEFAULT 0,
    lease    bytea,
    sealed   bytea NOT NULL
);
CREATE INDEX work_ready ON work (lane, ready);
CREATE UNIQUE INDEX work_wake ON work (stream, lane) WHERE wake = 1;
CREATE INDEX work_of_stream ON work (stream);

CREATE TABLE list (
    list   bytea NOT NULL,
    stream bytea NOT NULL,
    sort   bytea NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (list, sort, stream)
);
CREATE UNIQUE INDEX list_of_stream ON list (stream, list);

CREATE TABLE record (
    row     bytea PRIMARY KEY,
    version bigint NOT NULL,
    expires bigint,
    sealed  bytea NOT NULL
);
CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;

ALTER TABLE event ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE blob_part ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE work ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE list ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE record ALTER COLUMN sealed SET STORAGE EXTERNAL;
