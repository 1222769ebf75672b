-- Frames whose committed reads matching refused though they were sent alone. They stay in state `read` and are sent again, seldom: what is
-- refused today another version may take. A row stays when it was; those that are still refused are those whose frame is not `done`.
CREATE TABLE ingest.set_aside (
    frame_id   uuid PRIMARY KEY REFERENCES ingest.frame,
    reason     text NOT NULL,              -- as matching gave it: an ErrorReason, or the name of a gRPC code
    refusals   integer NOT NULL DEFAULT 1,
    first_at   timestamptz NOT NULL DEFAULT now(),
    last_at    timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE (reason, refusals, last_at) ON ingest.set_aside TO ingest_writer;
GRANT SELECT ON ingest.set_aside TO ingest_reader;
