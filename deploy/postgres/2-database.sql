-- The schema, and what the serving user may do in it. Once, in the database that is to be Mintmark's, as the superuser:
--
--   createdb -h db.example.com -U postgres mintmark
--   psql -h db.example.com -U postgres -d mintmark -f 2-database.sql

CREATE SCHEMA mintmark AUTHORIZATION mintmark_owner;
GRANT USAGE ON SCHEMA mintmark TO mintmark;

-- Nobody else has business here.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO mintmark, mintmark_owner', current_database());
END
$$;

-- Rows, of the tables there are and of those that later versions bring; tables themselves it can neither make, change nor
-- drop. It empties the parts of the audit log and of used values whose time is over (TRUNCATE), which is all the maintenance
-- there is: no part is made or dropped while nodes serve.
ALTER DEFAULT PRIVILEGES FOR ROLE mintmark_owner IN SCHEMA mintmark
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO mintmark;
ALTER DEFAULT PRIVILEGES FOR ROLE mintmark_owner IN SCHEMA mintmark
  GRANT USAGE, SELECT ON SEQUENCES TO mintmark;
