CREATE TABLE tenant (
  id TEXT PRIMARY KEY,
  display_name TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE workspace (
  key TEXT PRIMARY KEY,
  revision BIGINT NOT NULL
);

-- what workspaces, APIs, clients and credentials are now
CREATE TABLE entity (
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT NOT NULL,
  revision BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace, kind, parent, id)
) WITHOUT ROWID;

-- names that one entity of the server holds, such as the path of an alias
CREATE TABLE claim (
  name TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent TEXT NOT NULL,
  id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX claim_holder ON claim (workspace, kind, parent, id);

CREATE TABLE revision (
  workspace TEXT NOT NULL,
  number BIGINT NOT NULL,
  time BIGINT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  changes TEXT NOT NULL,
  PRIMARY KEY (workspace, number)
) WITHOUT ROWID;

CREATE TABLE draft (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  base BIGINT NOT NULL,
  created BIGINT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  version BIGINT NOT NULL,
  operations TEXT NOT NULL,
  PRIMARY KEY (workspace, id)
) WITHOUT ROWID;

CREATE TABLE signing_key (
  kid TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
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
  workspace TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,
  issued_until BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (workspace, subject, value)
) WITHOUT ROWID;
CREATE INDEX revocation_expires ON revocation (expires);

-- append only; the only write of the token path
CREATE TABLE audit_event (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  time BIGINT NOT NULL,
  type TEXT NOT NULL,
  workspace TEXT NOT NULL,
  client TEXT NOT NULL,
  reference TEXT,
  body TEXT NOT NULL
);
-- only refusals have a reference, so an issued token pays nothing for this
CREATE INDEX audit_event_reference ON audit_event (reference) WHERE reference IS NOT NULL;

CREATE TABLE credential_use (
  workspace TEXT NOT NULL,
  client TEXT NOT NULL,
  credential TEXT NOT NULL,
  time BIGINT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (workspace, client, credential)
) WITHOUT ROWID;

CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  request TEXT NOT NULL,
  response TEXT NOT NULL,
  expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_expires ON idempotency (expires);

CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
