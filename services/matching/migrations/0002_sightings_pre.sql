-- Sightings, in partitions by the day (UTC) of capture. Nobody but the owner can read this table: look-ups go through the functions
-- of 0004, and the writer sees of it what it needs to say which reads were new, and no more.

CREATE TABLE matching.sighting (
    captured_day date NOT NULL,
    read_id uuid NOT NULL,
    sighting_id uuid NOT NULL,
    version smallint NOT NULL DEFAULT 1 CHECK (version = 1), -- later versions are rows of another table: this one is never changed
    list_version bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- SHA-256 over all that was sent: tells a repetition from another content under the same id.
    content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),

    frame_id uuid NOT NULL,
    region text NOT NULL CHECK (region <> ''),
    zone text NOT NULL CHECK (zone <> ''),
    received_at timestamptz NOT NULL,
    backfill boolean NOT NULL,
    adapter_version text NOT NULL,

    camera_id text NOT NULL CHECK (camera_id <> ''),
    sequence bigint NOT NULL,
    captured_at timestamptz NOT NULL,
    uncertainty interval NOT NULL,
    lane text NOT NULL,
    direction text NOT NULL,
    speed_kmh real NOT NULL,
    location double precision[], -- latitude, longitude
    heading_degrees real NOT NULL,
    track_id text NOT NULL,
    source_event_id text NOT NULL,

    no_read boolean NOT NULL,
    raw text NOT NULL,
    plate text, -- normalised
    choices text[] NOT NULL, -- per position of the plate its alternatives, most probable first, such as B8E
    probabilities real[] NOT NULL, -- of all choices, in that order
    country_codes text[] NOT NULL,
    country_series text[] NOT NULL,
    country_priors real[] NOT NULL,
    confidence real NOT NULL,
    box integer[] NOT NULL, -- x, y, width, height
    corners real[] NOT NULL, -- x, y of each, clockwise from the top left
    colour text NOT NULL,
    layout text NOT NULL,
    unknown_format boolean NOT NULL,

    vehicle_class text NOT NULL,
    class_confidence real NOT NULL,
    make text NOT NULL,
    model text NOT NULL,
    model_confidence real NOT NULL,
    vehicle_colour text NOT NULL,
    vehicle_colour_confidence real NOT NULL,

    images jsonb NOT NULL,
    engine_name text NOT NULL,
    engine_version text NOT NULL,
    engine_sha256 text NOT NULL,

    PRIMARY KEY (captured_day, read_id),
    CONSTRAINT day_of_capture CHECK (captured_day = (captured_at AT TIME ZONE 'UTC')::date),
    CONSTRAINT plate_or_no_read CHECK (no_read = (plate IS NULL))
) PARTITION BY RANGE (captured_day);
CREATE INDEX sighting_plate ON matching.sighting (plate, captured_at DESC);
CREATE INDEX sighting_camera ON matching.sighting (camera_id, captured_at);

-- Always empty. The staging tables of COPY are temporary tables of this shape: LIKE wants a table that its user may read.
CREATE TABLE matching.staging_shape (LIKE matching.sighting INCLUDING DEFAULTS);

-- Makes the partitions of these days (UTC) where they are missing. Attaching takes a lock that lets readers and writers go on.
CREATE FUNCTION matching.ensure_partitions(p_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = matching, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    day date;
    name text;
BEGIN
    FOR day IN SELECT DISTINCT d FROM unnest(p_days) AS d ORDER BY d LOOP
        IF day IS NULL OR day < today - 366 OR day > today + 1 THEN
            RAISE EXCEPTION 'no partition for this day' USING ERRCODE = 'AN004';
        END IF;
        name := 'sighting_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('matching.' || name) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtextextended('matching.ensure_partitions', 0));
        CONTINUE WHEN to_regclass('matching.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE matching.%I (LIKE matching.sighting INCLUDING ALL)', name);
        EXECUTE format(
            'ALTER TABLE matching.sighting ATTACH PARTITION matching.%I FOR VALUES FROM (%L) TO (%L)', name, day, day + 1
        );
    END LOOP;
END
$$;

-- How many of these stored reads have another content than the one given here.
CREATE FUNCTION matching.altered_reads(p_days date[], p_reads uuid[], p_digests bytea[]) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = matching, pg_temp AS $$
    SELECT count(*)
    FROM unnest(p_days, p_reads, p_digests) AS given (captured_day, read_id, content_sha256)
    JOIN matching.sighting AS stored USING (captured_day, read_id)
    WHERE stored.content_sha256 <> given.content_sha256
$$;

REVOKE EXECUTE ON FUNCTION matching.ensure_partitions, matching.altered_reads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matching.ensure_partitions, matching.altered_reads TO matching_writer;
GRANT SELECT ON matching.staging_shape TO matching_writer;
-- RETURNING needs SELECT on what it returns. These two columns name no vehicle, place or time of day.
GRANT INSERT, SELECT (captured_day, read_id) ON matching.sighting TO matching_writer;
