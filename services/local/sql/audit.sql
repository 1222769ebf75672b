-- Audit's own instance: one schema, one role per duty. What each role may do to which table is in audit's migrations.
-- Runs as superuser at every start, so every statement may run twice.

DO $$
DECLARE
    duty text;
BEGIN
    FOREACH duty IN ARRAY ARRAY['owner', 'appender', 'integrator', 'eraser', 'reviewer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_' || duty) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', 'audit_' || duty);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'audit_' || duty);
        EXECUTE format('ALTER ROLE %I SET search_path = audit', 'audit_' || duty);
    END LOOP;
END
$$;

CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION audit_owner;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO audit_appender, audit_integrator, audit_eraser, audit_reviewer;
ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- A replica that stops while it holds the lock on the head must not stop every look-up.
ALTER ROLE audit_appender SET idle_in_transaction_session_timeout = '500ms';
