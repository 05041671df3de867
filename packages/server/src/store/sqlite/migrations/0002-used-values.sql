-- Values that count once: `jti` of client assertions (RFC 7523 §3) and of DPoP proofs (RFC 9449 §11.1), as digests.
CREATE TABLE used_value (
  digest TEXT PRIMARY KEY,
  expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_value_expires ON used_value (expires);
