#!/bin/bash
# Run once by the image of PostgreSQL, in a new database: the role that owns the tables and migrates them, and the one that serves,
# which may read and write rows and change nothing else.
set -euo pipefail
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --no-psqlrc --set ON_ERROR_STOP=1 <<'END'
\set owner `cat /run/secrets/owner-password`
\set server `cat /run/secrets/server-password`
CREATE ROLE mintmark_owner LOGIN PASSWORD :'owner';
CREATE ROLE mintmark LOGIN PASSWORD :'server';
REVOKE ALL ON DATABASE mintmark FROM PUBLIC;
GRANT CONNECT ON DATABASE mintmark TO mintmark_owner, mintmark;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA mintmark AUTHORIZATION mintmark_owner;
GRANT USAGE ON SCHEMA mintmark TO mintmark;
ALTER DEFAULT PRIVILEGES FOR ROLE mintmark_owner IN SCHEMA mintmark
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO mintmark;
ALTER DEFAULT PRIVILEGES FOR ROLE mintmark_owner IN SCHEMA mintmark
  GRANT USAGE, SELECT ON SEQUENCES TO mintmark;
ALTER ROLE mintmark_owner SET search_path = mintmark;
ALTER ROLE mintmark SET search_path = mintmark;
ALTER ROLE mintmark SET statement_timeout = '2700ms';
ALTER ROLE mintmark SET idle_in_transaction_session_timeout = '5s';
END
