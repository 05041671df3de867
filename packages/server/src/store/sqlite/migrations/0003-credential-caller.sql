-- who used a credential last, and when: to know who still needs an old one
CREATE TABLE credential_caller (
  workspace TEXT NOT NULL,
  credential TEXT NOT NULL,
  caller TEXT NOT NULL,
  client TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  instance TEXT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (workspace, credential, caller)
) WITHOUT ROWID;
CREATE INDEX credential_caller_time ON credential_caller (time);
