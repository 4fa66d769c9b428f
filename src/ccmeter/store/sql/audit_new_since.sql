-- Whether sessions that were answered since a moment have responses that were not judged yet.
select exists (
    select 1
    from responses
    join owners on owners.id = responses.owner_id
    join sessions on sessions.id = owners.session_id
    where responses.id > :last_id and sessions.last_ms >= :since_ms
)
