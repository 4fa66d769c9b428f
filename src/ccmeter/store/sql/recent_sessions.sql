-- Sessions that were answered since a moment. A table of thousands, read once per start.
select session from sessions where last_ms >= ? order by last_ms
