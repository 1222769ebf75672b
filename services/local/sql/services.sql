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
