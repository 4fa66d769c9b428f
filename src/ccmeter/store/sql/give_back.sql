-- The older session owns the response. The trigger responses_calls tells it to the calls inside.
update responses set owner_id = ?
where key_hash = ? and owner_rank = 0
    and owner_id in (
        select id from owners
        where session_id in (select value from json_each(?))
    )
