-- First requests of the main threads of sessions that copy nothing of others.
select
    responses.time_ms, responses.owner_id, responses.terms_id,
    responses.input_tokens + responses.cache_read_tokens + responses.cache_write_5m_tokens
        + responses.cache_write_1h_tokens
from audit_threads as threads
join responses on responses.id = threads.first_id
join owners on owners.id = responses.owner_id
where threads.agent_id = 0
    and responses.time_ms >= :since_ms and responses.time_ms < :until_ms
    and not owners.copied
    and not exists (select 1 from copies where copies.session_id = threads.session_id)
order by responses.time_ms, responses.key
