-- What the serving user never does to tables that only grow. After `mintmark migrate`, in the database, as mintmark_owner;
-- again after a migration that brings a table, which does no harm.

DO $$
DECLARE
  part TEXT;
BEGIN
  FOR part IN
    SELECT relname FROM pg_class
    WHERE relnamespace = 'mintmark'::regnamespace AND relkind IN ('r', 'p') AND relname ~ '^(audit_event|used_value)(_\d+)?$'
  LOOP
    EXECUTE format('REVOKE UPDATE ON mintmark.%I FROM mintmark', part);
  END LOOP;
END
$$;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON mintmark.schema_migration FROM mintmark;
REVOKE UPDATE, DELETE, TRUNCATE ON mintmark.revision FROM mintmark;
