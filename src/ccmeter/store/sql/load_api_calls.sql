-- The calls of a period, and of each whether a transcript shows it: by the request's id, or where
-- one of the two has none, by a response of the session with the same tokens at that time.
-- The clock of the event is that of the lines, but a response stands at its earliest line.
select
    request_id, client_request_id, sessions.session,
    coalesce(agents.agent, ''), agents.type,
    time_ms, duration_ms, sequence, call_kinds.model,
    input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
    lifetimes_known, cost_usd,
    call_kinds.query_source, call_kinds.speed, call_kinds.effort, call_kinds.version,
    coalesce(
        request_id in (
            select request_id from responses
            where request_id is not null
                and time_ms >= :since_ms - :drift_ms and time_ms < :until_ms + :drift_ms
        ),
        0
    )
    or exists (
        select 1 from responses as shown
        join owners on owners.id = shown.owner_id
        where owners.session_id = api_calls.session_id
            and (shown.request_id is null or api_calls.request_id is null)
            and shown.time_ms >= api_calls.time_ms - api_calls.duration_ms - :slack_ms
            and shown.time_ms <= api_calls.time_ms + :slack_ms
            and shown.input_tokens = api_calls.input_tokens
            and shown.cache_read_tokens = api_calls.cache_read_tokens
            and shown.cache_write_5m_tokens + shown.cache_write_1h_tokens
                = api_calls.cache_write_5m_tokens + api_calls.cache_write_1h_tokens
            and (shown.finished = 0 or shown.output_tokens = api_calls.output_tokens)
    ) as visible
from api_calls
join sessions on sessions.id = api_calls.session_id
join call_kinds on call_kinds.id = api_calls.kind_id
left join agents on agents.id = api_calls.agent_id
where time_ms >= :since_ms and time_ms < :until_ms
order by time_ms, api_calls.id
