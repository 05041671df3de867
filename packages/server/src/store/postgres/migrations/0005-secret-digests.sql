-- Whose a leaked secret is: generated secrets by their digest, over all workspaces.
CREATE INDEX entity_secret_digest ON entity ((body::jsonb -> 'hash' ->> 'digest'))
  WHERE kind = 'credential' AND body::jsonb -> 'hash' ->> 'digest' IS NOT NULL;
