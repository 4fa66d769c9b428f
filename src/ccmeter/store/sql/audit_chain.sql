-- A fingerprint: what it extends, by how much.
select base, keep, tail from api_requests where id = ?
