-- Whose a leaked secret is: generated secrets by their digest, over all workspaces.
CREATE INDEX entity_secret_digest ON entity (json_extract(body, '$.hash.digest'))
  WHERE kind = 'credential' AND json_extract(body, '$.hash.digest') IS NOT NULL;
