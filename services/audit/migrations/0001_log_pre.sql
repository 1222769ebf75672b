-- The log. Runs as audit_owner, in schema audit. What each role may do stands at the end; a test tries the rest.

-- The one hot row: who holds its lock gives the next numbers.
CREATE TABLE audit.head (
    log integer PRIMARY KEY CHECK (log = 1),
    next_seq bigint NOT NULL CHECK (next_seq >= 0),
    last_ms bigint NOT NULL CHECK (last_ms >= 0)
) WITH (fillfactor = 10);
INSERT INTO audit.head (log, next_seq, last_ms) VALUES (1, 0, 0);

-- The bytes that are hashed. They hold no personal data and stay for ever.
CREATE TABLE audit.entry (
    seq bigint PRIMARY KEY CHECK (seq >= 0),
    leaf bytea NOT NULL CHECK (octet_length(leaf) BETWEEN 1 AND 65535)
);

-- Which ids are taken. Narrow, so that it stays in memory; kept apart so that entry can be partitioned by seq later.
CREATE TABLE audit.entry_id (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL
);

-- Epochs of keys, such as 2026-11/std: month and retention class. The checks tell a wrong or lost key from the right one.
CREATE TABLE audit.epoch (
    name text PRIMARY KEY CHECK (name ~ '^[0-9]{4}-[0-9]{2}/[a-z0-9]{1,16}$'),
    key_check bytea NOT NULL,
    tag_check bytea NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now()
);

-- What goes when the law says so: a partition per epoch, dropped at the end of retention; a row, at an erasure.
CREATE TABLE audit.payload (
    epoch text NOT NULL,
    seq bigint NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (seq, epoch)
) PARTITION BY LIST (epoch);

CREATE TABLE audit.secret (
    epoch text NOT NULL,
    seq bigint NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (seq, epoch)
) PARTITION BY LIST (epoch);

-- The search index: keyed tags, no plain text. at_ms, kind and system are those of the leaf.
CREATE TABLE audit.tag (
    epoch text NOT NULL,
    seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    system text NOT NULL,
    actor bytea,
    plate bytea,
    case_reference bytea,
    PRIMARY KEY (seq, epoch)
) PARTITION BY LIST (epoch);
CREATE INDEX tag_actor ON audit.tag (actor, seq) WHERE actor IS NOT NULL;
CREATE INDEX tag_plate ON audit.tag (plate, seq) WHERE plate IS NOT NULL;
CREATE INDEX tag_case_reference ON audit.tag (case_reference, seq) WHERE case_reference IS NOT NULL;
CREATE INDEX tag_kind ON audit.tag (kind, seq);
CREATE INDEX tag_at ON audit.tag USING brin (at_ms);

-- The tree, 256 hashes a tile, and its signed heads: sth is compared and swapped, sth_history keeps every one.
CREATE TABLE audit.tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
    number bigint NOT NULL CHECK (number >= 0),
    hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
);
ALTER TABLE audit.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE audit.sth (
    log integer PRIMARY KEY CHECK (log = 1),
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE audit.sth_history (
    size bigint PRIMARY KEY CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Guards against a faulty program; a malicious owner is what the tree and its witnesses are for.
CREATE FUNCTION audit.only_rises() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.log <> OLD.log OR NEW.next_seq < OLD.next_seq OR NEW.last_ms < OLD.last_ms THEN
        RAISE EXCEPTION 'the head of the log only rises' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_rises BEFORE UPDATE ON audit.head FOR EACH ROW EXECUTE FUNCTION audit.only_rises();

CREATE FUNCTION audit.only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF substr(NEW.hashes, 1, octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_grows BEFORE UPDATE ON audit.tile FOR EACH ROW EXECUTE FUNCTION audit.only_grows();

-- Opens an epoch unless it is open: its row and its partitions. Returns the checks that stand.
CREATE FUNCTION audit.open_epoch(epoch_name text, new_key_check bytea, new_tag_check bytea)
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
        FOREACH parent IN ARRAY ARRAY['payload', 'secret', 'tag'] LOOP
            EXECUTE format('CREATE TABLE audit.%I (LIKE audit.%I INCLUDING ALL)', parent || '_' || suffix, parent);
            EXECUTE format('ALTER TABLE audit.%I ATTACH PARTITION audit.%I FOR VALUES IN (%L)',
                           parent, parent || '_' || suffix, epoch_name);
        END LOOP;
    END IF;
    RETURN QUERY SELECT e.key_check, e.tag_check FROM audit.epoch e WHERE e.name = epoch_name;
END
$$;

-- The appender gives numbers. It may change the head and nothing else; it cannot read what entries say.
GRANT SELECT, UPDATE (next_seq, last_ms) ON audit.head TO audit_appender;
GRANT SELECT, INSERT ON audit.entry, audit.entry_id, audit.secret TO audit_appender;
GRANT INSERT ON audit.payload, audit.tag TO audit_appender;
GRANT SELECT ON audit.epoch TO audit_appender;
GRANT EXECUTE ON FUNCTION audit.open_epoch TO audit_appender;

-- The integrator grows the tree. It sees leaves only.
GRANT SELECT ON audit.head, audit.entry, audit.tile, audit.sth, audit.sth_history TO audit_integrator;
GRANT INSERT ON audit.tile, audit.sth, audit.sth_history TO audit_integrator;
GRANT UPDATE (hashes) ON audit.tile TO audit_integrator;
GRANT UPDATE (size, root, note, at) ON audit.sth TO audit_integrator;

-- The eraser destroys what entries say, never that they were. It cannot read what it destroys.
GRANT SELECT ON audit.entry, audit.entry_id TO audit_eraser;
GRANT SELECT (epoch, seq), DELETE ON audit.payload, audit.secret, audit.tag TO audit_eraser;

-- The reviewer reads.
GRANT SELECT ON audit.head, audit.entry, audit.entry_id, audit.epoch, audit.payload, audit.secret, audit.tag,
    audit.tile, audit.sth, audit.sth_history TO audit_reviewer;

GRANT SELECT ON audit.migration TO audit_appender, audit_integrator, audit_eraser, audit_reviewer;
