-- The earliest response decides, in whatever order files are read.
update sessions set first_ms = ?, home_id = ?
where id = ? and (first_ms is null or first_ms > ?)
