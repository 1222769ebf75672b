-- As in 0002, with another look under the lock. to_regclass answers from a cache that waiting for an advisory lock does not renew: of two
-- replicas that needed the same day first, the second made its partition once more, and its batch was refused. A query on the catalogue
-- sees what the other has committed meanwhile.
CREATE OR REPLACE FUNCTION matching.ensure_partitions(p_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = matching, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    day date;
    partition_name text;
BEGIN
    FOR day IN SELECT DISTINCT d FROM unnest(p_days) AS d ORDER BY d LOOP
        IF day IS NULL OR day < today - 366 OR day > today + 1 THEN
            RAISE EXCEPTION 'no partition for this day' USING ERRCODE = 'AN004';
        END IF;
        partition_name := 'sighting_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('matching.' || partition_name) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtextextended('matching.ensure_partitions', 0));
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_class WHERE relnamespace = 'matching'::regnamespace AND relname = partition_name
        );
        EXECUTE format('CREATE TABLE matching.%I (LIKE matching.sighting INCLUDING ALL)', partition_name);
        EXECUTE format(
            'ALTER TABLE matching.sighting ATTACH PARTITION matching.%I FOR VALUES FROM (%L) TO (%L)', partition_name, day, day + 1
        );
    END LOOP;
END
$$;
