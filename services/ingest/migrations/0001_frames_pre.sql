-- Cameras, frames until they are handed over, and what was read in them.

-- The register of article 25/8 of the Police Act.
CREATE TABLE ingest.camera (
    camera_id       text PRIMARY KEY CHECK (camera_id ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    zone            text NOT NULL CHECK (zone <> ''),
    name            text NOT NULL,
    site            text NOT NULL,
    latitude        double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude       double precision CHECK (longitude BETWEEN -180 AND 180),
    heading_degrees real NOT NULL CHECK (heading_degrees >= 0 AND heading_degrees < 360),
    lanes           text[] NOT NULL,
    purpose         text NOT NULL,
    disabled        boolean NOT NULL,
    registered_at   timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- waiting: no result is committed yet. read: its reads are committed and not all known to be stored by matching. done.
CREATE TYPE ingest.frame_state AS ENUM ('waiting', 'read', 'done');

-- One acknowledged frame. Columns above `state` never change; the writer has no right to change them.
CREATE TABLE ingest.frame (
    frame_id        uuid PRIMARY KEY,
    camera_id       text NOT NULL REFERENCES ingest.camera,
    zone            text NOT NULL,
    sequence        bigint NOT NULL CHECK (sequence > 0),
    captured_at     timestamptz NOT NULL,
    uncertainty     interval NOT NULL CHECK (uncertainty >= '0 s'),
    lane            text NOT NULL,
    direction       smallint NOT NULL,
    speed_kmh       real NOT NULL,
    latitude        double precision,
    longitude       double precision,
    heading_degrees real NOT NULL,
    track_id        text NOT NULL,
    source_event_id text NOT NULL,
    backfill        boolean NOT NULL,
    received_at     timestamptz NOT NULL,
    sha256          bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size_bytes      bigint NOT NULL CHECK (size_bytes > 0),
    content_type    text NOT NULL,
    width_px        integer NOT NULL CHECK (width_px > 0),
    height_px       integer NOT NULL CHECK (height_px > 0),
    object_key      text NOT NULL,
    version_id      text NOT NULL CHECK (version_id <> ''),
    wrapped_key     bytea NOT NULL,
    kek_id          text NOT NULL,

    state           ingest.frame_state NOT NULL DEFAULT 'waiting',
    attempts        integer NOT NULL DEFAULT 0, -- claims in this state
    faults          integer NOT NULL DEFAULT 0, -- attempts that failed by the frame's own fault
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_by      uuid,
    claimed_until   timestamptz,
    done_at         timestamptz,

    UNIQUE (camera_id, sequence),
    CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    CHECK ((done_at IS NOT NULL) = (state = 'done'))
) WITH (fillfactor = 85); -- claims change no indexed column: room on the page keeps them out of the indexes

-- What can be claimed, in the order of claiming: live before backfill, due longest first.
CREATE INDEX frame_waiting ON ingest.frame (backfill, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX frame_read ON ingest.frame (backfill, next_attempt_at) WHERE state = 'read';

-- The one reading of a frame. It is committed before anything is sent on, and never changed: a retry sends these bytes.
CREATE TABLE ingest.frame_result (
    frame_id      uuid PRIMARY KEY REFERENCES ingest.frame,
    reads         bytea NOT NULL,    -- a serialised anpr.matching.v1.RecordSightingsRequest
    read_count    integer NOT NULL CHECK (read_count > 0), -- a no-read is one
    reason        text NOT NULL,     -- why nothing could be read: an ErrorReason; empty when the engine answered
    engine        text NOT NULL,
    engine_version text NOT NULL,
    model_sha256  text NOT NULL,
    committed_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON ingest.migration TO ingest_writer, ingest_reader;
GRANT SELECT, INSERT ON ingest.camera TO ingest_writer;
GRANT UPDATE (name, site, latitude, longitude, heading_degrees, lanes, purpose, disabled, changed_at) ON ingest.camera TO ingest_writer;
GRANT SELECT, INSERT ON ingest.frame TO ingest_writer;
GRANT UPDATE (state, attempts, faults, next_attempt_at, claimed_by, claimed_until, done_at) ON ingest.frame TO ingest_writer;
GRANT SELECT, INSERT ON ingest.frame_result TO ingest_writer;

-- Readers see that a frame exists and how it stands; neither its key nor what was read in it.
GRANT SELECT ON ingest.camera TO ingest_reader;
GRANT SELECT (frame_id, camera_id, zone, sequence, captured_at, received_at, backfill, sha256, size_bytes, content_type,
    state, attempts, faults, next_attempt_at, done_at) ON ingest.frame TO ingest_reader;
