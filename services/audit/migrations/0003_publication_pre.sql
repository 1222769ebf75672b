-- What was shown to the world: published heads with the lines of witnesses, and how far full tiles lie in S3 under lock.

CREATE TABLE audit.published (
    size bigint PRIMARY KEY CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    -- Names of the witnesses whose lines are in the note.
    cosigned_by text[] NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE audit.shelf (
    log integer PRIMARY KEY CHECK (log = 1),
    -- Entries whose full tiles and bundles are all there.
    size bigint NOT NULL CHECK (size >= 0)
);
INSERT INTO audit.shelf (log, size) VALUES (1, 0);

CREATE FUNCTION audit.only_adds_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT NEW.cosigned_by @> OLD.cosigned_by OR NOT starts_with(NEW.note, OLD.note) OR NEW.at < OLD.at THEN
        RAISE EXCEPTION 'a published head only gains lines' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_adds_lines BEFORE UPDATE ON audit.published FOR EACH ROW EXECUTE FUNCTION audit.only_adds_lines();

GRANT SELECT, INSERT, UPDATE (note, cosigned_by, at) ON audit.published TO audit_integrator;
GRANT SELECT, UPDATE (size) ON audit.shelf TO audit_integrator;
GRANT SELECT ON audit.published, audit.shelf TO audit_reviewer;
