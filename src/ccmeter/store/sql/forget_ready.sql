-- Values that nobody has renewed for long, such as those of sessions that are over.
delete from ready where updated_ms < ?
