-- The log's signed promises for the entries of our calls, kept 90 days where the log's operator does not keep them: an overseer samples them
-- and asks the log to prove each. They name nobody.
CREATE TABLE ingest.receipt (
    entry_id uuid PRIMARY KEY,
    request_id uuid,
    index bigint NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX receipt_request ON ingest.receipt (request_id);
CREATE INDEX receipt_at ON ingest.receipt (at);

GRANT INSERT, DELETE, SELECT (entry_id, at) ON ingest.receipt TO ingest_writer;
