-- The sizes of lines go with their response.
update or replace blocks set key_hash = ? where key_hash = ?
