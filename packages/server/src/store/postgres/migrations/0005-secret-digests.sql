-- Whose a leaked secret is: generated secrets by their digest, over all workspaces. Found as text: what reads JSON here refuses a
-- whole body in which some name has a \u0000.
CREATE INDEX entity_secret_digest ON entity (substring(body from '"hash":\{[^{}]*"digest":"([^"\\]+)"'))
  WHERE kind = 'credential' AND substring(body from '"hash":\{[^{}]*"digest":"([^"\\]+)"') IS NOT NULL;
