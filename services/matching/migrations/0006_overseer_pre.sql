-- What the overseer may see: the ledger of queries and how far its numbers have come. Of sightings, hotlists and alerts nothing.
-- The statistics and definitions that he compares it with are open to every role.
GRANT USAGE ON SCHEMA matching TO overseer;
GRANT SELECT ON matching.query_ledger TO overseer;
GRANT SELECT ON SEQUENCE matching.query_ledger_ledger_id_seq TO overseer;
