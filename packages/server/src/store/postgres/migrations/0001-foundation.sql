-- Texts compare by their bytes, as in SQLite, whatever the language of the database.

CREATE TABLE tenant (
  id TEXT COLLATE "C" PRIMARY KEY,
  display_name TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE workspace (
  key TEXT COLLATE "C" PRIMARY KEY,
  revision BIGINT NOT NULL
);

-- what workspaces, APIs, clients and credentials are now
CREATE TABLE entity (
  workspace TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace, kind, parent, id)
);

-- names that one entity of the server holds, such as the path of an alias
CREATE TABLE claim (
  name TEXT COLLATE "C" PRIMARY KEY,
  workspace TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX claim_holder ON claim (workspace, kind, parent, id);

CREATE TABLE revision (
  workspace TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  time BIGINT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  changes TEXT NOT NULL,
  PRIMARY KEY (workspace, number)
);

CREATE TABLE draft (
  workspace TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  base BIGINT NOT NULL,
  created BIGINT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  version BIGINT NOT NULL,
  operations TEXT NOT NULL,
  PRIMARY KEY (workspace, id)
);

CREATE TABLE signing_key (
  kid TEXT COLLATE "C" PRIMARY KEY,
  workspace TEXT COLLATE "C" NOT NULL,
  use TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  created BIGINT NOT NULL,
  active_from BIGINT NOT NULL,
  retired_from BIGINT,
  gone_from BIGINT,
  compromised_at BIGINT,
  public_jwk TEXT NOT NULL,
  sealed_private_key TEXT NOT NULL
);
CREATE INDEX signing_key_workspace ON signing_key (workspace);

CREATE TABLE revocation (
  workspace TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  issued_until BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (workspace, subject, value)
);
CREATE INDEX revocation_expires ON revocation (expires);

-- Append only; the only write of the token path. 32 parts that time fills in turn, slot after slot, and that are emptied
-- whole when what they hold is over: no row is deleted one by one, and no table is made or dropped while nodes serve.
CREATE SEQUENCE audit_sequence;
CREATE TABLE audit_event (
  slot SMALLINT NOT NULL,
  sequence BIGINT NOT NULL DEFAULT nextval('audit_sequence'),
  time BIGINT NOT NULL,
  type TEXT NOT NULL,
  workspace TEXT NOT NULL,
  client TEXT NOT NULL,
  reference TEXT COLLATE "C",
  body TEXT NOT NULL,
  PRIMARY KEY (sequence, slot)
) PARTITION BY LIST (slot);
-- only refusals have a reference, so an issued token pays nothing for this
CREATE INDEX audit_event_reference ON audit_event (reference) WHERE reference IS NOT NULL;
-- tells in a moment whether a slot holds anything that is not over, and costs an insertion next to nothing
CREATE INDEX audit_event_time ON audit_event USING brin (time) WITH (autosummarize = on);

CREATE TABLE credential_use (
  workspace TEXT COLLATE "C" NOT NULL,
  client TEXT COLLATE "C" NOT NULL,
  credential TEXT COLLATE "C" NOT NULL,
  time BIGINT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (workspace, client, credential)
);

CREATE TABLE idempotency (
  key TEXT COLLATE "C" PRIMARY KEY,
  request TEXT NOT NULL,
  response TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX idempotency_expires ON idempotency (expires);

CREATE TABLE setting (
  name TEXT COLLATE "C" PRIMARY KEY,
  value TEXT NOT NULL
);

DO $$
BEGIN
  FOR slot IN 0..31 LOOP
    EXECUTE format('CREATE TABLE audit_event_%s PARTITION OF audit_event FOR VALUES IN (%s)', slot, slot);
  END LOOP;
END
$$;
