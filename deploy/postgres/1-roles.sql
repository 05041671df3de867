-- Two users: one owns the tables and migrates them, one serves. Once for a PostgreSQL, as its superuser:
--
--   psql -h db.example.com -U postgres -d postgres -f 1-roles.sql
--
-- and then give both a password (psql asks for it, and sends it hashed):
--
--   \password mintmark_owner
--   \password mintmark

CREATE ROLE mintmark_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE ROLE mintmark LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- Where their tables are, wherever they come from: a pooler keeps no settings of a session.
ALTER ROLE mintmark_owner SET search_path = mintmark;
ALTER ROLE mintmark SET search_path = mintmark;

-- A node that is frozen or cut off holds no lock for longer. Mintmark asks for this itself where no pooler is in between.
ALTER ROLE mintmark SET statement_timeout = '2700ms';
ALTER ROLE mintmark SET idle_in_transaction_session_timeout = '5s';
