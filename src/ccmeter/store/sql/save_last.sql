-- The latest response decides, in whatever order files are read.
update sessions set last_ms = ?
where id = ? and (last_ms is null or last_ms < ?)
