-- The only ways to sightings. The reader owns nothing and may select nothing: it calls these functions, which check purpose and decision,
-- add the bound in time, and write one row of the ledger in the transaction that gives the rows. One clock: PostgreSQL's.
--
-- Errors: AN001 a decision is required, AN002 the decision does not cover this, AN003 the purpose does not reach this,
-- AN005 an argument cannot be, AN006 the intent was used already.

CREATE TABLE matching.decision (
    decision_id uuid PRIMARY KEY,
    magistrate text NOT NULL CHECK (magistrate <> ''),
    document_sha256 bytea NOT NULL CHECK (length(document_sha256) = 32),
    plates text[] NOT NULL, -- any when empty
    window_from timestamptz NOT NULL,
    window_until timestamptz NOT NULL CHECK (window_from < window_until),
    camera_ids text[] NOT NULL, -- all when empty
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_from < valid_until),
    case_reference text NOT NULL CHECK (case_reference <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);

CREATE TABLE matching.query_ledger (
    -- A number that is missing here was taken by a query that was rolled back after it ran (or, up to 32 of them, lost in a crash).
    ledger_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intent_id uuid NOT NULL,
    request_id uuid NOT NULL,
    function_name text NOT NULL,
    who text NOT NULL DEFAULT session_user,
    zone text NOT NULL,
    purpose text NOT NULL,
    decision_id uuid,
    -- SHA-256 of intent id, '/' and normalised plate. It serves comparison with the intent; it does not hide a plate from one who guesses.
    subject_sha256 bytea,
    window_from timestamptz,
    window_until timestamptz,
    camera_ids text[],
    row_count bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- One intent, one page. (A watch has one intent, and a row for each batch.)
CREATE UNIQUE INDEX intent_used_once ON matching.query_ledger (intent_id) WHERE function_name <> 'alerts_between';
CREATE INDEX query_ledger_intent ON matching.query_ledger (intent_id);

-- Nothing older than this without a decision. In hours: a day of 25 hours must not move it.
CREATE FUNCTION matching.open_since() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = matching, pg_temp AS $$ SELECT clock_timestamp() - interval '720 hours' $$;

CREATE FUNCTION matching.verify_purpose(p_purpose text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = matching, pg_temp AS $$
BEGIN
    IF p_purpose IS NULL OR p_purpose NOT IN (
        'judicial_offence', 'judicial_traffic', 'judicial_missing_person',
        'administrative_2', 'administrative_3', 'administrative_4', 'administrative_5'
    ) THEN
        RAISE EXCEPTION 'this purpose never reaches sightings' USING ERRCODE = 'AN003';
    END IF;
END
$$;

-- What must hold before sightings of a window are read:
-- 1. The purpose is one of police work.
-- 2. An administrative purpose reaches no further back than 30 days.
-- 3. A judicial purpose reaches further back only with a decision that is valid now and not revoked,
--    and that covers 4. the plate, 5. the whole window, 6. every camera that is asked for (all of them, when none is named).
CREATE FUNCTION matching.verify_ground(
    p_purpose text, p_decision uuid, p_plate text, p_from timestamptz, p_until timestamptz, p_cameras text[]
) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = matching, pg_temp AS $$
DECLARE
    decision matching.decision;
BEGIN
    PERFORM matching.verify_purpose(p_purpose); -- 1
    IF p_from >= matching.open_since() THEN
        RETURN;
    END IF;
    IF p_purpose NOT LIKE 'judicial\_%' THEN -- 2
        RAISE EXCEPTION 'this purpose reaches no further back than 30 days' USING ERRCODE = 'AN003';
    END IF;
    IF p_decision IS NULL THEN -- 3
        RAISE EXCEPTION 'data older than 30 days needs a decision' USING ERRCODE = 'AN001';
    END IF;
    SELECT * INTO decision FROM matching.decision AS found
    WHERE found.decision_id = p_decision
        AND found.revoked_at IS NULL
        AND found.valid_from <= clock_timestamp() AND clock_timestamp() < found.valid_until -- 3
        AND (found.plates = '{}' OR p_plate = ANY (found.plates)) -- 4
        AND found.window_from <= p_from AND p_until <= found.window_until -- 5
        AND (found.camera_ids = '{}' OR (p_cameras <> '{}' AND p_cameras <@ found.camera_ids)); -- 6
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the decision does not cover this' USING ERRCODE = 'AN002';
    END IF;
END
$$;

-- A page of the passages of one plate in one zone, newest first, after the row (p_before, p_before_read) when that is given.
-- One row more than p_limit says that there is a next page; it is not part of this one, and the ledger does not count it.
CREATE FUNCTION matching.lookup_plate(
    p_intent uuid, p_request uuid, p_zone text, p_purpose text, p_decision uuid,
    p_plate text, p_from timestamptz, p_until timestamptz, p_cameras text[],
    p_limit integer, p_before timestamptz, p_before_read uuid
) RETURNS SETOF matching.sighting
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = matching, pg_temp AS $$
DECLARE
    found bigint;
    ledger_id bigint;
BEGIN
    IF p_intent IS NULL OR p_request IS NULL OR p_zone IS NULL OR p_zone = '' OR p_plate IS NULL OR p_plate = ''
        OR p_from IS NULL OR p_until IS NULL OR p_from >= p_until OR p_until - p_from > interval '8784 hours'
        OR p_cameras IS NULL OR array_position(p_cameras, NULL) IS NOT NULL
        OR p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 500
        OR (p_before IS NULL) <> (p_before_read IS NULL)
    THEN
        RAISE EXCEPTION 'an argument cannot be' USING ERRCODE = 'AN005';
    END IF;
    PERFORM matching.verify_ground(p_purpose, p_decision, p_plate, p_from, p_until, p_cameras);
    ledger_id := nextval(pg_get_serial_sequence('matching.query_ledger', 'ledger_id'));

    RETURN QUERY
    SELECT sighting.* FROM matching.sighting
    WHERE sighting.plate = p_plate
        AND sighting.zone = p_zone
        AND sighting.captured_at >= p_from AND sighting.captured_at < p_until
        AND sighting.captured_day >= (p_from AT TIME ZONE 'UTC')::date
        AND sighting.captured_day <= (p_until AT TIME ZONE 'UTC')::date
        AND (p_cameras = '{}' OR sighting.camera_id = ANY (p_cameras))
        AND (p_before IS NULL OR (sighting.captured_at, sighting.read_id) < (p_before, p_before_read))
    ORDER BY sighting.captured_at DESC, sighting.read_id DESC
    LIMIT p_limit + 1;
    GET DIAGNOSTICS found = ROW_COUNT;

    INSERT INTO matching.query_ledger (
        ledger_id, intent_id, request_id, function_name, zone, purpose, decision_id, subject_sha256,
        window_from, window_until, camera_ids, row_count
    ) OVERRIDING SYSTEM VALUE VALUES (
        ledger_id, p_intent, p_request, 'lookup_plate', p_zone, p_purpose, p_decision,
        sha256(convert_to(p_intent::text || '/' || p_plate, 'UTF8')), p_from, p_until, p_cameras, least(found, p_limit)
    );
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'the intent was used already' USING ERRCODE = 'AN006';
END
$$;

-- The last position of an alert; a number that says nothing about any of them.
CREATE FUNCTION matching.alert_position() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = matching, pg_temp AS $$ SELECT position FROM matching.alert_head $$;

CREATE TYPE matching.alert_row AS (alert matching.alert, hotlist matching.hotlist, entry matching.hotlist_entry, sighting matching.sighting);

-- Alerts of a zone at positions p_after < p <= p_until, in that order. Passages older than 30 days are passed over: they need a decision.
CREATE FUNCTION matching.alerts_between(
    p_intent uuid, p_request uuid, p_zone text, p_purpose text,
    p_after bigint, p_until bigint, p_hotlists text[], p_lowest_priority integer, p_limit integer
) RETURNS SETOF matching.alert_row
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = matching, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    IF p_intent IS NULL OR p_request IS NULL OR p_zone IS NULL OR p_zone = '' OR p_after IS NULL OR p_until IS NULL
        OR p_hotlists IS NULL OR p_lowest_priority IS NULL OR p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 100
    THEN
        RAISE EXCEPTION 'an argument cannot be' USING ERRCODE = 'AN005';
    END IF;
    PERFORM matching.verify_purpose(p_purpose);

    RETURN QUERY
    SELECT alert, hotlist, entry, sighting
    FROM matching.alert
    JOIN matching.hotlist_entry AS entry ON entry.entry_id = alert.entry_id
    JOIN matching.hotlist ON (hotlist.zone, hotlist.hotlist_id) = (entry.zone, entry.hotlist_id)
    JOIN matching.sighting ON (sighting.captured_day, sighting.read_id) = (alert.captured_day, alert.read_id)
    WHERE alert.position > p_after AND alert.position <= p_until
        AND hotlist.zone = p_zone AND sighting.zone = p_zone
        AND (p_hotlists = '{}' OR hotlist.hotlist_id = ANY (p_hotlists))
        AND hotlist.priority <= p_lowest_priority
        AND sighting.captured_at >= matching.open_since()
    ORDER BY alert.position
    LIMIT p_limit;
    GET DIAGNOSTICS found = ROW_COUNT;

    IF found > 0 THEN
        INSERT INTO matching.query_ledger (intent_id, request_id, function_name, zone, purpose, row_count)
        VALUES (p_intent, p_request, 'alerts_between', p_zone, p_purpose, found);
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION matching.open_since, matching.verify_purpose, matching.verify_ground, matching.lookup_plate,
    matching.alert_position, matching.alerts_between FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matching.verify_purpose, matching.lookup_plate, matching.alert_position, matching.alerts_between
    TO matching_reader;
