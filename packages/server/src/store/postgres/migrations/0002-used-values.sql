-- Values that count once: `jti` of client assertions (RFC 7523 §3) and of DPoP proofs (RFC 9449 §11.1), as digests. 32 parts,
-- one an hour, by when a value is over; a value that comes again is over at the same time, and so meets itself in its part.
CREATE TABLE used_value (
  slot SMALLINT NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (digest, slot)
) PARTITION BY LIST (slot);
CREATE INDEX used_value_expires ON used_value USING brin (expires) WITH (autosummarize = on);

DO $$
BEGIN
  FOR slot IN 0..31 LOOP
    EXECUTE format('CREATE TABLE used_value_%s PARTITION OF used_value FOR VALUES IN (%s)', slot, slot);
  END LOOP;
END
$$;
