-- When the first response of a stretch was made: one look into the index.
select min(time_ms) from responses where time_ms >= :since_ms and time_ms < :until_ms
