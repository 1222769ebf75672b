-- Searching by more than person, plate and case; and a turn at the head of the log in one round trip.

-- What a search asks for beside keyed tags is in closed lists of the contract, or a number, and names nobody.
ALTER TABLE audit.tag
    ADD COLUMN unit bytea,
    ADD COLUMN decision bytea,
    ADD COLUMN purpose text NOT NULL DEFAULT '',
    ADD COLUMN status text NOT NULL DEFAULT '',
    ADD COLUMN rpc text NOT NULL DEFAULT '',
    ADD COLUMN result_count bigint NOT NULL DEFAULT 0;
CREATE INDEX tag_unit ON audit.tag (unit, seq) WHERE unit IS NOT NULL;
CREATE INDEX tag_decision ON audit.tag (decision, seq) WHERE decision IS NOT NULL;

-- The plates of an entry that names more than one. The first is in audit.tag, like the only one of all others.
CREATE TABLE audit.further_plate (
    epoch text NOT NULL,
    seq bigint NOT NULL,
    plate bytea NOT NULL,
    PRIMARY KEY (plate, seq, epoch)
) PARTITION BY LIST (epoch);
CREATE INDEX further_plate_seq ON audit.further_plate (seq);

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT e.name FROM audit.epoch e LOOP
        EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.further_plate FOR VALUES IN (%L)',
                       'further_plate_' || translate(name, '-/', '__'), name);
    END LOOP;
END
$$;

-- As before, with one partition more.
CREATE OR REPLACE FUNCTION audit.open_epoch(epoch_name text, new_key_check bytea, new_tag_check bytea)
RETURNS TABLE (key_check bytea, tag_check bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suffix text := translate(epoch_name, '-/', '__');
    parent text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit epochs', 0));
    INSERT INTO audit.epoch (name, key_check, tag_check) VALUES (epoch_name, new_key_check, new_tag_check)
        ON CONFLICT DO NOTHING;
    IF FOUND THEN
        FOREACH parent IN ARRAY ARRAY['payload', 'secret', 'tag', 'further_plate'] LOOP
            EXECUTE format('CREATE TABLE audit.%I (LIKE audit.%I INCLUDING ALL)', parent || '_' || suffix, parent);
            EXECUTE format('ALTER TABLE audit.%I ATTACH PARTITION audit.%I FOR VALUES IN (%L)',
                           parent, parent || '_' || suffix, epoch_name);
        END LOOP;
    END IF;
    RETURN QUERY SELECT e.key_check, e.tag_check FROM audit.epoch e WHERE e.name = epoch_name;
END
$$;

-- Locks the head, then looks the ids up: in a second statement, which has a snapshot of its own, so that it sees what the last holder
-- of the lock wrote. One row at least; the columns of the entry are null where none of the ids is known.
CREATE FUNCTION audit.take_turn(wanted uuid[])
RETURNS TABLE (next_seq bigint, last_ms bigint, now_ms bigint, id uuid, seq bigint, leaf bytea)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    head audit.head;
BEGIN
    SELECT * INTO STRICT head FROM audit.head h WHERE h.log = 1 FOR UPDATE;
    RETURN QUERY
    SELECT head.next_seq, head.last_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, known.id, known.seq, known.leaf
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN (
        SELECT i.id, i.seq, e.leaf FROM audit.entry_id i JOIN audit.entry e ON e.seq = i.seq WHERE i.id = ANY (wanted)
    ) AS known ON true;
END
$$;

REVOKE EXECUTE ON FUNCTION audit.take_turn FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.take_turn TO audit_appender;
GRANT INSERT ON audit.further_plate TO audit_appender;
GRANT SELECT (epoch, seq), DELETE ON audit.further_plate TO audit_eraser;
GRANT SELECT ON audit.further_plate TO audit_reviewer;
