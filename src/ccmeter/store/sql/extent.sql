-- The first and the last response. Two questions, each answered by one look into the index.
select (select min(time_ms) from responses), (select max(time_ms) from responses)
