-- The row that came first under a reused id gets the key it would have had from the start.
update or replace responses
set key = ?, key_hash = ?, parent_hash = iif(parent_hash is null, null, ?)
where key_hash = ? and key = ?
