-- The known places. A region is a circle (centre and radius) or a polygon (its corners).
CREATE TABLE IF NOT EXISTS georegions (
  id text PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL DEFAULT 'custom',
  center_latitude double precision CHECK (center_latitude BETWEEN -90 AND 90),
  center_longitude double precision CHECK (center_longitude BETWEEN -180 AND 180),
  radius_meters double precision CHECK (radius_meters > 0),
  polygon jsonb CHECK (jsonb_typeof(polygon) = 'array' AND jsonb_array_length(polygon) >= 3),
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT circle_or_polygon CHECK (
    (polygon IS NULL) = (center_latitude IS NOT NULL AND center_longitude IS NOT NULL AND radius_meters IS NOT NULL))
);
