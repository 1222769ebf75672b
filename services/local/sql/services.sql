-- The services' instance: one schema per service, usable by that service's roles and by nobody else.
-- Runs as superuser at every start, so every statement may run twice. Grants on tables are in each service's migrations.

DO $$
DECLARE
    service text;
    kind text;
BEGIN
    FOREACH service IN ARRAY ARRAY['ingest', 'matching'] LOOP
        FOREACH kind IN ARRAY ARRAY['owner', 'writer', 'reader'] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service || '_' || kind) THEN
                EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', service || '_' || kind);
            END IF;
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service || '_' || kind);
            EXECUTE format('ALTER ROLE %I SET search_path = %I', service || '_' || kind, service);
        END LOOP;

        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, service || '_owner');
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', service);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', service, service || '_writer', service || '_reader');
        -- Staging tables of COPY are temporary tables.
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), service || '_writer');
        -- A function that runs with its owner's rights must not be open to every role the moment it is made.
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', service || '_owner');
    END LOOP;
END
$$;

-- The overseer compares the ledger of queries with the log and with PostgreSQL's own statistics (services/reconcile). Nothing else is
-- open to him. Read-only is a default that he can lift; what he may do is what he is granted, and that is to read.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'overseer') THEN
        CREATE ROLE overseer LOGIN NOINHERIT CONNECTION LIMIT 4;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO overseer', current_database());
END
$$;
ALTER ROLE overseer SET default_transaction_read_only = on;
ALTER ROLE overseer SET statement_timeout = '30s';
ALTER ROLE overseer SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE overseer SET search_path = pg_catalog;
