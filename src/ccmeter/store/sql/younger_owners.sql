-- Sessions that own some of these responses only because their transcripts, of a later date, were
-- read before: none of the files named after this session was. Few sessions share responses, so
-- they are found before the files are looked through.
select rivals.id
from (
    select distinct sessions.id, sessions.session
    from json_each(:hashes) as wanted
    join responses on responses.key_hash = wanted.value
    join owners on owners.id = responses.owner_id
    join sessions on sessions.id = owners.session_id
    where responses.owner_rank = 0 and owners.session_id <> :session_id
) as rivals
join files on substr(files.path, -length(rivals.session) - 6) = rivals.session || '.jsonl'
where files.mtime_ns > :mtime_ns
    and not exists (
        select 1
        from files as known
        join sessions as own on own.id = :session_id
        where known.id <> :source
            and substr(known.path, -length(own.session) - 6) = own.session || '.jsonl'
    )
group by rivals.id
