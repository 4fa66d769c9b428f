-- The whole history in one row: how many, how many without a final line, from when to when.
select
    count(*), coalesce(sum(finished = 0), 0), min(time_ms), max(time_ms),
    (
        select count(distinct session_id) from owners
        where id in (select owner_id from responses)
    )
from responses
