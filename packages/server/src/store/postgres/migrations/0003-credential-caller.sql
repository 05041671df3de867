-- who used a credential last, and when: to know who still needs an old one
CREATE TABLE credential_caller (
  workspace TEXT COLLATE "C" NOT NULL,
  credential TEXT COLLATE "C" NOT NULL,
  caller TEXT COLLATE "C" NOT NULL,
  client TEXT COLLATE "C" NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  instance TEXT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (workspace, credential, caller)
);
CREATE INDEX credential_caller_time ON credential_caller (time);
