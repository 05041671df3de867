-- What comes to an end, and how far before it that was announced last, in seconds (store/sql/endings.ts).
CREATE TABLE ending (
  workspace TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  part TEXT COLLATE "C" NOT NULL,
  ends BIGINT NOT NULL,
  announced BIGINT NOT NULL,
  PRIMARY KEY (workspace, kind, parent, id, part)
);
CREATE INDEX ending_announced ON ending (workspace, announced, ends);
CREATE INDEX ending_ends ON ending (workspace, ends);

-- Where webhooks are in the log of audit events, and how they do (store/sql/webhooks.ts).
CREATE TABLE webhook_progress (
  workspace TEXT COLLATE "C" NOT NULL,
  webhook TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  state TEXT NOT NULL,
  failing_since BIGINT,
  last_success BIGINT,
  last_attempt BIGINT,
  last_outcome TEXT,
  PRIMARY KEY (workspace, webhook)
);
-- Messages that were not taken at once; without a time to try them again they are dead letters.
CREATE TABLE webhook_message (
  workspace TEXT COLLATE "C" NOT NULL,
  webhook TEXT COLLATE "C" NOT NULL,
  sequence BIGINT NOT NULL,
  time BIGINT NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due BIGINT,
  last_outcome TEXT NOT NULL,
  PRIMARY KEY (workspace, webhook, sequence)
);
CREATE INDEX webhook_message_due ON webhook_message (workspace, webhook, due);
-- Webhooks read everything but issued tokens, which pay nothing for this.
CREATE INDEX audit_event_of_workspace ON audit_event (workspace, sequence) WHERE type <> 'token.issued';
