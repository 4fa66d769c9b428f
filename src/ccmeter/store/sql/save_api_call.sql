-- A call is reported once, or again the same when the client did not hear that it arrived.
insert into api_calls (
    id, request_id, client_request_id, session_id, agent_id, kind_id, time_ms, duration_ms,
    sequence, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, lifetimes_known, cost_usd
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (id) do nothing
