-- Hotlists. Entries are added and taken off, never changed and never deleted: what was listed when stays on record.

CREATE TABLE matching.hotlist_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Version of all lists together. Whoever changes a list locks this row first and stamps what he changes with the next version,
    -- so that versions are in the order of commits: who sees version n sees all that n and those before it brought.
    version bigint NOT NULL,
    -- The newest version that added entries: what was matched against an older one is to be matched again.
    last_addition bigint NOT NULL CHECK (last_addition <= version)
);
INSERT INTO matching.hotlist_head (version, last_addition) VALUES (0, 0);

CREATE TABLE matching.hotlist (
    zone text NOT NULL CHECK (zone <> ''),
    hotlist_id text NOT NULL CHECK (hotlist_id ~ '^[a-z0-9._-]{1,64}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
    category text NOT NULL,
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 100),
    owner text NOT NULL CHECK (owner <> ''),
    source text NOT NULL,
    legal_ground text NOT NULL,
    review_at timestamptz,
    added_version bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT hotlist_exists PRIMARY KEY (zone, hotlist_id)
);

CREATE TABLE matching.hotlist_entry (
    entry_id uuid CONSTRAINT entry_exists PRIMARY KEY DEFAULT uuidv7(),
    zone text NOT NULL,
    hotlist_id text NOT NULL,
    plate text NOT NULL CHECK (length(plate) BETWEEN 1 AND 16),
    -- Absent: no lower bound.
    valid_from timestamptz,
    valid_until timestamptz NOT NULL CHECK (valid_from < valid_until),
    note text NOT NULL CHECK (length(note) <= 500),
    source_reference text NOT NULL CHECK (length(source_reference) <= 128),
    added_version bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- On the list in versions added_version <= v < removed_version.
    removed_version bigint CHECK (removed_version > added_version),
    FOREIGN KEY (zone, hotlist_id) REFERENCES matching.hotlist
);
-- A plate is on a list once.
CREATE UNIQUE INDEX plate_listed ON matching.hotlist_entry (zone, hotlist_id, plate) WHERE removed_version IS NULL;
CREATE INDEX hotlist_entry_plate ON matching.hotlist_entry (plate);

GRANT SELECT, UPDATE (version, last_addition) ON matching.hotlist_head TO matching_writer;
GRANT SELECT, INSERT ON matching.hotlist TO matching_writer;
GRANT SELECT, INSERT, UPDATE (removed_version) ON matching.hotlist_entry TO matching_writer;
-- An import leaves statistics behind that fit.
GRANT MAINTAIN ON matching.hotlist_entry TO matching_writer;
GRANT SELECT ON matching.migration TO matching_writer;
