-- Alerts, and what the sweeper needs to match again what was recorded while a list changed.

-- One row per recorded batch, kept as long as the sweeper may need it. It names reads, not vehicles.
CREATE TABLE matching.batch (
    batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The batch was matched against the lists up to this version.
    list_version bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    captured_days date[] NOT NULL,
    read_ids uuid[] NOT NULL
);
CREATE INDEX batch_list_version ON matching.batch (list_version);
CREATE INDEX batch_recorded ON matching.batch (recorded_at);

CREATE TABLE matching.alert_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- The last position given. Locked until the alerts that take the next ones are committed: without gaps, in the order of commits.
    position bigint NOT NULL
);
INSERT INTO matching.alert_head (position) VALUES (0);

CREATE TABLE matching.alert (
    position bigint PRIMARY KEY,
    alert_id uuid NOT NULL UNIQUE,
    entry_id uuid NOT NULL REFERENCES matching.hotlist_entry,
    captured_day date NOT NULL,
    read_id uuid NOT NULL,
    late boolean NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT raised_once UNIQUE (entry_id, read_id)
);
CREATE INDEX alert_read ON matching.alert (read_id);

-- The hits of batches against entries that came after the version they were matched against, up to and with p_version.
-- Reaches back a day at most, so that nobody searches old sightings by listing plates; a vehicle that the list found already in a read
-- is not found again because its entry was renewed.
CREATE FUNCTION matching.hits(p_batches bigint[], p_version bigint)
RETURNS TABLE (entry_id uuid, captured_day date, read_id uuid, captured_at timestamptz, backfill boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = matching, pg_temp AS $$
    SELECT entry.entry_id, sighting.captured_day, sighting.read_id, sighting.captured_at, sighting.backfill
    FROM matching.batch
    CROSS JOIN LATERAL unnest(batch.captured_days, batch.read_ids) AS listed (captured_day, read_id)
    CROSS JOIN LATERAL (
        SELECT * FROM matching.sighting
        WHERE sighting.captured_day = listed.captured_day AND sighting.read_id = listed.read_id
            AND sighting.recorded_at > clock_timestamp() - interval '25 hours'
            AND sighting.captured_at > clock_timestamp() - interval '720 hours'
        OFFSET 0 -- row by row through the indexes, whatever the statistics say: these tables grow faster than those
    ) AS sighting
    CROSS JOIN LATERAL (
        SELECT * FROM matching.hotlist_entry
        WHERE hotlist_entry.plate = sighting.plate AND hotlist_entry.zone = sighting.zone
            AND hotlist_entry.added_version > batch.list_version AND hotlist_entry.added_version <= p_version
            AND hotlist_entry.removed_version IS NULL
            AND (hotlist_entry.valid_from IS NULL OR hotlist_entry.valid_from <= sighting.captured_at)
            AND sighting.captured_at < hotlist_entry.valid_until
        OFFSET 0
    ) AS entry
    WHERE batch.batch_id = ANY (p_batches)
        AND NOT EXISTS (
            SELECT FROM matching.alert
            JOIN matching.hotlist_entry AS earlier USING (entry_id)
            WHERE alert.read_id = sighting.read_id AND (earlier.zone, earlier.hotlist_id) = (entry.zone, entry.hotlist_id)
        )
$$;

REVOKE EXECUTE ON FUNCTION matching.hits FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matching.hits TO matching_writer;
GRANT SELECT, INSERT, UPDATE (list_version), DELETE ON matching.batch TO matching_writer;
GRANT SELECT, UPDATE (position) ON matching.alert_head TO matching_writer;
GRANT SELECT, INSERT ON matching.alert TO matching_writer;
