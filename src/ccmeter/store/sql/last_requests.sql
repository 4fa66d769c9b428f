-- The last requests of a session's main thread, the newest first: the time index is walked back
-- from the last one, so only what other sessions did meanwhile is looked at in vain.
select
    coalesce(responses.start_ms, responses.time_ms), responses.cache_read_tokens,
    responses.cache_write_5m_tokens, responses.cache_write_1h_tokens
from responses
cross join owners on owners.id = responses.owner_id
where responses.time_ms >= :first_ms and responses.time_ms <= :last_ms
    and owners.session_id = :id and owners.agent_id = 0
    and responses.parent_hash is null
order by responses.time_ms desc
limit :limit
