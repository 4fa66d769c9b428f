-- The first and the last response.
select min(time_ms), max(time_ms) from responses
